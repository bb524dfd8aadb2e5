//! Addresses and ports that the API server gives to Services
//! (`pkg/registry/core/service/storage/alloc.go`, `pkg/registry/core/service/{ipallocator,portallocator}`).

use crate::jitter::Draw;
use crate::kernel::Kernel;
use alloc::boxed::Box;
use alloc::format;
use alloc::vec;
use lifepod_api::{Object, Refusal, Service, SimTime, prepare, validation};

/// `10.96.0.0/16`, the range of most clusters' Services; its first 256 addresses are left to those who choose theirs.
const FIRST_HOST: u32 = 256;
const HOSTS: u32 = 65_534 - FIRST_HOST;

impl Kernel {
    /// Gives a new Service what it does not ask for itself: a cluster IP, and ports on the nodes where its type has them.
    ///
    /// # Errors
    /// 422 for a node port that cannot be had.
    pub(crate) fn allocate_for_service(&mut self, object: &mut Object) -> Result<(), Refusal> {
        let Object::Service(service) = object else { return Ok(()) };
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
        let has_ports = match service.spec.type_.as_str() {
            "NodePort" => true,
            "LoadBalancer" => service.spec.allocate_load_balancer_node_ports != Some(false),
            _ => false,
        };
        if has_ports {
            for index in 0..service.spec.ports.len() {
                if service.spec.ports[index].node_port == 0 {
                    service.spec.ports[index].node_port = self.free_node_port(service);
                }
            }
        }
        if service.spec.needs_health_check() && service.spec.health_check_node_port == 0 {
            service.spec.health_check_node_port = self.free_node_port(service);
        }
        let errors = prepare::allocate(object);
        match errors.is_empty() {
            true => Ok(()),
            false => Err(Box::new(validation::invalid_status(object, &errors))),
        }
    }

    /// A node port that no Service has; 0 when all are taken.
    fn free_node_port(&mut self, own: &Service) -> i32 {
        let (start, end) = prepare::NODE_PORTS.into_inner();
        let count = (end - start + 1) as u32;
        let first = self.draw_below(count);
        let taken = |port: &i32| {
            self.store.all::<Service>().chain([own]).any(|other| {
                other.spec.health_check_node_port == *port
                    || other.spec.ports.iter().any(|p| p.node_port == *port)
            })
        };
        (0..count).map(|step| start + ((first + step) % count) as i32).find(|port| !taken(port)).unwrap_or(0)
    }

    fn draw_below(&mut self, limit: u32) -> u32 {
        let now = self.now;
        (self.jitter.draw(Draw::ServiceAddress, now, SimTime::ZERO) * f64::from(limit)) as u32
    }
}
