//! Everything that determines a run besides the manifests and the actions on them.

use crate::flow_control::ClientConnection;
use crate::jitter::JitterMode;
use crate::kubelet::eviction::threshold::EvictionConfig;
use crate::latency::Latency;
use crate::network::outside::OutsideHost;
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;
use lifepod_api::{Map, SimTime, Taint, Version};
use lifepod_workload::Behavior;

/// A cluster's configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// The Kubernetes version, where behaviour depends on it.
    pub version: Version,
    /// Whether the `ServiceAccount` admission plugin works: pods get an account and the volume with its token. Off by
    /// default, which keeps specs short.
    pub service_account_tokens: bool,
    /// Seeds every draw.
    pub seed: u64,
    /// The calendar instant at which the scenario begins, in microseconds since 1970 (UTC).
    pub epoch_micros: i64,
    /// How draws are made.
    pub jitter: JitterMode,
    /// How long things take that Kubernetes does not fix.
    pub latency: Latency,
    /// The nodes.
    pub nodes: Vec<NodeConfig>,
    /// The namespaces that it has from the start, beside those of every cluster.
    pub namespaces: Vec<String>,
    /// The storage classes that it has from the start, by their names; the first is the default.
    pub storage_classes: Vec<String>,
    /// What is known of images beyond the catalogue.
    pub images: Vec<ImageRule>,
    /// What processes do, where the scenario says so.
    pub behaviors: Vec<BehaviorRule>,
    /// What annotations about containers begin with: `lifepod.dev/`, and the container's name after it.
    pub annotation_prefix: String,
    /// What the text of a pod's annotation about a container means, by that text: annotations travel with
    /// pods through controllers and patches, and are read where YAML is known.
    pub annotations: BTreeMap<String, Arc<Behavior>>,
    /// What is known of hosts outside the cluster; of the others it is assumed that they are there and answer.
    pub outside: Vec<OutsideHost>,
    /// The kubelets' configuration.
    pub kubelet: KubeletConfig,
    /// Whether there is a controller manager. Without one nobody answers to owners, taints and lost nodes.
    pub controller_manager: bool,
    /// `--kube-api-qps` and `--kube-api-burst` of kube-controller-manager: how fast each controller may speak to the API
    /// server (`pkg/controller/apis/config/v1alpha1/defaults.go`).
    pub controller_client: ClientConnection,
    /// `clientConnection` of kube-scheduler (`pkg/scheduler/apis/config/v1/defaults.go`).
    pub scheduler_client: ClientConnection,
    /// The run stops when its trace has this many entries: no scenario may take the page down.
    pub max_entries: usize,
}

impl Default for Config {
    /// One node of four CPUs and 8 GiB, in a scenario that begins with the year 2026.
    fn default() -> Self {
        Config {
            version: Version::CURRENT,
            service_account_tokens: false,
            seed: 1,
            epoch_micros: 1_767_225_600_000_000,
            jitter: JitterMode::Seeded,
            latency: Latency::default(),
            nodes: vec![NodeConfig::named("node-1")],
            namespaces: Vec::new(),
            storage_classes: Vec::new(),
            images: Vec::new(),
            behaviors: Vec::new(),
            annotation_prefix: "lifepod.dev/".to_string(),
            annotations: BTreeMap::new(),
            outside: Vec::new(),
            kubelet: KubeletConfig::default(),
            controller_manager: true,
            controller_client: ClientConnection { qps: 20, burst: 30 },
            scheduler_client: ClientConnection { qps: 50, burst: 100 },
            max_entries: 1_000_000,
        }
    }
}

/// One node.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeConfig {
    /// `metadata.name`.
    pub name: String,
    /// `metadata.labels`, besides those that every node gets.
    pub labels: Map<String>,
    /// `spec.taints`.
    pub taints: Vec<Taint>,
    /// `spec.unschedulable`: cordoned.
    pub unschedulable: bool,
    /// The machine is off, and not known to the cluster before it is started.
    pub off: bool,
    /// `status.allocatable` as quantities; `cpu`, `memory`, `pods` and `ephemeral-storage` have defaults.
    pub allocatable: Map<String>,
    /// `status.capacity`, where it is more than what pods may request.
    pub capacity: Map<String>,
    /// How many files, directories and links its disk can hold; without it one for each 16 KiB, as `mkfs.ext4` makes them.
    pub inodes: Option<u64>,
}

/// What a node has unless the scenario says otherwise.
pub(crate) const ALLOCATABLE: [(&str, &str); 4] =
    [("cpu", "4"), ("ephemeral-storage", "100Gi"), ("memory", "8Gi"), ("pods", "110")];

impl NodeConfig {
    /// A node of four CPUs and 8 GiB.
    pub fn named(name: &str) -> Self {
        NodeConfig {
            name: name.to_string(),
            labels: Map::new(),
            taints: Vec::new(),
            unschedulable: false,
            off: false,
            allocatable: Map::new(),
            capacity: Map::new(),
            inodes: None,
        }
    }

