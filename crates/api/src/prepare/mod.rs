//! What the API server does to an object before validation: defaulting, then `PrepareForCreate` or `PrepareForUpdate`
//! of its kind's strategy (`pkg/registry/*/strategy.go`).

mod pod;
mod update;

pub use update::for_update;
pub(crate) use update::has_status;

use crate::defaults;
use crate::validation::field::{Errors, FieldError, Path};
use crate::{Bytes, Job, LabelSelector, Object, PodSpec, StatefulSet};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::ops::RangeInclusive;
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
        Object::Pod(o) => pod::prepare(o),
        Object::Job(o) => {
            job(o);
            if shares_labels {
                o.metadata.labels = o.spec.template.metadata.labels.clone();
            }
        }
        Object::StatefulSet(o) => {
            o.status = Default::default();
            stateful_set(o);
        }
        Object::Deployment(o) => o.status = Default::default(),
        Object::ReplicaSet(o) => o.status = Default::default(),
        Object::ReplicationController(o) => o.status = Default::default(),
        Object::DaemonSet(o) => {
            o.status = Default::default();
            o.metadata.annotations.insert(update::TEMPLATE_GENERATION.to_string(), "1".to_string());
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

/// The ports that a Service may have on every node (`--service-node-port-range`).
pub const NODE_PORTS: RangeInclusive<i32> = 30_000..=32_767;

/// What the allocators of the storage layer do to a new Service before the strategy sees it, as far as that is the same
/// in every cluster: a port for health checks is given, here the range's first
/// (`pkg/registry/core/service/storage/alloc.go`). What they refuse comes back.
pub fn allocate(object: &mut Object) -> Vec<FieldError> {
    let mut e = Errors::default();
    let Object::Service(service) = object else { return e.into_vec() };
    let spec = &mut service.spec;
    if matches!(spec.type_.as_str(), "NodePort" | "LoadBalancer") {
        let wanted = spec.ports.iter().map(|port| port.node_port);
        // The first that cannot be had is the last that is tried.
        if let Some((i, port)) = wanted.enumerate().find(|(_, port)| *port != 0 && !NODE_PORTS.contains(port))
        {
            let path = Path::new("spec");
            let path = path.child("ports");
            let path = path.index(i);
            let detail = format!(
                "provided port is not in the valid range. The range of valid ports is {}-{}",
                NODE_PORTS.start(),
                NODE_PORTS.end()
            );
            e.invalid(&path.child("nodePort"), port, &detail);
        }
    }
    if spec.needs_health_check() && spec.health_check_node_port == 0 {
        spec.health_check_node_port = *NODE_PORTS.start();
    }
    e.into_vec()
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

/// What the server writes into every StatefulSet's spec (`pkg/registry/apps/statefulset/strategy.go`).
fn stateful_set(o: &mut StatefulSet) {
    // `MaxUnavailableStatefulSet` is off by default.
    if let Some(rolling) = &mut o.spec.update_strategy.rolling_update {
        rolling.max_unavailable = None;
    }
    for claim in &mut o.spec.volume_claim_templates {
        claim.api_version = "v1".to_string();
        claim.kind = "PersistentVolumeClaim".to_string();
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
        o.spec.template.metadata.labels.insert_missing(key, || value.clone());
    }
    let selector = o.spec.selector.get_or_insert_with(LabelSelector::default);
    let uid = o.metadata.uid.clone();
    selector.match_labels.insert_missing("batch.kubernetes.io/controller-uid", || uid);
}
