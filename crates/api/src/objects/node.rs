//! Nodes.

use super::meta::ObjectMeta;
use crate::object;
use crate::{Map, Quantity, Shared, Time};
use alloc::string::String;
use alloc::vec::Vec;

object! {
    v1 Node {
        metadata: ObjectMeta = "metadata",
        spec: NodeSpec = "spec",
        status: Shared<NodeStatus> = "status",
    }

    v1 NodeSpec {
        pod_cidr: String = "podCIDR",
        pod_cidrs: Vec<String> = "podCIDRs",
        provider_id: String = "providerID",
        unschedulable: bool = "unschedulable",
        taints: Vec<Taint> = "taints",
        config_source: Option<NodeConfigSource> = "configSource",
        external_id: String = "externalID",
    }

    v1 NodeStatus {
        capacity: Map<Quantity> = "capacity" ("v1.ResourceList"),
        allocatable: Map<Quantity> = "allocatable" ("v1.ResourceList"),
        phase: String = "phase" ("v1.NodePhase"),
        conditions: Vec<NodeCondition> = "conditions",
        addresses: Vec<NodeAddress> = "addresses",
        daemon_endpoints: NodeDaemonEndpoints = "daemonEndpoints",
        node_info: NodeSystemInfo = "nodeInfo",
        images: Vec<ContainerImage> = "images",
        volumes_in_use: Vec<String> = "volumesInUse" ("[]v1.UniqueVolumeName"),
        volumes_attached: Vec<AttachedVolume> = "volumesAttached",
        config: Option<NodeConfigStatus> = "config",
        runtime_handlers: Vec<NodeRuntimeHandler> = "runtimeHandlers",
        features: Option<NodeFeatures> = "features",
        declared_features: Vec<String> = "declaredFeatures",
    }

    v1 Taint {
        key: String = "key" always,
        value: String = "value",
        effect: String = "effect" ("v1.TaintEffect") always,
        time_added: Option<Time> = "timeAdded",
    }

    v1 NodeConfigSource {
        config_map: Option<ConfigMapNodeConfigSource> = "configMap",
    }

    v1 NodeCondition {
        type_: String = "type" ("v1.NodeConditionType") always,
        status: String = "status" ("v1.ConditionStatus") always,
        last_heartbeat_time: Option<Time> = "lastHeartbeatTime" always,
        last_transition_time: Option<Time> = "lastTransitionTime" always,
        reason: String = "reason",
        message: String = "message",
    }

    v1 NodeAddress {
        type_: String = "type" ("v1.NodeAddressType") always,
        address: String = "address" always,
    }

    v1 NodeDaemonEndpoints {
        kubelet_endpoint: DaemonEndpoint = "kubeletEndpoint",
    }

    v1 NodeSystemInfo {
        machine_id: String = "machineID" always,
        system_uuid: String = "systemUUID" always,
        boot_id: String = "bootID" always,
        kernel_version: String = "kernelVersion" always,
        os_image: String = "osImage" always,
        container_runtime_version: String = "containerRuntimeVersion" always,
        kubelet_version: String = "kubeletVersion" always,
        kube_proxy_version: String = "kubeProxyVersion" always,
        operating_system: String = "operatingSystem" always,
        architecture: String = "architecture" always,
        swap: Option<NodeSwapStatus> = "swap",
    }

    v1 ContainerImage {
        names: Vec<String> = "names" always,
        size_bytes: i64 = "sizeBytes",
    }

    v1 AttachedVolume {
        name: String = "name" ("v1.UniqueVolumeName") always,
        device_path: String = "devicePath" always,
    }

    v1 NodeConfigStatus {
        assigned: Option<NodeConfigSource> = "assigned",
        active: Option<NodeConfigSource> = "active",
        last_known_good: Option<NodeConfigSource> = "lastKnownGood",
        error: String = "error",
    }

    v1 NodeRuntimeHandler {
        name: String = "name" always,
        features: Option<NodeRuntimeHandlerFeatures> = "features",
    }

    v1 NodeFeatures {
        supplemental_groups_policy: Option<bool> = "supplementalGroupsPolicy",
    }

    v1 ConfigMapNodeConfigSource {
        namespace: String = "namespace" always,
        name: String = "name" always,
        uid: String = "uid" ("types.UID"),
        resource_version: String = "resourceVersion",
        kubelet_config_key: String = "kubeletConfigKey" always,
    }

    v1 DaemonEndpoint {
        port: i32 = "Port" always,
    }

    v1 NodeSwapStatus {
        capacity: Option<i64> = "capacity",
    }

    v1 NodeRuntimeHandlerFeatures {
        recursive_read_only_mounts: Option<bool> = "recursiveReadOnlyMounts",
        user_namespaces: Option<bool> = "userNamespaces",
    }
}
