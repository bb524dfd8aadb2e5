//! A text's way to a timeline: it is read, simulated bit by bit, and drawn as far as it got.

use crate::checkpoints::Checkpoints;
use crate::done::{Done, Life};
use crate::edit;
use crate::findings::{MOST, diagnostic, findings, note, refusals};
use crate::protocol::{Diagnostic, Drawing, Run};
use crate::showing::Stage;
use lifepod_api::{SimTime, Version};
use lifepod_engine::{Outcome, Scenario, Simulation, Trace, What};
use lifepod_manifest::{Document, Hint, Lines};
use lifepod_scenario::{Prepared, assumptions, prepare};
use lifepod_timeline::{Axis, Timeline, facts, label_room, lanes, recorded};
use std::rc::Rc;

/// The most entries of a trace that a page can hold at ease.
const MAX_ENTRIES: usize = 200_000;
/// A recorded life may have lasted for years; no more than this is simulated beside it.
const LONGEST: SimTime = SimTime::from_secs(7 * 86_400);
/// So many things happen between two looks at the clock.
const STEPS: usize = 32;
/// A run that takes no longer, in milliseconds, is shown only when it is whole.
const FIRST_PICTURE_MS: f64 = 16.0;
/// The least time between two pictures of a run under way, in milliseconds.
const BETWEEN_PICTURES_MS: f64 = 100.0;
/// Pictures may take one part in so many of a run's time.
const PICTURES_SHARE: f64 = 20.0;

/// A text as it was read.
pub struct Reading {
    /// What was asked.
    pub asked: Run,
    /// The documents of its text.
    pub documents: Vec<Document>,
    /// What is to be said of the text itself.
    pub found: Vec<Diagnostic>,
    /// The version of Kubernetes that it asks for.
    version: Version,
}

impl Reading {
    /// Reads a text. Without a scenario an error leaves nothing to run.
    pub fn of(asked: Run) -> (Self, Option<Scenario>) {
        let options = lifepod_scenario::Options { seed: asked.seed, horizon: asked.horizon };
        let Prepared { documents, diagnostics, scenario } = prepare(&asked.text, &options);
        let found = findings(&Lines::new(&asked.text), &diagnostics, asked.lang);
        let scenario = scenario.map(|mut scenario| {
            scenario.config.max_entries = MAX_ENTRIES;
            scenario
        });
        let version = scenario.as_ref().map_or(Version::CURRENT, |scenario| scenario.config.version);
        (Reading { asked, documents, found, version }, scenario)
    }

    /// Whether the same happens as after another reading: their texts differ in comments and blanks at most.
    pub fn same_as(&self, other: &Reading) -> bool {
        let asked = |run: &Run| (run.seed, run.horizon, run.lang);
        let [these, those] = [self, other].map(|it| it.documents.iter().map(|document| &document.value));
        asked(&self.asked) == asked(&other.asked) && these.eq(those)
    }

    /// What is to be said of the text, and of its run.
    pub fn diagnostics(&self, trace: &Trace) -> Vec<Diagnostic> {
        let (Run { text, lang, .. }, mut found) = (&self.asked, self.found.clone());
        let lines = Lines::new(text);
        found.extend(refusals(trace, &self.documents).iter().map(|(index, message)| {
            let path =
                message.split_once(" is invalid: ").and_then(|(_, rest)| Some(rest.split_once(": ")?.0));
            let (severity, path) = (lifepod_manifest::Severity::Error, path.unwrap_or_default());
            let refusal =
                self.documents[*index].diagnostic(&lines, *index, severity, path, message, &Hint::NONE);
            diagnostic(&lines, &refusal, *lang)
        }));
        let notes = assumptions(text, &self.documents, trace);
        found.extend(notes.iter().take(MOST).map(|made| note(&lines, made, *lang)));
        found
    }

    /// Whether the API server refused every object.
    fn all_refused(&self, trace: &Trace) -> bool {
        refusals(trace, &self.documents).len() == self.objects().count()
    }

    /// The lanes of what happened until `end`.
    fn timeline(&self, trace: &Trace, end: SimTime) -> Timeline {
        lanes(trace, &lifepod_timeline::Options { horizon: end, lang: self.asked.lang })
    }

