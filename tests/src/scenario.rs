//! Scenario files: Markdown that a Kubernetes engineer can review without Rust.
//!
//! Prose says what the file shows. A `yaml` block holds manifests, and a Scenario document where one is needed. A
//! `timeline until=TIME` block holds everything that a person would notice, line by line; a `kubectl at=TIME ARGUMENTS`
//! block what the command prints at that instant; a `traffic until=TIME` block what became of the clients' requests.
//! All are compared to the letter, and written anew when the environment has `UPDATE_EXPECT=1`, which continuous
//! integration never has.

use lifepod_api::SimTime;
use lifepod_engine::Run;
use lifepod_scenario::{Options, prepare};
use lifepod_timeline::{Lang, chronicle, traffic_table};
use std::fmt::Write as _;
use std::path::Path;

/// The time within which a file's longest block lies, when it names none.
const DEFAULT_UNTIL: SimTime = SimTime::from_secs(600);

/// Runs a scenario file and compares every expected block with what comes out.
///
/// # Errors
/// What differs, block by block, or what is wrong with the file.
pub fn check(path: &Path) -> Result<(), String> {
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    let blocks = blocks(&text);
    let manifests: Vec<&str> =
        blocks.iter().filter(|b| b.words.first() == Some(&"yaml")).map(|b| b.body).collect();
    if manifests.is_empty() {
        return Err("the file has no yaml block".to_string());
    }
    if !blocks.iter().any(|b| matches!(b.words.first(), Some(&("timeline" | "traffic" | "kubectl")))) {
        return Err("the file expects nothing: it needs a timeline, a traffic or a kubectl block".to_string());
    }
    let horizon = blocks.iter().filter_map(|b| b.time("until").or(b.time("at"))).max();
    let options = Options { horizon: Some(horizon.unwrap_or(DEFAULT_UNTIL)), ..Options::default() };
    let prepared = prepare(&manifests.join("\n---\n"), &options);
    let Some(scenario) = prepared.scenario else {
        let found: Vec<String> =
            prepared.diagnostics.iter().map(|d| format!("{}:{}: {}", d.line, d.column, d.message)).collect();
        return Err(format!("the manifests do not run:\n{}", found.join("\n")));
    };
    let run = scenario.run();

    let mut updated = String::new();
    let mut copied = 0;
    let mut differences = Vec::new();
    for block in &blocks {
        let got = match block.words.first() {
            Some(&"timeline") => timeline(&run, block.time("until").unwrap_or(DEFAULT_UNTIL)),
            Some(&"traffic") => traffic_table(&run.trace, block.time("until").unwrap_or(DEFAULT_UNTIL)),
            Some(&"kubectl") => kubectl(&run, block),
            _ => continue,
        };
        if got != block.body {
            differences.push(format!("{}:\n{}", block.info, difference(block.body, &got)));
        }
        updated.push_str(&text[copied..block.start]);
        updated.push_str(&got);
        copied = block.start + block.body.len();
    }
    updated.push_str(&text[copied..]);
    if differences.is_empty() {
        return Ok(());
    }
    if std::env::var_os("UPDATE_EXPECT").is_some_and(|value| value == "1") {
        return std::fs::write(path, updated).map_err(|error| error.to_string());
    }
    Err(differences.join("\n"))
}

/// A fenced block.
struct Block<'a> {
    /// What stands behind the fence.
    info: &'a str,
    words: Vec<&'a str>,
    body: &'a str,
    /// Where the body begins in the file.
    start: usize,
}

impl Block<'_> {
    /// The time that a word such as `until=10m` gives.
    fn time(&self, name: &str) -> Option<SimTime> {
        let value = self.words.iter().find_map(|word| word.strip_prefix(name)?.strip_prefix('='))?;
        let nanos = lifepod_api::duration::parse(value).ok()?;
        Some(SimTime(u64::try_from(nanos).ok()? / 1000))
    }
}

fn blocks(text: &str) -> Vec<Block<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(open) = text[at..].find("```").map(|offset| at + offset) {
        let Some(line_end) = text[open..].find('\n').map(|offset| open + offset) else { break };
        let start = line_end + 1;
        let Some(close) = text[start..].find("```").map(|offset| start + offset) else { break };
        let info = text[open + 3..line_end].trim();
        found.push(Block {
            info,
            words: info.split_whitespace().collect(),
            body: &text[start..close],
            start,
        });
        at = close + 3;
    }
    found
}

/// What a person would notice, a line each, until a time.
fn timeline(run: &Run, until: SimTime) -> String {
    let mut out = String::new();
    let lines = chronicle(&run.trace, Lang::En, false);
    let object = lines.iter().map(|l| l.object.chars().count()).max().unwrap_or(0);
    for line in lines.iter().take_while(|l| l.at <= until) {
        let seconds = line.at.as_secs_f64();
        let what = line.what.replace('\n', " ");
        let _ = writeln!(
            out,
            "{seconds:>9.3}  {:<17}  {:<object$}  {}",
            line.who,
            line.object,
            without_uid(&what)
        );
    }
    out
}

/// `name_namespace(uid)` without the uid, which says nothing to a reader.
fn without_uid(text: &str) -> String {
    let Some(open) = text.find('(') else { return text.to_string() };
    match text[open..].find(')') {
        Some(36..=37) => format!("{}(<uid>){}", &text[..open], &text[open + 38.min(text.len() - open)..]),
        _ => text.to_string(),
    }
}

fn kubectl(run: &Run, block: &Block<'_>) -> String {
    let at = block.time("at").unwrap_or(DEFAULT_UNTIL);
    let args: Vec<&str> = block.words[1..].iter().copied().filter(|word| !word.starts_with("at=")).collect();
    let output = lifepod_kubectl::run_at(&run.trace, at, run.end, run.epoch_micros, &args);
    format!("{}{}", output.stdout, output.stderr)
}

/// The lines that differ, with what was expected marked `-` and what came marked `+`.
fn difference(expected: &str, got: &str) -> String {
    let (expected, got): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), got.lines().collect());
    let same = expected.iter().zip(&got).take_while(|(a, b)| a == b).count();
    let mut out = String::new();
    for line in expected.iter().skip(same).take(8) {
        let _ = writeln!(out, "  - {line}");
    }
    for line in got.iter().skip(same).take(8) {
        let _ = writeln!(out, "  + {line}");
    }
    out
}
