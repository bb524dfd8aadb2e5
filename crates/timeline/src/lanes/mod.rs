//! From a trace to lanes.
//!
//! The trace is read once, in order; each lane keeps what it shows at the moment and closes a span when that
//! changes. What the API says (phases, conditions, STATUS) comes from the stored objects, what happened in the
//! containers from the runtime's calls: the two differ by the delays that the timeline is there to show.

mod container;
mod other;
mod pod;
mod track;

pub(crate) use container::process_of;

use crate::model::{Form, Instant, InstantLook, Lane, Timeline};
use crate::words::Lang;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use lifepod_api::{Object, SimTime};
use lifepod_engine::trace::{Decision, ObjectRevision, PodRef};
use lifepod_engine::{Entry, Trace, What};
use other::{NodeTrack, WorkloadTrack};
use pod::PodTrack;

/// What the lanes shall be like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The end of what is shown.
    pub horizon: SimTime,
    /// The language of the words on the lanes; Kubernetes' own words stay as they are.
    pub lang: Lang,
}

/// The lanes of a trace.
pub fn lanes(trace: &Trace, options: &Options) -> Timeline {
    let mut builder = Builder::new(options);
    for entry in trace.entries().iter().take_while(|e| e.at <= options.horizon) {
        builder.entry(entry);
    }
    builder.finish()
}

struct Builder<'a> {
    options: &'a Options,
    pods: Vec<PodTrack<'a>>,
    /// The place of a pod in `pods`, by its `uid`.
    by_uid: BTreeMap<&'a str, usize>,
    workloads: Vec<WorkloadTrack>,
    nodes: Vec<NodeTrack>,
    actions: Vec<Instant>,
}

impl<'a> Builder<'a> {
    fn new(options: &'a Options) -> Self {
        Self {
            options,
            pods: Vec::new(),
            by_uid: BTreeMap::new(),
            workloads: Vec::new(),
            nodes: Vec::new(),
            actions: Vec::new(),
        }
    }

    fn entry(&mut self, entry: &'a Entry) {
        match &entry.what {
            What::Object(revision) => self.revision(entry, revision),
            What::Call(call) => {
                if let Some(pod) = self.pod(&call.pod) {
                    pod.call(entry, call);
                }
            }
            What::Probe(probe) => {
                if let Some(pod) = self.pod(&probe.pod) {
                    pod.probe(entry, probe);
                }
            }
            What::Decision(decision) => {
                if let Some(pod) = pod_of(decision).and_then(|p| self.pod(p)) {
                    pod.decision(entry, decision);
                }
            }
            // What a command printed is no more than its action.
            What::Said(_) => {}
            What::Action(action) => {
                let refused = action.refused.as_ref();
                let hint = refused.map_or_else(
                    || action.text.clone(),
                    |why| alloc::format!("{} · {}: {why}", action.text, self.options.lang.words().refused),
                );
                self.actions.push(Instant {
                    at: entry.at,
                    look: if refused.is_some() { InstantLook::Fail } else { InstantLook::Action },
                    text: action.text.clone(),
                    hint,
                    quiet: false,
                    entry: entry.id,
                });
            }
        }
    }

    fn revision(&mut self, entry: &'a Entry, revision: &'a ObjectRevision) {
        match &*revision.object {
            Object::Pod(pod) => {
                let uid = pod.metadata.uid.as_str();
                let i = *self.by_uid.entry(uid).or_insert(self.pods.len());
                if i == self.pods.len() {
                    self.pods.push(PodTrack::new(pod, entry, self.options));
                }
                self.pods[i].revision(entry, revision.op, pod);
            }
            Object::Event(event) => {
                if let Some(i) = self.by_uid.get(event.involved_object.uid.as_str()) {
                    self.pods[*i].event(entry, revision.op, event);
                }
            }
            Object::Node(node) => {
                let name = &node.metadata.name;
                let i = self.nodes.iter().position(|n| n.is(name)).unwrap_or_else(|| {
                    self.nodes.push(NodeTrack::new(name));
                    self.nodes.len() - 1
                });
                self.nodes[i].revision(entry, revision.op, node);
            }
            object => {
                let Some(replicas) = other::replicas(object) else { return };
                let key = object.key();
                let i = self.workloads.iter().position(|w| w.is(&key)).unwrap_or_else(|| {
                    self.workloads.push(WorkloadTrack::new(key));
                    self.workloads.len() - 1
                });
                self.workloads[i].revision(entry, revision.op, replicas, self.options.lang);
            }
        }
    }

    fn pod(&mut self, pod: &PodRef) -> Option<&mut PodTrack<'a>> {
        let i = *self.by_uid.get(pod.uid.as_str())?;
        self.pods.get_mut(i)
    }

    fn finish(self) -> Timeline {
        let horizon = self.options.horizon;
        let mut lanes: Vec<Lane> = Vec::new();
        for workload in self.workloads {
            lanes.push(workload.finish(horizon));
        }
        // Two pods of one name are told apart by their order.
        let mut seen: BTreeMap<String, u32> = BTreeMap::new();
        for pod in self.pods {
            let n = seen.entry(pod.label().into()).or_insert(0);
            *n += 1;
            let nth = *n;
            pod.finish(horizon, nth, &mut lanes);
        }
        for node in self.nodes {
            lanes.push(node.finish(horizon));
        }
        let mut actions = Lane::new("actions", self.options.lang.words().actions, 0, Form::Part);
        actions.instants = self.actions;
        if !actions.is_empty() {
            lanes.push(actions);
        }
        Timeline { horizon, lanes }
    }
}

/// The pod that a decision is about.
pub(crate) fn pod_of(decision: &Decision) -> Option<&PodRef> {
    Some(match decision {
        Decision::Schedule { pod, .. }
        | Decision::SyncPod { pod, .. }
        | Decision::CrashLoopBackOff { pod, .. }
        | Decision::Restart { pod, .. }
        | Decision::NoRestart { pod, .. }
        | Decision::ImagePullBackOff { pod, .. }
        | Decision::Kill { pod, .. }
        | Decision::Requeue { pod, .. }
        | Decision::Phase { pod, .. }
        | Decision::Assumption { pod, .. } => pod,
        #[allow(unreachable_patterns, reason = "decisions of other components may come to be")]
        _ => return None,
    })
}
