//! `PodTopologySpread`: pods of a kind spread evenly over nodes, zones or other domains
//! (`podtopologyspread/filtering.go`, `scoring.go`).

mod constraints;

use crate::scheduler::cache::Cache;
use crate::scheduler::cluster_event::{Change, ClusterEvent};
use crate::scheduler::domains::Domains;
use crate::scheduler::framework::{Action, MAX_NODE_SCORE, Plugin, Rejection};
use crate::scheduler::node_info::{HOSTNAME, NodeInfo};
use crate::scheduler::pod_info::PodInfo;
use crate::store::Store;
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use constraints::{Constraint, defaults, have_all_keys, own};

/// The hard constraints with the numbers of matching pods by domain.
#[derive(Clone, Debug, Default)]
pub(super) struct PreFilterState {
    constraints: Vec<(Constraint, Counts)>,
}

/// The numbers of matching pods by domain.
#[derive(Clone, Debug, Default)]
struct Counts {
    by_domain: BTreeMap<String, i64>,
    /// The smallest of them. Without any domain upstream's minimum is the largest number: nothing is refused.
    emptiest: i64,
}

impl Counts {
    fn new(by_domain: BTreeMap<String, i64>) -> Self {
        let emptiest = by_domain.values().min().copied().unwrap_or(i64::from(i32::MAX));
        Counts { by_domain, emptiest }
    }
}

/// Counts the matching pods. Only nodes count that have the keys of all constraints and that the pod might go to.
pub(super) fn pre_filter(pod: &PodInfo, cache: &mut Cache) -> PreFilterState {
    let constraints = own(pod, "DoNotSchedule");
    let counts: Vec<Arc<Vec<u32>>> =
        constraints.iter().map(|c| cache.count_pods(&pod.metadata.namespace, &c.selector)).collect();
    let domains = constraints.iter().zip(&counts).map(|(constraint, counts)| {
        let mut domains = BTreeMap::new();
        for index in cache.order() {
            let node = cache.node(*index);
            if let Some(value) = node.label(&constraint.key)
                && have_all_keys(&node.node, &constraints)
                && constraint.includes(pod, node)
            {
                *domains.entry(value.to_string()).or_insert(0) += count(counts, *index);
            }
        }
        Counts::new(domains)
    });
    let domains: Vec<_> = domains.collect();
    PreFilterState { constraints: constraints.into_iter().zip(domains).collect() }
}

fn count(counts: &[u32], index: usize) -> i64 {
    counts.get(index).copied().map_or(0, i64::from)
}

impl PreFilterState {
    pub(super) fn change_pod(&mut self, pod: &PodInfo, other: &PodInfo, node: &NodeInfo, by: i64) {
        let every_key = self.constraints.iter().all(|(c, _)| node.label(&c.key).is_some());
        if other.metadata.namespace != pod.metadata.namespace || !every_key {
            return;
        }
        for (constraint, domains) in &mut self.constraints {
            if constraint.selector.matches(&other.metadata.labels)
                && constraint.includes(pod, node)
                && let Some(value) = node.label(&constraint.key)
            {
                let mut by_domain = core::mem::take(&mut domains.by_domain);
                *by_domain.entry(value.to_string()).or_insert(0) += by;
                *domains = Counts::new(by_domain);
            }
        }
    }

    /// The domain may exceed the emptiest one by the allowed skew only, the pod itself counted. With fewer domains
    /// than `minDomains` the emptiest counts as empty.
    pub(super) fn filter(&self, pod: &PodInfo, node: &NodeInfo) -> Option<Rejection> {
        for (constraint, domains) in &self.constraints {
            let Some(value) = node.label(&constraint.key) else {
                return Some(Rejection::for_good(
                    Plugin::PodTopologySpread,
                    "node(s) didn't match pod topology spread constraints (missing required label)",
                ));
            };
            let too_few = domains.by_domain.len() < usize::try_from(constraint.min_domains).unwrap_or(0);
            let emptiest = if too_few { 0 } else { domains.emptiest };
            let itself = i64::from(constraint.selector.matches(&pod.metadata.labels));
            let here = domains.by_domain.get(value).copied().unwrap_or(0);
            if here + itself - emptiest > i64::from(constraint.max_skew) {
                return Some(Rejection::by_pods(
                    Plugin::PodTopologySpread,
                    "node(s) didn't match pod topology spread constraints",
                ));
            }
        }
        None
    }
}

