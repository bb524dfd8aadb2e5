//! `stress` and `stress-ng`: memory that grows, workers that burn.

use super::options::count;
use super::{Cx, State, clock};
use crate::kernel::{Turn, Wait};
use crate::signal::Signal;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use lifepod_api::SimTime;

/// From start to the moment the memory is there.
const FILL: SimTime = SimTime::from_millis(300);

/// A stress test at work.
#[derive(Clone, Debug)]
pub(crate) struct Stress {
    bytes: u64,
    filled: bool,
    fills: SimTime,
    ends: SimTime,
}

pub(crate) fn stress(cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    let get = |names: &[&str]| -> Option<&str> {
        args.iter().enumerate().find_map(|(i, a)| {
            names.iter().find_map(|n| match a.strip_prefix(n) {
                Some("") => args.get(i + 1).map(String::as_str),
                Some(rest) => rest.strip_prefix('='),
                None => None,
            })
        })
    };
    if args.is_empty() || args.iter().any(|a| a == "--help" || a == "-?") {
        cx.line("Usage: stress [OPTION [ARG]] ...");
        return State::End(0);
    }
    let workers: u64 = get(&["--vm", "-m"]).and_then(|v| v.parse().ok()).unwrap_or(0);
    let each = get(&["--vm-bytes"]).and_then(count).unwrap_or(256 << 20);
    let now = cx.sys.now();
    let ends = get(&["--timeout", "-t"]).and_then(clock::duration).map_or(SimTime::MAX, |d| now + d);
    let number = |names: &[&str]| get(names).and_then(|v| v.parse::<u64>().ok()).unwrap_or(0);
    let (cpu, io, hdd) = (number(&["--cpu", "-c"]), number(&["--io", "-i"]), number(&["--hdd", "-d"]));
    cx.line(&format!("stress: info: [1] dispatching hogs: {cpu} cpu, {io} io, {workers} vm, {hdd} hdd"));
    if args.iter().any(|a| a == "--vm-hang") && get(&["--vm-hang"]).is_none() {
        return cx.usage();
    }
    cx.sys.process_mut().handled |= (1 << Signal::TERM.0) | (1 << Signal::INT.0);
    let bytes = workers.saturating_mul(each).saturating_add(2 << 20);
    State::Stress(Box::new(Stress { bytes, filled: false, fills: now + FILL, ends }))
}

impl Stress {
    pub fn step(&mut self, cx: &mut Cx<'_, '_>) -> Turn {
        let now = cx.sys.now();
        if cx.sys.process_mut().pending.pop_front().is_some() {
            return Turn::Exit(1);
        }
        if now >= self.ends {
            cx.sys.write(1, b"stress: info: [1] successful run completed\n");
            return Turn::Exit(0);
        }
        if !self.filled && now >= self.fills {
            self.filled = true;
            cx.sys.kernel.set_memory(cx.sys.me, self.bytes);
            return Turn::More;
        }
        let until = if self.filled { self.ends } else { self.ends.min(self.fills) };
        Turn::Wait(if until == SimTime::MAX { Wait::default() } else { Wait::until(until) })
    }
}
