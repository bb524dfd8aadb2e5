//! The orderly shutdown of a node: its pods end in groups, by their priority, and then the machine goes off
//! (`pkg/kubelet/nodeshutdown/nodeshutdown_manager.go killPods`).

use crate::config::ShutdownGracePeriod;
use crate::kernel::Kernel;
use crate::kubelet::pod_workers::{FinalStatus, KillOptions, Stage, Update};
use crate::kubelet::{Kubelet, PodUid, SharedPod, Timer};
use crate::trace::{Decision, PodEnd, SyncReason};
use alloc::string::ToString;
use alloc::vec::Vec;
use lifepod_api::{SimTime, is_pod_phase_terminal};

/// From the end of the last pods to the end of the machine: systemd stops its other services. An assumption.
const REST_OF_SHUTDOWN: SimTime = SimTime::from_secs(1);

/// A shutdown under way.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shutdown {
    /// The groups that follow, the next one last.
    groups: Vec<(ShutdownGracePeriod, Vec<SharedPod>)>,
    /// The pods that are ending now.
    current: Vec<PodUid>,
    /// How many groups had their turn: tells the queued end of a group's time from earlier ones.
    turn: u64,
}

impl Kubelet {
    /// Whether the node is going down: it takes no more pods.
    pub(crate) fn is_shutting_down(&self) -> bool {
        self.shutdown.is_some()
    }

    /// Begins an orderly shutdown.
    pub(crate) fn shut_down(&mut self, kernel: &mut Kernel) {
        if self.is_shutting_down() || !self.is_up() {
            return;
        }
        self.set_ready(kernel, "False", "KubeletNotReady", "node is shutting down");
        let mut periods = kernel.config.kubelet.shutdown_grace_periods.clone();
        periods.sort_by_key(|period| period.priority);
        let mut groups: Vec<(ShutdownGracePeriod, Vec<SharedPod>)> =
            periods.into_iter().map(|period| (period, Vec::new())).collect();
        for pod in self.pods.values().filter(|pod| !is_pod_phase_terminal(&pod.status.phase)) {
            // The group of the highest priority that is not above the pod's; below all, the lowest.
            let priority = pod.spec.priority.unwrap_or(0);
            let at = groups.iter().rposition(|(period, _)| period.priority <= priority).unwrap_or(0);
            if let Some((_, pods)) = groups.get_mut(at) {
                pods.push(pod.clone());
            }
        }
        groups.retain(|(_, pods)| !pods.is_empty());
        groups.reverse();
        self.shutdown = Some(Shutdown { groups, ..Shutdown::default() });
        self.end_next_group(kernel);
    }

    fn end_next_group(&mut self, kernel: &mut Kernel) {
        const MESSAGE: &str = "Pod was terminated in response to imminent node shutdown.";
        let Some(shutdown) = &mut self.shutdown else { return };
        shutdown.turn += 1;
        let turn = shutdown.turn;
        let Some((period, pods)) = shutdown.groups.pop() else {
            shutdown.current.clear();
            return self.wake_at(kernel, kernel.now + REST_OF_SHUTDOWN, Timer::PowerOff);
        };
        shutdown.current = pods.iter().map(SharedPod::uid).collect();
        self.wake_at(kernel, kernel.now + period.grace_period, Timer::ShutdownGroup(turn));
        let limit = period.grace_period.as_secs() as i64;
        let cause = kernel.cause;
        for pod in pods {
            let own = pod.spec.termination_grace_period_seconds.unwrap_or(limit);
            let status = FinalStatus {
                reason: "Terminated",
                message: MESSAGE.to_string(),
                disrupted: Some(MESSAGE.to_string()),
                spares_success: true,
            };
            let kill =
                KillOptions { evict: false, grace_override: Some(own.min(limit)), status: Some(status) };
            kernel.cause = cause;
            let (why, message) = (PodEnd::NodeShutdown, MESSAGE.to_string());
            kernel.decide(Decision::EndPod { pod: pod.to_ref(), why, message });
            let ended = kernel.cause;
            self.update_pod(kernel, Update { pod, reason: SyncReason::Kill, cause: ended, kill: Some(kill) });
        }
    }

    /// A group's time is over: the next one does not wait for it.
    pub(crate) fn shutdown_group_is_late(&mut self, kernel: &mut Kernel, turn: u64) {
        if self.shutdown.as_ref().is_some_and(|shutdown| shutdown.turn == turn) {
            self.end_next_group(kernel);
        }
    }

    /// A pod is done with, its volumes too: if it was the last of its group, the next group's turn comes early.
    pub(crate) fn shutdown_goes_on(&mut self, kernel: &mut Kernel) {
        let Some(shutdown) = &self.shutdown else { return };
        let over = |uid: &PodUid| self.workers.get(uid).is_none_or(|w| w.stage == Stage::Finished);
        if !shutdown.current.is_empty() && shutdown.current.iter().all(over) {
            self.end_next_group(kernel);
        }
    }
}
