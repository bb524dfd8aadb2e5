//! What the real kubectl said to a run of commands, against what ours says to the same run: every changing command
//! whose words depend on the cluster's objects alone, and not on names drawn at random or on other tenants' pods.

use lifepod_api::SimTime;
use lifepod_engine::{Cluster, Command, Config, EntryId, NodeConfig};
use lifepod_kubectl::{Output, action, printed, run_at};
use serde_json::Value;

/// Commands that are left out, with the reason.
const LEFT_OUT: [(&str, &str); 11] = [
    ("autoscale", "not simulated"),
    ("diff", "not simulated"),
    ("api-resources", "not simulated"),
    ("apply --server-side", "not simulated"),
    ("apply --dry-run=client", "prints nothing of the cluster"),
    ("get", "judged by the topics `tables` and `describe`"),
    ("describe", "judged by the topics `tables` and `describe`"),
    ("rollout status", "judged by the topic `rollout`"),
    ("rollout history", "judged by the topic `rollout`"),
    ("drain", "its pods are of other tenants"),
    ("delete pods --all", "names are drawn at random"),
];

fn nodes() -> Vec<NodeConfig> {
    let node = |name: &&str| {
        let mut node = NodeConfig::named(name);
        if name.starts_with('w') {
            node.labels.insert("pool".into(), "main".into());
        }
        node
    };
    ["f1", "f2", "p1", "w1", "w2", "w3"].iter().map(node).collect()
}

/// A word as it must be typed to come through the shell.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// Runs a command now, and then goes on for as long as the real one took.
fn run(cluster: &mut Cluster, args: &[&str], documents: Vec<Value>, seconds: f64) -> Output {
    let line = args.iter().map(|w| quoted(w)).collect::<Vec<_>>().join(" ");
    let entry = EntryId(cluster.trace().entries().len() as u32);
    let now = cluster.now();
    let micros = (seconds * 1e6) as u64;
    if args[0] == "wait" {
        // Waiting is answered from what is to come.
        cluster.run_until(now + SimTime(micros.max(10_000_000)));
        let end = cluster.now();
        return run_at(cluster.trace(), now, end, cluster.epoch_micros(), args);
    }
    let client = match action(&line, documents) {
        Ok(client) => client,
        Err(output) => return *output,
    };
    let _printed_below = cluster.apply(Command::Client(client));
    let waits = args[0] == "delete" && !args.contains(&"--wait=false");
    cluster.run_until(now + SimTime(micros + if waits { 40_000_000 } else { 300_000 }));
    printed(cluster.trace(), entry, cluster.now(), 0)
}

#[test]
fn changing_commands_answer_as_the_real_kubectl_did() {
    let text = include_str!("../conformance/kubectl_transcripts.jsonl");
    let mut cluster = Cluster::new(Config { nodes: nodes(), ..Config::default() });
    cluster.run_until(SimTime::from_secs(1));
    let (mut compared, mut differing) = (0, Vec::new());
    for line in text.lines() {
        let v: Value = serde_json::from_str(line).expect("a line of JSON");
        let args: Vec<&str> =
            v["args"].as_array().expect("args").iter().skip(1).filter_map(Value::as_str).collect();
        let typed = args.join(" ");
        if LEFT_OUT.iter().any(|(left_out, _)| typed.starts_with(left_out)) {
            continue;
        }
        let parsed = lifepod_manifest::parse(v["stdin"].as_str().unwrap_or(""));
        let documents: Vec<Value> =
            parsed.documents.into_iter().map(|d| d.value).filter(|d| !d.is_null()).collect();
        // Text that is no YAML never becomes a command: the editor says what is wrong with it.
        if v["stderr"].as_str().is_some_and(|e| e.contains("error parsing STDIN")) {
            continue;
        }
        let got = run(&mut cluster, &args, documents, v["seconds"].as_f64().unwrap_or(0.0));
        compared += 1;
        let expected = (v["stdout"].as_str().unwrap_or(""), v["stderr"].as_str().unwrap_or(""));
        if (got.stdout.as_str(), got.stderr.as_str()) != expected || v["rc"] != got.code {
            differing.push(format!(
                "{typed} ({})\n  expected {} {:?} {:?}\n  got      {} {:?} {:?}",
                v["note"], v["rc"], expected.0, expected.1, got.code, got.stdout, got.stderr
            ));
        }
    }
    assert!(differing.is_empty(), "{} of {compared} differ:\n{}", differing.len(), differing.join("\n"));
    assert!(compared >= 60, "only {compared} were compared");
}
