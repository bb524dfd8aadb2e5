//! Topology domains: which nodes have the same value of a label.

use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;

/// The domains of one label, by number: scoring goes over all nodes for each pod, and compares no texts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Domains {
    /// By the node's index in the cache.
    of: Vec<Domain>,
    count: usize,
}

#[derive(Clone, Copy, Debug, Default)]
struct Domain {
    number: u32,
    /// Whether the node has the label at all.
    named: bool,
}

impl Domains {
    /// The domains that the nodes' values make. Nodes without the label are in the domain of the empty value.
    pub(crate) fn new<'a>(nodes: impl Iterator<Item = (usize, Option<&'a str>)>) -> Self {
        let mut numbers: BTreeMap<&str, u32> = BTreeMap::new();
        let mut of = Vec::new();
        for (index, value) in nodes {
            let next = numbers.len() as u32;
            let number = *numbers.entry(value.unwrap_or("")).or_insert(next);
            of.resize(of.len().max(index + 1), Domain::default());
            of[index] = Domain { number, named: value.is_some() };
        }
        Domains { of, count: numbers.len() }
    }

    /// A number for each domain.
    pub(crate) fn numbers<T: Clone>(&self, first: T) -> Vec<T> {
        vec![first; self.count]
    }

    /// The number of the node's domain.
    pub(crate) fn number(&self, node: usize) -> usize {
        self.of.get(node).map_or(0, |domain| domain.number as usize)
    }

    /// Whether the node has the label.
    pub(crate) fn has(&self, node: usize) -> bool {
        self.of.get(node).is_some_and(|domain| domain.named)
    }
}
