//! The admission of in-place resizes (`plugin/pkg/admission/podresize/admission.go`).

use crate::kernel::Kernel;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use lifepod_api::resources::pod_requests;
use lifepod_api::{Node, Pod};

impl Kernel {
    /// Why a pod's wish for other resources is not even stored: its node could never grant it.
    pub(super) fn forbids_resize(&self, pod: &Pod) -> Option<String> {
        if pod.spec.node_name.is_empty() {
            return None;
        }
        let Some(node) = self.store.find::<Node>("", &pod.spec.node_name) else {
            return Some(format!("node {:?} not found", pod.spec.node_name));
        };
        let requests = pod_requests(&pod.spec);
        let allocatable = &node.status.allocatable;
        let too_much: Vec<String> = ["cpu", "memory"]
            .into_iter()
            .filter_map(|resource| {
                let amount = |list: &lifepod_api::resources::ResourceList| {
                    list.get(resource)
                        .map_or(0, |q| if resource == "cpu" { q.milli_value() } else { q.value() })
                };
                let (wanted, has) = (amount(&requests), amount(allocatable));
                (wanted > has).then(|| format!("{resource}, requested: {wanted}, allocatable: {has}"))
            })
            .collect();
        (!too_much.is_empty())
            .then(|| format!("node didn't have enough allocatable resources: {}", too_much.join("; ")))
    }
}
