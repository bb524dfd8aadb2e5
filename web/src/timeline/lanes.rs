//! The lanes: labels on the left, what lasts as bars, what happens at once as marks.

use super::px;
use crate::protocol::Side;
use crate::state::Action;
use lifepod_timeline::{Area, Bar, Form, InstantLook, Layout, Mark, Row};
use std::rc::Rc;
use yew::prelude::*;

/// What [`Lanes`] is given.
#[derive(Properties, PartialEq)]
pub struct LanesProps {
    pub side: Side,
    pub layout: Rc<Layout>,
    /// The lanes in their places, counted from the top of the first.
    pub rows: Rc<[Placed]>,
    /// The upper end of what is drawn, and its height, in pixels.
    pub top: f64,
    pub height: f64,
    /// The width of the labels, in pixels.
    pub gutter: f64,
    pub selected: Option<u32>,
    /// The key of the lane that keys are about.
    pub lane: Option<Rc<str>>,
    pub send: Callback<Action>,
}

/// A lane in its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed {
    pub row: Row,
    /// Whether lanes below it are shown; none when it has none.
    pub open: Option<bool>,
    pub pinned: bool,
    /// Where the other run differs on this lane: its bars.
    pub ghost: Vec<Bar>,
}

/// How high the other run's bars are, in pixels.
const GHOST_HEIGHT: f64 = 4.0;

/// The lanes that are in view.
#[component]
pub fn Lanes(props: &LanesProps) -> Html {
    let layout = &*props.layout;
    let (top, bottom) = (px(props.top), px(props.top + props.height));
    let folds = layout.folds.iter().map(|fold| {
        html! {
            <rect class="timeline-fold-ground" x={px(fold.x)} y={top.clone()} width={px(fold.width)} height={px(props.height)} />
        }
    });
    let ticks = layout.ticks.iter().map(|tick| {
        let x = px(tick.x);
        html! { <line class="timeline-tick" x1={x.clone()} x2={x} y1={top.clone()} y2={bottom.clone()} /> }
    });
    html! {
        <svg
            class="timeline-drawing" style={format!("transform: translateY({}px)", px(props.top))}
            width={px(layout.width)} height={px(props.height)} viewBox={format!("0 {top} {} {}", px(layout.width), px(props.height))}
            role="presentation"
        >
            <defs>
                if props.side == Side::This {
                    <pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
                        <rect class="hatch-ground" width="6" height="6" />
                        <line class="hatch-line" x1="0" y1="0" x2="0" y2="6" />
                    </pattern>
                }
                <clipPath id={gutter_id(props.side)}>
                    <rect x="0" y={top.clone()} width={px(props.gutter - 4.0)} height={px(props.height)} />
                </clipPath>
            </defs>
            <g>{ for folds }{ for ticks }</g>
            { for props.rows.iter().map(|placed| row_view(placed, layout, props)) }
        </svg>
    }
}

