//! How fast a client of the API server may speak: its token bucket, and the line of those who wait for a token
//! (`staging/src/k8s.io/client-go/util/flowcontrol/throttle.go`, `golang.org/x/time/rate`).
//!
//! Every request takes a token of its client, whatever its verb and whatever comes of it
//! (`client-go/rest/request.go tryThrottle`). A caller that finds none waits, and the tokens go to those who wait in the
//! order in which they came. All goroutines of a component that share a client wait in one line: the calls of a batch
//! that are made at once, the syncs of other keys, and the goroutine that writes Events, one after the other.
//!
//! Here a caller that is to wait is a value in the line ([`Turn`]). The verbs take their token themselves, by the name of
//! who writes. They never wait: a sync that may make several calls asks before each ([`FlowControl::is_free`]) and gets
//! in line when it must; one that makes a few calls and did not ask owes the tokens, and who comes next waits longer. So
//! the pace over a time is the real one everywhere, and the order is where controllers make many calls.

use crate::controllers::Due;
use crate::events::EventWrite;
use crate::kernel::{Component, Kernel, Wake};
use crate::trace::{Decision, EntryId, What};
use alloc::boxed::Box;
use alloc::collections::{BTreeMap, VecDeque};
use lifepod_api::SimTime;

/// A client's limits, as a component's configuration has them
/// (`component-base/config/types.go ClientConnectionConfiguration`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientConnection {
    /// `qps`: calls a second. Negative: as many as it likes. 0: what the library has, 5 with a burst of 10
    /// (`client-go/rest/config.go DefaultQPS`).
    pub qps: i32,
    /// `burst`: how many calls it may make at once after a pause.
    pub burst: u32,
}

impl ClientConnection {
    /// No limit.
    pub const UNLIMITED: Self = ClientConnection { qps: -1, burst: 0 };
}

/// A token bucket, told by the instant at which it is full again: a token is added every `interval`, and what was taken
/// before it was there is owed.
#[derive(Clone, Debug, Default)]
pub(crate) struct TokenBucket {
    /// Zero when there is no limit.
    interval: SimTime,
    burst: u64,
    full_at: SimTime,
}

impl TokenBucket {
    /// A full bucket.
    pub(crate) fn new(limits: ClientConnection) -> Self {
        let (qps, burst) = match limits {
            ClientConnection { qps, .. } if qps < 0 => return TokenBucket::default(),
            ClientConnection { qps: 0, .. } => (5, 10),
            ClientConnection { qps, burst } => (qps, burst.max(1)),
        };
        let interval = SimTime::from_secs_f64(1.0 / f64::from(qps));
        TokenBucket { interval, burst: u64::from(burst), full_at: SimTime::ZERO }
    }

    /// Takes a token, or owes it (`rate.go reserveN`).
    pub(crate) fn take(&mut self, now: SimTime) {
        self.full_at = SimTime(self.full_at.max(now).0.saturating_add(self.interval.0));
    }

    /// When there is a token, if nobody takes one before.
    pub(crate) fn next_token(&self, now: SimTime) -> SimTime {
        let all_but_one = self.interval.0.saturating_mul(self.burst.saturating_sub(1));
        SimTime(self.full_at.0.saturating_sub(all_but_one)).max(now)
    }
}

/// Whose turn it is when there is a token.
#[derive(Clone, Debug)]
pub(crate) enum Turn {
    /// A controller begins to work on a key.
    Sync(Due),
    /// A controller goes on with a key: with one call, or with the rest of its sync.
    GoOn(Due),
    /// The goroutine that writes Events writes the next one (`client-go/tools/record/event.go StartEventWatcher`).
    Event(Box<EventWrite>),
}

/// A client with a limit.
#[derive(Clone, Debug)]
struct Client {
    limits: ClientConnection,
    bucket: TokenBucket,
    /// Who waits, and because of what.
    line: VecDeque<(Option<EntryId>, Turn)>,
    /// An Event is in the line, or being written.
    writes_event: bool,
    /// The Events behind that one.
    events: VecDeque<(Option<EntryId>, Box<EventWrite>)>,
    /// Somebody is called when the next token is there, or is being served.
    is_called: bool,
}

/// The clients that have limits, by the name under which they write. All others write when they like.
#[derive(Clone, Debug, Default)]
pub(crate) struct FlowControl {
    clients: BTreeMap<&'static str, Client>,
}

impl FlowControl {
    /// From now on the client that writes under that name has these limits.
    pub(crate) fn limit(&mut self, by: &'static str, limits: ClientConnection) {
        if limits.qps >= 0 {
            let client = Client {
                limits,
                bucket: TokenBucket::new(limits),
                line: VecDeque::new(),
                writes_event: false,
                events: VecDeque::new(),
                is_called: false,
            };
            self.clients.insert(by, client);
        }
    }

    /// A request was sent.
    pub(crate) fn take(&mut self, by: &'static str, now: SimTime) {
        if let Some(client) = self.clients.get_mut(by) {
            client.bucket.take(now);
        }
    }

    /// When a call that is made now is sent, if nobody waits in line.
    pub(crate) fn next_token(&self, by: &'static str, now: SimTime) -> SimTime {
        self.clients.get(by).map_or(now, |client| client.bucket.next_token(now))
    }

