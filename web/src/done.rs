//! A run that worked, and what is read out of it. Knows no browser.

use crate::checkpoints::same_until;
use crate::origin;
use crate::protocol::{Field, Line, Printed, Replacement, Trial};
use crate::showing::Stage;
use crate::underway::Reading;
use lifepod_api::{KINDS, SimTime};
use lifepod_engine::{Checkpoint, Scenario, Simulation, What};
use lifepod_manifest::Lines;
use lifepod_timeline::{About, FieldRef, Stop, chronicle, traffic_table};
use std::rc::Rc;

/// A run that worked.
pub struct Done {
    /// Its text.
    pub reading: Reading,
    /// What happened.
    pub life: Rc<Life>,
}

/// What happened in a run. Texts that differ only in how they are written have it in common.
pub struct Life {
    pub run: lifepod_engine::Run,
    pub stage: Stage,
    pub stops: Vec<Stop>,
    /// From where another run may go on.
    pub checkpoints: Vec<Rc<Checkpoint>>,
}

impl Done {
    /// A run of another text, which goes on from the last checkpoint until which the same happens, and the checkpoints up to
    /// there; none when there is no such.
    pub fn resumed(
        &self,
        reading: &Reading,
        scenario: &Scenario,
    ) -> Option<(Simulation, Vec<Rc<Checkpoint>>)> {
        let checkpoints = &self.life.checkpoints;
        let until = checkpoints.first().and_then(|_| same_until(&self.reading, reading))?;
        let kept = &checkpoints[..checkpoints.partition_point(|checkpoint| checkpoint.at() < until)];
        let simulation = kept.last()?.resume(scenario.clone(), &self.life.run.trace)?;
        Some((simulation, kept.to_vec()))
    }

    /// What a command prints at an instant. Lists are of where the text has its objects.
    pub fn kubectl(&self, at: SimTime, words: &[&str]) -> Printed {
        let mut words = words.to_vec();
        if matches!(words[..], ["get", "pods"] | ["events"]) {
            words.extend(self.namespace());
        }
        let words = &words[..];
        let output = lifepod_kubectl::run_at(
            &self.life.run.trace,
            at,
            self.life.run.end,
            self.life.run.epoch_micros,
            words,
        );
        let command = format!("kubectl {}", words.join(" "));
        Printed { command, output: output.stdout + &output.stderr }
    }

    /// The words that tell kubectl where to look; none for the namespace where it looks by itself.
    fn namespace(&self) -> Vec<&str> {
        let objects = self.reading.documents.iter().filter_map(|document| document.object.as_ref());
        let is_in_one = |kind: &str| KINDS.iter().any(|known| known.kind == kind && known.namespaced);
        let placed = objects.filter(|object| is_in_one(object.kind()));
        let mut namespaces: Vec<&str> = placed
            .map(|object| match object.meta().namespace.as_str() {
                "" => "default",
                name => name,
            })
            .collect();
        namespaces.sort_unstable();
        namespaces.dedup();
        match namespaces[..] {
            [] | ["default"] => Vec::new(),
            [name] => vec!["-n", name],
            _ => vec!["-A"],
        }
    }

    /// What became of the clients' requests until an instant.
    pub fn requests(&self, at: SimTime) -> Printed {
        Printed { command: String::new(), output: traffic_table(&self.life.run.trace, at) }
    }

    /// The last command among the text's actions, and what it has printed so far.
    pub fn last_command(&self, at: SimTime) -> Option<Printed> {
        let so_far = &self.life.run.trace.entries()[..self.life.run.trace.len_at(at)];
        so_far.iter().rev().find_map(|entry| match &entry.what {
            // The objects of the text itself are no news.
            What::Action(action) if entry.at > SimTime::ZERO && action.text.starts_with("kubectl ") => {
                let said =
                    lifepod_kubectl::printed(&self.life.run.trace, entry.id, at, self.life.run.epoch_micros);
                let refused = action.refused.clone().unwrap_or_default();
                Some(Printed { command: action.text.clone(), output: said.stdout + &said.stderr + &refused })
            }
            _ => None,
        })
    }

    /// What happened around an instant, as much of it as a table can hold at ease.
    pub fn table(&self, at: SimTime) -> Vec<Line> {
        const LINES: usize = 400;
        let lines = chronicle(&self.life.run.trace, self.reading.asked.lang, false);
        let here = lines.partition_point(|line| line.at <= at);
        let from = here.saturating_sub(LINES / 2);
        let shown = lines.into_iter().skip(from).take(LINES);
        let line = |line: lifepod_timeline::Line| Line {
            at: line.at,
            entry: line.entry.0,
            who: line.who,
            object: line.object,
            what: line.what,
        };
        shown.map(line).collect()
    }

    /// The change of the text that tries something; none where it cannot be made.
    pub fn trial(&self, trial: &lifepod_timeline::Trial) -> Option<Trial> {
        let Reading { asked, documents, .. } = &self.reading;
        let (document, template) = origin::of(documents, &self.life.run.trace, &trial.of)?;
        let fix = document.set(&asked.text, &format!("{template}{}", trial.path), &trial.value)?;
        let changes = fix.edits.into_iter().map(|edit| Replacement {
            from: edit.range.start as u32,
            to: edit.range.end as u32,
            insert: edit.insert,
        });
        Some(Trial { label: trial.label(), changes: changes.collect() })
    }

    /// A field with its place in the text.
    pub fn field(&self, field: &FieldRef) -> Field {
        let name = field.path.rsplit('.').next().unwrap_or(&field.path);
        let origin = origin::of(&self.reading.documents, &self.life.run.trace, &field.of);
        let path = |template: &str| format!("{template}{}", field.path);
        // The API server's object has the value of a default either way; the text knows whether it was written.
        let is_written =
            origin.as_ref().is_some_and(|(document, template)| document.key_of(&path(template)).is_some());
        let place = origin.map(|(document, template)| {
            let start = document.span_of(&path(template)).start;
            let (line, column) = Lines::new(&self.reading.asked.text).position(start);
            (line as u32, column as u32)
        });
        let is_default = field.is_default && !is_written;
        Field { text: format!("{name}: {}", field.value), is_default, place }
    }
}

/// The words of a command about a pod, with its name where a word is empty; none without a pod.
pub fn about_pod<'a>(pod: Option<&'a About>, words: &[&'a str]) -> Option<Vec<&'a str>> {
    let pod = pod?;
    let name = |word: &&'a str| if word.is_empty() { pod.name.as_str() } else { *word };
    let mut words: Vec<&str> = words.iter().map(name).collect();
    if words[0] == "logs" {
        match pod.container.as_str() {
            "" => words.push("--all-containers"),
            container => words.extend(["-c", container]),
        }
    }
    if !matches!(pod.namespace.as_str(), "" | "default") {
        words.extend(["-n", &pod.namespace]);
    }
    Some(words)
}

/// The last lines of what a command prints.
pub fn tail(printed: Printed) -> Printed {
    const LINES: usize = 6;
    let start = printed.output.trim_end().rmatch_indices('\n').nth(LINES - 1).map_or(0, |(at, _)| at + 1);
    Printed {
        command: format!("{} | tail -{LINES}", printed.command),
        output: printed.output[start..].to_owned(),
    }
}
