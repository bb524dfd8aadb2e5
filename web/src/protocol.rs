//! What the page and the worker say to each other.
//!
//! Messages travel as bytes (postcard): a drawing of thousands of spans is one copy, not thousands of objects.

use lifepod_api::SimTime;
use serde::{Deserialize, Serialize};

/// From the page to the worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Request {
    /// Run the manifests.
    Run(Run),
    /// Show the cluster at an instant of the last run that worked.
    Look(Look),
    /// Tell the chain of causes of an entry of that run.
    Why(Ask),
}

/// Everything that determines a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// The page's number for this run; the answer carries it.
    pub id: u32,
    /// The manifests.
    pub text: String,
    /// Seeds the draws.
    pub seed: u64,
    /// Where the run ends.
    pub horizon: SimTime,
}

/// What to show of an instant.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Look {
    /// The number of the run that is looked at.
    pub run: u32,
    /// The instant.
    pub at: SimTime,
    /// What to show besides `kubectl get pods`.
    pub view: View,
}

/// An entry of a run's trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    /// The number of the run.
    pub run: u32,
    /// The number of the entry.
    pub entry: u32,
}

/// A view of the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum View {
    /// Only `kubectl get pods`.
    Pods,
    /// `kubectl get events`
    Events,
    /// `kubectl get pods -o yaml`
    Yaml,
    /// `kubectl describe pods`
    Describe,
    /// `kubectl logs`
    Logs,
}

/// From the worker to the page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Reply {
    /// The worker is up.
    Ready,
    /// Answers [`Request::Run`].
    Ran(Ran),
    /// Answers [`Request::Look`].
    Seen(Seen),
    /// Answers [`Request::Why`]; none when the run has no such entry.
    Story(Option<Story>),
    /// The worker hit a bug and is gone; its last words.
    Panicked(String),
}

/// What came of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ran {
    /// The number of the run.
    pub id: u32,
    /// What is to be said of the text, in its order.
    pub diagnostics: Vec<Diagnostic>,
    /// The timeline; none when the text has errors.
    pub drawing: Option<Drawing>,
}

/// Something to be said of a place in the text. Lines and columns count from 1, columns in characters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Diagnostic {
    pub line: u32,
    pub column: u32,
    pub end_line: u32,
    pub end_column: u32,
    pub severity: Severity,
    pub message: String,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The text cannot be run.
    Error,
    /// It can, though it may not do what was meant.
    Warning,
}

/// A timeline, ready to be placed: everything in simulated time, nothing in pixels.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Drawing {
    /// The name of the first object, for the window's title.
    pub title: String,
    /// Where the run ended.
    pub horizon: SimTime,
    /// The lanes, from top to bottom.
    pub lanes: Vec<Lane>,
    /// Everything that the keys step through: in order of time, at most one for each instant.
    pub stops: Vec<Stop>,
    /// Pieces of the time axis, without a gap from zero to the horizon.
    pub axis: Vec<Piece>,
}

/// A piece of the time axis on which time runs evenly.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Piece {
    pub from: SimTime,
    pub to: SimTime,
    /// Its part of the width, relative to the other pieces' weights.
    pub weight: f32,
    /// Whether it folds away a quiet time.
    pub folded: bool,
}

/// A thing that happened and that a person may want to stop at.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stop {
    pub at: SimTime,
    /// The number of the trace's entry.
    pub entry: u32,
}

/// A row of the timeline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lane {
    pub label: String,
    /// How deep it is indented.
    pub depth: u8,
    pub form: Form,
    pub spans: Vec<Span>,
    pub instants: Vec<Instant>,
}

/// How a lane looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Form {
    /// A main thing: high bars, bold label.
    Main,
    /// A part of one: lower bars.
    Part,
    /// One of many small facts: thin bars.
    Thin,
    /// A title over thin lanes.
    Title,
}

/// Something that lasts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Span {
    pub from: SimTime,
    pub to: SimTime,
    pub look: SpanLook,
    /// Written on it where it fits.
    pub text: String,
    /// Said when it is pointed at.
    pub hint: String,
    pub entry: u32,
}

/// What a span's colour says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SpanLook {
    Running,
    Ready,
    Waiting,
    BackOff,
    Off,
    Failed,
    Done,
    Ending,
}

/// Something that happens at once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Instant {
    pub at: SimTime,
    pub look: InstantLook,
    /// Said when it is pointed at.
    pub hint: String,
    pub entry: u32,
}

/// What an instant's form and colour say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum InstantLook {
    Normal,
    Warning,
    Pass,
    Fail,
    Action,
}

/// The cluster at an instant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Seen {
    /// What was asked.
    pub look: Look,
    /// Commands and what they print, as in a terminal; `kubectl get pods` is the first.
    pub shell: Vec<Printed>,
    /// What [`Look::view`] asked for.
    pub view: Option<Printed>,
}

/// A command and what it prints.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Printed {
    pub command: String,
    pub output: String,
}

/// Why something happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Story {
    /// What was asked.
    pub ask: Ask,
    /// What happened, in a sentence.
    pub title: String,
    /// The chain of causes, the nearest first.
    pub steps: Vec<Step>,
}

/// One link of the chain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    pub at: SimTime,
    pub entry: u32,
    /// What happened, in a sentence.
    pub text: String,
    /// The upstream file and function of the rule.
    pub source: String,
}

/// The message's bytes.
pub fn encode<T: Serialize>(message: &T) -> Vec<u8> {
    postcard::to_allocvec(message).expect("a message is plain data")
}

/// The message of these bytes; none when the two sides are not of one build.
pub fn decode<T: for<'de> Deserialize<'de>>(bytes: &[u8]) -> Option<T> {
    postcard::from_bytes(bytes).ok()
}
