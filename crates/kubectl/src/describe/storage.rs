//! `describe persistentvolume` and `describe storageclass` (`describePersistentVolume`, `describeStorageClass`).

use super::Doc;
use crate::age::since;
use crate::json::{Json, format_labels, scalar};
use crate::rows::{access_modes, capacity, is_default_class, optional_bool, storage_class};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use serde_json::Value;

pub(super) fn volume(d: &mut Doc, o: &Value) {
    let spec = o.at("spec");
    d.field(0, "Name", o.text("metadata.name"));
    d.labels_and_annotations(o);
    let finalizers: Vec<String> = o.list("metadata.finalizers").iter().map(scalar).collect();
    d.field(0, "Finalizers", &format!("[{}]", finalizers.join(" ")));
    d.field(0, "StorageClass", storage_class(o));
    if o.has("metadata.deletionTimestamp") {
        let lasts = since(o.at("metadata.deletionTimestamp"), d.now);
        d.field(0, "Status", &format!("Terminating (lasts {lasts})"));
    } else {
        d.field(0, "Status", o.text("status.phase"));
    }
    let claim = spec.at("claimRef");
    let claim = match claim.is_null() {
        true => String::new(),
        false => format!("{}/{}", claim.text("namespace"), claim.text("name")),
    };
    d.field(0, "Claim", &claim);
    d.field(0, "Reclaim Policy", spec.text("persistentVolumeReclaimPolicy"));
    d.field(0, "Access Modes", &access_modes(spec.at("accessModes")));
    if spec.has("volumeMode") {
        d.field(0, "VolumeMode", spec.text("volumeMode"));
    }
    d.field(0, "Capacity", &capacity(spec.at("capacity")));
    node_affinity(d, spec.at("nodeAffinity"));
    d.field(0, "Message", o.text("status.message"));
    d.line(0, "Source:");
    d.persistent_volume(spec);
}

/// Where the volume can be reached from (`printVolumeNodeAffinity`).
fn node_affinity(d: &mut Doc, affinity: &Value) {
    if !affinity.has("required") {
        d.field(0, "Node Affinity", "<none>");
        return;
    }
    d.line(0, "Node Affinity:\t");
    let terms = affinity.list("required.nodeSelectorTerms");
    if terms.is_empty() {
        d.field(1, "Required Terms", "<none>");
        return;
    }
    d.line(1, "Required Terms:\t");
    for (i, term) in terms.iter().enumerate() {
        let lines: Vec<String> = term
            .list("matchExpressions")
            .iter()
            .map(|e| expression(e.text("key"), &e.text("operator").to_lowercase(), e))
            .collect();
        requirements(d, 2, i, &lines);
    }
}

/// `key in [a, b]`
fn expression(key: &str, operator: &str, expression: &Value) -> String {
    let values: Vec<String> = expression.list("values").iter().map(scalar).collect();
    match values.as_slice() {
        [] => format!("{key} {operator}"),
        values => format!("{key} {operator} [{}]", values.join(", ")),
    }
}

/// The requirements of one term, one below the other.
fn requirements(d: &mut Doc, level: usize, term: usize, lines: &[String]) {
    d.put(level, &format!("Term {term}:\t"));
    if lines.is_empty() {
        d.line(0, "<none>");
    }
    for (i, line) in lines.iter().enumerate() {
        if i > 0 {
            d.put(level, "\t");
        }
        d.line(0, line);
    }
}

pub(super) fn class(d: &mut Doc, o: &Value) {
    d.field(0, "Name", o.text("metadata.name"));
    d.field(0, "IsDefaultClass", if is_default_class(o) { "Yes" } else { "No" });
    d.field(0, "Annotations", &format_labels(o, "metadata.annotations"));
    d.field(0, "Provisioner", o.text("provisioner"));
    d.field(0, "Parameters", &format_labels(o, "parameters"));
    d.field(0, "AllowVolumeExpansion", optional_bool(o.at("allowVolumeExpansion")));
    if o.list("mountOptions").is_empty() {
        d.field(0, "MountOptions", "<none>");
    } else {
        d.line(0, "MountOptions:");
        o.list("mountOptions").iter().for_each(|option| d.line(1, &scalar(option)));
    }
    for (title, field) in [("ReclaimPolicy", "reclaimPolicy"), ("VolumeBindingMode", "volumeBindingMode")] {
        if o.has(field) {
            d.field(0, title, o.text(field));
        }
    }
    let topologies = o.list("allowedTopologies");
    if !topologies.is_empty() {
        d.line(0, "AllowedTopologies:\t");
        for (i, term) in topologies.iter().enumerate() {
            let list = term.list("matchLabelExpressions");
            let lines: Vec<String> = list.iter().map(|e| expression(e.text("key"), "in", e)).collect();
            requirements(d, 1, i, &lines);
        }
    }
}
