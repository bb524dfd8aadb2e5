//! Texts: one line of commands at a time becomes work.

use crate::kernel::Turn;
use crate::shell::parser::Parser;
use crate::shell::{Dialect, Frame, Shell, Source};
use crate::sys::{Read, Sys};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;

impl Shell {
    pub(super) fn source(
        &mut self,
        sys: &mut Sys<'_>,
        text: Arc<str>,
        at: usize,
        line: u32,
        kind: Source,
    ) -> Turn {
        if kind == Source::Input {
            return self.input(sys, text);
        }
        if self.exiting.is_none() && self.options.noexec && kind == Source::Main {
            // `-n`: only look for errors.
            if let Err(error) = Parser::new(&text, at, line, self.dialect).all() {
                self.syntax_error(sys, &error.message, error.line, kind);
            }
            return Turn::More;
        }
        let source = self.with_aliases(&text, at);
        let (text, at) = match source {
            Some(replaced) => (replaced, 0),
            None => (text, at),
        };
        let mut parser = Parser::new(&text, at, line, self.dialect);
        match parser.next_commands() {
            Ok(None) => {
                if kind == Source::Trap && self.exiting.is_some() && self.frames.is_empty() {
                    // The EXIT trap ended without `exit`: the code from before holds.
                    self.status = self.exiting.unwrap_or(self.status);
                }
            }
            Ok(Some(block)) => {
                let (next, next_line) = (parser.at, parser.line);
                for warning in core::mem::take(&mut parser.warnings) {
                    self.line = next_line;
                    self.complain(&warning);
                }
                // ash and dash show what they read, and the words behind -c they were given.
                if self.options.verbose && (self.dialect == Dialect::Bash || !self.from_words) {
                    let typed = text[at..next].to_string();
                    self.print(2, typed.as_bytes());
                }
                // Busybox has not seen the end of a text that goes on with a newline; bash looks past it.
                let at_end = match self.dialect {
                    Dialect::Bash => text[next..].trim().is_empty() && self.from_words,
                    _ => next >= text.len() && !text.ends_with('\n'),
                };
                let tail = at_end
                    && kind == Source::Main
                    && self.dialect != Dialect::Dash
                    && self.frames.is_empty()
                    && self.traps.is_empty();
                if !tail {
                    self.frames.push(Frame::Source { text, at: next, line: next_line, kind });
                }
                self.frames.push(Frame::Block { block, next: 0, tail });
            }
            Err(error) => self.syntax_error(sys, &error.message, error.line, kind),
        }
        Turn::More
    }

    /// A shell without a script reads its standard input; what it has read so far is the text.
    pub(super) fn input(&mut self, sys: &mut Sys<'_>, text: Arc<str>) -> Turn {
        match sys.read(0, 65_536) {
            Read::Data(data) => {
                let text: Arc<str> = (text.to_string() + &String::from_utf8_lossy(&data)).into();
                self.frames.push(Frame::Source { text, at: 0, line: 1, kind: Source::Input });
                Turn::More
            }
            Read::Wait(wait) => {
                // Lines that are complete are run at once, as an interactive user would see them.
                if let Some(end) = text.rfind('\n').map(|i| i + 1)
                    && Parser::new(&text[..end], 0, 1, self.dialect).all().is_ok()
                {
                    self.frames.push(Frame::Source {
                        text: text[end..].into(),
                        at: 0,
                        line: 1,
                        kind: Source::Input,
                    });
                    self.frames.push(Frame::Source {
                        text: text[..end].into(),
                        at: 0,
                        line: 1,
                        kind: Source::Eval,
                    });
                    return Turn::More;
                }
                self.frames.push(Frame::Source { text, at: 0, line: 1, kind: Source::Input });
                Turn::Wait(wait)
            }
            Read::Eof | Read::Fail(_) => {
                self.frames.push(Frame::Source { text, at: 0, line: 1, kind: Source::Main });
                Turn::More
            }
        }
    }

    pub(super) fn syntax_error(&mut self, sys: &mut Sys<'_>, message: &str, line: u32, kind: Source) {
        self.line = line;
        match self.dialect {
            Dialect::Ash => self.complain(message),
            Dialect::Dash => {
                let message = message.replacen("syntax error", "Syntax error", 1);
                self.complain(&message);
            }
            Dialect::Bash => {
                let shown = message.replacen("syntax error: near", "syntax error near", 1);
                self.complain(&format!("{}{shown}", if kind == Source::Main { "-c: " } else { "" }));
            }
        }
        if self.dialect == Dialect::Bash && matches!(kind, Source::Eval | Source::Dot | Source::Trap) {
            self.status = if kind == Source::Dot { 1 } else { 2 };
            return;
        }
        self.exit(sys, 2);
    }
}
