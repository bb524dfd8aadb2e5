//! Node life: who has not been heard of, what that means for its pods, and the taints that say so
//! (`pkg/controller/nodelifecycle/node_lifecycle_controller.go`).
//!
//! The real controller looks at all nodes every 5 s. Here a look is queued only when it would find something: after a
//! change of a node, and when a node's silence has lasted for the grace period.

mod zones;

use super::pods::pod_condition;
use super::refs::object_reference;
use super::{Change, Controller, ControllerName, Informers, WorkQueue};
use crate::api_server::DeleteOptions;
use crate::events::{EventType, Recorder};
use crate::jitter::Draw;
use crate::kernel::{Kernel, next_tick};
use crate::nodes::ready_condition;
use crate::trace::Op;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use lifepod_api::{
    Node, NodeCondition, Object, ObjectKey, ObjectReference, Pod, Refusal, SimTime, Subresource, Taint,
};
use zones::{Zone, ZoneState, zone_key};

/// `--node-monitor-period`
const MONITOR_PERIOD: SimTime = SimTime::from_secs(5);
/// How long a node may be silent (`--node-monitor-grace-period`), and how long before its first word
/// (`--node-startup-grace-period`).
const MONITOR_GRACE_PERIOD: SimTime = SimTime::from_secs(50);
const STARTUP_GRACE_PERIOD: SimTime = SimTime::from_secs(60);
/// How often nodes that wait for a `NoExecute` taint are looked at (`scheduler.NodeEvictionPeriod`).
const TAINT_PERIOD: SimTime = SimTime::from_millis(100);

const BY: &str = "node-controller";
const NOT_READY: &str = "node.kubernetes.io/not-ready";
const UNREACHABLE: &str = "node.kubernetes.io/unreachable";
const UNSCHEDULABLE: &str = "node.kubernetes.io/unschedulable";

/// The taint that a condition with that status means (`nodeConditionToTaintKeyStatusMap`).
const CONDITION_TAINTS: [(&str, &str, &str); 6] = [
    ("Ready", "False", NOT_READY),
    ("Ready", "Unknown", UNREACHABLE),
    ("MemoryPressure", "True", "node.kubernetes.io/memory-pressure"),
    ("DiskPressure", "True", "node.kubernetes.io/disk-pressure"),
    ("NetworkUnavailable", "True", "node.kubernetes.io/network-unavailable"),
    ("PIDPressure", "True", "node.kubernetes.io/pid-pressure"),
];

/// The conditions that silence makes unknown.
const HEALTH: [&str; 4] = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"];

/// When this controller last had a sign of life (`nodeHealthData`).
#[derive(Clone, Debug)]
struct Health {
    probed: SimTime,
    ready: Option<NodeCondition>,
}

/// The controller.
#[derive(Clone, Debug)]
pub(crate) struct NodeLifecycle {
    queue: WorkQueue,
    recorder: Recorder,
    health: BTreeMap<String, Health>,
    known: BTreeMap<String, String>,
    zones: BTreeMap<String, Zone>,
    phase: Option<SimTime>,
}

/// The keys of the two loops over all nodes; all others name a node.
const MONITOR: &str = "monitorNodeHealth";
const TAINT: &str = "doNoExecuteTaintingPass";

fn loop_key(name: &str) -> ObjectKey {
    ObjectKey::new("", "", name)
}

impl NodeLifecycle {
    pub(super) fn new() -> Self {
        NodeLifecycle {
            queue: WorkQueue::new(ControllerName::NodeLifecycle),
            recorder: Recorder::new(BY, ""),
            health: BTreeMap::new(),
            known: BTreeMap::new(),
            zones: BTreeMap::new(),
            phase: None,
        }
    }

    /// Some node's heart began to beat or stopped.
    pub(super) fn on_heartbeat(&mut self, kernel: &mut Kernel) {
        self.monitor_from(kernel, kernel.now);
    }

    /// The next look at all nodes is the first one at or after `at`.
    fn monitor_from(&mut self, kernel: &mut Kernel, at: SimTime) {
        let phase = self.phase(kernel);
        let at = next_tick(at, MONITOR_PERIOD, phase, true).max(kernel.now);
        self.queue.add_after(kernel, loop_key(MONITOR), at.since(kernel.now));
    }

