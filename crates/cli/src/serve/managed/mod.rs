//! Who manages which field of an object, and server-side apply (`apimachinery/pkg/util/managedfields`).
//!
//! What clients write over HTTP is kept in `metadata.managedFields`, as the real server does; what the simulated
//! controllers and kubelets write is nobody's. Versions are not converted: there is one of each kind.

mod compare;
mod managers;
mod merge;
mod paths;
mod schema;

use lifepod_api::{Kind, Object, Refusal, Status, StatusCause, StatusDetails, Time};
use managers::{Manager, Managers};
use paths::{Path, Paths, text};
use schema::Shape;
use serde_json::Value;

/// A write as managed fields see it.
pub struct Writer<'a> {
    /// The name of the program that writes.
    pub manager: &'a str,
    /// `status`, `scale`, or nothing.
    pub subresource: &'a str,
    pub now: Time,
}

impl Writer<'_> {
    /// The part of an object that a write is about: an object's status is another affair
    /// (`strategy.go GetResetFields` of each kind).
    fn part(&self, mut object: Value) -> Value {
        let reset = if self.subresource == "status" { "spec" } else { "status" };
        if let Some(fields) = object.as_object_mut() {
            fields.remove(reset);
        }
        object
    }
}

/// Notes in an object that is about to be stored who changed what of the stored one, none for a new object
/// (`Updater.Update`). An object that nobody manages stays so until it is applied.
pub fn update(stored: Option<&Object>, new: &mut Object, writer: &Writer<'_>) {
    let shape = Shape::of(new);
    let old = writer.part(stored.map_or_else(|| empty(new), Object::to_value));
    let mut managers = match stored {
        Some(stored) => Managers::of(stored),
        None => Managers::default(),
    };
    if stored.is_some() && managers.is_empty() {
        return;
    }
    let own = Manager::update(writer, new.api_version());
    let mut defaulted = new.clone();
    lifepod_api::defaults::apply(&mut defaulted);
    managers.updated(own, &old, &writer.part(defaulted.to_value()), shape, writer.now);
    managers.store(new);
}

/// What a new object of a kind is compared with.
fn empty(object: &Object) -> Value {
    let kind = serde_json::json!({"apiVersion": object.api_version(), "kind": object.kind()});
    Object::decode(&kind).0.to_value()
}

/// The object that comes of applying a configuration to a stored object, with its managers; none when there is none yet
/// (`Updater.Apply`).
///
/// # Errors
/// 409 when a field that another manager owns would change, unless it is forced to.
pub fn apply(
    stored: Option<&Object>,
    config: &Value,
    writer: &Writer<'_>,
    force: bool,
) -> Result<(Value, Managers), Refusal> {
    let api_version = config["apiVersion"].as_str().unwrap_or("");
    if !config["metadata"]["managedFields"].is_null() {
        return Err(Box::new(Status::bad_request("metadata.managedFields must be nil")));
    }
    let shape = Shape::new(Kind::find(api_version, config["kind"].as_str().unwrap_or("")).map(|k| k.ty));
    let (mut live, mut managers) = match stored {
        Some(stored) => (writer.part(stored.to_value()), Managers::of(stored)),
        None => (Value::Null, Managers::default()),
    };
    let config = &writer.part(config.clone());
    if let Some(stored) = stored.filter(|_| managers.is_empty()) {
        let first = Manager::update(&Writer { manager: "before-first-apply", ..*writer }, api_version);
        managers.updated(first, &empty(stored), &live, shape, writer.now);
    }
    if let Some(meta) = live["metadata"].as_object_mut() {
        meta.remove("managedFields");
    }
    let own = Manager::apply(writer, api_version);
    let set = compare::field_set(config, shape);
    let last = managers.claim(&own, set, writer.now);
    let mut new = live.clone();
    merge::merge(&mut new, config, shape);
    merge::prune(&mut new, &last, &managers.all(), shape);
    let changes = compare::compare(&live, &new, shape);
    let conflicts = managers.conflicts(&own, &changes);
    let forced = force || was_applied_by_client(stored, &live, &conflicts, shape);
    if !conflicts.is_empty() && !forced {
        return Err(conflict(&conflicts));
    }
    managers.give_up(&own, &changes);
    Ok((new, managers))
}

