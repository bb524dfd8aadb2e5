//! What may change on StatefulSets and Jobs.

use super::{SPEC, immutable, immutable_internal};
use crate::validation::field::{Errors, Shown};
use crate::*;

/// `ValidateStatefulSetUpdate`
pub fn stateful_set(e: &mut Errors, new: &StatefulSetSpec, old: &StatefulSetSpec) {
    let kept = StatefulSetSpec {
        replicas: old.replicas,
        template: old.template.clone(),
        update_strategy: old.update_strategy.clone(),
        min_ready_seconds: old.min_ready_seconds,
        ordinals: old.ordinals.clone(),
        revision_history_limit: old.revision_history_limit,
        persistent_volume_claim_retention_policy: old.persistent_volume_claim_retention_policy.clone(),
        ..new.clone()
    };
    if kept != *old {
        e.forbidden(
            SPEC,
            "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', \
             'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
        );
    }
}

/// `ValidateJobSpecUpdate`
pub fn job(e: &mut Errors, new: &JobSpec, job: &Job) {
    let old = &job.spec;
    let indexed = new.completion_mode.as_deref() == Some("Indexed");
    let completions = SPEC.child("completions");
    if !indexed {
        immutable(e, &new.completions, &old.completions, &completions);
    } else if let Some(n) = new.completions.filter(|_| new.completions != old.completions)
        && new.parallelism != new.completions
    {
        e.invalid(&completions, n, "can only be modified in tandem with spec.parallelism");
    }
    immutable(e, &new.selector, &old.selector, &SPEC.child("selector"));
    template(e, new, job);
    immutable(e, &new.completion_mode, &old.completion_mode, &SPEC.child("completionMode"));
    immutable_internal(e, &new.pod_failure_policy, &old.pod_failure_policy, &SPEC.child("podFailurePolicy"));
    let per_index = SPEC.child("backoffLimitPerIndex");
    immutable(e, &new.backoff_limit_per_index, &old.backoff_limit_per_index, &per_index);
    immutable(e, &new.managed_by, &old.managed_by, &SPEC.child("managedBy"));
    immutable_internal(e, &new.success_policy, &old.success_policy, &SPEC.child("successPolicy"));
}

/// `validatePodTemplateUpdate`: a template stays as it is, except that the pods of a suspended Job that has none may
/// still be sent elsewhere and be given other resources (`job/strategy.go shouldAllowMutablePodTemplate`).
fn template(e: &mut Errors, new: &JobSpec, job: &Job) {
    let path = SPEC.child("template");
    let suspended = job.spec.suspend == Some(true);
    let is_suspended = job.status.conditions.iter().any(|c| c.type_ == "Suspended" && c.status == "True");
    let mutable = suspended && (job.status.start_time.is_none() || is_suspended) && job.status.active == 0;
    let mut allowed = job.spec.template.clone();
    let n = &new.template;
    if !mutable {
        if *n != allowed {
            e.invalid(&path, Shown::internal(n), super::IMMUTABLE);
        }
        return;
    }
    let node_affinity = n.spec.affinity.as_ref().and_then(|a| a.node_affinity.clone());
    match (&n.spec.affinity, &mut allowed.spec.affinity) {
        (None, Some(old)) => {
            old.node_affinity = None;
            if *old == Affinity::default() {
                allowed.spec.affinity = None;
            }
        }
        (Some(_), old) => old.get_or_insert_default().node_affinity = node_affinity,
        (None, None) => {}
    }
    allowed.spec.node_selector.clone_from(&n.spec.node_selector);
    allowed.spec.tolerations.clone_from(&n.spec.tolerations);
    allowed.spec.scheduling_gates.clone_from(&n.spec.scheduling_gates);
    let spec = &mut *allowed.spec;
    for (ours, theirs) in
        [(&mut spec.containers, &n.spec.containers), (&mut spec.init_containers, &n.spec.init_containers)]
    {
        if ours.len() == theirs.len() {
            for (ours, theirs) in ours.iter_mut().zip(theirs).filter(|(a, b)| a.name == b.name) {
                ours.resources.clone_from(&theirs.resources);
            }
        }
    }
    if n.spec != allowed.spec {
        e.invalid(&SPEC.child("template.spec"), Shown::internal(&n.spec), super::IMMUTABLE);
    }
}
