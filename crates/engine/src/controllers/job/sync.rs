//! One look at a Job: whether it goes on, and if not, how it ends (`job_controller.go syncJob`).

use super::back_off::BackOffRecord;
use super::conditions::{self, FAILURE_TARGET, SUCCESS_CRITERIA_MET, SUSPENDED};
use super::failure_policy::{self, Verdict};
use super::indexes::{self, Indexes, is_indexed, valid_index};
use super::{BY, JobController, Managed, TRACKING_FINALIZER, Waits, has_finalizer, success_policy};
use crate::controllers::Informers;
use crate::controllers::errand::{Done, Errand};
use crate::controllers::pods::{is_pod_active, is_pod_ready, is_pod_terminating, pod_key};
use crate::controllers::refs::{RefManager, is_controlled_by};
use crate::events::EventType;
use crate::kernel::Kernel;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use lifepod_api::{Job, JobCondition, JobSpec, Object, ObjectKey, Pod, Refusal, SimTime, Time};

/// What a sync knows and decides (`syncJobCtx`).
pub(super) struct Sync<'a> {
    pub(super) key: &'a ObjectKey,
    /// The Job as it was read.
    pub(super) owner: &'a Arc<Object>,
    /// The Job, whose status becomes what is to be written.
    pub(super) job: Job,
    pub(super) pods: Vec<&'a Pod>,
    pub(super) active_pods: Vec<&'a Pod>,
    /// How many active pods there are after this sync, as far as it tells.
    pub(super) active: i32,
    pub(super) ready: i32,
    pub(super) terminating: i32,
    pub(super) succeeded: i32,
    pub(super) previously_succeeded: Indexes,
    pub(super) succeeded_indexes: Indexes,
    /// Only with `backoffLimitPerIndex`.
    pub(super) failed_indexes: Option<Indexes>,
    /// By index: the failed pod that is kept until the pod that replaces it has its failure count.
    pub(super) kept_for_count: BTreeMap<i32, &'a Pod>,
    pub(super) back_off: BackOffRecord,
    /// Pods that lost their finalizer although the informers do not show it yet.
    pub(super) released: BTreeSet<String>,
    /// How the Job ends, if it does.
    pub(super) finished: Option<JobCondition>,
}

impl<'a> Sync<'a> {
    /// Whether a pod is still to be counted: it has the finalizer, also if it was given one a moment ago, when it was
    /// adopted.
    pub(super) fn is_tracked(&self, pod: &Pod) -> bool {
        let adopted = !is_controlled_by(&pod.metadata, &self.job.metadata.uid);
        (has_finalizer(pod) || adopted) && !self.released.contains(&pod.metadata.uid)
    }

    /// Whether a pod without a valid index is no pod of the Job's (`getValidPodsWithFilter`).
    fn has_place(&self, pod: &Pod) -> bool {
        !is_indexed(&self.job.spec) || valid_index(&self.job, pod).is_some()
    }

    pub(super) fn is_failed(&self, pod: &Pod) -> bool {
        is_pod_failed(&self.job.spec, pod)
    }
}

/// Whether a pod has failed. One that is being deleted counts as failed at once, unless only finished pods are
/// replaced (`isPodFailed`).
pub(super) fn is_pod_failed(spec: &JobSpec, pod: &Pod) -> bool {
    let phase = pod.status.phase.as_str();
    let being_deleted = pod.metadata.deletion_timestamp.is_some() && phase != "Succeeded";
    phase == "Failed" || (being_deleted && !only_replaces_failed_pods(spec))
}

/// `onlyReplaceFailedPods`.
pub(super) fn only_replaces_failed_pods(spec: &JobSpec) -> bool {
    spec.pod_replacement_policy.as_deref() == Some("Failed") || spec.pod_failure_policy.is_some()
}

pub(super) fn is_suspended(spec: &JobSpec) -> bool {
    spec.suspend == Some(true)
}

