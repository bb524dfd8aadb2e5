//! [`Map`]: labels, annotations, amounts and whatever else objects keep by name.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::{self, Vec};
use core::fmt;
use core::ops::Index;
use core::slice;
use serde::{Serialize, Serializer};

/// Values by name, in the order of their names.
///
/// Maps of API objects are small and many: each revision of an object has half a dozen, and most are what they were in
/// the revision before. So clones share the entries until one of them is written to, the entries lie side by side, and
/// an empty map takes no memory.
pub struct Map<V>(Option<Arc<Vec<(String, V)>>>);

impl<V> Map<V> {
    /// A map without entries.
    pub const fn new() -> Self {
        Map(None)
    }

    fn entries(&self) -> &[(String, V)] {
        self.0.as_deref().map_or(&[], Vec::as_slice)
    }

    fn find(&self, name: &str) -> Result<usize, usize> {
        self.entries().binary_search_by(|(known, _)| known.as_str().cmp(name))
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries().len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries().is_empty()
    }

    /// The value of that name.
    pub fn get(&self, name: &str) -> Option<&V> {
        self.find(name).ok().map(|at| &self.entries()[at].1)
    }

    /// Whether there is a value of that name.
    pub fn contains_key(&self, name: &str) -> bool {
        self.find(name).is_ok()
    }

    /// The names, in order.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &String> + Clone {
        self.entries().iter().map(|(name, _)| name)
    }

    /// The values, in the order of their names.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &V> + Clone {
        self.entries().iter().map(|(_, value)| value)
    }

    /// Names and values, in the order of the names.
    pub fn iter(&self) -> Iter<'_, V> {
        self.entries().iter().map(|(name, value)| (name, value))
    }

    /// The entry whose name comes first.
    pub fn first_key_value(&self) -> Option<(&String, &V)> {
        self.iter().next()
    }

    /// Takes all entries out.
    pub fn clear(&mut self) {
        self.0 = None;
    }
}

impl<V: Clone> Map<V> {
    fn entries_mut(&mut self) -> &mut Vec<(String, V)> {
        Arc::make_mut(self.0.get_or_insert_default())
    }

    /// The value of that name, to change.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut V> {
        let at = self.find(name).ok()?;
        Some(&mut self.entries_mut()[at].1)
    }

    /// Puts a value in, and gives back the one that had its name.
    pub fn insert(&mut self, name: String, value: V) -> Option<V> {
        match self.find(&name) {
            Ok(at) => Some(core::mem::replace(&mut self.entries_mut()[at].1, value)),
            Err(at) => {
                self.entries_mut().insert(at, (name, value));
                None
            }
        }
    }

    /// Takes the value of that name out.
    pub fn remove(&mut self, name: &str) -> Option<V> {
        let at = self.find(name).ok()?;
        Some(self.entries_mut().remove(at).1)
    }

    /// Puts in what `make` makes, unless there is a value of that name.
    pub fn insert_missing(&mut self, name: &str, make: impl FnOnce() -> V) {
        if let Err(at) = self.find(name) {
            self.entries_mut().insert(at, (name.into(), make()));
        }
    }

    /// Keeps the entries that `keep` wants.
    pub fn retain(&mut self, mut keep: impl FnMut(&String, &mut V) -> bool) {
        if !self.is_empty() {
            self.entries_mut().retain_mut(|(name, value)| keep(name, value));
        }
    }

    /// The values, to change.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.iter_mut().map(|(_, value)| value)
    }

    /// Names, and values to change.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&String, &mut V)> {
        let entries = if self.is_empty() { &mut [] } else { self.entries_mut().as_mut_slice() };
        entries.iter_mut().map(|(name, value)| (&*name, value))
    }
}

/// Goes over a [`Map`].
pub type Iter<'a, V> =
    core::iter::Map<slice::Iter<'a, (String, V)>, fn(&'a (String, V)) -> (&'a String, &'a V)>;

impl<'a, V> IntoIterator for &'a Map<V> {
    type Item = (&'a String, &'a V);
    type IntoIter = Iter<'a, V>;

    fn into_iter(self) -> Iter<'a, V> {
        self.iter()
    }
}

impl<V: Clone> IntoIterator for Map<V> {
    type Item = (String, V);
    type IntoIter = vec::IntoIter<(String, V)>;

    fn into_iter(self) -> vec::IntoIter<(String, V)> {
        self.0.map(Arc::unwrap_or_clone).unwrap_or_default().into_iter()
    }
}

impl<V: Clone> Extend<(String, V)> for Map<V> {
    fn extend<I: IntoIterator<Item = (String, V)>>(&mut self, entries: I) {
        for (name, value) in entries {
            self.insert(name, value);
        }
    }
}

impl<V: Clone> FromIterator<(String, V)> for Map<V> {
    fn from_iter<I: IntoIterator<Item = (String, V)>>(entries: I) -> Self {
        let mut map = Map::new();
        map.extend(entries);
        map
    }
}

impl<V: Clone, const N: usize> From<[(String, V); N]> for Map<V> {
    fn from(entries: [(String, V); N]) -> Self {
        entries.into_iter().collect()
    }
}

impl<V> Index<&str> for Map<V> {
    type Output = V;

    fn index(&self, name: &str) -> &V {
        self.get(name).expect("the map has an entry of that name")
    }
}

impl<V> Clone for Map<V> {
    fn clone(&self) -> Self {
        Map(self.0.clone())
    }
}

impl<V> Default for Map<V> {
    fn default() -> Self {
        Map::new()
    }
}

impl<V: PartialEq> PartialEq for Map<V> {
    fn eq(&self, other: &Self) -> bool {
        self.entries().as_ptr() == other.entries().as_ptr() && self.len() == other.len()
            || self.entries() == other.entries()
    }
}

impl<V: Eq> Eq for Map<V> {}

impl<V: fmt::Debug> fmt::Debug for Map<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self).finish()
    }
}

impl<V: Serialize> Serialize for Map<V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    fn labels(of: &[(&str, &str)]) -> Map<String> {
        of.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
    }

    #[test]
    fn entries_are_found_and_listed_by_name() {
        let mut map = labels(&[("tier", "db"), ("app", "web")]);
        assert!(map.keys().eq(["app", "tier"]));
        assert_eq!(map.get("tier").map(String::as_str), Some("db"));
        assert_eq!(map.insert("tier".to_string(), "cache".to_string()), Some("db".to_string()));
        assert_eq!(map.remove("app"), Some("web".to_string()));
        assert_eq!(map, labels(&[("tier", "cache")]));
    }

    #[test]
    fn a_write_leaves_the_other_clones_as_they_were() {
        let first = labels(&[("app", "web")]);
        let mut second = first.clone();
        second.insert_missing("app", || "api".to_string());
        second.insert_missing("tier", || "db".to_string());
        assert_eq!(first, labels(&[("app", "web")]));
        assert_eq!(second, labels(&[("app", "web"), ("tier", "db")]));
        second.retain(|name, _| name == "app");
        assert_eq!(first, second);
    }
}
