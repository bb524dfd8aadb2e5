//! `InterPodAffinity`: pods that want to be near others, or far from them (`interpodaffinity/filtering.go`,
//! `scoring.go`).

use crate::scheduler::cache::Cache;
use crate::scheduler::cluster_event::{Change, ClusterEvent};
use crate::scheduler::framework::{Action, MAX_NODE_SCORE, Plugin, Rejection};
use crate::scheduler::namespaces::Namespaces;
use crate::scheduler::node_info::NodeInfo;
use crate::scheduler::pod_info::{AffinityTerm, PodInfo, matches_all_terms};
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use lifepod_api::{Node, Pod};

/// What a required term of an existing pod's affinity counts in scoring (`HardPodAffinityWeight`).
const HARD_POD_AFFINITY_WEIGHT: i64 = 1;

/// Numbers by topology key and value.
#[derive(Clone, Debug, Default)]
struct ByTopology(BTreeMap<String, BTreeMap<String, i64>>);

impl ByTopology {
    /// Adds to the domain of the node, if the node is in one. A domain at zero is none.
    fn add(&mut self, node: &NodeInfo, key: &str, by: i64) {
        let Some(value) = node.label(key) else { return };
        let values = self.0.entry(key.to_string()).or_default();
        let sum = values.get(value).copied().unwrap_or(0) + by;
        match sum {
            0 => values.remove(value),
            _ => values.insert(value.to_string(), sum),
        };
        if values.is_empty() {
            self.0.remove(key);
        }
    }

    fn get(&self, key: &str, value: &str) -> i64 {
        self.0.get(key).and_then(|values| values.get(value)).copied().unwrap_or(0)
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the node is in a domain with a positive number.
    fn any_at(&self, node: &NodeInfo) -> bool {
        self.0.keys().any(|key| node.label(key).is_some_and(|value| self.get(key, value) > 0))
    }
}

/// How many existing pods matter to the new one, by domain.
#[derive(Clone, Debug, Default)]
pub(super) struct PreFilterState {
    /// Existing pods that refuse the new one.
    refusing: ByTopology,
    /// Existing pods that match all terms of the new pod's affinity.
    wanted: ByTopology,
    /// Existing pods that match a term of the new pod's anti-affinity.
    unwanted: ByTopology,
    /// Whether the new pod matches all terms of its own affinity.
    wants_itself: bool,
}

/// Counts the existing pods. Without terms of the new pod only those are looked at that refuse neighbours.
pub(super) fn pre_filter(pod: &PodInfo, cache: &Cache) -> PreFilterState {
    let mut state = PreFilterState {
        wants_itself: matches_all_terms(pod.required_affinity(), pod, &cache.namespaces),
        ..PreFilterState::default()
    };
    let has_terms = !pod.required_affinity().is_empty() || !pod.required_anti_affinity().is_empty();
    for node in cache.with_affinity().filter(|node| node.with_required_anti_affinity > 0) {
        for other in node.pods.iter().filter(|p| !p.required_anti_affinity().is_empty()) {
            state.count_refusing(pod, other, node, &cache.namespaces, 1);
        }
    }
    if has_terms {
        for node in cache.all() {
            for other in &node.pods {
                state.count_wanted(pod, other, node, &cache.namespaces, 1);
            }
        }
    }
    state
}

impl PreFilterState {
    pub(super) fn change_pod(
        &mut self,
        pod: &PodInfo,
        other: &PodInfo,
        node: &NodeInfo,
        namespaces: &Namespaces,
        by: i64,
    ) {
        self.count_refusing(pod, other, node, namespaces, by);
        self.count_wanted(pod, other, node, namespaces, by);
    }

    fn count_refusing(
        &mut self,
        pod: &PodInfo,
        other: &PodInfo,
        node: &NodeInfo,
        namespaces: &Namespaces,
        by: i64,
    ) {
        for term in other.required_anti_affinity().iter().filter(|term| term.matches(pod, namespaces)) {
            self.refusing.add(node, &term.topology_key, by);
        }
    }

    fn count_wanted(
        &mut self,
        pod: &PodInfo,
        other: &PodInfo,
        node: &NodeInfo,
        namespaces: &Namespaces,
        by: i64,
    ) {
        if matches_all_terms(pod.required_affinity(), other, namespaces) {
            for term in pod.required_affinity() {
                self.wanted.add(node, &term.topology_key, by);
            }
        }
        for term in pod.required_anti_affinity().iter().filter(|term| term.matches(other, namespaces)) {
            self.unwanted.add(node, &term.topology_key, by);
        }
    }

