//! Sets of paths to fields, and their form in `fieldsV1` (`structured-merge-diff/fieldpath`).

use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// A step from a value into it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// A member of an object.
    Field(String),
    /// The element of a list with these members, as JSON with sorted keys.
    Key(String),
    /// The element of a set with this value, as JSON.
    Value(String),
}

/// A path from an object's root.
pub type Path = Vec<Step>;

/// Fields, each by its path.
pub type Paths = BTreeSet<Path>;

/// A path as messages show it: `.spec.containers[name="app"].image`.
pub fn text(path: &Path) -> String {
    let step = |step: &Step| match step {
        Step::Field(name) => format!(".{name}"),
        Step::Key(key) => {
            let members: Map<String, Value> = serde_json::from_str(key).unwrap_or_default();
            let members: Vec<String> =
                members.iter().map(|(name, value)| format!("{name}={value}")).collect();
            format!("[{}]", members.join(","))
        }
        Step::Value(value) => format!("[={value}]"),
    };
    path.iter().map(step).collect()
}

/// Paths as `fieldsV1`.
pub fn to_fields(paths: &Paths) -> Value {
    let mut root = json!({});
    for path in paths {
        let mut at = &mut root;
        for step in path {
            let name = match step {
                Step::Field(name) => format!("f:{name}"),
                Step::Key(key) => format!("k:{key}"),
                Step::Value(value) => format!("v:{value}"),
            };
            at = &mut at[name];
            if at.is_null() {
                *at = json!({});
            }
        }
        at["."] = json!({});
    }
    without_lone_dots(root)
}

/// A field of which nothing below is named is `{}`, without a dot.
fn without_lone_dots(fields: Value) -> Value {
    match fields {
        Value::Object(members) if members.len() == 1 && members.contains_key(".") => json!({}),
        Value::Object(members) => {
            Value::Object(members.into_iter().map(|(name, inner)| (name, without_lone_dots(inner))).collect())
        }
        other => other,
    }
}

/// The paths of a `fieldsV1`.
pub fn of_fields(fields: &Value) -> Paths {
    let mut paths = Paths::new();
    collect(fields, &mut Vec::new(), &mut paths);
    paths
}

fn collect(fields: &Value, path: &mut Path, paths: &mut Paths) {
    let Some(members) = fields.as_object() else { return };
    if !path.is_empty() && (members.is_empty() || members.contains_key(".")) {
        paths.insert(path.clone());
    }
    for (name, inner) in members {
        let step = match name.split_at_checked(2) {
            Some(("f:", name)) => Step::Field(name.into()),
            Some(("k:", key)) => Step::Key(key.into()),
            Some(("v:", value)) => Step::Value(value.into()),
            _ => continue,
        };
        path.push(step);
        collect(inner, path, paths);
        path.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_and_paths_are_two_forms_of_the_same() {
        let fields = json!({
            "f:metadata": {"f:finalizers": {"v:\"x/y\"": {}}, "f:labels": {".": {}, "f:app": {}}},
            "f:spec": {"f:containers": {"k:{\"name\":\"a\"}": {".": {}, "f:image": {}}}},
        });
        let paths = of_fields(&fields);
        assert_eq!(to_fields(&paths), fields);
        let shown: Vec<String> = paths.iter().map(text).collect();
        assert_eq!(
            shown,
            [
                ".metadata.finalizers[=\"x/y\"]",
                ".metadata.labels",
                ".metadata.labels.app",
                ".spec.containers[name=\"a\"]",
                ".spec.containers[name=\"a\"].image",
            ]
        );
    }
}
