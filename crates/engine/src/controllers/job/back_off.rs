//! How long a Job waits before it replaces failed pods (`pkg/controller/job/backoff_utils.go`).

use super::indexes::absolute_failures;
use crate::backoff::job_back_off;
use crate::kernel::Kernel;
use alloc::vec::Vec;
use lifepod_api::{ContainerStatus, Pod, SimTime, Time};

/// What a Job's back-off goes by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct BackOffRecord {
    failures_after_last_success: u32,
    last_failure: Option<Time>,
}

impl BackOffRecord {
    /// The record after some more pods succeeded and failed (`newBackoffRecord`).
    pub(super) fn after(self, succeeded: &[&Pod], failed: &[&Pod]) -> Self {
        let Some(last_success) = succeeded.iter().map(|pod| finished_at(pod)).max() else {
            let Some(last_failure) = failed.iter().map(|pod| finished_at(pod)).max() else { return self };
            return BackOffRecord {
                failures_after_last_success: self.failures_after_last_success + failed.len() as u32,
                last_failure: Some(last_failure),
            };
        };
        let ends = failed.iter().map(|pod| finished_at(pod));
        let later: Vec<Time> = ends.filter(|end| *end > last_success).collect();
        BackOffRecord {
            failures_after_last_success: later.len() as u32,
            last_failure: later.into_iter().max(),
        }
    }

    /// How long the Job still waits (`getRemainingTime`).
    pub(super) fn remaining(&self, kernel: &Kernel) -> SimTime {
        self.last_failure
            .map_or(SimTime::ZERO, |end| remaining(kernel, self.failures_after_last_success, end))
    }
}

/// How long an index waits that `failed` was the last pod of (`getRemainingTimePerIndex`).
pub(super) fn remaining_for_index(kernel: &Kernel, failed: Option<&Pod>) -> SimTime {
    failed.map_or(SimTime::ZERO, |pod| remaining(kernel, absolute_failures(pod) as u32 + 1, finished_at(pod)))
}

fn remaining(kernel: &Kernel, failures: u32, last: Time) -> SimTime {
    kernel.until(Time(last.0 + job_back_off(failures).as_secs() as i64))
}

/// When a pod ended: its last container's end; else when it stopped being ready, when it was deleted, or when it was
/// created (`getFinishedTime`).
pub(super) fn finished_at(pod: &Pod) -> Time {
    let meta = &pod.metadata;
    let not_ready = || {
        let ready = pod.status.conditions.iter().find(|c| c.type_ == "Ready")?;
        ready.last_transition_time.filter(|_| ready.status == "False")
    };
    let deleted = || {
        let deadline = meta.deletion_timestamp?;
        Some(Time(deadline.0 - meta.deletion_grace_period_seconds.unwrap_or(0)))
    };
    let end = containers_finished_at(pod).or_else(not_ready).or_else(deleted);
    end.or(meta.creation_timestamp).unwrap_or_default()
}

/// The end of the last app container or sidecar; none while one of them has not ended.
/// Of the app containers, one without an end hides them all, but not the sidecars (`getFinishTimeFromContainers`).
fn containers_finished_at(pod: &Pod) -> Option<Time> {
    let end = |status: &ContainerStatus| status.state.terminated.as_ref()?.finished_at;
    let status = &pod.status;
    let mut last = None;
    for container in &status.container_statuses {
        match end(container) {
            Some(at) => last = last.max(Some(at)),
            None => {
                last = None;
                break;
            }
        }
    }
    let sidecars = pod.spec.init_containers.iter().filter(|c| c.is_sidecar());
    for sidecar in sidecars {
        if let Some(status) = status.init_container_statuses.iter().find(|s| s.name == sidecar.name) {
            last = last.max(Some(end(status)?));
        }
    }
    last
}
