//! What the page remembers: causes only. Everything it shows is derived from this and from the worker's answers.

use crate::dialogs::Note;
use crate::edit;
use crate::guide::{Deed, Guide};
use crate::i18n::Lang;
use crate::protocol::{Handle, Trial};
use lifepod_api::SimTime;
use lifepod_timeline::{Shown, View};
use std::rc::Rc;

/// Where one looks at first: late enough for something to have happened.
pub const FIRST_LOOK: SimTime = SimTime::from_secs(60);

/// The page's state.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// The manifests, as typed.
    pub text: Rc<str>,
    /// Seeds the draws that real Kubernetes takes at random, if not as the text says.
    pub seed: Option<u64>,
    /// How far the simulation shall run, if not as the text says.
    pub horizon: Option<SimTime>,
    /// Where the run on the screen ends; the cursor goes no further.
    pub end: SimTime,
    /// Numbers the runs: counts the changes of what determines one.
    pub revision: u32,
    /// The instant that is looked at; never past the end.
    pub cursor: SimTime,
    /// The part of the time axis that is shown.
    pub view: View,
    /// The trace entry that "why" explains.
    pub selected: Option<u32>,
    /// Whether the cursor moves by itself.
    pub playing: bool,
    /// Simulated seconds for each second of playing.
    pub speed: f64,
    /// The open tab of the inspector.
    pub tab: Tab,
    /// Whether the run that this one is compared with is shown in full above it.
    pub beside: bool,
    /// Whether quiet times are folded away.
    pub folded: bool,
    /// Which lanes are shown.
    pub shown: Shown,
    /// The lane that keys are about.
    pub lane: Option<Rc<str>>,
    /// Two instants with a measure between them.
    pub measure: Option<(SimTime, SimTime)>,
    /// The open menu of what can be done to something.
    pub menu: Option<Menu>,
    /// The open dialog.
    pub dialog: Option<Dialog>,
    /// Counts the texts that came from elsewhere than the editor.
    pub pushed: u32,
    /// What the opened example says about itself.
    pub note: Rc<Note>,
    /// What the page's address says after `#`: where the text came from, until it is changed.
    pub address: Rc<str>,
    /// What is on its way to be opened.
    pub visiting: Option<Visit>,
    /// Where the reader is in the guided tour; none outside it.
    pub guide: Option<Guide>,
    /// What was just done, to be said in passing.
    pub said: Option<Rc<str>>,
    /// The page's language.
    pub lang: Lang,
    /// The page's colours.
    pub theme: Theme,
}

/// A menu of what can be done to what a lane is about.
#[derive(Clone, Debug, PartialEq)]
pub struct Menu {
    /// The lane's key.
    pub lane: Rc<str>,
    /// Where it opens, in pixels from the page's corner.
    pub x: i32,
    pub y: i32,
}

/// Something that has a link of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visit {
    /// An example, by its name.
    Example(&'static str),
    /// A chapter of the tour, by its name.
    Chapter(&'static str),
}

/// A text to be opened.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Opened {
    pub text: Rc<str>,
    /// What it says about itself.
    pub note: Rc<Note>,
    /// Where to look at first.
    pub at: Option<SimTime>,
    /// The part of its link after `#`; empty where it has none.
    pub address: Rc<str>,
}

/// What lies over the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialog {
    /// The keys.
    Help,
    /// Everything that can be done, to be searched.
    Palette,
    /// The examples.
    Gallery,
    /// Ways to pass this run on.
    Share,
    /// The same text with many seeds.
    Seeds,
}

/// The inspector's tabs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tab {
    /// The chain of causes of the selected entry.
    Why,
    /// `kubectl get events` at the cursor.
    Events,
    /// The pod's status as YAML at the cursor.
    Yaml,
    /// `kubectl describe pod` at the cursor.
    Describe,
    /// `kubectl logs` at the cursor.
    Logs,
    /// What became of the clients' requests until the cursor.
    Requests,
    /// Everything that happened, line by line.
    Table,
    /// This run beside another.
    Compare,
}

impl Tab {
    /// All tabs, from left to right.
    pub const ALL: [Tab; 8] =
        [Tab::Why, Tab::Events, Tab::Yaml, Tab::Describe, Tab::Logs, Tab::Requests, Tab::Table, Tab::Compare];

