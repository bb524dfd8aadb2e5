//! Kinds that the API server has beside those with a type, and advice on near misses.

use crate::hint::Hint;
use crate::scenario::{self, Scenario};
use crate::schema;
use lifepod_api::schema::{StructType, Type};
use lifepod_api::{KINDS, Kind};

/// What is known of a kind without a type.
#[derive(Debug, PartialEq)]
pub enum Known {
    /// Kubernetes has it; the simulation carries it.
    Carried,
    /// It belongs to someone else's API group.
    Foreign,
    /// Kubernetes has no such kind in that version.
    Missing(Option<Meant>),
}

/// What a kind that does not exist was probably meant to be.
#[derive(Debug, PartialEq)]
pub enum Meant {
    /// The kind is in this `apiVersion`.
    Version(&'static str),
    /// This kind.
    Kind(&'static str),
}

impl Meant {
    /// What to do.
    pub fn hint(&self, kind: &str) -> Hint {
        match self {
            Meant::Version(version) => Hint::of(
                format!("{kind} is in apiVersion `{version}`"),
                format!("{kind} 属于 apiVersion `{version}`"),
            ),
            Meant::Kind(close) => Hint::did_you_mean(close),
        }
    }
}

/// Kinds that are carried, by group and version.
const CARRIED: &[(&str, &[&str])] = &[
    ("v1", &["Binding", "ComponentStatus", "ReplicationControllerList", "PodList"]),
    ("autoscaling/v1", &["HorizontalPodAutoscaler", "Scale"]),
    ("autoscaling/v2", &["HorizontalPodAutoscaler"]),
    ("networking.k8s.io/v1", &["Ingress", "IngressClass", "NetworkPolicy", "IPAddress", "ServiceCIDR"]),
    ("rbac.authorization.k8s.io/v1", &["Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"]),
    ("apiextensions.k8s.io/v1", &["CustomResourceDefinition"]),
    ("apiregistration.k8s.io/v1", &["APIService"]),
    ("coordination.k8s.io/v1", &["Lease"]),
    ("events.k8s.io/v1", &["Event"]),
    ("certificates.k8s.io/v1", &["CertificateSigningRequest"]),
    (
        "storage.k8s.io/v1",
        &["CSIDriver", "CSINode", "CSIStorageCapacity", "VolumeAttachment", "VolumeAttributesClass"],
    ),
    (
        "admissionregistration.k8s.io/v1",
        &[
            "MutatingWebhookConfiguration",
            "ValidatingWebhookConfiguration",
            "ValidatingAdmissionPolicy",
            "ValidatingAdmissionPolicyBinding",
            "MutatingAdmissionPolicy",
            "MutatingAdmissionPolicyBinding",
        ],
    ),
    ("flowcontrol.apiserver.k8s.io/v1", &["FlowSchema", "PriorityLevelConfiguration"]),
    ("resource.k8s.io/v1", &["ResourceClaim", "ResourceClaimTemplate", "DeviceClass", "ResourceSlice"]),
];

fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    let typed = KINDS.iter().map(|k| (k.api_version, k.kind));
    typed.chain(CARRIED.iter().flat_map(|(version, kinds)| kinds.iter().map(|k| (*version, *k))))
}

/// What is known of a kind that has no type.
pub fn lookup(api_version: &str, kind: &str) -> Known {
    if CARRIED.iter().any(|(version, kinds)| *version == api_version && kinds.contains(&kind)) {
        return Known::Carried;
    }
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    let own = !group.contains('.') || group.ends_with(".k8s.io");
    if !own {
        return Known::Foreign;
    }
    Known::Missing(match all().find(|(_, k)| *k == kind) {
        Some((version, _)) => Some(Meant::Version(version)),
        None => nearest(kind, all().map(|(_, k)| k)).map(Meant::Kind),
    })
}

/// The value to write for a missing `kind` or `apiVersion`.
pub fn suggest_missing(name: &str, kind: Option<&str>, api_version: Option<&str>) -> Option<&'static str> {
    match (name, kind, api_version) {
        ("apiVersion", Some(scenario::KIND), _) => Some(scenario::API_VERSION),
        ("apiVersion", Some(kind), _) => KINDS.iter().find(|k| k.kind == kind).map(|k| k.api_version),
        ("kind", _, Some("v1")) => Some("Pod"),
        ("kind", _, Some(version)) => KINDS.iter().find(|k| k.api_version == version).map(|k| k.kind),
        _ => None,
    }
}

