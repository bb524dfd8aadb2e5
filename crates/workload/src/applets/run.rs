//! Tools that run other programs: `env`, `timeout`, `xargs`, `nohup`, `time`, `watch`; and those that signal them.

use super::filter::Filter;
use super::info::user_id;
use super::options::{has, options, value};
use super::{Cx, State, clock};
use crate::exec;
use crate::fs::Errno;
use crate::kernel::{ProcId, Status, Turn, Wait};
use crate::program::Program;
use crate::signal::Signal;
use crate::sys::Sys;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;
use lifepod_api::SimTime;

/// A tool that runs commands.
#[derive(Clone, Debug)]
pub(crate) struct Runner {
    plan: Plan,
    child: Option<ProcId>,
    started: SimTime,
    status: i32,
}

#[derive(Clone, Debug)]
enum Plan {
    /// Become the command.
    Become(Vec<String>),
    /// Run the command, with a limit.
    Timeout {
        words: Vec<String>,
        ends: SimTime,
        signal: Signal,
        kill_after: Option<SimTime>,
        hit: bool,
        preserve: bool,
    },
    /// Run the command and tell how long it took.
    Time(Vec<String>),
    /// Run these one after the other (`xargs`).
    Each { commands: Vec<Vec<String>>, next: usize },
    /// Run the command again and again.
    Watch { words: Vec<String>, every: SimTime, next: SimTime },
}

fn runner(plan: Plan) -> State {
    State::Run(Box::new(Runner { plan, child: None, started: SimTime::ZERO, status: 0 }))
}

/// The program of a command, or the status and message of its absence.
fn load(cx: &Cx<'_, '_>, words: &[String]) -> Result<(Program, Vec<String>), (i32, String)> {
    let path = cx.sys.env("PATH").unwrap_or(exec::DEFAULT_PATH.to_string());
    let loaded = exec::find(cx.sys, &path, &words[0]).and_then(|p| exec::load(cx.sys, &p, words));
    let assume = |errno| exec::assumed(cx.sys.kernel, cx.sys.container(), words, errno, true).ok_or(errno);
    loaded.or_else(|errno| assume(errno).map(|program| (program, words.to_vec()))).map_err(|errno| {
        let status = if errno == Errno::ENOENT { 127 } else { 126 };
        let text = if cx.gnu {
            format!("'{}': {}", words[0], errno.message())
        } else {
            format!("can't execute '{}': {}", words[0], errno.message())
        };
        (status, text)
    })
}

impl Runner {
    pub fn step(&mut self, cx: &mut Cx<'_, '_>) -> Turn {
        if let Plan::Become(words) = &self.plan {
            return match load(cx, words) {
                Ok((program, argv)) => {
                    cx.sys.process_mut().argv = Arc::new(argv);
                    Turn::Become(program)
                }
                Err((status, message)) => {
                    let line = format!("{}: {message}\n", cx.name);
                    cx.sys.write(2, line.as_bytes());
                    Turn::Exit(status)
                }
            };
        }
        match self.child {
            None => self.begin(cx),
            Some(child) => match cx.sys.reap(child) {
                Some(status) => {
                    self.child = None;
                    self.ended(cx, status)
                }
                None if !cx.sys.is_alive(child) => self.ended(cx, Status::Code(127)),
                None => self.wait(cx, child),
            },
        }
    }

    fn start(&mut self, cx: &mut Cx<'_, '_>, words: &[String]) -> Turn {
        match load(cx, words) {
            Ok((program, argv)) => {
                let Some(child) = cx.sys.fork(program) else {
                    cx.complain("can't fork: Resource temporarily unavailable");
                    return Turn::Exit(1);
                };
                Sys { kernel: cx.sys.kernel, me: child }.process_mut().argv = Arc::new(argv);
                self.child = Some(child);
                Turn::More
            }
            Err((status, message)) => {
                cx.complain(&message);
                self.status = status;
                self.plan = Plan::Each { commands: Vec::new(), next: 0 };
                Turn::More
            }
        }
    }

