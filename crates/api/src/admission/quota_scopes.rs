//! Which objects a quota with scopes is about (`pkg/quota/v1/evaluator/core/{pods,persistent_volume_claims}.go`,
//! `staging/src/k8s.io/apiserver/pkg/quota/v1/generic/evaluator.go Matches`).

use crate::resources::qos_class;
use crate::*;
use alloc::string::String;

/// Whether a quota counts an object: without scopes all of its namespace, with scopes only the pods (or claims) that are
/// in every one of them.
pub fn in_scope(quota: &ResourceQuota, object: &Object) -> bool {
    let selector = quota.spec.scope_selector.iter().flat_map(|selector| &selector.match_expressions);
    quota.spec.scopes.iter().all(|scope| has(object, scope, "Exists", &[])) && { selector }
        .all(|one| has(object, &one.scope_name, &one.operator, &one.values))
}

fn has(object: &Object, scope: &str, operator: &str, values: &[String]) -> bool {
    match object {
        Object::Pod(pod) => {
            let terminating = pod.spec.active_deadline_seconds.is_some_and(|seconds| seconds >= 0);
            match scope {
                "Terminating" => terminating,
                "NotTerminating" => !terminating,
                "BestEffort" => qos_class(&pod.spec) == "BestEffort",
                "NotBestEffort" => qos_class(&pod.spec) != "BestEffort",
                "PriorityClass" => selects(&pod.spec.priority_class_name, operator, values),
                "CrossNamespacePodAffinity" => looks_into_other_namespaces(&pod.spec),
                _ => false,
            }
        }
        Object::PersistentVolumeClaim(claim) if scope == "VolumeAttributesClass" => {
            selects(claim.spec.volume_attributes_class_name.as_deref().unwrap_or(""), operator, values)
        }
        _ => false,
    }
}

/// Whether a name, empty for none, is one that is meant (`ScopedResourceSelectorRequirementsAsSelector`).
fn selects(name: &str, operator: &str, values: &[String]) -> bool {
    match operator {
        "In" => values.iter().any(|value| value == name),
        "NotIn" => name.is_empty() || values.iter().all(|value| value != name),
        "DoesNotExist" => name.is_empty(),
        _ => !name.is_empty(),
    }
}

/// `usesCrossNamespacePodAffinity`
fn looks_into_other_namespaces(spec: &PodSpec) -> bool {
    let looks = |term: &PodAffinityTerm| !term.namespaces.is_empty() || term.namespace_selector.is_some();
    let any = |required: &[PodAffinityTerm], preferred: &[WeightedPodAffinityTerm]| {
        required.iter().any(looks) || preferred.iter().any(|weighted| looks(&weighted.pod_affinity_term))
    };
    let Some(affinity) = &spec.affinity else { return false };
    let to = affinity.pod_affinity.iter().any(|to| {
        any(
            &to.required_during_scheduling_ignored_during_execution,
            &to.preferred_during_scheduling_ignored_during_execution,
        )
    });
    to || affinity.pod_anti_affinity.iter().any(|from| {
        any(
            &from.required_during_scheduling_ignored_during_execution,
            &from.preferred_during_scheduling_ignored_during_execution,
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn object(kind: &str, spec: &Value) -> Object {
        let object = json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": "x"}, "spec": spec});
        Object::decode(&object).0
    }

    fn counts(quota: &Value, pod: &Value) -> bool {
        let Object::ResourceQuota(quota) = object("ResourceQuota", quota) else { unreachable!() };
        in_scope(&quota, &object("Pod", pod))
    }

    #[test]
    fn a_quota_counts_the_pods_in_all_of_its_scopes() {
        let burst = json!({"containers": [{"name": "a", "resources": {"requests": {"cpu": "1"}}}]});
        let idle = json!({"containers": [{"name": "a"}], "activeDeadlineSeconds": 30});
        assert!(counts(&json!({}), &burst));
        assert!(counts(&json!({"scopes": ["NotBestEffort", "NotTerminating"]}), &burst));
        assert!(!counts(&json!({"scopes": ["NotBestEffort", "Terminating"]}), &burst));
        assert!(counts(&json!({"scopes": ["BestEffort", "Terminating"]}), &idle));
    }

    #[test]
    fn a_quota_for_priorities_counts_the_pods_of_these_classes() {
        let only = |operator: &str, values: Value| {
            let one = json!({"scopeName": "PriorityClass", "operator": operator, "values": values});
            json!({"scopeSelector": {"matchExpressions": [one]}})
        };
        let (high, plain) = (json!({"priorityClassName": "high"}), json!({}));
        assert!(counts(&only("In", json!(["high", "top"])), &high));
        assert!(!counts(&only("In", json!(["high", "top"])), &plain));
        assert!(counts(&only("NotIn", json!(["top"])), &plain));
        assert!(!counts(&only("Exists", json!(null)), &plain));
        assert!(counts(&only("DoesNotExist", json!(null)), &plain));
    }

    #[test]
    fn a_quota_with_scopes_counts_nothing_but_pods() {
        let Object::ResourceQuota(quota) = object("ResourceQuota", &json!({"scopes": ["NotTerminating"]}))
        else {
            unreachable!()
        };
        assert!(!in_scope(&quota, &object("Service", &json!({}))));
    }
}
