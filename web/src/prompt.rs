//! The line on which kubectl commands are typed, with a history and completion.
//!
//! What reads is answered at the cursor's time; what changes becomes an action of the text's Scenario document.

use crate::i18n::Lang;
use std::rc::Rc;
use web_sys::HtmlInputElement;
use yew::prelude::*;

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
    /// A line, and the words that may stand at its end.
    pub completed: Option<Rc<(String, Vec<String>)>>,
    /// Takes the line: entered, or to be completed.
    pub type_: Callback<(String, bool)>,
}

/// The line.
#[component]
pub fn Prompt(props: &PromptProps) -> Html {
    let words = props.lang.words();
    let line = use_state(String::new);
    let found = use_state(Vec::<String>::new);
    // What was entered before, and how far back in it we are.
    let past = use_mut_ref(|| (Vec::<String>::new(), 0_usize));
    use_effect_with(props.completed.clone(), {
        let (line, found) = (line.clone(), found.clone());
        move |completed_now: &Option<Rc<(String, Vec<String>)>>| {
            // By now more may have been typed.
            if let Some(answer) = completed_now.as_deref().filter(|(asked, _)| *asked == *line) {
                if let Some(longer) = completed(&line, &answer.1) {
                    line.set(longer);
                }
                found.set(if answer.1.len() > 1 { answer.1.clone() } else { Vec::new() });
            }
        }
    });
    let oninput = {
        let (line, found) = (line.clone(), found.clone());
        Callback::from(move |event: InputEvent| {
            line.set(event.target_unchecked_into::<HtmlInputElement>().value());
            found.set(Vec::new());
        })
    };
    let onkeydown = {
        let (line, found, type_) = (line.clone(), found.clone(), props.type_.clone());
        Callback::from(move |event: KeyboardEvent| {
            let mut past = past.borrow_mut();
            match &*event.key() {
                "Enter" if !line.trim().is_empty() => {
                    type_.emit((line.trim().to_owned(), true));
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
                "Tab" if !line.is_empty() && !event.shift_key() => type_.emit(((*line).clone(), false)),
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
    fn words_are_completed_as_far_as_they_agree() {
        let complete = |line: &str, words: &[&str]| {
            completed(line, &words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>())
        };
        assert_eq!(complete("desc", &["describe"]).as_deref(), Some("describe "));
        assert_eq!(complete("get pods w", &["web-1", "web-2"]).as_deref(), Some("get pods web-"));
        assert_eq!(
            complete("delete pod web --grace", &["--grace-period="]).as_deref(),
            Some("delete pod web --grace-period=")
        );
        assert_eq!(complete("get nothing x", &[]), None);
    }
}
