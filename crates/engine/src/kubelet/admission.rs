//! Whether the node takes a pod that was assigned to it (`pkg/kubelet/lifecycle/predicate.go`).
//!
//! A pod that is refused fails at once: the kubelet does not wait for room.

use crate::events::EventType;
use crate::kernel::Kernel;
use crate::kubelet::pod_workers::{Stage, Update};
use crate::kubelet::{Kubelet, SharedPod, eviction};
use crate::trace::SyncReason;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use lifepod_api::placement::{HostPort, host_ports, node_matches, untolerated_taint};
use lifepod_api::resources::pod_requests;
use lifepod_api::{Node, Object, ObjectKey, Pod, PodStatus, Quantity, is_pod_phase_terminal};

/// A resource of which the node has less left than a pod requests: processor time in thousandths of a core, all else in
/// units.
pub(crate) struct Lack {
    pub(crate) resource: &'static str,
    pub(crate) requested: i64,
    pub(crate) used: i64,
    pub(crate) capacity: i64,
}

impl Lack {
    fn rejection(&self) -> Rejection {
        let Lack { resource, requested, used, capacity } = self;
        Rejection {
            reason: format!("OutOf{resource}"),
            message: format!(
                "Node didn't have enough resource: {resource}, requested: {requested}, used: {used}, capacity: \
                 {capacity}"
            ),
        }
    }
}

pub(crate) struct Rejection {
    pub(crate) reason: String,
    pub(crate) message: String,
}

/// What speaks against a pod on this node.
#[derive(Default)]
struct Assessed {
    /// Nothing else counts then.
    refusal: Option<Rejection>,
    /// Of these the node has too little; for a critical pod others make room.
    lacking: Vec<Lack>,
    mismatch: Option<Rejection>,
}

fn predicate(reason: &str, why: &str) -> Rejection {
    Rejection { reason: reason.to_string(), message: format!("Predicate {reason} failed: {why}") }
}

impl Kubelet {
    /// Takes in a pod that this node has not seen before, or fails it (`HandlePodAdditions`).
    pub(crate) fn admit(&mut self, kernel: &mut Kernel, pod: SharedPod) {
        let finished = is_pod_phase_terminal(&pod.status.phase);
        if finished || pod.metadata.deletion_timestamp.is_some() {
            return self.begin_work(kernel, pod);
        }
        let assessed = self.assess(kernel, &self.allocations.allocated(&pod));
        let refusal = self.going_down().or(assessed.refusal);
        let room_would_help =
            refusal.is_none() && assessed.mismatch.is_none() && !assessed.lacking.is_empty();
        let refusal = if eviction::is_critical(&pod) {
            if room_would_help {
                return self.make_room(kernel, pod, &assessed.lacking);
            }
            refusal.or(assessed.mismatch)
        } else {
            refusal.or(assessed.lacking.first().map(Lack::rejection)).or(assessed.mismatch)
        };
        match refusal {
            Some(rejection) => self.reject(kernel, &pod, rejection),
            None => self.take_in(kernel, pod),
        }
    }

    /// The pod has its room.
    pub(crate) fn take_in(&mut self, kernel: &mut Kernel, pod: SharedPod) {
        self.grant(&pod);
        self.begin_work(kernel, pod);
    }

    fn begin_work(&mut self, kernel: &mut Kernel, pod: SharedPod) {
        let update = Update { pod, reason: SyncReason::Create, cause: kernel.cause, kill: None };
        self.update_pod(kernel, update);
    }

    /// Fails a pod for which the node has no place (`rejectPod`).
    pub(crate) fn reject(&mut self, kernel: &mut Kernel, pod: &SharedPod, rejection: Rejection) {
        let message = format!("Pod was rejected: {}", rejection.message);
        let (reason, words) = (&rejection.reason, &rejection.message);
        self.event(kernel, &pod.reference(None), EventType::Warning, reason, words);
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
    }

    /// A node that is being shut down takes nothing (`nodeshutdown_manager_linux.go Admit`).
    fn going_down(&self) -> Option<Rejection> {
        self.is_shutting_down().then(|| Rejection {
            reason: "NodeShutdown".to_string(),
            message: "Pod was rejected as the node is shutting down.".to_string(),
        })
    }