    fn begin(&mut self, cx: &mut Cx<'_, '_>) -> Turn {
        self.started = cx.sys.now();
        match self.plan.clone() {
            Plan::Timeout { words, .. } | Plan::Time(words) => self.start(cx, &words),
            Plan::Each { commands, next } => match commands.get(next) {
                Some(words) => {
                    self.plan = Plan::Each { commands: commands.clone(), next: next + 1 };
                    self.start(cx, words)
                }
                None => Turn::Exit(self.status),
            },
            Plan::Watch { words, next, .. } if cx.sys.now() >= next => self.start(cx, &words),
            Plan::Watch { next, .. } => Turn::Wait(Wait::until(next)),
            Plan::Become(_) => Turn::More,
        }
    }

    fn wait(&mut self, cx: &mut Cx<'_, '_>, child: ProcId) -> Turn {
        let Plan::Timeout { ends, signal, kill_after, hit, .. } = &mut self.plan else {
            return Turn::Wait(Wait::child());
        };
        if cx.sys.now() >= *ends {
            // GNU's leads a group of its own, and signals all of it: itself as well when nothing can ignore that.
            let group = if cx.gnu { cx.sys.kernel.descendants(child) } else { Vec::new() };
            for member in core::iter::once(child).chain(group) {
                cx.sys.kernel.signal(member, *signal, true);
            }
            if cx.gnu && *signal == Signal::KILL {
                cx.sys.kernel.end(cx.sys.me, Status::Signal(Signal::KILL));
                return Turn::More;
            }
            *hit = true;
            // A second limit, after which KILL ends what ignored the first signal.
            match kill_after.take() {
                Some(after) => {
                    *ends = cx.sys.now() + after;
                    *signal = Signal::KILL;
                }
                None => *ends = SimTime::MAX,
            }
            return Turn::More;
        }
        Turn::Wait(Wait { until: Some(*ends), ..Wait::child() })
    }

    fn ended(&mut self, cx: &mut Cx<'_, '_>, status: Status) -> Turn {
        match &mut self.plan {
            Plan::Timeout { hit: true, preserve: false, .. } if cx.gnu => Turn::Exit(124),
            Plan::Timeout { .. } => {
                // busybox' timeout has become the command: it ends as the command does.
                if let (Status::Signal(_), false) = (status, cx.gnu) {
                    cx.sys.kernel.end(cx.sys.me, status);
                    return Turn::More;
                }
                Turn::Exit(status.code())
            }
            Plan::Time(_) => {
                let real = cx.sys.now().since(self.started).as_secs_f64();
                let minutes = (real / 60.0) as u64;
                let line = format!(
                    "real\t{minutes}m {:.2}s\nuser\t0m 0.00s\nsys\t0m 0.00s\n",
                    real - minutes as f64 * 60.0
                );
                cx.sys.write(2, line.as_bytes());
                Turn::Exit(status.code())
            }
            Plan::Each { .. } => {
                match status.code() {
                    0 => {}
                    255 => {
                        self.status = 124;
                        self.plan = Plan::Each { commands: Vec::new(), next: 0 };
                    }
                    126 | 127 => self.status = status.code(),
                    _ => self.status = 123,
                }
                Turn::More
            }
            Plan::Watch { every, next, .. } => {
                *next = cx.sys.now() + *every;
                Turn::More
            }
            Plan::Become(_) => Turn::More,
        }
    }
}

/// Run commands one after the other; the status is 123 when one failed.
pub(crate) fn each(commands: Vec<Vec<String>>) -> State {
    runner(Plan::Each { commands, next: 0 })
}

