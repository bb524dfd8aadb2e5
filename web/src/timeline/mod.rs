//! The timeline: the axis, the lanes, and the cursor that is dragged over them.

mod axis;
mod lanes;
mod view;

use crate::clock;
use crate::engine::SharedDrawing;
use crate::i18n::Lang;
use crate::state::Action;
use axis::Axis;
use gloo::events::{EventListener, EventListenerOptions};
use lanes::Lanes;
use lifepod_api::SimTime;
use lifepod_timeline::{Layout, LayoutOptions, MARGIN, Scale, gutter_for, layout};
use std::rc::Rc;
pub use view::View;
use wasm_bindgen::prelude::*;
use web_sys::{Element, PointerEvent, ResizeObserver, WheelEvent};
use yew::prelude::*;

/// The widest that the time at the cursor gets, in pixels.
const CLOCK_WIDTH: f64 = 66.0;

/// What [`Timeline`] is given.
#[derive(Properties, PartialEq)]
pub struct TimelineProps {
    pub lang: Lang,
    pub drawing: Option<SharedDrawing>,
    /// Whether the text has moved on and the drawing has not.
    pub stale: bool,
    pub cursor: SimTime,
    pub view: View,
    pub selected: Option<u32>,
    pub send: Callback<Action>,
}

/// The timeline.
#[component]
pub fn Timeline(props: &TimelineProps) -> Html {
    let words = props.lang.words();
    let node = use_node_ref();
    let width = use_width(node.clone());
    let place =
        use_memo((props.drawing.clone(), width, props.lang, props.view), |(drawing, width, lang, view)| {
            let drawing = drawing.clone().filter(|_| *width > 0.0)?;
            let gutter = gutter_for(&drawing.timeline, *width);
            let options = LayoutOptions { width: *width, gutter, lang: lang.core() };
            let (timeline, axis) = view.crop(&drawing.timeline, &drawing.axis);
            let layout = Rc::new(layout(&timeline, &axis, &options));
            Some(Place { drawing, axis, layout, gutter })
        });
    use_wheel(node.clone(), place.clone(), props.view, props.send.clone());
    use_cursor_in_view(props);
    let pointer = use_pointer(node.clone(), place.clone(), props.send.clone());
    let end = props.drawing.as_ref().map_or(SimTime::ZERO, |drawing| drawing.timeline.horizon);

    html! {
        <section
            class={classes!("timeline", props.stale.then_some("is-stale"))} ref={node} tabindex="0" role="slider" aria-label={words.timeline}
            aria-valuemin="0" aria-valuemax={end.as_secs().to_string()} aria-valuenow={props.cursor.as_secs().to_string()}
            aria-valuetext={clock::exact(props.cursor)}
            onpointerdown={pointer.clone()} onpointermove={pointer}
        >
            if let Some(place) = &*place {
                { view(props, place) }
            } else if props.drawing.is_none() {
                <p class="timeline-empty">{words.empty}</p>
            }
        </section>
    }
}

/// A drawing in its place.
struct Place {
    drawing: SharedDrawing,
    /// The part of the drawing's axis that is shown.
    axis: lifepod_timeline::Axis,
    layout: Rc<Layout>,
    gutter: f64,
}

impl Place {
    fn scale(&self) -> Scale<'_> {
        Scale::new(&self.axis, self.width())
    }

    /// The width of the axis, in pixels.
    fn width(&self) -> f64 {
        (self.layout.width - self.gutter - MARGIN).max(1.0)
    }

    /// Whether an instant is in view.
    fn shows(&self, at: SimTime) -> bool {
        self.axis.pieces.first().is_some_and(|piece| piece.from <= at) && at <= self.axis.horizon()
    }

    /// The time of an instant: it is met at its own, a span where it was pressed.
    fn instant(&self, entry: u32) -> Option<SimTime> {
        let mut instants = self.drawing.timeline.lanes.iter().flat_map(|lane| &lane.instants);
        instants.find(|instant| instant.entry.0 == entry).map(|instant| instant.at)
    }
}

fn view(props: &TimelineProps, place: &Place) -> Html {
    let layout = &place.layout;
    let x = place.gutter + place.scale().px_from_time(props.cursor);
    let hidden = !place.shows(props.cursor);
    // At the right end the time stays whole.
    let clock_x = x.min(layout.width - CLOCK_WIDTH / 2.0);
    html! {
        <>
            <div class="timeline-axis">
                <Axis layout={layout.clone()} />
                <span class="timeline-clock" hidden={hidden} style={format!("transform: translateX(calc({clock_x:.2}px - 50%))")}>
                    {clock::exact(props.cursor)}
                </span>
            </div>
            <div class="timeline-lanes">
                <Lanes layout={layout.clone()} gutter={place.gutter} selected={props.selected} />
                <div class="timeline-cursor" hidden={hidden} style={format!("transform: translateX({x:.2}px)")} />
            </div>
        </>
    }
}

