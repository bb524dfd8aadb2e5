//! What may change on the subresources of a pod: its status, its ephemeral containers, its containers' sizes.

use super::{SPEC, immutable};
use crate::Map;
use crate::resources::qos_class;
use crate::validation::field::{Errors, Path};
use crate::validation::pod::{self, MIRROR};
use crate::validation::{names, spec_diff};
use crate::*;
use alloc::format;
use alloc::string::ToString;

const NO_PATH: &Path = &Path::new("");

/// `ValidatePodStatusUpdate`
pub fn pod_status(e: &mut Errors, new: &Pod, old: &Pod) {
    let path = Path::new("status");
    let (n, o) = (&new.status, &old.status);
    let conditions = path.child("conditions");
    for (i, condition) in n.conditions.iter().enumerate() {
        let path = conditions.index(i);
        not_negative(e, condition.observed_generation, &path.child("observedGeneration"));
        if !["PodScheduled", "Ready", "Initialized"].contains(&condition.type_.as_str()) {
            e.invalid_each(&path.child("Type"), &condition.type_, names::qualified_name(&condition.type_));
        }
    }
    let nominated = path.child("nominatedNodeName");
    if n.nominated_node_name != o.nominated_node_name && !n.nominated_node_name.is_empty() {
        e.invalid_each(&nominated, &n.nominated_node_name, names::dns_subdomain(&n.nominated_node_name));
        if !old.spec.node_name.is_empty() {
            e.forbidden(&nominated, "may not be set on pods that are already bound to a node");
        }
    }
    not_negative(e, n.observed_generation, &path.child("observedGeneration"));
    immutable(e, &n.qos_class, &o.qos_class, &path.child("qosClass"));
}

fn not_negative(e: &mut Errors, number: i64, path: &Path) {
    if number < 0 {
        e.invalid(path, number, "must be a non-negative integer");
    }
}

/// `ValidatePodEphemeralContainersUpdate`
pub fn ephemeral_containers(e: &mut Errors, new: &Pod, old: &Pod) {
    if old.metadata.annotations.contains_key(MIRROR) {
        *e = Errors::default();
        return e.forbidden(NO_PATH, "static pods do not support ephemeral containers");
    }
    pod::metadata_and_spec(e, new);
    let path = SPEC.child("ephemeralContainers");
    for was in &old.spec.ephemeral_containers {
        let name = &was.common.name;
        match new.spec.ephemeral_containers.iter().find(|c| c.common.name == *name) {
            None => {
                e.forbidden(&path, &format!("existing ephemeral containers {name:?} may not be removed\n"))
            }
            Some(is) if is != was => {
                let diff = spec_diff::of(was, is);
                let detail = format!("existing ephemeral containers {name:?} may not be changed\n{diff}");
                e.forbidden(&path, &detail);
            }
            Some(_) => {}
        }
    }
}

/// `ValidatePodResize`
pub fn resize(e: &mut Errors, new: &Pod, old: &Pod) {
    if let Some(detail) = not_resizable(old) {
        *e = Errors::default();
        return e.forbidden(NO_PATH, detail);
    }
    pod::metadata_and_spec(e, new);
    if old.qos_class() != qos_class(&new.spec) {
        let detail = "Pod QOS Class may not change as a result of resizing";
        e.invalid(SPEC, &new.status.qos_class, detail);
    }
    // A kubelet that can resize tells what containers have.
    let running = old.status.container_statuses.iter().find(|c| c.state.running.is_some());
    if running.is_some_and(|status| status.resources.is_none()) {
        e.forbidden(SPEC, "Pod running on node without support for resize");
    }
    let mut kept = new.spec.clone();
    if is_sized(&old.spec) || is_sized(&new.spec) {
        of_pod(e, &mut kept, new, old);
    }
    if !same_order(e, &new.spec, &old.spec) {
        return;
    }
    for (name, n, o) in lists(&new.spec, &old.spec) {
        let path = SPEC.child(name);
        for (i, (n, o)) in n.iter().zip(o).enumerate() {
            let path = path.index(i);
            let path = path.child("resources");
            if removed(&n.resources.requests, &o.resources.requests) {
                e.forbidden(&path.child("requests"), "resource requests cannot be removed");
            }
            if removed(&n.resources.limits, &o.resources.limits) {
                e.forbidden(&path.child("limits"), "resource limits cannot be removed");
            }
        }
    }
    containers(e, &mut kept, &old.spec);
    if e.is_empty() && kept != old.spec {
        e.forbidden(SPEC, "only cpu and memory resources are mutable");
    }
}

