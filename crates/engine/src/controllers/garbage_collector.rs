//! The garbage collector: what becomes of objects whose owners go
//! (`pkg/controller/garbagecollector/{garbagecollector,graph_builder}.go`).
//!
//! An owner that is removed in the background is missed by its dependents, which then are deleted. One that is deleted
//! in the foreground waits, with a finalizer, until those of its dependents are gone that block it. One that leaves
//! orphans waits until its dependents do not name it any more.

use super::{Change, Controller, ControllerName, Informers, WorkQueue};
use crate::api_server::{DELETE_DEPENDENTS, DeleteOptions, ORPHAN_DEPENDENTS, PropagationPolicy};
use crate::controllers::pod_control::is_not_found;
use crate::controllers::refs::object_reference;
use crate::events::{EventType, Recorder};
use crate::kernel::Kernel;
use crate::trace::Op;
use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use lifepod_api::{
    KINDS, Kind, List, Object, ObjectKey, ObjectMeta, OwnerReference, Refusal, SimTime, Subresource,
};

const BY: &str = "garbage-collector-controller";

/// How long an owner that no watch has shown is looked for: it is asked for first, and its absence then comes in like the
/// removal of one that was known (`enqueueVirtualDeleteEvent`). Measured, not fixed by Kubernetes.
const ABSENT_OWNER: SimTime = SimTime::from_millis(50);

/// How long an owner outlives the last of its dependents that was told to forget it. Measured, not fixed by Kubernetes.
const ORPHANED: SimTime = SimTime::from_millis(20);

/// Everything but Events, which go by themselves (`DefaultIgnoredResources`).
pub(super) const COLLECTED: [&str; KINDS.len() - 1] = {
    let mut kinds = [""; KINDS.len() - 1];
    let (mut from, mut to) = (0, 0);
    while from < KINDS.len() {
        if !matches!(KINDS[from].kind.as_bytes(), b"Event") {
            kinds[to] = KINDS[from].kind;
            to += 1;
        }
        from += 1;
    }
    kinds
};

/// The controller, with its graph of who owns whom.
#[derive(Clone, Debug)]
pub(crate) struct GarbageCollector {
    queue: WorkQueue,
    recorder: Recorder,
    /// Every object that the watches know, by its `uid`.
    known: BTreeMap<String, ObjectKey>,
    /// The objects that name an owner, by the owner's `uid`, whether it is known or not.
    dependents: BTreeMap<String, BTreeSet<ObjectKey>>,
    /// The dependents that are still to be told to forget their owner, by that.
    orphans: BTreeMap<ObjectKey, VecDeque<ObjectKey>>,
}

impl GarbageCollector {
    pub(super) fn new() -> Self {
        GarbageCollector {
            queue: WorkQueue::new(ControllerName::GarbageCollector),
            recorder: Recorder::new(BY, ""),
            known: BTreeMap::new(),
            dependents: BTreeMap::new(),
            orphans: BTreeMap::new(),
        }
    }

    fn dependents_of(&self, uid: &str) -> Vec<ObjectKey> {
        self.dependents.get(uid).into_iter().flatten().cloned().collect()
    }

    fn enqueue_all(&mut self, kernel: &mut Kernel, keys: Vec<ObjectKey>) {
        for key in keys {
            self.queue.add(kernel, key);
        }
    }

    fn link(&mut self, key: &ObjectKey, owner: &str) {
        self.dependents.entry(owner.into()).or_default().insert(key.clone());
    }

    fn unlink(&mut self, key: &ObjectKey, owner: &str) {
        if let Some(keys) = self.dependents.get_mut(owner) {
            keys.remove(key);
            if keys.is_empty() {
                self.dependents.remove(owner);
            }
        }
    }

