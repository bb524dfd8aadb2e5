//! The pod lifecycle event generator: how the kubelet learns what its runtime did (`pkg/kubelet/pleg/generic.go`)
//! and the cache of runtime statuses that pod workers wait for (`pkg/kubelet/container/cache.go`).
//!
//! The real one lists all containers every second. Here a relist is queued only when something changed since the
//! last one or a worker waits for a newer cache, at the instant at which the real one would have listed.

use crate::kubelet::PodUid;
use crate::kubelet::runtime::{ContainerRuntime, ContainerState, RuntimeStatus};
use crate::trace::EntryId;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;
use lifepod_api::SimTime;

/// `genericPlegRelistPeriod` (`pkg/kubelet/kubelet.go`).
pub(crate) const RELIST_PERIOD: SimTime = SimTime::from_secs(1);

/// A container's state as far as the PLEG tells states apart (`plegContainerState`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    Running,
    Exited,
    Unknown,
}

/// What a relist found (`PodLifeCycleEventType`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LifecycleEvent {
    Started,
    /// With the id of the container or sandbox.
    Died(String),
    /// Sends no sync.
    Removed,
    /// No state changed; somebody had asked for a close look.
    Synced,
}

#[derive(Clone, Debug)]
struct CacheEntry {
    status: RuntimeStatus,
    modified: SimTime,
}

/// One kubelet's generator and cache.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pleg {
    records: BTreeMap<PodUid, BTreeMap<String, Seen>>,
    cache: BTreeMap<PodUid, CacheEntry>,
    /// Pods whose runtime state changed since their last inspection, with what changed it last.
    dirty: BTreeMap<PodUid, Option<EntryId>>,
    /// The instant of the relist that is queued.
    pub(crate) queued: Option<SimTime>,
    /// Workers that wait for a status newer than the given instant.
    waiting: BTreeSet<PodUid>,
    /// Pods to be looked at closely whether their state changed or not.
    reinspect: BTreeSet<PodUid>,
}

impl Pleg {
    /// Notes that the runtime state of a pod changed.
    pub(crate) fn touch(&mut self, uid: &PodUid, cause: Option<EntryId>) {
        self.dirty.insert(uid.clone(), cause);
    }

    /// Has the next relist look at a pod closely: something of it changed that is no state (`RequestReinspect`).
    pub(crate) fn reinspect(&mut self, uid: &PodUid) {
        self.reinspect.insert(uid.clone());
        self.dirty.entry(uid.clone()).or_insert(None);
    }

    /// The pods that changed since the last relist, with the cause of the change.
    pub(crate) fn take_dirty(&mut self) -> BTreeMap<PodUid, Option<EntryId>> {
        core::mem::take(&mut self.dirty)
    }

    /// What changed one pod, if something did.
    pub(crate) fn take_dirty_pod(&mut self, uid: &PodUid) -> Option<Option<EntryId>> {
        self.dirty.remove(uid)
    }

    /// Compares the runtime's containers and sandboxes with the last record, and updates record and cache
    /// (`reconcilePodRecord`).
    pub(crate) fn reconcile(
        &mut self,
        uid: &PodUid,
        runtime: &ContainerRuntime,
        now: SimTime,
    ) -> Vec<LifecycleEvent> {
        let status = runtime.status(uid);
        let mut current = BTreeMap::new();
        for sandbox in &status.sandboxes {
            current.insert(sandbox.id.clone(), if sandbox.ready { Seen::Running } else { Seen::Exited });
        }
        for container in &status.containers {
            let seen = match container.state {
                ContainerState::Created => Seen::Unknown,
                ContainerState::Running => Seen::Running,
                ContainerState::Exited => Seen::Exited,
            };
            current.insert(container.id.clone(), seen);
        }
        let old = self.records.get(uid);
        let mut changed = false;
        let mut events = Vec::new();
        for (id, seen) in &current {
            let before = old.and_then(|o| o.get(id));
            if before == Some(seen) {
                continue;
            }
            changed = true;
            match seen {
                Seen::Running => events.push(LifecycleEvent::Started),
                Seen::Exited => events.push(LifecycleEvent::Died(id.clone())),
                Seen::Unknown => {}
            }
        }
        for (id, seen) in old.into_iter().flatten() {
            if !current.contains_key(id) {
                changed = true;
                if *seen != Seen::Exited {
                    events.push(LifecycleEvent::Died(id.clone()));
                }
                events.push(LifecycleEvent::Removed);
            }
        }
        let asked_for = self.reinspect.remove(uid);
        if !changed && !asked_for {
            return events;
        }
        if events.is_empty() && asked_for {
            events.push(LifecycleEvent::Synced);
        }
        if current.is_empty() {
            self.records.remove(uid);
            self.cache.remove(uid);
        } else {
            self.records.insert(uid.clone(), current);
            let ip = if status.ip.is_empty() {
                // The IP outlives the network of a pod that is torn down (`getPodIPs`).
                self.cache.get(uid).map_or(String::new(), |c| c.status.ip.clone())
            } else {
                status.ip.clone()
            };
            let status = RuntimeStatus { ip, ..status };
            self.cache.insert(uid.clone(), CacheEntry { status, modified: now });
        }
        events
    }

    /// Marks one pod as observed at `now` (`cache.SetObservedTime`), after a relist of that pod alone.
    pub(crate) fn observe(&mut self, uid: &PodUid, now: SimTime) {
        if let Some(entry) = self.cache.get_mut(uid) {
            entry.modified = entry.modified.max(now);
        }
    }

    /// The cached status if it, or the last relist of all pods, is newer than `than` (`cache.GetNewerThan`).
    pub(crate) fn newer_than(
        &self,
        uid: &PodUid,
        than: Option<SimTime>,
        last_relist: Option<SimTime>,
    ) -> Option<RuntimeStatus> {
        let newer = |at: SimTime| than.is_none_or(|than| at > than);
        match self.cache.get(uid) {
            Some(entry) if newer(entry.modified) || last_relist.is_some_and(newer) => {
                Some(entry.status.clone())
            }
            None if than.is_none() || last_relist.is_some_and(newer) => Some(RuntimeStatus::default()),
            _ => None,
        }
    }

    /// Forgets a pod of which the runtime holds nothing any more.
    pub(crate) fn forget(&mut self, uid: &PodUid) {
        self.records.remove(uid);
        self.cache.remove(uid);
        self.dirty.remove(uid);
    }

    /// The cached status, of whatever age.
    pub(crate) fn cached(&self, uid: &PodUid) -> Option<&RuntimeStatus> {
        self.cache.get(uid).map(|c| &c.status)
    }

    /// Notes that a pod's worker waits for the cache.
    pub(crate) fn wait(&mut self, uid: &PodUid) {
        self.waiting.insert(uid.clone());
    }

    /// The pods whose workers wait, which are to be tried again.
    pub(crate) fn take_waiting(&mut self) -> BTreeSet<PodUid> {
        core::mem::take(&mut self.waiting)
    }

    /// Whether a relist of all pods is needed.
    pub(crate) fn needs_relist(&self) -> bool {
        !self.dirty.is_empty() || !self.waiting.is_empty()
    }
}
