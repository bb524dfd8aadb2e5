//! Job and CronJob.

use super::meta::{LabelSelector, ObjectMeta, ObjectReference};
use super::pod::PodTemplateSpec;
use crate::object;
use crate::{Shared, Time};
use alloc::string::String;
use alloc::vec::Vec;

object! {
    v1 Job {
        metadata: ObjectMeta = "metadata",
        spec: Shared<JobSpec> = "spec",
        status: JobStatus = "status",
    }

    v1 CronJob {
        metadata: ObjectMeta = "metadata",
        spec: CronJobSpec = "spec",
        status: CronJobStatus = "status",
    }

    v1 JobSpec {
        parallelism: Option<i32> = "parallelism",
        completions: Option<i32> = "completions",
        active_deadline_seconds: Option<i64> = "activeDeadlineSeconds",
        pod_failure_policy: Option<PodFailurePolicy> = "podFailurePolicy",
        success_policy: Option<SuccessPolicy> = "successPolicy",
        backoff_limit: Option<i32> = "backoffLimit",
        backoff_limit_per_index: Option<i32> = "backoffLimitPerIndex",
        max_failed_indexes: Option<i32> = "maxFailedIndexes",
        selector: Option<LabelSelector> = "selector",
        manual_selector: Option<bool> = "manualSelector",
        template: PodTemplateSpec = "template" always,
        ttl_seconds_after_finished: Option<i32> = "ttlSecondsAfterFinished",
        completion_mode: Option<String> = "completionMode" ("v1.CompletionMode"),
        suspend: Option<bool> = "suspend",
        pod_replacement_policy: Option<String> = "podReplacementPolicy" ("v1.PodReplacementPolicy"),
        managed_by: Option<String> = "managedBy",
    }

    v1 JobStatus {
        conditions: Vec<JobCondition> = "conditions",
        start_time: Option<Time> = "startTime",
        completion_time: Option<Time> = "completionTime",
        active: i32 = "active",
        succeeded: i32 = "succeeded",
        failed: i32 = "failed",
        terminating: Option<i32> = "terminating",
        completed_indexes: String = "completedIndexes",
        failed_indexes: Option<String> = "failedIndexes",
        uncounted_terminated_pods: Option<UncountedTerminatedPods> = "uncountedTerminatedPods",
        ready: Option<i32> = "ready",
    }

    v1 CronJobSpec {
        schedule: String = "schedule" always,
        time_zone: Option<String> = "timeZone",
        starting_deadline_seconds: Option<i64> = "startingDeadlineSeconds",
        concurrency_policy: String = "concurrencyPolicy" ("v1.ConcurrencyPolicy"),
        suspend: Option<bool> = "suspend",
        job_template: JobTemplateSpec = "jobTemplate" always,
        successful_jobs_history_limit: Option<i32> = "successfulJobsHistoryLimit",
        failed_jobs_history_limit: Option<i32> = "failedJobsHistoryLimit",
    }

    v1 CronJobStatus {
        active: Vec<ObjectReference> = "active",
        last_schedule_time: Option<Time> = "lastScheduleTime",
        last_successful_time: Option<Time> = "lastSuccessfulTime",
    }

    v1 PodFailurePolicy {
        rules: Vec<PodFailurePolicyRule> = "rules" always,
    }

    v1 SuccessPolicy {
        rules: Vec<SuccessPolicyRule> = "rules" always,
    }

    v1 JobCondition {
        type_: String = "type" ("v1.JobConditionType") always,
        status: String = "status" ("v1.ConditionStatus") always,
        last_probe_time: Option<Time> = "lastProbeTime" always,
        last_transition_time: Option<Time> = "lastTransitionTime" always,
        reason: String = "reason",
        message: String = "message",
    }

    v1 UncountedTerminatedPods {
        succeeded: Vec<String> = "succeeded" ("[]types.UID"),
        failed: Vec<String> = "failed" ("[]types.UID"),
    }

    v1 JobTemplateSpec {
        metadata: ObjectMeta = "metadata",
        spec: Shared<JobSpec> = "spec",
    }

    v1 PodFailurePolicyRule {
        action: String = "action" ("v1.PodFailurePolicyAction") always,
        on_exit_codes: Option<PodFailurePolicyOnExitCodesRequirement> = "onExitCodes",
        on_pod_conditions: Vec<PodFailurePolicyOnPodConditionsPattern> = "onPodConditions",
    }

    v1 SuccessPolicyRule {
        succeeded_indexes: Option<String> = "succeededIndexes",
        succeeded_count: Option<i32> = "succeededCount",
    }

    v1 PodFailurePolicyOnExitCodesRequirement {
        container_name: Option<String> = "containerName",
        operator: String = "operator" ("v1.PodFailurePolicyOnExitCodesOperator") always,
        values: Vec<i32> = "values" always,
    }

    v1 PodFailurePolicyOnPodConditionsPattern {
        type_: String = "type" ("v1.PodConditionType") always,
        status: String = "status" ("v1.ConditionStatus") always,
    }
}
