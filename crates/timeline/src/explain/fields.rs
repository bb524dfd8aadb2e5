//! Which fields of the manifest set the numbers of a rule.

use super::derive::{killing_probe, probe_spec};
use super::fact::Fact;
use super::scene::{Scene, container};
use super::{FieldRef, Subject};
use super::{budgets, endpoints};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use lifepod_api::Pod;
use lifepod_engine::trace::{PodEnd, PodRef, ProbeKind};
use lifepod_engine::{Entry, What};

/// The fields behind a fact.
pub(super) fn of(scene: &Scene<'_>, entry: &Entry, fact: &Fact<'_>) -> Vec<FieldRef> {
    if let Fact::Evicted { budget: name, .. } | Fact::Budget { name, .. } = fact {
        let limit = scene.budget(entry.id, name).and_then(|budget| Some((budget, budgets::limit(budget)?)));
        let field = limit.map(|(budget, (path, value))| FieldRef {
            of: Subject::of(budget),
            path: path.into(),
            value,
            is_default: false,
        });
        return field.into_iter().collect();
    }
    let Some(pod_ref) = pod_of(entry) else { return Vec::new() };
    let Some(pod) = scene.pod(entry.id, pod_ref) else { return Vec::new() };
    let mut fields = Fields { of: Subject::Pod(pod_ref.uid.clone()), all: Vec::new() };
    match fact {
        Fact::Probed(p) => {
            if let Some((path, probe)) = probe_spec(scene, entry, pod_ref, p.container, p.kind) {
                fields.add(&path, "periodSeconds", probe.period_seconds, 10);
                if p.passed {
                    fields.add(&path, "successThreshold", probe.success_threshold, 1);
                } else {
                    fields.add(&path, "failureThreshold", probe.failure_threshold, 3);
                    if p.output.contains("exceeded") || p.output.contains("timed out") {
                        fields.add(&path, "timeoutSeconds", probe.timeout_seconds, 1);
                    }
                }
                if probe.initial_delay_seconds > 0 {
                    fields.add(&path, "initialDelaySeconds", probe.initial_delay_seconds, 0);
                }
            }
        }
        Fact::KillDecided { container, why, .. } => {
            let kind: Option<ProbeKind> = killing_probe(*why);
            if let Some((path, probe)) = kind.and_then(|k| probe_spec(scene, entry, pod_ref, container, k)) {
                fields.add(&path, "failureThreshold", probe.failure_threshold, 3);
                if let Some(grace) = probe.termination_grace_period_seconds {
                    fields.push(format!("{path}.terminationGracePeriodSeconds"), grace.to_string(), false);
                }
            }
            if !scene.has_own_grace(entry) {
                fields.grace(pod);
            }
        }
        Fact::PodEnded { why: PodEnd::StorageLimit { path, limit }, .. } => {
            fields.push(path.clone(), limit.clone(), false);
        }
        Fact::StopSent { container: name, .. } => {
            if !scene.has_own_grace(entry) {
                fields.grace(pod);
            }
            if let Some((path, c)) = container(pod, name)
                && let Some(signal) = c.lifecycle.as_ref().and_then(|l| l.stop_signal.clone())
            {
                fields.push(format!("{path}.lifecycle.stopSignal"), signal, false);
            }
        }
        Fact::Restarted { container: name, .. } | Fact::StaysDead { container: name, .. } => {
            let own = container(pod, name).and_then(|(path, c)| Some((path, c.restart_policy.clone()?)));
            match own {
                Some((path, policy)) => fields.push(format!("{path}.restartPolicy"), policy, false),
                None => {
                    let policy = pod.spec.restart_policy.clone();
                    let is_default = policy == "Always";
                    fields.push("spec.restartPolicy".into(), policy, is_default);
                }
            }
        }
        Fact::Started { container: name, .. } | Fact::Exited { container: name, .. } => {
            if let Some((path, c)) = container(pod, name) {
                for (field, words) in [("command", &c.command), ("args", &c.args)] {
                    if !words.is_empty() {
                        fields.push(format!("{path}.{field}"), format!("[{}]", words.join(", ")), false);
                    }
                }
                if let (Fact::Exited { oom: true, .. }, Some(limit)) =
                    (fact, c.resources.limits.get("memory"))
                {
                    fields.push(format!("{path}.resources.limits.memory"), limit.to_string(), false);
                }
            }
        }
        Fact::PullBegan { container: name, .. } => {
            if let Some((path, c)) = container(pod, name) {
                fields.push(format!("{path}.image"), c.image.clone(), false);
                let latest = !c.image.contains('@')
                    && c.image.rsplit('/').next().is_none_or(|n| !n.contains(':') || n.ends_with(":latest"));
                let usual = if latest { "Always" } else { "IfNotPresent" };
                let is_default = c.image_pull_policy == usual;
                fields.push(format!("{path}.imagePullPolicy"), c.image_pull_policy.clone(), is_default);
            }
        }
        Fact::Requested { .. } if endpoints::asks_nobody(fact) => {
            fields.push("spec.containers[0].readinessProbe".into(), "none".into(), true);
        }
        Fact::Requested { .. } if endpoints::settles(fact) => {
            let hook = pod.spec.containers.first().and_then(|c| c.lifecycle.as_ref()?.pre_stop.as_ref());
            let path = "spec.containers[0].lifecycle.preStop";
            match hook.map(|hook| hook.sleep.as_ref()) {
                None => fields.push(path.into(), "none".into(), true),
                Some(Some(sleep)) => {
                    fields.push(format!("{path}.sleep.seconds"), sleep.seconds.to_string(), false);
                }
                Some(None) => {}
            }
        }
        _ => {}
    }
    fields.all
}

pub(super) fn pod_of(entry: &Entry) -> Option<&PodRef> {
    match &entry.what {
        What::Call(call) => Some(&call.pod),
        What::Probe(probe) => Some(&probe.pod),
        What::Decision(decision) => crate::lanes::pod_of(decision),
        What::Requests(requests) => requests.backend.as_ref(),
        _ => None,
    }
}

struct Fields {
    of: Subject,
    all: Vec<FieldRef>,
}

impl Fields {
    fn push(&mut self, path: String, value: String, is_default: bool) {
        self.all.push(FieldRef { of: self.of.clone(), path, value, is_default });
    }

    fn add(&mut self, parent: &str, field: &str, value: i32, default: i32) {
        self.push(format!("{parent}.{field}"), value.to_string(), value == default);
    }

    /// Where the grace period comes from: the deletion, if one is under way, else the spec.
    fn grace(&mut self, pod: &Pod) {
        const DEFAULT: i64 = 30;
        let of_spec = pod.spec.termination_grace_period_seconds;
        if let Some(grace) = pod.metadata.deletion_grace_period_seconds
            && Some(grace) != of_spec
        {
            self.push("metadata.deletionGracePeriodSeconds".into(), grace.to_string(), false);
        } else if let Some(grace) = of_spec {
            self.push("spec.terminationGracePeriodSeconds".into(), grace.to_string(), grace == DEFAULT);
        }
    }
}
