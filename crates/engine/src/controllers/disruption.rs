//! Disruption budgets: how many of the pods that a budget is about may be evicted now
//! (`pkg/controller/disruption/disruption.go`).

use super::pods::{is_pod_ready, pod_condition};
use super::refs::object_reference;
use super::{Change, Controller, ControllerName, Informers, WorkQueue, controller_of};
use crate::events::{EventType, Recorder};
use crate::kernel::Kernel;
use crate::trace::Op;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use lifepod_api::{
    Condition, Deployment, IntOrString, LabelSelector, Map, Object, ObjectKey, OwnerReference, Pod,
    PodDisruptionBudget, PodDisruptionBudgetStatus, Refusal, ReplicaSet, ReplicationController, Resource,
    SimTime, StatefulSet, Subresource, Time, is_pod_phase_terminal,
};

/// How long after its eviction a pod is expected to be deleted, in seconds (`DeletionTimeout`), and how long a pod may
/// be marked as disrupted without being deleted (`stalePodDisruptionTimeout`).
const DELETION_TIMEOUT: i64 = 120;

const BY: &str = "disruption-controller";

/// The controller.
#[derive(Clone, Debug)]
pub(crate) struct DisruptionController {
    queue: WorkQueue,
    recorder: Recorder,
}

impl DisruptionController {
    pub(super) fn new() -> Self {
        DisruptionController {
            queue: WorkQueue::new(ControllerName::Disruption),
            recorder: Recorder::new("controllermanager", "").with_client(BY),
        }
    }

    fn sync_budget(
        &mut self,
        kernel: &mut Kernel,
        informers: &Informers,
        budget: &PodDisruptionBudget,
    ) -> Result<(), Refusal> {
        let pods: Vec<&Pod> = match &budget.spec.selector {
            Some(selector) => informers
                .in_namespace::<Pod>(&budget.metadata.namespace)
                .filter(|pod| selector.matches(&pod.metadata.labels))
                .collect(),
            None => Vec::new(),
        };
        let object = Object::PodDisruptionBudget(budget.clone());
        let involved = object_reference(&object);
        if pods.is_empty() {
            self.recorder.event(kernel, &involved, EventType::Normal, "NoPods", "No matching pods found");
        }
        let scale = |owner: &OwnerReference, namespace: &str| scale_of(informers, owner, namespace);
        let now = kernel.time();
        let assessed = match assess(budget, &pods, scale, now) {
            Ok(assessed) => assessed,
            Err(problem) => {
                let message = format!("Failed to calculate the number of expected pods: {problem}");
                self.recorder.event(
                    kernel,
                    &involved,
                    EventType::Warning,
                    "CalculateExpectedPodCountFailed",
                    &message,
                );
                let mut failed = budget.clone();
                failed.status.disruptions_allowed = 0;
                set_allowed(&mut failed.status, "False", "SyncFailed", problem, now);
                return kernel
                    .update(Object::PodDisruptionBudget(failed), Subresource::Status, BY)
                    .map(|_| ());
            }
        };
        if assessed.unmanaged {
            let selector = budget.spec.selector.as_ref().map_or("nil".to_string(), go_string);
            let message = format!(
                "Pods selected by this PodDisruptionBudget (selector: {selector}) were found to be unmanaged. As a \
                 result, the status of the PDB cannot be calculated correctly, which may result in undefined \
                 behavior. To account for these pods please set \".spec.minAvailable\" field of the PDB to an integer \
                 value."
            );
            self.recorder.event(kernel, &involved, EventType::Warning, "UnmanagedPods", &message);
        }
        for pod in &assessed.not_deleted {
            // Upstream names the namespace twice.
            let namespace = &budget.metadata.namespace;
            let message =
                format!("Pod was expected by PDB {namespace}/{namespace} to be deleted but it wasn't");
            let involved = object_reference(&Object::Pod((*pod).clone()));
            self.recorder.event(kernel, &involved, EventType::Warning, "NotDeleted", &message);
        }
        if let Some(at) = assessed.status.disrupted_pods.values().min() {
            let wait = kernel.until(Time(at.0 + DELETION_TIMEOUT));
            let key = object.key();
            // A look at the very second would come too early to see the time pass.
            self.queue.add_after(kernel, key, wait.max(SimTime::from_millis(1)) + SimTime::from_secs(1));
        }
        if assessed.status == budget.status {
            return Ok(());
        }
        let changed = PodDisruptionBudget { status: assessed.status, ..budget.clone() };
        kernel.update(Object::PodDisruptionBudget(changed), Subresource::Status, BY).map(|_| ())
    }

