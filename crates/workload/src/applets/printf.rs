//! `printf`.

use super::{Cx, State};
use crate::shell::Dialect;
use crate::shell::escapes::unescape_as;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// What came of a `printf`.
pub(crate) struct Printed {
    pub output: Vec<u8>,
    pub errors: Vec<String>,
    pub status: i32,
}

/// More rounds or wider fields than this are not printed.
const MAX_OUTPUT: usize = 1 << 22;
const MAX_WIDTH: usize = 10_000;

/// Format arguments as the printf of that shell does; the format is used again as long as there are some left.
pub(crate) fn printf(format: &str, args: &[String], dialect: Dialect) -> Printed {
    let mut done = Printed { output: Vec::new(), errors: Vec::new(), status: 0 };
    let chars: Vec<char> = format.chars().collect();
    let mut next = 0;
    loop {
        let before = next;
        if !round(&chars, args, dialect, &mut next, &mut done)
            || next >= args.len()
            || next == before
            || done.output.len() > MAX_OUTPUT
        {
            if !done.errors.is_empty() {
                done.status = done.status.max(1);
            }
            return done;
        }
    }
}

/// Once through the format. `false` when a `\c` ends everything.
fn round(format: &[char], args: &[String], dialect: Dialect, next: &mut usize, done: &mut Printed) -> bool {
    let mut i = 0;
    let mut literal = String::new();
    let flush = |literal: &mut String, done: &mut Printed| {
        let (bytes, _) = unescape_as(literal, true, dialect);
        done.output.extend_from_slice(&bytes);
        literal.clear();
    };
    while i < format.len() {
        let c = format[i];
        i += 1;
        if c == '\\' {
            if format.get(i) == Some(&'c') && dialect == Dialect::Ash {
                flush(&mut literal, done);
                return false;
            }
            literal.push('\\');
            if let Some(c) = format.get(i) {
                literal.push(*c);
                i += 1;
            }
            continue;
        }
        if c != '%' {
            literal.push(c);
            continue;
        }
        flush(&mut literal, done);
        if format.get(i) == Some(&'%') {
            done.output.push(b'%');
            i += 1;
            continue;
        }
        let mut spec = Spec::default();
        while let Some(c) = format.get(i).filter(|c| "-+ 0#".contains(**c)) {
            match c {
                '-' => spec.left = true,
                '+' => spec.plus = true,
                ' ' => spec.space = true,
                '0' => spec.zero = true,
                _ => spec.alternate = true,
            }
            i += 1;
        }
        let argument = |next: &mut usize| {
            *next += 1;
            args.get(*next - 1).cloned()
        };
        if format.get(i) == Some(&'*') {
            i += 1;
            let width: i64 = argument(next).and_then(|a| a.parse().ok()).unwrap_or(0);
            spec.left |= width < 0;
            spec.width = (width.unsigned_abs() as usize).min(MAX_WIDTH);
        } else {
            spec.width = digits(format, &mut i).unwrap_or(0);
        }
        if format.get(i) == Some(&'.') {
            i += 1;
            if format.get(i) == Some(&'*') {
                i += 1;
                spec.precision = argument(next).and_then(|a| a.parse().ok());
            } else {
                spec.precision = Some(digits(format, &mut i).unwrap_or(0));
            }
        }
        while format.get(i).is_some_and(|c| "lhLjzt".contains(*c)) {
            i += 1;
        }
        let Some(kind) = format.get(i).copied() else {
            done.errors.push("%: invalid format".to_string());
            return false;
        };
        i += 1;
        let arg = argument(next);
        match kind {
            's' => spec.text(&arg.unwrap_or_default(), done),
            'b' => {
                let (bytes, stop) = unescape_as(&arg.unwrap_or_default(), false, dialect);
                spec.pad(&bytes, done);
                if stop {
                    return false;
                }
            }
            'c' => spec.text(&arg.unwrap_or_default().chars().take(1).collect::<String>(), done),
            'q' if dialect == Dialect::Bash => {
                let quoted = crate::applets::values::shell_quote(&arg.unwrap_or_default());
                spec.text(&quoted, done);
            }
            'd' | 'i' | 'u' | 'x' | 'X' | 'o' => {
                // Busybox reads what is not there as an empty text, which is no number.
                let arg = arg.or_else(|| (dialect == Dialect::Ash).then(String::new));
                let n = number(arg.as_deref(), dialect, &mut done.errors);
                spec.integer(n, kind, done);
            }
            'f' | 'F' | 'e' | 'E' | 'g' | 'G' => {
                let text = arg.as_deref().unwrap_or("0");
                let n = text.trim().parse::<f64>().unwrap_or_else(|_| {
                    if !text.is_empty() {
                        done.errors.push(format!("invalid number '{text}'"));
                    }
                    0.0
                });
                let shown = float(n, kind, spec.precision, spec.plus);
                spec.pad_number(&shown, done);
            }
            other => {
                let wrong = if dialect == Dialect::Dash { "invalid directive" } else { "invalid format" };
                done.errors.push(format!("%{other}: {wrong}"));
                done.status = if dialect == Dialect::Dash { 2 } else { 1 };
                return false;
            }
        }
    }
    flush(&mut literal, done);
    true
}

