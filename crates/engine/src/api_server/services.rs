//! Addresses and ports that the API server gives to Services
//! (`pkg/registry/core/service/storage/alloc.go`, `pkg/registry/core/service/{ipallocator,portallocator}`).

use crate::jitter::Draw;
use crate::kernel::Kernel;
use alloc::format;
use alloc::vec;
use lifepod_api::{Object, Service, SimTime};

/// `10.96.0.0/16`, the range of most clusters' Services; its first 256 addresses are left to those who choose theirs.
const FIRST_HOST: u32 = 256;
const HOSTS: u32 = 65_534 - FIRST_HOST;
/// `--service-node-port-range`
const FIRST_NODE_PORT: i32 = 30_000;
const NODE_PORTS: u32 = 2768;

impl Kernel {
    /// Gives a new Service what it does not ask for itself: a cluster IP, and node ports where its type has them.
    pub(super) fn allocate_for_service(&mut self, object: &mut Object) {
        let Object::Service(service) = object else { return };
        let has_ip = matches!(service.spec.type_.as_str(), "ClusterIP" | "NodePort" | "LoadBalancer");
        if has_ip && service.spec.cluster_ip.is_empty() {
            let first = self.draw_below(HOSTS);
            let free = (0..HOSTS).map(|step| FIRST_HOST + (first + step) % HOSTS).find_map(|host| {
                let ip = format!("10.96.{}.{}", host / 256, host % 256);
                let taken = self.store.all::<Service>().any(|other| other.spec.cluster_ip == ip);
                (!taken).then_some(ip)
            });
            if let Some(ip) = free {
                service.spec.cluster_ips = vec![ip.clone()];
                service.spec.cluster_ip = ip;
            }
        }
        if !matches!(service.spec.type_.as_str(), "NodePort" | "LoadBalancer") {
            return;
        }
        for index in 0..service.spec.ports.len() {
            if service.spec.ports[index].node_port != 0 {
                continue;
            }
            let first = self.draw_below(NODE_PORTS);
            let free = (0..NODE_PORTS).map(|step| FIRST_NODE_PORT + ((first + step) % NODE_PORTS) as i32);
            let own = &service.spec.ports;
            let taken = |port: &i32| {
                let mut all = self.store.all::<Service>().flat_map(|other| &other.spec.ports).chain(own);
                all.any(|other| other.node_port == *port)
            };
            if let Some(port) = free.into_iter().find(|port| !taken(port)) {
                service.spec.ports[index].node_port = port;
            }
        }
    }

    fn draw_below(&mut self, limit: u32) -> u32 {
        let now = self.now;
        (self.jitter.draw(Draw::ServiceAddress, now, SimTime::ZERO) * f64::from(limit)) as u32
    }
}
