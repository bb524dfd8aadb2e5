//! What a pod's volumes hold: fresh folders, files from the API that follow it, and claims that outlive pods
//! (`pkg/volume/{configmap,secret,downwardapi,projected}`, `pkg/volume/util/atomic_writer.go`).

use crate::kernel::Kernel;
use crate::kubelet::container_config::{config_map, secret};
use crate::kubelet::{Kubelet, PodUid, SharedPod};
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use lifepod_api::{DownwardAPIVolumeFile, KeyToPath, Quantity, Volume};
use lifepod_workload as workload;

/// Files that come from the API.
type Files = Vec<workload::VolumeFile>;

/// The permissions of such files where nobody says (`v1.ConfigMapVolumeSourceDefaultMode` and its siblings).
const DEFAULT_MODE: i32 = 0o644;

/// The files of one source under construction.
struct Writer<'s> {
    files: Files,
    items: &'s [KeyToPath],
    mode: Option<i32>,
}

impl Writer<'_> {
    fn add(&mut self, key: &str, bytes: &[u8]) {
        let item = self.items.iter().find(|item| item.key == key);
        if item.is_none() && !self.items.is_empty() {
            return;
        }
        let path = item.map_or(key, |item| &item.path).to_string();
        let mode = item.and_then(|item| item.mode).or(self.mode).unwrap_or(DEFAULT_MODE);
        self.files.push(workload::VolumeFile { path, bytes: bytes.to_vec(), mode: (mode & 0o777) as u16 });
    }
}

impl Kubelet {
    /// The pod's volumes with their first contents.
    pub(crate) fn volumes_of(&self, kernel: &Kernel, pod: &SharedPod) -> Vec<(String, workload::Volume)> {
        let uid = pod.uid();
        let contents = |volume: &Volume| -> workload::Volume {
            if let Some(claim) = &volume.persistent_volume_claim {
                let key = (pod.metadata.namespace.clone(), claim.claim_name.clone());
                return kernel.claims.get(&key).cloned().unwrap_or_default();
            }
            match self.files_of(kernel, &uid, pod, volume) {
                Some(files) => workload::Volume::of(&files),
                None if volume.empty_dir.as_ref().is_some_and(|source| source.medium == "Memory") => {
                    workload::Volume::empty().in_memory(memory_size(pod, volume))
                }
                None => workload::Volume::empty(),
            }
        };
        pod.spec.volumes.iter().map(|volume| (volume.name.clone(), contents(volume))).collect()
    }

    /// The files of a volume that shows objects of the API; none for a volume that processes fill.
    fn files_of(&self, kernel: &Kernel, uid: &PodUid, pod: &SharedPod, volume: &Volume) -> Option<Files> {
        let namespace = &pod.metadata.namespace;
        if let Some(source) = &volume.config_map {
            return Some(from_config_map(
                kernel,
                namespace,
                &source.name,
                &source.items,
                source.default_mode,
            ));
        }
        if let Some(source) = &volume.secret {
            let (items, mode) = (&source.items, source.default_mode);
            return Some(from_secret(kernel, namespace, &source.secret_name, items, mode));
        }
        if let Some(source) = &volume.downward_api {
            return Some(self.pod_files(kernel, uid, pod, &source.items, source.default_mode));
        }
        let projected = volume.projected.as_ref()?;
        let mode = projected.default_mode;
        let mut files = Files::new();
        for source in &projected.sources {
            if let Some(from) = &source.config_map {
                files.extend(from_config_map(kernel, namespace, &from.name, &from.items, mode));
            }
            if let Some(from) = &source.secret {
                files.extend(from_secret(kernel, namespace, &from.name, &from.items, mode));
            }
            if let Some(from) = &source.downward_api {
                files.extend(self.pod_files(kernel, uid, pod, &from.items, mode));
            }
            if let Some(from) = &source.service_account_token {
                // A token that nobody checks; that it is there is what programs look at.
                let bytes = pod.spec.service_account_name.clone().into_bytes();
                files.push(workload::VolumeFile { path: from.path.clone(), bytes, mode: 0o644 });
            }
        }
        Some(files)
    }

