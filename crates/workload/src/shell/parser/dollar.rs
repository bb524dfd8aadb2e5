//! What a `$` or a backquote begins.

use super::words::Quote;
use super::{Parsed, Parser, SyntaxError};
use crate::shell::Dialect;
use crate::shell::ast::*;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

/// The word inside arithmetic: quoted text with expansions in it.
pub(crate) fn arith_word(text: &str, line: u32, dialect: Dialect, depth: u32) -> Parsed<Word> {
    let mut parser = Parser::new(text, 0, line, dialect);
    parser.depth = depth;
    parser.quoted_parts(Quote::Here).map(|parts| vec![Part::Double(parts)])
}

impl<'a> Parser<'a> {
    /// What a `$` or a backquote begins; `None` for a `$` that stands for itself (it is eaten).
    pub(super) fn dollar(&mut self, quoted: bool) -> Parsed<Option<Part>> {
        if self.peek() == Some('`') {
            return self.backquoted(quoted).map(Some);
        }
        self.bump();
        let name = |name: String| {
            Ok(Some(Part::Parameter(Box::new(Parameter { name, index: None, op: Op::Plain }))))
        };
        match self.peek() {
            Some('(') if self.rest().starts_with("((") => {
                let start = (self.at, self.line);
                if let Some(word) = self.double_paren()? {
                    return Ok(Some(Part::Arith(word)));
                }
                // Only bash thinks again, and takes it for a subshell.
                if self.dialect != Dialect::Bash {
                    let missing = if self.dialect == Dialect::Dash { "Missing" } else { "missing" };
                    return Err(self.error(&format!("{missing} '))'")));
                }
                (self.at, self.line) = start;
                self.bump();
                Ok(Some(Part::Command(self.command_text(')')?)))
            }
            Some('(') => {
                self.bump();
                Ok(Some(Part::Command(self.command_text(')')?)))
            }
            Some('{') => {
                self.bump();
                self.braced(quoted).map(Some)
            }
            Some('[') if self.dialect == Dialect::Bash => {
                let Some(text) = self.subscript_text() else { return Ok(None) };
                arith_word(&text, self.line, self.dialect, self.depth).map(|w| Some(Part::Arith(w)))
            }
            Some('\'') if !quoted && self.dialect != Dialect::Dash => {
                self.bump();
                self.ansi_quoted().map(|text| Some(Part::Quoted(text)))
            }
            Some('"') if !quoted && self.dialect == Dialect::Bash => {
                self.bump();
                self.quoted_parts(Quote::Double).map(|parts| Some(Part::Double(parts)))
            }
            Some(c) if c.is_ascii_alphabetic() || c == '_' => {
                let rest = self.rest();
                let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
                self.at += end;
                name(rest[..end].to_string())
            }
            Some(c) if c.is_ascii_digit() || "@*#?-$!".contains(c) => {
                self.bump();
                name(c.to_string())
            }
            _ => Ok(None),
        }
    }

    pub(super) fn unterminated_brace(&self) -> SyntaxError {
        match self.dialect {
            Dialect::Bash => self.unterminated("", '}'),
            Dialect::Dash => self.error("Missing '}'"),
            Dialect::Ash => self.error("missing '}'"),
        }
    }

    /// `$'…'` with its escapes.
    pub(super) fn ansi_quoted(&mut self) -> Parsed<String> {
        let mut raw = String::new();
        loop {
            match self.bump() {
                None => return Err(self.unterminated("quoted string", '\'')),
                Some('\'') => break,
                Some('\\') => match self.bump() {
                    Some('\'') => raw.push('\''),
                    Some('"') => raw.push('"'),
                    Some(c) => {
                        raw.push('\\');
                        raw.push(c);
                    }
                    None => {}
                },
                Some(c) => raw.push(c),
            }
        }
        Ok(String::from_utf8_lossy(&crate::shell::escapes::unescape(&raw, true).0).into_owned())
    }

