//! The revisions of a template, kept as ControllerRevision objects (`pkg/controller/history/controller_history.go`).

use super::Informers;
use super::pod_control::is_already_exists;
use super::refs::{controller_ref, is_controlled_by};
use crate::api_server::DeleteOptions;
use crate::kernel::Kernel;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;
use lifepod_api::wire::{Wire, lenient};
use lifepod_api::{
    ControllerRevision, LabelSelector, Map, Object, ObjectKey, ObjectMeta, PodTemplateSpec, Refusal,
    Resource, Subresource, prepare,
};
use serde_json::{Value, json};

/// The label of a pod that names the revision that it was made from (`apps.ControllerRevisionHashLabelKey`).
pub(crate) const REVISION_HASH: &str = "controller-revision-hash";
/// The label of a revision with the hash in its name (`history.ControllerRevisionHashLabel`).
const HASH: &str = "controller.kubernetes.io/hash";

/// The revisions that are the owner's or nobody's and that it selects, the oldest first (`ListControllerRevisions`,
/// `SortControllerRevisions`).
pub(crate) fn list(
    informers: &Informers,
    owner: &Object,
    selector: &LabelSelector,
) -> Vec<ControllerRevision> {
    let meta = owner.meta();
    let owned = informers.controlled_by::<ControllerRevision>(&meta.uid);
    let all = owned.chain(informers.orphans::<ControllerRevision>(&meta.namespace));
    let mut revisions: Vec<ControllerRevision> =
        all.filter(|revision| selector.matches(&revision.metadata.labels)).cloned().collect();
    revisions.sort_by(|a, b| {
        let rank = |r: &ControllerRevision| (r.revision, r.metadata.creation_timestamp);
        rank(a).cmp(&rank(b)).then_with(|| a.metadata.name.cmp(&b.metadata.name))
    });
    revisions
}

/// What a revision holds: a patch that puts the template back (`getPatch`).
pub(crate) fn patch_of(template: &PodTemplateSpec) -> Value {
    let mut template = template.encode();
    template["$patch"] = Value::from("replace");
    json!({"spec": {"template": template}})
}

/// The template that a revision puts back (`ApplyRevision`).
pub(crate) fn template_of(revision: &ControllerRevision) -> PodTemplateSpec {
    lenient(&revision.data["spec"]["template"]).unwrap_or_default()
}

/// The number after the newest revision's (`nextRevision`).
pub(crate) fn next_revision(revisions: &[ControllerRevision]) -> i64 {
    revisions.last().map_or(1, |newest| newest.revision + 1)
}

/// A revision that is not stored yet, without its name (`NewControllerRevision`).
pub(crate) fn new(owner: &Object, labels: &Map<String>, data: Value, revision: i64) -> ControllerRevision {
    ControllerRevision {
        metadata: ObjectMeta {
            namespace: owner.meta().namespace.clone(),
            labels: labels.clone(),
            annotations: owner.meta().annotations.clone(),
            owner_references: vec![controller_ref(owner)].into(),
            ..ObjectMeta::default()
        },
        data,
        revision,
    }
}

/// Names a revision after a hash of what it holds, and of the collisions so far (`HashControllerRevision`,
/// `ControllerRevisionName`).
pub(crate) fn named(mut revision: ControllerRevision, owner: &str, collisions: i32) -> ControllerRevision {
    let hash = safe_encode(&fnv1(&(go_json(&revision.data) + &collisions.to_string())).to_string());
    revision.metadata.name = name(owner, &hash);
    revision.metadata.labels.insert(HASH.to_string(), hash);
    revision
}

/// `ControllerRevisionName`.
pub(crate) fn name(owner: &str, hash: &str) -> String {
    let mut end = owner.len().min(223);
    while !owner.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}-{hash}", &owner[..end])
}

