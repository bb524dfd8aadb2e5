//! `NodePorts`: each host port of a node has one taker (`nodeports/node_ports.go`).

use crate::scheduler::cluster_event::{Change, ClusterEvent};
use crate::scheduler::framework::{Action, Plugin, Rejection};
use crate::scheduler::node_info::NodeInfo;
use crate::scheduler::pod_info::PodInfo;
use lifepod_api::placement::HostPort;

fn conflict(wanted: &[HostPort], taken: &[HostPort]) -> bool {
    wanted.iter().any(|port| taken.iter().any(|other| port.conflicts(other)))
}

pub(super) fn filter(pod: &PodInfo, node: &NodeInfo) -> Option<Rejection> {
    conflict(&pod.host_ports, &node.ports).then(|| {
        Rejection::by_pods(Plugin::NodePorts, "node(s) didn't have free ports for the requested pod ports")
    })
}

/// A new node, or a pod gone that had one of the ports.
pub(super) fn helps(pod: &PodInfo, event: &ClusterEvent) -> bool {
    match (&event.change, event.action) {
        (Change::Node(..), Action::Add) => true,
        (Change::Pod(Some(gone), None), Action::Delete) => conflict(&pod.host_ports, &gone.host_ports),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheduler::testing::{node, pod};

    #[test]
    fn a_port_is_free_again_when_its_pod_is_gone() {
        let holder = pod("holder").host_port(80, "TCP", "127.0.0.1").build();
        let mut n1 = node("n1").build();
        n1.add_pod(holder.clone());
        let wanting = pod("w").host_port(80, "TCP", "").build();
        let refused = filter(&wanting, &n1).unwrap();
        assert_eq!(refused.message(), "node(s) didn't have free ports for the requested pod ports");
        assert!(refused.resolvable, "preemption can help");
        assert_eq!(filter(&pod("udp").host_port(80, "UDP", "").build(), &n1), None);
        n1.remove_pod(holder.uid());
        assert_eq!(filter(&wanting, &n1), None);
    }
}
