//! Volumes: trees of files that are mounted over a container's own.

use super::{Content, Kind, Tree};
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

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

    /// A file system in memory (`medium: Memory`). It holds so many bytes, and writing more fails with `No space left on
    /// device`; what it holds is memory of the container that wrote it.
    pub fn in_memory(mut self, capacity: Option<u64>) -> Self {
        self.tree.capacity = capacity.unwrap_or(self.tree.capacity);
        self.tree.in_memory = true;
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
