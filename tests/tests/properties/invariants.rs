//! The promises, each checked over the whole trace of a case.

use crate::pods::Case;
use lifepod_api::{Object, Pod, SimTime};
use lifepod_engine::trace::{Call, RuntimeCall};
use lifepod_engine::{Op, Trace, What};
use std::collections::BTreeMap;

/// What may come on top of the grace: a second for the relist that finds the end, two at most until housekeeping, and
/// the latencies of the calls.
const SLACK: SimTime = SimTime::from_secs(6);
/// The shortest time between the stop signal and KILL, for each container that is stopped in its turn.
const MINIMUM_GRACE: SimTime = SimTime::from_secs(2);

/// Checks every promise; an error says which was broken, and when.
pub fn check(case: &Case, trace: &Trace) -> Result<(), String> {
    let mut story = Story::default();
    for entry in trace.entries() {
        let broken = match &entry.what {
            What::Object(revision) => match &*revision.object {
                Object::Pod(pod) => story.revision(case, entry.at, pod, revision.op),
                _ => Ok(()),
            },
            What::Call(call) => story.call(case, call),
            _ => Ok(()),
        };
        broken.map_err(|what| format!("at {:.3}: {what}", entry.at.as_secs_f64()))?;
    }
    story.end(case)
}

/// What is remembered of the pod's past.
#[derive(Default)]
struct Story {
    phase: String,
    restarts: BTreeMap<String, i32>,
    /// Containers whose process runs.
    live: BTreeMap<String, u32>,
    /// Init containers that ended well, and sidecars that were started, in the present sandbox.
    initialized: BTreeMap<String, bool>,
    /// When the pod was deleted, and the grace it was given.
    deleted: Option<(SimTime, SimTime)>,
    gone: Option<SimTime>,
}

impl Story {
    fn revision(&mut self, case: &Case, at: SimTime, pod: &Pod, op: Op) -> Result<(), String> {
        let status = &pod.status;
        if matches!(self.phase.as_str(), "Succeeded" | "Failed") && status.phase != self.phase {
            return Err(format!("the phase went from {} to {}", self.phase, status.phase));
        }
        self.phase.clone_from(&status.phase);
        for container in status.container_statuses.iter().chain(&status.init_container_statuses) {
            let init = case.manifest["spec"]["initContainers"].as_array().into_iter().flatten();
            let plain_init =
                init.clone().any(|c| c["name"] == container.name.as_str() && c["restartPolicy"].is_null());
            // Where the kubelet never learned of the end, it says so and leaves the rest as it was (`TerminatePod`).
            let unknown =
                container.state.terminated.as_ref().is_some_and(|end| end.reason == "ContainerStatusUnknown");
            if container.ready && container.state.running.is_none() && !plain_init && !unknown {
                return Err(format!("{} is ready and does not run", container.name));
            }
            let before = self.restarts.insert(container.name.clone(), container.restart_count).unwrap_or(0);
            if container.restart_count < before {
                return Err(format!(
                    "the restart count of {} fell from {before} to {}",
                    container.name, container.restart_count
                ));
            }
        }
        if pod.metadata.deletion_timestamp.is_some() && self.deleted.is_none() {
            let grace = pod.metadata.deletion_grace_period_seconds.unwrap_or(0).max(0) as u64;
            self.deleted = Some((at, SimTime::from_secs(grace)));
        }
        if op == Op::Deleted {
            self.gone = Some(at);
        }
        Ok(())
    }

    fn call(&mut self, case: &Case, call: &RuntimeCall) -> Result<(), String> {
        let name = call.container.clone().unwrap_or_default();
        match &call.call {
            Call::RunPodSandbox { .. } => self.initialized.clear(),
            Call::StartContainer { error: None, .. } => {
                let live = self.live.entry(name.clone()).or_insert(0);
                *live += 1;
                if *live > 1 {
                    return Err(format!("{name} was started and runs already"));
                }
                self.may_start(case, &name)?;
                let sidecar = inits(case).any(|(init, sidecar)| init == name && sidecar);
                if sidecar {
                    self.initialized.insert(name, true);
                }
            }
            Call::Exited { exit_code, .. } => {
                self.live.insert(name.clone(), 0);
                if *exit_code == 0 {
                    self.initialized.insert(name, true);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// An app container starts only after every init container ended well and every sidecar began, in this sandbox.
    fn may_start(&self, case: &Case, name: &str) -> Result<(), String> {
        if inits(case).any(|(init, _)| init == name) {
            return Ok(());
        }
        match inits(case).find(|(init, _)| !self.initialized.contains_key(*init)) {
            Some((init, _)) => Err(format!("{name} was started before {init} was done")),
            None => Ok(()),
        }
    }

    /// A deleted pod goes within its grace and what the kubelet may be busy with.
    fn end(&self, case: &Case) -> Result<(), String> {
        let Some((at, grace)) = self.deleted.filter(|_| !case.has_faults) else { return Ok(()) };
        let containers = self.restarts.len() as u64;
        let latest = at + grace + case.busy + SimTime(MINIMUM_GRACE.0 * containers) + SLACK;
        match self.gone {
            Some(gone) if gone <= latest => Ok(()),
            None if latest >= crate::pods::HORIZON => Ok(()),
            gone => Err(format!(
                "deleted at {:.3} with {} s of grace, and gone at {:?}",
                at.as_secs_f64(),
                grace.as_secs(),
                gone.map(SimTime::as_secs_f64)
            )),
        }
    }
}

/// Names of the init containers, and whether each is a sidecar.
fn inits(case: &Case) -> impl Iterator<Item = (&str, bool)> {
    let list = case.manifest["spec"]["initContainers"].as_array().into_iter().flatten();
    list.filter_map(|c| Some((c["name"].as_str()?, !c["restartPolicy"].is_null())))
}
