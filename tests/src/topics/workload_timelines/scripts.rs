//! What a recording's containers and images do.

use crate::topics::pod_timelines::script::behavior;
use lifepod_api::SimTime;
use lifepod_engine::{BehaviorRule, Config, ImageRule};
use lifepod_workload::behavior::{Behavior, OnTerm};
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The scripts of all containers, from the annotations `sim/<container>` wherever they stand.
pub(super) fn with_scripts(mut config: Config, v: &Value) -> Result<Config, String> {
    fn collect(value: &Value, scripts: &mut BTreeSet<String>) {
        match value {
            Value::Object(members) => {
                for (key, value) in members {
                    match value {
                        Value::String(text) if key.starts_with("sim/") => {
                            scripts.insert(text.clone());
                        }
                        other => collect(other, scripts),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| collect(item, scripts)),
            _ => {}
        }
    }
    let mut scripts = BTreeSet::new();
    collect(&v["manifests"], &mut scripts);
    collect(&v["actions"], &mut scripts);
    for text in scripts {
        let script: Value = serde_json::from_str(&text).map_err(|error| format!("{text}: {error}"))?;
        config.annotations.insert(text, scripted(&script));
    }
    config.annotation_prefix = "sim/".to_string();
    Ok(config)
}

/// What a script says, done a little later: from a kubelet's decision to the signal it is a call to another process, which
/// passes it on.
fn scripted(script: &Value) -> Arc<Behavior> {
    let mut behavior = behavior(script);
    if let OnTerm::Exit { after, .. } = &mut behavior.on_term {
        *after += SimTime::from_millis(2);
    }
    Arc::new(behavior)
}

/// The image that most scenarios use was on every node before long, but for nodes that only one scenario has.
pub(super) fn common_image(rows: &[Value]) -> ImageRule {
    let pulled = |row: &Value| {
        let message = row["message"].as_str().unwrap_or("");
        row["reason"] == "Pulling" && message.contains("\"sim/app:")
    };
    let first = rows.iter().find(|row| pulled(row)).and_then(|row| row["t"].as_f64());
    ImageRule {
        image: "sim/app:*".to_string(),
        present: first.is_none_or(|at| at > 0.5),
        size_bytes: Some(1000),
        ..ImageRule::default()
    }
}

/// Containers without a script run until they are told to stop.
pub(super) fn unscripted(v: &Value) -> Vec<BehaviorRule> {
    let created = v["actions"].as_array().into_iter().flatten().map(|action| &action["body"]);
    let manifests = v["manifests"].as_array().into_iter().flatten().chain(created);
    let rest = scripted(&Value::Null);
    let mut rules = Vec::new();
    rules.push(BehaviorRule {
        pods: "neighbour-*".to_string(),
        container: String::new(),
        behavior: rest.clone(),
    });
    for manifest in manifests {
        let Some(name) = manifest["metadata"]["name"].as_str() else { continue };
        let (pods, template) = match manifest["kind"].as_str() {
            Some("Pod") => (name.to_string(), manifest),
            Some("CronJob") => (format!("{name}-*"), &manifest["spec"]["jobTemplate"]["spec"]["template"]),
            _ => (format!("{name}-*"), &manifest["spec"]["template"]),
        };
        for container in template["spec"]["containers"].as_array().into_iter().flatten() {
            let container = container["name"].as_str().unwrap_or("").to_string();
            if template["metadata"]["annotations"][format!("sim/{container}")].is_null() {
                rules.push(BehaviorRule { pods: pods.clone(), container, behavior: rest.clone() });
            }
        }
    }
    rules
}
