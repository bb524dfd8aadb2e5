//! Job and CronJob.

use super::field::{Errors, Path, Shown};
use super::meta::{label_selector, non_negative, object_meta, usable};
use super::{names, pod};
use crate::cron;
use crate::*;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;

const SPEC: &Path = &Path::new("spec");

/// `ValidateJob`
pub fn job(e: &mut Errors, o: &Job) {
    object_meta(e, &o.metadata, true, names::dns_subdomain);
    generated_selector(e, o);
    job_spec(e, &o.spec, SPEC);
    let selector_path = SPEC.child("selector");
    match &o.spec.selector {
        None => e.required(&selector_path, ""),
        Some(selector) => label_selector(e, selector, &selector_path),
    }
    let meant = o.spec.selector.as_ref().is_some_and(|s| s.matches(&o.spec.template.metadata.labels));
    if o.spec.selector.as_ref().is_none_or(usable) && !meant {
        let path = SPEC.child("template");
        let path = path.child("metadata");
        let shown = Shown::json(&o.spec.template.metadata.labels);
        e.invalid(&path.child("labels"), shown, "`selector` does not match template `labels`");
    }
    if let Some(completions) = o.spec.completions.filter(|c| is_indexed(&o.spec) && *c > 0) {
        let hostname = format!("{}-{}", o.metadata.name, completions - 1);
        if !names::dns_label(&hostname).is_empty() {
            let detail = format!("will not able to create pod with invalid DNS label: {hostname}");
            e.invalid(&Path::new("metadata").child("name"), &o.metadata.name, &detail);
        }
    }
}

fn is_indexed(s: &JobSpec) -> bool {
    s.completion_mode.as_deref() == Some("Indexed")
}

/// `validateGeneratedSelector`
fn generated_selector(e: &mut Errors, o: &Job) {
    let Some(selector) = o.spec.selector.as_ref().filter(|_| o.spec.manual_selector != Some(true)) else {
        return;
    };
    if o.metadata.uid.is_empty() {
        e.required(&Path::new("metadata").child("uid"), "");
    }
    let path = SPEC.child("template");
    let path = path.child("metadata");
    let path = path.child("labels");
    let labels = &o.spec.template.metadata.labels;
    let mut expected = crate::labels::Labels::new();
    for (key, value) in [
        ("controller-uid", &o.metadata.uid),
        ("job-name", &o.metadata.name),
        ("batch.kubernetes.io/controller-uid", &o.metadata.uid),
        ("batch.kubernetes.io/job-name", &o.metadata.name),
    ] {
        let detail = format!("must be '{value}'");
        match labels.get(key) {
            None => e.required(&path.key(key), &detail),
            Some(actual) if actual != value => e.invalid(&path.key(key), Shown::json(labels), &detail),
            Some(_) => {}
        }
        expected.insert(key.into(), value.clone());
    }
    if usable(selector) && !selector.matches(&expected) {
        e.invalid(&SPEC.child("selector"), Shown::json(selector), "`selector` not auto-generated");
    }
}

/// `validateJobSpec`
fn job_spec(e: &mut Errors, s: &JobSpec, path: &Path) {
    for (name, n) in [
        ("parallelism", s.parallelism.map(i64::from)),
        ("completions", s.completions.map(i64::from)),
        ("activeDeadlineSeconds", s.active_deadline_seconds),
        ("backoffLimit", s.backoff_limit.map(i64::from)),
        ("ttlSecondsAfterFinished", s.ttl_seconds_after_finished.map(i64::from)),
        ("backoffLimitPerIndex", s.backoff_limit_per_index.map(i64::from)),
        ("maxFailedIndexes", s.max_failed_indexes.map(i64::from)),
    ] {
        if let Some(n) = n {
            non_negative(e, n, &path.child(name));
        }
    }
    if s.max_failed_indexes.is_some() && s.backoff_limit_per_index.is_none() {
        e.required(&path.child("backoffLimitPerIndex"), "when maxFailedIndexes is specified");
    }
    if let Some(manager) = &s.managed_by {
        domain_prefixed_path(e, manager, &path.child("managedBy"));
        if manager.len() > 63 {
            e.too_long(&path.child("managedBy"), 63);
        }
    }
    completion_mode(e, s, path);
    if s.pod_failure_policy.is_some() {
        failure_policy(e, s, &path.child("podFailurePolicy"));
    }
    if let Some(policy) = &s.success_policy {
        let path = path.child("successPolicy");
        if is_indexed(s) {
            success_policy(e, s, policy, &path);
        } else {
            let shown = Shown::internal(policy);
            e.invalid(&path, shown, "requires indexed completion mode");
        }
    }
    if let Some(policy) = &s.pod_replacement_policy {
        let path = path.child("podReplacementPolicy");
        let supported: &[&str] =
            if s.pod_failure_policy.is_some() { &["Failed"] } else { &["Failed", "TerminatingOrFailed"] };
        if !supported.contains(&policy.as_str()) {
            e.not_supported(&path, policy, supported);
        }
    }
    let template_path = path.child("template");
    pod::template(e, &s.template, &template_path);
    let spec_path = template_path.child("spec");
    let policy_path = spec_path.child("restartPolicy");
    let policy = &s.template.spec.restart_policy;
    match policy.as_str() {
        "Always" | "" => e.required(&policy_path, "valid values: \"OnFailure\", \"Never\""),
        "OnFailure" if s.pod_failure_policy.is_some() => {
            let detail = "only \"Never\" is supported when podFailurePolicy is specified";
            e.invalid(&policy_path, policy, detail);
        }
        "OnFailure" | "Never" => {}
        other => e.not_supported(&policy_path, other, &["OnFailure", "Never"]),
    }
}

