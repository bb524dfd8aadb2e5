//! Which resources there are: `/api`, `/apis` and what is below, in both forms that clients ask for
//! (`apiserver/pkg/endpoints/discovery`).

use super::reviews::REVIEWS;
use lifepod_kubectl::{KINDS, Kind};
use serde_json::{Value, json};

/// Verbs of what is stored.
const VERBS: &[&str] = &["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

/// A subresource: its name, the group, version and kind of its objects, and its verbs.
struct Sub {
    name: &'static str,
    group: &'static str,
    version: &'static str,
    kind: &'static str,
    verbs: &'static [&'static str],
}

const READ_WRITE: &[&str] = &["get", "patch", "update"];

/// The subresources of a kind.
fn subs(kind: &Kind) -> Vec<Sub> {
    let sub = |name, group, version, kind, verbs| Sub { name, group, version, kind, verbs };
    let status = sub("status", kind.group, kind.version, kind.kind, READ_WRITE);
    match kind.kind {
        "Pod" => vec![
            sub("attach", "", "v1", "PodAttachOptions", &["create", "get"]),
            sub("binding", "", "v1", "Binding", &["create"]),
            sub("ephemeralcontainers", "", "v1", "Pod", READ_WRITE),
            sub("eviction", "policy", "v1", "Eviction", &["create"]),
            sub("exec", "", "v1", "PodExecOptions", &["create", "get"]),
            sub("log", "", "v1", "Pod", &["get"]),
            sub("portforward", "", "v1", "PodPortForwardOptions", &["create", "get"]),
            sub("resize", "", "v1", "Pod", READ_WRITE),
            status,
        ],
        "Deployment" | "ReplicaSet" | "StatefulSet" | "ReplicationController" => {
            vec![sub("scale", "autoscaling", "v1", "Scale", READ_WRITE), status]
        }
        "DaemonSet"
        | "Job"
        | "CronJob"
        | "PodDisruptionBudget"
        | "Node"
        | "Namespace"
        | "Service"
        | "PersistentVolumeClaim"
        | "ResourceQuota"
        | "HorizontalPodAutoscaler" => vec![status],
        _ => Vec::new(),
    }
}

/// Why a subresource that the API has is not to be had here.
pub fn not_simulated(sub: &str) -> Option<String> {
    let why = match sub {
        "exec" | "attach" => "processes are simulated; read what they wrote with kubectl logs",
        "portforward" => "nothing listens on a simulated pod's ports",
        "ephemeralcontainers" => "ephemeral containers are not run",
        _ => return None,
    };
    Some(format!("{sub} is not simulated by lifepod: {why}"))
}

/// Whether a kind has that subresource.
pub fn has_sub(kind: &Kind, name: &str) -> bool {
    subs(kind).iter().any(|s| s.name == name)
}

fn short_names(kind: &Kind) -> Vec<&'static str> {
    kind.short.split(' ').filter(|s| !s.is_empty()).collect()
}

fn categories(kind: &Kind) -> &'static [&'static str] {
    match kind.kind {
        "Pod"
        | "ReplicationController"
        | "Service"
        | "DaemonSet"
        | "Deployment"
        | "ReplicaSet"
        | "StatefulSet"
        | "HorizontalPodAutoscaler"
        | "CronJob"
        | "Job" => &["all"],
        _ => &[],
    }
}

/// The groups with their versions, the core group first.
fn groups() -> Vec<(&'static str, &'static str)> {
    let mut groups: Vec<(&str, &str)> = Vec::new();
    for kind in KINDS.iter().chain(&REVIEWS) {
        if !groups.contains(&(kind.group, kind.version)) {
            groups.push((kind.group, kind.version));
        }
    }
    groups
}

/// The kinds of a group's version.
pub fn kinds_of(group: &str, version: &str) -> impl Iterator<Item = &'static Kind> {
    KINDS.iter().chain(&REVIEWS).filter(move |k| k.group == group && k.version == version)
}

/// The verbs of a kind: what is not stored can only be asked.
fn verbs(kind: &Kind) -> &'static [&'static str] {
    if REVIEWS.iter().any(|r| r == kind) { &["create"] } else { VERBS }
}

fn group_version(group: &str, version: &str) -> String {
    if group.is_empty() { version.into() } else { format!("{group}/{version}") }
}

