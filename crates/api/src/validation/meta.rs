//! Metadata, labels and selectors.

use super::field::{Errors, Path, Shown};
use super::names;
use crate::labels::Labels;
use crate::{LabelSelector, LabelSelectorRequirement, Map, ObjectMeta};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// A rule for names.
pub type NameRule = fn(&str) -> Vec<String>;

/// Annotations may hold this many bytes in all, keys and values.
const ANNOTATIONS_LIMIT: usize = 256 * 1024;

/// `ValidateObjectMeta`
pub fn object_meta(e: &mut Errors, meta: &ObjectMeta, namespaced: bool, rule: NameRule) {
    let path = &Path::new("metadata");
    if !meta.generate_name.is_empty() {
        let messages = names::prefix_of(rule, &meta.generate_name);
        e.invalid_each(&path.child("generateName"), &meta.generate_name, messages);
    }
    if meta.name.is_empty() {
        e.required(&path.child("name"), "name or generateName is required");
    } else {
        e.invalid_each(&path.child("name"), &meta.name, rule(&meta.name));
    }
    let namespace = path.child("namespace");
    match (namespaced, meta.namespace.is_empty()) {
        (true, true) => e.required(&namespace, ""),
        (true, false) => e.invalid_each(&namespace, &meta.namespace, names::dns_label(&meta.namespace)),
        (false, false) => e.forbidden(&namespace, "not allowed on this type"),
        (false, true) => {}
    }
    non_negative(e, meta.generation, &path.child("generation"));
    labels(e, &meta.labels, &path.child("labels"));
    annotations(e, &meta.annotations, &path.child("annotations"));
    owner_references(e, meta, &path.child("ownerReferences"));
    finalizers(e, &meta.finalizers, &path.child("finalizers"));
}

fn owner_references(e: &mut Errors, meta: &ObjectMeta, path: &Path) {
    let mut controller: Option<String> = None;
    for owner in &meta.owner_references {
        if owner.api_version.rsplit('/').next().unwrap_or("").is_empty() {
            e.invalid(&path.child("apiVersion"), &owner.api_version, "version must not be empty");
        }
        for (field, value) in [("kind", &owner.kind), ("name", &owner.name), ("uid", &owner.uid)] {
            if value.is_empty() {
                e.invalid(&path.child(field), value, "must not be empty");
            }
        }
        if owner.api_version == "v1" && owner.kind == "Event" {
            e.invalid(path, Shown::json(owner), "/v1, Kind=Event is disallowed from being an owner");
        }
        if owner.controller == Some(true) {
            let this = format!("{}/{}", owner.kind, owner.name);
            match &controller {
                Some(first) => e.invalid(
                    path,
                    Shown::json(&meta.owner_references),
                    &format!(
                        "Only one reference can have Controller set to true. Found \"true\" in references for \
                         {first} and {this}"
                    ),
                ),
                None => controller = Some(this),
            }
        }
    }
}

fn finalizers(e: &mut Errors, list: &Vec<String>, path: &Path) {
    for finalizer in list {
        e.invalid_each(path, finalizer, names::qualified_name(finalizer));
    }
    for (i, finalizer) in list.iter().enumerate().filter(|(_, f)| !f.contains('/')) {
        if !["kubernetes", "orphan", "foregroundDeletion"].contains(&finalizer.as_str()) {
            let detail = "name is neither a standard finalizer name nor is it fully qualified";
            e.invalid(&path.index(i), finalizer, detail);
        }
    }
    let has = |name: &str| list.iter().any(|f| f == name);
    if has("orphan") && has("foregroundDeletion") {
        let detail = "finalizer orphan and foregroundDeletion cannot be both set";
        e.invalid(path, Shown::json(list), detail);
    }
}

/// `ValidateLabels`
pub fn labels(e: &mut Errors, labels: &Labels, path: &Path) {
    for (key, value) in labels {
        label_name(e, key, path);
        e.invalid_each(path, value, names::label_value(value));
    }
}

/// `ValidateLabelName`
pub fn label_name(e: &mut Errors, name: &str, path: &Path) {
    e.invalid_each(path, name, names::qualified_name(name));
}

/// `ValidateAnnotations`
pub fn annotations(e: &mut Errors, annotations: &Map<String>, path: &Path) {
    for key in annotations.keys() {
        e.invalid_each(path, key, names::qualified_name(&key.to_lowercase()));
    }
    if annotations.iter().map(|(k, v)| k.len() + v.len()).sum::<usize>() > ANNOTATIONS_LIMIT {
        e.too_long(path, ANNOTATIONS_LIMIT);
    }
}

/// `ValidateNonnegativeField`
pub fn non_negative(e: &mut Errors, n: impl Into<i64>, path: &Path) {
    let n = n.into();
    if n < 0 {
        e.invalid(path, n, "must be greater than or equal to 0");
    }
}

/// `ValidateLabelSelector`
pub fn label_selector(e: &mut Errors, selector: &LabelSelector, path: &Path) {
    labels(e, &selector.match_labels, &path.child("matchLabels"));
    let expressions = path.child("matchExpressions");
    for (i, requirement) in selector.match_expressions.iter().enumerate() {
        label_requirement(e, requirement, &expressions.index(i));
    }
}

fn label_requirement(e: &mut Errors, r: &LabelSelectorRequirement, path: &Path) {
    operator(e, &r.operator, &r.values, path);
    label_name(e, &r.key, &path.child("key"));
    label_values(e, &r.values, path);
}

/// How many values an operator of label selectors takes.
pub fn operator(e: &mut Errors, operator: &str, given: &[String], path: &Path) {
    let values = path.child("values");
    match operator {
        "In" | "NotIn" if given.is_empty() => {
            e.required(&values, "must be specified when `operator` is 'In' or 'NotIn'");
        }
        "Exists" | "DoesNotExist" if !given.is_empty() => {
            e.forbidden(&values, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
        }
        "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
        other => e.invalid(&path.child("operator"), other, "not a valid selector operator"),
    }
}

/// The values of a requirement on labels.
pub fn label_values(e: &mut Errors, given: &[String], path: &Path) {
    let values = path.child("values");
    for (i, value) in given.iter().enumerate() {
        e.invalid_each(&values.index(i), value, names::label_value(value));
    }
}

/// Whether a selector can be used at all (`metav1.LabelSelectorAsSelector` returns no error).
pub fn usable(selector: &LabelSelector) -> bool {
    let mut e = Errors::default();
    label_selector(&mut e, selector, &Path::new(""));
    e.is_empty()
}
