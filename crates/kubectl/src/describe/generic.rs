//! The description of a kind that has none of its own: all its fields, with their names made readable
//! (`genericDescriber`).

use super::Doc;
use crate::json::{scalar, sorted};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use serde_json::{Map, Value};

pub(super) fn describe(d: &mut Doc, object: &Value) {
    d.name(object);
    d.labels_and_annotations(object);
    if let Value::Object(fields) = object {
        content(d, 0, fields, "");
    }
}

/// What stands above already, or is never shown.
const SKIPPED: [&str; 5] = [
    ".metadata.managedFields",
    ".metadata.name",
    ".metadata.namespace",
    ".metadata.labels",
    ".metadata.annotations",
];

fn content(d: &mut Doc, level: usize, fields: &Map<String, Value>, parent: &str) {
    for (field, value) in sorted(fields) {
        let path = format!("{parent}.{field}");
        if SKIPPED.contains(&path.as_str()) {
            continue;
        }
        let label = label(field);
        match value {
            Value::Object(inner) => {
                d.line(level, &format!("{label}:"));
                content(d, level + 1, inner, &path);
            }
            Value::Array(list) => {
                d.line(level, &format!("{label}:"));
                for item in list {
                    match item {
                        Value::Object(inner) => content(d, level + 1, inner, &path),
                        other => d.line(level + 1, &plain(other)),
                    }
                }
            }
            other => d.field(level, &label, &plain(other)),
        }
    }
}

/// A value as Go's `%v` prints it.
fn plain(v: &Value) -> String {
    match v {
        Value::Null => "<nil>".into(),
        Value::Array(list) => format!("[{}]", list.iter().map(plain).collect::<Vec<_>>().join(" ")),
        other => scalar(other),
    }
}

/// `apiVersion` becomes `API Version`; names with other characters than letters and dashes stay as they are
/// (`smartLabelFor`).
fn label(field: &str) -> String {
    if field.contains(|c: char| !c.is_alphabetic() && c != '-') {
        return field.into();
    }
    let parts = words(field);
    let mut merged: Vec<String> = Vec::new();
    let mut i = 0;
    while i < parts.len() {
        // An acronym and what follows it in upper case belong together: `URLs`.
        let acronym =
            parts[i].len() >= 2 && !parts[i].contains(|c: char| c.is_alphabetic() && !c.is_uppercase());
        match parts.get(i + 1).filter(|next| acronym && next.starts_with(char::is_uppercase)) {
            Some(next) => {
                merged.push(format!("{}{next}", parts[i]));
                i += 2;
            }
            None => {
                merged.push(parts[i].clone());
                i += 1;
            }
        }
    }
    let shown = merged.into_iter().map(|part| {
        let upper = part.to_uppercase();
        if ["API", "URL", "UID", "GUID"].contains(&upper.as_str()) {
            upper
        } else if part.to_lowercase() == part {
            let mut chars = part.chars();
            chars.next().map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect())
        } else {
            part
        }
    });
    shown.collect::<Vec<_>>().join(" ")
}

/// The words of a name in camel case. The last of several capitals belongs to the word that follows it.
fn words(name: &str) -> Vec<String> {
    let class = |c: char| {
        if c.is_lowercase() {
            0
        } else if c.is_uppercase() {
            1
        } else {
            2
        }
    };
    let mut runs: Vec<String> = Vec::new();
    let mut last = None;
    for c in name.chars() {
        match runs.last_mut() {
            Some(run) if last == Some(class(c)) => run.push(c),
            _ => runs.push(c.into()),
        }
        last = Some(class(c));
    }
    for i in 0..runs.len().saturating_sub(1) {
        let (before, after) = runs.split_at_mut(i + 1);
        if before[i].starts_with(char::is_uppercase)
            && after[0].starts_with(char::is_lowercase)
            && let Some(c) = before[i].pop()
        {
            after[0].insert(0, c);
        }
    }
    runs.retain(|run| !run.is_empty());
    runs
}

#[cfg(test)]
mod tests {
    use super::label;

    #[test]
    fn names_of_fields_become_readable() {
        for (field, expected) in [
            ("apiVersion", "API Version"),
            ("kind", "Kind"),
            ("creationTimestamp", "Creation Timestamp"),
            ("uid", "UID"),
            ("holderIdentity", "Holder Identity"),
            ("leaseDurationSeconds", "Lease Duration Seconds"),
            ("podIP", "Pod IP"),
            ("example.com/key", "example.com/key"),
        ] {
            assert_eq!(label(field), expected);
        }
    }
}
