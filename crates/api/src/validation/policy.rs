//! PodDisruptionBudget, PriorityClass and PersistentVolumeClaim.

use super::apps::{at_most_all, int_or_percent};
use super::field::{Errors, Path, Shown};
use super::meta::{label_selector, object_meta};
use super::{claims, names, pod};
use crate::*;

const SPEC: &Path = &Path::new("spec");

/// `ValidatePodDisruptionBudget`
pub fn disruption_budget(e: &mut Errors, o: &PodDisruptionBudget) {
    object_meta(e, &o.metadata, true, names::dns_subdomain);
    let s = &o.spec;
    if s.min_available.is_some() && s.max_unavailable.is_some() {
        let shown = Shown::internal(s);
        e.invalid(SPEC, shown, "minAvailable and maxUnavailable cannot be both set");
    }
    for (name, value) in [("minAvailable", &s.min_available), ("maxUnavailable", &s.max_unavailable)] {
        if let Some(value) = value {
            int_or_percent(e, value, &SPEC.child(name));
            at_most_all(e, value, &SPEC.child(name));
        }
    }
    if let Some(selector) = &s.selector {
        label_selector(e, selector, &SPEC.child("selector"));
    }
    let policies = ["AlwaysAllow", "IfHealthyBudget"];
    if let Some(policy) = s.unhealthy_pod_eviction_policy.as_ref().filter(|p| !policies.contains(&p.as_str()))
    {
        e.not_supported(&SPEC.child("unhealthyPodEvictionPolicy"), policy, &policies);
    }
}

/// `ValidatePriorityClass`
pub fn priority_class(e: &mut Errors, o: &PriorityClass) {
    object_meta(e, &o.metadata, false, names::dns_subdomain);
    let system = matches!(o.metadata.name.as_str(), "system-cluster-critical" | "system-node-critical");
    if o.metadata.name.starts_with("system-") && !system {
        let detail = "priority class names with 'system-' prefix are reserved for system use only. error: ";
        let detail = alloc::format!("{detail}{} is not a known system priority class", o.metadata.name);
        e.forbidden(&Path::new("metadata").child("name"), &detail);
    } else if !system && o.value > 1_000_000_000 {
        let detail = "maximum allowed value of a user defined priority is 1000000000";
        e.forbidden(&Path::new("value"), detail);
    }
    if let Some(policy) = &o.preemption_policy {
        pod::choice(e, policy, &["PreemptLowerPriority", "Never"], &Path::new("preemptionPolicy"));
    }
}

/// `ValidatePersistentVolumeClaim`
pub fn claim(e: &mut Errors, o: &PersistentVolumeClaim) {
    object_meta(e, &o.metadata, true, names::dns_subdomain);
    claims::spec(e, &o.spec, SPEC);
}
