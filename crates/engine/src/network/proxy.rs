//! kube-proxy: how the nodes learn of Services and their endpoints, and how late (`pkg/proxy`).
//!
//! The proxies of all nodes watch the same objects and are told at the same moment, so one sequence of syncs stands for
//! all of them; what differs is how long each node takes to write its rules. A node's view at some instant is that of
//! the last sync which it has written by then. A proxy that stopped, or that is cut off, keeps the view it had.

use crate::jitter::Draw;
use crate::kernel::{Component, Kernel, Wake};
use crate::network::view::{ServiceView, View, service_of};
use crate::network::{NetworkTimer, Place};
use crate::store::WatchEvent;
use crate::trace::{Op, Proxied, ServiceRef, What};
use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::string::String;
use alloc::sync::Arc;
use lifepod_api::{EndpointSlice, Object, Resource, Service, SimTime};

/// From the end of a sync to the next at the earliest (`minSyncPeriod`, `pkg/proxy/runner/bounded_frequency_runner.go`).
const MIN_SYNC_PERIOD: SimTime = SimTime::from_secs(1);

/// The proxies of all nodes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Proxies {
    services: BTreeMap<ServiceRef, Arc<Object>>,
    /// The slices of each Service, by name.
    slices: BTreeMap<ServiceRef, BTreeMap<String, Arc<Object>>>,
    /// What has changed since the last sync.
    changed: BTreeSet<ServiceRef>,
    /// A sync is due.
    queued: bool,
    /// No sync begins before this.
    rests_until: SimTime,
    /// The last syncs, the newest last: as many as some node may still be behind.
    syncs: VecDeque<Sync>,
    count: u64,
    /// The views of proxies that do not follow, by the node's place in the configuration.
    stuck: BTreeMap<u32, Arc<View>>,
}

#[derive(Clone, Debug)]
struct Sync {
    at: SimTime,
    number: u64,
    view: Arc<View>,
}

impl Proxies {
    /// What the proxies are told: the object is taken in, and whether a sync is to be queued is given back.
    fn learn(&mut self, event: &WatchEvent) -> bool {
        let gone = event.op == Op::Deleted;
        let name = match &*event.object {
            Object::Service(service) => {
                let meta = &service.metadata;
                let name = ServiceRef { namespace: meta.namespace.clone(), name: meta.name.clone() };
                match gone {
                    true => self.services.remove(&name),
                    false => self.services.insert(name.clone(), event.object.clone()),
                };
                name
            }
            Object::EndpointSlice(slice) => {
                let Some(name) = service_of(slice) else { return false };
                let slices = self.slices.entry(name.clone()).or_default();
                match gone {
                    true => slices.remove(&slice.metadata.name),
                    false => slices.insert(slice.metadata.name.clone(), event.object.clone()),
                };
                name
            }
            _ => return false,
        };
        self.changed.insert(name);
        !core::mem::replace(&mut self.queued, true)
    }

    fn view_of(&self, name: &ServiceRef) -> Option<ServiceView> {
        let service = Service::of(self.services.get(name)?)?;
        let slices = self.slices.get(name).into_iter().flat_map(|all| all.values());
        ServiceView::of(service, slices.filter_map(|object| EndpointSlice::of(object)))
    }

    fn newest(&self) -> Arc<View> {
        self.syncs.back().map_or_else(Arc::default, |sync| sync.view.clone())
    }
}

impl Kernel {
    pub(super) fn proxies_learn(&mut self, event: &WatchEvent) {
        if self.network.proxies.learn(event) {
            let at = self.network.proxies.rests_until;
            self.wake_at(at, Component::Network, Wake::Network(NetworkTimer::SyncProxies));
        }
    }

    /// The proxies write what has changed (`syncProxyRules`).
    pub(super) fn sync_proxies(&mut self) {
        let proxies = &mut self.network.proxies;
        proxies.queued = false;
        let mean = self.config.latency.proxy_sync;
        proxies.rests_until = self.now + mean + MIN_SYNC_PERIOD;
        let mut view = (*proxies.newest()).clone();
        let mut told = BTreeMap::new();
        for name in core::mem::take(&mut proxies.changed) {
            let new = proxies.view_of(&name);
            let old = view.get(&name);
            let takers =
                |service: Option<&ServiceView>| service.map_or_else(Default::default, |s| s.takers());
            let (was, is) = (takers(old.map(|s| &**s)), takers(new.as_ref()));
            let entry = old.and_then(|service| service.entry);
            if was != is {
                told.insert(name.clone(), is);
            }
            view.put(&name, new.map(|service| Arc::new(ServiceView { entry, ..service })));
        }
        for (service, (endpoints, terminating)) in told {
            let id = self.record(What::Proxied(Proxied { service: service.clone(), endpoints, terminating }));
            if let Some(known) = view.get(&service) {
                let known = Arc::new(ServiceView { entry: Some(id), ..(**known).clone() });
                view.put(&service, Some(known));
            }
        }
        let proxies = &mut self.network.proxies;
        proxies.count += 1;
        proxies.syncs.push_back(Sync { at: self.now, number: proxies.count, view: Arc::new(view) });
        // Nobody takes longer than twice the mean.
        while proxies.syncs.get(1).is_some_and(|next| next.at + mean + mean <= self.now) {
            proxies.syncs.pop_front();
        }
    }

    /// What the proxy at a place has written by now.
    pub(crate) fn proxy_view(&self, place: Place) -> Arc<View> {
        let node = match place {
            Place::Node(node) => node,
            Place::Cluster | Place::Outside => u32::MAX,
        };
        let proxies = &self.network.proxies;
        if let Some(view) = proxies.stuck.get(&node) {
            return view.clone();
        }
        let mean = self.config.latency.proxy_sync;
        let written = proxies.syncs.iter().rev().find(|sync| {
            let which = u64::from(node) << 32 | sync.number;
            let number = self.jitter.fixed(Draw::ProxySync, which);
            sync.at + mean + SimTime((mean.0 as f64 * number) as u64) <= self.now
        });
        written.map_or_else(Arc::default, |sync| sync.view.clone())
    }

    /// The proxy of a node follows no more: it has stopped, or nobody can tell it anything.
    pub(crate) fn stop_proxy(&mut self, node: u32) {
        let view = self.proxy_view(Place::Node(node));
        self.network.proxies.stuck.entry(node).or_insert(view);
    }

    /// The proxy of a node follows again, and is up to date at once.
    pub(crate) fn start_proxy(&mut self, node: u32) {
        self.network.proxies.stuck.remove(&node);
    }
}
