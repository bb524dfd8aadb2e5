//! `sed`: addresses, `s`, `y`, `d`, `p`, `q`, `a`, `i`, `c`, `r`, `w`, `n`, `N`, `h`, `H`, `g`, `G`, `x`, `=`, blocks, branches.

mod parse;

use super::filter::{Filter, Line, More, Work};
use super::regex::{Groups, Regex, group_text};
use super::{Cx, State};
use crate::applets::options::{has, options};
use crate::fs::Errno;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use parse::parse;

/// Commands that one line may run; a branch that loops for ever ends here.
const MAX_STEPS: u32 = 100_000;

#[derive(Clone, Debug)]
enum Address {
    Line(u64),
    Last,
    Match(Regex),
    Step(u64, u64),
    Plus(u64),
}

#[derive(Clone, Debug)]
struct Command {
    from: Option<Address>,
    to: Option<Address>,
    negate: bool,
    kind: Kind,
    /// The line at which a range that began ends; 0 outside of one.
    until: Option<u64>,
    inside: bool,
}

#[derive(Clone, Debug)]
enum Kind {
    Substitute {
        regex: Regex,
        with: String,
        global: bool,
        print: bool,
        nth: usize,
        file: Option<String>,
    },
    Translate(Vec<(char, char)>),
    Delete,
    DeleteFirst,
    Print,
    PrintFirst,
    Quit(i32, bool),
    Append(String),
    ReadFile(String),
    Insert(String),
    Change(String),
    Next,
    Join,
    Hold,
    HoldAppend,
    Get,
    GetAppend,
    Exchange,
    Number,
    /// To the command at this place when the addresses do not match.
    Block(usize),
    End,
    Label(String),
    Branch(String),
    BranchIf(String),
    Write(String),
}

/// A `sed` at work.
#[derive(Clone, Debug)]
pub(crate) struct Sed {
    program: Vec<Command>,
    quiet: bool,
    pattern: String,
    hold: String,
    number: u64,
    /// The line that was read but not worked on: only when the next one comes is it known not to be the last.
    pending: Option<(String, bool)>,
    /// `N` waits for its next line here: the place in the program.
    resume: Option<usize>,
    append: Vec<String>,
    done: Option<i32>,
    /// `-i`: the files, with what they become.
    output: Option<String>,
}

pub(crate) fn sed(cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    // `-i.bak` has its value attached, `-i` alone none.
    let mut suffix = String::new();
    let args: Vec<String> = args
        .iter()
        .map(|word| match word.strip_prefix("-i").or(word.strip_prefix("--in-place=")) {
            Some(attached) if !attached.is_empty() => {
                suffix = attached.to_string();
                "-i".to_string()
            }
            _ => word.clone(),
        })
        .collect();
    let (flags, mut rest) = options(&args, "ef");
    let extended = has(&flags, 'E') || has(&flags, 'r');
    let mut scripts: Vec<String> = Vec::new();
    for (letter, value) in &flags {
        match letter {
            'e' => scripts.push(value.clone()),
            'f' => match cx.sys.read_file(value) {
                Ok(bytes) => scripts.push(String::from_utf8_lossy(&bytes).into_owned()),
                Err(errno) => {
                    cx.complain(&format!("{value}: {}", errno.message()));
                    return State::End(1);
                }
            },
            _ => {}
        }
    }
    if scripts.is_empty() {
        if rest.is_empty() {
            return cx.usage();
        }
        scripts.push(rest.remove(0));
    }
    let program = match parse(&scripts.join("\n"), extended) {
        Ok(program) => program,
        Err(message) => {
            let text = if cx.gnu { format!("-e expression #1, char 1: {message}") } else { message };
            cx.complain(&text);
            return State::End(1);
        }
    };
    let quiet = has(&flags, 'n');
    let fresh = |program: &Vec<Command>, output: Option<String>| Sed {
        program: program.clone(),
        quiet,
        pattern: String::new(),
        hold: String::new(),
        number: 0,
        pending: None,
        resume: None,
        append: Vec::new(),
        done: None,
        output,
    };
    if !has(&flags, 'i') {
        return Filter::over(&rest, Work::Sed(Box::new(fresh(&program, None))));
    }
    let mut status = 0;
    for path in &rest {
        let text = match cx.sys.read_file(path) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(errno) => {
                let text = if cx.gnu {
                    format!("can't read {path}: {}", errno.message())
                } else {
                    format!("{path}: {}", errno.message())
                };
                cx.complain(&text);
                status = 1;
                continue;
            }
        };
        let mut one = fresh(&program, Some(String::new()));
        for piece in text.split_inclusive('\n') {
            let ended = piece.ends_with('\n');
            let line = Line { text: piece.trim_end_matches('\n'), ended, file: path };
            if one.line(cx, &line, false) != More::Yes {
                break;
            }
        }
        one.finish(cx);
        if !suffix.is_empty() {
            let _ = cx.sys.write_file(&format!("{path}{suffix}"), text.as_bytes());
        }
        let bytes = one.output.unwrap_or_default().into_bytes();
        if let Err(errno) = cx.sys.write_file(path, &bytes) {
            cx.complain(&format!("{path}: {}", Errno::message(errno)));
            status = 4;
        }
    }
    State::End(status)
}

