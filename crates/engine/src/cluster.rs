//! The cluster: a value that is told what people do and until when to run.

use crate::api_server::{DeleteOptions, PropagationPolicy};
use crate::client::{Api, Client, Clients, FieldValidation, PatchType};
use crate::config::Config;
use crate::controllers::ControllerManager;
use crate::fault::Fault;
use crate::faults::{inflict, kubelet, mend, runtime_fault};
use crate::jitter::{Draw, Drawn};
use crate::kernel::{Component, Kernel};
use crate::kubelet::{Kubelet, RuntimeFault};
use crate::namespaces;
use crate::network;
use crate::nodes;
use crate::queue::Queue;
use crate::scheduler::Scheduler;
use crate::storage_classes;
use crate::trace::{Action, Trace, What};
use crate::traffic::Traffic;
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use lifepod_api::{Object, ObjectKey, SimTime, Status, Subresource};
use serde_json::Value;

/// Something that a person does to the cluster.
#[derive(Clone, Debug)]
pub enum Command {
    /// `kubectl create`: a new object.
    Create(Box<Object>),
    /// `kubectl patch`: a strategic merge patch.
    Patch {
        /// Which object.
        key: ObjectKey,
        /// The patch.
        patch: Value,
        /// Which part of the object.
        sub: Subresource,
    },
    /// `kubectl delete`.
    Delete {
        /// Which object.
        key: ObjectKey,
        /// How.
        options: DeleteOptions,
    },
    /// A program that uses the API, over a time if it must; `lifepod_kubectl` makes those of kubectl's commands.
    Client(Box<dyn Client>),
    /// The kubelet's process on a node ends (`systemctl stop kubelet`, a crash); containers run on.
    StopKubelet {
        /// The node.
        node: String,
    },
    /// A kubelet that was stopped is started again.
    StartKubelet {
        /// The node.
        node: String,
    },
    /// Something breaks.
    Fault(Fault),
    /// Something that broke is mended: what was lost stays lost.
    Mend(Fault),
    /// Something happens to a pod inside its container runtime.
    RuntimeFault {
        /// The pod's namespace.
        namespace: String,
        /// The pod's name.
        pod: String,
        /// What happens.
        fault: RuntimeFault,
    },
}

impl Command {
    /// The command in words, for the trace.
    fn text(&self) -> String {
        match self {
            Command::Client(client) => client.text(),
            Command::Fault(fault) => fault.text(),
            Command::Mend(fault) => format!("over: {}", fault.text()),
            Command::Create(object) => {
                let meta = object.meta();
                let name = if meta.name.is_empty() { &meta.generate_name } else { &meta.name };
                format!("kubectl create {} {name}", object.kind().to_lowercase())
            }
            Command::Patch { key, sub, .. } => {
                let sub = match sub.name() {
                    "" => String::new(),
                    name => format!(" --subresource={name}"),
                };
                format!("kubectl patch {} {}{sub}", key.kind.to_lowercase(), key.name)
            }
            Command::Delete { key, options } => {
                let grace = options.grace_period_seconds;
                let grace = grace.map_or(String::new(), |s| format!(" --grace-period={s}"));
                let cascade = match options.propagation_policy {
                    None | Some(PropagationPolicy::Background) => "",
                    Some(PropagationPolicy::Foreground) => " --cascade=foreground",
                    Some(PropagationPolicy::Orphan) => " --cascade=orphan",
                };
                let namespace = match key.namespace.as_str() {
                    "" | "default" => String::new(),
                    other => format!(" -n {other}"),
                };
                format!("kubectl delete {} {}{namespace}{grace}{cascade}", key.kind.to_lowercase(), key.name)
            }
            Command::StopKubelet { node } => format!("the kubelet of node {node} stops"),
            Command::StartKubelet { node } => format!("the kubelet of node {node} is started"),
            Command::RuntimeFault { pod, fault, .. } => fault.text(pod),
        }
    }
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The time asked for was reached.
    Reached,
    /// The trace is as long as the configuration allows ([`Config::max_entries`]); it is complete up to this time.
    TooManyEntries(SimTime),
}

