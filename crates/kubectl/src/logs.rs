//! `kubectl logs`: whose log is meant, and how it is shown (`kubectl/pkg/cmd/logs/logs.go`,
//! `kubectl/pkg/polymorphichelpers/logsforobject.go`).

use crate::age::{self, Micros};
use crate::args::Args;
use crate::json::{Json, condition, is_true};
use crate::kinds::Kind;
use crate::output::Output;
use crate::pod_log::{LogOptions, LogReader, containers_in, is_container};
use crate::selector::Selector;
use crate::snapshot::{Snapshot, namespace_of};
use crate::targets;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::cmp::Reverse;
use lifepod_api::SimTime;
use lifepod_engine::Trace;
use serde_json::Value;

/// How much of each log is shown when pods are selected by their labels (`selectorTail`).
const SELECTOR_TAIL: usize = 10;

/// Runs `logs` with the words after the verb, as of `at`.
pub(crate) fn run(
    trace: &Trace,
    at: SimTime,
    epoch: Micros,
    snapshot: &Snapshot,
    words: &[String],
    args: &Args,
) -> Output {
    let mut output = Output::default();
    let shown = logs(trace, at, epoch, snapshot, words, args, &mut output);
    if let Err(line) = shown {
        output.fail(&line);
    }
    output
}

fn logs(
    trace: &Trace,
    at: SimTime,
    epoch: Micros,
    snapshot: &Snapshot,
    words: &[String],
    args: &Args,
    output: &mut Output,
) -> Result<(), String> {
    let mut options = options(snapshot.now, args).map_err(|e| format!("error: {e}"))?;
    let pods = match (words.first(), args.value("selector")) {
        (Some(first), None) => of_word(snapshot, first, args, output)?,
        (None, Some(_)) => {
            options.tail = options.tail.or(args.value("tail").is_none().then_some(SELECTOR_TAIL));
            let pods =
                targets::resolve(snapshot, &["pods".to_string()], args).map_err(|e| format!("error: {e}"))?;
            if pods.found.is_empty() {
                output.note(&format!("No resources found in {} namespace.", args.namespace()));
            }
            pods.found.into_iter().map(|(_, pod)| pod).collect()
        }
        (Some(_), Some(_)) => return Err("error: only a selector (-l) or a POD name is allowed".into()),
        (None, None) => {
            return Err(
                "error: expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a \
                        required argument for the logs command\nSee 'kubectl logs -h' for help and examples"
                    .into(),
            );
        }
    };
    if args.value("container").is_some() && words.len() == 2 {
        return Err("error: only one of -c or an inline [CONTAINER] arg is allowed".into());
    }
    let wanted = args.value("container").or_else(|| words.get(1).map(String::as_str));
    for pod in pods {
        for container in containers_of(pod, wanted, args, output)? {
            let mut reader = LogReader::open(pod, container, options)
                .map_err(|message| format!("Error from server (BadRequest): {message}"))?;
            let text = reader.read(trace, at, epoch);
            // The logs of all pods say whose each line is, unless that is turned off.
            if args.is_set("prefix") || args.is_set("all-pods") && args.value("prefix").is_none() {
                let prefix = format!("[pod/{}/{container}] ", pod.text("metadata.name"));
                text.split_inclusive('\n')
                    .for_each(|line| output.stdout.push_str(&format!("{prefix}{line}")));
            } else {
                output.stdout.push_str(&text);
            }
        }
    }
    Ok(())
}

/// What the flags say of each log.
fn options(now: Micros, args: &Args) -> Result<LogOptions, String> {
    const SECOND: i64 = 1_000_000;
    let since = match (args.value("since"), args.value("since-time")) {
        (Some(_), Some(_)) => {
            return Err("at most one of `sinceTime` or `sinceSeconds` may be specified".into());
        }
        (Some(_), None) => {
            // Rounded to whole seconds, halves away from zero.
            let ago = (args.micros("since", 0)? + SECOND / 2).div_euclid(SECOND) * SECOND;
            if ago < 0 {
                return Err("--since must be greater than 0".into());
            }
            (ago > 0).then_some(now - ago)
        }
        (None, Some(text)) => {
            let at = age::parse(&Value::from(text));
            Some(at.ok_or_else(|| format!("parsing time {text:?} as RFC 3339: it is no such time"))?)
        }
        (None, None) => None,
    };
    let tail = args.number("tail", -1)?;
    if tail < -1 {
        return Err("--tail must be greater than or equal to -1".into());
    }
    let limit = args.number("limit-bytes", 0)?;
    if limit < 0 {
        return Err("--limit-bytes must be greater than 0".into());
    }
    Ok(LogOptions {
        previous: args.is_set("previous"),
        timestamps: args.is_set("timestamps"),
        tail: usize::try_from(tail).ok(),
        since,
        limit_bytes: usize::try_from(limit).ok().filter(|n| *n > 0),
    })
}

