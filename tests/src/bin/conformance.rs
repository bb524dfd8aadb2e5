//! `conformance [DIR] [--verbose] [--strict] [--only TOPIC]… [--known FILE] [--dump DIR]`: see `lifepod_tests::conformance`.

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
    /// Run the known failures, too: one that passes fails the run.
    #[arg(long)]
    strict: bool,
    /// Run this topic only; may be given several times.
    #[arg(long, value_name = "TOPIC")]
    only: Vec<String>,
    /// Known failures, a line each: TOPIC ID REASON. They are left out.
    #[arg(long, value_name = "FILE")]
    known: Option<PathBuf>,
    /// Write the simulated timeline closest to each recording to this folder, in the recordings' own form.
    #[arg(long, value_name = "DIR")]
    dump: Option<PathBuf>,
}

fn main() -> ExitCode {
    let Args { dir, verbose, strict, only, known, dump } = Args::parse();
    if let Some(folder) = dump {
        return match lifepod_tests::conformance::dump(&dir, &folder) {
            Ok(written) => {
                println!("{written} timelines written to {}", folder.display());
                ExitCode::SUCCESS
            }
            Err(error) => {
                eprintln!("{error}");
                ExitCode::from(2)
            }
        };
    }
    let mut report = String::new();
    match run(&Options { dir: dir.clone(), verbose, only, known, strict }, &mut report) {
        Ok(totals) => {
            print!("{report}");
            if totals.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("cannot read {}: {error}", dir.display());
            ExitCode::from(2)
        }
    }
}
