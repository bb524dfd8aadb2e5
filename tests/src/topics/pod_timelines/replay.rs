//! From a recording's manifest, scripts and actions to a simulated run, with the draws that the recording implies.

use super::written;
use lifepod_api::{Object, ObjectKey, SimTime};
use lifepod_engine::jitter::{Draw, Drawn, JitterMode};
use lifepod_engine::{
    BehaviorRule, Cluster, Command, Config, DeleteOptions, ImageRule, KubeletConfig, Latency, NodeConfig,
};
use lifepod_workload::behavior::{Act, Behavior, OnTerm, Protocol, Run, ScriptedStartError, Step};
use serde_json::Value;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// Requeues up to here are fitted to the recording; what comes later is left to chance.
const MAX_FITTED: usize = 200;
/// The recordings' actions and posts happen on a running cluster: the run begins a little before.
const LEAD: SimTime = SimTime::from_secs(1);

/// Where the tickers of a kubelet stand in their second.
#[derive(Clone, Copy, Debug)]
pub(super) struct Phases {
    relist: f64,
    sync: f64,
}

/// The phases that a recording implies, the likeliest first. A recording seldom tells them to the hundredth, and a
/// hundredth decides which of two things happens first.
pub(super) fn phases(v: &Value) -> Vec<Phases> {
    let recorded: Vec<&Value> = v["timeline"].as_array().into_iter().flatten().collect();
    let likeliest = likeliest_phases(&recorded);
    let mut all = vec![likeliest];
    let around = |phase: f64, step: i32| (phase + f64::from(step) * 0.1).rem_euclid(1.0);
    for relist in 0..10 {
        for sync in [0, 5] {
            let (relist, sync) = (around(likeliest.relist, relist), around(likeliest.sync, sync));
            all.push(Phases { relist, sync });
        }
    }
    all
}

/// Runs the recording's scenario until its last entry, and writes the result in the recording's form.
pub(super) fn replay(v: &Value, phases: Phases) -> Result<Vec<Value>, String> {
    let recorded: Vec<&Value> = v["timeline"].as_array().into_iter().flatten().collect();
    let end = recorded.iter().filter_map(|e| e["t"].as_f64()).fold(1.0, f64::max);
    let wakes: Vec<f64> = recorded.iter().filter(|e| is_wake(e)).filter_map(|e| e["t"].as_f64()).collect();
    let mut requeues: Vec<f64> = Vec::new();
    loop {
        // What was not fitted yet lies in the middle of its range.
        let padding = std::iter::repeat_n(MIDDLE, 2 * MAX_FITTED);
        let draws = BTreeMap::from([
            (Draw::Requeue, requeues.iter().copied().chain(padding).collect()),
            (Draw::RelistPhase, VecDeque::from([phases.relist])),
            (Draw::SyncTickPhase, VecDeque::from([phases.sync])),
        ]);
        let cluster = run(v, &draws, end)?;
        // The first requeue that the recording puts elsewhere than the run did.
        let drawn: Vec<&Drawn> = cluster.draws().iter().filter(|d| d.what == Draw::Requeue).collect();
        let fitted = drawn.iter().map(|drawn| fit(drawn, &wakes)).take(MAX_FITTED);
        let same = fitted.clone().zip(&drawn).take_while(|(number, drawn)| *number == drawn.number).count();
        if same == drawn.len().min(MAX_FITTED) {
            return Ok(written::timeline(cluster.trace(), LEAD));
        }
        requeues = fitted.take(same + 1).collect();
    }
}

/// A draw about which the recording says nothing.
const MIDDLE: f64 = 0.5;

/// Entries that begin what a pod worker does after a wait.
fn is_wake(entry: &Value) -> bool {
    match entry["src"].as_str() {
        Some("event") => matches!(
            entry["reason"].as_str(),
            Some("BackOff" | "Pulled" | "Pulling" | "Failed" | "DeadlineExceeded")
        ),
        Some("cri") => {
            matches!(entry["op"].as_str(), Some("CreateContainer" | "PullImage" | "RunPodSandbox"))
        }
        _ => false,
    }
}

/// The number, in the range that real Kubernetes draws from, after which the worker wakes when the recording did.
fn fit(drawn: &Drawn, wakes: &[f64]) -> f64 {
    let at = drawn.at.as_secs_f64() - LEAD.as_secs_f64();
    let base = drawn.base.as_secs_f64();
    if base <= 0.0 {
        return 0.0;
    }
    // The tick that picks the work up comes within a second after the drawn time.
    let (earliest, latest) = (at + base - 0.1, at + base * 1.5 + 1.1);
    let Some(wake) = wakes.iter().find(|t| **t >= earliest && **t <= latest) else { return MIDDLE };
    // Aim at half a second before the tick, and stay inside the real range.
    ((wake - 0.5 - at) / base - 1.0).clamp(0.0, 0.4999) / 0.5
}

