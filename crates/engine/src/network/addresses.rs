//! Who has which address, and which nodes can be reached.

use crate::kubelet::PodUid;
use crate::network::Place;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// The address of the node with this place in the configuration.
pub(crate) fn node_address(index: u32) -> String {
    format!("192.168.{}.{}", index / 240, 10 + index % 240)
}

/// How many addresses of its range a node gives to pods; the first of the range are its own.
const PER_NODE: u32 = 252;

/// The addresses of pods and nodes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Addresses {
    /// Pods with a network of their own: their node and `uid`.
    pods: BTreeMap<String, (u32, PodUid)>,
    of_pod: BTreeMap<PodUid, String>,
    /// How many addresses each node has given out.
    given: BTreeMap<u32, u32>,
    nodes: BTreeMap<String, u32>,
    /// Machines that are off.
    off: BTreeSet<u32>,
    /// Machines that nobody beside themselves can reach.
    cut: BTreeSet<u32>,
}

/// Who is behind an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holder {
    /// A pod on this node.
    Pod(u32),
    /// This node itself.
    Node(u32),
    /// Nobody, but the address is one of the cluster's: of the pods' range or of the nodes' network.
    Nobody,
    /// Nobody that the cluster knows.
    Foreign,
}

/// The address of a node's bridge, from which its kubelet asks the node's pods.
pub(crate) fn bridge_address(node: u32) -> String {
    pod_range(node, 1)
}

/// An address of the range of a node's pods.
fn pod_range(node: u32, last: u32) -> String {
    format!("10.{}.{}.{last}", 244 + node / 256, node % 256)
}

impl Addresses {
    pub(crate) fn new(nodes: usize) -> Self {
        let nodes = (0..nodes as u32).map(|index| (node_address(index), index)).collect();
        Addresses { nodes, ..Addresses::default() }
    }

    /// Gives a new pod of a node an address, the next that is free of `10.244.NODE.0/24` (the CNI plugin `host-local`).
    pub(crate) fn assign(&mut self, node: u32, uid: &PodUid) -> String {
        for _ in 0..PER_NODE {
            let given = self.given.entry(node).or_default();
            let address = pod_range(node, 3 + *given % PER_NODE);
            *given += 1;
            if !self.pods.contains_key(&address) {
                self.release(uid);
                self.pods.insert(address.clone(), (node, uid.clone()));
                self.of_pod.insert(uid.clone(), address.clone());
                return address;
            }
        }
        String::new()
    }

    /// The pod's network is torn down.
    pub(crate) fn release(&mut self, uid: &PodUid) {
        if let Some(address) = self.of_pod.remove(uid) {
            self.pods.remove(&address);
        }
    }

    /// The machine is off; nothing of what ran on it has an address any more.
    pub(crate) fn power_off(&mut self, node: u32) {
        self.off.insert(node);
        let gone: Vec<PodUid> =
            self.pods.values().filter(|(at, _)| *at == node).map(|(_, uid)| uid.clone()).collect();
        for uid in &gone {
            self.release(uid);
        }
    }

    /// The machine is on.
    pub(crate) fn power_on(&mut self, node: u32) {
        self.off.remove(&node);
    }

    /// Cuts the machine off from everybody else, or connects it again.
    pub(crate) fn set_cut(&mut self, node: u32, cut: bool) {
        match cut {
            true => self.cut.insert(node),
            false => self.cut.remove(&node),
        };
    }

    /// Who is behind an address.
    pub(crate) fn holder(&self, address: &str) -> Holder {
        if let Some((node, _)) = self.pods.get(address) {
            Holder::Pod(*node)
        } else if let Some(node) = self.nodes.get(address) {
            Holder::Node(*node)
        } else if address.starts_with("10.24") || address.starts_with("192.168.0.") {
            Holder::Nobody
        } else {
            Holder::Foreign
        }
    }

    /// The pod with that address.
    pub(crate) fn pod(&self, address: &str) -> Option<&PodUid> {
        self.pods.get(address).map(|(_, uid)| uid)
    }

    /// Whether packets go from a place to a node and back.
    pub(crate) fn connects(&self, from: Place, node: u32) -> bool {
        !self.off.contains(&node)
            && (from == Place::Node(node) || !self.is_cut(from) && !self.is_cut(Place::Node(node)))
    }

    /// Whether a place is cut off from everybody else.
    pub(crate) fn is_cut(&self, place: Place) -> bool {
        matches!(place, Place::Node(node) if self.cut.contains(&node))
    }

    /// The nodes that the outside can reach, in order.
    pub(crate) fn reachable(&self) -> impl Iterator<Item = u32> {
        let mut all: Vec<u32> = self.nodes.values().copied().collect();
        all.sort_unstable();
        all.into_iter().filter(|node| self.connects(Place::Outside, *node))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_given_again_only_when_they_are_free() {
        let mut addresses = Addresses::new(300);
        let (old, young): (PodUid, PodUid) = ("old".into(), "young".into());
        assert_eq!(addresses.assign(1, &old), "10.244.1.3");
        let later: BTreeSet<String> =
            (0..251).map(|n| addresses.assign(1, &format!("pod-{n}").as_str().into())).collect();
        assert_eq!(later.len(), 251);
        assert_eq!(addresses.assign(1, &young), "", "the range is exhausted");
        addresses.release(&old);
        assert_eq!(addresses.assign(1, &young), "10.244.1.3");
        assert_eq!(addresses.assign(299, &old), "10.245.43.3");
        assert_eq!(addresses.holder("10.244.1.3"), Holder::Pod(1));
        assert_eq!(addresses.holder(&node_address(299)), Holder::Node(299));
    }

    #[test]
    fn a_node_that_is_cut_off_reaches_itself() {
        let mut addresses = Addresses::new(2);
        addresses.set_cut(1, true);
        assert!(addresses.connects(Place::Node(1), 1) && addresses.connects(Place::Cluster, 0));
        assert!(!addresses.connects(Place::Node(0), 1) && !addresses.connects(Place::Node(1), 0));
        assert!(addresses.reachable().eq([0]));
        addresses.power_off(1);
        assert!(!addresses.connects(Place::Node(1), 1));
    }
}
