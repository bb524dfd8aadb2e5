//! What the page and the worker say to each other.
//!
//! Messages travel as bytes (postcard): a drawing of thousands of spans is one copy, not thousands of objects.

use crate::guide::Moment;
use lifepod_api::SimTime;
use lifepod_timeline::{Axis, Facts, Frame, Lang, Scene, Stop};
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
    /// Run a line typed at the prompt on that run.
    Kubectl(Typed),
    /// Say what may stand at the end of a line.
    Complete(Typed),
    /// Find something that happened by its words.
    Find(Find),
    /// Run the manifests and tell only the numbers.
    Measure(Run),
    /// Hand over the lanes that are in a frame.
    Show(Show),
    /// Keep this run beside the later ones, to be compared with; or keep none.
    Compare(Option<Run>),
    /// Draw the lanes of a frame as a picture that stands alone.
    Picture(Show),
}

/// Everything that determines a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// The page's number for this run; the answer carries it.
    pub id: u32,
    /// The manifests.
    pub text: String,
    /// Seeds the draws, instead of what the text says.
    pub seed: Option<u64>,
    /// Where the run ends, instead of what the text says.
    pub horizon: Option<SimTime>,
    /// The language of the words on the lanes and in stories.
    pub lang: Lang,
}

/// What to show of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Show {
    /// Which of the two runs is shown.
    pub side: Side,
    /// The number of the latest run, …
    pub run: u32,
    /// … and that of the run that it is compared with; 0 for none.
    pub other: u32,
    /// Whether both are shown: then on one axis.
    pub beside: bool,
    /// What of it.
    pub frame: Frame,
}

/// One of two runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Side {
    /// The latest.
    This,
    /// The one that it is compared with.
    Other,
}

/// What to show of an instant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Look {
    /// The number of the run that is looked at.
    pub run: u32,
    /// The instant.
    pub at: SimTime,
    /// What to show besides `kubectl get pods`.
    pub view: Pane,
    /// The key of the lane whose pod it is about; the first pod where that has none.
    pub lane: Option<String>,
}

/// A command that a person typed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Typed {
    /// The number of the run.
    pub run: u32,
    /// The instant that is looked at.
    pub at: SimTime,
    /// The words, with or without `kubectl` before them.
    pub line: String,
}

/// An entry of a run's trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    /// The number of the run.
    pub run: u32,
    /// The number of the entry.
    pub entry: u32,
}

/// Something that happened, to be found by its words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Find {
    /// The number of the run.
    pub run: u32,
    pub moment: Moment,
}

/// A view of the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Pane {
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
    /// What became of the clients' requests, as a table.
    Requests,
    /// Everything that happened, line by line.
    Table,
}

/// From the worker to the page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Reply {
    /// The worker is up.
    Ready,
    /// Answers [`Request::Run`], the first times with as much as is known so far. A run that a newer one has overtaken
    /// is not answered for any more.
    Ran(Ran),
    /// Answers [`Request::Look`].
    Seen(Seen),
    /// Answers [`Request::Why`]; none when the run has no such entry.
    Story(Option<Story>),
    /// Answers [`Request::Kubectl`]: what a reading command printed, …
    Printed(Printed),
    /// … or the action that a changing one is to become, without the word `kubectl`.
    Act(String),
    /// Answers [`Request::Complete`]: the line, and the words that may stand in place of its last one.
    Completed(String, Vec<String>),
    /// Answers [`Request::Find`]: the instant, and the entry's number; none when it never happened.
    Found(Option<(SimTime, u32)>),
    /// Answers [`Request::Measure`]; none when the text cannot be run.
    Measured(Option<Facts>),
    /// Answers [`Request::Show`].
    Shown(Shown),
    /// Answers [`Request::Picture`]: SVG, and its height in pixels.
    Picture(String, f64),
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
    /// The timeline.
    pub came: Came,
}

/// The timeline that a text made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Came {
    /// Errors left nothing to run; the number of the run under way that goes on meanwhile, if one does.
    Nothing(Option<u32>),
    /// The same happens as in the run before, which goes on under its number. The text's actions may stand elsewhere.
    Same(Vec<Handle>),
    /// A new one, and what was last asked to be shown of a run. While it is under way the same number comes again.
    New(Box<Drawing>, Option<Box<Shown>>),
}

