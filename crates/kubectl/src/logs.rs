//! `kubectl logs`: what the processes of a pod wrote (`kubectl/pkg/cmd/logs/logs.go`, and for which run of a
//! container is meant, `pkg/kubelet/kubelet_pods.go validateContainerLogStatus`).

use crate::age::{self, Micros};
use crate::args::Args;
use crate::json::{Json, non_empty};
use crate::output::Output;
use crate::snapshot::{Snapshot, namespace_of};
use crate::targets;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use lifepod_api::{MicroTime, SimTime};
use lifepod_engine::trace::Call;
use lifepod_engine::{Trace, What};
use serde_json::Value;

/// Runs `logs` with the words after the verb, as of `at`.
pub(crate) fn run(
    trace: &Trace,
    at: SimTime,
    epoch: Micros,
    snapshot: &Snapshot,
    words: &[String],
    args: &Args,
) -> Output {
    let Some(first) = words.first() else {
        return Output::error(
            "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required argument \
             for the logs command\nSee 'kubectl logs -h' for help and examples",
        );
    };
    let pair = [if first.contains('/') { first.clone() } else { format!("pod/{first}") }];
    let found = match targets::resolve(snapshot, &pair, args) {
        Ok(found) => found,
        Err(message) => return Output::error(&message),
    };
    let mut output = Output::default();
    let Some((kind, pod)) = found.found.first() else {
        found.missing.iter().for_each(|line| output.fail(line));
        return output;
    };
    if kind.kind != "Pod" {
        return Output::error(&format!("cannot get the logs from *v1.{}: name a pod", kind.kind));
    }
    let wanted = args.value("container").or_else(|| words.get(1).map(String::as_str));
    let containers = match containers_of(pod, wanted, args, &mut output) {
        Ok(containers) => containers,
        Err(line) => {
            output.fail(&line);
            return output;
        }
    };
    for container in containers {
        let attempt = match run_of(pod, container, args.is_set("previous")) {
            Ok(attempt) => attempt,
            Err(message) => {
                output.fail(&format!("Error from server (BadRequest): {message}"));
                return output;
            }
        };
        let mut lines = lines_of(trace, at, epoch, pod, container, attempt, args);
        if let Some(tail) = args.value("tail").and_then(|t| t.parse::<usize>().ok()) {
            lines.drain(..lines.len().saturating_sub(tail));
        }
        lines.iter().for_each(|line| output.stdout.push_str(line));
    }
    output
}

/// The containers whose logs are asked for: the one named, all, or the default one, which is said aloud.
fn containers_of<'a>(
    pod: &'a Value,
    wanted: Option<&str>,
    args: &Args,
    output: &mut Output,
) -> Result<Vec<&'a str>, String> {
    let names = |field: &str| pod.at("spec").list(field).iter().map(|c| c.text("name")).collect::<Vec<_>>();
    let (apps, inits) = (names("containers"), names("initContainers"));
    let all: Vec<&str> = inits.iter().chain(&apps).copied().collect();
    if args.is_set("all-containers") {
        return Ok(all);
    }
    if let Some(wanted) = wanted {
        let found = all.iter().find(|n| **n == wanted);
        let pod = pod.text("metadata.name");
        return found
            .map(|n| [*n].into())
            .ok_or_else(|| format!("error: container {wanted} is not valid for pod {pod}"));
    }
    let annotated = pod.at("metadata.annotations").entry("kubectl.kubernetes.io/default-container").as_str();
    if let Some(name) = annotated.and_then(|a| all.iter().find(|n| **n == a)) {
        return Ok([*name].into());
    }
    let first = apps.first().copied().unwrap_or("");
    if all.len() > 1 {
        let inits = inits.iter().map(|n| format!("{n} (init)"));
        let list: Vec<String> = apps.iter().map(|n| String::from(*n)).chain(inits).collect();
        output.note(&format!("Defaulted container {first:?} out of: {}", list.join(", ")));
    }
    Ok([first].into())
}

/// The restart count of the run that is meant. While a container waits to be started again, its last run is both
/// the current and the previous one.
fn run_of(pod: &Value, container: &str, previous: bool) -> Result<i64, String> {
    let name = pod.text("metadata.name");
    let lists = ["containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"];
    let status = lists.iter().flat_map(|l| pod.at("status").list(l)).find(|s| s.text("name") == container);
    let Some(status) = status else {
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

/// The lines that a run wrote up to `at`.
fn lines_of(
    trace: &Trace,
    at: SimTime,
    epoch: Micros,
    pod: &Value,
    container: &str,
    run: i64,
    args: &Args,
) -> Vec<String> {
    let (uid, name) = (pod.text("metadata.uid"), pod.text("metadata.name"));
    let mut lines = Vec::new();
    for entry in &trace.entries()[..trace.len_at(at)] {
        let What::Call(call) = &entry.what else { continue };
        let Call::Output { attempt, line, .. } = &call.call else { continue };
        let same = call.pod.uid == uid && call.pod.namespace == namespace_of(pod);
        if same && call.container.as_deref() == Some(container) && i64::from(*attempt) == run {
            let prefix =
                if args.is_set("prefix") { format!("[pod/{name}/{container}] ") } else { String::new() };
            let stamp = if args.is_set("timestamps") {
                format!("{} ", MicroTime(age::at(entry.at, epoch)))
            } else {
                String::new()
            };
            lines.push(format!("{prefix}{stamp}{line}\n"));
        }
    }
    lines
}
