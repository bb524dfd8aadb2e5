//! From entries of the trace to facts.

use super::budgets;
use super::endpoints::{self, Known};
use super::fact::{Fact, Probed};
use super::scene::{Scene, container};
use crate::lanes::process_of;
use alloc::format;
use alloc::string::{String, ToString};
use lifepod_api::{Object, Pod, PodStatus, Probe, SimTime};
use lifepod_engine::trace::{
    Call, Decision, KillReason, ObjectRevision, PodRef, ProbeAttempt, ProbeKind, ProbeResult, RuntimeCall,
    Said,
};
use lifepod_engine::{Entry, Op, What};

impl<'a> Fact<'a> {
    /// What an entry says.
    pub(super) fn of(scene: &Scene<'a>, entry: &'a Entry) -> Self {
        match &entry.what {
            What::Object(revision) => of_revision(scene, entry, revision),
            What::Call(call) => of_call(scene, entry, call),
            What::Probe(probe) => Fact::Probed(of_probe(scene, entry, probe)),
            What::Decision(decision) => of_decision(scene, entry, decision),
            What::Said(Said::Stdout(text) | Said::Stderr(text)) => {
                Fact::Wrote { container: "kubectl", line: text.trim_end() }
            }
            What::Said(Said::Exit(code)) => Fact::CommandEnded { code: *code },
            What::Action(action) => Fact::Action { text: &action.text, refused: action.refused.as_deref() },
            What::Requests(requests) => {
                Fact::Requested { requests, known: Known::of(scene, entry, requests) }
            }
            What::Proxied(proxied) => Fact::Proxied(proxied),
        }
    }
}

fn of_revision<'a>(scene: &Scene<'a>, entry: &'a Entry, revision: &'a ObjectRevision) -> Fact<'a> {
    let (object, by) = (&*revision.object, revision.by);
    let kind = || object.kind().to_string();
    let name = object.meta().name.as_str();
    if let Object::Event(e) = object {
        let by = if e.source.component.is_empty() { &e.reporting_component } else { &e.source.component };
        return Fact::EventRecorded { reason: &e.reason, message: &e.message, count: e.count, by };
    }
    if let Some(fact) = endpoints::change(scene, entry, revision) {
        return fact;
    }
    match revision.op {
        Op::Added => Fact::Created { kind: kind(), name, by },
        Op::Deleted => Fact::Gone { kind: kind(), name, by },
        Op::Modified => match (object, scene.earlier(entry, revision)) {
            (Object::Pod(new), Some(Object::Pod(old))) => {
                pod_change(old, new, by).unwrap_or_else(|| Fact::Changed { kind: kind(), name, by })
            }
            (Object::PodDisruptionBudget(new), Some(Object::PodDisruptionBudget(old)))
                if budgets::tells(&old.status, &new.status) =>
            {
                Fact::Budget { name, status: &new.status }
            }
            _ => Fact::Changed { kind: kind(), name, by },
        },
    }
}

/// What matters most of what changed in a pod.
fn pod_change<'a>(old: &'a Pod, new: &'a Pod, by: &'a str) -> Option<Fact<'a>> {
    let pod = new.metadata.name.as_str();
    if old.metadata.deletion_timestamp.is_none() && new.metadata.deletion_timestamp.is_some() {
        let grace = new.metadata.deletion_grace_period_seconds.unwrap_or(0).max(0) as u64;
        return Some(Fact::DeletionAsked { pod, grace, by });
    }
    if old.spec.node_name.is_empty() && !new.spec.node_name.is_empty() {
        return Some(Fact::Bound { pod, node: &new.spec.node_name });
    }
    if old.status.phase != new.status.phase {
        return Some(Fact::PhaseStored { pod, from: &old.status.phase, to: &new.status.phase });
    }
    let statuses = |s: &'a PodStatus| s.init_container_statuses.iter().chain(&s.container_statuses);
    for c in statuses(&new.status) {
        let before = statuses(&old.status).find(|o| o.name == c.name);
        if before.is_none_or(|o| o.state != c.state) {
            return Some(Fact::StateStored { container: &c.name, state: &c.state });
        }
    }
    new.status.conditions.iter().find_map(|c| {
        let before = old.status.conditions.iter().find(|o| o.type_ == c.type_);
        before.is_none_or(|o| o.status != c.status).then_some(Fact::ConditionStored {
            pod,
            kind: &c.type_,
            holds: c.status == "True",
            reason: &c.reason,
            message: &c.message,
        })
    })
}

