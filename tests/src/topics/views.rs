//! Judges of the topics that `kubectl`'s text is checked by: `printer`, `tables`, `describe`, `rollout`.

use lifepod_kubectl::{Output, Snapshot, WatchEvent, run};
use serde_json::Value;

/// The row of `kubectl get pods -o wide`.
pub fn printer(v: &Value) -> Result<(), String> {
    // The clock of these vectors is free: a string "@-300" in the pod is 300 seconds before now.
    let now = 1_750_000_000_000_000;
    let mut pod = v["pod"].clone();
    replace_relative_times(&mut pod, now);
    let namespace = pod["metadata"]["namespace"].as_str().unwrap_or("default").to_owned();
    let output = run(&Snapshot::new(vec![pod], now), &["get", "pods", "-o", "wide", "-n", &namespace], &[]);
    let (header, row) = output.stdout.split_once('\n').ok_or_else(|| format!("no table: {output:?}"))?;
    // Columns begin where the header's do.
    let names =
        ["NAME", "READY", "STATUS", "RESTARTS", "AGE", "IP", "NODE", "NOMINATED NODE", "READINESS GATES"];
    let mut starts = Vec::new();
    for name in names {
        let from = starts.last().map_or(0, |at| at + 1);
        starts.push(from + header[from..].find(name).ok_or_else(|| format!("no column {name} in {header}"))?);
    }
    for (i, name) in names.iter().enumerate() {
        let end = starts.get(i + 1).copied();
        let cell: String =
            row.chars().skip(starts[i]).take(end.map_or(usize::MAX, |e| e - starts[i])).collect();
        let expected = v["columns"][name].as_str().unwrap_or("");
        if cell.trim_end() != expected {
            return Err(format!("{name}: expected {expected:?}, got {:?}", cell.trim_end()));
        }
    }
    Ok(())
}

fn replace_relative_times(v: &mut Value, now: i64) {
    match v {
        Value::String(s) => {
            if let Some(seconds) = s.strip_prefix('@').and_then(|s| s.parse::<i64>().ok()) {
                *s = lifepod_kubectl::rfc3339(now + seconds * 1_000_000);
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|v| replace_relative_times(v, now)),
        Value::Object(map) => map.values_mut().for_each(|v| replace_relative_times(v, now)),
        _ => {}
    }
}

/// The text of `kubectl get` and `kubectl events`.
pub fn tables(v: &Value) -> Result<(), String> {
    command(v)
}

/// The text of `kubectl describe`.
pub fn describe(v: &Value) -> Result<(), String> {
    command(v)
}

/// The text of `kubectl rollout status` and `kubectl rollout history`.
pub fn rollout(v: &Value) -> Result<(), String> {
    command(v)
}

/// Runs a vector's command against its objects and compares both streams and the exit code.
fn command(v: &Value) -> Result<(), String> {
    if v.get("unstable").is_some() {
        return Ok(());
    }
    let time = |v: &Value| lifepod_api::MicroTime::parse(v.as_str().unwrap_or("")).map_or(0, |t| t.0);
    let objects = v["objects"].as_array().cloned().unwrap_or_default();
    let args: Vec<&str> =
        v["args"].as_array().into_iter().flatten().skip(1).filter_map(Value::as_str).collect();
    let watched = v["watch"].as_array().map_or(&[][..], Vec::as_slice);
    let events: Vec<WatchEvent> = watched
        .iter()
        .map(|e| WatchEvent {
            kind: e["type"].as_str().unwrap_or(""),
            at: time(&e["at"]),
            object: &e["object"],
        })
        .collect();
    let expected = Output {
        stdout: v["output"].as_str().unwrap_or("").into(),
        stderr: v["stderr"].as_str().unwrap_or("").into(),
        code: v["rc"].as_i64().unwrap_or(0) as i32,
        ..Output::default()
    };
    let got = run(&Snapshot::new(objects, time(&v["now"])), &args, &events);
    same("stdout", &expected.stdout, &got.stdout)?;
    same("stderr", &expected.stderr, &got.stderr)?;
    if expected.code != got.code {
        return Err(format!("exit code: expected {}, got {}", expected.code, got.code));
    }
    Ok(())
}

/// The first line in which two texts differ.
fn same(what: &str, expected: &str, got: &str) -> Result<(), String> {
    if expected == got {
        return Ok(());
    }
    let (mut a, mut b) = (expected.split('\n'), got.split('\n'));
    let mut number = 0;
    loop {
        number += 1;
        match (a.next(), b.next()) {
            (x, y) if x == y && x.is_some() => {}
            (x, y) => return Err(format!("{what} line {number}:\n  expected {x:?}\n  got      {y:?}")),
        }
    }
}
