//! The line on which kubectl commands are typed, with a history and completion.
//!
//! What reads is answered at the cursor's time; what changes becomes an action of the text's Scenario document.

use crate::edit::quoted;
use crate::engine::SharedDrawing;
use crate::i18n::Lang;
use std::collections::BTreeSet;
use web_sys::HtmlInputElement;
use yew::prelude::*;

/// The commands that only read.
const READING: [&str; 9] =
    ["get", "describe", "logs", "events", "top", "explain", "version", "api-resources", "cluster-info"];
/// The commands that change something.
const CHANGING: [&str; 17] = [
    "delete",
    "scale",
    "set",
    "patch",
    "label",
    "annotate",
    "drain",
    "cordon",
    "uncordon",
    "taint",
    "expose",
    "create",
    "apply",
    "run",
    "replace",
    "autoscale",
    "edit",
];
/// The words of `kubectl rollout` that only read.
const ROLLOUT_READING: [&str; 2] = ["status", "history"];
const TYPES: [&str; 16] = [
    "pods",
    "nodes",
    "events",
    "deployments",
    "replicasets",
    "statefulsets",
    "daemonsets",
    "jobs",
    "cronjobs",
    "services",
    "endpointslices",
    "configmaps",
    "secrets",
    "persistentvolumeclaims",
    "namespaces",
    "all",
];

/// The Scenario's action that this line stands for; none when it only reads.
pub fn change(line: &str) -> Option<String> {
    let line = line.trim();
    let line = line.strip_prefix("kubectl ").unwrap_or(line).trim();
    let mut words = line.split_whitespace();
    let changes = match words.next()? {
        "rollout" => words.next().is_some_and(|word| !ROLLOUT_READING.contains(&word)),
        verb => CHANGING.contains(&verb),
    };
    changes.then(|| format!("kubectl: {}", quoted(line)))
}

/// What may follow: the words that complete the last one of this line.
fn completions(line: &str, names: &[(&str, &str)]) -> Vec<String> {
    let line = line.strip_prefix("kubectl ").unwrap_or(line);
    let mut words: Vec<&str> = line.split_whitespace().collect();
    let last = if line.ends_with(char::is_whitespace) { "" } else { words.pop().unwrap_or("") };
    let candidates: Vec<&str> = if last.starts_with('-') {
        vec![
            "-o wide",
            "-o yaml",
            "-o json",
            "-n ",
            "--all-namespaces",
            "--show-labels",
            "--grace-period=",
            "--previous",
            "--force",
        ]
    } else {
        match words[..] {
            [] => READING.into_iter().chain(CHANGING).chain(["rollout"]).collect(),
            ["rollout"] => vec!["status", "history", "restart", "undo", "pause", "resume"],
            ["logs"] => names.iter().filter(|(kind, _)| *kind == "Pod").map(|(_, name)| *name).collect(),
            ["drain" | "cordon" | "uncordon"] => {
                names.iter().filter(|(kind, _)| *kind == "Node").map(|(_, name)| *name).collect()
            }
            ["get" | "describe" | "delete" | "scale" | "patch" | "label" | "annotate"] | ["rollout", _] => {
                TYPES.to_vec()
            }
            [.., kind] => {
                let of_kind = |known: &str| {
                    known.to_lowercase() == kind.trim_end_matches('s').to_lowercase()
                        || (kind == "po" && known == "Pod")
                };
                names.iter().filter(|(known, _)| of_kind(known)).map(|(_, name)| *name).collect()
            }
        }
    };
    let fitting: BTreeSet<&str> = candidates.into_iter().filter(|word| word.starts_with(last)).collect();
    fitting.into_iter().map(str::to_owned).collect()
}

/// The line with its last word completed as far as all `found` agree.
fn completed(line: &str, found: &[String]) -> Option<String> {
    let first = found.first()?;
    let mut common = first.len();
    for word in found {
        let same = first.bytes().zip(word.bytes()).take_while(|(a, b)| a == b).count();
        common = common.min(same);
    }
    let start = line.rfind(char::is_whitespace).map_or(0, |at| at + 1);
    let end = if found.len() == 1 && !first.ends_with('=') { " " } else { "" };
    Some(format!("{}{}{end}", &line[..start], first.get(..common)?))
}

