//! Processes on virtual time: who runs, who waits for what, who is killed.
//!
//! Everything that is ready at an instant runs until it waits; then time may move on. Running is free as long as
//! it is short. A process that runs on and on without waiting pays a microsecond a step ([`FREE_STEPS`]), and one
//! that goes on even then is taken for a busy loop: it is looked at only now and then ([`HONEST_STEPS`]), so that
//! `while true; do :; done` for a year costs little.

use crate::config::{
    ContainerConfig, ContainerId, Dial, DialId, DialResult, ExecId, Reply, RequestId, SandboxConfig,
};
use crate::fs::{Mounts, NodeRef, Tree};
use crate::happening::{Happened, Happening};
use crate::program::Program;
use crate::signal::{DefaultAction, Signal};
use crate::sys::Sys;
use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use lifepod_api::SimTime;

/// Steps a process may take for nothing between two waits.
const FREE_STEPS: u32 = 20_000;
/// Steps after which a process that never waits is taken for a busy loop.
const HONEST_STEPS: u32 = 1_000_000;
/// Steps paid for at once: at a microsecond each, this is how long the process then pauses.
const SLICE: u32 = 1_000;
/// Steps of a busy loop at one look: enough to see its condition.
const GLANCE: u32 = 100;
/// The longest pause between two looks at a busy loop.
const MAX_PAUSE: SimTime = SimTime::from_secs(10);
/// Steps taken before others get their turn.
const QUANTUM: u32 = 500;
/// Processes of one pod; `fork` fails beyond.
const MAX_PROCESSES: usize = 1_000;
/// Steps of all processes at one instant before each of them is made to pause.
const INSTANT_STEPS: u32 = 4_000_000;
/// Bytes a pipe holds.
pub(crate) const PIPE_CAPACITY: usize = 65_536;
/// Where containerd cuts a log line.
const LOG_LINE: usize = 16_384;
/// Bytes of output kept of a command run from outside.
const EXEC_OUTPUT: usize = 16_384;

/// A process, over the whole pod. Its `pid` is what it and its neighbours see.
pub(crate) type ProcId = u32;
/// An open file description.
pub(crate) type FileId = u32;

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Code(i32),
    Signal(Signal),
}

impl Status {
    /// The number a shell shows: 128+n for a signal.
    pub fn code(self) -> i32 {
        match self {
            Status::Code(code) => code,
            Status::Signal(signal) => 128 + i32::from(signal.0),
        }
    }
}

/// What a process waits for; any of them wakes it, and a signal that it handles does too.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wait {
    pub until: Option<SimTime>,
    /// Wake when this pipe changes.
    pub pipe: Option<u32>,
    /// Wake when a child ends.
    pub child: bool,
    /// Wake when this dial is answered.
    pub dial: Option<DialId>,
}

impl Wait {
    pub fn until(at: SimTime) -> Self {
        Wait { until: Some(at), ..Wait::default() }
    }
    pub fn pipe(id: u32) -> Self {
        Wait { pipe: Some(id), ..Wait::default() }
    }
    pub fn child() -> Self {
        Wait { child: true, ..Wait::default() }
    }
    pub fn dial(id: DialId) -> Self {
        Wait { dial: Some(id), ..Wait::default() }
    }
}

/// What a program did with its step.
pub(crate) enum Turn {
    /// It goes on.
    More,
    /// Nothing to do before one of these; it is then stepped again and looks for itself.
    Wait(Wait),
    /// It ended.
    Exit(i32),
    /// It became another program (`exec`), which keeps process and descriptors.
    Become(Program),
}

/// One process.
#[derive(Clone, Debug)]
pub(crate) struct Process {
    pub pid: u32,
    pub parent: Option<ProcId>,
    pub container: ContainerId,
    /// `None` while it takes its step.
    pub program: Option<Program>,
    pub argv: Arc<Vec<String>>,
    pub fds: BTreeMap<u32, FileId>,
    pub cwd: String,
    pub env: Arc<Vec<(String, String)>>,
    pub uid: u32,
    pub gid: u32,
    pub umask: u16,
    /// Signals the program wants to see for itself, as bits.
    pub handled: u64,
    pub ignored: u64,
    pub pending: VecDeque<Signal>,
    pub stopped: bool,
    pub ready: bool,
    pub wait: Wait,
    /// Children that ended and were not waited for.
    pub done: Vec<(ProcId, u32, Status)>,
    pub exec: Option<ExecId>,
    /// Resident memory in bytes.
    pub rss: u64,
    pub started: SimTime,
    burn: u32,
    pause: SimTime,
    waiting_since: SimTime,
    burning: bool,
}

