//! Runs vector files through their judges and reports.

use crate::topics::{self, Topic};
use serde_json::Value;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// What to run and how to report it.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The folder with the vector files.
    pub dir: PathBuf,
    /// Print every failure instead of the first few of a topic.
    pub verbose: bool,
    /// Topics that are not implemented count as failed.
    pub strict: bool,
    /// Only these topics; empty for all.
    pub only: Vec<String>,
}

/// Failures of a topic that are printed without `--verbose`.
const SHOWN: usize = 5;
/// A diff longer than this is cut without `--verbose`.
const DIFF_CHARS: usize = 300;

/// Totals of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Vectors that passed.
    pub passed: usize,
    /// Vectors that failed, and unreadable or unknown files.
    pub failed: usize,
}

/// Runs every `*.jsonl` file of the folder and writes the report to `out`.
///
/// # Errors
/// When the folder cannot be read.
pub fn run(options: &Options, out: &mut String) -> std::io::Result<Totals> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(&options.dir)?
        .map(|entry| entry.map(|e| e.path()))
        .collect::<Result<Vec<_>, _>>()?
        .into_iter()
        .filter(|path| path.extension().is_some_and(|ending| ending == "jsonl"))
        .collect();
    files.sort();
    let mut totals = Totals::default();
    for path in files {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if !options.only.is_empty() && !options.only.contains(&name) {
            continue;
        }
        run_file(options, &path, &name, &mut totals, out);
    }
    let _ = writeln!(out, "{} passed, {} failed", totals.passed, totals.failed);
    Ok(totals)
}

fn run_file(options: &Options, path: &Path, name: &str, totals: &mut Totals, out: &mut String) {
    let judge = match topics::find(name) {
        Some(Topic::Judged(judge)) => judge,
        Some(Topic::NotImplemented) => {
            let lines = read(path).map_or(0, |vectors| vectors.len());
            let _ = writeln!(out, "{name}: not implemented ({lines} vectors)");
            if options.strict {
                totals.failed += lines;
            }
            return;
        }
        Some(Topic::Guide) => return,
        None => {
            let _ = writeln!(out, "{name}: unknown topic, nothing judges {}", path.display());
            totals.failed += 1;
            return;
        }
    };
    let vectors = match read(path) {
        Ok(vectors) => vectors,
        Err(error) => {
            let _ = writeln!(out, "{name}: {error}");
            totals.failed += 1;
            return;
        }
    };
    let failures: Vec<(String, String)> = vectors
        .iter()
        .enumerate()
        .filter_map(|(index, vector)| judge(vector).err().map(|diff| (id(vector, index), diff)))
        .collect();
    let passed = vectors.len() - failures.len();
    totals.passed += passed;
    totals.failed += failures.len();
    let _ = writeln!(out, "{name}: {passed} passed, {} failed", failures.len());
    let shown = if options.verbose { failures.len() } else { SHOWN };
    for (id, diff) in failures.iter().take(shown) {
        let diff = if options.verbose || diff.chars().count() <= DIFF_CHARS {
            diff.clone()
        } else {
            diff.chars().take(DIFF_CHARS).chain(['…']).collect()
        };
        let _ = writeln!(out, "  {id}: {}", diff.replace('\n', "\n    "));
    }
    if failures.len() > shown {
        let rest: Vec<&str> = failures.iter().skip(shown).map(|(id, _)| id.as_str()).collect();
        let _ = writeln!(out, "  and {}: {}", rest.len(), rest.join(", "));
    }
}

/// A vector's own id, or its line.
fn id(vector: &Value, index: usize) -> String {
    vector["id"].as_str().map_or_else(|| format!("line {}", index + 1), str::to_string)
}

fn read(path: &Path) -> Result<Vec<Value>, String> {
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    text.lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(index, line)| {
            serde_json::from_str(line).map_err(|error| format!("line {}: {error}", index + 1))
        })
        .collect()
}
