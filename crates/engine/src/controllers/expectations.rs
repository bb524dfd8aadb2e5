//! What a controller has asked for and not yet seen: it does not count again before its watch has caught up
//! (`pkg/controller/controller_utils.go UIDTrackingControllerExpectations`).

use alloc::collections::{BTreeMap, BTreeSet};
use lifepod_api::{ObjectKey, SimTime};

/// Expectations older than this are given up (`ExpectationsTimeout`).
const TIMEOUT: SimTime = SimTime::from_secs(300);

/// Outstanding creations and deletions, by the key of the object whose dependents they are.
#[derive(Clone, Debug, Default)]
pub(crate) struct Expectations {
    of: BTreeMap<ObjectKey, Expected>,
}

#[derive(Clone, Debug)]
struct Expected {
    creations: usize,
    deletions: BTreeSet<ObjectKey>,
    since: SimTime,
}

impl Expectations {
    /// So many dependents are about to be created, and these deleted (`SetExpectations`).
    pub(crate) fn expect(
        &mut self,
        key: &ObjectKey,
        creations: usize,
        deletions: impl IntoIterator<Item = ObjectKey>,
        now: SimTime,
    ) {
        let deletions = deletions.into_iter().collect();
        self.of.insert(key.clone(), Expected { creations, deletions, since: now });
    }

    /// How many dependents were created, or are about to be, and were not seen yet.
    pub(crate) fn creations(&self, key: &ObjectKey) -> usize {
        self.of.get(key).map_or(0, |expected| expected.creations)
    }

    /// A dependent was seen to be created, or will not be.
    pub(crate) fn creation_observed(&mut self, key: &ObjectKey) {
        if let Some(expected) = self.of.get_mut(key) {
            expected.creations = expected.creations.saturating_sub(1);
        }
    }

    /// That dependent was seen to be deleted (or on its way), or will not be.
    pub(crate) fn deletion_observed(&mut self, key: &ObjectKey, dependent: &ObjectKey) {
        if let Some(expected) = self.of.get_mut(key) {
            expected.deletions.remove(dependent);
        }
    }

    /// Whether everything expected was seen, or the wait is over, so that what the watch shows can be relied on.
    pub(crate) fn satisfied(&self, key: &ObjectKey, now: SimTime) -> bool {
        self.of.get(key).is_none_or(|expected| {
            (expected.creations == 0 && expected.deletions.is_empty()) || now.since(expected.since) > TIMEOUT
        })
    }

    /// The object is gone.
    pub(crate) fn forget(&mut self, key: &ObjectKey) {
        self.of.remove(key);
    }
}