impl Sed {
    fn put(&mut self, cx: &mut Cx<'_, '_>, text: &str, newline: bool) {
        let end = if newline { "\n" } else { "" };
        match &mut self.output {
            Some(out) => {
                out.push_str(text);
                out.push_str(end);
            }
            None => {
                cx.print(text);
                cx.print(end);
            }
        }
    }

    pub fn line(&mut self, cx: &mut Cx<'_, '_>, line: &Line<'_>, _last_input: bool) -> More {
        if let Some((text, ended)) = self.pending.replace((line.text.to_string(), line.ended)) {
            self.work(cx, text, ended, false);
        } else if !self.needs_last() {
            // Without `$`, a line is worked on at once, as the pipe brings it.
            let (text, ended) = self.pending.take().unwrap_or_default();
            self.work(cx, text, ended, false);
        }
        if !self.needs_last()
            && let Some((text, ended)) = self.pending.take()
        {
            self.work(cx, text, ended, false);
        }
        if self.done.is_some() { More::No } else { More::Yes }
    }

    fn needs_last(&self) -> bool {
        self.program.iter().any(|c| {
            matches!(c.from, Some(Address::Last))
                || matches!(c.to, Some(Address::Last))
                || matches!(c.kind, Kind::Next | Kind::Join)
        })
    }

    pub fn finish(&mut self, cx: &mut Cx<'_, '_>) -> i32 {
        if self.done.is_none()
            && let Some((text, ended)) = self.pending.take()
        {
            self.work(cx, text, ended, true);
        }
        if self.resume.take().is_some() && self.done.is_none() && !self.quiet {
            // `N` without a next line prints what there is.
            let pattern = self.pattern.clone();
            self.put(cx, &pattern, true);
        }
        self.done.unwrap_or(0)
    }

    fn matches(&mut self, i: usize, last: bool) -> bool {
        let number = self.number;
        let chars: Vec<char> = self.pattern.chars().collect();
        let hit = |address: &Address| match address {
            Address::Line(n) => *n == number,
            Address::Last => last,
            Address::Match(regex) => regex.find(&chars, 0).is_some(),
            Address::Step(first, step) => number >= *first && (number - first).is_multiple_of((*step).max(1)),
            Address::Plus(_) => false,
        };
        let c = &mut self.program[i];
        let found = match (&c.from, &c.to) {
            (None, _) => true,
            (Some(from), None) => hit(from),
            (Some(from), Some(to)) => {
                if c.inside {
                    let over = match to {
                        Address::Line(n) => number >= *n,
                        _ => c.until.map_or_else(|| hit(to), |until| number >= until),
                    };
                    c.inside = !over;
                    // A range whose end lies before its present line is over already.
                    !(matches!(to, Address::Line(n) if number > *n))
                } else if hit(from) {
                    c.until = match to {
                        Address::Plus(n) => Some(number + n),
                        _ => None,
                    };
                    c.inside = match to {
                        Address::Line(n) => *n > number,
                        Address::Plus(n) => *n > 0,
                        Address::Last => !last,
                        _ => true,
                    };
                    true
                } else {
                    false
                }
            }
        };
        found != c.negate
    }

