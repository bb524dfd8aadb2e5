//! What happened in the cluster, as far as it may matter to a pod that waits (`framework/events.go`).

use crate::scheduler::framework::Action;
use crate::scheduler::node_info::SharedNode;
use crate::scheduler::pod_info::PodInfo;
use alloc::sync::Arc;
use alloc::vec::Vec;
use lifepod_api::resources::pod_requests;
use lifepod_api::{Node, Object, Pod};

/// A change, with what was before and after it.
#[derive(Clone, Debug)]
pub(crate) struct ClusterEvent {
    /// What changed of it.
    pub(crate) action: Action,
    /// The objects.
    pub(crate) change: Change,
}

/// The object before and after; none before it was there and after it is gone.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    Pod(Option<Arc<PodInfo>>, Option<Arc<PodInfo>>),
    Node(Option<SharedNode>, Option<SharedNode>),
    Other(Arc<Object>),
}

impl ClusterEvent {
    pub(crate) fn pod(action: Action, old: Option<Arc<PodInfo>>, new: Option<Arc<PodInfo>>) -> Self {
        ClusterEvent { action, change: Change::Pod(old, new) }
    }

    pub(crate) fn node(action: Action, old: Option<SharedNode>, new: Option<SharedNode>) -> Self {
        ClusterEvent { action, change: Change::Node(old, new) }
    }
}

/// What changed of a pod that may matter (`PodSchedulingPropertiesChange`).
pub(crate) fn pod_changes(old: &Pod, new: &Pod) -> Vec<Action> {
    let mut changes = Vec::new();
    if old.metadata.labels != new.metadata.labels {
        changes.push(Action::UpdatePodLabel);
    }
    if old.spec != new.spec {
        let requests = pod_requests(&new.spec);
        if pod_requests(&old.spec).iter().any(|(name, old)| requests.get(name).is_none_or(|new| old > new)) {
            changes.push(Action::UpdatePodScaleDown);
        }
    }
    if new.spec.scheduling_gates.is_empty() && !old.spec.scheduling_gates.is_empty() {
        changes.push(Action::UpdatePodSchedulingGatesEliminated);
    }
    if old.spec.tolerations.len() != new.spec.tolerations.len() {
        changes.push(Action::UpdatePodToleration);
    }
    changes
}

/// What changed of a node that may matter (`NodeSchedulingPropertiesChange`). An uncordon counts as a change of
/// taints.
pub(crate) fn node_changes(old: &Node, new: &Node) -> Vec<Action> {
    let changed = [
        (old.spec.unschedulable && !new.spec.unschedulable, Action::UpdateNodeTaint),
        (old.status.allocatable != new.status.allocatable, Action::UpdateNodeAllocatable),
        (old.metadata.labels != new.metadata.labels, Action::UpdateNodeLabel),
        (old.spec.taints != new.spec.taints, Action::UpdateNodeTaint),
    ];
    changed.into_iter().filter(|(changed, _)| *changed).map(|(_, action)| action).collect()
}