fn row_view(placed: &Placed, layout: &Layout, props: &LanesProps) -> Html {
    let row = &placed.row;
    let middle = row.y + row.height / 2.0;
    let label = match row.form {
        Form::Main => "timeline-label is-main",
        Form::Part | Form::Title => "timeline-label",
        Form::Thin => "timeline-label is-small",
    };
    let ruled = matches!(row.form, Form::Main | Form::Part);
    let y = px(row.y + row.height - 0.5);
    let chosen = props.lane.as_deref() == Some(row.key.as_str());
    let toggle = placed.open.map(|open| {
        let key: Rc<str> = row.key.as_str().into();
        let toggle = props.send.reform(move |_: MouseEvent| Action::Toggle(key.clone()));
        // A triangle that points to what is below it, or to the right.
        let (x, y) = (row.label_x - 9.0, middle);
        let path = if open {
            format!("M{} {}h7l-3.5 5z", px(x - 3.5), px(y - 2.0))
        } else {
            format!("M{} {}v7l5-3.5z", px(x - 2.0), px(y - 3.5))
        };
        (toggle, path)
    });
    let name = html! {
        <text class={label} clip-path={format!("url(#{})", gutter_id(props.side))} x={px(row.label_x)} y={px(middle + 4.0)}>
            {&row.label}
            if placed.pinned && row.form == Form::Main {
                {" ⌃"}
            }
            <title>{&row.name}</title>
        </text>
    };
    let selected = props.selected.and_then(|entry| {
        let bar = row.bars.iter().find(|bar| bar.entry == entry);
        let bar = bar.map(|bar| (bar.x, bar.width, bar.height));
        bar.or_else(|| {
            row.marks.iter().find(|mark| mark.entry == entry).map(|mark| (mark.x - 6.0, 12.0, 14.0))
        })
    });
    let ghost = placed.ghost.iter().map(|bar| {
        html! {
            <rect
                class={format!("span ghost is-{}", bar.look.class())} x={px(bar.x)} width={px(bar.width)}
                y={px(row.y + row.height - GHOST_HEIGHT - 1.0)} height={px(GHOST_HEIGHT)}
            ><title>{&bar.hint}</title></rect>
        }
    });
    html! {
        <g key={row.key.clone()} data-lane={row.key.clone()} class={classes!(chosen.then_some("is-chosen"))}>
            if chosen {
                <rect class="timeline-chosen" x="0" y={px(row.y)} width={px(layout.width)} height={px(row.height)} />
            }
            if ruled {
                <line class="timeline-rule" x1="8" x2={px(layout.width - 8.0)} y1={y.clone()} y2={y} />
            }
            if let Some((toggle, path)) = toggle {
                <g class="timeline-toggle" onclick={toggle}>
                    <rect x="0" y={px(row.y)} width={px(props.gutter - 4.0)} height={px(row.height)} />
                    <path d={path} />
                    {name}
                </g>
            } else {
                {name}
            }
            { for row.areas.iter().map(area_view) }
            { for row.bars.iter().map(bar_view) }
            { for row.marks.iter().map(mark_view) }
            { for ghost }
            // Of the lane that one looks at the name is told in full.
            if chosen && row.label != row.name {
                <text class={classes!(label, "is-whole")} x={px(row.label_x)} y={px(middle + 4.0)}>{&row.name}</text>
            }
            if let Some((left, width, height)) = selected {
                <rect
                    class="timeline-selected" x={px(left - 2.5)} y={px(middle - height / 2.0 - 2.5)} rx="4"
                    width={px(width + 4.0)} height={px(height + 5.0)}
                />
            }
        </g>
    }
}

/// The entry's number as an attribute; none for what was recorded elsewhere, of which no trace can say why.
fn entry(number: u32) -> Option<String> {
    (number != u32::MAX).then(|| number.to_string())
}

fn gutter_id(side: Side) -> &'static str {
    match side {
        Side::This => "gutter",
        Side::Other => "gutter-other",
    }
}

fn area_view(area: &Area) -> Html {
    html! {
        <path class={format!("span crowd is-{}", area.look.class())} d={area.outline.clone()}>
            <title>{&area.hint}</title>
        </path>
    }
}

fn bar_view(bar: &Bar) -> Html {
    let look = bar.look.class();
    // A hair of ground between neighbours tells them apart, where there is room for one.
    let width = if bar.width > 4.0 { bar.width - 1.0 } else { bar.width };
    html! {
        <>
            <rect
                class={format!("span is-{look}")} data-entry={entry(bar.entry)}
                x={px(bar.x)} y={px(bar.y)} width={px(width)} height={px(bar.height)} rx={px((width / 2.0).min(3.0))}
            ><title>{&bar.hint}</title></rect>
            if !bar.text.is_empty() {
                <text class={format!("span-text on-{look}")} x={px(bar.text_x)} y={px(bar.y + bar.height / 2.0 + 4.0)}>
                    {&bar.text}
                </text>
            }
        </>
    }
}

fn mark_view(mark: &Mark) -> Html {
    let (x, y) = (mark.x, mark.y);
    let path = match mark.look {
        InstantLook::Normal | InstantLook::Warning => format!("M{} {}l5 6-5 6-5-6z", px(x), px(y - 6.0)),
        InstantLook::Pass => format!("M{} {}a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0z", px(x - 3.5), px(y)),
        InstantLook::Fail => format!("M{} {}h4v16h-4z", px(x - 2.0), px(y - 8.0)),
        InstantLook::Ignored => format!("M{} {}l7 7m0-7l-7 7", px(x - 3.5), px(y - 3.5)),
        InstantLook::Action => format!("M{} {}h10l-5 9z", px(x - 5.0), px(y - 4.0)),
        InstantLook::Signal => format!("M{} {}l8 5-8 5z", px(x - 2.0), px(y - 5.0)),
    };
    let class = match mark.over {
        Some(look) => format!("span-text on-{}", look.class()),
        None => "instant-text".to_owned(),
    };
    html! {
        <>
            <path class={format!("instant is-{}", mark.look.class())} data-entry={entry(mark.entry)} d={path}>
                <title>{&mark.hint}</title>
            </path>
            if !mark.text.is_empty() {
                <text {class} x={px(x + 10.0)} y={px(y + 4.0)}>{&mark.text}</text>
            }
        </>
    }
}
