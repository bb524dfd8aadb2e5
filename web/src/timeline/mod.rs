//! The timeline: the axis, the lanes, and the cursor that is dragged over them.

mod axis;
mod ghost;
mod lanes;
mod menu;
mod pointer;
mod rows;
mod view;

use crate::clock;
use crate::engine::SharedDrawing;
use crate::i18n::Lang;
use crate::state::{Action, Menu, Shown};
use axis::Axis;
use ghost::Ghost;
use lanes::{Lanes, Placed};
use lifepod_api::SimTime;
use lifepod_timeline::{Layout, LayoutOptions, MARGIN, Scale, SpanLook, gutter_for, heads, place};
pub use menu::offers;
pub use rows::{Row, about, rows};
use std::rc::Rc;
pub use view::View;
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
    pub drawing: Option<SharedDrawing>,
    /// The run that this one is compared with.
    pub other: Option<SharedDrawing>,
    /// Whether the text has moved on and the drawing has not.
    pub stale: bool,
    pub cursor: SimTime,
    pub view: View,
    pub folded: bool,
    pub shown: Shown,
    pub lane: Option<Rc<str>>,
    pub measure: Option<(SimTime, SimTime)>,
    pub menu: Option<Menu>,
    pub selected: Option<u32>,
    pub send: Callback<Action>,
}

