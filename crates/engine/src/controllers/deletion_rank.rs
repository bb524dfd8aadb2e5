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

/// What of a pod itself decides when it goes.
#[derive(Clone, Debug)]
pub(super) struct Rank {
    assigned: bool,
    phase: u8,
    /// Since when it is ready.
    pub(super) ready_since: Option<Time>,
    cost: i32,
    restarts: (i32, i32),
    created: Time,
}

/// A pod that may go.
pub(super) struct Candidate<'a> {
    pub(super) rank: &'a Rank,
    /// The bytes of its uid.
    pub(super) uid: &'a [u8],
    /// See [`RankedPod::colocated`].
    pub(super) colocated: usize,
}

/// Sorts by who is to be deleted first (`ActivePodsWithRanks.Less`). Times count by the power of two that their age in
/// nanoseconds falls into, so that of pods of about one age any may go; `now_micros` is the time since 1970.
pub fn deletion_order<'a>(pods: &[RankedPod<'a>], now_micros: i64) -> Vec<RankedPod<'a>> {
    let ranks: Vec<Rank> = pods.iter().map(|ranked| Rank::of(ranked.pod)).collect();
    let candidates = ranks.iter().zip(pods).map(|(rank, RankedPod { pod, colocated })| Candidate {
        rank,
        uid: pod.metadata.uid.as_bytes(),
        colocated: *colocated,
    });
    let candidates: Vec<Candidate<'_>> = candidates.collect();
    places_in_order(&candidates, pods.len(), now_micros).into_iter().map(|place| pods[place]).collect()
}

/// The places of the `count` candidates that are to be deleted first, in that order; see [`deletion_order`].
pub(super) fn places_in_order(candidates: &[Candidate<'_>], count: usize, now_micros: i64) -> Vec<usize> {
    let order: Vec<usize> = (0..candidates.len()).collect();
    merged(candidates, &order, count, now_micros)
}

/// Rule 6 passes pods of one bucket to their uid and pods of one instant to the next rule, which is no total order: the
/// library's sort may panic on one, merging cannot. The first `count` of a whole come of the first `count` of its halves,
/// so that choosing a few of thousands does not put all of them in order.
fn merged(candidates: &[Candidate<'_>], order: &[usize], count: usize, now_micros: i64) -> Vec<usize> {
    if order.len() < 2 {
        return order.to_vec();
    }
    let (left, right) = order.split_at(order.len() / 2);
    let [left, right] = [left, right].map(|half| merged(candidates, half, count, now_micros));
    let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
    let count = count.min(order.len());
    let mut out = Vec::with_capacity(count);
    while out.len() < count
        && let (Some(l), Some(r)) = (left.peek(), right.peek())
    {
        let right_first = candidates[*r].compare(&candidates[*l], now_micros).is_lt();
        let next = if right_first { &mut right } else { &mut left };
        out.extend(next.next());
    }
    let rest = count - out.len();
    out.extend(left.chain(right).take(rest));
    out
}

impl Rank {
    /// Looks it up.
    pub(super) fn of(pod: &Pod) -> Self {
        Rank {
            assigned: !pod.spec.node_name.is_empty(),
            phase: phase(pod),
            ready_since: ready_since(pod),
            cost: deletion_cost(pod),
            restarts: restarts(pod),
            created: pod.metadata.creation_timestamp.unwrap_or_default(),
        }
    }
}

impl Candidate<'_> {
    /// `Less` when this one goes first.
    fn compare(&self, other: &Self, now_micros: i64) -> Ordering {
        let younger_first = |a: Time, b: Time| younger_first((a, self.uid), (b, other.uid), now_micros);
        let (own, others) = (self.rank, other.rank);
        own.assigned
            .cmp(&others.assigned)
            .then(own.phase.cmp(&others.phase))
            .then(own.ready_since.is_some().cmp(&others.ready_since.is_some()))
            .then(own.cost.cmp(&others.cost))
            .then(other.colocated.cmp(&self.colocated))
            .then_with(|| match (own.ready_since, others.ready_since) {
                (Some(since), Some(other)) => younger_first(since, other),
                _ => Ordering::Equal,
            })
            .then_with(|| others.restarts.cmp(&own.restarts))
            .then_with(|| younger_first(own.created, others.created))
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
fn younger_first(
    (time_a, uid_a): (Time, &[u8]),
    (time_b, uid_b): (Time, &[u8]),
    now_micros: i64,
) -> Ordering {
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
