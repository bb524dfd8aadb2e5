//! Manifest files: reading them, and saying what is wrong with them.

use clap::Args;
use lifepod_manifest::{CheckOptions, LINTS, Lint, Parsed, Severity, check};
use std::fmt::Write as _;
use std::io::Read as _;
use std::process::ExitCode;

/// Arguments of `lifepod validate`.
#[derive(Args)]
pub struct Validate {
    /// Manifests; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    /// Switch a lint off; its name stands in brackets behind its warnings
    #[arg(long, value_name = "LINT", value_parser = lint)]
    silence: Vec<Lint>,
}

/// A lint by its name.
fn lint(name: &str) -> Result<Lint, String> {
    Lint::find(name).ok_or_else(|| {
        let names: Vec<&str> = LINTS.iter().map(|l| l.name()).collect();
        format!("there is no lint of that name; there are {}", names.join(", "))
    })
}

impl Validate {
    /// Prints all findings; an error among them fails.
    pub fn main(self) -> Result<ExitCode, String> {
        let options = CheckOptions { silenced: self.silence, ..CheckOptions::default() };
        let files = read_all(&self.files, &options)?;
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
    /// Its text.
    pub text: String,
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
            let lint = d.lint.map_or_else(String::new, |l| format!(" [{}]", l.name()));
            let hint = if d.hint.is_empty() { String::new() } else { format!(" ({})", d.hint) };
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{name}:{}:{}: {severity}: {}{hint}{lint}", d.line, d.column, d.message);
        }
        (text, errors)
    }
}

/// What running checks: lints are for `validate`.
pub fn no_lints() -> CheckOptions {
    CheckOptions { silenced: LINTS.to_vec(), ..CheckOptions::default() }
}

/// Reads and checks files.
///
/// # Errors
/// The first file that cannot be read.
pub fn read_all(names: &[String], options: &CheckOptions) -> Result<Vec<File>, String> {
    let read = |name: &String| {
        let mut bytes = Vec::new();
        if name == "-" {
            std::io::stdin().read_to_end(&mut bytes).map_err(|e| format!("standard input: {e}"))?;
        } else {
            bytes = std::fs::read(name).map_err(|e| format!("{name}: {e}"))?;
        }
        let text = String::from_utf8(bytes)
            .map_err(|e| format!("{name}: not text: byte {} is not UTF-8", e.utf8_error().valid_up_to()))?;
        Ok(File { name: name.clone(), parsed: check(&text, options), text })
    };
    names.iter().map(read).collect()
}

/// Could a word on the command line be the name of a manifest file?
pub fn is_file_name(word: &str) -> bool {
    let ending = word.rsplit_once('.').map_or("", |(_, e)| e);
    word == "-" || ["yaml", "yml", "json"].iter().any(|e| ending.eq_ignore_ascii_case(e))
}
