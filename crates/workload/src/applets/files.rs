//! Tools that change files.

use super::mode::parse_mode;
use super::options::{count, has, options, value};
use super::{Cx, State};
use crate::fs::{Errno, Kind};
use crate::sys::How;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// `dir/name`, without doubling the slash.
pub(crate) fn join(dir: &str, name: &str) -> String {
    format!("{}/{name}", dir.trim_end_matches('/'))
}

/// The last name of a path.
pub(crate) fn base(path: &str) -> &str {
    path.trim_end_matches('/').rsplit('/').next().unwrap_or(path)
}

impl Cx<'_, '_> {
    /// Complain of a path in the manner of busybox or GNU: the plain form, and GNU's longer one.
    pub(crate) fn path_error(&mut self, gnu: &str, busybox: &str, path: &str, errno: Errno) -> i32 {
        let line = match (self.gnu, busybox) {
            (true, _) => format!("{gnu} '{path}': {}", errno.message()),
            (false, "") => format!("{path}: {}", errno.message()),
            (false, busybox) => format!("{busybox} '{path}': {}", errno.message()),
        };
        self.complain(&line);
        1
    }
}

pub(crate) fn touch(cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    let (flags, files) = options(args, "dtr");
    if files.is_empty() {
        return cx.usage();
    }
    let mut status = 0;
    for path in &files {
        let wall = match (value(&flags, 'd').map(|d| (d, super::clock::parse_date(d))), value(&flags, 'r')) {
            (Some((text, None)), _) => {
                cx.complain(&if cx.gnu {
                    format!("invalid date format '{text}'")
                } else {
                    format!("invalid date '{text}'")
                });
                return State::End(1);
            }
            (Some((_, Some(wall))), _) => wall,
            (None, Some(reference)) => match cx.sys.stat(reference, true) {
                Ok(stat) => stat.node.mtime,
                Err(errno) => {
                    return State::End(cx.path_error("failed to get attributes of", "", reference, errno));
                }
            },
            (None, None) => cx.sys.kernel.wall(),
        };
        if cx.sys.exists(path) {
            if let Err(errno) = cx.sys.set_attributes(path, true, |n| n.mtime = wall) {
                status = cx.path_error("cannot touch", "", path, errno);
            }
            continue;
        }
        if has(&flags, 'c') {
            continue;
        }
        match cx.sys.open(path, How::APPEND) {
            Ok(file) => {
                cx.sys.kernel.release(file);
                let _ = cx.sys.set_attributes(path, true, |n| n.mtime = wall);
            }
            Err(errno) => status = cx.path_error("cannot touch", "", path, errno),
        }
    }
    State::End(status)
}

/// Remove a path with all that is below it.
pub(crate) fn remove_all(cx: &mut Cx<'_, '_>, path: &str, depth: u32) -> Result<(), Errno> {
    let stat = cx.sys.stat(path, false)?;
    if !stat.is_dir() {
        return cx.sys.unlink(path);
    }
    if depth > 200 {
        return Err(Errno::ELOOP);
    }
    for name in cx.sys.list(path)? {
        remove_all(cx, &join(path, &name), depth + 1)?;
    }
    cx.sys.rmdir(path)
}

pub(crate) fn rm(cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    let (flags, files) = options(args, "");
    let force = has(&flags, 'f');
    let recursive = has(&flags, 'r') || has(&flags, 'R');
    if files.is_empty() {
        return if force { State::End(0) } else { cx.usage() };
    }
    let mut status = 0;
    for path in &files {
        if matches!(base(path), "." | "..") {
            cx.complain(&format!("refusing to remove '.' or '..' directory: skipping '{path}'"));
            status = 1;
            continue;
        }
        let is_dir = cx.sys.stat(path, false).is_ok_and(|s| s.is_dir());
        if is_dir && !recursive {
            status = 1;
            if cx.gnu {
                cx.complain(&format!("cannot remove '{path}': Is a directory"));
            } else {
                cx.complain(&format!("'{path}' is a directory"));
            }
            continue;
        }
        match remove_all(cx, path, 0) {
            Err(Errno::ENOENT | Errno::ENOTDIR) if force => {}
            Err(errno) => status = cx.path_error("cannot remove", "can't remove", path, errno),
            Ok(()) if has(&flags, 'v') => cx.line(&format!("removed '{path}'")),
            Ok(()) => {}
        }
    }
    State::End(status)
}