    fn work(&mut self, cx: &mut Cx<'_, '_>, text: String, ended: bool, last: bool) {
        if self.done.is_some() {
            return;
        }
        self.number += 1;
        let mut at = match self.resume.take() {
            Some(at) => {
                if self.pattern_joins(at) {
                    self.pattern.push('\n');
                    self.pattern.push_str(&text);
                } else {
                    self.pattern = text;
                }
                at
            }
            None => {
                self.pattern = text;
                0
            }
        };
        let mut substituted = false;
        let mut steps = 0;
        while at < self.program.len() {
            steps += 1;
            if steps > MAX_STEPS {
                self.done = Some(4);
                return;
            }
            let hit = self.matches(at, last);
            let kind = self.program[at].kind.clone();
            at += 1;
            if !hit {
                if let Kind::Block(end) = kind {
                    at = end;
                }
                continue;
            }
            match kind {
                Kind::Block(_) | Kind::End | Kind::Label(_) => {}
                Kind::Substitute { regex, with, global, print, nth, file } => {
                    if let Some(new) = substitute(&regex, &self.pattern, &with, global, nth) {
                        self.pattern = new;
                        substituted = true;
                        if print {
                            let pattern = self.pattern.clone();
                            self.put(cx, &pattern, true);
                        }
                        if let Some(file) = file {
                            let line = self.pattern.clone() + "\n";
                            let old = cx.sys.read_file(&file).unwrap_or_default();
                            let _ = cx.sys.write_file(&file, &[old, line.into_bytes()].concat());
                        }
                    }
                }
                Kind::Translate(pairs) => {
                    self.pattern = self
                        .pattern
                        .chars()
                        .map(|c| pairs.iter().find(|(a, _)| *a == c).map_or(c, |(_, b)| *b))
                        .collect();
                }
                Kind::Delete => return self.flush_append(cx),
                Kind::DeleteFirst => match self.pattern.split_once('\n') {
                    Some((_, rest)) => {
                        self.pattern = rest.to_string();
                        at = 0;
                    }
                    None => return self.flush_append(cx),
                },
                Kind::Print => {
                    let pattern = self.pattern.clone();
                    self.put(cx, &pattern, true);
                }
                Kind::PrintFirst => {
                    let first = self.pattern.split('\n').next().unwrap_or("").to_string();
                    self.put(cx, &first, true);
                }
                Kind::Quit(code, print) => {
                    self.done = Some(code);
                    if print && !self.quiet {
                        let pattern = self.pattern.clone();
                        self.put(cx, &pattern, ended);
                    }
                    return self.flush_append(cx);
                }
                Kind::Append(text) => self.append.push(text),
                Kind::ReadFile(path) => {
                    let bytes = cx.sys.read_file(&path).unwrap_or_default();
                    self.append.extend(super::text::lines_of(&bytes));
                }
                Kind::Insert(text) => self.put(cx, &text, true),
                Kind::Change(text) => {
                    if !self.program[at - 1].inside {
                        self.put(cx, &text, true);
                    }
                    return self.flush_append(cx);
                }
                Kind::Next | Kind::Join => {
                    if last {
                        if !self.quiet {
                            let pattern = self.pattern.clone();
                            self.put(cx, &pattern, ended);
                        }
                        self.done = Some(0);
                        return self.flush_append(cx);
                    }
                    if matches!(kind, Kind::Next) && !self.quiet {
                        let pattern = self.pattern.clone();
                        self.put(cx, &pattern, true);
                    }
                    self.flush_append(cx);
                    self.resume = Some(at);
                    return;
                }
                Kind::Hold => self.hold = self.pattern.clone(),
                Kind::HoldAppend => self.hold = format!("{}\n{}", self.hold, self.pattern),
                Kind::Get => self.pattern = self.hold.clone(),
                Kind::GetAppend => self.pattern = format!("{}\n{}", self.pattern, self.hold),
                Kind::Exchange => core::mem::swap(&mut self.pattern, &mut self.hold),
                Kind::Number => {
                    let number = self.number.to_string();
                    self.put(cx, &number, true);
                }
                Kind::Branch(label) => at = self.label(&label),
                Kind::BranchIf(label) => {
                    if core::mem::take(&mut substituted) {
                        at = self.label(&label);
                    }
                }
                Kind::Write(file) => {
                    let line = self.pattern.clone() + "\n";
                    let old = cx.sys.read_file(&file).unwrap_or_default();
                    let _ = cx.sys.write_file(&file, &[old, line.into_bytes()].concat());
                }
            }
        }
        if !self.quiet {
            let pattern = self.pattern.clone();
            self.put(cx, &pattern, ended);
        }
        self.flush_append(cx);
    }

