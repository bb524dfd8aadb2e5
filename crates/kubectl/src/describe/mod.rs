//! `kubectl describe` (`kubectl/pkg/describe/describe.go`, `kubectl/pkg/cmd/describe/describe.go`).

mod autoscaler;
mod container;
mod generic;
mod network;
mod node;
mod other;
mod pod;
mod storage;
mod volume;
mod workload;

pub(crate) use workload::replica_sets;

use crate::age::{self, Micros, human_duration, rfc1123, since};
use crate::args::Args;
use crate::json::{Json, controller, non_empty, scalar};
use crate::kinds::Kind;
use crate::output::Output;
use crate::rows::cut;
use crate::snapshot::{Snapshot, namespace_of};
use crate::tabwriter::{TabWriter, escape};
use crate::targets::{self, name_of};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use serde_json::Value;

/// Runs `describe` with the words after the verb.
pub(crate) fn run(snapshot: &Snapshot, words: &[String], args: &Args) -> Output {
    if words.is_empty() {
        return Output::error(
            "You must specify the type of resource to describe. Use \"kubectl api-resources\" for \
                              a complete list of supported resources.\n",
        );
    }
    let targets = match targets::resolve(snapshot, words, args) {
        Ok(targets) => targets,
        Err(message) => return Output::error(&message),
    };
    // Events are left out when not just one object is found, unless they are asked for.
    let single = targets.found.len() <= 1 && targets.missing.is_empty();
    let events = if args.value("show-events").is_some() { args.is_set("show-events") } else { single };
    if words.len() == 2 && !targets.missing.is_empty() {
        return by_prefix(snapshot, targets.kinds[0], &words[1], events, args, targets.missing);
    }
    let mut output = Output::default();
    for (i, (kind, object)) in targets.found.iter().enumerate() {
        if i > 0 {
            output.stdout.push_str("\n\n");
        }
        output.stdout.push_str(&describe(snapshot, kind, object, events));
    }
    for line in &targets.missing {
        output.fail(line);
    }
    if targets.found.is_empty() && targets.missing.is_empty() {
        match args.scope() {
            None => output.note("No resources found"),
            Some(ns) => output.note(&format!("No resources found in {ns} namespace.")),
        }
    }
    output
}

/// A name that does not exist is taken for the beginning of names.
fn by_prefix(
    snapshot: &Snapshot,
    kind: &'static Kind,
    prefix: &str,
    events: bool,
    args: &Args,
    missing: Vec<String>,
) -> Output {
    let mut output = Output::default();
    for object in snapshot.list(kind, Some(args.namespace())).filter(|o| name_of(o).starts_with(prefix)) {
        output.stdout.push_str(&describe(snapshot, kind, object, events));
        output.stdout.push('\n');
    }
    if output.stdout.is_empty() {
        missing.iter().for_each(|line| output.fail(line));
    }
    output
}

/// The description of one object.
fn describe(snapshot: &Snapshot, kind: &Kind, object: &Value, events: bool) -> String {
    let mut d = Doc::new(snapshot.now);
    match kind.kind {
        "Pod" => pod::describe(&mut d, object),
        "Deployment" => workload::deployment(&mut d, snapshot, object),
        "ReplicaSet" => workload::replica_set(&mut d, snapshot, object),
        "ReplicationController" => workload::replication_controller(&mut d, snapshot, object),
        "StatefulSet" => workload::stateful_set(&mut d, snapshot, object),
        "DaemonSet" => workload::daemon_set(&mut d, snapshot, object),
        "Job" => workload::job(&mut d, object),
        "CronJob" => workload::cron_job(&mut d, object),
        "Service" => network::service(&mut d, snapshot, object),
        "Endpoints" => network::endpoints(&mut d, object),
        "EndpointSlice" => network::endpoint_slice(&mut d, object),
        "Node" => node::describe(&mut d, snapshot, object),
        "PodDisruptionBudget" => other::disruption_budget(&mut d, object),
        "PriorityClass" => other::priority_class(&mut d, object),
        "ConfigMap" => other::config_map(&mut d, object),
        "ServiceAccount" => other::service_account(&mut d, object),
        "PersistentVolumeClaim" => other::claim(&mut d, snapshot, object),
        "PersistentVolume" => storage::volume(&mut d, object),
        "StorageClass" => storage::class(&mut d, object),
        "HorizontalPodAutoscaler" => autoscaler::describe(&mut d, object),
        "Secret" => other::secret(&mut d, object),
        "Namespace" => other::namespace(&mut d, snapshot, object),
        "ResourceQuota" => other::quota(&mut d, object),
        "LimitRange" => other::limit_range(&mut d, object),
        _ => generic::describe(&mut d, object),
    }
    let without = matches!(kind.kind, "Secret" | "Namespace" | "ResourceQuota" | "LimitRange");
    if events && !without {
        d.events(events_of(snapshot, object));
    }
    d.w.finish()
}

