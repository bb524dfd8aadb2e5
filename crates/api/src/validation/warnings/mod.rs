//! The API server's warnings: objects that it takes, but that may not mean what they say
//! (`pkg/api/pod/warnings.go` and the kinds' strategies).

mod network;
mod paths;
mod pods;
mod storage;

use super::field::Path;
use super::names;
use crate::*;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

const SPEC: &Path = &Path::new("spec");

/// The warnings that a new object gets, in order.
pub fn of(object: &Object) -> Vec<String> {
    let mut out = Vec::new();
    let name = &object.meta().name;
    match object {
        Object::Pod(o) => {
            hostname(&mut out, name, "the Pod's hostname");
            pods::of_pod(&mut out, None, &o.spec, &o.metadata);
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
            let claims = SPEC.child("volumeClaimTemplates");
            for (i, claim) in o.spec.volume_claim_templates.iter().enumerate() {
                storage::claim_spec(&mut out, &claim.spec, &claims.index(i));
            }
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
            job(&mut out, "spec", &o.spec);
        }
        Object::CronJob(o) => {
            hostname(&mut out, name, "Pod names and hostnames");
            job(&mut out, "spec.jobTemplate.spec", &o.spec.job_template.spec);
        }
        Object::Service(o) => network::service(&mut out, o),
        Object::Endpoints(o) => network::endpoints(&mut out, o),
        Object::EndpointSlice(o) => network::slice(&mut out, o),
        Object::PersistentVolume(o) => storage::volume(&mut out, o),
        Object::PersistentVolumeClaim(o) => storage::claim(&mut out, o),
        Object::StorageClass(o) => storage::class(&mut out, o),
        Object::Node(o) => node(&mut out, o),
        Object::ResourceQuota(o) => quota(&mut out, o),
        Object::ServiceAccount(o) => {
            const MOUNTABLE: &str = "kubernetes.io/enforce-mountable-secrets";
            if o.metadata.annotations.contains_key(MOUNTABLE) {
                out.push(format!(
                    "metadata.annotations[{MOUNTABLE}]: deprecated in v1.32+; prefer separate namespaces to isolate \
                     access to mounted secrets"
                ));
            }
        }
        Object::RuntimeClass(o) => {
            let selector = o.scheduling.iter().flat_map(|s| s.node_selector.keys());
            for message in selector.filter_map(|key| old_label(key)) {
                out.push(format!("scheduling.nodeSelector: {message}"));
            }
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

/// `WarningsForJobSpec` (`pkg/api/job/warnings.go`)
fn job(out: &mut Vec<String>, path: &str, s: &JobSpec) {
    let (completions, parallelism) = (s.completions.unwrap_or(0), s.parallelism.unwrap_or(0));
    if s.completion_mode.as_deref() == Some("Indexed") && completions > 100_000 && parallelism > 10_000 {
        out.push(format!(
            "{path}: In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, \
             Kubernetes might not be able to track completedIndexes when a big number of indexes fail"
        ));
    }
    template(out, &format!("{path}.template"), &s.template);
}

/// `nodeWarnings` (`pkg/registry/core/node/strategy.go`)
fn node(out: &mut Vec<String>, o: &Node) {
    if o.spec.config_source.is_some() {
        out.push("spec.configSource: the feature is removed".to_string());
    }
    if !o.spec.external_id.is_empty() {
        out.push("spec.externalID: this field is deprecated, and is unused by Kubernetes".to_string());
    }
    let path = SPEC.child("podCIDRs");
    for (i, range) in o.spec.pod_cidrs.iter().enumerate() {
        network::cidr(out, range, &path.index(i));
    }
}

/// Requests that are bounded higher than their limits (`pkg/registry/core/resourcequota/strategy.go`).
fn quota(out: &mut Vec<String>, o: &ResourceQuota) {
    let hard = &o.spec.hard;
    for name in ["cpu", "memory", "storage", "ephemeral-storage"] {
        let bare = ["cpu", "memory"].contains(&name).then(|| name.to_string());
        let requests = [Some(format!("requests.{name}")), bare];
        let limit = format!("limits.{name}");
        let request =
            requests.into_iter().flatten().find_map(|key| hard.get(&key).map(|amount| (key, amount)));
        if let (Some((key, request)), Some(most)) = (request, hard.get(&limit))
            && request > most
        {
            out.push(format!("ResourceQuota {key} ({request}) should be less than {limit} ({most})"));
        }
    }
}

fn template(out: &mut Vec<String>, path: &str, t: &PodTemplateSpec) {
    let path = Path::new(path);
    pods::of_pod(out, Some(&path), &t.spec, &t.metadata);
}

/// Labels of nodes that have other names by now, or none (`pkg/api/node/util.go`).
const OLD_LABELS: [(&str, &str); 8] = [
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
    ("app.kubernetes.io/created-by", "deprecated since v1.9"),
    (
        "scheduler.alpha.kubernetes.io/preferAvoidPods",
        "deprecated since v1.22; use Taints and Tolerations instead",
    ),
    ("node-role.kubernetes.io/master", "use \"node-role.kubernetes.io/control-plane\" instead"),
];

fn old_label(key: &str) -> Option<&'static str> {
    OLD_LABELS.iter().find(|(old, _)| *old == key).map(|(_, message)| *message)
}

/// `GetWarningsForNodeSelectorTerm`; values only where the validation does not look at them.
fn node_selector_term(out: &mut Vec<String>, term: &NodeSelectorTerm, check_values: bool, path: &Path) {
    let path = path.child("matchExpressions");
    for (i, expression) in term.match_expressions.iter().enumerate() {
        let path = path.index(i);
        if let Some(message) = old_label(&expression.key) {
            out.push(format!("{}: {} is {message}", path.child("key"), expression.key));
        }
        let values = path.child("values");
        for (j, value) in expression.values.iter().enumerate().filter(|_| check_values) {
            for message in names::label_value(value) {
                out.push(format!("{}: {value} is invalid, {message}", values.index(j)));
            }
        }
    }
}

/// Amounts of bytes are whole.
fn fraction(out: &mut Vec<String>, amount: Option<&Quantity>, path: &Path) {
    if let Some(q) = amount.filter(|q| q.milli_value() % 1_000 != 0) {
        out.push(format!("{path}: fractional byte value \"{q}\" is invalid, must be an integer"));
    }
}
