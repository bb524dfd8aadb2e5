//! One node's kubelet (`pkg/kubelet`).
//!
//! Like the real one it is a main loop ([`sync_loop`]) that feeds one worker per pod ([`pod_workers`]), a PLEG
//! ([`pleg`]) that tells it what the runtime did, a status manager ([`status_manager`]) that writes to the API,
//! and probe workers. What blocks a goroutine upstream is a state here: see [`pod_workers::Activity`].

pub mod conditions;
pub mod phase;
pub mod restart_policy;

mod active_deadline;
mod admission;
mod allocation;
mod capabilities;
mod compute_pod_actions;
mod connections;
mod container_config;
mod container_statuses;
pub(crate) mod eviction;
mod faults;
mod generate_status;
pub(crate) mod hooks;
mod housekeeping;
mod image_manager;
mod init_containers;
mod kill_container;
mod local_storage_limits;
mod node_shutdown;
mod node_status;
mod pleg;
mod pod_workers;
mod preemption;
mod probe_handlers;
mod probe_results;
mod prober;
mod processes;
mod reason_cache;
mod resize;
mod restart;
mod runtime;
mod runtime_down;
mod start_container;
mod status_manager;
mod sync_loop;
mod sync_pod;
mod terminating;
pub(crate) mod volume_contents;
mod volumes;

use crate::backoff::Backoff;
use crate::events::{EventType, EventWrite, Recorder};
use crate::jitter::Draw;
use crate::kernel::{Component, Kernel, Wake, last_tick, next_tick};
use crate::kubelet::allocation::Allocations;
use crate::kubelet::eviction::EvictionManager;
use crate::kubelet::node_shutdown::Shutdown;
use crate::kubelet::pleg::Pleg;
use crate::kubelet::pod_workers::PodWorker;
use crate::kubelet::preemption::Arrival;
use crate::kubelet::probe_results::ProbeResults;
use crate::kubelet::prober::{ProbeKey, ProbeWorkers};
use crate::kubelet::reason_cache::ReasonCache;
use crate::kubelet::restart::Process;
use crate::kubelet::runtime::ContainerRuntime;
use crate::kubelet::status_manager::StatusManager;
use crate::name::Name;
use crate::network::node_address;
use crate::store::WatchEvent;
use crate::trace::{Call, EntryId, PodRef, RuntimeCall};
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::Deref;
use lifepod_api::{Object, ObjectReference, Pod, Resource, SimTime};

pub use faults::RuntimeFault;

/// A pod's `metadata.uid`.
pub(crate) type PodUid = Name;

/// How often the main loop looks for pods whose time has come (`pkg/kubelet/kubelet.go`, `syncTicker`).
const SYNC_TICK: SimTime = SimTime::from_secs(1);

/// A pod as stored at some moment, shared with the store.
#[derive(Clone, Debug)]
pub(crate) struct SharedPod {
    object: Arc<Object>,
    uid: PodUid,
    name: PodRef,
}

impl SharedPod {
    pub(crate) fn new(object: Arc<Object>) -> Option<Self> {
        let Object::Pod(Pod { metadata, .. }) = &*object else { return None };
        let uid = metadata.uid.as_str().into();
        let name = PodRef::new(&metadata.namespace, &metadata.name, &metadata.uid);
        Some(SharedPod { object, uid, name })
    }

    /// The pod as `object` has it; its names are those of the revision that is known, if one is.
    pub(crate) fn newer<'a>(
        object: Arc<Object>,
        known: impl FnOnce(&PodUid) -> Option<&'a SharedPod>,
    ) -> Option<Self> {
        let uid = PodUid::from(Pod::of(&object)?.metadata.uid.as_str());
        match known(&uid).map(|known| (known.uid.clone(), known.name.clone())) {
            Some((uid, name)) => Some(SharedPod { object, uid, name }),
            None => SharedPod::new(object),
        }
    }

    pub(crate) fn into_object(self) -> Arc<Object> {
        self.object
    }

    pub(crate) fn uid(&self) -> PodUid {
        self.uid.clone()
    }

    pub(crate) fn uid_ref(&self) -> &PodUid {
        &self.uid
    }

    pub(crate) fn to_ref(&self) -> PodRef {
        self.name.clone()
    }

    /// The reference that Events about the pod, or about one of its containers, carry
    /// (`kubecontainer.GenerateContainerRef`).
    pub(crate) fn reference(&self, container: Option<&str>) -> ObjectReference {
        ObjectReference {
            kind: "Pod".to_string(),
            api_version: "v1".to_string(),
            namespace: self.metadata.namespace.clone(),
            name: self.metadata.name.clone(),
            uid: self.metadata.uid.clone(),
            resource_version: self.metadata.resource_version.clone(),
            field_path: container.map_or(String::new(), |name| field_path(self, name)),
        }
    }
}

