//! The API server's warnings: objects that it takes, but that may not mean what they say
//! (`pkg/api/pod/warnings.go` and the kinds' strategies).

use super::field::Path;
use super::{names, pod};
use crate::*;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// The warnings that a new object gets, in order.
pub fn of(object: &Object) -> Vec<String> {
    let mut out = Vec::new();
    let name = &object.meta().name;
    match object {
        Object::Pod(o) => {
            hostname(&mut out, name, "the Pod's hostname");
            of_pod(&mut out, None, &o.spec, &o.metadata);
        }
        Object::PodTemplate(o) => template(&mut out, "template", &o.template),
        Object::ReplicationController(o) => {
            hostname(&mut out, name, "Pod names and hostnames");
            if let Some(t) = &o.spec.template {
                template(&mut out, "spec.template", t);
            }
        }
        Object::ReplicaSet(o) => {
            hostname(&mut out, name, "Pod names and hostnames");
            template(&mut out, "spec.template", &o.spec.template);
        }
        Object::Deployment(o) => {
            hostname(&mut out, name, "Pod names and hostnames");
            template(&mut out, "spec.template", &o.spec.template);
        }
        Object::DaemonSet(o) => template(&mut out, "spec.template", &o.spec.template),
        Object::StatefulSet(o) => {
            template(&mut out, "spec.template", &o.spec.template);
            if o.spec.revision_history_limit.is_some_and(|n| n < 0) {
                out.push(
                    "spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 \
                     is recommended"
                        .to_string(),
                );
            }
        }
        Object::Job(o) => {
            hostname(&mut out, name, "Pod names and hostnames");
            if o.spec.completion_mode.as_deref() == Some("Indexed") {
                large_indexed(&mut out, &o.spec);
            }
            template(&mut out, "spec.template", &o.spec.template);
        }
        Object::CronJob(o) => {
            hostname(&mut out, name, "Job names and Pod names");
            template(&mut out, "spec.jobTemplate.spec.template", &o.spec.job_template.spec.template);
        }
        _ => {}
    }
    out
}

/// A name that pods' host names grow from should be a DNS label.
fn hostname(out: &mut Vec<String>, name: &str, used_in: &str) {
    let messages = names::dns_label(name);
    if !messages.is_empty() {
        out.push(format!(
            "metadata.name: this is used in {used_in}, which can result in surprising behavior; a DNS label is \
             recommended: [{}]",
            messages.join(" ")
        ));
    }
}

fn large_indexed(out: &mut Vec<String>, s: &JobSpec) {
    let (completions, parallelism) = (s.completions.unwrap_or(0), s.parallelism.unwrap_or(0));
    if completions > 100_000 && parallelism > 10_000 {
        out.push(
            "In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, \
             Kubernetes might not be able to track completedIndexes when a big number of indexes fail"
                .to_string(),
        );
    }
}

fn template(out: &mut Vec<String>, path: &str, t: &PodTemplateSpec) {
    let path = Path::new(path);
    of_pod(out, Some(&path), &t.spec, &t.metadata);
}

