//! Lifecycle hooks, and who waits for commands and requests (`pkg/kubelet/lifecycle/handlers.go`).

use crate::kernel::Kernel;
use crate::kubelet::kill_container::find_container;
use crate::kubelet::prober::ProbeKey;
use crate::kubelet::runtime::ContainerState;
use crate::kubelet::{Kubelet, PodUid, SharedPod};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use lifepod_api::{Container, HTTPGetAction, IntOrString, LifecycleHandler, SimTime};
use lifepod_workload as workload;

/// Who waits for the end of a command or a request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Waiter {
    /// The kill of the container with this id.
    PreStop(String),
    /// The pod's worker, in a start.
    PostStart,
    /// A probe worker.
    Probe(ProbeKey),
}

/// How far a hook got.
pub(crate) enum HookRun {
    /// It ends when the pod's processes say so.
    Waits,
    /// It ends at this time (`sleep`).
    Until(SimTime),
    /// It has ended.
    Done(Result<(), String>),
}

impl Kubelet {
    /// Runs a hook in a container.
    pub(crate) fn run_hook(
        &mut self,
        kernel: &mut Kernel,
        uid: &PodUid,
        pod: &SharedPod,
        id: &str,
        hook: &LifecycleHandler,
        waiter: Waiter,
    ) -> HookRun {
        let runtime = self.runtime.pod_mut(uid);
        let Some((process, name)) =
            runtime.container(id).and_then(|c| c.process.map(|process| (process, c.name.clone())))
        else {
            return HookRun::Done(Err("container not found".to_string()));
        };
        let runs = runtime.container(id).is_some_and(|c| c.state == ContainerState::Running);
        if hook.exec.is_some() && !runs {
            // It ended between the kubelet's last look at it and the hook.
            return HookRun::Done(Err(format!(
                "failed to load task: no running task found: task {id} not found"
            )));
        }
        let Some(processes) = &mut runtime.processes else {
            return HookRun::Done(Err("pod sandbox not found".to_string()));
        };
        let now = kernel.now;
        if let Some(exec) = &hook.exec {
            let exec_id = processes.exec(now, process, &exec.command);
            self.execs.expect_exec(uid, exec_id, waiter, exec.command.clone(), id, kernel);
            self.run_processes_soon(kernel, uid);
            HookRun::Waits
        } else if let Some(get) = &hook.http_get {
            let port = find_container(pod, &name).and_then(|c| resolve_port(&get.port, c));
            let Some(port) = port else {
                return HookRun::Done(Err("couldn't find port".to_string()));
            };
            let ask = http_request(get, port);
            if !get.host.is_empty() {
                return match self.ask_host(kernel, uid, waiter, &get.host, port, ask, 0) {
                    Ok(()) => HookRun::Waits,
                    Err(error) => HookRun::Done(Err(error)),
                };
            }
            let request = processes.request(now, workload::Request::to(port, ask));
            self.execs.expect_request(uid, request, waiter);
            self.run_processes_soon(kernel, uid);
            HookRun::Waits
        } else if let Some(sleep) = &hook.sleep {
            HookRun::Until(now + SimTime::from_secs(sleep.seconds.max(0) as u64))
        } else {
            HookRun::Done(Err("invalid handler".to_string()))
        }
    }
}

/// A port by number, or by its name in the container's list.
pub(crate) fn resolve_port(port: &IntOrString, container: &Container) -> Option<u16> {
    match port {
        IntOrString::Int(number) => u16::try_from(*number).ok(),
        IntOrString::String(name) => match container.ports.iter().find(|p| p.name == *name) {
            Some(port) => u16::try_from(port.container_port).ok(),
            None => name.parse().ok(),
        },
    }
}

/// The request of a lifecycle hook.
fn http_request(get: &HTTPGetAction, port: u16) -> workload::Ask {
    let path = if get.path.starts_with('/') { get.path.clone() } else { format!("/{}", get.path) };
    let mut headers: Vec<(String, String)> =
        [("User-Agent".to_string(), "kube-lifecycle/1.36".to_string()), ("Host".into(), format!("{port}"))]
            .to_vec();
    headers.extend(get.http_headers.iter().map(|h| (h.name.clone(), h.value.clone())));
    workload::Ask::Http { method: "GET".to_string(), path, headers, tls: get.scheme == "HTTPS" }
}
