//! Why no node took a pod, and how that is said (`framework/types.go Diagnosis`, `FitError.Error`).

use crate::scheduler::framework::{PluginSet, Reason, Rejection};
use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// What each node said.
#[derive(Clone, Debug, Default)]
pub(crate) struct Diagnosis {
    /// The rejection of each node that was asked, by its index in the cache.
    pub(crate) nodes: BTreeMap<usize, Rejection>,
    /// What holds for the nodes that were not asked.
    pub(crate) absent: Option<Reason>,
    /// The rejection of the pod as a whole: no node was asked.
    pub(crate) pre_filter: Option<Rejection>,
    /// Who rejected anything: what they wait for is worth another try.
    pub(crate) rejectors: PluginSet,
}

impl Diagnosis {
    /// Notes a node's rejection.
    pub(crate) fn reject(&mut self, node: usize, rejection: Rejection) {
        self.rejectors.insert(rejection.plugin);
        self.nodes.insert(node, rejection);
    }

    /// Whether other pods are in the way on this node, so that preemption may help there.
    pub(crate) fn is_resolvable(&self, node: usize) -> bool {
        self.nodes.get(&node).is_some_and(|rejection| rejection.resolvable)
    }

    /// The message of `FailedScheduling` for a cluster of `total` nodes.
    pub(crate) fn message(&self, total: usize, post_filter: &str) -> String {
        let mut message = format!("0/{total} nodes are available:");
        match &self.pre_filter {
            Some(rejection) => message += &format!(" {}.", rejection.message()),
            None => {
                let reasons = self.nodes.values().flat_map(|r| r.reasons.iter().cloned());
                let absent = self.absent.iter().cloned();
                let missing = total.saturating_sub(self.nodes.len());
                let absent = absent.flat_map(|reason| core::iter::repeat_n(reason, missing));
                let histogram = histogram(reasons.chain(absent));
                if !histogram.is_empty() {
                    message += &format!(" {histogram}.");
                }
            }
        }
        if !post_filter.is_empty() {
            message += &format!(" {post_filter}");
        }
        message
    }
}

/// `1 Insufficient cpu, 2 Too many pods`: sorted as text, the numbers included.
fn histogram(reasons: impl Iterator<Item = Reason>) -> String {
    let mut counts: BTreeMap<Cow<'static, str>, usize> = BTreeMap::new();
    for reason in reasons {
        *counts.entry(reason).or_insert(0) += 1;
    }
    let mut parts: Vec<String> =
        counts.into_iter().map(|(reason, count)| format!("{count} {reason}")).collect();
    parts.sort();
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheduler::framework::Plugin;

    fn refuse(diagnosis: &mut Diagnosis, nodes: core::ops::Range<usize>, reason: &'static str) {
        for node in nodes {
            diagnosis.reject(node, Rejection::by_pods(Plugin::NodeResourcesFit, reason));
        }
    }

    #[test]
    fn reasons_are_sorted_as_text_with_their_numbers() {
        let mut diagnosis = Diagnosis::default();
        refuse(&mut diagnosis, 0..1, "node(s) had untolerated taint(s)");
        refuse(&mut diagnosis, 1..13, "Too many pods");
        refuse(&mut diagnosis, 13..15, "Insufficient cpu");
        assert_eq!(
            diagnosis.message(15, "preemption: none."),
            "0/15 nodes are available: 1 node(s) had untolerated taint(s), 12 Too many pods, 2 Insufficient cpu. \
             preemption: none."
        );
    }

    #[test]
    fn nodes_that_were_not_asked_count_too() {
        let mut diagnosis = Diagnosis::default();
        refuse(&mut diagnosis, 0..1, "Insufficient cpu");
        diagnosis.absent = Some(Cow::Borrowed("node(s) didn't satisfy plugin(s) [NodeAffinity]"));
        assert_eq!(
            diagnosis.message(5, ""),
            "0/5 nodes are available: 1 Insufficient cpu, 4 node(s) didn't satisfy plugin(s) [NodeAffinity]."
        );
    }

    #[test]
    fn what_the_pod_as_a_whole_lacks_has_no_number() {
        let missing =
            Rejection::for_good(Plugin::VolumeRestrictions, "persistentvolumeclaim \"c\" not found");
        let diagnosis = Diagnosis { pre_filter: Some(missing), ..Diagnosis::default() };
        assert_eq!(
            diagnosis.message(1, "not found"),
            "0/1 nodes are available: persistentvolumeclaim \"c\" not found. not found"
        );
    }
}
