//! The draws that a recording implies: where the tickers of its kubelet stood, how far each requeue was stretched, how
//! long each relist took, when a restarted kubelet began to probe, and what of two things in the same instant came first.
//!
//! Most are read off the recording. What it does not tell, or not to the millisecond, is searched: a run that differs
//! from the recording at some time is run again with one of the draws before that time changed.

use super::compare::{Difference, compare};
use super::replay::{Draws, RELIST_MEAN, Recording, SPREAD};
use super::ticks::{LISTING, Ticks, first_process};
use super::written;
use lifepod_engine::Latency;
use lifepod_engine::jitter::{Draw, Drawn};
use serde_json::Value;
use std::collections::{BTreeMap, VecDeque};

/// How often a run is repeated until its draws fit the times at which they are made; for each so many draws of a long
/// run, once more.
const MOST_ROUNDS: usize = 60;
const DRAWS_A_ROUND: usize = 6;
/// How many runs a search tries.
const MOST_TRIES: usize = 320;
/// Numbers given beyond those that were fitted.
const BEYOND: usize = 400;
/// A draw about which the recording says nothing.
const MIDDLE: f64 = 0.5;
/// The most that a requeue is stretched.
const LATEST: f64 = 0.999;
/// Draws of [`Draw::ProbeTrigger`].
const IN_TIME: f64 = 0.0;
const TOO_EARLY: f64 = 0.95;
/// Recorded times are rounded to this, in seconds.
const ROUNDED: f64 = 0.01;
/// A draw of [`Draw::PodRelist`] after which a container that ends at once is found dead.
const AFTER_A_SHORT_RUN: f64 = 0.2;

/// The draws that are fitted one by one; others are one number each.
const FITTED: [Draw; 9] = [
    Draw::Duration,
    Draw::Requeue,
    Draw::Relist,
    Draw::PodRelist,
    Draw::PodSync,
    Draw::ProbeStart,
    Draw::ProbeTrigger,
    Draw::ProbeSelect,
    Draw::StatusWrite,
];

/// What a change is of.
fn kind(change: &Guess) -> Option<Draw> {
    change.keys().next().map(|(what, _)| *what)
}

/// Draws that are tried out: what was drawn, the how-manieth time, and the number.
type Guess = BTreeMap<(Draw, usize), f64>;

/// The numbers of the draws that are fitted one by one, in the order in which they are made.
type Numbers = BTreeMap<Draw, Vec<f64>>;

/// A run of a recording's scenario.
pub(super) struct Run {
    /// In the recording's own form.
    pub(super) timeline: Vec<Value>,
    drawn: Vec<Drawn>,
    numbers: Numbers,
}

/// The run that comes closest to the recording, and where it differs from it.
pub(super) fn closest(recording: &Recording) -> (Run, Option<Difference>) {
    // Recorded times are too coarse to tell for sure how long a call took.
    let found = search(recording, true);
    if found.1.is_some() {
        let (run, difference) = search(recording, false);
        let later = |a: &Option<Difference>, b: &Option<Difference>| match (a, b) {
            (None, _) => true,
            (Some(a), Some(b)) => a.at > b.at,
            (Some(_), None) => false,
        };
        if later(&difference, &found.1) {
            return (run, difference);
        }
    }
    found
}

/// Looks for draws with which the run is the recording; `durations` says whether those of the calls are read off it.
fn search(recording: &Recording, durations: bool) -> (Run, Option<Difference>) {
    let fitter = Fitter::new(recording, durations);
    let mut tries = 0;
    let mut attempt = |guess: &Guess, near: &Numbers| {
        tries += 1;
        (tries <= MOST_TRIES).then(|| {
            let run = fitter.run(guess, near);
            let difference = compare(recording.timeline, &run.timeline, recording.told).err();
            (run, difference)
        })
    };
    let mut best: Option<(Guess, Run, Difference)> = None;
    for guess in fitter.first_guesses() {
        match attempt(&guess, &Numbers::new()) {
            Some((run, None)) => return (run, None),
            Some((run, Some(difference))) => {
                if best.as_ref().is_none_or(|(.., least)| difference.at > least.at) {
                    best = Some((guess, run, difference));
                }
            }
            None => break,
        }
    }
    let (mut guess, mut run, mut difference) = best.unwrap_or_else(|| {
        let run = fitter.run(&Guess::new(), &Numbers::new());
        (Guess::new(), run, Difference { at: 0.0, text: "no guess".to_string() })
    });
    // What helped last may help again: a recording that is off in one place is so in others.
    let mut helped = None;
    'search: loop {
        let mut changes = fitter.changes(&run.drawn, difference.at);
        changes.sort_by_key(|change| helped.is_some() && kind(change) != helped);
        for change in changes {
            let kind = kind(&change);
            let mut changed = guess.clone();
            changed.extend(change);
            let Some((other, differs)) = attempt(&changed, &run.numbers) else { break 'search };
            match differs {
                None => return (other, None),
                // What is later by more than the clock's grain is progress.
                Some(later) if later.at > difference.at + 0.02 => {
                    (guess, run, difference) = (changed, other, later);
                    helped = kind;
                    continue 'search;
                }
                Some(_) => {}
            }
        }
        break;
    }
    (run, Some(difference))
}

