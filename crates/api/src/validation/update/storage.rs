//! What may change on a PersistentVolumeClaim: once it is bound, it may ask for more.

use super::{SPEC, immutable};
use crate::validation::field::{Errors, Path};
use crate::validation::spec_diff;
use crate::*;
use alloc::format;

/// `ValidatePersistentVolumeClaimUpdate`
pub fn claim(e: &mut Errors, new: &PersistentVolumeClaimSpec, claim: &PersistentVolumeClaim) {
    let mut old = PersistentVolumeClaimSpec::clone(&claim.spec);
    let mut kept = new.clone();
    // Binding writes the volume's name once.
    if old.volume_name.is_empty() {
        old.volume_name.clone_from(&kept.volume_name);
    }
    let storage = |spec: &PersistentVolumeClaimSpec| spec.resources.requests.get("storage").cloned();
    if claim.status.phase == "Bound" {
        if let (Some(asked), Some(had)) = (kept.resources.requests.get_mut("storage"), storage(&old)) {
            *asked = had;
        }
        kept.volume_attributes_class_name.clone_from(&old.volume_attributes_class_name);
    }
    // A class that was left to the default may be filled in later (`validateStorageClassUpgradeFromNil`).
    if old.storage_class_name.is_none() {
        kept.storage_class_name = None;
    }
    if kept != old {
        let detail = format!(
            "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound \
             claims\n{}",
            spec_diff::of(&old, &kept)
        );
        e.forbidden(SPEC, &detail);
    }
    let capacity = claim.status.capacity.get("storage").cloned().unwrap_or_default();
    if let (Some(asked), Some(had)) = (storage(new), storage(&claim.spec))
        && asked < had
        && asked <= capacity
    {
        let path = SPEC.child("resources");
        let path = path.child("requests");
        e.forbidden(&path.child("storage"), "field can not be less than status.capacity");
    }
    immutable(e, &new.volume_mode, &claim.spec.volume_mode, &Path::new("volumeMode"));
}
