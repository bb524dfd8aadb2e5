//! `kubectl rollout restart|pause|resume|undo` (`kubectl/pkg/cmd/rollout`, `kubectl/pkg/polymorphichelpers`).

use super::Ended;
use super::failure::Failure;
use super::session::{Info, Session, Unnamed};
use crate::age;
use crate::rollout::{LAST_APPLIED, Revision, of_deployment, of_set};
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use lifepod_engine::client::{PatchType, Subresource};
use serde_json::{Map, Value, json};

pub(super) fn rollout(s: &mut Session<'_, '_>, what: &str, words: &[String]) -> Ended {
    if words.is_empty() && s.args.value("filename").is_none() {
        return Err("required resource not specified".into());
    }
    let (infos, mut failures) = s.infos(words, Unnamed::All)?;
    if infos.is_empty() && failures.is_empty() {
        s.output.note(&format!("No resources found in {} namespace.", s.args.namespace()));
        return Ok(failures);
    }
    for info in infos {
        let result = match what {
            "restart" => restart(s, &info),
            "pause" => pause(s, &info, true),
            "resume" => pause(s, &info, false),
            _ => undo(s, &info),
        };
        if let Err(failure) = result {
            failures.push(failure);
        }
    }
    Ok(failures)
}

/// An object that cannot be treated so.
fn cannot(info: &Info, why: &str) -> Failure {
    format!("error: {} {why}", info.resource_and_name()).into()
}

fn restart(s: &mut Session<'_, '_>, info: &Info) -> Result<(), Failure> {
    if !matches!(info.kind.kind, "Deployment" | "DaemonSet" | "StatefulSet") {
        return Err(cannot(info, "restarting is not supported"));
    }
    if info.value["spec"]["paused"] == true {
        return Err(cannot(info, "can't restart paused deployment (run rollout resume first)"));
    }
    let mut wanted = info.value.clone();
    let now = age::rfc3339(s.api.calendar_micros());
    wanted["spec"]["template"]["metadata"]["annotations"]["kubectl.kubernetes.io/restartedAt"] = now.into();
    match patched(s.patch_to(info, &wanted))? {
        Some(restarted) => s.done(info.kind, &restarted, "restarted"),
        None => Err(format!(
            "failed to create patch for {}: if restart has already been triggered within the past second, please wait \
             before attempting to trigger another",
            info.name()
        )
        .into()),
    }
}

fn patched(result: Result<Option<Value>, Failure>) -> Result<Option<Value>, Failure> {
    result.map_err(|failure| format!("failed to patch: {}", failure.text()).into())
}

fn pause(s: &mut Session<'_, '_>, info: &Info, paused: bool) -> Result<(), Failure> {
    let (doing, done) = if paused { ("pausing", "paused") } else { ("resuming", "resumed") };
    if info.kind.kind != "Deployment" {
        return Err(cannot(info, &format!("{doing} is not supported")));
    }
    let is = info.value["spec"]["paused"] == true;
    if is == paused {
        return Err(cannot(info, if paused { "is already paused" } else { "is not paused" }));
    }
    let mut wanted = info.value.clone();
    match (paused, wanted["spec"].as_object_mut()) {
        (false, Some(spec)) => {
            spec.remove("paused");
        }
        _ => wanted["spec"]["paused"] = true.into(),
    }
    match patched(s.patch_to(info, &wanted))? {
        Some(changed) => s.done(info.kind, &changed, done),
        None => s.done(info.kind, &info.value, &format!("already {done}")),
    }
}

/// The annotations of a Deployment that are not its revision's (`rollback.go annotationsToSkip`).
const OWN_ANNOTATIONS: [&str; 6] = [
    LAST_APPLIED,
    "deployment.kubernetes.io/revision",
    "deployment.kubernetes.io/revision-history",
    "deployment.kubernetes.io/desired-replicas",
    "deployment.kubernetes.io/max-replicas",
    "deprecated.deployment.rollback.to",
];

fn undo(s: &mut Session<'_, '_>, info: &Info) -> Result<(), Failure> {
    if info.value["metadata"]["annotations"].get(LAST_APPLIED).is_some() {
        s.output.note(&format!(
            "Warning: resource {}/{} was previously managed with 'kubectl apply'. Rolling back will not update the \
             {LAST_APPLIED} annotation, which may cause unexpected behavior on future 'kubectl apply' operations. \
             Consider using 'kubectl apply' with your previous configuration file instead.",
            info.kind.plural,
            info.name()
        ));
    }
    let to = s.args.number("to-revision", 0)?;
    let missing = || Failure::Client(format!("unable to find specified revision {to} in history"));
    if to < 0 {
        return Err(missing());
    }
    let snapshot = s.snapshot_of(&["ReplicaSet", "ControllerRevision"]);
    let deployment = match info.kind.kind {
        "Deployment" => true,
        "DaemonSet" | "StatefulSet" => false,
        _ => {
            return Err(format!("no rollbacker has been implemented for {:?}", info.kind.group_kind()).into());
        }
    };
    let revisions =
        if deployment { of_deployment(&snapshot, &info.value) } else { of_set(&snapshot, &info.value) };
    let revision = match (to, previous(&revisions)) {
        (0, Some(previous)) => previous,
        (0, None) if deployment => {
            return Err(format!("no rollout history found for deployment {:?}", info.name()).into());
        }
        (0, None) => return Err("no last revision to roll back to".into()),
        (to, _) => revisions.get(&to).ok_or_else(missing)?,
    };
    if deployment && info.value["spec"]["paused"] == true {
        let message = "you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume' and try \
                       again";
        return Err(message.into());
    }
    let mut template = revision.template.clone();
    let mut current = info.value["spec"]["template"].clone();
    for template in [&mut template, &mut current] {
        if let Some(labels) = template["metadata"]["labels"].as_object_mut() {
            labels.remove("pod-template-hash");
        }
    }
    if template == current {
        let operation = format!("skipped rollback (current template already matches revision {to})");
        return s.done(info.kind, &info.value, &operation);
    }
    let result = if deployment {
        let patch = json!([
            {"op": "replace", "path": "/spec/template", "value": template},
            {"op": "replace", "path": "/metadata/annotations", "value": annotations(info, revision)},
        ]);
        s.patch(info, &patch, PatchType::Json, Subresource::Main)
    } else {
        s.patch(info, &revision.holder["data"], PatchType::Strategic, Subresource::Main)
    };
    match result {
        Ok(back) => s.done(info.kind, &back, "rolled back"),
        Err(failure) => Err(format!("failed restoring revision {to}: {}", failure.text()).into()),
    }
}

/// The newest revision but one.
fn previous<'r, 'a>(revisions: &'r BTreeMap<i64, Revision<'a>>) -> Option<&'r Revision<'a>> {
    revisions.values().rev().nth(1)
}

/// The Deployment's own annotations with those of the revision.
fn annotations(info: &Info, revision: &Revision<'_>) -> Map<String, Value> {
    let of = |object: &Value, own: bool| -> Map<String, Value> {
        let all = object["metadata"]["annotations"].as_object().cloned().unwrap_or_default();
        all.into_iter().filter(|(key, _)| OWN_ANNOTATIONS.contains(&key.as_str()) == own).collect()
    };
    let mut all = of(&info.value, true);
    all.extend(of(revision.holder, false).into_iter().map(|(k, v)| (k.to_string(), v)));
    all
}
