//! The words that the scheduler's parts share: plugins, what a refusal is, what happens in the cluster
//! (`pkg/scheduler/framework`, `kube-scheduler/framework/types.go`).

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::iter;

/// The plugins of the default profile, in their order (`apis/config/v1/default_plugins.go`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Plugin {
    SchedulingGates,
    NodeUnschedulable,
    NodeName,
    TaintToleration,
    NodeAffinity,
    NodePorts,
    NodeResourcesFit,
    VolumeRestrictions,
    NodeVolumeLimits,
    VolumeBinding,
    VolumeZone,
    PodTopologySpread,
    InterPodAffinity,
    DefaultPreemption,
    NodeResourcesBalancedAllocation,
    ImageLocality,
}

impl Plugin {
    const ALL: [Plugin; 16] = [
        Plugin::SchedulingGates,
        Plugin::NodeUnschedulable,
        Plugin::NodeName,
        Plugin::TaintToleration,
        Plugin::NodeAffinity,
        Plugin::NodePorts,
        Plugin::NodeResourcesFit,
        Plugin::VolumeRestrictions,
        Plugin::NodeVolumeLimits,
        Plugin::VolumeBinding,
        Plugin::VolumeZone,
        Plugin::PodTopologySpread,
        Plugin::InterPodAffinity,
        Plugin::DefaultPreemption,
        Plugin::NodeResourcesBalancedAllocation,
        Plugin::ImageLocality,
    ];

    /// Its name in messages.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Plugin::SchedulingGates => "SchedulingGates",
            Plugin::NodeUnschedulable => "NodeUnschedulable",
            Plugin::NodeName => "NodeName",
            Plugin::TaintToleration => "TaintToleration",
            Plugin::NodeAffinity => "NodeAffinity",
            Plugin::NodePorts => "NodePorts",
            Plugin::NodeResourcesFit => "NodeResourcesFit",
            Plugin::VolumeRestrictions => "VolumeRestrictions",
            Plugin::NodeVolumeLimits => "NodeVolumeLimits",
            Plugin::VolumeBinding => "VolumeBinding",
            Plugin::VolumeZone => "VolumeZone",
            Plugin::PodTopologySpread => "PodTopologySpread",
            Plugin::InterPodAffinity => "InterPodAffinity",
            Plugin::DefaultPreemption => "DefaultPreemption",
            Plugin::NodeResourcesBalancedAllocation => "NodeResourcesBalancedAllocation",
            Plugin::ImageLocality => "ImageLocality",
        }
    }
}

/// A set of plugins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct PluginSet(u32);

impl PluginSet {
    pub(crate) fn insert(&mut self, plugin: Plugin) {
        self.0 |= 1 << plugin as u32;
    }

    pub(crate) fn contains(self, plugin: Plugin) -> bool {
        self.0 & (1 << plugin as u32) != 0
    }

    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = Plugin> {
        Plugin::ALL.into_iter().filter(move |plugin| self.contains(*plugin))
    }
}

impl FromIterator<Plugin> for PluginSet {
    fn from_iter<I: IntoIterator<Item = Plugin>>(plugins: I) -> Self {
        let mut set = PluginSet::default();
        plugins.into_iter().for_each(|plugin| set.insert(plugin));
        set
    }
}

/// Words that mostly are always the same.
pub(crate) type Reason = Cow<'static, str>;

/// Why a plugin does not let a pod onto a node, or onto any.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Rejection {
    /// Who refuses.
    pub(crate) plugin: Plugin,
    /// Whether the removal of other pods could change it (`Unschedulable`); otherwise it is
    /// `UnschedulableAndUnresolvable`, and preemption does not look at the node.
    pub(crate) resolvable: bool,
    /// What is said; each reason counts by itself in the message.
    pub(crate) reasons: Vec<Reason>,
}

impl Rejection {
    /// `Unschedulable`: other pods are in the way.
    pub(crate) fn by_pods(plugin: Plugin, reason: &'static str) -> Self {
        Rejection { plugin, resolvable: true, reasons: vec![Cow::Borrowed(reason)] }
    }

    /// `UnschedulableAndUnresolvable`: no removal of pods helps.
    pub(crate) fn for_good(plugin: Plugin, reason: impl Into<Reason>) -> Self {
        Rejection { plugin, resolvable: false, reasons: vec![reason.into()] }
    }

    /// The reasons in a row (`fwk.Status.Message`).
    pub(crate) fn message(&self) -> String {
        self.reasons.join(", ")
    }
}

/// How it changed: each update names what may matter to a waiting pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Add,
    Delete,
    UpdateNodeAllocatable,
    UpdateNodeLabel,
    UpdateNodeTaint,
    UpdatePodLabel,
    UpdatePodScaleDown,
    UpdatePodToleration,
    UpdatePodSchedulingGatesEliminated,
    /// An update of an object other than a pod or node.
    Update,
}

/// Merges the values that every element of a set allows; none allows everything.
pub(crate) fn narrow<T: Clone + Ord>(
    allowed: Option<alloc::collections::BTreeSet<T>>,
    by: alloc::collections::BTreeSet<T>,
) -> alloc::collections::BTreeSet<T> {
    match allowed {
        None => by,
        Some(allowed) => allowed.intersection(&by).cloned().collect(),
    }
}

/// The scores of the feasible nodes, in their order, stretched so that the highest is 100
/// (`plugins/helper/normalize_score.go DefaultNormalizeScore`); `reverse` makes the highest 0.
pub(crate) fn normalize(scores: &mut [i64], reverse: bool) {
    let highest = scores.iter().copied().chain(iter::once(0)).max().unwrap_or(0);
    for score in scores {
        let share = if highest == 0 { 0 } else { MAX_NODE_SCORE * *score / highest };
        *score = if reverse { MAX_NODE_SCORE - share } else { share };
    }
}

/// The best score of one plugin for one node (`fwk.MaxNodeScore`).
pub(crate) const MAX_NODE_SCORE: i64 = 100;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_keeps_the_order_of_the_profile() {
        let set: PluginSet = [Plugin::InterPodAffinity, Plugin::NodeName].into_iter().collect();
        assert!(set.iter().eq([Plugin::NodeName, Plugin::InterPodAffinity]));
        assert!(PluginSet::default().is_empty());
    }

    #[test]
    fn the_highest_score_becomes_100() {
        let mut scores = [5, 10, 0];
        normalize(&mut scores, false);
        assert_eq!(scores, [50, 100, 0]);
        let mut taints = [1, 0];
        normalize(&mut taints, true);
        assert_eq!(taints, [0, 100], "the fewer the better");
        let mut none = [0, 0];
        normalize(&mut none, true);
        assert_eq!(none, [100, 100]);
    }
}
