//! What a [`Sandbox`](crate::Sandbox) tells its caller.

use crate::config::{ContainerId, Dial, DialId, ExecId, Reply, RequestId};
use crate::signal::Signal;
use alloc::string::String;
use lifepod_api::SimTime;

/// Something that happened inside the sandbox, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happened {
    /// When.
    pub at: SimTime,
    /// What.
    pub what: Happening,
}

/// Something that happened inside the sandbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happening {
    /// A line for the container's log.
    Output {
        /// Whose.
        container: ContainerId,
        /// On standard error.
        stderr: bool,
        /// The line, without its newline.
        line: String,
        /// The stream ended within the line: no newline followed (CRI's tag `P`).
        partial: bool,
    },
    /// A program listens on a port from now on.
    Listen {
        /// Whose.
        container: ContainerId,
        /// Which.
        port: u16,
    },
    /// The container's first process ended, and with it the container.
    Exited {
        /// Whose.
        container: ContainerId,
        /// As the runtime reports it: 128+n when a signal ended it.
        exit_code: i32,
        /// The signal that ended it.
        signal: Option<Signal>,
        /// The kernel killed it for memory.
        oom_killed: bool,
    },
    /// A command run from outside ended.
    ExecDone {
        /// Which.
        exec: ExecId,
        /// Its exit code; `None` when the binary could not be started (then `output` holds the runtime's words).
        exit_code: Option<i32>,
        /// What it wrote, both streams in order, at most 16 KiB.
        output: String,
    },
    /// A request from outside was answered.
    Response {
        /// Which.
        request: RequestId,
        /// How.
        reply: Reply,
    },
    /// A process asks for the network outside the pod. Answer with
    /// [`Sandbox::deliver`](crate::Sandbox::deliver), after the latency that the network has.
    Dial {
        /// Which.
        dial: DialId,
        /// Who asks.
        container: ContainerId,
        /// For what.
        ask: Dial,
    },
    /// Something was not understood, and this was assumed instead.
    Assumed {
        /// Whose.
        container: ContainerId,
        /// The words that were not understood.
        subject: String,
        /// What was assumed, as a sentence without a full stop.
        assumed: String,
    },
}
