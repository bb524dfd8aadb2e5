//! EndpointSlices: which pods stand behind a Service, and in what state
//! (`pkg/controller/endpointslice/endpointslice_controller.go`, `staging/src/k8s.io/endpointslice/reconciler.go`).

use super::pods::is_pod_ready;
use super::refs::controller_ref;
use super::{Change, Controller, ControllerName, Informers, WorkQueue};
use crate::api_server::DeleteOptions;
use crate::kernel::Kernel;
use crate::network::SERVICE_NAME;
use crate::trace::Op;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use lifepod_api::labels::matches_all;
use lifepod_api::{
    Endpoint, EndpointConditions, EndpointHints, EndpointSlice, EndpointSlicePort, ForNode, ForZone,
    IntOrString, Map, Node, Object, ObjectKey, ObjectMeta, ObjectReference, Pod, Refusal, Resource, Service,
    ServicePort, SimTime, Subresource, is_pod_phase_terminal,
};

/// A slice holds this many endpoints at most (`MaxEndpointsPerSlice`).
const MAX_ENDPOINTS: usize = 100;
/// About how long it takes for each slice but the first to compare it and to write it.
const WORK_PER_SLICE: SimTime = SimTime::from_millis(2);
const BY: &str = "endpointslice-controller";
/// `discovery.LabelManagedBy` and its value for this controller, `v1.IsHeadlessService`.
pub(super) const MANAGED_BY: &str = "endpointslice.kubernetes.io/managed-by";
const MANAGER: &str = "endpointslice-controller.k8s.io";
const HEADLESS: &str = "service.kubernetes.io/headless";

/// The controller.
#[derive(Clone, Debug)]
pub(crate) struct EndpointSliceController {
    queue: WorkQueue,
}

impl EndpointSliceController {
    pub(super) fn new() -> Self {
        EndpointSliceController { queue: WorkQueue::new(ControllerName::EndpointSlice) }
    }
}

impl Controller for EndpointSliceController {
    fn kinds(&self) -> &'static [&'static str] {
        &["Service", "Pod", "EndpointSlice", "Node"]
    }

    fn queue(&mut self) -> &mut WorkQueue {
        &mut self.queue
    }

    fn observe(&mut self, kernel: &mut Kernel, informers: &Informers, change: &Change<'_>) {
        match change.object {
            Object::Service(_) if change.op != Op::Deleted => self.queue.add(kernel, change.object.key()),
            Object::Pod(pod) if pods_matter(change, pod) => {
                for service in services_of(informers, change, pod) {
                    let work = work(informers, &service);
                    self.queue.add_busy(kernel, service, work);
                }
            }
            Object::EndpointSlice(slice) if change.op == Op::Deleted => {
                if let Some(service) = slice.metadata.labels.get(SERVICE_NAME) {
                    self.queue.add(kernel, ObjectKey::new("Service", &slice.metadata.namespace, service));
                }
            }
            _ => {}
        }
    }

    fn sync(&mut self, kernel: &mut Kernel, informers: &Informers, key: &ObjectKey) -> Result<(), Refusal> {
        let Some(object) = informers.get(key) else { return Ok(()) };
        let Some(service) = Service::of(object) else { return Ok(()) };
        if service.spec.type_ == "ExternalName" || service.spec.selector.is_empty() {
            return Ok(());
        }
        let existing: Vec<&EndpointSlice> =
            slices_of(informers, &key.namespace, &key.name, MANAGER).collect();
        if is_stale(kernel, &key.namespace, &key.name, MANAGER, &existing) {
            self.queue.add_rate_limited(kernel, key.clone());
            return Ok(());
        }
        let desired = desired(informers, service);
        apply(kernel, object, service, &existing, desired)
    }
}