/// `warningsForPodSpecAndMeta`; `at` is where the template stands, none for a pod.
fn of_pod(out: &mut Vec<String>, at: Option<&Path>, s: &PodSpec, metadata: &ObjectMeta) {
    let own_spec = Path::new("spec");
    let own_metadata = Path::new("metadata");
    let spec = at.map_or(own_spec, |p| p.child("spec"));
    let meta_path = at.map_or(own_metadata, |p| p.child("metadata"));
    let spec = &spec;
    node_labels(out, s, spec);
    annotations(out, metadata, &meta_path.child("annotations"));
    volumes(out, s, spec);
    repeated(out, s.host_aliases.iter().map(|a| a.ip.as_str()), "ip", &spec.child("hostAliases"));
    let secrets = spec.child("imagePullSecrets");
    repeated(out, s.image_pull_secrets.iter().map(|r| r.name.as_str()), "name", &secrets);
    for (i, _) in s.image_pull_secrets.iter().enumerate().filter(|(_, r)| r.name.is_empty()) {
        out.push(format!("{}: invalid empty name \"\"", secrets.index(i).child("name")));
    }
    fractions(out, &s.overhead, &spec.child("overhead"));
    pod::each_container(s, spec, |c, path| {
        let resources = path.child("resources");
        for resource in ["memory", "ephemeral-storage"] {
            for (name, list) in [("limits", &c.resources.limits), ("requests", &c.resources.requests)] {
                fraction(out, list, resource, &resources.child(name));
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
}

/// Labels of nodes that have other names by now (`pkg/api/node/util.go`).
const OLD_LABELS: &[(&str, &str)] = &[
    ("beta.kubernetes.io/arch", "deprecated since v1.14; use \"kubernetes.io/arch\" instead"),
    ("beta.kubernetes.io/os", "deprecated since v1.14; use \"kubernetes.io/os\" instead"),
    (
        "failure-domain.beta.kubernetes.io/region",
        "deprecated since v1.17; use \"topology.kubernetes.io/region\" instead",
    ),
    (
        "failure-domain.beta.kubernetes.io/zone",
        "deprecated since v1.17; use \"topology.kubernetes.io/zone\" instead",
    ),
    (
        "beta.kubernetes.io/instance-type",
        "deprecated since v1.17; use \"node.kubernetes.io/instance-type\" instead",
    ),
];

fn old_label(key: &str) -> Option<&'static str> {
    OLD_LABELS.iter().find(|(old, _)| *old == key).map(|(_, message)| *message)
}

fn node_labels(out: &mut Vec<String>, s: &PodSpec, spec: &Path) {
    let selector = spec.child("nodeSelector");
    for key in s.node_selector.keys() {
        if let Some(message) = old_label(key) {
            out.push(format!("{}: {message}", selector.key(key)));
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

fn annotations(out: &mut Vec<String>, metadata: &ObjectMeta, path: &Path) {
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
        (
            "seccomp.security.alpha.kubernetes.io/pod",
            "non-functional in v1.27+; use the \"seccompProfile\" field instead",
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
        for (given, name, message) in [
            (
                v.photon_persistent_disk.is_some(),
                "photonPersistentDisk",
                "deprecated in v1.11, non-functional in v1.16+",
            ),
            (v.git_repo.is_some(), "gitRepo", "deprecated in v1.11, and disabled by default in v1.33+"),
            (v.scaleio.is_some(), "scaleIO", "deprecated in v1.16, non-functional in v1.22+"),
            (v.flocker.is_some(), "flocker", "deprecated in v1.22, non-functional in v1.25+"),
            (v.storageos.is_some(), "storageOS", "deprecated in v1.22, non-functional in v1.25+"),
            (v.quobyte.is_some(), "quobyte", "deprecated in v1.22, non-functional in v1.25+"),
            (v.glusterfs.is_some(), "glusterfs", "deprecated in v1.25, non-functional in v1.26+"),
            (v.cephfs.is_some(), "cephfs", "deprecated in v1.28, non-functional in v1.31+"),
            (v.rbd.is_some(), "rbd", "deprecated in v1.28, non-functional in v1.31+"),
        ] {
            if given {
                out.push(format!("{}: {message}", path.child(name)));
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

fn fractions(out: &mut Vec<String>, list: &BTreeMap<String, Quantity>, path: &Path) {
    fraction(out, list, "memory", path);
    fraction(out, list, "ephemeral-storage", path);
}

fn fraction(out: &mut Vec<String>, list: &BTreeMap<String, Quantity>, resource: &str, path: &Path) {
    if let Some(q) = list.get(resource).filter(|q| q.milli_value() % 1_000 != 0) {
        let path = path.key(resource);
        out.push(format!("{path}: fractional byte value \"{q}\" is invalid, must be an integer"));
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
    const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
    const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";
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
