//! What a link of the chain says, without a language.

use super::scene::{Scene, container};
use crate::lanes::process_of;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::mem::discriminant;
use lifepod_api::{ContainerState, Object, Pod, PodStatus, Probe, SimTime};
use lifepod_engine::trace::{
    Call, Decision, KillReason, NodeVerdict, ObjectRevision, PodRef, ProbeAttempt, ProbeKind, ProbeResult,
    RuntimeCall, SyncReason,
};
use lifepod_engine::{Entry, Op, What};

/// A thing that happened, with the numbers that the sentence about it needs.
#[derive(Debug)]
pub(super) enum Fact<'a> {
    Action {
        text: &'a str,
        refused: Option<&'a str>,
    },
    // What the API server stored.
    Created {
        kind: String,
        name: &'a str,
        by: &'a str,
    },
    Gone {
        kind: String,
        name: &'a str,
        by: &'a str,
    },
    Changed {
        kind: String,
        name: &'a str,
        by: &'a str,
    },
    Bound {
        pod: &'a str,
        node: &'a str,
    },
    DeletionAsked {
        pod: &'a str,
        grace: u64,
        by: &'a str,
    },
    PhaseStored {
        pod: &'a str,
        from: &'a str,
        to: &'a str,
    },
    StateStored {
        container: &'a str,
        state: &'a ContainerState,
    },
    ConditionStored {
        kind: &'a str,
        holds: bool,
        reason: &'a str,
        message: &'a str,
    },
    EventRecorded {
        reason: &'a str,
        message: &'a str,
        count: i32,
        by: &'a str,
    },
    // What the container runtime did.
    SandboxReady {
        ip: &'a str,
        again: bool,
    },
    SandboxStopped,
    SandboxRemoved,
    PullBegan {
        container: &'a str,
        image: &'a str,
    },
    Pulled {
        image: &'a str,
        took: SimTime,
        size_bytes: u64,
    },
    PullFailed {
        image: &'a str,
        error: &'a str,
    },
    ContainerCreated {
        container: &'a str,
    },
    CreateFailed {
        container: &'a str,
        error: &'a str,
    },
    Started {
        container: &'a str,
        run: u32,
        process: String,
    },
    StartFailed {
        container: &'a str,
        error: &'a str,
    },
    StopSent {
        container: &'a str,
        signal: &'a str,
        grace: u64,
    },
    Killed {
        container: &'a str,
    },
    Exited {
        container: &'a str,
        code: i32,
        oom: bool,
        signal: Option<&'a str>,
        lasted: Option<SimTime>,
        said: Option<&'a str>,
    },
    ContainerRemoved {
        container: &'a str,
    },
    HookRan {
        container: &'a str,
        command: String,
        code: Option<i32>,
        took: SimTime,
    },
    HookRequested {
        url: &'a str,
        outcome: &'a str,
    },
    Listening {
        container: &'a str,
        port: u16,
    },
    Wrote {
        container: &'a str,
        line: &'a str,
    },
    Probed(Probed<'a>),
    // What components decided.
    Scheduled {
        node: &'a str,
        feasible: usize,
        nodes: usize,
    },
    Unschedulable {
        verdicts: &'a [NodeVerdict],
    },
    Synced {
        why: SyncReason,
    },
    CrashBackOff {
        container: &'a str,
        back_off: SimTime,
        until: SimTime,
        left: SimTime,
        exits: u32,
    },
    Restarted {
        container: &'a str,
        count: u32,
        next: SimTime,
    },
    StaysDead {
        container: &'a str,
        policy: &'a str,
        code: i32,
    },
    ImageBackOff {
        image: &'a str,
        back_off: SimTime,
        until: SimTime,
    },
    KillDecided {
        container: &'a str,
        why: KillReason,
        grace: SimTime,
        threshold: Option<i32>,
    },
    Requeued {
        base: SimTime,
        due: SimTime,
    },
    PhaseDerived {
        from: &'a str,
        to: &'a str,
    },
    Assumed {
        container: &'a str,
        subject: &'a str,
        assumed: &'a str,
    },
    /// Rounds of a loop that are not told one by one.
    Rounds {
        times: usize,
    },
}

/// An attempt of a probe.
#[derive(Debug)]
pub(super) struct Probed<'a> {
    pub(super) container: &'a str,
    pub(super) kind: ProbeKind,
    pub(super) passed: bool,
    pub(super) unknown: bool,
    pub(super) run: u32,
    pub(super) threshold: u32,
    pub(super) output: &'a str,
    pub(super) period: Option<SimTime>,
    /// What the probe does: `` `cat /tmp/up` ``, `GET :8080/healthz`.
    pub(super) does: String,
}

