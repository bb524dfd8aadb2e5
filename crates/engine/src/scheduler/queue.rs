//! Where pods wait for their turn (`backend/queue/scheduling_queue.go`, `active_queue.go`, `backoff_queue.go`).
//!
//! *Active* pods are tried one after the other, by priority. A pod that no node took rests among the *unschedulable*
//! until something happens that its refusers say may help; then it is active again, after its *back-off*. When nobody
//! is active the back-off is not waited for (`SchedulerPopFromBackoffQ`), unless it follows an error.

use crate::kubelet::PodUid;
use crate::scheduler::framework::{Plugin, PluginSet};
use crate::scheduler::pod_info::PodInfo;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::cmp::Reverse;
use lifepod_api::SimTime;

/// The first and the longest back-off (`podInitialBackoffSeconds`, `podMaxBackoffSeconds`).
const INITIAL_BACK_OFF: SimTime = SimTime::from_secs(1);
const MAX_BACK_OFF: SimTime = SimTime::from_secs(10);
/// Back-offs end on whole seconds of the calendar, so that pods of one second leave by priority
/// (`backoffQOrderingWindowDuration`).
const WINDOW: SimTime = SimTime::from_secs(1);
/// After this long among the unschedulable a pod is tried again although nothing helped
/// (`DefaultPodMaxInUnschedulablePodsDuration`).
pub(crate) const MAX_IN_UNSCHEDULABLE: SimTime = SimTime::from_secs(300);

/// How long a pod waits after its `failures`-th failure (`backoff_queue.go calculateBackoffDuration`).
pub fn back_off(failures: u32) -> SimTime {
    match failures {
        0 => SimTime::ZERO,
        1..=4 => SimTime(INITIAL_BACK_OFF.0 << (failures - 1)),
        _ => MAX_BACK_OFF,
    }
}

/// Higher priority first, then the one that waits longer (`queuesort/priority_sort.go Less`), then the one that came
/// first.
type Rank = (Reverse<i32>, SimTime, u64);

/// Where a pod is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Active(Rank),
    /// Until when it backs off.
    BackOff(SimTime, Rank),
    /// The same, after an error.
    ErrorBackOff(SimTime, Rank),
    Unschedulable,
    /// Taken out for a scheduling cycle.
    InFlight,
}

/// A pod that waits for a node.
#[derive(Clone, Debug)]
pub(crate) struct QueuedPod {
    /// The pod as last seen.
    pub(crate) info: Arc<PodInfo>,
    /// Who refused it at its last try.
    pub(crate) rejectors: PluginSet,
    /// Who does not even let it into the queue (`PreEnqueue`).
    pub(crate) gate: Option<Plugin>,
    /// When it came, or failed last.
    pub(crate) since: SimTime,
    failures: u32,
    errors: u32,
    number: u64,
    place: Place,
}

/// Whether a change is worth another try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hint {
    Skip,
    Queue,
}

/// The queues.
#[derive(Clone, Debug, Default)]
pub(crate) struct SchedulingQueue {
    pods: BTreeMap<PodUid, QueuedPod>,
    active: BTreeSet<(Rank, PodUid)>,
    back_off: BTreeSet<(SimTime, Rank, PodUid)>,
    error_back_off: BTreeSet<(SimTime, Rank, PodUid)>,
    unschedulable: BTreeSet<PodUid>,
    entered: u64,
    /// How far the scenario's beginning lies behind a whole second of the calendar.
    phase: SimTime,
}

impl SchedulingQueue {
    /// `epoch_micros` is the calendar instant of time zero.
    pub(crate) fn new(epoch_micros: i64) -> Self {
        let phase = SimTime(epoch_micros.rem_euclid(WINDOW.0 as i64) as u64);
        SchedulingQueue { phase, ..SchedulingQueue::default() }
    }

    /// The last whole second of the calendar, counted from one before the scenario began.
    fn align(&self, at: SimTime) -> SimTime {
        SimTime((at.0 + self.phase.0) / WINDOW.0 * WINDOW.0)
    }

    /// When the next pod leaves its back-off by itself (`flushBackoffQCompleted` runs at each whole second).
    pub(crate) fn next_flush(&self) -> Option<SimTime> {
        let first = |queue: &BTreeSet<(SimTime, Rank, PodUid)>| queue.first().map(|(until, ..)| *until);
        let until = first(&self.back_off).into_iter().chain(first(&self.error_back_off)).min()?;
        Some(SimTime((until.0 + WINDOW.0).saturating_sub(self.phase.0)))
    }

    /// When the pod that has been unschedulable for longest has been so for too long.
    pub(crate) fn next_leftover(&self) -> Option<SimTime> {
        let since = self.unschedulable.iter().filter_map(|uid| self.pods.get(uid)).map(|p| p.since);
        since.min().map(|since| since + MAX_IN_UNSCHEDULABLE)
    }

