//! `cp`, `mv` and `ln`.

use super::files::{base, join, mkdir, remove_all};
use super::mode::parse_mode;
use super::options::{has, options, value};
use super::{Cx, State};
use crate::fs::{Errno, Kind};
use crate::sys::How;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// Where a source goes: into the target when that is a directory.
pub(crate) fn destination(cx: &Cx<'_, '_>, source: &str, target: &str) -> String {
    if cx.sys.is_dir(target) { join(target, base(source)) } else { target.to_string() }
}

pub(crate) fn copy(
    cx: &mut Cx<'_, '_>,
    from: &str,
    to: &str,
    recursive: bool,
    keep: bool,
    depth: u32,
) -> i32 {
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
        if has(&flags, 's') && cx.name == "cp" {
            if let Err(errno) = cx.sys.make(&to, Kind::Link(from.clone()), 0o777) {
                status = cx.path_error("cannot create symbolic link", "", &to, errno);
            }
            continue;
        }
        status = status.max(copy(cx, from, &to, recursive, keep, 0));
        if has(&flags, 'v') && status == 0 {
            cx.line(&format!("'{from}' -> '{to}'"));
        }
        if let Some(mode) = value(&flags, 'm').and_then(|m| parse_mode(m, 0o755, false)) {
            let _ = cx.sys.set_attributes(&to, true, |n| n.mode = mode);
        }
    }
    State::End(status)
}

pub(crate) fn mv(cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    let (flags, mut files) = options(args, "t");
    let Some(target) = value(&flags, 't').map(ToString::to_string).or_else(|| files.pop()) else {
        return cx.usage();
    };
    if files.is_empty() {
        return cx.usage();
    }
    let mut status = 0;
    for from in &files {
        let to = destination(cx, from, &target);
        if has(&flags, 'n') && cx.sys.exists(&to) {
            continue;
        }
        if from == &to {
            cx.complain(&format!("'{from}' and '{to}' are the same file"));
            status = 1;
            continue;
        }
        match cx.sys.rename(from, &to) {
            Ok(()) if has(&flags, 'v') => {
                let renamed = if cx.gnu { "renamed " } else { "" };
                cx.line(&format!("{renamed}'{from}' -> '{to}'"));
            }
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
        } else if has(&flags, 'v') {
            cx.line(&format!("'{to}' -> '{from}'"));
        }
    }
    State::End(status)
}
