//! Names by which components keep what they know.

mod text_key;

pub(crate) use text_key::TextKey;

use alloc::sync::Arc;
use core::cmp::Ordering;
use core::fmt;
use core::ops::Deref;

/// A text that is a key in many maps: a UID, a container's id. Its first characters lie beside the pointer, so that a map
/// tells its keys apart without a look at the texts, which are all over the memory of a large cluster.
#[derive(Clone)]
pub(crate) struct Name {
    head: [u8; HEAD],
    text: Arc<str>,
}

/// So many bytes tell UIDs apart, and hold most names of nodes and containers.
const HEAD: usize = 16;

impl From<&str> for Name {
    fn from(text: &str) -> Self {
        let mut head = [0; HEAD];
        head.iter_mut().zip(text.bytes()).for_each(|(to, byte)| *to = byte);
        Name { head, text: text.into() }
    }
}

impl Deref for Name {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

/// The order of the texts.
impl Ord for Name {
    fn cmp(&self, other: &Self) -> Ordering {
        let heads = u128::from_be_bytes(self.head).cmp(&u128::from_be_bytes(other.head));
        let lengths = (self.text.len(), other.text.len());
        heads.then_with(|| match Arc::ptr_eq(&self.text, &other.text) {
            true => Ordering::Equal,
            false if lengths.0.max(lengths.1) <= HEAD => lengths.0.cmp(&lengths.1),
            false => self.text.cmp(&other.text),
        })
    }
}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Name {}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(f)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::Name;

    #[test]
    fn names_are_in_the_order_of_their_texts() {
        let texts = ["", "0", "0\0", "0a", "0a1b2c3d-0000-00", "0a1b2c3d-0000-001", "0a1b2c3d-0000-002", "b"];
        let names = texts.map(Name::from);
        assert!(names.is_sorted());
        assert!(names.iter().zip(texts).all(|(name, text)| *name == Name::from(text) && **name == *text));
        assert!(names[5] != names[6]);
    }
}
