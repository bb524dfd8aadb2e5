//! The result of a run: everything that happened, in order, each entry with its cause.
//!
//! A trace is append-only. Views (timeline, `kubectl`, explanations) read the trace and never the engine's
//! private state.

pub use crate::network::requests::{Proxied, RequestEnd, Requests, ServiceRef};
use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::Deref;
use lifepod_api::{Object, SimTime};

/// The number of an [`Entry`]: its index in [`Trace::entries`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryId(pub u32);

/// One thing that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// This entry's number.
    pub id: EntryId,
    /// When it happened.
    pub at: SimTime,
    /// The entry that made this one happen; none for what a person, fate or the start of the scenario did.
    /// Followed upward, causes answer "why".
    pub cause: Option<EntryId>,
    /// What happened.
    pub what: What,
}

/// What an [`Entry`] records.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// The API server stored a new revision of an object, Kubernetes `Event` objects included.
    Object(ObjectRevision),
    /// The kubelet called the container runtime, or the runtime reported something.
    Call(RuntimeCall),
    /// A probe ran.
    Probe(ProbeAttempt),
    /// A component decided something that no object shows: which rule fired, with the numbers that made it fire.
    Decision(Decision),
    /// A person or fate did something: the roots of all causes.
    Action(Action),
    /// A person's command wrote something or ended; its action is the entry's cause.
    Said(Said),
    /// Requests of a scenario's client ended.
    Requests(Requests),
    /// The nodes' proxies learned who stands behind a Service.
    Proxied(Proxied),
}

/// A stored revision of an API object.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectRevision {
    /// How the revision came to be, in a watch's words.
    pub op: Op,
    /// The whole object after the change; for [`Op::Deleted`] its last state.
    pub object: Arc<Object>,
    /// Who wrote it: `kubectl`, `kubelet`, `default-scheduler`, …
    pub by: &'static str,
}

/// A watch event's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// The object is new.
    Added,
    /// The object changed.
    Modified,
    /// The object is gone.
    Deleted,
}

/// Names a pod for good: a later pod of the same name has another `uid`. What a trace says of one pod shares its name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PodRef(Arc<PodName>);

impl PodRef {
    /// The pod of that namespace, name and `uid`.
    pub fn new(namespace: &str, name: &str, uid: &str) -> Self {
        PodRef(Arc::new(PodName { namespace: namespace.into(), name: name.into(), uid: uid.into() }))
    }
}

impl Deref for PodRef {
    type Target = PodName;

    fn deref(&self) -> &PodName {
        &self.0
    }
}

/// What a [`PodRef`] says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PodName {
    /// `metadata.namespace`.
    pub namespace: String,
    /// `metadata.name`.
    pub name: String,
    /// `metadata.uid`.
    pub uid: String,
}

/// A call between a kubelet and its container runtime (CRI), or a change that the runtime saw.
#[derive(Clone, Debug, PartialEq)]
pub struct RuntimeCall {
    /// The pod concerned.
    pub pod: PodRef,
    /// The node whose runtime it is.
    pub node: String,
    /// The container concerned; none for calls on the sandbox. Image pulls name the container they are for.
    pub container: Option<String>,
    /// The call.
    pub call: Call,
}

