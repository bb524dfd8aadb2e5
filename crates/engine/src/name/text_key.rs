//! Texts that lie in the maps of which they are keys.

use alloc::boxed::Box;
use core::borrow::Borrow;
use core::cmp::Ordering;
use core::fmt;

/// So many bytes lie in place: the names of nodes and pods, UIDs, and the names of most Events.
const IN_PLACE: usize = 46;

/// A text as a key, looked for by its bytes, whose order is that of the texts. The keys of a node of a map lie side by
/// side, so that a look among the names of a large cluster reads no texts that are all over its memory.
/// ([`Name`](super::Name) is smaller, and is told apart by its first characters; those of a set's pods are alike.)
#[derive(Clone)]
pub(crate) enum TextKey {
    Short { length: u8, bytes: [u8; IN_PLACE] },
    Long(Box<str>),
}

impl TextKey {
    pub(crate) fn as_bytes(&self) -> &[u8] {
        match self {
            TextKey::Short { length, bytes } => &bytes[..usize::from(*length)],
            TextKey::Long(text) => text.as_bytes(),
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        match self {
            TextKey::Short { .. } => core::str::from_utf8(self.as_bytes()).unwrap_or_default(),
            TextKey::Long(text) => text,
        }
    }
}

impl From<&str> for TextKey {
    fn from(text: &str) -> Self {
        let mut bytes = [0; IN_PLACE];
        match bytes.get_mut(..text.len()) {
            Some(place) => {
                place.copy_from_slice(text.as_bytes());
                TextKey::Short { length: text.len() as u8, bytes }
            }
            None => TextKey::Long(text.into()),
        }
    }
}

impl Borrow<[u8]> for TextKey {
    fn borrow(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl Ord for TextKey {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_bytes().cmp(other.as_bytes())
    }
}

impl PartialOrd for TextKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for TextKey {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for TextKey {}

impl fmt::Debug for TextKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::{IN_PLACE, TextKey};

    #[test]
    fn keys_are_the_texts_in_their_order_however_long() {
        let long = "n".repeat(IN_PLACE + 1);
        let texts = ["", "a", "a\0", "ab", "b", "n", &long[..IN_PLACE - 1], &long[..IN_PLACE], &long, "ü"];
        let keys = texts.map(TextKey::from);
        assert!(keys.is_sorted());
        assert!(keys.iter().zip(texts).all(|(key, text)| key.as_str() == text && *key == text.into()));
        assert!(matches!(keys[8], TextKey::Long(_)) && !matches!(keys[7], TextKey::Long(_)));
    }
}
