//! What may change on an object that lives (`Validate*Update`).

use super::batch;
use super::field::{Errors, Path, Shown};
use crate::wire::Wire;
use crate::*;
use alloc::format;
use alloc::string::ToString;

const SPEC: &Path = &Path::new("spec");
const IMMUTABLE: &str = "field is immutable";

/// The errors of a change from `old` to `new`, beyond those that `new` would have as a new object.
pub fn changes(e: &mut Errors, new: &Object, old: &Object) {
    metadata(e, new.meta(), old.meta());
    match (new, old) {
        (Object::Pod(n), Object::Pod(o)) => pod_changes(e, &n.spec, &o.spec),
        (Object::ReplicaSet(n), Object::ReplicaSet(o)) => {
            immutable(e, &n.spec.selector, &o.spec.selector, &SPEC.child("selector"));
        }
        (Object::Deployment(n), Object::Deployment(o)) => {
            immutable(e, &n.spec.selector, &o.spec.selector, &SPEC.child("selector"));
        }
        (Object::DaemonSet(n), Object::DaemonSet(o)) => {
            immutable(e, &n.spec.selector, &o.spec.selector, &SPEC.child("selector"));
        }
        (Object::StatefulSet(n), Object::StatefulSet(o)) => stateful_set(e, &n.spec, &o.spec),
        (Object::Job(n), Object::Job(o)) => job(e, &n.spec, &o.spec),
        // A zone in the schedule that was there before may stay.
        (Object::CronJob(n), Object::CronJob(o)) if o.spec.schedule.contains("TZ") => {
            batch::cron_job_spec(e, &n.spec, true);
        }
        (Object::Service(n), Object::Service(o)) => service(e, &n.spec, &o.spec),
        (Object::PersistentVolumeClaim(n), Object::PersistentVolumeClaim(o)) => claim(e, &n.spec, &o.spec),
        (Object::PriorityClass(n), Object::PriorityClass(o)) => {
            if n.value != o.value {
                e.forbidden(&Path::new("value"), "may not be changed in an update.");
            }
            immutable(e, &n.preemption_policy, &o.preemption_policy, &Path::new("preemptionPolicy"));
        }
        (Object::ConfigMap(n), Object::ConfigMap(o)) if o.immutable == Some(true) => {
            let detail = "field is immutable when `immutable` is set";
            for (name, changed) in [
                ("immutable", n.immutable != Some(true)),
                ("data", n.data != o.data),
                ("binaryData", n.binary_data != o.binary_data),
            ] {
                if changed {
                    e.forbidden(&Path::new(name), detail);
                }
            }
        }
        (Object::Secret(n), Object::Secret(o)) => {
            immutable(e, &n.type_, &o.type_, &Path::new("type"));
            if o.immutable == Some(true) && (n.data != o.data || n.immutable != Some(true)) {
                e.forbidden(&Path::new("data"), "field is immutable when `immutable` is set");
            }
        }
        _ => {}
    }
}

/// `ValidateImmutableField`
fn immutable<T: Wire + PartialEq>(e: &mut Errors, new: &T, old: &T, path: &Path) {
    if new != old {
        e.invalid(path, Shown::json(new), IMMUTABLE);
    }
}

/// `ValidateObjectMetaUpdate`
fn metadata(e: &mut Errors, new: &ObjectMeta, old: &ObjectMeta) {
    let path = Path::new("metadata");
    for (name, n, o) in [
        ("name", &new.name, &old.name),
        ("namespace", &new.namespace, &old.namespace),
        ("uid", &new.uid, &old.uid),
    ] {
        if n != o {
            e.invalid(&path.child(name), n, IMMUTABLE);
        }
    }
    for finalizer in new.finalizers.iter().filter(|f| !old.finalizers.contains(*f)) {
        if old.deletion_timestamp.is_some() {
            let detail = format!(
                "no new finalizers can be added if the object is being deleted, found new finalizers \
                 []string{{{finalizer:?}}}"
            );
            e.forbidden(&path.child("finalizers"), &detail);
        }
    }
}