pub(crate) fn mkdir(cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    let (flags, files) = options(args, "m");
    if files.is_empty() {
        return cx.usage();
    }
    let mode = value(&flags, 'm').and_then(|m| parse_mode(m, 0o777, true));
    let mut status = 0;
    for path in &files {
        if has(&flags, 'p') {
            let mut at = if path.starts_with('/') { "/".to_string() } else { String::new() };
            for name in path.split('/').filter(|n| !n.is_empty()) {
                at = if at.is_empty() { name.to_string() } else { join(&at, name) };
                if cx.sys.is_dir(&at) {
                    continue;
                }
                if let Err(errno) = cx.sys.mkdir(&at) {
                    status = cx.path_error("cannot create directory", "can't create directory", path, errno);
                    break;
                }
            }
        } else if let Err(errno) = cx.sys.mkdir(path) {
            status = cx.path_error("cannot create directory", "can't create directory", path, errno);
        }
        if let Some(mode) = mode {
            let _ = cx.sys.set_attributes(path, true, |n| n.mode = mode);
        }
    }
    State::End(status)
}

pub(crate) fn rmdir(cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    let (_, files) = options(args, "");
    let mut status = 0;
    for path in &files {
        if let Err(errno) = cx.sys.rmdir(path) {
            status = cx.path_error("failed to remove", "", path, errno);
        }
    }
    State::End(status)
}

pub(crate) fn stat(cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    let (flags, files) = options(args, "c");
    let format = value(&flags, 'c')
        .unwrap_or(
            "  File: %n
  Size: %s	%F
Access: (%a/%A)  Uid: (%u)   Gid: (%g)
Modify: %y",
        )
        .to_string();
    let mut status = 0;
    for path in &files {
        let stat = match cx.sys.stat(path, has(&flags, 'L')) {
            Ok(stat) => stat,
            Err(errno) => {
                status = cx.path_error("cannot statx", "can't stat", path, errno);
                continue;
            }
        };
        let mut out = String::new();
        let mut chars = format.chars();
        while let Some(c) = chars.next() {
            if c != '%' {
                out.push(c);
                continue;
            }
            let user = |id: u32| super::info::user_name(id);
            out.push_str(&match chars.next() {
                Some('n') => path.clone(),
                Some('N') => match &stat.node.kind {
                    Kind::Link(target) => format!("'{path}' -> '{target}'"),
                    _ if cx.gnu => format!("'{path}'"),
                    _ => path.clone(),
                },
                Some('f') => format!("{:x}", u32::from(stat.node.mode) | kind_bits(&stat.node.kind)),
                Some('b') => (stat.node.size().div_ceil(4096) * 8).to_string(),
                Some('B') => "512".to_string(),
                Some('o') => "4096".to_string(),
                Some('x' | 'y' | 'z') => {
                    let time = super::clock::civil(stat.node.mtime);
                    super::clock::format_time("%Y-%m-%d %H:%M:%S.000000000 +0000", &time)
                }
                Some('s') => stat.node.size().to_string(),
                Some('a') => format!("{:o}", stat.node.mode),
                Some('A') => super::list::mode_text(&stat.node),
                Some('u') => stat.node.uid.to_string(),
                Some('g') => stat.node.gid.to_string(),
                Some('U') => user(stat.node.uid),
                Some('G') => user(stat.node.gid),
                Some('h') => stat.node.links.to_string(),
                Some('i') => (stat.id.ino + 1).to_string(),
                Some('Y' | 'X' | 'Z') => (stat.node.mtime / 1_000_000).to_string(),
                Some('F') => match &stat.node.kind {
                    Kind::Dir(_) => "directory",
                    Kind::Link(_) => "symbolic link",
                    Kind::Device(_) => "character special file",
                    Kind::Fifo(_) => "fifo",
                    _ if stat.node.size() == 0 => "regular empty file",
                    _ => "regular file",
                }
                .to_string(),
                Some('%') => "%".to_string(),
                Some(other) => format!("%{other}"),
                None => String::new(),
            });
        }
        cx.line(&out);
    }
    State::End(status)
}

/// The bits of a mode that say what a file is, as `stat(2)` gives them.
fn kind_bits(kind: &Kind) -> u32 {
    match kind {
        Kind::Dir(_) => 0o040_000,
        Kind::Link(_) => 0o120_000,
        Kind::Device(_) => 0o020_000,
        Kind::Fifo(_) => 0o010_000,
        _ => 0o100_000,
    }
}

