//! What the scheduler knows of the nodes and of the pods on them (`backend/cache/cache.go`).
//!
//! A pod that was just given a node counts at once, before the API server says so: it is *assumed*. Upstream takes a
//! snapshot for each cycle because watches go on meanwhile; here a cycle is one instant, and looks at the cache itself.

use crate::kubelet::PodUid;
use crate::name::TextKey;
use crate::scheduler::domains::Domains;
use crate::scheduler::namespaces::Namespaces;
use crate::scheduler::node_info::{NodeInfo, SharedNode};
use crate::scheduler::node_tree::NodeTree;
use crate::scheduler::pod_counts::PodCounts;
use crate::scheduler::pod_info::PodInfo;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use lifepod_api::LabelSelector;

#[derive(Clone, Debug)]
struct CachedPod {
    info: Arc<PodInfo>,
    node: String,
    assumed: bool,
}

/// Nodes, their pods, and what is asked of them so often that it is kept.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cache {
    /// Nodes by index; those that are gone are not in `by_name`, and their places are used again.
    nodes: Vec<NodeInfo>,
    free: Vec<usize>,
    by_name: BTreeMap<TextKey, usize>,
    tree: NodeTree,
    order: Vec<usize>,
    pods: BTreeMap<PodUid, CachedPod>,
    /// Pods by UID on nodes that are not there (yet, or any more), by the node's name.
    strays: BTreeMap<String, Vec<PodUid>>,
    counts: PodCounts,
    /// The domains of labels that were asked for since nodes or their labels changed.
    domains: BTreeMap<String, Arc<Domains>>,
    /// Nodes with pods that want something of their neighbours, by index (`HavePodsWithAffinityList`).
    with_affinity: BTreeSet<usize>,
    /// How many nodes have each image.
    image_nodes: BTreeMap<String, u32>,
    /// The labels of namespaces.
    pub(crate) namespaces: Namespaces,
}

impl Cache {
    /// The nodes' indices, in the order in which they are looked at.
    pub(crate) fn order(&self) -> &[usize] {
        &self.order
    }

    /// The node with that index.
    pub(crate) fn node(&self, index: usize) -> &NodeInfo {
        &self.nodes[index]
    }

    /// The index of the node of that name.
    pub(crate) fn find(&self, name: &str) -> Option<usize> {
        self.by_name.get(name.as_bytes()).copied()
    }

    /// All nodes, in the order in which they are looked at.
    pub(crate) fn all(&self) -> impl Iterator<Item = &NodeInfo> {
        self.order.iter().map(|index| &self.nodes[*index])
    }

    /// The pod on a node as last seen, one that is only assumed included.
    pub(crate) fn pod(&self, uid: &PodUid) -> Option<&Arc<PodInfo>> {
        self.pods.get(uid).map(|cached| &cached.info)
    }

    /// Whether the pod was given a node that the API server has not confirmed.
    pub(crate) fn is_assumed(&self, uid: &PodUid) -> bool {
        self.pods.get(uid).is_some_and(|cached| cached.assumed)
    }

    /// The share of nodes that have the image.
    pub(crate) fn image_spread(&self, image: &str) -> f64 {
        f64::from(self.image_nodes.get(image).copied().unwrap_or(0)) / self.order.len().max(1) as f64
    }

    /// The nodes, among them at least those with pods that want something of their neighbours.
    pub(crate) fn with_affinity(&self) -> impl Iterator<Item = &NodeInfo> {
        self.with_affinity.iter().map(|index| &self.nodes[*index])
    }

    /// The domains that the values of a label make.
    pub(crate) fn domains(&mut self, label: &str) -> Arc<Domains> {
        if let Some(known) = self.domains.get(label) {
            return known.clone();
        }
        let values = self.order.iter().map(|index| (*index, self.nodes[*index].label(label)));
        let domains = Arc::new(Domains::new(values));
        self.domains.insert(label.to_string(), domains.clone());
        domains
    }

    /// How many pods of each node, by index, match the selector; see [`PodCounts`].
    pub(crate) fn count_pods(&mut self, namespace: &str, selector: &LabelSelector) -> Arc<Vec<u32>> {
        let nodes = self.order.iter().map(|index| (*index, self.nodes[*index].pods.as_slice()));
        self.counts.of(namespace, selector, nodes)
    }

