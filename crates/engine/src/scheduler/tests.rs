//! The scheduler at work in a cluster: what objects and Events say afterwards.

use crate::config::{Config, NodeConfig};
use crate::latency::Latency;
use crate::trace::{Decision, What};
use crate::{Cluster, Command, Op};
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use lifepod_api::{Object, ObjectKey, SimTime, Subresource};
use serde_json::{Value, json};

const ZONE: &str = "topology.kubernetes.io/zone";

fn cluster(nodes: impl IntoIterator<Item = (&'static str, &'static str)>) -> Cluster {
    let node = |(name, zone): (&str, &str)| NodeConfig {
        labels: [(ZONE.to_string(), zone.to_string())].into(),
        allocatable: [("cpu".to_string(), "2".to_string())].into(),
        ..NodeConfig::named(name)
    };
    let nodes = nodes.into_iter().map(node).collect();
    Cluster::new(Config { nodes, latency: Latency::instant(), ..Config::default() })
}

fn create(cluster: &mut Cluster, object: Value) {
    let (object, errors) = Object::decode(&object);
    assert!(errors.is_empty(), "{errors:?}");
    cluster.apply(Command::Create(Box::new(object))).expect("the API server takes it");
}

fn pod(name: &str, cpu: &str, volumes: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "default"},
        "spec": {"volumes": volumes, "containers": [{"name": "a", "image": "busybox", "command": ["sleep", "3600"],
            "resources": {"requests": {"cpu": cpu}}}]}})
}

fn claim(name: &str, class: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name, "namespace": "default"},
        "spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": class,
            "resources": {"requests": {"storage": "1Gi"}}}})
}

fn class(name: &str, mode: &str) -> Value {
    json!({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": name},
        "provisioner": "ebs.csi.aws.com", "volumeBindingMode": mode})
}

fn uses(claim: &str) -> Value {
    json!([{"name": "data", "persistentVolumeClaim": {"claimName": claim}}])
}

/// The newest revision of an object, as its JSON. A name that ends with `-` is the beginning of one.
fn stored(cluster: &Cluster, kind: &str, name: &str) -> Value {
    let revisions = cluster.trace().entries().iter().rev().filter_map(|e| match &e.what {
        What::Object(revision) if revision.op != Op::Deleted => Some(&revision.object),
        _ => None,
    });
    let meant = |own: &str| own == name || (name.ends_with('-') && own.starts_with(name));
    let mut named = revisions.filter(|o| o.kind() == kind && meant(&o.meta().name));
    named.next().map_or(Value::Null, |o| o.to_value())
}

/// What was said of an object: reason and message of each new Event, in order.
fn said(cluster: &Cluster, name: &str) -> Vec<String> {
    let events = cluster.trace().entries().iter().filter_map(|e| match &e.what {
        What::Object(revision) if revision.op == Op::Added => match &*revision.object {
            Object::Event(event) if event.involved_object.name == name => Some(event),
            _ => None,
        },
        _ => None,
    });
    events.map(|e| format!("{}: {}", e.reason, e.message)).collect()
}

#[test]
fn a_claim_that_waits_for_its_consumer_gets_a_volume_in_the_consumers_zone() {
    let mut cluster = cluster([("n1", "a"), ("n2", "b")]);
    create(&mut cluster, class("fast", "WaitForFirstConsumer"));
    create(&mut cluster, claim("data", "fast"));
    cluster.run_until(SimTime::from_secs(1));
    assert_eq!(
        said(&cluster, "data"),
        ["WaitForFirstConsumer: waiting for first consumer to be created before binding"]
    );
    create(&mut cluster, pod("db", "1", uses("data")));
    cluster.run_until(SimTime::from_secs(3));
    let (pod, volume) = (stored(&cluster, "Pod", "db"), stored(&cluster, "PersistentVolume", "pvc-"));
    let node = pod["spec"]["nodeName"].as_str().expect("the pod has a node");
    let zone = if node == "n1" { "a" } else { "b" };
    let terms = &volume["spec"]["nodeAffinity"]["required"]["nodeSelectorTerms"];
    assert_eq!(terms[0]["matchExpressions"][0]["values"], json!([zone]));
    assert_eq!(stored(&cluster, "PersistentVolumeClaim", "data")["status"]["phase"], "Bound");
    let told: Vec<String> =
        said(&cluster, "data").iter().map(|s| s.split(':').next().unwrap_or("").into()).collect();
    assert_eq!(
        told,
        ["WaitForFirstConsumer", "ExternalProvisioning", "Provisioning", "ProvisioningSucceeded"]
    );
    assert!(said(&cluster, "db").contains(&format!("Scheduled: Successfully assigned default/db to {node}")));
}

