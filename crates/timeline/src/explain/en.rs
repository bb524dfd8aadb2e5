//! The sentences in English.

use super::fact::{Fact, Probed, refusals};
use super::{budgets, endpoints};
use crate::words::{Lang, clock};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use lifepod_api::{ContainerState, SimTime};
use lifepod_engine::trace::{KillReason, PodEnd, ProbeKind, SyncReason};

fn length(time: SimTime) -> String {
    Lang::En.length(time)
}

fn seconds(n: u64) -> String {
    length(SimTime::from_secs(n))
}

fn ordinal(n: u32) -> String {
    let suffix = match (n % 10, n % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{n}{suffix}")
}

/// The full name of a signal, whether it comes as `TERM` or as `SIGTERM`.
fn full(signal: &str) -> String {
    format!("SIG{}", signal.strip_prefix("SIG").unwrap_or(signal))
}

fn probe_name(kind: ProbeKind) -> &'static str {
    match kind {
        ProbeKind::Startup => "startup probe",
        ProbeKind::Readiness => "readiness probe",
        ProbeKind::Liveness => "liveness probe",
    }
}

/// What happened, in few words.
pub(super) fn headline(fact: &Fact<'_>) -> String {
    match fact {
        Fact::Started { container, run: 1, .. } => format!("{container} started"),
        Fact::Started { container, run, .. } => format!("{container} started for the {} time", ordinal(*run)),
        Fact::Exited { container, oom: true, .. } => format!("{container} ran out of memory"),
        Fact::Exited { container, code, .. } => format!("{container} exited with code {code}"),
        Fact::CrashBackOff { container, back_off, .. } => {
            format!("{container} is not restarted yet: back-off of {}", length(*back_off))
        }
        Fact::ImageBackOff { image, back_off, .. } => {
            format!("{image} is not pulled again yet: back-off of {}", length(*back_off))
        }
        Fact::Restarted { container, count, .. } => {
            format!("{container} is restarted, the {} time", ordinal(*count))
        }
        Fact::StaysDead { container, .. } => format!("{container} is not restarted"),
        Fact::Throttled { client, .. } => format!("{client} waits for its turn at the API server"),
        Fact::KillDecided { container, .. } => format!("The kubelet kills {container}"),
        Fact::StopSent { container, signal, .. } => format!("{container} is sent {}", full(signal)),
        Fact::StopAbandoned { container } => format!("The stop of {container} is abandoned"),
        Fact::Killed { container } => format!("{container} is killed"),
        Fact::Probed(p) => {
            let what = if p.unknown {
                "could not say"
            } else if p.passed {
                "succeeded"
            } else {
                "failed"
            };
            format!("The {} of {} {what}", probe_name(p.kind), p.container)
        }
        Fact::DeletionAsked { pod, .. } => format!("{pod} is being deleted"),
        Fact::Gone { kind, name, .. } => format!("{kind} {name} is gone"),
        Fact::Created { kind, name, .. } => format!("{kind} {name} was created"),
        Fact::Changed { kind, name, .. } => format!("{kind} {name} changed"),
        Fact::Bound { pod, node } => format!("{pod} is bound to {node}"),
        Fact::Scheduled { node, .. } => format!("The scheduler chose {node}"),
        Fact::Unschedulable { .. } => "No node fits the pod".into(),
        Fact::PhaseStored { to, .. } | Fact::PhaseDerived { to, .. } => format!("The phase is {to}"),
        Fact::StateStored { container, state } => format!("The API shows {container} {}", state_name(state)),
        Fact::ConditionStored { kind, holds, .. } => {
            format!("{kind} became {}", if *holds { "True" } else { "False" })
        }
        Fact::EventRecorded { reason, .. } => format!("Event {reason}"),
        Fact::SandboxReady { ip, .. } => format!("The pod has its IP {ip}"),
        Fact::PullBegan { image, .. } => format!("{image} is being pulled"),
        Fact::Pulled { image, .. } => format!("{image} is pulled"),
        Fact::PullFailed { image, .. } => format!("{image} cannot be pulled"),
        Fact::Action { text, .. } => (*text).into(),
        Fact::Requested { requests, .. } => endpoints::asked(Lang::En, requests),
        Fact::Evicted { pod, refused, .. } => budgets::asked(Lang::En, pod, *refused),
        Fact::PodEnded { pod, why: PodEnd::Pressure | PodEnd::StorageLimit { .. }, .. } => {
            format!("{pod} is evicted by its node")
        }
        Fact::PodEnded { pod, .. } => format!("{pod} is ended by its node"),
        Fact::Budget { name, status } => budgets::headline(Lang::En, name, status),
        Fact::Endpoints { service, moves } => endpoints::headline(Lang::En, service, moves),
        Fact::Proxied(proxied) => match proxied.endpoints.len() {
            0 => format!("The nodes send {} to nobody", proxied.service.name),
            1 => format!("The nodes send {} to 1 pod", proxied.service.name),
            n => format!("The nodes send {} to {n} pods", proxied.service.name),
        },
        other => sentence(other),
    }
}

