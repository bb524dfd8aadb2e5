//! PersistentVolume and StorageClass.

use super::field::{Errors, Path, Shown};
use super::meta::{label_name, object_meta};
use super::scheduling::node_selector;
use super::{claims, names, volume_sources};
use crate::Map;
use crate::wire::Wire;
use crate::*;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::{String, ToString};
use alloc::vec::Vec;

const SPEC: &Path = &Path::new("spec");

/// `ValidatePersistentVolume`
pub fn volume(e: &mut Errors, o: &PersistentVolume) {
    object_meta(e, &o.metadata, false, names::dns_subdomain);
    let s = &o.spec;
    let modes = SPEC.child("accessModes");
    if s.access_modes.is_empty() {
        e.required(&modes, "");
    }
    claims::access_modes(e, &s.access_modes, &modes);
    capacity(e, &s.capacity);
    let policies = ["Delete", "Recycle", "Retain"];
    let policy = &s.persistent_volume_reclaim_policy;
    let policy_path = SPEC.child("persistentVolumeReclaimPolicy");
    if !policy.is_empty() && !policies.contains(&policy.as_str()) {
        e.not_supported(&policy_path, policy, &policies);
    }
    if let Some(affinity) = &s.node_affinity {
        let path = SPEC.child("nodeAffinity");
        match &affinity.required {
            Some(required) => node_selector(e, required, &path.child("required")),
            None => e.required(&path.child("required"), "must specify required node constraints"),
        }
    }
    source(e, s);
    let root = |path: &str| !path.is_empty() && path.split('/').all(|part| part.is_empty() || part == ".");
    if policy == "Recycle" && s.host_path.as_ref().is_some_and(|h| root(&h.path)) {
        e.forbidden(&policy_path, "may not be 'recycle' for a hostPath mount of '/'");
    }
    if !s.storage_class_name.is_empty() {
        let messages = names::dns_subdomain(&s.storage_class_name);
        e.invalid_each(&SPEC.child("storageClassName"), &s.storage_class_name, messages);
    }
    claims::volume_mode(e, s.volume_mode.as_ref(), &SPEC.child("volumeMode"));
    if let Some(class) = &s.volume_attributes_class_name {
        let path = SPEC.child("volumeAttributesClassName");
        if class.is_empty() {
            e.required(&path, "an empty string is disallowed");
        } else {
            e.invalid_each(&path, class, names::dns_subdomain(class));
        }
        if s.csi.is_none() {
            let detail = "has to be specified when using volumeAttributesClassName";
            e.required(&SPEC.child("csi"), detail);
        }
    }
}

fn capacity(e: &mut Errors, capacity: &Map<Quantity>) {
    let path = SPEC.child("capacity");
    if capacity.is_empty() {
        e.required(&path, "");
    }
    if !capacity.contains_key("storage") || capacity.len() > 1 {
        e.not_supported(&path, Shown::json(capacity), &["storage"]);
    }
    for (name, amount) in capacity {
        let path = path.key(name);
        if amount.sign() < 0 {
            e.invalid(&path, amount.value(), "must be a valid resource quantity");
        }
        if amount.sign() <= 0 {
            e.invalid(&path, &amount.to_string(), "must be greater than zero");
        }
    }
}

/// What the volume is made of: one thing.
fn source(e: &mut Errors, s: &PersistentVolumeSpec) {
    // In the order in which upstream looks at them, and under its names.
    const SOURCES: [(&str, &str); 22] = [
        ("hostPath", "hostPath"),
        ("gcePersistentDisk", "gcePersistentDisk"),
        ("awsElasticBlockStore", "awsElasticBlockStore"),
        ("glusterfs", "glusterfs"),
        ("flocker", "flocker"),
        ("nfs", "nfs"),
        ("rbd", "rbd"),
        ("quobyte", "quobyte"),
        ("cephfs", "cephFS"),
        ("iscsi", "iscsi"),
        ("cinder", "cinder"),
        ("fc", "fc"),
        ("flexVolume", "flexVolume"),
        ("azureFile", "azureFile"),
        ("vsphereVolume", "vsphereVolume"),
        ("photonPersistentDisk", "photonPersistentDisk"),
        ("portworxVolume", "portworxVolume"),
        ("azureDisk", "azureDisk"),
        ("scaleIO", "scaleIO"),
        ("local", "local"),
        ("storageos", "storageos"),
        ("csi", "csi"),
    ];
    let given = s.encode();
    let mut first = None;
    for (name, shown) in SOURCES.into_iter().filter(|(name, _)| given.get(*name).is_some()) {
        if first.is_some() && name != "flexVolume" {
            e.forbidden(&SPEC.child(shown), "may not specify more than 1 volume type");
            continue;
        }
        first = Some(name);
        let path = &SPEC.child(name);
        match (name, &s.host_path, &s.nfs, &s.local, &s.csi) {
            ("hostPath", Some(host), ..) => volume_sources::host_path(e, host, path),
            ("nfs", _, Some(nfs), ..) => volume_sources::nfs(e, nfs, path),
            ("local", .., Some(local), _) => {
                volume_sources::required(e, &local.path, path, "path");
                volume_sources::no_backsteps(e, &local.path, &path.child("path"));
                if s.node_affinity.is_none() {
                    e.required(&SPEC.child("nodeAffinity"), "Local volume requires node affinity");
                }
            }
            ("csi", .., Some(csi)) => self::csi(e, csi, path),
            // What is inside the drivers that Kubernetes gave up is not read.
            _ => {}
        }
    }
    if first.is_none() {
        e.required(SPEC, "must specify a volume type");
    }
}

