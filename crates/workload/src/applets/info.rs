//! Tools that tell about the process, the host and its users.

use super::list::human;
use super::options::{has, options, value};
use super::{Cx, State};
use crate::exec;
use crate::fs::Errno;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

const USERS: [(&str, u32); 5] =
    [("root", 0), ("daemon", 1), ("www-data", 33), ("nobody", 65_534), ("nogroup", 65_534)];

/// The number of a user's or group's name.
pub(crate) fn user_id(name: &str) -> Option<u32> {
    USERS.iter().find(|(n, _)| *n == name).map(|(_, id)| *id)
}

/// The name of a number, or the number.
pub(crate) fn user_name(id: u32) -> String {
    USERS.iter().find(|(_, i)| *i == id).map_or_else(|| id.to_string(), |(n, _)| n.to_string())
}

pub(crate) fn hostname(cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    let config = &cx.sys.kernel.config;
    let text = match args.first().map(String::as_str) {
        Some("-i" | "-I" | "--ip-address") => config.ip.clone(),
        _ => config.hostname.clone(),
    };
    cx.line(&text);
    State::End(0)
}

pub(crate) fn whoami(cx: &mut Cx<'_, '_>, _: &[String]) -> State {
    let uid = cx.sys.process().uid;
    match USERS.iter().find(|(_, i)| *i == uid) {
        Some((name, _)) => {
            cx.line(name);
            State::End(0)
        }
        None => {
            cx.complain(&format!("unknown uid {uid}"));
            State::End(1)
        }
    }
}

pub(crate) fn id(cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    let (flags, _) = options(args, "");
    let (uid, gid) = (cx.sys.process().uid, cx.sys.process().gid);
    let shown = |id: u32| if has(&flags, 'n') { user_name(id) } else { id.to_string() };
    let text = if has(&flags, 'u') {
        shown(uid)
    } else if has(&flags, 'g') {
        shown(gid)
    } else if has(&flags, 'G') {
        all_groups(cx).into_iter().map(shown).collect::<Vec<_>>().join(" ")
    } else {
        let named =
            |id: u32| USERS.iter().find(|(_, i)| *i == id).map_or(String::new(), |(n, _)| format!("({n})"));
        let groups: Vec<String> =
            all_groups(cx).into_iter().map(|group| format!("{group}{}", named(group))).collect();
        format!("uid={uid}{} gid={gid}{} groups={}", named(uid), named(gid), groups.join(","))
    };
    cx.line(&text);
    State::End(0)
}

/// The groups of a process, in the order in which the kernel keeps them.
fn all_groups(cx: &Cx<'_, '_>) -> Vec<u32> {
    let process = cx.sys.process();
    let container = cx.sys.kernel.containers.get(&process.container);
    let more = container.into_iter().flat_map(|c| &c.config.supplemental_groups);
    let mut groups: Vec<u32> = more.filter_map(|group| u32::try_from(*group).ok()).collect();
    groups.push(process.gid);
    groups.sort_unstable();
    groups.dedup();
    groups
}

pub(crate) fn groups(cx: &mut Cx<'_, '_>, _: &[String]) -> State {
    let text = all_groups(cx).into_iter().map(user_name).collect::<Vec<_>>().join(" ");
    cx.line(&text);
    State::End(0)
}

/// `sysctl [-n] KEY…`, `sysctl -w KEY=VALUE…`
pub(crate) fn sysctl(cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    let (flags, words) = options(args, "");
    let mut code = 0;
    for word in &words {
        let (key, value) = match word.split_once('=') {
            Some((key, value)) => (key, Some(value)),
            None => (word.as_str(), None),
        };
        let path = format!("/proc/sys/{}", key.replace('.', "/"));
        let done = match value {
            Some(value) => cx.sys.write_file(&path, value.as_bytes()).map(|()| value.to_string()),
            None => cx.sys.read_file(&path).map(|value| String::from_utf8_lossy(value.trim_ascii()).into()),
        };
        match done {
            Ok(_) if has(&flags, 'q') && value.is_some() => {}
            Ok(value) if has(&flags, 'n') => cx.line(&value),
            Ok(value) => cx.line(&format!("{key} = {value}")),
            Err(Errno::ENOENT) => {
                cx.complain(&format!("error: '{path}' is an unknown key"));
                code = 1;
            }
            Err(error) => {
                let doing = if value.is_some() { "setting" } else { "reading" };
                cx.complain(&format!("error {doing} key '{key}': {}", error.message()));
                code = 1;
            }
        }
    }
    State::End(code)
}

