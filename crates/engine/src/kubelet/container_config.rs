//! What a container is started with: its environment, its command and arguments with `$(VAR)` expanded, its
//! volumes (`pkg/kubelet/kubelet_pods.go makeEnvironmentVariables`,
//! `pkg/kubelet/kuberuntime/kuberuntime_container.go generateContainerConfig`).

use crate::config::{BehaviorRule, Config, glob};
use crate::kernel::Kernel;
use crate::kubelet::{Kubelet, PodUid, SharedPod, capabilities};
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use lifepod_api::{
    ConfigMap, Container, EnvVarSource, Map, Object, ObjectKey, Pod, Quantity, ResourceFieldSelector, Secret,
};
use lifepod_workload as workload;
use lifepod_workload::images;

impl Kubelet {
    /// The configuration of a container, or the words of a `CreateContainerConfigError`.
    pub(crate) fn container_config(
        &self,
        kernel: &Kernel,
        uid: &PodUid,
        pod: &SharedPod,
        container: &Container,
        restart_count: u32,
    ) -> Result<workload::ContainerConfig, String> {
        let pod_security = pod.spec.security_context.as_ref();
        let security = container.security_context.as_ref();
        let (run_as_user, run_as_group) = run_as(pod, container);
        let non_root =
            security.and_then(|s| s.run_as_non_root).or(pod_security.and_then(|s| s.run_as_non_root));
        if non_root == Some(true) {
            self.verify_run_as_non_root(pod, container, run_as_user)?;
        }
        let env = self.environment(kernel, uid, pod, container)?;
        let lookup: BTreeMap<&str, &str> = env.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        let expand_all = |words: &[String]| words.iter().map(|word| expand(word, &lookup)).collect();
        let memory_limit = container
            .resources
            .limits
            .get("memory")
            .and_then(|quantity| u64::try_from(quantity.value()).ok())
            .filter(|bytes| *bytes > 0);
        Ok(workload::ContainerConfig {
            name: container.name.clone(),
            image: container.image.clone(),
            unpacked: None,
            command: expand_all(&container.command),
            args: expand_all(&container.args),
            working_dir: (!container.working_dir.is_empty()).then(|| container.working_dir.clone()),
            mounts: container
                .volume_mounts
                .iter()
                .map(|mount| workload::Mount {
                    volume: mount.name.clone(),
                    path: mount.mount_path.clone(),
                    sub_path: match mount.sub_path_expr.is_empty() {
                        true => mount.sub_path.clone(),
                        false => expand(&mount.sub_path_expr, &lookup),
                    },
                    read_only: mount.read_only || shows_objects(pod, &mount.name),
                })
                .collect(),
            memory_limit,
            declared_ports: container
                .ports
                .iter()
                .filter(|port| port.protocol != "UDP")
                .filter_map(|port| u16::try_from(port.container_port).ok())
                .collect(),
            restart_count,
            run_as_user,
            run_as_group,
            supplemental_groups: supplemental_groups(pod),
            privileged: security.is_some_and(|s| s.privileged == Some(true)),
            capabilities: security.and_then(capabilities::of),
            termination_message_path: container.termination_message_path.clone(),
            behavior: behavior_of(&kernel.config, pod, container),
            env,
            files: Vec::new(),
            absent: Vec::new(),
        })
    }

    /// `verifyRunAsNonRoot` (`pkg/kubelet/kuberuntime/security_context_others.go`).
    fn verify_run_as_non_root(
        &self,
        pod: &SharedPod,
        container: &Container,
        run_as_user: Option<i64>,
    ) -> Result<(), String> {
        let who =
            format!("(pod: \"{}\", container: {})", crate::kernel::format_pod(&pod.to_ref()), container.name);
        match run_as_user {
            Some(0) => Err(format!("container's runAsUser breaks non-root policy {who}")),
            Some(_) => Ok(()),
            None if images::lookup(&container.image).uid == 0 => {
                Err(format!("container has runAsNonRoot and image will run as root {who}"))
            }
            None => Ok(()),
        }
    }