    fn phase(&mut self, kernel: &mut Kernel) -> SimTime {
        let now = kernel.now;
        *self.phase.get_or_insert_with(|| {
            let number = kernel.jitter.draw(Draw::NodeMonitorPhase, now, MONITOR_PERIOD);
            SimTime((number * MONITOR_PERIOD.0 as f64) as u64)
        })
    }

    fn taint_later(&mut self, kernel: &mut Kernel) {
        let Some(due) = self.zones.values().filter_map(Zone::due).min() else { return };
        let phase = self.phase(kernel);
        let at = next_tick(due.max(kernel.now), TAINT_PERIOD, SimTime(phase.0 % TAINT_PERIOD.0), false);
        self.queue.add_after(kernel, loop_key(TAINT), at.since(kernel.now));
    }

    /// `monitorNodeHealth`
    fn monitor(&mut self, kernel: &mut Kernel, informers: &Informers) {
        let nodes: Vec<Node> = kernel.store.all::<Node>().cloned().collect();
        self.classify(kernel, &nodes);
        let mut conditions: BTreeMap<String, (usize, usize)> = BTreeMap::new();
        let mut changed = false;
        let mut silent_until: Option<SimTime> = None;
        for mut node in nodes.iter().cloned() {
            let observed = ready_condition(&node).map(|c| c.status.clone());
            let (updated, deadline) = self.update_health(kernel, &mut node);
            changed |= updated;
            silent_until = silent_until.into_iter().chain(deadline).min();
            let current = ready_condition(&node).map(|c| c.status.clone());
            let counts = conditions.entry(zone_key(&node)).or_default();
            match current.as_deref() {
                Some("True") => counts.0 += 1,
                _ => counts.1 += 1,
            }
            let Some(current) = current else { continue };
            changed |= self.taint_based_eviction(kernel, &node, &current);
            if current != "True" && !kernel.heartbeats.has_machine(&node.metadata.name) {
                self.delete_without_machine(kernel, &node);
                changed = true;
            }
            if current != "True" && observed.as_deref() == Some("True") {
                self.node_event(kernel, &node, "NodeNotReady", |name| {
                    format!("Node {name} status is now: NodeNotReady")
                });
                let pods: Vec<Pod> = informers.pods_of_node(&node.metadata.name).cloned().collect();
                for pod in pods {
                    self.mark_pod_not_ready(kernel, &pod);
                }
            }
        }
        changed |= self.handle_disruption(kernel, &conditions, &nodes);
        if changed {
            self.monitor_from(kernel, kernel.now + MONITOR_PERIOD);
        } else if let Some(at) = silent_until {
            self.monitor_from(kernel, at);
        }
        self.taint_later(kernel);
    }

    /// A node that is silent because its cloud has deleted its machine goes, too
    /// (`staging/src/k8s.io/cloud-provider/controllers/nodelifecycle/node_lifecycle_controller.go MonitorNodes`).
    fn delete_without_machine(&mut self, kernel: &mut Kernel, node: &Node) {
        let name = &node.metadata.name;
        self.node_event(kernel, node, "DeletingNode", |name| {
            format!("Deleting node {name} because it does not exist in the cloud provider")
        });
        let key = ObjectKey::new("Node", "", name);
        let _it_may_be_gone =
            kernel.delete(&key, &DeleteOptions::default(), "cloud-node-lifecycle-controller");
    }

    /// Nodes that are new or gone since the last look (`classifyNodes`).
    fn classify(&mut self, kernel: &mut Kernel, nodes: &[Node]) {
        let beginning = kernel.time_of(SimTime::ZERO);
        for node in nodes {
            let name = &node.metadata.name;
            self.zones.entry(zone_key(node)).or_insert_with(Zone::new);
            if self.known.insert(name.clone(), node.metadata.uid.clone()).is_none() {
                // Nodes that were there before the scenario began were registered then.
                if node.metadata.creation_timestamp != Some(beginning) {
                    self.node_event(kernel, node, "RegisteredNode", |name| {
                        format!("Node {name} event: Registered Node {name} in Controller")
                    });
                }
                self.mark_reachable(kernel, node);
            }
        }
        let there: BTreeSet<&str> = nodes.iter().map(|node| node.metadata.name.as_str()).collect();
        let gone: Vec<(String, String)> = self
            .known
            .iter()
            .filter(|(name, _)| !there.contains(name.as_str()))
            .map(|(name, uid)| (name.clone(), uid.clone()))
            .collect();
        for (name, uid) in gone {
            self.known.remove(&name);
            self.health.remove(&name);
            let reference = node_reference(&name, &uid);
            let message = format!("Node {name} event: Removing Node {name} from Controller");
            self.recorder.event(kernel, &reference, EventType::Normal, "RemovingNode", &message);
        }
    }