    /// Whether a call made now would be sent at once.
    pub(crate) fn is_free(&self, by: &'static str, now: SimTime) -> bool {
        self.clients
            .get(by)
            .is_none_or(|client| client.line.is_empty() && client.bucket.next_token(now) <= now)
    }

    /// Who is to be served now; none when there is no token or nobody waits.
    pub(crate) fn next_turn(&mut self, by: &'static str, now: SimTime) -> Option<(Option<EntryId>, Turn)> {
        let client = self.clients.get_mut(by)?;
        if client.bucket.next_token(now) > now {
            return None;
        }
        client.line.pop_front()
    }
}

impl Kernel {
    /// Records that `by` has no token: the entry is the cause of what it does later. None when the client has no limits, so
    /// that nothing waits.
    pub(crate) fn throttled(&mut self, by: &'static str) -> Option<EntryId> {
        let ClientConnection { qps, burst } = self.flow_control.clients.get(by)?.limits;
        Some(self.record(What::Decision(Decision::Throttled { client: by, qps, burst })))
    }

    /// Gets in line for the client `by`, with the current cause.
    pub(crate) fn get_in_line(&mut self, by: &'static str, turn: Turn) {
        let cause = self.cause;
        if let Some(client) = self.flow_control.clients.get_mut(by) {
            match turn {
                Turn::Event(event) if client.writes_event => client.events.push_back((cause, event)),
                turn => {
                    client.writes_event |= matches!(turn, Turn::Event(_));
                    client.line.push_back((cause, turn));
                }
            }
            if !client.is_called {
                self.call_next(by);
            }
        }
    }

    /// An Event was written: the next one gets in line.
    pub(crate) fn next_event(&mut self, by: &'static str) {
        let Some(client) = self.flow_control.clients.get_mut(by) else { return };
        match client.events.pop_front() {
            Some((cause, event)) => client.line.push_back((cause, Turn::Event(event))),
            None => client.writes_event = false,
        }
    }

    /// Whoever is first in the line is called when there is a token.
    pub(crate) fn call_next(&mut self, by: &'static str) {
        let now = self.now;
        let Some(client) = self.flow_control.clients.get_mut(by) else { return };
        client.is_called = !client.line.is_empty();
        if client.is_called {
            let at = client.bucket.next_token(now);
            self.wake_at(at, Component::ControllerManager, Wake::Token(by));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ClientConnection, TokenBucket};
    use lifepod_api::SimTime;

    /// `golang.org/x/time/rate`: tokens as a number that grows with time up to the burst, and may be below zero.
    struct Limiter {
        qps: f64,
        burst: f64,
        tokens: f64,
        last: f64,
    }

    impl Limiter {
        /// When a request that comes at `now` is sent, in seconds.
        fn wait(&mut self, now: f64) -> f64 {
            self.tokens = (self.tokens + (now - self.last) * self.qps).min(self.burst) - 1.0;
            self.last = now;
            now + (-self.tokens).max(0.0) / self.qps
        }
    }

    #[test]
    fn requests_are_sent_when_the_real_limiter_sends_them() {
        for (qps, burst) in [(20, 30), (50, 100), (5, 10), (3, 1), (1, 2), (1000, 7)] {
            let mut chance = fastrand::Rng::with_seed(7);
            let mut bucket = TokenBucket::new(ClientConnection { qps, burst });
            let (qps, burst) = (f64::from(qps), f64::from(burst));
            let mut real = Limiter { qps, burst, tokens: burst, last: 0.0 };
            let mut now = SimTime::ZERO;
            for _ in 0..2000 {
                // Floods, lulls, and now and then a pause in which the bucket fills.
                let pause = [0.0, 0.1, 1.0, 1.5, 100.0][chance.usize(..5)] * chance.f64() / qps;
                now += SimTime::from_secs_f64(pause);
                let sent = bucket.next_token(now);
                bucket.take(now);
                let expected = real.wait(now.as_secs_f64());
                assert!((sent.as_secs_f64() - expected).abs() < 0.002, "{sent:?} is not {expected} s");
            }
        }
    }

    #[test]
    fn after_the_burst_twenty_a_second() {
        let mut bucket = TokenBucket::new(ClientConnection { qps: 20, burst: 30 });
        let sent: Vec<u64> = (0..100)
            .map(|_| {
                let at = bucket.next_token(SimTime::ZERO);
                bucket.take(SimTime::ZERO);
                at.0 / 1000
            })
            .collect();
        assert!(sent[..30].iter().all(|millis| *millis == 0));
        assert_eq!((sent[30], sent[31], sent[99]), (50, 100, 3500));
    }

    #[test]
    fn a_negative_rate_is_no_limit_and_none_is_the_librarys() {
        let mut unlimited = TokenBucket::new(ClientConnection::UNLIMITED);
        (0..1000).for_each(|_| unlimited.take(SimTime(7)));
        assert_eq!(unlimited.next_token(SimTime(7)), SimTime(7));
        let library = TokenBucket::new(ClientConnection { qps: 0, burst: 30 });
        assert_eq!((library.interval, library.burst), (SimTime::from_millis(200), 10));
    }

    use alloc::vec::Vec;
}
