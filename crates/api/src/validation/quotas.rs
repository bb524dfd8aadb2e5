//! LimitRanges and ResourceQuotas.

use super::field::{Errors, Path, Shown};
use super::meta::object_meta;
use super::names;
use crate::Map;
use crate::*;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};

const SPEC: &Path = &Path::new("spec");

/// `ValidateLimitRange`
pub fn limit_range(e: &mut Errors, o: &LimitRange) {
    object_meta(e, &o.metadata, true, names::dns_subdomain);
    let limits = SPEC.child("limits");
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for (i, limit) in o.spec.limits.iter().enumerate() {
        let path = limits.index(i);
        limit_type(e, &limit.type_, &path.child("type"));
        if !seen.insert(&limit.type_) {
            e.duplicate(&path.child("type"), &limit.type_);
        }
        of_type(e, limit, &path);
    }
}

fn limit_type(e: &mut Errors, name: &str, path: &Path) {
    let messages = names::qualified_name(name);
    if messages.is_empty() && !name.contains('/') {
        if !["Container", "Pod", "PersistentVolumeClaim"].contains(&name) {
            e.invalid(path, name, "must be a standard limit type or fully qualified");
        }
        return;
    }
    e.invalid_each(path, name, messages);
}

fn of_type(e: &mut Errors, limit: &LimitRangeItem, path: &Path) {
    let none = Map::new();
    let (mut default, mut request) = (&limit.default, &limit.default_request);
    if limit.type_ == "Pod" {
        for (name, list) in [("default", default), ("defaultRequest", request)] {
            if !list.is_empty() {
                e.forbidden(&path.child(name), "may not be specified when `type` is 'Pod'");
            }
        }
        (default, request) = (&none, &none);
    }
    let lists = [
        ("max", &limit.max),
        ("min", &limit.min),
        ("default", default),
        ("defaultRequest", request),
        ("maxLimitRequestRatio", &limit.max_limit_request_ratio),
    ];
    let mut resources: BTreeSet<&String> = BTreeSet::new();
    for (name, list) in lists {
        let path = path.child(name);
        for resource in list.keys() {
            e.invalid_each(&path.key(resource), resource, names::qualified_name(resource));
            resources.insert(resource);
        }
    }
    if limit.type_ == "PersistentVolumeClaim"
        && !limit.min.contains_key("storage")
        && !limit.max.contains_key("storage")
    {
        let detail = "either minimum or maximum storage value is required, but neither was provided";
        e.required(&path.child("limits"), detail);
    }
    for resource in resources {
        let of = |list: &Map<Quantity>| list.get(resource).cloned();
        let (min, max) = (of(&limit.min), of(&limit.max));
        let (default, request) = (of(default), of(request));
        // Which is shown at which field follows upstream, where two of them show the other value.
        let below = [
            (&min, &max, "min", &min, "min value", "max value"),
            (&min, &request, "defaultRequest", &request, "min value", "default request value"),
            (&request, &max, "defaultRequest", &request, "default request value", "max value"),
            (&request, &default, "defaultRequest", &request, "default request value", "default limit value"),
            (&min, &default, "default", &min, "min value", "default value"),
            (&default, &max, "default", &max, "default value", "max value"),
        ];
        for (low, high, field, shown, low_name, high_name) in below {
            if let (Some(low), Some(high), Some(shown)) = (low, high, shown)
                && low > high
            {
                let detail = format!("{low_name} {low} is greater than {high_name} {high}");
                e.invalid(&path.child(field).key(resource), &shown.to_string(), &detail);
            }
        }
        if let Some(ratio) = of(&limit.max_limit_request_ratio) {
            self::ratio(
                e,
                &ratio,
                min.as_ref(),
                max.as_ref(),
                &path.child("maxLimitRequestRatio").key(resource),
            );
        }
        let overcommits = !resource.contains('/') || resource.contains("kubernetes.io/");
        if (!overcommits || resource.starts_with("hugepages-"))
            && let (Some(default), Some(request)) = (default, request)
            && default != request
        {
            let detail =
                format!("default value {default} must equal to defaultRequest value {request} in {resource}");
            e.invalid(&path.child("defaultRequest").key(resource), &request.to_string(), &detail);
        }
    }
}

fn ratio(e: &mut Errors, ratio: &Quantity, min: Option<&Quantity>, max: Option<&Quantity>, path: &Path) {
    let value = ratio.milli_value() as f64 / 1000.0;
    if value < 1.0 {
        e.invalid(path, &ratio.to_string(), &format!("ratio {ratio} is less than 1"));
    }
    if let (Some(min), Some(max)) = (min, max) {
        let most = max.milli_value() as f64 / min.milli_value() as f64;
        if value > most {
            let detail = format!("ratio {ratio} is greater than max/min = {most:.6}");
            e.invalid(path, &ratio.to_string(), &detail);
        }
    }
}

