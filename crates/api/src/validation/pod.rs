//! Pods and pod templates.

use super::field::{Errors, Path, Shown};
use super::{amounts, container, meta, names, scheduling, security, volumes, windows};
use crate::*;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// What marks the API's copy of a pod that a kubelet read from a file.
pub const MIRROR: &str = "kubernetes.io/config.mirror";

/// `ValidatePodCreate`
pub fn create(e: &mut Errors, pod: &Pod) {
    metadata_and_spec(e, pod);
    let path = &Path::new("spec");
    if !pod.spec.ephemeral_containers.is_empty() {
        e.forbidden(&path.child("ephemeralContainers"), "cannot be set on create");
    }
    if !pod.spec.node_name.is_empty() && !pod.spec.scheduling_gates.is_empty() {
        e.forbidden(&path.child("nodeName"), "cannot be set until all schedulingGates have been cleared");
    }
    security::annotations(e, &pod.metadata, &pod.spec, path);
}

/// `validatePodMetadataAndSpec`
pub fn metadata_and_spec(e: &mut Errors, pod: &Pod) {
    meta::object_meta(e, &pod.metadata, true, names::dns_subdomain);
    let metadata = Path::new("metadata");
    annotations(e, &pod.metadata, &pod.spec, &metadata.child("annotations"));
    let path = &Path::new("spec");
    spec(e, &pod.spec, Some(&pod.metadata), path);
    if pod.spec.service_account_name.is_empty() {
        let volumes = path.child("volumes");
        for (i, volume) in pod.spec.volumes.iter().enumerate() {
            let sources = volume.projected.iter().flat_map(|p| &p.sources);
            for (j, _) in sources.enumerate().filter(|(_, s)| s.service_account_token.is_some()) {
                let path = volumes.index(i);
                let path = path.child("projected");
                let path = path.child("sources");
                let detail = "must not be specified when serviceAccountName is not set";
                e.forbidden(&path.index(j).child("serviceAccountToken"), detail);
            }
        }
    }
    for (name, list) in [("containers", &pod.spec.containers), ("initContainers", &pod.spec.init_containers)]
    {
        let path = path.child(name);
        for (i, c) in list.iter().enumerate() {
            container::no_blanks(e, c, &path.index(i));
        }
    }
}

/// `ValidatePodTemplateSpec`
pub fn template(e: &mut Errors, t: &PodTemplateSpec, path: &Path) {
    meta::labels(e, &t.metadata.labels, &path.child("labels"));
    let annotations_path = path.child("annotations");
    meta::annotations(e, &t.metadata.annotations, &annotations_path);
    annotations(e, &t.metadata, &t.spec, &annotations_path);
    let spec_path = path.child("spec");
    spec(e, &t.spec, None, &spec_path);
    security::annotations(e, &t.metadata, &t.spec, &spec_path);
    if !t.spec.ephemeral_containers.is_empty() {
        let detail = "ephemeral containers not allowed in pod template";
        e.forbidden(&spec_path.child("ephemeralContainers"), detail);
    }
}

/// `ValidatePodSpecificAnnotations`
fn annotations(e: &mut Errors, metadata: &ObjectMeta, spec: &PodSpec, path: &Path) {
    let get = |key: &str| metadata.annotations.get(key);
    if let Some(value) = get(MIRROR).filter(|_| spec.node_name.is_empty()) {
        let detail = "must set spec.nodeName if mirror pod annotation is set";
        e.invalid(&path.key(MIRROR), value, detail);
    }
    const COST: &str = "controller.kubernetes.io/pod-deletion-cost";
    if let Some(value) = get(COST).filter(|v| !is_int32(v)) {
        e.invalid(&path.key(COST), value, "must be a 32bit integer");
    }
    for (key, profile) in &metadata.annotations {
        let Some(name) = key.strip_prefix(security::APP_ARMOR) else {
            continue;
        };
        let mut found = false;
        each_container(spec, path, |c, _| found |= c.name == name);
        if !found {
            e.invalid(&path.key(key), name, "container not found");
        }
        let known = ["", "runtime/default", "unconfined"].contains(&profile.as_str());
        if !known && !profile.starts_with("localhost/") {
            let detail = format!("invalid AppArmor profile name: {profile:?}");
            e.invalid(&path.key(key), profile, &detail);
        }
    }
}