impl Probed<'_> {
    /// Are these attempts of one probe with one result?
    pub(super) fn is_like(&self, other: &Self) -> bool {
        self.container == other.container && self.kind == other.kind && self.passed == other.passed
    }
}

impl<'a> Fact<'a> {
    /// What an entry says.
    pub(super) fn of(scene: &Scene<'a>, entry: &'a Entry) -> Self {
        match &entry.what {
            What::Object(revision) => of_revision(scene, entry, revision),
            What::Call(call) => of_call(scene, entry, call),
            What::Probe(probe) => Fact::Probed(of_probe(scene, entry, probe)),
            What::Decision(decision) => of_decision(scene, entry, decision),
            What::Action(action) => Fact::Action { text: &action.text, refused: action.refused.as_deref() },
        }
    }

    /// Is it of no interest as a link between others?
    pub(super) fn says_nothing(&self) -> bool {
        matches!(
            self,
            Fact::Changed { .. }
                | Fact::EventRecorded { .. }
                | Fact::Requeued { .. }
                | Fact::Synced {
                    why: SyncReason::Create | SyncReason::Update | SyncReason::Kill | SyncReason::Probe
                }
                | Fact::ContainerCreated { .. }
                | Fact::Listening { .. }
        )
    }

    /// Does the fact that came of it, `after`, already say the same?
    pub(super) fn is_said_by(&self, after: &Self) -> bool {
        match (self, after) {
            (Fact::PhaseDerived { to, .. }, Fact::PhaseStored { to: stored, .. }) => to == stored,
            (Fact::Synced { .. }, Fact::Synced { .. }) => true,
            // A look by the clock is what ends a back-off; the restart says so.
            (Fact::Synced { why: SyncReason::Requeue }, Fact::Restarted { .. } | Fact::Started { .. }) => {
                true
            }
            _ => false,
        }
    }

    /// Is it the same step of another round: the same kind of fact about the same container?
    pub(super) fn is_round_of(&self, other: &Self) -> bool {
        match (self, other) {
            (Fact::Synced { why: a }, Fact::Synced { why: b }) => a == b,
            _ => {
                !self.container().is_empty()
                    && self.container() == other.container()
                    && discriminant(self) == discriminant(other)
            }
        }
    }

    fn container(&self) -> &str {
        match self {
            Fact::StateStored { container, .. }
            | Fact::PullBegan { container, .. }
            | Fact::ContainerCreated { container }
            | Fact::CreateFailed { container, .. }
            | Fact::Started { container, .. }
            | Fact::StartFailed { container, .. }
            | Fact::StopSent { container, .. }
            | Fact::Killed { container }
            | Fact::Exited { container, .. }
            | Fact::ContainerRemoved { container }
            | Fact::HookRan { container, .. }
            | Fact::Listening { container, .. }
            | Fact::Wrote { container, .. }
            | Fact::CrashBackOff { container, .. }
            | Fact::Restarted { container, .. }
            | Fact::StaysDead { container, .. }
            | Fact::KillDecided { container, .. }
            | Fact::Probed(Probed { container, .. })
            | Fact::Assumed { container, .. } => container,
            _ => "",
        }
    }

