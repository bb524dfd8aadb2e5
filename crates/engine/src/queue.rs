//! What is still to happen, by time and then by order of insertion.

use alloc::collections::BTreeMap;
use lifepod_api::SimTime;

/// A queue of deadlines. Ties go in order of insertion, so that a run depends on nothing but its input.
#[derive(Clone, Debug)]
pub(crate) struct Queue<T> {
    seq: u64,
    due: BTreeMap<(SimTime, u64), T>,
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Queue { seq: 0, due: BTreeMap::new() }
    }
}

impl<T> Queue<T> {
    pub(crate) fn push(&mut self, at: SimTime, item: T) {
        self.seq += 1;
        self.due.insert((at, self.seq), item);
    }

    /// The earliest item and its time.
    pub(crate) fn peek(&self) -> Option<(SimTime, &T)> {
        self.due.first_key_value().map(|((at, _), item)| (*at, item))
    }

    /// Takes the earliest item if it is due at or before `until`.
    pub(crate) fn pop_until(&mut self, until: SimTime) -> Option<(SimTime, T)> {
        let entry = self.due.first_entry()?;
        if entry.key().0 > until {
            return None;
        }
        let ((at, _), item) = entry.remove_entry();
        Some((at, item))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_go_in_order_of_insertion() {
        let mut queue = Queue::default();
        queue.push(SimTime(2), "late");
        queue.push(SimTime(1), "first");
        queue.push(SimTime(1), "second");
        assert_eq!(queue.pop_until(SimTime(1)), Some((SimTime(1), "first")));
        assert_eq!(queue.pop_until(SimTime(1)), Some((SimTime(1), "second")));
        assert_eq!(queue.pop_until(SimTime(1)), None);
        assert_eq!(queue.peek(), Some((SimTime(2), &"late")));
    }
}
