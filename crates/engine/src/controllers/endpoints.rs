//! Endpoints: the older object that says which pods stand behind a Service; nothing in the cluster reads it any more
//! (`pkg/controller/endpoint/endpoints_controller.go`). A pod that is being deleted leaves it at once.

use super::endpoint_slice::{endpoint_port, pods_behind, pods_matter, services_of};
use super::pods::is_pod_ready;
use super::{Change, Controller, ControllerName, Informers, WorkQueue};
use crate::api_server::DeleteOptions;
use crate::kernel::Kernel;
use crate::trace::Op;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use lifepod_api::{
    EndpointAddress, EndpointPort, EndpointSubset, Endpoints, Map, Object, ObjectKey, ObjectMeta,
    ObjectReference, Pod, Refusal, Resource, Service, ServicePort, SimTime, Subresource,
};

/// An object holds this many endpoints at most, the ready ones first (`maxCapacity`), …
const MAX_ENDPOINTS: usize = 1000;
/// … and says so when there are more (`v1.EndpointsOverCapacity`).
const OVER_CAPACITY: &str = "endpoints.kubernetes.io/over-capacity";
const MANAGED_BY: &str = "endpoints.kubernetes.io/managed-by";
const BY: &str = "endpoint-controller";
/// `v1.IsHeadlessService`
const HEADLESS: &str = "service.kubernetes.io/headless";

/// About how long it takes for each address to put the object together and to write it: a thousand addresses are written
/// once a second, however often they change.
const WORK_PER_ADDRESS: SimTime = SimTime::from_millis(1);

/// The controller.
#[derive(Clone, Debug)]
pub(crate) struct EndpointsController {
    queue: WorkQueue,
}

impl EndpointsController {
    pub(super) fn new() -> Self {
        EndpointsController { queue: WorkQueue::new(ControllerName::Endpoints) }
    }
}

impl Controller for EndpointsController {
    fn kinds(&self) -> &'static [&'static str] {
        &["Service", "Pod", "Endpoints"]
    }

    fn queue(&mut self) -> &mut WorkQueue {
        &mut self.queue
    }

    fn observe(&mut self, kernel: &mut Kernel, informers: &Informers, change: &Change<'_>) {
        let key = change.object.key();
        match change.object {
            Object::Service(_) => self.queue.add(kernel, key),
            Object::Endpoints(_) if change.op == Op::Deleted => {
                self.queue.add(kernel, ObjectKey::new(Service::KIND, &key.namespace, &key.name));
            }
            Object::Pod(pod) if pods_matter(change, pod) => {
                for service in services_of(informers, change, pod) {
                    let work = work(informers, &service);
                    self.queue.add_busy(kernel, service, work);
                }
            }
            _ => {}
        }
    }

    fn sync(&mut self, kernel: &mut Kernel, informers: &Informers, key: &ObjectKey) -> Result<(), Refusal> {
        let own = ObjectKey::new(Endpoints::KIND, &key.namespace, &key.name);
        let Some(service) = informers.get(key).and_then(|object| Service::of(object)) else {
            return match kernel.store.get(&own) {
                Some(_) => kernel.delete(&own, &DeleteOptions::default(), BY),
                None => Ok(()),
            };
        };
        if service.spec.type_ == "ExternalName" || service.spec.selector.is_empty() {
            return Ok(());
        }
        let mut subsets = subsets(informers, service);
        let truncated = truncate(&mut subsets);
        let current = informers.find::<Endpoints>(&key.namespace, &key.name);
        let mut wanted = current.cloned().unwrap_or_else(|| Endpoints {
            metadata: ObjectMeta {
                name: key.name.clone(),
                namespace: key.namespace.clone(),
                ..ObjectMeta::default()
            },
            ..Endpoints::default()
        });
        wanted.subsets = subsets;
        wanted.metadata.labels = labels(service);
        match truncated {
            true => wanted.metadata.annotations.insert(OVER_CAPACITY.to_string(), "truncated".to_string()),
            false => wanted.metadata.annotations.remove(OVER_CAPACITY),
        };
        match current {
            None => kernel.create(Object::Endpoints(wanted), BY).map(|_| ()),
            Some(known) if *known == wanted => Ok(()),
            Some(_) => kernel.update(Object::Endpoints(wanted), Subresource::Main, BY).map(|_| ()),
        }
    }
}

