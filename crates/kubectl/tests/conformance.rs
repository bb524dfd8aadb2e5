//! Every recorded output of the real `kubectl`, byte for byte.

#[path = "../../../tests/src/topics/views.rs"]
mod views;

use serde_json::Value;

/// Judges every line of a topic's file and reports all failures together.
fn all(topic: &str, judge: fn(&Value) -> Result<(), String>) {
    let path = format!("{}/../../tests/conformance/{topic}.jsonl", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    let mut failures = Vec::new();
    for line in text.lines() {
        let vector: Value = serde_json::from_str(line).expect("vectors are JSON");
        if let Err(diff) = judge(&vector) {
            failures.push(format!("{}: {diff}", vector["id"].as_str().unwrap_or("?")));
        }
    }
    let (failed, total) = (failures.len(), text.lines().count());
    assert!(failures.is_empty(), "{failed} of {total} failed\n{}", failures.join("\n"));
}

#[test]
fn printer() {
    all("printer", views::printer);
}

#[test]
fn tables() {
    all("tables", views::tables);
}

#[test]
fn describe() {
    all("describe", views::describe);
}

#[test]
fn rollout() {
    all("rollout", views::rollout);
}
