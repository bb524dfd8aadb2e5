//! Creating many things without hammering an API server that refuses them
//! (`pkg/controller/replicaset/replica_set.go slowStartBatch`).

use lifepod_api::Refusal;

/// The first batch of creations (`controller_utils.go SlowStartInitialBatchSize`).
const INITIAL_BATCH_SIZE: usize = 1;

/// Calls `create` up to `count` times, in batches of 1, 2, 4, …; after a batch with a refusal there is no further one.
/// Returns how many calls succeeded, and the first refusal.
pub(crate) fn slow_start_batch(
    count: usize,
    mut create: impl FnMut() -> Result<(), Refusal>,
) -> (usize, Result<(), Refusal>) {
    let (mut remaining, mut successes) = (count, 0);
    let mut size = remaining.min(INITIAL_BATCH_SIZE);
    while size > 0 {
        let mut refused = None;
        for _ in 0..size {
            match create() {
                Ok(()) => successes += 1,
                Err(refusal) => refused = refused.or(Some(refusal)),
            }
        }
        if let Some(refusal) = refused {
            return (successes, Err(refusal));
        }
        remaining -= size;
        size = remaining.min(2 * size);
    }
    (successes, Ok(()))
}

#[cfg(test)]
mod tests {
    use super::slow_start_batch;
    use alloc::boxed::Box;
    use lifepod_api::Status;

    #[test]
    fn a_batch_with_a_refusal_is_the_last() {
        let mut calls = 0;
        let (successes, refused) = slow_start_batch(100, || {
            calls += 1;
            // The batches are 1, 2, 4: the third one has refusals.
            if calls > 5 { Err(Box::new(Status::bad_request("no"))) } else { Ok(()) }
        });
        assert_eq!((calls, successes, refused.is_err()), (7, 5, true));
        assert_eq!(slow_start_batch(9, || Ok(())).0, 9);
    }
}
