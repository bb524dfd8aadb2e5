//! Which client each controller speaks to the API server with, and how many of its keys it works on at once
//! (`cmd/kube-controller-manager/app/{apps,batch,core,discovery,policy}.go`).
//!
//! Every controller gets a client of its own, whose limits are `--kube-api-qps` and `--kube-api-burst`; its Events are
//! written with the same one. The garbage collector and the namespace controller have theirs raised.
//!
//! How faithful the waiting is:
//! - ReplicaSets, ReplicationControllers, DaemonSets and Jobs make and delete their pods call by call
//!   ([`super::errand`]), and so does a `Parallel` StatefulSet.
//! - All other controllers make few calls in a sync: the sync begins when there is a token. Where a real one has several
//!   goroutines that take turns between the calls of one key (taint eviction: look, mark, delete), here one key's
//!   calls stay together.
//! - The pod garbage collector deletes pod by pod, the garbage collector has orphans forget their owner one by one. The
//!   former's two calls for a pod stay together.
//! - The namespace controller makes few calls whatever there is: it deletes whole collections.
//! - Without limits is the provisioner of volumes, which is another program.
//!
//! Of the other components kube-scheduler waits with its bindings (`scheduler/binding.rs`) and each kubelet with the
//! statuses of its pods (`kubelet/status_manager.rs`); for their Events both have a client of their own
//! (`events_series.rs`, `events.rs`). Without limits are what a kubelet reads besides (tokens of service accounts, nodes),
//! and `kubectl`.

use super::ControllerName;
use crate::flow_control::ClientConnection;
use crate::kernel::Kernel;

/// What is said of a controller's client: under which name it writes, and how many times the flags its `qps` and its
/// `burst` are.
type Limits = (&'static str, i32, u32);

impl ControllerName {
    fn limits(self) -> Limits {
        match self {
            ControllerName::CronJob => ("cronjob-controller", 1, 1),
            ControllerName::DaemonSet => ("daemonset-controller", 1, 1),
            ControllerName::Deployment => ("deployment-controller", 1, 1),
            ControllerName::Disruption => ("disruption-controller", 1, 1),
            ControllerName::EndpointSlice => ("endpointslice-controller", 1, 1),
            ControllerName::EndpointSliceMirroring => ("endpointslicemirroring-controller", 1, 1),
            ControllerName::Endpoints => ("endpoint-controller", 1, 1),
            // Each deletion takes two (`newGarbageCollectorController`).
            ControllerName::GarbageCollector => ("garbage-collector-controller", 2, 1),
            ControllerName::Job => ("job-controller", 1, 1),
            // Emptying a namespace takes a great many (`core.go newNamespaceController`).
            ControllerName::Namespace => ("namespace-controller", 20, 100),
            ControllerName::NodeLifecycle => ("node-controller", 1, 1),
            ControllerName::PersistentVolume => ("persistentvolume-controller", 1, 1),
            ControllerName::PodGc => ("pod-garbage-collector", 1, 1),
            ControllerName::ReplicaSet => ("replicaset-controller", 1, 1),
            ControllerName::ReplicationController => ("replication-controller", 1, 1),
            ControllerName::ResourceQuota => ("resourcequota-controller", 1, 1),
            ControllerName::StatefulSet => ("statefulset-controller", 1, 1),
            ControllerName::TaintEviction => ("taint-eviction-controller", 1, 1),
            ControllerName::TtlAfterFinished => ("ttl-after-finished-controller", 1, 1),
        }
    }

    /// The name under which the controller's client writes.
    pub(super) fn client(self) -> &'static str {
        self.limits().0
    }

    /// How many keys it works on at once (`--concurrent-daemonset-syncs` and the like,
    /// `pkg/controller/*/config/v1alpha1/defaults.go`). Only those whose syncs may wait are told apart.
    pub(super) fn workers(self) -> usize {
        match self {
            ControllerName::DaemonSet => 2,
            ControllerName::GarbageCollector => 20,
            ControllerName::PodGc => 1,
            _ => 5,
        }
    }
}

/// Gives the controllers' clients their limits.
pub(super) fn register(kernel: &mut Kernel) {
    let ClientConnection { qps, burst } = kernel.config.controller_client;
    for (by, more_qps, more_burst) in super::ALL.map(ControllerName::limits) {
        let limits =
            ClientConnection { qps: qps.saturating_mul(more_qps), burst: burst.saturating_mul(more_burst) };
        kernel.flow_control.limit(by, limits);
    }
}
