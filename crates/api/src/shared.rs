//! Parts of objects that their revisions share: a trace keeps every revision, and most of them change only a status.

use crate::schema::{Type, Typed};
use crate::wire::{Decoder, Wire};
use alloc::sync::Arc;
use core::fmt;
use core::ops::{Deref, DerefMut};
use serde_json::Value;

/// A value that its clones share until one of them is written to; the write makes a copy.
#[derive(Default)]
pub struct Shared<T>(Arc<T>);

impl<T> Shared<T> {
    /// Whether both are one value in memory: nobody has written to either since they were one. Quicker than to compare
    /// them, and says nothing of two that are alike.
    pub fn is_one_with(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// The value itself, copied if others share it.
    pub fn into_inner(self) -> T
    where
        T: Clone,
    {
        Arc::unwrap_or_clone(self.0)
    }
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Shared(self.0.clone())
    }
}

impl<T> From<T> for Shared<T> {
    fn from(value: T) -> Self {
        Shared(Arc::new(value))
    }
}

impl<T: PartialEq> PartialEq for Shared<T> {
    fn eq(&self, other: &Self) -> bool {
        self.is_one_with(other) || *self.0 == *other.0
    }
}

impl<T: fmt::Debug> fmt::Debug for Shared<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T> Deref for Shared<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Clone> DerefMut for Shared<T> {
    fn deref_mut(&mut self) -> &mut T {
        Arc::make_mut(&mut self.0)
    }
}

impl<T: Typed> Typed for Shared<T> {
    const TYPE: &'static Type = T::TYPE;
}

impl<T: Wire + Clone> Wire for Shared<T> {
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
    use super::Shared;
    use alloc::string::String;

    #[test]
    fn a_write_leaves_the_other_clones_as_they_were() {
        let first: Shared<String> = String::from("a").into();
        let mut second = first.clone();
        assert!(first == second);
        second.push('b');
        assert_eq!((first.as_str(), second.as_str()), ("a", "ab"));
    }
}
