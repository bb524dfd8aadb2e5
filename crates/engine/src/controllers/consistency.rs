//! What a controller wrote and its watches have not shown yet: it does not look at an object again before they have
//! (`pkg/controller/util/consistency`, the `StaleControllerConsistency` gates).

use super::Informers;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use lifepod_api::{Object, ObjectKey, Refusal, Status};

/// The newest revision that was written for each key.
#[derive(Clone, Debug, Default)]
pub(crate) struct Consistency {
    written: BTreeMap<ObjectKey, u64>,
}

impl Consistency {
    /// `object`, of a kind that the controller watches, was written for `key` (`WroteAt`).
    pub(crate) fn wrote(&mut self, key: &ObjectKey, object: &Object) {
        let revision = revision(object);
        let newest = self.written.entry(key.clone()).or_default();
        *newest = revision.max(*newest);
    }

    /// Refuses a sync while something is outstanding, so that it comes back soon (`EnsureReady`).
    ///
    /// # Errors
    /// When the informers are behind what was written for `key`.
    pub(crate) fn ensure_ready(&mut self, key: &ObjectKey, informers: &Informers) -> Result<(), Refusal> {
        match self.written.get(key) {
            Some(written) if informers.revision() < *written => {
                Err(Box::new(Status::bad_request(format!("{key}: revision {written} was not seen yet"))))
            }
            _ => {
                self.written.remove(key);
                Ok(())
            }
        }
    }
}

/// The store's revision at which an object was written.
pub(crate) fn revision(object: &Object) -> u64 {
    object.meta().resource_version.parse().unwrap_or(0)
}
