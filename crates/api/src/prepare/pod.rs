//! What the API server writes into a new pod (`pkg/registry/core/pod/strategy.go`).

use crate::labels::Labels;
use crate::resources::qos_class;
use crate::validation::{APP_ARMOR, app_armor_of};
use crate::{Affinity, LabelSelector, LabelSelectorRequirement, Pod, PodAffinityTerm, PodCondition};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// `podStrategy.PrepareForCreate`
pub fn prepare(o: &mut Pod) {
    // A negative grace period is stored as one second; in templates it stays (`conversion.go`).
    if let Some(grace) = &mut o.spec.termination_grace_period_seconds {
        *grace = if *grace < 0 { 1 } else { *grace };
    }
    o.status = Default::default();
    o.status.phase = "Pending".to_string();
    o.status.qos_class = qos_class(&o.spec).to_string();
    if !o.spec.scheduling_gates.is_empty() {
        o.status.conditions.push(PodCondition {
            type_: "PodScheduled".to_string(),
            status: "False".to_string(),
            reason: "SchedulingGated".to_string(),
            message: "Scheduling is blocked due to non-empty scheduling gates".to_string(),
            ..Default::default()
        });
    }
    let labels = &o.metadata.labels;
    if let Some(affinity) = &mut o.spec.affinity {
        pod_terms(affinity, |term| {
            if let Some(selector) = &mut term.label_selector {
                add_label_keys(selector, "In", &term.match_label_keys, labels);
                add_label_keys(selector, "NotIn", &term.mismatch_label_keys, labels);
            }
        });
    }
    for constraint in &mut o.spec.topology_spread_constraints {
        if let Some(selector) = &mut constraint.label_selector {
            add_label_keys(selector, "In", &constraint.match_label_keys, labels);
        }
    }
    app_armor(o);
}

fn pod_terms(affinity: &mut Affinity, mut each: impl FnMut(&mut PodAffinityTerm)) {
    if let Some(a) = &mut affinity.pod_affinity {
        let preferred = &mut a.preferred_during_scheduling_ignored_during_execution;
        preferred.iter_mut().for_each(|weighted| each(&mut weighted.pod_affinity_term));
        a.required_during_scheduling_ignored_during_execution.iter_mut().for_each(&mut each);
    }
    if let Some(a) = &mut affinity.pod_anti_affinity {
        let preferred = &mut a.preferred_during_scheduling_ignored_during_execution;
        preferred.iter_mut().for_each(|weighted| each(&mut weighted.pod_affinity_term));
        a.required_during_scheduling_ignored_during_execution.iter_mut().for_each(&mut each);
    }
}

/// Adds a requirement for each key that the pod has a label of (`applyLabelKeysToLabelSelector`).
fn add_label_keys(selector: &mut LabelSelector, operator: &str, keys: &[String], labels: &Labels) {
    let found = keys.iter().filter_map(|key| Some((key, labels.get(key)?)));
    selector.match_expressions.extend(found.map(|(key, value)| LabelSelectorRequirement {
        key: key.clone(),
        operator: operator.to_string(),
        values: Vec::from([value.clone()]),
    }));
}

/// AppArmor profiles that are still given by annotations become fields (`applyAppArmorVersionSkew`).
fn app_armor(o: &mut Pod) {
    if o.spec.os.as_ref().is_some_and(|os| os.name == "windows") {
        return;
    }
    let of_pod = o.spec.security_context.as_ref().and_then(|sc| sc.app_armor_profile.clone());
    let spec = &mut *o.spec;
    for c in spec.init_containers.iter_mut().chain(&mut spec.containers) {
        if c.security_context.as_ref().is_some_and(|sc| sc.app_armor_profile.is_some()) {
            continue;
        }
        let annotation = o.metadata.annotations.get(&format!("{APP_ARMOR}{}", c.name));
        let profile = annotation.and_then(|said| app_armor_of(said)).filter(|p| Some(p) != of_pod.as_ref());
        if profile.is_some() {
            c.security_context.get_or_insert_default().app_armor_profile = profile;
        }
    }
}
