//! The API server's verbs on objects: what it sets and what it refuses
//! (`staging/src/k8s.io/apiserver/pkg/registry/{rest,generic/registry}`).

mod delete;
mod eviction;
mod resize;
mod services;

use crate::admission::Suffixes;
use crate::kernel::Kernel;
use crate::kubelet::SharedPod;
use crate::pod_conditions::update_pod_condition;
use crate::store::share_spec;
use crate::trace::Op;
use alloc::boxed::Box;
use alloc::string::ToString;
use alloc::sync::Arc;
use alloc::vec::Vec;
pub(crate) use delete::{DELETE_DEPENDENTS, ORPHAN_DEPENDENTS};
pub use delete::{DeleteOptions, PropagationPolicy};
use lifepod_api::status::Refusal;
use lifepod_api::{
    KINDS, Kind, Node, Object, ObjectKey, Pod, PodCondition, Resource, ResourceQuota, Status, Subresource,
    admission, defaults, prepare, validation,
};

/// What the storage says to a write that is based on an older revision
/// (`generic/registry/store.go OptimisticLockErrorMsg`).
const OPTIMISTIC_LOCK: &str =
    "the object has been modified; please apply your changes to the latest version and try again";

/// The kind of a key; a pod for kinds that have no type.
fn kind(key: &ObjectKey) -> &'static Kind {
    KINDS.iter().find(|k| k.kind == key.kind).unwrap_or(&KINDS[0])
}

pub(crate) fn not_found(key: &ObjectKey) -> Refusal {
    Box::new(Status::not_found(kind(key), &key.name))
}

impl Kernel {
    /// The pod of that name.
    pub(crate) fn find_pod(&self, namespace: &str, name: &str) -> Option<SharedPod> {
        SharedPod::new(self.store.named("Pod", namespace, name)?.clone())
    }

    /// Stores a new object: defaults, admission, and what the kind's strategy sets.
    pub(crate) fn create(&mut self, mut object: Object, by: &'static str) -> Result<Arc<Object>, Refusal> {
        let namespaced = KINDS.iter().find(|k| k.kind == object.kind()).is_none_or(|k| k.namespaced);
        self.flow_control.take(by, self.now);
        let suffix = self.jitter.name_suffix();
        let now = self.time();
        let uid = self.jitter.uid();
        let meta = object.meta_mut();
        if namespaced && meta.namespace.is_empty() {
            meta.namespace = "default".to_string();
        }
        meta.uid = uid;
        meta.creation_timestamp = Some(now);
        meta.deletion_timestamp = None;
        meta.deletion_grace_period_seconds = None;
        // Nothing is drawn for a volume that will not be.
        let token = match self.config.service_account_tokens {
            true => self.jitter.name_suffix(),
            false => Default::default(),
        };
        let given = Pod::of(&object).map(|pod| pod.spec.clone());
        prepare::normalize(&mut object);
        defaults::apply(&mut object);
        self.allocate_for_service(&mut object)?;
        crate::admission::admit(self, &mut object, &Suffixes { name: suffix, token })?;
        if let (Object::Pod(pod), Some(given)) = (&mut object, &given) {
            // All pods of a template that needs no defaults have its containers.
            share_spec(&mut pod.spec, given);
        }
        let key = object.key();
        if self.store.get(&key).is_some() {
            return Err(Box::new(Status::already_exists(kind(&key), &key.name)));
        }
        self.charge_quotas(&object);
        Ok(self.commit(Op::Added, object, by))
    }

    /// Counts a new object against the quotas of its namespace, as soon as these have been counted themselves
    /// (`apiserver/pkg/admission/plugin/resourcequota/controller.go checkQuotas`).
    fn charge_quotas(&mut self, object: &Object) {
        let quotas = self.store.in_namespace::<ResourceQuota>(&object.meta().namespace);
        let quotas: Vec<ResourceQuota> =
            quotas.filter(|quota| admission::in_scope(quota, object)).cloned().collect();
        for mut quota in quotas {
            let before = quota.status.used.clone();
            admission::add_usage(&mut quota.status.used, object);
            if quota.status.used != before {
                self.commit(Op::Modified, Object::ResourceQuota(quota), "kube-apiserver");
            }
        }
    }

    /// Stores a new version of a living object, as far as a write to `sub` may change it. When it names a `resourceVersion` or a `uid`
    /// these must be the stored ones, as for every client that read before it wrote; nothing happens when nothing
    /// changes (`generic/registry/store.go Update`).
    pub(crate) fn update(
        &mut self,
        object: Object,
        sub: Subresource,
        by: &'static str,
    ) -> Result<Arc<Object>, Refusal> {
        let before = self.store.resource_version();
        let result = self.replace(object, sub, by);
        // Who has nothing new to say sends nothing.
        if result.is_err() || self.store.resource_version() != before {
            self.flow_control.take(by, self.now);
        }
        result
    }

