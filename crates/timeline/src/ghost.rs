//! What another run was like: where it first differs from this one.

use crate::model::{Instant, Lane, Span, Timeline};
use alloc::collections::BTreeMap;
use alloc::string::String;
use lifepod_api::SimTime;

/// Another run beside this one.
#[derive(Debug, PartialEq)]
pub struct Ghost {
    /// When the two first differ; none when they do not.
    pub since: Option<SimTime>,
    /// For each lane of this run that differs, the other's lane, and since when.
    lanes: BTreeMap<String, (usize, SimTime)>,
}

impl Ghost {
    /// Compares this run with the other, lane by lane.
    pub fn of(this: &Timeline, other: &Timeline) -> Ghost {
        let others: BTreeMap<&str, usize> =
            other.lanes.iter().enumerate().map(|(i, lane)| (lane.key.as_str(), i)).collect();
        let mut lanes = BTreeMap::new();
        let mut since: Option<SimTime> = None;
        let mut known = 0;
        for lane in &this.lanes {
            let begin = match others.get(lane.key.as_str()) {
                Some(&i) => {
                    known += 1;
                    let begin = difference(lane, &other.lanes[i]);
                    lanes.extend(begin.map(|begin| (lane.key.clone(), (i, begin))));
                    begin
                }
                None => first(lane),
            };
            since = earlier(since, begin);
        }
        // Lanes that only the other has.
        if known < other.lanes.len() {
            let ours: BTreeMap<&str, ()> = this.lanes.iter().map(|lane| (lane.key.as_str(), ())).collect();
            for lane in other.lanes.iter().filter(|lane| !ours.contains_key(lane.key.as_str())) {
                since = earlier(since, first(lane));
            }
        }
        Ghost { since, lanes }
    }

    /// The other run's lane of this key, where it differs, and since when.
    pub fn lane<'a>(&self, other: &'a Timeline, key: &str) -> Option<(&'a Lane, SimTime)> {
        let (i, since) = self.lanes.get(key)?;
        Some((other.lanes.get(*i)?, *since))
    }
}

fn earlier(a: Option<SimTime>, b: Option<SimTime>) -> Option<SimTime> {
    a.into_iter().chain(b).min()
}

fn first(lane: &Lane) -> Option<SimTime> {
    earlier(lane.spans.first().map(|span| span.from), lane.instants.first().map(|instant| instant.at))
}

/// When two lanes begin to differ. Entries' numbers mean nothing in another run.
fn difference(a: &Lane, b: &Lane) -> Option<SimTime> {
    let same_span = |a: &Span, b: &Span| a.from == b.from && a.look == b.look && a.text == b.text;
    let mut begin = None;
    for i in 0..a.spans.len().max(b.spans.len()) {
        begin = match (a.spans.get(i), b.spans.get(i)) {
            (Some(a), Some(b)) if same_span(a, b) && a.to == b.to => continue,
            (Some(a), Some(b)) if same_span(a, b) => Some(a.to.min(b.to)),
            (Some(a), Some(b)) => Some(a.from.min(b.from)),
            (a, b) => a.or(b).map(|span| span.from),
        };
        break;
    }
    let same = |a: &Instant, b: &Instant| a.at == b.at && a.look == b.look;
    for i in 0..a.instants.len().max(b.instants.len()) {
        let at = match (a.instants.get(i), b.instants.get(i)) {
            (Some(a), Some(b)) if same(a, b) => continue,
            (Some(a), Some(b)) => Some(a.at.min(b.at)),
            (a, b) => a.or(b).map(|instant| instant.at),
        };
        begin = earlier(begin, at);
        break;
    }
    begin
}
