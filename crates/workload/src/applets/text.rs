//! `cat`, `head`, `grep`, `cut`, `tr`, `tee`, `wc` and their like.

use super::filter::{Filter, Line, More, Work};
use super::regex::Regex;
use super::{Cx, State, push};
use crate::kernel::FileId;
use crate::shell::escapes::unescape;
use crate::shell::pattern::class;
use crate::sys::How;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

/// Flags and operands: letters in `with_value` take one, attached or as the next word.
pub(crate) fn options(args: &[String], with_value: &str) -> (Vec<(char, String)>, Vec<String>) {
    let mut flags = Vec::new();
    let mut rest = Vec::new();
    let mut words = args.iter();
    while let Some(word) = words.next() {
        if word == "--" {
            rest.extend(words.by_ref().cloned());
            break;
        }
        if let Some(long) = word.strip_prefix("--") {
            let (name, value) = long.split_once('=').unwrap_or((long, ""));
            let letter = match name {
                "quiet" | "silent" => 'q',
                "recursive" => 'r',
                "force" => 'f',
                "lines" => 'n',
                "bytes" => 'c',
                "ignore-case" => 'i',
                "invert-match" => 'v',
                "count" => 'c',
                "extended-regexp" => 'E',
                "fixed-strings" => 'F',
                "parents" => 'p',
                "follow" => 'f',
                "regexp" => 'e',
                "expression" => 'e',
                "in-place" => 'i',
                "decode" => 'd',
                "size" => 's',
                "mode" => 'm',
                "delimiter" => 'd',
                "fields" => 'f',
                "null" => '0',
                "append" => 'a',
                "check" => 'c',
                "human-readable" => 'h',
                "all" => 'a',
                "reference" => 'R',
                "signal" => 's',
                "kill-after" => 'k',
                "verbose" => 'v',
                _ => '?',
            };
            flags.push((letter, value.to_string()));
            continue;
        }
        if word.len() < 2 || !word.starts_with('-') {
            rest.push(word.clone());
            continue;
        }
        for (i, letter) in word.char_indices().skip(1) {
            if with_value.contains(letter) {
                let attached = &word[i + letter.len_utf8()..];
                let value = if attached.is_empty() {
                    words.next().cloned().unwrap_or_default()
                } else {
                    attached.to_string()
                };
                flags.push((letter, value));
                break;
            }
            flags.push((letter, String::new()));
        }
    }
    (flags, rest)
}

pub(crate) fn has(flags: &[(char, String)], letter: char) -> bool {
    flags.iter().any(|(l, _)| *l == letter)
}

pub(crate) fn value(flags: &[(char, String)], letter: char) -> Option<&str> {
    flags.iter().rfind(|(l, _)| *l == letter).map(|(_, v)| v.as_str())
}

/// head and tail also take `-5` for `-n 5`, the form from before POSIX.
pub(crate) fn obsolete_count(args: &[String]) -> Vec<String> {
    let rewrite = |a: &String| match a.strip_prefix('-') {
        Some(d) if !d.is_empty() && d.chars().all(|c| c.is_ascii_digit()) => format!("-n{d}"),
        _ => a.clone(),
    };
    args.iter().map(rewrite).collect()
}

/// A count as head, tail and dd take it: a number with a suffix.
pub(crate) fn count(text: &str) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let n: u64 = text[..digits].parse().ok()?;
    let factor = match &text[digits..] {
        "" | "c" => 1,
        "b" => 512,
        "k" | "K" | "KiB" => 1 << 10,
        "kB" | "KB" => 1000,
        "m" | "M" | "MiB" => 1 << 20,
        "MB" => 1_000_000,
        "g" | "G" | "GiB" => 1 << 30,
        "GB" => 1_000_000_000,
        _ => return None,
    };
    n.checked_mul(factor)
}

// ---- cat ----

#[derive(Clone, Debug, Default)]
pub(crate) struct Cat {
    number: bool,
    only_full: bool,
    ends: bool,
    line: u64,
}