/// The slices of a Service that a controller manages, as it knows them.
pub(super) fn slices_of<'a>(
    informers: &'a Informers,
    namespace: &str,
    service: &str,
    manager: &str,
) -> impl Iterator<Item = &'a EndpointSlice> {
    informers.in_namespace::<EndpointSlice>(namespace).filter(move |slice| is_of(slice, service, manager))
}

fn is_of(slice: &EndpointSlice, service: &str, manager: &str) -> bool {
    let labels = &slice.metadata.labels;
    labels.get(SERVICE_NAME).is_some_and(|name| name == service)
        && labels.get(MANAGED_BY).is_some_and(|by| by == manager)
        && slice.metadata.deletion_timestamp.is_none()
}

/// Whether what the controller wrote last has not come back yet (`StaleSlices`): a sync waits for that.
pub(super) fn is_stale(
    kernel: &Kernel,
    namespace: &str,
    service: &str,
    manager: &str,
    known: &[&EndpointSlice],
) -> bool {
    let stored = kernel.store.in_namespace::<EndpointSlice>(namespace);
    let count = stored.filter(|slice| is_of(slice, service, manager)).count();
    count != known.len()
        || known.iter().any(|slice| {
            let stored = kernel.store.find::<EndpointSlice>(namespace, &slice.metadata.name);
            stored.is_none_or(|stored| stored.metadata.resource_version != slice.metadata.resource_version)
        })
}

/// How long a sync of a Service takes that fills several slices, a write each.
fn work(informers: &Informers, service: &ObjectKey) -> SimTime {
    let slices = informers.in_namespace::<EndpointSlice>(&service.namespace);
    let own = slices.filter(|s| s.metadata.labels.get(SERVICE_NAME) == Some(&service.name)).count();
    SimTime(WORK_PER_SLICE.0 * own.saturating_sub(1) as u64)
}

/// Whether a change is one of a pod that may change an endpoint.
pub(super) fn pods_matter(change: &Change<'_>, pod: &Pod) -> bool {
    let old = change.old.and_then(Pod::of);
    change.op != Op::Modified || old.is_none_or(|old| matters(old, pod))
}

/// The Services that select a pod, or selected it before: a pod that was relabelled leaves one and enters another
/// (`GetServicesToUpdate`).
pub(super) fn services_of(informers: &Informers, change: &Change<'_>, pod: &Pod) -> Vec<ObjectKey> {
    let was = change.old.and_then(Pod::of).map(|old| &old.metadata.labels);
    let services = informers.in_namespace::<Service>(&pod.metadata.namespace);
    let selecting = services.filter(|service| {
        let selector = &service.spec.selector;
        let selects = |labels| !selector.is_empty() && matches_all(selector, labels);
        selects(&pod.metadata.labels) || was.is_some_and(selects)
    });
    selecting.map(|s| ObjectKey::new(Service::KIND, &s.metadata.namespace, &s.metadata.name)).collect()
}

/// The pods that a Service selects and that may stand behind it: they have an address and have not ended
/// (`ShouldPodBeInEndpoints`).
pub(super) fn pods_behind<'a>(
    informers: &'a Informers,
    service: &'a Service,
) -> impl Iterator<Item = &'a Pod> {
    let selected = informers.pods_with(&service.metadata.namespace, &service.spec.selector);
    selected.filter(|pod| !is_pod_phase_terminal(&pod.status.phase) && !pod.status.pod_ip.is_empty())
}

/// Whether a change of a pod may change an endpoint (`podEndpointsChanged`).
fn matters(old: &Pod, new: &Pod) -> bool {
    old.status.pod_ips != new.status.pod_ips
        || is_pod_ready(old) != is_pod_ready(new)
        || is_pod_phase_terminal(&old.status.phase) != is_pod_phase_terminal(&new.status.phase)
        || old.metadata.deletion_timestamp.is_some() != new.metadata.deletion_timestamp.is_some()
        || old.metadata.labels != new.metadata.labels
        || old.spec.node_name != new.spec.node_name
}

