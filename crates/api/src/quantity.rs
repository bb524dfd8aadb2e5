//! `resource.Quantity`: a decimal number with a suffix, such as `100m`, `1.5Gi`, `2e3`.

use crate::schema::{Type, Typed};
use crate::wire::{Decoder, Wire, scalar};
use alloc::format;
use alloc::string::{String, ToString};
use core::cmp::Ordering;
use core::fmt;
use serde_json::Value;

/// An amount of a resource, to the nano, and the way it is written.
///
/// Equality and order are of the amount alone. A quantity remembers the text it was read from when that is
/// canonical enough for the API server to give it back unchanged (`+1` stays `+1`, `1024Mi` becomes `1Gi`);
/// arithmetic forgets it.
#[derive(Clone, Debug, Default)]
pub struct Quantity {
    /// Billionths. Beyond the range (1.7e29 whole units) the amount sticks to the limit.
    nanos: i128,
    format: Format,
    /// The text to print, where it is kept.
    text: String,
    /// Upstream holds the amount as a big decimal, not as an `int64` and a power of ten. The two differ in what
    /// remains of a value that overflows: the low bits, or nothing.
    big: bool,
}

/// The family of suffixes that a quantity was written with, and is printed with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// `n`, `u`, `m`, none, `k`, `M`, `G`, `T`, `P`, `E`: powers of 1000.
    #[default]
    DecimalSI,
    /// `Ki`, `Mi`, `Gi`, `Ti`, `Pi`, `Ei`: powers of 1024.
    BinarySI,
    /// `e3`, `E6`: powers of ten.
    DecimalExponent,
}

/// Why a text is no quantity. `Display` gives the API server's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParseQuantityError {
    /// Not a number with a suffix.
    FormatWrong,
    /// The number cannot be read.
    Numeric,
    /// There is no such suffix.
    Suffix,
}

impl fmt::Display for ParseQuantityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::FormatWrong => {
                "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
            }
            Self::Numeric => "unable to parse numeric part of quantity",
            Self::Suffix => "unable to parse quantity's suffix",
        })
    }
}

const NANOS: i128 = 1_000_000_000;
const DECIMAL: [(&str, i32); 10] =
    [("n", -9), ("u", -6), ("m", -3), ("", 0), ("k", 3), ("M", 6), ("G", 9), ("T", 12), ("P", 15), ("E", 18)];
const BINARY: [(&str, i32); 6] = [("Ki", 10), ("Mi", 20), ("Gi", 30), ("Ti", 40), ("Pi", 50), ("Ei", 60)];

/// A quantity's text, taken apart (`quantity.go parseQuantityString`).
struct Parts<'a> {
    negative: bool,
    /// Digits before the point, without leading zeros.
    whole: &'a str,
    /// Digits behind the point.
    fraction: &'a str,
    suffix: &'a str,
}

fn split(text: &str) -> Result<Parts<'_>, ParseQuantityError> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let digits = |s: &str| s.bytes().take_while(u8::is_ascii_digit).count();
    let trimmed = unsigned.trim_start_matches('0');
    let (whole, rest) = trimmed.split_at(digits(trimmed));
    let (fraction, suffix) = match rest.strip_prefix('.') {
        Some(after) => after.split_at(digits(after)),
        None => ("", rest),
    };
    let letters = suffix.bytes().take_while(|b| b"eEinumkKMGTP".contains(b)).count();
    let exponent = suffix[letters..].strip_prefix(['-', '+']).unwrap_or(&suffix[letters..]);
    if digits(exponent) != exponent.len() {
        return Err(ParseQuantityError::FormatWrong);
    }
    let whole = if whole.is_empty() { "0" } else { whole };
    Ok(Parts { negative: text.starts_with('-'), whole, fraction, suffix })
}

/// The format and exponent (of ten or two) that a suffix stands for.
fn interpret(suffix: &str) -> Option<(Format, i32)> {
    if let Some((_, exponent)) = DECIMAL.iter().find(|(s, _)| *s == suffix) {
        return Some((Format::DecimalSI, *exponent));
    }
    if let Some((_, exponent)) = BINARY.iter().find(|(s, _)| *s == suffix) {
        return Some((Format::BinarySI, *exponent));
    }
    let exponent = suffix.strip_prefix(['e', 'E'])?;
    // Beyond this the amount is zero or without bound anyway.
    let exponent = exponent.parse::<i64>().ok()?.clamp(-1_000, 1_000);
    Some((Format::DecimalExponent, exponent as i32))
}