    /// The file and function of the rule in Kubernetes' source.
    pub(super) fn source(&self) -> &'static str {
        match self {
            Fact::Bound { .. } => "pkg/scheduler/schedule_one.go bindingCycle",
            Fact::Scheduled { .. } | Fact::Unschedulable { .. } => {
                "pkg/scheduler/schedule_one.go schedulePod"
            }
            Fact::DeletionAsked { .. } => "pkg/registry/core/pod/strategy.go CheckGracefulDelete",
            Fact::Gone { .. } => "pkg/kubelet/status/status_manager.go syncPod",
            Fact::PhaseStored { .. } | Fact::PhaseDerived { .. } => "pkg/kubelet/kubelet_pods.go getPhase",
            Fact::StateStored { .. } => "pkg/kubelet/kubelet_pods.go convertToAPIContainerStatuses",
            Fact::ConditionStored { .. } => "pkg/kubelet/status/generate.go",
            Fact::SandboxReady { .. } => "pkg/kubelet/kuberuntime/kuberuntime_sandbox.go createPodSandbox",
            Fact::SandboxStopped | Fact::SandboxRemoved => {
                "pkg/kubelet/kuberuntime/kuberuntime_manager.go killPodWithSyncResult"
            }
            Fact::PullBegan { .. }
            | Fact::Pulled { .. }
            | Fact::PullFailed { .. }
            | Fact::ImageBackOff { .. } => "pkg/kubelet/images/image_manager.go EnsureImageExists",
            Fact::ContainerCreated { .. }
            | Fact::CreateFailed { .. }
            | Fact::Started { .. }
            | Fact::StartFailed { .. } => "pkg/kubelet/kuberuntime/kuberuntime_container.go startContainer",
            Fact::StopSent { .. } | Fact::Killed { .. } => {
                "pkg/kubelet/kuberuntime/kuberuntime_container.go killContainer"
            }
            Fact::HookRan { .. } | Fact::HookRequested { .. } => "pkg/kubelet/lifecycle/handlers.go Run",
            Fact::Probed(_) => "pkg/kubelet/prober/worker.go doProbe",
            Fact::KillDecided { .. } => "pkg/kubelet/kuberuntime/kuberuntime_manager.go computePodActions",
            Fact::CrashBackOff { .. } => "pkg/kubelet/kuberuntime/kuberuntime_manager.go doBackOff",
            Fact::Restarted { .. } | Fact::StaysDead { .. } => {
                "pkg/kubelet/container/helpers.go ShouldContainerBeRestarted"
            }
            Fact::Synced { why: SyncReason::ContainerChange } => "pkg/kubelet/pleg/generic.go Relist",
            Fact::Synced { why: SyncReason::ActiveDeadline } => "pkg/kubelet/active_deadline.go",
            Fact::Synced { .. } => "pkg/kubelet/pod_workers.go podWorkerLoop",
            Fact::Requeued { .. } => "pkg/kubelet/pod_workers.go completeWork",
            _ => "",
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
    match revision.op {
        Op::Added => Fact::Created { kind: kind(), name, by },
        Op::Deleted => Fact::Gone { kind: kind(), name, by },
        Op::Modified => match (object, scene.earlier(entry, revision)) {
            (Object::Pod(new), Some(Object::Pod(old))) => {
                pod_change(old, new, by).unwrap_or_else(|| Fact::Changed { kind: kind(), name, by })
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
        Call::PullImage { image } => Fact::PullBegan { container, image },
        Call::PullImageDone { image, took, size_bytes } => {
            Fact::Pulled { image, took: *took, size_bytes: *size_bytes }
        }
        Call::PullImageFailed { image, error } => Fact::PullFailed { image, error },
        Call::CreateContainer { error: Some(error), .. } => Fact::CreateFailed { container, error },
        Call::CreateContainer { .. } => Fact::ContainerCreated { container },
        Call::StartContainer { error: Some(error), .. } => Fact::StartFailed { container, error },
        Call::StartContainer { attempt, .. } => {
            let process = scene.pod(entry.id, &call.pod).and_then(|p| self::container(p, container));
            let process = process.map_or_else(String::new, |(_, c)| process_of(c));
            Fact::Started { container, run: attempt.saturating_add(1), process }
        }
        Call::StopContainer { timeout, signal, .. } => Fact::StopSent { container, signal, grace: *timeout },
        Call::KillContainer { .. } => Fact::Killed { container },
        Call::Exited { attempt, exit_code, reason, signal } => Fact::Exited {
            container,
            code: *exit_code,
            oom: *reason == "OOMKilled",
            signal: *signal,
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
            let feasible = verdicts.iter().filter(|v| v.refused.is_empty()).count();
            Fact::Scheduled { node, feasible, nodes: verdicts.len() }
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
        Decision::Requeue { base, due, .. } => Fact::Requeued { base: *base, due: *due },
        Decision::Phase { from, to, .. } => Fact::PhaseDerived { from, to },
        Decision::Assumption { container, subject, assumed, .. } => {
            Fact::Assumed { container, subject, assumed }
        }
    }
}

/// Refusals of nodes, the same ones together: how many nodes gave each reason.
pub(super) fn refusals(verdicts: &[NodeVerdict]) -> Vec<(usize, &str)> {
    let mut counts: Vec<(usize, &str)> = Vec::new();
    for reason in verdicts.iter().flat_map(|v| &v.refused) {
        match counts.iter_mut().find(|(_, r)| r == reason) {
            Some((n, _)) => *n += 1,
            None => counts.push((1, reason)),
        }
    }
    counts.sort_by_key(|(_, reason)| *reason);
    counts
}
