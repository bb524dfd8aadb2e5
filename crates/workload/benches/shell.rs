//! How fast the shell runs: `cargo bench -p lifepod-workload`.

use divan::{Bencher, counter::ItemsCount};
use lifepod_api::SimTime;
use lifepod_workload::{ContainerConfig, Sandbox, SandboxConfig};

fn main() {
    divan::main();
}

fn run(script: &str, until: SimTime) -> usize {
    let mut pod = Sandbox::new(SandboxConfig::default());
    let command = ["sh", "-c", script].map(String::from).to_vec();
    let config = ContainerConfig { image: "busybox".into(), command, ..ContainerConfig::default() };
    pod.start(SimTime::ZERO, config).expect("busybox has a shell");
    pod.advance(until).len()
}

/// Turns of a counting loop.
#[divan::bench]
fn counting_loop(bencher: Bencher) {
    bencher
        .counter(ItemsCount::new(10_000u32))
        .bench(|| run("i=0; while [ $i -lt 10000 ]; do i=$((i+1)); done", SimTime::from_secs(60)));
}

/// A day of the log loop that every tutorial has.
#[divan::bench(sample_count = 10)]
fn date_loop_for_24_hours() -> usize {
    run("while true; do date >> /var/log/x; sleep 1; done", SimTime::from_secs(86_400))
}

/// A loop without a sleep, for a day.
#[divan::bench(sample_count = 5)]
fn busy_loop_for_24_hours() -> usize {
    run("while true; do :; done", SimTime::from_secs(86_400))
}
