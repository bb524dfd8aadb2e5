//! The examples: the project's own scenario files, prose and manifests.

use super::Modal;
use super::palette::matches;
use crate::guide::{CHAPTERS, ChapterName};
use crate::i18n::Lang;
use crate::share;
use crate::state::{Action, Opened, Visit};
use lifepod_api::{SimTime, duration};
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

impl Example {
    /// Its title in a language.
    pub fn title(&self, lang: Lang) -> String {
        let title = match lang {
            Lang::Zh if !self.zh.is_empty() => self.zh,
            _ => self.en,
        };
        title.replace('`', "")
    }
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
    let query = use_state(String::new);
    let is_found = |title: &str, name: &str| matches(&format!("{title} {name}"), &query);
    let chapters: Vec<(usize, &ChapterName)> = CHAPTERS
        .iter()
        .enumerate()
        .filter(|(_, chapter)| is_found(chapter.title(props.lang), chapter.name))
        .collect();
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
        let found = |example: &&Example| is_found(&example.title(props.lang), example.name);
        (title, EXAMPLES.iter().filter(of_group).filter(found).collect::<Vec<_>>())
    });
    let first = chapters.first().map(|(_, chapter)| Visit::Chapter(chapter.name));
    let first =
        first.or_else(|| Some(Visit::Example(groups.iter().find_map(|(_, found)| found.first())?.name)));
    let oninput = {
        let query = query.clone();
        Callback::from(move |event: InputEvent| {
            query.set(event.target_unchecked_into::<HtmlInputElement>().value())
        })
    };
    let onkeydown = {
        let (send, searched) = (props.send.clone(), !query.is_empty());
        Callback::from(move |event: KeyboardEvent| {
            if let (true, "Enter", Some(first)) = (searched, &*event.key(), first) {
                event.prevent_default();
                send.emit(Action::Visit(Some(first)));
            }
        })
    };
    let is_empty = chapters.is_empty() && groups.iter().all(|(_, found)| found.is_empty());
    let chapters: Vec<Html> = chapters.into_iter().map(|(i, chapter)| {
        let onclick = opener(Visit::Chapter(chapter.name), &props.send);
        html! { <li value={(i + 1).to_string()}><a href={format!("#tour={}", chapter.name)} {onclick}>{chapter.title(props.lang)}</a></li> }
    }).collect();
    let groups = groups.into_iter().filter(|(_, found)| !found.is_empty()).map(|(title, found)| {
        html! { <><h3>{title}</h3><ul>{ for found.into_iter().map(|example| entry(example, props)) }</ul></> }
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
            <input
                class="gallery-search" type="search" autofocus=true placeholder={words.gallery_search}
                aria-label={words.gallery_search} value={(*query).clone()} {oninput} {onkeydown}
            />
            // One element, whatever is found: the field keeps its place, and the focus.
            <div>
                if !chapters.is_empty() {
                    <h3>{words.tour}</h3>
                    <p>{words.tour_intro}</p>
                    <ol class="gallery-tour">{ for chapters }</ol>
                }
                if query.is_empty() {
                    <p>{words.gallery_intro}</p>
                }
                if is_empty {
                    <p>{words.gallery_none}</p>
                }
                { for groups }
            </div>
            <label class="gallery-file">{words.open_file}{" "}<input type="file" accept=".yaml,.yml,.json,.txt,.md" {onchange} /></label>
        </Modal>
    }
}

/// An example's line: a press opens it, and so does its link.
fn entry(example: &'static Example, props: &GalleryProps) -> Html {
    let href = format!("#example={}", example.name);
    let onclick = opener(Visit::Example(example.name), &props.send);
    html! { <li><a {href} {onclick}>{example.title(props.lang)}</a></li> }
}

/// Opens something here, unless the browser is asked to open its link elsewhere.
fn opener(visit: Visit, send: &Callback<Action>) -> Callback<MouseEvent> {
    let send = send.clone();
    Callback::from(move |event: MouseEvent| {
        if !(event.ctrl_key() || event.meta_key() || event.shift_key()) {
            event.prevent_default();
            send.emit(Action::Visit(Some(visit)));
        }
    })
}

