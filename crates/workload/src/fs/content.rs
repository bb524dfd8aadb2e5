//! What a regular file holds.

use alloc::sync::Arc;
use alloc::vec::Vec;

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
