//! One scheduling cycle's search for a node (`pkg/scheduler/schedule_one.go schedulePod`).

use crate::jitter::{Draw, Jitter};
use crate::scheduler::cache::Cache;
use crate::scheduler::diagnosis::Diagnosis;
use crate::scheduler::framework::{Plugin, Rejection};
use crate::scheduler::node_info::NodeInfo;
use crate::scheduler::nominator::Nominator;
use crate::scheduler::plugins::{self, CycleState, PreFiltered, Scores};
use crate::scheduler::pod_info::PodInfo;
use crate::scheduler::queue::SchedulingQueue;
use crate::store::Store;
use alloc::borrow::Cow;
use alloc::format;
use alloc::sync::Arc;
use alloc::vec::Vec;
use lifepod_api::SimTime;

/// At least this many feasible nodes are looked for, or all there are (`minFeasibleNodesToFind`).
const MIN_FEASIBLE_NODES: usize = 100;
/// In a large cluster, at least this share of the nodes (`minFeasibleNodesPercentageToFind`).
const MIN_FEASIBLE_PERCENTAGE: usize = 5;

/// The pods that were promised room on a node, with what is known of them.
#[derive(Clone, Copy)]
pub(crate) struct Nominated<'a> {
    pub(crate) nominator: &'a Nominator,
    pub(crate) queue: &'a SchedulingQueue,
}

impl Nominated<'_> {
    /// The pods that wait for the node.
    pub(crate) fn pods(&self, node: &str) -> impl Iterator<Item = &Arc<PodInfo>> {
        self.nominator.of(node).iter().filter_map(|uid| Some(&self.queue.get(uid)?.info))
    }
}

/// What the search found.
pub(crate) struct Search {
    /// What the plugins prepared; none when they rejected the pod before any node was asked.
    pub(crate) state: Option<CycleState>,
    /// The nodes that would do, by their index, in the order in which they were found.
    pub(crate) feasible: Vec<usize>,
    /// Why the others would not.
    pub(crate) diagnosis: Diagnosis,
    /// The plugins' scores of the feasible nodes; empty when there was no choice.
    pub(crate) scores: Vec<Scores>,
    /// Their sums, by the nodes' places among the feasible ones.
    totals: Vec<i64>,
    /// The node that was chosen.
    pub(crate) chosen: Option<usize>,
}

impl Search {
    /// The total score of the feasible node at this place.
    pub(crate) fn total(&self, place: usize) -> i64 {
        self.totals.get(place).copied().unwrap_or(0)
    }
}

/// How many feasible nodes are enough (`numFeasibleNodesToFind`).
fn enough(nodes: usize) -> usize {
    if nodes < MIN_FEASIBLE_NODES {
        return nodes;
    }
    let percentage = 50usize.saturating_sub(nodes / 125).max(MIN_FEASIBLE_PERCENTAGE);
    (nodes * percentage / 100).max(MIN_FEASIBLE_NODES)
}

/// Looks for nodes that would do, from `start` on, which moves on so that all nodes get their turn.
pub(crate) fn search(
    pod: &PodInfo,
    cache: &mut Cache,
    store: &Store,
    nominated: Nominated,
    start: &mut usize,
) -> Search {
    let mut search = Search {
        state: None,
        feasible: Vec::new(),
        diagnosis: Diagnosis::default(),
        scores: Vec::new(),
        totals: Vec::new(),
        chosen: None,
    };
    let (state, narrowed) = match plugins::pre_filter(pod, cache, store) {
        Ok(prepared) => prepared,
        Err(rejection) => {
            search.diagnosis.rejectors.insert(rejection.plugin);
            search.diagnosis.pre_filter = Some(rejection);
            return search;
        }
    };
    let promised = &pod.status.nominated_node_name;
    if let Some(index) = cache.find(promised).filter(|_| !promised.is_empty()) {
        find_feasible(&state, pod, cache, nominated, &[index], 0, &mut search);
    }
    if search.feasible.is_empty() {
        let all = cache.order().len();
        let looked_at = narrow(&narrowed, cache, &mut search.diagnosis);
        let nodes = looked_at.as_deref().unwrap_or(cache.order());
        find_feasible(&state, pod, cache, nominated, nodes, *start, &mut search);
        let processed = search.feasible.len() + search.diagnosis.nodes.len();
        *start = (*start + processed) % all.max(1);
    }
    search.state = Some(state);
    search
}

/// The nodes that `PreFilter` left; none for all.
fn narrow(narrowed: &PreFiltered, cache: &Cache, diagnosis: &mut Diagnosis) -> Option<Vec<usize>> {
    let names = narrowed.nodes.as_ref()?;
    diagnosis.rejectors = narrowed.narrowed_by.iter().chain(diagnosis.rejectors.iter()).collect();
    let by: Vec<&str> = narrowed.narrowed_by.iter().map(Plugin::name).collect();
    diagnosis.absent = Some(Cow::Owned(format!("node(s) didn't satisfy plugin(s) [{}]", by.join(" "))));
    Some(names.iter().filter_map(|name| cache.find(name)).collect())
}

