//! Namespaces that go: their pods first, everything else when no pod is left, then they themselves
//! (`pkg/controller/namespace/{namespace_controller,deletion/namespaced_resources_deleter}.go`).

use super::{Change, Controller, ControllerName, Informers, WorkQueue};
use crate::api_server::{DeleteOptions, PropagationPolicy};
use crate::kernel::Kernel;
use crate::trace::Op;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use lifepod_api::{
    KINDS, Kind, Namespace, NamespaceCondition, Object, ObjectKey, Pod, Refusal, Resource, SimTime, Status,
    Subresource, Time, is_pod_phase_terminal,
};

const BY: &str = "namespace-controller";
/// How long a change of a namespace waits, so that last creations in it are seen (`namespaceDeletionGracePeriod`).
const GRACE: SimTime = SimTime::from_secs(5);
/// How many seconds things with finalizers are given (`finalizerEstimateSeconds`).
const FINALIZER_ESTIMATE: i64 = 15;
/// The first and the longest wait after errors (`nsControllerRateLimiter`).
const DELAYS: (SimTime, SimTime) = (SimTime::from_millis(5), SimTime::from_secs(60));

/// What the conditions of a dying namespace say while all goes well: type, reason, message.
const GOOD: [(&str, &str, &str); 5] = [
    ("NamespaceDeletionDiscoveryFailure", "ResourcesDiscovered", "All resources successfully discovered"),
    (
        "NamespaceDeletionGroupVersionParsingFailure",
        "ParsedGroupVersions",
        "All legacy kube types successfully parsed",
    ),
    (
        "NamespaceDeletionContentFailure",
        "ContentDeleted",
        "All content successfully deleted, may be waiting on finalization",
    ),
    ("NamespaceContentRemaining", "ContentRemoved", "All content successfully removed"),
    ("NamespaceFinalizersRemaining", "ContentHasNoFinalizers", "All content-preserving finalizers finished"),
];

/// The controller.
#[derive(Clone, Debug)]
pub(crate) struct NamespaceController {
    queue: WorkQueue,
}

/// What is left of the content of a namespace.
#[derive(Default)]
struct Remains {
    /// How many seconds it may take; zero when nobody knows.
    estimate: i64,
    /// How many objects of each resource.
    objects: BTreeMap<String, usize>,
    /// How many objects each finalizer holds.
    finalizers: BTreeMap<String, usize>,
    /// What should have gone and has not.
    errors: Vec<String>,
}

impl NamespaceController {
    pub(super) fn new() -> Self {
        NamespaceController { queue: WorkQueue::with_delays(ControllerName::Namespace, DELAYS) }
    }
}

impl Controller for NamespaceController {
    fn kinds(&self) -> &'static [&'static str] {
        &["Namespace"]
    }

    fn queue(&mut self) -> &mut WorkQueue {
        &mut self.queue
    }

    fn observe(&mut self, kernel: &mut Kernel, _: &Informers, change: &Change<'_>) {
        if change.op != Op::Deleted && change.object.meta().deletion_timestamp.is_some() {
            self.queue.add_after(kernel, change.object.key(), GRACE);
        }
    }

    fn sync(&mut self, kernel: &mut Kernel, _: &Informers, key: &ObjectKey) -> Result<(), Refusal> {
        // It reads the namespace anew.
        kernel.flow_control.take(BY, kernel.now);
        let Some(stored) = kernel.store.get(key).cloned() else { return Ok(()) };
        let Some(namespace) = Namespace::of(&stored) else { return Ok(()) };
        let Some(deleted_at) = namespace.metadata.deletion_timestamp else { return Ok(()) };
        if namespace.spec.finalizers.is_empty() {
            return Ok(());
        }
        let remains = delete_all_content(kernel, &key.name, deleted_at);
        tell(kernel, namespace, &remains)?;
        if !remains.errors.is_empty() {
            return Err(Box::new(Status::bad_request(remains.errors.join(", "))));
        }
        if remains.estimate > 0 {
            let wait = SimTime::from_secs(remains.estimate as u64 / 2 + 1);
            self.queue.add_after(kernel, key.clone(), wait);
            return Ok(());
        }
        kernel.finalize_namespace(&key.name, BY);
        Ok(())
    }
}

/// Deletes the pods; without pods, everything (`deleteAllContent` with `OrderedNamespaceDeletion`).
fn delete_all_content(kernel: &mut Kernel, namespace: &str, deleted_at: Time) -> Remains {
    let mut remains = Remains::default();
    let kinds = KINDS.iter().filter(|kind| kind.namespaced);
    let (pods, others): (Vec<&Kind>, Vec<&Kind>) = kinds.partition(|kind| kind.kind == Pod::KIND);
    for kind in pods {
        delete_kind(kernel, kind, namespace, deleted_at, &mut remains);
    }
    if remains.objects.is_empty() {
        for kind in others {
            delete_kind(kernel, kind, namespace, deleted_at, &mut remains);
        }
    }
    remains
}