impl Deref for SharedPod {
    type Target = Pod;
    fn deref(&self) -> &Pod {
        match &*self.object {
            Object::Pod(pod) => pod,
            _ => unreachable!("`new` admits pods only"),
        }
    }
}

/// `spec.containers{web}`: where an Event's container stands.
fn field_path(pod: &Pod, name: &str) -> String {
    let list = if pod.spec.init_containers.iter().any(|c| c.name == name) {
        "initContainers"
    } else if pod.spec.containers.iter().any(|c| c.name == name) {
        "containers"
    } else {
        "ephemeralContainers"
    };
    format!("spec.{list}{{{name}}}")
}

/// A kubelet's own timers.
#[derive(Clone, Debug)]
pub(crate) enum Timer {
    /// The PLEG lists all containers.
    Relist,
    /// The PLEG looks at one pod, on request of its worker, which asked at this time.
    RelistPod(PodUid, SimTime),
    /// The main loop looks for pods whose time has come.
    SyncTick,
    /// The processes of a pod want time.
    Processes(PodUid),
    /// A pod's worker takes up its pending update.
    StartWork(PodUid),
    /// What a pod's worker waits for is done; the number tells it from an earlier wait.
    Worker(PodUid, u64),
    /// A step in the killing of a container is due; the number tells it from an earlier one.
    Kill(PodUid, String, u64),
    /// A probe worker's tick; the number tells it from an earlier one.
    Probe(ProbeKey, u64),
    /// Somebody wants a readiness probe now.
    ProbeTrigger(ProbeKey),
    /// A probe's timeout is over; the number names the run.
    ProbeTimeout(ProbeKey, u64),
    /// The status manager writes what is pending.
    SyncStatuses,
    /// The status manager compares a pod's status with the API's.
    ReconcileStatus(PodUid),
    /// What a pod stores on the disk is measured.
    MeasureStorage(PodUid),
    /// Pods that nobody owns are looked for.
    Housekeeping,
    /// What is left of pods that are gone is removed.
    ContainerGc,
    /// The parts of a kubelet that was started begin to run.
    Begin,
    /// A kubelet that was started is told of its pods.
    ListPods,
    /// A kubelet that was started registers its node.
    RegisterNode,
    /// The kubelet looks at its node.
    NodeStatus,
    /// Wishes for other resources that wait are looked at again.
    RetryResizes,
    /// In an orderly shutdown the time of a group of pods is over; the number tells it from earlier ones.
    ShutdownGroup(u64),
    /// The machine goes off.
    PowerOff,
    /// The eviction manager looks at what the pods use.
    Eviction,
    /// The eviction manager waits for a pod to be gone.
    EvictionCleanup,
    /// There is a token for an Event.
    WriteEvent(Box<EventWrite>),
}

/// One kubelet.
#[derive(Clone, Debug)]
pub(crate) struct Kubelet {
    index: u32,
    node_name: String,
    node_ip: String,
    process: Process,
    /// Counts the processes that this node's kubelet has been. What an earlier one had queued is void.
    incarnation: u32,
    /// When this process began, unless it was before the scenario did.
    started_at: Option<SimTime>,
    /// When the PLEG listed all containers last, or will for the first time.
    relist_phase: SimTime,
    /// From one relist to the next: a second, and what a listing takes at present.
    relist_period: SimTime,
    sync_phase: SimTime,
    housekeeping_phase: SimTime,
    container_gc_phase: SimTime,
    node_status_phase: SimTime,
    container_gc_queued: bool,
    /// The pods that the API server assigned to this node, as last seen (`pod.Manager`).
    pods: BTreeMap<PodUid, SharedPod>,
    workers: BTreeMap<PodUid, PodWorker>,
    /// When each pod is to be synced again (`queue.WorkQueue`).
    work_queue: BTreeMap<PodUid, SimTime>,
    runtime: ContainerRuntime,
    images: image_manager::ImageManager,
    pleg: Pleg,
    allocations: Allocations,
    statuses: StatusManager,
    probes: ProbeWorkers,
    probe_results: ProbeResults,
    reasons: ReasonCache,
    crash_loop: Backoff,
    execs: processes::Waiters,
    recorder: Recorder,
    /// What the API server would have told while it could not be reached; none when it can.
    held: Option<Vec<WatchEvent>>,
    /// Whether the node was cordoned when this kubelet looked last.
    unschedulable: bool,
    eviction: EvictionManager,
    /// What the machine would have done while it was frozen; none when it is not.
    frozen: Option<Vec<(Option<EntryId>, Wake)>>,
    /// The runtime does not answer; none when it does.
    runtime_down: Option<runtime_down::RuntimeDown>,
    /// The node's status may say that it did not.
    runtime_was_down: bool,
    /// The node's orderly shutdown, once it has begun.
    shutdown: Option<Shutdown>,
    /// Critical pods that wait for others to make room.
    arrivals: Vec<Arrival>,
}

