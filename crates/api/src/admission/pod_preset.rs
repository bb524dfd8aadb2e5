//! `PodPreset` of Kubernetes 1.6 to 1.19 (`plugin/pkg/admission/podpreset/admission.go`), removed in 1.20.

use crate::*;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// What became of a pod's presets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PresetOutcome {
    /// No preset means this pod, or the pod opted out.
    Untouched,
    /// These presets were applied.
    Applied(Vec<String>),
    /// Presets contradict the pod or each other: nothing was applied, and the pod is created as it is. The plugin
    /// only logs why.
    Conflict(String),
}

/// Injects the presets of the pod's namespace that select it, in order of their names. Since 1.14
/// (`init_containers`) init containers get them too.
pub fn pod_preset<'a>(
    pod: &mut Pod,
    presets: impl IntoIterator<Item = &'a PodPreset>,
    init_containers: bool,
) -> PresetOutcome {
    let annotation = |name: &str| pod.metadata.annotations.get(name).map(String::as_str);
    let excluded = annotation("podpreset.admission.kubernetes.io/exclude") == Some("true");
    if excluded || annotation("kubernetes.io/config.mirror").is_some() {
        return PresetOutcome::Untouched;
    }
    let mut selected: Vec<&PodPreset> = presets
        .into_iter()
        .filter(|p| p.metadata.namespace == pod.metadata.namespace)
        .filter(|p| p.spec.selector.matches(&pod.metadata.labels))
        .collect();
    if selected.is_empty() {
        return PresetOutcome::Untouched;
    }
    selected.sort_by(|a, b| a.metadata.name.cmp(&b.metadata.name));
    match injected(&pod.spec, &selected, init_containers) {
        Err(conflict) => PresetOutcome::Conflict(conflict),
        Ok(spec) => {
            pod.spec = spec.into();
            for preset in &selected {
                let key = format!("podpreset.admission.kubernetes.io/podpreset-{}", preset.metadata.name);
                pod.metadata.annotations.insert(key, preset.metadata.resource_version.clone());
            }
            PresetOutcome::Applied(selected.iter().map(|p| p.metadata.name.clone()).collect())
        }
    }
}

fn injected(spec: &PodSpec, presets: &[&PodPreset], init_containers: bool) -> Result<PodSpec, String> {
    let mut spec = spec.clone();
    for preset in presets {
        let (name, from) = (&preset.metadata.name, &preset.spec);
        merge(&mut spec.volumes, &from.volumes, "volume", name, |v| &v.name)?;
        let init: &mut [Container] = if init_containers { &mut spec.init_containers } else { &mut [] };
        for container in spec.containers.iter_mut().chain(init) {
            merge(&mut container.env, &from.env, "env", name, |v| &v.name)?;
            container.env_from.extend(from.env_from.iter().cloned());
            merge(&mut container.volume_mounts, &from.volume_mounts, "volume mount", name, |m| &m.name)?;
            for mount in &container.volume_mounts {
                let clash = |m: &&VolumeMount| m.mount_path == mount.mount_path && *m != mount;
                if let Some(other) = container.volume_mounts.iter().find(clash) {
                    return Err(format!(
                        "merging volume mounts for {name} has a conflict on mount path {}: {} and {}",
                        mount.mount_path, mount.name, other.name
                    ));
                }
            }
        }
    }
    Ok(spec)
}

/// Adds what is new; the same entry twice is once, another entry of the same name is a conflict.
fn merge<T: Clone + PartialEq>(
    own: &mut Vec<T>,
    more: &[T],
    what: &str,
    preset: &str,
    name: fn(&T) -> &String,
) -> Result<(), String> {
    for entry in more {
        match own.iter().find(|e| name(e) == name(entry)) {
            None => own.push(entry.clone()),
            Some(same) if same == entry => {}
            Some(_) => {
                let key = name(entry).to_string();
                return Err(format!("merging {what} for {preset} has a conflict on {key}"));
            }
        }
    }
    Ok(())
}
