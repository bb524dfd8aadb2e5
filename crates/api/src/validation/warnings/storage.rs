//! Volumes, claims and classes (`pkg/api/{persistentvolume,persistentvolumeclaim,storage}/util.go`).

use super::super::field::Path;
use super::{SPEC, fraction, node_selector_term, old_label};
use crate::*;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

const BETA_CLASS: &str = "volume.beta.kubernetes.io/storage-class";

/// `GetWarningsForPersistentVolume`
pub fn volume(out: &mut Vec<String>, o: &PersistentVolume) {
    for (key, message) in [
        (BETA_CLASS, "deprecated since v1.8; use \"storageClassName\" attribute instead"),
        (
            "volume.beta.kubernetes.io/mount-options",
            "deprecated since v1.31; use \"mountOptions\" attribute instead",
        ),
    ] {
        if o.metadata.annotations.contains_key(key) {
            out.push(format!("metadata.annotations[{key}]: {message}"));
        }
    }
    let s = &o.spec;
    if s.persistent_volume_reclaim_policy == "Recycle" {
        out.push(
            "spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended \
             approach is to use dynamic provisioning."
                .to_string(),
        );
    }
    let path = SPEC.child("nodeAffinity");
    let path = path.child("required");
    let path = path.child("nodeSelectorTerms");
    let required = s.node_affinity.iter().flat_map(|affinity| &affinity.required);
    for (i, term) in required.flat_map(|r| &r.node_selector_terms).enumerate() {
        node_selector_term(out, term, false, &path.index(i));
    }
    for (given, name, message) in [
        (s.cephfs.is_some(), "cephfs", "deprecated in v1.28, non-functional in v1.31+"),
        (
            s.photon_persistent_disk.is_some(),
            "photonPersistentDisk",
            "deprecated in v1.11, non-functional in v1.16+",
        ),
        (s.scaleio.is_some(), "scaleIO", "deprecated in v1.16, non-functional in v1.22+"),
        (s.storageos.is_some(), "storageOS", "deprecated in v1.22, non-functional in v1.25+"),
        (s.glusterfs.is_some(), "glusterfs", "deprecated in v1.25, non-functional in v1.26+"),
        (s.rbd.is_some(), "rbd", "deprecated in v1.28, non-functional in v1.31+"),
    ] {
        if given {
            out.push(format!("spec.{name}: {message}"));
        }
    }
}

/// `GetWarningsForPersistentVolumeClaim`
pub fn claim(out: &mut Vec<String>, o: &PersistentVolumeClaim) {
    if o.metadata.annotations.contains_key(BETA_CLASS) {
        out.push(format!(
            "metadata.annotations[{BETA_CLASS}]: deprecated since v1.8; use \"storageClassName\" attribute instead"
        ));
    }
    claim_spec(out, &o.spec, SPEC);
}

/// `GetWarningsForPersistentVolumeClaimSpec`
pub fn claim_spec(out: &mut Vec<String>, s: &PersistentVolumeClaimSpec, path: &Path) {
    let path = path.child("resources");
    for (name, list) in [("requests", &s.resources.requests), ("limits", &s.resources.limits)] {
        fraction(out, list.get("storage"), &path.child(name).key("storage"));
    }
}

/// `GetWarningsForStorageClass`
pub fn class(out: &mut Vec<String>, o: &StorageClass) {
    for (i, term) in o.allowed_topologies.iter().enumerate() {
        for (j, expression) in term.match_label_expressions.iter().enumerate() {
            if let Some(message) = old_label(&expression.key) {
                out.push(format!("allowedTopologies[{i}].matchLabelExpressions[{j}].key: {message}"));
            }
        }
    }
}
