//! Deletes Jobs some time after they finished (`pkg/controller/ttlafterfinished/ttlafterfinished_controller.go`).

use super::{Change, Controller, ControllerName, Informers, WorkQueue};
use crate::api_server::{DeleteOptions, PropagationPolicy};
use crate::kernel::Kernel;
use crate::trace::Op;
use lifepod_api::{Job, Object, ObjectKey, Refusal, Resource, SimTime, Time};

/// The controller.
#[derive(Clone, Debug)]
pub(crate) struct TtlAfterFinished {
    queue: WorkQueue,
}

impl TtlAfterFinished {
    pub(super) fn new() -> Self {
        TtlAfterFinished { queue: WorkQueue::new(ControllerName::TtlAfterFinished) }
    }
}

impl Controller for TtlAfterFinished {
    fn kinds(&self) -> &'static [&'static str] {
        &["Job"]
    }

    fn queue(&mut self) -> &mut WorkQueue {
        &mut self.queue
    }

    fn observe(&mut self, kernel: &mut Kernel, _: &Informers, change: &Change<'_>) {
        let Object::Job(job) = change.object else { return };
        if change.op != Op::Deleted && job.metadata.deletion_timestamp.is_none() && expires_at(job).is_some()
        {
            self.queue.add(kernel, change.object.key());
        }
    }

    fn sync(&mut self, kernel: &mut Kernel, informers: &Informers, key: &ObjectKey) -> Result<(), Refusal> {
        let Some(job) = informers.get(key).and_then(|object| Job::of(object)) else { return Ok(()) };
        let Some(at) = expires_at(job).filter(|_| job.metadata.deletion_timestamp.is_none()) else {
            return Ok(());
        };
        match kernel.until(at) {
            SimTime::ZERO => {
                let options = DeleteOptions {
                    propagation_policy: Some(PropagationPolicy::Foreground),
                    ..DeleteOptions::of_uid(&job.metadata.uid)
                };
                kernel.delete(key, &options, "ttl-after-finished-controller")
            }
            wait => {
                self.queue.add_after(kernel, key.clone(), wait);
                Ok(())
            }
        }
    }
}

/// When the Job is to go: `ttlSecondsAfterFinished` after it was complete or failed (`timeLeft`, `jobFinishTime`).
fn expires_at(job: &Job) -> Option<Time> {
    let ttl = i64::from(job.spec.ttl_seconds_after_finished?);
    let finished = job
        .status
        .conditions
        .iter()
        .find(|c| matches!(c.type_.as_str(), "Complete" | "Failed") && c.status == "True")?;
    Some(Time(finished.last_transition_time?.0 + ttl))
}
