//! Where in the text something comes from: a pod's fields stand in its own document, or in the template of whoever
//! made it.

use lifepod_api::{Object, ObjectMeta, OwnerReference};
use lifepod_engine::{Trace, What};
use lifepod_manifest::Document;
use lifepod_timeline::Subject;

/// The document that fields stand in, and what their paths begin with there.
pub fn of<'a>(
    documents: &'a [Document],
    trace: &Trace,
    subject: &Subject,
) -> Option<(&'a Document, &'static str)> {
    match subject {
        Subject::Pod(uid) => of_pod(documents, trace, uid),
        Subject::Object { kind, name } => Some((document(documents, kind, name)?, "")),
    }
}

/// The document that a pod came of, and what its fields' paths begin with there.
pub fn of_pod<'a>(
    documents: &'a [Document],
    trace: &Trace,
    pod_uid: &str,
) -> Option<(&'a Document, &'static str)> {
    let meta = latest(trace, |object| object.kind() == "Pod" && object.meta().uid == pod_uid)?.meta();
    if let Some(document) = document(documents, "Pod", &meta.name) {
        return Some((document, ""));
    }
    let mut owner = controller(meta);
    // A CronJob's pods have the longest way up: Job, CronJob.
    for _ in 0..3 {
        let OwnerReference { kind, name, uid, .. } = owner?;
        if let Some(document) = document(documents, kind, name) {
            let in_job = "spec.jobTemplate.spec.template.";
            return Some((document, if kind == "CronJob" { in_job } else { "spec.template." }));
        }
        owner =
            latest(trace, |object| object.meta().uid == *uid).and_then(|object| controller(object.meta()));
    }
    None
}

/// An object's controller.
fn controller(meta: &ObjectMeta) -> Option<&OwnerReference> {
    meta.owner_references.iter().find(|owner| owner.controller == Some(true))
}

/// The latest revision of the object that fits.
fn latest(trace: &Trace, fits: impl Fn(&Object) -> bool) -> Option<&Object> {
    trace.entries().iter().rev().find_map(|entry| match &entry.what {
        What::Object(revision) if fits(&revision.object) => Some(&*revision.object),
        _ => None,
    })
}

fn document<'a>(documents: &'a [Document], kind: &str, name: &str) -> Option<&'a Document> {
    let is = |object: &Object| object.kind() == kind && object.meta().name == name;
    documents.iter().find(|document| document.object.as_ref().is_some_and(is))
}
