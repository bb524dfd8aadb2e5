//! Traces written by hand, for tests of the views.

#![allow(dead_code, reason = "each test file uses its part")]

use lifepod_api::{ApiEvent, ContainerStatus, Object, Pod, SimTime, Time};
use lifepod_engine::trace::{
    Action, Call, Decision, EntryId, ObjectRevision, Op, PodRef, ProbeAttempt, ProbeKind, ProbeResult,
    RuntimeCall, SyncReason, Trace, What,
};
use serde_json::{Value, json};
use std::sync::Arc;

/// A trace in the making, about one pod.
pub struct World {
    pub trace: Trace,
    pub pod: Pod,
    pub pod_ref: PodRef,
}

pub fn s(seconds: f64) -> SimTime {
    SimTime::from_secs_f64(seconds)
}

/// An API object from its wire form.
pub fn object(value: Value) -> Object {
    Object::decode(&value).0
}

impl World {
    /// A pod that a person creates at time zero.
    pub fn new(spec: Value) -> Self {
        let value = json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": "web", "namespace": "default", "uid": "u-1"},
            "spec": spec, "status": {"phase": "Pending"},
        });
        let Object::Pod(pod) = object(value) else { panic!("the value is a pod") };
        let pod_ref = PodRef::new("default", "web", "u-1");
        let mut world = World { trace: Trace::default(), pod, pod_ref };
        let action = world.push(
            0.0,
            None,
            What::Action(Action { text: "kubectl apply -f web.yaml".into(), refused: None }),
        );
        world.store(0.0, Some(action), Op::Added, "kubectl");
        world
    }

    pub fn push(&mut self, at: f64, cause: Option<EntryId>, what: What) -> EntryId {
        self.trace.push(s(at), cause, what)
    }

    /// Stores the pod as it is.
    pub fn store(&mut self, at: f64, cause: Option<EntryId>, op: Op, by: &'static str) -> EntryId {
        let object = Arc::new(Object::Pod(self.pod.clone()));
        self.push(at, cause, What::Object(ObjectRevision { op, object, by }))
    }

    pub fn call(&mut self, at: f64, cause: EntryId, call: Call) -> EntryId {
        let container =
            (!matches!(call, Call::RunPodSandbox { .. } | Call::StopPodSandbox | Call::RemovePodSandbox))
                .then(|| self.pod.spec.containers[0].name.clone());
        let what = RuntimeCall { pod: self.pod_ref.clone(), node: "node-1".into(), container, call };
        self.push(at, Some(cause), What::Call(what))
    }

    pub fn decide(&mut self, at: f64, cause: EntryId, decision: Decision) -> EntryId {
        self.push(at, Some(cause), What::Decision(decision))
    }

    pub fn sync(&mut self, at: f64, cause: EntryId, why: SyncReason) -> EntryId {
        let decision = Decision::SyncPod { pod: self.pod_ref.clone(), node: "node-1".into(), why };
        self.decide(at, cause, decision)
    }

    pub fn event(&mut self, at: f64, cause: EntryId, type_: &str, reason: &str, message: &str) -> EntryId {
        let mut event = ApiEvent {
            type_: type_.into(),
            reason: reason.into(),
            message: message.into(),
            ..Default::default()
        };
        event.involved_object.uid = self.pod_ref.uid.clone();
        event.involved_object.kind = "Pod".into();
        event.involved_object.name = "web".into();
        event.count = 1;
        event.metadata.name = format!("web.{at}");
        event.metadata.namespace = "default".into();
        let object = Arc::new(Object::Event(event));
        self.push(at, Some(cause), What::Object(ObjectRevision { op: Op::Added, object, by: "kubelet" }))
    }

    /// Sets the only container's status, given in its wire form.
    pub fn status(&mut self, phase: &str, restarts: i32, state: Value, last: Value, ready: bool) {
        let value = json!({
            "name": self.pod.spec.containers[0].name, "state": state, "lastState": last, "ready": ready,
            "started": ready, "restartCount": restarts, "image": "", "imageID": "",
        });
        let status: ContainerStatus = lifepod_api::wire::lenient(&value).expect("a container status");
        self.pod.status.phase = phase.into();
        self.pod.status.container_statuses = vec![status].into();
        for kind in ["ContainersReady", "Ready"] {
            self.condition(kind, ready);
        }
    }

    pub fn condition(&mut self, kind: &str, holds: bool) {
        let status = if holds { "True" } else { "False" };
        match self.pod.status.conditions.iter_mut().find(|c| c.type_ == kind) {
            Some(c) => c.status = status.into(),
            None => {
                let condition = json!({"type": kind, "status": status});
                self.pod.status.conditions.push(lifepod_api::wire::lenient(&condition).expect("a condition"));
            }
        }
    }

    /// Scheduling, sandbox and image pull; the result is the entry that the first start comes from.
    pub fn starts(&mut self) -> EntryId {
        let created = EntryId(1);
        let decision = Decision::Schedule {
            pod: self.pod_ref.clone(),
            node: Some("node-1".into()),
            verdicts: Default::default(),
        };
        let scheduled = self.decide(0.02, created, decision);
        self.pod.spec.node_name = "node-1".into();
        self.condition("PodScheduled", true);
        let bound = self.store(0.03, Some(scheduled), Op::Modified, "default-scheduler");
        self.event(0.03, scheduled, "Normal", "Scheduled", "Successfully assigned default/web to node-1");
        let sync = self.sync(0.05, bound, SyncReason::Create);
        self.condition("Initialized", true);
        self.status("Pending", 0, json!({"waiting": {"reason": "ContainerCreating"}}), json!({}), false);
        self.store(0.07, Some(sync), Op::Modified, "kubelet");
        let sandbox = self.call(0.3, sync, Call::RunPodSandbox { attempt: 0, ip: "10.244.1.2".into() });
        let image = self.pod.spec.containers[0].image.clone();
        let pull = self.call(0.35, sandbox, Call::PullImage { image: image.clone() });
        self.event(0.35, pull, "Normal", "Pulling", &format!("Pulling image {image:?}"));
        let done = Call::PullImageDone { image, took: s(0.9), size_bytes: 4_000_000 };
        self.call(1.25, pull, done)
    }

    /// A run of the container that ends by itself.
    pub fn run(&mut self, at: f64, cause: EntryId, attempt: u32, lasts: f64, exit_code: i32) -> EntryId {
        let started = self.begin(at, cause, attempt);
        if exit_code == 127 {
            self.call(
                at + lasts,
                started,
                Call::Output { attempt, stderr: true, line: "sh: 3600: not found".into() },
            );
        }
        let reason = if exit_code == 0 { "Completed" } else { "Error" };
        let exited =
            self.call(at + lasts, started, Call::Exited { attempt, exit_code, reason, signal: None });
        let sync = self.sync(at + lasts + 0.8, exited, SyncReason::ContainerChange);
        let ended = json!({"terminated": {
            "exitCode": exit_code, "reason": reason, "finishedAt": Time((at + lasts) as i64).to_string(),
        }});
        self.status("Running", attempt as i32, ended, json!({}), false);
        self.store(at + lasts + 0.85, Some(sync), Op::Modified, "kubelet");
        sync
    }

    /// A run of the container that goes on.
    pub fn begin(&mut self, at: f64, cause: EntryId, attempt: u32) -> EntryId {
        let made = self.call(at, cause, Call::CreateContainer { attempt, error: None });
        self.event(at, made, "Normal", "Created", "Container created");
        let started = self.call(at + 0.01, made, Call::StartContainer { attempt, error: None });
        self.event(at + 0.01, started, "Normal", "Started", "Container started");
        started
    }

    pub fn back_off(&mut self, at: f64, cause: EntryId, seconds: u64, finished_at: f64) -> EntryId {
        let decision = Decision::CrashLoopBackOff {
            pod: self.pod_ref.clone(),
            container: self.pod.spec.containers[0].name.clone(),
            back_off: SimTime::from_secs(seconds),
            finished_at: s(finished_at),
            until: s(finished_at) + SimTime::from_secs(seconds),
        };
        let decided = self.decide(at, cause, decision);
        let name = self.pod.spec.containers[0].name.clone();
        let message = format!("Back-off restarting failed container {name} in pod web_default(u-1)");
        self.event(at, decided, "Warning", "BackOff", &message);
        decided
    }

    pub fn probe(
        &mut self,
        at: f64,
        cause: EntryId,
        kind: ProbeKind,
        result: ProbeResult,
        run: u32,
    ) -> EntryId {
        let what = ProbeAttempt {
            pod: self.pod_ref.clone(),
            container: self.pod.spec.containers[0].name.clone(),
            kind,
            result,
            output: if result == ProbeResult::Failure {
                "cat: can't open '/tmp/up'".into()
            } else {
                String::new()
            },
            took: s(0.01),
            run,
            threshold: if result == ProbeResult::Success { 1 } else { 3 },
        };
        self.push(at, Some(cause), What::Probe(what))
    }
}

