//! The hash of a pod template that names ReplicaSets (`pkg/controller/controller_utils.go ComputeHash`).
//!
//! The real one hashes what Go's `spew` prints of the template: its Go field and type names with all zero values. That
//! text is written here from the types' field tables, so the hashes are those that a real cluster would give.

use super::history::safe_encode;
use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use core::fmt::{Result, Write};
use lifepod_api::PodTemplateSpec;
use lifepod_api::schema::{Field, StructType, Type};
use lifepod_api::wire::Wire;
use serde_json::Value;

/// The hash of a template, another one after each collision, in letters that cannot make a word.
pub(crate) fn compute_hash(template: &PodTemplateSpec, collision_count: Option<i32>) -> String {
    let mut hash = Fnv32a(0x811c_9dc5);
    let text = hash.write_str("(v1.PodTemplateSpec)");
    // Writing into a hash does not fail.
    let _ = text.and_then(|()| structure(&mut hash, PodTemplateSpec::STRUCT, Some(&template.encode())));
    if let Some(count) = collision_count {
        hash.add(&count.to_le_bytes());
        hash.add(&[0; 4]);
    }
    safe_encode(&hash.0.to_string())
}

/// The 32-bit FNV-1a hash (`hash/fnv`).
struct Fnv32a(u32);

impl Fnv32a {
    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
        }
    }
}

impl Write for Fnv32a {
    fn write_str(&mut self, text: &str) -> Result {
        self.add(text.as_bytes());
        Ok(())
    }
}

/// Fields that stand in a struct of their own in Go: the outer struct, the inner one's name, its first and last field.
const EMBEDDED: [(&str, &str, &str, &str); 9] = [
    ("Volume", "VolumeSource", "hostPath", "image"),
    ("Probe", "ProbeHandler", "exec", "grpc"),
    ("ConfigMapVolumeSource", "LocalObjectReference", "name", "name"),
    ("SecretProjection", "LocalObjectReference", "name", "name"),
    ("ConfigMapProjection", "LocalObjectReference", "name", "name"),
    ("ConfigMapEnvSource", "LocalObjectReference", "name", "name"),
    ("SecretEnvSource", "LocalObjectReference", "name", "name"),
    ("ConfigMapKeySelector", "LocalObjectReference", "name", "name"),
    ("SecretKeySelector", "LocalObjectReference", "name", "name"),
];

/// Go's field names that are not the wire's with a capital letter; some in one struct only.
const GO_NAMES: [(&str, &str, &str); 43] = [
    ("", "apiGroup", "APIGroup"),
    ("", "apiVersion", "APIVersion"),
    ("", "awsElasticBlockStore", "AWSElasticBlockStore"),
    ("", "cephfs", "CephFS"),
    ("", "chapAuthDiscovery", "DiscoveryCHAPAuth"),
    ("", "chapAuthSession", "SessionCHAPAuth"),
    ("", "csi", "CSI"),
    ("", "diskURI", "DataDiskURI"),
    ("", "dnsConfig", "DNSConfig"),
    ("", "dnsPolicy", "DNSPolicy"),
    ("", "endpoints", "EndpointsName"),
    ("", "fc", "FC"),
    ("", "fsGroup", "FSGroup"),
    ("", "fsGroupChangePolicy", "FSGroupChangePolicy"),
    ("", "fsType", "FSType"),
    ("", "gcePersistentDisk", "GCEPersistentDisk"),
    ("", "gmsaCredentialSpec", "GMSACredentialSpec"),
    ("", "gmsaCredentialSpecName", "GMSACredentialSpecName"),
    ("", "grpc", "GRPC"),
    ("", "httpGet", "HTTPGet"),
    ("", "httpHeaders", "HTTPHeaders"),
    ("", "ip", "IP"),
    ("", "iqn", "IQN"),
    ("", "iscsi", "ISCSI"),
    ("", "iscsiInterface", "ISCSIInterface"),
    ("", "metadata", "ObjectMeta"),
    ("", "nfs", "NFS"),
    ("", "os", "OS"),
    ("", "pdName", "PDName"),
    ("", "rbd", "RBD"),
    ("", "seLinuxChangePolicy", "SELinuxChangePolicy"),
    ("", "seLinuxOptions", "SELinuxOptions"),
    ("", "serviceAccount", "DeprecatedServiceAccount"),
    ("", "sslEnabled", "SSLEnabled"),
    ("", "storageos", "StorageOS"),
    ("", "tcpSocket", "TCPSocket"),
    ("", "tty", "TTY"),
    ("", "uid", "UID"),
    ("", "wwids", "WWIDs"),
    ("RBDVolumeSource", "image", "RBDImage"),
    ("RBDVolumeSource", "monitors", "CephMonitors"),
    ("RBDVolumeSource", "pool", "RBDPool"),
    ("RBDVolumeSource", "user", "RadosUser"),
];

