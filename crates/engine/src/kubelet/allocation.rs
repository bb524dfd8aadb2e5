//! Which resources the node has granted to each pod, and when a wish for others is granted
//! (`pkg/kubelet/allocation/allocation_manager.go`).
//!
//! A pod runs with what was granted, not with what its spec says: pod workers are handed the pod as allocated.

use crate::events::EventType;
use crate::kernel::Kernel;
use crate::kubelet::pod_workers::Update;
use crate::kubelet::resize::{ResizeConditions, resize_message, resized};
use crate::kubelet::restart_policy::is_sidecar;
use crate::kubelet::{Kubelet, PodUid, SharedPod, Timer};
use crate::trace::SyncReason;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::cmp::Reverse;
use lifepod_api::resources::{pod_requests, qos_class};
use lifepod_api::{Container, Object, Pod, PodSpec, Quantity, SimTime, is_pod_phase_terminal};

/// How often wishes that wait are looked at again when nothing else has them looked at (`retryDelay`).
const RETRY_DELAY: SimTime = SimTime::from_secs(180);

/// What one kubelet has granted, and what it was asked for and has not.
#[derive(Clone, Debug, Default)]
pub(crate) struct Allocations {
    /// The pods as they were admitted or last resized. The kubelet keeps this in a file: it outlives the process.
    granted: BTreeMap<PodUid, SharedPod>,
    /// Pods whose wish waits, in the order in which they are tried.
    pending: Vec<PodUid>,
    pub(crate) conditions: BTreeMap<PodUid, ResizeConditions>,
    /// When the waiting wishes are tried again.
    retry_at: Option<SimTime>,
}

impl Allocations {
    /// What a new process finds in the file of the old one.
    pub(crate) fn after_restart(self) -> Self {
        Allocations { granted: self.granted, ..Allocations::default() }
    }

    fn forget(&mut self, uid: &PodUid) {
        self.granted.remove(uid);
        self.conditions.remove(uid);
    }

    /// The pod with the resources that it was granted; none if its spec asks for just these
    /// (`UpdatePodFromAllocation`).
    fn differing(&self, pod: &SharedPod) -> Option<SharedPod> {
        let granted = self.granted.get(&pod.uid())?;
        // Each admission asks this of every pod of the node.
        if pod.spec.is_one_with(&granted.spec) {
            return None;
        }
        let differs = |(own, granted): (&Container, &Container)| own.resources != granted.resources;
        if !resizable(&pod.spec).zip(resizable(&granted.spec)).any(differs) {
            return None;
        }
        let mut allocated = Pod::clone(pod);
        let spec: &mut PodSpec = &mut allocated.spec;
        let lists = [
            (&mut spec.init_containers, &granted.spec.init_containers),
            (&mut spec.containers, &granted.spec.containers),
        ];
        for (own, granted) in lists {
            for (own, granted) in own.iter_mut().zip(granted) {
                own.resources = granted.resources.clone();
            }
        }
        SharedPod::new(Arc::new(Object::Pod(allocated)))
    }

    /// The pod with the resources that it was granted.
    pub(crate) fn allocated(&self, pod: &SharedPod) -> SharedPod {
        self.differing(pod).unwrap_or_else(|| pod.clone())
    }
}

/// The containers whose resources can be changed: app containers and sidecars (`IsResizableContainer`).
pub(crate) fn resizable(spec: &PodSpec) -> impl Iterator<Item = &Container> {
    spec.init_containers.iter().filter(|c| is_sidecar(c)).chain(&spec.containers)
}

impl Kubelet {
    /// Keeps the resources with which a pod is admitted; a pod that an earlier process admitted keeps what it had
    /// (`AddPod`).
    pub(crate) fn grant(&mut self, pod: &SharedPod) {
        self.allocations.granted.entry(pod.uid()).or_insert_with(|| pod.clone());
    }

    /// A new process has been told of its pods: wishes that were not granted before wait again
    /// (`HandlePodAdditions`, `BackfillPodResizeConditions`).
    pub(crate) fn backfill_resizes(&mut self, kernel: &mut Kernel) {
        let pods: Vec<SharedPod> = self.pods.values().cloned().collect();
        for pod in &pods {
            let shown = ResizeConditions::of(&pod.status.conditions);
            if shown != ResizeConditions::default() {
                self.allocations.conditions.insert(pod.uid(), shown);
            }
            if self.allocations.differing(pod).is_some() {
                self.push_pending_resize(pod.uid());
            }
        }
        self.retry_pending_resizes(kernel);
    }

    /// A pod's spec changed: maybe it wishes for other resources (`HandlePodUpdates`).
    pub(crate) fn note_resize(&mut self, kernel: &mut Kernel, old: &SharedPod, new: &SharedPod) {
        let changed = resizable(&old.spec).zip(resizable(&new.spec)).any(|(old, new)| resized(old, new));
        if !changed {
            return;
        }
        if self.allocations.differing(new).is_some() {
            self.push_pending_resize(new.uid());
            self.retry_pending_resizes(kernel);
        } else if let Some(conditions) = self.allocations.conditions.get_mut(&new.uid()) {
            // The wish was taken back.
            conditions.pending = None;
        }
    }

    /// A pod is gone from the API: what it had is free (`HandlePodRemoves`).
    pub(crate) fn release(&mut self, kernel: &mut Kernel, uid: &PodUid) {
        self.allocations.forget(uid);
        self.retry_pending_resizes(kernel);
    }