/// `ValidateResourceQuota`
pub fn resource_quota(e: &mut Errors, o: &ResourceQuota) {
    object_meta(e, &o.metadata, true, names::dns_subdomain);
    let hard = SPEC.child("hard");
    for (resource, amount) in &o.spec.hard {
        let path = hard.key(resource);
        e.invalid_each(&path, resource, names::qualified_name(resource));
        if !resource.contains('/') && !is_quota_resource(resource) {
            e.invalid(&path, resource, "must be a standard resource for quota");
        }
        if amount.sign() < 0 {
            e.invalid(&path, &amount.to_string(), "must be greater than or equal to 0");
        }
        if is_count(resource) && amount.milli_value() % 1000 != 0 {
            e.invalid(&path, &amount.to_string(), "must be an integer");
        }
    }
    scopes(e, &o.spec);
    scope_selector(e, &o.spec);
}

/// Resources that are counted, one object each.
const COUNTED: &[&str] = &[
    "pods",
    "services",
    "replicationcontrollers",
    "resourcequotas",
    "secrets",
    "configmaps",
    "persistentvolumeclaims",
    "services.nodeports",
    "services.loadbalancers",
];

/// `IsStandardQuotaResourceName`
fn is_quota_resource(name: &str) -> bool {
    const OTHERS: &[&str] = &[
        "cpu",
        "memory",
        "ephemeral-storage",
        "requests.cpu",
        "requests.memory",
        "requests.storage",
        "requests.ephemeral-storage",
        "limits.cpu",
        "limits.memory",
        "limits.ephemeral-storage",
    ];
    let huge = ["hugepages-", "requests.hugepages-"];
    COUNTED.contains(&name) || OTHERS.contains(&name) || huge.iter().any(|prefix| name.starts_with(prefix))
}

fn is_count(name: &str) -> bool {
    COUNTED.contains(&name)
}

/// `IsResourceQuotaScopeValidForResource`
fn counts(scope: &str, resource: &str) -> bool {
    const COMPUTE: &[&str] =
        &["cpu", "memory", "limits.cpu", "limits.memory", "requests.cpu", "requests.memory"];
    match scope {
        "Terminating"
        | "NotTerminating"
        | "NotBestEffort"
        | "PriorityClass"
        | "CrossNamespacePodAffinity" => resource == "pods" || COMPUTE.contains(&resource),
        "BestEffort" => resource == "pods",
        "VolumeAttributesClass" => ["persistentvolumeclaims", "requests.storage"].contains(&resource),
        _ => true,
    }
}

/// The resources of a quota that a scope does not count.
fn uncounted<'a>(spec: &'a ResourceQuotaSpec, scope: &'a str) -> impl Iterator<Item = &'a String> {
    spec.hard.keys().filter(move |name| is_quota_resource(name) && !counts(scope, name))
}

const SCOPES: &[&str] = &[
    "Terminating",
    "NotTerminating",
    "BestEffort",
    "NotBestEffort",
    "PriorityClass",
    "CrossNamespacePodAffinity",
    "VolumeAttributesClass",
];

/// `validateResourceQuotaScopes`
fn scopes(e: &mut Errors, spec: &ResourceQuotaSpec) {
    let path = SPEC.child("scopes");
    for scope in &spec.scopes {
        if !SCOPES.contains(&scope.as_str()) {
            e.invalid(&path, Shown::json(&spec.scopes), "unsupported scope");
        }
        for _ in uncounted(spec, scope) {
            e.invalid(&path, Shown::json(&spec.scopes), "unsupported scope applied to resource");
        }
    }
    conflicts(e, spec, &path, |scope| spec.scopes.iter().any(|s| s == scope));
}

/// Scopes that exclude each other.
fn conflicts(e: &mut Errors, spec: &ResourceQuotaSpec, path: &Path, has: impl Fn(&str) -> bool) {
    for (one, other) in [("BestEffort", "NotBestEffort"), ("Terminating", "NotTerminating")] {
        if has(one) && has(other) {
            e.invalid(path, Shown::json(&spec.scopes), "conflicting scopes");
        }
    }
}

/// `validateScopedResourceSelectorRequirement`
fn scope_selector(e: &mut Errors, spec: &ResourceQuotaSpec) {
    let Some(selector) = &spec.scope_selector else { return };
    let path = SPEC.child("scopeSelector");
    let path = path.child("matchExpressions");
    for requirement in &selector.match_expressions {
        let scope = requirement.scope_name.as_str();
        if !SCOPES.contains(&scope) {
            e.invalid(&path.child("scopeName"), scope, "unsupported scope");
        }
        for _ in uncounted(spec, scope) {
            e.invalid(&path, Shown::internal(selector), "unsupported scope applied to resource");
        }
        let only_exists = !["PriorityClass", "VolumeAttributesClass"].contains(&scope);
        if SCOPES.contains(&scope) && only_exists && requirement.operator != "Exists" {
            let detail = "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, \
                          ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, \
                          ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity";
            e.invalid(&path.child("operator"), &requirement.operator, detail);
        }
        let values = path.child("values");
        match requirement.operator.as_str() {
            "In" | "NotIn" if requirement.values.is_empty() => {
                let detail =
                    "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector";
                e.required(&values, detail);
            }
            "Exists" | "DoesNotExist" if !requirement.values.is_empty() => {
                let detail =
                    "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector";
                e.invalid(&values, Shown::json(&requirement.values), detail);
            }
            "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
            other => e.invalid(&path.child("operator"), other, "not a valid selector operator"),
        }
    }
    conflicts(e, spec, &path, |scope| selector.match_expressions.iter().any(|r| r.scope_name == scope));
}
