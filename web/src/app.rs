//! The page: one state, the worker's last answers, and the parts that show them.

use crate::browser::{self, keep, kept};
use crate::dialogs::{Gallery, Help, Palette, Seeds, Share};
use crate::edit;
use crate::editor::{self, Editor};
use crate::engine::{Engine, News, SharedDrawing};
use crate::guide::{Guide, GuideView, use_arrival, use_step_in_view, use_translated_guide};
use crate::hooks::{use_address, use_drop, use_kept_text, use_keys, use_said, use_visit};
use crate::i18n::Lang;
use crate::inspector::Inspector;
use crate::keys;
use crate::playback::use_playback;
use crate::protocol::{
    Ask, Came, Diagnostic, Drawing, Look, Pane, Printed, Ran, Run, Seen, Show, Shown, Side, Story, Typed,
};
use crate::rest;
use crate::share::Shared;
use crate::splitter::{Part, Sizes, Splitter};
use crate::state::{Action, Dialog, FIRST_LOOK, State, Tab, Theme};
use crate::timeline::Timeline;
use crate::toolbar::Toolbar;
use gloo::timers::callback::Timeout;
use lifepod_api::SimTime;
use lifepod_timeline::{Frame, View};
use std::rc::Rc;
use yew::prelude::*;

/// What a first visit finds in the editor.
const FIRST_TEXT: &str = include_str!("../../static/examples/hello.yaml");

/// What the worker last said. Results, and so no part of the [`State`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Results {
    /// The last timeline that could be made; it stays while the text is broken.
    pub drawing: Option<SharedDrawing>,
    /// What is to be said of the latest text.
    pub diagnostics: Rc<[Diagnostic]>,
    /// How many milliseconds the last run took, from the keystroke to the answer.
    pub took_ms: Option<f64>,
    /// The number of the last run that was answered for in full, well or not.
    pub answered: u32,
    /// The number of the run that the timeline shows; 0 before there is one.
    pub drawn: u32,
    /// Whether the text has moved on and the timeline could not.
    pub stale: bool,
    /// Its lanes, as far as they are seen.
    pub shown: Option<Rc<Shown>>,
    /// The lanes of the run that it is compared with.
    pub other_shown: Option<Rc<Shown>>,
    /// The timeline as SVG, and its height, when it was last asked for.
    pub picture: Option<Rc<(String, f64)>>,
    /// The cluster at the cursor.
    pub seen: Option<Rc<Seen>>,
    /// Why the selected entry happened.
    pub story: Option<Rc<Story>>,
    /// What typed commands printed, the latest last.
    pub typed: Rc<[Printed]>,
    /// A line at the prompt, and the words that may stand at its end.
    pub completed: Option<Rc<(String, Vec<String>)>>,
    /// The run that this one is compared with.
    pub other: Option<SharedDrawing>,
    /// Something about the run that is no matter of the text.
    pub trouble: Option<Trouble>,
    /// How often what was asked is to be asked again: an answer was lost.
    pub again: u32,
}

/// What went wrong besides the text.
#[derive(Clone, Debug, PartialEq)]
pub enum Trouble {
    /// The run was ended, because it took too long.
    TooSlow,
    /// The simulator has a bug.
    Crashed(String),
    /// The text could not be kept for the next visit.
    NotKept,
}

impl Results {
    fn after(&self, news: News) -> Results {
        let mut results = self.clone();
        match news {
            News::Ran(ran, took_ms) => results.ran(ran, took_ms),
            // What was asked of an older run comes too late.
            News::Shown(shown) if shown.show.run != results.drawn => {}
            News::Shown(shown) => match shown.show.side {
                Side::This => results.shown = Some(Rc::new(shown)),
                Side::Other => results.other_shown = Some(Rc::new(shown)),
            },
            News::Picture(svg, height) => results.picture = Some(Rc::new((svg, height))),
            News::Seen(seen) if seen.look.run != results.drawn => {}
            News::Seen(seen) => results.seen = Some(Rc::new(seen)),
            News::Story(story) => results.story = story.map(Rc::new),
            News::Printed(printed) => {
                const KEPT: usize = 12;
                let from = (results.typed.len() + 1).saturating_sub(KEPT);
                results.typed = results.typed[from..].iter().cloned().chain([printed]).collect();
            }
            News::Completed(line, words) => results.completed = Some(Rc::new((line, words))),
            // The state's business, not the results'.
            News::Act(_) | News::Found(..) => {}
            News::RestCame => {
                let missed =
                    |trouble: &Trouble| matches!(trouble, Trouble::Crashed(words) if rest::is_missing(words));
                if results.trouble.as_ref().is_some_and(missed) {
                    (results.trouble, results.stale) = (None, false);
                    results.again += 1;
                }
            }
            News::TooSlow(id) => {
                (results.answered, results.stale) = (results.answered.max(id), true);
                results.trouble = Some(Trouble::TooSlow);
            }
            News::Crashed(id, words) => {
                (results.answered, results.stale) = (results.answered.max(id.unwrap_or(0)), true);
                results.trouble = Some(Trouble::Crashed(words));
            }
        }
        results
    }

