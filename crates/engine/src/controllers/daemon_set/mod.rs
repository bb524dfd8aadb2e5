//! DaemonSets: a pod on each node that is meant (`pkg/controller/daemon/daemon_controller.go`).
//!
//! Which nodes are meant is in `nodes`; how pods are replaced by newer ones in `update`; which revision of the template
//! is the present one in `revisions`; what the status says in `status`.

mod nodes;
mod revisions;
mod status;
mod update;

use super::consistency::Consistency;
use super::errand::{Done, Errand, Hands};
use super::expectations::Expectations;
use super::owners::concerned;
use super::pod_control::{PodControl, pod_from_template};
use super::pods::{is_pod_available, is_pod_ready, pod_key};
use super::refs::RefManager;
use super::{Change, Controller, ControllerName, Informers, WorkQueue, controller_of};
use crate::backoff::Backoff;
use crate::events::EventType;
use crate::kernel::Kernel;
use crate::trace::Op;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use lifepod_api::{
    DaemonSet, Node, Object, ObjectKey, Pod, PodTemplateSpec, Refusal, Resource, SimTime, Time,
    is_pod_phase_terminal,
};
use nodes::{ShouldRun, target_node};

/// The name under which the controller acts.
const BY: &str = "daemonset-controller";
/// At most so many pods are made, and so many deleted, in one sync (`BurstReplicas`).
const BURST_REPLICAS: usize = 250;
/// How long a node's failed pod stays before it is replaced: the first wait and the longest
/// (`cmd/kube-controller-manager/app/apps.go newDaemonSetController`); forgotten after twice the longest.
const FAILED_POD_BACK_OFF: [SimTime; 3] =
    [SimTime::from_secs(1), SimTime::from_secs(900), SimTime::from_secs(1800)];
/// About how long a sync takes for each node of the cluster, as it looks at all of them. In a large cluster many changes
/// come in the meantime, and are looked at together.
const SYNC_TIME_PER_NODE: SimTime = SimTime(20);
/// The label with the hash of the template that a pod was made from (`apps.DefaultDaemonSetUniqueLabelKey`).
const HASH: &str = "controller-revision-hash";
/// The label with the number of the template (`extensions.DaemonSetTemplateGenerationKey`).
const TEMPLATE_GENERATION: &str = "pod-template-generation";

/// The controller.
#[derive(Clone, Debug)]
pub(crate) struct DaemonSetController {
    /// DaemonSets, and nodes that changed.
    queue: WorkQueue,
    pods: PodControl,
    expectations: Expectations,
    consistency: Consistency,
    failed_pods: Backoff,
    /// The pods that syncs make and delete that wait for tokens.
    under_way: BTreeMap<ObjectKey, Errand>,
    /// How many nodes there are.
    nodes: u64,
}

/// A DaemonSet's pods by the node that they are, or are to be, on.
type PodsByNode<'a> = BTreeMap<String, Vec<&'a Pod>>;

/// What one sync of a DaemonSet works with.
struct Sync<'a> {
    key: &'a ObjectKey,
    owner: &'a Arc<Object>,
    set: &'a DaemonSet,
    /// All nodes, by name.
    nodes: Vec<(&'a Node, ShouldRun)>,
    /// Without those that ended and are being deleted.
    pods: PodsByNode<'a>,
    /// The hash of the present template.
    hash: String,
    now: Time,
}

impl Sync<'_> {
    /// Whether the node of that name is to have a pod; none when there is no such node.
    fn should_run_on(&self, name: &str) -> Option<ShouldRun> {
        let at = self.nodes.binary_search_by(|(node, _)| node.metadata.name.as_str().cmp(name)).ok()?;
        Some(self.nodes[at].1)
    }

    fn is_available(&self, pod: &Pod) -> bool {
        is_pod_available(pod, self.set.spec.min_ready_seconds, self.now)
    }

    /// Whether a pod was made from the present template (`IsPodUpdated`).
    fn is_updated(&self, pod: &Pod) -> bool {
        let labels = &pod.metadata.labels;
        let generation = template_generation(self.set);
        labels.get(HASH) == Some(&self.hash)
            || generation.is_some_and(|generation| labels.get(TEMPLATE_GENERATION) == Some(generation))
    }
}

/// The number of the template, which an annotation keeps (`GetTemplateGeneration`).
fn template_generation(set: &DaemonSet) -> Option<&String> {
    set.metadata.annotations.get("deprecated.daemonset.template.generation")
}

