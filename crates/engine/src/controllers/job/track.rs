//! Counting the finished pods, each exactly once (`job_controller.go trackJobStatusAndRemoveFinalizers`).

use super::conditions::{self, COMPLETE, FAILED, FAILURE_TARGET, SUCCESS_CRITERIA_MET};
use super::failure_policy::{self, Verdict};
use super::indexes::{completion_index, is_indexed, valid_index};
use super::sync::Sync;
use super::{BY, JobController, Waits, has_finalizer, release};
use crate::controllers::pods::pod_key;
use crate::events::EventType;
use crate::kernel::Kernel;
use alloc::collections::BTreeSet;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use lifepod_api::{Job, JobStatus, Object, ObjectKey, Pod, Refusal, Resource, Subresource};

/// No more than this many pods wait in the status to be counted (`MaxUncountedPods`).
const MAX_UNCOUNTED_PODS: usize = 500;

impl JobController {
    /// Lists the finished pods in the status, writes it, takes their finalizers off, counts them, and writes again;
    /// and ends the Job when nothing is left to be counted and no pod is left that still ends.
    pub(super) fn track(
        &mut self,
        kernel: &mut Kernel,
        sync: &mut Sync<'_>,
        mut flush: bool,
    ) -> Result<(), Refusal> {
        if is_indexed(&sync.job.spec) {
            sync.pods.sort_by_key(|pod| completion_index(pod));
        }
        let mut tracked: BTreeSet<String> =
            sync.pods.iter().filter(|pod| sync.is_tracked(pod)).map(|pod| pod.metadata.uid.clone()).collect();
        flush |= count_released(&mut sync.job.status, &tracked);
        let listed = list_finished(sync);
        flush |= listed.changed;
        flush |= write_indexes(sync, &listed.succeeded_indexes);
        flush |= announce_end(kernel, sync);
        if flush {
            write(kernel, &mut sync.job)?;
            self.back_offs.insert(sync.key.clone(), sync.back_off);
            flush = false;
        }
        let Some(released) = self.release_pods(kernel, sync, &listed.pods, &mut tracked) else {
            return Ok(());
        };
        flush |= count_released(&mut sync.job.status, &tracked);
        if released.is_err() {
            if flush {
                write(kernel, &mut sync.job)?;
            }
            return released;
        }
        let ended = if listed.reached_max { None } else { end(kernel, sync) };
        if flush || ended.is_some() {
            write(kernel, &mut sync.job)?;
        }
        if let Some(type_) = ended {
            self.record_end(kernel, sync, type_);
            self.finished.insert(sync.job.metadata.uid.clone());
        }
        Ok(())
    }

    /// `removeTrackingFinalizerFromPods`; the first refusal, if there was one, after all were tried. None when some have to
    /// wait for tokens: the Job is looked at again after them.
    fn release_pods(
        &mut self,
        kernel: &mut Kernel,
        sync: &Sync<'_>,
        pods: &[&Pod],
        tracked: &mut BTreeSet<String>,
    ) -> Option<Result<(), Refusal>> {
        let mut result = Ok(());
        for (index, pod) in pods.iter().enumerate() {
            if has_finalizer(pod) && !self.pods.is_free(kernel) {
                let rest = pods[index..].iter().map(|pod| (pod_key(pod), pod.metadata.uid.clone()));
                self.under_way.insert(sync.key.clone(), Waits::Releases(rest.collect()));
                self.queue.wait_for_turns(kernel, sync.key, pods.len() - index);
                return None;
            }
            let pod = (pod_key(pod), pod.metadata.uid.clone());
            match self.release_counted(kernel, sync.key, &pod) {
                Ok(()) => {
                    tracked.remove(&pod.1);
                }
                Err(refusal) => result = result.and(Err(refusal)),
            }
        }
        Some(result)
    }

    /// Takes the finalizer off a pod, and remembers that until it is seen.
    pub(super) fn release_counted(
        &mut self,
        kernel: &mut Kernel,
        job: &ObjectKey,
        (pod, uid): &(ObjectKey, String),
    ) -> Result<(), Refusal> {
        release(kernel, pod)?;
        self.released.entry(job.clone()).or_default().insert(uid.clone());
        Ok(())
    }

    /// `recordJobFinished`.
    fn record_end(&mut self, kernel: &mut Kernel, sync: &Sync<'_>, type_: &str) {
        let (owner, job) = (sync.owner, &sync.job);
        let Some(condition) = conditions::find_true(job, type_) else { return };
        if type_ == FAILED {
            self.pods.event(kernel, owner, EventType::Warning, &condition.reason, &condition.message);
            return;
        }
        if job.spec.completions.is_some_and(|completions| job.status.succeeded > completions) {
            let message = "Too many succeeded pods running after completion count reached";
            self.pods.event(kernel, owner, EventType::Warning, "TooManySucceededPods", message);
        }
        self.pods.event(kernel, owner, EventType::Normal, "Completed", "Job completed");
    }
}

/// What one pass over the pods found.
struct Listed<'a> {
    /// Those that may lose their finalizer.
    pods: Vec<&'a Pod>,
    succeeded_indexes: BTreeSet<i32>,
    changed: bool,
    /// There may be more.
    reached_max: bool,
}

