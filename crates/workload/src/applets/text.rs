//! Small filters: `cat`, `tee`, `rev`, `nl`, `fold`, `tac`, `paste`, `wc`.

use super::filter::{Filter, Line, More, Work};
use super::options::{has, options, value};
use super::{Cx, State, push};
use crate::kernel::FileId;
use crate::shell::escapes::unescape;
use crate::sys::How;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

// ---- cat ----

#[derive(Clone, Debug, Default)]
pub(crate) struct Cat {
    number: bool,
    only_full: bool,
    ends: bool,
    tabs: bool,
    /// What cannot be printed is shown as `^X` and `M-X`.
    visible: bool,
    /// Of several empty lines only the first.
    squeeze: bool,
    was_empty: bool,
    line: u64,
}

pub(crate) fn cat(_: &mut Cx<'_, '_>, args: &[String]) -> State {
    let (flags, files) = options(args, "");
    let cat = Cat {
        number: has(&flags, 'n') || has(&flags, 'b'),
        only_full: has(&flags, 'b'),
        ends: "eEA".chars().any(|l| has(&flags, l)),
        tabs: "tTA".chars().any(|l| has(&flags, l)),
        visible: "vetA".chars().any(|l| has(&flags, l)),
        squeeze: has(&flags, 's'),
        was_empty: false,
        line: 0,
    };
    Filter::over(&files, Work::Cat(cat))
}

impl Cat {
    pub fn plain(&self) -> bool {
        !(self.number || self.ends || self.tabs || self.visible || self.squeeze)
    }

    /// A line as `-v` and `-t` show it.
    fn shown(&self, text: &str) -> String {
        let mut out = String::new();
        for byte in text.bytes() {
            let (high, low) = (byte >= 0x80, byte & 0x7f);
            match byte {
                b'\t' if self.tabs => out.push_str("^I"),
                b'\t' => out.push('\t'),
                _ if self.visible => {
                    out.push_str(if high { "M-" } else { "" });
                    match low {
                        0..32 => out.extend(['^', char::from(low + 64)]),
                        127 => out.push_str("^?"),
                        _ => out.push(char::from(low)),
                    }
                }
                _ => return text.replace('\t', "^I"),
            }
        }
        out
    }

    pub fn line(&mut self, cx: &mut Cx<'_, '_>, line: &Line<'_>) -> More {
        let again = core::mem::replace(&mut self.was_empty, line.text.is_empty()) && line.text.is_empty();
        if self.squeeze && again {
            return More::Yes;
        }
        if self.number && !(self.only_full && line.text.is_empty()) {
            self.line += 1;
            cx.print(format!("{:6}\t", self.line));
        }
        cx.print(if self.visible || self.tabs { self.shown(line.text) } else { line.text.to_string() });
        if line.ended {
            cx.print(if self.ends { "$\n" } else { "\n" });
        }
        More::Yes
    }
}

// ---- tee ----

#[derive(Clone, Debug)]
pub(crate) struct Tee {
    files: Vec<FileId>,
    pub status: i32,
}

pub(crate) fn tee(cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    let (flags, names) = options(args, "");
    let how = if has(&flags, 'a') { How::APPEND } else { How::WRITE };
    let mut tee = Tee { files: Vec::new(), status: 0 };
    for name in &names {
        match cx.sys.open(name, how) {
            Ok(file) => tee.files.push(file),
            Err(errno) => {
                cx.complain(&format!("{name}: {}", errno.message()));
                tee.status = 1;
            }
        }
    }
    Filter::over(&[], Work::Tee(tee))
}

impl Tee {
    pub fn data(&mut self, cx: &mut Cx<'_, '_>, data: &[u8]) {
        cx.print(data);
        for file in &self.files {
            cx.sys.kernel.retain(*file);
            cx.sys.set_fd(99, *file);
            cx.sys.write(99, data);
            cx.sys.close(99);
        }
    }

    pub fn finish(&mut self, cx: &mut Cx<'_, '_>) {
        for file in self.files.drain(..) {
            cx.sys.kernel.release(file);
        }
    }
}

// ---- small ones, line by line ----

/// What is done to each line.
#[derive(Clone, Debug)]
pub(crate) struct Lines {
    how: Each,
    number: u64,
}

#[derive(Clone, Debug)]
enum Each {
    Rev,
    Nl(bool),
    Fold(usize, bool),
    Done,
}

impl Lines {
    /// Nothing more comes.
    pub fn done() -> Lines {
        Lines { how: Each::Done, number: 0 }
    }

    pub fn line(&mut self, cx: &mut Cx<'_, '_>, line: &Line<'_>) -> More {
        let end = if line.ended { "\n" } else { "" };
        match self.how {
            Each::Rev => cx.print(line.text.chars().rev().collect::<String>() + end),
            Each::Nl(all) => {
                if all || !line.text.is_empty() {
                    self.number += 1;
                    cx.print(format!("{:6}\t{}\n", self.number, line.text));
                } else {
                    cx.print("       \n");
                }
            }
            Each::Fold(width, spaces) => {
                let chars: Vec<char> = line.text.chars().collect();
                let mut at = 0;
                while chars.len() - at > width {
                    let mut cut = at + width;
                    if spaces && let Some(space) = chars[at..cut].iter().rposition(|c| *c == ' ') {
                        cut = at + space + 1;
                    }
                    cx.print(chars[at..cut].iter().collect::<String>() + "\n");
                    at = cut;
                }
                cx.print(chars[at..].iter().collect::<String>() + end);
            }
            Each::Done => {}
        }
        More::Yes
    }
}

