//! Files by their paths, as system calls see them.

use super::Sys;
use crate::fs::{self, Content, Device, Errno, Kind, Node, NodeRef, Walk};
use crate::kernel::{FileId, Target};
use crate::proc_fs;
use crate::proc_sys::{self, Found};
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// How a file is opened.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct How {
    pub read: bool,
    pub write: bool,
    pub create: bool,
    pub truncate: bool,
    pub append: bool,
    /// Fail when it exists and is a regular file (`set -C`).
    pub exclusive: bool,
}

impl How {
    pub const READ: How =
        How { read: true, write: false, create: false, truncate: false, append: false, exclusive: false };
    pub const WRITE: How =
        How { read: false, write: true, create: true, truncate: true, append: false, exclusive: false };
    pub const APPEND: How =
        How { read: false, write: true, create: true, truncate: false, append: true, exclusive: false };
    pub const BOTH: How =
        How { read: true, write: true, create: true, truncate: false, append: false, exclusive: false };
}

/// What `stat` tells.
#[derive(Clone, Debug)]
pub(crate) struct Stat {
    pub node: Node,
    pub id: NodeRef,
    pub read_only: bool,
}

impl Stat {
    pub fn is_dir(&self) -> bool {
        self.node.is_dir()
    }
    pub fn is_file(&self) -> bool {
        matches!(self.node.kind, Kind::File(_) | Kind::Binary(_))
    }
    pub fn is_link(&self) -> bool {
        matches!(self.node.kind, Kind::Link(_))
    }
}

impl Stat {
    pub fn is_device(&self) -> bool {
        matches!(self.node.kind, Kind::Device(_))
    }
}

/// What reading a binary brings: enough for `head -c 4` and `grep -c`.
pub(super) fn binary_bytes(name: &str) -> Vec<u8> {
    let mut out = b"\x7fELF\x02\x01\x01\0".to_vec();
    out.extend_from_slice(name.as_bytes());
    out
}

