//! What `spec.podFailurePolicy` says of a failed pod (`pkg/controller/job/pod_failure_policy.go`).

use alloc::format;
use alloc::string::String;
use lifepod_api::{
    ContainerStatus, JobSpec, Pod, PodFailurePolicyOnExitCodesRequirement,
    PodFailurePolicyOnPodConditionsPattern,
};

/// What becomes of a failed pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It counts towards the limits: by a rule, or because no rule speaks of it.
    Count,
    /// It does not count.
    Ignore,
    /// Its index fails, whatever its limit.
    FailIndex,
    /// The whole Job fails, with this message.
    FailJob(String),
}

/// The first rule that matches a failed pod decides (`matchPodFailurePolicy`).
pub(super) fn judge(spec: &JobSpec, pod: &Pod) -> Verdict {
    let rules = spec.pod_failure_policy.iter().flat_map(|policy| &policy.rules);
    for (index, rule) in rules.enumerate() {
        let PodRef { namespace, name } = PodRef::of(pod);
        let why = match &rule.on_exit_codes {
            Some(requirement) => exited(pod, requirement).map(|(container, code)| {
                format!("Container {container} for pod {namespace}/{name} failed with exit code {code}")
            }),
            None => condition(pod, &rule.on_pod_conditions)
                .map(|type_| format!("Pod {namespace}/{name} has condition {type_}")),
        };
        let Some(why) = why else { continue };
        match rule.action.as_str() {
            "Ignore" => return Verdict::Ignore,
            "FailIndex" => return Verdict::FailIndex,
            "Count" => return Verdict::Count,
            "FailJob" => return Verdict::FailJob(format!("{why} matching FailJob rule at index {index}")),
            _ => {}
        }
    }
    Verdict::Count
}

struct PodRef<'a> {
    namespace: &'a str,
    name: &'a str,
}

impl<'a> PodRef<'a> {
    fn of(pod: &'a Pod) -> Self {
        PodRef { namespace: &pod.metadata.namespace, name: &pod.metadata.name }
    }
}

/// The first container that ended with such an exit code: app containers first, then init containers
/// (`matchOnExitCodes`).
fn exited<'a>(pod: &'a Pod, requirement: &PodFailurePolicyOnExitCodesRequirement) -> Option<(&'a str, i32)> {
    let matching = |status: &'a ContainerStatus| {
        let code = status.state.terminated.as_ref()?.exit_code;
        let named = requirement.container_name.as_ref().is_none_or(|name| *name == status.name);
        let listed = requirement.values.contains(&code);
        let fits = match requirement.operator.as_str() {
            "In" => listed,
            "NotIn" => !listed,
            _ => false,
        };
        (named && code != 0 && fits).then_some((status.name.as_str(), code))
    };
    let status = &pod.status;
    status.container_statuses.iter().chain(&status.init_container_statuses).find_map(matching)
}

/// The pod's first condition that one of the patterns asks for (`matchOnPodConditions`).
fn condition<'a>(pod: &'a Pod, patterns: &[PodFailurePolicyOnPodConditionsPattern]) -> Option<&'a str> {
    let wanted = pod.status.conditions.iter().find(|condition| {
        patterns.iter().any(|p| p.type_ == condition.type_ && p.status == condition.status)
    });
    wanted.map(|condition| condition.type_.as_str())
}
