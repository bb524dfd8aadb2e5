//! Shell vectors: a command run as PID 1 of a container, judged as `shell.md` beside the vectors says.

use lifepod_api::SimTime;
use lifepod_workload::{ContainerConfig, Entry, Happening, Sandbox, SandboxConfig, Signal};
use serde_json::Value;
use std::collections::BTreeMap;

/// What containers hold below these directories is compared.
const WATCHED: [&str; 5] = ["/tmp/", "/data/", "/shared/", "/var/log/", "/etc/app/"];
/// Longer than any recording lasts.
const LIMIT: SimTime = SimTime::from_secs(20);

/// Judges a vector of topic `shell`.
pub fn shell(v: &Value) -> Result<(), String> {
    judge(v)
}

/// Judges a vector of topic `shell_more`.
pub fn shell_more(v: &Value) -> Result<(), String> {
    judge(v)
}

/// One thing that is done to the container from outside, in order of time.
enum Outside<'a> {
    Signal(Signal),
    Probe(&'a Value),
}

struct Run {
    stdout: String,
    stderr: String,
    exit: Option<i32>,
    killed_by: Option<String>,
    seconds: f64,
    probes: Vec<(usize, Option<i32>, String)>,
}

fn words(v: &Value) -> Vec<String> {
    v.as_array().map(|a| a.iter().map(|w| w.as_str().unwrap_or("").to_string()).collect()).unwrap_or_default()
}

fn time(v: &Value) -> SimTime {
    SimTime::from_secs_f64(v.as_f64().unwrap_or(0.0))
}

fn judge(v: &Value) -> Result<(), String> {
    if v["network"] == true {
        return Ok(());
    }
    let image = if v["shell"] == "busybox" { "busybox:1.35.0" } else { "debian:12" };
    let hostname = v["env"]["HOSTNAME"].as_str().unwrap_or("pod-0").to_string();
    let epoch_micros = 1_800_000_000_000_000;
    let mut pod = Sandbox::new(SandboxConfig { hostname, epoch_micros, seed: 1, ..SandboxConfig::default() });
    let mut env = vec![
        ("PATH".to_string(), "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin".to_string()),
        ("HOME".to_string(), "/root".to_string()),
    ];
    if let Some(more) = v["env"].as_object() {
        env.extend(more.iter().map(|(n, v)| (n.clone(), v.as_str().unwrap_or("").to_string())));
    }
    let files: Vec<(String, Vec<u8>, u16)> = v["files"]
        .as_object()
        .map(|files| {
            files
                .iter()
                .map(|(path, text)| {
                    let mode = v["modes"][path]
                        .as_str()
                        .and_then(|m| u16::from_str_radix(m, 8).ok())
                        .unwrap_or(0o644);
                    (path.clone(), text.as_str().unwrap_or("").as_bytes().to_vec(), mode)
                })
                .collect()
        })
        .unwrap_or_default();
    let mut start_files = files.clone();
    for dir in ["/data", "/shared", "/var/log", "/etc/app", "/tmp"] {
        start_files.push((format!("{dir}/"), Vec::new(), 0o755));
    }
    let config = ContainerConfig {
        name: "c".to_string(),
        image: image.to_string(),
        command: words(&v["argv"]),
        env,
        files: start_files,
        // The recordings' Debian root was put together from fewer packages than the image.
        absent: if v["shell"] == "busybox" {
            Vec::new()
        } else {
            ["which", "tar"].map(|t| format!("/usr/bin/{t}")).to_vec()
        },
        ..ContainerConfig::default()
    };
    let started = pod.start(SimTime::ZERO, config);
    if let Some(errno) = v["startError"].as_str() {
        return match started {
            Err(e) if e.errno == errno => Ok(()),
            Err(e) => Err(format!("startError: want {errno}, got {}", e.errno)),
            Ok(_) => Err(format!("startError: want {errno}, but it started")),
        };
    }
    let container = started.map_err(|e| format!("did not start: {}", e.message))?;
    let before: BTreeMap<String, Entry> = pod.files(container).into_iter().collect();

    let mut plan: Vec<(SimTime, Outside)> = Vec::new();
    for s in v["signals"].as_array().into_iter().flatten() {
        let signal = Signal::parse(s["signal"].as_str().unwrap_or("")).ok_or("unknown signal")?;
        plan.push((time(&s["at"]), Outside::Signal(signal)));
    }
    for p in v["probes"].as_array().into_iter().flatten() {
        plan.push((time(&p["at"]), Outside::Probe(p)));
    }
    plan.sort_by_key(|(at, _)| *at);
    let mut run = Run {
        stdout: String::new(),
        stderr: String::new(),
        exit: None,
        killed_by: None,
        seconds: 0.0,
        probes: Vec::new(),
    };
    let mut execs = BTreeMap::new();
    for (at, outside) in &plan {
        take(&mut run, &mut pod, *at, &execs);
        if run.exit.is_some() {
            break;
        }
        match outside {
            Outside::Signal(signal) => pod.signal(*at, container, *signal),
            Outside::Probe(p) => {
                execs.insert(pod.exec(*at, container, &words(&p["argv"])), execs.len());
            }
        }
    }
    take(&mut run, &mut pod, LIMIT, &execs);
    compare(v, &run, &before, &pod.files(container).into_iter().collect())
}

