//! What the API server does to a new object before it stores it: defaults, the admission plugins that a person would
//! see, what the kind's strategy sets, and validation.

use crate::kernel::Kernel;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use lifepod_api::status::Refusal;
use lifepod_api::{
    LimitRange, Namespace, Object, Pod, PodPreset, PriorityClass, ResourceQuota, RuntimeClass,
    ServiceAccount, StorageClass, Version, admission, prepare, validation,
};

/// The release in which presets began to reach init containers.
const PRESETS_REACH_INIT_CONTAINERS: Version = Version { major: 1, minor: 14 };

/// What was drawn for a new object.
pub(crate) struct Suffixes {
    /// Ends its name when that is to be generated.
    pub(crate) name: String,
    /// Ends the name of the volume with a pod's token.
    pub(crate) token: String,
}

/// Admits, prepares and validates a new object, which has its defaults, in the API server's order
/// (`pkg/kubeapiserver/options/plugins.go`).
pub(crate) fn admit(kernel: &Kernel, object: &mut Object, suffixes: &Suffixes) -> Result<(), Refusal> {
    let namespace = object.meta().namespace.clone();
    let generated = object.meta().name.is_empty() && !object.meta().generate_name.is_empty();
    if generated {
        // The name is drawn after the plugins that change things: until then refusals show how it begins.
        object.meta_mut().name = object.meta().generate_name.clone();
    }
    if !namespace.is_empty() {
        admission::namespace_lifecycle(object, kernel.store.find::<Namespace>("", &namespace))?;
    }
    let limits: Vec<&LimitRange> = kernel.store.in_namespace(&namespace).collect();
    if let Object::Pod(pod) = object {
        for range in &limits {
            admission::limit_ranger(pod, range);
        }
        admit_pod(kernel, pod, &suffixes.token)?;
    }
    if let Object::PersistentVolumeClaim(claim) = object {
        admission::default_storage_class(claim, kernel.store.all::<StorageClass>());
    }
    if let Object::Node(node) = object {
        admission::not_ready_taint(node);
    }
    if generated {
        let name = prepare::generated_name(&object.meta().generate_name, &suffixes.name);
        object.meta_mut().name = name;
    }
    prepare::for_create(object, None);
    let errors = validation::create(object);
    if !errors.is_empty() {
        return Err(Box::new(validation::invalid_status(object, &errors)));
    }
    if let Object::Pod(pod) = object {
        admission::runtime_class_validate(pod, runtime_class(kernel, pod))?;
    }
    for range in limits {
        admission::limit_ranger_validate(object, range)?;
    }
    let mut quotas = kernel.store.in_namespace::<ResourceQuota>(&namespace);
    quotas.try_for_each(|quota| admission::quota_exceeded(object, quota))
}

/// The plugins that change pods alone.
fn admit_pod(kernel: &Kernel, pod: &mut Pod, token_suffix: &str) -> Result<(), Refusal> {
    let config = &kernel.config;
    let namespace = pod.metadata.namespace.clone();
    if config.service_account_tokens {
        let name = match pod.spec.service_account_name.as_str() {
            "" => "default",
            name => name,
        };
        // Every namespace is given one of that name.
        let default = (name == "default").then(ServiceAccount::default);
        let account = kernel.store.find(&namespace, name).or(default.as_ref());
        admission::service_account(pod, account, Some(token_suffix))?;
    }
    if config.version.has_pod_presets() {
        let presets = kernel.store.in_namespace::<PodPreset>(&namespace);
        // Presets in conflict leave the pod as it is, and nobody is told.
        admission::pod_preset(pod, presets, config.version >= PRESETS_REACH_INIT_CONTAINERS);
    }
    admission::priority(pod, kernel.store.all::<PriorityClass>())?;
    admission::default_toleration_seconds(pod);
    let class = runtime_class(kernel, pod).cloned();
    admission::runtime_class(pod, class.as_ref())
}

fn runtime_class<'a>(kernel: &'a Kernel, pod: &Pod) -> Option<&'a RuntimeClass> {
    kernel.store.find("", pod.spec.runtime_class_name.as_ref()?)
}
