//! Conditions of a pod as every writer sets them (`pkg/api/v1/pod/util.go`).

use lifepod_api::{PodCondition, PodStatus, Time};

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
