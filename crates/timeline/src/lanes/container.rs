//! The lane of a container, and those of its probes.
//!
//! ```text
//! waiting → pulling → run 1 ── TERM ─ exit 1 → back-off 10 s → run 2 …
//! ```

use super::track::Track;
use crate::model::{About, Form, Instant, InstantLook, Lane, SpanLook};
use crate::words::{Lang, Words};
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use lifepod_api::{Container, ContainerStatus, SimTime};
use lifepod_engine::Entry;
use lifepod_engine::trace::{Call, Decision, ProbeAttempt, ProbeKind, ProbeResult};
use lifepod_workload::is_shell;

/// What a container is in its pod.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Init,
    Sidecar,
    App,
}

/// What the runtime has of the container at the moment.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Now {
    /// No run yet, or none left: what the API says is all that is known.
    Nothing,
    /// Its image is on the way, or is not tried again for a while.
    Pulling,
    Running,
    Stopping,
    Ended,
    BackOff,
}

pub(super) struct ContainerTrack {
    pub(super) name: String,
    image: String,
    role: Role,
    /// What the process is, in short.
    process: String,
    lang: Lang,
    track: Track,
    now: Now,
    /// How the last run ended, in words.
    last_exit: String,
    probes: BTreeMap<ProbeKind, Vec<Instant>>,
}

impl ContainerTrack {
    pub(super) fn new(c: &Container, role: Role, entry: &Entry, lang: Lang) -> Self {
        let mut track = Track::default();
        track.set(entry, SpanLook::Off, lang.words().waiting, lang.words().waiting);
        let (name, process) = (c.name.clone(), process_of(c));
        Self {
            name,
            image: c.image.clone(),
            role,
            process,
            lang,
            track,
            now: Now::Nothing,
            last_exit: String::new(),
            probes: BTreeMap::new(),
        }
    }