    /// Takes signs of life in, and gives a node up that was silent for too long (`tryUpdateNodeHealth`). Tells whether
    /// it wrote, and when the node's silence will have lasted too long if it goes on.
    fn update_health(&mut self, kernel: &mut Kernel, node: &mut Node) -> (bool, Option<SimTime>) {
        let (now, name) = (kernel.now, node.metadata.name.clone());
        let phase = self.phase(kernel);
        let current = ready_condition(node).cloned();
        let grace = if current.is_some() { MONITOR_GRACE_PERIOD } else { STARTUP_GRACE_PERIOD };
        let health = self.health.entry(name.clone()).or_insert(Health { probed: now, ready: None });
        if health.ready != current {
            health.ready = current.clone();
            health.probed = now;
        }
        // The look after a renewal saw it, whether or not there was a reason to queue that look here.
        let renewal = kernel.heartbeats.last(&name, now);
        let seen = renewal.map(|at| next_tick(at, MONITOR_PERIOD, phase, true)).filter(|at| *at <= now);
        health.probed = health.probed.max(seen.unwrap_or(SimTime::ZERO));
        let deadline = health.probed + grace;
        if now < deadline {
            let is_silent = !kernel.heartbeats.is_beating(&name);
            return (false, is_silent.then_some(deadline));
        }
        let time = kernel.time();
        let created = node.metadata.creation_timestamp;
        let mut changed = false;
        for type_ in HEALTH {
            match node.status.conditions.iter_mut().find(|c| c.type_ == type_) {
                Some(condition) if condition.status == "Unknown" => {}
                Some(condition) => {
                    condition.status = "Unknown".to_string();
                    condition.reason = "NodeStatusUnknown".to_string();
                    condition.message = "Kubelet stopped posting node status.".to_string();
                    condition.last_transition_time = Some(time);
                    changed = true;
                }
                None => {
                    node.status.conditions.push(NodeCondition {
                        type_: type_.to_string(),
                        status: "Unknown".to_string(),
                        reason: "NodeStatusNeverUpdated".to_string(),
                        message: "Kubelet never posted node status.".to_string(),
                        last_heartbeat_time: created,
                        last_transition_time: Some(time),
                    });
                    changed = true;
                }
            }
        }
        if changed && kernel.update(Object::Node(node.clone()), Subresource::Status, BY).is_ok() {
            if let Some(health) = self.health.get_mut(&name) {
                health.ready = ready_condition(node).cloned();
            }
            return (true, None);
        }
        (false, None)
    }

    /// Queues a node for its `NoExecute` taint, or takes the taints off (`processTaintBaseEviction`).
    fn taint_based_eviction(&mut self, kernel: &mut Kernel, node: &Node, status: &str) -> bool {
        let (wanted, opposite) = match status {
            "False" => (NOT_READY, UNREACHABLE),
            "Unknown" => (UNREACHABLE, NOT_READY),
            _ => return self.mark_reachable(kernel, node),
        };
        let name = &node.metadata.name;
        if has_taint(node, opposite, "NoExecute") {
            swap(kernel, name, &[(wanted, "NoExecute")], &[(opposite, "NoExecute")]);
            return true;
        }
        let zone = self.zones.entry(zone_key(node)).or_insert_with(Zone::new);
        if !has_taint(node, wanted, "NoExecute") {
            zone.remove(name);
        }
        zone.add(name);
        false
    }

    /// Takes the taints of silence off a node (`markNodeAsReachable`).
    fn mark_reachable(&mut self, kernel: &mut Kernel, node: &Node) -> bool {
        let name = &node.metadata.name;
        let mut changed = false;
        for key in [UNREACHABLE, NOT_READY] {
            if has_taint(node, key, "NoExecute") {
                swap(kernel, name, &[], &[(key, "NoExecute")]);
                changed = true;
            }
        }
        if let Some(zone) = self.zones.get_mut(&zone_key(node)) {
            zone.remove(name);
        }
        changed
    }

