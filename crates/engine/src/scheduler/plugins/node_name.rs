//! `NodeName`: a pod that names its node fits no other (`nodename/node_name.go`).

use crate::scheduler::cluster_event::{Change, ClusterEvent};
use crate::scheduler::framework::{Action, Plugin, Rejection};
use crate::scheduler::node_info::NodeInfo;
use crate::scheduler::pod_info::PodInfo;

pub(super) fn filter(pod: &PodInfo, node: &NodeInfo) -> Option<Rejection> {
    (!pod.spec.node_name.is_empty() && pod.spec.node_name != node.name())
        .then(|| Rejection::for_good(Plugin::NodeName, "node(s) didn't match the requested node name"))
}

pub(super) fn helps(event: &ClusterEvent) -> bool {
    event.action == Action::Add && matches!(event.change, Change::Node(..))
}
