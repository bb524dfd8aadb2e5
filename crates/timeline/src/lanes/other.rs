//! The lanes of what is no pod: nodes, and the controllers' replicas.

use super::track::Track;
use crate::model::{Form, Lane, SpanLook};
use crate::words::Lang;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use lifepod_api::{Node, Object, ObjectKey, SimTime};
use lifepod_engine::{Entry, Op};

/// The lane of a node.
pub(super) struct NodeTrack {
    name: String,
    track: Track,
}

impl NodeTrack {
    pub(super) fn new(name: &str) -> Self {
        Self { name: name.into(), track: Track::default() }
    }

    pub(super) fn is(&self, name: &str) -> bool {
        self.name == name
    }

    pub(super) fn revision(&mut self, entry: &Entry, op: Op, node: &Node) {
        if op == Op::Deleted {
            self.track.close(entry.at);
            return;
        }
        let ready = node.status.conditions.iter().find(|c| c.type_ == "Ready");
        let (look, mut text) = match ready.map(|c| c.status.as_str()) {
            Some("True") => (SpanLook::Running, "Ready".to_string()),
            Some("False") => (SpanLook::Failed, "NotReady".to_string()),
            Some(_) => (SpanLook::Failed, "NotReady (Unknown)".to_string()),
            None => (SpanLook::Off, "Unknown".to_string()),
        };
        let look =
            if node.spec.unschedulable && look == SpanLook::Running { SpanLook::Waiting } else { look };
        if node.spec.unschedulable {
            text.push_str(",SchedulingDisabled");
        }
        let taints: Vec<String> =
            node.spec.taints.iter().map(|t| format!("{}:{}", t.key, t.effect)).collect();
        let hint = if taints.is_empty() { text.clone() } else { format!("{text} · {}", taints.join(", ")) };
        self.track.set(entry, look, text, hint);
    }

    pub(super) fn finish(self, horizon: SimTime) -> Lane {
        let mut lane = Lane::new(format!("node/{}", self.name), self.name, 0, Form::Part);
        lane.spans = self.track.finish(horizon);
        lane
    }
}

/// How many replicas a controller wants, and how many are ready.
pub(super) struct Replicas {
    wanted: i32,
    ready: i32,
}

/// The replicas of a controller's object; none for other kinds.
pub(super) fn replicas(object: &Object) -> Option<Replicas> {
    let (wanted, ready) = match object {
        Object::Deployment(o) => (o.spec.replicas.unwrap_or(1), o.status.ready_replicas),
        Object::ReplicaSet(o) => (o.spec.replicas.unwrap_or(1), o.status.ready_replicas),
        Object::StatefulSet(o) => (o.spec.replicas.unwrap_or(1), o.status.ready_replicas),
        Object::DaemonSet(o) => (o.status.desired_number_scheduled, o.status.number_ready),
        Object::Job(o) => (o.spec.completions.unwrap_or(1), o.status.succeeded),
        _ => return None,
    };
    Some(Replicas { wanted, ready })
}

/// The lane of a controller's object.
pub(super) struct WorkloadTrack {
    key: ObjectKey,
    track: Track,
}

impl WorkloadTrack {
    pub(super) fn new(key: ObjectKey) -> Self {
        Self { key, track: Track::default() }
    }

    pub(super) fn is(&self, key: &ObjectKey) -> bool {
        self.key == *key
    }

    pub(super) fn revision(&mut self, entry: &Entry, op: Op, replicas: Replicas, lang: Lang) {
        if op == Op::Deleted {
            self.track.close(entry.at);
            return;
        }
        let Replicas { wanted, ready } = replicas;
        let look = match (ready, wanted) {
            (ready, wanted) if ready == wanted && wanted > 0 => SpanLook::Running,
            (0, 0) => SpanLook::Off,
            _ => SpanLook::Waiting,
        };
        let text = format!("{ready}/{wanted} {}", lang.words().ready);
        self.track.set(entry, look, text.clone(), text);
    }

    pub(super) fn finish(self, horizon: SimTime) -> Lane {
        let mut lane = Lane::new(self.key.to_string(), self.key.to_string(), 0, Form::Part);
        lane.label = format!("{} {}", self.key.kind, self.key.name);
        lane.spans = self.track.finish(horizon);
        lane
    }
}
