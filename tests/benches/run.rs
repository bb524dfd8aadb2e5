//! How fast a run is: one pod for a day, everything between a keystroke and a picture, and large clusters.

use divan::{Bencher, black_box, counter::ItemsCount};
use lifepod_api::SimTime;
use lifepod_engine::Scenario;
use lifepod_scenario::{Options, prepare};
use lifepod_tests::scale::{self, SETTLED, Story};
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

/// A hundred pods of Deployments that are ready and probed for an hour. The items are entries of the trace.
#[divan::bench(sample_count = 20, sample_size = 1)]
fn deployment_pods_1h(bencher: Bencher) {
    let scenario = scale::scenario(100, Story::Live, SimTime::from_secs(3600));
    let entries = scenario.clone().run().trace.entries().len();
    large(bencher, &scenario, entries);
}

/// A thousand pods are made and replaced by others, until all are ready. The items are pods, so that items a second tell
/// what a pod costs: compare with [`rollout_10_000`].
#[divan::bench(sample_count = 10, sample_size = 1)]
fn rollout_1_000(bencher: Bencher) {
    rollout(bencher, 1_000);
}

/// The same with ten thousand on a thousand nodes, once: it takes half a minute or so.
#[divan::bench(sample_count = 1, sample_size = 1)]
fn rollout_10_000(bencher: Bencher) {
    rollout(bencher, 10_000);
}

fn rollout(bencher: Bencher, pods: usize) {
    large(bencher, &scale::scenario(pods, Story::Rollout, SETTLED), pods);
}

/// A thousand pods are ready, and a minute goes by: six probes of each, and a sync. The items are pods; compare with
/// [`quiet_minute_10_000`].
#[divan::bench(sample_count = 10, sample_size = 1)]
fn quiet_minute_1_000(bencher: Bencher) {
    quiet_minute(bencher, 1_000);
}

/// The same with ten thousand.
#[divan::bench(sample_count = 1, sample_size = 1)]
fn quiet_minute_10_000(bencher: Bencher) {
    quiet_minute(bencher, 10_000);
}

fn quiet_minute(bencher: Bencher, pods: usize) {
    let end = SETTLED + SimTime::from_secs(60);
    let scenario = scale::scenario(pods, Story::Live, end);
    bencher
        .counter(ItemsCount::new(pods))
        .with_inputs(|| {
            let mut simulation = scenario.clone().start();
            scale::advance(&mut simulation, SETTLED);
            simulation
        })
        .bench_local_values(|mut simulation| {
            scale::advance(&mut simulation, end);
            simulation
        });
}

fn large(bencher: Bencher, scenario: &Scenario, items: usize) {
    bencher
        .counter(ItemsCount::new(items))
        .with_inputs(|| scenario.clone())
        .bench_local_values(|scenario| black_box(scenario.run()));
}
