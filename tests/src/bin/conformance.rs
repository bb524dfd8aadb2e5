//! `conformance [DIR] [--verbose] [--strict] [--only TOPIC]…`: see `lifepod_tests::conformance`.

use clap::Parser;
use lifepod_tests::conformance::{Options, run};
use std::path::PathBuf;
use std::process::ExitCode;

/// Runs recordings of real Kubernetes through the simulation and reports where the two differ.
#[derive(Parser)]
struct Args {
    /// The folder with the vector files; a file's topic is its name without the ending.
    #[arg(default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/conformance"))]
    dir: PathBuf,
    /// Print every failure, whole.
    #[arg(long)]
    verbose: bool,
    /// Count topics that are not implemented as failed.
    #[arg(long)]
    strict: bool,
    /// Run this topic only; may be given several times.
    #[arg(long, value_name = "TOPIC")]
    only: Vec<String>,
}

fn main() -> ExitCode {
    let Args { dir, verbose, strict, only } = Args::parse();
    let mut report = String::new();
    match run(&Options { dir: dir.clone(), verbose, strict, only }, &mut report) {
        Ok(totals) => {
            print!("{report}");
            if totals.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("cannot read {}: {error}", dir.display());
            ExitCode::from(2)
        }
    }
}
