//! The timeline: the axis, the lanes, and the cursor that is dragged over them.

mod axis;
mod lanes;
mod menu;
mod pointer;

use crate::clock;
use crate::engine::SharedDrawing;
use crate::i18n::Lang;
use crate::protocol::{Show, Shown, Side};
use crate::state::{Action, Menu};
use axis::Axis;
use lanes::{Lanes, Placed};
use lifepod_api::SimTime;
use lifepod_timeline::{
    Form, Frame, Lane, Layout, LayoutOptions, MARGIN, Scale, Scene, SceneRow, SpanLook, View, gutter_for,
    heads, place,
};
pub use menu::offers;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use web_sys::{Element, HtmlInputElement, ResizeObserver};
use yew::prelude::*;

/// The widest that the time at the cursor gets, in pixels.
const CLOCK_WIDTH: f64 = 66.0;
/// Lanes are drawn for so many pixels above and below what is seen; scrolling draws anew in such steps.
const AHEAD: f64 = 240.0;

/// What [`Timeline`] is given.
#[derive(Properties, PartialEq)]
pub struct TimelineProps {
    pub lang: Lang,
    /// Which of two runs is shown.
    pub side: Side,
    /// Whether both are.
    pub beside: bool,
    /// The latest run: on its axis both are shown.
    pub drawing: Option<SharedDrawing>,
    /// The lanes that were last handed over.
    pub seen: Option<Rc<Shown>>,
    /// The number of the run that the latest is compared with; 0 for none.
    pub other: u32,
    /// Whether the text has moved on and the drawing has not.
    pub stale: bool,
    /// Whether there is no text at all: then nothing is drawn either.
    pub blank: bool,
    pub cursor: SimTime,
    pub view: View,
    pub folded: bool,
    pub shown: lifepod_timeline::Shown,
    pub lane: Option<Rc<str>>,
    pub measure: Option<(SimTime, SimTime)>,
    pub menu: Option<Menu>,
    pub selected: Option<u32>,
    /// Asks for lanes.
    pub see: Callback<Show>,
    pub send: Callback<Action>,
}

/// The timeline.
#[component]
pub fn Timeline(props: &TimelineProps) -> Html {
    let words = props.lang.words();
    let node = use_node_ref();
    let (width, seen_height) = use_size(node.clone());
    let scrolled = use_state_eq(|| 0.0);
    let sizes = (props.drawing.clone(), props.seen.clone(), width, props.lang, props.view);
    let stage = use_memo(sizes, |(drawing, seen, width, lang, view)| {
        let drawing = drawing.clone().filter(|_| *width > 0.0)?;
        let whole = seen.as_ref()?.axis.clone();
        let gutter = gutter_for(drawing.label_room, *width);
        let options = LayoutOptions { width: *width, gutter, lang: lang.core() };
        let axis = view.crop(&whole);
        let heads = Rc::new(heads(&axis, &options));
        Some(Stage { drawing, whole, axis, heads, options })
    });
    let window = (*scrolled - AHEAD, seen_height + 2.0 * AHEAD);
    let placed = use_memo(
        (stage.clone(), props.seen.clone(), window.0 as i64, window.1 as i64),
        |(stage, seen, from, height)| -> Rc<[Placed]> {
            let (Some(stage), Some(seen)) = (stage.as_ref(), seen) else { return Rc::new([]) };
            stage.placed(seen, *from as f64, (*from + *height) as f64)
        },
    );
    let held = use_lanes(props, stage.as_ref().as_ref(), width, *scrolled, seen_height);

    pointer::use_wheel(node.clone(), stage.clone(), props.view, props.send.clone());
    use_cursor_in_view(props, &stage);
    use_lane_in_view(node.clone(), props.lane.clone(), props.seen.clone());
    let pointer =
        pointer::use_pointer(node.clone(), stage.clone(), props.seen.clone(), props.view, props.send.clone());
    // Nothing comes of a text that has no run.
    let busy = !props.blank && if props.drawing.is_some() { !held } else { !props.stale };
    let end = props.drawing.as_ref().map_or(SimTime::ZERO, |drawing| drawing.horizon);
    let onscroll = Callback::from(move |event: Event| {
        let top = f64::from(event.target_unchecked_into::<Element>().scroll_top());
        scrolled.set((top / AHEAD).floor() * AHEAD);
    });

    html! {
        <section class={classes!("timeline", props.stale.then_some("is-stale"))} aria-label={words.timeline} aria-busy={busy.to_string()}>
            <div
                class="timeline-scroll" ref={node} tabindex="0" role="slider" aria-label={words.timeline}
                aria-valuemin="0" aria-valuemax={end.as_secs().to_string()} aria-valuenow={props.cursor.as_secs().to_string()}
                aria-valuetext={clock::exact(props.cursor)} {onscroll}
                onpointerdown={pointer.clone()} onpointermove={pointer.clone()} onpointerup={pointer.clone()}
                onpointercancel={pointer} oncontextmenu={open_menu(props.send.clone())}
            >
                if props.blank {
                    <p class="timeline-empty">{words.empty}</p>
                } else if let (Some(stage), Some(seen)) = (stage.as_ref(), &props.seen) {
                    { view(props, stage, &seen.scene, &placed, window) }
                } else if props.drawing.is_none() {
                    <p class="timeline-empty">{words.empty}</p>
                }
            </div>
            if let Some(stage) = stage.as_ref().as_ref().filter(|_| !props.blank) {
                { corner(props, stage) }
                if props.stale {
                    <p class="timeline-stale">{words.stale}</p>
                }
            }
            if let (Some(menu), Some(shown)) = (&props.menu, &props.seen) {
                <menu::MenuView
                    lang={props.lang} menu={menu.clone()} shown={shown.clone()} send={props.send.clone()}
                />
            }
        </section>
    }
}