    /// An object named a new owner (`addDependentToOwners`).
    fn owner_added(&mut self, kernel: &mut Kernel, object: &Object, owner: &OwnerReference) {
        let key = object.key();
        self.link(&key, &owner.uid);
        match self.known.get(&owner.uid) {
            Some(found) if is_meant(found, owner, &key) => {}
            Some(_) => {
                let message = format!(
                    "ownerRef [{}/{}, namespace: {}, name: {}, uid: {}] does not exist in namespace \"{}\"",
                    owner.api_version, owner.kind, key.namespace, owner.name, owner.uid, key.namespace
                );
                let reference = object_reference(object);
                let reason = "OwnerRefInvalidNamespace";
                self.recorder.event(kernel, &reference, EventType::Warning, reason, &message);
                self.queue.add(kernel, key);
            }
            // Perhaps there is no such owner.
            None => self.queue.add_after(kernel, key, ABSENT_OWNER),
        }
    }

    /// Owners that wait for their dependents look again when one of these goes or lets them go.
    fn wake_waiting<'o>(
        &mut self,
        kernel: &mut Kernel,
        informers: &Informers,
        owners: impl IntoIterator<Item = &'o OwnerReference>,
    ) {
        for owner in owners {
            let waiting = self.known.get(&owner.uid).filter(|key| {
                informers.get(key).is_some_and(|object| waits_with(object.meta(), DELETE_DEPENDENTS))
            });
            if let Some(key) = waiting.cloned() {
                self.queue.add(kernel, key);
            }
        }
    }

    fn removed(&mut self, kernel: &mut Kernel, informers: &Informers, object: &Object) {
        let (key, meta) = (object.key(), object.meta());
        self.known.remove(&meta.uid);
        for owner in &meta.owner_references {
            self.unlink(&key, &owner.uid);
        }
        let dependents = self.dependents_of(&meta.uid);
        self.enqueue_all(kernel, dependents);
        self.wake_waiting(kernel, informers, &meta.owner_references);
    }

    /// `attemptToDeleteItem`, on an object that is not being deleted.
    fn attempt_to_delete(&mut self, kernel: &mut Kernel, object: &Arc<Object>) -> Result<(), Refusal> {
        // It reads the object anew.
        kernel.flow_control.take(BY, kernel.now);
        let (key, meta) = (object.key(), object.meta());
        let mut states: Vec<(OwnerState, &OwnerReference)> = Vec::new();
        for owner in &meta.owner_references {
            // And its owner, unless that was seen to go (`isDangling`, `absentOwnerCache`).
            if self.known.contains_key(&owner.uid) {
                kernel.flow_control.take(BY, kernel.now);
            }
            states.push((owner_state(kernel, &key, owner), owner));
        }
        let any = |wanted: OwnerState| states.iter().any(|(state, _)| *state == wanted);
        if any(OwnerState::Solid) || states.is_empty() {
            if any(OwnerState::Dangling) || any(OwnerState::Waiting) {
                let solid = states.iter().filter(|(state, _)| *state == OwnerState::Solid);
                let mut kept = (**object).clone();
                kept.meta_mut().owner_references = solid.map(|(_, owner)| (*owner).clone()).collect();
                return kernel.update(kept, Subresource::Main, BY).map(|_| ());
            }
            return Ok(());
        }
        let dependents = self.dependents_of(&meta.uid);
        let policy = if any(OwnerState::Waiting) && !dependents.is_empty() {
            self.unblock_circle(kernel, object, &dependents)?;
            PropagationPolicy::Foreground
        } else if meta.finalizers.iter().any(|finalizer| finalizer == ORPHAN_DEPENDENTS) {
            PropagationPolicy::Orphan
        } else if meta.finalizers.iter().any(|finalizer| finalizer == DELETE_DEPENDENTS) {
            PropagationPolicy::Foreground
        } else {
            PropagationPolicy::Background
        };
        let options = DeleteOptions { propagation_policy: Some(policy), ..DeleteOptions::of_uid(&meta.uid) };
        gone_is_fine(kernel.delete(&key, &options, BY))
    }

    /// Owners that own each other would wait for each other: where a dependent waits too, nobody is blocked.
    fn unblock_circle(
        &self,
        kernel: &mut Kernel,
        object: &Arc<Object>,
        dependents: &[ObjectKey],
    ) -> Result<(), Refusal> {
        let circle = dependents.iter().filter_map(|key| kernel.store.get(key));
        if !{ circle }.any(|dependent| waits_with(dependent.meta(), DELETE_DEPENDENTS)) {
            return Ok(());
        }
        let mut free = (**object).clone();
        for owner in &mut free.meta_mut().owner_references {
            owner.block_owner_deletion = Some(false);
        }
        kernel.update(free, Subresource::Main, BY).map(|_| ())
    }

    /// Deletes the dependents of an owner that waits for them, or lets it go (`processDeletingDependentsItem`).
    fn delete_dependents(
        &mut self,
        kernel: &mut Kernel,
        informers: &Informers,
        owner: &Arc<Object>,
    ) -> Result<(), Refusal> {
        let uid = &owner.meta().uid;
        let blocks = |meta: &ObjectMeta| {
            meta.owner_references.iter().any(|o| o.uid == *uid && o.block_owner_deletion == Some(true))
        };
        let mut blocking = self.dependents_of(uid);
        blocking.retain(|key| informers.get(key).is_some_and(|object| blocks(object.meta())));
        if blocking.is_empty() {
            return remove_finalizer(kernel, owner, DELETE_DEPENDENTS);
        }
        blocking.retain(|key| {
            informers.get(key).is_some_and(|object| !waits_with(object.meta(), DELETE_DEPENDENTS))
        });
        self.enqueue_all(kernel, blocking);
        Ok(())
    }

    /// Takes the owner out of all its dependents; it goes when none of them names it any more
    /// (`attemptToOrphanWorker`).
    fn orphan_dependents(&mut self, kernel: &mut Kernel, owner: &Arc<Object>) -> Result<(), Refusal> {
        let uid = &owner.meta().uid;
        let mut left: VecDeque<ObjectKey> = self.dependents_of(uid).into();
        if left.is_empty() {
            return remove_finalizer(kernel, owner, ORPHAN_DEPENDENTS);
        }
        while kernel.flow_control.is_free(BY, kernel.now)
            && let Some(dependent) = left.pop_front()
        {
            forget_owner(kernel, &dependent, uid)?;
        }
        match left.len() {
            0 => self.queue.add_after(kernel, owner.key(), ORPHANED),
            turns => {
                self.orphans.insert(owner.key(), left);
                self.queue.wait_for_turns(kernel, &owner.key(), turns);
            }
        }
        Ok(())
    }
}

