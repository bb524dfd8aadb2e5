//! Open files, pipes, and what is written to the log.

use super::{FileId, Kernel, OpenFile, Pipe, Target};
use crate::config::{ContainerId, ExecId};
use crate::happening::Happening;
use alloc::string::String;
use alloc::vec::Vec;

/// Where containerd cuts a log line.
pub(super) const LOG_LINE: usize = 16_384;

/// Bytes of output kept of a command run from outside.
pub(super) const EXEC_OUTPUT: usize = 16_384;

impl Kernel {
    /// A new open file description with one descriptor to come.
    pub fn open_file(&mut self, target: Target, read: bool, write: bool, append: bool) -> FileId {
        match &target {
            Target::Node(n) => self.trees[n.tree as usize].node_mut(n.ino).opens += 1,
            Target::PipeRead(p) => {
                if let Some(p) = self.pipes.get_mut(p) {
                    p.readers += 1;
                    p.read_so_far = true;
                }
            }
            Target::PipeWrite(p) => {
                if let Some(p) = self.pipes.get_mut(p) {
                    p.writers += 1;
                    p.writers_so_far += 1;
                    // Opened for both (`<>`), it is a reader of its own.
                    p.readers += u32::from(read);
                    p.read_so_far |= read;
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
                    p.readers -= u32::from(f.read);
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
}
