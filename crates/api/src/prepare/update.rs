//! The new version of an object that lives: what the client may not set is taken from the old one.

use super::{JOB_LABELS, drop_disabled, has_generation, merge_string_data};
use crate::{Container, DaemonSet, List, Object, ObjectMeta, Pod, PodSpec, PodStatus, Subresource, defaults};
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use serde_json::Value;

/// Defaults and prepares the new version of an object that lives: of `new` stays what a write to `sub` may change, all
/// else is taken from `old`, and a changed spec counts up `metadata.generation` (`BeforeUpdate`, `PrepareForUpdate`).
pub fn for_update(new: &mut Object, old: &Object, sub: Subresource) {
    if sub == Subresource::Status {
        *new = with_status(old, new);
        return;
    }
    defaults::apply(new);
    drop_disabled(new);
    merge_string_data(new);
    keep_metadata(new, old.meta());
    match (sub, &mut *new, old) {
        (Subresource::EphemeralContainers, Object::Pod(n), Object::Pod(o)) => {
            let wanted = core::mem::take(&mut n.spec.ephemeral_containers);
            n.spec = o.spec.clone();
            n.spec.ephemeral_containers = wanted;
            reset_metadata(&mut n.metadata, &o.metadata);
        }
        (Subresource::Resize, Object::Pod(n), Object::Pod(o)) => keep_all_but_sizes(n, o),
        (Subresource::Scale, n, o) => {
            let mut prepared = o.clone();
            prepared.meta_mut().resource_version.clone_from(&n.meta().resource_version);
            if let (Some(replicas), Some(wanted)) = (prepared.replicas_mut(), n.replicas_mut()) {
                *replicas = *wanted;
            }
            *n = prepared;
        }
        _ => keep_what_is_the_servers(new, old),
    }
    put_status(new, old);
    if has_generation(new) && spec_of(new) != spec_of(old) {
        new.meta_mut().generation = old.meta().generation + 1;
    }
}

/// The old object with the new status.
fn with_status(old: &Object, new: &Object) -> Object {
    let mut object = old.clone();
    object.meta_mut().resource_version.clone_from(&new.meta().resource_version);
    put_status(&mut object, new);
    match (&mut object, new, old) {
        (Object::Pod(pod), _, Object::Pod(was)) => keep_in_status(&mut pod.status, &was.status),
        // Its controller writes the revision along with the status.
        (Object::Deployment(o), Object::Deployment(n), _) => {
            o.metadata.annotations.clone_from(&n.metadata.annotations);
        }
        _ => {}
    }
    object
}

/// What no client sets: `rest.BeforeUpdate`.
fn keep_metadata(new: &mut Object, was: &ObjectMeta) {
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
}

/// The metadata that no subresource changes (`metav1.ResetObjectMetaForStatus`).
fn reset_metadata(new: &mut ObjectMeta, was: &ObjectMeta) {
    new.labels.clone_from(&was.labels);
    new.annotations.clone_from(&was.annotations);
    new.finalizers.clone_from(&was.finalizers);
    new.owner_references.clone_from(&was.owner_references);
}

/// `dropNonResizeUpdates`: where containers come, go or change their names, all stays for the validation to refuse.
fn keep_all_but_sizes(new: &mut Pod, old: &Pod) {
    fn sized(new: &mut List<Container>, old: &List<Container>) -> List<Container> {
        let wanted = core::mem::take(new);
        if wanted.iter().zip(old).any(|(n, o)| n.name != o.name) {
            return wanted;
        }
        let pairs = old.iter().zip(&wanted);
        let with_size = |(kept, wanted): (&Container, &Container)| Container {
            resources: wanted.resources.clone(),
            resize_policy: wanted.resize_policy.clone(),
            ..kept.clone()
        };
        pairs.map(with_size).collect()
    }
    let (n, o): (&mut PodSpec, &PodSpec) = (&mut new.spec, &old.spec);
    if n.containers.len() != o.containers.len() || n.init_containers.len() != o.init_containers.len() {
        return;
    }
    let resources = n.resources.take();
    let containers = sized(&mut n.containers, &o.containers);
    let init_containers = sized(&mut n.init_containers, &o.init_containers);
    *n = PodSpec { resources, containers, init_containers, ..o.clone() };
    reset_metadata(&mut new.metadata, &old.metadata);
}

