//! What the processes of a pod did, and who is told (the runtime's side of the kubelet).

use crate::kernel::Kernel;
use crate::kubelet::hooks::Waiter;
use crate::kubelet::runtime::ContainerState;
use crate::kubelet::{Kubelet, PodUid, SharedPod, Timer};
use crate::trace::{Call, Decision, EntryId};
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use lifepod_api::SimTime;
use lifepod_workload as workload;
use lifepod_workload::{ExecId, Happening, Reply, RequestId};

/// The end of a log that stands in for a termination message (`kubecontainer.MaxContainerTerminationMessageLogLines`
/// and `…Length`).
const MESSAGE_LOG_LINES: usize = 80;
const MESSAGE_LOG_BYTES: usize = 2048;

/// Logs are rotated: of each container five files of 10 MiB are kept (`containerLogMaxFiles`, `containerLogMaxSize`).
const MAX_LOG_BYTES: u64 = 5 * (10 << 20);
/// A line of a log begins with its time, its stream and a tag (`pkg/kubelet/kuberuntime/logs`).
const LOG_LINE_PREFIX: u64 = "2026-01-01T00:00:00.000000000Z stdout F \n".len() as u64;

fn log_line_bytes(line: &str) -> u64 {
    LOG_LINE_PREFIX + line.len() as u64
}

/// A command under way.
#[derive(Clone, Debug)]
struct Exec {
    waiter: Waiter,
    command: Vec<String>,
    began: SimTime,
    container: String,
    cause: Option<EntryId>,
}

/// Who waits for which command and request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Waiters {
    execs: BTreeMap<(PodUid, ExecId), Exec>,
    requests: BTreeMap<(PodUid, RequestId), Waiter>,
}

impl Waiters {
    pub(crate) fn expect_exec(
        &mut self,
        uid: &PodUid,
        id: ExecId,
        waiter: Waiter,
        command: Vec<String>,
        container: &str,
        kernel: &Kernel,
    ) {
        let (began, cause) = (kernel.now, kernel.cause);
        let exec = Exec { waiter, command, began, container: container.to_string(), cause };
        self.execs.insert((uid.clone(), id), exec);
    }

    pub(crate) fn expect_request(&mut self, uid: &PodUid, id: RequestId, waiter: Waiter) {
        self.requests.insert((uid.clone(), id), waiter);
    }

    pub(crate) fn forget_exec(&mut self, uid: &PodUid, id: ExecId) {
        self.execs.remove(&(uid.clone(), id));
    }

    pub(crate) fn forget_request(&mut self, uid: &PodUid, id: RequestId) {
        self.requests.remove(&(uid.clone(), id));
    }
}

impl Kubelet {
    /// Whoever had commands run in containers is gone: the commands are dropped, and answers reach nobody.
    pub(crate) fn cancel_all_execs(&mut self, kernel: &Kernel) {
        let waiters = core::mem::take(&mut self.execs);
        for (uid, exec) in waiters.execs.into_keys() {
            if let Some(processes) = &mut self.runtime.pod_mut(&uid).processes {
                processes.cancel_exec(kernel.now, exec);
            }
        }
        for (uid, request) in waiters.requests.into_keys() {
            if let Some(processes) = &mut self.runtime.pod_mut(&uid).processes {
                processes.cancel_request(kernel.now, request);
            }
        }
    }

    /// Queues a look at the pod's processes now, after the current step.
    pub(crate) fn run_processes_soon(&mut self, kernel: &mut Kernel, uid: &PodUid) {
        self.wake_at(kernel, kernel.now, Timer::Processes(uid.clone()));
    }

    /// Lets the pod's processes run up to now and deals with what they did.
    pub(crate) fn run_processes(&mut self, kernel: &mut Kernel, uid: &PodUid) {
        let runtime = self.runtime.pod_mut(uid);
        if runtime.wakes_at.is_some_and(|at| at <= kernel.now) {
            runtime.wakes_at = None;
        }
        let Some(processes) = &mut runtime.processes else { return };
        let mut happened = processes.advance(kernel.now);
        // A command that ran in a container ends after the container does, not before.
        happened.sort_by_key(|h| (h.at, matches!(h.what, Happening::ExecDone { .. })));
        if !happened.is_empty()
            && let Some(pod) = self.known_pod(uid)
        {
            for happened in happened {
                self.happened(kernel, uid, &pod, happened.what);
            }
        }
        self.watch_local_storage(kernel, uid);
        self.watch_usage(kernel, uid);
        let runtime = self.runtime.pod_mut(uid);
        let Some(next) = runtime.processes.as_ref().and_then(|p| p.next_wakeup()) else { return };
        if runtime.wakes_at.is_none_or(|queued| next < queued) {
            runtime.wakes_at = Some(next);
            let cause = kernel.cause.take();
            self.wake_at(kernel, next, Timer::Processes(uid.clone()));
            kernel.cause = cause;
        }
    }

