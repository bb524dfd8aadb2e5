//! Tools that change files.

use super::filter::Filter;
use super::text::{count, has, lines_of, options, value};
use super::{Cx, State};
use crate::fs::{Errno, Kind};
use crate::sys::How;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

/// The mode that `chmod` text makes of an old one; `None` when it is no mode.
pub(crate) fn parse_mode(text: &str, old: u16, is_dir: bool) -> Option<u16> {
    if !text.is_empty() && text.chars().all(|c| c.is_digit(8)) {
        return u16::from_str_radix(text, 8).ok().map(|m| m & 0o7777);
    }
    let mut mode = old;
    for clause in text.split(',') {
        let at = clause.find(['+', '-', '='])?;
        let (who, rest) = clause.split_at(at);
        let mut mask = 0u16;
        for c in who.chars() {
            mask |= match c {
                'u' => 0o4700,
                'g' => 0o2070,
                'o' => 0o1007,
                'a' => 0o7777,
                _ => return None,
            };
        }
        if who.is_empty() {
            mask = 0o7777;
        }
        let mut ops = rest.chars().peekable();
        while let Some(op) = ops.next() {
            let mut bits = 0u16;
            while let Some(c) = ops.next_if(|c| !"+-=".contains(*c)) {
                bits |= match c {
                    'r' => 0o444,
                    'w' => 0o222,
                    'x' => 0o111,
                    'X' if is_dir || old & 0o111 != 0 => 0o111,
                    'X' => 0,
                    's' => 0o6000,
                    't' => 0o1000,
                    'u' => (old >> 6 & 7) * 0o111,
                    'g' => (old >> 3 & 7) * 0o111,
                    'o' => (old & 7) * 0o111,
                    _ => return None,
                };
            }
            match op {
                '+' => mode |= bits & mask,
                '-' => mode &= !(bits & mask),
                '=' => mode = mode & !(mask & 0o777) | bits & mask,
                _ => return None,
            }
        }
    }
    Some(mode)
}

/// `dir/name`, without doubling the slash.
pub(crate) fn join(dir: &str, name: &str) -> String {
    format!("{}/{name}", dir.trim_end_matches('/'))
}

/// The last name of a path.
fn base(path: &str) -> &str {
    path.trim_end_matches('/').rsplit('/').next().unwrap_or(path)
}

