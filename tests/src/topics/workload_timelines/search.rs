//! Looks for the chances under which a simulated run is the recorded one.
//!
//! What real Kubernetes draws at random, and how long things take that it does not fix, decides which short statuses are
//! seen: a recording is one of many lives that its scenario can have. What can be read off it is (`implied.rs`,
//! `restarts.rs`); the rest is looked through as one would look for a way through a maze: a run goes as far as it is like
//! the recording, and from a little before the place where it is not, it is tried again with other draws; where that does
//! not help, from earlier. Only chance is varied, never what follows from it.
//!
//! A difference often shows long after its cause: a pod that went to another node becomes ready half a second late, which
//! the judge allows, and the fifth of such pods is too late. So the search wants times to be nearer than the judge does,
//! and puts up with what it cannot mend.

use super::compare::compare;
use super::replay::{Pace, Run};
use crate::topics::pod_timelines::compare::{Difference, Tolerance};
use serde_json::Value;

/// Runs from the very beginning at each pace: where the tickers of kubelets and controllers stand is drawn there.
const BEGINNINGS: u64 = 14;
/// After this many tries that come no further, a run begins anew.
const TRIES: usize = 24;
/// After this many tries, times may be as far apart as the judge allows.
const STRICT_TRIES: usize = 12;
/// A try is given up when it is unlike the recording this long after the best one was, in seconds.
const AHEAD: f64 = 3.0;
/// How long before the first difference runs are tried again, in seconds. Causes may be older than what they cause.
const LEADS: [f64; 8] = [60.0, 25.0, 10.0, 3.5, 1.2, 0.4, 0.12, 0.04];
/// As many tries from each place before the one before it is tried.
const TRIES_EACH: usize = 3;

/// The run that was like the recording for longest.
pub(super) struct Closest {
    /// In the recording's own form.
    pub(super) rows: Vec<Value>,
    /// Where it differs; none when the scenario can have the life that was recorded.
    pub(super) difference: Option<Difference>,
}

/// A run from where it began, and how it differs.
struct Tried<'a> {
    run: Run<'a>,
    difference: Difference,
}

/// Whether the scenario can have the life that was recorded.
///
/// # Errors
/// When the recording cannot be replayed at all, in words.
pub(super) fn search(v: &Value) -> Result<Closest, String> {
    let mut best: Option<Tried<'_>> = None;
    let paces = [(false, false), (true, false), (false, true), (true, true)];
    let paces = paces.map(|(steady, crowded)| Pace { steady, crowded });
    let paces = |seed: u64| paces.map(|pace| (seed, pace));
    for (seed, pace) in (1..=BEGINNINGS).flat_map(paces) {
        // The rhythm is known where they are steady, so that times can be nearer.
        let tolerance = match pace.steady {
            true => Tolerance::strict_from(f64::NEG_INFINITY),
            false => Tolerance::JUDGED,
        };
        let tried = match from(Run::new(v, seed, pace)?, v, seed, tolerance)? {
            Ok(rows) => return Ok(Closest { rows, difference: None }),
            Err(tried) => tried,
        };
        if best.as_ref().is_none_or(|best| tried.difference.at > best.difference.at) {
            best = Some(tried);
        }
    }
    let Some(Tried { mut run, difference }) = best else { return Err("nothing was tried".to_string()) };
    run.run_until(run.end() + AFTER)?;
    Ok(Closest { rows: run.rows(), difference: Some(difference) })
}

/// Runs go on for so long after the recording ended, in seconds.
const AFTER: f64 = 0.5;

/// Follows one beginning as far as it is like the recording: the rows of a run that is so to the end, or the run that was
/// so for longest.
fn from<'a>(
    run: Run<'a>,
    v: &Value,
    beginning: u64,
    mut tolerance: Tolerance,
) -> Result<Result<Vec<Value>, Tried<'a>>, String> {
    let mut best =
        Tried { run: run.clone(), difference: Difference { at: f64::NEG_INFINITY, text: String::new() } };
    // Where to try again from, the latest last.
    let mut places = vec![run.clone()];
    let (mut next, mut seed, mut failed) = (run, beginning << 32, 0);
    loop {
        let tried = next.clone();
        let difference = match try_on(next, v, best.difference.at, tolerance)? {
            Ok(rows) => return Ok(Ok(rows)),
            Err(difference) => difference,
        };
        if difference.at > best.difference.at {
            places.extend(places_before(tried.clone(), difference.at)?);
            best = Tried { run: tried, difference };
            failed = 0;
        } else {
            failed += 1;
            if failed == STRICT_TRIES && tolerance.is_strict(best.difference.at) {
                // It is the judge's tolerance up to here from now on, and the best try goes on.
                tolerance = Tolerance::strict_from(best.difference.at + 0.01);
                next = best.run.clone();
                continue;
            }
            if failed >= TRIES {
                return Ok(Err(best));
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

/// Runs on: the rows when all is as recorded to the end, or the first difference.
fn try_on(
    mut run: Run<'_>,
    v: &Value,
    best: f64,
    tolerance: Tolerance,
) -> Result<Result<Vec<Value>, Difference>, String> {
    let end = run.end();
    let first = if best.is_finite() { end.min(best + AHEAD) } else { end };
    run.run_until(first + AFTER)?;
    if first < end {
        if let Err(difference) = compare(v, &run.rows(), first, tolerance) {
            return Ok(Err(difference));
        }
        run.run_until(end + AFTER)?;
    }
    let rows = run.rows();
    let Err(difference) = compare(v, &rows, end, tolerance) else { return Ok(Ok(rows)) };
    match compare(v, &rows, end, Tolerance::JUDGED) {
        Ok(()) => Ok(Ok(rows)),
        Err(_) => Ok(Err(difference)),
    }
}

/// The run at some times before its first difference, the earliest first.
fn places_before<'a>(mut run: Run<'a>, difference: f64) -> Result<Vec<Run<'a>>, String> {
    let mut places = Vec::new();
    for lead in LEADS {
        if difference - lead > run.now() {
            run.run_until(difference - lead)?;
            places.push(run.clone());
        }
    }
    Ok(places)
}
