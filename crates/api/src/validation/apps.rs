//! Deployment, ReplicaSet, StatefulSet, DaemonSet, ReplicationController.

use super::field::{Errors, Path, Shown};
use super::meta::{label_selector, non_negative, object_meta, usable};
use super::{claims, names, pod};
use crate::wire::Wire;
use crate::*;
use alloc::string::ToString;

const SPEC: &Path = &Path::new("spec");

/// `ValidateDeployment`
pub fn deployment(e: &mut Errors, o: &Deployment) {
    object_meta(e, &o.metadata, true, names::dns_subdomain);
    let s = &o.spec;
    non_negative(e, s.replicas.unwrap_or(0), &SPEC.child("replicas"));
    if selector(e, s.selector.as_ref(), "empty selector is invalid for deployment") {
        replica_template(e, s.selector.as_ref(), &s.template);
    }
    deployment_strategy(e, &s.strategy);
    non_negative(e, s.min_ready_seconds, &SPEC.child("minReadySeconds"));
    if let Some(limit) = s.revision_history_limit {
        non_negative(e, limit, &SPEC.child("revisionHistoryLimit"));
    }
    if let Some(deadline) = s.progress_deadline_seconds {
        let path = SPEC.child("progressDeadlineSeconds");
        non_negative(e, deadline, &path);
        if deadline <= s.min_ready_seconds {
            e.invalid(&path, deadline, "must be greater than minReadySeconds");
        }
    }
}

/// `ValidateReplicaSet`
pub fn replica_set(e: &mut Errors, o: &ReplicaSet) {
    object_meta(e, &o.metadata, true, names::dns_subdomain);
    non_negative(e, o.spec.replicas.unwrap_or(0), &SPEC.child("replicas"));
    non_negative(e, o.spec.min_ready_seconds, &SPEC.child("minReadySeconds"));
    // The word "deployment" is upstream's.
    if selector(e, o.spec.selector.as_ref(), "empty selector is invalid for deployment") {
        replica_template(e, o.spec.selector.as_ref(), &o.spec.template);
    }
}

/// Checks a required selector; true when its template can be checked against it.
fn selector(e: &mut Errors, selector: Option<&LabelSelector>, empty: &str) -> bool {
    let path = SPEC.child("selector");
    let Some(selector) = selector else {
        e.required(&path, "");
        return true;
    };
    label_selector(e, selector, &path);
    if selector.is_empty() {
        e.invalid(&path, Shown::json(selector), empty);
    }
    if !usable(selector) {
        e.invalid(&path, Shown::json(selector), "invalid label selector");
        return false;
    }
    true
}

/// Whether a selector means pods with the template's labels; without a selector none are meant.
fn means(selector: Option<&LabelSelector>, template: &PodTemplateSpec) -> bool {
    selector.is_some_and(|s| s.matches(&template.metadata.labels))
}

fn mismatch(e: &mut Errors, template: &PodTemplateSpec) {
    let path = SPEC.child("template");
    let path = path.child("metadata");
    let shown = Shown::json(&template.metadata.labels);
    e.invalid(&path.child("labels"), shown, "`selector` does not match template `labels`");
}

/// `ValidatePodTemplateSpecForReplicaSet`
fn replica_template(e: &mut Errors, selector: Option<&LabelSelector>, template: &PodTemplateSpec) {
    if !means(selector, template) {
        mismatch(e, template);
    }
    pod::template(e, template, &SPEC.child("template"));
    always(e, template, "ReplicaSet");
}

/// Pods of these kinds restart always and have no deadline.
fn always(e: &mut Errors, template: &PodTemplateSpec, kind: &str) {
    let path = SPEC.child("template");
    let path = path.child("spec");
    if template.spec.restart_policy != "Always" {
        e.not_supported(&path.child("restartPolicy"), &template.spec.restart_policy, &["Always"]);
    }
    if template.spec.active_deadline_seconds.is_some() {
        let detail = alloc::format!("activeDeadlineSeconds in {kind} is not Supported");
        e.forbidden(&path.child("activeDeadlineSeconds"), &detail);
    }
}

fn deployment_strategy(e: &mut Errors, s: &DeploymentStrategy) {
    let path = SPEC.child("strategy");
    let rolling_path = path.child("rollingUpdate");
    match (s.type_.as_str(), &s.rolling_update) {
        ("Recreate", Some(_)) => {
            e.forbidden(&rolling_path, "may not be specified when strategy `type` is 'Recreate'");
        }
        ("Recreate", None) => {}
        ("RollingUpdate", None) => {
            e.required(&rolling_path, "this should be defaulted and never be nil");
        }
        ("RollingUpdate", Some(r)) => {
            let zero = IntOrString::Int(0);
            let unavailable = r.max_unavailable.as_ref().unwrap_or(&zero);
            let surge = r.max_surge.as_ref().unwrap_or(&zero);
            let unavailable_path = rolling_path.child("maxUnavailable");
            int_or_percent(e, unavailable, &unavailable_path);
            int_or_percent(e, surge, &rolling_path.child("maxSurge"));
            if amount(unavailable) == 0 && amount(surge) == 0 {
                e.invalid(&unavailable_path, Shown::json(unavailable), "may not be 0 when `maxSurge` is 0");
            }
            at_most_all(e, unavailable, &unavailable_path);
        }
        _ => {
            let shown = Shown::internal(s);
            e.not_supported(&path, shown, &["Recreate", "RollingUpdate"]);
        }
    }
}