/// The answer for a path of discovery, if it is one. `aggregated` when the client takes all at once.
pub fn answer(path: &str, aggregated: bool) -> Option<Value> {
    let parts: Vec<&str> = path.split('/').filter(|p| !p.is_empty()).collect();
    Some(match parts.as_slice() {
        ["api"] if aggregated => all(|group| group.is_empty()),
        ["apis"] if aggregated => all(|group| !group.is_empty()),
        ["api"] => json!({
            "kind": "APIVersions", "versions": ["v1"],
            "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": "127.0.0.1"}],
        }),
        ["apis"] => {
            let named = groups().into_iter().filter(|(g, _)| !g.is_empty());
            let groups: Vec<Value> = named.map(|(g, v)| group(g, v)).collect();
            json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
        }
        ["apis", name] => {
            let (found, version) = groups().into_iter().find(|(g, _)| g == name)?;
            let mut value = group(found, version);
            value["kind"] = "APIGroup".into();
            value["apiVersion"] = "v1".into();
            value
        }
        ["api", version] => resources("", version)?,
        ["apis", group, version] => resources(group, version)?,
        _ => return None,
    })
}

fn group(name: &str, version: &str) -> Value {
    let entry = json!({"groupVersion": group_version(name, version), "version": version});
    json!({"name": name, "versions": [entry], "preferredVersion": entry})
}

/// `APIResourceList`
fn resources(group: &str, version: &str) -> Option<Value> {
    let mut list = Vec::new();
    for kind in kinds_of(group, version) {
        let mut entry = json!({
            "name": kind.plural, "singularName": kind.kind.to_lowercase(), "namespaced": kind.namespaced,
            "kind": kind.kind, "verbs": verbs(kind),
        });
        if !kind.short.is_empty() {
            entry["shortNames"] = json!(short_names(kind));
        }
        if !categories(kind).is_empty() {
            entry["categories"] = json!(categories(kind));
        }
        list.push(entry);
        for sub in subs(kind) {
            let mut entry = json!({
                "name": format!("{}/{}", kind.plural, sub.name), "singularName": "",
                "namespaced": kind.namespaced, "kind": sub.kind, "verbs": sub.verbs,
            });
            if (sub.group, sub.version) != (kind.group, kind.version) {
                entry["group"] = sub.group.into();
                entry["version"] = sub.version.into();
            }
            list.push(entry);
        }
    }
    (!list.is_empty()).then(|| {
        json!({
            "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version(group, version),
            "resources": list,
        })
    })
}

/// `APIGroupDiscoveryList` of the groups that are wanted.
fn all(wanted: impl Fn(&str) -> bool) -> Value {
    let kind_of =
        |group: &str, version: &str, kind: &str| json!({"group": group, "version": version, "kind": kind});
    let resource = |kind: &Kind| {
        let subs: Vec<Value> = subs(kind)
            .iter()
            .map(|sub| {
                let kind = kind_of(sub.group, sub.version, sub.kind);
                json!({"subresource": sub.name, "verbs": sub.verbs, "responseKind": kind})
            })
            .collect();
        json!({
            "resource": kind.plural, "singularResource": kind.kind.to_lowercase(),
            "scope": if kind.namespaced { "Namespaced" } else { "Cluster" }, "verbs": verbs(kind),
            "responseKind": kind_of(kind.group, kind.version, kind.kind), "shortNames": short_names(kind),
            "categories": categories(kind), "subresources": subs,
        })
    };
    let items: Vec<Value> = groups()
        .into_iter()
        .filter(|(group, _)| wanted(group))
        .map(|(group, version)| {
            let resources: Vec<Value> = kinds_of(group, version).map(resource).collect();
            let metadata = if group.is_empty() { json!({}) } else { json!({"name": group}) };
            let version = json!({"version": version, "freshness": "Current", "resources": resources});
            json!({"metadata": metadata, "versions": [version]})
        })
        .collect();
    json!({
        "kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {},
        "items": items,
    })
}

/// The groups and versions as paths: `api/v1`, `apis/apps/v1`.
pub fn group_paths() -> Vec<(String, &'static str, &'static str)> {
    let path = |(group, version): (&'static str, &'static str)| match group {
        "" => (format!("api/{version}"), group, version),
        _ => (format!("apis/{group}/{version}"), group, version),
    };
    groups().into_iter().map(path).collect()
}
