//! What may change on an object that lives (`Validate*Update`).

mod network;
mod pod;
mod pod_parts;
mod storage;
mod workloads;

use super::batch;
use super::field::{Errors, Path, Shown};
use crate::schema::Typed;
use crate::wire::Wire;
use crate::*;
use alloc::format;

pub use pod_parts::{ephemeral_containers, pod_status, resize};

const SPEC: &Path = &Path::new("spec");
const IMMUTABLE: &str = "field is immutable";

/// The errors of a change from `old` to `new`, beyond those that `new` would have as a new object.
pub fn changes(e: &mut Errors, new: &Object, old: &Object) {
    match (new, old) {
        (Object::Pod(n), Object::Pod(o)) => pod::changes(e, &n.spec, &o.spec),
        (Object::ReplicaSet(n), Object::ReplicaSet(o)) => {
            immutable(e, &n.spec.selector, &o.spec.selector, &SPEC.child("selector"));
        }
        (Object::Deployment(n), Object::Deployment(o)) => {
            immutable(e, &n.spec.selector, &o.spec.selector, &SPEC.child("selector"));
        }
        (Object::DaemonSet(n), Object::DaemonSet(o)) => {
            immutable(e, &n.spec.selector, &o.spec.selector, &SPEC.child("selector"));
        }
        (Object::StatefulSet(n), Object::StatefulSet(o)) => workloads::stateful_set(e, &n.spec, &o.spec),
        (Object::Job(n), Object::Job(o)) => workloads::job(e, &n.spec, o),
        // A zone in the schedule that was there before may stay.
        (Object::CronJob(n), Object::CronJob(o)) if o.spec.schedule.contains("TZ") => {
            batch::cron_job_spec(e, &n.spec, true);
        }
        (Object::Service(n), Object::Service(o)) => network::service(e, &n.spec, &o.spec),
        (Object::PersistentVolumeClaim(n), Object::PersistentVolumeClaim(o)) => storage::claim(e, &n.spec, o),
        (Object::PersistentVolume(n), Object::PersistentVolume(o)) => {
            immutable(e, &n.spec.volume_mode, &o.spec.volume_mode, &Path::new("volumeMode"));
        }
        (Object::StorageClass(n), Object::StorageClass(o)) => {
            immutable(e, &n.parameters, &o.parameters, &Path::new("parameters"));
            immutable(e, &n.provisioner, &o.provisioner, &Path::new("provisioner"));
            immutable(e, &n.reclaim_policy, &o.reclaim_policy, &Path::new("reclaimPolicy"));
            immutable(e, &n.volume_binding_mode, &o.volume_binding_mode, &Path::new("volumeBindingMode"));
        }
        (Object::RuntimeClass(n), Object::RuntimeClass(o)) => {
            immutable(e, &n.handler, &o.handler, &Path::new("handler"));
        }
        (Object::ControllerRevision(n), Object::ControllerRevision(o)) => {
            immutable(e, &n.data, &o.data, &Path::new("data"));
        }
        (Object::PriorityClass(n), Object::PriorityClass(o)) => {
            if n.value != o.value {
                e.forbidden(&Path::new("value"), "may not be changed in an update.");
            }
            immutable(e, &n.preemption_policy, &o.preemption_policy, &Path::new("preemptionPolicy"));
        }
        (Object::ResourceQuota(n), Object::ResourceQuota(o)) => {
            let same = |a: &[_], b: &[_]| a.iter().all(|scope| b.contains(scope));
            if !same(&n.spec.scopes, &o.spec.scopes) || !same(&o.spec.scopes, &n.spec.scopes) {
                e.invalid(&SPEC.child("scopes"), Shown::json(&n.spec.scopes), IMMUTABLE);
            }
        }
        (Object::Node(n), Object::Node(o)) => node(e, &n.spec, &o.spec),
        (Object::ConfigMap(n), Object::ConfigMap(o)) if o.immutable == Some(true) => {
            let thawed = n.immutable != Some(true);
            frozen(
                e,
                [
                    ("immutable", thawed),
                    ("data", n.data != o.data),
                    ("binaryData", n.binary_data != o.binary_data),
                ],
            );
        }
        (Object::Secret(n), Object::Secret(o)) => {
            immutable(e, &n.type_, &o.type_, &Path::new("type"));
            if o.immutable == Some(true) {
                frozen(e, [("immutable", n.immutable != Some(true)), ("data", n.data != o.data)]);
            }
        }
        _ => {}
    }
}

/// Whether the API server looks at what changed before it looks at the new object as such.
pub fn changes_come_first(object: &Object) -> bool {
    matches!(object, Object::DaemonSet(_) | Object::Service(_) | Object::ConfigMap(_) | Object::Secret(_))
}

/// `ValidateImmutableField`
fn immutable<T: Wire + Typed + PartialEq>(e: &mut Errors, new: &T, old: &T, path: &Path) {
    if new != old {
        e.invalid(path, Shown::json(new), IMMUTABLE);
    }
}

/// `ValidateImmutableField` for types that upstream has no wire names for.
fn immutable_internal<T: Wire + Typed + PartialEq>(e: &mut Errors, new: &T, old: &T, path: &Path) {
    if new != old {
        e.invalid(path, Shown::internal(new), IMMUTABLE);
    }
}

fn frozen<const N: usize>(e: &mut Errors, changed: [(&str, bool); N]) {
    for (name, _) in changed.iter().filter(|(_, changed)| *changed) {
        e.forbidden(&Path::new(name), "field is immutable when `immutable` is set");
    }
}

/// `ValidateObjectMetaUpdate`, as far as [`super::meta::object_meta`] does not say the same.
pub fn metadata(e: &mut Errors, new: &ObjectMeta, old: &ObjectMeta) {
    let path = Path::new("metadata");
    for finalizer in new.finalizers.iter().filter(|f| !old.finalizers.contains(*f)) {
        if old.deletion_timestamp.is_some() {
            let detail = format!(
                "no new finalizers can be added if the object is being deleted, found new finalizers \
                 []string{{{finalizer:?}}}"
            );
            e.forbidden(&path.child("finalizers"), &detail);
        }
    }
    for (name, n, o) in [
        ("name", &new.name, &old.name),
        ("namespace", &new.namespace, &old.namespace),
        ("uid", &new.uid, &old.uid),
    ] {
        if n != o {
            e.invalid(&path.child(name), n, IMMUTABLE);
        }
    }
}

/// `ValidateNodeUpdate`
fn node(e: &mut Errors, new: &NodeSpec, old: &NodeSpec) {
    if !old.pod_cidrs.is_empty() && new.pod_cidrs != old.pod_cidrs {
        let detail = "node updates may not change podCIDR except from \"\" to valid";
        e.forbidden(&SPEC.child("podCIDRs"), detail);
    }
    if !old.provider_id.is_empty() && new.provider_id != old.provider_id {
        let detail = "node updates may not change providerID except from \"\" to valid";
        e.forbidden(&SPEC.child("providerID"), detail);
    }
    if new.external_id != old.external_id {
        e.forbidden(&SPEC.child("externalID"), "may not be updated");
    }
}
