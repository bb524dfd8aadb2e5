//! `kubectl rollout status` and `kubectl rollout history` (`kubectl/pkg/polymorphichelpers`).

use crate::args::Args;
use crate::describe::{replica_sets, template_text};
use crate::get::WatchEvent;
use crate::json::{Json, controller};
use crate::kinds::{self, Kind};
use crate::output::Output;
use crate::selector::Selector;
use crate::snapshot::{Snapshot, namespace_of};
use crate::tabwriter::TabWriter;
use crate::targets;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use serde_json::Value;

/// Runs `rollout` with the words after it.
pub(crate) fn run(snapshot: &Snapshot, words: &[String], args: &Args, events: &[WatchEvent<'_>]) -> Output {
    let Some((verb, rest)) = words.split_first() else { return Output::error("unknown command \"rollout\"") };
    if rest.is_empty() {
        return Output::error("required resource not specified");
    }
    let revision = args.value("revision").map_or(Ok(0), str::parse::<i64>);
    let Ok(revision) = revision else { return Output::error("invalid argument for \"--revision\" flag") };
    if revision < 0 {
        return Output::error(&format!("revision must be a positive integer: {revision}"));
    }
    let found = match targets::resolve(snapshot, rest, args) {
        Ok(found) => found,
        Err(message) => return Output::error(&message),
    };
    let mut output = Output::default();
    for (kind, object) in &found.found {
        let result = match verb.as_str() {
            "status" => status_until_done(kind, object, revision, args, events, &mut output.stdout),
            "history" => history(snapshot, kind, object, revision, args, &mut output.stdout),
            other => Err(format!("unknown command \"{other}\" for \"kubectl rollout\"")),
        };
        if let Err(message) = result {
            output.fail(&format!("error: {message}"));
            return output;
        }
    }
    found.missing.iter().for_each(|line| output.fail(line));
    if verb == "status" && found.found.is_empty() && found.missing.is_empty() {
        output.note(&format!("No resources found in {} namespace.", args.namespace()));
    }
    output
}

/// What `rollout status` says of an object as it is, and whether the rollout is done.
struct Status {
    line: String,
    done: bool,
}

/// Says the status now, and goes on with each change of the object until it is done.
fn status_until_done(
    kind: &Kind,
    object: &Value,
    revision: i64,
    args: &Args,
    events: &[WatchEvent<'_>],
    out: &mut String,
) -> Result<(), String> {
    let follows = args.value("watch").is_none() || args.is_set("watch");
    let same = |e: &&WatchEvent<'_>| {
        e.object.text("metadata.name") == object.text("metadata.name")
            && namespace_of(e.object) == namespace_of(object)
    };
    let mut later = events.iter().filter(same);
    let mut current = object;
    loop {
        let status = status(kind, current, revision)?;
        out.push_str(&status.line);
        if status.done || !follows {
            return Ok(());
        }
        match later.next() {
            Some(e) if e.kind == "DELETED" => return Err("object has been deleted".into()),
            Some(e) => current = e.object,
            None if args.value("timeout").is_some() => {
                return Err("timed out waiting for the condition".into());
            }
            None => return Ok(()),
        }
    }
}

fn status(kind: &Kind, o: &Value, revision: i64) -> Result<Status, String> {
    let waiting = |line: String| Ok(Status { line, done: false });
    let done = |line: String| Ok(Status { line, done: true });
    let (spec, status, name) = (o.at("spec"), o.at("status"), o.text("metadata.name"));
    let (generation, observed) = (o.int("metadata.generation"), status.int("observedGeneration"));
    match kind.kind {
        "Deployment" => {
            if revision > 0 {
                let running = o.at("metadata.annotations").entry(REVISION);
                let running = running.as_str().unwrap_or("0");
                let running: i64 = running.parse().map_err(|_| {
                    format!("cannot get the revision of deployment {name:?}: strconv.ParseInt: parsing {running:?}: invalid syntax")
                })?;
                if running != revision {
                    return Err(format!(
                        "desired revision ({revision}) is different from the running revision ({running})"
                    ));
                }
            }
            if generation > observed {
                return waiting("Waiting for deployment spec update to be observed...\n".into());
            }
            let progress = crate::json::condition(o, "Progressing");
            if progress.is_some_and(|c| c.text("reason") == "ProgressDeadlineExceeded") {
                return Err(format!("deployment {name:?} exceeded its progress deadline"));
            }
            let (replicas, updated, available) =
                (status.int("replicas"), status.int("updatedReplicas"), status.int("availableReplicas"));
            let wait = |what: String| {
                waiting(format!("Waiting for deployment {name:?} rollout to finish: {what}...\n"))
            };
            if spec.has("replicas") && updated < spec.int("replicas") {
                wait(format!("{updated} out of {} new replicas have been updated", spec.int("replicas")))
            } else if replicas > updated {
                wait(format!("{} old replicas are pending termination", replicas - updated))
            } else if available < updated {
                wait(format!("{available} of {updated} updated replicas are available"))
            } else {
                done(format!("deployment {name:?} successfully rolled out\n"))
            }
        }
        "DaemonSet" => {
            if spec.text("updateStrategy.type") != "RollingUpdate" {
                return Err(ONLY_ROLLING.into());
            }
            if generation > observed {
                return waiting("Waiting for daemon set spec update to be observed...\n".into());
            }
            let (updated, desired, available) = (
                status.int("updatedNumberScheduled"),
                status.int("desiredNumberScheduled"),
                status.int("numberAvailable"),
            );
            let wait = |what: String| {
                waiting(format!("Waiting for daemon set {name:?} rollout to finish: {what}...\n"))
            };
            if updated < desired {
                wait(format!("{updated} out of {desired} new pods have been updated"))
            } else if available < desired {
                wait(format!("{available} of {desired} updated pods are available"))
            } else {
                done(format!("daemon set {name:?} successfully rolled out\n"))
            }
        }
        "StatefulSet" => {
            if spec.text("updateStrategy.type") != "RollingUpdate" {
                return Err(ONLY_ROLLING.into());
            }
            if observed == 0 || generation > observed {
                return waiting("Waiting for statefulset spec update to be observed...\n".into());
            }
            let (replicas, ready, updated) =
                (spec.int("replicas"), status.int("readyReplicas"), status.int("updatedReplicas"));
            if spec.has("replicas") && ready < replicas {
                return waiting(format!("Waiting for {} pods to be ready...\n", replicas - ready));
            }
            let rolling = spec.at("updateStrategy.rollingUpdate");
            if !rolling.is_null() {
                let due = replicas - rolling.int("partition");
                if spec.has("replicas") && rolling.has("partition") && updated < due {
                    return waiting(format!(
                        "Waiting for partitioned roll out to finish: {updated} out of {due} new pods have been \
                         updated...\n"
                    ));
                }
                return done(format!(
                    "partitioned roll out complete: {updated} new pods have been updated...\n"
                ));
            }
            let (current, update) = (status.text("currentRevision"), status.text("updateRevision"));
            if current != update {
                return waiting(format!(
                    "waiting for statefulset rolling update to complete {updated} pods at revision {update}...\n"
                ));
            }
            done(format!(
                "statefulset rolling update complete {} pods at revision {current}...\n",
                status.int("currentReplicas")
            ))
        }
        _ => Err(format!("no status viewer has been implemented for {}", kind.group_kind())),
    }
}

const ONLY_ROLLING: &str = "rollout status is only available for RollingUpdate strategy type";
const REVISION: &str = "deployment.kubernetes.io/revision";
/// The annotation in which `kubectl apply` keeps what it applied (`v1.LastAppliedConfigAnnotation`).
pub(crate) const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
const CHANGE_CAUSE: &str = "kubernetes.io/change-cause";

/// A revision of an object's history: what holds it, its template, and why it came to be.
pub(crate) struct Revision<'a> {
    pub(crate) holder: &'a Value,
    pub(crate) template: Value,
    cause: &'a str,
}