/// `validateCSIPersistentVolumeSource`
fn csi(e: &mut Errors, s: &CSIPersistentVolumeSource, path: &Path) {
    volume_sources::csi_driver(e, &s.driver, &path.child("driver"));
    volume_sources::required(e, &s.volume_handle, path, "volumeHandle");
    for (name, secret) in [
        ("controllerPublishSecretRef", &s.controller_publish_secret_ref),
        ("controllerExpandSecretRef", &s.controller_expand_secret_ref),
        ("nodePublishSecretRef", &s.node_publish_secret_ref),
        ("nodeExpandSecretRef", &s.node_expand_secret_ref),
    ] {
        let Some(secret) = secret else { continue };
        let path = path.child(name);
        for (field, value, rule) in [
            ("name", &secret.name, names::dns_subdomain as super::meta::NameRule),
            ("namespace", &secret.namespace, names::dns_label),
        ] {
            if value.is_empty() {
                e.required(&path.child(field), "");
            } else {
                e.invalid_each(&path.child(field), value, rule(value));
            }
        }
    }
}

/// `ValidateStorageClass` (`pkg/apis/storage/validation/validation.go`)
pub fn class(e: &mut Errors, o: &StorageClass) {
    object_meta(e, &o.metadata, false, names::dns_subdomain);
    let provisioner = Path::new("provisioner");
    if o.provisioner.is_empty() {
        e.required(&provisioner, "");
    } else {
        let lower = o.provisioner.to_lowercase();
        e.invalid_each(&provisioner, &lower, names::qualified_name(&lower));
    }
    parameters(e, &o.parameters, &Path::new("parameters"));
    let policies = ["Delete", "Retain"];
    if let Some(policy) =
        o.reclaim_policy.as_ref().filter(|p| !p.is_empty() && !policies.contains(&p.as_str()))
    {
        e.not_supported(&Path::new("reclaimPolicy"), policy, &policies);
    }
    let modes = ["Immediate", "WaitForFirstConsumer"];
    match &o.volume_binding_mode {
        None => e.required(&Path::new("volumeBindingMode"), ""),
        Some(mode) if !modes.contains(&mode.as_str()) => {
            e.not_supported(&Path::new("volumeBindingMode"), mode, &modes);
        }
        Some(_) => {}
    }
    allowed_topologies(e, &o.allowed_topologies, &Path::new("allowedTopologies"));
}

fn parameters(e: &mut Errors, parameters: &Map<String>, path: &Path) {
    const MOST: usize = 512;
    const LARGEST: usize = 256 * 1024;
    if parameters.len() > MOST {
        return e.too_long(path, MOST);
    }
    if parameters.contains_key("") {
        e.invalid(path, "", "field can not be empty.");
    }
    if parameters.iter().map(|(key, value)| key.len() + value.len()).sum::<usize>() > LARGEST {
        e.too_long(path, LARGEST);
    }
}

fn allowed_topologies(e: &mut Errors, list: &[TopologySelectorTerm], path: &Path) {
    let mut terms: Vec<BTreeMap<&str, BTreeSet<&str>>> = Vec::new();
    for (i, term) in list.iter().enumerate() {
        let path = path.index(i);
        let path = path.child("matchLabelExpressions");
        let mut keys: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (j, expression) in term.match_label_expressions.iter().enumerate() {
            let path = path.index(j);
            let values_path = path.child("values");
            if expression.values.is_empty() {
                e.required(&values_path, "");
            }
            let mut values = BTreeSet::new();
            for (k, value) in expression.values.iter().enumerate() {
                if !values.insert(value.as_str()) {
                    e.duplicate(&values_path.index(k), value);
                }
            }
            label_name(e, &expression.key, &path.child("key"));
            if keys.insert(&expression.key, values).is_some() {
                e.duplicate(&path.child("key"), &expression.key);
            }
        }
        if terms.contains(&keys) {
            e.duplicate(&path, "");
        }
        terms.push(keys);
    }
}
