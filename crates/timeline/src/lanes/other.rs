//! The lanes of nodes and of the Services' endpoints.

use super::track::Track;
use crate::model::{About, Form, Instant, Lane, SpanLook};
use crate::words::Lang;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use lifepod_api::{Endpoint, EndpointSlice, Node, SimTime};
use lifepod_engine::{Entry, Op};

/// The lane of a node.
pub(super) struct NodeTrack {
    name: String,
    track: Track,
    events: Vec<Instant>,
}

impl NodeTrack {
    pub(super) fn new(name: &str) -> Self {
        Self { name: name.into(), track: Track::default(), events: Vec::new() }
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

    /// An Event about the node.
    pub(super) fn event(&mut self, event: Instant) {
        self.events.push(event);
    }

    pub(super) fn finish(self, horizon: SimTime) -> Lane {
        let about = About::object("Node", "", &self.name);
        let mut lane = Lane::new(format!("node/{}", self.name), self.name, 0, Form::Part);
        lane.about = about;
        lane.spans = self.track.finish(horizon);
        lane.instants = self.events;
        lane
    }
}

/// The lane of a Service, how many endpoints take its requests, and below it one for each endpoint.
pub(super) struct ServiceTrack {
    namespace: String,
    name: String,
    track: Track,
    members: Vec<Member>,
}

/// An endpoint while it is listed: ready, ending and still serving, or neither.
struct Member {
    /// The pod's name, or the address where none is named.
    name: String,
    slice: String,
    track: Track,
    listed: bool,
    ready: bool,
}

impl ServiceTrack {
    pub(super) fn new(namespace: &str, name: &str) -> Self {
        Self { namespace: namespace.into(), name: name.into(), track: Track::default(), members: Vec::new() }
    }

    pub(super) fn is(&self, namespace: &str, name: &str) -> bool {
        self.namespace == namespace && self.name == name
    }

    /// A revision of one of the slices that hold the Service's endpoints.
    pub(super) fn slice(&mut self, entry: &Entry, op: Op, slice: &EndpointSlice, lang: Lang) {
        let name = &slice.metadata.name;
        let now: &[Endpoint] = if op == Op::Deleted { &[] } else { &slice.endpoints };
        for member in self.members.iter_mut().filter(|m| m.listed && m.slice == *name) {
            member.listed = false;
            member.ready = false;
        }
        for endpoint in now {
            self.list(entry, name, endpoint, lang);
        }
        for member in self.members.iter_mut().filter(|m| !m.listed && m.slice == *name) {
            member.track.close(entry.at);
        }
        let listed = || self.members.iter().filter(|m| m.listed);
        if op == Op::Deleted && listed().next().is_none() {
            self.track.close(entry.at);
            return;
        }
        let words = lang.words();
        let (ready, all) = (listed().filter(|m| m.ready).count(), listed().count());
        let (look, text) = match ready {
            0 => (SpanLook::Failed, words.no_endpoint.to_string()),
            _ => (SpanLook::Ready, format!("{ready}/{all} {}", words.endpoints)),
        };
        let list = listed().map(|m| m.name.as_str()).collect::<Vec<_>>().join(", ");
        let hint = if list.is_empty() { text.clone() } else { format!("{text} · {list}") };
        self.track.set(entry, look, text, hint);
    }

    fn list(&mut self, entry: &Entry, slice: &str, endpoint: &Endpoint, lang: Lang) {
        let pod = endpoint.target_ref.as_ref().map(|target| &target.name);
        let Some(name) = pod.or(endpoint.addresses.first()) else { return };
        let i = self.members.iter().position(|m| m.name == *name).unwrap_or_else(|| {
            self.members.push(Member {
                name: name.clone(),
                slice: String::new(),
                track: Track::default(),
                listed: false,
                ready: false,
            });
            self.members.len() - 1
        });
        let member = &mut self.members[i];
        member.slice = slice.into();
        member.listed = true;
        member.ready = endpoint.conditions.ready != Some(false);
        let serving = endpoint.conditions.serving.unwrap_or(member.ready);
        let words = lang.words();
        let (look, text) = match (member.ready, serving, endpoint.conditions.terminating == Some(true)) {
            (true, ..) => (SpanLook::Ready, words.ready),
            (false, true, true) => (SpanLook::Ending, words.stopping),
            _ => (SpanLook::Off, words.waiting),
        };
        member.track.set(entry, look, text, format!("{name} · {text}"));
    }

    pub(super) fn finish(self, horizon: SimTime, lanes: &mut Vec<Lane>) {
        let key = format!("service/{}/{}", self.namespace, self.name);
        let about = About::object("Service", &self.namespace, &self.name);
        let mut lane = Lane::new(key.clone(), format!("Service {}", self.name), 0, Form::Part);
        lane.about = about.clone();
        lane.spans = self.track.finish(horizon);
        lane.closed = !self.members.is_empty();
        lanes.push(lane);
        for member in self.members {
            let mut lane = Lane::new(format!("{key}/{}", member.name), member.name, 1, Form::Thin);
            lane.about = about.clone();
            lane.spans = member.track.finish(horizon);
            lanes.push(lane);
        }
    }
}
