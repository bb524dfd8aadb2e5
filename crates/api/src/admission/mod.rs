//! Admission plugins as pure functions: what they change on a new object, or why they refuse it.
//!
//! The caller hands in the objects that a plugin looks up. In the API server's order
//! (`pkg/kubeapiserver/options/plugins.go`) the plugins here run NamespaceLifecycle, LimitRanger, ServiceAccount,
//! (PodPreset,) Priority, DefaultTolerationSeconds, RuntimeClass; then the object is validated; then RuntimeClass and
//! LimitRanger check once more, and ResourceQuota comes last.

mod limit_ranger;
mod pod_preset;
mod quota;
mod quota_scopes;

pub use limit_ranger::{limit_ranger, limit_ranger_validate};
pub use pod_preset::{PresetOutcome, pod_preset};
pub use quota::{add_usage, quota_exceeded, usage};
pub use quota_scopes::in_scope;

use crate::status::Refusal;
use crate::*;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};

pub(crate) fn forbidden(kind: &str, name: &str, why: &str) -> Refusal {
    let kind = KINDS.iter().find(|k| k.kind == kind).unwrap_or(&KINDS[0]);
    Box::new(Status::forbidden(kind, name, why))
}

/// `NamespaceLifecycle`: nothing new in a namespace that is not there, or is being deleted.
///
/// # Errors
/// 404 without the namespace, 403 while it terminates.
pub fn namespace_lifecycle(object: &Object, namespace: Option<&Namespace>) -> Result<(), Refusal> {
    let meta = object.meta();
    let Some(namespace) = namespace else {
        let kind = Kind::find("v1", "Namespace").unwrap_or(&KINDS[0]);
        return Err(Box::new(Status::not_found(kind, &meta.namespace)));
    };
    if namespace.metadata.deletion_timestamp.is_none() && namespace.status.phase != "Terminating" {
        return Ok(());
    }
    let why = format!(
        "unable to create new content in namespace {} because it is being terminated",
        meta.namespace
    );
    let mut refusal = forbidden(object.kind(), &meta.name, &why);
    if let Some(details) = &mut refusal.details {
        details.causes.push(StatusCause {
            reason: "NamespaceTerminating".to_string(),
            message: format!("namespace {} is being terminated", meta.namespace),
            field: "metadata.namespace".to_string(),
        });
    }
    Err(refusal)
}

/// The classes that every cluster has (`pkg/apis/scheduling/types.go`).
const SYSTEM_CLASSES: [(&str, i32); 2] =
    [("system-cluster-critical", 2_000_000_000), ("system-node-critical", 2_000_001_000)];

/// `Priority`: the number behind `priorityClassName`, or the default class's, or 0.
///
/// # Errors
/// 403 when there is no such class, or the pod gives another number or preemption policy itself.
pub fn priority<'a>(
    pod: &mut Pod,
    classes: impl IntoIterator<Item = &'a PriorityClass>,
) -> Result<(), Refusal> {
    const PREEMPT: &str = "PreemptLowerPriority";
    let name = pod.metadata.name.clone();
    let spec = &mut pod.spec;
    let (class, value, policy): (String, i32, Option<String>) = if spec.priority_class_name.is_empty() {
        // Of several defaults, which a race can leave behind, the lowest counts.
        match classes.into_iter().filter(|c| c.global_default).min_by_key(|c| c.value) {
            Some(c) => (c.metadata.name.clone(), c.value, c.preemption_policy.clone()),
            None => (String::new(), 0, Some(PREEMPT.to_string())),
        }
    } else {
        let wanted = &spec.priority_class_name;
        let own = classes.into_iter().find(|c| c.metadata.name == *wanted);
        let system = SYSTEM_CLASSES.iter().find(|(n, _)| n == wanted);
        match (own, system) {
            (Some(c), _) => (wanted.clone(), c.value, c.preemption_policy.clone()),
            (None, Some((_, value))) => (wanted.clone(), *value, Some(PREEMPT.to_string())),
            (None, None) => {
                return Err(forbidden(
                    "Pod",
                    &name,
                    &format!("no PriorityClass with name {wanted} was found"),
                ));
            }
        }
    };
    let clash = |what: String, computed: &str| {
        let why = format!(
            "the {what} must not be provided in pod spec; priority admission controller computed {computed} from the \
             given PriorityClass name"
        );
        forbidden("Pod", &name, &why)
    };
    if let Some(given) = spec.priority.filter(|p| *p != value) {
        return Err(clash(format!("integer value of priority ({given})"), &value.to_string()));
    }
    spec.priority_class_name = class;
    spec.priority = Some(value);
    if let Some(policy) = policy {
        if let Some(given) = spec.preemption_policy.as_ref().filter(|p| **p != policy) {
            return Err(clash(format!("string value of PreemptionPolicy ({given})"), &policy));
        }
        spec.preemption_policy = Some(policy);
    }
    Ok(())
}