    /// `doNoExecuteTaintingPass`
    fn taint(&mut self, kernel: &mut Kernel) {
        let now = kernel.now;
        let mut turns = Vec::new();
        for zone in self.zones.values_mut() {
            turns.extend(core::iter::from_fn(|| zone.next(now)));
        }
        for name in turns {
            let Some(node) = kernel.store.find::<Node>("", &name) else { continue };
            let (wanted, opposite) = match ready_condition(node).map(|c| c.status.as_str()) {
                Some("False") => (NOT_READY, UNREACHABLE),
                Some("Unknown") => (UNREACHABLE, NOT_READY),
                // It is ready again.
                _ => continue,
            };
            swap(kernel, &name, &[(wanted, "NoExecute")], &[(opposite, "NoExecute")]);
        }
        self.taint_later(kernel);
    }

    /// Slows evictions down, or stops them, where too many nodes are silent (`handleDisruption`).
    fn handle_disruption(
        &mut self,
        kernel: &mut Kernel,
        conditions: &BTreeMap<String, (usize, usize)>,
        nodes: &[Node],
    ) -> bool {
        let states: BTreeMap<&String, ZoneState> =
            conditions.iter().map(|(zone, (ready, not))| (zone, ZoneState::of(*ready, *not))).collect();
        let all_are = states.values().all(|state| *state == ZoneState::FullDisruption);
        self.zones.retain(|zone, _| conditions.contains_key(zone));
        let all_were = self.zones.values().all(|zone| zone.state == ZoneState::FullDisruption);
        if all_are && all_were {
            return false;
        }
        if all_are {
            // Nobody is heard: most likely it is the control plane that is cut off. Nothing is evicted.
            for node in nodes {
                self.mark_reachable(kernel, node);
            }
            for zone in self.zones.values_mut() {
                zone.set_rate(0.0);
                zone.state = ZoneState::FullDisruption;
            }
            return true;
        }
        if all_were {
            // Some node is heard again: the silence of the others counts from now.
            for health in self.health.values_mut() {
                health.probed = kernel.now;
            }
        }
        let mut changed = all_were;
        for (name, zone) in &mut self.zones {
            let Some(state) = states.get(name) else { continue };
            if zone.state != *state || all_were {
                let (ready, not) = conditions[name];
                zone.set_rate(state.rate(ready + not));
                changed |= zone.state != *state && zone.state != ZoneState::Initial;
                zone.state = *state;
            }
        }
        changed
    }

    /// A pod on a node that is not heard of cannot be trusted to be ready (`MarkPodsNotReady`).
    fn mark_pod_not_ready(&mut self, kernel: &mut Kernel, pod: &Pod) {
        if pod_condition(pod, "Ready").is_none_or(|c| c.status == "False") {
            return;
        }
        let (namespace, name) = (&pod.metadata.namespace, &pod.metadata.name);
        let Some(stored) = kernel.find_pod(namespace, name) else { return };
        let mut changed = (*stored).clone();
        let now = kernel.time();
        for condition in changed.status.conditions.iter_mut().filter(|c| c.type_ == "Ready") {
            condition.status = "False".to_string();
            condition.last_transition_time = Some(now);
        }
        if kernel.update(Object::Pod(changed), Subresource::Status, BY).is_ok() {
            let reference = object_reference(&Object::Pod(pod.clone()));
            let message = "Node is not ready";
            self.recorder.event(kernel, &reference, EventType::Warning, "NodeNotReady", message);
        }
    }

