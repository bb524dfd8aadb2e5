//! Runs vector files through their judges and reports.

use crate::topics::{self, Judge, Topic};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What to run and how to report it.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The folder with the vector files.
    pub dir: PathBuf,
    /// Print every failure instead of the first few of a topic.
    pub verbose: bool,
    /// Only these topics; empty for all.
    pub only: Vec<String>,
    /// A file of failures that are known: a line each, `TOPIC ID REASON…`. They are left out, for a search that finds
    /// nothing takes longest.
    pub known: Option<PathBuf>,
    /// Run the known failures, too: one that passes counts against the run, so that the list only ever gets shorter.
    pub strict: bool,
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
    /// Known failures that failed or were not run.
    pub known: usize,
    /// Known failures that passed.
    pub surprises: usize,
}

impl Totals {
    /// Whether all is as it should be.
    pub fn is_good(&self) -> bool {
        self.failed == 0 && self.surprises == 0
    }
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
    let known = match &options.known {
        Some(path) => known_failures(&std::fs::read_to_string(path)?),
        None => BTreeSet::new(),
    };
    let mut totals = Totals::default();
    for path in files {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if !options.only.is_empty() && !options.only.contains(&name) {
            continue;
        }
        run_file(options, &path, &name, &known, &mut totals, out);
    }
    if totals.known > 0 {
        let run = if options.strict { "" } else { " and were not run; --strict runs them" };
        let _ = writeln!(out, "{} failures are known{run}", totals.known);
    }
    let failed = totals.failed + totals.surprises;
    let _ = writeln!(out, "{} passed, {failed} failed", totals.passed);
    Ok(totals)
}

/// Topic and id of each known failure.
fn known_failures(text: &str) -> BTreeSet<(String, String)> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            Some((words.next()?.to_string(), words.next()?.to_string()))
        })
        .collect()
}

fn run_file(
    options: &Options,
    path: &Path,
    name: &str,
    known: &BTreeSet<(String, String)>,
    totals: &mut Totals,
    out: &mut String,
) {
    let judge = match topics::find(name) {
        Some(Topic::Judged(judge)) => judge,
        Some(Topic::Guide) => return,
        None => {
            let _ = writeln!(out, "{name}: unknown topic, nothing judges {}", path.display());
            totals.failed += 1;
            return;
        }
    };
    let vectors = match read(path).and_then(|vectors| with_inputs(vectors, path, name)) {
        Ok(vectors) => vectors,
        Err(error) => {
            let _ = writeln!(out, "{name}: {error}");
            totals.failed += 1;
            return;
        }
    };
    let is_known = |id: &str| known.contains(&(name.to_string(), id.to_string()));
    let (listed, others): (Vec<_>, Vec<_>) = vectors
        .iter()
        .enumerate()
        .map(|(index, vector)| (id(vector, index), vector))
        .partition(|(id, _)| is_known(id));
    let failures = judged(&others, judge);
    totals.known += listed.len();
    if options.strict {
        let failed: BTreeSet<String> = judged(&listed, judge).into_iter().map(|(id, _)| id).collect();
        for (id, _) in listed.iter().filter(|(id, _)| !failed.contains(id)) {
            totals.surprises += 1;
            let _ = writeln!(out, "{name}: {id} passes now: take it off the list of known failures");
        }
    }
    let passed = others.len() - failures.len();
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

/// Judges vectors, several at a time: some take a thousand times as long as others. Each failure's id and account, in
/// the file's order.
fn judged(vectors: &[(String, &Value)], judge: Judge) -> Vec<(String, String)> {
    let (next, failures) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    let work = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some((_, vector)) = vectors.get(index) else { break };
            if let Err(diff) = judge(vector) {
                failures.lock().expect("no judge panics with it").insert(index, diff);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            // As much stack as the main thread has.
            let thread = std::thread::Builder::new().stack_size(8 << 20);
            thread.spawn_scoped(scope, work).expect("a thread can be started");
        }
    });
    let failures = failures.into_inner().expect("every thread has ended");
    failures.into_iter().map(|(index, diff)| (vectors[index].0.clone(), diff)).collect()
}