/// The phases that explain most of what was seen.
fn likeliest_phases(recorded: &[&Value]) -> Phases {
    let t = |e: &Value| e["t"].as_f64().unwrap_or(0.0);
    let exits: Vec<f64> = recorded.iter().filter(|e| e["op"] == "exited").map(|e| t(e)).collect();
    let acts: Vec<f64> =
        recorded.iter().filter(|e| is_wake(e) || e["op"] == "RemoveContainer").map(|e| t(e)).collect();
    // An exit is noticed by the first relist after it, and something is done about it at once.
    let noticed: Vec<(f64, f64)> = exits
        .iter()
        .filter_map(|exit| {
            let act = acts.iter().copied().find(|at| *at > exit + 0.02 && *at < exit + 1.15)?;
            Some((*exit, act))
        })
        .collect();
    let lead = LEAD.as_secs_f64();
    let period = RELIST_PERIOD_SECONDS;
    let relist = best(|phase| {
        let explains = |(exit, act): &(f64, f64)| {
            // The first relist after the exit.
            let tick = phase + ((exit + lead - phase) / period).floor() * period + period - lead;
            tick <= act + 0.005 && tick > act - 0.12 && (exit - tick).rem_euclid(period) > 0.06
        };
        noticed.iter().filter(|pair| explains(pair)).count()
    });
    let others: Vec<f64> = acts
        .iter()
        .copied()
        .filter(|at| *at > 2.0 && !exits.iter().any(|exit| *at > *exit && *at < exit + 1.15))
        .collect();
    let sync = best(|phase| others.iter().filter(|at| (**at - 0.01 - phase).rem_euclid(1.0) < 0.08).count());
    Phases { relist: relist / period, sync }
}

/// From one relist of the recorded kubelets to the next: a second, and the listing itself.
const RELIST_PERIOD_SECONDS: f64 = 1.004;

/// The phase in `[0, 1)` that scores highest.
fn best(score: impl Fn(f64) -> usize) -> f64 {
    let phases = (0..200).map(|step| f64::from(step) / 200.0);
    phases.map(|phase| (score(phase), phase)).fold((0, 0.5), |a, b| if b.0 > a.0 { b } else { a }).1
}

fn run(v: &Value, draws: &BTreeMap<Draw, VecDeque<f64>>, end: f64) -> Result<Cluster, String> {
    let manifest = &v["manifest"];
    let (mut object, errors) = Object::decode(manifest);
    if let Some(error) = errors.first() {
        return Err(format!("the manifest does not decode: {}", error.message));
    }
    let name = object.meta().name.clone();
    let annotations = object.meta().annotations.clone();
    object.meta_mut().namespace = "s".to_string();
    let node = manifest["spec"]["nodeName"].as_str().unwrap_or("n1");
    let mut latency = Latency::instant();
    if let Some(delay) = annotations.get("sim/sandbox-delay").and_then(|text| text.parse::<f64>().ok()) {
        latency.run_pod_sandbox = SimTime::from_secs_f64(delay);
    }
    let config = Config {
        jitter: JitterMode::Given(draws.clone()),
        epoch_micros: epoch(v),
        latency,
        nodes: vec![NodeConfig {
            allocatable: BTreeMap::from([
                ("cpu".to_string(), "1".to_string()),
                ("memory".to_string(), "3840Mi".to_string()),
            ]),
            ..NodeConfig::named(node)
        }],
        images: images(v),
        behaviors: behaviors(&annotations)?,
        kubelet: KubeletConfig {
            serialize_image_pulls: false,
            correlate_events: false,
            ..Default::default()
        },
        ..Config::default()
    };
    let mut cluster = Cluster::new(config);
    cluster.schedule(LEAD, Command::Create(Box::new(object)));
    for action in v["actions"].as_array().into_iter().flatten() {
        let at = LEAD + SimTime::from_secs_f64(action["at"].as_f64().unwrap_or(0.0));
        cluster.schedule(at, command(action, &name)?);
    }
    cluster.run_until(LEAD + SimTime::from_secs_f64(end + 0.5));
    Ok(cluster)
}

/// A calendar whose seconds begin where the recording's did: statuses show whole seconds.
fn epoch(v: &Value) -> i64 {
    let start = v["timeline"].as_array().into_iter().flatten().find_map(|e| e["startTime"].as_f64());
    let into_the_second = (-start.unwrap_or(0.0)).rem_euclid(1.0);
    1_767_225_600_000_000 - LEAD.0 as i64 + (into_the_second * 1e6) as i64
}