    /// The tab of that name, as the tour's chapters have it.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "why" => Tab::Why,
            "events" => Tab::Events,
            "yaml" => Tab::Yaml,
            "describe" => Tab::Describe,
            "logs" => Tab::Logs,
            "requests" => Tab::Requests,
            "table" => Tab::Table,
            "compare" => Tab::Compare,
            _ => return None,
        })
    }
}

/// Light or dark, or as the system has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// As the system has it.
    Auto,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// The value of `data-theme` on the root element.
    pub fn name(self) -> &'static str {
        match self {
            Theme::Auto => "auto",
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }

    /// The theme of that name; the system's for any other.
    pub fn named(name: &str) -> Self {
        match name {
            "light" => Theme::Light,
            "dark" => Theme::Dark,
            _ => Theme::Auto,
        }
    }

    /// The next one when a person clicks through them.
    pub fn next(self) -> Self {
        match self {
            Theme::Auto => Theme::Light,
            Theme::Light => Theme::Dark,
            Theme::Dark => Theme::Auto,
        }
    }
}

/// Everything that can happen to the [`State`].
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// The text was edited.
    Edit(Rc<str>),
    /// Something is to be fetched and opened; or nothing any more.
    Visit(Option<Visit>),
    /// Another text was opened.
    Open(Opened),
    /// Something is done at the cursor, in the words of a Scenario's action.
    Act(Rc<str>),
    /// An action of the text happens at another time.
    Move(Handle, SimTime),
    /// What would have changed the course of things is tried, and compared with the run that there is.
    Try(Trial),
    /// The tour is opened at a chapter, or left.
    Guide(Option<Guide>),
    /// Another step of the chapter is shown.
    Step(usize),
    /// The page goes to what the step is about: an instant, and the entry where it is about one.
    Arrive { at: SimTime, entry: Option<u32> },
    /// The reader does what the step offers.
    Do(Deed),
    /// This run is kept, for later ones to be compared with; or no longer.
    Compare(bool),
    /// The kept run is shown in full above the present one, or only where it differs.
    Beside(bool),
    /// Another seed was chosen.
    Seed(u64),
    /// Another horizon was chosen; none is the text's own.
    Horizon(Option<SimTime>),
    /// A run is on the screen that ends there.
    End(SimTime),
    /// The cursor was put somewhere.
    Seek(SimTime),
    /// The cursor was moved by so many microseconds.
    Nudge(i64),
    /// An entry of the trace was chosen; the cursor goes to its time.
    Select { entry: u32, at: SimTime },
    /// Nothing is chosen any more.
    Deselect,
    /// Another part of the time axis is shown.
    View(View),
    /// Everything shown grows by a factor; what is at this part of the axis stays where it is.
    Zoom { factor: f64, at: f64 },
    /// The shown part moves by a part of its width.
    Pan(f64),
    /// Playing begins or pauses.
    TogglePlay,
    /// So many milliseconds of playing went by.
    Tick(f64),
    /// Another speed was chosen.
    Speed(f64),
    /// A tab was opened.
    Tab(Tab),
    /// Quiet times are folded, or shown in full.
    Fold(bool),
    /// A lane was opened or closed.
    Toggle(Rc<str>),
    /// A lane was pinned or let go.
    Pin(Rc<str>),
    /// Other lanes are searched for.
    Filter(Rc<str>),
    /// Keys are about this lane now.
    Lane(Rc<str>),
    /// The distance of two instants is asked for.
    Measure(Option<(SimTime, SimTime)>),
    /// A menu was opened or closed.
    Menu(Option<Menu>),
    /// A dialog was opened or closed.
    Dialog(Option<Dialog>),
    /// The last change of the text is taken back, …
    Undo,
    /// … or what was taken back is done again.
    Redo,
    /// Something was done that is to be said, …
    Say(Rc<str>),
    /// … and was said for long enough.
    Hush,
    /// Another language was chosen.
    Lang(Lang),
    /// Another theme was chosen.
    Theme(Theme),
}

