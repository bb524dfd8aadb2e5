//! What was copied out of a real cluster: its pods are simulated anew, as if they had just been written, on a cluster
//! that has what they found on theirs.

use lifepod_api::{EmptyDirVolumeSource, EnvFromSource, Map, Object, ObjectMeta, Pod, PodStatus, Volume};

/// What a manifest would have said; none for what only a cluster writes.
pub(crate) fn as_written(object: &Object) -> Option<Object> {
    match object {
        Object::Event(_) => None,
        Object::Pod(pod) if pod.is_recorded() => Some(Object::Pod(fresh(pod.clone()))),
        object => Some(object.clone()),
    }
}

/// The pod without what the cluster has added: its identity, its place, its status, its token.
fn fresh(mut pod: Pod) -> Pod {
    found_there(&mut pod);
    let ObjectMeta { name, namespace, labels, annotations, .. } = std::mem::take(&mut pod.metadata);
    pod.metadata = ObjectMeta { name, namespace, labels, annotations, ..ObjectMeta::default() };
    pod.status = PodStatus::default();
    pod.spec.node_name.clear();
    let is_token = |name: &str| name.starts_with("kube-api-access-");
    pod.spec.volumes.retain(|volume| !is_token(&volume.name));
    let spec = &mut *pod.spec;
    let containers = spec.init_containers.iter_mut().chain(&mut spec.containers);
    for container in containers {
        container.volume_mounts.retain(|mount| !is_token(&mount.name));
    }
    // Added for every pod by admission, and added again.
    let added = |key: &str| matches!(key, "node.kubernetes.io/not-ready" | "node.kubernetes.io/unreachable");
    pod.spec.tolerations.retain(|toleration| !added(&toleration.key));
    pod
}

/// The cluster had what the pod names, or the pod would not have got so far; the text has only the pod. So that is not
/// asked for here: the account, the classes and the node that the pod was given, and what it read and kept.
fn found_there(pod: &mut Pod) {
    let is_placed = !pod.spec.node_name.is_empty();
    let spec = &mut *pod.spec;
    spec.service_account_name.clear();
    spec.service_account.clear();
    spec.priority_class_name.clear();
    spec.runtime_class_name = None;
    spec.overhead = Map::new();
    if is_placed {
        spec.node_selector = Map::new();
        spec.scheduler_name.clear();
        if let Some(affinity) = &mut spec.affinity {
            affinity.node_affinity = None;
        }
    }
    for volume in &mut spec.volumes {
        may_lack(volume);
    }
    for container in spec.init_containers.iter_mut().chain(&mut spec.containers) {
        for EnvFromSource { config_map_ref, secret_ref, .. } in &mut container.env_from {
            config_map_ref.iter_mut().for_each(|source| source.optional = Some(true));
            secret_ref.iter_mut().for_each(|source| source.optional = Some(true));
        }
        for source in container.env.iter_mut().filter_map(|variable| variable.value_from.as_mut()) {
            source.config_map_key_ref.iter_mut().for_each(|key| key.optional = Some(true));
            source.secret_key_ref.iter_mut().for_each(|key| key.optional = Some(true));
        }
    }
}

/// What a volume is made of need not be there; an empty directory stands for a claim.
fn may_lack(volume: &mut Volume) {
    volume.secret.iter_mut().for_each(|source| source.optional = Some(true));
    volume.config_map.iter_mut().for_each(|source| source.optional = Some(true));
    for source in volume.projected.iter_mut().flat_map(|projected| &mut projected.sources) {
        source.secret.iter_mut().for_each(|secret| secret.optional = Some(true));
        source.config_map.iter_mut().for_each(|map| map.optional = Some(true));
    }
    if volume.persistent_volume_claim.take().is_some()
        || volume.ephemeral.take().is_some()
        || volume.csi.take().is_some()
    {
        volume.empty_dir = Some(Box::new(EmptyDirVolumeSource::default()));
    }
}
