//! `NodeAffinity`: `nodeSelector` and node affinity (`nodeaffinity/node_affinity.go`).

use super::each;
use crate::scheduler::cache::Cache;
use crate::scheduler::cluster_event::{Change, ClusterEvent};
use crate::scheduler::framework::{Action, Plugin, Rejection, narrow, normalize};
use crate::scheduler::node_info::NodeInfo;
use crate::scheduler::pod_info::PodInfo;
use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;
use lifepod_api::placement::{node_matches, required_node_affinity};
use lifepod_api::{Pod, PodSpec};

/// The only nodes that the required affinity names, if each of its terms names some: how the pods of a DaemonSet are
/// tied to their nodes.
pub(super) fn pre_filter(spec: &PodSpec) -> Result<Option<BTreeSet<String>>, Rejection> {
    let Some(required) = required_node_affinity(spec) else { return Ok(None) };
    let mut names: BTreeSet<String> = BTreeSet::new();
    for term in &required.node_selector_terms {
        let by_name = term.match_fields.iter().filter(|r| r.key == "metadata.name" && r.operator == "In");
        let allowed =
            by_name.fold(None, |allowed, r| Some(narrow(allowed, r.values.iter().cloned().collect())));
        // A term without names means nodes anywhere.
        let Some(allowed) = allowed else { return Ok(None) };
        names.extend(allowed);
    }
    if required.node_selector_terms.is_empty() {
        return Ok(None);
    }
    if names.is_empty() {
        return Err(Rejection::for_good(Plugin::NodeAffinity, "pod affinity terms conflict"));
    }
    Ok(Some(names))
}

pub(super) fn filter(pod: &PodInfo, node: &NodeInfo) -> Option<Rejection> {
    (!matches(pod, node)).then(|| {
        Rejection::for_good(Plugin::NodeAffinity, "node(s) didn't match Pod's node affinity/selector")
    })
}

/// Whether the node is one of those that the pod may go to, by selector and affinity.
pub(super) fn matches(pod: &Pod, node: &NodeInfo) -> bool {
    let anywhere = pod.spec.node_selector.is_empty() && required_node_affinity(&pod.spec).is_none();
    anywhere || node_matches(&pod.spec, &node.node)
}

/// The sum of the weights of the preferred terms that the node satisfies; nothing without such terms.
pub(super) fn score(pod: &PodInfo, nodes: &[usize], cache: &Cache) -> Option<Vec<i64>> {
    let affinity = pod.spec.affinity.as_ref()?.node_affinity.as_ref()?;
    let preferred = &affinity.preferred_during_scheduling_ignored_during_execution;
    if preferred.is_empty() {
        return None;
    }
    let mut scores = each(nodes, cache, |node| {
        let satisfied = preferred.iter().filter(|term| term.preference.matches(&node.node));
        satisfied.map(|term| i64::from(term.weight)).sum()
    });
    normalize(&mut scores, false);
    Some(scores)
}

/// A node that matches now, and did not before.
pub(super) fn helps(pod: &PodInfo, event: &ClusterEvent) -> bool {
    match (&event.change, event.action) {
        (Change::Node(old, Some(new)), Action::Add | Action::UpdateNodeLabel) => {
            node_matches(&pod.spec, new) && old.as_ref().is_none_or(|old| !node_matches(&pod.spec, old))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheduler::testing::{cache, node, pod};
    use serde_json::json;

    fn with_affinity(affinity: serde_json::Value) -> alloc::sync::Arc<PodInfo> {
        pod("w").spec(json!({"affinity": {"nodeAffinity": affinity}})).build()
    }

    fn tied_to(names: &[&str]) -> alloc::sync::Arc<PodInfo> {
        let field = json!({"key": "metadata.name", "operator": "In", "values": names});
        with_affinity(json!({"requiredDuringSchedulingIgnoredDuringExecution":
            {"nodeSelectorTerms": [{"matchFields": [field]}]}}))
    }

    #[test]
    fn a_daemon_pod_looks_at_its_own_node_only() {
        let names = pre_filter(&tied_to(&["n1"]).spec).unwrap().unwrap();
        assert!(names.iter().eq(["n1"]));
        assert_eq!(pre_filter(&pod("w").build().spec).unwrap(), None);
    }

    #[test]
    fn fields_that_exclude_each_other_leave_no_node() {
        let field = |name: &str| json!({"key": "metadata.name", "operator": "In", "values": [name]});
        let torn = with_affinity(json!({"requiredDuringSchedulingIgnoredDuringExecution":
            {"nodeSelectorTerms": [{"matchFields": [field("n1"), field("n2")]}]}}));
        assert_eq!(pre_filter(&torn.spec).unwrap_err().message(), "pod affinity terms conflict");
    }

    #[test]
    fn a_selector_wants_its_labels() {
        let ssd = pod("w").spec(json!({"nodeSelector": {"disk": "ssd"}})).build();
        assert_eq!(filter(&ssd, &node("n1").label("disk", "ssd").build()), None);
        let refused = filter(&ssd, &node("n2").build()).unwrap();
        assert_eq!(refused.message(), "node(s) didn't match Pod's node affinity/selector");
    }

    #[test]
    fn weights_of_satisfied_preferences_add_up() {
        let term = |weight: i32, key: &str, value: &str| {
            json!({"weight": weight, "preference":
                {"matchExpressions": [{"key": key, "operator": "In", "values": [value]}]}})
        };
        let picky = with_affinity(json!({"preferredDuringSchedulingIgnoredDuringExecution":
            [term(10, "disk", "ssd"), term(80, "zone", "b")]}));
        let cache = cache([
            node("n1").label("disk", "ssd"),
            node("n2").label("zone", "b"),
            node("n3").label("disk", "ssd").label("zone", "b"),
        ]);
        assert_eq!(score(&picky, cache.order(), &cache), Some([11, 88, 100].to_vec()));
    }
}
