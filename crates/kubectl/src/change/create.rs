//! `kubectl create KIND NAME …` (`kubectl/pkg/cmd/create`).

use super::Ended;
use super::apply::with_last_applied;
use super::failure::Failure;
use super::session::Session;
use super::set::resource_list;
use crate::kinds;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use lifepod_api::validation::names::config_key;
use lifepod_api::{Bytes, ObjectKey};
use serde_json::{Map, Value, json};

pub(super) fn create(s: &mut Session<'_, '_>, what: &str, words: &[String]) -> Ended {
    let (value, failed) = match what {
        "deployment" | "deploy" => (deployment(s, words)?, "failed to create deployment:"),
        "job" => (job(s, words)?, "failed to create job:"),
        "cronjob" | "cj" => (cron_job(s, words)?, "failed to create cronjob:"),
        "configmap" | "cm" => (config_map(s, words)?, "failed to create configmap:"),
        "secret" => match words.split_first() {
            Some((kind, rest)) if kind == "generic" => (secret(s, rest)?, "failed to create secret"),
            _ => return Err("of the secrets, kubectl create secret generic is simulated".into()),
        },
        "namespace" | "ns" => (named("v1", "Namespace", words)?, ""),
        "serviceaccount" | "sa" => {
            (named("v1", "ServiceAccount", words)?, "failed to create serviceaccount:")
        }
        "service" | "svc" => return service(s, words),
        "poddisruptionbudget" | "pdb" => (budget(s, words)?, "failed to create poddisruptionbudgets:"),
        "priorityclass" | "pc" => (priority_class(s, words)?, "failed to create priorityclass:"),
        "quota" | "resourcequota" => (quota(s, words)?, "failed to create quota:"),
        other => {
            return Err(format!("kubectl create {other} is not simulated").into());
        }
    };
    store(s, value, failed)
}

/// Creates the object in the namespace of the command and says so; `failed` stands before a refusal.
pub(super) fn store(s: &mut Session<'_, '_>, mut value: Value, failed: &str) -> Ended {
    let kind = kinds::of(&value).ok_or("a kind that is not known")?;
    if kind.namespaced {
        value["metadata"]["namespace"] = s.args.namespace().into();
    }
    if s.args.is_set("save-config") {
        value = with_last_applied(&value);
    }
    match s.create(&value) {
        Ok(created) => s.done(kind, &created, "created")?,
        Err(failure) if failed.is_empty() => return Err(failure),
        Err(failure) => return Err(format!("{failed} {}", failure.text()).into()),
    }
    Ok(Vec::new())
}

/// The one name that a command takes (`create.go NameFromCommandArgs`).
fn name(words: &[String]) -> Result<&str, Failure> {
    match words {
        [] => {
            Err("exactly one NAME is required, got 0\nSee 'kubectl create -h' for help and examples".into())
        }
        [name] => Ok(name),
        many => Err(format!(
            "exactly one NAME is required, got {}\nSee 'kubectl create -h' for help and examples",
            many.len()
        )
        .into()),
    }
}

fn named(api_version: &str, kind: &str, words: &[String]) -> Result<Value, Failure> {
    Ok(json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": name(words)?}}))
}

fn required(s: &Session<'_, '_>, flag: &str) -> Result<String, Failure> {
    match s.args.value(flag) {
        Some(value) => Ok(value.to_string()),
        None => Err(format!("required flag(s) \"{flag}\" not set").into()),
    }
}

/// A container with the command behind `--`.
fn container(s: &Session<'_, '_>, name: &str, image: &str) -> Value {
    let mut container = json!({"name": name, "image": image});
    if !s.args.rest.is_empty() {
        container["command"] = s.args.rest.clone().into();
    }
    container
}

/// A container's name from its image (`create_deployment.go sanitizeAndUniquify`).
fn container_name(image: &str) -> String {
    let last = image.rsplit('/').next().unwrap_or(image);
    let base = last.split([':', '@']).next().unwrap_or(last);
    base.replace(|c: char| !c.is_ascii_alphanumeric() && c != '-', "-").to_lowercase()
}

fn deployment(s: &Session<'_, '_>, words: &[String]) -> Result<Value, Failure> {
    let name = name(words)?;
    required(s, "image")?;
    let images: Vec<&str> = s.args.values("image").collect();
    if images.len() > 1 && !s.args.rest.is_empty() {
        return Err("cannot specify multiple --image options and command".into());
    }
    let mut containers: Vec<Value> =
        images.iter().map(|image| container(s, &container_name(image), image)).collect();
    let port = s.args.number("port", -1)?;
    if port >= 0
        && let Some(first) = containers.first_mut()
    {
        first["ports"] = json!([{"containerPort": port}]);
    }
    let labels = json!({"app": name});
    Ok(json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "labels": labels},
        "spec": {
            "replicas": s.args.number("replicas", 1)?,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": containers}},
        },
    }))
}

