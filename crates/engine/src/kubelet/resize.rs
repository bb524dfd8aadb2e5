//! Changing the resources of containers that run (`pkg/kubelet/kuberuntime/kuberuntime_manager.go
//! computePodResizeAction`, `doPodResizeAction`), and what is told of it.

use crate::events::EventType;
use crate::kernel::Kernel;
use crate::kubelet::allocation::resizable;
use crate::kubelet::runtime::{ContainerRecord, ContainerState, RuntimeStatus};
use crate::kubelet::sync_pod::SyncRun;
use crate::kubelet::{Kubelet, PodUid, SharedPod};
use crate::trace::Call;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use lifepod_api::resources::{ResourceList, pod_limits, pod_requests};
use lifepod_api::wire::Wire;
use lifepod_api::{Container, PodCondition, PodSpec, ResourceRequirements};

/// The resources that can be changed while a container runs, in the order in which they are.
const RESIZABLE: [&str; 2] = ["memory", "cpu"];

/// What is said of a pod's resize (`pkg/kubelet/status/status_manager.go podResizeConditions`).
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ResizeConditions {
    pub(crate) pending: Option<PodCondition>,
    pub(crate) in_progress: Option<PodCondition>,
}

impl ResizeConditions {
    /// Those among the conditions that the API shows.
    pub(crate) fn of(shown: &[PodCondition]) -> Self {
        let find = |type_: &str| shown.iter().find(|c| c.type_ == type_).cloned();
        ResizeConditions { pending: find("PodResizePending"), in_progress: find("PodResizeInProgress") }
    }

    /// The wish has to wait; says whether that is news (`SetPodResizePendingCondition`).
    pub(crate) fn set_deferred(&mut self, kernel: &Kernel, message: &str, generation: i64) -> bool {
        let new =
            condition(kernel, "PodResizePending", self.pending.as_ref(), "Deferred", message, generation);
        let news = |old: &PodCondition| {
            old.reason != new.reason || old.observed_generation != new.observed_generation
        };
        let news = self.pending.as_ref().is_none_or(news);
        self.pending = Some(new);
        news
    }

    /// What was granted is not in effect yet. What was said before stays, but for a new reason. Says for which generation
    /// it was granted, and whether this is news (`SetPodResizeInProgressCondition`).
    pub(crate) fn set_in_progress(
        &mut self,
        kernel: &Kernel,
        reason: &str,
        message: &str,
        generation: i64,
    ) -> (i64, bool) {
        let old = self.in_progress.as_ref();
        let (reason, message) = match old {
            Some(old) if reason.is_empty() && message.is_empty() => (old.reason.clone(), old.message.clone()),
            _ => (reason.to_string(), message.to_string()),
        };
        let generation = old.map_or(generation, |old| old.observed_generation);
        let news = old.is_none_or(|old| old.reason != reason || old.message != message);
        self.in_progress = Some(condition(kernel, "PodResizeInProgress", old, &reason, &message, generation));
        (generation, news)
    }
}

/// `updatedPodResizeCondition`: such a condition is True as long as it is there.
fn condition(
    kernel: &Kernel,
    type_: &str,
    old: Option<&PodCondition>,
    reason: &str,
    message: &str,
    generation: i64,
) -> PodCondition {
    let now = Some(kernel.time());
    PodCondition {
        type_: type_.to_string(),
        status: "True".to_string(),
        observed_generation: generation,
        last_probe_time: now,
        last_transition_time: match old {
            Some(old) if old.reason == reason => old.last_transition_time,
            _ => now,
        },
        reason: reason.to_string(),
        message: message.to_string(),
    }
}

/// Whether two versions of a container ask for different amounts of what can be changed.
pub(crate) fn resized(old: &Container, new: &Container) -> bool {
    RESIZABLE.iter().any(|resource| {
        old.resources.requests.get(resource) != new.resources.requests.get(resource)
            || old.resources.limits.get(resource) != new.resources.limits.get(resource)
    })
}

/// The text of an Event about a resize: the resources of the pod's containers as JSON
/// (`pkg/kubelet/events/resize.go podResizeMessage`).
pub(crate) fn resize_message(what: &str, pod: &SharedPod, generation: i64, error: &str) -> String {
    let list = |key: &str, containers: &[Container]| {
        let each: Vec<String> = containers
            .iter()
            .map(|c| format!("{{\"name\":\"{}\",\"resources\":{}}}", c.name, Wire::encode(&c.resources)))
            .collect();
        if each.is_empty() { String::new() } else { format!("\"{key}\":[{}],", each.join(",")) }
    };
    let init = list("initContainers", &pod.spec.init_containers);
    let apps = list("containers", &pod.spec.containers);
    let error = match error.is_empty() {
        true => String::new(),
        false => format!(",\"error\":\"{}\"", error.replace('\\', "\\\\").replace('"', "\\\"")),
    };
    format!("{what}: {{{init}{apps}\"generation\":{generation}{error}}}")
}

/// What has to be done to a running container for its resources to become those granted.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum ContainerResize {
    Restart,
    Update(Vec<&'static str>),
}

