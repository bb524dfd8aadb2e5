//! `read`, `mapfile`, `getopts`.

use super::super::parser::is_name;
use super::super::vars::Data;
use super::super::{Dialect, Frame, Shell};
use super::{Done, Waiting};
use crate::kernel::{Turn, Wait};
use crate::sys::{Read, Sys};
use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use lifepod_api::SimTime;

/// A `read` under way.
#[derive(Clone, Debug)]
pub(in super::super) struct Reading {
    names: Vec<String>,
    raw: bool,
    array: bool,
    fd: u32,
    delimiter: u8,
    /// Stop after so many characters.
    count: Option<usize>,
    deadline: Option<SimTime>,
    /// What was read: a character and whether a backslash quoted it.
    got: Vec<(u8, bool)>,
    escaped: bool,
    /// How often input has come.
    chunks: u64,
    /// `mapfile`: lines into an array; whether newlines are cut.
    lines: Option<bool>,
}

impl Shell {
    pub(super) fn read(&mut self, sys: &mut Sys<'_>, args: &[String]) -> Done {
        let mut reading = Reading {
            names: Vec::new(),
            raw: false,
            array: false,
            fd: 0,
            delimiter: b'\n',
            count: None,
            deadline: None,
            got: Vec::new(),
            escaped: false,
            chunks: 0,
            lines: None,
        };
        let mut words = args.iter();
        while let Some(word) = words.next() {
            if word == "--" {
                reading.names.extend(words.by_ref().cloned());
                break;
            }
            if !word.starts_with('-') || word.len() < 2 {
                reading.names.push(word.clone());
                continue;
            }
            for (i, letter) in word[1..].char_indices() {
                if "tnNdpau".contains(letter) && (self.dialect != Dialect::Dash || letter == 'p') {
                    let attached = &word[1 + i + 1..];
                    let value = if attached.is_empty() {
                        words.next().cloned().unwrap_or_default()
                    } else {
                        attached.to_string()
                    };
                    match letter {
                        't' => {
                            let seconds: f64 = value.parse().unwrap_or(0.0);
                            reading.deadline = Some(sys.now() + SimTime::from_secs_f64(seconds));
                        }
                        'n' | 'N' => reading.count = value.parse().ok(),
                        'd' => reading.delimiter = value.bytes().next().unwrap_or(0),
                        'a' => {
                            reading.array = true;
                            reading.names.push(value);
                        }
                        'u' => reading.fd = value.parse().unwrap_or(0),
                        _ => {}
                    }
                    break;
                }
                match letter {
                    'r' => reading.raw = true,
                    's' | 'e' if self.dialect != Dialect::Dash => {}
                    _ => {
                        let message = match self.dialect {
                            Dialect::Dash => format!("Illegal option -{letter}"),
                            Dialect::Ash => format!("illegal option -{letter}"),
                            Dialect::Bash => format!("-{letter}: invalid option"),
                        };
                        self.complain_as("read", &message);
                        return Done::Status(2);
                    }
                }
            }
        }
        if reading.names.is_empty() {
            if self.dialect == Dialect::Dash {
                self.complain_as("read", "arg count");
                return Done::Status(2);
            }
            reading.names.push("REPLY".to_string());
        }
        if let Some(bad) = reading.names.iter().find(|n| !is_name(n)) {
            let message = if self.dialect == Dialect::Bash {
                format!("`{bad}': not a valid identifier")
            } else {
                format!("{bad}: bad variable name")
            };
            self.complain_as("read", &message);
            return Done::Status(if self.dialect == Dialect::Bash { 1 } else { 2 });
        }
        Done::Wait(Waiting::Read(Box::new(reading)))
    }

    pub(super) fn mapfile(&mut self, _sys: &mut Sys<'_>, args: &[String]) -> Done {
        let name = args.iter().rfind(|a| !a.starts_with('-')).cloned().unwrap_or("MAPFILE".to_string());
        Done::Wait(Waiting::Read(Box::new(Reading {
            names: Vec::from([name]),
            raw: true,
            array: true,
            fd: 0,
            delimiter: 0,
            count: None,
            deadline: None,
            got: Vec::new(),
            escaped: false,
            chunks: 0,
            lines: Some(args.iter().any(|a| a == "-t")),
        })))
    }

