//! `/proc`, as far as scripts look into it: made when it is read.

use crate::fs::{Content, Errno, Kind, Node, NodeRef};
use crate::kernel::Process;
use crate::proc_sys::{self, Found};
use crate::sys::{Stat, Sys};
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

const PLAIN: [&str; 9] =
    ["cpuinfo", "loadavg", "meminfo", "mounts", "stat", "uptime", "version", "cmdline", "filesystems"];
const OF_PROCESS: [&str; 7] = ["cgroup", "cmdline", "comm", "environ", "limits", "stat", "status"];

/// What containerd lets a container's root do: `CAP_CHOWN`, `CAP_KILL`, `CAP_NET_RAW` and eleven others.
pub(crate) const DEFAULT_CAPABILITIES: u64 = 0xa804_25fb;

/// What a path below `/proc` names.
enum Entry<'a> {
    Root,
    SelfLink,
    Plain(&'a str),
    /// Below `/proc/sys`.
    Sys(Found),
    Dir,
    File(&'a Process, &'a str),
    Link(String),
}

fn find<'a>(sys: &'a Sys<'_>, path: &'a str) -> Result<Entry<'a>, Errno> {
    let mut parts = path.trim_start_matches("/proc").split('/').filter(|p| !p.is_empty());
    let Some(first) = parts.next() else { return Ok(Entry::Root) };
    if first == "sys" {
        return Ok(Entry::Sys(proc_sys::find(path)?));
    }
    let second = parts.next();
    if first == "self" && second.is_none() {
        return Ok(Entry::SelfLink);
    }
    if PLAIN.contains(&first) && second.is_none() {
        return Ok(Entry::Plain(first));
    }
    let process = if first == "self" || first == "thread-self" {
        sys.process()
    } else {
        let pid = first.parse().map_err(|_| Errno::ENOENT)?;
        let id = sys.kernel.find(sys.me, pid).ok_or(Errno::ENOENT)?;
        &sys.kernel.processes[&id]
    };
    match (second, parts.next()) {
        (None, _) => Ok(Entry::Dir),
        (Some("exe"), None) => Ok(Entry::Link(format!("/bin/{}", comm(process)))),
        (Some("cwd"), None) => Ok(Entry::Link(process.cwd.clone())),
        (Some("root"), None) => Ok(Entry::Link("/".to_string())),
        (Some(name), None) if OF_PROCESS.contains(&name) => Ok(Entry::File(process, name)),
        _ => Err(Errno::ENOENT),
    }
}

fn comm(process: &Process) -> &str {
    process.argv.first().map_or("", |a| a.rsplit('/').next().unwrap_or(a))
}

/// What root may do in a process' container, a bit for each capability.
fn capabilities(sys: &Sys<'_>, process: &Process) -> u64 {
    let config = sys.kernel.containers.get(&process.container).map(|c| &c.config);
    config.and_then(|config| config.capabilities).unwrap_or(DEFAULT_CAPABILITIES)
}

/// What `stat` says of a path below `/proc`.
pub(crate) fn stat(sys: &Sys<'_>, path: &str, follow: bool) -> Result<Stat, Errno> {
    let kind = match find(sys, path)? {
        Entry::Root | Entry::Dir | Entry::Sys(Found::Dir(_)) => Kind::Dir(BTreeMap::new()),
        Entry::SelfLink if follow => Kind::Dir(BTreeMap::new()),
        Entry::SelfLink => Kind::Link(sys.process().pid.to_string()),
        Entry::Link(_) if follow => Kind::Dir(BTreeMap::new()),
        Entry::Link(target) => Kind::Link(target),
        Entry::Plain(_) | Entry::File(..) | Entry::Sys(Found::Setting(_)) => Kind::File(Content::default()),
    };
    let writable = matches!(find(sys, path)?, Entry::Sys(Found::Setting(_)));
    let mode = match kind {
        Kind::Dir(_) => 0o555,
        _ if writable => 0o644,
        _ => 0o444,
    };
    let node = Node { kind, mode, uid: 0, gid: 0, mtime: sys.kernel.wall(), links: 1, opens: 0 };
    Ok(Stat { node, id: NodeRef { tree: u32::MAX, ino: 0 }, read_only: !(writable && sys.is_privileged()) })
}

/// The names below a directory of `/proc`.
pub(crate) fn list(sys: &Sys<'_>, path: &str) -> Result<Vec<String>, Errno> {
    let mut names: Vec<String> = match find(sys, path)? {
        Entry::Root => {
            let space = sys.kernel.space_of(sys.container());
            let pids = sys.kernel.processes.values().filter(|p| sys.kernel.space_of(p.container) == space);
            pids.map(|p| p.pid.to_string())
                .chain(PLAIN.iter().map(ToString::to_string))
                .chain(["self".to_string(), "sys".to_string()])
                .collect()
        }
        Entry::Sys(Found::Dir(names)) => names,
        Entry::Dir => OF_PROCESS.iter().map(ToString::to_string).collect(),
        _ => return Err(Errno::ENOTDIR),
    };
    names.sort();
    Ok(names)
}

/// The text of a file below `/proc`.
pub(crate) fn read(sys: &Sys<'_>, path: &str) -> Result<Vec<u8>, Errno> {
    let uptime = sys.now().as_secs_f64();
    Ok(match find(sys, path)? {
        Entry::Plain(name) => match name {
            "uptime" => format!("{uptime:.2} {uptime:.2}\n"),
            "loadavg" => "0.00 0.01 0.05 1/100 1\n".to_string(),
            "meminfo" => "MemTotal:       16384000 kB\nMemFree:         8192000 kB\nMemAvailable:   12288000 kB\n".to_string(),
            "version" => "Linux version 6.12.0 (builder@host) #1 SMP\n".to_string(),
            "cpuinfo" => "processor\t: 0\nmodel name\t: simulated\n\nprocessor\t: 1\nmodel name\t: simulated\n".to_string(),
            "mounts" => "overlay / overlay rw 0 0\nproc /proc proc rw 0 0\n".to_string(),
            _ => String::new(),
        }
        .into_bytes(),
        Entry::File(p, name) => match name {
            "comm" => format!("{}\n", comm(p)).into_bytes(),
            "cmdline" => p.argv.iter().flat_map(|a| a.bytes().chain([0])).collect(),
            "environ" => p.env.iter().flat_map(|(n, v)| format!("{n}={v}\0").into_bytes()).collect(),
            "cgroup" => b"0::/\n".to_vec(),
            "status" => format!(
                "Name:\t{}\nState:\tS (sleeping)\nPid:\t{}\nUid:\t{u}\t{u}\t{u}\t{u}\nVmRSS:\t{} kB\nSigIgn:\t{:016x}\nSigCgt:\t{:016x}\nCapInh:\t{:016x}\nCapPrm:\t{has:016x}\nCapEff:\t{has:016x}\nCapBnd:\t{may:016x}\nCapAmb:\t{:016x}\n",
                comm(p),
                p.pid,
                p.rss / 1024,
                p.ignored >> 1,
                p.handled >> 1,
                0,
                0,
                u = p.uid,
                has = if p.uid == 0 { capabilities(sys, p) } else { 0 },
                may = capabilities(sys, p),
            )
            .into_bytes(),
            "stat" => format!("{} ({}) S 0 0 0 0 -1 0\n", p.pid, comm(p)).into_bytes(),
            _ => Vec::new(),
        },
        Entry::Sys(Found::Setting(setting)) => sys.kernel.setting(setting),
        _ => return Err(Errno::EISDIR),
    })
}
