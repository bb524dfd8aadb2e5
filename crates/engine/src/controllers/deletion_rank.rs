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

/// Sorts by who is to be deleted first (`ActivePodsWithRanks.Less`). Times count by the power of two that their age in
/// nanoseconds falls into, so that of pods of about one age any may go; `now_micros` is the time since 1970.
pub fn deletion_order<'a>(pods: &[RankedPod<'a>], now_micros: i64) -> Vec<RankedPod<'a>> {
    // Rule 6 passes pods of one bucket to their uid and pods of one instant to the next rule, which is no total order:
    // the library's sort may panic on one, merging cannot.
    if pods.len() < 2 {
        return pods.to_vec();
    }
    let (left, right) = pods.split_at(pods.len() / 2);
    let (left, right) = (deletion_order(left, now_micros), deletion_order(right, now_micros));
    let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
    let mut out = Vec::with_capacity(pods.len());
    while let (Some(l), Some(r)) = (left.peek(), right.peek()) {
        let next = if compare(r, l, now_micros).is_lt() { &mut right } else { &mut left };
        out.extend(next.next());
    }
    out.extend(left);
    out.extend(right);
    out
}

/// `Less` when `a` goes first.
fn compare(a: &RankedPod<'_>, b: &RankedPod<'_>, now_micros: i64) -> Ordering {
    let colocated = b.colocated.cmp(&a.colocated);
    let (a, b) = (a.pod, b.pod);
    let (ready_a, ready_b) = (ready_since(a), ready_since(b));
    let assigned = |pod: &Pod| !pod.spec.node_name.is_empty();
    assigned(a)
        .cmp(&assigned(b))
        .then_with(|| phase(a).cmp(&phase(b)))
        .then_with(|| ready_a.is_some().cmp(&ready_b.is_some()))
        .then_with(|| deletion_cost(a).cmp(&deletion_cost(b)))
        .then(colocated)
        .then_with(|| match (ready_a, ready_b) {
            (Some(since_a), Some(since_b)) => younger_first(a, b, since_a, since_b, now_micros),
            _ => Ordering::Equal,
        })
        .then_with(|| restarts(b).cmp(&restarts(a)))
        .then_with(|| {
            let created = |pod: &Pod| pod.metadata.creation_timestamp.unwrap_or_default();
            younger_first(a, b, created(a), created(b), now_micros)
        })
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
fn younger_first(a: &Pod, b: &Pod, time_a: Time, time_b: Time, now_micros: i64) -> Ordering {
    if time_a == time_b {
        return Ordering::Equal;
    }
    if time_a == Time::default() || time_b == Time::default() {
        return (time_a != Time::default()).cmp(&(time_b != Time::default()));
    }
    let bucket =
        |time: Time| (now_micros * 1000).saturating_sub(time.0.saturating_mul(1_000_000_000)).checked_ilog2();
    bucket(time_a).cmp(&bucket(time_b)).then_with(|| a.metadata.uid.cmp(&b.metadata.uid))
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
