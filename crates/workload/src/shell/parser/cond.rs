//! The inside of bash's `[[ ]]`.

use super::{Parsed, Parser};
use crate::shell::ast::*;
use alloc::boxed::Box;
use alloc::string::ToString;
use alloc::vec::Vec;

impl<'a> Parser<'a> {
    pub(super) fn cond_or(&mut self) -> Parsed<Cond> {
        self.deeper()?;
        let mut left = self.cond_and()?;
        loop {
            self.linebreak()?;
            if !self.eat("||") {
                self.depth -= 1;
                return Ok(left);
            }
            left = Cond::Or(Box::new(left), Box::new(self.cond_and()?));
        }
    }

    pub(super) fn cond_and(&mut self) -> Parsed<Cond> {
        let mut left = self.cond_not()?;
        loop {
            self.linebreak()?;
            if !self.eat("&&") {
                return Ok(left);
            }
            left = Cond::And(Box::new(left), Box::new(self.cond_not()?));
        }
    }

    pub(super) fn cond_not(&mut self) -> Parsed<Cond> {
        self.linebreak()?;
        if self.word_is("!") {
            self.deeper()?;
            self.bump();
            let inner = self.cond_not()?;
            self.depth -= 1;
            return Ok(Cond::Not(Box::new(inner)));
        }
        if self.eat("(") {
            let inner = self.cond_or()?;
            self.linebreak()?;
            if !self.eat(")") {
                return Err(self.unexpected_for(Some(")")));
            }
            return Ok(inner);
        }
        let left = self.word()?.ok_or_else(|| self.unexpected())?;
        self.blanks();
        if let [Part::Literal(op)] = &left[..]
            && op.len() == 2
            && op.starts_with('-')
            && !self.word_is("]]")
            && !self.rest().starts_with(['&', '|', ')'])
            && let Some(operand) = self.word()?
        {
            return Ok(Cond::Unary(op.clone(), operand));
        }
        let op = ["==", "=~", "!=", "=", "<", ">"]
            .into_iter()
            .chain(["-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef"])
            .find(|op| self.rest().strip_prefix(op).is_some_and(|r| r.starts_with([' ', '\t', '\n'])));
        let Some(op) = op else { return Ok(Cond::Word(left)) };
        self.at += op.len();
        self.blanks();
        let right =
            if op == "=~" { self.regex_word()? } else { self.word()?.ok_or_else(|| self.unexpected())? };
        Ok(Cond::Binary(left, op.to_string(), right))
    }

    /// The word after `=~`, in which parentheses and bars belong to the expression.
    pub(super) fn regex_word(&mut self) -> Parsed<Word> {
        let mut out = Vec::new();
        let mut depth = 0;
        loop {
            match self.peek() {
                Some('(') => {
                    depth += 1;
                    self.bump();
                    out.push(Part::Literal("(".to_string()));
                }
                Some(')') if depth > 0 => {
                    depth -= 1;
                    self.bump();
                    out.push(Part::Literal(")".to_string()));
                }
                Some('|') if depth > 0 || self.peek_second() != Some('|') => {
                    self.bump();
                    out.push(Part::Literal("|".to_string()));
                }
                Some(c @ ('<' | '>' | '&' | ';')) if depth > 0 => {
                    self.bump();
                    out.push(Part::Literal(c.to_string()));
                }
                Some(' ' | '\t') if depth > 0 => {
                    self.bump();
                    out.push(Part::Literal(" ".to_string()));
                }
                _ => match self.word()? {
                    Some(word) => out.extend(word),
                    None if out.is_empty() => return Err(self.unexpected()),
                    None => return Ok(out),
                },
            }
        }
    }
}
