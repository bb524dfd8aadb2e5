//! Which pods were promised room on which node (`backend/queue/nominator.go`).

use crate::kubelet::PodUid;
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// Nominations, by pod and by node.
#[derive(Clone, Debug, Default)]
pub(crate) struct Nominator {
    by_pod: BTreeMap<PodUid, String>,
    by_node: BTreeMap<String, Vec<PodUid>>,
}

impl Nominator {
    /// Promises the pod room on the node; an empty name takes the promise back.
    pub(crate) fn set(&mut self, uid: &PodUid, node: &str) {
        self.remove(uid);
        if !node.is_empty() {
            self.by_pod.insert(uid.clone(), node.to_string());
            self.by_node.entry(node.to_string()).or_default().push(uid.clone());
        }
    }

    pub(crate) fn remove(&mut self, uid: &PodUid) {
        let Some(node) = self.by_pod.remove(uid) else { return };
        if let Some(pods) = self.by_node.get_mut(&node) {
            pods.retain(|pod| pod != uid);
            if pods.is_empty() {
                self.by_node.remove(&node);
            }
        }
    }

    /// The UIDs of the pods that wait for the node.
    pub(crate) fn of(&self, node: &str) -> &[PodUid] {
        self.by_node.get(node).map_or(&[], Vec::as_slice)
    }

    /// Whether any pod waits for a node.
    pub(crate) fn is_empty(&self) -> bool {
        self.by_pod.is_empty()
    }
}
