//! Reading API objects as JSON.
//!
//! The printers work on the wire form of objects, as `kubectl` itself mostly does: a field that is absent reads
//! as its zero value, and one set of helpers serves every kind, which keeps the compiled code small.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use serde_json::{Map, Value};

/// What [`Json::at`] answers for an absent field.
static NULL: Value = Value::Null;

/// Reading by dotted path. Keys that hold dots themselves (labels) are looked up with [`Json::entry`].
pub(crate) trait Json {
    /// The value at `path`, or null.
    fn at(&self, path: &str) -> &Value;
    /// The value of the key `key`, taken literally, or null.
    fn entry(&self, key: &str) -> &Value;
    /// The string at `path`, or the empty string.
    fn text(&self, path: &str) -> &str;
    /// The integer at `path`, or 0.
    fn int(&self, path: &str) -> i64;
    /// The boolean at `path`, or false.
    fn flag(&self, path: &str) -> bool;
    /// The list at `path`, or the empty list.
    fn list(&self, path: &str) -> &[Value];
    /// The entries of the object at `path` in the order of their keys.
    fn entries(&self, path: &str) -> Vec<(&str, &Value)>;
    /// Is there a value other than null at `path`?
    fn has(&self, path: &str) -> bool;
    /// The integer or string at `path` as it is printed (`IntOrString`, quantities); empty when absent.
    fn scalar(&self, path: &str) -> String;
}

impl Json for Value {
    fn at(&self, path: &str) -> &Value {
        path.split('.').fold(self, |v, key| v.get(key).unwrap_or(&NULL))
    }

    fn entry(&self, key: &str) -> &Value {
        self.get(key).unwrap_or(&NULL)
    }

    fn text(&self, path: &str) -> &str {
        self.at(path).as_str().unwrap_or("")
    }

    fn int(&self, path: &str) -> i64 {
        // No field is larger; what is cannot make sums overflow.
        const LIMIT: i64 = 1 << 53;
        self.at(path).as_i64().unwrap_or(0).clamp(-LIMIT, LIMIT)
    }

    fn flag(&self, path: &str) -> bool {
        self.at(path).as_bool().unwrap_or(false)
    }

    fn list(&self, path: &str) -> &[Value] {
        self.at(path).as_array().map_or(&[], Vec::as_slice)
    }

    fn entries(&self, path: &str) -> Vec<(&str, &Value)> {
        self.at(path).as_object().map_or_else(Vec::new, sorted)
    }

    fn has(&self, path: &str) -> bool {
        !self.at(path).is_null()
    }

    fn scalar(&self, path: &str) -> String {
        scalar(self.at(path))
    }
}

/// A string or number without quotes; empty for null.
pub(crate) fn scalar(v: &Value) -> String {
    match v {
        Value::String(s) => s.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// The entries of a map in the order of their keys, however the map itself is built.
pub(crate) fn sorted(map: &Map<String, Value>) -> Vec<(&str, &Value)> {
    let mut entries: Vec<_> = map.iter().map(|(k, v)| (k.as_str(), v)).collect();
    entries.sort_by_key(|&(k, _)| k);
    entries
}

/// `a`, or `or` when `a` is empty.
pub(crate) fn non_empty<'a>(a: &'a str, or: &'a str) -> &'a str {
    if a.is_empty() { or } else { a }
}

/// `k=v,…` in the order of the keys, or `<none>` (`labels.FormatLabels`).
pub(crate) fn format_labels(v: &Value, path: &str) -> String {
    let pairs: Vec<String> =
        v.entries(path).iter().map(|(k, v)| alloc::format!("{k}={}", scalar(v))).collect();
    if pairs.is_empty() { "<none>".into() } else { pairs.join(",") }
}

/// The owner reference that is marked as the controller, or null.
pub(crate) fn controller(object: &Value) -> &Value {
    object.list("metadata.ownerReferences").iter().find(|o| o.flag("controller")).unwrap_or(&NULL)
}

/// The condition of that type in an object's status.
pub(crate) fn condition<'a>(object: &'a Value, kind: &str) -> Option<&'a Value> {
    object.list("status.conditions").iter().find(|c| c.text("type") == kind)
}

/// Is the condition of that type `True`?
pub(crate) fn is_true(object: &Value, kind: &str) -> bool {
    object.list("status.conditions").iter().any(|c| c.text("type") == kind && c.text("status") == "True")
}