    /// `makeEnvironmentVariables`: service links, then `envFrom`, then `env`; later ones win.
    fn environment(
        &self,
        kernel: &Kernel,
        uid: &PodUid,
        pod: &SharedPod,
        container: &Container,
    ) -> Result<Vec<(String, String)>, String> {
        let namespace = &pod.metadata.namespace;
        let mut env: BTreeMap<String, String> = BTreeMap::new();
        for source in &container.env_from {
            if let Some(from) = &source.config_map_ref {
                match config_map(kernel, namespace, &from.name) {
                    Some(map) => {
                        env.extend(
                            map.data.iter().map(|(k, v)| (format!("{}{k}", source.prefix), v.clone())),
                        );
                    }
                    None if from.optional == Some(true) => {}
                    None => return Err(format!("configmap \"{}\" not found", from.name)),
                }
            } else if let Some(from) = &source.secret_ref {
                match secret(kernel, namespace, &from.name) {
                    Some(map) => {
                        env.extend(secret_strings(map).map(|(k, v)| (format!("{}{k}", source.prefix), v)))
                    }
                    None if from.optional == Some(true) => {}
                    None => return Err(format!("secret \"{}\" not found", from.name)),
                }
            }
        }
        for var in &container.env {
            let value = match &var.value_from {
                None => {
                    let lookup = env.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
                    Some(expand(&var.value, &lookup))
                }
                Some(source) => self.env_value(kernel, uid, pod, container, source)?,
            };
            if let Some(value) = value {
                env.insert(var.name.clone(), value);
            }
        }
        let hostname = if pod.spec.hostname.is_empty() { &pod.metadata.name } else { &pod.spec.hostname };
        env.entry("HOSTNAME".to_string()).or_insert_with(|| hostname.clone());
        // What every container of a cluster can see of its API server.
        for (name, value) in [
            ("KUBERNETES_PORT", "tcp://10.96.0.1:443"),
            ("KUBERNETES_PORT_443_TCP", "tcp://10.96.0.1:443"),
            ("KUBERNETES_PORT_443_TCP_ADDR", "10.96.0.1"),
            ("KUBERNETES_PORT_443_TCP_PORT", "443"),
            ("KUBERNETES_PORT_443_TCP_PROTO", "tcp"),
            ("KUBERNETES_SERVICE_HOST", "10.96.0.1"),
            ("KUBERNETES_SERVICE_PORT", "443"),
            ("KUBERNETES_SERVICE_PORT_HTTPS", "443"),
        ] {
            env.entry(name.to_string()).or_insert_with(|| value.to_string());
        }
        Ok(env.into_iter().collect())
    }

    fn env_value(
        &self,
        kernel: &Kernel,
        uid: &PodUid,
        pod: &SharedPod,
        container: &Container,
        source: &EnvVarSource,
    ) -> Result<Option<String>, String> {
        let namespace = &pod.metadata.namespace;
        if let Some(field) = &source.field_ref {
            return Ok(Some(self.field_value(uid, pod, &field.field_path)));
        }
        if let Some(resource) = &source.resource_field_ref {
            return Ok(Some(self.resource_value(kernel, pod, Some(container), resource)));
        }
        if let Some(key) = &source.config_map_key_ref {
            let optional = key.optional == Some(true);
            return match config_map(kernel, namespace, &key.name) {
                None if optional => Ok(None),
                None => Err(format!("configmap \"{}\" not found", key.name)),
                Some(map) => match map.data.get(&key.key) {
                    Some(value) => Ok(Some(value.clone())),
                    None if optional => Ok(None),
                    None => {
                        Err(format!("couldn't find key {} in ConfigMap {namespace}/{}", key.key, key.name))
                    }
                },
            };
        }
        if let Some(key) = &source.secret_key_ref {
            let optional = key.optional == Some(true);
            return match secret(kernel, namespace, &key.name) {
                None if optional => Ok(None),
                None => Err(format!("secret \"{}\" not found", key.name)),
                Some(map) => match secret_strings(map).find(|(name, _)| *name == key.key) {
                    Some((_, value)) => Ok(Some(value)),
                    None if optional => Ok(None),
                    None => Err(format!("couldn't find key {} in Secret {namespace}/{}", key.key, key.name)),
                },
            };
        }
        Ok(None)
    }

