//! What `kubectl get pods` shows of a pod: the rule behind READY, STATUS and RESTARTS.
//!
//! STATUS is no field of the pod; the API server composes it for each answer
//! (`pkg/printers/internalversion/printers.go printPod`).

use crate::age::{self, Micros};
use alloc::format;
use alloc::string::{String, ToString};
use lifepod_api::{ContainerStateTerminated, ContainerStatus, Pod, Time, is_pod_phase_terminal};

/// The computed columns of a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodRow {
    /// Containers that are ready, sidecars included.
    pub ready: usize,
    /// Containers that count, sidecars included.
    pub total: usize,
    /// STATUS.
    pub status: String,
    /// How often containers were restarted, without the age of the last restart.
    pub restarts: i32,
    /// When the container that was restarted last had ended.
    pub last_restart: Option<Time>,
}

impl PodRow {
    /// READY as printed: `1/2`.
    pub fn ready_text(&self) -> String {
        format!("{}/{}", self.ready, self.total)
    }

    /// RESTARTS as printed at `now`: `6 (2m1s ago)`.
    pub fn restarts_text(&self, now: Micros) -> String {
        match self.last_restart {
            Some(Time(at)) if self.restarts != 0 => {
                format!("{} ({} ago)", self.restarts, age::human_duration(now - at.saturating_mul(1_000_000)))
            }
            _ => self.restarts.to_string(),
        }
    }
}

/// The row of a pod.
pub fn pod_row(pod: &Pod) -> PodRow {
    let (spec, status) = (&pod.spec, &pod.status);
    let mut reason = if status.reason.is_empty() { status.phase.clone() } else { status.reason.clone() };
    if status.conditions.iter().any(|c| c.type_ == "PodScheduled" && c.reason == "SchedulingGated") {
        reason = "SchedulingGated".into();
    }

    let sidecars = || spec.init_containers.iter().filter(|c| c.restart_policy.as_deref() == Some("Always"));
    let total = spec.containers.len() + sidecars().count();
    let mut ready = 0;

    // Until the pod is initialized, the init containers are what restarts; afterwards their past is not counted.
    let mut all = Restarts::default();
    let mut of_sidecars = Restarts::default();
    let mut initializing = false;
    for (i, c) in status.init_container_statuses.iter().enumerate() {
        all.add(c);
        let is_sidecar = sidecars().any(|s| s.name == c.name);
        if is_sidecar {
            of_sidecars.add(c);
        }
        match (&c.state.terminated, &c.state.waiting) {
            (Some(t), _) if t.exit_code == 0 => continue,
            _ if is_sidecar && c.started == Some(true) => {
                ready += usize::from(c.ready);
                continue;
            }
            (Some(t), _) => reason = format!("Init:{}", end_of(t)),
            (None, Some(w)) if !matches!(w.reason.as_str(), "" | "PodInitializing") => {
                reason = format!("Init:{}", w.reason);
            }
            _ => reason = format!("Init:{i}/{}", spec.init_containers.len()),
        }
        initializing = true;
        break;
    }

    let is_true = |kind: &str| status.conditions.iter().any(|c| c.type_ == kind && c.status == "True");
    if !initializing || is_true("Initialized") {
        all = of_sidecars;
        let mut has_running = false;
        let mut error = None;
        // From last to first: the first container of the list has the last word.
        for c in status.container_statuses.iter().rev() {
            all.add(c);
            match (&c.state.waiting, &c.state.terminated, &c.state.running) {
                (Some(w), ..) if !w.reason.is_empty() => reason.clone_from(&w.reason),
                (_, Some(t), _) => {
                    reason = end_of(t);
                    if t.exit_code != 0 {
                        error = Some(reason.clone());
                    }
                }
                (.., Some(_)) if c.ready => {
                    has_running = true;
                    ready += 1;
                }
                _ => {}
            }
        }
        // One container is done while another one runs on.
        if reason == "Completed" {
            if has_running && is_true("Ready") {
                reason = "Running".into();
            } else if let Some(error) = error {
                reason = error;
            } else if has_running {
                reason = "NotReady".into();
            }
        }
    }

    if pod.metadata.deletion_timestamp.is_some() {
        if status.reason == "NodeLost" {
            reason = "Unknown".into();
        } else if !is_pod_phase_terminal(&status.phase) {
            reason = "Terminating".into();
        }
    }
    PodRow { ready, total, status: reason, restarts: all.count, last_restart: all.last }
}

/// Restarts and the end of the run before the last one.
#[derive(Default)]
struct Restarts {
    count: i32,
    last: Option<Time>,
}

impl Restarts {
    fn add(&mut self, status: &ContainerStatus) {
        self.count = self.count.saturating_add(status.restart_count);
        self.last = self.last.max(status.last_state.terminated.as_ref().and_then(|t| t.finished_at));
    }
}

/// How a container's end is named: its reason, else its signal, else its exit code.
fn end_of(t: &ContainerStateTerminated) -> String {
    match (t.reason.as_str(), t.signal) {
        ("", 0) => format!("ExitCode:{}", t.exit_code),
        ("", signal) => format!("Signal:{signal}"),
        (reason, _) => reason.into(),
    }
}
