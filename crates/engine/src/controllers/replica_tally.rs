//! How many pods of a set are in which state, kept up to date change by change.
//!
//! The real controller looks at all pods of a set whenever one of them changes. A set of thousands would cost thousands
//! of looks at thousands of pods; here a set whose pods are all plainly its own is counted once, and each change moves
//! one pod from one count to another.

use super::pods::{is_pod_active, is_pod_ready, is_pod_terminating};
use alloc::collections::BTreeMap;
use lifepod_api::labels::{Labels, matches_all};
use lifepod_api::{LabelSelector, ObjectKey, Pod};

/// What the status of a set counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// Pods that count as replicas.
    pub(super) active: i32,
    /// Those of them that have all labels of the template.
    pub(super) fully_labeled: i32,
    /// Those of them that are ready.
    pub(super) ready: i32,
    /// Pods on their way out.
    pub(super) terminating: i32,
}

impl Tally {
    /// What one pod counts, given the labels of its set's template.
    pub(super) fn of(pod: &Pod, template: Option<&Labels>) -> Self {
        let active = is_pod_active(pod);
        let labeled = template.is_none_or(|labels| matches_all(labels, &pod.metadata.labels));
        Tally {
            active: i32::from(active),
            fully_labeled: i32::from(active && labeled),
            ready: i32::from(active && is_pod_ready(pod)),
            terminating: i32::from(is_pod_terminating(pod)),
        }
    }

    pub(super) fn add(&mut self, other: Tally) {
        self.active += other.active;
        self.fully_labeled += other.fully_labeled;
        self.ready += other.ready;
        self.terminating += other.terminating;
    }

    fn take(&mut self, other: Tally) {
        self.active -= other.active;
        self.fully_labeled -= other.fully_labeled;
        self.ready -= other.ready;
        self.terminating -= other.terminating;
    }
}

/// The tallies of the sets whose pods were counted and have not changed hands since.
#[derive(Clone, Debug, Default)]
pub(super) struct Tallies {
    of: BTreeMap<ObjectKey, Tally>,
}

impl Tallies {
    /// The set's tally, if it is known.
    pub(super) fn get(&self, key: &ObjectKey) -> Option<Tally> {
        self.of.get(key).copied()
    }

    /// The set's pods were counted.
    pub(super) fn set(&mut self, key: &ObjectKey, tally: Tally) {
        self.of.insert(key.clone(), tally);
    }

    /// Somebody has to look at all pods of the set again.
    pub(super) fn forget(&mut self, key: &ObjectKey) {
        self.of.remove(key);
    }

    /// A pod of the set is new, has changed or is gone.
    pub(super) fn moved(
        &mut self,
        key: &ObjectKey,
        before: Option<&Pod>,
        after: Option<&Pod>,
        selector: &LabelSelector,
        template: Option<&Labels>,
    ) {
        let Some(tally) = self.of.get_mut(key) else { return };
        if after.is_some_and(|pod| !selector.matches(&pod.metadata.labels)) {
            // It is to be released.
            return self.forget(key);
        }
        if let Some(pod) = before {
            tally.take(Tally::of(pod, template));
        }
        if let Some(pod) = after {
            tally.add(Tally::of(pod, template));
        }
    }
}
