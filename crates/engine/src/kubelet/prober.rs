//! Probe workers: when each probe runs, and what its result changes (`pkg/kubelet/prober/worker.go`,
//! `pkg/kubelet/prober/prober_manager.go`).
//!
//! Ticks keep the phase of the moment at which the worker began, over restarts of the container. A tick that comes
//! while the handler runs is kept, one at most.

use crate::events::EventType;
use crate::jitter::Draw;
use crate::kernel::Kernel;
use crate::kubelet::probe_handlers::Running;
use crate::kubelet::restart_policy::{is_sidecar, should_restart};
use crate::kubelet::{Kubelet, PodUid, SharedPod, Timer};
use crate::name::Name;
use crate::trace::{ProbeAttempt, ProbeKind, ProbeResult, SyncReason, What};
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use lifepod_api::{Container, ContainerStatus, List, PodStatus, Probe, SimTime};

/// Names a probe worker.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ProbeKey {
    pub(crate) uid: PodUid,
    pub(crate) container: Name,
    pub(crate) kind: ProbeKind,
}

/// One probe's worker.
#[derive(Clone, Debug)]
pub(crate) struct ProbeWorker {
    /// The pod as it was when the worker began; later changes do not reach it.
    pub(crate) pod: SharedPod,
    /// The pod's list that the container is in, which all pods of a template share, and its place there.
    containers: List<Container>,
    place: usize,
    kind: ProbeKind,
    /// No run before this.
    begins: SimTime,
    next_tick: SimTime,
    /// Tells the queued tick from earlier ones.
    ticket: u64,
    /// Somebody wants a run now (`manualTriggerCh`).
    triggered: bool,
    /// That run comes to nothing, though it moves the ticks.
    too_early: bool,
    container_id: Option<String>,
    last_result: Option<ProbeResult>,
    /// How often in a row.
    run: u32,
    /// No probing until there is a new container.
    on_hold: bool,
    /// No further run.
    stopping: bool,
    pub(crate) running: Option<Running>,
}

/// How often a run that a new status asks for comes before that status is stored, as the recordings of real kubelets
/// have it.
const EARLY: f64 = 0.1;

/// All probe workers of one kubelet.
pub(crate) type ProbeWorkers = BTreeMap<ProbeKey, ProbeWorker>;

impl ProbeKind {
    /// The kind as Events write it.
    pub fn as_str(self) -> &'static str {
        match self {
            ProbeKind::Startup => "Startup",
            ProbeKind::Readiness => "Readiness",
            ProbeKind::Liveness => "Liveness",
        }
    }

    /// The container's probe of this kind.
    fn of(self, container: &Container) -> Option<&Probe> {
        match self {
            ProbeKind::Startup => container.startup_probe.as_ref(),
            ProbeKind::Readiness => container.readiness_probe.as_ref(),
            ProbeKind::Liveness => container.liveness_probe.as_ref(),
        }
    }

    fn initial(self) -> ProbeResult {
        match self {
            ProbeKind::Startup => ProbeResult::Unknown,
            ProbeKind::Readiness => ProbeResult::Failure,
            ProbeKind::Liveness => ProbeResult::Success,
        }
    }
}

impl ProbeWorker {
    /// The container that is probed.
    pub(crate) fn container(&self) -> &Container {
        &self.containers[self.place]
    }

    /// The probe.
    pub(crate) fn spec(&self) -> &Probe {
        match self.kind.of(self.container()) {
            Some(probe) => probe,
            None => unreachable!("`add_probes` makes workers for probes that there are"),
        }
    }
}

/// What a look at the container says before a probe is run.
enum Verdict {
    /// Nothing to do at this tick.
    Wait,
    /// The worker ends.
    End,
    Probe,
}

/// What a probe worker waits for.
#[derive(Clone, Copy)]
enum Came {
    Stop,
    Trigger,
    Tick,
}

