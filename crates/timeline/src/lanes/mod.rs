//! From a trace to lanes.
//!
//! The trace is read once, in order; each lane keeps what it shows at the moment and closes a span when that
//! changes. What the API says (phases, conditions, STATUS) comes from the stored objects, what happened in the
//! containers from the runtime's calls: the two differ by the delays that the timeline is there to show.

mod budget;
mod client;
mod container;
mod crowd;
mod other;
mod pod;
mod track;
mod workload;

pub(crate) use container::process_of;

use crate::model::{Form, Instant, InstantLook, Lane, Timeline};
use crate::traffic::traffic;
use crate::words::Lang;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use budget::BudgetTrack;
use client::Clients;
use lifepod_api::{ApiEvent, Object, SimTime};
use lifepod_engine::trace::{Decision, ObjectRevision, PodRef};
use lifepod_engine::{Entry, Op, Trace, What};
use other::{NodeTrack, ServiceTrack};
use pod::PodTrack;
use workload::WorkloadTrack;

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
    let mut timeline = builder.finish();
    timeline.traffic = traffic(trace, options.horizon);
    timeline
}

struct Builder<'a> {
    options: &'a Options,
    pods: Vec<PodTrack<'a>>,
    /// The place of a pod in `pods`, by its `uid`.
    by_uid: BTreeMap<&'a str, usize>,
    /// The pod of the last entry that was about one: mostly the next is, too.
    latest: Option<(&'a str, usize)>,
    workloads: Vec<WorkloadTrack>,
    /// The place of a workload in `workloads`, by its `uid`.
    workload_by_uid: BTreeMap<&'a str, usize>,
    budgets: Vec<BudgetTrack>,
    services: Vec<ServiceTrack>,
    nodes: Vec<NodeTrack>,
    clients: Clients,
    actions: Vec<Instant>,
}

