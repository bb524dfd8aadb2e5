//! Which nodes a pod's own words allow: taints and tolerations, node selectors and node affinity, host ports
//! (`component-helpers/scheduling/corev1`). The scheduler, the kubelet, the DaemonSet controller and the eviction by
//! taints all ask the same questions.

use crate::labels::matches_all;
use crate::{Node, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, PodSpec, Taint, Toleration};
use alloc::string::String;

impl Toleration {
    /// Whether a pod with this toleration bears the taint (`k8s.io/api/core/v1/toleration.go ToleratesTaint`). An
    /// empty key with `Exists` bears everything, an empty effect every effect.
    pub fn tolerates(&self, taint: &Taint) -> bool {
        (self.effect.is_empty() || self.effect == taint.effect)
            && (self.key.is_empty() || self.key == taint.key)
            && match self.operator.as_str() {
                "Exists" => true,
                "" | "Equal" => self.value == taint.value,
                _ => false,
            }
    }
}

/// The first taint with one of these effects that no toleration bears
/// (`corev1/helpers.go FindMatchingUntoleratedTaint`).
pub fn untolerated_taint<'a>(
    taints: &'a [Taint],
    tolerations: &[Toleration],
    effects: &[&str],
) -> Option<&'a Taint> {
    taints
        .iter()
        .filter(|taint| effects.contains(&taint.effect.as_str()))
        .find(|taint| !tolerations.iter().any(|t| t.tolerates(taint)))
}

/// The effects that keep a new pod off a node (`plugins/helper/taint.go DoNotScheduleTaintsFilterFunc`).
pub const DO_NOT_SCHEDULE: [&str; 2] = ["NoSchedule", "NoExecute"];

impl NodeSelectorRequirement {
    /// Whether the value of the label or field, if there is one, satisfies the requirement (`labels.Requirement`).
    /// `Gt` and `Lt` compare whole numbers; what is no number satisfies neither.
    fn admits(&self, value: Option<&String>) -> bool {
        let compare = |holds: fn(i64, i64) -> bool| {
            let (Some(have), [wanted]) = (value, self.values.as_slice()) else { return false };
            matches!((have.parse(), wanted.parse()), (Ok(have), Ok(wanted)) if holds(have, wanted))
        };
        match self.operator.as_str() {
            "In" => value.is_some_and(|v| self.values.contains(v)),
            "NotIn" => value.is_none_or(|v| !self.values.contains(v)),
            "Exists" => value.is_some(),
            "DoesNotExist" => value.is_none(),
            "Gt" => compare(|have, wanted| have > wanted),
            "Lt" => compare(|have, wanted| have < wanted),
            _ => false,
        }
    }
}

impl NodeSelectorTerm {
    /// Whether the node satisfies all expressions and fields; a term without any means no node
    /// (`corev1/nodeaffinity/nodeaffinity.go nodeSelectorTerm.match`).
    pub fn matches(&self, node: &Node) -> bool {
        if self.match_expressions.is_empty() && self.match_fields.is_empty() {
            return false;
        }
        let field = |key: &str| (key == "metadata.name").then_some(&node.metadata.name);
        self.match_expressions.iter().all(|r| r.admits(node.metadata.labels.get(&r.key)))
            && self.match_fields.iter().all(|r| r.admits(field(&r.key)))
    }
}

impl NodeSelector {
    /// Whether the node satisfies one of the terms.
    pub fn matches(&self, node: &Node) -> bool {
        self.node_selector_terms.iter().any(|term| term.matches(node))
    }
}

/// The pod's required node affinity, if it has one.
pub fn required_node_affinity(spec: &PodSpec) -> Option<&NodeSelector> {
    let affinity = spec.affinity.as_ref()?.node_affinity.as_ref()?;
    affinity.required_during_scheduling_ignored_during_execution.as_ref()
}

/// Whether the node satisfies the pod's `nodeSelector` and its required node affinity
/// (`nodeaffinity.go GetRequiredNodeAffinity`, `RequiredNodeAffinity.Match`).
pub fn node_matches(spec: &PodSpec, node: &Node) -> bool {
    matches_all(&spec.node_selector, &node.metadata.labels)
        && required_node_affinity(spec).is_none_or(|affinity| affinity.matches(node))
}

/// A port of the node that a pod takes for itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HostPort {
    /// The port's number.
    pub port: i32,
    /// `TCP`, `UDP` or `SCTP`.
    pub protocol: String,
    /// The node's address; `0.0.0.0` for all.
    pub ip: String,
}

impl HostPort {
    /// Whether two pods on one node cannot have both: number and protocol are equal, and the addresses too, or one of
    /// them means all (`framework/types.go HostPortInfo.CheckConflict`).
    pub fn conflicts(&self, other: &HostPort) -> bool {
        let any = |port: &HostPort| port.ip == "0.0.0.0";
        self.port == other.port
            && self.protocol == other.protocol
            && (any(self) || any(other) || self.ip == other.ip)
    }
}

