//! PodDisruptionBudget, PriorityClass, and small kinds that have little to check.

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

/// `ValidateNode`, as far as people write nodes by hand.
pub fn node(e: &mut Errors, o: &Node) {
    object_meta(e, &o.metadata, false, names::dns_subdomain);
    let path = SPEC.child("taints");
    for (i, taint) in o.spec.taints.iter().enumerate() {
        let path = path.index(i);
        super::meta::label_name(e, &taint.key, &path.child("key"));
        let messages = names::label_value(&taint.value);
        if !messages.is_empty() {
            e.invalid(&path.child("value"), &taint.value, &messages.join(";"));
        }
        if taint.effect.is_empty() {
            e.required(&path.child("effect"), "");
        } else {
            super::scheduling::taint_effect(e, &taint.effect, &path.child("effect"));
        }
        let same = |t: &Taint| t.key == taint.key && t.effect == taint.effect;
        if o.spec.taints[..i].iter().any(same) {
            let shown = Shown::json(taint);
            e.duplicate(&path, shown);
        }
    }
}

/// `ValidateConfigMap`
pub fn config_map(e: &mut Errors, o: &ConfigMap) {
    object_meta(e, &o.metadata, true, names::dns_subdomain);
    let mut size = 0;
    for (key, value) in &o.data {
        e.invalid_each(&Path::new("data").key(key), key, names::config_key(key));
        if o.binary_data.contains_key(key) {
            let detail = "duplicate of key present in binaryData";
            e.invalid(&Path::new("data").key(key), key, detail);
        }
        size += value.len();
    }
    for (key, value) in &o.binary_data {
        e.invalid_each(&Path::new("binaryData").key(key), key, names::config_key(key));
        size += value.0.len();
    }
    if size > 1024 * 1024 {
        e.too_long(&Path::new(""), 1024 * 1024);
    }
}

/// `ValidateSecret`; what a registry's credentials hold is not read.
pub fn secret(e: &mut Errors, o: &Secret) {
    object_meta(e, &o.metadata, true, names::dns_subdomain);
    let mut size = 0;
    for (key, value) in &o.data {
        e.invalid_each(&Path::new("data").key(key), key, names::config_key(key));
        size += value.0.len();
    }
    if size > 1024 * 1024 {
        e.too_long(&Path::new("data"), 1024 * 1024);
    }
    let data = Path::new("data");
    let mut needs = |keys: &[&str]| {
        for key in keys.iter().filter(|key| !o.data.contains_key(**key)) {
            e.required(&data.key(key), "");
        }
    };
    match o.type_.as_str() {
        "kubernetes.io/dockercfg" => needs(&[".dockercfg"]),
        "kubernetes.io/dockerconfigjson" => needs(&[".dockerconfigjson"]),
        "kubernetes.io/tls" => needs(&["tls.crt", "tls.key"]),
        // Either will do.
        "kubernetes.io/basic-auth" if !["username", "password"].iter().any(|k| o.data.contains_key(*k)) => {
            needs(&["username", "password"]);
        }
        "kubernetes.io/ssh-auth" if o.data.get("ssh-privatekey").is_none_or(|key| key.0.is_empty()) => {
            e.required(&data.key("ssh-privatekey"), "");
        }
        "kubernetes.io/service-account-token" => {
            const ACCOUNT: &str = "kubernetes.io/service-account.name";
            if o.metadata.annotations.get(ACCOUNT).is_none_or(|name| name.is_empty()) {
                let path = Path::new("metadata");
                e.required(&path.child("annotations").key(ACCOUNT), "");
            }
        }
        _ => {}
    }
}
