//! The cluster of a Scenario document: version, seed, epoch, horizon, nodes, images, latencies.

use crate::eviction;
use crate::problems::Problems;
use crate::traffic;
use lifepod_api::duration::Duration;
use lifepod_api::{Map, Quantity, SimTime, Version};
use lifepod_engine::jitter::JitterMode;
use lifepod_engine::{
    ClientConnection, Config, ImageRule, Latency, NodeConfig, Scenario, ShutdownGracePeriod,
};
use lifepod_manifest::Hint;
use lifepod_manifest::scenario::{
    ScenarioCluster, ScenarioImage, ScenarioLatencies, ScenarioNode, ScenarioShutdownGracePeriod,
    ScenarioSpec,
};

/// As many nodes as Kubernetes says that it supports.
const MOST_NODES: i32 = 5_000;

pub(crate) fn read(spec: &ScenarioSpec, scenario: &mut Scenario, found: &mut Problems) {
    if let Some(horizon) = spec.horizon {
        scenario.horizon = horizon.0;
    }
    let config: &mut Config = &mut scenario.config;
    if let Some(seed) = spec.seed {
        config.seed = seed.cast_unsigned();
    }
    if let Some(epoch) = spec.epoch {
        config.epoch_micros = epoch.0.saturating_mul(1_000_000);
    }
    let cluster = &spec.cluster;
    if !cluster.version.is_empty() {
        match Version::parse(&cluster.version) {
            Some(version) if version > Version::CURRENT => {
                let Version { major, minor } = Version::CURRENT;
                let written = &cluster.version;
                let message = Hint::of(
                    format!("{written:?} is later than {major}.{minor}, the newest whose rules are known"),
                    format!("{written:?} 比 {major}.{minor} 新：这里的规则最新到 {major}.{minor}"),
                );
                found.error("spec.cluster.version", message);
            }
            Some(version) => config.version = version,
            None => {
                let written = &cluster.version;
                let message = Hint::of(
                    format!("{written:?} is not a version such as \"1.36\""),
                    format!("{written:?} 不是版本号；例如 \"1.36\""),
                );
                found.error("spec.cluster.version", message);
            }
        }
    }
    if cluster.jitter == Some(false) {
        config.jitter = JitterMode::None;
    }
    config.service_account_tokens = cluster.service_account_tokens;
    if let Some(serialize) = cluster.kubelet.serialize_image_pulls {
        config.kubelet.serialize_image_pulls = serialize;
    }
    if let Some(longest) = cluster.kubelet.crash_loop_back_off.max_container_restart_period {
        config.kubelet.max_container_restart_period = longest.0;
    }
    clients(cluster, config, found);
    eviction::read(&cluster.kubelet, &mut config.kubelet.eviction, found);
    let periods = &cluster.kubelet.shutdown_grace_period_by_pod_priority;
    if !periods.is_empty() {
        let period = |written: &ScenarioShutdownGracePeriod| ShutdownGracePeriod {
            priority: written.priority,
            grace_period: SimTime::from_secs(
                u64::try_from(written.shutdown_grace_period_seconds).unwrap_or(0),
            ),
        };
        config.kubelet.shutdown_grace_periods = periods.iter().map(period).collect();
    }
    if !cluster.nodes.is_empty() {
        config.nodes.clear();
    }
    for (index, written) in cluster.nodes.iter().enumerate() {
        nodes(written, &format!("spec.cluster.nodes[{index}]"), &mut config.nodes, found);
    }
    latencies(&cluster.latencies, &mut config.latency, found);
    for (index, written) in spec.images.iter().enumerate() {
        config.images.push(image(written, &format!("spec.images[{index}]"), found));
    }
    for (index, written) in spec.outside.iter().enumerate() {
        config.outside.extend(traffic::outside(written, &format!("spec.outside[{index}]"), found));
    }
    for (index, written) in spec.traffic.iter().enumerate() {
        let client = traffic::read(written, &format!("spec.traffic[{index}]"), &scenario.traffic, found);
        scenario.traffic.extend(client);
    }
}

/// How fast the components may speak to the API server, in the words of each one's configuration.
fn clients(cluster: &ScenarioCluster, config: &mut Config, found: &mut Problems) {
    let mut read = |client: &mut ClientConnection, qps: Option<i32>, burst: Option<i32>, path: &str| {
        client.qps = qps.unwrap_or(client.qps);
        let path = format!("spec.cluster.{path}");
        let burst = burst.and_then(|burst| found.number(&path, burst, 1, i32::MAX));
        client.burst = burst.unwrap_or(client.burst);
    };
    let written = &cluster.controller_manager;
    let (qps, burst) = (written.kube_api_qps, written.kube_api_burst);
    read(&mut config.controller_client, qps, burst, "controllerManager.kubeAPIBurst");
    let written = &cluster.scheduler.client_connection;
    read(&mut config.scheduler_client, written.qps, written.burst, "scheduler.clientConnection.burst");
    let written = &cluster.kubelet;
    let (qps, burst) = (written.kube_api_qps, written.kube_api_burst);
    read(&mut config.kubelet.client, qps, burst, "kubelet.kubeAPIBurst");
    let (qps, burst) = (written.event_record_qps, written.event_burst);
    read(&mut config.kubelet.event_client, qps, burst, "kubelet.eventBurst");
}

