//! What every component of the cluster is handed: the clock, the queue, the store, chance, and the trace.

use crate::config::Config;
use crate::flow_control::FlowControl;
use crate::heartbeats::Heartbeats;
use crate::jitter::{Draw, Jitter};
use crate::kubelet::PodUid;
use crate::kubelet::volume_contents::Claims;
use crate::network::flow::FlowId;
use crate::network::{Network, NetworkTimer};
use crate::queue::Queue;
use crate::store::{Store, WatchEvent};
use crate::trace::{Decision, EntryId, PodRef, RuntimeCall, Trace, What};
use alloc::string::String;
use alloc::vec::Vec;
use lifepod_api::{SimTime, Time};
use lifepod_workload::images::ImageStore;
use lifepod_workload::{DialId, DialResult};

/// A component that can be woken. Each sees the cluster through watches and its own timers only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Component {
    /// kube-scheduler.
    Scheduler,
    /// The kubelet of the node with this index in the configuration.
    Kubelet(u32),
    /// kube-controller-manager.
    ControllerManager,
    /// A client from outside, by its number.
    Client(u32),
    /// The network: the nodes' proxies, and the scenario's clients.
    Network,
}

/// Something due: who is to be woken, why, and what caused it.
#[derive(Clone, Debug)]
pub(crate) struct Task {
    pub(crate) to: Component,
    pub(crate) cause: Option<EntryId>,
    pub(crate) what: Wake,
}

/// Why a component is woken.
#[derive(Clone, Debug)]
pub(crate) enum Wake {
    /// A watch delivered a revision.
    Watch(WatchEvent),
    /// One of the scheduler's own timers.
    Scheduler(crate::scheduler::Timer),
    /// A key in a controller's work queue is due.
    Controller(crate::controllers::Due),
    /// There is a token for the client that writes under that name, and somebody waits for it.
    Token(&'static str),
    /// A node's heart began to beat, or stopped.
    Heartbeat,
    /// A client asked to be woken.
    Client,
    /// One of the network's timers.
    Network(NetworkTimer),
    /// A connection arrives at a node.
    Arrives(FlowId),
    /// A connection is answered, or nobody ever will.
    Answered(FlowId),
    /// A process of a pod is told what came of a dial.
    Told(PodUid, DialId, DialResult),
    /// One of a kubelet's own timers, with the number of the process that set it.
    Kubelet(u32, crate::kubelet::Timer),
}

/// The state that all components share.
#[derive(Clone, Debug)]
pub(crate) struct Kernel {
    pub(crate) config: Config,
    pub(crate) now: SimTime,
    /// What the clock showed last, in nanoseconds since 1970.
    clock: u64,
    /// The entry that made the current step happen; what the step records has it as its cause.
    pub(crate) cause: Option<EntryId>,
    pub(crate) queue: Queue<Task>,
    pub(crate) store: Store,
    pub(crate) flow_control: FlowControl,
    pub(crate) heartbeats: Heartbeats,
    pub(crate) network: Network,
    pub(crate) jitter: Jitter,
    /// The files of images.
    pub(crate) images: ImageStore,
    /// The files of persistent volume claims.
    pub(crate) claims: Claims,
    pub(crate) trace: Trace,
}

impl Kernel {
    pub(crate) fn new(config: Config) -> Self {
        let jitter = Jitter::new(config.seed, config.jitter.clone());
        let network = Network::new(config.nodes.len());
        Kernel {
            config,
            now: SimTime::ZERO,
            clock: 0,
            cause: None,
            queue: Queue::default(),
            store: Store::default(),
            flow_control: FlowControl::default(),
            heartbeats: Heartbeats::default(),
            network,
            jitter,
            images: ImageStore::default(),
            claims: Claims::new(),
            trace: Trace::default(),
        }
    }

    /// Wakes `to` at `at`, or now if that is past, with the current cause.
    pub(crate) fn wake_at(&mut self, at: SimTime, to: Component, what: Wake) {
        let cause = self.cause;
        self.queue.push(at.max(self.now), Task { to, cause, what });
    }

    /// When something that takes `mean` is done: the latency table's spread is drawn on top.
    pub(crate) fn done_after(&mut self, mean: SimTime) -> SimTime {
        self.now + self.spread(Draw::Duration, mean, mean)
    }

