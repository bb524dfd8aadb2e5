//! What the API server does to a new object before it stores it: defaults, the admission plugins that a person would
//! see, what the kind's strategy sets, and validation.

use crate::kernel::Kernel;
use alloc::boxed::Box;
use alloc::vec::Vec;
use lifepod_api::status::Refusal;
use lifepod_api::{
    LimitRange, Namespace, Object, PriorityClass, ResourceQuota, admission, defaults, prepare, validation,
};

/// Defaults, admits, prepares and validates a new object, in the API server's order. `suffix` ends its name when that is
/// to be generated.
pub(crate) fn admit(kernel: &Kernel, object: &mut Object, suffix: &str) -> Result<(), Refusal> {
    defaults::apply(object);
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
        admission::priority(pod, kernel.store.all::<PriorityClass>())?;
        admission::default_toleration_seconds(pod);
    }
    if generated {
        let name = prepare::generated_name(&object.meta().generate_name, suffix);
        object.meta_mut().name = name;
    }
    prepare::for_create(object, None);
    let errors = validation::create(object);
    if !errors.is_empty() {
        return Err(Box::new(validation::invalid_status(object, &errors)));
    }
    for range in limits {
        admission::limit_ranger_validate(object, range)?;
    }
    let mut quotas = kernel.store.in_namespace::<ResourceQuota>(&namespace);
    quotas.try_for_each(|quota| admission::quota_exceeded(object, quota))
}
