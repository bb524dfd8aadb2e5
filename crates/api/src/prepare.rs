//! What the API server does to a new object before validation: defaulting, then `PrepareForCreate` of its kind's
//! strategy (`pkg/registry/*/strategy.go`).

use crate::defaults;
use crate::resources::qos_class;
use crate::{Bytes, DaemonSet, Job, LabelSelector, Object, Pod, PodCondition, PodSpec};
use alloc::string::{String, ToString};
use serde_json::Value;

/// The alphabet of generated names: no vowels, nothing that looks like something else
/// (`apimachinery/pkg/util/rand`).
pub const NAME_ALPHABET: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";

/// The name that `generateName` gives with five characters of [`NAME_ALPHABET`] (`names/generate.go`).
pub fn generated_name(prefix: &str, suffix: &str) -> String {
    let mut end = prefix.len().min(58);
    while !prefix.is_char_boundary(end) {
        end -= 1;
    }
    prefix[..end].to_string() + suffix
}

/// Defaults and prepares a new object that has its name, namespace and uid. `written` is the JSON that it was read
/// from, where there is one: Go tells a map that is empty from one that is missing.
pub fn for_create(object: &mut Object, written: Option<&Value>) {
    // A Job without labels shares its template's, and goes on sharing them when the server adds some below.
    let shares_labels = match (&*object, written) {
        (Object::Job(o), _) if !o.metadata.labels.is_empty() => false,
        (Object::Job(_), Some(json)) => json["spec"]["template"]["metadata"]["labels"].is_object(),
        (Object::Job(o), None) => !o.spec.template.metadata.labels.is_empty(),
        _ => false,
    };
    defaults::apply(object);
    if has_generation(object) {
        object.meta_mut().generation = 1;
    }
    drop_disabled(object);
    merge_string_data(object);
    match object {
        Object::Pod(o) => pod(o),
        Object::Job(o) => {
            job(o);
            if shares_labels {
                o.metadata.labels = o.spec.template.metadata.labels.clone();
            }
        }
        Object::StatefulSet(o) => {
            o.status = Default::default();
            // `MaxUnavailableStatefulSet` is off by default.
            if let Some(rolling) = &mut o.spec.update_strategy.rolling_update {
                rolling.max_unavailable = None;
            }
            for claim in &mut o.spec.volume_claim_templates {
                claim.api_version = "v1".to_string();
                claim.kind = "PersistentVolumeClaim".to_string();
            }
        }
        Object::Deployment(o) => o.status = Default::default(),
        Object::ReplicaSet(o) => o.status = Default::default(),
        Object::ReplicationController(o) => o.status = Default::default(),
        Object::DaemonSet(o) => {
            o.status = Default::default();
            o.metadata.annotations.insert(TEMPLATE_GENERATION.to_string(), "1".to_string());
        }
        Object::CronJob(o) => o.status = Default::default(),
        Object::PodDisruptionBudget(o) => o.status = Default::default(),
        Object::PersistentVolumeClaim(o) => {
            o.status = Default::default();
            o.status.phase = "Pending".to_string();
        }
        Object::Service(o) => o.status = Default::default(),
        Object::ResourceQuota(o) => o.status = Default::default(),
        Object::Namespace(o) => {
            o.status = Default::default();
            o.status.phase = "Active".to_string();
            if !o.spec.finalizers.iter().any(|finalizer| finalizer == "kubernetes") {
                o.spec.finalizers.push("kubernetes".to_string());
            }
        }
        _ => {}
    }
}