    /// Takes the mark of a disruption off a pod that was not deleted after all (`syncStalePodDisruption`).
    fn sync_stale_disruption(&mut self, kernel: &mut Kernel, pod: &Pod) -> Result<(), Refusal> {
        let Some(clean_at) = stale_disruption(pod) else { return Ok(()) };
        match kernel.until(clean_at) {
            SimTime::ZERO => {
                let mut cleaned = pod.clone();
                let now = kernel.time();
                for condition in &mut cleaned.status.conditions {
                    if condition.type_ == "DisruptionTarget" {
                        condition.status = "False".to_string();
                        condition.reason.clear();
                        condition.message.clear();
                        condition.last_transition_time = Some(now);
                    }
                }
                kernel.update(Object::Pod(cleaned), Subresource::Status, BY).map(|_| ())
            }
            wait => {
                let key = ObjectKey::new("Pod", &pod.metadata.namespace, &pod.metadata.name);
                self.queue.add_after(kernel, key, wait);
                Ok(())
            }
        }
    }
}

impl Controller for DisruptionController {
    fn kinds(&self) -> &'static [&'static str] {
        &["PodDisruptionBudget", "Pod", "Deployment", "ReplicaSet", "ReplicationController", "StatefulSet"]
    }

    fn queue(&mut self) -> &mut WorkQueue {
        &mut self.queue
    }

    fn observe(&mut self, kernel: &mut Kernel, informers: &Informers, change: &Change<'_>) {
        match change.object {
            Object::PodDisruptionBudget(_) if change.op != Op::Deleted => {
                self.queue.add(kernel, change.object.key());
            }
            Object::Pod(pod) => {
                for budget in informers.in_namespace::<PodDisruptionBudget>(&pod.metadata.namespace) {
                    if budget.spec.selector.as_ref().is_some_and(|s| s.matches(&pod.metadata.labels)) {
                        let meta = &budget.metadata;
                        let key = ObjectKey::new("PodDisruptionBudget", &meta.namespace, &meta.name);
                        self.queue.add(kernel, key);
                    }
                }
                if change.op != Op::Deleted && stale_disruption(pod).is_some() {
                    self.queue.add(kernel, change.object.key());
                }
            }
            // The scales of controllers are read when a pod or a budget changes.
            _ => {}
        }
    }

    fn sync(&mut self, kernel: &mut Kernel, informers: &Informers, key: &ObjectKey) -> Result<(), Refusal> {
        match informers.get(key).map(|object| &**object) {
            Some(Object::PodDisruptionBudget(budget)) => self.sync_budget(kernel, informers, budget),
            Some(Object::Pod(pod)) => self.sync_stale_disruption(kernel, pod),
            _ => Ok(()),
        }
    }
}

/// What a budget's status should be, and what there is to say of its pods.
#[derive(Debug)]
pub struct Assessed<'a> {
    /// The status.
    pub status: PodDisruptionBudgetStatus,
    /// Some pods have no controller, and the budget needs to know how many there should be.
    pub unmanaged: bool,
    /// Pods that were evicted and are still there.
    pub not_deleted: Vec<&'a Pod>,
}

/// Counts what a budget allows (`trySync`, `updatePdbStatus`). `scale` gives the `spec.replicas` of a controller in a
/// namespace, with the `uid` that counts it once.
///
/// # Errors
/// In upstream's words, when a pod's controller has no scale.
pub fn assess<'a>(
    budget: &PodDisruptionBudget,
    pods: &[&'a Pod],
    scale: impl Fn(&OwnerReference, &str) -> Option<(String, i32)>,
    now: Time,
) -> Result<Assessed<'a>, String> {
    let expected_scale = || expected_scale(pods, &scale);
    let (expected, desired, unmanaged) = match (&budget.spec.max_unavailable, &budget.spec.min_available) {
        (Some(max_unavailable), _) => {
            let (expected, unmanaged) = expected_scale()?;
            let unavailable = max_unavailable.scaled(expected, true).unwrap_or(0);
            (expected, (expected - unavailable).max(0), unmanaged)
        }
        (None, Some(IntOrString::Int(min))) => (pods.len() as i32, *min, false),
        (None, Some(percentage)) => {
            let (expected, unmanaged) = expected_scale()?;
            (expected, percentage.scaled(expected, true).unwrap_or(0), unmanaged)
        }
        (None, None) => (0, 0, false),
    };
    let mut disrupted: Map<Time> = Map::new();
    let mut not_deleted = Vec::new();
    for pod in pods.iter().filter(|pod| pod.metadata.deletion_timestamp.is_none()) {
        let Some(at) = budget.status.disrupted_pods.get(&pod.metadata.name) else { continue };
        if at.0 + DELETION_TIMEOUT < now.0 {
            not_deleted.push(*pod);
        } else {
            disrupted.insert(pod.metadata.name.clone(), *at);
        }
    }
    let healthy = pods
        .iter()
        .filter(|pod| {
            let going = disrupted.get(&pod.metadata.name).is_some_and(|at| at.0 + DELETION_TIMEOUT > now.0);
            pod.metadata.deletion_timestamp.is_none() && !going && is_pod_ready(pod)
        })
        .count() as i32;
    let allowed = if expected <= 0 { 0 } else { (healthy - desired).max(0) };
    let mut status = PodDisruptionBudgetStatus {
        current_healthy: healthy,
        desired_healthy: desired,
        expected_pods: expected,
        disruptions_allowed: allowed,
        disrupted_pods: disrupted,
        observed_generation: budget.metadata.generation,
        conditions: budget.status.conditions.clone(),
    };
    match allowed {
        0 => set_allowed(&mut status, "False", "InsufficientPods", String::new(), now),
        _ => set_allowed(&mut status, "True", "SufficientPods", String::new(), now),
    }
    Ok(Assessed { status, unmanaged, not_deleted })
}

