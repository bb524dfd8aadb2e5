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
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use lifepod_api::{Node, Object, ObjectKey, Pod, Refusal, SimTime, Subresource, is_pod_phase_terminal};

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
}

impl PodGc {
    pub(super) fn new() -> Self {
        PodGc {
            queue: WorkQueue::new(ControllerName::PodGc),
            phase: None,
            missing: BTreeMap::new(),
            terminated: 0,
        }
    }

    /// The one key of this controller: a look at everything that may be garbage.
    fn look(&mut self, kernel: &mut Kernel) {
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
    fn delete(&self, kernel: &mut Kernel, pod: &Pod, disrupted: Option<&str>) -> Result<(), Refusal> {
        let meta = &pod.metadata;
        if !is_pod_phase_terminal(&pod.status.phase) {
            let mut failed = pod.clone();
            failed.status.phase = "Failed".to_string();
            if let Some(why) = disrupted {
                mark_disrupted(&mut failed, "DeletionByPodGC", why, kernel.time());
            }
            failed.metadata.resource_version.clear();
            kernel.update(Object::Pod(failed), Subresource::Status, BY)?;
        }
        let options = DeleteOptions { grace_period_seconds: Some(0), ..DeleteOptions::of_uid(&meta.uid) };
        kernel.delete(&ObjectKey::new("Pod", &meta.namespace, &meta.name), &options, BY)
    }

    /// `gcOrphaned`: pods of nodes that have been missing for the quarantine.
    fn orphaned(&mut self, kernel: &mut Kernel, informers: &Informers) -> Result<(), Refusal> {
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
            let pods: Vec<Pod> = informers.pods_of_node(&node).cloned().collect();
            for pod in pods {
                self.delete(kernel, &pod, Some("PodGC: node no longer exists"))?;
            }
        }
        Ok(())
    }

    /// `gcTerminating`: pods that are being deleted on nodes that were given up.
    fn terminating(&self, kernel: &mut Kernel, informers: &Informers) -> Result<(), Refusal> {
        let given_up: Vec<String> = informers
            .all::<Node>()
            .filter(|node| is_out_of_service(node) && !nodes::is_ready(node))
            .map(|node| node.metadata.name.clone())
            .collect();
        for node in given_up {
            let going: Vec<Pod> = informers
                .pods_of_node(&node)
                .filter(|pod| pod.metadata.deletion_timestamp.is_some())
                .cloned()
                .collect();
            for pod in going {
                self.delete(kernel, &pod, None)?;
            }
        }
        Ok(())
    }

    /// `gcUnscheduledTerminating`: pods that are being deleted and never got a node.
    fn unscheduled_terminating(&self, kernel: &mut Kernel, informers: &Informers) -> Result<(), Refusal> {
        let going: Vec<Pod> = informers
            .pods_of_node("")
            .filter(|pod| pod.metadata.deletion_timestamp.is_some())
            .cloned()
            .collect();
        going.into_iter().try_for_each(|pod| self.delete(kernel, &pod, None))
    }

    /// `gcTerminated`: evicted pods go first, then the oldest.
    fn too_many_terminated(&self, kernel: &mut Kernel, informers: &Informers) -> Result<(), Refusal> {
        if self.terminated <= TERMINATED_THRESHOLD {
            return Ok(());
        }
        let mut ended: Vec<&Pod> =
            informers.all::<Pod>().filter(|pod| is_pod_phase_terminal(&pod.status.phase)).collect();
        ended.sort_by_key(|pod| {
            let evicted = pod.status.phase == "Failed" && pod.status.reason == "Evicted";
            (!evicted, pod.metadata.creation_timestamp, pod.metadata.name.clone())
        });
        let excess = ended.len().saturating_sub(TERMINATED_THRESHOLD);
        let going: Vec<Pod> = ended.into_iter().take(excess).cloned().collect();
        going.into_iter().try_for_each(|pod| self.delete(kernel, &pod, None))
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

    fn sync(&mut self, kernel: &mut Kernel, informers: &Informers, _: &ObjectKey) -> Result<(), Refusal> {
        for node in informers.nodes_of_pods() {
            if !node.is_empty() && informers.find::<Node>("", node).is_none() {
                self.missing.entry(node.to_string()).or_insert(kernel.now);
            }
        }
        // Each kind of garbage is looked for, whatever became of another; what failed is found again.
        let found = [
            self.too_many_terminated(kernel, informers),
            self.terminating(kernel, informers),
            self.orphaned(kernel, informers),
            self.unscheduled_terminating(kernel, informers),
        ];
        if !self.missing.is_empty() || found.iter().any(Result::is_err) {
            self.look(kernel);
        }
        Ok(())
    }
}

fn is_out_of_service(node: &Node) -> bool {
    node.spec.taints.iter().any(|taint| taint.key == OUT_OF_SERVICE)
}
