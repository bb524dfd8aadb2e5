//! How the simulation's parts name a pod in their maps.

use alloc::sync::Arc;
use core::cmp::Ordering;
use core::fmt;
use core::ops::Deref;

/// A pod's `metadata.uid`. Its first characters lie beside the pointer, so that maps of pods tell their keys apart
/// without a look at the texts, which are all over the memory of a large cluster.
#[derive(Clone)]
pub(crate) struct PodUid {
    head: [u8; 8],
    text: Arc<str>,
}

impl From<&str> for PodUid {
    fn from(uid: &str) -> Self {
        let mut head = [0; 8];
        head.iter_mut().zip(uid.bytes()).for_each(|(to, byte)| *to = byte);
        PodUid { head, text: uid.into() }
    }
}

impl Deref for PodUid {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

/// The order of the texts.
impl Ord for PodUid {
    fn cmp(&self, other: &Self) -> Ordering {
        let heads = u64::from_be_bytes(self.head).cmp(&u64::from_be_bytes(other.head));
        heads.then_with(|| match Arc::ptr_eq(&self.text, &other.text) {
            true => Ordering::Equal,
            false => self.text.cmp(&other.text),
        })
    }
}

impl PartialOrd for PodUid {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for PodUid {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for PodUid {}

impl fmt::Display for PodUid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(f)
    }
}

impl fmt::Debug for PodUid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::PodUid;

    #[test]
    fn uids_are_in_the_order_of_their_texts() {
        let texts = ["", "0a", "0a1b2c3d", "0a1b2c3d-1", "0a1b2c3d-2", "b"];
        let uids = texts.map(PodUid::from);
        assert!(uids.is_sorted());
        assert!(uids.iter().zip(texts).all(|(uid, text)| *uid == PodUid::from(text) && **uid == *text));
        assert!(uids[3] != uids[4]);
    }
}
