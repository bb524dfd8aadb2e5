//! Pods and pod templates (`pkg/api/pod/warnings.go`).

use super::super::field::Path;
use super::super::{pod, security};
use super::{fraction, network, node_selector_term, old_label, paths, storage};
use crate::*;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";
const OLD_APP_ARMOR: &str = "deprecated since v1.30; use the \"appArmorProfile\" field instead";

/// `warningsForPodSpecAndMeta`; `at` is where the template stands, none for a pod.
pub fn of_pod(out: &mut Vec<String>, at: Option<&Path>, s: &PodSpec, metadata: &ObjectMeta) {
    let own_spec = Path::new("spec");
    let own_metadata = Path::new("metadata");
    let spec = at.map_or(own_spec, |p| p.child("spec"));
    let meta_path = at.map_or(own_metadata, |p| p.child("metadata"));
    let spec = &spec;
    node_labels(out, s, spec);
    let annotations = meta_path.child("annotations");
    old_annotations(out, metadata, &annotations);
    volumes(out, s, spec);
    paths::overlapping(out, &s.volumes);
    repeated(out, s.host_aliases.iter().map(|a| a.ip.as_str()), "ip", &spec.child("hostAliases"));
    let secrets = spec.child("imagePullSecrets");
    repeated(out, s.image_pull_secrets.iter().map(|r| r.name.as_str()), "name", &secrets);
    for (i, _) in s.image_pull_secrets.iter().enumerate().filter(|(_, r)| r.name.is_empty()) {
        out.push(format!("{}: invalid empty name \"\"", secrets.index(i).child("name")));
    }
    let overhead = spec.child("overhead");
    for resource in ["memory", "ephemeral-storage"] {
        fraction(out, s.overhead.get(resource), &overhead.key(resource));
    }
    let of_pod = s.security_context.as_ref();
    if of_pod.is_none_or(|sc| sc.seccomp_profile.is_none()) {
        old_seccomp(out, metadata, "seccomp.security.alpha.kubernetes.io/pod", &annotations);
    }
    pod::each_container(s, spec, |c, path| {
        let own = c.security_context.as_ref();
        if own.is_none_or(|sc| sc.seccomp_profile.is_none()) {
            let key = format!("container.seccomp.security.alpha.kubernetes.io/{}", c.name);
            old_seccomp(out, metadata, &key, &annotations);
        }
        // A pod's own annotations become fields, and are warned of then.
        if at.is_some() && own.is_none_or(|sc| sc.app_armor_profile.is_none()) {
            let of_pod = of_pod.and_then(|sc| sc.app_armor_profile.as_ref());
            let key = format!("{}{}", security::APP_ARMOR, c.name);
            let differs = |said: &String| {
                of_pod.is_none_or(|profile| security::app_armor_of(said).as_ref() != Some(profile))
            };
            if metadata.annotations.get(&key).is_some_and(differs) {
                out.push(format!("{}: {OLD_APP_ARMOR}", annotations.key(&key)));
            }
        }
        let resources = path.child("resources");
        for resource in ["memory", "ephemeral-storage"] {
            for (name, list) in [("limits", &c.resources.limits), ("requests", &c.resources.requests)] {
                fraction(out, list.get(resource), &resources.child(name).key(resource));
            }
        }
        variables(out, c, path);
    });
    ports(out, s, spec);
    if s.termination_grace_period_seconds.is_some_and(|grace| grace < 0) {
        let path = spec.child("terminationGracePeriodSeconds");
        out.push(format!("{path}: must be >= 0; negative values are invalid and will be treated as 1"));
    }
    affinity_terms(out, s, spec);
    let nameservers = spec.child("dnsConfig");
    let nameservers = nameservers.child("nameservers");
    for (i, address) in s.dns_config.iter().flat_map(|c| &c.nameservers).enumerate() {
        network::ip(out, address, &nameservers.index(i));
    }
    let aliases = spec.child("hostAliases");
    for (i, alias) in s.host_aliases.iter().enumerate() {
        network::ip(out, &alias.ip, &aliases.index(i).child("ip"));
    }
}

