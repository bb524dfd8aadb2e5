//! From a text to a run.
//!
//! [`prepare`] reads manifests and the optional Scenario document, and makes of them what the engine runs. The
//! command line, the page and the tests all come this way, so that they agree.

mod action;
mod cluster;

use lifepod_api::SimTime;
use lifepod_engine::{Command, Scenario};
use lifepod_manifest::{CheckOptions, Diagnostic, Document, Parsed, Severity, check};

/// How long a run lasts unless the scenario says otherwise: long enough for a crash loop to reach its slowest pace.
pub const DEFAULT_HORIZON: SimTime = SimTime::from_secs(30 * 60);

/// What overrides the text.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// The seed, instead of the scenario's.
    pub seed: Option<u64>,
    /// The horizon, instead of the scenario's.
    pub horizon: Option<SimTime>,
}

/// A text made ready to run.
#[derive(Debug)]
pub struct Prepared {
    /// The documents of the text.
    pub documents: Vec<Document>,
    /// Everything that was found wrong, in order of the text.
    pub diagnostics: Vec<Diagnostic>,
    /// What to run; none when an error stands in the way.
    pub scenario: Option<Scenario>,
}

/// Reads a text and makes a scenario of it.
pub fn prepare(text: &str, options: &Options) -> Prepared {
    let Parsed { documents, mut diagnostics } = check(text, &CheckOptions::default());
    let mut scenario = empty();
    diagnostics.extend(add(text, &documents, &mut scenario));
    options.apply(&mut scenario);
    diagnostics.sort_by_key(|d| d.range.start);
    let runs = !scenario.commands.is_empty() && diagnostics.iter().all(|d| d.severity != Severity::Error);
    Prepared { documents, diagnostics, scenario: runs.then_some(scenario) }
}

/// A scenario in which nothing is done.
pub fn empty() -> Scenario {
    Scenario { horizon: DEFAULT_HORIZON, ..Scenario::default() }
}

/// Adds a text's documents to a scenario, and gives back what is wrong with its Scenario documents. Several texts
/// may be added one after the other.
pub fn add(text: &str, documents: &[Document], scenario: &mut Scenario) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    for (index, document) in documents.iter().enumerate() {
        if let Some(object) = &document.object {
            let create = Command::Create(Box::new(object.clone()));
            scenario.commands.push((SimTime::ZERO, create));
        }
        if let Some(read) = &document.scenario {
            let mut found = Findings { text, document, index, diagnostics: &mut diagnostics };
            cluster::read(&read.spec, scenario, &mut found);
            action::read(&read.spec, scenario, &mut found);
        }
    }
    diagnostics
}

impl Options {
    /// Overrides what the texts say.
    pub fn apply(&self, scenario: &mut Scenario) {
        if let Some(seed) = self.seed {
            scenario.config.seed = seed;
        }
        if let Some(horizon) = self.horizon {
            scenario.horizon = horizon;
        }
    }
}

/// Where findings on a Scenario document go.
struct Findings<'a> {
    text: &'a str,
    document: &'a Document,
    index: usize,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl Findings<'_> {
    fn add(&mut self, severity: Severity, path: &str, message: &str) {
        let lines = lifepod_manifest::Lines::new(self.text);
        let found = self.document.diagnostic(&lines, self.index, severity, path, message, "");
        self.diagnostics.push(found);
    }
}
