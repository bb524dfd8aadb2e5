//! Parameters: what they are worth, and the operations of `${…}` on it.

use super::fields::Sink;
use super::{Expanded, Expander, Stop};
use crate::shell::Dialect;
use crate::shell::ast::*;
use crate::shell::pattern::Matcher;
use crate::shell::vars::Data;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

/// What bash says of a variable that must be set under `-u`.
pub(super) const UNBOUND: &str = "unbound variable";

/// What a parameter is worth.
pub(super) enum Worth {
    Unset,
    Text(String),
    /// `$@`, `$*`, `${a[@]}`: several texts; `star` ones are joined within quotes.
    Many(Vec<String>, bool),
}

pub(super) fn map(worth: Worth, f: impl Fn(String) -> String) -> Worth {
    match worth {
        Worth::Unset => Worth::Unset,
        Worth::Text(text) => Worth::Text(f(text)),
        Worth::Many(values, star) => Worth::Many(values.into_iter().map(f).collect(), star),
    }
}

pub(super) fn index_is(index: &Word, text: &str) -> bool {
    matches!(&index[..], [Part::Double(inner)] if matches!(&inner[..], [Part::Quoted(t)] if t == text))
}

pub(super) fn trim(matcher: &Matcher, text: &str, suffix: bool, longest: bool) -> String {
    let chars: Vec<char> = text.chars().collect();
    let n = chars.len();
    let lengths: Vec<usize> = if longest { (0..=n).rev().collect() } else { (0..=n).collect() };
    for len in lengths {
        let (part, rest) = if suffix { (&chars[n - len..], &chars[..n - len]) } else { chars.split_at(len) };
        if matcher.matches_chars(part) {
            return rest.iter().collect();
        }
    }
    text.to_string()
}

pub(super) fn replace(matcher: &Matcher, text: &str, with: &str, kind: char) -> String {
    let chars: Vec<char> = text.chars().collect();
    let n = chars.len();
    let longest_at = |at: usize| (at..=n).rev().find(|end| matcher.matches_chars(&chars[at..*end]));
    let mut out = String::new();
    match kind {
        '#' => {
            if let Some(end) = longest_at(0) {
                return with.to_string() + &chars[end..].iter().collect::<String>();
            }
            return text.to_string();
        }
        '%' => {
            if let Some(start) = (0..=n).find(|start| matcher.matches_chars(&chars[*start..])) {
                return chars[..start].iter().collect::<String>() + with;
            }
            return text.to_string();
        }
        _ => {}
    }
    let mut at = 0;
    while at < n {
        match longest_at(at).filter(|end| *end > at) {
            Some(end) => {
                out.push_str(with);
                at = end;
                if kind != '/' {
                    break;
                }
            }
            None => {
                out.push(chars[at]);
                at += 1;
            }
        }
    }
    out.extend(&chars[at..]);
    out
}

pub(super) fn change_case(text: &str, upper: bool, all: bool) -> String {
    let change =
        |c: char| -> String { if upper { c.to_uppercase().collect() } else { c.to_lowercase().collect() } };
    text.chars().enumerate().map(|(i, c)| if all || i == 0 { change(c) } else { c.to_string() }).collect()
}

impl Expander<'_, '_> {
    pub(super) fn worth(&mut self, name: &str, index: Option<&Word>) -> Expanded<Worth> {
        let text = |t: String| Ok(Worth::Text(t));
        match name {
            "@" => return Ok(Worth::Many(self.shell.params.to_vec(), false)),
            "*" => return Ok(Worth::Many(self.shell.params.to_vec(), true)),
            "#" => return text(self.shell.params.len().to_string()),
            "?" => return text(self.shell.status.to_string()),
            "-" => return text(self.shell.option_letters()),
            "$" => return text(self.shell.pid.to_string()),
            "!" => {
                return Ok(self
                    .shell
                    .last_background
                    .map_or(Worth::Text(String::new()), |(_, pid)| Worth::Text(pid.to_string())));
            }
            "0" => return text(self.shell.name.to_string()),
            _ => {}
        }
        if let Ok(n) = name.parse::<usize>() {
            let value = n.checked_sub(1).and_then(|i| self.shell.params.get(i)).cloned();
            return Ok(value.map_or(Worth::Unset, Worth::Text));
        }
        if let Some(index) = index {
            return self.element(name, index);
        }
        if let Some(value) = self.dynamic(name)? {
            return text(value);
        }
        Ok(self.shell.vars.text(name).map_or(Worth::Unset, |v| Worth::Text(v.to_string())))
    }