/// The element's inner width in pixels, kept up to date; 0 before it is known.
#[hook]
fn use_width(node: NodeRef) -> f64 {
    let width = use_state(|| 0.0);
    use_effect_with(node, {
        let width = width.setter();
        move |node| {
            let element = node.cast::<Element>();
            let measure = Closure::<dyn Fn()>::new({
                let element = element.clone();
                move || width.set(element.as_ref().map_or(0.0, |element| f64::from(element.client_width())))
            });
            let observer = ResizeObserver::new(measure.as_ref().unchecked_ref()).ok();
            if let (Some(observer), Some(element)) = (&observer, &element) {
                observer.observe(element);
            }
            move || {
                observer.iter().for_each(ResizeObserver::disconnect);
                drop(measure);
            }
        }
    });
    *width
}

/// Zooms with the wheel over the times, or anywhere with Ctrl; pans with a wheel that goes sideways, or with Shift.
#[hook]
fn use_wheel(node: NodeRef, place: Rc<Option<Place>>, view: View, send: Callback<Action>) {
    let now = use_mut_ref(|| None);
    *now.borrow_mut() = Some((place, view));
    use_effect_with(node, move |node| {
        let listener = node.cast::<Element>().map(|timeline| {
            // Yew listens passively, and the page must not scroll or grow meanwhile.
            let options = EventListenerOptions::enable_prevent_default();
            let element = timeline.clone();
            EventListener::new_with_options(&timeline, "wheel", options, move |event| {
                let event: &WheelEvent = event.unchecked_ref();
                let Some((place, view)) = now.borrow().clone() else { return };
                let Some(action) =
                    place.as_ref().as_ref().and_then(|place| wheel(event, &element, place, view))
                else {
                    return;
                };
                event.prevent_default();
                send.emit(action);
            })
        });
        move || drop(listener)
    });
}

fn wheel(event: &WheelEvent, timeline: &Element, place: &Place, view: View) -> Option<Action> {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let on_axis = target.is_some_and(|target| target.closest(".timeline-axis").ok().flatten().is_some());
    let sideways = if event.shift_key() { event.delta_y() + event.delta_x() } else { event.delta_x() };
    if event.ctrl_key() || (on_axis && sideways == 0.0) {
        let x = f64::from(event.client_x()) - timeline.get_bounding_client_rect().left() - place.gutter;
        let at = view.at((x / place.width()).clamp(0.0, 1.0));
        return Some(Action::Zoom { factor: (-event.delta_y() / 300.0).exp(), at });
    }
    (sideways != 0.0).then(|| Action::Pan(sideways / place.width()))
}

/// A cursor that is moved out of the view takes the view along.
#[hook]
fn use_cursor_in_view(props: &TimelineProps) {
    let (drawing, view, send) = (props.drawing.clone(), props.view, props.send.clone());
    use_effect_with(props.cursor, move |cursor| {
        if let Some(drawing) = drawing {
            let shown = view.showing(View::place(&drawing.axis, *cursor));
            if shown != view {
                send.emit(Action::View(shown));
            }
        }
    });
}

/// Puts the cursor where the primary button is held, and selects what it was pressed on.
#[hook]
fn use_pointer(node: NodeRef, place: Rc<Option<Place>>, send: Callback<Action>) -> Callback<PointerEvent> {
    Callback::from(move |event: PointerEvent| {
        let (Some(timeline), Some(place)) = (node.cast::<Element>(), &*place) else { return };
        let pressed = event.type_() == "pointerdown";
        if event.buttons() != 1 || (!pressed && !timeline.has_pointer_capture(event.pointer_id())) {
            return;
        }
        let x = f64::from(event.client_x()) - timeline.get_bounding_client_rect().left() - place.gutter;
        // The labels are no part of the axis.
        if pressed && x < -8.0 {
            return;
        }
        let at = place.scale().time_from_px(x);
        if !pressed {
            return send.emit(Action::Seek(at));
        }
        // Fails only for a pointer that is gone already.
        let _ = timeline.set_pointer_capture(event.pointer_id());
        let target = event.target_dyn_into::<Element>();
        let entry = target.and_then(|target| target.get_attribute("data-entry")?.parse().ok());
        send.emit(match entry {
            Some(entry) => Action::Select { entry, at: place.instant(entry).unwrap_or(at) },
            None => Action::Seek(at),
        });
    })
}

/// A number of pixels as an attribute: tenths are as fine as any eye.
fn px(value: f64) -> String {
    let tenths = (value * 10.0).round() as i64;
    let sign = if tenths < 0 { "-" } else { "" };
    let (whole, rest) = (tenths.abs() / 10, tenths.abs() % 10);
    if rest == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{rest}") }
}
