//! Simple commands, their assignments, and the functions that look like them.

use super::dollar::arith_word;
use super::{Parsed, Parser, is_name};
use crate::shell::Dialect;
use crate::shell::ast::*;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;

/// The text of a word that is nothing but unquoted text.
pub(super) fn plain(word: &Word) -> Option<String> {
    match &word[..] {
        [Part::Literal(text)] => Some(text.clone()),
        _ => None,
    }
}

/// Whether a command began with `[[` and has not come to its `]]`.
pub(super) fn in_brackets(words: &[Word]) -> bool {
    let is = |word: Option<&Word>, text: &str| matches!(word.map(|w| &w[..]), Some([Part::Literal(t)]) if t == text);
    is(words.first(), "[[") && !is(words.last(), "]]")
}

/// In an assignment, `~` works after each colon too.
pub(super) fn tilde_after_colons(word: &mut Word) {
    let Some(at) = word.iter().position(|p| matches!(p, Part::Literal(t) if t.contains(":~"))) else {
        return;
    };
    let Part::Literal(text) = word[at].clone() else { return };
    let mut parts = Vec::new();
    for (i, piece) in text.split(":~").enumerate() {
        if i == 0 {
            parts.push(Part::Literal(piece.to_string()));
            continue;
        }
        let end = piece.find(['/', ':']).unwrap_or(piece.len());
        parts.push(Part::Literal(":".to_string()));
        parts.push(Part::Tilde(piece[..end].to_string()));
        parts.push(Part::Literal(piece[end..].to_string()));
    }
    word.splice(at..=at, parts);
}

impl<'a> Parser<'a> {
    pub(super) fn simple(&mut self) -> Parsed<Option<Command>> {
        let mut simple = Simple { line: self.line, ..Simple::default() };
        loop {
            self.blanks();
            if let Some(r) = self.redirect()? {
                simple.redirects.push(r);
                continue;
            }
            if simple.words.is_empty()
                && let Some(assign) = self.assignment()?
            {
                simple.assigns.push(assign);
                continue;
            }
            // `export a=(1 2)`, `declare -A m=(…)`: an array after a declaring word.
            if self.dialect == Dialect::Bash
                && simple.words.first().is_some_and(|w| {
                    matches!(&w[..], [Part::Literal(s)] if ["declare", "local", "export", "readonly", "typeset"].contains(&s.as_str()))
                })
                && let Some(assign) = self.array_assignment()?
            {
                simple.words.push(vec![Part::Literal(assign.name.clone())]);
                simple.assigns.push(assign);
                continue;
            }
            // Busybox' `[[` is a command in whose words `&&` and `||` stand for themselves.
            if self.dialect == Dialect::Ash && in_brackets(&simple.words) {
                let joint = ["&&", "||"].into_iter().find(|op| self.eat(op));
                if let Some(op) = joint {
                    simple.words.push(vec![Part::Quoted(op.to_string())]);
                    continue;
                }
            }
            let Some(word) = self.word()? else { break };
            let alone = simple.words.is_empty() && simple.assigns.is_empty() && simple.redirects.is_empty();
            simple.words.push(word);
            if alone && self.function_follows() {
                let Some(name) = plain(&simple.words[0]) else { return Err(self.unexpected()) };
                if self.dialect != Dialect::Bash && !is_name(&name) {
                    return Err(self.error("bad function name").prefixed(self.dialect));
                }
                self.linebreak()?;
                let start = self.at;
                let body = self.command()?.ok_or_else(|| self.unexpected())?;
                // bash wants braces or another compound command there.
                if self.dialect == Dialect::Bash && matches!(body, Command::Simple(_)) {
                    self.at = start;
                    return Err(self.unexpected());
                }
                return Ok(Some(Command::Function(name, Arc::new(body))));
            }
        }
        if simple.words.is_empty() && simple.assigns.is_empty() && simple.redirects.is_empty() {
            return Ok(None);
        }
        if self.peek() == Some('(') {
            return Err(self.unexpected());
        }
        Ok(Some(Command::Simple(simple)))
    }

    /// Eat `( )` after a function's name.
    pub(super) fn function_follows(&mut self) -> bool {
        let start = (self.at, self.line);
        self.blanks();
        if self.eat("(") {
            self.blanks();
            if self.eat(")") {
                return true;
            }
        }
        (self.at, self.line) = start;
        false
    }

    pub(super) fn assignment(&mut self) -> Parsed<Option<Assign>> {
        let rest = self.rest();
        let len = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(0);
        let name = &rest[..len];
        if !is_name(name) {
            return Ok(None);
        }
        let start = (self.at, self.line);
        let name = name.to_string();
        self.at += len;
        let bash = self.dialect == Dialect::Bash;
        let mut index = None;
        if bash && self.peek() == Some('[') {
            let Some(text) = self.subscript_text() else {
                (self.at, self.line) = start;
                return Ok(None);
            };
            index = Some(arith_word(&text, self.line, self.dialect, self.depth)?);
        }
        let append = bash && self.eat("+=");
        if !append && !self.eat("=") {
            (self.at, self.line) = start;
            return Ok(None);
        }
        if self.peek() == Some('(') {
            if !bash {
                return Err(self.unexpected());
            }
            let value = self.array_value()?;
            return Ok(Some(Assign { name, index, append, value }));
        }
        let mut value = self.word()?.unwrap_or_default();
        tilde_after_colons(&mut value);
        Ok(Some(Assign { name, index, append, value: Value::Word(value) }))
    }

    pub(super) fn array_assignment(&mut self) -> Parsed<Option<Assign>> {
        let rest = self.rest();
        let len = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(0);
        if is_name(&rest[..len]) && rest[len..].starts_with("=(") {
            return self.assignment();
        }
        Ok(None)
    }

    pub(super) fn array_value(&mut self) -> Parsed<Value> {
        self.bump();
        let mut elements = Vec::new();
        loop {
            self.linebreak()?;
            if self.eat(")") {
                return Ok(Value::Array(elements));
            }
            let mut index = None;
            if self.peek() == Some('[') {
                let start = (self.at, self.line);
                match self.subscript_text() {
                    Some(text) if self.eat("=") => {
                        index = Some(arith_word(&text, self.line, self.dialect, self.depth)?);
                    }
                    _ => (self.at, self.line) = start,
                }
            }
            let word = match self.word()? {
                Some(word) => word,
                None if index.is_some() => Vec::new(),
                None => return Err(self.unexpected_for(Some(")"))),
            };
            elements.push((index, word));
        }
    }

    /// The text between `[` and its `]`.
    pub(super) fn subscript_text(&mut self) -> Option<String> {
        let mut depth = 0;
        for (i, c) in self.rest().char_indices() {
            match c {
                '[' => depth += 1,
                ']' => {
                    depth -= 1;
                    if depth == 0 {
                        let text = self.rest()[1..i].to_string();
                        self.at += i + 1;
                        return Some(text);
                    }
                }
                '\n' => return None,
                _ => {}
            }
        }
        None
    }
}
