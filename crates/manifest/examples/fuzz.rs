//! Throws random manifests and damaged texts at the front door: `cargo run --release --example fuzz -- text 600`.
//!
//! The first argument is `text` (YAML front) or `object` (decoding, defaults, validation), the second the seconds to
//! run, the third the first seed. It stops at the first broken promise, naming the seed.

#[path = "../tests/random/mod.rs"]
mod random;

use lifepod_api::yaml::to_yaml;
use random::{Random, claims};
use std::time::{Duration, Instant};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let text = arguments.first().is_none_or(|a| a == "text");
    let number = |i: usize, default: u64| arguments.get(i).and_then(|a| a.parse().ok()).unwrap_or(default);
    let end = Instant::now() + Duration::from_secs(number(1, 10));
    let first = number(2, 1_000_000);
    let mut seed = first;
    while Instant::now() < end {
        let mut random = Random::new(seed);
        let manifest = random.manifest(seed.is_multiple_of(3));
        let input = if text { random.damage(&to_yaml(&manifest)) } else { manifest.to_string() };
        let started = Instant::now();
        let kept = std::panic::catch_unwind(|| {
            if text { claims::of_text(&input) } else { claims::of_object(&manifest) }
        });
        if kept.is_err() {
            eprintln!("seed {seed}: {input:?}");
            std::process::exit(1);
        }
        if started.elapsed() > Duration::from_secs(2) {
            eprintln!("slow: seed {seed}: {:?} for {} bytes", started.elapsed(), input.len());
        }
        seed += 1;
    }
    println!("{} inputs, no broken promise", seed - first);
}
