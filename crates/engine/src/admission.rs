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
    let limits: Vec<&LimitRange> = in_namespace(kernel, &namespace, |o| match o {
        Object::LimitRange(range) => Some(range),
        _ => None,
    });
    if let Object::Pod(pod) = object {
        for range in &limits {
            admission::limit_ranger(pod, range);
        }
        let classes: Vec<&PriorityClass> = in_namespace(kernel, "", |o| match o {
            Object::PriorityClass(class) => Some(class),
            _ => None,
        });
        admission::priority(pod, classes)?;
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
    let quotas: Vec<&ResourceQuota> = in_namespace(kernel, &namespace, |o| match o {
        Object::ResourceQuota(quota) => Some(quota),
        _ => None,
    });
    quotas.into_iter().try_for_each(|quota| admission::quota_exceeded(object, quota))
}

/// The stored objects of one kind in a namespace; an empty namespace is that of kinds without.
fn in_namespace<'a, T>(
    kernel: &'a Kernel,
    namespace: &str,
    of_kind: impl Fn(&'a Object) -> Option<&'a T>,
) -> Vec<&'a T> {
    let in_it = kernel.store.iter().filter(|(key, _)| key.namespace == namespace);
    in_it.filter_map(|(_, object)| of_kind(object)).collect()
}
