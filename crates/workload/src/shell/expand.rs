//! Expansion: from words to the texts a command gets.
//!
//! A word may hold `$(…)`, which takes time, while expansion itself is a plain recursive function. So expansion is
//! replayed: it runs until it meets a command substitution whose output is not in its [`Memo`], stops, and is run
//! again from the start once the output is there. Whatever changes something on the way (`${x:=v}`, `$((i++))`,
//! `$RANDOM`) keeps its result in the memo too, so that it happens once.

use super::arith::{self, Scope};
use super::ast::*;
use super::braces;
use super::pattern::{self, Matcher};
use super::vars::{Data, Variable};
use super::{Dialect, Shell};
use crate::sys::Sys;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

/// The results of an expansion that must not be made twice.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memo {
    pub results: Vec<String>,
    next: usize,
}

/// Why an expansion did not end.
#[derive(Clone, Debug)]
pub(crate) enum Stop {
    /// This must run first; its output goes into the memo.
    Substitute(Block),
    /// This must be started first; the path of its pipe goes into the memo.
    Process { read: bool, body: Block },
    /// An error that ends the shell: message and status.
    Fatal(String, i32),
}

/// What bash says of a variable that must be set under `-u`.
const UNBOUND: &str = "unbound variable";

type Expanded<T> = Result<T, Stop>;

/// One expansion under way.
pub(crate) struct Expander<'a, 'k> {
    pub shell: &'a mut Shell,
    pub sys: &'a mut Sys<'k>,
    pub memo: &'a mut Memo,
}

/// A field under construction: its text, and the same as a pattern in which quoted characters are escaped.
#[derive(Clone, Debug, Default)]
struct Field {
    text: String,
    pattern: String,
    quoted: bool,
}

/// Where expanded text goes.
struct Sink {
    split: Option<String>,
    done: Vec<Field>,
    current: Option<Field>,
    /// The last field was ended by white space of the value that is being split.
    ended_by_space: bool,
}

impl Sink {
    fn new(split: Option<String>) -> Self {
        Sink { split, done: Vec::new(), current: None, ended_by_space: false }
    }

    fn field(&mut self) -> &mut Field {
        self.ended_by_space = false;
        self.current.get_or_insert_with(Field::default)
    }

    fn literal(&mut self, text: &str) {
        let field = self.field();
        field.text.push_str(text);
        field.pattern.push_str(text);
    }

    fn quoted(&mut self, text: &str) {
        let field = self.field();
        field.text.push_str(text);
        pattern::quote(text, &mut field.pattern);
        field.quoted = true;
    }

    /// Text that came from an unquoted expansion: it is split, and glob characters in it work.
    fn value(&mut self, text: &str) {
        let Some(ifs) = self.split.clone() else {
            self.literal(text);
            return;
        };
        for c in text.chars() {
            if !ifs.contains(c) {
                let field = self.field();
                field.text.push(c);
                if c == '\\' {
                    field.pattern.push('\\');
                }
                field.pattern.push(c);
                continue;
            }
            let space = " \t\n".contains(c);
            if space {
                if let Some(field) = self.current.take() {
                    self.done.push(field);
                    self.ended_by_space = true;
                }
            } else if self.ended_by_space {
                self.ended_by_space = false;
            } else {
                let field = self.current.take().unwrap_or_default();
                self.done.push(field);
            }
        }
    }

    fn break_field(&mut self) {
        if let Some(field) = self.current.take() {
            self.done.push(field);
        }
    }

    fn finish(mut self) -> Vec<Field> {
        self.break_field();
        self.done
    }
}

/// What a parameter is worth.
enum Worth {
    Unset,
    Text(String),
    /// `$@`, `$*`, `${a[@]}`: several texts; `star` ones are joined within quotes.
    Many(Vec<String>, bool),
}

impl Expander<'_, '_> {
    fn fatal<T>(&self, message: String) -> Expanded<T> {
        let status = if self.shell.dialect == Dialect::Bash { 1 } else { 2 };
        Err(Stop::Fatal(message, status))
    }

    /// The result kept from an earlier run, or the one that `make` now makes.
    fn once(&mut self, make: impl FnOnce(&mut Self) -> Expanded<String>) -> Expanded<String> {
        let at = self.memo.next;
        self.memo.next += 1;
        if let Some(kept) = self.memo.results.get(at) {
            return Ok(kept.clone());
        }
        // What `make` itself remembers (nested substitutions) lies before its own result.
        self.memo.next = at;
        let result = make(self)?;
        self.memo.results.truncate(at);
        self.memo.results.push(result.clone());
        self.memo.next = at + 1;
        Ok(result)
    }

