//! The tools that scripts call.
//!
//! Most tools do their work at once ([`Tool`] functions over a [`Cx`]); those that read input are filters, stepped
//! as it comes; those that wait or run others are machines of their own.

pub(crate) mod awk;
mod awk_parse;
pub(crate) mod clock;
mod compare;
mod copy;
mod cut;
mod dd;
pub(crate) mod echo;
mod files;
mod filter;
mod find;
mod flags;
mod grep;
mod gzip;
mod hash;
mod head;
mod info;
mod list;
pub(crate) mod mode;
mod net;
mod options;
pub(crate) mod printf;
pub(crate) mod regex;
mod run;
mod sed;
mod sort;
mod stress;
mod tail;
mod tar;
pub(crate) mod test;
mod text;
mod tr;
mod values;

use crate::config::Ask;
use crate::fs::Errno;
use crate::kernel::{Turn, Wait};
use crate::net::{Answering, mute};
use crate::signal::Signal;
use crate::sys::{Sys, Written};
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use lifepod_api::SimTime;

/// A tool at work.
#[derive(Clone, Debug)]
pub(crate) struct Applet {
    name: &'static str,
    argv: Vec<String>,
    out: Output,
    state: State,
}

/// Bytes on their way out.
pub(crate) type Output = VecDeque<(u32, Vec<u8>)>;

/// What a tool is doing.
#[derive(Clone, Debug)]
pub(crate) enum State {
    Start,
    /// What was written goes out, then it ends so.
    End(i32),
    Sleep(SimTime),
    /// Waits for a signal that ends it.
    Forever,
    Yes(Vec<u8>),
    Filter(Box<filter::Filter>),
    Tail(Box<tail::Tail>),
    Run(Box<run::Runner>),
    Net(Box<net::Client>),
    Listen(Box<net::Listen>),
    Stress(Box<stress::Stress>),
}

/// What a tool works with.
pub(crate) struct Cx<'a, 'k> {
    pub sys: &'a mut Sys<'k>,
    pub out: &'a mut Output,
    pub name: &'static str,
    /// GNU's ways and words rather than busybox'.
    pub gnu: bool,
}

impl Cx<'_, '_> {
    pub fn print(&mut self, bytes: impl AsRef<[u8]>) {
        push(self.out, 1, bytes.as_ref());
    }

    pub fn line(&mut self, text: &str) {
        push(self.out, 1, text.as_bytes());
        push(self.out, 1, b"\n");
    }

    /// A message on standard error, after the tool's name.
    pub fn complain(&mut self, message: &str) {
        let line = format!("{}: {message}\n", self.name);
        push(self.out, 2, line.as_bytes());
    }

    /// A message without the tool's name.
    pub fn error(&mut self, text: &str) {
        push(self.out, 2, text.as_bytes());
        push(self.out, 2, b"\n");
    }

    /// Where to look after a wrong call.
    fn help(&mut self) {
        let name = self.name;
        let text = if self.gnu {
            format!("Try '{name} --help' for more information.")
        } else {
            format!("BusyBox v1.36.1 multi-call binary.\n\nUsage: {name} [OPTION]... [ARG]...")
        };
        self.error(&text);
    }

    /// The message for a wrong call, and its exit code.
    pub fn usage(&mut self) -> State {
        if self.gnu {
            self.complain("missing operand");
        }
        self.help();
        State::End(1)
    }
}

pub(crate) fn push(out: &mut Output, fd: u32, bytes: &[u8]) {
    if bytes.is_empty() {
        return;
    }
    match out.back_mut() {
        Some((last, buffer)) if *last == fd => buffer.extend_from_slice(bytes),
        _ => out.push_back((fd, bytes.to_vec())),
    }
}

/// What one tool does when it starts.
pub(crate) type Tool = fn(&mut Cx<'_, '_>, &[String]) -> State;

