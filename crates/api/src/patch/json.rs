//! JSON patch (RFC 6902), in the words of the library that the API server uses (`evanphx/json-patch`).

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use serde_json::Value;

/// Applies the operations in order.
///
/// # Errors
/// What stands in the way, in the server's words; the target is then half changed and to be thrown away.
pub fn json_patch(target: &mut Value, operations: &Value) -> Result<(), String> {
    let Value::Array(operations) = operations else {
        return Err("json: cannot unmarshal object into Go value of type jsonpatch.Patch".to_string());
    };
    operations.iter().try_for_each(|operation| apply(target, operation))
}

fn apply(target: &mut Value, operation: &Value) -> Result<(), String> {
    let text = |name: &str| operation.get(name).and_then(Value::as_str).unwrap_or("");
    let value = || operation.get("value").cloned().unwrap_or(Value::Null);
    let path = text("path");
    let missing = |what: &str, path: &str| {
        format!("{what} operation does not apply: doc is missing path: {path}: missing value")
    };
    match text("op") {
        "add" => add(target, path, value()).ok_or_else(|| missing("add", path)),
        "remove" => take(target, path).map(|_| ()).ok_or_else(|| {
            format!("remove operation does not apply: doc is missing path: \"{path}\": missing value")
        }),
        "replace" => {
            let found = find_mut(target, path).ok_or_else(|| missing("replace", path))?;
            *found = value();
            Ok(())
        }
        "move" => {
            let from = text("from");
            let moved = take(target, from).ok_or_else(|| missing("move", from))?;
            add(target, path, moved).ok_or_else(|| missing("move", path))
        }
        "copy" => {
            let from = text("from");
            let copied = find_mut(target, from).cloned().ok_or_else(|| missing("copy", from))?;
            add(target, path, copied).ok_or_else(|| missing("copy", path))
        }
        "test" => match find_mut(target, path) {
            Some(found) if *found == value() => Ok(()),
            Some(_) => Err(format!("testing value {path} failed: test failed")),
            None if value().is_null() => Ok(()),
            None => Err(format!("testing path {path} failed: missing value")),
        },
        other => Err(format!("Unexpected kind: {other}")),
    }
}

/// The steps of a JSON pointer; none when it does not begin with a slash.
fn steps(path: &str) -> Option<Vec<String>> {
    if path.is_empty() {
        return Some(Vec::new());
    }
    Some(path.strip_prefix('/')?.split('/').map(|s| s.replace("~1", "/").replace("~0", "~")).collect())
}

fn walk<'a>(target: &'a mut Value, steps: &[String]) -> Option<&'a mut Value> {
    steps.iter().try_fold(target, |value, step| match value {
        Value::Object(members) => members.get_mut(step),
        Value::Array(list) => list.get_mut(step.parse::<usize>().ok()?),
        _ => None,
    })
}

fn find_mut<'a>(target: &'a mut Value, path: &str) -> Option<&'a mut Value> {
    walk(target, &steps(path)?)
}

fn add(target: &mut Value, path: &str, value: Value) -> Option<()> {
    let steps = steps(path)?;
    let Some((last, parents)) = steps.split_last() else {
        *target = value;
        return Some(());
    };
    match walk(target, parents)? {
        Value::Object(members) => {
            members.insert(last.clone(), value);
        }
        Value::Array(list) => {
            let index = if last == "-" { list.len() } else { last.parse().ok()? };
            if index > list.len() {
                return None;
            }
            list.insert(index, value);
        }
        _ => return None,
    }
    Some(())
}

fn take(target: &mut Value, path: &str) -> Option<Value> {
    let steps = steps(path)?;
    let (last, parents) = steps.split_last()?;
    match walk(target, parents)? {
        Value::Object(members) => members.remove(last),
        Value::Array(list) => {
            let index = last.parse::<usize>().ok().filter(|i| *i < list.len())?;
            Some(list.remove(index))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::json_patch;
    use serde_json::json;

    #[test]
    fn operations_follow_pointers() {
        let mut value = json!({"a": [1, 3], "b~/c": {"d": 1}});
        let patch = json!([
            {"op": "add", "path": "/a/1", "value": 2},
            {"op": "add", "path": "/a/-", "value": 4},
            {"op": "replace", "path": "/b~0~1c/d", "value": 5},
            {"op": "test", "path": "/a/0", "value": 1},
            {"op": "remove", "path": "/a/0"},
            {"op": "copy", "from": "/a/0", "path": "/e"},
            {"op": "move", "from": "/e", "path": "/f"},
        ]);
        assert_eq!(json_patch(&mut value, &patch), Ok(()));
        assert_eq!(value, json!({"a": [2, 3, 4], "b~/c": {"d": 5}, "f": 2}));
    }

    #[test]
    fn what_is_not_there_is_refused() {
        for operation in [
            json!({"op": "replace", "path": "/x", "value": 1}),
            json!({"op": "remove", "path": "/a/7"}),
            json!({"op": "add", "path": "/a/9", "value": 1}),
            json!({"op": "test", "path": "/a/0", "value": 9}),
            json!({"op": "dance", "path": "/a"}),
        ] {
            assert!(json_patch(&mut json!({"a": [1]}), &json!([operation])).is_err(), "{operation}");
        }
        assert!(json_patch(&mut json!({}), &json!({})).is_err());
    }
}