    /// Whether [`Self::pop`] has a pod to give.
    pub(crate) fn is_ready(&self) -> bool {
        !self.active.is_empty() || !self.back_off.is_empty()
    }

    pub(crate) fn get(&self, uid: &PodUid) -> Option<&QueuedPod> {
        self.pods.get(uid)
    }

    /// The pods that rest until something helps, in order of their UIDs.
    pub(crate) fn unschedulable(&self) -> impl Iterator<Item = &QueuedPod> {
        self.unschedulable.iter().filter_map(|uid| self.pods.get(uid))
    }

    /// A new pod. With a gate it rests until the gate is gone.
    pub(crate) fn add(&mut self, info: Arc<PodInfo>, gate: Option<Plugin>, now: SimTime) {
        let uid = info.uid().clone();
        self.remove(&uid);
        self.entered += 1;
        let pod = QueuedPod {
            info,
            rejectors: gate.into_iter().collect(),
            gate,
            since: now,
            failures: 0,
            errors: 0,
            number: self.entered,
            place: Place::Unschedulable,
        };
        self.pods.insert(uid.clone(), pod);
        self.place(&uid, if gate.is_some() { Place::Unschedulable } else { self.active_place(&uid) });
    }

    /// Takes over a newer revision of a waiting pod, wherever it is.
    pub(crate) fn update(&mut self, info: Arc<PodInfo>) {
        let uid = info.uid().clone();
        let Some(pod) = self.pods.get_mut(&uid) else { return };
        pod.info = info;
        let place = pod.place;
        let rank = self.rank(&uid);
        let place = match place {
            Place::Active(_) => Place::Active(rank),
            Place::BackOff(until, _) => Place::BackOff(until, rank),
            Place::ErrorBackOff(until, _) => Place::ErrorBackOff(until, rank),
            other => other,
        };
        self.place(&uid, place);
    }

    /// The pod is gone, or has a node.
    pub(crate) fn remove(&mut self, uid: &PodUid) -> Option<QueuedPod> {
        self.leave(uid);
        self.pods.remove(uid)
    }

    /// Takes the next pod for a scheduling cycle.
    pub(crate) fn pop(&mut self) -> Option<QueuedPod> {
        let uid = match self.active.first() {
            Some((_, uid)) => uid.clone(),
            None => self.back_off.first()?.2.clone(),
        };
        self.place(&uid, Place::InFlight);
        self.pods.get(&uid).cloned()
    }

    /// The pod was tried and found no node: `rejectors` refused it, or nobody did and it was an error
    /// (`AddUnschedulableIfNotPresent`).
    pub(crate) fn failed(&mut self, uid: &PodUid, rejectors: PluginSet, now: SimTime) {
        let Some(pod) = self.pods.get_mut(uid) else { return };
        pod.rejectors = rejectors;
        pod.since = now;
        if rejectors.is_empty() {
            pod.errors += 1;
            self.back_off(uid);
        } else {
            pod.failures += 1;
            pod.errors = 0;
            self.place(uid, Place::Unschedulable);
        }
    }

    /// Something helps: the pod becomes active, after its back-off (`requeuePodWithQueueingStrategy`). With a gate it
    /// stays where it is.
    pub(crate) fn requeue(&mut self, uid: &PodUid, gate: Option<Plugin>, now: SimTime) {
        let Some(pod) = self.pods.get_mut(uid) else { return };
        pod.gate = gate;
        if let Some(plugin) = gate {
            pod.rejectors.insert(plugin);
            return;
        }
        let until = self.until(uid);
        if until.is_some_and(|until| until >= self.align(now)) {
            self.back_off(uid);
        } else {
            self.place(uid, self.active_place(uid));
        }
    }

    /// Makes the pods active whose back-off is over.
    pub(crate) fn flush_back_off(&mut self, now: SimTime) {
        let window = self.align(now);
        let over = |queue: &BTreeSet<(SimTime, Rank, PodUid)>| -> Vec<PodUid> {
            queue.iter().take_while(|(until, ..)| *until < window).map(|(.., uid)| uid.clone()).collect()
        };
        for uid in over(&self.back_off).into_iter().chain(over(&self.error_back_off)) {
            self.place(&uid, self.active_place(&uid));
        }
    }

    fn back_off(&mut self, uid: &PodUid) {
        let until = self.until(uid).unwrap_or(SimTime::ZERO);
        let rank = self.rank(uid);
        let error = self.pods.get(uid).is_some_and(|p| p.rejectors.is_empty());
        let place = if error { Place::ErrorBackOff(until, rank) } else { Place::BackOff(until, rank) };
        self.place(uid, place);
    }

