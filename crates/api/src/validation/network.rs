//! Services.

use super::endpoints::endpoint_ip;
use super::field::{Errors, Path, Shown};
use super::meta::{labels, object_meta};
use super::pod::{choice, ip_address, parse_ip};
use super::{container, handlers, names};
use crate::*;
use alloc::collections::BTreeSet;
use alloc::format;

const SPEC: &Path = &Path::new("spec");
const ONLY_BALANCED: &str = "may only be used when `type` is 'LoadBalancer'";

/// `ValidateServiceCreate`
pub fn service(e: &mut Errors, o: &Service) {
    object_meta(e, &o.metadata, true, names::dns_label);
    topology(e, &o.metadata);
    let s = &o.spec;
    let headless = s.cluster_ips.first().is_some_and(|ip| ip == "None");
    if s.ports.is_empty() && !headless && s.type_ != "ExternalName" {
        e.required(&SPEC.child("ports"), "");
    }
    let addresses = SPEC.child("clusterIPs");
    match s.type_.as_str() {
        "LoadBalancer" | "NodePort" if headless => {
            let detail = format!("may not be set to 'None' for {} services", s.type_);
            e.invalid(&addresses.index(0), "None", &detail);
        }
        "ExternalName" => external_name(e, s),
        _ => {}
    }
    ports(e, s);
    labels(e, &s.selector, &SPEC.child("selector"));
    session_affinity(e, s);
    if s.type_ != "ExternalName" {
        cluster_ips(e, s, headless);
    }
    external_ips(e, s);
    choice(e, &s.type_, &["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"], &SPEC.child("type"));
    port_clashes(e, s);
    load_balancer(e, s, &o.metadata);
    traffic_policies(e, s);
}

/// The old and the new name of one annotation agree.
fn topology(e: &mut Errors, meta: &ObjectMeta) {
    const HINTS: &str = "service.kubernetes.io/topology-aware-hints";
    const MODE: &str = "service.kubernetes.io/topology-mode";
    if let (Some(hints), Some(mode)) = (meta.annotations.get(HINTS), meta.annotations.get(MODE))
        && hints != mode
    {
        let path = Path::new("metadata");
        let path = path.child("annotations");
        let detail = format!("must match annotations[{HINTS}] when both are specified");
        e.invalid(&path.key(MODE), mode, &detail);
    }
}

fn external_name(e: &mut Errors, s: &ServiceSpec) {
    for (name, given) in [
        ("clusterIPs", !s.cluster_ips.is_empty()),
        ("ipFamilies", !s.ip_families.is_empty()),
        ("ipFamilyPolicy", s.ip_family_policy.is_some()),
    ] {
        if given {
            e.forbidden(&SPEC.child(name), "may not be set for ExternalName services");
        }
    }
    let path = SPEC.child("externalName");
    let name = s.external_name.strip_suffix('.').unwrap_or(&s.external_name);
    if name.is_empty() {
        e.required(&path, "");
    } else {
        e.invalid_each(&path, name, names::dns_subdomain(name));
    }
}

fn ports(e: &mut Errors, s: &ServiceSpec) {
    let path = SPEC.child("ports");
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for (i, port) in s.ports.iter().enumerate() {
        let path = path.index(i);
        if port.name.is_empty() {
            if s.ports.len() > 1 {
                e.required(&path.child("name"), "");
            }
        } else {
            e.invalid_each(&path.child("name"), &port.name, names::dns_label(&port.name));
            if !seen.insert(&port.name) {
                e.duplicate(&path.child("name"), &port.name);
            }
        }
        for message in names::port_number(port.port.into()) {
            e.invalid(&path.child("port"), port.port, &message);
        }
        container::protocol(e, &port.protocol, &path.child("protocol"));
        handlers::port(e, &port.target_port, &path.child("targetPort"));
        if let Some(protocol) = &port.app_protocol {
            e.invalid_each(&path.child("appProtocol"), protocol, names::qualified_name(protocol));
        }
    }
}

