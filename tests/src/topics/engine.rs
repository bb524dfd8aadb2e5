//! Topics of the engine: back-off, phase, conditions.

use super::differs;
use lifepod_api::{
    Container, ContainerState, ContainerStateRunning, ContainerStateTerminated, ContainerStateWaiting,
    ContainerStatus, Pod, PodCondition, PodReadinessGate, SimTime,
};
use lifepod_engine::backoff::{Backoff, INITIAL_BACK_OFF, MAX_BACK_OFF};
use lifepod_engine::kubelet::{conditions, phase};
use lifepod_engine::scheduler;
use serde_json::{Value, json};

fn seconds(time: SimTime) -> Value {
    if time.0.is_multiple_of(1_000_000) { json!(time.as_secs()) } else { json!(time.as_secs_f64()) }
}

fn number(value: &Value, key: &str) -> f64 {
    value[key].as_f64().unwrap_or(f64::NAN)
}

/// `backoff`: crash-loop, image pull, Job and scheduler back-off.
pub fn backoff(v: &Value) -> Result<(), String> {
    match v["what"].as_str() {
        Some("constants") => {
            for (key, time) in [
                ("crashLoopBase_s", INITIAL_BACK_OFF),
                ("crashLoopMax_s", MAX_BACK_OFF),
                ("imagePullBase_s", INITIAL_BACK_OFF),
                ("imagePullMax_s", MAX_BACK_OFF),
                ("jobInitial_s", lifepod_engine::backoff::JOB_INITIAL_BACK_OFF),
                ("jobMax_s", lifepod_engine::backoff::JOB_MAX_BACK_OFF),
                ("schedulerInitial_s", scheduler::back_off(1)),
                ("schedulerMax_s", scheduler::back_off(u32::MAX)),
            ] {
                differs(key, &v[key], &seconds(time))?;
            }
            Ok(())
        }
        Some("crashloop") => crash_loop(v),
        Some("imagepull") => image_pull(v),
        Some("job") => {
            let failures = v["failures"].as_u64().unwrap_or(0) as u32;
            let since = SimTime::from_secs_f64(number(v, "secondsSinceLastFailure"));
            let remaining = lifepod_engine::backoff::job_back_off(failures).since(since);
            differs("remaining_s", &v["remaining_s"], &seconds(remaining))
        }
        Some("scheduler") => {
            let attempts = v["attempts"].as_u64().unwrap_or(0) as u32;
            differs("backoff_s", &v["backoff_s"], &seconds(scheduler::back_off(attempts)))
        }
        other => Err(format!("unknown kind of vector: {other:?}")),
    }
}

/// Runs of equal length, each started as soon as the back-off allows.
fn crash_loop(v: &Value) -> Result<(), String> {
    let run = SimTime::from_secs_f64(number(v, "runSeconds"));
    let mut back_off = Backoff::crash_loop(MAX_BACK_OFF);
    let mut now = SimTime::ZERO;
    for (index, step) in v["sequence"].as_array().into_iter().flatten().enumerate() {
        let start = now;
        let finish = start + run;
        let in_back_off = back_off.is_in_back_off_since("c", finish, finish);
        let before = if in_back_off { back_off.get("c") } else { SimTime::ZERO };
        let blocked = before;
        now = finish + blocked;
        if back_off.is_in_back_off_since("c", finish, now) {
            return Err(format!("run {index}: still in back-off when it should be over"));
        }
        back_off.next("c", finish, now);
        let got = json!({
            "run": index,
            "start_s": seconds(start),
            "finish_s": seconds(finish),
            "backoff_before_restart_s": seconds(before),
            "blocked_s": seconds(blocked),
            "backoff_after_restart_s": seconds(back_off.get("c")),
        });
        differs(&format!("run {index}"), step, &got)?;
    }
    Ok(())
}

/// Pulls that fail after the same time, each begun as soon as the back-off allows.
fn image_pull(v: &Value) -> Result<(), String> {
    let pull = SimTime::from_secs_f64(number(v, "pullSeconds"));
    let mut back_off = Backoff::image_pull();
    let mut now = SimTime::ZERO;
    for (index, step) in v["sequence"].as_array().into_iter().flatten().enumerate() {
        let start = now;
        let failed = start + pull;
        let current = back_off.next("i", failed, failed);
        let until = back_off.ends_since_update("i").unwrap_or(failed);
        if !back_off.is_in_back_off_since_update("i", SimTime(until.0 - 1))
            || back_off.is_in_back_off_since_update("i", until)
        {
            return Err(format!("attempt {index}: the back-off does not end at {until}"));
        }
        now = until;
        let got = json!({
            "attempt": index,
            "pullStart_s": seconds(start),
            "backoff_s": seconds(current),
            "blocked_s": seconds(until.since(failed)),
        });
        differs(&format!("attempt {index}"), step, &got)?;
    }
    Ok(())
}

fn ended(exit_code: i32, reason: &str) -> Option<ContainerStateTerminated> {
    Some(ContainerStateTerminated { exit_code, reason: reason.to_string(), ..Default::default() })
}