/// A drawing with its axis on the stage.
#[derive(PartialEq)]
pub struct Stage {
    pub drawing: SharedDrawing,
    /// The whole axis.
    pub whole: lifepod_timeline::Axis,
    /// The part of it that is shown.
    pub axis: lifepod_timeline::Axis,
    heads: Rc<Layout>,
    options: LayoutOptions,
}

impl Stage {
    fn scale(&self) -> Scale<'_> {
        Scale::new(&self.axis, self.width())
    }

    /// The width of the axis, in pixels.
    fn width(&self) -> f64 {
        (self.options.width - self.options.gutter - MARGIN).max(1.0)
    }

    /// The place of an instant, in pixels from the left.
    fn x(&self, at: SimTime) -> f64 {
        self.options.gutter + self.scale().px_from_time(at)
    }

    /// Whether an instant is in view.
    fn shows(&self, at: SimTime) -> bool {
        self.axis.pieces.first().is_some_and(|piece| piece.from <= at) && at <= self.axis.horizon()
    }

    /// The lanes between two heights, in their places.
    fn placed(&self, shown: &Shown, from: f64, to: f64) -> Rc<[Placed]> {
        let seen = shown.scene.rows.iter().skip_while(|row| row.y + row.lane.form.height() < from);
        let placed = seen.take_while(|row| row.y <= to).map(|row| {
            let place_of = |lane: &Lane| place(lane, row.y, &self.axis, &self.options);
            let mut placed = place_of(&row.lane);
            if shown.show.side == Side::Other {
                // Its entries have other numbers.
                placed.bars.iter_mut().for_each(|bar| bar.entry = u32::MAX);
                placed.marks.iter_mut().for_each(|mark| mark.entry = u32::MAX);
            }
            let ghost = row.was.as_ref().filter(|_| !shown.show.beside).map(|(since, spans)| {
                let lane = Lane { spans: spans.clone(), instants: Vec::new(), ..row.lane.clone() };
                let since = self.x(*since);
                let mut bars = place_of(&lane).bars;
                bars.retain(|bar| bar.x + bar.width > since);
                // What both have in common is not shown twice.
                for bar in bars.iter_mut().filter(|bar| bar.x < since) {
                    (bar.x, bar.width) = (since, bar.x + bar.width - since);
                }
                bars
            });
            Placed { row: placed, open: row.open, pinned: row.pinned, ghost: ghost.unwrap_or_default() }
        });
        placed.collect()
    }
}

