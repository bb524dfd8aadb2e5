//! One sync of a pod: report its status, then take the actions that bring its containers forward, one after the
//! other (`pkg/kubelet/kubelet.go SyncPod`, `pkg/kubelet/kuberuntime/kuberuntime_manager.go SyncPod`).

use crate::events::EventType;
use crate::jitter::Draw;
use crate::kernel::Kernel;
use crate::kubelet::compute_pod_actions::{ContainerToKill, PodActions, compute_pod_actions};
use crate::kubelet::generate_status::should_all_containers_restart;
use crate::kubelet::kill_container::KillRequest;
use crate::kubelet::local_storage_limits::has_storage_limit;
use crate::kubelet::pod_workers::{Activity, Outcome, Update};
use crate::kubelet::resize::{PodCgroup, PodResize};
use crate::kubelet::restart_policy::is_sidecar;
use crate::kubelet::runtime::{RuntimeStatus, SandboxStatus};
use crate::kubelet::start_container::{Start, Which};
use crate::kubelet::{Kubelet, PodUid, SharedPod, Timer};
use crate::network::addresses::bridge_address;
use crate::trace::{Call, Decision, KillReason, SyncReason};
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;
use lifepod_api::{SimTime, is_pod_phase_terminal};
use lifepod_workload as workload;

/// One action of a sync.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    KillPod { purge_init: bool },
    StopSandbox { purge_init: bool },
    Kill(ContainerToKill),
    Reset { id: String, kill: bool },
    Remove { id: String },
    PruneInitContainers,
    Resize(PodResize),
    CreateSandbox { attempt: u32 },
    Start(Which),
}

/// What a sync waits for.
#[derive(Clone, Debug, Default)]
pub(crate) enum Wait {
    #[default]
    Nothing,
    Volumes,
    /// Until every container in the worker's list of kills is dead.
    Kills,
    StopSandbox {
        purge_init: bool,
    },
    Sandbox {
        attempt: u32,
    },
    Start(Start),
}