fn nodes(written: &ScenarioNode, path: &str, into: &mut Vec<NodeConfig>, found: &mut Problems) {
    if written.name.is_empty() {
        found.error(&format!("{path}.name"), Hint::new("required: the node's name", "必填：节点的名字"));
    }
    let mut labels = written.labels.clone();
    if !written.zone.is_empty() {
        labels.insert_missing("topology.kubernetes.io/zone", || written.zone.clone());
    }
    let allocatable = if written.allocatable.is_empty() { &written.capacity } else { &written.allocatable };
    let texts = |amounts: &Map<Quantity>| {
        amounts.iter().map(|(resource, amount)| (resource.clone(), amount.to_string())).collect()
    };
    let node = NodeConfig {
        labels,
        taints: written.taints.clone(),
        allocatable: texts(allocatable),
        capacity: texts(&written.capacity),
        inodes: written
            .inodes
            .and_then(|inodes| found.number(&format!("{path}.inodes"), inodes, 1, i32::MAX)),
        ..NodeConfig::named(&written.name)
    };
    let first = into.len();
    match written.count {
        None => into.push(node),
        Some(count) => {
            let Some(count) = found.number::<u32>(&format!("{path}.count"), count, 1, MOST_NODES) else {
                return;
            };
            into.extend(
                (1..=count).map(|n| NodeConfig { name: format!("{}-{n}", node.name), ..node.clone() }),
            );
        }
    }
    let (before, new) = into.split_at(first);
    if new.iter().any(|n| before.iter().any(|b| b.name == n.name)) {
        found.error(&format!("{path}.name"), Hint::new("another node has this name", "已有节点用了这个名字"));
    }
}

fn image(written: &ScenarioImage, path: &str, found: &mut Problems) -> ImageRule {
    if written.image.is_empty() {
        found.error(
            &format!("{path}.image"),
            Hint::new("required: the image as manifests write it", "必填：清单里写的镜像"),
        );
    }
    let pull = &written.pull;
    if pull.times.is_some() && pull.error.is_empty() {
        found.error(
            &format!("{path}.pull.times"),
            Hint::new(
                "times says how often the error comes: add error",
                "times 说明错误出现几次：还要写 error",
            ),
        );
    }
    let times = pull.times.and_then(|n| found.number(&format!("{path}.pull.times"), n, 1, i32::MAX));
    ImageRule {
        image: written.image.clone(),
        size_bytes: pull.size.as_ref().and_then(|size| found.bytes(&format!("{path}.pull.size"), size)),
        pull: pull.took.map(|took| took.0),
        error: (!pull.error.is_empty()).then(|| pull.error.clone()),
        times,
        present: written.present,
    }
}

fn latencies(written: &ScenarioLatencies, latency: &mut Latency, found: &mut Problems) {
    let set = |to: &mut SimTime, from: Option<Duration>| {
        if let Some(duration) = from {
            *to = duration.0;
        }
    };
    set(&mut latency.api_write, written.api_write);
    set(&mut latency.watch, written.watch);
    set(&mut latency.schedule, written.schedule);
    set(&mut latency.run_pod_sandbox, written.run_pod_sandbox);
    set(&mut latency.stop_pod_sandbox, written.stop_pod_sandbox);
    set(&mut latency.create_container, written.create_container);
    set(&mut latency.start_container, written.start_container);
    set(&mut latency.relist, written.relist);
    set(&mut latency.mount_volumes, written.mount_volumes);
    set(&mut latency.pull_overhead, written.pull_overhead);
    set(&mut latency.exec_start, written.exec_start);
    set(&mut latency.request, written.request);
    set(&mut latency.proxy_sync, written.proxy_sync);
    if let Some(speed) = &written.pull_bytes_per_second
        && let Some(bytes) = found.bytes("spec.cluster.latencies.pullBytesPerSecond", speed)
    {
        latency.pull_bytes_per_second = bytes;
    }
}

/// The text, or what stands for none.
pub(crate) fn or(text: &str, empty: &str) -> String {
    if text.is_empty() { empty } else { text }.to_string()
}
