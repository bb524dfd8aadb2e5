//! The revisions of a DaemonSet's template (`pkg/controller/daemon/update.go constructHistory`, `cleanupHistory`).

use super::{BY, DaemonSetController, HASH};
use crate::api_server::DeleteOptions;
use crate::controllers::pod_control::is_already_exists;
use crate::controllers::refs::RefManager;
use crate::controllers::template_hash::compute_hash;
use crate::controllers::{Informers, history};
use crate::kernel::Kernel;
use alloc::string::ToString;
use alloc::vec::Vec;
use lifepod_api::{
    ControllerRevision, DaemonSet, LabelSelector, Object, ObjectKey, Pod, Refusal, Resource, Subresource,
};

impl DaemonSetController {
    /// The revision of the present template, which is stored if it is new, and the older ones.
    pub(super) fn revisions(
        &mut self,
        kernel: &mut Kernel,
        informers: &Informers,
        owner: &Object,
        set: &DaemonSet,
        selector: &LabelSelector,
    ) -> Result<(ControllerRevision, Vec<ControllerRevision>), Refusal> {
        let owned = informers.controlled_by::<ControllerRevision>(&set.metadata.uid);
        let all = owned.chain(informers.orphans(&set.metadata.namespace));
        let claimed = RefManager::new(owner, selector, BY).claim(kernel, all)?;
        let data = history::patch_of(&set.spec.template);
        let (present, old): (Vec<_>, Vec<_>) =
            claimed.into_iter().cloned().partition(|revision: &ControllerRevision| revision.data == data);
        let number = old.iter().map(|revision| revision.revision).max().unwrap_or(0) + 1;
        let present = match present.into_iter().max_by_key(|revision| revision.revision) {
            Some(present) if present.revision < number => history::renumber(kernel, &present, number, BY)?,
            Some(present) => present,
            None => self.snapshot(kernel, owner, set, data, number)?,
        };
        Ok((present, old))
    }

    /// Stores a revision of the present template; when its name is taken by another, counts a collision, and comes
    /// back (`snapshot`).
    fn snapshot(
        &mut self,
        kernel: &mut Kernel,
        owner: &Object,
        set: &DaemonSet,
        data: serde_json::Value,
        number: i64,
    ) -> Result<ControllerRevision, Refusal> {
        let hash = compute_hash(&set.spec.template, set.status.collision_count);
        let mut revision = history::new(owner, &set.spec.template.metadata.labels, data, number);
        revision.metadata.name = history::name(&set.metadata.name, &hash);
        revision.metadata.labels.insert(HASH.to_string(), hash);
        let key = ObjectKey::new(ControllerRevision::KIND, &set.metadata.namespace, &revision.metadata.name);
        match kernel.create(Object::ControllerRevision(revision.clone()), BY) {
            Ok(stored) => {
                self.consistency.wrote(&owner.key(), &stored);
                Ok(ControllerRevision::of(&stored).cloned().unwrap_or(revision))
            }
            Err(refusal) if is_already_exists(&refusal) => {
                let stored =
                    kernel.store.get(&key).and_then(|stored| ControllerRevision::of(stored)).cloned();
                if let Some(stored) = stored.filter(|stored| stored.data == revision.data) {
                    return Ok(stored);
                }
                let mut set = set.clone();
                set.status.collision_count = Some(set.status.collision_count.unwrap_or(0) + 1);
                kernel.update(Object::DaemonSet(set), Subresource::Status, BY)?;
                Err(refusal)
            }
            Err(refusal) => Err(refusal),
        }
    }
}

/// Deletes the oldest revisions beyond the limit, except those that pods are still of. The limit counts them too.
pub(super) fn clean_up(
    kernel: &mut Kernel,
    set: &DaemonSet,
    mut old: Vec<ControllerRevision>,
    pods: &[&Pod],
) -> Result<(), Refusal> {
    let limit = usize::try_from(set.spec.revision_history_limit.unwrap_or(10)).unwrap_or(0);
    let surplus = old.len().saturating_sub(limit);
    old.sort_by_key(|revision| revision.revision);
    let is_live = |revision: &ControllerRevision| {
        let hash = revision.metadata.labels.get(HASH);
        hash.is_some() && pods.iter().any(|pod| pod.metadata.labels.get(HASH) == hash)
    };
    for revision in old.iter().filter(|revision| !is_live(revision)).take(surplus) {
        let meta = &revision.metadata;
        let key = ObjectKey::new(ControllerRevision::KIND, &meta.namespace, &meta.name);
        kernel.delete(&key, &DeleteOptions::default(), BY)?;
    }
    Ok(())
}
