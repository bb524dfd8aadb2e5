//! The API server's verbs on pods and other objects: what it sets, what it refuses, what deletion means
//! (`pkg/registry/core/pod/strategy.go`, `apiserver/pkg/registry/rest/{create,delete}.go`).

use crate::kernel::Kernel;
use crate::kubelet::SharedPod;
use crate::trace::Op;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::ToString;
use alloc::sync::Arc;
use lifepod_api::status::Refusal;
use lifepod_api::{
    KINDS, Kind, Object, ObjectKey, PodCondition, Status, Time, is_pod_phase_terminal, prepare,
};
use serde_json::Value;

/// The kind of a key; a pod for kinds that have no type.
fn kind(key: &ObjectKey) -> &'static Kind {
    KINDS.iter().find(|k| k.kind == key.kind).unwrap_or(&KINDS[0])
}

fn not_found(key: &ObjectKey) -> Refusal {
    Box::new(Status::not_found(kind(key), &key.name))
}

impl Kernel {
    /// The pod of that name.
    pub(crate) fn find_pod(&self, namespace: &str, name: &str) -> Option<SharedPod> {
        let key =
            ObjectKey { kind: "Pod".to_string(), namespace: namespace.to_string(), name: name.to_string() };
        SharedPod::new(self.store.get(&key)?.clone())
    }

    /// Stores a new object: defaults, admission, and what the kind's strategy sets.
    pub(crate) fn create(&mut self, mut object: Object, by: &'static str) -> Result<Arc<Object>, Refusal> {
        let namespaced = KINDS.iter().find(|k| k.kind == object.kind()).is_none_or(|k| k.namespaced);
        let suffix = self.jitter.name_suffix();
        let now = self.time();
        let uid = self.jitter.uid();
        let meta = object.meta_mut();
        if namespaced && meta.namespace.is_empty() {
            meta.namespace = "default".to_string();
        }
        if meta.name.is_empty() && !meta.generate_name.is_empty() {
            meta.name = prepare::generated_name(&meta.generate_name, &suffix);
        }
        meta.uid = uid;
        meta.creation_timestamp = Some(now);
        meta.deletion_timestamp = None;
        meta.deletion_grace_period_seconds = None;
        crate::admission::admit(self, &mut object)?;
        let key = object.key();
        if self.store.get(&key).is_some() {
            return Err(Box::new(Status::already_exists(kind(&key), &key.name)));
        }
        Ok(self.commit(Op::Added, object, by))
    }

    /// Merges a patch into a stored object (RFC 7386; conditions of a status by their type, as the strategic merge
    /// of the real server does). Only the status changes on the status subresource, and never without it.
    pub(crate) fn patch(
        &mut self,
        key: &ObjectKey,
        patch: &Value,
        status: bool,
        by: &'static str,
    ) -> Result<(), Refusal> {
        let Some(stored) = self.store.get(key).cloned() else { return Err(not_found(key)) };
        let before = stored.to_value();
        let mut value = before.clone();
        match status {
            true => merge(&mut value["status"], &patch["status"]),
            false => {
                merge(&mut value, patch);
                value["status"] = before["status"].clone();
            }
        }
        if value == before {
            return Ok(());
        }
        let spec_changed = value["spec"] != before["spec"];
        let (mut object, errors) = Object::decode(&value);
        if let Some(error) = errors.first() {
            return Err(Box::new(Status::bad_request(error.message.clone())));
        }
        if spec_changed {
            object.meta_mut().generation += 1;
        }
        self.commit(Op::Modified, object, by);
        Ok(())
    }

    /// Assigns a pod to a node (`storage.go setPodNodeAndMetadata`).
    pub(crate) fn bind(&mut self, namespace: &str, name: &str, node: &str) -> bool {
        let Some(stored) = self.find_pod(namespace, name) else { return false };
        if stored.metadata.deletion_timestamp.is_some() || !stored.spec.node_name.is_empty() {
            return false;
        }
        let mut pod = (*stored).clone();
        pod.spec.node_name = node.to_string();
        pod.status.nominated_node_name.clear();
        let scheduled = PodCondition {
            type_: "PodScheduled".to_string(),
            status: "True".to_string(),
            last_transition_time: Some(self.time()),
            observed_generation: pod.metadata.generation,
            ..PodCondition::default()
        };
        pod.status.conditions.retain(|c| c.type_ != "PodScheduled");
        pod.status.conditions.push(scheduled);
        self.commit(Op::Modified, Object::Pod(pod), "default-scheduler");
        true
    }

