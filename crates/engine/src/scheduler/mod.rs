//! kube-scheduler: which node a pod goes to, and why not to the others (`pkg/scheduler`).
//!
//! Pods wait in the [`queue`]. One after the other is taken for a *cycle*: the [`plugins`] rule nodes out and score the
//! rest ([`schedule_one`]), on what the [`cache`] knows. A pod without a node may make room ([`preemption`],
//! [`actuation`]); else it waits until something happens that one of the plugins which refused it says may help
//! ([`cluster_event`]).

mod actuation;
mod binding;
mod cache;
mod cluster_event;
mod cycle;
mod diagnosis;
mod domains;
mod framework;
mod namespaces;
mod node_info;
mod node_tree;
mod nominator;
mod plugins;
mod pod_counts;
mod pod_info;
mod preemption;
mod queue;
mod resource;
mod schedule_one;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod verdicts;

pub use queue::back_off;

use crate::events_series::{SeriesRecorder, SeriesWrite};
use crate::jitter::Draw;
use crate::kernel::{Component, Kernel, Wake, next_tick};
use crate::kubelet::{PodUid, SharedPod};
use crate::scheduler::actuation::Actuation;
use crate::scheduler::binding::Binding;
use crate::scheduler::cache::Cache;
use crate::scheduler::cluster_event::{Change, ClusterEvent, node_changes, pod_changes};
use crate::scheduler::framework::{Action, Plugin};
use crate::scheduler::node_info::SharedNode;
use crate::scheduler::nominator::Nominator;
use crate::scheduler::pod_info::PodInfo;
use crate::scheduler::queue::{Hint, QueuedPod, SchedulingQueue};
use crate::store::WatchEvent;
use crate::trace::Op;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use lifepod_api::{Object, SimTime, is_pod_phase_terminal};

/// The name of the default profile, and of the scheduler in Events and conditions.
pub(crate) const NAME: &str = "default-scheduler";
/// The host that the scheduler runs on, as its Events name it.
const HOST: &str = "control-plane";
/// How often it is looked for pods that have been unschedulable for too long (`scheduling_queue.go Run`).
const LEFTOVER_TICK: SimTime = SimTime::from_secs(30);

/// The scheduler's own timers.
#[derive(Clone, Debug)]
pub(crate) enum Timer {
    /// Take the next pod.
    Cycle,
    /// Back-offs end.
    FlushBackOff,
    /// Look for pods that have been unschedulable for too long.
    FlushLeftover,
    /// Tell the victims of this preemptor.
    Actuate(PodUid),
    /// Bind this pod: there is a token for it.
    Bind(PodUid),
    /// Give up waiting for the volumes of this pod.
    BindTimeout(PodUid),
    /// Look after the series of Events.
    Events,
    /// There is a token for an Event.
    WriteEvent(SeriesWrite),
}

/// The scheduler.
#[derive(Clone, Debug)]
pub(crate) struct Scheduler {
    cache: Cache,
    queue: SchedulingQueue,
    nominator: Nominator,
    /// Where the next search begins, so that all nodes get their turn.
    start: usize,
    /// Preemptions whose victims have not been told, by the preemptor's UID.
    preempting: BTreeMap<PodUid, Actuation>,
    /// Pods that have a node and wait for their volumes, by UID.
    binding: BTreeMap<PodUid, Binding>,
    recorder: SeriesRecorder,
    /// When the scheduler is done with its last pod.
    busy_until: SimTime,
    /// Timers that are set.
    cycling: bool,
    flush_at: Option<SimTime>,
    leftover_set: bool,
    events_set: bool,
}

impl Scheduler {
    pub(crate) fn new(kernel: &mut Kernel) -> Self {
        kernel.flow_control.limit(NAME, kernel.config.scheduler_client);
        for kind in ["Pod", "Node", "Namespace", "PersistentVolume", "PersistentVolumeClaim", "StorageClass"]
        {
            kernel.store.watch(Component::Scheduler, kind);
        }
        Scheduler {
            cache: Cache::default(),
            queue: SchedulingQueue::new(kernel.config.epoch_micros),
            nominator: Nominator::default(),
            start: 0,
            preempting: BTreeMap::new(),
            binding: BTreeMap::new(),
            recorder: SeriesRecorder::new(NAME, HOST, kernel.config.scheduler_client),
            busy_until: SimTime::ZERO,
            cycling: false,
            flush_at: None,
            leftover_set: false,
            events_set: false,
        }
    }

