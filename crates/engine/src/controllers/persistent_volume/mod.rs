//! Claims get volumes, and volumes are given back (`pkg/controller/volume/persistentvolume/pv_controller.go`).
//!
//! A class with a provisioner has one in the simulation too: see [`provisioner`].

mod provisioner;

use super::{Change, Controller, ControllerName, Informers, WorkQueue};
use crate::api_server::DeleteOptions;
use crate::events::{EventType, Recorder};
use crate::kernel::Kernel;
use crate::trace::Op;
use crate::volume_match::{
    BIND_COMPLETED, BOUND_BY_CONTROLLER, SELECTED_NODE, claim_names, find_matching_volume, is_bound,
    waits_for_consumer,
};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use lifepod_api::{
    Object, ObjectKey, ObjectReference, PersistentVolume, PersistentVolumeClaim, Pod, Refusal, Resource,
    SimTime, StorageClass, Subresource,
};
use provisioner::Provisioner;

const BY: &str = "persistentvolume-controller";

/// How often a claim that waits is looked at again (`PVClaimBinderSyncPeriod`).
const RESYNC: SimTime = SimTime::from_secs(15);

/// The controller.
#[derive(Clone, Debug)]
pub(crate) struct PersistentVolumeController {
    queue: WorkQueue,
    recorder: Recorder,
    provisioner: Provisioner,
}

/// The reference that Events about an object, and volumes to their claims, carry.
fn reference(object: &PersistentVolumeClaim) -> ObjectReference {
    ObjectReference {
        kind: "PersistentVolumeClaim".to_string(),
        api_version: "v1".to_string(),
        namespace: object.metadata.namespace.clone(),
        name: object.metadata.name.clone(),
        uid: object.metadata.uid.clone(),
        resource_version: object.metadata.resource_version.clone(),
        ..ObjectReference::default()
    }
}

fn claim_key(namespace: &str, name: &str) -> ObjectKey {
    ObjectKey::new(PersistentVolumeClaim::KIND, namespace, name)
}

impl PersistentVolumeController {
    pub(super) fn new() -> Self {
        PersistentVolumeController {
            queue: WorkQueue::new(ControllerName::PersistentVolume),
            recorder: Recorder::new(BY, ""),
            provisioner: Provisioner::new(),
        }
    }

    /// `syncClaim`
    fn sync_claim(&mut self, kernel: &mut Kernel, claim: &PersistentVolumeClaim) -> Result<(), Refusal> {
        if is_bound(claim) {
            return self.sync_bound_claim(kernel, claim);
        }
        if !claim.spec.volume_name.is_empty() {
            return self.bind_to_named(kernel, claim);
        }
        let waits = waits_for_consumer(claim, &kernel.store);
        let selected = claim.metadata.annotations.contains_key(SELECTED_NODE);
        // A class that waits for a pod binds only what was reserved for the claim.
        let free = |volume: &&PersistentVolume| !waits || volume.spec.claim_ref.is_some();
        let volumes = kernel.store.all::<PersistentVolume>().filter(free);
        if let Some(volume) = find_matching_volume(claim, volumes, None).cloned() {
            return self.bind(kernel, volume, claim);
        }
        let class = claim.spec.storage_class_name.clone().unwrap_or_default();
        if waits && !selected {
            let (reason, message) = self.waits_for(kernel, claim);
            self.say(kernel, claim, EventType::Normal, reason, &message);
        } else if class.is_empty() {
            let why = "no persistent volumes available for this claim and no storage class is set";
            self.say(kernel, claim, EventType::Normal, "FailedBinding", why);
        } else {
            self.provision(kernel, claim, &class)?;
        }
        self.queue.add_after(kernel, claim_key(&claim.metadata.namespace, &claim.metadata.name), RESYNC);
        Ok(())
    }

    /// Whom a claim of a waiting class waits for (`emitEventForUnboundDelayBindingClaim`).
    fn waits_for(&self, kernel: &Kernel, claim: &PersistentVolumeClaim) -> (&'static str, String) {
        let uses = |pod: &&Pod| {
            pod.spec.node_name.is_empty() && claim_names(pod).any(|(name, _)| name == claim.metadata.name)
        };
        let pods = kernel.store.in_namespace::<Pod>(&claim.metadata.namespace).filter(uses);
        let names: Vec<&str> = pods.map(|pod| pod.metadata.name.as_str()).collect();
        match names.as_slice() {
            [] => (
                "WaitForFirstConsumer",
                "waiting for first consumer to be created before binding".to_string(),
            ),
            [name] => ("WaitForPodScheduled", format!("waiting for pod {name} to be scheduled")),
            _ => ("WaitForPodScheduled", format!("waiting for pods {} to be scheduled", names.join(","))),
        }
    }

