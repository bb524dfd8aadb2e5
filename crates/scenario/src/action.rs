//! What a person does during a scenario, and what fate does.

use crate::problems::Problems;
use crate::{fault, nested};
use lifepod_engine::{Command, Scenario};
use lifepod_manifest::scenario::ScenarioSpec;
use lifepod_manifest::{Diagnostic, Document, Hint, parse};
use serde_json::Value;

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
            let message = Hint::new("required: when it happens, such as 30s", "必填：发生的时间，例如 30s");
            found.error(&format!("{path}.at"), message);
            continue;
        };
        let set = [
            ("kubectl", action.kubectl.is_some()),
            // A manifest beside a command is what its `-f -` means.
            ("apply", action.apply.is_some() && action.kubectl.is_none()),
            ("node", action.node.is_some()),
            ("pod", action.pod.is_some()),
            ("container", action.container.is_some()),
            ("image", action.image.is_some()),
            ("network", action.network.is_some()),
        ];
        if found.only_one(&path, ("an action", "一个动作"), &set).is_none() {
            continue;
        }
        if action.kubectl.is_some() || action.apply.is_some() {
            let line = action.kubectl.as_deref().unwrap_or("apply -f -");
            let mut documents = Vec::new();
            if let Some(manifests) = &action.apply {
                let beside = parse(manifests);
                let field = format!("{path}.apply");
                out.extend(nested::lift(text, document, index, &field, manifests, beside.diagnostics));
                documents.extend(beside.documents.into_iter().map(|d| d.value).filter(|v| !v.is_null()));
            }
            match kubectl(line, documents) {
                Ok(command) => scenario.commands.push((at, command)),
                // In kubectl's words, which have no other language.
                Err(message) => found.error(&format!("{path}.kubectl"), Hint::of(message, String::new())),
            }
        } else if let Some(fault) = fault::read(action, &path, found) {
            scenario.commands.push((at, Command::Fault(fault)));
        }
    }
    out
}

/// Whether something is applied again later: then the manifests of the text were applied, too.
pub(crate) fn applies(spec: &ScenarioSpec) -> bool {
    spec.actions.iter().any(|action| action.apply.is_some())
}

/// The client that carries out a changing kubectl command; `documents` is the manifest beside it.
fn kubectl(line: &str, documents: Vec<Value>) -> Result<Command, String> {
    let client = lifepod_kubectl::action(line, documents)
        .map_err(|output| output.stderr.trim_end().trim_start_matches("error: ").to_string())?;
    Ok(Command::Client(client))
}

#[cfg(test)]
mod tests {
    use super::kubectl;

    #[test]
    fn a_command_is_checked_before_the_run() {
        assert!(kubectl("kubectl delete pod web --now", Vec::new()).is_ok());
        let wrong = |line: &str| kubectl(line, Vec::new()).unwrap_err();
        assert!(wrong("delete pod web --gently").starts_with("unknown flag: --gently"));
        assert_eq!(wrong("get pods"), "kubectl get changes nothing: type it at the prompt");
        assert_eq!(wrong("dance"), "unknown command \"dance\" for \"kubectl\"");
    }
}
