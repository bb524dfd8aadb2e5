//! The draws that a recording implies: what can be read off it needs no search.

use super::replay::LEAD;
use lifepod_engine::NodeConfig;
use lifepod_engine::jitter::Draw;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// What a relist led to is told within this many seconds after it.
const TOLD: f64 = 0.08;
/// How long a relist may take on average, in tenths of milliseconds.
const LISTINGS: std::ops::RangeInclusive<u32> = 5..=60;
/// How long one takes of which the recording says nothing, in seconds.
const LISTING: f64 = 0.0015;
/// A container that becomes ready so long after it ran became so by a probe, in seconds.
const PROBED: f64 = 0.5;
/// As many relists take what they take on average; after that it varies.
const EVEN: usize = 300;

/// The rhythm of the kubelets' relists.
pub(super) struct Relists {
    /// How long one takes, in seconds: the next begins a second after its end.
    pub(super) listing: f64,
    /// Where in it each node's kubelet stands when the run begins, as a share; none where the recording does not tell.
    phases: Vec<Option<f64>>,
}

impl Relists {
    /// Reads them off when pods were gone, when their containers had ended, and when they became ready: probes begin
    /// anew when a relist found their container running.
    pub(super) fn read(rows: &[Value], nodes: &[NodeConfig]) -> Relists {
        let seen: Vec<Vec<f64>> = nodes.iter().map(|node| relisted(rows, &node.name)).collect();
        let fits = |listing: f64| -> Vec<(f64, f64)> { seen.iter().map(|at| phase(at, listing)).collect() };
        let total = |fits: &[(f64, f64)]| fits.iter().map(|(_, weight)| weight).sum::<f64>();
        let best = LISTINGS
            .map(|tenths| f64::from(tenths) * 1e-4)
            .map(|listing| (listing, fits(listing)))
            .max_by(|a, b| total(&a.1).total_cmp(&total(&b.1)));
        let (listing, fits) = match best {
            Some((listing, fits)) if total(&fits) > 1.0 => (listing, fits),
            _ => (LISTING, vec![(0.0, 0.0); nodes.len()]),
        };
        let known = |((phase, weight), seen): (&(f64, f64), &Vec<f64>)| {
            (*weight > 0.3 * seen.len() as f64).then_some(*phase)
        };
        Relists { listing, phases: fits.iter().zip(&seen).map(known).collect() }
    }

    /// The draws for the kubelets of all nodes; where nothing is implied, `any` is taken.
    pub(super) fn draws(&self, any: impl Fn(usize) -> f64) -> [(Draw, VecDeque<f64>); 2] {
        let phases = self.phases.iter().enumerate();
        let phases = phases.map(|(index, phase)| phase.unwrap_or_else(|| any(index)));
        [(Draw::RelistPhase, phases.collect()), (Draw::Relist, std::iter::repeat_n(0.5, EVEN).collect())]
    }
}

/// The times at which something was told of a node's pods that a relist leads to.
fn relisted(rows: &[Value], node: &str) -> Vec<f64> {
    let (mut times, mut running) = (Vec::new(), BTreeMap::new());
    let (mut ready, mut ended, mut over) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for row in rows.iter().filter(|row| row["src"] == "pod" && row["kubectl"]["Node"] == node) {
        let (Some(name), Some(at)) = (row["name"].as_str(), row["t"].as_f64()) else { continue };
        let states = row["containers"].to_string();
        if states.contains("running") {
            running.entry(name).or_insert(at);
        }
        let probed = running.get(name).is_some_and(|since| at - since > PROBED);
        let is_ready = row["conditions"]["Ready"] == "True";
        let became_ready = is_ready && ready.insert(name) && probed;
        let has_ended = states.contains("terminated") && row["deleting"] != true;
        let just_ended = has_ended && ended.insert((name, states));
        let is_over = matches!(row["phase"].as_str(), Some("Succeeded" | "Failed"));
        let just_over = is_over && row["deleting"] != true && over.insert(name);
        if row["type"] == "DELETED" || became_ready || just_ended || just_over {
            times.push(at + LEAD.as_secs_f64());
        }
    }
    times
}