    /// The story on the screen: it stays until the next one is told, and goes with the selection.
    pub fn told(&self, state: &State) -> Option<Rc<Story>> {
        self.story.clone().filter(|_| state.selected.is_some())
    }

    fn ran(&mut self, ran: Ran, took_ms: f64) {
        let under_way = self.drawing.as_ref().is_some_and(|drawing| drawing.reached.is_some());
        // A broken text has been answered for while the one before it was still being run.
        let is_latest = ran.id > self.answered;
        if is_latest {
            self.diagnostics = ran.diagnostics.into();
            (self.trouble, self.stale) = (None, matches!(ran.came, Came::Nothing(_)));
            if !matches!(&ran.came, Came::New(drawing, _) if drawing.reached.is_some()) {
                (self.answered, self.took_ms) = (ran.id, Some(took_ms));
            }
        }
        match ran.came {
            Came::New(drawing, shown) => {
                // A new worker repeats the run that is on the screen: no news.
                if ran.id > self.drawn || (ran.id == self.drawn && under_way) {
                    (self.drawing, self.drawn) = (Some((*drawing).into()), ran.id);
                    (self.shown, self.picture) = (shown.map(Rc::from), None);
                }
            }
            Came::Same(handles) => {
                let moved = self.drawing.as_deref().filter(|drawing| drawing.handles != handles);
                if let Some(drawing) = moved {
                    self.drawing = Some(Drawing { handles, ..drawing.clone() }.into());
                }
            }
            Came::Nothing(_) => {}
        }
    }
}

impl Reducible for Results {
    type Action = ResultsAction;
    fn reduce(self: Rc<Self>, action: ResultsAction) -> Rc<Self> {
        Rc::new(match action {
            ResultsAction::News(news) => self.after(*news),
            ResultsAction::NotKept => Results { trouble: Some(Trouble::NotKept), ..(*self).clone() },
            ResultsAction::Compare(true) => Results { other: self.drawing.clone(), ..(*self).clone() },
            ResultsAction::Compare(false) => Results { other: None, other_shown: None, ..(*self).clone() },
        })
    }
}

/// What can happen to the [`Results`].
pub enum ResultsAction {
    /// The worker said something.
    News(Box<News>),
    /// The text could not be kept.
    NotKept,
    /// Later runs are compared with the present one, or with none.
    Compare(bool),
}

/// The language of the last visit, else the browser's.
pub fn language() -> Lang {
    let system = || browser::window().navigator().language().unwrap_or_default();
    Lang::tagged(&kept::<String>("lifepod.lang").unwrap_or_else(system))
}