    /// A node is new, or has changed. Gives what was known of it before.
    pub(crate) fn set_node(&mut self, node: SharedNode) -> Option<SharedNode> {
        let name = node.metadata.name.clone();
        if let Some(index) = self.find(&name) {
            let old = self.nodes[index].node.clone();
            if old.metadata.labels != node.metadata.labels {
                self.domains.clear();
            }
            if self.tree.update(index, &old, &node) {
                self.order = self.tree.list();
            }
            self.count_images(index, -1);
            self.nodes[index].set_node(node);
            self.count_images(index, 1);
            return Some(old);
        }
        let info = NodeInfo::new(node.clone());
        let index = match self.free.pop() {
            Some(index) => {
                self.nodes[index] = info;
                index
            }
            None => {
                self.nodes.push(info);
                self.nodes.len() - 1
            }
        };
        self.domains.clear();
        self.by_name.insert(name.as_str().into(), index);
        self.tree.add(index, &node);
        self.order = self.tree.list();
        self.count_images(index, 1);
        for uid in self.strays.remove(&name).unwrap_or_default() {
            if let Some(pod) = self.pods.get(&uid) {
                self.put(index, pod.info.clone());
            }
        }
        None
    }

    /// A node is gone; its pods are not yet.
    pub(crate) fn remove_node(&mut self, name: &str) {
        let Some(index) = self.by_name.remove(name.as_bytes()) else { return };
        self.domains.clear();
        self.with_affinity.remove(&index);
        self.tree.remove(index);
        self.order = self.tree.list();
        self.count_images(index, -1);
        let pods = core::mem::take(&mut self.nodes[index].pods);
        for pod in &pods {
            self.counts.change(index, pod, -1);
        }
        if !pods.is_empty() {
            self.strays.insert(name.to_string(), pods.iter().map(|p| p.uid().clone()).collect());
        }
        self.free.push(index);
    }

    /// A pod got a node: by this scheduler (`assumed`), or as the API server says. A newer revision replaces an older.
    /// Gives what was known of it before, unless that was only assumed.
    pub(crate) fn set_pod(&mut self, info: Arc<PodInfo>, node: &str, assumed: bool) -> Option<Arc<PodInfo>> {
        let uid = info.uid().clone();
        if let Some(cached) = self.pods.get_mut(&uid)
            && cached.node == node
            && cached.info.counts_like(&info)
            && let Some(index) = self.by_name.get(node.as_bytes())
        {
            self.nodes[*index].renew_pod(info.clone());
            let was_assumed = core::mem::replace(&mut cached.assumed, assumed);
            let old = core::mem::replace(&mut cached.info, info);
            return Some(old).filter(|_| !was_assumed);
        }
        let was_assumed = self.is_assumed(&uid);
        let old = self.remove_pod(&uid);
        match self.find(node) {
            Some(index) => self.put(index, info.clone()),
            None => self.strays.entry(node.to_string()).or_default().push(uid.clone()),
        }
        self.pods.insert(uid, CachedPod { info, node: node.to_string(), assumed });
        old.filter(|_| !was_assumed)
    }

    /// A pod left its node, or never got there.
    pub(crate) fn remove_pod(&mut self, uid: &PodUid) -> Option<Arc<PodInfo>> {
        let CachedPod { info, node, .. } = self.pods.remove(uid)?;
        match self.find(&node) {
            Some(index) => {
                self.nodes[index].remove_pod(uid);
                self.counts.change(index, &info, -1);
                if self.nodes[index].with_affinity == 0 {
                    self.with_affinity.remove(&index);
                }
            }
            None => {
                if let Some(strays) = self.strays.get_mut(&node) {
                    strays.retain(|stray| stray != uid);
                    if strays.is_empty() {
                        self.strays.remove(&node);
                    }
                }
            }
        }
        Some(info)
    }

    fn put(&mut self, index: usize, pod: Arc<PodInfo>) {
        self.counts.change(index, &pod, 1);
        if pod.affinity.is_some() {
            self.with_affinity.insert(index);
        }
        self.nodes[index].add_pod(pod);
    }

    fn count_images(&mut self, index: usize, change: i32) {
        for image in self.nodes[index].images.keys() {
            let count = self.image_nodes.entry(image.clone()).or_insert(0);
            *count = count.saturating_add_signed(change);
        }
    }
}
