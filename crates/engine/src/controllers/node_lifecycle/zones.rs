//! Zones and how fast their nodes may be emptied: when much of a cluster is silent, the fault is rather with who
//! listens (`pkg/controller/nodelifecycle/node_lifecycle_controller.go handleDisruption`,
//! `pkg/controller/nodelifecycle/scheduler/rate_limited_queue.go`).

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use lifepod_api::{Node, SimTime};

/// Nodes a second that get a `NoExecute` taint (`--node-eviction-rate`, `--secondary-node-eviction-rate`).
const EVICTION_RATE: f64 = 0.1;
const SECONDARY_EVICTION_RATE: f64 = 0.01;
/// A zone of more nodes is large (`--large-cluster-size-threshold`).
const LARGE_CLUSTER_THRESHOLD: usize = 50;
/// The share of nodes that are not ready from which a zone is disrupted (`--unhealthy-zone-threshold`).
const UNHEALTHY_ZONE_THRESHOLD: f64 = 0.55;

/// What is the matter with a zone (`ZoneState`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ZoneState {
    Initial,
    Normal,
    PartialDisruption,
    FullDisruption,
}

impl ZoneState {
    /// The state of a zone with so many nodes that are ready and that are not (`ComputeZoneState`).
    pub(super) fn of(ready: usize, not_ready: usize) -> ZoneState {
        let share = not_ready as f64 / (ready + not_ready).max(1) as f64;
        match not_ready {
            1.. if ready == 0 => ZoneState::FullDisruption,
            3.. if share >= UNHEALTHY_ZONE_THRESHOLD => ZoneState::PartialDisruption,
            _ => ZoneState::Normal,
        }
    }

    /// Nodes a second that may be emptied in a zone of `size` nodes (`setLimiterInZone`). A zone that is all dark is
    /// emptied at the normal rate as long as another one is not.
    pub(super) fn rate(self, size: usize) -> f64 {
        match self {
            ZoneState::PartialDisruption if size > LARGE_CLUSTER_THRESHOLD => SECONDARY_EVICTION_RATE,
            ZoneState::PartialDisruption => 0.0,
            _ => EVICTION_RATE,
        }
    }
}

/// The zone of a node: its region and zone labels (`GetZoneKey`).
pub(super) fn zone_key(node: &Node) -> String {
    let label = |key: &str| node.metadata.labels.get(key).map_or("", String::as_str);
    let (region, zone) = (label("topology.kubernetes.io/region"), label("topology.kubernetes.io/zone"));
    match (region, zone) {
        ("", "") => String::new(),
        _ => format!("{region}:\0:{zone}"),
    }
}

/// One zone: its state, and the nodes that wait for their taint.
#[derive(Clone, Debug)]
pub(super) struct Zone {
    pub(super) state: ZoneState,
    waiting: Vec<String>,
    /// Nodes that had their turn stay known until they are ready again.
    known: BTreeSet<String>,
    rate: f64,
    /// The token bucket: one token at most, full at `full_at`.
    full_at: SimTime,
}

impl Zone {
    pub(super) fn new() -> Self {
        Zone {
            state: ZoneState::Initial,
            waiting: Vec::new(),
            known: BTreeSet::new(),
            rate: EVICTION_RATE,
            full_at: SimTime::ZERO,
        }
    }

    /// Queues a node, unless it is or was.
    pub(super) fn add(&mut self, node: &str) {
        if self.known.insert(node.into()) {
            self.waiting.push(node.into());
        }
    }

    /// Forgets a node.
    pub(super) fn remove(&mut self, node: &str) {
        self.known.remove(node);
        self.waiting.retain(|waiting| waiting != node);
    }

    /// Changes the rate; the bucket keeps what it has (`SwapLimiter`).
    pub(super) fn set_rate(&mut self, rate: f64) {
        self.rate = rate;
    }

    /// When the first node in the queue may have its turn; none when nobody waits or nobody may.
    pub(super) fn due(&self) -> Option<SimTime> {
        (!self.waiting.is_empty() && self.rate > 0.0).then_some(self.full_at)
    }

    /// The node whose turn it is, if there is one.
    pub(super) fn next(&mut self, now: SimTime) -> Option<String> {
        if self.due()? > now {
            return None;
        }
        self.full_at = now + SimTime::from_secs_f64(1.0 / self.rate);
        Some(self.waiting.remove(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_is_judged_by_its_share_of_silent_nodes() {
        assert_eq!(ZoneState::of(1, 2), ZoneState::Normal, "two are too few to tell");
        assert_eq!(ZoneState::of(2, 3), ZoneState::PartialDisruption);
        assert_eq!(ZoneState::of(3, 3), ZoneState::Normal, "50 % is less than 55 %");
        assert_eq!(ZoneState::of(0, 1), ZoneState::FullDisruption);
        assert_eq!(ZoneState::PartialDisruption.rate(50), 0.0);
        assert_eq!(ZoneState::PartialDisruption.rate(51), 0.01);
    }

    #[test]
    fn one_node_in_ten_seconds() {
        let mut zone = Zone::new();
        zone.add("a");
        zone.add("b");
        zone.add("a");
        assert_eq!(zone.next(SimTime::from_secs(1)).as_deref(), Some("a"));
        assert_eq!(zone.next(SimTime::from_secs(5)), None);
        assert_eq!(zone.due(), Some(SimTime::from_secs(11)));
        assert_eq!(zone.next(SimTime::from_secs(11)).as_deref(), Some("b"));
        assert_eq!(zone.due(), None);
    }
}
