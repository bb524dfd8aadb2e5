//! YAML as the Kubernetes tools read plain scalars and print objects.
//!
//! Reading documents is the `manifest` crate's job; here is what both directions share: which plain text means
//! what (`go.yaml.in/yaml/v2` `resolve.go`, YAML 1.1), and `-o yaml` as `sigs.k8s.io/yaml` prints it.

use crate::time::parse_timestamp;
use alloc::string::{String, ToString};
use core::fmt::Write;
use serde_json::{Number, Value};

/// What a plain scalar means.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar {
    /// `~`, `null`, nothing.
    Null,
    /// `y`, `yes`, `on`, `true` and their opposites.
    Bool(bool),
    /// An integer in any of the notations.
    Int(i64),
    /// An integer beyond [`i64`].
    Uint(u64),
    /// A floating-point number, the infinities and NaN included.
    Float(f64),
    /// A date: kept as text in JSON, but quoted when printed.
    Timestamp,
    /// `<<`
    Merge,
    /// Anything else.
    String,
}

/// What a plain (unquoted, untagged) scalar means.
pub fn resolve(text: &str) -> Scalar {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Scalar::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            return Scalar::Bool(true);
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return Scalar::Bool(false);
        }
        ".nan" | ".NaN" | ".NAN" => return Scalar::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Scalar::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => return Scalar::Float(f64::NEG_INFINITY),
        "<<" => return Scalar::Merge,
        _ => {}
    }
    match text.as_bytes()[0] {
        b'.' => go_float(text).map_or(Scalar::String, Scalar::Float),
        b'0'..=b'9' | b'+' | b'-' => number(text),
        _ => Scalar::String,
    }
}

fn number(text: &str) -> Scalar {
    if parse_timestamp(text) {
        return Scalar::Timestamp;
    }
    // Underscores may stand anywhere.
    let plain: String = text.chars().filter(|c| *c != '_').collect();
    if let Some(n) = go_int(&plain) {
        return match (i64::try_from(n), u64::try_from(n)) {
            (Ok(n), _) => Scalar::Int(n),
            (_, Ok(n)) if !plain.starts_with('+') => Scalar::Uint(n),
            _ => go_float(&plain).map_or(Scalar::String, Scalar::Float),
        };
    }
    go_float(&plain).map_or(Scalar::String, Scalar::Float)
}

/// An integer in Go's notations: `0x`, `0o`, `0b`, a leading `0` for octal, else decimal
/// (`strconv.ParseInt` with base 0).
fn go_int(text: &str) -> Option<i128> {
    let (negative, digits) = match text.strip_prefix(['-', '+']) {
        Some(digits) => (text.starts_with('-'), digits),
        None => (false, text),
    };
    let lower = digits.get(..2).map(str::to_ascii_lowercase);
    let (digits, radix) = match lower.as_deref() {
        Some("0x") => (&digits[2..], 16),
        Some("0o") => (&digits[2..], 8),
        Some("0b") => (&digits[2..], 2),
        _ if digits.len() > 1 && digits.starts_with('0') => (&digits[1..], 8),
        _ => (digits, 10),
    };
    if !digits.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    let n = i128::from_str_radix(digits, radix).ok()?;
    Some(if negative { -n } else { n })
}

/// A float of the form that YAML allows: digits, a point, an exponent.
fn go_float(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((m, e)) => (m, Some(e.strip_prefix(['-', '+']).unwrap_or(e))),
        None => (unsigned, None),
    };
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    let well_formed = match mantissa.split_once('.') {
        Some((whole, fraction)) => {
            digits(whole) && digits(fraction) && !(whole.is_empty() && fraction.is_empty())
        }
        None => !mantissa.is_empty() && digits(mantissa),
    };
    if !well_formed || exponent.is_some_and(|e| e.is_empty() || !digits(e)) {
        return None;
    }
    text.strip_prefix('+').unwrap_or(text).parse().ok().filter(|n: &f64| n.is_finite())
}

