//! Files: trees of nodes, mounts over them, and the walk along a path.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;

/// Why a file operation failed; [`Errno::message`] words it as libc does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // Their names are the documentation.
pub enum Errno {
    ENOENT,
    EACCES,
    EPERM,
    EEXIST,
    ENOTDIR,
    EISDIR,
    ENOTEMPTY,
    EROFS,
    ELOOP,
    ENOSPC,
    EBADF,
    EINVAL,
    EBUSY,
    EXDEV,
    ENXIO,
    ENOEXEC,
    ESRCH,
    EPIPE,
    EAGAIN,
}

impl Errno {
    /// `No such file or directory`.
    pub fn message(self) -> &'static str {
        match self {
            Errno::ENOENT => "No such file or directory",
            Errno::EACCES => "Permission denied",
            Errno::EPERM => "Operation not permitted",
            Errno::EEXIST => "File exists",
            Errno::ENOTDIR => "Not a directory",
            Errno::EISDIR => "Is a directory",
            Errno::ENOTEMPTY => "Directory not empty",
            Errno::EROFS => "Read-only file system",
            Errno::ELOOP => "Too many levels of symbolic links",
            Errno::ENOSPC => "No space left on device",
            Errno::EBADF => "Bad file descriptor",
            Errno::EINVAL => "Invalid argument",
            Errno::EBUSY => "Device or resource busy",
            Errno::EXDEV => "Invalid cross-device link",
            Errno::ENXIO => "No such device or address",
            Errno::ENOEXEC => "Exec format error",
            Errno::ESRCH => "No such process",
            Errno::EPIPE => "Broken pipe",
            Errno::EAGAIN => "Resource temporarily unavailable",
        }
    }
}

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

/// What a regular file holds: bytes, and after them so many zeros, which cost nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Content {
    pub bytes: Arc<Vec<u8>>,
    pub zeros: u64,
}

impl Content {
    pub fn len(&self) -> u64 {
        self.bytes.len() as u64 + self.zeros
    }

    /// Write at `offset`, filling a gap with zeros.
    pub fn write_at(&mut self, offset: u64, data: &[u8]) {
        let end = offset + data.len() as u64;
        let solid = self.bytes.len() as u64;
        if data.iter().all(|b| *b == 0) && offset >= solid {
            self.zeros = self.zeros.max(end - solid);
            return;
        }
        let total = self.len().max(end);
        let bytes = Arc::make_mut(&mut self.bytes);
        if end > solid {
            bytes.resize(end as usize, 0);
        }
        bytes[offset as usize..end as usize].copy_from_slice(data);
        self.zeros = total - bytes.len() as u64;
    }

    /// Up to `max` bytes from `offset`.
    pub fn read_at(&self, offset: u64, max: usize) -> Vec<u8> {
        let left = self.len().saturating_sub(offset).min(max as u64) as usize;
        let solid = self.bytes.len() as u64;
        let from = offset.min(solid) as usize;
        let mut out = self.bytes[from..(from + left).min(self.bytes.len())].to_vec();
        out.resize(left, 0);
        out
    }

    pub fn truncate(&mut self, len: u64) {
        let solid = self.bytes.len() as u64;
        if len < solid {
            Arc::make_mut(&mut self.bytes).truncate(len as usize);
        }
        self.zeros = len.saturating_sub(solid.min(len));
    }
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

/// A file system: an arena of nodes whose first is the root directory.
#[derive(Clone, Debug)]
pub(crate) struct Tree {
    nodes: Vec<Node>,
    free: Vec<Ino>,
    /// Bytes in regular files.
    pub used: u64,
    /// Bytes that regular files may hold.
    pub capacity: u64,
}

/// More bytes than any file system of the simulation holds for real; beyond it, `No space left on device`.
const SOLID_CAPACITY: u64 = 64 << 20;

impl Tree {
    pub fn new(mode: u16, mtime: i64) -> Self {
        let root = Node::new(Kind::Dir(BTreeMap::new()), mode, 0, 0, mtime);
        Tree { nodes: vec![root], free: Vec::new(), used: 0, capacity: u64::MAX }
    }

    pub fn node(&self, ino: Ino) -> &Node {
        &self.nodes[ino as usize]
    }

    pub fn node_mut(&mut self, ino: Ino) -> &mut Node {
        &mut self.nodes[ino as usize]
    }

    pub fn child(&self, dir: Ino, name: &str) -> Option<Ino> {
        match &self.node(dir).kind {
            Kind::Dir(entries) => entries.get(name).copied(),
            _ => None,
        }
    }

