//! kube-controller-manager: the controllers, what they know, and how they take turns (`pkg/controller`).
//!
//! Every controller is level-triggered, as the real ones are: a change that its watch shows puts a key into its work
//! queue, and working on the key compares what is with what should be, whatever the change was. It reads from
//! [`Informers`], which are a little behind the store, and writes through the API server's verbs, which refuse what is
//! based on an old revision; an error brings the key back later.
//!
//! Each writes through a client with a rate limit ([`clients`]). Where a real sync blocks because its client has no token
//! left, the sync here is a value that is resumed ([`Controller::resume`]).
//!
//! A new controller is a struct with a [`WorkQueue`] that implements [`Controller`], and a line in `controllers!`.

mod clients;
mod consistency;
mod cron_job;
mod daemon_set;
pub mod deletion_rank;
pub mod deployment;
pub mod disruption;
mod endpoint_slice;
mod endpoint_slice_mirroring;
mod endpoints;
mod errand;
mod expectations;
mod garbage_collector;
mod history;
mod informers;
mod job;
mod namespace;
mod node_lifecycle;
mod owners;
mod persistent_volume;
mod pod_control;
mod pod_gc;
pub(crate) mod pods;
mod refs;
mod replica_set;
mod replica_tally;
mod resource_quota;
mod stateful_set;
mod taint_eviction;
mod template_hash;
mod ttl_after_finished;
mod work_queue;

use crate::flow_control::Turn;
use crate::kernel::{Component, Kernel, Wake};
use crate::store::WatchEvent;
use crate::trace::Op;
use alloc::collections::BTreeSet;
use alloc::sync::Arc;
use cron_job::CronJobController;
use daemon_set::DaemonSetController;
use deployment::DeploymentController;
use garbage_collector::GarbageCollector;
pub(crate) use informers::{Informers, controller_of};
use job::JobController;
use lifepod_api::{Object, ObjectKey, Refusal};
use namespace::NamespaceController;
use replica_set::ReplicaSetController;
use resource_quota::ResourceQuotaController;
use stateful_set::StatefulSetController;
use ttl_after_finished::TtlAfterFinished;
pub(crate) use work_queue::{Due, WorkQueue};

/// Declares the controllers, a line each: its [`ControllerName`], its field of [`ControllerManager`], and how it begins.
macro_rules! controllers {
    ($($name:ident $field:ident: $ty:ty = $new:expr;)*) => {
        /// Which controller.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum ControllerName {
            $($name,)*
        }

        /// All controllers of the cluster.
        #[derive(Clone, Debug)]
        pub(crate) struct ControllerManager {
            informers: Informers,
            $($field: $ty,)*
        }

        const ALL: [ControllerName; COUNT] = [$(ControllerName::$name),*];
        const COUNT: usize = [$(ControllerName::$name),*].len();

        impl ControllerManager {
            fn idle() -> Self {
                ControllerManager { informers: Informers::default(), $($field: $new,)* }
            }

            fn all(&mut self) -> [&mut dyn Controller; COUNT] {
                [$(&mut self.$field),*]
            }

            fn get(&mut self, name: ControllerName) -> &mut dyn Controller {
                match name {
                    $(ControllerName::$name => &mut self.$field,)*
                }
            }
        }
    };
}

controllers! {
    GarbageCollector garbage_collector: GarbageCollector = GarbageCollector::new();
    CronJob cron_job: CronJobController = CronJobController::new();
    DaemonSet daemon_set: DaemonSetController = DaemonSetController::new();
    Deployment deployment: DeploymentController = DeploymentController::new();
    Disruption disruption: disruption::DisruptionController = disruption::DisruptionController::new();
    EndpointSlice endpoint_slice: endpoint_slice::EndpointSliceController =
        endpoint_slice::EndpointSliceController::new();
    EndpointSliceMirroring endpoint_slice_mirroring: endpoint_slice_mirroring::EndpointSliceMirroring =
        endpoint_slice_mirroring::EndpointSliceMirroring::new();
    Endpoints endpoints: endpoints::EndpointsController = endpoints::EndpointsController::new();
    Job job: JobController = JobController::new();
    Namespace namespace: NamespaceController = NamespaceController::new();
    NodeLifecycle node_lifecycle: node_lifecycle::NodeLifecycle = node_lifecycle::NodeLifecycle::new();
    PersistentVolume persistent_volume: persistent_volume::PersistentVolumeController =
        persistent_volume::PersistentVolumeController::new();
    PodGc pod_gc: pod_gc::PodGc = pod_gc::PodGc::new();
    ReplicaSet replica_set: ReplicaSetController = ReplicaSetController::of_replica_sets();
    ReplicationController replication_controller: ReplicaSetController =
        ReplicaSetController::of_replication_controllers();
    ResourceQuota resource_quota: ResourceQuotaController = ResourceQuotaController::new();
    StatefulSet stateful_set: StatefulSetController = StatefulSetController::new();
    TaintEviction taint_eviction: taint_eviction::TaintEviction = taint_eviction::TaintEviction::new();
    TtlAfterFinished ttl_after_finished: TtlAfterFinished = TtlAfterFinished::new();
}