fn view(
    props: &TimelineProps,
    stage: &Stage,
    scene: &Scene,
    placed: &Rc<[Placed]>,
    window: (f64, f64),
) -> Html {
    let words = props.lang.words();
    let layout = &stage.heads;
    let x = stage.x(props.cursor);
    let hidden = !stage.shows(props.cursor);
    // At both ends the time stays whole.
    let clock_x = x.min(layout.width - CLOCK_WIDTH / 2.0).max(stage.options.gutter + CLOCK_WIDTH / 2.0 - 8.0);
    let all = scene.height + MARGIN;
    let top = window.0.max(0.0);
    let height = (window.0 + window.1).min(all).max(top + 1.0) - top;
    let measure = props.measure.map(|(a, b)| {
        let (from, to) = (a.min(b), a.max(b));
        let (left, right) = (stage.x(from), stage.x(to));
        let style = format!("left:{left:.1}px;width:{:.1}px", (right - left).max(1.0));
        html! { <div class="timeline-measure" {style}><b>{props.lang.core().length(to.since(from))}</b></div> }
    });
    let fork = scene.since.filter(|since| stage.shows(*since)).map(|since| {
        /// About how wide its words are, in pixels.
        const WORDS: f64 = 140.0;
        let x = stage.x(since);
        let is_late = x > stage.options.width - WORDS;
        let (class, style) =
            (classes!("timeline-fork", is_late.then_some("is-late")), format!("left:{x:.1}px"));
        html! { <div {class} {style}><span>{words.differs}{" "}{clock::exact(since)}</span></div> }
    });
    let ahead = stage.drawing.reached.map(|reached| {
        let style = format!("transform: translateX({:.1}px)", stage.x(reached));
        html! { <div class="timeline-ahead"><div {style}><span>{words.running}</span></div></div> }
    });
    html! {
        <>
            <div class="timeline-axis">
                <Axis layout={layout.clone()} />
                <span class="timeline-clock" hidden={hidden} style={format!("transform: translateX(calc({clock_x:.2}px - 50%))")}>
                    {clock::exact(props.cursor)}
                </span>
            </div>
            <div class="timeline-lanes" style={format!("height:{all:.0}px")}>
                <Lanes
                    side={props.side} layout={layout.clone()} rows={placed.clone()} {top} {height} gutter={stage.options.gutter}
                    selected={props.selected} lane={props.lane.clone()} send={props.send.clone()}
                />
                {measure}
                {fork}
                {ahead}
                <div class="timeline-cursor" hidden={hidden} style={format!("transform: translateX({x:.2}px)")} />
                if !hidden {
                    { for countdowns(props, stage, &scene.rows, x) }
                }
            </div>
        </>
    }
}

/// How long the waits at the cursor still last.
fn countdowns(props: &TimelineProps, stage: &Stage, rows: &[SceneRow], x: f64) -> Vec<Html> {
    let of_container = |row: &&SceneRow| row.lane.form == Form::Main && !row.lane.about.container.is_empty();
    let waits = rows.iter().filter(of_container).filter_map(|row| {
        let spans = &row.lane.spans;
        let span = spans.get(spans.partition_point(|span| span.to <= props.cursor))?;
        let waits = span.from <= props.cursor && span.look == SpanLook::BackOff;
        let known = span.to < stage.drawing.reached.unwrap_or(stage.drawing.horizon);
        let left = props.lang.core().length(span.to.since(props.cursor));
        let style = format!("transform: translate({:.1}px, {:.1}px)", x + 5.0, row.y - 5.0);
        (waits && known).then(|| html! { <span class="timeline-countdown" {style}>{"⟳ "}{left}</span> })
    });
    waits.collect()
}

/// The field that searches the lanes; above another run its name.
fn corner(props: &TimelineProps, stage: &Stage) -> Html {
    let words = props.lang.words();
    if props.side == Side::Other {
        return html! { <span class="timeline-name"><b>{"A"}</b>{" "}{words.compare_a}</span> };
    }
    let oninput = props.send.reform(|event: InputEvent| {
        Action::Filter(event.target_unchecked_into::<HtmlInputElement>().value().as_str().into())
    });
    let style = format!("width:{:.0}px", stage.options.gutter - if props.beside { 40.0 } else { 20.0 });
    html! {
        <div class="timeline-name">
            if props.beside {
                <b title={words.compare_b}>{"B"}</b>
            }
            <input
                class="timeline-filter" type="search" {style} placeholder={words.filter} aria-label={words.filter}
                value={props.shown.filter.clone()} {oninput}
            />
        </div>
    }
}

/// Opens the menu of the lane under the pointer.
fn open_menu(send: Callback<Action>) -> Callback<MouseEvent> {
    Callback::from(move |event: MouseEvent| {
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let lane = target.and_then(|target| target.closest("[data-lane]").ok().flatten());
        let Some(key) = lane.and_then(|lane| lane.get_attribute("data-lane")) else { return };
        event.prevent_default();
        let menu = Menu { lane: key.as_str().into(), x: event.client_x(), y: event.client_y() };
        send.emit(Action::Menu(Some(menu)));
    })
}

