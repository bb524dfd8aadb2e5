//! Conditions of a pod as every writer sets them (`pkg/api/v1/pod/util.go`).

use alloc::string::{String, ToString};
use lifepod_api::{Pod, PodCondition, PodStatus, Time};

/// Sets a condition; whether that changes anything (`UpdatePodCondition`). The time of the last transition stays as
/// long as the condition's status does.
pub(crate) fn update_pod_condition(status: &mut PodStatus, mut condition: PodCondition, now: Time) -> bool {
    let Some(stored) = status.conditions.iter_mut().find(|c| c.type_ == condition.type_) else {
        condition.last_transition_time = Some(now);
        status.conditions.push(condition);
        return true;
    };
    condition.last_transition_time =
        if stored.status == condition.status { stored.last_transition_time } else { Some(now) };
    let same = stored.status == condition.status
        && stored.reason == condition.reason
        && stored.message == condition.message
        && stored.last_transition_time == condition.last_transition_time;
    *stored = condition;
    !same
}

/// Marks a pod as about to be ended by somebody else's doing: the condition `DisruptionTarget` with one of the reasons
/// that `staging/src/k8s.io/api/core/v1/types.go` lists beside `v1.DisruptionTarget`.
pub(crate) fn mark_disrupted(pod: &mut Pod, reason: &str, message: impl Into<String>, now: Time) {
    let condition = disruption_target(pod, reason, message);
    update_pod_condition(&mut pod.status, condition, now);
}

/// The condition that [`mark_disrupted`] sets, for those who write it later.
pub(crate) fn disruption_target(pod: &Pod, reason: &str, message: impl Into<String>) -> PodCondition {
    PodCondition {
        type_: "DisruptionTarget".to_string(),
        status: "True".to_string(),
        reason: reason.to_string(),
        message: message.into(),
        observed_generation: pod.metadata.generation,
        ..PodCondition::default()
    }
}