pub(crate) fn uname(cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    let (flags, _) = options(args, "");
    let host = cx.sys.kernel.config.hostname.clone();
    let all = [
        ('s', "Linux"),
        ('n', host.as_str()),
        ('r', "6.12.0"),
        ('v', "#1 SMP PREEMPT_DYNAMIC"),
        ('m', "x86_64"),
        ('o', "GNU/Linux"),
    ];
    let plain = flags.is_empty();
    let words: Vec<&str> = all
        .iter()
        .filter(|(l, _)| has(&flags, *l) || has(&flags, 'a') || (plain && *l == 's'))
        .map(|(_, w)| *w)
        .collect();
    let text = words.join(" ");
    cx.line(&text);
    State::End(0)
}

pub(crate) fn arch(cx: &mut Cx<'_, '_>, _: &[String]) -> State {
    cx.line("x86_64");
    State::End(0)
}

pub(crate) fn nproc(cx: &mut Cx<'_, '_>, _: &[String]) -> State {
    cx.line("2");
    State::End(0)
}

pub(crate) fn tty(cx: &mut Cx<'_, '_>, _: &[String]) -> State {
    cx.line("not a tty");
    State::End(1)
}

pub(crate) fn pwd(cx: &mut Cx<'_, '_>, _: &[String]) -> State {
    let cwd = cx.sys.process().cwd.clone();
    cx.line(&cwd);
    State::End(0)
}

pub(crate) fn uptime(cx: &mut Cx<'_, '_>, _: &[String]) -> State {
    let seconds = cx.sys.now().as_secs();
    cx.line(&format!(" up {} min,  load average: 0.00, 0.00, 0.00", seconds / 60));
    State::End(0)
}

pub(crate) fn printenv(cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    if args.is_empty() {
        let env = cx.sys.process().env.clone();
        for (name, value) in env.iter() {
            cx.line(&format!("{name}={value}"));
        }
        return State::End(0);
    }
    let mut status = 0;
    for name in args {
        match cx.sys.env(name) {
            Some(value) => cx.line(&value),
            None => status = 1,
        }
    }
    State::End(status)
}

pub(crate) fn which(cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    let path = cx.sys.env("PATH").unwrap_or_default();
    let mut status = 0;
    for name in args.iter().filter(|a| !a.starts_with('-')) {
        match exec::find(cx.sys, &path, name) {
            Ok(found) => cx.line(&found),
            Err(_) => status = 1,
        }
    }
    State::End(status)
}

/// Whom the image of the pause process names as its user.
const PAUSE_USER: u32 = 65_535;

pub(crate) fn ps(cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    let (flags, _) = options(args, "o");
    let space = cx.sys.kernel.space_of(cx.sys.container());
    let mut rows: Vec<(u32, u32, String)> = cx
        .sys
        .kernel
        .processes
        .values()
        .filter(|p| cx.sys.kernel.space_of(p.container) == space)
        .map(|p| (p.pid, p.uid, p.argv.join(" ")))
        .collect();
    if cx.sys.kernel.config.share_process_namespace {
        // The sandbox's own process, which has nothing to do but to be there.
        rows.push((1, PAUSE_USER, "/pause".to_string()));
    }
    rows.sort();
    if let Some(columns) = value(&flags, 'o') {
        let columns: Vec<&str> = columns.split(',').map(|c| c.trim_end_matches('=')).collect();
        for (pid, uid, command) in rows {
            let cells: Vec<String> = columns
                .iter()
                .map(|c| match *c {
                    "pid" => pid.to_string(),
                    "user" => user_name(uid),
                    "comm" => command.split(' ').next().unwrap_or("").to_string(),
                    _ => command.clone(),
                })
                .collect();
            cx.line(&cells.join(" "));
        }
        return State::End(0);
    }
    cx.line("PID   USER     TIME  COMMAND");
    for (pid, uid, command) in rows {
        cx.line(&format!("{pid:5} {:<8}  0:00 {command}", user_name(uid)));
    }
    State::End(0)
}

