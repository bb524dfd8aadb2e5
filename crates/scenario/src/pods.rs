//! The pods of a document: the pod itself, or the template that a controller makes pods from.

use lifepod_api::{Object, ObjectMeta, PodSpec};

/// Where a document describes a pod.
pub(crate) struct Described<'d> {
    /// The path before `metadata` and `spec`, with its dot.
    pub(crate) path: &'static str,
    pub(crate) metadata: &'d ObjectMeta,
    pub(crate) spec: &'d PodSpec,
}

impl Described<'_> {
    /// The names of its containers with their paths.
    pub(crate) fn containers(&self) -> impl Iterator<Item = (&str, String)> {
        let lists = [("initContainers", &self.spec.init_containers), ("containers", &self.spec.containers)];
        lists.into_iter().flat_map(|(name, list)| {
            let path = self.path;
            list.iter().enumerate().map(move |(i, c)| (c.name.as_str(), format!("{path}spec.{name}[{i}]")))
        })
    }
}

/// The pod that an object is or makes.
pub(crate) fn described(object: &Object) -> Option<Described<'_>> {
    let (path, metadata, spec) = match object {
        Object::Pod(o) => ("", &o.metadata, &o.spec),
        Object::ReplicaSet(o) => ("spec.template.", &o.spec.template.metadata, &o.spec.template.spec),
        Object::ReplicationController(o) => {
            let template = o.spec.template.as_ref()?;
            ("spec.template.", &template.metadata, &template.spec)
        }
        Object::Deployment(o) => ("spec.template.", &o.spec.template.metadata, &o.spec.template.spec),
        Object::StatefulSet(o) => ("spec.template.", &o.spec.template.metadata, &o.spec.template.spec),
        Object::DaemonSet(o) => ("spec.template.", &o.spec.template.metadata, &o.spec.template.spec),
        Object::Job(o) => ("spec.template.", &o.spec.template.metadata, &o.spec.template.spec),
        Object::CronJob(o) => {
            let template = &o.spec.job_template.spec.template;
            ("spec.jobTemplate.spec.template.", &template.metadata, &template.spec)
        }
        _ => return None,
    };
    Some(Described { path, metadata, spec })
}
