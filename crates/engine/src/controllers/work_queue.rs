//! The queue between what a controller sees and what it does about it
//! (`staging/src/k8s.io/client-go/util/workqueue`): a key waits once however often it is added, and comes back later
//! after an error.

use super::ControllerName;
use crate::kernel::{Component, Kernel, Wake};
use alloc::collections::{BTreeMap, BTreeSet};
use lifepod_api::{ObjectKey, SimTime};

/// The first and the longest wait after errors, unless a controller has its own
/// (`default_rate_limiters.go DefaultTypedControllerRateLimiter`).
const DEFAULT_DELAYS: (SimTime, SimTime) = (SimTime::from_millis(5), SimTime::from_secs(1000));

/// A key whose time has come.
#[derive(Clone, Debug)]
pub(crate) struct Due {
    pub(crate) controller: ControllerName,
    pub(crate) key: ObjectKey,
    /// It waited for this time, rather than for its turn.
    delayed: bool,
}

/// One controller's queue.
#[derive(Clone, Debug)]
pub(crate) struct WorkQueue {
    controller: ControllerName,
    /// Keys that are to be worked on now.
    ready: BTreeSet<ObjectKey>,
    /// Keys that wait for a time; of several the first counts (`delaying_queue.go insert`).
    waiting: BTreeMap<ObjectKey, SimTime>,
    failures: BTreeMap<ObjectKey, u32>,
    /// The first and the longest wait after errors.
    delays: (SimTime, SimTime),
}

impl WorkQueue {
    pub(crate) fn new(controller: ControllerName) -> Self {
        WorkQueue::with_delays(controller, DEFAULT_DELAYS)
    }

    /// A queue whose first and longest wait after errors are these.
    pub(crate) fn with_delays(controller: ControllerName, delays: (SimTime, SimTime)) -> Self {
        WorkQueue {
            controller,
            ready: BTreeSet::new(),
            waiting: BTreeMap::new(),
            failures: BTreeMap::new(),
            delays,
        }
    }

    /// The key is to be worked on as soon as the controller comes to it.
    pub(crate) fn add(&mut self, kernel: &mut Kernel, key: ObjectKey) {
        self.add_busy(kernel, key, SimTime::ZERO);
    }

    /// As [`WorkQueue::add`], for a controller whose work takes that much time: what comes meanwhile is worked on
    /// together.
    pub(crate) fn add_busy(&mut self, kernel: &mut Kernel, key: ObjectKey, work: SimTime) {
        if self.ready.insert(key.clone()) {
            let at = kernel.done_after(kernel.config.latency.controller_sync) + work;
            self.wake(kernel, at, key, false);
        }
    }

    /// The key is to be worked on after `delay`, beside any work before.
    pub(crate) fn add_after(&mut self, kernel: &mut Kernel, key: ObjectKey, delay: SimTime) {
        if delay == SimTime::ZERO {
            return self.add(kernel, key);
        }
        let at = kernel.now + delay;
        match self.waiting.get(&key) {
            Some(earlier) if *earlier <= at => {}
            _ => {
                self.waiting.insert(key.clone(), at);
                self.wake(kernel, at, key, true);
            }
        }
    }

    /// Whether the key waits for a time.
    pub(crate) fn is_waiting(&self, key: &ObjectKey) -> bool {
        self.waiting.contains_key(key)
    }

    /// The key is to be worked on again after an error: after the first wait, and twice as long after each further
    /// one.
    pub(crate) fn add_rate_limited(&mut self, kernel: &mut Kernel, key: ObjectKey) {
        let failures = self.failures.entry(key.clone()).or_insert(0);
        let (base, max) = self.delays;
        let delay = SimTime(base.0 << (*failures).min(18)).min(max);
        *failures += 1;
        self.add_after(kernel, key, delay);
    }

    /// The key had no error: its next one begins at the shortest wait.
    pub(crate) fn forget(&mut self, key: &ObjectKey) {
        self.failures.remove(key);
    }

    /// How often in a row the key failed (`NumRequeues`).
    pub(crate) fn failures(&self, key: &ObjectKey) -> u32 {
        self.failures.get(key).copied().unwrap_or(0)
    }

    /// Whether the key is to be worked on now. A wake that was overtaken by an earlier one is not.
    pub(super) fn take(&mut self, now: SimTime, due: &Due) -> bool {
        if due.delayed {
            let mine = self.waiting.get(&due.key) == Some(&now);
            if mine {
                self.waiting.remove(&due.key);
            }
            // A key that also waits for its turn is worked on then, once.
            return mine && !self.ready.contains(&due.key);
        }
        self.ready.remove(&due.key)
    }

    fn wake(&self, kernel: &mut Kernel, at: SimTime, key: ObjectKey, delayed: bool) {
        let due = Due { controller: self.controller, key, delayed };
        kernel.wake_at(at, Component::ControllerManager, Wake::Controller(due));
    }
}
