//! Deletion: grace, finalizers, and what becomes of the dependents
//! (`staging/src/k8s.io/apiserver/pkg/registry/rest/delete.go BeforeDelete`,
//! `staging/src/k8s.io/apiserver/pkg/registry/generic/registry/store.go Delete`).

use super::{kind, not_found};
use crate::kernel::Kernel;
use crate::trace::Op;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use lifepod_api::status::Refusal;
use lifepod_api::{
    Namespace, Object, ObjectKey, ObjectMeta, Pod, Resource, Status, Time, is_pod_phase_terminal,
};

/// What a request to delete an object asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeleteOptions {
    /// `gracePeriodSeconds`; none leaves a pod its own.
    pub grace_period_seconds: Option<i64>,
    /// `preconditions.uid`: only the object with this uid is meant.
    pub uid: Option<String>,
    /// `preconditions.resourceVersion`: only this revision is meant.
    pub resource_version: Option<String>,
    /// What becomes of the dependents; none leaves it to the kind and its finalizers.
    pub propagation_policy: Option<PropagationPolicy>,
}

impl DeleteOptions {
    /// Only the object with this uid.
    pub(crate) fn of_uid(uid: &str) -> Self {
        DeleteOptions { uid: Some(uid.to_string()), ..DeleteOptions::default() }
    }
}

/// What becomes of the objects that an object owns (`metav1.DeletionPropagation`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PropagationPolicy {
    /// They lose the owner and live on.
    Orphan,
    /// The owner goes at once, the garbage collector deletes them afterwards.
    Background,
    /// They are deleted first, the owner waits for them.
    Foreground,
}

/// What is always there (`NamespaceLifecycle`).
const IMMORTAL_NAMESPACES: [&str; 3] = ["default", "kube-system", "kube-public"];
/// What stands in `spec.finalizers` of a namespace until it is empty (`v1.FinalizerKubernetes`).
const NAMESPACE_CONTENT: &str = "kubernetes";
/// The finalizer of an owner whose dependents are to live on (`metav1.FinalizerOrphanDependents`).
pub(crate) const ORPHAN_DEPENDENTS: &str = "orphan";
/// The finalizer of an owner that waits for its dependents (`metav1.FinalizerDeleteDependents`).
pub(crate) const DELETE_DEPENDENTS: &str = "foregroundDeletion";

impl Kernel {
    /// Deletes an object: pods gracefully if their containers may run, others at once unless finalizers hold them.
    pub(crate) fn delete(
        &mut self,
        key: &ObjectKey,
        options: &DeleteOptions,
        by: &'static str,
    ) -> Result<(), Refusal> {
        self.flow_control.take(by, self.now);
        self.delete_one(key, options, by)
    }

    /// Deletes all objects of a kind in a namespace with one call, up to the first that is refused
    /// (`store.go DeleteCollection`).
    pub(crate) fn delete_collection(
        &mut self,
        kind: &str,
        namespace: &str,
        options: &DeleteOptions,
        by: &'static str,
    ) -> Result<(), Refusal> {
        self.flow_control.take(by, self.now);
        let keys: Vec<ObjectKey> =
            self.store.of_kind_in(kind, namespace).map(|object| object.key()).collect();
        keys.iter().try_for_each(|key| self.delete_one(key, options, by))
    }

    fn delete_one(
        &mut self,
        key: &ObjectKey,
        options: &DeleteOptions,
        by: &'static str,
    ) -> Result<(), Refusal> {
        let Some(stored) = self.store.get(key).cloned() else { return Err(not_found(key)) };
        check_preconditions(key, stored.meta(), options)?;
        let now = self.time();
        if key.kind == Namespace::KIND {
            return self.delete_namespace(key, stored, now, by);
        }
        let mut object = Arc::unwrap_or_clone(stored);
        let graceful = match &mut object {
            Object::Pod(pod) => before_delete(pod, options.grace_period_seconds, now),
            _ => Graceful::No,
        };
        if graceful == Graceful::Pending {
            return Ok(());
        }
        let meta = object.meta_mut();
        let finalizers = deletion_finalizers(key, &meta.finalizers, options.propagation_policy);
        let finalizers_change = finalizers != meta.finalizers;
        meta.finalizers = finalizers;
        let held = !meta.finalizers.is_empty();
        if graceful == Graceful::No && held {
            mark_as_deleting(meta, now);
        }
        if graceful == Graceful::Yes || held || finalizers_change {
            let over = object.meta().deletion_grace_period_seconds == Some(0);
            // A watch shows the last write before the removal, as the real storage does.
            object = Arc::unwrap_or_clone(self.commit_if_changed(object, by));
            if held || (graceful == Graceful::Yes && !over) {
                return Ok(());
            }
        }
        self.commit(Op::Deleted, object, by);
        Ok(())
    }

    /// A namespace first terminates; its controller empties it (`pkg/registry/core/namespace/storage/storage.go Delete`).
    fn delete_namespace(
        &mut self,
        key: &ObjectKey,
        stored: Arc<Object>,
        now: Time,
        by: &'static str,
    ) -> Result<(), Refusal> {
        if IMMORTAL_NAMESPACES.contains(&key.name.as_str()) {
            return Err(Box::new(Status::forbidden(
                kind(key),
                &key.name,
                "this namespace may not be deleted",
            )));
        }
        let mut object = Arc::unwrap_or_clone(stored);
        if let Object::Namespace(namespace) = &mut object
            && namespace.metadata.deletion_timestamp.is_none()
        {
            namespace.metadata.deletion_timestamp = Some(now);
            namespace.status.phase = "Terminating".to_string();
            self.commit(Op::Modified, object, by);
        }
        Ok(())
    }

