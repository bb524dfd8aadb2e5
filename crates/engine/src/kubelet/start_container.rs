//! Starting one container: back-off, image, create, start, postStart
//! (`pkg/kubelet/kuberuntime/kuberuntime_manager.go doBackOff`,
//! `pkg/kubelet/kuberuntime/kuberuntime_container.go startContainer`).

use crate::events::EventType;
use crate::kernel::{Kernel, format_pod};
use crate::kubelet::hooks::{HookRun, Waiter};
use crate::kubelet::image_manager::EnsureImage;
use crate::kubelet::kill_container::KillRequest;
use crate::kubelet::runtime::{ContainerRecord, ContainerState};
use crate::kubelet::sync_pod::{SyncRun, Wait};
use crate::kubelet::{Kubelet, PodUid, SharedPod};
use crate::trace::{Call, Decision, KillReason};
use alloc::collections::VecDeque;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use lifepod_api::duration::go_string;
use lifepod_api::{Container, SimTime};
use lifepod_workload as workload;

/// Which container of the pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    Ephemeral(usize),
    Init(usize),
    App(usize),
}

impl Which {
    pub(crate) fn container(self, pod: &SharedPod) -> &Container {
        match self {
            Which::Ephemeral(i) => &pod.spec.ephemeral_containers[i].common,
            Which::Init(i) => &pod.spec.init_containers[i],
            Which::App(i) => &pod.spec.containers[i],
        }
    }
}

/// A start under way.
#[derive(Clone, Debug)]
pub(crate) struct Start {
    pub(crate) which: Which,
    pub(crate) stage: StartStage,
}

/// How far a start got.
#[derive(Clone, Debug)]
pub(crate) enum StartStage {
    Pulling {
        began: SimTime,
        image: String,
    },
    Creating {
        image_id: String,
        config: Arc<workload::ContainerConfig>,
    },
    Starting {
        id: String,
        config: Arc<workload::ContainerConfig>,
    },
    PostStart {
        id: String,
        result: Option<Result<(), String>>,
    },
    /// postStart failed and the container is being killed.
    Killing {
        message: String,
    },
}

impl Kubelet {
    /// Begins the start of a container. `Some` means that the sync waits.
    pub(crate) fn begin_start(
        &mut self,
        kernel: &mut Kernel,
        uid: &PodUid,
        run: &mut SyncRun,
        which: Which,
    ) -> Option<Option<SimTime>> {
        let pod = run.pod.clone();
        let container = which.container(&pod);
        let cause = kernel.cause;
        if self.is_in_back_off(kernel, run, which, container) {
            kernel.cause = cause;
            return None;
        }
        let image = self.ensure_image(kernel, uid, &pod, container);
        let waits = self.image_ensured(kernel, uid, run, which, image);
        if waits.is_none() {
            kernel.cause = cause;
        }
        waits
    }

    /// Whether the container has to wait before it is started again; says so if it has (`doBackOff`).
    fn is_in_back_off(
        &mut self,
        kernel: &mut Kernel,
        run: &mut SyncRun,
        which: Which,
        container: &Container,
    ) -> bool {
        let Some(dead) = run.runtime.find_exited(&container.name) else { return false };
        let (name, finished_at, attempt) = (container.name.clone(), dead.finished_at, dead.attempt);
        let pod = run.pod.to_ref();
        let key = back_off_key(&run.pod, container);
        if self.crash_loop.is_in_back_off_since(&key, finished_at, kernel.now) {
            let back_off = self.crash_loop.get(&key);
            let until = finished_at + back_off;
            kernel.decide(Decision::CrashLoopBackOff {
                pod: pod.clone(),
                container: name.clone(),
                back_off,
                finished_at,
                until,
            });
            let full = format_pod(&pod);
            let message = format!("Back-off restarting failed container {name} in pod {full}");
            self.container_event(kernel, &run.pod.clone(), &name, EventType::Warning, "BackOff", &message);
            let message = format!(
                "back-off {} restarting failed container={name} pod={full}",
                go_string(back_off.0 as i64 * 1000)
            );
            run.fail_start(which, &name, "CrashLoopBackOff", message, Some(until));
            return true;
        }
        let next_back_off = self.crash_loop.next(&key, finished_at, kernel.now);
        // A container that this very sync has killed still counts as running in its snapshot.
        let attempt = run.runtime.find(&name).map_or(attempt, |newest| newest.attempt);
        kernel.decide(Decision::Restart { pod, container: name, restart_count: attempt + 1, next_back_off });
        false
    }

