//! What the clients print when their answer comes, and the code with which they end.

use super::super::Cx;
use super::{Client, Kind, url_parts};
use crate::config::{Dial, DialResult};
use crate::kernel::{Turn, Wait};
use alloc::format;
use alloc::string::{String, ToString};
use lifepod_api::SimTime;

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