    /// A pod's status changed: if it has ended, or needs less now, others may get what they wait for
    /// (`HandlePodReconcile`).
    pub(crate) fn note_released(&mut self, kernel: &mut Kernel, old: &SharedPod, new: &SharedPod) {
        if self.allocations.pending.is_empty() {
            return;
        }
        let ended = !is_pod_phase_terminal(&old.status.phase) && is_pod_phase_terminal(&new.status.phase);
        let shrank = |resource: &str| self.in_use(new, resource) < self.in_use(old, resource);
        if ended || shrank("cpu") || shrank("memory") {
            self.retry_pending_resizes(kernel);
        }
    }

    /// What a pod's containers were granted or still use, whichever is more.
    fn in_use(&self, pod: &SharedPod, resource: &str) -> Quantity {
        let allocated = self.allocations.allocated(pod);
        let mut sum = Quantity::default();
        for container in resizable(&allocated.spec) {
            let statuses = pod.status.init_container_statuses.iter().chain(&pod.status.container_statuses);
            let shown = statuses.filter(|s| s.name == container.name).filter_map(|s| s.resources.as_ref());
            let used = shown.chain([&container.resources]).filter_map(|r| r.requests.get(resource)).max();
            if let Some(used) = used {
                sum.add(used);
            }
        }
        sum
    }

    /// Puts a pod among those whose wish waits, in order of priority (`PushPendingResize`, `sortPendingResizes`).
    fn push_pending_resize(&mut self, uid: PodUid) {
        if self.allocations.pending.contains(&uid) {
            return;
        }
        let mut pending = core::mem::take(&mut self.allocations.pending);
        pending.push(uid);
        pending.retain(|uid| self.pods.contains_key(uid));
        pending.sort_by_cached_key(|uid| self.turn(uid));
        self.allocations.pending = pending;
    }

    /// Wishes for less come first, then those of important pods, of guaranteed ones, and the oldest.
    fn turn(&self, uid: &PodUid) -> (bool, Reverse<i32>, bool, Option<i64>) {
        let Some(pod) = self.pods.get(uid) else { return (true, Reverse(i32::MIN), true, None) };
        let (wished, has) = (pod_requests(&pod.spec), pod_requests(&self.allocations.allocated(pod).spec));
        let more = ["cpu", "memory"].iter().any(|resource| wished.get(resource) > has.get(resource));
        let since = self.allocations.conditions.get(uid).and_then(|c| c.pending.as_ref());
        let since = since.and_then(|c| c.last_transition_time).map_or(i64::MAX, |at| at.0);
        let importance = Reverse(pod.spec.priority.unwrap_or(0));
        (more, importance, qos_class(&pod.spec) != "Guaranteed", Some(since))
    }

    /// Tries to grant each wish that waits (`retryPendingResizes`).
    pub(crate) fn retry_pending_resizes(&mut self, kernel: &mut Kernel) {
        let cause = kernel.cause;
        for uid in core::mem::take(&mut self.allocations.pending) {
            let Some(pod) = self.pods.get(&uid).cloned() else { continue };
            let before = self.allocations.conditions.get(&uid).cloned();
            let granted = self.try_resize(kernel, &pod);
            let after = self.allocations.conditions.get(&uid);
            if after.is_some_and(|conditions| conditions.pending.is_some()) {
                self.allocations.pending.push(uid.clone());
            }
            if granted || before.as_ref() != after {
                let update = Update { pod, reason: SyncReason::Update, cause, kill: None };
                self.update_pod(kernel, update);
            }
            kernel.cause = cause;
        }
        if self.allocations.pending.is_empty() {
            self.allocations.retry_at = None;
        } else {
            let at = kernel.now + RETRY_DELAY;
            self.allocations.retry_at = Some(at);
            self.wake_at(kernel, at, Timer::RetryResizes);
        }
    }

    /// Nobody had the waiting wishes looked at for a while.
    pub(crate) fn retry_resizes_periodically(&mut self, kernel: &mut Kernel) {
        if self.allocations.retry_at == Some(kernel.now) {
            self.retry_pending_resizes(kernel);
        }
    }

    /// Grants a pod what its spec asks for if the node has it; says whether it did (`handlePodResourcesResize`).
    fn try_resize(&mut self, kernel: &mut Kernel, pod: &SharedPod) -> bool {
        let uid = pod.uid();
        let generation = pod.metadata.generation;
        if self.allocations.differing(pod).is_none() {
            if let Some(conditions) = self.allocations.conditions.get_mut(&uid) {
                conditions.pending = None;
            }
            return false;
        }
        let refused = self.rejection(kernel, pod);
        let conditions = self.allocations.conditions.entry(uid.clone()).or_default();
        let Some(refused) = refused else {
            self.allocations.granted.insert(uid, pod.clone());
            conditions.pending = None;
            conditions.in_progress = None;
            conditions.set_in_progress(kernel, "", "", generation);
            let message = resize_message("Pod resize started", pod, generation, "");
            self.pod_event(kernel, pod, EventType::Normal, "ResizeStarted", &message);
            return true;
        };
        if conditions.set_deferred(kernel, &refused.message, generation) {
            let what = format!("Pod resize {}", refused.reason);
            let message = resize_message(&what, pod, generation, &refused.message);
            self.pod_event(kernel, pod, EventType::Warning, "ResizeDeferred", &message);
        }
        false
    }
}
