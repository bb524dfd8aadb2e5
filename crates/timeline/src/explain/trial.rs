//! The changes of a field that a remedy comes down to: what one can try at once.

use super::derive::{killing_probe, probe_spec};
use super::fact::{Fact, Probed};
use super::fields::pod_of;
use super::scene::{Scene, container};
use super::{Subject, budgets, endpoints};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use lifepod_api::wire::Wire;
use lifepod_api::{Container, Pod, Probe, Quantity};
use lifepod_engine::trace::{Call, KillReason, PodRef, ProbeKind, ProbeResult};
use lifepod_engine::{Entry, What};
use lifepod_workload::is_shell;
use serde::Serialize;
use serde_json::{Value, json};

/// A field with a value that would have changed the course of things.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Trial {
    /// Whose field it is.
    pub of: Subject,
    /// The field's path, such as `spec.containers[0].livenessProbe.failureThreshold`. It may not be written
    /// there yet.
    pub path: String,
    /// The value to try.
    pub value: Value,
}

impl Trial {
    /// The field and its value in short: `failureThreshold: 6`, `preStop: sleep 5`, `startupProbe`.
    pub fn label(&self) -> String {
        let name = self.path.rsplit('.').next().unwrap_or(&self.path);
        match &self.value {
            Value::String(text) if text.starts_with(HEARS) => "trap 'exit 0' TERM".to_string(),
            Value::String(text) => format!("{name}: {text}"),
            Value::Object(fields) => match fields.get("sleep").map(|sleep| &sleep["seconds"]) {
                Some(seconds) => format!("{name}: sleep {seconds}"),
                None => name.to_string(),
            },
            value => format!("{name}: {value}"),
        }
    }
}

/// So long a pod goes on serving after it was told to end, for the proxies to learn of it: what most people take.
const SETTLING_SECONDS: i64 = 5;
/// A readiness probe that is tried asks this often: soon enough for a process that starts within seconds.
const ASKING_SECONDS: i32 = 2;
/// How a script begins that ends when it is told to.
const HEARS: &str = "trap 'exit 0' TERM";
/// A process that takes long to start mostly needs less than this many periods.
const STARTUP_FAILURES: i32 = 30;

/// The trials for a fact, the likeliest first. None for remedies that are no matter of a field.
pub(super) fn of(scene: &Scene<'_>, entry: &Entry, fact: &Fact<'_>) -> Vec<Trial> {
    if let Fact::Evicted { budget: name, refused: Some(_), .. } = fact {
        let budget = scene.budget(entry.id, name);
        let value = budget.and_then(|budget| Some((budget, budgets::more_lenient(budget)?)));
        let trial = |(budget, (path, value)): (_, (&str, _))| Trial {
            of: Subject::of(budget),
            path: path.into(),
            value,
        };
        return value.map(trial).into_iter().collect();
    }
    let Some(pod_ref) = pod_of(entry).or_else(|| endpoints::ending_pod(fact)) else { return Vec::new() };
    let Some(pod) = scene.pod(entry.id, pod_ref) else { return Vec::new() };
    let values = match fact {
        Fact::Probed(Probed { container, kind, passed: false, unknown: false, .. }) => {
            patience(scene, entry, pod_ref, pod, container, *kind)
        }
        Fact::KillDecided { container, why: why @ KillReason::LivenessProbe, .. } => {
            let kind = killing_probe(*why).unwrap_or(ProbeKind::Liveness);
            patience(scene, entry, pod_ref, pod, container, kind)
        }
        Fact::Exited { container: name, oom: true, .. } => container(pod, name)
            .and_then(|(path, c)| {
                let mut limit = c.resources.limits.get("memory")?.clone();
                limit.mul(2);
                Some((format!("{path}.resources.limits.memory"), limit.to_string().into()))
            })
            .into_iter()
            .collect(),
        Fact::Exited { container: name, code, signal: None, told: false, .. }
            if !matches!(code, 126 | 127) =>
        {
            other_policies(pod, name, *code)
        }
        Fact::Killed { container: name } => hearing(pod, name).into_iter().chain(longer_grace(pod)).collect(),
        Fact::Unschedulable { verdicts } => {
            let reasons = || verdicts.refused.iter().flat_map(|refusal| &refusal.reasons);
            let short = |name: &&str| reasons().any(|reason| *reason == format!("Insufficient {name}"));
            let short = ["cpu", "memory"].into_iter().filter(short);
            short.filter_map(|name| smaller_request(scene, entry, pod, name)).collect()
        }
        Fact::Requested { .. } | Fact::Endpoints { .. } if endpoints::settles(fact) => {
            settling(pod).into_iter().collect()
        }
        Fact::Requested { .. } if endpoints::asks_nobody(fact) => asking(pod).into_iter().collect(),
        _ => Vec::new(),
    };
    values
        .into_iter()
        .map(|(path, value)| Trial { of: Subject::Pod(pod_ref.uid.clone()), path, value })
        .collect()
}

