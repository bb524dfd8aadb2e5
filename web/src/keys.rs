//! What each key does.

use crate::protocol::{Shown, Story};
use crate::state::{Action, Dialog, Menu, State, Tab};
use crate::timeline::menu_place;
use lifepod_api::SimTime;
use lifepod_timeline::{Scene, Stop, View};
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent};

/// A small step of the cursor, in microseconds.
const STEP: i64 = 1_000_000;

/// A key that was pressed and is meant for the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Press {
    /// As `KeyboardEvent.key` names it.
    pub key: String,
    /// Whether Shift was held.
    pub shift: bool,
    /// Whether Ctrl or ⌘ was held.
    pub ctrl: bool,
}

impl Press {
    /// The press; none when it belongs to the browser or to a field that takes text.
    pub fn of(event: &KeyboardEvent) -> Option<Self> {
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let typing = target.as_ref().is_some_and(|target| {
            target.closest("yaml-editor, input, select, textarea, dialog").ok().flatten().is_some()
        });
        let (key, ctrl) = (event.key(), event.ctrl_key() || event.meta_key());
        // The palette opens from everywhere.
        if ctrl && key.eq_ignore_ascii_case("k") {
            return Some(Press { key, shift: false, ctrl });
        }
        // Of the other keys with Ctrl only Undo and Redo are the page's.
        let other = event.alt_key() || (ctrl && !matches!(&*key, "z" | "Z" | "y"));
        // A focused button is pressed with Space and Enter; they must not also play.
        let button = target.as_ref().is_some_and(|target| matches!(&*target.tag_name(), "BUTTON" | "A"));
        let pressed = button && matches!(&*key, " " | "Enter");
        let menu = target.is_some_and(|target| target.closest("[role=menu]").ok().flatten().is_some());
        let shift = event.shift_key();
        (!typing && !other && !pressed && !menu).then_some(Press { key, shift, ctrl })
    }
}

/// What keys find on the screen.
#[derive(Clone, Copy, Default)]
pub struct Screen<'a> {
    /// The lanes that are seen.
    pub shown: Option<&'a Shown>,
    /// The stops around the cursor.
    pub stops: &'a [Stop],
    /// The story.
    pub story: Option<&'a Story>,
}

/// What the key does; none when it does nothing.
pub fn action(press: &Press, state: &State, on: &Screen<'_>) -> Option<Action> {
    let Screen { shown, stops, story } = *on;
    let scene = shown.map(|shown| &shown.scene);
    let zoom = |factor| {
        let at = shown.map_or(0.5, |shown| View::place(&shown.axis, state.cursor));
        Action::Zoom { factor, at }
    };
    let second = if press.shift { 10 * STEP } else { STEP };
    let turns = || stops.iter().filter(|stop| stop.landmark);
    // What lies below a dialog hears nothing of keys.
    if state.dialog.is_some() && !press.ctrl {
        return None;
    }
    if press.ctrl {
        return Some(match &*press.key {
            "z" if !press.shift => Action::Undo,
            "z" | "Z" | "y" => Action::Redo,
            _ => Action::Dialog(Some(Dialog::Palette)),
        });
    }
    Some(match press.key.as_str() {
        "ArrowLeft" => Action::Nudge(-second),
        "ArrowRight" => Action::Nudge(second),
        "Home" => Action::Seek(SimTime::ZERO),
        "End" => Action::Seek(state.end),
        "," => select(stops[..before(stops, state)].last()?),
        "." => select(stops.get(after(stops, state))?),
        "[" => select(turns().rfind(|stop| stop.at < state.cursor)?),
        "]" => select(turns().find(|stop| stop.at > state.cursor)?),
        " " => Action::TogglePlay,
        "?" => Action::Dialog(Some(Dialog::Help)),
        "ArrowUp" => Action::Lane(step_lane(state, scene?, -1)?),
        "ArrowDown" => Action::Lane(step_lane(state, scene?, 1)?),
        "Enter" => Action::Toggle(state.lane.clone()?),
        "p" => Action::Pin(state.lane.clone()?),
        "m" | "ContextMenu" => what_if(state, scene?)?,
        "F10" if press.shift => what_if(state, scene?)?,
        "t" => Action::Fold(!state.folded),
        "c" => Action::Compare(true),
        "C" => Action::Compare(false),
        "v" => Action::Beside(!state.beside),
        "x" => Action::Try(story?.changes.iter().flat_map(|change| &change.trials).next()?.clone()),
        "u" => Action::Undo,
        "U" => Action::Redo,
        "g" => Action::Dialog(Some(Dialog::Gallery)),
        "n" => step(state, 1)?,
        "b" => step(state, -1)?,
        "Escape" if state.menu.is_some() => Action::Menu(None),
        "Escape" if state.measure.is_some() => Action::Measure(None),
        "Escape" if state.selected.is_some() => Action::Deselect,
        "<" => Action::Speed((state.speed / 2.0).max(0.1)),
        ">" => Action::Speed((state.speed * 2.0).min(1_000.0)),
        "w" | "+" => zoom(1.5),
        "s" | "-" => zoom(1.0 / 1.5),
        "a" => Action::Pan(-0.2),
        "d" => Action::Pan(0.2),
        "f" => Action::View(match state.measure {
            Some((from, to)) => View::between(&shown?.axis, from, to),
            None => View::ALL,
        }),
        "e" => Action::Tab(Tab::Events),
        "y" => Action::Tab(Tab::Yaml),
        "l" => Action::Tab(Tab::Logs),
        key => {
            let digit = key.parse::<u64>().ok().filter(|digit| *digit < 10)?;
            Action::Seek(SimTime(state.end.0 / 10 * digit))
        }
    })
}

