//! From text to trees, one line of commands at a time, as a shell reads its script.

mod commands;
mod cond;
mod dollar;
mod lists;
mod redirects;
mod simple;
mod words;

use super::Dialect;
use super::ast::*;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use commands::RESERVED;
use redirects::PendingHere;

/// How deep commands may nest; a real shell would run out of stack somewhere beyond.
const MAX_DEPTH: u32 = 120;

/// Why a text is no command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SyntaxError {
    /// In the shell's own words, without its name.
    pub message: String,
    pub line: u32,
}

type Parsed<T> = Result<T, SyntaxError>;

/// Reads commands from a text.
pub(crate) struct Parser<'a> {
    text: &'a str,
    pub at: usize,
    pub line: u32,
    dialect: Dialect,
    depth: u32,
    /// Here-documents whose text begins after the next newline.
    heres: Vec<PendingHere>,
    /// Their texts, in order.
    here_texts: Vec<Word>,
    in_backquote: bool,
    /// What the shell says of a text that it takes all the same.
    pub warnings: Vec<String>,
}

impl<'a> Parser<'a> {
    pub fn new(text: &'a str, at: usize, line: u32, dialect: Dialect) -> Self {
        Parser {
            text,
            at,
            line,
            dialect,
            depth: 0,
            heres: Vec::new(),
            here_texts: Vec::new(),
            in_backquote: false,
            warnings: Vec::new(),
        }
    }

    /// The next line's commands; `None` at the end of the text.
    pub fn next_commands(&mut self) -> Parsed<Option<Block>> {
        loop {
            self.blanks();
            match self.peek() {
                None => return Ok(None),
                Some('\n') => self.newline()?,
                _ => break,
            }
        }
        let items = self.list(true)?;
        self.blanks();
        match self.peek() {
            None => self.finish_heres()?,
            Some('\n') => self.newline()?,
            Some(_) => return Err(self.unexpected()),
        }
        Ok(Some(self.seal(items)))
    }

    /// All commands of a text.
    pub fn all(&mut self) -> Parsed<Block> {
        let mut items = Vec::new();
        while let Some(block) = self.next_commands()? {
            items.extend(block.iter().cloned());
        }
        Ok(Arc::new(items))
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn peek_second(&self) -> Option<char> {
        self.rest().chars().nth(1)
    }

    fn bump(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        if c == '\n' {
            self.line += 1;
        }
        Some(c)
    }

    fn eat(&mut self, s: &str) -> bool {
        let found = self.rest().starts_with(s);
        if found {
            self.at += s.len();
        }
        found
    }

    /// Skip spaces, comments and joined lines.
    fn blanks(&mut self) {
        loop {
            if self.eat(" ") || self.eat("\t") {
                continue;
            }
            if self.rest().starts_with("\\\n") {
                self.at += 2;
                self.line += 1;
                continue;
            }
            if self.peek() == Some('#') {
                self.at += self.rest().find('\n').unwrap_or(self.rest().len());
            }
            return;
        }
    }

    fn newline(&mut self) -> Parsed<()> {
        self.bump();
        self.finish_heres()
    }

    /// Skip newlines and blanks.
    fn linebreak(&mut self) -> Parsed<()> {
        loop {
            self.blanks();
            if self.peek() != Some('\n') {
                return Ok(());
            }
            self.newline()?;
        }
    }

    fn deeper(&mut self) -> Parsed<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.error("nested too deeply"));
        }
        Ok(())
    }

    fn error(&self, what: &str) -> SyntaxError {
        SyntaxError { message: format!("syntax error: {what}"), line: self.line }
    }

    /// The token that comes next, as an error shows it.
    fn token(&self) -> String {
        let rest = self.rest();
        for op in
            ["&&", "||", ";;", "<<-", "<<", ">>", "<&", ">&", "<>", ">|", "&", "|", ";", "(", ")", "<", ">"]
        {
            if rest.starts_with(op) {
                return op.to_string();
            }
        }
        let end = rest.find(|c: char| " \t\n;&|()<>".contains(c)).unwrap_or(rest.len());
        rest[..end].to_string()
    }

    fn unexpected(&self) -> SyntaxError {
        self.unexpected_for(None)
    }

    fn unexpected_for(&self, expected: Option<&str>) -> SyntaxError {
        let expecting = expected.map(|e| format!(" (expecting \"{e}\")")).unwrap_or_default();
        let bash = self.dialect == Dialect::Bash;
        let what = match self.peek() {
            None if bash => "unexpected end of file".to_string(),
            None if self.dialect == Dialect::Dash => format!("end of file unexpected{expecting}"),
            None => format!("unexpected end of file{expecting}"),
            Some('\n') if bash => "near unexpected token `newline'".to_string(),
            Some('\n') if self.dialect == Dialect::Dash => format!("newline unexpected{expecting}"),
            Some('\n') => format!("unexpected newline{expecting}"),
            _ => {
                let token = self.token();
                let quiet_word = !RESERVED.contains(&token.as_str())
                    && token.starts_with(|c: char| !"&|;()<>".contains(c));
                match self.dialect {
                    Dialect::Bash => format!("near unexpected token `{token}'"),
                    Dialect::Dash if quiet_word => format!("word unexpected{expecting}"),
                    Dialect::Dash => format!("\"{token}\" unexpected{expecting}"),
                    Dialect::Ash if quiet_word => format!("unexpected word{expecting}"),
                    Dialect::Ash => format!("unexpected \"{token}\"{expecting}"),
                }
            }
        };
        self.error(&what)
    }

    fn unterminated(&self, what: &str, bash: char) -> SyntaxError {
        if self.dialect == Dialect::Bash {
            let message = format!("unexpected EOF while looking for matching `{bash}'");
            return SyntaxError { message, line: self.line };
        }
        self.error(&format!("unterminated {what}").replace("unterminated EOF", "EOF"))
    }
}

impl SyntaxError {
    /// Some errors say "Syntax error", as dash does; busybox and bash write it small.
    fn prefixed(mut self, dialect: Dialect) -> Self {
        if dialect == Dialect::Dash {
            self.message = self.message.replace("bad", "Bad");
        }
        self
    }
}

/// Whether a text is a variable's name.
pub(crate) fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
