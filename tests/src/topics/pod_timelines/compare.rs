//! Two timelines as sequences, compared in order.

use serde_json::Value;
use std::collections::BTreeMap;

/// A status that lived shorter than this in one of the two may be missing in the other, in seconds.
pub(in crate::topics) const FLASH: f64 = 0.15;
/// How far apart two times may be, in seconds.
pub(in crate::topics) const TOLERANCE: f64 = 1.0;

/// How far apart two times may be at which time.
#[derive(Clone, Copy, Debug)]
pub(in crate::topics) struct Tolerance {
    /// From here on `strict`, in seconds.
    from: f64,
    strict: f64,
}

impl Tolerance {
    /// As far as the judge allows, everywhere.
    pub(in crate::topics) const JUDGED: Tolerance = Tolerance { from: f64::INFINITY, strict: TOLERANCE };

    /// Less than the judge allows from `from` on, for those who want to know where two timelines begin to part.
    pub(in crate::topics) const fn strict_from(from: f64) -> Tolerance {
        Tolerance { from, strict: 0.3 }
    }

    /// Whether it is less than the judge allows at `time`.
    pub(in crate::topics) fn is_strict(self, time: f64) -> bool {
        time >= self.from
    }

    fn at(self, time: f64) -> f64 {
        if self.is_strict(time) { self.strict } else { TOLERANCE }
    }
}

/// One step of a sequence.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::topics) struct Step {
    pub(in crate::topics) at: f64,
    /// How long until the next step of the sequence.
    pub(in crate::topics) lived: f64,
    pub(in crate::topics) text: String,
}

pub(in crate::topics) type Sequences = BTreeMap<String, Vec<Step>>;

/// Where a simulation differs from a recording.
#[derive(Clone, Debug)]
pub(in crate::topics) struct Difference {
    /// When first, in seconds after the post.
    pub(in crate::topics) at: f64,
    /// The first difference of each sequence that differs.
    pub(in crate::topics) text: String,
}

