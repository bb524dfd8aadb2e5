//! The plugins of the default profile (`pkg/scheduler/framework/plugins`), one file each, and the points at which they
//! are asked.
//!
//! Upstream a plugin is an object behind interfaces, with a bag of state for each cycle. The set of plugins is fixed
//! here: [`CycleState`] has a field for each that prepares something, and [`filter`] asks them in order.

mod balanced_allocation;
mod image_locality;
pub(crate) mod inter_pod_affinity;
mod node_affinity;
mod node_name;
mod node_ports;
pub(crate) mod node_resources_fit;
mod node_unschedulable;
pub(crate) mod pod_topology_spread;
mod taint_toleration;
pub(crate) mod volumes;

use crate::scheduler::cache::Cache;
use crate::scheduler::cluster_event::ClusterEvent;
use crate::scheduler::framework::{Plugin, PluginSet, Rejection};
use crate::scheduler::node_info::NodeInfo;
use crate::scheduler::pod_info::PodInfo;
use crate::scheduler::queue::Hint;
use crate::store::Store;
use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

/// What plugins prepared for one pod before they look at nodes.
#[derive(Clone, Debug, Default)]
pub(crate) struct CycleState {
    spread: pod_topology_spread::PreFilterState,
    affinity: inter_pod_affinity::PreFilterState,
    /// The claims of the pod.
    pub(crate) volumes: volumes::PodVolumes,
}

impl CycleState {
    /// Reckons with a pod that comes to a node, or leaves it (`PreFilterExtensions`).
    pub(crate) fn change_pod(
        &mut self,
        pod: &PodInfo,
        other: &PodInfo,
        node: &NodeInfo,
        cache: &Cache,
        by: i64,
    ) {
        self.spread.change_pod(pod, other, node, by);
        self.affinity.change_pod(pod, other, node, &cache.namespaces, by);
        self.volumes.change_pod(pod, other, by);
    }
}

/// The result of `PreFilter`: the nodes that are worth a look, none for all; and whose doing that is.
#[derive(Clone, Debug, Default)]
pub(crate) struct PreFiltered {
    /// The names of the only nodes that come into question.
    pub(crate) nodes: Option<BTreeSet<String>>,
    /// The plugins that narrowed them down.
    pub(crate) narrowed_by: PluginSet,
}

/// Asks the plugins before any node is looked at (`runtime/framework.go RunPreFilterPlugins`).
///
/// # Errors
/// The rejection of the whole pod.
pub(crate) fn pre_filter(
    pod: &PodInfo,
    cache: &mut Cache,
    store: &Store,
) -> Result<(CycleState, PreFiltered), Rejection> {
    let mut result = PreFiltered::default();
    if let Some(names) = node_affinity::pre_filter(&pod.spec)? {
        result.nodes = Some(names);
        result.narrowed_by.insert(Plugin::NodeAffinity);
    }
    let state = CycleState {
        volumes: volumes::pre_filter(pod, store, cache)?,
        spread: pod_topology_spread::pre_filter(pod, cache),
        affinity: inter_pod_affinity::pre_filter(pod, cache),
    };
    Ok((state, result))
}

/// The first plugin's rejection of the node, none if the pod fits (`RunFilterPlugins`).
pub(crate) fn filter(state: &CycleState, pod: &PodInfo, node: &NodeInfo) -> Option<Rejection> {
    node_unschedulable::filter(pod, node)
        .or_else(|| node_name::filter(pod, node))
        .or_else(|| taint_toleration::filter(pod, node))
        .or_else(|| node_affinity::filter(pod, node))
        .or_else(|| node_ports::filter(pod, node))
        .or_else(|| node_resources_fit::filter(pod, node))
        .or_else(|| state.volumes.filter(node))
        .or_else(|| state.spread.filter(pod, node))
        .or_else(|| state.affinity.filter(pod, node))
}

/// A plugin's scores of the feasible nodes, in their order, with its weight.
pub(crate) struct Scores {
    /// Who scores.
    pub(crate) plugin: Plugin,
    /// The scores times the plugin's weight.
    pub(crate) weighted: Vec<i64>,
}

/// Asks the plugins which of the feasible nodes is best (`RunPreScorePlugins`, `RunScorePlugins`). A plugin that has
/// nothing to say leaves no scores.
pub(crate) fn score(pod: &PodInfo, nodes: &[usize], cache: &mut Cache, store: &Store) -> Vec<Scores> {
    let scores = [
        (Plugin::TaintToleration, 3, Some(taint_toleration::score(pod, nodes, cache))),
        (Plugin::NodeAffinity, 2, node_affinity::score(pod, nodes, cache)),
        (Plugin::NodeResourcesFit, 1, Some(node_resources_fit::score(pod, nodes, cache))),
        (Plugin::PodTopologySpread, 2, pod_topology_spread::score(pod, nodes, cache, store)),
        (Plugin::InterPodAffinity, 2, inter_pod_affinity::score(pod, nodes, cache)),
        (Plugin::NodeResourcesBalancedAllocation, 1, balanced_allocation::score(pod, nodes, cache)),
        (Plugin::ImageLocality, 1, Some(image_locality::score(pod, nodes, cache))),
    ];
    let said = scores.into_iter().filter_map(|(plugin, weight, scores)| Some((plugin, weight, scores?)));
    said.map(|(plugin, weight, mut weighted)| {
        weighted.iter_mut().for_each(|score| *score *= weight);
        Scores { plugin, weighted }
    })
    .collect()
}

/// Whether what happened may help a pod that `plugin` refused (`EventsToRegister` and the queueing hints).
pub(crate) fn hint(plugin: Plugin, pod: &PodInfo, event: &ClusterEvent, cache: &Cache) -> Hint {
    let helps = match plugin {
        Plugin::SchedulingGates => gates_gone(pod, event),
        Plugin::NodeUnschedulable => node_unschedulable::helps(pod, event),
        Plugin::NodeName => node_name::helps(event),
        Plugin::TaintToleration => taint_toleration::helps(pod, event),
        Plugin::NodeAffinity => node_affinity::helps(pod, event),
        Plugin::NodePorts => node_ports::helps(pod, event),
        Plugin::NodeResourcesFit => node_resources_fit::helps(pod, event),
        Plugin::VolumeRestrictions
        | Plugin::NodeVolumeLimits
        | Plugin::VolumeBinding
        | Plugin::VolumeZone => volumes::helps(plugin, pod, event),
        Plugin::PodTopologySpread => pod_topology_spread::helps(pod, event),
        Plugin::InterPodAffinity => inter_pod_affinity::helps(pod, event, &cache.namespaces),
        Plugin::DefaultPreemption | Plugin::NodeResourcesBalancedAllocation | Plugin::ImageLocality => false,
    };
    if helps { Hint::Queue } else { Hint::Skip }
}

/// `SchedulingGates` waits for the pod's own last gate (`schedulinggates/scheduling_gates.go`).
fn gates_gone(pod: &PodInfo, event: &ClusterEvent) -> bool {
    use crate::scheduler::cluster_event::Change;
    use crate::scheduler::framework::Action;
    event.action == Action::UpdatePodSchedulingGatesEliminated
        && matches!(&event.change, Change::Pod(_, Some(new)) if new.uid() == pod.uid())
}

/// The scores of the nodes, one by one.
fn each(nodes: &[usize], cache: &Cache, score: impl Fn(&NodeInfo) -> i64) -> Vec<i64> {
    let mut scores = vec![0; nodes.len()];
    for (score_of, index) in scores.iter_mut().zip(nodes) {
        *score_of = score(cache.node(*index));
    }
    scores
}
