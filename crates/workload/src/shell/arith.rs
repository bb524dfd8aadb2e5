//! `$((…))`: C's integer arithmetic on 64 bits.

use super::Dialect;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// Where arithmetic finds and leaves variables.
pub(crate) trait Scope {
    /// A variable's value; empty when unset.
    fn get(&mut self, name: &str, index: Option<i64>) -> Result<String, String>;
    /// Give a variable a value.
    fn set(&mut self, name: &str, index: Option<i64>, value: i64) -> Result<(), String>;
    /// Whose arithmetic it is. dash knows no `**`, `++`, `--`, comma and `base#digits`, and variables that hold
    /// expressions.
    fn dialect(&self) -> Dialect;
}

/// What dash says of a variable that holds no number.
pub(crate) const ILLEGAL: &str = "Illegal number";

/// The value of an expression, or what is wrong with it.
pub(crate) fn evaluate(text: &str, scope: &mut dyn Scope) -> Result<i64, String> {
    evaluate_at(text, scope, 0)
}

fn evaluate_at(text: &str, scope: &mut dyn Scope, depth: u32) -> Result<i64, String> {
    if depth > 32 {
        return Err("expression recursion level exceeded".to_string());
    }
    let tokens = tokenize(text, scope)?;
    if tokens.is_empty() {
        return Ok(0);
    }
    let mut e = Evaluator { tokens, at: 0, scope, depth, nesting: 0 };
    let value = e.comma(true)?;
    if e.at < e.tokens.len() { Err("arithmetic syntax error".to_string()) } else { Ok(value) }
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Number(i64),
    Name(String),
    Op(&'static str),
}

const OPS: [&str; 40] = [
    "<<=", ">>=", "**", "&&", "||", "==", "!=", "<=", ">=", "<<", ">>", "++", "--", "+=", "-=", "*=", "/=",
    "%=", "&=", "|=", "^=", "+", "-", "*", "/", "%", "<", ">", "=", "!", "~", "&", "|", "^", "?", ":", "(",
    ")", ",", "[",
];

fn tokenize(text: &str, scope: &dyn Scope) -> Result<Vec<Token>, String> {
    let mut out = Vec::new();
    let mut rest = text.trim_start();
    while let Some(c) = rest.chars().next() {
        if c.is_ascii_digit() {
            let end = rest
                .find(|c: char| !(c.is_ascii_alphanumeric() || c == '#' || c == '_'))
                .unwrap_or(rest.len());
            if scope.dialect() == Dialect::Dash && rest[..end].contains('#') {
                return Err("expecting EOF".to_string());
            }
            out.push(Token::Number(number(&rest[..end], scope.dialect())?));
            rest = &rest[end..];
        } else if c.is_ascii_alphabetic() || c == '_' {
            let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
            out.push(Token::Name(rest[..end].to_string()));
            rest = &rest[end..];
        } else if rest.starts_with(']') {
            out.push(Token::Op("]"));
            rest = &rest[1..];
        } else if c == '"' {
            rest = &rest[1..];
        } else {
            let op = OPS.into_iter().find(|op| {
                rest.starts_with(op)
                    && (scope.dialect() != Dialect::Dash || !matches!(*op, "++" | "--" | "**"))
            });
            let Some(op) = op else { return Err("arithmetic syntax error".to_string()) };
            out.push(Token::Op(op));
            rest = &rest[op.len()..];
        }
        rest = rest.trim_start();
    }
    Ok(out)
}

/// A number as C writes it, or `base#digits`.
fn number(text: &str, dialect: Dialect) -> Result<i64, String> {
    let bad = || "arithmetic syntax error".to_string();
    if let Some((base, digits)) = text.split_once('#') {
        let base: u32 = base.parse().map_err(|_| bad())?;
        if !(2..=36).contains(&base) || digits.is_empty() {
            return Err(bad());
        }
        return i64::from_str_radix(&digits.to_ascii_lowercase(), base).map_err(|_| bad());
    }
    let (digits, base) = match text.strip_prefix("0x").or(text.strip_prefix("0X")) {
        Some(hex) => (hex, 16),
        None if text.len() > 1 && text.starts_with('0') => (&text[1..], 8),
        None => (text, 10),
    };
    if !digits.chars().all(|c| c.is_digit(base)) || digits.is_empty() {
        return Err(if base == 8 { format!("{text}: value too great for base") } else { bad() });
    }
    // What is too large: dash saturates, ash takes 64 bits or else nothing, bash wraps around.
    Ok(match dialect {
        Dialect::Dash => i64::from_str_radix(digits, base).unwrap_or(i64::MAX),
        Dialect::Ash => u64::from_str_radix(digits, base).unwrap_or(0) as i64,
        Dialect::Bash => digits
            .chars()
            .filter_map(|c| c.to_digit(base))
            .fold(0i64, |value, digit| value.wrapping_mul(i64::from(base)).wrapping_add(i64::from(digit))),
    })
}

struct Evaluator<'a> {
    tokens: Vec<Token>,
    at: usize,
    scope: &'a mut dyn Scope,
    depth: u32,
    nesting: u32,
}

