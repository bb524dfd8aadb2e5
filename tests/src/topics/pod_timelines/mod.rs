//! `pod_timelines`, `pod_timelines2`: a real kubelet's recordings, replayed on the simulated one and compared as
//! sequences.

pub(super) mod compare;
mod fit;
mod replay;
pub(super) mod script;
mod ticks;
mod written;

use replay::Recording;
use serde_json::Value;

/// Replays one recording and compares.
pub fn pod_timelines(v: &Value) -> Result<(), String> {
    let (_, difference) = fit::closest(&Recording::new(v)?);
    difference.map_or(Ok(()), |difference| Err(difference.text))
}

/// The simulated timeline of a recording, in the recording's own form.
pub fn dump(v: &Value) -> Result<Vec<Value>, String> {
    Ok(fit::closest(&Recording::new(v)?).0.timeline)
}
