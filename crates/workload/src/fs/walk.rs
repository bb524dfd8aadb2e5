//! Paths: mounts, rights, and the walk from name to name.

use super::{Errno, Kind, Node, NodeRef, Tree};
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

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
