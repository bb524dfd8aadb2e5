//! The lanes of a pod.

use super::Options;
use super::container::{ContainerTrack, Role};
use super::track::Track;
use crate::model::{About, Form, Instant, InstantLook, Lane, SpanLook};
use crate::words::Words;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use lifepod_api::{ApiEvent, ObjectMeta, Pod, SimTime};
use lifepod_engine::trace::{Call, Decision, ProbeAttempt, RuntimeCall};
use lifepod_engine::{Entry, EntryId, Op};

pub(super) struct PodTrack<'a> {
    options: &'a Options,
    words: &'static Words,
    label: String,
    owner: Option<String>,
    about: About,
    phase: Track,
    /// No node was found for it so far.
    homeless: bool,
    status: Track,
    containers: Vec<ContainerTrack>,
    /// By type, in the order in which they first appear.
    conditions: Vec<(String, Track)>,
    deletion: Track,
    signals: Vec<Instant>,
    events: Vec<Instant>,
}

impl<'a> PodTrack<'a> {
    pub(super) fn new(pod: &'a Pod, entry: &Entry, options: &'a Options) -> Self {
        let meta = &pod.metadata;
        let label = match meta.namespace.as_str() {
            "" | "default" => meta.name.clone(),
            ns => format!("{ns}/{}", meta.name),
        };
        let inits = pod.spec.init_containers.iter().map(|c| {
            (c, if c.restart_policy.as_deref() == Some("Always") { Role::Sidecar } else { Role::Init })
        });
        let apps = pod.spec.containers.iter().map(|c| (c, Role::App));
        let containers =
            inits.chain(apps).map(|(c, role)| ContainerTrack::new(c, role, entry, options.lang)).collect();
        Self {
            options,
            words: options.lang.words(),
            label,
            owner: owner_of(meta),
            about: About::object("Pod", &meta.namespace, &meta.name),
            phase: Track::default(),
            homeless: false,
            status: Track::default(),
            containers,
            conditions: Vec::new(),
            deletion: Track::default(),
            signals: Vec::new(),
            events: Vec::new(),
        }
    }

    pub(super) fn label(&self) -> &str {
        &self.label
    }

    /// The `uid` of the controller that made the pod.
    pub(super) fn owner(&self) -> Option<&str> {
        self.owner.as_deref()
    }

    /// The API server stored a revision of the pod.
    pub(super) fn revision(&mut self, entry: &'a Entry, op: Op, pod: &'a Pod) {
        if op == Op::Deleted {
            self.end(entry.at);
            return;
        }
        let phase = pod.status.phase.as_str();
        let look = match phase {
            "Running" => SpanLook::Running,
            "Succeeded" => SpanLook::Done,
            "Failed" => SpanLook::Failed,
            "Unknown" => SpanLook::Off,
            _ => SpanLook::Waiting,
        };
        self.homeless &= pod.spec.node_name.is_empty() && phase == "Pending";
        match self.homeless {
            true => self.wait_for_a_node(entry),
            false => self.phase.set(entry, look, phase, format!("phase: {phase}")),
        }
        let row = lifepod_kubectl::pod_row(pod);
        let hint = format!("READY {} · STATUS {} · RESTARTS {}", row.ready_text(), row.status, row.restarts);
        self.status.set(entry, status_look(&row.status, pod), row.status, hint);

        for c in &pod.status.conditions {
            let i = self.conditions.iter().position(|(kind, _)| *kind == c.type_).unwrap_or_else(|| {
                self.conditions.push((c.type_.clone(), Track::default()));
                self.conditions.len() - 1
            });
            let look = match c.status.as_str() {
                "True" => SpanLook::Ready,
                "False" => SpanLook::Off,
                _ => SpanLook::Waiting,
            };
            // Most revisions change no condition.
            if self.conditions[i].1.is(look, &c.reason) {
                continue;
            }
            let mut hint = format!("{}: {}", c.type_, c.status);
            for part in [&c.reason, &c.message] {
                if !part.is_empty() {
                    hint.push_str(" · ");
                    hint.push_str(part);
                }
            }
            self.conditions[i].1.set(entry, look, c.reason.clone(), hint);
        }
        if pod.metadata.deletion_timestamp.is_some() && self.deletion.look().is_none() {
            let grace =
                SimTime::from_secs(pod.metadata.deletion_grace_period_seconds.unwrap_or(0).max(0) as u64);
            let text = format!("{} {}", self.words.grace, self.options.lang.length(grace));
            self.deletion.set(
                entry,
                SpanLook::Ending,
                format!("Terminating · {text}"),
                format!("deletionTimestamp · {text}"),
            );
        }
        let statuses = pod.status.init_container_statuses.iter().chain(&pod.status.container_statuses);
        for status in statuses.chain(&pod.status.ephemeral_container_statuses) {
            if let Some(c) = self.container(&status.name) {
                c.status(entry, status);
            }
        }
    }