    pub(super) fn go_on_reading(&mut self, sys: &mut Sys<'_>, mut reading: Reading) -> Turn {
        if reading.count.is_some_and(|n| characters(&reading.got) >= n) {
            return self.read_done(reading, true);
        }
        if reading.deadline.is_some_and(|at| at <= sys.now()) {
            let status = if self.dialect == Dialect::Bash { 142 } else { 1 };
            let turn = self.read_done(reading, false);
            self.status = status;
            return turn;
        }
        match sys.read(reading.fd, 4096) {
            Read::Data(data) => {
                for (i, b) in data.iter().enumerate() {
                    if let Some(ended) = take(&mut reading, *b) {
                        sys.unread(reading.fd, &data[i + 1..]);
                        return self.read_done(reading, ended);
                    }
                }
                reading.chunks += 1;
                let chunks = reading.chunks;
                let deadline = reading.deadline.unwrap_or(SimTime::MAX);
                self.frames.push(Frame::Builtin(Waiting::Read(Box::new(reading))));
                // Shells read a byte at a time, which takes its time; of an endless line more and more.
                let micros = if chunks < 16 { 0 } else { 4_096 * chunks };
                let until = (sys.now() + SimTime(micros.min(10_000_000))).min(deadline);
                if micros == 0 { Turn::More } else { Turn::Wait(Wait::until(until)) }
            }
            Read::Eof => self.read_done(reading, false),
            Read::Fail(errno) => {
                self.complain_as("read", &format!("read error: {}", errno.message()));
                self.status = if self.dialect == Dialect::Dash { 2 } else { 1 };
                Turn::More
            }
            Read::Wait(wait) => {
                if let Some(signal) = self.trapped(sys) {
                    self.status = 128 + i32::from(signal.0);
                    return Turn::More;
                }
                let until = reading.deadline;
                self.frames.push(Frame::Builtin(Waiting::Read(Box::new(reading))));
                Turn::Wait(Wait { until, ..wait })
            }
        }
    }

    /// The line is there (`ended` by its delimiter) or the input is over: give the variables their values.
    fn read_done(&mut self, reading: Reading, ended: bool) -> Turn {
        self.status = i32::from(!ended);
        if let Some(cut) = reading.lines {
            let bytes: Vec<u8> = reading.got.iter().map(|(b, _)| *b).collect();
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let lines = text
                .split_inclusive('\n')
                .map(|l| if cut { l.trim_end_matches('\n') } else { l }.to_string());
            self.set_array(&reading.names[0], lines.collect());
            self.status = 0;
            return Turn::More;
        }
        let ifs: Vec<u8> = self.vars.text("IFS").unwrap_or(" \t\n").bytes().collect();
        let limit = if reading.array { usize::MAX } else { reading.names.len() };
        let plain_reply = reading.names == ["REPLY"] && !reading.array;
        let fields = if plain_reply && self.dialect == Dialect::Bash {
            Vec::from([text(&reading.got)])
        } else {
            split(&reading.got, &ifs, limit)
        };
        if reading.array {
            self.set_array(&reading.names[0], fields);
            return Turn::More;
        }
        for (i, name) in reading.names.iter().enumerate() {
            let value = fields.get(i).cloned().unwrap_or_default();
            if !self.vars.set(name, value) {
                self.complain(&format!("read: {name}: is read only"));
                self.status = 1;
            }
        }
        Turn::More
    }

    pub(in super::super) fn set_array(&mut self, name: &str, values: Vec<String>) {
        self.vars.entry(name).data = Data::List((0..).zip(values).collect());
    }

