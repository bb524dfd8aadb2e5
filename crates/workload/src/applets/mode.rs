//! `chmod` and `chown`.

use super::files::join;
use super::options::{has, options};
use super::{Cx, State};
use crate::fs::Errno;
use alloc::format;
use alloc::string::{String, ToString};
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

/// A path and, when asked, everything below it.
pub(crate) fn with_children(cx: &Cx<'_, '_>, path: &str, recursive: bool, depth: u32, out: &mut Vec<String>) {
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
