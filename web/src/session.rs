//! What the worker remembers between two messages, and its answers. Knows no browser.

use crate::protocol::{Ask, Diagnostic, Look, Ran, Reply, Request, Run, Seen, Severity, Story};
use lifepod_manifest::{Lines, Parsed};

/// The worker's memory: the last run that worked.
#[derive(Default)]
pub struct Session {}

impl Session {
    /// Answers a request.
    pub fn answer(&mut self, request: Request) -> Reply {
        match request {
            Request::Run(run) => Reply::Ran(self.run(run)),
            Request::Look(look) => Reply::Seen(self.look(look)),
            Request::Why(ask) => Reply::Story(self.why(ask)),
        }
    }

    fn run(&mut self, run: Run) -> Ran {
        let parsed = lifepod_manifest::parse(&run.text);
        let diagnostics = diagnostics(&run.text, &parsed);
        Ran { id: run.id, diagnostics, drawing: None }
    }

    fn look(&self, look: Look) -> Seen {
        Seen { look, shell: Vec::new(), view: None }
    }

    fn why(&self, _ask: Ask) -> Option<Story> {
        None
    }
}

/// The findings as the editor marks them.
fn diagnostics(text: &str, parsed: &Parsed) -> Vec<Diagnostic> {
    let lines = Lines::new(text);
    let findings = parsed.diagnostics.iter().map(|finding| {
        let (end_line, end_column) = lines.position(finding.range.end);
        let message = match finding.hint.as_str() {
            "" => finding.message.clone(),
            hint => format!("{}: {hint}", finding.message),
        };
        Diagnostic {
            line: finding.line as u32,
            column: finding.column as u32,
            end_line: end_line as u32,
            end_column: end_column as u32,
            severity: match finding.severity {
                lifepod_manifest::Severity::Error => Severity::Error,
                lifepod_manifest::Severity::Warning => Severity::Warning,
            },
            message,
        }
    });
    // A thousand findings say no more than the first ones, and the editor would wait for them.
    findings.take(100).collect()
}
