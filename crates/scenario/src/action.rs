//! What a person does during a scenario.

use crate::Findings;
use lifepod_api::ObjectKey;
use lifepod_engine::{Command, DeleteOptions, Scenario};
use lifepod_manifest::scenario::ScenarioSpec;
use lifepod_manifest::{Severity, parse};

pub(crate) fn read(spec: &ScenarioSpec, scenario: &mut Scenario, found: &mut Findings<'_>) {
    for (index, action) in spec.actions.iter().enumerate() {
        let path = format!("spec.actions[{index}]");
        if !action.kubectl.is_empty() {
            match kubectl(&action.kubectl) {
                Ok(commands) => scenario.commands.extend(commands.into_iter().map(|c| (action.at.0, c))),
                Err(message) => found.add(Severity::Error, &format!("{path}.kubectl"), &message),
            }
        } else if !action.apply.is_empty() {
            let applied = parse(&action.apply);
            for wrong in &applied.diagnostics {
                let message = format!("line {}: {}", wrong.line, wrong.message);
                found.add(wrong.severity, &format!("{path}.apply"), &message);
            }
            let objects = applied.documents.into_iter().filter_map(|d| d.object);
            scenario.commands.extend(objects.map(|o| (action.at.0, Command::Create(Box::new(o)))));
        } else if action.node.is_some() {
            found.add(Severity::Warning, &format!("{path}.node"), "node faults are not simulated yet");
        } else {
            let message = "an action needs one of: kubectl, apply, node";
            found.add(Severity::Error, &path, message);
        }
    }
}

/// Reads a changing kubectl command.
fn kubectl(text: &str) -> Result<Vec<Command>, String> {
    let mut words = text.split_whitespace().peekable();
    words.next_if_eq(&"kubectl");
    match words.next() {
        Some("delete") => delete(words),
        Some(verb) => Err(format!("kubectl {verb:?} is not simulated yet; delete is")),
        None => Err("an empty command".to_string()),
    }
}

/// `kubectl delete pod NAME… [--grace-period=N] [--now] [--force] [-n NAMESPACE]`
/// (`kubectl/pkg/cmd/delete/delete.go`).
fn delete<'a>(words: impl Iterator<Item = &'a str>) -> Result<Vec<Command>, String> {
    let mut names = Vec::new();
    let mut namespace = "default".to_string();
    let (mut grace, mut now, mut force) = (None::<i64>, false, false);
    let mut words = words.peekable();
    while let Some(word) = words.next() {
        let (flag, joined) = match word.split_once('=') {
            Some((flag, value)) if flag.starts_with('-') => (flag, Some(value.to_string())),
            _ => (word, None),
        };
        let mut value = || {
            joined
                .clone()
                .or_else(|| words.next().map(str::to_string))
                .ok_or(format!("flag needs an argument: {flag}"))
        };
        match flag {
            "-n" | "--namespace" => namespace = value()?,
            "--grace-period" => {
                let text = value()?;
                let seconds = text.parse::<i64>().map_err(|_| {
                    format!("invalid argument {text:?} for \"--grace-period\" flag: not a number of seconds")
                })?;
                grace = (seconds >= 0).then_some(seconds);
            }
            "--now" => now = true,
            "--force" => force = true,
            "--wait" | "--wait=false" | "--ignore-not-found" => {}
            flag if flag.starts_with('-') => return Err(format!("unknown flag: {flag}")),
            name => names.push(name),
        }
    }
    if now && grace.is_some() {
        return Err("--now and --grace-period cannot be specified together".to_string());
    }
    if force && grace.is_some_and(|g| g > 0) {
        return Err("--force and --grace-period greater than 0 cannot be specified together".to_string());
    }
    let grace = match (now, force, grace) {
        (true, ..) => Some(1),
        (_, true, _) => Some(0),
        // Without --force a period of 0 is sent as 1.
        (.., Some(0)) => Some(1),
        (.., grace) => grace,
    };
    let mut pods = Vec::new();
    match names.split_first() {
        Some((&("pod" | "pods" | "po"), rest)) => pods.extend(rest.iter().copied()),
        Some(_) => {
            for name in &names {
                match name.split_once('/') {
                    Some(("pod" | "pods" | "po", name)) => pods.push(name),
                    _ => return Err(format!("only pods can be deleted so far, not {name:?}")),
                }
            }
        }
        None => {}
    }
    if pods.is_empty() {
        return Err("resource(s) were provided, but no name was specified".to_string());
    }
    let command = |name: &str| Command::Delete {
        key: ObjectKey::new("Pod", &namespace, name),
        options: DeleteOptions { grace_period_seconds: grace, ..DeleteOptions::default() },
    };
    Ok(pods.into_iter().map(command).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grace(text: &str) -> Option<i64> {
        match kubectl(text).unwrap().remove(0) {
            Command::Delete { options, .. } => options.grace_period_seconds,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn grace_is_sent_as_kubectl_sends_it() {
        assert_eq!(grace("kubectl delete pod web"), None);
        assert_eq!(grace("delete pod/web --grace-period=5"), Some(5));
        assert_eq!(grace("delete pod web --grace-period 0"), Some(1));
        assert_eq!(grace("delete po web --now"), Some(1));
        assert_eq!(grace("delete pod web --force"), Some(0));
        assert!(kubectl("delete pod web --now --grace-period=3").is_err());
        assert!(kubectl("delete pod").is_err());
    }
}