/// Something that can be assigned to.
type Place = (String, Option<i64>);

impl Evaluator<'_> {
    fn peek(&self) -> Option<&'static str> {
        match self.tokens.get(self.at) {
            Some(Token::Op(op)) => Some(op),
            _ => None,
        }
    }

    fn eat(&mut self, op: &str) -> bool {
        let found = self.peek() == Some(op);
        self.at += usize::from(found);
        found
    }

    fn bad<T>(&self) -> Result<T, String> {
        Err("arithmetic syntax error".to_string())
    }

    fn comma(&mut self, live: bool) -> Result<i64, String> {
        let mut value = self.assignment(live)?;
        while self.scope.dialect() != Dialect::Dash && self.eat(",") {
            value = self.assignment(live)?;
        }
        Ok(value)
    }

    /// A name (with its subscript) that an assignment operator follows.
    fn place_before(&mut self, ops: &[&str]) -> Result<Option<(Place, &'static str)>, String> {
        let start = self.at;
        let Some(place) = self.place()? else { return Ok(None) };
        match self.peek() {
            Some(op) if ops.contains(&op) => {
                self.at += 1;
                Ok(Some((place, op)))
            }
            _ => {
                self.at = start;
                Ok(None)
            }
        }
    }

    fn place(&mut self) -> Result<Option<Place>, String> {
        let Some(Token::Name(name)) = self.tokens.get(self.at) else { return Ok(None) };
        let name = name.clone();
        self.at += 1;
        let mut index = None;
        if self.eat("[") {
            index = Some(self.comma(true)?);
            if !self.eat("]") {
                return self.bad();
            }
        }
        Ok(Some((name, index)))
    }

    fn assignment(&mut self, live: bool) -> Result<i64, String> {
        self.nesting += 1;
        if self.nesting > 200 {
            return Err("expression recursion level exceeded".to_string());
        }
        const ASSIGN: [&str; 11] = ["=", "+=", "-=", "*=", "/=", "%=", "<<=", ">>=", "&=", "|=", "^="];
        let value = match self.place_before(&ASSIGN)? {
            Some((place, op)) => {
                let right = self.assignment(live)?;
                let value = match op.strip_suffix('=') {
                    Some("") | None => right,
                    Some(op) => {
                        let left = self.variable(&place, live)?;
                        binary(op, left, right, live)?
                    }
                };
                if live {
                    self.scope.set(&place.0, place.1, value)?;
                }
                value
            }
            None => self.ternary(live)?,
        };
        self.nesting -= 1;
        Ok(value)
    }

    fn ternary(&mut self, live: bool) -> Result<i64, String> {
        let condition = self.binary_level(0, live)?;
        if !self.eat("?") {
            return Ok(condition);
        }
        let yes = self.comma(live && condition != 0)?;
        if !self.eat(":") {
            return self.bad();
        }
        let no = self.assignment(live && condition == 0)?;
        Ok(if condition != 0 { yes } else { no })
    }

    fn binary_level(&mut self, level: usize, live: bool) -> Result<i64, String> {
        const LEVELS: [&[&str]; 10] = [
            &["||"],
            &["&&"],
            &["|"],
            &["^"],
            &["&"],
            &["==", "!="],
            &["<", "<=", ">", ">="],
            &["<<", ">>"],
            &["+", "-"],
            &["*", "/", "%"],
        ];
        let Some(ops) = LEVELS.get(level) else { return self.power(live) };
        let mut left = self.binary_level(level + 1, live)?;
        while let Some(op) = self.peek().filter(|op| ops.contains(op)) {
            self.at += 1;
            // The right side of `&&` and `||` may be read without being done; busybox does it all the same.
            let right_live = live
                && match op {
                    _ if self.scope.dialect() == Dialect::Ash => true,
                    "&&" => left != 0,
                    "||" => left == 0,
                    _ => true,
                };
            let right = self.binary_level(level + 1, right_live)?;
            left = binary(op, left, right, right_live)?;
        }
        Ok(left)
    }

    fn power(&mut self, live: bool) -> Result<i64, String> {
        let base = self.unary(live)?;
        if !self.eat("**") {
            return Ok(base);
        }
        let exponent = self.power(live)?;
        if exponent < 0 {
            return if live { Err("exponent less than 0".to_string()) } else { Ok(0) };
        }
        Ok((0..exponent.min(64)).fold(1i64, |acc, _| acc.wrapping_mul(base)))
    }

    fn unary(&mut self, live: bool) -> Result<i64, String> {
        self.nesting += 1;
        if self.nesting > 200 {
            return Err("expression recursion level exceeded".to_string());
        }
        let value = match self.peek() {
            Some("-") => {
                self.at += 1;
                self.unary(live)?.wrapping_neg()
            }
            Some("+") => {
                self.at += 1;
                self.unary(live)?
            }
            Some("!") => {
                self.at += 1;
                i64::from(self.unary(live)? == 0)
            }
            Some("~") => {
                self.at += 1;
                !self.unary(live)?
            }
            Some(op @ ("++" | "--")) => {
                self.at += 1;
                let by = if op == "++" { 1 } else { -1 };
                match self.place()? {
                    Some(place) => {
                        let value = self.variable(&place, live)?.wrapping_add(by);
                        if live {
                            self.scope.set(&place.0, place.1, value)?;
                        }
                        value
                    }
                    // `--5` is minus minus five.
                    None => self.unary(live)?,
                }
            }
            _ => self.primary(live)?,
        };
        self.nesting -= 1;
        Ok(value)
    }

    fn primary(&mut self, live: bool) -> Result<i64, String> {
        if self.eat("(") {
            let value = self.comma(live)?;
            return if self.eat(")") { Ok(value) } else { self.bad() };
        }
        if let Some(Token::Number(n)) = self.tokens.get(self.at) {
            let n = *n;
            self.at += 1;
            return Ok(n);
        }
        let Some(place) = self.place()? else { return self.bad() };
        let value = self.variable(&place, live)?;
        let by = match self.peek() {
            Some("++") => 1,
            Some("--") => -1,
            _ => return Ok(value),
        };
        self.at += 1;
        if live {
            self.scope.set(&place.0, place.1, value.wrapping_add(by))?;
        }
        Ok(value)
    }

    fn variable(&mut self, place: &Place, live: bool) -> Result<i64, String> {
        if !live {
            return Ok(0);
        }
        let text = self.scope.get(&place.0, place.1)?;
        let text = text.trim();
        if text.is_empty() {
            return Ok(0);
        }
        let (sign, digits) = match text.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, text),
        };
        if digits.starts_with(|c: char| c.is_ascii_digit())
            && let Ok(n) = number(digits, self.scope.dialect())
        {
            return Ok(n.wrapping_mul(sign));
        }
        if self.scope.dialect() == Dialect::Dash {
            return Err(format!("{ILLEGAL}: {text}"));
        }
        // A variable that holds an expression is evaluated in turn.
        evaluate_at(text, self.scope, self.depth + 1)
    }
}

fn binary(op: &str, a: i64, b: i64, live: bool) -> Result<i64, String> {
    Ok(match op {
        "||" => i64::from(a != 0 || b != 0),
        "&&" => i64::from(a != 0 && b != 0),
        "|" => a | b,
        "^" => a ^ b,
        "&" => a & b,
        "==" => i64::from(a == b),
        "!=" => i64::from(a != b),
        "<" => i64::from(a < b),
        "<=" => i64::from(a <= b),
        ">" => i64::from(a > b),
        ">=" => i64::from(a >= b),
        "<<" => a.wrapping_shl(b as u32),
        ">>" => a.wrapping_shr(b as u32),
        "+" => a.wrapping_add(b),
        "-" => a.wrapping_sub(b),
        "*" => a.wrapping_mul(b),
        "/" | "%" if b == 0 => return if live { Err("divide by zero".to_string()) } else { Ok(0) },
        "/" => a.wrapping_div(b),
        _ => a.wrapping_rem(b),
    })
}