pub(crate) fn rev(_: &mut Cx<'_, '_>, args: &[String]) -> State {
    Filter::over(args, Work::Lines(Lines { how: Each::Rev, number: 0 }))
}

pub(crate) fn nl(_: &mut Cx<'_, '_>, args: &[String]) -> State {
    let (flags, files) = options(args, "bwsnv");
    let all = value(&flags, 'b') == Some("a");
    Filter::over(&files, Work::Lines(Lines { how: Each::Nl(all), number: 0 }))
}

pub(crate) fn fold(_: &mut Cx<'_, '_>, args: &[String]) -> State {
    let (flags, files) = options(args, "w");
    let width = value(&flags, 'w').and_then(|w| w.parse().ok()).filter(|w| *w > 0).unwrap_or(80);
    Filter::over(&files, Work::Lines(Lines { how: Each::Fold(width, has(&flags, 's')), number: 0 }))
}

// ---- small ones, as a whole ----

/// The lines of a text, and whether the last one was ended.
pub(crate) fn lines_of(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let mut lines: Vec<String> = text.split('\n').map(ToString::to_string).collect();
    if lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines
}

pub(crate) fn tac(_: &mut Cx<'_, '_>, args: &[String]) -> State {
    Filter::collect(args, Vec::new(), |cx, _, data| {
        for (_, bytes) in data {
            for line in lines_of(&bytes).iter().rev() {
                cx.line(line);
            }
        }
        State::End(0)
    })
}

pub(crate) fn paste(_: &mut Cx<'_, '_>, args: &[String]) -> State {
    let (flags, files) = options(args, "d");
    let delimiter = value(&flags, 'd')
        .map_or("\t".to_string(), |d| String::from_utf8_lossy(&unescape(d, true).0).into_owned());
    let serial = if has(&flags, 's') { "s" } else { "" };
    Filter::collect(&files, vec![delimiter, serial.to_string()], |cx, args, data| {
        let delimiter = args[0].chars().next().map(String::from).unwrap_or_default();
        let columns: Vec<Vec<String>> = data.iter().map(|(_, b)| lines_of(b)).collect();
        if args[1] == "s" {
            for column in columns {
                cx.line(&column.join(&delimiter));
            }
            return State::End(0);
        }
        // Every `-` takes the next line of the same input.
        let dashes = data.iter().filter(|(name, _)| name == "-").count();
        if dashes > 1 && dashes == columns.len() {
            for row in columns.concat().chunks(dashes) {
                let cells: Vec<&str> = (0..dashes).map(|i| row.get(i).map_or("", |s| s.as_str())).collect();
                cx.line(&cells.join(&delimiter));
            }
            return State::End(0);
        }
        for row in 0..columns.iter().map(Vec::len).max().unwrap_or(0) {
            let cells: Vec<&str> = columns.iter().map(|c| c.get(row).map_or("", |s| s.as_str())).collect();
            cx.line(&cells.join(&delimiter));
        }
        State::End(0)
    })
}

pub(crate) fn wc(_: &mut Cx<'_, '_>, args: &[String]) -> State {
    let (flags, files) = options(args, "");
    let mut which: String = "lwcmL".chars().filter(|l| has(&flags, *l)).collect();
    if which.is_empty() {
        which = "lwc".to_string();
    }
    let named = if files.is_empty() { "" } else { "n" };
    Filter::collect(&files, vec![which, named.to_string()], |cx, args, data| {
        let mut rows: Vec<(Vec<usize>, String)> = Vec::new();
        for (name, bytes) in &data {
            let text = String::from_utf8_lossy(bytes);
            let numbers = args[0].chars().map(|l| match l {
                'l' => bytes.iter().filter(|b| **b == b'\n').count(),
                'w' => text.split_ascii_whitespace().count(),
                'm' => text.chars().count(),
                'L' => text.lines().map(|l| l.chars().count()).max().unwrap_or(0),
                _ => bytes.len(),
            });
            rows.push((numbers.collect(), name.clone()));
        }
        if rows.len() > 1 {
            let total = (0..args[0].len()).map(|i| rows.iter().map(|(n, _)| n[i]).sum()).collect();
            rows.push((total, "total".to_string()));
        }
        let gnu_width = rows.iter().flat_map(|(n, _)| n).map(|n| n.to_string().len()).max().unwrap_or(1);
        let stdin = args[1].is_empty();
        for (numbers, name) in rows {
            let mut out = String::new();
            for (i, n) in numbers.iter().enumerate() {
                if cx.gnu {
                    let width = if stdin && numbers.len() > 1 {
                        7
                    } else if numbers.len() == 1 && data.len() == 1 {
                        1
                    } else {
                        gnu_width
                    };
                    out.push_str(&format!("{}{n:>width$}", if i > 0 { " " } else { "" }));
                } else if numbers.len() == 1 && data.len() == 1 {
                    out.push_str(&n.to_string());
                } else {
                    out.push_str(&format!("{}{n:>9}", if i > 0 { " " } else { "" }));
                }
            }
            if !stdin {
                out.push(' ');
                out.push_str(&name);
            }
            push(cx.out, 1, out.as_bytes());
            push(cx.out, 1, b"\n");
        }
        State::End(0)
    })
}