/// Asks the nodes, beginning with that at `start`, until enough would do (`findNodesThatPassFilters`).
fn find_feasible(
    state: &CycleState,
    pod: &PodInfo,
    cache: &Cache,
    nominated: Nominated,
    nodes: &[usize],
    start: usize,
    search: &mut Search,
) {
    let wanted = enough(nodes.len());
    let (before, after) = nodes.split_at(start % nodes.len().max(1));
    for index in after.iter().chain(before).copied() {
        match filter_with_nominated(state, pod, cache, cache.node(index), nominated) {
            Some(rejection) => search.diagnosis.reject(index, rejection),
            None => {
                search.diagnosis.nodes.remove(&index);
                search.feasible.push(index);
                if search.feasible.len() == wanted {
                    return;
                }
            }
        }
    }
}

/// Asks a node, first as if the pods of the same or higher priority that wait for it were there, and then without
/// them: the pod may need one of them, or may get there before them
/// (`runtime/framework.go RunFilterPluginsWithNominatedPods`).
pub(crate) fn filter_with_nominated(
    state: &CycleState,
    pod: &PodInfo,
    cache: &Cache,
    node: &NodeInfo,
    nominated: Nominated,
) -> Option<Rejection> {
    if !nominated.nominator.is_empty() {
        let before = |other: &&Arc<PodInfo>| other.priority() >= pod.priority() && other.uid() != pod.uid();
        let waiting: Vec<&Arc<PodInfo>> = nominated.pods(node.name()).filter(before).collect();
        if !waiting.is_empty() {
            let (mut with, mut state) = (node.clone(), state.clone());
            for other in waiting {
                with.add_pod(other.clone());
                state.change_pod(pod, other, &with, cache, 1);
            }
            if let Some(rejection) = plugins::filter(&state, pod, &with) {
                return Some(rejection);
            }
        }
    }
    plugins::filter(state, pod, node)
}

/// Chooses among the feasible nodes: the highest score, and chance among equals (`prioritizeNodes`; upstream the order
/// in which parallel searches end decides).
pub(crate) fn choose(
    search: &mut Search,
    pod: &PodInfo,
    cache: &mut Cache,
    store: &Store,
    jitter: &mut Jitter,
    now: SimTime,
) {
    if let [only] = search.feasible.as_slice() {
        search.chosen = Some(*only);
        return;
    }
    search.scores = plugins::score(pod, &search.feasible, cache, store);
    let total = |place: usize| search.scores.iter().map(|scores| scores.weighted[place]).sum();
    search.totals = (0..search.feasible.len()).map(total).collect();
    let totals = &search.totals;
    let Some(highest) = totals.iter().max() else { return };
    let best: Vec<usize> = (0..totals.len()).filter(|place| totals[*place] == *highest).collect();
    let draw = if best.len() > 1 { jitter.draw(Draw::HostAmongEquals, now, SimTime::ZERO) } else { 0.0 };
    let place = (draw * best.len() as f64) as usize;
    search.chosen = best.get(place).and_then(|place| search.feasible.get(*place)).copied();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jitter::JitterMode;
    use crate::scheduler::testing::{cache, node, pod};

    #[test]
    fn in_a_large_cluster_a_part_of_the_nodes_is_enough() {
        assert_eq!([3, 99, 100, 200, 1000, 6000].map(enough), [3, 99, 100, 100, 420, 300]);
    }

    fn none() -> (Nominator, SchedulingQueue) {
        (Nominator::default(), SchedulingQueue::new(0))
    }

    #[test]
    fn each_node_counts_its_first_refusal_and_the_best_of_the_others_wins() {
        let (nominator, queue) = none();
        let nominated = Nominated { nominator: &nominator, queue: &queue };
        let mut cache = cache([
            node("n1").cordoned().taint("k", "", "NoSchedule"),
            node("n2").taint("k", "", "NoSchedule"),
            node("n3").allocatable("cpu", "1"),
            node("n4"),
        ]);
        let w = pod("w").cpu("500m").build();
        let mut search = search(&w, &mut cache, &Store::default(), nominated, &mut 0);
        assert_eq!(search.feasible, [2, 3]);
        let refused = |index| search.diagnosis.nodes[&index].plugin;
        assert_eq!((refused(0), refused(1)), (Plugin::NodeUnschedulable, Plugin::TaintToleration));
        let mut jitter = Jitter::new(1, JitterMode::None);
        choose(&mut search, &w, &mut cache, &Store::default(), &mut jitter, SimTime::ZERO);
        assert_eq!(search.chosen, Some(3), "more of it stays free");
    }

    #[test]
    fn room_that_was_promised_to_a_more_important_pod_is_taken() {
        let mut queue = SchedulingQueue::new(0);
        let important = pod("important").priority(10).cpu("4").build();
        queue.add(important.clone(), None, SimTime::ZERO);
        let mut nominator = Nominator::default();
        nominator.set(important.uid(), "n1");
        let nominated = Nominated { nominator: &nominator, queue: &queue };
        let mut cache = cache([node("n1")]);
        let ask = |pod: &PodInfo, cache: &mut Cache| {
            search(pod, cache, &Store::default(), nominated, &mut 0).feasible.len()
        };
        assert_eq!(ask(&pod("w").cpu("1").build(), &mut cache), 0);
        assert_eq!(ask(&pod("vip").priority(20).cpu("1").build(), &mut cache), 1);
        assert_eq!(ask(&important, &mut cache), 1, "not by the pod itself");
    }
}
