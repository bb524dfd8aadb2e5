//! Every source of a volume has its own rules: what the API server says to a pod with one volume.

use lifepod_api::{Object, prepare, validation};
use serde_json::{Value, json};

/// The errors of a pod with this volume, the volume's path left out.
fn errors(volume: Value) -> Vec<String> {
    let mut volume = volume;
    volume["name"] = json!("v");
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "default"}, "spec": {
        "containers": [{"name": "a", "image": "a"}], "volumes": [volume]}});
    let (mut object, found) = Object::decode(&pod);
    assert_eq!(found, []);
    prepare::for_create(&mut object, None);
    validation::create(&object).iter().map(|e| e.to_string().replace("spec.volumes[0].", "")).collect()
}

#[test]
fn what_a_source_needs_is_required() {
    for (volume, missing) in [
        (json!({"gcePersistentDisk": {}}), vec!["persistentDisk.pdName"]),
        (json!({"awsElasticBlockStore": {}}), vec!["awsElasticBlockStore.volumeID"]),
        (json!({"glusterfs": {}}), vec!["glusterfs.endpoints", "glusterfs.path"]),
        (json!({"rbd": {}}), vec!["rbd.monitors", "rbd.image"]),
        (json!({"cinder": {"secretRef": {}}}), vec!["cinder.volumeID", "cinder.secretRef.name"]),
        (json!({"cephfs": {}}), vec!["cephfs.monitors"]),
        (json!({"flexVolume": {}}), vec!["flexVolume.driver"]),
        (json!({"azureFile": {}}), vec!["azureFile.secretName", "azureFile.shareName"]),
        (json!({"vsphereVolume": {}}), vec!["vsphereVolume.volumePath"]),
        (json!({"photonPersistentDisk": {}}), vec!["photonPersistentDisk.pdID"]),
        (json!({"portworxVolume": {}}), vec!["portworxVolume.volumeID"]),
        (json!({"storageos": {}}), vec!["storageos.volumeName"]),
        (json!({"scaleIO": {}}), vec!["scaleIO.gateway", "scaleIO.system", "scaleIO.volumeName"]),
        (json!({"image": {}}), vec!["image.reference"]),
        (json!({"csi": {"nodePublishSecretRef": {}}}), vec!["csi.driver", "csi.nodePublishSecretRef.name"]),
    ] {
        let expected: Vec<String> = missing.iter().map(|field| format!("{field}: Required value")).collect();
        assert_eq!(errors(volume.clone()), expected, "{volume}");
    }
}

#[test]
fn what_a_source_says_must_make_sense() {
    for (volume, expected) in [
        (
            json!({"gcePersistentDisk": {"pdName": "a", "partition": 256}}),
            "persistentDisk.partition: Invalid value: 256: must be between 1 and 255, inclusive",
        ),
        (
            json!({"iscsi": {"targetPortal": "a", "iqn": "x", "lun": 1}}),
            "iscsi.iqn: Invalid value: \"x\": must be valid format starting with iqn, eui, or naa",
        ),
        (
            json!({"iscsi": {"targetPortal": "a", "iqn": "iqn.2015.com.example", "lun": 1}}),
            "iscsi.iqn: Invalid value: \"iqn.2015.com.example\": must be valid format",
        ),
        (
            json!({"iscsi": {"targetPortal": "a", "iqn": "iqn.2015-02.example.com:test", "lun": 1, "chapAuthSession": true}}),
            "iscsi.secretRef: Required value",
        ),
        (
            json!({"flocker": {"datasetName": "a", "datasetUUID": "b"}}),
            "flocker: Invalid value: \"resource\": datasetName and datasetUUID can not be specified simultaneously",
        ),
        (
            json!({"quobyte": {"registry": "host", "volume": "v"}}),
            "quobyte.registry: Invalid value: \"host\": must be a host:port pair or multiple pairs separated by commas",
        ),
        (
            json!({"fc": {"targetWWNs": ["a"]}}),
            "fc.lun: Required value: lun is required if targetWWNs is specified",
        ),
        (
            json!({"fc": {"targetWWNs": ["a"], "wwids": ["b"], "lun": 2}}),
            "fc.targetWWNs: Invalid value: [\"a\"]: targetWWNs and wwids can not be specified simultaneously",
        ),
        (
            json!({"flexVolume": {"driver": "a/b", "options": {"x.k8s.io/a": "b"}}}),
            "flexVolume.options[x.k8s.io/a]: Invalid value: \"x.k8s.io/a\": kubernetes.io and k8s.io namespaces are reserved",
        ),
        (
            json!({"azureDisk": {"diskName": "d", "diskURI": "https://x", "kind": "Managed"}}),
            "azureDisk.diskURI: Unsupported value: \"https://x\": supported values: \
             \"/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}\"",
        ),
        (
            json!({"nfs": {"server": "s", "path": "a"}}),
            "nfs.path: Invalid value: \"a\": must be an absolute path",
        ),
    ] {
        assert_eq!(errors(volume.clone()), [expected], "{volume}");
    }
}

#[test]
fn good_sources_pass() {
    for volume in [
        json!({"iscsi": {"targetPortal": "10.0.0.1:3260", "iqn": "iqn.2015-02.example.com:test", "lun": 0}}),
        json!({"iscsi": {"targetPortal": "a", "iqn": "eui.0123456789abcdef", "lun": 0}}),
        json!({"quobyte": {"registry": "a:1,[::1]:2", "volume": "v"}}),
        json!({"azureDisk": {"diskName": "d", "diskURI": "https://account.blob.core.windows.net/c/d.vhd"}}),
        json!({"projected": {"sources": [{"clusterTrustBundle": {"path": "a"}}]}}),
    ] {
        assert_eq!(errors(volume.clone()), [""; 0], "{volume}");
    }
}
