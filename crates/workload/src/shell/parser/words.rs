//! Words and quoting.

use super::{Parsed, Parser};
use crate::shell::Dialect;
use crate::shell::ast::*;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// Where quoted text ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Quote {
    Double,
    Here,
    Brace,
}

pub(super) fn flush(parts: &mut Word, literal: &mut String) {
    if !literal.is_empty() {
        parts.push(Part::Literal(core::mem::take(literal)));
    }
}

/// Where the parenthesis that `text` begins with is closed.
pub(super) fn closing(text: &str) -> Option<usize> {
    let mut depth = 0;
    for (i, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => {
                depth -= 1;
                if depth == 0 {
                    return Some(i);
                }
            }
            '\n' => return None,
            _ => {}
        }
    }
    None
}

impl<'a> Parser<'a> {
    /// A word; `None` when something else comes.
    pub fn word(&mut self) -> Parsed<Option<Word>> {
        let mut parts: Word = Vec::new();
        let mut literal = String::new();
        let start = self.at;
        while let Some(c) = self.peek() {
            let extended = self.dialect != Dialect::Dash;
            match c {
                ' ' | '\t' | '\n' | ';' | '&' | '|' | ')' => break,
                '`' if self.in_backquote => break,
                '<' | '>' if extended && self.peek_second() == Some('(') => {
                    flush(&mut parts, &mut literal);
                    let read = c == '<';
                    self.at += 2;
                    let body = self.command_text(')')?;
                    parts.push(Part::Process { read, body });
                }
                '<' | '>' => break,
                '(' => {
                    // `@(a|b)` and the like, only where bash reads a pattern.
                    if self.dialect == Dialect::Bash && literal.ends_with(['@', '?', '*', '+', '!']) {
                        let Some(end) = closing(self.rest()) else { break };
                        literal.push_str(&self.rest()[..=end]);
                        self.at += end + 1;
                        continue;
                    }
                    break;
                }
                '\\' | '\'' | '"' | '$' | '`' => self.quoting(c, &mut parts, &mut literal)?,
                '~' if self.at == start => {
                    self.bump();
                    let rest = self.rest();
                    let end = rest
                        .find(|c: char| !(c.is_ascii_alphanumeric() || "-_.+".contains(c)))
                        .unwrap_or(rest.len());
                    let ends_well =
                        rest[end..].starts_with(|c: char| " \t\n;&|()<>/:".contains(c)) || end == rest.len();
                    if ends_well {
                        parts.push(Part::Tilde(rest[..end].to_string()));
                        self.at += end;
                    } else {
                        literal.push('~');
                    }
                }
                _ => {
                    self.bump();
                    literal.push(c);
                }
            }
        }
        if self.at == start {
            return Ok(None);
        }
        flush(&mut parts, &mut literal);
        Ok(Some(parts))
    }

    /// The word inside `${…}` up to one of the ends, which is not eaten.
    pub(super) fn brace_word(&mut self, quoted: bool, ends: &str) -> Parsed<Word> {
        if quoted && ends == "}" {
            return self.quoted_parts(Quote::Brace);
        }
        let mut parts = Vec::new();
        let mut literal = String::new();
        let start = self.at;
        loop {
            let Some(c) = self.peek() else { return Err(self.unterminated_brace()) };
            match c {
                c if ends.contains(c) => break,
                '~' if self.at == start => {
                    self.bump();
                    let rest = self.rest();
                    let end = rest
                        .find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c)))
                        .unwrap_or(rest.len());
                    parts.push(Part::Tilde(rest[..end].to_string()));
                    self.at += end;
                }
                '\\' | '\'' | '"' | '$' | '`' => self.quoting(c, &mut parts, &mut literal)?,
                _ => {
                    self.bump();
                    literal.push(c);
                }
            }
        }
        flush(&mut parts, &mut literal);
        Ok(parts)
    }

    /// What a quoting character or a `$` begins, outside double quotes.
    fn quoting(&mut self, c: char, parts: &mut Word, literal: &mut String) -> Parsed<()> {
        let part = match c {
            '\\' => {
                self.bump();
                match self.bump() {
                    None => {
                        literal.push('\\');
                        return Ok(());
                    }
                    Some('\n') => return Ok(()),
                    Some(c) => Part::Quoted(c.to_string()),
                }
            }
            '\'' => Part::Quoted(self.single_quoted()?),
            '"' => {
                self.bump();
                Part::Double(self.quoted_parts(Quote::Double)?)
            }
            _ => match self.dollar(false)? {
                Some(part) => part,
                None => {
                    literal.push('$');
                    return Ok(());
                }
            },
        };
        flush(parts, literal);
        parts.push(part);
        Ok(())
    }

    pub(super) fn single_quoted(&mut self) -> Parsed<String> {
        self.bump();
        let mut out = String::new();
        loop {
            match self.bump() {
                None => return Err(self.unterminated("quoted string", '\'')),
                Some('\'') => return Ok(out),
                Some(c) => out.push(c),
            }
        }
    }

    /// The inside of double quotes, a here-document, or the word of `${…}` within quotes.
    pub(super) fn quoted_parts(&mut self, quote: Quote) -> Parsed<Word> {
        let mut parts = Vec::new();
        let mut text = String::new();
        loop {
            let Some(c) = self.peek() else {
                if quote == Quote::Here {
                    break;
                }
                return Err(match quote {
                    Quote::Brace => self.unterminated_brace(),
                    _ => self.unterminated("quoted string", '"'),
                });
            };
            match c {
                '"' if quote == Quote::Double => {
                    self.bump();
                    break;
                }
                '}' if quote == Quote::Brace => break,
                '"' if quote == Quote::Brace => {
                    if !text.is_empty() {
                        parts.push(Part::Quoted(core::mem::take(&mut text)));
                    }
                    self.bump();
                    parts.extend(self.quoted_parts(Quote::Double)?);
                }
                '\\' => {
                    self.bump();
                    match self.peek() {
                        Some('\n') => {
                            self.bump();
                        }
                        Some(c @ ('$' | '`' | '\\')) => {
                            self.bump();
                            text.push(c);
                        }
                        Some('"') if quote != Quote::Here => {
                            self.bump();
                            text.push('"');
                        }
                        Some('}') if quote == Quote::Brace => {
                            self.bump();
                            text.push('}');
                        }
                        _ => text.push('\\'),
                    }
                }
                '$' | '`' => {
                    if let Some(part) = self.dollar(true)? {
                        if !text.is_empty() {
                            parts.push(Part::Quoted(core::mem::take(&mut text)));
                        }
                        parts.push(part);
                    } else {
                        text.push('$');
                    }
                }
                _ => {
                    self.bump();
                    text.push(c);
                }
            }
        }
        if !text.is_empty() || parts.is_empty() {
            parts.push(Part::Quoted(text));
        }
        Ok(parts)
    }
}
