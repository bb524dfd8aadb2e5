//! The timeline: the axis, the lanes, and the cursor that is dragged over them.

mod axis;
mod lanes;

use crate::clock;
use crate::engine::SharedDrawing;
use crate::i18n::Lang;
use crate::state::Action;
use axis::Axis;
use lanes::Lanes;
use lifepod_api::SimTime;
use lifepod_timeline::{Layout, LayoutOptions, Scale, layout};
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use web_sys::{Element, PointerEvent, ResizeObserver};
use yew::prelude::*;

/// The width of the labels, in pixels; on a narrow page they take less.
const GUTTER: f64 = 200.0;
const NARROW_GUTTER: f64 = 108.0;
/// What the layout leaves free at the right end, in pixels.
const RIGHT_MARGIN: f64 = 16.0;
/// The widest that the time at the cursor gets, in pixels.
const CLOCK_WIDTH: f64 = 66.0;
/// Below this width in pixels the page is narrow.
const NARROW: f64 = 620.0;

/// What [`Timeline`] is given.
#[derive(Properties, PartialEq)]
pub struct TimelineProps {
    pub lang: Lang,
    pub drawing: Option<SharedDrawing>,
    /// Whether the text has moved on and the drawing has not.
    pub stale: bool,
    pub cursor: SimTime,
    pub selected: Option<u32>,
    pub send: Callback<Action>,
}

/// The timeline.
#[component]
pub fn Timeline(props: &TimelineProps) -> Html {
    let words = props.lang.words();
    let node = use_node_ref();
    let width = use_width(node.clone());
    let gutter = if width < NARROW { NARROW_GUTTER } else { GUTTER };
    let place = use_memo((props.drawing.clone(), width, props.lang), |(drawing, width, lang)| {
        let options = LayoutOptions { width: *width, gutter, lang: lang.core() };
        drawing.clone().filter(|_| options.width > 0.0).map(|drawing| Place {
            layout: Rc::new(layout(&drawing.timeline, &drawing.axis, &options)),
            gutter: options.gutter,
            drawing,
        })
    });
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
    layout: Rc<Layout>,
    gutter: f64,
}

impl Place {
    fn scale(&self) -> Scale<'_> {
        Scale::new(&self.drawing.axis, (self.layout.width - self.gutter - RIGHT_MARGIN).max(1.0))
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
    // At the right end the time stays whole.
    let clock_x = x.min(layout.width - CLOCK_WIDTH / 2.0);
    html! {
        <>
            <div class="timeline-axis">
                <Axis layout={layout.clone()} />
                <span class="timeline-clock" style={format!("transform: translateX(calc({clock_x:.2}px - 50%))")}>
                    {clock::exact(props.cursor)}
                </span>
            </div>
            <div class="timeline-lanes">
                <Lanes layout={layout.clone()} gutter={place.gutter} selected={props.selected} />
                <div class="timeline-cursor" style={format!("transform: translateX({x:.2}px)")} />
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