pub(crate) fn readlink(cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    let (flags, files) = options(args, "");
    let canonical = has(&flags, 'f') || has(&flags, 'e') || has(&flags, 'm') || cx.name == "realpath";
    if files.is_empty() {
        return cx.usage();
    }
    let mut status = 0;
    for path in &files {
        let found = if canonical {
            cx.sys.walk(path, true).and_then(|w| match (w.node, cx.name) {
                (None, "realpath") if !cx.gnu => Err(Errno::ENOENT),
                _ => Ok(w.path),
            })
        } else {
            cx.sys.read_link(path)
        };
        match found {
            Ok(text) if has(&flags, 'n') => cx.print(text),
            Ok(text) => cx.line(&text),
            Err(errno) => {
                status = 1;
                if cx.name == "realpath" {
                    cx.complain(&format!("{path}: {}", errno.message()));
                }
            }
        }
    }
    State::End(status)
}

pub(crate) fn mktemp(cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    let suffix = args.iter().find_map(|a| a.strip_prefix("--suffix=")).unwrap_or("").to_string();
    let args: Vec<String> = args.iter().filter(|a| !a.starts_with("--suffix=")).cloned().collect();
    let (flags, files) = options(&args, "p");
    let tmp = cx.sys.env("TMPDIR").filter(|dir| !dir.is_empty()).unwrap_or_else(|| "/tmp".to_string());
    let dir = value(&flags, 'p').map(ToString::to_string);
    let template = match files.first() {
        Some(template) if has(&flags, 't') => join(&dir.unwrap_or(tmp), template),
        Some(template) => dir.map_or_else(|| template.clone(), |dir| join(&dir, template)),
        None => join(&dir.unwrap_or(tmp), if cx.gnu { "tmp.XXXXXXXXXX" } else { "tmp.XXXXXX" }),
    };
    let xs = template.len() - template.trim_end_matches('X').len();
    if xs < 3 && cx.gnu || xs == 0 {
        cx.complain(&format!("too few X's in template '{template}'"));
        return State::End(1);
    }
    let letters = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    let mut path = template[..template.len() - xs].to_string();
    for _ in 0..xs {
        path.push(char::from(letters[(cx.sys.kernel.random() % letters.len() as u64) as usize]));
    }
    path.push_str(&suffix);
    let (kind, mode) = if has(&flags, 'd') {
        (Kind::Dir(Default::default()), 0o700)
    } else {
        (Kind::File(Default::default()), 0o600)
    };
    match cx.sys.make(&path, kind, mode) {
        Ok(()) => {
            cx.line(&path);
            State::End(0)
        }
        Err(errno) => State::End(cx.path_error("failed to create file via template", "", &template, errno)),
    }
}

pub(crate) fn mkfifo(cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    let (_, files) = options(args, "m");
    let mut status = 0;
    for path in &files {
        let mode = 0o666 & !cx.sys.process().umask;
        if let Err(errno) = cx.sys.make(path, Kind::Fifo(None), mode) {
            status = cx.path_error("cannot create fifo", "", path, errno);
        }
    }
    State::End(status)
}

pub(crate) fn truncate(cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    let (flags, files) = options(args, "slo");
    let text = value(&flags, 's').or(value(&flags, 'l')).unwrap_or("").to_string();
    let (sign, digits) = match text.strip_prefix(['+', '-']) {
        Some(rest) => (text.chars().next(), rest),
        None => (None, text.as_str()),
    };
    let Some(size) = count(digits) else { return cx.usage() };
    let mut status = 0;
    for path in &files {
        let wall = cx.sys.kernel.wall();
        if has(&flags, 'c') && !cx.sys.exists(path) {
            continue;
        }
        let now = cx.sys.stat(path, true).map_or(0, |stat| stat.node.size());
        let size = match sign {
            Some('+') => now.saturating_add(size),
            Some(_) => now.saturating_sub(size),
            None => size,
        };
        let result = cx.sys.open(path, How::APPEND).and_then(|file| {
            let target = cx.sys.kernel.files[&file].target.clone();
            cx.sys.kernel.release(file);
            match target {
                crate::kernel::Target::Node(n) => {
                    cx.sys.kernel.trees[n.tree as usize].truncate(n.ino, size, wall)
                }
                _ => Ok(()),
            }
        });
        if let Err(errno) = result {
            status = cx.path_error("cannot open", "", path, errno);
        }
    }
    State::End(status)
}
