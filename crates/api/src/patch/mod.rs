//! Patches: the three forms in which a client may ask for a change, and how clients make them
//! (`apimachinery/pkg/util/{strategicpatch,jsonmergepatch}`, RFC 6902, RFC 7386).

mod json;
mod strategic;
mod strategy;
mod three_way;

pub use json::json_patch;
pub use strategic::{left_of_patch, strategic_merge};
pub use three_way::{strategic_diff, three_way};

use serde_json::{Map, Value};

/// Merges a patch into a value (RFC 7386): members are merged, null removes, anything else replaces.
pub fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        target.clone_from(patch);
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Some(members) = target.as_object_mut() else { return };
    for (key, value) in patch {
        if value.is_null() {
            members.remove(key);
        } else {
            merge(members.entry(key.clone()).or_insert(Value::Null), value);
        }
    }
}

/// The merge patch that turns `from` into `to` (`jsonpatch.CreateMergePatch`).
pub fn merge_diff(from: &Value, to: &Value) -> Value {
    let (Value::Object(from), Value::Object(to)) = (from, to) else { return to.clone() };
    let mut patch = Map::new();
    for key in from.keys().filter(|k| !to.contains_key(*k)) {
        patch.insert(key.clone(), Value::Null);
    }
    for (key, value) in to {
        match from.get(key) {
            Some(old) if old == value => {}
            Some(old) if old.is_object() && value.is_object() => {
                patch.insert(key.clone(), merge_diff(old, value));
            }
            _ => {
                patch.insert(key.clone(), value.clone());
            }
        }
    }
    Value::Object(patch)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_merge_patch_merges_members_and_replaces_the_rest() {
        let mut value = json!({"a": {"b": 1, "c": [1, 2]}, "d": 2});
        merge(&mut value, &json!({"a": {"b": null, "c": [3]}, "e": {"f": null, "g": 1}}));
        assert_eq!(value, json!({"a": {"c": [3]}, "d": 2, "e": {"g": 1}}));
    }

    #[test]
    fn a_merge_diff_leads_from_one_value_to_the_other() {
        let (from, to) = (json!({"a": {"b": 1, "c": 2}, "d": [1]}), json!({"a": {"b": 1}, "d": [2], "e": 1}));
        let patch = merge_diff(&from, &to);
        assert_eq!(patch, json!({"a": {"c": null}, "d": [2], "e": 1}));
        let mut value = from;
        merge(&mut value, &patch);
        assert_eq!(value, to);
    }
}
