//! ReplicaSets, and ReplicationControllers as what they are older brothers of: as many pods as wanted
//! (`pkg/controller/replicaset/replica_set.go`, `pkg/controller/replication`).

use super::deletion_rank::{Candidate, places_in_order};
use super::errand::{Done, Errand, Hands};
use super::expectations::Expectations;
use super::informers::{Informers, controller_of};
use super::pod_control::{PodControl, pod_from_template};
use super::pods::{
    is_long_enough, is_pod_active, is_pod_ready, is_pod_terminating, next_availability_check, pod_key,
};
use super::refs::RefManager;
use super::replica_tally::{NodeNumber, Roster, Rosters, Tally};
use super::{Change, Controller, ControllerName, WorkQueue};
use crate::kernel::Kernel;
use crate::name::TextKey;
use crate::trace::Op;
use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::string::ToString;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::iter;
use lifepod_api::labels::Labels;
use lifepod_api::{
    LabelSelector, Object, ObjectKey, OwnerReference, Pod, PodTemplateSpec, Refusal, ReplicaSet,
    ReplicaSetCondition, ReplicaSetStatus, ReplicationController, ReplicationControllerCondition,
    ReplicationControllerStatus, Resource, SimTime, Subresource, Time,
};

/// At most this many pods are created or deleted in one go (`BurstReplicas`).
const BURST_REPLICAS: usize = 500;
/// The condition of a set that could not make or delete its pods.
const REPLICA_FAILURE: &str = "ReplicaFailure";

/// The controller of one of the two kinds.
#[derive(Clone, Debug)]
pub(crate) struct ReplicaSetController {
    kinds: &'static [&'static str; 2],
    by: &'static str,
    queue: WorkQueue,
    expectations: Expectations,
    rosters: Rosters,
    pods: PodControl,
    /// Syncs that wait for tokens.
    under_way: BTreeMap<ObjectKey, Sync>,
}

/// What one sync found, and what it does about it.
#[derive(Clone, Debug)]
struct Sync {
    object: Arc<Object>,
    tally: Tally,
    /// Since when each ready pod is, where that matters.
    ready_since: Vec<Time>,
    errand: Errand,
}

/// What the two kinds have in common.
struct Set<'a> {
    replicas: i32,
    min_ready_seconds: i32,
    selector: Cow<'a, LabelSelector>,
    template: Option<&'a PodTemplateSpec>,
    /// A ReplicationController's status in the words of the other (`pkg/controller/replication/conversion.go`).
    status: ReplicaSetStatus,
    /// Only ReplicaSets tell how many pods are on their way out.
    counts_terminating: bool,
}

impl ReplicaSetController {
    /// The controller of ReplicaSets.
    pub(super) fn of_replica_sets() -> Self {
        Self::new(ControllerName::ReplicaSet, &["ReplicaSet", "Pod"], "replicaset-controller")
    }

    /// The controller of ReplicationControllers.
    pub(super) fn of_replication_controllers() -> Self {
        let kinds = &["ReplicationController", "Pod"];
        Self::new(ControllerName::ReplicationController, kinds, "replication-controller")
    }

