//! `ImageLocality`: nodes that have the pod's images already (`imagelocality/image_locality.go`).

use super::each;
use crate::scheduler::cache::Cache;
use crate::scheduler::framework::MAX_NODE_SCORE;
use crate::scheduler::pod_info::PodInfo;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// Sums of image sizes, in bytes, that count for nothing, and what counts fully for each container.
const MIN_THRESHOLD: i64 = 23 * 1024 * 1024;
const MAX_CONTAINER_THRESHOLD: i64 = 1000 * 1024 * 1024;

/// The sum of the sizes of the images that the node has, each times the share of nodes that have it: an image that is
/// on one node only should not draw all pods there.
pub(super) fn score(pod: &PodInfo, nodes: &[usize], cache: &Cache) -> Vec<i64> {
    let spec = &pod.spec;
    let containers = spec.init_containers.iter().chain(&spec.containers);
    let volumes = spec.volumes.iter().filter_map(|v| v.image.as_ref()).map(|image| image.reference.as_str());
    let images = containers.map(|c| c.image.as_str()).chain(volumes).map(normalized);
    let spread = images.map(|image| (cache.image_spread(&image), image));
    // What no node has is not looked for on each.
    let images: Vec<(f64, String)> = spread.filter(|(spread, _)| *spread > 0.0).collect();
    let count = (spec.init_containers.len() + spec.containers.len()).max(1) as i64;
    let most = MAX_CONTAINER_THRESHOLD * count;
    each(nodes, cache, |node| {
        let size = |(spread, image): &(f64, String)| Some((*node.images.get(image)? as f64 * spread) as i64);
        let sum: i64 = images.iter().filter_map(size).sum();
        MAX_NODE_SCORE * (sum.clamp(MIN_THRESHOLD, most) - MIN_THRESHOLD) / (most - MIN_THRESHOLD)
    })
}

/// An image without a tag is `latest`.
fn normalized(image: &str) -> String {
    if image.rfind(':') <= image.rfind('/') { format!("{image}:latest") } else { String::from(image) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheduler::testing::{cache, node, pod};

    #[test]
    fn an_image_that_half_of_the_nodes_have_counts_half() {
        let cache = cache([node("n1").image("nginx:latest", 1_000 * 1024 * 1024), node("n2")]);
        // 500 MiB of what is between 23 and 1000 MiB.
        assert_eq!(score(&pod("w").image("nginx").build(), cache.order(), &cache), [48, 0]);
    }
}
