//! Where a connection goes: an address and a port, as seen from a place.

use crate::jitter::Draw;
use crate::kernel::Kernel;
use crate::network::Place;
use crate::network::addresses::{Holder, node_address};
use crate::network::choose::{Seat, Verdict, verdict};
use crate::network::view::{EndpointView, PortView, ServiceView, View};
use crate::trace::{EntryId, PodRef, ServiceRef};
use alloc::string::{String, ToString};
use lifepod_api::SimTime;

/// The first address of the Services' range: the API server's own Service, `kubernetes`.
pub(crate) const API_SERVER: &str = "10.96.0.1";

/// Where a connection goes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Route {
    /// To this port of an address of this node.
    To(Target),
    /// A rule rejects it.
    Rejected {
        /// The entry that says why.
        why: Option<EntryId>,
    },
    /// There is nobody at the address: the last router says so once it has looked.
    Unreachable,
    /// Nobody ever answers.
    Silence,
    /// To the API server.
    ApiServer,
    /// Out of the cluster: to this address if a Service's endpoint is there, else to the host that was named.
    Outside(Option<String>),
}

/// The end of a route.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Target {
    pub(crate) node: u32,
    pub(crate) address: String,
    pub(crate) port: u16,
    /// The pod, when a proxy chose it.
    pub(crate) pod: Option<PodRef>,
    /// The entry from which the proxies know it.
    pub(crate) known_by: Option<EntryId>,
}

impl Kernel {
    /// Where a connection from a place to an address and port goes. `client` is the client's own address, for
    /// affinity.
    pub(crate) fn route(&mut self, place: Place, client: &str, address: &str, port: u16) -> Route {
        if address == API_SERVER && port == 443 {
            return match self.network.addresses.is_cut(place) {
                true => Route::Silence,
                false => Route::ApiServer,
            };
        }
        let view = self.proxy_view(place);
        if let Some((name, service, found)) = view.at_address(address, port) {
            // The rules know ports, not addresses: what no rule matches is routed like any other address, to nobody.
            let Some(found) = found else { return Route::Silence };
            return self.through(place, client, name, service, found, false);
        }
        match self.network.addresses.holder(address) {
            Holder::Pod(node) => self.to(node, address, port, None, None),
            Holder::Node(node) => self.at_node(&view, place, client, node, port),
            Holder::Nobody => Route::Unreachable,
            // The range of Services: nobody has that address yet, or any more.
            Holder::Foreign if address.starts_with("10.96.") => Route::Silence,
            Holder::Foreign => Route::Outside(None),
        }
    }

    /// A connection to a node's own address: by a node port to a Service, else to the node itself.
    fn at_node(&mut self, view: &View, place: Place, client: &str, node: u32, port: u16) -> Route {
        if !self.network.addresses.connects(place, node) {
            return Route::Silence;
        }
        // The rules of the node that the packet comes to count; from the node itself they are the same.
        let there = Place::Node(node);
        let own = (there != place).then(|| self.proxy_view(there));
        let view = own.as_deref().unwrap_or(view);
        match view.at_node_port(port) {
            Some((name, service, found)) => self.through(there, client, name, service, found, place != there),
            None => self.to(node, &node_address(node), port, None, None),
        }
    }

    /// Whether a node would not drop what comes in from outside at its port.
    pub(super) fn takes_from_outside(&self, node: u32, port: u16) -> bool {
        let there = Place::Node(node);
        let view = self.proxy_view(there);
        let Some((_, service, found)) = view.at_node_port(port) else { return false };
        let (name, zone) = self.seat(there);
        verdict(service, found, Seat { node: &name, zone: &zone }, true) != Verdict::Drop
    }

    /// The name and the zone of the node at a place; empty for none.
    fn seat(&self, place: Place) -> (String, String) {
        let node = match place {
            Place::Node(index) => self.config.nodes.get(index as usize),
            Place::Cluster | Place::Outside => None,
        };
        let zone = node.and_then(|n| n.labels.get("topology.kubernetes.io/zone"));
        (node.map_or_else(String::new, |n| n.name.clone()), zone.cloned().unwrap_or_default())
    }

    fn through(
        &mut self,
        place: Place,
        client: &str,
        name: &ServiceRef,
        service: &ServiceView,
        port: &PortView,
        external: bool,
    ) -> Route {
        let (node, zone) = self.seat(place);
        let seat = Seat { node: &node, zone: &zone };
        let endpoints = match verdict(service, port, seat, external) {
            Verdict::OneOf(endpoints) => endpoints,
            Verdict::Reject => return Route::Rejected { why: service.entry },
            Verdict::Drop => return Route::Silence,
        };
        let affinity =
            service.affinity.map(|lasts| (lasts, (place, name.clone(), port.port, client.to_string())));
        let kept = affinity.as_ref().and_then(|(lasts, key)| {
            let (address, used) = self.network.affinity.get(key)?;
            let valid = self.now.since(*used) < *lasts;
            endpoints.iter().find(|e| valid && e.address == *address).copied()
        });
        let chosen: &EndpointView = match kept {
            Some(endpoint) => endpoint,
            None => endpoints[self.jitter.one_of(Draw::Backend, endpoints.len())],
        };
        if let Some((_, key)) = affinity {
            self.network.affinity.insert(key, (chosen.address.clone(), self.now));
        }
        let node = match self.network.addresses.holder(&chosen.address) {
            Holder::Pod(node) | Holder::Node(node) => node,
            Holder::Nobody => return self.gone(chosen),
            Holder::Foreign => return Route::Outside(Some(chosen.address.clone())),
        };
        self.to(node, &chosen.address, chosen.port, chosen.pod.clone(), service.entry)
    }

    /// An endpoint whose address nobody has any more: the pod is gone, or its node is.
    fn gone(&self, endpoint: &EndpointView) -> Route {
        let node = self.config.nodes.iter().position(|n| n.name == endpoint.node);
        let Some(node) = node.map(|index| index as u32) else { return Route::Unreachable };
        Route::To(Target {
            node,
            address: endpoint.address.clone(),
            port: endpoint.port,
            pod: endpoint.pod.clone(),
            known_by: None,
        })
    }

    fn to(
        &self,
        node: u32,
        address: &str,
        port: u16,
        pod: Option<PodRef>,
        known_by: Option<EntryId>,
    ) -> Route {
        Route::To(Target { node, address: address.to_string(), port, pod, known_by })
    }
}

/// Connections of one client that go to one endpoint (`sessionAffinity`), as a node's rules remember them: by the
/// place, the Service and its port, and the client's address; the endpoint's address, and when it was used last.
pub(crate) type Affinity = alloc::collections::BTreeMap<(Place, ServiceRef, u16, String), (String, SimTime)>;
