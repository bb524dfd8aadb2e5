//! A run that goes on from a checkpoint is the run that begins at the beginning, to the byte.

use lifepod_api::SimTime;
use lifepod_engine::{Checkpoint, Outcome, Run, Scenario, Simulation};
use lifepod_scenario::{Options, prepare};
use std::path::Path;

/// How far these runs go: most of what the examples show is over by then.
const HORIZON: SimTime = SimTime::from_secs(150);

/// The manifests of all examples, by the names of their files.
fn examples() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let folders = [folder.clone(), folder.join("questions"), folder.join("states")];
    let files = folders.iter().flat_map(|folder| std::fs::read_dir(folder).unwrap());
    let paths =
        files.map(|file| file.unwrap().path()).filter(|path| path.extension().is_some_and(|e| e == "md"));
    let manifests = |path: &Path| {
        let text = std::fs::read_to_string(path).unwrap();
        let blocks = text.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap());
        blocks.collect::<Vec<_>>().join("---\n")
    };
    let mut all: Vec<_> = paths.map(|path| (path.display().to_string(), manifests(&path))).collect();
    all.sort();
    all
}

fn scenario(text: &str) -> Scenario {
    let options = Options { horizon: Some(HORIZON), ..Options::default() };
    prepare(text, &options).scenario.expect("examples run")
}

/// Runs to the end, with a checkpoint now and then.
fn run(mut simulation: Simulation) -> (Run, Vec<Checkpoint>) {
    let mut checkpoints = Vec::new();
    let mut due = SimTime::ZERO;
    loop {
        if let Some(outcome) = simulation.advance(50) {
            assert_eq!(outcome, Outcome::Reached);
            return (simulation.finish(outcome), checkpoints);
        }
        if simulation.reached() >= due
            && let Some(checkpoint) = simulation.checkpoint()
        {
            due = checkpoint.at() + SimTime::from_secs(60);
            checkpoints.push(checkpoint);
        }
    }
}

#[test]
fn what_is_done_late_goes_on_from_a_checkpoint_as_if_from_the_beginning() {
    let mut resumed = 0;
    for (name, text) in examples() {
        let (whole, checkpoints) = run(scenario(&text).start());
        for checkpoint in &checkpoints {
            let again = checkpoint.resume(scenario(&text), &whole.trace).expect("nothing else is configured");
            assert!(run(again).0.trace == whole.trace, "{name} from {}", checkpoint.at());
        }
        // Somebody drains the first node, late.
        let late = format!(
            "{text}\n---\napiVersion: lifepod.dev/v1alpha1\nkind: Scenario\nspec:\n  actions:\n  - {{at: 120s, kubectl: \
             'drain node-1 --ignore-daemonsets --force --delete-emptydir-data'}}\n"
        );
        let (other, _) = run(scenario(&late).start());
        assert!(other.trace != whole.trace, "{name}");
        for checkpoint in checkpoints.iter().filter(|checkpoint| checkpoint.at() < SimTime::from_secs(120)) {
            let again = checkpoint.resume(scenario(&late), &whole.trace).expect("nothing else is configured");
            assert!(run(again).0.trace == other.trace, "{name}, drained, from {}", checkpoint.at());
            resumed += 1;
        }
    }
    assert!(resumed > 40, "only {resumed} checkpoints were gone back to");
}

#[test]
fn another_configuration_has_no_way_back() {
    let (_, text) = examples().swap_remove(0);
    let (whole, checkpoints) = run(scenario(&text).start());
    let checkpoint = checkpoints.last().expect("it lasts longer than a minute");
    let mut other = scenario(&text);
    other.config.seed += 1;
    assert!(checkpoint.resume(other, &whole.trace).is_none());
    let mut short = scenario(&text);
    short.horizon = SimTime::from_secs(1);
    assert!(checkpoint.resume(short, &whole.trace).is_none());
}
