//! What happened, line by line: when, who, about what, and what.

use crate::explain::headline;
use crate::lanes::pod_of;
use crate::words::Lang;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use lifepod_api::{Object, SimTime};
use lifepod_engine::trace::{Call, Decision, PodEnd, PodRef, Requests, Said};
use lifepod_engine::{Entry, EntryId, Op, Trace, What};

/// A line of a chronicle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// When.
    pub at: SimTime,
    /// The entry.
    pub entry: EntryId,
    /// Who did it: `kubectl`, `scheduler`, `kubelet`, `runtime`, or the container's own process.
    pub who: String,
    /// What it is about: `web`, `web/app`, `node-1`.
    pub object: String,
    /// What happened, in few words.
    pub what: String,
}

/// The lines of a trace. Without `all`, what only the machinery cares about is left out: syncs, requeues, revisions
/// of objects that tell nothing new, and what the Events repeat.
pub fn chronicle(trace: &Trace, lang: Lang, all: bool) -> Vec<Line> {
    let lines = trace.entries().iter().filter(|e| all || is_told(e));
    lines
        .filter_map(|entry| {
            let (what, tells) = headline(trace, entry, lang);
            (all || tells).then(|| Line {
                at: entry.at,
                entry: entry.id,
                who: who(entry, lang),
                object: object(entry),
                what,
            })
        })
        .collect()
}

/// Is it of interest at all?
fn is_told(entry: &Entry) -> bool {
    match &entry.what {
        What::Object(revision) => match &*revision.object {
            Object::Pod(_) | Object::Event(_) => true,
            // What is counted and listed is told when it changes.
            Object::EndpointSlice(_) | Object::PodDisruptionBudget(_) => revision.op == Op::Modified,
            _ => false,
        },
        What::Decision(decision) => match decision {
            Decision::SyncPod { .. }
            | Decision::Requeue { .. }
            | Decision::Phase { .. }
            | Decision::Throttled { .. } => false,
            // An Event tells of all others.
            Decision::EndPod { why, .. } => *why == PodEnd::NodeShutdown,
            _ => true,
        },
        What::Call(call) => {
            !matches!(call.call, Call::CreateContainer { error: None, .. } | Call::RemoveContainer { .. })
        }
        What::Probe(probe) => probe.run <= probe.threshold,
        What::Action(_) => true,
        What::Said(said) => !matches!(said, Said::Exit(_)),
        What::Requests(requests) => requests.end.is_lost(),
        What::Proxied(_) => true,
    }
}

fn who(entry: &Entry, lang: Lang) -> String {
    let told = |en: &str, zh: &str| match lang {
        Lang::En => en.into(),
        Lang::Zh => zh.into(),
    };
    match &entry.what {
        What::Action(_) => told("you", "你"),
        What::Said(_) => "kubectl".into(),
        What::Object(revision) => revision.by.into(),
        What::Call(call) => match call.call {
            Call::Exited { .. } | Call::Output { .. } | Call::Listen { .. } => told("process", "进程"),
            _ => told("runtime", "运行时"),
        },
        What::Probe(_) => "kubelet".into(),
        What::Decision(Decision::Schedule { .. }) => "default-scheduler".into(),
        What::Decision(Decision::Evict { .. }) => "kube-apiserver".into(),
        What::Decision(Decision::Throttled { client, .. }) => (*client).into(),
        What::Decision(_) => "kubelet".into(),
        What::Requests(requests) => requests.client.as_ref().into(),
        What::Proxied(_) => "kube-proxy".into(),
    }
}

fn object(entry: &Entry) -> String {
    let of_pod = |pod: &PodRef, container: Option<&str>| {
        let name = if pod.namespace == "default" {
            pod.name.clone()
        } else {
            format!("{}/{}", pod.namespace, pod.name)
        };
        container.map_or_else(|| name.clone(), |c| format!("{name}/{c}"))
    };
    match &entry.what {
        What::Action(_) | What::Said(_) => String::new(),
        What::Requests(Requests { backend: Some(pod), .. }) => of_pod(pod, None),
        What::Requests(requests) => requests.service.name.clone(),
        What::Proxied(proxied) => proxied.service.name.clone(),
        What::Object(revision) => match &*revision.object {
            Object::Event(event) => event.involved_object.name.clone(),
            object => object.meta().name.to_string(),
        },
        What::Call(call) => of_pod(&call.pod, call.container.as_deref()),
        What::Probe(probe) => of_pod(&probe.pod, Some(&probe.container)),
        What::Decision(decision) => {
            let container = match decision {
                Decision::CrashLoopBackOff { container, .. }
                | Decision::Restart { container, .. }
                | Decision::NoRestart { container, .. }
                | Decision::ImagePullBackOff { container, .. }
                | Decision::Kill { container, .. }
                | Decision::Assumption { container, .. } => Some(container.as_str()),
                _ => None,
            };
            pod_of(decision).map_or_else(String::new, |pod| of_pod(pod, container))
        }
    }
}