/// The calls of the container runtime interface, under its names, and what processes did by themselves.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the fields are the CRI's own; `attempt` is the container's restart count")]
pub enum Call {
    /// The pod's network namespace and IP came to be; `attempt` counts the sandboxes of the pod from 0.
    RunPodSandbox { attempt: u32, ip: String },
    /// All containers of the sandbox are stopped and its network is torn down.
    StopPodSandbox,
    /// The sandbox's record is gone.
    RemovePodSandbox,
    /// The resources of the pod as a whole were changed: shares of CPU, microseconds of CPU in each tenth of a second,
    /// bytes of memory; none without a limit.
    UpdatePodSandboxResources { cpu_shares: i64, cpu_quota: Option<i64>, memory: Option<i64> },
    /// A pull began.
    PullImage { image: String },
    /// A pull ended well after `took`.
    PullImageDone { image: String, took: SimTime, size_bytes: u64 },
    /// A pull failed with the runtime's words.
    PullImageFailed { image: String, error: String },
    /// A container was made from its image; `attempt` is its restart count.
    CreateContainer { attempt: u32, error: Option<String> },
    /// The resources of a running container were changed.
    UpdateContainerResources { attempt: u32, error: Option<String> },
    /// The container's process was started.
    StartContainer { attempt: u32, error: Option<String> },
    /// The runtime was told to stop the container: the stop signal now, KILL after `timeout` (whole seconds).
    StopContainer { attempt: u32, timeout: u64, signal: &'static str },
    /// The kubelet that had asked for a stop went away: the signal was sent, and KILL will not follow.
    StopContainerCancelled { attempt: u32 },
    /// The grace ran out and the process got SIGKILL.
    KillContainer { attempt: u32 },
    /// The container's process ended.
    Exited { attempt: u32, exit_code: i32, reason: &'static str, signal: Option<&'static str> },
    /// The container's record is gone.
    RemoveContainer { attempt: u32 },
    /// A command ran in the container for a hook (probes have [`What::Probe`]); `exit_code` is none when it
    /// was cut off.
    ExecSync { attempt: u32, command: Vec<String>, exit_code: Option<i32>, took: SimTime },
    /// A request that a hook made.
    HttpGet { attempt: u32, url: String, outcome: String },
    /// The process began to listen on a port of the pod.
    Listen { attempt: u32, port: u16 },
    /// The process wrote a line to its standard output or error.
    Output { attempt: u32, stderr: bool, line: String },
}

/// One attempt of a probe.
#[derive(Clone, Debug, PartialEq)]
pub struct ProbeAttempt {
    /// The pod concerned.
    pub pod: PodRef,
    /// The container concerned.
    pub container: String,
    /// Which of the container's probes.
    pub kind: ProbeKind,
    /// What came out.
    pub result: ProbeResult,
    /// The handler's output or error, as the `Unhealthy` Event words it.
    pub output: String,
    /// How long the handler took; the entry's time is the end of the attempt.
    pub took: SimTime,
    /// The same result in a row, this one included.
    pub run: u32,
    /// The threshold at which `run` changes the container's state.
    pub threshold: u32,
}

/// The three probes of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProbeKind {
    /// `startupProbe`
    Startup,
    /// `readinessProbe`
    Readiness,
    /// `livenessProbe`
    Liveness,
}

/// A handler's verdict (`pkg/probe/probe.go`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProbeResult {
    /// The handler succeeded.
    Success,
    /// The handler succeeded with a warning (an HTTP redirect to another host).
    Warning,
    /// The handler failed.
    Failure,
    /// The handler could not say; the attempt counts for nothing.
    Unknown,
}

