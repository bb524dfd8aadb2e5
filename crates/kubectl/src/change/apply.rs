//! `kubectl apply`, `kubectl create -f` and `kubectl replace` (`kubectl/pkg/cmd/{apply,create,replace}`).

use super::Ended;
use super::failure::Failure;
use super::session::{DryRun, Info, Session};
use crate::print::go_json;
use crate::rollout::LAST_APPLIED;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use lifepod_api::patch::{merge_diff, three_way};
use lifepod_engine::DeleteOptions;
use lifepod_engine::client::{PatchType, Subresource};
use serde_json::{Value, json};

/// Does something with every document, and goes on after errors.
fn each_document(
    s: &mut Session<'_, '_>,
    verb: &str,
    mut each: impl FnMut(&mut Session<'_, '_>, Info) -> Result<(), Failure>,
) -> Ended {
    if s.args.value("filename").is_none() {
        return Err("must specify one of -f and -k".into());
    }
    if s.documents.is_empty() {
        return Err(format!("no objects passed to {verb}").into());
    }
    let mut failures = Vec::new();
    for document in s.documents {
        let result = s.written(document).and_then(|info| each(s, info));
        failures.extend(result.err());
    }
    Ok(failures)
}

pub(super) fn create(s: &mut Session<'_, '_>) -> Ended {
    each_document(s, "create", |s, info| {
        let source = s.source();
        let mut value = info.value;
        if s.args.is_set("save-config") {
            value = with_last_applied(&value);
        }
        let created = s.create(&value).map_err(|f| f.with_source("creating", source))?;
        s.done(info.kind, &created, "created")
    })
}

pub(super) fn replace(s: &mut Session<'_, '_>) -> Ended {
    each_document(s, "replace", |s, info| {
        let source = s.source();
        if s.args.is_set("force") {
            let options = DeleteOptions { grace_period_seconds: Some(0), ..DeleteOptions::default() };
            let key = info.key();
            if s.api.delete(&key, &options).is_ok() {
                let line = match info.kind.namespaced {
                    true => format!(
                        "{} {:?} force deleted from {} namespace\n",
                        info.kind.prefix(),
                        info.name(),
                        info.namespace()
                    ),
                    false => format!("{} {:?} force deleted\n", info.kind.prefix(), info.name()),
                };
                s.output.stdout.push_str(&line);
            }
            let created = s.create(&info.value).map_err(|f| f.with_source("replacing", source))?;
            return s.done(info.kind, &created, "replaced");
        }
        let (object, warnings) = s.decode(&info.value)?;
        let result = s.send(|api| api.update(object, Subresource::Main));
        let replaced = result.map_err(|e| Failure::Server(e).with_source("replacing", source))?;
        s.warn(&warnings);
        s.done(info.kind, &replaced.to_value(), "replaced")
    })
}

pub(super) fn apply(s: &mut Session<'_, '_>) -> Ended {
    if s.args.is_set("server-side") {
        return Err("kubectl apply --server-side is not simulated; without it, it is".into());
    }
    each_document(s, "apply", apply_one)
}

/// `apply.go applyOneObject`.
fn apply_one(s: &mut Session<'_, '_>, info: Info) -> Result<(), Failure> {
    let source = s.source();
    if info.name().is_empty() {
        let generated = info.value["metadata"]["generateName"].as_str().unwrap_or("");
        if !generated.is_empty() {
            return Err(format!("from {generated}: cannot use generate name with apply").into());
        }
        return Err(format!(
            "error when retrieving current configuration of:\n{}\nfrom server for: \"{source}\": resource name may not be \
             empty",
            described(&info)
        )
        .into());
    }
    let modified = with_last_applied(&info.value);
    let Some(live) = s.api.get(&info.key()).map(|o| o.to_value()) else {
        let mut value = modified;
        prune_nulls(&mut value);
        let created = s.create(&value).map_err(|f| f.with_source("creating", source))?;
        return s.done(info.kind, &created, "created");
    };
    let live = Info { kind: info.kind, value: live };
    let applied = live.value["metadata"]["annotations"].get(LAST_APPLIED).and_then(Value::as_str);
    if applied.is_none() {
        s.output.note(&format!(
            "Warning: resource {}/{} is missing the {LAST_APPLIED} annotation which is required by kubectl apply. kubectl \
             apply should only be used on resources created declaratively by either kubectl create --save-config or \
             kubectl apply. The missing annotation will be patched automatically.",
            info.kind.plural,
            info.name()
        ));
    }
    let original = applied.and_then(|text| serde_json::from_str(text).ok()).unwrap_or(Value::Null);
    let ty = lifepod_api::Kind::find(&info.kind.api_version(), info.kind.kind).map(|k| k.ty);
    let (patch, patch_type) = match ty {
        Some(_) => (three_way(&original, &modified, &live.value, ty), PatchType::Strategic),
        // Types of which nothing is known are merged member by member.
        None => (merge_three_way(&original, &modified, &live.value), PatchType::Merge),
    };
    let unchanged = patch == json!({});
    let value = match unchanged {
        true => live.value.clone(),
        false => s.patch(&live, &patch, patch_type, Subresource::Main).map_err(|failure| {
            let doing = format!("applying patch:\n{}\nto:\n{}\nfor:", go_json(&patch), described(&info));
            failure.with_source(&doing, source)
        })?,
    };
    if s.dry_run != DryRun::Client && !live.value["metadata"]["deletionTimestamp"].is_null() {
        s.output.note(&format!(
            "Warning: Detected changes to resource {} which is currently being deleted.",
            info.name()
        ));
    }
    s.done(info.kind, &value, if unchanged { "unchanged" } else { "configured" })
}

