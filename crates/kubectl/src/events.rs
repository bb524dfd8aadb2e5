//! `kubectl events` (`kubectl/pkg/cmd/events`).

use crate::age;
use crate::args::Args;
use crate::describe::event_interval;
use crate::get::WatchEvent;
use crate::json::Json;
use crate::output::Output;
use crate::print;
use crate::snapshot::{Snapshot, namespace_of};
use crate::tabwriter::{TabWriter, escape};
use crate::targets::{self, Targets};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use serde_json::Value;

/// Runs `events`.
pub(crate) fn run(snapshot: &Snapshot, args: &Args, watched: &[WatchEvent<'_>]) -> Output {
    let kind = match targets::find("events") {
        Ok(kind) => kind,
        Err(message) => return Output::error(&message),
    };
    let about = match args.value("for").map(about) {
        Some(Err(message)) => return Output::error(&message),
        Some(Ok(about)) => Some(about),
        None => None,
    };
    let types: Vec<&str> = args.values("types").filter(|t| !t.is_empty()).collect();
    if types.iter().any(|t| !t.eq_ignore_ascii_case("Normal") && !t.eq_ignore_ascii_case("Warning")) {
        return Output::error("valid --types are Normal or Warning");
    }
    let wanted = |e: &Value| {
        let object = e.at("involvedObject");
        about.as_ref().is_none_or(|(kind, version, name)| {
            object.text("kind") == *kind
                && object.text("apiVersion") == version
                && object.text("name") == name
        }) && (types.is_empty() || types.iter().any(|t| t.eq_ignore_ascii_case(e.text("type"))))
    };
    let mut w = TabWriter::for_tables();
    if args.is_set("watch") {
        let mut output = Output::default();
        for event in watched.iter().filter(|e| e.kind != "DELETED" && wanted(e.object)) {
            header(&mut w, args);
            row(&mut w, event.object, event.at, args);
            w.flush();
            output.stdout.push_str(&w.take());
            output.times.push((output.stdout.len(), event.at));
        }
        return output;
    }
    let mut events: Vec<&Value> = snapshot.list(kind, args.scope()).filter(|e| wanted(e)).collect();
    if events.is_empty() {
        let mut output = Output::default();
        output.note(&match args.scope() {
            None => "No events found.".into(),
            Some(ns) => format!("No events found in {ns} namespace."),
        });
        return output;
    }
    events.sort_by_key(|e| time(e));
    if let Some(format) = args.value("output") {
        let found = events.into_iter().map(|e| (kind, e)).collect();
        let targets = Targets { found, ..Targets::new([kind].into(), false) };
        return print::objects(&targets, format, args)
            .map_or_else(|message| Output::error(&message), Output::text);
    }
    header(&mut w, args);
    for event in events {
        row(&mut w, event, snapshot.now, args);
    }
    Output::text(w.finish())
}

/// The kind, version and name that `--for` means.
fn about(text: &str) -> Result<(&'static str, String, String), String> {
    let Some((kind, name)) = text.split_once('/') else {
        return Err("--for must be in resource/name form".into());
    };
    if name.contains('/') {
        return Err("arguments in resource/name form may not have more than one slash".into());
    }
    let kind = targets::find(kind)?;
    Ok((kind.kind, kind.api_version(), name.into()))
}

/// When an Event was last seen; unknown comes first.
fn time(e: &Value) -> Option<age::Micros> {
    if e.has("series") {
        return age::parse(e.at("series.lastObservedTime"));
    }
    age::parse(e.at("lastTimestamp")).or_else(|| age::parse(e.at("eventTime")))
}

fn header(w: &mut TabWriter, args: &Args) {
    if !args.is_set("no-headers") {
        w.write(if args.is_set("all-namespaces") { "NAMESPACE\t" } else { "" });
        w.write("LAST SEEN\tTYPE\tREASON\tOBJECT\tMESSAGE\n");
    }
}

/// A line; unlike in `get events`, a message of several lines breaks it.
fn row(w: &mut TabWriter, e: &Value, now: age::Micros, args: &Args) {
    if args.is_set("all-namespaces") {
        w.write(namespace_of(e));
        w.write("\t");
    }
    let object = format!("{}/{}", e.text("involvedObject.kind"), e.text("involvedObject.name"));
    let cells =
        [&event_interval(e, now), e.text("type"), e.text("reason"), &object, e.text("message").trim()]
            .map(escape);
    w.write(&cells.join("\t"));
    w.write("\n");
}
