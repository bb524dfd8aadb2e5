//! Endpoints and EndpointSlice.

use super::container::protocol;
use super::field::{Errors, Path};
use super::meta::{labels, object_meta};
use super::names;
use super::pod::{ip_address, parse_ip};
use crate::*;
use alloc::collections::BTreeSet;
use alloc::format;
use core::net::IpAddr;

/// `ValidateEndpointsCreate`
pub fn endpoints(e: &mut Errors, o: &Endpoints) {
    object_meta(e, &o.metadata, true, names::dns_subdomain);
    let path = Path::new("subsets");
    for (i, subset) in o.subsets.iter().enumerate() {
        let path = path.index(i);
        if subset.addresses.is_empty() && subset.not_ready_addresses.is_empty() {
            e.required(&path, "must specify `addresses` or `notReadyAddresses`");
        }
        for (name, list) in
            [("addresses", &subset.addresses), ("notReadyAddresses", &subset.not_ready_addresses)]
        {
            let path = path.child(name);
            for (j, address) in list.iter().enumerate() {
                endpoint_address(e, address, &path.index(j));
            }
        }
        let ports = path.child("ports");
        for (j, port) in subset.ports.iter().enumerate() {
            endpoint_port(e, port, subset.ports.len() > 1, &ports.index(j));
        }
    }
}

fn endpoint_address(e: &mut Errors, address: &EndpointAddress, path: &Path) {
    ip_address(e, &address.ip, &path.child("ip"));
    if !address.hostname.is_empty() {
        e.invalid_each(&path.child("hostname"), &address.hostname, names::dns_label(&address.hostname));
    }
    if let Some(node) = &address.node_name {
        e.invalid_each(&path.child("nodeName"), node, names::dns_subdomain(node));
    }
    match parse_ip(&address.ip) {
        Some(ip) => endpoint_ip(e, &address.ip, ip, &path.child("ip")),
        None => e.invalid(&path.child("ip"), &address.ip, "must be a valid IP address"),
    }
}

/// `ValidateEndpointIP`: whether traffic can be sent to an address that is one.
pub fn endpoint_ip(e: &mut Errors, text: &str, ip: IpAddr, path: &Path) {
    if ip.is_unspecified() {
        e.invalid(path, text, &format!("may not be unspecified ({text})"));
    }
    if ip.is_loopback() {
        e.invalid(path, text, "may not be in the loopback range (127.0.0.0/8, ::1/128)");
    }
    let (link_local, multicast) = match ip {
        IpAddr::V4(v4) => (v4.is_link_local(), v4.octets()[..3] == [224, 0, 0]),
        IpAddr::V6(v6) => (v6.is_unicast_link_local(), v6.segments()[0] & 0xff0f == 0xff02),
    };
    if link_local {
        e.invalid(path, text, "may not be in the link-local range (169.254.0.0/16, fe80::/10)");
    }
    if multicast {
        e.invalid(path, text, "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)");
    }
}

fn endpoint_port(e: &mut Errors, port: &EndpointPort, needs_name: bool, path: &Path) {
    if !port.name.is_empty() {
        e.invalid_each(&path.child("name"), &port.name, names::dns_label(&port.name));
    } else if needs_name {
        e.required(&path.child("name"), "");
    }
    for message in names::port_number(port.port.into()) {
        e.invalid(&path.child("port"), port.port, &message);
    }
    protocol(e, &port.protocol, &path.child("protocol"));
    if let Some(protocol) = &port.app_protocol {
        e.invalid_each(&path.child("appProtocol"), protocol, names::qualified_name(protocol));
    }
}

/// `ValidateEndpointSliceCreate` (`pkg/apis/discovery/validation/validation.go`)
pub fn slice(e: &mut Errors, o: &EndpointSlice) {
    const TYPES: &[&str] = &["FQDN", "IPv4", "IPv6"];
    object_meta(e, &o.metadata, true, names::dns_subdomain);
    match o.address_type.as_str() {
        "" => e.required(&Path::new("addressType"), ""),
        other if !TYPES.contains(&other) => e.not_supported(&Path::new("addressType"), other, TYPES),
        _ => {}
    }
    slice_ports(e, &o.ports, &Path::new("ports"));
    let path = Path::new("endpoints");
    if o.endpoints.len() > 1_000 {
        return e.too_many(&path, o.endpoints.len(), 1_000);
    }
    for (i, endpoint) in o.endpoints.iter().enumerate() {
        slice_endpoint(e, endpoint, &o.address_type, &path.index(i));
    }
}

