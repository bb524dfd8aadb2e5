//! How fast a run is: one pod for a day, and everything between a keystroke and a picture.

use divan::{Bencher, black_box};
use lifepod_api::SimTime;
use lifepod_scenario::{Options, prepare};
use lifepod_timeline::{Axis, LayoutOptions, lanes, layout};

fn main() {
    divan::main();
}

/// The Pod that the project's first document begins with: it says hello and exits 127.
const HELLO: &str = include_str!("../manifests/hello.yaml");

/// One pod crash-looping for 24 hours: some 290 restarts.
#[divan::bench]
fn crash_loop_24h(bencher: Bencher) {
    let options = Options { horizon: Some(SimTime::from_secs(24 * 3600)), ..Options::default() };
    let scenario = prepare(HELLO, &options).scenario.expect("the manifest is valid");
    bencher.bench_local(|| black_box(scenario.clone()).run());
}

/// From the text to the placed timeline, over the default horizon.
#[divan::bench]
fn text_to_timeline(bencher: Bencher) {
    bencher.bench_local(|| {
        let scenario =
            prepare(black_box(HELLO), &Options::default()).scenario.expect("the manifest is valid");
        let run = scenario.run();
        let timeline =
            lanes(&run.trace, &lifepod_timeline::Options { horizon: run.end, ..Default::default() });
        layout(&timeline, &Axis::folded(&timeline), &LayoutOptions::default())
    });
}

/// The simulation alone, over the default horizon.
#[divan::bench]
fn simulate(bencher: Bencher) {
    let scenario = prepare(HELLO, &Options::default()).scenario.expect("the manifest is valid");
    bencher.bench_local(|| black_box(scenario.clone()).run());
}
