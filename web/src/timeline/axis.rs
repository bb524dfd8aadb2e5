//! The times above the lanes, and the folds between them.

use super::px;
use lifepod_timeline::Layout;
use std::rc::Rc;
use yew::prelude::*;

/// About how wide the widest time on the axis is, in pixels.
const LABEL_WIDTH: f64 = 44.0;

/// What [`Axis`] is given.
#[derive(Properties, PartialEq)]
pub struct AxisProps {
    pub layout: Rc<Layout>,
}

/// The axis.
#[component]
pub fn Axis(props: &AxisProps) -> Html {
    let layout = &*props.layout;
    let bottom = layout.top;
    let fits = |x: f64| x + LABEL_WIDTH <= layout.width;
    let last = layout.ticks.last().map_or(layout.width, |tick| tick.x);
    let ticks = layout.ticks.iter().map(|tick| {
        let line = px(tick.x);
        // The last time stands before its line where there is no room behind it, and the one before makes way.
        let makes_way = !fits(last) && tick.x < last && tick.x + 2.0 * LABEL_WIDTH > last;
        let fits = fits(tick.x);
        let (x, anchor) = if fits { (px(tick.x + 3.0), "start") } else { (px(tick.x - 3.0), "end") };
        html! {
            <>
                <line class="timeline-tick" x1={line.clone()} x2={line} y1={px(bottom - 8.0)} y2={px(bottom)} />
                if !makes_way {
                    <text {x} y="16" text-anchor={anchor}>{&tick.label}</text>
                }
            </>
        }
    });
    let folds = layout.folds.iter().map(|fold| {
        let middle = fold.x + fold.width / 2.0;
        let (left, right, y) = (px(middle - 5.0), px(middle + 1.0), px(bottom - 10.0));
        // Two arrow heads, as on a tape that is run fast.
        let mark = format!("M{left} {y}l4 4-4 4M{right} {y}l4 4-4 4");
        html! {
            <g>
                <title>{&fold.label}</title>
                <path class="timeline-fold" d={mark} />
                if fold.width >= 46.0 {
                    <text class="timeline-fold-label" text-anchor="middle" x={px(middle)} y={px(bottom - 13.0)}>
                        {&fold.label}
                    </text>
                }
            </g>
        }
    });
    html! {
        <svg width={px(layout.width)} height={px(layout.top)} aria-hidden="true">{ for folds }{ for ticks }</svg>
    }
}