    /// The pod's object is gone.
    fn end(&mut self, at: SimTime) {
        self.phase.close(at);
        self.status.close(at);
        self.deletion.close(at);
        self.conditions.iter_mut().for_each(|(_, t)| t.close(at));
        self.containers.iter_mut().for_each(|c| c.end(at));
    }

    pub(super) fn call(&mut self, entry: &Entry, call: &RuntimeCall) {
        match &call.call {
            Call::StopContainer { timeout, signal, .. } => {
                let grace = self.options.lang.length(SimTime::from_secs(*timeout));
                let who = call.container.as_deref().unwrap_or("");
                let hint = format!("{who}: {signal} · {} {grace}", self.words.grace);
                self.signal(entry.at, entry.id, InstantLook::Signal, short_signal(signal), hint);
            }
            Call::KillContainer { .. } => {
                let hint = format!("{}: SIGKILL", call.container.as_deref().unwrap_or(""));
                self.signal(entry.at, entry.id, InstantLook::Fail, "KILL", hint);
            }
            Call::ExecSync { command, exit_code, took, .. } => {
                let code = exit_code.map_or_else(|| "?".into(), |c| format!("{c}"));
                // The entry is the hook's end; what is looked for is when it began.
                self.signal(
                    entry.at.since(*took),
                    entry.id,
                    InstantLook::Signal,
                    "hook",
                    format!("{} → {code}", command.join(" ")),
                );
            }
            Call::HttpGet { url, outcome, .. } => {
                self.signal(
                    entry.at,
                    entry.id,
                    InstantLook::Signal,
                    "hook",
                    format!("GET {url} → {outcome}"),
                );
            }
            _ => {}
        }
        // A pod's object may be gone before its containers are: the runtime has the last word on them.
        if let Some(c) = call.container.as_deref().and_then(|name| self.container(name)) {
            c.call(entry, &call.call);
        }
    }

    fn signal(&mut self, at: SimTime, entry: EntryId, look: InstantLook, text: &str, hint: String) {
        self.signals.push(Instant { at, look, text: text.into(), hint, quiet: false, entry });
    }

    pub(super) fn probe(&mut self, entry: &Entry, probe: &ProbeAttempt) {
        if let Some(c) = self.container(&probe.container) {
            c.probe(entry, probe);
        }
    }

    /// That it is Pending says little: the verdict says why, and is what a press on it tells.
    fn wait_for_a_node(&mut self, entry: &Entry) {
        let text = format!("Pending · {}", self.words.homeless);
        self.phase.set(entry, SpanLook::Waiting, text, format!("phase: Pending · {}", self.words.homeless));
    }

    pub(super) fn decision(&mut self, entry: &Entry, decision: &Decision) {
        let name = match decision {
            Decision::Schedule { node: None, .. } => {
                self.homeless = true;
                return self.wait_for_a_node(entry);
            }
            Decision::CrashLoopBackOff { container, .. }
            | Decision::ImagePullBackOff { container, .. }
            | Decision::NoRestart { container, .. } => container,
            _ => return,
        };
        if let Some(c) = self.container(name) {
            c.decision(entry, decision);
        }
    }

