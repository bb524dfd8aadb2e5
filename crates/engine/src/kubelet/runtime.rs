//! The node's container runtime as the kubelet sees it (CRI): records of sandboxes and containers.
//!
//! What the processes inside do is the workload crate's affair; here they are started, signalled and reaped.

use crate::kubelet::eviction::usage::Usage;
use crate::kubelet::resize::PodCgroup;
use crate::kubelet::{PodUid, SharedPod};
use crate::network::flow::FlowId;
use crate::trace::EntryId;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use lifepod_api::{ResourceRequirements, SimTime};
use lifepod_workload as workload;

/// A container's state (`kubecontainer.State`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ContainerState {
    Created,
    Running,
    Exited,
}

/// One container that the runtime knows, as `kubecontainer.Status` shows it.
#[derive(Clone, Debug)]
pub(crate) struct ContainerRecord {
    pub(crate) id: String,
    pub(crate) name: String,
    /// The image as the manifest writes it; a change of it is a change of the container's definition.
    pub(crate) image: String,
    pub(crate) image_id: String,
    /// The sandbox it was made in.
    pub(crate) sandbox: String,
    /// The restart count, which the kubelet keeps as a label of the container.
    pub(crate) attempt: u32,
    pub(crate) state: ContainerState,
    pub(crate) started_at: Option<SimTime>,
    pub(crate) finished_at: SimTime,
    pub(crate) exit_code: i32,
    pub(crate) reason: String,
    pub(crate) message: String,
    /// What it may use at present.
    pub(crate) resources: ResourceRequirements,
    /// What the runtime says when it is asked to change that, if it refuses.
    pub(crate) resize_error: Option<String>,
    /// Its process in the sandbox; none when the start failed.
    pub(crate) process: Option<workload::ContainerId>,
    /// The entry that recorded its start.
    pub(crate) started_by: Option<EntryId>,
    /// The entry that sent its stop signal: the cause of its end, however long that takes.
    pub(crate) stopped_by: Option<EntryId>,
    /// The last lines that its process wrote.
    pub(crate) log_tail: VecDeque<String>,
    /// Bytes of its log, as far as they are kept.
    pub(crate) log_bytes: u64,
}

/// One sandbox's record.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SandboxStatus {
    pub(crate) id: String,
    pub(crate) attempt: u32,
    pub(crate) ready: bool,
    pub(crate) ip: String,
}

/// What the runtime says of one pod at one moment (`kubecontainer.PodStatus`), newest first in both lists.
#[derive(Clone, Debug, Default)]
pub(crate) struct RuntimeStatus {
    pub(crate) sandboxes: Vec<SandboxStatus>,
    pub(crate) containers: Vec<ContainerRecord>,
    /// The pod's IP; kept after the network is torn down.
    pub(crate) ip: String,
}

impl RuntimeStatus {
    /// The newest record of the container of that name (`FindContainerStatusByName`).
    pub(crate) fn find(&self, name: &str) -> Option<&ContainerRecord> {
        self.containers.iter().find(|c| c.name == name)
    }

    /// The containers of the sandbox that is in use (`ActiveContainerStatuses`).
    pub(crate) fn active(&self) -> impl Iterator<Item = &ContainerRecord> {
        let sandbox = self.sandboxes.first().filter(|s| s.ready);
        self.containers.iter().filter(move |c| sandbox.is_some_and(|s| s.id == c.sandbox))
    }

    /// Whether nothing of the pod runs (`isPodStatusCacheTerminal`).
    pub(crate) fn is_stopped(&self) -> bool {
        self.running().next().is_none() && self.sandboxes.iter().all(|s| !s.ready)
    }

    /// The newest exited record of that name.
    pub(crate) fn find_exited(&self, name: &str) -> Option<&ContainerRecord> {
        self.containers.iter().find(|c| c.name == name && c.state == ContainerState::Exited)
    }

    /// The containers that run, oldest first.
    pub(crate) fn running(&self) -> impl Iterator<Item = &ContainerRecord> {
        self.containers.iter().rev().filter(|c| c.state == ContainerState::Running)
    }
}

/// One pod in the runtime.
#[derive(Clone, Debug, Default)]
pub(crate) struct RuntimePod {
    /// The pod as it was when its sandbox was made: the labels and annotations that the runtime keeps for the
    /// kubelet.
    pub(crate) pod: Option<SharedPod>,
    /// Whether it has a limit of what it may keep on the node's disk. No update of a pod changes that.
    pub(crate) has_storage_limit: bool,
    /// Oldest first.
    pub(crate) sandboxes: Vec<SandboxStatus>,
    /// Oldest first.
    pub(crate) containers: Vec<ContainerRecord>,
    /// The processes of the newest sandbox.
    pub(crate) processes: Option<workload::Sandbox>,
    /// The connections whose answers its processes owe.
    pub(crate) connections: BTreeMap<workload::RequestId, FlowId>,
    /// What the pod used when it was last measured.
    pub(crate) used: Usage,
    /// When the processes next want time, as already queued.
    pub(crate) wakes_at: Option<SimTime>,
    /// How often the runtime was asked to make each container whose making fails at first.
    pub(crate) create_attempts: BTreeMap<String, u32>,
    /// The resources of the pod as a whole.
    pub(crate) cgroup: Option<PodCgroup>,
    /// The highest restart count of each container that has a log file.
    logs: BTreeMap<String, u32>,
}

impl RuntimePod {
    pub(crate) fn status(&self) -> RuntimeStatus {
        RuntimeStatus {
            sandboxes: self.sandboxes.iter().rev().cloned().collect(),
            containers: self.containers.iter().rev().cloned().collect(),
            ip: self.sandboxes.last().filter(|s| s.ready).map_or(String::new(), |s| s.ip.clone()),
        }
    }

    pub(crate) fn container(&self, id: &str) -> Option<&ContainerRecord> {
        self.containers.iter().find(|c| c.id == id)
    }

    /// The newest record of a container by name.
    pub(crate) fn newest(&self, name: &str) -> Option<&ContainerRecord> {
        self.containers.iter().rev().find(|c| c.name == name)
    }

    pub(crate) fn container_mut(&mut self, id: &str) -> Option<&mut ContainerRecord> {
        self.containers.iter_mut().find(|c| c.id == id)
    }

    /// The restart count after the last one that left a log (`calcRestartCountByLogDir`).
    pub(crate) fn next_log(&self, container: &str) -> u32 {
        self.logs.get(container).map_or(0, |last| last + 1)
    }

    pub(crate) fn note_log(&mut self, container: &str, attempt: u32) {
        self.logs.insert(container.to_string(), attempt);
    }

    /// The record whose process this is.
    pub(crate) fn by_process(&mut self, process: workload::ContainerId) -> Option<&mut ContainerRecord> {
        self.containers.iter_mut().rev().find(|c| c.process == Some(process))
    }
}

/// All pods that one node's runtime knows, and the images it holds.
#[derive(Clone, Debug, Default)]
pub(crate) struct ContainerRuntime {
    pub(crate) pods: BTreeMap<PodUid, RuntimePod>,
}

impl ContainerRuntime {
    pub(crate) fn pod(&self, uid: &PodUid) -> Option<&RuntimePod> {
        self.pods.get(uid)
    }

    pub(crate) fn pod_mut(&mut self, uid: &PodUid) -> &mut RuntimePod {
        self.pods.entry(uid.clone()).or_default()
    }

    pub(crate) fn status(&self, uid: &PodUid) -> RuntimeStatus {
        self.pods.get(uid).map(RuntimePod::status).unwrap_or_default()
    }
}
