//! `tar`: archives in the ustar format, as busybox and GNU write and list them.

use super::files::join;
use super::filter::Filter;
use super::{Cx, State, clock, gzip};
use crate::fs::{Errno, Kind};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// Headers and contents are padded to this many bytes.
const BLOCK: usize = 512;

/// What a call of tar asks for.
#[derive(Default)]
struct Call {
    /// `c`, `x` or `t`; `None` when it does not say.
    action: Option<char>,
    file: Option<String>,
    compressed: bool,
    verbose: bool,
    to_stdout: bool,
    keep_old: bool,
    strip: usize,
    /// Members, each with the folder that `-C` named before it.
    members: Vec<(String, String)>,
    /// The folder that `-C` named last.
    folder: String,
}

impl Call {
    fn read(args: &[String]) -> Result<Call, String> {
        let mut call = Call::default();
        let mut words = args.iter();
        let mut first = true;
        while let Some(word) = words.next() {
            if let Some(long) = word.strip_prefix("--") {
                let (name, value) = long.split_once('=').unwrap_or((long, ""));
                let mut value = || {
                    if value.is_empty() {
                        words.next().cloned().unwrap_or_default()
                    } else {
                        value.to_string()
                    }
                };
                match name {
                    "create" => call.action = Some('c'),
                    "extract" | "get" => call.action = Some('x'),
                    "list" => call.action = Some('t'),
                    "file" => call.file = Some(value()),
                    "directory" => call.folder = join_folder(&call.folder, &value()),
                    "gzip" => call.compressed = true,
                    "verbose" => call.verbose = true,
                    "strip-components" => call.strip = value().parse().unwrap_or(0),
                    "to-stdout" => call.to_stdout = true,
                    "no-same-owner" | "numeric-owner" | "no-same-permissions" | "overwrite" => {}
                    _ => return Err(format!("unrecognized option '--{name}'")),
                }
                first = false;
                continue;
            }
            let flags = match word.strip_prefix('-') {
                Some(flags) if !flags.is_empty() => flags,
                // The first word is flags even without a dash.
                _ if first => word.as_str(),
                _ => {
                    call.members.push((call.folder.clone(), word.clone()));
                    continue;
                }
            };
            let old_style = first && !word.starts_with('-');
            first = false;
            for (i, letter) in flags.char_indices() {
                let attached = &flags[i + letter.len_utf8()..];
                let takes_rest = !old_style && !attached.is_empty();
                let mut value = || {
                    if takes_rest { attached.to_string() } else { words.next().cloned().unwrap_or_default() }
                };
                match letter {
                    'c' | 'x' | 't' => call.action = Some(letter),
                    'f' => call.file = Some(value()),
                    'C' => call.folder = join_folder(&call.folder, &value()),
                    'z' | 'a' => call.compressed = letter == 'z' || call.compressed,
                    'v' => call.verbose = true,
                    'O' => call.to_stdout = true,
                    'k' => call.keep_old = true,
                    'p' | 'o' | 'm' | 'h' | 'P' => {}
                    _ => return Err(format!("invalid option -- '{letter}'")),
                }
                if takes_rest && matches!(letter, 'f' | 'C') {
                    break;
                }
            }
        }
        Ok(call)
    }
}

/// `-C a -C b` is `a/b`.
fn join_folder(before: &str, folder: &str) -> String {
    if before.is_empty() || folder.starts_with('/') { folder.to_string() } else { join(before, folder) }
}

fn inside(folder: &str, name: &str) -> String {
    if folder.is_empty() || name.starts_with('/') { name.to_string() } else { join(folder, name) }
}

/// The exit code of an error.
fn failure(cx: &Cx<'_, '_>) -> i32 {
    if cx.gnu { 2 } else { 1 }
}

