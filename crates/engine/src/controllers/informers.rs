//! What the controllers know of the cluster: the objects as their watches last showed them, a little behind the
//! store, with the indexes that keep any of them from looking at everything
//! (`staging/src/k8s.io/client-go/tools/cache`, `pkg/controller/controller_utils.go AddPodControllerIndexer`).

use super::consistency::revision;
use crate::objects::Objects;
use crate::store::WatchEvent;
use crate::trace::Op;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::sync::Arc;
use core::ops::Deref;
use lifepod_api::{Object, ObjectKey, ObjectMeta, OwnerReference, Pod, Resource};

/// A shared cache of everything that the controllers watch.
#[derive(Clone, Debug, Default)]
pub(crate) struct Informers {
    objects: Objects,
    /// Objects by the `uid` of the owner that controls them; those without one under the empty `uid`.
    by_controller: Index,
    /// Pods by `spec.nodeName`; those without a node under the empty name.
    pods_by_node: Index,
    /// The store's revision that the watches have shown last.
    revision: u64,
}

/// Objects under a name that they share. An index holds them itself: going over the pods of one owner is what
/// controllers do most.
type Index = BTreeMap<String, BTreeMap<ObjectKey, Arc<Object>>>;

/// The owner that controls an object (`metav1.GetControllerOf`).
pub(crate) fn controller_of(meta: &ObjectMeta) -> Option<&OwnerReference> {
    meta.owner_references.iter().find(|owner| owner.controller == Some(true))
}

/// The cache is read as the objects that it holds.
impl Deref for Informers {
    type Target = Objects;

    fn deref(&self) -> &Objects {
        &self.objects
    }
}

impl Informers {
    /// Takes a revision in, and gives the object as it was known before.
    pub(super) fn apply(&mut self, event: &WatchEvent) -> Option<Arc<Object>> {
        let key = event.object.key();
        self.revision = revision(&event.object);
        let old = match event.op {
            Op::Added | Op::Modified => self.objects.insert(&event.object),
            Op::Deleted => self.objects.remove(&event.object),
        };
        let new = Some(&event.object).filter(|_| event.op != Op::Deleted);
        mark(&mut self.by_controller, &key, old.as_ref().map(owner), new.map(|new| (owner(new), new)));
        let (before, after) = (old.as_ref().and_then(node), new.and_then(|new| Some((node(new)?, new))));
        mark(&mut self.pods_by_node, &key, before, after);
        old
    }

    /// The store's revision up to which everything that is watched is known.
    pub(crate) fn revision(&self) -> u64 {
        self.revision
    }

    /// The owner that a reference means, if it is of this type and still the same one (`resolveControllerRef`).
    pub(crate) fn resolve<T: Resource>(&self, namespace: &str, reference: &OwnerReference) -> Option<&T> {
        let owner = self.find::<T>(namespace, &reference.name)?;
        (reference.kind == T::KIND && owner.metadata().uid == reference.uid).then_some(owner)
    }

    /// The objects of a type that the owner with this `uid` controls, by name.
    pub(crate) fn controlled_by<'a, T: Resource>(&'a self, uid: &str) -> impl Iterator<Item = &'a T> {
        self.by_controller.get(uid).into_iter().flat_map(|objects| objects.values().filter_map(|o| T::of(o)))
    }

    /// The objects of a type in a namespace that nobody controls, by name.
    pub(crate) fn orphans<'a, T: Resource>(&'a self, namespace: &'a str) -> impl Iterator<Item = &'a T> {
        let first = ObjectKey::new(T::KIND, namespace, "");
        let orphans =
            self.by_controller.get("").into_iter().flat_map(move |objects| objects.range(first.clone()..));
        orphans
            .take_while(move |(key, _)| key.kind == T::KIND && key.namespace == namespace)
            .filter_map(|(_, object)| T::of(object))
    }

    /// The nodes that pods name, the empty name for those without one among them.
    pub(crate) fn nodes_of_pods(&self) -> impl Iterator<Item = &str> {
        self.pods_by_node.keys().map(String::as_str)
    }

    /// The pods of a node; an empty name for those that have none yet.
    pub(crate) fn pods_of_node(&self, node: &str) -> impl Iterator<Item = &Pod> {
        self.pods_by_node.get(node).into_iter().flat_map(|pods| pods.values().filter_map(|o| Pod::of(o)))
    }
}

fn owner(object: &Arc<Object>) -> &str {
    controller_of(object.meta()).map_or("", |owner| &owner.uid)
}

fn node(object: &Arc<Object>) -> Option<&str> {
    Pod::of(object).map(|pod| pod.spec.node_name.as_str())
}

/// Moves an object from the name under which it was to the one under which it is.
fn mark(index: &mut Index, key: &ObjectKey, before: Option<&str>, after: Option<(&str, &Arc<Object>)>) {
    if let Some(before) = before.filter(|before| after.is_none_or(|(after, _)| after != *before))
        && let Some(objects) = index.get_mut(before)
    {
        objects.remove(key);
        if objects.is_empty() {
            index.remove(before);
        }
    }
    let Some((after, object)) = after else { return };
    match index.get_mut(after).and_then(|objects| objects.get_mut(key)) {
        Some(known) => *known = object.clone(),
        None => {
            index.entry(after.into()).or_default().insert(key.clone(), object.clone());
        }
    }
}
