//! The scenario's clients: they call a Service at a steady rate, and what becomes of each request is noted.

use crate::jitter::Draw;
use crate::kernel::{Component, Kernel, Wake};
use crate::network::addresses::node_address;
use crate::network::dns::{Asker, Lookup};
use crate::network::flow::{Errand, Flow, FlowId, Origin};
use crate::network::route::{Route, Target};
use crate::network::tally::{Kind, Tally, Whose};
use crate::network::{NetworkTimer, Place};
use crate::trace::{EntryId, RequestEnd, ServiceRef, What};
use crate::traffic::{Traffic, TrafficFrom};
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use lifepod_api::{Service, SimTime};
use lifepod_workload::{Ask, Reply};

/// A client.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    traffic: Traffic,
    pub(super) whose: Whose,
    /// Where it is, unless it comes from outside.
    place: Place,
    /// Its own address.
    address: String,
    sent: u64,
    under_way: BTreeMap<FlowId, Sent>,
    /// It will be woken when the oldest of them has waited long enough.
    watched: bool,
    /// The connection that it keeps, and since when.
    kept: Option<(Target, SimTime)>,
    pub(super) tally: Tally,
}

/// A request under way.
#[derive(Clone, Copy, Debug)]
struct Sent {
    at: SimTime,
    /// Since when there was the connection that it went over, if that was not opened for it.
    kept: Option<SimTime>,
}

/// Where a request leads before it is sent.
enum Way {
    By(Errand, Route),
    /// Over the connection that the client has since then.
    Kept(Errand, Target, SimTime),
    /// It is lost at once.
    Lost(Kind, Option<EntryId>),
    /// Nothing ever comes back.
    Silence,
}

impl Kernel {
    /// A client begins to call.
    pub(crate) fn add_client(&mut self, traffic: Traffic) {
        let index = self.network.clients.len() as u32;
        let node = |name: &String| self.config.nodes.iter().position(|n| n.name == *name);
        let place = match &traffic.source {
            TrafficFrom::Cluster => Place::Cluster,
            TrafficFrom::Outside => Place::Outside,
            TrafficFrom::Node(name) => node(name).map_or(Place::Cluster, |index| Place::Node(index as u32)),
        };
        let service = ServiceRef { namespace: traffic.namespace.clone(), name: traffic.service.clone() };
        let whose = Whose { client: traffic.name.as_str().into(), service: Arc::new(service) };
        let begins = traffic.from;
        self.network.clients.push(Client {
            traffic,
            whose,
            place,
            // Addresses that the cluster gives to nobody.
            address: format!("198.51.100.{}", 1 + index % 254),
            sent: 0,
            under_way: BTreeMap::new(),
            watched: false,
            kept: None,
            tally: Tally::default(),
        });
        self.wake_at(begins, Component::Network, Wake::Network(NetworkTimer::Send(index)));
    }

    /// It is time for a client's next request.
    pub(super) fn send(&mut self, index: u32) {
        self.cause = None;
        let Some(client) = self.network.clients.get_mut(index as usize) else { return };
        client.sent += 1;
        let rate = u64::from(client.traffic.rps.max(1));
        // Counted from the first one, so that no error adds up.
        let next = client.traffic.from + SimTime(client.sent * 1_000_000 / rate);
        let goes_on = client.traffic.until.is_none_or(|until| next < until);
        if goes_on {
            self.wake_at(next, Component::Network, Wake::Network(NetworkTimer::Send(index)));
        }
        let now = self.now;
        self.send_since(index, now);
        self.watch_the_oldest(index);
    }

    /// Sends a request whose client waits for it since `at`.
    fn send_since(&mut self, index: u32, at: SimTime) {
        let mut kept = None;
        let id = match self.way(index) {
            Way::By(errand, route) => self.open_flow_to(errand, route),
            Way::Kept(errand, target, since) => {
                kept = Some(since);
                self.open_flow_to(errand, Route::To(target))
            }
            Way::Silence => self.network.flows.silent(),
            Way::Lost(kind, why) => return self.ended(index, kind, at, why),
        };
        self.network.clients[index as usize].under_way.insert(id, Sent { at, kept });
    }

