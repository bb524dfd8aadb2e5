//! Jobs: pods that run to their end (`pkg/controller/job/job_controller.go`).
//!
//! A Job counts each of its pods exactly once. Its pods carry a finalizer, so that none disappears uncounted, however
//! it is deleted: a finished pod's `uid` goes into `status.uncountedTerminatedPods`, then the finalizer is taken off,
//! then the pod is counted and the `uid` leaves the list. What a sync decides is in `sync`, how many pods there should
//! be in `manage`, and the counting in `track`.

mod back_off;
mod conditions;
mod failure_policy;
mod indexes;
mod manage;
mod success_policy;
mod sync;
mod track;

use super::errand::{Done, Errand, Hands};
use super::expectations::Expectations;
use super::owners::concerned;
use super::pod_control::{PodControl, is_not_found};
use super::pods::pod_key;
use super::{Change, Controller, ControllerName, Informers, WorkQueue, controller_of};
use crate::jitter::Draw;
use crate::kernel::Kernel;
use crate::trace::Op;
use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::string::String;
use alloc::vec::Vec;
use back_off::BackOffRecord;
pub(crate) use conditions::finished as finished_condition;
use lifepod_api::{Job, Object, ObjectKey, Pod, Refusal, Resource, SimTime, Subresource, Time};

/// The name under which the controller acts.
const BY: &str = "job-controller";
/// The finalizer that keeps a pod until it is counted (`batch.JobTrackingFinalizer`).
const TRACKING_FINALIZER: &str = "batch.kubernetes.io/job-tracking";
/// What happens to a Job's pods is looked at together, this long after the first of it (`SyncJobBatchPeriod`).
const SYNC_BATCH_PERIOD: SimTime = SimTime::from_secs(1);
/// How late a worker comes to it at most, as measured on a busy cluster.
const SYNC_BATCH_LATENESS: SimTime = SimTime::from_millis(60);
/// The waits after refused writes (`DefaultJobApiBackOff`, `MaxJobApiBackOff`).
const API_BACK_OFF: (SimTime, SimTime) = (SimTime::from_secs(1), SimTime::from_secs(60));

/// The controller.
#[derive(Clone, Debug)]
pub(crate) struct JobController {
    /// Jobs, and the names of pods that lost their Job with the finalizer still on.
    queue: WorkQueue,
    pods: PodControl,
    expectations: Expectations,
    /// By Job: the pods whose finalizer was taken off, which no watch has shown yet (`uidTrackingExpectations`).
    released: BTreeMap<ObjectKey, BTreeSet<String>>,
    back_offs: BTreeMap<ObjectKey, BackOffRecord>,
    /// Jobs that were written as finished, which no watch has shown yet (`finishedJobExpectations`).
    finished: BTreeSet<String>,
    /// Syncs that wait for tokens.
    under_way: BTreeMap<ObjectKey, Waits>,
}

/// What a sync that waits for tokens is at. It goes on with what is known of the Job then: what it found when it began
/// would be old.
#[derive(Clone, Debug)]
enum Waits {
    /// It makes or deletes pods; it began then.
    Manages { errand: Errand, ends: bool, began: Time },
    /// It takes the finalizers off these pods, which have a `uid` besides.
    Releases(VecDeque<(ObjectKey, String)>),
}

/// A sync has made or deleted the pods that it was to.
struct Managed {
    done: Done,
    /// Because the Job ends.
    ends: bool,
    /// When the sync began: a new Job has started then.
    began: Time,
}

impl JobController {
    pub(crate) fn new() -> Self {
        JobController {
            queue: WorkQueue::with_delays(ControllerName::Job, API_BACK_OFF),
            pods: PodControl::new(BY),
            expectations: Expectations::default(),
            released: BTreeMap::new(),
            back_offs: BTreeMap::new(),
            finished: BTreeSet::new(),
            under_way: BTreeMap::new(),
        }
    }

