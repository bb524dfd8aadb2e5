//! What a StatefulSet does next (`pkg/controller/statefulset/stateful_set_control.go`).
//!
//! An `OrderedReady` set takes one step at a time, from the lowest ordinal up, and waits for each pod before it goes on
//! to the next; a `Parallel` one takes all steps that it can. Updates go one pod at a time in both, from the highest
//! ordinal down, and begin only when nothing else is to be done. That is why a set whose first pod never becomes ready
//! does not heal when its template is mended: it waits for that pod, and never comes to replacing it.
//!
//! A `Parallel` set may have many calls to make, which wait for tokens of the client. Its sync gets in line for one call
//! at a time, where the real one does so for a whole batch.

use super::pods::{
    self, identity_matches, is_created, is_in_range, is_running_and_ready, is_terminating, is_unavailable,
    ordinal, revision, start_ordinal, storage_matches,
};
use super::{BY, StatefulSetController, claims};
use crate::api_server::DeleteOptions;
use crate::controllers::pod_control::{is_already_exists, is_not_found};
use crate::controllers::pods::{is_pod_available, pod_key};
use crate::controllers::{Informers, history};
use crate::events::EventType;
use crate::kernel::Kernel;
use alloc::borrow::Cow;
use alloc::format;
use alloc::vec::Vec;
use core::cmp::Reverse;
use lifepod_api::{
    ControllerRevision, Object, Pod, Refusal, Resource, StatefulSet, StatefulSetStatus, Subresource, Time,
};

/// What one sync of a set works with.
struct Update<'a> {
    informers: &'a Informers,
    owner: &'a Object,
    set: &'a StatefulSet,
    now: Time,
    /// Whether it takes one step at a time (`allowsBurst` is the opposite).
    monotonic: bool,
    /// The first of the pods that are not available: the only one that may go before the others are well.
    first_unavailable: Option<&'a str>,
}

/// Whether a sync goes on to the next pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    GoOn,
    Wait,
}

impl StatefulSetController {
    /// Takes the next steps, writes the status, and forgets old revisions (`UpdateStatefulSet`).
    pub(super) fn update_stateful_set(
        &mut self,
        kernel: &mut Kernel,
        informers: &Informers,
        owner: &Object,
        set: &StatefulSet,
        members: &[&Pod],
        revisions: &[ControllerRevision],
    ) -> Result<StatefulSetStatus, Refusal> {
        let (current, update, collisions) = self.revisions(kernel, owner, set, revisions)?;
        let mut status = StatefulSetStatus {
            observed_generation: set.metadata.generation,
            current_revision: current.metadata.name.clone(),
            update_revision: update.metadata.name.clone(),
            collision_count: Some(collisions),
            ..StatefulSetStatus::default()
        };
        let taken = self.take_steps(kernel, informers, owner, set, members, &current, &update, &mut status);
        if self.queue.waits_for_turn(&owner.key()) {
            return taken.map(|()| status);
        }
        complete_rolling_update(set, &mut status);
        let written = self.write_status(kernel, owner, set, &status);
        let live = |candidate: &ControllerRevision| {
            let name = &candidate.metadata.name;
            *name == current.metadata.name
                || *name == update.metadata.name
                || members.iter().any(|pod| revision(pod) == name)
        };
        let truncated = history::truncate(kernel, revisions, set.spec.revision_history_limit, live, BY);
        taken.and(written).and(truncated).map(|()| status)
    }

