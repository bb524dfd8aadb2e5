//! The heartbeats of nodes: each kubelet renews its Lease every ten seconds
//! (`pkg/kubelet/kubelet.go`, `staging/src/k8s.io/component-helpers/apimachinery/lease/controller.go`).
//!
//! A renewal that comes in time changes nothing that anybody could see, and a day of them would fill a trace. What is
//! kept is from when to when a node's heart beats; when it last did at some instant follows from that.

use crate::jitter::Draw;
use crate::kernel::{Component, Kernel, Wake, last_tick};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::{String, ToString};
use lifepod_api::SimTime;

/// From one renewal to the next: a quarter of `nodeLeaseDurationSeconds`.
const RENEW_INTERVAL: SimTime = SimTime::from_secs(10);

#[derive(Clone, Copy, Debug)]
struct Heart {
    /// Where in its period the node renews.
    phase: SimTime,
    /// The last renewal, when the heart has stopped.
    stopped_after: Option<SimTime>,
}

/// The Leases of all nodes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Heartbeats {
    hearts: BTreeMap<String, Heart>,
    /// Nodes whose machines their cloud does not have any more.
    gone: BTreeSet<String>,
}

impl Heartbeats {
    /// When the node renewed its Lease last; none if it never had one.
    pub(crate) fn last(&self, node: &str, now: SimTime) -> Option<SimTime> {
        let heart = self.hearts.get(node)?;
        Some(heart.stopped_after.unwrap_or_else(|| renewal(heart.phase, now)))
    }

    /// The cloud has no such machine any more.
    pub(crate) fn machine_is_gone(&mut self, node: &str) {
        self.gone.insert(node.to_string());
    }

    /// Whether the cloud still has the node's machine.
    pub(crate) fn has_machine(&self, node: &str) -> bool {
        !self.gone.contains(node)
    }

    /// Whether the node goes on renewing.
    pub(crate) fn is_beating(&self, node: &str) -> bool {
        self.hearts.get(node).is_some_and(|heart| heart.stopped_after.is_none())
    }
}

/// The last renewal at or before `now`; before the first one, the beginning.
fn renewal(phase: SimTime, now: SimTime) -> SimTime {
    last_tick(now, RENEW_INTERVAL, phase).unwrap_or(SimTime::ZERO)
}

impl Kernel {
    /// The node renews its Lease from now on. A kubelet that starts renews at once.
    pub(crate) fn start_heartbeat(&mut self, node: &str) {
        let now = self.now;
        let phase = match now {
            // It has been up since before the scenario began.
            SimTime::ZERO => {
                let number = self.jitter.draw(Draw::HeartbeatPhase, now, RENEW_INTERVAL);
                SimTime((number * RENEW_INTERVAL.0 as f64) as u64)
            }
            _ => SimTime(now.0 % RENEW_INTERVAL.0),
        };
        self.heartbeats.hearts.insert(node.to_string(), Heart { phase, stopped_after: None });
        self.wake_at(now, Component::ControllerManager, Wake::Heartbeat);
    }

    /// The node renews no more: its kubelet is gone, or nobody hears it.
    pub(crate) fn stop_heartbeat(&mut self, node: &str) {
        let now = self.now;
        if let Some(heart) = self.heartbeats.hearts.get_mut(node) {
            heart.stopped_after.get_or_insert(renewal(heart.phase, now));
        }
        self.wake_at(now, Component::ControllerManager, Wake::Heartbeat);
    }
}
