//! From a recording's manifests, nodes and actions to a simulated run.

use super::written;
use crate::topics::pod_timelines::script::{behavior, images};
use lifepod_api::labels::Labels;
use lifepod_api::{Object, ObjectKey, SimTime, Taint};
use lifepod_engine::client::{Api, FieldValidation, PatchType, Subresource};
use lifepod_engine::jitter::{Draw, JitterMode};
use lifepod_engine::{
    BehaviorRule, Cluster, Command, Config, DeleteOptions, Fault, ImageRule, KubeletConfig, Latency,
    NodeConfig, NodeFault, PropagationPolicy,
};
use lifepod_workload::behavior::{Behavior, OnTerm};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// The recordings' manifests were posted to a running cluster: the run begins a little before.
const LEAD: SimTime = SimTime::from_secs(20);

/// `system-node-critical` is there in every cluster.
const PRIORITY_CLASSES: [(&str, i32, &str); 5] = [
    ("oracle-low", 100, "PreemptLowerPriority"),
    ("oracle-mid", 500, "PreemptLowerPriority"),
    ("oracle-high", 1000, "PreemptLowerPriority"),
    ("oracle-never", 1000, "Never"),
    ("system-node-critical", 2_000_001_000, "PreemptLowerPriority"),
];

/// A recording's scenario as it runs: it can be stopped at any time, copied, and go on under other chances.
#[derive(Clone)]
pub(super) struct Run<'a> {
    v: &'a Value,
    cluster: Cluster,
    /// What is still to be done, and when.
    actions: VecDeque<(f64, &'a Value)>,
    namespace: &'a str,
    /// The nodes whose rows are compared.
    nodes: Vec<String>,
    /// When the recording stopped.
    end: f64,
}

impl<'a> Run<'a> {
    /// The cluster as it was when the manifests had been posted.
    pub(super) fn new(v: &'a Value, seed: u64) -> Result<Self, String> {
        let rows = v["timeline"].as_array().map_or(&[][..], Vec::as_slice);
        let end = rows.iter().filter_map(|e| e["t"].as_f64()).fold(1.0, f64::max);
        let end = v["durationSeconds"].as_f64().unwrap_or(end);
        let namespace = v["id"].as_str().unwrap_or("default");
        let nodes = nodes(v, rows);
        let shared = nodes.iter().filter(|node| node.labels.get("pool").is_some_and(|pool| pool == "main"));
        let shared: Vec<String> = shared.map(|node| node.name.clone()).collect();
        let names: Vec<String> = nodes.iter().map(|node| node.name.clone()).collect();
        let created =
            v["actions"].as_array().into_iter().flatten().filter_map(|a| a["node"]["name"].as_str());
        let names = names.into_iter().chain(created.map(str::to_string));
        let shown: Vec<String> = names.filter(|name| has_rows(rows, name)).collect();
        let config = Config {
            seed,
            jitter: JitterMode::Given(implied(rows, &nodes)),
            epoch_micros: epoch(rows),
            latency: latency(),
            nodes,
            images: [common_image(rows)].into_iter().chain(images(v)).collect(),
            behaviors: unscripted(v),
            kubelet: KubeletConfig {
                serialize_image_pulls: false,
                correlate_events: true,
                ..Default::default()
            },
            ..Config::default()
        };
        let mut cluster = Cluster::new(with_scripts(config, v)?);
        // The namespace was there before; nothing else has to do with it.
        let home = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}});
        cluster.apply(Command::Create(Box::new(decode(&home, "")?))).map_err(|status| status.message)?;
        // So were the priority classes that the recordings' clusters had.
        for (name, value, policy) in PRIORITY_CLASSES {
            let class = json!({
                "apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": name},
                "value": value, "preemptionPolicy": policy,
            });
            cluster.apply(Command::Create(Box::new(decode(&class, "")?))).map_err(|status| status.message)?;
        }
        for pod in shared.iter().enumerate().filter_map(|(index, node)| neighbour(node, index, seed)) {
            cluster.apply(Command::Create(Box::new(decode(&pod, "kube-system")?))).map_err(|s| s.message)?;
        }
        let mut at = LEAD;
        for manifest in v["manifests"].as_array().into_iter().flatten() {
            at = at.max(LEAD + SimTime::from_secs_f64(posted(rows, manifest)));
            cluster.run_until(at);
            cluster
                .apply(Command::Create(Box::new(decode(manifest, namespace)?)))
                .map_err(|status| status.message)?;
        }
        Ok(Run { v, cluster, actions: actions(rows).into(), namespace, nodes: shown, end })
    }

    /// When the recording stopped, in seconds since the manifests were posted.
    pub(super) fn end(&self) -> f64 {
        self.end
    }

    /// What time it is, in seconds since the manifests were posted.
    pub(super) fn now(&self) -> f64 {
        self.cluster.now().as_secs_f64() - LEAD.as_secs_f64()
    }

    /// Chance decides otherwise from now on.
    pub(super) fn reseed(&mut self, seed: u64) {
        self.cluster.reseed(seed);
    }

    /// Runs on until `until`, and does what the recording's driver did up to then.
    pub(super) fn run_until(&mut self, until: f64) -> Result<(), String> {
        while let Some((at, action)) = self.actions.pop_front_if(|(at, _)| *at <= until) {
            self.cluster.run_until(LEAD + SimTime::from_secs_f64(at));
            act(&mut self.cluster, self.v, action, self.namespace)?;
        }
        self.cluster.run_until(LEAD + SimTime::from_secs_f64(until));
        Ok(())
    }

    /// What happened so far, in the recording's form.
    pub(super) fn rows(&self) -> Vec<Value> {
        let mut rows = written::timeline(self.cluster.trace(), LEAD, self.namespace, &self.nodes);
        rows.retain(|row| row["src"] == "node" || row["t"].as_f64().is_some_and(|t| t >= 0.0));
        rows
    }
}