impl DaemonSetController {
    pub(crate) fn new() -> Self {
        let [initial, max, expires] = FAILED_POD_BACK_OFF;
        DaemonSetController {
            queue: WorkQueue::new(ControllerName::DaemonSet),
            pods: PodControl::new(BY),
            expectations: Expectations::default(),
            consistency: Consistency::default(),
            failed_pods: Backoff::new(initial, max, expires),
            under_way: BTreeMap::new(),
            nodes: 0,
        }
    }

    fn add(&mut self, kernel: &mut Kernel, set: ObjectKey) {
        let work = SimTime(SYNC_TIME_PER_NODE.0 * self.nodes);
        self.queue.add_busy(kernel, set, work);
    }

    fn observe_pod(&mut self, kernel: &mut Kernel, informers: &Informers, change: &Change<'_>, pod: &Pod) {
        let deleted = change.op == Op::Deleted || pod.metadata.deletion_timestamp.is_some();
        let became_ready =
            is_pod_ready(pod) && change.old.and_then(Pod::of).is_some_and(|old| !is_pod_ready(old));
        for key in concerned(informers, DaemonSet::KIND, change) {
            let set = informers.get(&key).and_then(|object| DaemonSet::of(object));
            if deleted {
                self.expectations.deletion_observed(&key, &change.object.key());
            } else if change.op == Op::Added && controller_of(&pod.metadata).is_some() {
                self.expectations.creation_observed(&key);
            }
            let min_ready = set.map_or(0, |set| set.spec.min_ready_seconds);
            if became_ready && min_ready > 0 && !deleted {
                // A second more, so that whole seconds are over by then.
                self.queue.add_after(kernel, key.clone(), SimTime::from_secs(min_ready as u64 + 1));
            }
            self.add(kernel, key);
        }
    }

    /// Looks for the DaemonSets to which a changed node is news (`syncNodeUpdate`).
    fn sync_node(&mut self, kernel: &mut Kernel, informers: &Informers, name: &str) {
        let Some(node) = informers.find::<Node>("", name) else { return };
        let owners: Vec<&str> = informers
            .pods_of_node(name)
            .filter_map(|pod| controller_of(&pod.metadata).map(|owner| owner.uid.as_str()))
            .collect();
        let news = informers.all::<DaemonSet>().filter(|set| {
            let should = nodes::DaemonPod::of(set).should_run_on(node);
            let scheduled = owners.contains(&set.metadata.uid.as_str());
            match scheduled {
                false => should == ShouldRun::Yes,
                true => should == ShouldRun::No || set.status.number_misscheduled > 0,
            }
        });
        let keys: Vec<ObjectKey> = news
            .map(|set| ObjectKey::new(DaemonSet::KIND, &set.metadata.namespace, &set.metadata.name))
            .collect();
        for key in keys {
            self.add(kernel, key);
        }
    }

    /// Makes pods on the nodes that lack one and deletes those that should not be; none when that has to wait
    /// (`updateDaemonSet`).
    fn update_daemon_set(&mut self, kernel: &mut Kernel, sync: &Sync<'_>) -> Option<Result<(), Refusal>> {
        let managed = self.manage(kernel, sync)?;
        let rolls = sync.set.spec.update_strategy.type_ == "RollingUpdate";
        if managed.is_err() || !rolls || !self.expectations.satisfied(sync.key, kernel.now) {
            return Some(managed);
        }
        let (doomed, needing) = update::rolling_update(kernel, sync);
        self.sync_nodes(kernel, sync, &doomed, &needing)
    }

    /// `manage`.
    fn manage(&mut self, kernel: &mut Kernel, sync: &Sync<'_>) -> Option<Result<(), Refusal>> {
        let (mut needing, mut doomed) = (Vec::new(), Vec::new());
        for (node, should) in &sync.nodes {
            let name = &node.metadata.name;
            match (sync.pods.get(name), should) {
                (None, ShouldRun::Yes) => needing.push(name.clone()),
                (None, _) => {}
                (Some(pods), ShouldRun::No) => doomed.extend(pods.iter().filter(|pod| !is_deleted(pod))),
                (Some(pods), should) => {
                    let running = self.clear_ended(kernel, sync, name, pods, &mut doomed);
                    if !update::allows_surge(sync.set) {
                        doomed.extend(oldest_first(&running).into_iter().skip(1));
                    } else if running.is_empty() {
                        needing.extend((*should == ShouldRun::Yes).then(|| name.clone()));
                    } else {
                        doomed.extend(update::superfluous(sync, &running));
                    }
                }
            }
        }
        // Nobody else deletes pods that wait for a node that is gone (`getUnscheduledPodsWithoutNode`).
        let lost = sync.pods.iter().filter(|(name, _)| sync.should_run_on(name).is_none());
        let homeless = lost.flat_map(|(_, pods)| pods);
        doomed.extend(homeless.filter(|pod| pod.spec.node_name.is_empty()));
        self.sync_nodes(kernel, sync, &doomed, &needing)
    }

