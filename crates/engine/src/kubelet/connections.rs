//! Where the network and a node's pods meet: connections that arrive, answers that come back, and what processes and
//! the kubelet itself ask of others.

use crate::jitter::Draw;
use crate::kernel::{Component, Kernel, Wake};
use crate::kubelet::hooks::Waiter;
use crate::kubelet::processes::http_hook_outcome;
use crate::kubelet::{Kubelet, PodUid, SharedPod};
use crate::network::dns::{Asker, Lookup};
use crate::network::flow::{Errand, Flow, FlowId, Origin};
use crate::network::route::Route;
use crate::network::{Holder, Place};
use crate::trace::Decision;
use alloc::format;
use alloc::string::{String, ToString};
use lifepod_api::SimTime;
use lifepod_workload::{Ask, ContainerId, Dial, DialId, DialResult, Reply, Request};

/// How long a resolver asks before it gives up: twice five seconds (`resolv.conf`, `timeout` and `attempts`).
const RESOLVER_TIMEOUT: SimTime = SimTime::from_secs(10);

impl Kubelet {
    /// A connection arrives at this node. That takes no kubelet: the kernel and the processes do it.
    pub(crate) fn flow_arrives(&mut self, kernel: &mut Kernel, id: FlowId) {
        let Some(flow) = kernel.network.flows.get(id) else { return };
        let Some(target) = flow.target.clone() else { return };
        if !kernel.network.addresses.connects(flow.errand.place, target.node) {
            return;
        }
        let quiet = matches!(flow.errand.origin, Origin::Client(_));
        let ask = flow.errand.ask.clone();
        let from = Some(flow.errand.client.clone()).filter(|from| !quiet && !from.is_empty());
        let (uid, port) = match kernel.network.addresses.holder(&target.address) {
            Holder::Pod(_) => (kernel.network.addresses.pod(&target.address).cloned(), target.port),
            Holder::Node(_) => match self.on_the_node(target.port) {
                Some((uid, port)) => (Some(uid), port),
                None => return kernel.answer_flow(id, Reply::Refused),
            },
            Holder::Nobody | Holder::Foreign => (None, 0),
        };
        let pod = uid.as_ref().and_then(|uid| self.runtime.pods.get_mut(uid));
        let (Some(uid), Some(pod)) = (&uid, pod) else { return kernel.nobody_home(id) };
        let Some(processes) = &mut pod.processes else { return kernel.nobody_home(id) };
        let request = processes.request(kernel.now, Request { port, ask, from, quiet });
        pod.connections.insert(request, id);
        self.run_processes(kernel, uid);
    }

    /// Who has a port of the node itself: a pod in the node's network that listens there, or one with that `hostPort`;
    /// and the port of the pod.
    fn on_the_node(&self, port: u16) -> Option<(PodUid, u16)> {
        self.runtime.pods.iter().find_map(|(uid, runtime)| {
            let pod = runtime.pod.as_ref()?;
            let processes = runtime.processes.as_ref()?;
            if pod.spec.host_network {
                let listens = processes.listening().iter().any(|(open, _)| *open == port);
                return listens.then(|| (uid.clone(), port));
            }
            let up = runtime.sandboxes.last().is_some_and(|sandbox| sandbox.ready);
            let mut ports = pod.spec.containers.iter().flat_map(|c| &c.ports);
            let mapped = ports.find(|p| up && p.host_port == i32::from(port))?;
            Some((uid.clone(), u16::try_from(mapped.container_port).ok()?))
        })
    }

    /// The answer to something that this node asked comes back, or nobody is waited for any longer.
    pub(crate) fn flow_answered(&mut self, kernel: &mut Kernel, id: FlowId) {
        let Some(Flow { errand, reply, .. }) = kernel.network.flows.take(id) else { return };
        match errand.origin {
            Origin::Process { uid, dial, .. } => {
                let Some(pod) = self.runtime.pods.get_mut(&uid) else { return };
                let Some(processes) = &mut pod.processes else { return };
                let result = match reply {
                    Some(reply) => DialResult::of(reply, &errand.address),
                    None => DialResult::TimedOut,
                };
                processes.deliver(kernel.now, dial, result);
                self.run_processes(kernel, &uid);
            }
            Origin::Kubelet { waiter: Waiter::Probe(key), ticket, .. } => {
                let running = self.probes.get(&key).and_then(|worker| worker.running.as_ref());
                if let (Some(reply), true) = (reply, running.is_some_and(|run| run.waits_for(ticket))) {
                    self.probe_answered(kernel, &key, &reply);
                }
            }
            Origin::Kubelet { uid, waiter: hook, .. } => {
                if let Some(reply) = reply {
                    self.hook_ended(kernel, &uid, hook, http_hook_outcome(&reply));
                }
            }
            Origin::Client(_) => {}
        }
    }

