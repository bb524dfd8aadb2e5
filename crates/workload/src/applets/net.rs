//! Clients of the network: `wget`, `curl`, `nc`, `nslookup`, `ping`; and the small servers `nc -l` and `httpd`.

use super::options::{has, options, value};
use super::{Cx, State, clock};
use crate::config::{Ask, Dial, DialId, DialResult, Reply};
use crate::kernel::{Turn, Wait};
use crate::net::{Answering, mute};
use crate::sys::{Read, Sys};
use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use lifepod_api::SimTime;

/// A client that waits for the network.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    kind: Kind,
    dial: Option<DialId>,
    until: Option<SimTime>,
    tries: u32,
    redirects: u32,
}

#[derive(Clone, Debug)]
enum Kind {
    Wget {
        ask: Dial,
        url: String,
        output: Option<String>,
        quiet: bool,
        spider: bool,
        timeout: SimTime,
    },
    Curl {
        ask: Dial,
        output: Option<String>,
        silent: bool,
        show_errors: bool,
        fail: bool,
        head: bool,
        format: Option<String>,
        timeout: Option<SimTime>,
        retries: u32,
    },
    Nc {
        ask: Dial,
        host: String,
        port: u16,
        verbose: bool,
        timeout: SimTime,
    },
    Lookup {
        name: String,
        short: bool,
        tool: &'static str,
    },
    Ping {
        host: String,
        count: u32,
        sent: u32,
        got: u32,
        timeout: SimTime,
    },
}

fn client(kind: Kind) -> State {
    State::Net(Box::new(Client { kind, dial: None, until: None, tries: 0, redirects: 0 }))
}

/// Scheme, host, port and path of a URL.
fn url_parts(url: &str) -> (bool, String, u16, String) {
    let (tls, rest) = match url.split_once("://") {
        Some(("https", rest)) => (true, rest),
        Some((_, rest)) => (false, rest),
        None => (false, url),
    };
    let at = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(at);
    let authority = authority.rsplit('@').next().unwrap_or(authority);
    let default = if tls { 443 } else { 80 };
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !host.ends_with(':') => (host, port.parse().unwrap_or(default)),
        _ => (authority, default),
    };
    let path = if path.starts_with('/') { path.to_string() } else { format!("/{path}") };
    (tls, host.to_string(), port, path)
}

pub(crate) fn wget(_cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    let mut method = "GET".to_string();
    let mut body = String::new();
    let mut timeout = SimTime::from_secs(900);
    let mut plain = Vec::new();
    let mut spider = false;
    for arg in args {
        if let Some(data) = arg.strip_prefix("--post-data=") {
            method = "POST".to_string();
            body = data.to_string();
        } else if let Some(t) = arg.strip_prefix("--timeout=").and_then(clock::duration) {
            timeout = t;
        } else if arg == "--spider" {
            spider = true;
        } else if arg.starts_with("--") {
        } else {
            plain.push(arg.clone());
        }
    }
    let (flags, urls) = options(&plain, "OTUPoeYt");
    let Some(url) = urls.first().cloned() else { return _cx.usage() };
    if let Some(t) = value(&flags, 'T').and_then(clock::duration) {
        timeout = t;
    }
    let (tls, host, port, path) = url_parts(&url);
    let ask = Dial::Http { host, port, method, path, headers: Vec::new(), body, tls };
    let quiet = flags.iter().any(|(l, _)| *l == 'q');
    client(Kind::Wget {
        ask,
        url,
        output: value(&flags, 'O').map(ToString::to_string),
        quiet,
        spider,
        timeout,
    })
}

