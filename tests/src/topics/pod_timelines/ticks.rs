//! What a recording tells of its kubelet's tickers: when the PLEG listed all containers, and where in its second the
//! main loop looked for pods to sync.

use serde_json::Value;

/// How long a listing takes at least and at most, in seconds; the next one begins a second after the end of one.
pub(super) const LISTING: (f64, f64) = (0.001, 0.1);
/// What follows from a tick is recorded up to this much later, in seconds.
const LATE: f64 = 0.12;

/// What was seen of the tickers, in seconds of the run.
#[derive(Clone, Debug, Default)]
pub(super) struct Ticks {
    /// Relists that were seen by what followed from them at once.
    pub(super) relists: Vec<f64>,
    /// The most usual time of a listing.
    pub(super) listing: f64,
    /// Where in its second the main loop's tick stands, if anything tells.
    pub(super) sync: Option<f64>,
    /// When pod workers began something after a wait.
    pub(super) wakes: Vec<f64>,
}

impl Ticks {
    /// Reads the timeline of a recording whose pod is posted at `zero`.
    pub(super) fn read(timeline: &[Value], zero: f64) -> Self {
        let mut ticks = Ticks { wakes: wakes(timeline, zero), ..Ticks::default() };
        ticks.sync = sync_phase(timeline, zero);
        ticks.relists = relists(timeline, zero, ticks.sync);
        let mut each: Vec<f64> =
            ticks.relists.windows(2).filter_map(|pair| listing(pair[0], pair[1])).collect();
        each.sort_by(f64::total_cmp);
        ticks.listing = each.get(each.len() / 2).copied().unwrap_or(0.004);
        ticks
    }

    /// How long listings took from the relist at `last` on, so that a relist falls on the next one that was seen after
    /// `now`; and whether one was.
    pub(super) fn listing_since(&self, last: f64, now: f64) -> Option<f64> {
        let next = self.relists.iter().find(|at| **at > now + 0.0005)?;
        let elapsed = next - last;
        // Of all numbers of relists in between, the one whose listings are the most usual.
        let most = (elapsed / (1.0 + LISTING.0)).floor();
        let least = (elapsed / (1.0 + LISTING.1)).ceil().max(1.0);
        let mut best: Option<f64> = None;
        let mut count = most;
        while count >= least {
            let each = elapsed / count - 1.0;
            if best.is_none_or(|best| (each - self.listing).abs() < (best - self.listing).abs()) {
                best = Some(each);
            }
            count -= 1.0;
        }
        best
    }

    /// When pod workers may have been woken by the main loop's tick.
    pub(super) fn wakes_by_sync(&self, sync: f64) -> impl Iterator<Item = f64> + '_ {
        self.wakes.iter().copied().filter(move |at| (at + 0.015 - sync).rem_euclid(1.0) < LATE)
    }
}

/// The mean listing between two relists, if there can be one.
fn listing(from: f64, to: f64) -> Option<f64> {
    let elapsed = to - from;
    let count = (elapsed / (1.0 + LISTING.0)).floor();
    let each = elapsed / count - 1.0;
    ((1.0..=100.0).contains(&count) && each <= 0.02).then_some(each)
}

/// The entries of the recording up to the first restart of its kubelet: a new process begins with new phases.
pub(super) fn first_process(timeline: &[Value]) -> impl Iterator<Item = &Value> + Clone {
    timeline.iter().take_while(|e| e["action"]["what"] != "kubelet killed")
}

fn time(entry: &Value, zero: f64) -> f64 {
    zero + entry["t"].as_f64().unwrap_or(0.0)
}

/// Entries that begin what a pod worker does after a wait.
fn is_wake(entry: &Value) -> bool {
    match entry["src"].as_str() {
        Some("event") => matches!(
            entry["reason"].as_str(),
            Some("BackOff" | "Pulled" | "Pulling" | "Failed" | "DeadlineExceeded")
        ),
        Some("cri") => {
            matches!(entry["op"].as_str(), Some("CreateContainer" | "PullImage" | "RunPodSandbox"))
        }
        _ => false,
    }
}

fn is_probe(entry: &Value) -> bool {
    entry["src"] == "cri" && matches!(entry["op"].as_str(), Some("ExecSync" | "httpGet" | "grpcCheck"))
}

/// When pod workers began something.
fn acts(timeline: &[Value], zero: f64) -> impl Iterator<Item = f64> + '_ {
    timeline.iter().filter(|e| is_wake(e)).map(move |e| time(e, zero))
}

/// What began something: the acts of pod workers, and probes that a sync asked for, which come out of step.
fn wakes(timeline: &[Value], zero: f64) -> Vec<f64> {
    let mut found: Vec<f64> = acts(timeline, zero).collect();
    for (index, entry) in timeline.iter().enumerate().filter(|(_, e)| is_probe(e)) {
        let same = |other: &&Value| {
            is_probe(other)
                && ["container", "cmd", "path", "port"].iter().all(|key| other[*key] == entry[*key])
        };
        let at = time(entry, zero);
        let gaps = |a: &Value, b: &Value| time(b, zero) - time(a, zero);
        let before: Vec<&Value> = timeline[..index].iter().rev().filter(same).take(2).collect();
        if let [last, earlier] = before[..]
            && gaps(last, entry) < gaps(earlier, last) - 0.05
        {
            found.push(at);
        }
    }
    found.sort_by(f64::total_cmp);
    found
}

