//! The ways from one template to the next, and scaling on the way
//! (`pkg/controller/deployment/{rolling,recreate}.go`, `sync.go scale`).

use super::annotations::{desired_replicas, max_replicas};
use super::math::Proportion;
use super::{Sets, Sync, replicas};
use alloc::borrow::Cow;
use alloc::vec::Vec;
use lifepod_api::{Pod, Refusal, ReplicaSet, is_pod_phase_terminal};

impl<'a> Sync<'a> {
    /// `rolloutRolling`.
    pub(super) fn rollout_rolling(&mut self) -> Result<(), Refusal> {
        let sets = self.sets_and_revision(true)?;
        if self.reconcile_new(&sets)? || self.reconcile_old(&sets) {
            return self.sync_rollout_status(&sets);
        }
        if self.is_complete(&self.d.status) {
            self.cleanup(&sets)?;
        }
        self.sync_rollout_status(&sets)
    }

    /// Lets the new ReplicaSet grow as far as the surge allows (`reconcileNewReplicaSet`).
    fn reconcile_new(&mut self, sets: &Sets<'a>) -> Result<bool, Refusal> {
        let Some(new) = &sets.new else { return Ok(false) };
        let (size, desired) = (replicas(new), self.desired());
        let wanted = match size >= desired {
            true => desired,
            false => self.fenceposts.new_replicas(desired, size, sets.replicas()),
        };
        self.scale_set(&mut new.clone(), wanted, false)
    }

    /// Lets the old ReplicaSets shrink as far as availability allows: first by replicas that are not available anyway,
    /// then by others. An error here is left to the next look (`reconcileOldReplicaSets`).
    fn reconcile_old(&mut self, sets: &Sets<'a>) -> bool {
        let Some(new) = &sets.new else { return false };
        let mut old: Vec<_> = sets.old.iter().filter(|set| replicas(set) > 0).cloned().collect();
        let new_unavailable = replicas(new) - new.status.available_replicas;
        let most = sets.replicas() - self.min_available() - new_unavailable;
        if old.is_empty() || most <= 0 {
            return false;
        }
        let Some(cleaned) = self.cleanup_unhealthy(&mut old, most) else { return false };
        let available = old.iter().chain([new]).map(|set| set.status.available_replicas).sum();
        let Some(scaled) = self.scale_down_old(&mut old, available) else { return false };
        cleaned + scaled > 0
    }