impl Sys<'_> {
    pub fn walk(&self, path: &str, follow: bool) -> Result<Walk, Errno> {
        let p = self.process();
        let c = &self.kernel.containers[&p.container];
        fs::walk(&self.kernel.trees, &c.mounts, self.who(), &p.cwd, path, follow)
    }

    /// Whether the process runs in a privileged container.
    pub fn is_privileged(&self) -> bool {
        self.kernel.containers.get(&self.process().container).is_some_and(|c| c.config.privileged)
    }

    pub(super) fn proc_path(&self, path: &str) -> Option<String> {
        let path = fs::absolute(&self.process().cwd, path);
        (path == "/proc" || path.starts_with("/proc/")).then_some(path)
    }

    pub fn node(&self, id: NodeRef) -> &Node {
        self.kernel.trees[id.tree as usize].node(id.ino)
    }

    pub fn stat(&self, path: &str, follow: bool) -> Result<Stat, Errno> {
        if let Some(path) = self.proc_path(path)
            && path != "/proc"
        {
            return proc_fs::stat(self, &path, follow);
        }
        let walk = self.walk(path, follow)?;
        let id = walk.node.ok_or(Errno::ENOENT)?;
        Ok(Stat { node: self.node(id).clone(), id, read_only: walk.read_only })
    }

    pub fn exists(&self, path: &str) -> bool {
        self.stat(path, true).is_ok()
    }

    pub fn is_dir(&self, path: &str) -> bool {
        self.stat(path, true).is_ok_and(|s| s.is_dir())
    }

    /// Whether `want` (4 read, 2 write, 1 execute) is allowed.
    pub fn access(&self, path: &str, want: u16) -> bool {
        self.stat(path, true)
            .is_ok_and(|s| self.who().may(&s.node, want) && !(want & 2 != 0 && s.read_only && !s.is_device()))
    }

    pub fn open(&mut self, path: &str, how: How) -> Result<FileId, Errno> {
        if let Some(path) = self.proc_path(path)
            && path != "/proc"
        {
            if how.write && path.starts_with("/proc/sys/") {
                let Found::Setting(setting) = proc_sys::find(&path)? else { return Err(Errno::EISDIR) };
                if self.process().uid != 0 {
                    return Err(Errno::EACCES);
                }
                if !self.is_privileged() {
                    return Err(Errno::EROFS);
                }
                return Ok(self.kernel.open_file(Target::Setting(setting), false, true, false));
            }
            let text = proc_fs::read(self, &path)?;
            return Ok(self.kernel.open_file(Target::Text(Arc::new(text)), true, how.write, false));
        }
        if let Some(fd) = path.strip_prefix("/dev/fd/").and_then(|fd| fd.parse().ok()) {
            return self.open_device(Device::Fd(fd), how);
        }
        let walk = self.walk(path, true)?;
        let who = self.who();
        let node = match walk.node {
            Some(node) => node,
            None if !how.create => return Err(Errno::ENOENT),
            None => {
                if walk.dir_read_only {
                    return Err(Errno::EROFS);
                }
                if !who.may(self.node(walk.dir), 2) {
                    return Err(Errno::EACCES);
                }
                let mode = 0o666 & !self.process().umask;
                self.create(&walk, Kind::File(Content::default()), mode)
            }
        };
        let wall = self.kernel.wall();
        let found = self.node(node);
        let want = if how.read { 4 } else { 0 } | if how.write { 2 } else { 0 };
        if !who.may(found, want) {
            return Err(Errno::EACCES);
        }
        match &found.kind {
            Kind::Dir(_) if how.write => Err(Errno::EISDIR),
            Kind::Device(device) => self.open_device(*device, how),
            Kind::Fifo(_) => Ok(self.open_fifo(node, how)),
            Kind::Binary(_) if how.write => Err(Errno::EACCES),
            Kind::File(_) => {
                if how.write && walk.read_only {
                    return Err(Errno::EROFS);
                }
                if how.exclusive && walk.node.is_some() {
                    return Err(Errno::EEXIST);
                }
                if how.truncate {
                    self.kernel.trees[node.tree as usize].truncate(node.ino, 0, wall)?;
                }
                Ok(self.kernel.open_file(Target::Node(node), how.read, how.write, how.append))
            }
            _ => Ok(self.kernel.open_file(Target::Node(node), how.read, how.write, how.append)),
        }
    }

    pub(super) fn open_device(&mut self, device: Device, how: How) -> Result<FileId, Errno> {
        let target = match device {
            Device::Null => Target::Null,
            Device::Zero => Target::Zero,
            Device::Full => Target::Full,
            Device::Random => Target::Random,
            Device::Tty => return Err(Errno::ENXIO),
            Device::Fd(fd) => {
                let file = *self.process().fds.get(&fd).ok_or(Errno::ENOENT)?;
                self.kernel.retain(file);
                return Ok(file);
            }
        };
        Ok(self.kernel.open_file(target, how.read, how.write, false))
    }

    /// An end of a named pipe. (A real open waits for the other end; here the first read or write does.)
    pub(super) fn open_fifo(&mut self, node: NodeRef, how: How) -> FileId {
        let known = match self.node(node).kind {
            Kind::Fifo(Some(pipe)) if self.kernel.pipes.contains_key(&pipe) => Some(pipe),
            _ => None,
        };
        let pipe = known.unwrap_or_else(|| self.kernel.new_pipe());
        self.kernel.trees[node.tree as usize].node_mut(node.ino).kind = Kind::Fifo(Some(pipe));
        let target = if how.write { Target::PipeWrite(pipe) } else { Target::PipeRead(pipe) };
        let file = self.kernel.open_file(target, how.read, how.write, false);
        // One who reads before anybody writes is not at the end: its offset is the writer that it waits for.
        let alone = self.kernel.pipes.get(&pipe).filter(|p| p.writers == 0).map(|p| p.writers_so_far + 1);
        if let (Some(first), Some(open)) = (alone, self.kernel.files.get_mut(&file)) {
            open.offset = first;
        }
        if how.read {
            self.kernel.pipe_changed(pipe);
        }
        file
    }

    pub(super) fn create(&mut self, walk: &Walk, kind: Kind, mode: u16) -> NodeRef {
        let wall = self.kernel.wall();
        let who = self.who();
        let tree = &mut self.kernel.trees[walk.dir.tree as usize];
        let ino = tree.add(walk.dir.ino, &walk.name, kind, mode, (who.uid, who.gid), wall);
        NodeRef { tree: walk.dir.tree, ino }
    }

    /// The walk to a name that may be changed: its directory takes writes from this process.
    pub(super) fn change(&self, path: &str) -> Result<Walk, Errno> {
        let walk = self.walk(path, false)?;
        if walk.dir_read_only {
            return Err(Errno::EROFS);
        }
        if !self.who().may(self.node(walk.dir), 3) {
            return Err(Errno::EACCES);
        }
        Ok(walk)
    }

    /// Make a new directory, link or pipe where nothing is.
    pub fn make(&mut self, path: &str, kind: Kind, mode: u16) -> Result<(), Errno> {
        let walk = match self.walk(path.trim_end_matches('/'), false) {
            Ok(walk) if walk.node.is_some() => return Err(Errno::EEXIST),
            _ if path.chars().all(|c| c == '/') && !path.is_empty() => return Err(Errno::EEXIST),
            _ => self.change(path.trim_end_matches('/'))?,
        };
        self.create(&walk, kind, mode);
        Ok(())
    }

    pub fn mkdir(&mut self, path: &str) -> Result<(), Errno> {
        let mode = 0o777 & !self.process().umask;
        self.make(path, Kind::Dir(BTreeMap::new()), mode)
    }

    /// Remove a name that is no directory.
    pub fn unlink(&mut self, path: &str) -> Result<(), Errno> {
        let walk = self.change(path)?;
        let node = walk.node.ok_or(Errno::ENOENT)?;
        if self.node(node).is_dir() {
            return Err(Errno::EISDIR);
        }
        if self.is_mounted(node) {
            return Err(Errno::EBUSY);
        }
        let wall = self.kernel.wall();
        self.kernel.trees[walk.dir.tree as usize].unlink(walk.dir.ino, &walk.name, wall);
        Ok(())
    }

    pub fn rmdir(&mut self, path: &str) -> Result<(), Errno> {
        let walk = self.change(path)?;
        let node = walk.node.ok_or(Errno::ENOENT)?;
        match &self.node(node).kind {
            Kind::Dir(entries) if !entries.is_empty() => return Err(Errno::ENOTEMPTY),
            Kind::Dir(_) => {}
            _ => return Err(Errno::ENOTDIR),
        }
        if self.is_mounted(node) || walk.name == "." {
            return Err(Errno::EBUSY);
        }
        let wall = self.kernel.wall();
        self.kernel.trees[walk.dir.tree as usize].unlink(walk.dir.ino, &walk.name, wall);
        Ok(())
    }

    pub(super) fn is_mounted(&self, node: NodeRef) -> bool {
        let c = &self.kernel.containers[&self.container()];
        c.mounts.table.values().any(|(over, _)| *over == node)
    }

    pub fn rename(&mut self, from: &str, to: &str) -> Result<(), Errno> {
        let a = self.change(from)?;
        let node = a.node.ok_or(Errno::ENOENT)?;
        let b = self.change(to.trim_end_matches('/'))?;
        if a.dir.tree != b.dir.tree || node.tree != a.dir.tree {
            return Err(Errno::EXDEV);
        }
        if self.is_mounted(node) {
            return Err(Errno::EBUSY);
        }
        if b.path == a.path {
            return Ok(());
        }
        if self.node(node).is_dir() && b.path.starts_with(&(a.path.clone() + "/")) {
            return Err(Errno::EINVAL);
        }
        if let Some(old) = b.node {
            match (&self.node(old).kind, self.node(node).is_dir()) {
                (Kind::Dir(entries), true) if !entries.is_empty() => return Err(Errno::ENOTEMPTY),
                (Kind::Dir(_), false) => return Err(Errno::EISDIR),
                (Kind::Dir(_), true) => {}
                (_, true) => return Err(Errno::ENOTDIR),
                _ => {}
            }
        }
        let wall = self.kernel.wall();
        let tree = &mut self.kernel.trees[a.dir.tree as usize];
        if b.node.is_some() {
            tree.unlink(b.dir.ino, &b.name, wall);
        }
        tree.detach(a.dir.ino, &a.name, wall);
        tree.link(b.dir.ino, &b.name, node.ino, wall);
        Ok(())
    }

    /// A second name for a file.
    pub fn hard_link(&mut self, from: &str, to: &str) -> Result<(), Errno> {
        let node = self.walk(from, false)?.node.ok_or(Errno::ENOENT)?;
        let b = self.change(to)?;
        if b.node.is_some() {
            return Err(Errno::EEXIST);
        }
        if node.tree != b.dir.tree {
            return Err(Errno::EXDEV);
        }
        if self.node(node).is_dir() {
            return Err(Errno::EPERM);
        }
        let wall = self.kernel.wall();
        let tree = &mut self.kernel.trees[node.tree as usize];
        tree.node_mut(node.ino).links += 1;
        tree.link(b.dir.ino, &b.name, node.ino, wall);
        Ok(())
    }

    /// Change a node's attributes, as its owner.
    pub fn set_attributes(&mut self, path: &str, follow: bool, set: impl Fn(&mut Node)) -> Result<(), Errno> {
        let walk = self.walk(path, follow)?;
        let id = walk.node.ok_or(Errno::ENOENT)?;
        if walk.read_only {
            return Err(Errno::EROFS);
        }
        let uid = self.process().uid;
        let node = self.kernel.trees[id.tree as usize].node_mut(id.ino);
        if uid != 0 && node.uid != uid {
            return Err(Errno::EPERM);
        }
        set(node);
        Ok(())
    }

    /// The names in a directory, in the order of their bytes.
    pub fn list(&self, path: &str) -> Result<Vec<String>, Errno> {
        if let Some(path) = self.proc_path(path) {
            return proc_fs::list(self, &path);
        }
        let stat = self.stat(path, true)?;
        match &stat.node.kind {
            Kind::Dir(_) if !self.who().may(&stat.node, 4) => Err(Errno::EACCES),
            Kind::Dir(entries) => Ok(entries.keys().cloned().collect()),
            _ => Err(Errno::ENOTDIR),
        }
    }

    pub fn read_link(&self, path: &str) -> Result<String, Errno> {
        match self.stat(path, false)?.node.kind {
            Kind::Link(target) => Ok(target),
            _ => Err(Errno::EINVAL),
        }
    }

    /// All bytes of a regular file.
    pub fn read_file(&mut self, path: &str) -> Result<Vec<u8>, Errno> {
        let file = self.open(path, How::READ)?;
        let bytes = match &self.kernel.files[&file].target {
            Target::Node(n) => match &self.node(*n).kind {
                Kind::File(c) => Ok(c.read_at(0, c.len().min(64 << 20) as usize)),
                Kind::Dir(_) => Err(Errno::EISDIR),
                Kind::Binary(name) => Ok(binary_bytes(name)),
                _ => Ok(Vec::new()),
            },
            Target::Text(text) => Ok(text.to_vec()),
            _ => Ok(Vec::new()),
        };
        self.kernel.release(file);
        bytes
    }

    pub fn write_file(&mut self, path: &str, bytes: &[u8]) -> Result<(), Errno> {
        let file = self.open(path, How::WRITE)?;
        let target = self.kernel.files[&file].target.clone();
        let result = match target {
            Target::Node(n) => {
                let wall = self.kernel.wall();
                let written = self.kernel.trees[n.tree as usize].write(n.ino, 0, bytes, wall);
                self.kernel.charge(self.me, n.tree);
                written
            }
            Target::Setting(setting) => {
                self.kernel.set(setting, bytes);
                Ok(())
            }
            _ => Ok(()),
        };
        self.kernel.release(file);
        result
    }
}