impl Cx<'_, '_> {
    /// Complain of a path in the manner of busybox or GNU: the plain form, and GNU's longer one.
    fn path_error(&mut self, gnu: &str, busybox: &str, path: &str, errno: Errno) -> i32 {
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
    let (flags, files) = options(args, "dtrR");
    if files.is_empty() {
        return cx.usage();
    }
    let mut status = 0;
    for path in &files {
        let wall = value(&flags, 'd').and_then(super::clock::parse_date).unwrap_or(cx.sys.kernel.wall());
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
fn remove_all(cx: &mut Cx<'_, '_>, path: &str, depth: u32) -> Result<(), Errno> {
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

/// Where a source goes: into the target when that is a directory.
fn destination(cx: &Cx<'_, '_>, source: &str, target: &str) -> String {
    if cx.sys.is_dir(target) { join(target, base(source)) } else { target.to_string() }
}

fn copy(cx: &mut Cx<'_, '_>, from: &str, to: &str, recursive: bool, keep: bool, depth: u32) -> i32 {
    let stat = match cx.sys.stat(from, !recursive) {
        Ok(stat) => stat,
        Err(errno) => return cx.path_error("cannot stat", "can't stat", from, errno),
    };
    if depth > 200 {
        return cx.path_error("cannot copy", "can't copy", from, Errno::ELOOP);
    }
    let mode = stat.node.mode;
    let result = match &stat.node.kind {
        Kind::Dir(_) if !recursive => {
            let text = if cx.gnu {
                format!("-r not specified; omitting directory '{from}'")
            } else {
                format!("omitting directory '{from}'")
            };
            cx.complain(&text);
            return 1;
        }
        Kind::Dir(_) => {
            // Listed first, so that a copy into itself ends.
            let names = cx.sys.list(from).unwrap_or_default();
            let made = if cx.sys.is_dir(to) { Ok(()) } else { cx.sys.mkdir(to) };
            match made {
                Ok(()) => {
                    return names.iter().fold(0, |status, name| {
                        status.max(copy(cx, &join(from, name), &join(to, name), true, keep, depth + 1))
                    });
                }
                Err(errno) => Err(errno),
            }
        }
        Kind::Link(target) => cx.sys.make(to, Kind::Link(target.clone()), 0o777),
        Kind::Binary(name) => {
            let _ = cx.sys.unlink(to);
            cx.sys.make(to, Kind::Binary(name), mode)
        }
        Kind::File(content) => {
            let same = cx.sys.stat(to, true).is_ok_and(|s| s.id == stat.id);
            if same {
                cx.complain(&format!("'{from}' and '{to}' are the same file"));
                return 1;
            }
            let bytes = content.read_at(0, content.len().min(64 << 20) as usize);
            cx.sys
                .open(from, How::READ)
                .map(|f| cx.sys.kernel.release(f))
                .and_then(|()| cx.sys.write_file(to, &bytes))
        }
        _ => {
            let bytes = cx.sys.read_file(from).unwrap_or_default();
            cx.sys.write_file(to, &bytes)
        }
    };
    match result {
        Ok(()) => {
            let umask = if keep { 0 } else { cx.sys.process().umask };
            let _ = cx.sys.set_attributes(to, false, |n| n.mode = mode & !umask);
            0
        }
        Err(errno) => cx.path_error("cannot create regular file", "can't create", to, errno),
    }
}

pub(crate) fn cp(cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    let (flags, mut files) = options(args, if cx.name == "install" { "mogt" } else { "t" });
    if cx.name == "install" && has(&flags, 'd') {
        let args: Vec<String> = ["-p".to_string()].into_iter().chain(files).collect();
        return mkdir(cx, &args);
    }
    let Some(target) = value(&flags, 't').map(ToString::to_string).or_else(|| files.pop()) else {
        return cx.usage();
    };
    if files.is_empty() {
        return cx.usage();
    }
    if files.len() > 1 && !cx.sys.is_dir(&target) {
        cx.complain(&format!("target '{target}' is not a directory"));
        return State::End(1);
    }
    let recursive = "rRa".chars().any(|l| has(&flags, l));
    let keep = has(&flags, 'p') || has(&flags, 'a');
    let mut status = 0;
    for from in &files {
        let to = destination(cx, from, &target);
        if has(&flags, 'n') && cx.sys.exists(&to) {
            continue;
        }
        status = status.max(copy(cx, from, &to, recursive, keep, 0));
        if let Some(mode) = value(&flags, 'm').and_then(|m| parse_mode(m, 0o755, false)) {
            let _ = cx.sys.set_attributes(&to, true, |n| n.mode = mode);
        }
    }
    State::End(status)
}

pub(crate) fn mv(cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    let (flags, mut files) = options(args, "");
    let Some(target) = files.pop() else { return cx.usage() };
    let mut status = 0;
    for from in &files {
        let to = destination(cx, from, &target);
        if has(&flags, 'n') && cx.sys.exists(&to) {
            continue;
        }
        match cx.sys.rename(from, &to) {
            Ok(()) => {}
            // Another file system: copy and remove.
            Err(Errno::EXDEV) => {
                let copied = copy(cx, from, &to, true, true, 0);
                status = status.max(copied);
                if copied == 0 {
                    let _ = remove_all(cx, from, 0);
                }
            }
            Err(Errno::ENOENT) if cx.sys.stat(from, false).is_err() => {
                status = cx.path_error("cannot stat", "can't rename", from, Errno::ENOENT);
            }
            Err(errno) => status = cx.path_error("cannot move", "can't rename", from, errno),
        }
    }
    State::End(status)
}

pub(crate) fn ln(cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    let (flags, mut files) = options(args, "");
    let symbolic = has(&flags, 's');
    let Some(target) =
        (if files.len() > 1 { files.pop() } else { files.first().map(|f| base(f).to_string()) })
    else {
        return cx.usage();
    };
    let mut status = 0;
    for from in &files {
        let link_is_dir = cx.sys.is_dir(&target)
            && !(has(&flags, 'n') && cx.sys.stat(&target, false).is_ok_and(|s| s.is_link()));
        let to = if link_is_dir { join(&target, base(from)) } else { target.clone() };
        if has(&flags, 'f') {
            let _ = cx.sys.unlink(&to);
        }
        let made = if symbolic {
            cx.sys.make(&to, Kind::Link(from.clone()), 0o777)
        } else {
            cx.sys.hard_link(from, &to)
        };
        if let Err(errno) = made {
            let what = if symbolic { "failed to create symbolic link" } else { "failed to create hard link" };
            status = cx.path_error(what, "", &to, errno);
        }
    }
    State::End(status)
}

/// A path and, when asked, everything below it.
fn with_children(cx: &Cx<'_, '_>, path: &str, recursive: bool, depth: u32, out: &mut Vec<String>) {
    out.push(path.to_string());
    let is_dir = cx.sys.stat(path, false).is_ok_and(|s| s.is_dir());
    if recursive && is_dir && depth < 200 {
        for name in cx.sys.list(path).unwrap_or_default() {
            with_children(cx, &join(path, &name), recursive, depth + 1, out);
        }
    }
}

pub(crate) fn chmod(cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    // `-x` is a mode, not a flag.
    let is_flag =
        |a: &&String| a.starts_with('-') && a[1..].chars().all(|c| "Rvcf".contains(c)) && a.len() > 1;
    let recursive = args.iter().take_while(is_flag).any(|a| a.contains('R'));
    let words: Vec<&String> = args.iter().skip_while(is_flag).filter(|a| a.as_str() != "-R").collect();
    let [mode, files @ ..] = &words[..] else { return cx.usage() };
    if files.is_empty() {
        return cx.usage();
    }
    if parse_mode(mode, 0, false).is_none() {
        cx.complain(&format!("invalid mode: '{mode}'"));
        return State::End(1);
    }
    let mut status = 0;
    for file in files {
        let mut all = Vec::new();
        with_children(cx, file, recursive, 0, &mut all);
        for path in all {
            let result = cx.sys.set_attributes(&path, true, |n| {
                n.mode = parse_mode(mode, n.mode, n.is_dir()).unwrap_or(n.mode);
            });
            if let Err(errno) = result {
                status = cx.path_error(
                    if errno == Errno::ENOENT { "cannot access" } else { "changing permissions of" },
                    "",
                    &path,
                    errno,
                );
            }
        }
    }
    State::End(status)
}

pub(crate) fn chown(cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    let (flags, words) = options(args, "");
    let [owner, files @ ..] = &words[..] else { return cx.usage() };
    let (user, group) = match cx.name {
        "chgrp" => ("", owner.as_str()),
        _ => owner.split_once([':', '.']).unwrap_or((owner, "")),
    };
    let id = |name: &str| -> Result<Option<u32>, ()> {
        if name.is_empty() {
            return Ok(None);
        }
        if let Ok(n) = name.parse() {
            return Ok(Some(n));
        }
        super::info::user_id(name).map(Some).ok_or(())
    };
    let (Ok(uid), Ok(gid)) = (id(user), id(group)) else {
        let message =
            if cx.gnu { format!("invalid user: '{owner}'") } else { format!("unknown user {user}") };
        cx.complain(&message);
        return State::End(1);
    };
    let mut status = 0;
    let root = cx.sys.process().uid == 0;
    for file in files {
        let mut all = Vec::new();
        with_children(cx, file, has(&flags, 'R'), 0, &mut all);
        for path in all {
            let result = if root {
                cx.sys.set_attributes(&path, true, |n| {
                    n.uid = uid.unwrap_or(n.uid);
                    n.gid = gid.unwrap_or(n.gid);
                })
            } else {
                Err(cx.sys.stat(&path, true).map_or_else(|e| e, |_| Errno::EPERM))
            };
            if let Err(errno) = result {
                status = cx.path_error(
                    if errno == Errno::ENOENT { "cannot access" } else { "changing ownership of" },
                    "",
                    &path,
                    errno,
                );
            }
        }
    }
    State::End(status)
}

pub(crate) fn stat(cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    let (flags, files) = options(args, "c");
    let format = value(&flags, 'c')
        .unwrap_or("  File: %n\n  Size: %s\nAccess: (%a/%A)  Uid: (%u)   Gid: (%g)")
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
            if c == '\\' {
                chars.next();
                out.push('\n');
                continue;
            }
            if c != '%' {
                out.push(c);
                continue;
            }
            let user = |id: u32| super::info::user_name(id);
            out.push_str(&match chars.next() {
                Some('n') => path.clone(),
                Some('N') => format!("'{path}'"),
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
    let (flags, files) = options(args, "p");
    let template = files.first().cloned().unwrap_or_else(|| "/tmp/tmp.XXXXXX".to_string());
    let template = match value(&flags, 'p') {
        Some(dir) => join(dir, &template),
        None => template,
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
    let Some(size) = value(&flags, 's').or(value(&flags, 'l')).and_then(count) else { return cx.usage() };
    let mut status = 0;
    for path in &files {
        let wall = cx.sys.kernel.wall();
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

pub(crate) fn dd(cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    let get = |name: &str| args.iter().rev().find_map(|a| a.strip_prefix(name)?.strip_prefix('='));
    let block = get("bs").and_then(count).unwrap_or(512);
    let blocks = get("count").and_then(count);
    let seek = get("seek").and_then(count).unwrap_or(0) * block;
    let input = get("if").unwrap_or("/dev/stdin").to_string();
    let Some(output) = get("of").map(ToString::to_string) else {
        return Filter::collect(&[input], vec![], |cx, _, data| {
            cx.print(data.first().map_or(&[][..], |(_, b)| b));
            State::End(0)
        });
    };
    let endless = cx
        .sys
        .walk(&input, true)
        .ok()
        .and_then(|w| w.node)
        .is_some_and(|n| matches!(cx.sys.node(n).kind, Kind::Device(_)));
    let total = match (blocks, endless) {
        (Some(n), _) => n.saturating_mul(block),
        (None, true) => 1 << 50,
        (None, false) => cx.sys.stat(&input, true).map_or(0, |s| s.node.size()),
    };
    let file = match cx.sys.open(&output, if get("conv") == Some("notrunc") { How::BOTH } else { How::WRITE })
    {
        Ok(file) => file,
        Err(errno) => return State::End(cx.path_error("failed to open", "can't open", &output, errno)),
    };
    let target = cx.sys.kernel.files[&file].target.clone();
    cx.sys.kernel.release(file);
    let wall = cx.sys.kernel.wall();
    let mut done = total;
    if let crate::kernel::Target::Node(n) = target {
        let result = if endless {
            // Zeros (random bytes count as such) cost nothing to hold.
            let tree = &mut cx.sys.kernel.trees[n.tree as usize];
            let room = tree.capacity.saturating_sub(tree.used);
            done = total.min(room);
            let fits = tree.truncate(n.ino, seek + done, wall);
            if done < total { Err(Errno::ENOSPC) } else { fits }
        } else {
            let mut bytes = cx.sys.read_file(&input).unwrap_or_default();
            bytes.truncate(total as usize);
            done = bytes.len() as u64;
            cx.sys.kernel.trees[n.tree as usize].write(n.ino, seek, &bytes, wall)
        };
        if let Err(errno) = result {
            cx.path_error("error writing", "error writing", &output, errno);
            return State::End(1);
        }
    }
    let n = done / block.max(1);
    cx.error(&format!("{n}+0 records in\n{n}+0 records out"));
    State::End(0)
}

pub(crate) fn cmp(cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    let (flags, files) = options(args, "n");
    if files.is_empty() {
        return cx.usage();
    }
    let quiet = if has(&flags, 's') { "s" } else { "" };
    let mut files = files;
    if files.len() == 1 {
        files.push("-".to_string());
    }
    Filter::with_failure_collect(&files, vec![quiet.to_string()], 2, |cx, args, data| {
        let [(a, x), (b, y)] = &data[..] else { return State::End(2) };
        if x == y {
            return State::End(0);
        }
        if args[0].is_empty() {
            match x.iter().zip(y).position(|(p, q)| p != q) {
                Some(at) => {
                    let line = x[..at].iter().filter(|c| **c == b'\n').count() + 1;
                    let unit = if cx.gnu { "byte" } else { "char" };
                    cx.line(&format!("{a} {b} differ: {unit} {}, line {line}", at + 1));
                }
                None => {
                    let short = if x.len() < y.len() { a } else { b };
                    cx.error(&format!("cmp: EOF on {short}"));
                }
            }
        }
        State::End(1)
    })
}

pub(crate) fn diff(cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    let (flags, files) = options(args, "U");
    if files.len() != 2 {
        return cx.usage();
    }
    let letters: String = flags.iter().map(|(l, _)| *l).collect();
    Filter::with_failure_collect(&files, vec![letters], 2, |cx, args, data| {
        let [(a, x), (b, y)] = &data[..] else { return State::End(2) };
        if x == y {
            return State::End(0);
        }
        if args[0].contains('q') {
            cx.line(&format!("Files {a} and {b} differ"));
            return State::End(1);
        }
        let unified = args[0].contains('u') || args[0].contains('U') || !cx.gnu;
        let out = difference(&lines_of(x), &lines_of(y), unified, a, b);
        cx.print(out);
        State::End(1)
    })
}

/// The hunks of `diff -u`: what changed with three lines around it; changes that are close share a hunk.
fn unified_hunks(ops: &[(char, usize, usize)], x: &[String], y: &[String]) -> String {
    const CONTEXT: usize = 3;
    let mut out = String::new();
    let mut at = 0;
    while let Some(first) = (at..ops.len()).find(|k| ops[*k].0 != ' ') {
        let start = first.saturating_sub(CONTEXT).max(at);
        let mut last = first;
        while let Some(next) = (last + 1..ops.len().min(last + 2 + 2 * CONTEXT)).find(|k| ops[*k].0 != ' ') {
            last = next;
        }
        let end = ops.len().min(last + 1 + CONTEXT);
        let hunk = &ops[start..end];
        let range = |from: usize, without: char| {
            let n = hunk.iter().filter(|o| o.0 != without).count();
            let line = if n == 0 { from } else { from + 1 };
            if n == 1 { line.to_string() } else { format!("{line},{n}") }
        };
        let (old, new) = (range(hunk[0].1, '+'), range(hunk[0].2, '-'));
        out.push_str(&format!("@@ -{old} +{new} @@\n"));
        for (op, i, j) in hunk {
            out.push_str(&format!("{op}{}\n", if *op == '+' { &y[*j] } else { &x[*i] }));
        }
        at = end;
    }
    out
}

/// The lines that differ: in hunks with context for `-u`, without otherwise.
fn difference(x: &[String], y: &[String], unified: bool, a: &str, b: &str) -> String {
    // The longest common subsequence; inputs beyond this size are shown as replaced.
    let small = x.len() * y.len() <= 1_000_000;
    let mut table = vec![vec![0u32; y.len() + 1]; if small { x.len() + 1 } else { 0 }];
    if small {
        for i in (0..x.len()).rev() {
            for j in (0..y.len()).rev() {
                table[i][j] =
                    if x[i] == y[j] { table[i + 1][j + 1] + 1 } else { table[i + 1][j].max(table[i][j + 1]) };
            }
        }
    }
    let mut ops: Vec<(char, usize, usize)> = Vec::new();
    let (mut i, mut j) = (0, 0);
    while i < x.len() || j < y.len() {
        if small && i < x.len() && j < y.len() && x[i] == y[j] {
            ops.push((' ', i, j));
            i += 1;
            j += 1;
        } else if i < x.len() && (j == y.len() || !small || table[i + 1][j] >= table[i][j + 1]) {
            ops.push(('-', i, j));
            i += 1;
        } else {
            ops.push(('+', i, j));
            j += 1;
        }
    }
    let mut out = String::new();
    if unified {
        return format!("--- {a}\n+++ {b}\n{}", unified_hunks(&ops, x, y));
    }
    let mut at = 0;
    while at < ops.len() {
        if ops[at].0 == ' ' {
            at += 1;
            continue;
        }
        let end = (at..ops.len()).find(|k| ops[*k].0 == ' ').unwrap_or(ops.len());
        let hunk = &ops[at..end];
        let (i, j) = (hunk[0].1, hunk[0].2);
        let gone = hunk.iter().filter(|o| o.0 == '-').count();
        let new = hunk.len() - gone;
        let range = |from: usize, n: usize| {
            if n > 1 { format!("{},{}", from + 1, from + n) } else { (from + 1).to_string() }
        };
        let header = match (gone, new) {
            (0, n) => format!("{i}a{}", range(j, n)),
            (n, 0) => format!("{}d{j}", range(i, n)),
            (n, m) => format!("{}c{}", range(i, n), range(j, m)),
        };
        out.push_str(&header);
        out.push('\n');
        for k in 0..gone {
            out.push_str(&format!("< {}\n", x[i + k]));
        }
        if gone > 0 && new > 0 {
            out.push_str("---\n");
        }
        for k in 0..new {
            out.push_str(&format!("> {}\n", y[j + k]));
        }
        at = end;
    }
    out
}