/// The state that a visit begins with: what a link holds, else what the last visit kept.
fn first_state(props: &AppProps) -> State {
    let linked = props.linked.as_ref();
    let fragment = browser::fragment();
    let lost = fragment.is_some() && linked.is_none();
    let text = linked.map(|linked| linked.text.clone()).or_else(|| kept::<String>("lifepod.text"));
    State {
        text: text.map_or(FIRST_TEXT.into(), Into::into),
        seed: linked.and_then(|linked| linked.seed),
        horizon: linked.and_then(|linked| linked.horizon),
        end: SimTime::MAX,
        revision: 1,
        cursor: linked.and_then(|linked| linked.cursor).unwrap_or(FIRST_LOOK),
        view: linked.map_or(View::ALL, |linked| linked.view),
        selected: None,
        playing: false,
        speed: 10.0,
        tab: props.guide.as_ref().and_then(|guide| guide.now().tab).unwrap_or(Tab::Why),
        beside: false,
        folded: linked.is_none_or(|linked| linked.folded),
        shown: lifepod_timeline::Shown::default(),
        lane: props.guide.as_ref().and_then(|guide| guide.now().lane()),
        measure: None,
        menu: None,
        dialog: None,
        pushed: 0,
        note: linked.map(|linked| linked.note.clone()).unwrap_or_default().into(),
        address: fragment.filter(|_| linked.is_some()).unwrap_or_default().as_str().into(),
        visiting: None,
        guide: props.guide.clone(),
        said: lost.then(|| language().words().lost_link.into()),
        lang: language(),
        theme: Theme::named(&kept::<String>("lifepod.theme").unwrap_or_default()),
    }
}

/// What [`App`] is given.
#[derive(Properties, PartialEq)]
pub struct AppProps {
    /// What the page's address holds.
    pub linked: Option<Shared>,
    /// The chapter of the tour that it names.
    pub guide: Option<Guide>,
}

