//! What large clusters cost: `cargo run --profile quick -p lifepod-tests --bin scale -- 1000 10000`.

use clap::Parser;
use lifepod_api::{Object, SimTime};
use lifepod_engine::{Trace, What};
use lifepod_tests::scale::{Story, scenario};
use std::time::Instant;

/// Rolls out so many pods, and prints the cost of each run.
#[derive(Parser)]
struct Args {
    /// How many pods; a run for each number
    #[arg(default_values_t = [100, 1000])]
    pods: Vec<usize>,
    /// The pods are only made and probed
    #[arg(long)]
    live: bool,
    /// Simulated minutes
    #[arg(long, default_value_t = 10)]
    minutes: u64,
    /// The calls that each controller may make in a second; -1 for as many as it likes
    #[arg(long, default_value_t = -1, allow_negative_numbers = true)]
    kube_api_qps: i32,
}

fn main() {
    let args = Args::parse();
    let story = if args.live { Story::Live } else { Story::Rollout };
    println!("    pods   entries   seconds  computed  us/pod  entries/s  peak MiB  over after");
    for pods in args.pods {
        let mut scenario = scenario(pods, story, SimTime::from_secs(args.minutes * 60));
        scenario.config.controller_client.qps = args.kube_api_qps;
        let (began, computed) = (Instant::now(), processor_seconds());
        let run = scenario.run();
        let took = began.elapsed().as_secs_f64();
        let computed = processor_seconds().zip(computed).map_or(took, |(now, then)| now - then);
        let entries = run.trace.entries().len();
        println!(
            "{pods:>8}  {entries:>8}  {took:>8.2}  {computed:>8.2}  {:>6.0}  {:>9.0}  {:>8}  {:>10}",
            computed * 1e6 / pods as f64,
            entries as f64 / computed,
            peak_mebibytes().map_or("-".to_string(), |peak| peak.to_string()),
            over_after(&run.trace).to_string(),
        );
    }
}

/// When a Deployment's status changed last.
fn over_after(trace: &Trace) -> SimTime {
    let told = |what: &What| matches!(what, What::Object(o) if matches!(&*o.object, Object::Deployment(_)));
    trace.entries().iter().rev().find(|entry| told(&entry.what)).map_or(SimTime::ZERO, |entry| entry.at)
}

/// How long a processor has worked for this process, where the system tells: on a busy machine the time that passes says
/// little.
fn processor_seconds() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/self/schedstat").ok()?;
    Some(text.split_whitespace().next()?.parse::<u64>().ok()? as f64 / 1e9)
}

/// The most memory that this process has had, where the system tells.
fn peak_mebibytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? / 1024)
}
