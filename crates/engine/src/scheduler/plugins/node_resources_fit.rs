//! `NodeResourcesFit`: what the pods of a node ask for may not exceed what it has (`noderesources/fit.go`).

use super::each;
use crate::scheduler::cache::Cache;
use crate::scheduler::cluster_event::{Change, ClusterEvent};
use crate::scheduler::framework::{Action, MAX_NODE_SCORE, Plugin, Reason, Rejection};
use crate::scheduler::node_info::{NodeInfo, SharedNode};
use crate::scheduler::pod_info::PodInfo;
use crate::scheduler::resource::Resources;
use alloc::borrow::Cow;
use alloc::format;
use alloc::vec::Vec;
use lifepod_api::Quantity;
use lifepod_api::resources::pod_requests;

/// All resources that are short. Preemption is of no use when a node has less than the pod asks for even when it is
/// empty.
pub(super) fn filter(pod: &PodInfo, node: &NodeInfo) -> Option<Rejection> {
    let mut reasons: Vec<Reason> = Vec::new();
    let mut resolvable = true;
    if node.pods.len() as i64 + 1 > node.allowed_pods {
        reasons.push(Cow::Borrowed("Too many pods"));
    }
    let (wanted, has, used) = (&pod.requests, &node.allocatable, &node.requested);
    let mut check = |wanted: i64, has: i64, used: i64, reason: &dyn Fn() -> Reason| {
        if wanted > 0 && wanted > has - used {
            reasons.push(reason());
            resolvable &= wanted <= has;
        }
    };
    check(wanted.milli_cpu, has.milli_cpu, used.milli_cpu, &|| Cow::Borrowed("Insufficient cpu"));
    check(wanted.memory, has.memory, used.memory, &|| Cow::Borrowed("Insufficient memory"));
    check(wanted.ephemeral_storage, has.ephemeral_storage, used.ephemeral_storage, &|| {
        Cow::Borrowed("Insufficient ephemeral-storage")
    });
    for (name, amount) in &wanted.scalar {
        check(*amount, has.scalar(name), used.scalar(name), &|| Cow::Owned(format!("Insufficient {name}")));
    }
    (!reasons.is_empty()).then_some(Rejection { plugin: Plugin::NodeResourcesFit, resolvable, reasons })
}

/// The larger the share of CPU and memory that stays free, the better (`least_allocated.go`).
pub(super) fn score(pod: &PodInfo, nodes: &[usize], cache: &Cache) -> Vec<i64> {
    each(nodes, cache, |node| {
        let (has, used, wanted) = (&node.allocatable, &node.non_zero, &pod.non_zero);
        let shares = [
            free_share(used.milli_cpu + wanted.milli_cpu, has.milli_cpu),
            free_share(used.memory + wanted.memory, has.memory),
        ];
        let known = shares.iter().flatten();
        let (sum, count) = known.fold((0, 0), |(sum, count), share| (sum + share, count + 1));
        if count == 0 { 0 } else { sum / count }
    })
}

/// The free share of what a node has, in percent; none if it has nothing.
fn free_share(requested: i64, capacity: i64) -> Option<i64> {
    match capacity {
        0 => None,
        _ if requested > capacity => Some(0),
        _ => Some((capacity - requested).saturating_mul(MAX_NODE_SCORE) / capacity),
    }
}

/// A pod gone from a node, or one that asks for less; a node that is new or has more, and on which the pod would fit
/// if it were empty.
pub(super) fn helps(pod: &PodInfo, event: &ClusterEvent) -> bool {
    match (&event.change, event.action) {
        (Change::Pod(Some(_), None), Action::Delete) => true,
        (Change::Pod(Some(old), Some(new)), Action::UpdatePodScaleDown) => {
            new.uid() == pod.uid() || (!new.spec.node_name.is_empty() && frees(pod, old, new))
        }
        (Change::Node(old, Some(new)), Action::Add | Action::UpdateNodeAllocatable) => {
            filter(pod, &NodeInfo::new(new.clone())).is_none()
                && old.as_ref().is_none_or(|old| has_more(pod, old, new))
        }
        _ => false,
    }
}