fn job_spec(s: &Session<'_, '_>, name: &str, image: &str, restart: &str) -> Value {
    json!({"template": {"spec": {"containers": [container(s, name, image)], "restartPolicy": restart}}})
}

fn job(s: &Session<'_, '_>, words: &[String]) -> Result<Value, Failure> {
    let name = name(words)?;
    let job = |metadata: Value, spec: Value| json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": spec});
    match (s.args.value("image"), s.args.value("from")) {
        (None, None) => Err("either --image or --from must be specified".into()),
        (Some(image), None) => Ok(job(json!({"name": name}), job_spec(s, name, image, "Never"))),
        (Some(_), Some(_)) => Err("either --image or --from must be specified".into()),
        (None, Some(_)) if !s.args.rest.is_empty() => Err("cannot specify --from and command".into()),
        (None, Some(from)) => {
            let (kind, from) = from.split_once('/').unwrap_or(("", from));
            if kinds::find(kind).is_none_or(|k| k.kind != "CronJob") {
                return Err("from must be an existing cronjob".into());
            }
            let cron = s.api.fetch(&ObjectKey::new("CronJob", s.args.namespace(), from))?.to_value();
            let template = &cron["spec"]["jobTemplate"];
            let mut annotations =
                template["metadata"]["annotations"].as_object().cloned().unwrap_or_default();
            annotations.insert("cronjob.kubernetes.io/instantiate".into(), "manual".into());
            let mut metadata = json!({
                "name": name, "annotations": annotations,
                "ownerReferences": [{
                    "apiVersion": "batch/v1", "kind": "CronJob", "name": from, "uid": cron["metadata"]["uid"],
                    "controller": true,
                }],
            });
            if template["metadata"]["labels"].is_object() {
                metadata["labels"] = template["metadata"]["labels"].clone();
            }
            Ok(job(metadata, template["spec"].clone()))
        }
    }
}

fn cron_job(s: &Session<'_, '_>, words: &[String]) -> Result<Value, Failure> {
    let name = name(words)?;
    let (image, schedule) = (required(s, "image")?, required(s, "schedule")?);
    let restart = s.args.value("restart").unwrap_or("OnFailure");
    Ok(json!({
        "apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": name},
        "spec": {
            "schedule": schedule,
            "jobTemplate": {"metadata": {"name": name}, "spec": job_spec(s, name, &image, restart)},
        },
    }))
}

/// The pairs of `--from-literal`, their keys checked.
fn literals(
    s: &Session<'_, '_>,
    refused: impl Fn(&str, &str) -> String,
) -> Result<Map<String, Value>, Failure> {
    let mut data = Map::new();
    for literal in s.args.each("from-literal") {
        let Some((key, value)) = literal.split_once('=').filter(|(key, _)| !key.is_empty()) else {
            return Err(format!("invalid literal source {literal}, expected key=value").into());
        };
        let errors = config_key(key);
        if !errors.is_empty() {
            return Err(refused(key, &errors.join(",")).into());
        }
        let value = value.trim_matches(['\'', '"']);
        if data.insert(key.to_string(), value.into()).is_some() {
            return Err(format!("cannot add key {key:?}, another key by that name already exists").into());
        }
    }
    Ok(data)
}

fn config_map(s: &Session<'_, '_>, words: &[String]) -> Result<Value, Failure> {
    let mut value = named("v1", "ConfigMap", words)?;
    let data = literals(s, |key, why| format!("{key:?} is not a valid key name for a ConfigMap: {why}"))?;
    if !data.is_empty() {
        value["data"] = data.into();
    }
    Ok(value)
}

fn secret(s: &Session<'_, '_>, words: &[String]) -> Result<Value, Failure> {
    let mut value = named("v1", "Secret", words)?;
    value["type"] = s.args.value("type").unwrap_or("Opaque").into();
    let data = literals(s, |key, why| format!("{key:?} is not valid key name for a Secret {why}"))?;
    if !data.is_empty() {
        let encoded = data.into_iter().map(|(key, text)| {
            let bytes = Bytes(text.as_str().unwrap_or("").as_bytes().to_vec());
            (key, lifepod_api::wire::Wire::encode(&bytes))
        });
        value["data"] = Value::Object(encoded.collect());
    }
    Ok(value)
}

