//! Eviction under pressure: a kubelet whose node runs short of memory, disk or processes ends pods, one at a time, before
//! the kernel does it its own way (`pkg/kubelet/eviction/eviction_manager.go`).
//!
//! The real manager looks every ten seconds. Here a look is queued only when it would find something: when what pods use
//! has crossed a threshold, and as long as that has consequences.

mod node_oom;
mod rank;
pub(crate) mod threshold;
pub(crate) mod usage;

use crate::events::EventType;
use crate::jitter::Draw;
use crate::kernel::{Kernel, next_tick};
use crate::kubelet::pod_workers::{FinalStatus, KillOptions, Stage, Update};
use crate::kubelet::{Kubelet, PodUid, SharedPod, Timer};
use crate::trace::{Decision, PodEnd, SyncReason};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use lifepod_api::{Pod, SimTime, Taint};
pub(crate) use rank::is_critical;
use threshold::{Observation, Pressure, Resource, Signal, Threshold};
use usage::Usage;

/// From one look to the next (`pkg/kubelet/kubelet.go evictionMonitoringPeriod`).
pub(crate) const MONITORING_PERIOD: SimTime = SimTime::from_secs(10);
/// After an eviction it is looked again as soon as the pod is gone: asked so often, and for so long
/// (`podCleanupPollFreq`, `podCleanupTimeout`).
const CLEANUP_POLL: SimTime = SimTime::from_secs(1);
const CLEANUP_TIMEOUT: SimTime = SimTime::from_secs(30);
/// Seconds of grace when there is no time to lose (`immediateEvictionGracePeriodSeconds`).
pub(crate) const IMMEDIATE_GRACE: i64 = 1;
/// The reason of a pod that was evicted, or refused under pressure.
pub(crate) const REASON: &str = "Evicted";

/// What the manager remembers from one look to the next.
#[derive(Clone, Debug, Default)]
pub(crate) struct EvictionManager {
    /// What the machine has.
    machine: Usage,
    thresholds: Vec<Threshold>,
    /// Since when each threshold, by its place, has been crossed (`thresholdsFirstObservedAt`).
    crossed: BTreeMap<usize, SimTime>,
    /// The thresholds for which pods are ended, until enough is reclaimed (`thresholdsMet`).
    acted_on: BTreeSet<usize>,
    /// When each pressure was seen last (`nodeConditionsLastObservedAt`).
    seen: BTreeMap<Pressure, SimTime>,
    /// The node's conditions (`nodeConditions`).
    pressures: BTreeSet<Pressure>,
    /// Where in its ten seconds it looks, once that mattered.
    phase: Option<SimTime>,
    /// The next look.
    queued: Option<SimTime>,
    /// The pod that was evicted, until it is gone, and when.
    leaving: Option<(PodUid, SimTime)>,
}

impl EvictionManager {
    pub(crate) fn new(kernel: &Kernel, index: u32) -> Self {
        EvictionManager {
            machine: Usage::machine(kernel, index),
            thresholds: Threshold::all(&kernel.config.kubelet.eviction),
            ..EvictionManager::default()
        }
    }

    /// What the node is short of.
    pub(crate) fn pressures(&self) -> &BTreeSet<Pressure> {
        &self.pressures
    }

    /// What is said to a pod that comes under pressure (`Admit`): only memory leaves a choice, as a pod that requested
    /// some was counted on.
    pub(crate) fn refusal(&self, pod: &Pod) -> Option<String> {
        if self.pressures.is_empty() || is_critical(pod) {
            return None;
        }
        if self.pressures.iter().eq([&Pressure::Memory]) {
            let taint = Taint {
                key: "node.kubernetes.io/memory-pressure".into(),
                effect: "NoSchedule".into(),
                ..Taint::default()
            };
            if pod.qos_class() != "BestEffort" || pod.spec.tolerations.iter().any(|t| t.tolerates(&taint)) {
                return None;
            }
        }
        let names: Vec<&str> = self.pressures.iter().map(|pressure| pressure.condition()).collect();
        Some(format!("The node had condition: [{}]. ", names.join(" ")))
    }

    fn observe(&self, used: &Usage, signal: Signal) -> Observation {
        self.machine.observe(used, signal)
    }

    /// Takes in what is used now, and gives the thresholds to act on, the first to be acted on first (`synchronize`).
    fn update(&mut self, used: &Usage, period: SimTime, now: SimTime) -> Vec<Threshold> {
        let is_met = |place: &usize, with_reclaim| {
            let threshold = &self.thresholds[*place];
            threshold.is_met(self.observe(used, threshold.signal), with_reclaim)
        };
        let met: BTreeSet<usize> = (0..self.thresholds.len())
            .filter(|place| is_met(place, false) || (self.acted_on.contains(place) && is_met(place, true)))
            .collect();
        self.crossed.retain(|place, _| met.contains(place));
        for place in met {
            self.crossed.entry(place).or_insert(now);
            self.seen.insert(self.thresholds[place].signal.pressure(), now);
        }
        self.seen.retain(|_, at| now.since(*at) < period);
        self.pressures = self.seen.keys().copied().collect();
        let due = self.crossed.iter().filter(|(place, at)| now.since(**at) >= self.thresholds[**place].grace);
        self.acted_on = due.map(|(place, _)| *place).collect();
        let mut starved: Vec<Threshold> =
            self.acted_on.iter().map(|place| self.thresholds[*place].clone()).collect();
        starved.sort_by_key(|threshold| threshold.signal.resource() != Resource::Memory);
        starved
    }