    pub(crate) fn handle(&mut self, kernel: &mut Kernel, wake: Wake) {
        match wake {
            Wake::Watch(event) => self.on_watch(kernel, event),
            Wake::Scheduler(Timer::Cycle) => {
                self.cycling = false;
                self.cycle(kernel);
            }
            Wake::Scheduler(Timer::FlushBackOff) => {
                self.flush_at = None;
                self.queue.flush_back_off(kernel.now);
            }
            Wake::Scheduler(Timer::FlushLeftover) => {
                self.leftover_set = false;
                self.flush_leftover(kernel.now);
            }
            Wake::Scheduler(Timer::Actuate(uid)) => self.actuate(kernel, &uid),
            Wake::Scheduler(Timer::Bind(uid)) => self.bind_at_last(kernel, &uid),
            Wake::Scheduler(Timer::BindTimeout(uid)) => self.bind_timed_out(kernel, &uid),
            Wake::Scheduler(Timer::WriteEvent(what)) => self.recorder.write(kernel, what),
            Wake::Scheduler(Timer::Events) => {
                self.events_set = false;
                self.recorder.tick(kernel);
            }
            _ => {}
        }
        self.set_timers(kernel);
    }

    fn set_timers(&mut self, kernel: &mut Kernel) {
        let now = kernel.now;
        if !self.cycling && self.queue.is_ready() {
            self.cycling = true;
            let mean = kernel.config.latency.schedule;
            let at = now.max(self.busy_until) + kernel.spread(Draw::Duration, mean, mean);
            kernel.wake_at(at, Component::Scheduler, Wake::Scheduler(Timer::Cycle));
        }
        let mut wake = |at: SimTime, timer: Timer| {
            kernel.wake_at(at, Component::Scheduler, Wake::Scheduler(timer));
        };
        if let Some(at) = self.queue.next_flush()
            && self.flush_at.is_none_or(|set| at < set)
        {
            self.flush_at = Some(at);
            wake(at, Timer::FlushBackOff);
        }
        if !self.leftover_set
            && let Some(at) = self.queue.next_leftover()
        {
            self.leftover_set = true;
            wake(next_tick(at.max(now), LEFTOVER_TICK, SimTime::ZERO, false), Timer::FlushLeftover);
        }
        if !self.events_set
            && let Some(at) = self.recorder.next_tick(now)
        {
            self.events_set = true;
            wake(at, Timer::Events);
        }
    }

    fn on_watch(&mut self, kernel: &mut Kernel, event: WatchEvent) {
        let WatchEvent { op, object } = event;
        match &*object {
            Object::Pod(_) => {
                let waiting = |uid: &PodUid| self.queue.get(uid).map(|queued| &queued.info);
                let known = |uid: &PodUid| self.cache.pod(uid).or_else(|| waiting(uid)).map(|info| &info.pod);
                let Some(pod) = SharedPod::newer(object, known) else { return };
                // The scheduler's watch leaves out pods that are finished (`NewInformerFactory`): it sees them go.
                if op == Op::Deleted || is_pod_phase_terminal(&pod.status.phase) {
                    self.pod_gone(&pod, kernel.now);
                } else if !pod.spec.node_name.is_empty() {
                    self.assigned_pod(pod, kernel.now);
                } else if pod.spec.scheduler_name == NAME {
                    self.waiting_pod(pod, kernel.now);
                }
            }
            Object::Node(_) => {
                let Some(node) = SharedNode::new(object) else { return };
                self.node_changed(op, node, kernel.now);
            }
            Object::Namespace(namespace) if op == Op::Deleted => {
                self.cache.namespaces.remove(&namespace.metadata.name);
            }
            Object::Namespace(namespace) => {
                self.cache.namespaces.set(&namespace.metadata.name, &namespace.metadata.labels);
            }
            _ if op == Op::Deleted => {}
            _ => {
                let action = if op == Op::Added { Action::Add } else { Action::Update };
                let change = Change::Other(object);
                self.move_all(&ClusterEvent { action, change }, kernel.now, |_| true);
                self.volumes_changed(kernel);
            }
        }
    }

    fn node_changed(&mut self, op: Op, node: SharedNode, now: SimTime) {
        if op == Op::Deleted {
            self.move_all(&ClusterEvent::node(Action::Delete, Some(node.clone()), None), now, |_| true);
            return self.cache.remove_node(&node.metadata.name);
        }
        let old = self.cache.set_node(node.clone());
        let actions = old.as_ref().map_or_else(|| [Action::Add].to_vec(), |old| node_changes(old, &node));
        for action in actions {
            self.move_all(&ClusterEvent::node(action, old.clone(), Some(node.clone())), now, |_| true);
        }
    }

    /// A pod that has a node (`addAssignedPodToCache`, `updateAssignedPodInCache`).
    fn assigned_pod(&mut self, pod: SharedPod, now: SimTime) {
        let uid = pod.uid();
        let node = pod.spec.node_name.clone();
        let info = PodInfo::newer(self.cache.pod(&uid), pod);
        self.forget_waiting(&uid);
        match self.cache.set_pod(info.clone(), &node, false) {
            None => self.move_all(&ClusterEvent::pod(Action::Add, None, Some(info)), now, |_| true),
            Some(old) => {
                for action in pod_changes(&old, &info) {
                    let event = ClusterEvent::pod(action, Some(old.clone()), Some(info.clone()));
                    self.move_all(&event, now, |_| true);
                }
            }
        }
    }

