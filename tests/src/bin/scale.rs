//! What large clusters cost: `cargo run --profile quick -p lifepod-tests --bin scale -- 1000 10000`.

use clap::Parser;
use lifepod_api::{Object, SimTime};
use lifepod_engine::{Config, Trace, What};
use lifepod_tests::scale::{SETTLED, Story, advance, scenario};
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
    /// The controllers and the scheduler keep to the limits that they have by default
    #[arg(long)]
    limits: bool,
}

fn main() {
    let args = Args::parse();
    let story = if args.live { Story::Live } else { Story::Rollout };
    println!("                                         until 200 s   later");
    println!(
        "    pods   entries   seconds  computed        us/pod  us/pod/min  entries/s  peak MiB  over after"
    );
    for pods in args.pods {
        let mut scenario = scenario(pods, story, SimTime::from_secs(args.minutes * 60));
        if args.limits {
            let Config { controller_client, scheduler_client, .. } = Config::default();
            scenario.config.controller_client = controller_client;
            scenario.config.scheduler_client = scheduler_client;
        }
        let (began, computed) = (Instant::now(), Processor::new());
        let mut simulation = scenario.start();
        advance(&mut simulation, SETTLED);
        let settled = computed.seconds();
        let run = loop {
            if let Some(outcome) = simulation.advance(usize::MAX) {
                break simulation.finish(outcome);
            }
        };
        let (took, computed) = (began.elapsed().as_secs_f64(), computed.seconds());
        let entries = run.trace.entries().len();
        let later = run.end.since(SETTLED).as_secs_f64() / 60.0;
        let a_minute = (later > 0.0).then(|| (computed - settled) * 1e6 / pods as f64 / later);
        println!(
            "{pods:>8}  {entries:>8}  {took:>8.2}  {computed:>8.2}  {:>12.0}  {:>10}  {:>9.0}  {:>8}  {:>10}",
            settled * 1e6 / pods as f64,
            a_minute.map_or("-".to_string(), |cost| format!("{cost:.0}")),
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

/// Counts how long a processor works for this process, where the system tells: on a busy machine the time that passes
/// says little.
struct Processor {
    began: Instant,
    worked: Option<f64>,
}

impl Processor {
    fn new() -> Self {
        Processor { began: Instant::now(), worked: Self::worked() }
    }

    /// Seconds since it was made.
    fn seconds(&self) -> f64 {
        let worked = Self::worked().zip(self.worked).map(|(now, then)| now - then);
        worked.unwrap_or_else(|| self.began.elapsed().as_secs_f64())
    }

    fn worked() -> Option<f64> {
        let text = std::fs::read_to_string("/proc/self/schedstat").ok()?;
        Some(text.split_whitespace().next()?.parse::<u64>().ok()? as f64 / 1e9)
    }
}

/// The most memory that this process has had, where the system tells.
fn peak_mebibytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? / 1024)
}
