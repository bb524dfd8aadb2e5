//! Effective requests and limits of a pod, and its quality of service.

use crate::{Container, Map, Pod, PodSpec, Quantity};
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// Amounts by resource name.
pub type ResourceList = Map<Quantity>;

impl Container {
    /// Whether this init container is a sidecar: it keeps running beside the app containers.
    pub fn is_sidecar(&self) -> bool {
        self.restart_policy.as_deref() == Some("Always")
    }
}

/// What a pod asks for in all (`component-helpers/resource/helpers.go PodRequests`): the app containers and
/// sidecars together, or the largest init container with the sidecars before it, plus the overhead. What the pod
/// as a whole declares wins over its containers.
pub fn pod_requests(spec: &PodSpec) -> ResourceList {
    requests_with(spec, &ResourceList::new())
}

/// As [`pod_requests`], with 100m CPU and 200Mi memory for containers that ask for none: what the scheduler's
/// scoring reckons with (`pkg/scheduler/util/pod_resources.go`).
pub fn pod_requests_non_missing(spec: &PodSpec) -> ResourceList {
    let assumed = [
        ("cpu".to_string(), Quantity::from_milli(100, Default::default())),
        ("memory".to_string(), Quantity::from_value(200 * 1024 * 1024, crate::quantity::Format::BinarySI)),
    ];
    requests_with(spec, &assumed.into())
}

fn requests_with(spec: &PodSpec, assumed: &ResourceList) -> ResourceList {
    let mut requests = aggregate(spec, |c| {
        let mut own = c.resources.requests.clone();
        for (name, quantity) in assumed {
            own.insert_missing(name, || quantity.clone());
        }
        own
    });
    if let Some(pod) = &spec.resources {
        override_with(&mut requests, &pod.requests);
    }
    add(&mut requests, &spec.overhead);
    requests
}

/// What a pod may use in all (`PodLimits`). Overhead is added only to limits that exist.
pub fn pod_limits(spec: &PodSpec) -> ResourceList {
    let mut limits = aggregate(spec, |c| c.resources.limits.clone());
    if let Some(pod) = &spec.resources {
        override_with(&mut limits, &pod.limits);
    }
    for (name, quantity) in &spec.overhead {
        if let Some(limit) = limits.get_mut(name).filter(|l| !l.is_zero()) {
            limit.add(quantity);
        }
    }
    limits
}

/// The containers' requests, pod level and overhead left out (`AggregateContainerRequests`).
pub fn container_requests(spec: &PodSpec) -> ResourceList {
    aggregate(spec, |c| c.resources.requests.clone())
}

/// The containers' limits (`AggregateContainerLimits`).
pub fn container_limits(spec: &PodSpec) -> ResourceList {
    aggregate(spec, |c| c.resources.limits.clone())
}

fn aggregate(spec: &PodSpec, of: impl Fn(&Container) -> ResourceList) -> ResourceList {
    let mut running = ResourceList::new();
    for container in &spec.containers {
        add(&mut running, &of(container));
    }
    // Init containers run one after the other, beside the sidecars that have started before.
    let mut sidecars = ResourceList::new();
    let mut peak = ResourceList::new();
    for container in &spec.init_containers {
        let mut in_use = of(container);
        if container.is_sidecar() {
            add(&mut running, &in_use);
            add(&mut sidecars, &in_use);
            in_use = sidecars.clone();
        } else {
            add(&mut in_use, &sidecars);
        }
        raise(&mut peak, in_use);
    }
    raise(&mut running, peak);
    running
}

fn add(sum: &mut ResourceList, more: &ResourceList) {
    for (name, quantity) in more {
        match sum.get_mut(name) {
            Some(total) => total.add(quantity),
            None => {
                sum.insert(name.clone(), quantity.clone());
            }
        }
    }
}

/// The larger of both, resource by resource.
fn raise(to: &mut ResourceList, other: ResourceList) {
    for (name, quantity) in other {
        if to.get(&name).is_none_or(|have| *have < quantity) {
            to.insert(name, quantity);
        }
    }
}

fn override_with(list: &mut ResourceList, pod_level: &ResourceList) {
    for (name, quantity) in pod_level {
        if is_pod_level_resource(name) {
            list.insert(name.clone(), quantity.clone());
        }
    }
}

/// Whether a pod as a whole may ask for it: CPU, memory and huge pages.
pub fn is_pod_level_resource(name: &str) -> bool {
    name == "cpu" || name == "memory" || name.starts_with("hugepages-")
}

/// `Guaranteed`, `Burstable` or `BestEffort` (`pkg/apis/core/v1/helper/qos/qos.go ComputePodQOS`).
pub fn qos_class(spec: &PodSpec) -> &'static str {
    let mut requests = ResourceList::new();
    let mut limits = ResourceList::new();
    let mut guaranteed = true;
    let counted = |list: &ResourceList| -> ResourceList {
        let counts = |(name, q): &(&String, &Quantity)| (*name == "cpu" || *name == "memory") && q.sign() > 0;
        list.iter().filter(counts).map(|(name, q)| (name.clone(), q.clone())).collect()
    };
    let levels: Vec<_> = match &spec.resources {
        Some(pod) => alloc::vec![(&pod.requests, &pod.limits)],
        None => {
            let containers = spec.containers.iter().chain(&spec.init_containers);
            containers.map(|c| (&c.resources.requests, &c.resources.limits)).collect()
        }
    };
    for (own_requests, own_limits) in levels {
        add(&mut requests, &counted(own_requests));
        let own = counted(own_limits);
        guaranteed &= own.len() == 2 || (spec.resources.is_some() && own_limits.is_empty());
        add(&mut limits, &own);
    }
    if requests.is_empty() && limits.is_empty() {
        "BestEffort"
    } else if guaranteed && requests == limits {
        "Guaranteed"
    } else {
        "Burstable"
    }
}

impl Pod {
    /// The stored quality of service, else the computed one.
    pub fn qos_class(&self) -> &str {
        if self.status.qos_class.is_empty() { qos_class(&self.spec) } else { &self.status.qos_class }
    }
}
