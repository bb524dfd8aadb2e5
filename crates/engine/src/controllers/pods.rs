//! What controllers ask of a pod (`pkg/controller/controller_utils.go`, `pkg/api/v1/pod/util.go`).

use crate::kernel::Kernel;
use lifepod_api::{ObjectKey, Pod, PodCondition, Resource, SimTime, Time, is_pod_phase_terminal};

/// The pod's key.
pub(crate) fn pod_key(pod: &Pod) -> ObjectKey {
    ObjectKey::new(Pod::KIND, &pod.metadata.namespace, &pod.metadata.name)
}

/// Whether the pod has not ended and is not being deleted: it counts as a replica (`IsPodActive`).
pub(crate) fn is_pod_active(pod: &Pod) -> bool {
    !is_pod_phase_terminal(&pod.status.phase) && pod.metadata.deletion_timestamp.is_none()
}

/// Whether the pod is being deleted and may still run (`IsPodTerminating`).
pub(crate) fn is_pod_terminating(pod: &Pod) -> bool {
    !is_pod_phase_terminal(&pod.status.phase) && pod.metadata.deletion_timestamp.is_some()
}

/// The pod's condition of that type (`GetPodCondition`).
pub(crate) fn pod_condition<'a>(pod: &'a Pod, type_: &str) -> Option<&'a PodCondition> {
    pod.status.conditions.iter().find(|condition| condition.type_ == type_)
}

/// Since when the pod is ready, if it is (`IsPodReady`).
pub(crate) fn ready_since(pod: &Pod) -> Option<Time> {
    let ready = pod_condition(pod, "Ready").filter(|condition| condition.status == "True")?;
    Some(ready.last_transition_time.unwrap_or_default())
}

/// Whether the pod's condition `Ready` holds (`IsPodReady`).
pub(crate) fn is_pod_ready(pod: &Pod) -> bool {
    ready_since(pod).is_some()
}

/// Whether the pod has been ready for at least `min_ready_seconds` (`IsPodAvailable`).
pub(crate) fn is_pod_available(pod: &Pod, min_ready_seconds: i32, now: Time) -> bool {
    ready_since(pod).is_some_and(|since| is_long_enough(since, min_ready_seconds, now))
}

/// Whether a pod that has been ready since then is available.
pub(crate) fn is_long_enough(since: Time, min_ready_seconds: i32, now: Time) -> bool {
    min_ready_seconds == 0 || (since != Time::default() && since.0 + i64::from(min_ready_seconds) <= now.0)
}

/// How long it is until the next of the pods that have been `ready_since` then becomes available; none when all of them
/// are (`FindMinNextPodAvailabilityCheck`).
pub(crate) fn next_availability_check(
    kernel: &Kernel,
    ready_since: impl IntoIterator<Item = Time>,
    min_ready_seconds: i32,
) -> Option<SimTime> {
    let due = ready_since.into_iter().map(|since| Time(since.0 + i64::from(min_ready_seconds)));
    due.map(|at| kernel.until(at)).filter(|wait| *wait > SimTime::ZERO).min()
}
