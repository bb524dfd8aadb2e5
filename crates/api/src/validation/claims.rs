//! PersistentVolumeClaims.

use super::amounts::amount;
use super::field::{Errors, Path, Shown};
use super::{meta, names};
use crate::PersistentVolumeClaimSpec;
use alloc::string::{String, ToString};

/// `ValidatePersistentVolumeClaimSpec`
pub fn spec(e: &mut Errors, s: &PersistentVolumeClaimSpec, path: &Path) {
    let modes = path.child("accessModes");
    if s.access_modes.is_empty() {
        e.required(&modes, "at least 1 access mode is required");
    }
    if let Some(selector) = &s.selector {
        meta::label_selector(e, selector, &path.child("selector"));
    }
    access_modes(e, &s.access_modes, &modes);
    let resources = path.child("resources");
    let storage_path = resources.key("storage");
    match s.resources.requests.get("storage") {
        None => e.required(&storage_path, ""),
        Some(storage) if storage.sign() <= 0 => {
            e.invalid(&storage_path, &storage.to_string(), "must be greater than zero");
        }
        Some(storage) => amount(e, "storage", storage, &storage_path),
    }
    class_name(e, s.storage_class_name.as_ref(), &path.child("storageClassName"));
    volume_mode(e, s.volume_mode.as_ref(), &path.child("volumeMode"));
    data_sources(e, s, path);
    let attributes = path.child("volumeAttributesClassName");
    class_name(e, s.volume_attributes_class_name.as_ref(), &attributes);
}

fn class_name(e: &mut Errors, class: Option<&String>, path: &Path) {
    if let Some(class) = class.filter(|class| !class.is_empty()) {
        e.invalid_each(path, class, names::dns_subdomain(class));
    }
}

/// How a volume may be mounted: by one pod alone, or in any of the other ways.
pub fn access_modes(e: &mut Errors, modes: &[String], path: &Path) {
    const MODES: &[&str] = &["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];
    for mode in modes.iter().filter(|m| !MODES.contains(&m.as_str())) {
        e.not_supported(path, mode, MODES);
    }
    let single = |mode: &&String| *mode == "ReadWriteOncePod";
    let known = || modes.iter().filter(|m| MODES.contains(&m.as_str()));
    if known().any(|m| single(&m)) && known().any(|m| !single(&m)) {
        e.forbidden(path, "may not use ReadWriteOncePod with other access modes");
    }
}

/// Files or a block device.
pub fn volume_mode(e: &mut Errors, mode: Option<&String>, path: &Path) {
    if let Some(mode) = mode.filter(|m| !["Block", "Filesystem"].contains(&m.as_str())) {
        e.not_supported(path, mode, &["Block", "Filesystem"]);
    }
}

/// `validateDataSource`, `validateDataSourceRef`, and that they agree.
fn data_sources(e: &mut Errors, s: &PersistentVolumeClaimSpec, path: &Path) {
    if let Some(source) = &s.data_source {
        let path = path.child("dataSource");
        data_source(e, source.api_group.as_deref(), &source.kind, &source.name, &path);
    }
    let Some(reference) = &s.data_source_ref else { return };
    let ref_path = path.child("dataSourceRef");
    data_source(e, reference.api_group.as_deref(), &reference.kind, &reference.name, &ref_path);
    let namespace = reference.namespace.as_deref().unwrap_or("");
    if !namespace.is_empty() {
        e.invalid_each(&ref_path.child("namespace"), namespace, names::dns_label(namespace));
    }
    let Some(source) = &s.data_source else { return };
    let same = (&source.api_group, &source.kind, &source.name)
        == (&reference.api_group, &reference.kind, &reference.name);
    // Upstream shows the path of the other field where a value belongs, and nothing of it can be read.
    let shown = || Shown::raw("{}".to_string());
    if !namespace.is_empty() {
        e.invalid(path, shown(), "may not be specified when dataSourceRef.namespace is specified");
    } else if !same {
        e.invalid(path, shown(), "must match dataSourceRef");
    }
}

fn data_source(e: &mut Errors, group: Option<&str>, kind: &str, name: &str, path: &Path) {
    for (field, value) in [("name", name), ("kind", kind)] {
        if value.is_empty() {
            e.required(&path.child(field), "");
        }
    }
    let group = group.unwrap_or("");
    if !group.is_empty() {
        e.invalid_each(&path.child("apiGroup"), group, names::dns_subdomain(group));
    } else if kind != "PersistentVolumeClaim" {
        e.invalid(path, kind, "must be 'PersistentVolumeClaim' when referencing the default apiGroup");
    }
}
