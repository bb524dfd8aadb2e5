//! The recorded vectors of the topics that this crate and the object model decide, each line a case.

#[path = "../../../tests/src/topics/front.rs"]
mod front;

use serde_json::Value;

/// Runs every line of a vector file and shows all differences at once.
fn run(topic: &str, check: fn(&Value) -> Result<(), String>) {
    let path = format!("{}/../../tests/conformance/{topic}.jsonl", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).expect("the vectors are in the repository");
    let mut failures = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let vector: Value = serde_json::from_str(line).expect("a vector is a line of JSON");
        if let Err(difference) = check(&vector) {
            let id = vector["id"].as_str().or(vector["input"].as_str()).unwrap_or("");
            failures.push(format!("{topic}:{} {id}: {difference}", number + 1));
        }
    }
    assert!(failures.is_empty(), "{} failed\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn quantity() {
    run("quantity", front::quantity);
}

#[test]
fn duration() {
    run("duration", front::duration);
}

#[test]
fn defaulting() {
    run("defaulting", front::defaulting);
}

#[test]
fn resources() {
    run("resources", front::resources);
}

#[test]
fn validation() {
    run("validation", front::validation);
}

#[test]
fn validation_apiserver() {
    let lines = |topic: &str| -> Vec<Value> {
        let path = format!("{}/../../tests/conformance/{topic}.jsonl", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).expect("the vectors are in the repository");
        text.lines().map(|line| serde_json::from_str(line).expect("a vector is a line of JSON")).collect()
    };
    let inputs = lines("validation");
    let mut failures = Vec::new();
    for mut vector in lines("validation_apiserver") {
        vector["input"] = inputs.iter().find(|i| i["id"] == vector["id"]).cloned().unwrap_or_default();
        if let Err(difference) = front::validation_apiserver(&vector) {
            failures.push(format!("validation_apiserver {}: {difference}", vector["id"]));
        }
    }
    assert!(failures.is_empty(), "{} failed\n{}", failures.len(), failures.join("\n"));
}
