//! Topics of the controllers: the arithmetic of rollouts and budgets, and who goes first when there are too many.

use super::differs;
use lifepod_api::{
    Condition, ContainerStatus, IntOrString, OwnerReference, Pod, PodCondition, PodDisruptionBudget, Time,
};
use lifepod_engine::controllers::deletion_rank::{RankedPod, deletion_order};
use lifepod_engine::controllers::deployment::math::resolve_fenceposts;
use lifepod_engine::controllers::disruption::assess;
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

/// `pdb`: what a disruption budget's status says of its pods.
pub fn pdb(v: &Value) -> Result<(), String> {
    let count = |key: &str| v[key].as_u64().unwrap_or(0) as usize;
    let value = int_or_string(&v["value"]);
    let mut budget = PodDisruptionBudget::default();
    match v["budget"].as_str() {
        Some("minAvailable") => budget.spec.min_available = Some(value),
        Some("maxUnavailable") => budget.spec.max_unavailable = Some(value),
        _ => {}
    }
    let owner =
        OwnerReference { controller: Some(true), uid: "owner".to_string(), ..OwnerReference::default() };
    let pods: Vec<Pod> = (0..count("replicas"))
        .map(|index| {
            let mut pod = Pod::default();
            pod.metadata.name = format!("pod-{index}");
            if v["ownedByReplicaSet"] == true {
                pod.metadata.owner_references.push(owner.clone());
            }
            if index < count("ofTheReadyPodsBeingDeleted") {
                pod.metadata.deletion_timestamp = Some(Time(NOW));
            }
            pod.status.conditions.push(PodCondition {
                type_: "Ready".to_string(),
                status: if index < count("readyPods") { "True" } else { "False" }.to_string(),
                ..PodCondition::default()
            });
            pod
        })
        .collect();
    let pods: Vec<&Pod> = pods.iter().collect();
    let scale = |owner: &OwnerReference, _: &str| Some((owner.uid.clone(), count("replicas") as i32));
    let status = assess(&budget, &pods, scale, Time(NOW))?.status;
    let got = json!({
        "currentHealthy": status.current_healthy, "desiredHealthy": status.desired_healthy,
        "disruptionsAllowed": status.disruptions_allowed, "expectedPods": status.expected_pods,
    });
    differs("status", &v["status"], &got)?;
    let condition = |c: &Condition| json!({"type": c.type_, "status": c.status, "reason": c.reason, "message": c.message});
    differs("conditions", &v["conditions"], &status.conditions.iter().map(condition).collect())
}
