//! What the kubelet puts in order every two seconds and every minute: pods that nobody owns any more, and the records
//! that ended containers leave behind
//! (`pkg/kubelet/kubelet_pods.go HandlePodCleanups`, `pkg/kubelet/kuberuntime/kuberuntime_gc.go`).
//!
//! Both ticks are queued only when they would find something, at the instant at which the real one would have fired.

use crate::kernel::{Kernel, next_tick};
use crate::kubelet::pod_workers::{KillOptions, Stage, Update};
use crate::kubelet::runtime::{ContainerRecord, ContainerState};
use crate::kubelet::sync_loop::DEAD_CONTAINERS_KEPT;
use crate::kubelet::{Kubelet, PodUid, SharedPod, Timer};
use crate::trace::{Call, SyncReason};
use alloc::string::String;
use alloc::vec::Vec;
use lifepod_api::{SimTime, is_pod_phase_terminal};

/// `housekeepingPeriod` (`pkg/kubelet/kubelet.go`).
pub(crate) const HOUSEKEEPING_PERIOD: SimTime = SimTime::from_secs(2);
/// `ContainerGCPeriod` (`pkg/kubelet/kubelet.go`).
pub(crate) const CONTAINER_GC_PERIOD: SimTime = SimTime::from_secs(60);
/// Seconds of grace for the containers of a pod that is not in the API any more.
const ORPHAN_GRACE: i64 = 1;

impl Kubelet {
    /// Has the next housekeeping look at the pods, if there is anything for it to do.
    pub(crate) fn schedule_housekeeping(&mut self, kernel: &mut Kernel) {
        let nothing = self.orphans().is_empty()
            && self.rejected_and_deleted().is_empty()
            && self.removed_while_working().is_empty();
        if nothing {
            return;
        }
        let at = next_tick(kernel.now, HOUSEKEEPING_PERIOD, self.housekeeping_phase, false);
        self.wake_at(kernel, at, Timer::Housekeeping);
    }

    /// `HandlePodCleanups`, as far as it shows.
    pub(crate) fn housekeeping(&mut self, kernel: &mut Kernel) {
        for uid in self.removed_while_working() {
            if let Some(worker) = self.workers.get_mut(&uid) {
                worker.set_deleted();
            }
        }
        for pod in self.rejected_and_deleted() {
            let cause = kernel.cause;
            self.update_pod(kernel, Update { pod, reason: SyncReason::Kill, cause, kill: None });
        }
        for pod in self.orphans() {
            let kill = KillOptions { grace_override: Some(ORPHAN_GRACE), ..KillOptions::default() };
            let cause = kernel.cause;
            let uid = pod.uid();
            self.update_pod(kernel, Update { pod, reason: SyncReason::Kill, cause, kill: Some(kill) });
            if let Some(worker) = self.workers.get_mut(&uid) {
                worker.set_deleted();
            }
        }
    }

    /// Pods that run here, and that neither the API nor a worker knows: deleted by force while no kubelet ran.
    fn orphans(&self) -> Vec<SharedPod> {
        let unknown = |uid: &PodUid| !self.pods.contains_key(uid) && !self.workers.contains_key(uid);
        self.runtime
            .pods
            .iter()
            .filter(|(uid, pod)| {
                unknown(uid)
                    && (pod.containers.iter().any(|c| c.state == ContainerState::Running)
                        || pod.sandboxes.iter().any(|s| s.ready))
            })
            .filter_map(|(_, pod)| pod.pod.clone())
            .collect()
    }

    /// Pods deleted by force, whose workers go on without knowing that they were deleted
    /// (`pkg/kubelet/pod_workers.go removeTerminatedWorker`).
    fn removed_while_working(&self) -> Vec<PodUid> {
        self.workers
            .iter()
            .filter(|(uid, worker)| worker.works_on_undeleted() && !self.pods.contains_key(*uid))
            .map(|(uid, _)| uid.clone())
            .collect()
    }

    /// Pods that this node refused and that are being deleted: no worker ever had them
    /// (`filterTerminalPodsToDelete`).
    fn rejected_and_deleted(&self) -> Vec<SharedPod> {
        self.pods
            .iter()
            .filter(|(uid, pod)| {
                pod.metadata.deletion_timestamp.is_some()
                    && !self.workers.contains_key(*uid)
                    && self.statuses.get(uid).is_some_and(|status| is_pod_phase_terminal(&status.phase))
            })
            .map(|(_, pod)| pod.clone())
            .collect()
    }

    /// Has the next collection remove what is left of pods that are gone.
    pub(crate) fn schedule_container_gc(&mut self, kernel: &mut Kernel) {
        if self.container_gc_queued || (self.remains().is_empty() && self.surplus().is_empty()) {
            return;
        }
        self.container_gc_queued = true;
        let at = next_tick(kernel.now, CONTAINER_GC_PERIOD, self.container_gc_phase, false);
        self.wake_at(kernel, at, Timer::ContainerGc);
    }

    /// `containerGC.GarbageCollect`: all records of pods that are gone, containers before sandboxes; of the others, what is
    /// too much.
    pub(crate) fn container_gc(&mut self, kernel: &mut Kernel) {
        self.container_gc_queued = false;
        self.remove_surplus(kernel);
        let remains = self.remains();
        for uid in &remains {
            let ids: Vec<String> = match self.runtime.pod(uid) {
                Some(pod) => pod.containers.iter().rev().map(|c| c.id.clone()).collect(),
                None => continue,
            };
            for id in ids {
                self.remove_container(kernel, uid, &id);
            }
        }
        for uid in remains {
            let Some(gone) = self.runtime.pods.remove(&uid) else { continue };
            let cause = kernel.cause;
            if let Some(pod) = &gone.pod {
                for _ in &gone.sandboxes {
                    self.call(kernel, pod, None, Call::RemovePodSandbox);
                    kernel.cause = cause;
                }
            }
            self.pleg.forget(&uid);
        }
    }

    /// Removes records of ended containers of which there is a newer one (`enforceMaxContainersPerEvictUnit`). Mostly the
    /// PLEG was faster; not when a container ended while no kubelet ran.
    pub(crate) fn remove_surplus(&mut self, kernel: &mut Kernel) {
        for (uid, id) in self.surplus() {
            self.remove_container(kernel, &uid, &id);
        }
    }

    /// Records of ended containers beyond those that are kept of each name, the oldest first.
    fn surplus(&self) -> Vec<(PodUid, String)> {
        let mut found = Vec::new();
        for (uid, pod) in &self.runtime.pods {
            for (index, record) in pod.containers.iter().enumerate() {
                let newer = pod.containers[index + 1..].iter();
                let ended = |c: &&ContainerRecord| c.state == ContainerState::Exited && c.name == record.name;
                if ended(&record) && newer.filter(ended).count() >= DEAD_CONTAINERS_KEPT {
                    found.push((uid.clone(), record.id.clone()));
                }
            }
        }
        found
    }

    /// Pods of which only records are left: gone from the API, their workers done, nothing running.
    fn remains(&self) -> Vec<PodUid> {
        self.runtime
            .pods
            .iter()
            .filter(|(uid, pod)| {
                !self.pods.contains_key(*uid)
                    && self.workers.get(*uid).is_none_or(|w| w.stage == Stage::Finished)
                    && pod.containers.iter().all(|c| c.state == ContainerState::Exited)
                    && pod.sandboxes.iter().all(|s| !s.ready)
            })
            .map(|(uid, _)| uid.clone())
            .collect()
    }
}