struct Fitter<'a> {
    recording: &'a Recording<'a>,
    zero: f64,
    ticks: Ticks,
    durations: bool,
}

impl<'a> Fitter<'a> {
    fn new(recording: &'a Recording<'a>, durations: bool) -> Self {
        let zero = recording.zero.as_secs_f64();
        Fitter { recording, zero, ticks: Ticks::read(recording.timeline, zero), durations }
    }

    /// The phases to begin with: those that were seen, or all.
    fn first_guesses(&self) -> Vec<Guess> {
        let relists: Vec<f64> = match self.ticks.relists.first() {
            Some(seen) => [0.0, 0.02, -0.02, 0.3, 0.6]
                .map(|shift| (seen + shift).rem_euclid(1.0 + self.ticks.listing) / (1.0 + self.ticks.listing))
                .to_vec(),
            None => (0..10).map(|step| (0.45 + f64::from(step) * 0.1).rem_euclid(1.0)).collect(),
        };
        let syncs = match self.ticks.sync {
            Some(seen) => vec![seen],
            None => vec![0.5, 0.0],
        };
        let pairs = syncs.iter().flat_map(|sync| relists.iter().map(move |relist| (*sync, *relist)));
        pairs
            .map(|(sync, relist)| {
                Guess::from([((Draw::SyncTickPhase, 0), sync), ((Draw::RelistPhase, 0), relist)])
            })
            .collect()
    }

    /// Runs the recording's scenario until its last entry, again and again until each draw fits the time at which it is
    /// made. It begins with the numbers of a run that is `near`: most of them fit this one, too.
    fn run(&self, guess: &Guess, near: &Numbers) -> Run {
        let mut known = near.clone();
        for ((what, index), number) in guess {
            if let Some(known) = known.get_mut(what).and_then(|numbers| numbers.get_mut(*index)) {
                *known = *number;
            }
        }
        let mut rounds = 0;
        loop {
            let cluster = self.recording.run(&self.draws(guess, &known));
            let fitted = self.fit(guess, cluster.draws());
            rounds += 1;
            let most = MOST_ROUNDS.max(cluster.draws().len() / DRAWS_A_ROUND);
            if rounds >= most || fits(&fitted, cluster.draws()) {
                return Run {
                    timeline: written::timeline(cluster.trace(), self.recording.zero, self.recording.name),
                    drawn: cluster.draws().to_vec(),
                    numbers: fitted,
                };
            }
            known = fitted;
        }
    }

    fn draws(&self, guess: &Guess, known: &Numbers) -> Draws {
        let mut draws = Draws::new();
        for what in FITTED {
            let fallback = if what == Draw::Requeue || what == Draw::ProbeStart { MIDDLE } else { 0.0 };
            let numbers = known.get(&what).into_iter().flatten().copied();
            draws.insert(what, numbers.chain(std::iter::repeat_n(fallback, BEYOND)).collect());
        }
        draws.insert(Draw::ContainerGcPhase, VecDeque::from([self.container_gc_phase()]));
        for ((what, _), number) in guess.iter().filter(|((what, _), _)| !FITTED.contains(what)) {
            draws.insert(*what, VecDeque::from([*number]));
        }
        draws
    }

    /// The number for each draw that was made, by what it was made for.
    fn fit(&self, guess: &Guess, drawn: &[Drawn]) -> Numbers {
        let mut fitted = Numbers::new();
        for drawn in drawn.iter().filter(|drawn| FITTED.contains(&drawn.what)) {
            let numbers = fitted.entry(drawn.what).or_default();
            let guessed = guess.get(&(drawn.what, numbers.len())).copied();
            let number = guessed.unwrap_or_else(|| self.number(guess, drawn, numbers.len()));
            numbers.push(number);
        }
        fitted
    }

    fn number(&self, guess: &Guess, drawn: &Drawn, count: usize) -> f64 {
        match drawn.what {
            Draw::Duration if self.durations => self.duration(drawn),
            Draw::Requeue => self.requeue(guess, drawn),
            Draw::Relist => self.relist(drawn),
            Draw::PodRelist => self.pod_relist(drawn),
            Draw::ProbeStart => self.probe_start(count, drawn),
            Draw::ProbeTrigger => IN_TIME,
            _ => 0.0,
        }
    }

