//! Which dead containers are started again (`pkg/kubelet/container/helpers.go`, `pkg/api/v1/pod/util.go`).

use crate::kubelet::runtime::{ContainerState, RuntimeStatus};
use lifepod_api::{Container, ContainerRestartRule, Pod, PodSpec};

/// Whether an init container is a sidecar: `restartPolicy: Always` on itself
/// (`podutil.IsRestartableInitContainer`).
pub fn is_sidecar(container: &Container) -> bool {
    container.restart_policy.as_deref() == Some("Always")
}

/// The first of the container's `restartPolicyRules` that matches the exit code
/// (`podutil.FindMatchingContainerRestartRule`).
pub fn matching_rule(container: &Container, exit_code: i32) -> Option<&ContainerRestartRule> {
    container.restart_policy_rules.iter().find(|rule| {
        rule.exit_codes.as_ref().is_some_and(|codes| match codes.operator.as_str() {
            "In" => codes.values.contains(&exit_code),
            "NotIn" => !codes.values.contains(&exit_code),
            _ => false,
        })
    })
}

/// Whether a container that ended with `exit_code` is to run again: its own rules first, then its own policy,
/// then the pod's (`podutil.ContainerShouldRestart`).
pub fn should_restart(container: &Container, spec: &PodSpec, exit_code: i32) -> bool {
    let policy = match container.restart_policy.as_deref() {
        Some(own) => {
            if matching_rule(container, exit_code)
                .is_some_and(|r| matches!(r.action.as_str(), "Restart" | "RestartAllContainers"))
            {
                return true;
            }
            own
        }
        None => &spec.restart_policy,
    };
    match policy {
        "Never" => false,
        "OnFailure" => exit_code != 0,
        _ => true,
    }
}

/// Whether the container is to be started in this sync (`ShouldContainerBeRestarted`).
pub(crate) fn should_container_be_restarted(
    container: &Container,
    pod: &Pod,
    status: &RuntimeStatus,
) -> bool {
    if pod.metadata.deletion_timestamp.is_some() {
        return false;
    }
    match status.find(&container.name) {
        None => true,
        Some(record) => match record.state {
            ContainerState::Running => false,
            ContainerState::Created => true,
            ContainerState::Exited => should_restart(container, &pod.spec, record.exit_code),
        },
    }
}

/// Whether a container killed by a probe is started again: rules do not count, for there is no exit code yet.
pub(crate) fn restarts_after_kill(container: &Container, spec: &PodSpec) -> bool {
    container.restart_policy.as_deref().unwrap_or(&spec.restart_policy) != "Never"
}

/// Whether some rule of the pod restarts all containers (`podutil.AllContainersCouldRestart`).
pub(crate) fn all_containers_could_restart(spec: &PodSpec) -> bool {
    spec.init_containers
        .iter()
        .chain(&spec.containers)
        .any(|c| c.restart_policy_rules.iter().any(|r| r.action == "RestartAllContainers"))
}
