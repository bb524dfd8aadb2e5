//! CronJobs: Jobs by the clock (`pkg/controller/cronjob/cronjob_controllerv2.go`).

mod schedule;

use super::pod_control::{is_already_exists, is_not_found};
use super::refs::{controller_ref, is_controlled_by, object_reference};
use super::{Change, Controller, ControllerName, Informers, WorkQueue, controller_of, job};
use crate::api_server::{DeleteOptions, PropagationPolicy};
use crate::events::{EventType, Recorder};
use crate::kernel::Kernel;
use crate::trace::Op;
use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use lifepod_api::{
    CronJob, Job, Object, ObjectKey, ObjectMeta, Refusal, Resource, SimTime, Status, Subresource, Time,
    TimeZone,
};
use schedule::Clock;

/// The name under which the controller acts.
const BY: &str = "cronjob-controller";
/// A CronJob is looked at this long after its time has come, so that clocks which do not quite agree do no harm
/// (`nextScheduleDelta`).
const NEXT_SCHEDULE_DELTA: SimTime = SimTime::from_millis(100);
/// The annotation of a Job with the time that it was made for (`batch.CronJobScheduledTimestampAnnotation`).
const SCHEDULED_TIMESTAMP: &str = "batch.kubernetes.io/cronjob-scheduled-timestamp";

/// The controller.
#[derive(Clone, Debug)]
pub(crate) struct CronJobController {
    queue: WorkQueue,
    recorder: Recorder,
}

/// What one sync of a CronJob works with.
struct Sync<'a> {
    owner: &'a Object,
    /// The CronJob, whose status becomes what is to be written.
    cron_job: CronJob,
    status_changed: bool,
}

impl Sync<'_> {
    fn is_active(&self, uid: &str) -> bool {
        self.cron_job.status.active.iter().any(|job| job.uid == uid)
    }

    fn drop_active(&mut self, uid: &str) {
        self.cron_job.status.active.retain(|job| job.uid != uid);
        self.status_changed = true;
    }
}

impl CronJobController {
    pub(crate) fn new() -> Self {
        CronJobController { queue: WorkQueue::new(ControllerName::CronJob), recorder: Recorder::new(BY, "") }
    }

    fn normal(&mut self, kernel: &mut Kernel, sync: &Sync<'_>, reason: &str, message: &str) {
        self.event(kernel, sync.owner, EventType::Normal, reason, message);
    }

    fn warning(&mut self, kernel: &mut Kernel, sync: &Sync<'_>, reason: &str, message: &str) {
        self.event(kernel, sync.owner, EventType::Warning, reason, message);
    }

    fn event(&mut self, kernel: &mut Kernel, owner: &Object, kind: EventType, reason: &str, message: &str) {
        self.recorder.event(kernel, &object_reference(owner), kind, reason, message);
    }

    /// Looks at the CronJob again when its next run is due.
    fn requeue(&mut self, kernel: &mut Kernel, key: &ObjectKey, clock: &Clock, cron_job: &CronJob) {
        if let Some(next) = clock.next_look(cron_job, kernel.time().0) {
            // A run that is due already is looked at right away, as if its 100 ms were over.
            let wait = match kernel.until(Time(next)) {
                SimTime::ZERO => SimTime::ZERO,
                wait => wait + NEXT_SCHEDULE_DELTA,
            };
            self.queue.add_after(kernel, key.clone(), wait);
        }
    }

    fn observe_cron_job(&mut self, kernel: &mut Kernel, change: &Change<'_>, cron_job: &CronJob) {
        let key = change.object.key();
        let rescheduled = change.old.and_then(CronJob::of).is_some_and(|old| {
            old.spec.schedule != cron_job.spec.schedule || old.spec.time_zone != cron_job.spec.time_zone
        });
        if !rescheduled {
            return self.queue.add(kernel, key);
        }
        match Clock::of(cron_job) {
            Ok(clock) => self.requeue(kernel, &key, &clock, cron_job),
            Err(_) => {
                let message = format!("unparseable schedule for cronjob: {}", cron_job.spec.schedule);
                let reason = "UnParseableCronJobSchedule";
                self.event(kernel, change.object, EventType::Warning, reason, &message);
            }
        }
    }