/// What an open file description points at.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    Null,
    Zero,
    Full,
    Random,
    Node(NodeRef),
    PipeRead(u32),
    PipeWrite(u32),
    /// The container's log.
    Log {
        container: ContainerId,
        stderr: bool,
    },
    /// The output of a command run from outside.
    Capture(ExecId),
    /// Text made when it was opened (`/proc`).
    Text(Arc<Vec<u8>>),
    /// A connection (`/dev/tcp/host/port`): an answered dial.
    Socket,
}

/// An open file description, shared by every descriptor that was made from it.
#[derive(Clone, Debug)]
pub(crate) struct OpenFile {
    pub target: Target,
    pub offset: u64,
    pub append: bool,
    pub read: bool,
    pub write: bool,
    refs: u32,
}

/// A pipe.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pipe {
    pub buffer: VecDeque<u8>,
    pub readers: u32,
    pub writers: u32,
    /// How often an end to write was opened.
    pub writers_so_far: u64,
    waiters: Vec<ProcId>,
}

/// One start of a container.
#[derive(Clone, Debug)]
pub(crate) struct Container {
    pub config: Arc<ContainerConfig>,
    pub mounts: Mounts,
    /// The process whose end is the container's end.
    pub init: ProcId,
    /// Its processes see each other under this number space.
    pub pids: u32,
    pub started: SimTime,
    pub image: Arc<crate::images::Image>,
    pub running: bool,
    partial: [Vec<u8>; 2],
    oom: bool,
}

/// A port somebody listens on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Listener {
    pub process: ProcId,
    pub container: ContainerId,
}

/// Who waits for an answer of a server in the pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Client {
    Outside(RequestId),
    Inside(DialId),
}

/// The whole state below the runtime's line.
#[derive(Clone, Debug)]
pub(crate) struct Kernel {
    pub config: SandboxConfig,
    pub now: SimTime,
    pub trees: Vec<Tree>,
    pub volumes: BTreeMap<String, u32>,
    pub containers: BTreeMap<ContainerId, Container>,
    pub processes: BTreeMap<ProcId, Process>,
    ready: VecDeque<ProcId>,
    timers: BTreeSet<(SimTime, ProcId)>,
    pub files: BTreeMap<FileId, OpenFile>,
    pub pipes: BTreeMap<u32, Pipe>,
    pub ports: BTreeMap<u16, Listener>,
    pub execs: BTreeMap<ExecId, (ProcId, Vec<u8>)>,
    pub replies: BTreeMap<(SimTime, u32), (Client, Reply, Option<ProcId>)>,
    pub dials: BTreeMap<DialId, (ProcId, Dial)>,
    pub answers: BTreeMap<DialId, DialResult>,
    pub happened: Vec<Happened>,
    pids: BTreeMap<u32, u32>,
    pub next_id: u32,
    next_file: u32,
    steps_now: u32,
    random: u64,
}

impl Kernel {
    pub fn new(config: SandboxConfig) -> Self {
        let random = config.seed ^ 0x9e37_79b9_7f4a_7c15;
        Kernel {
            config,
            now: SimTime::ZERO,
            trees: Vec::new(),
            volumes: BTreeMap::new(),
            containers: BTreeMap::new(),
            processes: BTreeMap::new(),
            ready: VecDeque::new(),
            timers: BTreeSet::new(),
            files: BTreeMap::new(),
            pipes: BTreeMap::new(),
            ports: BTreeMap::new(),
            execs: BTreeMap::new(),
            replies: BTreeMap::new(),
            dials: BTreeMap::new(),
            answers: BTreeMap::new(),
            happened: Vec::new(),
            pids: BTreeMap::new(),
            next_id: 1,
            next_file: 1,
            steps_now: 0,
            random,
        }
    }

    /// A fresh number, unique in the sandbox.
    pub fn id(&mut self) -> u32 {
        self.next_id += 1;
        self.next_id - 1
    }