/// Every tool by its name. Which image has which is the image's to say.
pub(crate) const TOOLS: &[(&str, Tool)] = &[
    ("[", values::test),
    ("[[", values::test),
    ("arch", info::arch),
    ("awk", awk::awk),
    ("base64", hash::base64),
    ("basename", values::basename),
    ("cat", text::cat),
    ("chgrp", mode::chown),
    ("chmod", mode::chmod),
    ("chown", mode::chown),
    ("chroot", run::chroot),
    ("cksum", hash::sum),
    ("clear", values::nothing),
    ("cmp", compare::cmp),
    ("cp", copy::cp),
    ("curl", net::curl),
    ("cut", cut::cut),
    ("date", clock::date),
    ("dd", dd::dd),
    ("df", info::df),
    ("diff", compare::diff),
    ("dig", net::dig),
    ("dirname", values::dirname),
    ("du", info::du),
    ("dumb-init", run::supervisor),
    ("echo", echo::tool),
    ("egrep", grep::grep),
    ("env", run::env),
    ("expr", values::expr),
    ("factor", values::factor),
    ("fallocate", files::truncate),
    ("false", values::false_),
    ("fgrep", grep::grep),
    ("find", find::find),
    ("fold", text::fold),
    ("free", info::free),
    ("getent", info::getent),
    ("gosu", run::switch_user),
    ("grep", grep::grep),
    ("groups", info::groups),
    ("gunzip", gzip::gzip),
    ("gzip", gzip::gzip),
    ("head", head::head),
    ("hexdump", hash::hexdump),
    ("host", net::dig),
    ("hostname", info::hostname),
    ("httpd", net::httpd),
    ("id", info::id),
    ("ifconfig", info::ip),
    ("install", copy::cp),
    ("ip", info::ip),
    ("kill", run::kill),
    ("killall", run::killall),
    ("ln", copy::ln),
    ("logger", values::nothing),
    ("logname", info::whoami),
    ("ls", list::ls),
    ("md5sum", hash::sum),
    ("mkdir", files::mkdir),
    ("mkfifo", files::mkfifo),
    ("mktemp", files::mktemp),
    ("mount", info::mount),
    ("mv", copy::mv),
    ("nc", net::nc),
    ("netcat", net::nc),
    ("nice", run::wrapper),
    ("nl", text::nl),
    ("nohup", run::wrapper),
    ("nproc", info::nproc),
    ("nslookup", net::nslookup),
    ("od", hash::hexdump),
    ("paste", text::paste),
    ("pgrep", run::pgrep),
    ("pidof", run::pgrep),
    ("ping", net::ping),
    ("pkill", run::killall),
    ("printenv", info::printenv),
    ("printf", printf::tool),
    ("ps", info::ps),
    ("pwd", info::pwd),
    ("readlink", files::readlink),
    ("realpath", files::readlink),
    ("rev", text::rev),
    ("rm", files::rm),
    ("rmdir", files::rmdir),
    ("sed", sed::sed),
    ("seq", values::seq),
    ("setsid", run::wrapper),
    ("sha1sum", hash::sum),
    ("sha256sum", hash::sum),
    ("sha512sum", hash::sum),
    ("shuf", sort::shuf),
    ("sleep", clock::sleep),
    ("sort", sort::sort),
    ("stat", files::stat),
    ("stdbuf", run::wrapper),
    ("stress", stress::stress),
    ("stress-ng", stress::stress),
    ("su", run::switch_user),
    ("su-exec", run::switch_user),
    ("sync", values::nothing),
    ("sysctl", info::sysctl),
    ("tac", text::tac),
    ("tail", tail::tail),
    ("tar", tar::tar),
    ("tee", text::tee),
    ("telnet", net::nc),
    ("test", values::test),
    ("time", run::wrapper),
    ("timeout", run::timeout),
    ("tini", run::supervisor),
    ("touch", files::touch),
    ("tr", tr::tr),
    ("true", values::true_),
    ("truncate", files::truncate),
    ("tty", info::tty),
    ("umount", values::nothing),
    ("uname", info::uname),
    ("uniq", sort::uniq),
    ("unlink", files::rm),
    ("uptime", info::uptime),
    ("usleep", clock::sleep),
    ("watch", run::watch),
    ("wc", text::wc),
    ("wget", net::wget),
    ("which", info::which),
    ("whoami", info::whoami),
    ("xargs", run::xargs),
    ("xxd", hash::hexdump),
    ("yes", values::yes),
    ("zcat", gzip::gzip),
];

