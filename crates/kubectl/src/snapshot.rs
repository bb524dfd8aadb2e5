//! The objects of a cluster at an instant.

use crate::age::{self, Micros};
use crate::json::Json;
use crate::kinds::{self, Kind};
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use lifepod_api::SimTime;
use lifepod_engine::{Op, Trace, What};
use serde_json::Value;

/// Everything that a reading command can see: the objects that exist, and what time it is.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// The calendar time, which ages are counted to.
    pub now: Micros,
    objects: Vec<Value>,
}

impl Snapshot {
    /// A snapshot of objects in their wire form, in any order.
    pub fn new(mut objects: Vec<Value>, now: Micros) -> Self {
        // Lists come in the order of the store's keys, `namespace/name`.
        objects.sort_by_cached_key(storage_key);
        Self { now, objects }
    }

    /// The objects that exist at `at`: those whose last revision up to then is not their deletion. `epoch` is the
    /// calendar time at which the scenario begins.
    pub fn at(trace: &Trace, at: SimTime, epoch: Micros) -> Self {
        let mut live = BTreeMap::new();
        for entry in &trace.entries()[..trace.len_at(at)] {
            if let What::Object(revision) = &entry.what {
                let meta = revision.object.meta();
                let key = (revision.object.kind(), meta.namespace.as_str(), meta.name.as_str());
                match revision.op {
                    Op::Added | Op::Modified => live.insert(key, &revision.object),
                    Op::Deleted => live.remove(&key),
                };
            }
        }
        Self::new(live.values().map(|o| o.to_value()).collect(), age::at(at, epoch))
    }

    /// All objects of a type, in the order in which the API server lists them; those of one namespace when given.
    pub(crate) fn list<'a>(
        &'a self,
        kind: &'a Kind,
        namespace: Option<&'a str>,
    ) -> impl Iterator<Item = &'a Value> {
        self.objects.iter().filter(move |o| {
            kinds::of(o).is_some_and(|k| core::ptr::eq(k, kind))
                && (!kind.namespaced || namespace.is_none_or(|ns| namespace_of(o) == ns))
        })
    }

    /// The object of that type and name.
    pub(crate) fn find<'a>(&'a self, kind: &'a Kind, namespace: &'a str, name: &str) -> Option<&'a Value> {
        self.list(kind, Some(namespace)).find(|o| o.text("metadata.name") == name)
    }

    /// All objects of the kind with that name in code, such as `Pod`.
    pub(crate) fn of_kind<'a>(
        &'a self,
        kind: &'a str,
        namespace: &'a str,
    ) -> impl Iterator<Item = &'a Value> {
        self.objects.iter().filter(move |o| o.text("kind") == kind && namespace_of(o) == namespace)
    }

    /// All objects of a kind, in whatever namespace.
    pub(crate) fn everywhere<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Value> {
        self.objects.iter().filter(move |o| o.text("kind") == kind)
    }
}

/// An object's namespace; empty for objects of the cluster.
pub(crate) fn namespace_of(object: &Value) -> &str {
    object.text("metadata.namespace")
}

fn storage_key(object: &Value) -> String {
    alloc::format!("{}/{}", namespace_of(object), object.text("metadata.name"))
}