impl JobController {
    pub(super) fn sync_job(
        &mut self,
        kernel: &mut Kernel,
        informers: &Informers,
        key: &ObjectKey,
        owner: &Arc<Object>,
        job: &Job,
        managed: Option<Managed>,
    ) -> Result<(), Refusal> {
        // Before the pods are listed: one that appears in between is waited for once too often rather than too rarely.
        let satisfied = self.expectations.satisfied(key, kernel.now);
        let candidates = informers
            .controlled_by::<Pod>(&job.metadata.uid)
            .chain(informers.orphans::<Pod>(&job.metadata.namespace));
        let selector = job.spec.selector.clone().unwrap_or_default();
        let mut refs = RefManager::new(owner, &selector, BY).adding_finalizer(TRACKING_FINALIZER);
        let pods = refs.claim(kernel, candidates)?;
        let mut sync = self.begin(key, owner, job, pods);
        let (newly_succeeded, newly_failed) = newly_finished(&sync);
        let failed = count_failures(&mut sync, &newly_succeeded, &newly_failed);
        if sync.job.status.start_time.is_none() && !is_suspended(&job.spec) {
            let began = managed.as_ref().map_or(kernel.time(), |managed| managed.began);
            sync.job.status.start_time = Some(began);
        }
        let record = self.back_offs.get(key).copied().unwrap_or_default();
        sync.back_off = record.after(&newly_succeeded, &newly_failed);

        sync.finished = decided_before(&sync, kernel.time())
            .or_else(|| failed_by_pods(&sync, kernel.time()))
            .or_else(|| self.past_limit(kernel, &sync, failed));
        if is_indexed(&job.spec) {
            judge_indexes(&mut sync, kernel.time());
        }

        let mut suspension_changed = false;
        let mut result = Ok(());
        if sync.finished.is_some() {
            let managed = match managed.filter(|managed| managed.ends) {
                Some(managed) => Some(managed),
                None => {
                    let errand = Errand::new(owner, [], sync.active_pods.iter().map(|pod| pod_key(pod)));
                    self.run(kernel, key, errand, true)
                }
            };
            let Some(Managed { done, .. }) = managed else { return Ok(()) };
            count_managed(&mut sync, &done, 0);
            result = done.result();
            if result.is_err() || !satisfied {
                // Other pods may be there that are not known yet.
                sync.finished = None;
            }
        } else {
            let manages = managed.is_some() || (satisfied && job.metadata.deletion_timestamp.is_none());
            if manages {
                let managed = match managed {
                    Some(managed) => Some(managed),
                    None => {
                        let errand = self.manage(kernel, &mut sync);
                        self.run(kernel, key, errand, false)
                    }
                };
                let Some(Managed { done, .. }) = managed else { return Ok(()) };
                let unseen = if done.succeeded > 0 { self.expectations.creations(key) } else { 0 };
                count_managed(&mut sync, &done, unseen);
                result = done.result();
            }
            let enough = match job.spec.completions {
                None => sync.succeeded > 0,
                Some(completions) => sync.succeeded >= completions,
            };
            if enough && sync.active == 0 {
                sync.finished = Some(conditions::new(
                    SUCCESS_CRITERIA_MET,
                    "True",
                    "CompletionsReached",
                    "Reached expected number of succeeded pods",
                    kernel.time(),
                ));
            } else if manages {
                suspension_changed = self.mark_suspension(kernel, &mut sync);
            }
        }

        let status = &mut sync.job.status;
        let counts = (sync.active, Some(sync.ready), Some(sync.terminating));
        let changed = suspension_changed || counts != (status.active, status.ready, status.terminating);
        (status.active, status.ready, status.terminating) = counts;
        self.track(kernel, &mut sync, changed)?;
        result
    }

    /// Makes and deletes pods; none when the rest has to wait.
    fn run(
        &mut self,
        kernel: &mut Kernel,
        key: &ObjectKey,
        mut errand: Errand,
        ends: bool,
    ) -> Option<Managed> {
        let began = kernel.time();
        let done = errand.begin(kernel, &mut self.hands());
        if done.is_none() {
            self.under_way.insert(key.clone(), Waits::Manages { errand, ends, began });
        }
        done.map(|done| Managed { done, ends, began })
    }

