//! A timeline as data: what is drawn, before it is known how large.

use crate::traffic::Traffic;
use alloc::string::String;
use alloc::vec::Vec;
use lifepod_api::SimTime;
use lifepod_engine::EntryId;
use serde::{Deserialize, Serialize};

/// The lanes of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Timeline {
    /// The end of what is shown: the time that the run reached.
    pub horizon: SimTime,
    /// The lanes from top to bottom: a tree, each lane followed by those that are deeper.
    pub lanes: Vec<Lane>,
    /// The requests of the scenario's clients, to be counted for any piece of the axis.
    #[serde(default)]
    pub traffic: Vec<Traffic>,
}

/// A row of the timeline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lane {
    /// What the lane is about; the same lane of another run has the same key.
    pub key: String,
    /// What is written at its left.
    pub label: String,
    /// How deep it stands in the tree; 0 at the top.
    pub depth: u8,
    /// Are the lanes below it hidden until a person opens it?
    pub closed: bool,
    /// How it looks.
    pub form: Form,
    /// The object that it is about.
    pub about: About,
    /// What lasts, in order of time, without overlaps.
    pub spans: Vec<Span>,
    /// What happens at once, in order of time.
    pub instants: Vec<Instant>,
    /// How many of the pods below a workload are in which state, in order of time. It is drawn where there are no
    /// spans.
    pub crowd: Vec<Crowd>,
}

/// How many there are of each look, from a time on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Crowd {
    /// From then on.
    pub at: SimTime,
    /// In the order of [`SpanLook::ALL`].
    pub of: [u32; SpanLook::ALL.len()],
}

/// The object that a lane is about; a lane that says nothing is about the same as the one that it stands below.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// `Pod`, `Node`, `Deployment`, …; empty for none.
    pub kind: String,
    /// Its namespace; empty for objects of the cluster.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The container of the pod, if it is about one, …
    pub container: String,
    /// … and that container's image.
    pub image: String,
}

/// How much room a lane takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Form {
    /// A main thing: high bars, bold label.
    Main,
    /// A part of one: lower bars.
    Part,
    /// One of many small facts: thin bars without text.
    Thin,
    /// A title over thin lanes.
    Title,
}

/// Something that lasts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Span {
    /// Its begin.
    pub from: SimTime,
    /// Its end, or the horizon when it lasts on.
    pub to: SimTime,
    /// What its colour says.
    pub look: SpanLook,
    /// Written on it where it fits.
    pub text: String,
    /// Said when it is pointed at.
    pub hint: String,
    /// The entry that began it: where "why" starts.
    #[serde(with = "entry_id")]
    pub entry: EntryId,
}

/// What a span's colour says. The names are those of the style classes (`is-running`, …).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SpanLook {
    /// A process runs; a pod is in the phase Running; a node is ready.
    Running,
    /// A condition holds.
    Ready,
    /// Something is being prepared.
    Waiting,
    /// The kubelet waits before it tries again.
    BackOff,
    /// Nothing yet, or a condition that does not hold.
    Off,
    /// It failed.
    Failed,
    /// It is done, well.
    Done,
    /// It is being ended.
    Ending,
}

impl SpanLook {
    /// All looks, in their order.
    pub const ALL: [Self; 8] = [
        Self::Running,
        Self::Ready,
        Self::Waiting,
        Self::BackOff,
        Self::Off,
        Self::Failed,
        Self::Done,
        Self::Ending,
    ];

    /// The name in style classes.
    pub const fn class(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Ready => "ready",
            Self::Waiting => "waiting",
            Self::BackOff => "backoff",
            Self::Off => "off",
            Self::Failed => "failed",
            Self::Done => "done",
            Self::Ending => "ending",
        }
    }
}

/// Something that happens at once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Instant {
    /// When.
    pub at: SimTime,
    /// What its form and colour say.
    pub look: InstantLook,
    /// Written beside it where there is room; mostly empty.
    pub text: String,
    /// Said when it is pointed at.
    pub hint: String,
    /// Does it tell nothing new, such as one more success of a probe? Quiet instants keep no time unfolded.
    pub quiet: bool,
    /// The entry that records it.
    #[serde(with = "entry_id")]
    pub entry: EntryId,
}