fn status_of<'a>(status: &'a PodStatus, name: &str) -> Option<&'a ContainerStatus> {
    status
        .container_statuses
        .iter()
        .chain(&status.init_container_statuses)
        .find(|s| s.name == name && !s.container_id.is_empty())
}

/// A container's id without the runtime's name.
pub(crate) fn bare(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or(id)
}

impl Kubelet {
    /// Creates the probe workers of a pod, unless it has them (`AddPod`).
    pub(crate) fn add_probes(&mut self, kernel: &mut Kernel, pod: &SharedPod) {
        let uid = pod.uid();
        let apps = pod.spec.containers.iter().enumerate().map(|app| (&pod.spec.containers, app));
        let init = pod.spec.init_containers.iter().enumerate().map(|init| (&pod.spec.init_containers, init));
        let sidecars = init.filter(|(_, (_, container))| is_sidecar(container));
        for (containers, (place, container)) in apps.chain(sidecars) {
            for kind in [ProbeKind::Startup, ProbeKind::Readiness, ProbeKind::Liveness] {
                let Some(spec) = kind.of(container) else { continue };
                let key = ProbeKey { uid: uid.clone(), container: container.name.as_str().into(), kind };
                if self.probes.contains_key(&key) {
                    return;
                }
                // A young kubelet spreads its probes over their periods, so that not all of them run at once.
                let period = period(spec);
                let first = match self.started_at.filter(|at| kernel.now.since(*at) < period) {
                    Some(_) => {
                        let share = kernel.jitter.draw(Draw::ProbeStart, kernel.now, period);
                        kernel.now + SimTime((period.0 as f64 * share) as u64)
                    }
                    None => kernel.now,
                };
                let worker = ProbeWorker {
                    pod: pod.clone(),
                    containers: containers.clone(),
                    place,
                    kind,
                    begins: first,
                    next_tick: if first == kernel.now { first + period } else { first },
                    ticket: 0,
                    triggered: false,
                    too_early: false,
                    container_id: None,
                    last_result: None,
                    run: 0,
                    on_hold: false,
                    stopping: false,
                    running: None,
                };
                self.probes.insert(key.clone(), worker);
                self.queue_tick(kernel, &key);
            }
        }
    }

    /// Deletion stops these two at once; readiness goes on (`StopLivenessAndStartup`).
    pub(crate) fn stop_liveness_and_startup_probes(&mut self, uid: &PodUid) {
        let apps: Vec<ProbeKey> = self
            .probes
            .iter()
            .filter(|(key, worker)| {
                key.uid == *uid
                    && key.kind != ProbeKind::Readiness
                    && worker.pod.spec.containers.iter().any(|c| *c.name == *key.container)
            })
            .map(|(key, _)| key.clone())
            .collect();
        for key in apps {
            self.end_probe(&key);
        }
    }

    /// All probes of a pod end (`RemovePod`).
    pub(crate) fn remove_probes(&mut self, uid: &PodUid) {
        let all: Vec<ProbeKey> = self.probes.keys().filter(|key| key.uid == *uid).cloned().collect();
        for key in all {
            self.end_probe(&key);
        }
    }

    fn end_probe(&mut self, key: &ProbeKey) {
        if let Some(worker) = self.probes.get_mut(key).filter(|w| w.running.is_some()) {
            // It ends when its handler has; what comes out of that is still said.
            worker.stopping = true;
            return;
        }
        if let Some(worker) = self.probes.remove(key)
            && let Some(id) = worker.container_id
        {
            self.probe_results.remove(&id, key.kind);
        }
    }

    fn queue_tick(&mut self, kernel: &mut Kernel, key: &ProbeKey) {
        let Some(worker) = self.probes.get_mut(key) else { return };
        worker.ticket += 1;
        let (at, ticket) = (worker.next_tick, worker.ticket);
        self.wake_at(kernel, at, Timer::Probe(key.clone(), ticket));
    }

