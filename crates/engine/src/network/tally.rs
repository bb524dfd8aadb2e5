//! What becomes of a client's requests, on the trace: counts, and each loss by itself.

use crate::kernel::{Component, Kernel, Wake, next_tick};
use crate::network::NetworkTimer;
use crate::trace::{EntryId, PodRef, RequestEnd, Requests, ServiceRef, What};
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::sync::Arc;
use lifepod_api::SimTime;

/// Requests are counted up to the whole second.
const PERIOD: SimTime = SimTime::from_secs(1);
/// So many losses of a kind in a row are told one by one; those that follow are counted.
const TOLD: u32 = 50;
/// Losses of a kind that are further apart are not in a row.
const ROW: SimTime = SimTime::from_secs(10);

/// The requests of a client that have ended and are not on the trace yet.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    counts: BTreeMap<Kind, Count>,
    rows: BTreeMap<Kind, (u32, SimTime)>,
}

/// Requests that are counted together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Kind {
    pub(crate) backend: Option<PodRef>,
    pub(crate) end: RequestEnd,
    /// What the client was told.
    pub(crate) said: String,
}

#[derive(Clone, Debug)]
struct Count {
    count: u32,
    since: SimTime,
    slowest: SimTime,
    cause: Option<EntryId>,
}

/// Whose requests they are.
#[derive(Clone, Debug)]
pub(crate) struct Whose {
    pub(crate) client: Arc<str>,
    pub(crate) service: Arc<ServiceRef>,
}

impl Tally {
    /// A request ended. Gives back the entry for it when it is told by itself.
    pub(crate) fn add(
        &mut self,
        whose: &Whose,
        kind: Kind,
        sent: SimTime,
        now: SimTime,
        cause: Option<EntryId>,
    ) -> Option<Requests> {
        let took = now.since(sent);
        if kind.end.is_lost() {
            let (row, last) = self.rows.entry(kind.clone()).or_insert((0, now));
            *row = if now.since(*last) > ROW { 1 } else { *row + 1 };
            *last = now;
            if *row <= TOLD {
                return Some(whose.requests(kind, 1, sent, took));
            }
        }
        let fresh = Count { count: 0, since: sent, slowest: SimTime::ZERO, cause };
        let count = self.counts.entry(kind).or_insert(fresh);
        count.count += 1;
        count.since = count.since.min(sent);
        count.slowest = count.slowest.max(took);
        None
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }
}

impl Whose {
    fn requests(&self, kind: Kind, count: u32, since: SimTime, slowest: SimTime) -> Requests {
        Requests {
            client: self.client.clone(),
            service: self.service.clone(),
            backend: kind.backend,
            end: kind.end,
            count,
            since,
            slowest,
            said: kind.said,
        }
    }
}

impl Kernel {
    /// Sees to it that what was counted is told.
    pub(super) fn tell_counts_soon(&mut self) {
        if !core::mem::replace(&mut self.network.telling, true) {
            let at = next_tick(self.now, PERIOD, SimTime::ZERO, false);
            self.wake_at(at, Component::Network, Wake::Network(NetworkTimer::Tell));
        }
    }

    /// Puts what was counted on the trace.
    pub(super) fn tell_counts(&mut self) {
        self.network.telling = false;
        let mut clients = core::mem::take(&mut self.network.clients);
        for client in &mut clients {
            for (kind, count) in core::mem::take(&mut client.tally.counts) {
                self.cause = count.cause;
                let requests = client.whose.requests(kind, count.count, count.since, count.slowest);
                self.record(What::Requests(requests));
            }
        }
        self.network.clients = clients;
        self.cause = None;
    }
}