fn waiting(reason: &str) -> Option<ContainerStateWaiting> {
    Some(ContainerStateWaiting { reason: reason.to_string(), ..Default::default() })
}

/// The status of a container in one of the vectors' named states; none for `absent`.
fn status(name: &str, state: &str) -> Result<Option<ContainerStatus>, String> {
    let mut status = ContainerStatus { name: name.to_string(), ..Default::default() };
    let running = Some(ContainerStateRunning::default());
    match state {
        "absent" => return Ok(None),
        "creating" => status.state.waiting = waiting("ContainerCreating"),
        "podinit" => status.state.waiting = waiting("PodInitializing"),
        "waiting-no-last" => status.state.waiting = waiting("ImagePullBackOff"),
        "crashloop-1" => {
            status.state.waiting = waiting("CrashLoopBackOff");
            status.last_state.terminated = ended(1, "Error");
        }
        "crashloop-0" => {
            status.state.waiting = waiting("CrashLoopBackOff");
            status.last_state.terminated = ended(0, "Completed");
        }
        "running" => {
            status.state.running = running;
            status.ready = true;
            status.started = Some(true);
        }
        "running-notready" => {
            status.state.running = running;
            status.started = Some(true);
        }
        "running-notstarted" => {
            status.state.running = running;
            status.started = Some(false);
        }
        "exit0" => status.state.terminated = ended(0, "Completed"),
        "exit1" => status.state.terminated = ended(1, "Error"),
        "oom" => status.state.terminated = ended(137, "OOMKilled"),
        other => return Err(format!("unknown container state {other:?}")),
    }
    Ok(Some(status))
}

/// `phase`: the kubelet's phase, and the conditions that follow from the containers.
pub fn phase(v: &Value) -> Result<(), String> {
    let mut pod = Pod::default();
    pod.spec.restart_policy = v["restartPolicy"].as_str().unwrap_or("Always").to_string();
    let (mut init, mut apps) = (Vec::new(), Vec::new());
    for container in v["containers"].as_array().into_iter().flatten() {
        let text = |key: &str| container[key].as_str().unwrap_or("");
        let name = text("name");
        let mut spec = Container { name: name.to_string(), ..Default::default() };
        let mut shown = status(name, text("state"))?;
        match text("kind") {
            "app" => {
                pod.spec.containers.push(spec);
                apps.extend(shown);
            }
            kind => {
                if kind == "sidecar" {
                    spec.restart_policy = Some("Always".to_string());
                } else if let Some(shown) = &mut shown {
                    // An ordinary init container is ready once it ended well.
                    shown.ready = shown.state.terminated.as_ref().is_some_and(|t| t.exit_code == 0);
                }
                pod.spec.init_containers.push(spec);
                init.extend(shown);
            }
        }
    }
    let flag = |key: &str| v[key].as_bool().unwrap_or(false);
    let got =
        phase::get_phase(&pod.spec, &init, &apps, flag("podIsTerminal"), flag("anyRegularContainerStarted"));
    differs("phase", &v["phase"], &json!(got))?;
    let all: Vec<ContainerStatus> = init.into_iter().chain(apps).collect();
    let computed = [
        conditions::initialized(&pod, None, &all, got),
        conditions::ready(&pod, &[], &all, got),
        conditions::containers_ready(&pod, &all, got),
    ];
    for condition in computed {
        differs(&condition.type_, &v["conditions"][&condition.type_], &shown(&condition))?;
    }
    Ok(())
}

fn shown(condition: &PodCondition) -> Value {
    let mut value = json!({"status": condition.status});
    for (key, text) in [("reason", &condition.reason), ("message", &condition.message)] {
        if !text.is_empty() {
            value[key] = json!(text);
        }
    }
    value
}

/// `readiness_gates`: the Ready condition of a pod with readiness gates.
pub fn readiness_gates(v: &Value) -> Result<(), String> {
    let mut pod = Pod::default();
    pod.spec.restart_policy = "Always".to_string();
    pod.spec.containers.push(Container { name: "a".to_string(), ..Default::default() });
    for gate in v["readinessGates"].as_array().into_iter().flatten() {
        let condition_type = gate.as_str().unwrap_or("").to_string();
        pod.spec.readiness_gates.push(PodReadinessGate { condition_type });
    }
    let others: Vec<PodCondition> = v["conditions"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(type_, status)| PodCondition {
            type_: type_.clone(),
            status: status.as_str().unwrap_or("").to_string(),
            ..Default::default()
        })
        .collect();
    let container = ContainerStatus {
        name: "a".to_string(),
        ready: v["containerReady"].as_bool().unwrap_or(false),
        state: ContainerState { running: Some(ContainerStateRunning::default()), ..Default::default() },
        ..Default::default()
    };
    let got = conditions::ready(&pod, &others, &[container], "Running");
    let got = json!({"status": got.status, "reason": got.reason, "message": got.message});
    differs("Ready", &v["Ready"], &got)
}
