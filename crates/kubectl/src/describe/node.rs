//! `describe node` (`describeNode`).

use super::Doc;
use crate::age::{parse, rfc1123, since};
use crate::effective::{self, Amounts};
use crate::json::{Json, non_empty, scalar};
use crate::rows::roles;
use crate::snapshot::{Snapshot, namespace_of};
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use lifepod_api::resources::{pod_limits, pod_requests};
use lifepod_api::{Object, Quantity};
use serde_json::Value;

pub(super) fn describe(d: &mut Doc, snapshot: &Snapshot, o: &Value) {
    let (spec, status) = (o.at("spec"), o.at("status"));
    d.field(0, "Name", o.text("metadata.name"));
    d.field(0, "Roles", non_empty(&roles(o), "<none>"));
    d.labels_and_annotations(o);
    d.time(0, "CreationTimestamp", o.at("metadata.creationTimestamp"));
    let mut taints: Vec<&Value> = spec.list("taints").iter().collect();
    taints.sort_by_key(|t| format!("{},{}", t.text("effect"), t.text("key")));
    let taints: Vec<String> = taints.into_iter().map(taint).collect();
    d.column("Taints", &taints);
    d.field(0, "Unschedulable", &spec.flag("unschedulable").to_string());
    lease(d, snapshot, o.text("metadata.name"));
    if !status.list("conditions").is_empty() {
        d.line(0, "Conditions:");
        d.line(1, "Type\tStatus\tLastHeartbeatTime\tLastTransitionTime\tReason\tMessage");
        d.line(1, "----\t------\t-----------------\t------------------\t------\t-------");
        for c in status.list("conditions") {
            d.line(
                1,
                &format!(
                    "{} \t{} \t{} \t{} \t{} \t{}",
                    c.text("type"),
                    c.text("status"),
                    rfc1123(parse(c.at("lastHeartbeatTime"))),
                    rfc1123(parse(c.at("lastTransitionTime"))),
                    c.text("reason"),
                    c.text("message")
                ),
            );
        }
    }
    d.line(0, "Addresses:");
    for a in status.list("addresses") {
        d.field(1, a.text("type"), a.text("address"));
    }
    for (title, field) in [("Capacity", "capacity"), ("Allocatable", "allocatable")] {
        let entries = status.entries(field);
        if !entries.is_empty() {
            d.line(0, &format!("{title}:"));
        }
        for (name, quantity) in entries {
            d.field(1, name, &effective::canonical(&scalar(quantity)));
        }
    }
    d.line(0, "System Info:");
    for (title, field) in [
        ("Machine ID", "machineID"),
        ("System UUID", "systemUUID"),
        ("Boot ID", "bootID"),
        ("Kernel Version", "kernelVersion"),
        ("OS Image", "osImage"),
        ("Operating System", "operatingSystem"),
        ("Architecture", "architecture"),
        ("Container Runtime Version", "containerRuntimeVersion"),
        ("Kubelet Version", "kubeletVersion"),
    ] {
        d.field(1, title, status.at("nodeInfo").text(field));
    }
    d.optional(0, "PodCIDR", spec.text("podCIDR"));
    let cidrs: Vec<String> = spec.list("podCIDRs").iter().map(scalar).collect();
    d.optional(0, "PodCIDRs", &cidrs.join(","));
    d.optional(0, "ProviderID", spec.text("providerID"));
    pods(d, snapshot, o);
}

/// `key=value:Effect` (`Taint.ToString`).
fn taint(t: &Value) -> String {
    let (key, value, effect) = (t.text("key"), t.text("value"), t.text("effect"));
    match (value, effect) {
        ("", "") => key.into(),
        ("", effect) => format!("{key}:{effect}"),
        (value, "") => format!("{key}={value}:"),
        (value, effect) => format!("{key}={value}:{effect}"),
    }
}

