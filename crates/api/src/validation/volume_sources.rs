//! What a volume is made of: each source with its own rules.

use super::env::{VOLUME_FIELDS, field_ref, resource_field_ref};
use super::field::{Errors, Path, Shown};
use super::{claims, container, meta, names};
use crate::wire::Wire;
use crate::*;
use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;

const MODE: &str = "must be a number between 0 and 0777 (octal), both inclusive";

/// `validateVolumeSource`: the first source given is judged, any other is one too many.
pub fn source(e: &mut Errors, v: &Volume, pod_name: Option<&str>, path: &Path) {
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
    if let Some(iscsi) = v.iscsi.as_ref().filter(|s| s.initiator_name.is_some())
        && v.name.len() + 1 + iscsi.target_portal.len() > 64
    {
        let detail = "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if \
                      iscsi.initiatorName is specified.";
        e.invalid(&path.child("name"), &v.name, detail);
    }
    if !found {
        e.required(path, "must specify a volume type");
    }
}

fn one_source(e: &mut Errors, v: &Volume, pod_name: Option<&str>, name: &str, volume_path: &Path) {
    let path = &volume_path.child(name);
    match name {
        "emptyDir" => given(&v.empty_dir, |s| {
            if s.size_limit.as_ref().is_some_and(|q| q.sign() < 0) {
                let detail = "SizeLimit field must be a valid resource quantity";
                e.forbidden(&path.child("sizeLimit"), detail);
            }
        }),
        "hostPath" => given(&v.host_path, |s| host_path(e, s, path)),
        "gitRepo" => given(&v.git_repo, |s| {
            required(e, &s.repository, path, "repository");
            descending(e, &s.directory, &path.child("directory"));
        }),
        "gcePersistentDisk" => given(&v.gce_persistent_disk, |s| {
            let path = &volume_path.child("persistentDisk");
            required(e, &s.pd_name, path, "pdName");
            partition(e, s.partition, path);
        }),
        "awsElasticBlockStore" => given(&v.aws_elastic_block_store, |s| {
            required(e, &s.volume_id, path, "volumeID");
            partition(e, s.partition, path);
        }),
        "secret" => given(&v.secret, |s| {
            required(e, &s.secret_name, path, "secretName");
            mode(e, s.default_mode, &path.child("defaultMode"));
            items(e, &s.items, &path.child("items"));
        }),
        "nfs" => given(&v.nfs, |s| nfs(e, s, path)),
        "iscsi" => given(&v.iscsi, |s| iscsi(e, s, path)),
        "glusterfs" => given(&v.glusterfs, |s| {
            required(e, &s.endpoints, path, "endpoints");
            required(e, &s.path, path, "path");
        }),
        "flocker" => given(&v.flocker, |s| flocker(e, s, path)),
        "persistentVolumeClaim" => {
            given(&v.persistent_volume_claim, |s| required(e, &s.claim_name, path, "claimName"));
        }
        "rbd" => given(&v.rbd, |s| {
            some(e, &s.monitors, path, "monitors");
            required(e, &s.image, path, "image");
        }),
        "cinder" => given(&v.cinder, |s| {
            required(e, &s.volume_id, path, "volumeID");
            secret_ref(e, s.secret_ref.as_ref(), path, "secretRef");
        }),
        "cephfs" => given(&v.cephfs, |s| some(e, &s.monitors, path, "monitors")),
        "quobyte" => given(&v.quobyte, |s| quobyte(e, s, path)),
        "downwardAPI" => given(&v.downward_api, |s| {
            mode(e, s.default_mode, &path.child("defaultMode"));
            // The item's index is left out upstream too.
            s.items.iter().for_each(|item| downward_file(e, item, path));
        }),
        "fc" => given(&v.fc, |s| fibre_channel(e, s, path)),
        "flexVolume" => given(&v.flex_volume, |s| flex_volume(e, s, path)),
        "configMap" => given(&v.config_map, |s| {
            required(e, &s.name, path, "name");
            mode(e, s.default_mode, &path.child("defaultMode"));
            items(e, &s.items, &path.child("items"));
        }),
        "azureFile" => given(&v.azure_file, |s| {
            required(e, &s.secret_name, path, "secretName");
            required(e, &s.share_name, path, "shareName");
        }),
        "vsphereVolume" => given(&v.vsphere_volume, |s| required(e, &s.volume_path, path, "volumePath")),
        "photonPersistentDisk" => {
            given(&v.photon_persistent_disk, |s| required(e, &s.pd_id, path, "pdID"));
        }
        "portworxVolume" => given(&v.portworx_volume, |s| required(e, &s.volume_id, path, "volumeID")),
        "azureDisk" => given(&v.azure_disk, |s| azure_disk(e, s, path)),
        "storageos" => given(&v.storageos, |s| {
            if s.volume_name.is_empty() {
                e.required(&path.child("volumeName"), "");
            } else {
                e.invalid_each(&path.child("volumeName"), &s.volume_name, names::dns_label(&s.volume_name));
            }
            if !s.volume_namespace.is_empty() {
                let messages = names::dns_label(&s.volume_namespace);
                e.invalid_each(&path.child("volumeNamespace"), &s.volume_namespace, messages);
            }
            secret_ref(e, s.secret_ref.as_ref(), path, "secretRef");
        }),
        "projected" => given(&v.projected, |s| {
            mode(e, s.default_mode, &path.child("defaultMode"));
            projected(e, s, path);
        }),
        "scaleIO" => given(&v.scaleio, |s| {
            required(e, &s.gateway, path, "gateway");
            required(e, &s.system, path, "system");
            required(e, &s.volume_name, path, "volumeName");
        }),
        "csi" => given(&v.csi, |s| csi(e, s, path)),
        "ephemeral" => given(&v.ephemeral, |s| ephemeral(e, s, &v.name, pod_name, path, volume_path)),
        "image" => given(&v.image, |s| {
            // Templates may leave the image open.
            if pod_name.is_some() {
                required(e, &s.reference, path, "reference");
            }
            container::pull_policy(e, &s.pull_policy, &path.child("pullPolicy"));
        }),
        _ => {}
    }
}