/// The fields of a kind's spec that the server fills in and a client need not repeat.
fn keep_what_is_the_servers(new: &mut Object, old: &Object) {
    match (new, old) {
        (Object::Pod(n), Object::Pod(o)) => {
            let (spec, before) = (&mut *n.spec, &o.spec);
            // The deprecated name of the account is kept in step.
            spec.service_account.clone_from(&spec.service_account_name);
            // What admission wrote stays when the manifest does not speak of it.
            spec.priority = spec.priority.or(before.priority);
            if spec.preemption_policy.is_none() {
                spec.preemption_policy.clone_from(&before.preemption_policy);
            }
        }
        (Object::StatefulSet(n), Object::StatefulSet(_)) => super::stateful_set(n),
        (Object::DaemonSet(n), Object::DaemonSet(o)) => count_template(n, o),
        (Object::Job(n), Object::Job(o)) => {
            // The selector is the server's.
            if n.spec.selector.is_none() {
                n.spec.selector.clone_from(&o.spec.selector);
            }
            for (key, _) in JOB_LABELS {
                if let Some(value) = o.spec.template.metadata.labels.get(key) {
                    let labels = &mut n.spec.template.metadata.labels;
                    labels.insert_missing(key, || value.clone());
                }
            }
        }
        // They change on a subresource of their own.
        (Object::Namespace(n), Object::Namespace(o)) => n.spec.finalizers.clone_from(&o.spec.finalizers),
        // Addresses that were allocated are kept.
        (Object::Service(n), Object::Service(o))
            if n.spec.type_ != "ExternalName"
                && n.spec.cluster_ip.is_empty()
                && n.spec.cluster_ips.is_empty() =>
        {
            n.spec.cluster_ip.clone_from(&o.spec.cluster_ip);
            n.spec.cluster_ips.clone_from(&o.spec.cluster_ips);
        }
        _ => {}
    }
}

macro_rules! statuses {
    ($($kind:ident)*) => {
        /// Gives `into` the status of `from`, for kinds whose status is a subresource.
        fn put_status(into: &mut Object, from: &Object) {
            match (into, from) {
                $((Object::$kind(into), Object::$kind(from)) => into.status.clone_from(&from.status),)*
                _ => {}
            }
        }

        /// Whether the kind's status is a subresource.
        pub(crate) fn has_status(kind: &str) -> bool {
            [$(stringify!($kind)),*].contains(&kind)
        }
    };
}

statuses! {
    Pod ReplicationController ReplicaSet Deployment StatefulSet DaemonSet Job CronJob PodDisruptionBudget
    PersistentVolumeClaim PersistentVolume Node Namespace ResourceQuota Service
}

/// What a write of a pod's status does not clear: its class of service, and which generations were seen
/// (`podStatusStrategy.PrepareForUpdate`, `preserveOldObservedGeneration`).
fn keep_in_status(status: &mut PodStatus, was: &PodStatus) {
    if status.qos_class.is_empty() {
        status.qos_class.clone_from(&was.qos_class);
    }
    if status.observed_generation == 0 {
        status.observed_generation = was.observed_generation;
    }
    // Conditions of the same type are matched in their order.
    let mut seen: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
    for condition in was.conditions.iter().rev() {
        seen.entry(&condition.type_).or_default().push(condition.observed_generation);
    }
    for condition in &mut status.conditions {
        let before = seen.get_mut(condition.type_.as_str()).and_then(Vec::pop).unwrap_or(0);
        if condition.observed_generation == 0 {
            condition.observed_generation = before;
        }
    }
}

/// The number of a DaemonSet's template is counted in an annotation since apps/v1.
pub(super) const TEMPLATE_GENERATION: &str = "deprecated.daemonset.template.generation";

/// Counts a new template; the client has no say in it (`pkg/registry/apps/daemonset/strategy.go PrepareForUpdate`).
fn count_template(new: &mut DaemonSet, old: &DaemonSet) {
    let before = old.metadata.annotations.get(TEMPLATE_GENERATION);
    let before: i64 = before.and_then(|number: &String| number.parse().ok()).unwrap_or(0);
    let number = before + i64::from(new.spec.template != old.spec.template);
    new.metadata.annotations.insert(TEMPLATE_GENERATION.to_string(), number.to_string());
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