pub(crate) fn cat(_: &mut Cx<'_, '_>, args: &[String]) -> State {
    let (flags, files) = options(args, "");
    let cat = Cat {
        number: has(&flags, 'n') || has(&flags, 'b'),
        only_full: has(&flags, 'b'),
        ends: has(&flags, 'e') || has(&flags, 'E') || has(&flags, 'A'),
        line: 0,
    };
    Filter::over(&files, Work::Cat(cat))
}

impl Cat {
    pub fn plain(&self) -> bool {
        !self.number && !self.ends
    }

    pub fn line(&mut self, cx: &mut Cx<'_, '_>, line: &Line<'_>) -> More {
        if self.number && !(self.only_full && line.text.is_empty()) {
            self.line += 1;
            cx.print(format!("{:6}\t", self.line));
        }
        cx.print(line.text);
        if line.ended {
            cx.print(if self.ends { "$\n" } else { "\n" });
        }
        More::Yes
    }
}

// ---- head ----

#[derive(Clone, Debug)]
pub(crate) struct Head {
    left: u64,
    count: u64,
    pub bytes: bool,
    names: bool,
    first: bool,
    /// `-n -3`: all but the last three.
    but: Option<usize>,
    held: Vec<(String, bool)>,
}

pub(crate) fn head(cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    let (flags, files) = options(&obsolete_count(args), "nc");
    let bytes = has(&flags, 'c');
    let text = value(&flags, if bytes { 'c' } else { 'n' }).unwrap_or("10").to_string();
    let (text, but) = match text.strip_prefix('-') {
        Some(rest) => (rest.to_string(), true),
        None => (text, false),
    };
    let Some(n) = count(&text) else {
        cx.complain(&format!("invalid number '{text}'"));
        return State::End(1);
    };
    let names = files.len() > 1 && !has(&flags, 'q') || has(&flags, 'v');
    let head = Head {
        left: n,
        count: n,
        bytes,
        names,
        first: true,
        but: but.then_some(n as usize),
        held: Vec::new(),
    };
    if n == 0 && !but && files.len() < 2 {
        return State::End(0);
    }
    Filter::over(&files, Work::Head(head))
}

impl Head {
    pub fn begin(&mut self, cx: &mut Cx<'_, '_>, name: &str) {
        self.left = self.count;
        self.held.clear();
        if self.names {
            let gap = if self.first { "" } else { "\n" };
            let shown = if name == "-" { "standard input" } else { name };
            cx.print(format!("{gap}==> {shown} <==\n"));
        }
        self.first = false;
    }

    fn next(&self) -> More {
        if self.left > 0 {
            More::Yes
        } else if self.names {
            More::NextInput
        } else {
            More::No
        }
    }

    pub fn line(&mut self, cx: &mut Cx<'_, '_>, line: &Line<'_>) -> More {
        if let Some(but) = self.but {
            self.held.push((line.text.to_string(), line.ended));
            if self.held.len() > but {
                let (text, ended) = self.held.remove(0);
                cx.print(text);
                cx.print(if ended { "\n" } else { "" });
            }
            return More::Yes;
        }
        if self.left > 0 {
            self.left -= 1;
            cx.print(line.text);
            cx.print(if line.ended { "\n" } else { "" });
        }
        self.next()
    }