    /// The number, in the range that real Kubernetes draws from, after which the worker wakes when the recording did.
    fn requeue(&self, guess: &Guess, drawn: &Drawn) -> f64 {
        let (at, base) = (drawn.at.as_secs_f64(), drawn.base.as_secs_f64());
        if base <= 0.0 {
            return 0.0;
        }
        // The tick that picks the work up comes within a second after the drawn time.
        let range = at + base - 0.1..=at + base * 1.5 + 1.1;
        let sync = guess.get(&(Draw::SyncTickPhase, 0)).copied().unwrap_or(MIDDLE);
        let known = self.ticks.sync.is_some() && !self.recording.kubelet_restarts;
        let wake = match known {
            true => self.ticks.wakes_by_sync(sync).find(|t| range.contains(t)),
            false => self.ticks.wakes.iter().copied().find(|t| range.contains(t)),
        };
        // A wake that shows nowhere came so that the next one that does can follow from it, or as late as can be.
        wake.or_else(|| self.hidden_wake(sync, drawn)).map_or(LATEST, |wake| requeued(drawn, wake))
    }

    /// When a pod that nothing happens to was looked at: somewhere between the draw and the next look that shows.
    fn hidden_wake(&self, sync: f64, drawn: &Drawn) -> Option<f64> {
        let (at, base) = (drawn.at.as_secs_f64(), drawn.base.as_secs_f64());
        let after = at + base * 1.5 + 1.1;
        let next = self.ticks.wakes_by_sync(sync).find(|t| *t > after)?;
        let earliest = (at + base).max(next - base * 1.5);
        let latest = (at + base * 1.5).min(next - base - 1.0);
        (earliest <= latest).then(|| sync + ((earliest + latest) / 2.0 - sync).round() + 0.02)
    }

    /// How long the runtime took for a call, from the time at which it was recorded.
    fn duration(&self, drawn: &Drawn) -> f64 {
        let usual = Latency::instant();
        let (at, mean) = (drawn.at.as_secs_f64(), drawn.base.as_secs_f64());
        let call = match drawn.base {
            base if base == usual.run_pod_sandbox => "RunPodSandbox",
            base if base == usual.create_container => "CreateContainer",
            base if base == usual.start_container => "StartContainer",
            _ => return 0.0,
        };
        let calls = self.recording.timeline.iter().filter(|e| e["op"] == call);
        let mut times = calls.filter_map(|e| e["t"].as_f64()).map(|t| self.zero + t);
        let done = times.find(|t| *t > at - ROUNDED && *t < at + 0.2);
        done.map_or(0.0, |done| ((done - at - mean) / mean / SPREAD).clamp(0.0, LATEST))
    }

    /// How long the listing took, for the next relist to come when it did.
    fn relist(&self, drawn: &Drawn) -> f64 {
        let now = drawn.at.as_secs_f64();
        let last = now - drawn.base.as_secs_f64();
        let listing = self.ticks.listing_since(last, now).unwrap_or(self.ticks.listing);
        let mean = RELIST_MEAN.as_secs_f64();
        ((listing.clamp(LISTING.0, LISTING.1) - mean) / mean / SPREAD).clamp(0.0, LATEST)
    }

    /// The look at a pod after a start comes at once, but for a container that ended at once and was never seen alive.
    fn pod_relist(&self, drawn: &Drawn) -> f64 {
        let at = drawn.at.as_secs_f64() - self.zero;
        let time = |e: &Value| e["t"].as_f64().unwrap_or(0.0);
        let entries = || self.recording.timeline.iter();
        let Some(exit) =
            entries().find(|e| e["op"] == "exited" && time(e) > at - 0.03 && time(e) < at + 0.06)
        else {
            return 0.0;
        };
        let name = exit["container"].as_str().unwrap_or("");
        let alive = |e: &&Value| {
            let status = ["containers", "initContainers"].iter().map(|list| &e[*list][name]);
            let mut status = status.filter(|s| s["restartCount"] == exit["attempt"]);
            status.any(|s| s["state"].get("running").is_some())
        };
        let mut soon = entries().filter(|e| e["src"] == "api" && time(e) >= at - 0.03 && time(e) < at + 1.5);
        if soon.any(|e| alive(&e)) { 0.0 } else { AFTER_A_SHORT_RUN }
    }

    /// The share of its period that a probe of a new kubelet waited, from its first recorded run.
    fn probe_start(&self, number: usize, drawn: &Drawn) -> f64 {
        let probes = &self.recording.probes;
        let Some((container, ask)) = probes.get(number % probes.len().max(1)) else { return MIDDLE };
        let at = drawn.at.as_secs_f64();
        let runs = self.recording.timeline.iter().filter(|e| {
            e["container"] == container.as_str() && (e["cmd"] == ask.as_str() || e["path"] == ask.as_str())
        });
        let mut times = runs.filter_map(|e| e["t"].as_f64()).map(|t| self.zero + t);
        let first = times.find(|t| *t >= at - 0.2);
        first.map_or(MIDDLE, |first| ((first - at) / drawn.base.as_secs_f64()).clamp(0.0, LATEST))
    }