/// What a component decided, with the numbers that made the rule fire. Each variant names its upstream rule.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "each variant's sentence says what its fields are")]
pub enum Decision {
    /// The scheduler looked at every node for a pod (`pkg/scheduler/schedule_one.go`).
    Schedule { pod: PodRef, node: Option<String>, verdicts: Verdicts },
    /// The kubelet's pod worker began a sync (`pkg/kubelet/pod_workers.go podWorkerLoop`).
    SyncPod { pod: PodRef, node: String, why: SyncReason },
    /// A restart is refused until the back-off ends (`kuberuntime_manager.go doBackOff`).
    CrashLoopBackOff {
        pod: PodRef,
        container: String,
        back_off: SimTime,
        finished_at: SimTime,
        until: SimTime,
    },
    /// A dead container is started again; the next back-off will be `next_back_off` (zero: none was entered).
    Restart { pod: PodRef, container: String, restart_count: u32, next_back_off: SimTime },
    /// A dead container stays dead, by its restart policy or rule.
    NoRestart { pod: PodRef, container: String, policy: String, exit_code: i32 },
    /// An image is not pulled again until the back-off ends (`images/image_manager.go`).
    ImagePullBackOff { pod: PodRef, container: String, image: String, back_off: SimTime, until: SimTime },
    /// The kubelet kills a container.
    Kill { pod: PodRef, container: String, why: KillReason, grace: SimTime },
    /// The kubelet ends a whole pod of its own accord, and says why in the pod's status.
    EndPod { pod: PodRef, why: PodEnd, message: String },
    /// The pod worker will look again at `due` at the latest (`pod_workers.go completeWork`): `base` is the
    /// delay before jitter.
    Requeue { pod: PodRef, base: SimTime, due: SimTime },
    /// The pod's phase was derived from its containers (`kubelet_pods.go getPhase`).
    Phase { pod: PodRef, from: &'static str, to: &'static str },
    /// An eviction asked the pod's disruption budget (`pkg/registry/core/pod/storage/eviction.go checkAndDecrement`), and
    /// was refused in these words or allowed.
    Evict { pod: PodRef, budget: String, refused: Option<String> },
    /// A controller or the scheduler had calls to make and no token for them: its client may make `qps` calls a second after `burst` at
    /// once (`client-go/rest/request.go tryThrottle`). What it does then waits for its turn.
    Throttled { client: &'static str, qps: i32, burst: u32 },
    /// Something that the simulation had to assume, and what was assumed.
    Assumption { pod: PodRef, container: String, subject: String, assumed: String },
}

/// What the nodes said to a pod that wants one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Verdicts {
    /// How many nodes the cluster had.
    pub nodes: u32,
    /// How many would have done, of those that were asked: in a large cluster the search ends when there are enough.
    pub feasible: u32,
    /// How many nodes refused the pod for which reasons.
    pub refused: Vec<Refusal>,
    /// Node by node, in order of their names; in a large cluster the best few only, the best first.
    pub each: Vec<NodeVerdict>,
}

/// Nodes that refused a pod for the same reasons.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// The filter plugin that refused, the first one for each node.
    pub plugin: &'static str,
    /// Its reasons.
    pub reasons: Vec<String>,
    /// How many nodes.
    pub nodes: u32,
}

/// Why one node was or was not taken.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeVerdict {
    /// The node.
    pub node: String,
    /// The reasons of the first filter plugin that refused it; empty when it was feasible.
    pub refused: Vec<String>,
    /// The filter plugin that refused it.
    pub plugin: Option<&'static str>,
    /// The total score of a feasible node; 0 when there was no choice.
    pub score: i64,
    /// What each plugin contributed to it, its weight included.
    pub scores: Vec<(&'static str, i64)>,
}

/// What woke a pod worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SyncReason {
    /// The pod was first seen on this node.
    Create,
    /// The API object changed.
    Update,
    /// The pod is being deleted, evicted or replaced.
    Kill,
    /// The PLEG saw a container or sandbox change.
    ContainerChange,
    /// A probe's result changed.
    Probe,
    /// The work queue's time for this pod came (periodic resync or retry).
    Requeue,
    /// `activeDeadlineSeconds` is over.
    ActiveDeadline,
}

/// Why the kubelet kills a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KillReason {
    /// The pod is deleted or otherwise ends.
    PodTermination,
    /// The liveness probe failed.
    LivenessProbe,
    /// The startup probe failed.
    StartupProbe,
    /// The postStart hook failed.
    PostStartHook,
    /// Its image or name changed.
    DefinitionChanged,
    /// The sandbox must be made anew.
    SandboxChanged,
    /// A restart rule restarts all containers.
    RestartAllContainers,
    /// A resize needs a restart.
    Resize,
}

