//! `kubectl expose` (`kubectl/pkg/cmd/expose/expose.go`).

use super::Ended;
use super::create::int_or_string;
use super::failure::Failure;
use super::run::parse_labels;
use super::session::{Info, Session, Unnamed};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use serde_json::{Map, Value, json};

pub(super) fn expose(s: &mut Session<'_, '_>, words: &[String]) -> Ended {
    let (infos, mut failures) = s.infos(words, Unnamed::Refused)?;
    for info in infos {
        match service(s, &info).and_then(|service| s.create(&service)) {
            Ok(created) => {
                let kind = crate::kinds::of(&created).unwrap_or(info.kind);
                s.done(kind, &created, "exposed")?;
            }
            Err(failure) => failures.push(failure),
        }
    }
    Ok(failures)
}

/// A port of the exposed object, with its protocol.
struct Port {
    number: String,
    protocol: String,
}

fn service(s: &Session<'_, '_>, info: &Info) -> Result<Value, Failure> {
    let kind = info.kind.kind;
    if !matches!(kind, "Pod" | "ReplicationController" | "Service" | "Deployment" | "ReplicaSet") {
        return Err(format!("cannot expose a {}", info.kind.group_kind()).into());
    }
    let selector = match s.args.value("selector") {
        Some(text) => parse_labels(text)?,
        None => selector_of(info).map_err(|why| {
            format!("couldn't retrieve selectors via --selector flag or introspection: {why}")
        })?,
    };
    let known = ports_of(info);
    let headless = s.args.value("cluster-ip") == Some("None");
    let numbers: Vec<String> = match s.args.value("port") {
        Some(text) => text.split(',').map(ToString::to_string).collect(),
        None => known.iter().map(|p| p.number.clone()).collect(),
    };
    if numbers.is_empty() && !headless {
        return Err("couldn't find port via --port flag or introspection".into());
    }
    let mut ports = Vec::new();
    for (i, number) in numbers.iter().enumerate() {
        let port: i64 =
            number.parse().map_err(|_| format!("strconv.Atoi: parsing {number:?}: invalid syntax"))?;
        let protocol = s.args.value("protocol").or_else(|| {
            let same = known.iter().find(|k| k.number == *number);
            same.map(|k| k.protocol.as_str())
        });
        let target = s.args.value("target-port").map_or(Value::from(port), int_or_string);
        let mut entry = json!({"port": port, "protocol": protocol.unwrap_or("TCP"), "targetPort": target});
        if numbers.len() > 1 {
            entry["name"] = format!("port-{}", i + 1).into();
        }
        ports.push(entry);
    }
    let name = s.args.value("name").unwrap_or(info.name());
    let labels = match s.args.value("labels") {
        Some(text) => parse_labels(text)?,
        None => info.value["metadata"]["labels"].as_object().cloned().unwrap_or_default(),
    };
    let mut spec = json!({"selector": selector});
    if !ports.is_empty() {
        spec["ports"] = ports.into();
    }
    for (flag, field) in
        [("type", "type"), ("cluster-ip", "clusterIP"), ("session-affinity", "sessionAffinity")]
    {
        if let Some(text) = s.args.value(flag) {
            spec[field] = text.into();
        }
    }
    let mut metadata = json!({"name": name, "namespace": s.args.namespace()});
    if !labels.is_empty() {
        metadata["labels"] = labels.into();
    }
    Ok(json!({"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}))
}

/// The labels that tell an object's pods (`polymorphichelpers/mapbasedselectorforobject.go`).
fn selector_of(info: &Info) -> Result<Map<String, Value>, String> {
    let value = &info.value;
    let kind = info.kind.kind;
    let (labels, missing) = match kind {
        "Pod" => (&value["metadata"]["labels"], "the pod has no labels and cannot be exposed".to_string()),
        "Service" => (&value["spec"]["selector"], "the service has no pod selector set".to_string()),
        "ReplicationController" => (&value["spec"]["selector"], "selector must be specified".to_string()),
        _ => {
            let expressions = &value["spec"]["selector"]["matchExpressions"];
            if expressions.as_array().is_some_and(|e| !e.is_empty()) {
                return Err(format!(
                    "couldn't convert expressions - \"{expressions}\" to map-based selector format"
                ));
            }
            let message =
                format!("invalid {}: no selectors, therefore cannot be exposed", kind.to_lowercase());
            (&value["spec"]["selector"]["matchLabels"], message)
        }
    };
    labels.as_object().filter(|l| !l.is_empty()).cloned().ok_or(missing)
}

/// The ports that an object declares (`polymorphichelpers/portsforobject.go`).
fn ports_of(info: &Info) -> Vec<Port> {
    let spec = &info.value["spec"];
    let port = |entry: &Value, field: &str| Port {
        number: entry[field].to_string(),
        protocol: entry["protocol"].as_str().unwrap_or("TCP").to_string(),
    };
    if info.kind.kind == "Service" {
        return spec["ports"].as_array().into_iter().flatten().map(|p| port(p, "port")).collect();
    }
    let pod = if info.kind.kind == "Pod" { spec } else { &spec["template"]["spec"] };
    let containers = pod["containers"].as_array().into_iter().flatten();
    containers
        .flat_map(|c| c["ports"].as_array().into_iter().flatten())
        .map(|p| port(p, "containerPort"))
        .collect()
}
