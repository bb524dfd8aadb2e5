//! Files: trees of nodes, mounts over them, and the walk along a path.

mod content;
mod errno;
mod volume;
mod walk;

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;
pub(crate) use content::Content;
pub use errno::Errno;
pub use volume::{Volume, VolumeFile};
pub(crate) use walk::*;

/// The index of a node in its tree.
pub(crate) type Ino = u32;

/// A node of some tree of the sandbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct NodeRef {
    pub tree: u32,
    pub ino: Ino,
}

/// A device file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Device {
    Null,
    Zero,
    Full,
    Random,
    Tty,
    /// `/dev/stdin`, `/dev/fd/3`: another name of an open descriptor.
    Fd(u32),
}

/// What a node is.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Dir(BTreeMap<String, Ino>),
    File(Content),
    Link(String),
    Device(Device),
    /// A binary, by the name of the program that it is.
    Binary(&'static str),
    /// A named pipe; its open ends live in the kernel.
    Fifo(Option<u32>),
}

/// One file, directory, link or device.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub kind: Kind,
    pub mode: u16,
    pub uid: u32,
    pub gid: u32,
    /// Microseconds since 1970.
    pub mtime: i64,
    pub links: u32,
    /// How many open descriptions point here; a node without links lives until the last one closes.
    pub opens: u32,
}

impl Node {
    fn new(kind: Kind, mode: u16, uid: u32, gid: u32, mtime: i64) -> Self {
        Node { kind, mode, uid, gid, mtime, links: 1, opens: 0 }
    }

    pub fn is_dir(&self) -> bool {
        matches!(self.kind, Kind::Dir(_))
    }

    pub fn size(&self) -> u64 {
        match &self.kind {
            Kind::File(c) => c.len(),
            Kind::Link(target) => target.len() as u64,
            Kind::Binary(_) => 1_131_168,
            Kind::Dir(entries) => 4096.max(entries.len() as u64 * 24),
            Kind::Device(_) | Kind::Fifo(_) => 0,
        }
    }
}

/// A file system: an arena of nodes whose first is the root directory. Copies share the nodes that neither has written
/// to, as containers share the layers of their image.
#[derive(Clone, Debug)]
pub(crate) struct Tree {
    nodes: Vec<Arc<Node>>,
    free: Vec<Ino>,
    /// Bytes in regular files.
    pub used: u64,
    /// Files, directories, links and what else was made here.
    pub inodes: u64,
    /// Bytes that regular files may hold.
    pub capacity: u64,
    /// A file system in memory: what it holds counts for the container that wrote to it first.
    pub in_memory: bool,
    pub charged: Option<crate::config::ContainerId>,
}

/// More bytes than any file system of the simulation holds for real; beyond it, `No space left on device`.
const SOLID_CAPACITY: u64 = 64 << 20;

impl Tree {
    pub fn new(mode: u16, mtime: i64) -> Self {
        let root = Node::new(Kind::Dir(BTreeMap::new()), mode, 0, 0, mtime);
        Tree {
            nodes: vec![Arc::new(root)],
            free: Vec::new(),
            used: 0,
            inodes: 1,
            capacity: u64::MAX,
            in_memory: false,
            charged: None,
        }
    }

    pub fn node(&self, ino: Ino) -> &Node {
        &self.nodes[ino as usize]
    }

    pub fn node_mut(&mut self, ino: Ino) -> &mut Node {
        Arc::make_mut(&mut self.nodes[ino as usize])
    }

    pub fn child(&self, dir: Ino, name: &str) -> Option<Ino> {
        match &self.node(dir).kind {
            Kind::Dir(entries) => entries.get(name).copied(),
            _ => None,
        }
    }

    /// Put a new node into a directory. The name must be free.
    pub fn add(&mut self, dir: Ino, name: &str, kind: Kind, mode: u16, owner: (u32, u32), mtime: i64) -> Ino {
        let node = Arc::new(Node::new(kind, mode, owner.0, owner.1, mtime));
        self.inodes += 1;
        let ino = match self.free.pop() {
            Some(ino) => {
                self.nodes[ino as usize] = node;
                ino
            }
            None => {
                self.nodes.push(node);
                self.nodes.len() as Ino - 1
            }
        };
        self.link(dir, name, ino, mtime);
        ino
    }

    pub fn link(&mut self, dir: Ino, name: &str, ino: Ino, mtime: i64) {
        let parent = self.node_mut(dir);
        parent.mtime = mtime;
        if let Kind::Dir(entries) = &mut parent.kind {
            entries.insert(name.to_string(), ino);
        }
    }

    /// Take a name out of a directory, leaving its node as it is.
    pub fn detach(&mut self, dir: Ino, name: &str, mtime: i64) -> Option<Ino> {
        let parent = self.node_mut(dir);
        parent.mtime = mtime;
        match &mut parent.kind {
            Kind::Dir(entries) => entries.remove(name),
            _ => None,
        }
    }

