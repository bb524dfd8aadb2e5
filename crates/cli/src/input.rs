//! Manifest files: reading them, and saying what is wrong with them.

use clap::Args;
use lifepod_api::{Kind, defaults, validation};
use lifepod_manifest::{Lines, Parsed, Severity, parse};
use std::fmt::Write as _;
use std::io::Read as _;
use std::process::ExitCode;

/// Arguments of `lifepod validate`.
#[derive(Args)]
pub struct Validate {
    /// Manifests; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
}

impl Validate {
    /// Prints all findings; an error among them fails.
    pub fn main(self) -> Result<ExitCode, String> {
        let files = read_all(&self.files)?;
        let mut failed = false;
        for file in &files {
            let (text, errors) = file.findings();
            print!("{text}");
            failed |= errors > 0;
        }
        Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }
}

/// A file that was read.
pub struct File {
    /// As given on the command line.
    pub name: String,
    /// What it holds.
    pub parsed: Parsed,
}

impl File {
    /// All findings, one a line, and how many of them are errors.
    pub fn findings(&self) -> (String, usize) {
        let name = if self.name == "-" { "<stdin>" } else { &self.name };
        let (mut text, mut errors) = (String::new(), 0);
        for d in &self.parsed.diagnostics {
            let severity = match d.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            };
            errors += usize::from(d.severity == Severity::Error);
            let hint = if d.hint.is_empty() { String::new() } else { format!(" ({})", d.hint) };
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{name}:{}:{}: {severity}: {}{hint}", d.line, d.column, d.message);
        }
        (text, errors)
    }
}

/// Reads and parses files.
///
/// # Errors
/// The first file that cannot be read.
pub fn read_all(names: &[String]) -> Result<Vec<File>, String> {
    let read = |name: &String| {
        let mut bytes = Vec::new();
        if name == "-" {
            std::io::stdin().read_to_end(&mut bytes).map_err(|e| format!("standard input: {e}"))?;
        } else {
            bytes = std::fs::read(name).map_err(|e| format!("{name}: {e}"))?;
        }
        let text = String::from_utf8(bytes)
            .map_err(|e| format!("{name}: not text: byte {} is not UTF-8", e.utf8_error().valid_up_to()))?;
        let mut parsed = parse(&text);
        check(&text, &mut parsed);
        Ok(File { name: name.clone(), parsed })
    };
    names.iter().map(read).collect()
}

/// Adds what the API server's validation says of the objects that are decoded without an error; like the server,
/// it says nothing of the others.
fn check(text: &str, parsed: &mut Parsed) {
    let lines = Lines::new(text);
    let mut findings = Vec::new();
    let faulty =
        |i: usize| parsed.diagnostics.iter().any(|d| d.document == i && d.severity == Severity::Error);
    for (i, document) in parsed.documents.iter().enumerate().filter(|(i, d)| !d.refused && !faulty(*i)) {
        let Some(mut object) = document.object.clone() else { continue };
        let namespaced = Kind::find(object.api_version(), object.kind()).is_none_or(|k| k.namespaced);
        if namespaced && object.meta().namespace.is_empty() {
            object.meta_mut().namespace = "default".into();
        }
        defaults::apply(&mut object);
        for e in validation::create(&object) {
            let message = e.to_string();
            findings.push(document.diagnostic(&lines, i, Severity::Error, &e.field, &message, ""));
        }
        for message in validation::warnings(&object) {
            // A warning names its field first.
            let field = message.split(": ").next().unwrap_or("");
            findings.push(document.diagnostic(&lines, i, Severity::Warning, field, &message, ""));
        }
    }
    parsed.diagnostics.extend(findings);
    parsed.diagnostics.sort_by_key(|d| (d.line, d.column));
}

/// Could a word on the command line be the name of a manifest file?
pub fn is_file_name(word: &str) -> bool {
    let ending = word.rsplit_once('.').map_or("", |(_, e)| e);
    word == "-" || ["yaml", "yml", "json"].iter().any(|e| ending.eq_ignore_ascii_case(e))
}