fn take(run: &mut Run, pod: &mut Sandbox, until: SimTime, execs: &BTreeMap<lifepod_workload::ExecId, usize>) {
    for happened in pod.advance(until) {
        match happened.what {
            Happening::Output { stderr, line, partial, .. } => {
                let out = if stderr { &mut run.stderr } else { &mut run.stdout };
                out.push_str(&line);
                if !partial {
                    out.push('\n');
                }
            }
            Happening::Exited { exit_code, signal, .. } => {
                run.exit = Some(exit_code);
                run.killed_by = signal.map(|s| s.name());
                run.seconds = happened.at.as_secs_f64();
            }
            Happening::ExecDone { exec, exit_code, output } => {
                run.probes.push((execs.get(&exec).copied().unwrap_or(0), exit_code, output));
            }
            _ => {}
        }
    }
}

fn compare(
    v: &Value,
    run: &Run,
    before: &BTreeMap<String, Entry>,
    after: &BTreeMap<String, Entry>,
) -> Result<(), String> {
    let volatile = words(&v["volatile"]);
    let checked = |field: &str| !volatile.iter().any(|f| f == field);
    let mut wrong: Vec<String> = Vec::new();
    let want_exit = v["exit"].as_i64().map(|e| e as i32);
    if checked("exit") && run.exit != want_exit {
        wrong.push(format!("exit: want {want_exit:?}, got {:?}", run.exit));
    }
    let want_killed = v["killedBy"].as_str();
    if run.exit == want_exit && run.killed_by.as_deref() != want_killed {
        wrong.push(format!("killedBy: want {want_killed:?}, got {:?}", run.killed_by));
    }
    if checked("stdout") {
        let want = v["stdout"].as_str().unwrap_or("");
        // The order of variables is lost in a JSON object.
        let sorted = |text: &str| {
            let mut lines: Vec<String> = text.lines().map(ToString::to_string).collect();
            lines.sort();
            lines
        };
        let unordered = words(&v["argv"]) == ["env"] && sorted(want) == sorted(&run.stdout);
        let same = unordered
            || if v.get("stdoutTruncated").is_some() {
                run.stdout.starts_with(want)
            } else {
                run.stdout == want
            };
        if !same {
            wrong.push(format!("stdout: want {want:?}, got {:?}", cut(&run.stdout)));
        }
    }
    if checked("stderr") {
        let want = v["stderr"].as_str().unwrap_or("");
        if want.is_empty() != run.stderr.is_empty() {
            wrong.push(format!("stderr: want {want:?}, got {:?}", cut(&run.stderr)));
        }
    }
    if checked("seconds") {
        let want = v["seconds"].as_f64().unwrap_or(0.0);
        let tolerance = if v["argv"].to_string().contains("0.1") || v["argv"].to_string().contains("0.05") {
            0.1
        } else {
            0.05
        };
        if (want - run.seconds).abs() > tolerance + 0.001 && run.exit.is_some() {
            wrong.push(format!("seconds: want {want}, got {}", run.seconds));
        }
    }
    for (i, p) in v["probes"].as_array().into_iter().flatten().enumerate() {
        let got = run.probes.iter().find(|(n, _, _)| *n == i);
        let want = p["exit"].as_i64().map(|e| e as i32);
        // The recording's launcher reports a missing binary as 127; a runtime reports an error instead.
        let code = got.map(|(_, code, _)| code.unwrap_or(127));
        if code != want {
            wrong.push(format!("probe {i}: want {want:?}, got {code:?}"));
        }
    }
    if checked("filesAfter") {
        compare_files(v, before, after, &mut wrong);
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("; ")) }
}

fn compare_files(
    v: &Value,
    before: &BTreeMap<String, Entry>,
    after: &BTreeMap<String, Entry>,
    wrong: &mut Vec<String>,
) {
    let watched = |path: &str| WATCHED.iter().any(|w| path.starts_with(w));
    let empty = serde_json::Map::new();
    let want = v["filesAfter"].as_object().unwrap_or(&empty);
    for (path, entry) in after.iter().filter(|(p, _)| watched(p)) {
        let Entry::File(bytes) = entry else { continue };
        if before.get(path) == Some(entry) {
            continue;
        }
        let text = String::from_utf8_lossy(bytes);
        match want.get(path).and_then(Value::as_str) {
            None => wrong.push(format!("file {path}: not wanted, holds {:?}", cut(&text))),
            Some(want) => {
                let truncated = v["filesTruncated"].get(path).is_some();
                if text != want && !(truncated && text.starts_with(want)) {
                    wrong.push(format!("file {path}: want {want:?}, got {:?}", cut(&text)));
                }
            }
        }
    }
    for (path, text) in want {
        let unchanged = before
            .get(path)
            .is_some_and(|e| *e == Entry::File(text.as_str().unwrap_or("").as_bytes().to_vec()));
        if !after.contains_key(path) || (before.get(path) == after.get(path) && !unchanged) {
            wrong.push(format!("file {path}: missing"));
        }
    }
    let deleted = words(&v["filesDeleted"]);
    for path in before.keys().filter(|p| watched(p) && !after.contains_key(*p)) {
        if matches!(before[path], Entry::File(_)) && !deleted.contains(path) {
            wrong.push(format!("file {path}: deleted"));
        }
    }
    for path in deleted.iter().filter(|p| after.contains_key(*p)) {
        wrong.push(format!("file {path}: not deleted"));
    }
}

fn cut(text: &str) -> String {
    text.chars().take(300).collect()
}