/// When containers that nobody had stopped ended, and the first thing that was done about it; when those that were
/// stopped with their pod were removed.
fn relists(timeline: &[Value], zero: f64, sync: Option<f64>) -> Vec<f64> {
    let mut found: Vec<f64> = Vec::new();
    let by_sync = |seen: f64| sync.is_some_and(|sync| (seen + 0.015 - sync).rem_euclid(1.0) < 0.03);
    for (index, exit) in timeline.iter().enumerate().filter(|(_, e)| e["op"] == "exited") {
        let at = time(exit, zero);
        let own = |e: &&Value| e["container"] == exit["container"] && e["attempt"] == exit["attempt"];
        let stopped = timeline[..index].iter().filter(own).any(|e| e["op"] == "StopContainer");
        let follows = |e: &&Value| time(e, zero) > at + 0.006 && time(e, zero) < at + 1.0 + LISTING.1 + LATE;
        // A worker that has started a container has its pod looked at, between two relists.
        let after_a_start = |t: f64| {
            let starts = timeline.iter().filter(|e| e["op"] == "StartContainer");
            starts.map(|e| time(e, zero)).any(|start| start <= t && t < start + LATE)
        };
        let acts = |e: &&Value| {
            let op = e["op"].as_str().unwrap_or("");
            match stopped {
                true => op == "RemoveContainer" && !after_a_start(time(e, zero)),
                false => is_wake(e) || matches!(op, "RemoveContainer" | "StopPodSandbox" | "StopContainer"),
            }
        };
        let act = timeline[index..].iter().filter(follows).find(acts).map(|e| time(e, zero));
        // The status that shows the end is written a moment after the look at it.
        let shows =
            |e: &&Value| e["src"] == "api" && !stopped && e["containers"].to_string().contains("terminated");
        let shown = timeline[index..].iter().filter(follows).find(shows).map(|e| time(e, zero) - 0.02);
        let seen = match (act, shown) {
            (Some(act), Some(shown)) => act.min(shown.max(at + 0.006)),
            (act, shown) => match act.or(shown) {
                Some(seen) => seen,
                None => continue,
            },
        };
        if !by_sync(seen) {
            found.push(seen - 0.003);
        }
    }
    found.extend(probed_anew(timeline, zero).into_iter().filter(|at| !by_sync(*at)).map(|at| at - 0.003));
    found.sort_by(f64::total_cmp);
    // Two that cannot both be right: the first stays.
    let mut kept: Vec<f64> = Vec::new();
    for at in found {
        if kept.last().is_none_or(|last| at - last > 0.9) {
            kept.push(at);
        }
    }
    seen_late(kept)
}

/// When readiness probes came out of step soon after a start: the first status of a new container makes one due, and
/// the sync after the next relist another.
fn probed_anew(timeline: &[Value], zero: f64) -> Vec<f64> {
    let out_of_step = wakes(timeline, zero);
    let starts = timeline.iter().filter(|e| e["op"] == "StartContainer");
    starts
        .filter_map(|start| {
            let at = time(start, zero);
            let probes = timeline.iter().filter(|e| is_probe(e) && e["container"] == start["container"]);
            let mut soon = probes.map(|e| time(e, zero)).filter(|t| *t > at + LATE && *t < at + 0.95);
            soon.find(|t| out_of_step.contains(t))
        })
        .collect()
}

/// Nothing is seen before it happens: two sightings that are too close for the relists between them show that the first
/// came late.
fn seen_late(mut seen: Vec<f64>) -> Vec<f64> {
    for index in (1..seen.len()).rev() {
        let (first, next) = (seen[index - 1], seen[index]);
        let count = ((next - first) / (1.0 + LISTING.0)).round();
        let latest = next - count * (1.0 + LISTING.0);
        if first > latest && first - latest < LATE {
            seen[index - 1] = latest;
        }
    }
    seen
}

/// Where in its second most of what was not begun by the end of a container stands: of the acts of pod workers, or else of
/// the probes that a sync asked for.
fn sync_phase(timeline: &[Value], zero: f64) -> Option<f64> {
    let first: Vec<&Value> = first_process(timeline).collect();
    let first: Vec<Value> = first.into_iter().cloned().collect();
    let exits: Vec<f64> = first.iter().filter(|e| e["op"] == "exited").map(|e| time(e, zero)).collect();
    let free = |at: &f64| *at > zero + 2.0 && !exits.iter().any(|exit| *at >= *exit && *at < exit + 1.15);
    let mut others: Vec<f64> = acts(&first, zero).filter(free).collect();
    if others.is_empty() {
        others = wakes(&first, zero).into_iter().filter(free).collect();
    }
    let score = |phase: f64| others.iter().filter(|at| (*at - 0.002 - phase).rem_euclid(1.0) < 0.05).count();
    let phases: Vec<(usize, f64)> =
        (0..200).map(|step| f64::from(step) / 200.0).map(|phase| (score(phase), phase)).collect();
    let most = phases.iter().map(|(score, _)| *score).max().filter(|most| *most > 0)?;
    // The last of the best: the tick comes right before what it causes.
    phases.iter().rev().find(|(score, _)| *score == most).map(|(_, phase)| *phase)
}
