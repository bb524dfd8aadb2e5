//! Topics of the controllers: the arithmetic of rollouts, and who goes first when there are too many.

use super::differs;
use lifepod_api::{ContainerStatus, IntOrString, Pod, PodCondition, Time};
use lifepod_engine::controllers::deletion_rank::{RankedPod, deletion_order};
use lifepod_engine::controllers::deployment::math::resolve_fenceposts;
use serde_json::{Map, Value, json};

fn int_or_string(value: &Value) -> IntOrString {
    match value.as_str() {
        Some(text) => IntOrString::String(text.to_string()),
        None => IntOrString::Int(value.as_i64().unwrap_or(0) as i32),
    }
}

/// `deployment_math`: what `maxSurge` and `maxUnavailable` allow.
pub fn deployment_math(v: &Value) -> Result<(), String> {
    let desired = v["replicas"].as_i64().unwrap_or(0) as i32;
    let posts = resolve_fenceposts(
        Some(&int_or_string(&v["maxSurge"])),
        Some(&int_or_string(&v["maxUnavailable"])),
        desired,
    );
    const NEW: &str = "newRSReplicas_when_old_full_and_new_at";
    let new: Map<String, Value> = v[NEW]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(at, _)| {
            let new = at.parse().unwrap_or(0);
            (at.clone(), json!(posts.new_replicas(desired, new, desired + new)))
        })
        .collect();
    for (key, got) in [
        ("surge", json!(posts.surge)),
        ("unavailable", json!(posts.unavailable)),
        ("maxUnavailableClamped", json!(posts.max_unavailable(desired))),
        ("maxPods", json!(desired + posts.surge)),
        ("minAvailable", json!(desired - posts.unavailable)),
        (NEW, Value::Object(new)),
    ] {
        differs(key, &v[key], &got)?;
    }
    Ok(())
}

/// The instant at which the vectors' ages are counted.
const NOW: i64 = 1_800_000_000;

/// `rs_deletion_rank`: the order in which a ReplicaSet deletes its pods.
pub fn rs_deletion_rank(v: &Value) -> Result<(), String> {
    let described: Vec<&Value> = v["pods"].as_array().into_iter().flatten().collect();
    let pods: Vec<Pod> = described.iter().map(|value| pod(value)).collect();
    let ranked: Vec<RankedPod> = pods
        .iter()
        .zip(&described)
        .map(|(pod, value)| RankedPod {
            pod,
            colocated: value["colocatedRank"].as_u64().unwrap_or(0) as usize,
        })
        .collect();
    let order = deletion_order(&ranked, NOW * 1_000_000);
    let names: Vec<&str> = order.iter().map(|ranked| ranked.pod.metadata.name.as_str()).collect();
    differs("deletionOrder", &v["deletionOrder"], &json!(names))
}

fn pod(value: &Value) -> Pod {
    let text = |key: &str| value[key].as_str().unwrap_or("").to_string();
    let ago = |key: &str| value[key].as_i64().map(|seconds| Time(NOW - seconds));
    let mut pod = Pod::default();
    pod.metadata.name = text("name");
    pod.metadata.uid = text("uid");
    pod.metadata.creation_timestamp = ago("ageSeconds");
    if let Some(cost) = value["deletionCost"].as_i64() {
        let key = "controller.kubernetes.io/pod-deletion-cost".to_string();
        pod.metadata.annotations.insert(key, cost.to_string());
    }
    if value["nodeAssigned"] == true {
        pod.spec.node_name = "node".to_string();
    }
    pod.status.phase = text("phase");
    if value["ready"] == true {
        pod.status.conditions.push(PodCondition {
            type_: "Ready".to_string(),
            status: "True".to_string(),
            last_transition_time: ago("readyForSeconds"),
            ..PodCondition::default()
        });
    }
    let restart_count = value["restarts"].as_i64().unwrap_or(0) as i32;
    pod.status.container_statuses.push(ContainerStatus { restart_count, ..ContainerStatus::default() });
    pod
}