/// Where a menu of this lane opens when no pointer says so; none when the lane is not on the screen.
pub fn menu_place(lane: &str) -> Option<(i32, i32)> {
    let lanes = crate::browser::window().document()?.query_selector_all("[data-lane]").ok()?;
    let elements = (0..lanes.length()).filter_map(|i| lanes.get(i)?.dyn_into::<Element>().ok());
    let mut of_key = elements.filter(|element| element.get_attribute("data-lane").as_deref() == Some(lane));
    let place = of_key.next()?.get_bounding_client_rect();
    Some((place.left() as i32 + 120, place.top() as i32 + 24))
}

/// The element's inner size in pixels, kept up to date; 0 before it is known.
#[hook]
fn use_size(node: NodeRef) -> (f64, f64) {
    let size = use_state_eq(|| (0.0, 0.0));
    use_effect_with(node, {
        let size = size.setter();
        move |node| {
            let element = node.cast::<Element>();
            let measure = Closure::<dyn Fn()>::new({
                let element = element.clone();
                move || {
                    let of = |element: &Element| {
                        (f64::from(element.client_width()), f64::from(element.client_height()))
                    };
                    size.set(element.as_ref().map_or((0.0, 0.0), of));
                }
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
    *size
}

/// A cursor that is moved out of the view takes the view along.
#[hook]
fn use_cursor_in_view(props: &TimelineProps, stage: &Rc<Option<Stage>>) {
    let (stage, view, send) = (stage.clone(), props.view, props.send.clone());
    use_effect_with(props.cursor, move |cursor| {
        if let Some(stage) = &*stage {
            let shown = view.showing(View::place(&stage.whole, *cursor));
            if shown != view {
                send.emit(Action::View(shown));
            }
        }
    });
}

/// Asks for the lanes that are seen whenever those at hand do not hold them, with a screen more on both sides.
/// Returns whether they do.
#[hook]
fn use_lanes(props: &TimelineProps, stage: Option<&Stage>, width: f64, scrolled: f64, height: f64) -> bool {
    /// About how wide the labels will be, before there are any.
    const GUTTER: f64 = 190.0;
    let needed = Frame {
        shown: props.shown.clone(),
        top: (scrolled - AHEAD).max(0.0),
        height: height + 2.0 * AHEAD,
        view: props.view,
        folded: props.folded,
        width: stage.map_or(width - GUTTER, Stage::width),
        lane: props.lane.as_deref().map(str::to_owned),
    };
    let run = props.drawing.as_ref().map_or(0, |drawing| drawing.run);
    let needed = Show { side: props.side, run, other: props.other, beside: props.beside, frame: needed };
    let held = props.seen.as_deref().is_some_and(|Shown { show, scene, .. }| {
        let same = (show.run, show.other, show.beside) == (run, props.other, props.beside);
        same && show.frame.covers(scene.whole, scene.height, &needed.frame)
    });
    let (see, known) = (props.see.clone(), height > 0.0);
    use_effect_with((needed, known), move |(needed, known)| {
        if *known && !held {
            let (top, height) = (needed.frame.top - height, needed.frame.height + 2.0 * height);
            see.emit(Show { frame: Frame { top, height, ..needed.frame.clone() }, ..needed.clone() });
        }
    });
    held
}

/// The lane that keys are about is scrolled into view, once it is known where it is.
#[hook]
fn use_lane_in_view(node: NodeRef, lane: Option<Rc<str>>, seen: Option<Rc<Shown>>) {
    /// The axis covers the top.
    const AXIS: f64 = 40.0;
    let met = use_mut_ref(|| None::<Rc<str>>);
    use_effect_with((lane, seen), move |(lane, seen)| {
        let (Some(lane), Some(seen), Some(element)) = (lane, seen, node.cast::<Element>()) else { return };
        let is_known = seen.show.frame.lane.as_deref() == Some(&**lane);
        let (Some(y), true) = (seen.scene.lane_y, is_known && met.borrow().as_ref() != Some(lane)) else {
            return;
        };
        *met.borrow_mut() = Some(lane.clone());
        let (top, height) = (f64::from(element.scroll_top()), f64::from(element.client_height()) - AXIS);
        let bottom = y + Form::Main.height();
        if y < top {
            element.set_scroll_top(y as i32);
        } else if bottom > top + height {
            element.set_scroll_top((bottom - height) as i32);
        }
    });
}

/// A number of pixels as an attribute: tenths are as fine as any eye.
fn px(value: f64) -> String {
    let tenths = (value * 10.0).round() as i64;
    let sign = if tenths < 0 { "-" } else { "" };
    let (whole, rest) = (tenths.abs() / 10, tenths.abs() % 10);
    if rest == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{rest}") }
}
