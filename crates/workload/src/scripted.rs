//! Plays a [`Behavior`].

use crate::behavior::{Act, Answer, Behavior, ExecAnswer, Fault, HttpRule, OnTerm, Protocol, Step};
use crate::config::{Ask, GrpcStatus, Reply};
use crate::kernel::{Client, Status, Turn, Wait};
use crate::net::{Answering, NOT_GRPC};
use crate::program::Program;
use crate::signal::Signal;
use crate::sys::{How, Sys};
use crate::words;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use lifepod_api::SimTime;

/// How often a rising memory use is looked at.
const MEMORY_TICK: SimTime = SimTime::from_secs(1);

/// A process that does what a scenario says.
#[derive(Clone, Debug)]
pub(crate) struct Scripted {
    behavior: Arc<Behavior>,
    restart_count: u32,
    started: SimTime,
    next: usize,
    /// The order in which the steps are taken.
    order: Vec<usize>,
    ports: BTreeMap<u16, Protocol>,
    rules: Vec<HttpRule>,
    grpc: BTreeMap<String, bool>,
    hangs: bool,
    /// Requests that wait for the end of a hang.
    waiting: Vec<(Client, u16, Ask)>,
    ends: Option<(SimTime, i32)>,
    ramp: Option<Ramp>,
    ready: bool,
}

#[derive(Clone, Copy, Debug)]
struct Ramp {
    from: u64,
    to: u64,
    since: SimTime,
    over: SimTime,
}

impl Scripted {
    pub fn new(behavior: Arc<Behavior>, restart_count: u32, now: SimTime) -> Self {
        let steps = behavior.run(restart_count).map_or(&[][..], |r| &r.steps);
        let mut order: Vec<usize> = (0..steps.len()).collect();
        order.sort_by_key(|i| steps[*i].at);
        Scripted {
            behavior,
            restart_count,
            started: now,
            next: 0,
            order,
            ports: BTreeMap::new(),
            rules: Vec::new(),
            grpc: BTreeMap::new(),
            hangs: false,
            waiting: Vec::new(),
            ends: None,
            ramp: None,
            ready: false,
        }
    }

    /// The program that stands for a command run from outside, when the behaviour has a word on it.
    pub fn exec(behavior: &Behavior, argv: &[String], started: SimTime, now: SimTime) -> Option<Program> {
        let since = now.since(started);
        if behavior.probe_words && argv.first().is_some_and(|a| a == "probe") {
            let answer = words::exec(&argv[1..], since);
            return Some(Program::ExecScript(Box::new(ExecScript::new(answer, now))));
        }
        let rule = behavior.exec.iter().find(|r| argv.starts_with(&r.command))?;
        let answer = rule.answers.range(..=since).next_back().map(|(_, a)| a.clone());
        let answer = answer.unwrap_or(ExecAnswer { exit_code: 1, ..ExecAnswer::default() });
        Some(Program::ExecScript(Box::new(ExecScript::new(answer, now))))
    }

    pub fn step(&mut self, sys: &mut Sys<'_>) -> Turn {
        if !self.ready {
            self.ready = true;
            sys.process_mut().handled |= 1 << Signal::TERM.0;
        }
        let now = sys.now();
        while let Some(signal) = sys.process_mut().pending.pop_front() {
            if signal != Signal::TERM || self.hangs || self.ends.is_some() {
                continue;
            }
            self.ends = match self.behavior.on_term {
                OnTerm::Exit { after, code } => Some((now + after, code)),
                OnTerm::Drain { within, code } => {
                    sys.kernel.close_ports(sys.me);
                    let done = sys.kernel.answered_by(sys.me);
                    Some((done.min(now + within), code))
                }
                OnTerm::Ignore => None,
            };
        }
        if let Some((at, code)) = self.ends
            && at <= now
        {
            if !self.behavior.term_message.is_empty() {
                let message = self.behavior.term_message.clone();
                leave_message(sys, &message);
            }
            return Turn::Exit(code);
        }
        while let Some(step) = self.due(now) {
            if let Some(turn) = self.act(sys, step.act) {
                return turn;
            }
        }
        let mut until = self.next_step().map(|s| self.started + s.at);
        if let Some(ramp) = self.ramp {
            let end = ramp.since + ramp.over;
            let share =
                if now >= end { 1.0 } else { now.since(ramp.since).as_secs_f64() / ramp.over.as_secs_f64() };
            let use_now = ramp.from as f64 + (ramp.to as f64 - ramp.from as f64) * share;
            sys.kernel.set_memory(sys.me, use_now as u64);
            if !sys.kernel.processes.contains_key(&sys.me) {
                return Turn::More;
            }
            if now >= end {
                self.ramp = None;
            } else {
                let tick = (now + MEMORY_TICK).min(end);
                until = Some(until.map_or(tick, |u| u.min(tick)));
            }
        }
        if let Some((at, _)) = self.ends {
            until = Some(until.map_or(at, |u| u.min(at)));
        }
        Turn::Wait(Wait { until, ..Wait::default() })
    }