    /// Whether the command before this place was `N` rather than `n`.
    fn pattern_joins(&self, at: usize) -> bool {
        at.checked_sub(1).is_some_and(|i| matches!(self.program[i].kind, Kind::Join))
    }

    fn label(&self, label: &str) -> usize {
        if label.is_empty() {
            return self.program.len();
        }
        self.program
            .iter()
            .position(|c| matches!(&c.kind, Kind::Label(l) if l == label))
            .unwrap_or(self.program.len())
    }

    fn flush_append(&mut self, cx: &mut Cx<'_, '_>) {
        for text in core::mem::take(&mut self.append) {
            self.put(cx, &text, true);
        }
    }
}

/// The text with its matches replaced; `None` when nothing matched.
pub(crate) fn substitute(regex: &Regex, text: &str, with: &str, global: bool, nth: usize) -> Option<String> {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::new();
    let (mut at, mut count, mut changed) = (0, 0, false);
    let mut last_end = None;
    while at <= chars.len() {
        let Some(groups) = regex.find(&chars, at) else { break };
        let Some((a, b)) = groups[0] else { break };
        // Nothing, right after something that matched, is no match of its own.
        if a == b && last_end == Some(a) {
            out.extend(chars.get(a));
            at = a + 1;
            continue;
        }
        last_end = Some(b);
        count += 1;
        out.extend(&chars[at..a]);
        let hit = count >= nth.max(1) && (global || !changed);
        if hit {
            changed = true;
            replacement(with, &chars, &groups, &mut out);
        } else {
            out.extend(&chars[a..b]);
        }
        at = b;
        if a == b {
            out.extend(chars.get(b));
            at = b + 1;
        }
        if changed && !global {
            break;
        }
    }
    if at < chars.len() {
        out.extend(&chars[at..]);
    }
    changed.then_some(out)
}

fn replacement(with: &str, chars: &[char], groups: &Groups, out: &mut String) {
    let mut case = 'E';
    let mut once = None;
    let push = |text: &str, out: &mut String, case: char, once: &mut Option<char>| {
        for c in text.chars() {
            match once.take().unwrap_or(case) {
                'U' | 'u' => out.extend(c.to_uppercase()),
                'L' | 'l' => out.extend(c.to_lowercase()),
                _ => out.push(c),
            }
        }
    };
    let mut letters = with.chars();
    while let Some(c) = letters.next() {
        match c {
            '&' => push(&group_text(chars, groups, 0), out, case, &mut once),
            '\\' => match letters.next() {
                Some(d @ '0'..='9') => {
                    push(&group_text(chars, groups, d as usize - '0' as usize), out, case, &mut once)
                }
                Some('n') => out.push('\n'),
                Some('t') => out.push('\t'),
                Some(c @ ('U' | 'L' | 'E')) => case = c,
                Some(c @ ('u' | 'l')) => once = Some(c),
                Some(c) => out.push(c),
                None => {}
            },
            c => push(&c.to_string(), out, case, &mut once),
        }
    }
}
