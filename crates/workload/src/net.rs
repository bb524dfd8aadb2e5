//! The network of the pod: who listens, who asks, how long an answer takes.

use crate::config::{Ask, Dial, DialId, DialResult, GrpcStatus, Reply};
use crate::happening::Happening;
use crate::kernel::{Client, Kernel, ProcId};
use crate::sys::Sys;
use alloc::string::String;
use lifepod_api::SimTime;

/// From a client's first packet to the answer of a server that thinks for no time at all.
const ROUND_TRIP: SimTime = SimTime::from_millis(1);

/// A program's answer to a request.
pub(crate) struct Answering {
    /// How long it thinks.
    pub after: SimTime,
    /// What it says; `None`: nothing, for now or for ever.
    pub reply: Option<Reply>,
    /// When the header of an HTTP answer comes, if it comes before the rest.
    pub header: Option<SimTime>,
}

impl Answering {
    pub fn now(reply: Reply) -> Self {
        Answering { after: SimTime::ZERO, reply: Some(reply), header: None }
    }
    pub fn after(after: SimTime, reply: Reply) -> Self {
        Answering { after, reply: Some(reply), header: None }
    }
    pub fn never() -> Self {
        Answering { after: SimTime::ZERO, reply: None, header: None }
    }
}

/// What a server that only accepts connections says: yes to a handshake, nothing to anything else.
pub(crate) fn mute(ask: &Ask) -> Answering {
    match ask {
        Ask::Tcp => Answering::now(Reply::Connected),
        _ => Answering::never(),
    }
}

/// What an HTTP server says to a gRPC health check.
pub(crate) const NOT_GRPC: Reply = Reply::Grpc(GrpcStatus::Unimplemented);

impl Kernel {
    /// Let whoever listens on the port answer.
    pub fn serve(&mut self, client: Client, port: u16, ask: Ask, quiet: bool) {
        let Some(listener) = self.ports.get(&port).copied() else {
            self.reply(client, SimTime::ZERO, Reply::Refused, None);
            return;
        };
        let id = listener.process;
        if self.is_frozen(id) && ask != Ask::Tcp {
            // The kernel takes the connection, and nobody answers.
            return;
        }
        let Some(mut program) = self.processes.get_mut(&id).and_then(|p| p.program.take()) else { return };
        self.quiet = quiet;
        let answering = program.answer(&mut Sys { kernel: self, me: id }, client, port, &ask);
        self.quiet = false;
        if let Some(p) = self.processes.get_mut(&id) {
            p.program = Some(program);
        }
        if let (Some(at), Client::Outside(_)) = (answering.header, client) {
            self.reply(client, at, Reply::Header, Some(id));
        }
        if let Some(reply) = answering.reply {
            self.reply(client, answering.after, reply, Some(id));
        }
    }

    /// An answer on its way, `after` what the server thinks. A server that ends before cuts it off.
    pub fn reply(&mut self, client: Client, after: SimTime, reply: Reply, from: Option<ProcId>) {
        let seq = self.id();
        self.replies.insert((self.now + after + ROUND_TRIP, seq), (client, reply, from));
    }

    /// Hand out the answers that have arrived.
    pub fn send_replies(&mut self) {
        while let Some(entry) = self.replies.first_entry()
            && entry.key().0 <= self.now
        {
            let (client, reply, _) = entry.remove();
            match client {
                Client::Outside(request) => self.say(Happening::Response { request, reply }),
                Client::Inside(dial) => {
                    let result = DialResult::of(reply, &self.config.ip);
                    self.answered(dial, result);
                }
            }
        }
    }

    /// A dial was answered: the process that waits for it goes on.
    pub fn answered(&mut self, dial: DialId, result: DialResult) {
        let Some((process, _)) = self.dials.remove(&dial) else { return };
        self.answers.insert(dial, result);
        if self.processes.get(&process).is_some_and(|p| p.wait.dial == Some(dial)) {
            self.wake(process);
        }
    }

    /// A client gave up.
    pub fn forget(&mut self, client: Client) {
        self.replies.retain(|_, (c, _, _)| *c != client);
    }

    /// A server takes no more connections on a port.
    pub fn close_port(&mut self, process: ProcId, port: u16) {
        self.ports.retain(|open, listener| *open != port || listener.process != process);
    }

    /// A server takes no more connections at all; what it has begun goes on.
    pub fn close_ports(&mut self, process: ProcId) {
        self.ports.retain(|_, listener| listener.process != process);
    }

    /// When the answers that a server has begun have all been given; now, when it owes none.
    pub fn answered_by(&self, process: ProcId) -> SimTime {
        let own = self.replies.iter().filter(|(_, (_, _, from))| *from == Some(process));
        own.map(|((at, _), _)| SimTime(at.0 + 1)).max().unwrap_or(self.now).max(self.now)
    }

    /// A server ended: its connections are reset.
    pub fn cut_connections(&mut self, process: ProcId) {
        self.dials.retain(|_, (p, _)| *p != process);
        let now = self.now;
        let cut: alloc::vec::Vec<_> =
            self.replies.iter().filter(|(_, (_, _, from))| *from == Some(process)).map(|(k, _)| *k).collect();
        for key in cut {
            if let Some((client, _, _)) = self.replies.remove(&key) {
                self.replies.insert((now, key.1), (client, Reply::Reset, None));
            }
        }
    }

    /// The port and request of a dial that stays within the pod, and the address that its server sees.
    pub fn within(&self, dial: &Dial) -> Option<(String, u16, Ask)> {
        let from = |host: &str| {
            let host = host.trim_matches(['[', ']']);
            let looped =
                host == "localhost" || host == "::1" || host.starts_with("127.") || host == "0.0.0.0";
            let own = !host.is_empty() && (host == self.config.ip || host == self.config.hostname);
            match (looped, own) {
                (true, _) => Some("127.0.0.1".into()),
                (_, true) => Some(self.config.ip.clone()),
                _ => None,
            }
        };
        match dial {
            Dial::Tcp { host, port } => Some((from(host)?, *port, Ask::Tcp)),
            Dial::Http { host, port, method, path, headers, tls, .. } => {
                let (method, path, headers) = (method.clone(), path.clone(), headers.clone());
                Some((from(host)?, *port, Ask::Http { method, path, headers, tls: *tls }))
            }
            _ => None,
        }
    }
}
