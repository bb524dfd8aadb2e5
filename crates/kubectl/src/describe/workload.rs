//! The descriptions of controllers, and of the pod templates that they carry.

use super::{Doc, owned};
use crate::age::{human_duration, parse, rfc1123};
use crate::effective::canonical;
use crate::json::{Json, format_labels, scalar};
use crate::rows::{optional_bool, storage_class};
use crate::selector;
use crate::snapshot::Snapshot;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use serde_json::Value;

pub(super) fn deployment(d: &mut Doc, snapshot: &Snapshot, o: &Value) {
    d.name(o);
    d.time(0, "CreationTimestamp", o.at("metadata.creationTimestamp"));
    d.labels_and_annotations(o);
    d.field(0, "Selector", &selector::plain(o.at("spec.selector")));
    d.field(
        0,
        "Replicas",
        &format!(
            "{} desired | {} updated | {} total | {} available | {} unavailable",
            o.int("spec.replicas"),
            o.int("status.updatedReplicas"),
            o.int("status.replicas"),
            o.int("status.availableReplicas"),
            o.int("status.unavailableReplicas")
        ),
    );
    d.field(0, "StrategyType", o.text("spec.strategy.type"));
    d.number(0, "MinReadySeconds", o.int("spec.minReadySeconds"));
    if o.has("spec.strategy.rollingUpdate") {
        let rolling = o.at("spec.strategy.rollingUpdate");
        let text = format!(
            "{} max unavailable, {} max surge",
            rolling.scalar("maxUnavailable"),
            rolling.scalar("maxSurge")
        );
        d.field(0, "RollingUpdateStrategy", &text);
    }
    d.template(o.at("spec.template"));
    d.conditions(o);
    let (old, new) = replica_sets(snapshot, o);
    if !old.is_empty() || new.is_some() {
        let text = |sets: &[&Value]| {
            let one = |rs: &&Value| {
                format!(
                    "{} ({}/{} replicas created)",
                    rs.text("metadata.name"),
                    rs.int("status.replicas"),
                    rs.int("spec.replicas")
                )
            };
            super::joined_or_none(&sets.iter().map(one).collect::<Vec<_>>(), ", ")
        };
        d.field(0, "OldReplicaSets", &text(&old));
        d.field(0, "NewReplicaSet", &text(new.as_slice()));
    }
}

/// A Deployment's ReplicaSets: the old ones, and the one that has its template
/// (`deployment/util/deployment_util.go GetAllReplicaSets`).
pub(crate) fn replica_sets<'a>(
    snapshot: &'a Snapshot,
    deployment: &'a Value,
) -> (Vec<&'a Value>, Option<&'a Value>) {
    let selected = selector::Selector::of_field(deployment.at("spec.selector"));
    let mut sets: Vec<&Value> = owned(snapshot, "ReplicaSet", deployment)
        .filter(|rs| selected.as_ref().is_ok_and(|s| s.matches(rs)))
        .collect();
    sets.sort_by(|a, b| {
        let key =
            |rs: &Value| (parse(rs.at("metadata.creationTimestamp")), rs.text("metadata.name").to_string());
        key(a).cmp(&key(b))
    });
    let wanted = template_without_hash(deployment.at("spec.template"));
    let new = sets.iter().copied().find(|rs| template_without_hash(rs.at("spec.template")) == wanted);
    let old = sets.into_iter().filter(|rs| new.is_none_or(|n| !core::ptr::eq(n, *rs))).collect();
    (old, new)
}

/// A template as it is compared: without the label that tells ReplicaSets apart.
fn template_without_hash(template: &Value) -> Value {
    let mut template = template.clone();
    if let Some(labels) = template.pointer_mut("/metadata/labels").and_then(Value::as_object_mut) {
        labels.remove("pod-template-hash");
    }
    template
}

pub(super) fn replica_set(d: &mut Doc, snapshot: &Snapshot, o: &Value) {
    d.name(o);
    d.field(0, "Selector", &selector::format(o.at("spec.selector")));
    replicas(d, snapshot, o, true);
}

pub(super) fn replication_controller(d: &mut Doc, snapshot: &Snapshot, o: &Value) {
    d.name(o);
    d.field(0, "Selector", &format_labels(o, "spec.selector"));
    replicas(d, snapshot, o, false);
}

fn replicas(d: &mut Doc, snapshot: &Snapshot, o: &Value, show_owner: bool) {
    d.labels_and_annotations(o);
    if show_owner {
        d.controlled_by(o);
    }
    d.field(
        0,
        "Replicas",
        &format!("{} current / {} desired", o.int("status.replicas"), o.int("spec.replicas")),
    );
    d.field(0, "Pods Status", &pods_status(snapshot, o));
    d.template(o.at("spec.template"));
    d.conditions(o);
}