    pub(super) fn event(&mut self, entry: &Entry, op: Op, event: &ApiEvent) {
        if op == Op::Deleted {
            return;
        }
        self.events.push(event_instant(entry, op, event));
    }

    fn container(&mut self, name: &str) -> Option<&mut ContainerTrack> {
        self.containers.iter_mut().find(|c| c.name == name)
    }

    /// Adds the pod's lanes, the first one `depth` deep; it is the `nth` pod of its name, one of `pods` in all.
    pub(super) fn finish(self, horizon: SimTime, depth: u8, nth: u32, pods: usize, lanes: &mut Vec<Lane>) {
        /// So many pods are shown whole at first.
        const OPEN_PODS: usize = 3;
        let inner = depth + 1;
        let key = |part: &str| format!("{}#{nth}/{part}", self.label);
        let label = if nth == 1 { self.label.clone() } else { format!("{} ({nth})", self.label) };
        let mut pod = Lane::new(key(""), label, depth, Form::Main);
        pod.closed = pods > OPEN_PODS;
        pod.about = self.about.clone();
        pod.spans = self.phase.finish(horizon);
        let mut status = Lane::new(key("status"), self.words.status, inner, Form::Part);
        status.spans = self.status.finish(horizon);
        let mut conditions = Lane::new(key("conditions"), self.words.conditions, inner, Form::Title);
        conditions.closed = pods > 1;
        let mut termination = Lane::new(key("termination"), self.words.termination, inner, Form::Part);
        termination.spans = self.deletion.finish(horizon);
        termination.instants = self.signals;
        termination.instants.sort_by_key(|i| i.at);
        let mut events = Lane::new(key("events"), self.words.events, inner, Form::Part);
        events.instants = self.events;
        lanes.extend([pod, status]);
        for c in self.containers {
            c.finish(horizon, inner, &self.about, &key, lanes);
        }
        if !self.conditions.is_empty() {
            lanes.push(conditions);
        }
        for (kind, track) in self.conditions {
            let mut lane = Lane::new(key(&format!("condition/{kind}")), kind, inner + 1, Form::Thin);
            lane.spans = track.finish(horizon);
            lanes.push(lane);
        }
        lanes.extend([termination, events].into_iter().filter(|l| !l.is_empty()));
    }
}

/// An Event as an instant. One that only counts further is quiet.
pub(super) fn event_instant(entry: &Entry, op: Op, event: &ApiEvent) -> Instant {
    let warning = event.type_ == "Warning";
    let times = if event.count > 1 { format!(" (x{})", event.count) } else { String::new() };
    Instant {
        at: entry.at,
        look: if warning { InstantLook::Warning } else { InstantLook::Normal },
        text: String::new(),
        hint: format!("{}{times}: {}", event.reason, event.message),
        quiet: op == Op::Modified,
        entry: entry.id,
    }
}

/// The `uid` of an object's controller.
pub(super) fn owner_of(meta: &ObjectMeta) -> Option<String> {
    meta.owner_references.iter().find(|o| o.controller == Some(true)).map(|o| o.uid.clone())
}

/// `TERM` for `SIGTERM`.
fn short_signal(signal: &str) -> &str {
    signal.strip_prefix("SIG").unwrap_or(signal)
}

/// What the colour of a STATUS says.
fn status_look(status: &str, pod: &Pod) -> SpanLook {
    let of_init = status.strip_prefix("Init:");
    match of_init.unwrap_or(status) {
        "Running" => SpanLook::Running,
        "Terminating" => SpanLook::Ending,
        "Completed" if of_init.is_none() => SpanLook::Done,
        "Unknown" | "SchedulingGated" => SpanLook::Off,
        "Pending" if pod.spec.node_name.is_empty() => SpanLook::Off,
        "Pending" | "ContainerCreating" | "PodInitializing" | "NotReady" => SpanLook::Waiting,
        "CrashLoopBackOff" | "ImagePullBackOff" => SpanLook::BackOff,
        // `Init:1/2`: so many are done.
        count if of_init.is_some() && count.contains('/') => SpanLook::Waiting,
        _ => SpanLook::Failed,
    }
}
