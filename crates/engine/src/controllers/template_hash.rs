//! The hash of a pod template that names ReplicaSets and revisions
//! (`pkg/controller/controller_utils.go ComputeHash`).

use super::history::safe_encode;
use alloc::string::{String, ToString};
use lifepod_api::PodTemplateSpec;
use lifepod_api::wire::Wire;

/// The hash of a template, other after each collision, in letters that cannot make a word.
pub(crate) fn compute_hash(template: &PodTemplateSpec, collision_count: Option<i32>) -> String {
    let mut hash = Fnv32a::default();
    hash.write(template.encode().to_string().as_bytes());
    if let Some(count) = collision_count {
        let mut bytes = [0; 8];
        bytes[..4].copy_from_slice(&count.to_le_bytes());
        hash.write(&bytes);
    }
    safe_encode(&hash.0.to_string())
}

/// The 32-bit FNV-1a hash (`hash/fnv`).
struct Fnv32a(u32);

impl Default for Fnv32a {
    fn default() -> Self {
        Fnv32a(0x811c_9dc5)
    }
}

impl Fnv32a {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
        }
    }
}
