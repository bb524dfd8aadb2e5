//! The network of the cluster: from a name to an address, from an address to a pod, there and back.
//!
//! - `dns.rs`: names. `addresses.rs`: who has which address, and which nodes can be reached.
//! - `view.rs`, `proxy.rs`: what each node's kube-proxy knows of Services, and since when; `choose.rs`: which endpoints
//!   it uses; `route.rs`: where a connection goes from a place.
//! - `flow.rs`: connections under way. At a node they meet its pods in `kubelet/connections.rs`.
//! - `clients.rs`, `tally.rs`: the scenario's clients, and what became of their requests. `outside.rs`: the rest of the
//!   world.
//!
//! Left out: UDP, `NetworkPolicy` (all pods reach all others), packet loss, and the API server's own way to the nodes.

pub(crate) mod addresses;
mod choose;
mod clients;
pub(crate) mod dns;
pub(crate) mod flow;
pub(crate) mod outside;
mod proxy;
pub(crate) mod requests;
pub(crate) mod route;
mod tally;
mod view;

pub(crate) use addresses::{Holder, node_address};
pub(crate) use route::API_SERVER;

use crate::kernel::{Component, Kernel, Wake};
use crate::trace::{EntryId, PodRef, ServiceRef};
use addresses::Addresses;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;
use clients::Client;
use flow::Flows;
use lifepod_api::{EndpointSlice, SimTime};
use proxy::Proxies;
use route::Affinity;

/// `discovery.LabelServiceName`
pub(crate) const SERVICE_NAME: &str = "kubernetes.io/service-name";

/// Where somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// On the node with this place in the configuration.
    Node(u32),
    /// In the cluster, on a machine of its own that never fails.
    Cluster,
    /// Outside.
    Outside,
}

/// A timer of the network.
#[derive(Clone, Copy, Debug)]
pub(crate) enum NetworkTimer {
    /// The proxies write their rules.
    SyncProxies,
    /// A client sends its next request.
    Send(u32),
    /// A client's oldest request may have waited long enough.
    Expire(u32),
    /// What was counted is told.
    Tell,
}

/// The network's state.
#[derive(Clone, Debug, Default)]
pub(crate) struct Network {
    pub(crate) addresses: Addresses,
    proxies: Proxies,
    pub(crate) flows: Flows,
    affinity: Affinity,
    clients: Vec<Client>,
    /// Counts are to be told at the next whole second.
    telling: bool,
    /// When a process of each pod ended last, by the pod's `uid`, and the entry that says so.
    ends: BTreeMap<String, (SimTime, EntryId)>,
    /// The cluster's DNS does not answer.
    pub(crate) dns_is_down: bool,
    /// Pods that get no answer from it: namespace and name.
    pub(crate) deaf: BTreeSet<(String, String)>,
}

impl Network {
    pub(crate) fn new(nodes: usize) -> Self {
        Network { addresses: Addresses::new(nodes), ..Network::default() }
    }

    /// A process of a pod ended.
    pub(crate) fn process_ended(&mut self, uid: &str, at: SimTime, entry: EntryId) {
        if !self.clients.is_empty() {
            self.ends.insert(uid.into(), (at, entry));
        }
    }
}

/// Begins the watches of the proxies.
pub(crate) fn register(kernel: &mut Kernel) {
    for kind in ["Service", "EndpointSlice"] {
        kernel.store.watch(Component::Network, kind);
    }
}

/// Handles what woke the network.
pub(crate) fn handle(kernel: &mut Kernel, wake: Wake) {
    match wake {
        Wake::Watch(event) => kernel.proxies_learn(&event),
        Wake::Answered(flow) => kernel.client_answered(flow),
        Wake::Network(timer) => match timer {
            NetworkTimer::SyncProxies => kernel.sync_proxies(),
            NetworkTimer::Send(client) => kernel.send(client),
            NetworkTimer::Expire(client) => kernel.expire(client),
            NetworkTimer::Tell => kernel.tell_counts(),
        },
        _ => {}
    }
}

impl Kernel {
    /// The pod that a Service's slices have at an address.
    fn pod_behind(&self, service: &ServiceRef, address: &str) -> Option<PodRef> {
        let slices = self.store.in_namespace::<EndpointSlice>(&service.namespace);
        let own = slices.filter(|s| s.metadata.labels.get(SERVICE_NAME) == Some(&service.name));
        let endpoint = own.flat_map(|s| &s.endpoints).find(|e| e.addresses.iter().any(|a| a == address))?;
        let target = endpoint.target_ref.as_ref()?;
        Some(PodRef::new(&service.namespace, &target.name, &target.uid))
    }
}
