//! A simulated trace in the recordings' own form.

use lifepod_api::{ContainerState, ContainerStatus, Object, Pod, SimTime};
use lifepod_engine::trace::{Call, Op, RuntimeCall, What};
use lifepod_engine::{Entry, Trace};
use serde_json::{Map, Value, json};

/// The entries of a trace about one pod, with times counted from `zero`.
pub(super) fn timeline(trace: &Trace, zero: SimTime, pod: &str) -> Vec<Value> {
    trace.entries().iter().filter_map(|entry| write(entry, zero, pod)).collect()
}

fn write(entry: &Entry, zero: SimTime, name: &str) -> Option<Value> {
    let t = ((entry.at.as_secs_f64() - zero.as_secs_f64()) * 1000.0).round() / 1000.0;
    let mut value = match &entry.what {
        What::Object(revision) => match &*revision.object {
            Object::Pod(pod) if pod.metadata.name == name => api(pod, revision.op),
            Object::Event(event) if revision.op == Op::Added && event.involved_object.name == name => {
                let mut value = json!({
                    "src": "event", "type": event.type_, "reason": event.reason, "message": event.message,
                });
                let container = event.involved_object.field_path.split_once('{');
                if let Some(name) = container.and_then(|(_, rest)| rest.strip_suffix('}')) {
                    value["container"] = json!(name);
                }
                value
            }
            _ => return None,
        },
        What::Call(call) if call.pod.name == name => cri(call)?,
        // Probes are compared by what they change.
        _ => return None,
    };
    value["t"] = json!(t);
    Some(value)
}

fn api(pod: &Pod, op: Op) -> Value {
    let row = lifepod_kubectl::pod_row(pod);
    let status = &pod.status;
    let conditions: Map<String, Value> = status
        .conditions
        .iter()
        .map(|c| (c.type_.clone(), json!({"status": c.status, "reason": c.reason, "message": c.message})))
        .collect();
    json!({
        "src": "api",
        "type": match op { Op::Added => "ADDED", Op::Modified => "MODIFIED", Op::Deleted => "DELETED" },
        "kubectl": {"Ready": row.ready_text(), "Status": row.status, "Restarts": row.restarts.to_string()},
        "phase": status.phase,
        "reason": status.reason,
        "message": status.message,
        "conditions": conditions,
        "containers": containers(&status.container_statuses),
        "initContainers": containers(&status.init_container_statuses),
        "deletionGracePeriodSeconds": pod.metadata.deletion_grace_period_seconds,
        "generation": pod.metadata.generation,
    })
}

fn containers(statuses: &[ContainerStatus]) -> Value {
    let map: Map<String, Value> = statuses
        .iter()
        .map(|s| {
            let value = json!({
                "ready": s.ready, "started": s.started, "restartCount": s.restart_count,
                "state": state(&s.state), "lastState": state(&s.last_state),
            });
            (s.name.clone(), value)
        })
        .collect();
    Value::Object(map)
}

fn state(state: &ContainerState) -> Value {
    if let Some(waiting) = &state.waiting {
        json!({"waiting": {"reason": waiting.reason}})
    } else if state.running.is_some() {
        json!({"running": {}})
    } else if let Some(ended) = &state.terminated {
        json!({"terminated": {"exitCode": ended.exit_code, "reason": ended.reason}})
    } else {
        Value::Null
    }
}

fn cri(call: &RuntimeCall) -> Option<Value> {
    let mut value = match &call.call {
        Call::RunPodSandbox { attempt, .. } => json!({"op": "RunPodSandbox", "attempt": attempt}),
        Call::StopPodSandbox => json!({"op": "StopPodSandbox"}),
        Call::RemovePodSandbox => json!({"op": "RemovePodSandbox"}),
        Call::UpdatePodSandboxResources { .. } => json!({"op": "UpdatePodSandboxResources"}),
        Call::UpdateContainerResources { attempt, error } => {
            json!({"op": "UpdateContainerResources", "attempt": attempt, "error": error})
        }
        Call::PullImage { image } => json!({"op": "PullImage", "image": image}),
        Call::PullImageDone { image, .. } => json!({"op": "PullImageDone", "image": image}),
        Call::PullImageFailed { image, .. } => json!({"op": "PullImageFailed", "image": image}),
        Call::CreateContainer { attempt, error } => {
            json!({"op": "CreateContainer", "attempt": attempt, "error": error})
        }
        Call::StartContainer { attempt, error } => {
            json!({"op": "StartContainer", "attempt": attempt, "error": error})
        }
        Call::StopContainer { attempt, timeout, .. } => {
            json!({"op": "StopContainer", "attempt": attempt, "timeout": timeout})
        }
        Call::Exited { attempt, exit_code, reason, .. } => {
            json!({"op": "exited", "attempt": attempt, "exitCode": exit_code, "reason": reason})
        }
        Call::StopContainerCancelled { attempt } => {
            json!({"op": "StopContainerCancelled", "attempt": attempt})
        }
        Call::RemoveContainer { attempt } => json!({"op": "RemoveContainer", "attempt": attempt}),
        Call::ExecSync { attempt, command, exit_code, .. } => {
            json!({"op": "ExecSync", "attempt": attempt, "cmd": command.join(" "), "exit": exit_code})
        }
        Call::KillContainer { .. } | Call::HttpGet { .. } | Call::Listen { .. } | Call::Output { .. } => {
            return None;
        }
    };
    value["src"] = json!("cri");
    if let Some(container) = &call.container
        && !matches!(
            call.call,
            Call::PullImage { .. } | Call::PullImageDone { .. } | Call::PullImageFailed { .. }
        )
    {
        value["container"] = json!(container);
    }
    Some(value)
}
