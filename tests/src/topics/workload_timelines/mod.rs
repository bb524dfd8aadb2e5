//! `workload_timelines`: recordings of a whole control plane, replayed on the simulated one and compared object by
//! object.

mod compare;
mod driver;
mod implied;
mod nodes;
mod replay;
mod restarts;
mod scripts;
mod search;
mod written;

use serde_json::Value;

/// Looks for a run that is as recorded.
pub fn workload_timelines(v: &Value) -> Result<(), String> {
    search::search(v)?.difference.map_or(Ok(()), |difference| Err(difference.text))
}

/// The simulated timeline that comes closest to a recording, in the recording's own form.
pub fn dump(v: &Value) -> Result<Vec<Value>, String> {
    Ok(search::search(v)?.rows)
}
