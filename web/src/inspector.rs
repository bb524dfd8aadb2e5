//! Below the timeline: the cluster at the cursor, in the words of kubectl, and why things happened.

use crate::clock;
use crate::editor;
use crate::i18n::{Lang, Words};
use crate::protocol::{Field, Printed, Seen, Step, Story};
use crate::state::{Action, Tab};
use lifepod_api::SimTime;
use std::rc::Rc;
use yew::prelude::*;

/// What [`Inspector`] is given.
#[derive(Properties, PartialEq)]
pub struct InspectorProps {
    pub lang: Lang,
    pub tab: Tab,
    pub cursor: SimTime,
    pub seen: Option<Rc<Seen>>,
    pub story: Option<Rc<Story>>,
    /// Whether everything shown is of the instant at the cursor.
    pub settled: bool,
    pub send: Callback<Action>,
}

/// The inspector.
#[component]
pub fn Inspector(props: &InspectorProps) -> Html {
    let words = props.lang.words();
    let tabs = Tab::ALL.map(|tab| {
        let open = props.send.reform(move |_: MouseEvent| Action::Tab(tab));
        html! {
            <button
                class="inspector-tab" role="tab" id={tab_id(tab)} aria-controls="inspector-panel"
                aria-selected={(tab == props.tab).to_string()} onclick={open}
            >{name(tab, words)}</button>
        }
    });
    let panel = match props.tab {
        Tab::Why => why(props.story.as_deref(), words, &props.send),
        _ => match props.seen.as_ref().and_then(|seen| seen.view.as_ref()) {
            Some(printed) => printed_view(printed, words),
            None => Html::default(),
        },
    };
    html! {
        <section class="inspector" aria-label={words.inspector} data-settled={props.settled.to_string()}>
            <div class="inspector-bar">
                <div class="inspector-tabs" role="tablist">{ for tabs }</div>
                <span class="inspector-cursor">
                    {words.at_cursor}{" "}<b>{clock::exact(props.cursor)}</b>
                    {" "}<kbd>{","}</kbd><kbd>{"."}</kbd>{" "}{words.previous_next}
                </span>
            </div>
            <div
                class="inspector-panel" role="tabpanel" id="inspector-panel" aria-labelledby={tab_id(props.tab)}
                tabindex="0"
            >{panel}</div>
            <div class="inspector-shell" tabindex="0" aria-label="kubectl">
                { for props.seen.iter().flat_map(|seen| &seen.shell).map(|printed| printed_view(printed, words)) }
            </div>
        </section>
    }
}

fn tab_id(tab: Tab) -> &'static str {
    match tab {
        Tab::Why => "tab-why",
        Tab::Events => "tab-events",
        Tab::Yaml => "tab-yaml",
        Tab::Describe => "tab-describe",
        Tab::Logs => "tab-logs",
    }
}

fn name(tab: Tab, words: &Words) -> &'static str {
    match tab {
        Tab::Why => words.tab_why,
        Tab::Events => words.tab_events,
        Tab::Yaml => words.tab_yaml,
        Tab::Describe => words.tab_describe,
        Tab::Logs => words.tab_logs,
    }
}

fn printed_view(printed: &Printed, words: &Words) -> Html {
    html! {
        <pre>
            <span class="inspector-prompt">{"$ "}{&printed.command}{"\n"}</span>
            if printed.output.is_empty() {
                <span class="inspector-prompt">{words.nothing_yet}</span>
            } else {
                {&printed.output}
            }
        </pre>
    }
}

fn why(story: Option<&Story>, words: &Words, send: &Callback<Action>) -> Html {
    let Some(story) = story else {
        return html! { <p class="why-hint">{words.why_hint}</p> };
    };
    let steps = story.steps.iter().map(|step| step_view(step, words, send));
    html! { <div class="why"><h2>{prose(&story.title)}</h2><ol>{ for steps }</ol></div> }
}

fn step_view(step: &Step, words: &Words, send: &Callback<Action>) -> Html {
    let (entry, at) = (step.entry, step.at);
    let select = send.reform(move |_: MouseEvent| Action::Select { entry, at });
    html! {
        <li>
            <button class="why-time" onclick={select}>
                if let Some(since) = step.since {
                    {clock::exact(since)}{"–"}<br />
                }
                {clock::exact(at)}
            </button>
            <div>
                {prose(&step.text)}
                { for step.fields.iter().map(|field| field_view(field, words)) }
                if !step.source.is_empty() {
                    {" "}<span class="why-source">{&step.source}</span>
                }
            </div>
        </li>
    }
}

/// A field: a press shows its line in the editor.
fn field_view(field: &Field, words: &Words) -> Html {
    let place = field.place;
    let show = Callback::from(move |_: MouseEvent| {
        if let Some((line, column)) = place {
            editor::go_to(line, column);
        }
    });
    html! {
        <>
            {" "}<button class="why-field" onclick={show}>{&field.text}</button>
            if field.is_default {
                {" "}<span class="why-source">{words.default}</span>
            }
        </>
    }
}

/// A sentence in which words of code stand between backticks.
fn prose(text: &str) -> Html {
    let parts = text.split('`').enumerate();
    parts
        .map(|(i, part)| {
            if i % 2 == 1 {
                html! { <code>{part}</code> }
            } else {
                html! { {part} }
            }
        })
        .collect()
}
