//! Containers of all three kinds.

use super::field::{Errors, Path};
use super::volumes::Known;
use super::{amounts, env, handlers, names, security, volumes};
use crate::wire::Wire;
use crate::*;
use alloc::collections::BTreeSet;
use alloc::format;

/// What the containers of a pod share.
pub struct Pod<'a> {
    /// The pod's spec.
    pub spec: &'a PodSpec,
    /// The volumes that may be mounted.
    pub volumes: &'a Known<'a>,
    /// The names of the pod's resource claims.
    pub claims: &'a BTreeSet<&'a str>,
    /// Users in the containers are those of the host.
    pub host_users: bool,
}

/// `validateContainers`
pub fn app(e: &mut Errors, pod: &Pod, path: &Path) {
    let list = &pod.spec.containers;
    if list.is_empty() {
        return e.required(path, "");
    }
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for (i, c) in list.iter().enumerate() {
        let path = path.index(i);
        common(e, c, pod, &path);
        if !seen.insert(&c.name) {
            e.duplicate(&path.child("name"), &c.name);
        }
        running(e, c, pod, &path);
        restart_policy(e, c, &path, false);
    }
    host_ports(e, list, path);
}

/// `validateInitContainers`
pub fn init(e: &mut Errors, pod: &Pod, path: &Path) {
    let mut seen: BTreeSet<&str> = pod.spec.containers.iter().map(|c| c.name.as_str()).collect();
    for (i, c) in pod.spec.init_containers.iter().enumerate() {
        let item = path.index(i);
        common(e, c, pod, &item);
        restart_policy(e, c, &item, true);
        if seen.contains(c.name.as_str()) {
            e.duplicate(&item.child("name"), &c.name);
        } else if !c.name.is_empty() {
            seen.insert(&c.name);
        }
        // Each is checked alone, as if it were the first.
        host_ports(e, core::slice::from_ref(c), path);
        if c.is_sidecar() {
            running(e, c, pod, &item);
        } else {
            for (name, given) in [
                ("lifecycle", c.lifecycle.is_some()),
                ("livenessProbe", c.liveness_probe.is_some()),
                ("readinessProbe", c.readiness_probe.is_some()),
                ("startupProbe", c.startup_probe.is_some()),
            ] {
                if given {
                    let detail = "may not be set for init containers without restartPolicy=Always";
                    e.forbidden(&item.child(name), detail);
                }
            }
            let resize = item.child("resizePolicy");
            for (j, policy) in c.resize_policy.iter().enumerate() {
                if policy.restart_policy == "RestartContainer" {
                    let path = resize.index(j);
                    let detail = "must not be set to 'RestartContainer' for non-sidecar initContainers";
                    e.invalid(&path.child("restartPolicy"), &policy.restart_policy, detail);
                }
            }
        }
    }
}

/// `validateEphemeralContainers`
pub fn ephemeral(e: &mut Errors, pod: &Pod, path: &Path) {
    let others = || pod.spec.containers.iter().chain(&pod.spec.init_containers);
    let mut seen: BTreeSet<&str> = others().map(|c| c.name.as_str()).collect();
    for (i, ec) in pod.spec.ephemeral_containers.iter().enumerate() {
        let item = path.index(i);
        let c = &ec.common;
        common(e, c, pod, &item);
        no_blanks(e, c, &item);
        if !seen.insert(&c.name) {
            e.duplicate(&item.child("name"), &c.name);
        }
        let target = &ec.target_container_name;
        if !target.is_empty() && !others().any(|c| c.name == *target) {
            e.not_found(&item.child("targetContainerName"), target, "");
        }
        let detail = "cannot be set for an Ephemeral Container";
        let given = c.encode();
        for name in [
            "ports",
            "resources",
            "resizePolicy",
            "restartPolicy",
            "restartPolicyRules",
            "livenessProbe",
            "readinessProbe",
            "startupProbe",
            "lifecycle",
        ] {
            if given.get(name).is_some_and(|v| v.as_object().is_none_or(|o| !o.is_empty())) {
                e.forbidden(&item.child(name), detail);
            }
        }
        let mounts = item.child("volumeMounts");
        for (j, mount) in c.volume_mounts.iter().enumerate() {
            for (name, value) in [("subPath", &mount.sub_path), ("subPathExpr", &mount.sub_path_expr)] {
                if !value.is_empty() {
                    e.forbidden(&mounts.index(j).child(name), detail);
                }
            }
        }
    }
}

/// What containers that stay have beyond the common: hooks and probes.
fn running(e: &mut Errors, c: &Container, pod: &Pod, path: &Path) {
    if let Some(lifecycle) = &c.lifecycle {
        let grace = pod.spec.termination_grace_period_seconds;
        handlers::lifecycle(e, lifecycle, grace, pod.spec.os.as_ref(), &path.child("lifecycle"));
    }
    handlers::probes(e, c, path);
}

/// `validateContainerCommon`
fn common(e: &mut Errors, c: &Container, pod: &Pod, path: &Path) {
    if c.name.is_empty() {
        e.required(&path.child("name"), "");
    } else {
        e.invalid_each(&path.child("name"), &c.name, names::dns_label(&c.name));
    }
    if c.image.is_empty() {
        e.required(&path.child("image"), "");
    }
    let policy_path = path.child("terminationMessagePolicy");
    match c.termination_message_policy.as_str() {
        "File" | "FallbackToLogsOnError" => {}
        "" => e.required(&policy_path, ""),
        other => e.not_supported(&policy_path, other, &["File", "FallbackToLogsOnError"]),
    }
    ports(e, &c.ports, &path.child("ports"));
    env::env(e, &c.env, &path.child("env"));
    env::env_from(e, &c.env_from, &path.child("envFrom"));
    volumes::mounts(e, c, pod.volumes, &path.child("volumeMounts"));
    volumes::devices(e, c, pod.volumes, &path.child("volumeDevices"));
    pull_policy(e, &c.image_pull_policy, &path.child("imagePullPolicy"));
    amounts::of_container(e, &c.resources, pod.claims, &path.child("resources"));
    resize_policy(e, c, &pod.spec.restart_policy, &path.child("resizePolicy"));
    if let Some(context) = &c.security_context {
        security::of_container(e, context, pod.host_users, &path.child("securityContext"));
    }
}