    /// Whether some threshold is crossed, its grace not asked.
    fn is_short(&self, used: &Usage) -> bool {
        self.thresholds.iter().any(|threshold| threshold.is_met(self.observe(used, threshold.signal), false))
    }
}

impl Kubelet {
    /// After the pod's processes did something: notes what they use now, and has the manager look if that matters.
    pub(crate) fn watch_usage(&mut self, kernel: &mut Kernel, uid: &PodUid) {
        let Some(pod) = self.runtime.pods.get_mut(uid) else { return };
        let used = pod.measure();
        if used == pod.used {
            return;
        }
        pod.used = used;
        self.relieve_memory(kernel);
        self.schedule_eviction(kernel);
    }

    /// Has the manager look at its next ten seconds if a threshold is crossed.
    pub(crate) fn schedule_eviction(&mut self, kernel: &mut Kernel) {
        let idle = self.is_up() && self.eviction.queued.is_none() && self.eviction.leaving.is_none();
        if idle && self.eviction.is_short(&self.node_use()) {
            let phase = *self.eviction.phase.get_or_insert_with(|| {
                let number = kernel.jitter.draw(Draw::EvictionPhase, kernel.now, MONITORING_PERIOD);
                SimTime((number * MONITORING_PERIOD.0 as f64) as u64)
            });
            self.look_at_usage(kernel, next_tick(kernel.now, MONITORING_PERIOD, phase, false));
        }
    }

    fn look_at_usage(&mut self, kernel: &mut Kernel, at: SimTime) {
        self.eviction.queued = Some(at);
        self.wake_at(kernel, at, Timer::Eviction);
    }

    /// One look (`synchronize`), and when the next one is.
    pub(crate) fn synchronize_eviction(&mut self, kernel: &mut Kernel) {
        let now = kernel.now;
        self.eviction.queued = None;
        for pod in self.runtime.pods.values_mut() {
            pod.used = pod.measure();
        }
        let used = self.node_use();
        let before = self.eviction.pressures.clone();
        let period = kernel.config.kubelet.eviction.pressure_transition_period;
        let starved = self.eviction.update(&used, period, now);
        if self.eviction.pressures != before {
            self.schedule_node_status(kernel);
        }
        let evicted = starved.first().and_then(|threshold| self.reclaim(kernel, threshold));
        // The loop sleeps for its period after each look that ended nothing.
        self.eviction.phase = Some(now);
        if let Some(uid) = evicted {
            self.eviction.leaving = Some((uid, now));
            self.wake_at(kernel, now + CLEANUP_POLL, Timer::EvictionCleanup);
        } else if !self.eviction.crossed.is_empty() {
            self.look_at_usage(kernel, now + MONITORING_PERIOD);
        } else if let Some(first) = self.eviction.seen.values().min() {
            let at = next_tick((*first + period).max(now), MONITORING_PERIOD, now, true);
            self.look_at_usage(kernel, at.max(now + MONITORING_PERIOD));
        }
    }

    /// Looks again once the evicted pod is gone (`waitForPodsCleanup`).
    pub(crate) fn await_cleanup(&mut self, kernel: &mut Kernel) {
        let Some((uid, since)) = self.eviction.leaving.take() else { return };
        let gone = self.workers.get(&uid).is_none_or(|worker| worker.stage == Stage::Finished);
        if gone || kernel.now.since(since) >= CLEANUP_TIMEOUT {
            return self.synchronize_eviction(kernel);
        }
        self.eviction.leaving = Some((uid, since));
        self.wake_at(kernel, kernel.now + CLEANUP_POLL, Timer::EvictionCleanup);
    }