pub(crate) fn tar(cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    let call = match Call::read(args) {
        Ok(call) => call,
        Err(message) => {
            cx.complain(&message);
            return State::End(if cx.gnu { 64 } else { 1 });
        }
    };
    match call.action {
        Some('c') => create(cx, &call),
        Some(_) => {
            let input = call.file.unwrap_or_else(|| "-".to_string());
            Filter::with_failure_collect(&[input], args.to_vec(), failure(cx), |cx, args, data| {
                let bytes = data.into_iter().next().map(|(_, bytes)| bytes);
                match (Call::read(args), bytes) {
                    (Ok(call), Some(bytes)) => unpack(cx, &call, &bytes),
                    _ => State::End(failure(cx)),
                }
            })
        }
        None => {
            if cx.gnu {
                cx.complain("You must specify one of the '-Acdtrux', '--delete' or '--test-label' options");
                return State::End(2);
            }
            cx.usage()
        }
    }
}

// ---- writing ----

fn create(cx: &mut Cx<'_, '_>, call: &Call) -> State {
    let mut archive = Vec::new();
    let mut status = 0;
    let mut told = false;
    let to_stdout = call.file.as_deref().is_none_or(|f| f == "-");
    for (folder, name) in &call.members {
        let shown = name.trim_start_matches('/');
        if shown != name && !told {
            told = true;
            cx.complain(if cx.gnu {
                "Removing leading `/' from member names"
            } else {
                "removing leading '/' from member names"
            });
        }
        let shown = if shown.is_empty() { "." } else { shown.trim_end_matches('/') };
        let verbose = call.verbose.then_some(if to_stdout { 2 } else { 1 });
        if let Err((path, errno)) = add(cx, &inside(folder, name), shown, verbose, &mut archive, 0) {
            let words = if cx.gnu { "Cannot stat: " } else { "" };
            cx.complain(&format!("{path}: {words}{}", errno.message()));
            status = failure(cx);
        }
    }
    if status != 0 {
        cx.complain(if cx.gnu {
            "Exiting with failure status due to previous errors"
        } else {
            "error exit delayed from previous errors"
        });
    }
    // Two empty blocks end an archive; GNU pads to twenty in all.
    let end = archive.len() + 2 * BLOCK;
    archive.resize(if cx.gnu { end.next_multiple_of(20 * BLOCK) } else { end }, 0);
    let bytes = if call.compressed { gzip::pack(&archive) } else { archive };
    match call.file.as_deref().filter(|_| !to_stdout) {
        None => cx.print(bytes),
        Some(path) => {
            if let Err(errno) = cx.sys.write_file(path, &bytes) {
                cx.complain(&if cx.gnu {
                    format!("{path}: Cannot open: {}", errno.message())
                } else {
                    format!("can't open '{path}': {}", errno.message())
                });
                return State::End(failure(cx));
            }
        }
    }
    State::End(status)
}

/// Append a path, and all that is below it, under the name `shown`.
fn add(
    cx: &mut Cx<'_, '_>,
    path: &str,
    shown: &str,
    verbose: Option<u32>,
    archive: &mut Vec<u8>,
    depth: u32,
) -> Result<(), (String, Errno)> {
    let fail = |errno| (path.to_string(), errno);
    let stat = cx.sys.stat(path, false).map_err(fail)?;
    if depth > 200 {
        return Err(fail(Errno::ELOOP));
    }
    let (kind, target, content) = match &stat.node.kind {
        Kind::Dir(_) => (b'5', String::new(), Vec::new()),
        Kind::Link(target) => (b'2', target.clone(), Vec::new()),
        Kind::File(_) | Kind::Binary(_) => (b'0', String::new(), cx.sys.read_file(path).map_err(fail)?),
        // Pipes and devices are left out.
        _ => return Ok(()),
    };
    let name = if kind == b'5' { format!("{shown}/") } else { shown.to_string() };
    if let Some(fd) = verbose {
        super::push(cx.out, fd, format!("{name}\n").as_bytes());
    }
    let node = stat.node;
    let user = super::info::user_name(node.uid);
    let group = super::info::user_name(node.gid);
    archive.extend_from_slice(&header(
        &name,
        kind,
        &target,
        content.len(),
        node.mode,
        (node.uid, node.gid),
        (&user, &group),
        node.mtime,
    ));
    archive.extend_from_slice(&content);
    archive.resize(archive.len().next_multiple_of(BLOCK), 0);
    if kind == b'5' {
        for child in cx.sys.list(path).map_err(fail)? {
            add(cx, &join(path, &child), &format!("{shown}/{child}"), verbose, archive, depth + 1)?;
        }
    }
    Ok(())
}

