//! The containers of a pod or of a pod template (`describeContainers`).

use super::Doc;
use crate::effective;
use crate::json::{Json, non_empty, scalar};
use crate::rows::join_host_port;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use serde_json::Value;

impl Doc {
    /// A section of containers. `pod` is the pod and the list of its status that belongs to them; a template has
    /// none, and its sections stand one space further in (`indent`).
    pub(super) fn containers(
        &mut self,
        label: &str,
        list: &[Value],
        pod: Option<(&Value, &str)>,
        indent: &str,
    ) {
        self.line(0, &format!("{indent}{label}:{}", if list.is_empty() { " <none>" } else { "" }));
        for c in list {
            let statuses = pod.map_or(&[][..], |(pod, field)| pod.at("status").list(field));
            // Of two entries with one name, the later counts.
            let status = statuses.iter().rev().find(|s| s.text("name") == c.text("name"));
            self.basics(c, status, if indent.is_empty() { "" } else { " " });
            self.words("Command", c.list("command"));
            self.words("Args", c.list("args"));
            if let Some(status) = status {
                self.state("State", status.at("state"));
                if status.has("lastState.terminated") {
                    self.state("Last State", status.at("lastState"));
                }
                self.field(2, "Ready", if status.flag("ready") { "True" } else { "False" });
                self.number(2, "Restart Count", status.int("restartCount"));
            }
            self.resources(2, c.at("resources"));
            for (title, field) in
                [("Liveness", "livenessProbe"), ("Readiness", "readinessProbe"), ("Startup", "startupProbe")]
            {
                if c.has(field) {
                    self.field(2, title, &probe(c.at(field)));
                }
            }
            self.environment(c, pod.map(|(pod, _)| pod));
            self.mounts(c);
        }
    }

    fn basics(&mut self, c: &Value, status: Option<&Value>, indent: &str) {
        self.line(1, &format!("{indent}{}:", c.text("name")));
        if let Some(status) = status {
            self.field(2, "Container ID", status.text("containerID"));
        }
        self.field(2, "Image", c.text("image"));
        if let Some(status) = status {
            self.field(2, "Image ID", status.text("imageID"));
        }
        for (title, field) in [("Port", "containerPort"), ("Host Port", "hostPort")] {
            let port = |p: &Value| {
                let s = format!("{}/{}", p.int(field), p.text("protocol"));
                match p.text("name") {
                    "" => s,
                    name => format!("{s} ({name})"),
                }
            };
            let text = c.list("ports").iter().map(port).collect::<Vec<_>>().join(", ");
            let plural = if text.contains(',') { "s" } else { "" };
            self.field(2, &format!("{title}{plural}"), non_empty(&text, "<none>"));
        }
        self.seccomp(2, c.at("securityContext"));
    }

    /// A command's words, one a line, and their own lines too.
    fn words(&mut self, title: &str, words: &[Value]) {
        if words.is_empty() {
            return;
        }
        self.line(2, &format!("{title}:"));
        for word in words {
            for line in scalar(word).split('\n') {
                self.line(3, line);
            }
        }
    }

    fn state(&mut self, title: &str, state: &Value) {
        if state.has("running") {
            self.field(2, title, "Running");
            self.time(3, "Started", state.at("running.startedAt"));
        } else if state.has("terminated") && !state.has("waiting") {
            let t = state.at("terminated");
            self.field(2, title, "Terminated");
            self.optional(3, "Reason", t.text("reason"));
            self.optional(3, "Message", t.text("message"));
            self.number(3, "Exit Code", t.int("exitCode"));
            if t.int("signal") > 0 {
                self.number(3, "Signal", t.int("signal"));
            }
            self.time(3, "Started", t.at("startedAt"));
            self.time(3, "Finished", t.at("finishedAt"));
        } else {
            self.field(2, title, "Waiting");
            self.optional(3, "Reason", state.text("waiting.reason"));
        }
    }

    /// Limits and requests.
    pub(super) fn resources(&mut self, level: usize, resources: &Value) {
        for (title, field) in [("Limits", "limits"), ("Requests", "requests")] {
            let entries = resources.entries(field);
            if !entries.is_empty() {
                self.line(level, &format!("{title}:"));
            }
            for (name, quantity) in entries {
                self.field(level + 1, name, &effective::canonical(&scalar(quantity)));
            }
        }
    }

