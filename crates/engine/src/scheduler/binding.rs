//! From the choice of a node to the stored binding: volumes first, then the pod itself
//! (`schedule_one.go bindingCycle`, `volumebinding/binder.go BindPodVolumes`).

use crate::events::EventType;
use crate::kernel::{Component, Kernel, Wake};
use crate::kubelet::PodUid;
use crate::scheduler::actuation::patch_status;
use crate::scheduler::cluster_event::ClusterEvent;
use crate::scheduler::cycle::Failure;
use crate::scheduler::framework::{Action, PluginSet};
use crate::scheduler::plugins::volumes::BindingStep;
use crate::scheduler::pod_info::PodInfo;
use crate::scheduler::{NAME, Scheduler, Timer};
use crate::trace::Op;
use crate::volume_match::{BOUND_BY_CONTROLLER, SELECTED_NODE, is_bound};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use lifepod_api::{Object, ObjectReference, PersistentVolume, PersistentVolumeClaim, SimTime};

/// How long a pod waits for its volumes (`VolumeBindingArgs.BindTimeoutSeconds`).
const BIND_TIMEOUT: SimTime = SimTime::from_secs(600);

/// A pod with a node that waits for its volumes, or for a token of the scheduler's client.
#[derive(Clone, Debug)]
pub(super) struct Binding {
    pod: Arc<PodInfo>,
    node: String,
    /// The claims that are to be bound before it; none for a pod that waits for a token.
    claims: Vec<String>,
}

impl Scheduler {
    /// Binds the pod, after its volumes.
    pub(super) fn bind(
        &mut self,
        kernel: &mut Kernel,
        pod: Arc<PodInfo>,
        node: String,
        steps: Vec<BindingStep>,
    ) {
        if steps.is_empty() {
            return self.bind_when_free(kernel, pod, node);
        }
        patch_status(kernel, &pod.pod, |status, _| {
            // Others may know where the pod will be (`NominatedNodeNameForExpectation`).
            let changed = status.nominated_node_name != node;
            status.nominated_node_name.clone_from(&node);
            changed
        });
        let mut claims = Vec::new();
        for step in steps {
            match step {
                BindingStep::Static { claim, volume } => {
                    reserve(kernel, &pod, &claim, &volume);
                    claims.push(claim);
                }
                BindingStep::Provision { claim } => {
                    select_node(kernel, &pod, &claim, &node);
                    claims.push(claim);
                }
            }
        }
        let uid = pod.uid().clone();
        self.binding.insert(uid.clone(), Binding { pod, node, claims });
        let at = kernel.now + BIND_TIMEOUT;
        kernel.wake_at(at, Component::Scheduler, Wake::Scheduler(Timer::BindTimeout(uid)));
    }

    /// Binds those pods whose volumes are there now.
    pub(super) fn volumes_changed(&mut self, kernel: &mut Kernel) {
        let ready = |binding: &&Binding| {
            let namespace = &binding.pod.metadata.namespace;
            let bound = |name: &String| {
                kernel.store.find::<PersistentVolumeClaim>(namespace, name).is_some_and(is_bound)
            };
            !binding.claims.is_empty() && binding.claims.iter().all(bound)
        };
        let ready: Vec<Binding> = self.binding.values().filter(ready).cloned().collect();
        for Binding { pod, node, .. } in ready {
            self.binding.remove(pod.uid());
            self.bind_when_free(kernel, pod, node);
        }
    }

    /// Binds the pod as soon as the scheduler's client may: 50 pods a second after a burst of 100. Each binding has a
    /// goroutine of its own, so that the next cycle does not wait for it.
    fn bind_when_free(&mut self, kernel: &mut Kernel, pod: Arc<PodInfo>, node: String) {
        let at = kernel.flow_control.next_token(NAME, kernel.now);
        kernel.flow_control.take(NAME, kernel.now);
        if at <= kernel.now {
            return self.bind_pod(kernel, &pod, &node);
        }
        let uid = pod.uid().clone();
        self.binding.insert(uid.clone(), Binding { pod, node, claims: Vec::new() });
        kernel.cause = kernel.throttled(NAME).or(kernel.cause);
        kernel.wake_at(at, Component::Scheduler, Wake::Scheduler(Timer::Bind(uid)));
    }

