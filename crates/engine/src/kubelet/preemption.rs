//! A critical pod that finds no room makes some: the kubelet ends others until what they requested is enough
//! (`pkg/kubelet/preemption/preemption.go CriticalPodAdmissionHandler`).
//!
//! The real kubelet's main loop stands still while one pod after the other ends; here it goes on, and the critical pod
//! alone waits.

use crate::events::EventType;
use crate::kernel::Kernel;
use crate::kubelet::admission::{Lack, Rejection};
use crate::kubelet::eviction::is_critical;
use crate::kubelet::pod_workers::{FinalStatus, KillOptions, Stage, Update};
use crate::kubelet::{Kubelet, PodUid, SharedPod};
use crate::trace::{Decision, PodEnd, SyncReason};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::cmp::Ordering;
use lifepod_api::Pod;
use lifepod_api::resources::pod_requests;

/// The reason of a pod that was ended for another, and of its Event (`events.PreemptContainer`).
const REASON: &str = "Preempting";
const MESSAGE: &str = "Preempted in order to admit critical pod";
const CONDITION: &str = "Pod was preempted by Kubelet to accommodate a critical pod.";

/// A critical pod that waits for others to end.
#[derive(Clone, Debug)]
pub(crate) struct Arrival {
    critical: PodUid,
    /// Those that are still to be ended, the next one last.
    victims: Vec<SharedPod>,
    /// The one that is ending.
    current: PodUid,
}

/// What is missing of a resource, in the unit that the scheduler counts it in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Requirement {
    resource: &'static str,
    quantity: i64,
}

impl Kubelet {
    /// Begins to end others until the critical pod has room, or refuses it where all that may be ended would not be
    /// enough (`HandleAdmissionFailure`).
    pub(crate) fn make_room(&mut self, kernel: &mut Kernel, pod: SharedPod, lacking: &[Lack]) {
        let requirements: Vec<Requirement> = lacking.iter().map(Requirement::from).collect();
        let running = self.workers.iter().filter(|(_, worker)| worker.stage < Stage::Terminated);
        let running: Vec<SharedPod> = running.filter_map(|(uid, _)| self.pods.get(uid).cloned()).collect();
        match pods_to_preempt(&pod, &running, &requirements) {
            Ok(mut victims) => {
                victims.reverse();
                self.arrivals.push(Arrival { critical: pod.uid(), victims, current: pod.uid() });
                self.preemption_goes_on(kernel);
            }
            Err(why) => {
                let message = format!(
                    "Unexpected error while attempting to recover from admission failure: preemption: error \
                     finding a set of pods to preempt: {why}"
                );
                let reason = "UnexpectedAdmissionError".to_string();
                self.reject(kernel, &pod, Rejection { reason, message });
            }
        }
    }

    /// Whether the pod waits for others to end.
    pub(crate) fn is_arriving(&self, uid: &PodUid) -> bool {
        self.arrivals.iter().any(|arrival| arrival.critical == *uid)
    }

    /// A pod's containers have ended: if one was ended for a critical pod, the next one's turn comes, or the critical
    /// pod's.
    pub(crate) fn preemption_goes_on(&mut self, kernel: &mut Kernel) {
        for mut arrival in core::mem::take(&mut self.arrivals) {
            // It may have been deleted meanwhile.
            let Some(pod) = self.pods.get(&arrival.critical).cloned() else { continue };
            if self.workers.get(&arrival.current).is_some_and(|worker| worker.stage < Stage::Terminated) {
                self.arrivals.push(arrival);
                continue;
            }
            match arrival.victims.pop() {
                Some(victim) => {
                    arrival.current = victim.uid();
                    self.arrivals.push(arrival);
                    self.preempt(kernel, victim);
                }
                None => self.take_in(kernel, pod),
            }
        }
    }

    fn preempt(&mut self, kernel: &mut Kernel, pod: SharedPod) {
        let (why, message) = (PodEnd::Preemption, MESSAGE.to_string());
        kernel.decide(Decision::EndPod { pod: pod.to_ref(), why, message });
        self.pod_event(kernel, &pod, EventType::Warning, REASON, MESSAGE);
        let status = FinalStatus {
            reason: REASON,
            message: MESSAGE.to_string(),
            disrupted: Some(CONDITION.to_string()),
            spares_success: false,
        };
        let kill = KillOptions { evict: true, grace_override: None, status: Some(status) };
        let cause = kernel.cause;
        self.update_pod(kernel, Update { pod, reason: SyncReason::Kill, cause, kill: Some(kill) });
    }
}

impl From<&Lack> for Requirement {
    fn from(lack: &Lack) -> Self {
        // `InsufficientResourceError.GetInsufficientAmount`
        Requirement { resource: lack.resource, quantity: lack.requested - (lack.capacity - lack.used) }
    }
}

/// The fewest and smallest pods that have to go, Guaranteed ones only where all others would not be enough
/// (`getPodsToPreempt`).
fn pods_to_preempt(
    critical: &Pod,
    running: &[SharedPod],
    requirements: &[Requirement],
) -> Result<Vec<SharedPod>, String> {
    let of = |class: &str| -> Vec<SharedPod> {
        let fits = |pod: &&SharedPod| pod.qos_class() == class && is_preemptable(critical, pod);
        running.iter().filter(fits).cloned().collect()
    };
    let (best_effort, burstable, guaranteed) = (of("BestEffort"), of("Burstable"), of("Guaranteed"));
    let lesser = || best_effort.iter().chain(&burstable);
    let missing = without(requirements, lesser().chain(&guaranteed));
    if !missing.is_empty() {
        return Err(not_enough(&missing));
    }
    let of_guaranteed = by_distance(guaranteed, without(requirements, lesser()))?;
    let rest = without(requirements, best_effort.iter().chain(&of_guaranteed));
    let of_burstable = by_distance(burstable, rest)?;
    let rest = without(requirements, of_burstable.iter().chain(&of_guaranteed));
    let of_best_effort = by_distance(best_effort, rest)?;
    Ok([of_best_effort, of_burstable, of_guaranteed].concat())
}