    fn new(name: ControllerName, kinds: &'static [&'static str; 2], by: &'static str) -> Self {
        ReplicaSetController {
            kinds,
            by,
            queue: WorkQueue::new(name),
            expectations: Expectations::default(),
            rosters: Rosters::default(),
            pods: PodControl::new(by),
            under_way: BTreeMap::new(),
        }
    }

    /// The set that a reference means, if it is of this controller's kind and still the same
    /// (`resolveControllerRef`).
    fn resolve<'i>(
        &self,
        informers: &'i Informers,
        namespace: &str,
        owner: &OwnerReference,
    ) -> Option<&'i Arc<Object>> {
        if owner.kind != self.kinds[0] {
            return None;
        }
        let set = informers.named(self.kinds[0], namespace, &owner.name)?;
        (set.meta().uid == owner.uid).then_some(set)
    }

    /// Keeps the roster of the pod's set; one that loses a pod to another owner is counted anew.
    fn call_the_roll(&mut self, informers: &Informers, pod: &Pod, change: &Change<'_>) {
        let namespace = &pod.metadata.namespace;
        let old = change.old.and_then(Pod::of);
        let owner = controller_of(&pod.metadata);
        let old_owner = old.and_then(|old| controller_of(&old.metadata));
        let mut counted = None;
        if let Some(object) = owner.and_then(|owner| self.resolve(informers, namespace, owner))
            && let Some(set) = Set::of(object)
        {
            let key = object.key();
            let after = (change.op != Op::Deleted).then_some(pod);
            let before = old.filter(|_| old_owner == owner);
            let labels = set.template.map(|template| &template.metadata.labels);
            self.rosters.moved(&key, before, after, &set.selector, labels);
            counted = Some(key);
        }
        if let Some(other) = old_owner.filter(|old| Some(*old) != owner) {
            self.rosters.forget(&ObjectKey::new(self.kinds[0], namespace, &other.name));
        } else if owner.is_none() {
            // An orphan may be adopted.
            for key in self.selecting(informers, namespace, &pod.metadata.labels) {
                self.rosters.forget(&key);
            }
        }
        if old.is_some_and(|old| old.metadata.labels != pod.metadata.labels)
            && let Some(key) = counted
        {
            self.rosters.forget(&key);
        }
    }

    fn observe_pod(&mut self, kernel: &mut Kernel, informers: &Informers, pod: &Pod, change: &Change<'_>) {
        let namespace = &pod.metadata.namespace;
        let old = change.old.and_then(Pod::of);
        let labels_changed = old.is_none_or(|old| old.metadata.labels != pod.metadata.labels);
        if change.op == Op::Deleted || pod.metadata.deletion_timestamp.is_some() {
            // The deletion's time counts as the end: the replacement is not to wait for the kubelet.
            self.pod_deleted(kernel, informers, pod);
            if let Some(old) = old.filter(|_| labels_changed && change.op != Op::Deleted) {
                self.pod_deleted(kernel, informers, old);
            }
            return;
        }
        let owner = controller_of(&pod.metadata);
        let old_owner = old.and_then(|old| controller_of(&old.metadata));
        let owner_changed = owner != old_owner;
        if let Some(set) =
            old_owner.filter(|_| owner_changed).and_then(|o| self.resolve(informers, namespace, o))
        {
            self.queue.add(kernel, set.key());
        }
        if let Some(owner) = owner {
            let Some(object) = self.resolve(informers, namespace, owner) else { return };
            let key = object.key();
            if old.is_none() {
                self.expectations.creation_observed(&key);
            }
            let becomes_ready = old.is_some_and(|old| !is_pod_ready(old)) && is_pod_ready(pod);
            let min_ready = Set::of(object).map_or(0, |set| set.min_ready_seconds);
            if becomes_ready && min_ready > 0 {
                self.queue.add_after(kernel, key.clone(), SimTime::from_secs(min_ready as u64));
            }
            self.queue.add(kernel, key);
        } else if labels_changed || owner_changed {
            for key in self.selecting(informers, namespace, &pod.metadata.labels) {
                self.queue.add(kernel, key);
            }
        }
    }

    fn pod_deleted(&mut self, kernel: &mut Kernel, informers: &Informers, pod: &Pod) {
        let meta = &pod.metadata;
        let Some(owner) = controller_of(meta) else { return };
        let Some(set) = self.resolve(informers, &meta.namespace, owner) else { return };
        let key = set.key();
        self.expectations.deletion_observed(&key, &ObjectKey::new("Pod", &meta.namespace, &meta.name));
        self.queue.add(kernel, key);
    }

    /// The sets that would adopt an orphan with these labels (`getPodReplicaSets`).
    fn selecting(&self, informers: &Informers, namespace: &str, labels: &Labels) -> Vec<ObjectKey> {
        let sets = informers.of_kind_in(self.kinds[0], namespace);
        let selecting = sets.filter(|object| {
            Set::of(object).is_some_and(|set| !set.selector.is_empty() && set.selector.matches(labels))
        });
        selecting.map(|object| object.key()).collect()
    }

    /// Adopts and releases pods, and says whether all are now plainly the set's own (`claimPods`).
    fn count(
        &mut self,
        kernel: &mut Kernel,
        informers: &Informers,
        object: &Object,
        set: &Set<'_>,
    ) -> Result<(Roster, bool), Refusal> {
        let owned = || informers.controlled_by::<Pod>(&object.meta().uid);
        let orphans = || informers.orphans::<Pod>(&object.meta().namespace);
        let candidates = owned().chain(orphans()).filter(|pod| is_pod_active(pod));
        let active = RefManager::new(object, &set.selector, self.by).claim(kernel, candidates)?;
        let labels = set.template.map(|template| &template.metadata.labels);
        let mine = |pod: &Pod| set.selector.matches(&pod.metadata.labels);
        let leaving = owned().filter(|pod| is_pod_terminating(pod) && mine(pod));
        let mut roster = Roster::default();
        for pod in active.into_iter().chain(leaving) {
            roster.put(pod, labels, &mut self.rosters.nodes);
        }
        Ok((roster, owned().all(mine) && !orphans().any(mine)))
    }

    /// The pods to make or to delete so that there are as many as wanted (`manageReplicas`).
    fn manage_replicas(
        &mut self,
        kernel: &Kernel,
        informers: &Informers,
        object: &Arc<Object>,
        set: &Set<'_>,
        roster: &Roster,
    ) -> Errand {
        let key = object.key();
        let wanted = usize::try_from(set.replicas).unwrap_or(0);
        if roster.active.len() <= wanted {
            let count = (wanted - roster.active.len()).min(BURST_REPLICAS);
            let template = set.template.filter(|_| count > 0);
            if template.is_some() {
                self.expectations.expect(&key, count, [], kernel.now);
            }
            let pods = template.map(|template| pod_from_template(template, object));
            return Errand::new(object, pods.into_iter().flat_map(|pod| iter::repeat_n(pod, count)), []);
        }
        let count = (roster.active.len() - wanted).min(BURST_REPLICAS);
        let doomed = self.pods_to_delete(kernel, informers, object, roster, count);
        let doomed: Vec<ObjectKey> = doomed.into_iter().map(pod_key).collect();
        self.expectations.expect(&key, 0, doomed.iter().cloned(), kernel.now);
        Errand::new(object, [], doomed)
    }

    /// The pods that go when `count` are too many (`getPodsToDelete`).
    fn pods_to_delete<'i>(
        &mut self,
        kernel: &Kernel,
        informers: &'i Informers,
        object: &Object,
        roster: &Roster,
        count: usize,
    ) -> Vec<&'i Pod> {
        let named = |name: &TextKey| informers.find::<Pod>(&object.meta().namespace, name.as_str());
        if count == roster.active.len() {
            return roster.active.keys().filter_map(named).collect();
        }
        let on_node = self.pods_on_nodes(informers, object, roster);
        let colocated = |node: NodeNumber| on_node.get(node as usize).copied().unwrap_or(0);
        let candidates = roster.active.values().map(|replica| Candidate {
            rank: &replica.rank,
            uid: replica.uid.as_bytes(),
            colocated: colocated(replica.node),
        });
        let candidates: Vec<Candidate<'_>> = candidates.collect();
        let names: Vec<&TextKey> = roster.active.keys().collect();
        let now_micros = kernel.config.epoch_micros + kernel.now.0 as i64;
        let first = places_in_order(&candidates, count, now_micros).into_iter();
        first.filter_map(|place| named(names[place])).collect()
    }

    /// How many active pods each node has of all ReplicaSets of the set's Deployment (`getIndirectlyRelatedPods`).
    fn pods_on_nodes(&mut self, informers: &Informers, object: &Object, roster: &Roster) -> Vec<usize> {
        let mut on_node = Vec::new();
        let mut count = |node: NodeNumber| {
            let place = node as usize;
            on_node.resize(on_node.len().max(place + 1), 0);
            on_node[place] += 1;
        };
        let owner = controller_of(object.meta()).filter(|_| object.kind() == ReplicaSet::KIND);
        for set in owner.into_iter().flat_map(|owner| informers.controlled_by::<ReplicaSet>(&owner.uid)) {
            let key = ObjectKey::new(ReplicaSet::KIND, &set.metadata.namespace, &set.metadata.name);
            let itself = Some(roster).filter(|_| set.metadata.uid == object.meta().uid);
            match itself.or_else(|| self.rosters.get(&key)) {
                Some(roster) => roster.active.values().for_each(|replica| count(replica.node)),
                None => {
                    let pods = informers.controlled_by::<Pod>(&set.metadata.uid);
                    pods.filter(|pod| is_pod_active(pod)).for_each(|pod| count(self.rosters.nodes.of(pod)));
                }
            }
        }
        on_node
    }

    /// Compares what is with what should be.
    fn compare(
        &mut self,
        kernel: &Kernel,
        informers: &Informers,
        object: &Arc<Object>,
        set: &Set<'_>,
        roster: &Roster,
    ) -> Sync {
        let needs_sync = self.expectations.satisfied(&object.key(), kernel.now);
        let errand = match needs_sync && object.meta().deletion_timestamp.is_none() {
            true => self.manage_replicas(kernel, informers, object, set, roster),
            false => Errand::new(object, [], []),
        };
        let ready = roster.active.values().filter_map(|replica| replica.rank.ready_since);
        let ready_since = if set.min_ready_seconds > 0 { ready.collect() } else { Vec::new() };
        Sync { object: object.clone(), tally: roster.tally, ready_since, errand }
    }

    /// Makes and deletes pods as far as that is possible now.
    fn run(
        &mut self,
        kernel: &mut Kernel,
        mut sync: Sync,
        step: fn(&mut Errand, &mut Kernel, &mut Hands<'_>) -> Option<Done>,
    ) -> Result<(), Refusal> {
        let mut hands =
            Hands { pods: &mut self.pods, expectations: &mut self.expectations, queue: &mut self.queue };
        match step(&mut sync.errand, kernel, &mut hands) {
            Some(done) => self.finish(kernel, &sync, &done),
            None => {
                self.under_way.insert(sync.object.key(), sync);
                Ok(())
            }
        }
    }

    /// Says what was found, and what came of it.
    fn finish(&mut self, kernel: &mut Kernel, sync: &Sync, done: &Done) -> Result<(), Refusal> {
        let Some(set) = Set::of(&sync.object) else { return Ok(()) };
        let now = kernel.time();
        let ready = || sync.ready_since.iter().copied();
        let min_ready = set.min_ready_seconds;
        let available = match min_ready {
            0 => sync.tally.ready,
            wait => ready().filter(|since| is_long_enough(*since, wait, now)).count() as i32,
        };
        let status = calculate_status(&set, sync.tally, available, done.refused.as_ref(), now);
        let waits = min_ready > 0 && status.ready_replicas != status.available_replicas;
        self.update_status(kernel, &sync.object, &set.status, status)?;
        done.result()?;
        if waits {
            let next = next_availability_check(kernel, ready(), min_ready);
            let wait = next.unwrap_or(SimTime::from_secs(min_ready as u64));
            self.queue.add_after(kernel, sync.object.key(), wait);
        }
        Ok(())
    }

    /// Writes the status unless it says so already (`updateReplicaSetStatus`). No revision is asked for: the real one
    /// reads the object again and tries once more.
    fn update_status(
        &self,
        kernel: &mut Kernel,
        object: &Object,
        before: &ReplicaSetStatus,
        mut status: ReplicaSetStatus,
    ) -> Result<(), Refusal> {
        let generation = object.meta().generation;
        if status == *before && generation == before.observed_generation {
            return Ok(());
        }
        status.observed_generation = generation;
        let mut object = object.clone();
        object.meta_mut().resource_version.clear();
        set_status(&mut object, status);
        kernel.update(object, Subresource::Status, self.by).map(|_| ())
    }
}

