//! Eviction by taints: pods that do not tolerate a `NoExecute` taint of their node, or only for a time
//! (`pkg/controller/tainteviction/taint_eviction.go`).

use super::refs::object_reference;
use super::{Change, Controller, ControllerName, Informers, WorkQueue};
use crate::api_server::DeleteOptions;
use crate::events::{EventType, Recorder};
use crate::kernel::Kernel;
use crate::pod_conditions::mark_disrupted;
use crate::trace::Op;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;
use lifepod_api::{Node, Object, ObjectKey, ObjectReference, Pod, Refusal, SimTime, Subresource, Taint};

const BY: &str = "taint-eviction-controller";

/// A pod that waits for its eviction (`TimedWorker`).
#[derive(Clone, Copy, Debug)]
struct Waiting {
    created: SimTime,
    fires: SimTime,
}

/// The controller.
#[derive(Clone, Debug)]
pub(crate) struct TaintEviction {
    queue: WorkQueue,
    recorder: Recorder,
    waiting: BTreeMap<ObjectKey, Waiting>,
}

impl TaintEviction {
    pub(super) fn new() -> Self {
        TaintEviction {
            queue: WorkQueue::new(ControllerName::TaintEviction),
            recorder: Recorder::new(BY, ""),
            waiting: BTreeMap::new(),
        }
    }

    /// `cancelWorkWithEvent`
    fn cancel(&mut self, kernel: &mut Kernel, key: &ObjectKey, pod: Option<&Pod>) {
        if self.waiting.remove(key).is_some() {
            let message = format!("Cancelling deletion of Pod {}/{}", key.namespace, key.name);
            self.tell(kernel, key, pod, &message);
        }
    }

    fn tell(&mut self, kernel: &mut Kernel, key: &ObjectKey, pod: Option<&Pod>, message: &str) {
        let reference = match pod {
            Some(pod) => object_reference(&Object::Pod(pod.clone())),
            None => ObjectReference {
                api_version: "v1".to_string(),
                kind: "Pod".to_string(),
                namespace: key.namespace.clone(),
                name: key.name.clone(),
                ..ObjectReference::default()
            },
        };
        self.recorder.event(kernel, &reference, EventType::Normal, "TaintManagerEviction", message);
    }

    /// Starts, moves or ends a pod's wait (`processPodOnNode`).
    fn process_pod(&mut self, kernel: &mut Kernel, pod: &Pod, taints: &[&Taint]) {
        let key = ObjectKey::new("Pod", &pod.metadata.namespace, &pod.metadata.name);
        if taints.is_empty() {
            return self.cancel(kernel, &key, Some(pod));
        }
        let now = kernel.now;
        let used: Option<Vec<Option<i64>>> = taints
            .iter()
            .map(|taint| {
                let toleration = pod.spec.tolerations.iter().find(|t| t.tolerates(taint))?;
                Some(toleration.toleration_seconds)
            })
            .collect();
        let Some(used) = used else {
            self.cancel(kernel, &key, Some(pod));
            return self.wait(kernel, key, Waiting { created: now, fires: now });
        };
        // Those without a number tolerate for ever (`getMinTolerationTime`).
        let Some(seconds) = used.into_iter().flatten().min() else {
            return self.cancel(kernel, &key, Some(pod));
        };
        let tolerated = SimTime::from_secs(u64::try_from(seconds).unwrap_or(0));
        let mut created = now;
        if let Some(known) = self.waiting.get(&key) {
            created = known.created;
            // Time that went by counts; a wait only gets its end anew when that does not come later for it.
            if created + tolerated < now + tolerated {
                return;
            }
            self.cancel(kernel, &key, Some(pod));
        }
        self.wait(kernel, key, Waiting { created, fires: now + tolerated });
    }

    fn wait(&mut self, kernel: &mut Kernel, key: ObjectKey, waiting: Waiting) {
        let wait = waiting.fires.since(kernel.now);
        self.waiting.insert(key.clone(), waiting);
        self.queue.add_after(kernel, key, wait);
    }

    /// Marks the pod as disrupted and deletes it (`deletePodHandler`, `addConditionAndDeletePod`).
    fn evict(&mut self, kernel: &mut Kernel, key: &ObjectKey) -> Result<(), Refusal> {
        // It reads the pod anew.
        kernel.flow_control.take(BY, kernel.now);
        let Some(pod) = kernel.find_pod(&key.namespace, &key.name) else { return Ok(()) };
        let message = format!("Marking for deletion Pod {}/{}", key.namespace, key.name);
        self.tell(kernel, key, Some(&pod), &message);
        let mut marked = (*pod).clone();
        let why = "Taint manager: deleting due to NoExecute taint";
        mark_disrupted(&mut marked, "DeletionByTaintManager", why, kernel.time());
        kernel.update(Object::Pod(marked), Subresource::Status, BY)?;
        kernel.delete(key, &DeleteOptions::default(), BY)
    }
}

impl Controller for TaintEviction {
    fn kinds(&self) -> &'static [&'static str] {
        &["Pod", "Node"]
    }

    fn queue(&mut self) -> &mut WorkQueue {
        &mut self.queue
    }

    fn observe(&mut self, kernel: &mut Kernel, informers: &Informers, change: &Change<'_>) {
        match change.object {
            Object::Node(node) => {
                let empty = Vec::new();
                let old = change.old.and_then(|old| match old {
                    Object::Node(node) => Some(no_execute(node)),
                    _ => None,
                });
                let new = if change.op == Op::Deleted { Vec::new() } else { no_execute(node) };
                if old.unwrap_or(empty) == new {
                    return;
                }
                let pods: Vec<Pod> = informers.pods_of_node(&node.metadata.name).cloned().collect();
                for pod in pods {
                    self.process_pod(kernel, &pod, &new);
                }
            }
            Object::Pod(pod) => {
                let key = change.object.key();
                if change.op == Op::Deleted {
                    return self.cancel(kernel, &key, Some(pod));
                }
                if pod.spec.node_name.is_empty() {
                    return;
                }
                if let Some(Object::Pod(old)) = change.old
                    && old.spec.tolerations == pod.spec.tolerations
                    && old.spec.node_name == pod.spec.node_name
                {
                    return;
                }
                if let Some(node) = informers.find::<Node>("", &pod.spec.node_name) {
                    let taints = no_execute(node);
                    if !taints.is_empty() || self.waiting.contains_key(&key) {
                        self.process_pod(kernel, pod, &taints);
                    }
                }
            }
            _ => {}
        }
    }

    fn sync(&mut self, kernel: &mut Kernel, _: &Informers, key: &ObjectKey) -> Result<(), Refusal> {
        match self.waiting.get(key) {
            Some(waiting) if waiting.fires <= kernel.now => {
                self.waiting.remove(key);
                self.evict(kernel, key)
            }
            Some(waiting) => {
                let wait = waiting.fires.since(kernel.now);
                self.queue.add_after(kernel, key.clone(), wait);
                Ok(())
            }
            None => Ok(()),
        }
    }
}

fn no_execute(node: &Node) -> Vec<&Taint> {
    node.spec.taints.iter().filter(|taint| taint.effect == "NoExecute").collect()
}
