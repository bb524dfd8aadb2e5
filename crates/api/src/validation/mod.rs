//! What the API server checks before it stores an object, in its words (`pkg/apis/*/validation`).

mod amounts;
mod apps;
mod batch;
mod claims;
mod cluster;
mod config;
mod container;
mod endpoints;
mod env;
pub mod field;
mod handlers;
mod meta;
pub mod names;
mod network;
mod pod;
mod policy;
mod quotas;
mod scheduling;
mod security;
mod shown;
mod spec_diff;
mod storage;
mod update;
mod volume_sources;
mod volumes;
mod warnings;
mod windows;

pub use field::{ErrorType, FieldError, Path, invalid_status};
pub(crate) use security::{APP_ARMOR, app_armor_of};
pub use warnings::of as warnings;

use crate::{ControllerRevision, Object, PodPreset, ServiceAccount, Subresource};
use alloc::vec::Vec;
use field::Errors;

/// The errors that a new object has, in the server's order. The object is defaulted and prepared before.
pub fn create(object: &Object) -> Vec<FieldError> {
    let mut e = Errors::default();
    match object {
        Object::Pod(o) => pod::create(&mut e, o),
        Object::PodTemplate(o) => {
            meta::object_meta(&mut e, &o.metadata, true, names::dns_subdomain);
            pod::template(&mut e, &o.template, &Path::new("template"));
        }
        Object::ReplicationController(o) => apps::replication_controller(&mut e, o),
        Object::ReplicaSet(o) => apps::replica_set(&mut e, o),
        Object::Deployment(o) => apps::deployment(&mut e, o),
        Object::StatefulSet(o) => apps::stateful_set(&mut e, o),
        Object::DaemonSet(o) => apps::daemon_set(&mut e, o),
        Object::Job(o) => batch::job(&mut e, o),
        Object::CronJob(o) => batch::cron_job(&mut e, o),
        Object::Service(o) => network::service(&mut e, o),
        Object::PodDisruptionBudget(o) => policy::disruption_budget(&mut e, o),
        Object::PriorityClass(o) => policy::priority_class(&mut e, o),
        Object::PersistentVolumeClaim(o) => policy::claim(&mut e, o),
        Object::Node(o) => cluster::node(&mut e, o),
        Object::ConfigMap(o) => config::config_map(&mut e, o),
        Object::Secret(o) => config::secret(&mut e, o),
        Object::LimitRange(o) => quotas::limit_range(&mut e, o),
        Object::ResourceQuota(o) => quotas::resource_quota(&mut e, o),
        Object::PersistentVolume(o) => storage::volume(&mut e, o),
        Object::StorageClass(o) => storage::class(&mut e, o),
        Object::Endpoints(o) => endpoints::endpoints(&mut e, o),
        Object::EndpointSlice(o) => endpoints::slice(&mut e, o),
        Object::Namespace(o) => cluster::namespace(&mut e, o),
        Object::RuntimeClass(o) => cluster::runtime_class(&mut e, o),
        Object::ServiceAccount(ServiceAccount { metadata, .. })
        | Object::ControllerRevision(ControllerRevision { metadata, .. })
        | Object::PodPreset(PodPreset { metadata, .. }) => {
            meta::object_meta(&mut e, metadata, true, names::dns_subdomain);
        }
        // Events and kinds that are carried unread have nothing to check.
        Object::Event(_) | Object::Opaque(_) => {}
    }
    e.into_vec()
}

/// The errors of a write to `sub` that changes `old` to `new`; both are defaulted, and
/// [`crate::prepare::for_update`] has seen `new`.
pub fn update(new: &Object, old: &Object, sub: Subresource) -> Vec<FieldError> {
    let mut e = Errors::default();
    update::metadata(&mut e, new.meta(), old.meta());
    match (sub, new, old) {
        (Subresource::Status, Object::Pod(n), Object::Pod(o)) => update::pod_status(&mut e, n, o),
        (Subresource::Status, ..) => {}
        (Subresource::EphemeralContainers, Object::Pod(n), Object::Pod(o)) => {
            update::ephemeral_containers(&mut e, n, o);
        }
        (Subresource::Resize, Object::Pod(n), Object::Pod(o)) => update::resize(&mut e, n, o),
        _ => return of_whole(e.into_vec(), new, old),
    }
    e.into_vec()
}

/// The errors of a new version of a whole object, after those of its metadata.
fn of_whole(mut errors: Vec<FieldError>, new: &Object, old: &Object) -> Vec<FieldError> {
    let mut e = Errors::default();
    update::changes(&mut e, new, old);
    let changes = e.into_vec();
    // What a new object may not say, a living one may go on saying.
    let known = create(old);
    let judged_above = |e: &FieldError| match old {
        Object::Pod(_) => e.field == "spec.ephemeralContainers",
        Object::CronJob(o) => o.spec.schedule.contains("TZ") && e.field.starts_with("spec."),
        _ => false,
    };
    let as_new = create(new).into_iter().filter(|e| !known.contains(e) && !judged_above(e));
    if update::changes_come_first(new) {
        errors.extend(changes);
        errors.extend(as_new);
    } else {
        errors.extend(as_new);
        errors.extend(changes);
    }
    errors
}