    /// The connection over which an image was being pulled is gone, and the pull with it.
    pub(crate) fn cut_pull(&mut self, kernel: &mut Kernel, uid: &PodUid) {
        let Some(worker) = self.workers.get(uid) else { return };
        let super::pod_workers::Activity::Syncing(run) = &worker.activity else { return };
        let Wait::Start(Start { which, stage: StartStage::Pulling { image, .. } }) = &run.wait else {
            return;
        };
        let (pod, image) = (run.pod.clone(), image.clone());
        let name = which.container(&pod).name.clone();
        let error = "rpc error: code = Canceled desc = context canceled".into();
        let cause = kernel.cause;
        self.call(kernel, &pod, Some(&name), Call::PullImageFailed { image, error });
        kernel.cause = cause;
    }

    fn image_ensured(
        &mut self,
        kernel: &mut Kernel,
        uid: &PodUid,
        run: &mut SyncRun,
        which: Which,
        image: EnsureImage,
    ) -> Option<Option<SimTime>> {
        let pod = run.pod.clone();
        let container = which.container(&pod);
        match image {
            EnsureImage::Pulling { began, until, image } => {
                run.wait = Wait::Start(Start { which, stage: StartStage::Pulling { began, image } });
                Some(Some(until))
            }
            EnsureImage::Failed { reason, message } => {
                let text = format!("Error: {reason}");
                self.container_event(kernel, &pod, &container.name, EventType::Warning, "Failed", &text);
                run.fail_start(which, &container.name, reason, message, None);
                None
            }
            EnsureImage::Present { image_id } => {
                let attempt = self.next_attempt(run, container);
                match self.container_config(kernel, uid, &pod, container, attempt) {
                    Ok(config) => {
                        let stage = StartStage::Creating { image_id, config: Arc::new(config) };
                        run.wait = Wait::Start(Start { which, stage });
                        Some(Some(kernel.done_after(kernel.config.latency.create_container)))
                    }
                    Err(message) => {
                        let text = format!("Error: {message}");
                        self.container_event(
                            kernel,
                            &pod,
                            &container.name,
                            EventType::Warning,
                            "Failed",
                            &text,
                        );
                        run.fail_start(which, &container.name, "CreateContainerConfigError", message, None);
                        None
                    }
                }
            }
        }
    }

    /// The restart count of the container about to be made.
    fn next_attempt(&self, run: &SyncRun, container: &Container) -> u32 {
        match run.runtime.find(&container.name) {
            Some(record) => record.attempt + 1,
            // Without a record the count goes on from the container's log files.
            None => self.runtime.pod(&run.pod.uid()).map_or(0, |p| p.next_log(&container.name)),
        }
    }