/// Compares a recording, whose statuses were recorded until `told`, with a simulation.
pub(super) fn compare(recorded: &[Value], simulated: &[Value], told: f64) -> Result<(), Difference> {
    let end = recorded.iter().filter_map(|e| e["t"].as_f64()).fold(0.0, f64::max);
    let simulated: Vec<Value> =
        simulated.iter().filter(|e| e["t"].as_f64().is_some_and(|t| t <= end)).cloned().collect();
    let (expected, got) = (sequences(recorded), sequences(&simulated));
    let none = Vec::new();
    let (mut at, mut wrong) = (f64::INFINITY, Vec::new());
    let names: std::collections::BTreeSet<&String> = expected.keys().chain(got.keys()).collect();
    for name in names {
        let (e, g) = (expected.get(name).unwrap_or(&none), got.get(name).unwrap_or(&none));
        let is_api = name.starts_with("api");
        let end = if is_api { told.min(end) } else { end };
        if let Err(difference) = same(e, g, is_api, end, Tolerance::JUDGED) {
            at = at.min(difference.at);
            wrong.push(format!("{name}: {}", difference.text));
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(Difference { at, text: wrong.join("\n") }) }
}

/// When the watch on the pod ended. In some recordings it did so before the rest: a container starts or ends there, and
/// no status says so any more.
pub(super) fn end_of_statuses(recorded: &[Value]) -> f64 {
    let time = |e: &Value| e["t"].as_f64().unwrap_or(0.0);
    let last = recorded.iter().filter(|e| e["src"] == "api").map(time).fold(0.0, f64::max);
    let changes =
        |e: &&Value| matches!(e["op"].as_str(), Some("StartContainer" | "exited")) && time(e) > last + FLASH;
    recorded.iter().find(changes).map_or(f64::INFINITY, time)
}

fn sequences(timeline: &[Value]) -> Sequences {
    let mut all = Sequences::new();
    let end = timeline.iter().filter_map(|e| e["t"].as_f64()).fold(0.0, f64::max);
    for entry in timeline {
        let at = entry["t"].as_f64().unwrap_or(0.0);
        match entry["src"].as_str() {
            Some("api") => api(&mut all, entry, at),
            Some("cri") => cri(&mut all, entry, at),
            Some("event") => {
                let name = match entry["container"].as_str() {
                    Some(container) => format!("events {container}"),
                    None => "events pod".to_string(),
                };
                let text =
                    format!("{} {} {}", plain(&entry["type"]), plain(&entry["reason"]), message(entry));
                push(&mut all, name, at, text, false);
            }
            _ => {}
        }
    }
    measure(&mut all, end);
    all
}

/// Writes into each step how long it lived; the last ones live beyond `end`.
pub(in crate::topics) fn measure(all: &mut Sequences, end: f64) {
    for steps in all.values_mut() {
        for index in 0..steps.len() {
            let next = steps.get(index + 1).map_or(end + 1.0, |s| s.at);
            steps[index].lived = next - steps[index].at;
        }
    }
}

pub(in crate::topics) fn push(all: &mut Sequences, name: String, at: f64, text: String, dedupe: bool) {
    let steps = all.entry(name).or_default();
    if dedupe && steps.last().is_some_and(|s| s.text == text) {
        return;
    }
    steps.push(Step { at, lived: 0.0, text });
}

pub(in crate::topics) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn api(all: &mut Sequences, entry: &Value, at: f64) {
    push(all, "api type".to_string(), at, plain(&entry["type"]).replace("MODIFIED", "ADDED"), true);
    push(
        all,
        "api phase".to_string(),
        at,
        format!("{} {}", plain(&entry["phase"]), plain(&entry["reason"])),
        true,
    );
    let restarts = plain(&entry["kubectl"]["Restarts"]);
    let restarts = restarts.split(' ').next().unwrap_or("");
    let kubectl =
        format!("{} {} {restarts}", plain(&entry["kubectl"]["Ready"]), plain(&entry["kubectl"]["Status"]));
    push(all, "api kubectl".to_string(), at, kubectl, true);
    for type_ in ["Ready", "Initialized", "ContainersReady", "PodReadyToStartContainers"] {
        let condition = &entry["conditions"][type_];
        let text = format!("{} {}", plain(&condition["status"]), plain(&condition["reason"]));
        push(all, format!("api {type_}"), at, text, true);
    }
    for list in ["containers", "initContainers"] {
        for (name, status) in entry[list].as_object().into_iter().flatten() {
            let text = format!(
                "{} ready={} started={} restarts={} last={}",
                state(&status["state"]),
                status["ready"],
                status["started"],
                status["restartCount"],
                state(&status["lastState"]),
            );
            push(all, format!("api container {name}"), at, text, true);
        }
    }
}

fn state(state: &Value) -> String {
    if let Some(waiting) = state.get("waiting") {
        format!("waiting({})", plain(&waiting["reason"]))
    } else if state.get("running").is_some() {
        "running".to_string()
    } else if let Some(ended) = state.get("terminated") {
        format!("terminated({} {})", plain(&ended["reason"]), ended["exitCode"])
    } else {
        "-".to_string()
    }
}

fn cri(all: &mut Sequences, entry: &Value, at: f64) {
    let op = plain(&entry["op"]);
    // Probes are compared by what they change; the recordings' garbage collection of sandboxes by nothing.
    const NOT_COMPARED: [&str; 5] =
        ["ExecSync", "ExecSyncCancelled", "httpGet", "grpcCheck", "RemovePodSandbox"];
    // What was done to the runtime from outside is the same on both sides.
    if NOT_COMPARED.contains(&op.as_str()) || op.starts_with("external:") {
        return;
    }
    let mut text = op.clone();
    for key in ["attempt", "timeout", "exitCode", "reason", "image"] {
        if !entry[key].is_null() {
            text.push_str(&format!(" {key}={}", plain(&entry[key])));
        }
    }
    let name = match entry["container"].as_str() {
        Some(container) => format!("cri {container}"),
        None if op.contains("Image") => "cri images".to_string(),
        None => "cri sandbox".to_string(),
    };
    push(all, name, at, text, false);
}

/// An Event's message without what differs from run to run: ids, addresses, durations.
pub(in crate::topics) fn message(entry: &Value) -> String {
    let text = plain(&entry["message"]);
    let mut out = String::new();
    let mut rest = text.as_str();
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, digits) = rest.split_at(at);
        out.push_str(before);
        let end = digits.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(digits.len());
        let number = &digits[..end];
        let unit = digits[end..].starts_with("ms")
            || digits[end..].starts_with('s')
            || number.matches('.').count() == 3;
        out.push_str(if unit { "#" } else { number });
        rest =
            digits[end..].strip_prefix('m').filter(|r| unit && r.starts_with('s')).unwrap_or(&digits[end..]);
    }
    out.push_str(rest);
    without_namespace_and_uid(&out)
}