    /// Remove a name, and the node when nothing else holds it.
    pub fn unlink(&mut self, dir: Ino, name: &str, mtime: i64) {
        if let Some(ino) = self.detach(dir, name, mtime) {
            let node = self.node_mut(ino);
            node.links = node.links.saturating_sub(1);
            self.collect(ino);
        }
    }

    /// Free a node that has neither links nor opens.
    pub fn collect(&mut self, ino: Ino) {
        let node = self.node(ino);
        if node.links == 0 && node.opens == 0 && ino != 0 {
            if let Kind::File(c) = &node.kind {
                self.used = self.used.saturating_sub(c.len());
            }
            self.node_mut(ino).kind = Kind::File(Content::default());
            self.inodes = self.inodes.saturating_sub(1);
            self.free.push(ino);
        }
    }

    /// Write into a regular file.
    pub fn write(&mut self, ino: Ino, offset: u64, data: &[u8], mtime: i64) -> Result<(), Errno> {
        let (used, capacity) = (self.used, self.capacity);
        let node = Arc::make_mut(&mut self.nodes[ino as usize]);
        let Kind::File(content) = &mut node.kind else { return Err(Errno::EINVAL) };
        let old = content.len();
        let new = old.max(offset + data.len() as u64);
        let solid = data.iter().any(|b| *b != 0);
        if used - old.min(used) + new > capacity || (solid && offset + data.len() as u64 > SOLID_CAPACITY) {
            return Err(Errno::ENOSPC);
        }
        content.write_at(offset, data);
        node.mtime = mtime;
        self.used = used - old.min(used) + new;
        Ok(())
    }

    pub fn truncate(&mut self, ino: Ino, len: u64, mtime: i64) -> Result<(), Errno> {
        let (used, capacity) = (self.used, self.capacity);
        let node = Arc::make_mut(&mut self.nodes[ino as usize]);
        let Kind::File(content) = &mut node.kind else { return Err(Errno::EINVAL) };
        let rest = used.saturating_sub(content.len());
        if rest.saturating_add(len) > capacity {
            return Err(Errno::ENOSPC);
        }
        content.truncate(len);
        node.mtime = mtime;
        self.used = rest + len;
        Ok(())
    }

    /// The directory at a path of plain names, made with all its parents where missing.
    pub fn make_dirs(&mut self, path: &str, mode: u16, mtime: i64) -> Ino {
        let mut dir = 0;
        for name in path.split('/').filter(|n| !n.is_empty() && *n != ".") {
            dir = match self.child(dir, name) {
                Some(ino) if self.node(ino).is_dir() => ino,
                Some(_) => {
                    self.unlink(dir, name, mtime);
                    self.add(dir, name, Kind::Dir(BTreeMap::new()), mode, (0, 0), mtime)
                }
                None => self.add(dir, name, Kind::Dir(BTreeMap::new()), mode, (0, 0), mtime),
            };
        }
        dir
    }

    /// Put a file at a path of plain names, with its parents, replacing what is there.
    pub fn put(&mut self, path: &str, kind: Kind, mode: u16, mtime: i64) -> Ino {
        let (parent, name) = path.trim_end_matches('/').rsplit_once('/').unwrap_or(("", path));
        let dir = self.make_dirs(parent, 0o755, mtime);
        if self.child(dir, name).is_some() {
            self.unlink(dir, name, mtime);
        }
        if let Kind::File(c) = &kind {
            self.used += c.len();
        }
        self.add(dir, name, kind, mode, (0, 0), mtime)
    }

    /// Give a file other content, or put it there.
    pub fn renew(&mut self, path: &str, content: Content, mode: u16, mtime: i64) {
        let known = path.split('/').filter(|n| !n.is_empty()).try_fold(0, |dir, name| self.child(dir, name));
        match known.filter(|ino| matches!(self.node(*ino).kind, Kind::File(_))) {
            Some(ino) => {
                let node = self.node_mut(ino);
                (node.kind, node.mtime) = (Kind::File(content), mtime);
            }
            None => {
                self.put(path, Kind::File(content), mode, mtime);
            }
        }
    }

    /// Take a file away, where there is one.
    pub fn take_out(&mut self, path: &str, mtime: i64) {
        let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
        let dir = self.make_dirs(parent, 0o755, mtime);
        if self.child(dir, name).is_some() {
            self.unlink(dir, name, mtime);
        }
    }

    /// Every regular file with its path, in order of path, and every link with its target.
    pub fn list(&self) -> Vec<(String, &Node)> {
        let mut out = Vec::new();
        self.list_under(0, "", &mut out);
        out
    }

    fn list_under<'a>(&'a self, dir: Ino, path: &str, out: &mut Vec<(String, &'a Node)>) {
        if let Kind::Dir(entries) = &self.node(dir).kind {
            for (name, ino) in entries {
                let here = format!("{path}/{name}");
                let node = self.node(*ino);
                out.push((here.clone(), node));
                if node.is_dir() {
                    self.list_under(*ino, &here, out);
                }
            }
        }
    }
}