/// An image's name has no blanks around it. Templates are not held to that.
pub fn no_blanks(e: &mut Errors, c: &Container, path: &Path) {
    if c.image.trim().len() != c.image.len() {
        e.invalid(&path.child("image"), &c.image, "must not have leading or trailing whitespace");
    }
}

/// `validateContainerPorts`
fn ports(e: &mut Errors, list: &[ContainerPort], path: &Path) {
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for (i, port) in list.iter().enumerate() {
        let path = path.index(i);
        if !port.name.is_empty() {
            let messages = names::port_name(&port.name);
            if !messages.is_empty() {
                e.invalid_each(&path.child("name"), &port.name, messages);
            } else if !seen.insert(&port.name) {
                e.duplicate(&path.child("name"), &port.name);
            }
        }
        if port.container_port == 0 {
            e.required(&path.child("containerPort"), "");
        } else {
            number(e, port.container_port, &path.child("containerPort"));
        }
        if port.host_port != 0 {
            number(e, port.host_port, &path.child("hostPort"));
        }
        protocol(e, &port.protocol, &path.child("protocol"));
    }
}

fn number(e: &mut Errors, port: i32, path: &Path) {
    for message in names::port_number(port.into()) {
        e.invalid(path, port, &message);
    }
}

/// A port's protocol.
pub fn protocol(e: &mut Errors, protocol: &str, path: &Path) {
    match protocol {
        "TCP" | "UDP" | "SCTP" => {}
        "" => e.required(path, ""),
        other => e.not_supported(path, other, &["SCTP", "TCP", "UDP"]),
    }
}

/// `validatePullPolicy`
pub fn pull_policy(e: &mut Errors, policy: &str, path: &Path) {
    match policy {
        "Always" | "IfNotPresent" | "Never" => {}
        "" => e.required(path, ""),
        other => e.not_supported(path, other, &["Always", "IfNotPresent", "Never"]),
    }
}

/// `checkHostPortConflicts`
fn host_ports(e: &mut Errors, list: &[Container], path: &Path) {
    let mut seen = BTreeSet::new();
    for (i, c) in list.iter().enumerate() {
        let container = path.index(i);
        let ports = container.child("ports");
        for (j, port) in c.ports.iter().enumerate().filter(|(_, p)| p.host_port != 0) {
            let address = format!("{}/{}/{}", port.protocol, port.host_ip, port.host_port);
            if seen.contains(&address) {
                e.duplicate(&ports.index(j).child("hostPort"), &address);
            }
            seen.insert(address);
        }
    }
}

/// `validateResizePolicy`
fn resize_policy(e: &mut Errors, c: &Container, pod_policy: &str, path: &Path) {
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for (i, policy) in c.resize_policy.iter().enumerate() {
        if !seen.insert(&policy.resource_name) {
            e.duplicate(&path.index(i), &policy.resource_name);
        }
        for (value, supported) in [
            (&policy.resource_name, ["cpu", "memory"]),
            (&policy.restart_policy, ["NotRequired", "RestartContainer"]),
        ] {
            match value.as_str() {
                "" => e.required(path, ""),
                other if !supported.contains(&other) => e.not_supported(path, other, &supported),
                _ => {}
            }
        }
        if pod_policy == "Never" && policy.restart_policy != "NotRequired" {
            let detail = "must be 'NotRequired' when pod `restartPolicy` is 'Never'";
            e.invalid(path, &policy.restart_policy, detail);
        }
    }
}

/// `validateContainerRestartPolicy`, `validateInitContainerRestartPolicy`
fn restart_policy(e: &mut Errors, c: &Container, path: &Path, is_init: bool) {
    let policy_path = path.child("restartPolicy");
    let rules = &c.restart_policy_rules;
    match c.restart_policy.as_deref() {
        None if rules.is_empty() => return,
        None => {
            e.required(&policy_path, "must specify restartPolicy when restart rules are used");
            // The rules of an init container without a policy are not looked at.
            if is_init {
                return;
            }
        }
        Some("Always" | "Never" | "OnFailure") => {}
        Some(other) => e.not_supported(&policy_path, other, &["Always", "Never", "OnFailure"]),
    }
    let rules_path = path.child("restartPolicyRules");
    if rules.len() > 20 {
        e.too_many(&rules_path, rules.len(), 20);
    }
    for (i, rule) in rules.iter().enumerate() {
        let path = rules_path.index(i);
        if !["Restart", "RestartAllContainers"].contains(&rule.action.as_str()) {
            e.not_supported(&path.child("action"), &rule.action, &["Restart", "RestartAllContainers"]);
        }
        let codes_path = path.child("exitCodes");
        match &rule.exit_codes {
            None => e.required(&codes_path, "must be specified"),
            Some(codes) => {
                if !["In", "NotIn"].contains(&codes.operator.as_str()) {
                    e.not_supported(&codes_path.child("operator"), &codes.operator, &["In", "NotIn"]);
                }
                if codes.values.len() > 255 {
                    e.too_many(&codes_path.child("values"), codes.values.len(), 255);
                }
            }
        }
    }
}