/// The name of a tool, as it lives for ever; shells included.
pub(crate) fn known(name: &str) -> Option<&'static str> {
    let name = name.rsplit('/').next().unwrap_or(name);
    if name == "sh" || name == "ash" {
        return Some("sh");
    }
    TOOLS.iter().find(|(n, _)| *n == name).map(|(n, _)| *n)
}

impl Applet {
    pub fn new(name: &'static str, argv: Vec<String>) -> Self {
        Applet { name, argv, out: VecDeque::new(), state: State::Start }
    }

    pub fn step(&mut self, sys: &mut Sys<'_>) -> Turn {
        if let Some(turn) = flush(sys, &mut self.out) {
            return turn;
        }
        let gnu = sys.gnu();
        let mut cx = Cx { sys, out: &mut self.out, name: self.name, gnu };
        match &mut self.state {
            State::Start => {
                let tool = TOOLS.iter().find(|(n, _)| *n == self.name).map(|(_, tool)| *tool);
                let args = self.argv.get(1..).unwrap_or(&[]);
                self.state = match tool {
                    Some(_) if let Some((message, status)) = flags::unknown(self.name, args, gnu) => {
                        cx.complain(&message);
                        cx.help();
                        State::End(status)
                    }
                    Some(tool) => tool(&mut cx, self.argv.get(1..).unwrap_or(&[])),
                    None => {
                        let subject = self.argv.join(" ");
                        cx.sys.assume(&subject, "the program is not known; it runs until it is told to stop");
                        cx.sys.process_mut().handled |= 1 << Signal::TERM.0;
                        State::Forever
                    }
                };
                Turn::More
            }
            State::End(code) => Turn::Exit(*code),
            State::Sleep(until) => {
                if cx.sys.now() >= *until {
                    return Turn::Exit(0);
                }
                Turn::Wait(Wait::until(*until))
            }
            State::Forever => match cx.sys.process_mut().pending.pop_front() {
                Some(_) => Turn::Exit(0),
                None => Turn::Wait(Wait::default()),
            },
            State::Yes(line) => {
                cx.print(&*line);
                Turn::More
            }
            State::Filter(filter) => {
                let turn = filter.step(&mut cx);
                if let Some(next) = filter.next.take() {
                    self.state = next;
                }
                turn
            }
            State::Tail(tail) => tail.step(&mut cx),
            State::Run(runner) => runner.step(&mut cx),
            State::Net(client) => client.step(&mut cx),
            State::Listen(listen) => listen.step(&mut cx),
            State::Stress(stress) => stress.step(&mut cx),
        }
    }

    pub fn answer(&mut self, sys: &mut Sys<'_>, port: u16, ask: &Ask) -> Answering {
        match &mut self.state {
            State::Listen(listen) => listen.answer(sys, port, ask),
            _ => mute(ask),
        }
    }
}

/// Write out what is waiting. A turn when that takes time, or when nobody reads.
fn flush(sys: &mut Sys<'_>, out: &mut Output) -> Option<Turn> {
    while let Some((fd, bytes)) = out.pop_front() {
        match sys.write(fd, &bytes) {
            Written::Bytes(n) if n < bytes.len() => out.push_front((fd, bytes[n..].to_vec())),
            Written::Bytes(_) => {}
            Written::Wait(wait) => {
                out.push_front((fd, bytes));
                return Some(Turn::Wait(wait));
            }
            Written::Fail(Errno::EPIPE) => {
                if sys.process().ignored & (1 << Signal::PIPE.0) != 0 || sys.process().pid == 1 {
                    return Some(Turn::Exit(1));
                }
                sys.kernel.signal(sys.me, Signal::PIPE, true);
                return Some(Turn::More);
            }
            Written::Fail(errno) => {
                if fd == 2 {
                    continue;
                }
                let name = sys.process().argv.first().cloned().unwrap_or_default();
                let line = format!("{name}: write error: {}\n", errno.message());
                sys.write(2, line.as_bytes());
                return Some(Turn::Exit(1));
            }
        }
    }
    None
}
