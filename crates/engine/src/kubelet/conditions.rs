//! The pod's conditions, derived from its containers (`pkg/kubelet/status/generate.go`).

use crate::kubelet::restart_policy::is_sidecar;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use lifepod_api::{ContainerStatus, Pod, PodCondition};

/// The condition of that type.
pub fn find<'a>(conditions: &'a [PodCondition], type_: &str) -> Option<&'a PodCondition> {
    conditions.iter().find(|c| c.type_ == type_)
}

pub(crate) fn condition(pod: &Pod, type_: &str, status: bool, reason: &str, message: String) -> PodCondition {
    PodCondition {
        type_: type_.to_string(),
        status: if status { "True" } else { "False" }.to_string(),
        reason: reason.to_string(),
        message,
        observed_generation: pod.metadata.generation,
        ..PodCondition::default()
    }
}

/// `[a b]`, as Go prints a list of names.
fn names(list: &[&str]) -> String {
    format!("[{}]", list.join(" "))
}

/// `ContainersReady`: every app container and every sidecar is ready (`GenerateContainersReadyCondition`).
pub fn containers_ready(pod: &Pod, statuses: &[ContainerStatus], phase: &str) -> PodCondition {
    const TYPE: &str = "ContainersReady";
    let mut unknown = Vec::new();
    let mut unready = Vec::new();
    let sidecars = pod.spec.init_containers.iter().filter(|c| is_sidecar(c));
    for container in sidecars.chain(&pod.spec.containers) {
        match statuses.iter().find(|s| s.name == container.name) {
            None => unknown.push(container.name.as_str()),
            Some(status) if !status.ready => unready.push(container.name.as_str()),
            Some(_) => {}
        }
    }
    if phase == "Succeeded" && unknown.is_empty() {
        return condition(pod, TYPE, false, "PodCompleted", String::new());
    }
    if phase == "Failed" {
        return condition(pod, TYPE, false, "PodFailed", String::new());
    }
    let mut messages = Vec::new();
    if !unknown.is_empty() {
        messages.push(format!("containers with unknown status: {}", names(&unknown)));
    }
    if !unready.is_empty() {
        messages.push(format!("containers with unready status: {}", names(&unready)));
    }
    if messages.is_empty() {
        condition(pod, TYPE, true, "", String::new())
    } else {
        condition(pod, TYPE, false, "ContainersNotReady", messages.join(", "))
    }
}

/// `Ready`: `ContainersReady`, and the condition of every readiness gate is True
/// (`GeneratePodReadyCondition`). `conditions` holds those that others than the kubelet set.
pub fn ready(
    pod: &Pod,
    conditions: &[PodCondition],
    statuses: &[ContainerStatus],
    phase: &str,
) -> PodCondition {
    const TYPE: &str = "Ready";
    let containers = containers_ready(pod, statuses, phase);
    if containers.status != "True" {
        return PodCondition { type_: TYPE.to_string(), ..containers };
    }
    let unready: Vec<String> = pod
        .spec
        .readiness_gates
        .iter()
        .filter_map(|gate| match find(conditions, &gate.condition_type) {
            None => Some(format!(
                "corresponding condition of pod readiness gate \"{}\" does not exist.",
                gate.condition_type
            )),
            Some(c) if c.status != "True" => Some(format!(
                "the status of pod readiness gate \"{}\" is not \"True\", but {}",
                gate.condition_type, c.status
            )),
            Some(_) => None,
        })
        .collect();
    if unready.is_empty() {
        condition(pod, TYPE, true, "", String::new())
    } else {
        condition(pod, TYPE, false, "ReadinessGatesNotReady", unready.join(", "))
    }
}

/// `Initialized`: every init container is done, every sidecar started, or an app container runs or ran
/// (`GeneratePodInitializedCondition`). `was` is the condition before: once True it stays so.
pub fn initialized(
    pod: &Pod,
    was: Option<&PodCondition>,
    statuses: &[ContainerStatus],
    phase: &str,
) -> PodCondition {
    const TYPE: &str = "Initialized";
    let mut unknown = Vec::new();
    let mut incomplete = Vec::new();
    for container in &pod.spec.init_containers {
        match statuses.iter().find(|s| s.name == container.name) {
            None => unknown.push(container.name.as_str()),
            Some(status) => {
                let done = if is_sidecar(container) { status.started == Some(true) } else { status.ready };
                if !done {
                    incomplete.push(container.name.as_str());
                }
            }
        }
    }
    if phase == "Succeeded" && unknown.is_empty() {
        return condition(pod, TYPE, true, "PodCompleted", String::new());
    }
    let any_started = pod.spec.containers.iter().any(|c| {
        statuses
            .iter()
            .any(|s| s.name == c.name && (s.state.running.is_some() || s.state.terminated.is_some()))
    });
    let mut messages = Vec::new();
    if !unknown.is_empty() {
        messages.push(format!("containers with unknown status: {}", names(&unknown)));
    }
    if !incomplete.is_empty() {
        messages.push(format!("containers with incomplete status: {}", names(&incomplete)));
    }
    if any_started || messages.is_empty() || was.is_some_and(|c| c.status == "True") {
        condition(pod, TYPE, true, "", String::new())
    } else {
        condition(pod, TYPE, false, "ContainersNotInitialized", messages.join(", "))
    }
}
