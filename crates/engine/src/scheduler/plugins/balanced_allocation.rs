//! `NodeResourcesBalancedAllocation`: nodes on which CPU and memory are used alike
//! (`noderesources/balanced_allocation.go`).

use super::each;
use crate::scheduler::cache::Cache;
use crate::scheduler::framework::MAX_NODE_SCORE;
use crate::scheduler::pod_info::PodInfo;
use alloc::vec::Vec;

/// How much the pod evens out the use of the node; nothing for a pod that asks for neither CPU nor memory.
pub(super) fn score(pod: &PodInfo, nodes: &[usize], cache: &Cache) -> Option<Vec<i64>> {
    if pod.requests.milli_cpu == 0 && pod.requests.memory == 0 {
        return None;
    }
    Some(each(nodes, cache, |node| {
        let (has, used, wanted) = (&node.allocatable, &node.requested, &pod.requests);
        let without = balance([(used.milli_cpu, has.milli_cpu), (used.memory, has.memory)]);
        let with = balance([
            (used.milli_cpu + wanted.milli_cpu, has.milli_cpu),
            (used.memory + wanted.memory, has.memory),
        ]);
        MAX_NODE_SCORE / 2 + (MAX_NODE_SCORE / 2 + with - without) / 2
    }))
}

/// 100 less the standard deviation of the used shares, in percent. Resources that the node has none of do not count.
fn balance(resources: [(i64, i64); 2]) -> i64 {
    let share = |(used, has): (i64, i64)| (has != 0).then(|| (used as f64 / has as f64).min(1.0));
    let deviation = match resources.map(share) {
        [Some(a), Some(b)] => ((a - b) / 2.0).abs(),
        _ => 0.0,
    };
    ((1.0 - deviation) * MAX_NODE_SCORE as f64) as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheduler::testing::{cache, node, pod};

    #[test]
    fn a_pod_of_much_memory_suits_a_node_that_is_short_of_cpu() {
        let size = |name: &str| node(name).allocatable("cpu", "10").allocatable("memory", "10Gi");
        let mut cache = cache([size("n1"), size("n2")]);
        cache.set_pod(pod("a").cpu("5").build(), "n1", false);
        let heavy = pod("w").memory("5Gi").build();
        // n1: deviation 25 % before, 0 after; n2: 0 before, 25 % after.
        assert_eq!(score(&heavy, cache.order(), &cache), Some([87, 62].to_vec()));
        assert_eq!(score(&pod("idle").build(), cache.order(), &cache), None);
    }
}
