//! From a recording's manifest, scripts and actions to a simulated run.

use super::compare::end_of_statuses;
use super::script;
use lifepod_api::{Map, Object, ObjectKey, SimTime, Subresource};
use lifepod_engine::jitter::{Draw, JitterMode};
use lifepod_engine::{
    Cluster, Command, Config, DeleteOptions, KubeletConfig, Latency, NodeConfig, RuntimeFault,
};
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};

/// The recordings' actions and posts happen on a running cluster: the run begins a little before.
const LEAD: f64 = 1.0;

/// How long a relist takes when nothing delays it.
pub(super) const RELIST_MEAN: SimTime = SimTime::from_millis(1);
/// How much longer than usual the recorded machine took at most, as a multiple: it was busy.
pub(super) const SPREAD: f64 = 99.0;

/// A recording as it is to be replayed.
pub(super) struct Recording<'a> {
    pub(super) name: &'a str,
    pub(super) timeline: &'a [Value],
    /// When the recorded pod is posted.
    pub(super) zero: SimTime,
    /// When the last entry was recorded, counted from `zero`.
    pub(super) end: f64,
    /// Until when statuses were recorded, counted from `zero`.
    pub(super) told: f64,
    /// Container, and command or path, of each probe, in the order in which a kubelet begins them.
    pub(super) probes: Vec<(String, String)>,
    /// A kubelet's new process has tickers of its own.
    pub(super) kubelet_restarts: bool,
    namespace: &'static str,
    commands: Vec<(SimTime, Command)>,
    config: Config,
}

/// The numbers that chance gave, by what they were drawn for.
pub(super) type Draws = BTreeMap<Draw, VecDeque<f64>>;

impl<'a> Recording<'a> {
    /// Lays a vector out for replaying.
    pub(super) fn new(v: &'a Value) -> Result<Self, String> {
        let timeline = v["timeline"].as_array().map_or(&[][..], Vec::as_slice);
        let neighbours: Vec<&Value> = v["neighbours"].as_array().into_iter().flatten().collect();
        let created = |v: &Value| v["createdAt"].as_f64().unwrap_or(0.0);
        let earliest = neighbours.iter().map(|n| created(n)).fold(created(v), f64::min);
        let zero = LEAD + created(v) - earliest;
        let annotations = &v["manifest"]["metadata"]["annotations"];
        let node = v["manifest"]["spec"]["nodeName"].as_str().unwrap_or("n1");
        let mut recording = Recording {
            name: v["manifest"]["metadata"]["name"].as_str().unwrap_or(""),
            timeline,
            zero: SimTime::from_secs_f64(zero),
            end: timeline.iter().filter_map(|e| e["t"].as_f64()).fold(1.0, f64::max),
            told: end_of_statuses(timeline).min(v["watchEnded"].as_f64().unwrap_or(f64::INFINITY)),
            probes: probes(&v["manifest"]["spec"]),
            kubelet_restarts: timeline.iter().any(|e| e["action"]["what"] == "kubelet killed"),
            namespace: if v["createdAt"].is_null() { "s2" } else { "p2" },
            commands: Vec::new(),
            config: Config {
                epoch_micros: epoch(timeline, zero),
                latency: latency(annotations),
                nodes: vec![node_config(node)],
                images: script::images(v),
                controller_manager: false,
                kubelet: KubeletConfig {
                    serialize_image_pulls: false,
                    correlate_events: false,
                    ..Default::default()
                },
                ..Config::default()
            },
        };
        recording.add_sources(v)?;
        recording.add_pod(v, zero)?;
        for neighbour in neighbours {
            recording.add_pod(neighbour, zero + created(neighbour) - created(v))?;
        }
        for entry in timeline.iter().filter(|e| e["src"] == "action") {
            recording.add_node_action(&entry["action"], zero + entry["t"].as_f64().unwrap_or(0.0))?;
        }
        Ok(recording)
    }

    /// Runs the scenario until the recording's last entry.
    pub(super) fn run(&self, draws: &Draws) -> Cluster {
        let config = Config { jitter: JitterMode::Given(draws.clone()), ..self.config.clone() };
        let mut cluster = Cluster::new(config);
        for (at, command) in &self.commands {
            cluster.schedule(*at, command.clone());
        }
        cluster.run_until(self.zero + SimTime::from_secs_f64(self.end + 0.5));
        cluster
    }

    fn at(&mut self, seconds: f64, command: Command) {
        self.commands.push((SimTime::from_secs_f64(seconds), command));
    }

