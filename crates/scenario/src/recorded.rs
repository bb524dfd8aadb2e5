//! What containers do that were copied out of a real cluster: what their last run did, where nothing tells it better.
//!
//! Nobody has the program of `registry.example.com/shop/api:2.41.0`, but its pod's status knows that it ran for four
//! seconds and ended with code 1. A simulation beside that goes on from there: it crashes as the real one does.

use lifepod_api::{Container, ContainerStateTerminated, ContainerStatus, Pod, SimTime};
use lifepod_engine::BehaviorRule;
use lifepod_manifest::scenario::ANNOTATION_PREFIX;
use lifepod_workload::behavior::{Act, Behavior, Protocol, Run, ScriptedStartError, Step};
use lifepod_workload::{images, is_shell};
use std::fmt::Write as _;

/// A run that began and ended within a second took about this long: a status counts whole seconds.
const WITHIN_A_SECOND: SimTime = SimTime::from_millis(500);
/// More than the limit, in bytes, by which a process that ran out of memory had outgrown it.
const OUTGROWN: u64 = 1 << 20;

/// The last run of a container.
pub(crate) struct LastRun<'p> {
    pub(crate) container: &'p Container,
    /// How long it lasted.
    pub(crate) lasted: SimTime,
    pub(crate) end: End<'p>,
}

/// How it ended.
pub(crate) enum End<'p> {
    /// By itself.
    Exit { code: i32, message: &'p str },
    /// It outgrew this limit, in bytes; none for the node's.
    OutOfMemory { limit: Option<u64> },
    /// It could not even begin.
    NotStarted { code: i32, reason: &'p str, message: &'p str },
}

/// The last runs of a pod's containers that have ended and of which nothing else tells what they do.
pub(crate) fn last_runs(pod: &Pod) -> Vec<LastRun<'_>> {
    if !pod.is_recorded() {
        return Vec::new();
    }
    let statuses = pod.status.init_container_statuses.iter().chain(&pod.status.container_statuses);
    statuses.filter_map(|status| last_run(pod, status)).collect()
}

fn last_run<'p>(pod: &'p Pod, status: &'p ContainerStatus) -> Option<LastRun<'p>> {
    let mut containers = pod.spec.init_containers.iter().chain(&pod.spec.containers);
    let container = containers.find(|container| container.name == status.name)?;
    let is_told = pod.metadata.annotations.contains_key(&format!("{ANNOTATION_PREFIX}{}", container.name));
    // One that runs at the moment may run for ever this time.
    if is_told || status.state.running.is_some() || !is_opaque(container) {
        return None;
    }
    let ended = status.state.terminated.as_ref().or(status.last_state.terminated.as_ref())?;
    let (from, to) = (ended.started_at?, ended.finished_at?);
    let whole = SimTime::from_secs(to.0.saturating_sub(from.0).max(0).unsigned_abs());
    Some(LastRun { container, lasted: whole.max(WITHIN_A_SECOND), end: end(container, status, ended)? })
}

/// Whether the text says too little of its program to run that. What a shell's words say is run; of other programs in
/// unknown images only the status knows what they do.
fn is_opaque(container: &Container) -> bool {
    let says = |program: &String| is_shell(program) || program.rsplit('/').next() == Some("busybox");
    !images::lookup(&container.image).known && !container.command.first().is_some_and(says)
}

fn end<'p>(
    container: &Container,
    status: &ContainerStatus,
    ended: &'p ContainerStateTerminated,
) -> Option<End<'p>> {
    let ContainerStateTerminated { exit_code: code, reason, message, .. } = ended;
    Some(match (reason.as_str(), *code) {
        ("OOMKilled", _) => {
            // The status still knows the limit that was outgrown when the text has a larger one by now.
            let then = status.resources.as_ref().and_then(|resources| resources.limits.get("memory"));
            let limit = then.or_else(|| container.resources.limits.get("memory"));
            End::OutOfMemory { limit: limit.and_then(|limit| u64::try_from(limit.value()).ok()) }
        }
        ("StartError" | "ContainerCannotRun", code) => End::NotStarted { code, reason, message },
        // Nobody knows how it ended, or it was told to: by a probe, or with its pod.
        ("ContainerStatusUnknown", _) | (_, 137 | 143) => return None,
        (_, code) => End::Exit { code, message },
    })
}