/// A simulated cluster. Same configuration and commands, same trace, on every machine.
#[derive(Clone, Debug)]
pub struct Cluster {
    kernel: Kernel,
    scheduler: Scheduler,
    controllers: ControllerManager,
    kubelets: Vec<Kubelet>,
    commands: Queue<Command>,
    /// What mends itself; of what is due at one time, after the commands.
    mends: Queue<Fault>,
    clients: Clients,
}

impl Cluster {
    /// A cluster whose nodes are up.
    pub fn new(config: Config) -> Self {
        let mut kernel = Kernel::new(config);
        let scheduler = Scheduler::new(&mut kernel);
        let controllers = ControllerManager::new(&mut kernel);
        network::register(&mut kernel);
        namespaces::register(&mut kernel);
        storage_classes::register(&mut kernel);
        let mut kubelets = Vec::new();
        for index in 0..kernel.config.nodes.len() {
            let to = Component::Kubelet(index as u32);
            kernel.store.watch_pods_of(to, &kernel.config.nodes[index].name);
            let mut kubelet = Kubelet::new(&mut kernel, index as u32);
            match kernel.config.nodes[index].off {
                true => kubelet.power_off(&mut kernel),
                false => nodes::register(&mut kernel, index),
            }
            kubelets.push(kubelet);
        }
        Cluster {
            kernel,
            scheduler,
            controllers,
            kubelets,
            commands: Queue::default(),
            mends: Queue::default(),
            clients: Clients::default(),
        }
    }

    /// Does something at the current time.
    ///
    /// # Errors
    /// The API server's refusal; the trace holds the attempt.
    pub fn apply(&mut self, command: Command) -> Result<(), Box<Status>> {
        let text = command.text();
        let kernel = &mut self.kernel;
        kernel.cause = None;
        let action = kernel.record(What::Action(Action { text: text.clone(), refused: None }));
        kernel.cause = Some(action);
        let result = match command {
            Command::Create(object) => kernel.create(*object, "kubectl").map(|_| ()),
            Command::Patch { key, patch, sub } => {
                let strict = FieldValidation::Strict;
                Api::new(kernel, "kubectl").patch(&key, &patch, PatchType::Strategic, sub, strict).map(drop)
            }
            Command::Delete { key, options } => kernel.delete(&key, &options, "kubectl"),
            Command::Client(client) => self.clients.start(kernel, action, client),
            Command::StopKubelet { node } => {
                kubelet(&mut self.kubelets, &node).map(|kubelet| kubelet.stop(kernel))
            }
            Command::StartKubelet { node } => {
                kubelet(&mut self.kubelets, &node).map(|kubelet| kubelet.start(kernel))
            }
            Command::Fault(fault) => {
                let result = inflict(kernel, &mut self.kubelets, &fault);
                if let (Ok(()), Some(lasts)) = (&result, fault.lasts()) {
                    self.mends.push(kernel.now + lasts, fault);
                }
                result
            }
            Command::Mend(fault) => mend(kernel, &mut self.kubelets, &fault),
            Command::RuntimeFault { namespace, pod, fault } => {
                runtime_fault(kernel, &mut self.kubelets, &namespace, &pod, &fault)
            }
        };
        if let Err(status) = &result {
            let refused = Some(status.message.to_string());
            kernel.trace.amend(action, What::Action(Action { text, refused }));
        }
        result
    }

    /// Does something at a later time; a refusal shows in the trace.
    pub fn schedule(&mut self, at: SimTime, command: Command) {
        self.commands.push(at, command);
    }

    /// Sends a client to a Service.
    pub fn add_traffic(&mut self, traffic: Traffic) {
        self.kernel.add_client(traffic);
    }

    /// Ends the run: requests that are under way stay without an answer, and the trace gets what it has not been told yet.
    pub fn finish(&mut self) {
        self.kernel.close_clients();
    }

    /// When something happens next.
    pub fn next_deadline(&self) -> Option<SimTime> {
        let queued = self.kernel.queue.peek().map(|(at, _)| at);
        queued.into_iter().chain(self.next_command()).min()
    }

    /// When somebody does something next.
    fn next_command(&self) -> Option<SimTime> {
        let command = self.commands.peek().map(|(at, _)| at);
        command.into_iter().chain(self.mends.peek().map(|(at, _)| at)).min()
    }

