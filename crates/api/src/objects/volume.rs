//! Volumes of a pod.

use super::meta::{LabelSelector, LocalObjectReference};
use super::storage::PersistentVolumeClaimTemplate;
use crate::Map;
use crate::Quantity;
use crate::object;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

object! {
    v1 Volume {
        name: String = "name" always,
        host_path: Option<Box<HostPathVolumeSource>> = "hostPath",
        empty_dir: Option<Box<EmptyDirVolumeSource>> = "emptyDir",
        gce_persistent_disk: Option<Box<GCEPersistentDiskVolumeSource>> = "gcePersistentDisk",
        aws_elastic_block_store: Option<Box<AWSElasticBlockStoreVolumeSource>> = "awsElasticBlockStore",
        git_repo: Option<Box<GitRepoVolumeSource>> = "gitRepo",
        secret: Option<Box<SecretVolumeSource>> = "secret",
        nfs: Option<Box<NFSVolumeSource>> = "nfs",
        iscsi: Option<Box<ISCSIVolumeSource>> = "iscsi",
        glusterfs: Option<Box<GlusterfsVolumeSource>> = "glusterfs",
        persistent_volume_claim: Option<Box<PersistentVolumeClaimVolumeSource>> = "persistentVolumeClaim",
        rbd: Option<Box<RBDVolumeSource>> = "rbd",
        flex_volume: Option<Box<FlexVolumeSource>> = "flexVolume",
        cinder: Option<Box<CinderVolumeSource>> = "cinder",
        cephfs: Option<Box<CephFSVolumeSource>> = "cephfs",
        flocker: Option<Box<FlockerVolumeSource>> = "flocker",
        downward_api: Option<Box<DownwardAPIVolumeSource>> = "downwardAPI",
        fc: Option<Box<FCVolumeSource>> = "fc",
        azure_file: Option<Box<AzureFileVolumeSource>> = "azureFile",
        config_map: Option<Box<ConfigMapVolumeSource>> = "configMap",
        vsphere_volume: Option<Box<VsphereVirtualDiskVolumeSource>> = "vsphereVolume",
        quobyte: Option<Box<QuobyteVolumeSource>> = "quobyte",
        azure_disk: Option<Box<AzureDiskVolumeSource>> = "azureDisk",
        photon_persistent_disk: Option<Box<PhotonPersistentDiskVolumeSource>> = "photonPersistentDisk",
        projected: Option<Box<ProjectedVolumeSource>> = "projected",
        portworx_volume: Option<Box<PortworxVolumeSource>> = "portworxVolume",
        scaleio: Option<Box<ScaleIOVolumeSource>> = "scaleIO",
        storageos: Option<Box<StorageOSVolumeSource>> = "storageos",
        csi: Option<Box<CSIVolumeSource>> = "csi",
        ephemeral: Option<Box<EphemeralVolumeSource>> = "ephemeral",
        image: Option<Box<ImageVolumeSource>> = "image",
    }

    v1 GCEPersistentDiskVolumeSource {
        pd_name: String = "pdName" always,
        fs_type: String = "fsType",
        partition: i32 = "partition",
        read_only: bool = "readOnly",
    }

    v1 AWSElasticBlockStoreVolumeSource {
        volume_id: String = "volumeID" always,
        fs_type: String = "fsType",
        partition: i32 = "partition",
        read_only: bool = "readOnly",
    }

    v1 HostPathVolumeSource {
        path: String = "path" always,
        type_: Option<String> = "type" ("v1.HostPathType"),
    }

    v1 NFSVolumeSource {
        server: String = "server" always,
        path: String = "path" always,
        read_only: bool = "readOnly",
    }

    v1 FCVolumeSource {
        target_wwns: Vec<String> = "targetWWNs",
        lun: Option<i32> = "lun",
        fs_type: String = "fsType",
        read_only: bool = "readOnly",
        wwids: Vec<String> = "wwids",
    }

    v1 FlockerVolumeSource {
        dataset_name: String = "datasetName",
        dataset_uuid: String = "datasetUUID",
    }

