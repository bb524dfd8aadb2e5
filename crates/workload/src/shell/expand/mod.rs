//! Expansion: from words to the texts a command gets.
//!
//! A word may hold `$(…)`, which takes time, while expansion itself is a plain recursive function. So expansion is
//! replayed: it runs until it meets a command substitution whose output is not in its [`Memo`], stops, and is run
//! again from the start once the output is there. Whatever changes something on the way (`${x:=v}`, `$((i++))`,
//! `$RANDOM`) keeps its result in the memo too, so that it happens once.

mod assign;
mod fields;
mod glob;
mod parameters;

use super::arith;
use super::ast::*;
use super::braces;
use super::parser::is_name;
use super::pattern::{self};
use super::{Dialect, Shell};
use crate::sys::Sys;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
pub(crate) use assign::ShellScope;
use fields::Sink;
use parameters::UNBOUND;
use parameters::index_is;

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

type Expanded<T> = Result<T, Stop>;

/// Whether a word begins with an unquoted `name=`.
fn is_assignment(word: &Word) -> bool {
    let Some(Part::Literal(text)) = word.first() else { return false };
    text.split_once('=').is_some_and(|(name, _)| is_name(name.strip_suffix('+').unwrap_or(name)))
}

/// One expansion under way.
pub(crate) struct Expander<'a, 'k> {
    pub shell: &'a mut Shell,
    pub sys: &'a mut Sys<'k>,
    pub memo: &'a mut Memo,
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
        let declares = words.first().is_some_and(|word| self.declares(word));
        for word in words {
            if declares && is_assignment(word) {
                out.push(self.text(word)?);
            } else if self.shell.dialect == Dialect::Bash && braces::has_braces(word) {
                for word in braces::expand(word) {
                    self.word(&word, &mut out)?;
                }
            } else {
                self.word(word, &mut out)?;
            }
        }
        Ok(out)
    }

    /// Whether a command sets variables by its arguments: those that look like assignments are then expanded like
    /// assignments, neither split nor matched with files. It must be written as it is.
    fn declares(&self, command: &Word) -> bool {
        let [Part::Literal(name)] = &command[..] else { return false };
        matches!(name.as_str(), "export" | "readonly" | "local")
            || (self.shell.dialect == Dialect::Bash && matches!(name.as_str(), "declare" | "typeset"))
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
}