pub(crate) fn free(cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    let divisor = if args.iter().any(|a| a == "-m") { 1024 } else { 1 };
    cx.line("              total        used        free      shared  buff/cache   available");
    cx.line(&format!(
        "Mem:    {:11} {:11} {:11}           0 {:11} {:11}",
        16_384_000 / divisor,
        4_096_000 / divisor,
        8_192_000 / divisor,
        4_096_000 / divisor,
        12_288_000 / divisor
    ));
    State::End(0)
}

pub(crate) fn df(cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    let (_, paths) = options(args, "");
    cx.line("Filesystem           1K-blocks      Used Available Use% Mounted on");
    let at = paths.first().map_or("/", |p| p.as_str()).to_string();
    let used = cx
        .sys
        .walk(&at, true)
        .ok()
        .and_then(|w| w.node)
        .map_or(0, |n| cx.sys.kernel.trees[n.tree as usize].used);
    cx.line(&format!(
        "overlay               50000000 {:9} {:9}  10% {at}",
        used / 1024 + 5_000_000,
        45_000_000 - used / 1024
    ));
    State::End(0)
}

fn usage(cx: &Cx<'_, '_>, path: &str, depth: u32) -> u64 {
    let Ok(stat) = cx.sys.stat(path, false) else { return 0 };
    let own = stat.node.size().div_ceil(4096) * 4;
    if !stat.is_dir() || depth > 100 {
        return own;
    }
    let names = cx.sys.list(path).unwrap_or_default();
    own + names.iter().map(|n| usage(cx, &super::files::join(path, n), depth + 1)).sum::<u64>()
}

pub(crate) fn du(cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    let (flags, mut paths) = options(args, "d");
    if paths.is_empty() {
        paths.push(".".to_string());
    }
    let mut status = 0;
    for path in &paths {
        if let Err(errno) = cx.sys.stat(path, false) {
            cx.complain(&format!("{path}: {}", errno.message()));
            status = 1;
            continue;
        }
        let kib = usage(cx, path, 0);
        let size = if has(&flags, 'h') {
            human(kib * 1024)
        } else if has(&flags, 'm') {
            kib.div_ceil(1024).to_string()
        } else {
            kib.to_string()
        };
        cx.line(&format!("{size}\t{path}"));
    }
    State::End(status)
}

pub(crate) fn mount(cx: &mut Cx<'_, '_>, _: &[String]) -> State {
    cx.line("overlay on / type overlay (rw,relatime)");
    State::End(0)
}

pub(crate) fn ip(cx: &mut Cx<'_, '_>, _: &[String]) -> State {
    let ip = cx.sys.kernel.config.ip.clone();
    if cx.name == "ifconfig" {
        cx.line(&format!("eth0      Link encap:Ethernet\n          inet addr:{ip}  Mask:255.255.255.0"));
    } else {
        cx.line(&format!("1: lo: <LOOPBACK,UP>\n    inet 127.0.0.1/8 scope host lo\n2: eth0: <BROADCAST,UP>\n    inet {ip}/24 scope global eth0"));
    }
    State::End(0)
}

pub(crate) fn getent(cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    match args {
        [what, name] if what == "hosts" || what.starts_with("ahosts") => super::net::look_up(cx, name),
        [what, name] if what == "passwd" => match user_id(name).or_else(|| name.parse().ok()) {
            Some(id) => {
                cx.line(&format!("{}:x:{id}:{id}::/:/bin/sh", user_name(id)));
                State::End(0)
            }
            None => State::End(2),
        },
        _ => State::End(2),
    }
}