/// The behaviours of the containers of a pod that was copied out of a real cluster.
pub(crate) fn behaviors(pod: &Pod) -> impl Iterator<Item = BehaviorRule> + '_ {
    last_runs(pod).into_iter().map(|last| BehaviorRule {
        pods: pod.metadata.name.clone(),
        container: last.container.name.clone(),
        behavior: last.behavior().into(),
    })
}

impl LastRun<'_> {
    fn behavior(&self) -> Behavior {
        let step = |at, act| Step { at, act };
        // While it lasted it cannot have failed its probes too often: that would have ended it otherwise.
        let serves = step(SimTime::ZERO, Act::ListenDeclared { protocol: Protocol::Http });
        let run = match self.end {
            End::NotStarted { code, reason, message } => Run {
                start_error: Some(ScriptedStartError {
                    exit_code: code,
                    reason: reason.to_string(),
                    message: message.to_string(),
                }),
                steps: Vec::new(),
            },
            End::Exit { code, message } => {
                let exit = Act::Exit { code, message: message.to_string() };
                Run { start_error: None, steps: vec![serves, step(self.lasted, exit)] }
            }
            End::OutOfMemory { limit: None } => {
                Run { start_error: None, steps: vec![serves, step(self.lasted, Act::Oom)] }
            }
            // With a larger limit it would have gone on.
            End::OutOfMemory { limit: Some(limit) } => {
                let grows = Act::Memory { bytes: limit.saturating_add(OUTGROWN), over: self.lasted };
                Run { start_error: None, steps: vec![serves, step(SimTime::ZERO, grows)] }
            }
        };
        Behavior { runs: vec![run], ..Behavior::default() }
    }

    /// What is assumed of it, in English and Chinese, as sentences without a full stop.
    pub(crate) fn assumed(&self) -> (String, String) {
        let seconds = self.lasted.as_secs_f64();
        match self.end {
            End::NotStarted { code, .. } => (
                format!("it does what its last recorded start did: it cannot be started (exit code {code})"),
                format!("假定它重复上次被记录的启动：无法启动（退出码 {code}）"),
            ),
            End::Exit { code, .. } => (
                format!(
                    "it does what its last recorded run did: it ends with exit code {code} after {seconds} s"
                ),
                format!("假定它重复上次被记录的运行：{seconds} 秒后以退出码 {code} 结束"),
            ),
            End::OutOfMemory { .. } => (
                format!("it does what its last recorded run did: it runs out of memory after {seconds} s"),
                format!("假定它重复上次被记录的运行：{seconds} 秒后内存耗尽"),
            ),
        }
    }

    /// An item for `behaviors` that says the same, without indentation.
    pub(crate) fn behavior_text(&self, pods: &str) -> String {
        let mut out = format!("- pods: {pods:?}\n  container: {}\n", self.container.name);
        if let End::NotStarted { message, .. } = self.end {
            let _ = writeln!(out, "  runs:\n  - startError: {message:?}");
            return out;
        }
        let seconds = self.lasted.as_secs_f64();
        let tcp = self.container.ports.iter().filter(|port| port.protocol != "UDP");
        let listens: String = tcp.map(|port| format!("  - listen: {}\n", port.container_port)).collect();
        let _ = match self.end {
            End::Exit { code, .. } => writeln!(out, "  run:\n{listens}  - {{at: {seconds}s, exit: {code}}}"),
            End::OutOfMemory { .. } => writeln!(out, "  run:\n{listens}  - {{at: {seconds}s, oom: true}}"),
            End::NotStarted { .. } => Ok(()),
        };
        out
    }
}