fn given<T>(source: &Option<Box<T>>, judge: impl FnOnce(&T)) {
    if let Some(source) = source {
        judge(source);
    }
}

fn some(e: &mut Errors, list: &[String], path: &Path, name: &str) {
    if list.is_empty() {
        e.required(&path.child(name), "");
    }
}

fn secret_ref(e: &mut Errors, secret: Option<&LocalObjectReference>, path: &Path, name: &str) {
    if let Some(secret) = secret {
        required(e, &secret.name, &path.child(name), "name");
    }
}

/// A partition's number; 0 is the whole disk, though the words do not say so.
fn partition(e: &mut Errors, partition: i32, path: &Path) {
    if !(0..=255).contains(&partition) {
        e.invalid(&path.child("partition"), partition, "must be between 1 and 255, inclusive");
    }
}

fn lun(e: &mut Errors, lun: i32, path: &Path) {
    for message in names::in_range(lun.into(), 0, 255) {
        e.invalid(&path.child("lun"), lun, &message);
    }
}

/// `validateISCSIVolumeSource`
fn iscsi(e: &mut Errors, s: &ISCSIVolumeSource, path: &Path) {
    required(e, &s.target_portal, path, "targetPortal");
    if s.iqn.is_empty() {
        e.required(&path.child("iqn"), "");
    } else if let Some(detail) = iscsi_name(&s.iqn) {
        e.invalid(&path.child("iqn"), &s.iqn, detail);
    }
    lun(e, s.lun, path);
    if (s.chap_auth_discovery || s.chap_auth_session) && s.secret_ref.is_none() {
        e.required(&path.child("secretRef"), "");
    }
    if let Some(initiator) = &s.initiator_name
        && let Some(detail) = iscsi_name(initiator)
    {
        e.invalid(&path.child("initiatorname"), initiator, detail);
    }
}

/// What is wrong with a name that should read `iqn.YEAR-MONTH.DOMAIN:NAME`, or `eui` or `naa` with 16 or 32 letters
/// and digits behind it.
fn iscsi_name(name: &str) -> Option<&'static str> {
    const MALFORMED: Option<&str> = Some("must be valid format");
    let letters = |rest: &str, count: usize| {
        // Any one character stands between.
        let mut chars = rest.chars();
        let parted = chars.next().is_some_and(|c| c != '\n');
        parted && chars.as_str().len() == count && chars.all(|c| c.is_ascii_alphanumeric())
    };
    let good = match name.get(..3) {
        // The expression upstream is not tied to the beginning.
        Some("iqn") => name.match_indices("iqn.").any(|(at, prefix)| iqn(&name[at + prefix.len()..])),
        Some("eui") => letters(&name[3..], 16),
        Some("naa") => letters(&name[3..], 32),
        _ => return Some("must be valid format starting with iqn, eui, or naa"),
    };
    if good { None } else { MALFORMED }
}

