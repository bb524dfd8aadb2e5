//! What the kubelet says of its pods, and when it says it to the API server
//! (`pkg/kubelet/status/status_manager.go`).
//!
//! One goroutine writes, pod by pod: it reads the pod, patches it, and deletes it when it is done, each a call of the
//! kubelet's client, which may make 50 of them a second. So on a node where many pods start at once what is told of them
//! lags behind.

use crate::api_server::DeleteOptions;
use crate::events::EventType;
use crate::flow_control::{ClientConnection, TokenBucket};
use crate::jitter::Draw;
use crate::kernel::{Kernel, next_tick};
use crate::kubelet::active_deadline;
use crate::kubelet::conditions;
use crate::kubelet::container_statuses::terminated;
use crate::kubelet::generate_status::{all_containers, is_kubelet_condition, set_transition_time};
use crate::kubelet::restart_policy::{all_containers_could_restart, is_sidecar, should_restart};
use crate::kubelet::{Kubelet, PodUid, SharedPod, Timer};
use crate::trace::{EntryId, Op};
use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::string::ToString;
use lifepod_api::{
    ContainerStatus, Object, ObjectKey, Pod, PodCondition, PodStatus, SimTime, is_pod_phase_terminal,
};

/// What the kubelet last decided to say of a pod (`versionedPodStatus`).
#[derive(Clone, Debug)]
struct Versioned {
    status: PodStatus,
    namespace: alloc::string::String,
    name: alloc::string::String,
    /// The pod worker is done with the pod.
    finished: bool,
    cause: Option<EntryId>,
}

/// The statuses of one kubelet's pods.
#[derive(Clone, Debug, Default)]
pub(crate) struct StatusManager {
    statuses: BTreeMap<PodUid, Versioned>,
    /// Pods with something new to say.
    unsent: BTreeSet<PodUid>,
    /// Those of them that are being written, one after the other.
    batch: VecDeque<PodUid>,
    client: TokenBucket,
    /// A write is under way or queued.
    writing: bool,
    /// Where in its ten seconds it looks for what others wrote, once that mattered.
    phase: Option<SimTime>,
}

/// How often all statuses are compared with the API's (`syncPeriod`).
const SYNC_PERIOD: SimTime = SimTime::from_secs(10);

impl StatusManager {
    /// Nothing has been said yet.
    pub(crate) fn new(client: ClientConnection) -> Self {
        StatusManager { client: TokenBucket::new(client), ..StatusManager::default() }
    }

    pub(crate) fn get(&self, uid: &PodUid) -> Option<&PodStatus> {
        self.statuses.get(uid).map(|v| &v.status)
    }

    pub(crate) fn forget(&mut self, uid: &PodUid) {
        self.statuses.remove(uid);
        self.unsent.remove(uid);
    }
}

impl Kubelet {
    /// Takes a new status over and sends it soon; says whether it changed anything (`SetPodStatus`).
    pub(crate) fn set_pod_status(&mut self, kernel: &mut Kernel, pod: &SharedPod, status: PodStatus) -> bool {
        self.update_status(kernel, pod, status, false)
    }

    /// Takes over a status just generated, and has the readiness probes run that it makes due.
    pub(crate) fn report(&mut self, kernel: &mut Kernel, pod: &SharedPod, status: PodStatus) {
        if self.is_past_deadline(kernel, pod) {
            // The check itself says so, each time it is made (`ShouldEvict`).
            let (reason, message) = (active_deadline::REASON, active_deadline::MESSAGE);
            self.pod_event(kernel, pod, EventType::Normal, reason, message);
        }
        let unready = self.unready(&status);
        self.set_pod_status(kernel, pod, status);
        self.watch_deadline(kernel, pod);
        self.trigger_readiness(kernel, &pod.uid(), unready);
    }