fn digits(format: &[char], i: &mut usize) -> Option<usize> {
    let start = *i;
    let mut n = 0usize;
    while let Some(d) = format.get(*i).and_then(|c| c.to_digit(10)) {
        n = (n * 10 + d as usize).min(MAX_WIDTH);
        *i += 1;
    }
    (*i > start).then_some(n)
}

/// An integer argument: decimal, octal, hexadecimal, or a quote and a character.
fn number(arg: Option<&str>, dialect: Dialect, errors: &mut Vec<String>) -> i64 {
    let Some(text) = arg else { return 0 };
    if let Some(c) = text.strip_prefix(['\'', '"']) {
        return c.chars().next().map_or(0, |c| i64::from(u32::from(c)));
    }
    let trimmed = text.trim_start();
    let (negative, body) = match trimmed.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, trimmed.strip_prefix('+').unwrap_or(trimmed)),
    };
    let (body, base) = match body.strip_prefix("0x").or(body.strip_prefix("0X")) {
        Some(hex) => (hex, 16),
        None if body.len() > 1 && body.starts_with('0') => (&body[1..], 8),
        None => (body, 10),
    };
    let end = body.find(|c: char| !c.is_digit(base)).unwrap_or(body.len());
    let value = i64::from_str_radix(&body[..end], base).unwrap_or(if end > 0 { i64::MAX } else { 0 });
    // What is no number at all counts as 0, and the part that is one otherwise.
    if end < body.len() || (body.is_empty() && (!text.is_empty() || dialect == Dialect::Ash)) {
        errors.push(format!("invalid number '{text}'"));
    }
    if negative { value.wrapping_neg() } else { value }
}

#[derive(Default)]
struct Spec {
    left: bool,
    plus: bool,
    space: bool,
    zero: bool,
    alternate: bool,
    width: usize,
    precision: Option<usize>,
}

impl Spec {
    fn text(&self, text: &str, done: &mut Printed) {
        let cut: String = match self.precision {
            Some(n) => text.chars().take(n).collect(),
            None => text.to_string(),
        };
        self.pad(cut.as_bytes(), done);
    }

    fn pad(&self, bytes: &[u8], done: &mut Printed) {
        let fill = self.width.saturating_sub(bytes.len());
        if !self.left {
            done.output.resize(done.output.len() + fill, b' ');
        }
        done.output.extend_from_slice(bytes);
        if self.left {
            done.output.resize(done.output.len() + fill, b' ');
        }
    }