pub(crate) fn env(cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    let mut env: Vec<(String, String)> = cx.sys.process().env.to_vec();
    let mut words = args.iter().peekable();
    while let Some(word) = words.peek() {
        match word.as_str() {
            "-i" | "-" => env.clear(),
            "-u" => {
                words.next();
                if let Some(name) = words.peek() {
                    env.retain(|(n, _)| n != *name);
                }
            }
            "--" => {
                words.next();
                break;
            }
            _ => match word.split_once('=') {
                Some((name, value)) => {
                    env.retain(|(n, _)| n != name);
                    env.push((name.to_string(), value.to_string()));
                }
                None => break,
            },
        }
        words.next();
    }
    let command: Vec<String> = words.cloned().collect();
    cx.sys.process_mut().env = Arc::new(env.clone());
    if !command.is_empty() {
        return runner(Plan::Become(command));
    }
    for (name, value) in env {
        cx.line(&format!("{name}={value}"));
    }
    State::End(0)
}

pub(crate) fn timeout(cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    let mut signal = Signal::TERM;
    let mut kill_after = None;
    let mut preserve = false;
    let mut seconds = None;
    let mut words = args.iter().peekable();
    while let Some(word) = words.next_if(|w| w.starts_with('-')) {
        let (flag, attached) = match word.split_once('=') {
            Some((flag, value)) => (flag, Some(value.to_string())),
            None if word.len() > 2 && !word.starts_with("--") => (&word[..2], Some(word[2..].to_string())),
            None => (word.as_str(), None),
        };
        let mut argument = || attached.clone().or_else(|| words.next().cloned()).unwrap_or_default();
        match flag {
            "-s" | "--signal" => match Signal::parse(&argument()) {
                Some(s) => signal = s,
                None => return cx.usage(),
            },
            "-k" | "--kill-after" => kill_after = clock::duration(&argument()),
            // The old way of busybox: `timeout -t 5 command`.
            "-t" => seconds = clock::duration(&argument()),
            "--preserve-status" => preserve = true,
            _ => {}
        }
    }
    if seconds.is_none() {
        seconds = words.next().and_then(|w| clock::duration(w));
    }
    let command: Vec<String> = words.cloned().collect();
    let Some(seconds) = seconds.filter(|_| !command.is_empty()) else {
        let state = cx.usage();
        return if cx.gnu { State::End(125) } else { state };
    };
    // busybox becomes the command and leaves the clock to a child, so that a PID 1 which ignores TERM is not
    // stopped by it. It also counts in whole seconds.
    let limit = if cx.gnu { seconds } else { SimTime::from_secs(seconds.0.div_ceil(1_000_000)) };
    if !cx.gnu && cx.sys.process().pid == 1 {
        return runner(Plan::Become(command));
    }
    let ends = if seconds == SimTime::ZERO { SimTime::MAX } else { cx.sys.now() + limit };
    runner(Plan::Timeout { words: command, ends, signal, kill_after, hit: false, preserve })
}

pub(crate) fn wrapper(cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    let mut words = args;
    if cx.name == "nice" && words.first().is_some_and(|w| w == "-n") {
        words = words.get(2..).unwrap_or(&[]);
    }
    while words.first().is_some_and(|w| w.starts_with('-')) {
        words = &words[1..];
    }
    if words.is_empty() {
        return match cx.name {
            "nice" => {
                cx.line("0");
                State::End(0)
            }
            _ => cx.usage(),
        };
    }
    match cx.name {
        "nohup" => cx.sys.process_mut().ignored |= 1 << Signal::HUP.0,
        "time" => return runner(Plan::Time(words.to_vec())),
        _ => {}
    }
    runner(Plan::Become(words.to_vec()))
}

pub(crate) fn chroot(_: &mut Cx<'_, '_>, args: &[String]) -> State {
    let command =
        args.get(1..).filter(|c| !c.is_empty()).map_or_else(|| vec!["sh".to_string()], <[String]>::to_vec);
    runner(Plan::Become(command))
}

/// `tini`, `dumb-init`: they forward signals and reap; here the command takes their place, with the difference that
/// it is PID 1 itself.
pub(crate) fn supervisor(cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    let mut words = args;
    while words.first().is_some_and(|w| w.starts_with('-')) {
        words = &words[1..];
    }
    if words.is_empty() {
        return cx.usage();
    }
    runner(Plan::Become(words.to_vec()))
}

