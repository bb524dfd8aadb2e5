//! What the controllers know of the cluster: the objects as their watches last showed them, a little behind the
//! store, with the indexes that keep any of them from looking at everything
//! (`staging/src/k8s.io/client-go/tools/cache`, `pkg/controller/controller_utils.go AddPodControllerIndexer`).

use super::consistency::revision;
use crate::name::TextKey;
use crate::objects::Objects;
use crate::store::WatchEvent;
use crate::trace::Op;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use core::ops::Deref;
use lifepod_api::labels::{Labels, matches_all};
use lifepod_api::{Object, ObjectMeta, OwnerReference, Pod, Resource};

/// A shared cache of everything that the controllers watch.
#[derive(Clone, Debug, Default)]
pub(crate) struct Informers {
    objects: Objects,
    /// Objects by the `uid` of the owner that controls them; those without one under the empty `uid`.
    by_controller: BTreeMap<TextKey, Objects>,
    /// Pods by `spec.nodeName`; those without a node under the empty name.
    pods_by_node: BTreeMap<TextKey, Objects>,
    /// The names of pods by namespace and each of their labels.
    pods_by_label: BTreeMap<LabelOfPods, BTreeSet<String>>,
    /// The store's revision that the watches have shown last.
    revision: u64,
}

/// A namespace, and a label with its value.
type LabelOfPods = (String, String, String);

const NOBODY: &BTreeSet<String> = &BTreeSet::new();

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
        self.revision = revision(&event.object);
        let old = match event.op {
            Op::Added | Op::Modified => self.objects.insert(&event.object),
            Op::Deleted => self.objects.remove(&event.object),
        };
        let new = Some(&event.object).filter(|_| event.op != Op::Deleted);
        let (before, after) = (old.as_ref().map(|o| (owner(o), o)), new.map(|o| (owner(o), o)));
        mark(&mut self.by_controller, before, after);
        self.mark_labels(old.as_ref().and_then(|o| Pod::of(o)), new.and_then(|o| Pod::of(o)));
        let of_node = |object| Some((node(object)?, object));
        mark(&mut self.pods_by_node, old.as_ref().and_then(of_node), new.and_then(of_node));
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
    pub(crate) fn controlled_by<T: Resource>(&self, uid: &str) -> impl Iterator<Item = &T> {
        self.by_controller.get(uid.as_bytes()).into_iter().flat_map(Objects::all)
    }

    /// The objects of a type in a namespace that nobody controls, by name.
    pub(crate) fn orphans<T: Resource>(&self, namespace: &str) -> impl Iterator<Item = &T> {
        self.by_controller.get(&b""[..]).into_iter().flat_map(move |objects| objects.in_namespace(namespace))
    }

    /// The pods of a namespace that have all these labels, by name; an empty selector means all pods. Only those are
    /// looked at that have the rarest of the labels.
    pub(crate) fn pods_with<'a>(
        &'a self,
        namespace: &'a str,
        labels: &'a Labels,
    ) -> impl Iterator<Item = &'a Pod> {
        let named = |(label, value): (&String, &String)| {
            let label = (namespace.to_string(), label.clone(), value.clone());
            self.pods_by_label.get(&label).unwrap_or(NOBODY)
        };
        let rarest = labels.iter().map(named).min_by_key(|names| names.len());
        let some = rarest.into_iter().flatten().filter_map(move |name| self.find::<Pod>(namespace, name));
        let all = rarest.is_none().then(|| self.in_namespace::<Pod>(namespace));
        let pods = some.chain(all.into_iter().flatten());
        pods.filter(move |pod| matches_all(labels, &pod.metadata.labels))
    }

    fn mark_labels(&mut self, before: Option<&Pod>, after: Option<&Pod>) {
        let labels = |pod: Option<&Pod>| pod.map(|pod| pod.metadata.labels.clone()).unwrap_or_default();
        let (was, is) = (labels(before), labels(after));
        let Some(meta) = after.or(before).map(|pod| &pod.metadata).filter(|_| was != is) else { return };
        let key = |(label, value): (&String, &String)| (meta.namespace.clone(), label.clone(), value.clone());
        for label in was.iter().map(key) {
            if let Some(names) = self.pods_by_label.get_mut(&label) {
                names.remove(&meta.name);
                if names.is_empty() {
                    self.pods_by_label.remove(&label);
                }
            }
        }
        for label in is.iter().map(key) {
            self.pods_by_label.entry(label).or_default().insert(meta.name.clone());
        }
    }

    /// The nodes that pods name, the empty name for those without one among them.
    pub(crate) fn nodes_of_pods(&self) -> impl Iterator<Item = &str> {
        self.pods_by_node.keys().map(TextKey::as_str)
    }

    /// The pods of a node; an empty name for those that have none yet.
    pub(crate) fn pods_of_node(&self, node: &str) -> impl Iterator<Item = &Pod> {
        self.pods_by_node.get(node.as_bytes()).into_iter().flat_map(Objects::all)
    }
}

fn owner(object: &Arc<Object>) -> &str {
    controller_of(object.meta()).map_or("", |owner| &owner.uid)
}

fn node(object: &Arc<Object>) -> Option<&str> {
    Pod::of(object).map(|pod| pod.spec.node_name.as_str())
}

/// Moves an object from the name under which it was to the one under which it is.
fn mark(
    index: &mut BTreeMap<TextKey, Objects>,
    before: Option<(&str, &Arc<Object>)>,
    after: Option<(&str, &Arc<Object>)>,
) {
    if let Some((name, object)) = before.filter(|(before, _)| after.is_none_or(|(after, _)| after != *before))
        && let Some(objects) = index.get_mut(name.as_bytes())
    {
        objects.remove(object);
        if objects.is_empty() {
            index.remove(name.as_bytes());
        }
    }
    let Some((name, object)) = after else { return };
    match index.get_mut(name.as_bytes()) {
        Some(objects) => objects.insert(object),
        None => index.entry(name.into()).or_default().insert(object),
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    fn pod(name: &str, labels: &[(&str, &str)]) -> Arc<Object> {
        let mut pod = Pod::default();
        pod.metadata.name = name.to_string();
        pod.metadata.labels =
            labels.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
        Arc::new(Object::Pod(pod))
    }

    fn with(informers: &Informers, labels: &[(&str, &str)]) -> Vec<String> {
        let labels: Labels = labels.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
        informers.pods_with("", &labels).map(|pod| pod.metadata.name.clone()).collect()
    }

    #[test]
    fn pods_are_found_by_the_labels_that_they_have_now() {
        let mut informers = Informers::default();
        let mut told = |op, object| informers.apply(&WatchEvent { op, object });
        told(Op::Added, pod("b", &[("app", "web"), ("tier", "front")]));
        told(Op::Added, pod("a", &[("app", "web")]));
        told(Op::Added, pod("c", &[("app", "db")]));
        assert_eq!(with(&informers, &[("app", "web")]), ["a", "b"]);
        assert_eq!(with(&informers, &[("app", "web"), ("tier", "front")]), ["b"]);
        assert_eq!(with(&informers, &[]), ["a", "b", "c"]);
        informers.apply(&WatchEvent { op: Op::Modified, object: pod("b", &[("app", "db")]) });
        informers.apply(&WatchEvent { op: Op::Deleted, object: pod("a", &[("app", "web")]) });
        assert!(with(&informers, &[("app", "web")]).is_empty());
        assert_eq!(with(&informers, &[("app", "db")]), ["b", "c"]);
        assert!(with(&informers, &[("app", "web"), ("tier", "front")]).is_empty());
    }
}