fn history(
    snapshot: &Snapshot,
    kind: &Kind,
    o: &Value,
    revision: i64,
    args: &Args,
    out: &mut String,
) -> Result<(), String> {
    let revisions = match kind.kind {
        "Deployment" => of_deployment(snapshot, o),
        "DaemonSet" | "StatefulSet" => of_set(snapshot, o),
        _ => return Err(format!("no history viewer has been implemented for \"{}\"", kind.group_kind())),
    };
    if revision > 0 && !revisions.is_empty() && !revisions.contains_key(&revision) {
        return Err("unable to find the specified revision".into());
    }
    if let Some(format) = args.value("output") {
        for (_, r) in revisions.iter().filter(|(n, _)| revision == 0 || **n == revision) {
            // The history of sets is shown as the set itself with the template of that time.
            let mut shown = if kind.kind == "Deployment" { r.holder.clone() } else { o.clone() };
            if kind.kind != "Deployment" {
                shown["spec"]["template"] = r.template.clone();
            }
            let holder_kind = kinds::of(&shown).unwrap_or(kind);
            out.push_str(&crate::print::one(holder_kind, &shown, format)?);
        }
        return Ok(());
    }
    out.push_str(&format!("{}/{} ", kind.prefix(), o.text("metadata.name")));
    if revision > 0 {
        out.push_str(&format!("with revision #{revision}"));
    }
    out.push('\n');
    if let Some(r) = revisions.get(&revision).filter(|_| revision > 0) {
        out.push_str(&template_text(&r.template));
    } else if revisions.is_empty() {
        out.push_str("No rollout history found.");
    } else {
        let mut w = TabWriter::for_descriptions();
        w.write("REVISION\tCHANGE-CAUSE\n");
        for (n, r) in &revisions {
            w.write(&format!("{n}\t{}\n", crate::json::non_empty(r.cause, "<none>")));
        }
        out.push_str(&w.finish());
    }
    out.push('\n');
    Ok(())
}

