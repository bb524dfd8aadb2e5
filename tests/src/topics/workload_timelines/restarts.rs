//! How far back-offs were stretched, read off when the recorded pods were looked at again.
//!
//! A restart may come anywhere in half as much again as its back-off: no search would hit upon it by chance.

use super::replay::LEAD;
use lifepod_engine::jitter::Drawn;
use serde_json::Value;
use std::collections::BTreeMap;

/// How far from its recorded time something may happen, and a little more, in seconds.
const NEAR: f64 = 1.05;
/// What is worked on again sooner than this has no back-off, in seconds.
const SHORTEST: f64 = 3.0;
/// The most that a wait is stretched (`pod_workers.go workerResyncIntervalJitterFactor`,
/// `workerBackOffPeriodJitterFactor`).
const STRETCH: f64 = 0.5;
/// The most of a draw.
const LATEST: f64 = 0.999;

/// When one pod was looked at, as far as it shows.
#[derive(Clone, Debug, Default)]
struct Looks {
    /// A back-off began, or went on.
    waits: Vec<f64>,
    /// A container was made, or its back-off was found to last.
    wakes: Vec<f64>,
}

/// The recorded pods whose containers ended.
#[derive(Clone, Debug, Default)]
pub(super) struct Restarts {
    pods: Vec<Looks>,
    /// The parts of the recording in which a wait may begin: when each begins and ends.
    pub(super) windows: Vec<(f64, f64)>,
}

impl Restarts {
    pub(super) fn read(rows: &[Value]) -> Restarts {
        let mut pods: BTreeMap<&str, Looks> = BTreeMap::new();
        let mut shown: BTreeMap<&str, String> = BTreeMap::new();
        for row in rows {
            let (Some(name), Some(at)) = (row["name"].as_str(), row["t"].as_f64()) else { continue };
            if row["src"] == "pod" {
                let states = row["containers"].to_string() + &row["initContainers"].to_string();
                let new = shown.get(name).is_none_or(|before| *before != states);
                if new && states.contains("terminated") {
                    pods.entry(name).or_default().waits.push(at);
                }
                shown.insert(name, states);
            } else if row["kind"] == "Pod" && row["source"] == "kubelet" {
                match row["reason"].as_str() {
                    Some("BackOff") => {
                        let pod = pods.entry(name).or_default();
                        pod.wakes.push(at);
                        pod.waits.push(at);
                    }
                    Some("Created") => pods.entry(name).or_default().wakes.push(at),
                    _ => {}
                }
            }
        }
        let pods: Vec<Looks> = pods
            .into_values()
            .filter(|pod| {
                let again = |wait: &f64| pod.wakes.iter().any(|wake| *wake > wait + SHORTEST);
                pod.waits.iter().any(again)
            })
            .collect();
        let mut waits: Vec<f64> = pods.iter().flat_map(|pod| pod.waits.iter().copied()).collect();
        waits.sort_by(f64::total_cmp);
        let mut windows: Vec<(f64, f64)> = Vec::new();
        for wait in waits {
            match windows.last_mut() {
                Some((_, end)) if wait - NEAR <= *end => *end = wait + NEAR,
                _ => windows.push((wait - NEAR, wait + NEAR)),
            }
        }
        Restarts { pods, windows }
    }

    /// The number, in the range that real Kubernetes draws from, after which a pod wakes when the recorded one did.
    pub(super) fn requeue(&self, drawn: &Drawn) -> Option<f64> {
        let at = drawn.at.as_secs_f64() - LEAD.as_secs_f64();
        let base = drawn.base.as_secs_f64();
        if base < SHORTEST {
            return None;
        }
        // The tick that picks the work up comes within a second after the drawn time.
        let range = at + base - 0.1..=at + base * (1.0 + STRETCH) + NEAR;
        let wake = |pod: &Looks| {
            let began = pod.waits.iter().map(|wait| (wait - at).abs()).min_by(f64::total_cmp)?;
            let wake = pod.wakes.iter().copied().find(|wake| range.contains(wake))?;
            (began <= NEAR).then_some((began, wake))
        };
        let (_, wake) = self.pods.iter().filter_map(wake).min_by(|a, b| a.0.total_cmp(&b.0))?;
        Some((((wake - 0.5 - at) / base - 1.0) / STRETCH).clamp(0.0, LATEST))
    }
}