/// Fields that client-side apply wrote may be taken over: whoever has the manifest owns them
/// (`lastappliedmanager.go`).
fn was_applied_by_client(
    stored: Option<&Object>,
    live: &Value,
    conflicts: &[(Manager, Path)],
    shape: Shape,
) -> bool {
    let annotations = stored.map(|stored| &stored.meta().annotations);
    let text = annotations.and_then(|a| a.get("kubectl.kubernetes.io/last-applied-configuration"));
    let Some(last) = text.and_then(|text| serde_json::from_str::<Value>(text).ok()) else { return false };
    let changed = compare::compare(live, &last, shape);
    // A field that differs from what was applied was changed by somebody else since.
    let applied: Paths = compare::field_set(&last, shape).difference(&changed.written()).cloned().collect();
    conflicts.iter().all(|(_, path)| applied.contains(path))
}

/// `conflict.go NewConflictError`
fn conflict(conflicts: &[(Manager, Path)]) -> Refusal {
    let causes: Vec<StatusCause> = conflicts
        .iter()
        .map(|(manager, path)| StatusCause {
            reason: "FieldManagerConflict".into(),
            message: format!("conflict with {manager}"),
            field: text(path),
        })
        .collect();
    let message = match conflicts {
        [(manager, path)] => format!("Apply failed with 1 conflict: conflict with {manager}: {}", text(path)),
        _ => {
            let mut lines = Vec::new();
            for (i, (manager, path)) in conflicts.iter().enumerate() {
                if i == 0 || conflicts[i - 1].0 != *manager {
                    lines.push(format!("conflicts with {manager}:"));
                }
                lines.push(format!("- {}", text(path)));
            }
            format!("Apply failed with {} conflicts: {}", conflicts.len(), lines.join("\n"))
        }
    };
    Box::new(Status {
        status: "Failure".into(),
        code: 409,
        reason: "Conflict".into(),
        message,
        details: Some(StatusDetails { causes, ..StatusDetails::default() }),
        ..Status::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn writer(manager: &str) -> Writer<'_> {
        Writer { manager, subresource: "", now: Time(0) }
    }

    /// Applies and stores.
    fn applied(
        stored: Option<&Object>,
        config: &Value,
        manager: &str,
        force: bool,
    ) -> Result<Object, Refusal> {
        let (value, managers) = apply(stored, config, &writer(manager), force)?;
        let mut object = Object::decode(&value).0;
        managers.store(&mut object);
        Ok(object)
    }

    fn config_map(data: Value) -> Value {
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": data})
    }

    fn pod(containers: Value) -> Value {
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": containers}})
    }

    /// Who manages what: `manager/operation: fields`.
    fn managed(object: &Object) -> Vec<String> {
        let entry = |e: &Value| {
            let text = |name: &str| e[name].as_str().unwrap_or("").to_string();
            format!("{}/{}: {}", text("manager"), text("operation"), e["fieldsV1"])
        };
        object.meta().managed_fields.iter().map(entry).collect()
    }

    #[test]
    fn an_applier_owns_what_it_applies_and_takes_out_what_it_leaves_out() {
        let first = applied(None, &config_map(json!({"a": "1", "b": "2"})), "one", false).unwrap();
        assert_eq!(managed(&first), [r#"one/Apply: {"f:data":{"f:a":{},"f:b":{}}}"#]);
        let second = applied(Some(&first), &config_map(json!({"a": "1"})), "one", false).unwrap();
        assert_eq!(second.to_value()["data"], json!({"a": "1"}));
        assert_eq!(managed(&second), [r#"one/Apply: {"f:data":{"f:a":{}}}"#]);
    }

    #[test]
    fn a_field_of_another_manager_is_a_conflict_until_it_is_forced() {
        let first = applied(None, &config_map(json!({"a": "1"})), "one", false).unwrap();
        let refused = applied(Some(&first), &config_map(json!({"a": "2"})), "two", false).unwrap_err();
        assert_eq!(refused.message, r#"Apply failed with 1 conflict: conflict with "one": .data.a"#);
        assert_eq!((refused.code, refused.reason.as_str()), (409, "Conflict"));
        let shared = applied(Some(&first), &config_map(json!({"a": "1"})), "two", false).unwrap();
        assert_eq!(managed(&shared).len(), 2, "the same value may be owned by both");
        let forced = applied(Some(&first), &config_map(json!({"a": "2"})), "two", true).unwrap();
        assert_eq!(managed(&forced), [r#"two/Apply: {"f:data":{"f:a":{}}}"#]);
    }

    #[test]
    fn elements_of_keyed_lists_are_owned_one_by_one() {
        let port = json!([{"containerPort": 80}]);
        let one =
            applied(None, &pod(json!([{"name": "a", "image": "a", "ports": port}])), "one", false).unwrap();
        let a = r#""k:{\"name\":\"a\"}":{".":{},"f:image":{},"f:name":{},"f:ports":{"k:{\"containerPort\":80,\"protocol\":\"TCP\"}":{".":{},"f:containerPort":{}}}}"#;
        assert_eq!(managed(&one), [format!(r#"one/Apply: {{"f:spec":{{"f:containers":{{{a}}}}}}}"#)]);
        let two = applied(Some(&one), &pod(json!([{"name": "b", "image": "b"}])), "two", false).unwrap();
        assert_eq!(two.to_value()["spec"]["containers"].as_array().map(Vec::len), Some(2));
        let none = applied(Some(&two), &pod(json!([])), "two", false).unwrap();
        assert_eq!(none.to_value()["spec"]["containers"].as_array().map(Vec::len), Some(1));
    }

    #[test]
    fn updates_own_what_they_change() {
        let mut first = Object::decode(&config_map(json!({"a": "1", "b": "2"}))).0;
        update(None, &mut first, &writer("create"));
        assert_eq!(managed(&first), [r#"create/Update: {"f:data":{".":{},"f:a":{},"f:b":{}}}"#]);
        let mut second = Object::decode(&config_map(json!({"a": "1", "b": "3"}))).0;
        update(Some(&first), &mut second, &writer("edit"));
        let expected =
            [r#"create/Update: {"f:data":{".":{},"f:a":{}}}"#, r#"edit/Update: {"f:data":{"f:b":{}}}"#];
        assert_eq!(managed(&second), expected);
        let refused =
            applied(Some(&second), &config_map(json!({"a": "x", "b": "y"})), "me", false).unwrap_err();
        let lines = "Apply failed with 2 conflicts: conflicts with \"create\" using v1 at 1970-01-01T00:00:00Z:\n\
                     - .data.a\nconflicts with \"edit\" using v1 at 1970-01-01T00:00:00Z:\n- .data.b";
        assert_eq!(refused.message, lines);
    }

    #[test]
    fn what_client_side_apply_wrote_may_be_applied_on_the_server() {
        let mut stored = config_map(json!({"a": "1"}));
        let key = "kubectl.kubernetes.io/last-applied-configuration";
        stored["metadata"]["annotations"] = json!({key: stored.to_string()});
        let stored = Object::decode(&stored).0;
        assert!(applied(Some(&stored), &config_map(json!({"a": "2"})), "kubectl", false).is_ok());
        let mut changed = stored.to_value();
        changed["data"]["a"] = "by somebody".into();
        let changed = Object::decode(&changed).0;
        let refused = applied(Some(&changed), &config_map(json!({"a": "2"})), "kubectl", false).unwrap_err();
        assert!(refused.message.contains("before-first-apply"), "{}", refused.message);
    }

    #[test]
    fn defaults_go_with_what_they_stand_in() {
        let probe = |path: &str| json!({"httpGet": {"path": path, "port": 80}});
        let with = pod(json!([{"name": "a", "image": "a", "livenessProbe": probe("/")}]));
        let mut stored = applied(None, &with, "one", false).unwrap();
        lifepod_api::defaults::apply(&mut stored);
        let without = pod(json!([{"name": "a", "image": "a"}]));
        let after = applied(Some(&stored), &without, "one", false).unwrap().to_value();
        assert_eq!(after["spec"]["containers"][0].get("livenessProbe"), None);
        assert_eq!(after["spec"]["containers"][0]["terminationMessagePath"], "/dev/termination-log");
    }
}