type Ports = Vec<EndpointSlicePort>;

/// The endpoints that there should be, by the ports that they share.
fn desired(informers: &Informers, service: &Service) -> Vec<(Ports, Vec<Endpoint>)> {
    let mut groups: Vec<(Ports, Vec<Endpoint>)> = Vec::new();
    for pod in pods_behind(informers, service) {
        let ports: Ports = service.spec.ports.iter().filter_map(|port| endpoint_port(pod, port)).collect();
        let endpoint = endpoint(informers, service, pod);
        match groups.iter_mut().find(|(known, _)| *known == ports) {
            Some((_, endpoints)) => endpoints.push(endpoint),
            None => groups.push((ports, vec![endpoint])),
        }
    }
    groups
}

/// `podToEndpoint`
fn endpoint(informers: &Informers, service: &Service, pod: &Pod) -> Endpoint {
    let serving = is_pod_ready(pod);
    let terminating = pod.metadata.deletion_timestamp.is_some();
    let ready = service.spec.publish_not_ready_addresses || (serving && !terminating);
    let node = informers.find::<Node>("", &pod.spec.node_name);
    let zone = node.and_then(|node| node.metadata.labels.get("topology.kubernetes.io/zone"));
    let named = !pod.spec.hostname.is_empty() && pod.spec.subdomain == service.metadata.name;
    Endpoint {
        addresses: vec![pod.status.pod_ip.clone()],
        conditions: EndpointConditions {
            ready: Some(ready),
            serving: Some(serving),
            terminating: Some(terminating),
        },
        hostname: named.then(|| pod.spec.hostname.clone()),
        target_ref: Some(ObjectReference {
            kind: "Pod".to_string(),
            namespace: pod.metadata.namespace.clone(),
            name: pod.metadata.name.clone(),
            uid: pod.metadata.uid.clone(),
            ..ObjectReference::default()
        }),
        node_name: (!pod.spec.node_name.is_empty()).then(|| pod.spec.node_name.clone()),
        zone: zone.cloned(),
        hints: hints(service, pod, zone).filter(|_| ready),
        ..Endpoint::default()
    }
}

/// Where a ready endpoint had best be used, when the Service wants that to be near
/// (`staging/src/k8s.io/endpointslice/trafficdist/trafficdist.go`).
fn hints(service: &Service, pod: &Pod, zone: Option<&String>) -> Option<EndpointHints> {
    let wanted = service.spec.traffic_distribution.as_deref()?;
    if !matches!(wanted, "PreferClose" | "PreferSameZone" | "PreferSameNode") {
        return None;
    }
    let for_zones: Vec<ForZone> = zone.map(|name| ForZone { name: name.clone() }).into_iter().collect();
    let node = &pod.spec.node_name;
    let for_nodes = match wanted == "PreferSameNode" && !node.is_empty() {
        true => vec![ForNode { name: node.clone() }],
        false => Vec::new(),
    };
    (!for_zones.is_empty() || !for_nodes.is_empty()).then_some(EndpointHints { for_zones, for_nodes })
}

/// The port of a pod that a Service's port means; none when the pod has no port of that name (`FindPort`).
pub(super) fn endpoint_port(pod: &Pod, port: &ServicePort) -> Option<EndpointSlicePort> {
    let number = match &port.target_port {
        IntOrString::Int(0) => port.port,
        IntOrString::Int(number) => *number,
        IntOrString::String(name) => {
            let sidecars =
                pod.spec.init_containers.iter().filter(|c| c.restart_policy.as_deref() == Some("Always"));
            let all = pod.spec.containers.iter().chain(sidecars).flat_map(|c| &c.ports);
            let mut named = all.filter(|p| p.name == *name && p.protocol == port.protocol);
            named.next()?.container_port
        }
    };
    Some(EndpointSlicePort {
        name: Some(port.name.clone()),
        protocol: Some(port.protocol.clone()),
        port: Some(number),
        app_protocol: port.app_protocol.clone(),
    })
}

