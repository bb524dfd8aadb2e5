//! Requests and limits.

use super::field::{Errors, Path};
use super::names;
use crate::resources::{ResourceList, container_limits, container_requests, is_pod_level_resource};
use crate::*;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// Resource names without a slash that are known somewhere in the API (`helper.IsStandardResourceName`).
const STANDARD: &[&str] = &[
    "cpu",
    "memory",
    "ephemeral-storage",
    "requests.cpu",
    "requests.memory",
    "requests.ephemeral-storage",
    "limits.cpu",
    "limits.memory",
    "limits.ephemeral-storage",
    "pods",
    "resourcequotas",
    "services",
    "replicationcontrollers",
    "secrets",
    "configmaps",
    "persistentvolumeclaims",
    "storage",
    "requests.storage",
    "services.nodeports",
    "services.loadbalancers",
];

fn is_huge_pages(name: &str) -> bool {
    name.starts_with("hugepages-")
}

fn is_native(name: &str) -> bool {
    !name.contains('/') || name.contains("kubernetes.io/")
}

/// A resource that a device plugin or the like brings, such as `example.com/gpu`.
pub fn is_extended(name: &str) -> bool {
    !is_native(name)
        && !name.starts_with("requests.")
        && names::qualified_name(&format!("requests.{name}")).is_empty()
}

fn may_overcommit(name: &str) -> bool {
    is_native(name) && !is_huge_pages(name)
}

/// `ValidateResourceQuantityValue`
pub fn amount(e: &mut Errors, name: &str, q: &Quantity, path: &Path) {
    if q.sign() < 0 {
        e.invalid(path, &q.to_string(), "must be greater than or equal to 0");
    }
    let counted = ["pods", "resourcequotas", "services", "replicationcontrollers", "secrets", "configmaps"];
    let counted = counted.contains(&name)
        || ["persistentvolumeclaims", "services.nodeports", "services.loadbalancers"].contains(&name);
    if (counted || is_extended(name)) && q.milli_value() % 1_000 != 0 {
        e.invalid(path, &q.to_string(), "must be an integer");
    }
}

/// `validateResourceName`: whether it is a name at all.
fn resource_name(e: &mut Errors, name: &str, path: &Path) {
    let messages = names::qualified_name(name);
    if !messages.is_empty() {
        return e.invalid_each(path, name, messages);
    }
    if !name.contains('/') && !STANDARD.contains(&name) && !is_huge_pages(name) {
        e.invalid(path, name, "must be a standard resource type or fully qualified");
    }
}

/// `validateContainerResourceName`
fn container_resource_name(e: &mut Errors, name: &str, path: &Path) {
    resource_name(e, name, path);
    if !name.contains('/') {
        if !["cpu", "memory", "ephemeral-storage"].contains(&name) && !is_huge_pages(name) {
            e.invalid(path, name, "must be a standard resource for containers");
        }
    } else if !is_native(name) && !is_extended(name) {
        e.invalid(path, name, "doesn't follow extended resource name standard");
    }
}

/// `validatePodResourceName`
fn pod_resource_name(e: &mut Errors, name: &str, path: &Path) {
    let before = e.len();
    resource_name(e, name, path);
    if e.len() == before && !is_pod_level_resource(name) {
        e.not_supported(path, name, &["cpu", "hugepages-", "memory"]);
    }
}

/// A container's requests and limits (`ValidateContainerResourceRequirements`).
pub fn of_container(e: &mut Errors, r: &ResourceRequirements, claims: &BTreeSet<&str>, path: &Path) {
    requirements(e, r, container_resource_name, claims, path);
}

fn requirements(
    e: &mut Errors,
    r: &ResourceRequirements,
    rule: fn(&mut Errors, &str, &Path),
    claims: &BTreeSet<&str>,
    path: &Path,
) {
    let (limits, requests) = (path.child("limits"), path.child("requests"));
    for (name, limit) in &r.limits {
        let path = limits.key(name);
        rule(e, name, &path);
        amount(e, name, limit, &path);
        huge_pages(e, name, limit, &path);
    }
    for (name, request) in &r.requests {
        let path = requests.key(name);
        rule(e, name, &path);
        amount(e, name, request, &path);
        match r.limits.get(name) {
            Some(limit) if request != limit && !may_overcommit(name) => {
                e.invalid(
                    &requests,
                    &request.to_string(),
                    &format!("must be equal to {name} limit of {limit}"),
                );
            }
            Some(limit) if request > limit => {
                let detail = format!("must be less than or equal to {name} limit of {limit}");
                e.invalid(&requests, &request.to_string(), &detail);
            }
            None if !may_overcommit(name) => {
                e.required(&limits, "Limit must be set for non overcommitable resources");
            }
            _ => {}
        }
        huge_pages(e, name, request, &path);
    }
    let names = || r.limits.keys().chain(r.requests.keys());
    if names().any(|n| is_huge_pages(n)) && !names().any(|n| n == "cpu" || n == "memory") {
        e.forbidden(path, "HugePages require cpu or memory");
    }
    resource_claims(e, &r.claims, claims, &path.child("claims"));
}

