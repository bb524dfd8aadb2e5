//! The lanes: labels on the left, what lasts as bars, what happens at once as marks.

use super::TimeScale;
use super::axis::{TICKS_APART, px};
use crate::engine::SharedDrawing;
use crate::protocol::{Form, Instant, InstantLook, Lane, Span, SpanLook};
use std::rc::Rc;
use yew::prelude::*;

/// What [`Lanes`] is given.
#[derive(Properties, PartialEq)]
pub struct LanesProps {
    pub drawing: SharedDrawing,
    pub scale: Rc<TimeScale>,
    pub gutter: f64,
    pub selected: Option<u32>,
}

/// The measures of a lane's form, in pixels.
struct Measures {
    /// The lane's height.
    height: f64,
    /// Its bars' height; they stand in its middle.
    bar: f64,
    /// Whether a line is drawn under it.
    ruled: bool,
}

impl Measures {
    fn of(form: Form) -> Self {
        match form {
            Form::Main => Measures { height: 38.0, bar: 26.0, ruled: true },
            Form::Part => Measures { height: 30.0, bar: 16.0, ruled: true },
            Form::Thin => Measures { height: 17.0, bar: 7.0, ruled: false },
            Form::Title => Measures { height: 28.0, bar: 0.0, ruled: false },
        }
    }
}

/// The lanes.
#[component]
pub fn Lanes(props: &LanesProps) -> Html {
    let (drawing, scale, gutter) = (&props.drawing, &*props.scale, props.gutter);
    let mut top = 0.0;
    let mut rows = Vec::with_capacity(drawing.lanes.len());
    for lane in &drawing.lanes {
        let measures = Measures::of(lane.form);
        rows.push(row(lane, &measures, top, scale, gutter, props.selected));
        top += measures.height;
    }
    let (width, height) = (gutter + scale.width() + 20.0, top + 12.0);
    let ticks = scale.ticks(TICKS_APART).into_iter().map(|at| {
        let x = px(gutter + scale.px_from_time(at));
        html! { <line class="timeline-tick" x1={x.clone()} x2={x} y1="0" y2={px(height)} /> }
    });
    html! {
        <svg width={px(width)} height={px(height)} role="presentation">
            <defs>
                <pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
                    <rect class="hatch-ground" width="6" height="6" />
                    <line class="hatch-line" x1="0" y1="0" x2="0" y2="6" />
                </pattern>
            </defs>
            <g>{ for ticks }</g>
            { for rows }
        </svg>
    }
}

fn row(
    lane: &Lane,
    measures: &Measures,
    top: f64,
    scale: &TimeScale,
    gutter: f64,
    selected: Option<u32>,
) -> Html {
    let middle = top + measures.height / 2.0;
    let label = match lane.form {
        Form::Main => "timeline-label is-main",
        Form::Part | Form::Title => "timeline-label",
        Form::Thin => "timeline-label is-small",
    };
    let rule = measures.ruled.then(|| {
        let y = px(top + measures.height - 0.5);
        html! { <line class="timeline-rule" x1="8" x2={px(gutter + scale.width() + 12.0)} y1={y.clone()} y2={y} /> }
    });
    // A bar too thin to see takes a pixel and a half; the next of the same look that falls on it adds nothing.
    let mut drawn_to = f64::NEG_INFINITY;
    let mut drawn_look = None;
    let spans = lane.spans.iter().filter_map(|span| {
        let left = gutter + scale.px_from_time(span.from);
        let width = (gutter + scale.px_from_time(span.to) - left).max(1.5);
        if left + width <= drawn_to + 0.5 && drawn_look == Some(span.look) && selected != Some(span.entry) {
            return None;
        }
        drawn_to = left + width;
        drawn_look = Some(span.look);
        Some(bar(span, left, width, middle - measures.bar / 2.0, measures.bar))
    });
    let spans: Html = spans.collect();
    let instants =
        lane.instants.iter().map(|instant| mark(instant, gutter + scale.px_from_time(instant.at), middle));
    let chosen = lane.spans.iter().find(|span| Some(span.entry) == selected).map(|span| {
        let left = gutter + scale.px_from_time(span.from);
        (left, gutter + scale.px_from_time(span.to) - left, measures.bar)
    });
    let chosen = chosen.or_else(|| {
        let instant = lane.instants.iter().find(|instant| Some(instant.entry) == selected)?;
        Some((gutter + scale.px_from_time(instant.at) - 5.0, 10.0, 10.0))
    });
    let chosen = chosen.map(|(left, width, height)| {
        html! {
            <rect
                class="timeline-selected" x={px(left - 2.5)} y={px(middle - height / 2.0 - 2.5)} rx="4"
                width={px(width.max(1.5) + 5.0)} height={px(height + 5.0)}
            />
        }
    });
    html! {
        <g data-lane={lane.label.clone()}>
            {rule}
            <text class={label} x={px(14.0 + 14.0 * f64::from(lane.depth))} y={px(middle + 4.0)}>{&lane.label}</text>
            {spans}
            { for instants }
            {chosen}
        </g>
    }
}