/// Stores a new revision; when its name is taken by another, counts a collision and tries the next name
/// (`CreateControllerRevision`).
///
/// # Errors
/// The API server's refusal.
pub(crate) fn create(
    kernel: &mut Kernel,
    owner: &Object,
    revision: ControllerRevision,
    collisions: &mut i32,
    by: &'static str,
) -> Result<Arc<Object>, Refusal> {
    loop {
        // The label keeps the hash of the first try.
        let name = named(revision.clone(), &owner.meta().name, *collisions).metadata.name;
        let mut clone = revision.clone();
        clone.metadata.name = name;
        let key = ObjectKey::new(ControllerRevision::KIND, &clone.metadata.namespace, &clone.metadata.name);
        match kernel.create(Object::ControllerRevision(clone), by) {
            Err(refusal) if is_already_exists(&refusal) => {
                if let Some(stored) = kernel.store.get(&key)
                    && ControllerRevision::of(stored).is_some_and(|stored| stored.data == revision.data)
                {
                    return Ok(stored.clone());
                }
                *collisions += 1;
            }
            result => return result,
        }
    }
}

/// Makes an old revision the newest one again, as a rollback does (`UpdateControllerRevision`).
///
/// # Errors
/// The API server's refusal.
pub(crate) fn renumber(
    kernel: &mut Kernel,
    revision: &ControllerRevision,
    number: i64,
    by: &'static str,
) -> Result<ControllerRevision, Refusal> {
    let mut renumbered = revision.clone();
    if renumbered.revision != number {
        renumbered.revision = number;
        renumbered.metadata.resource_version.clear();
        let stored = kernel.update(Object::ControllerRevision(renumbered.clone()), Subresource::Main, by)?;
        if let Some(stored) = ControllerRevision::of(&stored) {
            renumbered.clone_from(stored);
        }
    }
    Ok(renumbered)
}

/// Makes `owner` the controller of revisions that have none (`AdoptControllerRevision`).
///
/// # Errors
/// The API server's refusal.
pub(crate) fn adopt(
    kernel: &mut Kernel,
    owner: &Object,
    revisions: &mut [ControllerRevision],
    by: &'static str,
) -> Result<(), Refusal> {
    for revision in revisions.iter_mut().filter(|r| !is_controlled_by(&r.metadata, &owner.meta().uid)) {
        revision.metadata.owner_references.push(controller_ref(owner));
        revision.metadata.resource_version.clear();
        kernel.update(Object::ControllerRevision(revision.clone()), Subresource::Main, by)?;
    }
    Ok(())
}

/// Deletes the oldest revisions that nothing uses any more, so that `limit` of them are left (`truncateHistory`).
///
/// # Errors
/// The API server's refusal.
pub(crate) fn truncate(
    kernel: &mut Kernel,
    revisions: &[ControllerRevision],
    limit: Option<i32>,
    is_live: impl Fn(&ControllerRevision) -> bool,
    by: &'static str,
) -> Result<(), Refusal> {
    let Ok(limit) = usize::try_from(limit.unwrap_or(10)) else { return Ok(()) };
    let unused: Vec<&ControllerRevision> = revisions.iter().filter(|revision| !is_live(revision)).collect();
    for revision in unused.iter().take(unused.len().saturating_sub(limit)) {
        let meta = &revision.metadata;
        let key = ObjectKey::new(ControllerRevision::KIND, &meta.namespace, &meta.name);
        kernel.delete(&key, &DeleteOptions::default(), by)?;
    }
    Ok(())
}

/// The 32-bit FNV-1 hash (Go's `fnv.New32`).
fn fnv1(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash: u32, byte| hash.wrapping_mul(0x0100_0193) ^ u32::from(byte))
}

/// A number's text in the alphabet of generated names, so that no words appear (`rand.SafeEncodeString`).
pub(crate) fn safe_encode(text: &str) -> String {
    let alphabet = prepare::NAME_ALPHABET;
    text.bytes().map(|byte| alphabet[byte as usize % alphabet.len()] as char).collect()
}

/// JSON as Go writes it: with `<`, `>` and `&` escaped.
fn go_json(value: &Value) -> String {
    value.to_string().replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}
