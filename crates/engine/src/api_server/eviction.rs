//! Evictions: deletions that ask the pod's disruption budget first (`pkg/registry/core/pod/storage/eviction.go`).

use super::DeleteOptions;
use super::delete::check_preconditions;
use crate::controllers::pods::is_pod_ready;
use crate::kernel::Kernel;
use crate::pod_conditions::mark_disrupted;
use crate::trace::{Decision, PodRef};
use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use lifepod_api::status::Refusal;
use lifepod_api::{
    Condition, Object, ObjectKey, Pod, PodDisruptionBudget, Status, Subresource, Time, is_pod_phase_terminal,
};

/// More pods than this are not remembered as being disrupted (`MaxDisruptedPodSize`).
const MAX_DISRUPTED_PODS: usize = 2000;

impl Kernel {
    /// Evicts a pod: deletes it when its disruption budget allows that, and takes it off the budget.
    pub(crate) fn evict(
        &mut self,
        namespace: &str,
        name: &str,
        options: &DeleteOptions,
        by: &'static str,
    ) -> Result<(), Refusal> {
        let key = ObjectKey::new("Pod", namespace, name);
        let pod = self.find_pod(namespace, name).ok_or_else(|| super::not_found(&key))?;
        // A pod that does not serve yet or any more disrupts nothing by going.
        let harmless = is_pod_phase_terminal(&pod.status.phase)
            || pod.status.phase == "Pending"
            || pod.metadata.deletion_timestamp.is_some();
        let unguarded = if harmless { None } else { self.ask_budget(&pod, by)? };
        if let Err(refusal) = check_preconditions(&key, &pod.metadata, options) {
            // Who goes past a budget must mean the pod as it is.
            return Err(unguarded.map_or(refusal, |budget| still_processed(&budget)));
        }
        let mut evicted = (*pod).clone();
        mark_disrupted(&mut evicted, "EvictionByEvictionAPI", "Eviction API: evicting", self.time());
        self.update(Object::Pod(evicted), Subresource::Status, by)?;
        self.delete(&key, options, by)
    }

    /// Asks the one budget that is about the pod, and takes the pod off what it allows; gives its name when it does not
    /// count on the pod.
    fn ask_budget(&mut self, pod: &Pod, by: &'static str) -> Result<Option<String>, Refusal> {
        let labels = &pod.metadata.labels;
        let about = |b: &&PodDisruptionBudget| b.spec.selector.as_ref().is_some_and(|s| s.matches(labels));
        let mut budgets: Vec<PodDisruptionBudget> =
            self.store.in_namespace(&pod.metadata.namespace).filter(about).cloned().collect();
        if budgets.len() > 1 {
            return Err(Box::new(Status {
                status: "Failure".to_string(),
                message:
                    "This pod has more than one PodDisruptionBudget, which the eviction subresource does not \
                          support."
                        .to_string(),
                code: 500,
                ..Status::default()
            }));
        }
        let Some(mut budget) = budgets.pop() else { return Ok(None) };
        let status = &budget.status;
        let ready = is_pod_ready(pod);
        // An unhealthy pod is none that the budget counts on.
        let spare = status.current_healthy >= status.desired_healthy && status.desired_healthy > 0;
        if !ready && (budget.spec.unhealthy_pod_eviction_policy.as_deref() == Some("AlwaysAllow") || spare) {
            return Ok(Some(budget.metadata.name));
        }
        let asked = check(&budget);
        self.decide(Decision::Evict {
            pod: PodRef::new(&pod.metadata.namespace, &pod.metadata.name, &pod.metadata.uid),
            budget: budget.metadata.name.clone(),
            refused: asked.as_ref().err().map(|refusal| refusal.why().to_string()),
        });
        asked?;
        let now = self.time();
        let status = &mut budget.status;
        status.disruptions_allowed -= 1;
        if status.disruptions_allowed == 0 {
            forbid_disruptions(&mut budget, now);
        }
        budget.status.disrupted_pods.insert(pod.metadata.name.clone(), now);
        self.update(Object::PodDisruptionBudget(budget), Subresource::Status, by)?;
        Ok(None)
    }
}

/// Whether a budget allows one disruption more (`checkAndDecrement`).
fn check(budget: &PodDisruptionBudget) -> Result<(), Refusal> {
    let (meta, status) = (&budget.metadata, &budget.status);
    let name = &meta.name;
    if status.observed_generation < meta.generation {
        return Err(still_processed(name));
    }
    let forbidden = |why: &str| {
        let message = format!("poddisruptionbudget.policy \"{name}\" is forbidden: {why}");
        Err(Box::new(Status {
            status: "Failure".to_string(),
            code: 403,
            reason: "Forbidden".to_string(),
            message,
            ..Status::default()
        }))
    };
    if status.disruptions_allowed < 0 {
        return forbidden("pdb disruptions allowed is negative");
    }
    if status.disrupted_pods.len() > MAX_DISRUPTED_PODS {
        return forbidden("DisruptedPods map too big - too many evictions not confirmed by PDB controller");
    }
    if status.disruptions_allowed > 0 {
        return Ok(());
    }
    let condition = status.conditions.iter().find(|c| c.type_ == "DisruptionAllowed");
    let explained = condition.filter(|c| c.status == "False" && !c.message.is_empty());
    let why = match explained {
        Some(c) if c.reason == "SyncFailed" => {
            format!("does not allow evicting pods currently because it failed sync: {}", c.message)
        }
        _ if status.current_healthy <= status.desired_healthy => format!(
            "needs {} healthy pods and has {} currently",
            status.desired_healthy, status.current_healthy
        ),
        Some(c) => format!("does not allow evicting pods currently ({}): {}", c.reason, c.message),
        None => "does not allow evicting pods currently".to_string(),
    };
    Err(too_many(0, format!("The disruption budget {name} {why}")))
}

/// `createTooManyRequestsError`
fn still_processed(budget: &str) -> Refusal {
    too_many(10, format!("The disruption budget {budget} is still being processed by the server."))
}

fn too_many(retry_after_seconds: i32, cause: alloc::string::String) -> Refusal {
    let message = "Cannot evict pod as it would violate the pod's disruption budget.";
    Box::new(Status::too_many_requests(message, retry_after_seconds, "DisruptionBudget", cause))
}

/// `pkg/apis/policy/helper/helpers.go UpdateDisruptionAllowedCondition`, for a budget that is used up.
fn forbid_disruptions(budget: &mut PodDisruptionBudget, now: Time) {
    let new = Condition {
        type_: "DisruptionAllowed".to_string(),
        status: "False".to_string(),
        reason: "InsufficientPods".to_string(),
        observed_generation: budget.status.observed_generation,
        last_transition_time: Some(now),
        ..Condition::default()
    };
    let conditions = &mut budget.status.conditions;
    match conditions.iter_mut().find(|c| c.type_ == new.type_) {
        Some(old) => *old = new,
        None => conditions.push(new),
    }
}