/// `name_namespace(uid)`: only the name counts.
fn without_namespace_and_uid(text: &str) -> String {
    let found = text.match_indices('(').find_map(|(open, _)| {
        let (name, namespace) = text[..open].rsplit_once('_')?;
        let (_, rest) = text[open..].split_once(')')?;
        (!namespace.is_empty() && namespace.chars().all(char::is_alphanumeric)).then_some((name, rest))
    });
    found.map_or_else(|| text.to_string(), |(name, rest)| format!("{name}{rest}"))
}

/// As [`lay_side_by_side`], with the difference in words.
pub(in crate::topics) fn same(
    expected: &[Step],
    got: &[Step],
    flashes: bool,
    end: f64,
    tolerance: Tolerance,
) -> Result<(), Difference> {
    // `reached[e][g]`: the first `e` and the first `g` steps can be laid side by side.
    let mut reached = vec![vec![false; got.len() + 1]; expected.len() + 1];
    reached[0][0] = true;
    let mut furthest = (0, 0);
    for e in 0..=expected.len() {
        for g in 0..=got.len() {
            if !reached[e][g] {
                continue;
            }
            if e + g > furthest.0 + furthest.1 {
                furthest = (e, g);
            }
            let (want, have) = (expected.get(e), got.get(g));
            if let (Some(want), Some(have)) = (want, have)
                && want.text == have.text
                && (want.at - have.at).abs() <= tolerance.at(want.at)
            {
                reached[e + 1][g + 1] = true;
            }
            if want.is_some_and(|step| may_be_missing(expected, e, step, flashes, end)) {
                reached[e + 1][g] = true;
            }
            if have.is_some_and(|step| may_be_missing(got, g, step, flashes, end)) {
                reached[e][g + 1] = true;
            }
        }
    }
    if reached[expected.len()][got.len()] {
        return Ok(());
    }
    let show = |step: Option<&Step>| {
        step.map_or("nothing".to_string(), |s| format!("{:?} at {:.2} for {:.2}", s.text, s.at, s.lived))
    };
    let (e, g) = (expected.get(furthest.0), got.get(furthest.1));
    Err(Difference {
        at: [e, g].into_iter().flatten().map(|step| step.at).fold(end, f64::min),
        text: format!("recorded {}, simulated {}", show(e), show(g)),
    })
}

/// A flash, the repetition around a flash that the other side did not see, or something just before the end.
fn may_be_missing(steps: &[Step], index: usize, step: &Step, flashes: bool, end: f64) -> bool {
    let repeats_around_a_flash =
        index >= 2 && steps[index - 2].text == step.text && steps[index - 1].lived < FLASH;
    (flashes && (step.lived < FLASH || repeats_around_a_flash)) || step.at > end - TOLERANCE
}
