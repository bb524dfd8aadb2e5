//! The API server's storage: objects by key, one growing resource version, and watches.

use crate::kernel::{Component, Kernel, Wake};
use crate::trace::{ObjectRevision, Op, What};
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use lifepod_api::{Object, ObjectKey, Resource};

/// A revision on its way to a watching component.
#[derive(Clone, Debug)]
pub(crate) struct WatchEvent {
    pub(crate) op: Op,
    pub(crate) object: Arc<Object>,
}

/// Objects, and who is told of their changes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Store {
    objects: BTreeMap<ObjectKey, Arc<Object>>,
    resource_version: u64,
    /// Who watches all objects of a kind.
    watches: BTreeMap<&'static str, Vec<Component>>,
    /// Who watches a node and its pods (a kubelet's field selectors `metadata.name` and `spec.nodeName`).
    pod_watches: BTreeMap<String, Component>,
}

impl Store {
    pub(crate) fn get(&self, key: &ObjectKey) -> Option<&Arc<Object>> {
        self.objects.get(key)
    }

    /// The object of that type and name; the namespace is empty for kinds without.
    pub(crate) fn find<T: Resource>(&self, namespace: &str, name: &str) -> Option<&T> {
        T::of(self.get(&ObjectKey::new(T::KIND, namespace, name))?)
    }

    /// All objects of a type, by namespace and name.
    pub(crate) fn all<T: Resource>(&self) -> impl Iterator<Item = &T> {
        let first = ObjectKey::new(T::KIND, "", "");
        let of_kind = self.objects.range(first..).take_while(|(key, _)| key.kind == T::KIND);
        of_kind.filter_map(|(_, object)| T::of(object))
    }

    /// The objects of a type in a namespace, by name.
    pub(crate) fn in_namespace<T: Resource>(&self, namespace: &str) -> impl Iterator<Item = &T> {
        let first = ObjectKey::new(T::KIND, namespace, "");
        self.objects
            .range(first..)
            .take_while(move |(key, _)| key.kind == T::KIND && key.namespace == namespace)
            .filter_map(|(_, object)| T::of(object))
    }

    /// All objects of a kind, by namespace and name.
    pub(crate) fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Arc<Object>> {
        let of_kind = self.objects.range(ObjectKey::new(kind, "", "")..);
        of_kind.take_while(move |(key, _)| key.kind == kind).map(|(_, object)| object)
    }

    /// The objects of a kind in a namespace (empty for kinds without), by name.
    pub(crate) fn of_kind_in<'a>(
        &'a self,
        kind: &'a str,
        namespace: &'a str,
    ) -> impl Iterator<Item = &'a Arc<Object>> {
        let all = self.objects.range(ObjectKey::new(kind, namespace, "")..);
        all.take_while(move |(key, _)| key.kind == kind && key.namespace == namespace)
            .map(|(_, object)| object)
    }

    /// The resource version of the newest write.
    pub(crate) fn resource_version(&self) -> u64 {
        self.resource_version
    }

    /// From now on `to` is told of every change of objects of that kind.
    pub(crate) fn watch(&mut self, to: Component, kind: &'static str) {
        self.watches.entry(kind).or_default().push(to);
    }

    /// From now on `to` is told of every change of `node` and its pods.
    pub(crate) fn watch_pods_of(&mut self, to: Component, node: String) {
        self.pod_watches.insert(node, to);
    }

    fn watchers(&self, object: &Object) -> Vec<Component> {
        let all = self.watches.get(object.kind()).into_iter().flatten();
        let node = match object {
            Object::Pod(pod) => pod.spec.node_name.as_str(),
            Object::Node(node) => &node.metadata.name,
            _ => "",
        };
        let kubelet = self.pod_watches.get(node);
        all.chain(kubelet).copied().collect()
    }
}

impl Kernel {
    /// Stores a revision, records it, and sends it to the watchers after the watch latency.
    ///
    /// [`Op::Deleted`] removes the object; its last state is what watchers see.
    pub(crate) fn commit(&mut self, op: Op, mut object: Object, by: &'static str) -> Arc<Object> {
        self.store.resource_version += 1;
        object.meta_mut().resource_version = self.store.resource_version.to_string();
        let object = Arc::new(object);
        match op {
            Op::Added | Op::Modified => {
                self.store.objects.insert(object.key(), object.clone());
            }
            Op::Deleted => {
                self.store.objects.remove(&object.key());
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
