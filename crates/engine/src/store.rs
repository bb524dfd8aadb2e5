//! The API server's storage: objects by key, one growing resource version, and watches.

use crate::kernel::{Component, Kernel, Wake};
use crate::name::TextKey;
use crate::objects::Objects;
use crate::trace::{ObjectRevision, Op, What};
use alloc::collections::BTreeMap;
use alloc::string::ToString;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::Deref;
use lifepod_api::{List, Object, Pod, PodSpec, Resource, Shared};

/// A revision on its way to a watching component.
#[derive(Clone, Debug)]
pub(crate) struct WatchEvent {
    pub(crate) op: Op,
    pub(crate) object: Arc<Object>,
}

/// Objects, and who is told of their changes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Store {
    objects: Objects,
    resource_version: u64,
    /// Who watches all objects of a kind.
    watches: BTreeMap<&'static str, Vec<Component>>,
    /// Who watches a node and its pods (a kubelet's field selectors `metadata.name` and `spec.nodeName`).
    pod_watches: BTreeMap<TextKey, Component>,
}

/// The store is read as the objects that it holds.
impl Deref for Store {
    type Target = Objects;

    fn deref(&self) -> &Objects {
        &self.objects
    }
}

impl Store {
    /// The resource version of the newest write.
    pub(crate) fn resource_version(&self) -> u64 {
        self.resource_version
    }

    /// From now on `to` is told of every change of objects of that kind.
    pub(crate) fn watch(&mut self, to: Component, kind: &'static str) {
        self.watches.entry(kind).or_default().push(to);
    }

    /// From now on `to` is told of every change of `node` and its pods.
    pub(crate) fn watch_pods_of(&mut self, to: Component, node: &str) {
        self.pod_watches.insert(node.into(), to);
    }

    fn watchers(&self, object: &Object) -> Vec<Component> {
        let all = self.watches.get(object.kind()).into_iter().flatten();
        let node = match object {
            Object::Pod(pod) => pod.spec.node_name.as_str(),
            Object::Node(node) => &node.metadata.name,
            _ => "",
        };
        let kubelet = self.pod_watches.get(node.as_bytes());
        all.chain(kubelet).copied().collect()
    }
}

/// A trace keeps every revision: what says the same as in the one before is shared with it.
fn compact(object: &mut Object, before: Option<&Object>) {
    let owners = before.map(|before| &before.meta().owner_references);
    settle(&mut object.meta_mut().owner_references, owners);
    let Object::Pod(pod) = object else { return };
    let before = before.and_then(Pod::of);
    if let Some(before) = before {
        share_spec(&mut pod.spec, &before.spec);
    }
    let (status, before) = (&mut pod.status, before.map(|before| &before.status));
    settle(&mut status.conditions, before.map(|before| &before.conditions));
    settle(&mut status.init_container_statuses, before.map(|before| &before.init_container_statuses));
    settle(&mut status.container_statuses, before.map(|before| &before.container_statuses));
}

/// Shares what a pod wants with another revision of it, or with its template, as far as they say the same.
pub(crate) fn share_spec(spec: &mut Shared<PodSpec>, with: &Shared<PodSpec>) {
    if spec == with {
        spec.clone_from(with);
    } else {
        spec.init_containers.share_with(&with.init_containers);
        spec.containers.share_with(&with.containers);
    }
}

/// Shares a list with the one before, or gives back the room that it took while it grew.
fn settle<T: PartialEq>(list: &mut List<T>, before: Option<&List<T>>) {
    before.into_iter().for_each(|before| list.share_with(before));
    list.shrink_to_fit();
}

impl Kernel {
    /// Stores a revision, records it, and sends it to the watchers after the watch latency.
    ///
    /// [`Op::Deleted`] removes the object; its last state is what watchers see.
    pub(crate) fn commit(&mut self, op: Op, mut object: Object, by: &'static str) -> Arc<Object> {
        self.store.resource_version += 1;
        let before = self.store.named(object.kind(), &object.meta().namespace, &object.meta().name).cloned();
        compact(&mut object, before.as_deref());
        object.meta_mut().resource_version = self.store.resource_version.to_string();
        let object = Arc::new(object);
        match op {
            Op::Added | Op::Modified => {
                self.store.objects.insert(&object);
            }
            Op::Deleted => {
                self.store.objects.remove(&object);
            }
        }
        let entry = self.record(What::Object(ObjectRevision { op, object: object.clone(), by }));
        let due = self.now + self.config.latency.watch;
        let outer = self.cause.replace(entry);
        for to in self.store.watchers(&object) {
            self.wake_at(due, to, Wake::Watch(WatchEvent { op, object: object.clone() }));
        }
        self.cause = outer;
        object
    }
}