fn node_labels(out: &mut Vec<String>, s: &PodSpec, spec: &Path) {
    let selector = spec.child("nodeSelector");
    for key in s.node_selector.keys() {
        if let Some(message) = old_label(key) {
            out.push(format!("{}: {message}", selector.key(key)));
        }
    }
    if let Some(affinity) = s.affinity.as_ref().and_then(|a| a.node_affinity.as_ref()) {
        let path = spec.child("affinity");
        let path = path.child("nodeAffinity");
        let terms = path.child(REQUIRED);
        let terms = terms.child("nodeSelectorTerms");
        let required = affinity.required_during_scheduling_ignored_during_execution.iter();
        for (i, term) in required.flat_map(|r| &r.node_selector_terms).enumerate() {
            node_selector_term(out, term, false, &terms.index(i));
        }
        let terms = path.child(PREFERRED);
        let preferred = &affinity.preferred_during_scheduling_ignored_during_execution;
        for (i, term) in preferred.iter().enumerate() {
            node_selector_term(out, &term.preference, true, &terms.index(i).child("preference"));
        }
    }
    let spread = spec.child("topologySpreadConstraints");
    for (i, constraint) in s.topology_spread_constraints.iter().enumerate() {
        let path = spread.index(i);
        if let Some(message) = old_label(&constraint.topology_key) {
            out.push(format!("{}: {} is {message}", path.child("topologyKey"), constraint.topology_key));
        }
        if constraint.label_selector.is_none() {
            out.push(format!(
                "{}: a null labelSelector results in matching no pod",
                path.child("labelSelector")
            ));
        }
    }
}

fn old_annotations(out: &mut Vec<String>, metadata: &ObjectMeta, path: &Path) {
    for (key, message) in [
        (
            "scheduler.alpha.kubernetes.io/critical-pod",
            "non-functional in v1.16+; use the \"priorityClassName\" field instead",
        ),
        (
            "security.alpha.kubernetes.io/sysctls",
            "non-functional in v1.11+; use the \"sysctls\" field instead",
        ),
        (
            "security.alpha.kubernetes.io/unsafe-sysctls",
            "non-functional in v1.11+; use the \"sysctls\" field instead",
        ),
    ] {
        if metadata.annotations.contains_key(key) {
            out.push(format!("{}: {message}", path.key(key)));
        }
    }
}

fn volumes(out: &mut Vec<String>, s: &PodSpec, spec: &Path) {
    let path = spec.child("volumes");
    for (i, v) in s.volumes.iter().enumerate() {
        let path = path.index(i);
        let mut old = |given: bool, name: &str, message: &str| {
            if given {
                out.push(format!("{}: {message}", path.child(name)));
            }
        };
        let gone = "deprecated in v1.22, non-functional in v1.25+";
        old(
            v.photon_persistent_disk.is_some(),
            "photonPersistentDisk",
            "deprecated in v1.11, non-functional in v1.16+",
        );
        old(v.git_repo.is_some(), "gitRepo", "deprecated in v1.11, and disabled by default in v1.33+");
        old(v.scaleio.is_some(), "scaleIO", "deprecated in v1.16, non-functional in v1.22+");
        old(v.flocker.is_some(), "flocker", gone);
        old(v.storageos.is_some(), "storageOS", gone);
        old(v.quobyte.is_some(), "quobyte", gone);
        old(v.glusterfs.is_some(), "glusterfs", "deprecated in v1.25, non-functional in v1.26+");
        if let Some(template) = v.ephemeral.as_ref().and_then(|e| e.volume_claim_template.as_ref()) {
            let path = path.child("ephemeral");
            let path = path.child("volumeClaimTemplate");
            storage::claim_spec(out, &template.spec, &path.child("spec"));
        }
        let gone = "deprecated in v1.28, non-functional in v1.31+";
        for (given, name) in [(v.cephfs.is_some(), "cephfs"), (v.rbd.is_some(), "rbd")] {
            if given {
                out.push(format!("{}: {gone}", path.child(name)));
            }
        }
    }
}

fn repeated<'a>(out: &mut Vec<String>, values: impl Iterator<Item = &'a str>, field: &str, path: &Path) {
    let mut seen = BTreeSet::new();
    for (i, value) in values.enumerate() {
        if !seen.insert(value) {
            out.push(format!("{}: duplicate {field} {value:?}", path.index(i).child(field)));
        }
    }
}

