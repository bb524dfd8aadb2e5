//! The times above the lanes, and the folds between them.

use super::TimeScale;
use crate::clock;
use lifepod_api::SimTime;
use std::rc::Rc;
use yew::prelude::*;

/// At least so many pixels lie between two times.
pub const TICKS_APART: f64 = 62.0;
const HEIGHT: f64 = 36.0;

/// What [`Axis`] is given.
#[derive(Properties, PartialEq)]
pub struct AxisProps {
    pub scale: Rc<TimeScale>,
    pub gutter: f64,
}

/// The axis.
#[component]
pub fn Axis(props: &AxisProps) -> Html {
    let scale = &props.scale;
    let ticks = scale.ticks(TICKS_APART).into_iter().map(|at| {
        let x = props.gutter + scale.px_from_time(at);
        html! {
            <>
                <line class="timeline-tick" x1={px(x)} x2={px(x)} y1="28" y2="36" />
                <text x={px(x + 3.0)} y="20">{label(at)}</text>
            </>
        }
    });
    let folds = scale.pieces().iter().filter(|piece| piece.folded).map(|piece| {
        let x = props.gutter + (piece.left + piece.right) / 2.0;
        let mark = format!("M{:.1} 25l4 4-4 4M{:.1} 25l4 4-4 4", x - 5.0, x + 1.0);
        let quiet = format!("≈ {}", length(piece.to.since(piece.from)));
        html! { <g><title>{quiet}</title><path class="timeline-fold" d={mark} /></g> }
    });
    html! {
        <svg width={px(props.gutter + scale.width() + 20.0)} height={px(HEIGHT)} aria-hidden="true">
            { for ticks }
            { for folds }
        </svg>
    }
}

/// `0:10`, and tenths or more where the axis shows less than a second.
fn label(at: SimTime) -> String {
    match at.0 % 1_000_000 {
        0 => clock::whole(at),
        fraction if fraction % 100_000 == 0 => clock::exact(at),
        fraction => format!("{}.{:03}", clock::whole(at), fraction / 1_000),
    }
}

/// A length as people say it: `40 s`, `5 min`, `2 h`.
pub fn length(time: SimTime) -> String {
    match time.as_secs() {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7_200 => format!("{} min", (seconds + 30) / 60),
        seconds => format!("{} h", (seconds + 1_800) / 3_600),
    }
}

/// A number of pixels as an attribute: tenths are as fine as any eye.
pub fn px(value: f64) -> String {
    let tenths = (value * 10.0).round() as i64;
    if tenths % 10 == 0 {
        (tenths / 10).to_string()
    } else {
        format!("{}.{}", tenths / 10, tenths.abs() % 10)
    }
}
