//! The pod's phase, derived from its containers (`pkg/kubelet/kubelet_pods.go getPhase`).

use crate::kubelet::restart_policy::{is_sidecar, should_restart};
use lifepod_api::{Container, ContainerStatus, PodSpec};

/// `RestartingAllContainers`: the reason of containers that a restart rule took down with the others.
const RESTARTING_ALL: &str = "RestartingAllContainers";

#[derive(Default)]
struct Counts {
    unknown: u32,
    running: u32,
    waiting: u32,
    stopped: u32,
    not_restartable: u32,
    succeeded: u32,
}

/// The phase of a pod whose containers have these statuses.
///
/// `terminal`: the pod worker has decided that nothing of this pod runs again. `initialized`: an app container
/// of this sandbox has been created.
pub fn get_phase(
    spec: &PodSpec,
    init_statuses: &[ContainerStatus],
    statuses: &[ContainerStatus],
    terminal: bool,
    initialized: bool,
) -> &'static str {
    let mut pending_init = 0;
    let mut pending_sidecars = 0;
    let mut failed_for_good = 0;
    let mut counts = Counts::default();

    for container in &spec.init_containers {
        let status = find(init_statuses, &container.name);
        if is_sidecar(container) {
            let Some(status) = status else {
                counts.unknown += 1;
                continue;
            };
            if status.state.running.is_some() {
                counts.running += 1;
                if status.started != Some(true) {
                    pending_sidecars += 1;
                }
            } else if status.state.terminated.is_some() {
                // An ended sidecar counts for nothing.
            } else if status.state.waiting.is_some() {
                if status.last_state.terminated.is_none() {
                    pending_sidecars += 1;
                    counts.waiting += 1;
                }
            } else {
                pending_sidecars += 1;
                counts.unknown += 1;
            }
            continue;
        }
        // A waiting container is judged by how it ended the last time.
        let ended = status.and_then(|s| match &s.state.terminated {
            Some(ended) => Some(ended),
            None if s.state.running.is_none() => s.last_state.terminated.as_ref(),
            None => None,
        });
        match ended {
            None => pending_init += 1,
            Some(ended)
                if ended.exit_code != 0 && !restartable(container, spec, ended.exit_code, &ended.reason) =>
            {
                failed_for_good += 1;
            }
            Some(_) => {}
        }
    }

    for container in &spec.containers {
        let Some(status) = find(statuses, &container.name) else {
            counts.unknown += 1;
            continue;
        };
        if status.state.running.is_some() {
            counts.running += 1;
        } else if let Some(ended) = &status.state.terminated {
            counts.stopped += 1;
            if !restartable(container, spec, ended.exit_code, &ended.reason) {
                counts.not_restartable += 1;
            }
            if ended.exit_code == 0 {
                counts.succeeded += 1;
            }
        } else if status.state.waiting.is_some() {
            match &status.last_state.terminated {
                Some(ended) => {
                    counts.stopped += 1;
                    if !restartable(container, spec, ended.exit_code, &ended.reason) {
                        counts.not_restartable += 1;
                    }
                }
                None => counts.waiting += 1,
            }
        } else {
            counts.unknown += 1;
        }
    }

    if failed_for_good > 0 {
        return "Failed";
    }
    if pending_init > 0 || (pending_sidecars > 0 && !initialized) || counts.waiting > 0 {
        return "Pending";
    }
    if counts.running > 0 && counts.unknown == 0 {
        return "Running";
    }
    if counts.running == 0 && counts.stopped > 0 && counts.unknown == 0 {
        return match (terminal, counts.stopped == counts.succeeded) {
            (true, true) => "Succeeded",
            (true, false) => "Failed",
            (false, _) if counts.stopped != counts.not_restartable => "Running",
            (false, true) => "Succeeded",
            (false, false) => "Failed",
        };
    }
    "Pending"
}

fn find<'a>(list: &'a [ContainerStatus], name: &str) -> Option<&'a ContainerStatus> {
    list.iter().find(|s| s.name == name)
}

fn restartable(container: &Container, spec: &PodSpec, exit_code: i32, reason: &str) -> bool {
    should_restart(container, spec, exit_code) || reason == RESTARTING_ALL
}