/// How many pods all controllers of these pods want together, and whether some pod has none (`getExpectedScale`).
fn expected_scale(
    pods: &[&Pod],
    scale: &impl Fn(&OwnerReference, &str) -> Option<(String, i32)>,
) -> Result<(i32, bool), String> {
    let mut scales: BTreeMap<String, i32> = BTreeMap::new();
    let mut seen: Vec<&str> = Vec::new();
    let mut unmanaged = false;
    for pod in pods {
        let Some(owner) = controller_of(&pod.metadata) else {
            unmanaged = true;
            continue;
        };
        if seen.contains(&owner.uid.as_str()) {
            continue;
        }
        seen.push(&owner.uid);
        match scale(owner, &pod.metadata.namespace) {
            Some((uid, replicas)) => {
                scales.insert(uid, replicas);
            }
            None => return Err(format!("found no controllers for pod \"{}\"", pod.metadata.name)),
        }
    }
    Ok((scales.values().sum(), unmanaged))
}

/// The controller whose scale counts for pods of `owner`: a ReplicaSet's Deployment if it has one (`finders`).
fn scale_of(informers: &Informers, owner: &OwnerReference, namespace: &str) -> Option<(String, i32)> {
    fn of<T: Resource>(
        informers: &Informers,
        owner: &OwnerReference,
        namespace: &str,
        replicas: impl Fn(&T) -> Option<i32>,
    ) -> Option<(String, i32)> {
        let found = informers.find::<T>(namespace, &owner.name)?;
        (found.metadata().uid == owner.uid).then(|| (owner.uid.clone(), replicas(found).unwrap_or(1)))
    }
    match owner.kind.as_str() {
        "ReplicaSet" => {
            let set = informers.find::<ReplicaSet>(namespace, &owner.name)?;
            let above = controller_of(&set.metadata).filter(|owner| owner.kind == "Deployment");
            match above {
                Some(deployment) => of::<Deployment>(informers, deployment, namespace, |d| d.spec.replicas),
                None => of::<ReplicaSet>(informers, owner, namespace, |set| set.spec.replicas),
            }
        }
        "ReplicationController" => {
            of::<ReplicationController>(informers, owner, namespace, |rc| rc.spec.replicas)
        }
        "StatefulSet" => of::<StatefulSet>(informers, owner, namespace, |set| set.spec.replicas),
        _ => None,
    }
}

/// `apimeta.SetStatusCondition` for the one condition that budgets have.
fn set_allowed(
    status: &mut PodDisruptionBudgetStatus,
    value: &str,
    reason: &str,
    message: String,
    now: Time,
) {
    let mut new = Condition {
        type_: "DisruptionAllowed".to_string(),
        status: value.to_string(),
        reason: reason.to_string(),
        message,
        observed_generation: status.observed_generation,
        last_transition_time: Some(now),
    };
    match status.conditions.iter_mut().find(|c| c.type_ == new.type_) {
        Some(old) => {
            if old.status == new.status {
                new.last_transition_time = old.last_transition_time;
            }
            *old = new;
        }
        None => status.conditions.push(new),
    }
}

/// When the mark of a disruption on a pod that is not being deleted becomes stale
/// (`nonTerminatingPodHasStaleDisruptionCondition`).
fn stale_disruption(pod: &Pod) -> Option<Time> {
    if pod.metadata.deletion_timestamp.is_some() || is_pod_phase_terminal(&pod.status.phase) {
        return None;
    }
    let condition = pod_condition(pod, "DisruptionTarget")?;
    let stale = condition.status == "True" && condition.reason != "TerminationByKubelet";
    stale.then(|| Time(condition.last_transition_time.unwrap_or_default().0 + DELETION_TIMEOUT))
}

/// A selector as Go's generated `String` methods print it, which is how the Event shows it.
fn go_string(selector: &LabelSelector) -> String {
    let labels: String =
        selector.match_labels.iter().map(|(key, value)| format!("{key}: {value},")).collect();
    let requirements: String = selector
        .match_expressions
        .iter()
        .map(|r| {
            format!(
                "LabelSelectorRequirement{{Key:{},Operator:{},Values:[{}],}},",
                r.key,
                r.operator,
                r.values.join(" ")
            )
        })
        .collect();
    format!(
        "&LabelSelector{{MatchLabels:map[string]string{{{labels}}},\
         MatchExpressions:[]LabelSelectorRequirement{{{requirements}}},}}"
    )
}
