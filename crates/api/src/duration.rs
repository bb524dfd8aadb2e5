//! Durations as Kubernetes and Go write them.
//!
//! Amounts are signed microseconds ([`human`], [`short_human`], which see nothing finer than a second) or
//! nanoseconds ([`go_string`], [`parse`], Go's own resolution).

use crate::SimTime;
use crate::schema::{Type, Typed};
use crate::wire::{Decoder, Wire, scalar};
use alloc::format;
use alloc::string::{String, ToString};
use serde_json::Value;

const SECOND: i64 = 1_000_000;
const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const YEAR: i64 = 365 * DAY;

/// An age to two or three digits: `59s`, `2m1s`, `3h1m`, `2d5h`, `400d` (`duration.go HumanDuration`).
///
/// Up to two seconds below zero count as clock skew and are `0s`; below that, `<invalid>`.
pub fn human(micros: i64) -> String {
    let s = micros / SECOND;
    match s {
        s if s < -1 => "<invalid>".to_string(),
        s if s < 0 => "0s".to_string(),
        s if s < 2 * MINUTE => format!("{s}s"),
        s if s < 10 * MINUTE => pair(s, MINUTE, 'm', 1, 's'),
        s if s < 3 * HOUR => format!("{}m", s / MINUTE),
        s if s < 8 * HOUR => pair(s, HOUR, 'h', MINUTE, 'm'),
        s if s < 2 * DAY => format!("{}h", s / HOUR),
        s if s < 8 * DAY => pair(s, DAY, 'd', HOUR, 'h'),
        s if s < 2 * YEAR => format!("{}d", s / DAY),
        s if s < 8 * YEAR => pair(s, YEAR, 'y', DAY, 'd'),
        s => format!("{}y", s / YEAR),
    }
}

/// An age in its largest unit alone (`duration.go ShortHumanDuration`).
pub fn short_human(micros: i64) -> String {
    let s = micros / SECOND;
    match s {
        s if s < -1 => "<invalid>".to_string(),
        s if s < 0 => "0s".to_string(),
        s if s < MINUTE => format!("{s}s"),
        s if s < HOUR => format!("{}m", s / MINUTE),
        s if s < DAY => format!("{}h", s / HOUR),
        s if s < YEAR => format!("{}d", s / DAY),
        s => format!("{}y", s / YEAR),
    }
}

/// `s` seconds in two units; the second is left out when it is zero.
fn pair(s: i64, unit: i64, name: char, small: i64, small_name: char) -> String {
    match s % unit / small {
        0 => format!("{}{name}", s / unit),
        rest => format!("{}{name}{rest}{small_name}", s / unit),
    }
}

/// Go's `time.Duration.String`: `1h0m5s`, `1.5s`, `300ms`, `2µs`, `0s`.
pub fn go_string(nanos: i64) -> String {
    let sign = if nanos < 0 { "-" } else { "" };
    let n = nanos.unsigned_abs();
    match n {
        0 => "0s".to_string(),
        1..1_000 => format!("{sign}{n}ns"),
        1_000..1_000_000 => format!("{sign}{}µs", decimal(n, 1_000)),
        1_000_000..1_000_000_000 => format!("{sign}{}ms", decimal(n, 1_000_000)),
        _ => {
            let total = n / 1_000_000_000;
            let seconds = decimal(n % 60_000_000_000, 1_000_000_000);
            match (total / 3_600, total / 60 % 60) {
                (0, 0) => format!("{sign}{seconds}s"),
                (0, m) => format!("{sign}{m}m{seconds}s"),
                (h, m) => format!("{sign}{h}h{m}m{seconds}s"),
            }
        }
    }
}

/// `n / unit` with as many decimals as it needs; `unit` is a power of ten.
fn decimal(n: u64, unit: u64) -> String {
    let width = unit.ilog10() as usize;
    let fraction = format!("{:0width$}", n % unit);
    match fraction.trim_end_matches('0') {
        "" => format!("{}", n / unit),
        digits => format!("{}.{digits}", n / unit),
    }
}

