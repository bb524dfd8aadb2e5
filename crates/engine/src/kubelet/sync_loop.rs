//! The main loop's sources: the API server's pods and the PLEG (`pkg/kubelet/kubelet.go syncLoopIteration`).

use crate::kernel::Kernel;
use crate::kubelet::pleg::LifecycleEvent;
use crate::kubelet::pod_workers::Update;
use crate::kubelet::runtime::ContainerState;
use crate::kubelet::{Kubelet, PodUid, SharedPod};
use crate::store::WatchEvent;
use crate::trace::{Call, EntryId, Op, SyncReason};
use alloc::string::String;
use alloc::vec::Vec;
use lifepod_api::SimTime;

/// Dead containers of one name that are kept (`--maximum-dead-containers-per-container`).
pub(crate) const DEAD_CONTAINERS_KEPT: usize = 1;

impl Kubelet {
    /// A pod of this node changed in the API (`pkg/kubelet/config`, `HandlePodAdditions` and its siblings).
    pub(crate) fn on_watch(&mut self, kernel: &mut Kernel, event: WatchEvent) {
        let known = |uid: &PodUid| self.pods.get(uid);
        let Some(pod) = SharedPod::newer(event.object, known) else { return };
        let uid = pod.uid();
        if event.op == Op::Deleted {
            if self.pods.remove(&uid).is_some() {
                let update = Update { pod, reason: SyncReason::Kill, cause: kernel.cause, kill: None };
                self.update_pod(kernel, update);
                self.statuses.forget(&uid);
                self.reasons.forget(&uid);
                self.release(kernel, &uid);
                self.schedule_housekeeping(kernel);
                self.schedule_container_gc(kernel);
            }
            return;
        }
        let Some(old) = self.pods.insert(uid, pod.clone()) else {
            return self.admit(kernel, pod);
        };
        let deletion_changed = old.metadata.deletion_timestamp != pod.metadata.deletion_timestamp
            || old.metadata.deletion_grace_period_seconds != pod.metadata.deletion_grace_period_seconds;
        let changed = old.spec != pod.spec
            || old.metadata.labels != pod.metadata.labels
            || old.metadata.annotations != pod.metadata.annotations;
        let reason = if deletion_changed {
            SyncReason::Kill
        } else if changed || self.needs_readiness_reconcile(&pod) {
            SyncReason::Update
        } else {
            // Only the status changed, which mostly this kubelet itself wrote.
            self.note_released(kernel, &old, &pod);
            return self.schedule_reconcile(kernel, &pod);
        };
        self.note_resize(kernel, &old, &pod);
        if self.workers.contains_key(&pod.uid()) {
            let update = Update { pod, reason, cause: kernel.cause, kill: None };
            self.update_pod(kernel, update);
        } else if !self.is_arriving(&pod.uid()) {
            // Else only a pod that this node refused has no worker.
            self.schedule_housekeeping(kernel);
        }
    }

    /// A readiness gate's condition changed, so that `Ready` has to be computed again
    /// (`status.NeedToReconcilePodReadiness`).
    fn needs_readiness_reconcile(&self, pod: &SharedPod) -> bool {
        if pod.spec.readiness_gates.is_empty() {
            return false;
        }
        let all: Vec<_> = pod
            .status
            .init_container_statuses
            .iter()
            .chain(&pod.status.container_statuses)
            .cloned()
            .collect();
        let wanted = super::conditions::ready(pod, &pod.status.conditions, &all, &pod.status.phase);
        super::conditions::find(&pod.status.conditions, "Ready")
            .is_none_or(|shown| shown.status != wanted.status || shown.message != wanted.message)
    }

    /// Lists all containers and syncs the pods in which something changed (`GenericPLEG.Relist`).
    pub(crate) fn relist(&mut self, kernel: &mut Kernel) {
        self.pleg.queued = None;
        self.relist_phase = kernel.now;
        for (uid, cause) in self.pleg.take_dirty() {
            self.reconcile(kernel, &uid, cause);
        }
        for uid in self.pleg.take_waiting() {
            self.try_cache(kernel, &uid);
        }
        if self.pleg.needs_relist() {
            self.schedule_relist(kernel);
        }
    }

    /// Looks at one pod, because its worker, which has just changed it, `asked` for it; unless all pods were listed since
    /// (`GenericPLEG.relistPod`).
    pub(crate) fn relist_pod(&mut self, kernel: &mut Kernel, uid: &PodUid, asked: SimTime) {
        if self.last_relist(kernel).is_some_and(|at| at >= asked) {
            return;
        }
        let cause = self.pleg.take_dirty_pod(uid).unwrap_or(kernel.cause);
        self.reconcile(kernel, uid, cause);
        self.pleg.observe(uid, kernel.now);
        self.try_cache(kernel, uid);
    }

    fn reconcile(&mut self, kernel: &mut Kernel, uid: &PodUid, cause: Option<EntryId>) {
        kernel.cause = cause;
        let events = self.pleg.reconcile(uid, &self.runtime, kernel.now);
        for event in events {
            if event != LifecycleEvent::Removed
                && let Some(pod) = self.pods.get(uid).cloned()
            {
                let update = Update { pod, reason: SyncReason::ContainerChange, cause, kill: None };
                self.update_pod(kernel, update);
            }
            if let LifecycleEvent::Died(id) = event {
                kernel.cause = cause;
                self.clean_up_containers(kernel, uid, &id);
            }
        }
    }

    /// Removes dead containers that are not needed any more (`cleanUpContainersInPod`,
    /// `pkg/kubelet/pod_container_deletor.go`).
    fn clean_up_containers(&mut self, kernel: &mut Kernel, uid: &PodUid, exited: &str) {
        let Some(status) = self.pleg.cached(uid) else { return };
        let remove_all = self.workers.get(uid).is_none_or(|w| w.should_content_be_removed());
        let name = status.containers.iter().find(|c| c.id == exited).map(|c| c.name.clone());
        if name.is_none() && !remove_all {
            return;
        }
        let keep = if remove_all { 0 } else { DEAD_CONTAINERS_KEPT };
        let dead: Vec<String> = status
            .containers
            .iter()
            .filter(|c| c.state == ContainerState::Exited && (remove_all || Some(&c.name) == name.as_ref()))
            .skip(keep)
            .map(|c| c.id.clone())
            .collect();
        for id in dead {
            self.remove_container(kernel, uid, &id);
        }
    }

    /// The pod of that id, from whoever knows it: the API, its worker, or the runtime's labels.
    pub(crate) fn known_pod(&self, uid: &PodUid) -> Option<SharedPod> {
        let worker = || self.workers.get(uid).and_then(|w| w.pod());
        let runtime = || self.runtime.pod(uid).and_then(|p| p.pod.as_ref());
        self.pods.get(uid).or_else(worker).or_else(runtime).cloned()
    }

    /// Removes a container's record from the runtime.
    pub(crate) fn remove_container(&mut self, kernel: &mut Kernel, uid: &PodUid, id: &str) {
        let runtime = self.runtime.pod_mut(uid);
        let Some(at) = runtime.containers.iter().position(|c| c.id == id) else { return };
        let record = runtime.containers.remove(at);
        if let Some(pod) = self.known_pod(uid) {
            let cause = kernel.cause;
            self.call(kernel, &pod, Some(&record.name), Call::RemoveContainer { attempt: record.attempt });
            kernel.cause = cause;
        }
        self.touch(kernel, uid);
    }
}
