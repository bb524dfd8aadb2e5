//! `kubectl run` (`kubectl/pkg/cmd/run/run.go`, `kubectl/pkg/generate/versioned/run.go`).

use super::Ended;
use super::create::store;
use super::failure::Failure;
use super::session::Session;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use lifepod_api::validation::names::env_name;
use serde_json::{Map, Value, json};

fn usage(message: &str) -> Failure {
    format!("{message}\nSee 'kubectl run -h' for help and examples").into()
}

pub(super) fn run(s: &mut Session<'_, '_>, words: &[String]) -> Ended {
    let Some((name, words)) = words.split_first() else { return Err(usage("NAME is required for run")) };
    let Some(image) = s.args.value("image").filter(|i| !i.is_empty()) else {
        return Err("--image is required".into());
    };
    if ["stdin", "tty", "attach", "rm"].iter().any(|flag| s.args.is_set(flag)) {
        return Err("attaching to a container is not simulated".into());
    }
    let restart = s.args.value("restart").unwrap_or("Always");
    if !["Always", "OnFailure", "Never"].contains(&restart) {
        return Err(usage(&format!("invalid restart policy: {restart}")));
    }
    let mut container = json!({"name": name, "image": image});
    let command: Vec<&String> = words.iter().chain(&s.args.rest).collect();
    if !command.is_empty() {
        container[if s.args.is_set("command") { "command" } else { "args" }] = json!(command);
    }
    let mut env = Vec::new();
    for pair in s.args.each("env") {
        match pair.split_once('=') {
            Some((key, value)) if env_name(key).is_empty() => env.push(json!({"name": key, "value": value})),
            _ => return Err(format!("invalid env: {pair}").into()),
        }
    }
    if !env.is_empty() {
        container["env"] = env.into();
    }
    let port = match s.args.value("port") {
        Some(text) => {
            let port: u16 =
                text.parse().map_err(|_| format!("strconv.Atoi: parsing {text:?}: invalid syntax"))?;
            container["ports"] = json!([{"containerPort": port}]);
            Some(port)
        }
        None => None,
    };
    if s.args.is_set("expose") && port.is_none() {
        return Err(usage("--port must be set when exposing a service"));
    }
    if let Some(policy) = s.args.value("image-pull-policy") {
        container["imagePullPolicy"] = policy.into();
    }
    if s.args.is_set("privileged") {
        container["securityContext"] = json!({"privileged": true});
    }
    let labels = match s.args.value("labels") {
        Some(text) => parse_labels(text)?,
        None => [("run".to_string(), Value::from(name.as_str()))].into_iter().collect(),
    };
    let mut metadata = json!({"name": name, "labels": labels});
    let annotations: Map<String, Value> = s
        .args
        .each("annotations")
        .filter_map(|pair| pair.split_once('='))
        .map(|(key, value)| (key.to_string(), value.into()))
        .collect();
    if !annotations.is_empty() {
        metadata["annotations"] = annotations.into();
    }
    let service = port.filter(|_| s.args.is_set("expose")).map(|port| {
        json!({
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": name},
            "spec": {
                "selector": labels,
                "ports": [{"port": port, "protocol": "TCP", "targetPort": port}],
            },
        })
    });
    if let Some(service) = service {
        store(s, service, "")?;
    }
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": metadata,
        "spec": {"containers": [container], "dnsPolicy": "ClusterFirst", "restartPolicy": restart},
    });
    store(s, pod, "")
}

/// `a=1,b=2` (`expose.go parseLabels`).
pub(super) fn parse_labels(text: &str) -> Result<Map<String, Value>, Failure> {
    if text.is_empty() {
        return Err("no label spec passed".into());
    }
    let mut labels = Map::new();
    for spec in text.split(',') {
        match spec.split_once('=') {
            Some(("", _)) => return Err("unexpected empty label key".into()),
            Some((key, value)) if !value.contains('=') => {
                labels.insert(key.to_string(), value.into());
            }
            _ => return Err(format!("unexpected label spec: {spec}").into()),
        }
    }
    Ok(labels)
}
