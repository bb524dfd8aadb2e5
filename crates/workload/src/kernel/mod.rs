//! Processes on virtual time: who runs, who waits for what, who is killed.
//!
//! Everything that is ready at an instant runs until it waits; then time may move on. Running is free as long as
//! it is short. A process that runs on and on without waiting pays a microsecond a step ([`FREE_STEPS`]), and one
//! that goes on even then is taken for a busy loop: it is looked at only now and then ([`HONEST_STEPS`]), so that
//! `while true; do :; done` for a year costs little.

mod ends;
mod open_files;
mod turns;

use crate::config::{
    ContainerConfig, ContainerId, Dial, DialId, DialResult, ExecId, Reply, RequestId, SandboxConfig,
};
use crate::fs::{Mounts, NodeRef, Tree};
use crate::happening::{Happened, Happening};
use crate::proc_sys::Setting;
use crate::program::Program;
use crate::signal::Signal;
use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use lifepod_api::SimTime;

/// Processes of one pod; `fork` fails beyond.
const MAX_PROCESSES: usize = 1_000;

/// Bytes a pipe holds.
pub(crate) const PIPE_CAPACITY: usize = 65_536;

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
    /// A setting below `/proc/sys`, opened to be written.
    Setting(Setting),
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
    /// Somebody has opened it to read: until then, who writes waits.
    pub read_so_far: bool,
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
    /// None of its processes runs (the freezer of its cgroup).
    pub frozen: bool,
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
    /// A container that has used more memory than it may, and is killed once the present step is done.
    over_limit: Option<ContainerId>,
    /// The address of whoever is answered now, as servers log it.
    pub asking: String,
    /// What is answered now leaves nothing in any log.
    pub quiet: bool,
    /// The settings below `/proc/sys` that were changed.
    pub settings: BTreeMap<Setting, Vec<u8>>,
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
            over_limit: None,
            asking: String::new(),
            quiet: false,
            settings: BTreeMap::new(),
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

    /// The process behind a number that `me` sees.
    pub fn find(&self, me: ProcId, pid: u32) -> Option<ProcId> {
        let space = self.space_of(self.processes.get(&me)?.container);
        self.processes
            .iter()
            .find(|(_, p)| p.pid == pid && self.space_of(p.container) == space)
            .map(|(id, _)| *id)
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
            frozen: false,
        }
    }
}