    /// `updateStatusInternal`.
    fn update_status(
        &mut self,
        kernel: &mut Kernel,
        pod: &SharedPod,
        mut status: PodStatus,
        finished: bool,
    ) -> bool {
        let uid = pod.uid();
        let cached = self.statuses.statuses.get(&uid);
        let old = cached.map_or(&pod.status, |v| &v.status);
        if is_illegal_transition(old, &status, pod) {
            return false;
        }
        for condition in &mut status.conditions {
            let owned = is_kubelet_condition(&condition.type_) && !condition.type_.starts_with("PodResize");
            if owned || condition.type_ == "DisruptionTarget" {
                set_transition_time(kernel, condition, &old.conditions);
            }
        }
        status.start_time = old.start_time.or(status.start_time).or(Some(kernel.time()));
        status.observed_generation = status.observed_generation.max(old.observed_generation);
        cut_messages(pod, &mut status);
        if cached.is_some_and(|v| v.status == status && (v.finished || !finished)) {
            return false;
        }
        let finished = finished || cached.is_some_and(|v| v.finished);
        let versioned = Versioned {
            status,
            namespace: pod.metadata.namespace.clone(),
            name: pod.metadata.name.clone(),
            finished,
            cause: kernel.cause,
        };
        self.statuses.statuses.insert(uid.clone(), versioned);
        self.statuses.unsent.insert(uid);
        self.schedule_status_write(kernel);
        true
    }

    pub(crate) fn schedule_status_write(&mut self, kernel: &mut Kernel) {
        if !self.statuses.writing {
            self.statuses.writing = true;
            let waits = kernel.config.latency.status_write;
            let at =
                kernel.now + kernel.spread(Draw::StatusWrite, waits, waits) + kernel.config.latency.api_write;
            self.wake_at(kernel, at, Timer::SyncStatuses);
        }
    }

    /// Writes what is unsent (`syncBatch`).
    pub(crate) fn sync_statuses(&mut self, kernel: &mut Kernel) {
        self.statuses.writing = false;
        if self.is_cut_off() {
            self.statuses.unsent.extend(self.statuses.batch.drain(..));
            return;
        }
        while self.next_batch() {
            let at = self.statuses.client.next_token(kernel.now);
            if at > kernel.now {
                self.statuses.writing = true;
                return self.wake_at(kernel, at, Timer::SyncStatuses);
            }
            if let Some(uid) = self.statuses.batch.pop_front() {
                self.sync_status(kernel, &uid);
            }
        }
    }

    /// Whether there is something to write; what came while the last batch was written makes the next one.
    fn next_batch(&mut self) -> bool {
        let StatusManager { batch, unsent, .. } = &mut self.statuses;
        if batch.is_empty() {
            batch.extend(core::mem::take(unsent));
        }
        !batch.is_empty()
    }

    /// Somebody else wrote conditions that are the kubelet's to say, as the node controller does for a node that is not heard
    /// of: the next comparison puts them right (`needsReconcile`).
    pub(crate) fn schedule_reconcile(&mut self, kernel: &mut Kernel, shown: &SharedPod) {
        let uid = shown.uid();
        let Some(said) = self.statuses.get(&uid) else { return };
        let same = |own: &PodCondition| shown.status.conditions.iter().any(|c| c == own);
        let mut own = said.conditions.iter().filter(|c| is_kubelet_condition(&c.type_));
        if own.all(same) || is_pod_phase_terminal(&said.phase) || self.statuses.unsent.contains(&uid) {
            return;
        }
        let phase = *self.statuses.phase.get_or_insert_with(|| {
            let number = kernel.jitter.draw(Draw::StatusBatchPhase, kernel.now, SYNC_PERIOD);
            SimTime((number * SYNC_PERIOD.0 as f64) as u64)
        });
        let at = next_tick(kernel.now, SYNC_PERIOD, phase, false);
        self.wake_at(kernel, at, Timer::ReconcileStatus(uid));
    }

    /// Writes a status anew if the API shows another one.
    pub(crate) fn reconcile_status(&mut self, kernel: &mut Kernel, uid: &PodUid) {
        if !self.is_cut_off() {
            self.sync_status(kernel, uid);
        }
    }

    /// Merges one status into the API's object, and deletes the object of a pod that is done
    /// (`pkg/kubelet/status/status_manager.go syncPod`).
    fn sync_status(&mut self, kernel: &mut Kernel, uid: &PodUid) {
        let Some(versioned) = self.statuses.statuses.get(uid) else { return };
        self.statuses.client.take(kernel.now);
        let Some(stored) = kernel.find_pod(&versioned.namespace, &versioned.name) else { return };
        if stored.metadata.uid != **uid {
            return;
        }
        let (cause, finished) = (versioned.cause, versioned.finished);
        let merged =
            merge_status(kernel, &stored, versioned.status.clone(), self.could_have_running_containers(uid));
        kernel.cause = cause;
        let phase = merged.phase.clone();
        if stored.status != merged {
            self.statuses.client.take(kernel.now);
            let (metadata, spec) = (stored.metadata.clone(), stored.spec.clone());
            kernel.commit(Op::Modified, Object::Pod(Pod { metadata, spec, status: merged }), "kubelet");
        }
        if stored.metadata.deletion_timestamp.is_some() && finished && is_pod_phase_terminal(&phase) {
            // The object goes at last (`canBeDeleted`): grace 0, and only if it is still this pod.
            let meta = &stored.metadata;
            let key = ObjectKey::new("Pod", &meta.namespace, &meta.name);
            let options = DeleteOptions { grace_period_seconds: Some(0), ..DeleteOptions::of_uid(&meta.uid) };
            self.statuses.client.take(kernel.now);
            let _it_may_be_gone = kernel.delete(&key, &options, "kubelet");
            self.statuses.forget(uid);
        }
    }