    /// The revision that the set was at, and the one that its template asks for, which is stored if it is new
    /// (`getStatefulSetRevisions`).
    fn revisions(
        &mut self,
        kernel: &mut Kernel,
        owner: &Object,
        set: &StatefulSet,
        revisions: &[ControllerRevision],
    ) -> Result<(ControllerRevision, ControllerRevision, i32), Refusal> {
        let mut collisions = set.status.collision_count.unwrap_or(0);
        let next = history::next_revision(revisions);
        let template = &set.spec.template;
        let data = history::patch_of(template);
        let update = match revisions.iter().rev().find(|revision| revision.data == data) {
            Some(equal) if revisions.last() == Some(equal) => equal.clone(),
            // The template of an earlier time: a rollback.
            Some(equal) => history::renumber(kernel, equal, next, BY)?,
            None => {
                let labels = &template.metadata.labels;
                let new = history::new(owner, labels, data, next);
                let new = history::named(new, &set.metadata.name, collisions);
                let stored = history::create(kernel, owner, new, &mut collisions, BY)?;
                self.consistency.wrote(&owner.key(), &stored);
                ControllerRevision::of(&stored).cloned().unwrap_or_default()
            }
        };
        let current = revisions.iter().find(|revision| revision.metadata.name == set.status.current_revision);
        Ok((current.unwrap_or(&update).clone(), update, collisions))
    }

    /// `updateStatefulSet`.
    #[allow(clippy::too_many_arguments)]
    fn take_steps<'a>(
        &mut self,
        kernel: &mut Kernel,
        informers: &'a Informers,
        owner: &'a Object,
        set: &'a StatefulSet,
        members: &[&'a Pod],
        current: &ControllerRevision,
        update: &ControllerRevision,
        status: &mut StatefulSetStatus,
    ) -> Result<(), Refusal> {
        let now = kernel.time();
        count(status, set, members.iter().copied(), now);
        let placed: Vec<(i32, &Pod)> = members.iter().filter_map(|pod| Some((ordinal(pod)?, *pod))).collect();
        let start = start_ordinal(set);
        let end = start.saturating_add(pods::replicas(set));
        let mut replicas: Vec<Option<Cow<'a, Pod>>> = (start..end).map(|_| None).collect();
        let mut condemned: Vec<(i32, &Pod)> = Vec::new();
        for (ordinal, pod) in placed {
            match is_in_range(set, ordinal) {
                true => replicas[(ordinal - start) as usize] = Some(Cow::Borrowed(pod)),
                false => condemned.push((ordinal, pod)),
            }
        }
        condemned.sort_by_key(|(ordinal, _)| Reverse(*ordinal));
        let condemned: Vec<&Pod> = condemned.into_iter().map(|(_, pod)| pod).collect();
        let missing = |ordinal| Cow::Owned(pods::new_pod(owner, set, current, update, ordinal));
        let replicas: Vec<Cow<'a, Pod>> = (start..end)
            .zip(replicas)
            .map(|(ordinal, pod)| pod.unwrap_or_else(|| missing(ordinal)))
            .collect();
        if set.metadata.deletion_timestamp.is_some() {
            return Ok(());
        }
        let all = || replicas.iter().map(|pod| &**pod).chain(condemned.iter().rev().copied());
        let first_unavailable =
            all().find(|pod| is_unavailable(set, pod, now)).map(|pod| pod.metadata.name.clone());
        let work = Update {
            informers,
            owner,
            set,
            now,
            monotonic: set.spec.pod_management_policy != "Parallel",
            first_unavailable: first_unavailable.as_deref(),
        };
        let result = self.scale(kernel, &work, &replicas, &condemned);
        count(status, set, all(), now);
        let waits = result? == Step::Wait || self.queue.waits_for_turn(&owner.key());
        if waits || set.spec.update_strategy.type_ == "OnDelete" {
            return Ok(());
        }
        self.roll(kernel, &work, &replicas, update, status)
    }

