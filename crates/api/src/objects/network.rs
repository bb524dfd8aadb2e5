//! Service, Endpoints and EndpointSlice.

use super::meta::{Condition, ObjectMeta, ObjectReference};
use crate::IntOrString;
use crate::Map;
use crate::object;
use alloc::string::String;
use alloc::vec::Vec;

object! {
    v1 Service {
        metadata: ObjectMeta = "metadata",
        spec: ServiceSpec = "spec",
        status: ServiceStatus = "status",
    }

    v1 Endpoints {
        metadata: ObjectMeta = "metadata",
        subsets: Vec<EndpointSubset> = "subsets",
    }

    v1 EndpointSlice {
        metadata: ObjectMeta = "metadata",
        address_type: String = "addressType" ("v1.AddressType") always,
        endpoints: Vec<Endpoint> = "endpoints" always,
        ports: Vec<EndpointSlicePort> = "ports" always,
    }

    v1 ServiceSpec {
        ports: Vec<ServicePort> = "ports",
        selector: Map<String> = "selector",
        cluster_ip: String = "clusterIP",
        cluster_ips: Vec<String> = "clusterIPs",
        type_: String = "type" ("v1.ServiceType"),
        external_ips: Vec<String> = "externalIPs",
        session_affinity: String = "sessionAffinity" ("v1.ServiceAffinity"),
        load_balancer_ip: String = "loadBalancerIP",
        load_balancer_source_ranges: Vec<String> = "loadBalancerSourceRanges",
        external_name: String = "externalName",
        external_traffic_policy: String = "externalTrafficPolicy" ("v1.ServiceExternalTrafficPolicy"),
        health_check_node_port: i32 = "healthCheckNodePort",
        publish_not_ready_addresses: bool = "publishNotReadyAddresses",
        session_affinity_config: Option<SessionAffinityConfig> = "sessionAffinityConfig",
        ip_families: Vec<String> = "ipFamilies" ("[]v1.IPFamily"),
        ip_family_policy: Option<String> = "ipFamilyPolicy" ("v1.IPFamilyPolicy"),
        allocate_load_balancer_node_ports: Option<bool> = "allocateLoadBalancerNodePorts",
        load_balancer_class: Option<String> = "loadBalancerClass",
        internal_traffic_policy: Option<String> = "internalTrafficPolicy" ("v1.ServiceInternalTrafficPolicy"),
        traffic_distribution: Option<String> = "trafficDistribution",
    }

    v1 ServiceStatus {
        load_balancer: LoadBalancerStatus = "loadBalancer",
        conditions: Vec<Condition> = "conditions",
    }

    v1 EndpointSubset {
        addresses: Vec<EndpointAddress> = "addresses",
        not_ready_addresses: Vec<EndpointAddress> = "notReadyAddresses",
        ports: Vec<EndpointPort> = "ports",
    }

    v1 Endpoint {
        addresses: Vec<String> = "addresses" always,
        conditions: EndpointConditions = "conditions",
        hostname: Option<String> = "hostname",
        target_ref: Option<ObjectReference> = "targetRef",
        deprecated_topology: Map<String> = "deprecatedTopology",
        node_name: Option<String> = "nodeName",
        zone: Option<String> = "zone",
        hints: Option<EndpointHints> = "hints",
    }

    v1 EndpointSlicePort ("EndpointPort") {
        name: Option<String> = "name",
        protocol: Option<String> = "protocol" ("v1.Protocol"),
        port: Option<i32> = "port",
        app_protocol: Option<String> = "appProtocol",
    }

    v1 ServicePort {
        name: String = "name",
        protocol: String = "protocol" ("v1.Protocol"),
        app_protocol: Option<String> = "appProtocol",
        port: i32 = "port" always,
        target_port: IntOrString = "targetPort",
        node_port: i32 = "nodePort",
    }

    v1 SessionAffinityConfig {
        client_ip: Option<ClientIPConfig> = "clientIP",
    }

    v1 LoadBalancerStatus {
        ingress: Vec<LoadBalancerIngress> = "ingress",
    }

    v1 EndpointAddress {
        ip: String = "ip" always,
        hostname: String = "hostname",
        node_name: Option<String> = "nodeName",
        target_ref: Option<ObjectReference> = "targetRef",
    }

    v1 EndpointPort {
        name: String = "name",
        port: i32 = "port" always,
        protocol: String = "protocol" ("v1.Protocol"),
        app_protocol: Option<String> = "appProtocol",
    }

    v1 EndpointConditions {
        ready: Option<bool> = "ready",
        serving: Option<bool> = "serving",
        terminating: Option<bool> = "terminating",
    }

    v1 EndpointHints {
        for_zones: Vec<ForZone> = "forZones",
        for_nodes: Vec<ForNode> = "forNodes",
    }

    v1 ClientIPConfig {
        timeout_seconds: Option<i32> = "timeoutSeconds",
    }

    v1 LoadBalancerIngress {
        ip: String = "ip",
        hostname: String = "hostname",
        ip_mode: Option<String> = "ipMode" ("v1.LoadBalancerIPMode"),
        ports: Vec<PortStatus> = "ports",
    }

    v1 ForZone {
        name: String = "name" always,
    }

    v1 ForNode {
        name: String = "name" always,
    }

    v1 PortStatus {
        port: i32 = "port" always,
        protocol: String = "protocol" ("v1.Protocol") always,
        error: Option<String> = "error",
    }
}

impl ServiceSpec {
    /// Whether load balancers ask nodes if they have a pod of the Service (`pkg/api/v1/service/util.go NeedsHealthCheck`).
    pub fn needs_health_check(&self) -> bool {
        self.type_ == "LoadBalancer" && self.external_traffic_policy == "Local"
    }
}
