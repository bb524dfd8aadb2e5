//! The cluster of a Scenario document: seed, epoch, horizon, nodes, images, latencies.

use crate::Findings;
use lifepod_api::SimTime;
use lifepod_engine::jitter::JitterMode;
use lifepod_engine::{Config, ImageRule, Latency, NodeConfig, Scenario};
use lifepod_manifest::Severity;
use lifepod_manifest::scenario::{ScenarioImage, ScenarioNode, ScenarioSpec};

pub(crate) fn read(spec: &ScenarioSpec, scenario: &mut Scenario, found: &mut Findings<'_>) {
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
    if spec.cluster.jitter == Some(false) {
        config.jitter = JitterMode::None;
    }
    if !spec.cluster.nodes.is_empty() {
        config.nodes = spec.cluster.nodes.iter().map(node).collect();
    }
    config.images.extend(spec.images.iter().map(image));
    for (name, duration) in &spec.cluster.latencies {
        if !set_latency(&mut config.latency, name, duration.0) {
            let path = format!("spec.cluster.latencies.{name}");
            let message = format!(
                "unknown latency {name:?}; known are apiWrite, watch, schedule, runPodSandbox, stopPodSandbox, \
                 createContainer, startContainer, relist, mountVolumes, pullOverhead, execStart, request"
            );
            found.add(Severity::Error, &path, &message);
        }
    }
    for (index, _) in spec.behaviors.iter().enumerate() {
        let path = format!("spec.behaviors[{index}]");
        found.add(
            Severity::Warning,
            &path,
            "behaviors are not simulated yet: the container runs its command",
        );
    }
    for (index, _) in spec.traffic.iter().enumerate() {
        found.add(Severity::Warning, &format!("spec.traffic[{index}]"), "traffic is not simulated yet");
    }
}

fn node(node: &ScenarioNode) -> NodeConfig {
    let mut labels = node.labels.clone();
    if !node.zone.is_empty() {
        labels.entry("topology.kubernetes.io/zone".to_string()).or_insert_with(|| node.zone.clone());
    }
    let allocatable = if node.allocatable.is_empty() { &node.capacity } else { &node.allocatable };
    NodeConfig {
        name: node.name.clone(),
        labels,
        taints: node.taints.clone(),
        allocatable: allocatable.iter().map(|(k, v)| (k.clone(), v.to_string())).collect(),
    }
}

fn image(image: &ScenarioImage) -> ImageRule {
    ImageRule {
        image: image.image.clone(),
        size_bytes: image.pull.size.as_ref().and_then(|size| u64::try_from(size.value()).ok()),
        pull: image.pull.took.map(|took| took.0),
        error: (!image.pull.error.is_empty()).then(|| image.pull.error.clone()),
        times: image.pull.times.and_then(|times| u32::try_from(times).ok()),
        present: false,
    }
}

fn set_latency(latency: &mut Latency, name: &str, value: SimTime) -> bool {
    let field = match name {
        "apiWrite" => &mut latency.api_write,
        "watch" => &mut latency.watch,
        "schedule" => &mut latency.schedule,
        "runPodSandbox" => &mut latency.run_pod_sandbox,
        "stopPodSandbox" => &mut latency.stop_pod_sandbox,
        "createContainer" => &mut latency.create_container,
        "startContainer" => &mut latency.start_container,
        "relist" => &mut latency.relist,
        "mountVolumes" => &mut latency.mount_volumes,
        "pullOverhead" => &mut latency.pull_overhead,
        "execStart" => &mut latency.exec_start,
        "request" => &mut latency.request,
        _ => return false,
    };
    *field = value;
    true
}
