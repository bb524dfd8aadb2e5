//! Descriptors: reading, writing, pipes.

use super::paths::binary_bytes;
use super::{Read, Sys, Written};
use crate::fs::{Errno, Kind};
use crate::kernel::{FileId, PIPE_CAPACITY, Target, Wait};
use alloc::vec::Vec;

impl Sys<'_> {
    pub fn fd(&self, fd: u32) -> Option<FileId> {
        self.process().fds.get(&fd).copied()
    }

    /// Put an open description under a number, closing what was there. The description is given away.
    pub fn set_fd(&mut self, fd: u32, file: FileId) {
        if let Some(old) = self.process_mut().fds.insert(fd, file) {
            self.kernel.release(old);
        }
    }

    pub fn close(&mut self, fd: u32) {
        if let Some(old) = self.process_mut().fds.remove(&fd) {
            self.kernel.release(old);
        }
    }

    pub fn read(&mut self, fd: u32, max: usize) -> Read {
        match self.fd(fd) {
            Some(file) => self.read_open(file, max),
            None => Read::Fail(Errno::EBADF),
        }
    }

    pub fn read_open(&mut self, file: FileId, max: usize) -> Read {
        let Some(f) = self.kernel.files.get(&file) else { return Read::Fail(Errno::EBADF) };
        if !f.read {
            return Read::Fail(Errno::EBADF);
        }
        let offset = f.offset;
        let data = match &f.target {
            Target::Null | Target::Socket | Target::Setting(_) => Vec::new(),
            Target::Zero | Target::Full => alloc::vec![0; max],
            Target::Random => {
                let mut out = Vec::with_capacity(max);
                while out.len() < max {
                    out.extend_from_slice(&self.kernel.random().to_le_bytes());
                }
                out.truncate(max);
                out
            }
            Target::Node(n) => match &self.node(*n).kind {
                Kind::File(c) => c.read_at(offset, max),
                Kind::Dir(_) => return Read::Fail(Errno::EISDIR),
                Kind::Binary(name) => {
                    let bytes = binary_bytes(name);
                    let from = (offset as usize).min(bytes.len());
                    bytes[from..bytes.len().min(from.saturating_add(max))].to_vec()
                }
                _ => Vec::new(),
            },
            Target::Text(text) => {
                let from = (offset as usize).min(text.len());
                text[from..text.len().min(from.saturating_add(max))].to_vec()
            }
            Target::PipeRead(id) | Target::PipeWrite(id) => {
                let (id, waits_for) = (*id, f.offset);
                let Some(pipe) = self.kernel.pipes.get_mut(&id) else { return Read::Eof };
                if pipe.buffer.is_empty() {
                    let over = pipe.writers == 0 && pipe.writers_so_far >= waits_for;
                    return if over { Read::Eof } else { Read::Wait(Wait::pipe(id)) };
                }
                let n = pipe.buffer.len().min(max);
                let data: Vec<u8> = pipe.buffer.drain(..n).collect();
                self.kernel.pipe_changed(id);
                return Read::Data(data);
            }
            Target::Log { .. } | Target::Capture(_) => {
                return Read::Fail(Errno::EBADF);
            }
        };
        if data.is_empty() {
            return Read::Eof;
        }
        if let Some(f) = self.kernel.files.get_mut(&file) {
            f.offset += data.len() as u64;
        }
        Read::Data(data)
    }

    /// Give back bytes of the last read that were not used: real for files, where the offset can move; a pipe
    /// takes them back too, which stands for reading it byte by byte.
    pub fn unread(&mut self, fd: u32, data: &[u8]) {
        let Some(file) = self.fd(fd) else { return };
        let Some(f) = self.kernel.files.get_mut(&file) else { return };
        match &f.target {
            Target::PipeRead(id) | Target::PipeWrite(id) => {
                let id = *id;
                if let Some(p) = self.kernel.pipes.get_mut(&id) {
                    for b in data.iter().rev() {
                        p.buffer.push_front(*b);
                    }
                }
            }
            _ => f.offset = f.offset.saturating_sub(data.len() as u64),
        }
    }

    pub fn write(&mut self, fd: u32, bytes: &[u8]) -> Written {
        let Some(file) = self.fd(fd) else { return Written::Fail(Errno::EBADF) };
        let Some(f) = self.kernel.files.get(&file) else { return Written::Fail(Errno::EBADF) };
        if !f.write {
            return Written::Fail(Errno::EBADF);
        }
        match f.target.clone() {
            Target::Full => Written::Fail(Errno::ENOSPC),
            Target::Node(n) => {
                let append = f.append;
                let wall = self.kernel.wall();
                let tree = &mut self.kernel.trees[n.tree as usize];
                let offset = if append { tree.node(n.ino).size() } else { self.kernel.files[&file].offset };
                if let Err(e) = self.kernel.trees[n.tree as usize].write(n.ino, offset, bytes, wall) {
                    return Written::Fail(e);
                }
                if let Some(f) = self.kernel.files.get_mut(&file) {
                    f.offset = offset + bytes.len() as u64;
                }
                self.kernel.charge(self.me, n.tree);
                Written::Bytes(bytes.len())
            }
            Target::PipeWrite(id) => {
                let Some(pipe) = self.kernel.pipes.get_mut(&id) else { return Written::Fail(Errno::EPIPE) };
                if pipe.readers == 0 {
                    return if pipe.read_so_far {
                        Written::Fail(Errno::EPIPE)
                    } else {
                        Written::Wait(Wait::pipe(id))
                    };
                }
                let room = PIPE_CAPACITY - pipe.buffer.len().min(PIPE_CAPACITY);
                if room == 0 {
                    return Written::Wait(Wait::pipe(id));
                }
                let n = bytes.len().min(room);
                pipe.buffer.extend(&bytes[..n]);
                self.kernel.pipe_changed(id);
                Written::Bytes(n)
            }
            Target::Log { .. } if self.kernel.quiet => Written::Bytes(bytes.len()),
            Target::Log { container, stderr } => {
                self.kernel.log(container, stderr, bytes);
                Written::Bytes(bytes.len())
            }
            Target::Capture(exec) => {
                self.kernel.capture(exec, bytes);
                Written::Bytes(bytes.len())
            }
            Target::Setting(setting) => {
                self.kernel.set(setting, bytes);
                Written::Bytes(bytes.len())
            }
            Target::PipeRead(_) | Target::Text(_) => Written::Fail(Errno::EBADF),
            Target::Null | Target::Zero | Target::Random | Target::Socket => Written::Bytes(bytes.len()),
        }
    }

    /// A pipe: the end to read and the end to write.
    pub fn pipe(&mut self) -> (FileId, FileId) {
        let id = self.kernel.new_pipe();
        let read = self.kernel.open_file(Target::PipeRead(id), true, false, false);
        let write = self.kernel.open_file(Target::PipeWrite(id), false, true, false);
        (read, write)
    }
}