impl Kubelet {
    pub(crate) fn new(kernel: &mut Kernel, index: u32) -> Self {
        let mut kubelet = Kubelet::blank(kernel, index);
        let relist_period = kubelet.relist_period;
        let mut phase = |draw, period: SimTime| {
            SimTime((kernel.jitter.draw(draw, SimTime::ZERO, period) * period.0 as f64) as u64)
        };
        kubelet.relist_phase = phase(Draw::RelistPhase, relist_period);
        kubelet.sync_phase = phase(Draw::SyncTickPhase, SYNC_TICK);
        kubelet.housekeeping_phase = phase(Draw::HousekeepingPhase, housekeeping::HOUSEKEEPING_PERIOD);
        kubelet.container_gc_phase = phase(Draw::ContainerGcPhase, housekeeping::CONTAINER_GC_PERIOD);
        kubelet.node_status_phase = phase(Draw::NodeStatusPhase, node_status::STATUS_PERIOD);
        kubelet
    }

    /// A kubelet that knows nothing yet.
    fn blank(kernel: &Kernel, index: u32) -> Self {
        let node_name = kernel.config.nodes[index as usize].name.clone();
        Kubelet {
            process: Process::Running,
            incarnation: 0,
            started_at: None,
            relist_phase: SimTime::ZERO,
            relist_period: pleg::RELIST_PERIOD + kernel.config.latency.relist,
            sync_phase: SimTime::ZERO,
            housekeeping_phase: SimTime::ZERO,
            container_gc_phase: SimTime::ZERO,
            node_status_phase: SimTime::ZERO,
            container_gc_queued: false,
            index,
            node_ip: node_address(index),
            recorder: Recorder::new("kubelet", &node_name)
                .with_own_client(kernel.config.kubelet.event_client),
            node_name,
            pods: BTreeMap::new(),
            workers: BTreeMap::new(),
            work_queue: BTreeMap::new(),
            runtime: ContainerRuntime::default(),
            images: image_manager::ImageManager::new(&kernel.config),
            pleg: Pleg::default(),
            allocations: Allocations::default(),
            statuses: StatusManager::new(kernel.config.kubelet.client),
            probes: ProbeWorkers::new(),
            probe_results: ProbeResults::default(),
            reasons: ReasonCache::default(),
            crash_loop: Backoff::crash_loop(kernel.config.kubelet.max_container_restart_period),
            execs: processes::Waiters::default(),
            held: None,
            unschedulable: false,
            eviction: EvictionManager::new(kernel, index),
            frozen: None,
            runtime_down: None,
            runtime_was_down: false,
            shutdown: None,
            arrivals: Vec::new(),
        }
    }

    pub(crate) fn node_name(&self) -> &str {
        &self.node_name
    }