    /// Variables that the shell makes when they are read.
    pub(super) fn dynamic(&mut self, name: &str) -> Expanded<Option<String>> {
        if self.shell.dialect == Dialect::Dash {
            return Ok((name == "PPID").then(|| self.shell.parent.to_string()));
        }
        Ok(Some(match name {
            "RANDOM" => self.once(|e| Ok((e.sys.kernel.random() % 32_768).to_string()))?,
            // Busybox counts the lines that are behind it.
            "LINENO" if self.shell.dialect == Dialect::Ash => (self.shell.line - 1).to_string(),
            "LINENO" => self.shell.line.to_string(),
            "PPID" => self.shell.parent.to_string(),
            "SECONDS" if self.shell.dialect == Dialect::Bash => {
                self.sys.now().since(self.shell.started).as_secs().to_string()
            }
            "EPOCHSECONDS" => (self.sys.kernel.wall() / 1_000_000).to_string(),
            "BASHPID" if self.shell.dialect == Dialect::Bash => self.sys.process().pid.to_string(),
            "UID" | "EUID" if self.shell.dialect == Dialect::Bash => self.sys.process().uid.to_string(),
            _ => return Ok(None),
        }))
    }

    pub(super) fn element(&mut self, name: &str, index: &Word) -> Expanded<Worth> {
        let all = if index_is(index, "@") {
            Some(false)
        } else if index_is(index, "*") {
            Some(true)
        } else {
            None
        };
        let data = self.shell.vars.get(name).map_or(Data::Unset, |v| v.data.clone());
        if let Some(star) = all {
            return Ok(Worth::Many(
                match data {
                    Data::Unset => Vec::new(),
                    Data::Text(text) => vec![text],
                    Data::List(list) => list.into_values().collect(),
                    Data::Map(map) => map.into_values().collect(),
                },
                star,
            ));
        }
        let value = match data {
            Data::Map(map) => {
                let key = self.text(index)?;
                map.get(&key).cloned()
            }
            Data::List(list) => {
                let mut i = self.arithmetic(index)?;
                if i < 0 {
                    i += list.keys().next_back().map_or(0, |last| last + 1);
                }
                list.get(&i).cloned()
            }
            Data::Text(text) => (self.arithmetic(index)? == 0).then_some(text),
            Data::Unset => None,
        };
        Ok(value.map_or(Worth::Unset, Worth::Text))
    }

    pub(super) fn many(&self, values: &[String], star: bool, quoted: bool, sink: &mut Sink) {
        if sink.split.is_none() || (quoted && star) {
            let ifs = self.ifs();
            let by =
                if star { ifs.chars().next().map(String::from).unwrap_or_default() } else { " ".to_string() };
            let joined = values.join(&by);
            return self.emit(&joined, quoted, sink);
        }
        for (i, value) in values.iter().enumerate() {
            if i > 0 {
                sink.break_field();
            }
            self.emit(value, quoted, sink);
        }
    }

    pub(super) fn put(&self, worth: &Worth, quoted: bool, sink: &mut Sink) {
        match worth {
            Worth::Unset => {}
            Worth::Text(text) => self.emit(text, quoted, sink),
            Worth::Many(values, star) => self.many(values, *star, quoted, sink),
        }
    }

    pub(super) fn unset_error(&self, name: &str) -> Stop {
        let message = match self.shell.dialect {
            Dialect::Bash => format!("{name}: {UNBOUND}"),
            _ => format!("{name}: parameter not set"),
        };
        Stop::Fatal(message, self.unset_status())
    }