    fn replace(
        &mut self,
        mut object: Object,
        sub: Subresource,
        by: &'static str,
    ) -> Result<Arc<Object>, Refusal> {
        let key = object.key();
        let Some(stored) = self.store.get(&key).cloned() else { return Err(not_found(&key)) };
        let (meta, was) = (object.meta(), stored.meta());
        if !meta.uid.is_empty() && meta.uid != was.uid {
            let why = alloc::format!(
                "Precondition failed: UID in precondition: {}, UID in object meta: {}",
                meta.uid,
                was.uid
            );
            return Err(Box::new(Status::conflict(kind(&key), &key.name, &why)));
        }
        if !meta.resource_version.is_empty() && meta.resource_version != was.resource_version {
            return Err(Box::new(Status::conflict(kind(&key), &key.name, OPTIMISTIC_LOCK)));
        }
        prepare::for_update(&mut object, &stored, sub);
        let errors = validation::update(&object, &stored, sub);
        if !errors.is_empty() {
            return Err(Box::new(validation::invalid_status(&object, &errors)));
        }
        object.meta_mut().resource_version.clone_from(&was.resource_version);
        if object == *stored {
            return Ok(stored);
        }
        if let (Subresource::Resize, Object::Pod(pod)) = (sub, &object)
            && let Some(why) = self.forbids_resize(pod)
        {
            return Err(Box::new(Status::forbidden(kind(&key), &key.name, &why)));
        }
        let meta = object.meta();
        // A namespace is held by its content as well.
        let empty = !matches!(&object, Object::Namespace(ns) if !ns.spec.finalizers.is_empty());
        let released = meta.deletion_timestamp.is_some()
            && empty
            && meta.finalizers.is_empty()
            && meta.deletion_grace_period_seconds.unwrap_or(0) == 0;
        if released {
            // The last finalizer is gone (`ShouldDeleteDuringUpdate`): what watchers see is the state with it.
            return Ok(self.commit(Op::Deleted, (*stored).clone(), by));
        }
        Ok(self.commit(Op::Modified, object, by))
    }

    /// Assigns a pod to a node (`pkg/registry/core/pod/storage/storage.go setPodNodeAndMetadata`). An empty `uid` means
    /// whichever pod has the name.
    ///
    /// # Errors
    /// 404 without the pod, 409 when it is another one, is being deleted, has a node or waits behind a gate.
    pub(crate) fn bind(&mut self, namespace: &str, name: &str, uid: &str, node: &str) -> Result<(), Refusal> {
        let key = ObjectKey::new("Pod", namespace, name);
        let Some(stored) = self.find_pod(namespace, name) else { return Err(not_found(&key)) };
        let why = if !uid.is_empty() && stored.metadata.uid != uid {
            Some(alloc::format!(
                "Precondition failed: UID in precondition: {uid}, UID in object meta: {}",
                stored.metadata.uid
            ))
        } else if stored.metadata.deletion_timestamp.is_some() {
            Some(alloc::format!("pod {name} is being deleted, cannot be assigned to a host"))
        } else if !stored.spec.node_name.is_empty() {
            Some(alloc::format!("pod {name} is already assigned to node {:?}", stored.spec.node_name))
        } else if !stored.spec.scheduling_gates.is_empty() {
            Some(alloc::format!("pod {name} has non-empty .spec.schedulingGates"))
        } else {
            None
        };
        if let Some(why) = why {
            return Err(Box::new(Status::conflict_on_binding(name, &why)));
        }
        let mut pod = (*stored).clone();
        pod.spec.node_name = node.to_string();
        pod.status.nominated_node_name.clear();
        // The plugin PodTopologyLabels: a pod can read where it is from its own labels.
        if let Some(node) = self.store.find::<Node>("", node) {
            for key in ["topology.kubernetes.io/zone", "topology.kubernetes.io/region"] {
                if let Some(value) = node.metadata.labels.get(key) {
                    pod.metadata.labels.insert(key.to_string(), value.clone());
                }
            }
        }
        let scheduled = PodCondition {
            type_: "PodScheduled".to_string(),
            status: "True".to_string(),
            observed_generation: pod.metadata.generation,
            ..PodCondition::default()
        };
        update_pod_condition(&mut pod.status, scheduled, self.time());
        self.commit(Op::Modified, Object::Pod(pod), "default-scheduler");
        Ok(())
    }
}
