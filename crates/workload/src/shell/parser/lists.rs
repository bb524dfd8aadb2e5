//! Lists, and-or lists and pipelines.

use super::{Parsed, Parser};
use crate::shell::Dialect;
use crate::shell::ast::*;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;

pub(super) fn add_redirect(command: &mut Command, redirect: Redirect) {
    match command {
        Command::Simple(s) => s.redirects.push(redirect),
        Command::Compound(_, list) => list.push(redirect),
        Command::Function(..) => {}
    }
}

impl<'a> Parser<'a> {
    /// Commands up to something that cannot start one. A line of a script ends at its newline (`one_line`), and
    /// the inside of a compound command goes on over newlines.
    pub(super) fn list(&mut self, one_line: bool) -> Parsed<Vec<Item>> {
        let mut items = Vec::new();
        loop {
            if !one_line {
                self.linebreak()?;
            }
            self.blanks();
            let (start, line) = (self.at, self.line);
            let Some(chain) = self.and_or()? else { break };
            self.blanks();
            let background = self.peek() == Some('&') && self.peek_second() != Some('&');
            let text =
                if background { self.text[start..self.at].trim_end().to_string() } else { String::new() };
            items.push(Item { chain: Arc::new(chain), background, text, line });
            let ends_arm = match self.peek_second() {
                Some(';') => true,
                Some('&') => self.dialect == Dialect::Bash,
                _ => false,
            };
            if background || (self.peek() == Some(';') && !ends_arm) {
                self.bump();
            } else if one_line || self.peek() != Some('\n') {
                break;
            }
        }
        Ok(items)
    }

    /// The list inside a compound command; at least one command, as all shells want.
    pub(super) fn body(&mut self, end: &str) -> Parsed<Block> {
        self.deeper()?;
        let items = self.list(false)?;
        if items.is_empty() {
            return Err(self.unexpected_for(self.peek().is_none().then_some(end)));
        }
        self.depth -= 1;
        Ok(Arc::new(items))
    }

    pub(super) fn and_or(&mut self) -> Parsed<Option<AndOr>> {
        let Some(first) = self.pipeline()? else { return Ok(None) };
        let mut rest = Vec::new();
        loop {
            self.blanks();
            let and = self.eat("&&");
            if !and && !self.eat("||") {
                break;
            }
            self.linebreak()?;
            let next = self.pipeline()?.ok_or_else(|| self.unexpected())?;
            rest.push((and, Arc::new(next)));
        }
        Ok(Some(AndOr { first: Arc::new(first), rest }))
    }

    pub(super) fn pipeline(&mut self) -> Parsed<Option<Pipeline>> {
        self.blanks();
        let mut negate = false;
        let mut timed = false;
        let start = self.at;
        loop {
            if self.word_is("!") {
                self.at += 1;
                negate = !negate;
                self.blanks();
            } else if self.dialect != Dialect::Dash && self.word_is("time") {
                self.at += 4;
                self.blanks();
                if self.word_is("-p") {
                    self.at += 2;
                    self.blanks();
                }
                timed = true;
            } else {
                break;
            }
        }
        let Some(first) = self.command()? else {
            // `!` alone turns nothing around in bash; to the others it is half a command.
            let alone = self.at != start && (timed || self.dialect == Dialect::Bash);
            if self.at != start && !alone {
                return Err(self.unexpected());
            }
            let nothing = Arc::new(Command::Simple(Simple::default()));
            return Ok(alone.then(|| Pipeline { negate, timed, commands: vec![nothing] }));
        };
        let mut commands = vec![Arc::new(first)];
        loop {
            self.blanks();
            if self.peek() != Some('|') || self.peek_second() == Some('|') {
                break;
            }
            self.bump();
            if self.dialect == Dialect::Bash && self.eat("&") {
                let both = Redirect {
                    fd: Some(2),
                    op: RedirectOp::DupWrite,
                    target: vec![Part::Literal("1".to_string())],
                };
                if let Some(last) = commands.last_mut() {
                    add_redirect(Arc::make_mut(last), both);
                }
            }
            self.linebreak()?;
            let next = self.command()?.ok_or_else(|| self.unexpected())?;
            commands.push(Arc::new(next));
        }
        Ok(Some(Pipeline { negate, timed, commands }))
    }
}
