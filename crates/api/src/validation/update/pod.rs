//! What may change on a pod: images, a deadline that comes or shrinks, more tolerations, fewer gates.

use super::SPEC;
use crate::validation::field::{Errors, Shown};
use crate::validation::{names, scheduling, spec_diff};
use crate::*;
use alloc::format;
use alloc::vec::Vec;

/// `ValidatePodUpdate`
pub fn changes(e: &mut Errors, new: &PodSpec, old: &PodSpec) {
    for (name, n, o) in [
        ("containers", &new.containers, &old.containers),
        ("initContainers", &new.init_containers, &old.init_containers),
    ] {
        if n.len() != o.len() {
            return e.forbidden(&SPEC.child(name), "pod updates may not add or remove containers");
        }
    }
    let deadline = SPEC.child("activeDeadlineSeconds");
    match (new.active_deadline_seconds, old.active_deadline_seconds) {
        (Some(n), _) if !(0..=i64::from(i32::MAX)).contains(&n) => {
            for message in names::in_range(n, 0, i32::MAX.into()) {
                e.invalid(&deadline, n, &message);
            }
            return;
        }
        (Some(n), Some(o)) if o < n => {
            return e.invalid(&deadline, n, "must be less than or equal to previous value");
        }
        (None, Some(_)) => {
            let shown = Shown::json(&new.active_deadline_seconds);
            e.invalid(&deadline, shown, "must not update from a positive integer to nil value");
        }
        _ => {}
    }
    tolerations(e, &new.tolerations, &old.tolerations);
    let gates = SPEC.child("schedulingGates");
    for (i, gate) in
        new.scheduling_gates.iter().enumerate().filter(|(_, g)| !old.scheduling_gates.contains(g))
    {
        let detail = format!("only deletion is allowed, but found new scheduling gate '{}'", gate.name);
        e.forbidden(&gates.index(i).child("name"), &detail);
    }

    // All that may change is put back; what still differs may not.
    let mut kept = new.clone();
    let containers = kept.containers.iter_mut().zip(&old.containers);
    for (n, o) in containers.chain(kept.init_containers.iter_mut().zip(&old.init_containers)) {
        n.image.clone_from(&o.image);
    }
    kept.active_deadline_seconds = old.active_deadline_seconds;
    kept.scheduling_gates.clone_from(&old.scheduling_gates);
    kept.tolerations.clone_from(&old.tolerations);
    if old.termination_grace_period_seconds.is_some_and(|s| s < 0)
        && kept.termination_grace_period_seconds == Some(1)
    {
        kept.termination_grace_period_seconds = old.termination_grace_period_seconds;
    }
    if !old.scheduling_gates.is_empty() {
        node_selector(e, &mut kept, old);
        node_affinity(e, &mut kept, old);
    }
    if kept != *old {
        let detail = format!(
            "pod updates may not change fields other than `spec.containers[*].image`,\
             `spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to \
             existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was \
             previously negative)\n{}",
            spec_diff::of_pods(old, &kept)
        );
        e.forbidden(SPEC, &detail);
    }
}

/// `validateOnlyAddedTolerations`
fn tolerations(e: &mut Errors, new: &[Toleration], old: &[Toleration]) {
    let path = SPEC.child("tolerations");
    let kept = |o: &Toleration| {
        new.iter().any(|n| Toleration { toleration_seconds: n.toleration_seconds, ..o.clone() } == *n)
    };
    if !old.iter().all(kept) {
        let detail = "existing toleration can not be modified except its tolerationSeconds";
        return e.forbidden(&path, detail);
    }
    scheduling::tolerations(e, new, &path);
}

/// A gated pod's node selector may grow narrower (`validateNodeSelectorMutation`).
fn node_selector(e: &mut Errors, kept: &mut PodSpec, old: &PodSpec) {
    let narrower = old.node_selector.iter().all(|(k, v)| kept.node_selector.get(k) == Some(v));
    if !narrower {
        let detail = "only additions to spec.nodeSelector are allowed (no mutations or deletions)";
        e.invalid(&SPEC.child("nodeSelector"), Shown::json(&kept.node_selector), detail);
    }
    kept.node_selector.clone_from(&old.node_selector);
}

/// A gated pod's required node affinity may grow narrower, its preferred one may change
/// (`validateNodeAffinityMutation`).
fn node_affinity(e: &mut Errors, kept: &mut PodSpec, old: &PodSpec) {
    let of = |spec: &PodSpec| spec.affinity.as_ref().and_then(|a| a.node_affinity.clone());
    let (new_affinity, old_affinity) = (of(kept), of(old));
    if new_affinity == old_affinity {
        return;
    }
    let terms = |affinity: &Option<NodeAffinity>| {
        let required =
            affinity.as_ref().and_then(|a| a.required_during_scheduling_ignored_during_execution.clone());
        required.map_or_else(Vec::new, |selector| selector.node_selector_terms)
    };
    let (new_terms, old_terms) = (terms(&new_affinity), terms(&old_affinity));
    let path = SPEC.child("affinity");
    let path = path.child("nodeAffinity");
    let path = path.child("requiredDuringSchedulingIgnoredDuringExecution");
    let path = path.child("nodeSelectorTerms");
    if !old_terms.is_empty() && new_terms.len() != old_terms.len() {
        let detail = "no additions/deletions to non-empty NodeSelectorTerms list are allowed";
        e.invalid(&path, Shown::internal(&new_terms), detail);
    } else {
        for (i, (n, o)) in new_terms.iter().zip(&old_terms).enumerate() {
            if !only_adds(n, o) {
                let detail = "only additions are allowed (no mutations or deletions)";
                e.invalid(&path.index(i), Shown::internal(n), detail);
            }
        }
    }
    // It is put back, too: an affinity that was added for its sake goes with it.
    let others = |a: &Affinity| a.pod_affinity.is_some() || a.pod_anti_affinity.is_some();
    kept.affinity = match (kept.affinity.take(), &old.affinity) {
        (None, _) => old_affinity.map(|node| Affinity { node_affinity: Some(node), ..Affinity::default() }),
        (Some(new), None) if !others(&new) => None,
        (Some(new), _) => Some(Affinity { node_affinity: old_affinity, ..new }),
    };
}

/// `validateNodeSelectorTermHasOnlyAdditions`
fn only_adds(new: &NodeSelectorTerm, old: &NodeSelectorTerm) -> bool {
    if old.match_expressions.is_empty() && old.match_fields.is_empty() {
        return new.match_expressions.is_empty() && new.match_fields.is_empty();
    }
    new.match_expressions.starts_with(&old.match_expressions)
        && new.match_fields.starts_with(&old.match_fields)
}