fn lease(d: &mut Doc, snapshot: &Snapshot, name: &str) {
    let found = snapshot.of_kind("Lease", "kube-node-lease").find(|l| l.text("metadata.name") == name);
    let Some(lease) = found else {
        let error = format!("leases.coordination.k8s.io \"{name}\" not found");
        d.field(0, "Lease", &format!("Failed to get lease: {error}"));
        return;
    };
    d.line(0, "Lease:");
    d.field(1, "HolderIdentity", lease.at("spec.holderIdentity").as_str().unwrap_or("<unset>"));
    for (title, path) in [("AcquireTime", "spec.acquireTime"), ("RenewTime", "spec.renewTime")] {
        let at = lease.at(path);
        d.field(1, title, &if at.is_null() { "<unset>".into() } else { rfc1123(parse(at)) });
    }
}

/// The pods of the node that have not ended, and what they ask for together.
fn pods(d: &mut Doc, snapshot: &Snapshot, node: &Value) {
    let pods: Vec<&Value> = snapshot
        .everywhere("Pod")
        .filter(|p| p.text("spec.nodeName") == node.text("metadata.name"))
        .filter(|p| !lifepod_api::is_pod_phase_terminal(p.text("status.phase")))
        .collect();
    let has_allocatable = !node.entries("status.allocatable").is_empty();
    let room =
        effective::amounts(node.at(if has_allocatable { "status.allocatable" } else { "status.capacity" }));

    d.field(0, "Non-terminated Pods", &format!("({} in total)", pods.len()));
    d.line(1, "Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\tMemory Limits\tAge");
    d.line(1, "---------\t----\t\t------------\t----------\t---------------\t-------------\t---");
    let (mut requests, mut limits) = (Amounts::new(), Amounts::new());
    for pod in &pods {
        let Object::Pod(typed) = Object::decode(pod).0 else { continue };
        let held = effective::held(&typed);
        let (r, l) = (pod_requests(&held), pod_limits(&held));
        let cell = |list: &Amounts, name: &str| {
            format!("{} ({}%)", text(list, name), percent(list, &room, name, false))
        };
        d.line(
            1,
            &format!(
                "{}\t{}\t\t{}\t{}\t{}\t{}\t{}",
                namespace_of(pod),
                pod.text("metadata.name"),
                cell(&r, "cpu"),
                cell(&l, "cpu"),
                cell(&r, "memory"),
                cell(&l, "memory"),
                since(pod.at("metadata.creationTimestamp"), d.now)
            ),
        );
        effective::sum(&mut requests, &pod_requests(&typed.spec));
        effective::sum(&mut limits, &pod_limits(&typed.spec));
    }

    d.line(0, "Allocated resources:");
    d.line(1, "(Total limits may be over 100 percent, i.e., overcommitted.)");
    d.line(1, "Resource\tRequests\tLimits");
    d.line(1, "--------\t--------\t------");
    let standard = ["cpu", "memory", "ephemeral-storage"];
    let huge: BTreeSet<&str> =
        room.keys().map(String::as_str).filter(|n| n.starts_with("hugepages-")).collect();
    for name in standard.into_iter().chain(huge.iter().copied()) {
        let cell = |list: &Amounts| format!("{} ({}%)", text(list, name), percent(list, &room, name, true));
        d.line(1, &format!("{name}\t{}\t{}", cell(&requests), cell(&limits)));
    }
    for name in room.keys().map(String::as_str) {
        if !standard.contains(&name) && !huge.contains(name) && name != "pods" {
            d.line(1, &format!("{name}\t{}\t{}", text(&requests, name), text(&limits, name)));
        }
    }
}

fn text(list: &Amounts, name: &str) -> String {
    list.get(name).map_or_else(|| "0".into(), Quantity::to_string)
}

/// An amount as a percentage of what the node has, its fraction cut off. Where the node has none of it, the sums
/// are guarded and the rows are not: a division by zero prints as Go converts infinities to integers.
fn percent(list: &Amounts, room: &Amounts, name: &str, guarded: bool) -> i64 {
    let units = |list: &Amounts| {
        list.get(name).map_or(0, |q| if name == "cpu" { q.milli_value() } else { q.value() }) as f64
    };
    let percent = units(list) / units(room) * 100.0;
    match (percent.is_finite(), guarded) {
        (true, _) => percent as i64,
        (false, true) => 0,
        (false, false) => i64::MIN,
    }
}