    /// Put a new node into a directory. The name must be free.
    pub fn add(&mut self, dir: Ino, name: &str, kind: Kind, mode: u16, owner: (u32, u32), mtime: i64) -> Ino {
        let node = Node::new(kind, mode, owner.0, owner.1, mtime);
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
        let node = &mut self.nodes[ino as usize];
        if node.links == 0 && node.opens == 0 && ino != 0 {
            if let Kind::File(c) = &node.kind {
                self.used = self.used.saturating_sub(c.len());
            }
            node.kind = Kind::File(Content::default());
            self.free.push(ino);
        }
    }

    /// Write into a regular file.
    pub fn write(&mut self, ino: Ino, offset: u64, data: &[u8], mtime: i64) -> Result<(), Errno> {
        let (used, capacity) = (self.used, self.capacity);
        let node = self.node_mut(ino);
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
        let node = self.node_mut(ino);
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

    /// Take a file away, where there is one.
    pub fn take_out(&mut self, path: &str) {
        let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
        let dir = self.make_dirs(parent, 0o755, 0);
        if self.child(dir, name).is_some() {
            self.unlink(dir, name, 0);
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

/// A file of a volume that shows something from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VolumeFile {
    /// Its path within the volume.
    pub path: String,
    /// What it holds.
    pub bytes: Vec<u8>,
    /// Its permissions.
    pub mode: u16,
}

/// A volume of the pod: files that outlive its containers.
#[derive(Clone, Debug)]
pub struct Volume {
    pub(crate) tree: Tree,
}

impl Default for Volume {
    fn default() -> Self {
        Volume::empty()
    }
}

impl Volume {
    /// An empty, writable directory (`emptyDir`, `hostPath`, a fresh claim), open to everybody.
    pub fn empty() -> Self {
        Volume { tree: Tree::new(0o777, 0) }
    }

    /// A directory of these files, as configMap, secret, downwardAPI and projected volumes are.
    pub fn of(files: &[VolumeFile]) -> Self {
        let mut volume = Volume { tree: Tree::new(0o755, 0) };
        for file in files {
            volume.put(&file.path, &file.bytes, file.mode);
        }
        volume
    }

    /// Makes the files of the volume these: what did not change stays as it is, and what is held open keeps its old
    /// bytes for whoever holds it.
    pub(crate) fn update(tree: &mut Tree, files: &[VolumeFile], wall: i64) {
        let present: Vec<(String, Option<Vec<u8>>)> = tree
            .list()
            .into_iter()
            .filter_map(|(path, node)| match &node.kind {
                Kind::File(content) => Some((path, Some(content.read_at(0, content.len() as usize)))),
                Kind::Dir(_) => None,
                _ => Some((path, None)),
            })
            .collect();
        let same = |path: &str, bytes: &[u8]| {
            present.iter().any(|(p, old)| p.trim_start_matches('/') == path && old.as_deref() == Some(bytes))
        };
        for (path, _) in &present {
            let path = path.trim_start_matches('/');
            if !files.iter().any(|file| file.path == path) {
                let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
                let dir = tree.make_dirs(parent, 0o755, wall);
                tree.unlink(dir, name, wall);
            }
        }
        for file in files.iter().filter(|file| !same(&file.path, &file.bytes)) {
            let content = Content { bytes: Arc::new(file.bytes.clone()), zeros: 0 };
            tree.put(&file.path, Kind::File(content), file.mode, wall);
        }
    }

    /// Put one file at a path within the volume, with its mode, replacing what is there.
    pub fn put(&mut self, path: &str, bytes: &[u8], mode: u16) {
        let content = Content { bytes: Arc::new(bytes.to_vec()), zeros: 0 };
        self.tree.put(path, Kind::File(content), mode, 0);
    }

    /// Allow so many bytes of files; writing more fails with `No space left on device` (a tmpfs with a size).
    pub fn with_capacity(mut self, bytes: u64) -> Self {
        self.tree.capacity = bytes;
        self
    }

    /// Bytes held by regular files: what `sizeLimit` is compared with.
    pub fn used(&self) -> u64 {
        self.tree.used
    }

    /// The bytes of a file.
    pub fn read(&self, path: &str) -> Option<Vec<u8>> {
        let mut ino = 0;
        for name in path.split('/').filter(|n| !n.is_empty()) {
            ino = self.tree.child(ino, name)?;
        }
        match &self.tree.node(ino).kind {
            Kind::File(c) => Some(c.read_at(0, c.len() as usize)),
            _ => None,
        }
    }
}

/// What one container sees: its root, and what is mounted over it.
#[derive(Clone, Debug)]
pub(crate) struct Mounts {
    pub root: NodeRef,
    pub table: BTreeMap<NodeRef, (NodeRef, bool)>,
    pub root_read_only: bool,
}

/// Where a walk along a path ended.
#[derive(Clone, Debug)]
pub(crate) struct Walk {
    /// The directory that holds the last name.
    pub dir: NodeRef,
    /// The last name; `.` for the root itself.
    pub name: String,
    /// What is there.
    pub node: Option<NodeRef>,
    /// The file system of `dir` takes no writes.
    pub dir_read_only: bool,
    /// The file system of `node` takes no writes.
    pub read_only: bool,
    /// The path that was really walked: absolute, no links, no dots.
    pub path: String,
}

/// Who walks: root passes every permission check.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Who {
    pub uid: u32,
    pub gid: u32,
}

impl Who {
    /// Whether `want` (4 read, 2 write, 1 execute) is allowed on the node.
    pub fn may(self, node: &Node, want: u16) -> bool {
        if self.uid == 0 {
            return want & 1 == 0 || node.is_dir() || node.mode & 0o111 != 0;
        }
        let bits = if node.uid == self.uid {
            node.mode >> 6
        } else if node.gid == self.gid {
            node.mode >> 3
        } else {
            node.mode
        };
        bits & want == want
    }
}

/// The absolute form of `path` seen from `cwd`, with `.`, `..` and double slashes resolved as text.
pub(crate) fn absolute(cwd: &str, path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    let base = if path.starts_with('/') { "" } else { cwd };
    for part in base.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

/// Walk along a path. A last link is followed when `follow` says so.
pub(crate) fn walk(
    trees: &[Tree],
    mounts: &Mounts,
    who: Who,
    cwd: &str,
    path: &str,
    follow: bool,
) -> Result<Walk, Errno> {
    if path.is_empty() {
        return Err(Errno::ENOENT);
    }
    let at = |n: NodeRef| trees[n.tree as usize].node(n.ino);
    let mut links = 0;
    let mut todo: Vec<String> =
        path.split('/').rev().filter(|p| !p.is_empty()).map(ToString::to_string).collect();
    if !path.starts_with('/') {
        todo.extend(cwd.split('/').rev().filter(|p| !p.is_empty()).map(ToString::to_string));
    }
    let wants_dir = path.ends_with('/');
    let mut stack = vec![(mounts.root, mounts.root_read_only, String::new())];
    if let Some((node, ro)) = mounts.table.get(&mounts.root) {
        stack[0] = (*node, *ro, String::new());
    }
    while let Some(name) = todo.pop() {
        let (dir, ro, _) = stack[stack.len() - 1].clone();
        let last = todo.is_empty();
        if name == "." {
            if !at(dir).is_dir() {
                return Err(Errno::ENOTDIR);
            }
            continue;
        }
        if name == ".." {
            if stack.len() > 1 {
                stack.pop();
            }
            continue;
        }
        let node = at(dir);
        if !node.is_dir() {
            return Err(Errno::ENOTDIR);
        }
        if !who.may(node, 1) {
            return Err(Errno::EACCES);
        }
        let here = |stack: &[(NodeRef, bool, String)]| {
            stack.iter().skip(1).fold(String::new(), |s, (_, _, n)| s + "/" + n) + "/" + &name
        };
        let Some(ino) = trees[dir.tree as usize].child(dir.ino, &name) else {
            if last {
                let path = here(&stack);
                return Ok(Walk { dir, name, node: None, dir_read_only: ro, read_only: ro, path });
            }
            return Err(Errno::ENOENT);
        };
        let mut next = NodeRef { tree: dir.tree, ino };
        let mut next_ro = ro;
        if let Some((over, over_ro)) = mounts.table.get(&next) {
            (next, next_ro) = (*over, *over_ro);
        }
        if let Kind::Link(target) = &at(next).kind
            && (!last || follow || wants_dir)
        {
            links += 1;
            if links > 40 {
                return Err(Errno::ELOOP);
            }
            if target.starts_with('/') {
                stack.truncate(1);
            }
            todo.extend(target.split('/').rev().filter(|p| !p.is_empty()).map(ToString::to_string));
            continue;
        }
        if last {
            if wants_dir && !at(next).is_dir() {
                return Err(Errno::ENOTDIR);
            }
            let path = here(&stack);
            return Ok(Walk { dir, name, node: Some(next), dir_read_only: ro, read_only: next_ro, path });
        }
        stack.push((next, next_ro, name));
    }
    // The path named a directory that was already walked through: `/`, `.`, `a/..`.
    let (node, ro, name) = stack[stack.len() - 1].clone();
    let (dir, dir_ro) = stack.len().checked_sub(2).map_or((node, ro), |i| (stack[i].0, stack[i].1));
    let path = stack.iter().skip(1).fold(String::new(), |s, (_, _, n)| s + "/" + n);
    let name = if name.is_empty() { ".".to_string() } else { name };
    let path = if path.is_empty() { "/".to_string() } else { path };
    Ok(Walk { dir, name, node: Some(node), dir_read_only: dir_ro, read_only: ro, path })
}
