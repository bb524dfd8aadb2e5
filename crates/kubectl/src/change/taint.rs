//! `kubectl taint` (`kubectl/pkg/cmd/taint`).

use super::Ended;
use super::session::{Session, Unnamed};
use crate::targets;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use lifepod_api::validation::names::{label_value, qualified_name};
use serde_json::{Value, json};

/// A taint as it is typed.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Taint {
    key: String,
    value: String,
    effect: String,
}

impl Taint {
    fn same(&self, other: &Value) -> bool {
        other["key"] == *self.key && other["effect"] == *self.effect
    }

    fn to_value(&self) -> Value {
        let mut value = json!({"effect": self.effect, "key": self.key});
        if !self.value.is_empty() {
            value["value"] = self.value.as_str().into();
        }
        value
    }
}

pub(super) fn taint(s: &mut Session<'_, '_>, words: &[String]) -> Ended {
    let is_taint = |w: &String| w.contains(['=', ':']) || w.ends_with('-');
    let (resources, specs) = words.split_at(words.iter().position(is_taint).unwrap_or(words.len()));
    if let Some(late) = specs.iter().find(|w| !is_taint(w)) {
        return Err(format!("all resources must be specified before taint changes: {late}").into());
    }
    if resources.is_empty() {
        return Err("one or more resources must be specified as <resource> <name>".into());
    }
    if specs.is_empty() {
        return Err("at least one taint update is required".into());
    }
    let (added, removed) =
        parse_all(specs).map_err(|e| format!("{e}\nSee 'kubectl taint -h' for help and examples"))?;
    let kind = targets::find(&resources[0].to_lowercase())?;
    if kind.kind != "Node" {
        let message =
            format!("invalid resource type {}, only node types are supported", resources[0].to_lowercase());
        return Err(message.into());
    }
    let conflicts: Vec<String> = added
        .iter()
        .flat_map(|a| removed.iter().filter(move |r| r.key == a.key))
        .filter(|r| r.effect.is_empty() || added.iter().any(|a| a.key == r.key && a.effect == r.effect))
        .map(|r| format!("{}={}", r.key, r.effect))
        .collect();
    if !conflicts.is_empty() {
        return Err(format!(
            "can not both modify and remove the following taint(s) in the same command: {}",
            conflicts.join(", ")
        )
        .into());
    }
    let selects = s.args.value("selector").is_some();
    if s.args.is_set("all") && selects {
        return Err("setting 'all' parameter with a non empty selector is prohibited".into());
    }
    if resources.len() < 2 && !s.args.is_set("all") && !selects {
        return Err("at least one resource name must be specified since 'all' parameter is not set".into());
    }
    let (infos, mut failures) = s.infos(resources, Unnamed::Refused)?;
    for info in infos {
        let old: Vec<Value> = info.value["spec"]["taints"].as_array().cloned().unwrap_or_default();
        match changed(&old, &added, &removed, s.args.is_set("overwrite"), info.name()) {
            Err(message) => failures.push(message.into()),
            Ok((operation, taints)) => {
                let mut wanted = info.value.clone();
                match wanted["spec"].as_object_mut() {
                    Some(spec) if taints.is_empty() => {
                        spec.remove("taints");
                    }
                    _ => wanted["spec"]["taints"] = taints.into(),
                }
                let value = s.patch_to(&info, &wanted)?.unwrap_or(info.value.clone());
                s.done(info.kind, &value, operation)?;
            }
        }
    }
    Ok(failures)
}

/// The new taints of a node, and what to call the change (`utils.go reorganizeTaints`).
fn changed(
    old: &[Value],
    added: &[Taint],
    removed: &[Taint],
    overwrite: bool,
    node: &str,
) -> Result<(&'static str, Vec<Value>), String> {
    if !overwrite {
        let taken: Vec<&str> =
            added.iter().filter(|a| old.iter().any(|o| a.same(o))).map(|a| a.key.as_str()).collect();
        if !taken.is_empty() {
            return Err(format!(
                "node {node} already has {} taint(s) with same effect(s) and --overwrite is false",
                taken.join(",")
            ));
        }
    }
    let kept = old.iter().filter(|o| !added.iter().any(|a| a.same(o))).cloned();
    let mut taints: Vec<Value> = added.iter().map(Taint::to_value).chain(kept).collect();
    let grew = taints.len() != old.len();
    let (mut missing, mut last_removed) = (Vec::new(), false);
    for gone in removed {
        let before = taints.len();
        taints
            .retain(|t| !(t["key"] == *gone.key && (gone.effect.is_empty() || t["effect"] == *gone.effect)));
        last_removed = taints.len() != before;
        if !last_removed {
            let shown = match gone.effect.as_str() {
                "" => gone.key.clone(),
                effect => format!("{}:{effect}", gone.key),
            };
            missing.push(format!("taint {shown:?} not found"));
        }
    }
    match missing.as_slice() {
        [] => {}
        [one] => return Err(one.clone()),
        many => return Err(format!("[{}]", many.join(", "))),
    }
    let operation = match (grew, last_removed) {
        (true, true) => "modified",
        _ if overwrite => "modified",
        (true, false) => "tainted",
        (false, _) => "untainted",
    };
    Ok((operation, taints))
}

/// The taints to add, and those to remove, which end with a dash.
fn parse_all(specs: &[String]) -> Result<(Vec<Taint>, Vec<Taint>), String> {
    let (mut added, mut removed): (Vec<Taint>, Vec<Taint>) = (Vec::new(), Vec::new());
    for spec in specs {
        if let Some(gone) = spec.strip_suffix('-') {
            removed.push(Taint { value: String::new(), ..parse(gone)? });
            continue;
        }
        let new = parse(spec)?;
        if new.effect.is_empty() {
            return Err(format!("invalid taint spec: {spec}"));
        }
        if added.iter().any(|a| a.key == new.key && a.effect == new.effect) {
            return Err(format!(
                "duplicated taints with the same key and effect: {{{} {} {} <nil>}}",
                new.key, new.value, new.effect
            ));
        }
        added.push(new);
    }
    Ok((added, removed))
}

/// `key=value:effect`, `key:effect` or `key`.
fn parse(spec: &str) -> Result<Taint, String> {
    let invalid = || format!("invalid taint spec: {spec}");
    let parts: Vec<&str> = spec.split(':').collect();
    let (pair, effect) = match parts.as_slice() {
        [key] => (*key, ""),
        [pair, effect] => (*pair, *effect),
        _ => return Err(invalid()),
    };
    if parts.len() == 2 && !["NoSchedule", "PreferNoSchedule", "NoExecute"].contains(&effect) {
        return Err(format!("invalid taint effect: {effect}, unsupported taint effect"));
    }
    let mut pair = pair.split('=');
    let (key, value) = match (pair.next(), pair.next(), pair.next()) {
        (Some(key), value, None) if parts.len() == 2 => (key, value.unwrap_or("")),
        _ if parts.len() == 1 => (parts[0], ""),
        _ => return Err(invalid()),
    };
    for errors in [label_value(value), qualified_name(key)] {
        if !errors.is_empty() {
            return Err(format!("{}, {}", invalid(), errors.join("; ")));
        }
    }
    Ok(Taint { key: key.to_string(), value: value.to_string(), effect: effect.to_string() })
}
