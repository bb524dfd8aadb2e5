//! Objects by their keys: what the API server stores, and what a watcher knows of it.

use crate::name::TextKey;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use lifepod_api::{Object, ObjectKey, Resource};

/// Objects by kind, namespace and name, in that order: most looks are at those of one kind in one namespace, and none
/// compares more than the names there.
#[derive(Clone, Debug, Default)]
pub(crate) struct Objects(BTreeMap<TextKey, BTreeMap<TextKey, Names>>);

/// The objects of a kind in a namespace.
type Names = BTreeMap<TextKey, Arc<Object>>;

impl Objects {
    /// Puts an object in, and gives back the one that it replaces.
    pub(crate) fn insert(&mut self, object: &Arc<Object>) -> Option<Arc<Object>> {
        if let Some(known) = self.place(object).and_then(|(names, name)| names.get_mut(name.as_bytes())) {
            return Some(core::mem::replace(known, object.clone()));
        }
        let meta = object.meta();
        let namespaces = self.0.entry(object.kind().into()).or_default();
        let names = namespaces.entry(meta.namespace.as_str().into()).or_default();
        names.insert(meta.name.as_str().into(), object.clone())
    }

    /// Takes an object out.
    pub(crate) fn remove(&mut self, object: &Object) -> Option<Arc<Object>> {
        self.place(object).and_then(|(names, name)| names.remove(name.as_bytes()))
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.values().flat_map(BTreeMap::values).all(BTreeMap::is_empty)
    }

    /// Where an object belongs, if anything of its kind and namespace was ever there.
    fn place<'a>(&mut self, object: &'a Object) -> Option<(&mut Names, &'a str)> {
        let meta = object.meta();
        let namespaces = self.0.get_mut(object.kind().as_bytes())?;
        Some((namespaces.get_mut(meta.namespace.as_bytes())?, &meta.name))
    }

    /// The object with that key.
    pub(crate) fn get(&self, key: &ObjectKey) -> Option<&Arc<Object>> {
        self.named(&key.kind, &key.namespace, &key.name)
    }

    /// The object of that kind, namespace (empty for kinds without) and name.
    pub(crate) fn named(&self, kind: &str, namespace: &str, name: &str) -> Option<&Arc<Object>> {
        self.0.get(kind.as_bytes())?.get(namespace.as_bytes())?.get(name.as_bytes())
    }

    /// The object of that type and name; the namespace is empty for kinds without.
    pub(crate) fn find<T: Resource>(&self, namespace: &str, name: &str) -> Option<&T> {
        T::of(self.named(T::KIND, namespace, name)?)
    }

    /// All objects of a type, by namespace and name.
    pub(crate) fn all<T: Resource>(&self) -> impl Iterator<Item = &T> {
        self.of_kind(T::KIND).filter_map(|object| T::of(object))
    }

    /// The objects of a type in a namespace, by name.
    pub(crate) fn in_namespace<T: Resource>(&self, namespace: &str) -> impl Iterator<Item = &T> {
        self.of_kind_in(T::KIND, namespace).filter_map(|object| T::of(object))
    }

    /// All objects of a kind, by namespace and name.
    pub(crate) fn of_kind(&self, kind: &str) -> impl Iterator<Item = &Arc<Object>> {
        let namespaces = self.0.get(kind.as_bytes()).into_iter();
        namespaces.flat_map(|namespaces| namespaces.values().flat_map(Names::values))
    }

    /// The objects of a kind in a namespace (empty for kinds without), by name.
    pub(crate) fn of_kind_in(&self, kind: &str, namespace: &str) -> impl Iterator<Item = &Arc<Object>> {
        let namespaces = self.0.get(kind.as_bytes());
        let names = namespaces.and_then(|namespaces| namespaces.get(namespace.as_bytes()));
        names.into_iter().flat_map(Names::values)
    }
}