    /// The started containers whose readiness probe has not succeeded. One may be ready without a result: what was ready
    /// under an earlier kubelet stays so.
    pub(crate) fn unready(&self, status: &PodStatus) -> Vec<String> {
        let ready = |id: &str| self.probe_results.get(bare(id), ProbeKind::Readiness);
        let all = status.container_statuses.iter().chain(&status.init_container_statuses);
        let started = all.filter(|s| s.started == Some(true) && s.state.running.is_some());
        let unready = started.filter(|s| ready(&s.container_id) != Some(ProbeResult::Success));
        unready.map(|s| s.name.clone()).collect()
    }

    /// These containers get their readiness probe at once (`UpdatePodStatus`).
    pub(crate) fn trigger_readiness(&mut self, kernel: &mut Kernel, uid: &PodUid, unready: Vec<String>) {
        for container in unready {
            let container = container.as_str().into();
            let key = ProbeKey { uid: uid.clone(), container, kind: ProbeKind::Readiness };
            if let Some(worker) = self.probes.get_mut(&key)
                && !worker.triggered
            {
                worker.triggered = true;
                // The worker may wake before the status that makes the probe due is stored; then it sees no reason.
                let early =
                    kernel.jitter.draw(Draw::ProbeTrigger, kernel.now, period(worker.spec())) >= 1.0 - EARLY;
                worker.too_early = early;
                self.wake_at(kernel, kernel.now, Timer::ProbeTrigger(key));
            }
        }
    }

    /// A tick of a probe worker.
    pub(crate) fn probe_tick(&mut self, kernel: &mut Kernel, key: &ProbeKey, ticket: u64) {
        let Some(worker) = self.probes.get_mut(key) else { return };
        if worker.ticket != ticket || worker.running.is_some() {
            // While the handler runs the tick is kept: `next_tick` is in the past when the handler ends.
            return;
        }
        self.tick_now(kernel, key);
    }

    fn tick_now(&mut self, kernel: &mut Kernel, key: &ProbeKey) {
        let Some(worker) = self.probes.get_mut(key) else { return };
        let period = period(worker.spec());
        while worker.next_tick <= kernel.now {
            worker.next_tick += period;
        }
        self.queue_tick(kernel, key);
        self.do_probe(kernel, key);
        self.go_on(kernel, key);
    }

    /// A run that was asked for; the ticks go on from here.
    pub(crate) fn probe_triggered(&mut self, kernel: &mut Kernel, key: &ProbeKey) {
        let Some(worker) = self.probes.get_mut(key) else { return };
        if worker.running.is_some() || !worker.triggered || kernel.now < worker.begins {
            return;
        }
        worker.triggered = false;
        let too_early = core::mem::take(&mut worker.too_early);
        worker.next_tick = kernel.now + period(worker.spec());
        self.queue_tick(kernel, key);
        if !too_early {
            self.do_probe(kernel, key);
        }
        self.go_on(kernel, key);
    }

    /// Looks at the container and probes it if it is time (`doProbe`).
    fn do_probe(&mut self, kernel: &mut Kernel, key: &ProbeKey) {
        match self.look(kernel, key) {
            Verdict::Wait => {}
            Verdict::End => self.end_probe(key),
            Verdict::Probe => {
                kernel.cause = self.probe_cause(key);
                self.run_handler(kernel, key);
            }
        }
    }

    /// What made the container run is what makes the probe run.
    fn probe_cause(&self, key: &ProbeKey) -> Option<crate::trace::EntryId> {
        let id = self.probes.get(key)?.container_id.as_ref()?;
        self.runtime.pod(&key.uid)?.container(id)?.started_by
    }