    /// Makes room: removes images that nobody uses, and if that is not enough ends one pod, which it names.
    fn reclaim(&mut self, kernel: &mut Kernel, threshold: &Threshold) -> Option<PodUid> {
        let resource = threshold.signal.resource();
        let text = format!("Attempting to reclaim {}", resource.name());
        self.node_event(kernel, EventType::Warning, "EvictionThresholdMet", &text);
        if matches!(resource, Resource::EphemeralStorage | Resource::Inodes) {
            self.remove_unused_images();
            let used = self.node_use();
            let enough = |t: &Threshold| !t.is_met(self.eviction.observe(&used, t.signal), true);
            if self.eviction.thresholds.iter().all(enough) {
                return None;
            }
        }
        let mut candidates: Vec<(SharedPod, Usage)> = self
            .workers
            .iter()
            .filter(|(_, worker)| worker.stage == Stage::Sync)
            .filter_map(|(uid, _)| {
                Some((self.pods.get(uid)?.clone(), self.runtime.pod(uid).map(|p| p.used).unwrap_or_default()))
            })
            .collect();
        rank::rank(&mut candidates, resource);
        let (pod, used) = candidates.into_iter().find(|(pod, _)| !is_critical(pod))?;
        let uid = pod.uid();
        let containers = self.runtime.pod(&uid).map(|pod| pod.containers_use()).unwrap_or_default();
        let seen = self.eviction.observe(&self.node_use(), threshold.signal);
        let message = rank::message(&pod, threshold, seen, &used, &containers);
        let grace = match threshold.is_hard() {
            true => IMMEDIATE_GRACE,
            false => {
                let longest = kernel.config.kubelet.eviction.max_pod_grace_period;
                pod.spec.termination_grace_period_seconds.map_or(longest, |own| own.min(longest))
            }
        };
        self.evict(kernel, pod, grace, message, PodEnd::Pressure);
        Some(uid)
    }

    /// Ends a pod for good (`evictPod`); one that is a victim of its node, rather than of what it did, is marked so.
    pub(crate) fn evict(
        &mut self,
        kernel: &mut Kernel,
        pod: SharedPod,
        grace: i64,
        message: String,
        why: PodEnd,
    ) {
        let disrupted = (why == PodEnd::Pressure).then(|| message.clone());
        kernel.decide(Decision::EndPod { pod: pod.to_ref(), why, message: message.clone() });
        self.pod_event(kernel, &pod, EventType::Warning, REASON, &message);
        let status = FinalStatus { reason: REASON, message, disrupted, spares_success: false };
        let kill = KillOptions { evict: true, grace_override: Some(grace), status: Some(status) };
        let cause = kernel.cause;
        self.update_pod(kernel, Update { pod, reason: SyncReason::Kill, cause, kill: Some(kill) });
    }
}

#[cfg(test)]
mod tests {
    use super::threshold::{EvictionConfig, ThresholdValue};
    use super::*;
    use lifepod_api::Quantity;

    const PERIOD: SimTime = SimTime::from_secs(300);

    fn manager(config: &EvictionConfig) -> EvictionManager {
        EvictionManager {
            machine: Usage { memory: 1000 << 20, disk: 100 << 30, inodes: 1000, processes: 100 },
            thresholds: Threshold::all(config),
            ..EvictionManager::default()
        }
    }

    fn memory(mebibytes: u64) -> Usage {
        Usage { memory: mebibytes << 20, ..Usage::default() }
    }

    #[test]
    fn a_condition_outlasts_its_cause_by_the_transition_period() {
        let mut manager = manager(&EvictionConfig::default());
        assert!(manager.update(&memory(900), PERIOD, SimTime::from_secs(0)).is_empty());
        assert_eq!(manager.update(&memory(901), PERIOD, SimTime::from_secs(10)).len(), 1);
        assert!(manager.update(&memory(500), PERIOD, SimTime::from_secs(20)).is_empty());
        assert_eq!(manager.pressures, [Pressure::Memory].into());
        manager.update(&memory(500), PERIOD, SimTime::from_secs(309));
        assert_eq!(manager.pressures, [Pressure::Memory].into());
        manager.update(&memory(500), PERIOD, SimTime::from_secs(310));
        assert!(manager.pressures.is_empty());
    }

    #[test]
    fn a_soft_threshold_waits_for_its_grace() {
        let soft = ThresholdValue::Quantity(Quantity::parse("300Mi").expect("a quantity"));
        let config = EvictionConfig {
            soft: [(Signal::MemoryAvailable, (soft, SimTime::from_secs(90)))].into(),
            ..EvictionConfig::default()
        };
        let mut manager = manager(&config);
        assert!(manager.update(&memory(800), PERIOD, SimTime::from_secs(0)).is_empty());
        assert_eq!(manager.pressures, [Pressure::Memory].into(), "the condition does not wait");
        assert!(manager.update(&memory(800), PERIOD, SimTime::from_secs(89)).is_empty());
        assert_eq!(manager.update(&memory(800), PERIOD, SimTime::from_secs(90)).len(), 1);
    }

    #[test]
    fn under_memory_pressure_only_pods_that_requested_something_come_in() {
        let mut manager = manager(&EvictionConfig::default());
        manager.update(&memory(950), PERIOD, SimTime::ZERO);
        let best_effort = Pod::default();
        let mut burstable = Pod::default();
        burstable.status.qos_class = "Burstable".into();
        assert_eq!(
            manager.refusal(&best_effort).as_deref(),
            Some("The node had condition: [MemoryPressure]. ")
        );
        assert_eq!(manager.refusal(&burstable), None);
        manager.update(&Usage { memory: 950 << 20, inodes: 951, ..Usage::default() }, PERIOD, SimTime::ZERO);
        assert_eq!(
            manager.refusal(&burstable).as_deref(),
            Some("The node had condition: [MemoryPressure DiskPressure]. ")
        );
    }
}
