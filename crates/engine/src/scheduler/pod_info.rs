//! A pod with what the scheduler reads from it, worked out once (`framework/types.go PodInfo`).

use crate::kubelet::{PodUid, SharedPod};
use crate::scheduler::namespaces::Namespaces;
use crate::scheduler::resource::{CpuMemory, Resources};
use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::Deref;
use lifepod_api::placement::{HostPort, host_ports};
use lifepod_api::resources::{pod_requests, pod_requests_non_missing};
use lifepod_api::{LabelSelector, Pod, PodAffinityTerm, WeightedPodAffinityTerm};

/// A pod and what was worked out from it. Dereferences to the pod.
#[derive(Clone, Debug)]
pub(crate) struct PodInfo {
    /// The pod as last seen.
    pub(crate) pod: SharedPod,
    /// What it asks for.
    pub(crate) requests: Resources,
    /// The same for scoring: containers that ask for nothing count 100m CPU and 200 MiB.
    pub(crate) non_zero: CpuMemory,
    /// The ports of its node that it takes.
    pub(crate) host_ports: Vec<HostPort>,
    /// What it wants of its neighbours.
    pub(crate) affinity: Option<Box<AffinityTerms>>,
}

/// A pod's affinity to other pods.
#[derive(Clone, Debug, Default)]
pub(crate) struct AffinityTerms {
    pub(crate) required: Vec<AffinityTerm>,
    pub(crate) required_anti: Vec<AffinityTerm>,
    /// With their weights, negative for anti-affinity.
    pub(crate) preferred: Vec<(i64, AffinityTerm)>,
}

/// One term of a pod's affinity to other pods.
#[derive(Clone, Debug)]
pub(crate) struct AffinityTerm {
    /// The label of nodes that says how near is near.
    pub(crate) topology_key: String,
    namespaces: Vec<String>,
    namespace_selector: Option<LabelSelector>,
    selector: Option<LabelSelector>,
}

impl AffinityTerm {
    /// Whether the term is about `pod` (`framework/types.go AffinityTerm.Matches`).
    pub(crate) fn matches(&self, pod: &Pod, namespaces: &Namespaces) -> bool {
        let namespace = &pod.metadata.namespace;
        let meant = self.namespaces.contains(namespace)
            || self
                .namespace_selector
                .as_ref()
                .is_some_and(|s| namespaces.with_labels(namespace, |l| s.matches(l)));
        meant && self.selector.as_ref().is_some_and(|s| s.matches(&pod.metadata.labels))
    }
}

/// Whether there are terms and all of them are about `pod`.
pub(crate) fn matches_all_terms(terms: &[AffinityTerm], pod: &Pod, namespaces: &Namespaces) -> bool {
    !terms.is_empty() && terms.iter().all(|term| term.matches(pod, namespaces))
}

impl PodInfo {
    /// Works it out.
    pub(crate) fn new(pod: SharedPod) -> Arc<Self> {
        Arc::new(PodInfo {
            requests: Resources::from_list(&pod_requests(&pod.spec)),
            non_zero: CpuMemory::from_list(&pod_requests_non_missing(&pod.spec)),
            host_ports: host_ports(&pod.spec).collect(),
            affinity: affinity_terms(&pod),
            pod,
        })
    }

    /// The pod in a newer revision; what only its spec and labels decide is kept when they are the same.
    pub(crate) fn newer(old: Option<&Arc<PodInfo>>, pod: SharedPod) -> Arc<Self> {
        let same = |old: &&Arc<PodInfo>| old.spec == pod.spec && old.metadata.labels == pod.metadata.labels;
        match old.filter(same) {
            Some(old) => Arc::new(PodInfo { pod, ..(**old).clone() }),
            None => PodInfo::new(pod),
        }
    }

    /// Whether the pod in another revision asks for the same, and is selected by the same.
    pub(crate) fn counts_like(&self, other: &PodInfo) -> bool {
        let leaves = |pod: &Pod| pod.metadata.deletion_timestamp.is_some();
        self.spec == other.spec
            && self.metadata.labels == other.metadata.labels
            && leaves(self) == leaves(other)
    }

    /// `spec.priority`.
    pub(crate) fn priority(&self) -> i32 {
        self.pod.spec.priority.unwrap_or(0)
    }

    pub(crate) fn uid(&self) -> &PodUid {
        self.pod.uid_ref()
    }

    pub(crate) fn required_affinity(&self) -> &[AffinityTerm] {
        self.affinity.as_ref().map_or(&[], |a| &a.required)
    }

    pub(crate) fn required_anti_affinity(&self) -> &[AffinityTerm] {
        self.affinity.as_ref().map_or(&[], |a| &a.required_anti)
    }

    pub(crate) fn preferred_affinity(&self) -> &[(i64, AffinityTerm)] {
        self.affinity.as_ref().map_or(&[], |a| &a.preferred)
    }
}

impl Deref for PodInfo {
    type Target = Pod;
    fn deref(&self) -> &Pod {
        &self.pod
    }
}

fn affinity_terms(pod: &Pod) -> Option<Box<AffinityTerms>> {
    let affinity = pod.spec.affinity.as_ref()?;
    let term = |term: &PodAffinityTerm| affinity_term(pod, term);
    let weighted = |term: &WeightedPodAffinityTerm, sign: i64| {
        (sign * i64::from(term.weight), affinity_term(pod, &term.pod_affinity_term))
    };
    let mut terms = AffinityTerms::default();
    if let Some(to) = &affinity.pod_affinity {
        terms.required = to.required_during_scheduling_ignored_during_execution.iter().map(term).collect();
        let preferred = &to.preferred_during_scheduling_ignored_during_execution;
        terms.preferred.extend(preferred.iter().map(|t| weighted(t, 1)));
    }
    if let Some(from) = &affinity.pod_anti_affinity {
        terms.required_anti =
            from.required_during_scheduling_ignored_during_execution.iter().map(term).collect();
        let preferred = &from.preferred_during_scheduling_ignored_during_execution;
        terms.preferred.extend(preferred.iter().map(|t| weighted(t, -1)));
    }
    let none = terms.required.is_empty() && terms.required_anti.is_empty() && terms.preferred.is_empty();
    (!none).then(|| Box::new(terms))
}

/// Without namespaces and namespace selector a term means the pod's own namespace (`types.go newAffinityTerm`). What
/// `matchLabelKeys` name is in the selector already: the API server put it there.
fn affinity_term(pod: &Pod, term: &PodAffinityTerm) -> AffinityTerm {
    let namespaces = if term.namespaces.is_empty() && term.namespace_selector.is_none() {
        [pod.metadata.namespace.clone()].to_vec()
    } else {
        term.namespaces.clone()
    };
    AffinityTerm {
        topology_key: term.topology_key.clone(),
        namespaces,
        namespace_selector: term.namespace_selector.clone(),
        selector: term.label_selector.clone(),
    }
}
