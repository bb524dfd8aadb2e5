//! The lane of a disruption budget: how many evictions it allows, and those that asked.

use super::track::Track;
use crate::explain::budgets::counted;
use crate::model::{About, Form, Instant, InstantLook, Lane, SpanLook};
use crate::words::Lang;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use lifepod_api::{PodDisruptionBudget, SimTime};
use lifepod_engine::trace::PodRef;
use lifepod_engine::{Entry, Op};

/// The lane of a disruption budget.
pub(super) struct BudgetTrack {
    namespace: String,
    name: String,
    track: Track,
    asked: Vec<Instant>,
}

impl BudgetTrack {
    pub(super) fn new(namespace: &str, name: &str) -> Self {
        let (namespace, name) = (namespace.into(), name.into());
        Self { namespace, name, track: Track::default(), asked: Vec::new() }
    }

    pub(super) fn is(&self, namespace: &str, name: &str) -> bool {
        self.namespace == namespace && self.name == name
    }

    pub(super) fn revision(&mut self, entry: &Entry, op: Op, budget: &PodDisruptionBudget, lang: Lang) {
        if op == Op::Deleted {
            self.track.close(entry.at);
            return;
        }
        let status = &budget.status;
        let look = match (status.disruptions_allowed, status.expected_pods) {
            (_, 0) => SpanLook::Off,
            (..=0, _) => SpanLook::Waiting,
            _ => SpanLook::Ready,
        };
        let text = counted(lang, status);
        let words = lang.words();
        let hint = format!("{text} {}, {} {}", words.healthy, words.needed, status.desired_healthy);
        self.track.set(entry, look, text, hint);
    }

    /// An eviction asked it.
    pub(super) fn asked(&mut self, entry: &Entry, pod: &PodRef, refused: Option<&str>) {
        let look = if refused.is_some() { InstantLook::Fail } else { InstantLook::Pass };
        let hint = refused.map_or_else(|| pod.name.clone(), |why| format!("{} · {why}", pod.name));
        // A drain asks again and again, and is told the same.
        let quiet = self.asked.iter().any(|known| known.look == look && known.hint == hint);
        let (at, entry, text) = (entry.at, entry.id, String::new());
        self.asked.push(Instant { at, look, text, hint, quiet, entry });
    }

    pub(super) fn finish(self, horizon: SimTime, lang: Lang, lanes: &mut Vec<Lane>) {
        let key = format!("budget/{}/{}", self.namespace, self.name);
        let mut asked = Lane::new(format!("{key}/evictions"), lang.words().evictions, 1, Form::Part);
        asked.instants = self.asked;
        let mut lane = Lane::new(key, format!("PodDisruptionBudget {}", self.name), 0, Form::Part);
        lane.about = About::object("PodDisruptionBudget", &self.namespace, &self.name);
        lane.spans = self.track.finish(horizon);
        asked.about = lane.about.clone();
        lanes.push(lane);
        if !asked.is_empty() {
            lanes.push(asked);
        }
    }
}