    /// Asks the provisioner of the class for a volume (`provisionClaim`).
    fn provision(
        &mut self,
        kernel: &mut Kernel,
        claim: &PersistentVolumeClaim,
        class: &str,
    ) -> Result<(), Refusal> {
        let Some(class) = kernel.store.find::<StorageClass>("", class).cloned() else {
            let why = format!("storageclass.storage.k8s.io {class:?} not found");
            self.say(kernel, claim, EventType::Warning, "ProvisioningFailed", &why);
            return Ok(());
        };
        if class.provisioner.starts_with("kubernetes.io/") || class.provisioner.is_empty() {
            let why = format!("no volume plugin matched name: {}", class.provisioner);
            self.say(kernel, claim, EventType::Warning, "ProvisioningFailed", &why);
            return Ok(());
        }
        let mut asked = claim.clone();
        for key in provisioner::ASKED {
            asked.metadata.annotations.insert(key.to_string(), class.provisioner.clone());
        }
        kernel.update(Object::PersistentVolumeClaim(asked), Subresource::Main, BY)?;
        let message = format!(
            "Waiting for a volume to be created either by the external provisioner '{}' or manually by the system \
             administrator. If volume creation is delayed, please verify that the provisioner is running and correctly \
             registered.",
            class.provisioner
        );
        self.say(kernel, claim, EventType::Normal, "ExternalProvisioning", &message);
        self.provisioner.begin(kernel, &mut self.queue, claim, &class);
        Ok(())
    }

    /// The claim wants one volume and no other (`syncUnboundClaim`).
    fn bind_to_named(&mut self, kernel: &mut Kernel, claim: &PersistentVolumeClaim) -> Result<(), Refusal> {
        let name = &claim.spec.volume_name;
        let Some(volume) = kernel.store.find::<PersistentVolume>("", name).cloned() else { return Ok(()) };
        let taken = volume.spec.claim_ref.as_ref().is_some_and(|r| !means(r, claim));
        if taken {
            let why = format!("volume {name:?} already bound to a different claim.");
            self.say(kernel, claim, EventType::Warning, "FailedBinding", &why);
            return Ok(());
        }
        self.bind(kernel, volume, claim)
    }

    /// Ties both together, one write after the other (`bind`).
    fn bind(
        &mut self,
        kernel: &mut Kernel,
        mut volume: PersistentVolume,
        claim: &PersistentVolumeClaim,
    ) -> Result<(), Refusal> {
        let reserved = volume.spec.claim_ref.as_ref().is_some_and(|r| means(r, claim));
        if !reserved || volume.spec.claim_ref.as_ref().is_some_and(|r| r.uid.is_empty()) {
            if !reserved {
                volume.metadata.annotations.insert(BOUND_BY_CONTROLLER.to_string(), "yes".to_string());
            }
            volume.spec.claim_ref = Some(reference(claim));
            kernel.update(Object::PersistentVolume(volume.clone()), Subresource::Main, BY)?;
        }
        set_volume_phase(kernel, &volume.metadata.name, "Bound")?;
        let mut bound = claim.clone();
        let annotations = &mut bound.metadata.annotations;
        if bound.spec.volume_name.is_empty() {
            annotations.insert(BOUND_BY_CONTROLLER.to_string(), "yes".to_string());
        }
        annotations.insert(BIND_COMPLETED.to_string(), "yes".to_string());
        bound.spec.volume_name.clone_from(&volume.metadata.name);
        let stored = kernel.update(Object::PersistentVolumeClaim(bound), Subresource::Main, BY)?;
        if let Some(mut bound) = PersistentVolumeClaim::of(&stored).cloned() {
            bound.status.phase = "Bound".to_string();
            bound.status.access_modes.clone_from(&volume.spec.access_modes);
            bound.status.capacity.clone_from(&volume.spec.capacity);
            kernel.update(Object::PersistentVolumeClaim(bound), Subresource::Status, BY)?;
        }
        Ok(())
    }

    /// A claim that had its volume; data is lost with it (`syncBoundClaim`).
    fn sync_bound_claim(
        &mut self,
        kernel: &mut Kernel,
        claim: &PersistentVolumeClaim,
    ) -> Result<(), Refusal> {
        let there = kernel.store.find::<PersistentVolume>("", &claim.spec.volume_name).is_some();
        if there || claim.status.phase == "Lost" {
            return Ok(());
        }
        let mut lost = claim.clone();
        lost.status.phase = "Lost".to_string();
        kernel.update(Object::PersistentVolumeClaim(lost), Subresource::Status, BY)?;
        let why = "Bound claim has lost its PersistentVolume. Data on the volume is lost!";
        self.say(kernel, claim, EventType::Warning, "ClaimLost", why);
        Ok(())
    }

