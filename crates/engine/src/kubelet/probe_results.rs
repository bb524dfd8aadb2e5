//! The latest results of probes by container (`pkg/kubelet/prober/results/results_manager.go`).

use alloc::collections::BTreeMap;

use crate::name::Name;
use crate::trace::{ProbeKind, ProbeResult};

/// Results by container id and kind of probe.
#[derive(Clone, Debug, Default)]
pub(crate) struct ProbeResults {
    results: BTreeMap<(Name, ProbeKind), ProbeResult>,
}

impl ProbeResults {
    pub(crate) fn get(&self, id: &str, kind: ProbeKind) -> Option<ProbeResult> {
        self.results.get(&(id.into(), kind)).copied()
    }

    /// Sets a result, and says whether it changed.
    pub(crate) fn set(&mut self, id: &str, kind: ProbeKind, result: ProbeResult) -> bool {
        self.results.insert((id.into(), kind), result) != Some(result)
    }

    pub(crate) fn remove(&mut self, id: &str, kind: ProbeKind) {
        self.results.remove(&(id.into(), kind));
    }

    pub(crate) fn liveness_failed(&self, id: &str) -> bool {
        self.get(id, ProbeKind::Liveness) == Some(ProbeResult::Failure)
    }

    pub(crate) fn startup_failed(&self, id: &str) -> bool {
        self.get(id, ProbeKind::Startup) == Some(ProbeResult::Failure)
    }

    pub(crate) fn startup_succeeded(&self, id: &str) -> bool {
        self.get(id, ProbeKind::Startup) == Some(ProbeResult::Success)
    }
}