    /// Handles what woke this kubelet.
    pub(crate) fn handle(&mut self, kernel: &mut Kernel, wake: Wake) {
        if let Some(missed) = &mut self.frozen {
            return missed.push((kernel.cause, wake));
        }
        let Some(wake) = self.hold_back(kernel, wake) else { return };
        match wake {
            Wake::Watch(event) if self.process == Process::Running => match &mut self.held {
                Some(held) => held.push(event),
                None if matches!(*event.object, Object::Node(_)) => self.on_node(kernel, &event),
                None => self.on_watch(kernel, event),
            },
            // Processes go on whether a kubelet runs or not.
            Wake::Kubelet(_, Timer::Processes(uid)) => self.run_processes(kernel, &uid),
            Wake::Arrives(flow) => self.flow_arrives(kernel, flow),
            Wake::Answered(flow) => self.flow_answered(kernel, flow),
            Wake::Told(uid, dial, result) => self.told(kernel, &uid, dial, result),
            Wake::Kubelet(incarnation, timer) if incarnation == self.incarnation => match timer {
                Timer::Relist => self.relist(kernel),
                Timer::RelistPod(uid, asked) => self.relist_pod(kernel, &uid, asked),
                Timer::SyncTick => self.sync_tick(kernel),
                Timer::Processes(_) => {}
                Timer::StartWork(uid) => self.start_work(kernel, &uid),
                Timer::Worker(uid, ticket) => self.worker_wakes(kernel, &uid, ticket),
                Timer::Kill(uid, container, ticket) => self.kill_step(kernel, &uid, &container, ticket),
                Timer::Probe(key, ticket) => self.probe_tick(kernel, &key, ticket),
                Timer::ProbeTrigger(key) => self.probe_triggered(kernel, &key),
                Timer::ProbeTimeout(key, ticket) => self.probe_timed_out(kernel, &key, ticket),
                Timer::SyncStatuses => self.sync_statuses(kernel),
                Timer::ReconcileStatus(uid) => self.reconcile_status(kernel, &uid),
                Timer::MeasureStorage(uid) => self.measure_storage(kernel, &uid),
                Timer::Housekeeping => self.housekeeping(kernel),
                Timer::ContainerGc => self.container_gc(kernel),
                Timer::Begin => self.begin(kernel),
                Timer::ListPods => self.list_pods(kernel),
                Timer::RegisterNode => self.register_node(kernel),
                Timer::NodeStatus => self.look_at_node(kernel),
                Timer::RetryResizes => self.retry_resizes_periodically(kernel),
                Timer::ShutdownGroup(turn) => self.shutdown_group_is_late(kernel, turn),
                Timer::PowerOff => self.power_off(kernel),
                Timer::Eviction => self.synchronize_eviction(kernel),
                Timer::EvictionCleanup => self.await_cleanup(kernel),
                Timer::WriteEvent(event) if !self.is_cut_off() => event.write(kernel),
                Timer::WriteEvent(_) => {}
            },
            _ => {}
        }
    }

    fn wake_at(&self, kernel: &mut Kernel, at: SimTime, timer: Timer) {
        kernel.wake_at(at, Component::Kubelet(self.index), Wake::Kubelet(self.incarnation, timer));
    }

    /// Queues a relist of all pods at the next instant at which the real PLEG would list.
    fn schedule_relist(&mut self, kernel: &mut Kernel) {
        if self.pleg.queued.is_none() {
            let since = kernel.now.since(self.relist_phase);
            let listing = kernel.spread(Draw::Relist, kernel.config.latency.relist, since);
            self.relist_period = pleg::RELIST_PERIOD + listing;
            let at = next_tick(kernel.now, self.relist_period, self.relist_phase, false);
            self.pleg.queued = Some(at);
            self.wake_at(kernel, at, Timer::Relist);
        }
    }

    fn last_relist(&self, kernel: &Kernel) -> Option<SimTime> {
        last_tick(kernel.now, self.relist_period, self.relist_phase)
    }

    /// Notes a change in the runtime, which the PLEG will find.
    fn touch(&mut self, kernel: &mut Kernel, uid: &PodUid) {
        if !self.is_up() {
            return;
        }
        self.pleg.touch(uid, kernel.cause);
        self.schedule_relist(kernel);
    }

    /// Records an Event about a container.
    fn container_event(
        &mut self,
        kernel: &mut Kernel,
        pod: &SharedPod,
        container: &str,
        kind: EventType,
        reason: &'static str,
        message: &str,
    ) {
        self.event(kernel, &pod.reference(Some(container)), kind, reason, message);
    }

    /// Records an Event about a pod.
    fn pod_event(
        &mut self,
        kernel: &mut Kernel,
        pod: &SharedPod,
        kind: EventType,
        reason: &'static str,
        message: &str,
    ) {
        self.event(kernel, &pod.reference(None), kind, reason, message);
    }

    /// Records an Event, and has it written when the client for Events may.
    fn event(
        &mut self,
        kernel: &mut Kernel,
        involved: &ObjectReference,
        kind: EventType,
        reason: &str,
        message: &str,
    ) {
        if self.is_cut_off() {
            return;
        }
        if let Some((at, event)) = self.recorder.event(kernel, involved, kind, reason, message) {
            self.wake_at(kernel, at, Timer::WriteEvent(event));
        }
    }

    /// Records a runtime call and makes it the cause of what follows.
    fn call(&self, kernel: &mut Kernel, pod: &SharedPod, container: Option<&str>, call: Call) {
        let id = kernel.call(RuntimeCall {
            pod: pod.to_ref(),
            node: self.node_name.clone(),
            container: container.map(ToString::to_string),
            call,
        });
        kernel.cause = Some(id);
    }
}