/// Puts the finished pods into `status.uncountedTerminatedPods`.
fn list_finished<'a>(sync: &mut Sync<'a>) -> Listed<'a> {
    let indexed = is_indexed(&sync.job.spec);
    let mut uncounted = sync.job.status.uncounted_terminated_pods.take().unwrap_or_default();
    let known_failed: BTreeSet<String> = uncounted.failed.iter().cloned().collect();
    let known_succeeded: BTreeSet<String> = uncounted.succeeded.iter().cloned().collect();
    let mut listed =
        Listed { pods: Vec::new(), succeeded_indexes: BTreeSet::new(), changed: false, reached_max: false };
    // When the Job has failed, pods that have not ended count as failed too.
    let job_failed = sync.finished.as_ref().is_some_and(|end| end.type_ != SUCCESS_CRITERIA_MET);
    for pod in sync.pods.iter().copied().filter(|pod| sync.is_tracked(pod)) {
        let failed = sync.is_failed(pod);
        if !may_be_released(sync, pod, failed) {
            continue;
        }
        listed.pods.push(pod);
        let uid = &pod.metadata.uid;
        let index = valid_index(&sync.job, pod);
        if pod.status.phase == "Succeeded" && !known_failed.contains(uid) {
            if indexed {
                // The index alone says that it was counted.
                if let Some(index) = index.filter(|index| !sync.previously_succeeded.has(*index)) {
                    listed.succeeded_indexes.insert(index);
                    listed.changed = true;
                }
            } else if !known_succeeded.contains(uid) {
                uncounted.succeeded.push(uid.clone());
                listed.changed = true;
            }
        } else if (failed || job_failed)
            && !known_failed.contains(uid)
            && (!indexed || index.is_some())
            && failure_policy::judge(&sync.job.spec, pod) != Verdict::Ignore
        {
            uncounted.failed.push(uid.clone());
            listed.changed = true;
        }
        let waiting = listed.succeeded_indexes.len() + uncounted.succeeded.len() + uncounted.failed.len();
        if waiting >= MAX_UNCOUNTED_PODS {
            listed.reached_max = true;
            break;
        }
    }
    sync.job.status.uncounted_terminated_pods = Some(uncounted);
    listed
}

/// `canRemoveFinalizer`.
fn may_be_released(sync: &Sync<'_>, pod: &Pod, failed: bool) -> bool {
    if sync.job.metadata.deletion_timestamp.is_some()
        || sync.finished.is_some()
        || pod.status.phase == "Succeeded"
    {
        return true;
    }
    let kept = completion_index(pod).and_then(|index| sync.kept_for_count.get(&index));
    failed && kept.is_none_or(|kept| kept.metadata.uid != pod.metadata.uid)
}

/// Counts the listed pods that have lost their finalizer (`cleanUncountedPodsWithoutFinalizers`).
fn count_released(status: &mut JobStatus, tracked: &BTreeSet<String>) -> bool {
    let Some(uncounted) = &mut status.uncounted_terminated_pods else { return false };
    let mut changed = false;
    for (uids, counter) in
        [(&mut uncounted.succeeded, &mut status.succeeded), (&mut uncounted.failed, &mut status.failed)]
    {
        let before = uids.len();
        uids.retain(|uid| tracked.contains(uid));
        *counter += (before - uids.len()) as i32;
        changed |= uids.len() != before;
    }
    changed
}

/// Writes what became of the indexes into the status, and says whether that changed it.
fn write_indexes(sync: &mut Sync<'_>, newly_succeeded: &BTreeSet<i32>) -> bool {
    if !is_indexed(&sync.job.spec) {
        return false;
    }
    sync.succeeded_indexes = sync.succeeded_indexes.with(newly_succeeded);
    let completed = sync.succeeded_indexes.to_string();
    let failed = sync.failed_indexes.as_ref().map(ToString::to_string);
    let status = &mut sync.job.status;
    let changed = completed != status.completed_indexes || failed != status.failed_indexes;
    status.succeeded = sync.succeeded_indexes.total();
    status.completed_indexes = completed;
    status.failed_indexes = failed;
    changed
}

/// Says in the status how the Job will end, and turns the announcement into the end itself.
fn announce_end(kernel: &Kernel, sync: &mut Sync<'_>) -> bool {
    let Some(end) = sync.finished.take() else { return false };
    let announced = conditions::find_true(&sync.job, &end.type_).is_some();
    let final_type = match end.type_.as_str() {
        FAILURE_TARGET => FAILED,
        SUCCESS_CRITERIA_MET => COMPLETE,
        _ => {
            sync.finished = Some(end);
            return false;
        }
    };
    let last = conditions::new(final_type, "True", &end.reason, &end.message, kernel.time());
    sync.finished = Some(last);
    if !announced {
        sync.job.status.conditions.push(end);
    }
    !announced
}

/// Ends the Job if nothing holds it up; the condition that says so (`enactJobFinished`).
fn end(kernel: &Kernel, sync: &mut Sync<'_>) -> Option<&'static str> {
    let condition = sync.finished.clone()?;
    let uncounted = sync.job.status.uncounted_terminated_pods.as_ref();
    if uncounted.is_some_and(|u| !u.succeeded.is_empty() || !u.failed.is_empty()) || sync.terminating > 0 {
        return None;
    }
    let complete = condition.type_ == COMPLETE;
    let condition =
        conditions::new(&condition.type_, "True", &condition.reason, &condition.message, kernel.time());
    conditions::ensure(&mut sync.job.status.conditions, condition);
    if complete {
        sync.job.status.completion_time = Some(kernel.time());
    }
    Some(if complete { COMPLETE } else { FAILED })
}

/// Writes the status, and goes on with the Job as it is stored then.
fn write(kernel: &mut Kernel, job: &mut Job) -> Result<(), Refusal> {
    let stored = kernel.update(Object::Job(job.clone()), Subresource::Status, BY)?;
    if let Some(stored) = Job::of(&stored) {
        job.clone_from(stored);
    }
    Ok(())
}
