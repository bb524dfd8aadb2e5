//! A container runtime that does not answer, because its disk is dead or hangs.
//!
//! What runs, runs on: it is in memory. Nothing is started, stopped or looked at, as every call blocks; and after a while the
//! kubelet says so of its node (`pkg/kubelet/runtime.go runtimeErrors`), whose pods are then moved away. They cannot be
//! stopped either before the disk is back.

use crate::kernel::{Kernel, Wake};
use crate::kubelet::{Kubelet, Timer};
use crate::trace::EntryId;
use alloc::vec::Vec;
use lifepod_api::SimTime;

/// How long the runtime may be silent before it counts as down (`kubelet.go maxWaitForContainerRuntime`).
const MAX_WAIT: SimTime = SimTime::from_secs(30);

/// Since when, and what waits for an answer.
#[derive(Clone, Debug)]
pub(crate) struct RuntimeDown {
    since: SimTime,
    calls: Vec<(Option<EntryId>, Timer)>,
}

impl RuntimeDown {
    /// The same for a kubelet that has just been started: the calls were another one's.
    pub(super) fn for_next_process(self) -> Self {
        RuntimeDown { calls: Vec::new(), ..self }
    }
}

/// Whether a step of the kubelet asks the runtime or the disk for something.
fn needs_runtime(timer: &Timer) -> bool {
    matches!(
        timer,
        Timer::Relist
            | Timer::RelistPod(..)
            | Timer::StartWork(_)
            | Timer::Worker(..)
            | Timer::Kill(..)
            | Timer::ContainerGc
            | Timer::MeasureStorage(_)
            | Timer::Eviction
    )
}

impl Kubelet {
    /// The runtime answers no more.
    pub(crate) fn runtime_fails(&mut self, kernel: &mut Kernel) {
        self.runtime_down.get_or_insert(RuntimeDown { since: kernel.now, calls: Vec::new() });
        // What the disk would have to give fails at once where nobody waits for it: commands in containers.
        self.cancel_all_execs(kernel);
        self.schedule_node_status_from(kernel, kernel.now + MAX_WAIT);
    }

    /// The runtime answers again, first to those that have waited longest.
    pub(crate) fn runtime_answers(&mut self, kernel: &mut Kernel) {
        let Some(down) = self.runtime_down.take() else { return };
        self.schedule_node_status(kernel);
        for (cause, timer) in down.calls {
            kernel.cause = cause;
            self.wake_at(kernel, kernel.now, timer);
        }
    }

    /// Keeps back what has to wait for the runtime; gives everything else.
    pub(super) fn hold_back(&mut self, kernel: &Kernel, wake: Wake) -> Option<Wake> {
        match (&mut self.runtime_down, wake) {
            (Some(down), Wake::Kubelet(incarnation, timer))
                if incarnation == self.incarnation && needs_runtime(&timer) =>
            {
                down.calls.push((kernel.cause, timer));
                None
            }
            (_, wake) => Some(wake),
        }
    }

    /// Whether calls of the runtime hang.
    pub(crate) fn is_runtime_down(&self) -> bool {
        self.runtime_down.is_some()
    }

    /// Says of the node that its runtime is down, or that it is well again.
    pub(super) fn report_runtime(&mut self, kernel: &mut Kernel) {
        match &self.runtime_down {
            Some(down) if kernel.now.since(down.since) >= MAX_WAIT => {
                self.set_ready(kernel, "False", "KubeletNotReady", "container runtime is down");
            }
            Some(_) => {}
            None if self.runtime_was_down => {
                self.set_ready(kernel, "True", "KubeletReady", "kubelet is posting ready status");
            }
            None => {}
        }
        self.runtime_was_down = self.runtime_down.is_some();
    }

    /// The machine stops, with all that is on it, and knows nothing of it.
    pub(crate) fn freeze(&mut self, kernel: &mut Kernel) {
        if self.frozen.is_none() {
            self.frozen = Some(Vec::new());
            self.set_processes_frozen(kernel, true);
            kernel.stop_proxy(self.index);
            kernel.network.addresses.set_cut(self.index, true);
            kernel.stop_heartbeat(&self.node_name);
        }
    }

    fn set_processes_frozen(&mut self, kernel: &Kernel, frozen: bool) {
        for pod in self.runtime.pods.values_mut() {
            let Some(processes) = &mut pod.processes else { continue };
            for container in pod.containers.iter().filter_map(|record| record.process) {
                processes.set_frozen(kernel.now, container, frozen);
            }
        }
    }

    /// The machine goes on. Whatever was due meanwhile is due now, in its order.
    pub(crate) fn thaw(&mut self, kernel: &mut Kernel) {
        let Some(missed) = self.frozen.take() else { return };
        self.set_processes_frozen(kernel, false);
        if !self.is_cut_off() {
            kernel.network.addresses.set_cut(self.index, false);
            kernel.start_proxy(self.index);
        }
        if self.is_up() && !self.is_cut_off() {
            kernel.start_heartbeat(&self.node_name);
            self.post_status(kernel);
        }
        for (cause, wake) in missed {
            kernel.cause = cause;
            self.handle(kernel, wake);
        }
    }
}
