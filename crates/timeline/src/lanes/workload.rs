//! The lanes of controllers' objects: how many of their pods are ready, or how far a Job is.

use super::pod::owner_of;
use super::track::Track;
use crate::model::{About, Form, Instant, Lane, SpanLook};
use crate::words::Lang;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use lifepod_api::{Job, Object, ObjectKey, SimTime};
use lifepod_engine::{Entry, Op};

/// What a controller's object has come to; none for other kinds.
pub(super) fn state(object: &Object, lang: Lang) -> Option<(SpanLook, String)> {
    let (wanted, ready) = match object {
        Object::Deployment(o) => (o.spec.replicas.unwrap_or(1), o.status.ready_replicas),
        Object::ReplicaSet(o) => (o.spec.replicas.unwrap_or(1), o.status.ready_replicas),
        Object::StatefulSet(o) => (o.spec.replicas.unwrap_or(1), o.status.ready_replicas),
        Object::DaemonSet(o) => (o.status.desired_number_scheduled, o.status.number_ready),
        Object::Job(job) => return Some(of_job(job)),
        Object::CronJob(o) if o.spec.suspend == Some(true) => {
            return Some((SpanLook::Off, "Suspended".to_string()));
        }
        Object::CronJob(o) => {
            let active = o.status.active.len();
            let look = if active > 0 { SpanLook::Running } else { SpanLook::Off };
            return Some((look, format!("{active} {}", lang.words().active)));
        }
        _ => return None,
    };
    let look = match (ready, wanted) {
        (ready, wanted) if ready == wanted && wanted > 0 => SpanLook::Running,
        (0, 0) => SpanLook::Off,
        _ => SpanLook::Waiting,
    };
    Some((look, format!("{ready}/{wanted} {}", lang.words().ready)))
}

/// A Job's status and completions, in the words of `kubectl get jobs` (`pkg/printers/internalversion/printers.go`,
/// `printJob`).
fn of_job(job: &Job) -> (SpanLook, String) {
    const ENDS: [(&str, SpanLook); 2] = [("Complete", SpanLook::Done), ("Failed", SpanLook::Failed)];
    const OTHERS: [(&str, SpanLook); 3] = [
        ("Suspended", SpanLook::Off),
        ("FailureTarget", SpanLook::Failed),
        ("SuccessCriteriaMet", SpanLook::Done),
    ];
    let holds = |(type_, _): &&(&str, _)| {
        job.status.conditions.iter().any(|c| c.type_ == *type_ && c.status == "True")
    };
    let ending = job.metadata.deletion_timestamp.map(|_| ("Terminating", SpanLook::Ending));
    let look = if job.status.active > 0 { SpanLook::Running } else { SpanLook::Waiting };
    let known = ENDS.iter().find(holds).or(ending.as_ref()).or(OTHERS.iter().find(holds));
    let (state, look) = known.copied().unwrap_or(("Running", look));
    let completions = match (job.spec.completions, job.spec.parallelism.unwrap_or(0)) {
        (Some(completions), _) => completions.to_string(),
        (None, parallelism) if parallelism > 1 => format!("1 of {parallelism}"),
        _ => "1".to_string(),
    };
    (look, format!("{state} {}/{completions}", job.status.succeeded))
}

/// The lane of a controller's object.
pub(super) struct WorkloadTrack {
    key: ObjectKey,
    uid: String,
    owner: Option<String>,
    track: Track,
    events: Vec<Instant>,
}

impl WorkloadTrack {
    pub(super) fn new(object: &Object) -> Self {
        let meta = object.meta();
        Self {
            key: object.key(),
            uid: meta.uid.clone(),
            owner: owner_of(meta),
            track: Track::default(),
            events: Vec::new(),
        }
    }

    pub(super) fn uid(&self) -> &str {
        &self.uid
    }

    /// The `uid` of the controller that made this one.
    pub(super) fn owner(&self) -> Option<&str> {
        self.owner.as_deref()
    }

    /// An Event about the object.
    pub(super) fn event(&mut self, event: Instant) {
        self.events.push(event);
    }

    pub(super) fn revision(&mut self, entry: &Entry, op: Op, (look, text): (SpanLook, String)) {
        match op {
            Op::Deleted => self.track.close(entry.at),
            _ => self.track.set(entry, look, text.clone(), text),
        }
    }

    pub(super) fn finish(self, horizon: SimTime, depth: u8) -> Lane {
        let label = format!("{} {}", self.key.kind, self.key.name);
        let key = format!("{}#{}", self.key, self.uid);
        let mut lane = Lane::new(key, label, depth, Form::Part);
        lane.about = About::object(&self.key.kind, &self.key.namespace, &self.key.name);
        lane.spans = self.track.finish(horizon);
        lane.instants = self.events;
        lane
    }
}
