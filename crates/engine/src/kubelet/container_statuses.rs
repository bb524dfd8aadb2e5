//! Container statuses as the API shows them, made from what the runtime says and what was shown before
//! (`pkg/kubelet/kubelet_pods.go convertToAPIContainerStatuses`).

use crate::kernel::Kernel;
use crate::kubelet::PodUid;
use crate::kubelet::container_config::{run_as, supplemental_groups};
use crate::kubelet::reason_cache::ReasonCache;
use crate::kubelet::restart_policy::{is_sidecar, should_container_be_restarted};
use crate::kubelet::runtime::{ContainerRecord, ContainerState, RuntimeStatus};
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use lifepod_api as api;
use lifepod_api::{Container, ContainerStateTerminated, ContainerStateWaiting, ContainerStatus, Pod};
use lifepod_workload::images;

const RESTARTING_ALL: &str = "RestartingAllContainers";
const REMOVED_FOR_RESTART: &str = "The container is removed because RestartAllContainers in place";
const STATUS_UNKNOWN: &str = "ContainerStatusUnknown";

/// Which of a pod's three lists of containers is converted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum List {
    Init,
    App,
    Ephemeral,
}

/// What the conversion reads.
pub(crate) struct Conversion<'a> {
    pub(crate) kernel: &'a Kernel,
    pub(crate) uid: &'a PodUid,
    pub(crate) pod: &'a Pod,
    pub(crate) runtime: &'a RuntimeStatus,
    pub(crate) reasons: &'a ReasonCache,
    /// A restart rule is restarting all containers.
    pub(crate) restarting_all: bool,
}

/// Whether any app container has a record (`kuberuntime.HasAnyRegularContainerCreated`).
pub(crate) fn has_any_regular_container_created(pod: &Pod, runtime: &RuntimeStatus) -> bool {
    pod.spec.containers.iter().any(|c| runtime.find(&c.name).is_some())
}

impl Conversion<'_> {
    /// The statuses of `containers`: app containers by name, init containers in the order of the spec.
    pub(crate) fn convert(
        &self,
        list: List,
        containers: &[Container],
        old: &[ContainerStatus],
    ) -> Vec<ContainerStatus> {
        let old = |name: &str| old.iter().find(|s| s.name == name);
        let mut statuses: BTreeMap<&str, ContainerStatus> = BTreeMap::new();
        for container in containers {
            statuses.insert(&container.name, self.default_status(container, old(&container.name)));
        }
        for container in containers {
            if self.runtime.find(&container.name).is_none()
                && let Some(old) = old(&container.name)
                && let Some(status) = statuses.get_mut(container.name.as_str())
            {
                self.lost_record(status, old);
            }
        }

        let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
        for record in &self.runtime.containers {
            let Some(status) = statuses.get_mut(record.name.as_str()) else { continue };
            let seen = seen.entry(&record.name).or_insert(0);
            match seen {
                0 => *status = self.shown_record(record, old(&record.name), containers),
                1 => status.last_state = self.state_of(record),
                _ => continue,
            }
            *seen += 1;
        }

        for container in containers {
            if let Some(status) = statuses.get_mut(container.name.as_str()) {
                self.waiting_to_start(list, container, status);
            }
        }

        if list == List::Init {
            containers.iter().filter_map(|c| statuses.remove(c.name.as_str())).collect()
        } else {
            statuses.into_values().collect()
        }
    }

    fn default_waiting_reason(&self) -> &'static str {
        if self.pod.spec.init_containers.is_empty() { "ContainerCreating" } else { "PodInitializing" }
    }

    fn default_status(&self, container: &Container, old: Option<&ContainerStatus>) -> ContainerStatus {
        let mut status = ContainerStatus {
            name: container.name.clone(),
            image: container.image.clone(),
            state: waiting(self.default_waiting_reason(), ""),
            volume_mounts: container
                .volume_mounts
                .iter()
                .map(|mount| api::VolumeMountStatus {
                    name: mount.name.clone(),
                    mount_path: mount.mount_path.clone(),
                    read_only: mount.read_only,
                    recursive_read_only: mount.read_only.then(|| "Disabled".to_string()),
                    ..api::VolumeMountStatus::default()
                })
                .collect(),
            ..ContainerStatus::default()
        };
        if let Some(old) = old {
            if old.state.terminated.is_some() {
                return old.clone();
            }
            status.restart_count = old.restart_count;
            status.last_state = old.last_state.clone();
        }
        status
    }

    /// The runtime knows nothing of a container that had a status.
    fn lost_record(&self, status: &mut ContainerStatus, old: &ContainerStatus) {
        if self.restarting_all && old.state.waiting.is_none() {
            status.state = waiting(RESTARTING_ALL, REMOVED_FOR_RESTART);
            status.last_state.terminated = Some(terminated(137, RESTARTING_ALL, REMOVED_FOR_RESTART));
            status.restart_count = old.restart_count + 1;
            return;
        }
        let is_default =
            status.state.waiting.as_ref().is_some_and(|w| w.reason == self.default_waiting_reason());
        if old.state.terminated.is_some()
            || old.state.running.is_none()
            || !is_default
            || status.last_state.terminated.is_some()
        {
            return;
        }
        // It ran, so it cannot be merely waiting; how it ended nobody knows.
        status.last_state.terminated = Some(terminated(
            137,
            STATUS_UNKNOWN,
            "The container could not be located when the pod was deleted.  The container used to be Running",
        ));
        if self.pod.metadata.deletion_timestamp.is_none() {
            status.restart_count += 1;
        }
    }

    fn shown_record(
        &self,
        record: &ContainerRecord,
        old: Option<&ContainerStatus>,
        containers: &[Container],
    ) -> ContainerStatus {
        let mut status = ContainerStatus {
            name: record.name.clone(),
            restart_count: record.attempt as i32,
            image: record.image.clone(),
            image_id: record.image_id.clone(),
            container_id: container_id(&record.id),
            state: self.state_of(record),
            ..ContainerStatus::default()
        };
        if let Some(old) = old {
            status.volume_mounts = old.volume_mounts.clone();
            status.restart_count = status.restart_count.max(old.restart_count);
            if old.container_id != status.container_id && old.state.terminated.is_some() {
                status.last_state.terminated = old.state.terminated.clone();
            } else if old.last_state.terminated.is_some() {
                status.last_state.terminated = old.last_state.terminated.clone();
            }
        }
        if record.state == ContainerState::Running
            && let Some(old) = old
        {
            if old.state.terminated.is_some() && old.restart_count >= record.attempt as i32 {
                status.restart_count = old.restart_count + 1;
            }
            // A started container stays so over a restart of the kubelet.
            status.started = old.started;
        }
        if let Some(container) = containers.iter().find(|c| c.name == record.name) {
            status.resources = Some(shown_resources(container, record));
            status.allocated_resources = container.resources.requests.clone();
            status.user = Some(api::ContainerUser { linux: Some(user(self.pod, container)) });
        }
        status
    }

    fn state_of(&self, record: &ContainerRecord) -> api::ContainerState {
        let started_at = record.started_at.map(|at| self.kernel.time_of(at));
        match record.state {
            ContainerState::Created => waiting("", ""),
            ContainerState::Running => api::ContainerState {
                running: Some(api::ContainerStateRunning { started_at }),
                ..api::ContainerState::default()
            },
            ContainerState::Exited => api::ContainerState {
                terminated: Some(ContainerStateTerminated {
                    started_at,
                    finished_at: Some(self.kernel.time_of(record.finished_at)),
                    container_id: container_id(&record.id),
                    ..terminated(record.exit_code, &record.reason, &record.message)
                }),
                ..api::ContainerState::default()
            },
        }
    }

    /// A container that is to be started, but whose last start was refused, is waiting, for that reason.
    fn waiting_to_start(&self, list: List, container: &Container, status: &mut ContainerStatus) {
        if list == List::Init {
            let record = self.runtime.find(&container.name);
            match record {
                Some(r) if r.state == ContainerState::Exited && r.exit_code == 0 => return,
                None if has_any_regular_container_created(self.pod, self.runtime)
                    && !is_sidecar(container)
                    && status.state.waiting.is_some() =>
                {
                    status.state = api::ContainerState {
                        terminated: Some(terminated(
                            0,
                            "Completed",
                            "Unable to get init container status from container runtime and pod has been \
                             initialized, treat it as exited normally",
                        )),
                        ..api::ContainerState::default()
                    };
                    return;
                }
                _ => {}
            }
        }
        if !should_container_be_restarted(container, self.pod, self.runtime) {
            return;
        }
        let Some((reason, message)) = self.reasons.get(self.uid, &container.name) else { return };
        if status.state.terminated.is_some() {
            status.last_state = status.state.clone();
        }
        status.state = waiting(reason, message);
    }
}

