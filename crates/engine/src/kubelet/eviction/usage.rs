//! What the pods of a node use of it (`pkg/kubelet/server/stats`).

use super::threshold::{Observation, Resource, Signal};
use crate::kernel::Kernel;
use crate::kubelet::Kubelet;
use crate::kubelet::runtime::{ContainerRecord, ContainerState, RuntimePod};
use alloc::string::String;
use alloc::vec::Vec;
use lifepod_api::{Pod, Quantity, Volume};
use lifepod_workload::Sandbox;

/// How many processes a kernel starts unless it is told otherwise (`kernel.pid_max`).
const PID_MAX: u64 = 32_768;

/// A disk has an inode for each so many bytes (`inode_ratio` of `mke2fs.conf`).
const BYTES_PER_INODE: u64 = 16_384;

/// What a machine has, or what something uses of it: bytes of memory, bytes of disk, inodes (files, directories and links
/// on the disk), processes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    pub(crate) memory: u64,
    pub(crate) disk: u64,
    pub(crate) inodes: u64,
    pub(crate) processes: u64,
}

impl Usage {
    pub(super) fn of(&self, resource: Resource) -> u64 {
        match resource {
            Resource::Memory => self.memory,
            Resource::EphemeralStorage => self.disk,
            Resource::Inodes => self.inodes,
            Resource::Pids => self.processes,
        }
    }

    fn add(&mut self, other: Usage) {
        self.memory += other.memory;
        self.disk += other.disk;
        self.inodes += other.inodes;
        self.processes += other.processes;
    }

    /// What is left of it for a signal.
    pub(super) fn observe(&self, used: &Usage, signal: Signal) -> Observation {
        let resource = signal.resource();
        let capacity = self.of(resource);
        Observation { capacity, available: capacity.saturating_sub(used.of(resource)) }
    }

    /// What the machine of the node with that index has.
    pub(crate) fn machine(kernel: &Kernel, index: u32) -> Usage {
        let config = &kernel.config.nodes[index as usize];
        let amount = |key: &str| {
            let quantity = Quantity::parse(config.capacity(key)).unwrap_or_default();
            u64::try_from(quantity.value()).unwrap_or(0)
        };
        let disk = amount("ephemeral-storage");
        Usage {
            memory: amount("memory"),
            disk,
            inodes: config.inodes.unwrap_or(disk / BYTES_PER_INODE),
            processes: PID_MAX,
        }
    }
}

/// A volume on the node's disk that goes with its pod (`pkg/volume/util/util.go IsLocalEphemeralVolume`).
fn is_on_disk(volume: &Volume) -> bool {
    let empty_dir = volume.empty_dir.as_ref().is_some_and(|source| source.medium != "Memory");
    empty_dir || volume.config_map.is_some() || volume.git_repo.is_some()
}

impl RuntimePod {
    /// What each container of the pod uses by itself: its memory, and its writable layer with its log.
    pub(super) fn containers_use(&self) -> Vec<(String, Usage)> {
        let mut all: Vec<(String, Usage)> = Vec::new();
        for (record, used) in self.records_use() {
            match all.iter_mut().find(|(name, _)| *name == record.name) {
                // Dead containers leave their layers until they are removed.
                Some((_, sum)) => sum.add(used),
                None => all.push((record.name.clone(), used)),
            }
        }
        all
    }

    /// What each of the pod's containers uses that has, or had, a process.
    fn records_use(&self) -> impl Iterator<Item = (&ContainerRecord, Usage)> {
        let used = |record: &ContainerRecord, processes: &Sandbox| {
            let process = record.process?;
            let running = record.state == ContainerState::Running;
            Some(Usage {
                disk: processes.layer_used(process) + record.log_bytes,
                inodes: processes.layer_inodes(process),
                memory: if running { processes.memory(process) } else { 0 },
                processes: if running { processes.process_count(process) } else { 0 },
            })
        };
        let records =
            self.processes.iter().flat_map(|processes| self.containers.iter().map(move |r| (r, processes)));
        records.filter_map(move |(record, processes)| Some((record, used(record, processes)?)))
    }

    /// What the pod uses as a whole, its volumes included: files in memory count as memory.
    pub(crate) fn measure(&self) -> Usage {
        let mut sum = Usage::default();
        self.records_use().for_each(|(_, used)| sum.add(used));
        sum.disk += self.volumes_on_disk();
        sum.inodes += self.volumes(is_on_disk, Sandbox::volume_inodes);
        let in_memory = |volume: &Volume| !is_on_disk(volume) && volume.empty_dir.is_some();
        sum.memory += self.volumes(in_memory, Sandbox::volume_used);
        sum
    }

    /// What the pod's volumes take of the node's disk, in bytes.
    pub(crate) fn volumes_on_disk(&self) -> u64 {
        self.volumes(is_on_disk, Sandbox::volume_used)
    }

    fn volumes(&self, which: fn(&Volume) -> bool, measure: fn(&Sandbox, &str) -> u64) -> u64 {
        let (Some(processes), Some(pod)) = (&self.processes, &self.pod) else { return 0 };
        let which = pod.spec.volumes.iter().filter(|volume| which(volume));
        which.map(|volume| measure(processes, &volume.name)).sum()
    }
}

impl Kubelet {
    /// What all pods and images of the node use together.
    pub(super) fn node_use(&self) -> Usage {
        let mut sum = Usage { disk: self.images.bytes(), ..Usage::default() };
        self.runtime.pods.values().for_each(|pod| sum.add(pod.used));
        sum
    }
}

/// What a pod requests of a resource.
pub(super) fn requested(pod: &Pod, resource: Resource) -> u64 {
    let requests = lifepod_api::resources::pod_requests(&pod.spec);
    requests.get(resource.name()).map_or(0, |amount| u64::try_from(amount.value()).unwrap_or(0))
}