    /// Deletes the oldest finished Jobs beyond the limits (`cleanupFinishedJobs`).
    fn clean_up(&mut self, kernel: &mut Kernel, sync: &mut Sync<'_>, jobs: &[&Job]) {
        let spec = &sync.cron_job.spec;
        let limits =
            [("Complete", spec.successful_jobs_history_limit), ("Failed", spec.failed_jobs_history_limit)];
        for (condition, limit) in limits {
            let Some(limit) = limit.and_then(|limit| usize::try_from(limit).ok()) else { continue };
            let ended = |job: &&&Job| job::finished_condition(job).is_some_and(|c| c.type_ == condition);
            let mut ended: Vec<&Job> = jobs.iter().filter(ended).copied().collect();
            ended.sort_by(|a, b| {
                let rank = |job: &Job| (job.status.start_time.is_none(), job.status.start_time);
                rank(a).cmp(&rank(b)).then_with(|| a.metadata.name.cmp(&b.metadata.name))
            });
            for job in &ended[..ended.len().saturating_sub(limit)] {
                self.delete_job(kernel, sync, &job.metadata);
            }
        }
    }

    /// `deleteJob`; false when it was refused.
    fn delete_job(&mut self, kernel: &mut Kernel, sync: &mut Sync<'_>, job: &ObjectMeta) -> bool {
        let key = ObjectKey::new(Job::KIND, &job.namespace, &job.name);
        let options = DeleteOptions {
            propagation_policy: Some(PropagationPolicy::Background),
            ..DeleteOptions::default()
        };
        if let Err(refusal) = kernel.delete(&key, &options, BY) {
            self.warning(kernel, sync, "FailedDelete", &format!("Deleted job: {}", refusal.message));
            return false;
        }
        sync.drop_active(&job.uid);
        self.normal(kernel, sync, "SuccessfulDelete", &format!("Deleted job {}", job.name));
        true
    }

    /// Brings `status.active` and `status.lastSuccessfulTime` up to what became of the Jobs.
    fn take_stock(&mut self, kernel: &mut Kernel, sync: &mut Sync<'_>, jobs: &[&Job]) {
        for job in jobs {
            let (name, uid) = (&job.metadata.name, &job.metadata.uid);
            let active = sync.is_active(uid);
            let Some(condition) = job::finished_condition(job) else {
                let stored = kernel.store.get(&sync.owner.key()).and_then(|object| CronJob::of(object));
                // Perhaps it is this controller's own, and only its entry is not known here yet.
                let known = stored.is_some_and(|stored| stored.status.active.iter().any(|j| j.uid == *uid));
                if !active && !known {
                    let message = format!("Saw a job that the controller did not create or forgot: {name}");
                    self.warning(kernel, sync, "UnexpectedJob", &message);
                }
                continue;
            };
            if active {
                let message = format!("Saw completed job: {name}, condition: {}", condition.type_);
                sync.drop_active(uid);
                self.normal(kernel, sync, "SawCompletedJob", &message);
            }
            let last = &mut sync.cron_job.status.last_successful_time;
            if condition.type_ == "Complete" && job.status.completion_time > *last {
                *last = job.status.completion_time;
                sync.status_changed = true;
            }
        }
        let known: BTreeSet<&str> = jobs.iter().map(|job| job.metadata.uid.as_str()).collect();
        for job in sync.cron_job.status.active.clone() {
            let key = ObjectKey::new(Job::KIND, &job.namespace, &job.name);
            if !known.contains(job.uid.as_str()) && kernel.store.get(&key).is_none() {
                self.normal(kernel, sync, "MissingJob", &format!("Active job went missing: {}", job.name));
                sync.drop_active(&job.uid);
            }
        }
    }

    /// Starts the run that is due, if the CronJob lets it (`syncCronJob`).
    fn sync_cron_job(
        &mut self,
        kernel: &mut Kernel,
        sync: &mut Sync<'_>,
        key: &ObjectKey,
        jobs: &[&Job],
    ) -> Result<(), Refusal> {
        self.take_stock(kernel, sync, jobs);
        if sync.cron_job.metadata.deletion_timestamp.is_some() {
            return Ok(());
        }
        let spec = sync.cron_job.spec.clone();
        if let Some(zone) = spec.time_zone.as_deref().filter(|zone| TimeZone::find(zone).is_none()) {
            let message = format!("invalid timeZone: \"{zone}\": unknown time zone {zone}");
            self.warning(kernel, sync, "UnknownTimeZone", &message);
            return Ok(());
        }
        if spec.suspend == Some(true) {
            return Ok(());
        }
        if spec.schedule.contains("TZ") {
            let message = format!(
                "CRON_TZ or TZ used in schedule \"{}\" is not officially supported, see \
                 https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details",
                spec.schedule
            );
            self.warning(kernel, sync, "UnsupportedSchedule", &message);
        }
        let clock = match Clock::of(&sync.cron_job) {
            Ok(clock) => clock,
            Err(error) => {
                let message = format!("unparseable schedule: \"{}\" : {error}", spec.schedule);
                self.warning(kernel, sync, "UnparseableSchedule", &message);
                return Ok(());
            }
        };
        let missed = match clock.missed(&sync.cron_job, kernel.time().0, true) {
            Ok(missed) => missed,
            Err(error) => {
                let message = format!("invalid schedule: {} : {error}", spec.schedule);
                self.warning(kernel, sync, "InvalidSchedule", &message);
                return Ok(());
            }
        };
        if let Some(scheduled) = missed.latest {
            if missed.are_many() {
                let message = "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check \
                               clock skew";
                self.warning(kernel, sync, "TooManyMissedTimes", message);
            }
            self.start(kernel, sync, scheduled)?;
        }
        self.requeue(kernel, key, &clock, &sync.cron_job);
        Ok(())
    }

