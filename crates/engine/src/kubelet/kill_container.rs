//! Killing containers: preStop, their turn, the stop signal, and KILL when the grace is over
//! (`pkg/kubelet/kuberuntime/kuberuntime_container.go killContainer`,
//! `pkg/kubelet/kuberuntime/kuberuntime_termination_order.go`).

use crate::events::EventType;
use crate::kernel::Kernel;
use crate::kubelet::hooks::{HookRun, Waiter};
use crate::kubelet::processes::signal_name;
use crate::kubelet::restart_policy::is_sidecar;
use crate::kubelet::runtime::{ContainerState, RuntimeStatus};
use crate::kubelet::{Kubelet, PodUid, SharedPod, Timer};
use crate::trace::{Call, Decision, KillReason};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use lifepod_api::{Container, Pod, Probe, SimTime};

/// Every container gets at least this many seconds between the stop signal and KILL
/// (`minimumGracePeriodInSeconds`).
const MINIMUM_GRACE_SECONDS: i64 = 2;

/// A wish to kill a container.
#[derive(Clone, Debug)]
pub(crate) struct KillRequest {
    pub(crate) id: String,
    pub(crate) name: String,
    /// The text of the `Killing` Event; empty for the usual one.
    pub(crate) message: String,
    pub(crate) reason: KillReason,
    /// Seconds, instead of the pod's.
    pub(crate) grace_override: Option<i64>,
    /// Sidecars wait for their turn.
    pub(crate) ordered: bool,
}

/// A container being killed.
#[derive(Clone, Debug)]
pub(crate) struct Kill {
    pub(crate) id: String,
    pub(crate) name: String,
    pod: SharedPod,
    ordered: bool,
    /// Seconds of grace left when the current stage began.
    grace: i64,
    stage: KillStage,
    /// Tells the current stage's timer from earlier ones.
    ticket: u64,
}

#[derive(Clone, Debug)]
enum KillStage {
    /// It will be killed with the others, which are told of first.
    Announced,
    /// The preStop hook runs.
    PreStop { since: SimTime },
    /// Other containers have to be dead first.
    Turn { since: SimTime },
    /// The stop signal was sent.
    Stopping,
    /// The container is dead.
    Dead,
}

impl Kill {
    pub(crate) fn is_done(&self) -> bool {
        matches!(self.stage, KillStage::Dead)
    }

    pub(crate) fn pod(&self) -> &SharedPod {
        &self.pod
    }

    /// The container's id, if the runtime is at work on it.
    pub(crate) fn stopping(&self) -> Option<String> {
        matches!(self.stage, KillStage::Stopping).then(|| self.id.clone())
    }
}

/// The grace of a kill, in seconds, before overrides (`setTerminationGracePeriod`).
fn grace_period(pod: &Pod, container: &Container, reason: KillReason) -> i64 {
    if let Some(deleting) = pod.metadata.deletion_grace_period_seconds {
        return deleting;
    }
    let Some(own) = pod.spec.termination_grace_period_seconds else { return MINIMUM_GRACE_SECONDS };
    let of = |probe: &Option<Probe>| probe.as_ref().and_then(|p| p.termination_grace_period_seconds);
    match reason {
        KillReason::StartupProbe => of(&container.startup_probe).unwrap_or(own),
        KillReason::LivenessProbe => of(&container.liveness_probe).unwrap_or(own),
        _ => own,
    }
}

pub(crate) fn find_container<'a>(pod: &'a Pod, name: &str) -> Option<&'a Container> {
    let ephemeral = pod.spec.ephemeral_containers.iter().map(|c| &c.common);
    pod.spec.containers.iter().chain(&pod.spec.init_containers).chain(ephemeral).find(|c| c.name == name)
}

impl Kubelet {
    /// Begins to kill every running container of the pod, all at once (`killContainersWithSyncResult`).
    pub(crate) fn kill_all(
        &mut self,
        kernel: &mut Kernel,
        uid: &PodUid,
        pod: &SharedPod,
        runtime: &RuntimeStatus,
        grace_override: Option<i64>,
    ) {
        let ordered = pod.spec.init_containers.iter().any(is_sidecar);
        let running: Vec<(String, String)> =
            runtime.running().map(|c| (c.id.clone(), c.name.clone())).collect();
        // Every container must be in the list before the first one asks whose turn it is.
        for (id, name) in &running {
            if let Some(worker) = self.workers.get_mut(uid) {
                worker.kills.push(Kill {
                    id: id.clone(),
                    name: name.clone(),
                    pod: pod.clone(),
                    ordered,
                    grace: 0,
                    stage: KillStage::Announced,
                    ticket: 0,
                });
            }
        }
        let cause = kernel.cause;
        for (id, name) in running {
            let reason = KillReason::PodTermination;
            let message = String::new();
            self.begin_kill(
                kernel,
                uid,
                pod,
                KillRequest { id, name, message, reason, grace_override, ordered },
            );
            kernel.cause = cause;
        }
    }