/// Brings the slices to what is desired: endpoints stay where they are, new ones fill the fullest slice that has room
/// (`reconcileByPortMapping`, `finalize`).
fn apply(
    kernel: &mut Kernel,
    owner: &Object,
    service: &Service,
    existing: &[&EndpointSlice],
    desired: Vec<(Ports, Vec<Endpoint>)>,
) -> Result<(), Refusal> {
    let mut wanted: Vec<EndpointSlice> = Vec::new();
    let mut free: Vec<&EndpointSlice> =
        existing.iter().copied().filter(|s| !desired.iter().any(|(ports, _)| *ports == s.ports)).collect();
    for (ports, endpoints) in desired {
        let mut left: BTreeMap<String, Endpoint> =
            endpoints.into_iter().map(|endpoint| (uid(&endpoint), endpoint)).collect();
        let mut slices: Vec<EndpointSlice> = Vec::new();
        for slice in existing.iter().filter(|slice| slice.ports == ports) {
            let kept = slice.endpoints.iter().filter_map(|endpoint| left.remove(&uid(endpoint))).collect();
            slices.push(EndpointSlice { endpoints: kept, ..(*slice).clone() });
        }
        for endpoint in left.into_values() {
            let room = slices.iter_mut().filter(|s| s.endpoints.len() < MAX_ENDPOINTS);
            match room.max_by_key(|slice| slice.endpoints.len()) {
                Some(slice) => slice.endpoints.push(endpoint),
                None => {
                    // A slice that has nothing left to hold is taken over before one is made.
                    let name = match free.is_empty() {
                        true => ObjectMeta::default(),
                        false => free.remove(0).metadata.clone(),
                    };
                    slices.push(EndpointSlice {
                        metadata: name,
                        address_type: "IPv4".to_string(),
                        ports: ports.clone(),
                        endpoints: vec![endpoint],
                    });
                }
            }
        }
        wanted.extend(slices.into_iter().filter(|slice| !slice.endpoints.is_empty()));
    }
    if wanted.is_empty() {
        // A Service without endpoints keeps one empty slice as a placeholder.
        let metadata = existing.first().map_or_else(ObjectMeta::default, |slice| slice.metadata.clone());
        wanted.push(EndpointSlice { metadata, address_type: "IPv4".to_string(), ..EndpointSlice::default() });
    }
    for slice in existing {
        if !wanted.iter().any(|kept| kept.metadata.name == slice.metadata.name) {
            let key = ObjectKey::new("EndpointSlice", &slice.metadata.namespace, &slice.metadata.name);
            kernel.delete(&key, &DeleteOptions::default(), BY)?;
        }
    }
    for mut slice in wanted {
        slice.metadata.labels = labels(service);
        if slice.metadata.name.is_empty() {
            slice.metadata.generate_name = format!("{}-", service.metadata.name);
            slice.metadata.namespace = service.metadata.namespace.clone();
            slice.metadata.owner_references = vec![controller_ref(owner)].into();
            kernel.create(Object::EndpointSlice(slice), BY)?;
        } else {
            kernel.update(Object::EndpointSlice(slice), Subresource::Main, BY)?;
        }
    }
    Ok(())
}

fn uid(endpoint: &Endpoint) -> String {
    endpoint.target_ref.as_ref().map_or_else(String::new, |target| target.uid.clone())
}

/// `setEndpointSliceLabels`
fn labels(service: &Service) -> Map<String> {
    let mut labels = service.metadata.labels.clone();
    labels.insert(SERVICE_NAME.to_string(), service.metadata.name.clone());
    labels.insert(MANAGED_BY.to_string(), MANAGER.to_string());
    if service.spec.cluster_ip == "None" {
        labels.insert(HEADLESS.to_string(), String::new());
    } else {
        labels.remove(HEADLESS);
    }
    labels
}
