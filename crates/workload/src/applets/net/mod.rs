//! The network's tools: `wget`, `curl`, `nc`, `nslookup`, `ping` as clients, `nc -l` and `httpd` as servers. Here is
//! how they are called.

mod answers;
mod serve;

use super::options::{has, options, value};
use super::{Cx, State, clock};
use crate::config::{Dial, DialId};
use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use lifepod_api::SimTime;
use serve::Serves;
use serve::listen;
pub(crate) use serve::{Listen, httpd};

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
