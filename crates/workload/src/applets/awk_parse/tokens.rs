//! The tokens of an awk program.

use super::Parsed;
use crate::shell::escapes::unescape;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Number(f64),
    Text(String),
    Regex(String),
    Name(String),
    /// A name right before a parenthesis.
    Func(String),
    Op(&'static str),
    Newline,
}

pub(super) const OPS: [&str; 42] = [
    "&&", "||", "==", "!=", "<=", ">=", "++", "--", "+=", "-=", "*=", "/=", "%=", "^=", ">>", "**", "{", "}",
    "(", ")", "[", "]", ";", ",", "+", "-", "*", "/", "%", "^", "!", "<", ">", "=", "?", ":", "~", "$", "|",
    "!~", "&", "\\",
];

pub(super) fn tokenize(text: &str) -> Parsed<Vec<Token>> {
    let chars: Vec<char> = text.chars().collect();
    let mut out: Vec<Token> = Vec::new();
    let mut i = 0;
    while i < chars.len() {
        let c = chars[i];
        if c == '\n' {
            out.push(Token::Newline);
            i += 1;
        } else if c.is_whitespace() {
            i += 1;
        } else if c == '\\' && chars.get(i + 1) == Some(&'\n') {
            i += 2;
        } else if c == '#' {
            while i < chars.len() && chars[i] != '\n' {
                i += 1;
            }
        } else if c.is_ascii_digit() || (c == '.' && chars.get(i + 1).is_some_and(char::is_ascii_digit)) {
            let start = i;
            while chars.get(i).is_some_and(|c| c.is_ascii_digit() || *c == '.') {
                i += 1;
            }
            if matches!(chars.get(i), Some('e' | 'E'))
                && chars.get(i + 1).is_some_and(|c| c.is_ascii_digit() || "+-".contains(*c))
            {
                i += 2;
                while chars.get(i).is_some_and(char::is_ascii_digit) {
                    i += 1;
                }
            }
            let number: String = chars[start..i].iter().collect();
            out.push(Token::Number(number.parse().unwrap_or(0.0)));
        } else if c.is_alphabetic() || c == '_' {
            let start = i;
            while chars.get(i).is_some_and(|c| c.is_alphanumeric() || *c == '_') {
                i += 1;
            }
            let name: String = chars[start..i].iter().collect();
            out.push(if chars.get(i) == Some(&'(') { Token::Func(name) } else { Token::Name(name) });
        } else if c == '"' {
            let mut raw = String::new();
            i += 1;
            loop {
                match chars.get(i) {
                    None => return Err("unterminated string".to_string()),
                    Some('"') => break,
                    Some('\\') => {
                        match chars.get(i + 1) {
                            Some(c @ ('"' | '/')) => raw.push(*c),
                            Some(c) => {
                                raw.push('\\');
                                raw.push(*c);
                            }
                            None => {}
                        }
                        i += 2;
                        continue;
                    }
                    Some(c) => raw.push(*c),
                }
                i += 1;
            }
            i += 1;
            out.push(Token::Text(String::from_utf8_lossy(&unescape(&raw, true).0).into_owned()));
        } else if c == '/' && regex_may_follow(out.last()) {
            let mut raw = String::new();
            i += 1;
            let mut bracket = false;
            loop {
                match chars.get(i) {
                    None | Some('\n') => return Err("unterminated regex".to_string()),
                    Some('/') if !bracket => break,
                    Some('\\') if chars.get(i + 1) == Some(&'/') => {
                        raw.push('/');
                        i += 1;
                    }
                    Some('\\') => {
                        raw.push('\\');
                        raw.extend(chars.get(i + 1));
                        i += 1;
                    }
                    Some(c) => {
                        bracket = (*c == '[' || bracket) && *c != ']';
                        raw.push(*c);
                    }
                }
                i += 1;
            }
            i += 1;
            out.push(Token::Regex(raw));
        } else {
            let rest: String = chars[i..chars.len().min(i + 2)].iter().collect();
            let op = if rest == "!~" { Some("!~") } else { OPS.into_iter().find(|op| rest.starts_with(op)) };
            let Some(op) = op else { return Err("syntax error".to_string()) };
            out.push(Token::Op(op));
            i += op.len();
        }
    }
    Ok(out)
}

/// After a value a slash divides.
pub(super) fn regex_may_follow(last: Option<&Token>) -> bool {
    !matches!(
        last,
        Some(Token::Number(_) | Token::Text(_) | Token::Name(_) | Token::Op(")" | "]" | "$" | "++" | "--"))
    )
}
