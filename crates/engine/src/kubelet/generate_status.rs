//! The status that the kubelet reports for a pod (`pkg/kubelet/kubelet_pods.go generateAPIPodStatus`).

use crate::kernel::Kernel;
use crate::kubelet::active_deadline;
use crate::kubelet::compute_pod_actions::pod_sandbox_changed;
use crate::kubelet::conditions::{self, condition};
use crate::kubelet::container_statuses::{Conversion, List};
use crate::kubelet::phase::get_phase;
use crate::kubelet::pod_workers::Stage;
use crate::kubelet::prober::{ProbeKey, bare};
use crate::kubelet::restart_policy::{all_containers_could_restart, is_sidecar, matching_rule};
use crate::kubelet::runtime::{ContainerState, RuntimeStatus};
use crate::kubelet::{Kubelet, PodUid, SharedPod};
use crate::trace::{ProbeKind, ProbeResult};
use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use lifepod_api::{
    Container, ContainerStatus, HostIP, Pod, PodCondition, PodIP, PodStatus, Time, is_pod_phase_terminal,
};

/// Conditions that only the kubelet writes (`pkg/kubelet/types/pod_status.go PodConditionByKubelet`).
pub(crate) fn is_kubelet_condition(type_: &str) -> bool {
    matches!(
        type_,
        "PodScheduled"
            | "Ready"
            | "Initialized"
            | "ContainersReady"
            | "PodReadyToStartContainers"
            | "PodResizePending"
            | "PodResizeInProgress"
            | "AllContainersRestarting"
    )
}

/// A container that began this long before its kubelet is none that the kubelet started.
const RESTART_GRACE_MICROS: i64 = 10_000_000;

impl Kubelet {
    /// The status of `pod`, given what its runtime says. `terminal`: nothing of it will run again.
    pub(crate) fn generate_status(
        &self,
        kernel: &Kernel,
        pod: &SharedPod,
        runtime: &RuntimeStatus,
        terminal: bool,
    ) -> PodStatus {
        let uid = pod.uid();
        let old = self.statuses.get(&uid).unwrap_or(&pod.status);
        let conversion = Conversion {
            kernel,
            uid: &uid,
            pod,
            runtime,
            reasons: &self.reasons,
            restarting_all: should_all_containers_restart(pod, runtime, old),
        };
        let ephemeral: Vec<Container> =
            pod.spec.ephemeral_containers.iter().map(|c| c.common.clone()).collect();
        let mut status = PodStatus {
            qos_class: pod.status.qos_class.clone(),
            container_statuses: conversion
                .convert(List::App, &pod.spec.containers, &old.container_statuses)
                .into(),
            init_container_statuses: conversion
                .convert(List::Init, &pod.spec.init_containers, &old.init_container_statuses)
                .into(),
            ephemeral_container_statuses: conversion.convert(
                List::Ephemeral,
                &ephemeral,
                &old.ephemeral_container_statuses,
            ),
            observed_generation: pod.metadata.generation,
            ..PodStatus::default()
        };
        self.set_phase(pod, runtime, old, terminal, &mut status);
        // Upstream asks for the deadline once more when the pod has ended, and may unsay what the API shows by then; the
        // promise that a terminal phase is never left is kept here.
        let succeeded = old.phase == "Succeeded"
            && self.workers.get(&uid).is_some_and(|worker| worker.stage >= Stage::Terminated);
        let shown = is_pod_phase_terminal(&pod.status.phase);
        if !succeeded && !shown && self.is_past_deadline(kernel, pod) {
            status.phase = "Failed".to_string();
            status.reason = active_deadline::REASON.to_string();
            status.message = active_deadline::MESSAGE.to_string();
        }
        self.set_readiness(kernel, pod, &mut status);
        self.set_conditions(kernel, pod, runtime, old, terminal, &mut status);
        self.set_addresses(pod, runtime, &mut status);
        status
    }

    fn set_phase(
        &self,
        pod: &Pod,
        runtime: &RuntimeStatus,
        old: &PodStatus,
        terminal: bool,
        status: &mut PodStatus,
    ) {
        // What an earlier sandbox ran proves nothing of this one (`HasAnyActiveRegularContainerStarted`).
        let initialized = runtime.active().any(|r| pod.spec.containers.iter().any(|c| c.name == r.name));
        let mut phase = get_phase(
            &pod.spec,
            &status.init_container_statuses,
            &status.container_statuses,
            terminal,
            initialized,
        )
        .to_string();
        // The API's terminal phase is never left. What this kubelet itself meant to say still gives way to how the
        // containers really ended.
        if is_pod_phase_terminal(&pod.status.phase) {
            phase = pod.status.phase.clone();
        } else if is_pod_phase_terminal(&old.phase) && !is_pod_phase_terminal(&phase) {
            phase = old.phase.clone();
        }
        if phase == old.phase {
            let either = |a: &String, b: &String| if a.is_empty() { b.clone() } else { a.clone() };
            status.reason = either(&old.reason, &pod.status.reason);
            status.message = either(&old.message, &pod.status.message);
        }
        status.phase = phase;
    }