/// Whether `new` asks for less than `old` of something that `pod` wants.
fn frees(pod: &PodInfo, old: &PodInfo, new: &PodInfo) -> bool {
    let (before, after) = (pod_requests(&old.spec), pod_requests(&new.spec));
    pod_requests(&pod.spec).iter().filter(|(_, wanted)| !wanted.is_zero()).any(|(name, _)| {
        before.get(name).map_or(0, Quantity::milli_value) > after.get(name).map_or(0, Quantity::milli_value)
    })
}

fn has_more(pod: &PodInfo, old: &SharedNode, new: &SharedNode) -> bool {
    let amount =
        |node: &SharedNode, name: &str| node.status.allocatable.get(name).map_or(0, Quantity::milli_value);
    let wants = |r: &Resources, name: &str| match name {
        "cpu" => r.milli_cpu > 0,
        "memory" => r.memory > 0,
        "ephemeral-storage" => r.ephemeral_storage > 0,
        _ => name == "pods" || r.scalar(name) > 0,
    };
    let names = new.status.allocatable.keys();
    names.into_iter().any(|name| wants(&pod.requests, name) && amount(new, name) > amount(old, name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheduler::testing::{cache, node, pod};
    use alloc::string::String;

    #[test]
    fn every_resource_that_is_short_is_named() {
        let small =
            node("n1").allocatable("cpu", "500m").allocatable("memory", "1Gi").allocatable("pods", "0");
        let refused = filter(&pod("w").cpu("1").memory("2Gi").build(), &small.build()).unwrap();
        assert_eq!(refused.reasons, ["Too many pods", "Insufficient cpu", "Insufficient memory"]);
        assert!(!refused.resolvable, "it would not fit on the empty node either");
    }

    #[test]
    fn a_full_node_can_be_emptied() {
        let mut n1 = node("n1").allocatable("cpu", "2").build();
        n1.add_pod(pod("a").cpu("1500m").build());
        let refused = filter(&pod("w").cpu("1").build(), &n1).unwrap();
        assert_eq!((refused.message(), refused.resolvable), (String::from("Insufficient cpu"), true));
        assert_eq!(filter(&pod("w").cpu("500m").build(), &n1), None, "what is left fits exactly");
    }

    #[test]
    fn extended_resources_are_whole_numbers_of_their_own() {
        let n1 = node("n1").allocatable("example.com/gpu", "1").build();
        assert_eq!(filter(&pod("w").request("example.com/gpu", "1").build(), &n1), None);
        let refused = filter(&pod("w").request("example.com/none", "1").build(), &n1).unwrap();
        assert_eq!(refused.message(), "Insufficient example.com/none");
        assert!(!refused.resolvable);
    }

    #[test]
    fn the_emptier_node_scores_higher() {
        let mut cache = cache([
            node("n1").allocatable("cpu", "2").allocatable("memory", "4Gi"),
            node("n2").allocatable("cpu", "2").allocatable("memory", "4Gi"),
        ]);
        cache.set_pod(pod("a").cpu("1").memory("1Gi").build(), "n1", false);
        let scores = score(&pod("w").cpu("500m").memory("1Gi").build(), cache.order(), &cache);
        // n1: cpu 25 % and memory 50 % free; n2: 75 % and 75 %.
        assert_eq!(scores, [37, 75]);
    }

    #[test]
    fn a_node_too_small_is_not_worth_another_try() {
        let added = |cpu: &str| {
            ClusterEvent::node(Action::Add, None, Some(node("n2").allocatable("cpu", cpu).build().node))
        };
        let waiting = pod("w").cpu("4").build();
        assert!(!helps(&waiting, &added("2")));
        assert!(helps(&waiting, &added("4")));
    }
}
