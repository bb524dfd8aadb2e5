//! One worker per pod: what it is doing, what it will do next, and when it looks again
//! (`pkg/kubelet/pod_workers.go`).
//!
//! A pod goes through syncing → terminating → terminated and never back. A worker does one thing at a time;
//! updates that come meanwhile are merged, the newest wins. The waits of the upstream goroutine are the variants
//! of [`Activity`].

use crate::jitter::Draw;
use crate::kernel::{Kernel, next_tick};
use crate::kubelet::kill_container::Kill;
use crate::kubelet::runtime::RuntimeStatus;
use crate::kubelet::sync_pod::SyncRun;
use crate::kubelet::volumes::Mounting;
use crate::kubelet::{Kubelet, PodUid, SYNC_TICK, SharedPod, Timer};
use crate::trace::{Decision, EntryId, SyncReason};
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use lifepod_api::SimTime;

/// `syncFrequency`: a healthy pod is looked at again after this, times 1 to 1.5.
const RESYNC_INTERVAL: SimTime = SimTime::from_secs(60);
/// `backOffPeriod`: after an error without a time of its own.
const BACK_OFF_PERIOD: SimTime = SimTime::from_secs(10);
/// How much a requeue is stretched at most (`workerResyncIntervalJitterFactor`, `workerBackOffPeriodJitterFactor`).
const JITTER_FACTOR: f64 = 0.5;

/// What a pod's worker is asked to do.
#[derive(Clone, Debug)]
pub(crate) struct Update {
    pub(crate) pod: SharedPod,
    pub(crate) reason: SyncReason,
    pub(crate) cause: Option<EntryId>,
    pub(crate) kill: Option<KillOptions>,
}

/// Why and how fast a pod is killed (`KillPodOptions`).
#[derive(Clone, Debug, Default)]
pub(crate) struct KillOptions {
    pub(crate) evict: bool,
    /// Seconds, instead of the pod's own.
    pub(crate) grace_override: Option<i64>,
    /// How the pod has ended then.
    pub(crate) status: Option<FinalStatus>,
}

/// Phase `Failed`, and why: what whoever has a pod killed wants to be shown of it.
#[derive(Clone, Debug)]
pub(crate) struct FinalStatus {
    pub(crate) reason: &'static str,
    pub(crate) message: String,
    /// The pod gets the condition `DisruptionTarget` with this message: nothing of it was to blame.
    pub(crate) disrupted: Option<String>,
    /// A pod whose phase is `Succeeded` by then stays so.
    pub(crate) spares_success: bool,
}

/// Which part of its life a pod is in (`PodWorkerState`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    /// Containers are started and kept running.
    Sync,
    /// Containers are being stopped.
    Terminating,
    /// Containers are stopped; what the pod held is released.
    Terminated,
    /// Nothing more will be done.
    Finished,
}

/// What a worker is doing.
#[derive(Clone, Debug)]
pub(crate) enum Activity {
    /// Waiting for an update.
    Idle,
    /// About to take up its pending update.
    Notified,
    /// Waiting for a runtime status newer than its last sync (`podCache.GetNewerThan`).
    WaitingForCache,
    /// In `SyncPod`.
    Syncing(Box<SyncRun>),
    /// In `SyncTerminatingPod`: killing containers, then stopping the sandbox.
    Terminating,
    /// In `SyncTerminatedPod`: waiting for volumes to be unmounted.
    Unmounting,
}

/// How a step of work ended.
#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    /// The pod goes to its next stage: at once.
    PhaseTransition,
    Success,
    /// An error; with the time at which the earliest back-off ends, if it was one.
    Error {
        back_off_until: Option<SimTime>,
    },
}

/// One pod's worker.
#[derive(Clone, Debug)]
pub(crate) struct PodWorker {
    pub(crate) stage: Stage,
    pub(crate) activity: Activity,
    pub(crate) pending: Option<Update>,
    pub(crate) active: Option<Update>,
    /// What the current step is: decided when the worker takes its update up, whatever comes while it waits for the
    /// runtime's status (`WorkType`).
    work_type: Stage,
    /// When the last step of work ended.
    last_sync: Option<SimTime>,
    /// Tells the wait that is under way from earlier ones.
    pub(crate) ticket: u64,
    /// Containers being killed.
    pub(crate) kills: Vec<Kill>,
    /// Seconds of grace, once the pod is terminating; zero before.
    pub(crate) grace: i64,
    /// Its deletion is what ends the pod, or it is gone from the API. A pod that was ending already when it was deleted
    /// keeps its records until they are collected.
    deleted: bool,
    evicted: bool,
    pub(crate) final_status: Option<FinalStatus>,
    pub(crate) mounting: Mounting,
    /// The deadline for which a tick is queued.
    pub(crate) deadline_watched: Option<SimTime>,
    /// When what it stores is to be measured, if that was too much.
    pub(crate) measured_at: Option<SimTime>,
}

