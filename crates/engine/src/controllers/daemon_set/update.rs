//! Replacing a DaemonSet's pods by pods of its present template (`pkg/controller/daemon/update.go rollingUpdate`).

use super::{ShouldRun, Sync, is_deleted, oldest_first};
use crate::controllers::pods::is_pod_ready;
use crate::kernel::Kernel;
use alloc::string::String;
use alloc::vec::Vec;
use lifepod_api::{DaemonSet, IntOrString, Pod};

/// A share of `total`, rounded up; 0 unless the set rolls its updates (`SurgeCount`, `UnavailableCount`).
fn scaled(set: &DaemonSet, amount: Option<&IntOrString>, total: usize) -> usize {
    let rolls = set.spec.update_strategy.type_ == "RollingUpdate";
    let scaled = amount.filter(|_| rolls).and_then(|amount| amount.scaled(total as i32, true));
    scaled.and_then(|scaled| usize::try_from(scaled).ok()).unwrap_or(0)
}

fn max_surge(set: &DaemonSet, nodes: usize) -> usize {
    let rolling = set.spec.update_strategy.rolling_update.as_ref();
    scaled(set, rolling.and_then(|rolling| rolling.max_surge.as_ref()), nodes)
}

fn max_unavailable(set: &DaemonSet, nodes: usize) -> usize {
    let rolling = set.spec.update_strategy.rolling_update.as_ref();
    scaled(set, rolling.and_then(|rolling| rolling.max_unavailable.as_ref()), nodes)
}

/// Whether a node may have a new pod beside its old one (`AllowsSurge`).
pub(super) fn allows_surge(set: &DaemonSet) -> bool {
    max_surge(set, 1) > 0
}

/// With surge, what is too much on one node: all but the oldest pod of the present template and the oldest of another,
/// and of those two the old one when it is not ready, or when the new one is available.
pub(super) fn superfluous<'a>(sync: &Sync<'_>, running: &[&'a Pod]) -> Vec<&'a Pod> {
    if running.len() <= 1 {
        return Vec::new();
    }
    let (mut new, mut old, mut superfluous) = (None, None, Vec::new());
    for pod in oldest_first(running) {
        let of_present = pod.metadata.labels.get(super::HASH) == Some(&sync.hash);
        let place: &mut Option<&Pod> = if of_present { &mut new } else { &mut old };
        match place {
            None => *place = Some(pod),
            Some(_) => superfluous.push(pod),
        }
    }
    if let (Some(new), Some(old)) = (new, old)
        && (!is_pod_ready(old) || sync.is_available(new))
    {
        superfluous.push(old);
    }
    superfluous
}

/// A node's pods in an update, those that are being deleted aside: at most one of the present template, and at most one
/// of another; nothing when there are more of them, which is to be put right first (`findUpdatedPodsOnNode`).
struct OnNode<'a> {
    new: Option<&'a Pod>,
    old: Option<&'a Pod>,
}

impl<'a> OnNode<'a> {
    fn of(sync: &Sync<'_>, pods: &[&'a Pod]) -> Option<Self> {
        let mut on_node = OnNode { new: None, old: None };
        for pod in pods.iter().copied().filter(|pod| !is_deleted(pod)) {
            let place = if sync.is_updated(pod) { &mut on_node.new } else { &mut on_node.old };
            if place.replace(pod).is_some() {
                return None;
            }
        }
        Some(on_node)
    }
}

/// The pods to delete and the nodes to make pods on, so that the update goes on within its limits.
pub(super) fn rolling_update<'a>(kernel: &mut Kernel, sync: &Sync<'a>) -> (Vec<&'a Pod>, Vec<String>) {
    let desired = sync.nodes.iter().filter(|(_, should)| *should == ShouldRun::Yes).count();
    let surge = max_surge(sync.set, desired);
    let mut unavailable = max_unavailable(sync.set, desired);
    if surge == 0 && unavailable == 0 && desired > 0 {
        unavailable = 1;
    }
    // The real controller goes over a map.
    let nodes = kernel.in_any_order(nodes_and_pods(sync).collect());
    match surge {
        0 => (replace_in_place(sync, &nodes, unavailable), Vec::new()),
        _ => replace_by_surge(sync, &nodes, surge, desired),
    }
}

