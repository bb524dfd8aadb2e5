//! `cargo xtask test`: every check there is, in the order in which they are likely to fail.

use crate::server::Server;
use crate::{no_std, page, place, say, shell, size, tools};
use anyhow::{Result, bail};
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Instant;

/// One step of the test.
struct Step {
    name: &'static str,
    why: &'static str,
    run: fn() -> Result<Counts>,
}

/// How many tests went how.
#[derive(Clone, Copy, Default)]
struct Counts {
    passed: u64,
    failed: u64,
}

const STEPS: [Step; 8] = [
    Step { name: "fmt", why: "the sources are formatted", run: fmt },
    Step { name: "clippy", why: "no lint complains, in tests and benches neither", run: clippy },
    Step { name: "unit", why: "unit tests of every crate, and the scenarios", run: unit },
    Step { name: "conformance", why: "the same as what real Kubernetes was recorded to do", run: vectors },
    Step {
        name: "kubectl",
        why: "the real kubectl works on the simulated cluster, and prints what we print",
        run: kubectl,
    },
    Step {
        name: "no-std",
        why: "the core compiles where there is no std: no clock, no hash order, no I/O",
        run: core,
    },
    Step {
        name: "page",
        why: "the page builds for wasm32, and its first visit loads no more than it may",
        run: wasm,
    },
    Step { name: "browser", why: "the built page does its job in a real Chromium", run: browser },
];

/// Runs the steps, all of them even after a failure, and closes with the sum.
pub fn run(only: &[String]) -> Result<ExitCode> {
    if let Some(unknown) = only.iter().find(|name| STEPS.iter().all(|step| step.name != **name)) {
        bail!("no step is called `{unknown}`; there are: {}", STEPS.map(|step| step.name).join(", "));
    }
    let begin = Instant::now();
    let mut sum = Counts::default();
    let mut report = Vec::new();
    for step in STEPS.iter().filter(|step| only.is_empty() || only.iter().any(|name| name == step.name)) {
        let clock = say::step(step.name, step.why);
        let counts = (step.run)().unwrap_or_else(|error| {
            say::problem(&error);
            Counts { passed: 0, failed: 1 }
        });
        let seconds = clock.elapsed().as_secs_f64();
        report.push(format!(
            "{:<12} {:>5} passed {:>5} failed {seconds:>7.1} s",
            step.name, counts.passed, counts.failed
        ));
        sum.passed += counts.passed;
        sum.failed += counts.failed;
    }
    println!("\n{}\n{:<12} {:>37.1} s", report.join("\n"), "in all", begin.elapsed().as_secs_f64());
    println!("{} passed, {} failed", sum.passed, sum.failed);
    Ok(if sum.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn fmt() -> Result<Counts> {
    if shell::find("cargo-fmt").is_none() || shell::find("cargo-clippy").is_none() {
        bail!("rustfmt or clippy is missing; install them with `rustup component add rustfmt clippy`");
    }
    one(shell::cargo("fmt").args(["--all", "--check"]))
}

fn clippy() -> Result<Counts> {
    one(shell::cargo("clippy").args(["--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"]))
}

fn unit() -> Result<Counts> {
    counted(shell::cargo("test").args(["--quiet", "--workspace", "--no-fail-fast"]))
}

fn vectors() -> Result<Counts> {
    let known = place::root().join("tests/conformance/known-failures.txt");
    counted(&mut conformance(&["--known".to_string(), known.display().to_string()]))
}

fn kubectl() -> Result<Counts> {
    let Some(program) = tools::kubectl()? else { return Ok(Counts::default()) };
    shell::run(shell::cargo("build").args(["--quiet", "--package", "lifepod"]))?;
    let mut node = shell::command("node");
    node.arg("tests/kubectl/run.mjs");
    node.env("KUBECTL", program).env("LIFEPOD", place::target().join("debug/lifepod"));
    counted(&mut node)
}

fn core() -> Result<Counts> {
    one(&mut no_std::command()?)
}

fn wasm() -> Result<Counts> {
    page::build(page::Build::Small)?;
    size::report()?;
    Ok(Counts { passed: 1, failed: 0 })
}

fn browser() -> Result<Counts> {
    if !place::dist().join("index.html").exists() {
        page::build(page::Build::Small)?;
    }
    counted(&mut in_browser("tests/browser/run.mjs")?)
}

/// Node running a script that drives Chromium; dist/ is served to it under a deep path as long as this program lives.
pub fn in_browser(script: &str) -> Result<Command> {
    with_page(script, &place::dist(), &tools::chromium()?)
}

/// Node running a script that drives this Chromium; the page in this folder is served as long as this program lives.
pub fn with_page(script: &str, page: &Path, chromium: &Path) -> Result<Command> {
    tools::npm()?;
    let server = Server::bind(page, 0)?;
    let url = format!("{}some/deep/path/", server.url());
    std::thread::spawn(move || server.run());
    let shots = place::target().join("browser");
    std::fs::create_dir_all(&shots)?;
    let mut node = shell::command("node");
    node.arg(script).env("PAGE_URL", url).env("CHROMIUM", chromium).env("SHOTS", shots);
    Ok(node)
}

/// The conformance runner with its arguments.
pub fn conformance(args: &[String]) -> Command {
    let mut cargo = shell::cargo("run");
    cargo
        .args(["--quiet", "--profile", "quick", "--package", "lifepod-tests", "--bin", "conformance", "--"])
        .args(args);
    cargo
}

/// A check that passes or fails as a whole.
fn one(command: &mut Command) -> Result<Counts> {
    shell::run(command)?;
    Ok(Counts { passed: 1, failed: 0 })
}

/// A check that prints how many of its tests passed and failed.
fn counted(command: &mut Command) -> Result<Counts> {
    let mut counts = Counts::default();
    let fine = shell::watch_lines(command, |line| {
        if let Some((passed, failed)) = counts_in(line) {
            counts.passed += passed;
            counts.failed += failed;
        }
    })?;
    if !fine && counts.failed == 0 {
        // It did not even come to testing.
        counts.failed = 1;
    }
    Ok(counts)
}

/// Reads `test result: ok. 3 passed; 0 failed; …` (libtest) and `3 passed, 0 failed` (ours).
fn counts_in(line: &str) -> Option<(u64, u64)> {
    let result = match line.strip_prefix("test result: ") {
        Some(rest) => rest.split_once(". ")?.1,
        None => line,
    };
    let mut words = result.split([' ', ',', ';']).filter(|word| !word.is_empty());
    let passed = words.next()?.parse().ok()?;
    (words.next()? == "passed").then_some(())?;
    let failed = words.next()?.parse().ok()?;
    (words.next()? == "failed").then_some((passed, failed))
}

#[cfg(test)]
mod tests {
    use super::counts_in;

    #[test]
    fn reads_the_closing_lines_of_both_runners() {
        assert_eq!(
            counts_in("test result: ok. 3 passed; 1 failed; 0 ignored; finished in 0.00s"),
            Some((3, 1))
        );
        assert_eq!(counts_in("test result: FAILED. 0 passed; 2 failed; 0 ignored"), Some((0, 2)));
        assert_eq!(counts_in("12 passed, 0 failed"), Some((12, 0)));
        assert_eq!(counts_in("quantity: 12 passed, 0 failed"), None, "a topic's line is no sum");
        assert_eq!(counts_in("running 3 tests"), None);
    }
}
