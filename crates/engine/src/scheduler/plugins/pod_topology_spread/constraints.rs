//! Which constraints a pod has: its own, or the system's (`podtopologyspread/common.go`, `plugin.go`).

use crate::scheduler::node_info::{HOSTNAME, NodeInfo, ZONE};
use crate::scheduler::plugins::{node_affinity, taint_toleration};
use crate::scheduler::pod_info::PodInfo;
use crate::store::Store;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use lifepod_api::labels::matches_all;
use lifepod_api::{LabelSelector, LabelSelectorRequirement, Node, Object, Pod, Service};

/// One constraint.
#[derive(Clone, Debug)]
pub(super) struct Constraint {
    pub(super) max_skew: i32,
    pub(super) key: String,
    pub(super) selector: LabelSelector,
    pub(super) min_domains: i32,
    honor_affinity: bool,
    pub(super) honor_taints: bool,
}

impl Constraint {
    /// Whether the node counts, by the inclusion policies (`matchNodeInclusionPolicies`).
    pub(super) fn includes(&self, pod: &Pod, node: &NodeInfo) -> bool {
        (!self.honor_affinity || node_affinity::matches(pod, node))
            && (!self.honor_taints || !node.tainted || !taint_toleration::keeps_off(pod, &node.node))
    }
}

/// The pod's own constraints of one kind, `DoNotSchedule` or `ScheduleAnyway`.
pub(super) fn own(pod: &Pod, when: &str) -> Vec<Constraint> {
    let constraints = pod.spec.topology_spread_constraints.iter().filter(|c| c.when_unsatisfiable == when);
    constraints
        .map(|c| {
            let honors =
                |policy: &Option<String>, default: bool| policy.as_ref().map_or(default, |p| p == "Honor");
            Constraint {
                max_skew: c.max_skew,
                key: c.topology_key.clone(),
                selector: c.label_selector.clone().unwrap_or_else(nothing),
                min_domains: c.min_domains.unwrap_or(1),
                honor_affinity: honors(&c.node_affinity_policy, true),
                honor_taints: honors(&c.node_taints_policy, false),
            }
        })
        .collect()
}

/// A selector that no object matches: what a missing one means.
fn nothing() -> LabelSelector {
    let never =
        LabelSelectorRequirement { operator: "In".to_string(), ..LabelSelectorRequirement::default() };
    LabelSelector { match_expressions: [never].to_vec(), ..LabelSelector::default() }
}

/// Whether the node has the keys of all constraints.
pub(super) fn have_all_keys(node: &Node, constraints: &[Constraint]) -> bool {
    constraints.iter().all(|c| node.metadata.labels.contains_key(&c.key))
}

/// The constraints of a pod without any (`systemDefaultConstraints`): loosely over nodes and zones, by the selectors
/// of its Services and of the workload that made it. None for a pod that nothing selects.
pub(super) fn defaults(pod: &PodInfo, store: &Store) -> Vec<Constraint> {
    let selector = default_selector(pod, store);
    if selector.is_empty() {
        return Vec::new();
    }
    [(3, HOSTNAME), (5, ZONE)]
        .map(|(max_skew, key)| Constraint {
            max_skew,
            key: key.to_string(),
            selector: selector.clone(),
            min_domains: 1,
            honor_affinity: true,
            honor_taints: false,
        })
        .to_vec()
}

/// The selectors of the pod's Services and of its ReplicaSet, ReplicationController or StatefulSet together
/// (`plugins/helper/spread.go DefaultSelector`).
fn default_selector(pod: &Pod, store: &Store) -> LabelSelector {
    let namespace = &pod.metadata.namespace;
    let mut selector = LabelSelector::default();
    for service in store.in_namespace::<Service>(namespace) {
        if !service.spec.selector.is_empty() && matches_all(&service.spec.selector, &pod.metadata.labels) {
            selector.match_labels.extend(service.spec.selector.clone());
        }
    }
    let Some(owner) = pod.metadata.owner_references.iter().find(|o| o.controller == Some(true)) else {
        return selector;
    };
    match store.named(&owner.kind, namespace, &owner.name).map(|object| &**object) {
        Some(Object::ReplicationController(rc)) => selector.match_labels.extend(rc.spec.selector.clone()),
        Some(Object::ReplicaSet(rs)) => add_selector(&mut selector, rs.spec.selector.as_ref()),
        Some(Object::StatefulSet(set)) => add_selector(&mut selector, set.spec.selector.as_ref()),
        _ => {}
    }
    selector
}

fn add_selector(to: &mut LabelSelector, other: Option<&LabelSelector>) {
    let Some(other) = other else { return };
    let labels = other.match_labels.iter().map(|(key, value)| LabelSelectorRequirement {
        key: key.clone(),
        operator: "In".to_string(),
        values: [value.clone()].to_vec(),
    });
    to.match_expressions.extend(labels);
    to.match_expressions.extend(other.match_expressions.iter().cloned());
}
