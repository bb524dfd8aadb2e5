//! What holds for every pod, whatever it does and whatever is done to it: random pods, random processes, random faults,
//! and the promises of the pod lifecycle checked on the trace of each.
//!
//! `PROPERTY_CASES` says how many cases are run; 100,000 take about two minutes with `--profile quick`. A failure
//! names its case, and `PROPERTY_FIRST` with that number begins there.

mod invariants;
mod pods;

use lifepod_engine::Cluster;
use lifepod_tests::story::story;
use pods::Case;

/// How many cases continuous integration runs.
const CASES: u64 = 2_000;
/// Every so many cases are run twice.
const REPEATED: u64 = 50;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[test]
fn pods_keep_the_promises_of_their_lifecycle() {
    let first = number("PROPERTY_FIRST", 0);
    let cases = number("PROPERTY_CASES", CASES);
    for seed in first..first + cases {
        let case = Case::random(seed);
        let cluster = run(&case);
        if let Err(broken) = invariants::check(&case, cluster.trace()) {
            panic!("case {seed}: {broken}\n{}\n{case:#?}", story(cluster.trace()));
        }
        if seed % REPEATED == 0 {
            assert!(*cluster.trace() == *run(&case).trace(), "case {seed}: one seed, two traces");
        }
    }
}

fn run(case: &Case) -> Cluster {
    let mut cluster = Cluster::new(case.config.clone());
    for (at, command) in &case.commands {
        cluster.schedule(*at, command.clone());
    }
    cluster.run_until(pods::HORIZON);
    cluster
}