/// `\d{4}-\d{2}\.([[:alnum:]-.]+)(:[^,;*&$|\s]+)$`
fn iqn(rest: &str) -> bool {
    let Some((date, rest)) = rest.split_at_checked(8) else { return false };
    let digits = date.bytes().enumerate().all(|(i, b)| match i {
        4 => b == b'-',
        7 => b == b'.',
        _ => b.is_ascii_digit(),
    });
    let Some((domain, name)) = rest.split_once(':') else { return false };
    let in_domain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    let in_name = |c: char| !",;*&$|\t\n\x0c\r ".contains(c);
    digits
        && !domain.is_empty()
        && domain.chars().all(in_domain)
        && !name.is_empty()
        && name.chars().all(in_name)
}

fn flocker(e: &mut Errors, s: &FlockerVolumeSource, path: &Path) {
    match (s.dataset_name.is_empty(), s.dataset_uuid.is_empty()) {
        (true, true) => e.required(path, "one of datasetName and datasetUUID is required"),
        (false, false) => {
            e.invalid(path, "resource", "datasetName and datasetUUID can not be specified simultaneously");
        }
        _ => {}
    }
    if s.dataset_name.contains('/') {
        e.invalid(&path.child("datasetName"), &s.dataset_name, "must not contain '/'");
    }
}

fn quobyte(e: &mut Errors, s: &QuobyteVolumeSource, path: &Path) {
    const PAIR: &str = "must be a host:port pair or multiple pairs separated by commas";
    if s.registry.is_empty() {
        e.required(&path.child("registry"), PAIR);
    } else if s.tenant.len() >= 65 {
        let detail = "must be a UUID and may not exceed a length of 64 characters";
        e.required(&path.child("tenant"), detail);
    } else {
        for _ in s.registry.split(',').filter(|pair| !is_host_port(pair)) {
            e.invalid(&path.child("registry"), &s.registry, PAIR);
        }
    }
    required(e, &s.volume, path, "volume");
}

/// Go's `net.SplitHostPort` takes it.
fn is_host_port(text: &str) -> bool {
    let Some((host, port)) = text.rsplit_once(':') else { return false };
    let bracketed = host.strip_prefix('[').and_then(|inner| inner.strip_suffix(']'));
    let host_is_fine = match bracketed {
        Some(inner) => !inner.contains(['[', ']']),
        None => !host.contains([':', '[', ']']),
    };
    host_is_fine && !port.contains(['[', ']'])
}

fn fibre_channel(e: &mut Errors, s: &FCVolumeSource, path: &Path) {
    let targets = path.child("targetWWNs");
    match (s.target_wwns.is_empty(), s.wwids.is_empty()) {
        (true, true) => e.required(&targets, "must specify either targetWWNs or wwids, but not both"),
        (false, false) => {
            let detail = "targetWWNs and wwids can not be specified simultaneously";
            e.invalid(&targets, Shown::json(&s.target_wwns), detail);
        }
        _ => {}
    }
    if !s.target_wwns.is_empty() {
        match s.lun {
            None => e.required(&path.child("lun"), "lun is required if targetWWNs is specified"),
            Some(n) => lun(e, n, path),
        }
    }
}

fn flex_volume(e: &mut Errors, s: &FlexVolumeSource, path: &Path) {
    required(e, &s.driver, path, "driver");
    let options = path.child("options");
    for key in s.options.keys() {
        let namespace = key.split_once('/').map_or(key.as_str(), |(namespace, _)| namespace);
        let namespace = format!(".{}", namespace.to_lowercase());
        if namespace.ends_with(".kubernetes.io") || namespace.ends_with(".k8s.io") {
            let detail = "kubernetes.io and k8s.io namespaces are reserved";
            e.invalid(&options.key(key), key, detail);
        }
    }
}

fn azure_disk(e: &mut Errors, s: &AzureDiskVolumeSource, path: &Path) {
    required(e, &s.disk_name, path, "diskName");
    required(e, &s.disk_uri, path, "diskURI");
    for (name, value, supported) in [
        ("cachingMode", &s.caching_mode, ["None", "ReadOnly", "ReadWrite"]),
        ("kind", &s.kind, ["Dedicated", "Managed", "Shared"]),
    ] {
        if let Some(value) = value.as_ref().filter(|v| !supported.contains(&v.as_str())) {
            e.not_supported(&path.child(name), value, &supported);
        }
    }
    let Some(kind) = &s.kind else { return };
    let (begin, whole) = match kind.as_str() {
        "Managed" => (
            "/subscriptions/",
            "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}",
        ),
        _ => ("https://", "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd"),
    };
    if !s.disk_uri.starts_with(begin) {
        e.not_supported(&path.child("diskURI"), &s.disk_uri, &[whole]);
    }
}

