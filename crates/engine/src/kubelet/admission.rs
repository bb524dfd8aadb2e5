//! Whether the node takes a pod that was assigned to it (`pkg/kubelet/lifecycle/predicate.go`).
//!
//! A pod that is refused fails at once: the kubelet does not wait for room.

use crate::events::EventType;
use crate::kernel::Kernel;
use crate::kubelet::pod_workers::Stage;
use crate::kubelet::{Kubelet, SharedPod, eviction};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use lifepod_api::placement::{host_ports, node_matches, untolerated_taint};
use lifepod_api::resources::pod_requests;
use lifepod_api::{Node, Object, ObjectKey, Pod, PodStatus, is_pod_phase_terminal};

pub(crate) struct Rejection {
    pub(crate) reason: String,
    pub(crate) message: String,
}

fn predicate(reason: &str, why: &str) -> Rejection {
    Rejection { reason: reason.to_string(), message: format!("Predicate {reason} failed: {why}") }
}

impl Kubelet {
    /// Admits a pod that this node has not seen before, or fails it (`HandlePodAdditions`, `rejectPod`).
    pub(crate) fn admit(&mut self, kernel: &mut Kernel, pod: &SharedPod) -> bool {
        let finished = is_pod_phase_terminal(&pod.status.phase);
        if finished || pod.metadata.deletion_timestamp.is_some() {
            return true;
        }
        let asked = self.allocations.allocated(pod);
        let Some(rejection) = self.going_down().or_else(|| self.rejection(kernel, &asked)) else {
            self.grant(pod);
            return true;
        };
        let message = format!("Pod was rejected: {}", rejection.message);
        self.recorder.event(
            kernel,
            &pod.reference(None),
            EventType::Warning,
            &rejection.reason,
            &rejection.message,
        );
        let status = PodStatus {
            phase: "Failed".to_string(),
            reason: rejection.reason,
            message,
            qos_class: pod.status.qos_class.clone(),
            conditions: pod.status.conditions.clone(),
            observed_generation: pod.metadata.generation,
            ..PodStatus::default()
        };
        self.set_pod_status(kernel, pod, status);
        false
    }

    /// A node that is being shut down takes nothing (`nodeshutdown_manager_linux.go Admit`).
    fn going_down(&self) -> Option<Rejection> {
        self.is_shutting_down().then(|| Rejection {
            reason: "NodeShutdown".to_string(),
            message: "Pod was rejected as the node is shutting down.".to_string(),
        })
    }

    /// Why the node has no room for a pod beside those that it has, with the resources that these were granted.
    pub(crate) fn rejection(&self, kernel: &Kernel, pod: &Pod) -> Option<Rejection> {
        let key =
            ObjectKey { kind: "Node".to_string(), namespace: String::new(), name: self.node_name.clone() };
        let Object::Node(node) = &**kernel.store.get(&key)? else { return None };
        if let Some(message) = self.eviction.refusal(pod) {
            return Some(Rejection { reason: eviction::REASON.to_string(), message });
        }
        let others = self.holding_pods().filter(|p| p.metadata.uid != pod.metadata.uid);
        let others: Vec<SharedPod> = others.map(|p| self.allocations.allocated(p)).collect();
        if let Some(os) = &pod.spec.os
            && os.name != "linux"
        {
            return Some(Rejection {
                reason: "PodOSNotSupported".to_string(),
                message: "Failed to admit pod as the OS field doesn't match node OS".to_string(),
            });
        }
        not_enough(node, pod, &others)
            .or_else(|| {
                let why = "node(s) didn't match Pod's node affinity/selector";
                (!node_matches(&pod.spec, node)).then(|| predicate("NodeAffinity", why))
            })
            .or_else(|| {
                let taken = host_ports(&pod.spec)
                    .any(|port| others.iter().any(|o| host_ports(&o.spec).any(|p| p.conflicts(&port))));
                let why = "node(s) didn't have free ports for the requested pod ports";
                taken.then(|| predicate("NodePorts", why))
            })
            .or_else(|| {
                let untolerated = untolerated_taint(&node.spec.taints, &pod.spec.tolerations, &["NoExecute"]);
                untolerated.map(|_| predicate("TaintToleration", "node(s) had untolerated taint(s)"))
            })
    }

    /// The pods that hold resources and ports of this node: those whose containers may still run.
    fn holding_pods(&self) -> impl Iterator<Item = &SharedPod> {
        self.pods
            .iter()
            .filter(|(uid, _)| self.workers.get(*uid).is_some_and(|w| w.stage < Stage::Terminated))
            .map(|(_, pod)| pod)
    }
}

fn not_enough(node: &Node, pod: &Pod, others: &[SharedPod]) -> Option<Rejection> {
    let out_of = |resource: &str, requested: i64, used: i64, capacity: i64| Rejection {
        reason: format!("OutOf{resource}"),
        message: format!(
            "Node didn't have enough resource: {resource}, requested: {requested}, used: {used}, capacity: \
             {capacity}"
        ),
    };
    let allocatable = &node.status.allocatable;
    let room = allocatable.get("pods").map_or(110, |q| q.value());
    let count = others.len() as i64;
    if count + 1 > room {
        return Some(out_of("pods", 1, count, room));
    }
    let requests = pod_requests(&pod.spec);
    for resource in ["cpu", "memory", "ephemeral-storage"] {
        let amount = |q: &lifepod_api::Quantity| if resource == "cpu" { q.milli_value() } else { q.value() };
        let wanted = requests.get(resource).map_or(0, amount);
        let capacity = allocatable.get(resource).map_or(0, amount);
        let used: i64 = others.iter().map(|p| pod_requests(&p.spec).get(resource).map_or(0, amount)).sum();
        if wanted > 0 && wanted > capacity - used {
            return Some(out_of(resource, wanted, used, capacity));
        }
    }
    None
}