    /// Dooms the node's ended pods, the failed ones no sooner than their back-off lets it, and gives the others.
    fn clear_ended<'a>(
        &mut self,
        kernel: &mut Kernel,
        sync: &Sync<'_>,
        node: &str,
        pods: &[&'a Pod],
        doomed: &mut Vec<&'a Pod>,
    ) -> Vec<&'a Pod> {
        let mut running = Vec::new();
        for pod in pods.iter().copied().filter(|pod| !is_deleted(pod)) {
            let name = format!("{}/{}", pod.metadata.namespace, pod.metadata.name);
            match pod.status.phase.as_str() {
                "Failed" => {
                    let (uid, generation) = (&sync.set.metadata.uid, sync.set.status.observed_generation);
                    let key = format!("{uid}/{generation}/{node}");
                    if self.failed_pods.is_in_back_off_since_update(&key, kernel.now) {
                        let wait = self.failed_pods.get(&key);
                        self.queue.add_after(kernel, sync.key.clone(), wait);
                        continue;
                    }
                    self.failed_pods.next(&key, kernel.now, kernel.now);
                    let message =
                        format!("Found failed daemon pod {name} on node {node}, will try to kill it");
                    self.pods.event(kernel, sync.owner, EventType::Warning, "FailedDaemonPod", &message);
                    doomed.push(pod);
                }
                "Succeeded" => {
                    let message =
                        format!("Found succeeded daemon pod {name} on node {node}, will try to delete it");
                    self.pods.event(kernel, sync.owner, EventType::Normal, "SucceededDaemonPod", &message);
                    doomed.push(pod);
                }
                _ => running.push(pod),
            }
        }
        running
    }

    /// Makes a pod for each of these nodes, and deletes these pods; none when some have to wait (`syncNodes`).
    fn sync_nodes(
        &mut self,
        kernel: &mut Kernel,
        sync: &Sync<'_>,
        doomed: &[&Pod],
        needing: &[String],
    ) -> Option<Result<(), Refusal>> {
        let doomed = doomed.iter().take(BURST_REPLICAS).map(|pod| pod_key(pod));
        let needing = &needing[..needing.len().min(BURST_REPLICAS)];
        self.expectations.expect(sync.key, needing.len(), doomed.clone(), kernel.now);
        let template = pod_template(sync.set, &sync.hash);
        let pods = needing.iter().map(|node| {
            let mut pod = pod_from_template(&template, sync.owner);
            nodes::bind_to(&mut pod.spec, node);
            pod
        });
        let mut errand = Errand::new(sync.owner, pods, doomed);
        match errand.begin(kernel, &mut self.hands()) {
            Some(done) => Some(self.note(sync.key, &done)),
            None => {
                self.under_way.insert(sync.key.clone(), errand);
                None
            }
        }
    }

    fn hands(&mut self) -> Hands<'_> {
        Hands { pods: &mut self.pods, expectations: &mut self.expectations, queue: &mut self.queue }
    }

    /// What came of making and deleting pods.
    fn note(&mut self, key: &ObjectKey, done: &Done) -> Result<(), Refusal> {
        if let Some(pod) = &done.last_made {
            self.consistency.wrote(key, pod);
        }
        done.result()
    }

    /// Looks at a DaemonSet, whose pods may have been made and deleted just before.
    fn look(
        &mut self,
        kernel: &mut Kernel,
        informers: &Informers,
        key: &ObjectKey,
        managed: Option<Result<(), Refusal>>,
    ) -> Result<(), Refusal> {
        let Some(owner) = informers.get(key) else {
            self.expectations.forget(key);
            return Ok(());
        };
        let Some(set) = DaemonSet::of(owner).filter(|set| set.metadata.deletion_timestamp.is_none()) else {
            return Ok(());
        };
        let selector = set.spec.selector.clone().unwrap_or_default();
        if selector.is_empty() {
            let message = "This daemon set is selecting all pods. A non-empty selector is required.";
            self.pods.event(kernel, owner, EventType::Warning, "SelectingAll", message);
            return Ok(());
        }
        let (present, old) = self.revisions(kernel, informers, owner, set, &selector)?;
        let hash = present.metadata.labels.get(HASH).cloned().unwrap_or_default();
        let candidates =
            informers.controlled_by::<Pod>(&set.metadata.uid).chain(informers.orphans::<Pod>(&key.namespace));
        let claimed: Vec<&Pod> = RefManager::new(owner, &selector, BY).claim(kernel, candidates)?;
        let mut pods = PodsByNode::new();
        for pod in claimed.iter().copied().filter(|pod| !(is_deleted(pod) && has_ended(pod))) {
            if let Some(node) = target_node(pod) {
                pods.entry(node.to_string()).or_default().push(pod);
            }
        }
        let daemon_pod = nodes::DaemonPod::of(set);
        let nodes = informers.all::<Node>().map(|node| (node, daemon_pod.should_run_on(node))).collect();
        let sync = Sync { key, owner, set, nodes, pods, hash, now: kernel.time() };
        let updated = match managed {
            Some(result) => result,
            None if !self.expectations.satisfied(key, kernel.now) => {
                return self.update_status(kernel, &sync, false);
            }
            None => match self.update_daemon_set(kernel, &sync) {
                Some(result) => result,
                None => return Ok(()),
            },
        };
        let cleaned = updated.and_then(|()| revisions::clean_up(kernel, set, old, &claimed));
        let written = self.update_status(kernel, &sync, true);
        cleaned.and(written)
    }
}

