//! Values as the API server's errors show them: as Go would print or marshal them.

use crate::schema::{Field, StructType, Type, Typed};
use crate::wire::Wire;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use serde_json::Value;

/// A value as an error shows it.
pub struct Shown(String);

impl From<&str> for Shown {
    fn from(s: &str) -> Self {
        Shown(go_quote(s))
    }
}

impl From<&String> for Shown {
    fn from(s: &String) -> Self {
        Shown(go_quote(s))
    }
}

impl From<i32> for Shown {
    fn from(n: i32) -> Self {
        Shown(n.to_string())
    }
}

impl From<i64> for Shown {
    fn from(n: i64) -> Self {
        Shown(n.to_string())
    }
}

impl From<bool> for Shown {
    fn from(b: bool) -> Self {
        Shown(b.to_string())
    }
}

impl From<&Value> for Shown {
    fn from(value: &Value) -> Self {
        Shown(escaped(value))
    }
}

impl Shown {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As JSON under the names of the wire, fields in order of declaration. What is empty is null, as Go has no list
    /// or map then.
    pub fn json<T: Wire + Typed>(value: &T) -> Self {
        Self::written(value, T::TYPE, Names::Wire)
    }

    /// As JSON under the names of Go's internal types: every field in order, what is missing as its zero value.
    pub fn internal<T: Wire + Typed>(value: &T) -> Self {
        Self::written(value, T::TYPE, Names::Go)
    }

    /// JSON that is ready: for values whose internal type upstream has other names than ours.
    pub fn raw(json: String) -> Self {
        Shown(json)
    }

    fn written(value: &dyn Wire, ty: &Type, names: Names) -> Self {
        let value = if value.is_empty() { Value::Null } else { value.encode() };
        let mut out = String::new();
        write(&mut out, &value, ty, names);
        Shown(out)
    }
}

/// Which names fields have.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Names {
    /// Those of JSON and YAML; absent fields are left out.
    Wire,
    /// Those of the Go struct; all fields are there.
    Go,
}

fn write(out: &mut String, value: &Value, ty: &Type, names: Names) {
    match (ty, value) {
        (Type::Struct(ty), Value::Object(_)) => {
            out.push('{');
            members(out, value, ty, names);
            out.push('}');
        }
        (Type::List(inner), Value::Array(items)) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write(out, item, inner, names);
            }
            out.push(']');
        }
        (Type::Map(inner), Value::Object(entries)) => {
            out.push('{');
            for (i, (key, item)) in entries.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                out.push_str(&escaped(&Value::from(key.as_str())));
                out.push(':');
                write(out, item, inner, names);
            }
            out.push('}');
        }
        _ => out.push_str(&escaped(value)),
    }
}

fn members(out: &mut String, value: &Value, ty: &StructType, names: Names) {
    let mut fields: Vec<&Field> = ty.fields.iter().collect();
    if names == Names::Go {
        fields.retain(|f| !gone(ty.name, f.name));
        fields.sort_by_key(|f| rank(ty.name, f.name));
    }
    for field in fields {
        if let (true, Type::Struct(inner)) = (field.inline, field.ty) {
            members(out, value, inner, names);
            continue;
        }
        let (given, ty) = (value.get(field.name), field.ty);
        let name = match names {
            Names::Wire if given.is_none() => continue,
            Names::Wire => field.name.to_string(),
            Names::Go => go_field_name(field.name),
        };
        if !out.ends_with('{') {
            out.push(',');
        }
        out.push_str(&go_quote(&name));
        out.push(':');
        match (given, ty) {
            (Some(Value::Array(items)), _) if items.is_empty() => out.push_str("null"),
            (Some(given), _) => write(out, given, ty, names),
            (None, _) if field.optional => out.push_str("null"),
            (None, Type::String) => out.push_str("\"\""),
            (None, Type::Bool) => out.push_str("false"),
            (None, Type::Int32 | Type::Int64) => out.push('0'),
            (None, Type::Struct(inner)) => {
                out.push('{');
                members(out, &Value::Null, inner, names);
                out.push('}');
            }
            (None, _) => out.push_str("null"),
        }
    }
}