    /// The post of a pod, and what was done to it.
    fn add_pod(&mut self, v: &Value, zero: f64) -> Result<(), String> {
        let name = v["manifest"]["metadata"]["name"].as_str().unwrap_or("").to_string();
        self.config.behaviors.extend(script::behaviors(&name, &v["manifest"]["metadata"]["annotations"])?);
        self.at(zero, create(&v["manifest"], self.namespace)?);
        for action in v["actions"].as_array().into_iter().flatten() {
            let command = command(action, self.namespace, &name)?;
            // When it was done, or for a neighbour when it was to be done.
            let done = v["timeline"].as_array().into_iter().flatten().find(|e| e["action"] == *action);
            let at = done.map_or(&action["at"], |entry| &entry["t"]).as_f64().unwrap_or(0.0);
            self.at(zero + at, command);
        }
        Ok(())
    }

    /// What the recordings' namespace held before.
    fn add_sources(&mut self, v: &Value) -> Result<(), String> {
        let namespace =
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.namespace}});
        self.at(0.0, create(&namespace, "")?);
        let mut objects = Vec::new();
        for (kind, name) in sources(v) {
            let data = if kind == "Secret" { json!({"A": "MQ=="}) } else { json!({"A": "1"}) };
            objects.push(json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": name}, "data": data}));
        }
        for object in objects {
            self.at(0.0, create(&object, self.namespace)?);
        }
        Ok(())
    }

    /// What was done to the node and its kubelet.
    fn add_node_action(&mut self, action: &Value, at: f64) -> Result<(), String> {
        let (Some(node), Some(what)) = (action["node"].as_str(), action["what"].as_str()) else {
            return Ok(());
        };
        let node = node.to_string();
        let command = match what {
            "kubelet killed" => Command::StopKubelet { node },
            "kubelet process started" => Command::StartKubelet { node },
            _ => {
                let patch =
                    what.strip_prefix("node patched: ").ok_or(format!("unknown node action {what}"))?;
                let patch = serde_json::from_str(patch).map_err(|error| error.to_string())?;
                let key = ObjectKey { kind: "Node".to_string(), namespace: String::new(), name: node };
                Command::Patch { key, patch, sub: Subresource::Main }
            }
        };
        self.at(at.max(0.0), command);
        Ok(())
    }
}

/// The ConfigMaps and Secrets that were made beforehand: by their names, and those that an action patches.
fn sources(v: &Value) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    collect_strings(&v["manifest"]["spec"], &mut |text| match text.split_once('-') {
        Some(("cm", "here")) => found.push(("ConfigMap", text)),
        Some(("sec", "here")) => found.push(("Secret", text)),
        _ => {}
    });
    let patched = v["actions"].as_array().into_iter().flatten().filter(|a| a["do"] == "patchobj");
    found.extend(patched.filter_map(|a| Some((a["kind"].as_str()?, a["name"].as_str()?))));
    found.sort_unstable();
    found.dedup();
    found
}

fn collect_strings<'a>(value: &'a Value, each: &mut impl FnMut(&'a str)) {
    match value {
        Value::String(text) => each(text),
        Value::Array(items) => items.iter().for_each(|item| collect_strings(item, each)),
        Value::Object(fields) => fields.values().for_each(|field| collect_strings(field, each)),
        _ => {}
    }
}

fn latency(annotations: &Value) -> Latency {
    let mut latency = Latency {
        pod_sync: SimTime(500),
        stop_pod_sandbox: SimTime::from_millis(2),
        status_write: SimTime::from_millis(5),
        relist: RELIST_MEAN,
        spread_percent: (SPREAD * 100.0) as u32,
        ..Latency::instant()
    };
    let delay = annotations["sim/sandbox-delay"].as_str().and_then(|text| text.parse::<f64>().ok());
    if let Some(delay) = delay {
        latency.run_pod_sandbox = SimTime::from_secs_f64(delay);
    }
    latency
}

/// The recordings' nodes: a small one each, and one with room for eight pods.
fn node_config(name: &str) -> NodeConfig {
    let mut allocatable =
        Map::from([("cpu".to_string(), "1".to_string()), ("memory".to_string(), "3840Mi".to_string())]);
    if name == "a1" {
        allocatable.insert("pods".to_string(), "8".to_string());
    }
    NodeConfig { allocatable, ..NodeConfig::named(name) }
}

