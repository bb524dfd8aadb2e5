//! What can go wrong below the kubelet: processes and records that end or vanish without its doing.

use crate::kernel::Kernel;
use crate::kubelet::runtime::ContainerState;
use crate::kubelet::{Kubelet, PodUid};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// Something that happens to a pod inside its container runtime, by fate or by an administrator's hand (`crictl`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RuntimeFault {
    /// The container's first process ends with this code.
    Exit {
        /// The container by name.
        container: String,
        /// The exit code.
        code: i32,
    },
    /// The kernel kills the container's processes for memory.
    OutOfMemory {
        /// The container by name.
        container: String,
    },
    /// The container's processes are stopped where they are (the freezer of their cgroup), or go on.
    Freeze {
        /// The container by name.
        container: String,
        /// Stopped, or going on.
        frozen: bool,
    },
    /// The container is removed with its process; no record of it is left.
    LoseContainer {
        /// The container by name.
        container: String,
    },
    /// The record of the container's last end is lost.
    LoseExited {
        /// The container by name.
        container: String,
    },
    /// The sandbox dies and all containers with it (exit code 137); the records stay.
    SandboxDies,
    /// The sandbox is not ready any more; the containers run on.
    SandboxNotReady,
    /// The sandbox, its containers and all records of them are gone.
    LoseSandbox,
}

impl RuntimeFault {
    /// The fault in words, for the trace.
    pub(crate) fn text(&self, pod: &str) -> String {
        match self {
            RuntimeFault::Exit { container, code } => {
                format!("container {container} of pod {pod} exits with {code}")
            }
            RuntimeFault::OutOfMemory { container } => {
                format!("the kernel kills container {container} of pod {pod} for memory")
            }
            RuntimeFault::Freeze { container, frozen: true } => {
                format!("container {container} of pod {pod} freezes")
            }
            RuntimeFault::Freeze { container, frozen: false } => {
                format!("container {container} of pod {pod} goes on")
            }
            RuntimeFault::LoseContainer { container } => {
                format!("container {container} of pod {pod} is removed from its runtime")
            }
            RuntimeFault::LoseExited { container } => {
                format!("the runtime loses its record of the ended container {container} of pod {pod}")
            }
            RuntimeFault::SandboxDies => format!("the sandbox of pod {pod} dies"),
            RuntimeFault::SandboxNotReady => format!("the sandbox of pod {pod} is not ready any more"),
            RuntimeFault::LoseSandbox => format!("the runtime loses pod {pod}"),
        }
    }
}

impl Kubelet {
    /// Lets a fault happen to a pod of this node.
    pub(crate) fn runtime_fault(&mut self, kernel: &mut Kernel, uid: &PodUid, fault: &RuntimeFault) {
        match fault {
            RuntimeFault::Exit { container, code } => {
                let now = kernel.now;
                let runtime = self.runtime.pod_mut(uid);
                let process = runtime.newest(container).and_then(|c| c.process);
                if let (Some(process), Some(processes)) = (process, &mut runtime.processes) {
                    processes.exit(now, process, *code);
                }
                self.run_processes(kernel, uid);
            }
            RuntimeFault::OutOfMemory { container } => {
                let now = kernel.now;
                let runtime = self.runtime.pod_mut(uid);
                let process = runtime.newest(container).and_then(|c| c.process);
                if let (Some(process), Some(processes)) = (process, &mut runtime.processes) {
                    processes.out_of_memory(now, process);
                }
                self.run_processes(kernel, uid);
            }
            RuntimeFault::Freeze { container, frozen } => {
                let now = kernel.now;
                let runtime = self.runtime.pod_mut(uid);
                let process = runtime.newest(container).and_then(|c| c.process);
                if let (Some(process), Some(processes)) = (process, &mut runtime.processes) {
                    processes.set_frozen(now, process, *frozen);
                }
                self.run_processes(kernel, uid);
            }
            RuntimeFault::LoseContainer { container } => {
                let newest = self.runtime.pod(uid).and_then(|p| p.newest(container)).map(|c| c.id.clone());
                self.lose_records(kernel, uid, newest.into_iter().collect());
            }
            RuntimeFault::LoseExited { container } => {
                let exited = self.runtime.pod(uid).into_iter().flat_map(|p| p.containers.iter().rev());
                let exited = exited.filter(|c| c.name == *container && c.state == ContainerState::Exited);
                let ids: Vec<String> = exited.map(|c| c.id.clone()).collect();
                self.lose_records(kernel, uid, ids);
            }
            RuntimeFault::SandboxDies => {
                self.kill_processes(kernel, uid);
                kernel.network.addresses.release(uid);
                self.sandbox_not_ready(kernel, uid);
            }
            RuntimeFault::SandboxNotReady => self.sandbox_not_ready(kernel, uid),
            RuntimeFault::LoseSandbox => {
                let all = self.runtime.pod(uid).into_iter().flat_map(|p| &p.containers);
                let ids: Vec<String> = all.map(|c| c.id.clone()).collect();
                self.lose_records(kernel, uid, ids);
                kernel.network.addresses.release(uid);
                self.runtime.pod_mut(uid).sandboxes.clear();
                self.touch(kernel, uid);
            }
        }
    }

    fn sandbox_not_ready(&mut self, kernel: &mut Kernel, uid: &PodUid) {
        for sandbox in &mut self.runtime.pod_mut(uid).sandboxes {
            sandbox.ready = false;
        }
        self.touch(kernel, uid);
    }

    /// Kills whatever runs in the pod's sandbox, as its death or its stop does.
    pub(crate) fn kill_processes(&mut self, kernel: &mut Kernel, uid: &PodUid) {
        let now = kernel.now;
        let runtime = self.runtime.pod_mut(uid);
        let running = runtime.containers.iter().filter(|c| c.state == ContainerState::Running);
        let running: Vec<_> = running.filter_map(|c| c.process).collect();
        if let Some(processes) = &mut runtime.processes {
            for process in running {
                processes.kill(now, process);
            }
        }
        self.run_processes(kernel, uid);
    }

    /// Ends the processes of these containers and takes their records away.
    fn lose_records(&mut self, kernel: &mut Kernel, uid: &PodUid, ids: Vec<String>) {
        let now = kernel.now;
        let runtime = self.runtime.pod_mut(uid);
        for record in runtime.containers.iter().filter(|c| ids.contains(&c.id)) {
            if let (Some(process), Some(processes)) = (record.process, &mut runtime.processes) {
                processes.kill(now, process);
            }
        }
        self.run_processes(kernel, uid);
        self.runtime.pod_mut(uid).containers.retain(|c| !ids.contains(&c.id));
        self.touch(kernel, uid);
    }
}
