//! `ls`.

use super::clock::{civil, format_time};
use super::files::join;
use super::info::user_name;
use super::options::{has, options};
use super::{Cx, State};
use crate::fs::{Kind, Node};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// `drwxr-xr-x`.
pub(crate) fn mode_text(node: &Node) -> String {
    let mut out = String::new();
    out.push(match node.kind {
        Kind::Dir(_) => 'd',
        Kind::Link(_) => 'l',
        Kind::Device(_) => 'c',
        Kind::Fifo(_) => 'p',
        _ => '-',
    });
    out + &permissions(node.mode)
}

/// `rwxr-x---`.
pub(crate) fn permissions(mode: u16) -> String {
    let mut out = String::new();
    for (shift, special, set) in [(6, 0o4000, 's'), (3, 0o2000, 's'), (0, 0o1000, 't')] {
        let bits = mode >> shift;
        out.push(if bits & 4 != 0 { 'r' } else { '-' });
        out.push(if bits & 2 != 0 { 'w' } else { '-' });
        out.push(match (bits & 1 != 0, mode & special != 0) {
            (true, true) => set,
            (false, true) => set.to_ascii_uppercase(),
            (true, false) => 'x',
            (false, false) => '-',
        });
    }
    out
}

/// A size as `-h` shows it.
pub(crate) fn human(bytes: u64) -> String {
    let mut size = bytes as f64;
    for unit in ["", "K", "M", "G", "T"] {
        if size < 1024.0 || unit == "T" {
            return if unit.is_empty() || size >= 10.0 {
                format!("{size:.0}{unit}")
            } else {
                format!("{size:.1}{unit}")
            };
        }
        size /= 1024.0;
    }
    String::new()
}

pub(crate) fn ls(cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    let (flags, mut paths) = options(args, "");
    if paths.is_empty() {
        paths.push(".".to_string());
    }
    let mut status = 0;
    let mut files: Vec<(String, Node)> = Vec::new();
    let mut dirs: Vec<String> = Vec::new();
    for path in &paths {
        match cx
            .sys
            .stat(path, !has(&flags, 'l') || path.ends_with('/'))
            .or_else(|_| cx.sys.stat(path, false))
        {
            Ok(stat) if stat.is_dir() && !has(&flags, 'd') => dirs.push(path.clone()),
            Ok(stat) => files.push((path.clone(), stat.node)),
            Err(errno) => {
                status = if cx.gnu { 2 } else { 1 };
                let text = if cx.gnu {
                    format!("cannot access '{path}': {}", errno.message())
                } else {
                    format!("{path}: {}", errno.message())
                };
                cx.complain(&text);
            }
        }
    }
    show(cx, &flags, &mut files, "");
    dirs.sort();
    let titled = paths.len() > 1 || has(&flags, 'R');
    let mut first = files.is_empty();
    while !dirs.is_empty() {
        let dir = dirs.remove(0);
        if titled {
            let gap = if first { "" } else { "\n" };
            cx.print(format!("{gap}{dir}:\n"));
        }
        first = false;
        let names = match cx.sys.list(&dir) {
            Ok(names) => names,
            Err(errno) => {
                status = if cx.gnu { 2 } else { 1 };
                let text = if cx.gnu {
                    format!("cannot open directory '{dir}': {}", errno.message())
                } else {
                    format!("can't open '{dir}': {}", errno.message())
                };
                cx.complain(&text);
                continue;
            }
        };
        let mut entries: Vec<(String, Node)> = Vec::new();
        if has(&flags, 'a') {
            for name in [".", ".."] {
                if let Ok(stat) = cx.sys.stat(&join(&dir, name), true) {
                    entries.push((name.to_string(), stat.node));
                }
            }
        }
        for name in names.into_iter().filter(|n| !n.starts_with('.') || has(&flags, 'a') || has(&flags, 'A'))
        {
            if let Ok(stat) = cx.sys.stat(&join(&dir, &name), false) {
                entries.push((name, stat.node));
            }
        }
        if has(&flags, 'l') {
            let blocks: u64 = entries.iter().map(|(_, n)| n.size().div_ceil(4096) * 4).sum();
            cx.line(&format!("total {blocks}"));
        }
        show(cx, &flags, &mut entries, &dir);
        if has(&flags, 'R') {
            let below: Vec<String> = entries
                .iter()
                .filter(|(n, node)| node.is_dir() && n != "." && n != "..")
                .map(|(n, _)| join(&dir, n))
                .collect();
            dirs.splice(0..0, below);
        }
    }
    State::End(status)
}

fn show(cx: &mut Cx<'_, '_>, flags: &[(char, String)], entries: &mut [(String, Node)], dir: &str) {
    if has(flags, 't') {
        entries.sort_by(|a, b| b.1.mtime.cmp(&a.1.mtime).then(a.0.cmp(&b.0)));
    } else if has(flags, 'S') {
        entries.sort_by(|a, b| b.1.size().cmp(&a.1.size()).then(a.0.cmp(&b.0)));
    } else {
        entries.sort_by(|a, b| a.0.cmp(&b.0));
    }
    if has(flags, 'r') {
        entries.reverse();
    }
    for (name, node) in entries.iter() {
        let mut out = String::new();
        if has(flags, 'i') {
            out.push_str("1 ");
        }
        if has(flags, 'l') {
            let time = format_time("%b %e %H:%M", &civil(node.mtime));
            let size = if has(flags, 'h') { human(node.size()) } else { node.size().to_string() };
            let (user, group) = if has(flags, 'n') {
                (node.uid.to_string(), node.gid.to_string())
            } else {
                (user_name(node.uid), user_name(node.gid))
            };
            let links = if node.is_dir() { 2 } else { node.links };
            out.push_str(&format!("{} {links:4} {user:<8} {group:<8} {size:>9} {time} ", mode_text(node)));
        }
        out.push_str(name);
        if has(flags, 'F') || has(flags, 'p') {
            match node.kind {
                Kind::Dir(_) => out.push('/'),
                Kind::Link(_) if has(flags, 'F') => out.push('@'),
                _ if has(flags, 'F') && node.mode & 0o111 != 0 => out.push('*'),
                _ => {}
            }
        }
        if let Kind::Link(target) = &node.kind
            && has(flags, 'l')
        {
            out.push_str(&format!(" -> {target}"));
        }
        let _ = dir;
        cx.line(&out);
    }
}
