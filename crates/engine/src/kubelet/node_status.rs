//! What a kubelet tells of its node: that it is there, and in what state (`pkg/kubelet/kubelet_node_status.go`), and how
//! a node goes down and comes back.

use crate::events::EventType;
use crate::kernel::{Kernel, next_tick};
use crate::kubelet::eviction::threshold::Pressure;
use crate::kubelet::restart::Process;
use crate::kubelet::runtime::ContainerRuntime;
use crate::kubelet::{Kubelet, Timer};
use crate::nodes;
use crate::store::WatchEvent;
use crate::trace::Op;
use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;
use lifepod_api::{Node, Object, ObjectReference, Resource, SimTime, Subresource};

/// From the start of the kubelet's parts to the registration of its node.
const REGISTRATION: SimTime = SimTime::from_millis(100);
/// How often the node's status is looked at (`nodeStatusUpdateFrequency`).
pub(crate) const STATUS_PERIOD: SimTime = SimTime::from_secs(10);

impl Kubelet {
    /// The machine is off: no process of it is left, and nobody is told. Images stay on the disk; after the next start
    /// the container runtime knows nothing of what ran.
    pub(crate) fn power_off(&mut self, kernel: &mut Kernel) {
        self.stop(kernel);
        self.runtime = ContainerRuntime::default();
        kernel.network.addresses.power_off(self.index);
        self.runtime_down = None;
        self.frozen = None;
    }

    /// Nothing goes to another machine or comes from one any more, the API server included; what runs on the node runs on.
    pub(crate) fn cut_off(&mut self, kernel: &mut Kernel) {
        self.held.get_or_insert_with(Vec::new);
        kernel.stop_proxy(self.index);
        kernel.network.addresses.set_cut(self.index, true);
        kernel.stop_heartbeat(&self.node_name);
    }

    /// Whether the API server cannot be reached.
    pub(crate) fn is_cut_off(&self) -> bool {
        self.held.is_some()
    }

    /// The API server can be reached again: the watch catches up, and what was not written is written. Events are lost,
    /// as the recorder gives up on them after some tries.
    pub(crate) fn reconnect(&mut self, kernel: &mut Kernel) {
        let Some(held) = self.held.take() else { return };
        kernel.network.addresses.set_cut(self.index, false);
        kernel.start_proxy(self.index);
        if self.is_up() {
            kernel.start_heartbeat(&self.node_name);
            self.post_status(kernel);
        }
        for event in held {
            self.on_watch(kernel, event);
        }
        self.schedule_status_write(kernel);
    }

    /// The parts of a kubelet that was started say so.
    pub(crate) fn announce(&mut self, kernel: &mut Kernel) {
        self.node_event(kernel, EventType::Normal, "Starting", "Starting kubelet.");
        self.tell_conditions(kernel);
        self.wake_at(kernel, kernel.now + REGISTRATION, Timer::RegisterNode);
    }

    /// The node is registered, or its object is brought up to date (`registerWithAPIServer`, `updateNodeStatus`).
    pub(crate) fn register_node(&mut self, kernel: &mut Kernel) {
        self.tell_conditions(kernel);
        if kernel.store.find::<Node>("", &self.node_name).is_none() {
            nodes::join(kernel, self.index as usize);
        }
        kernel.start_heartbeat(&self.node_name);
        self.post_status(kernel);
    }

    /// Writes the conditions of a healthy node, if they are not what is stored.
    pub(crate) fn post_status(&mut self, kernel: &mut Kernel) {
        let Some(stored) = kernel.store.find::<Node>("", &self.node_name) else { return };
        let was_ready = nodes::is_ready(stored);
        let mut node = stored.clone();
        nodes::refresh_conditions(kernel, &mut node);
        self.set_pressures(kernel, &mut node);
        // Nothing is written where nothing changed.
        if kernel.update(Object::Node(node), Subresource::Status, "kubelet").is_ok() && !was_ready {
            self.tell_conditions(kernel);
            self.node_status_event(kernel, "NodeReady");
        }
    }