/// A calendar whose seconds begin where the recording's did: statuses show whole seconds. Recorded ones are rounded to a
/// tenth; the starts of containers tell more.
fn epoch(timeline: &[Value], zero: f64) -> i64 {
    let start = timeline.iter().find_map(|e| e["startTime"].as_f64()).unwrap_or(0.0);
    let of = |src: &'static str| timeline.iter().filter(move |e| e["src"] == src);
    let starts = of("cri").filter(|e| e["op"] == "StartContainer").filter_map(|e| e["t"].as_f64());
    let shown: Vec<f64> = of("api").flat_map(started_at).collect();
    // How many starts are shown as they would be if the second began there.
    let explained = |into_the_second: f64| {
        let cut = |t: f64| (t + into_the_second).floor() - into_the_second;
        starts.clone().filter(|t| shown.iter().any(|s| (s - cut(*t)).abs() < 0.06)).count()
    };
    let candidates = (-45..=45).map(|step| (f64::from(step) * 0.001 - start).rem_euclid(1.0));
    let scored: Vec<(usize, f64)> = candidates.map(|into| (explained(into), into)).collect();
    let most = scored.iter().map(|(score, _)| *score).max();
    let best: Vec<f64> =
        scored.iter().filter(|(score, _)| Some(*score) == most).map(|(_, into)| *into).collect();
    let into_the_second = best[best.len() / 2];
    1_767_225_600_000_000 + ((into_the_second - zero) * 1e6) as i64
}

/// `startedAt` of the containers of a status.
fn started_at(entry: &Value) -> impl Iterator<Item = f64> {
    let lists = ["containers", "initContainers"].into_iter().filter_map(|list| entry[list].as_object());
    lists.flat_map(|statuses| statuses.values()).filter_map(|s| s["state"]["running"]["startedAt"].as_f64())
}

/// Container, and command or path, of each probe (`prober_manager.go AddPod` begins them in this order).
fn probes(spec: &Value) -> Vec<(String, String)> {
    let list = |key: &str| spec[key].as_array().cloned().unwrap_or_default();
    let sidecars = list("initContainers").into_iter().filter(|c| c["restartPolicy"] == "Always");
    let mut found = Vec::new();
    for container in list("containers").into_iter().chain(sidecars) {
        for kind in ["startupProbe", "readinessProbe", "livenessProbe"] {
            let probe = &container[kind];
            if probe.is_null() {
                continue;
            }
            let words = probe["exec"]["command"].as_array().into_iter().flatten().filter_map(Value::as_str);
            let ask = match probe["httpGet"]["path"].as_str() {
                Some(path) => path.to_string(),
                None => words.collect::<Vec<_>>().join(" "),
            };
            found.push((container["name"].as_str().unwrap_or("").to_string(), ask));
        }
    }
    found
}

fn create(manifest: &Value, namespace: &str) -> Result<Command, String> {
    let (mut object, errors) = Object::decode(manifest);
    if let Some(error) = errors.first() {
        return Err(format!("the manifest does not decode: {}", error.message));
    }
    object.meta_mut().namespace = namespace.to_string();
    Ok(Command::Create(Box::new(object)))
}

/// The subresource of a recorded path such as `/resize`.
fn subresource(path: &str) -> Result<Subresource, String> {
    Subresource::named(path.trim_start_matches('/'))
        .ok_or(format!("the runner does not know the subresource {path}"))
}

fn command(action: &Value, namespace: &str, pod: &str) -> Result<Command, String> {
    let namespace = namespace.to_string();
    let key = |kind: &str, name: &str| ObjectKey {
        kind: kind.to_string(),
        namespace: namespace.clone(),
        name: name.to_string(),
    };
    let patch = action["body"].clone();
    let text = |field: &str| action[field].as_str().unwrap_or("").to_string();
    Ok(match action["do"].as_str() {
        Some("delete") => Command::Delete {
            key: key("Pod", pod),
            options: DeleteOptions {
                grace_period_seconds: action["grace"].as_i64(),
                ..DeleteOptions::default()
            },
        },
        Some("patch") => Command::Patch { key: key("Pod", pod), patch, sub: subresource(&text("sub"))? },
        Some("patchobj") => {
            Command::Patch { key: key(&text("kind"), &text("name")), patch, sub: Subresource::Main }
        }
        Some("status") => Command::Patch { key: key("Pod", pod), patch, sub: Subresource::Status },
        Some("create") => create(&action["body"], &namespace)?,
        Some("cri") => {
            let container = text("container");
            let fault = match action["op"].as_str() {
                Some("kill") => {
                    RuntimeFault::Exit { container, code: action["code"].as_i64().unwrap_or(0) as i32 }
                }
                Some("vanish") => RuntimeFault::LoseContainer { container },
                Some("loseExited") => RuntimeFault::LoseExited { container },
                Some("sandboxDie") => RuntimeFault::SandboxDies,
                Some("sandboxNotReady") => RuntimeFault::SandboxNotReady,
                Some("sandboxVanish") => RuntimeFault::LoseSandbox,
                other => return Err(format!("the runner does not know the fault {other:?}")),
            };
            Command::RuntimeFault { namespace: namespace.clone(), pod: pod.to_string(), fault }
        }
        other => return Err(format!("the runner does not know the action {other:?}")),
    })
}