impl Controller for ReplicaSetController {
    fn kinds(&self) -> &'static [&'static str] {
        self.kinds
    }

    fn queue(&mut self) -> &mut WorkQueue {
        &mut self.queue
    }

    fn observe(&mut self, kernel: &mut Kernel, informers: &Informers, change: &Change<'_>) {
        if let Object::Pod(pod) = change.object {
            self.call_the_roll(informers, pod, change);
            return self.observe_pod(kernel, informers, pod, change);
        }
        let key = change.object.key();
        let replaced = change.old.is_some_and(|old| old.meta().uid != change.object.meta().uid);
        if change.op == Op::Deleted || replaced {
            self.expectations.forget(&key);
        }
        if change.op == Op::Deleted || change.old.is_none_or(|old| counts_other_pods(old, change.object)) {
            self.rosters.forget(&key);
        }
        self.queue.add(kernel, key);
    }

    fn sync(&mut self, kernel: &mut Kernel, informers: &Informers, key: &ObjectKey) -> Result<(), Refusal> {
        let Some(object) = informers.get(key) else {
            self.expectations.forget(key);
            return Ok(());
        };
        let Some(set) = Set::of(object) else { return Ok(()) };
        let (roster, all_its_own) = match self.rosters.take(key) {
            Some(roster) => (roster, true),
            None => self.count(kernel, informers, object, &set)?,
        };
        let sync = self.compare(kernel, informers, object, &set, &roster);
        if all_its_own {
            self.rosters.set(key, roster);
        }
        self.run(kernel, sync, Errand::begin)
    }

    fn resume(&mut self, kernel: &mut Kernel, _: &Informers, key: &ObjectKey) -> Result<(), Refusal> {
        match self.under_way.remove(key) {
            Some(sync) => self.run(kernel, sync, Errand::resume),
            None => Ok(()),
        }
    }
}

