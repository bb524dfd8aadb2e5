//! A Deployment's ReplicaSets: which is new, making it, sizing, and throwing old ones away
//! (`pkg/controller/deployment/sync.go`).

use super::annotations::{self, REVISION};
use super::status::{condition, condition_of, set_condition};
use super::{BY, Sets, Sync, replicas};
use crate::api_server::DeleteOptions;
use crate::controllers::pod_control::{is_already_exists, is_namespace_terminating, is_not_found};
use crate::controllers::refs::{controller_ref, is_controlled_by};
use crate::controllers::template_hash::compute_hash;
use crate::events::EventType;
use alloc::borrow::Cow;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use lifepod_api::{
    Object, ObjectKey, ObjectMeta, PodTemplateSpec, Refusal, ReplicaSet, ReplicaSetSpec, Resource,
    Subresource,
};

/// The label that tells the pods of a Deployment's ReplicaSets apart (`DefaultDeploymentUniqueLabelKey`).
const TEMPLATE_HASH: &str = "pod-template-hash";
/// The longest name (`validation.DNS1123SubdomainMaxLength`).
const MAX_NAME: usize = 253;

impl<'a> Sync<'a> {
    /// The ReplicaSets, after the new one got its revision and the Deployment that of the new one; with `create` it is
    /// made if there is none (`getAllReplicaSetsAndSyncRevision`).
    pub(super) fn sets_and_revision(&mut self, create: bool) -> Result<Sets<'a>, Refusal> {
        // Of several with the same template the oldest is the new one (`FindNewReplicaSet`).
        let template = &self.d.spec.template;
        let new = self.claimed.iter().position(|set| equal_ignore_hash(&set.spec.template, template));
        let mut old: Vec<Cow<'a, ReplicaSet>> = self.claimed.iter().map(|set| Cow::Borrowed(*set)).collect();
        let existing = new.map(|index| old.remove(index));
        let revision = old.iter().filter_map(|set| annotations::revision(set)).max().unwrap_or(0).max(0) + 1;
        let new = match existing {
            Some(existing) => Some(self.sync_existing(existing, revision)?),
            None if create => Some(self.create_new(&old, revision)?),
            None => None,
        };
        Ok(Sets { new, old })
    }

    fn sync_existing(
        &mut self,
        existing: Cow<'a, ReplicaSet>,
        revision: i64,
    ) -> Result<Cow<'a, ReplicaSet>, Refusal> {
        let mut set = existing.clone().into_owned();
        let changed = annotations::set_new(&mut set, &self.d.metadata.annotations, revision);
        if changed || set.spec.min_ready_seconds != self.d.spec.min_ready_seconds {
            set.spec.min_ready_seconds = self.d.spec.min_ready_seconds;
            return self.update_set(set);
        }
        let own = set.metadata.annotations.get(REVISION).cloned().unwrap_or_default();
        let mut needs_update = self.set_revision(own);
        if self.progress_deadline().is_some() && condition_of(&self.d.status, "Progressing").is_none() {
            let message = format!("Found new replica set \"{}\"", set.metadata.name);
            let found = condition("Progressing", "True", "FoundNewReplicaSet", message, self.kernel.time());
            set_condition(&mut self.d.status, found);
            needs_update = true;
        }
        if needs_update {
            self.write_status()?;
        }
        Ok(existing)
    }

    /// The second half of `getNewReplicaSet`.
    fn create_new(
        &mut self,
        old: &[Cow<'a, ReplicaSet>],
        revision: i64,
    ) -> Result<Cow<'a, ReplicaSet>, Refusal> {
        let mut template = self.d.spec.template.clone();
        let hash = compute_hash(&template, self.d.status.collision_count);
        template.metadata.labels.insert(TEMPLATE_HASH.to_string(), hash.clone());
        let mut selector = self.d.spec.selector.clone().unwrap_or_default();
        selector.match_labels.insert(TEMPLATE_HASH.to_string(), hash.clone());
        let size = match self.d.spec.strategy.type_ == "RollingUpdate" {
            true => self.fenceposts.new_replicas(self.desired(), 0, old.iter().map(|s| replicas(s)).sum()),
            false => self.desired(),
        };
        let mut set = ReplicaSet {
            metadata: ObjectMeta {
                name: replica_set_name(&self.d.metadata.name, &hash),
                namespace: self.d.metadata.namespace.clone(),
                owner_references: vec![controller_ref(&Object::from(self.d.clone()))].into(),
                labels: template.metadata.labels.clone(),
                ..ObjectMeta::default()
            },
            spec: ReplicaSetSpec {
                replicas: Some(size),
                min_ready_seconds: self.d.spec.min_ready_seconds,
                selector: Some(selector),
                template,
            },
            ..ReplicaSet::default()
        };
        annotations::set_new(&mut set, &self.d.metadata.annotations, revision);
        annotations::set_replicas(&mut set, self.desired(), self.max_pods());
        let name = set.metadata.name.clone();
        let created = match self.kernel.create(Object::ReplicaSet(set), BY) {
            Ok(created) => owned(&created),
            Err(refusal) if is_already_exists(&refusal) => {
                let set = self.existing_or_collision(&name, refusal)?;
                if self.set_revision(revision.to_string()) {
                    self.write_status()?;
                }
                return Ok(set);
            }
            Err(refusal) => return Err(self.creation_refused(&name, refusal)),
        };
        if size > 0 {
            let message = format!("Scaled up replica set {name} from 0 to {size}");
            self.event(EventType::Normal, "ScalingReplicaSet", &message);
        }
        let mut needs_update = self.set_revision(revision.to_string());
        if self.progress_deadline().is_some() {
            let message = format!("Created new replica set \"{name}\"");
            let made = condition("Progressing", "True", "NewReplicaSetCreated", message, self.kernel.time());
            set_condition(&mut self.d.status, made);
            needs_update = true;
        }
        if needs_update {
            self.write_status()?;
        }
        created
    }

    /// There is a ReplicaSet of that name: it is the one that was made before and not yet seen, or that of another
    /// template with the same hash, which counts up `status.collisionCount`.
    fn existing_or_collision(
        &mut self,
        name: &str,
        refusal: Refusal,
    ) -> Result<Cow<'a, ReplicaSet>, Refusal> {
        let Some(set) = self.informers.find::<ReplicaSet>(&self.d.metadata.namespace, name) else {
            return Err(refusal);
        };
        let own = is_controlled_by(&set.metadata, &self.d.metadata.uid);
        if own && equal_ignore_hash(&set.spec.template, &self.d.spec.template) {
            return Ok(Cow::Borrowed(set));
        }
        let collisions = self.d.status.collision_count.unwrap_or(0);
        self.d.status.collision_count = Some(collisions + 1);
        self.write_status()?;
        Err(refusal)
    }

    fn creation_refused(&mut self, name: &str, refusal: Refusal) -> Refusal {
        if is_namespace_terminating(&refusal) {
            return refusal;
        }
        const REASON: &str = "ReplicaSetCreateError";
        let message = format!("Failed to create new replica set \"{name}\": {}", refusal.message);
        if self.progress_deadline().is_some() {
            let failed = condition("Progressing", "False", REASON, message.clone(), self.kernel.time());
            set_condition(&mut self.d.status, failed);
            // The refusal at hand is the one to tell.
            let _ = self.write_status();
        }
        self.event(EventType::Warning, REASON, &message);
        refusal
    }

    fn set_revision(&mut self, revision: String) -> bool {
        let annotations = &mut self.d.metadata.annotations;
        annotations.insert(REVISION.to_string(), revision.clone()) != Some(revision)
    }

    /// Gives a ReplicaSet another size, and notes the Deployment's sizes in it. With `note` that is done also when its
    /// own size stays. True when it was resized (`scaleReplicaSet`).
    pub(super) fn scale_set(
        &mut self,
        set: &mut Cow<'a, ReplicaSet>,
        size: i32,
        note: bool,
    ) -> Result<bool, Refusal> {
        let before = replicas(set);
        if before == size && !note {
            return Ok(false);
        }
        let mut resized = set.clone().into_owned();
        resized.spec.replicas = Some(size);
        let noted = annotations::set_replicas(&mut resized, self.desired(), self.max_pods());
        if before == size && !noted {
            return Ok(false);
        }
        *set = self.update_set(resized)?;
        if before != size {
            let direction = if before < size { "up" } else { "down" };
            let name = &set.metadata.name;
            let message = format!("Scaled {direction} replica set {name} from {before} to {size}");
            self.event(EventType::Normal, "ScalingReplicaSet", &message);
        }
        Ok(before != size)
    }

    fn update_set(&mut self, set: ReplicaSet) -> Result<Cow<'a, ReplicaSet>, Refusal> {
        let updated = self.kernel.update(Object::ReplicaSet(set), Subresource::Main, BY)?;
        owned(&updated)
    }

    /// Deletes empty ReplicaSets beyond `revisionHistoryLimit`, the lowest revisions first (`cleanupDeployment`).
    pub(super) fn cleanup(&mut self, sets: &Sets<'a>) -> Result<(), Refusal> {
        let Some(limit) = self.d.spec.revision_history_limit.filter(|limit| *limit != i32::MAX) else {
            return Ok(());
        };
        let mut old: Vec<_> =
            sets.old.iter().filter(|set| set.metadata.deletion_timestamp.is_none()).collect();
        let excess = old.len().saturating_sub(usize::try_from(limit).unwrap_or(0));
        old.sort_by_key(|set| annotations::revision(set));
        for set in old.into_iter().take(excess) {
            let (meta, status) = (&set.metadata, &set.status);
            if status.replicas != 0 || replicas(set) != 0 || meta.generation > status.observed_generation {
                continue;
            }
            let key = ObjectKey::new("ReplicaSet", &meta.namespace, &meta.name);
            match self.kernel.delete(&key, &DeleteOptions::default(), BY) {
                Err(refusal) if !is_not_found(&refusal) => return Err(refusal),
                _ => {}
            }
        }
        Ok(())
    }
}

fn owned<'a>(object: &Object) -> Result<Cow<'a, ReplicaSet>, Refusal> {
    // What was stored is of the kind that was sent.
    Ok(Cow::Owned(ReplicaSet::of(object).cloned().unwrap_or_default()))
}

/// Whether two templates are the same but for the label that Deployments add (`EqualIgnoreHash`).
fn equal_ignore_hash(a: &PodTemplateSpec, b: &PodTemplateSpec) -> bool {
    fn labels(template: &PodTemplateSpec) -> impl Iterator<Item = (&String, &String)> {
        template.metadata.labels.iter().filter(|(key, _)| *key != TEMPLATE_HASH)
    }
    labels(a).eq(labels(b))
        && a.metadata.annotations == b.metadata.annotations
        && a.metadata.name == b.metadata.name
        && a.metadata.finalizers == b.metadata.finalizers
        && a.spec == b.spec
}

/// `generateReplicaSetName`.
fn replica_set_name(deployment: &str, hash: &str) -> String {
    let room = MAX_NAME.saturating_sub(hash.len() + 1);
    format!("{}-{hash}", deployment.get(..room).unwrap_or(deployment))
}