/// A node's name and its pods.
type NodePods<'s, 'a> = (&'s str, &'s [&'a Pod]);

/// Every node that has pods or should have one, with its pods.
fn nodes_and_pods<'s, 'a>(sync: &'s Sync<'a>) -> impl Iterator<Item = NodePods<'s, 'a>> {
    let empty = sync
        .nodes
        .iter()
        .filter(|(node, should)| *should == ShouldRun::Yes && !sync.pods.contains_key(&node.metadata.name));
    let empty = empty.map(|(node, _)| (node.metadata.name.as_str(), [].as_slice()));
    sync.pods.iter().map(|(name, pods)| (name.as_str(), pods.as_slice())).chain(empty)
}

/// Old pods that are not available go at once; others as long as no more than `max_unavailable` nodes lack a pod. Their
/// successors come when they are gone.
fn replace_in_place<'a>(sync: &Sync<'a>, nodes: &[NodePods<'_, 'a>], max_unavailable: usize) -> Vec<&'a Pod> {
    let (mut unavailable, mut allowed, mut candidates) = (0, Vec::new(), Vec::new());
    for (_, pods) in nodes {
        match OnNode::of(sync, pods) {
            Some(OnNode { new: Some(new), old: None }) => {
                unavailable += usize::from(!sync.is_available(new));
            }
            Some(OnNode { new: None, old: Some(old) }) => {
                if !sync.is_available(old) {
                    allowed.push(old);
                    unavailable += 1;
                } else if unavailable < max_unavailable {
                    candidates.push(old);
                }
            }
            // Too many pods, or none: neither is of use now.
            _ => unavailable += 1,
        }
    }
    allowed.extend(candidates.into_iter().take(max_unavailable.saturating_sub(unavailable)));
    allowed
}

/// New pods come beside old ones: at once where the old one is not available, else on no more than `max_surge` nodes
/// at a time; an old pod goes when the new one is available.
fn replace_by_surge<'a>(
    sync: &Sync<'a>,
    nodes: &[NodePods<'_, 'a>],
    max_surge: usize,
    desired: usize,
) -> (Vec<&'a Pod>, Vec<String>) {
    let (mut surging, mut available) = (0, 0);
    let (mut doomed, mut misplaced) = (Vec::new(), Vec::new());
    let (mut allowed, mut candidates) = (Vec::new(), Vec::new());
    let should_run = |name: &str| sync.should_run_on(name) == Some(ShouldRun::Yes);
    for (name, pods) in nodes.iter().copied() {
        let Some(OnNode { new, old }) = OnNode::of(sync, pods) else {
            surging += 1;
            continue;
        };
        available += usize::from(old.or(new).is_some_and(|pod| sync.is_available(pod)));
        match (new, old) {
            (_, None) => {}
            (Some(new), Some(_)) if !sync.is_available(new) => surging += 1,
            (Some(_), Some(old)) => doomed.push(old),
            (None, Some(old)) => match (sync.is_available(old), should_run(name)) {
                (false, false) => doomed.push(old),
                (false, true) => allowed.push(String::from(name)),
                (true, false) => misplaced.push(old),
                (true, true) if surging < max_surge => candidates.push(String::from(name)),
                (true, true) => {}
            },
        }
    }
    // A pod on a node that is not meant any more serves until there are enough others.
    doomed.extend(misplaced.into_iter().take(available.saturating_sub(desired)));
    allowed.extend(candidates.into_iter().take(max_surge.saturating_sub(surging)));
    (doomed, allowed)
}
