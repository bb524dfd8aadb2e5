//! Latest wins: at most one request of a kind is on its way, and at most one waits behind it.

/// Where requests of one kind pass through on their way to the worker.
#[derive(Debug)]
pub struct Slot<T> {
    busy: bool,
    waiting: Option<T>,
}

impl<T> Slot<T> {
    /// A slot that holds everything back until the first [`Slot::free`]: the worker is not up yet.
    pub fn closed() -> Self {
        Slot { busy: true, waiting: None }
    }

    /// Takes a request; hands it back when it can go out at once. One that waited is forgotten.
    pub fn offer(&mut self, request: T) -> Option<T> {
        if self.busy {
            self.waiting = Some(request);
            return None;
        }
        self.busy = true;
        Some(request)
    }

    /// The request on its way is answered; hands back the one to send next.
    pub fn free(&mut self) -> Option<T> {
        let next = self.waiting.take();
        self.busy = next.is_some();
        next
    }

    /// The worker is gone: what was on its way is lost, what waits goes on waiting.
    pub fn close(&mut self) {
        self.busy = true;
    }
}

#[cfg(test)]
mod tests {
    use super::Slot;

    #[test]
    fn while_one_is_on_its_way_only_the_latest_waits() {
        let mut slot = Slot::closed();
        assert_eq!(slot.offer("a"), None);
        assert_eq!(slot.free(), Some("a"));
        assert_eq!(slot.offer("b"), None);
        assert_eq!(slot.offer("c"), None);
        assert_eq!(slot.free(), Some("c"), "b was overtaken");
        assert_eq!(slot.free(), None);
        assert_eq!(slot.offer("d"), Some("d"));
    }

    #[test]
    fn a_lost_worker_loses_only_what_was_on_its_way() {
        let mut slot = Slot::closed();
        slot.free();
        slot.offer("lost");
        slot.offer("kept");
        slot.close();
        assert_eq!(slot.free(), Some("kept"));
    }
}
