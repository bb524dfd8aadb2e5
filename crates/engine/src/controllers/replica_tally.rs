//! How many pods of a set are in which state and how they rank, kept up to date change by change.
//!
//! The real controller looks at all pods of a set whenever one of them changes. A set of thousands would cost thousands
//! of looks at thousands of pods; here a set whose pods are all plainly its own is counted once, and each change moves
//! one pod from one count to another. What decides which pod goes first lies side by side, so that choosing among
//! thousands reads none of them.

use super::deletion_rank::Rank;
use super::pods::{is_pod_active, is_pod_ready, is_pod_terminating};
use crate::name::TextKey;
use alloc::collections::BTreeMap;
use alloc::string::String;
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

/// An active pod.
#[derive(Clone, Debug)]
pub(super) struct Replica {
    pub(super) uid: TextKey,
    pub(super) node: NodeNumber,
    pub(super) rank: Rank,
}

/// A node's number in [`NodeNumbers`]; 0 is that of no node.
pub(super) type NodeNumber = u32;

/// Short names of nodes.
#[derive(Clone, Debug, Default)]
pub(super) struct NodeNumbers(BTreeMap<String, NodeNumber>);

impl NodeNumbers {
    /// The number of the pod's node.
    pub(super) fn of(&mut self, pod: &Pod) -> NodeNumber {
        let name = &pod.spec.node_name;
        match self.0.get(name) {
            _ if name.is_empty() => 0,
            Some(number) => *number,
            None => {
                let number = self.0.len() as NodeNumber + 1;
                self.0.insert(name.clone(), number);
                number
            }
        }
    }
}

/// The pods of a set.
#[derive(Clone, Debug, Default)]
pub(super) struct Roster {
    /// How many are in which state.
    pub(super) tally: Tally,
    /// The active ones, by name.
    pub(super) active: BTreeMap<TextKey, Replica>,
}

impl Roster {
    /// Counts a pod in, given the labels of its set's template.
    pub(super) fn put(&mut self, pod: &Pod, template: Option<&Labels>, nodes: &mut NodeNumbers) {
        self.tally.add(Tally::of(pod, template));
        let (name, uid) = (&pod.metadata.name, &pod.metadata.uid);
        let known = self.active.get_mut(name.as_bytes());
        if !is_pod_active(pod) {
            if known.is_some() {
                self.active.remove(name.as_bytes());
            }
            return;
        }
        match known {
            Some(known) if known.uid.as_bytes() == uid.as_bytes() => {
                known.rank = Rank::of(pod);
                if known.node == 0 {
                    known.node = nodes.of(pod);
                }
            }
            _ => {
                let replica = Replica { uid: uid.as_str().into(), node: nodes.of(pod), rank: Rank::of(pod) };
                self.active.insert(name.as_str().into(), replica);
            }
        }
    }
}

/// The rosters of the sets whose pods were counted and have not changed hands since.
#[derive(Clone, Debug, Default)]
pub(super) struct Rosters {
    of: BTreeMap<ObjectKey, Roster>,
    pub(super) nodes: NodeNumbers,
}

impl Rosters {
    /// The set's roster, if it is known.
    pub(super) fn get(&self, key: &ObjectKey) -> Option<&Roster> {
        self.of.get(key)
    }

    /// The set's roster, which is to be [set](Self::set) again.
    pub(super) fn take(&mut self, key: &ObjectKey) -> Option<Roster> {
        self.of.remove(key)
    }

    /// The set's pods were counted.
    pub(super) fn set(&mut self, key: &ObjectKey, roster: Roster) {
        self.of.insert(key.clone(), roster);
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
        let Some(roster) = self.of.get_mut(key) else { return };
        if after.is_some_and(|pod| !selector.matches(&pod.metadata.labels)) {
            // It is to be released.
            return self.forget(key);
        }
        if let Some(pod) = before {
            roster.tally.take(Tally::of(pod, template));
        }
        match (before, after) {
            (_, Some(pod)) => roster.put(pod, template, &mut self.nodes),
            (Some(pod), None) => {
                roster.active.remove(pod.metadata.name.as_bytes());
            }
            (None, None) => {}
        }
    }
}
