//! What a node's proxy knows of Services, as data: the rules that it has written.

use crate::network::SERVICE_NAME;
use crate::trace::{EntryId, PodRef, ServiceRef};
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use lifepod_api::{Endpoint, EndpointSlice, Service, ServicePort, SimTime};

/// All Services as one sync of the proxies left them.
#[derive(Clone, Debug, Default)]
pub(crate) struct View {
    services: BTreeMap<ServiceRef, Arc<ServiceView>>,
    by_address: BTreeMap<String, ServiceRef>,
    by_node_port: BTreeMap<u16, ServiceRef>,
}

/// One Service (`pkg/proxy/serviceport.go`).
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ServiceView {
    /// The addresses at which it is reached from within: cluster IPs, external IPs, those of load balancers.
    pub(crate) addresses: Vec<String>,
    pub(crate) ports: Vec<PortView>,
    /// How long a client's connections go to one endpoint (`sessionAffinity: ClientIP`).
    pub(crate) affinity: Option<SimTime>,
    /// `internalTrafficPolicy: Local`
    pub(crate) internal_local: bool,
    /// `externalTrafficPolicy: Local`
    pub(crate) external_local: bool,
    /// The entry that says so; none for a Service that never had an endpoint.
    pub(crate) entry: Option<EntryId>,
}

/// One port of a Service.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct PortView {
    pub(crate) port: u16,
    pub(crate) node_port: u16,
    pub(crate) endpoints: Vec<EndpointView>,
}

/// One endpoint of a port (`pkg/proxy/endpoint.go`).
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct EndpointView {
    pub(crate) address: String,
    pub(crate) port: u16,
    pub(crate) ready: bool,
    pub(crate) serving: bool,
    pub(crate) terminating: bool,
    pub(crate) node: String,
    pub(crate) zone_hints: Vec<String>,
    pub(crate) node_hints: Vec<String>,
    pub(crate) pod: Option<PodRef>,
}

impl View {
    /// The Service behind an address, and its port of that number; no port when it has none such.
    pub(crate) fn at_address(
        &self,
        address: &str,
        port: u16,
    ) -> Option<(&ServiceRef, &ServiceView, Option<&PortView>)> {
        let (name, service) = self.services.get_key_value(self.by_address.get(address)?)?;
        Some((name, service, service.ports.iter().find(|p| p.port == port)))
    }

    /// The Service behind a port of every node.
    pub(crate) fn at_node_port(&self, port: u16) -> Option<(&ServiceRef, &ServiceView, &PortView)> {
        let (name, service) = self.services.get_key_value(self.by_node_port.get(&port)?)?;
        Some((name, service, service.ports.iter().find(|p| p.node_port == port)?))
    }

    /// The Service of that name.
    pub(crate) fn get(&self, name: &ServiceRef) -> Option<&Arc<ServiceView>> {
        self.services.get(name)
    }

    /// Puts a Service in the place of what was known of it; none when it is gone.
    pub(crate) fn put(&mut self, name: &ServiceRef, service: Option<Arc<ServiceView>>) {
        if let Some(old) = self.services.remove(name) {
            for address in &old.addresses {
                self.by_address.remove(address);
            }
            for port in &old.ports {
                self.by_node_port.remove(&port.node_port);
            }
        }
        let Some(service) = service else { return };
        for address in &service.addresses {
            self.by_address.insert(address.clone(), name.clone());
        }
        for port in service.ports.iter().filter(|p| p.node_port != 0) {
            self.by_node_port.insert(port.node_port, name.clone());
        }
        self.services.insert(name.clone(), service);
    }
}

