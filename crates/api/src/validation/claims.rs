//! PersistentVolumeClaims.

use super::amounts::amount;
use super::field::{Errors, Path};
use super::{meta, names};
use crate::PersistentVolumeClaimSpec;
use alloc::string::ToString;

/// `ValidatePersistentVolumeClaimSpec`
pub fn spec(e: &mut Errors, s: &PersistentVolumeClaimSpec, path: &Path) {
    const MODES: &[&str] = &["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];
    let modes = path.child("accessModes");
    if s.access_modes.is_empty() {
        e.required(&modes, "at least 1 access mode is required");
    }
    if let Some(selector) = &s.selector {
        meta::label_selector(e, selector, &path.child("selector"));
    }
    for mode in s.access_modes.iter().filter(|m| !MODES.contains(&m.as_str())) {
        e.not_supported(&modes, mode, MODES);
    }
    let (mut single, mut other) = (false, false);
    for mode in s.access_modes.iter().filter(|m| MODES.contains(&m.as_str())) {
        single |= mode == "ReadWriteOncePod";
        other |= mode != "ReadWriteOncePod";
    }
    if single && other {
        e.forbidden(&modes, "may not use ReadWriteOncePod with other access modes");
    }
    let resources = path.child("resources");
    let storage_path = resources.key("storage");
    match s.resources.requests.get("storage") {
        None => e.required(&storage_path, ""),
        Some(storage) if storage.sign() <= 0 => {
            e.invalid(&storage_path, &storage.to_string(), "must be greater than zero");
        }
        Some(storage) => amount(e, "storage", storage, &storage_path),
    }
    if let Some(class) = s.storage_class_name.as_ref().filter(|c| !c.is_empty()) {
        e.invalid_each(&path.child("storageClassName"), class, names::dns_subdomain(class));
    }
    if let Some(mode) = s.volume_mode.as_ref().filter(|m| !["Block", "Filesystem"].contains(&m.as_str())) {
        e.not_supported(&path.child("volumeMode"), mode, &["Block", "Filesystem"]);
    }
}