    fn pod_files(
        &self,
        kernel: &Kernel,
        uid: &PodUid,
        pod: &SharedPod,
        items: &[DownwardAPIVolumeFile],
        mode: Option<i32>,
    ) -> Files {
        let file = |item: &DownwardAPIVolumeFile| {
            let field = item.field_ref.as_ref().map(|f| self.field_value(uid, pod, &f.field_path));
            let resource = || Some(self.resource_value(kernel, pod, None, item.resource_field_ref.as_ref()?));
            let text = field.or_else(resource).unwrap_or_default();
            let mode = item.mode.or(mode).unwrap_or(DEFAULT_MODE);
            workload::VolumeFile {
                path: item.path.clone(),
                bytes: text.into_bytes(),
                mode: (mode & 0o777) as u16,
            }
        };
        items.iter().map(file).collect()
    }

    /// Each sync of a pod writes anew what has changed in the API since the last one; a mount of a `subPath` keeps
    /// what it has.
    pub(crate) fn refresh_volumes(&mut self, kernel: &Kernel, uid: &PodUid, pod: &SharedPod) {
        let changing = pod
            .spec
            .volumes
            .iter()
            .filter_map(|volume| Some((volume.name.clone(), self.files_of(kernel, uid, pod, volume)?)));
        let changing: Vec<(String, Files)> = changing.collect();
        if let Some(processes) = &mut self.runtime.pod_mut(uid).processes {
            for (name, files) in changing {
                processes.update_volume(kernel.now, &name, &files);
            }
        }
    }

    /// Keeps the files of the pod's claims, as a process leaves them at its end.
    pub(crate) fn keep_claims(&mut self, kernel: &mut Kernel, uid: &PodUid, pod: &SharedPod) {
        let Some(processes) = &self.runtime.pod_mut(uid).processes else { return };
        for volume in &pod.spec.volumes {
            if let Some(claim) = &volume.persistent_volume_claim
                && let Some(files) = processes.volume(&volume.name)
            {
                let key = (pod.metadata.namespace.clone(), claim.claim_name.clone());
                kernel.claims.insert(key, files);
            }
        }
    }
}

/// The files of all claims of the cluster, by namespace and name. (Pods that use a claim at the same time do not see
/// each other's files.)
pub(crate) type Claims = BTreeMap<(String, String), workload::Volume>;

fn from_config_map(
    kernel: &Kernel,
    namespace: &str,
    name: &str,
    items: &[KeyToPath],
    mode: Option<i32>,
) -> Files {
    let mut writer = Writer { files: Files::new(), items, mode };
    if let Some(map) = config_map(kernel, namespace, name) {
        map.data.iter().for_each(|(key, text)| writer.add(key, text.as_bytes()));
        map.binary_data.iter().for_each(|(key, bytes)| writer.add(key, &bytes.0));
    }
    writer.files
}

fn from_secret(
    kernel: &Kernel,
    namespace: &str,
    name: &str,
    items: &[KeyToPath],
    mode: Option<i32>,
) -> Files {
    let mut writer = Writer { files: Files::new(), items, mode };
    if let Some(secret) = secret(kernel, namespace, name) {
        secret.data.iter().for_each(|(key, bytes)| writer.add(key, &bytes.0));
        secret.string_data.iter().for_each(|(key, text)| writer.add(key, text.as_bytes()));
    }
    writer.files
}

/// How much an emptyDir in memory holds: its limit, or what all containers of the pod may use together
/// (`pkg/volume/emptydir/empty_dir.go calculateEmptyDirMemorySize`).
fn memory_size(pod: &SharedPod, volume: &Volume) -> Option<u64> {
    let source = volume.empty_dir.as_ref().filter(|source| source.medium == "Memory")?;
    let bytes = |quantity: &Quantity| u64::try_from(quantity.value()).ok().filter(|bytes| *bytes > 0);
    let limits = pod.spec.containers.iter().map(|c| bytes(c.resources.limits.get("memory")?));
    let of_pod: Option<u64> = limits.sum();
    let own = source.size_limit.as_ref().and_then(bytes);
    own.into_iter().chain(of_pod).min()
}