pub(super) fn stateful_set(d: &mut Doc, snapshot: &Snapshot, o: &Value) {
    d.name(o);
    d.time(0, "CreationTimestamp", o.at("metadata.creationTimestamp"));
    d.field(0, "Selector", &selector::plain(o.at("spec.selector")));
    d.labels_and_annotations(o);
    d.field(
        0,
        "Replicas",
        &format!("{} desired | {} total", o.int("spec.replicas"), o.int("status.replicas")),
    );
    d.field(0, "Update Strategy", o.text("spec.updateStrategy.type"));
    let rolling = o.at("spec.updateStrategy.rollingUpdate");
    if rolling.has("partition") {
        d.number(1, "Partition", rolling.int("partition"));
        d.optional(1, "MaxUnavailable", &rolling.scalar("maxUnavailable"));
    }
    d.field(0, "Pods Status", &pods_status(snapshot, o));
    d.template(o.at("spec.template"));
    let claims = o.list("spec.volumeClaimTemplates");
    d.line(0, if claims.is_empty() { "Volume Claims:\t<none>" } else { "Volume Claims:" });
    for claim in claims {
        d.field(1, "Name", claim.text("metadata.name"));
        d.field(1, "StorageClass", storage_class(claim));
        d.indented_map("  ", "Labels", claim.at("metadata"), "labels");
        d.indented_map("  ", "Annotations", claim.at("metadata"), "annotations");
        let capacity = canonical(&claim.scalar("spec.resources.requests.storage"));
        d.field(1, "Capacity", crate::json::non_empty(&capacity, "<default>"));
        let modes: Vec<String> = claim.list("spec.accessModes").iter().map(scalar).collect();
        d.field(1, "Access Modes", &format!("[{}]", modes.join(" ")));
    }
}

pub(super) fn daemon_set(d: &mut Doc, snapshot: &Snapshot, o: &Value) {
    d.name(o);
    d.field(0, "Selector", &selector::plain(o.at("spec.selector")));
    d.field(0, "Node-Selector", &format_labels(o, "spec.template.spec.nodeSelector"));
    d.labels_and_annotations(o);
    for (title, field) in [
        ("Desired Number of Nodes Scheduled", "desiredNumberScheduled"),
        ("Current Number of Nodes Scheduled", "currentNumberScheduled"),
        ("Number of Nodes Scheduled with Up-to-date Pods", "updatedNumberScheduled"),
        ("Number of Nodes Scheduled with Available Pods", "numberAvailable"),
        ("Number of Nodes Misscheduled", "numberMisscheduled"),
    ] {
        d.line(0, &format!("{title}: {}", o.at("status").int(field)));
    }
    d.field(0, "Pods Status", &pods_status(snapshot, o));
    d.template(o.at("spec.template"));
}

pub(super) fn job(d: &mut Doc, o: &Value) {
    let (spec, status) = (o.at("spec"), o.at("status"));
    d.name(o);
    d.field(0, "Selector", &selector::plain(spec.at("selector")));
    d.labels_and_annotations(o);
    d.controlled_by(o);
    d.optional(0, "Parallelism", &spec.scalar("parallelism"));
    d.field(0, "Completions", or_unset(&spec.scalar("completions")));
    d.optional(0, "Completion Mode", spec.text("completionMode"));
    d.optional(0, "Suspend", &spec.scalar("suspend"));
    d.optional(0, "Backoff Limit", &spec.scalar("backoffLimit"));
    d.optional(0, "TTL Seconds After Finished", &spec.scalar("ttlSecondsAfterFinished"));
    let (start, end) = (parse(status.at("startTime")), parse(status.at("completionTime")));
    if start.is_some() {
        d.field(0, "Start Time", &rfc1123(start));
    }
    if end.is_some() {
        d.field(0, "Completed At", &rfc1123(end));
    }
    if let (Some(start), Some(end)) = (start, end) {
        d.field(0, "Duration", &human_duration(end - start));
    }
    if spec.has("activeDeadlineSeconds") {
        d.field(0, "Active Deadline Seconds", &format!("{}s", spec.int("activeDeadlineSeconds")));
    }
    let ready = if status.has("ready") { format!(" ({} Ready)", status.int("ready")) } else { String::new() };
    d.field(
        0,
        "Pods Statuses",
        &format!(
            "{} Active{ready} / {} Succeeded / {} Failed",
            status.int("active"),
            status.int("succeeded"),
            status.int("failed")
        ),
    );
    if spec.text("completionMode") == "Indexed" {
        d.field(0, "Completed Indexes", &capped(status.text("completedIndexes")));
    }
    d.template(spec.at("template"));
}