fn slice_ports(e: &mut Errors, list: &[EndpointSlicePort], path: &Path) {
    if list.len() > 20_000 {
        return e.too_many(path, list.len(), 20_000);
    }
    let mut seen = BTreeSet::new();
    for (i, port) in list.iter().enumerate() {
        let path = path.index(i);
        let name = port.name.as_deref().unwrap_or("");
        if !name.is_empty() {
            e.invalid_each(&path.child("name"), name, names::dns_label(name));
        }
        if !seen.insert(name) {
            e.duplicate(&path.child("name"), name);
        }
        match &port.protocol {
            None => e.required(&path.child("protocol"), ""),
            Some(given) if !["TCP", "UDP", "SCTP"].contains(&given.as_str()) => {
                e.not_supported(&path.child("protocol"), given, &["SCTP", "TCP", "UDP"]);
            }
            Some(_) => {}
        }
        if let Some(protocol) = &port.app_protocol {
            e.invalid_each(&path.child("appProtocol"), protocol, names::qualified_name(protocol));
        }
    }
}

fn slice_endpoint(e: &mut Errors, endpoint: &Endpoint, address_type: &str, path: &Path) {
    let addresses = path.child("addresses");
    if endpoint.addresses.is_empty() {
        e.required(&addresses, "must contain at least 1 address");
    } else if endpoint.addresses.len() > 100 {
        e.too_many(&addresses, endpoint.addresses.len(), 100);
    }
    for (i, address) in endpoint.addresses.iter().enumerate() {
        let path = addresses.index(i);
        match (address_type, parse_ip(address)) {
            ("IPv4" | "IPv6", None) => ip_address(e, address, &path),
            ("IPv4" | "IPv6", Some(ip)) => {
                if (address_type == "IPv4") != ip.is_ipv4() {
                    e.invalid(&addresses, address, &format!("must be an {address_type} address"));
                }
                let canonical = alloc::string::ToString::to_string(&ip);
                if address_type == "IPv6" && ip.is_ipv6() && canonical != *address {
                    e.invalid(&path, address, &format!("must be in canonical form ({canonical:?})"));
                }
                endpoint_ip(e, address, ip, &path);
            }
            ("FQDN", _) => domain_name(e, address, &path),
            _ => {}
        }
    }
    if let Some(node) = &endpoint.node_name {
        e.invalid_each(&path.child("nodeName"), node, names::dns_subdomain(node));
    }
    let topology = path.child("deprecatedTopology");
    if endpoint.deprecated_topology.len() > 16 {
        e.too_many(&topology, endpoint.deprecated_topology.len(), 16);
    }
    labels(e, &endpoint.deprecated_topology, &topology);
    if let Some(hostname) = &endpoint.hostname {
        e.invalid_each(&path.child("hostname"), hostname, names::dns_label(hostname));
    }
    if let Some(hints) = &endpoint.hints {
        endpoint_hints(e, hints, &path.child("hints"));
    }
}

/// `IsFullyQualifiedDomainName`
fn domain_name(e: &mut Errors, name: &str, path: &Path) {
    if name.is_empty() {
        return e.required(path, "");
    }
    let name = name.strip_suffix('.').unwrap_or(name);
    let messages = names::dns_subdomain(name);
    if !messages.is_empty() {
        return e.invalid(path, name, &messages.join(","));
    }
    if name.split('.').count() < 2 {
        return e.invalid(path, name, "should be a domain with at least two segments separated by dots");
    }
    for label in name.split('.') {
        let messages = names::dns_label(label);
        if !messages.is_empty() {
            return e.invalid(path, label, &messages.join(","));
        }
    }
}

fn endpoint_hints(e: &mut Errors, hints: &EndpointHints, path: &Path) {
    let zones = path.child("forZones");
    if hints.for_zones.len() > 8 {
        return e.too_many(&zones, hints.for_zones.len(), 8);
    }
    let mut seen = BTreeSet::new();
    for (i, zone) in hints.for_zones.iter().enumerate() {
        let path = zones.index(i);
        let path = path.child("name");
        if !seen.insert(&zone.name) {
            e.duplicate(&path, &zone.name);
        }
        e.invalid_each(&path, &zone.name, names::label_value(&zone.name));
    }
    let nodes = path.child("forNodes");
    if hints.for_nodes.len() > 8 {
        return e.too_many(&nodes, hints.for_nodes.len(), 8);
    }
    let mut seen = BTreeSet::new();
    for (i, node) in hints.for_nodes.iter().enumerate() {
        let path = nodes.index(i);
        let path = path.child("name");
        if !seen.insert(&node.name) {
            e.duplicate(&path, &node.name);
        }
        e.invalid_each(&path, &node.name, names::dns_subdomain(&node.name));
    }
}