pub(crate) fn curl(cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    let (mut method, mut body, mut headers) = (None, String::new(), Vec::new());
    let (mut output, mut format, mut timeout, mut url) = (None, None, None, None);
    let (mut silent, mut show, mut fail, mut head, mut retries) = (false, false, false, false, 0);
    let mut words = args.iter();
    while let Some(word) = words.next() {
        let mut long = |names: &[&str]| -> Option<String> {
            names.contains(&word.as_str()).then(|| words.next().cloned().unwrap_or_default())
        };
        if let Some(m) = long(&["-X", "--request"]) {
            method = Some(m);
        } else if let Some(d) = long(&["-d", "--data", "--data-raw", "--data-binary", "-F", "--form"]) {
            body = d;
            method = method.or(Some("POST".to_string()));
        } else if let Some(h) = long(&["-H", "--header"]) {
            if let Some((name, value)) = h.split_once(':') {
                headers.push((name.trim().to_string(), value.trim().to_string()));
            }
        } else if let Some(o) = long(&["-o", "--output"]) {
            output = Some(o);
        } else if let Some(w) = long(&["-w", "--write-out"]) {
            format = Some(w);
        } else if let Some(t) = long(&["-m", "--max-time", "--connect-timeout"]) {
            timeout = clock::duration(&t);
        } else if let Some(r) = long(&["--retry"]) {
            retries = r.parse().unwrap_or(0);
        } else if long(&[
            "-u",
            "--user",
            "-A",
            "--user-agent",
            "--cacert",
            "--cert",
            "--key",
            "-b",
            "--retry-delay",
            "--retry-max-time",
            "--resolve",
            "-e",
        ])
        .is_some()
        {
        } else if word.starts_with("--") {
            match word.as_str() {
                "--fail" | "--fail-with-body" => fail = true,
                "--silent" => silent = true,
                "--show-error" => show = true,
                "--head" => head = true,
                _ => {}
            }
        } else if let Some(letters) = word.strip_prefix('-') {
            for (i, letter) in letters.char_indices() {
                match letter {
                    's' => silent = true,
                    'S' => show = true,
                    'f' => fail = true,
                    'I' => head = true,
                    'o' => {
                        output = words.next().cloned();
                        break;
                    }
                    'w' => {
                        format = words.next().cloned();
                        break;
                    }
                    'm' => {
                        let rest = &letters[i + 1..];
                        timeout = if rest.is_empty() {
                            words.next().and_then(|t| clock::duration(t))
                        } else {
                            clock::duration(rest)
                        };
                        break;
                    }
                    'X' => {
                        let rest = &letters[i + 1..];
                        method = Some(if rest.is_empty() {
                            words.next().cloned().unwrap_or_default()
                        } else {
                            rest.to_string()
                        });
                        break;
                    }
                    _ => {}
                }
            }
        } else {
            url = Some(word.clone());
        }
    }
    let Some(url) = url else {
        cx.complain("try 'curl --help' or 'curl --manual' for more information");
        return State::End(2);
    };
    let (tls, host, port, path) = url_parts(&url);
    let method = method.unwrap_or_else(|| if head { "HEAD" } else { "GET" }.to_string());
    let ask = Dial::Http { host, port, method, path, headers, body, tls };
    client(Kind::Curl { ask, output, silent, show_errors: show, fail, head, format, timeout, retries })
}

pub(crate) fn nc(cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    let (flags, words) = options(args, "wpsieq");
    if has(&flags, 'l') {
        let port = value(&flags, 'p').or(words.last().map(String::as_str)).and_then(|p| p.parse().ok());
        let Some(port) = port else { return cx.usage() };
        return listen(cx, port, Serves::Once { text: Vec::new(), ended: false, stays: has(&flags, 'k') });
    }
    let [host, port, ..] = &words[..] else { return cx.usage() };
    // A range of ports is tried at its first.
    let port: u16 = port.split('-').next().and_then(|p| p.parse().ok()).unwrap_or(match port.as_str() {
        "http" => 80,
        "https" => 443,
        _ => 0,
    });
    let timeout = value(&flags, 'w').and_then(clock::duration).unwrap_or(SimTime::from_secs(127));
    let ask = Dial::Tcp { host: host.clone(), port };
    client(Kind::Nc { ask, host: host.clone(), port, verbose: has(&flags, 'v'), timeout })
}

pub(crate) fn nslookup(cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    let Some(name) = args.iter().find(|a| !a.starts_with('-')) else { return cx.usage() };
    client(Kind::Lookup { name: name.clone(), short: false, tool: "nslookup" })
}

