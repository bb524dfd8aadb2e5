//! Changes of a text that are made elsewhere than in the editor: actions of its Scenario document.

use crate::protocol::{Handle, Replacement};
use lifepod_api::SimTime;
use lifepod_api::duration;
use lifepod_manifest::{Document, parse};

/// The text with one more action in its Scenario document, which is made when there is none. `what` is the action's
/// fields but for its time, as YAML in one line: `kubectl: "delete pod web"`.
pub fn add_action(text: &str, at: SimTime, what: &str) -> String {
    let item = format!("{{at: {}, {what}}}", time(at));
    let documents = parse(text).documents;
    let scenario = documents.iter().find(|document| document.scenario.is_some());
    let place = scenario.and_then(|document| after_last_action(text, document, &item));
    let place = place.or_else(|| below_spec(text, scenario?, &item));
    match place {
        Some((at, insert)) => format!("{}{insert}{}", &text[..at], &text[at..]),
        None => {
            let text = text.trim_end();
            let divider = if text.is_empty() { "" } else { "\n---\n" };
            format!(
                "{text}{divider}apiVersion: lifepod.dev/v1alpha1\nkind: Scenario\nspec:\n  actions:\n  - {item}\n"
            )
        }
    }
}

/// The text in which the action of this handle happens at another time.
pub fn move_action(text: &str, handle: &Handle, at: SimTime) -> String {
    let (from, to) = (handle.from as usize, handle.to as usize);
    match (text.get(..from), text.get(to..)) {
        (Some(before), Some(after)) => format!("{before}{}{after}", time(at)),
        // The handle is of another text.
        _ => text.to_owned(),
    }
}

/// The text with these changes, which are in its order; as it is where they are of another text.
pub fn apply(text: &str, changes: &[Replacement]) -> String {
    let mut changed = text.to_owned();
    for Replacement { from, to, insert } in changes.iter().rev() {
        let range = *from as usize..*to as usize;
        if changed.get(range.clone()).is_none() {
            return text.to_owned();
        }
        changed.replace_range(range, insert);
    }
    changed
}

/// The times of the actions of a text's Scenario documents, and where they are written.
pub fn handles(documents: &[Document]) -> Vec<Handle> {
    let mut handles = Vec::new();
    for document in documents.iter().filter(|document| document.scenario.is_some()) {
        let count = document.value["spec"]["actions"].as_array().map_or(0, Vec::len);
        for i in 0..count {
            let Some(text) = document.value["spec"]["actions"][i]["at"].as_str() else { continue };
            let Ok(nanos) = duration::parse(text) else { continue };
            let span = document.span_of(&format!("spec.actions[{i}].at"));
            let at = SimTime(nanos.max(0).cast_unsigned() / 1_000);
            handles.push(Handle { at, from: span.start as u32, to: span.end as u32 });
        }
    }
    handles
}

/// Behind the last action that there is: the place, and what to put there.
fn after_last_action(text: &str, document: &Document, item: &str) -> Option<(usize, String)> {
    let last = document.value["spec"]["actions"].as_array()?.len().checked_sub(1)?;
    // The span of a map is that of its first key.
    let inside = document.span_of(&format!("spec.actions[{last}]")).start;
    Some(behind_item(text, inside, item))
}

/// Behind the item of a list that holds `inside`: the place, and what to put there for one more.
fn behind_item(text: &str, inside: usize, item: &str) -> (usize, String) {
    let line = text[..inside].rfind('\n').map_or(0, |at| at + 1);
    let before = text[line..inside].trim_end_matches(['{', ' ']);
    if let Some(indent) = before.strip_suffix('-').filter(|indent| indent.trim().is_empty()) {
        // The item goes on as long as lines stand further in than its dash.
        let mut end = inside;
        let mut at = line;
        for (i, line) in text[line..].split_inclusive('\n').enumerate() {
            let depth = line.len() - line.trim_start().len();
            let blank = line.trim().is_empty();
            if i > 0 && !blank && depth <= indent.len() {
                break;
            }
            if !blank {
                end = at + line.trim_end().len();
            }
            at += line.len();
        }
        return (end, format!("\n{indent}- {item}"));
    }
    // Between brackets: before the one that ends the list.
    let mut depth = if text[..inside].trim_end().ends_with('{') { 2 } else { 1 };
    let mut quote = None;
    for (i, c) in text[inside..].char_indices() {
        match (c, quote) {
            (c, Some(open)) if c == open => quote = None,
            (_, Some(_)) => {}
            ('"' | '\'', None) => quote = Some(c),
            ('[' | '{', None) => depth += 1,
            (']' | '}', None) => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return (inside + i, format!(", {item}"));
        }
    }
    (text.len(), format!(", {item}"))
}