/// Go's `time.ParseDuration`: numbers with units, such as `300ms`, `-1.5h`, `2h45m`; nanoseconds come out.
/// The error is Go's.
pub fn parse(text: &str) -> Result<i64, String> {
    let invalid = || format!("time: invalid duration {}", quote(text));
    let (negative, mut rest) = match text.strip_prefix(['-', '+']) {
        Some(rest) => (text.starts_with('-'), rest),
        None => (false, text),
    };
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let limit = 1u128 << 63;
    let mut total: u128 = 0;
    while !rest.is_empty() {
        let digits = |s: &str| s.bytes().take_while(u8::is_ascii_digit).count();
        let (whole, after) = rest.split_at(digits(rest));
        let (fraction, after) = match after.strip_prefix('.') {
            Some(after) => after.split_at(digits(after)),
            None => ("", after),
        };
        if whole.is_empty() && fraction.is_empty() {
            return Err(invalid());
        }
        let end = after.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(after.len());
        let (unit, next) = after.split_at(end);
        let scale: u128 = match unit {
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            "" => return Err(format!("time: missing unit in duration {}", quote(text))),
            _ => return Err(format!("time: unknown unit {} in duration {}", quote(unit), quote(text))),
        };
        let value = whole.bytes().fold(0u128, |n, d| (n * 10 + u128::from(d - b'0')).min(limit + 1));
        total += value * scale;
        let mut place = scale;
        for digit in fraction.bytes().take(18) {
            // Finer than a nanosecond is cut off, digit by digit as the place value shrinks.
            total += u128::from(digit - b'0') * place / 10;
            place /= 10;
            if place == 0 {
                break;
            }
        }
        if total > limit {
            return Err(invalid());
        }
        rest = next;
    }
    match (negative, i64::try_from(total)) {
        (false, Ok(n)) => Ok(n),
        (true, Ok(n)) => Ok(-n),
        (true, Err(_)) => Ok(i64::MIN),
        (false, Err(_)) => Err(invalid()),
    }
}

/// A span of time as a field: `90s`, `1h30m`, as [`parse`] reads it, and not negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Duration(pub SimTime);

scalar!(
    Duration,
    String,
    |target, value, cx| match value {
        Value::String(s) => match parse(s) {
            Ok(nanos) if nanos >= 0 => target.0 = SimTime(nanos as u64 / 1_000),
            Ok(_) => cx.refuse(format!("a duration cannot be negative: {s:?}")),
            Err(error) => cx.refuse(error),
        },
        Value::Number(n) => cx.refuse(format!("a duration needs a unit: write {n}s, or {n}m")),
        other => cx.mismatch(other),
    },
    |d| Value::String(go_string(i64::try_from(d.0.0).unwrap_or(i64::MAX).saturating_mul(1_000))),
    |_| false
);

/// Go's `%q`, as far as durations need it.
fn quote(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn go_writes_the_units_it_needs() {
        for (nanos, text) in [
            (0, "0s"),
            (1, "1ns"),
            (1_100, "1.1µs"),
            (2_200_000, "2.2ms"),
            (300_000_000, "300ms"),
            (3_300_000_000, "3.3s"),
            (10_000_000_000, "10s"),
            (245_000_000_000, "4m5s"),
            (18_367_001_000_000, "5h6m7.001s"),
            (300_000_000_000, "5m0s"),
            (-1_500_000_000, "-1.5s"),
            (i64::MIN, "-2562047h47m16.854775808s"),
        ] {
            assert_eq!(go_string(nanos), text);
            assert_eq!(parse(text), Ok(nanos));
        }
    }

    #[test]
    fn go_reads_sums_and_fractions() {
        assert_eq!(parse("1h15m30.918s"), Ok(4_530_918_000_000));
        assert_eq!(parse("+.5m"), Ok(30_000_000_000));
        assert_eq!(parse("5.s"), Ok(5_000_000_000));
        assert_eq!(parse("0.100000000000000000000h"), Ok(360_000_000_000));
    }

    #[test]
    fn go_says_what_is_wrong() {
        assert_eq!(parse(""), Err("time: invalid duration \"\"".into()));
        assert_eq!(parse("3"), Err("time: missing unit in duration \"3\"".into()));
        assert_eq!(parse("1d"), Err("time: unknown unit \"d\" in duration \"1d\"".into()));
        assert_eq!(parse("9999999h"), Err("time: invalid duration \"9999999h\"".into()));
    }
}
