//! Limits of what a pod may keep on its node's disk: a pod that outgrows one is evicted
//! (`pkg/kubelet/eviction/eviction_manager.go localStorageEviction`).

use crate::kernel::{Kernel, next_tick};
use crate::kubelet::eviction::{IMMEDIATE_GRACE, MONITORING_PERIOD, is_critical};
use crate::kubelet::pod_workers::Stage;
use crate::kubelet::runtime::ContainerState;
use crate::kubelet::{Kubelet, PodUid, SharedPod, Timer};
use crate::trace::PodEnd;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use lifepod_api::resources::pod_limits;
use lifepod_api::{PodSpec, Quantity, SimTime, Volume};

/// How often volumes are measured (`volumeStatsAggPeriod`, `pkg/kubelet/apis/config/v1beta1/defaults.go`). The real
/// kubelet stretches each period by up to as much again; the manager's own ten seconds go under in that.
const VOLUMES_MEASURED_EVERY: SimTime = SimTime::from_secs(60);

const RESOURCE: &str = "ephemeral-storage";

/// A limit that a pod has outgrown.
struct Excess {
    /// The field that sets it.
    path: String,
    limit: Quantity,
    /// The words of the eviction; the space at their end is the kubelet's.
    message: String,
    /// How often it is looked for.
    period: SimTime,
}

impl Kubelet {
    /// After the pod's processes did something: has what it stores measured if that is too much now.
    pub(crate) fn watch_local_storage(&mut self, kernel: &mut Kernel, uid: &PodUid) {
        if !self.runtime.pod(uid).is_some_and(|runtime| runtime.has_storage_limit) {
            return;
        }
        let Some(pod) = self.pods.get(uid) else { return };
        let phase = self.housekeeping_phase;
        let ticks = self.excesses(uid, pod).into_iter().map(|e| next_tick(kernel.now, e.period, phase, true));
        let Some(at) = ticks.min() else { return };
        let Some(worker) = self.workers.get_mut(uid).filter(|w| w.stage == Stage::Sync) else { return };
        if worker.measured_at.is_none_or(|queued| queued < kernel.now || at < queued) {
            worker.measured_at = Some(at);
            self.wake_at(kernel, at, Timer::MeasureStorage(uid.clone()));
        }
    }

    /// Evicts the pod if it still stores too much; what is measured less often may have its turn later.
    pub(crate) fn measure_storage(&mut self, kernel: &mut Kernel, uid: &PodUid) {
        let Some(pod) = self.pods.get(uid).cloned() else { return };
        if self.workers.get(uid).is_none_or(|w| w.stage != Stage::Sync) {
            return;
        }
        let (now, phase) = (kernel.now, self.housekeeping_phase);
        let measured = |e: &Excess| next_tick(now, e.period, phase, true) == now;
        match self.excesses(uid, &pod).into_iter().find(measured) {
            Some(Excess { message, path, limit, .. }) => {
                let why = PodEnd::StorageLimit { path, limit: limit.to_string() };
                self.evict(kernel, pod, IMMEDIATE_GRACE, message, why);
            }
            None => self.watch_local_storage(kernel, uid),
        }
    }

    /// What the pod has outgrown, in the order in which the manager looks: a folder's limit, the limits of all containers
    /// together, a container's own.
    fn excesses(&self, uid: &PodUid, pod: &SharedPod) -> Vec<Excess> {
        let runtime = self.runtime.pod(uid);
        let Some((runtime, processes)) = runtime.and_then(|p| Some((p, p.processes.as_ref()?))) else {
            return Vec::new();
        };
        if !runtime.has_storage_limit || is_critical(pod) {
            return Vec::new();
        }
        let mut all = Vec::new();
        for (index, volume) in pod.spec.volumes.iter().enumerate() {
            let limit = volume.empty_dir.as_ref().and_then(|source| source.size_limit.as_ref());
            let Some((limit, bytes)) = limit.and_then(|limit| Some((limit, bytes(limit)?))) else { continue };
            let name = &volume.name;
            if processes.volume_used(name) > bytes {
                let message = format!("Usage of EmptyDir volume \"{name}\" exceeds the limit \"{limit}\". ");
                let path = format!("spec.volumes[{index}].emptyDir.sizeLimit");
                all.push(Excess { path, limit: limit.clone(), message, period: VOLUMES_MEASURED_EVERY });
                break;
            }
        }
        let containers: Vec<(&str, u64)> = runtime
            .containers
            .iter()
            .filter(|record| record.state == ContainerState::Running)
            .filter_map(|record| {
                Some((record.name.as_str(), processes.layer_used(record.process?) + record.log_bytes))
            })
            .collect();
        if let Some(limit) = pod_limits(&pod.spec).remove(RESOURCE)
            && let Ok(most) = u64::try_from(limit.value())
        {
            let by_containers: u64 = containers.iter().map(|(_, used)| used).sum();
            let message =
                format!("Pod ephemeral local storage usage exceeds the total limit of containers {limit}. ");
            let period = if by_containers > most { MONITORING_PERIOD } else { VOLUMES_MEASURED_EVERY };
            if by_containers + runtime.volumes_on_disk() > most {
                let first =
                    pod.spec.containers.iter().position(|c| c.resources.limits.contains_key(RESOURCE));
                let path = first.map_or_else(|| format!("spec.resources.limits.{RESOURCE}"), limit_of);
                all.push(Excess { path, limit, message, period });
            }
        }
        for (name, used) in containers {
            let Some(index) = pod.spec.containers.iter().position(|container| container.name == name) else {
                continue;
            };
            let limit = pod.spec.containers[index].resources.limits.get(RESOURCE);
            if let Some(limit) = limit.filter(|limit| bytes(limit).is_some_and(|most| used > most)) {
                let message =
                    format!("Container {name} exceeded its local ephemeral storage limit \"{limit}\". ");
                let path = limit_of(index);
                all.push(Excess { path, limit: limit.clone(), message, period: MONITORING_PERIOD });
            }
        }
        all
    }
}

/// Whether there is a limit of what such a pod may keep on the node's disk. Most have none.
pub(super) fn has_storage_limit(spec: &PodSpec) -> bool {
    let sized = |volume: &Volume| volume.empty_dir.as_ref().is_some_and(|source| source.size_limit.is_some());
    let containers = spec.init_containers.iter().chain(&spec.containers).map(|c| &c.resources);
    let mut resources = containers.chain(&spec.resources);
    resources.any(|all| all.limits.contains_key(RESOURCE)) || spec.volumes.iter().any(sized)
}

/// The field of the container's limit.
fn limit_of(index: usize) -> String {
    format!("spec.containers[{index}].resources.limits.{RESOURCE}")
}

/// A limit in bytes; none is no limit, and neither is zero.
fn bytes(limit: &Quantity) -> Option<u64> {
    u64::try_from(limit.value()).ok().filter(|bytes| *bytes > 0)
}