/// Compares what a running container has with what it was granted (`computePodResizeAction`).
pub(crate) fn compute_resize(container: &Container, record: &ContainerRecord) -> Option<ContainerResize> {
    let (granted, actual) = (&container.resources, &record.resources);
    let differs = |resource: &&&str| {
        granted.requests.get(resource) != actual.requests.get(resource)
            || granted.limits.get(resource) != actual.limits.get(resource)
    };
    let changed: Vec<&'static str> = RESIZABLE.iter().filter(differs).copied().collect();
    if record.state != ContainerState::Running || changed.is_empty() {
        return None;
    }
    let restarts = container
        .resize_policy
        .iter()
        .any(|p| p.restart_policy == "RestartContainer" && changed.contains(&p.resource_name.as_str()));
    Some(if restarts { ContainerResize::Restart } else { ContainerResize::Update(changed) })
}

/// What a sync changes of the resources of a pod that runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct PodResize {
    /// Containers by id and name, and what changes.
    pub(crate) containers: Vec<(String, String, Vec<&'static str>)>,
    /// A container is started anew with other resources, so that those of the whole pod change.
    pub(crate) whole_pod: bool,
}

/// The resources of a pod's cgroup (`pkg/kubelet/cm/helpers_linux.go ResourceConfigForPod`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PodCgroup {
    cpu_shares: i64,
    /// Microseconds of each tenth of a second; none without a limit.
    cpu_quota: Option<i64>,
    /// Bytes; none without a limit.
    memory: Option<i64>,
}

impl PodCgroup {
    pub(crate) fn of(spec: &PodSpec) -> Self {
        let (requests, limits) = (pod_requests(spec), pod_limits(spec));
        let own = spec.resources.as_ref();
        // A container without a limit leaves the pod without one.
        let limited = |resource: &str| {
            let has = |limits: &ResourceList| limits.get(resource).is_some_and(|q| !q.is_zero());
            own.is_some_and(|r| has(&r.limits))
                || spec.containers.iter().chain(&spec.init_containers).all(|c| has(&c.resources.limits))
        };
        let milli = |list: &ResourceList| list.get("cpu").map_or(0, |q| q.milli_value());
        PodCgroup {
            cpu_shares: (milli(&requests).saturating_mul(1024) / 1000).max(2),
            cpu_quota: limited("cpu").then(|| milli(&limits).saturating_mul(100).max(1000)),
            memory: limited("memory").then(|| limits.get("memory").map_or(0, |q| q.value())),
        }
    }
}

impl Kubelet {
    /// Says whether a resize is under way, or that it is done (`kubelet.go SyncPod`).
    pub(crate) fn follow_resize(&mut self, kernel: &mut Kernel, pod: &SharedPod, runtime: &RuntimeStatus) {
        let under_way = resizable(&pod.spec)
            .any(|c| runtime.find(&c.name).is_some_and(|record| compute_resize(c, record).is_some()));
        let uid = pod.uid();
        if under_way {
            let conditions = self.allocations.conditions.entry(uid).or_default();
            conditions.set_in_progress(kernel, "", "", pod.metadata.generation);
        } else if let Some(conditions) = self.allocations.conditions.get_mut(&uid)
            && let Some(done) = conditions.in_progress.take()
        {
            let message = resize_message("Pod resize completed", pod, done.observed_generation, "");
            self.pod_event(kernel, pod, EventType::Normal, "ResizeCompleted", &message);
        }
    }

    /// Changes the resources of containers that run, and of their pod: limits are raised before what is under them, and
    /// lowered after it (`doPodResizeAction`).
    pub(crate) fn resize_pod(
        &mut self,
        kernel: &mut Kernel,
        uid: &PodUid,
        run: &mut SyncRun,
        resize: &PodResize,
    ) {
        let cause = kernel.cause;
        let result = self.try_resizing(kernel, uid, &run.pod, resize);
        // The PLEG sees no change of state in a resize: it is told to look.
        self.pleg.reinspect(uid);
        self.schedule_relist(kernel);
        kernel.cause = cause;
        let Err(error) = result else {
            run.acted = true;
            return;
        };
        run.fail();
        let pod = run.pod.clone();
        let conditions = self.allocations.conditions.entry(uid.clone()).or_default();
        let (generation, news) = conditions.set_in_progress(kernel, "Error", &error, pod.metadata.generation);
        if news {
            let message = resize_message("Pod resize error", &pod, generation, &error);
            self.pod_event(kernel, &pod, EventType::Warning, "ResizeError", &message);
        }
    }

