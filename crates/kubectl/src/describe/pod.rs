//! `describe pod` (`describePod`).

use super::Doc;
use crate::age::since;
use crate::json::{Json, condition};
use crate::selector;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use lifepod_api::Object;
use serde_json::Value;

pub(super) fn describe(d: &mut Doc, pod: &Value) {
    let (spec, status) = (pod.at("spec"), pod.at("status"));
    d.name(pod);
    if spec.has("priority") {
        d.number(0, "Priority", spec.int("priority"));
    }
    d.optional(0, "Priority Class Name", spec.text("priorityClassName"));
    d.optional(0, "Runtime Class Name", spec.text("runtimeClassName"));
    d.optional(0, "Service Account", spec.text("serviceAccountName"));
    match spec.text("nodeName") {
        "" => d.field(0, "Node", "<none>"),
        node => d.field(0, "Node", &format!("{node}/{}", status.text("hostIP"))),
    }
    if status.has("startTime") {
        d.time(0, "Start Time", status.at("startTime"));
    }
    d.labels_and_annotations(pod);
    let phase = status.text("phase");
    if pod.has("metadata.deletionTimestamp") && !matches!(phase, "Failed" | "Succeeded") {
        // The timestamp is the end of the grace period, so until then the age is that of the future: `<invalid>`.
        let lasts = since(pod.at("metadata.deletionTimestamp"), d.now);
        d.field(0, "Status", &format!("Terminating (lasts {lasts})"));
        d.field(
            0,
            "Termination Grace Period",
            &format!("{}s", pod.int("metadata.deletionGracePeriodSeconds")),
        );
    } else {
        d.field(0, "Status", phase);
    }
    d.optional(0, "Reason", status.text("reason"));
    d.optional(0, "Message", status.text("message"));
    d.seccomp(0, spec.at("securityContext"));
    d.field(0, "IP", status.text("podIP"));
    if status.list("podIPs").is_empty() {
        d.field(0, "IPs", "<none>");
    } else {
        d.line(0, "IPs:");
        for ip in status.list("podIPs") {
            d.field(1, "IP", ip.text("ip"));
        }
    }
    d.controlled_by(pod);
    d.optional(0, "NominatedNodeName", status.text("nominatedNodeName"));
    if spec.has("resources") {
        d.line(0, "Resources:");
        d.resources(1, spec.at("resources"));
    }
    if !spec.list("initContainers").is_empty() {
        d.containers(
            "Init Containers",
            spec.list("initContainers"),
            Some((pod, "initContainerStatuses")),
            "",
        );
    }
    d.containers("Containers", spec.list("containers"), Some((pod, "containerStatuses")), "");
    if !spec.list("ephemeralContainers").is_empty() {
        let statuses = Some((pod, "ephemeralContainerStatuses"));
        d.containers("Ephemeral Containers", spec.list("ephemeralContainers"), statuses, "");
    }
    if !spec.list("readinessGates").is_empty() {
        d.line(0, "Readiness Gates:");
        d.line(1, "Type\tStatus");
        for gate in spec.list("readinessGates") {
            let kind = gate.text("conditionType");
            let status = condition(pod, kind).map_or("<none>", |c| c.text("status"));
            d.line(1, &format!("{kind} \t{status} "));
        }
    }
    if !status.list("conditions").is_empty() {
        d.line(0, "Conditions:");
        d.line(1, "Type\tStatus");
        for c in status.list("conditions") {
            d.line(1, &format!("{} \t{} ", c.text("type"), c.text("status")));
        }
    }
    d.volumes(spec.list("volumes"), "");
    d.field(0, "QoS Class", &qos_class(pod));
    d.map("Node-Selectors", spec, "nodeSelector");
    d.tolerations("Tolerations", spec.list("tolerations"));
    d.spread_constraints(spec.list("topologySpreadConstraints"), "");
    if spec.has("schedulingGroup") {
        d.scheduling_group(spec.at("schedulingGroup"), "");
    }
}

/// The class that the status carries, else that of the spec.
fn qos_class(pod: &Value) -> String {
    match Object::decode(pod).0 {
        Object::Pod(pod) => pod.qos_class().into(),
        _ => String::new(),
    }
}

impl Doc {
    /// The seccomp profile of a security context.
    pub(super) fn seccomp(&mut self, level: usize, context: &Value) {
        let profile = context.at("seccompProfile");
        if profile.is_null() {
            return;
        }
        self.field(level, "SeccompProfile", profile.text("type"));
        if profile.text("type") == "Localhost" {
            let level = if level == 0 { 0 } else { level + 1 };
            self.field(level, "LocalhostProfile", profile.text("localhostProfile"));
        }
    }

    pub(super) fn spread_constraints(&mut self, list: &[Value], indent: &str) {
        if list.is_empty() {
            return;
        }
        let mut list: Vec<&Value> = list.iter().collect();
        list.sort_by_key(|c| c.text("topologyKey"));
        let text = |c: &Value| {
            let (key, when, skew) = (c.text("topologyKey"), c.text("whenUnsatisfiable"), c.int("maxSkew"));
            let mut s = format!("{key}:{when} when max skew {skew} is exceeded");
            if c.has("labelSelector") {
                s.push_str(&format!(" for selector {}", selector::format(c.at("labelSelector"))));
            }
            s
        };
        let lines: Vec<String> = list.into_iter().map(text).collect();
        self.indented_column(indent, "Topology Spread Constraints", &lines);
    }

    pub(super) fn scheduling_group(&mut self, group: &Value, indent: &str) {
        self.line(0, &format!("{indent}SchedulingGroup:"));
        self.field(1, "PodGroupName", group.text("podGroupName"));
    }
}
