//! What each key does.

use crate::protocol::Drawing;
use crate::state::{Action, State, Tab};
use crate::timeline::View;
use lifepod_api::SimTime;
use lifepod_timeline::Stop;
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
}

impl Press {
    /// The press; none when it belongs to the browser or to a field that takes text.
    pub fn of(event: &KeyboardEvent) -> Option<Self> {
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let typing = target.as_ref().is_some_and(|target| {
            target.closest("yaml-editor, input, select, textarea, dialog").ok().flatten().is_some()
        });
        let other = event.ctrl_key() || event.alt_key() || event.meta_key();
        let key = event.key();
        // A focused button is pressed with Space; it must not also play.
        let button = key == " " && target.is_some_and(|target| target.tag_name() == "BUTTON");
        (!typing && !other && !button).then_some(Press { key, shift: event.shift_key() })
    }
}

/// What the key does; none when it does nothing.
pub fn action(press: &Press, state: &State, drawing: Option<&Drawing>) -> Option<Action> {
    let stops = drawing.map_or(&[][..], |drawing| &drawing.stops);
    let zoom = |factor| {
        let at = drawing.map_or(0.5, |drawing| View::place(&drawing.axis, state.cursor));
        Action::Zoom { factor, at }
    };
    let step = if press.shift { 10 * STEP } else { STEP };
    Some(match press.key.as_str() {
        "ArrowLeft" => Action::Nudge(-step),
        "ArrowRight" => Action::Nudge(step),
        "Home" => Action::Seek(SimTime::ZERO),
        "End" => Action::Seek(state.end),
        "," => select(stops[..before(stops, state)].last()?),
        "." => select(stops.get(after(stops, state))?),
        " " => Action::TogglePlay,
        "?" => Action::Help(true),
        "w" | "+" => zoom(1.5),
        "s" | "-" => zoom(1.0 / 1.5),
        "a" => Action::Pan(-0.2),
        "d" => Action::Pan(0.2),
        "f" => Action::View(View::ALL),
        "e" => Action::Tab(Tab::Events),
        "y" => Action::Tab(Tab::Yaml),
        "l" => Action::Tab(Tab::Logs),
        key => {
            let digit = key.parse::<u64>().ok().filter(|digit| *digit < 10)?;
            Action::Seek(SimTime(state.end.0 / 10 * digit))
        }
    })
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