fn state_name(state: &ContainerState) -> String {
    match (&state.waiting, &state.running, &state.terminated) {
        (Some(w), ..) if w.reason.is_empty() => "waiting".into(),
        (Some(w), ..) => format!("waiting ({})", w.reason),
        (_, Some(_), _) => "running".into(),
        (.., Some(t)) => format!("terminated ({}, exit code {})", t.reason, t.exit_code),
        _ => "waiting".into(),
    }
}

/// What an exit code tells of how the process ended.
fn meaning(code: i32) -> &'static str {
    match code {
        126 => ": the command is there but cannot be executed",
        127 => ": the command was not found",
        137 => ": SIGKILL ended it (128 + 9)",
        139 => ": it crashed with a segmentation fault (128 + 11)",
        143 => ": SIGTERM ended it (128 + 15)",
        _ => "",
    }
}

/// What happened and by which rule.
pub(super) fn sentence(fact: &Fact<'_>) -> String {
    match fact {
        Fact::Action { text, refused: None } => format!("`{text}`"),
        Fact::Action { text, refused: Some(why) } => format!("`{text}` was refused: {why}"),
        Fact::Created { kind, name, by } => {
            format!("The API server stored the new {kind} {name}, written by {by}.")
        }
        Fact::Gone { kind: _, name, by: "kubelet" } => format!(
            "The kubelet saw that nothing of {name} is left on its node and had the API object removed."
        ),
        Fact::Gone { kind, name, by } => format!("{by} removed {kind} {name} from the API."),
        Fact::Changed { kind, name, by } => format!("{by} stored a new revision of {kind} {name}."),
        Fact::Bound { pod, node } => {
            format!("The scheduler bound {pod} to {node}; from now on that node's kubelet runs it.")
        }
        Fact::DeletionAsked { pod, grace: 0, by } => {
            format!("{by} asked for {pod} to be deleted at once, without a grace period.")
        }
        Fact::DeletionAsked { pod, grace, by } => format!(
            "{by} asked for {pod} to be deleted. The API server only marked it: its containers have {} to end.",
            seconds(*grace)
        ),
        Fact::PhaseStored { pod, from, to } => {
            format!("The kubelet reported that the phase of {pod} went from {from} to {to}.")
        }
        Fact::StateStored { container, state } => {
            format!("The kubelet reported {container} as {} to the API server.", state_name(state))
        }
        Fact::ConditionStored { pod, kind, holds, reason, message } => {
            let value = if *holds { "True" } else { "False" };
            let why = match (*reason, *message) {
                ("", _) => String::new(),
                (reason, "") => format!(" ({reason})"),
                (reason, message) => format!(" ({reason}: {message})"),
            };
            format!("The condition {kind} of {pod} became {value}{why}.")
        }
        Fact::EventRecorded { reason, message, count, by } => {
            let times =
                if *count > 1 { format!(", for the {} time", ordinal(*count as u32)) } else { String::new() };
            format!("{by} recorded the Event {reason}{times}: {message}")
        }
        Fact::SandboxReady { ip, again } => {
            let again = if *again { " anew" } else { "" };
            format!("The runtime made the pod's sandbox{again}: a network namespace with the IP {ip}.")
        }
        Fact::SandboxStopped => "The runtime took down the pod's sandbox and its network.".into(),
        Fact::SandboxRemoved => "The runtime removed the record of the pod's sandbox.".into(),
        Fact::PullBegan { container, image } => format!("The kubelet had `{image}` pulled for {container}."),
        Fact::Pulled { image, took, size_bytes } => {
            format!("`{image}` was pulled in {} ({} MB).", length(*took), size_bytes.div_ceil(1_000_000))
        }
        Fact::PullFailed { image, error } => format!("`{image}` could not be pulled: {error}"),
        Fact::ContainerCreated { container } => format!("The runtime created {container} from its image."),
        Fact::CreateFailed { container, error } => format!("{container} could not be created: {error}"),
        Fact::Started { container, run, process, image } => {
            let time = if *run == 1 { String::new() } else { format!(" for the {} time", ordinal(*run)) };
            match process {
                Some(process) => format!("{container} was started{time} and runs `{process}`."),
                None => format!("{container} was started{time} and runs what its image `{image}` says."),
            }
        }
        Fact::StartFailed { container, error } => format!("{container} could not be started: {error}"),
        Fact::StopSent { container, signal, grace } => format!(
            "The runtime sent {} to {container}; SIGKILL would follow after {}.",
            full(signal),
            seconds(*grace)
        ),
        Fact::StopAbandoned { container } => format!(
            "The kubelet that was stopping {container} went away: the signal was sent, and SIGKILL will not follow."
        ),
        Fact::Killed { container } => {
            format!(
                "{container} was still running when its grace period was over, so the runtime sent SIGKILL."
            )
        }
        Fact::Exited { container, code, oom, signal, lasted, said, .. } => {
            let after = match lasted {
                None => String::new(),
                Some(SimTime(0)) => " at once".into(),
                Some(t) => format!(" after {}", length(*t)),
            };
            if *oom {
                return format!(
                    "The kernel killed {container}{after}: it used more memory than its limit (exit code {code})."
                );
            }
            let by = match signal {
                Some(signal) if !matches!(code, 137 | 143) => format!(", having got {}", full(signal)),
                _ => String::new(),
            };
            let said = said.map_or_else(String::new, |line| format!(" It wrote `{line}`."));
            format!("{container} exited with code {code}{after}{by}{}.{said}", meaning(*code))
        }
        Fact::SandboxResized => "The runtime was told what the pod as a whole may use now.".into(),
        Fact::ContainerResized { container, error: None } => {
            format!("What {container} may use was changed while it runs.")
        }
        Fact::ContainerResized { container, error: Some(error) } => {
            format!("The runtime refused to change what {container} may use: {error}.")
        }
        Fact::ContainerRemoved { container } => format!("The runtime removed the record of {container}."),
        Fact::HookRan { container, command, code, took } => {
            let outcome = code.map_or_else(|| "was cut off".to_string(), |c| format!("exited with code {c}"));
            format!("The hook `{command}` ran in {container} and {outcome} after {}.", length(*took))
        }
        Fact::HookRequested { url, outcome } => format!("The hook requested {url}: {outcome}."),
        Fact::Listening { container, port } => format!("{container} began to listen on port {port}."),
        Fact::Wrote { container, line } => format!("{container} wrote `{line}`."),
        Fact::CommandEnded { code: 0 } => "The command was done.".into(),
        Fact::CommandEnded { code } => format!("The command ended with exit code {code}."),
        Fact::Probed(p) => probed(p),
        Fact::Scheduled { node, feasible, nodes } => match (feasible, nodes) {
            (0 | 1, 0 | 1) => format!("The scheduler chose {node}, the only node there is."),
            (1, n) => format!("The scheduler chose {node}, the only one of {n} nodes that fits."),
            (f, n) => {
                format!("The scheduler chose {node}: of {n} nodes {f} fit, and it had the highest score.")
            }
        },
        Fact::Unschedulable { verdicts } => {
            let reasons: Vec<String> =
                refusals(verdicts).iter().map(|(n, reason)| format!("{n} × {reason}")).collect();
            format!("The scheduler found no node for the pod, of {}: {}.", verdicts.nodes, reasons.join(", "))
        }
        Fact::Synced { why } => match why {
            SyncReason::Create => "The kubelet saw the pod for the first time and began to bring it up.",
            SyncReason::Update => "The kubelet saw that the API object had changed.",
            SyncReason::Kill => "The kubelet began to end the pod.",
            SyncReason::ContainerChange => {
                "The kubelet noticed that a container had changed: it compares every second, and right after it did \
                 something itself."
            }
            SyncReason::Probe => "A probe's result had changed, so the kubelet looked at the pod again.",
            SyncReason::Requeue => "The time had come at which the kubelet wanted to look at the pod again.",
            SyncReason::ActiveDeadline => "The pod had run for as long as `activeDeadlineSeconds` allows.",
        }
        .into(),
        Fact::CrashBackOff { container, back_off, until, left, exits } => {
            let exits = if *exits > 1 {
                format!("{container} has ended {exits} times")
            } else {
                format!("{container} has ended")
            };
            format!(
                "{exits}, so the kubelet waits {} from its last end before it starts it again: until {}, {} from now. \
                 The wait doubles with each restart, from 10 s up to 5 min, and starts over once a run lasts longer \
                 than 10 min.",
                length(*back_off),
                clock(*until, true),
                length(*left)
            )
        }
        Fact::Restarted { container, count, next } => {
            let next = if next.0 == 0 {
                String::new()
            } else {
                format!(" If it ends again soon, the kubelet will wait {}.", length(*next))
            };
            format!(
                "The restart policy says that {container} is started again, the {} time.{next}",
                ordinal(*count)
            )
        }
        Fact::StaysDead { container, policy, code } => {
            format!(
                "{container} stays as it is: after exit code {code} the restart policy {policy} does not start it again."
            )
        }
        Fact::ImageBackOff { image, back_off, until } => format!(
            "The last pull of `{image}` failed, so the kubelet waits {} before the next: until {}. The wait doubles \
             with each failure, from 10 s up to 5 min.",
            length(*back_off),
            clock(*until, true)
        ),
        Fact::KillDecided { container, why, grace, threshold } => {
            let times = threshold.map_or_else(|| "too often".to_string(), |n| format!("{n} times in a row"));
            let why = match why {
                KillReason::PodTermination => "the pod ends".into(),
                KillReason::LivenessProbe => format!("its liveness probe failed {times}"),
                KillReason::StartupProbe => format!("its startup probe failed {times}"),
                KillReason::PostStartHook => "its postStart hook failed".into(),
                KillReason::DefinitionChanged => "its image or name was changed".into(),
                KillReason::SandboxChanged => "the pod's sandbox has to be made anew".into(),
                KillReason::RestartAllContainers => "a restart rule restarts all containers".into(),
                KillReason::Resize => "a resize needs a restart".into(),
            };
            format!("The kubelet decided to stop {container}: {why}. It gives it {} to end.", length(*grace))
        }
        Fact::PodEnded { pod, why, message } => match why {
            PodEnd::Pressure => format!(
                "The kubelet evicted {pod}. {message} One pod goes at a time: those first that use more than they \
                 requested, of these the one of the lowest priority, then the one that is furthest above its request."
            ),
            PodEnd::StorageLimit { .. } => format!(
                "The kubelet evicted {pod}. {message} Nothing stops a process at such a limit: the kubelet looks \
                 every 10 s, and measures volumes about once a minute."
            ),
            PodEnd::Preemption => format!(
                "The kubelet ended {pod} to make room for a critical pod that was assigned to its node: as few pods as \
                 will do, the smallest of them, Guaranteed ones last."
            ),
            PodEnd::NodeShutdown => format!(
                "The kubelet ended {pod} because its node is being shut down: ordinary pods first, critical ones last."
            ),
        },
        Fact::Requeued { base, due } => format!(
            "The kubelet will look at the pod again at {} at the latest ({} and a random half more).",
            clock(*due, true),
            length(*base)
        ),
        Fact::Throttled { client, component, limits: [rate, size], qps, burst } => format!(
            "`{client}` had no token left for its calls to the API server. Its client may make {qps} of them a second, \
             and {burst} at once after a pause (`{rate}` and `{size}` of {component}): what it does next waits for its \
             turn."
        ),
        Fact::PhaseDerived { from, to } => {
            format!("The kubelet derived the phase {to} from the states of the containers (it was {from}).")
        }
        Fact::Requested { requests, known } => {
            endpoints::requested(Lang::En, requests, known.as_ref())
        }
        Fact::Endpoints { service, moves } => endpoints::sentence(Lang::En, service, moves),
        Fact::Proxied(proxied) => {
            let service = &proxied.service.name;
            let list = proxied.endpoints.join(", ");
            match (proxied.endpoints.is_empty(), proxied.terminating) {
                (true, _) => format!("The proxies of the nodes learned that nobody stands behind {service}: they reject its connections."),
                (_, true) => format!("No endpoint of {service} is ready, so the proxies of the nodes fall back to those that end and still serve: {list}."),
                _ => format!("The proxies of the nodes send new connections to {service} from now on to {list}. They follow the EndpointSlices at most once a second."),
            }
        }
        Fact::Evicted { pod, budget, refused } => budgets::evicted(Lang::En, pod, budget, *refused),
        Fact::Budget { name, status } => budgets::sentence(Lang::En, name, status),
        Fact::Assumed { container, subject, assumed } => {
            format!("lifepod does not know {subject} of {container} and assumed: {assumed}.")
        }
        Fact::Rounds { times: 0 } => "Before that, the same steps repeated.".into(),
        Fact::Rounds { times: 1 } => "Before that, the same round happened once more.".into(),
        Fact::Rounds { times } => {
            format!("Before that, the same round happened {times} more times.")
        }
    }
}

