//! A run in few numbers: what runs with other seeds, or of other manifests, are compared by.

use alloc::collections::BTreeMap;
use lifepod_api::{Object, SimTime};
use lifepod_engine::trace::Call;
use lifepod_engine::{Op, Trace, What};
use serde::{Deserialize, Serialize};

/// A run in few numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// When all pods there were at that moment were ready for the first time; none when they never were.
    pub ready_after: Option<SimTime>,
    /// For how long, after that, at least one pod that should run was not ready.
    pub unready: SimTime,
    /// How often containers were started again.
    pub restarts: u32,
    /// How many pods there were, counting those that came after others of their name.
    pub pods: u32,
    /// How many pods have failed.
    pub failed: u32,
    /// How many of the clients' requests were lost; none where no client sends any.
    pub lost: Option<u32>,
}

/// The numbers of a run that ended at `end`.
pub fn facts(trace: &Trace, end: SimTime) -> Facts {
    let mut facts = Facts::default();
    // Of each pod that should run: is it ready?
    let mut pods: BTreeMap<&str, bool> = BTreeMap::new();
    let mut failed: BTreeMap<&str, ()> = BTreeMap::new();
    let mut unready_since: Option<SimTime> = None;
    for entry in trace.entries().iter().take_while(|e| e.at <= end) {
        match &entry.what {
            What::Call(call) => {
                let again = matches!(call.call, Call::StartContainer { attempt: 1.., error: None });
                facts.restarts += u32::from(again);
            }
            What::Object(revision) => {
                let Object::Pod(pod) = &*revision.object else { continue };
                let uid = pod.metadata.uid.as_str();
                facts.pods += u32::from(revision.op == Op::Added);
                let phase = pod.status.phase.as_str();
                if phase == "Failed" {
                    failed.insert(uid, ());
                }
                let done = revision.op == Op::Deleted || matches!(phase, "Succeeded" | "Failed");
                if done {
                    pods.remove(uid);
                } else {
                    let ready = |c: &lifepod_api::PodCondition| c.type_ == "Ready" && c.status == "True";
                    pods.insert(uid, pod.status.conditions.iter().any(ready));
                }
                let all = pods.values().all(|ready| *ready);
                if facts.ready_after.is_none() {
                    facts.ready_after = (all && !pods.is_empty()).then_some(entry.at);
                } else if all {
                    let since = unready_since.take();
                    facts.unready += since.map_or(SimTime::ZERO, |since| entry.at.since(since));
                } else {
                    unready_since.get_or_insert(entry.at);
                }
            }
            What::Requests(requests) => {
                let lost = if requests.end.is_lost() { requests.count } else { 0 };
                facts.lost = Some(facts.lost.unwrap_or(0) + lost);
            }
            _ => {}
        }
    }
    facts.unready += unready_since.map_or(SimTime::ZERO, |since| end.since(since));
    facts.failed = failed.len() as u32;
    facts
}