/// The timeline.
#[component]
pub fn Timeline(props: &TimelineProps) -> Html {
    let words = props.lang.words();
    let node = use_node_ref();
    let (width, seen_height) = use_size(node.clone());
    let scrolled = use_state_eq(|| 0.0);
    let rows = use_memo((props.drawing.clone(), props.shown.clone()), |(drawing, shown)| {
        drawing.as_ref().map_or_else(Vec::new, |drawing| rows(&drawing.timeline, shown))
    });
    let ghost = use_memo((props.drawing.clone(), props.other.clone()), |(drawing, other)| {
        let (drawing, other) = (drawing.as_ref()?, other.as_ref()?);
        Some(Ghost::of(&drawing.timeline, &other.timeline))
    });
    let sizes = (props.drawing.clone(), width, props.lang, props.view, props.folded);
    let stage = use_memo(sizes, |(drawing, width, lang, view, folded)| {
        let drawing = drawing.clone().filter(|_| *width > 0.0)?;
        let gutter = gutter_for(&drawing.timeline, *width);
        let options = LayoutOptions { width: *width, gutter, lang: lang.core() };
        let whole = whole_axis(&drawing, *folded);
        let axis = view.crop(&whole);
        let heads = Rc::new(heads(&axis, &options));
        Some(Stage { drawing, whole, axis, heads, options })
    });
    let window = (*scrolled - AHEAD, seen_height + 2.0 * AHEAD);
    let placed = use_memo((stage.clone(), rows.clone(), ghost.clone(), window.0 as i64, window.1 as i64), {
        let other = props.other.clone();
        move |(stage, rows, ghost, from, height)| -> Rc<[Placed]> {
            let Some(stage) = stage.as_ref() else { return Rc::new([]) };
            let ghost = ghost.as_ref().as_ref().zip(other.as_deref());
            stage.placed(rows, *from as f64, (*from + *height) as f64, ghost)
        }
    });

    pointer::use_wheel(node.clone(), stage.clone(), props.view, props.send.clone());
    use_cursor_in_view(props, &stage);
    use_lane_in_view(node.clone(), props.lane.clone(), rows.clone(), props.drawing.clone());
    let pointer = pointer::use_pointer(node.clone(), stage.clone(), props.view, props.send.clone());
    let end = props.drawing.as_ref().map_or(SimTime::ZERO, |drawing| drawing.timeline.horizon);
    let onscroll = Callback::from(move |event: Event| {
        let top = f64::from(event.target_unchecked_into::<Element>().scroll_top());
        scrolled.set((top / AHEAD).floor() * AHEAD);
    });

    html! {
        <section class={classes!("timeline", props.stale.then_some("is-stale"))} aria-label={words.timeline}>
            <div
                class="timeline-scroll" ref={node} tabindex="0" role="slider" aria-label={words.timeline}
                aria-valuemin="0" aria-valuemax={end.as_secs().to_string()} aria-valuenow={props.cursor.as_secs().to_string()}
                aria-valuetext={clock::exact(props.cursor)} {onscroll}
                onpointerdown={pointer.clone()} onpointermove={pointer.clone()} onpointerup={pointer.clone()}
                onpointercancel={pointer} oncontextmenu={open_menu(props.send.clone())}
            >
                if let Some(stage) = stage.as_ref() {
                    { view(props, stage, &rows, &placed, window, ghost.as_ref().as_ref()) }
                } else if props.drawing.is_none() {
                    <p class="timeline-empty">{words.empty}</p>
                }
            </div>
            if let Some(stage) = stage.as_ref() {
                { filter(props, stage) }
                if let Some(menu) = &props.menu {
                    <menu::MenuView
                        lang={props.lang} menu={menu.clone()} drawing={stage.drawing.clone()} send={props.send.clone()}
                    />
                }
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

    /// The time of an instant: it is met at its own, a span where it was pressed.
    fn instant(&self, entry: u32) -> Option<SimTime> {
        let mut instants = self.drawing.timeline.lanes.iter().flat_map(|lane| &lane.instants);
        instants.find(|instant| instant.entry.0 == entry).map(|instant| instant.at)
    }

    /// The lanes between two heights, in their places.
    fn placed(
        &self,
        rows: &[Row],
        from: f64,
        to: f64,
        ghost: Option<(&Ghost, &crate::protocol::Drawing)>,
    ) -> Rc<[Placed]> {
        let lanes = &self.drawing.timeline.lanes;
        let seen = rows.iter().skip_while(|row| row.y + lanes[row.lane].form.height() < from);
        let placed = seen.take_while(|row| row.y <= to).map(|row| {
            let lane = &lanes[row.lane];
            // A closed pod says in one line what its STATUS lane would.
            let status = lanes.get(row.lane + 1).filter(|next| next.key.ends_with("/status"));
            let summary = status.filter(|_| row.open == Some(false));
            let place_of = |lane: &lifepod_timeline::Lane| place(lane, row.y, &self.axis, &self.options);
            let mut placed = place_of(lane);
            if let Some(summary) = summary {
                let mut with_form = summary.clone();
                with_form.form = lane.form;
                placed.bars = place_of(&with_form).bars;
            }
            let ghost = ghost.and_then(|(ghost, other)| {
                let (lane, since) = ghost.lane(&other.timeline, &lane.key)?;
                let since = self.x(since);
                let mut bars = place_of(lane).bars;
                bars.retain(|bar| bar.x + bar.width > since);
                // What both have in common is not shown twice.
                for bar in bars.iter_mut().filter(|bar| bar.x < since) {
                    (bar.x, bar.width) = (since, bar.x + bar.width - since);
                }
                Some(bars)
            });
            Placed { row: placed, open: row.open, pinned: row.pinned, ghost: ghost.unwrap_or_default() }
        });
        placed.collect()
    }
}

/// The axis of a drawing, with its quiet times folded or not.
pub fn whole_axis(drawing: &crate::protocol::Drawing, folded: bool) -> lifepod_timeline::Axis {
    if folded { drawing.axis.clone() } else { lifepod_timeline::Axis::even(drawing.timeline.horizon) }
}

fn view(
    props: &TimelineProps,
    stage: &Stage,
    rows: &[Row],
    placed: &Rc<[Placed]>,
    window: (f64, f64),
    ghost: Option<&Ghost>,
) -> Html {
    let words = props.lang.words();
    let layout = &stage.heads;
    let x = stage.x(props.cursor);
    let hidden = !stage.shows(props.cursor);
    // At the right end the time stays whole.
    let clock_x = x.min(layout.width - CLOCK_WIDTH / 2.0);
    let all = rows::height(rows, &stage.drawing.timeline) + MARGIN;
    let top = window.0.max(0.0);
    let height = (window.0 + window.1).min(all).max(top + 1.0) - top;
    let measure = props.measure.map(|(a, b)| {
        let (from, to) = (a.min(b), a.max(b));
        let (left, right) = (stage.x(from), stage.x(to));
        let style = format!("left:{left:.1}px;width:{:.1}px", (right - left).max(1.0));
        html! { <div class="timeline-measure" {style}><b>{props.lang.core().length(to.since(from))}</b></div> }
    });
    let fork = ghost.and_then(|ghost| ghost.since).filter(|since| stage.shows(*since)).map(|since| {
        let style = format!("left:{:.1}px", stage.x(since));
        html! { <div class="timeline-fork" {style}><span>{words.differs}{" "}{clock::exact(since)}</span></div> }
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
                    layout={layout.clone()} rows={placed.clone()} {top} {height} gutter={stage.options.gutter}
                    selected={props.selected} lane={props.lane.clone()} send={props.send.clone()}
                />
                {measure}
                {fork}
                <div class="timeline-cursor" hidden={hidden} style={format!("transform: translateX({x:.2}px)")} />
                if !hidden {
                    { for countdowns(props, stage, placed, x) }
                }
            </div>
        </>
    }
}

/// How long the waits at the cursor still last.
fn countdowns(props: &TimelineProps, stage: &Stage, placed: &[Placed], x: f64) -> Vec<Html> {
    let lanes = &stage.drawing.timeline.lanes;
    let containers = placed.iter().filter(|placed| placed.row.form == lifepod_timeline::Form::Main);
    let waits = containers.filter_map(|placed| {
        let lane =
            lanes.iter().find(|lane| lane.key == placed.row.key && !lane.about.container.is_empty())?;
        let i = lane.spans.partition_point(|span| span.to <= props.cursor);
        let span =
            lane.spans.get(i).filter(|span| span.from <= props.cursor && span.look == SpanLook::BackOff)?;
        let left = props.lang.core().length(span.to.since(props.cursor));
        let style = format!("transform: translate({:.1}px, {:.1}px)", x + 5.0, placed.row.y - 5.0);
        let known = span.to < stage.drawing.timeline.horizon;
        known.then(|| html! { <span class="timeline-countdown" {style}>{"⟳ "}{left}</span> })
    });
    waits.collect()
}

/// The field that searches the lanes.
fn filter(props: &TimelineProps, stage: &Stage) -> Html {
    let words = props.lang.words();
    let oninput = props.send.reform(|event: InputEvent| {
        Action::Filter(event.target_unchecked_into::<HtmlInputElement>().value().as_str().into())
    });
    let style = format!("width:{:.0}px", stage.options.gutter - 20.0);
    html! {
        <input
            class="timeline-filter" type="search" {style} placeholder={words.filter} aria-label={words.filter}
            value={props.shown.filter.to_string()} {oninput}
        />
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

/// The lane that keys are about is scrolled into view.
#[hook]
fn use_lane_in_view(
    node: NodeRef,
    lane: Option<Rc<str>>,
    rows: Rc<Vec<Row>>,
    drawing: Option<SharedDrawing>,
) {
    /// The axis covers the top.
    const AXIS: f64 = 40.0;
    use_effect_with(lane, move |lane| {
        let (Some(lane), Some(drawing), Some(element)) = (lane, drawing, node.cast::<Element>()) else {
            return;
        };
        let lanes = &drawing.timeline.lanes;
        let Some(row) = rows.iter().find(|row| *lanes[row.lane].key == **lane) else { return };
        let (top, height) = (f64::from(element.scroll_top()), f64::from(element.client_height()) - AXIS);
        let bottom = row.y + lanes[row.lane].form.height();
        if row.y < top {
            element.set_scroll_top(row.y as i32);
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
