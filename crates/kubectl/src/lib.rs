//! What `kubectl` 1.36 prints, byte for byte, of a simulated cluster at an instant.
//!
//! [`Snapshot`] holds the objects that exist and the time; [`run`] reads a command line and answers with the text
//! of both output streams and the exit code. [`pod_row`] is the rule behind the STATUS column, for other views.
#![no_std]

extern crate alloc;

mod age;
mod args;
mod change;
mod complete;
mod describe;
mod effective;
mod events;
pub mod facade;
mod flags;
mod get;
mod json;
mod jsonpath;
mod kinds;
mod logs;
mod metrics;
mod output;
mod pod_log;
mod pod_row;
mod print;
mod prompt;
mod rollout;
mod rows;
mod selector;
mod snapshot;
mod sort;
mod table;
mod tabwriter;
mod targets;
mod wait;
mod words;

pub use age::{Micros, human_duration, rfc3339};
pub use change::apply::last_applied;
pub use complete::complete;
pub use get::WatchEvent;
pub use kinds::{KINDS, Kind, find as find_kind};
pub use output::Output;
pub use pod_log::{LogOptions, LogReader};
pub use pod_row::{PodRow, pod_row};
pub use prompt::{Answer, action, printed, prompt};
pub use snapshot::Snapshot;

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use args::Args;
use lifepod_api::SimTime;
use lifepod_engine::{Op, Trace, What};
use serde_json::Value;

/// Runs a reading command on a trace as of `at`: `args` are the words after `kubectl`. Commands that follow
/// changes (`-w`, `rollout status`, `logs -f`) go on to `until`. `epoch` is the calendar time at which the scenario begins.
pub fn run_at(trace: &Trace, at: SimTime, until: SimTime, epoch: Micros, args: &[&str]) -> Output {
    let snapshot = Snapshot::at(trace, at, epoch);
    match Args::parse(args) {
        Ok(parsed) => run_parsed_at(trace, &snapshot, at, until, epoch, &parsed),
        Err(message) => Output::error(&message),
    }
}

/// [`run_at`] with the words sorted out.
fn run_parsed_at(
    trace: &Trace,
    snapshot: &Snapshot,
    at: SimTime,
    until: SimTime,
    epoch: Micros,
    parsed: &Args,
) -> Output {
    let verb = parsed.words.first().map_or("", String::as_str);
    if verb == "logs" {
        let end = if parsed.is_set("follow") { until } else { at };
        return logs::run(trace, end, epoch, snapshot, &parsed.words[1..], parsed);
    }
    let follows = parsed.is_set("watch") || parsed.is_set("watch-only");
    let all = matches!(verb, "rollout" | "wait");
    let changes = if follows || all { changes(trace, at, until) } else { Vec::new() };
    let kind = parsed.words.get(1).and_then(|w| find_kind(w.split(['/', ',']).next().unwrap_or("")));
    let kind = if verb == "events" { find_kind("events") } else { kind };
    let watched: Vec<WatchEvent<'_>> = changes
        .iter()
        .filter(|(.., o)| all || kind.is_some_and(|k| o["kind"] == k.kind))
        .map(|(at, kind, object)| WatchEvent { kind, at: age::at(*at, epoch), object })
        .collect();
    let mut output = run_parsed(snapshot, parsed, &watched);
    if matches!(verb, "get" | "describe") {
        let types = parsed.words.get(1).map_or("", String::as_str).split(',');
        let kinds = types.filter_map(|word| find_kind(word.split('/').next().unwrap_or("")));
        // The API server warns before it answers.
        for warning in kinds.filter_map(Kind::deprecation) {
            output.stderr.insert_str(0, &format!("Warning: {warning}\n"));
        }
    }
    output
}

/// The revisions stored after `at`, up to `until`, as a watch reports them.
fn changes(trace: &Trace, at: SimTime, until: SimTime) -> Vec<(SimTime, &'static str, Value)> {
    let entries = &trace.entries()[trace.len_at(at)..trace.len_at(until).max(trace.len_at(at))];
    let revisions = entries.iter().filter_map(|e| match &e.what {
        What::Object(revision) => Some((e.at, revision)),
        _ => None,
    });
    let kind = |op| match op {
        Op::Added => "ADDED",
        Op::Modified => "MODIFIED",
        Op::Deleted => "DELETED",
    };
    revisions.map(|(at, r)| (at, kind(r.op), r.object.to_value())).collect()
}

/// Runs a reading command on objects: `args` are the words after `kubectl`. Commands that follow changes print
/// what `events`, the changes after the snapshot, bring.
pub fn run(snapshot: &Snapshot, args: &[&str], events: &[WatchEvent<'_>]) -> Output {
    match Args::parse(args) {
        Ok(args) => run_parsed(snapshot, &args, events),
        Err(message) => Output::error(&message),
    }
}

fn run_parsed(snapshot: &Snapshot, args: &Args, events: &[WatchEvent<'_>]) -> Output {
    let Some((verb, words)) = args.words.split_first() else { return Output::error("no command given") };
    match verb.as_str() {
        "get" => get::run(snapshot, words, args, events),
        "describe" => describe::run(snapshot, words, args),
        "events" => events::run(snapshot, args, events),
        "rollout" => rollout::run(snapshot, words, args, events),
        "wait" => wait::run(snapshot, words, args, events),
        "top" => Output::error("Metrics API not available"),
        "version" => {
            Output::text("Client Version: v1.36.2\nKustomize Version: v5.7.1\nServer Version: v1.36.2\n")
        }
        "exec" | "attach" | "cp" | "port-forward" | "proxy" | "debug" => {
            Output::error(&format!("kubectl {verb} is not simulated"))
        }
        other => Output::error(&format!("unknown command \"{other}\" for \"kubectl\"")),
    }
}