/// What a container has: as granted, but for what can be changed while it runs (`convertContainerStatusResources`).
fn shown_resources(container: &Container, record: &ContainerRecord) -> api::ResourceRequirements {
    let mut shown = container.resources.clone();
    if record.state == ContainerState::Running {
        let lists = [
            (&mut shown.requests, &record.resources.requests),
            (&mut shown.limits, &record.resources.limits),
        ];
        for (shown, actual) in lists {
            for resource in ["cpu", "memory"] {
                if let (Some(shown), Some(actual)) = (shown.get_mut(resource), actual.get(resource)) {
                    *shown = actual.clone();
                }
            }
        }
    }
    shown
}

/// As whom a container's first process runs, as containerd tells: by the security context, or else by the image.
fn user(pod: &Pod, container: &Container) -> api::LinuxContainerUser {
    let (run_as, group) = run_as(pod, container);
    let of_image = i64::from(images::lookup(&container.image).uid);
    // A number without an entry in the image's list of users has the group 0.
    let gid = group.unwrap_or(if run_as.is_some() { 0 } else { of_image });
    let mut groups = [gid].to_vec();
    groups.extend(supplemental_groups(pod));
    api::LinuxContainerUser { uid: run_as.unwrap_or(of_image), gid, supplemental_groups: groups }
}

/// `containerd://…`, as the API names a container.
pub(crate) fn container_id(id: &str) -> String {
    format!("containerd://{id}")
}

pub(crate) fn waiting(reason: &str, message: &str) -> api::ContainerState {
    api::ContainerState {
        waiting: Some(ContainerStateWaiting { reason: reason.to_string(), message: message.to_string() }),
        ..api::ContainerState::default()
    }
}

pub(crate) fn terminated(exit_code: i32, reason: &str, message: &str) -> ContainerStateTerminated {
    ContainerStateTerminated {
        exit_code,
        reason: reason.to_string(),
        message: message.to_string(),
        ..ContainerStateTerminated::default()
    }
}