/// The key that does the same at any time, for who looks it up by its name.
pub fn shortcut(action: &Action) -> Option<&'static str> {
    Some(match action {
        Action::Dialog(Some(Dialog::Gallery)) => "g",
        Action::Dialog(Some(Dialog::Help)) => "?",
        Action::Compare(true) => "c",
        Action::Compare(false) => "C",
        Action::Beside(_) => "v",
        Action::Fold(_) => "t",
        Action::View(View::ALL) => "f",
        Action::Undo => "u",
        Action::Redo => "U",
        Action::Tab(Tab::Events) => "e",
        Action::Tab(Tab::Yaml) => "y",
        Action::Tab(Tab::Logs) => "l",
        _ => return None,
    })
}

/// The key of the lane that is so many rows further down.
fn step_lane(state: &State, scene: &Scene, by: isize) -> Option<Rc<str>> {
    let rows = &scene.rows;
    let here = state.lane.as_deref().and_then(|lane| rows.iter().position(|row| row.lane.key == lane));
    let next = here.map_or(0, |here| here.saturating_add_signed(by).min(rows.len().saturating_sub(1)));
    rows.get(next).map(|row| row.lane.key.as_str().into())
}

/// Another step of the tour's chapter.
fn step(state: &State, by: isize) -> Option<Action> {
    let guide = state.guide.as_ref()?;
    let to = guide.step.checked_add_signed(by).filter(|step| *step < guide.chapter.steps.len())?;
    Some(Action::Step(to))
}

/// The menu of the lane that keys are about, beside it; where there is none yet, of the first pod.
pub fn what_if(state: &State, scene: &Scene) -> Option<Action> {
    let first_pod = || scene.rows.iter().find(|row| row.lane.about.kind == "Pod").map(|row| &*row.lane.key);
    let lane: Rc<str> = state.lane.clone().or_else(|| Some(first_pod()?.into()))?;
    let (x, y) = menu_place(&lane)?;
    Some(Action::Menu(Some(Menu { lane, x, y })))
}

/// How many stops lie before the present one.
fn before(stops: &[Stop], state: &State) -> usize {
    stops.partition_point(|stop| stop.at < state.cursor)
}

/// The index of the next stop. At the very begin a stop at the cursor that is not yet selected counts as next.
fn after(stops: &[Stop], state: &State) -> usize {
    match state.selected {
        None => before(stops, state),
        Some(_) => stops.partition_point(|stop| stop.at <= state.cursor),
    }
}

fn select(stop: &Stop) -> Action {
    Action::Select { entry: stop.entry.0, at: stop.at }
}
