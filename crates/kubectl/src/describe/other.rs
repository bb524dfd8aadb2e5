//! The smaller descriptions.

use super::Doc;
use crate::age::{parse, rfc1123};
use crate::effective::canonical;
use crate::json::{Json, format_labels, non_empty, scalar};
use crate::selector;
use crate::snapshot::{Snapshot, namespace_of};
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use lifepod_api::{Bytes, Quantity};
use serde_json::Value;

pub(super) fn disruption_budget(d: &mut Doc, o: &Value) {
    d.name(o);
    if o.has("spec.minAvailable") {
        d.field(0, "Min available", &o.scalar("spec.minAvailable"));
    } else if o.has("spec.maxUnavailable") {
        d.field(0, "Max unavailable", &o.scalar("spec.maxUnavailable"));
    }
    let selector =
        if o.has("spec.selector") { selector::format(o.at("spec.selector")) } else { "<unset>".into() };
    d.field(0, "Selector", &selector);
    d.line(0, "Status:");
    for (title, field) in [
        ("Allowed disruptions", "disruptionsAllowed"),
        ("Current", "currentHealthy"),
        ("Desired", "desiredHealthy"),
        ("Total", "expectedPods"),
    ] {
        d.number(2, title, o.at("status").int(field));
    }
}

pub(super) fn priority_class(d: &mut Doc, o: &Value) {
    d.field(0, "Name", o.text("metadata.name"));
    d.number(0, "Value", o.int("value"));
    d.field(0, "GlobalDefault", &o.flag("globalDefault").to_string());
    d.field(0, "PreemptionPolicy", o.text("preemptionPolicy"));
    d.field(0, "Description", o.text("description"));
    d.field(0, "Annotations", &format_labels(o, "metadata.annotations"));
}

pub(super) fn config_map(d: &mut Doc, o: &Value) {
    d.name(o);
    d.labels_and_annotations(o);
    d.line(0, "\nData\n====");
    for (key, value) in o.entries("data") {
        d.line(0, &format!("{key}:\n----\n{}\n", scalar(value)));
    }
    d.line(0, "\nBinaryData\n====");
    for (key, value) in o.entries("binaryData") {
        d.line(0, &format!("{key}: {} bytes", decoded(value).len()));
    }
    d.line(0, "");
}

pub(super) fn secret(d: &mut Doc, o: &Value) {
    d.name(o);
    d.labels_and_annotations(o);
    d.line(0, &format!("\nType:\t{}", o.text("type")));
    d.line(0, "\nData\n====");
    for (key, value) in o.entries("data") {
        let bytes = decoded(value);
        if key == "token" && o.text("type") == "kubernetes.io/service-account-token" {
            d.field(0, key, &String::from_utf8_lossy(&bytes));
        } else {
            d.field(0, key, &format!("{} bytes", bytes.len()));
        }
    }
}

fn decoded(v: &Value) -> Vec<u8> {
    Bytes::from_base64(v.as_str().unwrap_or("")).map_or_else(|_| Vec::new(), |b| b.0)
}

pub(super) fn service_account(d: &mut Doc, o: &Value) {
    d.name(o);
    d.labels_and_annotations(o);
    let secrets = o.list("imagePullSecrets");
    if secrets.is_empty() {
        d.line(0, "Image pull secrets:\t<none>");
    }
    for (i, secret) in secrets.iter().enumerate() {
        let title = if i == 0 { "Image pull secrets:" } else { "                   " };
        d.line(0, &format!("{title}\t{}", secret.text("name")));
    }
}

pub(super) fn claim(d: &mut Doc, snapshot: &Snapshot, o: &Value) {
    d.claim(o, true);
    let name = o.text("metadata.name");
    let uses = |pod: &&Value| {
        pod.list("spec.volumes").iter().any(|v| {
            v.text("persistentVolumeClaim.claimName") == name
                || v.has("ephemeral") && format!("{}-{}", pod.text("metadata.name"), v.text("name")) == name
        })
    };
    let users: Vec<String> = snapshot
        .of_kind("Pod", namespace_of(o))
        .filter(uses)
        .map(|p| p.text("metadata.name").into())
        .collect();
    d.column("Used By", &users);
    if !o.list("status.conditions").is_empty() {
        d.line(0, "Conditions:");
        d.line(1, "Type\tStatus\tLastProbeTime\tLastTransitionTime\tReason\tMessage");
        d.line(1, "----\t------\t-----------------\t------------------\t------\t-------");
        for c in o.list("status.conditions") {
            d.line(
                1,
                &format!(
                    "{} \t{} \t{} \t{} \t{} \t{}",
                    c.text("type"),
                    c.text("status"),
                    rfc1123(parse(c.at("lastProbeTime"))),
                    rfc1123(parse(c.at("lastTransitionTime"))),
                    c.text("reason"),
                    c.text("message")
                ),
            );
        }
    }
}

