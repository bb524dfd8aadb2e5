//! Every scenario file, and that two runs of one are the same to the byte.

use lifepod_scenario::{Options, prepare};
use std::path::PathBuf;

fn files() -> Vec<PathBuf> {
    let mut folders = vec![PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios"))];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            match path.extension() {
                _ if path.is_dir() => folders.push(path),
                Some(ending) if ending == "md" => files.push(path),
                _ => {}
            }
        }
    }
    files.sort();
    files
}

#[test]
fn scenarios_happen_as_written() {
    let files = files();
    assert!(!files.is_empty(), "there are no scenario files");
    let wrong: Vec<String> = files
        .iter()
        .filter_map(|path| {
            let difference = lifepod_tests::scenario::check(path).err()?;
            Some(format!("{}\n{difference}", path.display()))
        })
        .collect();
    assert!(wrong.is_empty(), "{}\nUPDATE_EXPECT=1 cargo test writes them anew", wrong.join("\n"));
}

#[test]
fn the_same_seed_gives_the_same_trace_and_another_does_not() {
    let text = include_str!("../manifests/hello.yaml");
    let trace = |seed| {
        let options = Options { seed: Some(seed), ..Options::default() };
        prepare(text, &options).scenario.expect("the manifest is valid").run().trace
    };
    assert!(trace(7) == trace(7), "one seed, two traces");
    assert!(trace(7) != trace(8), "the seed changes nothing");
}

#[test]
fn many_small_steps_equal_one_large_one() {
    use lifepod_api::SimTime;
    use lifepod_engine::Cluster;
    let scenario = prepare(include_str!("../manifests/hello.yaml"), &Options::default())
        .scenario
        .expect("the manifest is valid");
    let end = SimTime::from_secs(600);
    let cluster = || {
        let mut cluster = Cluster::new(scenario.config.clone());
        for (at, command) in &scenario.commands {
            cluster.schedule(*at, command.clone());
        }
        cluster
    };
    let mut large = cluster();
    large.run_until(end);
    let mut small = cluster();
    for step in 1..=6000 {
        small.run_until(SimTime::from_millis(step * 100));
    }
    assert!(small.trace() == large.trace());
}
