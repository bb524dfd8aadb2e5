//! The order in which nodes are looked at: zone by zone in turn, so that the first feasible nodes found are spread
//! over the zones (`backend/cache/node_tree.go`).

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use lifepod_api::Node;

/// Nodes by zone, in the order in which they came.
#[derive(Clone, Debug, Default)]
pub(crate) struct NodeTree {
    zones: Vec<(String, Vec<usize>)>,
}

/// Region and zone of a node as one word (`component-helpers/node/topology GetZoneKey`).
fn zone_key(node: &Node) -> String {
    let label = |key: &str| node.metadata.labels.get(key).map_or("", String::as_str);
    format!("{}:\0:{}", label("topology.kubernetes.io/region"), label("topology.kubernetes.io/zone"))
}

impl NodeTree {
    /// Adds the node with this index in the cache.
    pub(crate) fn add(&mut self, index: usize, node: &Node) {
        let key = zone_key(node);
        match self.zones.iter_mut().find(|(zone, _)| *zone == key) {
            Some((_, nodes)) => nodes.push(index),
            None => self.zones.push((key, [index].to_vec())),
        }
    }

    /// Removes it.
    pub(crate) fn remove(&mut self, index: usize) {
        for (_, nodes) in &mut self.zones {
            nodes.retain(|node| *node != index);
        }
        self.zones.retain(|(_, nodes)| !nodes.is_empty());
    }

    /// Moves it when its zone changed; whether it did.
    pub(crate) fn update(&mut self, index: usize, old: &Node, new: &Node) -> bool {
        let moves = zone_key(old) != zone_key(new);
        if moves {
            self.remove(index);
            self.add(index, new);
        }
        moves
    }

    /// The first node of each zone, then the second of each, and so on.
    pub(crate) fn list(&self) -> Vec<usize> {
        let longest = self.zones.iter().map(|(_, nodes)| nodes.len()).max().unwrap_or(0);
        let in_turn = |turn: usize| self.zones.iter().filter_map(move |(_, nodes)| nodes.get(turn).copied());
        (0..longest).flat_map(in_turn).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    fn node_in(zone: &str) -> Node {
        let mut node = Node::default();
        node.metadata.labels.insert("topology.kubernetes.io/zone".to_string(), zone.to_string());
        node
    }

    #[test]
    fn zones_take_turns() {
        let mut tree = NodeTree::default();
        for (index, zone) in ["a", "a", "a", "b", "c", "c"].into_iter().enumerate() {
            tree.add(index, &node_in(zone));
        }
        assert_eq!(tree.list(), [0, 3, 4, 1, 5, 2]);
        tree.remove(3);
        assert!(tree.update(2, &node_in("a"), &node_in("c")));
        assert_eq!(tree.list(), [0, 4, 1, 5, 2]);
    }
}