/// Opens a file as the new text.
pub fn open_file(file: File, send: Callback<Action>) {
    spawn_local(async move {
        if let Ok(text) = share::read(&file).await {
            let text = text.as_string().unwrap_or_default();
            send.emit(Action::Open(Opened { text: text.as_str().into(), ..Opened::default() }));
        }
    });
}

/// An example that was fetched.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Loaded {
    /// Its manifests.
    pub text: String,
    pub note: Note,
    /// The instant that its first answer of kubectl is about.
    pub at: Option<SimTime>,
}

/// What an example says about itself, in Markdown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Note {
    en: String,
    /// Empty where nobody has told it in Chinese yet.
    zh: String,
}

impl Note {
    /// The note in a language, else in English; empty where there is none.
    pub fn told(&self, lang: Lang) -> &str {
        match lang {
            Lang::Zh if !self.zh.is_empty() => &self.zh,
            _ => &self.en,
        }
    }
}

/// Fetches an example.
pub async fn load(name: &str) -> Option<Loaded> {
    // Only names of the gallery are asked for, whatever a link says.
    let example = EXAMPLES.iter().find(|example| example.name == name)?;
    let text = share::load(&format!("scenarios/{}.md", example.name)).await.ok()?.as_string()?;
    Some(split(&text))
}

/// A scenario file in its parts: its manifests, and its prose. The prose is told in Chinese by a comment that begins with
/// the Chinese title.
pub fn split(text: &str) -> Loaded {
    let (mut manifests, mut en, mut zh, mut at) = (String::new(), String::new(), String::new(), None);
    // The language of the block that the line is in.
    let mut block: Option<&str> = None;
    let mut in_zh = false;
    for line in text.lines() {
        if in_zh {
            in_zh = line != "-->";
            if in_zh {
                zh += line;
                zh.push('\n');
            }
            continue;
        }
        match (line.strip_prefix("```"), block) {
            (Some(head), None) => {
                block = Some(head.trim());
                if block == Some("yaml") && !manifests.is_empty() {
                    manifests.push_str("---\n");
                }
                at = at.or_else(|| instant(head));
            }
            (Some(_), Some(_)) => block = None,
            (None, Some("yaml")) => {
                manifests.push_str(line);
                manifests.push('\n');
            }
            (None, Some(_)) => {}
            (None, None) => match line.strip_prefix("<!--") {
                Some(comment) => {
                    in_zh = comment.trim_start().starts_with("zh:") && !comment.ends_with("-->");
                    if in_zh {
                        zh = format!("# {}\n", comment.trim_start().trim_start_matches("zh:").trim());
                    }
                }
                None => {
                    en.push_str(line);
                    en.push('\n');
                }
            },
        }
    }
    Loaded { text: manifests, note: Note { en: en.trim().to_owned(), zh: zh.trim().to_owned() }, at }
}

/// The instant of a block such as `kubectl at=35s get pods`.
fn instant(head: &str) -> Option<SimTime> {
    let at = head.strip_prefix("kubectl at=")?.split(' ').next()?;
    Some(SimTime(u64::try_from(duration::parse(at).ok()?).ok()? / 1_000))
}

#[cfg(test)]
mod tests {
    use super::split;
    use crate::i18n::Lang;
    use lifepod_api::SimTime;

    #[test]
    fn a_scenario_file_is_manifests_and_prose() {
        let loaded = split(
            "# Title\n\nProse.\n\n```yaml\nkind: Pod\n```\n\n```timeline until=1m\n0 x\n```\n\n```yaml\nkind: Scenario\n```\nEnd.\n",
        );
        assert_eq!(loaded.text, "kind: Pod\n---\nkind: Scenario\n");
        assert_eq!(loaded.note.told(Lang::Zh), "# Title\n\nProse.\n\n\n\nEnd.");
        assert_eq!(loaded.at, None);
    }

    #[test]
    fn its_prose_may_be_told_in_chinese_too_and_an_answer_says_where_to_look() {
        let loaded = split(
            "# Title\n<!-- zh: 标题\n\n正文\n-->\n\nProse.\n\n```kubectl at=1m30s get pods\nNAME\n```\n```kubectl at=2m get pods\n```\n",
        );
        assert_eq!(loaded.note.told(Lang::Zh), "# 标题\n\n正文");
        assert_eq!(loaded.note.told(Lang::En), "# Title\n\nProse.");
        assert_eq!(loaded.at, Some(SimTime::from_secs(90)));
    }
}