/// The pod of a word, or those behind a workload or a Service: the one whose log is likely to tell most, or all of
/// them (`GetFirstPod`).
fn of_word<'a>(
    snapshot: &'a Snapshot,
    word: &str,
    args: &'a Args,
    output: &mut Output,
) -> Result<Vec<&'a Value>, String> {
    let pair = [if word.contains('/') { word.to_string() } else { format!("pod/{word}") }];
    let found = targets::resolve(snapshot, &pair, args).map_err(|e| format!("error: {e}"))?;
    if let Some(missing) = found.missing.into_iter().next() {
        let missing = missing.strip_prefix("Error from server").unwrap_or(&missing);
        return Err(format!("error: error from server{missing} in namespace {:?}", args.namespace()));
    }
    let Some((kind, object)) = found.found.first() else { return Ok(Vec::new()) };
    if kind.kind == "Pod" {
        return Ok([*object].into());
    }
    let selector = selector_of(kind, object).ok_or_else(|| {
        let why = match kind.kind {
            "Service" => {
                let name = object.text("metadata.name");
                format!("invalid service '{name}': Service is defined without a selector")
            }
            _ => format!("selector for {} not implemented", go_type(kind)),
        };
        format!("error: cannot get the logs from {}: {why}", go_type(kind))
    })?;
    let mut pods: Vec<&Value> =
        snapshot.of_kind("Pod", namespace_of(object)).filter(|p| selector.matches(p)).collect();
    pods.sort_by_cached_key(|pod| by_logging(pod));
    if pods.is_empty() {
        return Err("error: timed out waiting for the condition".into());
    }
    if pods.len() > 1 && !args.is_set("all-pods") {
        let first = pods[0].text("metadata.name");
        output.note(&format!("Found {} pods, using pod/{first}", pods.len()));
        pods.truncate(1);
    }
    Ok(pods)
}

/// `*v1.ConfigMap`
fn go_type(kind: &Kind) -> String {
    format!("*{}.{}", kind.version, kind.kind)
}

/// How an object selects its pods (`SelectorsForObject`); none when it has none.
fn selector_of(kind: &Kind, object: &Value) -> Option<Selector> {
    let field = object.at("spec.selector");
    match kind.kind {
        "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet" | "Job" => Selector::of_field(field).ok(),
        "ReplicationController" | "Service" if !field.is_null() => {
            Selector::of_field(&serde_json::json!({"matchLabels": field})).ok()
        }
        _ => None,
    }
}

/// Pods that run, are ready, and have been so for the longest time come first, then those that restarted most
/// (`podutils.ByLogging`).
fn by_logging(pod: &Value) -> (bool, u8, bool, Micros, Reverse<i64>, Micros) {
    let phase = match pod.text("status.phase") {
        "Unknown" => 1,
        "Pending" => 2,
        _ => 0,
    };
    let ready = is_true(pod, "Ready");
    let since =
        condition(pod, "Ready").filter(|_| ready).and_then(|c| age::parse(c.at("lastTransitionTime")));
    let restarts = pod.list("status.containerStatuses").iter().map(|s| s.int("restartCount")).max();
    let created = age::parse(pod.at("metadata.creationTimestamp")).unwrap_or(Micros::MAX);
    let unassigned = pod.text("spec.nodeName").is_empty();
    (unassigned, phase, !ready, since.unwrap_or(Micros::MAX), Reverse(restarts.unwrap_or(0)), created)
}

/// The containers whose logs are asked for: the one named, all, or the default one, which is said aloud.
fn containers_of<'a>(
    pod: &'a Value,
    wanted: Option<&'a str>,
    args: &Args,
    output: &mut Output,
) -> Result<Vec<&'a str>, String> {
    let apps = containers_in(pod, "containers");
    let inits = containers_in(pod, "initContainers");
    let ephemeral = containers_in(pod, "ephemeralContainers");
    if args.is_set("all-containers") {
        return Ok(inits.into_iter().chain(apps).chain(ephemeral).collect());
    }
    let marked = |names: &[&str], mark: &str| names.iter().map(|n| format!("{n}{mark}")).collect::<Vec<_>>();
    let all =
        [marked(&apps, ""), marked(&ephemeral, " (ephem)"), marked(&inits, " (init)")].concat().join(", ");
    let name = pod.text("metadata.name");
    if let Some(wanted) = wanted {
        if !is_container(pod, wanted) {
            return Err(format!("error: container {wanted} is not valid for pod {name} out of: {all}"));
        }
        return Ok([wanted].into());
    }
    let annotated = pod.at("metadata.annotations").entry("kubectl.kubernetes.io/default-container").as_str();
    if let Some(annotated) = annotated.filter(|a| !a.is_empty()) {
        if is_container(pod, annotated) {
            return Ok([annotated].into());
        }
        output.note(&format!("Default container name {annotated:?} not found in pod {name}"));
    }
    let first = apps.first().copied().unwrap_or("");
    if apps.len() + inits.len() + ephemeral.len() > 1 && !args.is_set("all-pods") {
        output.note(&format!("Defaulted container {first:?} out of: {all}"));
    }
    Ok([first].into())
}
