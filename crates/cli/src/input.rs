//! Manifest files: reading them, and saying what is wrong with them.

use lifepod_manifest::{CheckOptions, LINTS, Parsed, Severity, check};
use std::fmt::Write as _;
use std::io::Read as _;

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
    /// Its name as findings give it.
    pub fn shown_name(&self) -> &str {
        if self.name == "-" { "<stdin>" } else { &self.name }
    }

    /// All findings, one a line, and how many of them are errors.
    pub fn findings(&self) -> (String, usize) {
        let name = self.shown_name();
        let (mut text, mut errors) = (String::new(), 0);
        for d in &self.parsed.diagnostics {
            let severity = word(d.severity);
            errors += usize::from(d.severity == Severity::Error);
            let lint = d.lint.map_or_else(String::new, |l| format!(" [{}]", l.name()));
            let hint = if d.hint.is_empty() { String::new() } else { format!(" ({})", d.hint) };
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{name}:{}:{}: {severity}: {}{hint}{lint}", d.line, d.column, d.message);
        }
        (text, errors)
    }
}

/// How much it matters, in a word.
pub fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
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