fn session_affinity(e: &mut Errors, s: &ServiceSpec) {
    choice(e, &s.session_affinity, &["ClientIP", "None"], &SPEC.child("sessionAffinity"));
    let path = SPEC.child("sessionAffinityConfig");
    match (s.session_affinity.as_str(), &s.session_affinity_config) {
        ("ClientIP", config) => {
            let client = config.as_ref().and_then(|c| c.client_ip.as_ref());
            let client_path = path.child("clientIP");
            match (config, client, client.and_then(|c| c.timeout_seconds)) {
                (None, ..) => e.required(&path, "when session affinity type is ClientIP"),
                (_, None, _) => e.required(&client_path, "when session affinity type is ClientIP"),
                (.., None) => {
                    let path = client_path.child("timeoutSeconds");
                    e.required(&path, "when session affinity type is ClientIP");
                }
                (.., Some(n)) if !(1..=86_400).contains(&n) => {
                    let path = client_path.child("timeoutSeconds");
                    e.invalid(&path, n, "must be greater than 0 and less than 86400");
                }
                _ => {}
            }
        }
        ("None", Some(_)) => e.forbidden(&path, "must not be set when session affinity is None"),
        _ => {}
    }
}

/// `ValidateServiceClusterIPsRelatedFields`
fn cluster_ips(e: &mut Errors, s: &ServiceSpec, headless: bool) {
    let path = SPEC.child("clusterIPs");
    let shown = || Shown::json(&s.cluster_ips);
    match (s.cluster_ip.is_empty(), s.cluster_ips.first()) {
        (false, None) => e.required(&path, ""),
        (false, Some(first)) if *first != s.cluster_ip => {
            e.invalid(&path, shown(), "first value must match `clusterIP`");
        }
        (true, Some(_)) => e.invalid(&path, shown(), "must be empty when `clusterIP` is not specified"),
        _ => {}
    }
    let families = SPEC.child("ipFamilies");
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for (i, family) in s.ip_families.iter().enumerate() {
        if !["IPv4", "IPv6"].contains(&family.as_str()) {
            e.not_supported(&families.index(i), family, &["IPv4", "IPv6"]);
        }
        if !seen.insert(family) {
            e.duplicate(&families.index(i), family);
        }
    }
    let policies = ["PreferDualStack", "RequireDualStack", "SingleStack"];
    if let Some(policy) = s.ip_family_policy.as_ref().filter(|p| !policies.contains(&p.as_str())) {
        e.not_supported(&SPEC.child("ipFamilyPolicy"), policy, &policies);
    }
    let before = e.len();
    for (i, ip) in s.cluster_ips.iter().enumerate() {
        if i == 0 && ip == "None" {
            if s.cluster_ips.len() > 1 {
                e.invalid(&path, shown(), "'None' must be the first and only value");
            }
        } else {
            ip_address(e, ip, &path.index(i));
        }
    }
    let malformed = e.len() > before;
    if s.cluster_ips.len() > 2 {
        e.invalid(&path, shown(), "may only hold up to 2 values");
    }
    if malformed {
        return;
    }
    let is_v6 = |ip: &str| parse_ip(ip).is_some_and(|ip| ip.is_ipv6());
    if s.cluster_ips.len() > 1 {
        let sixes = s.cluster_ips.iter().filter(|ip| is_v6(ip)).count();
        if sixes == 0 || sixes == s.cluster_ips.len() {
            e.invalid(&path, shown(), "may specify no more than one IP for each IP family");
        }
    }
    if !headless {
        for (i, (ip, family)) in s.cluster_ips.iter().zip(&s.ip_families).enumerate() {
            if (family == "IPv4" && is_v6(ip)) || (family == "IPv6" && !is_v6(ip)) {
                let detail = format!("expected an {family} value as indicated by `ipFamilies[{i}]`");
                e.invalid(&path.index(i), ip, &detail);
            }
        }
    }
}

fn external_ips(e: &mut Errors, s: &ServiceSpec) {
    let path = SPEC.child("externalIPs");
    for (i, ip) in s.external_ips.iter().enumerate() {
        let path = path.index(i);
        let Some(address) = parse_ip(ip) else {
            ip_address(e, ip, &path);
            continue;
        };
        endpoint_ip(e, ip, address, &path);
    }
}