    /// How many replicas went; none when that did not work out (`cleanupUnhealthyReplicas`).
    fn cleanup_unhealthy(&mut self, old: &mut [Cow<'a, ReplicaSet>], most: i32) -> Option<i32> {
        let mut total = 0;
        for set in old {
            let unhealthy = replicas(set) - set.status.available_replicas;
            if total >= most || unhealthy == 0 {
                continue;
            }
            if unhealthy < 0 {
                // Its controller has not yet followed the last scaling.
                return None;
            }
            let count = unhealthy.min(most - total);
            let size = replicas(set) - count;
            self.scale_set(set, size, false).ok()?;
            total += count;
        }
        Some(total)
    }

    /// `scaleDownOldReplicaSetsForRollingUpdate`.
    fn scale_down_old(&mut self, old: &mut [Cow<'a, ReplicaSet>], available: i32) -> Option<i32> {
        let most = available - self.min_available();
        let mut total = 0;
        for set in old {
            let count = replicas(set).min(most - total);
            if count > 0 {
                let size = replicas(set) - count;
                self.scale_set(set, size, false).ok()?;
                total += count;
            }
        }
        Some(total)
    }

    /// `rolloutRecreate`.
    pub(super) fn rollout_recreate(&mut self) -> Result<(), Refusal> {
        let mut sets = self.sets_and_revision(false)?;
        let mut scaled = false;
        for set in &sets.old {
            scaled |= self.scale_set(&mut set.clone(), 0, false)?;
        }
        if scaled || self.old_pods_running(&sets) {
            return self.sync_rollout_status(&sets);
        }
        if sets.new.is_none() {
            sets = self.sets_and_revision(true)?;
        }
        if let Some(new) = &sets.new {
            self.scale_set(&mut new.clone(), self.desired(), false)?;
        }
        if self.is_complete(&self.d.status) {
            self.cleanup(&sets)?;
        }
        self.sync_rollout_status(&sets)
    }

    /// Whether a pod of an old ReplicaSet has not ended; one that is being deleted counts (`oldPodsRunning`).
    fn old_pods_running(&self, sets: &Sets<'a>) -> bool {
        sets.old.iter().map(|set| set.status.replicas).sum::<i32>() > 0
            || sets.old.iter().any(|set| {
                let mut pods = self.informers.controlled_by::<Pod>(&set.metadata.uid);
                pods.any(|pod| !is_pod_phase_terminal(&pod.status.phase))
            })
    }

    /// Whether `spec.replicas` is not what some ReplicaSet was last sized for (`isScalingEvent`).
    pub(super) fn is_scaling_event(&mut self) -> Result<bool, Refusal> {
        let sets = self.sets_and_revision(false)?;
        let mut active = sets.all().filter(|set| replicas(set) > 0);
        Ok(active.any(|set| desired_replicas(set).is_some_and(|desired| desired != self.desired())))
    }

    /// Scaling, and all that a paused Deployment does (`sync`).
    pub(super) fn sync_scale(&mut self) -> Result<(), Refusal> {
        let sets = self.sets_and_revision(false)?;
        self.scale(&sets)?;
        if self.d.spec.paused {
            self.cleanup(&sets)?;
        }
        self.sync_status(&sets)
    }

    fn scale(&mut self, sets: &Sets<'a>) -> Result<(), Refusal> {
        let mut active: Vec<_> = sets.all().filter(|set| replicas(set) > 0).cloned().collect();
        if active.len() <= 1 {
            // The only one with pods, else the newest (`FindActiveOrLatest`).
            let only = active.pop().or_else(|| sets.new.clone()).or_else(|| sets.old.last().cloned());
            let Some(mut only) = only else { return Ok(()) };
            return self.scale_set(&mut only, self.desired(), false).map(|_| ());
        }
        if self.is_saturated(sets.new.as_deref()) {
            for set in sets.old.iter().filter(|set| replicas(set) > 0) {
                self.scale_set(&mut set.clone(), 0, false)?;
            }
            return Ok(());
        }
        if self.d.spec.strategy.type_ == "RollingUpdate" {
            self.scale_proportionally(active)?;
        }
        Ok(())
    }

    /// Whether the new ReplicaSet has all replicas and all are available (`IsSaturated`).
    fn is_saturated(&self, new: Option<&ReplicaSet>) -> bool {
        new.is_some_and(|new| {
            let desired = self.desired();
            replicas(new) == desired
                && desired_replicas(new) == Some(desired)
                && new.status.available_replicas == desired
        })
    }

    /// Gives each ReplicaSet its share of the replicas that come or go, the largest first, which also gets what
    /// rounding leaves.
    fn scale_proportionally(&mut self, mut active: Vec<Cow<'a, ReplicaSet>>) -> Result<(), Refusal> {
        let max = if self.desired() > 0 { self.max_pods() } else { 0 };
        let to_add = max - active.iter().map(|set| replicas(set)).sum::<i32>();
        // Of equal ones the newer grows first, and the older shrinks first (`ReplicaSetsBySizeNewer`, `…Older`).
        active.sort_by(|a, b| {
            let age = |set: &ReplicaSet| (set.metadata.creation_timestamp, set.metadata.name.clone());
            let older = age(a).cmp(&age(b));
            replicas(b).cmp(&replicas(a)).then(if to_add > 0 { older.reverse() } else { older })
        });
        let mut added = 0;
        let mut sizes = Vec::new();
        for set in &active {
            let proportion = Proportion {
                desired: self.desired(),
                max: self.max_pods(),
                max_before: max_replicas(set).filter(|max| *max > 0).unwrap_or(self.d.status.replicas),
                to_add,
                added,
            };
            let share = proportion.of(replicas(set));
            added += share;
            sizes.push(replicas(set) + share);
        }
        if let Some(largest) = sizes.first_mut() {
            *largest = (*largest + to_add - added).max(0);
        }
        for (set, size) in active.iter_mut().zip(sizes) {
            self.scale_set(set, size, true)?;
        }
        Ok(())
    }
}
