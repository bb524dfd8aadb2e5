//! A node with the sums over its pods, kept up to date pod by pod (`framework/types.go NodeInfo`).

use crate::kubelet::PodUid;
use crate::scheduler::pod_info::PodInfo;
use crate::scheduler::resource::{CpuMemory, Resources};
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::Deref;
use lifepod_api::placement::HostPort;
use lifepod_api::{Node, Object, Quantity};

/// The label by which each node is a domain of its own (`v1.LabelHostname`).
pub(crate) const HOSTNAME: &str = "kubernetes.io/hostname";
/// The label of the zone that a node is in (`v1.LabelTopologyZone`).
pub(crate) const ZONE: &str = "topology.kubernetes.io/zone";

/// A node as stored at some moment, shared with the store.
#[derive(Clone, Debug)]
pub(crate) struct SharedNode(Arc<Object>);

impl SharedNode {
    pub(crate) fn new(object: Arc<Object>) -> Option<Self> {
        matches!(*object, Object::Node(_)).then_some(SharedNode(object))
    }
}

impl Deref for SharedNode {
    type Target = Node;
    fn deref(&self) -> &Node {
        match &*self.0 {
            Object::Node(node) => node,
            _ => unreachable!("`new` admits nodes only"),
        }
    }
}

/// A node and its pods. What every pod asks of every node lies beside the rest of it: a large cluster's nodes are looked
/// at hundreds for each pod, and each look that leads elsewhere in memory counts.
#[derive(Clone, Debug)]
pub(crate) struct NodeInfo {
    /// The node.
    pub(crate) node: SharedNode,
    /// Whether it is cordoned (`spec.unschedulable`).
    pub(crate) unschedulable: bool,
    /// Whether it has taints.
    pub(crate) tainted: bool,
    /// The pods assigned to it, those assumed to be included.
    pub(crate) pods: Vec<Arc<PodInfo>>,
    /// What they ask for.
    pub(crate) requested: Resources,
    /// What they count for in scoring.
    pub(crate) non_zero: CpuMemory,
    /// What the node has for pods.
    pub(crate) allocatable: Resources,
    /// How many pods it takes.
    pub(crate) allowed_pods: i64,
    /// The host ports in use.
    pub(crate) ports: Vec<HostPort>,
    /// How many pods want something of their neighbours.
    pub(crate) with_affinity: u32,
    /// How many of them refuse neighbours.
    pub(crate) with_required_anti_affinity: u32,
    /// Sizes in bytes of the images it has, by every name they have.
    pub(crate) images: BTreeMap<String, i64>,
}

impl NodeInfo {
    /// The node without pods.
    pub(crate) fn new(node: SharedNode) -> Self {
        let mut info = NodeInfo {
            node: node.clone(),
            unschedulable: false,
            tainted: false,
            pods: Vec::new(),
            requested: Resources::default(),
            non_zero: CpuMemory::default(),
            allocatable: Resources::default(),
            allowed_pods: 0,
            ports: Vec::new(),
            with_affinity: 0,
            with_required_anti_affinity: 0,
            images: BTreeMap::new(),
        };
        info.set_node(node);
        info
    }

    /// Takes over a newer revision of the node.
    pub(crate) fn set_node(&mut self, node: SharedNode) {
        self.allocatable = Resources::from_list(&node.status.allocatable);
        self.allowed_pods = node.status.allocatable.get("pods").map_or(0, Quantity::value);
        let images = node.status.images.iter();
        self.images = images.flat_map(|i| i.names.iter().map(|n| (n.clone(), i.size_bytes))).collect();
        self.unschedulable = node.spec.unschedulable;
        self.tainted = !node.spec.taints.is_empty();
        self.node = node;
    }

    pub(crate) fn name(&self) -> &str {
        &self.node.metadata.name
    }

    /// The value of one of the node's labels.
    pub(crate) fn label(&self, key: &str) -> Option<&str> {
        self.node.metadata.labels.get(key).map(String::as_str)
    }

    pub(crate) fn add_pod(&mut self, pod: Arc<PodInfo>) {
        self.count(&pod, 1);
        self.pods.push(pod);
    }

    /// Removes the pod of that UID.
    pub(crate) fn remove_pod(&mut self, uid: &PodUid) -> Option<Arc<PodInfo>> {
        let index = self.pods.iter().position(|p| p.uid() == uid)?;
        let pod = self.pods.swap_remove(index);
        self.count(&pod, -1);
        Some(pod)
    }

    /// Takes over a newer revision of a pod that [counts like](PodInfo::counts_like) the known one.
    pub(crate) fn renew_pod(&mut self, pod: Arc<PodInfo>) {
        if let Some(index) = self.pods.iter().position(|known| known.uid() == pod.uid()) {
            self.pods.swap_remove(index);
            self.pods.push(pod);
        }
    }

    fn count(&mut self, pod: &PodInfo, sign: i64) {
        self.requested.change(&pod.requests, sign);
        self.non_zero.milli_cpu += sign * pod.non_zero.milli_cpu;
        self.non_zero.memory += sign * pod.non_zero.memory;
        self.with_affinity =
            self.with_affinity.wrapping_add_signed(sign as i32 * i32::from(pod.affinity.is_some()));
        let refuses = !pod.required_anti_affinity().is_empty();
        self.with_required_anti_affinity =
            self.with_required_anti_affinity.wrapping_add_signed(sign as i32 * i32::from(refuses));
        for port in &pod.host_ports {
            if sign > 0 {
                self.ports.push(port.clone());
            } else if let Some(index) = self.ports.iter().position(|p| p == port) {
                self.ports.swap_remove(index);
            }
        }
    }
}
