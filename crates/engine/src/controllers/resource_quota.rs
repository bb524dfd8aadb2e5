//! What the objects of a namespace use of its quotas
//! (`pkg/controller/resourcequota/{resource_quota_controller,resource_quota_monitor}.go`).
//!
//! What is created is counted by admission at once; this controller counts anew when a quota changes and when something
//! goes that was counted.

use super::{Change, Controller, ControllerName, Informers, WorkQueue};
use crate::kernel::Kernel;
use crate::trace::Op;
use alloc::vec::Vec;
use lifepod_api::resources::ResourceList;
use lifepod_api::{
    KINDS, Object, ObjectKey, Quantity, Refusal, Resource, ResourceQuota, ResourceQuotaStatus, Subresource,
    admission, is_pod_phase_terminal,
};

const BY: &str = "resourcequota-controller";

/// The controller.
#[derive(Clone, Debug)]
pub(crate) struct ResourceQuotaController {
    queue: WorkQueue,
}

impl ResourceQuotaController {
    pub(super) fn new() -> Self {
        ResourceQuotaController { queue: WorkQueue::new(ControllerName::ResourceQuota) }
    }
}

impl Controller for ResourceQuotaController {
    fn kinds(&self) -> &'static [&'static str] {
        &super::garbage_collector::COLLECTED
    }

    fn queue(&mut self) -> &mut WorkQueue {
        &mut self.queue
    }

    fn observe(&mut self, kernel: &mut Kernel, informers: &Informers, change: &Change<'_>) {
        if let Object::ResourceQuota(quota) = change.object {
            let before = change.old.and_then(ResourceQuota::of).map(|old| &old.spec);
            if change.op != Op::Deleted && before != Some(&quota.spec) {
                self.queue.add(kernel, change.object.key());
            }
        }
        if gives_back(change) {
            let namespace = &change.object.meta().namespace;
            let quotas: Vec<ObjectKey> =
                informers.of_kind_in(ResourceQuota::KIND, namespace).map(|quota| quota.key()).collect();
            for key in quotas {
                self.queue.add(kernel, key);
            }
        }
    }

    /// `syncResourceQuota`.
    fn sync(&mut self, kernel: &mut Kernel, informers: &Informers, key: &ObjectKey) -> Result<(), Refusal> {
        let Some(quota) = informers.get(key).and_then(|object| ResourceQuota::of(object)) else {
            return Ok(());
        };
        let status = ResourceQuotaStatus { hard: quota.spec.hard.clone(), used: used(informers, quota) };
        if status == quota.status {
            return Ok(());
        }
        let quota = ResourceQuota { status, ..quota.clone() };
        kernel.update(Object::ResourceQuota(quota), Subresource::Status, BY).map(|_| ())
    }
}

/// Whether a change frees something: an object is gone, or a pod has ended (`DefaultUpdateFilter`).
fn gives_back(change: &Change<'_>) -> bool {
    let ended =
        |object: &Object| matches!(object, Object::Pod(pod) if is_pod_phase_terminal(&pod.status.phase));
    change.op == Op::Deleted || (ended(change.object) && change.old.is_some_and(|old| !ended(old)))
}

/// The sum over the namespace, of what the quota limits and is about (`quota.CalculateUsage`).
fn used(informers: &Informers, quota: &ResourceQuota) -> ResourceList {
    let hard = quota.spec.hard.keys();
    let mut used: ResourceList =
        hard.map(|name| (name.clone(), Quantity::from_value(0, Default::default()))).collect();
    for kind in KINDS.iter().filter(|kind| kind.namespaced) {
        for object in informers.of_kind_in(kind.kind, &quota.metadata.namespace) {
            if admission::in_scope(quota, object) {
                admission::add_usage(&mut used, object);
            }
        }
    }
    used
}
