//! The timeline under mouse, pen and fingers.
//!
//! A press on something selects it; a drag moves the cursor, with Shift a measure, with Alt or the middle button the
//! view. Actions are dragged to other times. Two fingers zoom.

use super::Stage;
use crate::protocol::{Handle, Shown};
use crate::state::Action;
use gloo::events::{EventListener, EventListenerOptions};
use lifepod_api::SimTime;
use lifepod_timeline::{Scene, View};
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{Element, PointerEvent, WheelEvent};
use yew::prelude::*;

/// Zooms with the wheel over the times, or anywhere with Ctrl; pans with a wheel that goes sideways, or with Shift.
#[hook]
pub fn use_wheel(node: NodeRef, stage: Rc<Option<Stage>>, view: View, send: Callback<Action>) {
    let now = use_mut_ref(|| None);
    *now.borrow_mut() = Some((stage, view));
    use_effect_with(node, move |node| {
        let listener = node.cast::<Element>().map(|timeline| {
            // Yew listens passively, and the page must not scroll or grow meanwhile.
            let options = EventListenerOptions::enable_prevent_default();
            let element = timeline.clone();
            EventListener::new_with_options(&timeline, "wheel", options, move |event| {
                let event: &WheelEvent = event.unchecked_ref();
                let Some((stage, view)) = now.borrow().clone() else { return };
                let action = stage.as_ref().as_ref().and_then(|stage| wheel(event, &element, stage, view));
                let Some(action) = action else { return };
                event.prevent_default();
                send.emit(action);
            })
        });
        move || drop(listener)
    });
}

fn wheel(event: &WheelEvent, timeline: &Element, stage: &Stage, view: View) -> Option<Action> {
    let on_axis = closest(event, ".timeline-axis").is_some();
    let sideways = if event.shift_key() { event.delta_y() + event.delta_x() } else { event.delta_x() };
    if event.ctrl_key() || (on_axis && sideways == 0.0) {
        let x =
            f64::from(event.client_x()) - timeline.get_bounding_client_rect().left() - stage.options.gutter;
        let at = view.at((x / stage.width()).clamp(0.0, 1.0));
        return Some(Action::Zoom { factor: (-event.delta_y() / 300.0).exp(), at });
    }
    (sideways != 0.0).then(|| Action::Pan(sideways / stage.width()))
}

fn closest(event: &web_sys::Event, selector: &str) -> Option<Element> {
    event.target()?.dyn_into::<Element>().ok()?.closest(selector).ok()?
}

/// What the pressed pointer does.
enum Drag {
    Cursor,
    Measure(SimTime),
    /// Where the pointer was.
    Pan(f64),
    Action(Handle, SimTime),
}

/// The pointers on the timeline.
#[derive(Default)]
struct Held {
    drag: Option<Drag>,
    /// Each pointer that is down, by its id, and where it is.
    down: Vec<(i32, f64)>,
}

/// Listens to pointers.
#[hook]
pub fn use_pointer(
    node: NodeRef,
    stage: Rc<Option<Stage>>,
    seen: Option<Rc<Shown>>,
    view: View,
    send: Callback<Action>,
) -> Callback<PointerEvent> {
    let held = use_mut_ref(Held::default);
    Callback::from(move |event: PointerEvent| {
        let (Some(timeline), Some(stage), Some(seen)) = (node.cast::<Element>(), &*stage, &seen) else {
            return;
        };
        let mut held = held.borrow_mut();
        let left = timeline.get_bounding_client_rect().left() + stage.options.gutter;
        let x = f64::from(event.client_x()) - left;
        // Whatever is pressed, keys and the inspector are about its lane from now on.
        let lane = closest(&event, "[data-lane]").filter(|_| event.type_() == "pointerdown");
        if let Some(key) = lane.and_then(|lane| lane.get_attribute("data-lane")) {
            send.emit(Action::Lane(key.as_str().into()));
        }
        let action = match &*event.type_() {
            "pointerdown" => held.press(&event, &timeline, stage, &seen.scene, x),
            "pointermove" => held.drag(&event, stage, view, x),
            _ => held.release(&event),
        };
        drop(held);
        if let Some(action) = action {
            send.emit(action);
        }
    })
}

impl Held {
    fn press(
        &mut self,
        event: &PointerEvent,
        timeline: &Element,
        stage: &Stage,
        scene: &Scene,
        x: f64,
    ) -> Option<Action> {
        // The labels are no part of the axis.
        if x < -8.0 {
            return None;
        }
        self.down.push((event.pointer_id(), x));
        let at = stage.scale().time_from_px(x);
        if self.down.len() > 1 {
            self.drag = None;
            return None;
        }
        if event.button() == 1 || (event.button() == 0 && event.alt_key()) {
            event.prevent_default();
            self.drag = Some(Drag::Pan(x));
        } else if event.button() != 0 {
            self.down.clear();
            // The menu that opens is about this time.
            return Some(Action::Seek(at));
        } else if event.shift_key() {
            self.drag = Some(Drag::Measure(at));
        }
        // Fails only for a pointer that is gone already.
        let _ = timeline.set_pointer_capture(event.pointer_id());
        if self.drag.is_some() {
            return None;
        }
        self.drag = Some(Drag::Cursor);
        let entry = event.target_dyn_into::<Element>()?.get_attribute("data-entry");
        let entry: Option<u32> = entry.and_then(|entry| entry.parse().ok());
        let Some(entry) = entry else { return Some(Action::Seek(at)) };
        // An instant is met at its own time, a span where it was pressed.
        let mut instants = scene.rows.iter().flat_map(|row| &row.lane.instants);
        let happened = instants.find(|instant| instant.entry.0 == entry).map(|instant| instant.at);
        if closest(event, "[data-lane=actions]").is_some()
            && let Some(handle) = stage.drawing.handles.iter().find(|handle| Some(handle.at) == happened)
        {
            self.drag = Some(Drag::Action(*handle, handle.at));
        }
        Some(Action::Select { entry, at: happened.unwrap_or(at) })
    }

    fn drag(&mut self, event: &PointerEvent, stage: &Stage, view: View, x: f64) -> Option<Action> {
        let place = self.down.iter().position(|(id, _)| *id == event.pointer_id())?;
        let before = std::mem::replace(&mut self.down[place].1, x);
        if let [(_, a), (_, b)] = self.down[..] {
            let other = if place == 0 { b } else { a };
            let factor = ((x - other).abs().max(8.0) / (before - other).abs().max(8.0)).clamp(0.5, 2.0);
            return Some(Action::Zoom {
                factor,
                at: view.at(((x + other) / 2.0 / stage.width()).clamp(0.0, 1.0)),
            });
        }
        let at = stage.scale().time_from_px(x);
        match self.drag.as_mut()? {
            Drag::Cursor => Some(Action::Seek(at)),
            Drag::Measure(from) => Some(Action::Measure(Some((*from, at)))),
            Drag::Pan(from) => {
                let by = std::mem::replace(from, x) - x;
                Some(Action::Pan(by / stage.width()))
            }
            Drag::Action(_, to) => {
                *to = at;
                Some(Action::Seek(at))
            }
        }
    }

    fn release(&mut self, event: &PointerEvent) -> Option<Action> {
        self.down.retain(|(id, _)| *id != event.pointer_id());
        match self.drag.take()? {
            Drag::Action(handle, to) if to != handle.at => Some(Action::Move(handle, to)),
            _ => None,
        }
    }
}
