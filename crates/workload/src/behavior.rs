//! What a container's process does when a scenario says so, instead of the command being interpreted.
//!
//! All instants count from the start of the process. A [`Behavior`] is data: the same one may be given to every
//! start of every container it matches, and [`ContainerConfig::restart_count`](crate::ContainerConfig) picks the run.

use crate::signal::Signal;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use lifepod_api::SimTime;

/// What the processes of one container do.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Behavior {
    /// By restart count; the last one repeats. Empty: one run that does nothing and never ends.
    pub runs: Vec<Run>,
    /// What TERM does.
    pub on_term: OnTerm,
    /// The termination message that a process leaves which ends because of TERM; empty writes none.
    pub term_message: String,
    /// How often the runtime fails to make the container at first, and its words then.
    pub create_errors: Option<CreateErrors>,
    /// What the runtime says when it is asked to change the container's resources while it runs, if it refuses.
    pub resize_error: Option<String>,
    /// What commands run from outside (exec probes, hooks) do, by the first rule that matches. A command that no
    /// rule matches is run for real, against the container's files.
    pub exec: Vec<ExecRule>,
    /// The container understands probe words: an exec of `probe okfrom=3 okuntil=9 took=1` and an HTTP request
    /// for `/x?okfrom=3&status=500` carry their own answer. Recordings of real clusters are made with these.
    pub probe_words: bool,
    /// The probe words with which gRPC health checks are answered, by port and service (empty: the server as a whole).
    /// A service without words is unknown.
    pub grpc_words: BTreeMap<(u16, String), String>,
}

/// Containers that cannot be made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CreateErrors {
    /// How many attempts fail, counted over the life of the pod.
    pub times: u32,
    /// The runtime's words.
    pub message: String,
}

/// One life of the process.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Run {
    /// The container cannot be started at all.
    pub start_error: Option<ScriptedStartError>,
    /// What happens when, in the order of `at` (equal ones in the order written).
    pub steps: Vec<Step>,
}

/// A start that fails.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScriptedStartError {
    /// The exit code in the container's status (containerd: 128).
    pub exit_code: i32,
    /// The reason in the container's status (`StartError`).
    pub reason: String,
    /// The message in the container's status.
    pub message: String,
}

/// Something that happens at an instant of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Since the start of the process.
    pub at: SimTime,
    /// What happens.
    pub act: Act,
}

/// What can happen in a run.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// Listen on a port. A port that is taken ends the process with exit code 1 and the message of a bind error.
    Listen {
        /// The port.
        port: u16,
        /// What is spoken there.
        protocol: Protocol,
    },
    /// Listen on every TCP port that the container declares; as [`Act::Listen`] otherwise.
    ListenDeclared {
        /// What is spoken there.
        protocol: Protocol,
    },
    /// Stop listening on a port: connections are refused from now on.
    Close {
        /// The port.
        port: u16,
    },
    /// From now on, answer HTTP requests so. The latest rule whose port and path match is used; without any, 200.
    Http(HttpRule),
    /// From now on, gRPC health checks of this service (empty: the server as a whole) answer so.
    Grpc {
        /// The service.
        service: String,
        /// `SERVING` or `NOT_SERVING`.
        serving: bool,
    },
    /// From now on the process hangs: it accepts connections and never answers, and TERM is not handled.
    Hang,
    /// The hang is over; requests that wait are answered.
    Resume,
    /// Write a line to the log.
    Print {
        /// The line, without its newline.
        line: String,
        /// On standard error.
        stderr: bool,
    },
    /// Use so much memory from now on, in bytes, rising evenly from the present use over `over`.
    Memory {
        /// The use that is reached.
        bytes: u64,
        /// How long it takes to get there.
        over: SimTime,
    },
    /// Write a file (the directories above it are made).
    Write {
        /// Where.
        path: String,
        /// What it then holds.
        text: String,
    },
    /// Remove a file.
    Remove {
        /// Which.
        path: String,
    },
    /// End with this code, after writing the message to the termination message file.
    Exit {
        /// The exit code.
        code: i32,
        /// The termination message; empty writes none.
        message: String,
    },
    /// End by a signal, as by a crash (`SEGV` gives 139).
    Die {
        /// The signal.
        signal: Signal,
    },
    /// Be killed by the kernel for memory: exit code 137, reason OOMKilled.
    Oom,
}

/// What a port speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP.
    #[default]
    Http,
    /// HTTP over TLS.
    Https,
    /// Connections are accepted; nothing is ever said.
    Tcp,
    /// gRPC with the health service.
    Grpc,
    /// gRPC without the health service.
    GrpcBare,
}

/// How HTTP requests are answered.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HttpRule {
    /// Only on this port; `None` is every port.
    pub port: Option<u16>,
    /// Only for this path, without its query; a `*` at the end matches any rest. Empty is every path.
    pub path: String,
    /// The answer.
    pub answer: Answer,
}

/// One HTTP answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// Response headers.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
    /// How long the answer takes.
    pub after: SimTime,
    /// How long its body takes after its header.
    pub body_after: SimTime,
    /// Do not answer but do this.
    pub fault: Option<Fault>,
}

impl Default for Answer {
    fn default() -> Self {
        Answer {
            status: 200,
            headers: Vec::new(),
            body: String::from("ok"),
            after: SimTime::ZERO,
            body_after: SimTime::ZERO,
            fault: None,
        }
    }
}

/// How a server fails to answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Reset the connection.
    Reset,
    /// Close the connection without a word.
    Close,
    /// Say something that is not HTTP.
    Garbage(String),
    /// Never answer.
    Silence,
}

/// What TERM does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnTerm {
    /// The process ends with this code after this time. A second TERM does not restart the clock.
    Exit {
        /// From the signal to the end.
        after: SimTime,
        /// The exit code.
        code: i32,
    },
    /// The process takes no new connections, finishes the requests that it has, and ends with this code.
    Drain {
        /// After this time it ends whether it has finished or not.
        within: SimTime,
        /// The exit code.
        code: i32,
    },
    /// Nothing: only KILL ends the process.
    Ignore,
}

impl Default for OnTerm {
    fn default() -> Self {
        OnTerm::Exit { after: SimTime::from_millis(100), code: 0 }
    }
}

/// What one kind of command run from outside does.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExecRule {
    /// The command's words begin with these. Empty matches every command.
    pub command: Vec<String>,
    /// The answer while it applies: the last entry whose `from` is not after now. Before the first one, the
    /// answer is exit code 1.
    pub answers: BTreeMap<SimTime, ExecAnswer>,
}

/// How a command run from outside ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExecAnswer {
    /// The exit code.
    pub exit_code: i32,
    /// What it writes.
    pub output: String,
    /// How long it takes.
    pub took: SimTime,
}

impl Behavior {
    /// The run of a start, by how often the container was restarted before.
    pub fn run(&self, restart_count: u32) -> Option<&Run> {
        self.runs.get(restart_count as usize).or(self.runs.last())
    }
}