pub(crate) fn switch_user(cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    let [user, rest @ ..] = args else { return cx.usage() };
    let name = user.split(':').next().unwrap_or(user);
    let uid = name.parse().ok().or_else(|| user_id(name)).unwrap_or(1000);
    cx.sys.process_mut().uid = uid;
    let command = match rest.iter().position(|a| a == "-c") {
        Some(at) if cx.name == "su" => {
            vec!["sh".to_string(), "-c".to_string(), rest.get(at + 1).cloned().unwrap_or_default()]
        }
        _ if rest.is_empty() => vec!["sh".to_string()],
        _ => rest.to_vec(),
    };
    runner(Plan::Become(command))
}

pub(crate) fn watch(cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    let (flags, words) = options(args, "n");
    let every = value(&flags, 'n').and_then(clock::duration).unwrap_or(SimTime::from_secs(2));
    if words.is_empty() {
        return cx.usage();
    }
    let words = vec!["sh".to_string(), "-c".to_string(), words.join(" ")];
    runner(Plan::Watch { words, every, next: SimTime::ZERO })
}

pub(crate) fn xargs(_: &mut Cx<'_, '_>, args: &[String]) -> State {
    // Flags end at the command, whose own flags are not ours.
    let mut packed = vec![String::new(); 3];
    let mut at = 0;
    while let Some(word) = args.get(at).filter(|w| w.starts_with('-') && w.len() > 1) {
        at += 1;
        let letter = word.chars().nth(1).unwrap_or(' ');
        if "InLPsd".contains(letter) {
            let value = if word.len() > 2 {
                word[2..].to_string()
            } else {
                at += 1;
                args.get(at - 1).cloned().unwrap_or_default()
            };
            match letter {
                'I' => packed[1] = value,
                'n' | 'L' => packed[2] = value,
                'd' => packed[0].push_str(&format!("d{value}")),
                _ => {}
            }
        } else {
            packed[0].push_str(&word[1..]);
        }
    }
    packed.extend(args[at.min(args.len())..].iter().cloned());
    Filter::collect(&[], packed, plan_xargs)
}

fn plan_xargs(cx: &mut Cx<'_, '_>, args: &[String], data: Vec<(String, Vec<u8>)>) -> State {
    let [letters, replace, count, command @ ..] = args else { return State::End(1) };
    let mut command = command.to_vec();
    if command.is_empty() {
        command.push("echo".to_string());
    }
    let text: String = data.iter().map(|(_, b)| String::from_utf8_lossy(b).into_owned()).collect();
    let items: Vec<String> = if letters.contains('0') {
        text.split('\0').filter(|i| !i.is_empty()).map(ToString::to_string).collect()
    } else if let Some(delimiter) = letters.split_once('d').and_then(|(_, rest)| rest.chars().next()) {
        let last = text.strip_suffix('\n').unwrap_or(&text);
        last.split(delimiter).map(ToString::to_string).collect()
    } else if !replace.is_empty() && text.trim().is_empty() {
        Vec::new()
    } else if unbalanced(&text) {
        cx.complain(if cx.gnu {
            "unmatched single quote; by default quotes are special to xargs unless you use the -0 option"
        } else {
            "unmatched single quote"
        });
        return State::End(1);
    } else if !replace.is_empty() {
        text.lines().map(|l| l.trim_start().to_string()).filter(|l| !l.is_empty()).collect()
    } else {
        split_quoted(&text)
    };
    let mut commands: Vec<Vec<String>> = Vec::new();
    if !replace.is_empty() {
        for item in &items {
            commands.push(command.iter().map(|w| w.replace(replace.as_str(), item)).collect());
        }
    } else {
        let size = count.parse::<usize>().ok().filter(|n| *n > 0).unwrap_or(1000);
        for chunk in items.chunks(size) {
            commands.push(command.iter().chain(chunk).cloned().collect());
        }
        if items.is_empty() && !letters.contains('r') {
            commands.push(command);
        }
    }
    let _ = cx;
    each(commands)
}

