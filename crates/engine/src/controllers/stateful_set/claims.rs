//! The claims of a StatefulSet's pods: made from templates, one set of them for each place in the row, and kept or
//! deleted by `persistentVolumeClaimRetentionPolicy` (`pkg/controller/statefulset/{stateful_pod_control,
//! stateful_set_utils}.go`).

use super::pods::{is_in_range, ordinal};
use super::{BY, StatefulSetController};
use crate::controllers::Informers;
use crate::controllers::pod_control::is_already_exists;
use crate::controllers::refs::controller_ref;
use crate::events::EventType;
use crate::kernel::Kernel;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use lifepod_api::{
    Object, ObjectMeta, OwnerReference, PersistentVolumeClaim, Pod, Refusal, StatefulSet, Status, Subresource,
};

/// `TEMPLATE-SET-ORDINAL` (`getPersistentVolumeClaimName`).
pub(super) fn name(set: &StatefulSet, template: &PersistentVolumeClaim, ordinal: i32) -> String {
    format!("{}-{}-{ordinal}", template.metadata.name, set.metadata.name)
}

/// The claims that a pod is to have (`getPersistentVolumeClaims`).
fn claims_of(set: &StatefulSet, pod: &Pod) -> Vec<PersistentVolumeClaim> {
    let Some(ordinal) = ordinal(pod) else { return Vec::new() };
    let make = |template: &PersistentVolumeClaim| {
        let mut claim = template.clone();
        claim.metadata.name = name(set, template, ordinal);
        claim.metadata.namespace.clone_from(&set.metadata.namespace);
        let selector = set.spec.selector.iter().flat_map(|selector| &selector.match_labels);
        claim.metadata.labels.extend(selector.map(|(key, value)| (key.clone(), value.clone())));
        claim
    };
    set.spec.volume_claim_templates.iter().map(make).collect()
}

/// Whose a claim is to be, so that it goes when its owner goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ClaimOwner {
    Nobody,
    Set,
    Pod,
}

/// What the retention policy says of the claims of this pod: a claim that is to go with the set belongs to the set,
/// one that is to go when the set shrinks belongs to the pod that goes.
fn wanted_owner(set: &StatefulSet, pod: &Pod) -> ClaimOwner {
    let policy = set.spec.persistent_volume_claim_retention_policy.as_ref();
    let deletes_when_scaled = policy.is_some_and(|policy| policy.when_scaled == "Delete");
    let deletes_when_deleted = policy.is_some_and(|policy| policy.when_deleted == "Delete");
    let scaled_down = ordinal(pod).is_none_or(|ordinal| !is_in_range(set, ordinal));
    match (deletes_when_scaled, deletes_when_deleted) {
        (true, _) if scaled_down => ClaimOwner::Pod,
        (_, true) => ClaimOwner::Set,
        _ => ClaimOwner::Nobody,
    }
}

fn retains_when_scaled(set: &StatefulSet) -> bool {
    set.spec.persistent_volume_claim_retention_policy.as_ref().is_none_or(|p| p.when_scaled != "Delete")
}

/// Whether a reference means the set or the pod, by kind and name (`matchesRef`), and if so, its uid.
fn means<'a>(reference: &OwnerReference, set: &'a StatefulSet, pod: &'a Pod) -> Option<&'a str> {
    let is = |api_version: &str, kind: &str, meta: &'a ObjectMeta| {
        let same = reference.api_version == api_version && reference.kind == kind;
        (same && reference.name == meta.name).then_some(meta.uid.as_str())
    };
    is("apps/v1", "StatefulSet", &set.metadata).or_else(|| is("v1", "Pod", &pod.metadata))
}

/// Whether a claim refers to an earlier set or pod of the same name, which the garbage collector has yet to act on
/// (`hasStaleOwnerRef`).
fn has_stale_owner(claim: &PersistentVolumeClaim, set: &StatefulSet, pod: &Pod) -> bool {
    let mut owners = claim.metadata.owner_references.iter();
    owners.any(|owner| means(owner, set, pod).is_some_and(|uid| uid != owner.uid))
}

/// Whether somebody else controls a claim that has a policy (`hasUnexpectedController`).
fn has_unexpected_controller(claim: &PersistentVolumeClaim, set: &StatefulSet, pod: &Pod) -> bool {
    let policy = set.spec.persistent_volume_claim_retention_policy.as_ref();
    let deletes = policy.is_some_and(|p| p.when_scaled == "Delete" || p.when_deleted == "Delete");
    let unexpected = |owner: &OwnerReference| match means(owner, set, pod) {
        Some(uid) => uid != owner.uid,
        None => owner.controller == Some(true),
    };
    deletes && claim.metadata.owner_references.iter().any(unexpected)
}

/// Whether a claim's owners are what the policy asks for (`isClaimOwnerUpToDate`).
fn is_up_to_date(claim: &PersistentVolumeClaim, set: &StatefulSet, pod: &Pod) -> bool {
    if has_stale_owner(claim, set, pod) {
        return true;
    }
    let owners = &claim.metadata.owner_references;
    let owned_by = |uid: &str| owners.iter().any(|owner| owner.uid == uid);
    let (by_set, by_pod) = (owned_by(&set.metadata.uid), owned_by(&pod.metadata.uid));
    if has_unexpected_controller(claim, set, pod) {
        return !by_set && !by_pod;
    }
    let ours = |owner: &&OwnerReference| owner.uid == set.metadata.uid || owner.uid == pod.metadata.uid;
    if owners.iter().filter(ours).any(|owner| owner.controller != Some(true)) {
        return false;
    }
    let wanted = wanted_owner(set, pod);
    by_set == (wanted == ClaimOwner::Set) && by_pod == (wanted == ClaimOwner::Pod)
}

