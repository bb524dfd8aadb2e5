//! Affinity, tolerations and topology spread.

use super::field::{Errors, Path};
use super::meta::{label_name, label_selector, label_values, operator};
use super::names;
use crate::*;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;

/// `validateAffinity`
pub fn affinity(e: &mut Errors, a: &Affinity, path: &Path) {
    const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
    const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";
    if let Some(node) = &a.node_affinity {
        let path = path.child("nodeAffinity");
        if let Some(selector) = &node.required_during_scheduling_ignored_during_execution {
            node_selector(e, selector, &path.child(REQUIRED));
        }
        let preferred = path.child(PREFERRED);
        for (i, term) in node.preferred_during_scheduling_ignored_during_execution.iter().enumerate() {
            let path = preferred.index(i);
            weight(e, term.weight, &path);
            node_selector_term(e, &term.preference, false, &path.child("preference"));
        }
    }
    let pod = a.pod_affinity.as_ref().map(|p| {
        (
            "podAffinity",
            &p.required_during_scheduling_ignored_during_execution,
            &p.preferred_during_scheduling_ignored_during_execution,
        )
    });
    let anti = a.pod_anti_affinity.as_ref().map(|p| {
        (
            "podAntiAffinity",
            &p.required_during_scheduling_ignored_during_execution,
            &p.preferred_during_scheduling_ignored_during_execution,
        )
    });
    for (name, required, preferred) in pod.into_iter().chain(anti) {
        let path = path.child(name);
        let required_path = path.child(REQUIRED);
        for (i, term) in required.iter().enumerate() {
            pod_affinity_term(e, term, &required_path.index(i));
        }
        let preferred_path = path.child(PREFERRED);
        for (i, term) in preferred.iter().enumerate() {
            let path = preferred_path.index(i);
            weight(e, term.weight, &path);
            pod_affinity_term(e, &term.pod_affinity_term, &path.child("podAffinityTerm"));
        }
    }
}

fn weight(e: &mut Errors, weight: i32, path: &Path) {
    if !(1..=100).contains(&weight) {
        e.invalid(&path.child("weight"), weight, "must be in the range 1-100");
    }
}

/// `ValidateNodeSelector`
pub fn node_selector(e: &mut Errors, s: &NodeSelector, path: &Path) {
    let path = path.child("nodeSelectorTerms");
    if s.node_selector_terms.is_empty() {
        e.required(&path, "must have at least one node selector term");
    }
    for (i, term) in s.node_selector_terms.iter().enumerate() {
        node_selector_term(e, term, true, &path.index(i));
    }
}

fn node_selector_term(e: &mut Errors, term: &NodeSelectorTerm, check_values: bool, path: &Path) {
    let expressions = path.child("matchExpressions");
    for (i, r) in term.match_expressions.iter().enumerate() {
        node_requirement(e, r, check_values, &expressions.index(i));
    }
    let fields = path.child("matchFields");
    for (i, r) in term.match_fields.iter().enumerate() {
        node_field_requirement(e, r, &fields.index(i));
    }
}

fn node_requirement(e: &mut Errors, r: &NodeSelectorRequirement, check_values: bool, path: &Path) {
    match r.operator.as_str() {
        "Gt" | "Lt" if r.values.len() != 1 => {
            let detail = "must be specified single value when `operator` is 'Lt' or 'Gt'";
            e.required(&path.child("values"), detail);
        }
        "Gt" | "Lt" => {}
        other => operator(e, other, &r.values, path),
    }
    label_name(e, &r.key, &path.child("key"));
    if check_values {
        label_values(e, &r.values, path);
    }
}

fn node_field_requirement(e: &mut Errors, r: &NodeSelectorRequirement, path: &Path) {
    let values = path.child("values");
    match r.operator.as_str() {
        "In" | "NotIn" if r.values.len() != 1 => {
            let detail = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector";
            e.required(&values, detail);
        }
        "In" | "NotIn" => {}
        other => e.invalid(&path.child("operator"), other, "not a valid selector operator"),
    }
    if r.key != "metadata.name" {
        return e.invalid(&path.child("key"), &r.key, "not a valid field selector key");
    }
    for (i, value) in r.values.iter().enumerate() {
        e.invalid_each(&values.index(i), value, names::dns_subdomain(value));
    }
}

fn pod_affinity_term(e: &mut Errors, term: &PodAffinityTerm, path: &Path) {
    for (name, selector) in
        [("labelSelector", &term.label_selector), ("namespaceSelector", &term.namespace_selector)]
    {
        if let Some(selector) = selector {
            label_selector(e, selector, &path.child(name));
        }
    }
    for name in &term.namespaces {
        e.invalid_each(&path.child("namespace"), name, names::dns_label(name));
    }
    match_label_keys(
        e,
        &term.match_label_keys,
        &term.mismatch_label_keys,
        term.label_selector.as_ref(),
        path,
    );
    let key = path.child("topologyKey");
    if term.topology_key.is_empty() {
        e.required(&key, "can not be empty");
    }
    label_name(e, &term.topology_key, &key);
}

