//! The page follows the tour: to what a step is about, and into the page's language.

use crate::app::Results;
use crate::browser;
use crate::engine::Engine;
use crate::guide::{self, CHAPTERS, Guide};
use crate::protocol::Find;
use crate::state::{Action, State};
use lifepod_timeline::View;
use yew::platform::spawn_local;
use yew::prelude::*;

/// Goes to what the tour's step is about, as soon as its run is on the screen.
#[hook]
pub fn use_arrival(
    state: &UseReducerHandle<State>,
    results: &UseReducerHandle<Results>,
    engine: &Engine,
    send: Callback<Action>,
) {
    let is_latest = results.answered == state.revision && !results.stale;
    let shown = results.shown.clone().filter(|shown| is_latest && shown.show.run == results.drawn);
    let step = state.guide.as_ref().filter(|guide| guide.arriving && shown.is_some());
    let step = step.map(|guide| (guide.index, guide.step));
    use_effect_with(step, {
        let (state, results, engine) = (state.clone(), results.clone(), engine.clone());
        move |_| {
            let (Some(guide), Some(shown), true) = (&state.guide, shown, step.is_some()) else {
                return;
            };
            let now = guide.now();
            let view = now.span.map_or(View::ALL, |(from, to)| View::between(&shown.axis, from, to));
            send.emit(Action::View(view));
            match &now.moment {
                Some(moment) => engine.find(Find { run: results.drawn, moment: moment.clone() }),
                None => send.emit(Action::Arrive { at: now.time.unwrap_or(state.cursor), entry: None }),
            }
        }
    });
}

/// What a step of the tour is about is brought into view, where the page is longer than the screen.
#[hook]
pub fn use_step_in_view(step: Option<(usize, usize)>, state: &State) {
    let part = state.guide.as_ref().and_then(|guide| guide.now().show.clone());
    use_effect_with((step, part), |(_, part)| {
        let part = part.as_ref().and_then(|part| {
            // As in static/css/guide.css.
            let class = match part.as_str() {
                "inspector" => ".inspector-panel",
                "shell" => ".inspector-shell",
                "editor" => ".editor",
                _ => ".timeline",
            };
            browser::document().query_selector(class).ok()?
        });
        if let Some(part) = part {
            part.scroll_into_view_with_bool(true);
        }
    });
}

/// Goes on with the tour in the page's language.
#[hook]
pub fn use_translated_guide(state: &UseReducerHandle<State>, send: Callback<Action>) {
    let lang = state.lang;
    let foreign = state.guide.as_ref().filter(|guide| guide.lang != lang);
    let foreign = foreign.map(|guide| (CHAPTERS[guide.index].name, guide.step));
    use_effect_with((foreign, lang), move |(foreign, lang)| {
        let Some((name, step)) = *foreign else { return };
        let lang = *lang;
        spawn_local(async move {
            if let Some(guide) = guide::read(name, lang, step).await {
                send.emit(Action::Guide(Some(Guide { arriving: false, ..guide })));
            }
        });
    });
}
