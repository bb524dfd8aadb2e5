//! [`List`]: conditions, statuses and whatever else objects keep in rows.

use crate::schema::{Type, Typed};
use crate::wire::{Decoder, Wire};
use alloc::sync::Arc;
use alloc::vec::{self, Vec};
use core::fmt;
use core::ops::{Deref, DerefMut};
use core::slice;
use serde_json::Value;

/// A vector that its clones share until one of them is written to.
///
/// The revisions of an object, and those who prepare the next one, copy long lists of which seldom more than one changes.
/// An empty list takes no memory.
pub struct List<T: 'static>(Option<Arc<Vec<T>>>);

impl<T> List<T> {
    const EMPTY: &'static Vec<T> = &Vec::new();

    /// A list without elements.
    pub const fn new() -> Self {
        List(None)
    }

    /// From now on the list is `other` itself, if it says the same.
    pub fn share_with(&mut self, other: &Self)
    where
        T: PartialEq,
    {
        if self == other {
            self.0.clone_from(&other.0);
        }
    }

    /// Gives back the room that it took while it grew, unless others share it.
    pub fn shrink_to_fit(&mut self) {
        if let Some(own) = self.0.as_mut().and_then(Arc::get_mut) {
            own.shrink_to_fit();
        }
    }

    /// The elements, to change.
    pub fn iter_mut(&mut self) -> slice::IterMut<'_, T>
    where
        T: Clone,
    {
        match &mut self.0 {
            None => [].iter_mut(),
            Some(shared) => Arc::make_mut(shared).iter_mut(),
        }
    }
}

impl<T> Deref for List<T> {
    type Target = Vec<T>;
    fn deref(&self) -> &Vec<T> {
        self.0.as_deref().unwrap_or(Self::EMPTY)
    }
}

impl<T: Clone> DerefMut for List<T> {
    fn deref_mut(&mut self) -> &mut Vec<T> {
        Arc::make_mut(self.0.get_or_insert_default())
    }
}

impl<T> From<Vec<T>> for List<T> {
    fn from(elements: Vec<T>) -> Self {
        List((!elements.is_empty()).then(|| Arc::new(elements)))
    }
}

impl<T> FromIterator<T> for List<T> {
    fn from_iter<I: IntoIterator<Item = T>>(elements: I) -> Self {
        Vec::from_iter(elements).into()
    }
}

impl<'a, T> IntoIterator for &'a List<T> {
    type Item = &'a T;
    type IntoIter = slice::Iter<'a, T>;
    fn into_iter(self) -> slice::Iter<'a, T> {
        self.iter()
    }
}

impl<'a, T: Clone> IntoIterator for &'a mut List<T> {
    type Item = &'a mut T;
    type IntoIter = slice::IterMut<'a, T>;
    fn into_iter(self) -> slice::IterMut<'a, T> {
        self.iter_mut()
    }
}

impl<T: Clone> IntoIterator for List<T> {
    type Item = T;
    type IntoIter = vec::IntoIter<T>;
    fn into_iter(self) -> vec::IntoIter<T> {
        self.0.map(Arc::unwrap_or_clone).unwrap_or_default().into_iter()
    }
}

impl<T> Clone for List<T> {
    fn clone(&self) -> Self {
        List(self.0.clone())
    }
}

impl<T> Default for List<T> {
    fn default() -> Self {
        List::new()
    }
}

impl<T: PartialEq> PartialEq for List<T> {
    fn eq(&self, other: &Self) -> bool {
        self.as_ptr() == other.as_ptr() && self.len() == other.len() || **self == **other
    }
}

impl<T: fmt::Debug> fmt::Debug for List<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: Typed> Typed for List<T> {
    const TYPE: &'static Type = Vec::<T>::TYPE;
}

impl<T: Wire + Clone + Default> Wire for List<T> {
    fn decode(&mut self, value: &Value, cx: &mut Decoder) {
        (**self).decode(value, cx);
    }
    fn encode(&self) -> Value {
        (**self).encode()
    }
    fn is_empty(&self) -> bool {
        (**self).is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::List;
    use alloc::vec;

    #[test]
    fn a_write_leaves_the_other_clones_as_they_were() {
        let first: List<u8> = vec![1, 2].into();
        let mut second = first.clone();
        second.push(3);
        assert_eq!((first.as_slice(), second.as_slice()), (&[1, 2][..], &[1, 2, 3][..]));
        let mut empty = List::<u8>::new();
        empty.iter_mut().for_each(|element| *element = 0);
        assert!(empty == vec![].into());
    }

    #[test]
    fn lists_that_say_the_same_become_one() {
        let (first, mut second): (List<u8>, List<u8>) = (vec![1, 2].into(), vec![1, 2].into());
        assert_ne!(first.as_ptr(), second.as_ptr());
        second.share_with(&first);
        assert_eq!(first.as_ptr(), second.as_ptr());
        second.share_with(&vec![3].into());
        assert_eq!(second.as_slice(), [1, 2]);
    }
}
