//! Exponential back-off per key (`client-go/util/flowcontrol/backoff.go`).

use alloc::collections::BTreeMap;
use alloc::string::String;
use lifepod_api::SimTime;

/// Base of the crash-loop and image-pull back-offs (`kubelet.go`, `backOffPeriod`).
pub const INITIAL_BACK_OFF: SimTime = SimTime::from_secs(10);
/// Cap of the crash-loop and image-pull back-offs (`kubelet.go`, `MaxCrashLoopBackOff`, `imageBackOffPeriod`).
pub const MAX_BACK_OFF: SimTime = SimTime::from_secs(300);
/// An entry this long unused starts again from the base: twice the cap, and the crash-loop back-off keeps the
/// ten minutes even under a lower cap (`kubelet.go newCrashLoopBackOff`).
pub const BACK_OFF_EXPIRES: SimTime = SimTime::from_secs(600);

#[derive(Clone, Copy, Debug)]
struct BackoffEntry {
    backoff: SimTime,
    last_update: SimTime,
}

/// Back-offs by key.
#[derive(Clone, Debug)]
pub struct Backoff {
    initial: SimTime,
    max: SimTime,
    expires: SimTime,
    entries: BTreeMap<String, BackoffEntry>,
}

impl Backoff {
    /// Back-offs of `initial`, doubling up to `max`, forgotten after `expires`.
    pub fn new(initial: SimTime, max: SimTime, expires: SimTime) -> Self {
        Backoff { initial: initial.min(max), max, expires, entries: BTreeMap::new() }
    }

    /// The crash-loop back-off: 10 s, 20 s, 40 s … 300 s (`kubelet.go newCrashLoopBackOff`).
    pub fn crash_loop(max: SimTime) -> Self {
        Backoff::new(INITIAL_BACK_OFF, max, BACK_OFF_EXPIRES)
    }

    /// The image-pull back-off: 10 s, 20 s, 40 s … 300 s.
    pub fn image_pull() -> Self {
        Backoff::new(INITIAL_BACK_OFF, MAX_BACK_OFF, BACK_OFF_EXPIRES)
    }

    /// The current back-off of `key`; zero when there is none.
    pub fn get(&self, key: &str) -> SimTime {
        self.entries.get(key).map_or(SimTime::ZERO, |e| e.backoff)
    }

    /// Moves `key` to its next back-off: the base for a new key or one whose `event` came later than the
    /// expiry after the last move, else twice the last one, capped.
    pub fn next(&mut self, key: &str, event: SimTime, now: SimTime) -> SimTime {
        let expires = self.expires;
        let backoff = match self.entries.get(key) {
            Some(entry) if !expired(entry, event, expires) => SimTime(entry.backoff.0 * 2).min(self.max),
            _ => self.initial,
        };
        self.entries.insert(key.into(), BackoffEntry { backoff, last_update: now });
        backoff
    }

    /// Whether less than the back-off has passed since `event` (the end of a container's run).
    pub fn is_in_back_off_since(&self, key: &str, event: SimTime, now: SimTime) -> bool {
        let Some(entry) = self.entries.get(key) else { return false };
        !expired(entry, event, self.expires) && now.since(event) < entry.backoff
    }

    /// Whether less than the back-off has passed since its last move.
    pub fn is_in_back_off_since_update(&self, key: &str, now: SimTime) -> bool {
        let Some(entry) = self.entries.get(key) else { return false };
        !expired(entry, now, self.expires) && now.since(entry.last_update) < entry.backoff
    }

    /// When the back-off that began with the last move of `key` ends.
    pub fn ends_since_update(&self, key: &str) -> Option<SimTime> {
        self.entries.get(key).map(|e| e.last_update + e.backoff)
    }

    /// Forgets everything, as a restart of the kubelet does: back-offs live in its memory only.
    pub fn clear(&mut self) {
        self.entries.clear();
    }
}

fn expired(entry: &BackoffEntry, event: SimTime, expires: SimTime) -> bool {
    event.since(entry.last_update) > expires
}

/// The first and the longest back-off of a Job after failed pods (`pkg/controller/job/job_controller.go`).
pub const JOB_INITIAL_BACK_OFF: SimTime = SimTime::from_secs(10);
/// See [`JOB_INITIAL_BACK_OFF`].
pub const JOB_MAX_BACK_OFF: SimTime = SimTime::from_secs(600);

/// How long a Job waits after its `failures`-th failed pod in a row, counted from the pod's end
/// (`pkg/controller/job/backoff_utils.go getRemainingTimePerIndex`).
pub fn job_back_off(failures: u32) -> SimTime {
    if failures == 0 {
        return SimTime::ZERO;
    }
    // Six doublings pass the cap.
    let doublings = (failures - 1).min(6);
    SimTime(JOB_INITIAL_BACK_OFF.0 << doublings).min(JOB_MAX_BACK_OFF)
}