impl Controller for GarbageCollector {
    fn kinds(&self) -> &'static [&'static str] {
        &COLLECTED
    }

    fn queue(&mut self) -> &mut WorkQueue {
        &mut self.queue
    }

    /// `processGraphChanges`.
    fn observe(&mut self, kernel: &mut Kernel, informers: &Informers, change: &Change<'_>) {
        let (object, meta) = (change.object, change.object.meta());
        if change.op == Op::Deleted {
            return self.removed(kernel, informers, object);
        }
        let old = change.old.filter(|old| old.meta().uid == meta.uid);
        if old.is_none() {
            if let Some(replaced) = change.old {
                self.removed(kernel, informers, replaced);
            }
            self.known.insert(meta.uid.clone(), object.key());
        }
        let none = List::new();
        let before = old.map_or(&none, |old| &old.meta().owner_references);
        if *before != meta.owner_references {
            let still = |owner: &&OwnerReference| meta.owner_references.iter().any(|o| o.uid == owner.uid);
            let blocks = |owner: &OwnerReference| owner.block_owner_deletion == Some(true);
            for owner in before.iter().filter(|owner| !still(owner)) {
                self.unlink(&object.key(), &owner.uid);
            }
            for owner in meta.owner_references.iter().filter(|o| !before.iter().any(|b| b.uid == o.uid)) {
                self.owner_added(kernel, object, owner);
            }
            let freed = before.iter().filter(|owner| blocks(owner) && !meta.owner_references.contains(owner));
            self.wake_waiting(kernel, informers, freed);
        }
        let starts = |finalizer: &str| {
            waits_with(meta, finalizer) && !old.is_some_and(|old| waits_with(old.meta(), finalizer))
        };
        if starts(DELETE_DEPENDENTS) {
            let dependents = self.dependents_of(&meta.uid);
            self.enqueue_all(kernel, dependents);
            self.queue.add(kernel, object.key());
        } else if starts(ORPHAN_DEPENDENTS) {
            self.queue.add(kernel, object.key());
        }
    }

    /// One more dependent forgets its owner.
    fn resume(&mut self, kernel: &mut Kernel, _: &Informers, key: &ObjectKey) -> Result<(), Refusal> {
        let Some(left) = self.orphans.get_mut(key) else { return Ok(()) };
        let (next, is_last) = (left.pop_front(), left.is_empty());
        if is_last {
            self.orphans.remove(key);
            self.queue.add_after(kernel, key.clone(), ORPHANED);
        }
        let owner = kernel.store.get(key).map(|owner| owner.meta().uid.clone());
        next.zip(owner).map_or(Ok(()), |(dependent, owner)| forget_owner(kernel, &dependent, &owner))
    }

    fn sync(&mut self, kernel: &mut Kernel, informers: &Informers, key: &ObjectKey) -> Result<(), Refusal> {
        let Some(object) = kernel.store.get(key).cloned() else { return Ok(()) };
        let meta = object.meta();
        if meta.deletion_timestamp.is_none() {
            self.attempt_to_delete(kernel, &object)
        } else if waits_with(meta, ORPHAN_DEPENDENTS) {
            self.orphan_dependents(kernel, &object)
        } else if waits_with(meta, DELETE_DEPENDENTS) {
            self.delete_dependents(kernel, informers, &object)
        } else {
            Ok(())
        }
    }
}

