//! `pod_timelines`, `pod_timelines2`: a real kubelet's recordings, replayed on the simulated one and compared as
//! sequences.

pub(super) mod compare;
mod fit;
mod replay;
pub(super) mod script;
mod written;

use replay::Recording;
use serde_json::Value;

/// Replays one recording and compares.
pub fn pod_timelines(v: &Value) -> Result<(), String> {
    let recording = Recording::new(v)?;
    let mut first = None;
    for guess in fit::guesses(&recording) {
        match compare::compare(recording.timeline, &fit::replay(&recording, guess)) {
            Ok(()) => return Ok(()),
            Err(difference) => first.get_or_insert(difference),
        };
    }
    first.map_or(Ok(()), Err)
}

/// The simulated timeline of a recording, in the recording's own form.
pub fn dump(v: &Value) -> Result<Vec<Value>, String> {
    let recording = Recording::new(v)?;
    Ok(fit::replay(&recording, fit::guesses(&recording)[0]))
}
