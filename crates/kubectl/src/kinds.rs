//! The resource types that commands may name.

use alloc::string::String;

/// A resource type, as the API server's discovery lists it.
#[derive(Debug, PartialEq, Eq)]
pub struct Kind {
    /// `Pod`
    pub kind: &'static str,
    /// `apps`, or empty for the core group.
    pub group: &'static str,
    /// `v1`
    pub version: &'static str,
    /// `pods`
    pub plural: &'static str,
    /// The short names, separated by spaces: `po`.
    pub short: &'static str,
    /// Do its objects live in a namespace?
    pub namespaced: bool,
}

impl Kind {
    /// `pod`, `deployment.apps`: the prefix of a name in `-o name` and in tables of several kinds.
    pub fn prefix(&self) -> String {
        let mut s = self.kind.to_ascii_lowercase();
        if !self.group.is_empty() {
            s.push('.');
            s.push_str(self.group);
        }
        s
    }

    /// `pods`, `deployments.apps`: how the API server names the type in errors.
    pub fn resource(&self) -> String {
        let mut s = String::from(self.plural);
        if !self.group.is_empty() {
            s.push('.');
            s.push_str(self.group);
        }
        s
    }

    /// `Pod`, `ReplicaSet.apps`: how the client's type system writes the kind.
    pub(crate) fn group_kind(&self) -> String {
        let mut s = String::from(self.kind);
        if !self.group.is_empty() {
            s.push('.');
            s.push_str(self.group);
        }
        s
    }

    /// What the API server warns of at every request for these objects
    /// (`staging/src/k8s.io/apiserver/pkg/endpoints/deprecation/deprecation.go WarningMessage`, by the lifecycle of the
    /// type).
    pub fn deprecation(&self) -> Option<&'static str> {
        let is_endpoints = self.group.is_empty() && self.kind == "Endpoints";
        is_endpoints.then_some("v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice")
    }

    /// `v1`, `apps/v1`.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.into()
        } else {
            alloc::format!("{}/{}", self.group, self.version)
        }
    }
}

const fn kind(
    kind: &'static str,
    group: &'static str,
    version: &'static str,
    plural: &'static str,
    short: &'static str,
    namespaced: bool,
) -> Kind {
    Kind { kind, group, version, plural, short, namespaced }
}

/// Every type that is simulated or can be referred to, in the order in which `kubectl get all` asks for those of
/// the category `all`.
pub static KINDS: [Kind; 29] = [
    kind("Pod", "", "v1", "pods", "po", true),
    kind("ReplicationController", "", "v1", "replicationcontrollers", "rc", true),
    kind("Service", "", "v1", "services", "svc", true),
    kind("DaemonSet", "apps", "v1", "daemonsets", "ds", true),
    kind("Deployment", "apps", "v1", "deployments", "deploy", true),
    kind("ReplicaSet", "apps", "v1", "replicasets", "rs", true),
    kind("StatefulSet", "apps", "v1", "statefulsets", "sts", true),
    kind("HorizontalPodAutoscaler", "autoscaling", "v2", "horizontalpodautoscalers", "hpa", true),
    kind("CronJob", "batch", "v1", "cronjobs", "cj", true),
    kind("Job", "batch", "v1", "jobs", "", true),
    kind("Node", "", "v1", "nodes", "no", false),
    kind("Namespace", "", "v1", "namespaces", "ns", false),
    kind("Event", "", "v1", "events", "ev", true),
    kind("ConfigMap", "", "v1", "configmaps", "cm", true),
    kind("Secret", "", "v1", "secrets", "", true),
    kind("ServiceAccount", "", "v1", "serviceaccounts", "sa", true),
    kind("Endpoints", "", "v1", "endpoints", "ep", true),
    kind("EndpointSlice", "discovery.k8s.io", "v1", "endpointslices", "", true),
    kind("PersistentVolumeClaim", "", "v1", "persistentvolumeclaims", "pvc", true),
    kind("PersistentVolume", "", "v1", "persistentvolumes", "pv", false),
    kind("StorageClass", "storage.k8s.io", "v1", "storageclasses", "sc", false),
    kind("PodTemplate", "", "v1", "podtemplates", "", true),
    kind("PodDisruptionBudget", "policy", "v1", "poddisruptionbudgets", "pdb", true),
    kind("PriorityClass", "scheduling.k8s.io", "v1", "priorityclasses", "pc", false),
    kind("ResourceQuota", "", "v1", "resourcequotas", "quota", true),
    kind("LimitRange", "", "v1", "limitranges", "limits", true),
    kind("ControllerRevision", "apps", "v1", "controllerrevisions", "", true),
    kind("Lease", "coordination.k8s.io", "v1", "leases", "", true),
    kind("RuntimeClass", "node.k8s.io", "v1", "runtimeclasses", "", false),
];

/// Types that only earlier versions have. Discovery does not list them; a manifest that holds one was checked against
/// the cluster's version when it was read.
pub(crate) static REMOVED: [Kind; 1] =
    [kind("PodPreset", "settings.k8s.io", "v1alpha1", "podpresets", "", true)];

/// How many of [`KINDS`], from the first, belong to the category `all`.
const CATEGORY_ALL: usize = 10;

/// The types of the category `all`.
pub(crate) fn all() -> &'static [Kind] {
    &KINDS[..CATEGORY_ALL]
}

/// The type that a person means by `pods`, `pod`, `po`, `Pod`, `deployments.apps` or `deployments.v1.apps`.
pub fn find(name: &str) -> Option<&'static Kind> {
    let lower = name.to_ascii_lowercase();
    let (word, qualifier) = lower.split_once('.').map_or((lower.as_str(), ""), |(w, q)| (w, q));
    KINDS.iter().find(|k| {
        let named =
            k.plural == word || k.kind.eq_ignore_ascii_case(word) || k.short.split(' ').any(|s| s == word);
        let qualified = qualifier.is_empty()
            || qualifier == k.group
            || qualifier
                .strip_prefix(k.version)
                .is_some_and(|rest| rest.strip_prefix('.').unwrap_or(rest) == k.group);
        named && qualified && !word.is_empty()
    })
}

/// The type of an object, by its `kind` and `apiVersion`.
pub(crate) fn of(object: &serde_json::Value) -> Option<&'static Kind> {
    let name = object.get("kind")?.as_str()?;
    KINDS.iter().find(|k| k.kind == name)
}
