//! The native command: run manifests, and look at what comes of them.

mod duration;
mod input;
mod json;
mod run;
mod serve;
mod simulate;
mod validate;
mod view;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// See what a real Kubernetes 1.36 cluster would do with your pods, in milliseconds and without one.
#[derive(Parser)]
#[command(name = "lifepod", version, subcommand_required = true, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run manifests and print everything that happens
    Run(run::Run),
    /// `kubectl get` at an instant of the run: lifepod get pods -o wide web.yaml --at 90s
    Get(view::View),
    /// `kubectl describe` at an instant of the run: lifepod describe pod web web.yaml --at 90s
    Describe(view::View),
    /// `kubectl events` at an instant of the run
    Events(view::View),
    /// `kubectl logs` at an instant of the run: lifepod logs web --previous web.yaml --at 90s
    Logs(view::View),
    /// `kubectl rollout` at an instant of the run
    Rollout(view::View),
    /// Why things are as they are at an instant: lifepod explain web/app web.yaml --at 90s
    Explain(view::View),
    /// Offer the simulated cluster as a Kubernetes API on 127.0.0.1: kubectl --server http://127.0.0.1:8001 get pods -w
    Serve(serve::Serve),
    /// Check manifests: prints FILE:LINE:COL: error: MESSAGE, and exits with 1 when there is an error
    Validate(validate::Validate),
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Run(run) => run.main(),
        Command::Get(view) => view.kubectl("get"),
        Command::Describe(view) => view.kubectl("describe"),
        Command::Events(view) => view.kubectl("events"),
        Command::Logs(view) => view.kubectl("logs"),
        Command::Rollout(view) => view.kubectl("rollout"),
        Command::Explain(view) => view.explain(),
        Command::Serve(serve) => serve.main(),
        Command::Validate(validate) => validate.main(),
    };
    result.unwrap_or_else(|message| {
        eprintln!("lifepod: {message}");
        ExitCode::FAILURE
    })
}
