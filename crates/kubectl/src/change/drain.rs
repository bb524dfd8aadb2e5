//! `kubectl cordon`, `uncordon` and `drain` (`kubectl/pkg/cmd/drain/drain.go`, `kubectl/pkg/drain`).
//!
//! A drain takes time: it evicts the pods of a node, tries again every five seconds where a disruption budget forbids
//! it, and looks every second whether those that were evicted are gone.

use super::Ended;
use super::failure::Failure;
use super::session::{DryRun, Info, Session, Unnamed};
use crate::age;
use crate::args::Args;
use crate::json::{Json, controller};
use crate::output::Output;
use crate::selector::Selector;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use lifepod_api::{ObjectKey, SimTime};
use lifepod_engine::client::{Next, PatchType, Subresource};
use lifepod_engine::{Api, DeleteOptions};
use serde_json::{Value, json};

/// `EvictErrorRetryDelay`
const RETRY: SimTime = SimTime::from_secs(5);
/// How often a drain looks whether a pod is gone.
const POLL: SimTime = SimTime::from_secs(1);

/// The words behind the verb with the type that they leave out.
fn of_nodes(words: &[String]) -> Vec<String> {
    let mut all: Vec<String> = words.to_vec();
    if !words.iter().any(|w| w.contains('/')) {
        all.insert(0, "nodes".into());
    }
    all
}

fn nodes(s: &Session<'_, '_>, words: &[String], verb: &str) -> Result<(Vec<Info>, Vec<Failure>), Failure> {
    let selects = s.args.value("selector").is_some();
    let help = format!("See 'kubectl {verb} -h' for help and examples");
    if words.is_empty() && !selects {
        return Err(format!("USAGE: {verb} NODE [flags]\n{help}").into());
    }
    if !words.is_empty() && selects {
        return Err(format!("error: cannot specify both a node name and a --selector option\n{help}").into());
    }
    s.infos(&of_nodes(words), Unnamed::Refused)
}

pub(super) fn cordon(s: &mut Session<'_, '_>, words: &[String], unschedulable: bool) -> Ended {
    let verb = if unschedulable { "cordon" } else { "uncordon" };
    let (infos, failures) = nodes(s, words, verb)?;
    if let Some(first) = failures.into_iter().next() {
        return Err(first);
    }
    infos.iter().for_each(|info| cordon_one(s, info, unschedulable));
    Ok(Vec::new())
}

fn cordon_one(s: &mut Session<'_, '_>, info: &Info, unschedulable: bool) {
    let verb = if unschedulable { "cordon" } else { "uncordon" };
    let is = info.value["spec"]["unschedulable"] == true;
    if is == unschedulable {
        let _always_printable = s.done(info.kind, &info.value, &format!("already {verb}ed"));
        return;
    }
    let patch = json!({"spec": {"unschedulable": if unschedulable { json!(true) } else { Value::Null }}});
    match s.patch(info, &patch, PatchType::Strategic, Subresource::Main) {
        Ok(_) => {
            let _always_printable = s.done(info.kind, &info.value, &format!("{verb}ed"));
        }
        Err(failure) => {
            let line = format!("error: unable to {verb} node {:?}: {}", info.name(), failure.text());
            s.output.note(&line);
        }
    }
}

/// A drain under way.
#[derive(Clone, Debug, Default)]
pub(crate) struct Drain {
    /// The nodes that are not begun with, the next one last; none before the first step.
    waiting: Option<Vec<String>>,
    current: Option<Node>,
    pending: Vec<String>,
    fatal: Vec<Failure>,
}

/// The node that is being drained.
#[derive(Clone, Debug)]
struct Node {
    name: String,
    pods: Vec<Evicted>,
    /// When `--timeout` is over.
    deadline: Option<SimTime>,
    errors: Vec<Failure>,
}

/// A pod on its way.
#[derive(Clone, Debug)]
struct Evicted {
    namespace: String,
    name: String,
    uid: String,
    stage: Stage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// It is to be evicted then.
    Evict(SimTime),
    /// It was evicted; looked after then.
    Wait(SimTime),
    Done,
}