/// The manifest that says hello and then runs `3600`: it exits with 127 again and again.
pub fn crash_loop() -> World {
    let mut w = World::new(json!({
        "restartPolicy": "Always", "terminationGracePeriodSeconds": 30,
        "containers": [{
            "name": "app", "image": "busybox:1.28",
            "command": ["sh", "-c", "echo Hello Kubernetes! && 3600"],
        }],
    }));
    let mut cause = w.starts();
    let (mut at, mut back_off) = (1.3, 0);
    for attempt in 0..7 {
        let exited_at = at + 0.05;
        cause = w.run(at, cause, attempt, 0.05, 127);
        let next = [0, 10, 20, 40, 80, 160, 300][attempt as usize];
        if next > 0 {
            cause = w.back_off(exited_at + 0.9, cause, next, exited_at);
            cause = w.sync(exited_at + next as f64 * 1.2, cause, SyncReason::Requeue);
        }
        back_off += next;
        let decision = Decision::Restart {
            pod: w.pod_ref.clone(),
            container: "app".into(),
            restart_count: attempt + 1,
            next_back_off: SimTime::from_secs((next * 2).clamp(10, 300)),
        };
        at = exited_at + (next as f64 * 1.2).max(0.9);
        if at > 600.0 {
            break;
        }
        cause = w.decide(at, cause, decision);
    }
    assert!(back_off > 0);
    w
}

