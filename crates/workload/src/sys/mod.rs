//! System calls: what a program may ask of the kernel, as the process that it is.

mod descriptors;
mod paths;

use crate::config::{ContainerId, Dial, DialId, DialResult};
use crate::fs::{Errno, Who};
use crate::happening::Happening;
use crate::kernel::{Client, Kernel, Listener, ProcId, Process, Status, Wait};
use crate::program::Program;
use crate::signal::Signal;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use lifepod_api::SimTime;
pub(crate) use paths::How;
pub(crate) use paths::Stat;

/// The kernel as one process sees it.
pub(crate) struct Sys<'a> {
    pub kernel: &'a mut Kernel,
    pub me: ProcId,
}

/// What a read brought.
pub(crate) enum Read {
    Data(Vec<u8>),
    Eof,
    Wait(Wait),
    Fail(Errno),
}

/// What a write did.
pub(crate) enum Written {
    /// So many bytes were taken.
    Bytes(usize),
    Wait(Wait),
    Fail(Errno),
}

impl Sys<'_> {
    pub fn now(&self) -> SimTime {
        self.kernel.now
    }

    pub fn process(&self) -> &Process {
        &self.kernel.processes[&self.me]
    }

    pub fn process_mut(&mut self) -> &mut Process {
        self.kernel.processes.get_mut(&self.me).expect("a process that takes a step exists")
    }

    pub fn container(&self) -> ContainerId {
        self.process().container
    }

    pub fn who(&self) -> Who {
        Who { uid: self.process().uid, gid: self.process().gid }
    }

    /// Whether the container's tools are GNU's (Debian and its kin) rather than busybox'.
    pub fn gnu(&self) -> bool {
        self.kernel.containers.get(&self.container()).is_some_and(|c| c.image.gnu)
    }

    pub fn assume(&mut self, subject: &str, assumed: &str) {
        let container = self.container();
        self.kernel.assume(container, subject, assumed);
    }

    /// A child that is like this process but runs `program`. `None` when there are too many processes.
    pub fn fork(&mut self, program: Program) -> Option<ProcId> {
        self.kernel.fork(self.me, program)
    }

    /// The number of the process that started this one; 0 from outside the container.
    pub fn parent_pid(&self) -> u32 {
        self.process().parent.and_then(|parent| self.kernel.processes.get(&parent)).map_or(0, |p| p.pid)
    }

    /// The status of a child that ended, taken off the list.
    pub fn reap(&mut self, child: ProcId) -> Option<Status> {
        let done = &mut self.process_mut().done;
        let at = done.iter().position(|(id, _, _)| *id == child)?;
        Some(done.remove(at).2)
    }

    pub fn is_alive(&self, child: ProcId) -> bool {
        self.kernel.processes.contains_key(&child)
    }

    /// Send a signal to a process by the number that this one sees. Signal `None` only asks whether it is there.
    pub fn kill(&mut self, pid: u32, signal: Option<Signal>) -> Result<(), Errno> {
        let Some(target) = self.kernel.find(self.me, pid) else {
            // A child that ended and was not waited for can still be signalled.
            let dead = self.process().done.iter().any(|(_, p, _)| *p == pid);
            return if dead { Ok(()) } else { Err(Errno::ESRCH) };
        };
        let uid = self.process().uid;
        if uid != 0 && self.kernel.processes.get(&target).is_some_and(|p| p.uid != uid) {
            return Err(Errno::EPERM);
        }
        if let Some(signal) = signal {
            self.kernel.signal(target, signal, true);
        }
        Ok(())
    }

    /// Listen on a port of the pod. An error when somebody already does.
    pub fn listen(&mut self, port: u16) -> Result<(), Errno> {
        if self.kernel.ports.contains_key(&port) {
            return Err(Errno::EBUSY);
        }
        let container = self.container();
        self.kernel.ports.insert(port, Listener { process: self.me, container });
        self.kernel.say(Happening::Listen { container, port });
        Ok(())
    }

    /// Ask the network for something. Addresses of the pod itself are answered within it.
    pub fn dial(&mut self, ask: Dial) -> DialId {
        let id = DialId(self.kernel.id());
        let container = self.container();
        self.kernel.dials.insert(id, (self.me, ask.clone()));
        if let Some((from, port, inner)) = self.kernel.within(&ask) {
            self.kernel.asking = from;
            self.kernel.serve(Client::Inside(id), port, inner, false);
        } else {
            self.kernel.say(Happening::Dial { dial: id, container, ask });
        }
        id
    }

    pub fn answer(&mut self, id: DialId) -> Option<DialResult> {
        self.kernel.answers.remove(&id)
    }

    pub fn hang_up(&mut self, id: DialId) {
        self.kernel.dials.remove(&id);
        self.kernel.answers.remove(&id);
    }

    /// A variable of this process's environment.
    pub fn env(&self, name: &str) -> Option<String> {
        self.process().env.iter().find(|(n, _)| n == name).map(|(_, v)| v.to_string())
    }
}