impl PodWorker {
    fn new() -> Self {
        PodWorker {
            stage: Stage::Sync,
            activity: Activity::Idle,
            pending: None,
            active: None,
            work_type: Stage::Sync,
            last_sync: None,
            ticket: 0,
            kills: Vec::new(),
            grace: 0,
            deleted: false,
            evicted: false,
            final_status: None,
            mounting: Mounting::default(),
            deadline_watched: None,
            measured_at: None,
        }
    }

    /// The pod that the current step works on.
    pub(crate) fn pod(&self) -> Option<&SharedPod> {
        self.active.as_ref().map(|u| &u.pod)
    }

    /// The pod is gone from the API.
    pub(crate) fn set_deleted(&mut self) {
        self.deleted = true;
    }

    /// It goes on to work, and takes its pod for one that may still be wanted.
    pub(crate) fn works_on_undeleted(&self) -> bool {
        !self.deleted && self.stage != Stage::Finished
    }

    /// Everything the pod left on the node may go (`ShouldPodContentBeRemoved`).
    pub(crate) fn should_content_be_removed(&self) -> bool {
        self.evicted || (self.deleted && self.stage >= Stage::Terminated)
    }
}

impl Kubelet {
    /// Whether containers of the pod may still run or start (`CouldHaveRunningContainers`).
    pub(crate) fn could_have_running_containers(&self, uid: &PodUid) -> bool {
        self.workers.get(uid).is_some_and(|w| w.stage < Stage::Terminated)
    }

    /// Hands an update to the pod's worker, creating it for a new pod (`UpdatePod`).
    pub(crate) fn update_pod(&mut self, kernel: &mut Kernel, mut update: Update) {
        let uid = update.pod.uid();
        update.cause = update.cause.or(kernel.cause);
        let first = !self.workers.contains_key(&uid);
        let stopped = self.pleg.cached(&uid).is_none_or(RuntimeStatus::is_stopped);
        let worker = self.workers.entry(uid.clone()).or_insert_with(PodWorker::new);
        if worker.stage == Stage::Finished {
            return;
        }
        if first && matches!(update.pod.status.phase.as_str(), "Failed" | "Succeeded") && stopped {
            // It had ended under an earlier kubelet: only what it held is to be released.
            worker.stage = Stage::Terminated;
        }
        if worker.stage == Stage::Sync {
            let deleted = update.pod.metadata.deletion_timestamp.is_some();
            let terminal = matches!(update.pod.status.phase.as_str(), "Failed" | "Succeeded");
            worker.deleted |= deleted;
            if deleted || terminal || update.reason == SyncReason::Kill {
                worker.stage = Stage::Terminating;
            }
        }
        if worker.stage == Stage::Terminating {
            let options = update.kill.take().unwrap_or_default();
            worker.evicted |= options.evict;
            worker.grace = effective_grace_period(worker.grace, &update.pod, options.grace_override);
            if options.status.is_some() {
                worker.final_status = options.status;
            }
        }
        // What the node did not grant does not reach the pod (`UpdatePodFromAllocation`).
        update.pod = self.allocations.allocated(&update.pod);
        worker.pending = Some(update);
        if matches!(worker.activity, Activity::Idle) {
            // The worker's goroutine runs after whatever the main loop has at hand: updates of one instant are one.
            worker.activity = Activity::Notified;
            let mean = kernel.config.latency.pod_sync;
            let at = kernel.now + kernel.spread(Draw::PodSync, mean, mean);
            self.wake_at(kernel, at, Timer::StartWork(uid));
        } else {
            self.cancel_volume_wait(kernel, &uid);
        }
    }

    /// Takes the pending update and begins work on it, once the runtime status is new enough.
    pub(crate) fn start_work(&mut self, kernel: &mut Kernel, uid: &PodUid) {
        let Some(worker) = self.workers.get_mut(uid) else { return };
        let Some(update) = worker.pending.take() else { return };
        worker.active = Some(update);
        worker.work_type = worker.stage;
        worker.activity = Activity::WaitingForCache;
        self.try_cache(kernel, uid);
    }

    /// Goes on with the work if the cache is new enough; waits for the next relist otherwise.
    pub(crate) fn try_cache(&mut self, kernel: &mut Kernel, uid: &PodUid) {
        let last_relist = self.last_relist(kernel);
        let Some(worker) = self.workers.get(uid) else { return };
        if !matches!(worker.activity, Activity::WaitingForCache) {
            return;
        }
        match self.pleg.newer_than(uid, worker.last_sync, last_relist) {
            Some(status) => {
                // What came while the worker waited is the fresher reason.
                let newest = worker.pending.as_ref().or(worker.active.as_ref());
                kernel.cause = newest.and_then(|u| u.cause).or(kernel.cause);
                self.work(kernel, uid, status);
            }
            None => {
                self.pleg.wait(uid);
                self.schedule_relist(kernel);
            }
        }
    }

