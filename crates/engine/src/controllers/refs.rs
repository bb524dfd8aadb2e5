//! Whose is it: owner references, and how a controller adopts what its selector matches and lets go of what it does not
//! (`pkg/controller/controller_ref_manager.go`).

use super::informers::controller_of;
use super::pod_control::is_not_found;
use crate::kernel::Kernel;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;
use lifepod_api::{
    LabelSelector, Object, ObjectMeta, ObjectReference, OwnerReference, Refusal, Resource, Status,
    Subresource,
};

/// The reference that makes `owner` the controller of an object (`metav1.NewControllerRef`).
pub(crate) fn controller_ref(owner: &Object) -> OwnerReference {
    OwnerReference {
        api_version: owner.api_version().to_string(),
        kind: owner.kind().to_string(),
        name: owner.meta().name.clone(),
        uid: owner.meta().uid.clone(),
        controller: Some(true),
        block_owner_deletion: Some(true),
    }
}

/// The reference that Events about an object carry (`client-go/tools/reference/ref.go GetReference`).
pub(crate) fn object_reference(object: &Object) -> ObjectReference {
    let meta = object.meta();
    ObjectReference {
        kind: object.kind().to_string(),
        api_version: object.api_version().to_string(),
        namespace: meta.namespace.clone(),
        name: meta.name.clone(),
        uid: meta.uid.clone(),
        resource_version: meta.resource_version.clone(),
        ..ObjectReference::default()
    }
}

/// Whether `meta` is controlled by the owner with this `uid` (`metav1.IsControlledBy`).
pub(crate) fn is_controlled_by(meta: &ObjectMeta, uid: &str) -> bool {
    controller_of(meta).is_some_and(|owner| owner.uid == uid)
}

/// Claims objects for one owner (`PodControllerRefManager`, `ReplicaSetControllerRefManager`, …).
pub(crate) struct RefManager<'a> {
    owner: &'a Object,
    selector: &'a LabelSelector,
    by: &'static str,
    /// What an adopted object is held by, besides.
    finalizer: Option<&'static str>,
    /// Whether the owner still lives in the store, asked at the first adoption only.
    may_adopt: Option<Result<(), Refusal>>,
}

impl<'a> RefManager<'a> {
    /// A manager for `owner`, which selects by `selector`; `by` writes.
    pub(crate) fn new(owner: &'a Object, selector: &'a LabelSelector, by: &'static str) -> Self {
        RefManager { owner, selector, by, finalizer: None, may_adopt: None }
    }

    /// What it adopts gets this finalizer too.
    pub(crate) fn adding_finalizer(self, finalizer: &'static str) -> Self {
        RefManager { finalizer: Some(finalizer), ..self }
    }

    /// Those of `candidates` that are the owner's, after orphans that match were adopted and those that do not match
    /// any more were released (`ClaimPods`).
    ///
    /// # Errors
    /// The first refusal, after all candidates were tried.
    pub(crate) fn claim<'o, T: Resource>(
        &mut self,
        kernel: &mut Kernel,
        candidates: impl IntoIterator<Item = &'o T>,
    ) -> Result<Vec<&'o T>, Refusal> {
        let mut claimed = Vec::new();
        let mut refused = Ok(());
        for candidate in candidates {
            match self.claim_one(kernel, T::KIND, candidate.metadata()) {
                Ok(true) => claimed.push(candidate),
                Ok(false) => {}
                Err(refusal) => refused = refused.and(Err(refusal)),
            }
        }
        refused.map(|()| claimed)
    }

    /// `ClaimObject`.
    fn claim_one(&mut self, kernel: &mut Kernel, kind: &str, meta: &ObjectMeta) -> Result<bool, Refusal> {
        let owner = self.owner.meta();
        let matches = self.selector.matches(&meta.labels);
        if let Some(controller) = controller_of(meta) {
            if controller.uid != owner.uid {
                return Ok(false);
            }
            if matches || owner.deletion_timestamp.is_some() {
                return Ok(matches);
            }
            return self.rewrite(kernel, kind, meta, false).map(|_| false);
        }
        let deleted = owner.deletion_timestamp.or(meta.deletion_timestamp).is_some();
        if deleted || !matches || owner.namespace != meta.namespace {
            return Ok(false);
        }
        if self.may_adopt.is_none() {
            self.may_adopt = Some(recheck_deletion_timestamp(kernel, self.owner));
        }
        match &self.may_adopt {
            Some(Err(refusal)) => Err(refusal.clone()),
            _ => self.rewrite(kernel, kind, meta, true),
        }
    }

    /// Writes the owner into an object, or out of it; false when the object is gone (`AdoptPod`, `ReleasePod`).
    fn rewrite(
        &self,
        kernel: &mut Kernel,
        kind: &str,
        meta: &ObjectMeta,
        adopt: bool,
    ) -> Result<bool, Refusal> {
        let stored = kernel.store.named(kind, &meta.namespace, &meta.name);
        let Some(stored) = stored.filter(|stored| stored.meta().uid == meta.uid) else { return Ok(false) };
        let mut object = (**stored).clone();
        let owners = &mut object.meta_mut().owner_references;
        owners.retain(|owner| owner.uid != self.owner.meta().uid);
        if adopt {
            owners.push(controller_ref(self.owner));
            let finalizers = &mut object.meta_mut().finalizers;
            if let Some(finalizer) = self.finalizer.filter(|new| finalizers.iter().all(|old| old != new)) {
                finalizers.push(finalizer.to_string());
            }
        }
        match kernel.update(object, Subresource::Main, self.by) {
            Ok(_) => Ok(true),
            Err(refusal) if is_not_found(&refusal) => Ok(false),
            Err(refusal) => Err(refusal),
        }
    }
}

/// An owner that is on its way out adopts nothing, and only the store knows (`RecheckDeletionTimestamp`).
fn recheck_deletion_timestamp(kernel: &Kernel, owner: &Object) -> Result<(), Refusal> {
    let meta = owner.meta();
    let fresh = kernel.store.get(&owner.key()).map(|object| object.meta());
    let why = match fresh {
        Some(fresh) if fresh.uid == meta.uid && fresh.deletion_timestamp.is_none() => return Ok(()),
        Some(fresh) if fresh.uid == meta.uid => {
            format!("{}/{} has just been deleted", meta.namespace, meta.name)
        }
        _ => format!("original {} {}/{} is gone", owner.kind(), meta.namespace, meta.name),
    };
    Err(Box::new(Status::bad_request(why)))
}