/// The description of a pod template alone, its tabs left as they are (`rollout history --revision`).
pub(crate) fn template_text(template: &Value) -> String {
    let mut d = Doc::new(0);
    d.template(template);
    d.w.raw()
}

/// The Events about an object: those that name it, and its `uid` where they carry one. A node's kubelet uses the
/// node's name as its `uid`.
fn events_of<'a>(snapshot: &'a Snapshot, object: &'a Value) -> Vec<&'a Value> {
    let kind = object.text("kind");
    let namespace = non_empty(namespace_of(object), "default");
    let uid = event_uid(object);
    let mut found: Vec<&Value> = Vec::new();
    let uids: &[&str] = if kind == "Node" { &[uid, object.text("metadata.name")] } else { &[uid] };
    for uid in uids {
        found.extend(snapshot.of_kind("Event", namespace).filter(|e| {
            let about = e.at("involvedObject");
            about.text("name") == object.text("metadata.name")
                && (kind == "Pod" || about.text("kind") == kind)
                && (uid.is_empty() || about.text("uid") == *uid)
                && about.text("namespace") == namespace_of(object)
        }));
    }
    found
}

/// A mirror pod's Events carry the identity of the manifest that it mirrors.
fn event_uid(object: &Value) -> &str {
    let mirror = object.at("metadata.annotations").entry("kubernetes.io/config.mirror");
    mirror.as_str().unwrap_or_else(|| object.text("metadata.uid"))
}

/// A description in the making.
pub(crate) struct Doc {
    w: TabWriter,
    now: Micros,
    /// The level at which level 0 stands.
    base: usize,
}

impl Doc {
    fn new(now: Micros) -> Self {
        Self { w: TabWriter::for_descriptions(), now, base: 0 }
    }

    /// Writes what `f` writes, `level` levels further in.
    fn nested(&mut self, level: usize, f: impl FnOnce(&mut Self)) {
        self.base += level;
        f(self);
        self.base -= level;
    }

    /// Writes text, indented by two spaces a level at its begin, wherever in a line that is.
    fn put(&mut self, level: usize, text: &str) {
        for _ in 0..self.base + level {
            self.w.write("  ");
        }
        self.w.write(&escape(text));
    }

    /// Writes a line.
    fn line(&mut self, level: usize, text: &str) {
        self.put(level, text);
        self.w.write("\n");
    }

    /// Writes the line `name:` tab `value`.
    fn field(&mut self, level: usize, name: &str, value: &str) {
        self.line(level, &format!("{name}:\t{value}"));
    }

    /// Writes a field that is only there when it is not empty.
    fn optional(&mut self, level: usize, name: &str, value: &str) {
        if !value.is_empty() {
            self.field(level, name, value);
        }
    }

    /// Writes a field with a number.
    fn number(&mut self, level: usize, name: &str, value: i64) {
        self.field(level, name, &format!("{value}"));
    }

    /// Writes `Name` and, for what lives in one, `Namespace`.
    fn name(&mut self, object: &Value) {
        self.field(0, "Name", object.text("metadata.name"));
        self.field(0, "Namespace", namespace_of(object));
    }

    fn labels_and_annotations(&mut self, object: &Value) {
        self.map("Labels", object.at("metadata"), "labels");
        self.annotations("Annotations", object.at("metadata"));
    }

    fn controlled_by(&mut self, object: &Value) {
        let owner = controller(object);
        if !owner.is_null() {
            self.field(0, "Controlled By", &format!("{}/{}", owner.text("kind"), owner.text("name")));
        }
    }

    /// A time in full, with its weekday.
    fn time(&mut self, level: usize, name: &str, v: &Value) {
        self.field(level, name, &rfc1123(age::parse(v)));
    }

    /// Values one below the other in one column; `<none>` when there are none.
    fn column(&mut self, title: &str, values: &[String]) {
        self.indented_column("", title, values);
    }

    fn indented_column(&mut self, indent: &str, title: &str, values: &[String]) {
        self.put(0, &format!("{indent}{title}:\t"));
        if values.is_empty() {
            self.line(0, "<none>");
        }
        for (i, value) in values.iter().enumerate() {
            if i > 0 {
                self.put(0, indent);
                self.put(0, "\t");
            }
            self.line(0, value);
        }
    }

    /// A map as `k=v` lines (`printLabelsMultiline`).
    fn map(&mut self, title: &str, object: &Value, field: &str) {
        self.indented_map("", title, object, field);
    }

    fn indented_map(&mut self, indent: &str, title: &str, object: &Value, field: &str) {
        let pairs: Vec<String> =
            object.entries(field).iter().map(|(k, v)| format!("{k}={}", scalar(v))).collect();
        self.indented_column(indent, title, &pairs);
    }

