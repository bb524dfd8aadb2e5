//! The fields of a value, and those in which two values differ (`structured-merge-diff/typed/{tofieldset,compare}.go`).

use super::paths::{Path, Paths, Step};
use super::schema::{List, Shape, step_to};
use serde_json::Value;

/// In what two values differ.
#[derive(Debug, Default)]
pub struct Changes {
    pub added: Paths,
    pub modified: Paths,
    pub removed: Paths,
}

impl Changes {
    /// What has a new value.
    pub fn written(&self) -> Paths {
        self.added.union(&self.modified).cloned().collect()
    }
}

/// The fields that a configuration sets.
pub fn field_set(config: &Value, shape: Shape) -> Paths {
    let mut paths = Paths::new();
    fields_of(config, shape, &mut Vec::new(), &mut paths);
    without_meta(paths)
}

fn fields_of(value: &Value, shape: Shape, path: &mut Path, paths: &mut Paths) {
    match value {
        Value::Object(members) if !members.is_empty() && !shape.is_atomic() => {
            for (name, member) in members {
                path.push(Step::Field(name.clone()));
                fields_of(member, shape.member(name), path, paths);
                path.pop();
            }
        }
        Value::Array(elements) => match shape.list() {
            List::Atomic => {
                paths.insert(path.clone());
            }
            list => {
                for element in elements {
                    path.push(step_to(element, &list));
                    paths.insert(path.clone());
                    if element.is_object() {
                        fields_of(element, shape.element(), path, paths);
                    }
                    path.pop();
                }
            }
        },
        _ => {
            paths.insert(path.clone());
        }
    }
}

/// What has to be done to come from `old` to `new`.
pub fn compare(old: &Value, new: &Value, shape: Shape) -> Changes {
    let mut changes = Changes::default();
    differ(Some(old), Some(new), shape, &mut Vec::new(), &mut changes);
    let Changes { added, modified, removed } = changes;
    Changes { added: without_meta(added), modified: without_meta(modified), removed: without_meta(removed) }
}

fn differ(old: Option<&Value>, new: Option<&Value>, shape: Shape, path: &mut Path, out: &mut Changes) {
    if old == new {
        return;
    }
    // A container is noted where it comes or goes, its inside in any case; null is an empty one.
    if !path.is_empty() && old.is_none() {
        out.added.insert(path.clone());
    }
    if !path.is_empty() && new.is_none() {
        out.removed.insert(path.clone());
    }
    match (inside(old, shape), inside(new, shape)) {
        (None, None) => {
            if old.is_some() && new.is_some() {
                out.modified.insert(path.clone());
            }
        }
        (before, after) => {
            let (before, after) = (before.unwrap_or_default(), after.unwrap_or_default());
            let at = |all: &[(Step, &Value, Shape)], step: &Step| all.iter().position(|(s, ..)| s == step);
            for (step, value, shape) in &before {
                let other = at(&after, step).map(|i| after[i].1);
                path.push(step.clone());
                differ(Some(value), other, *shape, path, out);
                path.pop();
            }
            for (step, value, shape) in after.iter().filter(|(step, ..)| at(&before, step).is_none()) {
                path.push(step.clone());
                differ(None, Some(value), *shape, path, out);
                path.pop();
            }
        }
    }
}

/// The values in a container that are owned one by one; none in what is owned as one.
fn inside(value: Option<&Value>, shape: Shape) -> Option<Vec<(Step, &Value, Shape)>> {
    match value? {
        Value::Object(members) if !shape.is_atomic() => {
            let inner = |(name, member)| (Step::Field(String::clone(name)), member, shape.member(name));
            Some(members.iter().map(inner).collect())
        }
        Value::Array(elements) => match shape.list() {
            List::Atomic => None,
            list => Some(elements.iter().map(|e| (step_to(e, &list), e, shape.element())).collect()),
        },
        _ => None,
    }
}

/// Nobody manages what the server itself says of an object (`stripmeta.go`), nor its managers.
fn without_meta(paths: Paths) -> Paths {
    const OWN: [&str; 9] = [
        "name",
        "namespace",
        "creationTimestamp",
        "selfLink",
        "uid",
        "clusterName",
        "generation",
        "managedFields",
        "resourceVersion",
    ];
    let kept = |path: &Path| match path.as_slice() {
        [Step::Field(name)] => !matches!(name.as_str(), "apiVersion" | "kind" | "metadata"),
        [Step::Field(meta), Step::Field(name), ..] => meta != "metadata" || !OWN.contains(&name.as_str()),
        _ => true,
    };
    paths.into_iter().filter(kept).collect()
}