    fn look(&mut self, kernel: &mut Kernel, key: &ProbeKey) -> Verdict {
        let Some(status) = self.statuses.get(&key.uid) else { return Verdict::Wait };
        if matches!(status.phase.as_str(), "Failed" | "Succeeded") {
            return Verdict::End;
        }
        let Some(shown) = status_of(status, &key.container) else { return Verdict::Wait };
        let id = bare(&shown.container_id);
        let shown_started = shown.started == Some(true);
        let runs = shown.state.running.is_some();
        let restarting_all = !runs
            && super::conditions::find(&status.conditions, "AllContainersRestarting")
                .is_some_and(|c| c.status == "True");
        let started_at = shown.state.running.as_ref().and_then(|r| r.started_at);
        let ended = shown.state.terminated.as_ref().map(|ended| ended.exit_code);
        let Some(worker) = self.probes.get_mut(key) else { return Verdict::Wait };
        if worker.container_id.as_deref() != Some(id) {
            let id = id.to_string();
            if let Some(old) = worker.container_id.replace(id.clone()) {
                self.probe_results.remove(&old, key.kind);
            }
            worker.on_hold = false;
            let is_sidecar = worker.pod.spec.init_containers.iter().any(|c| *c.name == *key.container);
            if is_sidecar && key.kind == ProbeKind::Startup && shown_started {
                self.set_probe_result(kernel, key, &id, ProbeResult::Success);
            }
            if !self.ran_before_this_kubelet(kernel, started_at) {
                self.set_probe_result(kernel, key, &id, key.kind.initial());
            }
        }
        let Some(worker) = self.probes.get(key) else { return Verdict::Wait };
        if worker.on_hold {
            return Verdict::Wait;
        }
        if !runs {
            let restarts = |code| should_restart(worker.container(), &worker.pod.spec, code);
            let again = ended.is_none_or(|code| restarting_all || restarts(code));
            if let Some(id) = worker.container_id.clone() {
                self.set_probe_result(kernel, key, &id, ProbeResult::Failure);
            }
            return if again { Verdict::Wait } else { Verdict::End };
        }
        // `startedAt` is cut to whole seconds, and so is what has passed since.
        let micros = kernel.config.epoch_micros + kernel.now.0 as i64;
        let passed = started_at.map_or(0, |at| (micros - at.0 * 1_000_000) / 1_000_000);
        if passed < i64::from(worker.spec().initial_delay_seconds) {
            return Verdict::Wait;
        }
        let is_startup = key.kind == ProbeKind::Startup;
        if shown_started == is_startup { Verdict::Wait } else { Verdict::Probe }
    }

    /// The handler has ended: count the result, and act when its threshold is reached.
    pub(crate) fn probe_ended(
        &mut self,
        kernel: &mut Kernel,
        key: &ProbeKey,
        result: ProbeResult,
        output: &str,
    ) {
        self.count_result(kernel, key, result, output, "unknown");
    }

    /// The handler itself failed, in a way that says nothing of the container. The attempt counts for nothing;
    /// `state`
    /// is what the Event calls it.
    pub(crate) fn probe_errored(&mut self, kernel: &mut Kernel, key: &ProbeKey, state: &str, error: &str) {
        self.count_result(kernel, key, ProbeResult::Unknown, error, state);
    }

