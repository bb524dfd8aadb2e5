//! Whatever the objects and the arguments are like, there is an answer.

use lifepod_kubectl::{Snapshot, run};
use serde_json::{Value, json};

/// A small generator: the test needs variety, not quality.
struct Lcg(u64);

impl Lcg {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n.max(1)
    }
}

/// Replaces about one value in thirty by something of another type or of an extreme size.
fn spoil(v: &mut Value, random: &mut Lcg) {
    if random.below(30) == 0 {
        *v = match random.below(9) {
            0 => Value::Null,
            1 => json!(i64::MIN),
            2 => json!(u64::MAX),
            3 => json!(""),
            4 => json!("ü€\t\n\u{1b}[31m=,()"),
            5 => json!([]),
            6 => json!({}),
            7 => json!("9223372036854775807Ei"),
            _ => json!("9999-12-31T23:59:59.999999Z"),
        };
        return;
    }
    match v {
        Value::Array(list) => list.iter_mut().for_each(|v| spoil(v, random)),
        Value::Object(map) => {
            map.iter_mut().filter(|(k, _)| *k != "kind").for_each(|(_, v)| spoil(v, random))
        }
        _ => {}
    }
}

#[test]
fn spoiled_objects_are_still_printed() {
    let mut random = Lcg(7);
    for topic in ["describe", "tables", "rollout"] {
        let path = format!("{}/../../tests/conformance/{topic}.jsonl", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
        for line in text.lines() {
            let mut vector: Value = serde_json::from_str(line).expect("vectors are JSON");
            let args: Vec<String> = vector["args"]
                .as_array()
                .into_iter()
                .flatten()
                .skip(1)
                .map(|a| a.as_str().unwrap_or("").into())
                .collect();
            let args: Vec<&str> = args.iter().map(String::as_str).collect();
            spoil(&mut vector["objects"], &mut random);
            let objects = vector["objects"].as_array().cloned().unwrap_or_default();
            let snapshot = Snapshot::new(objects, 1_767_225_600_000_000);
            run(&snapshot, &args, &[]);
            run(&snapshot, &["get", "all,nodes,events", "-A", "-o", "wide", "--show-labels"], &[]);
        }
    }
}

#[test]
fn arguments_that_make_no_sense_are_errors() {
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "namespace": "default"}});
    let snapshot = Snapshot::new(vec![pod], 0);
    for args in [
        &[][..],
        &["get"],
        &["get", ""],
        &["get", ","],
        &["get", "pods,,svc"],
        &["get", "unicorns"],
        &["get", "pods", "-o"],
        &["get", "pods", "-o", "nonsense"],
        &["get", "pods", "--frobnicate"],
        &["get", "pods", "-Z"],
        &["get", "pods", "-l", "a in (("],
        &["get", "pods", "--sort-by", "{.metadata.labels[}"],
        &["get", "pods/a/b"],
        &["get", "pods", "a", "-A"],
        &["describe"],
        &["describe", "/"],
        &["events", "--for", "x"],
        &["events", "--types", "Odd"],
        &["rollout"],
        &["rollout", "status", "deployment", "--revision", "x"],
        &["fly"],
    ] {
        let output = run(&snapshot, args, &[]);
        assert_eq!(output.code, 1, "kubectl {args:?}: {output:?}");
        assert!(!output.stderr.is_empty(), "kubectl {args:?} says what is wrong");
    }
}
