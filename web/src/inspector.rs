//! Below the timeline: the cluster at the cursor, in the words of kubectl, and why things happened.

use crate::clock;
use crate::dialogs::Note;
use crate::editor;
use crate::engine::SharedDrawing;
use crate::guide::CHAPTERS;
use crate::i18n::{Lang, Words};
use crate::prompt::Prompt;
use crate::protocol::{Field, Line, Printed, Seen, Step, Story, Trial};
use crate::state::{Action, Tab, Visit};
use lifepod_api::SimTime;
use std::rc::Rc;
use web_sys::Element;
use yew::prelude::*;

/// What [`Inspector`] is given.
#[derive(Properties, PartialEq)]
pub struct InspectorProps {
    pub lang: Lang,
    pub tab: Tab,
    pub cursor: SimTime,
    pub seen: Option<Rc<Seen>>,
    pub story: Option<Rc<Story>>,
    /// What the opened example says about itself.
    pub note: Rc<Note>,
    /// Whether a newcomer is offered the tour: they are not in it.
    pub offers_tour: bool,
    pub drawing: Option<SharedDrawing>,
    /// The run that this one is compared with.
    pub other: Option<SharedDrawing>,
    /// Whether that one is shown in full above this one.
    pub beside: bool,
    /// What typed commands printed, the latest last.
    pub typed: Rc<[Printed]>,
    /// A line at the prompt, and the words that may stand at its end.
    pub completed: Option<Rc<(String, Vec<String>)>>,
    /// Takes the line at the prompt: entered, or to be completed.
    pub type_: Callback<(String, bool)>,
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
    let (current, node) = (use_node_ref(), use_node_ref());
    use_row_in_view(&current, &node, props);
    let panel = match props.tab {
        Tab::Why => why(props, words),
        Tab::Table => table(props, words, &current),
        Tab::Requests => requests(props, words),
        Tab::Compare => compare(props, words),
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
                tabindex="0" ref={node}
            >{panel}</div>
            <div class="inspector-shell" tabindex="0" aria-label="kubectl">
                { for props.seen.iter().flat_map(|seen| &seen.shell).map(|printed| printed_view(printed, words)) }
                { for props.typed.iter().map(|printed| printed_view(printed, words)) }
                // Below the first answers, so that they do not push it away.
                if props.seen.is_some() {
                    <Prompt lang={props.lang} completed={props.completed.clone()} type_={props.type_.clone()} />
                }
            </div>
        </section>
    }
}

/// The table's row of the instant at the cursor is scrolled into view when it is another.
#[hook]
fn use_row_in_view(row: &NodeRef, panel: &NodeRef, props: &InspectorProps) {
    let (row, panel) = (row.clone(), panel.clone());
    let table = (props.tab == Tab::Table).then(|| props.seen.clone());
    use_effect_with((props.cursor, table), move |_| {
        let (Some(row), Some(panel)) = (row.cast::<Element>(), panel.cast::<Element>()) else { return };
        let (place, seen) = (row.get_bounding_client_rect(), panel.get_bounding_client_rect());
        if place.top() < seen.top() || place.bottom() > seen.bottom() {
            let above = place.top() - seen.top() - seen.height() / 3.0;
            panel.set_scroll_top(panel.scroll_top() + above as i32);
        }
    });
}

fn tab_id(tab: Tab) -> &'static str {
    match tab {
        Tab::Why => "tab-why",
        Tab::Events => "tab-events",
        Tab::Yaml => "tab-yaml",
        Tab::Describe => "tab-describe",
        Tab::Logs => "tab-logs",
        Tab::Requests => "tab-requests",
        Tab::Table => "tab-table",
        Tab::Compare => "tab-compare",
    }
}