/// The lanes in a frame.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shown {
    /// What was asked.
    pub show: Show,
    /// What is seen.
    pub scene: Scene,
    /// The whole time axis that it is shown on.
    pub axis: Axis,
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
    /// What to do; empty where the message says it.
    pub hint: String,
    /// The name of the lint that found it; none for what a cluster would say.
    pub lint: Option<String>,
    /// Changes of the text that mend it.
    pub fixes: Vec<Fix>,
}

/// A change of the text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fix {
    /// What it does, in a few words.
    pub title: String,
    pub edits: Vec<Edit>,
}

/// Other text between two places, which are as in a [`Diagnostic`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Edit {
    pub line: u32,
    pub column: u32,
    pub end_line: u32,
    pub end_column: u32,
    pub insert: String,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The text cannot be run.
    Error,
    /// It can, though it may not do what was meant.
    Warning,
    /// A cluster would not say a word, but a lint does.
    Info,
    /// Nothing is wrong; the run had to assume something that the text leaves open.
    Hint,
}

/// All about a run but its lanes, of which there may be very many: a [`Shown`] holds those that are seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Drawing {
    /// The number of the run.
    pub run: u32,
    /// The name of the first object, for the window's title.
    pub title: String,
    /// What seeded the draws.
    pub seed: u64,
    /// The version of Kubernetes that was simulated: 1 and 36.
    pub version: (u32, u32),
    /// When the run ends.
    pub horizon: SimTime,
    /// Until when it is known what happens; none when the run is over.
    pub reached: Option<SimTime>,
    /// The last time that objects of a real cluster say something of; none where the text has no such.
    pub recorded: Option<SimTime>,
    /// The width that the labels of its lanes need, in pixels.
    pub label_room: f64,
    /// Whether the run had to end before its horizon, because more happened than a page can hold.
    pub cut_short: bool,
    /// The text's actions.
    pub handles: Vec<Handle>,
    /// The run in few numbers.
    pub facts: Facts,
    /// Objects on which nothing in the simulation acts, as `Kind name`.
    pub idle: Vec<String>,
}

/// An action's time, and where in the text it is written, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handle {
    pub at: SimTime,
    pub from: u32,
    pub to: u32,
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
    /// What happened around the instant, for [`Pane::Table`].
    pub table: Vec<Line>,
    /// What the keys step through from here: in order of time, at most one for each instant.
    pub stops: Vec<Stop>,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    pub at: SimTime,
    pub entry: u32,
    pub who: String,
    pub object: String,
    pub what: String,
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
    /// What would have changed it.
    pub changes: Vec<Change>,
}

/// Something that would have changed it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// What, in a sentence with words of code between backticks.
    pub text: String,
    /// What of that can be tried at once.
    pub trials: Vec<Trial>,
}

/// A change of the text that can be tried.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// The field as it will be: `failureThreshold: 6`.
    pub label: String,
    /// What changes, in order of the text.
    pub changes: Vec<Replacement>,
}

/// Other text for a part of the text, in bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replacement {
    pub from: u32,
    pub to: u32,
    pub insert: String,
}

/// One link of the chain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    pub at: SimTime,
    /// When the first of several like it happened, which this link stands for.
    pub since: Option<SimTime>,
    pub entry: u32,
    /// What happened and by which rule. Words of code stand between backticks.
    pub text: String,
    /// The fields of the manifest that set the numbers.
    pub fields: Vec<Field>,
    /// The upstream file and function of the rule.
    pub source: String,
}

/// A field of the manifest that a rule went by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Field {
    /// `failureThreshold: 3`
    pub text: String,
    /// Whether it is not written down, and has that value all the same.
    pub is_default: bool,
    /// Its line and column in the text; for a default those of what it would stand in.
    pub place: Option<(u32, u32)>,
}

/// The message's bytes.
pub fn encode<T: Serialize>(message: &T) -> Vec<u8> {
    postcard::to_allocvec(message).expect("a message is plain data")
}

/// The message of these bytes; none when the two sides are not of one build.
pub fn decode<T: for<'de> Deserialize<'de>>(bytes: &[u8]) -> Option<T> {
    postcard::from_bytes(bytes).ok()
}
