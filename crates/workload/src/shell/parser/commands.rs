//! Compound commands: what their first word says.

use super::dollar::arith_word;
use super::{Parsed, Parser, SyntaxError, is_name};
use crate::shell::Dialect;
use crate::shell::ast::*;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

pub(super) const RESERVED: [&str; 16] = [
    "!", "{", "}", "case", "do", "done", "elif", "else", "esac", "fi", "for", "if", "in", "then", "until",
    "while",
];

impl<'a> Parser<'a> {
    /// Whether the next word is exactly this, unquoted.
    pub(super) fn word_is(&self, word: &str) -> bool {
        self.rest().strip_prefix(word).is_some_and(|rest| match rest.chars().next() {
            None => true,
            Some(c) => " \t\n;&|()<>".contains(c),
        })
    }

    pub(super) fn expect(&mut self, word: &str) -> Parsed<()> {
        self.linebreak()?;
        if !self.word_is(word) {
            return Err(self.unexpected_for(Some(word)));
        }
        self.at += word.len();
        Ok(())
    }

    pub(super) fn command(&mut self) -> Parsed<Option<Command>> {
        self.blanks();
        self.deeper()?;
        let command = self.command_inner()?;
        self.depth -= 1;
        let Some(command) = command else { return Ok(None) };
        Ok(Some(command))
    }

    pub(super) fn command_inner(&mut self) -> Parsed<Option<Command>> {
        let compound = match self.peek() {
            None => return Ok(None),
            Some('(') => {
                if self.rest().starts_with("((") && self.dialect == Dialect::Bash {
                    let start = (self.at, self.line);
                    if let Some(word) = self.double_paren()? {
                        return self.with_redirects(Compound::Arith(word)).map(Some);
                    }
                    (self.at, self.line) = start;
                }
                self.bump();
                let body = self.body(")")?;
                self.linebreak()?;
                if !self.eat(")") {
                    return Err(self.unexpected_for(Some(")")));
                }
                Compound::Subshell(body)
            }
            Some('{') if self.word_is("{") => {
                self.bump();
                let body = self.body("}")?;
                self.expect("}")?;
                Compound::Brace(body)
            }
            Some(_) if self.word_is("if") => self.if_command()?,
            Some(_) if self.word_is("while") || self.word_is("until") => {
                let until = self.word_is("until");
                self.at += 5;
                let condition = self.body("do")?;
                let body = self.do_group()?;
                Compound::While { until, condition, body }
            }
            Some(_) if self.word_is("for") => self.for_command()?,
            Some(_) if self.word_is("case") => self.case_command()?,
            Some(_) if self.word_is("[[") && self.dialect == Dialect::Bash => {
                self.at += 2;
                let cond = self.cond_or()?;
                self.linebreak()?;
                if !self.word_is("]]") {
                    return Err(self.unexpected());
                }
                self.at += 2;
                Compound::Cond(cond)
            }
            Some(_) if self.word_is("function") && self.dialect != Dialect::Dash => {
                self.at += 8;
                self.blanks();
                let name = self.name_word();
                self.blanks();
                if self.eat("(") {
                    self.blanks();
                    self.eat(")");
                }
                self.linebreak()?;
                let body = self.command()?.ok_or_else(|| self.unexpected())?;
                return Ok(Some(Command::Function(name, Arc::new(body))));
            }
            Some(_) if RESERVED.iter().any(|w| *w != "in" && self.word_is(w)) => return Ok(None),
            Some(_) => return self.simple(),
        };
        self.with_redirects(compound).map(Some)
    }

    pub(super) fn with_redirects(&mut self, compound: Compound) -> Parsed<Command> {
        let mut redirects = Vec::new();
        loop {
            self.blanks();
            match self.redirect()? {
                Some(r) => redirects.push(r),
                None => return Ok(Command::Compound(compound, redirects)),
            }
        }
    }

