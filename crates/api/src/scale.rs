//! `autoscaling/v1` Scale: how many replicas there are and are to be, of whatever kind
//! (`pkg/registry/{apps,core}/*/storage/storage.go ScaleREST`).

use crate::validation::field::{Errors, Path};
use crate::wire::{DecodeError, Decoder, Wire};
use crate::{LabelSelector, Map, Object, ObjectMeta, Refusal, Status, object};
use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use serde_json::Value;

object! {
    v1 Scale {
        metadata: ObjectMeta = "metadata",
        spec: ScaleSpec = "spec",
        status: ScaleStatus = "status",
    }

    v1 ScaleSpec {
        replicas: i32 = "replicas",
    }

    v1 ScaleStatus {
        replicas: i32 = "replicas" always,
        selector: String = "selector",
    }
}

impl Scale {
    /// The scale of an object; none where its kind does not scale.
    pub fn of(object: &Object) -> Option<Scale> {
        let of_labels = |labels: &Map<String>| {
            LabelSelector { match_labels: labels.clone(), ..LabelSelector::default() }.to_string()
        };
        let of_selector = |selector: &Option<LabelSelector>| {
            selector.as_ref().map_or_else(String::new, ToString::to_string)
        };
        let (wanted, replicas, selector) = match object {
            Object::Deployment(o) => (o.spec.replicas, o.status.replicas, of_selector(&o.spec.selector)),
            Object::ReplicaSet(o) => (o.spec.replicas, o.status.replicas, of_selector(&o.spec.selector)),
            Object::StatefulSet(o) => (o.spec.replicas, o.status.replicas, of_selector(&o.spec.selector)),
            Object::ReplicationController(o) => {
                (o.spec.replicas, o.status.replicas, of_labels(&o.spec.selector))
            }
            _ => return None,
        };
        let meta = object.meta();
        Some(Scale {
            metadata: ObjectMeta {
                name: meta.name.clone(),
                namespace: meta.namespace.clone(),
                uid: meta.uid.clone(),
                resource_version: meta.resource_version.clone(),
                creation_timestamp: meta.creation_timestamp,
                ..ObjectMeta::default()
            },
            spec: ScaleSpec { replicas: wanted.unwrap_or(0) },
            status: ScaleStatus { replicas, selector },
        })
    }

    /// The scale as JSON, with `apiVersion` and `kind`.
    pub fn to_value(&self) -> Value {
        let mut value = self.encode();
        value["apiVersion"] = "autoscaling/v1".into();
        value["kind"] = "Scale".into();
        value
    }

    /// Decodes a scale, and all that strict decoding would complain of.
    pub fn decode_value(value: &Value) -> (Scale, Vec<DecodeError>) {
        let mut cx = Decoder::default();
        let mut scale = Scale::default();
        scale.decode(value, &mut cx);
        (scale, cx.into_errors())
    }

    /// The stored object, scaled as this says; it names the revision that the scale names.
    ///
    /// # Errors
    /// 422 for a number below zero (`ValidateScale`).
    pub fn put_on(&self, stored: &Object) -> Result<Object, Refusal> {
        let replicas = self.spec.replicas;
        if replicas < 0 {
            let mut e = Errors::default();
            let detail = "must be greater than or equal to 0";
            e.invalid(&Path::new("spec").child("replicas"), replicas, detail);
            let name = &stored.meta().name;
            return Err(Box::new(Status::invalid("Scale", "autoscaling", name, &e.into_vec())));
        }
        let mut object = stored.clone();
        object.meta_mut().resource_version.clone_from(&self.metadata.resource_version);
        object.meta_mut().uid.clone_from(&self.metadata.uid);
        if let Some(wanted) = object.replicas_mut() {
            *wanted = Some(replicas);
        }
        Ok(object)
    }
}

impl Object {
    /// How many replicas are wanted, of kinds that scale.
    pub fn replicas_mut(&mut self) -> Option<&mut Option<i32>> {
        Some(match self {
            Object::Deployment(o) => &mut o.spec.replicas,
            Object::ReplicaSet(o) => &mut o.spec.replicas,
            Object::StatefulSet(o) => &mut o.spec.replicas,
            Object::ReplicationController(o) => &mut o.spec.replicas,
            _ => return None,
        })
    }
}
