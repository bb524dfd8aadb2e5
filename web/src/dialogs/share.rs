//! Ways to pass this run on.

use super::Modal;
use crate::engine::SharedDrawing;
use crate::i18n::Lang;
use crate::protocol::Seen;
use crate::showing::PICTURE;
use crate::state::{Action, State};
use crate::{clock, share};
use std::rc::Rc;
use yew::platform::spawn_local;
use yew::prelude::*;

/// Longer links are cut by some of the programs that pass them on.
const LONG: usize = 8_000;

/// What [`Share`] is given.
#[derive(Properties, PartialEq)]
pub struct ShareProps {
    pub lang: Lang,
    pub state: State,
    pub drawing: Option<SharedDrawing>,
    pub seen: Option<Rc<Seen>>,
    /// The timeline as SVG, and its height; none until the worker has drawn it.
    pub picture: Option<Rc<(String, f64)>>,
    pub send: Callback<Action>,
}

/// The open dialog.
#[component]
pub fn Share(props: &ShareProps) -> Html {
    let words = props.lang.words();
    let link = use_state(String::new);
    use_effect_with((), {
        let (link, state) = (link.setter(), props.state.clone());
        move |()| {
            spawn_local(async move {
                let Some(fragment) = share::fragment(&state).await else { return };
                let location = crate::browser::window().location();
                let page = location.href().unwrap_or_default();
                link.set(format!("{}#{fragment}", page.split('#').next().unwrap_or("")));
            });
        }
    });
    let copy = |text: String| {
        let send = props.send.clone();
        Callback::from(move |_: MouseEvent| {
            let (send, text) = (send.clone(), text.clone());
            spawn_local(async move {
                let said = if share::copy(&text).await.is_ok() { words.copied } else { words.not_copied };
                send.emit(Action::Say(said.into()));
            });
        })
    };
    let name = props.drawing.as_ref().map(|drawing| drawing.title.clone()).filter(|title| !title.is_empty());
    let name = name.unwrap_or_else(|| "lifepod".to_owned());
    let text = props.state.text.to_string();
    let yaml = {
        let (name, text) = (format!("{name}.yaml"), text.clone());
        Callback::from(move |_: MouseEvent| share::download(&name, "application/yaml", &text))
    };
    let as_svg = props.picture.clone().map(|picture| {
        let name = format!("{name}.svg");
        Callback::from(move |_: MouseEvent| share::download(&name, "image/svg+xml", &picture.0))
    });
    let as_png = props.picture.clone().map(|picture| {
        let name = format!("{name}.png");
        Callback::from(move |_: MouseEvent| {
            let (name, picture) = (name.clone(), picture.clone());
            spawn_local(async move {
                // A picture too large for the browser is not saved.
                let _ = share::png(&name, &picture.0, PICTURE, picture.1).await;
            });
        })
    });
    html! {
        <Modal class="share" title={words.share} close={words.close} send={props.send.clone()}>
            <p>{words.share_intro}</p>
            <input class="share-link mono" readonly=true aria-label={words.copy_link} value={(*link).clone()} />
            if link.len() > LONG {
                <p class="share-long">{words.long_link}</p>
            }
            <div class="share-ways">
                <button class="button is-main" onclick={copy((*link).clone())}>{words.copy_link}</button>
                <button class="button" onclick={copy(markdown(props, &link))}>{words.copy_markdown}</button>
                <button class="button" onclick={copy(issue(props, &link))}>{words.copy_issue}</button>
                <button class="button" onclick={yaml}>{words.save_yaml}</button>
                // The picture comes later; nothing moves then.
                <button class="button" disabled={as_svg.is_none()} onclick={as_svg}>{"SVG"}</button>
                <button class="button" disabled={as_png.is_none()} onclick={as_png}>{"PNG"}</button>
            </div>
        </Modal>
    }
}

/// The manifests, and what kubectl says at the cursor.
fn markdown(props: &ShareProps, link: &str) -> String {
    let words = props.lang.words();
    let at = clock::exact(props.state.cursor);
    let mut out = format!("```yaml\n{}\n```\n", props.state.text.trim_end());
    for printed in props.seen.iter().flat_map(|seen| &seen.shell) {
        let (command, output) = (&printed.command, printed.output.trim_end());
        out += &format!("\n{} {at}:\n\n```console\n$ {command}\n{output}\n```\n", words.at);
    }
    out + &format!("\n[{}]({link})\n", words.open_in)
}

/// The text of a report that lifepod and a real cluster differ.
fn issue(props: &ShareProps, link: &str) -> String {
    let words = props.lang.words();
    format!(
        "### {}\n\n{}\n### {}\n\n<!-- {} -->\n\n### {}\n\n{} {} ({} {}).\n",
        words.issue_shows,
        markdown(props, link),
        words.issue_real,
        words.issue_ask,
        words.issue_where,
        words.at,
        clock::exact(props.state.cursor),
        words.seed,
        props.drawing.as_ref().map_or(0, |drawing| drawing.seed),
    )
}