    fn count_result(
        &mut self,
        kernel: &mut Kernel,
        key: &ProbeKey,
        result: ProbeResult,
        output: &str,
        state: &str,
    ) {
        let Some(worker) = self.probes.get_mut(key) else { return };
        let Some(running) = worker.running.take() else { return };
        let counted = match result {
            ProbeResult::Warning => ProbeResult::Success,
            other => other,
        };
        if result != ProbeResult::Unknown {
            if worker.last_result == Some(counted) {
                worker.run += 1;
            } else {
                worker.last_result = Some(counted);
                worker.run = 1;
            }
        }
        let threshold = match counted {
            ProbeResult::Success => worker.spec().success_threshold,
            _ => worker.spec().failure_threshold,
        }
        .max(1) as u32;
        let run = worker.run;
        let attempt = kernel.record(What::Probe(ProbeAttempt {
            pod: worker.pod.to_ref(),
            container: key.container.to_string(),
            kind: key.kind,
            result,
            output: output.to_string(),
            took: kernel.now.since(running.began),
            run,
            threshold,
        }));
        kernel.cause = Some(attempt);
        let what = key.kind.as_str();
        let event = match result {
            ProbeResult::Success => None,
            ProbeResult::Failure => Some(("Unhealthy", format!("{what} probe failed: {output}"))),
            ProbeResult::Warning => Some(("ProbeWarning", format!("{what} probe warning: {output}"))),
            ProbeResult::Unknown => {
                Some(("Unhealthy", format!("{what} probe errored and resulted in {state} state: {output}")))
            }
        };
        if let Some((reason, message)) = event {
            let pod = worker.pod.clone();
            self.container_event(kernel, &pod, &key.container, EventType::Warning, reason, &message);
        }
        if result != ProbeResult::Unknown && run >= threshold {
            self.threshold_reached(kernel, key, counted);
        }
        self.go_on(kernel, key);
    }

    fn threshold_reached(&mut self, kernel: &mut Kernel, key: &ProbeKey, result: ProbeResult) {
        let Some(worker) = self.probes.get_mut(key) else { return };
        let Some(id) = worker.container_id.clone() else { return };
        if key.kind == ProbeKind::Startup
            || (key.kind == ProbeKind::Liveness && result == ProbeResult::Failure)
        {
            worker.on_hold = true;
            worker.run = 0;
        }
        self.set_probe_result(kernel, key, &id, result);
    }

    /// Unless a handler runs: takes up the worker's end, the wish for a run, or the tick that came meanwhile; of several,
    /// any.
    fn go_on(&mut self, kernel: &mut Kernel, key: &ProbeKey) {
        let Some(worker) = self.probes.get(key).filter(|w| w.running.is_none()) else { return };
        let came = [
            (worker.stopping, Came::Stop),
            (worker.triggered, Came::Trigger),
            (worker.next_tick <= kernel.now, Came::Tick),
        ];
        let ready: Vec<Came> = came.into_iter().filter(|(ready, _)| *ready).map(|(_, came)| came).collect();
        let first = match ready.len() {
            0 | 1 => 0,
            several => {
                let number = kernel.jitter.draw(Draw::ProbeSelect, kernel.now, SimTime::ZERO);
                (number * several as f64) as usize
            }
        };
        match ready.get(first) {
            Some(Came::Stop) => self.end_probe(key),
            Some(Came::Trigger) => self.wake_at(kernel, kernel.now, Timer::ProbeTrigger(key.clone())),
            Some(Came::Tick) => self.tick_now(kernel, key),
            None => {}
        }
    }

    /// Stores a result; a change of it reaches the main loop at once
    /// (`pkg/kubelet/prober/results/results_manager.go Set`,
    /// `pkg/kubelet/kubelet.go syncLoopIteration`).
    fn set_probe_result(&mut self, kernel: &mut Kernel, key: &ProbeKey, id: &str, result: ProbeResult) {
        if !self.probe_results.set(id, key.kind, result) {
            return;
        }
        match key.kind {
            ProbeKind::Readiness => {
                self.set_container_readiness(kernel, &key.uid, id, result == ProbeResult::Success);
            }
            ProbeKind::Startup => {
                self.set_container_startup(kernel, &key.uid, id, result == ProbeResult::Success);
            }
            ProbeKind::Liveness if result != ProbeResult::Failure => return,
            ProbeKind::Liveness => {}
        }
        if let Some(pod) = self.pods.get(&key.uid).cloned() {
            let cause = kernel.cause;
            let update = super::pod_workers::Update { pod, reason: SyncReason::Probe, cause, kill: None };
            self.update_pod(kernel, update);
            kernel.cause = cause;
        }
    }
}

fn period(probe: &Probe) -> SimTime {
    SimTime::from_secs(probe.period_seconds.max(1) as u64)
}
