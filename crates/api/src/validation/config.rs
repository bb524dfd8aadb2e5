//! ConfigMap and Secret.

use super::field::{Errors, Path};
use super::meta::object_meta;
use super::names;
use crate::*;
use alloc::format;
use alloc::string::ToString;
use serde_json::Value;

/// `ValidateConfigMap`
pub fn config_map(e: &mut Errors, o: &ConfigMap) {
    object_meta(e, &o.metadata, true, names::dns_subdomain);
    let mut size = 0;
    for (key, value) in &o.data {
        e.invalid_each(&Path::new("data").key(key), key, names::config_key(key));
        if o.binary_data.contains_key(key) {
            let detail = "duplicate of key present in binaryData";
            e.invalid(&Path::new("data").key(key), key, detail);
        }
        size += value.len();
    }
    for (key, value) in &o.binary_data {
        e.invalid_each(&Path::new("binaryData").key(key), key, names::config_key(key));
        size += value.0.len();
    }
    if size > 1024 * 1024 {
        e.too_long(&Path::new(""), 1024 * 1024);
    }
}

/// `ValidateSecret`
pub fn secret(e: &mut Errors, o: &Secret) {
    object_meta(e, &o.metadata, true, names::dns_subdomain);
    let mut size = 0;
    for (key, value) in &o.data {
        e.invalid_each(&Path::new("data").key(key), key, names::config_key(key));
        size += value.0.len();
    }
    if size > 1024 * 1024 {
        e.too_long(&Path::new("data"), 1024 * 1024);
    }
    let data = Path::new("data");
    match o.type_.as_str() {
        "kubernetes.io/dockercfg" => credentials(e, o, ".dockercfg"),
        "kubernetes.io/dockerconfigjson" => credentials(e, o, ".dockerconfigjson"),
        "kubernetes.io/tls" => needs(e, o, &["tls.crt", "tls.key"]),
        // Either will do.
        "kubernetes.io/basic-auth" if !["username", "password"].iter().any(|k| o.data.contains_key(k)) => {
            needs(e, o, &["username", "password"]);
        }
        "kubernetes.io/ssh-auth" if o.data.get("ssh-privatekey").is_none_or(|key| key.0.is_empty()) => {
            e.required(&data.key("ssh-privatekey"), "");
        }
        "kubernetes.io/service-account-token" => {
            const ACCOUNT: &str = "kubernetes.io/service-account.name";
            if o.metadata.annotations.get(ACCOUNT).is_none_or(|name| name.is_empty()) {
                let path = Path::new("metadata");
                e.required(&path.child("annotations").key(ACCOUNT), "");
            }
        }
        _ => {}
    }
}

fn needs(e: &mut Errors, o: &Secret, keys: &[&str]) {
    for key in keys.iter().filter(|key| !o.data.contains_key(key)) {
        e.required(&Path::new("data").key(key), "");
    }
}

/// What a registry asks for: any JSON object. Its text is not shown.
fn credentials(e: &mut Errors, o: &Secret, key: &str) {
    let Some(data) = o.data.get(key) else { return needs(e, o, &[key]) };
    let detail = match serde_json::from_slice::<Value>(&data.0) {
        Ok(Value::Object(_) | Value::Null) => return,
        Ok(other) => {
            let kind = crate::wire::kind_name(&other);
            format!("json: cannot unmarshal {kind} into Go value of type map[string]interface {{}}")
        }
        Err(error) if error.is_eof() => "unexpected end of JSON input".to_string(),
        Err(error) => {
            let line = data.0.split(|b| *b == b'\n').nth(error.line().saturating_sub(1)).unwrap_or(&[]);
            let wrong = line.get(error.column().saturating_sub(1)).copied().unwrap_or(b'\n');
            format!("invalid character {:?} looking for beginning of value", char::from(wrong))
        }
    };
    e.invalid(&Path::new("data").key(key), "<secret contents redacted>", &detail);
}
