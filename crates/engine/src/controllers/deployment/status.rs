//! What a Deployment says of itself: counts, availability, progress
//! (`pkg/controller/deployment/{sync,progress}.go`).

use super::{BY, Sets, Sync};
use alloc::format;
use alloc::string::{String, ToString};
use lifepod_api::{
    DeploymentCondition, DeploymentStatus, Object, Refusal, ReplicaSet, ReplicaSetCondition, SimTime,
    Subresource, Time,
};

const AVAILABLE: &str = "Available";
const PROGRESSING: &str = "Progressing";
const REPLICA_FAILURE: &str = "ReplicaFailure";
const TIMED_OUT: &str = "ProgressDeadlineExceeded";
const NEW_AVAILABLE: &str = "NewReplicaSetAvailable";
const PAUSED: &str = "DeploymentPaused";

/// A condition that begins now (`NewDeploymentCondition`).
pub(super) fn condition(
    type_: &str,
    status: &str,
    reason: &str,
    message: String,
    now: Time,
) -> DeploymentCondition {
    DeploymentCondition {
        type_: type_.to_string(),
        status: status.to_string(),
        last_update_time: Some(now),
        last_transition_time: Some(now),
        reason: reason.to_string(),
        message,
    }
}

/// `GetDeploymentCondition`.
pub(super) fn condition_of<'s>(status: &'s DeploymentStatus, type_: &str) -> Option<&'s DeploymentCondition> {
    status.conditions.iter().find(|condition| condition.type_ == type_)
}

/// Takes the condition over unless it says what was said before (`SetDeploymentCondition`).
pub(super) fn set_condition(status: &mut DeploymentStatus, mut new: DeploymentCondition) {
    if let Some(old) = condition_of(status, &new.type_).filter(|old| old.status == new.status) {
        if old.reason == new.reason {
            return;
        }
        new.last_transition_time = old.last_transition_time;
    }
    remove_condition(status, &new.type_);
    status.conditions.push(new);
}

fn remove_condition(status: &mut DeploymentStatus, type_: &str) {
    status.conditions.retain(|condition| condition.type_ != type_);
}

impl<'a> Sync<'a> {
    /// The seconds without progress after which a rollout counts as stuck (`HasProgressDeadline`).
    pub(super) fn progress_deadline(&self) -> Option<i64> {
        self.d.spec.progress_deadline_seconds.filter(|seconds| *seconds != i32::MAX).map(i64::from)
    }

    /// Writes the status, and with it the revision.
    pub(super) fn write_status(&mut self) -> Result<(), Refusal> {
        self.kernel.update(Object::Deployment(self.d.clone()), Subresource::Status, BY).map(|_| ())
    }

    fn write(&mut self, status: DeploymentStatus) -> Result<(), Refusal> {
        self.d.status = status;
        self.write_status()
    }

    /// Pausing stops the clock of progress, resuming starts it anew (`checkPausedConditions`).
    pub(super) fn check_paused(&mut self) -> Result<(), Refusal> {
        let reason = condition_of(&self.d.status, PROGRESSING).map(|condition| condition.reason.as_str());
        if self.progress_deadline().is_none() || reason == Some(TIMED_OUT) {
            return Ok(());
        }
        let (reason, message) = match (self.d.spec.paused, reason == Some(PAUSED)) {
            (true, false) => (PAUSED, "Deployment is paused"),
            (false, true) => ("DeploymentResumed", "Deployment is resumed"),
            _ => return Ok(()),
        };
        let unknown = condition(PROGRESSING, "Unknown", reason, message.to_string(), self.kernel.time());
        set_condition(&mut self.d.status, unknown);
        self.write_status()
    }

    /// Whether the rollout is over (`DeploymentComplete`).
    pub(super) fn is_complete(&self, status: &DeploymentStatus) -> bool {
        let desired = self.desired();
        status.updated_replicas == desired
            && status.replicas == desired
            && status.available_replicas == desired
            && status.observed_generation >= self.d.metadata.generation
    }