/// Defaults and prepares the new version of an object that lives: what the client may not set is taken from the old
/// one, and a changed spec counts up `metadata.generation` (`BeforeUpdate`, `PrepareForUpdate`).
pub fn for_update(new: &mut Object, old: &Object) {
    defaults::apply(new);
    drop_disabled(new);
    merge_string_data(new);
    let was = old.meta().clone();
    let meta = new.meta_mut();
    for (own, before) in [(&mut meta.uid, &was.uid), (&mut meta.namespace, &was.namespace)] {
        if own.is_empty() {
            own.clone_from(before);
        }
    }
    meta.creation_timestamp = was.creation_timestamp;
    meta.deletion_timestamp = was.deletion_timestamp;
    meta.deletion_grace_period_seconds = was.deletion_grace_period_seconds;
    meta.generation = was.generation;
    match (&mut *new, old) {
        (Object::Pod(n), Object::Pod(o)) => {
            n.status = o.status.clone();
            // The deprecated name of the account is kept in step.
            n.spec.service_account.clone_from(&n.spec.service_account_name);
            // What admission wrote stays when the manifest does not speak of it.
            n.spec.priority = n.spec.priority.or(o.spec.priority);
            if n.spec.preemption_policy.is_none() {
                n.spec.preemption_policy.clone_from(&o.spec.preemption_policy);
            }
        }
        (Object::ReplicationController(n), Object::ReplicationController(o)) => n.status = o.status.clone(),
        (Object::ReplicaSet(n), Object::ReplicaSet(o)) => n.status = o.status.clone(),
        (Object::Deployment(n), Object::Deployment(o)) => n.status = o.status.clone(),
        (Object::StatefulSet(n), Object::StatefulSet(o)) => {
            n.status = o.status.clone();
            if let Some(rolling) = &mut n.spec.update_strategy.rolling_update {
                rolling.max_unavailable = None;
            }
            for claim in &mut n.spec.volume_claim_templates {
                claim.api_version = "v1".to_string();
                claim.kind = "PersistentVolumeClaim".to_string();
            }
        }
        (Object::DaemonSet(n), Object::DaemonSet(o)) => {
            n.status = o.status.clone();
            count_template(n, o);
        }
        (Object::Job(n), Object::Job(o)) => {
            n.status = o.status.clone();
            // The selector is the server's.
            if n.spec.selector.is_none() {
                n.spec.selector.clone_from(&o.spec.selector);
            }
            for (key, _) in JOB_LABELS {
                if let Some(value) = o.spec.template.metadata.labels.get(key) {
                    let labels = &mut n.spec.template.metadata.labels;
                    labels.entry(key.to_string()).or_insert_with(|| value.clone());
                }
            }
        }
        (Object::CronJob(n), Object::CronJob(o)) => n.status = o.status.clone(),
        (Object::PodDisruptionBudget(n), Object::PodDisruptionBudget(o)) => n.status = o.status.clone(),
        (Object::PersistentVolumeClaim(n), Object::PersistentVolumeClaim(o)) => n.status = o.status.clone(),
        (Object::Node(n), Object::Node(o)) => n.status = o.status.clone(),
        (Object::Namespace(n), Object::Namespace(o)) => {
            n.status = o.status.clone();
            // They change on a subresource of their own.
            n.spec.finalizers.clone_from(&o.spec.finalizers);
        }
        (Object::ResourceQuota(n), Object::ResourceQuota(o)) => n.status = o.status.clone(),
        (Object::Service(n), Object::Service(o)) => {
            n.status = o.status.clone();
            // Addresses and ports that were allocated are kept.
            if n.spec.type_ != "ExternalName" && n.spec.cluster_ip.is_empty() && n.spec.cluster_ips.is_empty()
            {
                n.spec.cluster_ip.clone_from(&o.spec.cluster_ip);
                n.spec.cluster_ips.clone_from(&o.spec.cluster_ips);
            }
        }
        _ => {}
    }
    if has_generation(new) && spec_of(new) != spec_of(old) {
        new.meta_mut().generation = was.generation + 1;
    }
}

/// The number of a DaemonSet's template is counted in an annotation since apps/v1.
const TEMPLATE_GENERATION: &str = "deprecated.daemonset.template.generation";

/// Counts a new template; the client has no say in it (`pkg/registry/apps/daemonset/strategy.go PrepareForUpdate`).
fn count_template(new: &mut DaemonSet, old: &DaemonSet) {
    let before = old.metadata.annotations.get(TEMPLATE_GENERATION);
    let before: i64 = before.and_then(|number| number.parse().ok()).unwrap_or(0);
    let number = before + i64::from(new.spec.template != old.spec.template);
    new.metadata.annotations.insert(TEMPLATE_GENERATION.to_string(), number.to_string());
}

/// The stored object with the status of `new` (`PrepareForUpdate` of the kinds' status strategies).
pub fn with_status(stored: &Object, new: Object) -> Object {
    let mut object = stored.clone();
    match (&mut object, new) {
        (Object::Pod(o), Object::Pod(n)) => o.status = n.status,
        (Object::ReplicationController(o), Object::ReplicationController(n)) => o.status = n.status,
        (Object::ReplicaSet(o), Object::ReplicaSet(n)) => o.status = n.status,
        (Object::Deployment(o), Object::Deployment(n)) => {
            o.status = n.status;
            // Its controller writes the revision along with the status.
            o.metadata.annotations = n.metadata.annotations;
        }
        (Object::StatefulSet(o), Object::StatefulSet(n)) => o.status = n.status,
        (Object::DaemonSet(o), Object::DaemonSet(n)) => o.status = n.status,
        (Object::Job(o), Object::Job(n)) => o.status = n.status,
        (Object::CronJob(o), Object::CronJob(n)) => o.status = n.status,
        (Object::PodDisruptionBudget(o), Object::PodDisruptionBudget(n)) => o.status = n.status,
        (Object::PersistentVolumeClaim(o), Object::PersistentVolumeClaim(n)) => o.status = n.status,
        (Object::PersistentVolume(o), Object::PersistentVolume(n)) => o.status = n.status,
        (Object::Node(o), Object::Node(n)) => o.status = n.status,
        (Object::Namespace(o), Object::Namespace(n)) => o.status = n.status,
        (Object::ResourceQuota(o), Object::ResourceQuota(n)) => o.status = n.status,
        (Object::Service(o), Object::Service(n)) => o.status = n.status,
        // The other kinds have no status subresource.
        _ => {}
    }
    object
}

/// Everything but metadata and status.
fn spec_of(object: &Object) -> Value {
    let mut value = object.to_value();
    if let Some(members) = value.as_object_mut() {
        members.remove("metadata");
        members.remove("status");
    }
    value
}