    fn integer(&self, n: i64, kind: char, done: &mut Printed) {
        let (sign, mut body) = match kind {
            'd' | 'i' => {
                let sign = if n < 0 {
                    "-"
                } else if self.plus {
                    "+"
                } else if self.space {
                    " "
                } else {
                    ""
                };
                (sign, n.unsigned_abs().to_string())
            }
            'u' => ("", (n as u64).to_string()),
            'x' => (if self.alternate { "0x" } else { "" }, format!("{n:x}")),
            'X' => (if self.alternate { "0X" } else { "" }, format!("{n:X}")),
            _ => (if self.alternate { "0" } else { "" }, format!("{n:o}")),
        };
        if let Some(precision) = self.precision {
            body = format!("{}{body}", "0".repeat(precision.saturating_sub(body.len())));
        }
        if self.zero && !self.left && self.precision.is_none() {
            let fill = self.width.saturating_sub(sign.len() + body.len());
            body = format!("{}{body}", "0".repeat(fill));
        }
        self.pad(format!("{sign}{body}").as_bytes(), done);
    }

    fn pad_number(&self, text: &str, done: &mut Printed) {
        if self.zero && !self.left && text.len() < self.width {
            let (sign, body) = match text.strip_prefix('-') {
                Some(body) => ("-", body),
                None => ("", text),
            };
            let fill = "0".repeat(self.width - text.len());
            return self.pad(format!("{sign}{fill}{body}").as_bytes(), done);
        }
        self.pad(text.as_bytes(), done);
    }
}

/// A floating-point number as C's `%f`, `%e` or `%g` prints it.
pub(crate) fn float(n: f64, kind: char, precision: Option<usize>, plus: bool) -> String {
    let digits = precision.unwrap_or(6).min(300);
    let mut text = match kind {
        'f' | 'F' => format!("{n:.digits$}"),
        'e' | 'E' => exponent(&format!("{n:.digits$e}")),
        _ => general(n, digits.max(1)),
    };
    if kind.is_ascii_uppercase() {
        text = text.to_uppercase();
    }
    if plus && n >= 0.0 { format!("+{text}") } else { text }
}

/// `1.5e3` as C writes it: `1.5e+03`.
fn exponent(text: &str) -> String {
    let Some((mantissa, exponent)) = text.split_once('e') else { return text.to_string() };
    let n: i32 = exponent.parse().unwrap_or(0);
    format!("{mantissa}e{}{:02}", if n < 0 { '-' } else { '+' }, n.unsigned_abs())
}

/// `%g`: so many significant digits, zeros at the end cut off.
pub(crate) fn general(n: f64, digits: usize) -> String {
    if n == 0.0 || !n.is_finite() {
        return if n.is_nan() {
            "nan".to_string()
        } else if n.is_finite() {
            "0".to_string()
        } else {
            (if n > 0.0 { "inf" } else { "-inf" }).to_string()
        };
    }
    let scientific = format!("{n:.*e}", digits - 1);
    let power: i32 = scientific.split_once('e').and_then(|(_, e)| e.parse().ok()).unwrap_or(0);
    let trim = |text: &str| {
        if text.contains('.') {
            text.trim_end_matches('0').trim_end_matches('.').to_string()
        } else {
            text.to_string()
        }
    };
    if power < -4 || power >= digits as i32 {
        let (mantissa, e) = scientific.split_once('e').unwrap_or((&scientific, "0"));
        return exponent(&format!("{}e{e}", trim(mantissa)));
    }
    let decimals = (digits as i32 - 1 - power).max(0) as usize;
    trim(&format!("{n:.decimals$}"))
}

pub(crate) fn tool(cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    let args = if args.first().is_some_and(|a| a == "--") { &args[1..] } else { args };
    let Some(format) = args.first() else { return cx.usage() };
    let done = printf(format, &args[1..], if cx.gnu { Dialect::Bash } else { Dialect::Ash });
    cx.print(&done.output);
    for error in &done.errors {
        cx.complain(error);
    }
    State::End(done.status)
}