/// `IsDomainPrefixedPath`
fn domain_prefixed_path(e: &mut Errors, text: &str, path: &Path) {
    match text.split_once('/') {
        _ if text.is_empty() => e.required(path, ""),
        Some((host, rest)) if !host.is_empty() && !rest.is_empty() => {
            e.invalid_each(path, host, names::dns_subdomain(host));
            let allowed = |b: u8| b.is_ascii_alphanumeric() || b"/-._~%!$&'()*+,;=:".contains(&b);
            if !rest.bytes().all(allowed) {
                let detail = "Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')";
                e.invalid(path, rest, detail);
            }
        }
        _ => e.invalid(path, text, "must be a domain-prefixed path (such as \"acme.io/foo\")"),
    }
}

fn completion_mode(e: &mut Errors, s: &JobSpec, path: &Path) {
    const MANY: i32 = 100_000;
    let (parallelism, failed) = (path.child("parallelism"), path.child("maxFailedIndexes"));
    if let Some(mode) =
        s.completion_mode.as_ref().filter(|m| !["NonIndexed", "Indexed"].contains(&m.as_str()))
    {
        e.not_supported(&path.child("completionMode"), mode, &["NonIndexed", "Indexed"]);
    }
    if is_indexed(s) {
        if s.completions.is_none() {
            e.required(&path.child("completions"), "when completion mode is Indexed");
        }
        if let Some(n) = s.parallelism.filter(|n| *n > MANY) {
            let detail = "must be less than or equal to 100000 when completion mode is Indexed";
            e.invalid(&parallelism, n, detail);
        }
        if let (Some(completions), Some(n)) = (s.completions, s.max_failed_indexes)
            && n > completions
        {
            e.invalid(&failed, n, "must be less than or equal to completions");
        }
        if let Some(n) = s.max_failed_indexes.filter(|n| *n > MANY) {
            e.invalid(&failed, n, "must be less than or equal to 100000");
        }
        if s.completions.is_some_and(|n| n > MANY) && s.backoff_limit_per_index.is_some() {
            let detail = "must be less than or equal to 10000 when completions are above 100000 and used with \
                          backoff limit per index";
            if s.max_failed_indexes.is_none() {
                e.required(&failed, "must be specified when completions is above 100000");
            }
            if let Some(n) = s.parallelism.filter(|n| *n > 10_000) {
                e.invalid(&parallelism, n, detail);
            }
            if let Some(n) = s.max_failed_indexes.filter(|n| *n > 10_000) {
                e.invalid(&failed, n, detail);
            }
        }
    }
    if matches!(s.completion_mode.as_deref(), None | Some("NonIndexed")) {
        let fields =
            [("backoffLimitPerIndex", s.backoff_limit_per_index), ("maxFailedIndexes", s.max_failed_indexes)];
        for (name, n) in fields {
            if let Some(n) = n {
                e.invalid(&path.child(name), n, "requires indexed completion mode");
            }
        }
    }
}

/// `validatePodFailurePolicy`
fn failure_policy(e: &mut Errors, s: &JobSpec, path: &Path) {
    let Some(policy) = &s.pod_failure_policy else { return };
    let rules_path = path.child("rules");
    if policy.rules.len() > 20 {
        e.too_many(&rules_path, policy.rules.len(), 20);
    }
    for (i, rule) in policy.rules.iter().enumerate() {
        failure_rule(e, s, rule, &rules_path.index(i));
    }
}