/// `n / 10^power`, away from zero.
fn divide_up(n: i128, power: u32) -> i128 {
    match 10i128.checked_pow(power) {
        None => n.signum(),
        Some(divisor) => n / divisor + if n % divisor == 0 { 0 } else { n.signum() },
    }
}

fn multiply(n: i128, power: u32) -> i128 {
    match 10i128.checked_pow(power) {
        Some(factor) => n.saturating_mul(factor),
        None => n.saturating_mul(i128::MAX),
    }
}

impl Quantity {
    /// Reads a quantity (`resource.ParseQuantity`): what is finer than a nano is rounded away from zero.
    pub fn parse(text: &str) -> Result<Quantity, ParseQuantityError> {
        if text.is_empty() {
            return Err(ParseQuantityError::FormatWrong);
        }
        let Parts { negative, whole, fraction, suffix } = split(text)?;
        let (format, exponent) = interpret(suffix).ok_or(ParseQuantityError::Suffix)?;
        let big = !fits_fast_path(whole, fraction, format, exponent);
        let number = &text[..text.len() - suffix.len()];
        if big && !number.bytes().any(|b| b.is_ascii_digit()) {
            return Err(ParseQuantityError::Numeric);
        }

        let mut nanos: i128 = 0;
        let binary = if format == Format::BinarySI { exponent } else { 0 };
        let scale = if format == Format::BinarySI { 0 } else { exponent } - fraction.len() as i32;
        for digit in whole.bytes().chain(fraction.bytes()) {
            nanos = nanos.saturating_mul(10).saturating_add(i128::from(digit - b'0'));
        }
        if binary > 0 {
            nanos = nanos.saturating_mul(1 << binary);
        }
        nanos = if scale + 9 >= 0 {
            multiply(nanos, (scale + 9) as u32)
        } else {
            divide_up(nanos, (-(scale + 9)) as u32)
        };
        let mut kept = Format::DecimalSI;
        if format == Format::BinarySI {
            nanos = nanos.min(i128::from(i64::MAX) * NANOS);
            // A fraction of one has no binary suffix.
            kept = if nanos > 0 && nanos < NANOS { Format::DecimalSI } else { Format::BinarySI };
        } else if format == Format::DecimalExponent {
            kept = Format::DecimalExponent;
        }
        if negative {
            nanos = -nanos;
        }
        let keep = !big && keeps_text(whole, fraction, format, exponent);
        Ok(Quantity { nanos, format: kept, text: if keep { text.to_string() } else { String::new() }, big })
    }

    /// `value` whole units.
    pub fn from_value(value: i64, format: Format) -> Quantity {
        Quantity { nanos: i128::from(value) * NANOS, format, ..Quantity::default() }
    }

    /// `milli` thousandths.
    pub fn from_milli(milli: i64, format: Format) -> Quantity {
        Quantity { nanos: i128::from(milli) * (NANOS / 1_000), format, ..Quantity::default() }
    }

    /// Whole units, rounded away from zero (`Quantity.Value`).
    pub fn value(&self) -> i64 {
        self.narrow(divide_up(self.nanos, 9))
    }

    /// Thousandths, rounded away from zero (`Quantity.MilliValue`).
    pub fn milli_value(&self) -> i64 {
        self.narrow(divide_up(self.nanos, 6))
    }

    fn narrow(&self, n: i128) -> i64 {
        i64::try_from(n).unwrap_or(if self.big { n as i64 } else { 0 })
    }

    /// The amount as a floating-point number.
    pub fn as_f64(&self) -> f64 {
        self.nanos as f64 / 1e9
    }

    /// The family of suffixes that it is printed with.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Whether the amount is zero.
    pub fn is_zero(&self) -> bool {
        self.nanos == 0
    }

    /// -1, 0 or 1.
    pub fn sign(&self) -> i32 {
        self.nanos.signum() as i32
    }

    /// Adds `other`; a zero takes over its format.
    pub fn add(&mut self, other: &Quantity) {
        self.big |= other.big;
        if self.is_zero() {
            self.format = other.format;
        }
        self.nanos = self.nanos.saturating_add(other.nanos);
        self.text.clear();
    }

