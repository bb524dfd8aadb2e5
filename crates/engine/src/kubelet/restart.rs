//! The kubelet as a process of its node: it can stop, or be killed, and be started again, while the containers run on
//! under their runtime (`cmd/kubelet/app/server.go`, `pkg/kubelet/kubelet.go Run`).
//!
//! What the kubelet knows is in its memory. A new process finds the pods in the API and the containers in the
//! runtime;
//! back-offs, probe results, and how far a termination had come are forgotten.

use crate::kernel::Kernel;
use crate::kubelet::runtime_down::RuntimeDown;
use crate::kubelet::{Kubelet, PodUid, SharedPod, Timer};
use crate::store::WatchEvent;
use crate::trace::{Call, Op};
use alloc::vec::Vec;
use lifepod_api::SimTime;

/// A new kubelet does not ask for its pods before it has seen its Node object, for which it looks once a second
/// (`pkg/kubelet/config/apiserver.go WaitForAPIServerSyncPeriod`).
const NODE_SYNC_PERIOD: SimTime = SimTime::from_secs(1);

/// How far the kubelet's process has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Process {
    /// It runs and watches the API.
    Running,
    /// It is up, and has not been told of its pods yet.
    Starting,
    /// It was just started: its parts do not run yet.
    Booting,
    /// There is none.
    Stopped,
}

impl Kubelet {
    /// Whether the parts of the kubelet run.
    pub(crate) fn is_up(&self) -> bool {
        matches!(self.process, Process::Starting | Process::Running)
    }

    /// The process ends, by a signal or in an upgrade: nothing is said to anybody.
    pub(crate) fn stop(&mut self, kernel: &mut Kernel) {
        if self.process == Process::Stopped {
            return;
        }
        kernel.stop_heartbeat(&self.node_name);
        self.cut_runtime_calls(kernel);
        let fresh = Kubelet::blank(kernel, self.index);
        let old = core::mem::replace(self, fresh);
        self.process = Process::Stopped;
        self.incarnation = old.incarnation + 1;
        self.runtime = old.runtime;
        self.images = old.images;
        self.images.forget_back_offs();
        self.runtime_down = old.runtime_down.map(RuntimeDown::for_next_process);
        self.frozen = old.frozen;
        self.allocations = old.allocations.after_restart();
        kernel.stop_heartbeat(&self.node_name);
    }

    /// The process is started.
    pub(crate) fn start(&mut self, kernel: &mut Kernel) {
        if self.process == Process::Stopped {
            self.process = Process::Booting;
            kernel.network.addresses.power_on(self.index);
            let at = kernel.now + kernel.config.latency.kubelet_start;
            self.wake_at(kernel, at, Timer::Begin);
        }
    }

    /// The parts of the kubelet begin to run: their tickers all start now, and the PLEG lists what there is.
    pub(crate) fn begin(&mut self, kernel: &mut Kernel) {
        self.process = Process::Starting;
        self.started_at = Some(kernel.now);
        kernel.start_heartbeat(&self.node_name);
        self.relist_phase = kernel.now;
        self.sync_phase = kernel.now;
        self.housekeeping_phase = kernel.now;
        self.container_gc_phase = kernel.now;
        self.node_status_phase = kernel.now;
        // The collector of what dead containers left begins with a round of its own.
        self.remove_surplus(kernel);
        let uids: Vec<PodUid> = self.runtime.pods.keys().cloned().collect();
        for uid in uids {
            // The main loop knows none of these pods yet, so that nobody hears of what the relist finds.
            self.pleg.reconcile(&uid, &self.runtime, kernel.now);
        }
        self.announce(kernel);
        // The PLEG began to list before this wait began, so that its second list comes first.
        let latency = &kernel.config.latency;
        let answered =
            kernel.now + NODE_SYNC_PERIOD.max(self.relist_period) + latency.api_write + latency.watch;
        self.wake_at(kernel, answered, Timer::ListPods);
    }

    /// The first list of the node's pods arrives: each is new to this process.
    pub(crate) fn list_pods(&mut self, kernel: &mut Kernel) {
        self.process = Process::Running;
        let mut pods: Vec<SharedPod> = kernel
            .store
            .of_kind("Pod")
            .filter_map(|object| SharedPod::new(object.clone()))
            .filter(|pod| pod.spec.node_name == self.node_name)
            .collect();
        pods.sort_by_key(|pod| pod.metadata.creation_timestamp);
        for pod in pods {
            self.on_watch(kernel, WatchEvent { op: Op::Added, object: pod.into_object() });
        }
        self.backfill_resizes(kernel);
        self.schedule_housekeeping(kernel);
        self.schedule_container_gc(kernel);
    }

    /// The calls that are under way end with the connection to their caller: a stop is left half done (no KILL will
    /// follow the signal), a command that was run in a container is dropped.
    fn cut_runtime_calls(&mut self, kernel: &mut Kernel) {
        let stopping: Vec<(SharedPod, alloc::string::String)> = self
            .workers
            .values()
            .flat_map(|w| &w.kills)
            .filter_map(|kill| Some((kill.pod().clone(), kill.stopping()?)))
            .collect();
        for (pod, id) in stopping {
            let record = self.runtime.pod(&pod.uid()).and_then(|p| p.container(&id));
            if let Some((name, attempt)) = record.map(|c| (c.name.clone(), c.attempt)) {
                let cause = kernel.cause;
                self.call(kernel, &pod, Some(&name), Call::StopContainerCancelled { attempt });
                kernel.cause = cause;
            }
        }
        let pulls: Vec<PodUid> = self.workers.keys().cloned().collect();
        for uid in pulls {
            self.cut_pull(kernel, &uid);
        }
        self.cancel_all_execs(kernel);
    }
}