    /// The next pseudo-random number (xorshift64*).
    pub fn random(&mut self) -> u64 {
        let mut x = self.random | 1;
        x ^= x >> 12;
        x ^= x << 25;
        x ^= x >> 27;
        self.random = x;
        x.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// Microseconds since 1970.
    pub fn wall(&self) -> i64 {
        self.config.epoch_micros.saturating_add(self.now.0 as i64)
    }

    pub fn say(&mut self, what: Happening) {
        self.happened.push(Happened { at: self.now, what });
    }

    pub fn assume(&mut self, container: ContainerId, subject: &str, assumed: &str) {
        let what =
            Happening::Assumed { container, subject: subject.to_string(), assumed: assumed.to_string() };
        if !self.happened.iter().any(|h| h.what == what) {
            self.say(what);
        }
    }

    // ---- processes ----

    /// The next free number in a space of process ids.
    pub fn next_pid(&mut self, space: u32) -> u32 {
        let next = self.pids.entry(space).or_insert(0);
        *next = if *next >= 32_767 { 300 } else { *next + 1 };
        *next
    }

    pub fn space_of(&self, container: ContainerId) -> u32 {
        self.containers.get(&container).map_or(0, |c| c.pids)
    }

    /// A child of `parent`, ready to run. `None` when there are too many processes.
    pub fn fork(&mut self, parent: ProcId, program: Program) -> Option<ProcId> {
        if self.processes.len() >= MAX_PROCESSES {
            return None;
        }
        let p = self.processes.get(&parent)?;
        let mut child = Process {
            pid: 0,
            parent: Some(parent),
            container: p.container,
            program: Some(program),
            argv: p.argv.clone(),
            fds: p.fds.clone(),
            cwd: p.cwd.clone(),
            env: p.env.clone(),
            uid: p.uid,
            gid: p.gid,
            umask: p.umask,
            handled: 0,
            ignored: p.ignored,
            pending: VecDeque::new(),
            stopped: false,
            ready: false,
            wait: Wait::default(),
            done: Vec::new(),
            exec: None,
            rss: 0,
            started: self.now,
            burn: p.burn,
            pause: SimTime::ZERO,
            waiting_since: self.now,
            burning: p.burning,
        };
        child.pid = self.next_pid(self.space_of(child.container));
        for file in child.fds.values() {
            self.retain(*file);
        }
        let id = self.id();
        self.processes.insert(id, child);
        self.wake(id);
        Some(id)
    }

    /// The first process of a container or of a command run from outside.
    #[allow(clippy::too_many_arguments)]
    pub fn spawn(
        &mut self,
        container: ContainerId,
        program: Program,
        argv: Vec<String>,
        fds: BTreeMap<u32, FileId>,
        cwd: String,
        env: Vec<(String, String)>,
        who: (u32, u32),
        exec: Option<ExecId>,
    ) -> ProcId {
        let pid = self.next_pid(self.space_of(container));
        let id = self.id();
        let process = Process {
            pid,
            parent: None,
            container,
            program: Some(program),
            argv: Arc::new(argv),
            fds,
            cwd,
            env: Arc::new(env),
            uid: who.0,
            gid: who.1,
            umask: 0o022,
            handled: 0,
            ignored: 0,
            pending: VecDeque::new(),
            stopped: false,
            ready: false,
            wait: Wait::default(),
            done: Vec::new(),
            exec,
            rss: 0,
            started: self.now,
            burn: 0,
            pause: SimTime::ZERO,
            waiting_since: self.now,
            burning: false,
        };
        self.processes.insert(id, process);
        self.wake(id);
        id
    }

    /// Make a waiting process run again.
    pub fn wake(&mut self, id: ProcId) {
        let Some(p) = self.processes.get_mut(&id) else { return };
        if p.ready || p.stopped {
            return;
        }
        p.ready = true;
        if let Some(at) = p.wait.until.take() {
            self.timers.remove(&(at, id));
        }
        if p.pause == SimTime::ZERO && self.now.since(p.waiting_since) >= SimTime::from_millis(1) {
            p.burn = 0;
            p.burning = false;
        }
        self.ready.push_back(id);
    }

    fn park(&mut self, id: ProcId, wait: Wait) {
        let Some(p) = self.processes.get_mut(&id) else { return };
        p.ready = false;
        p.waiting_since = self.now;
        if let Some(at) = wait.until {
            self.timers.insert((at, id));
        }
        if let Some(pipe) = wait.pipe.and_then(|pipe| self.pipes.get_mut(&pipe))
            && !pipe.waiters.contains(&id)
        {
            pipe.waiters.push(id);
        }
        p.wait = wait;
    }

    /// Run whatever is due at `now`, until everything waits.
    pub fn run(&mut self) {
        self.steps_now = 0;
        while let Some((at, id)) = self.timers.first().copied() {
            if at > self.now {
                break;
            }
            self.timers.remove(&(at, id));
            if let Some(p) = self.processes.get_mut(&id) {
                p.wait.until = None;
            }
            self.wake(id);
        }
        self.send_replies();
        while let Some(id) = self.ready.pop_front() {
            self.turn(id);
        }
    }

    /// The next instant at which something happens by itself.
    pub fn next_wakeup(&self) -> Option<SimTime> {
        if !self.ready.is_empty() {
            return Some(self.now);
        }
        let timer = self.timers.first().map(|(at, _)| *at);
        let reply = self.replies.keys().next().map(|(at, _)| *at);
        timer.into_iter().chain(reply).min()
    }

    /// Let one process run for its quantum.
    fn turn(&mut self, id: ProcId) {
        let Some(p) = self.processes.get_mut(&id) else { return };
        if p.stopped {
            p.ready = false;
            return;
        }
        p.pause = SimTime::ZERO;
        let Some(mut program) = p.program.take() else { return };
        for _ in 0..QUANTUM {
            let outcome = program.step(&mut Sys { kernel: self, me: id });
            self.steps_now += 1;
            match outcome {
                Turn::More => {}
                Turn::Become(next) => program = next,
                Turn::Wait(wait) => {
                    self.give_back(id, program);
                    self.park(id, wait);
                    return;
                }
                Turn::Exit(code) => {
                    self.end(id, Status::Code(code));
                    return;
                }
            }
            if !self.processes.contains_key(&id) {
                return;
            }
            if self.must_pause(id) {
                self.give_back(id, program);
                return;
            }
        }
        self.give_back(id, program);
        if self.processes.contains_key(&id) {
            self.ready.push_back(id);
        }
    }

    fn give_back(&mut self, id: ProcId, program: Program) {
        if let Some(p) = self.processes.get_mut(&id) {
            p.program = Some(program);
        }
    }

    /// Count a step; a process that has run for too long pauses, for as long as the steps it took are worth.
    fn must_pause(&mut self, id: ProcId) -> bool {
        let crowded = self.steps_now > INSTANT_STEPS;
        let Some(p) = self.processes.get_mut(&id) else { return true };
        p.burn = p.burn.saturating_add(1);
        let slice = if p.burning { GLANCE } else { SLICE };
        if !crowded && (p.burn < FREE_STEPS || !p.burn.is_multiple_of(slice)) {
            return false;
        }
        let mut pause = SimTime::from_millis(1);
        let mut loops = false;
        if p.burn > HONEST_STEPS {
            loops = !p.burning;
            p.burning = true;
            let factor = (p.burn - HONEST_STEPS) / GLANCE;
            pause = SimTime(1_000u64.saturating_mul(u64::from(factor) + 1)).min(MAX_PAUSE);
        }
        p.pause = pause;
        let container = p.container;
        let subject = p.argv.join(" ");
        let until = self.now + pause;
        self.park(id, Wait::until(until));
        if loops {
            self.assume(container, &subject, "it is a busy loop that burns a CPU, looked at now and then");
        }
        true
    }

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

    fn adopter(&self, container: ContainerId) -> Option<ProcId> {
        self.containers.get(&container).map(|c| c.init)
    }

    fn tell_parent(&mut self, parent: ProcId, done: (ProcId, u32, Status)) {
        let Some(p) = self.processes.get_mut(&parent) else { return };
        p.done.push(done);
        if p.done.len() > MAX_PROCESSES {
            p.done.remove(0);
        }
        if p.wait.child {
            self.wake(parent);
        }
    }

    fn end_container(&mut self, id: ContainerId, status: Status) {
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

    // ---- memory ----

    /// Bytes that a container's processes hold.
    pub fn memory(&self, container: ContainerId) -> u64 {
        self.processes.values().filter(|p| p.container == container).map(|p| p.rss).sum()
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

    // ---- signals ----

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

    /// The process behind a number that `me` sees.
    pub fn find(&self, me: ProcId, pid: u32) -> Option<ProcId> {
        let space = self.space_of(self.processes.get(&me)?.container);
        self.processes
            .iter()
            .find(|(_, p)| p.pid == pid && self.space_of(p.container) == space)
            .map(|(id, _)| *id)
    }

    // ---- open files ----

    /// A new open file description with one descriptor to come.
    pub fn open_file(&mut self, target: Target, read: bool, write: bool, append: bool) -> FileId {
        match &target {
            Target::Node(n) => self.trees[n.tree as usize].node_mut(n.ino).opens += 1,
            Target::PipeRead(p) => {
                if let Some(p) = self.pipes.get_mut(p) {
                    p.readers += 1;
                }
            }
            Target::PipeWrite(p) => {
                if let Some(p) = self.pipes.get_mut(p) {
                    p.writers += 1;
                    p.writers_so_far += 1;
                }
            }
            _ => {}
        }
        self.next_file += 1;
        let id = self.next_file;
        self.files.insert(id, OpenFile { target, offset: 0, append, read, write, refs: 1 });
        id
    }

    pub fn retain(&mut self, file: FileId) {
        if let Some(f) = self.files.get_mut(&file) {
            f.refs += 1;
        }
    }

    pub fn release(&mut self, file: FileId) {
        let Some(f) = self.files.get_mut(&file) else { return };
        f.refs -= 1;
        if f.refs > 0 {
            return;
        }
        let Some(f) = self.files.remove(&file) else { return };
        match f.target {
            Target::Node(n) => {
                let tree = &mut self.trees[n.tree as usize];
                let node = tree.node_mut(n.ino);
                node.opens = node.opens.saturating_sub(1);
                tree.collect(n.ino);
            }
            Target::PipeRead(id) => {
                if let Some(p) = self.pipes.get_mut(&id) {
                    p.readers -= 1;
                }
                self.pipe_changed(id);
            }
            Target::PipeWrite(id) => {
                if let Some(p) = self.pipes.get_mut(&id) {
                    p.writers -= 1;
                }
                self.pipe_changed(id);
            }
            _ => {}
        }
    }

    pub fn new_pipe(&mut self) -> u32 {
        let id = self.id();
        self.pipes.insert(id, Pipe::default());
        id
    }

    /// Wake everybody who waits at a pipe, and forget a pipe without ends.
    pub fn pipe_changed(&mut self, id: u32) {
        let Some(p) = self.pipes.get_mut(&id) else { return };
        let waiters = core::mem::take(&mut p.waiters);
        if p.readers == 0 && p.writers == 0 {
            self.pipes.remove(&id);
        }
        for waiter in waiters {
            if self.processes.get(&waiter).is_some_and(|p| p.wait.pipe == Some(id)) {
                self.wake(waiter);
            }
        }
    }

    /// Bytes for a container's log: whole lines are told, the rest waits for its newline.
    pub fn log(&mut self, id: ContainerId, stderr: bool, bytes: &[u8]) {
        let Some(c) = self.containers.get_mut(&id) else { return };
        let buffer = &mut c.partial[usize::from(stderr)];
        buffer.extend_from_slice(bytes);
        if !bytes.contains(&b'\n') && buffer.len() < LOG_LINE {
            return;
        }
        let mut rest = core::mem::take(buffer);
        let mut lines = Vec::new();
        let mut from = 0;
        loop {
            let left = &rest[from..];
            let newline = left.iter().take(LOG_LINE).position(|b| *b == b'\n');
            let (len, skip, partial) = match newline {
                Some(at) => (at, 1, false),
                None if left.len() >= LOG_LINE => (LOG_LINE, 0, true),
                None => break,
            };
            lines.push((String::from_utf8_lossy(&left[..len]).into_owned(), partial));
            from += len + skip;
        }
        rest.drain(..from);
        if let Some(c) = self.containers.get_mut(&id) {
            c.partial[usize::from(stderr)] = rest;
        }
        for (line, partial) in lines {
            self.say(Happening::Output { container: id, stderr, line, partial });
        }
    }

    /// Bytes for the output of a command run from outside.
    pub fn capture(&mut self, exec: ExecId, bytes: &[u8]) {
        if let Some((_, output)) = self.execs.get_mut(&exec) {
            let room = EXEC_OUTPUT.saturating_sub(output.len());
            output.extend_from_slice(&bytes[..bytes.len().min(room)]);
        }
    }

    /// What the runtime knows of a container that starts.
    pub fn new_container(
        config: Arc<ContainerConfig>,
        mounts: Mounts,
        pids: u32,
        started: SimTime,
        image: Arc<crate::images::Image>,
    ) -> Container {
        Container {
            config,
            mounts,
            init: 0,
            pids,
            started,
            image,
            running: true,
            partial: [Vec::new(), Vec::new()],
            oom: false,
        }
    }
}
