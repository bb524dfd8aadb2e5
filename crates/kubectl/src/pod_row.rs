//! What `kubectl get pods` shows of a pod: the rule behind READY, STATUS and RESTARTS.
//!
//! STATUS is no field of the pod; the API server composes it for each answer
//! (`pkg/printers/internalversion/printers.go printPod`).

use crate::age::{self, Micros};
use crate::json::{Json, non_empty};
use alloc::format;
use alloc::string::{String, ToString};
use serde_json::Value;

/// The computed columns of a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodRow {
    /// Containers that are ready, sidecars included.
    pub ready: i64,
    /// Containers that count, sidecars included.
    pub total: i64,
    /// STATUS.
    pub status: String,
    /// How often containers were restarted, without the age of the last restart.
    pub restarts: i64,
    /// When the container that was restarted last had ended.
    pub last_restart: Option<Micros>,
}

impl PodRow {
    /// RESTARTS as printed at `now`: `6 (2m1s ago)`.
    pub fn restarts_text(&self, now: Micros) -> String {
        match self.last_restart {
            Some(at) if self.restarts != 0 => {
                format!("{} ({} ago)", self.restarts, age::human_duration(now - at))
            }
            _ => self.restarts.to_string(),
        }
    }
}

/// The row of a pod in its wire form.
pub fn pod_row(pod: &Value) -> PodRow {
    let phase = pod.text("status.phase");
    let mut status: String = non_empty(pod.text("status.reason"), phase).into();
    if condition(pod, "PodScheduled").is_some_and(|c| c.text("reason") == "SchedulingGated") {
        status = "SchedulingGated".into();
    }

    let init_containers = pod.list("spec.initContainers");
    let is_sidecar = |name: &str| {
        init_containers.iter().any(|c| c.text("name") == name && c.text("restartPolicy") == "Always")
    };
    let sidecars = init_containers.iter().filter(|c| c.text("restartPolicy") == "Always").count();
    let total = (pod.list("spec.containers").len() + sidecars) as i64;
    let mut ready = 0;

    // Until the pod is initialized, the init containers are what restarts; afterwards their past is not counted.
    let mut all = Restarts::default();
    let mut of_sidecars = Restarts::default();
    let mut initializing = false;
    for (i, c) in pod.list("status.initContainerStatuses").iter().enumerate() {
        all.add(c);
        let sidecar = is_sidecar(c.text("name"));
        if sidecar {
            of_sidecars.add(c);
        }
        let terminated = c.at("state.terminated");
        let waiting = c.text("state.waiting.reason");
        if !terminated.is_null() && terminated.int("exitCode") == 0 {
            continue;
        }
        if sidecar && c.flag("started") {
            ready += i64::from(c.flag("ready"));
            continue;
        }
        status = if !terminated.is_null() {
            format!("Init:{}", end_of(terminated))
        } else if !matches!(waiting, "" | "PodInitializing") {
            format!("Init:{waiting}")
        } else {
            format!("Init:{i}/{}", init_containers.len())
        };
        initializing = true;
        break;
    }

    if !initializing || is_true(pod, "Initialized") {
        all = of_sidecars;
        let mut has_running = false;
        let mut error = None;
        // From last to first: the first container of the list has the last word.
        for c in pod.list("status.containerStatuses").iter().rev() {
            all.add(c);
            let terminated = c.at("state.terminated");
            let waiting = c.text("state.waiting.reason");
            if !waiting.is_empty() {
                status = waiting.into();
            } else if !terminated.is_null() {
                status = end_of(terminated);
                if terminated.int("exitCode") != 0 {
                    error = Some(status.clone());
                }
            } else if c.flag("ready") && c.has("state.running") {
                has_running = true;
                ready += 1;
            }
        }
        // One container is done while another one runs on.
        if status == "Completed" {
            if has_running && is_true(pod, "Ready") {
                status = "Running".into();
            } else if let Some(error) = error {
                status = error;
            } else if has_running {
                status = "NotReady".into();
            }
        }
    }

    if pod.has("metadata.deletionTimestamp") {
        if pod.text("status.reason") == "NodeLost" {
            status = "Unknown".into();
        } else if !matches!(phase, "Succeeded" | "Failed") {
            status = "Terminating".into();
        }
    }
    PodRow { ready, total, status, restarts: all.count, last_restart: all.last }
}

/// Restarts and the end of the run before the last one.
#[derive(Default)]
struct Restarts {
    count: i64,
    last: Option<Micros>,
}

impl Restarts {
    fn add(&mut self, status: &Value) {
        self.count += status.int("restartCount");
        self.last = self.last.max(age::parse(status.at("lastState.terminated.finishedAt")));
    }
}

/// How a container's end is named: its reason, else its signal, else its exit code.
fn end_of(terminated: &Value) -> String {
    match (terminated.text("reason"), terminated.int("signal")) {
        ("", 0) => format!("ExitCode:{}", terminated.int("exitCode")),
        ("", signal) => format!("Signal:{signal}"),
        (reason, _) => reason.into(),
    }
}

/// The condition of that type.
pub(crate) fn condition<'a>(object: &'a Value, kind: &str) -> Option<&'a Value> {
    object.list("status.conditions").iter().find(|c| c.text("type") == kind)
}

/// Is the condition of that type `True`?
pub(crate) fn is_true(object: &Value, kind: &str) -> bool {
    object.list("status.conditions").iter().any(|c| c.text("type") == kind && c.text("status") == "True")
}