/// `TaintNodesByCondition`: a new node takes no pods until the node controller has seen that it is ready
/// (`plugin/pkg/admission/nodetaint/admission.go`).
pub fn not_ready_taint(node: &mut Node) {
    let taint = Taint {
        key: "node.kubernetes.io/not-ready".to_string(),
        effect: "NoSchedule".to_string(),
        ..Taint::default()
    };
    let taints = &mut node.spec.taints;
    if !taints.iter().any(|t| t.key == taint.key && t.effect == taint.effect) {
        taints.push(taint);
    }
}

/// `DefaultStorageClass`: a claim that names no class gets the newest of the default classes, if there is one
/// (`plugin/pkg/admission/storage/storageclass/setdefault/admission.go`).
pub fn default_storage_class<'a>(
    claim: &mut PersistentVolumeClaim,
    classes: impl IntoIterator<Item = &'a StorageClass>,
) {
    if claim.spec.storage_class_name.is_none() {
        // Of several, the newest; of those made at once, the first by name.
        let newest = |class: &&StorageClass| {
            (core::cmp::Reverse(class.metadata.creation_timestamp), class.metadata.name.clone())
        };
        let class = classes.into_iter().filter(|class| is_default_storage_class(class)).min_by_key(newest);
        claim.spec.storage_class_name = class.map(|class| class.metadata.name.clone());
    }
}

/// Whether claims that name no class get this one (`pkg/volume/util/storageclass.go IsDefaultAnnotation`).
pub fn is_default_storage_class(class: &StorageClass) -> bool {
    ["storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"]
        .iter()
        .any(|key| class.metadata.annotations.get(key).is_some_and(|value| value == "true"))
}

/// `DefaultTolerationSeconds`: a pod stays five minutes on a node that is not ready or not reachable, unless it says
/// otherwise.
pub fn default_toleration_seconds(pod: &mut Pod) {
    for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
        let given =
            pod.spec.tolerations.iter().any(|t| {
                (t.key == key || t.key.is_empty()) && (t.effect == "NoExecute" || t.effect.is_empty())
            });
        if !given {
            pod.spec.tolerations.push(Toleration {
                key: key.to_string(),
                operator: "Exists".to_string(),
                effect: "NoExecute".to_string(),
                toleration_seconds: Some(300),
                ..Default::default()
            });
        }
    }
}

const TOKEN_PATH: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// `ServiceAccount`: the account's name, its pull secrets, and, with `token_suffix`, the volume with its token
/// (`kube-api-access-` and five random characters).
///
/// # Errors
/// 403 when there is no such account.
pub fn service_account(
    pod: &mut Pod,
    account: Option<&ServiceAccount>,
    token_suffix: Option<&str>,
) -> Result<(), Refusal> {
    if pod.spec.service_account_name.is_empty() {
        pod.spec.service_account_name = if pod.spec.service_account.is_empty() {
            "default".to_string()
        } else {
            pod.spec.service_account.clone()
        };
    }
    // The deprecated name says the same.
    pod.spec.service_account = pod.spec.service_account_name.clone();
    let Some(account) = account else {
        let name = &pod.spec.service_account_name;
        let why = format!(
            "error looking up service account {}/{name}: serviceaccount \"{name}\" not found",
            pod.metadata.namespace
        );
        return Err(forbidden("Pod", &pod.metadata.name, &why));
    };
    let mounts = pod.spec.automount_service_account_token.or(account.automount_service_account_token);
    if let Some(suffix) = token_suffix.filter(|_| mounts.unwrap_or(true)) {
        mount_token(pod, &format!("kube-api-access-{suffix}"));
    }
    if pod.spec.image_pull_secrets.is_empty() {
        pod.spec.image_pull_secrets = account.image_pull_secrets.clone();
    }
    Ok(())
}