/// What the storage layer does before the strategy: a Service's cluster IP may be given by either of its fields
/// (`pkg/registry/core/service/storage/storage.go normalizeClusterIPs`).
pub fn normalize(object: &mut Object) {
    if let Object::Service(o) = object
        && o.spec.cluster_ips.is_empty()
        && !o.spec.cluster_ip.is_empty()
    {
        o.spec.cluster_ips.push(o.spec.cluster_ip.clone());
    }
}

/// Clears the fields of features that are off by default in 1.36 (`pkg/api/pod/util.go dropDisabledFields`).
fn drop_disabled(object: &mut Object) {
    let Some(spec) = pod_spec_mut(object) else { return };
    // `GenericWorkload`
    spec.scheduling_group = None;
    // `ClusterTrustBundleProjection`, `PodCertificateRequest`
    let projected = spec.volumes.iter_mut().filter_map(|v| v.projected.as_mut());
    for source in projected.flat_map(|p| &mut p.sources) {
        source.cluster_trust_bundle = None;
        source.pod_certificate = None;
    }
    // `ContainerStopSignals`
    let common = spec.ephemeral_containers.iter_mut().map(|c| &mut c.common);
    let all = spec.containers.iter_mut().chain(&mut spec.init_containers).chain(common);
    all.filter_map(|c| c.lifecycle.as_mut()).for_each(|l| l.stop_signal = None);
}

/// A Secret's plain text becomes data when it is read (`pkg/apis/core/v1/conversion.go`).
fn merge_string_data(object: &mut Object) {
    if let Object::Secret(o) = object {
        for (key, text) in core::mem::take(&mut o.string_data) {
            o.data.insert(key, Bytes(text.into_bytes()));
        }
    }
}

/// The pod spec inside an object: a pod's own, or its template's.
pub fn pod_spec_mut(object: &mut Object) -> Option<&mut PodSpec> {
    Some(match object {
        Object::Pod(o) => &mut o.spec,
        Object::PodTemplate(o) => &mut o.template.spec,
        Object::ReplicationController(o) => &mut o.spec.template.as_mut()?.spec,
        Object::ReplicaSet(o) => &mut o.spec.template.spec,
        Object::Deployment(o) => &mut o.spec.template.spec,
        Object::StatefulSet(o) => &mut o.spec.template.spec,
        Object::DaemonSet(o) => &mut o.spec.template.spec,
        Object::Job(o) => &mut o.spec.template.spec,
        Object::CronJob(o) => &mut o.spec.job_template.spec.template.spec,
        _ => return None,
    })
}

/// Whether the kind counts changes of its spec in `metadata.generation`.
pub fn has_generation(object: &Object) -> bool {
    !matches!(
        object,
        Object::Service(_)
            | Object::Endpoints(_)
            | Object::Node(_)
            | Object::Namespace(_)
            | Object::ConfigMap(_)
            | Object::Secret(_)
            | Object::ServiceAccount(_)
            | Object::LimitRange(_)
            | Object::ResourceQuota(_)
            | Object::PersistentVolume(_)
            | Object::PersistentVolumeClaim(_)
            | Object::StorageClass(_)
            | Object::RuntimeClass(_)
            | Object::ControllerRevision(_)
            | Object::PodPreset(_)
            | Object::Event(_)
            | Object::Opaque(_)
    )
}

fn pod(o: &mut Pod) {
    // A negative grace period is stored as one second; in templates it stays (`conversion.go`).
    if let Some(grace) = &mut o.spec.termination_grace_period_seconds {
        *grace = if *grace < 0 { 1 } else { *grace };
    }
    o.status = Default::default();
    o.status.phase = "Pending".to_string();
    o.status.qos_class = qos_class(&o.spec).to_string();
    if !o.spec.scheduling_gates.is_empty() {
        o.status.conditions.push(PodCondition {
            type_: "PodScheduled".to_string(),
            status: "False".to_string(),
            reason: "SchedulingGated".to_string(),
            message: "Scheduling is blocked due to non-empty scheduling gates".to_string(),
            ..Default::default()
        });
    }
}

/// The labels that tie a Job's pods to it, new and old.
const JOB_LABELS: [(&str, bool); 4] = [
    ("job-name", false),
    ("controller-uid", true),
    ("batch.kubernetes.io/job-name", false),
    ("batch.kubernetes.io/controller-uid", true),
];

fn job(o: &mut Job) {
    o.status = Default::default();
    if o.spec.manual_selector == Some(true) {
        return;
    }
    for (key, is_uid) in JOB_LABELS {
        let value = if is_uid { &o.metadata.uid } else { &o.metadata.name };
        o.spec.template.metadata.labels.entry(key.to_string()).or_insert_with(|| value.clone());
    }
    let selector = o.spec.selector.get_or_insert_with(LabelSelector::default);
    let uid = o.metadata.uid.clone();
    selector.match_labels.entry("batch.kubernetes.io/controller-uid".to_string()).or_insert(uid);
}