    /// There is a token for the pod, if it is still to be bound.
    pub(super) fn bind_at_last(&mut self, kernel: &mut Kernel, uid: &PodUid) {
        if let Some(Binding { pod, node, .. }) = self.binding.remove(uid) {
            self.bind_pod(kernel, &pod, &node);
        }
    }

    /// The volumes did not come in time.
    pub(super) fn bind_timed_out(&mut self, kernel: &mut Kernel, uid: &PodUid) {
        let Some(Binding { pod, .. }) = self.binding.remove(uid) else { return };
        let why = "running PreBind plugin \"VolumeBinding\": binding volumes: context deadline exceeded";
        self.bind_failed(kernel, &pod, why.to_string());
    }

    fn bind_pod(&mut self, kernel: &mut Kernel, pod: &Arc<PodInfo>, node: &str) {
        let (namespace, name) = (&pod.metadata.namespace, &pod.metadata.name);
        match kernel.bind(namespace, name, pod.uid(), node) {
            Ok(()) => {
                let note = format!("Successfully assigned {namespace}/{name} to {node}");
                self.say(kernel, pod, EventType::Normal, "Scheduled", "Binding", &note);
            }
            Err(status) => {
                let why = format!("running Bind plugin \"DefaultBinder\": {}", status.message);
                self.bind_failed(kernel, pod, why);
            }
        }
    }

    /// The room that was assumed to be taken is free again (`handleBindingCycleError`).
    fn bind_failed(&mut self, kernel: &mut Kernel, pod: &Arc<PodInfo>, message: String) {
        self.cache.remove_pod(pod.uid());
        let event = ClusterEvent::pod(Action::Delete, Some(pod.clone()), None);
        self.move_all(&event, kernel.now, |_| true);
        let failure = Failure {
            rejectors: PluginSet::default(),
            reason: "SchedulerError",
            message,
            nominate: Some(String::new()),
        };
        self.failed(kernel, pod, failure);
    }
}

/// Reserves a volume for a claim; the volume controller does the rest.
fn reserve(kernel: &mut Kernel, pod: &PodInfo, claim: &str, volume: &str) {
    let claim = kernel.store.find::<PersistentVolumeClaim>(&pod.metadata.namespace, claim).cloned();
    let volume = kernel.store.find::<PersistentVolume>("", volume).cloned();
    let (Some(claim), Some(mut volume)) = (claim, volume) else { return };
    volume.spec.claim_ref = Some(ObjectReference {
        kind: "PersistentVolumeClaim".to_string(),
        api_version: "v1".to_string(),
        namespace: claim.metadata.namespace.clone(),
        name: claim.metadata.name.clone(),
        uid: claim.metadata.uid.clone(),
        resource_version: claim.metadata.resource_version.clone(),
        ..ObjectReference::default()
    });
    let by_controller = (BOUND_BY_CONTROLLER.to_string(), "yes".to_string());
    volume.metadata.annotations.extend([by_controller]);
    kernel.commit(Op::Modified, Object::PersistentVolume(volume), NAME);
}

/// Asks the provisioner of a claim for a volume on the node.
fn select_node(kernel: &mut Kernel, pod: &PodInfo, claim: &str, node: &str) {
    let claim = kernel.store.find::<PersistentVolumeClaim>(&pod.metadata.namespace, claim).cloned();
    let Some(mut claim) = claim else { return };
    claim.metadata.annotations.insert(SELECTED_NODE.to_string(), node.to_string());
    kernel.commit(Op::Modified, Object::PersistentVolumeClaim(claim), NAME);
}