    /// Makes the Job of a run, unless it is too late, was made before, or another one stands in its way.
    fn start(&mut self, kernel: &mut Kernel, sync: &mut Sync<'_>, scheduled: i64) -> Result<(), Refusal> {
        let spec = &sync.cron_job.spec;
        let deadline = spec.starting_deadline_seconds.map(|seconds| (scheduled + seconds) * 1_000_000);
        if deadline.is_some_and(|at| at < kernel.config.epoch_micros + kernel.now.0 as i64) {
            let message = format!("Missed scheduled time to start a job: {}", rfc1123(scheduled));
            self.warning(kernel, sync, "MissSchedule", &message);
            return Ok(());
        }
        // The time is part of the name, so that no run is started twice.
        let name = format!("{}-{}", sync.cron_job.metadata.name, scheduled.div_euclid(60));
        let status = &sync.cron_job.status;
        if status.active.iter().any(|job| job.name == name)
            || status.last_schedule_time == Some(Time(scheduled))
        {
            return Ok(());
        }
        if spec.concurrency_policy == "Forbid" && !status.active.is_empty() {
            let message =
                "Not starting job because prior execution is running and concurrency policy is Forbid";
            self.normal(kernel, sync, "JobAlreadyActive", message);
            return Ok(());
        }
        if spec.concurrency_policy == "Replace" {
            self.replace_active(kernel, sync)?;
        }
        let job = job_from_template(sync, name, scheduled);
        let job_key = ObjectKey::new(Job::KIND, &job.metadata.namespace, &job.metadata.name);
        let stored = match kernel.create(Object::Job(job), BY) {
            Ok(stored) => {
                self.normal(kernel, sync, "SuccessfulCreate", &format!("Created job {}", stored.meta().name));
                stored
            }
            Err(refusal) if is_already_exists(&refusal) => {
                // Made before, if it is this CronJob's, and only the status did not come to say so.
                let Some(stored) = kernel.store.get(&job_key).cloned() else { return Err(refusal) };
                let ours = is_controlled_by(stored.meta(), &sync.cron_job.metadata.uid);
                if !ours || sync.is_active(&stored.meta().uid) {
                    return Ok(());
                }
                stored
            }
            Err(refusal) => {
                if !super::pod_control::is_namespace_terminating(&refusal) {
                    let message = format!("Error creating job: {}", refusal.message);
                    self.warning(kernel, sync, "FailedCreate", &message);
                }
                return Err(refusal);
            }
        };
        sync.cron_job.status.active.push(object_reference(&stored));
        sync.cron_job.status.last_schedule_time = Some(Time(scheduled));
        sync.status_changed = true;
        Ok(())
    }

    fn replace_active(&mut self, kernel: &mut Kernel, sync: &mut Sync<'_>) -> Result<(), Refusal> {
        for active in sync.cron_job.status.active.clone() {
            let key = ObjectKey::new(Job::KIND, &active.namespace, &active.name);
            let Some(meta) = kernel.store.get(&key).map(|stored| stored.meta().clone()) else {
                let message = format!("Get job: jobs.batch \"{}\" not found", active.name);
                self.warning(kernel, sync, "FailedGet", &message);
                return Err(Box::new(Status::bad_request(message)));
            };
            if !self.delete_job(kernel, sync, &meta) {
                let why = format!("could not replace job {}/{}", meta.namespace, meta.name);
                return Err(Box::new(Status::bad_request(why)));
            }
        }
        Ok(())
    }
}

