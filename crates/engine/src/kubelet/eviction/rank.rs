//! Which pod goes first, and what is said of it (`pkg/kubelet/eviction/helpers.go`).

use super::threshold::{Observation, Resource, Threshold};
use super::usage::{Usage, requested};
use crate::kubelet::SharedPod;
use alloc::format;
use alloc::string::{String, ToString};
use core::cmp::Reverse;
use lifepod_api::quantity::Format;
use lifepod_api::{Pod, Quantity};

/// Pods from this priority on are critical (`scheduling.SystemCriticalPriority`): the cluster needs them.
const CRITICAL_PRIORITY: i32 = 2_000_000_000;

/// Whether the kubelet leaves the pod alone (`pkg/kubelet/types/pod_update.go IsCriticalPod`; static pods there are none).
pub(crate) fn is_critical(pod: &Pod) -> bool {
    pod.spec.priority.unwrap_or(0) >= CRITICAL_PRIORITY
}

/// Orders pods, the first to be evicted first: by whether they use more than they requested, by priority, and by how
/// much more they use (`rankMemoryPressure`, `rankDiskPressureFunc`); for processes by priority and number
/// (`rankPIDPressure`). Nobody requests inodes, and yet of their number the request of `ephemeral-storage` is taken, in
/// bytes (`disk`): of pods that use any, one that requested storage goes last.
pub(super) fn rank(pods: &mut [(SharedPod, Usage)], resource: Resource) {
    pods.sort_by_cached_key(|(pod, used)| {
        let used = used.of(resource);
        let (request, taken) = match resource {
            Resource::Pids => (u64::MAX, 0),
            Resource::Inodes => (0, requested(pod, Resource::EphemeralStorage)),
            Resource::Memory | Resource::EphemeralStorage => {
                (requested(pod, resource), requested(pod, resource))
            }
        };
        let exceeds = used > request;
        let more = i128::from(used) - i128::from(taken);
        (!exceeds, pod.spec.priority.unwrap_or(0), Reverse(more))
    });
}

/// An amount as the kubelet prints what it measured.
fn amount(value: u64, resource: Resource) -> Quantity {
    let format = match resource {
        Resource::Memory | Resource::EphemeralStorage => Format::BinarySI,
        Resource::Inodes | Resource::Pids => Format::DecimalSI,
    };
    Quantity::from_value(i64::try_from(value).unwrap_or(i64::MAX), format)
}

/// Why a pod is evicted, in the kubelet's words (`evictionMessage`); the space at its end is theirs.
pub(super) fn message(
    pod: &Pod,
    threshold: &Threshold,
    seen: Observation,
    pod_use: &Usage,
    containers: &[(String, Usage)],
) -> String {
    let resource = threshold.signal.resource();
    let name = resource.name();
    let mut text = format!(
        "The node was low on resource: {name}. Threshold quantity: {}, available: {}. ",
        threshold.value.of(seen.capacity),
        amount(seen.available, resource),
    );
    if resource == Resource::Memory
        && let Some(request) = pod.spec.resources.as_ref().and_then(|all| all.requests.get(name))
    {
        text.push_str(&format!(
            "Pod {} was using {}, request is {request}, has larger consumption of {name}. ",
            pod.metadata.name,
            amount(pod_use.memory, resource),
        ));
    }
    if matches!(resource, Resource::Inodes | Resource::Pids) {
        return text;
    }
    for container in pod.spec.containers.iter().chain(&pod.spec.init_containers) {
        let Some((_, used)) = containers.iter().find(|(name, _)| *name == container.name) else { continue };
        let used = amount(used.of(resource), resource);
        let request = container.resources.requests.get(name);
        if request.map_or(!used.is_zero(), |request| used > *request) {
            let request = request.map_or("0".to_string(), ToString::to_string);
            text.push_str(&format!(
                "Container {} was using {used}, request is {request}, has larger consumption of {name}. ",
                container.name
            ));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kubelet::eviction::threshold::EvictionConfig;
    use alloc::sync::Arc;
    use alloc::vec::Vec;
    use lifepod_api::{Container, Object, ObjectMeta};

    fn pod(name: &str, priority: i32, memory: &str) -> SharedPod {
        let mut container = Container { name: "app".to_string(), ..Container::default() };
        if let Ok(memory) = Quantity::parse(memory) {
            container.resources.requests.insert("memory".to_string(), memory);
        }
        let mut pod = Pod {
            metadata: ObjectMeta { name: name.to_string(), ..ObjectMeta::default() },
            ..Pod::default()
        };
        pod.spec.priority = Some(priority);
        pod.spec.containers.push(container);
        SharedPod::new(Arc::new(Object::Pod(pod))).expect("it is a pod")
    }

    fn order(pods: &[(SharedPod, u64)], resource: Resource) -> Vec<String> {
        let mut pods: Vec<(SharedPod, Usage)> = pods
            .iter()
            .map(|(pod, n)| (pod.clone(), Usage { memory: *n, disk: *n, inodes: *n, processes: *n }))
            .collect();
        rank(&mut pods, resource);
        pods.into_iter().map(|(pod, _)| pod.metadata.name.clone()).collect()
    }

    #[test]
    fn requests_come_before_priority_and_priority_before_use() {
        let pods = [
            (pod("within", -5, "500"), 450),
            (pod("important", 10, "50"), 900),
            (pod("more", 0, "50"), 300),
            (pod("less", 0, "50"), 100),
            (pod("best-effort", 0, ""), 200),
        ];
        assert_eq!(order(&pods, Resource::Memory), ["more", "best-effort", "less", "important", "within"]);
    }

    #[test]
    fn of_those_who_make_files_who_requested_storage_goes_last() {
        let mut modest = Pod::clone(&pod("modest", 0, ""));
        let storage = Quantity::parse("1Gi").expect("a quantity");
        modest.spec.containers[0].resources.requests.insert("ephemeral-storage".to_string(), storage);
        let modest = SharedPod::new(Arc::new(Object::Pod(modest))).expect("it is a pod");
        let pods = [(modest, 900), (pod("few", 0, ""), 2), (pod("many", 0, ""), 9), (pod("none", -1, ""), 0)];
        assert_eq!(order(&pods, Resource::Inodes), ["many", "few", "modest", "none"]);
    }

    #[test]
    fn of_inodes_is_said_how_many_are_left() {
        let threshold = Threshold::all(&EvictionConfig::default())
            .into_iter()
            .find(|threshold| threshold.signal.resource() == Resource::Inodes)
            .expect("there is one by default");
        let seen = Observation { capacity: 100_000, available: 4_000 };
        assert_eq!(
            message(&pod("many", 0, ""), &threshold, seen, &Usage::default(), &[]),
            "The node was low on resource: inodes. Threshold quantity: 5000, available: 4k. "
        );
    }

    #[test]
    fn processes_are_not_requested() {
        let pods = [(pod("few", 0, ""), 2), (pod("many", 0, ""), 9), (pod("later", -1, ""), 1)];
        assert_eq!(order(&pods, Resource::Pids), ["later", "many", "few"]);
    }
}
