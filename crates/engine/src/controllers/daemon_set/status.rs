//! What a DaemonSet's status says (`daemon_controller.go updateDaemonSetStatus`).

use super::{BY, DaemonSetController, ShouldRun, Sync, oldest_first};
use crate::controllers::pods::is_pod_ready;
use crate::kernel::Kernel;
use lifepod_api::{DaemonSetStatus, Object, Refusal, SimTime, Subresource};

impl DaemonSetController {
    /// Counts nodes, of those with several pods by the oldest, and writes what is new. `acted` says that this sync
    /// acted on the present generation. The real one tries again with the newest revision when it is refused, so none
    /// is asked for.
    pub(super) fn update_status(
        &mut self,
        kernel: &mut Kernel,
        sync: &Sync<'_>,
        acted: bool,
    ) -> Result<(), Refusal> {
        let (mut status, generation) = (count(sync), sync.set.metadata.generation);
        let waits = sync.set.spec.min_ready_seconds > 0 && status.number_ready != status.number_available;
        let same = status == sync.set.status;
        if !same || status.observed_generation < generation {
            if acted {
                status.observed_generation = generation;
            }
            let mut set = sync.set.clone();
            set.metadata.resource_version.clear();
            set.status = status;
            let stored = kernel.update(Object::DaemonSet(set), Subresource::Status, BY)?;
            self.consistency.wrote(sync.key, &stored);
        }
        if waits {
            let min_ready = sync.set.spec.min_ready_seconds as u64;
            self.queue.add_after(kernel, sync.key.clone(), SimTime::from_secs(min_ready));
        }
        Ok(())
    }
}

fn count(sync: &Sync<'_>) -> DaemonSetStatus {
    let (mut desired, mut current, mut misscheduled) = (0, 0, 0);
    let (mut ready, mut available, mut updated) = (0, 0, 0);
    for (node, should) in &sync.nodes {
        let pods = sync.pods.get(&node.metadata.name).map(|pods| oldest_first(pods)).unwrap_or_default();
        let oldest = pods.first();
        if *should != ShouldRun::Yes {
            misscheduled += i32::from(oldest.is_some());
            continue;
        }
        desired += 1;
        let Some(pod) = oldest else { continue };
        current += 1;
        ready += i32::from(is_pod_ready(pod));
        available += i32::from(sync.is_available(pod));
        updated += i32::from(sync.is_updated(pod));
    }
    DaemonSetStatus {
        desired_number_scheduled: desired,
        current_number_scheduled: current,
        number_misscheduled: misscheduled,
        number_ready: ready,
        updated_number_scheduled: updated,
        number_available: available,
        number_unavailable: desired - available,
        ..sync.set.status.clone()
    }
}
