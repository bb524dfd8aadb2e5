//! A simulated trace in the recordings' own form: a row for each revision of each object.

use lifepod_api::{ContainerStatus, Object, Pod, SimTime};
use lifepod_engine::Trace;
use lifepod_engine::trace::{Op, What};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The rows of a trace with times counted from `zero`: the objects of `namespace`, and the nodes named.
pub(super) fn timeline(trace: &Trace, zero: SimTime, namespace: &str, nodes: &[String]) -> Vec<Value> {
    let mut rows = Vec::new();
    for entry in trace.entries() {
        let What::Object(revision) = &entry.what else { continue };
        let meta = revision.object.meta();
        let about_a_node = |o: &Object| match o {
            Object::Node(node) => nodes.contains(&node.metadata.name),
            Object::Event(event) => {
                event.involved_object.kind == "Node" && nodes.contains(&event.involved_object.name)
            }
            Object::Namespace(o) => o.metadata.name == namespace,
            _ => false,
        };
        if meta.namespace != namespace && !about_a_node(&revision.object) {
            continue;
        }
        let Some(mut row) = row(&revision.object) else { continue };
        let t = entry.at.as_secs_f64() - zero.as_secs_f64();
        row["t"] = json!((t * 1000.0).round() / 1000.0);
        if row["src"] != "event" {
            row["type"] = json!(match revision.op {
                Op::Added => "ADDED",
                Op::Modified => "MODIFIED",
                Op::Deleted => "DELETED",
            });
        }
        rows.push(row);
    }
    rows
}

fn row(object: &Object) -> Option<Value> {
    let src = match object {
        Object::Pod(_) => "pod",
        Object::ReplicationController(_) => "replicationcontroller",
        Object::ReplicaSet(_) => "replicaset",
        Object::Deployment(_) => "deployment",
        Object::StatefulSet(_) => "statefulset",
        Object::DaemonSet(_) => "daemonset",
        Object::ControllerRevision(_) => "controllerrevision",
        Object::Job(_) => "job",
        Object::CronJob(_) => "cronjob",
        Object::PodDisruptionBudget(_) => "pdb",
        Object::EndpointSlice(_) => "endpointslice",
        Object::Node(_) => "node",
        Object::Event(_) => "event",
        Object::ResourceQuota(_) => "resourcequota",
        Object::Namespace(_) => "namespace",
        Object::ConfigMap(_) => "configmap",
        _ => return None,
    };
    if let Object::Event(event) = object {
        let count = if event.count == 0 { Value::Null } else { json!(event.count) };
        return Some(json!({
            "src": src, "kind": event.involved_object.kind, "name": event.involved_object.name,
            "etype": event.type_, "reason": event.reason, "message": event.message,
            "source": event.reporting_component, "count": count,
        }));
    }
    let meta = object.meta();
    let mut row = Map::new();
    row.insert("src".into(), json!(src));
    row.insert("name".into(), json!(meta.name));
    if let Some(owner) = meta.owner_references.iter().find(|o| o.controller == Some(true)) {
        row.insert("owner".into(), json!(format!("{}/{}", owner.kind, owner.name)));
    }
    if meta.deletion_timestamp.is_some() {
        row.insert("deleting".into(), json!(true));
    }
    if !meta.finalizers.is_empty() {
        row.insert("finalizers".into(), json!(meta.finalizers));
    }
    match object {
        Object::Pod(pod) => self::pod(&mut row, pod),
        Object::EndpointSlice(slice) => {
            let endpoint = |e: &lifepod_api::Endpoint| {
                json!({
                    "pod": e.target_ref.as_ref().map(|r| r.name.clone()), "node": e.node_name,
                    "ready": e.conditions.ready, "serving": e.conditions.serving,
                    "terminating": e.conditions.terminating,
                })
            };
            row.insert("endpoints".into(), slice.endpoints.iter().map(endpoint).collect());
            row.insert("service".into(), json!(meta.labels.get("kubernetes.io/service-name")));
        }
        Object::ControllerRevision(revision) => {
            row.insert("revision".into(), json!(revision.revision));
        }
        _ => workload(&mut row, object),
    }
    Some(Value::Object(row))
}