    /// Begins to kill one container.
    pub(crate) fn begin_kill(
        &mut self,
        kernel: &mut Kernel,
        uid: &PodUid,
        pod: &SharedPod,
        request: KillRequest,
    ) {
        let Some(container) = find_container(pod, &request.name).cloned() else { return };
        let own = grace_period(pod, &container, request.reason);
        let grace = request.grace_override.unwrap_or(own);
        kernel.decide(Decision::Kill {
            pod: pod.to_ref(),
            container: request.name.clone(),
            why: request.reason,
            grace: SimTime::from_secs(grace.max(0) as u64),
        });
        let message = match request.message.is_empty() {
            true => format!("Stopping container {}", request.name),
            false => request.message,
        };
        self.container_event(kernel, pod, &request.name, EventType::Normal, "Killing", &message);
        let Some(worker) = self.workers.get_mut(uid) else { return };
        worker.kills.retain(|k| k.id != request.id);
        worker.kills.push(Kill {
            id: request.id.clone(),
            name: request.name,
            pod: pod.clone(),
            ordered: request.ordered,
            grace,
            stage: KillStage::PreStop { since: kernel.now },
            ticket: 0,
        });
        let hook = container.lifecycle.as_ref().and_then(|l| l.pre_stop.clone());
        match hook {
            Some(hook) if grace > 0 => {
                let waiter = Waiter::PreStop(request.id.clone());
                let deadline = kernel.now + SimTime::from_secs(grace as u64);
                match self.run_hook(kernel, uid, pod, &request.id, &hook, waiter) {
                    HookRun::Waits => self.kill_timer(kernel, uid, &request.id, deadline),
                    HookRun::Until(at) => self.kill_timer(kernel, uid, &request.id, at.min(deadline)),
                    HookRun::Done(outcome) => self.pre_stop_done(kernel, uid, &request.id, outcome),
                }
            }
            _ => self.wait_for_turn(kernel, uid, &request.id),
        }
    }

    fn kill_timer(&mut self, kernel: &mut Kernel, uid: &PodUid, id: &str, at: SimTime) {
        let Some(kill) = self.kill_mut(uid, id) else { return };
        kill.ticket += 1;
        let timer = Timer::Kill(uid.clone(), id.into(), kill.ticket);
        self.wake_at(kernel, at, timer);
    }

    fn kill_mut(&mut self, uid: &PodUid, id: &str) -> Option<&mut Kill> {
        self.workers.get_mut(uid)?.kills.iter_mut().find(|k| k.id == id)
    }

    /// The time of a kill's stage is over.
    pub(crate) fn kill_step(&mut self, kernel: &mut Kernel, uid: &PodUid, id: &str, ticket: u64) {
        let Some(kill) = self.kill_mut(uid, id) else { return };
        if kill.ticket != ticket {
            return;
        }
        match kill.stage {
            KillStage::PreStop { since } => {
                // The hook ran out of grace, or was a sleep that is over. It is abandoned, not killed.
                kill.grace -= kernel.now.since(since).as_secs() as i64;
                self.wait_for_turn(kernel, uid, id);
            }
            KillStage::Turn { since } => {
                kill.grace -= kernel.now.since(since).as_secs() as i64;
                self.stop_container(kernel, uid, id);
            }
            KillStage::Stopping => self.grace_is_over(kernel, uid, id),
            KillStage::Announced | KillStage::Dead => {}
        }
    }

    /// The preStop hook ended, well or not: what matters is how long it took (`executePreStopHook`).
    pub(crate) fn pre_stop_done(
        &mut self,
        kernel: &mut Kernel,
        uid: &PodUid,
        id: &str,
        outcome: Result<(), String>,
    ) {
        let Some(kill) = self.kill_mut(uid, id) else { return };
        let (pod, name) = (kill.pod.clone(), kill.name.clone());
        let in_time = match kill.stage {
            KillStage::PreStop { since } => {
                kill.grace -= kernel.now.since(since).as_secs() as i64;
                true
            }
            _ => false,
        };
        if outcome.is_err() {
            let message = "PreStopHook failed";
            self.container_event(kernel, &pod, &name, EventType::Warning, "FailedPreStopHook", message);
        }
        if in_time {
            self.wait_for_turn(kernel, uid, id);
        }
    }