impl ServiceView {
    /// What a proxy makes of a Service and its slices; none for one that it has nothing to do with
    /// (`pkg/proxy/util/network.go ShouldSkipService`).
    pub(crate) fn of<'a>(
        service: &Service,
        slices: impl Iterator<Item = &'a EndpointSlice> + Clone,
    ) -> Option<Self> {
        let spec = &service.spec;
        if spec.type_ == "ExternalName" || spec.cluster_ip.is_empty() || spec.cluster_ip == "None" {
            return None;
        }
        let ingress = service.status.load_balancer.ingress.iter().map(|ingress| &ingress.ip);
        let own = core::iter::once(&spec.cluster_ip).chain(&spec.cluster_ips);
        let mut addresses: Vec<String> = Vec::new();
        for address in own.chain(&spec.external_ips).chain(ingress) {
            if !address.is_empty() && !addresses.contains(address) {
                addresses.push(address.clone());
            }
        }
        let affinity = (spec.session_affinity == "ClientIP").then(|| {
            let config = spec.session_affinity_config.as_ref().and_then(|c| c.client_ip.as_ref());
            let seconds = config.and_then(|c| c.timeout_seconds).unwrap_or(10_800);
            SimTime::from_secs(u64::try_from(seconds).unwrap_or(0))
        });
        Some(ServiceView {
            addresses,
            ports: spec.ports.iter().map(|port| PortView::of(port, slices.clone())).collect(),
            affinity,
            internal_local: spec.internal_traffic_policy.as_deref() == Some("Local"),
            external_local: spec.external_traffic_policy == "Local",
            entry: None,
        })
    }

    /// Who takes connections to any of its ports, and whether they do so though none is ready.
    pub(crate) fn takers(&self) -> (Vec<String>, bool) {
        let all = || self.ports.iter().flat_map(|port| &port.endpoints);
        let terminating = !all().any(|e| e.ready);
        let takes = |e: &&EndpointView| if terminating { e.serving && e.terminating } else { e.ready };
        let mut names: Vec<String> = Vec::new();
        for endpoint in all().filter(takes) {
            let name = endpoint.pod.as_ref().map_or(&endpoint.address, |pod| &pod.name);
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
        let terminating = terminating && !names.is_empty();
        (names, terminating)
    }
}

impl PortView {
    fn of<'a>(port: &ServicePort, slices: impl Iterator<Item = &'a EndpointSlice>) -> Self {
        let mut endpoints: Vec<EndpointView> = Vec::new();
        for slice in slices {
            // The ports of a slice are those of its endpoints, under the names of the Service's.
            let number = slice.ports.iter().find(|p| p.name.as_deref().unwrap_or("") == port.name);
            let Some(number) = number.and_then(|p| u16::try_from(p.port?).ok()) else { continue };
            endpoints.extend(slice.endpoints.iter().filter_map(|e| EndpointView::of(e, number, slice)));
        }
        // A proxy keeps endpoints by their addresses, so that their order is always the same.
        endpoints.sort_by(|a, b| (&a.address, a.port).cmp(&(&b.address, b.port)));
        endpoints.dedup_by(|later, first| later.address == first.address && later.port == first.port);
        PortView {
            port: u16::try_from(port.port).unwrap_or(0),
            node_port: u16::try_from(port.node_port).unwrap_or(0),
            endpoints,
        }
    }
}

impl EndpointView {
    /// Only the first address of an endpoint counts; conditions that are not given are taken for the best
    /// (`pkg/proxy/endpointslicecache.go`).
    fn of(endpoint: &Endpoint, port: u16, slice: &EndpointSlice) -> Option<Self> {
        let ready = endpoint.conditions.ready != Some(false);
        let hints = endpoint.hints.as_ref();
        let target = endpoint.target_ref.as_ref().filter(|target| target.kind == "Pod");
        let pod = target.map(|target| PodRef::new(&slice.metadata.namespace, &target.name, &target.uid));
        Some(EndpointView {
            address: endpoint.addresses.first()?.clone(),
            port,
            ready,
            serving: endpoint.conditions.serving.unwrap_or(ready),
            terminating: endpoint.conditions.terminating == Some(true),
            node: endpoint.node_name.clone().unwrap_or_default(),
            zone_hints: hints.map_or_else(Vec::new, |h| h.for_zones.iter().map(|z| z.name.clone()).collect()),
            node_hints: hints.map_or_else(Vec::new, |h| h.for_nodes.iter().map(|n| n.name.clone()).collect()),
            pod,
        })
    }
}

/// The Service that a slice belongs to.
pub(crate) fn service_of(slice: &EndpointSlice) -> Option<ServiceRef> {
    let name = slice.metadata.labels.get(SERVICE_NAME)?;
    Some(ServiceRef { namespace: slice.metadata.namespace.clone(), name: name.clone() })
}