    /// Where a client's next request goes.
    fn way(&mut self, index: u32) -> Way {
        let client = &self.network.clients[index as usize];
        let (traffic, place, address) = (client.traffic.clone(), client.place, client.address.clone());
        let name = client.whose.service.clone();
        let errand = |to: &str, port: u16| Errand {
            origin: Origin::Client(index),
            place,
            client: address.clone(),
            host: to.to_string(),
            address: to.to_string(),
            port,
            ask: match traffic.tcp {
                true => Ask::Tcp,
                false => Ask::Http {
                    method: "GET".to_string(),
                    path: traffic.path.clone(),
                    headers: [("Host".to_string(), traffic.service.clone())].to_vec(),
                    tls: false,
                },
            },
        };
        if let Some((target, since)) = &client.kept
            && !self.was_closed(target, *since)
        {
            let target = target.clone();
            return Way::Kept(errand(&target.address, target.port), target, *since);
        }
        let refused = |said: String| Way::Lost(Kind { backend: None, end: RequestEnd::Refused, said }, None);
        let service = self.store.find::<Service>(&name.namespace, &name.name);
        let first = service.and_then(|s| s.spec.ports.first());
        let port = traffic.port.or(first.and_then(|p| u16::try_from(p.port).ok())).unwrap_or(80);
        if place == Place::Outside {
            let ports = service.map(|s| s.spec.ports.as_slice()).unwrap_or_default();
            let node_port = ports.iter().find(|p| p.port == i32::from(port)).map_or(0, |p| p.node_port);
            let Some(node_port) = u16::try_from(node_port).ok().filter(|p| *p != 0) else {
                return refused(format!("service {} has no node port for {port}", name.name));
            };
            let balanced = service.is_some_and(|s| s.spec.type_ == "LoadBalancer");
            let mut nodes: Vec<u32> = self.network.addresses.reachable().collect();
            if balanced {
                // A load balancer asks the nodes whether they have endpoints of their own (`healthCheckNodePort`).
                nodes.retain(|node| self.takes_from_outside(*node, node_port));
            }
            if nodes.is_empty() {
                return Way::Silence;
            }
            let node = nodes[self.jitter.one_of(Draw::Backend, nodes.len())];
            let errand = errand(&node_address(node), node_port);
            let route = self.route(place, &errand.client, &errand.address, node_port);
            return Way::By(errand, route);
        }
        let asker = Asker { namespace: &name.namespace, place, pod: None, cluster: true };
        let addresses = match self.look_up(&asker, &name.name) {
            Lookup::Found(_, addresses) => addresses,
            Lookup::NotFound => return refused(format!("lookup {}: no such host", name.name)),
            Lookup::Silence => return Way::Silence,
        };
        let to = &addresses[self.jitter.one_of(Draw::Backend, addresses.len())];
        let mut errand = errand(to, port);
        let mut route = self.route(place, &errand.client, to, port);
        if let Route::To(target) = &mut route {
            // Behind a headless Service the name leads to the pods themselves.
            target.pod = target.pod.take().or_else(|| self.pod_behind(&name, to));
        }
        if route == Route::Outside(None) {
            let service = self.store.find::<Service>(&name.namespace, &name.name);
            let external = service.map(|service| &service.spec.external_name).filter(|host| !host.is_empty());
            errand.host = external.unwrap_or(to).clone();
        }
        Way::By(errand, route)
    }

    /// Whether a server has closed the connections that there were to it: its process ended since then.
    fn was_closed(&self, target: &Target, since: SimTime) -> bool {
        let ended = target.pod.as_ref().and_then(|pod| self.network.ends.get(pod.uid.as_str()));
        ended.is_some_and(|(at, _)| *at >= since)
    }

    /// Whether a client's request went over a connection that the server closed while the request was under way. That
    /// the server's address is gone by now does not matter then: the client has been told already.
    pub(super) fn crossed_the_close(&self, id: FlowId) -> bool {
        let Some(flow) = self.network.flows.get(id) else { return false };
        let (Origin::Client(index), Some(target)) = (&flow.errand.origin, &flow.target) else { return false };
        let client = self.network.clients.get(*index as usize);
        let sent = client.and_then(|client| client.under_way.get(&id));
        sent.and_then(|sent| sent.kept).is_some_and(|since| self.was_closed(target, since))
    }

    /// A request of a client was answered.
    pub(super) fn client_answered(&mut self, id: FlowId) {
        let Some(flow) = self.network.flows.take(id) else { return };
        let Origin::Client(index) = flow.errand.origin else { return };
        let Some(client) = self.network.clients.get_mut(index as usize) else { return };
        let Some(sent) = client.under_way.remove(&id) else { return };
        let Some(reply) = &flow.reply else { return };
        if sent.kept.is_some() && *reply == Reply::Refused {
            // The server had closed the idle connection: clients open a new one and say nothing of it.
            client.kept = None;
            return self.send_since(index, sent.at);
        }
        let sent = sent.at;
        let slow = self.now.since(sent) > client.traffic.slow;
        let (end, said) = verdict(&flow, reply, slow);
        let answered = matches!(reply, Reply::Http { .. } | Reply::Connected);
        client.kept = match flow.target.clone().filter(|_| client.traffic.keep_alive && answered) {
            Some(target) => Some((target, client.kept.take().map_or(sent, |(_, since)| since))),
            None => None,
        };
        let why = self.why(&flow, end);
        let backend = flow.target.and_then(|target| target.pod);
        self.ended(index, Kind { backend, end, said }, sent, why);
    }