/// `kubectl create service clusterip|nodeport|loadbalancer|externalname NAME --tcp=PORT[:TARGET]`.
fn service(s: &mut Session<'_, '_>, words: &[String]) -> Ended {
    let (kind, words) = words.split_first().ok_or("kubectl create service needs the type of the service")?;
    let type_ = match kind.as_str() {
        "clusterip" => "ClusterIP",
        "nodeport" => "NodePort",
        "loadbalancer" => "LoadBalancer",
        "externalname" => "ExternalName",
        other => return Err(format!("unknown command {other:?} for \"kubectl create service\"").into()),
    };
    let name = name(words)?;
    let mut ports = Vec::new();
    for tcp in s.args.values("tcp") {
        let (port, target) = tcp.split_once(':').unwrap_or((tcp, tcp));
        let number: u16 =
            port.parse().map_err(|_| format!("strconv.ParseUint: parsing {port:?}: invalid syntax"))?;
        let target: Value = target.parse::<u16>().map_or_else(|_| Value::from(target), Value::from);
        let mut entry =
            json!({"name": tcp.replace(':', "-"), "port": number, "protocol": "TCP", "targetPort": target});
        if let Some(node_port) = s.args.value("node-port") {
            entry["nodePort"] = node_port.parse::<u16>().unwrap_or(0).into();
        }
        ports.push(entry);
    }
    let headless = s.args.value("clusterip") == Some("None");
    if headless && type_ != "ClusterIP" {
        return Err("ClusterIP=None can only be used with ClusterIP service type".into());
    }
    if ports.is_empty() && !headless && type_ != "ExternalName" {
        return Err("at least one tcp port specifier must be provided".into());
    }
    let labels = json!({"app": name});
    let mut spec = json!({"type": type_, "selector": labels});
    if !ports.is_empty() {
        spec["ports"] = ports.into();
    }
    if let Some(ip) = s.args.value("clusterip") {
        spec["clusterIP"] = ip.into();
    }
    if type_ == "ExternalName" {
        spec["externalName"] = required(s, "external-name")?.into();
    }
    let value = json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "labels": labels}, "spec": spec,
    });
    store(s, value, &format!("failed to create {type_} service:"))
}

/// A number or a percentage (`intstr.Parse`).
pub(super) fn int_or_string(text: &str) -> Value {
    text.parse::<i32>().map_or_else(|_| text.into(), Value::from)
}

fn budget(s: &Session<'_, '_>, words: &[String]) -> Result<Value, Failure> {
    let mut value = named("policy/v1", "PodDisruptionBudget", words)?;
    let Some(selector) = s.args.value("selector").filter(|t| !t.is_empty()) else {
        return Err("a selector must be specified".into());
    };
    let (min, max) = (s.args.value("min-available"), s.args.value("max-unavailable"));
    let (field, amount) = match (min, max) {
        (None, None) => return Err("one of min-available or max-unavailable must be specified".into()),
        (Some(_), Some(_)) => {
            return Err("min-available and max-unavailable cannot be both specified".into());
        }
        (Some(min), None) => ("minAvailable", min),
        (None, Some(max)) => ("maxUnavailable", max),
    };
    value["spec"]["selector"] = crate::selector::Selector::parse(selector)?.to_field();
    value["spec"][field] = int_or_string(amount);
    Ok(value)
}

fn priority_class(s: &Session<'_, '_>, words: &[String]) -> Result<Value, Failure> {
    let mut value = named("scheduling.k8s.io/v1", "PriorityClass", words)?;
    value["value"] = s.args.number("value", 0)?.into();
    if s.args.is_set("global-default") {
        value["globalDefault"] = true.into();
    }
    for (flag, field) in [("description", "description"), ("preemption-policy", "preemptionPolicy")] {
        if let Some(text) = s.args.value(flag) {
            value[field] = text.into();
        }
    }
    Ok(value)
}

fn quota(s: &Session<'_, '_>, words: &[String]) -> Result<Value, Failure> {
    let mut value = named("v1", "ResourceQuota", words)?;
    value["spec"] = json!({});
    let hard = resource_list(s.args.value("hard"))?;
    if !hard.is_empty() {
        value["spec"]["hard"] = hard.into();
    }
    Ok(value)
}