/// Fields that the internal type does not have.
fn gone(ty: &str, field: &str) -> bool {
    ty == "PodSpec" && field == "serviceAccount"
}

/// Where a field stands in the internal type, for types that have another order there.
fn rank(ty: &str, field: &str) -> usize {
    const POD_SPEC: &[&str] = &[
        "imagePullSecrets",
        "hostname",
        "subdomain",
        "setHostnameAsFQDN",
        "affinity",
        "schedulerName",
        "tolerations",
        "hostAliases",
        "priorityClassName",
        "priority",
        "preemptionPolicy",
        "dnsConfig",
        "readinessGates",
        "runtimeClassName",
        "overhead",
        "enableServiceLinks",
        "topologySpreadConstraints",
        "os",
        "schedulingGates",
        "resourceClaims",
        "resources",
        "hostnameOverride",
        "schedulingGroup",
    ];
    const SECURITY: &[&str] = &[
        "fsGroup",
        "fsGroupChangePolicy",
        "sysctls",
        "seccompProfile",
        "appArmorProfile",
        "seLinuxChangePolicy",
    ];
    const VOLUME: &[&str] = &[
        "quobyte",
        "flexVolume",
        "cinder",
        "cephfs",
        "flocker",
        "downwardAPI",
        "fc",
        "azureFile",
        "configMap",
        "vsphereVolume",
        "azureDisk",
        "photonPersistentDisk",
        "projected",
        "portworxVolume",
        "scaleIO",
        "storageos",
        "csi",
        "ephemeral",
        "image",
    ];
    // The lists begin where the two orders part.
    let order = match ty {
        "PodSpec" => POD_SPEC,
        "PodSecurityContext" => SECURITY,
        "Volume" => VOLUME,
        _ => &[],
    };
    order.iter().position(|f| *f == field).map_or(0, |at| at + 1)
}

/// As Go's JSON encoder writes it: `<`, `>` and `&` are escaped.
fn escaped(value: &Value) -> String {
    let json = value.to_string();
    if !json.contains(['<', '>', '&']) {
        return json;
    }
    json.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

/// Go's `%q`.
pub fn go_quote(s: &str) -> String {
    let mut out = String::from("\"");
    for c in s.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\x07' => out.push_str("\\a"),
            '\x08' => out.push_str("\\b"),
            '\x0c' => out.push_str("\\f"),
            '\x0b' => out.push_str("\\v"),
            c if (c as u32) < 0x20 || c as u32 == 0x7f => out.push_str(&format!("\\x{:02x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A field's name in Go: its wire name, which begins with an upper-case letter or an abbreviation there.
fn go_field_name(wire: &str) -> String {
    const OTHERS: &[(&str, &str)] = &[
        ("seLinuxOptions", "SELinuxOptions"),
        ("httpGet", "HTTPGet"),
        ("httpHeaders", "HTTPHeaders"),
        ("tcpSocket", "TCPSocket"),
        ("grpc", "GRPC"),
        ("tty", "TTY"),
        ("uid", "UID"),
        ("apiVersion", "APIVersion"),
        ("apiGroup", "APIGroup"),
        ("fsType", "FSType"),
        ("awsElasticBlockStore", "AWSElasticBlockStore"),
        ("cephfs", "CephFS"),
        ("csi", "CSI"),
        ("dnsConfig", "DNSConfig"),
        ("dnsPolicy", "DNSPolicy"),
        ("fc", "FC"),
        ("fsGroup", "FSGroup"),
        ("fsGroupChangePolicy", "FSGroupChangePolicy"),
        ("gcePersistentDisk", "GCEPersistentDisk"),
        ("iscsi", "ISCSI"),
        ("nfs", "NFS"),
        ("os", "OS"),
        ("rbd", "RBD"),
        ("seLinuxChangePolicy", "SELinuxChangePolicy"),
        ("storageos", "StorageOS"),
    ];
    if let Some((_, name)) = OTHERS.iter().find(|(w, _)| *w == wire) {
        return name.to_string();
    }
    let mut chars = wire.chars();
    chars.next().map_or(String::new(), |first| first.to_uppercase().chain(chars).collect())
}
