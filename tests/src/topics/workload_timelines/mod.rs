//! `workload_timelines`: recordings of a whole control plane, replayed on the simulated one and compared object by
//! object.

mod compare;
mod replay;
mod search;
mod written;

use serde_json::Value;

/// Looks for a run that is as recorded.
pub fn workload_timelines(v: &Value) -> Result<(), String> {
    search::search(v)
}

/// The simulated timeline of a recording, in the recording's own form.
pub fn dump(v: &Value) -> Result<Vec<Value>, String> {
    let mut run = replay::Run::new(v, 1)?;
    run.run_until(run.end() + 0.5)?;
    Ok(run.rows())
}
