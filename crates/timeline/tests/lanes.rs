//! Lanes, axis and SVG of traces written by hand.

mod support;

use lifepod_api::SimTime;
use lifepod_timeline::{
    Axis, Lang, Layout, LayoutOptions, Options, Scale, SpanLook, Timeline, lanes, layout, svg,
};
use support::{crash_loop, s};

fn drawn(timeline: &Timeline) -> Layout {
    layout(timeline, &Axis::folded(timeline), &LayoutOptions::default())
}

fn ten_minutes(lang: Lang) -> Options {
    Options { horizon: SimTime::from_secs(600), lang }
}

#[test]
fn a_crash_loop_shows_runs_exits_and_growing_back_offs() {
    let world = crash_loop();
    let timeline = lanes(&world.trace, &ten_minutes(Lang::En));
    let app = timeline.lanes.iter().find(|l| l.label == "app").expect("a lane for the container");
    let texts: Vec<&str> =
        app.spans.iter().map(|s| s.text.as_str()).filter(|t| t.starts_with("back-off")).collect();
    assert_eq!(
        texts,
        [
            "back-off 10 s",
            "back-off 20 s",
            "back-off 40 s",
            "back-off 80 s",
            "back-off 2 min 40 s",
            "back-off 5 min"
        ]
    );
    assert!(app.spans.iter().any(|s| s.text == "exit 127" && s.look == SpanLook::Failed));
    assert!(app.spans.windows(2).all(|w| w[0].to <= w[1].from), "spans do not overlap");
    if let Ok(path) = std::env::var("LIFEPOD_SVG") {
        std::fs::write(path, svg(&drawn(&timeline))).expect("the picture is written");
    }
}

#[test]
fn a_place_on_the_axis_and_its_time_are_inverse() {
    let world = crash_loop();
    let timeline = lanes(&world.trace, &ten_minutes(Lang::En));
    let axis = Axis::folded(&timeline);
    assert!(axis.pieces.iter().any(|p| p.folded));
    assert!(axis.pieces.windows(2).all(|w| w[0].to == w[1].from), "pieces leave no gap");
    let scale = Scale::new(&axis, 900.0);
    for at in [0.0, 1.2, 11.0, 100.0, 599.0, 600.0] {
        let back = scale.time_from_px(scale.px_from_time(s(at))).as_secs_f64();
        assert!((back - at).abs() < 0.001, "{at} came back as {back}");
    }
    assert!((scale.px_from_time(SimTime::MAX) - 900.0).abs() < 1e-6);
}
