//! What a command leaves behind.

use crate::age::Micros;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// What a command printed, and how it ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// The exit code.
    pub code: i32,
    /// For a command that follows changes: when its output was printed, in order, each time with the length of
    /// [`stdout`](Self::stdout) that was reached. Empty for commands that print once.
    pub times: Vec<(usize, Micros)>,
}

impl Output {
    /// A command that ended well with this text.
    pub(crate) fn text(stdout: impl Into<String>) -> Self {
        Self { stdout: stdout.into(), ..Self::default() }
    }

    /// A command that stopped with `error: MESSAGE`.
    pub(crate) fn error(message: &str) -> Self {
        let mut output = Self::default();
        output.fail(&format!("error: {message}"));
        output
    }

    /// Adds a line to the errors, and with it exit code 1.
    pub(crate) fn fail(&mut self, line: &str) {
        self.note(line);
        self.code = 1;
    }

    /// Adds a line to standard error, which fails nothing.
    pub(crate) fn note(&mut self, line: &str) {
        self.stderr.push_str(line);
        self.stderr.push('\n');
    }
}

/// The API server's answer for an object that does not exist.
pub(crate) fn not_found(resource: &str, name: &str) -> String {
    format!("Error from server (NotFound): {resource} \"{name}\" not found")
}
