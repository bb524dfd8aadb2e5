//! No component speaks to the API server faster than its client may, and all that is to be done is done in the end.

use lifepod_api::{Job, Object, Pod, Resource, SimTime};
use lifepod_engine::{Config, Op, Trace, What};
use lifepod_scenario::{Options, prepare};
use std::collections::BTreeSet;

/// Runs manifests on sixty nodes for two minutes, with these limits in the cluster's section.
fn run(manifests: &str, limits: &str, actions: &str) -> Trace {
    let text = format!(
        "{manifests}\n---\napiVersion: lifepod.dev/v1alpha1\nkind: Scenario\nspec:\n  horizon: 2m\n  cluster:\n    \
         nodes: [{{name: node, count: 60}}]\n    {limits}\n  actions: [{actions}]\n"
    );
    let prepared = prepare(&text, &Options::default());
    let found = || prepared.diagnostics.iter().map(|d| d.message.clone()).collect::<Vec<_>>().join("\n");
    let Some(scenario) = prepared.scenario else { panic!("{text}\n{}", found()) };
    scenario.run().trace
}

/// A workload of sixty pods, or one pod on each of the nodes.
fn workload(kind: &str, version: &str, fields: &str, pod: &str) -> String {
    format!(
        "apiVersion: {version}\nkind: {kind}\nmetadata: {{name: web}}\nspec:\n  {fields}\n  template:\n    metadata: \
         {{labels: {{app: web}}}}\n    spec: {{{pod}terminationGracePeriodSeconds: 1, containers: [{{name: web, image: \
         busybox, command: [sleep, '1000']}}]}}\n"
    )
}

/// When `by` wrote something of these kinds.
fn writes(trace: &Trace, by: &str, told: impl Fn(&str, Op) -> bool) -> Vec<SimTime> {
    let entries = trace
        .entries()
        .iter()
        .filter(|entry| matches!(&entry.what, What::Object(r) if r.by == by && told(r.object.kind(), r.op)));
    entries.map(|entry| entry.at).collect()
}

/// Nowhere more calls than a full bucket and what came into it since, but for `owed`: what a sync may write beyond.
fn assert_paced(calls: &[SimTime], burst: usize, qps: f64, owed: usize) {
    for (first, from) in calls.iter().enumerate() {
        for (last, to) in calls.iter().enumerate().skip(first + burst + owed) {
            let gained = (to.since(*from).as_secs_f64() * qps).floor() as usize;
            let sent = last - first + 1;
            assert!(sent <= burst + gained + owed, "{sent} calls from {from} to {to}");
        }
    }
}

const LIMITS: &str = "controllerManager: {kubeAPIQPS: 10, kubeAPIBurst: 8}";

#[test]
fn controllers_make_and_delete_pods_as_fast_as_their_clients_may() {
    let selector = "selector: {matchLabels: {app: web}}";
    let sets = format!("replicas: 60\n  {selector}");
    let stateful = format!("{sets}\n  podManagementPolicy: Parallel\n  serviceName: web");
    let kinds = [
        ("ReplicaSet", "apps/v1", sets.as_str(), "", "replicaset-controller", "scale rs web --replicas=1"),
        (
            "ReplicationController",
            "v1",
            "replicas: 60\n  selector: {app: web}",
            "",
            "replication-controller",
            "scale rc web --replicas=1",
        ),
        ("StatefulSet", "apps/v1", &stateful, "", "statefulset-controller", "scale sts web --replicas=1"),
        (
            "Job",
            "batch/v1",
            "parallelism: 60\n  completions: 60",
            "restartPolicy: Never, ",
            "job-controller",
            "patch job web -p ''{\"spec\":{\"parallelism\":1}}''",
        ),
        ("DaemonSet", "apps/v1", selector, "", "daemonset-controller", ""),
    ];
    for (kind, version, fields, pod, by, fewer) in kinds {
        let action = if fewer.is_empty() { String::new() } else { format!("{{at: 1m, kubectl: '{fewer}'}}") };
        let trace = run(&workload(kind, version, fields, pod), LIMITS, &action);
        // A sync's last words, and a Job's two calls for a pod that it does not need, are not asked for one by one.
        assert_paced(&writes(&trace, by, |_, _| true), 8, 10.0, 3);
        let made = writes(&trace, by, |kind, op| kind == "Pod" && op == Op::Added);
        let started = trace.entries().iter().rev().find_map(|entry| match &entry.what {
            What::Object(r) => Job::of(&r.object).and_then(|job| job.status.start_time),
            _ => None,
        });
        let first = made[0].to_time(Config::default().epoch_micros);
        assert!(started.is_none_or(|at| at == first), "a Job starts when its first sync begins");
        assert_eq!(made.len(), 60, "{kind}: all pods are made");
        let took = made[59].since(made[0]);
        assert!(took > SimTime::from_secs(5) && took < SimTime::from_secs(9), "{kind}: they took {took}");
        let deletions = trace.entries().iter().filter(
            |entry| matches!(&entry.what, What::Object(r) if r.object.kind() == "Pod" && r.op == Op::Deleted),
        );
        assert_eq!(
            deletions.count(),
            if fewer.is_empty() { 0 } else { 59 },
            "{kind}: all but one are deleted"
        );
    }
}

