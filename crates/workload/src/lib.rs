//! What the processes inside a pod do.
//!
//! A [`Sandbox`] is everything below the container runtime's line: the pod's network namespace, its volumes and
//! the processes of its containers. It is a value that is told the time. Nothing calls back: the caller tells it
//! what happens (`start`, `signal`, `exec`, `request`), asks when it wants to be woken (`next_wakeup`), and takes
//! what came of it (`advance`). The kubelet never looks inside.
//!
//! # The map
//! - [`Sandbox`], its inputs (`config.rs`) and outputs (`happening.rs`): all that a caller sees.
//! - `kernel/`, `sys/`: processes, descriptors, pipes, signals, on virtual time. `fs/`: files and mounts.
//!   `net.rs`: ports, requests, dials. `exec.rs`: from words to a running program.
//! - `shell/`: the shell, as an explicit machine whose whole state is data, so that a fork is a clone.
//! - `applets/`: the tools that scripts call. `images/`: the catalogue, and the servers that its images run.
//! - [`behavior`]: what a scenario may say instead; `scripted.rs` plays it.
//!
//! # Why the shell's parser is our own
//! `brush-parser` (MIT) was weighed. It needs `std`, brings a PEG runtime, and parses a script as a whole, where a
//! shell runs line 1 before it sees that line 2 is broken; its trees carry words as raw text to be parsed again
//! at every expansion. Ours is a few hundred lines for exactly the three shells that manifests meet.
#![no_std]

extern crate alloc;

mod applets;
pub mod behavior;
mod config;
mod exec;
mod fs;
#[cfg(test)]
mod guide;
mod happening;
pub mod images;
mod kernel;
mod net;
mod proc_fs;
mod proc_sys;
mod program;
mod sandbox;
mod scripted;
mod shell;
mod signal;
mod sys;
mod words;

pub use behavior::Behavior;
pub use config::*;
pub use fs::{Errno, Volume, VolumeFile};
pub use happening::{Happened, Happening};
pub use sandbox::{Entry, Sandbox};
pub use shell::is_shell;
pub use signal::Signal;