/// How long a sync of a Service takes; that of a few addresses counts for nothing.
fn work(informers: &Informers, service: &ObjectKey) -> SimTime {
    let known = informers.find::<Endpoints>(&service.namespace, &service.name);
    let subsets = known.map_or(&[][..], |endpoints| &endpoints.subsets);
    let addresses: usize = subsets.iter().map(|s| s.addresses.len() + s.not_ready_addresses.len()).sum();
    SimTime(WORK_PER_ADDRESS.0 * (addresses / 100 * 100) as u64)
}

fn labels(service: &Service) -> Map<String> {
    let mut labels = service.metadata.labels.clone();
    match service.spec.cluster_ip == "None" {
        true => labels.insert(HEADLESS.to_string(), String::new()),
        false => labels.remove(HEADLESS),
    };
    labels.insert(MANAGED_BY.to_string(), BY.to_string());
    labels
}

/// The addresses behind a Service, those with the same ports together (`RepackSubsets`).
fn subsets(informers: &Informers, service: &Service) -> Vec<EndpointSubset> {
    let unready = service.spec.publish_not_ready_addresses;
    let mut subsets: Vec<EndpointSubset> = Vec::new();
    for pod in pods_behind(informers, service) {
        if pod.metadata.deletion_timestamp.is_some() && !unready {
            continue;
        }
        let mut ports: Vec<EndpointPort> =
            service.spec.ports.iter().filter_map(|port| subset_port(pod, port)).collect();
        if ports.is_empty() && !(service.spec.ports.is_empty() && service.spec.cluster_ip == "None") {
            continue;
        }
        ports.sort_by(|a, b| (a.port, &a.name).cmp(&(b.port, &b.name)));
        let at = subsets.iter().position(|subset| subset.ports == ports).unwrap_or_else(|| {
            subsets.push(EndpointSubset { ports, ..EndpointSubset::default() });
            subsets.len() - 1
        });
        match unready || is_pod_ready(pod) {
            true => subsets[at].addresses.push(address(service, pod)),
            false => subsets[at].not_ready_addresses.push(address(service, pod)),
        }
    }
    for subset in &mut subsets {
        // As bytes of the address, not as text.
        let number = |a: &EndpointAddress| a.ip.parse::<core::net::IpAddr>().ok();
        subset.addresses.sort_by_key(number);
        subset.not_ready_addresses.sort_by_key(number);
    }
    subsets
}

fn subset_port(pod: &Pod, port: &ServicePort) -> Option<EndpointPort> {
    let found = endpoint_port(pod, port)?;
    Some(EndpointPort {
        name: port.name.clone(),
        port: found.port?,
        protocol: port.protocol.clone(),
        app_protocol: port.app_protocol.clone(),
    })
}

/// `podToEndpointAddressForService`
fn address(service: &Service, pod: &Pod) -> EndpointAddress {
    let named = !pod.spec.hostname.is_empty() && pod.spec.subdomain == service.metadata.name;
    EndpointAddress {
        ip: pod.status.pod_ip.clone(),
        hostname: if named { pod.spec.hostname.clone() } else { String::new() },
        node_name: Some(pod.spec.node_name.clone()),
        target_ref: Some(ObjectReference {
            kind: Pod::KIND.to_string(),
            namespace: pod.metadata.namespace.clone(),
            name: pod.metadata.name.clone(),
            uid: pod.metadata.uid.clone(),
            ..ObjectReference::default()
        }),
    }
}

/// Leaves out what is too much, each subset giving its share (`truncateEndpoints`). Whether anything was.
fn truncate(subsets: &mut [EndpointSubset]) -> bool {
    let ready: usize = subsets.iter().map(|s| s.addresses.len()).sum();
    let unready: usize = subsets.iter().map(|s| s.not_ready_addresses.len()).sum();
    if ready + unready <= MAX_ENDPOINTS {
        return false;
    }
    let cuts_ready = ready > MAX_ENDPOINTS;
    let (room, total) = if cuts_ready { (MAX_ENDPOINTS, ready) } else { (MAX_ENDPOINTS - ready, unready) };
    let mut left = room;
    for subset in subsets {
        if cuts_ready {
            subset.not_ready_addresses.clear();
        }
        let list = if cuts_ready { &mut subset.addresses } else { &mut subset.not_ready_addresses };
        let share = (list.len() * room).div_ceil(total.max(1)).min(left);
        list.truncate(share);
        left -= list.len();
    }
    true
}