    /// Sidecars are stopped after all app containers, the last one first (`terminationOrdering.waitForTurn`).
    fn wait_for_turn(&mut self, kernel: &mut Kernel, uid: &PodUid, id: &str) {
        let must_wait = self.must_wait(uid, id);
        let Some(kill) = self.kill_mut(uid, id) else { return };
        if !must_wait || kill.grace <= 0 {
            return self.stop_container(kernel, uid, id);
        }
        kill.stage = KillStage::Turn { since: kernel.now };
        let deadline = kernel.now + SimTime::from_secs(kill.grace as u64);
        self.kill_timer(kernel, uid, id, deadline);
    }

    fn must_wait(&self, uid: &PodUid, id: &str) -> bool {
        let Some(worker) = self.workers.get(uid) else { return false };
        let Some(kill) = worker.kills.iter().find(|k| k.id == id) else { return false };
        let init = &kill.pod.spec.init_containers;
        let position = |name: &str| init.iter().position(|c| c.name == name && is_sidecar(c));
        let Some(own) = position(&kill.name).filter(|_| kill.ordered) else { return false };
        worker.kills.iter().filter(|other| !other.is_done() && other.id != kill.id).any(|other| {
            let is_app = kill.pod.spec.containers.iter().any(|c| c.name == other.name);
            is_app || position(&other.name).is_some_and(|later| later > own)
        })
    }

    /// Sends the stop signal and gives what is left of the grace, at least two seconds (`StopContainer`).
    fn stop_container(&mut self, kernel: &mut Kernel, uid: &PodUid, id: &str) {
        let Some(kill) = self.kill_mut(uid, id) else { return };
        kill.stage = KillStage::Stopping;
        let grace = kill.grace.max(MINIMUM_GRACE_SECONDS) as u64;
        let (pod, name) = (kill.pod.clone(), kill.name.clone());
        let record = self.runtime.pod(uid).and_then(|p| p.container(id));
        let running = record.filter(|c| c.state == ContainerState::Running);
        let Some((attempt, process)) = running.map(|c| (c.attempt, c.process)) else {
            return self.container_is_dead(kernel, uid, id);
        };
        let processes = self.runtime.pod(uid).and_then(|p| p.processes.as_ref());
        // The image's STOPSIGNAL, or TERM; `lifecycle.stopSignal` is behind a gate that is off in 1.36.
        let signal = match (processes, process) {
            (Some(processes), Some(process)) => signal_name(processes.stop_signal(process)),
            _ => "TERM",
        };
        let call = Call::StopContainer { attempt, timeout: grace, signal };
        self.call(kernel, &pod, Some(&name), call);
        if let Some(record) = self.runtime.pod_mut(uid).container_mut(id) {
            record.stopped_by = kernel.cause;
        }
        self.kill_timer(kernel, uid, id, kernel.now + SimTime::from_secs(grace));
        let now = kernel.now;
        if let (Some(processes), Some(process)) = (&mut self.runtime.pod_mut(uid).processes, process) {
            processes.stop(now, process);
        }
        self.run_processes(kernel, uid);
    }

    fn grace_is_over(&mut self, kernel: &mut Kernel, uid: &PodUid, id: &str) {
        let Some(kill) = self.kill_mut(uid, id) else { return };
        let (pod, name) = (kill.pod.clone(), kill.name.clone());
        let record = self.runtime.pod(uid).and_then(|p| p.container(id));
        let Some((attempt, process)) = record.map(|c| (c.attempt, c.process)) else { return };
        self.call(kernel, &pod, Some(&name), Call::KillContainer { attempt });
        let now = kernel.now;
        if let (Some(processes), Some(process)) = (&mut self.runtime.pod_mut(uid).processes, process) {
            processes.kill(now, process);
        }
        self.run_processes(kernel, uid);
    }

    /// A container has ended; if it was being stopped, the next in line may go and the worker may go on.
    pub(crate) fn container_is_dead(&mut self, kernel: &mut Kernel, uid: &PodUid, id: &str) {
        let Some(kill) = self.kill_mut(uid, id) else { return };
        if !matches!(kill.stage, KillStage::Stopping) {
            return;
        }
        kill.stage = KillStage::Dead;
        kill.ticket += 1;
        let Some(worker) = self.workers.get(uid) else { return };
        let waiting: Vec<(String, SimTime)> = worker
            .kills
            .iter()
            .filter_map(|k| match k.stage {
                KillStage::Turn { since } => Some((k.id.clone(), since)),
                _ => None,
            })
            .collect();
        for (id, since) in waiting {
            if !self.must_wait(uid, &id) {
                if let Some(kill) = self.kill_mut(uid, &id) {
                    kill.grace -= kernel.now.since(since).as_secs() as i64;
                }
                self.stop_container(kernel, uid, &id);
            }
        }
        if self.workers.get(uid).is_some_and(|w| w.kills.iter().all(Kill::is_done)) {
            self.resume(kernel, uid);
        }
    }
}