/// The fewer matching pods in the node's domains the better. Without constraints of its own a pod of a Service or a
/// workload spreads by the system's defaults.
pub(super) fn score(pod: &PodInfo, nodes: &[usize], cache: &mut Cache, store: &Store) -> Option<Vec<i64>> {
    let own_constraints = !pod.spec.topology_spread_constraints.is_empty();
    let constraints = if own_constraints { own(pod, "ScheduleAnyway") } else { defaults(pod, store) };
    if constraints.is_empty() {
        return None;
    }
    let namespace = &pod.metadata.namespace;
    let counts: Vec<Arc<Vec<u32>>> =
        constraints.iter().map(|c| cache.count_pods(namespace, &c.selector)).collect();
    let domains: Vec<Arc<Domains>> = constraints.iter().map(|c| cache.domains(&c.key)).collect();
    let counted = |node: usize| !own_constraints || domains.iter().all(|domains| domains.has(node));
    let ignored: Vec<bool> = nodes.iter().map(|node| !counted(*node)).collect();
    let looked_at = || nodes.iter().zip(&ignored).filter(|(_, ignored)| !**ignored).map(|(node, _)| *node);

    let mut sums = alloc::vec![0.0; nodes.len()];
    for ((constraint, counts), domains) in constraints.iter().zip(&counts).zip(&domains) {
        let by_host = constraint.key == HOSTNAME;
        // Of the domains that nodes are looked at in.
        let mut pods_in: Vec<Option<i64>> = if by_host { Vec::new() } else { domains.numbers(None) };
        if !by_host {
            looked_at().for_each(|node| pods_in[domains.number(node)] = Some(0));
            for node in cache.order() {
                let pods = count(counts, *node);
                if pods > 0
                    && let Some(sum) = &mut pods_in[domains.number(*node)]
                    && counted(*node)
                    && constraint.includes(pod, cache.node(*node))
                {
                    *sum += pods;
                }
            }
        }
        let size = if by_host { looked_at().count() } else { pods_in.iter().flatten().count() };
        let weight = libm::log((size + 2) as f64);
        for (sum, node) in sums.iter_mut().zip(nodes).filter(|(_, node)| domains.has(**node)) {
            let pods =
                if by_host { count(counts, *node) } else { pods_in[domains.number(*node)].unwrap_or(0) };
            *sum += pods as f64 * weight + f64::from(constraint.max_skew - 1);
        }
    }
    let scores: Vec<i64> = sums.into_iter().map(|sum| libm::round(sum) as i64).collect();
    Some(fewest_first(&scores, &ignored))
}

/// 100 for the node with the fewest, 0 for those that are ignored (`NormalizeScore`).
fn fewest_first(scores: &[i64], ignored: &[bool]) -> Vec<i64> {
    let counted = || scores.iter().zip(ignored).filter(|(_, ignored)| !**ignored).map(|(score, _)| *score);
    let (lowest, highest) = (counted().min().unwrap_or(0), counted().max().unwrap_or(0));
    let normalized = |(score, ignored): (&i64, &bool)| match (*ignored, highest) {
        (true, _) => 0,
        (false, 0) => MAX_NODE_SCORE,
        _ => MAX_NODE_SCORE * (highest + lowest - score) / highest,
    };
    scores.iter().zip(ignored).map(normalized).collect()
}