/// What other scenarios hold of a node that all share: it decides which node the scheduler likes best. In every second
/// run they hold alike much of each.
fn neighbour(node: &str, index: usize, seed: u64) -> Option<Value> {
    let cpu = (seed / 2).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(8 * index as u32) % 400;
    let manifest = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": format!("neighbour-{node}")},
        "spec": {"nodeName": node, "containers": [{
            "name": "a", "image": "sim/app:v1", "resources": {"requests": {"cpu": format!("{cpu}m")}},
        }]},
    });
    seed.is_multiple_of(2).then_some(manifest)
}

/// When the recording's driver posted a manifest: one after the other, if within hundredths of a second.
fn posted(rows: &[Value], manifest: &Value) -> f64 {
    let src = manifest["kind"].as_str().unwrap_or("").to_lowercase();
    let of_it = |row: &&Value| {
        row["src"] == src.as_str() && row["type"] == "ADDED" && row["name"] == manifest["metadata"]["name"]
    };
    rows.iter().find(of_it).and_then(|row| row["t"].as_f64()).filter(|at| *at < 1.0).unwrap_or(0.0)
}

/// Many scenarios ran at once on few cores, with pods that did nothing: much was done at once, and now and then something
/// had to wait for its turn.
fn latency() -> Latency {
    Latency {
        spread_percent: 2000,
        run_pod_sandbox: SimTime::from_millis(5),
        create_container: SimTime::from_millis(2),
        relist: SimTime::from_millis(3),
        ..Latency::instant()
    }
}