    /// Makes the pods that are missing and deletes those that are too many.
    fn scale(
        &mut self,
        kernel: &mut Kernel,
        work: &Update<'_>,
        replicas: &[Cow<'_, Pod>],
        condemned: &[&Pod],
    ) -> Result<Step, Refusal> {
        let made = run_for_all(kernel, replicas, work.monotonic, |kernel, pod| {
            self.process_replica(kernel, work, pod)
        })?;
        if made == Step::Wait {
            return Ok(Step::Wait);
        }
        run_for_all(kernel, condemned, work.monotonic, |kernel, pod| {
            if !claims::match_retention_policy(work.informers, work.set, pod) {
                self.update_claim_owners(kernel, work.informers, work.owner, work.set, pod)?;
            }
            Ok(Step::GoOn)
        })?;
        run_for_all(kernel, condemned, work.monotonic, |kernel, pod| {
            self.process_condemned(kernel, work, pod)
        })
    }

    /// Sees to a pod that the set wants: makes it, replaces it, or waits for it (`processReplica`).
    fn process_replica(
        &mut self,
        kernel: &mut Kernel,
        work: &Update<'_>,
        pod: &Pod,
    ) -> Result<Step, Refusal> {
        let Update { informers, owner, set, .. } = *work;
        if matches!(pod.status.phase.as_str(), "Failed" | "Succeeded") {
            // However it ended. Its successor is made when its name is free.
            if !is_terminating(pod) && self.may_call(kernel, work) {
                self.delete_pod(kernel, owner, pod)?;
            }
            return Ok(Step::Wait);
        }
        if !is_created(pod) {
            if claims::is_stale(informers, set, pod) {
                return Ok(Step::Wait);
            }
            if !self.may_call(kernel, work) {
                return Ok(Step::Wait);
            }
            self.create_pod(kernel, work, pod)?;
            if work.monotonic {
                return Ok(Step::Wait);
            }
        }
        if pod.status.phase == "Pending" {
            self.create_claims(kernel, informers, owner, set, pod)?;
            let updated = self.update_claim_owners(kernel, informers, owner, set, pod);
            self.tell_refusal(kernel, owner, "Update", pod, updated)?;
        }
        let well = !is_terminating(pod)
            && is_running_and_ready(pod)
            && is_pod_available(pod, set.spec.min_ready_seconds, work.now);
        if !well && work.monotonic {
            return Ok(Step::Wait);
        }
        // A pod that was made just now is right, and its claims are not known yet.
        if is_created(pod) {
            self.enforce_invariants(kernel, work, pod)?;
        }
        Ok(Step::GoOn)
    }

    /// Whether a pod may be made or deleted now; if not, the sync gets in line. One that takes one step at a time was in
    /// line before it began.
    fn may_call(&mut self, kernel: &mut Kernel, work: &Update<'_>) -> bool {
        let key = work.owner.key();
        if self.queue.waits_for_turn(&key) {
            return false;
        }
        let may = work.monotonic || core::mem::take(&mut self.has_token) || self.pods.is_free(kernel);
        if !may {
            self.queue.wait_for_turns(kernel, &key, 1);
        }
        may
    }

    /// `CreateStatefulPod`.
    fn create_pod(&mut self, kernel: &mut Kernel, work: &Update<'_>, pod: &Pod) -> Result<(), Refusal> {
        let Update { informers, owner, set, .. } = *work;
        let claimed = self.create_claims(kernel, informers, owner, set, pod);
        self.tell_refusal(kernel, owner, "Create", pod, claimed)?;
        match kernel.create(Object::Pod(pod.clone()), BY) {
            Ok(stored) => {
                self.consistency.wrote(&owner.key(), &stored);
                self.tell(kernel, owner, "Create", pod, None);
                Ok(())
            }
            Err(refusal) if is_already_exists(&refusal) => Err(refusal),
            Err(refusal) => {
                self.tell(kernel, owner, "Create", pod, Some(&refusal));
                Err(refusal)
            }
        }
    }

    /// Puts back the labels and the claims' owners that somebody took away (`UpdateStatefulPod`).
    fn enforce_invariants(
        &mut self,
        kernel: &mut Kernel,
        work: &Update<'_>,
        pod: &Pod,
    ) -> Result<(), Refusal> {
        let Update { informers, owner, set, .. } = *work;
        let claims_match = claims::match_retention_policy(informers, set, pod);
        let (identity, storage) = (identity_matches(set, pod), storage_matches(set, pod));
        if identity && storage && claims_match {
            return Ok(());
        }
        let mut pod = pod.clone();
        if !identity {
            pods::update_identity(&mut pod);
        }
        if !storage {
            pods::update_storage(set, &mut pod);
            let claimed = self.create_claims(kernel, informers, owner, set, &pod);
            self.tell_refusal(kernel, owner, "Update", &pod, claimed)?;
        }
        if !claims_match {
            let updated = self.update_claim_owners(kernel, informers, owner, set, &pod);
            self.tell_refusal(kernel, owner, "Update", &pod, updated)?;
        }
        let result = kernel.update(Object::Pod(pod.clone()), Subresource::Main, BY);
        if let Ok(stored) = &result {
            self.consistency.wrote(&owner.key(), stored);
        }
        self.tell(kernel, owner, "Update", &pod, result.as_ref().err());
        result.map(|_| ())
    }

    /// Sees to a pod that the set does not want any more: deletes it when those above it are gone and the others are
    /// well, unless it is itself the first that is not (`processCondemned`).
    fn process_condemned(
        &mut self,
        kernel: &mut Kernel,
        work: &Update<'_>,
        pod: &Pod,
    ) -> Result<Step, Refusal> {
        if is_terminating(pod) {
            return Ok(if work.monotonic { Step::Wait } else { Step::GoOn });
        }
        let well =
            is_running_and_ready(pod) && is_pod_available(pod, work.set.spec.min_ready_seconds, work.now);
        let first = work.first_unavailable == Some(pod.metadata.name.as_str());
        if (well || first || !work.monotonic) && self.may_call(kernel, work) {
            self.delete_pod(kernel, work.owner, pod)?;
        }
        Ok(Step::Wait)
    }

    /// Replaces the highest pod that is of another revision, if those above it are well.
    fn roll(
        &mut self,
        kernel: &mut Kernel,
        work: &Update<'_>,
        replicas: &[Cow<'_, Pod>],
        update: &ControllerRevision,
        status: &mut StatefulSetStatus,
    ) -> Result<(), Refusal> {
        let rolling = work.set.spec.update_strategy.rolling_update.as_ref();
        let partition = rolling.and_then(|rolling| rolling.partition).unwrap_or(0);
        let first = usize::try_from(partition).unwrap_or(0).min(replicas.len());
        for pod in replicas[first..].iter().rev() {
            if revision(pod) != update.metadata.name && !is_terminating(pod) {
                self.delete_pod(kernel, work.owner, pod)?;
                status.current_replicas -= 1;
                return Ok(());
            }
            if is_unavailable(work.set, pod, work.now) {
                return Ok(());
            }
        }
        Ok(())
    }

    /// `DeleteStatefulPod`.
    fn delete_pod(&mut self, kernel: &mut Kernel, owner: &Object, pod: &Pod) -> Result<(), Refusal> {
        let key = pod_key(pod);
        match kernel.delete(&key, &DeleteOptions::default(), BY) {
            Err(refusal) if !is_not_found(&refusal) => {
                self.tell(kernel, owner, "Delete", pod, Some(&refusal));
                Err(refusal)
            }
            _ => {
                if let Some(stored) = kernel.store.get(&key) {
                    self.consistency.wrote(&owner.key(), stored);
                }
                self.tell(kernel, owner, "Delete", pod, None);
                Ok(())
            }
        }
    }

    fn tell_refusal(
        &mut self,
        kernel: &mut Kernel,
        owner: &Object,
        verb: &str,
        pod: &Pod,
        result: Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        if let Err(refusal) = &result {
            self.tell(kernel, owner, verb, pod, Some(refusal));
        }
        result
    }

    /// `recordPodEvent`.
    fn tell(
        &mut self,
        kernel: &mut Kernel,
        owner: &Object,
        verb: &str,
        pod: &Pod,
        refusal: Option<&Refusal>,
    ) {
        let what = format!("{verb} Pod {} in StatefulSet {}", pod.metadata.name, owner.meta().name);
        match refusal {
            None => {
                let (reason, message) = (format!("Successful{verb}"), format!("{what} successful"));
                self.pods.event(kernel, owner, EventType::Normal, &reason, &message);
            }
            Some(refusal) => {
                let message = format!("{what} failed error: {}", refusal.message);
                self.pods.event(kernel, owner, EventType::Warning, &format!("Failed{verb}"), &message);
            }
        }
    }

    /// Writes the status if it says something new. The real one tries again with the newest revision when it is
    /// refused, so none is asked for (`updateStatefulSetStatus`).
    fn write_status(
        &mut self,
        kernel: &mut Kernel,
        owner: &Object,
        set: &StatefulSet,
        status: &StatefulSetStatus,
    ) -> Result<(), Refusal> {
        let old = &set.status;
        // All but the collisions.
        let same = StatefulSetStatus { collision_count: old.collision_count, ..status.clone() } == *old;
        if same {
            return Ok(());
        }
        let mut set = set.clone();
        set.metadata.resource_version.clear();
        set.status = status.clone();
        let stored = kernel.update(Object::StatefulSet(set), Subresource::Status, BY)?;
        self.consistency.wrote(&owner.key(), &stored);
        Ok(())
    }
}

/// One by one until one waits, or all of them in growing batches, whatever they say (`runForAll`). What is done in one
/// batch is done at once: which comes first is up to chance.
fn run_for_all<T>(
    kernel: &mut Kernel,
    pods: &[T],
    monotonic: bool,
    mut run: impl FnMut(&mut Kernel, &Pod) -> Result<Step, Refusal>,
) -> Result<Step, Refusal>
where
    T: core::ops::Deref<Target = Pod>,
{
    if monotonic {
        for pod in pods {
            if run(kernel, pod)? == Step::Wait {
                return Ok(Step::Wait);
            }
        }
        return Ok(Step::GoOn);
    }
    let (mut rest, mut size) = (pods, 1);
    while !rest.is_empty() {
        let (batch, others) = rest.split_at(size.min(rest.len()));
        let mut refused = Ok(());
        for pod in kernel.in_any_order(batch.iter().collect()) {
            refused = refused.and(run(kernel, pod).map(|_| ()));
        }
        refused?;
        (rest, size) = (others, 2 * size);
    }
    Ok(Step::GoOn)
}

/// Counts the pods by what state they are in (`updateStatus`).
fn count<'a>(
    status: &mut StatefulSetStatus,
    set: &StatefulSet,
    pods: impl Iterator<Item = &'a Pod>,
    now: Time,
) {
    let (mut replicas, mut ready, mut available, mut current, mut updated) = (0, 0, 0, 0, 0);
    for pod in pods.filter(|pod| is_created(pod)) {
        replicas += 1;
        if is_running_and_ready(pod) {
            ready += 1;
            available += i32::from(is_pod_available(pod, set.spec.min_ready_seconds, now));
        }
        if !is_terminating(pod) {
            current += i32::from(revision(pod) == status.current_revision);
            updated += i32::from(revision(pod) == status.update_revision);
        }
    }
    status.replicas = replicas;
    status.ready_replicas = ready;
    status.available_replicas = available;
    status.current_replicas = current;
    status.updated_replicas = updated;
}

/// When all pods are of the new revision and ready, it becomes the current one (`completeRollingUpdate`).
fn complete_rolling_update(set: &StatefulSet, status: &mut StatefulSetStatus) {
    let replicas = pods::replicas(set);
    if set.spec.update_strategy.type_ == "RollingUpdate"
        && status.updated_replicas == replicas
        && status.ready_replicas == replicas
        && status.replicas == replicas
    {
        status.current_replicas = status.updated_replicas;
        status.current_revision.clone_from(&status.update_revision);
    }
}