    /// From the first collection that the recording shows.
    fn container_gc_phase(&self) -> f64 {
        let removed = first_process(self.recording.timeline).find(|e| e["op"] == "RemovePodSandbox");
        let at = removed.and_then(|e| e["t"].as_f64()).map(|t| self.zero + t);
        at.map_or(MIDDLE, |at| (at - 0.02).rem_euclid(60.0) / 60.0)
    }

    /// What may be changed of the draws made before a run begins to differ, at `differs` after the post; the likeliest
    /// first.
    fn changes(&self, drawn: &[Drawn], differs: f64) -> Vec<Guess> {
        let differs = self.zero + differs;
        let mut changes = Vec::new();
        let mut change = |what: Draw, index: usize, number: f64| {
            changes.push(Guess::from([((what, index), number)]));
        };
        // The last few draws of a kind before the difference, the latest first.
        let last = |what: Draw, within: f64, most: usize| -> Vec<(usize, &Drawn)> {
            let of_kind = drawn.iter().filter(|d| d.what == what).enumerate();
            let near = of_kind.filter(|(_, d)| {
                let at = d.at.as_secs_f64();
                at <= differs + 1.05 && at >= differs - within
            });
            let mut near: Vec<(usize, &Drawn)> = near.collect();
            near.reverse();
            near.truncate(most);
            near
        };
        for (index, _) in last(Draw::ProbeTrigger, 3.0, 3) {
            change(Draw::ProbeTrigger, index, TOO_EARLY);
        }
        for (index, _) in last(Draw::PodRelist, 1.3, 3) {
            change(Draw::PodRelist, index, AFTER_A_SHORT_RUN);
            change(Draw::PodRelist, index, 0.0);
        }
        for (index, _) in last(Draw::ProbeSelect, 2.5, 3) {
            change(Draw::ProbeSelect, index, 0.5);
            change(Draw::ProbeSelect, index, 0.99);
        }
        for (index, _) in last(Draw::StatusWrite, 0.7, 3) {
            for number in [0.1, 0.3, 0.99] {
                change(Draw::StatusWrite, index, number);
            }
        }
        let sync = self.ticks.sync.unwrap_or(MIDDLE);
        for (index, requeue) in last(Draw::Requeue, 95.0, 3) {
            // The tick at the difference, the one after it, and the ends of the range.
            let tick = sync + (differs - sync).round();
            for wake in [tick, tick + 1.0, tick - 1.0] {
                change(Draw::Requeue, index, requeued(requeue, wake + 0.02));
            }
            change(Draw::Requeue, index, 0.0);
            change(Draw::Requeue, index, LATEST);
        }
        for (index, _) in last(Draw::PodSync, 100.0, 8) {
            for number in [0.08, 0.3] {
                change(Draw::PodSync, index, number);
            }
        }
        for (index, relist) in last(Draw::Relist, 2.5, 2) {
            for shift in [-0.03, 0.03, 0.004, 0.008, -0.006, -0.1, 0.1, 0.3] {
                let number = (relist.number + shift / SPREAD / RELIST_MEAN.as_secs_f64()).clamp(0.0, LATEST);
                change(Draw::Relist, index, number);
            }
        }
        for phase in [Draw::RelistPhase, Draw::SyncTickPhase] {
            let now = drawn.iter().find(|d| d.what == phase).map_or(MIDDLE, |d| d.number);
            for shift in [0.05, -0.05, 0.2, -0.2, 0.4] {
                change(phase, 0, (now + shift).rem_euclid(1.0));
            }
        }
        for number in [0.1, 0.35, 0.6, 0.85] {
            change(Draw::HousekeepingPhase, 0, number);
        }
        changes
    }
}

/// The number that makes the worker wake at the tick that led to what was seen at `wake`: the drawn time is aimed at half
/// a second before it, inside the real range.
fn requeued(drawn: &Drawn, wake: f64) -> f64 {
    let (at, base) = (drawn.at.as_secs_f64(), drawn.base.as_secs_f64().max(0.001));
    (((wake - 0.5 - at) / base - 1.0) / 0.5).clamp(0.0, LATEST)
}

/// Whether a run was made with the numbers that fit it.
fn fits(fitted: &Numbers, drawn: &[Drawn]) -> bool {
    FITTED.iter().all(|what| {
        let used = drawn.iter().filter(|d| d.what == *what).map(|d| d.number);
        fitted.get(what).into_iter().flatten().copied().eq(used)
    })
}