/// The page.
#[component]
pub fn App(props: &AppProps) -> Html {
    let state = use_reducer(|| first_state(props));
    let results = use_reducer(Results::default);
    let sizes = use_state_eq(Sizes::kept);
    let send = use_callback((), {
        let (dispatch, results) = (state.dispatcher(), results.dispatcher());
        move |action: Action, ()| {
            match &action {
                // What is done in the past makes another future; the old one stays to be compared with.
                Action::Act(_) | Action::Move(..) | Action::Try(_) | Action::Do(_) => {
                    results.dispatch(ResultsAction::Compare(true))
                }
                Action::Compare(on) => results.dispatch(ResultsAction::Compare(*on)),
                Action::Open(_) => results.dispatch(ResultsAction::Compare(false)),
                Action::Undo => editor::undo(),
                Action::Redo => editor::redo(),
                _ => {}
            }
            dispatch.dispatch(action);
        }
    });
    let engine = use_memo((), {
        let (dispatch, send) = (results.dispatcher(), send.clone());
        move |()| {
            Engine::start(Callback::from(move |news| match news {
                News::Act(line) => {
                    send.emit(Action::Act(format!("kubectl: {}", edit::quoted(&line)).as_str().into()));
                }
                News::Found(at, entry) => send.emit(Action::Arrive { at, entry: Some(entry) }),
                news => dispatch.dispatch(ResultsAction::News(Box::new(news))),
            }))
        }
    });

    use_effect_with(results.other.clone(), {
        let engine = engine.clone();
        move |other| engine.compare(other.is_some())
    });
    // Every change of a cause is a new run; the worker takes the latest. No effect: those wait until the page is drawn,
    // and the worker need not.
    use_memo(state.revision, {
        let (engine, state) = (engine.clone(), state.clone());
        move |id| {
            let text = state.text.to_string();
            let lang = state.lang.core();
            engine.run(Run { id: *id, text, seed: state.seed, horizon: state.horizon, lang });
        }
    });
    let end = results.drawing.as_ref().map_or(SimTime::ZERO, |drawing| drawing.horizon);
    use_effect_with((results.drawn, end), {
        let send = send.clone();
        move |(drawn, end)| {
            if *drawn > 0 {
                send.emit(Action::End(*end));
            }
        }
    });
    // Who pastes a pod of a cluster asks about what it was like when it was copied, unless a link says otherwise.
    let recorded = results.drawing.as_ref().and_then(|drawing| drawing.recorded);
    let is_placed = results.drawn == 1 && props.linked.as_ref().is_some_and(|linked| linked.cursor.is_some());
    use_effect_with(recorded, {
        let send = send.clone();
        move |recorded| {
            if let Some(at) = recorded.filter(|_| !is_placed) {
                send.emit(Action::Seek(at));
            }
        }
    });
    let lane = state.lane.as_deref().map(str::to_owned);
    let look = Look { run: results.drawn, at: state.cursor, view: view_of(state.tab), lane };
    use_effect_with((look.clone(), results.again), {
        let engine = engine.clone();
        move |(look, _)| {
            if look.run > 0 {
                engine.look(look.clone());
            }
        }
    });
    let ask = state.selected.map(|entry| Ask { run: results.drawn, entry });
    use_effect_with((ask, results.again), {
        let engine = engine.clone();
        move |(ask, _)| {
            if let Some(ask) = ask {
                engine.why(*ask);
            }
        }
    });
    use_arrival(&state, &results, &engine, send.clone());
    use_translated_guide(&state, send.clone());
    let type_ = {
        let (engine, run, at) = (engine.clone(), results.drawn, state.cursor);
        Callback::from(move |(line, entered): (String, bool)| {
            engine.kubectl(Typed { run, at, line }, entered)
        })
    };
    let see = use_callback((), {
        let engine = engine.clone();
        move |show: Show, ()| engine.show(show)
    });
    use_effect_with((state.dialog == Some(Dialog::Share), results.drawn), {
        let (engine, state) = (engine.clone(), state.clone());
        move |(sharing, run)| {
            if *sharing && *run > 0 {
                let (view, folded, shown) = (state.view, state.folded, state.shown.clone());
                let frame = Frame { shown, view, folded, ..Frame::default() };
                engine.picture(Show { side: Side::This, run: *run, other: 0, beside: false, frame });
            }
        }
    });
    use_drop(send.clone());
    use_said(state.said.clone(), send.clone());

    use_kept_text(&state, results.dispatcher());
    use_address(state.address.clone());
    use_step_in_view(state.guide.as_ref().map(|guide| (guide.index, guide.step)), &state);
    use_visit(&state, send.clone());
    // Lanes, or that there are none.
    let lanes = if results.drawing.is_some() { results.shown.is_some() } else { results.answered > 0 };
    let first_words = lanes || results.trouble.is_some();
    use_effect_with(first_words, {
        let engine = engine.clone();
        move |spoken| {
            if *spoken {
                // The frame with the timeline goes first.
                let after = move || {
                    editor::load();
                    engine.fetch_rest();
                };
                Timeout::new(0, after).forget();
            }
        }
    });
    use_effect_with(state.lang, |lang| {
        rest::set_words(lang.words().rest_missing, lang.words().reload);
        keep("lifepod.lang", lang.tag());
        set_root("lang", lang.tag());
    });
    use_effect_with(state.theme, |theme| {
        keep("lifepod.theme", theme.name());
        set_root("data-theme", theme.name());
    });
    use_effect_with(results.drawing.as_ref().map(|drawing| drawing.title.clone()), |title| {
        let name = title.as_deref().filter(|title| !title.is_empty());
        browser::document().set_title(&name.map_or("lifepod".to_owned(), |name| format!("{name} – lifepod")));
    });
    use_keys(&state, &results, send.clone());
    use_playback(state.playing, send.clone());

    let story = results.told(&state).filter(|_| !is_blank(&state));
    let settled = (results.drawn == 0 || results.seen.as_ref().is_some_and(|seen| seen.look == look))
        && ask.is_none_or(|ask| results.story.as_ref().is_some_and(|story| story.ask == ask));
    let what_if = {
        let (state, shown, send) = (state.clone(), results.shown.clone(), send.clone());
        Callback::from(move |_: MouseEvent| {
            let action = shown.as_ref().and_then(|shown| keys::what_if(&state, &shown.scene));
            action.into_iter().for_each(|action| send.emit(action));
        })
    };
    let marks = use_memo(story.clone(), |story| {
        let fields = story.iter().flat_map(|story| &story.steps).flat_map(|step| &step.fields);
        fields.filter_map(|field| Some(field.place?.0)).collect::<Rc<[u32]>>()
    });
    html! {
        <div class="page" style={sizes.style()} data-show={state.guide.as_ref().and_then(|guide| guide.now().show.clone())}>
            <Toolbar
                lang={state.lang}
                theme={state.theme}
                seed={state.seed.or(results.drawing.as_ref().map(|drawing| drawing.seed))}
                horizon={state.horizon}
                end={end}
                version={results.drawing.as_ref().map(|drawing| drawing.version)}
                cursor={state.cursor}
                playing={state.playing}
                speed={state.speed}
                what_if={what_if}
                send={send.clone()}
            />
            if let Some(guide) = state.guide.clone() {
                <GuideView lang={state.lang} {guide} send={send.clone()} />
            }
            <Editor
                lang={state.lang}
                text={state.text.clone()}
                pushed={state.pushed}
                diagnostics={results.diagnostics.clone()}
                marks={marks.as_ref().clone()}
                trouble={results.trouble.clone()}
                cut_short={results.drawing.as_ref().is_some_and(|drawing| drawing.cut_short)}
                took_ms={results.took_ms}
                asked={state.revision}
                answered={results.answered}
                send={send.clone()}
            />
            <Splitter part={Part::Editor} label={state.lang.words().editor_width} sizes={sizes.clone()} />
            <div class="timelines">
                if state.beside && results.other.is_some() {
                    { timeline(&state, &results, Side::Other, &see, &send) }
                }
                { timeline(&state, &results, Side::This, &see, &send) }
            </div>
            <Splitter part={Part::Inspector} label={state.lang.words().inspector_height} sizes={sizes.clone()} />
            <Inspector
                lang={state.lang}
                tab={state.tab}
                cursor={state.cursor}
                seen={results.seen.clone().filter(|_| !is_blank(&state))}
                story={story}
                note={state.note.clone()}
                offers_tour={state.guide.is_none()}
                drawing={results.drawing.clone().filter(|_| !is_blank(&state))}
                other={results.other.clone()}
                beside={state.beside}
                typed={results.typed.clone()}
                completed={results.completed.clone()}
                settled={settled}
                type_={type_}
                send={send.clone()}
            />
            { dialog(&state, &results, send) }
            <div class="toast" role="status">{ for state.said.iter().map(|said| html! { <span>{&**said}</span> }) }</div>
        </div>
    }
}