/// Below the `spec:` of a Scenario document that has no actions yet.
fn below_spec(text: &str, document: &Document, item: &str) -> Option<(usize, String)> {
    if document.value["spec"].get("actions").is_some() {
        return None;
    }
    let start = document.span.start;
    let mut at = start;
    for line in text[start..document.span.end].split_inclusive('\n') {
        at += line.len();
        if line.trim_end() == "spec:" {
            let next = text[at..].lines().find(|line| !line.trim().is_empty()).unwrap_or("");
            let indent = next.len() - next.trim_start().len();
            let indent = " ".repeat(if indent == 0 { 2 } else { indent });
            return Some((at, format!("{indent}actions:\n{indent}- {item}\n")));
        }
    }
    None
}

/// `31.3s`, `1m4.2s`, `2h`: as a person would write it, to the tenth of a second.
pub fn time(at: SimTime) -> String {
    let tenths = at.0.saturating_add(50_000) / 100_000;
    let (hours, minutes, tenths) = (tenths / 36_000, tenths / 600 % 60, tenths % 600);
    let mut text = String::new();
    if hours > 0 {
        text += &format!("{hours}h");
    }
    if minutes > 0 {
        text += &format!("{minutes}m");
    }
    if tenths > 0 || text.is_empty() {
        text += &(tenths / 10).to_string();
        if tenths % 10 > 0 {
            text += &format!(".{}", tenths % 10);
        }
        text.push('s');
    }
    text
}

/// A string as YAML and JSON write it between double quotes.
pub fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\n";
    const SCENARIO: &str = "apiVersion: lifepod.dev/v1alpha1\nkind: Scenario\nspec:\n";

    fn actions(text: &str) -> Vec<String> {
        let documents = parse(text).documents;
        let scenario =
            documents.iter().rfind(|d| d.scenario.is_some()).expect("there is a Scenario document");
        let actions = scenario.value["spec"]["actions"].as_array().expect("it has actions");
        actions
            .iter()
            .map(|a| format!("{} {}", a["at"].as_str().unwrap(), a["kubectl"].as_str().unwrap()))
            .collect()
    }

    #[test]
    fn an_action_finds_its_place_in_any_text() {
        let at = SimTime::from_millis(64_230);
        for (text, before) in [
            (POD.to_owned(), 0),
            (format!("{POD}---\n{SCENARIO}  seed: 3\n"), 0),
            (format!("{SCENARIO}    horizon: 5m\n---\n{POD}"), 0),
            (format!("{POD}---\n{SCENARIO}  actions:\n  - {{at: 3s, kubectl: a}}\n  seed: 3\n"), 1),
            (
                format!("{SCENARIO}  actions:\n  - at: 3s\n    kubectl: a\n  - at: 4s\n    kubectl: b # x\n"),
                2,
            ),
            (format!("{SCENARIO}  actions: [{{at: 3s, kubectl: a}}]\n---\n{POD}"), 1),
            (format!("{SCENARIO}  actions: [{{at: 3s, kubectl: a}}]"), 1),
        ] {
            let changed = add_action(&text, at, "kubectl: \"delete pod web\"");
            let actions = actions(&changed);
            assert_eq!(actions.len(), before + 1, "{changed}");
            assert_eq!(actions.last().map(String::as_str), Some("1m4.2s delete pod web"), "{changed}");
            assert_eq!(parse(&changed).diagnostics, [], "{changed}");
        }
    }

    #[test]
    fn a_handle_moves_its_action_alone() {
        let text = format!("{SCENARIO}  actions:\n  - {{at: 30s, kubectl: a}}\n  - {{at: 1m, kubectl: b}}\n");
        let handles = handles(&parse(&text).documents);
        assert_eq!(handles[1].at, SimTime::from_secs(60));
        let moved = move_action(&text, &handles[1], SimTime::from_millis(45_500));
        assert_eq!(actions(&moved), ["30s a", "45.5s b"]);
    }

    #[test]
    fn times_read_as_people_write_them() {
        let written =
            [0, 100, 31_300, 60_000, 64_200, 3_600_000, 3_725_040].map(|ms| time(SimTime::from_millis(ms)));
        assert_eq!(written, ["0s", "0.1s", "31.3s", "1m", "1m4.2s", "1h", "1h2m5s"]);
    }
}
