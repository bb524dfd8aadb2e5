//! How many pods a Job has: making those that are missing, deleting those that are too many (`job_controller.go
//! manageJob`).

use super::back_off::remaining_for_index;
use super::indexes::{self, COMPLETION_INDEX, completion_index, is_indexed};
use super::sync::{Sync, is_suspended, only_replaces_failed_pods};
use super::{JobController, SYNC_BATCH_PERIOD, TRACKING_FINALIZER, release};
use crate::controllers::deletion_rank::{RankedPod, deletion_order};
use crate::controllers::errand::Errand;
use crate::controllers::pod_control::pod_from_template;
use crate::controllers::pods::{is_pod_terminating, pod_key};
use crate::kernel::Kernel;
use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;
use lifepod_api::{Container, EnvVar, EnvVarSource, Job, ObjectFieldSelector, ObjectKey, Pod, SimTime};

/// At most so many pods are made or deleted in one sync (`MaxPodCreateDeletePerSync`).
const MAX_POD_CREATE_DELETE_PER_SYNC: usize = 500;
/// The environment variable that tells a container its index (`completionIndexEnvName`).
const COMPLETION_INDEX_ENV: &str = "JOB_COMPLETION_INDEX";

impl JobController {
    /// The pods to make or to delete; never both in one sync.
    pub(super) fn manage(&mut self, kernel: &mut Kernel, sync: &mut Sync<'_>) -> Errand {
        let want = wanted_active(sync);
        let too_many = if is_suspended(&sync.job.spec) { sync.active } else { (sync.active - want).max(0) };
        let mut surplus = pods_for_removal(kernel, sync, too_many as usize);
        if !is_suspended(&sync.job.spec) {
            surplus.truncate(MAX_POD_CREATE_DELETE_PER_SYNC);
        }
        if is_suspended(&sync.job.spec) || !surplus.is_empty() {
            // They are not counted (`deleteJobPods`).
            let doomed: Vec<ObjectKey> = surplus.into_iter().map(pod_key).collect();
            self.expectations.expect(sync.key, 0, doomed.iter().cloned(), kernel.now);
            return Errand::new(sync.owner, [], doomed).before_delete(release);
        }
        let terminating = if only_replaces_failed_pods(&sync.job.spec) { sync.terminating } else { 0 };
        let missing = want - terminating - sync.active;
        if missing <= 0 {
            return Errand::new(sync.owner, [], []);
        }
        let missing = (missing as usize).min(MAX_POD_CREATE_DELETE_PER_SYNC);
        let per_index = sync.job.spec.backoff_limit_per_index.is_some();
        let mut wait = if per_index { SimTime::ZERO } else { sync.back_off.remaining(kernel) };
        let mut places: Vec<Option<i32>> = Vec::new();
        if wait == SimTime::ZERO {
            (places, wait) = self.places(kernel, sync, missing, per_index);
        }
        if wait > SimTime::ZERO {
            // What waits counts as none active, until the wait is over.
            sync.active = 0;
            self.queue.add_after(kernel, sync.key.clone(), wait.max(SYNC_BATCH_PERIOD));
            return Errand::new(sync.owner, [], []);
        }
        self.expectations.expect(sync.key, places.len(), [], kernel.now);
        Errand::new(sync.owner, places.into_iter().map(|index| new_pod(sync, index)), [])
    }

    /// The index of each pod that is to be made now, or how long none is.
    fn places(
        &self,
        kernel: &Kernel,
        sync: &Sync<'_>,
        missing: usize,
        per_index: bool,
    ) -> (Vec<Option<i32>>, SimTime) {
        if !is_indexed(&sync.job.spec) {
            return (alloc::vec![None; missing], SimTime::ZERO);
        }
        let mut pending = first_pending_indexes(sync, missing);
        if !per_index {
            return (pending.into_iter().map(Some).collect(), SimTime::ZERO);
        }
        let wait = |index: &i32| remaining_for_index(kernel, sync.kept_for_count.get(index).copied());
        let shortest = pending.iter().map(wait).min().unwrap_or(SimTime::ZERO);
        pending.retain(|index| wait(index) == SimTime::ZERO);
        (pending.into_iter().map(Some).collect(), shortest)
    }
}

/// How many pods should run: as many as the parallelism allows, but no more than there is left to do. A Job without
/// `completions` starts no pods once one has succeeded.
fn wanted_active(sync: &Sync<'_>) -> i32 {
    let parallelism = sync.job.spec.parallelism.unwrap_or(1);
    match sync.job.spec.completions {
        None if sync.succeeded > 0 => sync.active,
        None => parallelism,
        Some(completions) => (completions - sync.succeeded).min(parallelism).max(0),
    }
}

