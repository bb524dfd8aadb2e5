//! Kinds that the API server has beside those with a type, and advice on near misses.

use crate::scenario::{self, Scenario};
use lifepod_api::schema::StructType;
use lifepod_api::wire::DecodeErrorKind;
use lifepod_api::{KINDS, Kind};

/// What is known of a kind without a type.
#[derive(Debug, PartialEq)]
pub enum Known {
    /// Kubernetes has it; the simulation carries it.
    Carried,
    /// It belongs to someone else's API group.
    Foreign,
    /// Kubernetes has no such kind in that version; with advice.
    Missing(String),
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
    let hint = match all().find(|(_, k)| *k == kind) {
        Some((version, _)) => format!("{kind} is in apiVersion `{version}`"),
        None => match nearest(kind, all().map(|(_, k)| k)) {
            Some(close) => format!("did you mean `{close}`?"),
            None => String::new(),
        },
    };
    Known::Missing(hint)
}

/// What to write for a missing `kind` or `apiVersion`.
pub fn suggest_missing(name: &str, kind: Option<&str>, api_version: Option<&str>) -> String {
    let found = match (name, kind, api_version) {
        ("apiVersion", Some(kind), _) => KINDS.iter().find(|k| k.kind == kind).map(|k| k.api_version),
        ("kind", _, Some(version)) => {
            let mut kinds = KINDS.iter().filter(|k| k.api_version == version);
            if version == "v1" { Some("Pod") } else { kinds.next().map(|k| k.kind) }
        }
        _ => None,
    };
    found.map_or(String::new(), |value| format!("add `{name}: {value}`"))
}

/// The type of a document.
pub fn root(api_version: &str, kind: &str) -> Option<&'static StructType> {
    if kind == scenario::KIND && api_version == scenario::API_VERSION {
        return Some(Scenario::STRUCT);
    }
    Kind::find(api_version, kind).map(|k| k.ty)
}

/// Advice on a decoding error, in a few words.
pub fn hint(path: &str, kind: DecodeErrorKind, message: &str, root: Option<&'static StructType>) -> String {
    match kind {
        DecodeErrorKind::UnknownField => {
            let (parent, name) = path.rsplit_once('.').unwrap_or(("", path));
            let fields = root.and_then(|root| crate::schema::struct_at(root, parent));
            let near = fields.and_then(|ty| nearest(name, ty.all_fields().map(|f| f.name)));
            near.map_or(String::new(), |close| format!("did you mean `{close}`?"))
        }
        DecodeErrorKind::Type if message.ends_with("of type string") => {
            "put it in quotes: YAML reads it as something else than text".to_string()
        }
        DecodeErrorKind::Type if message.contains("object into") && message.contains("of type []") => {
            "this is a list: begin its items with `- `".to_string()
        }
        DecodeErrorKind::Type if message.contains("string into") && message.contains("of type []string") => {
            "this is a list: write `[\"…\"]` or one item a line behind `- `".to_string()
        }
        DecodeErrorKind::Type if message.contains("string into") && message.contains("of type int") => {
            "write a number without quotes or unit".to_string()
        }
        DecodeErrorKind::Type => String::new(),
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
