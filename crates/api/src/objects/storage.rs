//! PersistentVolumeClaim, PersistentVolume and StorageClass.

use super::meta::{
    LabelSelector, ObjectMeta, ObjectReference, SecretReference, TypedLocalObjectReference,
    TypedObjectReference,
};
use super::pod::NodeSelector;
use super::volume::{HostPathVolumeSource, NFSVolumeSource};
use crate::object;
use crate::{Map, Quantity, Shared, Time};
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use serde_json::Value;

object! {
    v1 PersistentVolumeClaim {
        api_version: String = "apiVersion",
        kind: String = "kind",
        metadata: ObjectMeta = "metadata",
        spec: Shared<PersistentVolumeClaimSpec> = "spec",
        status: PersistentVolumeClaimStatus = "status",
    }

    v1 PersistentVolume {
        metadata: ObjectMeta = "metadata",
        spec: Shared<PersistentVolumeSpec> = "spec",
        status: PersistentVolumeStatus = "status",
    }

    v1 StorageClass {
        metadata: ObjectMeta = "metadata",
        provisioner: String = "provisioner" always,
        parameters: Map<String> = "parameters",
        reclaim_policy: Option<String> = "reclaimPolicy" ("v1.PersistentVolumeReclaimPolicy"),
        mount_options: Vec<String> = "mountOptions",
        allow_volume_expansion: Option<bool> = "allowVolumeExpansion",
        volume_binding_mode: Option<String> = "volumeBindingMode" ("v1.VolumeBindingMode"),
        allowed_topologies: Vec<TopologySelectorTerm> = "allowedTopologies",
    }

    v1 PersistentVolumeClaimSpec {
        access_modes: Vec<String> = "accessModes" ("[]v1.PersistentVolumeAccessMode"),
        selector: Option<LabelSelector> = "selector",
        resources: VolumeResourceRequirements = "resources",
        volume_name: String = "volumeName",
        storage_class_name: Option<String> = "storageClassName",
        volume_mode: Option<String> = "volumeMode" ("v1.PersistentVolumeMode"),
        data_source: Option<TypedLocalObjectReference> = "dataSource",
        data_source_ref: Option<TypedObjectReference> = "dataSourceRef",
        volume_attributes_class_name: Option<String> = "volumeAttributesClassName",
    }

    v1 PersistentVolumeClaimStatus {
        phase: String = "phase" ("v1.PersistentVolumeClaimPhase"),
        access_modes: Vec<String> = "accessModes" ("[]v1.PersistentVolumeAccessMode"),
        capacity: Map<Quantity> = "capacity" ("v1.ResourceList"),
        conditions: Vec<PersistentVolumeClaimCondition> = "conditions",
        allocated_resources: Map<Quantity> = "allocatedResources" ("v1.ResourceList"),
        allocated_resource_statuses: Map<String> = "allocatedResourceStatuses" ("map[v1.ResourceName]v1.ClaimResourceStatus"),
        current_volume_attributes_class_name: Option<String> = "currentVolumeAttributesClassName",
        modify_volume_status: Option<ModifyVolumeStatus> = "modifyVolumeStatus",
    }

    v1 PersistentVolumeSpec {
        capacity: Map<Quantity> = "capacity" ("v1.ResourceList"),
        gce_persistent_disk: Option<Value> = "gcePersistentDisk",
        aws_elastic_block_store: Option<Value> = "awsElasticBlockStore",
        host_path: Option<Box<HostPathVolumeSource>> = "hostPath",
        glusterfs: Option<Value> = "glusterfs",
        nfs: Option<Box<NFSVolumeSource>> = "nfs",
        rbd: Option<Value> = "rbd",
        iscsi: Option<Value> = "iscsi",
        cinder: Option<Value> = "cinder",
        cephfs: Option<Value> = "cephfs",
        fc: Option<Value> = "fc",
        flocker: Option<Value> = "flocker",
        flex_volume: Option<Value> = "flexVolume",
        azure_file: Option<Value> = "azureFile",
        vsphere_volume: Option<Value> = "vsphereVolume",
        quobyte: Option<Value> = "quobyte",
        azure_disk: Option<Value> = "azureDisk",
        photon_persistent_disk: Option<Value> = "photonPersistentDisk",
        portworx_volume: Option<Value> = "portworxVolume",
        scaleio: Option<Value> = "scaleIO",
        local: Option<Box<LocalVolumeSource>> = "local",
        storageos: Option<Value> = "storageos",
        csi: Option<Box<CSIPersistentVolumeSource>> = "csi",
        access_modes: Vec<String> = "accessModes" ("[]v1.PersistentVolumeAccessMode"),
        claim_ref: Option<ObjectReference> = "claimRef",
        persistent_volume_reclaim_policy: String = "persistentVolumeReclaimPolicy" ("v1.PersistentVolumeReclaimPolicy"),
        storage_class_name: String = "storageClassName",
        mount_options: Vec<String> = "mountOptions",
        volume_mode: Option<String> = "volumeMode" ("v1.PersistentVolumeMode"),
        node_affinity: Option<VolumeNodeAffinity> = "nodeAffinity",
        volume_attributes_class_name: Option<String> = "volumeAttributesClassName",
    }

    v1 PersistentVolumeStatus {
        phase: String = "phase" ("v1.PersistentVolumePhase"),
        message: String = "message",
        reason: String = "reason",
        last_phase_transition_time: Option<Time> = "lastPhaseTransitionTime",
    }

    v1 TopologySelectorTerm {
        match_label_expressions: Vec<TopologySelectorLabelRequirement> = "matchLabelExpressions",
    }

    v1 VolumeResourceRequirements {
        limits: Map<Quantity> = "limits" ("v1.ResourceList"),
        requests: Map<Quantity> = "requests" ("v1.ResourceList"),
    }

    v1 PersistentVolumeClaimCondition {
        type_: String = "type" ("v1.PersistentVolumeClaimConditionType") always,
        status: String = "status" ("v1.ConditionStatus") always,
        last_probe_time: Option<Time> = "lastProbeTime" always,
        last_transition_time: Option<Time> = "lastTransitionTime" always,
        reason: String = "reason",
        message: String = "message",
    }

    v1 ModifyVolumeStatus {
        target_volume_attributes_class_name: String = "targetVolumeAttributesClassName",
        status: String = "status" ("v1.PersistentVolumeClaimModifyVolumeStatus") always,
    }

    v1 LocalVolumeSource {
        path: String = "path" always,
        fs_type: Option<String> = "fsType",
    }

    v1 CSIPersistentVolumeSource {
        driver: String = "driver" always,
        volume_handle: String = "volumeHandle" always,
        read_only: bool = "readOnly",
        fs_type: String = "fsType",
        volume_attributes: Map<String> = "volumeAttributes",
        controller_publish_secret_ref: Option<SecretReference> = "controllerPublishSecretRef",
        node_stage_secret_ref: Option<SecretReference> = "nodeStageSecretRef",
        node_publish_secret_ref: Option<SecretReference> = "nodePublishSecretRef",
        controller_expand_secret_ref: Option<SecretReference> = "controllerExpandSecretRef",
        node_expand_secret_ref: Option<SecretReference> = "nodeExpandSecretRef",
    }

    v1 VolumeNodeAffinity {
        required: Option<NodeSelector> = "required",
    }

    v1 TopologySelectorLabelRequirement {
        key: String = "key" always,
        values: Vec<String> = "values" always,
    }

    v1 PersistentVolumeClaimTemplate {
        metadata: ObjectMeta = "metadata",
        spec: PersistentVolumeClaimSpec = "spec" always,
    }
}