/// The lowest indexes that no pod works on and that neither succeeded nor failed (`firstPendingIndexes`).
fn first_pending_indexes(sync: &Sync<'_>, count: usize) -> Vec<i32> {
    let mut taken = sync.succeeded_indexes.with(&indexes::indexes_of(sync.active_pods.iter().copied()));
    if only_replaces_failed_pods(&sync.job.spec) {
        let terminating = sync.pods.iter().copied().filter(|pod| is_pod_terminating(pod));
        taken = taken.with(&indexes::indexes_of(terminating));
    }
    if let Some(failed) = &sync.failed_indexes {
        taken = taken.merge(failed);
    }
    taken.lowest_missing(count, sync.job.spec.completions.unwrap_or(0))
}

/// The active pods to delete: of an Indexed Job those whose index is unknown, beyond the completions or another pod's
/// too, and then as many as are too many, those first that got least far (`activePodsForRemoval`).
fn pods_for_removal<'a>(kernel: &Kernel, sync: &Sync<'a>, at_least: usize) -> Vec<&'a Pod> {
    let (mut removed, left) = match is_indexed(&sync.job.spec) {
        true => duplicated_index_pods(kernel, sync),
        false => (Vec::new(), sync.active_pods.clone()),
    };
    if removed.len() < at_least {
        let more = at_least - removed.len();
        removed.extend(least_far_first(kernel, &left).into_iter().take(more));
    }
    removed
}

/// Splits an Indexed Job's active pods into those that have no place and those that do, one for each index
/// (`appendDuplicatedIndexPodsForRemoval`).
fn duplicated_index_pods<'a>(kernel: &Kernel, sync: &Sync<'a>) -> (Vec<&'a Pod>, Vec<&'a Pod>) {
    let mut pods = sync.active_pods.clone();
    pods.sort_by_key(|pod| completion_index(pod));
    let (mut removed, mut left) = (Vec::new(), Vec::new());
    for same in pods.chunk_by(|a, b| completion_index(a) == completion_index(b)) {
        let index = completion_index(same[0]);
        if index.is_none_or(|index| index >= sync.job.spec.completions.unwrap_or(0)) {
            removed.extend(same);
            continue;
        }
        let mut ordered = least_far_first(kernel, same);
        left.extend(ordered.pop());
        removed.extend(ordered);
    }
    (removed, left)
}

/// In the order in which pods are given up (`controller_utils.go ActivePods`).
fn least_far_first<'a>(kernel: &Kernel, pods: &[&'a Pod]) -> Vec<&'a Pod> {
    let ranked: Vec<RankedPod<'a>> = pods.iter().map(|pod| RankedPod { pod, colocated: 0 }).collect();
    let now = kernel.config.epoch_micros + kernel.now.0 as i64;
    deletion_order(&ranked, now).into_iter().map(|ranked| ranked.pod).collect()
}

/// A pod of the Job, for an index if it is an Indexed one.
fn new_pod(sync: &Sync<'_>, index: Option<i32>) -> Pod {
    let job: &Job = &sync.job;
    let mut pod = pod_from_template(&job.spec.template, sync.owner);
    let finalizers = &mut pod.metadata.finalizers;
    if !finalizers.iter().any(|finalizer| finalizer == TRACKING_FINALIZER) {
        finalizers.push(TRACKING_FINALIZER.to_string());
    }
    let Some(index) = index else { return pod };
    let meta = &mut pod.metadata;
    meta.generate_name = indexes::generate_name(&job.metadata.name, index);
    meta.annotations.insert(COMPLETION_INDEX.to_string(), index.to_string());
    meta.labels.insert(COMPLETION_INDEX.to_string(), index.to_string());
    if job.spec.backoff_limit_per_index.is_some() {
        let replaced = sync.kept_for_count.get(&index).copied();
        let counts = indexes::failure_annotations(job, replaced);
        meta.annotations.extend(counts.into_iter().map(|(key, value)| (key.to_string(), value)));
    }
    let spec = &mut *pod.spec;
    spec.hostname = format!("{}-{index}", job.metadata.name);
    spec.init_containers.iter_mut().chain(&mut spec.containers).for_each(add_index_variable);
    pod
}

/// `addCompletionIndexEnvVariable`.
fn add_index_variable(container: &mut Container) {
    if container.env.iter().any(|variable| variable.name == COMPLETION_INDEX_ENV) {
        return;
    }
    let field = ObjectFieldSelector {
        field_path: format!("metadata.labels['{COMPLETION_INDEX}']"),
        ..ObjectFieldSelector::default()
    };
    container.env.push(EnvVar {
        name: COMPLETION_INDEX_ENV.to_string(),
        value_from: Some(EnvVarSource { field_ref: Some(field), ..EnvVarSource::default() }),
        ..EnvVar::default()
    });
}