    pub(super) fn if_command(&mut self) -> Parsed<Compound> {
        self.at += 2;
        let mut arms = Vec::new();
        loop {
            let condition = self.body("then")?;
            self.expect("then")?;
            let body = self.body("fi")?;
            arms.push((Some(condition), body));
            self.linebreak()?;
            if self.word_is("elif") {
                self.at += 4;
                continue;
            }
            if self.word_is("else") {
                self.at += 4;
                arms.push((None, self.body("fi")?));
            }
            self.expect("fi")?;
            return Ok(Compound::If(arms));
        }
    }

    pub(super) fn do_group(&mut self) -> Parsed<Block> {
        self.expect("do")?;
        let body = self.body("done")?;
        self.expect("done")?;
        Ok(body)
    }

    pub(super) fn for_command(&mut self) -> Parsed<Compound> {
        self.at += 3;
        self.blanks();
        if self.rest().starts_with("((") && self.dialect == Dialect::Bash {
            return self.for_arith();
        }
        let name = self.name_word();
        if !is_name(&name) {
            return Err(if self.dialect == Dialect::Bash {
                SyntaxError { message: format!("`{name}': not a valid identifier"), line: self.line }
            } else {
                self.error("bad for loop variable").prefixed(self.dialect)
            });
        }
        self.linebreak()?;
        let mut words = None;
        if self.word_is("in") {
            self.at += 2;
            let mut list = Vec::new();
            loop {
                self.blanks();
                match self.word()? {
                    Some(word) => list.push(word),
                    None => break,
                }
            }
            words = Some(list);
        }
        self.blanks();
        if !self.eat(";") && self.peek() != Some('\n') && words.is_some() {
            return Err(self.unexpected_for(self.peek().is_none().then_some("do")));
        }
        self.linebreak()?;
        let body = if self.dialect == Dialect::Bash && self.word_is("{") {
            self.at += 1;
            let body = self.body("}")?;
            self.expect("}")?;
            body
        } else {
            self.do_group()?
        };
        Ok(Compound::For { name, words, body })
    }

    pub(super) fn for_arith(&mut self) -> Parsed<Compound> {
        let line = self.line;
        let Some(raw) = self.double_paren_text()? else { return Err(self.unexpected()) };
        let parts: Vec<&str> = raw.splitn(3, ';').collect();
        let [init, condition, step] = parts[..] else { return Err(self.unexpected()) };
        let word = |text: &str| arith_word(text, line, self.dialect, self.depth);
        let (init, condition, step) = (word(init)?, word(condition)?, word(step)?);
        self.blanks();
        self.eat(";");
        self.linebreak()?;
        let body = self.do_group()?;
        Ok(Compound::ForArith { init, condition, step, body })
    }

    pub(super) fn case_command(&mut self) -> Parsed<Compound> {
        self.at += 4;
        self.blanks();
        let word = self.word()?.ok_or_else(|| self.unexpected())?;
        self.expect("in")?;
        let mut arms = Vec::new();
        loop {
            self.linebreak()?;
            if self.word_is("esac") {
                self.at += 4;
                return Ok(Compound::Case { word, arms });
            }
            self.eat("(");
            let mut patterns = Vec::new();
            loop {
                self.blanks();
                patterns.push(self.word()?.ok_or_else(|| self.unexpected_for(None))?);
                self.blanks();
                if !self.eat("|") {
                    break;
                }
            }
            if !self.eat(")") {
                return Err(self.unexpected_for(Some(")")));
            }
            self.deeper()?;
            let body = Arc::new(self.list(false)?);
            self.depth -= 1;
            self.linebreak()?;
            let bash = self.dialect == Dialect::Bash;
            let end = if bash && self.eat(";;&") {
                ArmEnd::TestNext
            } else if self.eat(";;") {
                ArmEnd::Done
            } else if bash && self.eat(";&") {
                ArmEnd::FallThrough
            } else if self.word_is("esac") {
                ArmEnd::Done
            } else {
                return Err(self.unexpected_for(Some(";;")));
            };
            arms.push(Arm { patterns, body, end });
        }
    }

    pub(super) fn name_word(&mut self) -> String {
        let end = self.rest().find(|c: char| " \t\n;&|()<>".contains(c)).unwrap_or(self.rest().len());
        let name = self.rest()[..end].to_string();
        self.at += end;
        name
    }
}
