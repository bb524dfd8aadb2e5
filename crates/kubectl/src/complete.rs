//! What may stand at the end of a line: verbs, kinds, names and flags.

use crate::args::Args;
use crate::flags::{VERBS, flags_of, verb_of};
use crate::kinds::{self, KINDS, Kind};
use crate::snapshot::Snapshot;
use crate::targets::name_of;
use crate::words::split;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// Verbs whose words are nodes.
const OF_NODES: [&str; 3] = ["cordon", "uncordon", "drain"];
/// Verbs whose first word is a pod, or a kind and a name with a slash.
const OF_PODS: [&str; 1] = ["logs"];

/// The words that may stand in place of the last one of `line`, sorted; the last word is empty after a space.
///
/// Verbs and their subcommands come first, then kinds, then names of the objects in `snapshot`, in the namespace that
/// the line names; behind a dash the verb's flags.
pub fn complete(line: &str, snapshot: &Snapshot) -> Vec<String> {
    let Ok(mut words) = split(line) else { return Vec::new() };
    let last = match line.ends_with(char::is_whitespace) || words.is_empty() {
        true => String::new(),
        false => words.pop().unwrap_or_default(),
    };
    let all: Vec<&str> = words.iter().map(String::as_str).collect();
    let args = Args::parse(&all).unwrap_or_default();
    let mut found = candidates(&args, &last, snapshot);
    found.retain(|c| c.starts_with(&last));
    found.sort();
    found.dedup();
    found
}

fn candidates(args: &Args, last: &str, snapshot: &Snapshot) -> Vec<String> {
    let Some(verb) = args.words.first() else {
        return VERBS.iter().map(|v| v.name.to_string()).collect();
    };
    let known = verb_of(verb);
    if last.starts_with('-') {
        let flags = flags_of(known);
        return flags.iter().map(|f| format!("--{}{}", f.name, if f.takes { "=" } else { "" })).collect();
    }
    let subs = known.map_or("", |v| v.subs);
    let mut words = &args.words[1..];
    if !subs.is_empty() {
        let Some((_, rest)) = words.split_first() else {
            return subs.split(' ').map(ToString::to_string).collect();
        };
        words = rest;
        if verb == "create" {
            return Vec::new();
        }
    }
    let names = |kind: &'static Kind, prefix: &str| -> Vec<String> {
        let namespace = kind.namespaced.then(|| args.namespace());
        snapshot.list(kind, namespace).map(|o| format!("{prefix}{}", name_of(o))).collect()
    };
    if let Some((kind, _)) = last.split_once('/') {
        return kinds::find(kind).map_or_else(Vec::new, |k| names(k, &format!("{kind}/")));
    }
    if OF_NODES.contains(&verb.as_str()) {
        return kinds::find("nodes").map_or_else(Vec::new, |k| names(k, ""));
    }
    if OF_PODS.contains(&verb.as_str()) {
        return kinds::find("pods").map_or_else(Vec::new, |k| names(k, ""));
    }
    match words.first() {
        None => KINDS.iter().map(|k| k.plural.to_string()).chain(["all".to_string()]).collect(),
        Some(kind) => kinds::find(kind).map_or_else(Vec::new, |k| names(k, "")),
    }
}