impl Controller for CronJobController {
    fn kinds(&self) -> &'static [&'static str] {
        &["CronJob", "Job"]
    }

    fn queue(&mut self) -> &mut WorkQueue {
        &mut self.queue
    }

    fn observe(&mut self, kernel: &mut Kernel, informers: &Informers, change: &Change<'_>) {
        if let Object::CronJob(cron_job) = change.object {
            if change.op != Op::Deleted {
                self.observe_cron_job(kernel, change, cron_job);
            }
            return;
        }
        let meta = change.object.meta();
        let owner = controller_of(meta);
        let before = change.old.and_then(|old| controller_of(old.meta())).filter(|old| Some(*old) != owner);
        for reference in before.into_iter().chain(owner) {
            if let Some(cron_job) = informers.resolve::<CronJob>(&meta.namespace, reference) {
                let name = &cron_job.metadata.name;
                self.queue.add(kernel, ObjectKey::new(CronJob::KIND, &meta.namespace, name));
            }
        }
    }

    fn sync(&mut self, kernel: &mut Kernel, informers: &Informers, key: &ObjectKey) -> Result<(), Refusal> {
        let Some(owner) = informers.get(key) else { return Ok(()) };
        let Some(cron_job) = CronJob::of(owner) else { return Ok(()) };
        let jobs: Vec<&Job> = informers.controlled_by(&cron_job.metadata.uid).collect();
        let mut sync = Sync { owner, cron_job: cron_job.clone(), status_changed: false };
        self.clean_up(kernel, &mut sync, &jobs);
        let result = self.sync_cron_job(kernel, &mut sync, key, &jobs);
        if sync.status_changed {
            match kernel.update(Object::CronJob(sync.cron_job), Subresource::Status, BY) {
                Err(refusal) if !is_not_found(&refusal) => return Err(refusal),
                _ => {}
            }
        }
        result
    }
}

/// The Job of a run (`getJobFromTemplate2`).
fn job_from_template(sync: &Sync<'_>, name: String, scheduled: i64) -> Job {
    let spec = &sync.cron_job.spec;
    let zone = TimeZone::find(spec.time_zone.as_deref().unwrap_or("")).unwrap_or_default();
    let template = &spec.job_template;
    let mut annotations = template.metadata.annotations.clone();
    annotations.insert(SCHEDULED_TIMESTAMP.to_string(), rfc3339(scheduled, &zone));
    Job {
        metadata: ObjectMeta {
            name,
            namespace: sync.cron_job.metadata.namespace.clone(),
            labels: template.metadata.labels.clone(),
            annotations,
            owner_references: vec![controller_ref(sync.owner)].into(),
            ..ObjectMeta::default()
        },
        spec: template.spec.clone(),
        ..Job::default()
    }
}

/// `2026-01-01T05:30:00+05:30`.
fn rfc3339(at: i64, zone: &TimeZone) -> String {
    let offset = zone.offset(at);
    let local = Time(at + offset).to_string();
    if offset == 0 {
        return local;
    }
    let sign = if offset < 0 { '-' } else { '+' };
    let minutes = offset.abs() / 60;
    format!("{}{sign}{:02}:{:02}", local.trim_end_matches('Z'), minutes / 60, minutes % 60)
}

/// `Thu, 01 Jan 2026 00:00:00 +0000` (Go's `time.RFC1123Z`).
fn rfc1123(at: i64) -> String {
    const WEEKDAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let days = at.div_euclid(86_400);
    let (year, month, day) = lifepod_api::time::civil_from_days(days);
    let s = at.rem_euclid(86_400);
    // 1970 began with a Thursday.
    let weekday = WEEKDAYS[(days + 4).rem_euclid(7) as usize];
    let month = MONTHS[month as usize - 1];
    format!("{weekday}, {day:02} {month} {year:04} {:02}:{:02}:{:02} +0000", s / 3_600, s / 60 % 60, s % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_go_writes_them() {
        let new_year = Time::parse("2026-01-01T00:00:00Z").expect("a time").0;
        let zone = |name| TimeZone::find(name).expect("a zone");
        assert_eq!(rfc3339(new_year, &zone("Asia/Kolkata")), "2026-01-01T05:30:00+05:30");
        assert_eq!(rfc3339(new_year, &zone("America/New_York")), "2025-12-31T19:00:00-05:00");
        assert_eq!(rfc3339(new_year, &zone("")), "2026-01-01T00:00:00Z");
        assert_eq!(rfc1123(new_year), "Thu, 01 Jan 2026 00:00:00 +0000");
    }
}