/// Fields of a pod with other values.
type Values = Vec<(String, Value)>;

/// A probe that bears twice as many failures; and a startup probe where there is none.
fn patience(
    scene: &Scene<'_>,
    entry: &Entry,
    pod_ref: &PodRef,
    pod: &Pod,
    name: &str,
    kind: ProbeKind,
) -> Values {
    let Some((path, probe)) = probe_spec(scene, entry, pod_ref, name, kind) else { return Vec::new() };
    // What keeps requests away from a pod that is not ready does its work.
    if kind == ProbeKind::Readiness {
        return Vec::new();
    }
    let more = probe.failure_threshold.saturating_mul(2);
    let mut values = alloc::vec![(format!("{path}.failureThreshold"), more.into())];
    if let Some((path, c)) = container(pod, name)
        && c.startup_probe.is_none()
        && kind == ProbeKind::Liveness
    {
        // What never answered since it started only needs longer to start.
        let at = if has_passed(scene, entry, pod_ref, name) { 1 } else { 0 };
        values.insert(at, (format!("{path}.startupProbe"), startup_probe(probe)));
    }
    values
}

/// Whether the container's liveness probe has succeeded in the run that there was.
fn has_passed(scene: &Scene<'_>, entry: &Entry, pod: &PodRef, name: &str) -> bool {
    let entries = scene.trace.entries();
    let before = entries[..entries.partition_point(|e| e.id <= entry.id)].iter().rev();
    let of_run = before.take_while(|entry| match &entry.what {
        What::Call(call) => {
            !(matches!(call.call, Call::StartContainer { .. })
                && call.pod.uid == pod.uid
                && call.container.as_deref() == Some(name))
        }
        _ => true,
    });
    of_run.into_iter().any(|entry| match &entry.what {
        What::Probe(probe) => {
            probe.kind == ProbeKind::Liveness
                && probe.result == ProbeResult::Success
                && probe.pod.uid == pod.uid
                && probe.container == name
        }
        _ => false,
    })
}

/// A script that ends at once when it is told to: as the first process a shell hears of no signal that it has not set a
/// trap for, and sets off the trap only when the command that it waits for is over, so that must run in the background.
fn hearing(pod: &Pod, name: &str) -> Option<(String, Value)> {
    let (path, c) = container(pod, name)?;
    let [shell, flag, script @ ..] = &c.command[..] else { return None };
    let (field, script) = match (script, &c.args[..]) {
        ([script], []) => ("command[2]", script),
        ([], [script]) => ("args[0]", script),
        _ => return None,
    };
    let script = script.trim().trim_end_matches(';');
    (is_shell(shell) && flag == "-c" && !script.starts_with(HEARS))
        .then(|| (format!("{path}.{field}"), format!("{HEARS}; {{ {script}; }} & wait $!").into()))
}

