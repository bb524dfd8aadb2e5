//! The pods that one sync makes and deletes, and how far it got: all of them at once while the controller's client has
//! tokens, and one by one when it has none.
//!
//! A real controller makes the calls of a batch at once, each in a goroutine, and waits for all of them: so each call of
//! the batch gets in line for a token of its own. New pods come in batches of 1, 2, 4, … so that an API server that
//! refuses them is not hammered (`pkg/controller/replicaset/replica_set.go slowStartBatch`); pods are deleted in one
//! batch.

use super::WorkQueue;
use super::expectations::Expectations;
use super::pod_control::{PodControl, is_namespace_terminating, is_not_found};
use crate::kernel::Kernel;
use alloc::collections::{BTreeSet, VecDeque};
use alloc::sync::Arc;
use lifepod_api::{Object, ObjectKey, Pod, Refusal};

/// The first batch of creations (`controller_utils.go SlowStartInitialBatchSize`).
const INITIAL_BATCH_SIZE: usize = 1;

/// What a sync is about to make and delete.
#[derive(Clone, Debug)]
pub(super) struct Errand {
    owner: Arc<Object>,
    create: VecDeque<Pod>,
    delete: VecDeque<ObjectKey>,
    /// What is done to a pod before it is deleted.
    before_delete: fn(&mut Kernel, &ObjectKey) -> Result<(), Refusal>,
    /// How many calls of the batch under way are still to be made.
    batch: usize,
    /// How many creations the next batch has.
    next_size: usize,
    /// It had to wait for a token.
    waited: bool,
    done: Done,
}

/// What came of an errand.
#[derive(Clone, Debug, Default)]
pub(super) struct Done {
    /// The last pod that was made.
    pub(super) last_made: Option<Arc<Object>>,
    /// How many creations succeeded, those included of which nobody is told because their namespace goes.
    pub(super) succeeded: usize,
    /// The pods that were deleted, or were gone.
    pub(super) deleted: BTreeSet<ObjectKey>,
    /// The pods that could not be deleted.
    pub(super) kept: BTreeSet<ObjectKey>,
    /// The first refusal.
    pub(super) refused: Option<Refusal>,
}

/// What the controller works with.
pub(super) struct Hands<'a> {
    pub(super) pods: &'a mut PodControl,
    pub(super) expectations: &'a mut Expectations,
    pub(super) queue: &'a mut WorkQueue,
}

impl Errand {
    /// These are made for `owner`, and these deleted after that.
    pub(super) fn new(
        owner: &Arc<Object>,
        create: impl IntoIterator<Item = Pod>,
        delete: impl IntoIterator<Item = ObjectKey>,
    ) -> Self {
        Errand {
            owner: owner.clone(),
            create: create.into_iter().collect(),
            delete: delete.into_iter().collect(),
            before_delete: |_, _| Ok(()),
            batch: 0,
            next_size: INITIAL_BATCH_SIZE,
            waited: false,
            done: Done::default(),
        }
    }

    /// This is done to each pod before it is deleted; if it is refused the pod stays.
    pub(super) fn before_delete(self, before: fn(&mut Kernel, &ObjectKey) -> Result<(), Refusal>) -> Self {
        Errand { before_delete: before, ..self }
    }

    /// Does as much as there are tokens for, and gets in line for the rest; what came of it, when all is done.
    pub(super) fn begin(&mut self, kernel: &mut Kernel, hands: &mut Hands<'_>) -> Option<Done> {
        loop {
            if self.batch == 0 && !self.next_batch(hands) {
                break;
            }
            if !hands.pods.is_free(kernel) {
                self.wait(kernel, hands, self.batch);
                return None;
            }
            self.call(kernel, hands);
        }
        if self.waited && !hands.pods.is_free(kernel) {
            // What a sync says at its end takes a token too.
            self.wait(kernel, hands, 1);
            return None;
        }
        Some(core::mem::take(&mut self.done))
    }

    /// Goes on: there is a token for one call.
    pub(super) fn resume(&mut self, kernel: &mut Kernel, hands: &mut Hands<'_>) -> Option<Done> {
        if self.batch == 0 {
            return Some(core::mem::take(&mut self.done));
        }
        self.call(kernel, hands);
        // The others of the batch are in the line.
        if self.batch > 0 { None } else { self.begin(kernel, hands) }
    }

    fn wait(&mut self, kernel: &mut Kernel, hands: &mut Hands<'_>, turns: usize) {
        self.waited = true;
        hands.queue.wait_for_turns(kernel, &self.owner.key(), turns);
    }

