//! Deployments: one ReplicaSet for each template that they had, and the way from one to the next
//! (`pkg/controller/deployment/deployment_controller.go`).

mod annotations;
pub mod math;
mod replica_sets;
mod rollout;
mod status;

use super::informers::{Informers, controller_of};
use super::pod_control::is_namespace_terminating;
use super::refs::{RefManager, object_reference};
use super::{Change, Controller, ControllerName, WorkQueue};
use crate::events::{EventType, Recorder};
use crate::kernel::Kernel;
use crate::trace::Op;
use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::vec::Vec;
use lifepod_api::{
    Deployment, LabelSelector, Object, ObjectKey, ObjectReference, OwnerReference, Pod, Refusal, ReplicaSet,
    Status,
};
use math::Fenceposts;

const BY: &str = "deployment-controller";
/// After so many errors in a row a Deployment waits for its next change (`maxRetries`).
const MAX_RETRIES: u32 = 15;

/// The controller.
#[derive(Clone, Debug)]
pub(crate) struct DeploymentController {
    queue: WorkQueue,
    recorder: Recorder,
}

/// One look at one Deployment.
struct Sync<'a> {
    kernel: &'a mut Kernel,
    informers: &'a Informers,
    controller: &'a mut DeploymentController,
    /// The Deployment as the watch showed it, with what this look changed since: a second write in one look is
    /// based on the first one's past and refused, as in the real controller, which then begins anew.
    d: Deployment,
    reference: ObjectReference,
    fenceposts: Fenceposts,
    /// Its ReplicaSets, the oldest first.
    claimed: Vec<&'a ReplicaSet>,
}

/// A Deployment's ReplicaSets, the one with its present template told from the others.
#[derive(Clone)]
struct Sets<'a> {
    new: Option<Cow<'a, ReplicaSet>>,
    /// The oldest first.
    old: Vec<Cow<'a, ReplicaSet>>,
}

impl<'a> Sets<'a> {
    /// The old ones, then the new one.
    fn all(&self) -> impl Iterator<Item = &Cow<'a, ReplicaSet>> {
        self.old.iter().chain(&self.new)
    }

    /// How many replicas all of them are to have (`GetReplicaCountForReplicaSets`).
    fn replicas(&self) -> i32 {
        self.all().map(|set| replicas(set)).sum()
    }
}

/// `spec.replicas`.
fn replicas(set: &ReplicaSet) -> i32 {
    set.spec.replicas.unwrap_or(1)
}

impl DeploymentController {
    pub(super) fn new() -> Self {
        DeploymentController {
            queue: WorkQueue::new(ControllerName::Deployment),
            recorder: Recorder::new(BY, ""),
        }
    }

    fn observe_set(
        &mut self,
        kernel: &mut Kernel,
        informers: &Informers,
        set: &ReplicaSet,
        change: &Change<'_>,
    ) {
        let namespace = &set.metadata.namespace;
        let old = change.old.and_then(|old| match old {
            Object::ReplicaSet(old) => Some(old),
            _ => None,
        });
        let owner = controller_of(&set.metadata);
        let old_owner = old.and_then(|old| controller_of(&old.metadata));
        for owner in old_owner.filter(|_| owner != old_owner).into_iter().chain(owner) {
            if let Some(key) = resolve(informers, namespace, owner) {
                self.queue.add(kernel, key);
            }
        }
        let labels_changed = old.is_none_or(|old| old.metadata.labels != set.metadata.labels);
        if owner.is_none() && change.op != Op::Deleted && (labels_changed || old_owner.is_some()) {
            let selecting: Vec<ObjectKey> = informers
                .in_namespace::<Deployment>(namespace)
                .filter(|d| selects(d.spec.selector.as_ref(), set))
                .map(|d| ObjectKey::new("Deployment", namespace, &d.metadata.name))
                .collect();
            for key in selecting {
                self.queue.add(kernel, key);
            }
        }
    }

    /// A Deployment that recreates waits for its last pod to be gone (`deletePod`).
    fn pod_deleted(&mut self, kernel: &mut Kernel, informers: &Informers, pod: &Pod) {
        let namespace = &pod.metadata.namespace;
        let Some(owner) = controller_of(&pod.metadata).filter(|o| o.kind == "ReplicaSet") else { return };
        let Some(set) = informers.find::<ReplicaSet>(namespace, &owner.name) else { return };
        let Some(owner) = controller_of(&set.metadata).filter(|_| set.metadata.uid == owner.uid) else {
            return;
        };
        let Some(key) = resolve(informers, namespace, owner) else { return };
        let Some(d) = informers.find::<Deployment>(namespace, &key.name) else { return };
        if d.spec.strategy.type_ != "Recreate" {
            return;
        }
        let mut sets = informers.controlled_by::<ReplicaSet>(&d.metadata.uid);
        if !sets.any(|set| informers.controlled_by::<Pod>(&set.metadata.uid).next().is_some()) {
            self.queue.add(kernel, key);
        }
    }