    pub fn take_bytes(&mut self, cx: &mut Cx<'_, '_>, data: &[u8]) -> More {
        let n = (self.left as usize).min(data.len());
        cx.print(&data[..n]);
        self.left -= n as u64;
        self.next()
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

// ---- tr ----

#[derive(Clone, Debug)]
pub(crate) struct Tr {
    map: Vec<u16>,
    /// Bytes to be squeezed.
    squeeze: Vec<bool>,
    last: Option<u8>,
}

/// For a byte of `Tr::map`: leave it out.
const DELETE: u16 = 256;

fn tr_set(text: &str) -> Vec<u8> {
    let (bytes, _) = unescape(text, true);
    let mut out = Vec::new();
    let mut i = 0;
    while i < bytes.len() {
        if bytes[i..].starts_with(b"[:")
            && let Some(end) = bytes[i..].windows(2).position(|w| w == b":]")
        {
            let name = String::from_utf8_lossy(&bytes[i + 2..i + end]).into_owned();
            out.extend((0..=127u8).filter(|b| class(&name, char::from(*b))));
            i += end + 2;
            continue;
        }
        if i + 2 < bytes.len() && bytes[i + 1] == b'-' {
            out.extend(bytes[i]..=bytes[i + 2]);
            i += 3;
            continue;
        }
        out.push(bytes[i]);
        i += 1;
    }
    out
}

pub(crate) fn tr(cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    let (flags, sets) = options(args, "");
    let Some(first) = sets.first() else { return cx.usage() };
    let mut from = tr_set(first);
    if has(&flags, 'c') || has(&flags, 'C') {
        from = (0..=255u8).filter(|b| !from.contains(b)).collect();
    }
    let to = sets.get(1).map(|s| tr_set(s));
    let mut tr = Tr { map: (0..256).collect(), squeeze: vec![false; 256], last: None };
    let (delete, squeeze) = (has(&flags, 'd'), has(&flags, 's'));
    if delete {
        from.iter().for_each(|b| tr.map[usize::from(*b)] = DELETE);
        if squeeze {
            to.iter().flatten().for_each(|b| tr.squeeze[usize::from(*b)] = true);
        }
    } else if let Some(to) = to {
        let Some(last) = to.last().copied() else {
            cx.complain("when not truncating set1, string2 must be non-empty");
            return State::End(1);
        };
        for (i, b) in from.iter().enumerate() {
            tr.map[usize::from(*b)] = u16::from(to.get(i).copied().unwrap_or(last));
        }
        if squeeze {
            to.iter().for_each(|b| tr.squeeze[usize::from(*b)] = true);
        }
    } else if squeeze {
        from.iter().for_each(|b| tr.squeeze[usize::from(*b)] = true);
    } else {
        return cx.usage();
    }
    Filter::over(&[], Work::Tr(tr))
}

impl Tr {
    pub fn data(&mut self, data: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(data.len());
        for b in data {
            let Ok(b) = u8::try_from(self.map[usize::from(*b)]) else { continue };
            if self.squeeze[usize::from(b)] && self.last == Some(b) {
                continue;
            }
            self.last = Some(b);
            out.push(b);
        }
        out
    }
}

// ---- cut ----

#[derive(Clone, Debug)]
pub(crate) struct Cut {
    ranges: Vec<(usize, usize)>,
    delimiter: Option<char>,
    only_delimited: bool,
    output: Option<String>,
}

pub(crate) fn cut(cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    let mut output = None;
    let args: Vec<String> = args
        .iter()
        .filter(|a| match a.strip_prefix("--output-delimiter=") {
            Some(text) => {
                output = Some(text.to_string());
                false
            }
            None => true,
        })
        .cloned()
        .collect();
    let (flags, files) = options(&args, "dfcbO");
    let fields = has(&flags, 'f');
    let Some(list) = value(&flags, 'f').or(value(&flags, 'c')).or(value(&flags, 'b')) else {
        return cx.usage();
    };
    let mut ranges = Vec::new();
    for part in list.split(',') {
        let range = match part.split_once('-') {
            Some((a, b)) => {
                let from = if a.is_empty() { Ok(1) } else { a.parse() };
                let to = if b.is_empty() { Ok(usize::MAX) } else { b.parse() };
                from.ok().zip(to.ok())
            }
            None => part.parse().ok().map(|n| (n, n)),
        };
        match range.filter(|(a, b)| *a > 0 && b >= a) {
            Some(range) => ranges.push(range),
            None => {
                cx.complain(&format!("invalid range '{part}'"));
                return State::End(1);
            }
        }
    }
    let delimiter = fields.then(|| value(&flags, 'd').and_then(|d| d.chars().next()).unwrap_or('\t'));
    let cut = Cut { ranges, delimiter, only_delimited: has(&flags, 's'), output };
    Filter::over(&files, Work::Cut(cut))
}

impl Cut {
    fn takes(&self, n: usize) -> bool {
        self.ranges.iter().any(|(a, b)| (*a..=*b).contains(&n))
    }

    pub fn line(&mut self, cx: &mut Cx<'_, '_>, line: &Line<'_>) -> More {
        let out = match self.delimiter {
            None => line
                .text
                .chars()
                .enumerate()
                .filter(|(i, _)| self.takes(i + 1))
                .map(|(_, c)| c)
                .collect::<String>(),
            Some(d) if !line.text.contains(d) => {
                if self.only_delimited {
                    return More::Yes;
                }
                line.text.to_string()
            }
            Some(d) => {
                let kept: Vec<&str> = line
                    .text
                    .split(d)
                    .enumerate()
                    .filter(|(i, _)| self.takes(i + 1))
                    .map(|(_, f)| f)
                    .collect();
                kept.join(&self.output.clone().unwrap_or_else(|| d.to_string()))
            }
        };
        cx.line(&out);
        More::Yes
    }
}

// ---- grep ----

#[derive(Clone, Debug)]
pub(crate) struct Grep {
    patterns: Vec<Regex>,
    invert: bool,
    pub quiet: bool,
    count: bool,
    names_only: bool,
    names_without: bool,
    numbers: bool,
    with_name: bool,
    only_matching: bool,
    whole_line: bool,
    word: bool,
    pub no_messages: bool,
    max: Option<u64>,
    after: usize,
    before: usize,
    pub found: bool,
    number: u64,
    hits: u64,
    after_left: usize,
    held: Vec<(u64, String)>,
    last_printed: u64,
}

pub(crate) fn grep(cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    let (flags, mut rest) = options(args, "efmABC");
    let extended = has(&flags, 'E') || cx.name == "egrep" || has(&flags, 'P');
    let fixed = has(&flags, 'F') || cx.name == "fgrep";
    let fold = has(&flags, 'i') || has(&flags, 'y');
    let mut texts: Vec<String> = flags.iter().filter(|(l, _)| *l == 'e').map(|(_, v)| v.clone()).collect();
    if let Some(file) = value(&flags, 'f') {
        let bytes = cx.sys.read_file(file).unwrap_or_default();
        texts.extend(String::from_utf8_lossy(&bytes).lines().map(ToString::to_string));
    } else if texts.is_empty() {
        if rest.is_empty() {
            let _ = cx.usage();
            return State::End(2);
        }
        texts.push(rest.remove(0));
    }
    let mut patterns = Vec::new();
    for text in texts.iter().flat_map(|t| t.split('\n')) {
        let compiled = if fixed { Ok(Regex::literal(text, fold)) } else { Regex::new(text, extended, fold) };
        match compiled {
            Ok(regex) => patterns.push(regex),
            Err(why) => {
                cx.complain(&format!("bad regex '{text}': {why}"));
                return State::End(2);
            }
        }
    }
    let recursive = has(&flags, 'r') || has(&flags, 'R');
    if recursive {
        let starts = if rest.is_empty() { vec![".".to_string()] } else { rest };
        rest = starts.iter().flat_map(|s| super::find::files_under(cx.sys, s)).collect();
        if rest.is_empty() {
            return State::End(1);
        }
    }
    let lines =
        |letter: char| value(&flags, letter).or(value(&flags, 'C')).and_then(|v| v.parse().ok()).unwrap_or(0);
    let grep = Grep {
        patterns,
        invert: has(&flags, 'v'),
        quiet: has(&flags, 'q'),
        count: has(&flags, 'c'),
        names_only: has(&flags, 'l'),
        names_without: has(&flags, 'L'),
        numbers: has(&flags, 'n'),
        with_name: (rest.len() > 1 || recursive || has(&flags, 'H')) && !has(&flags, 'h'),
        only_matching: has(&flags, 'o'),
        whole_line: has(&flags, 'x'),
        word: has(&flags, 'w'),
        no_messages: has(&flags, 's'),
        max: value(&flags, 'm').and_then(|m| m.parse().ok()),
        after: lines('A'),
        before: lines('B'),
        found: false,
        number: 0,
        hits: 0,
        after_left: 0,
        held: Vec::new(),
        last_printed: 0,
    };
    Filter::with_failure(&rest, Work::Grep(Box::new(grep)), 2)
}

impl Grep {
    fn find(&self, chars: &[char], from: usize) -> Option<(usize, usize)> {
        let mut best: Option<(usize, usize)> = None;
        for regex in &self.patterns {
            let mut at = from;
            while let Some((a, b)) = regex.find(chars, at).and_then(|g| g[0]) {
                let letter = |i: Option<&char>| i.is_some_and(|c| c.is_alphanumeric() || *c == '_');
                let word_fits = !self.word
                    || (!letter(a.checked_sub(1).and_then(|i| chars.get(i)))
                        && !letter(chars.get(b))
                        && b > a);
                let line_fits = !self.whole_line || (a == 0 && b == chars.len());
                if word_fits && line_fits {
                    if best.is_none_or(|(x, y)| a < x || (a == x && b > y)) {
                        best = Some((a, b));
                    }
                    break;
                }
                at = a + 1;
                if at > chars.len() {
                    break;
                }
            }
        }
        best
    }

    fn show(&mut self, cx: &mut Cx<'_, '_>, file: &str, number: u64, text: &str, mark: char) {
        if (self.after > 0 || self.before > 0) && self.last_printed > 0 && number > self.last_printed + 1 {
            cx.line("--");
        }
        self.last_printed = number;
        let mut out = String::new();
        if self.with_name {
            out.push_str(if file == "-" { "(standard input)" } else { file });
            out.push(mark);
        }
        if self.numbers {
            out.push_str(&format!("{number}{mark}"));
        }
        out.push_str(text);
        cx.line(&out);
    }

    pub fn line(&mut self, cx: &mut Cx<'_, '_>, line: &Line<'_>) -> More {
        self.number += 1;
        let chars: Vec<char> = line.text.chars().collect();
        let found = self.find(&chars, 0);
        if found.is_some() == self.invert {
            if self.after_left > 0 {
                self.after_left -= 1;
                self.show(cx, line.file, self.number, line.text, '-');
            } else if self.before > 0 {
                self.held.push((self.number, line.text.to_string()));
                if self.held.len() > self.before {
                    self.held.remove(0);
                }
            }
            return More::Yes;
        }
        self.found = true;
        self.hits += 1;
        if self.quiet {
            return More::No;
        }
        if self.names_only || self.names_without {
            return More::NextInput;
        }
        if !self.count {
            for (number, text) in core::mem::take(&mut self.held) {
                self.show(cx, line.file, number, &text, '-');
            }
            if self.only_matching {
                let mut at = 0;
                while let Some((a, b)) = self.find(&chars, at).filter(|_| !self.invert) {
                    if b > a {
                        let text: String = chars[a..b].iter().collect();
                        self.show(cx, line.file, self.number, &text, ':');
                    }
                    at = if b > a { b } else { b + 1 };
                    if at > chars.len() {
                        break;
                    }
                }
            } else {
                self.show(cx, line.file, self.number, line.text, ':');
            }
            self.after_left = self.after;
        }
        if self.max.is_some_and(|max| self.hits >= max) { More::NextInput } else { More::Yes }
    }

    pub fn end_of_file(&mut self, cx: &mut Cx<'_, '_>, file: &str) {
        if self.names_only && self.hits > 0 || self.names_without && self.hits == 0 {
            cx.line(file);
        }
        if self.count {
            let prefix = if self.with_name { format!("{file}:") } else { String::new() };
            cx.line(&format!("{prefix}{}", self.hits));
        }
        (self.number, self.hits, self.after_left, self.last_printed) = (0, 0, 0, 0);
        self.held.clear();
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