    /// A second is also what passes between two looks of the kubelet at a pod that ends. Which of the two comes first
    /// decides whether one sync sees the end or two do, and in a real cluster that is up to chance.
    fn add_batched(&mut self, kernel: &mut Kernel, job: ObjectKey) {
        if self.queue.is_waiting(&job) {
            return self.queue.add_after(kernel, job, SYNC_BATCH_PERIOD);
        }
        let late = kernel.jitter.draw(Draw::JobBatch, kernel.now, SYNC_BATCH_LATENESS);
        let late = SimTime::from_secs_f64(SYNC_BATCH_LATENESS.as_secs_f64() * late);
        self.queue.add_after(kernel, job, SYNC_BATCH_PERIOD + late);
    }

    fn observe_job(&mut self, kernel: &mut Kernel, informers: &Informers, change: &Change<'_>, job: &Job) {
        let key = change.object.key();
        match (change.op, change.old.and_then(Job::of)) {
            (Op::Modified, Some(old)) if conditions::finished(job).is_none() => {
                if old.metadata.generation == job.metadata.generation {
                    self.add_batched(kernel, key);
                } else {
                    self.queue.add(kernel, key.clone());
                    if let (Some(start), Some(deadline)) =
                        (job.status.start_time, job.spec.active_deadline_seconds)
                        && old.spec.active_deadline_seconds != Some(deadline)
                    {
                        let wait = kernel.until(Time(start.0 + deadline));
                        self.queue.add_after(kernel, key, wait);
                    }
                }
            }
            // Its pods should have lost their finalizers by now; if not, they lose them here.
            (Op::Modified, Some(_)) => self.release_all(kernel, informers, job),
            (Op::Added | Op::Modified, _) => self.queue.add(kernel, key),
            (Op::Deleted, _) => {
                self.release_all(kernel, informers, job);
                self.forget(&key, &job.metadata.uid);
            }
        }
    }

    /// `enqueueLabelSelector`.
    fn release_all(&mut self, kernel: &mut Kernel, informers: &Informers, job: &Job) {
        let pods = informers.controlled_by::<Pod>(&job.metadata.uid).filter(|pod| has_finalizer(pod));
        let keys: Vec<ObjectKey> = pods.map(pod_key).collect();
        for key in keys {
            self.queue.add(kernel, key);
        }
    }

    fn forget(&mut self, key: &ObjectKey, uid: &str) {
        self.expectations.forget(key);
        self.released.remove(key);
        self.back_offs.remove(key);
        self.finished.remove(uid);
    }

    fn observe_pod(&mut self, kernel: &mut Kernel, informers: &Informers, change: &Change<'_>, pod: &Pod) {
        let gone = change.op == Op::Deleted;
        let deleted = gone || pod.metadata.deletion_timestamp.is_some();
        let owner = controller_of(&pod.metadata);
        let job = owner.and_then(|owner| informers.resolve::<Job>(&pod.metadata.namespace, owner));
        let ignored = deleted && job.is_none_or(|job| conditions::finished(job).is_some());
        // No sync of a Job takes this finalizer off.
        if has_finalizer(pod) && owner.is_none_or(|owner| ignored && owner.kind == Job::KIND) {
            self.queue.add(kernel, pod_key(pod));
        }
        if ignored {
            return;
        }
        for key in concerned(informers, Job::KIND, change) {
            if deleted {
                self.expectations.deletion_observed(&key, &change.object.key());
            } else if change.op == Op::Added && job.is_some() {
                self.expectations.creation_observed(&key);
            }
            self.observe_release(&key, pod, gone || !has_finalizer(pod));
            self.add_batched(kernel, key);
        }
    }

    fn observe_release(&mut self, job: &ObjectKey, pod: &Pod, released: bool) {
        if released && let Some(uids) = self.released.get_mut(job) {
            uids.remove(&pod.metadata.uid);
        }
    }

    /// Takes the finalizer off a pod that no living Job counts any more (`handleSingleOrphanPod`).
    fn sync_orphan_pod(
        &mut self,
        kernel: &mut Kernel,
        informers: &Informers,
        key: &ObjectKey,
    ) -> Result<(), Refusal> {
        let Some(pod) = informers.get(key).and_then(|object| Pod::of(object)) else { return Ok(()) };
        if let Some(owner) = controller_of(&pod.metadata) {
            if owner.kind != Job::KIND {
                return Ok(());
            }
            let job = informers.resolve::<Job>(&key.namespace, owner);
            if job.is_some_and(|job| is_managed_elsewhere(job) || conditions::finished(job).is_none()) {
                return Ok(());
            }
        }
        release(kernel, &pod_key(pod))
    }
}

