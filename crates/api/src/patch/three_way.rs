//! Making strategic merge patches: from one object to another, and `kubectl apply`'s from what was applied last, what
//! is now, and what is wanted (`strategicpatch.{CreateTwoWayMergePatch, CreateThreeWayMergePatch}`).

use super::strategic::{DELETE_FROM, DIRECTIVE, ORDER, RETAIN};
use super::strategy::{ListStrategy, Shape};
use crate::schema::StructType;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use serde_json::{Map, Value, json};

/// Which differences become part of a patch.
#[derive(Clone, Copy)]
struct Wanted {
    deletions: bool,
    changes: bool,
}

/// The strategic merge patch that turns `from` into `to`, both of type `ty`; `{}` when they are the same.
pub fn strategic_diff(from: &Value, to: &Value, ty: Option<&'static StructType>) -> Value {
    Value::Object(diff(from, to, Shape::of(ty), Wanted { deletions: true, changes: true }))
}

/// The patch of `kubectl apply`: what differs between `current` and `modified`, and the removal of what `original`,
/// the object as it was last applied, had and `modified` has not. Fields that others set stay.
pub fn three_way(
    original: &Value,
    modified: &Value,
    current: &Value,
    ty: Option<&'static StructType>,
) -> Value {
    let shape = Shape::of(ty);
    let delta = diff(current, modified, shape, Wanted { deletions: false, changes: true });
    let mut patch = diff(original, modified, shape, Wanted { deletions: true, changes: false });
    combine(&mut patch, delta, shape);
    Value::Object(patch)
}

fn diff(from: &Value, to: &Value, shape: Shape, wanted: Wanted) -> Map<String, Value> {
    let (mut patch, none) = (Map::new(), Map::new());
    let (from, to) = (from.as_object().unwrap_or(&none), to.as_object().unwrap_or(&none));
    for (key, old) in from {
        let Some(new) = to.get(key) else {
            if wanted.deletions {
                patch.insert(key.clone(), Value::Null);
            }
            continue;
        };
        let shape = shape.member(key);
        match (old, new) {
            (Value::Object(_), Value::Object(kept)) => {
                let mut inner = diff(old, new, shape, wanted);
                if !inner.is_empty() {
                    if shape.retains_keys() {
                        inner.insert(RETAIN.to_string(), kept.keys().cloned().collect());
                    }
                    patch.insert(key.clone(), Value::Object(inner));
                }
            }
            (Value::Array(old), Value::Array(new)) => diff_lists(&mut patch, key, old, new, shape, wanted),
            _ if old != new && wanted.changes => {
                patch.insert(key.clone(), new.clone());
            }
            _ => {}
        }
    }
    if wanted.changes {
        let added = to.iter().filter(|(key, _)| !from.contains_key(*key));
        patch.extend(added.map(|(key, value)| (key.clone(), value.clone())));
    }
    patch
}

fn diff_lists(
    patch: &mut Map<String, Value>,
    key: &str,
    old: &[Value],
    new: &[Value],
    shape: Shape,
    wanted: Wanted,
) {
    let merge_key = match shape.list_strategy() {
        ListStrategy::Replace => {
            if old != new && wanted.changes {
                patch.insert(key.to_string(), new.into());
            }
            return;
        }
        ListStrategy::Set => {
            let missing = |of: &[Value], from: &[Value]| -> Vec<Value> {
                of.iter().filter(|v| !from.contains(v)).cloned().collect()
            };
            let (added, gone) = (missing(new, old), missing(old, new));
            let changed = (wanted.changes && !added.is_empty()) || (wanted.deletions && !gone.is_empty());
            if wanted.changes && !added.is_empty() {
                patch.insert(key.to_string(), added.into());
            }
            if wanted.deletions && !gone.is_empty() {
                patch.insert(format!("{DELETE_FROM}{key}"), gone.into());
            }
            if changed {
                patch.insert(format!("{ORDER}{key}"), new.into());
            }
            return;
        }
        ListStrategy::ByKey(merge_key) => merge_key,
    };
    let id = |v: &Value| v.get(merge_key).cloned().unwrap_or(Value::Null);
    let mut elements = Vec::new();
    for element in new {
        match old.iter().find(|o| id(o) == id(element)) {
            Some(before) => {
                let mut inner = diff(before, element, shape.element(), wanted);
                if !inner.is_empty() {
                    inner.insert(merge_key.to_string(), id(element));
                    if shape.retains_keys() {
                        let kept = element.as_object().into_iter().flat_map(Map::keys);
                        inner.insert(RETAIN.to_string(), kept.cloned().collect());
                    }
                    elements.push(Value::Object(inner));
                }
            }
            None if wanted.changes => elements.push(element.clone()),
            None => {}
        }
    }
    if wanted.deletions {
        let gone = old.iter().filter(|o| new.iter().all(|n| id(n) != id(o)));
        elements.extend(gone.map(|o| json!({DIRECTIVE: "delete", merge_key: id(o)})));
    }
    // The order of what both have may differ with nothing else.
    let order = |of: &[Value], other: &[Value]| -> Vec<Value> {
        of.iter().map(id).filter(|i| other.iter().any(|o| id(o) == *i)).collect()
    };
    let reordered = wanted.changes && order(old, new) != order(new, old);
    if !elements.is_empty() || reordered {
        let ids: Vec<Value> = new.iter().map(|n| json!({merge_key: id(n)})).collect();
        patch.insert(format!("{ORDER}{key}"), ids.into());
    }
    if !elements.is_empty() {
        patch.insert(key.to_string(), elements.into());
    }
}

