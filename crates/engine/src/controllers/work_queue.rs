//! The queue between what a controller sees and what it does about it
//! (`staging/src/k8s.io/client-go/util/workqueue`): a key waits once however often it is added, and comes back later
//! after an error.
//!
//! A sync whose calls have to wait for tokens of the controller's client ([`crate::flow_control`]) occupies one of the
//! controller's workers meanwhile. What happens to its key in that time is worked on when it is over, and what finds no
//! free worker waits.

use super::ControllerName;
use crate::flow_control::Turn;
use crate::kernel::{Component, Kernel, Wake};
use crate::trace::EntryId;
use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
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
    /// Syncs that wait for their turns.
    under_way: BTreeMap<ObjectKey, UnderWay>,
    /// Keys that wait for a worker, and what each was to be worked on because of.
    unattended: VecDeque<(Option<EntryId>, ObjectKey)>,
}

/// A sync that has begun and is not over.
#[derive(Clone, Debug)]
struct UnderWay {
    /// How many turns it waits for.
    turns: usize,
    /// The key was to be worked on meanwhile, because of this (`queue.go dirty`).
    dirty: Option<Option<EntryId>>,
    /// The entry that says why it waits.
    why: EntryId,
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
            under_way: BTreeMap::new(),
            unattended: VecDeque::new(),
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

    /// Whether the key is to be worked on now. A wake that was overtaken by an earlier one is not, nor a key that is
    /// being worked on, nor one for which there is no worker or no token: they come back by themselves.
    pub(super) fn take(&mut self, kernel: &mut Kernel, due: Due) -> Option<ObjectKey> {
        let is_due = match due.delayed {
            true => {
                let mine = self.waiting.get(&due.key) == Some(&kernel.now);
                if mine {
                    self.waiting.remove(&due.key);
                }
                // A key that also waits for its turn is worked on then, once.
                mine && self.ready.insert(due.key.clone())
            }
            false => self.ready.contains(&due.key),
        };
        if !is_due {
            return None;
        }
        if let Some(sync) = self.under_way.get_mut(&due.key) {
            self.ready.remove(&due.key);
            sync.dirty = sync.dirty.or(Some(kernel.cause));
        } else if self.has_worker() && !kernel.flow_control.is_free(self.controller.client(), kernel.now) {
            if let Some(why) = kernel.throttled(self.controller.client()) {
                self.get_in_line(kernel, why, Turn::Sync(Due { delayed: false, ..due }));
            }
        } else {
            return self.begin(kernel, due.key);
        }
        None
    }

    /// The key's turn has come: it is worked on now, if there is a worker.
    pub(super) fn begin(&mut self, kernel: &Kernel, key: ObjectKey) -> Option<ObjectKey> {
        if !self.has_worker() {
            self.unattended.push_back((kernel.cause, key));
            return None;
        }
        self.ready.remove(&key).then_some(key)
    }

    fn has_worker(&self) -> bool {
        self.under_way.len() < self.controller.workers()
    }

    /// The sync of the key waits for so many turns. It is resumed at each of them.
    pub(crate) fn wait_for_turns(&mut self, kernel: &mut Kernel, key: &ObjectKey, turns: usize) {
        let known = self.under_way.get(key).map(|sync| sync.why);
        let client = self.controller.client();
        let Some(why) = known.or_else(|| kernel.throttled(client)) else { return };
        let sync = UnderWay { turns: 0, dirty: None, why };
        self.under_way.entry(key.clone()).or_insert(sync).turns += turns;
        for _ in 0..turns {
            let due = Due { controller: self.controller, key: key.clone(), delayed: false };
            self.get_in_line(kernel, why, Turn::GoOn(due));
        }
    }

    fn get_in_line(&self, kernel: &mut Kernel, why: EntryId, turn: Turn) {
        let outer = kernel.cause.replace(why);
        kernel.get_in_line(self.controller.client(), turn);
        kernel.cause = outer;
    }

    /// Whether the key's sync waits for a turn.
    pub(crate) fn waits_for_turn(&self, key: &ObjectKey) -> bool {
        self.under_way.get(key).is_some_and(|sync| sync.turns > 0)
    }

    /// A turn of the key's sync has come.
    pub(super) fn go_on(&mut self, key: &ObjectKey) {
        if let Some(sync) = self.under_way.get_mut(key) {
            sync.turns -= 1;
        }
    }

    /// A step of the key's sync was made. When it waits for no further turn, it is over: its worker is free, and the key
    /// is worked on again if something happened to it.
    pub(super) fn is_over(&mut self, kernel: &mut Kernel, key: &ObjectKey) -> bool {
        let Some(sync) = self.under_way.get(key) else { return true };
        if sync.turns > 0 {
            return false;
        }
        let (dirty, outer) = (sync.dirty, kernel.cause);
        self.under_way.remove(key);
        if let Some(cause) = dirty {
            kernel.cause = cause;
            self.add(kernel, key.clone());
        }
        if let Some((cause, key)) = self.unattended.pop_front() {
            kernel.cause = cause;
            self.wake(kernel, kernel.now, key, false);
        }
        kernel.cause = outer;
        true
    }

    fn wake(&self, kernel: &mut Kernel, at: SimTime, key: ObjectKey, delayed: bool) {
        let due = Due { controller: self.controller, key, delayed };
        kernel.wake_at(at, Component::ControllerManager, Wake::Controller(due));
    }
}
