//! What a container wrote, as the API server and the kubelet give it out (`pkg/registry/core/pod/strategy.go
//! LogLocation`, `pkg/kubelet/kubelet_pods.go validateContainerLogStatus`).

use crate::age::{self, Micros};
use crate::json::{Json, non_empty};
use crate::snapshot::namespace_of;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use lifepod_api::{MicroTime, SimTime};
use lifepod_engine::trace::Call;
use lifepod_engine::{Trace, What};
use serde_json::Value;

/// Which part of a log is wanted, and how (`PodLogOptions`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogOptions {
    /// The run before the current one.
    pub previous: bool,
    /// Each line behind its time.
    pub timestamps: bool,
    /// At most so many lines, the last ones.
    pub tail: Option<usize>,
    /// Nothing that was written before this calendar time.
    pub since: Option<Micros>,
    /// No more than so many bytes.
    pub limit_bytes: Option<usize>,
}

/// Reads the log of one run of a container as it grows.
#[derive(Clone, Debug)]
pub struct LogReader {
    uid: String,
    namespace: String,
    container: String,
    run: i64,
    options: LogOptions,
    /// How much of the trace was looked at.
    seen: usize,
}

impl LogReader {
    /// Begins to read the log of a pod's container. An empty name means its only one.
    ///
    /// # Errors
    /// Why there is no such log, in the server's words (400).
    pub fn open(pod: &Value, container: &str, options: LogOptions) -> Result<Self, String> {
        let container = match container {
            "" => only_container(pod)?,
            name if is_container(pod, name) => name,
            name => return Err(format!("container {name} is not valid for pod {}", name_of(pod))),
        };
        Ok(LogReader {
            uid: pod.text("metadata.uid").into(),
            namespace: namespace_of(pod).into(),
            container: container.into(),
            run: run_of(pod, container, options.previous)?,
            options,
            seen: 0,
        })
    }

    /// What was written since the last call, up to `at`; `epoch` is the calendar time of time zero.
    pub fn read(&mut self, trace: &Trace, at: SimTime, epoch: Micros) -> String {
        let end = trace.len_at(at);
        let mut lines: Vec<(Micros, &str)> = Vec::new();
        for entry in trace.entries().get(self.seen..end).unwrap_or_default() {
            let What::Call(call) = &entry.what else { continue };
            let Call::Output { attempt, line, .. } = &call.call else { continue };
            let same = call.pod.uid == self.uid && call.pod.namespace == self.namespace;
            if same && call.container.as_deref() == Some(&self.container) && i64::from(*attempt) == self.run {
                lines.push((age::at(entry.at, epoch), line));
            }
        }
        self.seen = end;
        // The end of the log is found first; what follows later is not counted.
        if let Some(tail) = self.options.tail.take() {
            lines.drain(..lines.len().saturating_sub(tail));
        }
        lines.retain(|(at, _)| self.options.since.is_none_or(|since| *at >= since));
        let mut text = String::new();
        for (at, line) in lines {
            if self.options.timestamps {
                text.push_str(&format!("{} ", MicroTime(at)));
            }
            text.push_str(line);
            text.push('\n');
        }
        if let Some(left) = &mut self.options.limit_bytes {
            text.truncate(text.floor_char_boundary(*left));
            *left -= text.len();
        }
        text
    }

    /// Whether nothing more will come, as the pod is now; none when it is gone.
    pub fn ended(&self, pod: Option<&Value>) -> bool {
        let Some(pod) = pod.filter(|p| p.text("metadata.uid") == self.uid) else { return true };
        let over = status_of(pod, &self.container)
            .is_none_or(|s| s.int("restartCount") > self.run || !s.has("state.running"));
        over || self.options.limit_bytes == Some(0)
    }
}

fn name_of(pod: &Value) -> &str {
    pod.text("metadata.name")
}

/// The names in a list of a pod's spec.
pub(crate) fn containers_in<'a>(pod: &'a Value, list: &str) -> Vec<&'a str> {
    pod.at("spec").list(list).iter().map(|c| c.text("name")).collect()
}

/// Whether a pod has a container of that name, of whatever sort.
pub(crate) fn is_container(pod: &Value, name: &str) -> bool {
    let lists = ["containers", "initContainers", "ephemeralContainers"];
    lists.iter().any(|list| containers_in(pod, list).contains(&name))
}

fn only_container(pod: &Value) -> Result<&str, String> {
    let (apps, inits) = (containers_in(pod, "containers"), containers_in(pod, "initContainers"));
    if let [only] = apps.as_slice() {
        return Ok(only);
    }
    let mut message = format!(
        "a container name must be specified for pod {}, choose one of: [{}]",
        name_of(pod),
        apps.join(" ")
    );
    if !inits.is_empty() {
        message.push_str(&format!(" or one of the init containers: [{}]", inits.join(" ")));
    }
    Err(message)
}

fn status_of<'a>(pod: &'a Value, container: &str) -> Option<&'a Value> {
    let lists = ["containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"];
    lists.iter().flat_map(|l| pod.at("status").list(l)).find(|s| s.text("name") == container)
}

/// The restart count of the run that is meant. While a container waits to be started again, its last run is both
/// the current and the previous one.
fn run_of(pod: &Value, container: &str, previous: bool) -> Result<i64, String> {
    let name = name_of(pod);
    let Some(status) = status_of(pod, container) else {
        return Err(format!("container {container:?} in pod {name:?} is not available"));
    };
    let count = status.int("restartCount");
    let waiting = !status.has("state.running") && !status.has("state.terminated");
    let has_ended = status.has("lastState.terminated");
    match (previous, waiting, has_ended) {
        (true, true, true) | (false, true, true) | (false, false, _) => Ok(count),
        (true, false, true) => Ok(count - 1),
        (true, _, false) => {
            Err(format!("previous terminated container {container:?} in pod {name:?} not found"))
        }
        (false, true, false) => {
            let reason = non_empty(status.text("state.waiting.reason"), "ContainerCreating");
            let why = match reason {
                "ImagePullBackOff" => "trying and failing to pull image",
                "ErrImagePull" => "image can't be pulled",
                reason => reason,
            };
            Err(format!("container {container:?} in pod {name:?} is waiting to start: {why}"))
        }
    }
}