impl State {
    /// The state after the action.
    pub fn after(&self, action: Action) -> State {
        let mut state = self.clone();
        match action {
            Action::Edit(_)
            | Action::Open(_)
            | Action::Act(_)
            | Action::Move(..)
            | Action::Try(_)
            | Action::Do(_)
            | Action::Seed(_)
            | Action::Horizon(_) => {
                state.revision += 1;
                state.menu = None;
                // Numbers of entries mean nothing in another run.
                state.selected = None;
                // No link leads to what somebody made of it.
                state.address = "".into();
            }
            // The same run, in other words.
            Action::Lang(_) => state.revision += 1,
            _ => {}
        }
        match action {
            Action::Edit(text) => state.text = text,
            Action::Visit(visit) => state.visiting = visit,
            Action::Open(opened) => {
                state.push(opened.text);
                (state.note, state.tab, state.view) = (opened.note, Tab::Why, View::ALL);
                (state.address, state.visiting) = (opened.address, None);
                state.cursor = opened.at.unwrap_or(FIRST_LOOK);
                (state.seed, state.horizon, state.measure) = (None, None, None);
                (state.shown, state.lane, state.dialog) = (Shown::default(), None, None);
                state.guide = None;
            }
            Action::Guide(guide) => {
                match &guide {
                    Some(guide) if guide.arriving => state.address = guide.address(),
                    Some(_) => {}
                    None => state.address = "".into(),
                }
                state.guide = guide;
                state.begin_step();
            }
            Action::Step(step) => {
                if let Some(guide) = &mut state.guide {
                    guide.step = step.min(guide.chapter.steps.len() - 1);
                    guide.arriving = true;
                    // Once the reader has changed the text, the address no longer speaks for it.
                    if !state.address.is_empty() {
                        state.address = guide.address();
                    }
                }
                state.begin_step();
            }
            Action::Arrive { at, entry } => {
                (state.cursor, state.playing) = (at.min(state.end), false);
                // A step that opens another tab is about what that shows, not about why.
                state.selected = entry.filter(|_| state.tab == Tab::Why);
                if let Some(guide) = &mut state.guide {
                    guide.arriving = false;
                }
            }
            Action::Do(Deed::Act(what)) => {
                state.push(edit::add_action(&state.text, state.cursor, &what).into());
            }
            Action::Do(Deed::Change { words, with }) => {
                state.push(state.text.replacen(&words, &with, 1).into())
            }
            Action::Act(what) => state.push(edit::add_action(&state.text, state.cursor, &what).into()),
            Action::Move(handle, at) => {
                state.push(edit::move_action(&state.text, &handle, at).into());
                state.cursor = at;
            }
            Action::Try(trial) => {
                state.push(edit::apply(&state.text, &trial.changes).into());
                state.tab = Tab::Compare;
                state.said = Some(format!("{} {}", state.lang.words().tried, trial.label).into());
            }
            Action::Compare(on) => {
                if on {
                    state.tab = Tab::Compare;
                } else {
                    state.beside = false;
                }
            }
            Action::Beside(on) => state.beside = on,
            Action::Seed(seed) => state.seed = Some(seed),
            Action::Horizon(horizon) => state.horizon = horizon,
            Action::End(end) => {
                state.end = end;
                state.cursor = state.cursor.min(end);
            }
            // A person who takes the cursor wants to look, not to watch.
            Action::Seek(at) => {
                state.cursor = at.min(state.end);
                state.playing = false;
            }
            Action::Nudge(by) => {
                state.cursor = SimTime(state.cursor.0.saturating_add_signed(by)).min(state.end);
                state.playing = false;
            }
            Action::Select { entry, at } => {
                state.selected = Some(entry);
                state.cursor = at.min(state.end);
                state.tab = Tab::Why;
                state.playing = false;
            }
            Action::Deselect => state.selected = None,
            Action::View(view) => state.view = view,
            Action::Zoom { factor, at } => state.view = state.view.zoomed(factor, at),
            Action::Pan(by) => state.view = state.view.panned(by),
            Action::TogglePlay => {
                state.playing = !state.playing;
                if state.playing && state.cursor == state.end {
                    state.cursor = SimTime::ZERO;
                }
            }
            Action::Tick(ms) => {
                let by = SimTime::from_secs_f64(ms / 1e3 * state.speed);
                state.cursor = (state.cursor + by).min(state.end);
                state.playing = state.playing && state.cursor < state.end;
            }
            Action::Speed(speed) => state.speed = speed,
            Action::Tab(tab) => state.tab = tab,
            Action::Fold(folded) => (state.folded, state.view) = (folded, View::ALL),
            Action::Toggle(key) => state.shown.toggle(&key),
            Action::Pin(key) => state.shown.pin(&key),
            Action::Filter(filter) => state.shown.filter = filter.to_string(),
            Action::Lane(key) => state.lane = Some(key),
            Action::Measure(measure) => state.measure = measure,
            Action::Menu(menu) => {
                if let Some(menu) = &menu {
                    state.lane = Some(menu.lane.clone());
                }
                state.menu = menu;
            }
            Action::Dialog(dialog) => (state.dialog, state.menu) = (dialog, None),
            // The editor keeps the past; the page hears of it as of any other edit.
            Action::Undo | Action::Redo => {}
            Action::Say(words) => state.said = Some(words),
            Action::Hush => state.said = None,
            Action::Lang(lang) => state.lang = lang,
            Action::Theme(theme) => state.theme = theme,
        }
        state
    }

