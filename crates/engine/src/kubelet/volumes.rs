//! Waiting for a pod's volumes, and trying again to mount those whose source is missing
//! (`pkg/kubelet/volumemanager`, `goroutinemap/exponentialbackoff`).

use crate::events::EventType;
use crate::kernel::Kernel;
use crate::kubelet::container_config::{config_map, secret};
use crate::kubelet::pod_workers::{Activity, Outcome, Stage};
use crate::kubelet::sync_pod::{SyncRun, Wait};
use crate::kubelet::{Kubelet, PodUid, SharedPod};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use lifepod_api::{KeyToPath, SimTime, Volume};

/// The first pause after a mount that failed; each later one is twice as long …
const FIRST_PAUSE: SimTime = SimTime::from_millis(500);
/// … up to this (`pkg/util/goroutinemap/exponentialbackoff/exponential_backoff.go`).
const LONGEST_PAUSE: SimTime = SimTime::from_secs(122);
/// How long one sync waits (`podAttachAndMountTimeout`).
const SYNC_WAITS: SimTime = SimTime::from_secs(123);

/// The mounting of one pod's volumes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mounting {
    pub(crate) mounted: bool,
    /// When a failed mount is tried again.
    next_try: Option<SimTime>,
    pause: SimTime,
    /// When the current sync gives up.
    deadline: SimTime,
}

impl Kubelet {
    /// Mounts the pod's volumes and goes on with the sync, or waits.
    pub(crate) fn wait_for_volumes(&mut self, kernel: &mut Kernel, uid: &PodUid, mut run: SyncRun) {
        let Some(worker) = self.workers.get_mut(uid) else { return };
        run.wait = Wait::Volumes;
        if worker.mounting.mounted || run.pod.spec.volumes.is_empty() {
            worker.mounting.mounted = true;
            self.refresh_volumes(kernel, uid, &run.pod);
            return self.continue_sync(kernel, uid, run);
        }
        worker.mounting.deadline = kernel.now + SYNC_WAITS;
        let first = kernel.now + kernel.config.latency.mount_volumes;
        let at = worker.mounting.next_try.unwrap_or(first).max(kernel.now);
        self.park(kernel, uid, run, Some(at));
    }

    /// Tries to mount. Gives the sync back when the volumes are there; otherwise it waits on, or has given up.
    pub(crate) fn try_mount(
        &mut self,
        kernel: &mut Kernel,
        uid: &PodUid,
        mut run: SyncRun,
    ) -> Option<SyncRun> {
        let missing = missing_sources(kernel, &run.pod);
        let worker = self.workers.get_mut(uid)?;
        if worker.mounting.mounted || missing.is_empty() {
            worker.mounting.mounted = true;
            return Some(run);
        }
        let now = kernel.now;
        if worker.mounting.next_try.is_none_or(|at| at <= now) {
            let pause = match worker.mounting.next_try {
                None => FIRST_PAUSE,
                Some(_) => SimTime(worker.mounting.pause.0 * 2).min(LONGEST_PAUSE),
            };
            worker.mounting.pause = pause;
            worker.mounting.next_try = Some(now + pause);
            for (volume, why) in &missing {
                let message = format!("MountVolume.SetUp failed for volume \"{volume}\" : {why}");
                self.pod_event(kernel, &run.pod.clone(), EventType::Warning, "FailedMount", &message);
            }
        }
        let mounting = &self.workers.get(uid)?.mounting;
        let at = mounting.next_try.map_or(mounting.deadline, |at| at.min(mounting.deadline));
        if mounting.deadline <= now {
            // The wait ran out: an error without words, and a later sync waits again.
            self.complete_work(kernel, uid, Outcome::Error { back_off_until: None });
        } else {
            run.wait = Wait::Volumes;
            self.park(kernel, uid, run, Some(at));
        }
        None
    }

    /// A pod that is to end does not wait for its volumes any more: the wait can be cancelled.
    pub(crate) fn cancel_volume_wait(&mut self, kernel: &mut Kernel, uid: &PodUid) {
        let Some(worker) = self.workers.get_mut(uid) else { return };
        let waits = match &worker.activity {
            Activity::Syncing(run) => matches!(run.wait, Wait::Volumes) && worker.stage != Stage::Sync,
            _ => false,
        };
        if waits {
            worker.ticket += 1;
            self.complete_work(kernel, uid, Outcome::PhaseTransition);
        }
    }
}

/// Volumes whose ConfigMap or Secret, or a key of it, does not exist, in the words of the API server or of
/// `pkg/volume/{configmap,secret}`.
fn missing_sources(kernel: &Kernel, pod: &SharedPod) -> Vec<(String, String)> {
    let namespace = &pod.metadata.namespace;
    let no_config_map = |name: &str, optional: Option<bool>, items: &[KeyToPath]| {
        if optional == Some(true) {
            return None;
        }
        let Some(map) = config_map(kernel, namespace, name) else {
            return Some(format!("configmap \"{name}\" not found"));
        };
        let has = |key: &str| map.data.contains_key(key) || map.binary_data.contains_key(key);
        let missing = items.iter().find(|item| !has(&item.key))?;
        Some(format!("configmap references non-existent config key: {}", missing.key))
    };
    let no_secret = |name: &str, optional: Option<bool>, items: &[KeyToPath]| {
        if optional == Some(true) {
            return None;
        }
        let Some(secret) = secret(kernel, namespace, name) else {
            return Some(format!("secret \"{name}\" not found"));
        };
        let has = |key: &str| secret.data.contains_key(key) || secret.string_data.contains_key(key);
        let missing = items.iter().find(|item| !has(&item.key))?;
        Some(format!("references non-existent secret key: {}", missing.key))
    };
    let why = |volume: &Volume| {
        if let Some(source) = &volume.config_map {
            return no_config_map(&source.name, source.optional, &source.items);
        }
        if let Some(source) = &volume.secret {
            return no_secret(&source.secret_name, source.optional, &source.items);
        }
        let projected = volume.projected.as_ref()?;
        projected.sources.iter().find_map(|source| {
            let config_map =
                source.config_map.as_ref().and_then(|s| no_config_map(&s.name, s.optional, &s.items));
            let secret = || source.secret.as_ref().and_then(|s| no_secret(&s.name, s.optional, &s.items));
            config_map.or_else(secret)
        })
    };
    pod.spec.volumes.iter().filter_map(|v| Some((v.name.clone(), why(v)?))).collect()
}
