//! `emptyDir.sizeLimit`: a pod whose folder outgrows it is evicted (`pkg/kubelet/eviction/eviction_manager.go
//! emptyDirLimitEviction`).

use crate::kernel::{Kernel, next_tick};
use crate::kubelet::eviction::IMMEDIATE_GRACE;
use crate::kubelet::pod_workers::Stage;
use crate::kubelet::{Kubelet, PodUid, SharedPod, Timer};
use alloc::format;
use alloc::string::String;
use lifepod_api::SimTime;

/// How often volumes are measured (`volumeStatsAggPeriod`, `pkg/kubelet/apis/config/v1beta1/defaults.go`). The real
/// kubelet stretches each period by up to as much again; the manager's own ten seconds go under in that.
const MEASURED_EVERY: SimTime = SimTime::from_secs(60);

impl Kubelet {
    /// After the pod's processes did something: has its folders measured if one is too large now.
    pub(crate) fn watch_empty_dirs(&mut self, kernel: &mut Kernel, uid: &PodUid) {
        let Some(pod) = self.pods.get(uid).cloned() else { return };
        if self.too_large(uid, &pod).is_none() {
            return;
        }
        let at = next_tick(kernel.now, MEASURED_EVERY, self.housekeeping_phase, true);
        let Some(worker) = self.workers.get_mut(uid).filter(|w| w.stage == Stage::Sync) else { return };
        if worker.measured_at != Some(at) {
            worker.measured_at = Some(at);
            self.wake_at(kernel, at, Timer::MeasureVolumes(uid.clone()));
        }
    }

    /// Evicts the pod if a folder is still too large.
    pub(crate) fn measure_volumes(&mut self, kernel: &mut Kernel, uid: &PodUid) {
        let Some(pod) = self.pods.get(uid).cloned() else { return };
        let syncing = self.workers.get(uid).is_some_and(|w| w.stage == Stage::Sync);
        let Some(message) = self.too_large(uid, &pod).filter(|_| syncing) else { return };
        self.evict(kernel, pod, IMMEDIATE_GRACE, message, false);
    }

    /// The words of the eviction, for the first folder that is larger than it may be.
    fn too_large(&self, uid: &PodUid, pod: &SharedPod) -> Option<String> {
        let processes = self.runtime.pod(uid)?.processes.as_ref()?;
        pod.spec.volumes.iter().find_map(|volume| {
            let limit = volume.empty_dir.as_ref()?.size_limit.as_ref()?;
            let bytes = u64::try_from(limit.value()).ok().filter(|bytes| *bytes > 0)?;
            let name = &volume.name;
            (processes.volume_used(name) > bytes)
                .then(|| format!("Usage of EmptyDir volume \"{name}\" exceeds the limit \"{limit}\". "))
        })
    }
}