    /// Shows what the tour's step wants shown; the cursor follows when the run is there.
    fn begin_step(&mut self) {
        if let Some(guide) = self.guide.as_ref().filter(|guide| guide.arriving) {
            self.tab = guide.now().tab.unwrap_or(Tab::Why);
            self.lane = guide.now().lane();
            (self.selected, self.measure, self.playing) = (None, None, false);
        }
    }

    /// Takes a text that the editor does not have yet.
    fn push(&mut self, text: Rc<str>) {
        self.text = text;
        self.pushed += 1;
    }
}

impl yew::Reducible for State {
    type Action = Action;
    fn reduce(self: Rc<Self>, action: Action) -> Rc<Self> {
        Rc::new(self.after(action))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> State {
        State {
            text: "".into(),
            seed: None,
            horizon: None,
            end: SimTime::from_secs(600),
            revision: 1,
            cursor: SimTime::from_secs(60),
            view: View::ALL,
            selected: Some(7),
            playing: false,
            speed: 10.0,
            tab: Tab::Yaml,
            beside: false,
            folded: true,
            shown: Shown::default(),
            lane: None,
            measure: None,
            menu: None,
            dialog: None,
            pushed: 0,
            note: Rc::default(),
            address: "".into(),
            visiting: None,
            guide: None,
            said: None,
            lang: Lang::En,
            theme: Theme::Auto,
        }
    }

    #[test]
    fn the_cursor_stays_within_the_run() {
        assert_eq!(state().after(Action::Seek(SimTime::MAX)).cursor, SimTime::from_secs(600));
        assert_eq!(state().after(Action::Nudge(-90_000_000)).cursor, SimTime::ZERO);
        assert_eq!(state().after(Action::End(SimTime::from_secs(30))).cursor, SimTime::from_secs(30));
    }

    #[test]
    fn playing_ends_at_the_horizon_and_begins_anew_from_there() {
        let playing = state().after(Action::TogglePlay);
        assert_eq!(playing.after(Action::Tick(1_000.0)).cursor, SimTime::from_secs(70));
        let ended = playing.after(Action::Tick(1e6));
        assert_eq!((ended.cursor, ended.playing), (SimTime::from_secs(600), false));
        assert_eq!(ended.after(Action::TogglePlay).cursor, SimTime::ZERO);
    }

    #[test]
    fn what_is_done_at_the_cursor_goes_into_the_text() {
        let acted = state().after(Action::Act("kubectl: \"delete pod web\"".into()));
        assert!(acted.text.contains("{at: 1m, kubectl: \"delete pod web\"}"), "{}", acted.text);
        assert_eq!((acted.pushed, acted.revision), (1, 2));
    }

    #[test]
    fn the_address_speaks_for_the_text_until_it_is_changed() {
        let opened = Opened { address: "example=a".into(), text: "a".into(), ..Opened::default() };
        let opened = state().after(Action::Open(opened));
        assert_eq!((&*opened.address, opened.cursor), ("example=a", FIRST_LOOK));
        assert_eq!(&*opened.after(Action::Seek(SimTime::ZERO)).address, "example=a");
        assert_eq!(&*opened.after(Action::Edit("b".into())).address, "");
    }

    #[test]
    fn choosing_an_entry_asks_why() {
        let chosen = state().after(Action::Select { entry: 3, at: SimTime::from_secs(5) });
        assert_eq!((chosen.selected, chosen.cursor, chosen.tab), (Some(3), SimTime::from_secs(5), Tab::Why));
        let edited = chosen.after(Action::Edit("a".into()));
        assert_eq!((edited.selected, edited.revision), (None, 2), "another run has other entries");
    }
}