    /// Begin again from the first result.
    pub fn rewind(&mut self) {
        self.memo.next = 0;
    }

    /// The fields of several words: braces, expansion, splitting, file names.
    pub fn words(&mut self, words: &[Word]) -> Expanded<Vec<String>> {
        let mut out = Vec::new();
        for word in words {
            if self.shell.dialect == Dialect::Bash && braces::has_braces(word) {
                for word in braces::expand(word) {
                    self.word(&word, &mut out)?;
                }
            } else {
                self.word(word, &mut out)?;
            }
        }
        Ok(out)
    }

    fn word(&mut self, word: &Word, out: &mut Vec<String>) -> Expanded<()> {
        let mut sink = Sink::new(Some(self.ifs()));
        self.parts(word, false, &mut sink)?;
        for field in sink.finish() {
            if !self.shell.options.noglob && pattern::is_glob(&field.pattern) {
                let found = self.glob(&field.pattern);
                if !found.is_empty() {
                    out.extend(found);
                    continue;
                }
                if self.shell.nullglob {
                    continue;
                }
            }
            out.push(field.text);
        }
        Ok(())
    }

    /// The text of a word that is neither split nor matched with files.
    pub fn text(&mut self, word: &Word) -> Expanded<String> {
        let mut sink = Sink::new(None);
        self.parts(word, false, &mut sink)?;
        let fields = sink.finish();
        Ok(fields.into_iter().map(|f| f.text).collect::<Vec<_>>().join(" "))
    }

    /// The pattern that a word is, quoted characters escaped.
    pub fn pattern(&mut self, word: &Word) -> Expanded<String> {
        let mut sink = Sink::new(None);
        self.parts(word, false, &mut sink)?;
        let fields = sink.finish();
        Ok(fields.into_iter().map(|f| f.pattern).collect::<Vec<_>>().join(" "))
    }

    fn ifs(&self) -> String {
        self.shell.vars.text("IFS").unwrap_or(" \t\n").to_string()
    }

    fn parts(&mut self, parts: &[Part], quoted: bool, sink: &mut Sink) -> Expanded<()> {
        for part in parts {
            self.part(part, quoted, sink)?;
        }
        Ok(())
    }

    fn part(&mut self, part: &Part, quoted: bool, sink: &mut Sink) -> Expanded<()> {
        match part {
            Part::Literal(text) => sink.literal(text),
            Part::Quoted(text) => sink.quoted(text),
            Part::Double(inner) => {
                let only_at = matches!(&inner[..], [Part::Parameter(p)]
                    if p.name == "@" || p.index.as_ref().is_some_and(|i| index_is(i, "@")));
                if !only_at || sink.split.is_none() {
                    sink.quoted("");
                }
                self.parts(inner, true, sink)?;
            }
            Part::Tilde(user) => {
                let home = match user.as_str() {
                    "" => self.shell.vars.text("HOME").unwrap_or("").to_string(),
                    "root" => "/root".to_string(),
                    "+" if self.shell.dialect == Dialect::Bash => self.sys.process().cwd.clone(),
                    other => format!("~{other}"),
                };
                if home.is_empty() && user.is_empty() {
                    sink.literal("~");
                } else {
                    sink.quoted(&home);
                }
            }
            Part::Command(block) => {
                let block = block.clone();
                let text = self.once(|_| Err(Stop::Substitute(block)))?;
                self.emit(&text, quoted, sink);
            }
            Part::Process { read, body } => {
                let (read, body) = (*read, body.clone());
                let path = self.once(|_| Err(Stop::Process { read, body }))?;
                sink.quoted(&path);
            }
            Part::Arith(word) => {
                let value = self.arithmetic(word)?.to_string();
                self.emit(&value, quoted, sink);
            }
            Part::Parameter(parameter) => self.parameter(parameter, quoted, sink)?,
        }
        Ok(())
    }

    fn emit(&self, text: &str, quoted: bool, sink: &mut Sink) {
        if quoted { sink.quoted(text) } else { sink.value(text) }
    }

    /// The value of `$((word))`, assignments in it made once.
    pub fn arithmetic(&mut self, word: &Word) -> Expanded<i64> {
        let text = self.text(word)?;
        let result = self.once(|e| {
            let mut scope = ShellScope { shell: e.shell, sys: e.sys };
            match arith::evaluate(&text, &mut scope) {
                Ok(value) => Ok(value.to_string()),
                Err(message) if message.ends_with(UNBOUND) => Err(Stop::Fatal(message, e.unset_status())),
                Err(message) => {
                    let message = match e.shell.dialect {
                        Dialect::Bash => {
                            format!("{}: {message} (error token is \"{}\")", text.trim(), text.trim())
                        }
                        Dialect::Dash if message.starts_with(arith::ILLEGAL) => message,
                        Dialect::Dash => format!("arithmetic expression: {message}: \"{text}\""),
                        Dialect::Ash => message,
                    };
                    e.fatal(message)
                }
            }
        })?;
        Ok(result.parse().unwrap_or(0))
    }

