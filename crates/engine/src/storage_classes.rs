//! The storage classes that the cluster has had for long. Whoever sets a cluster up mostly installs one, with a driver
//! that makes volumes, as an add-on.

use crate::kernel::Kernel;
use crate::trace::Op;
use alloc::format;
use alloc::string::ToString;
use lifepod_api::{Object, ObjectMeta, StorageClass, prepare};

/// The driver of all of them: it makes a volume where its pod is to run, and needs not attach it.
const PROVISIONER: &str = "disk.csi.lifepod.dev";

/// Stores the classes, there since before the scenario began; the first one is the default.
pub(crate) fn register(kernel: &mut Kernel) {
    for (index, name) in kernel.config.storage_classes.clone().into_iter().enumerate() {
        let default = ("storageclass.kubernetes.io/is-default-class".to_string(), "true".to_string());
        let metadata = ObjectMeta {
            name,
            annotations: (index == 0).then_some(default).into_iter().collect(),
            // They were made before anything was drawn.
            uid: format!("6b756265-0000-4000-8001-{index:012x}"),
            creation_timestamp: Some(kernel.time()),
            ..ObjectMeta::default()
        };
        let mut class = Object::StorageClass(StorageClass {
            metadata,
            provisioner: PROVISIONER.to_string(),
            allow_volume_expansion: Some(true),
            volume_binding_mode: Some("WaitForFirstConsumer".to_string()),
            ..StorageClass::default()
        });
        prepare::for_create(&mut class, None);
        kernel.commit(Op::Added, class, "kube-addon-manager");
    }
}