/// What an owner is to its dependent (`classifyReferences`).
#[derive(Clone, Copy, PartialEq, Eq)]
enum OwnerState {
    /// It lives.
    Solid,
    /// It is gone, or never was.
    Dangling,
    /// It waits for its dependents to go.
    Waiting,
}

fn owner_state(kernel: &Kernel, dependent: &ObjectKey, owner: &OwnerReference) -> OwnerState {
    let kind = Kind::find(&owner.api_version, &owner.kind);
    let namespace = if kind.is_none_or(|kind| kind.namespaced) { dependent.namespace.as_str() } else { "" };
    match kernel.store.named(&owner.kind, namespace, &owner.name) {
        Some(found) if found.meta().uid == owner.uid => match waits_with(found.meta(), DELETE_DEPENDENTS) {
            true => OwnerState::Waiting,
            false => OwnerState::Solid,
        },
        _ => OwnerState::Dangling,
    }
}

/// Whether the object with that `uid` is where the reference says: owners are cluster-wide or in the same namespace.
fn is_meant(found: &ObjectKey, owner: &OwnerReference, dependent: &ObjectKey) -> bool {
    found.kind == owner.kind
        && found.name == owner.name
        && (found.namespace.is_empty() || found.namespace == dependent.namespace)
}

/// Whether the object is being deleted and this finalizer holds it.
fn waits_with(meta: &ObjectMeta, finalizer: &str) -> bool {
    meta.deletion_timestamp.is_some() && meta.finalizers.iter().any(|own| own == finalizer)
}

/// The object does not name that owner any more.
fn forget_owner(kernel: &mut Kernel, dependent: &ObjectKey, owner: &str) -> Result<(), Refusal> {
    let Some(stored) = kernel.store.get(dependent) else { return Ok(()) };
    let mut free = (**stored).clone();
    free.meta_mut().owner_references.retain(|reference| reference.uid != owner);
    gone_is_fine(kernel.update(free, Subresource::Main, BY).map(|_| ()))
}

fn remove_finalizer(kernel: &mut Kernel, object: &Arc<Object>, finalizer: &str) -> Result<(), Refusal> {
    // It reads the object anew.
    kernel.flow_control.take(BY, kernel.now);
    let mut free = (**object).clone();
    free.meta_mut().finalizers.retain(|own| own != finalizer);
    gone_is_fine(kernel.update(free, Subresource::Main, BY).map(|_| ()))
}

fn gone_is_fine(result: Result<(), Refusal>) -> Result<(), Refusal> {
    match result {
        Err(refusal) if is_not_found(&refusal) => Ok(()),
        result => result,
    }
}
