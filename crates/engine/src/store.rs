//! The API server's storage: objects by key, one growing resource version, and watches.

use crate::kernel::{Component, Kernel, Wake};
use crate::trace::{ObjectRevision, Op, What};
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use lifepod_api::{Object, ObjectKey};

/// A revision on its way to a watching component.
#[derive(Clone, Debug)]
pub(crate) struct WatchEvent {
    pub(crate) op: Op,
    pub(crate) object: Arc<Object>,
}

/// Who watches what.
#[derive(Clone, Debug)]
pub(crate) struct Watcher {
    pub(crate) to: Component,
    pub(crate) kind: &'static str,
    /// Only pods with this `spec.nodeName` (a kubelet's field selector).
    pub(crate) node: Option<String>,
}

/// Objects, and who is told of their changes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Store {
    objects: BTreeMap<ObjectKey, Arc<Object>>,
    resource_version: u64,
    watchers: Vec<Watcher>,
}

impl Store {
    pub(crate) fn get(&self, key: &ObjectKey) -> Option<&Arc<Object>> {
        self.objects.get(key)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&ObjectKey, &Arc<Object>)> {
        self.objects.iter()
    }

    pub(crate) fn watch(&mut self, watcher: Watcher) {
        self.watchers.push(watcher);
    }
}

impl Watcher {
    fn wants(&self, object: &Object) -> bool {
        self.kind == object.kind()
            && match (&self.node, object) {
                (None, _) => true,
                (Some(node), Object::Pod(pod)) => pod.spec.node_name == *node,
                (Some(_), _) => false,
            }
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
        let targets: Vec<Component> =
            self.store.watchers.iter().filter(|w| w.wants(&object)).map(|w| w.to).collect();
        let outer = self.cause.replace(entry);
        for to in targets {
            self.wake_at(due, to, Wake::Watch(WatchEvent { op, object: object.clone() }));
        }
        self.cause = outer;
        object
    }
}
