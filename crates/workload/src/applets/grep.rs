//! `grep` and its kin.

use super::filter::{Filter, Line, More, Work};
use super::options::has;
use super::options::options;
use super::options::value;
use super::regex::Regex;
use super::{Cx, State};
use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

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
    pub(crate) fn find(&self, chars: &[char], from: usize) -> Option<(usize, usize)> {
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

    pub(crate) fn show(&mut self, cx: &mut Cx<'_, '_>, file: &str, number: u64, text: &str, mark: char) {
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