    /// `syncVolume`: a volume without its claim is given back.
    fn sync_volume(&mut self, kernel: &mut Kernel, volume: &PersistentVolume) -> Result<(), Refusal> {
        let name = &volume.metadata.name;
        let claim = volume.spec.claim_ref.as_ref().filter(|reference| !reference.uid.is_empty());
        let Some(wanted) = claim else { return set_volume_phase(kernel, name, "Available") };
        let claim = kernel.store.find::<PersistentVolumeClaim>(&wanted.namespace, &wanted.name);
        match claim.filter(|claim| claim.metadata.uid == wanted.uid) {
            Some(claim) if claim.spec.volume_name == *name => set_volume_phase(kernel, name, "Bound"),
            Some(_) => {
                let key = claim_key(&wanted.namespace, &wanted.name);
                self.queue.add(kernel, key);
                Ok(())
            }
            None => {
                set_volume_phase(kernel, name, "Released")?;
                if volume.spec.persistent_volume_reclaim_policy == "Delete" {
                    let key = ObjectKey::new(PersistentVolume::KIND, "", name);
                    kernel.delete(&key, &DeleteOptions::default(), BY)?;
                }
                Ok(())
            }
        }
    }

    fn say(
        &mut self,
        kernel: &mut Kernel,
        claim: &PersistentVolumeClaim,
        kind: EventType,
        reason: &str,
        message: &str,
    ) {
        self.recorder.event(kernel, &reference(claim), kind, reason, message);
    }
}

/// Whether a volume's reference means this claim (`IsVolumeBoundToClaim`).
fn means(reference: &ObjectReference, claim: &PersistentVolumeClaim) -> bool {
    reference.name == claim.metadata.name
        && reference.namespace == claim.metadata.namespace
        && (reference.uid.is_empty() || reference.uid == claim.metadata.uid)
}

fn set_volume_phase(kernel: &mut Kernel, name: &str, phase: &str) -> Result<(), Refusal> {
    let Some(volume) = kernel.store.find::<PersistentVolume>("", name) else { return Ok(()) };
    if volume.status.phase == phase {
        return Ok(());
    }
    let mut volume = volume.clone();
    volume.status.phase = phase.to_string();
    volume.status.last_phase_transition_time = Some(kernel.time());
    kernel.update(Object::PersistentVolume(volume), Subresource::Status, BY).map(|_| ())
}

impl Controller for PersistentVolumeController {
    fn kinds(&self) -> &'static [&'static str] {
        &["PersistentVolumeClaim", "PersistentVolume"]
    }

    fn queue(&mut self) -> &mut WorkQueue {
        &mut self.queue
    }

    fn observe(&mut self, kernel: &mut Kernel, informers: &Informers, change: &Change<'_>) {
        match change.object {
            Object::PersistentVolumeClaim(claim) if change.op == Op::Deleted => {
                if !claim.spec.volume_name.is_empty() {
                    let volume = ObjectKey::new(PersistentVolume::KIND, "", &claim.spec.volume_name);
                    self.queue.add(kernel, volume);
                }
            }
            Object::PersistentVolume(volume) => {
                // Claims that wait may take a new volume; a bound one misses a volume that is gone.
                if let Some(reference) = &volume.spec.claim_ref {
                    self.queue.add(kernel, claim_key(&reference.namespace, &reference.name));
                } else if change.op == Op::Added {
                    let waiting = informers.all::<PersistentVolumeClaim>().filter(|claim| !is_bound(claim));
                    let keys: Vec<ObjectKey> =
                        waiting.map(|c| claim_key(&c.metadata.namespace, &c.metadata.name)).collect();
                    keys.into_iter().for_each(|key| self.queue.add(kernel, key));
                }
                if change.op != Op::Deleted {
                    self.queue.add(kernel, change.object.key());
                }
            }
            _ => self.queue.add(kernel, change.object.key()),
        }
    }

    fn sync(&mut self, kernel: &mut Kernel, _: &Informers, key: &ObjectKey) -> Result<(), Refusal> {
        match kernel.store.get(key).cloned().as_deref() {
            Some(Object::PersistentVolumeClaim(claim)) if claim.metadata.deletion_timestamp.is_some() => {
                Ok(())
            }
            Some(Object::PersistentVolumeClaim(claim)) => {
                if self.provisioner.is_done(kernel.now, key) {
                    return self.provisioner.finish(kernel, claim);
                }
                if self.provisioner.is_busy(key) {
                    return Ok(());
                }
                self.sync_claim(kernel, claim)
            }
            Some(Object::PersistentVolume(volume)) if volume.metadata.deletion_timestamp.is_none() => {
                self.sync_volume(kernel, volume)
            }
            _ => Ok(()),
        }
    }
}
