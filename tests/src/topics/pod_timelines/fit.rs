//! The draws that a recording implies: where the tickers of its kubelet stood, how far each requeue was stretched, when
//! a restarted kubelet began to probe, and which readiness probes came too early.

use super::replay::{Draws, Recording};
use super::written;
use lifepod_api::SimTime;
use lifepod_engine::jitter::{Draw, Drawn};
use serde_json::Value;
use std::collections::VecDeque;

/// Draws of one kind up to here are fitted to the recording; what comes later is left to chance.
const MAX_FITTED: usize = 200;
/// A draw about which the recording says nothing.
const MIDDLE: f64 = 0.5;
/// The most that a requeue is stretched.
const LATEST: f64 = 0.999;
/// Draws of [`Draw::ProbeTrigger`].
const IN_TIME: f64 = 0.0;
const TOO_EARLY: f64 = 0.95;

/// How long the recorded PLEGs took to list all containers, in milliseconds: the more pods on the node, the longer. The
/// next listing begins a second after the end of one.
const LISTINGS: [u64; 4] = [4, 15, 40, 80];

/// What of chance, and of the recorded machine, is tried out rather than read off the recording.
#[derive(Clone, Copy, Debug)]
pub(super) struct Guess {
    /// How long a relist takes, in milliseconds.
    listing: u64,
    /// Where the relist stands in its period.
    relist: f64,
    /// Where the tick of the main loop stands in its second.
    sync: f64,
    /// Which of the triggered readiness probes, by number, come too early.
    too_early: &'static [usize],
}

/// The guesses to try, the likeliest first. A recording seldom tells a phase to the hundredth, and a hundredth decides
/// which of two things happens first.
pub(super) fn guesses(recording: &Recording) -> Vec<Guess> {
    let mut likeliest: Vec<(usize, Guess)> =
        LISTINGS.iter().map(|listing| likeliest_phases(recording, *listing)).collect();
    likeliest.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    let mut all: Vec<Guess> = likeliest.iter().map(|(_, guess)| *guess).collect();
    let around = |phase: f64, step: i32| (phase + f64::from(step) * 0.1).rem_euclid(1.0);
    let best = all[0];
    for relist in 0..10 {
        for sync in [0, 5] {
            let (relist, sync) = (around(best.relist, relist), around(best.sync, sync));
            all.push(Guess { relist, sync, ..best });
        }
    }
    for (_, guess) in &likeliest[1..] {
        all.extend([2, 4, 6, 8].map(|step| Guess { relist: around(guess.relist, step), ..*guess }));
    }
    if recording.has_readiness_probe {
        for too_early in [&[0][..], &[1], &[0, 1], &[2]] {
            let shifted = [0, 2, 4, 6, 8].map(|step| around(best.relist, step));
            all.extend(shifted.map(|relist| Guess { relist, too_early, ..best }));
        }
    }
    all
}

/// Runs the recording's scenario until its last entry, and writes the result in the recording's form.
pub(super) fn replay(recording: &Recording, guess: Guess) -> Vec<Value> {
    let fitter = Fitter::new(recording, guess);
    let mut fitted = Fitted::default();
    loop {
        let cluster = recording.run(&fitter.draws(&fitted), SimTime::from_millis(guess.listing));
        if !fitter.improve(&mut fitted, cluster.draws()) {
            return written::timeline(cluster.trace(), recording.zero, recording.name);
        }
    }
}

/// The numbers found so far, in the order in which they are drawn.
#[derive(Default)]
struct Fitted {
    requeues: Vec<f64>,
    probe_starts: Vec<f64>,
}

struct Fitter<'a> {
    recording: &'a Recording<'a>,
    guess: Guess,
    /// When pod workers began something after a wait.
    wakes: Vec<f64>,
}

impl<'a> Fitter<'a> {
    fn new(recording: &'a Recording<'a>, guess: Guess) -> Self {
        let zero = recording.zero.as_secs_f64();
        let wakes = recording.timeline.iter().filter(|e| is_wake(e)).filter_map(|e| e["t"].as_f64());
        Fitter { recording, guess, wakes: wakes.map(|t| zero + t).collect() }
    }

    fn draws(&self, fitted: &Fitted) -> Draws {
        // What was not fitted yet lies in the middle of its range.
        let padded = |numbers: &[f64]| -> VecDeque<f64> {
            numbers.iter().copied().chain(std::iter::repeat_n(MIDDLE, 2 * MAX_FITTED)).collect()
        };
        let triggers = (0..MAX_FITTED).map(|n| match self.guess.too_early.contains(&n) {
            true => TOO_EARLY,
            false => IN_TIME,
        });
        Draws::from([
            (Draw::Requeue, padded(&fitted.requeues)),
            (Draw::ProbeStart, padded(&fitted.probe_starts)),
            (Draw::ProbeTrigger, triggers.collect()),
            (Draw::RelistPhase, VecDeque::from([self.guess.relist])),
            (Draw::SyncTickPhase, VecDeque::from([self.guess.sync])),
            (Draw::ContainerGcPhase, VecDeque::from([self.container_gc_phase()])),
        ])
    }

    /// Fits the first draw of each kind that the recording puts elsewhere than the run did. Says whether there was one.
    fn improve(&self, fitted: &mut Fitted, drawn: &[Drawn]) -> bool {
        let requeue = |_: usize, drawn: &Drawn| self.requeue(drawn);
        let start = |number: usize, drawn: &Drawn| self.probe_start(number, drawn);
        fit_next(&mut fitted.requeues, drawn, Draw::Requeue, requeue)
            || fit_next(&mut fitted.probe_starts, drawn, Draw::ProbeStart, start)
    }