fn failure_rule(e: &mut Errors, s: &JobSpec, rule: &PodFailurePolicyRule, path: &Path) {
    let action = path.child("action");
    match rule.action.as_str() {
        "" => e.required(&action, "valid values: [\"Count\" \"FailIndex\" \"FailJob\" \"Ignore\"]"),
        "FailIndex" if s.backoff_limit_per_index.is_none() => {
            e.invalid(&action, &rule.action, "requires the backoffLimitPerIndex to be set");
        }
        "FailIndex" | "Count" | "FailJob" | "Ignore" => {}
        other => e.not_supported(&action, other, &["Count", "FailIndex", "FailJob", "Ignore"]),
    }
    if let Some(codes) = &rule.on_exit_codes {
        let mut containers = s.template.spec.containers.iter().chain(&s.template.spec.init_containers);
        let unknown = codes.container_name.as_ref().filter(|name| !containers.any(|c| c.name == **name));
        exit_codes(e, codes, unknown, &path.child("onExitCodes"));
    }
    let conditions_path = path.child("onPodConditions");
    if rule.on_pod_conditions.len() > 20 {
        e.too_many(&conditions_path, rule.on_pod_conditions.len(), 20);
    }
    for (i, pattern) in rule.on_pod_conditions.iter().enumerate() {
        let path = conditions_path.index(i);
        e.invalid_each(&path.child("type"), &pattern.type_, names::qualified_name(&pattern.type_));
        match pattern.status.as_str() {
            "" => e.required(&path.child("status"), "valid values: [\"False\" \"True\" \"Unknown\"]"),
            "True" | "False" | "Unknown" => {}
            other => e.not_supported(&path.child("status"), other, &["False", "True", "Unknown"]),
        }
    }
    match (rule.on_exit_codes.is_some(), !rule.on_pod_conditions.is_empty()) {
        (true, true) => {
            e.invalid_omitted(path, "specifying both OnExitCodes and OnPodConditions is not supported");
        }
        (false, false) => {
            e.invalid_omitted(path, "specifying one of OnExitCodes and OnPodConditions is required");
        }
        _ => {}
    }
}

fn exit_codes(
    e: &mut Errors,
    codes: &PodFailurePolicyOnExitCodesRequirement,
    unknown: Option<&String>,
    path: &Path,
) {
    match codes.operator.as_str() {
        "" => e.required(&path.child("operator"), "valid values: [\"In\" \"NotIn\"]"),
        "In" | "NotIn" => {}
        other => e.not_supported(&path.child("operator"), other, &["In", "NotIn"]),
    }
    if let Some(name) = unknown {
        let detail = "must be one of the container or initContainer names in the pod template";
        e.invalid(&path.child("containerName"), name, detail);
    }
    let values = path.child("values");
    if codes.values.is_empty() {
        e.invalid(&values, Shown::json(&codes.values), "at least one value is required");
    } else if codes.values.len() > 255 {
        e.too_many(&values, codes.values.len(), 255);
    }
    let mut seen = BTreeSet::new();
    for (i, code) in codes.values.iter().enumerate() {
        if codes.operator == "In" && *code == 0 {
            e.invalid(&values.index(i), *code, "must not be 0 for the In operator");
        }
        if !seen.insert(code) {
            e.duplicate(&values.index(i), *code);
        }
    }
    if !codes.values.is_sorted() {
        e.invalid(&values, Shown::json(&codes.values), "must be ordered");
    }
}

/// `validateSuccessPolicy`
fn success_policy(e: &mut Errors, s: &JobSpec, policy: &SuccessPolicy, path: &Path) {
    let rules_path = path.child("rules");
    if policy.rules.is_empty() {
        let detail = "at least one rules must be specified when the successPolicy is specified";
        e.required(&rules_path, detail);
    }
    if policy.rules.len() > 20 {
        e.too_many(&rules_path, policy.rules.len(), 20);
    }
    let completions = s.completions.unwrap_or(0);
    for (i, rule) in policy.rules.iter().enumerate() {
        let path = rules_path.index(i);
        if rule.succeeded_count.is_none() && rule.succeeded_indexes.is_none() {
            e.required(&path, "at least one of succeededCount or succeededIndexes must be specified");
        }
        let mut total = 0;
        if let Some(indexes) = &rule.succeeded_indexes {
            let path = path.child("succeededIndexes");
            if indexes.len() > 64 * 1024 {
                e.too_long(&path, 64 * 1024);
            }
            match parse_indexes(indexes, completions) {
                Ok(n) => total = n,
                Err(error) => {
                    e.invalid(&path, indexes, &format!("error parsing succeededIndexes: {error}"));
                }
            }
        }
        if let Some(count) = rule.succeeded_count {
            let path = path.child("succeededCount");
            non_negative(e, count, &path);
            if count > completions {
                let detail = format!(
                    "must be less than or equal to {completions} (the number of specified completions)"
                );
                e.invalid(&path, count, &detail);
            }
            if rule.succeeded_indexes.is_some() && i64::from(count) > total {
                let detail = format!(
                    "must be less than or equal to {total} (the number of indexes in the specified succeededIndexes \
                     field)"
                );
                e.invalid(&path, count, &detail);
            }
        }
    }
}

