//! From a sed script to commands.

use super::{Address, Command, Kind};
use crate::applets::regex::Regex;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

pub(super) struct Parser<'a> {
    text: Vec<char>,
    at: usize,
    extended: bool,
    script: &'a str,
}

pub(super) fn parse(script: &str, extended: bool) -> Result<Vec<Command>, String> {
    let mut p = Parser { text: script.chars().collect(), at: 0, extended, script };
    let mut program: Vec<Command> = Vec::new();
    let mut blocks: Vec<usize> = Vec::new();
    loop {
        p.skip(" \t\n;");
        if p.peek().is_none() {
            break;
        }
        if p.peek() == Some('#') {
            while p.next().is_some_and(|c| c != '\n') {}
            continue;
        }
        let from = p.address()?;
        let mut to = None;
        p.skip(" \t");
        if from.is_some() && p.peek() == Some(',') {
            p.at += 1;
            p.skip(" \t");
            to = p.address()?;
            if to.is_none() {
                return Err("unexpected `,'".to_string());
            }
        }
        p.skip(" \t");
        let negate = p.peek() == Some('!');
        if negate {
            p.at += 1;
            p.skip(" \t");
        }
        let Some(letter) = p.next() else { return Err("missing command".to_string()) };
        let kind = p.command(letter)?;
        let here = program.len();
        match kind {
            Kind::Block(_) => blocks.push(here),
            Kind::End => {
                let Some(open) = blocks.pop() else { return Err("unexpected `}'".to_string()) };
                program[open].kind = Kind::Block(here + 1);
            }
            _ => {}
        }
        program.push(Command { from, to, negate, kind, until: None, inside: false });
    }
    if !blocks.is_empty() {
        return Err("unmatched `{'".to_string());
    }
    Ok(program)
}