#[allow(clippy::too_many_arguments)] // A header's fields.
fn header(
    name: &str,
    kind: u8,
    target: &str,
    size: usize,
    mode: u16,
    ids: (u32, u32),
    names: (&str, &str),
    mtime: i64,
) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    let mut put = |at: usize, room: usize, bytes: &[u8]| {
        let n = bytes.len().min(room);
        block[at..at + n].copy_from_slice(&bytes[..n]);
    };
    // A name that is too long goes, up to a slash, into the prefix.
    let (prefix, short) = match name.char_indices().find(|(i, c)| *c == '/' && name.len() - i - 1 <= 100) {
        Some((i, _)) if name.len() > 100 => (&name[..i], &name[i + 1..]),
        _ => ("", name),
    };
    put(0, 100, short.as_bytes());
    put(100, 8, format!("{mode:07o}").as_bytes());
    put(108, 8, format!("{:07o}", ids.0).as_bytes());
    put(116, 8, format!("{:07o}", ids.1).as_bytes());
    put(124, 12, format!("{size:011o}").as_bytes());
    put(136, 12, format!("{:011o}", mtime / 1_000_000).as_bytes());
    put(148, 8, b"        ");
    put(156, 1, &[kind]);
    put(157, 100, target.as_bytes());
    put(257, 8, b"ustar  \0");
    put(265, 32, names.0.as_bytes());
    put(297, 32, names.1.as_bytes());
    put(345, 155, prefix.as_bytes());
    let sum: u32 = block.iter().map(|b| u32::from(*b)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

// ---- reading ----

/// One member of an archive.
struct Member<'a> {
    name: String,
    kind: u8,
    target: String,
    mode: u16,
    mtime: i64,
    owner: String,
    content: &'a [u8],
}

/// A field's text, up to its first NUL.
fn text(field: &[u8]) -> String {
    let end = field.iter().position(|b| *b == 0).unwrap_or(field.len());
    String::from_utf8_lossy(&field[..end]).into_owned()
}

fn octal(field: &[u8]) -> Option<u64> {
    u64::from_str_radix(text(field).trim(), 8).ok()
}

/// The members of an archive; `None` when it is none.
fn members(archive: &[u8]) -> Option<Vec<Member<'_>>> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(block) = archive.get(at..at + BLOCK) {
        if block.iter().all(|b| *b == 0) {
            return Some(out);
        }
        if &block[257..262] != b"ustar" {
            return None;
        }
        let size = octal(&block[124..136])? as usize;
        let from = at + BLOCK;
        let content = archive.get(from..from.checked_add(size)?)?;
        let prefix = text(&block[345..500]);
        let name = text(&block[..100]);
        out.push(Member {
            name: if prefix.is_empty() { name } else { format!("{prefix}/{name}") },
            kind: block[156],
            target: text(&block[157..257]),
            mode: octal(&block[100..108])? as u16 & 0o7777,
            mtime: octal(&block[136..148])? as i64 * 1_000_000,
            owner: format!("{}/{}", text(&block[265..297]), text(&block[297..329])),
            content,
        });
        at = from + size.next_multiple_of(BLOCK);
    }
    (!out.is_empty()).then_some(out)
}

