//! A run as JSON: the form that `docs/json.md` describes.

use lifepod_api::SimTime;
use lifepod_engine::trace::{
    Call, Decision, KillReason, Op, PodEnd, PodRef, ProbeKind, ProbeResult, Said, SyncReason,
};
use lifepod_engine::{Entry, Run, What};
use serde_json::{Map, Value, json};

/// The whole run as one line of JSON.
pub fn text(run: &Run) -> String {
    let (mut objects, mut calls, mut probes, mut decisions) = (vec![], vec![], vec![], vec![]);
    let (mut actions, mut said_by) = (vec![], vec![]);
    let (mut requests, mut proxied) = (vec![], vec![]);
    for entry in run.trace.entries() {
        match &entry.what {
            What::Object(revision) => {
                let op = match revision.op {
                    Op::Added => "added",
                    Op::Modified => "modified",
                    Op::Deleted => "deleted",
                };
                let object = revision.object.to_value();
                objects.push(with(entry, json!({"op": op, "by": revision.by, "object": object})));
            }
            What::Call(call) => {
                let (name, detail) = call_parts(&call.call);
                let container = call.container.as_deref().unwrap_or("");
                let parts = json!({
                    "pod": pod(&call.pod), "node": call.node, "container": container, "call": name, "detail": detail,
                });
                calls.push(with(entry, parts));
            }
            What::Probe(p) => {
                let kind = match p.kind {
                    ProbeKind::Startup => "startup",
                    ProbeKind::Readiness => "readiness",
                    ProbeKind::Liveness => "liveness",
                };
                let result = match p.result {
                    ProbeResult::Success => "success",
                    ProbeResult::Warning => "warning",
                    ProbeResult::Failure => "failure",
                    ProbeResult::Unknown => "unknown",
                };
                let parts = json!({
                    "pod": pod(&p.pod), "container": p.container, "probe": kind, "result": result,
                    "output": p.output, "took": seconds(p.took), "run": p.run, "threshold": p.threshold,
                });
                probes.push(with(entry, parts));
            }
            What::Decision(decision) => {
                let (of, name, detail) = decision_parts(decision);
                decisions.push(with(entry, json!({"pod": of.map(pod), "decision": name, "detail": detail})));
            }
            What::Said(said) => {
                let parts = match said {
                    Said::Stdout(text) => json!({"stdout": text}),
                    Said::Stderr(text) => json!({"stderr": text}),
                    Said::Exit(code) => json!({"exitCode": code}),
                };
                said_by.push(with(entry, parts));
            }
            What::Requests(r) => {
                let backend = r.backend.as_ref().map(pod);
                let service = format!("{}/{}", r.service.namespace, r.service.name);
                let parts = json!({
                    "client": *r.client, "service": service, "backend": backend, "end": r.end.word(),
                    "count": r.count, "since": seconds(r.since), "slowest": seconds(r.slowest), "said": r.said,
                });
                requests.push(with(entry, parts));
            }
            What::Proxied(p) => {
                let service = format!("{}/{}", p.service.namespace, p.service.name);
                let parts =
                    json!({"service": service, "endpoints": p.endpoints, "terminating": p.terminating});
                proxied.push(with(entry, parts));
            }
            What::Action(action) => {
                actions.push(with(entry, json!({"action": action.text, "refused": action.refused})));
            }
        }
    }
    let run = json!({
        "horizon": seconds(run.end), "objects": objects, "calls": calls, "probes": probes,
        "decisions": decisions, "actions": actions, "said": said_by, "requests": requests, "proxied": proxied,
    });
    let mut text = run.to_string();
    text.push('\n');
    text
}

/// Seconds, to the microsecond.
fn seconds(at: SimTime) -> Value {
    json!(at.as_secs_f64())
}

fn pod(pod: &PodRef) -> String {
    format!("{}/{}", pod.namespace, pod.name)
}

/// The parts of an entry behind those that every entry has.
fn with(entry: &Entry, parts: Value) -> Value {
    let mut map = Map::new();
    map.insert("t".into(), seconds(entry.at));
    map.insert("id".into(), json!(entry.id.0));
    map.insert("cause".into(), json!(entry.cause.map(|c| c.0)));
    if let Value::Object(parts) = parts {
        map.extend(parts);
    }
    Value::Object(map)
}

