//! From files to a run.

use crate::input::File;
use lifepod_api::SimTime;
use lifepod_engine::{Outcome, Run, Scenario};
use lifepod_scenario::Options;

/// What a run is asked to be like; the scenario of the files fills what is not given.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wishes {
    /// Where it ends.
    pub until: Option<SimTime>,
    /// What seeds its draws.
    pub seed: Option<u64>,
}

/// Runs the objects of the files, and prints on standard error what is wrong with them.
///
/// # Errors
/// When a file has errors; they have been printed.
pub fn simulate(files: Vec<File>, wishes: Wishes) -> Result<Run, String> {
    let scenario = scenario(files, wishes)?;
    if scenario.commands.is_empty() {
        return Err("the manifests hold nothing to run".into());
    }
    let run = scenario.run();
    if let Outcome::TooManyEntries(at) = run.outcome {
        eprintln!("lifepod: so much happened that the run was ended at {at}; give an earlier --until");
    }
    Ok(run)
}

/// The scenario of the files; what is wrong with them is printed on standard error.
///
/// # Errors
/// When a file has errors; they have been printed.
pub fn scenario(mut files: Vec<File>, wishes: Wishes) -> Result<Scenario, String> {
    let mut errors = 0;
    let mut scenario = lifepod_scenario::empty();
    for file in &mut files {
        let found = lifepod_scenario::add(&file.text, &file.parsed.documents, &mut scenario);
        file.parsed.diagnostics.extend(found);
        let (text, n) = file.findings();
        eprint!("{text}");
        errors += n;
    }
    if errors > 0 {
        return Err(format!("{errors} {} in the manifests", if errors == 1 { "error" } else { "errors" }));
    }
    Options { seed: wishes.seed, horizon: wishes.until }.apply(&mut scenario);
    Ok(scenario)
}