    /// Why the node has no place for a pod beside those that it has, with the resources that these were granted.
    pub(crate) fn rejection(&self, kernel: &Kernel, pod: &Pod) -> Option<Rejection> {
        let Assessed { refusal, lacking, mismatch } = self.assess(kernel, pod);
        refusal.or(lacking.first().map(Lack::rejection)).or(mismatch)
    }

    /// Holds a pod against the node (`predicateAdmitHandler.Admit`).
    fn assess(&self, kernel: &Kernel, pod: &Pod) -> Assessed {
        let key =
            ObjectKey { kind: "Node".to_string(), namespace: String::new(), name: self.node_name.clone() };
        let Some(Object::Node(node)) = kernel.store.get(&key).map(|node| &**node) else {
            return Assessed::default();
        };
        let others = self.holding_pods().filter(|p| p.metadata.uid != pod.metadata.uid);
        let others: Vec<SharedPod> = others.map(|p| self.allocations.allocated(p)).collect();
        let pressure =
            self.eviction.refusal(pod).map(|message| Rejection { reason: eviction::REASON.into(), message });
        Assessed {
            refusal: pressure.or_else(|| wrong_os(pod)),
            lacking: lacking(node, pod, &others),
            mismatch: mismatch(node, pod, &others),
        }
    }

    /// The pods that hold resources and ports of this node: those whose containers may still run, or will.
    fn holding_pods(&self) -> impl Iterator<Item = &SharedPod> {
        self.pods
            .iter()
            .filter(|(uid, _)| match self.workers.get(*uid) {
                Some(worker) => worker.stage < Stage::Terminated,
                None => self.is_arriving(uid),
            })
            .map(|(_, pod)| pod)
    }
}

fn wrong_os(pod: &Pod) -> Option<Rejection> {
    let os = pod.spec.os.as_ref().filter(|os| os.name != "linux");
    os.map(|_| Rejection {
        reason: "PodOSNotSupported".to_string(),
        message: "Failed to admit pod as the OS field doesn't match node OS".to_string(),
    })
}

/// What keeps the pod off the node however much room there is.
fn mismatch(node: &Node, pod: &Pod, others: &[SharedPod]) -> Option<Rejection> {
    let conflicts = |port: &HostPort| others.iter().any(|o| host_ports(&o.spec).any(|p| p.conflicts(port)));
    if !node_matches(&pod.spec, node) {
        return Some(predicate("NodeAffinity", "node(s) didn't match Pod's node affinity/selector"));
    }
    if host_ports(&pod.spec).any(|port| conflicts(&port)) {
        return Some(predicate("NodePorts", "node(s) didn't have free ports for the requested pod ports"));
    }
    untolerated_taint(&node.spec.taints, &pod.spec.tolerations, &["NoExecute"])
        .map(|_| predicate("TaintToleration", "node(s) had untolerated taint(s)"))
}

/// All that the node has too little of for the pod.
fn lacking(node: &Node, pod: &Pod, others: &[SharedPod]) -> Vec<Lack> {
    let mut all = Vec::new();
    let allocatable = &node.status.allocatable;
    let room = allocatable.get("pods").map_or(110, |q| q.value());
    let count = others.len() as i64;
    if count + 1 > room {
        all.push(Lack { resource: "pods", requested: 1, used: count, capacity: room });
    }
    let requests = pod_requests(&pod.spec);
    let held: Vec<_> = if requests.is_empty() {
        Vec::new()
    } else {
        others.iter().map(|pod| pod_requests(&pod.spec)).collect()
    };
    for resource in ["cpu", "memory", "ephemeral-storage"] {
        let amount = |q: &Quantity| if resource == "cpu" { q.milli_value() } else { q.value() };
        let requested = requests.get(resource).map_or(0, amount);
        let capacity = allocatable.get(resource).map_or(0, amount);
        let used: i64 = held.iter().filter_map(|requests| requests.get(resource)).map(amount).sum();
        if requested > 0 && requested > capacity - used {
            all.push(Lack { resource, requested, used, capacity });
        }
    }
    all
}
