//! Which owners a change of a pod is news to (`pkg/controller/{statefulset,daemon}`: `addPod`, `updatePod`,
//! `deletePod`).

use super::{Change, Informers, controller_of};
use crate::trace::Op;
use alloc::vec::Vec;
use lifepod_api::{LabelSelector, Object, ObjectKey, OwnerReference};

/// The objects of `kind` that a change of a pod concerns: the one that controls it and the one that did before; for an
/// orphan those that may adopt it.
pub(crate) fn concerned(informers: &Informers, kind: &str, change: &Change<'_>) -> Vec<ObjectKey> {
    let (meta, old) = (change.object.meta(), change.old.map(Object::meta));
    let resolve = |reference: &OwnerReference| {
        let key = ObjectKey::new(kind, &meta.namespace, &reference.name);
        let same = informers.get(&key).is_some_and(|owner| owner.meta().uid == reference.uid);
        (reference.kind == kind && same).then_some(key)
    };
    let owner = controller_of(meta);
    let before = old.and_then(controller_of).filter(|before| Some(*before) != owner);
    let mut keys: Vec<ObjectKey> = before.and_then(resolve).into_iter().collect();
    match owner {
        Some(owner) => keys.extend(resolve(owner)),
        None if change.op == Op::Deleted => {}
        None if old.is_none_or(|old| old.labels != meta.labels) || before.is_some() => {
            let selecting = informers
                .of_kind_in(kind, &meta.namespace)
                .filter(|object| selector(object).is_some_and(|s| !s.is_empty() && s.matches(&meta.labels)));
            keys.extend(selecting.map(|object| object.key()));
        }
        None => {}
    }
    keys
}

fn selector(object: &Object) -> Option<&LabelSelector> {
    match object {
        Object::StatefulSet(set) => set.spec.selector.as_ref(),
        Object::DaemonSet(set) => set.spec.selector.as_ref(),
        Object::Job(job) => job.spec.selector.as_ref(),
        _ => None,
    }
}
