//! Looks for the chances under which a simulated run is the recorded one.
//!
//! What real Kubernetes draws at random, and how long things take that it does not fix, decides which short statuses are
//! seen: a recording is one of many lives that its scenario can have. They are looked through as one would look for a
//! way through a maze: a run goes as far as it is like the recording, and from a little before the place where it is
//! not, it is tried again with other draws; where that does not help, from earlier. Only chance is varied, never what
//! follows from it.

use super::compare::compare;
use super::replay::Run;
use crate::topics::pod_timelines::compare::Difference;
use serde_json::Value;

/// Runs from the very beginning: where the tickers of kubelets and controllers stand is drawn there.
const BEGINNINGS: u64 = 16;
/// After this many tries that come no further, a run begins anew.
const TRIES: usize = 15;
/// A try is given up when it is unlike the recording this long after the best one was, in seconds.
const AHEAD: f64 = 3.0;
/// How long before the first difference runs are tried again, in seconds. Causes may be older than what they cause.
const LEADS: [f64; 5] = [60.0, 25.0, 10.0, 3.5, 1.2];
/// As many tries from each place before the one before it is tried.
const TRIES_EACH: usize = 3;

/// Whether the scenario can have the life that was recorded. The error is the first difference of the run that was like
/// it for longest.
pub(super) fn search(v: &Value) -> Result<(), String> {
    let mut best: Option<Difference> = None;
    for beginning in 1..=BEGINNINGS {
        let difference = match from(Run::new(v, beginning)?, v, beginning)? {
            None => return Ok(()),
            Some(difference) => difference,
        };
        if best.as_ref().is_none_or(|best| difference.at > best.at) {
            best = Some(difference);
        }
    }
    best.map_or(Ok(()), |difference| Err(difference.text))
}

/// Follows one beginning as far as it is like the recording; none when it is so to the end.
fn from(run: Run, v: &Value, beginning: u64) -> Result<Option<Difference>, String> {
    let mut best = Difference { at: f64::NEG_INFINITY, text: String::new() };
    // Where to try again from, the latest last.
    let mut places = vec![run.clone()];
    let (mut next, mut seed, mut failed) = (run, beginning << 32, 0);
    loop {
        let tried = next.clone();
        let Some(difference) = try_on(next, v, best.at)? else { return Ok(None) };
        if difference.at > best.at {
            places.extend(places_before(tried, difference.at)?);
            best = difference;
            failed = 0;
        } else {
            failed += 1;
            if failed == TRIES {
                return Ok(Some(best));
            }
            if failed % TRIES_EACH == 0 && places.len() > 1 {
                places.pop();
            }
        }
        next = places[places.len() - 1].clone();
        seed += 1;
        next.reseed(seed);
    }
}

/// Runs on; none when all is as recorded to the end.
fn try_on(mut run: Run, v: &Value, best: f64) -> Result<Option<Difference>, String> {
    let end = run.end();
    let first = if best.is_finite() { end.min(best + AHEAD) } else { end };
    for until in [first, end] {
        run.run_until(until + 0.5)?;
        if let Err(difference) = compare(v, &run.rows(), until) {
            return Ok(Some(difference));
        }
    }
    Ok(None)
}

/// The run at some times before its first difference, the earliest first.
fn places_before(mut run: Run, difference: f64) -> Result<Vec<Run>, String> {
    let mut places = Vec::new();
    for lead in LEADS {
        if difference - lead > run.now() {
            run.run_until(difference - lead)?;
            places.push(run.clone());
        }
    }
    Ok(places)
}