/// The timeline of one of the two runs.
fn timeline(
    state: &State,
    results: &Results,
    side: Side,
    see: &Callback<Show>,
    send: &Callback<Action>,
) -> Html {
    let here = side == Side::This;
    html! {
        <Timeline
            key={side as u8}
            lang={state.lang}
            {side}
            beside={state.beside && results.other.is_some()}
            drawing={results.drawing.clone()}
            seen={if here { results.shown.clone() } else { results.other_shown.clone() }}
            stale={results.stale}
            blank={is_blank(state)}
            other={results.other.as_ref().map_or(0, |other| other.run)}
            cursor={state.cursor}
            view={state.view}
            folded={state.folded}
            shown={state.shown.clone()}
            lane={state.lane.clone()}
            measure={state.measure}
            menu={state.menu.clone().filter(|_| here)}
            selected={state.selected.filter(|_| here)}
            see={see.clone()}
            send={send.clone()}
        />
    }
}

/// The open dialog.
fn dialog(
    state: &UseReducerHandle<State>,
    results: &UseReducerHandle<Results>,
    send: Callback<Action>,
) -> Html {
    let (lang, drawing) = (state.lang, results.drawing.clone());
    let state = || (**state).clone();
    match state().dialog {
        None => Html::default(),
        Some(Dialog::Help) => html! { <Help {lang} {send} /> },
        Some(Dialog::Palette) => {
            html! { <Palette {lang} state={state()} shown={results.shown.clone()} story={results.told(&state())} {send} /> }
        }
        Some(Dialog::Gallery) => html! { <Gallery {lang} {send} /> },
        Some(Dialog::Share) => {
            html! { <Share {lang} state={state()} {drawing} seen={results.seen.clone()} picture={results.picture.clone()} {send} /> }
        }
        Some(Dialog::Seeds) => html! { <Seeds {lang} state={state()} {drawing} {send} /> },
    }
}

/// Whether there is no text, so that what ran last means nothing any more.
fn is_blank(state: &State) -> bool {
    state.text.trim().is_empty()
}

fn view_of(tab: Tab) -> Pane {
    match tab {
        Tab::Why | Tab::Compare => Pane::Pods,
        Tab::Requests => Pane::Requests,
        Tab::Table => Pane::Table,
        Tab::Events => Pane::Events,
        Tab::Yaml => Pane::Yaml,
        Tab::Describe => Pane::Describe,
        Tab::Logs => Pane::Logs,
    }
}

fn set_root(attribute: &str, value: &str) {
    if let Some(root) = browser::document().document_element() {
        // Fails only for a name that is no name.
        let _ = root.set_attribute(attribute, value);
    }
}