    pub(super) fn filter(&self, pod: &PodInfo, node: &NodeInfo) -> Option<Rejection> {
        if !self.affinity_satisfied(pod, node) {
            return Some(Rejection::for_good(
                Plugin::InterPodAffinity,
                "node(s) didn't match pod affinity rules",
            ));
        }
        let near_unwanted = |term: &AffinityTerm| {
            node.label(&term.topology_key)
                .is_some_and(|value| self.unwanted.get(&term.topology_key, value) > 0)
        };
        if pod.required_anti_affinity().iter().any(near_unwanted) {
            return Some(Rejection::by_pods(
                Plugin::InterPodAffinity,
                "node(s) didn't match pod anti-affinity rules",
            ));
        }
        self.refusing.any_at(node).then(|| {
            Rejection::by_pods(
                Plugin::InterPodAffinity,
                "node(s) didn't satisfy existing pods anti-affinity rules",
            )
        })
    }

    /// The first pod of a group that wants to be near itself has nobody to be near to: it may go anywhere that has
    /// the labels.
    fn affinity_satisfied(&self, pod: &PodInfo, node: &NodeInfo) -> bool {
        let mut near = true;
        for term in pod.required_affinity() {
            let Some(value) = node.label(&term.topology_key) else { return false };
            near &= self.wanted.get(&term.topology_key, value) > 0;
        }
        near || (self.wanted.is_empty() && self.wants_itself)
    }
}

/// The weights of all preferences, of the pod for its neighbours and of the neighbours for it. None when nobody has
/// any.
pub(super) fn score(pod: &PodInfo, nodes: &[usize], cache: &Cache) -> Option<Vec<i64>> {
    let namespaces = &cache.namespaces;
    let mut weights = ByTopology::default();
    let prefers = !pod.preferred_affinity().is_empty();
    let (all, choosy) = (prefers.then(|| cache.all()), (!prefers).then(|| cache.with_affinity()));
    for node in all.into_iter().flatten().chain(choosy.into_iter().flatten()) {
        for other in node.pods.iter().filter(|other| prefers || other.affinity.is_some()) {
            let own = pod.preferred_affinity().iter().filter(|(_, term)| term.matches(other, namespaces));
            let theirs = other.preferred_affinity().iter().filter(|(_, term)| term.matches(pod, namespaces));
            for (weight, term) in own.chain(theirs) {
                weights.add(node, &term.topology_key, *weight);
            }
            for term in other.required_affinity().iter().filter(|term| term.matches(pod, namespaces)) {
                weights.add(node, &term.topology_key, HARD_POD_AFFINITY_WEIGHT);
            }
        }
    }
    if weights.is_empty() {
        return None;
    }
    let mut scores = super::each(nodes, cache, |node| {
        weights.0.keys().filter_map(|key| Some(weights.get(key, node.label(key)?))).sum()
    });
    let (lowest, highest) = (*scores.iter().min()?, *scores.iter().max()?);
    for score in &mut scores {
        let share = if highest > lowest { (*score - lowest) as f64 / (highest - lowest) as f64 } else { 0.0 };
        *score = (MAX_NODE_SCORE as f64 * share) as i64;
    }
    Some(scores)
}

/// A pod on a node that satisfies the affinity, or one gone that the anti-affinity was about; a node in a new domain.
pub(super) fn helps(pod: &PodInfo, event: &ClusterEvent, namespaces: &Namespaces) -> bool {
    let (near, far) = (pod.required_affinity(), pod.required_anti_affinity());
    let all = |terms: &[AffinityTerm], other: &Pod| matches_all_terms(terms, other, namespaces);
    match (&event.change, event.action) {
        (Change::Pod(None, Some(new)), Action::Add) => all(near, new),
        (Change::Pod(Some(old), Some(new)), Action::UpdatePodLabel) => {
            new.uid() == pod.uid()
                || (!new.spec.node_name.is_empty()
                    && ((!all(near, old) && all(near, new)) || (all(far, old) && !all(far, new))))
        }
        (Change::Pod(Some(gone), None), Action::Delete) => {
            all(far, gone) || all(gone.required_anti_affinity(), pod)
        }
        (Change::Node(old, Some(new)), Action::Add | Action::UpdateNodeLabel) => {
            let value =
                |node: &Node, term: &AffinityTerm| node.metadata.labels.get(&term.topology_key).cloned();
            match old {
                None => near.iter().any(|term| value(new, term).is_some()) || !far.is_empty(),
                Some(old) => {
                    near.iter().any(|t| value(new, t).is_some() && value(old, t) != value(new, t))
                        || far.iter().any(|t| value(old, t).is_some() && value(old, t) != value(new, t))
                }
            }
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheduler::testing::{cache, node, pod};
    use serde_json::{Value, json};

    const ZONE: &str = "topology.kubernetes.io/zone";

    fn zones() -> Cache {
        cache([
            node("n1").label(ZONE, "a"),
            node("n2").label(ZONE, "a"),
            node("n3").label(ZONE, "b"),
            node("n4"),
        ])
    }

    fn required(kind: &str, app: &str) -> Value {
        json!({"affinity": {kind: {"requiredDuringSchedulingIgnoredDuringExecution": [
            {"topologyKey": ZONE, "labelSelector": {"matchLabels": {"app": app}}}]}}})
    }

    fn verdicts(pod: &PodInfo, cache: &Cache) -> Vec<String> {
        let state = pre_filter(pod, cache);
        cache.all().map(|n| state.filter(pod, n).map_or(String::new(), |r| r.message())).collect()
    }

    const NEAR: &str = "node(s) didn't match pod affinity rules";
    const FAR: &str = "node(s) didn't match pod anti-affinity rules";
    const EXISTING: &str = "node(s) didn't satisfy existing pods anti-affinity rules";

    #[test]
    fn affinity_means_the_domain_of_the_other_pod() {
        let mut cache = zones();
        cache.set_pod(pod("db").label("app", "db").build(), "n1", false);
        let web = pod("web").spec(required("podAffinity", "db")).build();
        // In the order of zones: n1 (a), n3 (b), n4 (none), n2 (a).
        assert_eq!(verdicts(&web, &cache), ["", NEAR, NEAR, ""]);
    }

    #[test]
    fn the_first_of_a_group_that_wants_itself_may_start_anywhere_with_the_label() {
        let cache = zones();
        let first = pod("g").label("app", "g").spec(required("podAffinity", "g")).build();
        assert_eq!(verdicts(&first, &cache), ["", "", NEAR, ""]);
        let waiting = pod("w").spec(required("podAffinity", "g")).build();
        assert_eq!(verdicts(&waiting, &cache), [NEAR; 4], "it is not of the group itself");
    }

    #[test]
    fn anti_affinity_keeps_away_from_the_domain_on_both_sides() {
        let mut cache = zones();
        cache.set_pod(pod("x").label("app", "x").build(), "n3", false);
        let shy = pod("shy").label("app", "shy").spec(required("podAntiAffinity", "x")).build();
        assert_eq!(verdicts(&shy, &cache), ["", FAR, "", ""], "without the label there is no domain");
        cache.set_pod(shy, "n1", false);
        let x = pod("x2").label("app", "x").build();
        assert_eq!(verdicts(&x, &cache), [EXISTING, "", "", EXISTING]);
    }

    #[test]
    fn a_domain_with_more_wanted_neighbours_scores_higher() {
        let mut cache = zones();
        cache.set_pod(pod("cache").label("app", "cache").build(), "n1", false);
        let term = json!({"topologyKey": ZONE, "labelSelector": {"matchLabels": {"app": "cache"}}});
        let web = pod("web")
            .spec(json!({"affinity": {"podAffinity": {"preferredDuringSchedulingIgnoredDuringExecution":
                [{"weight": 50, "podAffinityTerm": term}]}}}))
            .build();
        assert_eq!(score(&web, cache.order(), &cache), Some([100, 0, 0, 100].to_vec()));
        assert_eq!(score(&pod("plain").build(), cache.order(), &cache), None);
    }

    #[test]
    fn the_end_of_a_refusing_pod_is_worth_another_try() {
        let guard = pod("guard").spec(required("podAntiAffinity", "x")).build();
        let gone = ClusterEvent::pod(Action::Delete, Some(guard), None);
        let namespaces = Namespaces::default();
        assert!(helps(&pod("x").label("app", "x").build(), &gone, &namespaces));
        assert!(!helps(&pod("y").label("app", "y").build(), &gone, &namespaces));
    }
}