/// Whether a set counts other pods than before, or by other labels.
fn counts_other_pods(old: &Object, new: &Object) -> bool {
    let (Some(before), Some(after)) = (Set::of(old), Set::of(new)) else { return true };
    let labels = |set: &Set<'_>| set.template.map(|template| template.metadata.labels.clone());
    before.selector != after.selector || labels(&before) != labels(&after)
}

/// `replica_set_utils.go calculateStatus`.
fn calculate_status(
    set: &Set<'_>,
    tally: Tally,
    available: i32,
    failure: Option<&Refusal>,
    now: Time,
) -> ReplicaSetStatus {
    let mut conditions = set.status.conditions.clone();
    match failure {
        None => conditions.retain(|condition| condition.type_ != REPLICA_FAILURE),
        Some(_) if conditions.iter().any(|condition| condition.type_ == REPLICA_FAILURE) => {}
        Some(refusal) => {
            let too_few = tally.active < set.replicas;
            conditions.push(ReplicaSetCondition {
                type_: REPLICA_FAILURE.to_string(),
                status: "True".to_string(),
                last_transition_time: Some(now),
                reason: if too_few { "FailedCreate" } else { "FailedDelete" }.to_string(),
                message: refusal.message.clone(),
            });
        }
    }
    ReplicaSetStatus {
        replicas: tally.active,
        fully_labeled_replicas: tally.fully_labeled,
        ready_replicas: tally.ready,
        available_replicas: available,
        terminating_replicas: set.counts_terminating.then_some(tally.terminating),
        observed_generation: set.status.observed_generation,
        conditions,
    }
}