/// Why the kubelet ends a pod that nobody deleted. The grace is the kubelet's, not the pod's, but for preemption.
#[derive(Clone, Debug, PartialEq)]
pub enum PodEnd {
    /// The node is short of something (`pkg/kubelet/eviction/eviction_manager.go synchronize`).
    Pressure,
    /// The pod stores more than it may (`eviction_manager.go localStorageEviction`).
    StorageLimit {
        /// The field of the pod that sets the limit.
        path: String,
        /// The limit.
        limit: String,
    },
    /// A critical pod needs the room (`pkg/kubelet/preemption/preemption.go`).
    Preemption,
    /// The node is shut down in order (`pkg/kubelet/nodeshutdown`).
    NodeShutdown,
}

/// What a person or fate did.
#[derive(Clone, Debug, PartialEq)]
pub struct Action {
    /// The action in the words of the scenario, such as `kubectl delete pod web-0`.
    pub text: String,
    /// The API server's refusal, in its words; none when it was accepted.
    pub refused: Option<String>,
}

/// What a command did to its terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// Text on standard output.
    Stdout(String),
    /// Text on standard error.
    Stderr(String),
    /// The command ended with this exit code.
    Exit(i32),
}

/// Something of a process that the manifest does not say, and what was assumed instead.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Assumption<'t> {
    /// The entry that says so first.
    pub entry: EntryId,
    /// Whose process.
    pub pod: &'t PodRef,
    /// In which container.
    pub container: &'t str,
    /// The words that were not understood.
    pub subject: &'t str,
    /// What was assumed, as a sentence without a full stop.
    pub assumed: &'t str,
}

/// All entries of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trace {
    entries: Vec<Entry>,
}

impl Trace {
    /// Every entry, in order of time and, within an instant, of happening.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entry of that number.
    pub fn get(&self, id: EntryId) -> Option<&Entry> {
        self.entries.get(id.0 as usize)
    }

    /// The first entries, so many of them.
    pub(crate) fn first(&self, count: usize) -> Trace {
        Trace { entries: self.entries[..count.min(self.entries.len())].to_vec() }
    }

    /// The chain of causes from `id` up to its root, `id` first.
    pub fn causes(&self, id: EntryId) -> impl Iterator<Item = &Entry> {
        let mut next = Some(id);
        core::iter::from_fn(move || {
            let entry = self.get(next?)?;
            next = entry.cause;
            Some(entry)
        })
    }

    /// How many entries happened at or before `at`.
    pub fn len_at(&self, at: SimTime) -> usize {
        self.entries.partition_point(|e| e.at <= at)
    }

    /// What the command of an action wrote to standard error so far, without the last line's end.
    pub(crate) fn errors_of(&self, action: EntryId) -> String {
        let mut text = String::new();
        for entry in &self.entries[action.0 as usize..] {
            if let (What::Said(Said::Stderr(line)), Some(cause)) = (&entry.what, entry.cause)
                && cause == action
            {
                text.push_str(line);
            }
        }
        text.truncate(text.trim_end().len());
        text
    }

    /// What had to be assumed of processes, each assumption once a container, in order of time.
    pub fn assumptions(&self) -> Vec<Assumption<'_>> {
        let mut out: Vec<Assumption<'_>> = Vec::new();
        let mut known = BTreeSet::new();
        for entry in &self.entries {
            if let What::Decision(Decision::Assumption { pod, container, subject, assumed }) = &entry.what
                && known.insert((&pod.uid, container, subject, assumed))
            {
                out.push(Assumption { entry: entry.id, pod, container, subject, assumed });
            }
        }
        out
    }

    /// Replaces what an entry says, without moving it: an action learns of its refusal.
    pub(crate) fn amend(&mut self, id: EntryId, what: What) {
        if let Some(entry) = self.entries.get_mut(id.0 as usize) {
            entry.what = what;
        }
    }

    /// Appends an entry. Time never goes back: `at` is at or after the last entry's.
    pub fn push(&mut self, at: SimTime, cause: Option<EntryId>, what: What) -> EntryId {
        debug_assert!(self.entries.last().is_none_or(|e| e.at <= at), "a trace is append-only in time");
        let id = EntryId(self.entries.len() as u32);
        self.entries.push(Entry { id, at, cause, what });
        id
    }
}