    /// Takes `other` away; a zero takes over its format.
    pub fn sub(&mut self, other: &Quantity) {
        self.big |= other.big;
        if self.is_zero() {
            self.format = other.format;
        }
        self.nanos = self.nanos.saturating_sub(other.nanos);
        self.text.clear();
    }

    /// Multiplies by a whole number.
    pub fn mul(&mut self, factor: i64) {
        self.nanos = self.nanos.saturating_mul(i128::from(factor));
        self.text.clear();
    }

    /// Whether it is not a whole number of thousandths.
    pub fn is_finer_than_milli(&self) -> bool {
        self.nanos % (NANOS / 1_000) != 0
    }

    /// Rounds to thousandths, away from zero, as defaulting does with resource lists (`Quantity.RoundUp`).
    pub fn round_up_to_milli(&mut self) {
        if self.is_finer_than_milli() {
            self.nanos = divide_up(self.nanos, 6).saturating_mul(NANOS / 1_000);
            self.text.clear();
        }
    }
}

/// Whether upstream reads the number as an `int64` (`ParseQuantity`'s fast path).
fn fits_fast_path(whole: &str, fraction: &str, format: Format, exponent: i32) -> bool {
    let digits = |s: &str| s.len() as i32;
    match format {
        Format::BinarySI => fraction.is_empty() && 15 - digits(whole) - exponent * 3 / 10 > 0,
        _ => digits(whole) + digits(fraction) <= 18 && exponent - digits(fraction) >= -9,
    }
}

/// Whether the API server prints the text as it was read: the number could not be written shorter with another
/// suffix.
fn keeps_text(whole: &str, fraction: &str, format: Format, exponent: i32) -> bool {
    let number = || whole.bytes().chain(fraction.bytes());
    match format {
        Format::BinarySI => number().fold(0u64, |n, d| n * 10 + u64::from(d - b'0')) & 7 != 0,
        _ => {
            let thousand = whole.len() + fraction.len() >= 3 && number().rev().take(3).all(|d| d == b'0');
            (exponent - fraction.len() as i32) % 3 == 0 && !thousand && number().next() != Some(b'0')
        }
    }
}

impl fmt::Display for Quantity {
    /// The canonical form (`Quantity.CanonicalizeBytes`), or the text where it is kept.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.text.is_empty() {
            return f.write_str(&self.text);
        }
        if self.nanos == 0 {
            return f.write_str("0");
        }
        let whole = self.nanos % NANOS == 0;
        if self.format == Format::BinarySI && whole && (self.nanos / NANOS).abs() >= 1024 {
            let mut amount = self.nanos / NANOS;
            let mut power = 0;
            while amount % 1024 == 0 {
                amount /= 1024;
                power += 10;
            }
            let suffix = BINARY.iter().find(|(_, e)| *e == power).map_or("", |(s, _)| s);
            return write!(f, "{amount}{suffix}");
        }
        let mut amount = self.nanos;
        let mut exponent = -9;
        while amount % 1000 == 0 {
            amount /= 1000;
            exponent += 3;
        }
        match self.format {
            Format::DecimalExponent if exponent == 0 => write!(f, "{amount}"),
            Format::DecimalExponent => write!(f, "{amount}e{exponent}"),
            _ => {
                let suffix = DECIMAL.iter().find(|(_, e)| *e == exponent).map_or("", |(s, _)| s);
                write!(f, "{amount}{suffix}")
            }
        }
    }
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        self.nanos == other.nanos
    }
}

impl Eq for Quantity {}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Quantity {
    fn cmp(&self, other: &Self) -> Ordering {
        self.nanos.cmp(&other.nanos)
    }
}

scalar!(
    Quantity,
    Quantity,
    |target, value, cx| {
        // As upstream: whatever is no string is read by its JSON text, so `true` fails as a malformed number.
        let text = match value {
            Value::String(s) => s.trim().to_string(),
            other => format!("{other}"),
        };
        match Quantity::parse(&text) {
            Ok(quantity) => *target = quantity,
            Err(error) => cx.refuse(error.to_string()),
        }
    },
    |q| Value::String(q.to_string()),
    |_| false
);
