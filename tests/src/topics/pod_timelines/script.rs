//! What the recordings' scripted runtime and registry did: the annotations `sim/<container>`, and the names of images.

use lifepod_api::SimTime;
use lifepod_engine::{BehaviorRule, ImageRule};
use lifepod_workload::behavior::{
    Act, Behavior, CreateErrors, OnTerm, Protocol, Run, ScriptedStartError, Step,
};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What the recordings' registry holds. The node of a recording may have had an image before: then the recording
/// never pulls it.
pub(in crate::topics) fn images(v: &Value) -> Vec<ImageRule> {
    let recorded = || v["timeline"].as_array().into_iter().flatten();
    let pulled = |image: &str| recorded().any(|e| e["op"] == "PullImage" && e["image"] == image);
    let rule =
        |image: &str| ImageRule { image: image.to_string(), size_bytes: Some(1000), ..ImageRule::default() };
    let slow =
        (1..=60).map(|s| ImageRule { pull: Some(SimTime::from_secs(s)), ..rule(&format!("sim/pull{s}-*")) });
    let flaky = (1..=9).map(|times| ImageRule {
        error: Some("rpc error: code = Unavailable desc = registry unavailable".to_string()),
        times: Some(times),
        ..rule(&format!("sim/flaky{times}-*"))
    });
    let late = (1..=60).map(|s| ImageRule {
        pull: Some(SimTime::from_secs(s)),
        error: Some("rpc error: code = DeadlineExceeded desc = context deadline exceeded".to_string()),
        ..rule(&format!("sim/tmo{s}-*"))
    });
    let unknown = "rpc error: code = NotFound desc = failed to pull and unpack image \"{image}\": failed to resolve \
                   reference \"{image}\": {image}: not found";
    let denied = "rpc error: code = Unknown desc = failed to pull and unpack image \"{image}\": failed to resolve \
                  reference \"{image}\": pull access denied, repository does not exist or may require authorization: \
                  server message: insufficient_scope: authorization failed";
    let failing = |image: &str, error: &str| ImageRule { error: Some(error.to_string()), ..rule(image) };
    let present = |image: &str| ImageRule { present: true, ..rule(image) };
    slow.chain(flaky)
        .chain(late)
        .chain([
            ImageRule { present: true, ..failing("sim/bad-local-*", unknown) },
            failing("sim/bad-*", unknown),
            failing("sim/denied-*", denied),
            present("sim/present-*"),
        ])
        .chain(
            ["sim/app:v1", "sim/app:v2", "sim/app:v3"]
                .map(|image| ImageRule { present: !pulled(image), ..rule(image) }),
        )
        .chain([rule("sim/*")])
        .collect()
}

/// The scripts of the containers of the pods `pods`, from its annotations.
pub(super) fn behaviors(pod: &str, annotations: &Value) -> Result<Vec<BehaviorRule>, String> {
    let mut rules = Vec::new();
    let rule = |container: &str, script: &Value| BehaviorRule {
        pods: pod.to_string(),
        container: container.to_string(),
        behavior: Arc::new(behavior(script)),
    };
    for (key, text) in annotations.as_object().into_iter().flatten() {
        let Some(container) = key.strip_prefix("sim/").filter(|c| *c != "sandbox-delay") else { continue };
        let script = serde_json::from_str(text.as_str().unwrap_or(""));
        rules.push(rule(container, &script.map_err(|error| format!("{key}: {error}"))?));
    }
    rules.push(rule("", &Value::Null));
    Ok(rules)
}

/// The steps with which a process begins: its ports.
fn listens(script: &Value) -> Vec<Step> {
    let port = |number: u64| u16::try_from(number).ok();
    let numbers = |key: &str, protocol: Protocol| {
        let list = script[key].as_array().into_iter().flatten();
        list.filter_map(Value::as_u64).filter_map(port).map(move |port| (port, protocol)).collect::<Vec<_>>()
    };
    let health = script["grpc"].as_object().into_iter().flatten();
    let health = health.filter_map(|(number, _)| number.parse().ok()).map(|port| (port, Protocol::Grpc));
    [("listen", Protocol::Http), ("listenTLS", Protocol::Https), ("listenTCP", Protocol::Tcp)]
        .into_iter()
        .flat_map(|(key, protocol)| numbers(key, protocol))
        .chain(numbers("grpcBare", Protocol::GrpcBare))
        .chain(health)
        .map(|(port, protocol)| Step { at: SimTime::ZERO, act: Act::Listen { port, protocol } })
        .collect()
}

/// The scripted runtime did not end a process in the instant in which it started it.
const SHORTEST_RUN: SimTime = SimTime::from_millis(6);

fn run(run: &Value, script: &Value) -> Run {
    let mut steps = listens(script);
    if let Some(seconds) = run["for"].as_f64() {
        let at = SimTime::from_secs_f64(seconds).max(SHORTEST_RUN);
        for line in run["log"].as_str().into_iter().flat_map(str::lines) {
            steps.push(Step { at, act: Act::Print { line: line.to_string(), stderr: false } });
        }
        let act = match run["reason"].as_str() {
            Some("OOMKilled") => Act::Oom,
            _ => Act::Exit {
                code: run["exit"].as_i64().unwrap_or(0) as i32,
                message: run["msg"].as_str().unwrap_or("").to_string(),
            },
        };
        steps.push(Step { at, act });
    }
    let message = run["startError"].as_str().or(script["startError"].as_str());
    let start_error = message.map(|message| ScriptedStartError {
        exit_code: run["startCode"].as_i64().unwrap_or(128) as i32,
        reason: run["startReason"].as_str().unwrap_or("StartError").to_string(),
        message: message.to_string(),
    });
    Run { start_error, steps }
}

pub(in crate::topics) fn behavior(script: &Value) -> Behavior {
    let mut runs: Vec<Run> =
        script["runs"].as_array().into_iter().flatten().map(|r| run(r, script)).collect();
    if runs.is_empty() {
        runs.push(run(&Value::Null, script));
    }
    let after = script["termAfter"].as_f64().unwrap_or(0.1);
    let on_term = match after < 0.0 {
        true => OnTerm::Ignore,
        false => OnTerm::Exit {
            after: SimTime::from_secs_f64(after),
            code: script["termExit"].as_i64().unwrap_or(0) as i32,
        },
    };
    let mut grpc_words = BTreeMap::new();
    for (port, services) in script["grpc"].as_object().into_iter().flatten() {
        for (service, words) in services.as_object().into_iter().flatten() {
            let port = port.parse().unwrap_or(0);
            grpc_words.insert((port, service.clone()), words.as_str().unwrap_or("").to_string());
        }
    }
    Behavior {
        runs,
        on_term,
        term_message: script["termMsg"].as_str().unwrap_or("").to_string(),
        create_errors: script["createErrors"].as_u64().map(|times| CreateErrors {
            times: times as u32,
            message: script["createError"].as_str().unwrap_or("failed to reserve container name").to_string(),
        }),
        resize_error: script["resizeError"]
            .as_str()
            .map(|text| format!("rpc error: code = Unknown desc = {text}")),
        exec: Vec::new(),
        probe_words: true,
        grpc_words,
    }
}