    /// How long something takes that takes `mean` on average: the latency table's spread is drawn on top. `base` is
    /// what the draw tells of itself.
    pub(crate) fn spread(&mut self, what: Draw, mean: SimTime, base: SimTime) -> SimTime {
        let spread = self.config.latency.spread_percent;
        if spread == 0 || mean == SimTime::ZERO {
            return mean;
        }
        let number = self.jitter.draw(what, self.now, base);
        mean + SimTime((mean.0 as f64 * number * f64::from(spread) / 100.0) as u64)
    }

    /// The items in the order in which they happen to get their turn.
    pub(crate) fn in_any_order<T>(&mut self, mut items: Vec<T>) -> Vec<T> {
        let mut ordered = Vec::with_capacity(items.len());
        while !items.is_empty() {
            let turn = self.jitter.draw(Draw::Turn, self.now, SimTime::ZERO) * items.len() as f64;
            ordered.push(items.remove(turn as usize));
        }
        ordered
    }

    /// Records `what` now, caused by the current cause.
    pub(crate) fn record(&mut self, what: What) -> EntryId {
        self.trace.push(self.now, self.cause, what)
    }

    /// Records a decision and makes it the current cause.
    pub(crate) fn decide(&mut self, decision: Decision) -> EntryId {
        let id = self.record(What::Decision(decision));
        self.cause = Some(id);
        id
    }

    /// Records a runtime call.
    pub(crate) fn call(&mut self, call: RuntimeCall) -> EntryId {
        self.record(What::Call(call))
    }

    /// The calendar time now, in whole seconds, as API objects carry it.
    pub(crate) fn time(&self) -> Time {
        self.now.to_time(self.config.epoch_micros)
    }

    /// The calendar time now in nanoseconds (`time.UnixNano`). Nobody sees the same twice: what happens at one instant
    /// here is a moment apart in a real cluster, and names are made of it.
    pub(crate) fn nanos(&mut self) -> u64 {
        let now = self.config.epoch_micros.saturating_add_unsigned(self.now.0).max(0).unsigned_abs();
        self.clock = now.saturating_mul(1000).max(self.clock + 1);
        self.clock
    }

    /// How long it is until a calendar time; zero when it is past.
    pub(crate) fn until(&self, at: Time) -> SimTime {
        let micros = at.0 * 1_000_000 - self.config.epoch_micros - self.now.0 as i64;
        SimTime(micros.max(0) as u64)
    }

    /// The calendar time of `at`.
    pub(crate) fn time_of(&self, at: SimTime) -> Time {
        at.to_time(self.config.epoch_micros)
    }
}

/// `name_namespace(uid)`: how the kubelet's messages name a pod (`pkg/kubelet/util/format/pod.go Pod`).
pub(crate) fn format_pod(pod: &PodRef) -> String {
    alloc::format!("{}_{}({})", pod.name, pod.namespace, pod.uid)
}

/// The first instant after `now` (or at it, with `inclusive`) of a tick every `period` at `phase`.
///
/// Tickers of the real components run all the time; here only the ticks that would find something to do are
/// queued, at the instants at which the ticker would have fired.
pub(crate) fn next_tick(now: SimTime, period: SimTime, phase: SimTime, inclusive: bool) -> SimTime {
    if now < phase || (inclusive && now == phase) {
        return phase;
    }
    let passed = (now.0 - phase.0) / period.0;
    let tick = SimTime(phase.0 + passed * period.0);
    if tick == now && inclusive { now } else { SimTime(tick.0 + period.0) }
}

/// The last tick at or before `now`, if there was one.
pub(crate) fn last_tick(now: SimTime, period: SimTime, phase: SimTime) -> Option<SimTime> {
    let passed = now.0.checked_sub(phase.0)?;
    Some(SimTime(phase.0 + passed / period.0 * period.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_keep_their_phase() {
        let (period, phase) = (SimTime(10), SimTime(3));
        assert_eq!(next_tick(SimTime(0), period, phase, false), SimTime(3));
        assert_eq!(next_tick(SimTime(3), period, phase, false), SimTime(13));
        assert_eq!(next_tick(SimTime(3), period, phase, true), SimTime(3));
        assert_eq!(next_tick(SimTime(14), period, phase, true), SimTime(23));
        assert_eq!(last_tick(SimTime(2), period, phase), None);
        assert_eq!(last_tick(SimTime(22), period, phase), Some(SimTime(13)));
    }
}