    /// `limits.cpu` and its siblings in units of the divisor, rounded up; a limit that is not set is the node's
    /// allocatable (`pkg/api/v1/resource/helpers.go ExtractContainerResourceValue`).
    pub(crate) fn resource_value(
        &self,
        kernel: &Kernel,
        pod: &Pod,
        own: Option<&Container>,
        selector: &ResourceFieldSelector,
    ) -> String {
        let named = super::kill_container::find_container(pod, &selector.container_name);
        let Some((container, (list, name))) = named.or(own).zip(selector.resource.split_once('.')) else {
            return "0".to_string();
        };
        let resources = &container.resources;
        let node = || match find(kernel, "Node", "", &self.node_name)? {
            Object::Node(node) => node.status.allocatable.get(name),
            _ => None,
        };
        let quantity = match list {
            "limits" => resources.limits.get(name).or_else(node),
            _ => resources.requests.get(name),
        };
        let in_units = |q: &Quantity| if name == "cpu" { q.milli_value() } else { q.value() };
        let divisor = Some(in_units(&selector.divisor)).filter(|d| *d > 0);
        let divisor = divisor.unwrap_or(if name == "cpu" { 1_000 } else { 1 });
        quantity
            .map_or(0, |q| in_units(q).div_euclid(divisor) + i64::from(in_units(q) % divisor > 0))
            .to_string()
    }

    /// A field of the pod, as the downward API offers it (`pkg/fieldpath`).
    pub(crate) fn field_value(&self, uid: &PodUid, pod: &SharedPod, path: &str) -> String {
        let ip = || self.runtime.status(uid).ip;
        let subscript = |prefix: &str| {
            path.strip_prefix(prefix)?.strip_prefix("['")?.strip_suffix("']").map(ToString::to_string)
        };
        match path {
            "metadata.name" => pod.metadata.name.clone(),
            "metadata.namespace" => pod.metadata.namespace.clone(),
            "metadata.uid" => pod.metadata.uid.clone(),
            "spec.nodeName" => self.node_name.clone(),
            // Admission gives every pod an account, also where it is not shown.
            "spec.serviceAccountName" if pod.spec.service_account_name.is_empty() => "default".to_string(),
            "spec.serviceAccountName" => pod.spec.service_account_name.clone(),
            "status.hostIP" | "status.hostIPs" => self.node_ip.clone(),
            "status.podIP" | "status.podIPs" => ip(),
            "metadata.labels" => map_text(&pod.metadata.labels),
            "metadata.annotations" => map_text(&pod.metadata.annotations),
            _ => {
                if let Some(key) = subscript("metadata.labels") {
                    pod.metadata.labels.get(&key).cloned().unwrap_or_default()
                } else if let Some(key) = subscript("metadata.annotations") {
                    pod.metadata.annotations.get(&key).cloned().unwrap_or_default()
                } else {
                    String::new()
                }
            }
        }
    }
}

/// What is said of this container's process: by the scenario, else by the pod's own annotation.
fn behavior_of(
    config: &Config,
    pod: &Pod,
    container: &Container,
) -> Option<alloc::sync::Arc<workload::Behavior>> {
    let says = |rule: &&BehaviorRule| {
        glob(&rule.pods, &pod.metadata.name)
            && (rule.container.is_empty() || rule.container == container.name)
    };
    let annotated = || {
        let text =
            pod.metadata.annotations.get(&format!("{}{}", config.annotation_prefix, container.name))?;
        config.annotations.get(text)
    };
    config.behaviors.iter().find(says).map(|rule| &rule.behavior).or_else(annotated).cloned()
}