    /// The code with which a variable that must be set ends the shell. bash throws `-c` away with 127, and says 1
    /// where it leaves in order: under `-e` and in a subshell.
    pub(super) fn unset_status(&self) -> i32 {
        match self.shell.dialect {
            Dialect::Bash if self.shell.options.errexit || self.shell.is_subshell => 1,
            Dialect::Bash => 127,
            _ => 2,
        }
    }

    pub(super) fn parameter(&mut self, p: &Parameter, quoted: bool, sink: &mut Sink) -> Expanded<()> {
        if let Op::Bad(text) = &p.op {
            let message = match self.shell.dialect {
                Dialect::Dash => "Bad substitution".to_string(),
                Dialect::Bash => format!("${{{text}}}: bad substitution"),
                Dialect::Ash => "bad substitution".to_string(),
            };
            return self.fatal(message);
        }
        if p.name.is_empty() {
            let message =
                if self.shell.dialect == Dialect::Dash { "Bad substitution" } else { "bad substitution" };
            return self.fatal(message.to_string());
        }
        let worth = match &p.op {
            Op::Names | Op::Keys => Worth::Unset,
            Op::Indirect => {
                let target = match self.worth(&p.name, p.index.as_ref())? {
                    Worth::Text(name) => name,
                    _ => String::new(),
                };
                if target.is_empty() { Worth::Unset } else { self.worth(&target, None)? }
            }
            _ => self.worth(&p.name, p.index.as_ref())?,
        };
        if let Op::Test { colon, kind, word } = &p.op {
            return self.tested(p, worth, *colon, *kind, word, quoted, sink);
        }
        if self.shell.options.nounset
            && matches!(worth, Worth::Unset)
            && !matches!(p.op, Op::Names | Op::Keys)
        {
            return Err(self.unset_error(&p.name));
        }
        let result = match &p.op {
            Op::Plain | Op::Indirect => worth,
            Op::Length => Worth::Text(match &worth {
                Worth::Unset => "0".to_string(),
                // No locale is set in an image: a character is a byte.
                Worth::Text(text) => text.len().to_string(),
                // Only bash counts them; for the others `$@` is one text here.
                Worth::Many(values, _) if self.shell.dialect == Dialect::Bash => values.len().to_string(),
                Worth::Many(values, _) => values.join(" ").len().to_string(),
            }),
            Op::Names => {
                let names = self.shell.vars.iter().map(|(n, _)| n.clone()).filter(|n| n.starts_with(&p.name));
                Worth::Many(names.collect(), false)
            }
            Op::Keys => Worth::Many(
                match self.shell.vars.get(&p.name).map(|v| &v.data) {
                    Some(Data::List(list)) => list.keys().map(ToString::to_string).collect(),
                    Some(Data::Map(map)) => map.keys().cloned().collect(),
                    Some(Data::Text(_)) => vec!["0".to_string()],
                    _ => Vec::new(),
                },
                false,
            ),
            Op::Trim { suffix, longest, pattern } => {
                let matcher = Matcher::new(&self.pattern(pattern)?);
                map(worth, |text| trim(&matcher, &text, *suffix, *longest))
            }
            Op::Slice { offset, length } => {
                let from = self.arithmetic(offset)?;
                let length = match length {
                    Some(length) => Some(self.arithmetic(length)?),
                    None => None,
                };
                self.slice(p, worth, from, length)?
            }
            Op::Replace { kind, pattern, with } => {
                let pattern = self.pattern(pattern)?;
                let with = self.text(with)?;
                let matcher = Matcher::new(&pattern);
                map(
                    worth,
                    |text| if pattern.is_empty() { text } else { replace(&matcher, &text, &with, *kind) },
                )
            }
            Op::Case { upper, all } => map(worth, |text| change_case(&text, *upper, *all)),
            Op::Transform(kind) => map(worth, |text| match kind {
                'U' => text.to_uppercase(),
                'L' => text.to_lowercase(),
                'u' => change_case(&text, true, false),
                'Q' => format!("'{}'", text.replace('\'', "'\\''")),
                'E' => String::from_utf8_lossy(&crate::shell::escapes::unescape(&text, true).0).into_owned(),
                _ => text,
            }),
            Op::Test { .. } | Op::Bad(_) => Worth::Unset,
        };
        self.put(&result, quoted, sink);
        Ok(())
    }

