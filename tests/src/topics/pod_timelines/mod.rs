//! `pod_timelines`: a real kubelet's recordings, replayed on the simulated one and compared as sequences.

pub(super) mod compare;
pub(super) mod replay;
mod written;

use serde_json::Value;

/// Replays one recording and compares.
pub fn pod_timelines(v: &Value) -> Result<(), String> {
    let recorded: Vec<Value> = v["timeline"].as_array().cloned().unwrap_or_default();
    let mut first = None;
    for phases in replay::phases(v) {
        match compare::compare(&recorded, &replay::replay(v, phases)?) {
            Ok(()) => return Ok(()),
            Err(difference) => first.get_or_insert(difference),
        };
    }
    first.map_or(Ok(()), Err)
}

/// The simulated timeline of a recording, in the recording's own form.
pub fn dump(v: &Value) -> Result<Vec<Value>, String> {
    replay::replay(v, replay::phases(v)[0])
}
