//! The programs a process can run, behind one face.

use crate::applets::Applet;
use crate::config::Ask;
use crate::images::server::Server;
use crate::kernel::{Client, Turn};
use crate::net::Answering;
use crate::scripted::{ExecScript, Scripted};
use crate::shell::Shell;
use crate::sys::Sys;
use alloc::boxed::Box;

/// What a process runs. All of its state is in here.
#[derive(Clone, Debug)]
pub(crate) enum Program {
    /// `sh`, `ash`, `dash`, `bash`.
    Shell(Box<Shell>),
    /// A tool: `sleep`, `cat`, `grep`.
    Applet(Box<Applet>),
    /// What a server image runs: `nginx`, `redis-server`.
    Server(Box<Server>),
    /// What a scenario says.
    Scripted(Box<Scripted>),
    /// What a scenario says of a command run from outside.
    ExecScript(Box<ExecScript>),
}

impl Program {
    /// One step. A program is stepped again when what it waited for may have come.
    pub fn step(&mut self, sys: &mut Sys<'_>) -> Turn {
        match self {
            Program::Shell(p) => p.step(sys),
            Program::Applet(p) => p.step(sys),
            Program::Server(p) => p.step(sys),
            Program::Scripted(p) => p.step(sys),
            Program::ExecScript(p) => p.step(sys),
        }
    }

    /// A client asks something of a port that this program listens on.
    pub fn answer(&mut self, sys: &mut Sys<'_>, client: Client, port: u16, ask: &Ask) -> Answering {
        match self {
            Program::Server(p) => p.answer(sys, port, ask),
            Program::Scripted(p) => p.answer(sys, client, port, ask),
            Program::Applet(p) => p.answer(sys, port, ask),
            Program::Shell(_) | Program::ExecScript(_) => Answering::never(),
        }
    }
}
