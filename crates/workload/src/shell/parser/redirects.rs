//! Redirections and here-documents: a here-document's text stands behind the line that announces it, so a place is kept
//! for it in the tree.

use super::words::Quote;
use super::{Parsed, Parser};
use crate::shell::Dialect;
use crate::shell::ast::*;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;

pub(super) struct PendingHere {
    end: String,
    quoted: bool,
    strip: bool,
}

/// Remove quotes and backslashes from a here-document's end word.
pub(super) fn unquote(raw: &str) -> String {
    let mut out = String::new();
    let mut chars = raw.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.extend(chars.next()),
            '\'' | '"' => {}
            _ => out.push(c),
        }
    }
    out
}

pub(super) fn seal_chain(chain: &mut AndOr, texts: &[Word]) {
    seal_pipeline(Arc::make_mut(&mut chain.first), texts);
    for (_, pipeline) in &mut chain.rest {
        seal_pipeline(Arc::make_mut(pipeline), texts);
    }
}

pub(super) fn seal_pipeline(pipeline: &mut Pipeline, texts: &[Word]) {
    for command in &mut pipeline.commands {
        seal_command(Arc::make_mut(command), texts);
    }
}

pub(super) fn seal_block(block: &mut Block, texts: &[Word]) {
    for item in Arc::make_mut(block) {
        seal_chain(Arc::make_mut(&mut item.chain), texts);
    }
}

pub(super) fn seal_command(command: &mut Command, texts: &[Word]) {
    let redirects = match command {
        Command::Simple(simple) => &mut simple.redirects,
        Command::Function(_, body) => return seal_command(Arc::make_mut(body), texts),
        Command::Compound(compound, redirects) => {
            match compound {
                Compound::Brace(b) | Compound::Subshell(b) => seal_block(b, texts),
                Compound::If(arms) => {
                    for (condition, body) in arms {
                        if let Some(condition) = condition {
                            seal_block(condition, texts);
                        }
                        seal_block(body, texts);
                    }
                }
                Compound::While { condition, body, .. } => {
                    seal_block(condition, texts);
                    seal_block(body, texts);
                }
                Compound::For { body, .. } | Compound::ForArith { body, .. } => seal_block(body, texts),
                Compound::Case { arms, .. } => {
                    arms.iter_mut().for_each(|arm| seal_block(&mut arm.body, texts))
                }
                Compound::Arith(_) | Compound::Cond(_) => {}
            }
            redirects
        }
    };
    for redirect in redirects {
        if redirect.op == RedirectOp::Here
            && let [Part::Tilde(mark)] = &redirect.target[..]
            && let Some(number) = mark.strip_prefix('\0').and_then(|n| n.parse::<usize>().ok())
        {
            redirect.target = texts.get(number).cloned().unwrap_or_default();
        }
    }
}

impl<'a> Parser<'a> {
    pub(super) fn redirect(&mut self) -> Parsed<Option<Redirect>> {
        let start = self.at;
        let digits = self.rest().find(|c: char| !c.is_ascii_digit()).unwrap_or(self.rest().len());
        let fd = self.rest()[..digits].parse().ok();
        self.at += digits;
        let extended = self.dialect != Dialect::Dash;
        if extended && digits == 0 && self.rest().starts_with("&>") {
            self.at += 2;
            let op = if self.eat(">") { RedirectOp::BothAppend } else { RedirectOp::Both };
            return self.redirect_target(fd, op).map(Some);
        }
        let op = match self.peek() {
            Some('<') if self.rest().starts_with("<(") && digits == 0 && extended => None,
            Some('>') if self.rest().starts_with(">(") && digits == 0 && extended => None,
            Some('<' | '>') => {
                let ops = [
                    ("<<<", RedirectOp::HereString),
                    ("<<", RedirectOp::Here),
                    ("<&", RedirectOp::DupRead),
                    ("<>", RedirectOp::ReadWrite),
                    ("<", RedirectOp::Read),
                    (">>", RedirectOp::Append),
                    (">&", RedirectOp::DupWrite),
                    (">|", RedirectOp::Clobber),
                    (">", RedirectOp::Write),
                ];
                let bash = self.dialect == Dialect::Bash;
                ops.into_iter()
                    .find(|(text, op)| (bash || *op != RedirectOp::HereString) && self.eat(text))
                    .map(|(_, op)| op)
            }
            _ => None,
        };
        let Some(op) = op else {
            self.at = start;
            return Ok(None);
        };
        self.redirect_target(fd, op).map(Some)
    }

    pub(super) fn redirect_target(&mut self, fd: Option<u32>, op: RedirectOp) -> Parsed<Redirect> {
        let strip = op == RedirectOp::Here && self.eat("-");
        self.blanks();
        let from = self.at;
        let target = self.word()?.ok_or_else(|| self.unexpected())?;
        if op != RedirectOp::Here {
            return Ok(Redirect { fd, op, target });
        }
        let raw = &self.text[from..self.at];
        let quoted = raw.contains(['\'', '"', '\\']);
        let end = if quoted { unquote(raw) } else { raw.to_string() };
        self.heres.push(PendingHere { end, quoted, strip });
        // Which text it is; the text itself comes after the newline.
        let number = self.here_texts.len() + self.heres.len() - 1;
        Ok(Redirect { fd, op, target: vec![Part::Tilde(format!("\0{number}"))] })
    }

    /// Read the texts of the here-documents that the line announced.
    pub(super) fn finish_heres(&mut self) -> Parsed<()> {
        for here in core::mem::take(&mut self.heres) {
            let mut text = String::new();
            let first_line = self.line;
            loop {
                if self.at >= self.text.len() {
                    if self.dialect == Dialect::Bash {
                        // bash ends the last line for its writer, and says so.
                        if !text.is_empty() && !text.ends_with('\n') {
                            text.push('\n');
                        }
                        let from = first_line.saturating_sub(1);
                        let end = &here.end;
                        self.warnings.push(format!(
                            "warning: here-document at line {from} delimited by end-of-file (wanted `{end}')"
                        ));
                    }
                    break;
                }
                let rest = self.rest();
                let (line, len) = match rest.find('\n') {
                    Some(i) => (&rest[..i], i + 1),
                    None => (rest, rest.len()),
                };
                let line = if here.strip { line.trim_start_matches('\t') } else { line };
                self.at += len;
                self.line += 1;
                if line == here.end {
                    break;
                }
                text.push_str(line);
                if len > line.len() || here.strip {
                    text.push('\n');
                }
            }
            let word = if here.quoted {
                vec![Part::Quoted(text)]
            } else {
                let mut parser = Parser::new(&text, 0, first_line, self.dialect);
                parser.depth = self.depth;
                let parts = parser.quoted_parts(Quote::Here)?;
                vec![Part::Double(parts)]
            };
            self.here_texts.push(word);
        }
        Ok(())
    }

    /// Put the here-documents' texts where they belong.
    pub(super) fn seal(&mut self, mut items: Vec<Item>) -> Block {
        let texts = core::mem::take(&mut self.here_texts);
        if !texts.is_empty() {
            for item in &mut items {
                seal_chain(Arc::make_mut(&mut item.chain), &texts);
            }
        }
        Arc::new(items)
    }
}