    fn begin<'a>(
        &self,
        key: &'a ObjectKey,
        owner: &'a Arc<Object>,
        job: &Job,
        pods: Vec<&'a Pod>,
    ) -> Sync<'a> {
        let active_pods: Vec<&Pod> = pods.iter().copied().filter(|pod| is_pod_active(pod)).collect();
        let mut job = job.clone();
        job.status.uncounted_terminated_pods.get_or_insert_default();
        Sync {
            key,
            owner,
            active: active_pods.len() as i32,
            ready: active_pods.iter().filter(|pod| is_pod_ready(pod)).count() as i32,
            terminating: pods.iter().filter(|pod| is_pod_terminating(pod)).count() as i32,
            succeeded: 0,
            previously_succeeded: Indexes::default(),
            succeeded_indexes: Indexes::default(),
            failed_indexes: None,
            kept_for_count: BTreeMap::new(),
            back_off: BackOffRecord::default(),
            released: self.released.get(key).cloned().unwrap_or_default(),
            finished: None,
            job,
            pods,
            active_pods,
        }
    }

    /// Whether too many pods failed, or the Job took too long; if it may still, it is looked at again when it has.
    fn past_limit(&mut self, kernel: &mut Kernel, sync: &Sync<'_>, failed: i32) -> Option<JobCondition> {
        let spec = &sync.job.spec;
        let limit = spec.backoff_limit.unwrap_or(6);
        let fails =
            |reason, message| Some(conditions::new(FAILURE_TARGET, "True", reason, message, kernel.time()));
        if failed > limit || past_back_off_limit_on_failure(spec, limit, &sync.pods) {
            return fails("BackoffLimitExceeded", "Job has reached the specified backoff limit");
        }
        let (Some(deadline), Some(start)) = (spec.active_deadline_seconds, sync.job.status.start_time) else {
            return None;
        };
        if is_suspended(spec) {
            return None;
        }
        match kernel.until(Time(start.0 + deadline)) {
            SimTime::ZERO => fails("DeadlineExceeded", "Job was active longer than specified deadline"),
            wait => {
                self.queue.add_after(kernel, sync.key.clone(), wait);
                None
            }
        }
    }

    /// Says that the Job was suspended or resumed, if it was. A resumed Job starts anew: its deadline counts the time
    /// that it was active without a break.
    fn mark_suspension(&mut self, kernel: &mut Kernel, sync: &mut Sync<'_>) -> bool {
        let suspended = is_suspended(&sync.job.spec);
        let (status, reason, event, message) = match suspended {
            true => ("True", "JobSuspended", "Suspended", "Job suspended"),
            false => ("False", "JobResumed", "Resumed", "Job resumed"),
        };
        let condition = conditions::new(SUSPENDED, status, reason, message, kernel.time());
        let changed = conditions::ensure(&mut sync.job.status.conditions, condition);
        if changed {
            self.pods.event(kernel, sync.owner, EventType::Normal, event, message);
            sync.job.status.start_time = (!suspended).then(|| kernel.time());
        }
        changed
    }
}

/// Counts what the informers do not show yet: `unseen` pods that were made, and those that were deleted as terminating.
fn count_managed(sync: &mut Sync<'_>, done: &Done, unseen: usize) {
    sync.active += unseen as i32;
    for pod in &sync.active_pods {
        let key = pod_key(pod);
        if done.deleted.contains(&key) || done.kept.contains(&key) {
            sync.ready -= i32::from(is_pod_ready(pod));
        }
        if done.deleted.contains(&key) {
            sync.active -= 1;
            sync.terminating += 1;
        }
    }
}

/// The pods that finished since they were last counted (`getNewFinishedPods`).
fn newly_finished<'a>(sync: &Sync<'a>) -> (Vec<&'a Pod>, Vec<&'a Pod>) {
    let uncounted = sync.job.status.uncounted_terminated_pods.as_ref();
    let known = |list: fn(&lifepod_api::UncountedTerminatedPods) -> &Vec<String>, pod: &Pod| {
        uncounted.is_some_and(|uncounted| list(uncounted).contains(&pod.metadata.uid))
    };
    let new = sync.pods.iter().copied().filter(|pod| sync.is_tracked(pod) && sync.has_place(pod));
    let succeeded =
        new.clone().filter(|pod| pod.status.phase == "Succeeded" && !known(|u| &u.succeeded, pod));
    let failed = new.clone().filter(|pod| sync.is_failed(pod) && !known(|u| &u.failed, pod));
    (succeeded.collect(), failed.collect())
}

/// Counts the pods that succeeded so far, and gives how many failed.
fn count_failures(sync: &mut Sync<'_>, newly_succeeded: &[&Pod], newly_failed: &[&Pod]) -> i32 {
    let status = &sync.job.status;
    let uncounted = status.uncounted_terminated_pods.as_ref();
    let (succeeded, failed) = uncounted.map_or((0, 0), |u| (u.succeeded.len(), u.failed.len()));
    let counting =
        newly_failed.iter().filter(|pod| failure_policy::judge(&sync.job.spec, pod) != Verdict::Ignore);
    let failed = status.failed + (failed + counting.count()) as i32;
    sync.succeeded = status.succeeded + (succeeded + newly_succeeded.len()) as i32;
    failed
}

/// The end that an earlier sync announced.
fn decided_before(sync: &Sync<'_>, now: Time) -> Option<JobCondition> {
    if let Some(met) = conditions::find_true(&sync.job, SUCCESS_CRITERIA_MET) {
        return Some(met.clone());
    }
    let target = conditions::find_true(&sync.job, FAILURE_TARGET)?;
    Some(conditions::new(conditions::FAILED, "True", &target.reason, &target.message, now))
}

/// Whether a pod failed in a way of which `podFailurePolicy` says that it fails the Job (`getFailJobMessage`).
fn failed_by_pods(sync: &Sync<'_>, now: Time) -> Option<JobCondition> {
    let failed = sync.pods.iter().filter(|pod| sync.is_failed(pod));
    failed.map(|pod| failure_policy::judge(&sync.job.spec, pod)).find_map(|verdict| match verdict {
        Verdict::FailJob(message) => {
            Some(conditions::new(FAILURE_TARGET, "True", "PodFailurePolicy", &message, now))
        }
        _ => None,
    })
}