    fn next_step(&self) -> Option<&Step> {
        let run = self.behavior.run(self.restart_count)?;
        self.order.get(self.next).and_then(|i| run.steps.get(*i))
    }

    fn due(&mut self, now: SimTime) -> Option<Step> {
        let step = self.next_step().filter(|s| self.started + s.at <= now)?.clone();
        self.next += 1;
        Some(step)
    }

    /// Listens, or ends the process when the port is taken.
    fn listen(&mut self, sys: &mut Sys<'_>, port: u16, protocol: Protocol) -> Option<Turn> {
        if sys.listen(port).is_err() {
            let words = format!("bind: address already in use: 0.0.0.0:{port}\n");
            sys.write(2, words.as_bytes());
            return Some(Turn::Exit(1));
        }
        self.ports.insert(port, protocol);
        None
    }

    fn act(&mut self, sys: &mut Sys<'_>, act: Act) -> Option<Turn> {
        match act {
            Act::Listen { port, protocol } => return self.listen(sys, port, protocol),
            Act::ListenDeclared { protocol } => {
                let container = sys.container();
                let ports = sys.kernel.containers[&container].config.declared_ports.clone();
                return ports.into_iter().find_map(|port| self.listen(sys, port, protocol));
            }
            Act::Close { port } => {
                self.ports.remove(&port);
                sys.kernel.close_port(sys.me, port);
            }
            Act::Http(rule) => self.rules.push(rule),
            Act::Grpc { service, serving } => {
                self.grpc.insert(service, serving);
            }
            Act::Hang => self.hangs = true,
            Act::Resume => {
                self.hangs = false;
                for (client, port, ask) in core::mem::take(&mut self.waiting) {
                    let answering = self.answer(sys, client, port, &ask);
                    if let Some(reply) = answering.reply {
                        let me = sys.me;
                        sys.kernel.reply(client, answering.after, reply, Some(me));
                    }
                }
            }
            Act::Print { line, stderr } => {
                sys.write(if stderr { 2 } else { 1 }, format!("{line}\n").as_bytes());
            }
            Act::Memory { bytes, over } => {
                let from = sys.process().rss;
                self.ramp = Some(Ramp { from, to: bytes, since: sys.now(), over });
            }
            Act::Write { path, text } => {
                let dir = path.rsplit_once('/').map_or("", |(d, _)| d);
                let mut at = String::new();
                for name in dir.split('/').filter(|n| !n.is_empty()) {
                    at = format!("{at}/{name}");
                    let _ = sys.mkdir(&at);
                }
                let _ = sys.write_file(&path, text.as_bytes());
            }
            Act::Remove { path } => {
                let _ = sys.unlink(&path);
            }
            Act::Exit { code, message } => {
                if !message.is_empty() {
                    leave_message(sys, &message);
                }
                return Some(Turn::Exit(code));
            }
            Act::Die { signal } => {
                sys.kernel.end(sys.me, Status::Signal(signal));
                return Some(Turn::More);
            }
            Act::Oom => {
                let container = sys.container();
                sys.kernel.oom(container);
                return Some(Turn::More);
            }
        }
        None
    }