/// Whether Go's decimal notation of a 32-bit integer; a leading plus or zero is not taken.
fn is_int32(text: &str) -> bool {
    text.parse::<i32>().is_ok_and(|n| alloc::string::ToString::to_string(&n) == text)
}

/// Calls `f` for every container with its path, init containers first (`VisitContainersWithPath`).
pub fn each_container(spec: &PodSpec, path: &Path, mut f: impl FnMut(&Container, &Path)) {
    let init = path.child("initContainers");
    for (i, c) in spec.init_containers.iter().enumerate() {
        f(c, &init.index(i));
    }
    let app = path.child("containers");
    for (i, c) in spec.containers.iter().enumerate() {
        f(c, &app.index(i));
    }
    let ephemeral = path.child("ephemeralContainers");
    for (i, c) in spec.ephemeral_containers.iter().enumerate() {
        f(&c.common, &ephemeral.index(i));
    }
}

/// `ValidatePodSpec`; `metadata` only for pods.
pub fn spec(e: &mut Errors, s: &PodSpec, metadata: Option<&ObjectMeta>, path: &Path) {
    if s.termination_grace_period_seconds.is_none() {
        e.required(&path.child("terminationGracePeriodSeconds"), "");
    }
    let pod_name = metadata.map(|m| m.name.as_str());
    let volumes = volumes::volumes(e, &s.volumes, pod_name, &path.child("volumes"));
    let claims: BTreeSet<&str> =
        s.resource_claims.iter().map(|c| c.name.as_str()).filter(|n| !n.is_empty()).collect();
    let is_static = metadata.is_some_and(|m| m.annotations.contains_key(MIRROR));
    match is_static && !s.resource_claims.is_empty() {
        true => e.forbidden(&Path::new(""), "static pods do not support resource claims"),
        false => resource_claims(e, &s.resource_claims, &path.child("resourceClaims")),
    }
    let shared = container::Pod {
        spec: s,
        volumes: &volumes,
        claims: &claims,
        host_users: s.host_users.unwrap_or(true),
    };
    container::app(e, &shared, &path.child("containers"));
    container::init(e, &shared, &path.child("initContainers"));
    container::ephemeral(e, &shared, &path.child("ephemeralContainers"));
    amounts::of_pod(e, s, &claims, path);
    host_network(e, s, metadata.is_some(), path);
    choice(e, &s.restart_policy, &["Always", "OnFailure", "Never"], &path.child("restartPolicy"));
    let policies = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"];
    choice(e, &s.dns_policy, &policies, &path.child("dnsPolicy"));
    meta::labels(e, &s.node_selector, &path.child("nodeSelector"));
    if let Some(context) = &s.security_context {
        security::of_pod(e, context, s, &path.child("securityContext"));
    }
    if let Some(affinity) = &s.affinity {
        scheduling::affinity(e, affinity, &path.child("affinity"));
    }
    dns_config(e, s, &path.child("dnsConfig"));
    let gates = path.child("readinessGates");
    for (i, gate) in s.readiness_gates.iter().enumerate() {
        let messages = names::qualified_name(&gate.condition_type);
        e.invalid_each(&gates.index(i).child("conditionType"), &gate.condition_type, messages);
    }
    scheduling_gates(e, &s.scheduling_gates, &path.child("schedulingGates"));
    let spread = path.child("topologySpreadConstraints");
    scheduling::topology_spread(e, &s.topology_spread_constraints, &spread);
    windows::host_process(e, s, path);
    host_users(e, s, path);
    hostname_override(e, s, path);
    for (name, value, rule) in [
        ("serviceAccountName", &s.service_account_name, names::dns_subdomain as meta::NameRule),
        ("nodeName", &s.node_name, names::dns_subdomain),
    ] {
        if !value.is_empty() {
            e.invalid_each(&path.child(name), value, rule(value));
        }
    }
    if let Some(deadline) = s.active_deadline_seconds {
        for message in names::in_range(deadline, 1, i32::MAX.into()) {
            e.invalid(&path.child("activeDeadlineSeconds"), deadline, &message);
        }
    }
    for (name, value) in [("hostname", &s.hostname), ("subdomain", &s.subdomain)] {
        if !value.is_empty() {
            e.invalid_each(&path.child(name), value, names::dns_label(value));
        }
    }
    scheduling::tolerations(e, &s.tolerations, &path.child("tolerations"));
    host_aliases(e, &s.host_aliases, &path.child("hostAliases"));
    let class = s.runtime_class_name.as_deref().unwrap_or("");
    for (name, value, given) in [
        ("priorityClassName", s.priority_class_name.as_str(), !s.priority_class_name.is_empty()),
        ("runtimeClassName", class, s.runtime_class_name.is_some()),
    ] {
        if given {
            e.invalid_each(&path.child(name), value, names::dns_subdomain(value));
        }
    }
    if let Some(policy) = &s.preemption_policy {
        choice(e, policy, &["PreemptLowerPriority", "Never"], &path.child("preemptionPolicy"));
    }
    if !s.overhead.is_empty() {
        let overhead = ResourceRequirements { limits: s.overhead.clone(), ..Default::default() };
        amounts::of_container(e, &overhead, &BTreeSet::new(), &path.child("overhead"));
    }
    security::os(e, s, path);
    file_key_volumes(e, s, path);
}