    pub(super) fn getopts(&mut self, _sys: &mut Sys<'_>, args: &[String]) -> Done {
        let [spec, name, rest @ ..] = args else {
            self.complain_as("getopts", "usage: getopts optstring var [arg]");
            return Done::Status(2);
        };
        let words: Vec<String> = if rest.is_empty() { self.params.to_vec() } else { rest.to_vec() };
        let mut index: usize = self.vars.text("OPTIND").and_then(|v| v.parse().ok()).unwrap_or(1).max(1);
        let silent = spec.starts_with(':');
        self.vars.remove("OPTARG");
        let word = words.get(index - 1).cloned().unwrap_or_default();
        if self.getopts_offset == 0 {
            if word == "--" {
                index += 1;
            }
            if !word.starts_with('-') || word.len() < 2 || word == "--" {
                self.vars.set("OPTIND", index.to_string());
                self.vars.set(name, "?".to_string());
                return Done::Status(1);
            }
            self.getopts_offset = 1;
        }
        let offset = self.getopts_offset;
        let Some(letter) = word[offset.min(word.len())..].chars().next() else {
            self.getopts_offset = 0;
            return Done::Status(1);
        };
        let after = &word[offset + letter.len_utf8()..];
        let at = spec.find(letter).filter(|_| letter != ':');
        let wants = at.is_some_and(|i| spec[i + letter.len_utf8()..].starts_with(':'));
        let mut result = letter.to_string();
        let mut next_word = after.is_empty();
        if at.is_none() {
            result = "?".to_string();
            if silent {
                self.vars.set("OPTARG", letter.to_string());
            } else {
                self.option_message("illegal option --", letter);
            }
        } else if wants {
            next_word = true;
            if !after.is_empty() {
                self.vars.set("OPTARG", after.to_string());
            } else if let Some(value) = words.get(index) {
                self.vars.set("OPTARG", value.clone());
                index += 1;
            } else if silent {
                result = ":".to_string();
                self.vars.set("OPTARG", letter.to_string());
            } else {
                result = "?".to_string();
                self.option_message("option requires an argument --", letter);
            }
        }
        let offset = if next_word { 0 } else { offset + letter.len_utf8() };
        if next_word {
            index += 1;
        }
        self.vars.set("OPTIND", index.to_string());
        self.getopts_offset = offset;
        self.vars.set(name, result);
        Done::Status(0)
    }

    fn option_message(&mut self, what: &str, letter: char) {
        let line = match self.dialect {
            Dialect::Dash if what.starts_with("illegal") => format!("Illegal option -{letter}\n"),
            Dialect::Dash => format!("No arg for -{letter} option\n"),
            _ => format!("{}: {what} {letter}\n", self.name),
        };
        self.print(2, line.as_bytes());
    }
}

/// Take one byte. `Some` when the reading is over: whether the delimiter or the count ended it.
fn take(reading: &mut Reading, b: u8) -> Option<bool> {
    if reading.escaped {
        reading.escaped = false;
        if b != b'\n' {
            reading.got.push((b, true));
        }
        return None;
    }
    if b == b'\\' && !reading.raw {
        reading.escaped = true;
        return None;
    }
    if b == reading.delimiter && reading.lines.is_none() {
        return Some(true);
    }
    // A shell's texts hold no NUL, and nobody's line is longer than this.
    if b == 0 || reading.got.len() > 1 << 20 {
        return None;
    }
    reading.got.push((b, false));
    (reading.count.is_some_and(|n| characters(&reading.got) >= n)).then_some(true)
}

fn characters(got: &[(u8, bool)]) -> usize {
    got.iter().filter(|(b, _)| b & 0xc0 != 0x80).count()
}

fn text(got: &[(u8, bool)]) -> String {
    let bytes: Vec<u8> = got.iter().map(|(b, _)| *b).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Split a line into at most `limit` fields; the last one takes the rest.
fn split(got: &[(u8, bool)], ifs: &[u8], limit: usize) -> Vec<String> {
    let is_space = |(b, quoted): (u8, bool)| !quoted && ifs.contains(&b) && b" \t\n".contains(&b);
    let is_separator = |(b, quoted): (u8, bool)| !quoted && ifs.contains(&b);
    let mut fields = Vec::new();
    let mut i = 0;
    while i < got.len() && is_space(got[i]) {
        i += 1;
    }
    while i < got.len() && fields.len() + 1 < limit {
        let start = i;
        while i < got.len() && !is_separator(got[i]) {
            i += 1;
        }
        fields.push(text(&got[start..i]));
        while i < got.len() && is_space(got[i]) {
            i += 1;
        }
        if i < got.len() && is_separator(got[i]) && !is_space(got[i]) && !(i > start && is_space(got[i])) {
            i += 1;
            while i < got.len() && is_space(got[i]) {
                i += 1;
            }
        }
    }
    if i < got.len() {
        let mut end = got.len();
        while end > i && is_space(got[end - 1]) {
            end -= 1;
        }
        // A single separator at the end of the last field belongs to it only when others came before.
        let rest = &got[i..end];
        let separators = rest.iter().filter(|c| is_separator(**c)).count();
        if separators == 1 && rest.last().is_some_and(|c| is_separator(*c) && !is_space(*c)) {
            end -= 1;
        }
        fields.push(text(&got[i..end]));
    }
    fields
}
