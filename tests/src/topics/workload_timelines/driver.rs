//! What a recording's driver did, done to the simulated cluster.

use super::replay::{LEAD, decode};
use super::written;
use lifepod_api::ObjectKey;
use lifepod_engine::client::{Api, FieldValidation, PatchType, Subresource};
use lifepod_engine::{Cluster, Command, DeleteOptions, Fault, NodeFault, PropagationPolicy};
use serde_json::{Value, json};

/// What the driver did, and when it took effect.
pub(super) fn actions(rows: &[Value]) -> Vec<(f64, &Value)> {
    let at = |row: &Value| row["t"].as_f64().unwrap_or(0.0).max(0.0);
    let mut actions: Vec<(f64, bool, &Value)> = rows
        .iter()
        .filter(|row| row["src"] == "action")
        .map(|row| {
            let heard = |node: &&Value| {
                node["src"] == "node"
                    && at(node) >= at(row)
                    && node["conditions"]["Ready"]["status"] == "True"
            };
            // Heartbeats that begin again are seen at the next one.
            let effect = match row["action"]["do"] == "unfreeze" {
                true => rows.iter().find(heard).map_or(at(row), at),
                false => at(row),
            };
            (effect, row["code"] == 429, &row["action"])
        })
        .collect();
    // Evictions that were asked for at once are told of in the order of their answers: who was let through came first.
    actions.sort_by(|a, b| {
        let near = (a.0 - b.0).abs() < 0.05 && a.2["do"] == "evict" && b.2["do"] == "evict";
        if near { a.1.cmp(&b.1) } else { a.0.total_cmp(&b.0) }
    });
    actions.into_iter().map(|(at, _, action)| (at, action)).collect()
}

/// Does what the recording's driver did.
pub(super) fn act(cluster: &mut Cluster, v: &Value, action: &Value, namespace: &str) -> Result<(), String> {
    let text = |key: &str| action[key].as_str().unwrap_or("");
    let key = |kind: &str, name: &str| {
        let cluster_wide = matches!(kind, "Node" | "Namespace" | "PriorityClass" | "PersistentVolume");
        ObjectKey::new(kind, if cluster_wide { "" } else { namespace }, name)
    };
    let options = DeleteOptions {
        grace_period_seconds: action["grace"].as_i64(),
        propagation_policy: match text("propagation") {
            "Foreground" => Some(PropagationPolicy::Foreground),
            "Orphan" => Some(PropagationPolicy::Orphan),
            _ => Some(PropagationPolicy::Background),
        },
        ..DeleteOptions::default()
    };
    let verb = text("do");
    // A drain is a series of evictions, each with its own row.
    if verb == "drain" {
        return Ok(());
    }
    if verb == "kubectl" {
        return kubectl(cluster, action, namespace);
    }
    let target = match target(cluster, v, action, namespace) {
        Some(target) => target,
        None if matches!(verb, "deletepod" | "relabel") => return Err(format!("no pod for {action}")),
        None => String::new(),
    };
    // The recordings' nodes go down with their containers, as in a power cut.
    let power = |lasts| Fault::Node { name: text("node").to_string(), what: NodeFault::PowerLoss, lasts };
    match verb {
        "killnode" => return cluster.apply(Command::Fault(power(None))).map_err(|status| status.message),
        // All heartbeats stop, and begin again.
        "freeze" | "unfreeze" => {
            let nodes: Vec<String> =
                cluster.api("driver").list("Node").map(|o| o.meta().name.clone()).collect();
            for name in nodes {
                let cut = Fault::Node { name, what: NodeFault::Partition, lasts: None };
                let command = if verb == "freeze" { Command::Fault(cut) } else { Command::Mend(cut) };
                cluster.apply(command).map_err(|status| status.message)?;
            }
            return Ok(());
        }
        "startnode" => return cluster.apply(Command::Mend(power(None))).map_err(|status| status.message),
        // A machine that was not known before is started.
        "createnode" => {
            let name = action["node"]["name"].as_str().unwrap_or("").to_string();
            let start = Fault::Node { name, what: NodeFault::PowerLoss, lasts: None };
            return cluster.apply(Command::Mend(start)).map_err(|status| status.message);
        }
        _ => {}
    }
    let mut api = cluster.api("driver");
    api.act(verb);
    let patch = |api: &mut Api<'_>, key: ObjectKey, body: &Value, patch_type: PatchType| {
        let sub = if text("sub") == "/status" { Subresource::Status } else { Subresource::Main };
        let _the_recording_says_so_too = api.patch(&key, body, patch_type, sub, FieldValidation::Warn);
    };
    match verb {
        "create" => {
            let _the_recording_says_so_too = api.create(decode(&action["body"], namespace)?);
        }
        "patch" => patch(&mut api, key(text("kind"), text("name")), &action["body"], PatchType::Strategic),
        "patchjson" => patch(&mut api, key(text("kind"), text("name")), &action["body"], PatchType::Merge),
        "delete" => {
            let _the_recording_says_so_too = api.delete(&key(text("kind"), text("name")), &options);
        }
        "deletepod" => {
            let _the_recording_says_so_too = api.delete(&key("Pod", &target), &options);
        }
        "relabel" => {
            let body = json!({"metadata": {"labels": action["labels"]}});
            patch(&mut api, key("Pod", &target), &body, PatchType::Merge);
        }
        "evict" => {
            let given = &action["deleteOptions"];
            let dry = given["dryRun"].is_array();
            let eviction = DeleteOptions {
                grace_period_seconds: given["gracePeriodSeconds"].as_i64(),
                uid: given["preconditions"]["uid"].as_str().map(str::to_string),
                ..DeleteOptions::default()
            };
            let evict = |api: &mut Api<'_>| {
                let _the_recording_says_so_too = api.evict(namespace, &target, &eviction);
            };
            if dry { api.rehearse(evict) } else { evict(&mut api) }
        }
        "taint" => {
            let node = key("Node", text("node"));
            let stored = api.get(&node).ok_or("no such node")?.to_value();
            let mut taints = stored["spec"]["taints"].as_array().cloned().unwrap_or_default();
            taints.retain(|taint| taint["key"] != action["key"]);
            if action["effect"].is_string() {
                taints.push(json!({"key": text("key"), "value": text("value"), "effect": text("effect")}));
            }
            patch(&mut api, node, &json!({"spec": {"taints": taints}}), PatchType::Merge);
        }
        other => return Err(format!("the runner does not know the action {other:?}")),
    }
    Ok(())
}