impl Drain {
    /// Goes on with the drain: what it printed, and when it wants to be woken.
    pub(crate) fn step(&mut self, api: &mut Api<'_>, args: &Args) -> (Output, Next) {
        let mut s = match Session::new(api, args, &[]) {
            Ok(session) => session,
            Err(failure) => return ended(Output::default(), &[failure]),
        };
        if self.waiting.is_none() {
            match begin(&mut s) {
                Ok(names) => self.waiting = Some(names),
                Err(failure) => return ended(s.output, &[failure]),
            }
        }
        loop {
            if let Some(node) = &mut self.current {
                node.pods.iter_mut().for_each(|pod| pod.go_on(&mut s, node.deadline, &mut node.errors));
                let due = node.pods.iter().filter_map(|pod| match pod.stage {
                    Stage::Evict(at) | Stage::Wait(at) => Some(at),
                    Stage::Done => None,
                });
                if let Some(at) = due.min() {
                    return (s.output, Next::At(at));
                }
                let node = self.current.take().map(|node| (node.name, node.errors));
                if let Some((name, errors)) = node {
                    self.finish(&mut s, &name, errors);
                }
            }
            let Some(name) = self.waiting.as_mut().and_then(Vec::pop) else { break };
            match begin_node(&mut s, &name) {
                Ok(node) => self.current = Some(node),
                Err(errors) => self.finish(&mut s, &name, errors),
            }
        }
        if !self.pending.is_empty() {
            s.output.note("There are pending nodes to be drained:");
            self.pending.iter().for_each(|name| s.output.note(&format!(" {name}")));
        }
        let mut output = s.output;
        Failure::print_nested(&self.fatal, &mut output);
        let code = output.code;
        (output, Next::Exit(code))
    }

    /// Says how it went with a node.
    fn finish(&mut self, s: &mut Session<'_, '_>, name: &str, errors: Vec<Failure>) {
        if errors.is_empty() {
            s.output.stdout.push_str(&format!("node/{name} drained{}\n", s.dry_run_suffix()));
            return;
        }
        let all: Vec<&str> = errors.iter().map(Failure::text).collect();
        let all = if let [one] = all.as_slice() { one.to_string() } else { format!("[{}]", all.join(", ")) };
        s.output.note(&format!(
            "error: unable to drain node {name:?} due to error: {all}, continuing command..."
        ));
        self.pending.push(name.to_string());
        self.fatal.extend(errors);
    }
}

fn ended(mut output: Output, failures: &[Failure]) -> (Output, Next) {
    Failure::print_all(failures, &mut output);
    let code = output.code;
    (output, Next::Exit(code))
}

/// Finds the nodes and cordons them all; their names come back, the first last.
fn begin(s: &mut Session<'_, '_>) -> Result<Vec<String>, Failure> {
    let words = s.args.words.get(1..).unwrap_or(&[]);
    let (infos, failures) = nodes(s, words, "drain")?;
    if let Some(first) = failures.into_iter().next() {
        return Err(first);
    }
    s.args.micros("timeout", 0)?;
    s.args.number("grace-period", -1)?;
    infos.iter().for_each(|info| cordon_one(s, info, true));
    Ok(infos.iter().rev().map(|info| info.name().to_string()).collect())
}

/// What a filter says of a pod (`drain/filters.go`).
enum Verdict {
    Evict,
    Skip,
    /// With a warning: is it to be evicted?
    Warn(bool, String),
    Refuse(String),
}