impl Parser<'_> {
    pub(super) fn peek(&self) -> Option<char> {
        self.text.get(self.at).copied()
    }

    pub(super) fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += 1;
        Some(c)
    }

    pub(super) fn skip(&mut self, set: &str) {
        while self.peek().is_some_and(|c| set.contains(c)) {
            self.at += 1;
        }
    }

    pub(super) fn number(&mut self) -> Option<u64> {
        let start = self.at;
        while self.peek().is_some_and(|c| c.is_ascii_digit()) {
            self.at += 1;
        }
        self.text[start..self.at].iter().collect::<String>().parse().ok()
    }

    pub(super) fn address(&mut self) -> Result<Option<Address>, String> {
        Ok(match self.peek() {
            Some('$') => {
                self.at += 1;
                Some(Address::Last)
            }
            Some('+') => {
                self.at += 1;
                Some(Address::Plus(self.number().unwrap_or(0)))
            }
            Some(c) if c.is_ascii_digit() => {
                let n = self.number().unwrap_or(0);
                if self.peek() == Some('~') {
                    self.at += 1;
                    return Ok(Some(Address::Step(n, self.number().unwrap_or(1))));
                }
                Some(Address::Line(n))
            }
            Some(c @ ('/' | '\\')) => {
                self.at += 1;
                let delimiter = if c == '/' { '/' } else { self.next().unwrap_or('/') };
                let text = self.delimited(delimiter, true)?;
                let fold = self.peek() == Some('I');
                self.at += usize::from(fold);
                Some(Address::Match(Regex::new(&text, self.extended, fold)?))
            }
            _ => None,
        })
    }

    /// Text up to a delimiter that no backslash protects.
    pub(super) fn delimited(&mut self, delimiter: char, regex: bool) -> Result<String, String> {
        let mut out = String::new();
        let mut bracket = false;
        loop {
            match self.next() {
                None => return Err("unterminated address regex".to_string()),
                Some(c) if c == delimiter && !bracket => return Ok(out),
                Some('\\') => match self.next() {
                    Some(c) if c == delimiter => out.push(c),
                    Some('n') if regex => out.push('\n'),
                    Some(c) => {
                        out.push('\\');
                        out.push(c);
                    }
                    None => {}
                },
                Some(c) => {
                    if regex && c == '[' && !bracket {
                        bracket = true;
                    } else if c == ']' {
                        bracket = false;
                    }
                    out.push(c);
                }
            }
        }
    }

    pub(super) fn word(&mut self) -> String {
        self.skip(" \t");
        let start = self.at;
        while self.peek().is_some_and(|c| c != '\n' && c != ';' && c != '}') {
            self.at += 1;
        }
        self.text[start..self.at].iter().collect::<String>().trim().to_string()
    }

    /// The text of `a`, `i`, `c`: to the end of the line, joined where a backslash ends it.
    pub(super) fn text(&mut self) -> String {
        self.skip(" \t");
        if self.peek() == Some('\\') {
            self.at += 1;
            self.skip(" \t");
            if self.peek() == Some('\n') {
                self.at += 1;
            }
        }
        let mut out = String::new();
        loop {
            match self.next() {
                None | Some('\n') => return out,
                Some('\\') => out.extend(self.next().map(|c| if c == 't' { '\t' } else { c })),
                Some(c) => out.push(c),
            }
        }
    }

    pub(super) fn command(&mut self, letter: char) -> Result<Kind, String> {
        Ok(match letter {
            's' => {
                let delimiter = self.next().ok_or("unterminated `s' command")?;
                let pattern =
                    self.delimited(delimiter, true).map_err(|_| "unterminated `s' command".to_string())?;
                let with =
                    self.delimited(delimiter, false).map_err(|_| "unterminated `s' command".to_string())?;
                let (mut global, mut print, mut nth, mut fold, mut file) = (false, false, 0, false, None);
                loop {
                    match self.peek() {
                        Some('g') => global = true,
                        Some('p') => print = true,
                        Some('i' | 'I') => fold = true,
                        Some(c) if c.is_ascii_digit() => {
                            nth = self.number().unwrap_or(0) as usize;
                            continue;
                        }
                        Some('w') => {
                            self.at += 1;
                            file = Some(self.word());
                            break;
                        }
                        None | Some(' ' | '\t' | '\n' | ';' | '}' | '#') => break,
                        Some(_) => return Err("unknown option to `s'".to_string()),
                    }
                    self.at += 1;
                }
                let regex = Regex::new(&pattern, self.extended, fold)?;
                Kind::Substitute { regex, with, global, print, nth, file }
            }
            'y' => {
                let delimiter = self.next().ok_or("unterminated `y' command")?;
                let from: Vec<char> = self.delimited(delimiter, true)?.chars().collect();
                let to: Vec<char> = self.delimited(delimiter, true)?.chars().collect();
                if from.len() != to.len() {
                    return Err("strings for `y' command are different lengths".to_string());
                }
                Kind::Translate(from.into_iter().zip(to).collect())
            }
            'd' => Kind::Delete,
            'D' => Kind::DeleteFirst,
            'p' => Kind::Print,
            'P' => Kind::PrintFirst,
            'q' | 'Q' => {
                self.skip(" ");
                Kind::Quit(self.number().unwrap_or(0) as i32, letter == 'q')
            }
            'a' => Kind::Append(self.text()),
            'i' => Kind::Insert(self.text()),
            'c' => Kind::Change(self.text()),
            'n' => Kind::Next,
            'N' => Kind::Join,
            'h' => Kind::Hold,
            'H' => Kind::HoldAppend,
            'g' => Kind::Get,
            'G' => Kind::GetAppend,
            'x' => Kind::Exchange,
            '=' => Kind::Number,
            '{' => Kind::Block(0),
            '}' => Kind::End,
            ':' => Kind::Label(self.word()),
            'b' => Kind::Branch(self.word()),
            't' => Kind::BranchIf(self.word()),
            'r' => Kind::ReadFile(self.word()),
            'w' => Kind::Write(self.word()),
            'l' => Kind::Print,
            _ => {
                let _ = self.script;
                return Err(format!("unknown command: `{letter}'"));
            }
        })
    }
}