fn go_field_name(ty: &StructType, field: &Field) -> Cow<'static, str> {
    let known = |of: &&(&str, &str, &str)| of.1 == field.name && (of.0.is_empty() || of.0 == ty.name);
    if let Some((.., go)) = GO_NAMES.iter().find(known) {
        return Cow::Borrowed(go);
    }
    let mut name = field.name.to_string();
    if let Some(first) = name.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    Cow::Owned(name)
}

/// The Go type of a field without its pointer, and whether it is one.
fn go_type(field: &Field) -> (Cow<'static, str>, bool) {
    match field.name {
        // Not a pointer in Go, where a zero time stands for none.
        "creationTimestamp" => (Cow::Borrowed("v1.Time"), false),
        "managedFields" => (Cow::Borrowed("[]v1.ManagedFieldsEntry"), false),
        _ if field.go.is_empty() => (Cow::Owned(field.ty.go_name()), field.optional),
        _ => (Cow::Borrowed(field.go), field.optional),
    }
}

/// `{Name:(string)a …}`: a struct with all its fields, whether they are there or not (`spew/format.go format`).
fn structure(out: &mut dyn Write, ty: &StructType, value: Option<&Value>) -> Result {
    out.write_char('{')?;
    for (index, field) in ty.fields.iter().enumerate() {
        if index > 0 {
            out.write_char(' ')?;
        }
        let embedded = EMBEDDED.iter().find(|(outer, ..)| *outer == ty.name);
        if let Some((_, inner, first, _)) = embedded
            && *first == field.name
        {
            write!(out, "{inner}:(v1.{inner}){{")?;
        }
        let value = value.and_then(|value| value.get(field.name));
        let (go, pointer) = go_type(field);
        write!(out, "{}:({}{go})", go_field_name(ty, field), if pointer { "*" } else { "" })?;
        match (pointer, value) {
            (true, None) => out.write_str("<nil>")?,
            _ => contents(out, field.ty, value)?,
        }
        if embedded.is_some_and(|(.., last)| *last == field.name) {
            out.write_char('}')?;
        }
    }
    out.write_char('}')
}

