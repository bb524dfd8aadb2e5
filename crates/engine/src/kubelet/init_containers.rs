//! Where the init containers and sidecars stand, and which of them to start or kill
//! (`pkg/kubelet/kuberuntime/kuberuntime_container.go computeInitContainerActions`).

use crate::kubelet::compute_pod_actions::{ContainerToKill, PodActions};
use crate::kubelet::probe_results::ProbeResults;
use crate::kubelet::restart_policy::{is_sidecar, should_restart};
use crate::kubelet::runtime::{ContainerRecord, ContainerState, RuntimeStatus};
use crate::trace::KillReason;
use alloc::format;
use lifepod_api::{Container, Pod};

/// Adds what init containers and sidecars need to `actions`, and says whether the pod is initialized.
///
/// The list is walked from its end: completed init containers may have lost their records, so the last one
/// with a record tells how far the pod got.
pub(crate) fn compute_init_container_actions(
    pod: &Pod,
    runtime: &RuntimeStatus,
    probes: &ProbeResults,
    actions: &mut PodActions,
) -> bool {
    let init_containers = &pod.spec.init_containers;
    if init_containers.is_empty() {
        return true;
    }
    // An app container that exists in this sandbox proves that all init containers are done. An exited one
    // proves nothing: it may be of the sandbox before.
    let mut initialized = pod.spec.containers.iter().any(|c| {
        runtime
            .find(&c.name)
            .is_some_and(|r| matches!(r.state, ContainerState::Created | ContainerState::Running))
    });
    let mut previously_initialized = initialized;
    let last = init_containers.len() - 1;

    for (index, container) in init_containers.iter().enumerate().rev() {
        let sidecar = is_sidecar(container);
        let Some(record) = runtime.find(&container.name) else {
            if previously_initialized && sidecar {
                actions.init_to_start.push(index);
            }
            continue;
        };
        if previously_initialized && !sidecar {
            continue;
        }
        match record.state {
            ContainerState::Created => actions.init_to_start.push(index),
            ContainerState::Running if sidecar => {
                if sidecar_is_started(container, record, probes, index, actions) {
                    if index == last {
                        initialized = true;
                    } else if !previously_initialized {
                        actions.init_to_start.push(index + 1);
                    }
                    restart_running_sidecar(container, record, probes, index, actions);
                }
            }
            ContainerState::Running => {}
            ContainerState::Exited if sidecar => actions.init_to_start.push(index),
            ContainerState::Exited => {
                let failed = record.exit_code != 0 || record.reason == "OOMKilled";
                if failed {
                    // An init container that the kernel killed for memory failed whatever its code says.
                    if !should_restart(container, &pod.spec, record.exit_code) {
                        actions.kill_pod = true;
                        actions.init_to_start.clear();
                        return false;
                    }
                    actions.init_to_start.push(index);
                } else if index == last {
                    initialized = true;
                } else {
                    actions.init_to_start.push(index + 1);
                }
            }
        }
        previously_initialized = true;
    }
    if !previously_initialized {
        actions.init_to_start.push(0);
    }
    actions.init_to_start.reverse();
    initialized
}

/// Whether a running sidecar counts as started; kills and restarts it if its startup probe failed.
fn sidecar_is_started(
    container: &Container,
    record: &ContainerRecord,
    probes: &ProbeResults,
    index: usize,
    actions: &mut PodActions,
) -> bool {
    if container.startup_probe.is_none() || probes.startup_succeeded(&record.id) {
        return true;
    }
    if probes.startup_failed(&record.id) {
        kill(container, record, "failed startup probe", KillReason::StartupProbe, actions);
        actions.init_to_start.push(index);
    }
    false
}

fn restart_running_sidecar(
    container: &Container,
    record: &ContainerRecord,
    probes: &ProbeResults,
    index: usize,
    actions: &mut PodActions,
) {
    if record.image != container.image {
        kill(container, record, "definition changed", KillReason::DefinitionChanged, actions);
    } else if container.liveness_probe.is_some() && probes.liveness_failed(&record.id) {
        kill(container, record, "failed liveness probe", KillReason::LivenessProbe, actions);
    } else if actions.resize(container, record) {
        return;
    }
    actions.init_to_start.push(index);
}

fn kill(
    container: &Container,
    record: &ContainerRecord,
    why: &str,
    reason: KillReason,
    actions: &mut PodActions,
) {
    actions.to_kill.push(ContainerToKill {
        id: record.id.clone(),
        name: container.name.clone(),
        message: format!("Init container {} {why}", container.name),
        reason,
    });
}
