//! What a person does during a scenario, and what fate does.

use crate::problems::Problems;
use crate::{fault, nested};
use lifepod_api::ObjectKey;
use lifepod_engine::{Command, DeleteOptions, Scenario};
use lifepod_manifest::scenario::ScenarioSpec;
use lifepod_manifest::{Diagnostic, Document, parse};

/// Reads the actions. Findings inside applied manifests come back with their place in the text.
pub(crate) fn read(
    text: &str,
    document: &Document,
    index: usize,
    spec: &ScenarioSpec,
    scenario: &mut Scenario,
    found: &mut Problems,
) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    for (number, action) in spec.actions.iter().enumerate() {
        let path = format!("spec.actions[{number}]");
        let Some(at) = action.at.map(|at| at.0) else {
            found.error(&format!("{path}.at"), "required: when it happens, such as 30s");
            continue;
        };
        let set = [
            ("kubectl", action.kubectl.is_some()),
            ("apply", action.apply.is_some()),
            ("node", action.node.is_some()),
            ("pod", action.pod.is_some()),
            ("container", action.container.is_some()),
            ("image", action.image.is_some()),
            ("network", action.network.is_some()),
        ];
        if found.only_one(&path, "an action", &set).is_none() {
            continue;
        }
        if let Some(words) = &action.kubectl {
            match kubectl(words) {
                Ok(commands) => scenario.commands.extend(commands.into_iter().map(|c| (at, c))),
                Err(message) => found.error(&format!("{path}.kubectl"), &message),
            }
        } else if let Some(manifests) = &action.apply {
            let applied = parse(manifests);
            let field = format!("{path}.apply");
            out.extend(nested::lift(text, document, index, &field, manifests, applied.diagnostics));
            let objects = applied.documents.into_iter().filter_map(|d| d.object);
            scenario.commands.extend(objects.map(|o| (at, Command::Create(Box::new(o)))));
        } else if let Some(fault) = fault::read(action, &path, found) {
            scenario.faults.push((at, fault));
            found.warning(&path, "faults are not simulated yet");
        }
    }
    out
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
