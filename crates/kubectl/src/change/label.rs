//! `kubectl label` and `kubectl annotate` (`kubectl/pkg/cmd/{label,annotate}`).

use super::Ended;
use super::failure::Failure;
use super::session::{Info, Session, Unnamed};
use super::set::resources_and_pairs;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use lifepod_api::patch::merge_diff;
use lifepod_engine::client::{PatchType, Subresource};
use serde_json::{Map, Value};

/// What is to be set and removed.
struct Pairs<'a> {
    set: Vec<(&'a str, &'a str)>,
    removed: Vec<&'a str>,
}

pub(super) fn label(s: &mut Session<'_, '_>, words: &[String]) -> Ended {
    let (resources, pairs) = resources_and_pairs(words, "label")?;
    let mut change = Pairs { set: Vec::new(), removed: Vec::new() };
    for pair in pairs {
        match pair.split_once('=') {
            Some((_, value)) if value.contains('=') => {
                return Err(format!("invalid label spec: {pair}").into());
            }
            Some((key, value)) => {
                let errors = lifepod_api::validation::names::label_value(value);
                if !errors.is_empty() {
                    return Err(format!("invalid label value: {pair:?}: {}", errors.join(";")).into());
                }
                change.set.push((key, value));
            }
            None => change.removed.push(pair.trim_end_matches('-')),
        }
    }
    if change.removed.iter().any(|r| change.set.iter().any(|(k, _)| k == r)) {
        return Err("can not both modify and remove a label in the same command".into());
    }
    check(s, resources, &change, "label")?;
    let (infos, failures) = s.infos(resources, Unnamed::Refused)?;
    let several = infos.len() > 1;
    visit(infos, failures, |info| {
        let labels = map(&info, "labels");
        if s.args.is_set("list") {
            list(s, &info, &labels, "labels", several);
            return Ok(());
        }
        for removed in change.removed.iter().filter(|r| !labels.contains_key(**r)) {
            s.output.stdout.push_str(&format!("label {removed:?} not found.\n"));
        }
        if !s.args.is_set("overwrite") {
            let taken = change.set.iter().filter_map(|(key, value)| {
                let was = labels.get(*key)?.as_str().filter(|was| was != value)?;
                Some(format!("'{key}' already has a value ({was}), and --overwrite is false"))
            });
            let taken: Vec<String> = taken.collect();
            if !taken.is_empty() {
                return Err(aggregate(&taken).into());
            }
        }
        let added = change.set.iter().any(|(key, value)| labels.get(*key).is_none_or(|v| v != value));
        let removed = change.removed.iter().any(|key| labels.contains_key(*key));
        let operation = match (added, removed) {
            (true, true) => "modified",
            (true, false) => "labeled",
            (false, true) => "unlabeled",
            (false, false) => "not labeled",
        };
        let value = if added || removed { write(s, &info, "labels", &change)? } else { info.value.clone() };
        s.done(info.kind, &value, operation)
    })
}

pub(super) fn annotate(s: &mut Session<'_, '_>, words: &[String]) -> Ended {
    let (resources, pairs) = resources_and_pairs(words, "annotation")?;
    let change = Pairs {
        set: pairs.iter().filter_map(|p| p.split_once('=')).collect(),
        removed: pairs.iter().filter(|p| !p.contains('=')).filter_map(|p| p.strip_suffix('-')).collect(),
    };
    let both: Vec<&str> =
        change.removed.iter().filter(|r| change.set.iter().any(|(k, _)| k == *r)).copied().collect();
    if !both.is_empty() {
        return Err(format!(
            "can not both modify and remove the following annotation(s) in the same command: {}",
            both.join(", ")
        )
        .into());
    }
    check(s, resources, &change, "annotation")?;
    let (infos, failures) = s.infos(resources, Unnamed::Refused)?;
    let several = infos.len() > 1;
    visit(infos, failures, |info| {
        let annotations = map(&info, "annotations");
        if s.args.is_set("list") {
            list(s, &info, &annotations, "annotations", several);
            return Ok(());
        }
        if !s.args.is_set("overwrite") {
            // Why a change was made may always be said anew.
            let guarded = change.set.iter().filter(|(key, _)| *key != "kubernetes.io/change-cause");
            let taken = guarded.filter_map(|(key, value)| {
                let was = annotations.get(*key)?.as_str().filter(|was| was != value)?;
                Some(format!("'{key}' already has a value ({was})"))
            });
            let taken: Vec<String> = taken.collect();
            if !taken.is_empty() {
                let all = taken.join("; ");
                let message =
                    format!("--overwrite is false but found the following declared annotation(s): {all}");
                return Err(message.into());
            }
        }
        let value = write(s, &info, "annotations", &change)?;
        s.done(info.kind, &value, "annotated")
    })
}

fn check(s: &Session<'_, '_>, resources: &[String], change: &Pairs<'_>, what: &str) -> Result<(), Failure> {
    for selector in ["selector", "field-selector"] {
        if s.args.is_set("all") && s.args.value(selector).is_some() {
            return Err(format!("cannot set --all and --{selector} at the same time").into());
        }
    }
    if resources.is_empty() && s.args.value("filename").is_none() {
        let message = "one or more resources must be specified as <resource> <name> or <resource>/<name>";
        return Err(message.into());
    }
    if change.set.is_empty() && change.removed.is_empty() && !s.args.is_set("list") {
        return Err(format!("at least one {what} update is required").into());
    }
    Ok(())
}

/// Does something with each object, and goes on after errors.
fn visit(
    infos: Vec<Info>,
    mut failures: Vec<Failure>,
    mut each: impl FnMut(Info) -> Result<(), Failure>,
) -> Ended {
    for info in infos {
        if let Err(failure) = each(info) {
            failures.push(failure);
        }
    }
    Ok(failures)
}

/// Several errors as one (`utilerrors.Aggregate`).
fn aggregate(messages: &[String]) -> String {
    match messages {
        [one] => one.clone(),
        many => format!("[{}]", many.join(", ")),
    }
}

fn map(info: &Info, field: &str) -> Map<String, Value> {
    info.value["metadata"][field].as_object().cloned().unwrap_or_default()
}

fn list(s: &mut Session<'_, '_>, info: &Info, entries: &Map<String, Value>, what: &str, several: bool) {
    let mut indent = "";
    if several {
        indent = " ";
        let kind = info.kind;
        let head = format!("Listing {what} for {}.{}/{}:\n", kind.kind, kind.group, info.name());
        s.output.stdout.push_str(&head);
    }
    for (key, value) in entries {
        s.output.stdout.push_str(&format!("{indent}{key}={}\n", value.as_str().unwrap_or("")));
    }
}

fn write(s: &mut Session<'_, '_>, info: &Info, field: &str, change: &Pairs<'_>) -> Result<Value, Failure> {
    let mut entries = map(info, field);
    entries.extend(change.set.iter().map(|(key, value)| (key.to_string(), Value::from(*value))));
    entries.retain(|key, _| !change.removed.contains(&key.as_str()));
    let mut wanted = info.value.clone();
    wanted["metadata"][field] = entries.into();
    let patch = merge_diff(&info.value, &wanted);
    s.patch(info, &patch, PatchType::Merge, Subresource::Main)
}