    /// Deletes a pod, gracefully if its containers may run (`rest/delete.go BeforeDelete`,
    /// `pod/strategy.go CheckGracefulDelete`).
    ///
    /// `grace` is the request's `gracePeriodSeconds`; none leaves the pod's own.
    pub(crate) fn delete_pod(
        &mut self,
        namespace: &str,
        name: &str,
        grace: Option<i64>,
        uid: Option<&str>,
        by: &'static str,
    ) -> Result<(), Refusal> {
        let key =
            ObjectKey { kind: "Pod".to_string(), namespace: namespace.to_string(), name: name.to_string() };
        let Some(stored) = self.find_pod(namespace, name) else { return Err(not_found(&key)) };
        if let Some(uid) = uid
            && stored.metadata.uid != uid
        {
            let why = format!(
                "the UID in the precondition ({uid}) does not match the UID in record ({}). The object might have \
                 been deleted and then recreated",
                stored.metadata.uid
            );
            return Err(Box::new(Status::conflict(kind(&key), name, &why)));
        }
        let mut pod = (*stored).clone();
        let now = self.time();
        if let Some(deadline) = pod.metadata.deletion_timestamp {
            let stored_grace = pod.metadata.deletion_grace_period_seconds.unwrap_or(0);
            match grace {
                _ if stored_grace == 0 => self.remove(pod, by),
                Some(wanted) if wanted < stored_grace => {
                    let mut wanted = wanted.max(0);
                    let mut at = Time(deadline.0 - stored_grace + wanted);
                    if at < now {
                        at = now;
                        if wanted != 0 {
                            wanted = 1;
                        }
                    }
                    pod.metadata.deletion_timestamp = Some(at);
                    pod.metadata.deletion_grace_period_seconds = Some(wanted);
                    match wanted {
                        0 => self.remove(pod, by),
                        _ => {
                            self.commit(Op::Modified, Object::Pod(pod), by);
                        }
                    }
                }
                _ => {}
            }
            return Ok(());
        }
        let own = pod.spec.termination_grace_period_seconds.unwrap_or(0);
        let mut grace = grace.unwrap_or(own);
        let finished = is_pod_phase_terminal(&pod.status.phase);
        if pod.spec.node_name.is_empty() || finished {
            grace = 0;
        }
        if grace < 0 {
            grace = 1;
        }
        pod.metadata.deletion_timestamp = Some(Time(now.0 + grace));
        pod.metadata.deletion_grace_period_seconds = Some(grace);
        pod.metadata.generation += 1;
        if grace == 0 {
            self.remove(pod, by);
        } else {
            self.commit(Op::Modified, Object::Pod(pod), by);
        }
        Ok(())
    }

    /// Removes a pod whose grace is over, unless finalizers hold it.
    fn remove(&mut self, mut pod: lifepod_api::Pod, by: &'static str) {
        pod.metadata.deletion_grace_period_seconds = Some(0);
        pod.metadata.deletion_timestamp = Some(self.time());
        // A watch shows the last write before the removal, as the real storage does.
        let object = self.commit(Op::Modified, Object::Pod(pod), by);
        if object.meta().finalizers.is_empty() {
            self.commit(Op::Deleted, (*object).clone(), by);
        }
    }
}

/// A merge patch; lists of named or typed things are merged by name or type.
fn merge(target: &mut Value, patch: &Value) {
    match (target, patch) {
        (Value::Object(target), Value::Object(patch)) => {
            for (key, value) in patch {
                if value.is_null() {
                    target.remove(key);
                } else {
                    merge(target.entry(key.clone()).or_insert(Value::Null), value);
                }
            }
        }
        (Value::Array(target), Value::Array(patch)) => {
            for item in patch {
                let same = |other: &Value| {
                    ["name", "type"].iter().any(|key| !item[*key].is_null() && item[*key] == other[*key])
                };
                match target.iter_mut().find(|other| same(other)) {
                    Some(other) => merge(other, item),
                    None => target.push(item.clone()),
                }
            }
        }
        (target, patch) => *target = patch.clone(),
    }
}
