//! kube-scheduler: which node a pod goes to, and why not to the others (`pkg/scheduler/schedule_one.go`).

use crate::events::{EventType, Recorder};
use crate::kernel::{Component, Kernel, Wake};
use crate::kubelet::SharedPod;
use crate::store::WatchEvent;
use crate::trace::{Decision, NodeVerdict, Op};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use lifepod_api::resources::pod_requests;
use lifepod_api::{Node, Object, Pod, PodCondition, Quantity, SimTime, is_pod_phase_terminal};

/// The scheduler's own timers.
#[derive(Clone, Debug)]
pub(crate) enum Timer {
    /// Take the next pod from the active queue.
    Cycle,
}

/// The first and the longest back-off of a pod that could not be scheduled (`podInitialBackoffSeconds`,
/// `podMaxBackoffSeconds`).
const INITIAL_BACK_OFF_SECONDS: u64 = 1;
const MAX_BACK_OFF_SECONDS: u64 = 10;

/// How long a pod waits after its `attempts`-th failure (`backoff_queue.go calculateBackoffDuration`).
pub fn back_off(attempts: u32) -> SimTime {
    if attempts == 0 {
        return SimTime::ZERO;
    }
    let doubled = INITIAL_BACK_OFF_SECONDS.checked_shl(attempts - 1).unwrap_or(MAX_BACK_OFF_SECONDS);
    SimTime::from_secs(if attempts > 4 { MAX_BACK_OFF_SECONDS } else { doubled.min(MAX_BACK_OFF_SECONDS) })
}

/// A pod that waits for a node, by priority (higher first) and then by the time it entered the queue.
type QueueKey = (core::cmp::Reverse<i32>, SimTime, u64);

#[derive(Clone, Debug)]
struct Pending {
    pod: SharedPod,
    attempts: u32,
    failed_at: SimTime,
}

/// The scheduler.
#[derive(Clone, Debug)]
pub(crate) struct Scheduler {
    active: BTreeMap<QueueKey, String>,
    pending: BTreeMap<String, Pending>,
    /// Pods that no node could take; they wait for a change in the cluster.
    unschedulable: BTreeSet<String>,
    cycling: bool,
    entered: u64,
    recorder: Recorder,
}

impl Scheduler {
    pub(crate) fn new(kernel: &mut Kernel) -> Self {
        for kind in ["Pod", "Node"] {
            kernel.store.watch(Component::Scheduler, kind);
        }
        Scheduler {
            active: BTreeMap::new(),
            pending: BTreeMap::new(),
            unschedulable: BTreeSet::new(),
            cycling: false,
            entered: 0,
            recorder: Recorder::new("default-scheduler", ""),
        }
    }

    pub(crate) fn handle(&mut self, kernel: &mut Kernel, wake: Wake) {
        match wake {
            Wake::Watch(event) => self.on_watch(kernel, event),
            Wake::Scheduler(Timer::Cycle) => self.cycle(kernel),
            _ => {}
        }
    }

    fn on_watch(&mut self, kernel: &mut Kernel, event: WatchEvent) {
        let Object::Pod(pod) = &*event.object else {
            // A node that is new or changed may take what could not be placed.
            return self.retry_all(kernel);
        };
        let uid = pod.metadata.uid.clone();
        let ours = pod.spec.node_name.is_empty()
            && pod.spec.scheduler_name == "default-scheduler"
            && pod.spec.scheduling_gates.is_empty()
            && event.op != Op::Deleted;
        if ours {
            if let Some(shared) = SharedPod::new(event.object.clone()) {
                let fresh = !self.pending.contains_key(&uid);
                let known = self.pending.entry(uid.clone()).or_insert_with(|| Pending {
                    pod: shared.clone(),
                    attempts: 0,
                    failed_at: SimTime::ZERO,
                });
                let spec_changed = known.pod.spec != shared.spec;
                known.pod = shared;
                if fresh || (spec_changed && self.unschedulable.remove(&uid)) {
                    self.activate(kernel, &uid);
                }
            }
            return;
        }
        self.pending.remove(&uid);
        self.unschedulable.remove(&uid);
        let done = is_pod_phase_terminal(&pod.status.phase);
        if event.op == Op::Deleted || done {
            self.retry_all(kernel);
        }
    }