/// Go's shortest notation for a float (`strconv.FormatFloat(v, 'g', -1, 64)`).
pub fn float_text(n: f64) -> String {
    if n.is_nan() {
        return ".nan".to_string();
    }
    if n.is_infinite() {
        return if n > 0.0 { ".inf" } else { "-.inf" }.to_string();
    }
    let mut scientific = String::new();
    let _ = write!(scientific, "{n:e}");
    let Some((mantissa, exponent)) = scientific.split_once('e') else { return scientific };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..21).contains(&exponent) {
        return n.to_string();
    }
    let mut out = mantissa.to_string();
    let _ = write!(out, "e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs());
    out
}

/// The object as `kubectl -o yaml` prints it: keys sorted, two blanks a level, lists not indented below their
/// key, long text folded behind column 80. It ends with a newline.
pub fn to_yaml(value: &Value) -> String {
    let mut emitter = Emitter { out: String::new(), column: 0 };
    emitter.node(value, 0, Place::Root);
    emitter.line_end();
    emitter.out
}

const WIDTH: usize = 80;

struct Emitter {
    out: String,
    column: usize,
}

/// Where a node stands.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Root,
    /// Behind `key:`.
    Value,
    /// Behind `- `.
    Item,
}

impl Emitter {
    fn push(&mut self, c: char) {
        self.out.push(c);
        self.column = if c == '\n' { 0 } else { self.column + 1 };
    }

    fn text(&mut self, s: &str) {
        s.chars().for_each(|c| self.push(c));
    }

    fn line_end(&mut self) {
        if self.column > 0 {
            self.push('\n');
        }
    }

    fn indent(&mut self, indent: usize) {
        self.line_end();
        while self.column < indent {
            self.push(' ');
        }
    }

    /// `indent` is the column of this node's own keys or dashes.
    fn node(&mut self, value: &Value, indent: usize, place: Place) {
        match value {
            Value::Object(members) if !members.is_empty() => {
                for (i, (key, member)) in members.iter().enumerate() {
                    // The first key stands behind the dash.
                    if !(place == Place::Item && i == 0) {
                        self.indent(indent);
                    }
                    self.key(key, indent);
                    let below = match member {
                        Value::Array(_) => indent,
                        _ => indent + 2,
                    };
                    self.node(member, below, Place::Value);
                }
            }
            Value::Array(items) if !items.is_empty() => {
                for (i, item) in items.iter().enumerate() {
                    if !(place == Place::Item && i == 0) {
                        self.indent(indent);
                    }
                    self.push('-');
                    if is_block(item) {
                        self.push(' ');
                    }
                    self.node(item, indent + 2, Place::Item);
                }
            }
            scalar => {
                if place != Place::Root {
                    self.push(' ');
                }
                match scalar {
                    Value::Null => self.text("null"),
                    Value::Bool(b) => self.text(if *b { "true" } else { "false" }),
                    Value::Number(n) => self.text(&number_text(n)),
                    Value::String(s) => self.string(s, indent, false),
                    Value::Array(_) => self.text("[]"),
                    Value::Object(_) => self.text("{}"),
                }
            }
        }
    }

    fn key(&mut self, key: &str, indent: usize) {
        // Long keys need the explicit notation.
        if key.len() > 128 {
            self.text("? ");
            self.string(key, indent + 2, false);
            self.indent(indent);
        } else {
            self.string(key, indent, true);
        }
        self.push(':');
    }

    fn string(&mut self, s: &str, indent: usize, key: bool) {
        let shape = Shape::of(s);
        let plain = resolve(s) == Scalar::String && !is_base_60(s);
        if s.contains('\n') {
            if shape.block && !key {
                self.literal(s, indent);
            } else {
                self.double_quoted(s, indent, key);
            }
        } else if !plain {
            self.double_quoted(s, indent, key);
        } else if shape.plain {
            self.folded(s, indent, key, false);
        } else if shape.single_quoted {
            self.push('\'');
            self.folded(s, indent, key, true);
            self.push('\'');
        } else {
            self.double_quoted(s, indent, key);
        }
    }