/// The parts that all kinds with a status share.
fn workload(row: &mut Map<String, Value>, object: &Object) {
    let value = object.to_value();
    let meta = object.meta();
    row.insert("generation".into(), json!(meta.generation));
    if let Some(revision) = meta.annotations.get("deployment.kubernetes.io/revision") {
        row.insert("revision".into(), json!(revision));
    }
    if let Some(replicas) = value["spec"].get("replicas") {
        row.insert("specReplicas".into(), replicas.clone());
    }
    for (field, name) in
        [("taints", "taints"), ("unschedulable", "unschedulable"), ("finalizers", "specFinalizers")]
    {
        if let Some(field) = value["spec"].get(field) {
            row.insert(name.into(), field.clone());
        }
    }
    let mut status = value["status"].as_object().cloned().unwrap_or_default();
    let conditions: Map<String, Value> = status
        .remove("conditions")
        .and_then(|list| list.as_array().cloned())
        .unwrap_or_default()
        .into_iter()
        .map(|condition| (condition["type"].as_str().unwrap_or("").to_string(), condition))
        .collect();
    row.insert("conditions".into(), Value::Object(conditions));
    if let Object::Node(node) = object {
        let ready = node.status.conditions.iter().find(|c| c.type_ == "Ready");
        let text = match ready.map(|c| c.status.as_str()) {
            Some("True") => "Ready",
            None => "Unknown",
            _ => "NotReady",
        };
        let cordoned = if node.spec.unschedulable { ",SchedulingDisabled" } else { "" };
        row.insert("status".into(), json!(format!("{text}{cordoned}")));
    } else {
        if let Some(phase) = status.get("phase") {
            row.insert("phase".into(), phase.clone());
        }
        row.insert("status".into(), Value::Object(status));
    }
}

fn pod(row: &mut Map<String, Value>, pod: &Pod) {
    let shown = lifepod_kubectl::pod_row(pod);
    let node = if pod.spec.node_name.is_empty() { "<none>" } else { &pod.spec.node_name };
    row.insert(
        "kubectl".into(),
        json!({
            "Ready": shown.ready_text(), "Status": shown.status, "Restarts": shown.restarts.to_string(), "Node": node,
        }),
    );
    row.insert("phase".into(), json!(pod.status.phase));
    let conditions: BTreeMap<&str, String> = pod
        .status
        .conditions
        .iter()
        .map(|c| {
            let reason = if c.reason.is_empty() { String::new() } else { format!(":{}", c.reason) };
            (c.type_.as_str(), format!("{}{reason}", c.status))
        })
        .collect();
    row.insert("conditions".into(), json!(conditions));
    let messages: BTreeMap<&str, &str> = pod
        .status
        .conditions
        .iter()
        .filter(|c| matches!(c.type_.as_str(), "PodScheduled" | "DisruptionTarget") && !c.message.is_empty())
        .map(|c| (c.type_.as_str(), c.message.as_str()))
        .collect();
    if !messages.is_empty() {
        row.insert("conditionMessages".into(), json!(messages));
    }
    row.insert("containers".into(), containers(&pod.status.container_statuses));
    if !pod.status.init_container_statuses.is_empty() {
        row.insert("initContainers".into(), containers(&pod.status.init_container_statuses));
    }
    row.insert("labels".into(), json!(pod.metadata.labels));
    if !pod.spec.scheduling_gates.is_empty() {
        let gates: Vec<&str> = pod.spec.scheduling_gates.iter().map(|g| g.name.as_str()).collect();
        row.insert("schedulingGates".into(), json!(gates));
    }
    if let Some(grace) = pod.metadata.deletion_grace_period_seconds {
        row.insert("deletionGracePeriodSeconds".into(), json!(grace));
    }
    if !pod.status.nominated_node_name.is_empty() {
        row.insert("nominatedNodeName".into(), json!(pod.status.nominated_node_name));
    }
}

fn containers(statuses: &[ContainerStatus]) -> Value {
    let text = |status: &ContainerStatus| {
        let state = &status.state;
        if let Some(waiting) = &state.waiting {
            format!("waiting:{}", waiting.reason)
        } else if state.running.is_some() {
            "running".to_string()
        } else if let Some(ended) = &state.terminated {
            format!("terminated:{}:{}", ended.reason, ended.exit_code)
        } else {
            String::new()
        }
    };
    let map: Map<String, Value> = statuses.iter().map(|s| (s.name.clone(), json!(text(s)))).collect();
    Value::Object(map)
}