impl<'a> Builder<'a> {
    fn new(options: &'a Options) -> Self {
        Self {
            options,
            pods: Vec::new(),
            by_uid: BTreeMap::new(),
            latest: None,
            workloads: Vec::new(),
            workload_by_uid: BTreeMap::new(),
            budgets: Vec::new(),
            services: Vec::new(),
            nodes: Vec::new(),
            clients: Clients::default(),
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
            What::Decision(Decision::Evict { pod, budget, refused }) => {
                let budget = self.budgets.iter_mut().find(|b| b.is(&pod.namespace, budget));
                if let Some(budget) = budget {
                    budget.asked(entry, pod, refused.as_deref());
                }
            }
            What::Decision(decision) => {
                if let Some(pod) = pod_of(decision).and_then(|p| self.pod(p)) {
                    pod.decision(entry, decision);
                }
            }
            // What a command printed is no more than its action.
            What::Said(_) => {}
            What::Requests(requests) => self.clients.requests(entry, requests),
            What::Proxied(_) => {}
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
        let op = revision.op;
        match &*revision.object {
            Object::Pod(pod) => {
                let uid = pod.metadata.uid.as_str();
                let i = self.place_of(uid).unwrap_or_else(|| {
                    self.by_uid.insert(uid, self.pods.len());
                    self.pods.push(PodTrack::new(pod, entry, self.options));
                    self.pods.len() - 1
                });
                self.pods[i].revision(entry, op, pod);
            }
            Object::Event(event) => self.event(entry, op, event),
            Object::Node(node) => {
                let name = &node.metadata.name;
                let i = self.nodes.iter().position(|n| n.is(name)).unwrap_or_else(|| {
                    self.nodes.push(NodeTrack::new(name));
                    self.nodes.len() - 1
                });
                self.nodes[i].revision(entry, op, node);
            }
            Object::PodDisruptionBudget(budget) => {
                let meta = &budget.metadata;
                let known = self.budgets.iter().position(|b| b.is(&meta.namespace, &meta.name));
                let i = known.unwrap_or(self.budgets.len());
                if known.is_none() {
                    self.budgets.push(BudgetTrack::new(&meta.namespace, &meta.name));
                }
                self.budgets[i].revision(entry, op, budget, self.options.lang);
            }
            Object::EndpointSlice(slice) => {
                let namespace = &slice.metadata.namespace;
                let Some(name) = slice.metadata.labels.get("kubernetes.io/service-name") else { return };
                let i = self.services.iter().position(|s| s.is(namespace, name)).unwrap_or_else(|| {
                    self.services.push(ServiceTrack::new(namespace, name));
                    self.services.len() - 1
                });
                self.services[i].slice(entry, op, slice, self.options.lang);
            }
            object => {
                let Some(state) = workload::state(object, self.options.lang) else { return };
                let uid = object.meta().uid.as_str();
                let i = *self.workload_by_uid.entry(uid).or_insert(self.workloads.len());
                if i == self.workloads.len() {
                    self.workloads.push(WorkloadTrack::new(object));
                }
                self.workloads[i].revision(entry, op, state);
            }
        }
    }

    /// An Event stands on the lane of what it is about.
    fn event(&mut self, entry: &'a Entry, op: Op, event: &'a ApiEvent) {
        let about = &event.involved_object;
        if let Some(i) = self.place_of(&about.uid) {
            self.pods[i].event(entry, op, event);
        } else if op == Op::Deleted {
            // Its time to live is over; nothing happened.
        } else if let Some(i) = self.workload_by_uid.get(about.uid.as_str()) {
            self.workloads[*i].event(pod::event_instant(entry, op, event));
        } else if about.kind == "Node"
            && let Some(node) = self.nodes.iter_mut().find(|n| n.is(&about.name))
        {
            node.event(pod::event_instant(entry, op, event));
        }
    }

    fn pod(&mut self, pod: &'a PodRef) -> Option<&mut PodTrack<'a>> {
        let i = self.place_of(&pod.uid)?;
        self.pods.get_mut(i)
    }

    /// The place of a pod in `pods`.
    fn place_of(&mut self, uid: &'a str) -> Option<usize> {
        if let Some((_, i)) = self.latest.filter(|(latest, _)| *latest == uid) {
            return Some(i);
        }
        let i = *self.by_uid.get(uid)?;
        self.latest = Some((uid, i));
        Some(i)
    }

    fn finish(self) -> Timeline {
        let horizon = self.options.horizon;
        let owned = Owned::of(&self);
        let mut lanes: Vec<Lane> = Vec::new();
        let mut places = Places {
            horizon,
            count: self.pods.len(),
            seen: BTreeMap::new(),
            workloads: self.workloads.into_iter().map(Some).collect(),
            pods: self.pods.into_iter().map(Some).collect(),
        };
        for member in &owned.roots {
            places.put(*member, 0, &owned, &mut lanes);
        }
        crowd::gather(&mut lanes);
        for budget in self.budgets {
            budget.finish(horizon, self.options.lang, &mut lanes);
        }
        for service in self.services {
            service.finish(horizon, &mut lanes);
        }
        lanes.extend(self.clients.finish(horizon, self.options.lang));
        let nodes = self.nodes.into_iter().map(|n| n.finish(horizon)).collect();
        lanes.extend(crowd::of_nodes(nodes, self.options.lang.words().nodes));
        let mut actions = Lane::new("actions", self.options.lang.words().actions, 0, Form::Part);
        actions.instants = self.actions;
        if !actions.is_empty() {
            lanes.push(actions);
        }
        Timeline { horizon, lanes, traffic: Vec::new() }
    }
}

/// A place in [`Builder::workloads`] or [`Builder::pods`].
#[derive(Clone, Copy)]
enum Member {
    Workload(usize),
    Pod(usize),
}

/// Who made what, as owner references say: Deployment, ReplicaSet, pod.
struct Owned {
    /// What nobody made whose object is known.
    roots: Vec<Member>,
    /// What each workload made, in the order of `Builder::workloads`.
    by_workload: Vec<Vec<Member>>,
}

impl Owned {
    fn of(builder: &Builder<'_>) -> Self {
        let mut owned = Self { roots: Vec::new(), by_workload: Vec::new() };
        owned.by_workload.resize_with(builder.workloads.len(), Vec::new);
        let place = |owner: Option<&str>| builder.workload_by_uid.get(owner?).copied();
        let workloads = builder.workloads.iter().enumerate().map(|(i, w)| {
            // Nothing is below itself, whatever a manifest claims.
            (Member::Workload(i), place(w.owner()).filter(|owner| *owner < i && w.uid() != ""))
        });
        let pods = builder.pods.iter().enumerate().map(|(i, p)| (Member::Pod(i), place(p.owner())));
        for (member, owner) in workloads.chain(pods) {
            match owner {
                Some(owner) => owned.by_workload[owner].push(member),
                None => owned.roots.push(member),
            }
        }
        owned
    }
}

/// The lanes that are still to be put somewhere.
struct Places<'a> {
    horizon: SimTime,
    /// How many pods there are in all.
    count: usize,
    /// Two pods of one name are told apart by their order.
    seen: BTreeMap<String, u32>,
    workloads: Vec<Option<WorkloadTrack>>,
    pods: Vec<Option<PodTrack<'a>>>,
}

impl Places<'_> {
    fn put(&mut self, member: Member, depth: u8, owned: &Owned, lanes: &mut Vec<Lane>) {
        match member {
            Member::Pod(i) => {
                let Some(pod) = self.pods[i].take() else { return };
                let n = self.seen.entry(pod.label().into()).or_insert(0);
                *n += 1;
                let nth = *n;
                pod.finish(self.horizon, depth, nth, self.count, lanes);
            }
            Member::Workload(i) => {
                let Some(workload) = self.workloads[i].take() else { return };
                lanes.push(workload.finish(self.horizon, depth));
                for member in &owned.by_workload[i] {
                    self.put(*member, depth + 1, owned, lanes);
                }
            }
        }
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
        | Decision::EndPod { pod, .. }
        | Decision::Requeue { pod, .. }
        | Decision::Phase { pod, .. }
        | Decision::Evict { pod, .. }
        | Decision::Assumption { pod, .. } => pod,
        Decision::Throttled { .. } => return None,
    })
}