    fn happened(&mut self, kernel: &mut Kernel, uid: &PodUid, pod: &SharedPod, what: Happening) {
        let cause = kernel.cause;
        match what {
            Happening::Output { container, stderr, line, .. } => {
                if let Some(record) = self.runtime.pod_mut(uid).by_process(container) {
                    record.log_bytes = (record.log_bytes + log_line_bytes(&line)).min(MAX_LOG_BYTES);
                    record.log_tail.push_back(line.clone());
                    if record.log_tail.len() > MESSAGE_LOG_LINES {
                        record.log_tail.pop_front();
                    }
                }
                self.process_call(kernel, uid, pod, container, |attempt| Call::Output {
                    attempt,
                    stderr,
                    line,
                });
            }
            Happening::Listen { container, port } => {
                self.process_call(kernel, uid, pod, container, |attempt| Call::Listen { attempt, port });
            }
            Happening::Exited { container, exit_code, signal, oom_killed } => {
                self.exited(kernel, uid, pod, container, exit_code, signal, oom_killed);
            }
            Happening::ExecDone { exec, exit_code, output } => {
                self.exec_done(kernel, uid, pod, exec, exit_code, &output);
            }
            Happening::Response { request, reply } => {
                if let Some(flow) = self.runtime.pod_mut(uid).connections.get(&request).copied() {
                    // Whoever waits for it wants the whole answer.
                    if reply != Reply::Header {
                        self.runtime.pod_mut(uid).connections.remove(&request);
                        kernel.answer_flow(flow, reply);
                    }
                    return;
                }
                let key = (uid.clone(), request);
                if reply == Reply::Header {
                    if let Some(Waiter::Probe(key)) = self.execs.requests.get(&key) {
                        self.probe_saw_header(&key.clone());
                    }
                } else if let Some(waiter) = self.execs.requests.remove(&key) {
                    match waiter {
                        Waiter::Probe(key) => self.probe_answered(kernel, &key, &reply),
                        hook => self.hook_ended(kernel, uid, hook, http_hook_outcome(&reply)),
                    }
                }
            }
            Happening::Dial { dial, container, ask } => self.dial(kernel, uid, pod, container, dial, ask),
            Happening::Assumed { container, subject, assumed } => {
                let name = self.container_name(uid, container);
                let assumption =
                    Decision::Assumption { pod: pod.to_ref(), container: name, subject, assumed };
                kernel.decide(assumption);
            }
        }
        kernel.cause = cause;
    }

    fn container_name(&mut self, uid: &PodUid, process: workload::ContainerId) -> String {
        self.runtime.pod_mut(uid).by_process(process).map_or(String::new(), |c| c.name.clone())
    }

    /// The entry that started a container's process: the cause of what the process does by itself.
    fn process_call(
        &mut self,
        kernel: &mut Kernel,
        uid: &PodUid,
        pod: &SharedPod,
        process: workload::ContainerId,
        call: impl FnOnce(u32) -> Call,
    ) -> Option<EntryId> {
        let record = self.runtime.pod_mut(uid).by_process(process)?;
        let (name, attempt, started) = (record.name.clone(), record.attempt, record.started_by);
        if kernel.cause.is_none() {
            kernel.cause = started;
        }
        self.call(kernel, pod, Some(&name), call(attempt));
        kernel.cause
    }