    v1 VsphereVirtualDiskVolumeSource {
        volume_path: String = "volumePath" always,
        fs_type: String = "fsType",
        storage_policy_name: String = "storagePolicyName",
        storage_policy_id: String = "storagePolicyID",
    }

    v1 QuobyteVolumeSource {
        registry: String = "registry" always,
        volume: String = "volume" always,
        read_only: bool = "readOnly",
        user: String = "user",
        group: String = "group",
        tenant: String = "tenant",
    }

    v1 AzureDiskVolumeSource {
        disk_name: String = "diskName" always,
        disk_uri: String = "diskURI" always,
        caching_mode: Option<String> = "cachingMode" ("v1.AzureDataDiskCachingMode"),
        fs_type: Option<String> = "fsType",
        read_only: Option<bool> = "readOnly",
        kind: Option<String> = "kind" ("v1.AzureDataDiskKind"),
    }

    v1 PhotonPersistentDiskVolumeSource {
        pd_id: String = "pdID" always,
        fs_type: String = "fsType",
    }

    v1 PortworxVolumeSource {
        volume_id: String = "volumeID" always,
        fs_type: String = "fsType",
        read_only: bool = "readOnly",
    }

    v1 EmptyDirVolumeSource {
        medium: String = "medium" ("v1.StorageMedium"),
        size_limit: Option<Quantity> = "sizeLimit",
    }

    v1 GitRepoVolumeSource {
        repository: String = "repository" always,
        revision: String = "revision",
        directory: String = "directory",
    }

    v1 SecretVolumeSource {
        secret_name: String = "secretName",
        items: Vec<KeyToPath> = "items",
        default_mode: Option<i32> = "defaultMode",
        optional: Option<bool> = "optional",
    }

    v1 ISCSIVolumeSource {
        target_portal: String = "targetPortal" always,
        iqn: String = "iqn" always,
        lun: i32 = "lun" always,
        iscsi_interface: String = "iscsiInterface",
        fs_type: String = "fsType",
        read_only: bool = "readOnly",
        portals: Vec<String> = "portals",
        chap_auth_discovery: bool = "chapAuthDiscovery",
        chap_auth_session: bool = "chapAuthSession",
        secret_ref: Option<LocalObjectReference> = "secretRef",
        initiator_name: Option<String> = "initiatorName",
    }

    v1 GlusterfsVolumeSource {
        endpoints: String = "endpoints" always,
        path: String = "path" always,
        read_only: bool = "readOnly",
    }

    v1 PersistentVolumeClaimVolumeSource {
        claim_name: String = "claimName" always,
        read_only: bool = "readOnly",
    }

    v1 RBDVolumeSource {
        monitors: Vec<String> = "monitors" always,
        image: String = "image" always,
        fs_type: String = "fsType",
        pool: String = "pool",
        user: String = "user",
        keyring: String = "keyring",
        secret_ref: Option<LocalObjectReference> = "secretRef",
        read_only: bool = "readOnly",
    }

    v1 FlexVolumeSource {
        driver: String = "driver" always,
        fs_type: String = "fsType",
        secret_ref: Option<LocalObjectReference> = "secretRef",
        read_only: bool = "readOnly",
        options: Map<String> = "options",
    }

    v1 CinderVolumeSource {
        volume_id: String = "volumeID" always,
        fs_type: String = "fsType",
        read_only: bool = "readOnly",
        secret_ref: Option<LocalObjectReference> = "secretRef",
    }

    v1 CephFSVolumeSource {
        monitors: Vec<String> = "monitors" always,
        path: String = "path",
        user: String = "user",
        secret_file: String = "secretFile",
        secret_ref: Option<LocalObjectReference> = "secretRef",
        read_only: bool = "readOnly",
    }

    v1 DownwardAPIVolumeSource {
        items: Vec<DownwardAPIVolumeFile> = "items",
        default_mode: Option<i32> = "defaultMode",
    }

    v1 AzureFileVolumeSource {
        secret_name: String = "secretName" always,
        share_name: String = "shareName" always,
        read_only: bool = "readOnly",
    }

    v1 ConfigMapVolumeSource {
        name: String = "name",
        items: Vec<KeyToPath> = "items",
        default_mode: Option<i32> = "defaultMode",
        optional: Option<bool> = "optional",
    }