/// A value that must be one of a few; empty, it is missing.
pub fn choice(e: &mut Errors, value: &str, supported: &[&str], path: &Path) {
    match value {
        "" => e.required(path, ""),
        other if !supported.contains(&other) => e.not_supported(path, other, supported),
        _ => {}
    }
}

fn resource_claims(e: &mut Errors, list: &[PodResourceClaim], path: &Path) {
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for (i, claim) in list.iter().enumerate() {
        let path = path.index(i);
        let name = path.child("name");
        if claim.name.is_empty() {
            e.required(&name, "");
        } else if !seen.insert(&claim.name) {
            e.duplicate(&name, &claim.name);
        } else {
            e.invalid_each(&name, &claim.name, names::dns_label(&claim.name));
        }
        let shown = || Shown::internal(claim);
        match (&claim.resource_claim_name, &claim.resource_claim_template_name) {
            (Some(_), Some(_)) => {
                let detail =
                    "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified";
                e.invalid(&path, shown(), detail);
            }
            (None, None) => {
                let detail = "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`";
                e.invalid(&path, shown(), detail);
            }
            _ => {}
        }
        for (field, value) in [
            ("resourceClaimName", &claim.resource_claim_name),
            ("resourceClaimTemplateName", &claim.resource_claim_template_name),
        ] {
            if let Some(value) = value {
                e.invalid_each(&path.child(field), value, names::dns_subdomain(value));
            }
        }
    }
}

/// `validatePodHostNetworkDeps`
fn host_network(e: &mut Errors, s: &PodSpec, is_pod: bool, path: &Path) {
    if !s.host_network {
        return;
    }
    let containers = path.child("containers");
    for (i, c) in s.containers.iter().enumerate() {
        let container = containers.index(i);
        let ports = container.child("ports");
        for (j, port) in c.ports.iter().enumerate() {
            if (is_pod || port.host_port != 0) && port.host_port != port.container_port {
                let detail = "must match `containerPort` when `hostNetwork` is true";
                e.invalid(&ports.index(j).child("hostPort"), port.host_port, detail);
            }
        }
    }
}

/// `validatePodDNSConfig`
fn dns_config(e: &mut Errors, s: &PodSpec, path: &Path) {
    let Some(config) = &s.dns_config else {
        if s.dns_policy == "None" {
            e.required(path, "must provide `dnsConfig` when `dnsPolicy` is None");
        }
        return;
    };
    let nameservers = path.child("nameservers");
    if s.dns_policy == "None" && config.nameservers.is_empty() {
        let detail = "must provide at least one DNS nameserver when `dnsPolicy` is None";
        return e.required(&nameservers, detail);
    }
    if config.nameservers.len() > 3 {
        let detail = "must not have more than 3 nameservers";
        e.invalid(&nameservers, Shown::json(&config.nameservers), detail);
    }
    for (i, address) in config.nameservers.iter().enumerate() {
        ip_address(e, address, &nameservers.index(i));
    }
    let searches = path.child("searches");
    if config.searches.len() > 32 {
        e.invalid(&searches, Shown::json(&config.searches), "must not have more than 32 search paths");
    }
    if config.searches.join(" ").len() > 2_048 {
        let detail = "must not have more than 2048 characters (including spaces) in the search list";
        e.invalid(&searches, Shown::json(&config.searches), detail);
    }
    for (i, search) in config.searches.iter().enumerate().filter(|(_, s)| *s != ".") {
        let search = search.strip_suffix('.').unwrap_or(search);
        e.invalid_each(&searches.index(i), search, names::dns_subdomain_with_underscore(search));
    }
    let options = path.child("options");
    for (i, _) in config.options.iter().enumerate().filter(|(_, o)| o.name.is_empty()) {
        e.required(&options.index(i), "must not be empty");
    }
}

