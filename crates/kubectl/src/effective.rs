//! What resource figures amount to: canonical quantities, a pod's effective requests and limits, its QoS class.

use crate::json::{Json, scalar};
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use lifepod_api::Quantity;
use serde_json::Value;

/// Amounts by resource name.
pub(crate) type Amounts = BTreeMap<String, Quantity>;

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

fn raise(sum: &mut Amounts, to: &Amounts) {
    for (name, q) in to {
        if sum.get(name).is_none_or(|have| have < q) {
            sum.insert(name.clone(), q.clone());
        }
    }
}

/// Requests or limits: which of the two to add up.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Requests,
    Limits,
}

impl Side {
    fn field(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::Limits => "limits",
        }
    }
}

/// What a pod asks for as a whole (`component-helpers/resource/helpers.go PodRequests`, `PodLimits`): app
/// containers and sidecars together, or the largest init container with the sidecars before it; pod-level figures
/// in their stead; the overhead on top. With `use_status`, what a running container still holds counts too.
pub(crate) fn of_pod(pod: &Value, side: Side, use_status: bool) -> Amounts {
    let spec = pod.at("spec");
    let of_container = |c: &Value, statuses: &str| {
        let mut own = amounts(c.at("resources").entry(side.field()));
        let status = pod.at("status").list(statuses).iter().find(|s| s.text("name") == c.text("name"));
        if let Some(status) = status.filter(|s| use_status && s.has("resources")) {
            let infeasible = pod
                .list("status.conditions")
                .iter()
                .any(|c| c.text("type") == "PodResizePending" && c.text("reason") == "Infeasible");
            if infeasible {
                own.clear();
            }
            raise(&mut own, &amounts(status.at("resources").entry(side.field())));
            if side == Side::Requests {
                raise(&mut own, &amounts(status.at("allocatedResources")));
            }
        }
        own
    };

    let mut total = Amounts::new();
    for c in spec.list("containers") {
        sum(&mut total, &of_container(c, "containerStatuses"));
    }
    let (mut sidecars, mut init) = (Amounts::new(), Amounts::new());
    for c in spec.list("initContainers") {
        let mut own = of_container(c, "initContainerStatuses");
        if c.text("restartPolicy") == "Always" {
            sum(&mut total, &own);
            sum(&mut sidecars, &own);
            own = sidecars.clone();
        } else {
            sum(&mut own, &sidecars);
        }
        raise(&mut init, &own);
    }
    raise(&mut total, &init);

    let pod_level = |name: &str| matches!(name, "cpu" | "memory") || name.starts_with("hugepages-");
    for (name, q) in amounts(spec.at("resources").entry(side.field())) {
        if pod_level(&name) {
            total.insert(name, q);
        }
    }
    let mut overhead = amounts(spec.at("overhead"));
    if side == Side::Limits {
        // A resource without a limit gets none by the overhead.
        overhead.retain(|name, _| total.get(name).is_some_and(|q| !q.is_zero()));
    }
    sum(&mut total, &overhead);
    total
}

/// The QoS class of a spec (`component-helpers` / `apis/core/v1/helper/qos ComputePodQOS`).
pub(crate) fn qos_class(pod: &Value) -> &'static str {
    let spec = pod.at("spec");
    let compute = |v: &Value| -> Amounts {
        let mut list = amounts(v);
        list.retain(|name, q| matches!(name.as_str(), "cpu" | "memory") && q.sign() > 0);
        list
    };
    let sources: Vec<&Value> = if spec.has("resources") {
        [spec.at("resources")].into()
    } else {
        spec.list("containers").iter().chain(spec.list("initContainers")).map(|c| c.at("resources")).collect()
    };
    let (mut requests, mut limits, mut guaranteed) = (Amounts::new(), Amounts::new(), true);
    for resources in sources {
        let (r, l) = (compute(resources.at("requests")), compute(resources.at("limits")));
        guaranteed &= l.len() == 2;
        sum(&mut requests, &r);
        sum(&mut limits, &l);
    }
    match (requests.is_empty() && limits.is_empty(), guaranteed && requests == limits) {
        (true, _) => "BestEffort",
        (_, true) => "Guaranteed",
        _ => "Burstable",
    }
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
    format!(
        "{}",
        if divisor == 0 { 0 } else { amount.div_euclid(divisor) + i64::from(amount % divisor != 0) }
    )
}