    /// After a batch in which a creation was refused no further ones are tried.
    fn next_batch(&mut self, hands: &mut Hands<'_>) -> bool {
        if self.done.refused.is_some() {
            for _ in self.create.drain(..) {
                hands.expectations.creation_observed(&self.owner.key());
            }
        }
        self.batch = match self.create.len() {
            0 => self.delete.len(),
            left => left.min(self.next_size),
        };
        self.next_size = 2 * self.batch;
        self.batch > 0
    }

    fn call(&mut self, kernel: &mut Kernel, hands: &mut Hands<'_>) {
        self.batch -= 1;
        let key = self.owner.key();
        let refused = if let Some(pod) = self.create.pop_front() {
            match hands.pods.create_pod(kernel, pod, &self.owner) {
                Ok(pod) => {
                    self.done.last_made = Some(pod);
                    self.done.succeeded += 1;
                    None
                }
                // Where everything is being deleted a refusal is no reason to try again.
                Err(refusal) if is_namespace_terminating(&refusal) => {
                    self.done.succeeded += 1;
                    None
                }
                Err(refusal) => {
                    hands.expectations.creation_observed(&key);
                    Some(refusal)
                }
            }
        } else if let Some(pod) = self.delete.pop_front() {
            let released = (self.before_delete)(kernel, &pod);
            match released.and_then(|()| hands.pods.delete(kernel, &pod, &self.owner)) {
                Err(refusal) if !is_not_found(&refusal) => {
                    hands.expectations.deletion_observed(&key, &pod);
                    self.done.kept.insert(pod);
                    Some(refusal)
                }
                deleted => {
                    if deleted.is_err() {
                        hands.expectations.deletion_observed(&key, &pod);
                    }
                    self.done.deleted.insert(pod);
                    None
                }
            }
        } else {
            None
        };
        if self.done.refused.is_none() {
            self.done.refused = refused;
        }
    }
}

impl Done {
    /// Whether all went well.
    ///
    /// # Errors
    /// The first refusal.
    pub(super) fn result(&self) -> Result<(), Refusal> {
        self.refused.clone().map_or(Ok(()), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::controllers::ControllerName;
    use crate::flow_control::ClientConnection;
    use lifepod_api::{Container, ObjectMeta, ReplicaSet};

    /// A pod of a set; the controller itself refuses to make one without labels.
    fn pod(labeled: bool) -> Pod {
        let mut metadata =
            ObjectMeta { generate_name: "web-".into(), namespace: "default".into(), ..ObjectMeta::default() };
        if labeled {
            metadata.labels.insert("app".into(), "web".into());
        }
        let container = Container { name: "web".into(), image: "nginx".into(), ..Container::default() };
        let mut pod = Pod { metadata, ..Pod::default() };
        pod.spec.containers.push(container);
        pod
    }

    fn set() -> Arc<Object> {
        let metadata =
            ObjectMeta { name: "web".into(), namespace: "default".into(), ..ObjectMeta::default() };
        Arc::new(Object::ReplicaSet(ReplicaSet { metadata, ..ReplicaSet::default() }))
    }

    /// Runs an errand for a set whose controller's client has these limits; what came of it, the pods that there are, and
    /// how many are still awaited.
    fn run(pods: Vec<Pod>, limits: ClientConnection) -> (Option<Done>, usize, usize) {
        let mut kernel = Kernel::new(Config { controller_client: limits, ..Config::default() });
        crate::namespaces::register(&mut kernel);
        crate::controllers::clients::register(&mut kernel);
        let (owner, by) = (set(), "replicaset-controller");
        let mut expectations = Expectations::default();
        expectations.expect(&owner.key(), pods.len(), [], kernel.now);
        let mut errand = Errand::new(&owner, pods, []);
        let mut hands = Hands {
            pods: &mut PodControl::new(by),
            expectations: &mut expectations,
            queue: &mut WorkQueue::new(ControllerName::ReplicaSet),
        };
        let done = errand.begin(&mut kernel, &mut hands);
        let made = kernel.store.of_kind("Pod").count();
        (done, made, expectations.creations(&owner.key()))
    }

    #[test]
    fn a_batch_with_a_refusal_is_the_last() {
        // The batches are 1, 2, 4: of the third one the last two are refused.
        let pods = (0..100).map(|place| pod(place < 5)).collect();
        let (done, made, awaited) = run(pods, ClientConnection::UNLIMITED);
        let done = done.expect("nothing has to wait");
        assert_eq!((done.succeeded, done.refused.is_some()), (5, true), "{done:?}");
        assert_eq!((made, awaited), (5, 5));
    }

    #[test]
    fn what_finds_no_token_waits() {
        // Each pod comes with an Event, which takes a token too.
        let (done, made, awaited) = run(vec![pod(true); 100], ClientConnection { qps: 20, burst: 30 });
        assert!(done.is_none());
        assert_eq!((made, awaited), (15, 100));
    }

    use alloc::vec;
    use alloc::vec::Vec;
}