fn of_call<'a>(scene: &Scene<'a>, entry: &'a Entry, call: &'a RuntimeCall) -> Fact<'a> {
    let container = call.container.as_deref().unwrap_or("");
    match &call.call {
        Call::RunPodSandbox { attempt, ip } => Fact::SandboxReady { ip, again: *attempt > 0 },
        Call::StopPodSandbox => Fact::SandboxStopped,
        Call::RemovePodSandbox => Fact::SandboxRemoved,
        Call::UpdatePodSandboxResources { .. } => Fact::SandboxResized,
        Call::UpdateContainerResources { error, .. } => {
            Fact::ContainerResized { container, error: error.as_deref() }
        }
        Call::PullImage { image } => Fact::PullBegan { container, image },
        Call::PullImageDone { image, took, size_bytes } => {
            Fact::Pulled { image, took: *took, size_bytes: *size_bytes }
        }
        Call::PullImageFailed { image, error } => Fact::PullFailed { image, error },
        Call::CreateContainer { error: Some(error), .. } => Fact::CreateFailed { container, error },
        Call::CreateContainer { .. } => Fact::ContainerCreated { container },
        Call::StartContainer { error: Some(error), .. } => Fact::StartFailed { container, error },
        Call::StartContainer { attempt, .. } => {
            let spec =
                scene.pod(entry.id, &call.pod).and_then(|p| self::container(p, container)).map(|(_, c)| c);
            let own = spec.filter(|c| !c.command.is_empty() || !c.args.is_empty());
            Fact::Started {
                container,
                run: attempt.saturating_add(1),
                process: own.map(process_of),
                image: spec.map_or("", |c| &c.image),
            }
        }
        Call::StopContainer { timeout, signal, .. } => Fact::StopSent { container, signal, grace: *timeout },
        Call::StopContainerCancelled { .. } => Fact::StopAbandoned { container },
        Call::KillContainer { .. } => Fact::Killed { container },
        Call::Exited { attempt, exit_code, reason, signal } => Fact::Exited {
            container,
            code: *exit_code,
            oom: *reason == "OOMKilled",
            signal: *signal,
            told: entry.cause.and_then(|id| scene.trace.get(id)).is_some_and(stops),
            lasted: scene.started_at(entry.id, &call.pod, container, *attempt).map(|s| entry.at.since(s)),
            said: (*exit_code != 0)
                .then(|| scene.last_words(entry.id, &call.pod, container, *attempt))
                .flatten(),
        },
        Call::RemoveContainer { .. } => Fact::ContainerRemoved { container },
        Call::ExecSync { command, exit_code, took, .. } => {
            Fact::HookRan { container, command: command.join(" "), code: *exit_code, took: *took }
        }
        Call::HttpGet { url, outcome, .. } => Fact::HookRequested { url, outcome },
        Call::Listen { port, .. } => Fact::Listening { container, port: *port },
        Call::Output { line, .. } => Fact::Wrote { container, line },
    }
}

/// Whether an entry tells a process to end.
fn stops(entry: &Entry) -> bool {
    matches!(&entry.what, What::Call(call) if matches!(call.call, Call::StopContainer { .. } | Call::KillContainer { .. }))
}

fn of_probe<'a>(scene: &Scene<'a>, entry: &'a Entry, probe: &'a ProbeAttempt) -> Probed<'a> {
    let spec = probe_spec(scene, entry, &probe.pod, &probe.container, probe.kind).map(|(_, p)| p);
    Probed {
        container: &probe.container,
        kind: probe.kind,
        passed: matches!(probe.result, ProbeResult::Success | ProbeResult::Warning),
        unknown: probe.result == ProbeResult::Unknown,
        run: probe.run,
        threshold: probe.threshold,
        output: probe.output.trim(),
        period: spec.map(|p| SimTime::from_secs(p.period_seconds.max(0) as u64)),
        does: spec.map_or_else(String::new, handler),
    }
}