    /// A pod that wants a node (`addPodToSchedulingQueue`, `updatePodInSchedulingQueue`).
    fn waiting_pod(&mut self, pod: SharedPod, now: SimTime) {
        let uid = pod.uid();
        if self.cache.is_assumed(&uid) {
            if pod.metadata.deletion_timestamp.is_some() {
                self.pod_gone(&pod, now);
            }
            return;
        }
        let Some(queued) = self.queue.get(&uid) else {
            let gate = self.gate(&pod);
            self.nominator.set(&uid, &pod.status.nominated_node_name);
            return self.queue.add(PodInfo::new(pod), gate, now);
        };
        let old = queued.info.clone();
        let info = PodInfo::newer(Some(&old), pod);
        self.queue.update(info.clone());
        let (before, after) = (&old.status.nominated_node_name, &info.status.nominated_node_name);
        // Between two revisions without a nomination the scheduler's own, not yet stored one holds.
        if !(before.is_empty() && after.is_empty()) {
            self.nominator.set(&uid, after);
        }
        for action in pod_changes(&old, &info) {
            let event = ClusterEvent::pod(action, Some(old.clone()), Some(info.clone()));
            self.move_all(&event, now, |waiting| *waiting.info.uid() == uid);
        }
        if !before.is_empty() && before != after {
            self.room_given_back(old, now);
        }
    }

    /// A pod is gone, or finished.
    fn pod_gone(&mut self, pod: &SharedPod, now: SimTime) {
        let uid = pod.uid_ref();
        let waited = self.forget_waiting(uid);
        if let Some(old) = self.cache.remove_pod(uid) {
            self.move_all(&ClusterEvent::pod(Action::Delete, Some(old), None), now, |_| true);
        } else if let Some(old) = waited.filter(|p| !p.info.status.nominated_node_name.is_empty()) {
            self.room_given_back(old.info, now);
        }
    }

    /// A pod gave up the room that it was promised: as if it had left the node, for those that are not more important.
    fn room_given_back(&mut self, pod: Arc<PodInfo>, now: SimTime) {
        let priority = pod.priority();
        let event = ClusterEvent::pod(Action::Delete, Some(pod), None);
        self.move_all(&event, now, |waiting| waiting.info.priority() <= priority);
    }

    fn forget_waiting(&mut self, uid: &PodUid) -> Option<QueuedPod> {
        self.nominator.remove(uid);
        self.binding.remove(uid);
        self.queue.remove(uid)
    }

    /// What keeps a pod out of the queue (`PreEnqueue` of SchedulingGates and DefaultPreemption).
    fn gate(&self, pod: &SharedPod) -> Option<Plugin> {
        if !pod.spec.scheduling_gates.is_empty() {
            return Some(Plugin::SchedulingGates);
        }
        self.preempting.contains_key(pod.uid_ref()).then_some(Plugin::DefaultPreemption)
    }

    /// Makes those waiting pods active that the event may help (`MoveAllToActiveOrBackoffQueue`).
    fn move_all(&mut self, event: &ClusterEvent, now: SimTime, concerned: impl Fn(&QueuedPod) -> bool) {
        let helped = |pod: &&QueuedPod| {
            let asked = |plugin| plugins::hint(plugin, &pod.info, event, &self.cache) == Hint::Queue;
            // A gate keeps its pods until the event is one that it waits for itself.
            let open = match pod.gate {
                Some(Plugin::SchedulingGates) => event.action == Action::UpdatePodSchedulingGatesEliminated,
                Some(_) => event.action == Action::Delete,
                None => true,
            };
            concerned(pod) && open && pod.rejectors.iter().any(asked)
        };
        let helped: Vec<Arc<PodInfo>> =
            self.queue.unschedulable().filter(helped).map(|pod| pod.info.clone()).collect();
        for pod in helped {
            let gate = self.gate(&pod.pod);
            self.queue.requeue(pod.uid(), gate, now);
        }
    }

    /// Tries those pods again that nothing helped for too long (`flushUnschedulablePodsLeftover`).
    fn flush_leftover(&mut self, now: SimTime) {
        let long =
            |pod: &&QueuedPod| now.since(pod.since) > queue::MAX_IN_UNSCHEDULABLE && pod.gate.is_none();
        let left: Vec<PodUid> =
            self.queue.unschedulable().filter(long).map(|pod| pod.info.uid().clone()).collect();
        for uid in left {
            self.queue.requeue(&uid, None, now);
        }
    }
}