/// `pkg/kubelet/types/pod_update.go Preemptable`.
fn is_preemptable(preemptor: &Pod, pod: &Pod) -> bool {
    (is_critical(preemptor) && !is_critical(pod)) || preemptor.spec.priority > pod.spec.priority
}

/// Takes the pod that comes closest to what is missing, again and again (`getPodsToPreemptByDistance`).
fn by_distance(
    mut pods: Vec<SharedPod>,
    mut requirements: Vec<Requirement>,
) -> Result<Vec<SharedPod>, String> {
    let mut taken = Vec::new();
    while !requirements.is_empty() {
        let nearest = (0..pods.len()).reduce(|best, index| {
            let (there, here) = (distance(&requirements, &pods[best]), distance(&requirements, &pods[index]));
            let nearer = here.total_cmp(&there).then_with(|| by_size(&pods[index], &pods[best]));
            // Of equal ones the last.
            if nearer == Ordering::Greater { best } else { index }
        });
        let pod = pods.swap_remove(nearest.ok_or_else(|| not_enough(&requirements))?);
        requirements = without(&requirements, [&pod]);
        taken.push(pod);
    }
    Ok(taken)
}

/// How far a pod is from what is missing: each resource's share that it leaves, squared (`distance`).
fn distance(requirements: &[Requirement], pod: &Pod) -> f64 {
    let left = |r: &Requirement| (r.quantity - requested(pod, r.resource)).max(0) as f64 / r.quantity as f64;
    requirements.iter().map(|requirement| left(requirement) * left(requirement)).sum()
}

/// Memory counts before processor time (`smallerResourceRequest`).
fn by_size(a: &Pod, b: &Pod) -> Ordering {
    let size = |pod: &Pod| (requested(pod, "memory"), requested(pod, "cpu"));
    size(a).cmp(&size(b))
}

/// What is still missing once those pods are gone (`subtract`).
fn without<'a>(
    requirements: &[Requirement],
    pods: impl IntoIterator<Item = &'a SharedPod>,
) -> Vec<Requirement> {
    let mut left = requirements.to_vec();
    for pod in pods {
        left.iter_mut().for_each(|requirement| requirement.quantity -= requested(pod, requirement.resource));
    }
    left.retain(|requirement| requirement.quantity > 0);
    left
}

/// What a pod requests in the unit of a [`Requirement`] (`pkg/api/v1/resource/helpers.go GetResourceRequest`).
fn requested(pod: &Pod, resource: &str) -> i64 {
    match resource {
        "pods" => 1,
        "cpu" => pod_requests(&pod.spec).get(resource).map_or(0, |amount| amount.milli_value()),
        _ => pod_requests(&pod.spec).get(resource).map_or(0, |amount| amount.value()),
    }
}

fn not_enough(missing: &[Requirement]) -> String {
    let missing: String =
        missing.iter().map(|r| format!("(res: {}, q: {}), ", r.resource, r.quantity)).collect();
    format!("no set of running pods found to reclaim resources: [{missing}]")
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::sync::Arc;
    use lifepod_api::{Container, Object, ObjectMeta, Quantity};

    fn pod(name: &str, class: &str, cpu: &str) -> SharedPod {
        let mut container = Container { name: "app".to_string(), ..Container::default() };
        if let Ok(cpu) = Quantity::parse(cpu) {
            container.resources.requests.insert("cpu".to_string(), cpu);
        }
        let mut pod = Pod {
            metadata: ObjectMeta { name: name.to_string(), ..ObjectMeta::default() },
            ..Pod::default()
        };
        pod.status.qos_class = class.to_string();
        pod.spec.priority = Some(0);
        pod.spec.containers.push(container);
        SharedPod::new(Arc::new(Object::Pod(pod))).expect("it is a pod")
    }

    fn victims(running: &[SharedPod], milli_cpu: i64) -> Result<Vec<String>, String> {
        let mut critical = Pod::default();
        critical.spec.priority = Some(2_000_001_000);
        let requirements = [Requirement { resource: "cpu", quantity: milli_cpu }];
        let victims = pods_to_preempt(&critical, running, &requirements)?;
        Ok(victims.iter().map(|pod| pod.metadata.name.clone()).collect())
    }

    #[test]
    fn guaranteed_pods_go_only_where_all_others_are_not_enough() {
        let running = [
            pod("none", "BestEffort", ""),
            pod("little", "Burstable", "100m"),
            pod("much", "Burstable", "400m"),
            pod("sure", "Guaranteed", "500m"),
        ];
        assert_eq!(victims(&running, 300).as_deref(), Ok(&["much".to_string()][..]));
        assert_eq!(victims(&running, 100).as_deref(), Ok(&["little".to_string()][..]));
        assert_eq!(victims(&running, 450).as_deref(), Ok(&["much".to_string(), "little".to_string()][..]));
        assert_eq!(victims(&running, 600).as_deref(), Ok(&["little".to_string(), "sure".to_string()][..]));
        assert_eq!(
            victims(&running, 1100),
            Err("no set of running pods found to reclaim resources: [(res: cpu, q: 100), ]".to_string())
        );
    }
}