/// A vector's own id, or its line.
fn id(vector: &Value, index: usize) -> String {
    vector["id"].as_str().map_or_else(|| format!("line {}", index + 1), str::to_string)
}

/// Adds what a vector's judge needs of other vectors: the API server was given the inputs of the topic `validation`, so
/// that each of its answers gets the input of the same id; pods of one node get their neighbours.
fn with_inputs(mut vectors: Vec<Value>, path: &Path, name: &str) -> Result<Vec<Value>, String> {
    if name == "pod_timelines2" {
        add_neighbours(&mut vectors);
        add_end_of_watch(&mut vectors);
    }
    if name != "validation_apiserver" {
        return Ok(vectors);
    }
    let mut inputs = BTreeMap::new();
    for input in read(&path.with_file_name("validation.jsonl"))? {
        inputs.insert(input["id"].to_string(), input);
    }
    for vector in &mut vectors {
        vector["input"] = inputs.get(&vector["id"].to_string()).cloned().unwrap_or_default();
    }
    Ok(vectors)
}

/// Recordings of one node that touch each other by what they hold of it get their neighbours' inputs.
fn add_neighbours(vectors: &mut [Value]) {
    let touches = |v: &Value| v["node"] == "a1" || v["id"].as_str().is_some_and(|id| id.starts_with("adm-"));
    let inputs: Vec<Value> = vectors
        .iter()
        .filter(|v| touches(v))
        .map(|v| {
            let keys = ["id", "node", "createdAt", "manifest", "actions"];
            keys.iter().map(|key| (key.to_string(), v[*key].clone())).collect()
        })
        .collect();
    for vector in vectors.iter_mut().filter(|v| touches(v)) {
        let (id, node) = (vector["id"].clone(), vector["node"].clone());
        let others = inputs.iter().filter(|other| other["id"] != id && other["node"] == node);
        vector["neighbours"] = others.cloned().collect();
    }
}

/// The recordings of one run share a watch, which ended before the run did: containers went on to start and end, and no
/// recording says so in a status. Each recording gets the time of the last status of them all.
fn add_end_of_watch(vectors: &mut [Value]) {
    let time = |v: &Value, entry: &Value| {
        v["createdAt"].as_f64().unwrap_or(0.0) + entry["t"].as_f64().unwrap_or(0.0)
    };
    let last = |is: &dyn Fn(&Value) -> bool| {
        let times = vectors.iter().flat_map(|v| {
            let entries = v["timeline"].as_array().into_iter().flatten();
            entries.filter(|e| is(e)).map(move |e| time(v, e))
        });
        times.fold(0.0, f64::max)
    };
    let told = last(&|e| e["src"] == "api");
    if last(&|e| e["op"] == "StartContainer") > told {
        for vector in vectors {
            vector["watchEnded"] = Value::from(told - vector["createdAt"].as_f64().unwrap_or(0.0));
        }
    }
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

/// Writes for every recording of `dir` the simulated timeline that comes closest to it to `folder`, an entry a line, so
/// that anyone can lay the two side by side. Gives the number of files.
///
/// # Errors
/// When a folder or file cannot be read or written, in words.
pub fn dump(dir: &Path, folder: &Path) -> Result<usize, String> {
    std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut written = 0;
    for topic in ["pod_timelines", "pod_timelines2", "workload_timelines", "workload_timelines2"] {
        let path = dir.join(format!("{topic}.jsonl"));
        if !path.exists() {
            continue;
        }
        let vectors = read(&path).and_then(|vectors| with_inputs(vectors, &path, topic))?;
        for (index, vector) in vectors.iter().enumerate() {
            let dump = match topic.starts_with("pod") {
                true => topics::pod_timelines::dump,
                false => topics::workload_timelines::dump,
            };
            let Ok(entries) = dump(vector) else { continue };
            let lines: String = entries.iter().map(|entry| format!("{entry}\n")).collect();
            let file = folder.join(format!("{}.jsonl", id(vector, index)));
            std::fs::write(&file, lines).map_err(|error| format!("{}: {error}", file.display()))?;
            written += 1;
        }
    }
    Ok(written)
}