/// What the driver did, and when it took effect.
fn actions(rows: &[Value]) -> Vec<(f64, &Value)> {
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

/// The draws about the lives of nodes that the recording implies: when the node controller looked, when the lost nodes
/// had renewed their Leases last, and when kubelets looked at their nodes.
fn implied(rows: &[Value], nodes: &[NodeConfig]) -> BTreeMap<Draw, VecDeque<f64>> {
    let at = |row: &Value| row["t"].as_f64().unwrap_or(0.0);
    let lead = LEAD.as_secs_f64();
    let share = |t: f64, period: f64| (t + lead).rem_euclid(period) / period;
    let lost = |name: &str| {
        let unknown = |row: &&Value| {
            row["src"] == "node" && row["name"] == name && row["conditions"]["Ready"]["status"] == "Unknown"
        };
        rows.iter().find(unknown).map(at)
    };
    let stopped = |name: &str| {
        let stop = |row: &&Value| {
            let action = &row["action"];
            (action["do"] == "killnode" && action["node"] == name) || action["do"] == "freeze"
        };
        rows.iter().find(stop).map(at)
    };
    let mut given: BTreeMap<Draw, VecDeque<f64>> = BTreeMap::new();
    let first = nodes.iter().filter_map(|node| lost(&node.name)).fold(f64::INFINITY, f64::min);
    if first.is_finite() {
        // What was seen is what the look led to, a moment later.
        given.insert(Draw::NodeMonitorPhase, VecDeque::from([share(first - 0.02, 5.0)]));
        let renewals = nodes.iter().filter(|node| !node.off).map(|node| {
            let (Some(lost), Some(stopped)) = (lost(&node.name), stopped(&node.name)) else { return 0.5 };
            // The look 50 s before saw a renewal of the 5 s before it, and none came after the stop.
            let seen = lost - 50.02;
            share((seen - 0.5).min(stopped - 0.2), 10.0)
        });
        given.insert(Draw::HeartbeatPhase, renewals.collect());
    }
    if !first.is_finite()
        && let Some(row) = rows.iter().find(|row| row["reason"] == "RegisteredNode" && at(row) > 0.0)
    {
        given.insert(Draw::NodeMonitorPhase, VecDeque::from([share(at(row) - 0.02, 5.0)]));
    }
    // Who else would say of a pod on a lost node that it failed?
    let collected = rows.iter().find(|row| {
        let node = &row["kubectl"]["Node"];
        let mut before = rows.iter().filter(|r| r["src"] == "node" && r["name"] == *node && at(r) <= at(row));
        row["src"] == "pod"
            && row["phase"] == "Failed"
            && before.next_back().is_some_and(|node| node["conditions"]["Ready"]["status"] == "Unknown")
    });
    if let Some(row) = collected {
        given.insert(Draw::PodGcPhase, VecDeque::from([share(at(row) - 0.02, 20.0)]));
    }
    let looked = |name: &str| {
        let told = |row: &&Value| {
            row["src"] == "event"
                && row["name"] == name
                && matches!(row["reason"].as_str(), Some("NodeNotSchedulable" | "NodeSchedulable"))
        };
        rows.iter().find(told).map_or(0.5, |row| share(at(row) - 0.01, 10.0))
    };
    given.insert(Draw::NodeStatusPhase, nodes.iter().map(|node| looked(&node.name)).collect());
    given
}

fn decode(manifest: &Value, namespace: &str) -> Result<Object, String> {
    let (mut object, errors) = Object::decode(manifest);
    if let Some(error) = errors.first() {
        return Err(format!("a manifest does not decode: {}", error.message));
    }
    let kind = lifepod_api::Kind::find(object.api_version(), object.kind());
    if object.meta().namespace.is_empty() && kind.is_none_or(|kind| kind.namespaced) {
        object.meta_mut().namespace = namespace.to_string();
    }
    Ok(object)
}

/// Whether the recording shows what became of a node.
fn has_rows(rows: &[Value], name: &str) -> bool {
    rows.iter().any(|row| row["src"] == "node" && row["name"] == name)
}

/// A calendar in which the recorded times of day, of which statuses show whole seconds and CronJobs minutes, are the
/// simulation's.
fn epoch(rows: &[Value]) -> i64 {
    let zero = zero_micros(rows).unwrap_or(1_767_225_600_000_000);
    zero - LEAD.0 as i64
}

fn zero_micros(rows: &[Value]) -> Option<i64> {
    let scheduled = rows.iter().find_map(|row| {
        let owner = row["owner"].as_str()?;
        if row["src"] != "job" || !owner.starts_with("CronJob/") {
            return None;
        }
        let minutes: i64 = row["name"].as_str()?.rsplit('-').next()?.parse().ok()?;
        let cron = rows.iter().find(|cron| {
            cron["src"] == "cronjob"
                && cron["status"]["active"].as_array().is_some_and(|jobs| jobs.contains(&row["name"]))
        })?;
        let at = cron["status"]["lastScheduleTime"].as_f64()?;
        Some(minutes * 60_000_000 - (at * 1e6) as i64)
    });
    let second = || {
        let time = rows.iter().filter(|row| row["src"] != "node").find_map(|row| {
            let condition =
                row["conditions"].as_object()?.values().find_map(|c| c["lastTransitionTime"].as_f64());
            condition.or_else(|| row["status"]["startTime"].as_f64())
        })?;
        Some(1_767_225_600_000_000 + ((-time).rem_euclid(1.0) * 1e6) as i64)
    };
    scheduled.or_else(second)
}

/// The nodes of the recording: those that it describes, and those that its pods ran on.
fn nodes(v: &Value, rows: &[Value]) -> Vec<NodeConfig> {
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

/// The scripts of all containers, from the annotations `sim/<container>` wherever they stand.
fn with_scripts(mut config: Config, v: &Value) -> Result<Config, String> {
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
fn common_image(rows: &[Value]) -> ImageRule {
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
fn unscripted(v: &Value) -> Vec<BehaviorRule> {
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

/// Does what the recording's driver did.
fn act(cluster: &mut Cluster, v: &Value, action: &Value, namespace: &str) -> Result<(), String> {
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