    /// What is done from now on is this instead of what was scheduled.
    pub(crate) fn reschedule(&mut self, commands: impl Iterator<Item = (SimTime, Command)>) {
        self.commands = Queue::default();
        for (at, command) in commands {
            self.commands.push(at, command);
        }
    }

    /// A copy without its trace.
    pub(crate) fn without_trace(&mut self) -> Cluster {
        let trace = self.take_trace();
        let copy = self.clone();
        self.kernel.trace = trace;
        copy
    }

    /// Goes on after this trace.
    pub(crate) fn put_trace(&mut self, trace: Trace) {
        self.kernel.trace = trace;
    }

    /// Whether it has that configuration.
    pub(crate) fn has(&self, config: &Config) -> bool {
        self.kernel.config == *config
    }

    /// Lets everything happen up to and including `until`.
    pub fn run_until(&mut self, until: SimTime) -> Outcome {
        loop {
            if let Some(outcome) = self.run_steps(until, usize::MAX) {
                return outcome;
            }
        }
    }

    /// Lets at most so many things happen of what is due up to and including `until`. None while there is more.
    pub fn run_steps(&mut self, until: SimTime, steps: usize) -> Option<Outcome> {
        for _ in 0..steps {
            if self.kernel.trace.entries().len() >= self.kernel.config.max_entries {
                return Some(Outcome::TooManyEntries(self.kernel.now));
            }
            if !self.step(until) {
                self.kernel.now = self.kernel.now.max(until);
                return Some(Outcome::Reached);
            }
        }
        None
    }

    /// Lets the next thing happen; false when nothing is due up to and including `until`.
    fn step(&mut self, until: SimTime) -> bool {
        let queued = self.kernel.queue.peek().map(|(at, _)| at);
        let command = self.next_command();
        let command_first = command.is_some_and(|c| queued.is_none_or(|q| c <= q));
        if command_first {
            let due = command.unwrap_or(until).min(until);
            let mend = |(at, fault)| (at, Command::Mend(fault));
            let command = self.commands.pop_until(due).or_else(|| self.mends.pop_until(due).map(mend));
            let Some((at, command)) = command else { return false };
            self.kernel.now = self.kernel.now.max(at);
            let _refusal_is_in_the_trace = self.apply(command);
            return true;
        }
        let Some((at, task)) = self.kernel.queue.pop_until(until) else { return false };
        self.kernel.now = at;
        self.kernel.cause = task.cause;
        match task.to {
            Component::Scheduler => self.scheduler.handle(&mut self.kernel, task.what),
            Component::Client(index) => {
                self.clients.step(&mut self.kernel, index);
            }
            Component::Network => network::handle(&mut self.kernel, task.what),
            Component::ControllerManager => self.controllers.handle(&mut self.kernel, task.what),
            Component::Kubelet(index) => {
                self.kubelets[index as usize].handle(&mut self.kernel, task.what);
            }
        }
        true
    }

    /// The API server at the current time; `by` is who writes, for the trace.
    pub fn api(&mut self, by: &'static str) -> Api<'_> {
        Api::new(&mut self.kernel, by)
    }

    /// The current time.
    pub fn now(&self) -> SimTime {
        self.kernel.now
    }

    /// The calendar instant of time zero, in microseconds since 1970 (UTC).
    pub fn epoch_micros(&self) -> i64 {
        self.kernel.config.epoch_micros
    }

    /// Everything that happened so far.
    pub fn trace(&self) -> &Trace {
        &self.kernel.trace
    }

    /// From now on chance decides as `seed` says: a copy of a cluster may go on otherwise than its original.
    pub fn reseed(&mut self, seed: u64) {
        self.kernel.jitter.reseed(seed);
    }

    /// The next numbers drawn for `what` are these, each in `[0, 1)`, instead of any given before; in
    /// [`JitterMode::Given`](crate::jitter::JitterMode::Given) only.
    pub fn give(&mut self, what: Draw, numbers: VecDeque<f64>) {
        self.kernel.jitter.give(what, numbers);
    }

    /// The draws made so far, in [`JitterMode::Given`](crate::jitter::JitterMode::Given) only.
    pub fn draws(&self) -> &[Drawn] {
        &self.kernel.jitter.drawn
    }

    /// Takes the trace out of a cluster that is not needed any more.
    pub fn take_trace(&mut self) -> Trace {
        core::mem::take(&mut self.kernel.trace)
    }
}