fn port_clashes(e: &mut Errors, s: &ServiceSpec) {
    let path = SPEC.child("ports");
    let mut node_ports = BTreeSet::new();
    for (i, _) in s.ports.iter().enumerate().filter(|(_, p)| p.node_port != 0) {
        if s.type_ == "ClusterIP" {
            e.forbidden(&path.index(i).child("nodePort"), "may not be used when `type` is 'ClusterIP'");
        }
    }
    for (i, port) in s.ports.iter().enumerate().filter(|(_, p)| p.node_port != 0) {
        if !node_ports.insert((&port.protocol, port.node_port)) {
            e.duplicate(&path.index(i).child("nodePort"), port.node_port);
        }
    }
    let mut seen = BTreeSet::new();
    for (i, port) in s.ports.iter().enumerate() {
        if !seen.insert((&port.protocol, port.port)) {
            let key = ServicePort { protocol: port.protocol.clone(), port: port.port, ..Default::default() };
            e.duplicate(&path.index(i), Shown::internal(&key));
        }
    }
}

fn load_balancer(e: &mut Errors, s: &ServiceSpec, meta: &ObjectMeta) {
    const RANGES: &str = "service.beta.kubernetes.io/load-balancer-source-ranges";
    let balanced = s.type_ == "LoadBalancer";
    if !s.load_balancer_source_ranges.is_empty() {
        let path = SPEC.child("LoadBalancerSourceRanges");
        if !balanced {
            e.forbidden(&path, ONLY_BALANCED);
        }
        for (i, range) in s.load_balancer_source_ranges.iter().enumerate() {
            cidr(e, range.trim(), &path.index(i));
        }
    } else if let Some(ranges) = meta.annotations.get(RANGES) {
        let path = Path::new("metadata");
        let path = path.child("annotations");
        let path = path.key(RANGES);
        if !balanced {
            e.forbidden(&path, ONLY_BALANCED);
        }
        for range in ranges.trim().split(',').filter(|_| !ranges.trim().is_empty()) {
            cidr(e, range.trim(), &path);
        }
    }
    if s.allocate_load_balancer_node_ports.is_some() && !balanced {
        e.forbidden(&SPEC.child("allocateLoadBalancerNodePorts"), ONLY_BALANCED);
    }
    if let Some(class) = &s.load_balancer_class {
        let path = SPEC.child("loadBalancerClass");
        if balanced {
            e.invalid_each(&path, class, names::qualified_name(class));
        } else {
            e.forbidden(&path, ONLY_BALANCED);
        }
    }
}

/// `IsValidCIDRForLegacyField`
pub fn cidr(e: &mut Errors, text: &str, path: &Path) {
    if !is_cidr(text) {
        e.invalid(path, text, "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)");
    }
}

fn is_cidr(text: &str) -> bool {
    let Some((ip, bits)) = text.split_once('/') else { return false };
    let digits = !bits.is_empty() && bits.bytes().all(|b| b.is_ascii_digit());
    match (parse_ip(ip), bits.parse::<u8>()) {
        (Some(ip), Ok(bits)) if digits => bits <= if ip.is_ipv6() { 128 } else { 32 },
        _ => false,
    }
}

fn traffic_policies(e: &mut Errors, s: &ServiceSpec) {
    let reachable = matches!(s.type_.as_str(), "LoadBalancer" | "NodePort")
        || (s.type_ == "ClusterIP" && !s.external_ips.is_empty());
    let path = SPEC.child("externalTrafficPolicy");
    let policy = &s.external_traffic_policy;
    if reachable {
        choice(e, policy, &["Cluster", "Local"], &path);
    } else if !policy.is_empty() {
        e.invalid(&path, policy, "may only be set for externally-accessible services");
    }
    let (health, health_path) = (s.health_check_node_port, SPEC.child("healthCheckNodePort"));
    match (s.needs_health_check(), health) {
        (false, 0) => {}
        (false, port) => {
            let detail =
                "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
            e.invalid(&health_path, port, detail);
        }
        (true, 0) => e.required(&health_path, ""),
        (true, port) => {
            for message in names::port_number(port.into()) {
                e.invalid(&health_path, port, &message);
            }
        }
    }
    let path = SPEC.child("internalTrafficPolicy");
    match s.internal_traffic_policy.as_deref() {
        None if matches!(s.type_.as_str(), "NodePort" | "LoadBalancer" | "ClusterIP") => {
            e.required(&path, "")
        }
        None | Some("Cluster" | "Local") => {}
        Some(other) => e.not_supported(&path, other, &["Cluster", "Local"]),
    }
    let supported = ["PreferClose", "PreferSameZone", "PreferSameNode"];
    if let Some(d) = s.traffic_distribution.as_ref().filter(|d| !supported.contains(&d.as_str())) {
        e.not_supported(&SPEC.child("trafficDistribution"), d, &supported);
    }
}
