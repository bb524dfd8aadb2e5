//! `kubectl wait` (`kubectl/pkg/cmd/wait`), answered from what the run shows to come.

use crate::age::Micros;
use crate::args::Args;
use crate::get::WatchEvent;
use crate::json::{Json, scalar};
use crate::kinds::Kind;
use crate::output::Output;
use crate::print;
use crate::snapshot::{Snapshot, namespace_of};
use crate::targets::{self, name_of};
use alloc::format;
use alloc::string::{String, ToString};
use serde_json::Value;

/// A week: how long a negative timeout waits.
const WEEK: Micros = 7 * 24 * 3_600 * 1_000_000;

/// What is waited for.
enum For {
    Deleted,
    Created,
    Condition {
        name: String,
        status: String,
    },
    /// A path, and the value that it should have; without a value any will do.
    Path {
        path: String,
        value: Option<String>,
    },
}

/// Runs `wait` with the words after the verb. `events` are the changes after the snapshot.
pub(crate) fn run(snapshot: &Snapshot, words: &[String], args: &Args, events: &[WatchEvent<'_>]) -> Output {
    let (wanted, timeout) = match (wanted(args), args.micros("timeout", 30_000_000)) {
        (Ok(wanted), Ok(timeout)) => (wanted, timeout),
        (Err(message), _) | (_, Err(message)) => return Output::error(&message),
    };
    let deadline = snapshot.now.saturating_add(if timeout < 0 { WEEK } else { timeout });
    if matches!(wanted, For::Created) {
        return created(snapshot, words, args, events, deadline);
    }
    let found = match targets::resolve(snapshot, words, args) {
        Ok(found) => found,
        Err(message) => return Output::error(&message),
    };
    let mut output = Output::default();
    let deleted = matches!(wanted, For::Deleted);
    for (kind, object) in &found.found {
        let met = met_at(&wanted, object, snapshot.now, events);
        match met {
            Some((at, last)) if at <= deadline => {
                output.stdout.push_str(&met_line(kind, last, args));
                output.times.push((output.stdout.len(), at));
            }
            _ => {
                let name = format!("{}/{}", kind.plural, name_of(object));
                let line = match timeout {
                    0 => format!("error: condition not met for {name}"),
                    _ => format!("error: timed out waiting for the condition on {name}"),
                };
                output.fail(&line);
            }
        }
    }
    if !deleted {
        found.missing.iter().for_each(|line| output.fail(line));
        if found.found.is_empty() && found.missing.is_empty() {
            output.fail("error: no matching resources found");
        }
    }
    output
}

/// What `--for` asks for (`wait.go conditionFuncFor`).
fn wanted(args: &Args) -> Result<For, String> {
    let text = args.value("for").unwrap_or("");
    let (what, rest) = text.split_once('=').unwrap_or((text, ""));
    match what.to_lowercase().as_str() {
        "delete" => Ok(For::Deleted),
        "create" => Ok(For::Created),
        "condition" => {
            let (name, status) = rest.split_once('=').unwrap_or((rest, "true"));
            Ok(For::Condition { name: name.to_string(), status: status.to_string() })
        }
        "jsonpath" => {
            let rest = rest.trim_matches(['\'', '"']);
            let (path, value) = match rest.split_once("}=") {
                Some((path, value)) => (path, Some(value.trim_matches(['\'', '"']).to_string())),
                None => match rest.strip_suffix('}') {
                    Some(path) => (path, None),
                    None => rest.split_once('=').map_or((rest, None), |(p, v)| (p, Some(v.to_string()))),
                },
            };
            let path = path.trim_start_matches(['{', '.']).to_string();
            match path.contains(['[', '?', '*', '@']) {
                true => Err(format!("jsonpath {text:?} is not simulated: only paths of names are")),
                false => Ok(For::Path { path, value }),
            }
        }
        _ => Err(format!("unrecognized condition: {text:?}")),
    }
}

/// When the condition is met, and the object then.
fn met_at<'a>(
    wanted: &For,
    object: &'a Value,
    now: Micros,
    events: &'a [WatchEvent<'_>],
) -> Option<(Micros, &'a Value)> {
    if holds(wanted, object) {
        return Some((now, object));
    }
    let same = |e: &&WatchEvent<'_>| {
        e.object["kind"] == object["kind"]
            && name_of(e.object) == name_of(object)
            && namespace_of(e.object) == namespace_of(object)
    };
    events.iter().filter(same).find_map(|event| {
        let met = match (wanted, event.kind) {
            (For::Deleted, "DELETED") => true,
            (_, "DELETED") => false,
            (wanted, _) => holds(wanted, event.object),
        };
        met.then_some((event.at, event.object))
    })
}

/// Does an object satisfy the condition? Conditions and their states are compared without case; one that the
/// controller computed for an older generation does not count.
fn holds(wanted: &For, object: &Value) -> bool {
    match wanted {
        For::Deleted => false,
        For::Created => true,
        For::Condition { name, status } => {
            let found =
                object.list("status.conditions").iter().find(|c| c.text("type").eq_ignore_ascii_case(name));
            let Some(condition) = found else { return false };
            let observed = match condition.has("observedGeneration") {
                true => Some(condition.int("observedGeneration")),
                false => {
                    object.has("status.observedGeneration").then(|| object.int("status.observedGeneration"))
                }
            };
            let stale = object.has("metadata.generation")
                && observed.is_some_and(|o| o < object.int("metadata.generation"));
            !stale && condition.text("status").eq_ignore_ascii_case(status)
        }
        For::Path { path, value } => {
            let found = object.at(path);
            !found.is_null() && value.as_ref().is_none_or(|v| scalar(found) == *v)
        }
    }
}

fn met_line(kind: &Kind, object: &Value, args: &Args) -> String {
    match args.value("output") {
        Some(format) if !format.is_empty() => print::one(kind, object, format).unwrap_or_default(),
        _ => format!("{}/{} condition met\n", kind.prefix(), name_of(object)),
    }
}

/// `--for=create`: the first moment at which everything that is named exists.
fn created(
    snapshot: &Snapshot,
    words: &[String],
    args: &Args,
    events: &[WatchEvent<'_>],
    deadline: Micros,
) -> Output {
    let found = match targets::resolve(snapshot, words, args) {
        Ok(found) => found,
        Err(message) => return Output::error(&message),
    };
    let mut output = Output::default();
    for (kind, object) in &found.found {
        output.stdout.push_str(&met_line(kind, object, args));
    }
    for (kind, name) in &found.absent {
        let appears = events.iter().find(|e| {
            e.kind == "ADDED"
                && e.object["kind"] == kind.kind
                && name_of(e.object) == *name
                && (!kind.namespaced || namespace_of(e.object) == args.namespace())
        });
        match appears.filter(|e| e.at <= deadline) {
            Some(event) => {
                output.stdout.push_str(&met_line(kind, event.object, args));
                output.times.push((output.stdout.len(), event.at));
            }
            None => output.fail("error: timed out waiting for the condition"),
        }
    }
    output
}