/// A startup probe that asks what a liveness probe asks.
fn startup_probe(liveness: &Probe) -> Value {
    let probe = Probe {
        exec: liveness.exec.clone(),
        http_get: liveness.http_get.clone(),
        tcp_socket: liveness.tcp_socket.clone(),
        grpc: liveness.grpc.clone(),
        period_seconds: liveness.period_seconds,
        failure_threshold: STARTUP_FAILURES,
        ..Probe::default()
    };
    let mut value = probe.encode();
    if let Some(get) = value.get_mut("httpGet").and_then(Value::as_object_mut) {
        get.retain(|name, value| name != "scheme" || value != "HTTP");
    }
    value
}

/// The restart policies that leave a process be that has ended. A template's policy is mostly not its own to choose.
fn other_policies(pod: &Pod, name: &str, code: i32) -> Values {
    let own = container(pod, name).is_some_and(|(_, c)| c.restart_policy.is_some());
    let owned = !pod.metadata.owner_references.is_empty();
    if own || owned {
        return Vec::new();
    }
    let now = pod.spec.restart_policy.as_str();
    let ends = if code == 0 { ["OnFailure", "Never"] } else { ["Never", ""] };
    let others = ends.into_iter().filter(|policy| !policy.is_empty() && now == "Always" && *policy != now);
    others.take(1).map(|policy| ("spec.restartPolicy".to_string(), policy.into())).collect()
}

/// Twice the grace period, where it is the pod's own that counts.
fn longer_grace(pod: &Pod) -> Option<(String, Value)> {
    let own = pod.spec.termination_grace_period_seconds?;
    let given = pod.metadata.deletion_grace_period_seconds.unwrap_or(own);
    let longer = || ("spec.terminationGracePeriodSeconds".to_string(), own.saturating_mul(2).into());
    (own > 0 && given == own).then(longer)
}

/// For the container that asks for the most: half of that, or half of the largest node where that is less.
fn smaller_request(scene: &Scene<'_>, entry: &Entry, pod: &Pod, name: &str) -> Option<(String, Value)> {
    let request = |c: &Container| c.resources.requests.get(name).cloned();
    let containers = pod.spec.containers.iter().enumerate();
    let (index, asked) =
        containers.filter_map(|(i, c)| Some((i, request(c)?))).max_by(|a, b| a.1.cmp(&b.1))?;
    let most = scene.nodes_before(entry.id).filter_map(|node| node.status.allocatable.get(name)).max()?;
    let half = asked.clone().min(most.clone()).milli_value() / 2;
    // Amounts of memory are told in Mi, as people do.
    let half = match name {
        "memory" => format!("{}Mi", (half / 1_000 / (1 << 20)).max(1)),
        _ => Quantity::from_milli(half.max(1), asked.format()).to_string(),
    };
    Some((format!("spec.containers[{index}].resources.requests.{name}"), half.into()))
}

/// A readiness probe that tries the first port, where one is named.
fn asking(pod: &Pod) -> Option<(String, Value)> {
    let port = pod.spec.containers.first()?.ports.first()?.container_port;
    let probe = json!({"tcpSocket": {"port": port}, "periodSeconds": ASKING_SECONDS});
    Some(("spec.containers[0].readinessProbe".to_string(), probe))
}

/// A pause before the signal, or a longer one than there is.
fn settling(pod: &Pod) -> Option<(String, Value)> {
    const PATH: &str = "spec.containers[0].lifecycle.preStop";
    let lifecycle = pod.spec.containers.first()?.lifecycle.as_ref();
    match lifecycle.and_then(|lifecycle| lifecycle.pre_stop.as_ref()) {
        None => Some((PATH.to_string(), json!({"sleep": {"seconds": SETTLING_SECONDS}}))),
        Some(hook) => {
            let seconds = hook.sleep.as_ref()?.seconds.saturating_mul(2).max(SETTLING_SECONDS);
            Some((format!("{PATH}.sleep.seconds"), seconds.into()))
        }
    }
}
