//! Why something happened: the chain of its causes, in plain sentences.
//!
//! [`explain`] follows the causes of an entry up to their root. Each link becomes a [`Fact`](fact::Fact), which has
//! no language; the sentences are made of facts in [`en`] and [`zh`]. Links that say nothing new are left out:
//! deliveries of watches, syncs that merely carry on, and the rounds of a loop after the first.

pub(crate) mod budgets;
mod derive;
mod en;
mod endpoints;
mod fact;
mod fields;
mod remedy;
mod scene;
mod trial;
mod zh;

use crate::words::Lang;
use alloc::string::String;
use alloc::vec::Vec;
use endpoints::Known;
use fact::Fact;
use lifepod_api::{Resource, SimTime};
use lifepod_engine::{Entry, EntryId, Trace, What};
use remedy::{Reach, Remedy};
use scene::Scene;
use serde::Serialize;
pub use trial::Trial;

/// Why an entry happened.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explanation {
    /// What happened, in few words.
    pub title: String,
    /// The chain of causes: the entry itself first, its root last.
    pub steps: Vec<Step>,
    /// What would have changed it: at most one for each rule in the chain, what would have kept it from happening
    /// first, then the nearest.
    pub changes: Vec<Change>,
}

/// Something that would have changed the course of things.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// A sentence. Words of code stand between backticks.
    pub text: String,
    /// The changes of a field that it comes down to; none where it is no matter of a field.
    pub trials: Vec<Trial>,
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

/// Whose fields are meant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Subject {
    /// The pod with this `uid`: its own, or the template's that it came of.
    Pod(String),
    /// An object that is written as it is.
    Object {
        /// Its kind, such as `PodDisruptionBudget`.
        kind: String,
        /// Its name.
        name: String,
    },
}

impl Subject {
    fn of<R: Resource>(object: &R) -> Self {
        Subject::Object { kind: R::KIND.into(), name: object.metadata().name.clone() }
    }
}

/// A field of the manifest that a rule went by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldRef {
    /// Whose field it is.
    pub of: Subject,
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
    let mut changes: Vec<(Reach, Change)> = Vec::new();
    for entry in links(&scene, id) {
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
        if let Some(remedy) = Remedy::of(&fact) {
            let change = Change { text: remedy.sentence(lang), trials: trial::of(&scene, entry, &fact) };
            let same = |(_, known): &&mut (Reach, Change)| {
                known.text == change.text || (!change.trials.is_empty() && known.trials == change.trials)
            };
            match changes.iter_mut().find(same) {
                // Nearer to the root there are more numbers to tell it with.
                Some((_, known)) if !change.trials.is_empty() => *known = change,
                Some(_) => {}
                None => changes.push((remedy.reach(), change)),
            }
        }
        told.push(fact);
    }
    changes.sort_by_key(|(reach, _)| *reach);
    let changes = changes.into_iter().map(|(_, change)| change).take(MAX_CHANGES).collect();
    if let Some((place, times)) = rounds {
        steps[place].text = sentence(lang, &Fact::Rounds { times });
    }
    let title = told.first().map_or_else(String::new, |fact| short(lang, fact));
    Some(Explanation { title, steps, changes })
}

/// The entries that the chain is made of: the causes. A request that was lost because a proxy was late has two: what
/// ended the process, and what the EndpointSlice had said since; the chain goes on from the earlier one.
fn links<'a>(scene: &Scene<'a>, id: EntryId) -> Vec<&'a Entry> {
    let mut links: Vec<&Entry> = scene.trace.causes(id).collect();
    if let Some(first) = links.first()
        && let What::Requests(requests) = &first.what
        && let Some(known) = Known::of(scene, first, requests)
        && let Some((_, withdrawn)) = known.withdrawn.filter(|(at, _)| *at <= requests.since)
    {
        links.truncate(links.partition_point(|entry| entry.id > withdrawn));
        links.extend(scene.trace.causes(withdrawn));
    }
    links
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
