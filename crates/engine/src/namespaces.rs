//! The namespaces that every cluster has (`pkg/controlplane/controller/systemnamespaces`).

use crate::kernel::Kernel;
use crate::trace::Op;
use alloc::string::ToString;
use lifepod_api::{Namespace, Object, ObjectMeta, prepare};

const NAMES: [&str; 4] = ["default", "kube-node-lease", "kube-public", "kube-system"];

/// Stores the namespaces, there since before the scenario began.
pub(crate) fn register(kernel: &mut Kernel) {
    for name in NAMES {
        let metadata = ObjectMeta {
            name: name.to_string(),
            uid: kernel.jitter.uid(),
            creation_timestamp: Some(kernel.time()),
            ..ObjectMeta::default()
        };
        let mut namespace = Object::Namespace(Namespace { metadata, ..Namespace::default() });
        prepare::for_create(&mut namespace, None);
        kernel.commit(Op::Added, namespace, "kube-apiserver");
    }
}
