//! What resource figures amount to: canonical quantities, sums, and what a container still holds.

use crate::json::{Json, scalar};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use lifepod_api::{Map, Pod, PodSpec, Quantity};
use serde_json::Value;

/// Amounts by resource name.
pub(crate) type Amounts = Map<Quantity>;

/// A quantity in its canonical form; what is no quantity stays as it is.
pub(crate) fn canonical(text: &str) -> String {
    Quantity::parse(text).map_or_else(|_| text.into(), |q| q.to_string())
}

/// Is it a quantity above zero?
pub(crate) fn is_positive(text: &str) -> bool {
    Quantity::parse(text).is_ok_and(|q| q.sign() > 0)
}

/// The resource list of a field.
pub(crate) fn amounts(v: &Value) -> Amounts {
    let parse = |(k, v): (&str, &Value)| Some((k.to_string(), Quantity::parse(&scalar(v)).ok()?));
    v.as_object().map_or_else(Vec::new, crate::json::sorted).into_iter().filter_map(parse).collect()
}

/// Adds amounts to a sum.
pub(crate) fn sum(sum: &mut Amounts, more: &Amounts) {
    for (name, q) in more {
        match sum.get_mut(name) {
            Some(have) => have.add(q),
            None => _ = sum.insert(name.clone(), q.clone()),
        }
    }
}

/// The larger of both, resource by resource.
fn raise(sum: &mut Amounts, to: &Amounts) {
    for (name, q) in to {
        if sum.get(name).is_none_or(|have| have < q) {
            sum.insert(name.clone(), q.clone());
        }
    }
}

/// A pod's spec in which each container asks for what it still holds too, where that is more: what a node's
/// description reckons with (`PodResourcesOptions.UseStatusResources`).
pub(crate) fn held(pod: &Pod) -> PodSpec {
    let mut spec = pod.spec.clone().into_inner();
    let status = &pod.status;
    let infeasible =
        status.conditions.iter().any(|c| c.type_ == "PodResizePending" && c.reason == "Infeasible");
    let statuses = || status.container_statuses.iter().chain(&status.init_container_statuses);
    for c in spec.containers.iter_mut().chain(&mut spec.init_containers) {
        let Some(status) = statuses().find(|s| s.name == c.name) else { continue };
        let Some(actual) = &status.resources else { continue };
        if infeasible {
            c.resources.requests.clear();
            c.resources.limits.clear();
        }
        raise(&mut c.resources.requests, &actual.requests);
        raise(&mut c.resources.requests, &status.allocated_resources);
        raise(&mut c.resources.limits, &actual.limits);
    }
    spec
}

/// The value of a `resourceFieldRef` for its container, divided and rounded up
/// (`kubectl/pkg/util/resource ExtractContainerResourceValue`). CPU is counted in thousandths on both sides, so
/// that `1500m` divided by 1 is 2.
pub(crate) fn resource_field(container: &Value, reference: &Value) -> String {
    let Some((side, resource)) = reference.text("resource").split_once('.') else { return String::new() };
    let known =
        matches!(resource, "cpu" | "memory" | "ephemeral-storage") || resource.starts_with("hugepages-");
    if !known || !matches!(side, "limits" | "requests") {
        return String::new();
    }
    let parse = |v: &Value| Quantity::parse(&scalar(v)).ok().filter(|q| !q.is_zero());
    let amount = parse(container.at("resources").at(side).entry(resource));
    let divisor = parse(reference.at("divisor"));
    let units = |q: &Quantity| if resource == "cpu" { q.milli_value() } else { q.value() };
    let divisor = divisor.as_ref().map_or(if resource == "cpu" { 1000 } else { 1 }, units);
    let amount = amount.as_ref().map_or(0, units);
    let rounded =
        amount.checked_div_euclid(divisor).map(|n| n + i64::from(amount.wrapping_rem(divisor) != 0));
    rounded.map_or_else(|| "0".into(), |n| n.to_string())
}