    /// An empty namespace loses the finalizer of its content, and goes (`FinalizeREST`).
    pub(crate) fn finalize_namespace(&mut self, name: &str, by: &'static str) {
        let Some(stored) = self.store.get(&ObjectKey::new(Namespace::KIND, "", name)).cloned() else {
            return;
        };
        let mut object = (*stored).clone();
        let Object::Namespace(namespace) = &mut object else { return };
        namespace.spec.finalizers.retain(|finalizer| finalizer != NAMESPACE_CONTENT);
        let free = namespace.spec.finalizers.is_empty() && namespace.metadata.finalizers.is_empty();
        if free {
            self.commit(Op::Deleted, (*stored).clone(), by);
        } else {
            self.commit(Op::Modified, object, by);
        }
    }

    fn commit_if_changed(&mut self, object: Object, by: &'static str) -> Arc<Object> {
        match self.store.get(&object.key()) {
            Some(stored) if **stored == object => stored.clone(),
            _ => self.commit(Op::Modified, object, by),
        }
    }
}

pub(super) fn check_preconditions(
    key: &ObjectKey,
    meta: &ObjectMeta,
    options: &DeleteOptions,
) -> Result<(), Refusal> {
    let wrong = |what: &str, wanted: &str, stored: &str, hint: &str| {
        let why = format!(
            "the {what} in the precondition ({wanted}) does not match the {what} in record ({stored}). The object \
             might have been {hint}"
        );
        Err(Box::new(Status::conflict(kind(key), &key.name, &why)))
    };
    match (&options.uid, &options.resource_version) {
        (Some(uid), _) if *uid != meta.uid => wrong("UID", uid, &meta.uid, "deleted and then recreated"),
        (_, Some(version)) if *version != meta.resource_version => {
            wrong("ResourceVersion", version, &meta.resource_version, "modified")
        }
        _ => Ok(()),
    }
}

/// Whether a deletion gives its object time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Graceful {
    /// The object is to be removed now.
    No,
    /// The deletion's time and grace were written into the object.
    Yes,
    /// It is being deleted already, and no sooner than before.
    Pending,
}

/// Sets a pod's deletion time, or moves it nearer (`rest/delete.go BeforeDelete`,
/// `pkg/registry/core/pod/strategy.go CheckGracefulDelete`).
fn before_delete(pod: &mut Pod, wanted: Option<i64>, now: Time) -> Graceful {
    let wanted = wanted.map(|seconds| if seconds < 0 { 1 } else { seconds });
    let meta = &mut pod.metadata;
    if let Some(deadline) = meta.deletion_timestamp {
        let stored = match meta.deletion_grace_period_seconds.unwrap_or(0) {
            0 => return Graceful::No,
            seconds if seconds < 0 => 1,
            seconds => seconds,
        };
        let Some(mut wanted) = wanted.filter(|seconds| *seconds < stored) else { return Graceful::Pending };
        let mut at = Time(deadline.0 - stored + wanted);
        if at < now {
            at = now;
            // The grace is over; whoever watches gets the shortest there is to do the last step.
            wanted = wanted.min(1);
        }
        meta.deletion_timestamp = Some(at);
        meta.deletion_grace_period_seconds = Some(wanted);
        return Graceful::Yes;
    }
    let own = pod.spec.termination_grace_period_seconds.unwrap_or(0);
    let mut grace = wanted.unwrap_or(own);
    if pod.spec.node_name.is_empty() || is_pod_phase_terminal(&pod.status.phase) {
        grace = 0;
    }
    if grace < 0 {
        grace = 1;
    }
    meta.deletion_timestamp = Some(Time(now.0 + grace));
    meta.deletion_grace_period_seconds = Some(grace);
    meta.generation += 1;
    Graceful::Yes
}

/// `store.go markAsDeleting`.
fn mark_as_deleting(meta: &mut ObjectMeta, now: Time) {
    if meta.deletion_timestamp.is_none() && meta.generation > 0 {
        meta.generation += 1;
    }
    if meta.deletion_timestamp.is_none_or(|at| at > now) {
        meta.deletion_timestamp = Some(now);
    }
    meta.deletion_grace_period_seconds = Some(0);
}

/// The finalizers that tell the garbage collector what to do with the dependents
/// (`store.go deletionFinalizersForGarbageCollection`).
fn deletion_finalizers(
    key: &ObjectKey,
    existing: &[String],
    policy: Option<PropagationPolicy>,
) -> Vec<String> {
    use PropagationPolicy::{Background, Foreground, Orphan};
    let by_finalizer = existing.iter().find_map(|finalizer| match finalizer.as_str() {
        ORPHAN_DEPENDENTS => Some(Orphan),
        DELETE_DEPENDENTS => Some(Foreground),
        _ => None,
    });
    // Two old kinds keep their first versions' way (`DefaultGarbageCollectionPolicy` of their strategies).
    let by_kind = match key.kind.as_str() {
        "ReplicationController" | "Job" => Orphan,
        _ => Background,
    };
    let policy = policy.or(by_finalizer).unwrap_or(by_kind);
    let others = existing.iter().filter(|f| *f != ORPHAN_DEPENDENTS && *f != DELETE_DEPENDENTS);
    let ours = match policy {
        _ if key.kind == "Event" => None,
        Orphan => Some(ORPHAN_DEPENDENTS),
        Foreground => Some(DELETE_DEPENDENTS),
        Background => None,
    };
    others.cloned().chain(ours.map(ToString::to_string)).collect()
}
