//! The provisioner of a storage class, as a CSI driver's sidecar does it
//! (`kubernetes-csi/external-provisioner`, `sig-storage-lib-external-provisioner/controller/controller.go`).

use super::reference;
use crate::controllers::WorkQueue;
use crate::events::{EventType, Recorder};
use crate::kernel::Kernel;
use crate::volume_match::SELECTED_NODE;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use lifepod_api::{
    CSIPersistentVolumeSource, Node, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, Object,
    ObjectKey, ObjectMeta, PersistentVolume, PersistentVolumeClaim, PersistentVolumeSpec, Refusal, Resource,
    SimTime, StorageClass, VolumeNodeAffinity,
};

/// By these annotations a claim asks a provisioner (`volume.AnnStorageProvisioner`).
pub(super) const ASKED: [&str; 2] =
    ["volume.beta.kubernetes.io/storage-provisioner", "volume.kubernetes.io/storage-provisioner"];

/// A disk of a zone can be used in that zone only.
const ZONE: &str = "topology.kubernetes.io/zone";

/// Who writes.
const BY: &str = "external-provisioner";

/// Volumes in the making.
#[derive(Clone, Debug)]
pub(super) struct Provisioner {
    making: BTreeMap<ObjectKey, (SimTime, StorageClass)>,
    recorder: Recorder,
}

impl Provisioner {
    pub(super) fn new() -> Self {
        Provisioner { making: BTreeMap::new(), recorder: Recorder::new(BY, "") }
    }

    /// Begins to make a volume for the claim; its key comes back when the volume is there.
    pub(super) fn begin(
        &mut self,
        kernel: &mut Kernel,
        queue: &mut WorkQueue,
        claim: &PersistentVolumeClaim,
        class: &StorageClass,
    ) {
        let key =
            ObjectKey::new(PersistentVolumeClaim::KIND, &claim.metadata.namespace, &claim.metadata.name);
        let took = kernel.config.latency.provision_volume;
        self.making.insert(key.clone(), (kernel.now + took, class.clone()));
        let name = format!("{}/{}", claim.metadata.namespace, claim.metadata.name);
        let message = format!("External provisioner is provisioning volume for claim {name:?}");
        self.recorder.event(kernel, &reference(claim), EventType::Normal, "Provisioning", &message);
        queue.add_after(kernel, key, took);
    }

    /// Whether a volume for the claim is being made.
    pub(super) fn is_busy(&self, key: &ObjectKey) -> bool {
        self.making.contains_key(key)
    }

    /// Whether it is made by now.
    pub(super) fn is_done(&self, now: SimTime, key: &ObjectKey) -> bool {
        self.making.get(key).is_some_and(|(at, _)| *at <= now)
    }

    /// The volume is there, reserved for the claim.
    pub(super) fn finish(
        &mut self,
        kernel: &mut Kernel,
        claim: &PersistentVolumeClaim,
    ) -> Result<(), Refusal> {
        let key =
            ObjectKey::new(PersistentVolumeClaim::KIND, &claim.metadata.namespace, &claim.metadata.name);
        let Some((_, class)) = self.making.remove(&key) else { return Ok(()) };
        let volume = volume(kernel, claim, &class);
        let name = volume.metadata.name.clone();
        kernel.create(Object::PersistentVolume(volume), BY)?;
        let message = format!("Successfully provisioned volume {name}");
        self.recorder.event(kernel, &reference(claim), EventType::Normal, "ProvisioningSucceeded", &message);
        Ok(())
    }
}

fn volume(kernel: &Kernel, claim: &PersistentVolumeClaim, class: &StorageClass) -> PersistentVolume {
    let name = format!("pvc-{}", claim.metadata.uid);
    let capacity = claim.spec.resources.requests.get("storage");
    let by = ("pv.kubernetes.io/provisioned-by".to_string(), class.provisioner.clone());
    PersistentVolume {
        metadata: ObjectMeta { name: name.clone(), annotations: [by].into(), ..ObjectMeta::default() },
        spec: PersistentVolumeSpec {
            capacity: capacity.map(|amount| ("storage".to_string(), amount.clone())).into_iter().collect(),
            access_modes: claim.spec.access_modes.clone(),
            claim_ref: Some(reference(claim)),
            persistent_volume_reclaim_policy: class.reclaim_policy.clone().unwrap_or("Delete".to_string()),
            storage_class_name: class.metadata.name.clone(),
            mount_options: class.mount_options.clone(),
            volume_mode: claim.spec.volume_mode.clone(),
            node_affinity: zone_of(kernel, claim).map(|zone| VolumeNodeAffinity {
                required: Some(NodeSelector { node_selector_terms: [zone].to_vec() }),
            }),
            csi: Some(Box::new(CSIPersistentVolumeSource {
                driver: class.provisioner.clone(),
                volume_handle: name,
                ..CSIPersistentVolumeSource::default()
            })),
            ..PersistentVolumeSpec::default()
        }
        .into(),
        ..PersistentVolume::default()
    }
}

/// The zone of the node that the claim's pod was given, if nodes have zones.
fn zone_of(kernel: &Kernel, claim: &PersistentVolumeClaim) -> Option<NodeSelectorTerm> {
    let node = kernel.store.find::<Node>("", claim.metadata.annotations.get(SELECTED_NODE)?)?;
    let zone: String = node.metadata.labels.get(ZONE)?.clone();
    let requirement = NodeSelectorRequirement {
        key: ZONE.to_string(),
        operator: "In".to_string(),
        values: [zone].to_vec(),
    };
    Some(NodeSelectorTerm { match_expressions: [requirement].to_vec(), ..NodeSelectorTerm::default() })
}