    /// Annotations: long ones, and those of several lines, stand below their key
    /// (`printAnnotationsMultiline`).
    fn annotations(&mut self, title: &str, object: &Value) {
        /// `maxAnnotationLen`
        const LONG: usize = 140;
        self.put(0, &format!("{title}:\t"));
        let mut first = true;
        for (key, value) in object.entries("annotations") {
            if key == "kubectl.kubernetes.io/last-applied-configuration" {
                continue;
            }
            if !first {
                self.put(0, "\t");
            }
            first = false;
            let value = scalar(value);
            let value = value.strip_suffix('\n').unwrap_or(&value);
            if value.len() + key.len() + 2 > LONG || value.contains('\n') {
                self.line(0, &format!("{key}:"));
                for s in value.split('\n') {
                    let more = if s.len() > LONG - 2 { "..." } else { "" };
                    self.line(0, &format!("\t  {}{more}", cut(s, LONG - 2)));
                }
            } else {
                self.line(0, &format!("{key}: {value}"));
            }
        }
        if first {
            self.line(0, "<none>");
        }
    }

    /// Tolerations in the order of their keys (`printTolerationsMultilineWithIndent`).
    fn tolerations(&mut self, title: &str, list: &[Value]) {
        let mut list: Vec<&Value> = list.iter().collect();
        list.sort_by_key(|t| t.text("key"));
        let text = |t: &Value| {
            let (key, value, effect) = (t.text("key"), t.text("value"), t.text("effect"));
            let mut s = String::from(key);
            if !value.is_empty() {
                s.push('=');
                s.push_str(value);
            }
            if !effect.is_empty() {
                s.push(':');
                s.push_str(effect);
            }
            if t.text("operator") == "Exists" && value.is_empty() {
                s.push_str(if s.is_empty() { "op=Exists" } else { " op=Exists" });
            }
            if t.has("tolerationSeconds") {
                s.push_str(&format!(" for {}s", t.int("tolerationSeconds")));
            }
            s
        };
        let lines: Vec<String> = list.into_iter().map(text).collect();
        self.column(title, &lines);
    }

    /// Conditions with their reasons, as the controllers' descriptions show them.
    fn conditions(&mut self, object: &Value) {
        let conditions = object.list("status.conditions");
        if conditions.is_empty() {
            return;
        }
        self.line(0, "Conditions:");
        self.line(1, "Type\tStatus\tReason");
        self.line(1, "----\t------\t------");
        for c in conditions {
            self.line(1, &format!("{} \t{}\t{}", c.text("type"), c.text("status"), c.text("reason")));
        }
    }

    /// The section Events (`DescribeEvents`).
    fn events(&mut self, mut events: Vec<&Value>) {
        if events.is_empty() {
            self.field(0, "Events", "<none>");
            return;
        }
        self.w.flush();
        events.sort_by_key(|e| age::parse(e.at("lastTimestamp")));
        self.line(0, "Events:");
        self.line(1, "Type\tReason\tAge\tFrom\tMessage");
        self.line(1, "----\t------\t----\t----\t-------");
        for e in events {
            let from = non_empty(e.text("source.component"), e.text("reportingComponent"));
            let path = e.text("involvedObject.fieldPath");
            let colon = if path.is_empty() { "" } else { ": " };
            let interval = event_interval(e, self.now);
            let message = e.text("message").trim();
            self.line(
                1,
                &format!(
                    "{}\t{}\t{interval}\t{from}\t{path}{colon}{message}",
                    e.text("type"),
                    e.text("reason")
                ),
            );
        }
    }
}

/// How long ago an Event was seen, and how often: `3s (x6 over 53s)`.
pub(crate) fn event_interval(e: &Value, now: Micros) -> String {
    let first = match age::parse(e.at("eventTime")) {
        Some(at) => human_duration(now - at),
        None => since(e.at("firstTimestamp"), now),
    };
    if e.has("series") {
        format!("{} (x{} over {first})", since(e.at("series.lastObservedTime"), now), e.int("series.count"))
    } else if e.int("count") > 1 {
        format!("{} (x{} over {first})", since(e.at("lastTimestamp"), now), e.int("count"))
    } else {
        first
    }
}

/// `a, b`; `<none>` for nothing.
fn joined_or_none(list: &[String], separator: &str) -> String {
    if list.is_empty() { "<none>".into() } else { list.join(separator) }
}

/// The objects of a kind that `owner` controls.
fn owned<'a>(snapshot: &'a Snapshot, kind: &'a str, owner: &'a Value) -> impl Iterator<Item = &'a Value> {
    snapshot.of_kind(kind, namespace_of(owner)).filter(|o| {
        let by = controller(o);
        !by.is_null() && by.text("uid") == owner.text("metadata.uid")
    })
}