fn unpack(cx: &mut Cx<'_, '_>, call: &Call, bytes: &[u8]) -> State {
    let plain = if gzip::is_packed(bytes) { gzip::unpack(bytes) } else { Some(bytes.to_vec()) };
    let Some(found) = plain.as_deref().and_then(members) else {
        if cx.gnu {
            cx.complain("This does not look like a tar archive");
            cx.complain("Exiting with failure status due to previous errors");
        } else {
            cx.complain("invalid tar magic");
        }
        return State::End(failure(cx));
    };
    let wanted = |name: &str| {
        let name = name.trim_end_matches('/');
        call.members.is_empty()
            || call.members.iter().any(|(_, m)| {
                let m = m.trim_end_matches('/');
                name == m || name.strip_prefix(m).is_some_and(|rest| rest.starts_with('/'))
            })
    };
    let mut status = 0;
    for member in found.iter().filter(|m| wanted(&m.name)) {
        if call.action == Some('t') {
            let line = if call.verbose { long_line(cx, member) } else { member.name.clone() };
            cx.line(&line);
            continue;
        }
        let parts: Vec<&str> = member.name.split('/').filter(|p| !p.is_empty()).collect();
        // What climbs out of the folder is not unpacked.
        if parts.len() <= call.strip || parts.contains(&"..") {
            continue;
        }
        if call.verbose {
            cx.line(&member.name);
        }
        if call.to_stdout {
            cx.print(member.content);
            continue;
        }
        let path = inside(&call.folder, &parts[call.strip..].join("/"));
        if let Err(errno) = extract(cx, call, member, &path) {
            let name = &member.name;
            cx.complain(&if cx.gnu {
                format!("{name}: Cannot open: {}", errno.message())
            } else {
                format!("can't open '{name}': {}", errno.message())
            });
            status = failure(cx);
            if !cx.gnu {
                break;
            }
        }
    }
    for (_, name) in &call.members {
        let name = name.trim_end_matches('/');
        if !found
            .iter()
            .any(|m| m.name.trim_end_matches('/') == name || m.name.starts_with(&format!("{name}/")))
        {
            cx.complain(&if cx.gnu {
                format!("{name}: Not found in archive")
            } else {
                format!("{name}: not found in archive")
            });
            status = failure(cx);
        }
    }
    State::End(status)
}

fn extract(cx: &mut Cx<'_, '_>, call: &Call, member: &Member<'_>, path: &str) -> Result<(), Errno> {
    if !call.folder.is_empty() && !cx.sys.is_dir(&call.folder) {
        return Err(Errno::ENOENT);
    }
    let mut made = String::new();
    let parents: Vec<&str> = path.split('/').collect();
    for part in &parents[..parents.len() - 1] {
        made = if made.is_empty() && !path.starts_with('/') {
            part.to_string()
        } else {
            format!("{made}/{part}")
        };
        if !made.is_empty() && !cx.sys.is_dir(&made) {
            cx.sys.mkdir(&made)?;
        }
    }
    let exists = cx.sys.stat(path, false).is_ok();
    if exists && call.keep_old && member.kind != b'5' {
        return Err(Errno::EEXIST);
    }
    match member.kind {
        b'5' if cx.sys.is_dir(path) => {}
        b'5' => cx.sys.mkdir(path)?,
        kind => {
            if exists {
                let _ = cx.sys.unlink(path);
            }
            if kind == b'2' {
                return cx.sys.make(path, Kind::Link(member.target.clone()), 0o777);
            }
            cx.sys.write_file(path, member.content)?;
        }
    }
    cx.sys.set_attributes(path, true, |node| {
        node.mode = member.mode;
        node.mtime = member.mtime;
    })
}

/// A line of `tar -tv`.
fn long_line(cx: &Cx<'_, '_>, member: &Member<'_>) -> String {
    let kind = match member.kind {
        b'5' => 'd',
        b'2' => 'l',
        _ => '-',
    };
    let mode = super::list::permissions(member.mode);
    let size = member.content.len();
    let arrow = if member.kind == b'2' { format!(" -> {}", member.target) } else { String::new() };
    let (owner, name) = (&member.owner, &member.name);
    if cx.gnu {
        let time = clock::format_time("%Y-%m-%d %H:%M", &clock::civil(member.mtime));
        let width = 18usize.saturating_sub(owner.len());
        return format!("{kind}{mode} {owner} {size:>width$} {time} {name}{arrow}");
    }
    let time = clock::format_time("%Y-%m-%d %H:%M:%S", &clock::civil(member.mtime));
    format!("{kind}{mode} {owner} {size:>9} {time} {name}{arrow}")
}
