//! `workload_timelines`: recordings of a whole control plane, replayed on the simulated one and compared object by
//! object.

mod compare;
mod replay;
mod written;

use serde_json::Value;

/// What real Kubernetes draws at random (the phases of tickers, the factors of requeues, the choice between equals)
/// decides which short statuses are seen: a recording is one of the things that can happen, and one of this many seeds
/// must give it.
const SEEDS: u64 = 24;

/// In the recordings of the scheduler it also decides which of several equal nodes a pod gets.
const SCHEDULER_SEEDS: u64 = 60;

/// Replays one recording and compares.
pub fn workload_timelines(v: &Value) -> Result<(), String> {
    let mut first = None;
    let seeds = if replay::is_driven(v) { SCHEDULER_SEEDS } else { SEEDS };
    for seed in 1..=seeds {
        match compare::compare(v, &replay::replay(v, seed)?) {
            Ok(()) => return Ok(()),
            Err(difference) => first.get_or_insert(difference),
        };
    }
    first.map_or(Ok(()), Err)
}

/// The simulated timeline of a recording, in the recording's own form.
pub fn dump(v: &Value) -> Result<Vec<Value>, String> {
    replay::replay(v, 1)
}