    /// Sets `started` and `ready` of each container from its state and its probes
    /// (`pkg/kubelet/prober/prober_manager.go UpdatePodStatus`).
    fn set_readiness(&self, kernel: &Kernel, pod: &Pod, status: &mut PodStatus) {
        let lists = [
            (&pod.spec.init_containers, &mut status.init_container_statuses),
            (&pod.spec.containers, &mut status.container_statuses),
        ];
        for (containers, statuses) in lists {
            for status in statuses {
                let Some(container) = containers.iter().find(|c| c.name == status.name) else { continue };
                let is_init = core::ptr::eq(containers, &pod.spec.init_containers) && !is_sidecar(container);
                if is_init {
                    status.ready = status.state.terminated.as_ref().is_some_and(|ended| ended.exit_code == 0);
                    status.started = Some(status.state.running.is_some());
                    continue;
                }
                let started = self.is_started(pod, status);
                status.started = Some(started);
                status.ready = started && self.is_ready(kernel, pod, container, status);
            }
        }
    }

    /// Whether a container counts as started (`isContainerStarted`). A new container whose startup probe has no
    /// result yet is taken for what the one before it was; one that a new kubelet finds running, and for which it has
    /// no probe worker yet, has started.
    fn is_started(&self, pod: &Pod, status: &ContainerStatus) -> bool {
        if status.state.running.is_none() {
            return false;
        }
        match self.probe_results.get(bare(&status.container_id), ProbeKind::Startup) {
            Some(result) => result == ProbeResult::Success,
            None => status.started == Some(true) || !self.has_probe(pod, &status.name, ProbeKind::Startup),
        }
    }

    fn is_ready(&self, kernel: &Kernel, pod: &Pod, container: &Container, status: &ContainerStatus) -> bool {
        let result = self.probe_results.get(bare(&status.container_id), ProbeKind::Readiness);
        if result == Some(ProbeResult::Success) {
            return true;
        }
        let unprobed = !self.has_probe(pod, &status.name, ProbeKind::Readiness);
        let started_at = status.state.running.as_ref().and_then(|running| running.started_at);
        if !self.ran_before_this_kubelet(kernel, started_at) {
            return unprobed;
        }
        // What was ready before the kubelet's restart stays so until its probe fails (`setReadyStateOnKubeletRestart`).
        let was_ready = conditions::find(&pod.status.conditions, "Ready").is_some_and(|c| c.status == "True");
        (unprobed || result.is_none()) && (container.readiness_probe.is_none() || was_ready)
    }

    fn has_probe(&self, pod: &Pod, container: &str, kind: ProbeKind) -> bool {
        let uid: PodUid = pod.metadata.uid.as_str().into();
        self.probes.contains_key(&ProbeKey { uid, container: container.into(), kind })
    }

    /// Whether a container had been running for a while when this kubelet's process began
    /// (`pkg/kubelet/prober/prober_manager.go kubeletRestartGracePeriod`).
    pub(crate) fn ran_before_this_kubelet(&self, kernel: &Kernel, container_started: Option<Time>) -> bool {
        let (Some(began), Some(container)) = (self.started_at, container_started) else { return false };
        let began = kernel.config.epoch_micros + began.0 as i64;
        container.0 * 1_000_000 < began - RESTART_GRACE_MICROS
    }