    /// Writes the node's condition `Ready`.
    pub(crate) fn set_ready(&mut self, kernel: &mut Kernel, status: &str, reason: &str, message: &str) {
        let Some(mut node) = kernel.store.find::<Node>("", &self.node_name).cloned() else { return };
        let changes = nodes::set_condition(kernel, &mut node, "Ready", status, reason, message);
        let event = if nodes::is_ready(&node) { "NodeReady" } else { "NodeNotReady" };
        if kernel.update(Object::Node(node), Subresource::Status, "kubelet").is_ok() && changes {
            self.node_status_event(kernel, event);
        }
    }

    /// The node's object changed: a cordon is told of when the status is looked at next.
    pub(crate) fn on_node(&mut self, kernel: &mut Kernel, event: &WatchEvent) {
        let Some(node) = Node::of(&event.object) else { return };
        if event.op != Op::Deleted && node.spec.unschedulable != self.unschedulable && self.is_up() {
            self.schedule_node_status(kernel);
        }
    }

    /// Has the node's status looked at when that is due next.
    pub(crate) fn schedule_node_status(&mut self, kernel: &mut Kernel) {
        self.schedule_node_status_from(kernel, kernel.now);
    }

    /// Has the node's status looked at when that is due after `from`.
    pub(crate) fn schedule_node_status_from(&mut self, kernel: &mut Kernel, from: SimTime) {
        let at = next_tick(from, STATUS_PERIOD, self.node_status_phase, false);
        self.wake_at(kernel, at, Timer::NodeStatus);
    }

    /// Tells what the node is short of, if that is not what is stored.
    fn report_pressures(&mut self, kernel: &mut Kernel) {
        if self.is_cut_off() {
            return;
        }
        let Some(mut node) = kernel.store.find::<Node>("", &self.node_name).cloned() else { return };
        let changed = self.set_pressures(kernel, &mut node);
        if !changed.is_empty() && kernel.update(Object::Node(node), Subresource::Status, "kubelet").is_ok() {
            for event in changed {
                self.node_status_event(kernel, event);
            }
        }
    }

    /// Sets the conditions of pressure, and gives the Events that say what changed.
    fn set_pressures(&self, kernel: &Kernel, node: &mut Node) -> Vec<&'static str> {
        let mut changed = Vec::new();
        for pressure in Pressure::ALL {
            let words = pressure.words(self.eviction.pressures().contains(&pressure));
            if nodes::set_condition(
                kernel,
                node,
                pressure.condition(),
                words.status,
                words.reason,
                words.message,
            ) {
                changed.push(words.event);
            }
        }
        changed
    }

    /// `recordNodeSchedulableEvent`
    pub(crate) fn look_at_node(&mut self, kernel: &mut Kernel) {
        let Some(node) = kernel.store.find::<Node>("", &self.node_name) else { return };
        if node.spec.unschedulable != self.unschedulable {
            self.unschedulable = node.spec.unschedulable;
            let reason = if self.unschedulable { "NodeNotSchedulable" } else { "NodeSchedulable" };
            self.node_status_event(kernel, reason);
        }
        self.report_pressures(kernel);
        self.report_runtime(kernel);
    }

    fn tell_conditions(&mut self, kernel: &mut Kernel) {
        for reason in ["NodeHasSufficientMemory", "NodeHasNoDiskPressure", "NodeHasSufficientPID"] {
            self.node_status_event(kernel, reason);
        }
    }

    fn node_status_event(&mut self, kernel: &mut Kernel, reason: &'static str) {
        let message = format!("Node {} status is now: {reason}", self.node_name);
        self.node_event(kernel, EventType::Normal, reason, &message);
    }

    pub(crate) fn node_event(
        &mut self,
        kernel: &mut Kernel,
        kind: EventType,
        reason: &'static str,
        message: &str,
    ) {
        if self.process == Process::Stopped {
            return;
        }
        // A kubelet names its node by its name where others have the uid.
        let reference = ObjectReference {
            kind: "Node".to_string(),
            name: self.node_name.clone(),
            uid: self.node_name.clone(),
            ..ObjectReference::default()
        };
        self.event(kernel, &reference, kind, reason, message);
    }
}