    v1 ProjectedVolumeSource {
        sources: Vec<VolumeProjection> = "sources" always,
        default_mode: Option<i32> = "defaultMode",
    }

    v1 ScaleIOVolumeSource {
        gateway: String = "gateway" always,
        system: String = "system" always,
        secret_ref: Option<LocalObjectReference> = "secretRef" always,
        ssl_enabled: bool = "sslEnabled",
        protection_domain: String = "protectionDomain",
        storage_pool: String = "storagePool",
        storage_mode: String = "storageMode",
        volume_name: String = "volumeName",
        fs_type: String = "fsType",
        read_only: bool = "readOnly",
    }

    v1 StorageOSVolumeSource {
        volume_name: String = "volumeName",
        volume_namespace: String = "volumeNamespace",
        fs_type: String = "fsType",
        read_only: bool = "readOnly",
        secret_ref: Option<LocalObjectReference> = "secretRef",
    }

    v1 CSIVolumeSource {
        driver: String = "driver" always,
        read_only: Option<bool> = "readOnly",
        fs_type: Option<String> = "fsType",
        volume_attributes: Map<String> = "volumeAttributes",
        node_publish_secret_ref: Option<LocalObjectReference> = "nodePublishSecretRef",
    }

    v1 EphemeralVolumeSource {
        volume_claim_template: Option<PersistentVolumeClaimTemplate> = "volumeClaimTemplate",
    }

    v1 ImageVolumeSource {
        reference: String = "reference",
        pull_policy: String = "pullPolicy" ("v1.PullPolicy"),
    }

    v1 ObjectFieldSelector {
        api_version: String = "apiVersion",
        field_path: String = "fieldPath" always,
    }

    v1 ResourceFieldSelector {
        container_name: String = "containerName",
        resource: String = "resource" always,
        divisor: Quantity = "divisor",
    }

    v1 KeyToPath {
        key: String = "key" always,
        path: String = "path" always,
        mode: Option<i32> = "mode",
    }

    v1 DownwardAPIVolumeFile {
        path: String = "path" always,
        field_ref: Option<ObjectFieldSelector> = "fieldRef",
        resource_field_ref: Option<ResourceFieldSelector> = "resourceFieldRef",
        mode: Option<i32> = "mode",
    }

    v1 VolumeProjection {
        secret: Option<SecretProjection> = "secret",
        downward_api: Option<DownwardAPIProjection> = "downwardAPI",
        config_map: Option<ConfigMapProjection> = "configMap",
        service_account_token: Option<ServiceAccountTokenProjection> = "serviceAccountToken",
        cluster_trust_bundle: Option<ClusterTrustBundleProjection> = "clusterTrustBundle",
        pod_certificate: Option<PodCertificateProjection> = "podCertificate",
    }

    v1 SecretProjection {
        name: String = "name",
        items: Vec<KeyToPath> = "items",
        optional: Option<bool> = "optional",
    }

    v1 DownwardAPIProjection {
        items: Vec<DownwardAPIVolumeFile> = "items",
    }

    v1 ConfigMapProjection {
        name: String = "name",
        items: Vec<KeyToPath> = "items",
        optional: Option<bool> = "optional",
    }

    v1 ServiceAccountTokenProjection {
        audience: String = "audience",
        expiration_seconds: Option<i64> = "expirationSeconds",
        path: String = "path" always,
    }

    v1 ClusterTrustBundleProjection {
        name: Option<String> = "name",
        signer_name: Option<String> = "signerName",
        label_selector: Option<LabelSelector> = "labelSelector",
        optional: Option<bool> = "optional",
        path: String = "path" always,
    }

    v1 PodCertificateProjection {
        signer_name: String = "signerName",
        key_type: String = "keyType",
        max_expiration_seconds: Option<i32> = "maxExpirationSeconds",
        credential_bundle_path: String = "credentialBundlePath",
        key_path: String = "keyPath",
        certificate_chain_path: String = "certificateChainPath",
        user_annotations: Map<String> = "userAnnotations",
    }
}
