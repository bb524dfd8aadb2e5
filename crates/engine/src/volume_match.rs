//! Which volume suits which claim: the scheduler and the volume controller ask alike
//! (`component-helpers/storage/volume/{pv_helpers,helpers}.go`).

use crate::store::Store;
use alloc::format;
use alloc::string::String;
use lifepod_api::{Node, PersistentVolume, PersistentVolumeClaim, Pod, StorageClass};

/// The volume controller's mark on a claim that is fully bound (`volume.AnnBindCompleted`).
pub(crate) const BIND_COMPLETED: &str = "pv.kubernetes.io/bind-completed";

/// The controller's mark on a claim or volume whose partner it chose (`volume.AnnBoundByController`).
pub(crate) const BOUND_BY_CONTROLLER: &str = "pv.kubernetes.io/bound-by-controller";

/// Where a provisioner is told for which node the volume is (`volume.AnnSelectedNode`).
pub(crate) const SELECTED_NODE: &str = "volume.kubernetes.io/selected-node";

/// The name of the claim that a volume stands for, and whether the claim is made for the pod alone.
pub(crate) fn claim_names(pod: &Pod) -> impl Iterator<Item = (String, bool)> {
    pod.spec.volumes.iter().filter_map(|volume| match (&volume.persistent_volume_claim, &volume.ephemeral) {
        (Some(source), _) => Some((source.claim_name.clone(), false)),
        (None, Some(_)) => Some((format!("{}-{}", pod.metadata.name, volume.name), true)),
        _ => None,
    })
}

/// Whether the claim has its volume for good (`binder.go isPVCFullyBound`).
pub(crate) fn is_bound(claim: &PersistentVolumeClaim) -> bool {
    !claim.spec.volume_name.is_empty() && claim.metadata.annotations.contains_key(BIND_COMPLETED)
}

/// Whether the claim's class binds only when a pod needs the claim (`IsDelayBindingMode`).
pub(crate) fn waits_for_consumer(claim: &PersistentVolumeClaim, store: &Store) -> bool {
    let class = claim.spec.storage_class_name.as_ref().and_then(|name| store.find::<StorageClass>("", name));
    class.and_then(|class| class.volume_binding_mode.as_deref()) == Some("WaitForFirstConsumer")
}

/// The smallest volume that satisfies the claim, on a node if one is given (`FindMatchingVolume`). A volume that was
/// reserved for the claim comes before all others.
pub(crate) fn find_matching_volume<'v>(
    claim: &PersistentVolumeClaim,
    volumes: impl Iterator<Item = &'v PersistentVolume>,
    node: Option<&Node>,
) -> Option<&'v PersistentVolume> {
    let mut best: Option<&PersistentVolume> = None;
    for volume in volumes {
        let reserved = match &volume.spec.claim_ref {
            Some(reference) => {
                let meant = reference.name == claim.metadata.name
                    && reference.namespace == claim.metadata.namespace
                    && (reference.uid.is_empty() || reference.uid == claim.metadata.uid);
                if !meant {
                    continue;
                }
                true
            }
            None => false,
        };
        if !suits(claim, volume, reserved) || node.is_some_and(|node| !reaches(volume, node)) {
            continue;
        }
        if reserved {
            return Some(volume);
        }
        if best.is_none_or(|best| capacity(volume) < capacity(best)) {
            best = Some(volume);
        }
    }
    best
}

fn capacity(volume: &PersistentVolume) -> Option<&lifepod_api::Quantity> {
    volume.spec.capacity.get("storage")
}

/// Whether the volume can be reached from the node (`volume.CheckNodeAffinity`).
pub(crate) fn reaches(volume: &PersistentVolume, node: &Node) -> bool {
    let required = volume.spec.node_affinity.as_ref().and_then(|affinity| affinity.required.as_ref());
    required.is_none_or(|terms| terms.matches(node))
}

/// Whether size, mode, class, labels and access modes are what the claim asks for.
fn suits(claim: &PersistentVolumeClaim, volume: &PersistentVolume, reserved: bool) -> bool {
    let (asks, has) = (&claim.spec, &volume.spec);
    let mode = |mode: &Option<String>| mode.as_deref().unwrap_or("Filesystem") == "Filesystem";
    let large_enough =
        asks.resources.requests.get("storage").is_none_or(|wanted| capacity(volume) >= Some(wanted));
    let free = reserved || matches!(volume.status.phase.as_str(), "Available" | "");
    let class = asks.storage_class_name.as_deref().unwrap_or("");
    large_enough
        && mode(&asks.volume_mode) == mode(&has.volume_mode)
        && volume.metadata.deletion_timestamp.is_none()
        && free
        && (reserved
            || (has.storage_class_name == class
                && asks.selector.as_ref().is_none_or(|s| s.matches(&volume.metadata.labels))
                && asks.access_modes.iter().all(|wanted| has.access_modes.contains(wanted))))
}