    /// The taints that the node's conditions and its cordon mean (`doNoScheduleTaintingPass`).
    fn no_schedule_pass(&self, kernel: &mut Kernel, name: &str) {
        let Some(node) = kernel.store.find::<Node>("", name) else { return };
        let mut wanted: Vec<&'static str> = CONDITION_TAINTS
            .iter()
            .filter(|(type_, status, _)| {
                node.status.conditions.iter().any(|c| c.type_ == *type_ && c.status == *status)
            })
            .map(|(_, _, taint)| *taint)
            .collect();
        if node.spec.unschedulable {
            wanted.push(UNSCHEDULABLE);
        }
        let ours = CONDITION_TAINTS.iter().map(|(_, _, taint)| *taint).chain([UNSCHEDULABLE]);
        let mut ours: Vec<&'static str> = ours.collect();
        ours.dedup();
        let add: Vec<(&str, &str)> = wanted
            .iter()
            .filter(|key| !has_taint(node, key, "NoSchedule"))
            .map(|key| (*key, "NoSchedule"))
            .collect();
        let remove: Vec<(&str, &str)> = ours
            .into_iter()
            .filter(|key| !wanted.contains(key) && has_taint(node, key, "NoSchedule"))
            .map(|key| (key, "NoSchedule"))
            .collect();
        swap(kernel, name, &add, &remove);
    }

    fn node_event(
        &mut self,
        kernel: &mut Kernel,
        node: &Node,
        reason: &str,
        message: impl Fn(&str) -> String,
    ) {
        let reference = node_reference(&node.metadata.name, &node.metadata.uid);
        let message = message(&node.metadata.name);
        self.recorder.event(kernel, &reference, EventType::Normal, reason, &message);
    }
}

impl Controller for NodeLifecycle {
    fn kinds(&self) -> &'static [&'static str] {
        &["Node", "Pod"]
    }

    fn queue(&mut self) -> &mut WorkQueue {
        &mut self.queue
    }

    fn observe(&mut self, kernel: &mut Kernel, informers: &Informers, change: &Change<'_>) {
        match change.object {
            Object::Node(_) => {
                if change.op != Op::Deleted {
                    self.queue.add(kernel, change.object.key());
                }
                self.monitor_from(kernel, kernel.now);
            }
            // A pod that is bound to a node that is silent already (`processPod`).
            Object::Pod(pod) => {
                let was = change.old.map(|old| match old {
                    Object::Pod(old) => old.spec.node_name.as_str(),
                    _ => "",
                });
                if change.op == Op::Deleted || was.unwrap_or("") == pod.spec.node_name {
                    return;
                }
                let node = informers.find::<Node>("", &pod.spec.node_name);
                if node.and_then(ready_condition).is_some_and(|c| c.status != "True") {
                    self.mark_pod_not_ready(kernel, pod);
                }
            }
            _ => {}
        }
    }

    fn sync(&mut self, kernel: &mut Kernel, informers: &Informers, key: &ObjectKey) -> Result<(), Refusal> {
        match key.name.as_str() {
            MONITOR if key.kind.is_empty() => self.monitor(kernel, informers),
            TAINT if key.kind.is_empty() => self.taint(kernel),
            name => self.no_schedule_pass(kernel, name),
        }
        Ok(())
    }
}

fn has_taint(node: &Node, key: &str, effect: &str) -> bool {
    node.spec.taints.iter().any(|taint| taint.key == key && taint.effect == effect)
}

/// Events about a node name it, not its uid, by its `uid` (`RecordNodeEvent`).
fn node_reference(name: &str, uid: &str) -> ObjectReference {
    ObjectReference {
        api_version: "v1".to_string(),
        kind: "Node".to_string(),
        name: name.to_string(),
        uid: uid.to_string(),
        ..ObjectReference::default()
    }
}

/// Adds taints and then removes others: two writes, as the real controller makes them (`SwapNodeControllerTaint`).
fn swap(kernel: &mut Kernel, name: &str, add: &[(&str, &str)], remove: &[(&str, &str)]) {
    let now = kernel.time();
    let is = |taint: &Taint, (key, effect): &(&str, &str)| taint.key == *key && taint.effect == *effect;
    for adding in [true, false] {
        let Some(node) = kernel.store.find::<Node>("", name) else { return };
        let mut node = node.clone();
        let taints = &mut node.spec.taints;
        if adding {
            for one in add {
                taints.retain(|taint| !is(taint, one));
                taints.push(Taint {
                    key: one.0.to_string(),
                    effect: one.1.to_string(),
                    time_added: Some(now),
                    ..Taint::default()
                });
            }
        } else {
            taints.retain(|taint| !remove.iter().any(|one| is(taint, one)));
        }
        // Nothing is written where nothing changes; a node that is gone needs no taints.
        let _gone = kernel.update(Object::Node(node), Subresource::Main, BY);
    }
}
