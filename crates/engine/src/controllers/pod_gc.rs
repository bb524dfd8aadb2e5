//! Pod garbage collection: pods whose node is gone or given up, and too many that have ended
//! (`pkg/controller/podgc/gc_controller.go`).
//!
//! The real controller looks every 20 s. Here a look is queued only when there is something that it would find.

use super::{Change, Controller, ControllerName, Informers, WorkQueue};
use crate::api_server::DeleteOptions;
use crate::jitter::Draw;
use crate::kernel::{Kernel, next_tick};
use crate::nodes;
use crate::pod_conditions::mark_disrupted;
use crate::trace::Op;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use lifepod_api::{
    Node, Object, ObjectKey, Pod, Refusal, Resource, SimTime, Subresource, is_pod_phase_terminal,
};

/// `gcCheckPeriod`
const PERIOD: SimTime = SimTime::from_secs(20);
/// How long a node must be missing before its pods are orphans (`quarantineTime`).
const QUARANTINE: SimTime = SimTime::from_secs(40);
/// More pods than this that have ended are deleted, the oldest first (`--terminated-pod-gc-threshold`).
const TERMINATED_THRESHOLD: usize = 12_500;
const BY: &str = "pod-garbage-collector";

/// The taint that gives a node up (`v1.TaintNodeOutOfService`).
const OUT_OF_SERVICE: &str = "node.kubernetes.io/out-of-service";

/// The controller.
#[derive(Clone, Debug)]
pub(crate) struct PodGc {
    queue: WorkQueue,
    phase: Option<SimTime>,
    /// Nodes that pods name and that are not there, and since when that is known.
    missing: BTreeMap<String, SimTime>,
    terminated: usize,
    /// What the look under way has found and not deleted yet.
    garbage: VecDeque<Garbage>,
    /// There is a reason to look again after that.
    looks_again: bool,
}

/// A pod that is to be deleted.
#[derive(Clone, Debug)]
struct Garbage {
    pod: ObjectKey,
    uid: String,
    /// What its condition `DisruptionTarget` says, if it gets one.
    disrupted: Option<&'static str>,
}

impl Garbage {
    fn new(pod: &Pod, disrupted: Option<&'static str>) -> Self {
        let meta = &pod.metadata;
        let pod = ObjectKey::new("Pod", &meta.namespace, &meta.name);
        Garbage { pod, uid: meta.uid.clone(), disrupted }
    }
}

impl PodGc {
    pub(super) fn new() -> Self {
        PodGc {
            queue: WorkQueue::new(ControllerName::PodGc),
            phase: None,
            missing: BTreeMap::new(),
            terminated: 0,
            garbage: VecDeque::new(),
            looks_again: false,
        }
    }

    /// The one key of this controller: a look at everything that may be garbage.
    fn look(&mut self, kernel: &mut Kernel) {
        if !self.garbage.is_empty() {
            self.looks_again = true;
            return;
        }
        let now = kernel.now;
        let phase = *self.phase.get_or_insert_with(|| {
            let number = kernel.jitter.draw(Draw::PodGcPhase, now, PERIOD);
            SimTime((number * PERIOD.0 as f64) as u64)
        });
        let at = next_tick(now, PERIOD, phase, false);
        self.queue.add_after(kernel, ObjectKey::default(), at.since(now));
    }

    /// Marks the pod as failed, unless it ended by itself, and deletes it without grace
    /// (`markFailedAndDeletePodWithCondition`).
    fn delete(kernel: &mut Kernel, garbage: &Garbage) -> Result<(), Refusal> {
        let pod = kernel.store.get(&garbage.pod).and_then(|object| Pod::of(object));
        let Some(pod) = pod.filter(|pod| pod.metadata.uid == garbage.uid) else { return Ok(()) };
        if !is_pod_phase_terminal(&pod.status.phase) {
            let mut failed = pod.clone();
            failed.status.phase = "Failed".to_string();
            if let Some(why) = garbage.disrupted {
                mark_disrupted(&mut failed, "DeletionByPodGC", why, kernel.time());
            }
            kernel.update(Object::Pod(failed), Subresource::Status, BY)?;
        }
        let options = DeleteOptions { grace_period_seconds: Some(0), ..DeleteOptions::of_uid(&garbage.uid) };
        kernel.delete(&garbage.pod, &options, BY)
    }

    /// Deletes the next pod that was found; what failed is found again.
    fn delete_next(&mut self, kernel: &mut Kernel) {
        if let Some(garbage) = self.garbage.pop_front() {
            self.looks_again |= PodGc::delete(kernel, &garbage).is_err();
        }
    }

    /// Deletes what was found as long as there are tokens, and waits for the next one.
    fn clean_up(&mut self, kernel: &mut Kernel, key: &ObjectKey) {
        while !self.garbage.is_empty() {
            if !kernel.flow_control.is_free(BY, kernel.now) {
                return self.queue.wait_for_turns(kernel, key, 1);
            }
            self.delete_next(kernel);
        }
        // The pause begins when a look is over (`wait.UntilWithContext`).
        self.phase = Some(SimTime(kernel.now.0 % PERIOD.0));
        if core::mem::take(&mut self.looks_again) || !self.missing.is_empty() {
            self.look(kernel);
        }
    }

