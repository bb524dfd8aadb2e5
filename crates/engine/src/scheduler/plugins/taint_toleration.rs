//! `TaintToleration`: a node's taints keep pods off that do not tolerate them
//! (`tainttoleration/taint_toleration.go`).

use super::each;
use crate::scheduler::cache::Cache;
use crate::scheduler::cluster_event::{Change, ClusterEvent};
use crate::scheduler::framework::{Action, Plugin, Rejection, normalize};
use crate::scheduler::node_info::NodeInfo;
use crate::scheduler::pod_info::PodInfo;
use alloc::vec::Vec;
use lifepod_api::placement::{DO_NOT_SCHEDULE, untolerated_taint};
use lifepod_api::{Node, Pod, Toleration};

pub(super) fn keeps_off(pod: &Pod, node: &Node) -> bool {
    untolerated_taint(&node.spec.taints, &pod.spec.tolerations, &DO_NOT_SCHEDULE).is_some()
}

pub(super) fn filter(pod: &PodInfo, node: &NodeInfo) -> Option<Rejection> {
    (node.tainted && keeps_off(pod, &node.node))
        .then(|| Rejection::for_good(Plugin::TaintToleration, "node(s) had untolerated taint(s)"))
}

/// The fewer `PreferNoSchedule` taints the pod does not tolerate, the better.
pub(super) fn score(pod: &PodInfo, nodes: &[usize], cache: &Cache) -> Vec<i64> {
    const PREFER: &str = "PreferNoSchedule";
    let about = |t: &&Toleration| t.effect.is_empty() || t.effect == PREFER;
    let tolerations: Vec<&Toleration> = pod.spec.tolerations.iter().filter(about).collect();
    let mut scores = each(nodes, cache, |node| {
        if !node.tainted {
            return 0;
        }
        let preferences = node.node.spec.taints.iter().filter(|taint| taint.effect == PREFER);
        preferences.filter(|taint| !tolerations.iter().any(|t| t.tolerates(taint))).count() as i64
    });
    normalize(&mut scores, true);
    scores
}

/// A node whose taints the pod tolerates now, and did not before; a new toleration.
pub(super) fn helps(pod: &PodInfo, event: &ClusterEvent) -> bool {
    match (&event.change, event.action) {
        (Change::Node(old, Some(new)), Action::Add | Action::UpdateNodeTaint) => {
            !keeps_off(pod, new) && old.as_ref().is_none_or(|old| keeps_off(pod, old))
        }
        (Change::Pod(_, Some(new)), Action::UpdatePodToleration) => new.uid() == pod.uid(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheduler::testing::{cache, node, pod};

    #[test]
    fn the_message_does_not_name_the_taint() {
        let tainted = node("n1").taint("k1", "v1", "NoSchedule").build();
        let refused = filter(&pod("w").build(), &tainted).unwrap();
        assert_eq!(refused.message(), "node(s) had untolerated taint(s)");
        assert!(!refused.resolvable);
        let tolerating = pod("w").tolerates("k1", "Equal", "v1", "NoSchedule").build();
        assert_eq!(filter(&tolerating, &tainted), None);
    }

    #[test]
    fn a_node_with_an_untolerated_preference_scores_lower() {
        let cache = cache([node("n1").taint("k", "", "PreferNoSchedule"), node("n2")]);
        assert_eq!(score(&pod("w").build(), cache.order(), &cache), [0, 100]);
        let tolerating = pod("w").tolerates("k", "Exists", "", "").build();
        assert_eq!(score(&tolerating, cache.order(), &cache), [100, 100]);
    }

    #[test]
    fn a_taint_that_goes_is_worth_another_try() {
        let (tainted, free) = (node("n1").taint("k", "", "NoExecute").build(), node("n1").build());
        let change = |from: &NodeInfo, to: &NodeInfo| {
            let (from, to) = (from.node.clone(), to.node.clone());
            ClusterEvent::node(Action::UpdateNodeTaint, Some(from), Some(to))
        };
        let waiting = pod("w").build();
        assert!(helps(&waiting, &change(&tainted, &free)));
        assert!(!helps(&waiting, &change(&free, &tainted)));
        assert!(!helps(&waiting, &change(&free, &free)), "it was free before");
    }
}