    /// Text on one line, broken at single blanks behind column 80.
    fn folded(&mut self, s: &str, indent: usize, key: bool, quoted: bool) {
        let mut previous_blank = false;
        let mut chars = s.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            if c == ' ' {
                let next = chars.peek().map(|(_, c)| *c);
                let inner = !quoted || (at > 0 && next.is_some());
                if !key && !previous_blank && self.column > WIDTH && inner && next != Some(' ') {
                    self.indent(indent);
                } else {
                    self.push(' ');
                }
                previous_blank = true;
                continue;
            }
            if quoted && c == '\'' {
                self.push('\'');
            }
            self.push(c);
            previous_blank = false;
        }
    }

    fn literal(&mut self, s: &str, indent: usize) {
        self.push('|');
        if s.starts_with([' ', '\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']) {
            self.push('2');
        }
        let mut ends = s.chars().rev().map(is_break);
        match (ends.next(), ends.next()) {
            (Some(true), None | Some(true)) => self.push('+'),
            (Some(true), Some(false)) => {}
            _ => self.push('-'),
        }
        self.push('\n');
        let mut fresh = true;
        for c in s.chars() {
            if is_break(c) {
                self.push(c);
                fresh = true;
            } else {
                if fresh {
                    while self.column < indent {
                        self.push(' ');
                    }
                }
                self.push(c);
                fresh = false;
            }
        }
    }

    fn double_quoted(&mut self, s: &str, indent: usize, key: bool) {
        self.push('"');
        let mut previous_blank = false;
        let mut chars = s.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            if c == ' ' {
                let next = chars.peek().map(|(_, c)| *c);
                if !key && !previous_blank && self.column > WIDTH && at > 0 && next.is_some() {
                    self.indent(indent);
                    if next == Some(' ') {
                        self.push('\\');
                    }
                } else {
                    self.push(' ');
                }
                previous_blank = true;
                continue;
            }
            previous_blank = false;
            if is_printable(c) && !is_break(c) && c != '"' && c != '\\' {
                self.push(c);
            } else {
                self.escape(c);
            }
        }
        self.push('"');
    }

    fn escape(&mut self, c: char) {
        let short = match c {
            '\0' => '0',
            '\x07' => 'a',
            '\x08' => 'b',
            '\t' => 't',
            '\n' => 'n',
            '\x0b' => 'v',
            '\x0c' => 'f',
            '\r' => 'r',
            '\x1b' => 'e',
            '"' => '"',
            '\\' => '\\',
            '\u{85}' => 'N',
            '\u{a0}' => '_',
            '\u{2028}' => 'L',
            '\u{2029}' => 'P',
            _ => '\0',
        };
        self.push('\\');
        if short != '\0' {
            return self.push(short);
        }
        let (letter, width) = match c as u32 {
            0..=0xff => ('x', 2),
            0x100..=0xffff => ('u', 4),
            _ => ('U', 8),
        };
        self.push(letter);
        for place in (0..width).rev() {
            let digit = (c as u32) >> (4 * place) & 0xf;
            self.push(char::from_digit(digit, 16).unwrap_or('0').to_ascii_uppercase());
        }
    }
}

fn is_block(value: &Value) -> bool {
    match value {
        Value::Object(members) => !members.is_empty(),
        Value::Array(items) => !items.is_empty(),
        _ => false,
    }
}

fn number_text(n: &Number) -> String {
    match n.as_f64() {
        Some(float) if n.is_f64() => float_text(float),
        _ => n.to_string(),
    }
}

fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// What the emitter writes without escaping (`yamlprivateh.go is_printable`).
fn is_printable(c: char) -> bool {
    matches!(c, '\n' | ' '..='~' | '\u{a0}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}')
}

/// Numbers like `12:30:45`, which YAML 1.1 once read in base 60 and which are therefore quoted.
fn is_base_60(s: &str) -> bool {
    let unsigned = s.strip_prefix(['-', '+']).unwrap_or(s);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    let mut places = whole.split(':');
    let first = places.next().unwrap_or("");
    let mut count = 0;
    first.as_bytes().first().is_some_and(u8::is_ascii_digit)
        && digits(first)
        && digits(fraction)
        && places.all(|p| {
            count += 1;
            let bytes = p.as_bytes();
            match bytes {
                [d] => d.is_ascii_digit(),
                [t, d] => (b'0'..=b'5').contains(t) && d.is_ascii_digit(),
                _ => false,
            }
        })
        && count > 0
}

