//! A scheduling cycle: one pod is taken and gets a node, makes room for itself, or waits on
//! (`pkg/scheduler/schedule_one.go scheduleOnePod`, `handleSchedulingFailure`).

use crate::events::EventType;
use crate::events_series::Said;
use crate::kernel::{Component, Kernel, Wake};
use crate::pod_conditions::update_pod_condition;
use crate::scheduler::actuation::{Actuation, patch_status};
use crate::scheduler::framework::PluginSet;
use crate::scheduler::pod_info::PodInfo;
use crate::scheduler::preemption::{Preemption, Preemptor};
use crate::scheduler::schedule_one::{Nominated, Search, choose, search};
use crate::scheduler::verdicts::verdicts;
use crate::scheduler::{NAME, Scheduler, Timer};
use crate::trace::{Decision, Verdicts};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use lifepod_api::PodCondition;

/// A longer message is cut in Events (`NoteLengthLimit`).
const NOTE_LENGTH_LIMIT: usize = 1024;

/// Why a pod has no node.
pub(super) struct Failure {
    /// Who refused it; nobody if it was an error.
    pub(super) rejectors: PluginSet,
    /// `Unschedulable` or `SchedulerError`.
    pub(super) reason: &'static str,
    pub(super) message: String,
    /// The node on which room is made; empty takes an older promise back, none leaves it.
    pub(super) nominate: Option<String>,
}

impl Scheduler {
    /// Takes the next pod.
    pub(super) fn cycle(&mut self, kernel: &mut Kernel) {
        let Some(queued) = self.queue.pop() else { return };
        let pod = queued.info;
        if pod.metadata.deletion_timestamp.is_some() {
            self.queue.remove(pod.uid());
            let note =
                format!("skip schedule deleting pod: {}/{}", pod.metadata.namespace, pod.metadata.name);
            return self.say(kernel, &pod, EventType::Warning, "FailedScheduling", "Scheduling", &note);
        }
        if self.cache.order().is_empty() {
            let verdicts = Verdicts::default();
            kernel.decide(Decision::Schedule { pod: pod.pod.to_ref(), node: None, verdicts });
            let failure = Failure {
                rejectors: PluginSet::default(),
                reason: "Unschedulable",
                message: "no nodes available to schedule pods".to_string(),
                nominate: Some(String::new()),
            };
            return self.failed(kernel, &pod, failure);
        }
        let nominated = Nominated { nominator: &self.nominator, queue: &self.queue };
        let mut found = search(&pod, &mut self.cache, &kernel.store, nominated, &mut self.start);
        if !found.feasible.is_empty() {
            choose(&mut found, &pod, &mut self.cache, &kernel.store, &mut kernel.jitter, kernel.now);
        }
        let node = found.chosen.map(|index| self.cache.node(index).name().to_string());
        kernel.decide(Decision::Schedule {
            pod: pod.pod.to_ref(),
            node: node.clone(),
            verdicts: verdicts(&found, &self.cache),
        });
        match (node, &found.state) {
            (Some(node), Some(state)) => {
                let steps = found.chosen.and_then(|index| state.volumes.steps(&self.cache.node(index).node));
                self.cache.set_pod(pod.clone(), &node, true);
                self.nominator.remove(pod.uid());
                self.bind(kernel, pod, node, steps.unwrap_or_default());
            }
            _ => self.no_node(kernel, &pod, &found),
        }
    }

    /// No node would do: other pods may have to leave one (`RunPostFilterPlugins`).
    fn no_node(&mut self, kernel: &mut Kernel, pod: &Arc<PodInfo>, found: &Search) {
        let total = self.cache.order().len();
        let (post_filter, nominate) = match &found.state {
            // The plugin for resource claims, asked first, does not find what it would have prepared.
            None => ("not found".to_string(), None),
            Some(state) => {
                let preemptor = Preemptor {
                    pod,
                    state,
                    diagnosis: &found.diagnosis,
                    cache: &self.cache,
                    nominated: Nominated { nominator: &self.nominator, queue: &self.queue },
                    now: kernel.time(),
                };
                let preemption = preemptor.preempt(&kernel.store, &mut kernel.jitter, kernel.now);
                let helpless = |why: &str| format!("no new claims to deallocate, preemption: {why}");
                match preemption {
                    Preemption::NotEligible(why) => (helpless(why), None),
                    Preemption::Helpless(why) => (helpless(&why), Some(String::new())),
                    Preemption::Candidate(candidate) => {
                        let node = self.cache.node(candidate.node).name().to_string();
                        self.prepare(kernel, pod, candidate.victims, &node);
                        (String::new(), Some(node))
                    }
                }
            }
        };
        let failure = Failure {
            rejectors: found.diagnosis.rejectors,
            reason: "Unschedulable",
            message: found.diagnosis.message(total, &post_filter),
            nominate,
        };
        self.failed(kernel, pod, failure);
    }

    /// The victims are told after the cycle.
    fn prepare(
        &mut self,
        kernel: &mut Kernel,
        pod: &Arc<PodInfo>,
        victims: alloc::vec::Vec<Arc<PodInfo>>,
        node: &str,
    ) {
        if victims.iter().all(|victim| victim.metadata.deletion_timestamp.is_some()) {
            return;
        }
        let uid = pod.uid().clone();
        let actuation = Actuation { preemptor: pod.clone(), victims, node: node.to_string() };
        self.preempting.insert(uid.clone(), actuation);
        let at = kernel.now + kernel.config.latency.api_write;
        kernel.wake_at(at, Component::Scheduler, Wake::Scheduler(Timer::Actuate(uid)));
    }

    /// The pod waits on; everybody may read why (`handleSchedulingFailure`).
    pub(super) fn failed(&mut self, kernel: &mut Kernel, pod: &Arc<PodInfo>, failure: Failure) {
        let Failure { rejectors, reason, message, nominate } = failure;
        self.queue.failed(pod.uid(), rejectors, kernel.now);
        let promised = nominate.as_ref().unwrap_or(&pod.status.nominated_node_name);
        self.nominator.set(pod.uid(), promised);
        self.say(kernel, pod, EventType::Warning, "FailedScheduling", "Scheduling", &cut(&message));
        let now = kernel.time();
        let sent = kernel.flow_control.next_token(NAME, kernel.now);
        let written = patch_status(kernel, &pod.pod, |status, generation| {
            let condition = PodCondition {
                type_: "PodScheduled".to_string(),
                status: "False".to_string(),
                reason: reason.to_string(),
                message,
                observed_generation: generation,
                ..PodCondition::default()
            };
            let renominated = nominate.filter(|node| *node != status.nominated_node_name);
            let changed = renominated.is_some();
            if let Some(node) = renominated {
                status.nominated_node_name = node;
            }
            update_pod_condition(status, condition, now) || changed
        });
        if written {
            // Unlike a binding, this write holds the next cycle up.
            self.busy_until = sent + kernel.config.latency.api_write;
        }
    }

    /// An Event about a pod.
    pub(super) fn say(
        &mut self,
        kernel: &mut Kernel,
        pod: &PodInfo,
        kind: EventType,
        reason: &'static str,
        action: &'static str,
        note: &str,
    ) {
        self.recorder.event(kernel, &pod.pod.reference(None), None, Said { kind, reason, action, note });
    }
}

/// Cuts a message that is too long for an Event (`truncateMessage`).
fn cut(message: &str) -> String {
    const END: &str = " ...";
    if message.len() <= NOTE_LENGTH_LIMIT {
        return message.to_string();
    }
    let end = message.floor_char_boundary(NOTE_LENGTH_LIMIT - END.len());
    format!("{}{END}", &message[..end])
}