/// What an instant's form and colour say. Each has a shape of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum InstantLook {
    /// A Normal Event: a diamond.
    Normal,
    /// A Warning Event: a diamond.
    Warning,
    /// A probe succeeded: a ring.
    Pass,
    /// A probe failed: a bar.
    Fail,
    /// A probe's attempt counts for nothing: a cross.
    Ignored,
    /// What a person or fate did: a triangle.
    Action,
    /// A process is told to end: an arrow.
    Signal,
}

impl InstantLook {
    /// The name in style classes.
    pub const fn class(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Warning => "warning",
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Ignored => "ignored",
            Self::Action => "action",
            Self::Signal => "signal",
        }
    }
}

/// Entry numbers travel as plain numbers.
pub(crate) mod entry_id {
    use super::EntryId;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(id: &EntryId, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_u32(id.0)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<EntryId, D::Error> {
        u32::deserialize(d).map(EntryId)
    }
}

/// A thing that happened and that a person may want to stop at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stop {
    /// When.
    pub at: SimTime,
    /// The entry: of all that happened at that instant, the first on the topmost lane.
    #[serde(with = "entry_id")]
    pub entry: EntryId,
    /// Is it a turning point: an end, a kill, a back-off, a refusal, something that a person did?
    pub landmark: bool,
}

impl SpanLook {
    /// Does its begin turn the course of things?
    const fn turns(self) -> bool {
        matches!(self, Self::Failed | Self::Done | Self::Ending | Self::BackOff)
    }
}

impl InstantLook {
    /// Does it turn the course of things?
    const fn turns(self) -> bool {
        matches!(self, Self::Action | Self::Signal)
    }
}

impl Timeline {
    /// Everything that is worth a stop, in order of time, at most one for each instant.
    pub fn stops(&self) -> Vec<Stop> {
        let mut stops: Vec<Stop> = Vec::new();
        for lane in &self.lanes {
            let turns = |look: SpanLook| look.turns() && lane.form == Form::Main;
            let begins =
                lane.spans.iter().map(|s| Stop { at: s.from, entry: s.entry, landmark: turns(s.look) });
            stops.extend(begins);
            let instants = lane.instants.iter();
            stops.extend(instants.map(|i| Stop { at: i.at, entry: i.entry, landmark: i.look.turns() }));
        }
        stops.sort_by_key(|s| s.at);
        stops.dedup_by(|later, first| {
            let same = later.at == first.at;
            // Of what happened at one instant the turning point is told.
            if same && later.landmark && !first.landmark {
                (first.entry, first.landmark) = (later.entry, true);
            }
            same
        });
        stops
    }

    /// The first stop after `at`.
    pub fn next_stop(&self, at: SimTime) -> Option<Stop> {
        self.stops().into_iter().find(|s| s.at > at)
    }

    /// The last stop before `at`.
    pub fn previous_stop(&self, at: SimTime) -> Option<Stop> {
        self.stops().into_iter().rfind(|s| s.at < at)
    }

    /// The times at which something new happens: where spans begin and end, and instants that are not quiet.
    pub(crate) fn landmarks(&self) -> Vec<SimTime> {
        let mut times: Vec<SimTime> = Vec::new();
        for lane in &self.lanes {
            times.extend(lane.spans.iter().flat_map(|s| [s.from, s.to]));
            times.extend(lane.instants.iter().filter(|i| !i.quiet).map(|i| i.at));
        }
        times.retain(|t| *t <= self.horizon);
        times.sort_unstable();
        times.dedup();
        times
    }
}

impl About {
    pub(crate) fn object(kind: &str, namespace: &str, name: &str) -> Self {
        Self { kind: kind.into(), namespace: namespace.into(), name: name.into(), ..Self::default() }
    }
}

impl Lane {
    pub(crate) fn new(key: impl Into<String>, label: impl Into<String>, depth: u8, form: Form) -> Self {
        let (key, label) = (key.into(), label.into());
        let (about, spans, instants, crowd) = (About::default(), Vec::new(), Vec::new(), Vec::new());
        Self { key, label, depth, closed: false, form, about, spans, instants, crowd }
    }

    /// Is there anything on it?
    pub(crate) fn is_empty(&self) -> bool {
        self.spans.is_empty() && self.instants.is_empty()
    }
}