fn mount_token(pod: &mut Pod, volume: &str) {
    let spec = &mut *pod.spec;
    let mut used = false;
    for container in spec.init_containers.iter_mut().chain(&mut spec.containers) {
        if container.volume_mounts.iter().all(|m| m.mount_path != TOKEN_PATH) {
            used = true;
            container.volume_mounts.push(VolumeMount {
                name: volume.to_string(),
                read_only: true,
                mount_path: TOKEN_PATH.to_string(),
                ..Default::default()
            });
        }
    }
    if !used {
        return;
    }
    let token = ServiceAccountTokenProjection {
        path: "token".to_string(),
        expiration_seconds: Some(3_607),
        ..Default::default()
    };
    let certificate = ConfigMapProjection {
        name: "kube-root-ca.crt".to_string(),
        items: alloc::vec![KeyToPath { key: "ca.crt".into(), path: "ca.crt".into(), ..Default::default() }],
        ..Default::default()
    };
    let namespace = DownwardAPIVolumeFile {
        path: "namespace".to_string(),
        field_ref: Some(ObjectFieldSelector {
            api_version: "v1".into(),
            field_path: "metadata.namespace".into(),
        }),
        ..Default::default()
    };
    let sources = alloc::vec![
        VolumeProjection { service_account_token: Some(token), ..Default::default() },
        VolumeProjection { config_map: Some(certificate), ..Default::default() },
        VolumeProjection {
            downward_api: Some(DownwardAPIProjection { items: alloc::vec![namespace] }),
            ..Default::default()
        },
    ];
    let projected = ProjectedVolumeSource { sources, default_mode: Some(0o644) };
    spec.volumes.push(Volume {
        name: volume.to_string(),
        projected: Some(Box::new(projected)),
        ..Default::default()
    });
}

/// `RuntimeClass`: overhead, node selector and tolerations of the pod's runtime class.
///
/// # Errors
/// 403 when there is no such class, or the pod contradicts it.
pub fn runtime_class(pod: &mut Pod, class: Option<&RuntimeClass>) -> Result<(), Refusal> {
    let name = pod.metadata.name.clone();
    let refuse = |why: &str| forbidden("Pod", &name, why);
    let spec = &mut pod.spec;
    let Some(wanted) = &spec.runtime_class_name else { return Ok(()) };
    let Some(class) = class else {
        return Err(refuse(&format!("pod rejected: RuntimeClass {wanted:?} not found")));
    };
    if let Some(overhead) = &class.overhead {
        if !spec.overhead.is_empty() && spec.overhead != overhead.pod_fixed {
            return Err(refuse("pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead"));
        }
        spec.overhead = overhead.pod_fixed.clone();
    }
    if let Some(scheduling) = &class.scheduling {
        for (key, value) in &scheduling.node_selector {
            if let Some(own) = spec.node_selector.get(key).filter(|own| *own != value) {
                return Err(refuse(&format!(
                    "conflict: runtimeClass.scheduling.nodeSelector[{key}] = {value}; pod.spec.nodeSelector[{key}] = \
                     {own}"
                )));
            }
            spec.node_selector.insert(key.clone(), value.clone());
        }
        for toleration in &scheduling.tolerations {
            if !spec.tolerations.contains(toleration) {
                spec.tolerations.push(toleration.clone());
            }
        }
    }
    Ok(())
}

/// `RuntimeClass` after validation: an overhead comes from a runtime class, not from the pod.
///
/// # Errors
/// 403 when the pod has one of its own.
pub fn runtime_class_validate(pod: &Pod, class: Option<&RuntimeClass>) -> Result<(), Refusal> {
    let why = match class.and_then(|c| c.overhead.as_ref()) {
        Some(overhead) if overhead.pod_fixed != pod.spec.overhead => {
            "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead"
        }
        None if !pod.spec.overhead.is_empty() => {
            "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead"
        }
        _ => return Ok(()),
    };
    Err(forbidden("Pod", &pod.metadata.name, why))
}
