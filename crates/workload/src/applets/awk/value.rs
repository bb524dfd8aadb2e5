//! awk's values: text that may be a number, and arithmetic on it.

use crate::applets::printf;
use alloc::format;
use alloc::string::String;

/// A value: text that looks like a number, when it came from input, compares as one.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Number(f64),
    Text(String),
    Input(String),
}

impl Value {
    pub(super) fn number(&self) -> f64 {
        match self {
            Value::Number(n) => *n,
            Value::Text(t) | Value::Input(t) => leading_number(t).0,
        }
    }

    pub(super) fn text(&self) -> String {
        match self {
            Value::Number(n) => number_text(*n),
            Value::Text(t) | Value::Input(t) => t.clone(),
        }
    }

    pub(super) fn truth(&self) -> bool {
        match self {
            Value::Number(n) => *n != 0.0,
            Value::Text(t) => !t.is_empty(),
            Value::Input(t) => {
                let (n, all) = leading_number(t);
                if all { n != 0.0 } else { !t.is_empty() }
            }
        }
    }

    pub(super) fn numeric(&self) -> bool {
        match self {
            Value::Number(_) => true,
            Value::Text(_) => false,
            Value::Input(t) => t.is_empty() || leading_number(t).1,
        }
    }
}

/// The number that a text begins with, and whether it is all of the text.
pub(super) fn leading_number(text: &str) -> (f64, bool) {
    let t = text.trim();
    if let Ok(n) = t.parse::<f64>()
        && t.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c))
        && !t.to_ascii_lowercase().contains(['n', 'i'])
    {
        return (n, true);
    }
    let mut end = 0;
    for (i, c) in t.char_indices() {
        let fits = c.is_ascii_digit() || c == '.' || (i == 0 && (c == '-' || c == '+'));
        if !fits {
            break;
        }
        end = i + 1;
    }
    (t[..end].parse().unwrap_or(0.0), false)
}

pub(super) fn number_text(n: f64) -> String {
    if n == (n as i64) as f64 { format!("{}", n as i64) } else { printf::general(n, 6) }
}

pub(super) fn arithmetic(op: &str, a: f64, b: f64) -> f64 {
    match op {
        "+" => a + b,
        "-" => a - b,
        "*" => a * b,
        "/" => a / b,
        "%" => a % b,
        _ => power(a, b),
    }
}

/// A power by repeated squaring; only whole exponents have one here.
pub(super) fn power(base: f64, exponent: f64) -> f64 {
    let mut n = (exponent.abs() as u64).min(10_000);
    let (mut result, mut square) = (1.0, base);
    while n > 0 {
        if n & 1 == 1 {
            result *= square;
        }
        square *= square;
        n >>= 1;
    }
    if exponent < 0.0 { 1.0 / result } else { result }
}

/// A square root, by Newton's method.
pub(super) fn root(n: f64) -> f64 {
    if n <= 0.0 {
        return 0.0;
    }
    let mut x = if n > 1.0 { n } else { 1.0 };
    for _ in 0..1_100 {
        let next = (x + n / x) / 2.0;
        if next >= x {
            break;
        }
        x = next;
    }
    x
}