    /// Requests that have waited for as long as their client does are given up.
    pub(super) fn expire(&mut self, index: u32) {
        let Some(client) = self.network.clients.get(index as usize) else { return };
        let timeout = client.traffic.timeout;
        let late: Vec<(FlowId, SimTime)> = client
            .under_way
            .iter()
            .take_while(|(_, sent)| sent.at + timeout <= self.now)
            .map(|(id, sent)| (*id, sent.at))
            .collect();
        for (id, sent) in late {
            let client = &mut self.network.clients[index as usize];
            client.under_way.remove(&id);
            client.kept = None;
            let flow = self.network.flows.take(id);
            let why = flow.as_ref().and_then(|flow| self.why(flow, RequestEnd::TimedOut));
            let backend = flow.and_then(|flow| flow.target).and_then(|target| target.pod);
            let said = "no answer in time".to_string();
            self.ended(index, Kind { backend, end: RequestEnd::TimedOut, said }, sent, why);
        }
        self.network.clients[index as usize].watched = false;
        self.watch_the_oldest(index);
    }

    fn watch_the_oldest(&mut self, index: u32) {
        let client = &mut self.network.clients[index as usize];
        let Some(oldest) = client.under_way.values().next().filter(|_| !client.watched) else { return };
        client.watched = true;
        let at = oldest.at + client.traffic.timeout;
        self.wake_at(at, Component::Network, Wake::Network(NetworkTimer::Expire(index)));
    }

    fn ended(&mut self, index: u32, kind: Kind, sent: SimTime, why: Option<EntryId>) {
        let now = self.now;
        let Some(client) = self.network.clients.get_mut(index as usize) else { return };
        let told = client.tally.add(&client.whose, kind, sent, now, why);
        let counted = !client.tally.is_empty();
        if let Some(requests) = told {
            let cause = core::mem::replace(&mut self.cause, why);
            self.record(What::Requests(requests));
            self.cause = cause;
        }
        if counted {
            self.tell_counts_soon();
        }
    }

    /// The entry that explains the end of a request: what ended the process, or from where the proxies had the endpoint.
    fn why(&self, flow: &Flow, end: RequestEnd) -> Option<EntryId> {
        let target = flow.target.as_ref();
        let ended =
            target.and_then(|t| t.pod.as_ref()).and_then(|pod| self.network.ends.get(pod.uid.as_str()));
        let known_by = target.and_then(|t| t.known_by);
        match end {
            RequestEnd::Reset | RequestEnd::TimedOut => ended.map(|(_, entry)| *entry).or(known_by),
            RequestEnd::Refused => flow.why,
            _ => known_by,
        }
    }

    /// The run is over: what was counted is told, and what is under way has no answer.
    pub(crate) fn close_clients(&mut self) {
        for index in 0..self.network.clients.len() {
            let left = core::mem::take(&mut self.network.clients[index].under_way);
            for (id, sent) in left {
                let flow = self.network.flows.take(id);
                let backend = flow.and_then(|flow| flow.target).and_then(|target| target.pod);
                let kind = Kind { backend, end: RequestEnd::Unanswered, said: String::new() };
                self.ended(index as u32, kind, sent.at, None);
            }
        }
        self.tell_counts();
    }
}

/// What an answer means to the client that asked, and what it is told.
fn verdict(flow: &Flow, reply: &Reply, slow: bool) -> (RequestEnd, String) {
    match reply {
        Reply::Http { status: status @ 500.., .. } => (RequestEnd::Failed, format!("HTTP {status}")),
        Reply::Http { .. } | Reply::Connected | Reply::Grpc(_) | Reply::Header if slow => {
            (RequestEnd::Slow, String::new())
        }
        Reply::Http { .. } | Reply::Connected | Reply::Grpc(_) | Reply::Header => {
            (RequestEnd::Served, String::new())
        }
        Reply::Refused if flow.target.is_none() => {
            (RequestEnd::Refused, "connection refused: the Service has no endpoint".to_string())
        }
        Reply::Refused => (RequestEnd::Reset, "connection refused".to_string()),
        Reply::Unreachable => (RequestEnd::Reset, "no route to host".to_string()),
        Reply::Reset => (RequestEnd::Reset, "connection reset".to_string()),
        Reply::Closed => (RequestEnd::Reset, "connection closed without an answer".to_string()),
        Reply::Malformed(_) | Reply::NotTls => (RequestEnd::Failed, "malformed answer".to_string()),
        Reply::TlsExpected => (RequestEnd::Failed, "HTTP 400: the server wants TLS".to_string()),
    }
}
