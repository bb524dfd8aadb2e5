//! What a cluster has beside its namespaces' content: Node, Namespace, RuntimeClass.

use super::amounts::{amount, of_container};
use super::field::{Errors, Path, Shown};
use super::meta::{label_name, labels, object_meta};
use super::network::cidr;
use super::{names, scheduling};
use crate::*;
use alloc::collections::BTreeSet;

/// `ValidateNode`
pub fn node(e: &mut Errors, o: &Node) {
    object_meta(e, &o.metadata, false, names::dns_subdomain);
    // Upstream looks for the taints in the metadata.
    taints(e, &o.spec.taints, &Path::new("metadata").child("taints"));
    for (name, amounts) in [("capacity", &o.status.capacity), ("allocatable", &o.status.allocatable)] {
        let path = Path::new("status");
        let path = path.child(name);
        for (resource, quantity) in amounts {
            amount(e, resource, quantity, &path.child(resource));
        }
    }
    let path = Path::new("spec");
    let path = path.child("podCIDRs");
    for (i, range) in o.spec.pod_cidrs.iter().enumerate() {
        cidr(e, range, &path.index(i));
    }
    let sixes = o.spec.pod_cidrs.iter().filter(|range| range.contains(':')).count();
    let count = o.spec.pod_cidrs.len();
    if count > 2 || (count == 2 && sixes != 1) {
        let detail = "may specify no more than one CIDR for each IP family";
        e.invalid(&path, Shown::json(&o.spec.pod_cidrs), detail);
    }
}

/// `validateNodeTaints`
fn taints(e: &mut Errors, list: &[Taint], path: &Path) {
    let mut seen = BTreeSet::new();
    for (i, taint) in list.iter().enumerate() {
        let path = path.index(i);
        label_name(e, &taint.key, &path.child("key"));
        let messages = names::label_value(&taint.value);
        if !messages.is_empty() {
            e.invalid(&path.child("value"), &taint.value, &messages.join(";"));
        }
        match taint.effect.as_str() {
            "" => e.required(&path.child("effect"), ""),
            effect => scheduling::taint_effect(e, effect, &path.child("effect")),
        }
        if !seen.insert((&taint.effect, &taint.key)) {
            let detail = "taints must be unique by key and effect pair";
            e.duplicate_with(&path, Shown::internal(taint), detail);
        }
    }
}

/// `ValidateNamespace`
pub fn namespace(e: &mut Errors, o: &Namespace) {
    object_meta(e, &o.metadata, false, names::dns_label);
    let path = Path::new("spec");
    let path = path.child("finalizers");
    for finalizer in &o.spec.finalizers {
        e.invalid_each(&path, finalizer, names::qualified_name(finalizer));
        if !finalizer.contains('/')
            && !["kubernetes", "orphan", "foregroundDeletion"].contains(&finalizer.as_str())
        {
            let detail = "name is neither a standard finalizer name nor is it fully qualified";
            e.invalid(&path, finalizer, detail);
        }
    }
}

/// `ValidateRuntimeClass` (`pkg/apis/node/validation/validation.go`)
pub fn runtime_class(e: &mut Errors, o: &RuntimeClass) {
    object_meta(e, &o.metadata, false, names::dns_subdomain);
    let handler = Path::new("handler");
    if o.handler.is_empty() {
        e.required(&handler, "");
    } else {
        e.invalid_each(&handler, &o.handler, names::dns_label(&o.handler));
    }
    if let Some(overhead) = &o.overhead {
        let fixed = ResourceRequirements { limits: overhead.pod_fixed.clone(), ..Default::default() };
        of_container(e, &fixed, &BTreeSet::new(), &Path::new("overhead"));
    }
    let Some(scheduling) = &o.scheduling else { return };
    let path = Path::new("scheduling");
    labels(e, &scheduling.node_selector, &path.child("nodeSelector"));
    let path = path.child("tolerations");
    scheduling::tolerations(e, &scheduling.tolerations, &path);
    let mut seen = BTreeSet::new();
    for (i, t) in scheduling.tolerations.iter().enumerate() {
        if !seen.insert((&t.key, &t.operator, &t.value, &t.effect)) {
            e.duplicate(&path.index(i), Shown::internal(t));
        }
    }
}