/// With `restartPolicy: OnFailure` the restarts of containers count, while their pod lives
/// (`pastBackoffLimitOnFailure`).
fn past_back_off_limit_on_failure(spec: &JobSpec, limit: i32, pods: &[&Pod]) -> bool {
    if spec.template.spec.restart_policy != "OnFailure" {
        return false;
    }
    let living = pods.iter().filter(|pod| matches!(pod.status.phase.as_str(), "Running" | "Pending"));
    let containers = living
        .flat_map(|pod| pod.status.init_container_statuses.iter().chain(&pod.status.container_statuses));
    let restarts: i32 = containers.map(|status| status.restart_count).sum();
    if limit == 0 { restarts > 0 } else { restarts >= limit }
}

/// What an Indexed Job's indexes say: too many of them failed, none is left to do, or enough succeeded.
fn judge_indexes(sync: &mut Sync<'_>, now: Time) {
    let spec = sync.job.spec.clone();
    let completions = spec.completions.unwrap_or(0);
    let of_pods = |wanted: &dyn Fn(&Pod) -> bool| -> BTreeSet<i32> {
        // Those whose finalizer was taken off a moment ago are in the status already, which does no harm.
        let pods = sync.pods.iter().filter(|pod| has_finalizer(pod) && wanted(pod));
        pods.filter_map(|pod| valid_index(&sync.job, pod)).collect()
    };
    let before = Indexes::parse(&sync.job.status.completed_indexes, completions);
    let succeeded = before.with(&of_pods(&|pod| pod.status.phase == "Succeeded"));
    if let Some(limit) = spec.backoff_limit_per_index {
        let before = sync.job.status.failed_indexes.as_deref().unwrap_or_default();
        let is_index_failed = |pod: &Pod| {
            is_pod_failed(&spec, pod)
                && match failure_policy::judge(&spec, pod) {
                    Verdict::FailIndex => true,
                    Verdict::Ignore => false,
                    _ => indexes::failures(pod) >= limit,
                }
        };
        let failed = Indexes::parse(before, completions).with(&of_pods(&is_index_failed));
        if sync.finished.is_none() {
            let total = failed.total();
            let fails = |reason, message| conditions::new(FAILURE_TARGET, "True", reason, message, now);
            if spec.max_failed_indexes.is_some_and(|max| total > max) {
                sync.finished = Some(fails(
                    "MaxFailedIndexesExceeded",
                    "Job has exceeded the specified maximal number of failed indexes",
                ));
            } else if total > 0 && total + succeeded.total() >= completions {
                sync.finished = Some(fails("FailedIndexes", "Job has failed indexes"));
            }
        }
        sync.failed_indexes = Some(failed);
    }
    sync.succeeded = succeeded.total();
    sync.previously_succeeded = before;
    sync.succeeded_indexes = succeeded;
    if sync.failed_indexes.is_some() {
        sync.kept_for_count = kept_for_count(sync);
    }
    if sync.finished.is_none()
        && let Some(message) = success_policy::matched(&spec, &sync.succeeded_indexes)
    {
        let met = conditions::new(SUCCESS_CRITERIA_MET, "True", "SuccessPolicy", &message, now);
        sync.finished = Some(met);
    }
}

/// Failed pods whose index is to be tried again: the last one of each index keeps its finalizer until the pod that
/// replaces it knows how often the index failed (`getPodsWithDelayedDeletionPerIndex`).
fn kept_for_count<'a>(sync: &Sync<'a>) -> BTreeMap<i32, &'a Pod> {
    let active = indexes::indexes_of(sync.active_pods.iter().copied());
    let mut kept: BTreeMap<i32, &Pod> = BTreeMap::new();
    for pod in sync.pods.iter().copied().filter(|pod| sync.is_tracked(pod) && sync.is_failed(pod)) {
        let Some(index) = valid_index(&sync.job, pod) else { continue };
        let failed = sync.failed_indexes.as_ref().is_some_and(|failed| failed.has(index));
        if failed || sync.succeeded_indexes.has(index) || active.contains(&index) {
            continue;
        }
        let rank = |pod: &Pod| (indexes::absolute_failures(pod), super::back_off::finished_at(pod));
        let later = kept.get(&index).is_none_or(|last| {
            let (count, end) = rank(pod);
            let (last_count, last_end) = rank(last);
            count >= last_count && end >= last_end
        });
        if later {
            kept.insert(index, pod);
        }
    }
    kept
}