    /// What pods may request of a resource, as a quantity.
    pub(crate) fn allocatable(&self, resource: &str) -> &str {
        let default = ALLOCATABLE.iter().find(|(key, _)| *key == resource).map_or("0", |(_, amount)| amount);
        self.allocatable.get(resource).map_or(default, String::as_str)
    }

    /// What the machine has of a resource, as a quantity.
    pub(crate) fn capacity(&self, resource: &str) -> &str {
        self.capacity.get(resource).map_or_else(|| self.allocatable(resource), String::as_str)
    }
}

/// What a registry and the nodes say of an image.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ImageRule {
    /// The image as manifests write it; `*` at the end matches any rest.
    pub image: String,
    /// Its compressed size; none leaves the catalogue's.
    pub size_bytes: Option<u64>,
    /// How long a pull takes, instead of what its size gives.
    pub pull: Option<SimTime>,
    /// The runtime's words when a pull fails, none when it succeeds. `{image}` stands for the image's name, and just
    /// `not found` for what containerd says of an image that the registry does not have.
    pub error: Option<String>,
    /// How many pulls fail before they succeed; none for all of them.
    pub times: Option<u32>,
    /// The image is on every node before the scenario begins.
    pub present: bool,
}

/// What the processes of some containers do.
#[derive(Clone, Debug, PartialEq)]
pub struct BehaviorRule {
    /// Pods by name; `*` matches any run of characters.
    pub pods: String,
    /// The container by name; empty for all.
    pub container: String,
    /// What it does.
    pub behavior: Arc<Behavior>,
}

/// The fields of a kubelet's own configuration that show
/// (`pkg/kubelet/apis/config/v1beta1/defaults.go`).
#[derive(Clone, Debug, PartialEq)]
pub struct KubeletConfig {
    /// `serializeImagePulls`: one pull at a time on the node.
    pub serialize_image_pulls: bool,
    /// `kubeAPIQPS` and `kubeAPIBurst`: how fast the status of its pods may be written.
    pub client: ClientConnection,
    /// `eventRecordQPS` and `eventBurst`: how fast its Events may be written.
    pub event_client: ClientConnection,
    /// `crashLoopBackOff.maxContainerRestartPeriod`.
    pub max_container_restart_period: SimTime,
    /// When pods are ended because the node is short of something.
    pub eviction: EvictionConfig,
    /// `shutdownGracePeriodByPodPriority`: how long an orderly shutdown of the node waits for the pods from each priority
    /// on. By default none is configured, and there is no orderly shutdown; here a usual configuration stands.
    pub shutdown_grace_periods: Vec<ShutdownGracePeriod>,
    /// Events are aggregated and rate-limited by the recorder, as they always are; off to see each one.
    pub correlate_events: bool,
}

/// Pods from this priority on are critical (`scheduling.SystemCriticalPriority`).
const SYSTEM_CRITICAL_PRIORITY: i32 = 2_000_000_000;

/// How long a node's shutdown waits for the pods of a priority or more, up to the next such
/// (`pkg/kubelet/apis/config/types.go ShutdownGracePeriodByPodPriority`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShutdownGracePeriod {
    /// `priority`.
    pub priority: i32,
    /// `shutdownGracePeriodSeconds`.
    pub grace_period: SimTime,
}

impl Default for KubeletConfig {
    fn default() -> Self {
        KubeletConfig {
            serialize_image_pulls: true,
            client: ClientConnection { qps: 50, burst: 100 },
            event_client: ClientConnection { qps: 50, burst: 100 },
            max_container_restart_period: SimTime::from_secs(300),
            eviction: EvictionConfig::default(),
            shutdown_grace_periods: [(0, 20), (SYSTEM_CRITICAL_PRIORITY, 10)]
                .map(|(priority, seconds)| ShutdownGracePeriod {
                    priority,
                    grace_period: SimTime::from_secs(seconds),
                })
                .to_vec(),
            correlate_events: true,
        }
    }
}

/// Whether `pattern`, in which `*` stands for any run of characters, matches all of `text`.
pub(crate) fn glob(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or("");
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut last = None;
    for part in parts {
        if let Some(previous) = last.replace(part) {
            let Some((_, after)) = rest.split_once(previous) else { return false };
            rest = after;
        }
    }
    match last {
        None => rest.is_empty(),
        Some(part) => rest.ends_with(part),
    }
}

#[cfg(test)]
mod tests {
    use super::glob;

    #[test]
    fn globs_match_whole_names() {
        assert!(glob("web-*", "web-0") && glob("*", "") && glob("a*b*c", "a-b-b-c") && glob("web", "web"));
        assert!(!glob("web", "web-0") && !glob("web-*", "xweb-0") && !glob("a*b*c", "a-c"));
    }
}
