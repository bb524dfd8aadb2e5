//! Looking around in a trace: what the objects were like when something happened.

use alloc::format;
use alloc::string::String;
use lifepod_api::{Container, Node, Object, Pod, PodDisruptionBudget, SimTime};
use lifepod_engine::trace::{Call, Decision, ObjectRevision, PodEnd, PodRef};
use lifepod_engine::{Entry, EntryId, Op, Trace, What};

pub(super) struct Scene<'a> {
    pub(super) trace: &'a Trace,
}

impl<'a> Scene<'a> {
    /// The entries before `id`, the latest first.
    fn before(&self, id: EntryId) -> impl Iterator<Item = &'a Entry> + use<'a> {
        self.trace.entries()[..(id.0 as usize).min(self.trace.entries().len())].iter().rev()
    }

    /// The pod as it was stored when the entry `id` happened.
    pub(super) fn pod(&self, id: EntryId, pod: &PodRef) -> Option<&'a Pod> {
        let up_to = EntryId(id.0.saturating_add(1));
        self.before(up_to).find_map(|e| match &e.what {
            What::Object(ObjectRevision { object, .. }) => match &**object {
                Object::Pod(p) if p.metadata.uid == pod.uid => Some(p),
                _ => None,
            },
            _ => None,
        })
    }

    /// The disruption budget of that name, as it was stored when the entry `id` happened.
    pub(super) fn budget(&self, id: EntryId, name: &str) -> Option<&'a PodDisruptionBudget> {
        self.before(EntryId(id.0.saturating_add(1))).find_map(|e| match &e.what {
            What::Object(ObjectRevision { object, .. }) => match &**object {
                Object::PodDisruptionBudget(budget) if budget.metadata.name == name => Some(budget),
                _ => None,
            },
            _ => None,
        })
    }

    /// What was stored of nodes before `id`, the latest first.
    pub(super) fn nodes_before(&self, id: EntryId) -> impl Iterator<Item = &'a Node> + use<'a> {
        self.before(id).filter_map(|e| match &e.what {
            What::Object(ObjectRevision { object, .. }) => match &**object {
                Object::Node(node) => Some(node),
                _ => None,
            },
            _ => None,
        })
    }

    /// Whether the kubelet, which ends the pod of its own accord, gives it a grace of its own.
    pub(super) fn has_own_grace(&self, entry: &Entry) -> bool {
        let mut causes = core::iter::successors(Some(entry), |e| self.trace.get(e.cause?));
        let why = causes.find_map(|e| match &e.what {
            What::Decision(Decision::EndPod { why, .. }) => Some(why),
            _ => None,
        });
        why.is_some_and(|why| *why != PodEnd::Preemption)
    }

    /// The revision of the same object before this one.
    pub(super) fn earlier(&self, entry: &Entry, revision: &ObjectRevision) -> Option<&'a Object> {
        if revision.op == Op::Added {
            return None;
        }
        let key = revision.object.key();
        let uid = &revision.object.meta().uid;
        self.before(entry.id).find_map(|e| match &e.what {
            What::Object(r) if r.object.meta().uid == *uid && r.object.key() == key => Some(&*r.object),
            _ => None,
        })
    }

    /// When the run `attempt` of a container began.
    pub(super) fn started_at(
        &self,
        id: EntryId,
        pod: &PodRef,
        container: &str,
        attempt: u32,
    ) -> Option<SimTime> {
        self.before(id).find_map(|e| match &e.what {
            What::Call(c) if c.pod.uid == pod.uid && c.container.as_deref() == Some(container) => {
                match c.call {
                    Call::StartContainer { attempt: a, .. } if a == attempt => Some(e.at),
                    _ => None,
                }
            }
            _ => None,
        })
    }

    /// The last line that the run `attempt` of a container wrote to its standard error.
    pub(super) fn last_words(
        &self,
        id: EntryId,
        pod: &PodRef,
        container: &str,
        attempt: u32,
    ) -> Option<&'a str> {
        let of_run = |e: &&'a Entry| match &e.what {
            What::Call(c) => c.pod.uid == pod.uid && c.container.as_deref() == Some(container),
            _ => false,
        };
        for e in self.before(id).filter(of_run) {
            match &e.what {
                What::Call(c) => match &c.call {
                    Call::Output { attempt: a, stderr: true, line } if *a == attempt => return Some(line),
                    Call::StartContainer { .. } => return None,
                    _ => {}
                },
                _ => return None,
            }
        }
        None
    }

    /// How often a container had ended before `id`, that end included which `id` may itself record.
    pub(super) fn exits(&self, id: EntryId, pod: &PodRef, container: &str) -> u32 {
        let exits = self.before(id).filter(|e| match &e.what {
            What::Call(c) => {
                c.pod.uid == pod.uid
                    && c.container.as_deref() == Some(container)
                    && matches!(c.call, Call::Exited { .. })
            }
            _ => false,
        });
        exits.count() as u32
    }
}

/// A container of a pod with its path in the pod.
pub(super) fn container<'a>(pod: &'a Pod, name: &str) -> Option<(String, &'a Container)> {
    let lists =
        [("spec.containers", &pod.spec.containers), ("spec.initContainers", &pod.spec.init_containers)];
    lists.into_iter().find_map(|(path, list)| {
        let i = list.iter().position(|c| c.name == name)?;
        Some((format!("{path}[{i}]"), &list[i]))
    })
}
