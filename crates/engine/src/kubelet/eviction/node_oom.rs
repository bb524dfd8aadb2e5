//! A machine without memory: the kernel kills where that helps most, before any kubelet has looked
//! (`mm/oom_kill.c`; the scores are `pkg/kubelet/qos/policy.go`'s, the Event `pkg/kubelet/oom/oom_watcher_linux.go`'s).

use crate::events::EventType;
use crate::jitter::Draw;
use crate::kernel::Kernel;
use crate::kubelet::eviction::is_critical;
use crate::kubelet::runtime::ContainerState;
use crate::kubelet::{Kubelet, PodUid};
use alloc::format;
use alloc::string::String;
use lifepod_api::{Container, Pod, SimTime};
use lifepod_workload::ContainerId;

const GUARANTEED: i64 = -997;
const BEST_EFFORT: i64 = 1000;
/// Numbers of processes that a node which has been up for a while gives out.
const PIDS: (u64, u64) = (2_000, 32_768);

fn memory_request(container: &Container) -> i64 {
    container.resources.requests.get("memory").map_or(0, |amount| amount.value())
}

/// What the kubelet has the kernel add to the score of a container's processes
/// (`GetContainerOOMScoreAdjust`). The more of the machine's `capacity` a container requested, the later it is killed.
fn oom_score_adjust(pod: &Pod, container: &Container, capacity: i64) -> i64 {
    if is_critical(pod) {
        return GUARANTEED;
    }
    match pod.qos_class() {
        "Guaranteed" => return GUARANTEED,
        "BestEffort" => return BEST_EFFORT,
        _ => {}
    }
    let spec = &pod.spec;
    let all = || spec.containers.iter().chain(&spec.init_containers);
    // What the pod requested beyond its containers is shared by them.
    let of_pod =
        spec.resources.as_ref().and_then(|own| own.requests.get("memory")).map(|amount| amount.value());
    let rest = of_pod.map_or(0, |of_pod| {
        let requested: i64 = all().map(memory_request).sum();
        (of_pod - requested).max(0) / i64::try_from(all().count()).unwrap_or(1).max(1)
    });
    let adjust = |request: i64| 1000 - 1000 * (request + rest) / capacity.max(1);
    let mut score = adjust(memory_request(container));
    if container.is_sidecar() {
        // A sidecar does not go before the containers that need it.
        let least = spec.containers.iter().map(memory_request).min().unwrap_or(0);
        score = score.min(adjust(least));
    }
    score.clamp(1000 + GUARANTEED, BEST_EFFORT - 1)
}

impl Kubelet {
    /// Kills the container with the highest score when the pods use more memory than the machine has. Each of its ends is a
    /// change of what is used, so that this is asked again until it fits.
    pub(super) fn relieve_memory(&mut self, kernel: &mut Kernel) {
        let capacity = self.eviction.machine.memory;
        if self.node_use().memory <= capacity {
            return;
        }
        let Some((uid, process)) = self.worst(capacity) else { return };
        let name = self.runtime.pod(&uid).and_then(|pod| pod.processes.as_ref()?.largest_process(process));
        let (first, last) = PIDS;
        let number = kernel.jitter.draw(Draw::ProcessNumber, kernel.now, SimTime::ZERO);
        let pid = first + (number * (last - first) as f64) as u64;
        let victim = name.map_or(String::new(), |name| format!(", victim process: {name}, pid: {pid}"));
        let text = format!("System OOM encountered{victim}");
        self.node_event(kernel, EventType::Warning, "SystemOOM", &text);
        if let Some(processes) = &mut self.runtime.pod_mut(&uid).processes {
            processes.out_of_memory(kernel.now, process);
        }
        self.run_processes(kernel, &uid);
    }

    /// The running container with the highest score (`oom_badness`): the share of the machine's memory that it holds, in
    /// thousandths, with its adjustment.
    fn worst(&self, capacity: u64) -> Option<(PodUid, ContainerId)> {
        let mut worst: Option<(i64, PodUid, ContainerId)> = None;
        for (uid, runtime) in &self.runtime.pods {
            let (Some(pod), Some(processes)) = (&runtime.pod, &runtime.processes) else { continue };
            for record in runtime.containers.iter().filter(|c| c.state == ContainerState::Running) {
                let written = pod.spec.containers.iter().chain(&pod.spec.init_containers);
                let Some(process) = record.process else { continue };
                let held = processes.memory(process);
                if held == 0 {
                    continue;
                }
                let capacity = i64::try_from(capacity).unwrap_or(i64::MAX);
                let adjust = written
                    .into_iter()
                    .find(|c| c.name == record.name)
                    .map_or(BEST_EFFORT, |c| oom_score_adjust(pod, c, capacity));
                let score = (i128::from(held) * 1000 / i128::from(capacity.max(1))) as i64 + adjust;
                if worst.as_ref().is_none_or(|(highest, ..)| score > *highest) {
                    worst = Some((score, uid.clone(), process));
                }
            }
        }
        worst.map(|(_, uid, process)| (uid, process))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use lifepod_api::Quantity;

    fn pod(qos: &str, request: &str) -> Pod {
        let mut pod = Pod::default();
        let mut container = Container::default();
        if let Ok(request) = Quantity::parse(request) {
            container.resources.requests.insert("memory".to_string(), request);
        }
        pod.spec.containers.push(container);
        pod.status.qos_class = qos.to_string();
        pod
    }

    #[test]
    fn who_requested_more_is_killed_later() {
        let of = |qos, request| {
            let pod = pod(qos, request);
            oom_score_adjust(&pod, &pod.spec.containers[0], 8 << 30)
        };
        assert_eq!(of("BestEffort", ""), 1000);
        assert_eq!(of("Burstable", ""), 999);
        assert_eq!(of("Burstable", "2Gi"), 750);
        assert_eq!(of("Burstable", "8Gi"), 3);
        assert_eq!(of("Guaranteed", "1Gi"), -997);
    }
}