    /// The commands of `$(`, up to the closing parenthesis, which is eaten.
    pub(super) fn command_text(&mut self, _end: char) -> Parsed<Block> {
        self.deeper()?;
        let outer = core::mem::take(&mut self.heres);
        let outer_texts = core::mem::take(&mut self.here_texts);
        let backquote = core::mem::take(&mut self.in_backquote);
        let items = self.list(false)?;
        self.linebreak()?;
        self.finish_heres()?;
        let block = self.seal(items);
        self.in_backquote = backquote;
        self.heres = outer;
        self.here_texts = outer_texts;
        if !self.eat(")") {
            if self.peek().is_none() && self.dialect == Dialect::Bash {
                return Err(self.unterminated("", ')'));
            }
            return Err(self.unexpected_for(Some(")")));
        }
        self.depth -= 1;
        Ok(block)
    }

    pub(super) fn backquoted(&mut self, quoted: bool) -> Parsed<Part> {
        self.bump();
        let line = self.line;
        let mut inner = String::new();
        loop {
            match self.bump() {
                None if self.dialect == Dialect::Bash => return Err(self.unterminated("", '`')),
                None => return Err(self.error("EOF in backquote substitution")),
                Some('`') => break,
                Some('\\') => match self.bump() {
                    Some(c @ ('$' | '`' | '\\')) => inner.push(c),
                    Some('"') if quoted => inner.push('"'),
                    Some('\n') => {}
                    Some(c) => {
                        inner.push('\\');
                        inner.push(c);
                    }
                    None => {}
                },
                Some(c) => inner.push(c),
            }
        }
        self.deeper()?;
        let mut parser = Parser::new(&inner, 0, line, self.dialect);
        parser.depth = self.depth;
        let block = parser.all()?;
        self.depth -= 1;
        Ok(Part::Command(block))
    }

    /// The text between `((` and `))`; `None` when it is not arithmetic after all.
    pub(super) fn double_paren_text(&mut self) -> Parsed<Option<String>> {
        self.at += 2;
        let mut depth = 0;
        for (i, c) in self.rest().char_indices() {
            match c {
                '(' => depth += 1,
                ')' if depth > 0 => depth -= 1,
                ')' => {
                    if !self.rest()[i..].starts_with("))") {
                        return Ok(None);
                    }
                    let text = self.rest()[..i].to_string();
                    self.line += text.matches('\n').count() as u32;
                    self.at += i + 2;
                    return Ok(Some(text));
                }
                _ => {}
            }
        }
        if self.dialect == Dialect::Bash { Err(self.unterminated("", ')')) } else { Ok(None) }
    }

    pub(super) fn double_paren(&mut self) -> Parsed<Option<Word>> {
        let line = self.line;
        let Some(text) = self.double_paren_text()? else { return Ok(None) };
        arith_word(&text, line, self.dialect, self.depth).map(Some)
    }

    /// `${…}` after its brace.
    pub(super) fn braced(&mut self, quoted: bool) -> Parsed<Part> {
        self.deeper()?;
        let from = self.at;
        let part = self.braced_inner(quoted)?;
        self.depth -= 1;
        if self.eat("}") {
            return Ok(part);
        }
        // Not an expansion that this shell knows: skip to the end, and complain when it is reached.
        let Some(end) = self.rest().find('}') else { return Err(self.unterminated_brace()) };
        self.at += end + 1;
        let text = self.text[from..self.at - 1].to_string();
        Ok(Part::Parameter(Box::new(Parameter { name: String::new(), index: None, op: Op::Bad(text) })))
    }

