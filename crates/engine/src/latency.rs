//! How long things take that Kubernetes does not fix: one table, which a scenario may override.
//!
//! What Kubernetes does fix (back-off, ticks, grace) is a constant beside the rule that uses it.

use lifepod_api::SimTime;

/// Mean latencies of one cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Latency {
    /// From a component's decision to write to the moment the API server has stored it.
    pub api_write: SimTime,
    /// From a stored revision to the moment a watching component sees it.
    pub watch: SimTime,
    /// From the moment that a controller knows of a change to the moment that it has acted on it.
    pub controller_sync: SimTime,
    /// One scheduling cycle and its binding.
    pub schedule: SimTime,
    /// How much longer than its mean making a sandbox or a container, listing them, setting to work, a scheduling cycle or a
    /// controller's turn may take at most, in percent of the mean; how much it is each time is drawn.
    pub spread_percent: u32,
    /// Making a volume for a claim, by the provisioner of its class.
    pub provision_volume: SimTime,
    /// Making a pod sandbox: the pause container, its cgroup and its network.
    pub run_pod_sandbox: SimTime,
    /// Tearing the sandbox's network down.
    pub stop_pod_sandbox: SimTime,
    /// Making a container from an image that is present.
    pub create_container: SimTime,
    /// From the start call to the first instruction of the process.
    pub start_container: SimTime,
    /// From the moment that a pod's worker is told of something to the moment that it sets to work.
    pub pod_sync: SimTime,
    /// How long a pod's status waits in the status manager before it is written.
    pub status_write: SimTime,
    /// One listing of all containers by the PLEG; the next one begins a second after its end.
    pub relist: SimTime,
    /// Mounting and unmounting a pod's volumes. The volume manager looks every 100 ms.
    pub mount_volumes: SimTime,
    /// The fixed part of an image pull: resolving the reference, authorisation, unpacking.
    pub pull_overhead: SimTime,
    /// What an image pull transfers in a second, in bytes.
    pub pull_bytes_per_second: u64,
    /// Starting a command in a running container (exec probes and hooks).
    pub exec_start: SimTime,
    /// The way of a request to a port of another pod, there and back, and of a question to the DNS.
    pub request: SimTime,
    /// How long a node's proxy takes at least to write the rules of its Services; at most it is twice that.
    pub proxy_sync: SimTime,
    /// From the start of a kubelet's process to the start of its parts.
    pub kubelet_start: SimTime,
}

impl Default for Latency {
    /// A small healthy cluster: containerd, an SSD, a registry at 40 MB/s.
    fn default() -> Self {
        Latency {
            api_write: SimTime::from_millis(4),
            watch: SimTime::from_millis(3),
            controller_sync: SimTime::from_millis(5),
            schedule: SimTime::from_millis(5),
            spread_percent: 0,
            provision_volume: SimTime::from_millis(1500),
            run_pod_sandbox: SimTime::from_millis(380),
            stop_pod_sandbox: SimTime::from_millis(60),
            create_container: SimTime::from_millis(45),
            start_container: SimTime::from_millis(70),
            pod_sync: SimTime::ZERO,
            status_write: SimTime::ZERO,
            relist: SimTime::from_millis(8),
            mount_volumes: SimTime::from_millis(120),
            pull_overhead: SimTime::from_millis(600),
            pull_bytes_per_second: 40_000_000,
            exec_start: SimTime::from_millis(35),
            request: SimTime::from_millis(1),
            proxy_sync: SimTime::from_millis(40),
            kubelet_start: SimTime::from_millis(600),
        }
    }
}

impl Latency {
    /// As little as possible: the scripted runtime of the recordings, which does everything at once.
    pub fn instant() -> Self {
        Latency {
            api_write: SimTime::from_millis(2),
            watch: SimTime::from_millis(4),
            controller_sync: SimTime::from_millis(2),
            schedule: SimTime::from_millis(2),
            spread_percent: 0,
            provision_volume: SimTime::from_millis(100),
            run_pod_sandbox: SimTime::from_millis(8),
            stop_pod_sandbox: SimTime::ZERO,
            create_container: SimTime::from_millis(4),
            start_container: SimTime::from_millis(1),
            pod_sync: SimTime::ZERO,
            status_write: SimTime::ZERO,
            relist: SimTime::from_millis(4),
            mount_volumes: SimTime::ZERO,
            pull_overhead: SimTime::from_millis(200),
            pull_bytes_per_second: u64::MAX,
            exec_start: SimTime::ZERO,
            request: SimTime::ZERO,
            proxy_sync: SimTime::from_millis(10),
            kubelet_start: SimTime::from_millis(60),
        }
    }
}
