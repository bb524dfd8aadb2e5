//! `lifepod validate`: what is wrong with manifests, for people, for tools, or as kubectl would tell it.

use crate::input::{File, read_all, word};
use crate::run::print;
use clap::{Args, ValueEnum};
use lifepod_engine::{Cluster, Command, EntryId};
use lifepod_manifest::{CheckOptions, Diagnostic, LINTS, Lines, Lint, Severity};
use serde_json::{Value, json};
use std::process::ExitCode;

/// Arguments of `lifepod validate`.
#[derive(Args)]
pub struct Validate {
    /// Manifests; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    /// Switch a lint off, or `all` of them; a lint's name stands in brackets behind its warnings
    #[arg(long, value_name = "LINT", value_parser = lints, value_delimiter = ',')]
    silence: Vec<Lints>,
    /// How to print what is found
    #[arg(long, short, value_enum, default_value_t = Format::Text)]
    output: Format,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// FILE:LINE:COL: error: MESSAGE
    Text,
    /// One object, described in docs/json.md
    Json,
    /// What `kubectl apply -f FILE` prints on a new cluster
    Kubectl,
}

/// The lints that a word names.
#[derive(Clone, Copy)]
enum Lints {
    One(Lint),
    All,
}

/// A lint by its name, or all of them.
fn lints(name: &str) -> Result<Lints, String> {
    if name == "all" {
        return Ok(Lints::All);
    }
    Lint::find(name).map(Lints::One).ok_or_else(|| {
        let names: Vec<&str> = LINTS.iter().map(|l| l.name()).collect();
        format!("there is no lint of that name; there are {}", names.join(", "))
    })
}

impl Validate {
    /// Prints all findings; an error among them fails.
    pub fn main(self) -> Result<ExitCode, String> {
        let silenced = self.silence.iter().flat_map(|lints| match lints {
            Lints::One(lint) => std::slice::from_ref(lint),
            Lints::All => LINTS,
        });
        let options = CheckOptions { silenced: silenced.copied().collect(), ..CheckOptions::default() };
        let mut files = read_all(&self.files, &options)?;
        let mut failed = false;
        for file in &mut files {
            // What only a run would stumble over: times, nodes and behaviours of a Scenario document.
            let of_scenario =
                lifepod_scenario::add(&file.text, &file.parsed.documents, &mut lifepod_scenario::empty());
            file.parsed.diagnostics.extend(of_scenario);
            file.parsed.diagnostics.sort_by_key(|d| (d.range.start, d.range.end));
            failed |= file.parsed.diagnostics.iter().any(|d| d.severity == Severity::Error);
        }
        match self.output {
            Format::Text => print(&files.iter().map(|file| file.findings().0).collect::<String>())?,
            Format::Json => print(&format!("{}\n", json(&files)))?,
            Format::Kubectl => {
                failed = false;
                for file in &files {
                    failed |= kubectl(file)?;
                }
            }
        }
        Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }
}

/// All findings as one object.
fn json(files: &[File]) -> Value {
    let of_file = |file: &File| {
        let lines = Lines::new(&file.text);
        file.parsed.diagnostics.iter().map(|d| finding(file, &lines, d)).collect::<Vec<_>>()
    };
    let findings: Vec<Value> = files.iter().flat_map(of_file).collect();
    let errors = findings.iter().filter(|f| f["severity"] == "error").count();
    json!({"errors": errors, "findings": findings})
}

fn finding(file: &File, lines: &Lines, d: &Diagnostic) -> Value {
    let (end_line, end_column) = lines.position(d.range.end);
    let object = file.parsed.documents.get(d.document).and_then(|document| document.object.as_ref());
    let fix = |fix: &lifepod_manifest::Fix| {
        let edit = |edit: &lifepod_manifest::Edit| json!({"start": edit.range.start, "end": edit.range.end, "insert": edit.insert});
        json!({"title": fix.title.en(), "edits": fix.edits.iter().map(edit).collect::<Vec<_>>()})
    };
    json!({
        "file": file.shown_name(),
        "document": d.document,
        "object": object.map(|object| object.key().to_string()),
        "path": d.path,
        "line": d.line,
        "column": d.column,
        "endLine": end_line,
        "endColumn": end_column,
        "start": d.range.start,
        "end": d.range.end,
        "severity": word(d.severity),
        "message": d.message,
        "hint": d.hint.en(),
        "lint": d.lint.map(Lint::name),
        "fixes": d.fixes.iter().map(fix).collect::<Vec<_>>(),
    })
}

/// Prints what `kubectl apply -f FILE` prints on a new cluster; true when it fails.
fn kubectl(file: &File) -> Result<bool, String> {
    // kubectl reads up to the first document that it cannot parse, applies what it has, and tells of that one last.
    let documents = &file.parsed.documents;
    let broken = file.parsed.diagnostics.iter().find(|d| d.unreadable);
    let readable = broken.map_or(documents.len(), |d| d.document).min(documents.len());
    let values: Vec<Value> =
        documents[..readable].iter().filter(|d| d.scenario.is_none()).map(|d| d.value.clone()).collect();
    let source = if file.name == "-" { "STDIN" } else { &file.name };
    let mut failed = false;
    if !values.is_empty() || broken.is_none() {
        let mut scenario = lifepod_scenario::empty();
        lifepod_scenario::add(&file.text, documents, &mut scenario);
        // A new cluster has nobody's namespaces.
        scenario.config.namespaces.clear();
        let mut cluster = Cluster::new(scenario.config);
        let line = format!("apply -f {}", quoted(&file.name));
        let client = lifepod_kubectl::action(&line, values).map_err(|output| output.stderr.clone())?;
        let entry = EntryId(u32::try_from(cluster.trace().entries().len()).unwrap_or(u32::MAX));
        // A refusal is in what was printed.
        let _ = cluster.apply(Command::Client(client));
        let output = lifepod_kubectl::printed(cluster.trace(), entry, cluster.now(), cluster.epoch_micros());
        print(&output.stdout)?;
        eprint!("{}", output.stderr);
        failed |= output.code != 0;
    }
    if let Some(broken) = broken {
        eprintln!("error: error parsing {source}: {}", broken.message);
        failed = true;
    }
    Ok(failed)
}

/// A word that the shell's rules keep whole.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}
