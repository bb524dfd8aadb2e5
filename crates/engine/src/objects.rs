//! Objects by their keys: what the API server stores, and what a watcher knows of it.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use lifepod_api::{Object, ObjectKey, Resource};

/// Objects in the order of kind, namespace and name, so that those of one kind or namespace are next to each other.
#[derive(Clone, Debug, Default)]
pub(crate) struct Objects(BTreeMap<ObjectKey, Arc<Object>>);

impl Objects {
    /// Puts an object in, and gives back the one that it replaces.
    pub(crate) fn insert(&mut self, key: ObjectKey, object: Arc<Object>) -> Option<Arc<Object>> {
        self.0.insert(key, object)
    }

    /// Takes an object out.
    pub(crate) fn remove(&mut self, key: &ObjectKey) -> Option<Arc<Object>> {
        self.0.remove(key)
    }

    /// The object with that key.
    pub(crate) fn get(&self, key: &ObjectKey) -> Option<&Arc<Object>> {
        self.0.get(key)
    }

    /// The object of that type and name; the namespace is empty for kinds without.
    pub(crate) fn find<T: Resource>(&self, namespace: &str, name: &str) -> Option<&T> {
        T::of(self.get(&ObjectKey::new(T::KIND, namespace, name))?)
    }

    /// All objects of a type, by namespace and name.
    pub(crate) fn all<T: Resource>(&self) -> impl Iterator<Item = &T> {
        self.of_kind(T::KIND).filter_map(|object| T::of(object))
    }

    /// The objects of a type in a namespace, by name.
    pub(crate) fn in_namespace<T: Resource>(&self, namespace: &str) -> impl Iterator<Item = &T> {
        let all = self.0.range(ObjectKey::new(T::KIND, namespace, "")..);
        all.take_while(move |(key, _)| key.kind == T::KIND && key.namespace == namespace)
            .filter_map(|(_, object)| T::of(object))
    }

    /// All objects of a kind, by namespace and name.
    pub(crate) fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Arc<Object>> {
        let all = self.0.range(ObjectKey::new(kind, "", "")..);
        all.take_while(move |(key, _)| key.kind == kind).map(|(_, object)| object)
    }

    /// The objects of a kind in a namespace (empty for kinds without), by name.
    pub(crate) fn of_kind_in<'a>(
        &'a self,
        kind: &'a str,
        namespace: &'a str,
    ) -> impl Iterator<Item = (&'a ObjectKey, &'a Arc<Object>)> {
        let all = self.0.range(ObjectKey::new(kind, namespace, "")..);
        all.take_while(move |(key, _)| key.kind == kind && key.namespace == namespace)
    }
}
