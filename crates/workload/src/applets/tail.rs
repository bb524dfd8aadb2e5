//! `tail`.

use super::filter::Filter;
use super::options::{count, has, obsolete_count, options, value};
use super::{Cx, State};
use crate::fs::Errno;
use crate::kernel::{FileId, Turn, Wait};
use crate::sys::{How, Read};
use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use lifepod_api::SimTime;

/// How often followed files are looked at.
const POLL: SimTime = SimTime::from_secs(1);

/// `tail -f` at work.
#[derive(Clone, Debug)]
pub(crate) struct Tail {
    files: Vec<(String, Option<FileId>)>,
    /// Whose bytes were printed last.
    shown: Option<usize>,
    /// Look for files that were not there (`-F`).
    retry: bool,
    next: SimTime,
}

pub(crate) fn tail(cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    let (flags, files) = options(&obsolete_count(args), "ncs");
    let bytes = has(&flags, 'c');
    let text = value(&flags, if bytes { 'c' } else { 'n' }).unwrap_or("10").to_string();
    if count(text.trim_start_matches(['+', '-'])).is_none() {
        cx.complain(&format!("invalid number '{text}'"));
        return State::End(1);
    }
    let follow = has(&flags, 'f') || has(&flags, 'F');
    let names = if (files.len() > 1 && !has(&flags, 'q')) || has(&flags, 'v') { "names" } else { "" };
    let packed = vec![text, if bytes { "c" } else { "" }.to_string(), names.to_string()];
    if !follow || files.is_empty() {
        return Filter::collect(&files, packed, last_part);
    }
    let mut tail = Tail { files: Vec::new(), shown: None, retry: has(&flags, 'F'), next: SimTime::ZERO };
    let mut status = 0;
    for name in &files {
        let file = match cx.sys.open(name, How::READ) {
            Ok(file) => file,
            Err(errno) => {
                let text = if cx.gnu {
                    format!("cannot open '{name}' for reading: {}", errno.message())
                } else {
                    format!("can't open '{name}': {}", errno.message())
                };
                cx.complain(&text);
                status = 1;
                if tail.retry {
                    tail.files.push((name.clone(), None));
                }
                continue;
            }
        };
        let all = match cx.sys.read_open(file, 64 << 20) {
            Read::Data(data) => data,
            Read::Fail(Errno::EISDIR) => {
                cx.complain("error reading: Is a directory");
                status = 1;
                continue;
            }
            _ => Vec::new(),
        };
        if !all.is_empty() {
            last_part(cx, &packed, vec![(name.clone(), all)]);
        }
        tail.files.push((name.clone(), Some(file)));
    }
    if tail.files.is_empty() {
        if !cx.gnu || status != 0 {
            let text = "no files";
            cx.complain(text);
        }
        return State::End(1);
    }
    tail.shown = (tail.files.len() == 1).then_some(0);
    State::Tail(Box::new(tail))
}

fn last_part(cx: &mut Cx<'_, '_>, args: &[String], data: Vec<(String, Vec<u8>)>) -> State {
    let (text, bytes) = (args[0].as_str(), args[1] == "c");
    let from_start = text.starts_with('+');
    let n = count(text.trim_start_matches(['+', '-'])).unwrap_or(10) as usize;
    for (i, (name, all)) in data.iter().enumerate() {
        if args[2] == "names" {
            let shown = if name == "-" { "standard input" } else { name };
            cx.print(format!("{}==> {shown} <==\n", if i > 0 { "\n" } else { "" }));
        }
        let start = match (bytes, from_start) {
            (true, true) => n.saturating_sub(1).min(all.len()),
            (true, false) => all.len().saturating_sub(n),
            (false, from_start) => {
                let mut starts = vec![0];
                starts.extend(all.iter().enumerate().filter(|(_, b)| **b == b'\n').map(|(i, _)| i + 1));
                if starts.last() == Some(&all.len()) {
                    starts.pop();
                }
                let line = if from_start { n.saturating_sub(1) } else { starts.len().saturating_sub(n) };
                starts.get(line).copied().unwrap_or(all.len())
            }
        };
        cx.print(&all[start..]);
    }
    State::End(0)
}

impl Tail {
    pub fn step(&mut self, cx: &mut Cx<'_, '_>) -> Turn {
        if self.next == SimTime::ZERO {
            self.next = cx.sys.now() + POLL;
        }
        // A pipe that is followed is read as it comes.
        let mut wait = Wait::until(self.next);
        let several = self.files.len() > 1;
        for i in 0..self.files.len() {
            let (name, file) = self.files[i].clone();
            let Some(file) = file.or_else(|| {
                let opened =
                    cx.sys.open(&name, How::READ).ok().filter(|_| self.retry && cx.sys.now() >= self.next);
                self.files[i].1 = opened;
                opened
            }) else {
                continue;
            };
            // GNU's tail is told of changes; busybox looks once a second.
            if !cx.gnu && cx.sys.now() < self.next && !is_pipe(cx, file) {
                continue;
            }
            match cx.sys.read_open(file, 65_536) {
                Read::Data(data) => {
                    if several && self.shown != Some(i) {
                        cx.print(format!("\n==> {name} <==\n"));
                    }
                    self.shown = Some(i);
                    cx.print(data);
                    return Turn::More;
                }
                Read::Wait(w) => wait.pipe = w.pipe,
                Read::Eof | Read::Fail(_) => {}
            }
        }
        let at_rest = self.files.iter().all(|(_, f)| f.is_some_and(|f| is_quiet(cx, f)));
        if at_rest && !self.retry {
            // Nothing that is followed can ever grow: `tail -f /dev/null`.
            return Turn::Wait(Wait::default());
        }
        if cx.sys.now() >= self.next {
            self.next = cx.sys.now() + POLL;
            wait.until = Some(self.next);
        }
        if cx.gnu {
            wait.until = Some(cx.sys.now() + SimTime::from_millis(100));
        }
        Turn::Wait(wait)
    }
}

fn is_pipe(cx: &Cx<'_, '_>, file: FileId) -> bool {
    matches!(cx.sys.kernel.files.get(&file).map(|f| &f.target), Some(crate::kernel::Target::PipeRead(_)))
}

fn is_quiet(cx: &Cx<'_, '_>, file: FileId) -> bool {
    !matches!(
        cx.sys.kernel.files.get(&file).map(|f| &f.target),
        Some(crate::kernel::Target::PipeRead(_) | crate::kernel::Target::Node(_))
    )
}