/// `ValidateMatchLabelKeysAndMismatchLabelKeys`
fn match_label_keys(
    e: &mut Errors,
    keys: &[String],
    unlike: &[String],
    selector: Option<&LabelSelector>,
    path: &Path,
) {
    for (name, list) in [("matchLabelKeys", keys), ("mismatchLabelKeys", unlike)] {
        let path = path.child(name);
        if list.is_empty() {
            continue;
        }
        if selector.is_none() {
            e.forbidden(&path, "must not be specified when labelSelector is not set");
            continue;
        }
        for (i, key) in list.iter().enumerate() {
            label_name(e, key, &path.index(i));
        }
    }
    if let Some(selector) = selector {
        let mut named: BTreeSet<&str> = selector.match_labels.keys().map(String::as_str).collect();
        for expression in &selector.match_expressions {
            let at = keys.iter().rposition(|k| *k == expression.key);
            if let Some(i) = at.filter(|_| named.contains(expression.key.as_str())) {
                let detail = "exists in both matchLabelKeys and labelSelector";
                e.invalid(&path.index(i), &expression.key, detail);
            }
            named.insert(&expression.key);
        }
    }
    let keys_path = path.child("matchLabelKeys");
    for (i, key) in keys.iter().enumerate().filter(|(_, k)| unlike.contains(k)) {
        e.invalid(&keys_path.index(i), key, "exists in both matchLabelKeys and mismatchLabelKeys");
    }
}

/// `ValidateTolerations`
pub fn tolerations(e: &mut Errors, list: &[Toleration], path: &Path) {
    for (i, t) in list.iter().enumerate() {
        let path = path.index(i);
        let operator = path.child("operator");
        if !t.key.is_empty() {
            label_name(e, &t.key, &path.child("key"));
        } else if t.operator != "Exists" {
            e.invalid(
                &operator,
                &t.operator,
                "operator must be Exists when `key` is empty, which means \"match all values and all keys\"",
            );
        }
        if t.toleration_seconds.is_some() && t.effect != "NoExecute" {
            let detail = "effect must be 'NoExecute' when `tolerationSeconds` is set";
            e.invalid(&path.child("effect"), &t.effect, detail);
        }
        match t.operator.as_str() {
            "Equal" | "" => {
                let messages = names::label_value(&t.value);
                if !messages.is_empty() {
                    e.invalid(&operator, &t.value, &messages.join(";"));
                }
            }
            "Exists" if !t.value.is_empty() => {
                e.invalid(&operator, &t.value, "value must be empty when `operator` is 'Exists'");
            }
            "Exists" => {}
            // The comparing operators are known, but switched off by default.
            "Lt" | "Gt" => e.not_supported(&operator, &t.operator, &["Equal", "Exists", "Lt", "Gt"]),
            other => e.not_supported(&operator, other, &["Equal", "Exists"]),
        }
        if !t.effect.is_empty() {
            taint_effect(e, &t.effect, &path.child("effect"));
        }
    }
}

/// `validateTaintEffect`
pub fn taint_effect(e: &mut Errors, effect: &str, path: &Path) {
    let supported = ["NoSchedule", "PreferNoSchedule", "NoExecute"];
    if !supported.contains(&effect) {
        e.not_supported(path, effect, &supported);
    }
}

/// `validateTopologySpreadConstraints`
pub fn topology_spread(e: &mut Errors, list: &[TopologySpreadConstraint], path: &Path) {
    for (i, c) in list.iter().enumerate() {
        let path = path.index(i);
        positive(e, c.max_skew, &path.child("maxSkew"));
        if c.topology_key.is_empty() {
            e.required(&path.child("topologyKey"), "can not be empty");
        }
        let actions = ["DoNotSchedule", "ScheduleAnyway"];
        if !actions.contains(&c.when_unsatisfiable.as_str()) {
            e.not_supported(&path.child("whenUnsatisfiable"), &c.when_unsatisfiable, &actions);
        }
        let same = |o: &TopologySpreadConstraint| {
            o.topology_key == c.topology_key && o.when_unsatisfiable == c.when_unsatisfiable
        };
        if list[i + 1..].iter().any(same) {
            let pair = format!("{{{}, {}}}", c.topology_key, c.when_unsatisfiable);
            e.duplicate(&path.child("{topologyKey, whenUnsatisfiable}"), &pair);
        }
        if let Some(domains) = c.min_domains {
            let path = path.child("minDomains");
            positive(e, domains, &path);
            if c.when_unsatisfiable != "DoNotSchedule" {
                let detail = format!(
                    "can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {}",
                    c.when_unsatisfiable
                );
                e.invalid(&path, domains, &detail);
            }
        }
        for (name, policy) in
            [("nodeAffinityPolicy", &c.node_affinity_policy), ("nodeTaintsPolicy", &c.node_taints_policy)]
        {
            if let Some(policy) = policy.as_ref().filter(|p| !["Honor", "Ignore"].contains(&p.as_str())) {
                e.not_supported(&path.child(name), policy, &["Honor", "Ignore"]);
            }
        }
        match_label_keys(e, &c.match_label_keys, &[], c.label_selector.as_ref(), &path);
        if let Some(selector) = &c.label_selector {
            label_selector(e, selector, &path.child("labelSelector"));
        }
    }
}

fn positive(e: &mut Errors, n: i32, path: &Path) {
    if n <= 0 {
        e.invalid(path, n, "must be greater than zero");
    }
}
