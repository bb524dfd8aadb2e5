//! `activeDeadlineSeconds`: a pod that is active for too long fails (`pkg/kubelet/active_deadline.go`).

use crate::kernel::{Kernel, next_tick};
use crate::kubelet::pod_workers::{Stage, Update};
use crate::kubelet::{Kubelet, PodUid, SYNC_TICK, SharedPod, Timer};
use crate::trace::SyncReason;
use alloc::vec::Vec;
use lifepod_api::{Pod, PodStatus, SimTime};

pub(crate) const REASON: &str = "DeadlineExceeded";
pub(crate) const MESSAGE: &str = "Pod was active on the node longer than the specified deadline";

/// When the deadline of a pod is over: counted from `status.startTime`, which is in whole seconds.
fn deadline(kernel: &Kernel, pod: &Pod, status: &PodStatus) -> Option<SimTime> {
    let seconds = pod.spec.active_deadline_seconds?;
    let start = status.start_time?;
    let micros = start.0.saturating_add(seconds).saturating_mul(1_000_000) - kernel.config.epoch_micros;
    Some(SimTime(u64::try_from(micros).unwrap_or(0)))
}

impl Kubelet {
    /// Whether the pod is past its deadline (`pastActiveDeadline`).
    pub(crate) fn is_past_deadline(&self, kernel: &Kernel, pod: &SharedPod) -> bool {
        let status = self.statuses.get(&pod.uid()).unwrap_or(&pod.status);
        deadline(kernel, pod, status).is_some_and(|at| kernel.now >= at)
    }

    /// Has the main loop look at the pod when its deadline is over.
    pub(crate) fn watch_deadline(&mut self, kernel: &mut Kernel, pod: &SharedPod) {
        let uid = pod.uid();
        let status = self.statuses.get(&uid).unwrap_or(&pod.status);
        let Some(at) = deadline(kernel, pod, status) else { return };
        let Some(worker) = self.workers.get_mut(&uid) else { return };
        if worker.stage == Stage::Sync && worker.deadline_watched != Some(at) {
            worker.deadline_watched = Some(at);
            let tick = next_tick(at.max(kernel.now), SYNC_TICK, self.sync_phase, true);
            self.wake_at(kernel, tick, Timer::SyncTick);
        }
    }

    /// Syncs the pods whose deadline is over (`ShouldSync`).
    pub(crate) fn sync_past_deadline(&mut self, kernel: &mut Kernel) {
        let late: Vec<PodUid> = self
            .pods
            .iter()
            .filter(|(uid, pod)| {
                pod.spec.active_deadline_seconds.is_some()
                    && self.workers.get(*uid).is_some_and(|w| w.stage == Stage::Sync)
                    && self.is_past_deadline(kernel, pod)
            })
            .map(|(uid, _)| uid.clone())
            .collect();
        for uid in late {
            if let Some(pod) = self.pods.get(&uid).cloned() {
                let (reason, cause) = (SyncReason::ActiveDeadline, kernel.cause);
                self.update_pod(kernel, Update { pod, reason, cause, kill: None });
            }
        }
    }
}