    pub(super) fn braced_inner(&mut self, quoted: bool) -> Parsed<Part> {
        let part = |name: String, index: Option<Word>, op: Op| {
            Ok(Part::Parameter(Box::new(Parameter { name, index, op })))
        };
        let bash = self.dialect == Dialect::Bash;
        if self.peek() == Some('#')
            && !matches!(self.peek_second(), Some('}' | ':' | '-' | '=' | '?' | '+' | '%' | '/') | None)
            || self.rest().starts_with("#?}")
            || self.rest().starts_with("#-}")
        {
            let start = self.at;
            self.bump();
            let name = self.parameter_name();
            let index = self.index()?;
            if self.peek() == Some('}') && !name.is_empty() {
                return part(name, index, Op::Length);
            }
            self.at = start;
        }
        if bash && self.peek() == Some('!') && self.peek_second() != Some('}') {
            self.bump();
            let name = self.parameter_name();
            if self.rest().starts_with("[@]}") || self.rest().starts_with("[*]}") {
                self.at += 3;
                return part(name, None, Op::Keys);
            }
            if self.eat("*") || self.eat("@") {
                return part(name, None, Op::Names);
            }
            let index = self.index()?;
            return part(name, index, Op::Indirect);
        }
        let name = self.parameter_name();
        if name.is_empty() {
            return part(name, None, Op::Plain);
        }
        let index = self.index()?;
        let colon = self.rest().starts_with(':') && matches!(self.peek_second(), Some('-' | '=' | '?' | '+'));
        if colon {
            self.bump();
        }
        let op = match self.peek() {
            Some('}') => Op::Plain,
            Some(kind @ ('-' | '=' | '?' | '+')) => {
                self.bump();
                Op::Test { colon, kind, word: self.brace_word(quoted, "}")? }
            }
            Some(c @ ('#' | '%')) => {
                self.bump();
                let longest = self.eat(if c == '#' { "#" } else { "%" });
                Op::Trim { suffix: c == '%', longest, pattern: self.brace_word(false, "}")? }
            }
            Some(':') if self.dialect != Dialect::Dash => {
                self.bump();
                let (offset, more) = self.slice_text();
                let line = self.line;
                let offset = arith_word(&offset, line, self.dialect, self.depth)?;
                let length = if more {
                    let (length, _) = self.slice_text();
                    Some(arith_word(&length, line, self.dialect, self.depth)?)
                } else {
                    None
                };
                Op::Slice { offset, length }
            }
            Some('/') if self.dialect != Dialect::Dash => {
                self.bump();
                let kind = match self.peek() {
                    Some(c @ ('/' | '#' | '%')) if c == '/' || bash => {
                        self.bump();
                        c
                    }
                    _ => ' ',
                };
                let pattern = self.brace_word(false, "/}")?;
                let with = if self.eat("/") { self.brace_word(quoted, "}")? } else { Vec::new() };
                Op::Replace { kind, pattern, with }
            }
            Some(c @ ('^' | ',')) if bash => {
                self.bump();
                let all = self.eat(if c == '^' { "^" } else { "," });
                Op::Case { upper: c == '^', all }
            }
            Some('@') if bash => {
                self.bump();
                Op::Transform(self.bump().unwrap_or('Q'))
            }
            _ => Op::Plain,
        };
        part(name, index, op)
    }

    pub(super) fn parameter_name(&mut self) -> String {
        let rest = self.rest();
        let end = match rest.chars().next() {
            Some(c) if c.is_ascii_digit() => rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len()),
            Some(c) if c.is_ascii_alphabetic() || c == '_' => {
                rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len())
            }
            Some(c) if "@*#?-$!".contains(c) => 1,
            _ => 0,
        };
        self.at += end;
        rest[..end].to_string()
    }

    pub(super) fn index(&mut self) -> Parsed<Option<Word>> {
        if self.dialect != Dialect::Bash || self.peek() != Some('[') {
            return Ok(None);
        }
        let Some(text) = self.subscript_text() else { return Ok(None) };
        arith_word(&text, self.line, self.dialect, self.depth).map(Some)
    }

    /// The text up to `:` or `}`, at the top level of parentheses and braces; whether it ended with the colon.
    pub(super) fn slice_text(&mut self) -> (String, bool) {
        let mut depth = 0;
        let mut end = self.rest().len();
        let mut colon = false;
        for (i, c) in self.rest().char_indices() {
            match c {
                '(' | '{' => depth += 1,
                '}' if depth == 0 => {
                    end = i;
                    break;
                }
                ')' | '}' => depth -= 1,
                ':' if depth == 0 => {
                    end = i;
                    colon = true;
                    break;
                }
                _ => {}
            }
        }
        let text = self.rest()[..end].to_string();
        self.at += end + usize::from(colon);
        (text, colon)
    }
}