/// A change as an informer tells it.
pub(crate) struct Change<'a> {
    pub(crate) op: Op,
    /// The object as it was known before; none when it is new.
    pub(crate) old: Option<&'a Object>,
    /// The object after the change; for [`Op::Deleted`] its last state.
    pub(crate) object: &'a Object,
}

/// What a controller does.
pub(crate) trait Controller {
    /// The kinds that it watches.
    fn kinds(&self) -> &'static [&'static str];

    /// Its queue.
    fn queue(&mut self) -> &mut WorkQueue;

    /// Something changed: puts into the queue what is to be looked at.
    fn observe(&mut self, kernel: &mut Kernel, informers: &Informers, change: &Change<'_>);

    /// Works on one key (`syncHandler`).
    ///
    /// # Errors
    /// The API server's refusal; the key comes back after a wait that doubles with each error.
    fn sync(&mut self, kernel: &mut Kernel, informers: &Informers, key: &ObjectKey) -> Result<(), Refusal>;

    /// Goes on with a sync that waits for turns ([`WorkQueue::wait_for_turns`]): one has come.
    ///
    /// # Errors
    /// As with [`Controller::sync`].
    fn resume(&mut self, kernel: &mut Kernel, informers: &Informers, key: &ObjectKey) -> Result<(), Refusal> {
        self.sync(kernel, informers, key)
    }
}

impl ControllerManager {
    /// Begins the watches of all controllers, if the cluster has them.
    pub(crate) fn new(kernel: &mut Kernel) -> Self {
        let mut manager = ControllerManager::idle();
        if !kernel.config.controller_manager {
            return manager;
        }
        let kinds: BTreeSet<&str> =
            manager.all().into_iter().flat_map(|controller| controller.kinds().iter().copied()).collect();
        for kind in kinds {
            kernel.store.watch(Component::ControllerManager, kind);
        }
        clients::register(kernel);
        manager
    }

    pub(crate) fn handle(&mut self, kernel: &mut Kernel, wake: Wake) {
        match wake {
            Wake::Watch(event) => self.on_watch(kernel, &event),
            Wake::Controller(due) => self.on_due(kernel, due),
            Wake::Token(client) => self.on_token(kernel, client),
            Wake::Heartbeat => self.node_lifecycle.on_heartbeat(kernel),
            _ => {}
        }
    }

    fn on_watch(&mut self, kernel: &mut Kernel, event: &WatchEvent) {
        let old: Option<Arc<Object>> = self.informers.apply(event);
        let change = Change { op: event.op, old: old.as_deref(), object: &event.object };
        let informers = core::mem::take(&mut self.informers);
        for controller in self.all() {
            if controller.kinds().contains(&event.object.kind()) {
                controller.observe(kernel, &informers, &change);
            }
        }
        self.informers = informers;
    }

    fn on_due(&mut self, kernel: &mut Kernel, due: Due) {
        let controller = due.controller;
        if let Some(key) = self.get(controller).queue().take(kernel, due) {
            self.work(kernel, controller, &key, Step::Sync);
        }
    }

    /// Serves those who wait for a client, as long as it has tokens.
    fn on_token(&mut self, kernel: &mut Kernel, client: &'static str) {
        while let Some((cause, turn)) = kernel.flow_control.next_turn(client, kernel.now) {
            kernel.cause = cause;
            match turn {
                Turn::Sync(due) => {
                    if let Some(key) = self.get(due.controller).queue().begin(kernel, due.key) {
                        self.work(kernel, due.controller, &key, Step::Sync);
                    }
                }
                Turn::GoOn(due) => {
                    self.get(due.controller).queue().go_on(&due.key);
                    self.work(kernel, due.controller, &due.key, Step::Resume);
                }
                Turn::Event(event) => {
                    event.write(kernel);
                    kernel.next_event(client);
                }
            }
        }
        kernel.call_next(client);
    }

    /// Takes a step of a key's sync: all of it, unless it has to wait.
    fn work(&mut self, kernel: &mut Kernel, controller: ControllerName, key: &ObjectKey, step: Step) {
        let informers = core::mem::take(&mut self.informers);
        let controller = self.get(controller);
        let result = match step {
            Step::Sync => controller.sync(kernel, &informers, key),
            Step::Resume => controller.resume(kernel, &informers, key),
        };
        let queue = controller.queue();
        if queue.is_over(kernel, key) {
            match result {
                Ok(()) => queue.forget(key),
                Err(_) => queue.add_rate_limited(kernel, key.clone()),
            }
        }
        self.informers = informers;
    }
}

/// How a controller works on a key.
#[derive(Clone, Copy)]
enum Step {
    Sync,
    Resume,
}