    fn environment(&mut self, c: &Value, pod: Option<&Value>) {
        let optional = |v: &Value| v.flag("optional");
        if !c.list("envFrom").is_empty() {
            self.line(2, "Environment Variables from:");
        }
        for from in c.list("envFrom") {
            let (kind, source) = if from.has("configMapRef") {
                ("ConfigMap", from.at("configMapRef"))
            } else if from.has("secretRef") {
                ("Secret", from.at("secretRef"))
            } else {
                ("", &Value::Null)
            };
            let prefix = match from.text("prefix") {
                "" => String::new(),
                prefix => format!(" with prefix '{prefix}'"),
            };
            let line = format!("{}\t{kind}{prefix}\tOptional: {}", source.text("name"), optional(source));
            self.line(3, &line);
        }
        self.line(2, if c.list("env").is_empty() { "Environment:\t<none>" } else { "Environment:" });
        for e in c.list("env") {
            let name = e.text("name");
            let from = e.at("valueFrom");
            if from.is_null() {
                for (i, line) in e.text("value").split('\n').enumerate() {
                    let name = if i == 0 { format!("{name}:") } else { String::new() };
                    self.line(3, &format!("{name}\t{line}"));
                }
            } else if from.has("fieldRef") {
                let path = from.text("fieldRef.fieldPath");
                let version = from.text("fieldRef.apiVersion");
                let value = pod.map_or("", |pod| field_value(pod, path, version));
                self.field(3, name, &format!("{value} ({version}:{path})"));
            } else if from.has("resourceFieldRef") {
                let resource = from.text("resourceFieldRef.resource");
                let mut value = effective::resource_field(c, from.at("resourceFieldRef"));
                if value == "0" && matches!(resource, "limits.cpu" | "limits.memory") {
                    value = "node allocatable".into();
                }
                self.field(3, name, &format!("{value} ({resource})"));
            } else if from.has("secretKeyRef") {
                let r = from.at("secretKeyRef");
                let what = format!("<set to the key '{}' in secret '{}'>", r.text("key"), r.text("name"));
                self.field(3, name, &format!("{what}\tOptional: {}", optional(r)));
            } else if from.has("configMapKeyRef") {
                let r = from.at("configMapKeyRef");
                let what = format!("<set to the key '{}' of config map '{}'>", r.text("key"), r.text("name"));
                self.field(3, name, &format!("{what}\tOptional: {}", optional(r)));
            }
        }
    }

    fn mounts(&mut self, c: &Value) {
        let none = if c.list("volumeMounts").is_empty() { "\t<none>" } else { "" };
        self.line(2, &format!("Mounts:{none}"));
        let mut mounts: Vec<&Value> = c.list("volumeMounts").iter().collect();
        mounts.sort_by_key(|m| m.text("mountPath"));
        for m in mounts {
            let access = if m.flag("readOnly") { "ro" } else { "rw" };
            let path = match m.text("subPath") {
                "" => String::new(),
                path => format!(",path={path:?}"),
            };
            self.line(3, &format!("{} from {} ({access}{path})", m.text("mountPath"), m.text("name")));
        }
        if !c.list("volumeDevices").is_empty() {
            self.line(2, &format!("Devices:{none}"));
            let mut devices: Vec<&Value> = c.list("volumeDevices").iter().collect();
            devices.sort_by_key(|m| m.text("devicePath"));
            for m in devices {
                self.line(3, &format!("{} from {}", m.text("devicePath"), m.text("name")));
            }
        }
    }
}

/// A probe in one line (`DescribeProbe`).
pub(super) fn probe(p: &Value) -> String {
    let times = format!(
        "delay={}s timeout={}s period={}s #success={} #failure={}",
        p.int("initialDelaySeconds"),
        p.int("timeoutSeconds"),
        p.int("periodSeconds"),
        p.int("successThreshold"),
        p.int("failureThreshold")
    );
    let what = if p.has("exec") {
        let words: Vec<String> = p.list("exec.command").iter().map(scalar).collect();
        format!("exec [{}]", words.join(" "))
    } else if p.has("httpGet") {
        let get = p.at("httpGet");
        let host = match get.scalar("port") {
            port if port.is_empty() => get.text("host").into(),
            port => join_host_port(get.text("host"), &port),
        };
        let scheme = match get.text("scheme") {
            "" => String::new(),
            scheme => format!("{}:", scheme.to_ascii_lowercase()),
        };
        format!("http-get {scheme}//{}{}", escape_host(&host), escape_path(get.text("path")))
    } else if p.has("tcpSocket") {
        format!("tcp-socket {}:{}", p.text("tcpSocket.host"), p.scalar("tcpSocket.port"))
    } else if p.has("grpc") {
        format!("grpc <pod>:{} {}", p.int("grpc.port"), p.text("grpc.service"))
    } else {
        "unknown".into()
    };
    format!("{what} {times}")
}

/// The path of a URL as Go's `url.URL.String` writes it: what may not stand in a path is percent-encoded, and a
/// path that does not begin with a slash gets one after a host.
fn escape_path(path: &str) -> String {
    let mut s = String::new();
    if !path.is_empty() && !path.starts_with('/') {
        s.push('/');
    }
    for b in path.bytes() {
        if b.is_ascii_alphanumeric() || b"-_.~$&+,/:;=@!'()*".contains(&b) {
            s.push(b as char);
        } else {
            s.push_str(&format!("%{b:02X}"));
        }
    }
    s
}

/// The host of a URL: few characters are not allowed there.
fn escape_host(host: &str) -> String {
    let mut s = String::new();
    for b in host.bytes() {
        if b.is_ascii_alphanumeric() || b"-_.~!$&'()*+,;=:[]<>\"".contains(&b) {
            s.push(b as char);
        } else {
            s.push_str(&format!("%{b:02X}"));
        }
    }
    s
}

/// The value of a downward API field, as far as `kubectl` finds it: its scheme converts only the two field labels
/// that every kind has, so all other fields stay empty (`runtime.DefaultMetaV1FieldSelectorConversion`).
fn field_value<'a>(pod: &'a Value, path: &str, version: &str) -> &'a str {
    match (path, version) {
        ("metadata.name" | "metadata.namespace", "v1") => pod.text(path),
        _ => "",
    }
}
