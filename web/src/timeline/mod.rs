//! The timeline: the axis, the lanes, and the cursor that is dragged over them.

mod axis;
mod lanes;
mod scale;

use crate::clock;
use crate::engine::SharedDrawing;
use crate::i18n::Lang;
use crate::state::Action;
use axis::Axis;
use lanes::Lanes;
use lifepod_api::SimTime;
pub use scale::TimeScale;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use web_sys::{Element, PointerEvent, ResizeObserver};
use yew::prelude::*;

/// Free space at the right end, in pixels: the last time on the axis needs it.
const RIGHT_MARGIN: f64 = 20.0;

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
    let gutter = if width < 600.0 { 104.0 } else { 168.0 };
    let scale = use_memo((props.drawing.clone(), width), |(drawing, width)| {
        let axis = drawing.as_deref().map_or(&[][..], |drawing| &drawing.axis);
        TimeScale::new(axis, (width - gutter - RIGHT_MARGIN).max(1.0))
    });
    let pointer = use_pointer(node.clone(), scale.clone(), gutter, props.send.clone());
    let px = gutter + scale.px_from_time(props.cursor);
    let end = props.drawing.as_ref().map_or(SimTime::ZERO, |drawing| drawing.horizon);

    html! {
        <section
            class={classes!("timeline", props.stale.then_some("is-stale"))} ref={node} tabindex="0" role="slider" aria-label={words.timeline}
            aria-valuemin="0" aria-valuemax={end.as_secs().to_string()} aria-valuenow={props.cursor.as_secs().to_string()}
            aria-valuetext={clock::exact(props.cursor)}
            onpointerdown={pointer.clone()} onpointermove={pointer}
        >
            if let Some(drawing) = props.drawing.clone().filter(|_| width > 0.0) {
                <div class="timeline-axis">
                    <Axis scale={scale.clone()} gutter={gutter} />
                    <span class="timeline-clock" style={format!("transform: translateX(calc({px:.2}px - 50%))")}>
                        {clock::exact(props.cursor)}
                    </span>
                </div>
                <div class="timeline-lanes">
                    <Lanes drawing={drawing} scale={scale} gutter={gutter} selected={props.selected} />
                    <div class="timeline-cursor" style={format!("transform: translateX({px:.2}px)")} />
                </div>
            } else if props.drawing.is_none() {
                <p class="timeline-empty">{words.empty}</p>
            }
        </section>
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
fn use_pointer(
    node: NodeRef,
    scale: Rc<TimeScale>,
    gutter: f64,
    send: Callback<Action>,
) -> Callback<PointerEvent> {
    Callback::from(move |event: PointerEvent| {
        let Some(timeline) = node.cast::<Element>() else { return };
        let pressed = event.type_() == "pointerdown";
        if event.buttons() != 1 || (!pressed && !timeline.has_pointer_capture(event.pointer_id())) {
            return;
        }
        let px = f64::from(event.client_x()) - timeline.get_bounding_client_rect().left() - gutter;
        // The labels are no part of the axis.
        if pressed && px < -8.0 {
            return;
        }
        let at = scale.time_from_px(px);
        if !pressed {
            return send.emit(Action::Seek(at));
        }
        // Fails only for a pointer that is gone already.
        let _ = timeline.set_pointer_capture(event.pointer_id());
        let target = event.target_dyn_into::<Element>();
        let number = |name| target.as_ref().and_then(|target| target.get_attribute(name)?.parse().ok());
        send.emit(match number("data-entry") {
            // An instant is met at its own time, a span where it was pressed.
            Some(entry) => Action::Select { entry: entry as u32, at: number("data-at").map_or(at, SimTime) },
            None => Action::Seek(at),
        });
    })
}
