//! `ResourceQuota` (`apiserver/pkg/admission/plugin/resourcequota`, `pkg/quota/v1/evaluator/core`).

use super::{forbidden, in_scope};
use crate::resources::{self, ResourceList};
use crate::status::Refusal;
use crate::*;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// What an object counts against quotas. Pods that have ended count only as objects.
pub fn usage(object: &Object) -> ResourceList {
    let one = || Quantity::from_value(1, Default::default());
    let mut used = ResourceList::new();
    let Some(kind) = Kind::find(object.api_version(), object.kind()) else { return used };
    used.insert(format!("count/{}", kind.resource()), one());
    match object {
        Object::Pod(pod) => {
            if matches!(pod.status.phase.as_str(), "Failed" | "Succeeded") {
                return used;
            }
            used.insert("pods".to_string(), one());
            for (prefix, list) in [
                ("requests.", resources::pod_requests(&pod.spec)),
                ("limits.", resources::pod_limits(&pod.spec)),
            ] {
                for (name, quantity) in list {
                    let plain = prefix == "requests."
                        && (matches!(name.as_str(), "cpu" | "memory" | "ephemeral-storage")
                            || name.starts_with("hugepages-"));
                    if plain {
                        used.insert(name.clone(), quantity.clone());
                    }
                    // Of what cannot be overcommitted only requests are counted.
                    if prefix == "requests."
                        || matches!(name.as_str(), "cpu" | "memory" | "ephemeral-storage")
                    {
                        used.insert(format!("{prefix}{name}"), quantity);
                    }
                }
            }
        }
        Object::Service(service) => {
            used.insert("services".to_string(), one());
            let ports = service.spec.ports.len() as i64;
            let balanced = service.spec.type_ == "LoadBalancer";
            if balanced {
                used.insert("services.loadbalancers".to_string(), one());
            }
            if balanced || service.spec.type_ == "NodePort" {
                used.insert(
                    "services.nodeports".to_string(),
                    Quantity::from_value(ports, Default::default()),
                );
            }
        }
        Object::PersistentVolumeClaim(claim) => {
            used.insert("persistentvolumeclaims".to_string(), one());
            if let Some(storage) = claim.spec.resources.requests.get("storage") {
                used.insert("requests.storage".to_string(), storage.clone());
            }
        }
        Object::ConfigMap(_)
        | Object::Secret(_)
        | Object::ReplicationController(_)
        | Object::ResourceQuota(_) => {
            used.insert(kind.plural.to_string(), one());
        }
        _ => {}
    }
    used
}

/// Adds what an object counts to what is used of the resources in `used`; others are not counted.
pub fn add_usage(used: &mut ResourceList, object: &Object) {
    if used.is_empty() {
        return;
    }
    for (name, amount) in usage(object) {
        if let Some(total) = used.get_mut(&name) {
            total.add(&amount);
        }
    }
}

/// Checks a new object against a quota of its namespace, whose status holds what is used.
///
/// # Errors
/// 403 when the quota would be exceeded, or when it limits what the pod does not declare.
pub fn quota_exceeded(object: &Object, quota: &ResourceQuota) -> Result<(), Refusal> {
    if !in_scope(quota, object) {
        return Ok(());
    }
    let name = &object.meta().name;
    let asked = usage(object);
    if let Object::Pod(pod) = object {
        let missing = undeclared(pod, quota);
        if !missing.is_empty() {
            let why = format!("failed quota: {}: must specify {}", quota.metadata.name, missing.join("; "));
            return Err(forbidden("Pod", name, &why));
        }
    }
    let mut exceeded: Vec<(&String, String, String, String)> = Vec::new();
    let zero = Quantity::default();
    for (resource, hard) in &quota.spec.hard {
        let Some(wanted) = asked.get(resource) else { continue };
        let used = quota.status.used.get(resource).unwrap_or(&zero);
        let mut total = used.clone();
        total.add(wanted);
        if total > *hard {
            exceeded.push((resource, wanted.to_string(), used.to_string(), hard.to_string()));
        }
    }
    if exceeded.is_empty() {
        return Ok(());
    }
    let list = |amount: fn(&(&String, String, String, String)) -> String| {
        exceeded.iter().map(|e| format!("{}={}", e.0, amount(e))).collect::<Vec<_>>().join(",")
    };
    let why = format!(
        "exceeded quota: {}, requested: {}, used: {}, limited: {}",
        quota.metadata.name,
        list(|e| e.1.clone()),
        list(|e| e.2.clone()),
        list(|e| e.3.clone())
    );
    Err(forbidden(object.kind(), name, &why))
}

/// What the quota limits and some container does not declare: `limits.cpu for: app`.
fn undeclared(pod: &Pod, quota: &ResourceQuota) -> Vec<String> {
    let mut missing = Vec::new();
    for resource in quota.spec.hard.keys() {
        let (limits, name) = match resource.as_str() {
            "cpu" | "memory" => (false, resource.as_str()),
            "requests.cpu" | "requests.memory" => (false, &resource["requests.".len()..]),
            "limits.cpu" | "limits.memory" => (true, &resource["limits.".len()..]),
            _ => continue,
        };
        let of_pod = pod.spec.resources.as_ref().map(|r| if limits { &r.limits } else { &r.requests });
        if of_pod.is_some_and(|list| list.contains_key(name)) {
            continue;
        }
        let without: Vec<&str> = pod
            .spec
            .containers
            .iter()
            .chain(&pod.spec.init_containers)
            .filter(|c| {
                !(if limits { &c.resources.limits } else { &c.resources.requests }).contains_key(name)
            })
            .map(|c| c.name.as_str())
            .collect();
        if !without.is_empty() {
            missing.push(format!("{resource} for: {}", without.join(",")));
        }
    }
    missing
}
