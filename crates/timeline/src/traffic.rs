//! The requests of a scenario's clients, ready to be counted for any piece of the axis.

use crate::model::entry_id;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use core::fmt::Write as _;
use lifepod_api::SimTime;
use lifepod_engine::trace::{RequestEnd, Requests};
use lifepod_engine::{Entry, EntryId, Trace, What};
use serde::{Deserialize, Serialize};

/// The requests of one client. The lane of the same client has the same [`key`](Self::key).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Traffic {
    /// The key of the client's lane.
    pub key: String,
    /// The client's name.
    pub client: String,
    /// The namespace of the Service that it calls.
    pub namespace: String,
    /// The Service that it calls.
    pub service: String,
    /// The pods that its requests went to, in order of the first request.
    pub backends: Vec<String>,
    /// Its requests, in order of their ends.
    pub groups: Vec<Group>,
}

/// Requests that ended alike.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// When the first of them was sent.
    pub from: SimTime,
    /// When the last of them ended.
    pub to: SimTime,
    /// How they ended.
    #[serde(with = "request_end")]
    pub end: RequestEnd,
    /// How many.
    pub count: u32,
    /// How long the slowest took.
    pub slowest: SimTime,
    /// The place in [`Traffic::backends`]; none when they were sent to no pod.
    pub backend: Option<u16>,
    /// The entry that records them.
    #[serde(with = "entry_id")]
    pub entry: EntryId,
}

/// How many requests ended in which way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts([u32; RequestEnd::ALL.len()]);

impl Counts {
    /// How many ended so.
    pub fn of(&self, end: RequestEnd) -> u32 {
        self.0[end as usize]
    }

    /// How many there were.
    pub fn total(&self) -> u32 {
        self.0.iter().sum()
    }

    /// How many the client got no good answer to.
    pub fn lost(&self) -> u32 {
        RequestEnd::ALL.into_iter().filter(|end| end.is_lost()).map(|end| self.of(end)).sum()
    }

    fn add(&mut self, end: RequestEnd, count: u32) {
        self.0[end as usize] += count;
    }
}

/// The requests that ended within a piece of the axis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bucket {
    /// How many ended in which way.
    pub counts: Counts,
    /// How long the slowest took.
    pub slowest: SimTime,
    /// The number of the entry to explain: of the first request that was lost, else of the first one.
    pub entry: Option<u32>,
    /// Is that one lost?
    pub lost: bool,
}

/// The requests of all clients of a run, by client in order of their first request.
pub fn traffic(trace: &Trace, horizon: SimTime) -> Vec<Traffic> {
    let mut all: Vec<Traffic> = Vec::new();
    let mut places: BTreeMap<(usize, &str), u16> = BTreeMap::new();
    for entry in trace.entries().iter().take_while(|e| e.at <= horizon) {
        if let What::Requests(requests) = &entry.what {
            add(&mut all, &mut places, entry, requests);
        }
    }
    all
}

fn add<'t>(
    all: &mut Vec<Traffic>,
    places: &mut BTreeMap<(usize, &'t str), u16>,
    entry: &Entry,
    requests: &'t Requests,
) {
    let known = all.iter().position(|t| *t.client == *requests.client);
    let i = known.unwrap_or_else(|| {
        all.push(Traffic {
            key: key(&requests.client),
            client: requests.client.to_string(),
            namespace: requests.service.namespace.clone(),
            service: requests.service.name.clone(),
            backends: Vec::new(),
            groups: Vec::new(),
        });
        all.len() - 1
    });
    let of = &mut all[i];
    let backend = requests.backend.as_ref().map(|pod| {
        *places.entry((i, &pod.uid)).or_insert_with(|| {
            of.backends.push(pod.name.clone());
            (of.backends.len() - 1) as u16
        })
    });
    of.groups.push(Group {
        from: requests.since,
        to: entry.at,
        end: requests.end,
        count: requests.count,
        slowest: requests.slowest,
        backend,
        entry: entry.id,
    });
}

/// What the keys of clients' lanes begin with.
pub(crate) const CLIENT: &str = "client/";

/// The key of a client's lane.
pub(crate) fn key(client: &str) -> String {
    format!("{CLIENT}{client}")
}

impl Traffic {
    /// What became of all requests.
    pub fn total(&self) -> Counts {
        let mut counts = Counts::default();
        for group in &self.groups {
            counts.add(group.end, group.count);
        }
        counts
    }

    /// The requests between each time and the next of `edges`, which rise: one bucket less than edges. A group that
    /// reaches over several is spread evenly over the time from its first request to its last end; no request is
    /// counted twice, and none that ended within the edges is left out.
    pub fn buckets(&self, edges: &[SimTime]) -> Vec<Bucket> {
        let mut buckets = vec![Bucket::default(); edges.len().saturating_sub(1)];
        for group in &self.groups {
            // The part of the group that has ended by a time; what is lost ends where its entry stands.
            let ended = |at: SimTime| -> u32 {
                if at > group.to {
                    group.count
                } else if at <= group.from || group.count == 1 {
                    0
                } else {
                    let (past, whole) = (at.since(group.from).0, group.to.since(group.from).0);
                    (u128::from(group.count) * u128::from(past) / u128::from(whole.max(1))) as u32
                }
            };
            let first = edges.partition_point(|edge| *edge <= group.from.min(group.to)).saturating_sub(1);
            for (i, bucket) in buckets.iter_mut().enumerate().skip(first) {
                if edges[i] > group.to {
                    break;
                }
                let count = ended(edges[i + 1]) - ended(edges[i]);
                if count > 0 {
                    bucket.take(group, count);
                }
            }
        }
        buckets
    }
}

