//! Services and their endpoints.

use super::Doc;
use crate::json::{Json, format_labels, non_empty, scalar};
use crate::rows::join_host_port;
use crate::snapshot::{Snapshot, namespace_of};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use serde_json::Value;

pub(super) fn service(d: &mut Doc, snapshot: &Snapshot, o: &Value) {
    let spec = o.at("spec");
    let joined = |path: &str| spec.list(path).iter().map(scalar).collect::<Vec<_>>().join(",");
    d.name(o);
    d.labels_and_annotations(o);
    d.field(0, "Selector", &format_labels(o, "spec.selector"));
    d.field(0, "Type", spec.text("type"));
    d.optional(0, "IP Family Policy", spec.text("ipFamilyPolicy"));
    d.field(0, "IP Families", non_empty(&joined("ipFamilies"), "<none>"));
    d.field(0, "IP", spec.text("clusterIP"));
    d.field(0, "IPs", non_empty(&joined("clusterIPs"), "<none>"));
    d.optional(0, "External IPs", &joined("externalIPs"));
    d.optional(0, "Desired LoadBalancer IP", spec.text("loadBalancerIP"));
    d.optional(0, "External Name", spec.text("externalName"));
    let ingress: Vec<String> = o.list("status.loadBalancer.ingress").iter().map(ingress_text).collect();
    d.optional(0, "LoadBalancer Ingress", &ingress.join(", "));
    let slices: Vec<&Value> = snapshot
        .of_kind("EndpointSlice", namespace_of(o))
        .filter(|s| s.at("metadata.labels").entry("kubernetes.io/service-name") == o.at("metadata.name"))
        .collect();
    for port in spec.list("ports") {
        let name = non_empty(port.text("name"), "<unset>");
        let protocol = port.text("protocol");
        d.field(0, "Port", &format!("{name}\t{}/{protocol}", port.int("port")));
        let target = match port.scalar("targetPort") {
            s if s.is_empty() => "0".into(),
            s => s,
        };
        d.field(0, "TargetPort", &format!("{target}/{protocol}"));
        d.optional(0, "AppProtocol", port.text("appProtocol"));
        if port.int("nodePort") != 0 {
            d.field(0, "NodePort", &format!("{name}\t{}/{protocol}", port.int("nodePort")));
        }
        d.field(0, "Endpoints", &ready_endpoints(&slices, port.text("name")));
    }
    d.field(0, "Session Affinity", spec.text("sessionAffinity"));
    d.optional(0, "External Traffic Policy", spec.text("externalTrafficPolicy"));
    d.optional(0, "Internal Traffic Policy", spec.text("internalTrafficPolicy"));
    if spec.int("healthCheckNodePort") != 0 {
        d.number(0, "HealthCheck NodePort", spec.int("healthCheckNodePort"));
    }
    d.optional(0, "LoadBalancer Source Ranges", &joined("loadBalancerSourceRanges"));
    d.optional(0, "Traffic Distribution", spec.text("trafficDistribution"));
}

/// One address of a load balancer (`buildIngressString`).
fn ingress_text(ingress: &Value) -> String {
    let mode = match ingress.text("ipMode") {
        "" => String::new(),
        mode => format!(" ({mode})"),
    };
    if ingress.text("ip").is_empty() {
        ingress.text("hostname").into()
    } else {
        format!("{}{mode}", ingress.text("ip"))
    }
}

/// The addresses that are ready behind a port, the first three in full (`formatEndpointSlices`).
fn ready_endpoints(slices: &[&Value], port: &str) -> String {
    const LISTED: usize = 3;
    if slices.is_empty() {
        return "<none>".into();
    }
    let (mut list, mut count, mut more) = (Vec::new(), 0, false);
    let mut add = |endpoint: &Value, port: Option<&Value>| {
        // Whether there is more is noted before an endpoint that is not ready is passed over.
        more |= list.len() == LISTED;
        if endpoint.at("conditions.ready").as_bool() == Some(false) {
            return;
        }
        let address = endpoint.list("addresses").first().map_or_else(String::new, scalar);
        if !more {
            list.push(match port {
                Some(port) => join_host_port(&address, &port.scalar("port")),
                None => address,
            });
        }
        count += 1;
    };
    for slice in slices {
        let ports = slice.list("ports");
        if ports.is_empty() {
            slice.list("endpoints").iter().for_each(|e| add(e, None));
        }
        for p in ports.iter().filter(|p| p.text("name") == port) {
            slice.list("endpoints").iter().for_each(|e| add(e, Some(p)));
        }
    }
    let text = list.join(",");
    if more { format!("{text} + {} more...", count as i64 - LISTED as i64) } else { text }
}

pub(super) fn endpoints(d: &mut Doc, o: &Value) {
    d.name(o);
    d.labels_and_annotations(o);
    d.line(0, "Subsets:");
    for subset in o.list("subsets") {
        let ips = |path: &str| subset.list(path).iter().map(|a| a.text("ip")).collect::<Vec<_>>().join(",");
        d.field(1, "Addresses", non_empty(&ips("addresses"), "<none>"));
        d.field(1, "NotReadyAddresses", non_empty(&ips("notReadyAddresses"), "<none>"));
        if !subset.list("ports").is_empty() {
            d.line(1, "Ports:");
            ports(d, 2, subset.list("ports"));
        }
        d.line(0, "");
    }
}

/// A table of ports.
fn ports(d: &mut Doc, level: usize, list: &[Value]) {
    d.line(level, "Name\tPort\tProtocol");
    d.line(level, "----\t----\t--------");
    for p in list {
        let (name, port) = (p.text("name"), p.scalar("port"));
        let (name, port) = (non_empty(name, "<unset>"), non_empty(&port, "<unset>"));
        d.line(level, &format!("{name}\t{port}\t{}", p.text("protocol")));
    }
}

pub(super) fn endpoint_slice(d: &mut Doc, o: &Value) {
    d.name(o);
    d.labels_and_annotations(o);
    d.field(0, "AddressType", o.text("addressType"));
    if o.list("ports").is_empty() {
        d.line(0, "Ports: <unset>");
    } else {
        d.line(0, "Ports:");
        ports(d, 1, o.list("ports"));
    }
    if o.list("endpoints").is_empty() {
        d.line(0, "Endpoints: <none>");
        return;
    }
    d.line(0, "Endpoints:");
    for e in o.list("endpoints") {
        let unset = |path: &str| e.at(path).as_str().unwrap_or("<unset>");
        let addresses: Vec<String> = e.list("addresses").iter().map(scalar).collect();
        d.field(1, "- Addresses", &super::joined_or_none(&addresses, ", "));
        d.line(2, "Conditions:");
        let ready = e.scalar("conditions.ready");
        d.field(3, "Ready", non_empty(&ready, "<unset>"));
        d.field(2, "Hostname", unset("hostname"));
        if e.has("targetRef") {
            d.field(2, "TargetRef", &format!("{}/{}", e.text("targetRef.kind"), e.text("targetRef.name")));
        }
        d.field(2, "NodeName", unset("nodeName"));
        d.field(2, "Zone", unset("zone"));
    }
}