/// `validateNFSVolumeSource`
pub fn nfs(e: &mut Errors, s: &NFSVolumeSource, path: &Path) {
    required(e, &s.server, path, "server");
    required(e, &s.path, path, "path");
    if !s.path.starts_with('/') {
        e.invalid(&path.child("path"), &s.path, "must be an absolute path");
    }
}

/// `ValidateCSIDriverName`
pub fn csi_driver(e: &mut Errors, driver: &str, path: &Path) {
    if driver.is_empty() {
        return e.required(path, "");
    }
    if driver.len() > 63 {
        e.too_long(path, 63);
    }
    e.invalid_each(path, driver, names::dns_subdomain(&driver.to_lowercase()));
}

/// `validateCSIVolumeSource`
fn csi(e: &mut Errors, s: &CSIVolumeSource, path: &Path) {
    csi_driver(e, &s.driver, &path.child("driver"));
    secret_ref(e, s.node_publish_secret_ref.as_ref(), path, "nodePublishSecretRef");
    if let Some(secret) = s.node_publish_secret_ref.as_ref().filter(|r| !r.name.is_empty()) {
        e.invalid_each(&path.child("name"), &secret.name, names::dns_subdomain(&secret.name));
    }
}

/// `validateEphemeralVolumeSource`, and the name that the claim will have.
fn ephemeral(
    e: &mut Errors,
    s: &EphemeralVolumeSource,
    volume: &str,
    pod_name: Option<&str>,
    path: &Path,
    volume_path: &Path,
) {
    let template_path = path.child("volumeClaimTemplate");
    match &s.volume_claim_template {
        None => e.required(&template_path, ""),
        Some(template) => {
            let metadata = template_path.child("metadata");
            meta::annotations(e, &template.metadata.annotations, &metadata.child("annotations"));
            meta::labels(e, &template.metadata.labels, &metadata.child("labels"));
            nothing_else(e, &template.metadata, &metadata);
            claims::spec(e, &template.spec, &template_path.child("spec"));
        }
    }
    if let Some(pod) = pod_name.filter(|name| !name.is_empty() && !volume.is_empty()) {
        let claim = format!("{pod}-{volume}");
        for message in names::dns_subdomain(&claim) {
            e.invalid(&volume_path.child("name"), volume, &format!("PVC name \"{claim}\": {message}"));
        }
    }
}

/// A template's metadata may have labels and annotations only (`ValidateTemplateObjectMeta`).
fn nothing_else(e: &mut Errors, meta: &ObjectMeta, path: &Path) {
    for (name, given) in [
        ("name", !meta.name.is_empty()),
        ("generateName", !meta.generate_name.is_empty()),
        ("namespace", !meta.namespace.is_empty()),
        ("selfLink", !meta.self_link.is_empty()),
        ("uID", !meta.uid.is_empty()),
        ("resourceVersion", !meta.resource_version.is_empty()),
        ("generation", meta.generation != 0),
        ("creationTimestamp", meta.creation_timestamp.is_some()),
        ("deletionTimestamp", meta.deletion_timestamp.is_some()),
        ("deletionGracePeriodSeconds", meta.deletion_grace_period_seconds.is_some()),
        ("ownerReferences", !meta.owner_references.is_empty()),
        ("finalizers", !meta.finalizers.is_empty()),
        ("managedFields", !meta.managed_fields.is_empty()),
    ] {
        if given {
            e.forbidden(&path.child(name), "cannot be set");
        }
    }
}

/// A text that must not be empty.
pub fn required(e: &mut Errors, value: &str, path: &Path, name: &str) {
    if value.is_empty() {
        e.required(&path.child(name), "");
    }
}

fn mode(e: &mut Errors, mode: Option<i32>, path: &Path) {
    if let Some(mode) = mode.filter(|m| !(0..=0o777).contains(m)) {
        e.invalid(path, mode, MODE);
    }
}

/// `validateHostPathVolumeSource`
pub fn host_path(e: &mut Errors, s: &HostPathVolumeSource, path: &Path) {
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