/// What a tab is called.
pub fn name(tab: Tab, words: &Words) -> &'static str {
    match tab {
        Tab::Why => words.tab_why,
        Tab::Events => words.tab_events,
        Tab::Yaml => words.tab_yaml,
        Tab::Describe => words.tab_describe,
        Tab::Logs => words.tab_logs,
        Tab::Requests => words.tab_requests,
        Tab::Table => words.tab_table,
        Tab::Compare => words.tab_compare,
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

fn why(props: &InspectorProps, words: &Words) -> Html {
    let idle = props.drawing.iter().flat_map(|drawing| &drawing.idle).map(|object| {
        html! { <p class="why-idle">{"▲ "}<b>{object}</b>{": "}{words.idle}</p> }
    });
    let Some(story) = props.story.as_deref() else {
        let tour = CHAPTERS.first().filter(|_| props.offers_tour).map(|chapter| {
            let onclick = props.send.reform(|_: MouseEvent| Action::Visit(Some(Visit::Chapter(chapter.name))));
            html! { <p class="why-hint"><button class="button is-main" {onclick}>{words.tour_offer}</button></p> }
        });
        let hint = html! { <><p class="why-hint">{words.why_hint}</p>{ for tour }</> };
        let note = match props.note.told(props.lang) {
            "" => hint,
            told => html! { <>{paragraphs(told)}{hint}</> },
        };
        return html! { <div class="why">{ for idle }{note}</div> };
    };
    let steps = story.steps.iter().map(|step| step_view(step, words, &props.send));
    let changes = story.changes.iter().map(|change| {
        let trials = change.trials.iter().map(|trial| trial_view(trial, words, &props.send));
        html! { <li>{prose(&change.text)}{ for trials }</li> }
    });
    let back = props.send.reform(|_: MouseEvent| Action::Deselect);
    html! {
        <div class="why">
            { for idle }
            if !props.note.told(props.lang).is_empty() {
                <button class="why-back" onclick={back}>{words.why_back}</button>
            }
            <h2>{prose(&story.title)}</h2>
            <ol>{ for steps }</ol>
            if !story.changes.is_empty() {
                <h3>{words.what_would_change}</h3>
                <ul class="why-changes">{ for changes }</ul>
            }
        </div>
    }
}

/// The prose of an example or of the tour: headings, paragraphs, and words of code.
pub fn paragraphs(text: &str) -> Html {
    let parts = text.split("\n\n").map(str::trim).filter(|part| !part.is_empty());
    parts
        .map(|part| match part.strip_prefix('#') {
            Some(title) => html! { <h2>{prose(title.trim_start_matches('#').trim())}</h2> },
            None => html! { <p class="why-note">{stressed(&part.replace('\n', " "))}</p> },
        })
        .collect()
}

/// What became of the clients' requests until the cursor.
fn requests(props: &InspectorProps, words: &Words) -> Html {
    let counted =
        props.seen.as_ref().and_then(|seen| seen.view.as_ref()).filter(|seen| !seen.output.is_empty());
    match counted {
        Some(table) => html! { <pre>{&table.output}</pre> },
        None => html! { <div class="why"><p class="why-hint">{words.no_requests}</p></div> },
    }
}

/// Everything that happened, line by line: the timeline for those who do not see it.
fn table(props: &InspectorProps, words: &Words, current: &NodeRef) -> Html {
    let lines: &[Line] = props.seen.as_ref().map_or(&[], |seen| &seen.table);
    let now = lines.partition_point(|line| line.at <= props.cursor);
    let rows = lines.iter().enumerate().map(|(i, line)| {
        let (entry, at) = (line.entry, line.at);
        let select = props.send.reform(move |_: MouseEvent| Action::Select { entry, at });
        let is_now = i + 1 == now;
        html! {
            <tr aria-current={is_now.then_some("time")} ref={if is_now { current.clone() } else { NodeRef::default() }}>
                <td><button class="why-time" onclick={select}>{clock::exact(at)}</button></td>
                <td>{&line.who}</td>
                <td>{&line.object}</td>
                <td>{&line.what}</td>
            </tr>
        }
    });
    html! {
        <table class="happenings">
            <thead>
                <tr><th scope="col">{words.col_time}</th><th scope="col">{words.col_who}</th><th scope="col">{words.col_object}</th><th scope="col">{words.col_what}</th></tr>
            </thead>
            <tbody>{ for rows }</tbody>
        </table>
    }
}

/// This run beside the one that it is compared with.
fn compare(props: &InspectorProps, words: &Words) -> Html {
    let start = props.send.reform(|_: MouseEvent| Action::Compare(true));
    let (Some(this), Some(other)) = (&props.drawing, &props.other) else {
        return html! {
            <div class="why">
                <p class="why-hint">{words.compare_hint}</p>
                <button class="button is-main" onclick={start}>{words.compare_on}</button>
            </div>
        };
    };
    let length = |time: SimTime| props.lang.core().length(time);
    let never = words.never.to_owned();
    let ready = |drawing: &SharedDrawing| drawing.facts.ready_after.map_or(never.clone(), length);
    let lost = |drawing: &SharedDrawing| drawing.facts.lost.unwrap_or(0).to_string();
    let rows = [
        (words.fact_ready, ready(other), ready(this)),
        (words.fact_unready, length(other.facts.unready), length(this.facts.unready)),
        (words.fact_restarts, other.facts.restarts.to_string(), this.facts.restarts.to_string()),
        (words.fact_pods, other.facts.pods.to_string(), this.facts.pods.to_string()),
        (words.fact_failed, other.facts.failed.to_string(), this.facts.failed.to_string()),
        (words.fact_lost, lost(other), lost(this)),
    ];
    // Where nobody sends requests, none are lost.
    let told = if other.facts.lost.or(this.facts.lost).is_some() { rows.len() } else { rows.len() - 1 };
    let rows = rows.into_iter().take(told).map(|(name, a, b)| {
        let differs = (a != b).then_some("is-different");
        html! { <tr class={classes!(differs)}><th scope="row">{name}</th><td>{a}</td><td>{b}</td></tr> }
    });
    let stop = props.send.reform(|_: MouseEvent| Action::Compare(false));
    let on = !props.beside;
    let beside = props.send.reform(move |_: MouseEvent| Action::Beside(on));
    html! {
        <div class="why">
            <table class="compare">
                <thead><tr><td /><th scope="col">{words.compare_a}</th><th scope="col">{words.compare_b}</th></tr></thead>
                <tbody>{ for rows }</tbody>
            </table>
            <p class="why-hint">{words.compare_legend}</p>
            <button class="button is-main" onclick={beside} aria-pressed={props.beside.to_string()}>{words.beside}</button>{" "}
            <button class="button" onclick={start}>{words.compare_on}</button>{" "}
            <button class="button" onclick={stop}>{words.compare_off}</button>
        </div>
    }
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
                    {" "}<a class="why-source" href={upstream(&step.source)} target="_blank" rel="noreferrer">{&step.source}</a>
                }
            </div>
        </li>
    }
}

/// A press tries it, and compares.
fn trial_view(trial: &Trial, words: &Words, send: &Callback<Action>) -> Html {
    let try_ = {
        let trial = trial.clone();
        send.reform(move |_: MouseEvent| Action::Try(trial.clone()))
    };
    html! { <>{" "}<button class="why-try" onclick={try_}>{words.try_it}{" "}<code>{&trial.label}</code></button></> }
}

/// Where a rule's file is in Kubernetes' repository; the words after the file name the function.
fn upstream(source: &str) -> String {
    let file = source.split(' ').next().unwrap_or("");
    format!("https://github.com/kubernetes/kubernetes/blob/v1.36.0/{file}")
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

/// Prose in which words between asterisks are stressed, but for those of code.
fn stressed(text: &str) -> Html {
    let code = text.split('`').enumerate();
    let parts = code.map(|(i, part)| match i % 2 {
        1 => html! { <code>{part}</code> },
        _ => part
            .split('*')
            .enumerate()
            .map(|(i, part)| {
                if i % 2 == 1 {
                    html! { <em>{part}</em> }
                } else {
                    html! { {part} }
                }
            })
            .collect(),
    });
    parts.collect()
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