/// How many indexes a list such as `0,2-4` names (`validateIndexesFormat`).
fn parse_indexes(text: &str, completions: i32) -> Result<i64, String> {
    let mut total = 0;
    let mut last: Option<i64> = None;
    if text.is_empty() {
        return Ok(0);
    }
    for interval in text.split(',') {
        let limits: alloc::vec::Vec<&str> = interval.split('-').collect();
        let (from, to) = match limits.as_slice() {
            [one] => (*one, *one),
            [from, to] => (*from, *to),
            _ => {
                return Err(format!(
                    "the fragment {interval:?} violates the requirement that an index interval can have at most two parts separated by '-'"
                ));
            }
        };
        let number = |text: &str| -> Result<i64, String> {
            text.parse::<i64>().map_err(|_| format!("cannot convert string to integer for index: {text:?}"))
        };
        let (first, end) = (number(from)?, number(to)?);
        for index in [first, end] {
            if index >= completions.into() {
                return Err(format!("too large index: {:?}", if index == first { from } else { to }));
            }
        }
        if limits.len() == 2 && first >= end {
            return Err(format!("non-increasing order, previous: {first}, current: {end}"));
        }
        if let Some(previous) = last.filter(|l| *l >= first) {
            return Err(format!("non-increasing order, previous: {previous}, current: {first}"));
        }
        total += end - first + 1;
        last = Some(end);
    }
    Ok(total)
}

/// `ValidateCronJobCreate`
pub fn cron_job(e: &mut Errors, o: &CronJob) {
    object_meta(e, &o.metadata, true, names::dns_subdomain);
    cron_job_spec(e, &o.spec, false);
    if o.metadata.name.len() > 52 {
        let path = Path::new("metadata");
        e.invalid(&path.child("name"), &o.metadata.name, "must be no more than 52 characters");
    }
}

/// `validateCronJobSpec`; `zone_in_schedule` when the stored object has one there already.
pub fn cron_job_spec(e: &mut Errors, s: &CronJobSpec, zone_in_schedule: bool) {
    let schedule = SPEC.child("schedule");
    if s.schedule.is_empty() {
        e.required(&schedule, "");
    } else {
        if let Err(error) = cron::Schedule::parse(&s.schedule) {
            e.invalid(&schedule, &s.schedule, &error);
        }
        match (s.schedule.contains("TZ"), zone_in_schedule) {
            (true, true) if s.time_zone.is_some() => {
                let detail = "cannot use both timeZone field and TZ or CRON_TZ in schedule";
                e.invalid(&schedule, &s.schedule, detail);
            }
            (true, false) => {
                let detail = "cannot use TZ or CRON_TZ in schedule, use timeZone field instead";
                e.invalid(&schedule, &s.schedule, detail);
            }
            _ => {}
        }
    }
    if let Some(deadline) = s.starting_deadline_seconds {
        non_negative(e, deadline, &SPEC.child("startingDeadlineSeconds"));
    }
    if let Some(zone) = &s.time_zone {
        time_zone(e, zone, &SPEC.child("timeZone"));
    }
    pod::choice(e, &s.concurrency_policy, &["Allow", "Forbid", "Replace"], &SPEC.child("concurrencyPolicy"));
    let template = SPEC.child("jobTemplate");
    let spec = template.child("spec");
    job_spec(e, &s.job_template.spec, &spec);
    if let Some(selector) = &s.job_template.spec.selector {
        e.invalid(&spec.child("selector"), Shown::json(selector), "`selector` will be auto-generated");
    }
    if s.job_template.spec.manual_selector == Some(true) {
        e.not_supported(&spec.child("manualSelector"), true, &["nil", "false"]);
    }
    for (name, limit) in [
        ("successfulJobsHistoryLimit", s.successful_jobs_history_limit),
        ("failedJobsHistoryLimit", s.failed_jobs_history_limit),
    ] {
        if let Some(limit) = limit {
            non_negative(e, limit, &SPEC.child(name));
        }
    }
}

/// `validateTimeZone`.
fn time_zone(e: &mut Errors, zone: &str, path: &Path) {
    if zone.is_empty() {
        return e.invalid(path, zone, "timeZone must be nil or non-empty string");
    }
    if zone.eq_ignore_ascii_case("local") {
        let detail = "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones";
        e.invalid(path, zone, detail);
    }
    if zone != "Local" && TimeZone::find(zone).is_none() {
        e.invalid(path, zone, &format!("unknown time zone {zone}"));
    }
}
