//! Pods and nodes for the scheduler's tests, in as few words as a test needs.

use crate::kubelet::SharedPod;
use crate::scheduler::cache::Cache;
use crate::scheduler::node_info::{NodeInfo, SharedNode};
use crate::scheduler::pod_info::PodInfo;
use alloc::format;
use alloc::string::ToString;
use alloc::sync::Arc;
use lifepod_api::Object;
use serde_json::{Value, json};

/// A pod with one container.
pub(crate) struct PodBuilder(Value);

pub(crate) fn pod(name: &str) -> PodBuilder {
    PodBuilder(json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": "default", "uid": format!("uid-{name}"), "labels": {}},
        "spec": {"containers": [{"name": "a", "image": "a", "resources": {"requests": {}}, "ports": []}],
            "tolerations": []}}))
}

impl PodBuilder {
    pub(crate) fn build(self) -> Arc<PodInfo> {
        let (object, errors) = Object::decode(&self.0);
        assert!(errors.is_empty(), "{errors:?}");
        PodInfo::new(SharedPod::new(Arc::new(object)).unwrap())
    }

    pub(crate) fn request(mut self, resource: &str, amount: &str) -> Self {
        self.0["spec"]["containers"][0]["resources"]["requests"][resource] = json!(amount);
        self
    }

    pub(crate) fn cpu(self, amount: &str) -> Self {
        self.request("cpu", amount)
    }

    pub(crate) fn memory(self, amount: &str) -> Self {
        self.request("memory", amount)
    }

    pub(crate) fn image(mut self, image: &str) -> Self {
        self.0["spec"]["containers"][0]["image"] = json!(image);
        self
    }

    pub(crate) fn priority(mut self, priority: i32) -> Self {
        self.0["spec"]["priority"] = json!(priority);
        self
    }

    pub(crate) fn label(mut self, key: &str, value: &str) -> Self {
        self.0["metadata"]["labels"][key] = json!(value);
        self
    }

    pub(crate) fn started(mut self, at: &str) -> Self {
        self.0["status"] = json!({"startTime": at});
        self
    }

    pub(crate) fn host_port(mut self, port: i32, protocol: &str, ip: &str) -> Self {
        self.0["spec"]["containers"][0]["ports"] =
            json!([{"containerPort": port, "hostPort": port, "protocol": protocol, "hostIP": ip}]);
        self
    }

    pub(crate) fn tolerates(mut self, key: &str, operator: &str, value: &str, effect: &str) -> Self {
        self.0["spec"]["tolerations"] =
            json!([{"key": key, "operator": operator, "value": value, "effect": effect}]);
        self
    }

    /// Adds fields to the spec.
    pub(crate) fn spec(mut self, fields: Value) -> Self {
        for (key, value) in fields.as_object().into_iter().flatten() {
            self.0["spec"][key] = value.clone();
        }
        self
    }
}

/// A node of 4 CPUs and 8 GiB for 110 pods.
pub(crate) struct NodeBuilder(Value);

pub(crate) fn node(name: &str) -> NodeBuilder {
    NodeBuilder(json!({"apiVersion": "v1", "kind": "Node",
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name}},
        "spec": {"taints": []},
        "status": {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "110"}, "images": []}}))
}

impl NodeBuilder {
    pub(crate) fn build(self) -> NodeInfo {
        NodeInfo::new(self.shared())
    }

    pub(crate) fn shared(self) -> SharedNode {
        let (object, errors) = Object::decode(&self.0);
        assert!(errors.is_empty(), "{errors:?}");
        SharedNode::new(Arc::new(object)).unwrap()
    }

    pub(crate) fn label(mut self, key: &str, value: &str) -> Self {
        self.0["metadata"]["labels"][key] = json!(value);
        self
    }

    pub(crate) fn taint(mut self, key: &str, value: &str, effect: &str) -> Self {
        self.0["spec"]["taints"] = json!([{"key": key, "value": value, "effect": effect}]);
        self
    }

    pub(crate) fn cordoned(mut self) -> Self {
        self.0["spec"]["unschedulable"] = json!(true);
        self
    }

    pub(crate) fn allocatable(mut self, resource: &str, amount: &str) -> Self {
        self.0["status"]["allocatable"][resource] = json!(amount);
        self
    }

    pub(crate) fn image(mut self, name: &str, bytes: i64) -> Self {
        self.0["status"]["images"] = json!([{"names": [name.to_string()], "sizeBytes": bytes}]);
        self
    }
}

/// A cache with these nodes.
pub(crate) fn cache(nodes: impl IntoIterator<Item = NodeBuilder>) -> Cache {
    let mut cache = Cache::default();
    for node in nodes {
        cache.set_node(node.shared());
    }
    cache
}
