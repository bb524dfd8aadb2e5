//! The arithmetic of rollouts, free of any object (`pkg/controller/deployment/util/deployment_util.go`).

use lifepod_api::IntOrString;

/// How many pods a rollout may have too many, and how many it may lack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fenceposts {
    /// `maxSurge`, rounded up.
    pub surge: i32,
    /// `maxUnavailable`, rounded down; 1 where both would be 0, as nothing could move then.
    pub unavailable: i32,
}

/// Resolves `maxSurge` and `maxUnavailable` for `desired` replicas (`ResolveFenceposts`).
pub fn resolve_fenceposts(
    max_surge: Option<&IntOrString>,
    max_unavailable: Option<&IntOrString>,
    desired: i32,
) -> Fenceposts {
    let scaled = |value: Option<&IntOrString>, round_up| {
        // Validation has refused what is no number.
        value.and_then(|value| value.scaled(desired, round_up)).unwrap_or(0)
    };
    let (surge, unavailable) = (scaled(max_surge, true), scaled(max_unavailable, false));
    Fenceposts { surge, unavailable: if surge == 0 && unavailable == 0 { 1 } else { unavailable } }
}

impl Fenceposts {
    /// The most pods that may lack of `desired` (`MaxUnavailable`).
    pub fn max_unavailable(self, desired: i32) -> i32 {
        self.unavailable.min(desired)
    }

    /// How many replicas the new ReplicaSet is to have when it has `new` and all ReplicaSets together have `total`:
    /// as many as fit below the surge, never fewer than now (`NewRSNewReplicas`). The surge counts as it is written.
    pub fn new_replicas(self, desired: i32, new: i32, total: i32) -> i32 {
        let room = desired.saturating_add(self.surge).saturating_sub(total);
        if room <= 0 { new } else { new + room.min(desired - new) }
    }
}

/// What one ReplicaSet gets when a Deployment is scaled in the middle of a rollout (`GetReplicaSetProportion`).
#[derive(Clone, Copy, Debug)]
pub(super) struct Proportion {
    /// `spec.replicas` of the Deployment.
    pub(super) desired: i32,
    /// That and the surge.
    pub(super) max: i32,
    /// The same before the scaling, as the ReplicaSet remembers it; else the Deployment's present pods.
    pub(super) max_before: i32,
    /// How many replicas all ReplicaSets get together; negative when they lose some.
    pub(super) to_add: i32,
    /// How many of these others got before.
    pub(super) added: i32,
}

impl Proportion {
    /// How many replicas a ReplicaSet of `size` gets.
    pub(super) fn of(self, size: i32) -> i32 {
        if size == 0 || self.to_add == 0 || self.to_add == self.added {
            return 0;
        }
        let fraction = self.fraction(size);
        let allowed = self.to_add - self.added;
        if self.to_add > 0 { fraction.min(allowed) } else { fraction.max(allowed) }
    }

    /// `getReplicaSetFraction`.
    fn fraction(self, size: i32) -> i32 {
        if self.desired == 0 {
            return -size;
        }
        if self.max_before == 0 {
            return 0;
        }
        // Rounded half away from zero (`integer.RoundToInt32`); nothing here is negative.
        let (scaled, before) = (i64::from(size) * i64::from(self.max), i64::from(self.max_before));
        let rounded = (2 * scaled + before).div_euclid(2 * before);
        i32::try_from(rounded).unwrap_or(i32::MAX) - size
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scaling_in_the_middle_of_a_rollout_keeps_the_proportion() {
        // Eight replicas with a surge of three, stuck at six old and five new, are scaled to fourteen.
        let grow = Proportion { desired: 14, max: 17, max_before: 11, to_add: 6, added: 0 };
        let old = grow.of(6);
        assert_eq!((6 + old, 5 + Proportion { added: old, ..grow }.of(5)), (9, 8));
        // And down to five.
        let shrink = Proportion { desired: 5, max: 8, max_before: 17, to_add: -9, added: 0 };
        let old = shrink.of(9);
        assert_eq!((9 + old, 8 + Proportion { added: old, ..shrink }.of(8)), (4, 4));
    }
}
