//! Why the last start of a container was refused (`pkg/kubelet/reason_cache.go`): the waiting reason that the
//! next status shows.

use crate::kubelet::PodUid;
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};

/// Reasons by pod and container.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReasonCache {
    reasons: BTreeMap<(PodUid, String), (&'static str, String)>,
}

impl ReasonCache {
    pub(crate) fn get(&self, uid: &PodUid, container: &str) -> Option<(&'static str, &str)> {
        let (reason, message) = self.reasons.get(&(uid.clone(), container.to_string()))?;
        Some((*reason, message))
    }

    /// Takes over how a start ended: with a reason and a message, or well.
    pub(crate) fn update(&mut self, uid: &PodUid, container: &str, error: Option<(&'static str, String)>) {
        let key = (uid.clone(), container.to_string());
        match error {
            Some(reason) => self.reasons.insert(key, reason),
            None => self.reasons.remove(&key),
        };
    }

    pub(crate) fn forget(&mut self, uid: &PodUid) {
        self.reasons.retain(|(of, _), _| of != uid);
    }
}
