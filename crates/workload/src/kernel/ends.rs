//! Ends: of processes and containers, by themselves, by signals, and for memory.

use super::{Kernel, MAX_PROCESSES, ProcId, Status};
use crate::config::ContainerId;
use crate::happening::Happening;
use crate::signal::{DefaultAction, Signal};
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// What the smallest program itself takes of a container's memory.
const PROGRAM: u64 = 512 << 10;

impl Kernel {
    /// End a process: close its files, tell its parent, and end the container with its first process.
    pub fn end(&mut self, id: ProcId, status: Status) {
        let Some(p) = self.processes.remove(&id) else { return };
        if let Some(at) = p.wait.until {
            self.timers.remove(&(at, id));
        }
        for file in p.fds.into_values() {
            self.release(file);
        }
        self.ports.retain(|_, l| l.process != id);
        self.cut_connections(id);
        let adopter = self.adopter(p.container).filter(|a| *a != id);
        for child in self.processes.values_mut().filter(|c| c.parent == Some(id)) {
            child.parent = adopter;
        }
        if let Some(parent) = p.parent {
            self.tell_parent(parent, (id, p.pid, status));
        }
        if let Some(exec) = p.exec
            && let Some((_, output)) = self.execs.remove(&exec)
        {
            let output = String::from_utf8_lossy(&output).into_owned();
            self.say(Happening::ExecDone { exec, exit_code: Some(status.code()), output });
        }
        if self.containers.get(&p.container).is_some_and(|c| c.init == id) {
            self.end_container(p.container, status);
        }
    }

    /// A process' children, their children, and so on.
    pub fn descendants(&self, of: ProcId) -> Vec<ProcId> {
        let mut found = Vec::from([of]);
        let mut next = 0;
        while let Some(parent) = found.get(next).copied() {
            found.extend(self.processes.iter().filter(|(_, p)| p.parent == Some(parent)).map(|(id, _)| *id));
            next += 1;
        }
        found.remove(0);
        found
    }

    pub(super) fn adopter(&self, container: ContainerId) -> Option<ProcId> {
        self.containers.get(&container).map(|c| c.init)
    }

    pub(super) fn tell_parent(&mut self, parent: ProcId, done: (ProcId, u32, Status)) {
        let Some(p) = self.processes.get_mut(&parent) else { return };
        p.done.push(done);
        if p.done.len() > MAX_PROCESSES {
            p.done.remove(0);
        }
        if p.wait.child {
            self.wake(parent);
        }
    }

    pub(super) fn end_container(&mut self, id: ContainerId, status: Status) {
        let others: Vec<ProcId> =
            self.processes.iter().filter(|(_, p)| p.container == id).map(|(id, _)| *id).collect();
        for other in others {
            if let Some(p) = self.processes.get_mut(&other) {
                p.parent = None;
            }
            self.end(other, Status::Signal(Signal::KILL));
        }
        for stderr in [false, true] {
            let Some(c) = self.containers.get_mut(&id) else { return };
            let rest = core::mem::take(&mut c.partial[usize::from(stderr)]);
            if !rest.is_empty() {
                let line = String::from_utf8_lossy(&rest).into_owned();
                self.say(Happening::Output { container: id, stderr, line, partial: true });
            }
        }
        let Some(c) = self.containers.get_mut(&id) else { return };
        c.running = false;
        let oom_killed = c.oom;
        let signal = match status {
            Status::Signal(signal) => Some(signal),
            Status::Code(_) => None,
        };
        self.say(Happening::Exited { container: id, exit_code: status.code(), signal, oom_killed });
    }

    /// Bytes that a container's processes hold, with what they have put into file systems in memory.
    pub fn memory(&self, container: ContainerId) -> u64 {
        let held: u64 = self.processes.values().filter(|p| p.container == container).map(|p| p.rss).sum();
        let files = self.trees.iter().filter(|tree| tree.charged == Some(container)).map(|tree| tree.used);
        held + files.sum::<u64>()
    }

    /// A process wrote to a tree. In memory that counts for its container, which is killed at the end of the
    /// process's step when it is over its limit.
    pub fn charge(&mut self, writer: ProcId, tree: u32) {
        let Some(container) = self.processes.get(&writer).map(|p| p.container) else { return };
        let tree = &mut self.trees[tree as usize];
        if !tree.in_memory {
            return;
        }
        let charged = *tree.charged.get_or_insert(container);
        let limit = self.containers.get(&charged).and_then(|c| c.config.memory_limit);
        if limit.is_some_and(|limit| self.memory(charged) + PROGRAM > limit) {
            self.over_limit = Some(charged);
        }
    }

    /// Change a container's memory limit.
    pub fn set_memory_limit(&mut self, container: ContainerId, limit: Option<u64>) {
        if let Some(c) = self.containers.get_mut(&container) {
            Arc::make_mut(&mut c.config).memory_limit = limit;
        }
    }

    /// Set a process's memory; over the container's limit the kernel kills the whole container, as the kubelet
    /// asks of cgroup v2 (`memory.oom.group`, pkg/kubelet/kuberuntime `singleProcessOOMKill` unset).
    pub fn set_memory(&mut self, id: ProcId, bytes: u64) {
        let Some(p) = self.processes.get_mut(&id) else { return };
        p.rss = bytes;
        let container = p.container;
        let limit = self.containers.get(&container).and_then(|c| c.config.memory_limit);
        if limit.is_some_and(|limit| self.memory(container) > limit) {
            self.oom(container);
        }
    }

    /// Kill a container for memory.
    pub fn oom(&mut self, container: ContainerId) {
        if let Some(c) = self.containers.get_mut(&container) {
            c.oom = true;
            let init = c.init;
            self.end(init, Status::Signal(Signal::KILL));
        }
    }

    /// Deliver a signal. `inside` is a sender in the same process space, from which PID 1 takes no KILL.
    pub fn signal(&mut self, id: ProcId, signal: Signal, inside: bool) {
        let Some(p) = self.processes.get_mut(&id) else { return };
        let bit = 1u64 << (signal.0 & 63);
        let is_init = p.pid == 1;
        if signal == Signal::KILL {
            if !(is_init && inside) {
                self.end(id, Status::Signal(signal));
            }
            return;
        }
        if p.handled & bit != 0 {
            if !p.pending.contains(&signal) {
                p.pending.push_back(signal);
            }
            self.wake(id);
            return;
        }
        // The kernel protects PID 1 from every signal that it has no handler for.
        if p.ignored & bit != 0 || is_init {
            return;
        }
        match signal.default_action() {
            DefaultAction::End => self.end(id, Status::Signal(signal)),
            DefaultAction::Stop => p.stopped = true,
            DefaultAction::Continue => {
                p.stopped = false;
                p.ready = false;
                self.wake(id);
            }
            DefaultAction::Ignore => {}
        }
    }
}