impl Bucket {
    fn take(&mut self, group: &Group, count: u32) {
        self.counts.add(group.end, count);
        self.slowest = self.slowest.max(group.slowest);
        let lost = group.end.is_lost();
        if self.entry.is_none() || (lost && !self.lost) {
            self.entry = Some(group.entry.0);
            self.lost = lost;
        }
    }
}

/// A table of what became of every client's requests, as text; empty when there were none.
///
/// A line for each client; below them, for each client and pod where some were lost, what the client was told.
pub fn traffic_table(trace: &Trace, horizon: SimTime) -> String {
    let mut out = String::new();
    let all = traffic(trace, horizon);
    if all.is_empty() {
        return out;
    }
    let heads = [
        "CLIENT",
        "SERVICE",
        "SENT",
        "SERVED",
        "SLOW",
        "FAILED",
        "REFUSED",
        "RESET",
        "TIMED-OUT",
        "UNANSWERED",
        "SLOWEST",
    ];
    let mut rows: Vec<[String; 11]> = vec![heads.map(ToString::to_string)];
    for of in &all {
        let counts = of.total();
        let count = |end| counts.of(end).to_string();
        let answered = of.groups.iter().filter(|g| matches!(g.end, RequestEnd::Served | RequestEnd::Slow));
        let slowest = answered.map(|g| g.slowest).max().unwrap_or_default();
        rows.push([
            of.client.clone(),
            format!("{}/{}", of.namespace, of.service),
            counts.total().to_string(),
            count(RequestEnd::Served),
            count(RequestEnd::Slow),
            count(RequestEnd::Failed),
            count(RequestEnd::Refused),
            count(RequestEnd::Reset),
            count(RequestEnd::TimedOut),
            count(RequestEnd::Unanswered),
            crate::Lang::En.length(slowest),
        ]);
    }
    let width = |i: usize| rows.iter().map(|row| row[i].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..heads.len()).map(width).collect();
    for row in &rows {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        let line = cells.collect::<Vec<_>>().join("   ");
        let _ = writeln!(out, "{}", line.trim_end());
    }
    for (times, words) in losses(trace, horizon) {
        let _ = writeln!(out, "{times} × {words}");
    }
    out
}

/// What clients were told of the requests that they lost, and how often, in order of the first of each.
fn losses(trace: &Trace, horizon: SimTime) -> Vec<(u32, String)> {
    let mut told: Vec<(u32, String)> = Vec::new();
    for entry in trace.entries().iter().take_while(|e| e.at <= horizon) {
        let What::Requests(requests) = &entry.what else { continue };
        if !requests.end.is_lost() {
            continue;
        }
        let at = requests.backend.as_ref().map_or_else(String::new, |pod| format!(" at {}", pod.name));
        let words = format!("{}{at}: {}", requests.client, requests.said);
        match told.iter_mut().find(|(_, said)| *said == words) {
            Some((times, _)) => *times += requests.count,
            None => told.push((requests.count, words)),
        }
    }
    told
}

/// An end travels as its place in [`RequestEnd::ALL`].
mod request_end {
    use super::RequestEnd;
    use serde::{Deserialize, Deserializer, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over references")]
    pub(super) fn serialize<S: Serializer>(end: &RequestEnd, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_u8(*end as u8)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<RequestEnd, D::Error> {
        let place = usize::from(u8::deserialize(d)?);
        Ok(RequestEnd::ALL.get(place).copied().unwrap_or(RequestEnd::Unanswered))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::sync::Arc;
    use lifepod_engine::trace::ServiceRef;

    fn run(groups: &[(u64, u64, RequestEnd, u32)]) -> Trace {
        let mut trace = Trace::default();
        for (from, to, end, count) in groups {
            let service = ServiceRef { namespace: "default".into(), name: "web".into() };
            let requests = Requests {
                client: "users".into(),
                service: Arc::new(service),
                backend: None,
                end: *end,
                count: *count,
                since: SimTime::from_millis(*from),
                slowest: SimTime::from_millis(2),
                said: String::new(),
            };
            trace.push(SimTime::from_millis(*to), None, What::Requests(requests));
        }
        trace
    }

    #[test]
    fn every_request_is_in_one_bucket() {
        let trace = run(&[
            (0, 1000, RequestEnd::Served, 20),
            (1200, 1202, RequestEnd::Reset, 1),
            (1000, 2000, RequestEnd::Served, 19),
        ]);
        let all = traffic(&trace, SimTime::from_secs(10));
        for width in [1, 7, 100, 333, 1000, 5000] {
            let edges: Vec<SimTime> =
                (0..=3000 / width + 1).map(|n| SimTime::from_millis(n * width)).collect();
            let buckets = all[0].buckets(&edges);
            let total: u32 = buckets.iter().map(|b| b.counts.total()).sum();
            assert_eq!(total, 40, "pieces of {width} ms");
            let lost: Vec<usize> =
                buckets.iter().enumerate().filter(|(_, b)| b.lost).map(|(i, _)| i).collect();
            assert_eq!(lost, [1202 / width as usize], "pieces of {width} ms");
        }
        assert_eq!(all[0].total().lost(), 1);
    }
}