/// Which notations can hold a text (`emitterc.go yaml_emitter_analyze_scalar`).
struct Shape {
    plain: bool,
    single_quoted: bool,
    block: bool,
}

impl Shape {
    fn of(s: &str) -> Shape {
        let mut shape = Shape { plain: true, single_quoted: true, block: true };
        if s.is_empty() {
            return Shape { block: false, ..shape };
        }
        if s.starts_with("---") || s.starts_with("...") {
            shape.plain = false;
        }
        let blank = |c: char| c == ' ' || c == '\t';
        let mut previous: Option<char> = None;
        let mut chars = s.chars().peekable();
        while let Some(c) = chars.next() {
            let blank_follows = chars.peek().is_none_or(|c| blank(*c));
            let indicator = match (previous, c) {
                (None, '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>') => true,
                (None, '\'' | '"' | '%' | '@' | '`') => true,
                (None, '?' | ':' | '-') => blank_follows,
                (Some(_), ':') => blank_follows,
                (Some(p), '#') => blank(p) || is_break(p),
                _ => false,
            };
            let edge = previous.is_none() || chars.peek().is_none();
            if indicator || is_break(c) || (edge && c == ' ') {
                shape.plain = false;
            }
            if chars.peek().is_none() && c == ' ' {
                shape.block = false;
            }
            if c == ' ' && previous.is_some_and(is_break) {
                shape.single_quoted = false;
                shape.plain = false;
            }
            if !is_printable(c) || (is_break(c) && previous == Some(' ')) {
                return Shape { plain: false, single_quoted: false, block: false };
            }
            previous = Some(c);
        }
        shape
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn plain_text_means_what_yaml_1_1_says() {
        use Scalar::*;
        for (text, meaning) in [
            ("yes", Bool(true)),
            ("Off", Bool(false)),
            ("yEs", String),
            ("~", Null),
            ("0644", Int(420)),
            ("0o644", Int(420)),
            ("0x1F", Int(31)),
            ("-0b101", Int(-5)),
            ("1_000", Int(1000)),
            ("08", Float(8.0)),
            ("1e3", Float(1000.0)),
            (".5", Float(0.5)),
            ("1.", Float(1.0)),
            ("12:30:45", String),
            ("2019-01-30", Timestamp),
            ("2019-13-30", String),
            ("18446744073709551615", Uint(u64::MAX)),
            ("1.2.3", String),
            ("-", String),
            ("+", String),
            (".", String),
            ("0x", String),
            ("1e", String),
            ("<<", Merge),
            ("100m", String),
        ] {
            assert_eq!(resolve(text), meaning, "{text}");
        }
    }

    #[test]
    fn objects_print_as_kubectl_prints_them() {
        let value = json!({
            "a": {"b": [], "c": {}, "d": null},
            "list": [{"name": "x", "args": ["-c", "echo hi; exit 1", "yes", "1", ""]}, [1, [2]], 3],
            "text": "one\ntwo\n",
            "kept": "one\n\n",
            "cut": "one\n two",
            "tab": "a\tb",
            "time": "12:30",
            "date": "2026-01-01T00:00:00Z",
            "colon": "a: b",
            "hash": "a #b",
            "star": "*",
            "long": "0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789",
        });
        assert_eq!(
            to_yaml(&value),
            "a:
  b: []
  c: {}
  d: null
colon: 'a: b'
cut: |-
  one
   two
date: \"2026-01-01T00:00:00Z\"
hash: 'a #b'
kept: |+
  one

list:
- args:
  - -c
  - echo hi; exit 1
  - \"yes\"
  - \"1\"
  - \"\"
  name: x
- - 1
  - - 2
- 3
long: 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789
  0123456789 0123456789
star: '*'
tab: \"a\\tb\"
text: |
  one
  two
time: \"12:30\"
"
        );
    }
}