/// A variable that is set again without building on itself.
fn variables(out: &mut Vec<String>, c: &Container, path: &Path) {
    let env = path.child("env");
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for (i, var) in c.env.iter().enumerate() {
        let reference = format!("$({})", var.name);
        let builds_on_itself =
            var.value_from.is_none() && var.value != reference && var.value.contains(&reference);
        if !seen.insert(&var.name) && !builds_on_itself {
            out.push(format!(
                "{}: hides previous definition of {:?}, which may be dropped when using apply",
                env.index(i),
                var.name
            ));
        }
    }
}

fn ports(out: &mut Vec<String>, s: &PodSpec, spec: &Path) {
    let mut all: BTreeMap<(i32, String), Vec<(String, ContainerPort)>> = BTreeMap::new();
    let mut by_name: BTreeMap<String, String> = BTreeMap::new();
    let mut names_out = Vec::new();
    pod::each_container(s, spec, |c, path| {
        let path = path.child("ports");
        for (i, port) in c.ports.iter().enumerate() {
            let here = path.index(i).to_string();
            if !port.host_ip.is_empty() && port.host_port == 0 {
                out.push(format!(
                    "{here}: hostIP set without hostPort: {{Name:{} HostPort:0 ContainerPort:{} Protocol:{} HostIP:{}}}",
                    port.name, port.container_port, port.protocol, port.host_ip
                ));
            }
            let others = all.entry((port.container_port, port.protocol.clone())).or_default();
            for (there, other) in others.iter() {
                let one_is_open = port.host_ip.is_empty() != other.host_ip.is_empty();
                let how = if port.host_ip == other.host_ip && port.host_port == other.host_port {
                    "duplicate"
                } else if port.host_port == 0 || other.host_port == 0 {
                    "overlapping"
                } else if port.host_port == other.host_port && one_is_open {
                    "dangerously ambiguous"
                } else {
                    continue;
                };
                out.push(format!("{here}: {how} port definition with {there}"));
            }
            others.push((here.clone(), port.clone()));
            if !port.name.is_empty() {
                match by_name.get(&port.name) {
                    Some(first) => names_out.push(format!(
                        "{here}: duplicate port name {:?} with {first}, services and probes that select ports by \
                         name will use {first}",
                        port.name
                    )),
                    None => {
                        by_name.insert(port.name.clone(), here);
                    }
                }
            }
        }
    });
    out.append(&mut names_out);
}

/// A term that no pod can match.
fn affinity_terms(out: &mut Vec<String>, s: &PodSpec, spec: &Path) {
    let Some(affinity) = &s.affinity else { return };
    let path = spec.child("affinity");
    let mut term = |t: &PodAffinityTerm, path: &Path| {
        if t.label_selector.is_none() {
            out.push(format!(
                "{}: a null labelSelector results in matching no pod",
                path.child("labelSelector")
            ));
        }
    };
    if let Some(a) = &affinity.pod_affinity {
        let path = path.child("podAffinity");
        let (required, preferred) = (path.child(REQUIRED), path.child(PREFERRED));
        for (i, t) in a.required_during_scheduling_ignored_during_execution.iter().enumerate() {
            term(t, &required.index(i));
        }
        for (i, t) in a.preferred_during_scheduling_ignored_during_execution.iter().enumerate() {
            term(&t.pod_affinity_term, &preferred.index(i).child("podAffinityTerm"));
        }
    }
    if let Some(a) = &affinity.pod_anti_affinity {
        let path = path.child("podAntiAffinity");
        let (required, preferred) = (path.child(REQUIRED), path.child(PREFERRED));
        for (i, t) in a.required_during_scheduling_ignored_during_execution.iter().enumerate() {
            term(t, &required.index(i));
        }
        for (i, t) in a.preferred_during_scheduling_ignored_during_execution.iter().enumerate() {
            term(&t.pod_affinity_term, &preferred.index(i).child("podAffinityTerm"));
        }
    }
}

fn old_seccomp(out: &mut Vec<String>, metadata: &ObjectMeta, key: &str, path: &Path) {
    if metadata.annotations.contains_key(key) {
        out.push(format!(
            "{}: non-functional in v1.27+; use the \"seccompProfile\" field instead",
            path.key(key)
        ));
    }
}