/// An object as `resource.Info` prints itself.
fn described(info: &Info) -> String {
    let kind = info.kind;
    let version = match kind.group {
        "" => format!("/{}", kind.version),
        group => format!("{group}/{}", kind.version),
    };
    format!(
        "Resource: \"{version}, Resource={}\", GroupVersionKind: \"{version}, Kind={}\"\nName: \"{}\", Namespace: \"{}\"",
        kind.plural,
        kind.kind,
        info.name(),
        info.namespace()
    )
}

/// The object with itself in an annotation (`util.GetModifiedConfiguration`).
pub(super) fn with_last_applied(value: &Value) -> Value {
    let mut plain = value.clone();
    if !plain["metadata"]["annotations"].is_object() {
        plain["metadata"]["annotations"] = json!({});
    }
    if let Some(annotations) = plain["metadata"]["annotations"].as_object_mut() {
        annotations.remove(LAST_APPLIED);
    }
    let text = go_json(&plain) + "\n";
    plain["metadata"]["annotations"][LAST_APPLIED] = text.into();
    plain
}

/// The annotation that `kubectl apply` gives an object, for objects that are there from the start: its key and its
/// value. The namespace is `default` where the manifest names none.
pub fn last_applied(value: &Value) -> (String, String) {
    let mut value = value.clone();
    let sound = value.get("metadata").is_some_and(Value::is_object);
    let namespaced = crate::kinds::of(&value).is_some_and(|k| k.namespaced);
    if sound && namespaced && value["metadata"]["namespace"].is_null() {
        value["metadata"]["namespace"] = "default".into();
    }
    let text = match sound {
        true => with_last_applied(&value)["metadata"]["annotations"][LAST_APPLIED].as_str().map(String::from),
        false => None,
    };
    (LAST_APPLIED.into(), text.unwrap_or_default())
}

fn prune_nulls(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|_, v| !v.is_null());
            members.values_mut().for_each(prune_nulls);
        }
        Value::Array(list) => list.iter_mut().for_each(prune_nulls),
        _ => {}
    }
}

/// `jsonmergepatch.CreateThreeWayJSONMergePatch`: what differs from now, and the removal of what was there when it was
/// last applied.
fn merge_three_way(original: &Value, modified: &Value, current: &Value) -> Value {
    fn keep(patch: &mut Value, nulls: bool) {
        if let Value::Object(members) = patch {
            members.values_mut().for_each(|v| keep(v, nulls));
            members.retain(|_, v| match v {
                Value::Object(m) => !m.is_empty(),
                v => v.is_null() == nulls,
            });
        }
    }
    let mut changes = merge_diff(current, modified);
    keep(&mut changes, false);
    let mut removals = merge_diff(original, modified);
    keep(&mut removals, true);
    fn join(into: &mut Value, from: Value) {
        match (into, from) {
            (Value::Object(into), Value::Object(from)) => {
                for (key, value) in from {
                    join(into.entry(key).or_insert_with(|| json!({})), value);
                }
            }
            (into, from) => *into = from,
        }
    }
    join(&mut removals, changes);
    removals
}