/// The stored claims of a pod, as far as they are known.
fn known<'i>(
    informers: &'i Informers,
    set: &StatefulSet,
    pod: &Pod,
) -> impl Iterator<Item = &'i PersistentVolumeClaim> {
    let names: Vec<String> = claims_of(set, pod).into_iter().map(|claim| claim.metadata.name).collect();
    let namespace = set.metadata.namespace.clone();
    names.into_iter().filter_map(move |name| informers.find(&namespace, &name))
}

/// `ClaimsMatchRetentionPolicy`.
pub(super) fn match_retention_policy(informers: &Informers, set: &StatefulSet, pod: &Pod) -> bool {
    known(informers, set, pod).all(|claim| is_up_to_date(claim, set, pod))
}

/// Whether a claim of a pod that is yet to be made still belongs to an earlier pod of that name, and is about to go
/// with it (`PodClaimIsStale`).
pub(super) fn is_stale(informers: &Informers, set: &StatefulSet, pod: &Pod) -> bool {
    !retains_when_scaled(set)
        && known(informers, set, pod).any(|claim| {
            let mut owners = claim.metadata.owner_references.iter();
            owners.any(|owner| {
                let of_name = owner.kind == "Pod" && owner.name == pod.metadata.name;
                of_name && owner.uid != pod.metadata.uid
            })
        })
}

impl StatefulSetController {
    /// Makes the claims that a pod is to have and that are not there (`createPersistentVolumeClaims`).
    pub(super) fn create_claims(
        &mut self,
        kernel: &mut Kernel,
        informers: &Informers,
        owner: &Object,
        set: &StatefulSet,
        pod: &Pod,
    ) -> Result<(), Refusal> {
        let mut errors = Vec::new();
        for claim in claims_of(set, pod) {
            let name = claim.metadata.name.clone();
            let stored = informers.find::<PersistentVolumeClaim>(&set.metadata.namespace, &name);
            if let Some(stored) = stored {
                if stored.metadata.deletion_timestamp.is_some() {
                    errors.push(format!("pvc {name} is being deleted"));
                }
                continue;
            }
            match kernel.create(Object::PersistentVolumeClaim(claim), BY) {
                Ok(stored) => {
                    self.consistency.wrote(&owner.key(), &stored);
                    self.claim_event(kernel, owner, &name, pod, None);
                }
                Err(refusal) => {
                    if !is_already_exists(&refusal) {
                        self.claim_event(kernel, owner, &name, pod, Some(&refusal));
                    }
                    errors.push(format!("failed to create PVC {name}: {}", refusal.message));
                }
            }
        }
        match errors.as_slice() {
            [] => Ok(()),
            [error] => Err(Box::new(Status::bad_request(error.clone()))),
            errors => Err(Box::new(Status::bad_request(format!("[{}]", errors.join(", "))))),
        }
    }

    fn claim_event(
        &mut self,
        kernel: &mut Kernel,
        owner: &Object,
        claim: &str,
        pod: &Pod,
        refusal: Option<&Refusal>,
    ) {
        let (pod, set) = (&pod.metadata.name, &owner.meta().name);
        match refusal {
            None => {
                let message = format!("Create Claim {claim} Pod {pod} in StatefulSet {set} success");
                self.pods.event(kernel, owner, EventType::Normal, "SuccessfulCreate", &message);
            }
            Some(refusal) => {
                let why = &refusal.message;
                let message =
                    format!("Create Claim {claim} for Pod {pod} in StatefulSet {set} failed error: {why}");
                self.pods.event(kernel, owner, EventType::Warning, "FailedCreate", &message);
            }
        }
    }

    /// Writes the owners that the policy asks for into a pod's claims (`UpdatePodClaimForRetentionPolicy`).
    pub(super) fn update_claim_owners(
        &mut self,
        kernel: &mut Kernel,
        informers: &Informers,
        owner: &Object,
        set: &StatefulSet,
        pod: &Pod,
    ) -> Result<(), Refusal> {
        for claim in known(informers, set, pod) {
            let name = &claim.metadata.name;
            let conflicting = has_unexpected_controller(claim, set, pod);
            if conflicting {
                let message = format!(
                    "PersistentVolumeClaim {name} has a conflicting OwnerReference that acts as a manging \
                     controller, the retention policy is ignored for this claim"
                );
                self.pods.event(kernel, owner, EventType::Warning, "ConflictingController", &message);
            }
            if is_up_to_date(claim, set, pod) {
                continue;
            }
            let mut claim = claim.clone();
            let owners = &mut claim.metadata.owner_references;
            owners.retain(|owner| means(owner, set, pod).is_none());
            if !conflicting {
                owners.extend(match wanted_owner(set, pod) {
                    ClaimOwner::Nobody => None,
                    ClaimOwner::Set => Some(controller_ref(owner)),
                    ClaimOwner::Pod => Some(pod_ref(pod)),
                });
            }
            let stored = kernel.update(Object::PersistentVolumeClaim(claim), Subresource::Main, BY)?;
            self.consistency.wrote(&owner.key(), &stored);
        }
        Ok(())
    }
}

fn pod_ref(pod: &Pod) -> OwnerReference {
    OwnerReference {
        api_version: "v1".to_string(),
        kind: "Pod".to_string(),
        name: pod.metadata.name.clone(),
        uid: pod.metadata.uid.clone(),
        controller: Some(true),
        block_owner_deletion: Some(true),
    }
}