    #[allow(clippy::too_many_arguments)]
    pub(super) fn tested(
        &mut self,
        p: &Parameter,
        worth: Worth,
        colon: bool,
        kind: char,
        word: &Word,
        quoted: bool,
        sink: &mut Sink,
    ) -> Expanded<()> {
        let set = match &worth {
            Worth::Unset => false,
            Worth::Text(text) => !text.is_empty() || !(colon || p.name == "!"),
            Worth::Many(values, _) if colon => values.iter().any(|v| !v.is_empty()),
            Worth::Many(values, _) => !values.is_empty(),
        };
        match (kind, set) {
            ('+', false) => {}
            ('+', true) | ('-', false) => self.alternative(word, quoted, sink)?,
            (_, true) => self.put(&worth, quoted, sink),
            ('=', false) => {
                let value = self.text(word)?;
                let name = p.name.clone();
                if !crate::shell::parser::is_name(&name) {
                    return self.fatal(format!("{name}: bad variable name"));
                }
                let value = self.once(|e| {
                    if !e.shell.vars.set(&name, value.clone()) {
                        return e.fatal(format!("{name}: is read only"));
                    }
                    Ok(value)
                })?;
                self.emit(&value, quoted, sink);
            }
            _ => {
                let mut message = self.text(word)?;
                if message.is_empty() {
                    message = match self.shell.dialect {
                        Dialect::Bash => "parameter null or not set",
                        _ if colon => "parameter not set or null",
                        _ => "parameter not set",
                    }
                    .to_string();
                }
                let status = self.unset_status();
                return Err(Stop::Fatal(format!("{}: {message}", p.name), status));
            }
        }
        Ok(())
    }

    /// The word of `${x-word}`: its unquoted text is split like any expansion.
    pub(super) fn alternative(&mut self, word: &Word, quoted: bool, sink: &mut Sink) -> Expanded<()> {
        for part in word {
            match part {
                Part::Literal(text) if !quoted => sink.value(text),
                Part::Literal(text) => sink.quoted(text),
                Part::Quoted(text) if quoted && text.is_empty() => {}
                part => self.part(part, quoted, sink)?,
            }
        }
        Ok(())
    }

    pub(super) fn slice(
        &mut self,
        p: &Parameter,
        worth: Worth,
        from: i64,
        length: Option<i64>,
    ) -> Expanded<Worth> {
        let range = |len: i64, zero_based: bool| -> Option<(usize, usize)> {
            let start = if from < 0 { len + from } else { from };
            if start < 0 || start > len {
                return None;
            }
            let end = match length {
                None => len,
                Some(n) if n < 0 && zero_based => len + n,
                Some(n) => start.saturating_add(n).min(len),
            };
            (end >= start).then_some((start as usize, end as usize))
        };
        Ok(match worth {
            Worth::Unset => Worth::Unset,
            Worth::Text(text) => {
                let chars: Vec<char> = text.chars().collect();
                match range(chars.len() as i64, true) {
                    Some((a, b)) => Worth::Text(chars[a..b].iter().collect()),
                    None => Worth::Text(String::new()),
                }
            }
            Worth::Many(mut values, star) => {
                // `${@:0}` counts the shell's name as element 0.
                if p.name == "@" || p.name == "*" {
                    values.insert(0, self.shell.name.to_string());
                }
                match range(values.len() as i64, false) {
                    Some((a, b)) => Worth::Many(values[a..b].to_vec(), star),
                    None => Worth::Many(Vec::new(), star),
                }
            }
        })
    }
}
