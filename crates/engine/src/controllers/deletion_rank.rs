//! Which replicas go first when there are too many (`pkg/controller/controller_utils.go ActivePodsWithRanks`).

use super::pods::ready_since;
use alloc::vec::Vec;
use core::cmp::Ordering;
use lifepod_api::{Pod, Time};

/// A pod, and how many replicas of its kind are on its node.
#[derive(Clone, Copy, Debug)]
pub struct RankedPod<'a> {
    /// The pod.
    pub pod: &'a Pod,
    /// How many active pods of the same owner's ReplicaSets are on the pod's node, itself included.
    pub colocated: usize,
}

/// What decides when a pod goes, looked up once for all comparisons.
struct Rank<'a> {
    assigned: bool,
    phase: u8,
    ready_since: Option<Time>,
    cost: i32,
    colocated: usize,
    restarts: (i32, i32),
    created: Time,
    uid: &'a str,
}

/// Sorts by who is to be deleted first (`ActivePodsWithRanks.Less`). Times count by the power of two that their age in
/// nanoseconds falls into, so that of pods of about one age any may go; `now_micros` is the time since 1970.
pub fn deletion_order<'a>(pods: &[RankedPod<'a>], now_micros: i64) -> Vec<RankedPod<'a>> {
    let ranks: Vec<Rank<'_>> = pods.iter().map(Rank::of).collect();
    let order: Vec<usize> = (0..pods.len()).collect();
    merged(&ranks, &order, now_micros).into_iter().map(|place| pods[place]).collect()
}

/// Rule 6 passes pods of one bucket to their uid and pods of one instant to the next rule, which is no total order: the
/// library's sort may panic on one, merging cannot.
fn merged(ranks: &[Rank<'_>], order: &[usize], now_micros: i64) -> Vec<usize> {
    if order.len() < 2 {
        return order.to_vec();
    }
    let (left, right) = order.split_at(order.len() / 2);
    let (left, right) = (merged(ranks, left, now_micros), merged(ranks, right, now_micros));
    let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
    let mut out = Vec::with_capacity(order.len());
    while let (Some(l), Some(r)) = (left.peek(), right.peek()) {
        let next = if ranks[*r].compare(&ranks[*l], now_micros).is_lt() { &mut right } else { &mut left };
        out.extend(next.next());
    }
    out.extend(left);
    out.extend(right);
    out
}

impl<'a> Rank<'a> {
    fn of(RankedPod { pod, colocated }: &RankedPod<'a>) -> Self {
        Rank {
            assigned: !pod.spec.node_name.is_empty(),
            phase: phase(pod),
            ready_since: ready_since(pod),
            cost: deletion_cost(pod),
            colocated: *colocated,
            restarts: restarts(pod),
            created: pod.metadata.creation_timestamp.unwrap_or_default(),
            uid: &pod.metadata.uid,
        }
    }

    /// `Less` when this one goes first.
    fn compare(&self, other: &Self, now_micros: i64) -> Ordering {
        let younger_first = |a: Time, b: Time| younger_first((a, self.uid), (b, other.uid), now_micros);
        self.assigned
            .cmp(&other.assigned)
            .then(self.phase.cmp(&other.phase))
            .then(self.ready_since.is_some().cmp(&other.ready_since.is_some()))
            .then(self.cost.cmp(&other.cost))
            .then(other.colocated.cmp(&self.colocated))
            .then_with(|| match (self.ready_since, other.ready_since) {
                (Some(since), Some(other)) => younger_first(since, other),
                _ => Ordering::Equal,
            })
            .then_with(|| other.restarts.cmp(&self.restarts))
            .then_with(|| younger_first(self.created, other.created))
    }
}

/// `podPhaseToOrdinal`.
fn phase(pod: &Pod) -> u8 {
    match pod.status.phase.as_str() {
        "Unknown" => 1,
        "Running" => 2,
        _ => 0,
    }
}

/// The pod with the more recent time first, as far as logarithms tell them apart, then the smaller uid; no time at all
/// counts as the most recent (`logarithmicRankDiff`).
fn younger_first((time_a, uid_a): (Time, &str), (time_b, uid_b): (Time, &str), now_micros: i64) -> Ordering {
    if time_a == time_b {
        return Ordering::Equal;
    }
    if time_a == Time::default() || time_b == Time::default() {
        return (time_a != Time::default()).cmp(&(time_b != Time::default()));
    }
    let bucket =
        |time: Time| (now_micros * 1000).saturating_sub(time.0.saturating_mul(1_000_000_000)).checked_ilog2();
    bucket(time_a).cmp(&bucket(time_b)).then_with(|| uid_a.cmp(uid_b))
}

/// The annotation `controller.kubernetes.io/pod-deletion-cost`; what is not a plain number counts as none
/// (`pkg/apis/core/v1/helper/helpers.go GetDeletionCostFromPodAnnotations`).
fn deletion_cost(pod: &Pod) -> i32 {
    let Some(text) = pod.metadata.annotations.get("controller.kubernetes.io/pod-deletion-cost") else {
        return 0;
    };
    let plain = text == "0" || text.starts_with(|c: char| matches!(c, '-' | '1'..='9'));
    if plain { text.parse().unwrap_or(0) } else { 0 }
}

/// The most restarts of an ordinary container, then of a sidecar (`maxContainerRestarts`).
fn restarts(pod: &Pod) -> (i32, i32) {
    let ordinary = pod.status.container_statuses.iter().map(|status| status.restart_count);
    let is_sidecar = |name: &str| {
        let mut init = pod.spec.init_containers.iter();
        init.any(|c| c.name == name && c.restart_policy.as_deref() == Some("Always"))
    };
    let init = pod.status.init_container_statuses.iter();
    let sidecars = init.filter(|status| is_sidecar(&status.name)).map(|status| status.restart_count);
    (ordinary.max().unwrap_or(0), sidecars.max().unwrap_or(0))
}
