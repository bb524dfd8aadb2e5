//! The examples: the project's own scenario files, prose and manifests.

use super::Modal;
use crate::guide::{self, CHAPTERS};
use crate::i18n::Lang;
use crate::share;
use crate::state::Action;
use web_sys::{File, HtmlInputElement};
use yew::platform::spawn_local;
use yew::prelude::*;

// `EXAMPLES: &[Example]`, made of tests/scenarios by build.rs: no example can be forgotten or go stale.
include!(concat!(env!("OUT_DIR"), "/examples.rs"));

/// An example.
pub struct Example {
    /// Its file's name, without the ending; links name it so.
    pub name: &'static str,
    /// Its title in English, …
    pub en: &'static str,
    /// … and in Chinese, where it has one.
    pub zh: &'static str,
}

/// What [`Gallery`] is given.
#[derive(Properties, PartialEq)]
pub struct GalleryProps {
    pub lang: Lang,
    pub send: Callback<Action>,
}

/// The open gallery.
#[component]
pub fn Gallery(props: &GalleryProps) -> Html {
    let words = props.lang.words();
    let groups = [
        (words.gallery_questions, Some("questions")),
        (words.gallery_patterns, None),
        (words.gallery_states, Some("states")),
    ];
    let groups = groups.map(|(title, folder)| {
        let of_group = |example: &&Example| {
            let place = example.name.split_once('/').map(|(place, _)| place);
            // Whatever no group of its own has is a pattern.
            place.filter(|place| matches!(*place, "questions" | "states")) == folder
        };
        let examples = EXAMPLES.iter().filter(of_group).map(|example| entry(example, props));
        html! { <><h3>{title}</h3><ul>{ for examples }</ul></> }
    });
    let chapters = CHAPTERS.iter().map(|chapter| {
        let open = guide::opener(chapter.name, props.lang, &props.send);
        html! { <li><a href={format!("#tour={}", chapter.name)} onclick={open}>{chapter.title(props.lang)}</a></li> }
    });
    let onchange = {
        let send = props.send.clone();
        Callback::from(move |event: Event| {
            let input: HtmlInputElement = event.target_unchecked_into();
            if let Some(file) = input.files().and_then(|files| files.get(0)) {
                open_file(file, send.clone());
            }
        })
    };
    html! {
        <Modal class="gallery" title={words.gallery} close={words.close} send={props.send.clone()}>
            <h3>{words.tour}</h3>
            <p>{words.tour_intro}</p>
            <ol class="gallery-tour">{ for chapters }</ol>
            <p>{words.gallery_intro}</p>
            { for groups }
            <label class="gallery-file">{words.open_file}{" "}<input type="file" accept=".yaml,.yml,.json,.txt,.md" {onchange} /></label>
        </Modal>
    }
}

/// An example's line: a press opens it, and so does its link.
fn entry(example: &'static Example, props: &GalleryProps) -> Html {
    let send = props.send.clone();
    let open = Callback::from(move |event: MouseEvent| {
        event.prevent_default();
        let send = send.clone();
        spawn_local(async move {
            if let Some((text, note)) = load(example.name).await {
                send.emit(Action::Open { text: text.as_str().into(), note: note.as_str().into() });
            }
        });
    });
    let title = match props.lang {
        Lang::Zh if !example.zh.is_empty() => example.zh,
        _ => example.en,
    };
    html! { <li><a href={format!("#example={}", example.name)} onclick={open}>{title.replace('`', "")}</a></li> }
}

/// Opens a file as the new text.
pub fn open_file(file: File, send: Callback<Action>) {
    spawn_local(async move {
        if let Ok(text) = share::read(&file).await {
            let text = text.as_string().unwrap_or_default();
            send.emit(Action::Open { text: text.as_str().into(), note: "".into() });
        }
    });
}

/// An example's manifests, and what it says about them.
pub async fn load(name: &str) -> Option<(String, String)> {
    // Only names of the gallery are asked for, whatever a link says.
    let example = EXAMPLES.iter().find(|example| example.name == name)?;
    let text = share::load(&format!("scenarios/{}.md", example.name)).await.ok()?.as_string()?;
    Some(split(&text))
}

/// The manifests of a scenario file, and its prose.
pub fn split(text: &str) -> (String, String) {
    let (mut manifests, mut prose) = (String::new(), String::new());
    // The language of the block that the line is in.
    let mut block: Option<&str> = None;
    for line in text.lines() {
        match (line.strip_prefix("```"), block) {
            (Some(language), None) => {
                block = Some(language.trim());
                if block == Some("yaml") && !manifests.is_empty() {
                    manifests.push_str("---\n");
                }
            }
            (Some(_), Some(_)) => block = None,
            (None, Some("yaml")) => {
                manifests.push_str(line);
                manifests.push('\n');
            }
            (None, Some(_)) => {}
            (None, None) if line.starts_with("<!--") => {}
            (None, None) => {
                prose.push_str(line);
                prose.push('\n');
            }
        }
    }
    (manifests, prose.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn a_scenario_file_is_manifests_and_prose() {
        let (manifests, prose) = split(
            "# Title\n\nProse.\n\n```yaml\nkind: Pod\n```\n\n```timeline until=1m\n0 x\n```\n\n```yaml\nkind: Scenario\n```\nEnd.\n",
        );
        assert_eq!(manifests, "kind: Pod\n---\nkind: Scenario\n");
        assert_eq!(prose, "# Title\n\nProse.\n\n\n\nEnd.");
    }
}