impl<'a> Set<'a> {
    fn of(object: &'a Object) -> Option<Self> {
        match object {
            Object::ReplicaSet(ReplicaSet { spec, status, .. }) => Some(Set {
                replicas: spec.replicas.unwrap_or(1),
                min_ready_seconds: spec.min_ready_seconds,
                selector: Cow::Borrowed(spec.selector.as_ref()?),
                template: Some(&spec.template),
                status: status.clone(),
                counts_terminating: true,
            }),
            Object::ReplicationController(ReplicationController { spec, status, .. }) => Some(Set {
                replicas: spec.replicas.unwrap_or(1),
                min_ready_seconds: spec.min_ready_seconds,
                selector: Cow::Owned(LabelSelector {
                    match_labels: spec.selector.clone(),
                    ..LabelSelector::default()
                }),
                template: spec.template.as_ref(),
                status: common_status(status),
                counts_terminating: false,
            }),
            _ => None,
        }
    }
}

fn common_status(status: &ReplicationControllerStatus) -> ReplicaSetStatus {
    ReplicaSetStatus {
        replicas: status.replicas,
        fully_labeled_replicas: status.fully_labeled_replicas,
        ready_replicas: status.ready_replicas,
        available_replicas: status.available_replicas,
        terminating_replicas: None,
        observed_generation: status.observed_generation,
        conditions: status.conditions.iter().cloned().map(common_condition).collect(),
    }
}

fn common_condition(condition: ReplicationControllerCondition) -> ReplicaSetCondition {
    let ReplicationControllerCondition { type_, status, last_transition_time, reason, message } = condition;
    ReplicaSetCondition { type_, status, last_transition_time, reason, message }
}

fn set_status(object: &mut Object, new: ReplicaSetStatus) {
    match object {
        Object::ReplicaSet(set) => set.status = new,
        Object::ReplicationController(set) => {
            let condition = |condition: ReplicaSetCondition| {
                let ReplicaSetCondition { type_, status, last_transition_time, reason, message } = condition;
                ReplicationControllerCondition { type_, status, last_transition_time, reason, message }
            };
            set.status = ReplicationControllerStatus {
                replicas: new.replicas,
                fully_labeled_replicas: new.fully_labeled_replicas,
                ready_replicas: new.ready_replicas,
                available_replicas: new.available_replicas,
                observed_generation: new.observed_generation,
                conditions: new.conditions.into_iter().map(condition).collect(),
            };
        }
        _ => {}
    }
}