impl Controller for JobController {
    fn kinds(&self) -> &'static [&'static str] {
        &["Job", "Pod"]
    }

    fn queue(&mut self) -> &mut WorkQueue {
        &mut self.queue
    }

    fn observe(&mut self, kernel: &mut Kernel, informers: &Informers, change: &Change<'_>) {
        match change.object {
            Object::Job(job) => self.observe_job(kernel, informers, change, job),
            Object::Pod(pod) => self.observe_pod(kernel, informers, change, pod),
            _ => {}
        }
    }

    fn sync(&mut self, kernel: &mut Kernel, informers: &Informers, key: &ObjectKey) -> Result<(), Refusal> {
        if key.kind == Pod::KIND {
            return self.sync_orphan_pod(kernel, informers, key);
        }
        self.look(kernel, informers, key, None)
    }

    fn resume(&mut self, kernel: &mut Kernel, informers: &Informers, key: &ObjectKey) -> Result<(), Refusal> {
        match self.under_way.remove(key) {
            Some(Waits::Manages { mut errand, ends, began }) => {
                match errand.resume(kernel, &mut self.hands()) {
                    Some(done) => self.look(kernel, informers, key, Some(Managed { done, ends, began })),
                    None => {
                        self.under_way.insert(key.clone(), Waits::Manages { errand, ends, began });
                        Ok(())
                    }
                }
            }
            Some(Waits::Releases(mut pods)) => {
                let released = pods.pop_front().map_or(Ok(()), |pod| self.release_counted(kernel, key, &pod));
                if pods.is_empty() {
                    return released.and_then(|()| self.look(kernel, informers, key, None));
                }
                self.under_way.insert(key.clone(), Waits::Releases(pods));
                released
            }
            None => Ok(()),
        }
    }
}

impl JobController {
    fn hands(&mut self) -> Hands<'_> {
        Hands { pods: &mut self.pods, expectations: &mut self.expectations, queue: &mut self.queue }
    }

    /// Looks at a Job, whose pods may have been made or deleted just before.
    fn look(
        &mut self,
        kernel: &mut Kernel,
        informers: &Informers,
        key: &ObjectKey,
        managed: Option<Managed>,
    ) -> Result<(), Refusal> {
        let Some(owner) = informers.get(key) else { return Ok(()) };
        let Some(job) = Job::of(owner) else { return Ok(()) };
        if is_managed_elsewhere(job) {
            return Ok(());
        }
        if conditions::finished(job).is_some() {
            self.back_offs.remove(key);
            self.finished.remove(&job.metadata.uid);
            return Ok(());
        }
        if self.finished.contains(&job.metadata.uid) {
            return Ok(());
        }
        self.sync_job(kernel, informers, key, owner, job, managed)
    }
}

/// Whether another controller looks after the Job (`managedByExternalController`).
fn is_managed_elsewhere(job: &Job) -> bool {
    job.spec.managed_by.as_deref().is_some_and(|name| name != "kubernetes.io/job-controller")
}

fn has_finalizer(pod: &Pod) -> bool {
    pod.metadata.finalizers.iter().any(|finalizer| finalizer == TRACKING_FINALIZER)
}

/// Takes the finalizer off a pod; one that is gone has none (`removeTrackingFinalizerPatch`).
fn release(kernel: &mut Kernel, pod: &ObjectKey) -> Result<(), Refusal> {
    // What is stored may be newer than what is known of it; all else stays as it is.
    let Some(stored) = kernel.store.get(pod) else { return Ok(()) };
    let mut object = (**stored).clone();
    let finalizers = &mut object.meta_mut().finalizers;
    let held = finalizers.len();
    finalizers.retain(|finalizer| finalizer != TRACKING_FINALIZER);
    if finalizers.len() == held {
        return Ok(());
    }
    match kernel.update(object, Subresource::Main, BY) {
        Err(refusal) if !is_not_found(&refusal) => Err(refusal),
        _ => Ok(()),
    }
}
