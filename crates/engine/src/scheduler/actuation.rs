//! What is done to the victims of a preemption (`framework/preemption/executor.go`).
//!
//! The cycle ends first; the victims are told afterwards (`SchedulerAsyncPreemption`). Until they are, the preemptor
//! does not come back into the queue.

use crate::api_server::DeleteOptions;
use crate::events::EventType;
use crate::events_series::Said;
use crate::kernel::Kernel;
use crate::kubelet::{PodUid, SharedPod};
use crate::pod_conditions::update_pod_condition;
use crate::scheduler::pod_info::PodInfo;
use crate::scheduler::{NAME, Scheduler};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use lifepod_api::{Object, ObjectKey, PodCondition, PodStatus, Subresource};

/// A preemption that was decided.
#[derive(Clone, Debug)]
pub(crate) struct Actuation {
    pub(crate) preemptor: Arc<PodInfo>,
    pub(crate) victims: Vec<Arc<PodInfo>>,
    pub(crate) node: String,
}

impl Scheduler {
    /// Tells the victims (`prepareCandidateAsync`).
    pub(crate) fn actuate(&mut self, kernel: &mut Kernel, uid: &PodUid) {
        let Some(Actuation { preemptor, victims, node }) = self.preempting.remove(uid) else { return };
        self.clear_lower_nominations(kernel, &preemptor, &node);
        for victim in victims {
            if victim.metadata.deletion_timestamp.is_none() {
                self.preempt_pod(kernel, &preemptor, &victim, &node);
            }
        }
    }

    /// Room that was promised to less important pods on the node is not theirs any more.
    fn clear_lower_nominations(&mut self, kernel: &mut Kernel, preemptor: &PodInfo, node: &str) {
        let waiting = self.nominator.of(node).iter().filter_map(|uid| Some(&self.queue.get(uid)?.info));
        let lower: Vec<Arc<PodInfo>> =
            waiting.filter(|p| p.priority() < preemptor.priority()).cloned().collect();
        for pod in lower {
            patch_status(kernel, &pod.pod, |status, _| {
                let promised = !status.nominated_node_name.is_empty();
                status.nominated_node_name.clear();
                promised
            });
        }
    }

    fn preempt_pod(&mut self, kernel: &mut Kernel, preemptor: &PodInfo, victim: &PodInfo, node: &str) {
        let condition = PodCondition {
            type_: "DisruptionTarget".to_string(),
            status: "True".to_string(),
            reason: "PreemptionByScheduler".to_string(),
            message: format!("{NAME}: preempting to accommodate a higher priority pod"),
            ..PodCondition::default()
        };
        let now = kernel.time();
        patch_status(kernel, &victim.pod, |status, generation| {
            update_pod_condition(status, PodCondition { observed_generation: generation, ..condition }, now)
        });
        let key = ObjectKey::new("Pod", &victim.metadata.namespace, &victim.metadata.name);
        if kernel.delete(&key, &DeleteOptions::of_uid(victim.uid()), NAME).is_err() {
            // It is gone already, which is as good.
            return;
        }
        let note = format!("Preempted by pod {} on node {node}", preemptor.uid());
        let said = Said { kind: EventType::Normal, reason: "Preempted", action: "Preempting", note: &note };
        let related = preemptor.pod.reference(None);
        self.recorder.event(kernel, &victim.pod.reference(None), Some(&related), said);
    }
}

/// Changes the status of a stored pod, if it still is that pod and `change` says that something changed. Says whether
/// anything was written.
pub(crate) fn patch_status(
    kernel: &mut Kernel,
    pod: &SharedPod,
    change: impl FnOnce(&mut PodStatus, i64) -> bool,
) -> bool {
    let Some(stored) = kernel.find_pod(&pod.metadata.namespace, &pod.metadata.name) else { return false };
    if stored.metadata.uid != pod.metadata.uid {
        return false;
    }
    let mut pod = (*stored).clone();
    let generation = pod.metadata.generation;
    change(&mut pod.status, generation) && kernel.update(Object::Pod(pod), Subresource::Status, NAME).is_ok()
}