fn bar(span: &Span, left: f64, width: f64, top: f64, height: f64) -> Html {
    let (class, on) = match span.look {
        SpanLook::Running => ("span is-running", "span-text on-running"),
        SpanLook::Ready => ("span is-ready", "span-text on-ready"),
        SpanLook::Waiting => ("span is-waiting", "span-text on-waiting"),
        SpanLook::BackOff => ("span is-backoff", "span-text on-backoff"),
        SpanLook::Off => ("span is-off", "span-text on-off"),
        SpanLook::Failed => ("span is-failed", "span-text on-failed"),
        SpanLook::Done => ("span is-done", "span-text on-done"),
        SpanLook::Ending => ("span is-ending", "span-text on-ending"),
    };
    let fits = height >= 14.0 && text_width(&span.text) + 12.0 <= width;
    // A hair of ground between neighbours tells them apart, where there is room for one.
    let width = if width > 4.0 { width - 1.0 } else { width };
    html! {
        <>
            <rect
                {class} x={px(left)} y={px(top)} width={px(width)} height={px(height)} rx={px((width / 2.0).min(3.0))}
                data-entry={span.entry.to_string()}
            ><title>{&span.hint}</title></rect>
            if fits {
                <text class={on} x={px(left + 7.0)} y={px(top + height / 2.0 + 4.0)}>{&span.text}</text>
            }
        </>
    }
}

fn mark(instant: &Instant, x: f64, y: f64) -> Html {
    let (class, path) = match instant.look {
        InstantLook::Normal => ("instant is-normal", diamond(x, y)),
        InstantLook::Warning => ("instant is-warning", diamond(x, y)),
        InstantLook::Pass => ("instant is-pass", tick(x, y)),
        InstantLook::Fail => ("instant is-fail", tick(x, y)),
        InstantLook::Action => ("instant is-action", format!("M{} {}h10l-5 9z", px(x - 5.0), px(y - 4.0))),
    };
    html! {
        <path {class} d={path} data-entry={instant.entry.to_string()} data-at={instant.at.0.to_string()}>
            <title>{&instant.hint}</title>
        </path>
    }
}

fn diamond(x: f64, y: f64) -> String {
    format!("M{} {}l5 6-5 6-5-6z", px(x), px(y - 6.0))
}

fn tick(x: f64, y: f64) -> String {
    format!("M{} {}h3v14h-3z", px(x - 1.5), px(y - 7.0))
}

/// About how wide a text is at the bars' size, in pixels; wide enough that none runs out of its bar.
fn text_width(text: &str) -> f64 {
    text.chars().map(|character| if character.is_ascii() { 6.6 } else { 11.5 }).sum()
}