/// Sorts out the pods of a node and begins with them, or says why not.
fn begin_node(s: &mut Session<'_, '_>, name: &str) -> Result<Node, Vec<Failure>> {
    let selector = Selector::parse(s.args.value("pod-selector").unwrap_or("")).map_err(|e| [e.into()])?;
    let pods: Vec<Value> = s.api.list("Pod").map(|pod| pod.to_value()).collect();
    let (mut chosen, mut warnings, mut refusals) = (Vec::new(), BTreeMap::new(), BTreeMap::new());
    for pod in pods.iter().filter(|p| p.text("spec.nodeName") == name && selector.matches(p)) {
        let named = format!("{}/{}", pod.text("metadata.namespace"), pod.text("metadata.name"));
        match verdict(s, pod) {
            Verdict::Evict => chosen.push(pod),
            Verdict::Skip => {}
            Verdict::Warn(evict, why) => {
                warnings.entry(why).or_insert_with(Vec::new).push(named);
                chosen.extend(evict.then_some(pod));
            }
            Verdict::Refuse(why) => refusals.entry(why).or_insert_with(Vec::new).push(named),
        }
    }
    if !refusals.is_empty() {
        let errors = refusals.iter().map(|(why, pods)| format!("cannot delete {why}: {}", pods.join(", ")));
        return Err(errors.map(Failure::from).collect());
    }
    if !warnings.is_empty() {
        let all: Vec<String> =
            warnings.iter().map(|(why, pods)| format!("{why}: {}", pods.join(", "))).collect();
        s.warn(&[all.join("; ")]);
    }
    let timeout = u64::try_from(s.args.micros("timeout", 0).unwrap_or(0)).unwrap_or(0);
    let mut node = Node {
        name: name.to_string(),
        pods: chosen.iter().map(|pod| Evicted::new(pod, s.api.now())).collect(),
        deadline: (timeout > 0).then(|| s.api.now() + SimTime(timeout)),
        errors: Vec::new(),
    };
    if s.dry_run != DryRun::No {
        for pod in node.pods.drain(..) {
            let line = format!("evicting pod {}/{}{}\n", pod.namespace, pod.name, s.dry_run_suffix());
            s.output.stdout.push_str(&line);
        }
    }
    Ok(node)
}

/// The filters in their order; the last one's warning is what remains.
fn verdict(s: &Session<'_, '_>, pod: &Value) -> Verdict {
    let force = s.args.is_set("force");
    if skipped(s, pod).is_some() {
        return Verdict::Skip;
    }
    let finished = matches!(pod.text("status.phase"), "Succeeded" | "Failed");
    let owner = controller(pod);
    if owner.text("kind") == "DaemonSet" && owner.text("apiVersion") == "apps/v1" && !finished {
        let key = ObjectKey::new("DaemonSet", pod.text("metadata.namespace"), owner.text("name"));
        match s.api.fetch(&key) {
            Err(status) if !force => return Verdict::Refuse(status.message.clone()),
            Err(_) => {}
            Ok(_) if s.args.is_set("ignore-daemonsets") => {
                return Verdict::Warn(false, "ignoring DaemonSet-managed Pods".into());
            }
            Ok(_) => {
                return Verdict::Refuse("DaemonSet-managed Pods (use --ignore-daemonsets to ignore)".into());
            }
        }
    }
    if pod.at("metadata.annotations").get("kubernetes.io/config.mirror").is_some() {
        return Verdict::Skip;
    }
    let local = pod.list("spec.volumes").iter().any(|v| v.has("emptyDir"));
    let data = s.args.is_set("delete-emptydir-data") || s.args.is_set("delete-local-data");
    if local && !finished && !data {
        return Verdict::Refuse("Pods with local storage (use --delete-emptydir-data to override)".into());
    }
    if finished || !owner.is_null() {
        return Verdict::Evict;
    }
    match force {
        true => Verdict::Warn(true, "deleting Pods that declare no controller".into()),
        false => Verdict::Refuse("Pods that declare no controller (use --force to override)".into()),
    }
}

/// The seconds of `--skip-wait-for-delete-timeout`, when this pod has been going for longer.
fn skipped(s: &Session<'_, '_>, pod: &Value) -> Option<i64> {
    let limit = s.args.number("skip-wait-for-delete-timeout", 0).ok().filter(|n| *n > 0)?;
    let since = age::parse(pod.at("metadata.deletionTimestamp"))?;
    ((s.api.calendar_micros() - since) / 1_000_000 > limit).then_some(limit)
}

