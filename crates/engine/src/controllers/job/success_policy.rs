//! When an Indexed Job has done enough (`pkg/controller/job/success_policy.go`).

use super::indexes::Indexes;
use alloc::format;
use alloc::string::String;
use lifepod_api::JobSpec;

/// The message of the first rule of `spec.successPolicy` that the succeeded indexes satisfy (`matchSuccessPolicy`).
pub(super) fn matched(spec: &JobSpec, succeeded: &Indexes) -> Option<String> {
    if succeeded.is_empty() {
        return None;
    }
    let mut rules = spec.success_policy.iter().flat_map(|policy| &policy.rules);
    let at = rules.position(|rule| match (&rule.succeeded_indexes, rule.succeeded_count) {
        (Some(text), count) => {
            let wanted = Indexes::parse(text, spec.completions.unwrap_or(0));
            let done = wanted.overlap(succeeded);
            !wanted.is_empty() && (done == wanted.total() || count.is_some_and(|count| done >= count))
        }
        (None, Some(count)) => succeeded.total() >= count,
        (None, None) => false,
    })?;
    Some(format!("Matched rules at index {at}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use lifepod_api::{SuccessPolicy, SuccessPolicyRule};

    fn spec(rules: &[(Option<&str>, Option<i32>)]) -> JobSpec {
        let rules = rules.iter().map(|(indexes, count)| SuccessPolicyRule {
            succeeded_indexes: indexes.map(ToString::to_string),
            succeeded_count: *count,
        });
        let policy = SuccessPolicy { rules: rules.collect() };
        JobSpec { completions: Some(10), success_policy: Some(policy), ..JobSpec::default() }
    }

    #[test]
    fn a_rule_names_indexes_or_a_number_or_a_number_of_them() {
        let done = Indexes::parse("0,2-4", 10);
        assert_eq!(matched(&spec(&[(Some("2-3"), None)]), &done).unwrap(), "Matched rules at index 0");
        assert_eq!(matched(&spec(&[(Some("0-2"), None)]), &done), None);
        assert_eq!(
            matched(&spec(&[(None, Some(5)), (Some("0-2"), Some(2))]), &done).unwrap(),
            "Matched rules at index 1"
        );
        assert_eq!(matched(&spec(&[(None, Some(4))]), &done).unwrap(), "Matched rules at index 0");
    }

    #[test]
    fn nothing_done_satisfies_no_rule() {
        assert_eq!(matched(&spec(&[(None, Some(0))]), &Indexes::default()), None);
    }
}