pub(crate) fn find<'a>(kernel: &'a Kernel, kind: &str, namespace: &str, name: &str) -> Option<&'a Object> {
    let key = ObjectKey { kind: kind.to_string(), namespace: namespace.to_string(), name: name.to_string() };
    kernel.store.get(&key).map(|object| &**object)
}

pub(crate) fn config_map<'a>(kernel: &'a Kernel, namespace: &str, name: &str) -> Option<&'a ConfigMap> {
    match find(kernel, "ConfigMap", namespace, name)? {
        Object::ConfigMap(map) => Some(map),
        _ => None,
    }
}

pub(crate) fn secret<'a>(kernel: &'a Kernel, namespace: &str, name: &str) -> Option<&'a Secret> {
    match find(kernel, "Secret", namespace, name)? {
        Object::Secret(secret) => Some(secret),
        _ => None,
    }
}

pub(crate) fn secret_strings(secret: &Secret) -> impl Iterator<Item = (String, String)> {
    let data =
        secret.data.iter().map(|(k, bytes)| (k.clone(), String::from_utf8_lossy(&bytes.0).into_owned()));
    data.chain(secret.string_data.iter().map(|(k, v)| (k.clone(), v.clone())))
}

/// Whether a volume shows objects of the API, which nobody may write to, whatever its mount says
/// (`pkg/volume/configmap/configmap.go GetAttributes`, and its like for secrets, the downward API and projections).
fn shows_objects(pod: &Pod, name: &str) -> bool {
    pod.spec.volumes.iter().filter(|volume| volume.name == name).any(|volume| {
        volume.config_map.is_some()
            || volume.secret.is_some()
            || volume.downward_api.is_some()
            || volume.projected.is_some()
    })
}

/// `key="value"` lines, as the downward API writes maps (`fieldpath.FormatMap`).
fn map_text(map: &Map<String>) -> String {
    map.iter().map(|(k, v)| format!("{k}={v:?}\n")).collect()
}

/// Replaces `$(NAME)` by its value; unknown names stay as they are, `$$` is a dollar sign
/// (`third_party/forked/golang/expansion`).
pub(crate) fn expand(text: &str, vars: &BTreeMap<&str, &str>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            out.push('$');
            rest = after;
        } else if let Some((name, after)) = rest.strip_prefix('(').and_then(|r| r.split_once(')')) {
            match vars.get(name) {
                Some(value) => out.push_str(value),
                None => {
                    out.push_str("$(");
                    out.push_str(name);
                    out.push(')');
                }
            }
            rest = after;
        } else {
            out.push('$');
        }
    }
    out.push_str(rest);
    out
}

/// `runAsUser` and `runAsGroup`: the container's own, or else the pod's (`DetermineEffectiveSecurityContext`).
pub(crate) fn run_as(pod: &Pod, container: &Container) -> (Option<i64>, Option<i64>) {
    let (of_pod, own) = (pod.spec.security_context.as_ref(), container.security_context.as_ref());
    let user = own.and_then(|s| s.run_as_user).or(of_pod.and_then(|s| s.run_as_user));
    let group = own.and_then(|s| s.run_as_group).or(of_pod.and_then(|s| s.run_as_group));
    (user, group)
}

/// The groups that the processes of all containers have beside their own.
pub(crate) fn supplemental_groups(pod: &Pod) -> Vec<i64> {
    let security = pod.spec.security_context.as_ref();
    let given = security.into_iter().flat_map(|s| s.supplemental_groups.iter().copied());
    security.and_then(|s| s.fs_group).into_iter().chain(given).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_expanded_as_kubernetes_does() {
        let vars = BTreeMap::from([("A", "1"), ("B", "$(A)")]);
        assert_eq!(expand("$(A)-$(B)-$(C)-$$(A)-$x-$", &vars), "1-$(A)-$(C)-$(A)-$x-$");
        assert_eq!(expand("$(A", &vars), "$(A");
    }
}