/// Deletes all objects of a kind and looks what is left (`deleteAllContentForGroupVersionResource`).
fn delete_kind(kernel: &mut Kernel, kind: &Kind, namespace: &str, deleted_at: Time, remains: &mut Remains) {
    let estimate = graceful_estimate(kernel, kind, namespace, deleted_at);
    let background = Some(PropagationPolicy::Background);
    let options = DeleteOptions { propagation_policy: background, ..DeleteOptions::default() };
    if let Err(refusal) = kernel.delete_collection(kind.kind, namespace, &options, BY) {
        remains.errors.push(refusal.message);
        return;
    }
    let left = list(kernel, kind, namespace);
    if left.is_empty() {
        return;
    }
    let finalizers: Vec<&String> = left.iter().flat_map(|object| &object.meta().finalizers).collect();
    let (group, version) = kind.api_version.split_once('/').unwrap_or(("", kind.api_version));
    if estimate == 0 && finalizers.is_empty() {
        let resource = format!("{group}/{version}, Resource={}", kind.plural);
        remains
            .errors
            .push(format!("unexpected items still remain in namespace: {namespace} for gvr: {resource}"));
    }
    let estimate = if estimate == 0 && !finalizers.is_empty() { FINALIZER_ESTIMATE } else { estimate };
    remains.estimate = remains.estimate.max(estimate);
    for finalizer in finalizers {
        *remains.finalizers.entry(finalizer.clone()).or_default() += 1;
    }
    remains.objects.insert(format!("{}.{group}", kind.plural), left.len());
}

fn list(kernel: &mut Kernel, kind: &Kind, namespace: &str) -> Vec<Arc<Object>> {
    kernel.flow_control.take(BY, kernel.now);
    kernel.store.of_kind_in(kind.kind, namespace).cloned().collect()
}

/// How long the pods may take to end, unless they had that time already (`estimateGracefulTermination`).
fn graceful_estimate(kernel: &mut Kernel, kind: &Kind, namespace: &str, deleted_at: Time) -> i64 {
    if kind.kind != Pod::KIND {
        return 0;
    }
    let pods = list(kernel, kind, namespace);
    let graces = pods
        .iter()
        .filter_map(|object| Pod::of(object))
        .filter(|pod| !is_pod_phase_terminal(&pod.status.phase))
        .map(|pod| pod.spec.termination_grace_period_seconds.unwrap_or(0));
    let estimate = graces.max().unwrap_or(0).max(0);
    if kernel.until(Time(deleted_at.0.saturating_add(estimate))) == SimTime::ZERO { 0 } else { estimate }
}

/// Writes the five conditions where they change (`status_condition_utils.go`).
fn tell(kernel: &mut Kernel, namespace: &Namespace, remains: &Remains) -> Result<(), Refusal> {
    let now = kernel.time();
    let mut changed = namespace.clone();
    // While pods are left nothing is said of what is left.
    let only_pods = remains.objects.keys().any(|resource| resource == "pods.");
    for (type_, reason, message) in GOOD {
        let bad = match type_ {
            "NamespaceDeletionContentFailure" if !remains.errors.is_empty() => {
                let (count, list) = (remains.errors.len(), remains.errors.join(", "));
                let message = format!("Failed to delete all resource types, {count} remaining: {list}");
                Some(("ContentDeletionFailed", message))
            }
            "NamespaceContentRemaining" if !only_pods && !remains.objects.is_empty() => {
                let list = listed(&remains.objects, " has ");
                Some(("SomeResourcesRemain", format!("Some resources are remaining: {list}")))
            }
            "NamespaceFinalizersRemaining" if !only_pods && !remains.finalizers.is_empty() => {
                let list = listed(&remains.finalizers, " in ");
                let message = format!("Some content in the namespace has finalizers remaining: {list}");
                Some(("SomeFinalizersRemain", message))
            }
            _ => None,
        };
        let status = if bad.is_some() { "True" } else { "False" };
        let (reason, message) = bad.unwrap_or((reason, message.to_string()));
        let conditions = &mut changed.status.conditions;
        let index = conditions.iter().position(|condition| condition.type_ == type_);
        let since = index.map(|i| &conditions[i]).filter(|old| old.status == status);
        let new = NamespaceCondition {
            type_: type_.to_string(),
            status: status.to_string(),
            last_transition_time: since.map_or(Some(now), |old| old.last_transition_time),
            reason: reason.to_string(),
            message,
        };
        match index {
            Some(index) => conditions[index] = new,
            None => conditions.push(new),
        }
    }
    if changed.status == namespace.status {
        return Ok(());
    }
    kernel.update(Object::Namespace(changed), Subresource::Status, BY).map(|_| ())
}

fn listed(counts: &BTreeMap<String, usize>, verb: &str) -> String {
    let parts: Vec<String> =
        counts.iter().map(|(what, count)| format!("{what}{verb}{count} resource instances")).collect();
    parts.join(", ")
}