    /// What is told of a whole run that ends at `horizon`.
    fn drawing(&self, seed: u64, stage: &Stage, trace: &Trace, horizon: SimTime) -> Drawing {
        Drawing {
            run: self.asked.id,
            title: self.objects().next().map_or_else(String::new, |object| object.meta().name.to_string()),
            seed,
            version: (self.version.major, self.version.minor),
            horizon,
            reached: None,
            recorded: None,
            label_room: label_room(&stage.timeline),
            cut_short: false,
            handles: edit::handles(&self.documents),
            facts: facts(trace, horizon),
            idle: Vec::new(),
        }
    }

    fn objects(&self) -> impl Iterator<Item = &lifepod_api::Object> + Clone {
        self.documents.iter().filter_map(|document| document.object.as_ref())
    }
}

/// A run under way.
pub struct Underway {
    /// Its text.
    pub reading: Reading,
    /// What is shown of it so far.
    pub stage: Option<Stage>,
    /// The axis on which it is shown before its own is known.
    axis: Option<Axis>,
    recorded: Option<Timeline>,
    seed: u64,
    simulation: Simulation,
    checkpoints: Checkpoints,
    /// What it cost so far to simulate it: not to read, copy and draw it.
    simulated: Simulated,
    /// When it is shown next, by the worker's clock.
    next_picture: f64,
}

/// What it cost to simulate a run, or the part of it that was not known from another.
#[derive(Clone, Copy, Default)]
pub struct Simulated {
    /// How many entries of its trace came of it.
    pub entries: usize,
    /// How long that took, in milliseconds.
    pub ms: f64,
}

/// How far a run got.
pub enum Progress {
    /// There is more to see of it.
    Picture,
    /// Nothing new to be shown.
    Going,
    /// It has ended.
    Over(Outcome),
}

impl Underway {
    /// Begins a run, or goes on from where another is the same. The axis of the run before will mostly do for this one.
    pub fn begin(reading: Reading, mut scenario: Scenario, last: Option<&Done>, now: f64) -> Self {
        let recorded = recorded(reading.objects(), reading.asked.lang);
        if let Some(recorded) = &recorded {
            // The simulation lasts at least as long as what it stands beside.
            let longest = scenario.horizon.max(recorded.horizon);
            scenario.horizon = reading.asked.horizon.unwrap_or(longest.min(LONGEST));
        }
        let seed = scenario.config.seed;
        let axis = last.map(|last| last.life.stage.axis());
        let axis = axis.filter(|axis| axis.horizon() == scenario.horizon).cloned();
        // A recorded life takes part in what is done.
        let last = last.filter(|_| recorded.is_none());
        let (simulation, kept) = match last.and_then(|last| last.resumed(&reading, &scenario)) {
            Some(resumed) => resumed,
            None => (scenario.start(), Vec::new()),
        };
        Underway {
            reading,
            stage: None,
            axis,
            recorded,
            seed,
            simulation,
            checkpoints: Checkpoints::after(kept, now),
            simulated: Simulated::default(),
            next_picture: now + FIRST_PICTURE_MS,
        }
    }

    /// Until when it is simulated.
    #[cfg(test)]
    pub fn reached(&self) -> SimTime {
        self.simulation.reached()
    }

    /// Goes on for another text after which the same happens.
    pub fn take_over(&mut self, reading: Reading, now: f64) {
        self.reading = reading;
        if self.stage.is_some() {
            // The page asks about what it sees by the new number.
            self.next_picture = now;
        }
    }

    /// Simulates until `clock` shows `until`, or until there is something to show.
    pub fn go_on(&mut self, clock: &dyn Fn() -> f64, until: f64) -> Progress {
        loop {
            let (since, before) = (clock(), self.simulation.trace().entries().len());
            let over = self.simulation.advance(STEPS);
            self.simulated.ms += clock() - since;
            self.simulated.entries += self.simulation.trace().entries().len() - before;
            if let Some(outcome) = over {
                return Progress::Over(outcome);
            }
            self.checkpoints.keep(&mut self.simulation, clock);
            let now = clock();
            if now >= self.next_picture {
                return Progress::Picture;
            }
            if now >= until {
                return Progress::Going;
            }
        }
    }

