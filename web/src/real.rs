//! What was copied out of a real cluster: its pods are simulated anew, as if they had just been written.

use lifepod_api::{Object, ObjectMeta, Pod, PodStatus};
use lifepod_engine::Command;
use lifepod_timeline::is_recorded;

/// What a manifest would have said; none for what only a cluster writes.
pub fn as_written(command: Command) -> Option<Command> {
    Some(match command {
        Command::Create(object) => match *object {
            Object::Event(_) => return None,
            Object::Pod(pod) if is_recorded(&pod) => Command::Create(Box::new(Object::Pod(fresh(pod)))),
            object => Command::Create(Box::new(object)),
        },
        other => other,
    })
}

/// The pod without what the cluster has added: its identity, its place, its status, its token.
fn fresh(mut pod: Pod) -> Pod {
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
