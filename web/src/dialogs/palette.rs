//! Everything that can be done, to be searched by its name.

use super::{EXAMPLES, Modal};
use crate::guide::CHAPTERS;
use crate::i18n::Lang;
use crate::inspector;
use crate::keys::shortcut;
use crate::protocol::{Shown, Story};
use crate::state::{Action, Dialog, State, Tab, Visit};
use crate::timeline::offers;
use lifepod_timeline::View;
use std::rc::Rc;
use web_sys::HtmlInputElement;
use yew::prelude::*;

/// So many matches are shown.
const MATCHES: usize = 12;

/// What [`Palette`] is given.
#[derive(Properties, PartialEq)]
pub struct PaletteProps {
    pub lang: Lang,
    pub state: State,
    pub shown: Option<Rc<Shown>>,
    /// The story on the screen.
    pub story: Option<Rc<Story>>,
    pub send: Callback<Action>,
}

/// The open palette.
#[component]
pub fn Palette(props: &PaletteProps) -> Html {
    let words = props.lang.words();
    let query = use_state(String::new);
    let chosen = use_state(|| 0_usize);
    let all = use_memo((), |()| everything(props));
    // Lanes out of sight are found by searching for them.
    let search = (format!("{}: {}", words.filter, *query), Action::Filter(query.as_str().into()));
    let found = all.iter().filter(|(name, _)| matches(name, &query)).take(MATCHES);
    let found: Vec<&(String, Action)> = found.chain((!query.is_empty()).then_some(&search)).collect();
    let chosen_now = (*chosen).min(found.len().saturating_sub(1));
    let run = {
        let send = props.send.clone();
        move |action: Action| {
            send.emit(Action::Dialog(None));
            send.emit(action);
        }
    };
    let oninput = {
        let (query, chosen) = (query.clone(), chosen.clone());
        Callback::from(move |event: InputEvent| {
            query.set(event.target_unchecked_into::<HtmlInputElement>().value());
            chosen.set(0);
        })
    };
    let onkeydown = {
        let (run, chosen) = (run.clone(), chosen.clone());
        let (action, count) = (found.get(chosen_now).map(|(_, action)| action.clone()), found.len());
        Callback::from(move |event: KeyboardEvent| {
            match &*event.key() {
                "ArrowDown" => chosen.set((chosen_now + 1) % count.max(1)),
                "ArrowUp" => chosen.set((chosen_now + count.max(1) - 1) % count.max(1)),
                "Enter" => {
                    if let Some(action) = action.clone() {
                        run(action);
                    }
                }
                _ => return,
            }
            event.prevent_default();
        })
    };
    let items = found.iter().enumerate().map(|(i, (name, action))| {
        let (key, run, action) = (shortcut(action), run.clone(), action.clone());
        let onclick = Callback::from(move |_: MouseEvent| run(action.clone()));
        html! {
            <li role="option" id={format!("palette-{i}")} aria-selected={(i == chosen_now).to_string()} {onclick}>
                <span>{name}</span>
                { for key.map(|key| html! { <kbd>{key}</kbd> }) }
            </li>
        }
    });
    html! {
        <Modal class="palette" title={words.palette} close={words.close} send={props.send.clone()}>
            <input
                autofocus=true role="combobox" aria-expanded="true" aria-controls="palette-list" aria-label={words.palette}
                aria-activedescendant={format!("palette-{chosen_now}")} placeholder={words.palette_hint}
                value={(*query).clone()} {oninput} {onkeydown}
            />
            <ul role="listbox" id="palette-list" aria-label={words.palette}>{ for items }</ul>
        </Modal>
    }
}

/// Whether every word of the query is in the name.
pub fn matches(name: &str, query: &str) -> bool {
    let name = name.to_lowercase();
    query.to_lowercase().split_whitespace().all(|word| name.contains(word))
}

fn everything(props: &PaletteProps) -> Vec<(String, Action)> {
    let (words, state) = (props.lang.words(), &props.state);
    let mut all: Vec<(String, Action)> = Vec::new();
    let rows = props.shown.as_ref().map_or(&[][..], |shown| &shown.scene.rows);
    if let Some(lane) = &state.lane {
        all.extend(offers(rows, lane, words));
    }
    let changes = props.story.iter().flat_map(|story| &story.changes);
    for trial in changes.flat_map(|change| &change.trials) {
        all.push((format!("{} {}", words.try_it, trial.label), Action::Try(trial.clone())));
    }
    let mut add = |name: &str, action: Action| all.push((name.to_owned(), action));
    add(words.gallery, Action::Dialog(Some(Dialog::Gallery)));
    add(words.share, Action::Dialog(Some(Dialog::Share)));
    add(words.seeds, Action::Dialog(Some(Dialog::Seeds)));
    add(words.compare_on, Action::Compare(true));
    add(words.compare_off, Action::Compare(false));
    add(words.beside, Action::Beside(!state.beside));
    add(if state.playing { words.pause } else { words.play }, Action::TogglePlay);
    add(words.fold, Action::Fold(!state.folded));
    add(words.fit, Action::View(View::ALL));
    add(words.undo, Action::Undo);
    add(words.redo, Action::Redo);
    for tab in Tab::ALL {
        add(inspector::name(tab, words), Action::Tab(tab));
    }
    add(words.language, Action::Lang(props.lang.other()));
    add(words.next_theme, Action::Theme(state.theme.next()));
    add(words.help, Action::Dialog(Some(Dialog::Help)));
    for chapter in CHAPTERS {
        let title = format!("{}: {}", words.tour, chapter.title(props.lang));
        add(&title, Action::Visit(Some(Visit::Chapter(chapter.name))));
    }
    for example in EXAMPLES {
        let title = format!("{}: {}", words.example, example.title(props.lang));
        add(&title, Action::Visit(Some(Visit::Example(example.name))));
    }
    for lane in rows.iter().map(|row| &row.lane) {
        if !lane.about.kind.is_empty() && lane.about.container.is_empty() {
            let key: Rc<str> = lane.key.as_str().into();
            add(&format!("{} {}", lane.about.kind, lane.about.name), Action::Lane(key));
        }
    }
    all
}
