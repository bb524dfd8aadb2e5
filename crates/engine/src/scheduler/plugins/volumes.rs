//! The plugins about volumes, as far as claims show: `VolumeRestrictions`, `VolumeBinding` and `VolumeZone`
//! (`volumerestrictions/volume_restrictions.go`, `volumebinding/binder.go`, `volumezone/volume_zone.go`).
//!
//! `NodeVolumeLimits` asks for the limits of a CSI driver, which no object of the simulation states: it refuses nothing.

use crate::scheduler::cache::Cache;
use crate::scheduler::cluster_event::{Change, ClusterEvent};
use crate::scheduler::framework::{Action, Plugin, Reason, Rejection};
use crate::scheduler::node_info::NodeInfo;
use crate::scheduler::pod_info::PodInfo;
use crate::store::Store;
use crate::volume_match::{
    SELECTED_NODE, claim_names, find_matching_volume, is_bound, reaches, waits_for_consumer,
};
use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use lifepod_api::{
    Node, Object, PersistentVolume, PersistentVolumeClaim, Pod, StorageClass, TopologySelectorTerm,
};

/// The labels of a volume that tie it to a zone or region (`volumezone/volume_zone.go topologyLabels`).
const ZONE_LABELS: [&str; 4] = [
    "topology.kubernetes.io/zone",
    "topology.kubernetes.io/region",
    "failure-domain.beta.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/region",
];

/// The claims of a pod, and what they mean for nodes.
#[derive(Clone, Debug, Default)]
pub(crate) struct PodVolumes(Option<Arc<Claims>>, usize);

#[derive(Debug, Default)]
struct Claims {
    /// Claims that only one pod may use.
    exclusive: Vec<String>,
    /// The volumes of bound claims; none for one that is not there.
    bound: Vec<Option<PersistentVolume>>,
    /// Claims that wait for a node.
    unbound: Vec<Unbound>,
    /// Volumes that could be bound.
    volumes: Vec<PersistentVolume>,
}

#[derive(Debug)]
struct Unbound {
    claim: PersistentVolumeClaim,
    /// Where its class may make a volume; none if it cannot.
    provisions: Option<Vec<TopologySelectorTerm>>,
}

/// What is to be done for one claim once the node is chosen.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum BindingStep {
    /// The claim gets this volume.
    Static { claim: String, volume: String },
    /// A provisioner is asked to make a volume for the node.
    Provision { claim: String },
}

/// Looks at the pod's claims.
///
/// # Errors
/// A claim that is not there, is going, or should have been bound without the pod.
pub(super) fn pre_filter(pod: &PodInfo, store: &Store, cache: &Cache) -> Result<PodVolumes, Rejection> {
    let namespace = &pod.metadata.namespace;
    let mut claims = Claims::default();
    let mut immediate = false;
    for (name, ephemeral) in claim_names(pod) {
        let refuse = |why: String| Err(Rejection::for_good(Plugin::VolumeBinding, why));
        let Some(claim) = store.find::<PersistentVolumeClaim>(namespace, &name) else {
            if ephemeral {
                return refuse(format!(
                    "waiting for ephemeral volume controller to create the persistentvolumeclaim {name:?}"
                ));
            }
            let why = format!("persistentvolumeclaim {name:?} not found");
            return Err(Rejection::for_good(Plugin::VolumeRestrictions, why));
        };
        if claim.status.phase == "Lost" {
            let volume = &claim.spec.volume_name;
            return refuse(format!(
                "persistentvolumeclaim {name:?} bound to non-existent persistentvolume {volume:?}"
            ));
        }
        if claim.metadata.deletion_timestamp.is_some() {
            return refuse(format!("persistentvolumeclaim {name:?} is being deleted"));
        }
        if ephemeral && !claim.metadata.owner_references.iter().any(|o| o.uid == pod.metadata.uid) {
            let pod = &pod.metadata.name;
            return refuse(format!(
                "PVC {namespace}/{name} was not created for pod {namespace}/{pod} (pod is not owner)"
            ));
        }
        if claim.spec.access_modes.iter().any(|mode| mode == "ReadWriteOncePod") {
            claims.exclusive.push(name);
        }
        if is_bound(claim) {
            claims.bound.push(store.find("", &claim.spec.volume_name).cloned());
        } else if claim.spec.volume_name.is_empty() && waits_for_consumer(claim, store) {
            claims.unbound.push(Unbound { claim: claim.clone(), provisions: provisions(claim, store) });
        } else {
            immediate = true;
        }
    }
    if immediate {
        let why = "pod has unbound immediate PersistentVolumeClaims";
        return Err(Rejection::for_good(Plugin::VolumeBinding, why));
    }
    if !claims.unbound.is_empty() {
        claims.volumes = store.all::<PersistentVolume>().cloned().collect();
        // Small claims choose first, so that a large volume is left for a large claim.
        claims.unbound.sort_by(|a, b| storage(&a.claim).cmp(&storage(&b.claim)));
    }
    if claims.bound.is_empty() && claims.unbound.is_empty() {
        return Ok(PodVolumes::default());
    }
    let others = |claim: &String| {
        let uses = |p: &&Arc<PodInfo>| p.metadata.namespace == *namespace && uses_claim(p, claim);
        cache.all().flat_map(|node| &node.pods).filter(uses).count()
    };
    let conflicts = claims.exclusive.iter().map(others).sum();
    Ok(PodVolumes(Some(Arc::new(claims)), conflicts))
}

fn uses_claim(pod: &Pod, claim: &str) -> bool {
    claim_names(pod).any(|(name, _)| name == claim)
}

