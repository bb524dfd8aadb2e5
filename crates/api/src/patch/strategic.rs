//! Applying a strategic merge patch (`strategicpatch.StrategicMergePatchUsingLookupPatchMeta`).

use super::strategy::{ListStrategy, Shape};
use crate::schema::StructType;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use serde_json::{Map, Value};

/// What a patch does with the object or element that it stands in: `replace`, `delete` or `merge`.
pub(super) const DIRECTIVE: &str = "$patch";
/// Before a list's name: the elements to take out of a set.
pub(super) const DELETE_FROM: &str = "$deleteFromPrimitiveList/";
/// Before a list's name: the order of its elements.
pub(super) const ORDER: &str = "$setElementOrder/";
/// The members that stay.
pub(super) const RETAIN: &str = "$retainKeys";

/// Merges a strategic merge patch into an object of type `ty`; nothing is known of the merge keys of an object without
/// a type, whose lists are replaced.
///
/// # Errors
/// A directive that makes no sense, or an element without its merge key, in the server's words.
pub fn strategic_merge(
    target: &mut Value,
    patch: &Value,
    ty: Option<&'static StructType>,
) -> Result<(), String> {
    merge_value(target, patch, Shape::of(ty))
}

/// What is left of a strategic merge patch once the server has applied it, which is what its errors show: it takes out
/// every directive, and with an order the list that it orders (`strategicpatch.mergePatchIntoOriginal`).
pub fn left_of_patch(patch: &Value) -> Value {
    let Value::Object(members) = patch else { return patch.clone() };
    let ordered = |key: &String| members.contains_key(&format!("{ORDER}{key}"));
    let left = members.iter().filter(|(key, _)| !key.starts_with('$') && !ordered(key));
    Value::Object(left.map(|(key, value)| (key.clone(), left_of_patch(value))).collect())
}

