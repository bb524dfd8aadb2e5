//! What a Deployment keeps in the annotations of its ReplicaSets: revisions, and the sizes that scaling in the middle of
//! a rollout needs (`pkg/controller/deployment/util/deployment_util.go`).

use alloc::format;
use alloc::string::{String, ToString};
use lifepod_api::{Map, ReplicaSet};

pub(super) const REVISION: &str = "deployment.kubernetes.io/revision";
const REVISION_HISTORY: &str = "deployment.kubernetes.io/revision-history";
const DESIRED_REPLICAS: &str = "deployment.kubernetes.io/desired-replicas";
const MAX_REPLICAS: &str = "deployment.kubernetes.io/max-replicas";
/// The history of revisions is cut to this many characters (`maxRevHistoryLengthInChars`).
const HISTORY_LENGTH: usize = 2000;

/// The Deployment's annotations that its ReplicaSets do not get (`annotationsToSkip`).
const SKIPPED: [&str; 6] = [
    "kubectl.kubernetes.io/last-applied-configuration",
    REVISION,
    REVISION_HISTORY,
    DESIRED_REPLICAS,
    MAX_REPLICAS,
    "deprecated.deployment.rollback.to",
];

/// The revision of a ReplicaSet; none when its annotation is no number (`Revision`).
pub(super) fn revision(set: &ReplicaSet) -> Option<i64> {
    set.metadata.annotations.get(REVISION).map_or(Some(0), |text| text.parse().ok())
}

/// How many replicas the Deployment wanted when it last sized this ReplicaSet (`GetDesiredReplicasAnnotation`).
pub(super) fn desired_replicas(set: &ReplicaSet) -> Option<i32> {
    count(set, DESIRED_REPLICAS)
}

/// How many pods the Deployment might have had then (`getMaxReplicasAnnotation`).
pub(super) fn max_replicas(set: &ReplicaSet) -> Option<i32> {
    count(set, MAX_REPLICAS)
}

fn count(set: &ReplicaSet, key: &str) -> Option<i32> {
    set.metadata.annotations.get(key)?.parse().ok().filter(|count| *count >= 0)
}

/// Notes the sizes; true when they were others (`SetReplicasAnnotations`).
pub(super) fn set_replicas(set: &mut ReplicaSet, desired: i32, max: i32) -> bool {
    let desired = put(set, DESIRED_REPLICAS, desired.to_string());
    put(set, MAX_REPLICAS, max.to_string()) || desired
}

fn put(set: &mut ReplicaSet, key: &str, value: String) -> bool {
    set.metadata.annotations.insert(key.to_string(), value.clone()) != Some(value)
}

/// Copies the Deployment's annotations to its new ReplicaSet and counts up its revision; a ReplicaSet that is new once
/// more remembers the revisions it had. True when anything changed (`SetNewReplicaSetAnnotations`).
pub(super) fn set_new(set: &mut ReplicaSet, deployment: &Map<String>, new_revision: i64) -> bool {
    let mut changed = false;
    for (key, value) in deployment.iter().filter(|(key, _)| !SKIPPED.contains(&key.as_str())) {
        changed |= put(set, key, value.clone());
    }
    let old = set.metadata.annotations.get(REVISION).cloned();
    let Some(old_revision) = old.as_deref().map_or(Some(0), |text| text.parse::<i64>().ok()) else {
        return false;
    };
    if old_revision >= new_revision {
        return changed;
    }
    put(set, REVISION, new_revision.to_string());
    if let Some(old) = old {
        remember_revision(set, &old);
    }
    true
}

fn remember_revision(set: &mut ReplicaSet, old: &str) {
    let history = set.metadata.annotations.get(REVISION_HISTORY).cloned().unwrap_or_default();
    let mut kept = history.as_str();
    while !kept.is_empty() && kept.len() + 1 + old.len() > HISTORY_LENGTH {
        kept = kept.split_once(',').map_or("", |(_, rest)| rest);
    }
    let history = if kept.is_empty() { old.to_string() } else { format!("{kept},{old}") };
    put(set, REVISION_HISTORY, history);
}
