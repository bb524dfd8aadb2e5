//! Copies of a run from which another may go on: what is done late does not make all that went before happen anew.

use crate::underway::Reading;
use lifepod_api::{SimTime, duration};
use lifepod_engine::{Checkpoint, Simulation};
use serde_json::{Map, Value};
use std::rc::Rc;

/// So many copies of a run are kept.
const MOST: usize = 6;
/// From one copy to the next, in milliseconds of work; doubled whenever there get too many.
const BETWEEN_MS: f64 = 40.0;
/// A run that takes longer than this to copy is too large to be kept several times.
const TOO_LARGE_MS: f64 = 10.0;

/// The copies of a run under way, in order of time.
pub struct Checkpoints {
    kept: Vec<Rc<Checkpoint>>,
    between: f64,
    next: f64,
}

impl Checkpoints {
    /// Those of a run that begins now, or goes on from the last of `kept`.
    pub fn after(kept: Vec<Rc<Checkpoint>>, now: f64) -> Self {
        Checkpoints { kept, between: BETWEEN_MS, next: now + BETWEEN_MS }
    }

    /// Copies the run if it is time to.
    pub fn keep(&mut self, simulation: &mut Simulation, clock: &dyn Fn() -> f64) {
        let since = clock();
        if since < self.next {
            return;
        }
        let Some(copy) = simulation.checkpoint() else { return };
        let now = clock();
        if now - since > TOO_LARGE_MS {
            self.next = f64::INFINITY;
            return;
        }
        self.kept.push(Rc::new(copy));
        if self.kept.len() > MOST {
            let mut number = 0;
            self.kept.retain(|_| {
                number += 1;
                number % 2 == 1
            });
            self.between *= 2.0;
        }
        self.next = now + self.between;
    }

    /// The copies.
    pub fn kept(self) -> Vec<Rc<Checkpoint>> {
        self.kept
    }
}

/// How far the same happens after two readings: their texts differ in actions that are done then or later. None when they
/// differ in anything else.
pub fn same_until(one: &Reading, other: &Reading) -> Option<SimTime> {
    let asked = |reading: &Reading| (reading.asked.seed, lifepod_scenario::applies(&reading.documents));
    if asked(one) != asked(other) {
        return None;
    }
    let (rest, actions) = parts(one)?;
    let (other_rest, other_actions) = parts(other)?;
    if rest != other_rest {
        return None;
    }
    let mut pairs = actions.iter().zip(&other_actions);
    let same = pairs.by_ref().take_while(|(one, other)| one == other).count();
    let first = |actions: &[Timed]| actions.get(same).map(|(at, _)| *at);
    first(&actions).into_iter().chain(first(&other_actions)).min()
}

/// An action and when it is done.
type Timed = (SimTime, Value);

/// A text without its actions, and these in order of time; none for actions without a time.
fn parts(reading: &Reading) -> Option<(Vec<Value>, Vec<Timed>)> {
    let (mut rest, mut actions) = (Vec::new(), Vec::new());
    for document in &reading.documents {
        let mut value = document.value.clone();
        if document.scenario.is_some() {
            let spec = value.get_mut("spec").and_then(Value::as_object_mut);
            let own = spec.and_then(|spec| spec.remove("actions")).unwrap_or_default();
            for action in own.as_array().into_iter().flatten() {
                let at = duration::parse(action["at"].as_str()?).ok()?;
                actions.push((SimTime(at.max(0).cast_unsigned() / 1_000), action.clone()));
            }
            // One that says nothing else might as well not be there.
            let says_nothing = value["spec"].as_object().is_none_or(Map::is_empty);
            if says_nothing {
                continue;
            }
        }
        rest.push(value);
    }
    actions.sort_by_key(|(at, _)| *at);
    Some((rest, actions))
}