/// Sixty pods that nobody owns, on one node if it is named.
fn bare(node: &str) -> String {
    let pod = |number: usize| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: web-{number}}}\nspec: {{{node}containers: [{{name: web, image: \
             busybox, command: [sleep, '1000'], resources: {{requests: {{cpu: 1m}}}}}}]}}"
        )
    };
    (0..60).map(pod).collect::<Vec<_>>().join("\n---\n")
}

#[test]
fn the_scheduler_binds_as_fast_as_its_client_may() {
    let trace = run(&bare(""), "scheduler: {clientConnection: {qps: 5, burst: 10}}", "");
    let bound = writes(&trace, "default-scheduler", |kind, _| kind == "Pod");
    assert_eq!(bound.len(), 60);
    assert_paced(&bound, 10, 5.0, 0);
    // Its Events have a client of their own, with the same limits.
    let said = writes(&trace, "default-scheduler", |kind, _| kind == "Event");
    assert_eq!(said.len(), 60);
    assert_paced(&said, 10, 5.0, 0);
}

#[test]
fn a_kubelet_tells_of_its_pods_as_fast_as_its_client_may() {
    let trace = run(&bare("nodeName: node-1, "), "kubelet: {kubeAPIQPS: 4, kubeAPIBurst: 20}", "");
    let told = writes(&trace, "kubelet", |kind, op| kind == "Pod" && op == Op::Modified);
    // It reads each pod before it writes.
    assert_paced(&told, 10, 2.0, 1);
    let running: BTreeSet<&str> = trace
        .entries()
        .iter()
        .filter_map(|entry| match &entry.what {
            What::Object(r) => Pod::of(&r.object),
            _ => None,
        })
        .filter(|pod| pod.status.phase == "Running")
        .map(|pod| pod.metadata.name.as_str())
        .collect();
    assert_eq!(running.len(), 60, "all are told of in the end");
}

#[test]
fn a_kubelet_writes_events_as_fast_as_its_client_for_them_may() {
    let trace = run(&bare("nodeName: node-1, "), "kubelet: {eventRecordQPS: 4, eventBurst: 20}", "");
    let said = writes(&trace, "kubelet", |kind, _| kind == "Event");
    assert_paced(&said, 20, 4.0, 0);
    let started = trace.entries().iter().filter(|entry| match &entry.what {
        What::Object(r) => matches!(&*r.object, Object::Event(event) if event.reason == "Started"),
        _ => false,
    });
    assert_eq!(started.count(), 60, "none is lost");
}

#[test]
fn orphans_forget_their_owner_as_fast_as_the_garbage_collectors_client_may() {
    let set = workload("ReplicaSet", "apps/v1", "replicas: 60\n  selector: {matchLabels: {app: web}}", "");
    let trace = run(&set, LIMITS, "{at: 1m, kubectl: delete rs web --cascade=orphan}");
    let by = "garbage-collector-controller";
    let freed = writes(&trace, by, |kind, op| kind == "Pod" && op == Op::Modified);
    assert_eq!(freed.len(), 60);
    assert_paced(&freed, 8, 20.0, 1);
    let gone = writes(&trace, by, |kind, op| kind == "ReplicaSet" && op == Op::Deleted);
    assert!(gone.len() == 1 && gone[0] > freed[59], "the owner goes when all have forgotten it");
    let deleted = trace.entries().iter().filter(
        |entry| matches!(&entry.what, What::Object(r) if r.object.kind() == "Pod" && r.op == Op::Deleted),
    );
    assert_eq!(deleted.count(), 0, "orphans live on");
}

#[test]
fn pods_of_a_node_that_is_gone_are_deleted_as_fast_as_their_collectors_client_may() {
    let trace = run(&bare("nodeName: node-1, "), LIMITS, "{at: 20s, kubectl: delete node node-1}");
    let by = "pod-garbage-collector";
    let deleted = writes(&trace, by, |kind, op| kind == "Pod" && op == Op::Deleted);
    assert_eq!(deleted.len(), 60);
    // Each is marked as failed before.
    assert_paced(&deleted, 4, 5.0, 1);
}

#[test]
fn a_namespace_is_emptied_collection_by_collection() {
    let pods = format!("apiVersion: v1\nkind: Namespace\nmetadata: {{name: shop}}\n---\n{}", bare(""));
    let pods = pods.replace("{name: web-", "{namespace: shop, name: web-");
    let slow = "controllerManager: {kubeAPIQPS: 1, kubeAPIBurst: 1}";
    let trace = run(&pods, slow, "{at: 1m, kubectl: delete namespace shop --wait=false}");
    let by = "namespace-controller";
    let asked = writes(&trace, by, |kind, op| kind == "Pod" && op == Op::Modified);
    assert_eq!(asked.len(), 60);
    assert!(asked.iter().all(|at| *at == asked[0]), "one call asks all pods to go");
}
