//! `LimitRanger` (`plugin/pkg/admission/limitranger/admission.go`).

use super::forbidden;
use crate::resources::ResourceList;
use crate::status::Refusal;
use crate::*;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// Fills in the requests and limits that a namespace's LimitRange gives to containers without, and notes it in an
/// annotation.
pub fn limit_ranger(pod: &mut Pod, range: &LimitRange) {
    let (mut requests, mut limits) = (ResourceList::new(), ResourceList::new());
    for item in range.spec.limits.iter().filter(|i| i.type_ == "Container") {
        requests.extend(item.default_request.clone());
        limits.extend(item.default.clone());
    }
    let mut notes: Vec<String> = Vec::new();
    let spec = &mut *pod.spec;
    let app = spec.containers.iter_mut().map(|c| (c, "container"));
    let init = spec.init_containers.iter_mut().map(|c| (c, "init container"));
    for (container, kind) in app.chain(init) {
        for (own, given, what) in [
            (&mut container.resources.requests, &requests, "request"),
            (&mut container.resources.limits, &limits, "limit"),
        ] {
            let missing: Vec<&str> =
                given.keys().filter(|name| !own.contains_key(name)).map(String::as_str).collect();
            if !missing.is_empty() {
                notes.push(format!("{} {what} for {kind} {}", missing.join(", "), container.name));
            }
            for (name, quantity) in given {
                own.insert_missing(name, || quantity.clone());
            }
        }
    }
    if !notes.is_empty() {
        let note = format!("LimitRanger plugin set: {}", notes.join("; "));
        pod.metadata.annotations.insert("kubernetes.io/limit-ranger".to_string(), note);
    }
}

/// Checks a Pod or PersistentVolumeClaim against a LimitRange.
///
/// # Errors
/// 403 with everything that is out of range.
pub fn limit_ranger_validate(object: &Object, range: &LimitRange) -> Result<(), Refusal> {
    let mut errors: Vec<String> = Vec::new();
    for item in &range.spec.limits {
        match (object, item.type_.as_str()) {
            (Object::Pod(pod), "Container") => {
                for container in pod.spec.containers.iter().chain(&pod.spec.init_containers) {
                    let ResourceRequirements { requests, limits, .. } = &container.resources;
                    check(&mut errors, item, requests, limits);
                }
            }
            (Object::Pod(pod), "Pod") => {
                let (mut requests, mut limits) =
                    (resources::container_requests(&pod.spec), resources::container_limits(&pod.spec));
                if let Some(own) = &pod.spec.resources {
                    let counted = |(name, _): &(&String, &Quantity)| *name == "cpu" || *name == "memory";
                    let copy = |(name, q): (&String, &Quantity)| (name.clone(), q.clone());
                    requests.extend(own.requests.iter().filter(counted).map(copy));
                    limits.extend(own.limits.iter().filter(counted).map(copy));
                }
                check(&mut errors, item, &requests, &limits);
            }
            (Object::PersistentVolumeClaim(claim), "PersistentVolumeClaim") => {
                let requests = &claim.spec.resources.requests;
                for (name, min) in &item.min {
                    errors.extend(below(item, name, min, requests, &ResourceList::new()));
                }
                for (name, max) in &item.max {
                    let per = &item.type_;
                    match requests.get(name) {
                        None => errors.push(format!(
                            "maximum {name} usage per {per} is {max}.  No request is specified"
                        )),
                        Some(q) if q > max => errors
                            .push(format!("maximum {name} usage per {per} is {max}, but request is {q}")),
                        Some(_) => {}
                    }
                }
            }
            _ => {}
        }
    }
    errors.dedup();
    let why = match errors.as_slice() {
        [] => return Ok(()),
        [one] => one.clone(),
        many => format!("[{}]", many.join(", ")),
    };
    Err(forbidden(object.kind(), &object.meta().name, &why))
}

fn check(errors: &mut Vec<String>, item: &LimitRangeItem, requests: &ResourceList, limits: &ResourceList) {
    let per = &item.type_;
    for (name, min) in &item.min {
        errors.extend(below(item, name, min, requests, limits));
    }
    for (name, max) in &item.max {
        let rule = format!("maximum {name} usage per {per} is {max}");
        match (limits.get(name), requests.get(name)) {
            (None, _) => errors.push(format!("{rule}.  No limit is specified")),
            (Some(limit), _) if limit > max => errors.push(format!("{rule}, but limit is {limit}")),
            (_, Some(request)) if request > max => errors.push(format!("{rule}, but request is {request}")),
            _ => {}
        }
    }
    for (name, max) in &item.max_limit_request_ratio {
        let rule = format!("{name} max limit to request ratio per {per} is {max}");
        let given = |list: &ResourceList| list.get(name).filter(|q| !q.is_zero()).map(Quantity::as_f64);
        match (given(requests), given(limits)) {
            (None, _) => errors.push(format!("{rule}, but no request is specified or request is 0")),
            (_, None) => errors.push(format!("{rule}, but no limit is specified or limit is 0")),
            (Some(request), Some(limit)) if limit / request > max.as_f64() => {
                errors.push(format!("{rule}, but provided ratio is {:.6}", limit / request));
            }
            _ => {}
        }
    }
}

fn below(
    item: &LimitRangeItem,
    name: &str,
    min: &Quantity,
    requests: &ResourceList,
    limits: &ResourceList,
) -> Option<String> {
    let rule = format!("minimum {name} usage per {} is {min}", item.type_);
    match (requests.get(name), limits.get(name)) {
        (None, _) => Some(format!("{rule}.  No request is specified")),
        (Some(request), _) if request < min => Some(format!("{rule}, but request is {request}")),
        (_, Some(limit)) if limit < min => Some(format!("{rule}, but limit is {limit}")),
        _ => None,
    }
}
