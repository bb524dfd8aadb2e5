//! Small servers: `nc -l` and `httpd`.

use super::super::options::{has, options, value};
use super::super::{Applet, Cx, State};
use crate::config::{Ask, Reply};
use crate::kernel::{Turn, Wait};
use crate::net::{Answering, mute};
use crate::sys::{Read, Sys};
use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// A small server.
#[derive(Clone, Debug)]
pub(crate) struct Listen {
    serves: Serves,
    answered: bool,
}

#[derive(Clone, Debug)]
pub(super) enum Serves {
    /// `nc -l`: what it reads is what it says, once (or again with `-k`).
    Once { text: Vec<u8>, ended: bool, stays: bool },
    /// `httpd`: files below a directory.
    Files(String),
}

pub(super) fn listen(cx: &mut Cx<'_, '_>, port: u16, serves: Serves) -> State {
    if cx.sys.listen(port).is_err() {
        cx.complain("bind: Address already in use");
        return State::End(1);
    }
    State::Listen(Box::new(Listen { serves, answered: false }))
}

pub(crate) fn httpd(cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    let (flags, _) = options(args, "phcur");
    let port = value(&flags, 'p').and_then(|p| p.rsplit(':').next()?.parse().ok()).unwrap_or(80);
    let root = value(&flags, 'h').unwrap_or(".").to_string();
    let state = listen(cx, port, Serves::Files(root));
    if has(&flags, 'f') || matches!(state, State::End(_)) {
        return state;
    }
    // Without `-f` a child serves and the parent ends.
    let program = crate::program::Program::Applet(Box::new(Applet {
        name: cx.name,
        argv: Vec::from(["httpd".to_string()]),
        out: Default::default(),
        state,
    }));
    if let Some(child) = cx.sys.fork(program)
        && let Some(listener) = cx.sys.kernel.ports.get_mut(&port)
    {
        listener.process = child;
    }
    State::End(0)
}

impl Listen {
    pub fn step(&mut self, cx: &mut Cx<'_, '_>) -> Turn {
        if let Serves::Once { text, ended, stays } = &mut self.serves {
            while !*ended {
                match cx.sys.read(0, 65_536) {
                    Read::Data(data) => text.extend_from_slice(&data),
                    Read::Wait(wait) => return Turn::Wait(wait),
                    Read::Eof | Read::Fail(_) => *ended = true,
                }
            }
            if self.answered && !*stays {
                return Turn::Exit(0);
            }
        }
        Turn::Wait(Wait::default())
    }

    pub fn answer(&mut self, sys: &mut Sys<'_>, port: u16, ask: &Ask) -> Answering {
        match &self.serves {
            Serves::Once { text, .. } => {
                self.answered = true;
                if let Ask::Http { method, path, .. } = ask {
                    sys.write(1, format!("{method} {path} HTTP/1.1\r\n\r\n").as_bytes());
                }
                let text = String::from_utf8_lossy(text).into_owned();
                // It answers once: the port is free again when the process has ended.
                let me = sys.me;
                sys.kernel.close_port(me, port);
                sys.kernel.wake(me);
                let reply = match ask {
                    Ask::Tcp => Reply::Connected,
                    Ask::Http { .. } => spoken(&text),
                    Ask::Grpc { .. } => Reply::Closed,
                };
                Answering::now(reply)
            }
            Serves::Files(root) => {
                let Ask::Http { path, .. } = ask else { return mute(ask) };
                let bare = path.split('?').next().unwrap_or(path);
                let file = if bare.ends_with('/') {
                    format!("{root}{bare}index.html")
                } else {
                    format!("{root}{bare}")
                };
                let (status, body) = match sys.read_file(&file) {
                    Ok(bytes) => (200, String::from_utf8_lossy(&bytes).into_owned()),
                    Err(_) => (404, "The requested URL was not found\n".to_string()),
                };
                Answering::now(Reply::Http { status, headers: Vec::new(), body })
            }
        }
    }
}

/// What a raw text says as an HTTP response.
fn spoken(text: &str) -> Reply {
    let first = text.lines().next().unwrap_or("");
    let status = first.strip_prefix("HTTP/").and_then(|r| r.split(' ').nth(1)).and_then(|s| s.parse().ok());
    match status {
        Some(status) => {
            let body = text.split_once("\r\n\r\n").or(text.split_once("\n\n")).map_or("", |(_, b)| b);
            Reply::Http { status, headers: Vec::new(), body: body.to_string() }
        }
        None if text.is_empty() => Reply::Closed,
        None => Reply::Malformed(first.to_string()),
    }
}