    /// The kubelet asks a host, for a probe or a hook that names one. It does so from the node, with the node's
    /// resolver.
    ///
    /// # Errors
    /// The host's name is not known on the node, in Go's words.
    #[expect(clippy::too_many_arguments, reason = "who asks whom for what")]
    pub(crate) fn ask_host(
        &mut self,
        kernel: &mut Kernel,
        uid: &PodUid,
        waiter: Waiter,
        host: &str,
        port: u16,
        ask: Ask,
        ticket: u64,
    ) -> Result<(), String> {
        let place = Place::Node(self.index);
        let loopback = host == "localhost" || host.starts_with("127.") || host == "::1";
        let address = match loopback {
            true => self.node_ip.clone(),
            false => {
                let asker = Asker { namespace: "", place, pod: None, cluster: false };
                match kernel.look_up(&asker, host) {
                    Lookup::Found(_, addresses) => addresses[0].clone(),
                    Lookup::NotFound => return Err(format!("dial tcp: lookup {host}: no such host")),
                    Lookup::Silence => return Ok(()),
                }
            }
        };
        let origin = Origin::Kubelet { node: self.index, uid: uid.clone(), waiter, ticket };
        let (client, host) = (self.node_ip.clone(), host.to_string());
        kernel.open_flow(Errand { origin, place, client, host, address, port, ask });
        Ok(())
    }

    /// A process asks for the network outside its pod.
    pub(crate) fn dial(
        &mut self,
        kernel: &mut Kernel,
        uid: &PodUid,
        pod: &SharedPod,
        container: ContainerId,
        dial: DialId,
        ask: Dial,
    ) {
        let asker = Asker::process(pod, self.index);
        let (host, port, request) = match ask {
            Dial::Resolve { name } => {
                let result = match kernel.look_up(&asker, &name) {
                    Lookup::Found(name, addresses) => DialResult::Resolved { name, addresses },
                    Lookup::NotFound => DialResult::UnknownHost,
                    // The tool itself knows how long it waits.
                    Lookup::Silence => return,
                };
                return self.told_after(kernel, uid, dial, SimTime::ZERO, result);
            }
            Dial::Tcp { host, port } => (host, port, Ask::Tcp),
            Dial::Ping { host } => (host, 0, Ask::Tcp),
            Dial::Http { host, port, method, path, mut headers, tls, .. } => {
                if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("Host")) {
                    headers.push(("Host".to_string(), format!("{host}:{port}")));
                }
                (host, port, Ask::Http { method, path, headers, tls })
            }
        };
        let address = match kernel.look_up(&asker, host.trim_matches(['[', ']'])) {
            Lookup::Found(_, addresses) => {
                addresses[kernel.jitter.one_of(Draw::Backend, addresses.len())].clone()
            }
            Lookup::NotFound => {
                return self.told_after(kernel, uid, dial, SimTime::ZERO, DialResult::UnknownHost);
            }
            Lookup::Silence => {
                return self.told_after(kernel, uid, dial, RESOLVER_TIMEOUT, DialResult::UnknownHost);
            }
        };
        if port == 0 {
            return self.ping(kernel, uid, dial, address);
        }
        let origin = Origin::Process { node: self.index, uid: uid.clone(), dial };
        let place = Place::Node(self.index);
        let client = pod_address(self, uid);
        let route = kernel.route(place, &client, &address, port);
        // Of an endpoint of a Service its address is known, of others the name that leads to them.
        if let Route::Outside(endpoint) = &route
            && let subject = endpoint.as_ref().unwrap_or(&host)
            && kernel.is_assumed(subject)
        {
            let record = self.runtime.pod_mut(uid).by_process(container);
            let container = record.map_or_else(String::new, |c| c.name.clone());
            let assumed = "it is outside the cluster, takes connections and answers requests with 200";
            let cause = kernel.cause;
            kernel.decide(Decision::Assumption {
                pod: pod.to_ref(),
                container,
                subject: subject.clone(),
                assumed: assumed.to_string(),
            });
            kernel.cause = cause;
        }
        kernel.open_flow_to(Errand { origin, place, client, host, address, port, ask: request }, route);
    }

    /// One ICMP echo: whoever has the address answers, without a process.
    fn ping(&mut self, kernel: &mut Kernel, uid: &PodUid, dial: DialId, address: String) {
        let place = Place::Node(self.index);
        let there = match kernel.network.addresses.holder(&address) {
            Holder::Pod(node) | Holder::Node(node) => kernel.network.addresses.connects(place, node),
            // The address of a Service is no machine's.
            Holder::Foreign => !address.starts_with("10.96."),
            Holder::Nobody => false,
        };
        if there {
            let request = kernel.config.latency.request;
            self.told_after(kernel, uid, dial, request, DialResult::Connected { address });
        }
    }

    /// A process is told the result of a dial after a while.
    fn told_after(
        &mut self,
        kernel: &mut Kernel,
        uid: &PodUid,
        dial: DialId,
        after: SimTime,
        result: DialResult,
    ) {
        let at = kernel.now + kernel.config.latency.request + after;
        let told = Wake::Told(uid.clone(), dial, result);
        kernel.wake_at(at, Component::Kubelet(self.index), told);
    }

    /// A process is told the result of a dial.
    pub(crate) fn told(&mut self, kernel: &mut Kernel, uid: &PodUid, dial: DialId, result: DialResult) {
        if let Some(processes) = self.runtime.pods.get_mut(uid).and_then(|pod| pod.processes.as_mut()) {
            processes.deliver(kernel.now, dial, result);
            self.run_processes(kernel, uid);
        }
    }
}

fn pod_address(kubelet: &Kubelet, uid: &PodUid) -> String {
    let sandbox = kubelet.runtime.pod(uid).and_then(|pod| pod.sandboxes.last());
    sandbox.map_or_else(String::new, |sandbox| sandbox.ip.clone())
}