    /// `syncDeployment`.
    fn sync_deployment(
        &mut self,
        kernel: &mut Kernel,
        informers: &Informers,
        key: &ObjectKey,
    ) -> Result<(), Refusal> {
        let Some(object) = informers.get(key) else { return Ok(()) };
        let Object::Deployment(d) = &**object else { return Ok(()) };
        let reference = object_reference(object);
        let Some(selector) = &d.spec.selector else { return Ok(()) };
        let owned = informers.controlled_by::<ReplicaSet>(&d.metadata.uid);
        let candidates = owned.chain(informers.orphans(&key.namespace));
        let mut claimed = RefManager::new(object, selector, BY).claim(kernel, candidates)?;
        claimed.sort_by_key(|set| (set.metadata.creation_timestamp, &set.metadata.name));
        let rolling = d.spec.strategy.rolling_update.as_ref();
        let desired = d.spec.replicas.unwrap_or(1);
        let fenceposts = match d.spec.strategy.type_ == "RollingUpdate" {
            true => math::resolve_fenceposts(
                rolling.and_then(|r| r.max_surge.as_ref()),
                rolling.and_then(|r| r.max_unavailable.as_ref()),
                desired,
            ),
            false => Fenceposts { surge: 0, unavailable: 0 },
        };
        let d = d.clone();
        Sync { kernel, informers, controller: self, d, reference, fenceposts, claimed }.run()
    }
}

impl Sync<'_> {
    fn run(mut self) -> Result<(), Refusal> {
        if self.d.metadata.deletion_timestamp.is_some() {
            let sets = self.sets_and_revision(false)?;
            return self.sync_status(&sets);
        }
        self.check_paused()?;
        if self.d.spec.paused || self.is_scaling_event()? {
            return self.sync_scale();
        }
        match self.d.spec.strategy.type_.as_str() {
            "Recreate" => self.rollout_recreate(),
            "RollingUpdate" => self.rollout_rolling(),
            other => Err(Box::new(Status::bad_request(alloc::format!(
                "unexpected deployment strategy type: {other}"
            )))),
        }
    }

    /// `spec.replicas`.
    fn desired(&self) -> i32 {
        self.d.spec.replicas.unwrap_or(1)
    }

    /// The most pods there may be.
    fn max_pods(&self) -> i32 {
        self.desired().saturating_add(self.fenceposts.surge)
    }

    /// The fewest pods that are to be available (`MinAvailable`).
    fn min_available(&self) -> i32 {
        self.desired() - self.fenceposts.max_unavailable(self.desired())
    }

    fn event(&mut self, kind: EventType, reason: &str, message: &str) {
        self.controller.recorder.event(self.kernel, &self.reference, kind, reason, message);
    }
}

impl Controller for DeploymentController {
    fn kinds(&self) -> &'static [&'static str] {
        &["Deployment", "ReplicaSet", "Pod"]
    }

    fn queue(&mut self) -> &mut WorkQueue {
        &mut self.queue
    }

    fn observe(&mut self, kernel: &mut Kernel, informers: &Informers, change: &Change<'_>) {
        match change.object {
            Object::Deployment(_) => self.queue.add(kernel, change.object.key()),
            Object::ReplicaSet(set) => self.observe_set(kernel, informers, set, change),
            Object::Pod(pod) if change.op == Op::Deleted => self.pod_deleted(kernel, informers, pod),
            _ => {}
        }
    }

    fn sync(&mut self, kernel: &mut Kernel, informers: &Informers, key: &ObjectKey) -> Result<(), Refusal> {
        match self.sync_deployment(kernel, informers, key) {
            // In a namespace that goes away nothing will be made any more.
            Err(refusal) if is_namespace_terminating(&refusal) => Ok(()),
            Err(_) if self.queue.failures(key) >= MAX_RETRIES => Ok(()),
            result => result,
        }
    }
}

/// The Deployment that a reference means, if it is still the same (`resolveControllerRef`).
fn resolve(informers: &Informers, namespace: &str, owner: &OwnerReference) -> Option<ObjectKey> {
    let d = informers.find::<Deployment>(namespace, &owner.name)?;
    let same = owner.kind == "Deployment" && d.metadata.uid == owner.uid;
    same.then(|| ObjectKey::new("Deployment", namespace, &owner.name))
}

fn selects(selector: Option<&LabelSelector>, set: &ReplicaSet) -> bool {
    selector.is_some_and(|selector| !selector.is_empty() && selector.matches(&set.metadata.labels))
}