fn not_resizable(pod: &Pod) -> Option<&'static str> {
    if pod.metadata.annotations.contains_key(MIRROR) {
        return Some("static pods cannot be resized");
    }
    let windows = pod.spec.os.as_ref().is_some_and(|os| os.name == "windows");
    windows.then_some("windows pods cannot be resized")
}

type Containers<'a> = (&'static str, &'a [Container], &'a [Container]);

/// The lists of containers, in the order in which they are checked.
fn lists<'a>(new: &'a PodSpec, old: &'a PodSpec) -> [Containers<'a>; 2] {
    [
        ("initContainers", &new.init_containers, &old.init_containers),
        ("containers", &new.containers, &old.containers),
    ]
}

/// `validatePodResizeContainerOrdering`; whether it found nothing.
fn same_order(e: &mut Errors, new: &PodSpec, old: &PodSpec) -> bool {
    let before = e.len();
    for (name, n, o) in lists(new, old).into_iter().rev() {
        let path = SPEC.child(name);
        if n.len() != o.len() {
            e.forbidden(&path, &format!("{name} may not be added or removed on resize"));
            continue;
        }
        for (i, _) in n.iter().zip(o).enumerate().filter(|(_, (n, o))| n.name != o.name) {
            let detail = format!("{name} may not be renamed or reordered on resize");
            e.forbidden(&path.index(i).child("name"), &detail);
        }
    }
    e.len() == before
}

/// Puts CPU and memory of the containers back; what else differs may not change.
fn containers(e: &mut Errors, kept: &mut PodSpec, old: &PodSpec) {
    for (n, o) in kept.containers.iter_mut().zip(&old.containers) {
        put_back_sizes(&mut n.resources, &o.resources);
        if n != o {
            e.forbidden(SPEC, "only cpu and memory resources are mutable");
        }
    }
    let path = SPEC.child("initContainers");
    for (i, (n, o)) in kept.init_containers.iter_mut().zip(&old.init_containers).enumerate() {
        let path = path.index(i);
        let changed = n != o;
        put_back_sizes(&mut n.resources, &o.resources);
        if n != o {
            let detail = "only cpu and memory resources for init or sidecar containers are mutable";
            e.forbidden(&path, detail);
        }
        if changed && n.restart_policy.as_deref() != Some("Always") {
            for _ in n.resize_policy.iter().filter(|p| p.restart_policy == "RestartContainer") {
                let detail = "non-sidecar init containers with a resize policy of RestartContainer cannot be \
                              resized";
                e.forbidden(&path, detail);
            }
        }
    }
}

/// Whether the pod as a whole asks for something.
fn is_sized(spec: &PodSpec) -> bool {
    spec.resources.as_ref().is_some_and(|r| !r.requests.is_empty() || !r.limits.is_empty())
}

/// `validatePodLevelResourcesResize`; CPU and memory are put back in `kept`.
fn of_pod(e: &mut Errors, kept: &mut PodSpec, new: &Pod, old: &Pod) {
    let path = SPEC.child("resources");
    match (&new.spec.resources, &old.spec.resources) {
        (None, Some(_)) => return e.forbidden(&path, "pod-level resources cannot be removed"),
        (Some(n), Some(o)) => {
            if removed(&n.requests, &o.requests) {
                e.forbidden(&path.child("requests"), "pod-level resource requests cannot be removed");
            }
            if removed(&n.limits, &o.limits) {
                e.forbidden(&path.child("limits"), "pod-level resource limits cannot be removed");
            }
        }
        _ => {}
    }
    if let Some(resources) = &mut kept.resources {
        let none = ResourceRequirements::default();
        put_back_sizes(resources, old.spec.resources.as_ref().unwrap_or(&none));
        if old.spec.resources.is_none() && *resources == none {
            kept.resources = None;
        }
    }
    if kept.resources != old.spec.resources {
        e.forbidden(SPEC, "only cpu and memory resources are mutable at pod-level");
    }
}

/// `dropCPUMemoryUpdates`: CPU and memory as they were.
fn put_back_sizes(new: &mut ResourceRequirements, old: &ResourceRequirements) {
    for (n, o) in [(&mut new.requests, &old.requests), (&mut new.limits, &old.limits)] {
        for name in ["cpu", "memory"] {
            n.remove(name);
            n.extend(o.get(name).map(|amount| (name.to_string(), amount.clone())));
        }
    }
}

/// `resourcesRemoved`
fn removed(new: &Map<Quantity>, old: &Map<Quantity>) -> bool {
    old.keys().any(|name| !new.contains_key(name))
}
