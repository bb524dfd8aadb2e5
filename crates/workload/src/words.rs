//! Probe words: answers that a probe carries in its own command or URL, as recordings of real clusters use them.
//!
//! Success by time since the container's start: `okfrom=a okuntil=b failfrom=c failuntil=d okin=a-b,c-d fail=1`.
//! `took=s` is how long it takes, `exit=c` the exit code of a failure. In an HTTP query also: `status=` (of a
//! failure, or always when no time word is there), `loc=`, `hops=n`, `raw=<status line>`, `reset`, `close`,
//! `garbage`, `slowheader=s`, `slowbody=s`, `body=n`, `say=text`, `wanthost=`, `wanthdr=K:V`, `wantpath=`,
//! `showhdr`.

use crate::behavior::{Answer, ExecAnswer, Fault};
use crate::config::{GrpcStatus, Reply};
use crate::net::Answering;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use lifepod_api::SimTime;

/// Words of the form `name` or `name=value`.
struct Words<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Words<'a> {
    fn new(words: impl Iterator<Item = &'a str>) -> Self {
        Words(words.filter(|w| !w.is_empty()).map(|w| w.split_once('=').unwrap_or((w, ""))).collect())
    }

    fn get(&self, name: &str) -> Option<&'a str> {
        self.0.iter().find(|(n, _)| *n == name).map(|(_, v)| *v)
    }

    fn seconds(&self, name: &str) -> Option<f64> {
        self.get(name)?.parse().ok()
    }

    /// Whether the time words say yes.
    fn ok(&self, since: SimTime) -> bool {
        let t = since.as_secs_f64();
        if self.get("fail").is_some_and(|v| v != "0") {
            return false;
        }
        let within = |range: &str| {
            let (a, b) = range.split_once('-').unwrap_or((range, ""));
            t >= a.parse().unwrap_or(0.0) && b.parse().map_or(true, |b: f64| t < b)
        };
        if let Some(ranges) = self.get("okin") {
            return ranges.split(',').any(within);
        }
        if self.seconds("okfrom").is_some_and(|a| t < a) || self.seconds("okuntil").is_some_and(|b| t >= b) {
            return false;
        }
        let (from, until) = (self.seconds("failfrom"), self.seconds("failuntil"));
        if from.is_none() && until.is_none() {
            return true;
        }
        !(from.is_none_or(|a| t >= a) && until.is_none_or(|b| t < b))
    }

    fn time(&self, name: &str) -> SimTime {
        SimTime::from_secs_f64(self.seconds(name).unwrap_or(0.0))
    }
}

/// The answer of `probe WORD…`.
pub(crate) fn exec(argv: &[String], since: SimTime) -> ExecAnswer {
    let words = Words::new(argv.iter().flat_map(|a| a.split(' ')));
    let failure = words.seconds("exit").map_or(1, |c| c as i32);
    let fails = !words.ok(since);
    // An exit code without a word on time is always given.
    let timed =
        ["okfrom", "okuntil", "failfrom", "failuntil", "okin", "fail"].iter().any(|w| words.get(w).is_some());
    let exit_code = if fails || (!timed && words.get("exit").is_some()) { failure } else { 0 };
    ExecAnswer {
        exit_code,
        output: match (words.get("say"), exit_code) {
            (Some(words), _) => format!("{words}\n"),
            (None, 0) => String::new(),
            (None, _) => "probe says no\n".to_string(),
        },
        took: words.time("took"),
    }
}

/// The answer of a gRPC health check that has its own words.
pub(crate) fn grpc(text: &str, since: SimTime) -> Answering {
    let words = Words::new(text.split(' '));
    let status = if words.ok(since) { GrpcStatus::Serving } else { GrpcStatus::NotServing };
    Answering::after(words.time("took"), Reply::Grpc(status))
}

/// The answer to an HTTP request whose query carries words.
pub(crate) fn http(target: &str, headers: &[(String, String)], since: SimTime) -> Answer {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let query: Vec<String> = query.split('&').map(decoded).collect();
    let words = Words::new(query.iter().map(String::as_str));
    let header =
        |name: &str| headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str());
    let mut ok = words.ok(since);
    ok &= words.get("wanthost").is_none_or(|want| header("Host") == Some(want));
    ok &= words.get("wantpath").is_none_or(|want| path == want);
    ok &= words.get("wanthdr").is_none_or(|want| {
        let (name, value) = want.split_once(':').unwrap_or((want, ""));
        header(name).unwrap_or("") == value
    });
    let status: Option<u16> = words.get("status").and_then(|s| s.parse().ok());
    let mut answer = Answer { status: if ok { 200 } else { 500 }, ..Answer::default() };
    if let Some(status) = status {
        let timed = ["okfrom", "okuntil", "failfrom", "failuntil", "okin", "fail"]
            .iter()
            .any(|w| words.get(w).is_some());
        if !timed || !ok {
            answer.status = status;
        }
    }
    answer.after = words.time("took") + words.time("slowheader");
    answer.body_after = words.time("slowbody");
    if !ok && status.is_none() {
        answer.body = "fail".to_string();
    }
    if let Some(say) = words.get("say") {
        answer.body = say.to_string();
    }
    if let Some(n) = words.get("body").and_then(|n| n.parse::<usize>().ok()) {
        answer.body = "x".repeat(n.min(1 << 20));
    }
    if words.get("showhdr").is_some() {
        answer.body = headers.iter().map(|(n, v)| format!("{n}: {v}\n")).collect();
    }
    if let Some(hops) = words.get("hops").and_then(|n| n.parse::<u32>().ok()) {
        if hops > 0 {
            answer.status = 302;
            answer.headers.push(("Location".to_string(), format!("{path}?hops={}", hops - 1)));
        }
    } else if let Some(location) = words.get("loc") {
        if status.is_none() {
            answer.status = 302;
        }
        answer.headers.push(("Location".to_string(), location.to_string()));
    }
    if (300..400).contains(&answer.status) {
        // These servers say where else to look, or that nothing changed, and no more.
        answer.body.clear();
    }
    answer.fault = if words.get("reset").is_some() {
        Some(Fault::Reset)
    } else if words.get("close").is_some() {
        Some(Fault::Close)
    } else if words.get("garbage").is_some() {
        Some(Fault::Garbage("SSH-2.0-notHTTP".to_string()))
    } else {
        words.get("raw").and_then(|line| raw(line, &mut answer))
    };
    answer
}

/// A status line of which only the end is given: a code and words. A client takes any code that has three digits; 1xx
/// only announces the answer, and then nothing comes.
fn raw(line: &str, answer: &mut Answer) -> Option<Fault> {
    let code = line.split(' ').next().unwrap_or("");
    match code.parse() {
        Ok(code @ 200..=999) => {
            answer.status = code;
            answer.body.clear();
            None
        }
        Ok(100..=199) => Some(Fault::Garbage(String::new())),
        _ => Some(Fault::Garbage(line.to_string())),
    }
}

/// A part of a query with its escapes undone.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let hex = |byte: Option<u8>| byte.and_then(|b| char::from(b).to_digit(16));
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let (high, low) = (hex(rest.next()), hex(rest.next()));
                high.zip(low).map_or(b'%', |(high, low)| (high * 16 + low) as u8)
            }
            other => other,
        });
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