/// The phase at which most times come soon after a relist, and how many of them do so.
fn phase(times: &[f64], listing: f64) -> (f64, f64) {
    let period = 1.0 + listing;
    let weight = |phase: f64| {
        let late = times.iter().map(|at| (at - phase).rem_euclid(period));
        // The sooner the likelier.
        late.filter(|late| *late < TOLD).map(|late| 1.0 - 0.5 * late / TOLD).sum::<f64>()
    };
    let phases = (0..100).map(|step| f64::from(step) / 100.0);
    let best = phases.map(|phase| (phase / period, weight(phase))).max_by(|a, b| a.1.total_cmp(&b.1));
    best.unwrap_or((0.0, 0.0))
}

/// The draws about the lives of nodes that the recording implies: when the node controller looked, when the lost nodes
/// had renewed their Leases last, and when kubelets looked at their nodes.
pub(super) fn implied(rows: &[Value], nodes: &[NodeConfig]) -> BTreeMap<Draw, VecDeque<f64>> {
    let at = |row: &Value| row["t"].as_f64().unwrap_or(0.0);
    let lead = LEAD.as_secs_f64();
    let share = |t: f64, period: f64| (t + lead).rem_euclid(period) / period;
    let lost = |name: &str| {
        let unknown = |row: &&Value| {
            row["src"] == "node" && row["name"] == name && row["conditions"]["Ready"]["status"] == "Unknown"
        };
        rows.iter().find(unknown).map(at)
    };
    let stopped = |name: &str| {
        let stop = |row: &&Value| {
            let action = &row["action"];
            (action["do"] == "killnode" && action["node"] == name) || action["do"] == "freeze"
        };
        rows.iter().find(stop).map(at)
    };
    let mut given: BTreeMap<Draw, VecDeque<f64>> = BTreeMap::new();
    let first = nodes.iter().filter_map(|node| lost(&node.name)).fold(f64::INFINITY, f64::min);
    if first.is_finite() {
        // What was seen is what the look led to, a moment later.
        given.insert(Draw::NodeMonitorPhase, VecDeque::from([share(first - 0.02, 5.0)]));
        let renewals = nodes.iter().filter(|node| !node.off).map(|node| {
            let (Some(lost), Some(stopped)) = (lost(&node.name), stopped(&node.name)) else { return 0.5 };
            // The look 50 s before saw a renewal of the 5 s before it, and none came after the stop.
            let seen = lost - 50.02;
            share((seen - 0.5).min(stopped - 0.2), 10.0)
        });
        given.insert(Draw::HeartbeatPhase, renewals.collect());
    }
    if !first.is_finite()
        && let Some(row) = rows.iter().find(|row| row["reason"] == "RegisteredNode" && at(row) > 0.0)
    {
        given.insert(Draw::NodeMonitorPhase, VecDeque::from([share(at(row) - 0.02, 5.0)]));
    }
    // Who else would say of a pod on a lost node that it failed?
    let collected = rows.iter().find(|row| {
        let node = &row["kubectl"]["Node"];
        let mut before = rows.iter().filter(|r| r["src"] == "node" && r["name"] == *node && at(r) <= at(row));
        row["src"] == "pod"
            && row["phase"] == "Failed"
            && before.next_back().is_some_and(|node| node["conditions"]["Ready"]["status"] == "Unknown")
    });
    if let Some(row) = collected {
        given.insert(Draw::PodGcPhase, VecDeque::from([share(at(row) - 0.02, 20.0)]));
    }
    let looked = |name: &str| {
        let told = |row: &&Value| {
            row["src"] == "event"
                && row["name"] == name
                && matches!(row["reason"].as_str(), Some("NodeNotSchedulable" | "NodeSchedulable"))
        };
        rows.iter().find(told).map_or(0.5, |row| share(at(row) - 0.01, 10.0))
    };
    given.insert(Draw::NodeStatusPhase, nodes.iter().map(|node| looked(&node.name)).collect());
    given
}
