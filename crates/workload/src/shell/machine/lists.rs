//! Lists, pipelines and jobs, and waiting for them.

use crate::kernel::{Status, Turn, Wait};
use crate::shell::ast::*;
use crate::shell::{Dialect, Foreground, Frame, Shell};
use crate::signal::Signal;
use crate::sys::Sys;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

impl Shell {
    pub(super) fn block(&mut self, sys: &mut Sys<'_>, block: Block, next: usize, tail: bool) {
        let Some(item) = block.get(next) else { return };
        let last = next + 1 == block.len();
        self.line = item.line;
        let (chain, background, text) = (item.chain.clone(), item.background, item.text.clone());
        let keep_tail = tail && self.traps_allow_tail();
        if !last {
            self.frames.push(Frame::Block { block, next: next + 1, tail });
        }
        if background {
            self.background(sys, chain, text);
        } else {
            self.frames.push(Frame::Chain { chain, next: 0, tail: last && keep_tail });
        }
    }

    pub(super) fn chain(&mut self, chain: Arc<AndOr>, next: usize, tail: bool) {
        if let Some(i) = next.checked_sub(1)
            && let Some((and, _)) = chain.rest.get(i)
            && *and != (self.status == 0)
        {
            // Short-circuited: look at the next one.
            if next < chain.rest.len() {
                self.frames.push(Frame::Chain { chain, next: next + 1, tail });
            }
            return;
        }
        let pipeline = match next.checked_sub(1) {
            None => chain.first.clone(),
            Some(i) => match chain.rest.get(i) {
                Some((_, pipeline)) => pipeline.clone(),
                None => return,
            },
        };
        let last = next == chain.rest.len();
        if last {
            self.frames.push(Frame::Pipeline { pipeline, tail });
        } else {
            self.frames.push(Frame::Chain { chain, next: next + 1, tail });
            self.frames.push(Frame::Suppress);
            self.suppress += 1;
            self.frames.push(Frame::Pipeline { pipeline, tail: false });
        }
    }

    pub(super) fn pipeline(&mut self, sys: &mut Sys<'_>, pipeline: &Arc<Pipeline>, tail: bool) {
        let timed = pipeline.timed.then(|| sys.now());
        let plain = !pipeline.negate && timed.is_none();
        if !plain {
            self.frames.push(Frame::PipelineEnd { negate: pipeline.negate, timed });
        }
        if pipeline.negate {
            self.frames.push(Frame::Suppress);
            self.suppress += 1;
        }
        if let [command] = &pipeline.commands[..] {
            self.frames.push(Frame::Command { command: command.clone(), tail: tail && plain });
            return;
        }
        self.frames.push(Frame::Check);
        let mut children = Vec::new();
        let mut input = None;
        let count = pipeline.commands.len();
        for (i, command) in pipeline.commands.iter().enumerate() {
            let pipe = (i + 1 < count).then(|| sys.pipe());
            let child = self.fork(sys, Frame::Command { command: command.clone(), tail: true });
            if let Some(child) = child {
                let mut child_sys = Sys { kernel: sys.kernel, me: child };
                if let Some(input) = input {
                    child_sys.kernel.retain(input);
                    child_sys.set_fd(0, input);
                }
                if let Some((_, write)) = pipe {
                    child_sys.kernel.retain(write);
                    child_sys.set_fd(1, write);
                }
                children.push((child, None));
            }
            if let Some(input) = input {
                sys.kernel.release(input);
            }
            if let Some((_, write)) = pipe {
                sys.kernel.release(write);
            }
            input = pipe.map(|(read, _)| read);
        }
        self.frames.push(Frame::Wait(Foreground { children, pipeline: true, command: String::new() }));
    }

    /// bash's `PIPESTATUS`.
    pub(in crate::shell) fn set_pipe_status(&mut self, codes: &[i32]) {
        if self.dialect == Dialect::Bash {
            self.set_array("PIPESTATUS", codes.iter().map(ToString::to_string).collect());
        }
    }

    /// Run a chain in another process and go on.
    pub(super) fn background(&mut self, sys: &mut Sys<'_>, chain: Arc<AndOr>, text: String) {
        let frame = Frame::Chain { chain, next: 0, tail: true };
        let Some(child) = self.fork(sys, frame) else { return };
        let mut child_sys = Sys { kernel: sys.kernel, me: child };
        // Without job control, background jobs ignore INT and QUIT, and read nothing.
        child_sys.process_mut().ignored |= (1 << Signal::INT.0) | (1 << Signal::QUIT.0);
        let null = child_sys.kernel.open_file(crate::kernel::Target::Null, true, false, false);
        child_sys.set_fd(0, null);
        let pid = Shell::pid_of(sys, child);
        self.last_background = Some((child, pid));
        self.add_job(child, pid, text);
        self.status = 0;
    }

    pub(super) fn wait_foreground(&mut self, sys: &mut Sys<'_>, mut foreground: Foreground) -> Turn {
        for (child, code) in foreground.children.iter_mut().filter(|(_, code)| code.is_none()) {
            let pid = sys.process().done.iter().find(|(id, ..)| id == child).map_or(0, |(_, pid, _)| *pid);
            let Some(status) = sys.reap(*child) else {
                if !sys.is_alive(*child) {
                    *code = Some(127);
                }
                continue;
            };
            *code = Some(status.code());
            if let Status::Signal(signal) = status {
                self.tell_death(signal, pid, &foreground.command, foreground.pipeline);
            }
        }
        if foreground.children.iter().any(|(_, code)| code.is_none()) {
            self.frames.push(Frame::Wait(foreground));
            return Turn::Wait(Wait::child());
        }
        // Waiting for any child, as a shell does, also takes background jobs that have ended.
        self.update_jobs(sys);
        let codes: Vec<i32> = foreground.children.iter().map(|(_, code)| code.unwrap_or(0)).collect();
        self.status = codes.last().copied().unwrap_or(0);
        if self.options.pipefail
            && let Some(failed) = codes.iter().rev().find(|c| **c != 0)
        {
            self.status = *failed;
        }
        self.set_pipe_status(&codes);
        if self.status == 130
            && sys.process().pid != 1
            && self.traps.is_empty()
            && self.hint == Some(Signal::INT)
        {
            self.exit(sys, 130);
        }
        Turn::More
    }

    /// `Terminated`, as a shell tells of a child that a signal ended.
    pub(in crate::shell) fn tell_death(&mut self, signal: Signal, pid: u32, command: &str, pipeline: bool) {
        if signal == Signal::INT || signal == Signal::PIPE {
            return;
        }
        let Some(words) = signal.description() else { return };
        if self.dialect == Dialect::Bash {
            if !pipeline {
                let width = 24usize.saturating_sub(words.len());
                self.complain(&format!("{pid:5} {words}{:width$}{command}", ""));
            }
        } else {
            self.print(2, format!("{words}\n").as_bytes());
        }
    }
}