    pub fn answer(&mut self, sys: &mut Sys<'_>, client: Client, port: u16, ask: &Ask) -> Answering {
        if matches!(ask, Ask::Tcp) {
            return Answering::now(Reply::Connected);
        }
        if self.hangs {
            self.waiting.push((client, port, ask.clone()));
            return Answering::never();
        }
        let protocol = self.ports.get(&port).copied().unwrap_or_default();
        match (protocol, ask) {
            (Protocol::Tcp, _) => Answering::never(),
            (Protocol::Http, Ask::Http { tls: true, .. }) => Answering::now(Reply::NotTls),
            (Protocol::Https, Ask::Http { tls: false, .. }) => Answering::now(Reply::TlsExpected),
            (Protocol::Http | Protocol::Https, Ask::Http { path, headers, .. }) => {
                self.http(sys, port, path, headers)
            }
            (Protocol::Grpc, Ask::Grpc { service }) if self.behavior.probe_words => {
                let since = sys.now().since(self.started);
                match self.behavior.grpc_words.get(&(port, service.clone())) {
                    Some(text) => words::grpc(text, since),
                    None => Answering::now(Reply::Grpc(GrpcStatus::UnknownService)),
                }
            }
            (Protocol::Grpc, Ask::Grpc { service }) => Answering::now(Reply::Grpc(self.health(service))),
            (Protocol::GrpcBare, Ask::Grpc { .. }) => Answering::now(NOT_GRPC),
            (_, Ask::Grpc { .. }) => Answering::now(NOT_GRPC),
            _ => Answering::now(Reply::Malformed("\u{0}\u{0}\u{6}\u{4}".to_string())),
        }
    }

    fn health(&self, service: &str) -> GrpcStatus {
        match self.grpc.get(service) {
            Some(true) => GrpcStatus::Serving,
            Some(false) => GrpcStatus::NotServing,
            None if service.is_empty() => GrpcStatus::Serving,
            None => GrpcStatus::UnknownService,
        }
    }

    fn http(&self, sys: &Sys<'_>, port: u16, path: &str, headers: &[(String, String)]) -> Answering {
        let since = sys.now().since(self.started);
        if self.behavior.probe_words && path.contains('?') {
            return answering(&words::http(path, headers, since));
        }
        let bare = path.split('?').next().unwrap_or(path);
        let matches = |rule: &&HttpRule| {
            let path_fits = match rule.path.strip_suffix('*') {
                Some(prefix) => bare.starts_with(prefix),
                None => rule.path.is_empty() || rule.path == bare,
            };
            path_fits && rule.port.is_none_or(|p| p == port)
        };
        match self.rules.iter().rev().find(matches) {
            Some(rule) => answering(&rule.answer),
            None => answering(&Answer::default()),
        }
    }
}

fn answering(answer: &Answer) -> Answering {
    let reply = match &answer.fault {
        Some(Fault::Silence) => return Answering::never(),
        Some(Fault::Reset) => Reply::Reset,
        Some(Fault::Close) => Reply::Closed,
        Some(Fault::Garbage(line)) => Reply::Malformed(line.clone()),
        None => {
            let (headers, body) = (answer.headers.clone(), answer.body.clone());
            Reply::Http { status: answer.status, headers, body }
        }
    };
    let whole = Answering::after(answer.after + answer.body_after, reply);
    match answer.body_after {
        SimTime::ZERO => whole,
        _ => Answering { header: Some(answer.after), ..whole },
    }
}

/// Write a process's last words where the kubelet looks for them.
fn leave_message(sys: &mut Sys<'_>, message: &str) {
    let container = sys.container();
    let path = sys.kernel.containers[&container].config.termination_message_path.clone();
    let path = if path.is_empty() { "/dev/termination-log".to_string() } else { path };
    if let Ok(file) = sys.open(&path, How::WRITE) {
        sys.kernel.release(file);
        let _ = sys.write_file(&path, message.as_bytes());
    }
}

/// A command run from outside whose answer a scenario gives.
#[derive(Clone, Debug)]
pub(crate) struct ExecScript {
    answer: ExecAnswer,
    ends: SimTime,
}

impl ExecScript {
    fn new(answer: ExecAnswer, now: SimTime) -> Self {
        let ends = now + answer.took;
        ExecScript { answer, ends }
    }

    pub fn step(&mut self, sys: &mut Sys<'_>) -> Turn {
        if sys.now() < self.ends {
            return Turn::Wait(Wait::until(self.ends));
        }
        sys.write(1, self.answer.output.as_bytes());
        Turn::Exit(self.answer.exit_code)
    }
}
