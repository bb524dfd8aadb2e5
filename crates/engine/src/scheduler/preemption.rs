//! Which pods would have to go so that a more important one fits (`framework/preemption/preemption.go`,
//! `plugins/defaultpreemption/default_preemption.go`). What is then done to them is in [`super::actuation`].

use crate::jitter::{Draw, Jitter};
use crate::scheduler::cache::Cache;
use crate::scheduler::diagnosis::Diagnosis;
use crate::scheduler::framework::{Plugin, Rejection};
use crate::scheduler::plugins::CycleState;
use crate::scheduler::pod_info::PodInfo;
use crate::scheduler::schedule_one::{Nominated, filter_with_nominated};
use crate::store::Store;
use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::cmp::Reverse;
use lifepod_api::{Pod, PodDisruptionBudget, SimTime, Time};

/// Of so many nodes at least it is worked out who would have to go, or of this share
/// (`minCandidateNodesAbsolute`, `minCandidateNodesPercentage`).
const MIN_CANDIDATES: usize = 100;
const MIN_CANDIDATES_PERCENTAGE: usize = 10;

/// A node, and the pods that would have to leave it.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    /// The node's index in the cache.
    pub(crate) node: usize,
    /// Its victims, the most important first.
    pub(crate) victims: Vec<Arc<PodInfo>>,
    /// How many of them a PodDisruptionBudget protects.
    violations: usize,
}

/// What came of it.
#[derive(Clone, Debug)]
pub(crate) enum Preemption {
    /// These victims make room.
    Candidate(Candidate),
    /// Nobody's end would help: what is said, and an older promise of room is void.
    Helpless(String),
    /// It was not even tried.
    NotEligible(&'static str),
}

/// What is looked at.
pub(crate) struct Preemptor<'a> {
    pub(crate) pod: &'a PodInfo,
    pub(crate) state: &'a CycleState,
    pub(crate) diagnosis: &'a Diagnosis,
    pub(crate) cache: &'a Cache,
    pub(crate) nominated: Nominated<'a>,
    pub(crate) now: Time,
}