    fn try_resizing(
        &mut self,
        kernel: &mut Kernel,
        uid: &PodUid,
        pod: &SharedPod,
        resize: &PodResize,
    ) -> Result<(), String> {
        let wanted = PodCgroup::of(&pod.spec);
        let mut now = self.runtime.pod(uid).and_then(|p| p.cgroup).unwrap_or(wanted);
        self.check_memory(uid, pod, resize, now, wanted)?;
        for resource in RESIZABLE {
            let containers = || resize.containers.iter().filter(|(.., changed)| changed.contains(&resource));
            if !resize.whole_pod && containers().next().is_none() {
                continue;
            }
            // Without a limit of its own the pod keeps the one that it has.
            let (limit, request) = match resource {
                "memory" => (wanted.memory.or(now.memory).cmp(&now.memory), core::cmp::Ordering::Equal),
                _ => (
                    wanted.cpu_quota.or(now.cpu_quota).cmp(&now.cpu_quota),
                    wanted.cpu_shares.cmp(&now.cpu_shares),
                ),
            };
            let set_limit = |now: &mut PodCgroup| match resource {
                "memory" => now.memory = wanted.memory,
                _ => now.cpu_quota = wanted.cpu_quota,
            };
            if limit.is_gt() {
                set_limit(&mut now);
                self.update_sandbox(kernel, uid, pod, now);
            }
            if request.is_gt() {
                now.cpu_shares = wanted.cpu_shares;
                self.update_sandbox(kernel, uid, pod, now);
            }
            for (id, name, _) in containers() {
                self.update_container(kernel, uid, pod, id, name, resource)?;
            }
            if request.is_lt() {
                now.cpu_shares = wanted.cpu_shares;
                self.update_sandbox(kernel, uid, pod, now);
            }
            if limit.is_lt() {
                set_limit(&mut now);
                self.update_sandbox(kernel, uid, pod, now);
            }
        }
        Ok(())
    }

    /// No limit may fall below what is in use (`validateMemoryResizeAction`).
    fn check_memory(
        &self,
        uid: &PodUid,
        pod: &SharedPod,
        resize: &PodResize,
        now: PodCgroup,
        wanted: PodCgroup,
    ) -> Result<(), String> {
        let Some(runtime) = self.runtime.pod(uid) else { return Ok(()) };
        let used = |record: &ContainerRecord| match (&runtime.processes, record.process) {
            (Some(processes), Some(process)) => processes.memory(process) as i64,
            _ => 0,
        };
        let in_pod: i64 = runtime.containers.iter().map(used).sum();
        let lowered = |new: Option<i64>, old: Option<i64>| {
            new.filter(|new| *new > 0 && old.is_none_or(|old| *new < old))
        };
        let mut errors = Vec::new();
        if let Some(limit) = lowered(wanted.memory, now.memory)
            && in_pod >= limit
        {
            errors
                .push(format!("attempting to set pod memory limit ({limit}) below current usage ({in_pod})"));
        }
        let limit_of = |resources: &ResourceRequirements| resources.limits.get("memory").map(|q| q.value());
        for (id, name, _) in &resize.containers {
            let Some(record) = runtime.container(id) else { continue };
            let granted = resizable(&pod.spec).find(|c| c.name == *name).and_then(|c| limit_of(&c.resources));
            if let Some(limit) = lowered(granted, limit_of(&record.resources))
                && used(record) >= limit
            {
                errors.push(format!(
                    "attempting to set container \"{name}\" memory limit ({limit}) below current usage ({in_pod})"
                ));
            }
        }
        match &errors[..] {
            [] => Ok(()),
            [one] => Err(format!("cannot decrease memory limits: {one}")),
            several => Err(format!("cannot decrease memory limits: [{}]", several.join(", "))),
        }
    }

    fn update_sandbox(&mut self, kernel: &mut Kernel, uid: &PodUid, pod: &SharedPod, cgroup: PodCgroup) {
        self.runtime.pod_mut(uid).cgroup = Some(cgroup);
        let PodCgroup { cpu_shares, cpu_quota, memory } = cgroup;
        self.call(kernel, pod, None, Call::UpdatePodSandboxResources { cpu_shares, cpu_quota, memory });
    }

    /// Gives a running container what it was granted of one resource (`updatePodContainerResources`).
    fn update_container(
        &mut self,
        kernel: &mut Kernel,
        uid: &PodUid,
        pod: &SharedPod,
        id: &str,
        name: &str,
        resource: &str,
    ) -> Result<(), String> {
        let Some(container) = resizable(&pod.spec).find(|c| c.name == name) else { return Ok(()) };
        let runtime = self.runtime.pod_mut(uid);
        let Some(record) = runtime.container_mut(id) else { return Ok(()) };
        let (attempt, process, refusal) = (record.attempt, record.process, record.resize_error.clone());
        if refusal.is_none() {
            let lists = [
                (&mut record.resources.requests, &container.resources.requests),
                (&mut record.resources.limits, &container.resources.limits),
            ];
            for (actual, granted) in lists {
                match granted.get(resource) {
                    Some(amount) => actual.insert(resource.to_string(), amount.clone()),
                    None => actual.remove(resource),
                };
            }
            let limit = container.resources.limits.get("memory").and_then(|q| u64::try_from(q.value()).ok());
            if let (Some(processes), Some(process), "memory") = (&mut runtime.processes, process, resource) {
                processes.set_memory_limit(process, limit.filter(|bytes| *bytes > 0));
            }
        }
        let call = Call::UpdateContainerResources { attempt, error: refusal.clone() };
        self.call(kernel, pod, Some(name), call);
        refusal.map_or(Ok(()), Err)
    }
}
