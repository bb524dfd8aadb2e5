//! What a sync has to do to bring a pod's containers to where the spec wants them
//! (`pkg/kubelet/kuberuntime/kuberuntime_manager.go computePodActions`).

use crate::kubelet::container_statuses::has_any_regular_container_created;
use crate::kubelet::init_containers::compute_init_container_actions;
use crate::kubelet::probe_results::ProbeResults;
use crate::kubelet::resize::{ContainerResize, PodResize, compute_resize};
use crate::kubelet::restart_policy::{restarts_after_kill, should_container_be_restarted};
use crate::kubelet::runtime::{ContainerRecord, ContainerState, RuntimeStatus};
use crate::trace::KillReason;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use lifepod_api::{Container, Pod};

/// A container to kill, and why.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ContainerToKill {
    pub(crate) id: String,
    pub(crate) name: String,
    /// The text of the `Killing` Event.
    pub(crate) message: String,
    pub(crate) reason: KillReason,
}

/// The actions, in the order in which they are taken.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct PodActions {
    /// Stop everything, sandbox included.
    pub(crate) kill_pod: bool,
    /// Make a new sandbox.
    pub(crate) create_sandbox: bool,
    /// There was a sandbox before.
    pub(crate) had_sandbox: bool,
    /// The number of the sandbox that is there or is to be made.
    pub(crate) attempt: u32,
    pub(crate) to_kill: Vec<ContainerToKill>,
    /// For a restart of all containers: ids to remove, and whether each is to be killed first.
    pub(crate) to_reset: Vec<(String, bool)>,
    pub(crate) ephemeral_to_start: Vec<usize>,
    pub(crate) init_to_start: Vec<usize>,
    pub(crate) to_start: Vec<usize>,
    pub(crate) resize: PodResize,
}

impl PodActions {
    /// What becomes of a running container that may be resized: says whether it is kept (`computePodResizeAction`).
    pub(crate) fn resize(&mut self, container: &Container, record: &ContainerRecord) -> bool {
        match compute_resize(container, record) {
            None => true,
            Some(ContainerResize::Update(resources)) => {
                self.resize.containers.push((record.id.clone(), container.name.clone(), resources));
                true
            }
            Some(ContainerResize::Restart) => {
                self.resize.whole_pod = true;
                self.to_kill.push(ContainerToKill {
                    id: record.id.clone(),
                    name: container.name.clone(),
                    message: format!("Container {} resize requires restart", container.name),
                    reason: KillReason::Resize,
                });
                false
            }
        }
    }
}

impl PodActions {
    pub(crate) fn is_empty(&self) -> bool {
        *self == PodActions { attempt: self.attempt, had_sandbox: self.had_sandbox, ..PodActions::default() }
    }
}

/// Whether the pod needs a new sandbox, and which attempt it would be
/// (`pkg/kubelet/kuberuntime/util/util.go PodSandboxChanged`).
pub(crate) fn pod_sandbox_changed(runtime: &RuntimeStatus) -> (bool, u32) {
    let Some(newest) = runtime.sandboxes.first() else { return (true, 0) };
    let ready = runtime.sandboxes.iter().filter(|s| s.ready).count();
    let changed = ready > 1 || !newest.ready || newest.ip.is_empty();
    (changed, newest.attempt + u32::from(changed))
}