    /// `calculateStatus`.
    fn calculate_status(&self, sets: &Sets<'a>) -> DeploymentStatus {
        let sum = |of: fn(&ReplicaSet) -> i32| sets.all().map(|set| of(set)).sum::<i32>();
        let available = sum(|set| set.status.available_replicas);
        // A ReplicaSet that its controller has not looked at yet has none.
        let terminating = sets
            .all()
            .filter(|set| set.status.observed_generation != 0 || set.status.terminating_replicas.is_some());
        let mut status = DeploymentStatus {
            observed_generation: self.d.metadata.generation,
            replicas: sum(|set| set.status.replicas),
            updated_replicas: sets.new.as_ref().map_or(0, |new| new.status.replicas),
            ready_replicas: sum(|set| set.status.ready_replicas),
            available_replicas: available,
            unavailable_replicas: (sets.replicas() - available).max(0),
            terminating_replicas: terminating.map(|set| set.status.terminating_replicas).sum(),
            conditions: self.d.status.conditions.clone(),
            collision_count: self.d.status.collision_count,
        };
        let (holds, reason, message) = match available >= self.min_available() {
            true => ("True", "MinimumReplicasAvailable", "Deployment has minimum availability."),
            false => {
                ("False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
            }
        };
        let now = self.kernel.time();
        set_condition(&mut status, condition(AVAILABLE, holds, reason, message.to_string(), now));
        status
    }

    /// Counts and availability only (`syncDeploymentStatus`).
    pub(super) fn sync_status(&mut self, sets: &Sets<'a>) -> Result<(), Refusal> {
        let status = self.calculate_status(sets);
        if status == self.d.status { Ok(()) } else { self.write(status) }
    }

    /// The same, and progress (`syncRolloutStatus`).
    pub(super) fn sync_rollout_status(&mut self, sets: &Sets<'a>) -> Result<(), Refusal> {
        let mut status = self.calculate_status(sets);
        let deadline = self.progress_deadline();
        if deadline.is_none() {
            remove_condition(&mut status, PROGRESSING);
        }
        let current = condition_of(&self.d.status, PROGRESSING).cloned();
        let was_complete = status.replicas == status.updated_replicas
            && current.as_ref().is_some_and(|current| current.reason == NEW_AVAILABLE);
        if let Some(deadline) = deadline.filter(|_| !was_complete) {
            self.note_progress(&mut status, sets, current.as_ref(), deadline);
        }
        match replica_failure(sets) {
            Some(failure) => set_condition(&mut status, failure),
            None => remove_condition(&mut status, REPLICA_FAILURE),
        }
        if status == self.d.status {
            self.requeue_stuck();
            return Ok(());
        }
        self.write(status)
    }

    fn note_progress(
        &self,
        status: &mut DeploymentStatus,
        sets: &Sets<'a>,
        current: Option<&DeploymentCondition>,
        deadline: i64,
    ) {
        let subject = match &sets.new {
            Some(new) => format!("ReplicaSet \"{}\"", new.metadata.name),
            None => format!("Deployment \"{}\"", self.d.metadata.name),
        };
        let now = self.kernel.time();
        if self.is_complete(status) {
            let message = format!("{subject} has successfully progressed.");
            set_condition(status, condition(PROGRESSING, "True", NEW_AVAILABLE, message, now));
        } else if has_progressed(&self.d.status, status) {
            let message = format!("{subject} is progressing.");
            let mut progress = condition(PROGRESSING, "True", "ReplicaSetUpdated", message, now);
            // Each progress starts the deadline anew, also where the condition says what it said before.
            if let Some(current) = current {
                if current.status == "True" {
                    progress.last_transition_time = current.last_transition_time;
                }
                remove_condition(status, PROGRESSING);
            }
            set_condition(status, progress);
        } else if self.has_timed_out(status, deadline) {
            let message = format!("{subject} has timed out progressing.");
            set_condition(status, condition(PROGRESSING, "False", TIMED_OUT, message, now));
        }
    }

    /// `DeploymentTimedOut`.
    fn has_timed_out(&self, status: &DeploymentStatus, deadline: i64) -> bool {
        let Some(condition) = condition_of(status, PROGRESSING) else { return false };
        match condition.reason.as_str() {
            NEW_AVAILABLE => false,
            TIMED_OUT => true,
            _ => self.until_deadline(condition, deadline) == SimTime::ZERO,
        }
    }

    fn until_deadline(&self, condition: &DeploymentCondition, deadline: i64) -> SimTime {
        let updated = condition.last_update_time.unwrap_or_default();
        self.kernel.until(Time(updated.0.saturating_add(deadline)))
    }

    /// Looks again a second after the deadline (`requeueStuckDeployment`).
    fn requeue_stuck(&mut self) {
        let Some(deadline) = self.progress_deadline() else { return };
        let Some(current) = condition_of(&self.d.status, PROGRESSING) else { return };
        if self.is_complete(&self.d.status) || current.reason == TIMED_OUT {
            return;
        }
        const SECOND: SimTime = SimTime::from_secs(1);
        let left = self.until_deadline(current, deadline);
        let key = Object::from(self.d.clone()).key();
        match left < SECOND {
            true => self.controller.queue.add_rate_limited(self.kernel, key),
            false => self.controller.queue.add_after(self.kernel, key, left + SECOND),
        }
    }
}

/// `DeploymentProgressing`.
fn has_progressed(old: &DeploymentStatus, new: &DeploymentStatus) -> bool {
    let outdated = |status: &DeploymentStatus| status.replicas - status.updated_replicas;
    new.updated_replicas > old.updated_replicas
        || outdated(new) < outdated(old)
        || new.ready_replicas > old.ready_replicas
        || new.available_replicas > old.available_replicas
}

/// Why a ReplicaSet has not the pods it should have, the new one's reason first (`getReplicaFailures`).
fn replica_failure(sets: &Sets<'_>) -> Option<DeploymentCondition> {
    let failures = sets.new.iter().chain(&sets.old).flat_map(|set| &set.status.conditions);
    let failure: &ReplicaSetCondition = { failures }.find(|condition| condition.type_ == REPLICA_FAILURE)?;
    Some(DeploymentCondition {
        last_update_time: failure.last_transition_time,
        last_transition_time: failure.last_transition_time,
        ..condition(
            REPLICA_FAILURE,
            &failure.status,
            &failure.reason,
            failure.message.clone(),
            Time::default(),
        )
    })
}
