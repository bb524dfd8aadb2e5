//! What the page does beside drawing: it listens, keeps what was written, and fetches what is to be opened.

use crate::app::{Results, ResultsAction};
use crate::browser::{self, keep};
use crate::dialogs::{Loaded, load_example, open_file};
use crate::guide;
use crate::keys::{self, Press};
use crate::protocol::Seen;
use crate::share;
use crate::state::{Action, Opened, State, Visit};
use gloo::events::{EventListener, EventListenerOptions};
use gloo::timers::callback::Timeout;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use yew::platform::spawn_local;
use yew::prelude::*;

/// How long after the last keystroke the text is kept, in milliseconds.
const KEEP_AFTER_MS: u32 = 400;

/// Keeps the text a little after the last keystroke, so that typing waits for no disk. What has a link of its own does
/// not take the place of what a person has written.
#[hook]
pub fn use_kept_text(state: &State, results: UseReducerDispatcher<Results>) {
    let own = state.address.is_empty().then(|| state.text.clone());
    use_effect_with(own, move |own| {
        let timer = own.clone().map(|text| {
            Timeout::new(KEEP_AFTER_MS, move || {
                if !keep("lifepod.text", &*text) {
                    results.dispatch(ResultsAction::NotKept);
                }
            })
        });
        move || drop(timer)
    });
}

/// Keeps the page's address to what the text came from. A link that is put in its place by hand is followed.
#[hook]
pub fn use_address(address: Rc<str>) {
    use_effect_with(address, |address| share::set_fragment(address));
    use_effect_with((), |()| {
        let window = browser::window();
        let listener = EventListener::new(&window.clone(), "hashchange", move |_| {
            // Fails only for a page that is going away already.
            let _ = window.location().reload();
        });
        move || drop(listener)
    });
}

/// Fetches what is to be opened.
#[hook]
pub fn use_visit(state: &State, send: Callback<Action>) {
    let lang = state.lang;
    use_effect_with(state.visiting, move |visiting| {
        let Some(visit) = *visiting else { return };
        spawn_local(async move {
            let opened = match visit {
                Visit::Example(name) => load_example(name).await.map(|Loaded { text, note, at }| {
                    let address = format!("example={name}").as_str().into();
                    (Opened { text: text.as_str().into(), note: note.into(), at, address }, None)
                }),
                Visit::Chapter(name) => guide::open(name, lang, 0).await.map(|(guide, text)| {
                    (Opened { text: text.as_str().into(), ..Opened::default() }, Some(guide))
                }),
            };
            match opened {
                Some((opened, guide)) => {
                    send.emit(Action::Open(opened));
                    guide.into_iter().for_each(|guide| send.emit(Action::Guide(Some(guide))));
                }
                None => {
                    send.emit(Action::Visit(None));
                    send.emit(Action::Say(lang.words().not_fetched.into()));
                }
            }
        });
    });
}

/// Opens a file that is dropped anywhere on the page.
#[hook]
pub fn use_drop(send: Callback<Action>) {
    use_effect_with((), move |()| {
        let options = EventListenerOptions::enable_prevent_default();
        let window = browser::window();
        let over =
            EventListener::new_with_options(&window, "dragover", options, |event| event.prevent_default());
        let drop_ = EventListener::new_with_options(&window, "drop", options, move |event| {
            let event: &web_sys::DragEvent = event.unchecked_ref();
            let file = event.data_transfer().and_then(|data| data.files()).and_then(|files| files.get(0));
            if let Some(file) = file {
                event.prevent_default();
                open_file(file, send.clone());
            }
        });
        move || drop((over, drop_))
    });
}

/// What was said in passing goes away after a while.
#[hook]
pub fn use_said(said: Option<Rc<str>>, send: Callback<Action>) {
    const SECONDS: u32 = 4;
    use_effect_with(said, move |said| {
        let some = said.is_some();
        let timer = some.then(|| Timeout::new(SECONDS * 1_000, move || send.emit(Action::Hush)));
        move || drop(timer)
    });
}

/// Listens to the keys of the whole page.
#[hook]
pub fn use_keys(
    state: &UseReducerHandle<State>,
    results: &UseReducerHandle<Results>,
    send: Callback<Action>,
) {
    let now = use_mut_ref(|| (state.clone(), results.clone()));
    *now.borrow_mut() = (state.clone(), results.clone());
    use_effect_with((), move |()| {
        let options = EventListenerOptions::enable_prevent_default();
        let listener =
            EventListener::new_with_options(&browser::window(), "keydown", options, move |event| {
                let event: &web_sys::KeyboardEvent = event.unchecked_ref();
                let Some(press) = Press::of(event) else { return };
                let action = {
                    let (state, results) = &*now.borrow();
                    let (seen, shown) = (results.seen.as_deref(), results.shown.as_deref());
                    let of_run = |seen: &&Seen| seen.look.run == results.drawn;
                    let story = results.told(state);
                    let screen = keys::Screen {
                        story: story.as_deref(),
                        shown,
                        stops: seen.filter(of_run).map_or(&[][..], |seen| &seen.stops),
                    };
                    keys::action(&press, state, &screen)
                };
                if let Some(action) = action {
                    event.prevent_default();
                    send.emit(action);
                }
            });
        move || drop(listener)
    });
}
