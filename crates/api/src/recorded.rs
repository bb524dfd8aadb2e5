//! Objects as a real cluster gave them out, with a life behind them.

use crate::Pod;

impl Pod {
    /// Was this pod copied out of a cluster? It was made at some time, and its status has something to tell.
    pub fn is_recorded(&self) -> bool {
        let status = &self.status;
        self.metadata.creation_timestamp.is_some()
            && (status.start_time.is_some()
                || !status.conditions.is_empty()
                || !status.container_statuses.is_empty())
    }
}