pub(crate) fn dig(cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    let name = args
        .iter()
        .find(|a| !a.starts_with(['-', '+', '@']) && !["A", "SRV", "AAAA", "ANY"].contains(&a.as_str()));
    let Some(name) = name else { return cx.usage() };
    client(Kind::Lookup { name: name.clone(), short: args.iter().any(|a| a == "+short"), tool: "dig" })
}

/// `getent hosts`.
pub(crate) fn look_up(_: &mut Cx<'_, '_>, name: &str) -> State {
    client(Kind::Lookup { name: name.to_string(), short: false, tool: "getent" })
}

pub(crate) fn ping(cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    let (flags, words) = options(args, "cwWis");
    let Some(host) = words.first().cloned() else { return cx.usage() };
    let count = value(&flags, 'c').and_then(|c| c.parse().ok()).unwrap_or(u32::MAX);
    let timeout = value(&flags, 'W').and_then(clock::duration).unwrap_or(SimTime::from_secs(10));
    client(Kind::Ping { host, count, sent: 0, got: 0, timeout })
}

impl Client {
    pub fn step(&mut self, cx: &mut Cx<'_, '_>) -> Turn {
        let now = cx.sys.now();
        let Some(dial) = self.dial else {
            if let Some(until) = self.until
                && now < until
            {
                return Turn::Wait(Wait::until(until));
            }
            return self.begin(cx);
        };
        let result = match cx.sys.answer(dial) {
            Some(result) => result,
            None if self.until.is_some_and(|at| now >= at) => {
                cx.sys.hang_up(dial);
                DialResult::TimedOut
            }
            None => return Turn::Wait(Wait { until: self.until, ..Wait::dial(dial) }),
        };
        self.dial = None;
        self.until = None;
        match self.done(cx, result) {
            Some(code) => self.end(cx, code),
            None => Turn::More,
        }
    }

    fn end(&mut self, cx: &mut Cx<'_, '_>, code: i32) -> Turn {
        // What was printed goes out first: the step that follows ends.
        self.kind =
            Kind::Ping { host: String::new(), count: 0, sent: code as u32, got: 0, timeout: SimTime::ZERO };
        let _ = cx;
        Turn::More
    }

    fn begin(&mut self, cx: &mut Cx<'_, '_>) -> Turn {
        let now = cx.sys.now();
        let (ask, timeout) = match &mut self.kind {
            Kind::Wget { ask, url, quiet, timeout, .. } => {
                if !*quiet && !cx.gnu && self.redirects == 0 {
                    let host = host_of(ask);
                    let _ = &url;
                    cx.error(&format!("Connecting to {host}"));
                }
                (ask.clone(), Some(*timeout))
            }
            Kind::Curl { ask, timeout, .. } => (ask.clone(), *timeout),
            Kind::Nc { ask, timeout, .. } => (ask.clone(), Some(*timeout)),
            Kind::Lookup { name, .. } => (Dial::Resolve { name: name.clone() }, Some(SimTime::from_secs(10))),
            Kind::Ping { host, count, sent, timeout, .. } => {
                if host.is_empty() {
                    return Turn::Exit(*sent as i32);
                }
                if *sent >= *count {
                    return Turn::Exit(1);
                }
                *sent += 1;
                (Dial::Ping { host: host.clone() }, Some(*timeout))
            }
        };
        self.until = timeout.map(|t| now + t);
        self.dial = Some(cx.sys.dial(ask));
        Turn::More
    }

