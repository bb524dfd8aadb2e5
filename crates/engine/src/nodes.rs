//! The nodes of the scenario as API objects.

use crate::config::{ALLOCATABLE, NodeConfig};
use crate::kernel::Kernel;
use crate::network::node_address;
use crate::trace::Op;
use alloc::format;
use alloc::string::{String, ToString};
use lifepod_api::quantity::Quantity;
use lifepod_api::{
    Node, NodeAddress, NodeCondition, NodeSpec, NodeStatus, NodeSystemInfo, Object, ObjectMeta, Taint,
};

/// The four conditions of a healthy node, with the kubelet's words (`pkg/kubelet/nodestatus/setters.go`).
const CONDITIONS: [(&str, &str, &str, &str); 4] = [
    ("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
];

/// Stores the node with this index, up and healthy since before the scenario began.
pub(crate) fn register(kernel: &mut Kernel, index: usize) {
    let config = kernel.config.nodes[index].clone();
    let node = Object::Node(node(kernel, &config, index));
    kernel.commit(Op::Added, node, "kubelet");
    kernel.start_heartbeat(&config.name);
}

/// Stores the object of a node that comes to a cluster that runs: nothing is scheduled to it before the node controller
/// has seen it (`plugin/pkg/admission/nodetaint`).
pub(crate) fn join(kernel: &mut Kernel, index: usize) {
    let config = kernel.config.nodes[index].clone();
    let mut node = node(kernel, &config, index);
    node.spec.taints.push(Taint {
        key: "node.kubernetes.io/not-ready".to_string(),
        effect: "NoSchedule".to_string(),
        ..Taint::default()
    });
    kernel.commit(Op::Added, Object::Node(node), "kubelet");
}

/// Makes the conditions those of a healthy node, heard of now.
pub(crate) fn refresh_conditions(kernel: &Kernel, node: &mut Node) {
    for (type_, status, reason, message) in CONDITIONS {
        set_condition(kernel, node, type_, status, reason, message);
    }
}

/// Makes a condition say this; whether its status is another one now.
pub(crate) fn set_condition(
    kernel: &Kernel,
    node: &mut Node,
    type_: &str,
    status: &str,
    reason: &str,
    message: &str,
) -> bool {
    let same = |c: &NodeCondition| c.status == status && c.reason == reason && c.message == message;
    if node.status.conditions.iter().any(|c| c.type_ == type_ && same(c)) {
        return false;
    }
    let now = Some(kernel.time());
    let Some(condition) = node.status.conditions.iter_mut().find(|c| c.type_ == type_) else { return false };
    let changes = condition.status != status;
    condition.status = status.to_string();
    condition.reason = reason.to_string();
    condition.message = message.to_string();
    condition.last_heartbeat_time = now;
    if changes {
        condition.last_transition_time = now;
    }
    changes
}

/// The node's condition `Ready` (`GetNodeCondition`).
pub(crate) fn ready_condition(node: &Node) -> Option<&NodeCondition> {
    node.status.conditions.iter().find(|c| c.type_ == "Ready")
}

/// Whether the node is ready.
pub(crate) fn is_ready(node: &Node) -> bool {
    ready_condition(node).is_some_and(|c| c.status == "True")
}

fn node(kernel: &mut Kernel, config: &NodeConfig, index: usize) -> Node {
    let now = Some(kernel.time());
    let mut labels = config.labels.clone();
    for (key, value) in [
        ("kubernetes.io/hostname", config.name.as_str()),
        ("kubernetes.io/os", "linux"),
        ("kubernetes.io/arch", "amd64"),
        ("beta.kubernetes.io/os", "linux"),
        ("beta.kubernetes.io/arch", "amd64"),
    ] {
        labels.insert_missing(key, || value.to_string());
    }
    let keys = || config.allocatable.keys().map(String::as_str).chain(ALLOCATABLE.map(|(key, _)| key));
    let amount = |key: &str, text: &str| (key.to_string(), Quantity::parse(text).unwrap_or_default());
    let allocatable = keys().map(|key| amount(key, config.allocatable(key))).collect();
    let capacity = keys().map(|key| amount(key, config.capacity(key))).collect();
    Node {
        metadata: ObjectMeta {
            name: config.name.clone(),
            uid: kernel.jitter.uid(),
            creation_timestamp: now,
            labels,
            ..ObjectMeta::default()
        },
        spec: NodeSpec {
            pod_cidr: format!("10.244.{index}.0/24"),
            taints: config.taints.clone(),
            unschedulable: config.unschedulable,
            ..NodeSpec::default()
        },
        status: NodeStatus {
            capacity,
            allocatable,
            conditions: CONDITIONS
                .iter()
                .map(|(type_, status, reason, message)| NodeCondition {
                    type_: type_.to_string(),
                    status: status.to_string(),
                    reason: reason.to_string(),
                    message: message.to_string(),
                    last_heartbeat_time: now,
                    last_transition_time: now,
                })
                .collect(),
            addresses: [
                NodeAddress { type_: "InternalIP".to_string(), address: node_address(index as u32) },
                NodeAddress { type_: "Hostname".to_string(), address: config.name.clone() },
            ]
            .to_vec(),
            node_info: NodeSystemInfo {
                kernel_version: "6.12.0".to_string(),
                os_image: "Debian GNU/Linux 13 (trixie)".to_string(),
                container_runtime_version: "containerd://2.2.0".to_string(),
                kubelet_version: "v1.36.2".to_string(),
                operating_system: "linux".to_string(),
                architecture: "amd64".to_string(),
                ..NodeSystemInfo::default()
            },
            ..NodeStatus::default()
        }
        .into(),
    }
}