impl Evicted {
    fn new(pod: &Value, now: SimTime) -> Self {
        Evicted {
            namespace: pod.text("metadata.namespace").to_string(),
            name: pod.text("metadata.name").to_string(),
            uid: pod.text("metadata.uid").to_string(),
            stage: Stage::Evict(now),
        }
    }

    /// Does what is due.
    fn go_on(&mut self, s: &mut Session<'_, '_>, deadline: Option<SimTime>, errors: &mut Vec<Failure>) {
        let now = s.api.now();
        if let Stage::Evict(at) = self.stage
            && at <= now
        {
            self.evict(s, deadline, errors);
        }
        if let Stage::Wait(at) = self.stage
            && at <= now
        {
            self.look(s, deadline, errors);
        }
    }

    fn evict(&mut self, s: &mut Session<'_, '_>, deadline: Option<SimTime>, errors: &mut Vec<Failure>) {
        let now = s.api.now();
        let grace = s.args.number("grace-period", -1).ok().filter(|n| *n >= 0);
        let options = DeleteOptions { grace_period_seconds: grace, ..DeleteOptions::default() };
        let (namespace, name) = (&self.namespace, &self.name);
        let quoted = format!("pods/{name:?} -n {namespace:?}");
        if s.args.is_set("disable-eviction") {
            self.stage = Stage::Wait(now);
            match s.api.delete(&ObjectKey::new("Pod", namespace, name), &options) {
                Err(status) if status.code != 404 => {
                    errors.push(Failure::Server(status));
                    self.stage = Stage::Done;
                }
                _ => {}
            }
            return;
        }
        s.output.stdout.push_str(&format!("evicting pod {namespace}/{name}\n"));
        if deadline.is_some_and(|d| now >= d) {
            let timeout = s.args.value("timeout").unwrap_or("0s");
            errors.push(format!("error when evicting {quoted}: global timeout reached: {timeout}").into());
            self.stage = Stage::Done;
            return;
        }
        self.stage = match s.api.evict(namespace, name, &options) {
            Ok(()) => {
                // The pod may be another one of that name by now.
                if let Some(pod) = s.api.get(&ObjectKey::new("Pod", namespace, name)) {
                    self.uid.clone_from(&pod.meta().uid);
                }
                Stage::Wait(now)
            }
            Err(status) if status.code == 404 => Stage::Done,
            Err(status) if status.code == 429 => {
                let message = &status.message;
                s.output.note(&format!("error when evicting {quoted} (will retry after 5s): {message}"));
                Stage::Evict(now + RETRY)
            }
            Err(status) => {
                errors.push(format!("error when evicting {quoted}: {}", status.message).into());
                Stage::Done
            }
        };
    }

    fn look(&mut self, s: &mut Session<'_, '_>, deadline: Option<SimTime>, errors: &mut Vec<Failure>) {
        let now = s.api.now();
        let pod = s.api.get(&ObjectKey::new("Pod", &self.namespace, &self.name)).map(|p| p.to_value());
        let done = if s.args.is_set("disable-eviction") { "deleted" } else { "evicted" };
        self.stage = match pod {
            Some(pod) if pod.text("metadata.uid") == self.uid => {
                if let Some(limit) = skipped(s, &pod) {
                    s.output.stdout.push_str(&format!(
                        "pod {:?} has DeletionTimestamp older than {limit} seconds, skipping\n",
                        self.name
                    ));
                    Stage::Done
                } else if deadline.is_some_and(|d| now >= d) {
                    errors.push(
                        format!(
                            "error when waiting for pod {:?} in namespace {:?} to terminate: context deadline exceeded",
                            self.name, self.namespace
                        )
                        .into(),
                    );
                    Stage::Done
                } else {
                    Stage::Wait(deadline.map_or(now + POLL, |d| d.min(now + POLL)))
                }
            }
            _ => {
                s.output.stdout.push_str(&format!("pod/{} {done}\n", self.name));
                Stage::Done
            }
        };
    }
}
