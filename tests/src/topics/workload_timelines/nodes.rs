//! The nodes of a recording, and what else was on them.

use lifepod_api::Taint;
use lifepod_api::labels::Labels;
use lifepod_engine::NodeConfig;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The nodes of the recording: those that it describes, and those that its pods ran on.
pub(super) fn nodes(v: &Value, rows: &[Value]) -> Vec<NodeConfig> {
    let mut nodes: BTreeMap<String, NodeConfig> = BTreeMap::new();
    let small = || {
        let pairs = [("cpu", "1"), ("memory", "3840Mi"), ("pods", "400")];
        pairs.into_iter().map(|(key, value)| (key.to_string(), value.to_string())).collect()
    };
    // What the driver makes later is a machine that is off before.
    let made = v["actions"].as_array().into_iter().flatten().map(|a| &a["node"]).filter(|n| n.is_object());
    let described = v["nodes"].as_array().into_iter().flatten().filter(|node| node.is_object());
    // A cluster of the runs named D has the described nodes only; rows of others are of those that were before.
    let complete = is_driven(v);
    let initial = rows.iter().filter(|row| {
        let before = row["type"] == "INITIAL" || row["t"].as_f64().is_some_and(|t| t < 0.0);
        !complete && row["src"] == "node" && before
    });
    for node in described.chain(initial).chain(made.clone()) {
        let name = node["name"].as_str().unwrap_or("").to_string();
        let text = |map: &Value| -> Labels {
            let pairs = map.as_object().into_iter().flatten();
            pairs.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_string()))).collect()
        };
        let known = nodes.entry(name.clone()).or_insert_with(|| NodeConfig::named(&name));
        known.labels.extend(text(&node["labels"]));
        known.allocatable = match text(&node["allocatable"]) {
            empty if empty.is_empty() => small(),
            given => given,
        };
        known.taints = serde_json::from_value::<Vec<Value>>(node["taints"].clone())
            .unwrap_or_default()
            .iter()
            .map(taint)
            .collect();
        known.unschedulable = node["unschedulable"] == true;
    }
    for node in made {
        let known = nodes.get_mut(node["name"].as_str().unwrap_or(""));
        known.into_iter().for_each(|known| known.off = true);
    }
    if complete {
        return nodes.into_values().collect();
    }
    // A pod's node selector tells the pool of the nodes that it ran on; the pool `main` is three nodes.
    let mut pools: BTreeMap<String, String> = BTreeMap::new();
    let text = v["manifests"].to_string() + &v["actions"].to_string();
    if text.contains(r#""pool":"main""#) {
        pools.extend(["w1", "w2", "w3"].map(|name| (name.to_string(), "main".to_string())));
    }
    for row in rows.iter().filter(|row| row["src"] == "pod") {
        let node = row["kubectl"]["Node"].as_str().unwrap_or("<none>");
        // A pod that names a node that is not there never runs.
        let ran = row["containers"].as_object().is_some_and(|statuses| !statuses.is_empty());
        let known = nodes.get(node).is_some_and(|known| known.labels.contains_key("pool"));
        if ran && node != "<none>" && !known && !pools.contains_key(node) {
            pools.insert(node.to_string(), pool_of(v, row).unwrap_or_default());
        }
    }
    for (name, pool) in pools {
        let mut node = NodeConfig { allocatable: small(), ..NodeConfig::named(&name) };
        if !pool.is_empty() {
            node.labels.insert("pool".to_string(), pool);
        }
        let zone = rows.iter().find_map(|row| {
            let on_it = row["src"] == "pod" && row["kubectl"]["Node"] == name.as_str();
            row["labels"]["topology.kubernetes.io/zone"].as_str().filter(|_| on_it)
        });
        if let Some(zone) = zone {
            node.labels.insert("topology.kubernetes.io/zone".to_string(), zone.to_string());
        }
        let labels = node.labels.clone();
        nodes.entry(name).or_insert(node).labels.extend(labels);
    }
    // Nodes that come later are off before; those that come back are not.
    for node in nodes.values_mut() {
        let first = v["actions"].as_array().into_iter().flatten().find(|a| a["node"] == node.name.as_str());
        node.off = first.is_some_and(|action| action["do"] == "startnode");
    }
    nodes.into_values().collect()
}

/// Whether a driver stood in for the kubelets (the runs named D).
pub(super) fn is_driven(v: &Value) -> bool {
    v["run"].as_str().is_some_and(|run| run.starts_with('D'))
}

/// The pool that the manifest behind a pod's row asks for.
fn pool_of(v: &Value, pod: &Value) -> Option<String> {
    let created = v["actions"].as_array().into_iter().flatten().map(|action| &action["body"]);
    let manifests = v["manifests"].as_array().into_iter().flatten().chain(created);
    let name = pod["name"].as_str()?;
    let runs = |m: &Value| m["kind"] == "Pod" || m["kind"] == "CronJob" || m["spec"]["template"].is_object();
    let named =
        |m: &&Value| runs(m) && m["metadata"]["name"].as_str().is_some_and(|own| name.starts_with(own));
    let manifest =
        manifests.filter(named).max_by_key(|m| m["metadata"]["name"].as_str().map_or(0, str::len))?;
    let spec = match manifest["kind"].as_str()? {
        "Pod" => &manifest["spec"],
        "CronJob" => &manifest["spec"]["jobTemplate"]["spec"]["template"]["spec"],
        _ => &manifest["spec"]["template"]["spec"],
    };
    Some(spec["nodeSelector"]["pool"].as_str()?.to_string())
}

fn taint(value: &Value) -> Taint {
    let text = |key: &str| value[key].as_str().unwrap_or("").to_string();
    Taint { key: text("key"), value: text("value"), effect: text("effect"), ..Taint::default() }
}

/// Whether the recording shows what became of a node.
pub(super) fn has_rows(rows: &[Value], name: &str) -> bool {
    rows.iter().any(|row| row["src"] == "node" && row["name"] == name)
}

/// What other scenarios hold of the nodes that all share: it decides which of these the scheduler likes best. In every
/// second run they hold alike much of each; in the others any amount, or the less of a node, the more of the recorded pods
/// it got.
pub(super) fn neighbours(nodes: &[NodeConfig], rows: &[Value], seed: u64) -> Vec<Value> {
    let shared = nodes.iter().filter(|node| node.labels.get("pool").is_some_and(|pool| pool == "main"));
    let names: Vec<&str> = shared.map(|node| node.name.as_str()).collect();
    if !seed.is_multiple_of(2) {
        return Vec::new();
    }
    let got = |name: &str| {
        let pods: BTreeSet<&str> = rows
            .iter()
            .filter(|row| row["src"] == "pod" && row["kubectl"]["Node"] == name)
            .filter_map(|row| row["name"].as_str())
            .collect();
        pods.len() as u64
    };
    let most = names.iter().map(|name| got(name)).max().unwrap_or(0).max(1);
    let neighbour = |(index, name): (usize, &&str)| {
        let any = (seed / 2).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(8 * index as u32) % 400;
        let cpu = match seed.is_multiple_of(4) {
            true => any,
            // A little beside it, so that equals differ.
            false => 360 * (most - got(name)) / most + any / 10,
        };
        json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": format!("neighbour-{name}")},
            "spec": {"nodeName": name, "containers": [{
                "name": "a", "image": "sim/app:v1", "resources": {"requests": {"cpu": format!("{cpu}m")}},
            }]},
        })
    };
    names.iter().enumerate().map(neighbour).collect()
}