    /// The number, in the range that real Kubernetes draws from, after which the worker wakes when the recording did.
    fn requeue(&self, drawn: &Drawn) -> f64 {
        let (at, base) = (drawn.at.as_secs_f64(), drawn.base.as_secs_f64());
        if base <= 0.0 {
            return 0.0;
        }
        // The tick that picks the work up comes within a second after the drawn time.
        let (earliest, latest) = (at + base - 0.1, at + base * 1.5 + 1.1);
        // A wake that shows nowhere came after whatever the recording shows next.
        let Some(wake) = self.wakes.iter().find(|t| **t >= earliest && **t <= latest) else { return LATEST };
        // Aim at half a second before the tick, and stay inside the real range.
        ((wake - 0.5 - at) / base - 1.0).clamp(0.0, 0.4999) / 0.5
    }

    /// The share of its period that a probe of a new kubelet waited, from its first recorded run.
    fn probe_start(&self, number: usize, drawn: &Drawn) -> f64 {
        let probes = &self.recording.probes;
        let Some((container, ask)) = probes.get(number % probes.len().max(1)) else { return MIDDLE };
        let zero = self.recording.zero.as_secs_f64();
        let at = drawn.at.as_secs_f64();
        let runs = self.recording.timeline.iter().filter(|e| {
            e["container"] == container.as_str() && (e["cmd"] == ask.as_str() || e["path"] == ask.as_str())
        });
        let mut times = runs.filter_map(|e| e["t"].as_f64()).map(|t| zero + t);
        let first = times.find(|t| *t >= at - 0.2);
        first.map_or(MIDDLE, |first| ((first - at) / drawn.base.as_secs_f64()).clamp(0.0, 0.999))
    }

    /// From the first collection that the recording shows.
    fn container_gc_phase(&self) -> f64 {
        let removed = first_process(self.recording.timeline).find(|e| e["op"] == "RemovePodSandbox");
        let at = removed.and_then(|e| e["t"].as_f64()).map(|t| self.recording.zero.as_secs_f64() + t);
        at.map_or(MIDDLE, |at| (at - 0.02).rem_euclid(60.0) / 60.0)
    }
}

fn fit_next(known: &mut Vec<f64>, drawn: &[Drawn], what: Draw, fit: impl Fn(usize, &Drawn) -> f64) -> bool {
    let drawn: Vec<&Drawn> = drawn.iter().filter(|d| d.what == what).take(MAX_FITTED).collect();
    let fitted: Vec<f64> = drawn.iter().enumerate().map(|(number, drawn)| fit(number, drawn)).collect();
    let same = fitted.iter().zip(&drawn).take_while(|(number, drawn)| **number == drawn.number).count();
    if same == drawn.len() {
        return false;
    }
    *known = fitted.into_iter().take(same + 1).collect();
    true
}

/// The entries of the recording up to the first restart of its kubelet: a new process begins with new phases.
fn first_process(timeline: &[Value]) -> impl Iterator<Item = &Value> + Clone {
    timeline.iter().take_while(|e| e["action"]["what"] != "kubelet killed")
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

/// The phases that explain most of what was seen, if a relist takes so long; and how much they explain.
fn likeliest_phases(recording: &Recording, listing: u64) -> (usize, Guess) {
    let zero = recording.zero.as_secs_f64();
    let times = |wanted: &dyn Fn(&Value) -> bool| -> Vec<f64> {
        let entries = first_process(recording.timeline).filter(|e| wanted(e));
        entries.filter_map(|e| e["t"].as_f64()).map(|t| zero + t).collect()
    };
    let exits = times(&|e| e["op"] == "exited");
    let acts = times(&|e| is_wake(e) || e["op"] == "RemoveContainer");
    // An exit is noticed by the first relist after it, and something is done about it at once.
    let noticed: Vec<(f64, f64)> = exits
        .iter()
        .filter_map(|exit| {
            let act = acts.iter().copied().find(|at| *at > exit + 0.02 && *at < exit + 1.15)?;
            Some((*exit, act))
        })
        .collect();
    let period = 1.0 + listing as f64 / 1000.0;
    let (score, relist) = best(|share| {
        let phase = share * period;
        let explains = |(exit, act): &&(f64, f64)| {
            // The first relist after the exit.
            let tick = phase + ((exit - phase) / period).floor() * period + period;
            tick <= act + 0.005 && tick > act - 0.12 && (exit - tick).rem_euclid(period) > 0.06
        };
        noticed.iter().filter(explains).count()
    });
    let others = acts
        .iter()
        .copied()
        .filter(|at| *at > zero + 2.0 && !exits.iter().any(|exit| *at > *exit && *at < exit + 1.15));
    let (_, sync) =
        best(|phase| others.clone().filter(|at| (at - 0.01 - phase).rem_euclid(1.0) < 0.08).count());
    (score, Guess { listing, relist, sync, too_early: &[] })
}

/// The phase in `[0, 1)` that scores highest, with its score.
fn best(score: impl Fn(f64) -> usize) -> (usize, f64) {
    let phases = (0..200).map(|step| f64::from(step) / 200.0);
    phases.map(|phase| (score(phase), phase)).fold((0, 0.5), |a, b| if b.0 > a.0 { b } else { a })
}