/// What [`Prompt`] is given.
#[derive(Properties, PartialEq)]
pub struct PromptProps {
    pub lang: Lang,
    pub drawing: Option<SharedDrawing>,
    /// Takes a line that was entered.
    pub type_: Callback<String>,
}

/// The line.
#[component]
pub fn Prompt(props: &PromptProps) -> Html {
    let words = props.lang.words();
    let line = use_state(String::new);
    let found = use_state(Vec::<String>::new);
    // What was entered before, and how far back in it we are.
    let past = use_mut_ref(|| (Vec::<String>::new(), 0_usize));
    let oninput = {
        let (line, found) = (line.clone(), found.clone());
        Callback::from(move |event: InputEvent| {
            line.set(event.target_unchecked_into::<HtmlInputElement>().value());
            found.set(Vec::new());
        })
    };
    let onkeydown = {
        let (line, found, type_, drawing) =
            (line.clone(), found.clone(), props.type_.clone(), props.drawing.clone());
        Callback::from(move |event: KeyboardEvent| {
            let mut past = past.borrow_mut();
            match &*event.key() {
                "Enter" if !line.trim().is_empty() => {
                    type_.emit(line.trim().to_owned());
                    past.0.push((*line).clone());
                    past.1 = past.0.len();
                    line.set(String::new());
                    found.set(Vec::new());
                }
                "ArrowUp" => {
                    past.1 = past.1.saturating_sub(1);
                    line.set(past.0.get(past.1).cloned().unwrap_or_default());
                }
                "ArrowDown" => {
                    past.1 = (past.1 + 1).min(past.0.len());
                    line.set(past.0.get(past.1).cloned().unwrap_or_default());
                }
                // An empty line lets Tab go on to the next part of the page.
                "Tab" if !line.is_empty() && !event.shift_key() => {
                    let lanes = drawing.iter().flat_map(|drawing| &drawing.timeline.lanes);
                    let named = lanes.filter(|lane| lane.about.container.is_empty());
                    let names: Vec<_> =
                        named.map(|lane| (lane.about.kind.as_str(), lane.about.name.as_str())).collect();
                    let fitting = completions(&line, &names);
                    if let Some(longer) = completed(&line, &fitting) {
                        line.set(longer);
                    }
                    found.set(if fitting.len() > 1 { fitting } else { Vec::new() });
                }
                "Escape" => found.set(Vec::new()),
                _ => return,
            }
            event.prevent_default();
        })
    };
    html! {
        <div class="prompt">
            if !found.is_empty() {
                <p class="prompt-found mono">{found.join("  ")}</p>
            }
            <label>
                <span aria-hidden="true">{"$ kubectl "}</span>
                <input
                    class="prompt-line mono" aria-label={words.prompt} placeholder={words.prompt_hint}
                    autocomplete="off" autocapitalize="off" spellcheck="false"
                    value={(*line).clone()} {oninput} {onkeydown}
                />
            </label>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_becomes_an_action_and_what_reads_does_not() {
        assert_eq!(change("kubectl delete pod web").as_deref(), Some("kubectl: \"delete pod web\""));
        assert_eq!(change("rollout restart deployment web").is_some(), true);
        assert_eq!(change("rollout status deployment web"), None);
        assert_eq!(change("get pods"), None);
        assert_eq!(change(""), None);
    }

    #[test]
    fn words_are_completed_as_far_as_they_agree() {
        let names = [("Pod", "web-1"), ("Pod", "web-2"), ("Node", "node-1")];
        let complete = |line: &str| completed(line, &completions(line, &names));
        assert_eq!(complete("desc").as_deref(), Some("describe "));
        assert_eq!(complete("get pods w").as_deref(), Some("get pods web-"));
        assert_eq!(complete("drain n").as_deref(), Some("drain node-1 "));
        assert_eq!(complete("get nothing x"), None);
    }
}