/// A slow starter that its liveness probe kills twice, and that is then deleted and ignores TERM.
pub fn killed_and_deleted() -> World {
    let probe = json!({
        "exec": {"command": ["cat", "/tmp/up"]}, "periodSeconds": 10, "timeoutSeconds": 1, "successThreshold": 1,
        "failureThreshold": 3,
    });
    let mut w = World::new(json!({
        "restartPolicy": "Always", "terminationGracePeriodSeconds": 30,
        "containers": [{
            "name": "app", "image": "busybox", "command": ["sh", "-c", "sleep 40; touch /tmp/up; sleep 9999"],
            "livenessProbe": probe, "readinessProbe": probe,
        }],
    }));
    let mut cause = w.starts();
    let mut at = 1.3;
    for attempt in 0..2 {
        let started = w.begin(at, cause, attempt);
        w.status("Running", attempt as i32, json!({"running": {}}), json!({}), false);
        w.store(at + 0.02, Some(started), Op::Modified, "kubelet");
        let mut last = started;
        for run in 1..=3 {
            let when = at + 10.0 * f64::from(run);
            w.probe(when, started, ProbeKind::Readiness, ProbeResult::Failure, run);
            last = w.probe(when, last, ProbeKind::Liveness, ProbeResult::Failure, run);
            w.event(when, last, "Warning", "Unhealthy", "Liveness probe failed: cat: can't open '/tmp/up'");
        }
        let kill = Decision::Kill {
            pod: w.pod_ref.clone(),
            container: "app".into(),
            why: lifepod_engine::trace::KillReason::LivenessProbe,
            grace: s(30.0),
        };
        let kill = w.decide(at + 30.01, last, kill);
        let message = "Container app failed liveness probe, will be restarted";
        w.event(at + 30.02, kill, "Normal", "Killing", message);
        let stop = w.call(at + 30.02, kill, Call::StopContainer { attempt, timeout: 30, signal: "SIGTERM" });
        let exit = Call::Exited { attempt, exit_code: 143, reason: "Error", signal: Some("SIGTERM") };
        let exited = w.call(at + 30.1, stop, exit);
        let restart = Decision::Restart {
            pod: w.pod_ref.clone(),
            container: "app".into(),
            restart_count: attempt + 1,
            next_back_off: s(0.0),
        };
        cause = w.decide(at + 30.2, exited, restart);
        at += 30.3;
    }
    let started = w.begin(at, cause, 2);
    w.probe(at + 45.0, started, ProbeKind::Readiness, ProbeResult::Success, 1);
    w.status("Running", 2, json!({"running": {}}), json!({}), true);
    w.store(at + 45.1, Some(started), Op::Modified, "kubelet");
    let action = Action { text: "kubectl delete pod web".into(), refused: None };
    let action = w.push(at + 120.0, None, What::Action(action));
    w.pod.metadata.deletion_timestamp = Some(Time((at + 150.0) as i64));
    w.pod.metadata.deletion_grace_period_seconds = Some(30);
    let marked = w.store(at + 120.01, Some(action), Op::Modified, "kubectl");
    let stop = w.call(at + 120.1, marked, Call::StopContainer { attempt: 2, timeout: 30, signal: "SIGTERM" });
    let kill = w.call(at + 150.1, stop, Call::KillContainer { attempt: 2 });
    let exit = Call::Exited { attempt: 2, exit_code: 137, reason: "Error", signal: Some("SIGKILL") };
    let exited = w.call(at + 150.15, kill, exit);
    let ended = json!({"terminated": {"exitCode": 137, "reason": "Error"}});
    w.status("Failed", 2, ended, json!({}), false);
    let last = w.store(at + 150.3, Some(exited), Op::Modified, "kubelet");
    w.store(at + 151.0, Some(last), Op::Deleted, "kubelet");
    w
}

/// A server that starts and stays ready.
pub fn healthy() -> World {
    let mut w = World::new(json!({
        "restartPolicy": "Always", "terminationGracePeriodSeconds": 30,
        "containers": [{
            "name": "nginx", "image": "nginx:1.27",
            "readinessProbe": {"httpGet": {"path": "/", "port": 80}, "periodSeconds": 10, "timeoutSeconds": 1,
                "successThreshold": 1, "failureThreshold": 3},
        }],
    }));
    let cause = w.starts();
    let started = w.begin(1.3, cause, 0);
    w.status("Running", 0, json!({"running": {}}), json!({}), false);
    w.store(1.4, Some(started), Op::Modified, "kubelet");
    w.probe(1.6, started, ProbeKind::Readiness, ProbeResult::Success, 1);
    w.status("Running", 0, json!({"running": {}}), json!({}), true);
    w.store(1.7, Some(started), Op::Modified, "kubelet");
    for i in 1..59 {
        w.probe(1.6 + 10.0 * f64::from(i), started, ProbeKind::Readiness, ProbeResult::Success, 1 + i as u32);
    }
    w
}