/// `ValidatePositiveIntOrPercent`
pub fn int_or_percent(e: &mut Errors, value: &IntOrString, path: &Path) {
    match value {
        IntOrString::Int(n) => non_negative(e, *n, path),
        IntOrString::String(s) => e.invalid_each(path, s, names::percent(s)),
    }
}

/// `IsNotMoreThan100Percent`
pub fn at_most_all(e: &mut Errors, value: &IntOrString, path: &Path) {
    if percentage(value).is_some_and(|p| p > 100) {
        e.invalid(path, Shown::json(value), "must not be greater than 100%");
    }
}

fn percentage(value: &IntOrString) -> Option<i64> {
    match value {
        IntOrString::String(s) if names::percent(s).is_empty() => {
            Some(s.strip_suffix('%')?.parse().unwrap_or(i64::MAX))
        }
        _ => None,
    }
}

/// `getIntOrPercentValue`: a number, or the number before the percent sign.
fn amount(value: &IntOrString) -> i64 {
    match value {
        IntOrString::Int(n) => (*n).into(),
        IntOrString::String(s) => percentage(value).or(s.parse().ok()).unwrap_or(0),
    }
}

/// `ValidateDaemonSet`
pub fn daemon_set(e: &mut Errors, o: &DaemonSet) {
    object_meta(e, &o.metadata, true, names::dns_subdomain);
    let s = &o.spec;
    let path = SPEC.child("selector");
    if let Some(selector) = &s.selector {
        label_selector(e, selector, &path);
    }
    if s.selector.as_ref().is_none_or(usable) && !means(s.selector.as_ref(), &s.template) {
        mismatch(e, &s.template);
    }
    if let Some(selector) = s.selector.as_ref().filter(|s| s.is_empty()) {
        e.invalid(&path, Shown::json(selector), "empty selector is invalid for daemonset");
    }
    pod::template(e, &s.template, &SPEC.child("template"));
    always(e, &s.template, "DaemonSet");
    non_negative(e, s.min_ready_seconds, &SPEC.child("minReadySeconds"));
    daemon_strategy(e, &s.update_strategy);
    if let Some(limit) = s.revision_history_limit {
        non_negative(e, limit, &SPEC.child("revisionHistoryLimit"));
    }
}

fn daemon_strategy(e: &mut Errors, s: &DaemonSetUpdateStrategy) {
    let path = SPEC.child("updateStrategy");
    let rolling_path = path.child("rollingUpdate");
    match (s.type_.as_str(), &s.rolling_update) {
        ("OnDelete", _) => {}
        ("RollingUpdate", None) => e.required(&rolling_path, ""),
        ("RollingUpdate", Some(r)) => {
            let zero = IntOrString::Int(0);
            let unavailable = r.max_unavailable.as_ref().unwrap_or(&zero);
            let surge = r.max_surge.as_ref().unwrap_or(&zero);
            let (unavailable_path, surge_path) =
                (rolling_path.child("maxUnavailable"), rolling_path.child("maxSurge"));
            int_or_percent(e, unavailable, &unavailable_path);
            int_or_percent(e, surge, &surge_path);
            at_most_all(e, unavailable, &unavailable_path);
            at_most_all(e, surge, &surge_path);
            match (amount(unavailable) != 0, amount(surge) != 0) {
                (true, true) => {
                    let detail = "may not be set when maxUnavailable is non-zero";
                    e.invalid(&surge_path, Shown::json(surge), detail);
                }
                (false, false) => e.required(&unavailable_path, "cannot be 0 when maxSurge is 0"),
                _ => {}
            }
        }
        _ => {
            let shown = Shown::internal(s);
            e.not_supported(&path, shown, &["RollingUpdate", "OnDelete"]);
        }
    }
}

