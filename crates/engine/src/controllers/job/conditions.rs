//! A Job's conditions and how a Job ends (`pkg/controller/job/job_controller.go`).

use alloc::string::ToString;
use alloc::vec::Vec;
use lifepod_api::{Job, JobCondition, Time};

/// `SuccessCriteriaMet`, `Complete`, `FailureTarget` and `Failed`: the Job's end is announced before it is there,
/// because its pods may still be ending.
pub(super) const SUCCESS_CRITERIA_MET: &str = "SuccessCriteriaMet";
pub(super) const COMPLETE: &str = "Complete";
pub(super) const FAILURE_TARGET: &str = "FailureTarget";
pub(super) const FAILED: &str = "Failed";
pub(super) const SUSPENDED: &str = "Suspended";

/// A condition that becomes so now (`newCondition`).
pub(super) fn new(type_: &str, status: &str, reason: &str, message: &str, now: Time) -> JobCondition {
    JobCondition {
        type_: type_.to_string(),
        status: status.to_string(),
        last_probe_time: Some(now),
        last_transition_time: Some(now),
        reason: reason.to_string(),
        message: message.to_string(),
    }
}

/// The condition of that type, if it is true.
pub(super) fn find_true<'a>(job: &'a Job, type_: &str) -> Option<&'a JobCondition> {
    job.status.conditions.iter().find(|c| c.type_ == type_ && c.status == "True")
}

/// The condition that says how the Job ended (`util.FinishedCondition`).
pub(crate) fn finished(job: &Job) -> Option<&JobCondition> {
    job.status.conditions.iter().find(|c| matches!(c.type_.as_str(), COMPLETE | FAILED) && c.status == "True")
}

/// Sets a condition, and says whether that changed anything. A condition that never was does not become false
/// (`ensureJobConditionStatus`).
pub(super) fn ensure(conditions: &mut Vec<JobCondition>, condition: JobCondition) -> bool {
    match conditions.iter_mut().find(|c| c.type_ == condition.type_) {
        Some(old) => {
            let same = |c: &JobCondition| (c.status.clone(), c.reason.clone(), c.message.clone());
            let changed = same(old) != same(&condition);
            if changed {
                *old = condition;
            }
            changed
        }
        None if condition.status == "False" => false,
        None => {
            conditions.push(condition);
            true
        }
    }
}