/// `ValidatePodUpdate`: images, a deadline that comes or shrinks, more tolerations, fewer gates.
fn pod_changes(e: &mut Errors, new: &PodSpec, old: &PodSpec) {
    for (name, n, o) in [
        ("containers", &new.containers, &old.containers),
        ("initContainers", &new.init_containers, &old.init_containers),
    ] {
        if n.len() != o.len() {
            return e.forbidden(&SPEC.child(name), "pod updates may not add or remove containers");
        }
    }
    let deadline = SPEC.child("activeDeadlineSeconds");
    match (new.active_deadline_seconds, old.active_deadline_seconds) {
        (Some(n), Some(o)) if o < n => {
            return e.invalid(&deadline, n, "must be less than or equal to previous value");
        }
        (None, Some(_)) => {
            let detail = "must not update from a positive integer to nil value";
            e.invalid(&deadline, Shown::raw("null".to_string()), detail);
        }
        _ => {}
    }
    tolerations(e, &new.tolerations, &old.tolerations);
    let gates = SPEC.child("schedulingGates");
    for (i, gate) in
        new.scheduling_gates.iter().enumerate().filter(|(_, g)| !old.scheduling_gates.contains(g))
    {
        let detail = format!("only deletion is allowed, but found new scheduling gate '{}'", gate.name);
        e.forbidden(&gates.index(i).child("name"), &detail);
    }

    // All that may change is put back; what still differs may not.
    let mut kept = new.clone();
    for (n, o) in kept.containers.iter_mut().zip(&old.containers) {
        n.image.clone_from(&o.image);
    }
    for (n, o) in kept.init_containers.iter_mut().zip(&old.init_containers) {
        n.image.clone_from(&o.image);
    }
    kept.active_deadline_seconds = old.active_deadline_seconds;
    kept.scheduling_gates.clone_from(&old.scheduling_gates);
    kept.tolerations.clone_from(&old.tolerations);
    if old.termination_grace_period_seconds.is_some_and(|s| s < 0)
        && kept.termination_grace_period_seconds == Some(1)
    {
        kept.termination_grace_period_seconds = old.termination_grace_period_seconds;
    }
    if !old.scheduling_gates.is_empty() {
        node_selector(e, &mut kept, old);
    }
    if kept != *old {
        e.forbidden(
            SPEC,
            "pod updates may not change fields other than `spec.containers[*].image`,\
             `spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to \
             existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was \
             previously negative)",
        );
    }
}

fn tolerations(e: &mut Errors, new: &[Toleration], old: &[Toleration]) {
    let kept = |o: &Toleration| {
        new.iter().any(|n| Toleration { toleration_seconds: n.toleration_seconds, ..o.clone() } == *n)
    };
    if !old.iter().all(kept) {
        let detail = "existing toleration can not be modified except its tolerationSeconds";
        e.forbidden(&SPEC.child("tolerations"), detail);
    }
}

/// A gated pod's node selector may grow narrower (`validateNodeSelectorMutation`).
fn node_selector(e: &mut Errors, kept: &mut PodSpec, old: &PodSpec) {
    let narrower = old.node_selector.iter().all(|(k, v)| kept.node_selector.get(k) == Some(v));
    if !narrower {
        let detail = "only additions are allowed (no mutations or deletions)";
        e.invalid(&SPEC.child("nodeSelector"), Shown::json(&kept.node_selector), detail);
    }
    kept.node_selector.clone_from(&old.node_selector);
}

/// `ValidateStatefulSetUpdate`
fn stateful_set(e: &mut Errors, new: &StatefulSetSpec, old: &StatefulSetSpec) {
    let kept = StatefulSetSpec {
        replicas: old.replicas,
        template: old.template.clone(),
        update_strategy: old.update_strategy.clone(),
        min_ready_seconds: old.min_ready_seconds,
        ordinals: old.ordinals.clone(),
        revision_history_limit: old.revision_history_limit,
        persistent_volume_claim_retention_policy: old.persistent_volume_claim_retention_policy.clone(),
        ..new.clone()
    };
    if kept != *old {
        e.forbidden(
            SPEC,
            "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', \
             'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
        );
    }
}

