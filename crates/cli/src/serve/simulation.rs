//! The simulated cluster and the clock that drives it: simulated time is real time times a speed.

use lifepod_api::SimTime;
use lifepod_engine::{Api, Cluster, Outcome, Trace};
use std::time::{Duration, Instant};

/// A cluster that goes on as real time passes.
pub struct Simulation {
    cluster: Cluster,
    /// The instant at which `from` was the simulated time.
    began: Instant,
    from: SimTime,
    speed: f64,
    /// Whether the trace is full; time stands still then.
    full: bool,
}

impl Simulation {
    /// A cluster whose clock starts now, at its current time.
    pub fn new(cluster: Cluster, speed: f64) -> Self {
        let from = cluster.now();
        Simulation { cluster, began: Instant::now(), from, speed, full: false }
    }

    /// Lets everything happen that is due by now.
    pub fn advance(&mut self) {
        let passed = self.began.elapsed().as_secs_f64() * self.speed;
        let now = SimTime(self.from.0.saturating_add((passed * 1e6) as u64));
        if self.full || now <= self.cluster.now() {
            return;
        }
        if let Outcome::TooManyEntries(at) = self.cluster.run_until(now) {
            eprintln!(
                "lifepod: so much happened that simulated time stands still at {at}; start anew to go on"
            );
            self.full = true;
        }
    }

    /// How long it is in real time until something happens; none when nothing will.
    pub fn next(&self) -> Option<Duration> {
        let at = self.cluster.next_deadline().filter(|_| !self.full)?;
        let due = at.0.saturating_sub(self.from.0) as f64 / 1e6 / self.speed;
        let due = Duration::try_from_secs_f64(due).unwrap_or(Duration::MAX);
        Some(due.saturating_sub(self.began.elapsed()))
    }

    /// The API server now.
    pub fn api(&mut self) -> Api<'_> {
        self.cluster.api("client")
    }

    /// Everything that happened.
    pub fn trace(&self) -> &Trace {
        self.cluster.trace()
    }

    /// The simulated time.
    pub fn now(&self) -> SimTime {
        self.cluster.now()
    }

    /// The calendar instant of time zero, in microseconds since 1970 (UTC).
    pub fn epoch_micros(&self) -> i64 {
        self.cluster.epoch_micros()
    }
}
