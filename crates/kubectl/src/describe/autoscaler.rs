//! `describe hpa` (`describeHorizontalPodAutoscalerV2`).

use super::Doc;
use crate::json::Json;
use crate::metrics::{Metric, metrics};
use alloc::format;
use alloc::string::String;
use serde_json::Value;

pub(super) fn describe(d: &mut Doc, o: &Value) {
    let (spec, status) = (o.at("spec"), o.at("status"));
    d.name(o);
    d.labels_and_annotations(o);
    d.time(0, "CreationTimestamp", o.at("metadata.creationTimestamp"));
    let target = spec.at("scaleTargetRef");
    d.field(0, "Reference", &format!("{}/{}", target.text("kind"), target.text("name")));
    d.field(0, "Metrics", "( current / target )");
    for metric in metrics(o) {
        d.line(1, &line(&metric));
    }
    let min = spec.scalar("minReplicas");
    d.field(0, "Min replicas", if min.is_empty() { "<unset>" } else { &min });
    d.number(0, "Max replicas", spec.int("maxReplicas"));
    if spec.has("behavior") {
        d.line(0, "Behavior:");
        for (title, field) in [("Scale Up", "behavior.scaleUp"), ("Scale Down", "behavior.scaleDown")] {
            direction(d, title, spec.at(field));
        }
    }
    let (current, desired) = (status.int("currentReplicas"), status.int("desiredReplicas"));
    d.field(0, &format!("{} pods", target.text("kind")), &format!("{current} current / {desired} desired"));
    if !status.list("conditions").is_empty() {
        d.line(0, "Conditions:");
        d.line(1, "Type\tStatus\tReason\tMessage");
        d.line(1, "----\t------\t------\t-------");
        for c in status.list("conditions") {
            let cells = ["type", "status", "reason", "message"].map(|field| c.text(field));
            d.line(1, &cells.join("\t"));
        }
    }
}

fn line(metric: &Metric<'_>) -> String {
    let (source, name) = (metric.source, metric.source.text("metric.name"));
    match metric.kind {
        "External" => {
            let average = metric.target().has("averageValue");
            let what = if average { "average value" } else { "value" };
            let current = if average { metric.average() } else { metric.value() };
            format!("{name:?} (target {what}):\t{}", metric.pair(current))
        }
        "Pods" => format!("{name:?} on pods:\t{}", metric.pair(metric.average())),
        "Object" => {
            let by = source.at("describedObject");
            let average = metric.target().text("type") == "AverageValue";
            let what = if average { "average value" } else { "value" };
            let values = if average { metric.average() } else { metric.value() };
            let (kind, object) = (by.text("kind"), by.text("name"));
            format!("\"{name}\" on {kind}/{object} (target {what}):\t{}", metric.pair(values))
        }
        "Resource" | "ContainerResource" => {
            let of = match metric.kind {
                "Resource" => String::new(),
                _ => format!(" of container \"{}\"", source.text("container")),
            };
            let head = format!("resource {}{of} on pods", source.text("name"));
            if metric.target().has("averageValue") {
                return format!("{head}:\t{}", metric.pair(metric.average()));
            }
            let (mut current, target) = metric.utilization();
            if current != "<unknown>" {
                current = format!("{current} ({})", metric.average().0);
            }
            format!("{head}  (as a percentage of request):\t{current} / {target}")
        }
        other => format!("<unknown metric type {other:?}>"),
    }
}

fn direction(d: &mut Doc, title: &str, rules: &Value) {
    if rules.is_null() {
        return;
    }
    d.line(1, &format!("{title}:"));
    if rules.has("stabilizationWindowSeconds") {
        let seconds = rules.int("stabilizationWindowSeconds");
        d.line(2, &format!("Stabilization Window: {seconds} seconds"));
    }
    if rules.list("policies").is_empty() {
        return;
    }
    d.line(2, &format!("Select Policy: {}", rules.at("selectPolicy").as_str().unwrap_or("Max")));
    d.line(2, "Policies:");
    for p in rules.list("policies") {
        let (kind, value, period) = (p.text("type"), p.int("value"), p.int("periodSeconds"));
        d.line(3, &format!("- Type: {kind}\tValue: {value}\tPeriod: {period} seconds"));
    }
}