fn cause_of(o: &Value) -> &str {
    o.at("metadata.annotations").entry(CHANGE_CAUSE).as_str().unwrap_or("")
}

pub(crate) fn of_deployment<'a>(snapshot: &'a Snapshot, o: &'a Value) -> BTreeMap<i64, Revision<'a>> {
    let (old, new) = replica_sets(snapshot, o);
    let mut revisions = BTreeMap::new();
    for rs in old.into_iter().chain(new) {
        // Without the annotation the revision is 0; one that is no number is passed over.
        let Ok(n) = rs.at("metadata.annotations").entry(REVISION).as_str().unwrap_or("0").parse() else {
            continue;
        };
        let cause = cause_of(rs);
        let mut template = rs.at("spec.template").clone();
        if !cause.is_empty() {
            template["metadata"]["annotations"][CHANGE_CAUSE] = cause.into();
        }
        revisions.insert(n, Revision { holder: rs, template, cause });
    }
    revisions
}

pub(crate) fn of_set<'a>(snapshot: &'a Snapshot, o: &'a Value) -> BTreeMap<i64, Revision<'a>> {
    let selector = Selector::of_field(o.at("spec.selector"));
    let controlled = |r: &&Value| {
        let by = controller(r);
        !by.is_null()
            && by.text("uid") == o.text("metadata.uid")
            && selector.as_ref().is_ok_and(|s| s.matches(r))
    };
    let history = snapshot.of_kind("ControllerRevision", namespace_of(o)).filter(controlled);
    history
        .map(|r| {
            // A revision holds a patch that replaces the whole template.
            let mut template = r.at("data.spec.template").clone();
            if let Some(map) = template.as_object_mut() {
                map.remove("$patch");
            }
            (r.int("revision"), Revision { holder: r, template, cause: cause_of(r) })
        })
        .collect()
}