    fn activate(&mut self, kernel: &mut Kernel, uid: &str) {
        let Some(pending) = self.pending.get(uid) else { return };
        self.entered += 1;
        let priority = pending.pod.spec.priority.unwrap_or(0);
        let ready = pending.failed_at + back_off(pending.attempts);
        let at = ready.max(kernel.now);
        self.active.insert((core::cmp::Reverse(priority), at, self.entered), uid.to_string());
        if !self.cycling {
            self.cycling = true;
            let at = at.max(kernel.now + kernel.config.latency.schedule);
            kernel.wake_at(at, Component::Scheduler, Wake::Scheduler(Timer::Cycle));
        }
    }

    fn retry_all(&mut self, kernel: &mut Kernel) {
        for uid in core::mem::take(&mut self.unschedulable) {
            self.activate(kernel, &uid);
        }
    }

    /// One scheduling cycle: the first pod in line whose back-off is over.
    fn cycle(&mut self, kernel: &mut Kernel) {
        self.cycling = false;
        let next = self.active.keys().find(|(_, at, _)| *at <= kernel.now).copied();
        if let Some(uid) = next.and_then(|key| self.active.remove(&key))
            && let Some(pending) = self.pending.get(&uid).cloned()
        {
            self.schedule(kernel, &uid, &pending.pod);
        }
        if let Some(at) = self.active.keys().map(|(_, at, _)| *at).min() {
            self.cycling = true;
            let at = at.max(kernel.now + kernel.config.latency.schedule);
            kernel.wake_at(at, Component::Scheduler, Wake::Scheduler(Timer::Cycle));
        }
    }

    fn schedule(&mut self, kernel: &mut Kernel, uid: &str, pod: &SharedPod) {
        let verdicts = verdicts(kernel, pod);
        let feasible = verdicts.iter().filter(|v| v.refused.is_empty());
        // The highest score wins, the first in name order among equals.
        let best = feasible.rev().max_by_key(|v| v.score).map(|v| v.node.clone());
        let reasons = fit_error(&verdicts);
        kernel.decide(Decision::Schedule { pod: pod.to_ref(), node: best.clone(), verdicts });
        let (namespace, name) = (pod.metadata.namespace.clone(), pod.metadata.name.clone());
        if let Some(node) = best {
            self.pending.remove(uid);
            if kernel.bind(&namespace, &name, &node) {
                let message = format!("Successfully assigned {namespace}/{name} to {node}");
                let reference = pod.reference(None);
                self.recorder.event(kernel, &reference, EventType::Normal, "Scheduled", &message);
            }
            return;
        }
        if let Some(pending) = self.pending.get_mut(uid) {
            pending.attempts += 1;
            pending.failed_at = kernel.now;
        }
        self.unschedulable.insert(uid.to_string());
        let reference = pod.reference(None);
        self.recorder.event(kernel, &reference, EventType::Warning, "FailedScheduling", &reasons);
        let Some(stored) = kernel.find_pod(&namespace, &name) else { return };
        let condition = PodCondition {
            type_: "PodScheduled".to_string(),
            status: "False".to_string(),
            reason: "Unschedulable".to_string(),
            message: reasons,
            last_transition_time: Some(kernel.time()),
            observed_generation: stored.metadata.generation,
            ..PodCondition::default()
        };
        let same = stored.status.conditions.iter().any(|c| {
            c.type_ == condition.type_ && c.reason == condition.reason && c.message == condition.message
        });
        if !same {
            let mut changed = (*stored).clone();
            changed.status.conditions.retain(|c| c.type_ != "PodScheduled");
            changed.status.conditions.push(condition);
            kernel.commit(Op::Modified, Object::Pod(changed), "default-scheduler");
        }
    }
}

/// What each node says to the pod: the first filter plugin that refuses, with its reasons.
fn verdicts(kernel: &Kernel, pod: &Pod) -> Vec<NodeVerdict> {
    kernel.store.all::<Node>().map(|node| verdict(kernel, pod, node)).collect()
}