fn probed(p: &Probed<'_>) -> String {
    let name = probe_name(p.kind);
    let does = if p.does.is_empty() { String::new() } else { format!(" {}", p.does) };
    let every = p.period.map_or_else(String::new, |t| format!(", every {}", length(t)));
    if p.unknown {
        return format!(
            "The {name}{does} of {} could not be run; the attempt counts for nothing.",
            p.container
        );
    }
    if p.passed {
        let effect = match (p.kind, p.run == p.threshold) {
            (ProbeKind::Readiness, true) => ": from now on the container is ready",
            (ProbeKind::Startup, true) => ": the container counts as started, and its other probes begin",
            _ => "",
        };
        return format!("The {name}{does} of {} succeeded{effect}.", p.container);
    }
    let output = if p.output.is_empty() { String::new() } else { format!(" It said `{}`.", p.output) };
    let effect = match (p.run >= p.threshold, p.kind) {
        (false, _) => format!("{} more and the limit is reached", p.threshold - p.run),
        (true, ProbeKind::Readiness) => "the limit, so the container is not ready".into(),
        (true, _) => "the limit, so the container has to be restarted".into(),
    };
    let times = if p.run == 1 { "for the first time".into() } else { format!("{} times in a row", p.run) };
    format!("The {name}{does} of {} failed {times}{every}: {effect}.{output}", p.container)
}