/// What a probe does, in short.
fn handler(p: &Probe) -> String {
    if let Some(exec) = &p.exec {
        return format!("`{}`", exec.command.join(" "));
    }
    if let Some(get) = &p.http_get {
        return format!("`GET :{}{}`", get.port, get.path);
    }
    if let Some(tcp) = &p.tcp_socket {
        return format!("`connect :{}`", tcp.port);
    }
    p.grpc.as_ref().map_or_else(String::new, |grpc| format!("`grpc :{}`", grpc.port))
}

/// A container's probe with its path in the pod.
pub(super) fn probe_spec<'a>(
    scene: &Scene<'a>,
    entry: &Entry,
    pod: &PodRef,
    name: &str,
    kind: ProbeKind,
) -> Option<(String, &'a Probe)> {
    let (path, c) = container(scene.pod(entry.id, pod)?, name)?;
    let (field, probe) = match kind {
        ProbeKind::Startup => ("startupProbe", &c.startup_probe),
        ProbeKind::Readiness => ("readinessProbe", &c.readiness_probe),
        ProbeKind::Liveness => ("livenessProbe", &c.liveness_probe),
    };
    Some((format!("{path}.{field}"), probe.as_ref()?))
}

/// The probe whose failure makes a kubelet kill for that reason.
pub(super) fn killing_probe(why: KillReason) -> Option<ProbeKind> {
    match why {
        KillReason::LivenessProbe => Some(ProbeKind::Liveness),
        KillReason::StartupProbe => Some(ProbeKind::Startup),
        _ => None,
    }
}

fn of_decision<'a>(scene: &Scene<'a>, entry: &'a Entry, decision: &'a Decision) -> Fact<'a> {
    match decision {
        Decision::Schedule { node: Some(node), verdicts, .. } => {
            Fact::Scheduled { node, feasible: verdicts.feasible as usize, nodes: verdicts.nodes as usize }
        }
        Decision::Schedule { verdicts, .. } => Fact::Unschedulable { verdicts },
        Decision::SyncPod { why, .. } => Fact::Synced { why: *why },
        Decision::CrashLoopBackOff { pod, container, back_off, until, .. } => Fact::CrashBackOff {
            container,
            back_off: *back_off,
            until: *until,
            left: until.since(entry.at),
            exits: scene.exits(entry.id, pod, container),
        },
        Decision::Restart { container, restart_count, next_back_off, .. } => {
            Fact::Restarted { container, count: *restart_count, next: *next_back_off }
        }
        Decision::NoRestart { container, policy, exit_code, .. } => {
            Fact::StaysDead { container, policy, code: *exit_code }
        }
        Decision::ImagePullBackOff { image, back_off, until, .. } => {
            Fact::ImageBackOff { image, back_off: *back_off, until: *until }
        }
        Decision::Kill { pod, container, why, grace } => {
            let probe = killing_probe(*why).and_then(|kind| probe_spec(scene, entry, pod, container, kind));
            let threshold = probe.map(|(_, p)| p.failure_threshold);
            Fact::KillDecided { container, why: *why, grace: *grace, threshold }
        }
        Decision::EndPod { pod, why, message } => {
            Fact::PodEnded { pod: &pod.name, why, message: message.trim_end() }
        }
        Decision::Requeue { base, due, .. } => Fact::Requeued { base: *base, due: *due },
        Decision::Phase { from, to, .. } => Fact::PhaseDerived { from, to },
        Decision::Evict { pod, budget, refused } => {
            Fact::Evicted { pod: &pod.name, budget, refused: refused.as_deref() }
        }
        Decision::Throttled { client, qps, burst } => {
            let (component, limits) = match *client {
                "default-scheduler" => ("kube-scheduler", ["clientConnection.qps", "clientConnection.burst"]),
                _ => ("kube-controller-manager", ["--kube-api-qps", "--kube-api-burst"]),
            };
            Fact::Throttled { client, component, limits, qps: *qps, burst: *burst }
        }
        Decision::Assumption { container, subject, assumed, .. } => {
            Fact::Assumed { container, subject, assumed }
        }
    }
}