/// `IsValidIPForLegacyField`
pub fn ip_address(e: &mut Errors, address: &str, path: &Path) {
    if parse_ip(address).is_none() {
        e.invalid(path, address, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)");
    }
}

/// An address as Go once read it: leading zeros in the parts of an IPv4 address are passed over.
pub fn parse_ip(address: &str) -> Option<core::net::IpAddr> {
    if address.contains(':') {
        return address.parse().ok();
    }
    let parts: Option<Vec<u8>> = address
        .split('.')
        .map(|p| if p.bytes().all(|b| b.is_ascii_digit()) { p.parse().ok() } else { None })
        .collect();
    <[u8; 4]>::try_from(parts?).ok().map(Into::into)
}

fn scheduling_gates(e: &mut Errors, list: &[PodSchedulingGate], path: &Path) {
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for (i, gate) in list.iter().enumerate() {
        e.invalid_each(&path.index(i), &gate.name, names::qualified_name(&gate.name));
        if !seen.insert(&gate.name) {
            e.duplicate(&path.index(i), &gate.name);
        }
    }
}

/// `validateHostUsers`
fn host_users(e: &mut Errors, s: &PodSpec, path: &Path) {
    if s.host_users.unwrap_or(true) {
        return;
    }
    let detail = "when `hostUsers` is false";
    for (name, given) in [("hostNetwork", s.host_network), ("HostPID", s.host_pid), ("HostIPC", s.host_ipc)] {
        if given {
            e.forbidden(&path.child(name), detail);
        }
    }
    each_container(s, path, |c, path| {
        if !c.volume_devices.is_empty() {
            e.forbidden(&path.child("volumeDevices"), detail);
        }
    });
}

/// `validatePodHostName`
fn hostname_override(e: &mut Errors, s: &PodSpec, path: &Path) {
    let Some(hostname) = &s.hostname_override else { return };
    let path = path.child("hostnameOverride");
    if s.set_hostname_as_fqdn == Some(true) {
        e.forbidden(&path, "may not be specified when setHostnameAsFQDN is true");
    }
    if s.host_network {
        e.forbidden(&path, "may not be specified when hostNetwork is true");
    }
    if hostname.len() > 64 {
        e.too_long(&path, 64);
    }
    e.invalid_each(&path, hostname, names::dns_subdomain(hostname));
}

fn host_aliases(e: &mut Errors, list: &[HostAlias], path: &Path) {
    for (i, alias) in list.iter().enumerate() {
        let path = path.index(i);
        ip_address(e, &alias.ip, &path.child("ip"));
        let hostnames = path.child("hostnames");
        for (j, name) in alias.hostnames.iter().enumerate() {
            let messages: Vec<String> = names::dns_subdomain(name);
            e.invalid_each(&hostnames.index(j), name, messages);
        }
    }
}

/// `validateFileKeyRefVolumes`
fn file_key_volumes(e: &mut Errors, s: &PodSpec, path: &Path) {
    each_container(s, path, |c, path| {
        let env = path.child("env");
        for (i, var) in c.env.iter().enumerate() {
            let Some(key) = var.value_from.as_ref().and_then(|v| v.file_key_ref.as_ref()) else { continue };
            let path = env.index(i);
            let path = path.child("valueFrom");
            let path = path.child("fileKeyRef");
            let path = path.child("volumeName");
            match s.volumes.iter().rfind(|v| v.name == key.volume_name) {
                None => e.not_found(&path, &key.volume_name, ""),
                Some(volume) if volume.empty_dir.is_none() => {
                    e.invalid(&path, &key.volume_name, "referenced volume must be of type emptyDir");
                }
                Some(_) => {}
            }
        }
    });
}
