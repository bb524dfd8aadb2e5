//! What a container is started with: its environment, its command and arguments with `$(VAR)` expanded, its
//! volumes (`kubelet_pods.go makeEnvironmentVariables`, `kuberuntime_container.go generateContainerConfig`).

use crate::config::{BehaviorRule, Config, glob};
use crate::kernel::Kernel;
use crate::kubelet::{Kubelet, PodUid, SharedPod};
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use lifepod_api::{ConfigMap, Container, EnvVarSource, Object, ObjectKey, Pod, Secret, Volume};
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
        let run_as_user = security.and_then(|s| s.run_as_user).or(pod_security.and_then(|s| s.run_as_user));
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
                    read_only: mount.read_only,
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
            termination_message_path: container.termination_message_path.clone(),
            behavior: behavior_of(&kernel.config, pod, container),
            env,
            files: Vec::new(),
        })
    }

    /// `verifyRunAsNonRoot` (`kuberuntime/security_context.go`).
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
            return Ok(Some(resource_value(pod, container, &resource.container_name, &resource.resource)));
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

    /// A field of the pod, as the downward API offers it (`pkg/fieldpath`).
    fn field_value(&self, uid: &PodUid, pod: &SharedPod, path: &str) -> String {
        let ip = || self.runtime.status(uid).ip;
        let subscript = |prefix: &str| {
            path.strip_prefix(prefix)?.strip_prefix("['")?.strip_suffix("']").map(ToString::to_string)
        };
        match path {
            "metadata.name" => pod.metadata.name.clone(),
            "metadata.namespace" => pod.metadata.namespace.clone(),
            "metadata.uid" => pod.metadata.uid.clone(),
            "spec.nodeName" => self.node_name.clone(),
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

    /// The pod's volumes with their first contents.
    pub(crate) fn volumes_of(&self, kernel: &Kernel, pod: &SharedPod) -> Vec<(String, workload::Volume)> {
        let uid = pod.uid();
        pod.spec
            .volumes
            .iter()
            .map(|volume| (volume.name.clone(), self.volume_contents(kernel, &uid, pod, volume)))
            .collect()
    }

    fn volume_contents(
        &self,
        kernel: &Kernel,
        uid: &PodUid,
        pod: &SharedPod,
        volume: &Volume,
    ) -> workload::Volume {
        let namespace = &pod.metadata.namespace;
        let mut files: Vec<(String, Vec<u8>)> = Vec::new();
        let mut add = |name: &str, items: &[lifepod_api::KeyToPath], bytes: Vec<u8>| {
            if items.is_empty() {
                files.push((name.to_string(), bytes));
            } else if let Some(item) = items.iter().find(|item| item.key == name) {
                files.push((item.path.clone(), bytes));
            }
        };
        if let Some(source) = &volume.config_map
            && let Some(map) = config_map(kernel, namespace, &source.name)
        {
            for (name, text) in &map.data {
                add(name, &source.items, text.clone().into_bytes());
            }
            for (name, bytes) in &map.binary_data {
                add(name, &source.items, bytes.0.clone());
            }
        }
        if let Some(source) = &volume.secret
            && let Some(map) = secret(kernel, namespace, &source.secret_name)
        {
            for (name, bytes) in &map.data {
                add(name, &source.items, bytes.0.clone());
            }
            for (name, text) in &map.string_data {
                add(name, &source.items, text.clone().into_bytes());
            }
        }
        if let Some(source) = &volume.downward_api {
            for item in &source.items {
                let text = item.field_ref.as_ref().map(|f| self.field_value(uid, pod, &f.field_path));
                files.push((item.path.clone(), text.unwrap_or_default().into_bytes()));
            }
        }
        if files.is_empty() {
            return workload::Volume::empty();
        }
        workload::Volume::files(files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())))
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

fn find<'a>(kernel: &'a Kernel, kind: &str, namespace: &str, name: &str) -> Option<&'a Object> {
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

fn secret_strings(secret: &Secret) -> impl Iterator<Item = (String, String)> {
    let data =
        secret.data.iter().map(|(k, bytes)| (k.clone(), String::from_utf8_lossy(&bytes.0).into_owned()));
    data.chain(secret.string_data.iter().map(|(k, v)| (k.clone(), v.clone())))
}

/// `key="value"` lines, as the downward API writes maps (`fieldpath.FormatMap`).
fn map_text(map: &BTreeMap<String, String>) -> String {
    map.iter().map(|(k, v)| format!("{k}={v:?}\n")).collect()
}

/// `limits.cpu` and its siblings, in whole cores and bytes, rounded up.
fn resource_value(pod: &Pod, container: &Container, name: &str, resource: &str) -> String {
    let container = super::kill_container::find_container(pod, name).unwrap_or(container);
    let (list, name) = match resource.split_once('.') {
        Some(("limits", name)) => (&container.resources.limits, name),
        Some(("requests", name)) => (&container.resources.requests, name),
        _ => return "0".to_string(),
    };
    list.get(name).map_or_else(|| "0".to_string(), |quantity| quantity.value().to_string())
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