    #[expect(clippy::too_many_arguments, reason = "the fields of one happening")]
    fn exited(
        &mut self,
        kernel: &mut Kernel,
        uid: &PodUid,
        pod: &SharedPod,
        process: workload::ContainerId,
        exit_code: i32,
        signal: Option<workload::Signal>,
        oom_killed: bool,
    ) {
        let now = kernel.now;
        let reason = match exit_code {
            _ if oom_killed => "OOMKilled",
            0 => "Completed",
            _ => "Error",
        };
        self.keep_claims(kernel, uid, pod);
        let message = self.termination_message(uid, pod, process, exit_code);
        let Some(record) = self.runtime.pod_mut(uid).by_process(process) else { return };
        record.state = ContainerState::Exited;
        record.finished_at = now;
        record.exit_code = exit_code;
        record.reason = reason.to_string();
        record.message = message;
        let id = record.id.clone();
        if kernel.cause.is_none() {
            kernel.cause = record.stopped_by;
        }
        let signal = signal.map(signal_name);
        self.process_call(kernel, uid, pod, process, |attempt| Call::Exited {
            attempt,
            exit_code,
            reason,
            signal,
        });
        if let Some(entry) = kernel.cause {
            kernel.network.process_ended(uid, now, entry);
        }
        self.touch(kernel, uid);
        self.container_is_dead(kernel, uid, &id);
    }

    fn exec_done(
        &mut self,
        kernel: &mut Kernel,
        uid: &PodUid,
        pod: &SharedPod,
        exec: ExecId,
        exit_code: Option<i32>,
        output: &str,
    ) {
        let Some(done) = self.execs.execs.remove(&(uid.clone(), exec)) else { return };
        if let Waiter::Probe(key) = &done.waiter {
            return self.probe_exec_done(kernel, key, exit_code, output);
        }
        let record = self.runtime.pod(uid).and_then(|p| p.container(&done.container));
        let Some((name, attempt)) = record.map(|c| (c.name.clone(), c.attempt)) else { return };
        let took = kernel.now.since(done.began);
        kernel.cause = done.cause;
        let call = Call::ExecSync { attempt, command: done.command, exit_code, took };
        self.call(kernel, pod, Some(&name), call);
        let outcome = match exit_code {
            Some(0) => Ok(()),
            Some(code) => Err(format!("command exited with {code}: {output}")),
            None => Err(output.to_string()),
        };
        self.hook_ended(kernel, uid, done.waiter, outcome);
    }

    pub(crate) fn hook_ended(
        &mut self,
        kernel: &mut Kernel,
        uid: &PodUid,
        waiter: Waiter,
        outcome: Result<(), String>,
    ) {
        match waiter {
            Waiter::PreStop(id) => self.pre_stop_done(kernel, uid, &id, outcome),
            Waiter::PostStart => self.post_start_done(kernel, uid, outcome),
            Waiter::Probe(_) => {}
        }
    }

    /// What the container leaves as its last words: the termination message file, or the end of its log when it
    /// failed and `terminationMessagePolicy` says so
    /// (`pkg/kubelet/kuberuntime/kuberuntime_container.go getTerminationMessage`).
    fn termination_message(
        &mut self,
        uid: &PodUid,
        pod: &SharedPod,
        process: workload::ContainerId,
        exit_code: i32,
    ) -> String {
        let runtime = self.runtime.pod_mut(uid);
        let written = runtime.processes.as_ref().and_then(|p| p.termination_message(process));
        if let Some(message) = written {
            return message;
        }
        let Some(record) = runtime.by_process(process) else { return String::new() };
        let policy = super::kill_container::find_container(pod, &record.name)
            .map_or("File", |c| c.termination_message_policy.as_str());
        if policy != "FallbackToLogsOnError" || exit_code == 0 {
            return String::new();
        }
        let log: String = record.log_tail.iter().map(|line| format!("{line}\n")).collect();
        let mut start = log.len().saturating_sub(MESSAGE_LOG_BYTES);
        while !log.is_char_boundary(start) {
            start += 1;
        }
        log[start..].to_string()
    }
}

/// HTTP hooks mind only that an answer came; its status is ignored.
pub(crate) fn http_hook_outcome(reply: &Reply) -> Result<(), String> {
    match reply {
        Reply::Http { .. } | Reply::TlsExpected => Ok(()),
        other => Err(format!("{other:?}")),
    }
}

/// A signal's name, for those that stop and kill processes.
pub(crate) fn signal_name(signal: workload::Signal) -> &'static str {
    match signal {
        workload::Signal::KILL => "KILL",
        workload::Signal::TERM => "TERM",
        workload::Signal::INT => "INT",
        workload::Signal::HUP => "HUP",
        workload::Signal::QUIT => "QUIT",
        workload::Signal::ABRT => "ABRT",
        workload::Signal::PIPE => "PIPE",
        workload::Signal::USR1 => "USR1",
        workload::Signal::USR2 => "USR2",
        workload::Signal::WINCH => "WINCH",
        _ => "other",
    }
}