/// Whether a quote is opened and not closed on its line.
fn unbalanced(text: &str) -> bool {
    text.lines().any(|line| {
        let mut open = None;
        let mut chars = line.chars();
        while let Some(c) = chars.next() {
            match (open, c) {
                (None, '\\') => {
                    chars.next();
                }
                (None, '\'' | '"') => open = Some(c),
                (Some(quote), c) if quote == c => open = None,
                _ => {}
            }
        }
        open.is_some()
    })
}

/// Words separated by white space, in which quotes and backslashes protect.
fn split_quoted(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            ' ' | '\t' | '\n' => out.extend(word.take()),
            '\\' => word.get_or_insert_default().extend(chars.next()),
            '\'' | '"' => {
                let word = word.get_or_insert_default();
                word.extend(chars.by_ref().take_while(|d| *d != c));
            }
            c => word.get_or_insert_default().push(c),
        }
    }
    out.extend(word);
    out
}

// ---- signals ----

pub(crate) fn kill(cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    let mut signal = Some(Signal::TERM);
    let mut words = args;
    if let Some(flag) = words.first().and_then(|w| w.strip_prefix('-')) {
        if flag == "l" {
            let names: Vec<String> = (1..=31).map(|n| Signal(n).name()).collect();
            cx.line(&names.join(" "));
            return State::End(0);
        }
        let name = if flag == "s" { words.get(1).map_or("", |w| w.as_str()) } else { flag };
        signal = if name == "0" { None } else { Signal::parse(name) };
        if signal.is_none() && name != "0" {
            cx.complain(&format!("bad signal name '{name}'"));
            return State::End(1);
        }
        words = &words[if flag == "s" { 2.min(words.len()) } else { 1 }..];
    }
    let mut status = 0;
    for word in words {
        let result = word.parse::<u32>().map_err(|_| Errno::EINVAL).and_then(|pid| cx.sys.kill(pid, signal));
        if let Err(errno) = result {
            cx.complain(&format!("can't kill pid {word}: {}", errno.message()));
            status = 1;
        }
    }
    State::End(status)
}

/// The processes whose program has this name, or whose words hold it.
fn named(cx: &Cx<'_, '_>, name: &str, full: bool, exact: bool) -> Vec<u32> {
    let space = cx.sys.kernel.space_of(cx.sys.container());
    let me = cx.sys.process().pid;
    let found = cx.sys.kernel.processes.values().filter(|p| {
        let comm = p.argv.first().map_or("", |a| a.rsplit('/').next().unwrap_or(a));
        let fits = if full {
            p.argv.join(" ").contains(name)
        } else if exact {
            comm == name
        } else {
            comm.contains(name)
        };
        fits && p.pid != me && cx.sys.kernel.space_of(p.container) == space
    });
    found.map(|p| p.pid).collect()
}

pub(crate) fn pgrep(cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    let (flags, words) = options(args, "");
    let Some(name) = words.first() else { return cx.usage() };
    let pids = named(cx, name, has(&flags, 'f'), cx.name == "pidof" || has(&flags, 'x'));
    let texts: Vec<String> = pids.iter().map(ToString::to_string).collect();
    if pids.is_empty() {
        return State::End(1);
    }
    let joint = if cx.name == "pidof" { " " } else { "\n" };
    cx.line(&texts.join(joint));
    State::End(0)
}

pub(crate) fn killall(cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    let signal = args.iter().find_map(|a| Signal::parse(a.strip_prefix('-')?)).unwrap_or(Signal::TERM);
    let full = args.iter().any(|a| a == "-f");
    let Some(name) = args.iter().rfind(|a| !a.starts_with('-')) else { return cx.usage() };
    let pids = named(cx, name, full, cx.name == "killall");
    if pids.is_empty() {
        if cx.name == "killall" {
            cx.complain(&format!("{name}: no process killed"));
        }
        return State::End(1);
    }
    for pid in pids {
        let _ = cx.sys.kill(pid, Some(signal));
    }
    State::End(0)
}
