//! Environment variables and the fields that they and downward API volumes refer to.

use super::field::{Errors, Path};
use super::names;
use super::volume_sources::no_backsteps;
use crate::*;

const ENV_FIELDS: &[&str] = &[
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];

/// The fields that a downward API volume may show.
pub const VOLUME_FIELDS: &[&str] =
    &["metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"];

/// Every field label of a pod that the API server knows (`ConvertDownwardAPIFieldLabel`).
const FIELD_LABELS: &[&str] = &[
    "metadata.annotations",
    "metadata.labels",
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.serviceAccountName",
    "spec.schedulerName",
    "status.phase",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];

const RESOURCES: &[&str] = &[
    "limits.cpu",
    "limits.ephemeral-storage",
    "limits.memory",
    "requests.cpu",
    "requests.ephemeral-storage",
    "requests.memory",
];

const BYTE_DIVISORS: &[&str] =
    &["1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"];

/// `ValidateEnv`
pub fn env(e: &mut Errors, vars: &[EnvVar], path: &Path) {
    for (i, var) in vars.iter().enumerate() {
        let path = path.index(i);
        if var.name.is_empty() {
            e.required(&path.child("name"), "");
        } else {
            e.invalid_each(&path.child("name"), &var.name, names::env_name(&var.name));
        }
        if let Some(source) = &var.value_from {
            value_from(e, source, &var.value, &path.child("valueFrom"));
        }
    }
}

fn value_from(e: &mut Errors, source: &EnvVarSource, value: &str, path: &Path) {
    let mut count = 0;
    if let Some(field) = &source.field_ref {
        count += 1;
        field_ref(e, field, ENV_FIELDS, &path.child("fieldRef"));
    }
    if let Some(resource) = &source.resource_field_ref {
        count += 1;
        resource_field_ref(e, resource, false, &path.child("resourceFieldRef"));
    }
    if let Some(key) = &source.config_map_key_ref {
        count += 1;
        key_ref(e, &key.name, &key.key, &path.child("configMapKeyRef"));
    }
    if let Some(key) = &source.secret_key_ref {
        count += 1;
        key_ref(e, &key.name, &key.key, &path.child("secretKeyRef"));
    }
    if let Some(key) = &source.file_key_ref {
        count += 1;
        file_key_ref(e, key, &path.child("fileKeyRef"));
    }
    match count {
        0 => e.invalid(
            path,
            "",
            "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`",
        ),
        _ if !value.is_empty() => e.invalid(path, "", "may not be specified when `value` is not empty"),
        1 => {}
        _ => e.invalid(path, "", "may not have more than one field specified at a time"),
    }
}

/// `validateObjectFieldSelector`
pub fn field_ref(e: &mut Errors, f: &ObjectFieldSelector, allowed: &[&str], path: &Path) {
    if f.api_version.is_empty() {
        return e.required(&path.child("apiVersion"), "");
    }
    if f.field_path.is_empty() {
        return e.required(&path.child("fieldPath"), "");
    }
    let field_path = path.child("fieldPath");
    if f.api_version != "v1" {
        let detail = alloc::format!("error converting fieldPath: unsupported pod version: {}", f.api_version);
        return e.invalid(&field_path, &f.field_path, &detail);
    }
    let subscript = f.field_path.strip_suffix("']").and_then(|p| p.split_once("['"));
    if let Some((field, key)) = subscript {
        match field {
            "metadata.annotations" => {
                let key = key.to_lowercase();
                e.invalid_each(path, &key, names::qualified_name(&key));
            }
            "metadata.labels" => e.invalid_each(path, key, names::qualified_name(key)),
            _ => {
                let detail = alloc::format!(
                    "error converting fieldPath: field label does not support subscript: {}",
                    f.field_path
                );
                e.invalid(&field_path, &f.field_path, &detail);
            }
        }
        return;
    }
    // An old name of one field is still taken.
    let name = if f.field_path == "spec.host" { "spec.nodeName" } else { &f.field_path };
    if !FIELD_LABELS.contains(&name) {
        let detail =
            alloc::format!("error converting fieldPath: field label not supported: {}", f.field_path);
        e.invalid(&field_path, &f.field_path, &detail);
    } else if !allowed.contains(&name) {
        e.not_supported(&field_path, name, allowed);
    }
}