fn command(action: &Value, pod: &str) -> Result<Command, String> {
    let namespace = "s".to_string();
    let key = ObjectKey { kind: "Pod".to_string(), namespace: namespace.clone(), name: pod.to_string() };
    Ok(match action["do"].as_str() {
        Some("delete") => Command::Delete {
            key,
            options: DeleteOptions {
                grace_period_seconds: action["grace"].as_i64(),
                ..DeleteOptions::default()
            },
        },
        Some("patch") => Command::Patch { key, patch: action["body"].clone(), status: false },
        Some("status") => Command::Patch { key, patch: action["body"].clone(), status: true },
        Some("create") => {
            let (mut object, _) = Object::decode(&action["body"]);
            object.meta_mut().namespace = namespace;
            Command::Create(Box::new(object))
        }
        other => return Err(format!("the runner does not know the action {other:?}")),
    })
}

/// What the recordings' registry holds. The node of a recording may have had an image before: then the recording
/// never pulls it.
pub(in crate::topics) fn images(v: &Value) -> Vec<ImageRule> {
    let pulled = |image: &str| {
        v["timeline"].as_array().into_iter().flatten().any(|e| e["op"] == "PullImage" && e["image"] == image)
    };
    let rule = |image: &str| ImageRule { image: image.to_string(), ..ImageRule::default() };
    let slow =
        (1..=20).map(|s| ImageRule { pull: Some(SimTime::from_secs(s)), ..rule(&format!("sim/pull{s}-*")) });
    let flaky = (1..=9).map(|times| ImageRule {
        error: Some("rpc error: code = Unavailable desc = registry unavailable".to_string()),
        times: Some(times),
        size_bytes: Some(1000),
        ..rule(&format!("sim/flaky{times}-*"))
    });
    let bad = ImageRule {
        error: Some("rpc error: code = NotFound desc = failed to pull and unpack image \"{image}\": failed to resolve \
             reference \"{image}\": {image}: not found"
                .to_string()),
        ..rule("sim/bad-*")
    };
    let present = ImageRule { present: !pulled("sim/app:v1"), size_bytes: Some(1000), ..rule("sim/app:v1") };
    let rest = ImageRule { size_bytes: Some(1000), ..rule("sim/*") };
    slow.chain(flaky)
        .map(|rule| ImageRule { size_bytes: Some(1000), ..rule })
        .chain([bad, present, rest])
        .collect()
}

/// The scripts of the containers, from the annotations `sim/<container>`.
fn behaviors(annotations: &BTreeMap<String, String>) -> Result<Vec<BehaviorRule>, String> {
    let mut rules = Vec::new();
    for (key, text) in annotations {
        let Some(container) = key.strip_prefix("sim/").filter(|c| *c != "sandbox-delay") else { continue };
        let script: Value = serde_json::from_str(text).map_err(|error| format!("{key}: {error}"))?;
        let behavior = Arc::new(behavior(&script));
        rules.push(BehaviorRule { pods: "*".to_string(), container: container.to_string(), behavior });
    }
    let rest = Arc::new(behavior(&Value::Null));
    rules.push(BehaviorRule { pods: "*".to_string(), container: String::new(), behavior: rest });
    Ok(rules)
}

pub(in crate::topics) fn behavior(script: &Value) -> Behavior {
    let mut listens: Vec<Step> = script["listen"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|port| u16::try_from(port.as_u64()?).ok())
        .map(|port| Step { at: SimTime::ZERO, act: Act::Listen { port, protocol: Protocol::Http } })
        .collect();
    let run = |run: &Value, mut steps: Vec<Step>| {
        if let Some(seconds) = run["for"].as_f64() {
            let act = match run["reason"].as_str() {
                Some("OOMKilled") => Act::Oom,
                _ => Act::Exit {
                    code: run["exit"].as_i64().unwrap_or(0) as i32,
                    message: run["msg"].as_str().unwrap_or("").to_string(),
                },
            };
            steps.push(Step { at: SimTime::from_secs_f64(seconds), act });
        }
        Run { start_error: None, steps }
    };
    let mut runs: Vec<Run> =
        script["runs"].as_array().into_iter().flatten().map(|r| run(r, listens.clone())).collect();
    if runs.is_empty() {
        runs.push(Run { start_error: None, steps: core::mem::take(&mut listens) });
    }
    if let Some(message) = script["startError"].as_str() {
        for run in &mut runs {
            run.start_error = Some(ScriptedStartError {
                exit_code: 128,
                reason: "StartError".to_string(),
                message: message.to_string(),
            });
        }
    }
    let after = script["termAfter"].as_f64().unwrap_or(0.1);
    let on_term = match after < 0.0 {
        true => OnTerm::Ignore,
        false => OnTerm::Exit {
            after: SimTime::from_secs_f64(after),
            code: script["termExit"].as_i64().unwrap_or(0) as i32,
        },
    };
    Behavior { runs, on_term, exec: Vec::new(), probe_words: true }
}