/// The host ports of the pod's containers and sidecars (`pkg/scheduler/util/utils.go GetHostPorts`).
pub fn host_ports(spec: &PodSpec) -> impl Iterator<Item = HostPort> {
    let sidecars = spec.init_containers.iter().filter(|c| c.is_sidecar());
    spec.containers.iter().chain(sidecars).flat_map(|c| &c.ports).filter(|p| p.host_port > 0).map(|p| {
        let or = |value: &str, default: &str| String::from(if value.is_empty() { default } else { value });
        HostPort { port: p.host_port, protocol: or(&p.protocol, "TCP"), ip: or(&p.host_ip, "0.0.0.0") }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use alloc::vec::Vec;

    fn taint(key: &str, value: &str, effect: &str) -> Taint {
        Taint { key: key.to_string(), value: value.to_string(), effect: effect.to_string(), time_added: None }
    }

    fn toleration(key: &str, operator: &str, value: &str, effect: &str) -> Toleration {
        Toleration {
            key: key.to_string(),
            operator: operator.to_string(),
            value: value.to_string(),
            effect: effect.to_string(),
            toleration_seconds: None,
        }
    }

    #[test]
    fn a_toleration_bears_taints_of_its_key_value_and_effect() {
        let gpu = taint("gpu", "yes", "NoSchedule");
        assert!(toleration("gpu", "Equal", "yes", "NoSchedule").tolerates(&gpu));
        assert!(toleration("gpu", "", "yes", "").tolerates(&gpu), "no effect means every effect");
        assert!(toleration("gpu", "Exists", "", "").tolerates(&gpu));
        assert!(toleration("", "Exists", "", "").tolerates(&gpu), "bears everything");
        assert!(!toleration("gpu", "Equal", "no", "NoSchedule").tolerates(&gpu));
        assert!(!toleration("gpu", "Exists", "", "NoExecute").tolerates(&gpu));
    }

    #[test]
    fn preferences_do_not_keep_pods_away() {
        let taints = [taint("a", "", "PreferNoSchedule"), taint("b", "", "NoExecute")];
        let found = untolerated_taint(&taints, &[], &DO_NOT_SCHEDULE);
        assert_eq!(found.map(|t| t.key.as_str()), Some("b"));
        assert_eq!(untolerated_taint(&taints, &[toleration("b", "Exists", "", "")], &DO_NOT_SCHEDULE), None);
    }

    fn requirement(key: &str, operator: &str, values: &[&str]) -> NodeSelectorRequirement {
        NodeSelectorRequirement {
            key: key.to_string(),
            operator: operator.to_string(),
            values: values.iter().map(|v| v.to_string()).collect(),
        }
    }

    #[test]
    fn terms_are_alternatives_and_their_expressions_all_count() {
        let mut node = Node::default();
        node.metadata.name = "n1".to_string();
        node.metadata.labels.insert("disk".to_string(), "ssd".to_string());
        node.metadata.labels.insert("cores".to_string(), "8".to_string());
        let matches = |expressions: Vec<NodeSelectorRequirement>| {
            NodeSelectorTerm { match_expressions: expressions, match_fields: Vec::new() }.matches(&node)
        };
        assert!(matches([requirement("disk", "In", &["ssd", "nvme"])].to_vec()));
        assert!(matches([requirement("cores", "Gt", &["4"])].to_vec()));
        assert!(!matches([requirement("cores", "Lt", &["8"])].to_vec()));
        assert!(!matches([requirement("disk", "Gt", &["4"])].to_vec()), "no number");
        assert!(!matches([requirement("disk", "Exists", &[]), requirement("zone", "Exists", &[])].to_vec()));
        assert!(!matches(Vec::new()), "an empty term means no node");
        let by_name = NodeSelectorTerm {
            match_expressions: Vec::new(),
            match_fields: [requirement("metadata.name", "In", &["n1"])].to_vec(),
        };
        let other = NodeSelectorTerm::default();
        assert!(NodeSelector { node_selector_terms: [other, by_name].to_vec() }.matches(&node));
    }

    #[test]
    fn all_addresses_conflict_with_each_of_them() {
        let port = |ip: &str, protocol: &str| HostPort {
            port: 80,
            protocol: protocol.to_string(),
            ip: ip.to_string(),
        };
        assert!(port("0.0.0.0", "TCP").conflicts(&port("127.0.0.1", "TCP")));
        assert!(!port("127.0.0.2", "TCP").conflicts(&port("127.0.0.1", "TCP")));
        assert!(!port("0.0.0.0", "UDP").conflicts(&port("0.0.0.0", "TCP")));
    }
}