    /// A probe's result makes a container ready or not, at once (`SetContainerReadiness`).
    pub(crate) fn set_container_readiness(
        &mut self,
        kernel: &mut Kernel,
        uid: &PodUid,
        id: &str,
        ready: bool,
    ) {
        self.change_container(kernel, uid, id, |status| {
            let changed = status.ready != ready;
            status.ready = ready;
            changed
        });
    }

    /// A startup probe's result makes a container started or not, at once (`SetContainerStartup`).
    pub(crate) fn set_container_startup(
        &mut self,
        kernel: &mut Kernel,
        uid: &PodUid,
        id: &str,
        started: bool,
    ) {
        self.change_container(kernel, uid, id, |status| status.started.replace(started) != Some(started));
    }

    fn change_container(
        &mut self,
        kernel: &mut Kernel,
        uid: &PodUid,
        id: &str,
        change: impl FnOnce(&mut ContainerStatus) -> bool,
    ) {
        let Some(pod) = self.pods.get(uid).cloned() else { return };
        let Some(versioned) = self.statuses.statuses.get(uid) else { return };
        let mut status = versioned.status.clone();
        let container = status
            .init_container_statuses
            .iter_mut()
            .chain(&mut status.container_statuses)
            .find(|s| s.container_id.rsplit('/').next() == Some(id));
        let Some(container) = container else { return };
        if !change(container) {
            return;
        }
        let all = all_containers(&status.init_container_statuses, &status.container_statuses);
        let ready = conditions::ready(&pod, &status.conditions, &all, &status.phase);
        let containers_ready = conditions::containers_ready(&pod, &all, &status.phase);
        for new in [ready, containers_ready] {
            match status.conditions.iter_mut().find(|c| c.type_ == new.type_) {
                Some(old) => *old = new,
                None => status.conditions.push(new),
            }
        }
        self.update_status(kernel, &pod, status, false);
    }

    /// The worker is done: what is not known to have ended is taken as failed, and the phase is terminal
    /// (`TerminatePod`).
    pub(crate) fn terminate_pod(&mut self, kernel: &mut Kernel, pod: &SharedPod) {
        const MESSAGE: &str = "The container could not be located when the pod was terminated";
        let uid = pod.uid();
        let mut status = self.statuses.get(&uid).unwrap_or(&pod.status).clone();
        let unknown = |status: &mut ContainerStatus| {
            if status.state.terminated.is_none() {
                status.state = lifepod_api::ContainerState {
                    terminated: Some(terminated(137, "ContainerStatusUnknown", MESSAGE)),
                    ..lifepod_api::ContainerState::default()
                };
            }
        };
        // As the worker's last update showed the pod: what ended since then does not count.
        if has_initialized(pod, &pod.status) {
            status.container_statuses.iter_mut().for_each(unknown);
        }
        let started = started_init_containers(&status.init_container_statuses);
        status.init_container_statuses[..started].iter_mut().for_each(unknown);
        if !is_pod_phase_terminal(&status.phase) {
            status.phase = "Failed".to_string();
        }
        self.update_status(kernel, pod, status, true);
    }
}