fn call_parts(call: &Call) -> (&'static str, Value) {
    match call {
        Call::RunPodSandbox { attempt, ip } => ("RunPodSandbox", json!({"attempt": attempt, "ip": ip})),
        Call::StopPodSandbox => ("StopPodSandbox", json!({})),
        Call::RemovePodSandbox => ("RemovePodSandbox", json!({})),
        Call::UpdatePodSandboxResources { cpu_shares, cpu_quota, memory } => (
            "UpdatePodSandboxResources",
            json!({"cpuShares": cpu_shares, "cpuQuota": cpu_quota, "memoryLimit": memory}),
        ),
        Call::UpdateContainerResources { attempt, error } => {
            ("UpdateContainerResources", json!({"attempt": attempt, "error": error}))
        }
        Call::PullImage { image } => ("PullImage", json!({"image": image})),
        Call::PullImageDone { image, took, size_bytes } => {
            ("PullImageDone", json!({"image": image, "took": seconds(*took), "sizeBytes": size_bytes}))
        }
        Call::PullImageFailed { image, error } => {
            ("PullImageFailed", json!({"image": image, "error": error}))
        }
        Call::CreateContainer { attempt, error } => {
            ("CreateContainer", json!({"attempt": attempt, "error": error}))
        }
        Call::StartContainer { attempt, error } => {
            ("StartContainer", json!({"attempt": attempt, "error": error}))
        }
        Call::StopContainer { attempt, timeout, signal } => {
            ("StopContainer", json!({"attempt": attempt, "timeout": timeout, "signal": signal}))
        }
        Call::StopContainerCancelled { attempt } => ("StopContainerCancelled", json!({"attempt": attempt})),
        Call::KillContainer { attempt } => ("KillContainer", json!({"attempt": attempt})),
        Call::Exited { attempt, exit_code, reason, signal } => {
            ("Exited", json!({"attempt": attempt, "exitCode": exit_code, "reason": reason, "signal": signal}))
        }
        Call::RemoveContainer { attempt } => ("RemoveContainer", json!({"attempt": attempt})),
        Call::ExecSync { attempt, command, exit_code, took } => (
            "ExecSync",
            json!({"attempt": attempt, "command": command, "exitCode": exit_code, "took": seconds(*took)}),
        ),
        Call::HttpGet { attempt, url, outcome } => {
            ("HttpGet", json!({"attempt": attempt, "url": url, "outcome": outcome}))
        }
        Call::Listen { attempt, port } => ("Listen", json!({"attempt": attempt, "port": port})),
        Call::Output { attempt, stderr, line } => {
            ("Output", json!({"attempt": attempt, "stderr": stderr, "line": line}))
        }
    }
}

fn decision_parts(decision: &Decision) -> (Option<&PodRef>, &'static str, Value) {
    let (pod, name, detail) = match decision {
        Decision::Throttled { client, qps, burst } => {
            return (None, "Throttled", json!({"client": client, "qps": qps, "burst": burst}));
        }
        Decision::Schedule { pod, node, verdicts } => {
            let refused = verdicts.refused.iter();
            let refused: Vec<Value> = refused
                .map(|r| json!({"plugin": r.plugin, "reasons": r.reasons, "nodes": r.nodes}))
                .collect();
            let each = verdicts.each.iter();
            let each: Vec<Value> = each
                .map(|v| {
                    let scores: Map<String, Value> =
                        v.scores.iter().map(|(plugin, score)| (plugin.to_string(), json!(score))).collect();
                    json!({"node": v.node, "refused": v.refused, "plugin": v.plugin, "score": v.score, "scores": scores})
                })
                .collect();
            let counts = json!({"nodes": verdicts.nodes, "feasible": verdicts.feasible, "refused": refused});
            (pod, "Schedule", json!({"node": node, "verdicts": each, "summary": counts}))
        }
        Decision::SyncPod { pod, node, why } => {
            let why = match why {
                SyncReason::Create => "Create",
                SyncReason::Update => "Update",
                SyncReason::Kill => "Kill",
                SyncReason::ContainerChange => "ContainerChange",
                SyncReason::Probe => "Probe",
                SyncReason::Requeue => "Requeue",
                SyncReason::ActiveDeadline => "ActiveDeadline",
            };
            (pod, "SyncPod", json!({"node": node, "why": why}))
        }
        Decision::CrashLoopBackOff { pod, container, back_off, finished_at, until } => (
            pod,
            "CrashLoopBackOff",
            json!({
                "container": container, "backOff": seconds(*back_off), "finishedAt": seconds(*finished_at),
                "until": seconds(*until),
            }),
        ),
        Decision::Restart { pod, container, restart_count, next_back_off } => (
            pod,
            "Restart",
            json!({"container": container, "restartCount": restart_count, "nextBackOff": seconds(*next_back_off)}),
        ),
        Decision::NoRestart { pod, container, policy, exit_code } => {
            (pod, "NoRestart", json!({"container": container, "policy": policy, "exitCode": exit_code}))
        }
        Decision::ImagePullBackOff { pod, container, image, back_off, until } => (
            pod,
            "ImagePullBackOff",
            json!({
                "container": container, "image": image, "backOff": seconds(*back_off), "until": seconds(*until),
            }),
        ),
        Decision::Kill { pod, container, why, grace } => {
            let why = match why {
                KillReason::PodTermination => "PodTermination",
                KillReason::LivenessProbe => "LivenessProbe",
                KillReason::StartupProbe => "StartupProbe",
                KillReason::PostStartHook => "PostStartHook",
                KillReason::DefinitionChanged => "DefinitionChanged",
                KillReason::SandboxChanged => "SandboxChanged",
                KillReason::RestartAllContainers => "RestartAllContainers",
                KillReason::Resize => "Resize",
            };
            (pod, "Kill", json!({"container": container, "why": why, "grace": seconds(*grace)}))
        }
        Decision::EndPod { pod, why, message } => {
            let (why, path) = match why {
                PodEnd::Pressure => ("Pressure", None),
                PodEnd::StorageLimit { path, .. } => ("StorageLimit", Some(path)),
                PodEnd::Preemption => ("Preemption", None),
                PodEnd::NodeShutdown => ("NodeShutdown", None),
            };
            (pod, "EndPod", json!({"why": why, "path": path, "message": message}))
        }
        Decision::Requeue { pod, base, due } => {
            (pod, "Requeue", json!({"base": seconds(*base), "due": seconds(*due)}))
        }
        Decision::Phase { pod, from, to } => (pod, "Phase", json!({"from": from, "to": to})),
        Decision::Evict { pod, budget, refused } => {
            (pod, "Evict", json!({"budget": budget, "refused": refused}))
        }
        Decision::Assumption { pod, container, subject, assumed } => {
            (pod, "Assumption", json!({"container": container, "subject": subject, "assumed": assumed}))
        }
    };
    (Some(pod), name, detail)
}