fn merge_value(target: &mut Value, patch: &Value, shape: Shape) -> Result<(), String> {
    let Value::Object(patch) = patch else {
        target.clone_from(patch);
        return Ok(());
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    match target.as_object_mut() {
        Some(members) => merge_object(members, patch, shape),
        None => Ok(()),
    }
}

fn merge_object(
    target: &mut Map<String, Value>,
    patch: &Map<String, Value>,
    shape: Shape,
) -> Result<(), String> {
    match patch.get(DIRECTIVE).map(|d| d.as_str().unwrap_or("")) {
        None | Some("merge") => {}
        Some("replace") => {
            target.clear();
            target.extend(patch.iter().filter(|(k, _)| *k != DIRECTIVE).map(|(k, v)| (k.clone(), v.clone())));
            return Ok(());
        }
        Some("delete") => {
            target.clear();
            return Ok(());
        }
        Some(other) => return Err(format!("unknown patch type found: {other}")),
    }
    if let Some(keep) = patch.get(RETAIN).and_then(Value::as_array) {
        target.retain(|key, _| keep.iter().any(|k| k == key));
    }
    for (key, value) in patch {
        if let Some(name) = key.strip_prefix(DELETE_FROM) {
            if let (Some(Value::Array(list)), Value::Array(gone)) = (target.get_mut(name), value) {
                list.retain(|v| !gone.contains(v));
            }
        } else if key.starts_with('$') {
            // The order is looked up with its list.
        } else if value.is_null() {
            target.remove(key);
        } else {
            merge_member(target, key, value, patch, shape.member(key))?;
        }
    }
    // A list may be put in order without being changed.
    for (key, order) in patch {
        if let Some(name) = key.strip_prefix(ORDER)
            && !patch.contains_key(name)
            && let (Some(Value::Array(list)), Value::Array(order)) = (target.get_mut(name), order)
        {
            let live = list.clone();
            put_in_order(list, order, &live, shape.member(name).list_strategy());
        }
    }
    Ok(())
}

fn merge_member(
    target: &mut Map<String, Value>,
    key: &str,
    value: &Value,
    patch: &Map<String, Value>,
    shape: Shape,
) -> Result<(), String> {
    let old = target.entry(key.to_string()).or_insert(Value::Null);
    let Value::Array(elements) = value else { return merge_value(old, value, shape) };
    let strategy = shape.list_strategy();
    let live = match old {
        Value::Array(list) => core::mem::take(list),
        _ => Vec::new(),
    };
    let mut list = live.clone();
    match strategy {
        ListStrategy::Replace => list.clone_from(elements),
        ListStrategy::Set => {
            for element in elements {
                if !list.contains(element) {
                    list.push(element.clone());
                }
            }
        }
        ListStrategy::ByKey(merge_key) => merge_list(&mut list, elements, merge_key, shape)?,
    }
    if let Some(Value::Array(order)) = patch.get(&format!("{ORDER}{key}")) {
        put_in_order(&mut list, order, &live, strategy);
    }
    *old = Value::Array(list);
    Ok(())
}

fn merge_list(list: &mut Vec<Value>, patch: &[Value], merge_key: &str, shape: Shape) -> Result<(), String> {
    if patch.iter().any(|e| e.get(DIRECTIVE).is_some_and(|d| d == "replace")) {
        *list = patch.iter().filter(|e| e.get(DIRECTIVE).is_none()).cloned().collect();
        return Ok(());
    }
    for element in patch {
        let Some(key) = element.get(merge_key) else {
            return Err(format!("map: {element} does not contain declared merge key: {merge_key}"));
        };
        let found = list.iter().position(|e| e.get(merge_key) == Some(key));
        if element.get(DIRECTIVE).is_some_and(|d| d == "delete") {
            list.retain(|e| e.get(merge_key) != Some(key));
            continue;
        }
        match found {
            Some(index) => merge_value(&mut list[index], element, shape.element())?,
            None => {
                let mut new = Value::Null;
                merge_value(&mut new, element, shape.element())?;
                list.push(new);
            }
        }
    }
    Ok(())
}

/// Puts the elements that `order` names in that order. Those of the server alone keep their order too, each before the
/// first named one that stood behind it (`mergeSortedSlice`).
fn put_in_order(list: &mut Vec<Value>, order: &[Value], live: &[Value], strategy: ListStrategy) {
    let identity = |v: &Value| match strategy {
        ListStrategy::ByKey(key) => v.get(key).cloned().unwrap_or(Value::Null),
        _ => v.clone(),
    };
    let rank = |of: &Value, among: &[Value]| among.iter().position(|v| identity(v) == identity(of));
    let (mut named, rest): (Vec<Value>, Vec<Value>) = list.drain(..).partition(|v| rank(v, order).is_some());
    named.sort_by_key(|v| rank(v, order));
    let mut from = 0;
    for element in rest {
        let was = rank(&element, live);
        let behind = |v: &Value| rank(v, live).is_some_and(|at| was.is_some_and(|was| at > was));
        let at = named[from..].iter().position(behind).map_or(named.len(), |i| from + i);
        named.insert(at, element);
        from = at + 1;
    }
    *list = named;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Pod;
    use serde_json::json;

    fn patched(mut pod: Value, patch: Value) -> Value {
        strategic_merge(&mut pod, &patch, Some(Pod::STRUCT)).expect("a good patch");
        pod
    }

    fn pod(containers: Value) -> Value {
        json!({"spec": {"containers": containers}})
    }

    #[test]
    fn containers_are_merged_by_name() {
        let before =
            pod(json!([{"name": "a", "image": "a:1", "env": [{"name": "X", "value": "1"}]}, {"name": "b"}]));
        let after = patched(
            before,
            pod(json!([
                {"name": "b", "$patch": "delete"},
                {"name": "a", "image": "a:2", "env": [{"name": "Y", "value": "2"}]},
                {"name": "c"},
            ])),
        );
        let env = json!([{"name": "X", "value": "1"}, {"name": "Y", "value": "2"}]);
        assert_eq!(after, pod(json!([{"name": "a", "image": "a:2", "env": env}, {"name": "c"}])));
    }

    #[test]
    fn commands_and_tolerations_are_replaced() {
        let after = patched(
            json!({"spec": {"tolerations": [{"key": "a"}], "containers": [{"name": "a", "command": ["x", "y"]}]}}),
            json!({"spec": {"tolerations": [{"key": "b"}], "containers": [{"name": "a", "command": ["z"]}]}}),
        );
        let expected =
            json!({"spec": {"tolerations": [{"key": "b"}], "containers": [{"name": "a", "command": ["z"]}]}});
        assert_eq!(after, expected);
    }

    #[test]
    fn directives_replace_retain_order_and_delete() {
        assert_eq!(
            patched(
                json!({"metadata": {"labels": {"a": "1"}}}),
                json!({"metadata": {"labels": {"$patch": "replace", "b": "2"}}})
            ),
            json!({"metadata": {"labels": {"b": "2"}}})
        );
        assert_eq!(
            patched(
                json!({"metadata": {"finalizers": ["a", "b"]}}),
                json!({"metadata": {"$deleteFromPrimitiveList/finalizers": ["a"], "finalizers": ["c"]}})
            ),
            json!({"metadata": {"finalizers": ["b", "c"]}})
        );
        let volume = json!({"spec": {"volumes": [{"name": "v", "$retainKeys": ["name", "secret"], "secret": {"secretName": "s"}}]}});
        assert_eq!(
            patched(json!({"spec": {"volumes": [{"name": "v", "configMap": {"name": "c"}}]}}), volume),
            json!({"spec": {"volumes": [{"name": "v", "secret": {"secretName": "s"}}]}})
        );
        let order = json!({"spec": {
            "$setElementOrder/containers": [{"name": "c"}, {"name": "a"}],
            "containers": [{"name": "c"}],
        }});
        assert_eq!(
            patched(pod(json!([{"name": "a"}, {"name": "injected"}])), order),
            pod(json!([{"name": "c"}, {"name": "a"}, {"name": "injected"}]))
        );
    }

    #[test]
    fn an_element_needs_its_merge_key() {
        let error = strategic_merge(&mut pod(json!([])), &pod(json!([{"image": "x"}])), Some(Pod::STRUCT));
        assert!(error.unwrap_err().contains("does not contain declared merge key: name"));
    }
}