    // ---- parameters ----

    fn worth(&mut self, name: &str, index: Option<&Word>) -> Expanded<Worth> {
        let text = |t: String| Ok(Worth::Text(t));
        match name {
            "@" => return Ok(Worth::Many(self.shell.params.to_vec(), false)),
            "*" => return Ok(Worth::Many(self.shell.params.to_vec(), true)),
            "#" => return text(self.shell.params.len().to_string()),
            "?" => return text(self.shell.status.to_string()),
            "-" => return text(self.shell.options.letters()),
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
    fn dynamic(&mut self, name: &str) -> Expanded<Option<String>> {
        if self.shell.dialect == Dialect::Dash {
            let ppid = name == "PPID";
            return Ok(ppid.then(|| "0".to_string()));
        }
        Ok(Some(match name {
            "RANDOM" => self.once(|e| Ok((e.sys.kernel.random() % 32_768).to_string()))?,
            // Busybox counts the lines that are behind it.
            "LINENO" if self.shell.dialect == Dialect::Ash => (self.shell.line - 1).to_string(),
            "LINENO" => self.shell.line.to_string(),
            "PPID" => "0".to_string(),
            "SECONDS" if self.shell.dialect == Dialect::Bash => {
                self.sys.now().since(self.shell.started).as_secs().to_string()
            }
            "EPOCHSECONDS" => (self.sys.kernel.wall() / 1_000_000).to_string(),
            "BASHPID" if self.shell.dialect == Dialect::Bash => self.sys.process().pid.to_string(),
            "UID" | "EUID" if self.shell.dialect == Dialect::Bash => self.sys.process().uid.to_string(),
            _ => return Ok(None),
        }))
    }

    fn element(&mut self, name: &str, index: &Word) -> Expanded<Worth> {
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

    fn many(&self, values: &[String], star: bool, quoted: bool, sink: &mut Sink) {
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

    fn put(&self, worth: &Worth, quoted: bool, sink: &mut Sink) {
        match worth {
            Worth::Unset => {}
            Worth::Text(text) => self.emit(text, quoted, sink),
            Worth::Many(values, star) => self.many(values, *star, quoted, sink),
        }
    }

    fn unset_error(&self, name: &str) -> Stop {
        let message = match self.shell.dialect {
            Dialect::Bash => format!("{name}: {UNBOUND}"),
            _ => format!("{name}: parameter not set"),
        };
        Stop::Fatal(message, self.unset_status())
    }

    /// The code with which a variable that must be set ends the shell. bash throws `-c` away with 127, and says 1
    /// where it leaves in order: under `-e` and in a subshell.
    fn unset_status(&self) -> i32 {
        match self.shell.dialect {
            Dialect::Bash if self.shell.options.errexit || self.shell.is_subshell => 1,
            Dialect::Bash => 127,
            _ => 2,
        }
    }

    fn parameter(&mut self, p: &Parameter, quoted: bool, sink: &mut Sink) -> Expanded<()> {
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
                Worth::Text(text) => self.length(text).to_string(),
                Worth::Many(values, _) => values.len().to_string(),
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
                'E' => String::from_utf8_lossy(&super::escapes::unescape(&text, true).0).into_owned(),
                _ => text,
            }),
            Op::Test { .. } | Op::Bad(_) => Worth::Unset,
        };
        self.put(&result, quoted, sink);
        Ok(())
    }

    /// dash counts bytes, the others characters.
    fn length(&self, text: &str) -> usize {
        if self.shell.dialect == Dialect::Bash { text.chars().count() } else { text.len() }
    }

    #[allow(clippy::too_many_arguments)]
    fn tested(
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
                if !super::parser::is_name(&name) {
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
    fn alternative(&mut self, word: &Word, quoted: bool, sink: &mut Sink) -> Expanded<()> {
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

    fn slice(&mut self, p: &Parameter, worth: Worth, from: i64, length: Option<i64>) -> Expanded<Worth> {
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

    // ---- file names ----

    /// The files that a pattern names, sorted; empty when there are none.
    fn glob(&self, pattern: &str) -> Vec<String> {
        let absolute = pattern.starts_with('/');
        let mut found = vec![if absolute { "/".to_string() } else { String::new() }];
        let components: Vec<&str> = pattern.split('/').filter(|c| !c.is_empty()).collect();
        for (i, component) in components.iter().enumerate() {
            let last = i + 1 == components.len();
            let mut next = Vec::new();
            if !pattern::is_glob(component) {
                let name = pattern::unquote(component);
                for base in found {
                    let path = format!("{base}{name}");
                    if last && self.sys.stat(&path, false).is_err() {
                        continue;
                    }
                    next.push(if last { path } else { path + "/" });
                }
            } else {
                let matcher = Matcher::new(component);
                for base in found {
                    let dir = if base.is_empty() { "." } else { &base };
                    let Ok(names) = self.sys.list(dir) else { continue };
                    let own = [".".to_string(), "..".to_string()];
                    // bash leaves them out since 5.2 (`globskipdots`).
                    let dots = self.shell.dialect != Dialect::Bash;
                    let own = own.into_iter().filter(|_| dots && component.starts_with('.') && last);
                    for name in own.chain(names) {
                        if (name.starts_with('.') && !component.starts_with('.')) || !matcher.matches(&name) {
                            continue;
                        }
                        let path = format!("{base}{name}");
                        if last {
                            next.push(path);
                        } else if self.sys.is_dir(&path) {
                            next.push(path + "/");
                        }
                    }
                }
            }
            found = next;
        }
        if pattern.ends_with('/') && !components.is_empty() {
            found.retain(|p| self.sys.is_dir(p));
            found.iter_mut().for_each(|p| p.push('/'));
        }
        found.sort();
        found
    }

    // ---- assignments ----

    /// Make an assignment.
    pub fn assign(&mut self, assign: &Assign) -> Expanded<()> {
        let name = &assign.name;
        if self.shell.vars.get(name).is_some_and(|v| v.readonly) {
            let what = if self.shell.dialect == Dialect::Bash { "readonly variable" } else { "is read only" };
            return self.fatal(format!("{name}: {what}"));
        }
        match &assign.value {
            Value::Word(word) => {
                let mut value = self.text(word)?;
                if self.shell.vars.get(name).is_some_and(|v| v.integer) {
                    value = self.integer(&value)?.to_string();
                }
                let key = match &assign.index {
                    Some(index) => Some(self.key(name, index)?),
                    None => None,
                };
                self.once(|e| {
                    e.store(name, key, value, assign.append);
                    Ok(String::new())
                })?;
            }
            Value::Array(elements) => {
                let map = matches!(self.shell.vars.get(name).map(|v| &v.data), Some(Data::Map(_)));
                let mut pairs: Vec<(Option<Key>, Vec<String>)> = Vec::new();
                for (index, word) in elements {
                    let key = match index {
                        Some(index) => Some(self.key(name, index)?),
                        None => None,
                    };
                    let values = if key.is_some() {
                        vec![self.text(word)?]
                    } else {
                        self.words(core::slice::from_ref(word))?
                    };
                    pairs.push((key, values));
                }
                self.once(|e| {
                    let v = e.shell.vars.entry(name);
                    let old = core::mem::replace(&mut v.data, Data::Unset);
                    if map {
                        let mut new = match old {
                            Data::Map(old) if assign.append => old,
                            _ => BTreeMap::new(),
                        };
                        for (key, values) in pairs {
                            if let Some(Key::Name(key)) = key {
                                new.insert(key, values.concat());
                            }
                        }
                        v.data = Data::Map(new);
                    } else {
                        let mut new = match old {
                            Data::List(old) if assign.append => old,
                            Data::Text(text) if assign.append => BTreeMap::from([(0, text)]),
                            _ => BTreeMap::new(),
                        };
                        let mut next = new.keys().next_back().map_or(0, |k| k + 1);
                        for (key, values) in pairs {
                            if let Some(Key::Number(n)) = key {
                                next = n;
                            }
                            for value in values {
                                new.insert(next, value);
                                next += 1;
                            }
                        }
                        v.data = Data::List(new);
                    }
                    Ok(String::new())
                })?;
            }
        }
        Ok(())
    }

    fn integer(&mut self, text: &str) -> Expanded<i64> {
        let mut scope = ShellScope { shell: self.shell, sys: self.sys };
        match arith::evaluate(text, &mut scope) {
            Ok(value) => Ok(value),
            Err(message) => self.fatal(message),
        }
    }

    fn key(&mut self, name: &str, index: &Word) -> Expanded<Key> {
        if matches!(self.shell.vars.get(name).map(|v| &v.data), Some(Data::Map(_))) {
            return Ok(Key::Name(self.text(index)?));
        }
        Ok(Key::Number(self.arithmetic(index)?))
    }

    fn store(&mut self, name: &str, key: Option<Key>, value: String, append: bool) {
        let allexport = self.shell.options.allexport;
        let v = self.shell.vars.entry(name);
        v.exported |= allexport;
        store(v, key, value, append);
        if name == "OPTIND" {
            self.shell.getopts_offset = 0;
        }
    }
}

enum Key {
    Number(i64),
    Name(String),
}

fn store(v: &mut Variable, key: Option<Key>, value: String, append: bool) {
    match (key, &mut v.data) {
        (Some(Key::Name(key)), Data::Map(map)) => {
            let slot = map.entry(key).or_default();
            *slot = if append { core::mem::take(slot) + &value } else { value };
        }
        (Some(Key::Number(n)), data) => {
            let mut list = match core::mem::replace(data, Data::Unset) {
                Data::List(list) => list,
                Data::Text(text) => BTreeMap::from([(0, text)]),
                _ => BTreeMap::new(),
            };
            let n = if n < 0 { n + list.keys().next_back().map_or(0, |k| k + 1) } else { n };
            let slot = list.entry(n).or_default();
            *slot = if append { core::mem::take(slot) + &value } else { value };
            *data = Data::List(list);
        }
        (_, Data::List(list)) => {
            let slot = list.entry(0).or_default();
            *slot = if append { core::mem::take(slot) + &value } else { value };
        }
        (_, data) => {
            let old = if append { v_text(data) } else { String::new() };
            let sum = v.integer && append;
            *data = Data::Text(if sum {
                (old.parse::<i64>().unwrap_or(0) + value.parse::<i64>().unwrap_or(0)).to_string()
            } else {
                old + &value
            });
        }
    }
}

fn v_text(data: &Data) -> String {
    match data {
        Data::Text(text) => text.clone(),
        _ => String::new(),
    }
}

fn map(worth: Worth, f: impl Fn(String) -> String) -> Worth {
    match worth {
        Worth::Unset => Worth::Unset,
        Worth::Text(text) => Worth::Text(f(text)),
        Worth::Many(values, star) => Worth::Many(values.into_iter().map(f).collect(), star),
    }
}

fn index_is(index: &Word, text: &str) -> bool {
    matches!(&index[..], [Part::Double(inner)] if matches!(&inner[..], [Part::Quoted(t)] if t == text))
}

fn trim(matcher: &Matcher, text: &str, suffix: bool, longest: bool) -> String {
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

fn replace(matcher: &Matcher, text: &str, with: &str, kind: char) -> String {
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

fn change_case(text: &str, upper: bool, all: bool) -> String {
    let change =
        |c: char| -> String { if upper { c.to_uppercase().collect() } else { c.to_lowercase().collect() } };
    text.chars().enumerate().map(|(i, c)| if all || i == 0 { change(c) } else { c.to_string() }).collect()
}

/// Arithmetic on the shell's variables.
pub(crate) struct ShellScope<'a, 'k> {
    pub shell: &'a mut Shell,
    pub sys: &'a mut Sys<'k>,
}

impl Scope for ShellScope<'_, '_> {
    fn get(&mut self, name: &str, index: Option<i64>) -> Result<String, String> {
        if name == "RANDOM" && self.shell.dialect != Dialect::Dash {
            return Ok((self.sys.kernel.random() % 32_768).to_string());
        }
        let variable = self.shell.vars.get(name);
        if variable.is_none() && self.shell.options.nounset && self.shell.dialect == Dialect::Bash {
            return Err(format!("{name}: {UNBOUND}"));
        }
        Ok(match (variable.map(|v| &v.data), index) {
            (Some(Data::List(list)), index) => list.get(&index.unwrap_or(0)).cloned().unwrap_or_default(),
            (Some(Data::Map(map)), Some(i)) => map.get(&i.to_string()).cloned().unwrap_or_default(),
            (Some(_), None | Some(0)) => variable.and_then(|v| v.text()).unwrap_or("").to_string(),
            _ => String::new(),
        })
    }

    fn set(&mut self, name: &str, index: Option<i64>, value: i64) -> Result<(), String> {
        let v = self.shell.vars.entry(name);
        if v.readonly {
            return Err(format!("{name}: readonly variable"));
        }
        store(v, index.map(Key::Number), value.to_string(), false);
        Ok(())
    }

    fn has_power(&self) -> bool {
        self.shell.dialect != Dialect::Dash
    }

    fn has_steps(&self) -> bool {
        self.shell.dialect != Dialect::Dash
    }
}
