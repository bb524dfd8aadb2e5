//! `NodeUnschedulable`: a cordoned node takes no new pods (`nodeunschedulable/node_unschedulable.go`).

use crate::scheduler::cluster_event::{Change, ClusterEvent};
use crate::scheduler::framework::{Action, Plugin, Rejection};
use crate::scheduler::node_info::NodeInfo;
use crate::scheduler::pod_info::PodInfo;
use alloc::string::ToString;
use lifepod_api::{Pod, Taint};

fn tolerates_cordon(pod: &Pod) -> bool {
    let taint = Taint {
        key: "node.kubernetes.io/unschedulable".to_string(),
        effect: "NoSchedule".to_string(),
        ..Taint::default()
    };
    pod.spec.tolerations.iter().any(|t| t.tolerates(&taint))
}

pub(super) fn filter(pod: &PodInfo, node: &NodeInfo) -> Option<Rejection> {
    (node.unschedulable && !tolerates_cordon(pod))
        .then(|| Rejection::for_good(Plugin::NodeUnschedulable, "node(s) were unschedulable"))
}

/// A node that is new or no longer cordoned helps, and a toleration of the cordon.
pub(super) fn helps(pod: &PodInfo, event: &ClusterEvent) -> bool {
    match (&event.change, event.action) {
        (Change::Node(old, Some(new)), Action::Add | Action::UpdateNodeTaint) => {
            !new.spec.unschedulable && old.as_ref().is_none_or(|old| old.spec.unschedulable)
        }
        (Change::Pod(_, Some(new)), Action::UpdatePodToleration) => {
            new.uid() == pod.uid() && tolerates_cordon(new)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheduler::testing::{node, pod};

    #[test]
    fn a_cordoned_node_takes_only_pods_that_tolerate_it() {
        let cordoned = node("n1").cordoned().build();
        let refused = filter(&pod("w").build(), &cordoned).unwrap();
        assert_eq!(refused.message(), "node(s) were unschedulable");
        assert!(!refused.resolvable, "preemption does not uncordon");
        let daemon =
            pod("d").tolerates("node.kubernetes.io/unschedulable", "Exists", "", "NoSchedule").build();
        assert_eq!(filter(&daemon, &cordoned), None);
    }
}
