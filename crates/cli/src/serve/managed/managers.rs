//! `metadata.managedFields`: the managers of an object with their fields.

use super::Writer;
use super::compare::{Changes, compare};
use super::paths::{Path, Paths, of_fields, to_fields};
use super::schema::Shape;
use lifepod_api::{Object, Time};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt;

/// What tells managers apart. Ordered as the list is: appliers first, the older ones before the newer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Manager {
    /// `Apply` or `Update`.
    operation: String,
    /// When an updater changed something last; appliers have one entry for all times.
    time: String,
    name: String,
    api_version: String,
    subresource: String,
}

impl Manager {
    /// A program that writes whole objects, or patches them.
    pub fn update(writer: &Writer<'_>, api_version: &str) -> Manager {
        Manager {
            operation: "Update".into(),
            time: writer.now.to_string(),
            name: writer.manager.into(),
            api_version: api_version.into(),
            subresource: writer.subresource.into(),
        }
    }

    /// A program that applies.
    pub fn apply(writer: &Writer<'_>, api_version: &str) -> Manager {
        Manager { operation: "Apply".into(), ..Manager::update(writer, api_version) }
    }

    /// Whether it is the same program doing the same.
    fn is(&self, other: &Manager) -> bool {
        let who = |m: &Manager| (m.operation.clone(), m.name.clone(), m.subresource.clone());
        who(self) == who(other) && (self.operation == "Apply" || self.api_version == other.api_version)
    }
}

impl fmt::Display for Manager {
    /// `"kubectl-edit" using v1 at 2026-01-01T00:00:00Z`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.name)?;
        if !self.subresource.is_empty() {
            write!(f, " with subresource {:?}", self.subresource)?;
        }
        match self.operation.as_str() {
            "Update" => write!(f, " using {} at {}", self.api_version, self.time),
            _ => Ok(()),
        }
    }
}

/// The managers of an object.
#[derive(Clone, Debug, Default)]
pub struct Managers(BTreeMap<Manager, Paths>);

impl Managers {
    /// Those of a stored object.
    pub fn of(object: &Object) -> Self {
        let entry = |e: &Value| {
            let text = |name: &str| e[name].as_str().unwrap_or("").to_string();
            let manager = Manager {
                operation: text("operation"),
                time: text("time"),
                name: text("manager"),
                api_version: text("apiVersion"),
                subresource: text("subresource"),
            };
            (manager, of_fields(&e["fieldsV1"]))
        };
        Managers(object.meta().managed_fields.iter().map(entry).collect())
    }

    /// Writes them into an object.
    pub fn store(&self, object: &mut Object) {
        let entry = |(manager, paths): (&Manager, &Paths)| {
            let mut entry = json!({
                "manager": manager.name, "operation": manager.operation, "apiVersion": manager.api_version,
                "time": manager.time, "fieldsType": "FieldsV1", "fieldsV1": to_fields(paths),
            });
            if !manager.subresource.is_empty() {
                entry["subresource"] = manager.subresource.as_str().into();
            }
            entry
        };
        object.meta_mut().managed_fields = self.0.iter().map(entry).collect();
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Everything that is owned.
    pub fn all(&self) -> Paths {
        self.0.values().flatten().cloned().collect()
    }

    /// Takes a manager out, with what it owned.
    fn take(&mut self, manager: &Manager) -> Option<(Manager, Paths)> {
        let key = self.0.keys().find(|m| m.is(manager))?.clone();
        self.0.remove_entry(&key)
    }

    /// Makes an applier the owner of a set; what it owned before comes back. Its time stays when its set does.
    pub fn claim(&mut self, manager: &Manager, set: Paths, now: Time) -> Paths {
        let (was, last) = self.take(manager).unwrap_or_else(|| (manager.clone(), Paths::new()));
        let time = if last == set { was.time } else { now.to_string() };
        self.0.insert(Manager { time, ..manager.clone() }, set);
        last
    }

    /// A manager that updates owns what it changed, and nobody else does.
    pub fn updated(&mut self, manager: Manager, old: &Value, new: &Value, shape: Shape, now: Time) {
        let changes = compare(old, new, shape);
        self.give_up(&manager, &changes);
        let (was, before) = self.take(&manager).unwrap_or_else(|| (manager.clone(), Paths::new()));
        let mut set: Paths = before.difference(&changes.removed).cloned().collect();
        set.extend(changes.written());
        let time = if set == before && changes.written().is_empty() { was.time } else { now.to_string() };
        if !set.is_empty() {
            self.0.insert(Manager { time, ..manager }, set);
        }
    }

    /// What others own of that which changes.
    pub fn conflicts(&self, manager: &Manager, changes: &Changes) -> Vec<(Manager, Path)> {
        let written = changes.written();
        let others = self.0.iter().filter(|(other, _)| !other.is(manager));
        let mut conflicts: Vec<(Manager, Path)> = others
            .flat_map(|(other, set)| set.intersection(&written).map(|path| (other.clone(), path.clone())))
            .collect();
        conflicts.sort_by_key(|(other, path)| (other.name.clone(), path.clone()));
        conflicts
    }

    /// Others own no more what a manager changed or took out.
    pub fn give_up(&mut self, manager: &Manager, changes: &Changes) {
        let written = changes.written();
        self.0.retain(|other, set| {
            if !other.is(manager) {
                set.retain(|path| !written.contains(path) && !changes.removed.contains(path));
            }
            !set.is_empty()
        });
    }
}