fn storage(claim: &PersistentVolumeClaim) -> Option<&lifepod_api::Quantity> {
    claim.spec.resources.requests.get("storage")
}

/// Where the claim's class makes volumes; an empty list means anywhere, none that it makes none.
fn provisions(claim: &PersistentVolumeClaim, store: &Store) -> Option<Vec<TopologySelectorTerm>> {
    let class = store.find::<StorageClass>("", claim.spec.storage_class_name.as_ref()?)?;
    let can = !class.provisioner.is_empty() && class.provisioner != "kubernetes.io/no-provisioner";
    can.then(|| class.allowed_topologies.clone())
}

impl PodVolumes {
    /// Reckons with a pod that comes or goes and uses a claim which only one pod may use.
    pub(super) fn change_pod(&mut self, pod: &PodInfo, other: &PodInfo, by: i64) {
        let Some(claims) = &self.0 else { return };
        if other.metadata.namespace == pod.metadata.namespace {
            let shared = claims.exclusive.iter().filter(|claim| uses_claim(other, claim)).count();
            self.1 = self.1.saturating_add_signed(by as isize * shared as isize);
        }
    }

    pub(super) fn filter(&self, node: &NodeInfo) -> Option<Rejection> {
        let claims = self.0.as_ref()?;
        if self.1 > 0 {
            return Some(Rejection::by_pods(
                Plugin::VolumeRestrictions,
                "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by \
                 another pod",
            ));
        }
        let mut reasons: Vec<Reason> = Vec::new();
        if claims.bound.iter().any(Option::is_none) {
            reasons.push(Cow::Borrowed(
                "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)",
            ));
        } else if !claims.bound.iter().flatten().all(|volume| reaches(volume, &node.node)) {
            reasons.push(Cow::Borrowed("node(s) didn't match PersistentVolume's node affinity"));
        }
        if self.steps(&node.node).is_none() {
            reasons.push(Cow::Borrowed("node(s) didn't find available persistent volumes to bind"));
        }
        if !reasons.is_empty() {
            return Some(Rejection { plugin: Plugin::VolumeBinding, resolvable: false, reasons });
        }
        let in_zone = claims.bound.iter().flatten().all(|volume| in_zone(volume, &node.node));
        (!in_zone).then(|| Rejection::for_good(Plugin::VolumeZone, "node(s) had no available volume zone"))
    }

    /// What is to be done for the unbound claims on this node; none if a claim can have no volume there
    /// (`FindPodVolumes`).
    pub(crate) fn steps(&self, node: &Node) -> Option<Vec<BindingStep>> {
        let Some(claims) = &self.0 else { return Some(Vec::new()) };
        let mut taken: Vec<&str> = Vec::new();
        let mut steps = Vec::new();
        for Unbound { claim, provisions } in &claims.unbound {
            let name = claim.metadata.name.clone();
            let selected = claim.metadata.annotations.get(SELECTED_NODE);
            if selected.is_some_and(|selected| *selected != node.metadata.name) {
                return None;
            }
            let free = claims.volumes.iter().filter(|v| !taken.contains(&v.metadata.name.as_str()));
            let found = if selected.is_none() { find_matching_volume(claim, free, Some(node)) } else { None };
            if let Some(volume) = found {
                taken.push(&volume.metadata.name);
                steps.push(BindingStep::Static { claim: name, volume: volume.metadata.name.clone() });
                continue;
            }
            let allowed = provisions.as_ref()?;
            if !allowed.is_empty() && !allowed.iter().any(|term| topology_matches(term, node)) {
                return None;
            }
            steps.push(BindingStep::Provision { claim: name });
        }
        Some(steps)
    }
}

fn topology_matches(term: &TopologySelectorTerm, node: &Node) -> bool {
    term.match_label_expressions
        .iter()
        .all(|e| node.metadata.labels.get(&e.key).is_some_and(|value| e.values.contains(value)))
}

/// Whether the zones that the volume's labels name are the node's. A node without such labels is in no zone and takes
/// all volumes.
fn in_zone(volume: &PersistentVolume, node: &Node) -> bool {
    let labels = &node.metadata.labels;
    if !ZONE_LABELS.iter().any(|key| labels.contains_key(key)) {
        return true;
    }
    let zones = ZONE_LABELS.iter().filter_map(|key| Some((*key, volume.metadata.labels.get(key)?)));
    zones.into_iter().all(|(key, zones)| {
        labels.get(key).is_some_and(|zone| zones.split("__").any(|allowed| allowed == zone.as_str()))
    })
}

/// A change of one of the pod's claims, of volumes, classes or nodes; for an exclusive claim the end of its user.
pub(super) fn helps(plugin: Plugin, pod: &PodInfo, event: &ClusterEvent) -> bool {
    match (&event.change, event.action) {
        (Change::Other(object), _) => match &**object {
            Object::PersistentVolumeClaim(claim) => {
                claim.metadata.namespace == pod.metadata.namespace && uses_claim(pod, &claim.metadata.name)
            }
            Object::PersistentVolume(_) => plugin != Plugin::VolumeRestrictions,
            Object::StorageClass(_) => event.action == Action::Add && plugin == Plugin::VolumeBinding,
            _ => false,
        },
        (Change::Node(..), Action::Add) => true,
        (Change::Node(..), Action::UpdateNodeLabel) => plugin != Plugin::VolumeRestrictions,
        (Change::Pod(Some(gone), None), Action::Delete) => {
            plugin == Plugin::VolumeRestrictions
                && gone.metadata.namespace == pod.metadata.namespace
                && claim_names(gone).any(|(name, _)| uses_claim(pod, &name))
        }
        _ => false,
    }
}
