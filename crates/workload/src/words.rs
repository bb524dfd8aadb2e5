//! Probe words: answers that a probe carries in its own command or URL, as recordings of real clusters use them.
//!
//! Success by time since the container's start: `okfrom=a okuntil=b failfrom=c failuntil=d okin=a-b,c-d fail=1`.
//! `took=s` is how long it takes, `exit=c` the exit code of a failure. In an HTTP query also: `status=` (of a
//! failure, or always when no time word is there), `loc=`, `hops=n`, `raw=<status line>`, `reset`, `close`,
//! `garbage`, `slowheader=s`, `slowbody=s`, `body=n`, `say=text`, `wanthost=`, `wanthdr=K:V`, `wantpath=`,
//! `showhdr`.

use crate::behavior::{Answer, ExecAnswer, Fault};
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

/// The answer to an HTTP request whose query carries words.
pub(crate) fn http(target: &str, headers: &[(String, String)], port: u16, since: SimTime) -> Answer {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let words = Words::new(query.split('&'));
    let header =
        |name: &str| headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str());
    let mut ok = words.ok(since);
    ok &= words.get("wanthost").is_none_or(|want| header("Host") == Some(want));
    ok &= words.get("wantpath").is_none_or(|want| path == want);
    ok &= words.get("wanthdr").is_none_or(|want| {
        let (name, value) = want.split_once(':').unwrap_or((want, ""));
        header(name).unwrap_or("") == value
    });
    let status = words.get("status").and_then(|s| s.parse().ok());
    let mut answer = Answer { status: if ok { 200 } else { 500 }, ..Answer::default() };
    if let Some(status) = status {
        let timed = ["okfrom", "okuntil", "failfrom", "failuntil", "okin", "fail"]
            .iter()
            .any(|w| words.get(w).is_some());
        if !timed || !ok {
            answer.status = status;
        }
    }
    answer.after = words.time("took") + words.time("slowheader") + words.time("slowbody");
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
    let _ = port;
    answer.fault = if words.get("reset").is_some() {
        Some(Fault::Reset)
    } else if words.get("close").is_some() {
        Some(Fault::Close)
    } else if words.get("garbage").is_some() {
        Some(Fault::Garbage("garbage".to_string()))
    } else {
        words.get("raw").map(|line| Fault::Garbage(line.to_string()))
    };
    answer
}
