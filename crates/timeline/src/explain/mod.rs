//! Why something happened: the chain of its causes, in plain sentences.
//!
//! [`explain`] follows the causes of an entry up to their root. Each link becomes a [`Fact`](fact::Fact), which has
//! no language; the sentences are made of facts in [`en`] and [`zh`]. Links that say nothing new are left out:
//! deliveries of watches, syncs that merely carry on, and the rounds of a loop after the first.

mod derive;
mod en;
mod fact;
mod fields;
mod remedy;
mod scene;
mod zh;

use crate::words::Lang;
use alloc::string::String;
use alloc::vec::Vec;
use fact::Fact;
use lifepod_api::SimTime;
use lifepod_engine::{Entry, EntryId, Trace};
use remedy::Remedy;
use scene::Scene;
use serde::Serialize;

/// Why an entry happened.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explanation {
    /// What happened, in few words.
    pub title: String,
    /// The chain of causes: the entry itself first, its root last.
    pub steps: Vec<Step>,
    /// What would have changed it: at most one sentence for each rule in the chain, the nearest first.
    pub changes: Vec<String>,
}

/// A link of the chain.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Step {
    /// When it happened.
    pub at: SimTime,
    /// When the first of several like it happened, which this step stands for.
    pub since: Option<SimTime>,
    /// The number of the trace's entry.
    pub entry: u32,
    /// What happened and by which rule, in a sentence or two. Words of code stand between backticks.
    pub text: String,
    /// The fields of the manifest that set the numbers.
    pub fields: Vec<FieldRef>,
    /// Where Kubernetes' own source has the rule; empty for what no rule does.
    pub source: &'static str,
}

/// A field of the manifest that a rule went by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldRef {
    /// Its path in the object, such as `spec.containers[0].livenessProbe.failureThreshold`.
    pub path: String,
    /// Its value.
    pub value: String,
    /// Is that the value it has when it is not written down?
    pub is_default: bool,
}

/// More advice than this helps nobody.
const MAX_CHANGES: usize = 3;

/// Explains the entry `id`; none when the trace has no such entry.
pub fn explain(trace: &Trace, id: EntryId, lang: Lang) -> Option<Explanation> {
    trace.get(id)?;
    let scene = Scene { trace };
    let mut told: Vec<Fact<'_>> = Vec::new();
    let mut steps: Vec<Step> = Vec::new();
    // The rounds that are not told: where their step stands, and how many there are.
    let mut rounds: Option<(usize, usize)> = None;
    for entry in trace.causes(id) {
        let fact = Fact::of(&scene, entry);
        if !told.is_empty()
            && (fact.says_nothing() || told.last().is_some_and(|after| fact.is_said_by(after)))
        {
            continue;
        }
        if let (Some(Fact::Probed(a)), Fact::Probed(b), Some(step)) = (told.last(), &fact, steps.last_mut())
            && a.is_like(b)
        {
            step.since = Some(entry.at);
            continue;
        }
        if told.iter().any(|f| f.is_round_of(&fact)) {
            let starts = usize::from(matches!(fact, Fact::Started { .. }));
            let (place, times) = rounds.get_or_insert((steps.len(), 0));
            *times += starts;
            if steps.len() == *place {
                steps.push(Step {
                    at: entry.at,
                    since: None,
                    entry: entry.id.0,
                    text: String::new(),
                    fields: Vec::new(),
                    source: "",
                });
            }
            steps[*place].since = Some(entry.at);
            continue;
        }
        steps.push(Step {
            at: entry.at,
            since: None,
            entry: entry.id.0,
            text: sentence(lang, &fact),
            fields: fields::of(&scene, entry, &fact),
            source: fact.source(),
        });
        told.push(fact);
    }
    if let Some((place, times)) = rounds {
        steps[place].text = sentence(lang, &Fact::Rounds { times });
    }
    let mut changes: Vec<String> = Vec::new();
    for remedy in told.iter().filter_map(Remedy::of) {
        let text = remedy.sentence(lang);
        if changes.len() < MAX_CHANGES && !changes.contains(&text) {
            changes.push(text);
        }
    }
    let title = told.first().map_or_else(String::new, |fact| short(lang, fact));
    Some(Explanation { title, steps, changes })
}

/// The `uid` of the pod that an entry is about.
pub fn subject(entry: &Entry) -> Option<&str> {
    fields::pod_of(entry).map(|pod| pod.uid.as_str())
}

/// What an entry says in few words, and whether that is anything new.
pub(crate) fn headline(trace: &Trace, entry: &Entry, lang: Lang) -> (String, bool) {
    let scene = Scene { trace };
    let fact = Fact::of(&scene, entry);
    let text = match &fact {
        Fact::EventRecorded { reason, message, .. } => alloc::format!("{reason}: {message}"),
        Fact::Wrote { line, .. } => (*line).into(),
        fact => short(lang, fact),
    };
    (text, !matches!(fact, Fact::Changed { .. }))
}

fn sentence(lang: Lang, fact: &Fact<'_>) -> String {
    match lang {
        Lang::En => en::sentence(fact),
        Lang::Zh => zh::sentence(fact),
    }
}

fn short(lang: Lang, fact: &Fact<'_>) -> String {
    match lang {
        Lang::En => en::headline(fact),
        Lang::Zh => zh::headline(fact),
    }
}