/// `validateContainerResourceFieldSelector`
pub fn resource_field_ref(e: &mut Errors, f: &ResourceFieldSelector, volume: bool, path: &Path) {
    let huge = f.resource.starts_with("limits.hugepages-") || f.resource.starts_with("requests.hugepages-");
    if volume && f.container_name.is_empty() {
        e.required(&path.child("containerName"), "");
    } else if f.resource.is_empty() {
        e.required(&path.child("resource"), "");
    } else if !RESOURCES.contains(&f.resource.as_str()) && !huge {
        e.not_supported(&path.child("resource"), &f.resource, RESOURCES);
    }
    if f.divisor.is_zero() {
        return;
    }
    let divisor = alloc::string::ToString::to_string(&f.divisor);
    let bytes = |what: &str| {
        alloc::format!(
            "only divisor's values 1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei are supported with the \
             {what} resource"
        )
    };
    let (allowed, detail) = match f.resource.as_str() {
        "limits.cpu" | "requests.cpu" => {
            (&["1m", "1"][..], "only divisor's values 1m and 1 are supported with the cpu resource".into())
        }
        "limits.memory" | "requests.memory" => (BYTE_DIVISORS, bytes("memory")),
        "limits.ephemeral-storage" | "requests.ephemeral-storage" => {
            (BYTE_DIVISORS, bytes("local ephemeral storage"))
        }
        _ if huge => (BYTE_DIVISORS, bytes("hugepages")),
        _ => return,
    };
    if !allowed.contains(&divisor.as_str()) {
        e.invalid(&path.child("divisor"), &f.resource, &detail);
    }
}

fn key_ref(e: &mut Errors, name: &str, key: &str, path: &Path) {
    e.invalid_each(&path.child("name"), name, names::dns_subdomain(name));
    if key.is_empty() {
        e.required(&path.child("key"), "");
    } else {
        e.invalid_each(&path.child("key"), key, names::config_key(key));
    }
}

fn file_key_ref(e: &mut Errors, f: &FileKeySelector, path: &Path) {
    if f.key.is_empty() {
        e.required(&path.child("key"), "");
    } else {
        e.invalid_each(&path.child("key"), &f.key, names::env_name(&f.key));
    }
    if f.volume_name.is_empty() {
        e.required(&path.child("volumeName"), "");
    } else {
        e.invalid_each(&path.child("volumeName"), &f.volume_name, names::dns_label(&f.volume_name));
    }
    if f.path.is_empty() {
        e.required(&path.child("path"), "");
    } else {
        no_backsteps(e, &f.path, &path.child("path"));
    }
}

/// `ValidateEnvFrom`
pub fn env_from(e: &mut Errors, sources: &[EnvFromSource], path: &Path) {
    for (i, source) in sources.iter().enumerate() {
        let item = path.index(i);
        if !source.prefix.is_empty() {
            e.invalid_each(&item.child("prefix"), &source.prefix, names::env_name(&source.prefix));
        }
        let config_map = source.config_map_ref.as_ref().map(|r| ("configMapRef", &r.name));
        let secret = source.secret_ref.as_ref().map(|r| ("secretRef", &r.name));
        for (field, name) in config_map.iter().chain(&secret) {
            let path = item.child(field);
            if name.is_empty() {
                e.required(&path.child("name"), "");
            } else {
                // What is checked is a prefix here, upstream too.
                let messages = names::prefix_of(names::dns_subdomain, name);
                e.invalid_each(&path.child("name"), name, messages);
            }
        }
        match (config_map, secret) {
            (None, None) => e.invalid(path, "", "must specify one of: `configMapRef` or `secretRef`"),
            (Some(_), Some(_)) => {
                e.invalid(path, "", "may not have more than one field specified at a time");
            }
            _ => {}
        }
    }
}