fn huge_pages(e: &mut Errors, name: &str, q: &Quantity, path: &Path) {
    let Some(size) = name.strip_prefix("hugepages-") else { return };
    let divisible = Quantity::parse(size).is_ok_and(|page| page.value() > 0 && q.value() % page.value() == 0);
    if !divisible {
        e.invalid(path, &q.to_string(), &format!("{q} is not positive integer multiple of {name}"));
    }
}

/// `validateResourceClaimNames`
fn resource_claims(e: &mut Errors, list: &[ResourceClaim], known: &BTreeSet<&str>, path: &Path) {
    let mut seen: BTreeSet<String> = BTreeSet::new();
    for (i, claim) in list.iter().enumerate() {
        let path = path.index(i);
        if claim.name.is_empty() {
            e.required(&path, "");
            continue;
        }
        if seen.contains(&claim.name) {
            e.duplicate(&path, &claim.name);
        } else {
            let mut key = claim.name.clone();
            if !claim.request.is_empty() {
                e.invalid_each(&path.child("request"), &claim.request, names::dns_label(&claim.request));
                key = format!("{key}/{}", claim.request);
            }
            if seen.contains(&key) {
                e.duplicate(&path, &key);
            } else if claim.request.is_empty() {
                for _ in seen.iter().filter(|k| k.split_once('/').is_some_and(|(n, _)| n == claim.name)) {
                    e.duplicate(&path, &claim.name);
                }
            }
            seen.insert(key);
        }
        if !known.contains(claim.name.as_str()) {
            let names: Vec<&str> = known.iter().copied().collect();
            let which = if names.is_empty() {
                " which is empty".to_string()
            } else {
                format!(": {}", names.join(", "))
            };
            e.not_found(
                &path,
                &claim.name,
                &format!("must be one of the names in pod.spec.resourceClaims{which}"),
            );
        }
    }
}

/// What a pod asks for as a whole (`validatePodResources`).
pub fn of_pod(e: &mut Errors, spec: &PodSpec, claims: &BTreeSet<&str>, spec_path: &Path) {
    let Some(own) = &spec.resources else { return };
    let path = spec_path.child("resources");
    if spec.os.as_ref().is_some_and(|os| os.name == "windows") {
        return e.forbidden(&path, "may not be set for a windows pod");
    }
    if !own.claims.is_empty() {
        e.forbidden(&path.child("claims"), "claims may not be set for Resources at pod-level");
    }
    requirements(e, own, pod_resource_name, claims, &path);
    at_least(e, &own.requests, &container_requests(spec), "requests", &path);
    let huge: ResourceList =
        container_limits(spec).into_iter().filter(|(name, _)| is_huge_pages(name)).collect();
    at_least(e, &own.limits, &huge, "limits", &path);
    let containers = path.child("containers");
    for (i, container) in spec.containers.iter().enumerate() {
        let container_path = containers.index(i);
        for (name, limit) in &container.resources.limits {
            if let Some(pod_limit) = own.limits.get(name).filter(|l| limit > *l) {
                let path = container_path.key(name);
                let detail = format!("must be less than or equal to pod limits of {pod_limit}");
                e.invalid(&path.child("limits"), &limit.to_string(), &detail);
            }
        }
    }
}

fn at_least(e: &mut Errors, own: &ResourceList, sum: &ResourceList, what: &str, path: &Path) {
    let path = path.child(what);
    for (name, total) in sum {
        if let Some(mine) = own.get(name).filter(|mine| total > *mine) {
            let detail = format!("must be greater than or equal to aggregate container {what} of {total}");
            e.invalid(&path.key(name), &mine.to_string(), &detail);
        }
    }
}