/// A change of the pods that are counted, or of the domains.
pub(super) fn helps(pod: &PodInfo, event: &ClusterEvent) -> bool {
    let constraints = own(pod, "DoNotSchedule");
    let counted = |other: &PodInfo| {
        other.metadata.namespace == pod.metadata.namespace
            && constraints.iter().any(|c| c.selector.matches(&other.metadata.labels))
    };
    match (&event.change, event.action) {
        (Change::Pod(None, Some(new)), Action::Add) => counted(new),
        (Change::Pod(Some(gone), None), Action::Delete) => counted(gone),
        (Change::Pod(Some(old), Some(new)), Action::UpdatePodLabel) => {
            let concerned = new.uid() == pod.uid() || !new.spec.node_name.is_empty();
            let (before, after) = (&old.metadata.labels, &new.metadata.labels);
            concerned
                && new.metadata.namespace == pod.metadata.namespace
                && constraints.iter().any(|c| c.selector.matches(before) != c.selector.matches(after))
        }
        (Change::Pod(_, Some(new)), Action::UpdatePodToleration) => {
            new.uid() == pod.uid() && constraints.iter().any(|c| c.honor_taints)
        }
        (
            Change::Node(old, new),
            Action::Add | Action::Delete | Action::UpdateNodeLabel | Action::UpdateNodeTaint,
        ) => {
            let in_domains = |node: &Option<crate::scheduler::node_info::SharedNode>| {
                node.as_ref().is_some_and(|node| have_all_keys(node, &constraints))
            };
            let (before, after) = (in_domains(old), in_domains(new));
            let moved = || match (old, new) {
                (Some(old), Some(new)) => {
                    old.spec.taints != new.spec.taints
                        || constraints
                            .iter()
                            .any(|c| old.metadata.labels.get(&c.key) != new.metadata.labels.get(&c.key))
                }
                _ => false,
            };
            before != after || (after && moved())
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

    fn spread(key: &str, when: &str) -> Value {
        json!({"topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": key, "whenUnsatisfiable": when,
            "labelSelector": {"matchLabels": {"app": "w"}}}]})
    }

    fn web(name: &str, spec: &Value) -> alloc::sync::Arc<PodInfo> {
        pod(name).label("app", "w").spec(spec.clone()).build()
    }

    fn verdicts(pod: &PodInfo, cache: &mut Cache) -> Vec<String> {
        let state = pre_filter(pod, cache);
        cache.all().map(|n| state.filter(pod, n).map_or(String::new(), |r| r.message())).collect()
    }

    const SKEWED: &str = "node(s) didn't match pod topology spread constraints";
    const NO_LABEL: &str = "node(s) didn't match pod topology spread constraints (missing required label)";

    #[test]
    fn a_zone_may_be_one_pod_ahead() {
        let spec = spread(ZONE, "DoNotSchedule");
        let mut cache = cache([node("n1").label(ZONE, "a"), node("n2").label(ZONE, "b"), node("n3")]);
        assert_eq!(verdicts(&web("w1", &spec), &mut cache), ["", "", NO_LABEL]);
        cache.set_pod(web("w1", &spec), "n1", false);
        assert_eq!(verdicts(&web("w2", &spec), &mut cache), [SKEWED, "", NO_LABEL]);
        cache.set_pod(web("w2", &spec), "n2", false);
        assert_eq!(verdicts(&web("w3", &spec), &mut cache), ["", "", NO_LABEL]);
        cache.remove_pod(&"uid-w1".into());
        assert_eq!(verdicts(&web("w3", &spec), &mut cache), ["", SKEWED, NO_LABEL], "the counts follow");
    }

    #[test]
    fn with_too_few_domains_each_takes_only_the_skew() {
        let mut spec = spread(ZONE, "DoNotSchedule");
        spec["topologySpreadConstraints"][0]["minDomains"] = json!(3);
        let mut cache = cache([node("n1").label(ZONE, "a"), node("n2").label(ZONE, "b")]);
        cache.set_pod(web("w1", &spec), "n1", false);
        cache.set_pod(web("w2", &spec), "n2", false);
        assert_eq!(verdicts(&web("w3", &spec), &mut cache), [SKEWED, SKEWED]);
    }

    #[test]
    fn a_domain_that_the_pod_cannot_go_to_does_not_hold_the_others_back() {
        let mut spec = spread(ZONE, "DoNotSchedule");
        spec["nodeSelector"] = json!({"disk": "ssd"});
        let mut cache =
            cache([node("n1").label(ZONE, "a").label("disk", "ssd"), node("n2").label(ZONE, "b")]);
        cache.set_pod(web("w1", &spec), "n1", false);
        // Zone b is empty, but no node of it matches: zone a is the only domain.
        assert_eq!(verdicts(&web("w2", &spec), &mut cache)[0], "");
    }

    #[test]
    fn soft_constraints_prefer_the_emptier_zone() {
        let spec = spread(ZONE, "ScheduleAnyway");
        let mut cache = cache([node("n1").label(ZONE, "a"), node("n2").label(ZONE, "b")]);
        cache.set_pod(web("w1", &spec), "n1", false);
        let nodes = cache.order().to_vec();
        let scores = score(&web("w2", &spec), &nodes, &mut cache, &Store::default());
        assert_eq!(scores, Some([0, 100].to_vec()));
    }
}
