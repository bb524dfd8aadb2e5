//! Lanes, axis and SVG of traces written by hand.

mod support;

use lifepod_api::SimTime;
use lifepod_timeline::{
    Axis, Lang, Layout, LayoutOptions, Options, Scale, SpanLook, Timeline, gutter_for, label_room, lanes,
    layout, svg,
};
use support::{crash_loop, healthy, killed_and_deleted, s};

fn drawn(timeline: &Timeline) -> Layout {
    layout(
        timeline,
        &Axis::folded(timeline),
        &LayoutOptions { gutter: gutter_for(label_room(timeline), 1200.0), ..Default::default() },
    )
}

fn ten_minutes(lang: Lang) -> Options {
    Options { horizon: SimTime::from_secs(600), lang }
}

#[test]
fn a_crash_loop_shows_runs_exits_and_growing_back_offs() {
    let world = crash_loop();
    let timeline = lanes(&world.trace, &ten_minutes(Lang::En));
    let app = timeline.lanes.iter().find(|l| l.label == "app").expect("a lane for the container");
    let texts: Vec<&str> = app
        .spans
        .iter()
        .filter_map(|s| s.text.strip_suffix(" · exit 127"))
        .filter(|t| t.starts_with("back-off"))
        .collect();
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
}

#[test]
fn the_first_minute_of_a_long_crash_loop_is_no_sliver() {
    let world = crash_loop();
    for horizon in [600, 1_800, 6 * 3_600] {
        let options = Options { horizon: SimTime::from_secs(horizon), lang: Lang::En };
        let axis = Axis::folded(&lanes(&world.trace, &options));
        let scale = Scale::new(&axis, 1_000.0);
        let minute = scale.px_from_time(SimTime::from_secs(60));
        assert!(minute > 100.0, "{minute} of 1000 px with a horizon of {horizon} s");
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

#[test]
fn a_deleted_pod_shows_its_grace_and_the_signals() {
    let world = killed_and_deleted();
    let timeline = lanes(&world.trace, &ten_minutes(Lang::En));
    let lane = timeline.lanes.iter().find(|l| l.label == "termination").expect("a lane for the end");
    let signals: Vec<&str> = lane.instants.iter().map(|i| i.text.as_str()).collect();
    assert_eq!(signals, ["TERM", "TERM", "TERM", "KILL"]);
    assert_eq!(lane.spans[0].text, "Terminating · grace 30 s");
    let status = timeline.lanes.iter().find(|l| l.label == "STATUS").expect("a lane for STATUS");
    let mut texts: Vec<&str> = status.spans.iter().map(|s| s.text.as_str()).collect();
    texts.dedup();
    assert_eq!(texts, ["Pending", "ContainerCreating", "Running", "Terminating", "Error"]);
    assert!(
        status.spans.last().is_some_and(|s| s.to < timeline.horizon),
        "after the pod is gone there is nothing"
    );
    let liveness = timeline.lanes.iter().find(|l| l.label == "liveness").expect("a lane for the probe");
    assert_eq!(liveness.instants.iter().filter(|i| i.text == "3/3").count(), 2);
}

#[test]
fn one_more_success_of_a_probe_keeps_no_time_unfolded() {
    let world = healthy();
    let timeline = lanes(&world.trace, &ten_minutes(Lang::En));
    let axis = Axis::folded(&timeline);
    let folds: Vec<f64> = axis.pieces.iter().filter(|p| p.folded).map(|p| p.length().as_secs_f64()).collect();
    assert_eq!(folds.len(), 1);
    assert!(folds[0] > 595.0, "{folds:?}");
}

#[test]
fn stops_lead_through_what_happened_in_both_directions() {
    let timeline = lanes(&healthy().trace, &ten_minutes(Lang::En));
    let mut at = SimTime::ZERO;
    let mut there = Vec::new();
    while let Some(stop) = timeline.next_stop(at) {
        at = stop.at;
        there.push(at);
    }
    let mut back = vec![at];
    while let Some(stop) = timeline.previous_stop(at).filter(|s| s.at > SimTime::ZERO) {
        at = stop.at;
        back.push(at);
    }
    back.reverse();
    assert_eq!(there, back);
    assert!(there.len() > 60);
}

#[test]
fn pictures_are_well_formed_and_show_what_they_are_about() {
    for (name, world) in
        [("crash-loop", crash_loop()), ("killed-and-deleted", killed_and_deleted()), ("healthy", healthy())]
    {
        for lang in [Lang::En, Lang::Zh] {
            let timeline = lanes(&world.trace, &ten_minutes(lang));
            let picture = svg(&drawn(&timeline));
            assert!(picture.starts_with("<svg ") && picture.ends_with("</svg>\n"));
            assert_eq!(picture.matches("<g ").count(), timeline.lanes.len());
            assert_eq!(picture.matches("<g ").count(), picture.matches("</g>").count());
            assert_eq!(
                picture,
                svg(&drawn(&lanes(&world.trace, &ten_minutes(lang)))),
                "the same bytes every time"
            );
            // For the eyes: LIFEPOD_PICTURES=DIR cargo test -p lifepod-timeline
            if let Ok(dir) = std::env::var("LIFEPOD_PICTURES") {
                std::fs::write(format!("{dir}/{name}-{lang:?}.svg"), picture)
                    .expect("the picture is written");
            }
        }
    }
}