/// Adds a patch to another one of the same object; where both speak of something, the second holds.
fn combine(patch: &mut Map<String, Value>, other: Map<String, Value>, shape: Shape) {
    for (key, value) in other {
        let shape = shape.member(&key);
        match (patch.get_mut(&key), value) {
            (Some(Value::Object(mine)), Value::Object(theirs)) => combine(mine, theirs, shape),
            (Some(Value::Array(mine)), Value::Array(theirs)) if !key.starts_with('$') => {
                let ListStrategy::ByKey(merge_key) = shape.list_strategy() else {
                    *mine = theirs;
                    continue;
                };
                for element in theirs {
                    let same = mine.iter_mut().find(|m| m.get(merge_key) == element.get(merge_key));
                    match (same, element) {
                        (Some(Value::Object(m)), Value::Object(e)) => combine(m, e, shape.element()),
                        (_, element) => mine.push(element),
                    }
                }
            }
            (_, value) => {
                patch.insert(key, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::strategic_merge;
    use super::*;
    use crate::Deployment;

    fn deployment(replicas: Option<i64>, containers: Value) -> Value {
        let mut d = json!({"spec": {"template": {"spec": {"containers": containers}}}});
        if let Some(n) = replicas {
            d["spec"]["replicas"] = n.into();
        }
        d
    }

    /// Checks that the patch leads to the wanted object, and gives it back.
    fn led(from: &Value, to: &Value) -> Value {
        let patch = strategic_diff(from, to, Some(Deployment::STRUCT));
        let mut value = from.clone();
        strategic_merge(&mut value, &patch, Some(Deployment::STRUCT)).expect("a good patch");
        assert_eq!(&value, to, "{patch}");
        patch
    }

    #[test]
    fn a_diff_names_what_changes_by_merge_key() {
        let from = deployment(Some(3), json!([{"name": "a", "image": "a:1"}, {"name": "b", "image": "b:1"}]));
        let to = deployment(Some(3), json!([{"name": "a", "image": "a:2"}, {"name": "b", "image": "b:1"}]));
        assert_eq!(
            led(&from, &to),
            json!({"spec": {"template": {"spec": {
                "$setElementOrder/containers": [{"name": "a"}, {"name": "b"}],
                "containers": [{"name": "a", "image": "a:2"}],
            }}}})
        );
        assert_eq!(led(&to, &to), json!({}));
        led(&from, &deployment(None, json!([{"name": "b", "image": "b:1"}, {"name": "c", "image": "c"}])));
        led(
            &from,
            &deployment(Some(1), json!([{"name": "b", "image": "b:1"}, {"name": "a", "image": "a:1"}])),
        );
    }

    #[test]
    fn apply_removes_what_it_set_and_keeps_what_others_set() {
        let original =
            deployment(Some(3), json!([{"name": "a", "image": "a:1", "env": [{"name": "X", "value": "1"}]}]));
        let mut live = original.clone();
        live["spec"]["replicas"] = 5.into();
        live["spec"]["paused"] = true.into();
        live["spec"]["template"]["spec"]["containers"] = json!([
            {"name": "a", "image": "a:1", "env": [{"name": "X", "value": "1"}, {"name": "Y", "value": "2"}]},
            {"name": "injected", "image": "i"},
        ]);
        let modified = deployment(None, json!([{"name": "a", "image": "a:2"}]));
        let patch = three_way(&original, &modified, &live, Some(Deployment::STRUCT));
        strategic_merge(&mut live, &patch, Some(Deployment::STRUCT)).expect("a good patch");
        let mut expected =
            deployment(None, json!([{"name": "a", "image": "a:2"}, {"name": "injected", "image": "i"}]));
        expected["spec"]["paused"] = true.into();
        assert_eq!(live, expected);
    }

    #[test]
    fn applying_the_same_again_changes_nothing() {
        let original = deployment(Some(1), json!([{"name": "a", "image": "a:1"}]));
        let mut live = original.clone();
        live["spec"]["template"]["spec"]["containers"][0]["imagePullPolicy"] = "Always".into();
        assert_eq!(three_way(&original, &original, &live, Some(Deployment::STRUCT)), json!({}));
    }
}
