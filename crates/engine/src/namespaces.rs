//! The namespaces that every cluster has (`pkg/controlplane/controller/systemnamespaces`), and those that this one has had
//! for long.

use crate::kernel::Kernel;
use crate::trace::Op;
use alloc::format;
use alloc::string::{String, ToString};
use lifepod_api::{Namespace, Object, ObjectMeta, prepare};

const NAMES: [&str; 4] = ["default", "kube-node-lease", "kube-public", "kube-system"];

/// Stores the namespaces, there since before the scenario began.
pub(crate) fn register(kernel: &mut Kernel) {
    let of_this_one = kernel.config.namespaces.clone();
    for (index, name) in NAMES.into_iter().chain(of_this_one.iter().map(String::as_str)).enumerate() {
        let metadata = ObjectMeta {
            name: name.to_string(),
            // They were made before anything was drawn.
            uid: format!("6b756265-0000-4000-8000-{index:012x}"),
            creation_timestamp: Some(kernel.time()),
            ..ObjectMeta::default()
        };
        let mut namespace = Object::Namespace(Namespace { metadata, ..Namespace::default() });
        prepare::for_create(&mut namespace, None);
        kernel.commit(Op::Added, namespace, "kube-apiserver");
    }
}