    /// Goes on with a start after a wait. `Some` means that the sync waits again.
    pub(crate) fn continue_start(
        &mut self,
        kernel: &mut Kernel,
        uid: &PodUid,
        run: &mut SyncRun,
        start: Start,
    ) -> Option<Option<SimTime>> {
        let which = start.which;
        let pod = run.pod.clone();
        let container = which.container(&pod);
        match start.stage {
            StartStage::Pulling { began, image } => {
                let ensured = self.finish_pull(kernel, uid, &pod, container, &image, began);
                self.image_ensured(kernel, uid, run, which, ensured)
            }
            StartStage::Creating { image_id, config } => {
                self.create_container(kernel, uid, run, which, image_id, config)
            }
            StartStage::Starting { id, config } => self.start_process(kernel, uid, run, which, id, config),
            StartStage::PostStart { id, result } => match result {
                None => {
                    run.wait =
                        Wait::Start(Start { which, stage: StartStage::PostStart { id, result: None } });
                    Some(None)
                }
                Some(Ok(())) => {
                    run.started(&container.name);
                    None
                }
                Some(Err(message)) => {
                    self.container_event(
                        kernel,
                        &pod,
                        &container.name,
                        EventType::Warning,
                        "FailedPostStartHook",
                        "PostStartHook failed",
                    );
                    let request = KillRequest {
                        id,
                        name: container.name.clone(),
                        message: "FailedPostStartHook".into(),
                        reason: KillReason::PostStartHook,
                        grace_override: None,
                        ordered: false,
                    };
                    self.begin_kill(kernel, uid, &pod, request);
                    run.wait = Wait::Start(Start { which, stage: StartStage::Killing { message } });
                    let dead = self.workers.get(uid).is_none_or(|w| w.kills.iter().all(|k| k.is_done()));
                    Some(dead.then_some(kernel.now))
                }
            },
            StartStage::Killing { message } => {
                if self.workers.get(uid).is_some_and(|w| w.kills.iter().any(|k| !k.is_done())) {
                    run.wait = Wait::Start(Start { which, stage: StartStage::Killing { message } });
                    return Some(None);
                }
                if let Some(worker) = self.workers.get_mut(uid) {
                    worker.kills.clear();
                }
                run.fail_start(which, &container.name, "PostStartHookError", message, None);
                None
            }
        }
    }

    fn create_container(
        &mut self,
        kernel: &mut Kernel,
        uid: &PodUid,
        run: &mut SyncRun,
        which: Which,
        image_id: String,
        config: Arc<workload::ContainerConfig>,
    ) -> Option<Option<SimTime>> {
        let pod = run.pod.clone();
        let container = which.container(&pod);
        let attempt = config.restart_count;
        if let Some(message) = self.create_error(uid, &config) {
            let error = Some(message.clone());
            self.call(kernel, &pod, Some(&container.name), Call::CreateContainer { attempt, error });
            let text = format!("Error: {message}");
            self.container_event(kernel, &pod, &container.name, EventType::Warning, "Failed", &text);
            run.fail_start(which, &container.name, "CreateContainerError", message, None);
            return None;
        }
        let id = kernel.jitter.runtime_id();
        let runtime = self.runtime.pod_mut(uid);
        let sandbox = runtime.sandboxes.last().map_or(String::new(), |s| s.id.clone());
        runtime.containers.push(ContainerRecord {
            id: id.clone(),
            sandbox,
            name: container.name.clone(),
            image: container.image.clone(),
            image_id,
            attempt,
            state: ContainerState::Created,
            started_at: None,
            finished_at: SimTime::ZERO,
            exit_code: 0,
            reason: String::new(),
            message: String::new(),
            resources: container.resources.clone(),
            resize_error: config.behavior.as_ref().and_then(|b| b.resize_error.clone()),
            process: None,
            started_by: None,
            stopped_by: None,
            log_tail: VecDeque::new(),
            log_bytes: 0,
        });
        self.runtime.pod_mut(uid).note_log(&container.name, attempt);
        self.call(kernel, &pod, Some(&container.name), Call::CreateContainer { attempt, error: None });
        self.touch(kernel, uid);
        self.container_event(
            kernel,
            &pod,
            &container.name,
            EventType::Normal,
            "Created",
            "Container created",
        );
        run.wait = Wait::Start(Start { which, stage: StartStage::Starting { id, config } });
        Some(Some(kernel.done_after(kernel.config.latency.start_container)))
    }

    /// The runtime's words when it fails to make the container, as a scenario may have it.
    fn create_error(&mut self, uid: &PodUid, config: &workload::ContainerConfig) -> Option<String> {
        let errors = config.behavior.as_ref()?.create_errors.as_ref()?;
        let attempts = &mut self.runtime.pod_mut(uid).create_attempts;
        let attempts = attempts.entry(config.name.clone()).or_insert(0);
        *attempts += 1;
        (*attempts <= errors.times).then(|| errors.message.clone())
    }