    /// The answer came: print, and say with which code the tool ends; `None` to go on.
    fn done(&mut self, cx: &mut Cx<'_, '_>, result: DialResult) -> Option<i32> {
        let now = cx.sys.now();
        match &mut self.kind {
            Kind::Wget { ask, url, output, quiet, spider, .. } => {
                let host = host_of(ask);
                let message = match result {
                    DialResult::Http { status, body, .. } if (200..300).contains(&status) => {
                        if *spider {
                            if !*quiet {
                                cx.error("remote file exists");
                            }
                            return Some(0);
                        }
                        let name = url_parts(url).3;
                        let name =
                            name.split('?').next().unwrap_or("").rsplit('/').next().unwrap_or("").to_string();
                        let name = if name.is_empty() { "index.html".to_string() } else { name };
                        match output.as_deref() {
                            Some("-") => cx.print(body),
                            file => {
                                let file = file.unwrap_or(&name).to_string();
                                if let Err(errno) = cx.sys.write_file(&file, body.as_bytes()) {
                                    cx.complain(&format!("can't open '{file}': {}", errno.message()));
                                    return Some(1);
                                }
                                if !*quiet {
                                    cx.error(&format!("saving to '{file}'\n'{file}' saved"));
                                }
                            }
                        }
                        return Some(0);
                    }
                    DialResult::Http { status, .. } => {
                        format!("server returned error: HTTP/1.1 {status} {}", reason(status))
                    }
                    DialResult::UnknownHost | DialResult::Resolved { .. } => {
                        let name = host.rsplit_once(':').map_or(host.as_str(), |(h, _)| h);
                        let bare = name.split(" (").next().unwrap_or(name);
                        format!("bad address '{bare}'")
                    }
                    DialResult::Refused { address } => {
                        format!("can't connect to remote host ({address}): Connection refused")
                    }
                    DialResult::Unreachable => {
                        format!("can't connect to remote host ({host}): No route to host")
                    }
                    DialResult::Reset | DialResult::Connected { .. } => {
                        "error getting response: Connection reset by peer".to_string()
                    }
                    DialResult::TimedOut => "download timed out".to_string(),
                };
                cx.complain(&message);
                Some(1)
            }
            Kind::Curl { ask, output, silent, show_errors, fail, head, format, retries, .. } => {
                let (host, port) = match ask {
                    Dial::Http { host, port, .. } => (host.clone(), *port),
                    _ => (String::new(), 0),
                };
                let mut code = 0;
                let (code_and_message, status) = match result {
                    DialResult::Http { status, body, .. } => {
                        if *fail && status >= 400 {
                            code = 22;
                            (Some(format!("The requested URL returned error: {status}")), status)
                        } else {
                            let shown = if *head {
                                format!("HTTP/1.1 {status} {}\r\n\r\n", reason(status))
                            } else {
                                body
                            };
                            match output.as_deref() {
                                None | Some("-") => cx.print(shown),
                                Some("/dev/null") => {}
                                Some(file) => {
                                    let file = file.to_string();
                                    let _ = cx.sys.write_file(&file, shown.as_bytes());
                                }
                            }
                            (None, status)
                        }
                    }
                    DialResult::UnknownHost | DialResult::Resolved { .. } => {
                        code = 6;
                        (Some(format!("Could not resolve host: {host}")), 0)
                    }
                    DialResult::Refused { .. } | DialResult::Unreachable => {
                        code = 7;
                        (
                            Some(format!(
                                "Failed to connect to {host} port {port} after 0 ms: Could not connect to server"
                            )),
                            0,
                        )
                    }
                    DialResult::TimedOut => {
                        code = 28;
                        (Some("Operation timed out".to_string()), 0)
                    }
                    DialResult::Reset => {
                        code = 56;
                        (Some("Recv failure: Connection reset by peer".to_string()), 0)
                    }
                    DialResult::Connected { .. } => {
                        code = 52;
                        (Some("Empty reply from server".to_string()), 0)
                    }
                };
                if let Some(message) = code_and_message
                    && (!*silent || *show_errors)
                {
                    cx.error(&format!("curl: ({code}) {message}"));
                }
                if code != 0 && self.tries < *retries {
                    self.tries += 1;
                    self.until = Some(now + SimTime::from_secs(1 << self.tries.min(9)));
                    return None;
                }
                if let Some(format) = format {
                    let text = format
                        .replace("%{http_code}", &format!("{status:03}"))
                        .replace("%{response_code}", &format!("{status:03}"));
                    cx.print(text.replace("\\n", "\n"));
                }
                Some(code)
            }
            Kind::Nc { host, port, verbose, .. } => {
                let message = match result {
                    DialResult::Connected { address } => {
                        if *verbose {
                            cx.error(&format!("{host} ({address}:{port}) open"));
                        }
                        return Some(0);
                    }
                    DialResult::Http { .. } | DialResult::Resolved { .. } => return Some(0),
                    DialResult::UnknownHost => format!("bad address '{host}'"),
                    DialResult::Refused { address } => {
                        format!("{host} ({address}:{port}): Connection refused")
                    }
                    DialResult::TimedOut => format!("{host}:{port}: Connection timed out"),
                    DialResult::Unreachable => format!("{host}:{port}: No route to host"),
                    DialResult::Reset => format!("{host}:{port}: Connection reset by peer"),
                };
                cx.complain(&message);
                Some(1)
            }
            Kind::Lookup { name, short, tool } => {
                let (name, short, tool) = (name.clone(), *short, *tool);
                let found = match result {
                    DialResult::Resolved { name, addresses } => Some((name, addresses)),
                    DialResult::TimedOut => {
                        cx.line(";; connection timed out; no servers could be reached\n");
                        return Some(1);
                    }
                    _ => None,
                };
                match (tool, found) {
                    ("nslookup", found) => {
                        cx.line("Server:\t\t10.96.0.10\nAddress:\t10.96.0.10:53\n");
                        match found {
                            Some((full, addresses)) => {
                                for address in addresses {
                                    cx.line(&format!("Name:\t{full}\nAddress: {address}"));
                                }
                                cx.line("");
                                Some(0)
                            }
                            None => {
                                cx.line(&format!("** server can't find {name}: NXDOMAIN\n"));
                                Some(1)
                            }
                        }
                    }
                    ("getent", Some((full, addresses))) => {
                        for address in addresses {
                            cx.line(&format!("{address:<15} {full}"));
                        }
                        Some(0)
                    }
                    ("getent", None) => Some(2),
                    (_, found) => {
                        for address in found.map(|(_, a)| a).unwrap_or_default() {
                            cx.line(&if short { address } else { format!("{name}.\t30\tIN\tA\t{address}") });
                        }
                        Some(0)
                    }
                }
            }
            Kind::Ping { host, count, sent, got, .. } => {
                match result {
                    DialResult::Connected { address } => {
                        if *sent == 1 {
                            cx.line(&format!("PING {host} ({address}): 56 data bytes"));
                        }
                        cx.line(&format!("64 bytes from {address}: seq={} ttl=64 time=0.050 ms", *sent - 1));
                        *got += 1;
                    }
                    DialResult::UnknownHost => {
                        cx.complain(&format!("bad address '{host}'"));
                        return Some(1);
                    }
                    _ => {}
                }
                if *sent >= *count {
                    let loss = 100 - *got * 100 / (*sent).max(1);
                    cx.line(&format!("\n--- {host} ping statistics ---\n{sent} packets transmitted, {got} packets received, {loss}% packet loss"));
                    return Some(i32::from(*got == 0));
                }
                self.until = Some(now + SimTime::from_secs(1));
                None
            }
        }
    }
}

fn host_of(ask: &Dial) -> String {
    match ask {
        Dial::Http { host, port, .. } => format!("{host}:{port}"),
        _ => String::new(),
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        301 => "Moved Permanently",
        302 => "Found",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        _ => "",
    }
}

// ---- servers ----

/// A small server.
#[derive(Clone, Debug)]
pub(crate) struct Listen {
    serves: Serves,
    answered: bool,
}

#[derive(Clone, Debug)]
enum Serves {
    /// `nc -l`: what it reads is what it says, once (or again with `-k`).
    Once { text: Vec<u8>, ended: bool, stays: bool },
    /// `httpd`: files below a directory.
    Files(String),
}

fn listen(cx: &mut Cx<'_, '_>, port: u16, serves: Serves) -> State {
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
    let program = crate::program::Program::Applet(Box::new(super::Applet {
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