impl Controller for DaemonSetController {
    fn kinds(&self) -> &'static [&'static str] {
        &["DaemonSet", "Pod", "Node", "ControllerRevision"]
    }

    fn queue(&mut self) -> &mut WorkQueue {
        &mut self.queue
    }

    fn observe(&mut self, kernel: &mut Kernel, informers: &Informers, change: &Change<'_>) {
        match change.object {
            Object::DaemonSet(_) => {
                if change.op == Op::Deleted {
                    self.expectations.forget(&change.object.key());
                }
                self.add(kernel, change.object.key());
            }
            Object::Pod(pod) => self.observe_pod(kernel, informers, change, pod),
            Object::Node(node) => {
                let old = change.old.and_then(Node::of);
                let same = old.is_some_and(|old| {
                    old.metadata.labels == node.metadata.labels && old.spec.taints == node.spec.taints
                });
                match change.op {
                    Op::Added => self.nodes += 1,
                    Op::Deleted => self.nodes = self.nodes.saturating_sub(1),
                    Op::Modified => {}
                }
                if change.op != Op::Deleted && !same {
                    self.queue.add(kernel, change.object.key());
                }
            }
            Object::ControllerRevision(revision) if change.op != Op::Added => {
                let owner = controller_of(&revision.metadata);
                let set = owner
                    .and_then(|owner| informers.resolve::<DaemonSet>(&revision.metadata.namespace, owner));
                if let Some(set) = set {
                    let meta = &set.metadata;
                    self.add(kernel, ObjectKey::new(DaemonSet::KIND, &meta.namespace, &meta.name));
                }
            }
            _ => {}
        }
    }

    fn sync(&mut self, kernel: &mut Kernel, informers: &Informers, key: &ObjectKey) -> Result<(), Refusal> {
        if key.kind == Node::KIND {
            self.sync_node(kernel, informers, &key.name);
            return Ok(());
        }
        self.consistency.ensure_ready(key, informers)?;
        self.look(kernel, informers, key, None)
    }

    fn resume(&mut self, kernel: &mut Kernel, informers: &Informers, key: &ObjectKey) -> Result<(), Refusal> {
        let Some(mut errand) = self.under_way.remove(key) else { return Ok(()) };
        match errand.resume(kernel, &mut self.hands()) {
            Some(done) => {
                let managed = self.note(key, &done);
                self.look(kernel, informers, key, Some(managed))
            }
            None => {
                self.under_way.insert(key.clone(), errand);
                Ok(())
            }
        }
    }
}

/// The template with what every daemon pod gets (`CreatePodTemplate`).
fn pod_template(set: &DaemonSet, hash: &str) -> PodTemplateSpec {
    let mut template = set.spec.template.clone();
    nodes::add_tolerations(&mut template.spec);
    let labels = &mut template.metadata.labels;
    if let Some(generation) = template_generation(set) {
        labels.insert(TEMPLATE_GENERATION.to_string(), generation.clone());
    }
    labels.insert(HASH.to_string(), hash.to_string());
    template
}

fn is_deleted(pod: &Pod) -> bool {
    pod.metadata.deletion_timestamp.is_some()
}

fn has_ended(pod: &Pod) -> bool {
    is_pod_phase_terminal(&pod.status.phase)
}

/// Those that have a node first, then the oldest (`podByCreationTimestampAndPhase`).
fn oldest_first<'a>(pods: &[&'a Pod]) -> Vec<&'a Pod> {
    let mut pods = pods.to_vec();
    pods.sort_by(|a, b| {
        let rank = |pod: &Pod| (pod.spec.node_name.is_empty(), pod.metadata.creation_timestamp);
        rank(a).cmp(&rank(b)).then_with(|| a.metadata.name.cmp(&b.metadata.name))
    });
    pods
}