    fn start_process(
        &mut self,
        kernel: &mut Kernel,
        uid: &PodUid,
        run: &mut SyncRun,
        which: Which,
        id: String,
        config: Arc<workload::ContainerConfig>,
    ) -> Option<Option<SimTime>> {
        let pod = run.pod.clone();
        let container = which.container(&pod);
        let name = container.name.clone();
        let attempt = config.restart_count;
        let now = kernel.now;
        let runtime = self.runtime.pod_mut(uid);
        let is_there = runtime.container_mut(&id).is_some();
        let started = match &mut runtime.processes {
            Some(processes) if is_there => {
                let image = kernel.images.unpack(&config.image, kernel.config.epoch_micros);
                let config = workload::ContainerConfig { unpacked: Some(image), ..(*config).clone() };
                processes.start(now, config)
            }
            // Somebody removed it between its creation and its start.
            Some(_) => Err(workload::StartError {
                exit_code: 128,
                errno: "",
                reason: "StartError".into(),
                message: format!(
                    "rpc error: code = NotFound desc = an error occurred when try to find container \"{id}\": not found"
                ),
            }),
            None => return None,
        };
        if let Err(error) = started {
            if let Some(record) = runtime.container_mut(&id) {
                record.state = ContainerState::Exited;
                record.started_at = Some(now);
                record.finished_at = now;
                record.exit_code = error.exit_code;
                record.reason = error.reason.clone();
                record.message = error.message.clone();
            }
            let message = error.message;
            let call = Call::StartContainer { attempt, error: Some(message.clone()) };
            self.call(kernel, &pod, Some(&name), call);
            self.touch(kernel, uid);
            let text = format!("Error: {message}");
            self.container_event(kernel, &pod, &name, EventType::Warning, "Failed", &text);
            run.fail_start(which, &name, "RunContainerError", message, None);
            return None;
        }
        if let (Some(record), Ok(process)) = (runtime.container_mut(&id), started) {
            record.state = ContainerState::Running;
            record.started_at = Some(now);
            record.process = Some(process);
        }
        self.call(kernel, &pod, Some(&name), Call::StartContainer { attempt, error: None });
        if let Some(record) = self.runtime.pod_mut(uid).container_mut(&id) {
            record.started_by = kernel.cause;
        }
        self.touch(kernel, uid);
        let outer = kernel.cause;
        self.run_processes(kernel, uid);
        kernel.cause = outer;
        self.container_event(kernel, &pod, &name, EventType::Normal, "Started", "Container started");

        let Some(hook) = container.lifecycle.as_ref().and_then(|l| l.post_start.as_ref()) else {
            run.started(&name);
            return None;
        };
        let stage = |result| StartStage::PostStart { id: id.clone(), result };
        match self.run_hook(kernel, uid, &pod, &id, hook, Waiter::PostStart) {
            HookRun::Waits => {
                run.wait = Wait::Start(Start { which, stage: stage(None) });
                Some(None)
            }
            HookRun::Until(at) => {
                // A sleep: the worker's own timer ends it.
                run.wait = Wait::Start(Start { which, stage: stage(Some(Ok(()))) });
                Some(Some(at))
            }
            HookRun::Done(result) => {
                run.wait = Wait::Start(Start { which, stage: stage(Some(result)) });
                Some(Some(kernel.now))
            }
        }
    }

    /// The postStart hook of the container being started has ended.
    pub(crate) fn post_start_done(&mut self, kernel: &mut Kernel, uid: &PodUid, outcome: Result<(), String>) {
        let Some(worker) = self.workers.get_mut(uid) else { return };
        if let super::pod_workers::Activity::Syncing(run) = &mut worker.activity
            && let Wait::Start(Start { stage: StartStage::PostStart { result, .. }, .. }) = &mut run.wait
        {
            *result = Some(outcome);
            self.resume(kernel, uid);
        }
    }
}

/// Tells containers apart for the crash-loop back-off; a change of the image or the resources makes a new key
/// (`pkg/kubelet/kuberuntime/helpers.go GetBackoffKey`).
fn back_off_key(pod: &SharedPod, container: &Container) -> String {
    let resources = lifepod_api::wire::Wire::encode(&container.resources);
    format!("{}/{}/{}/{resources}", pod.metadata.uid, container.name, container.image)
}
