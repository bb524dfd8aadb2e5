//! StatefulSets: pods that have a name, a place in a row, and storage of their own
//! (`pkg/controller/statefulset/stateful_set.go`).
//!
//! What is to be done is decided in `control`; `pods` knows what a pod of a set looks like, and `claims` what storage
//! it has.

mod claims;
mod control;
mod pods;

use super::consistency::Consistency;
use super::history;
use super::owners::concerned;
use super::pod_control::PodControl;
use super::pods::{is_pod_ready, next_availability_check, ready_since};
use super::refs::RefManager;
use super::{Change, Controller, ControllerName, Informers, WorkQueue};
use crate::kernel::Kernel;
use alloc::vec::Vec;
use lifepod_api::{Object, ObjectKey, Pod, Refusal, Resource, SimTime, StatefulSet};

/// The name under which the controller acts.
const BY: &str = "statefulset-controller";

/// The controller.
#[derive(Clone, Debug)]
pub(crate) struct StatefulSetController {
    queue: WorkQueue,
    pods: PodControl,
    consistency: Consistency,
    /// There is a token for the sync that is resumed.
    has_token: bool,
}

impl StatefulSetController {
    pub(crate) fn new() -> Self {
        StatefulSetController {
            queue: WorkQueue::new(ControllerName::StatefulSet),
            pods: PodControl::new(BY),
            consistency: Consistency::default(),
            has_token: false,
        }
    }

    fn observe_pod(&mut self, kernel: &mut Kernel, informers: &Informers, change: &Change<'_>, pod: &Pod) {
        let became_ready =
            is_pod_ready(pod) && change.old.and_then(Pod::of).is_some_and(|old| !is_pod_ready(old));
        for key in concerned(informers, StatefulSet::KIND, change) {
            let set = informers.get(&key).and_then(|object| StatefulSet::of(object));
            let min_ready = set.map_or(0, |set| set.spec.min_ready_seconds);
            if became_ready && min_ready > 0 {
                self.queue.add_after(kernel, key.clone(), SimTime::from_secs(min_ready as u64));
            }
            self.queue.add(kernel, key);
        }
    }
}

impl Controller for StatefulSetController {
    fn kinds(&self) -> &'static [&'static str] {
        // Changes of claims and revisions wake nothing; they are known all the same.
        &["StatefulSet", "Pod", "PersistentVolumeClaim", "ControllerRevision"]
    }

    fn queue(&mut self) -> &mut WorkQueue {
        &mut self.queue
    }

    fn observe(&mut self, kernel: &mut Kernel, informers: &Informers, change: &Change<'_>) {
        match change.object {
            Object::StatefulSet(_) => self.queue.add(kernel, change.object.key()),
            Object::Pod(pod) => self.observe_pod(kernel, informers, change, pod),
            _ => {}
        }
    }

    fn sync(&mut self, kernel: &mut Kernel, informers: &Informers, key: &ObjectKey) -> Result<(), Refusal> {
        self.consistency.ensure_ready(key, informers)?;
        let Some(owner) = informers.get(key) else { return Ok(()) };
        let Some(set) = StatefulSet::of(owner) else { return Ok(()) };
        let selector = set.spec.selector.clone().unwrap_or_default();
        let mut revisions = history::list(informers, owner, &selector);
        if set.metadata.deletion_timestamp.is_none() {
            history::adopt(kernel, owner, &mut revisions, BY)?;
        }
        let orphans = informers.orphans::<Pod>(&key.namespace).filter(|pod| pods::is_member_of(set, pod));
        let candidates = informers.controlled_by::<Pod>(&set.metadata.uid).chain(orphans);
        let members: Vec<&Pod> = RefManager::new(owner, &selector, BY).claim(kernel, candidates)?;
        let status = self.update_stateful_set(kernel, informers, owner, set, &members, &revisions)?;
        let min_ready = set.spec.min_ready_seconds;
        if min_ready > 0 && status.ready_replicas != status.available_replicas {
            let next =
                next_availability_check(kernel, members.iter().copied().filter_map(ready_since), min_ready);
            let wait = next.unwrap_or(SimTime::from_secs(min_ready as u64));
            self.queue.add_after(kernel, key.clone(), wait);
        }
        Ok(())
    }

    /// Each pod has its own name, so that whoever begins anew finds what is left to do.
    fn resume(&mut self, kernel: &mut Kernel, informers: &Informers, key: &ObjectKey) -> Result<(), Refusal> {
        self.has_token = true;
        let result = self.sync(kernel, informers, key);
        self.has_token = false;
        result
    }
}
