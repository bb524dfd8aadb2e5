//! The everyday commands of the project, with all the set-up they need: `cargo xtask --help`.
//!
//! Every step says what it does and why before it starts, and looks first whether it is already done.

mod check;
mod debian;
mod no_std;
mod page;
mod place;
mod say;
mod server;
mod shell;
mod size;
mod split;
mod toolchain;
mod tools;

use anyhow::Result;
use clap::{Parser, Subcommand};
use std::process::ExitCode;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Set-up and everyday commands of lifepod")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build the release page and serve it on 127.0.0.1
    Serve {
        /// Rebuild and reload when a file changes
        #[arg(long)]
        watch: bool,
        /// The port to listen on; 0 takes a free one
        #[arg(long, default_value_t = 8080)]
        port: u16,
    },
    /// Build the page into dist/: plain files that work under any path of any web server
    Build {
        /// For trying out: built much sooner, and several times as large
        #[arg(long)]
        quick: bool,
    },
    /// Run every check there is: format, lints, unit and scenario tests, conformance, no_std, page, browser
    Test {
        /// Only the steps with one of these names (fmt, clippy, unit, conformance, no-std, page, browser)
        #[arg(value_name = "STEP")]
        only: Vec<String>,
    },
    /// Compare with what real Kubernetes did: tests/conformance, or another folder of vector files
    #[command(disable_help_flag = true)]
    Conformance {
        /// Passed on: [DIR] [--verbose] [--strict] [--dump DIR]
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Run the benchmarks
    #[command(disable_help_flag = true)]
    Bench {
        /// Passed on to `cargo bench`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Measure the built page in Chromium: first timeline, keystroke to timeline
    Measure,
    /// Say what the page weighs, file by file
    Size,
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(code) => code,
        Err(error) => {
            say::problem(&error);
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<ExitCode> {
    match command {
        Command::Serve { watch: true, port } => page::watch(port)?,
        Command::Serve { watch: false, port } => {
            page::build(page::Build::Small)?;
            let server = server::Server::bind(&place::dist(), port)?;
            say::line(&format!("lifepod is at {}   (Ctrl-C ends it)", server.url()));
            server.run();
        }
        Command::Build { quick: true } => page::build(page::Build::Quick)?,
        Command::Build { quick: false } => page::build(page::Build::Small)?,
        Command::Test { only } => return check::run(&only),
        Command::Conformance { args } => return shell::pass_on(&mut check::conformance(&args)),
        Command::Bench { args } => return shell::pass_on(shell::cargo("bench").args(args)),
        Command::Measure => {
            page::build(page::Build::Small)?;
            return shell::pass_on(&mut check::in_browser("tests/browser/measure.mjs")?);
        }
        Command::Size => {
            page::build(page::Build::Small)?;
            size::report()?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