/// A sync under way.
#[derive(Clone, Debug)]
pub(crate) struct SyncRun {
    pub(crate) pod: SharedPod,
    /// What the runtime said when the sync began.
    pub(crate) runtime: RuntimeStatus,
    pub(crate) restart_all: bool,
    steps: VecDeque<Step>,
    pub(crate) wait: Wait,
    /// Some action was taken.
    pub(crate) acted: bool,
    failed: bool,
    /// Records were removed so that all containers start anew.
    reset: bool,
    back_off_until: Option<SimTime>,
    /// How the start of each container ended, for the reason cache.
    reasons: Vec<(String, Option<(&'static str, String)>)>,
}

impl SyncRun {
    /// Notes that a start was refused or failed.
    pub(crate) fn fail_start(
        &mut self,
        which: Which,
        container: &str,
        reason: &'static str,
        message: String,
        back_off_until: Option<SimTime>,
    ) {
        self.acted = true;
        self.failed = true;
        if let Some(until) = back_off_until {
            self.back_off_until = Some(self.back_off_until.map_or(until, |at| at.min(until)));
        }
        self.reasons.push((container.into(), Some((reason, message))));
        if let Which::Init(index) = which
            && !is_sidecar(&self.pod.spec.init_containers[index])
        {
            // Nothing may start before this init container has.
            self.steps.clear();
        }
    }

    /// Notes that something failed, so that the pod is synced again after a while.
    pub(crate) fn fail(&mut self) {
        self.failed = true;
    }

    /// Notes that a container was started.
    pub(crate) fn started(&mut self, container: &str) {
        self.acted = true;
        self.reasons.push((container.into(), None));
    }
}

impl Kubelet {
    /// Begins a sync.
    pub(crate) fn sync_pod(&mut self, kernel: &mut Kernel, update: &Update, runtime: RuntimeStatus) {
        let pod = update.pod.clone();
        let uid = pod.uid();
        self.follow_resize(kernel, &pod, &runtime);
        let status = self.generate_status(kernel, &pod, &runtime, false);
        let terminal = is_pod_phase_terminal(&status.phase);
        let restart_all = super::conditions::find(&status.conditions, "AllContainersRestarting")
            .is_some_and(|c| c.status == "True")
            && should_all_containers_restart(&pod, &runtime, &status);
        let actions = compute_pod_actions(&pod, &runtime, &self.probe_results, restart_all);
        let changed = self.statuses.get(&uid).is_none_or(|shown| shown.phase != status.phase);
        if update.reason != SyncReason::Requeue || changed || !actions.is_empty() {
            let (pod, node, why) = (pod.to_ref(), self.node_name.clone(), update.reason);
            kernel.decide(Decision::SyncPod { pod, node, why });
        }
        self.report(kernel, &pod, status);
        if terminal {
            self.begin_termination(&uid);
            self.complete_work(kernel, &uid, Outcome::PhaseTransition);
            return;
        }

        let run = SyncRun {
            pod: pod.clone(),
            runtime,
            restart_all,
            steps: VecDeque::new(),
            wait: Wait::Volumes,
            acted: false,
            failed: false,
            reset: false,
            back_off_until: None,
            reasons: Vec::new(),
        };
        self.wait_for_volumes(kernel, &uid, run);
    }

    /// Leaves the sync waiting, until `at` if a time is known.
    pub(crate) fn park(&mut self, kernel: &mut Kernel, uid: &PodUid, run: SyncRun, at: Option<SimTime>) {
        let Some(worker) = self.workers.get_mut(uid) else { return };
        worker.activity = Activity::Syncing(Box::new(run));
        if let Some(at) = at {
            self.block_until(kernel, uid, at);
        }
    }

    /// Goes on after what the sync waited for, step by step, until the next wait or the end.
    pub(crate) fn continue_sync(&mut self, kernel: &mut Kernel, uid: &PodUid, mut run: SyncRun) {
        match core::mem::take(&mut run.wait) {
            Wait::Nothing => {}
            Wait::Volumes => {
                let Some(mounted) = self.try_mount(kernel, uid, run) else { return };
                run = mounted;
                self.plan(kernel, &mut run);
            }
            Wait::Kills => {
                if self.workers.get(uid).is_some_and(|w| w.kills.iter().any(|k| !k.is_done())) {
                    run.wait = Wait::Kills;
                    return self.park(kernel, uid, run, None);
                }
                if let Some(worker) = self.workers.get_mut(uid) {
                    worker.kills.clear();
                }
            }
            Wait::StopSandbox { purge_init } => self.sandbox_stopped(kernel, uid, &run, purge_init),
            Wait::Sandbox { attempt } => self.sandbox_created(kernel, uid, &run, attempt),
            Wait::Start(start) => {
                if let Some(at) = self.continue_start(kernel, uid, &mut run, start) {
                    return self.park(kernel, uid, run, at);
                }
            }
        }
        while let Some(step) = run.steps.pop_front() {
            if let Some(at) = self.take_step(kernel, uid, &mut run, step) {
                return self.park(kernel, uid, run, at);
            }
        }
        self.finish_sync(kernel, uid, run);
    }

    /// Lays out the steps of the sync.
    fn plan(&mut self, kernel: &mut Kernel, run: &mut SyncRun) {
        self.add_probes(kernel, &run.pod);
        let actions: PodActions =
            compute_pod_actions(&run.pod, &run.runtime, &self.probe_results, run.restart_all);
        if actions.create_sandbox && actions.had_sandbox {
            let message = "Pod sandbox changed, it will be killed and re-created.";
            self.pod_event(kernel, &run.pod.clone(), EventType::Normal, "SandboxChanged", message);
        }
        let steps = &mut run.steps;
        if actions.kill_pod {
            if actions.had_sandbox {
                steps.push_back(Step::KillPod { purge_init: actions.create_sandbox });
            }
        } else {
            steps.extend(actions.to_kill.into_iter().map(Step::Kill));
            steps.extend(actions.to_reset.into_iter().map(|(id, kill)| Step::Reset { id, kill }));
        }
        if !run.pod.spec.init_containers.is_empty() {
            steps.push_back(Step::PruneInitContainers);
        }
        if actions.create_sandbox {
            steps.push_back(Step::CreateSandbox { attempt: actions.attempt });
        }
        steps.extend(actions.ephemeral_to_start.into_iter().map(|i| Step::Start(Which::Ephemeral(i))));
        steps.extend(actions.init_to_start.into_iter().map(|i| Step::Start(Which::Init(i))));
        if actions.resize != PodResize::default() {
            steps.push_back(Step::Resize(actions.resize));
        }
        steps.extend(actions.to_start.into_iter().map(|i| Step::Start(Which::App(i))));
    }

    /// Takes one step. `Some` means that the sync has to wait, until the given time if one is known.
    fn take_step(
        &mut self,
        kernel: &mut Kernel,
        uid: &PodUid,
        run: &mut SyncRun,
        step: Step,
    ) -> Option<Option<SimTime>> {
        match step {
            Step::KillPod { purge_init } => {
                run.acted = true;
                self.kill_all(kernel, uid, &run.pod, &run.runtime, None);
                run.steps.push_front(Step::StopSandbox { purge_init });
                run.wait = Wait::Kills;
                let done = self.workers.get(uid).is_none_or(|w| w.kills.iter().all(|k| k.is_done()));
                Some(done.then_some(kernel.now))
            }
            Step::StopSandbox { purge_init } => {
                run.wait = Wait::StopSandbox { purge_init };
                // A sandbox that is dead already has nothing to stop.
                if self.runtime.pod(uid).is_none_or(|p| p.sandboxes.iter().all(|s| !s.ready)) {
                    return Some(Some(kernel.now));
                }
                self.call(kernel, &run.pod, None, Call::StopPodSandbox);
                kernel.network.addresses.release(uid);
                Some(Some(kernel.now + kernel.config.latency.stop_pod_sandbox))
            }
            Step::Kill(target) => {
                run.acted = true;
                let request = KillRequest {
                    id: target.id,
                    name: target.name,
                    message: target.message,
                    reason: target.reason,
                    grace_override: None,
                    ordered: false,
                };
                self.begin_kill(kernel, uid, &run.pod, request);
                run.wait = Wait::Kills;
                Some(self.all_dead(uid).then_some(kernel.now))
            }
            Step::Reset { id, kill } => {
                run.acted = true;
                run.steps.push_front(Step::Remove { id: id.clone() });
                let name = self.runtime.pod(uid).and_then(|p| p.container(&id)).map(|c| c.name.clone())?;
                if !kill {
                    return None;
                }
                let request = KillRequest {
                    id,
                    name,
                    message: "killing".into(),
                    reason: KillReason::RestartAllContainers,
                    grace_override: Some(0),
                    ordered: false,
                };
                self.begin_kill(kernel, uid, &run.pod, request);
                run.wait = Wait::Kills;
                Some(self.all_dead(uid).then_some(kernel.now))
            }
            Step::Remove { id } => {
                run.reset = true;
                self.remove_container(kernel, uid, &id);
                None
            }
            Step::PruneInitContainers => {
                self.prune_init_containers(kernel, uid, run);
                None
            }
            Step::Resize(resize) => {
                self.resize_pod(kernel, uid, run, &resize);
                None
            }
            Step::CreateSandbox { attempt } => {
                run.acted = true;
                run.wait = Wait::Sandbox { attempt };
                Some(Some(kernel.done_after(kernel.config.latency.run_pod_sandbox)))
            }
            Step::Start(which) => self.begin_start(kernel, uid, run, which),
        }
    }

    fn all_dead(&self, uid: &PodUid) -> bool {
        self.workers.get(uid).is_none_or(|w| w.kills.iter().all(|k| k.is_done()))
    }

    fn sandbox_stopped(&mut self, kernel: &mut Kernel, uid: &PodUid, run: &SyncRun, purge_init: bool) {
        // A container that this sync did not know of does not outlive its sandbox either.
        self.kill_processes(kernel, uid);
        let runtime = self.runtime.pod_mut(uid);
        for sandbox in &mut runtime.sandboxes {
            sandbox.ready = false;
        }
        self.touch(kernel, uid);
        if purge_init {
            // A new sandbox runs all init containers again: their records go (`purgeInitContainers`).
            let ids: Vec<String> = run
                .runtime
                .containers
                .iter()
                .filter(|c| run.pod.spec.init_containers.iter().any(|i| i.name == c.name))
                .map(|c| c.id.clone())
                .collect();
            for id in ids {
                self.remove_container(kernel, uid, &id);
            }
        }
    }

    fn sandbox_created(&mut self, kernel: &mut Kernel, uid: &PodUid, run: &SyncRun, attempt: u32) {
        let pod = &run.pod;
        let ip = match pod.spec.host_network {
            true => self.node_ip.clone(),
            false => kernel.network.addresses.assign(self.index, uid),
        };
        let id = kernel.jitter.runtime_id();
        let config = workload::SandboxConfig {
            hostname: if pod.spec.hostname.is_empty() {
                pod.metadata.name.clone()
            } else {
                pod.spec.hostname.clone()
            },
            ip: ip.clone(),
            gateway: if pod.spec.host_network { ip.clone() } else { bridge_address(self.index) },
            epoch_micros: kernel.config.epoch_micros,
            share_process_namespace: pod.spec.share_process_namespace == Some(true),
            seed: kernel.config.seed,
        };
        let volumes = self.volumes_of(kernel, pod);
        let runtime = self.runtime.pod_mut(uid);
        let mut processes = workload::Sandbox::new(config);
        for (name, volume) in volumes {
            // Volumes are the pod's, not the sandbox's: a new sandbox gets them as they are.
            let kept = runtime.processes.as_ref().and_then(|old| old.volume(&name));
            processes.set_volume(&name, kept.unwrap_or(volume));
        }
        runtime.processes = Some(processes);
        runtime.connections.clear();
        runtime.cgroup = Some(PodCgroup::of(&pod.spec));
        runtime.pod = Some(pod.clone());
        runtime.has_storage_limit = has_storage_limit(&pod.spec);
        runtime.sandboxes.push(SandboxStatus { id, attempt, ready: true, ip: ip.clone() });
        self.call(kernel, pod, None, Call::RunPodSandbox { attempt, ip });
        self.touch(kernel, uid);
        self.on_sandbox_ready(kernel, uid, pod);
    }

    /// `PodReadyToStartContainers` turns True before any image is pulled (`OnPodSandboxReady`).
    fn on_sandbox_ready(&mut self, kernel: &mut Kernel, uid: &PodUid, pod: &SharedPod) {
        let mut status = self.statuses.get(uid).unwrap_or(&pod.status).clone();
        let ready = super::conditions::condition(pod, "PodReadyToStartContainers", true, "", String::new());
        match status.conditions.iter_mut().find(|c| c.type_ == ready.type_) {
            Some(condition) => *condition = ready,
            None => status.conditions.push(ready),
        }
        self.set_pod_status(kernel, pod, status);
    }

    /// Keeps only the newest dead record of each init container (`pruneInitContainersBeforeStart`).
    fn prune_init_containers(&mut self, kernel: &mut Kernel, uid: &PodUid, run: &SyncRun) {
        for container in &run.pod.spec.init_containers {
            let dead: Vec<String> = run
                .runtime
                .containers
                .iter()
                .filter(|c| c.name == container.name && c.state == super::runtime::ContainerState::Exited)
                .skip(1)
                .map(|c| c.id.clone())
                .collect();
            for id in dead {
                self.remove_container(kernel, uid, &id);
            }
        }
    }

    fn finish_sync(&mut self, kernel: &mut Kernel, uid: &PodUid, run: SyncRun) {
        for (container, reason) in run.reasons {
            self.reasons.update(uid, &container, reason);
        }
        if run.failed {
            self.complete_work(kernel, uid, Outcome::Error { back_off_until: run.back_off_until });
            return;
        }
        if run.reset {
            // The containers that were cleared away are started at once, whether the PLEG has something to say or not.
            let (pod, reason, cause) = (run.pod, SyncReason::Update, kernel.cause);
            self.update_pod(kernel, Update { pod, reason, cause, kill: None });
        }
        if run.acted {
            // Tell the PLEG to look at this pod now instead of within a second (`RequestPodRelist`).
            let mean = kernel.config.latency.relist;
            let at = kernel.now + kernel.spread(Draw::PodRelist, mean, mean);
            self.wake_at(kernel, at, Timer::RelistPod(uid.clone(), kernel.now));
        }
        self.complete_work(kernel, uid, Outcome::Success);
    }
}
