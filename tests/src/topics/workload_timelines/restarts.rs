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
    name: String,
    /// A back-off began, or went on.
    waits: Vec<f64>,
    /// A container was made, or its back-off was found to last.
    wakes: Vec<f64>,
}

/// By a simulated pod's name, the place of the recorded pod among those whose containers were restarted.
pub(super) type Roles = BTreeMap<String, usize>;

/// How long a pod waits.
pub(super) struct Wait {
    /// The draw that makes it so.
    pub(super) number: f64,
    /// When it is looked at although the recording does not show it: what is drawn then is implied, too.
    pub(super) hidden: Option<(f64, f64)>,
}

/// The recorded pods whose containers ended, or whose images could not be pulled.
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
                let waits = ["terminated", "ErrImagePull", "BackOff"];
                if new && waits.iter().any(|state| states.contains(state)) {
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
                    Some("Created" | "Pulling") => pods.entry(name).or_default().wakes.push(at),
                    _ => {}
                }
            }
        }
        let pods: Vec<Looks> = pods
            .into_iter()
            .map(|(name, looks)| Looks { name: name.to_string(), ..looks })
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

    /// The number, in the range that real Kubernetes draws from, after which the simulated pod `name` wakes when the
    /// recorded one did that it plays: that of its name, or the one left over that waited at about the same time.
    pub(super) fn requeue(&self, drawn: &Drawn, name: &str, roles: &mut Roles) -> Option<Wait> {
        let at = drawn.at.as_secs_f64() - LEAD.as_secs_f64();
        let base = drawn.base.as_secs_f64();
        if base < SHORTEST {
            return None;
        }
        let waited = |pod: &Looks| {
            let apart = pod.waits.iter().map(|wait| (wait - at).abs());
            apart.min_by(f64::total_cmp).filter(|apart| *apart <= NEAR)
        };
        let named = self.pods.iter().position(|pod| pod.name == name);
        let role = named.or_else(|| roles.get(name).copied()).or_else(|| {
            let free = (0..self.pods.len()).filter(|index| !roles.values().any(|taken| taken == index));
            let near = free.filter_map(|index| Some((index, waited(&self.pods[index])?)));
            Some(near.min_by(|a, b| a.1.total_cmp(&b.1))?.0)
        })?;
        roles.insert(name.to_string(), role);
        // The tick that picks the work up comes within a second after the drawn time.
        let range = at + base - 0.1..=at + base * (1.0 + STRETCH) + NEAR;
        let wakes = &self.pods[role].wakes;
        let number = |due: f64| (((due - at) / base - 1.0) / STRETCH).clamp(0.0, LATEST);
        if let Some(wake) = wakes.iter().find(|wake| range.contains(wake)) {
            return Some(Wait { number: number(wake - 0.5), hidden: None });
        }
        // A look that shows nowhere came so that the next one that does can follow from it.
        let next = wakes.iter().find(|wake| **wake > *range.end())?;
        let earliest = (at + base).max(next - base * (1.0 + STRETCH));
        let latest = (at + base * (1.0 + STRETCH)).min(next - base - 1.0);
        let due = (earliest + latest) / 2.0;
        (earliest <= latest).then(|| Wait { number: number(due), hidden: Some((due - 0.2, due + 1.3)) })
    }

    /// Where in its second the kubelet of a node looks for pods to sync, as a share, from the first pod that it looked at
    /// after a back-off.
    pub(super) fn sync_tick(&self, rows: &[Value], node: &str) -> Option<f64> {
        let on_it = |pod: &&Looks| {
            let mut places =
                rows.iter().filter(|row| row["src"] == "pod" && row["name"] == pod.name.as_str());
            places.any(|row| row["kubectl"]["Node"] == node)
        };
        let after_a_wait = |pod: &Looks, wake: f64| {
            let last = pod.waits.iter().rev().find(|wait| **wait < wake - 0.005);
            last.is_some_and(|wait| wake - wait > SHORTEST)
        };
        let wakes = self
            .pods
            .iter()
            .filter(on_it)
            .flat_map(|pod| pod.wakes.iter().copied().filter(move |wake| after_a_wait(pod, *wake)));
        wakes.min_by(f64::total_cmp).map(|wake| (wake - 0.01).rem_euclid(1.0))
    }
}