/// `ValidateJobSpecUpdate`
fn job(e: &mut Errors, new: &JobSpec, old: &JobSpec) {
    let indexed = new.completion_mode.as_deref() == Some("Indexed");
    let completions = SPEC.child("completions");
    if !indexed {
        immutable(e, &new.completions, &old.completions, &completions);
    } else if let Some(n) = new.completions.filter(|_| new.completions != old.completions)
        && new.parallelism != new.completions
    {
        e.invalid(&completions, n, "can only be modified in tandem with spec.parallelism");
    }
    immutable(e, &new.selector, &old.selector, &SPEC.child("selector"));
    // A suspended Job's pods may still be sent elsewhere.
    let mut template = new.template.clone();
    if old.suspend == Some(true) {
        let (n, o) = (&mut template, &old.template);
        n.metadata.labels.clone_from(&o.metadata.labels);
        n.metadata.annotations.clone_from(&o.metadata.annotations);
        n.spec.node_selector.clone_from(&o.spec.node_selector);
        n.spec.tolerations.clone_from(&o.spec.tolerations);
        n.spec.scheduling_gates.clone_from(&o.spec.scheduling_gates);
        n.spec.affinity.clone_from(&o.spec.affinity);
    }
    if template != old.template {
        let shown = Shown::internal(&new.template, PodTemplateSpec::STRUCT);
        e.invalid(&SPEC.child("template"), shown, IMMUTABLE);
    }
    immutable(e, &new.completion_mode, &old.completion_mode, &SPEC.child("completionMode"));
    immutable(e, &new.pod_failure_policy, &old.pod_failure_policy, &SPEC.child("podFailurePolicy"));
    immutable(
        e,
        &new.backoff_limit_per_index,
        &old.backoff_limit_per_index,
        &SPEC.child("backoffLimitPerIndex"),
    );
    immutable(e, &new.managed_by, &old.managed_by, &SPEC.child("managedBy"));
    immutable(e, &new.success_policy, &old.success_policy, &SPEC.child("successPolicy"));
}

/// The first cluster IP stays, as long as the Service has one (`validateUpgradeDowngradeClusterIPs`).
fn service(e: &mut Errors, new: &ServiceSpec, old: &ServiceSpec) {
    if new.type_ == "ExternalName" || old.type_ == "ExternalName" {
        return;
    }
    let path = SPEC.child("clusterIPs");
    if let (Some(o), n) = (old.cluster_ips.first(), new.cluster_ips.first())
        && n != Some(o)
    {
        e.invalid(&path.index(0), Shown::json(&new.cluster_ips), "may not change once set");
    }
    if new.type_ == "LoadBalancer"
        && old.type_ == "LoadBalancer"
        && new.load_balancer_class != old.load_balancer_class
    {
        let shown = Shown::json(&new.load_balancer_class);
        e.invalid(&SPEC.child("loadBalancerClass"), shown, "may not change once set");
    }
}

fn claim(e: &mut Errors, new: &PersistentVolumeClaimSpec, old: &PersistentVolumeClaimSpec) {
    let mut kept = new.clone();
    kept.resources.requests.clone_from(&old.resources.requests);
    kept.volume_attributes_class_name.clone_from(&old.volume_attributes_class_name);
    // Binding writes the volume's name once.
    if old.volume_name.is_empty() {
        kept.volume_name.clear();
    }
    if kept != *old {
        e.forbidden(
            SPEC,
            "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims",
        );
    }
    let (n, o) = (new.resources.requests.get("storage"), old.resources.requests.get("storage"));
    if let (Some(n), Some(o)) = (n, o)
        && n < o
    {
        let path = SPEC.child("resources");
        let path = path.child("requests");
        e.forbidden(&path.child("storage"), "field can not be less than status.capacity");
    }
}