    fn set_conditions(
        &self,
        kernel: &Kernel,
        pod: &Pod,
        runtime: &RuntimeStatus,
        old: &PodStatus,
        terminal: bool,
        status: &mut PodStatus,
    ) {
        let foreign = pod.status.conditions.iter().filter(|c| !is_kubelet_condition(&c.type_)).cloned();
        status.conditions = foreign.collect();
        let resize = self.allocations.conditions.get(&PodUid::from(pod.metadata.uid.as_str()));
        if let Some(resize) = resize.filter(|_| !terminal) {
            status.conditions.extend([&resize.pending, &resize.in_progress].into_iter().flatten().cloned());
        }
        if let Some(target) = conditions::find(&old.conditions, "DisruptionTarget")
            && conditions::find(&status.conditions, "DisruptionTarget").is_none()
        {
            status.conditions.push(target.clone());
        }
        let all = all_containers(&status.init_container_statuses, &status.container_statuses);
        let phase = status.phase.clone();
        let sandbox_ready = !pod_sandbox_changed(runtime).0;
        let was_initialized = conditions::find(&old.conditions, "Initialized");
        let mut own = [
            condition(pod, "PodReadyToStartContainers", sandbox_ready, "", String::new()),
            conditions::initialized(pod, was_initialized, &all, &phase),
            conditions::ready(pod, &status.conditions, &all, &phase),
            conditions::containers_ready(pod, &all, &phase),
            condition(pod, "PodScheduled", true, "", String::new()),
        ]
        .to_vec();
        if all_containers_could_restart(&pod.spec) {
            own.push(all_containers_restarting(pod, runtime, old, &phase));
        }
        for condition in &mut own {
            set_transition_time(kernel, condition, &old.conditions);
        }
        status.conditions.append(&mut own);
    }

    fn set_addresses(&self, pod: &Pod, runtime: &RuntimeStatus, status: &mut PodStatus) {
        status.host_ip = self.node_ip.clone();
        status.host_ips = [HostIP { ip: self.node_ip.clone() }].to_vec();
        status.pod_ip = match pod.spec.host_network {
            true => self.node_ip.clone(),
            false => runtime.ip.clone(),
        };
        if !status.pod_ip.is_empty() {
            status.pod_ips = [PodIP { ip: status.pod_ip.clone() }].to_vec();
        }
    }
}

/// The statuses of init and app containers in one list.
pub(crate) fn all_containers<'a>(
    init: &'a [ContainerStatus],
    app: &'a [ContainerStatus],
) -> Cow<'a, [ContainerStatus]> {
    match init {
        [] => Cow::Borrowed(app),
        init => Cow::Owned(init.iter().chain(app).cloned().collect()),
    }
}

/// `lastTransitionTime` moves only when the status does
/// (`pkg/kubelet/status/status_manager.go updateLastTransitionTime`).
pub(crate) fn set_transition_time(kernel: &Kernel, condition: &mut PodCondition, old: &[PodCondition]) {
    condition.last_transition_time = match conditions::find(old, &condition.type_) {
        Some(before) if before.status == condition.status => before.last_transition_time,
        _ => Some(kernel.time()),
    };
}

/// Whether a restart rule has all containers of the pod restarted (`ShouldAllContainersRestart`).
pub(crate) fn should_all_containers_restart(pod: &Pod, runtime: &RuntimeStatus, shown: &PodStatus) -> bool {
    if conditions::find(&shown.conditions, "AllContainersRestarting").is_some_and(|c| c.status == "True") {
        return true;
    }
    let restarts_all = |container: &Container, code: i32| {
        matching_rule(container, code).is_some_and(|rule| rule.action == "RestartAllContainers")
    };
    pod.spec.init_containers.iter().chain(&pod.spec.containers).any(|container| {
        let Some(record) = runtime.find(&container.name) else { return false };
        if record.state != ContainerState::Exited {
            return false;
        }
        let shown = shown
            .init_container_statuses
            .iter()
            .chain(&shown.container_statuses)
            .find(|s| s.name == container.name)
            .and_then(|s| s.state.terminated.as_ref());
        restarts_all(container, record.exit_code)
            || shown.is_some_and(|ended| restarts_all(container, ended.exit_code))
    })
}

/// `AllContainersRestarting`: True from the exit that triggered it until every container runs again
/// (`pkg/kubelet/status/generate.go GenerateAllContainersRestartingCondition`).
fn all_containers_restarting(
    pod: &Pod,
    runtime: &RuntimeStatus,
    old: &PodStatus,
    phase: &str,
) -> PodCondition {
    const TYPE: &str = "AllContainersRestarting";
    let plain = |status: bool, reason: &str, message: &str| PodCondition {
        observed_generation: 0,
        ..condition(pod, TYPE, status, reason, message.to_string())
    };
    match phase {
        "Succeeded" => return plain(false, "PodCompleted", ""),
        "Failed" => return plain(false, "PodFailed", ""),
        _ => {}
    }
    let cleaned_up = runtime.containers.is_empty();
    if !should_all_containers_restart(pod, runtime, old) || cleaned_up {
        return plain(false, "", "");
    }
    plain(true, "RestartAllContainersStarted", "container exited with restart policy rule")
}
