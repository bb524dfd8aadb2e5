//! From a text to a run.
//!
//! [`prepare`] reads manifests and the optional Scenario document, and makes of them what the engine runs. The
//! command line, the page and the tests all come this way, so that they agree.

mod action;
mod annotations;
mod as_written;
mod assumptions;
mod behavior;
mod cluster;
mod eviction;
mod fault;
mod namespaces;
mod nested;
mod pods;
mod problems;
mod recorded;
mod storage_classes;
mod traffic;

pub use assumptions::{Edit, Note, assumptions};

use crate::pods::described;
use crate::problems::{Problem, Problems};
use lifepod_api::{Object, SimTime};
use lifepod_engine::{Command, Scenario};
use lifepod_manifest::scenario::ScenarioSpec;
use lifepod_manifest::{CheckOptions, Diagnostic, Document, Hint, Lines, Parsed, Severity, check, nearest};

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
    // Events out of a real cluster are no commands, and yet something to be shown.
    let objects = documents.iter().any(|document| document.object.is_some());
    let runs = (objects || !scenario.commands.is_empty())
        && diagnostics.iter().all(|d| d.severity != Severity::Error);
    Prepared { documents, diagnostics, scenario: runs.then_some(scenario) }
}

/// A scenario in which nothing is done.
pub fn empty() -> Scenario {
    Scenario { horizon: DEFAULT_HORIZON, ..Scenario::default() }
}

/// Whether something among a text's actions is applied, so that its objects carry what was applied last.
pub fn applies(documents: &[Document]) -> bool {
    documents.iter().filter_map(|d| d.scenario.as_ref()).any(|s| action::applies(&s.spec))
}

/// Adds a text's documents to a scenario, and gives back what is wrong with its Scenario documents and behaviours. Several texts
/// may be added one after the other.
pub fn add(text: &str, documents: &[Document], scenario: &mut Scenario) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    let applied = applies(documents);
    namespaces::grant(documents, scenario);
    storage_classes::grant(documents, scenario);
    for (index, document) in documents.iter().enumerate() {
        if let Some(mut object) = document.object.as_ref().and_then(as_written::as_written) {
            if applied {
                let (key, text) = lifepod_kubectl::last_applied(&document.value);
                object.meta_mut().annotations.insert(key, text);
            }
            scenario.commands.push((SimTime::ZERO, Command::Create(Box::new(object))));
        }
        diagnostics.extend(annotations::read(text, document, index, &mut scenario.config));
        if let Some(written) = &document.scenario {
            let spec = &written.spec;
            let mut found = Problems::default();
            cluster::read(spec, scenario, &mut found);
            for (number, behavior) in spec.behaviors.iter().enumerate() {
                let path = format!("spec.behaviors[{number}]");
                let rule = behavior::rule(behavior, &path, &mut found);
                scenario.config.behaviors.push(rule);
            }
            diagnostics.extend(action::read(text, document, index, spec, scenario, &mut found));
            clients(spec, scenario, &mut found);
            unmatched(documents, spec, &mut found);
            let lines = Lines::new(text);
            diagnostics.extend(found.0.iter().map(|problem| {
                let Problem { severity, path, message, hint } = problem;
                document.finding(&lines, index, *severity, path, message, hint)
            }));
        }
    }
    // What the text says of a container has the first word.
    let pods = documents.iter().filter_map(|document| match &document.object {
        Some(Object::Pod(pod)) => Some(pod),
        _ => None,
    });
    scenario.config.behaviors.extend(pods.flat_map(recorded::behaviors));
    diagnostics
}

/// Clients on nodes that there are not.
fn clients(spec: &ScenarioSpec, scenario: &Scenario, found: &mut Problems) {
    for (number, client) in spec.traffic.iter().enumerate() {
        let nodes = || scenario.config.nodes.iter().map(|n| n.name.as_str());
        if !client.node.is_empty() && !nodes().any(|name| name == client.node) {
            let hint = nearest(&client.node, nodes());
            let hint = hint.map_or(Hint::NONE, Hint::did_you_mean);
            let path = format!("spec.traffic[{number}].node");
            let node = &client.node;
            let message = Hint::of(format!("there is no node {node:?}"), format!("没有节点 {node:?}"));
            found.add(Severity::Error, &path, message, hint);
        }
    }
}

/// Behaviours of containers that no pod of the text has.
fn unmatched(documents: &[Document], spec: &ScenarioSpec, found: &mut Problems) {
    let pods: Vec<_> = documents.iter().filter_map(|d| described(d.object.as_ref()?)).collect();
    if pods.is_empty() {
        return;
    }
    let names = || pods.iter().flat_map(|pod| pod.containers().map(|(name, _)| name.to_string()));
    for (number, behavior) in spec.behaviors.iter().enumerate() {
        let name = &behavior.container;
        if name.is_empty() || names().any(|n| n == *name) {
            continue;
        }
        let names: Vec<String> = names().collect();
        let hint = nearest(name, names.iter().map(String::as_str));
        let hint = hint.map_or(Hint::NONE, Hint::did_you_mean);
        let path = format!("spec.behaviors[{number}].container");
        let en = format!("no pod here has a container {name:?}");
        let message = Hint::of(en, format!("这里没有 Pod 有名为 {name:?} 的容器"));
        found.add(Severity::Warning, &path, message, hint);
    }
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