    /// Until when the pod backs off, aligned; none if it never failed (`getBackoffTime`).
    fn until(&self, uid: &PodUid) -> Option<SimTime> {
        let pod = self.pods.get(uid)?;
        let failures = if pod.errors > 0 { pod.errors } else { pod.failures };
        (failures > 0).then(|| self.align(pod.since + back_off(failures)))
    }

    fn rank(&self, uid: &PodUid) -> Rank {
        self.pods
            .get(uid)
            .map_or((Reverse(0), SimTime::ZERO, 0), |p| (Reverse(p.info.priority()), p.since, p.number))
    }

    fn active_place(&self, uid: &PodUid) -> Place {
        Place::Active(self.rank(uid))
    }

    /// Moves the pod from where it is.
    fn place(&mut self, uid: &PodUid, place: Place) {
        self.leave(uid);
        let Some(pod) = self.pods.get_mut(uid) else { return };
        pod.place = place;
        let uid = uid.clone();
        match place {
            Place::Active(rank) => {
                self.active.insert((rank, uid));
            }
            Place::BackOff(until, rank) => {
                self.back_off.insert((until, rank, uid));
            }
            Place::ErrorBackOff(until, rank) => {
                self.error_back_off.insert((until, rank, uid));
            }
            Place::Unschedulable => {
                self.unschedulable.insert(uid);
            }
            Place::InFlight => {}
        }
    }

    fn leave(&mut self, uid: &PodUid) {
        let Some(place) = self.pods.get(uid).map(|p| p.place) else { return };
        match place {
            Place::Active(rank) => {
                self.active.remove(&(rank, uid.clone()));
            }
            Place::BackOff(until, rank) => {
                self.back_off.remove(&(until, rank, uid.clone()));
            }
            Place::ErrorBackOff(until, rank) => {
                self.error_back_off.remove(&(until, rank, uid.clone()));
            }
            Place::Unschedulable => {
                self.unschedulable.remove(uid);
            }
            Place::InFlight => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheduler::testing::pod;
    use alloc::string::String;
    use alloc::vec;

    const SECOND: SimTime = SimTime::from_secs(1);

    fn names(queue: &mut SchedulingQueue) -> Vec<String> {
        core::iter::from_fn(|| queue.pop()).map(|p| p.info.metadata.name.clone()).collect()
    }

    #[test]
    fn back_off_doubles_to_ten_seconds() {
        let seconds: Vec<u64> = (0..7).map(|failures| back_off(failures).as_secs()).collect();
        assert_eq!(seconds, [0, 1, 2, 4, 8, 10, 10]);
    }

    #[test]
    fn important_pods_go_first_then_those_that_wait_longer() {
        let mut queue = SchedulingQueue::new(0);
        queue.add(pod("early").build(), None, SimTime(1));
        queue.add(pod("important").priority(1000).build(), None, SimTime(3));
        queue.add(pod("late").build(), None, SimTime(2));
        assert_eq!(names(&mut queue), ["important", "early", "late"]);
    }

    #[test]
    fn an_idle_scheduler_does_not_wait_for_the_back_off() {
        let mut queue = SchedulingQueue::new(0);
        queue.add(pod("w").build(), None, SECOND);
        let uid = queue.pop().unwrap().info.uid().clone();
        queue.failed(&uid, [Plugin::NodeResourcesFit].into_iter().collect(), SECOND);
        assert!(!queue.is_ready(), "nothing helps yet");
        queue.requeue(&uid, None, SECOND);
        assert!(queue.is_ready());
        assert_eq!(names(&mut queue), ["w"]);
    }

    #[test]
    fn after_an_error_the_back_off_is_kept_to_the_whole_second_after_it() {
        // No nodes: nobody refused the pod. Whole seconds of the calendar are 0.92, 1.92, … of the scenario.
        let mut queue = SchedulingQueue::new(80_000);
        let at = SimTime::from_millis;
        queue.add(pod("w").build(), None, at(20));
        let uid = queue.pop().unwrap().info.uid().clone();
        queue.failed(&uid, PluginSet::default(), at(20));
        assert!(!queue.is_ready());
        assert_eq!(queue.next_flush(), Some(at(1920)));
        queue.flush_back_off(at(1920));
        assert!(queue.pop().is_some());
        queue.failed(&uid, PluginSet::default(), at(1921));
        assert_eq!(queue.next_flush(), Some(at(4920)), "two seconds, and the second in which they end");
    }

    #[test]
    fn a_gated_pod_rests() {
        let mut queue = SchedulingQueue::new(0);
        queue.add(pod("gated").build(), Some(Plugin::SchedulingGates), SECOND);
        assert!(!queue.is_ready());
        let uid = queue.unschedulable().next().unwrap().info.uid().clone();
        queue.requeue(&uid, None, SECOND);
        assert_eq!(names(&mut queue), vec!["gated"]);
    }
}