pub(super) fn namespace(d: &mut Doc, snapshot: &Snapshot, o: &Value) {
    let name = o.text("metadata.name");
    d.field(0, "Name", name);
    d.labels_and_annotations(o);
    d.field(0, "Status", o.text("status.phase"));
    if !o.list("status.conditions").is_empty() {
        d.line(0, "Conditions:");
        d.line(1, "Type\tStatus\tLastTransitionTime\tReason\tMessage");
        d.line(1, "----\t------\t------------------\t------\t-------");
        for c in o.list("status.conditions") {
            let at = rfc1123(parse(c.at("lastTransitionTime")));
            let (reason, message) = (c.text("reason"), c.text("message"));
            d.line(1, &format!("{}\t{}\t{at}\t{reason}\t{message}", c.text("type"), c.text("status")));
        }
    }
    d.line(0, "");
    let quotas: Vec<&Value> = snapshot.of_kind("ResourceQuota", name).collect();
    d.line(0, if quotas.is_empty() { "No resource quota." } else { "Resource Quotas" });
    for q in quotas {
        d.field(1, "Name", q.text("metadata.name"));
        scopes(d, 1, "", q);
        d.line(1, "Resource\tUsed\tHard");
        d.line(1, "--------\t---\t---");
        for (resource, hard) in q.entries("status.hard") {
            let used = canonical(&scalar(q.at("status.used").entry(resource)));
            d.line(1, &format!("{resource}\t{}\t{}", non_empty(&used, "0"), canonical(&scalar(hard))));
        }
    }
    d.line(0, "");
    let ranges: Vec<&Value> = snapshot.of_kind("LimitRange", name).collect();
    if ranges.is_empty() {
        d.line(0, "No LimitRange resource.");
        return;
    }
    d.line(0, "Resource Limits");
    limits_header(d, " ");
    ranges.iter().for_each(|r| limits(d, " ", r));
}

pub(super) fn quota(d: &mut Doc, o: &Value) {
    d.name(o);
    scopes(d, 0, " ", o);
    d.line(0, "Resource\tUsed\tHard");
    d.line(0, "--------\t----\t----");
    for (resource, hard) in o.entries("status.hard") {
        let (hard, used) = (scalar(hard), scalar(o.at("status.used").entry(resource)));
        let used = match (Quantity::parse(&hard), Quantity::parse(&used)) {
            // What is used is shown in the units of what there is, in whole ones where the two differ.
            (Ok(hard), Ok(used)) if hard.format() != used.format() => {
                Quantity::from_value(used.value(), hard.format()).to_string()
            }
            _ => canonical(&used),
        };
        d.line(0, &format!("{resource}\t{}\t{}", non_empty(&used, "0"), canonical(&hard)));
    }
}

fn scopes(d: &mut Doc, level: usize, indent: &str, o: &Value) {
    let scopes: BTreeSet<&str> = o.list("spec.scopes").iter().filter_map(Value::as_str).collect();
    if scopes.is_empty() {
        return;
    }
    d.field(level, "Scopes", &scopes.iter().copied().collect::<Vec<_>>().join(", "));
    for scope in scopes {
        let help = match scope {
            "Terminating" => {
                "Matches all pods that have an active deadline. These pods have a limited lifespan on a node before \
                 being actively terminated by the system."
            }
            "NotTerminating" => {
                "Matches all pods that do not have an active deadline. These pods usually include long running pods \
                 whose container command is not expected to terminate."
            }
            "BestEffort" => {
                "Matches all pods that do not have resource requirements set. These pods have a best effort quality \
                 of service."
            }
            "NotBestEffort" => {
                "Matches all pods that have at least one resource requirement set. These pods have a burstable or \
                 guaranteed quality of service."
            }
            _ => continue,
        };
        d.line(level, &format!("{indent}* {help}"));
    }
}

pub(super) fn limit_range(d: &mut Doc, o: &Value) {
    d.name(o);
    limits_header(d, "");
    limits(d, "", o);
}

fn limits_header(d: &mut Doc, indent: &str) {
    d.line(
        0,
        &format!("{indent}Type\tResource\tMin\tMax\tDefault Request\tDefault Limit\tMax Limit/Request Ratio"),
    );
    d.line(
        0,
        &format!("{indent}----\t--------\t---\t---\t---------------\t-------------\t-----------------------"),
    );
}

/// The rows of a LimitRange. Upstream goes through the resources in random order; here they are sorted.
fn limits(d: &mut Doc, indent: &str, o: &Value) {
    const FIELDS: [&str; 5] = ["min", "max", "defaultRequest", "default", "maxLimitRequestRatio"];
    for item in o.list("spec.limits") {
        let resources: BTreeSet<String> =
            FIELDS.iter().flat_map(|f| item.entries(f)).map(|(name, _)| name.to_string()).collect();
        for resource in resources {
            let cell = |field: &&str| match scalar(item.at(field).entry(&resource)) {
                s if s.is_empty() => "-".into(),
                s => canonical(&s),
            };
            let cells: Vec<String> = FIELDS.iter().map(cell).collect();
            d.line(0, &format!("{indent}{}\t{resource}\t{}", item.text("type"), cells.join("\t")));
        }
    }
}