fn verdict(kernel: &Kernel, pod: &Pod, node: &Node) -> NodeVerdict {
    let name = node.metadata.name.clone();
    let refused = |plugin: &'static str, reasons: Vec<String>| NodeVerdict {
        node: name.clone(),
        refused: reasons,
        plugin: Some(plugin),
        score: 0,
    };
    let one = |reason: &str| [reason.to_string()].to_vec();
    if node.spec.unschedulable {
        return refused("NodeUnschedulable", one("node(s) were unschedulable"));
    }
    let untolerated = node
        .spec
        .taints
        .iter()
        .filter(|t| matches!(t.effect.as_str(), "NoSchedule" | "NoExecute"))
        .any(|taint| !pod.spec.tolerations.iter().any(|t| tolerates(t, taint)));
    if untolerated {
        return refused("TaintToleration", one("node(s) had untolerated taint(s)"));
    }
    let selected = pod.spec.node_selector.iter().all(|(k, v)| node.metadata.labels.get(k) == Some(v));
    if !selected {
        return refused("NodeAffinity", one("node(s) didn't match Pod's node affinity/selector"));
    }
    let (free, pods) = free_resources(kernel, node);
    let mut short = Vec::new();
    if pods <= 0 {
        short.push("Too many pods".to_string());
    }
    let requests = pod_requests(&pod.spec);
    for (resource, wanted) in &requests {
        let available = free.get(resource).map_or(0, Quantity::milli_value);
        if wanted.milli_value() > available && !wanted.is_zero() {
            short.push(format!("Insufficient {resource}"));
        }
    }
    if !short.is_empty() {
        return refused("NodeResourcesFit", short);
    }
    NodeVerdict { node: name, refused: Vec::new(), plugin: None, score: least_allocated(&free, node) }
}

/// Whether a toleration tolerates a taint (`core/v1 Toleration.ToleratesTaint`).
fn tolerates(toleration: &lifepod_api::Toleration, taint: &lifepod_api::Taint) -> bool {
    (toleration.effect.is_empty() || toleration.effect == taint.effect)
        && (toleration.key.is_empty() || toleration.key == taint.key)
        && (toleration.operator == "Exists" || toleration.value == taint.value)
}

/// What is left of a node's allocatable, and how many more pods it takes.
fn free_resources(kernel: &Kernel, node: &Node) -> (BTreeMap<String, Quantity>, i64) {
    let mut free = node.status.allocatable.clone();
    let mut pods = free.get("pods").map_or(110, Quantity::value);
    for pod in kernel.store.all::<Pod>() {
        let done = is_pod_phase_terminal(&pod.status.phase);
        if pod.spec.node_name != node.metadata.name || done {
            continue;
        }
        pods -= 1;
        for (resource, used) in &pod_requests(&pod.spec) {
            if let Some(left) = free.get_mut(resource) {
                left.sub(used);
            }
        }
    }
    (free, pods)
}

/// The share of CPU and memory that is free, 0 to 100 (`noderesources/least_allocated.go`).
fn least_allocated(free: &BTreeMap<String, Quantity>, node: &Node) -> i64 {
    let share = |resource: &str| {
        let all = node.status.allocatable.get(resource).map_or(0, Quantity::milli_value);
        let left = free.get(resource).map_or(0, Quantity::milli_value);
        if all == 0 { 0 } else { (left.max(0) as i128 * 100 / all as i128) as i64 }
    };
    (share("cpu") + share("memory")) / 2
}

/// `0/3 nodes are available: 2 Insufficient cpu, …` (`framework/types.go FitError.Error`).
fn fit_error(verdicts: &[NodeVerdict]) -> String {
    if verdicts.is_empty() {
        return "no nodes available to schedule pods".to_string();
    }
    let count = |reasons: &mut dyn Iterator<Item = String>| {
        let mut histogram: BTreeMap<String, u32> = BTreeMap::new();
        for reason in reasons {
            *histogram.entry(reason).or_insert(0) += 1;
        }
        let mut parts: Vec<String> =
            histogram.into_iter().map(|(reason, count)| format!("{count} {reason}")).collect();
        parts.sort();
        parts.join(", ")
    };
    let total = verdicts.len();
    let refused = count(&mut verdicts.iter().flat_map(|v| v.refused.iter().cloned()));
    let preemption = count(&mut verdicts.iter().map(|v| {
        match v.plugin {
            Some("NodeResourcesFit") => "No preemption victims found for incoming pod",
            _ => "Preemption is not helpful for scheduling",
        }
        .to_string()
    }));
    format!(
        "0/{total} nodes are available: {refused}. no new claims to deallocate, preemption: 0/{total} nodes are \
         available: {preemption}."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn back_off_doubles_to_ten_seconds() {
        let seconds: Vec<u64> = (0..7).map(|attempts| back_off(attempts).as_secs()).collect();
        assert_eq!(seconds, [0, 1, 2, 4, 8, 10, 10]);
    }
}
