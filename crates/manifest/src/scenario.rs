//! lifepod's own document: everything beside the manifests that determines a run.

use lifepod_api::duration::Duration;
use lifepod_api::{ObjectMeta, Quantity, Time, object};
use serde_json::Value;
use std::collections::BTreeMap;

/// The `apiVersion` of a [`Scenario`].
pub const API_VERSION: &str = "lifepod.dev/v1alpha1";

object! {
    /// A `kind: Scenario` document.
    v1alpha1 Scenario {
        metadata: ObjectMeta = "metadata",
        spec: ScenarioSpec = "spec",
    }
    /// `horizon`: how long the run lasts. `epoch`: the calendar time at which it begins. `behaviors` belong to the
    /// workload's reader and are carried unread.
    v1alpha1 ScenarioSpec {
        horizon: Option<Duration> = "horizon",
        seed: Option<i64> = "seed",
        epoch: Option<Time> = "epoch",
        cluster: ScenarioCluster = "cluster",
        behaviors: Vec<Value> = "behaviors",
        images: Vec<ScenarioImage> = "images",
        actions: Vec<ScenarioAction> = "actions",
        traffic: Vec<ScenarioTraffic> = "traffic",
    }
    /// The cluster: its Kubernetes version, such as `1.36`, its nodes, and whether chance is switched off.
    v1alpha1 ScenarioCluster {
        version: String = "version",
        nodes: Vec<ScenarioNode> = "nodes",
        jitter: Option<bool> = "jitter",
        service_account_tokens: bool = "serviceAccountTokens",
        latencies: BTreeMap<String, Duration> = "latencies",
    }
    /// A node, with the labels and taints that scheduling asks for.
    v1alpha1 ScenarioNode {
        name: String = "name",
        zone: String = "zone",
        labels: BTreeMap<String, String> = "labels",
        taints: Vec<lifepod_api::Taint> = "taints",
        allocatable: BTreeMap<String, Quantity> = "allocatable",
        capacity: BTreeMap<String, Quantity> = "capacity",
    }
    /// What the registry has for an image.
    v1alpha1 ScenarioImage {
        image: String = "image",
        pull: ScenarioPull = "pull",
    }
    /// A pull: `size` to transfer, or `took`, or an `error` for the first `times` tries.
    v1alpha1 ScenarioPull {
        size: Option<Quantity> = "size",
        took: Option<Duration> = "took",
        error: String = "error",
        times: Option<i32> = "times",
    }
    /// What a person or fate does `at` a time: one of the other fields says what.
    v1alpha1 ScenarioAction {
        at: Duration = "at" always,
        kubectl: String = "kubectl",
        apply: String = "apply",
        node: Option<ScenarioNodeAction> = "node",
    }
    /// A node `fails` (`partition`, `stop`, `drain`…) `for` a time, for good without it.
    v1alpha1 ScenarioNodeAction {
        name: String = "name",
        fails: String = "fails",
        for_: Option<Duration> = "for",
    }
    /// Requests to a Service, `rps` a second, between two times.
    v1alpha1 ScenarioTraffic {
        service: String = "service",
        namespace: String = "namespace",
        path: String = "path",
        rps: i32 = "rps",
        from: Option<Duration> = "from",
        until: Option<Duration> = "until",
    }
}
