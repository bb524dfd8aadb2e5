//! How many pods of each node match a selector, kept up to date pod by pod.
//!
//! Topology spread asks this for every node at every pod. Counting anew would look at every pod of the cluster each
//! time; pods come in groups with equal selectors, so that the last few answers are worth keeping.

use crate::scheduler::pod_info::PodInfo;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use lifepod_api::LabelSelector;

/// How many selectors are kept; the one that was asked for longest ago makes room.
const KEPT: usize = 32;

/// Which pods are counted: those of a namespace that match a selector and are not being deleted
/// (`podtopologyspread/common.go countPodsMatchSelector`).
#[derive(Clone, Debug)]
struct Counted {
    namespace: String,
    selector: LabelSelector,
    asked: u64,
    /// By the node's index in the cache.
    by_node: Arc<Vec<u32>>,
}

impl Counted {
    fn counts(&self, pod: &PodInfo) -> bool {
        pod.metadata.deletion_timestamp.is_none()
            && pod.metadata.namespace == self.namespace
            && self.selector.matches(&pod.metadata.labels)
    }
}

/// The counts that are kept.
#[derive(Clone, Debug, Default)]
pub(crate) struct PodCounts {
    kept: Vec<Counted>,
    asked: u64,
}

impl PodCounts {
    /// A pod came to the node (`change` 1) or left it (-1).
    pub(crate) fn change(&mut self, node: usize, pod: &PodInfo, change: i32) {
        for counted in &mut self.kept {
            if counted.counts(pod) {
                let by_node = Arc::make_mut(&mut counted.by_node);
                if by_node.len() <= node {
                    by_node.resize(node + 1, 0);
                }
                by_node[node] = by_node[node].saturating_add_signed(change);
            }
        }
    }

    /// The matching pods of each node. `nodes` gives the pods of each node, for a selector that is not known yet. An
    /// empty selector counts nothing.
    pub(crate) fn of<'p>(
        &mut self,
        namespace: &str,
        selector: &LabelSelector,
        nodes: impl Iterator<Item = (usize, &'p [Arc<PodInfo>])>,
    ) -> Arc<Vec<u32>> {
        if selector.is_empty() {
            return Arc::default();
        }
        self.asked += 1;
        let known = self.kept.iter_mut().find(|c| c.namespace == namespace && c.selector == *selector);
        if let Some(counted) = known {
            counted.asked = self.asked;
            return counted.by_node.clone();
        }
        let mut counted = Counted {
            namespace: namespace.into(),
            selector: selector.clone(),
            asked: self.asked,
            by_node: Arc::default(),
        };
        let mut by_node = Vec::new();
        for (node, pods) in nodes {
            let count = pods.iter().filter(|p| counted.counts(p)).count() as u32;
            if by_node.len() <= node {
                by_node.resize(node + 1, 0);
            }
            by_node[node] = count;
        }
        counted.by_node = Arc::new(by_node);
        let by_node = counted.by_node.clone();
        if self.kept.len() == KEPT {
            let oldest = self.kept.iter().enumerate().min_by_key(|(_, c)| c.asked).map(|(index, _)| index);
            oldest.map(|index| self.kept.swap_remove(index));
        }
        self.kept.push(counted);
        by_node
    }
}
