//! What a link of the chain says, without a language.

use super::endpoints::{Known, Move};
use alloc::string::String;
use alloc::vec::Vec;
use core::mem::discriminant;
use lifepod_api::{ContainerState, PodDisruptionBudgetStatus, SimTime};
use lifepod_engine::trace::{KillReason, PodEnd, ProbeKind, Proxied, Requests, SyncReason, Verdicts};

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
        pod: &'a str,
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
    SandboxResized,
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
    /// Without a command of its own, it runs what its image says.
    Started {
        container: &'a str,
        run: u32,
        process: Option<String>,
        image: &'a str,
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
    StopAbandoned {
        container: &'a str,
    },
    Killed {
        container: &'a str,
    },
    Exited {
        container: &'a str,
        code: i32,
        oom: bool,
        signal: Option<&'a str>,
        /// Whether it had been told to end.
        told: bool,
        lasted: Option<SimTime>,
        said: Option<&'a str>,
    },
    ContainerRemoved {
        container: &'a str,
    },
    ContainerResized {
        container: &'a str,
        error: Option<&'a str>,
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
    CommandEnded {
        code: i32,
    },
    Probed(Probed<'a>),
    // What components decided.
    Scheduled {
        node: &'a str,
        feasible: usize,
        nodes: usize,
    },
    Unschedulable {
        verdicts: &'a Verdicts,
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
    /// The kubelet ends a pod that nobody deleted.
    PodEnded {
        pod: &'a str,
        why: &'a PodEnd,
        message: &'a str,
    },
    Requeued {
        base: SimTime,
        due: SimTime,
    },
    /// A component's client had no token left.
    Throttled {
        client: &'a str,
        /// Whose settings `limits` are.
        component: &'static str,
        /// The names of the settings of `qps` and `burst`.
        limits: [&'static str; 2],
        qps: i32,
        burst: u32,
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
    /// An eviction, asked of the pod's budget; refused in these words.
    Evicted {
        pod: &'a str,
        budget: &'a str,
        refused: Option<&'a str>,
    },
    Budget {
        name: &'a str,
        status: &'a PodDisruptionBudgetStatus,
    },
    // What the network did.
    Requested {
        requests: &'a Requests,
        known: Option<Known>,
    },
    Proxied(&'a Proxied),
    Endpoints {
        service: &'a str,
        moves: Vec<Move>,
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

    /// Is it the same step of another round: the same kind of fact about the same container or image?
    pub(super) fn is_round_of(&self, other: &Self) -> bool {
        match (self, other) {
            (Fact::Synced { why: a }, Fact::Synced { why: b }) => a == b,
            _ => {
                !self.subject().is_empty()
                    && self.subject() == other.subject()
                    && discriminant(self) == discriminant(other)
            }
        }
    }

    /// The container or the image that it is about, if it is about one.
    fn subject(&self) -> &str {
        match self {
            Fact::Pulled { image, .. }
            | Fact::PullFailed { image, .. }
            | Fact::ImageBackOff { image, .. } => image,
            Fact::StateStored { container, .. }
            | Fact::PullBegan { container, .. }
            | Fact::ContainerCreated { container }
            | Fact::CreateFailed { container, .. }
            | Fact::Started { container, .. }
            | Fact::StartFailed { container, .. }
            | Fact::StopSent { container, .. }
            | Fact::StopAbandoned { container }
            | Fact::Killed { container }
            | Fact::Exited { container, .. }
            | Fact::ContainerRemoved { container }
            | Fact::ContainerResized { container, .. }
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
            Fact::SandboxResized | Fact::ContainerResized { .. } => {
                "pkg/kubelet/kuberuntime/kuberuntime_manager.go doPodResizeAction"
            }
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
            Fact::StopSent { .. } | Fact::StopAbandoned { .. } | Fact::Killed { .. } => {
                "pkg/kubelet/kuberuntime/kuberuntime_container.go killContainer"
            }
            Fact::HookRan { .. } | Fact::HookRequested { .. } => "pkg/kubelet/lifecycle/handlers.go Run",
            Fact::Probed(_) => "pkg/kubelet/prober/worker.go doProbe",
            Fact::KillDecided { .. } => "pkg/kubelet/kuberuntime/kuberuntime_manager.go computePodActions",
            Fact::PodEnded { why, .. } => match why {
                PodEnd::Pressure => "pkg/kubelet/eviction/eviction_manager.go synchronize",
                PodEnd::StorageLimit { .. } => {
                    "pkg/kubelet/eviction/eviction_manager.go localStorageEviction"
                }
                PodEnd::Preemption => "pkg/kubelet/preemption/preemption.go getPodsToPreempt",
                PodEnd::NodeShutdown => "pkg/kubelet/nodeshutdown/nodeshutdown_manager_linux.go",
            },
            Fact::CrashBackOff { .. } => "pkg/kubelet/kuberuntime/kuberuntime_manager.go doBackOff",
            Fact::Restarted { .. } | Fact::StaysDead { .. } => {
                "pkg/kubelet/container/helpers.go ShouldContainerBeRestarted"
            }
            Fact::Synced { why: SyncReason::ContainerChange } => "pkg/kubelet/pleg/generic.go Relist",
            Fact::Synced { why: SyncReason::ActiveDeadline } => "pkg/kubelet/active_deadline.go",
            Fact::Synced { .. } => "pkg/kubelet/pod_workers.go podWorkerLoop",
            Fact::Requeued { .. } => "pkg/kubelet/pod_workers.go completeWork",
            Fact::Throttled { .. } => "staging/src/k8s.io/client-go/rest/request.go tryThrottle",
            Fact::Evicted { .. } => "pkg/registry/core/pod/storage/eviction.go checkAndDecrement",
            Fact::Budget { .. } => "pkg/controller/disruption/disruption.go updatePdbStatus",
            Fact::Endpoints { .. } => "staging/src/k8s.io/endpointslice/utils.go podToEndpoint",
            Fact::Requested { known: Some(_), .. } => "pkg/proxy/iptables/proxier.go syncProxyRules",
            Fact::Proxied(_) => "pkg/proxy/topology.go CategorizeEndpoints",
            _ => "",
        }
    }
}

/// How many nodes gave each reason for their refusal.
pub(super) fn refusals(verdicts: &Verdicts) -> Vec<(usize, &str)> {
    let mut counts: Vec<(usize, &str)> = Vec::new();
    for refusal in &verdicts.refused {
        for reason in &refusal.reasons {
            match counts.iter_mut().find(|(_, r)| r == reason) {
                Some((n, _)) => *n += refusal.nodes as usize,
                None => counts.push((refusal.nodes as usize, reason)),
            }
        }
    }
    counts.sort_by_key(|(_, reason)| *reason);
    counts
}