#[test]
fn a_pod_waits_for_its_claim_to_be_there_and_bound() {
    let mut cluster = cluster([("n1", "a")]);
    create(&mut cluster, pod("db", "1", uses("data")));
    cluster.run_until(SimTime::from_secs(1));
    create(&mut cluster, class("slow", "Immediate"));
    create(&mut cluster, claim("data", "slow"));
    cluster.run_until(SimTime::from_secs(3));
    let mut told = said(&cluster, "db");
    told.retain(|s| s.starts_with("FailedScheduling") || s.starts_with("Scheduled"));
    // Each change of the claim is worth another try, and the pod's condition makes each failure a new Event.
    told.dedup();
    assert_eq!(
        told,
        [
            "FailedScheduling: 0/1 nodes are available: persistentvolumeclaim \"data\" not found. not found",
            "FailedScheduling: 0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found",
            "Scheduled: Successfully assigned default/db to n1",
        ]
    );
}

#[test]
fn a_gate_keeps_a_pod_out_of_the_queue_without_a_word() {
    let mut cluster = cluster([("n1", "a")]);
    let mut gated = pod("gated", "1", json!([]));
    gated["spec"]["schedulingGates"] = json!([{"name": "example.com/a"}]);
    create(&mut cluster, gated);
    cluster.run_until(SimTime::from_secs(1));
    assert_eq!(said(&cluster, "gated"), [""; 0]);
    let key = ObjectKey::new("Pod", "default", "gated");
    let patch = json!({"spec": {"schedulingGates": null}});
    cluster.apply(Command::Patch { key, patch, sub: Subresource::Main }).expect("a gate may be removed");
    cluster.run_until(SimTime::from_secs(2));
    assert_eq!(said(&cluster, "gated")[0], "Scheduled: Successfully assigned default/gated to n1");
}

#[test]
fn the_trace_tells_what_every_node_said() {
    let mut cluster = cluster([("n1", "a"), ("n2", "b")]);
    create(&mut cluster, pod("large", "3", json!([])));
    cluster.run_until(SimTime::from_secs(1));
    let mut decisions = cluster.trace().entries().iter().filter_map(|e| match &e.what {
        What::Decision(Decision::Schedule { verdicts, .. }) => Some(verdicts),
        _ => None,
    });
    let verdicts = decisions.next_back().expect("the scheduler looked at the pod");
    assert_eq!((verdicts.nodes, verdicts.feasible), (2, 0));
    assert_eq!(verdicts.refused[0].reasons, ["Insufficient cpu"]);
    assert_eq!(verdicts.refused[0].nodes, 2);
    assert!(verdicts.each.iter().all(|v| v.plugin == Some("NodeResourcesFit")));
}

#[test]
fn many_pods_fill_many_nodes_evenly_and_none_beyond_what_it_has() {
    let names: Vec<String> = (0..120).map(|n| format!("n{n}")).collect();
    let node = |name: &String| NodeConfig {
        allocatable: [("cpu".to_string(), "2".to_string())].into(),
        ..NodeConfig::named(name)
    };
    let nodes = names.iter().map(node).collect();
    let mut cluster = Cluster::new(Config { nodes, latency: Latency::instant(), ..Config::default() });
    for n in 0..500 {
        create(&mut cluster, pod(&format!("p{n}"), "500m", json!([])));
    }
    cluster.run_until(SimTime::from_secs(10));
    let mut placed: BTreeMap<String, u32> = BTreeMap::new();
    for n in 0..500 {
        let node = stored(&cluster, "Pod", &format!("p{n}"))["spec"]["nodeName"].as_str().map(str::to_string);
        *placed.entry(node.unwrap_or_default()).or_insert(0) += 1;
    }
    assert_eq!(placed.remove(""), Some(20), "480 pods fit");
    assert!(placed.len() == 120 && placed.values().all(|count| *count == 4), "{placed:?}");
}