    fn words(&self) -> &'static Words {
        self.lang.words()
    }

    /// What the API says counts only while the runtime has nothing to say.
    pub(super) fn status(&mut self, entry: &Entry, status: &ContainerStatus) {
        if let (Now::Nothing, Some(waiting)) = (self.now, &status.state.waiting)
            && !waiting.reason.is_empty()
        {
            let failed = !matches!(waiting.reason.as_str(), "ContainerCreating" | "PodInitializing");
            let look = if failed { SpanLook::Failed } else { SpanLook::Waiting };
            let hint = format!("{} {}", waiting.reason, waiting.message);
            self.track.set(entry, look, waiting.reason.clone(), hint.trim_end());
        }
    }

    pub(super) fn call(&mut self, entry: &Entry, call: &Call) {
        match call {
            Call::PullImage { image } => {
                self.now = Now::Pulling;
                let text = format!("{} {image}", self.words().pull);
                self.track.set(entry, SpanLook::Waiting, text.clone(), text);
            }
            Call::PullImageDone { image, took, .. } => {
                self.now = Now::Nothing;
                let hint = format!("{image} · {}", self.lang.length(*took));
                self.track.set(entry, SpanLook::Waiting, "ContainerCreating", hint);
            }
            Call::PullImageFailed { error, .. } => {
                self.now = Now::Pulling;
                self.track.set(entry, SpanLook::Failed, "ErrImagePull", error.clone());
            }
            Call::CreateContainer { error: Some(error), .. } => {
                self.now = Now::Nothing;
                self.track.set(entry, SpanLook::Failed, "CreateContainerError", error.clone());
            }
            Call::StartContainer { error: Some(error), .. } => {
                self.now = Now::Ended;
                self.track.set(entry, SpanLook::Failed, "RunContainerError", error.clone());
            }
            Call::StartContainer { attempt, .. } => {
                self.now = Now::Running;
                let text = format!("{} {} · {}", self.words().run, u64::from(*attempt) + 1, self.process);
                self.track.set(entry, SpanLook::Running, text.clone(), text);
            }
            Call::StopContainer { timeout, signal, .. } if self.now == Now::Running => {
                self.now = Now::Stopping;
                let grace = self.lang.length(SimTime::from_secs(*timeout));
                let hint = format!("{signal} · {} {grace}", self.words().grace);
                self.track.set(entry, SpanLook::Ending, self.words().stopping, hint);
            }
            Call::Exited { exit_code, reason, signal, .. } => {
                self.now = Now::Ended;
                let look = if *exit_code == 0 { SpanLook::Done } else { SpanLook::Failed };
                let text = format!("{} {exit_code}", self.words().exit);
                let by = signal.map_or_else(String::new, |s| format!(" · {s}"));
                self.track.set(entry, look, text.clone(), format!("{reason} · {text}{by}"));
                self.last_exit = text;
            }
            _ => {}
        }
    }

    pub(super) fn decision(&mut self, entry: &Entry, decision: &Decision) {
        match decision {
            Decision::CrashLoopBackOff { back_off, until, .. } => {
                self.back_off(entry, "CrashLoopBackOff", *back_off, *until)
            }
            Decision::ImagePullBackOff { back_off, until, .. } => {
                self.back_off(entry, "ImagePullBackOff", *back_off, *until)
            }
            _ => {}
        }
    }

    fn back_off(&mut self, entry: &Entry, reason: &str, back_off: SimTime, until: SimTime) {
        if matches!(self.now, Now::Running | Now::Stopping) {
            return;
        }
        self.now = Now::BackOff;
        let length = format!("{} {}", self.words().back_off, self.lang.length(back_off));
        let hint = format!("{reason} · {length} → {}", crate::words::clock(until, true));
        // The end itself is often too short to be read.
        let exit = if reason == "CrashLoopBackOff" { self.last_exit.as_str() } else { "" };
        let text = if exit.is_empty() { length } else { format!("{length} · {exit}") };
        self.track.set(entry, SpanLook::BackOff, text, hint);
    }

    pub(super) fn probe(&mut self, entry: &Entry, probe: &ProbeAttempt) {
        let words = self.words();
        let name = match probe.kind {
            ProbeKind::Liveness => words.liveness,
            ProbeKind::Readiness => words.readiness,
            ProbeKind::Startup => words.startup,
        };
        let unknown = probe.result == ProbeResult::Unknown;
        let pass = matches!(probe.result, ProbeResult::Success | ProbeResult::Warning);
        let decides = probe.run == probe.threshold;
        let count = format!("{}/{}", probe.run.min(probe.threshold), probe.threshold);
        let mut hint = format!(
            "{name} {} {count}",
            if unknown {
                "?"
            } else if pass {
                "✓"
            } else {
                "✗"
            }
        );
        if !probe.output.is_empty() {
            hint.push_str(" · ");
            hint.push_str(probe.output.trim());
        }
        self.probes.entry(probe.kind).or_default().push(Instant {
            at: entry.at,
            look: if unknown {
                InstantLook::Ignored
            } else if pass {
                InstantLook::Pass
            } else {
                InstantLook::Fail
            },
            text: if decides && !pass { count } else { String::new() },
            hint,
            quiet: unknown || probe.run > probe.threshold,
            entry: entry.id,
        });
    }

    /// The pod is gone.
    pub(super) fn end(&mut self, at: SimTime) {
        if !matches!(self.now, Now::Running | Now::Stopping) {
            self.track.close(at);
        }
    }

    /// Adds the container's lanes, the first one `depth` deep.
    pub(super) fn finish(
        self,
        horizon: SimTime,
        depth: u8,
        pod: &About,
        key: &dyn Fn(&str) -> String,
        lanes: &mut Vec<Lane>,
    ) {
        let words = self.lang.words();
        let label = match self.role {
            Role::App => self.name.clone(),
            Role::Init => format!("{} ({})", self.name, words.init),
            Role::Sidecar => format!("{} ({})", self.name, words.sidecar),
        };
        let mut lane = Lane::new(key(&self.name), label, depth, Form::Main);
        lane.about = About { container: self.name.clone(), image: self.image, ..pod.clone() };
        lane.spans = self.track.finish(horizon);
        lanes.push(lane);
        for (kind, instants) in self.probes {
            let (name, part) = match kind {
                ProbeKind::Startup => (words.startup, "startup"),
                ProbeKind::Readiness => (words.readiness, "readiness"),
                ProbeKind::Liveness => (words.liveness, "liveness"),
            };
            let mut lane = Lane::new(key(&format!("{}/{part}", self.name)), name, depth + 1, Form::Part);
            lane.instants = instants;
            lanes.push(lane);
        }
    }
}

/// The process of a container in short: the script of a shell, else the command with its arguments, else the image.
pub(crate) fn process_of(c: &Container) -> String {
    let words: Vec<&str> = c.command.iter().chain(&c.args).map(String::as_str).collect();
    let text = match words.as_slice() {
        [] => c.image.rsplit('/').next().unwrap_or("").to_string(),
        [sh, flag, script, ..] if is_shell(sh) && flag.starts_with('-') && flag.ends_with('c') => {
            (*script).into()
        }
        words => words.join(" "),
    };
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