impl Preemptor<'_> {
    /// Looks for victims (`Evaluator.Preempt`).
    pub(crate) fn preempt(&self, store: &Store, jitter: &mut Jitter, now: SimTime) -> Preemption {
        if self.pod.spec.preemption_policy.as_deref() == Some("Never") {
            return Preemption::NotEligible("not eligible due to preemptionPolicy=Never.");
        }
        if self.victims_are_leaving() {
            return Preemption::NotEligible("not eligible due to a terminating pod on the nominated node.");
        }
        let order = self.cache.order();
        let nodes: Vec<usize> = order.iter().copied().filter(|n| self.diagnosis.is_resolvable(*n)).collect();
        let budgets: Vec<&PodDisruptionBudget> = store.all().collect();
        let wanted = (nodes.len() * MIN_CANDIDATES_PERCENTAGE / 100).max(MIN_CANDIDATES).min(nodes.len());
        let offset = match nodes.len() {
            0 | 1 => 0,
            count => (jitter.draw(Draw::PreemptionOffset, now, SimTime::ZERO) * count as f64) as usize,
        };
        let (mut lawful, mut violating) = (Vec::new(), Vec::new());
        let mut helpless = Diagnosis {
            absent: Some(Cow::Borrowed("Preemption is not helpful for scheduling")),
            ..Diagnosis::default()
        };
        for place in 0..nodes.len() {
            let node = nodes[(offset + place) % nodes.len()];
            match self.victims_on(node, &budgets) {
                Ok(candidate) if candidate.violations == 0 => lawful.push(candidate),
                Ok(candidate) => violating.push(candidate),
                Err(rejection) => helpless.reject(node, rejection),
            }
            if !lawful.is_empty() && lawful.len() + violating.len() >= wanted {
                break;
            }
        }
        lawful.append(&mut violating);
        match best(lawful) {
            Some(candidate) => Preemption::Candidate(candidate),
            None => Preemption::Helpless(helpless.message(order.len(), "")),
        }
    }

    /// Whether earlier victims of this pod are still on their way out: then it waits for them
    /// (`PodEligibleToPreemptOthers`).
    fn victims_are_leaving(&self) -> bool {
        let promised = &self.pod.status.nominated_node_name;
        let Some(node) = self.cache.find(promised).filter(|_| !promised.is_empty()) else { return false };
        let for_good = self.diagnosis.nodes.get(&node).is_some_and(|rejection| !rejection.resolvable);
        let leaving = |p: &&Arc<PodInfo>| p.priority() < self.pod.priority() && is_preempted(p);
        !for_good && self.cache.node(node).pods.iter().any(|p| leaving(&p))
    }

    /// The least important pods that must leave the node for this one to fit (`SelectVictimsOnNode`): all less
    /// important ones go, then as many as possible are let back in, those that a budget protects first.
    fn victims_on(&self, index: usize, budgets: &[&PodDisruptionBudget]) -> Result<Candidate, Rejection> {
        let (pod, cache) = (self.pod, self.cache);
        let mut node = cache.node(index).clone();
        let mut state = self.state.clone();
        let mut potential: Vec<Arc<PodInfo>> =
            node.pods.iter().filter(|p| p.priority() < pod.priority()).cloned().collect();
        if potential.is_empty() {
            let why = "No preemption victims found for incoming pod";
            return Err(Rejection::for_good(Plugin::DefaultPreemption, why));
        }
        for victim in &potential {
            node.remove_pod(victim.uid());
            state.change_pod(pod, victim, &node, cache, -1);
        }
        if let Some(rejection) = filter_with_nominated(&state, pod, cache, &node, self.nominated) {
            return Err(rejection);
        }
        potential.sort_by_key(|p| self.importance(p));
        let (violating, lawful) = by_budget(potential, budgets);
        let mut violations = 0;
        let mut victims = Vec::new();
        for (victim, protected) in
            violating.into_iter().map(|v| (v, true)).chain(lawful.into_iter().map(|v| (v, false)))
        {
            node.add_pod(victim.clone());
            state.change_pod(pod, &victim, &node, cache, 1);
            if filter_with_nominated(&state, pod, cache, &node, self.nominated).is_some() {
                node.remove_pod(victim.uid());
                state.change_pod(pod, &victim, &node, cache, -1);
                violations += usize::from(protected);
                victims.push(victim);
            }
        }
        victims.sort_by_key(|p| self.importance(p));
        if victims.is_empty() {
            let why = format!("expected at least one victim pod on node {:?}", node.name());
            return Err(Rejection::for_good(Plugin::DefaultPreemption, why));
        }
        Ok(Candidate { node: index, victims, violations })
    }

    /// Higher priority first, then what runs longer (`pkg/scheduler/util/utils.go MoreImportantPod`).
    fn importance(&self, pod: &Pod) -> (Reverse<i32>, Time) {
        (Reverse(pod.spec.priority.unwrap_or(0)), pod.status.start_time.unwrap_or(self.now))
    }
}

/// Whether the pod is being deleted for a more important one.
fn is_preempted(pod: &Pod) -> bool {
    let target = pod.status.conditions.iter().find(|c| c.type_ == "DisruptionTarget");
    pod.metadata.deletion_timestamp.is_some()
        && target.is_some_and(|c| c.status == "True" && c.reason == "PreemptionByScheduler")
}

/// Those whose end would violate a budget, and the others, each in the given order
/// (`filterPodsWithPDBViolation`).
fn by_budget(
    pods: Vec<Arc<PodInfo>>,
    budgets: &[&PodDisruptionBudget],
) -> (Vec<Arc<PodInfo>>, Vec<Arc<PodInfo>>) {
    let mut allowed: Vec<i32> = budgets.iter().map(|b| b.status.disruptions_allowed).collect();
    pods.into_iter().partition(|pod| {
        let mut violated = false;
        for (budget, allowed) in budgets.iter().zip(&mut allowed) {
            let selects = budget.spec.selector.as_ref().is_some_and(|s| {
                !s.is_empty() && !pod.metadata.labels.is_empty() && s.matches(&pod.metadata.labels)
            });
            let counted = budget.metadata.namespace == pod.metadata.namespace && selects;
            if counted && !budget.status.disrupted_pods.contains_key(&pod.metadata.name) {
                *allowed -= 1;
                violated |= *allowed < 0;
            }
        }
        violated
    })
}

