//! Which nodes a DaemonSet means (`daemon_controller.go NodeShouldRunDaemonPod`, `daemon/util/daemonset_util.go`).

use alloc::string::ToString;
use alloc::vec;
use lifepod_api::placement::{DO_NOT_SCHEDULE, node_matches, required_node_affinity, untolerated_taint};
use lifepod_api::{
    Affinity, DaemonSet, Node, NodeAffinity, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, Pod,
    PodSpec, Shared, Toleration,
};

/// Whether a node is to have a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ShouldRun {
    Yes,
    /// It gets none, but keeps the one that it has.
    Continue,
    No,
}

/// A pod as a DaemonSet would make it, for asking which nodes would take it.
pub(super) struct DaemonPod {
    spec: Shared<PodSpec>,
}

impl DaemonPod {
    pub(super) fn of(set: &DaemonSet) -> Self {
        let mut spec = set.spec.template.spec.clone();
        add_tolerations(&mut spec);
        DaemonPod { spec }
    }

    /// What the node's name, labels and taints say. Whether there is room does not count: that is the scheduler's.
    pub(super) fn should_run_on(&self, node: &Node) -> ShouldRun {
        let spec = &self.spec;
        let named = spec.node_name.is_empty() || spec.node_name == node.metadata.name;
        let keeps_off =
            |effects: &[&str]| untolerated_taint(&node.spec.taints, &spec.tolerations, effects).is_some();
        if !named || !node_matches(spec, node) || keeps_off(&["NoExecute"]) {
            ShouldRun::No
        } else if keeps_off(&DO_NOT_SCHEDULE) {
            ShouldRun::Continue
        } else {
            ShouldRun::Yes
        }
    }
}

/// Daemon pods stay when their node fails, and come to nodes that take no others
/// (`AddOrUpdateDaemonPodTolerations`).
pub(super) fn add_tolerations(spec: &mut PodSpec) {
    let taints = [
        ("node.kubernetes.io/not-ready", "NoExecute"),
        ("node.kubernetes.io/unreachable", "NoExecute"),
        ("node.kubernetes.io/disk-pressure", "NoSchedule"),
        ("node.kubernetes.io/memory-pressure", "NoSchedule"),
        ("node.kubernetes.io/pid-pressure", "NoSchedule"),
        ("node.kubernetes.io/unschedulable", "NoSchedule"),
        ("node.kubernetes.io/network-unavailable", "NoSchedule"),
    ];
    let count = if spec.host_network { taints.len() } else { taints.len() - 1 };
    for (key, effect) in &taints[..count] {
        let toleration = Toleration {
            key: key.to_string(),
            operator: "Exists".to_string(),
            effect: effect.to_string(),
            ..Toleration::default()
        };
        // One for the same taint is replaced, whatever its seconds.
        let same =
            |old: &&mut Toleration| Toleration { toleration_seconds: None, ..(**old).clone() } == toleration;
        match spec.tolerations.iter_mut().find(same) {
            Some(old) => *old = toleration,
            None => spec.tolerations.push(toleration),
        }
    }
}

/// Makes the scheduler put a pod on that node and no other (`ReplaceDaemonSetPodNodeNameNodeAffinity`).
pub(super) fn bind_to(spec: &mut PodSpec, node: &str) {
    let by_name = NodeSelectorTerm {
        match_fields: vec![NodeSelectorRequirement {
            key: "metadata.name".to_string(),
            operator: "In".to_string(),
            values: vec![node.to_string()],
        }],
        ..NodeSelectorTerm::default()
    };
    let affinity = spec.affinity.get_or_insert_with(Affinity::default);
    let affinity = affinity.node_affinity.get_or_insert_with(NodeAffinity::default);
    affinity.required_during_scheduling_ignored_during_execution =
        Some(NodeSelector { node_selector_terms: vec![by_name] });
}

/// The node that a pod is on, or is to be on (`GetTargetNodeName`).
pub(super) fn target_node(pod: &Pod) -> Option<&str> {
    if !pod.spec.node_name.is_empty() {
        return Some(&pod.spec.node_name);
    }
    let terms = &required_node_affinity(&pod.spec)?.node_selector_terms;
    let mut fields = terms.iter().flat_map(|term| &term.match_fields);
    let by_name = fields.find(|field| field.key == "metadata.name" && field.operator == "In")?;
    match by_name.values.as_slice() {
        [node] => Some(node),
        _ => None,
    }
}
