//! Volumes by name, and how containers mount them.

use super::field::{Errors, Path};
use super::names;
use super::volume_sources::{self, descending, required};
use crate::*;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;

/// The volumes that containers may mount, by name.
pub type Known<'a> = BTreeMap<&'a str, &'a Volume>;

/// `ValidateVolumes`; the good ones come back.
pub fn volumes<'a>(e: &mut Errors, list: &'a [Volume], pod_name: Option<&str>, path: &Path) -> Known<'a> {
    let mut known = Known::new();
    let created: BTreeSet<String> = pod_name
        .filter(|name| !name.is_empty())
        .iter()
        .flat_map(|pod| {
            list.iter().filter(|v| v.ephemeral.is_some()).map(move |v| format!("{pod}-{}", v.name))
        })
        .collect();
    for (i, volume) in list.iter().enumerate() {
        let path = path.index(i);
        let before = e.len();
        volume_sources::source(e, volume, pod_name, &path);
        let name_path = path.child("name");
        if volume.name.is_empty() {
            e.required(&name_path, "");
        } else {
            e.invalid_each(&name_path, &volume.name, names::dns_label(&volume.name));
        }
        if known.contains_key(volume.name.as_str()) {
            e.duplicate(&name_path, &volume.name);
        }
        if e.len() == before {
            known.insert(&volume.name, volume);
        }
        if let Some(claim) =
            volume.persistent_volume_claim.as_ref().filter(|c| created.contains(&c.claim_name))
        {
            let path = path.child("persistentVolumeClaim");
            let detail = "must not reference a PVC that gets created for an ephemeral volume";
            e.invalid(&path.child("claimName"), &claim.claim_name, detail);
        }
    }
    known
}

/// `ValidateVolumeMounts`
pub fn mounts(e: &mut Errors, c: &Container, known: &Known, path: &Path) {
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for (i, mount) in c.volume_mounts.iter().enumerate() {
        let item = path.index(i);
        required(e, &mount.name, &item, "name");
        if !known.contains_key(mount.name.as_str()) {
            e.not_found(&item.child("name"), &mount.name, "");
        }
        required(e, &mount.mount_path, &item, "mountPath");
        if !seen.insert(&mount.mount_path) {
            e.invalid(&item.child("mountPath"), &mount.mount_path, "must be unique");
        }
        if c.volume_devices.iter().any(|d| d.name == mount.name) {
            e.invalid(&item.child("name"), &mount.name, "must not already exist in volumeDevices");
        }
        if c.volume_devices.iter().any(|d| d.device_path == mount.mount_path) {
            let detail = "must not already exist as a path in volumeDevices";
            e.invalid(&item.child("mountPath"), &mount.mount_path, detail);
        }
        if !mount.sub_path.is_empty() {
            descending(e, &mount.sub_path, &path.child("subPath"));
        }
        if !mount.sub_path_expr.is_empty() {
            if !mount.sub_path.is_empty() {
                let detail = "subPathExpr and subPath are mutually exclusive";
                e.invalid(&item.child("subPathExpr"), &mount.sub_path_expr, detail);
            }
            descending(e, &mount.sub_path_expr, &path.child("subPathExpr"));
        }
        propagation(e, mount, c, path);
    }
}

fn propagation(e: &mut Errors, mount: &VolumeMount, c: &Container, path: &Path) {
    if let Some(propagation) = &mount.mount_propagation {
        let path = path.child("mountPropagation");
        let supported = ["Bidirectional", "HostToContainer", "None"];
        if !supported.contains(&propagation.as_str()) {
            e.not_supported(&path, propagation, &supported);
        }
        let privileged = c.security_context.as_ref().is_some_and(|s| s.privileged == Some(true));
        if propagation == "Bidirectional" && !privileged {
            e.forbidden(&path, "Bidirectional mount propagation is available only to privileged containers");
        }
    }
    if let Some(recursive) = &mount.recursive_read_only {
        let path = path.child("recursiveReadOnly");
        match recursive.as_str() {
            "Disabled" => {}
            "Enabled" | "IfPossible" => {
                if !mount.read_only {
                    e.forbidden(&path, "may only be specified when readOnly is true");
                }
                if mount.mount_propagation.as_ref().is_some_and(|p| p != "None") {
                    e.forbidden(
                        &path,
                        "may only be specified when mountPropagation is None or not specified",
                    );
                }
            }
            other => e.not_supported(&path, other, &["Disabled", "Enabled", "IfPossible"]),
        }
    }
}

/// `ValidateVolumeDevices`
pub fn devices(e: &mut Errors, c: &Container, known: &Known, path: &Path) {
    let mut seen_names: BTreeSet<&str> = BTreeSet::new();
    let mut seen_paths: BTreeSet<&str> = BTreeSet::new();
    for (i, device) in c.volume_devices.iter().enumerate() {
        let item = path.index(i);
        let (name, device_path) = (item.child("name"), item.child("devicePath"));
        required(e, &device.name, &item, "name");
        if seen_names.contains(device.name.as_str()) {
            e.invalid(&name, &device.name, "must be unique");
        }
        match known.get(device.name.as_str()) {
            None => e.not_found(&name, &device.name, ""),
            Some(v) if v.persistent_volume_claim.is_none() && v.ephemeral.is_none() => {
                let detail =
                    "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode";
                e.invalid(&name, &device.name, detail);
            }
            Some(_) => {}
        }
        required(e, &device.device_path, &item, "devicePath");
        if seen_paths.contains(device.device_path.as_str()) {
            e.invalid(&device_path, &device.device_path, "must be unique");
        }
        if device.device_path.split('/').any(|part| part == "..") {
            e.invalid(&device_path, &device.device_path, "can not contain backsteps ('..')");
        } else {
            seen_paths.insert(&device.device_path);
        }
        if c.volume_mounts.iter().any(|m| m.name == device.name) {
            e.invalid(&name, &device.name, "must not already exist in volumeMounts");
        }
        if c.volume_mounts.iter().any(|m| m.mount_path == device.device_path) {
            let detail = "must not already exist as a path in volumeMounts";
            e.invalid(&device_path, &device.device_path, detail);
        }
        if !device.name.is_empty() {
            seen_names.insert(&device.name);
        }
    }
}
