//! What the API server does to a new object before it stores it: defaults, the admission plugins that a person would
//! see, what the kind's strategy sets, and validation.

use crate::kernel::Kernel;
use alloc::boxed::Box;
use alloc::vec::Vec;
use lifepod_api::status::Refusal;
use lifepod_api::{
    LimitRange, Object, PriorityClass, ResourceQuota, admission, defaults, prepare, validation,
};

/// Defaults, admits, prepares and validates a new object, in the API server's order.
pub(crate) fn admit(kernel: &Kernel, object: &mut Object) -> Result<(), Refusal> {
    defaults::apply(object);
    let namespace = object.meta().namespace.clone();
    let limits: Vec<&LimitRange> = kernel.store.in_namespace(&namespace).collect();
    if let Object::Pod(pod) = object {
        for range in &limits {
            admission::limit_ranger(pod, range);
        }
        admission::priority(pod, kernel.store.all::<PriorityClass>())?;
        admission::default_toleration_seconds(pod);
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