/// A list of indexes, cut at the first comma from position 50 on (`capIndexesListOrNone`).
fn capped(indexes: &str) -> String {
    const SOFT_LIMIT: usize = 50;
    if indexes.is_empty() {
        return "<none>".into();
    }
    match indexes.get(SOFT_LIMIT..).and_then(|rest| rest.find(',')) {
        Some(at) => format!("{}...", &indexes[..=SOFT_LIMIT + at]),
        None => indexes.into(),
    }
}

fn or_unset(text: &str) -> &str {
    crate::json::non_empty(text, "<unset>")
}

pub(super) fn cron_job(d: &mut Doc, o: &Value) {
    let spec = o.at("spec");
    d.name(o);
    d.labels_and_annotations(o);
    d.field(0, "Schedule", spec.text("schedule"));
    d.field(0, "Concurrency Policy", spec.text("concurrencyPolicy"));
    d.field(0, "Suspend", optional_bool(spec.at("suspend")));
    d.field(0, "Time Zone", spec.at("timeZone").as_str().unwrap_or("<unset>"));
    d.field(0, "Successful Job History Limit", or_unset(&spec.scalar("successfulJobsHistoryLimit")));
    d.field(0, "Failed Job History Limit", or_unset(&spec.scalar("failedJobsHistoryLimit")));
    let deadline = match spec.scalar("startingDeadlineSeconds") {
        s if s.is_empty() => "<unset>".into(),
        s => format!("{s}s"),
    };
    d.field(0, "Starting Deadline Seconds", &deadline);

    let job = spec.at("jobTemplate.spec");
    let selector = if job.has("selector") { selector::plain(job.at("selector")) } else { "<unset>".into() };
    d.field(0, "Selector", &selector);
    d.field(0, "Parallelism", or_unset(&job.scalar("parallelism")));
    d.field(0, "Completions", or_unset(&job.scalar("completions")));
    if job.has("activeDeadlineSeconds") {
        d.field(0, "Active Deadline Seconds", &format!("{}s", job.int("activeDeadlineSeconds")));
    }
    d.template(job.at("template"));
    match parse(o.at("status.lastScheduleTime")) {
        None if !o.has("status.lastScheduleTime") => d.field(0, "Last Schedule Time", "<unset>"),
        at => d.field(0, "Last Schedule Time", &rfc1123(at)),
    }
    let active: Vec<String> = o.list("status.active").iter().map(|j| j.text("name").into()).collect();
    d.field(0, "Active Jobs", &super::joined_or_none(&active, ", "));
}

/// How many of a controller's pods are in each phase (`getPodStatusForController`).
fn pods_status(snapshot: &Snapshot, o: &Value) -> String {
    let field = o.at("spec.selector");
    let map_selector = o.text("kind") == "ReplicationController";
    let selected = selector::Selector::of_field(field);
    let fits = |pod: &Value| {
        if map_selector {
            o.entries("spec.selector").iter().all(|(k, v)| pod.at("metadata.labels").entry(k) == *v)
        } else {
            selected.as_ref().is_ok_and(|s| s.matches(pod))
        }
    };
    let mut counts = [0; 4];
    for pod in owned(snapshot, "Pod", o).filter(|p| fits(p)) {
        let phase = pod.text("status.phase");
        if let Some(i) = ["Running", "Pending", "Succeeded", "Failed"].iter().position(|p| *p == phase) {
            counts[i] += 1;
        }
    }
    let [running, waiting, succeeded, failed] = counts;
    format!("{running} Running / {waiting} Waiting / {succeeded} Succeeded / {failed} Failed")
}

impl Doc {
    /// A pod template (`DescribePodTemplate`).
    pub(super) fn template(&mut self, template: &Value) {
        let spec = template.at("spec");
        self.line(0, "Pod Template:");
        if template.is_null() {
            self.put(1, "<unset>");
            return;
        }
        self.map("  Labels", template.at("metadata"), "labels");
        if !template.entries("metadata.annotations").is_empty() {
            self.annotations("  Annotations", template.at("metadata"));
        }
        self.optional(1, "Service Account", spec.text("serviceAccountName"));
        if !spec.list("initContainers").is_empty() {
            self.containers("Init Containers", spec.list("initContainers"), None, "  ");
        }
        self.containers("Containers", spec.list("containers"), None, "  ");
        self.volumes(spec.list("volumes"), "  ");
        self.spread_constraints(spec.list("topologySpreadConstraints"), "  ");
        self.optional(1, "Priority Class Name", spec.text("priorityClassName"));
        self.map("  Node-Selectors", spec, "nodeSelector");
        self.tolerations("  Tolerations", spec.list("tolerations"));
        if spec.has("schedulingGroup") {
            self.scheduling_group(spec.at("schedulingGroup"), "  ");
        }
    }
}