/// A value without its type's name.
fn contents(out: &mut dyn Write, ty: &Type, value: Option<&Value>) -> Result {
    match ty {
        Type::String => out.write_str(value.and_then(Value::as_str).unwrap_or("")),
        Type::Bool => write!(out, "{}", value.and_then(Value::as_bool).unwrap_or(false)),
        Type::Int32 | Type::Int64 => write!(out, "{}", value.and_then(Value::as_i64).unwrap_or(0)),
        Type::Quantity => quantity(out, value.and_then(Value::as_str).unwrap_or("")),
        Type::Time | Type::MicroTime => {
            out.write_str("{Time:(time.Time){wall:(uint64)0 ext:(int64)0 loc:(*time.Location)<nil>}}")
        }
        Type::IntOrString => {
            let text = value.and_then(Value::as_str);
            let (kind, text) = (u8::from(text.is_some()), text.unwrap_or(""));
            let number = value.and_then(Value::as_i64).unwrap_or(0);
            write!(out, "{{Type:(intstr.Type){kind} IntVal:(int32){number} StrVal:(string){text}}}")
        }
        Type::List(element) => match value.and_then(Value::as_array).filter(|list| !list.is_empty()) {
            None => out.write_str("<nil>"),
            Some(list) => {
                for (index, value) in list.iter().enumerate() {
                    out.write_char(if index == 0 { '[' } else { ' ' })?;
                    contents(out, element, Some(value))?;
                }
                out.write_char(']')
            }
        },
        Type::Map(element) => match value.and_then(Value::as_object).filter(|map| !map.is_empty()) {
            None => out.write_str("<nil>"),
            Some(map) => {
                for (index, (key, value)) in map.iter().enumerate() {
                    out.write_str(if index == 0 { "map[" } else { " " })?;
                    write!(out, "{key}:")?;
                    contents(out, element, Some(value))?;
                }
                out.write_char(']')
            }
        },
        Type::Struct(ty) => structure(out, ty, value),
        Type::Any | Type::Bytes => out.write_str("<nil>"),
    }
}

/// The insides of a `resource.Quantity` that was read from its canonical text (`resource/quantity.go ParseQuantity`).
/// Those beyond 64 bits, which Go holds elsewhere, are written like the others.
fn quantity(out: &mut dyn Write, text: &str) -> Result {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let suffix = &text[digits.len()..];
    let number: i64 = digits.parse().unwrap_or(0);
    let binary = suffix.ends_with('i');
    let (value, scale, kept) = if binary {
        let shift = 10 * (1 + "KMGTPE".find(&suffix[..1]).unwrap_or(0) as u32);
        (number.checked_shl(shift).unwrap_or(i64::MAX), 0, number & 7 != 0)
    } else {
        let scale = 3 * ("num kMGTPE".find(suffix.chars().next().unwrap_or(' ')).unwrap_or(3) as i32 - 3);
        (number, scale, text == "0" || (!digits.ends_with("000") && !digits.starts_with('0')))
    };
    let format = if binary { "BinarySI" } else { "DecimalSI" };
    // Go keeps the text when it is canonical beyond doubt.
    let kept = if kept { text } else { "" };
    write!(
        out,
        "{{i:(resource.int64Amount){{value:(int64){value} scale:(resource.Scale){scale}}} \
         d:(resource.infDecAmount){{Dec:(*inf.Dec)<nil>}} s:(string){kept} Format:(resource.Format){format}}}"
    )
}

#[cfg(test)]
mod tests {
    use super::compute_hash;
    use lifepod_api::{Object, defaults};
    use serde_json::json;

    /// The hashes that a real cluster gave to these templates.
    #[test]
    fn hashes_are_those_of_a_real_cluster() {
        let probe = json!({"exec": {"command": ["probe", "okfrom=2"]}, "periodSeconds": 1});
        let plain = json!({"name": "a", "image": "sim/app:v1"});
        let probed = json!({"name": "a", "image": "sim/app:v1", "readinessProbe": probe});
        let sized = json!({"name": "a", "image": "sim/app:v1", "resources": {"requests": {"cpu": "500m"}}});
        for (hash, app, spec) in [
            ("589f86c755", "w", json!({"containers": [plain]})),
            ("5976b8cbc4", "w", json!({"containers": [probed], "nodeSelector": {"pool": "main"}})),
            ("66554c4f6d", "low", json!({"containers": [sized], "priorityClassName": "oracle-low"})),
        ] {
            let metadata = json!({"labels": {"app": app}, "annotations": {"sim/a": "{\"termAfter\": 1}"}});
            let template = json!({"metadata": metadata, "spec": spec});
            let value =
                json!({"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"template": template}});
            let (mut object, errors) = Object::decode(&value);
            assert!(errors.is_empty());
            defaults::apply(&mut object);
            let Object::Deployment(deployment) = object else { panic!("a Deployment was written") };
            assert_eq!(compute_hash(&deployment.spec.template, None), hash);
        }
    }
}