    /// `gcOrphaned`: pods of nodes that have been missing for the quarantine.
    fn orphaned(&mut self, kernel: &mut Kernel, informers: &Informers) {
        let now = kernel.now;
        let mut gone: Vec<String> = Vec::new();
        self.missing.retain(|node, since| {
            let back = informers.find::<Node>("", node).is_some();
            let pods = informers.pods_of_node(node).next().is_some();
            if pods && !back && now.since(*since) >= QUARANTINE {
                gone.push(node.clone());
            }
            pods && !back
        });
        for node in gone {
            // It asks whether the node is really gone (`checkIfNodeExists`).
            kernel.flow_control.take(BY, now);
            let why = Some("PodGC: node no longer exists");
            self.garbage.extend(informers.pods_of_node(&node).map(|pod| Garbage::new(pod, why)));
        }
    }

    /// `gcTerminating`: pods that are being deleted on nodes that were given up.
    fn terminating(&mut self, informers: &Informers) {
        let given_up =
            informers.all::<Node>().filter(|node| is_out_of_service(node) && !nodes::is_ready(node));
        let pods = given_up.flat_map(|node| informers.pods_of_node(&node.metadata.name));
        let going = pods.filter(|pod| pod.metadata.deletion_timestamp.is_some());
        self.garbage.extend(going.map(|pod| Garbage::new(pod, None)));
    }

    /// `gcUnscheduledTerminating`: pods that are being deleted and never got a node.
    fn unscheduled_terminating(&mut self, informers: &Informers) {
        let going = informers.pods_of_node("").filter(|pod| pod.metadata.deletion_timestamp.is_some());
        self.garbage.extend(going.map(|pod| Garbage::new(pod, None)));
    }

    /// `gcTerminated`: evicted pods go first, then the oldest.
    fn too_many_terminated(&mut self, informers: &Informers) {
        if self.terminated <= TERMINATED_THRESHOLD {
            return;
        }
        let mut ended: Vec<&Pod> =
            informers.all::<Pod>().filter(|pod| is_pod_phase_terminal(&pod.status.phase)).collect();
        ended.sort_by_key(|pod| {
            let evicted = pod.status.phase == "Failed" && pod.status.reason == "Evicted";
            (!evicted, pod.metadata.creation_timestamp, pod.metadata.name.clone())
        });
        let excess = ended.len().saturating_sub(TERMINATED_THRESHOLD);
        self.garbage.extend(ended.into_iter().take(excess).map(|pod| Garbage::new(pod, None)));
    }
}

impl Controller for PodGc {
    fn kinds(&self) -> &'static [&'static str] {
        &["Pod", "Node"]
    }

    fn queue(&mut self) -> &mut WorkQueue {
        &mut self.queue
    }

    fn observe(&mut self, kernel: &mut Kernel, informers: &Informers, change: &Change<'_>) {
        match change.object {
            Object::Node(node) if change.op == Op::Deleted || is_out_of_service(node) => self.look(kernel),
            Object::Pod(pod) => {
                let ended = |pod: &Pod| is_pod_phase_terminal(&pod.status.phase);
                if let Some(Object::Pod(old)) = change.old {
                    self.terminated -= usize::from(ended(old));
                }
                let deleted = change.op == Op::Deleted;
                self.terminated += usize::from(!deleted && ended(pod));
                let node = &pod.spec.node_name;
                let going = pod.metadata.deletion_timestamp.is_some();
                let stuck = going
                    && (node.is_empty() || informers.find::<Node>("", node).is_some_and(is_out_of_service));
                let orphan = !node.is_empty() && informers.find::<Node>("", node).is_none();
                if !deleted && (stuck || orphan || self.terminated > TERMINATED_THRESHOLD) {
                    self.look(kernel);
                }
            }
            _ => {}
        }
    }

    fn resume(&mut self, kernel: &mut Kernel, _: &Informers, key: &ObjectKey) -> Result<(), Refusal> {
        self.delete_next(kernel);
        self.clean_up(kernel, key);
        Ok(())
    }

    fn sync(&mut self, kernel: &mut Kernel, informers: &Informers, key: &ObjectKey) -> Result<(), Refusal> {
        for node in informers.nodes_of_pods() {
            if !node.is_empty() && informers.find::<Node>("", node).is_none() {
                self.missing.entry(node.to_string()).or_insert(kernel.now);
            }
        }
        self.too_many_terminated(informers);
        self.terminating(informers);
        self.orphaned(kernel, informers);
        self.unscheduled_terminating(informers);
        self.clean_up(kernel, key);
        Ok(())
    }
}

fn is_out_of_service(node: &Node) -> bool {
    node.spec.taints.iter().any(|taint| taint.key == OUT_OF_SERVICE)
}