    /// What it cost so far to simulate it.
    pub fn simulated(&self) -> Simulated {
        self.simulated
    }

    /// Draws what has happened so far. None while there is nothing to see.
    pub fn picture(&mut self, clock: &dyn Fn() -> f64) -> Option<(Vec<Diagnostic>, Drawing)> {
        let since = clock();
        let (trace, reached) = (self.simulation.trace(), self.simulation.reached());
        let picture = (reached > SimTime::ZERO && !self.reading.all_refused(trace)).then(|| {
            let horizon = self.simulation.horizon();
            let mut timeline = self.reading.timeline(trace, reached);
            if let Some(recorded) = &self.recorded {
                timeline.lanes.splice(0..0, recorded.lanes.iter().cloned());
            }
            let axis = self.axis.get_or_insert_with(|| Axis::folded_until(&timeline, horizon)).clone();
            let stage = Stage::on(axis, timeline);
            let drawing = Drawing {
                reached: Some(reached),
                recorded: self.recorded.as_ref().map(|recorded| recorded.horizon),
                ..self.reading.drawing(self.seed, &stage, trace, horizon)
            };
            self.stage = Some(stage);
            (self.reading.diagnostics(trace), drawing)
        });
        let now = clock();
        self.next_picture = now + ((now - since) * PICTURES_SHARE).max(BETWEEN_PICTURES_MS);
        picture
    }

    /// Ends it; nothing to see when the API server refused all that there was. What is left of the simulation comes back,
    /// to be dropped when there is time.
    pub fn finish(self, outcome: Outcome) -> (Vec<Diagnostic>, Option<(Drawing, Done)>, Simulation) {
        let Underway { reading, recorded, seed, mut simulation, checkpoints, .. } = self;
        let run = simulation.finish(outcome);
        let diagnostics = reading.diagnostics(&run.trace);
        if reading.all_refused(&run.trace) {
            return (diagnostics, None, simulation);
        }
        let mut timeline = reading.timeline(&run.trace, run.end);
        let stops = timeline.stops();
        let last_recorded = recorded.as_ref().map(|recorded| recorded.horizon);
        if let Some(recorded) = recorded {
            timeline.lanes.splice(0..0, recorded.lanes);
        }
        let stage = Stage::new(timeline);
        let drawing = Drawing {
            recorded: last_recorded,
            cut_short: run.outcome != Outcome::Reached,
            idle: idle(&run.trace, &reading.documents),
            ..reading.drawing(seed, &stage, &run.trace, run.end)
        };
        let done =
            Done { reading, life: Rc::new(Life { run, stage, stops, checkpoints: checkpoints.kept() }) };
        (diagnostics, Some((drawing, done)), simulation)
    }
}

/// The objects that wait for a controller which the simulation does not have: nobody but a person ever wrote them,
/// and nothing is owned by them.
fn idle(trace: &Trace, documents: &[Document]) -> Vec<String> {
    /// The kinds that do nothing by themselves.
    const ACTIVE: [&str; 8] = [
        "Deployment",
        "ReplicaSet",
        "StatefulSet",
        "DaemonSet",
        "Job",
        "CronJob",
        "ReplicationController",
        "HorizontalPodAutoscaler",
    ];
    let objects = documents.iter().filter_map(|document| document.object.as_ref());
    let waiting = objects.filter(|object| ACTIVE.contains(&object.kind()));
    let revisions: Vec<_> = trace
        .entries()
        .iter()
        .filter_map(|entry| match &entry.what {
            What::Object(revision) => Some(revision),
            _ => None,
        })
        .collect();
    let is_idle = |kind: &str, name: &str| {
        !revisions.iter().any(|revision| {
            let meta = revision.object.meta();
            let written = revision.by != "kubectl" && revision.object.kind() == kind && meta.name == name;
            written || meta.owner_references.iter().any(|owner| owner.kind == kind && owner.name == name)
        })
    };
    let named = waiting.map(|object| (object.kind(), object.meta().name.as_str()));
    named.filter(|(kind, name)| is_idle(kind, name)).map(|(kind, name)| format!("{kind} {name}")).collect()
}