    fn work(&mut self, kernel: &mut Kernel, uid: &PodUid, status: RuntimeStatus) {
        let Some(worker) = self.workers.get_mut(uid) else { return };
        worker.activity = Activity::Idle;
        let Some(update) = worker.active.clone() else { return };
        match worker.work_type {
            Stage::Sync => self.sync_pod(kernel, &update, status),
            Stage::Terminating => self.sync_terminating_pod(kernel, &update.pod, status),
            Stage::Terminated => self.sync_terminated_pod(kernel, &update.pod, status),
            Stage::Finished => {}
        }
    }

    /// Ends a step of work: decides when to look again, and goes on with what came meanwhile
    /// (`podWorkerLoop`, `completeWork`).
    pub(crate) fn complete_work(&mut self, kernel: &mut Kernel, uid: &PodUid, outcome: Outcome) {
        let Some(worker) = self.workers.get_mut(uid) else { return };
        worker.activity = Activity::Idle;
        worker.last_sync = Some(kernel.now);
        let cause = kernel.cause;
        if let Outcome::PhaseTransition = outcome {
            // The next stage works on the last update again (`requeueLastPodUpdate`).
            if worker.pending.is_none() {
                worker.pending = worker.active.clone().map(|u| Update { cause, kill: None, ..u });
            }
            self.work_queue.insert(uid.clone(), kernel.now);
        } else {
            let (base, failed) = match outcome {
                Outcome::Error { back_off_until: Some(until) } => {
                    (until.since(kernel.now).min(RESYNC_INTERVAL), true)
                }
                Outcome::Error { back_off_until: None } => (BACK_OFF_PERIOD, true),
                _ => (RESYNC_INTERVAL, false),
            };
            let stretch = 1.0 + kernel.jitter.draw(Draw::Requeue, kernel.now, base) * JITTER_FACTOR;
            let due = kernel.now + SimTime((base.0 as f64 * stretch) as u64);
            // Work is picked up by the first tick after its time.
            let tick = next_tick(due, SYNC_TICK, self.sync_phase, true);
            if failed && let Some(pod) = self.workers.get(uid).and_then(PodWorker::pod) {
                kernel.decide(Decision::Requeue { pod: pod.to_ref(), base, due: tick });
            }
            self.work_queue.insert(uid.clone(), due);
            self.wake_at(kernel, tick, Timer::SyncTick);
        }
        kernel.cause = cause;
        self.start_work(kernel, uid);
    }

    /// Blocks the worker until `at`.
    pub(crate) fn block_until(&mut self, kernel: &mut Kernel, uid: &PodUid, at: SimTime) {
        let Some(worker) = self.workers.get_mut(uid) else { return };
        worker.ticket += 1;
        let ticket = worker.ticket;
        self.wake_at(kernel, at, Timer::Worker(uid.clone(), ticket));
    }

    /// What the worker waited for is done.
    pub(crate) fn worker_wakes(&mut self, kernel: &mut Kernel, uid: &PodUid, ticket: u64) {
        if self.workers.get(uid).is_none_or(|w| w.ticket != ticket) {
            return;
        }
        self.resume(kernel, uid);
    }

    /// Goes on with what the worker was doing.
    pub(crate) fn resume(&mut self, kernel: &mut Kernel, uid: &PodUid) {
        let Some(worker) = self.workers.get_mut(uid) else { return };
        match core::mem::replace(&mut worker.activity, Activity::Idle) {
            Activity::Syncing(run) => self.continue_sync(kernel, uid, *run),
            Activity::Terminating => self.continue_terminating(kernel, uid),
            Activity::Unmounting => self.finish_terminated(kernel, uid),
            other => worker.activity = other,
        }
    }

    /// The main loop's tick: syncs the pods whose time has come.
    pub(crate) fn sync_tick(&mut self, kernel: &mut Kernel) {
        let due: Vec<PodUid> =
            self.work_queue.iter().filter(|(_, at)| **at <= kernel.now).map(|(uid, _)| uid.clone()).collect();
        for uid in due {
            self.work_queue.remove(&uid);
            if let Some(pod) = self.pods.get(&uid).cloned() {
                let update = Update { pod, reason: SyncReason::Requeue, cause: kernel.cause, kill: None };
                self.update_pod(kernel, update);
            }
        }
        self.sync_past_deadline(kernel);
    }
}

/// Seconds of grace for a terminating pod: the least that anybody asked for, and at least 1
/// (`calculateEffectiveGracePeriod`).
fn effective_grace_period(current: i64, pod: &SharedPod, grace_override: Option<i64>) -> i64 {
    let mut grace = current;
    let mut overridden = false;
    for wanted in [pod.metadata.deletion_grace_period_seconds, grace_override].into_iter().flatten() {
        if grace == 0 || wanted < grace {
            grace = wanted;
            overridden = true;
        }
    }
    if !overridden && grace == 0 {
        grace = pod.spec.termination_grace_period_seconds.unwrap_or(0);
    }
    grace.max(1)
}
