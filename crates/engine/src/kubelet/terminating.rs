//! The end of a pod: stop everything, say the final phase, release what it held
//! (`pkg/kubelet/kubelet.go SyncTerminatingPod`, `SyncTerminatedPod`).

use crate::kernel::Kernel;
use crate::kubelet::pod_workers::{Activity, FinalStatus, Outcome, Stage};
use crate::kubelet::runtime::RuntimeStatus;
use crate::kubelet::{Kubelet, PodUid, SharedPod};
use crate::pod_conditions::{disruption_target, update_pod_condition};
use crate::trace::Call;
use alloc::string::ToString;
use lifepod_api::{Pod, PodStatus};

impl Kubelet {
    /// A sync found the pod's phase terminal: the next step of work stops it.
    pub(crate) fn begin_termination(&mut self, uid: &PodUid) {
        if let Some(worker) = self.workers.get_mut(uid)
            && worker.stage == Stage::Sync
        {
            worker.stage = Stage::Terminating;
            worker.grace =
                worker.pod().and_then(|p| p.spec.termination_grace_period_seconds).unwrap_or(0).max(1);
        }
    }

    /// Reports once more, then kills all running containers with the worker's grace.
    pub(crate) fn sync_terminating_pod(
        &mut self,
        kernel: &mut Kernel,
        pod: &SharedPod,
        runtime: RuntimeStatus,
    ) {
        let uid = pod.uid();
        let mut status = self.generate_status(kernel, pod, &runtime, false);
        let Some(worker) = self.workers.get_mut(&uid) else { return };
        let (grace, ticket) = (worker.grace, worker.ticket);
        apply_final_status(kernel, pod, worker.final_status.as_ref(), &mut status);
        worker.kills.clear();
        worker.activity = Activity::Terminating;
        self.report(kernel, pod, status);
        self.stop_liveness_and_startup_probes(&uid);
        self.kill_all(kernel, &uid, pod, &runtime, Some(grace));
        // Nothing had to be killed; the death of the last container would have gone on by itself.
        let nothing_killed = self.workers.get(&uid).is_some_and(|w| {
            w.ticket == ticket
                && matches!(w.activity, Activity::Terminating)
                && w.kills.iter().all(|kill| kill.is_done())
        });
        if nothing_killed {
            self.continue_terminating(kernel, &uid);
        }
    }

    /// Once all containers are dead: stops the sandbox and reports the final phase.
    pub(crate) fn continue_terminating(&mut self, kernel: &mut Kernel, uid: &PodUid) {
        let Some(worker) = self.workers.get_mut(uid) else { return };
        let Some(pod) = worker.pod().cloned() else { return };
        if worker.kills.iter().any(|k| !k.is_done()) {
            worker.activity = Activity::Terminating;
            return;
        }
        let ready = self.runtime.pod(uid).is_some_and(|p| p.sandboxes.iter().any(|s| s.ready));
        if ready {
            self.call(kernel, &pod, None, Call::StopPodSandbox);
            kernel.network.addresses.release(uid);
            for sandbox in &mut self.runtime.pod_mut(uid).sandboxes {
                sandbox.ready = false;
            }
            self.touch(kernel, uid);
            if let Some(worker) = self.workers.get_mut(uid) {
                worker.activity = Activity::Terminating;
            }
            let at = kernel.now + kernel.config.latency.stop_pod_sandbox;
            return self.block_until(kernel, uid, at);
        }
        self.remove_probes(uid);
        let mut stopped = self.runtime.status(uid);
        if let Some(known) = self.pleg.cached(uid) {
            stopped.ip = known.ip.clone();
        }
        let status = self.generate_status(kernel, &pod, &stopped, true);
        if let Some(worker) = self.workers.get_mut(uid) {
            worker.kills.clear();
            worker.stage = Stage::Terminated;
        }
        self.report(kernel, &pod, status);
        self.complete_work(kernel, uid, Outcome::PhaseTransition);
        self.preemption_goes_on(kernel);
    }

    /// Waits for the volumes to be unmounted.
    pub(crate) fn sync_terminated_pod(
        &mut self,
        kernel: &mut Kernel,
        pod: &SharedPod,
        runtime: RuntimeStatus,
    ) {
        let uid = pod.uid();
        let status = self.generate_status(kernel, pod, &runtime, true);
        self.report(kernel, pod, status);
        let Some(worker) = self.workers.get_mut(&uid) else { return };
        worker.activity = Activity::Unmounting;
        let mounted = worker.mounting.mounted && !pod.spec.volumes.is_empty();
        if mounted {
            let at = kernel.now + kernel.config.latency.mount_volumes;
            self.block_until(kernel, &uid, at);
        } else {
            self.finish_terminated(kernel, &uid);
        }
    }

    /// The worker is done with the pod for good.
    pub(crate) fn finish_terminated(&mut self, kernel: &mut Kernel, uid: &PodUid) {
        let Some(worker) = self.workers.get_mut(uid) else { return };
        worker.stage = Stage::Finished;
        worker.activity = Activity::Idle;
        worker.pending = None;
        let Some(pod) = worker.pod().cloned() else { return };
        self.work_queue.remove(uid);
        self.terminate_pod(kernel, &pod);
        self.shutdown_goes_on(kernel);
    }
}

/// Whoever had the pod killed may say why: an eviction, a shutdown. It is said before the containers are stopped, and kept
/// from the API until then; if all of them exit with 0 the pod has succeeded after all, and the reason goes with the phase.
fn apply_final_status(kernel: &Kernel, pod: &Pod, wanted: Option<&FinalStatus>, status: &mut PodStatus) {
    if let Some(FinalStatus { reason, message, disrupted, spares_success }) = wanted {
        if !(*spares_success && status.phase == "Succeeded") {
            status.phase = "Failed".to_string();
        }
        status.reason = (*reason).to_string();
        status.message = message.clone();
        if let Some(why) = disrupted {
            let condition = disruption_target(pod, "TerminationByKubelet", why);
            update_pod_condition(status, condition, kernel.time());
        }
    }
}