/// The type of a document.
pub fn root(api_version: &str, kind: &str) -> Option<&'static StructType> {
    if kind == scenario::KIND && api_version == scenario::API_VERSION {
        return Some(Scenario::STRUCT);
    }
    Kind::find(api_version, kind).map(|k| k.ty)
}

/// Advice on a field that its struct does not have, and the field that was probably meant.
pub fn unknown_field(root: &'static StructType, path: &str) -> (Hint, Option<&'static str>) {
    let (parent, name) = path.rsplit_once('.').unwrap_or(("", path));
    let Some(ty) = schema::struct_at(root, parent) else { return (Hint::NONE, None) };
    if let Some(close) = nearest(name, ty.all_fields().map(|f| f.name)) {
        return (Hint::did_you_mean(close), Some(close));
    }
    match elsewhere(root, parent, name) {
        Some(place) => {
            let (en, zh) =
                (format!("`{name}` belongs in `{place}`"), format!("`{name}` 应写在 `{place}` 里"));
            (Hint::of(en, zh), None)
        }
        None => (Hint::NONE, None),
    }
}

/// Where a field that stands at the wrong depth belongs: in the nearest parent that has it, or in the first struct
/// further in that does.
fn elsewhere(root: &'static StructType, at: &str, name: &str) -> Option<String> {
    let has = |path: &str| schema::struct_at(root, path).is_some_and(|ty| ty.field(name).is_some());
    let mut parent = at;
    while let Some((outer, _)) = parent.rsplit_once('.') {
        parent = outer;
        if has(parent) {
            return Some(parent.to_string());
        }
    }
    let mut level = vec![at.to_string()];
    for _ in 0..4 {
        let mut next = Vec::new();
        for path in &level {
            for field in schema::struct_at(root, path)?.all_fields().filter(|f| f.name != "metadata") {
                let dot = if path.is_empty() { "" } else { "." };
                match field.ty {
                    Type::Struct(_) => next.push(format!("{path}{dot}{}", field.name)),
                    Type::List(Type::Struct(_)) => next.push(format!("{path}{dot}{}[]", field.name)),
                    _ => {}
                }
            }
        }
        // Of `containers` and `initContainers` the first is meant.
        if let Some(found) = next.iter().filter(|path| has(path)).min_by_key(|path| path.len()) {
            return Some(found.clone());
        }
        level = next;
    }
    None
}

/// Advice on a value of a wrong type.
pub fn type_hint(message: &str) -> Hint {
    if message.ends_with("of type string") {
        Hint::new(
            "put it in quotes: YAML reads it as something else than text",
            "请加上引号：YAML 没有把它读成文本",
        )
    } else if message.contains("object into") && message.contains("of type []") {
        Hint::new("this is a list: begin its items with `- `", "这里是列表：每一项以 `- ` 开头")
    } else if message.contains("string into") && message.contains("of type []string") {
        Hint::new(
            "this is a list: write `[\"…\"]` or one item a line behind `- `",
            "这里是列表：写成 `[\"…\"]`，或每行一项并以 `- ` 开头",
        )
    } else if message.contains("string into") && message.contains("of type int") {
        Hint::new("write a number without quotes or unit", "请写数字，不加引号和单位")
    } else {
        Hint::NONE
    }
}

/// The candidate that a mistyped word was meant to be, if one is close: differing in case, or by at most a third
/// of its letters.
pub fn nearest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let limit = word.chars().count().div_ceil(3).min(3);
    candidates
        .map(|c| (if c.eq_ignore_ascii_case(word) { 0 } else { distance(word, c) }, c))
        .filter(|(d, c)| *d <= limit && *c != word)
        .min_by_key(|(d, _)| *d)
        .map(|(_, c)| c)
}

/// Levenshtein's distance.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(ca != *cb);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