/// The actions for `pod`, given what its runtime and its probes say.
pub(crate) fn compute_pod_actions(
    pod: &Pod,
    runtime: &RuntimeStatus,
    probes: &ProbeResults,
    restart_all: bool,
) -> PodActions {
    let (create, attempt) = pod_sandbox_changed(runtime);
    let mut actions = PodActions {
        kill_pod: create,
        create_sandbox: create,
        had_sandbox: !runtime.sandboxes.is_empty(),
        attempt,
        ..PodActions::default()
    };
    if restart_all {
        actions.to_reset = containers_to_reset(pod, runtime);
        return actions;
    }
    if create {
        return with_new_sandbox(pod, runtime, actions);
    }

    for (index, ephemeral) in pod.spec.ephemeral_containers.iter().enumerate() {
        if runtime.find(&ephemeral.common.name).is_none() {
            actions.ephemeral_to_start.push(index);
        }
    }
    let initialized = compute_init_container_actions(pod, runtime, probes, &mut actions);
    if actions.kill_pod || !initialized {
        return actions;
    }

    let mut keep = 0;
    for (index, container) in pod.spec.containers.iter().enumerate() {
        let record = runtime.find(&container.name).filter(|r| r.state == ContainerState::Running);
        let Some(record) = record else {
            if should_container_be_restarted(container, pod, runtime) {
                actions.to_start.push(index);
            }
            continue;
        };
        let Some((mut message, reason)) = why_kill(container, &record.id, &record.image, probes) else {
            if actions.resize(container, record) {
                keep += 1;
            } else {
                actions.to_start.push(index);
            }
            continue;
        };
        if reason == KillReason::DefinitionChanged || restarts_after_kill(container, &pod.spec) {
            message.push_str(", will be restarted");
            actions.to_start.push(index);
        }
        actions.to_kill.push(ContainerToKill {
            id: record.id.clone(),
            name: container.name.clone(),
            message,
            reason,
        });
    }
    if keep == 0 && actions.to_start.is_empty() {
        // Nothing is left to run: sidecars must not keep the pod alive.
        actions.kill_pod = true;
        actions.init_to_start.clear();
    }
    actions
}

/// Why a running app container cannot stay as it is.
fn why_kill(
    container: &Container,
    id: &str,
    image: &str,
    probes: &ProbeResults,
) -> Option<(String, KillReason)> {
    let name = &container.name;
    if image != container.image {
        Some((format!("Container {name} definition changed"), KillReason::DefinitionChanged))
    } else if probes.liveness_failed(id) {
        Some((format!("Container {name} failed liveness probe"), KillReason::LivenessProbe))
    } else if probes.startup_failed(id) {
        Some((format!("Container {name} failed startup probe"), KillReason::StartupProbe))
    } else {
        None
    }
}

fn with_new_sandbox(pod: &Pod, runtime: &RuntimeStatus, mut actions: PodActions) -> PodActions {
    if pod.spec.restart_policy == "Never" && actions.attempt != 0 && !runtime.containers.is_empty() {
        // It ran once, and once is enough.
        actions.create_sandbox = false;
        return actions;
    }
    let succeeded = |container: &Container| {
        runtime.find(&container.name).is_some_and(|r| r.state == ContainerState::Exited && r.exit_code == 0)
    };
    let to_start: Vec<usize> = pod
        .spec
        .containers
        .iter()
        .enumerate()
        .filter(|(_, container)| {
            let policy = container.restart_policy.as_deref().unwrap_or(&pod.spec.restart_policy);
            policy != "OnFailure" || !succeeded(container)
        })
        .map(|(index, _)| index)
        .collect();
    if to_start.is_empty() && has_any_regular_container_created(pod, runtime) {
        actions.create_sandbox = false;
    } else if pod.spec.init_containers.is_empty() {
        actions.to_start = to_start;
    } else {
        actions.init_to_start = [0].to_vec();
    }
    actions
}

/// Containers to remove for a restart of all, those whose exit triggered it last (`getContainersToReset`).
fn containers_to_reset(pod: &Pod, runtime: &RuntimeStatus) -> Vec<(String, bool)> {
    let (mut sources, mut targets) = (Vec::new(), Vec::new());
    for list in [&pod.spec.containers, &pod.spec.init_containers] {
        for container in list.iter().rev() {
            let mut records = runtime.containers.iter().filter(|r| r.name == container.name);
            let Some(newest) = records.next() else { continue };
            let triggered = newest.state == ContainerState::Exited
                && super::restart_policy::matching_rule(container, newest.exit_code)
                    .is_some_and(|r| r.action == "RestartAllContainers");
            let into = if triggered { &mut sources } else { &mut targets };
            into.push((newest.id.clone(), newest.state == ContainerState::Running));
            into.extend(records.map(|r| (r.id.clone(), r.state == ContainerState::Running)));
        }
    }
    targets.append(&mut sources);
    targets
}
