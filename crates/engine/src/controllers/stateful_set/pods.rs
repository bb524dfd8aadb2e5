//! What a pod of a StatefulSet looks like: its name, its place, and what state it is in
//! (`pkg/controller/statefulset/stateful_set_utils.go`).

use super::claims;
use crate::controllers::history::{REVISION_HASH, template_of};
use crate::controllers::pod_control::pod_from_template;
use crate::controllers::pods::{is_pod_available, is_pod_ready};
use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use lifepod_api::{
    ControllerRevision, Object, PersistentVolumeClaimVolumeSource, Pod, StatefulSet, Time, Volume,
};

/// The label with the pod's own name (`apps.StatefulSetPodNameLabel`).
const POD_NAME: &str = "statefulset.kubernetes.io/pod-name";
/// The label with the pod's ordinal (`apps.PodIndexLabel`).
const POD_INDEX: &str = "apps.kubernetes.io/pod-index";

/// The set's name and the ordinal in a pod's name (`getParentNameAndOrdinal`).
fn parent_and_ordinal(pod: &Pod) -> Option<(&str, i32)> {
    let (parent, ordinal) = pod.metadata.name.rsplit_once('-')?;
    let digits = !ordinal.is_empty() && ordinal.bytes().all(|byte| byte.is_ascii_digit());
    Some((parent, ordinal.parse().ok().filter(|_| digits)?))
}

/// A pod's place in the row.
pub(super) fn ordinal(pod: &Pod) -> Option<i32> {
    parent_and_ordinal(pod).map(|(_, ordinal)| ordinal)
}

/// Whether a pod is named after the set.
pub(super) fn is_member_of(set: &StatefulSet, pod: &Pod) -> bool {
    parent_and_ordinal(pod).is_some_and(|(parent, _)| parent == set.metadata.name)
}

/// The lowest ordinal that the set has.
pub(super) fn start_ordinal(set: &StatefulSet) -> i32 {
    set.spec.ordinals.as_ref().map_or(0, |ordinals| ordinals.start)
}

pub(super) fn replicas(set: &StatefulSet) -> i32 {
    set.spec.replicas.unwrap_or(1)
}

/// Whether the set wants a pod of that ordinal (`podInOrdinalRange`).
pub(super) fn is_in_range(set: &StatefulSet, ordinal: i32) -> bool {
    let start = start_ordinal(set);
    ordinal >= start && i64::from(ordinal) < i64::from(start) + i64::from(replicas(set))
}

/// Whether the pod is stored; one that was only made up has no phase (`isCreated`).
pub(super) fn is_created(pod: &Pod) -> bool {
    !pod.status.phase.is_empty()
}

pub(super) fn is_terminating(pod: &Pod) -> bool {
    pod.metadata.deletion_timestamp.is_some()
}

pub(super) fn is_running_and_ready(pod: &Pod) -> bool {
    pod.status.phase == "Running" && is_pod_ready(pod)
}

/// `isUnavailable`.
pub(super) fn is_unavailable(set: &StatefulSet, pod: &Pod, now: Time) -> bool {
    !is_pod_available(pod, set.spec.min_ready_seconds, now) || is_terminating(pod)
}

/// The name of the revision that a pod was made from.
pub(super) fn revision(pod: &Pod) -> &str {
    pod.metadata.labels.get(REVISION_HASH).map_or("", String::as_str)
}

/// Whether a pod has the name and the labels of its place (`identityMatches`).
pub(super) fn identity_matches(set: &StatefulSet, pod: &Pod) -> bool {
    is_member_of(set, pod) && pod.metadata.labels.get(POD_NAME) == Some(&pod.metadata.name)
}

/// Gives a pod the labels of its place (`updateIdentity`).
pub(super) fn update_identity(pod: &mut Pod) {
    let labels =
        [(POD_NAME, Some(pod.metadata.name.clone())), (POD_INDEX, ordinal(pod).map(|o| o.to_string()))];
    for (key, value) in labels {
        pod.metadata.labels.extend(value.map(|value| (key.to_string(), value)));
    }
}

/// Whether a pod mounts the claims of its place (`storageMatches`).
pub(super) fn storage_matches(set: &StatefulSet, pod: &Pod) -> bool {
    let Some(ordinal) = ordinal(pod) else { return false };
    set.spec.volume_claim_templates.iter().all(|template| {
        let mut named = pod.spec.volumes.iter().filter(|volume| volume.name == template.metadata.name);
        let claim = named.next_back().and_then(|volume| volume.persistent_volume_claim.as_ref());
        claim.is_some_and(|claim| claim.claim_name == claims::name(set, template, ordinal))
    })
}

/// Makes a pod mount the claims of its place; they take the place of volumes of the same names (`updateStorage`).
pub(super) fn update_storage(set: &StatefulSet, pod: &mut Pod) {
    let Some(ordinal) = ordinal(pod) else { return };
    let templates = &set.spec.volume_claim_templates;
    let claimed = templates.iter().map(|template| Volume {
        name: template.metadata.name.clone(),
        persistent_volume_claim: Some(Box::new(PersistentVolumeClaimVolumeSource {
            claim_name: claims::name(set, template, ordinal),
            ..PersistentVolumeClaimVolumeSource::default()
        })),
        ..Volume::default()
    });
    let others = pod.spec.volumes.drain(..);
    let others = others.filter(|volume| templates.iter().all(|t| t.metadata.name != volume.name));
    pod.spec.volumes = claimed.chain(others).collect();
}

/// The pod of an ordinal, of the revision that its place is to have: while an update is held back, the lower ordinals
/// still get the old one (`newVersionedStatefulSetPod`).
pub(super) fn new_pod(
    owner: &Object,
    set: &StatefulSet,
    current: &ControllerRevision,
    update: &ControllerRevision,
    ordinal: i32,
) -> Pod {
    let strategy = &set.spec.update_strategy;
    let old_below = match &strategy.rolling_update {
        Some(rolling) => rolling.partition.unwrap_or(0),
        None if strategy.type_ == "RollingUpdate" => set.status.current_replicas,
        None => 0,
    };
    let old = i64::from(ordinal) < i64::from(start_ordinal(set)) + i64::from(old_below);
    let revision = if old { current } else { update };
    let mut pod = pod_from_template(&template_of(revision), owner);
    pod.metadata.name = format!("{}-{ordinal}", set.metadata.name);
    update_identity(&mut pod);
    pod.spec.hostname.clone_from(&pod.metadata.name);
    pod.spec.subdomain.clone_from(&set.spec.service_name);
    update_storage(set, &mut pod);
    pod.metadata.labels.insert(REVISION_HASH.to_string(), revision.metadata.name.clone());
    pod
}
