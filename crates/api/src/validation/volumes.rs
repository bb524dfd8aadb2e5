//! Volumes, and how containers mount them.

use super::env::{VOLUME_FIELDS, field_ref, resource_field_ref};
use super::field::{Errors, Path, Shown};
use super::{claims, meta, names};
use crate::wire::Wire;
use crate::*;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;

/// The volumes that containers may mount, by name.
pub type Known<'a> = BTreeMap<&'a str, &'a Volume>;

const MODE: &str = "must be a number between 0 and 0777 (octal), both inclusive";

/// `ValidateVolumes`; the good ones come back.
pub fn volumes<'a>(e: &mut Errors, list: &'a [Volume], pod_name: Option<&str>, path: &Path) -> Known<'a> {
    let mut known = Known::new();
    let created: BTreeSet<String> = pod_name
        .iter()
        .flat_map(|pod| {
            list.iter().filter(|v| v.ephemeral.is_some()).map(move |v| format!("{pod}-{}", v.name))
        })
        .collect();
    for (i, volume) in list.iter().enumerate() {
        let path = path.index(i);
        let before = e.len();
        source(e, volume, pod_name, &path);
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

/// `validateVolumeSource`: the first source given is judged, any other is one too many.
fn source(e: &mut Errors, v: &Volume, pod_name: Option<&str>, path: &Path) {
    let given = v.encode();
    let mut found = false;
    // The order in which the API server looks at the sources.
    const ORDER: &[&str] = &[
        "emptyDir",
        "hostPath",
        "gitRepo",
        "gcePersistentDisk",
        "awsElasticBlockStore",
        "secret",
        "nfs",
        "iscsi",
        "glusterfs",
        "flocker",
        "persistentVolumeClaim",
        "rbd",
        "cinder",
        "cephfs",
        "quobyte",
        "downwardAPI",
        "fc",
        "flexVolume",
        "configMap",
        "azureFile",
        "vsphereVolume",
        "photonPersistentDisk",
        "portworxVolume",
        "azureDisk",
        "storageos",
        "projected",
        "scaleIO",
        "csi",
        "ephemeral",
        "image",
    ];
    for name in ORDER.iter().filter(|name| given.get(**name).is_some()) {
        if found {
            // Two of them are misspelt upstream.
            let shown = match *name {
                "cephfs" => "cephFS",
                "downwardAPI" => "downwarAPI",
                name => name,
            };
            e.forbidden(&path.child(shown), "may not specify more than 1 volume type");
            continue;
        }
        found = true;
        one_source(e, v, pod_name, name, path);
    }
    if !found {
        e.required(path, "must specify a volume type");
    }
}

fn one_source(e: &mut Errors, v: &Volume, pod_name: Option<&str>, name: &str, volume_path: &Path) {
    let path = &volume_path.child(name);
    if let Some(s) = v.empty_dir.as_ref().filter(|_| name == "emptyDir")
        && s.size_limit.as_ref().is_some_and(|q| q.sign() < 0)
    {
        e.forbidden(&path.child("sizeLimit"), "SizeLimit field must be a valid resource quantity");
    }
    if let Some(s) = v.host_path.as_ref().filter(|_| name == "hostPath") {
        host_path(e, s, path);
    }
    if let Some(s) = v.git_repo.as_ref().filter(|_| name == "gitRepo") {
        required(e, &s.repository, path, "repository");
        descending(e, &s.directory, &path.child("directory"));
    }
    if let Some(s) = v.secret.as_ref().filter(|_| name == "secret") {
        required(e, &s.secret_name, path, "secretName");
        mode(e, s.default_mode, &path.child("defaultMode"));
        items(e, &s.items, &path.child("items"));
    }
    if let Some(s) = v.config_map.as_ref().filter(|_| name == "configMap") {
        required(e, &s.name, path, "name");
        mode(e, s.default_mode, &path.child("defaultMode"));
        items(e, &s.items, &path.child("items"));
    }
    if let Some(s) = v.nfs.as_ref().filter(|_| name == "nfs") {
        required(e, &s.server, path, "server");
        required(e, &s.path, path, "path");
        if !s.path.starts_with('/') {
            e.invalid(&path.child("path"), &s.path, "must be an absolute path");
        }
    }
    if let Some(s) = v.persistent_volume_claim.as_ref().filter(|_| name == "persistentVolumeClaim") {
        required(e, &s.claim_name, path, "claimName");
    }
    if let Some(s) = v.downward_api.as_ref().filter(|_| name == "downwardAPI") {
        mode(e, s.default_mode, &path.child("defaultMode"));
        // The item's index is left out upstream too.
        s.items.iter().for_each(|item| downward_file(e, item, path));
    }
    if let Some(s) = v.projected.as_ref().filter(|_| name == "projected") {
        mode(e, s.default_mode, &path.child("defaultMode"));
        projected(e, s, path);
    }
    if let Some(s) = v.csi.as_ref().filter(|_| name == "csi") {
        if s.driver.is_empty() {
            e.required(&path.child("driver"), "");
        } else {
            if s.driver.len() > 63 {
                e.too_long(&path.child("driver"), 63);
            }
            let lower = s.driver.to_lowercase();
            e.invalid_each(&path.child("driver"), &s.driver, names::dns_subdomain(&lower));
        }
        if let Some(secret) = s.node_publish_secret_ref.as_ref().filter(|r| r.name.is_empty()) {
            required(e, &secret.name, &path.child("nodePublishSecretRef"), "name");
        }
    }
    if let Some(s) = v.ephemeral.as_ref().filter(|_| name == "ephemeral") {
        let template_path = path.child("volumeClaimTemplate");
        match &s.volume_claim_template {
            None => e.required(&template_path, ""),
            Some(template) => {
                let metadata = template_path.child("metadata");
                meta::annotations(e, &template.metadata.annotations, &metadata.child("annotations"));
                meta::labels(e, &template.metadata.labels, &metadata.child("labels"));
                claims::spec(e, &template.spec, &template_path.child("spec"));
            }
        }
        if let Some(pod) = pod_name.filter(|_| !v.name.is_empty()) {
            let claim = format!("{pod}-{}", v.name);
            for message in names::dns_subdomain(&claim) {
                let detail = format!("PVC name \"{claim}\": {message}");
                e.invalid(&volume_path.child("name"), &v.name, &detail);
            }
        }
    }
    if let Some(s) = v.image.as_ref().filter(|_| name == "image") {
        if s.reference.is_empty() {
            e.required(&path.child("reference"), "");
        }
        super::container::pull_policy(e, &s.pull_policy, &path.child("pullPolicy"));
    }
}

fn required(e: &mut Errors, value: &str, path: &Path, name: &str) {
    if value.is_empty() {
        e.required(&path.child(name), "");
    }
}

fn mode(e: &mut Errors, mode: Option<i32>, path: &Path) {
    if let Some(mode) = mode.filter(|m| !(0..=0o777).contains(m)) {
        e.invalid(path, mode, MODE);
    }
}

fn host_path(e: &mut Errors, s: &HostPathVolumeSource, path: &Path) {
    const TYPES: &[&str] = &[
        "",
        "BlockDevice",
        "CharDevice",
        "Directory",
        "DirectoryOrCreate",
        "File",
        "FileOrCreate",
        "Socket",
    ];
    if s.path.is_empty() {
        return e.required(&path.child("path"), "");
    }
    no_backsteps(e, &s.path, &path.child("path"));
    if let Some(kind) = s.type_.as_ref().filter(|t| !TYPES.contains(&t.as_str())) {
        e.not_supported(&path.child("type"), kind, TYPES);
    }
}

fn items(e: &mut Errors, list: &[KeyToPath], path: &Path) {
    for (i, item) in list.iter().enumerate() {
        key_to_path(e, item, &path.index(i));
    }
}

fn key_to_path(e: &mut Errors, item: &KeyToPath, path: &Path) {
    required(e, &item.key, path, "key");
    required(e, &item.path, path, "path");
    local(e, &item.path, &path.child("path"));
    mode(e, item.mode, &path.child("mode"));
}

fn downward_file(e: &mut Errors, file: &DownwardAPIVolumeFile, path: &Path) {
    required(e, &file.path, path, "path");
    local(e, &file.path, &path.child("path"));
    match (&file.field_ref, &file.resource_field_ref) {
        (Some(field), resource) => {
            field_ref(e, field, VOLUME_FIELDS, &path.child("fieldRef"));
            if resource.is_some() {
                let detail = "fieldRef and resourceFieldRef can not be specified simultaneously";
                e.invalid(path, "resource", detail);
            }
        }
        (None, Some(resource)) => resource_field_ref(e, resource, true, &path.child("resourceFieldRef")),
        (None, None) => e.required(path, "one of fieldRef and resourceFieldRef is required"),
    }
    mode(e, file.mode, &path.child("mode"));
}

/// `validateProjectionSources`
fn projected(e: &mut Errors, s: &ProjectedVolumeSource, path: &Path) {
    let mut paths: BTreeSet<&str> = BTreeSet::new();
    let sources = path.child("sources");
    for (i, source) in s.sources.iter().enumerate() {
        let source_path = sources.index(i);
        let mut count = 0;
        let secret = source.secret.as_ref().map(|s| ("secret", &s.name, &s.items));
        let config = source.config_map.as_ref().map(|s| ("configMap", &s.name, &s.items));
        for (field, name, list) in secret.into_iter().chain(config) {
            count += 1;
            let path_of = source_path.child(field);
            required(e, name, &path_of, "name");
            let items_path = path_of.child("items");
            for (i, item) in list.iter().enumerate() {
                key_to_path(e, item, &items_path.index(i));
                if !item.path.is_empty() && !paths.insert(&item.path) {
                    e.invalid(path, name, "conflicting duplicate paths");
                }
            }
        }
        if let Some(downward) = &source.downward_api {
            count += 1;
            for file in &downward.items {
                downward_file(e, file, &source_path.child("downwardAPI"));
                if !file.path.is_empty() && !paths.insert(&file.path) {
                    e.invalid(path, &file.path, "conflicting duplicate paths");
                }
            }
        }
        if let Some(token) = &source.service_account_token {
            count += 1;
            let expiration = source_path.child("serviceAccountToken");
            let expiration = expiration.child("expirationSeconds");
            match token.expiration_seconds.unwrap_or(0) {
                n @ ..600 => e.invalid(&expiration, n, "may not specify a duration less than 10 minutes"),
                n if n > 1 << 32 => {
                    e.invalid(&expiration, n, "may not specify a duration larger than 2^32 seconds");
                }
                _ => {}
            }
            required(e, &token.path, path, "path");
            if !token.path.is_empty() {
                local(e, &token.path, &path.child("path"));
            }
        }
        if let Some(bundle) = &source.cluster_trust_bundle {
            count += 1;
            let bundle_path = source_path.child("clusterTrustBundle");
            match (&bundle.name, &bundle.signer_name) {
                (Some(_), Some(_)) => {
                    let shown = Shown::internal(bundle, ClusterTrustBundleProjection::STRUCT);
                    e.invalid(&bundle_path, shown, "only one of name and signerName may be used");
                }
                (None, None) => e.required(&bundle_path, "either name or signerName must be specified"),
                _ => {}
            }
            required(e, &bundle.path, &bundle_path, "path");
            local(e, &bundle.path, &bundle_path.child("path"));
            if !paths.insert(&bundle.path) {
                e.invalid(path, &bundle.path, "conflicting duplicate paths");
            }
        }
        count += usize::from(source.pod_certificate.is_some());
        if count > 1 {
            e.forbidden(&source_path, "may not specify more than 1 volume type per source");
        }
    }
}

/// `validateLocalDescendingPath`
pub fn descending(e: &mut Errors, target: &str, path: &Path) {
    if target.starts_with('/') {
        e.invalid(path, target, "must be a relative path");
    }
    no_backsteps(e, target, path);
}

/// `validatePathNoBacksteps`
pub fn no_backsteps(e: &mut Errors, target: &str, path: &Path) {
    if target.split('/').any(|part| part == "..") {
        e.invalid(path, target, "must not contain '..'");
    }
}

/// `ValidateLocalNonReservedPath`
fn local(e: &mut Errors, target: &str, path: &Path) {
    descending(e, target, path);
    if target.starts_with("..") && !target.starts_with("../") {
        e.invalid(path, target, "must not start with '..'");
    }
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
