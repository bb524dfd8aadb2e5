//! What a field does to a pod's life, in a line, in English and Chinese, with its default.

mod pods;
mod scenario;
mod workloads;

use crate::Scenario;
use lifepod_api::schema::{StructType, Type};

/// A line on a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Doc {
    /// In English.
    pub en: &'static str,
    /// In Simplified Chinese.
    pub zh: &'static str,
    /// What the API server fills in; empty for nothing.
    pub default: &'static str,
}

/// Struct, field, default, English, Chinese.
type Row = (&'static str, &'static str, &'static str, &'static str, &'static str);

/// Structs, or fields of them, that are checked and carried but do nothing to a pod's life; without fields all are
/// meant.
const INERT: &[(&str, &[&str])] = &[
    ("Capabilities", &[]),
    ("Container", &["stdin", "stdinOnce", "tty"]),
    ("PodDNSConfig", &[]),
    ("PodDNSConfigOption", &[]),
    ("HostAlias", &[]),
    ("PodSecurityContext", &[]),
    ("PodSpec", &["dnsConfig", "hostAliases", "hostIPC", "hostPID", "securityContext", "setHostnameAsFQDN"]),
    ("SELinuxOptions", &[]),
    ("SeccompProfile", &[]),
    ("AppArmorProfile", &[]),
    ("SecurityContext", &[]),
    ("Sysctl", &[]),
    ("WindowsSecurityContextOptions", &[]),
];

/// What is said of the fields of [`INERT`].
const NO_EFFECT: Doc =
    Doc { en: "No effect on the pod's life.", zh: "对 Pod 的生命周期没有影响。", default: "" };

fn rows() -> impl Iterator<Item = &'static Row> {
    pods::ROWS.iter().chain(workloads::ROWS).chain(scenario::ROWS)
}

/// The line on a field of a Go struct, where there is one.
pub fn doc(owner: &str, field: &str) -> Option<Doc> {
    let row = rows().find(|(s, f, ..)| *s == owner && *f == field);
    let inert =
        || INERT.iter().any(|(s, fields)| *s == owner && (fields.is_empty() || fields.contains(&field)));
    match row {
        Some((_, _, default, en, zh)) => Some(Doc { en, zh, default }),
        None => inert().then_some(NO_EFFECT),
    }
}

/// Lines whose struct or field does not exist: a test keeps this empty.
pub fn stray() -> Vec<String> {
    let mut structs = std::collections::BTreeMap::new();
    fn gather(ty: &'static Type, into: &mut std::collections::BTreeMap<&'static str, &'static StructType>) {
        match ty {
            Type::List(inner) | Type::Map(inner) => gather(inner, into),
            Type::Struct(inner) if into.insert(inner.name, inner).is_none() => {
                inner.fields.iter().for_each(|f| gather(f.ty, into));
            }
            _ => {}
        }
    }
    for ty in lifepod_api::KINDS.iter().map(|kind| kind.ty).chain([Scenario::STRUCT]) {
        structs.insert(ty.name, ty);
        ty.fields.iter().for_each(|f| gather(f.ty, &mut structs));
    }
    let known = |owner: &str, field: &str| structs.get(owner).is_some_and(|s| s.field(field).is_some());
    let inert = INERT.iter().flat_map(|(s, fields)| fields.iter().map(move |f| (*s, *f)));
    let all = rows().map(|(s, f, ..)| (*s, *f)).chain(inert);
    all.filter(|(s, f)| !known(s, f)).map(|(s, f)| format!("{s}.{f}")).collect()
}