/// The node with the fewest violations of budgets; then the one whose most important victim is the least important;
/// then the lowest sum of priorities; the fewest victims; the youngest of the most important ones; the first
/// (`pickOneNodeForPreemption`).
fn best(candidates: Vec<Candidate>) -> Option<Candidate> {
    candidates.into_iter().min_by_key(|candidate| {
        let priorities = || candidate.victims.iter().map(|v| i64::from(v.priority()));
        let highest = priorities().max().unwrap_or(0);
        // All priorities are made positive, so that few victims of low priority weigh less than many.
        let sum: i64 = priorities().map(|p| p + i64::from(i32::MAX) + 1).sum();
        let most_important = candidate.victims.iter().filter(|v| i64::from(v.priority()) == highest);
        let earliest = most_important.map(|v| v.status.start_time.unwrap_or(Time(i64::MAX))).min();
        (candidate.violations, highest, sum, candidate.victims.len(), Reverse(earliest))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jitter::JitterMode;
    use crate::scheduler::nominator::Nominator;
    use crate::scheduler::queue::SchedulingQueue;
    use crate::scheduler::schedule_one::search;
    use crate::scheduler::testing::{NodeBuilder, cache, node, pod};
    use alloc::string::ToString;

    /// What a pod that finds no room preempts.
    fn preempt(pod: &PodInfo, cache: &mut Cache, store: &Store) -> Preemption {
        let (nominator, queue) = (Nominator::default(), SchedulingQueue::new(0));
        let nominated = Nominated { nominator: &nominator, queue: &queue };
        let search = search(pod, cache, store, nominated, &mut 0);
        assert!(search.feasible.is_empty(), "the pod finds room without preemption");
        let state = search.state.expect("the pod is not rejected as a whole");
        let now = Time(1000);
        Preemptor { pod, state: &state, diagnosis: &search.diagnosis, cache, nominated, now }.preempt(
            store,
            &mut Jitter::new(1, JitterMode::None),
            SimTime::ZERO,
        )
    }

    fn victims(preemption: Preemption, cache: &Cache) -> (String, Vec<String>) {
        let Preemption::Candidate(candidate) = preemption else { panic!("{preemption:?}") };
        let names = candidate.victims.iter().map(|v| v.metadata.name.clone()).collect();
        (cache.node(candidate.node).name().to_string(), names)
    }

    fn full(name: &str) -> NodeBuilder {
        node(name).allocatable("cpu", "2")
    }

    fn low(name: &str, cpu: &str, start: &str) -> Arc<PodInfo> {
        pod(name).cpu(cpu).priority(100).started(start).build()
    }

    #[test]
    fn of_equal_victims_the_newest_goes() {
        let mut cache = cache([full("n1")]);
        cache.set_pod(low("old", "1", "2026-01-01T00:00:00Z"), "n1", false);
        cache.set_pod(low("new", "1", "2026-01-01T00:01:00Z"), "n1", false);
        let high = pod("high").cpu("1").priority(1000).build();
        let found = preempt(&high, &mut cache, &Store::default());
        assert_eq!(victims(found, &cache), ("n1".into(), ["new".to_string()].to_vec()));
    }

    #[test]
    fn the_node_whose_victims_matter_least_is_chosen() {
        let mut cache = cache([full("n1"), full("n2"), full("n3")]);
        let start = "2026-01-01T00:00:00Z";
        cache.set_pod(pod("mid").cpu("2").priority(500).started(start).build(), "n1", false);
        cache.set_pod(low("a", "1", start), "n2", false);
        cache.set_pod(low("b", "1", start), "n2", false);
        cache.set_pod(low("c", "2", start), "n3", false);
        let high = pod("high").cpu("2").priority(1000).build();
        let found = preempt(&high, &mut cache, &Store::default());
        assert_eq!(victims(found, &cache), ("n3".into(), ["c".to_string()].to_vec()));
    }

    #[test]
    fn without_less_important_pods_nobody_goes() {
        let mut cache = cache([full("n1"), full("n2").cordoned()]);
        cache.set_pod(low("equal", "2", "2026-01-01T00:00:00Z"), "n1", false);
        let waiting = pod("w").cpu("1").priority(100).build();
        let Preemption::Helpless(why) = preempt(&waiting, &mut cache, &Store::default()) else { panic!() };
        assert_eq!(
            why,
            "0/2 nodes are available: 1 No preemption victims found for incoming pod, 1 Preemption is not helpful for \
             scheduling."
        );
    }

    #[test]
    fn a_pod_that_must_not_preempt_waits() {
        let mut cache = cache([full("n1")]);
        cache.set_pod(low("low", "2", "2026-01-01T00:00:00Z"), "n1", false);
        let polite = serde_json::json!({"preemptionPolicy": "Never"});
        let high = pod("high").cpu("1").priority(1000).spec(polite).build();
        let Preemption::NotEligible(why) = preempt(&high, &mut cache, &Store::default()) else { panic!() };
        assert_eq!(why, "not eligible due to preemptionPolicy=Never.");
    }
}