/// What the API's object gets: the kubelet's status with everybody else's conditions, and no terminal phase as
/// long as something of the pod may still run (`mergePodStatus`).
fn merge_status(kernel: &Kernel, pod: &Pod, new: PodStatus, may_run: bool) -> PodStatus {
    let old = &pod.status;
    let becomes_terminal = !is_pod_phase_terminal(&old.phase) && is_pod_phase_terminal(&new.phase);
    let foreign = old.conditions.iter().filter(|c| !is_kubelet_condition(&c.type_)).cloned().collect();
    let mut merged = new;
    for condition in core::mem::replace(&mut merged.conditions, foreign) {
        if is_kubelet_condition(&condition.type_) {
            merged.conditions.push(condition);
        } else if condition.type_ == "DisruptionTarget" && becomes_terminal && !may_run {
            let mut condition = condition;
            set_transition_time(kernel, &mut condition, &old.conditions);
            match merged.conditions.iter_mut().find(|c| c.type_ == condition.type_) {
                Some(shown) => *shown = condition,
                None => merged.conditions.push(condition),
            }
        }
    }
    if becomes_terminal && may_run {
        merged.phase = old.phase.clone();
        merged.reason = old.reason.clone();
        merged.message = old.message.clone();
    }
    merged.resource_claim_statuses = old.resource_claim_statuses.clone();
    merged.nominated_node_name = old.nominated_node_name.clone();
    if is_pod_phase_terminal(&merged.phase) {
        let reason = if merged.phase == "Failed" { "PodFailed" } else { "PodCompleted" };
        for condition in &mut merged.conditions {
            if matches!(condition.type_.as_str(), "Ready" | "ContainersReady") && condition.status == "True" {
                condition.status = "False".to_string();
                condition.reason = reason.to_string();
                condition.message.clear();
                set_transition_time(kernel, condition, &old.conditions);
            }
        }
    }
    merged
}

/// A container that ended for good cannot come back (`checkContainerStateTransition`); such a status is stale
/// and dropped.
fn is_illegal_transition(old: &PodStatus, new: &PodStatus, pod: &Pod) -> bool {
    let spec = &pod.spec;
    if spec.restart_policy == "Always" || all_containers_could_restart(spec) {
        return false;
    }
    let lists = [
        (&spec.containers, &old.container_statuses, &new.container_statuses),
        (&spec.init_containers, &old.init_container_statuses, &new.init_container_statuses),
    ];
    lists.into_iter().any(|(containers, old, new)| {
        old.iter().any(|before| {
            let Some(ended) = &before.state.terminated else { return false };
            let Some(container) = containers.iter().find(|c| c.name == before.name) else { return false };
            let may_restart = is_sidecar(container)
                || (ended.exit_code != 0 && spec.restart_policy == "OnFailure")
                || should_restart(container, spec, ended.exit_code);
            !may_restart && new.iter().any(|s| s.name == before.name && s.state.terminated.is_none())
        })
    })
}

/// All termination messages of a pod together have this many bytes at most
/// (`kubecontainer.MaxPodTerminationMessageLogLength`).
const MAX_POD_TERMINATION_MESSAGES: usize = 12 * 1024;

fn cut_messages(pod: &Pod, status: &mut PodStatus) {
    let spec = &pod.spec;
    let containers = spec.containers.len() + spec.init_containers.len() + spec.ephemeral_containers.len();
    let limit = MAX_POD_TERMINATION_MESSAGES / containers.max(1);
    let lists = [
        &mut status.container_statuses,
        &mut status.init_container_statuses,
        &mut status.ephemeral_container_statuses,
    ];
    for status in lists.into_iter().flatten() {
        for state in [&mut status.state, &mut status.last_state] {
            if let Some(ended) = &mut state.terminated {
                let mut end = limit.min(ended.message.len());
                while !ended.message.is_char_boundary(end) {
                    end -= 1;
                }
                ended.message.truncate(end);
            }
        }
    }
}

/// Whether the pod ever got past its init containers (`hasPodInitialized`).
fn has_initialized(pod: &Pod, status: &PodStatus) -> bool {
    let Some(last) = pod.spec.init_containers.last() else { return true };
    if status
        .container_statuses
        .iter()
        .any(|s| s.last_state.terminated.is_some() || s.state.waiting.is_none())
    {
        return true;
    }
    let Some(status) = status.init_container_statuses.last() else { return false };
    if is_sidecar(last) {
        return status.state.running.is_some() && status.started == Some(true);
    }
    [&status.last_state, &status.state]
        .into_iter()
        .any(|state| state.terminated.as_ref().is_some_and(|ended| ended.exit_code == 0))
}

/// How many init containers, from the first, have some evidence of a start (`initializedContainers`).
fn started_init_containers(statuses: &[ContainerStatus]) -> usize {
    statuses
        .iter()
        .rposition(|s| s.state.waiting.is_none() || s.last_state.terminated.is_some())
        .map_or(statuses.len().min(1), |last| last + 1)
}