/// Runs what was typed; reading commands change nothing.
fn kubectl(cluster: &mut Cluster, action: &Value, namespace: &str) -> Result<(), String> {
    let words = action["args"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let quoted: Vec<String> = words.map(|word| format!("'{}'", word.replace('\'', "'\\''"))).collect();
    let line = format!("kubectl -n {namespace} {}", quoted.join(" "));
    if let Ok(client) = lifepod_kubectl::action(&line, Vec::new()) {
        let _the_recording_says_so_too = cluster.apply(Command::Client(client));
    }
    Ok(())
}

/// The pod that an action is about: the one that was created as the so-manieth of its kind in the recording too.
fn target(cluster: &mut Cluster, v: &Value, action: &Value, namespace: &str) -> Option<String> {
    let target = action["target"].as_str()?;
    let rows = v["timeline"].as_array()?;
    let pod = rows.iter().find(|row| row["src"] == "pod" && row["name"] == target)?;
    let owner = pod["owner"].as_str().unwrap_or("").split('/').next().unwrap_or("").to_string();
    if owner.is_empty() || owner == "StatefulSet" {
        return Some(target.to_string());
    }
    // Pods of one owner are created in some order; the owner's name may have a random end itself.
    let born: Vec<&Value> = rows
        .iter()
        .filter(|row| row["src"] == "pod" && row["type"] == "ADDED" && row["owner"] == pod["owner"])
        .collect();
    let rank = born.iter().position(|row| row["name"] == target)?;
    let owners = |rows: &mut dyn Iterator<Item = String>| {
        let mut seen: Vec<String> = Vec::new();
        rows.for_each(|owner| {
            if !seen.contains(&owner) {
                seen.push(owner);
            }
        });
        seen
    };
    let added = |row: &&Value| row["src"] == "pod" && row["type"] == "ADDED";
    let recorded =
        owners(&mut rows.iter().filter(added).filter_map(|row| Some(row["owner"].as_str()?.into())));
    let nth = recorded.iter().position(|name| pod["owner"] == name.as_str())?;
    let simulated = written::timeline(cluster.trace(), LEAD, namespace, &[]);
    let names =
        owners(&mut simulated.iter().filter(added).filter_map(|row| Some(row["owner"].as_str()?.into())));
    // Owners with fixed names are found by these.
    let same = names.iter().find(|name| pod["owner"] == name.as_str()).or_else(|| names.get(nth))?;
    let mut pods = simulated.iter().filter(added).filter(|row| row["owner"] == same.as_str());
    Some(pods.nth(rank)?["name"].as_str()?.to_string())
}