/// `ValidateStatefulSet`
pub fn stateful_set(e: &mut Errors, o: &StatefulSet) {
    object_meta(e, &o.metadata, true, names::dns_label);
    let s = &o.spec;
    match s.pod_management_policy.as_str() {
        "OrderedReady" | "Parallel" => {}
        "" => e.required(&SPEC.child("podManagementPolicy"), ""),
        other => {
            let detail = "must be 'OrderedReady' or 'Parallel'";
            e.invalid(&SPEC.child("podManagementPolicy"), other, detail);
        }
    }
    stateful_strategy(e, &s.update_strategy);
    if let Some(policy) = &s.persistent_volume_claim_retention_policy {
        let path = SPEC.child("persistentVolumeClaimRetentionPolicy");
        for (name, value) in [("whenDeleted", &policy.when_deleted), ("whenScaled", &policy.when_scaled)] {
            if !["Retain", "Delete"].contains(&value.as_str()) {
                e.not_supported(&path.child(name), value, &["Retain", "Delete"]);
            }
        }
    }
    let templates = SPEC.child("volumeClaimTemplates");
    for (i, claim) in s.volume_claim_templates.iter().enumerate() {
        claims::spec(e, &claim.spec, &templates.index(i).child("spec"));
    }
    non_negative(e, s.replicas.unwrap_or(0), &SPEC.child("replicas"));
    non_negative(e, s.min_ready_seconds, &SPEC.child("minReadySeconds"));
    if let Some(ordinals) = &s.ordinals {
        non_negative(e, ordinals.start, &SPEC.child("ordinals.start"));
    }
    if !s.service_name.is_empty() {
        e.invalid_each(&SPEC.child("serviceName"), &s.service_name, names::dns_label(&s.service_name));
    }
    let selector_path = SPEC.child("selector");
    match &s.selector {
        None => e.required(&selector_path, ""),
        Some(selector) => {
            label_selector(e, selector, &selector_path);
            if selector.is_empty() {
                let detail = "empty selector is invalid for statefulset";
                e.invalid(&selector_path, Shown::json(selector), detail);
            }
            if !usable(selector) {
                e.invalid(&selector_path, Shown::json(selector), "");
            }
        }
    }
    if s.selector.as_ref().is_none_or(usable) {
        if !s.selector.as_ref().is_some_and(LabelSelector::is_empty)
            && !means(s.selector.as_ref(), &s.template)
        {
            mismatch(e, &s.template);
        }
        let path = SPEC.child("template");
        pod::template(e, &with_claims(s), &path);
        super::meta::labels(e, &s.template.metadata.labels, &path.child("labels"));
        super::meta::annotations(e, &s.template.metadata.annotations, &path.child("annotations"));
    }
    always(e, &s.template, "StatefulSet");
}

/// The template as its pods will be: with the volumes of the claims, and host names of their own.
fn with_claims(s: &StatefulSetSpec) -> PodTemplateSpec {
    let mut template = s.template.clone();
    template.spec.hostname.clear();
    template.spec.subdomain.clear();
    let of_claim = |claim: &PersistentVolumeClaim| Volume {
        name: claim.metadata.name.clone(),
        persistent_volume_claim: Some(alloc::boxed::Box::new(PersistentVolumeClaimVolumeSource {
            claim_name: claim.metadata.name.clone(),
            ..Default::default()
        })),
        ..Default::default()
    };
    let named = |v: &Volume| !s.volume_claim_templates.iter().any(|c| c.metadata.name == v.name);
    let own = template.spec.volumes.iter().filter(|v| named(v)).cloned();
    template.spec.volumes = s.volume_claim_templates.iter().map(of_claim).chain(own).collect();
    template
}

fn stateful_strategy(e: &mut Errors, s: &StatefulSetUpdateStrategy) {
    let path = SPEC.child("updateStrategy");
    let rolling_path = path.child("rollingUpdate");
    match (s.type_.as_str(), &s.rolling_update) {
        ("", _) => e.required(&path, ""),
        ("OnDelete", Some(r)) => {
            // Partition is a plain number in the server's own type.
            let unavailable = r.max_unavailable.encode().to_string();
            let partition = r.partition.unwrap_or(0).to_string();
            let shown = alloc::format!("{{\"Partition\":{partition},\"MaxUnavailable\":{unavailable}}}");
            let detail = "only allowed for updateStrategy 'RollingUpdate'";
            e.invalid(&rolling_path, Shown::raw(shown), detail);
        }
        ("RollingUpdate", Some(r)) => {
            non_negative(e, r.partition.unwrap_or(0), &rolling_path.child("partition"));
            if let Some(unavailable) = &r.max_unavailable {
                let path = rolling_path.child("maxUnavailable");
                int_or_percent(e, unavailable, &path);
                if amount(unavailable) == 0 {
                    e.invalid(&path, Shown::json(unavailable), "cannot be 0");
                }
                at_most_all(e, unavailable, &path);
            }
        }
        ("OnDelete" | "RollingUpdate", None) => {}
        _ => {
            let shown = Shown::internal(s);
            e.invalid(&path, shown, "must be 'RollingUpdate' or 'OnDelete'");
        }
    }
}

/// `ValidateReplicationController`
pub fn replication_controller(e: &mut Errors, o: &ReplicationController) {
    object_meta(e, &o.metadata, true, names::dns_subdomain);
    let s = &o.spec;
    non_negative(e, s.min_ready_seconds, &SPEC.child("minReadySeconds"));
    if s.selector.is_empty() {
        e.required(&SPEC.child("selector"), "");
    }
    non_negative(e, s.replicas.unwrap_or(0), &SPEC.child("replicas"));
    match &s.template {
        None => e.required(&SPEC.child("template"), ""),
        Some(template) => {
            if !s.selector.is_empty() && !labels::matches_all(&s.selector, &template.metadata.labels) {
                mismatch(e, template);
            }
            pod::template(e, template, &SPEC.child("template"));
            always(e, template, "ReplicationController");
        }
    }
}
