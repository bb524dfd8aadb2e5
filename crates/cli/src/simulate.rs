//! From files to a run.

use crate::input::File;
use lifepod_api::{Object, SimTime};
use lifepod_engine::{Command, Outcome, Run, Scenario};

/// What a run is asked to be like; the scenario of the files fills what is not given.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wishes {
    /// Where it ends.
    pub until: Option<SimTime>,
    /// What seeds its draws.
    pub seed: Option<u64>,
}

/// How long a run lasts when nothing says so.
const HORIZON: SimTime = SimTime::from_secs(600);

/// Runs the objects of the files, and prints on standard error what is wrong with them.
///
/// # Errors
/// When a file has errors; they have been printed.
pub fn simulate(files: Vec<File>, wishes: Wishes) -> Result<Run, String> {
    let mut errors = 0;
    for file in &files {
        let (text, n) = file.findings();
        eprint!("{text}");
        errors += n;
    }
    if errors > 0 {
        return Err(format!("{errors} {} in the manifests", if errors == 1 { "error" } else { "errors" }));
    }
    let mut scenario = Scenario { horizon: HORIZON, ..Scenario::default() };
    let mut objects: Vec<Object> = Vec::new();
    for document in files.into_iter().flat_map(|f| f.parsed.documents) {
        if let Some(document) = &document.scenario {
            apply(document, &mut scenario)?;
        }
        objects.extend(document.object);
    }
    if objects.is_empty() {
        return Err("the manifests hold no objects".into());
    }
    let creations = objects.into_iter().map(|o| (SimTime::ZERO, Command::Create(Box::new(o))));
    scenario.commands.splice(0..0, creations);
    if let Some(until) = wishes.until {
        scenario.horizon = until;
    }
    if let Some(seed) = wishes.seed {
        scenario.config.seed = seed;
    }
    let run = scenario.run();
    if let Outcome::TooManyEntries(at) = run.outcome {
        eprintln!("lifepod: so much happened that the run was ended at {at}; give an earlier --until");
    }
    Ok(run)
}

/// Takes over what a scenario document says.
fn apply(document: &lifepod_manifest::Scenario, scenario: &mut Scenario) -> Result<(), String> {
    let spec = &document.spec;
    if let Some(horizon) = spec.horizon {
        scenario.horizon = horizon.0;
    }
    if let Some(seed) = spec.seed {
        scenario.config.seed = seed as u64;
    }
    if let Some(epoch) = spec.epoch {
        scenario.config.epoch_micros = epoch.0.saturating_mul(1_000_000);
    }
    for action in &spec.actions {
        let at = action.at.0;
        if !action.kubectl.is_empty() {
            scenario.commands.push((at, kubectl(&action.kubectl)?));
        }
        for document in lifepod_manifest::parse(&action.apply).documents {
            scenario.commands.extend(document.object.map(|o| (at, Command::Create(Box::new(o)))));
        }
    }
    Ok(())
}

/// A changing `kubectl` command of a scenario's action.
fn kubectl(line: &str) -> Result<Command, String> {
    let mut words = line.split_whitespace().peekable();
    words.next_if_eq(&"kubectl");
    let unknown = || format!("the action `{line}` is not one that can be simulated yet");
    if words.next() != Some("delete") {
        return Err(unknown());
    }
    let (mut names, mut namespace, mut grace) = (Vec::new(), "default".to_string(), None);
    while let Some(word) = words.next() {
        let (flag, mut value) = word.split_once('=').map_or((word, None), |(f, v)| (f, Some(v)));
        match flag {
            "-n" | "--namespace" => {
                namespace = value.take().or_else(|| words.next()).ok_or_else(unknown)?.into()
            }
            "--grace-period" => {
                let text = value.take().or_else(|| words.next()).ok_or_else(unknown)?;
                grace = Some(text.parse().map_err(|_| unknown())?);
            }
            "--now" => grace = Some(1),
            "--force" => grace = Some(0),
            flag if flag.starts_with('-') => return Err(unknown()),
            name => names.push(name),
        }
    }
    let name = match names.as_slice() {
        ["pod" | "pods" | "po", name] => *name,
        [pair] => pair.strip_prefix("pod/").ok_or_else(unknown)?,
        _ => return Err(unknown()),
    };
    Ok(Command::DeletePod { namespace, name: name.into(), grace })
}
