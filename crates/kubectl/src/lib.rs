//! What `kubectl` 1.36 prints, byte for byte, of a simulated cluster at an instant.
//!
//! [`Snapshot`] holds the objects that exist and the time; [`run`] reads a command line and answers with the text
//! of both output streams and the exit code. [`pod_row`] is the rule behind the STATUS column, for other views.
#![no_std]

extern crate alloc;

mod age;
mod args;
mod describe;
mod effective;
mod events;
mod get;
mod json;
mod kinds;
mod output;
mod pod_row;
mod print;
mod rollout;
mod rows;
mod selector;
mod snapshot;
mod sort;
mod table;
mod tabwriter;
mod targets;

pub use age::{Micros, human_duration, rfc3339};
pub use get::WatchEvent;
pub use kinds::{KINDS, Kind, find as find_kind};
pub use output::Output;
pub use pod_row::{PodRow, pod_row};
pub use print::yaml;
pub use snapshot::Snapshot;

use alloc::format;
use args::Args;

/// Runs a reading command: `args` are the words after `kubectl`. Commands that follow changes (`-w`,
/// `rollout status`) print what `events`, the changes after the snapshot, bring.
pub fn run(snapshot: &Snapshot, args: &[&str], events: &[WatchEvent<'_>]) -> Output {
    let args = match Args::parse(args) {
        Ok(args) => args,
        Err(message) => return Output::error(&message),
    };
    let Some((verb, words)) = args.words.split_first() else { return Output::error("no command given") };
    match verb.as_str() {
        "get" => get::run(snapshot, words, &args, events),
        "describe" => describe::run(snapshot, words, &args),
        "events" => events::run(snapshot, &args, events),
        "rollout" => rollout::run(snapshot, words, &args, events),
        "top" => Output::error("Metrics API not available"),
        other => Output::error(&format!("unknown command \"{other}\" for \"kubectl\"")),
    }
}
