//! Two clocks: [`SimTime`], which the simulation runs on, and [`Time`], which API objects carry.

use crate::schema::{Type, Typed};
use crate::wire::{Decoder, Wire, scalar};
use alloc::format;
use alloc::string::{String, ToString};
use core::fmt;
use core::ops::{Add, AddAssign, Sub};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// An instant of the simulation, or the distance between two: microseconds since the scenario began.
///
/// Calendar time is added at the edge, from the scenario's epoch ([`SimTime::to_time`]).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SimTime(pub u64);

impl SimTime {
    /// The instant at which the scenario begins.
    pub const ZERO: SimTime = SimTime(0);
    /// Later than anything that happens.
    pub const MAX: SimTime = SimTime(u64::MAX);

    /// `s` whole seconds.
    pub const fn from_secs(s: u64) -> Self {
        SimTime(s.saturating_mul(1_000_000))
    }

    /// `ms` whole milliseconds.
    pub const fn from_millis(ms: u64) -> Self {
        SimTime(ms.saturating_mul(1_000))
    }

    /// `s` seconds, to the nearest microsecond; negative and NaN become zero.
    pub fn from_secs_f64(s: f64) -> Self {
        // `as` saturates, and sends NaN to zero.
        SimTime((s * 1e6 + 0.5) as u64)
    }

    /// Seconds, with their fraction.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// Whole seconds, the fraction cut off.
    pub const fn as_secs(self) -> u64 {
        self.0 / 1_000_000
    }

    /// `self - earlier`, or zero when `earlier` is later.
    pub const fn since(self, earlier: SimTime) -> SimTime {
        SimTime(self.0.saturating_sub(earlier.0))
    }

    /// The calendar instant that an API object shows for this one: `epoch` is the scenario's begin in
    /// microseconds since 1970, and the fraction of a second is cut off, as `metav1.Time` does.
    pub const fn to_time(self, epoch_micros: i64) -> Time {
        Time((epoch_micros + self.0 as i64).div_euclid(1_000_000))
    }
}

impl Add for SimTime {
    type Output = SimTime;
    fn add(self, other: SimTime) -> SimTime {
        SimTime(self.0.saturating_add(other.0))
    }
}

impl AddAssign for SimTime {
    fn add_assign(&mut self, other: SimTime) {
        *self = *self + other;
    }
}

impl Sub for SimTime {
    type Output = SimTime;
    /// Saturates at zero: simulated time never runs backwards.
    fn sub(self, other: SimTime) -> SimTime {
        self.since(other)
    }
}

impl fmt::Display for SimTime {
    /// `12.345s`: seconds with three decimals.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:03}s", self.as_secs(), self.0 / 1_000 % 1_000)
    }
}

/// `metav1.Time`: a calendar instant in whole seconds since 1970 (UTC), written as RFC 3339 on the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub i64);

/// `metav1.MicroTime`: a calendar instant in microseconds since 1970 (UTC).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MicroTime(pub i64);

impl SimTime {
    /// As [`SimTime::to_time`], with the fraction of the second.
    pub const fn to_micro_time(self, epoch_micros: i64) -> MicroTime {
        MicroTime(epoch_micros + self.0 as i64)
    }
}

impl Time {
    /// Reads RFC 3339, any offset from UTC; a fraction of a second is cut off. None when it is no such text.
    pub fn parse(text: &str) -> Option<Time> {
        parse_rfc3339(text).map(|micros| Time(micros.div_euclid(1_000_000)))
    }
}

impl fmt::Display for Time {
    /// `2026-01-01T00:00:00Z`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_civil(f, self.0)?;
        f.write_str("Z")
    }
}

impl MicroTime {
    /// Reads RFC 3339, any offset from UTC, to the microsecond. None when it is no such text.
    pub fn parse(text: &str) -> Option<MicroTime> {
        parse_rfc3339(text).map(MicroTime)
    }
}

impl fmt::Display for MicroTime {
    /// `2026-01-01T00:00:00.000000Z`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_civil(f, self.0.div_euclid(1_000_000))?;
        write!(f, ".{:06}Z", self.0.rem_euclid(1_000_000))
    }
}

fn write_civil(f: &mut fmt::Formatter<'_>, seconds: i64) -> fmt::Result {
    let (year, month, day) = civil_from_days(seconds.div_euclid(86_400));
    let s = seconds.rem_euclid(86_400);
    write!(f, "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}", s / 3_600, s / 60 % 60, s % 60)
}

/// Year, month and day of a day counted from 1970-01-01, in the Gregorian calendar. Years are counted from
/// March, so that the leap day is the last of its year, in eras of 400 years.
pub fn civil_from_days(days: i64) -> (i64, u32, u32) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month as u32, day as u32)
}

/// The day's number counted from 1970-01-01: the inverse of [`civil_from_days`].
pub fn days_from_civil(year: i64, month: u32, day: u32) -> i64 {
    let year = year - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = (i64::from(month) + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + i64::from(day) - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// Microseconds since 1970 of an RFC 3339 text.
fn parse_rfc3339(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    let number = |from: usize, len: usize| -> Option<i64> {
        let digits = bytes.get(from..from + len)?;
        digits
            .iter()
            .all(u8::is_ascii_digit)
            .then(|| digits.iter().fold(0, |n, d| n * 10 + i64::from(d - b'0')))
    };
    let literal = |at: usize, expected: u8| (bytes.get(at) == Some(&expected)).then_some(());
    let (year, month, day) = (number(0, 4)?, number(5, 2)?, number(8, 2)?);
    let (hour, minute, second) = (number(11, 2)?, number(14, 2)?, number(17, 2)?);
    for (at, expected) in [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')] {
        literal(at, expected)?;
    }
    let days = days_from_civil(year, month as u32, day as u32);
    if !(1..=12).contains(&month)
        || civil_from_days(days) != (year, month as u32, day as u32)
        || hour > 23
        || minute > 59
        || second > 59
    {
        return None;
    }
    let mut at = 19;
    let mut micros = 0;
    if bytes.get(at) == Some(&b'.') {
        let digits = bytes[at + 1..].iter().take_while(|b| b.is_ascii_digit()).count();
        if digits == 0 {
            return None;
        }
        for i in 0..6 {
            micros = micros * 10 + if i < digits { i64::from(bytes[at + 1 + i] - b'0') } else { 0 };
        }
        at += 1 + digits;
    }
    let offset = match bytes.get(at)? {
        b'Z' if bytes.len() == at + 1 => 0,
        sign @ (b'+' | b'-') if bytes.len() == at + 6 => {
            literal(at + 3, b':')?;
            let (hours, minutes) = (number(at + 1, 2)?, number(at + 4, 2)?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            (hours * 3_600 + minutes * 60) * if *sign == b'-' { -1 } else { 1 }
        }
        _ => return None,
    };
    let seconds = days * 86_400 + hour * 3_600 + minute * 60 + second - offset;
    Some(seconds * 1_000_000 + micros)
}

/// Whether YAML 1.1 as Go reads it takes a plain scalar for a timestamp (`resolve.go parseTimestamp`).
pub(crate) fn parse_timestamp(text: &str) -> bool {
    fn number(text: &str, widths: core::ops::RangeInclusive<usize>, max: u32) -> Option<(u32, &str)> {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count().min(*widths.end());
        let n = text.get(..digits).filter(|_| widths.contains(&digits))?.parse().ok()?;
        (n <= max).then_some((n, &text[digits..]))
    }
    fn read(text: &str) -> Option<bool> {
        let (year, rest) = number(text, 4..=4, 9_999)?;
        let (month, rest) = number(rest.strip_prefix('-')?, 1..=2, 12)?;
        let (day, rest) = number(rest.strip_prefix('-')?, 1..=2, 31)?;
        if month == 0
            || civil_from_days(days_from_civil(year.into(), month, day)) != (year.into(), month, day)
        {
            return None;
        }
        if rest.is_empty() {
            return Some(true);
        }
        let zoned = !rest.starts_with(' ');
        let (_, rest) = number(rest.strip_prefix(['T', 't', ' '])?, 1..=2, 23)?;
        let (_, rest) = number(rest.strip_prefix(':')?, 1..=2, 59)?;
        let (_, mut rest) = number(rest.strip_prefix(':')?, 1..=2, 59)?;
        if let Some(fraction) = rest.strip_prefix('.') {
            let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
            rest = fraction.get(digits..).filter(|_| digits > 0)?;
        }
        if !zoned || rest == "Z" {
            return Some(rest.is_empty() != zoned);
        }
        let (_, rest) = number(rest.strip_prefix(['+', '-'])?, 2..=2, 23)?;
        let (_, rest) = number(rest.strip_prefix(':')?, 2..=2, 59)?;
        Some(rest.is_empty())
    }
    read(text).unwrap_or(false)
}

/// Go's error for a text that is no time of the layout (`time.ParseError`).
fn bad_time(text: &str, layout: &str) -> String {
    let quoted = Value::from(text).to_string();
    format!("parsing time {quoted} as \"{layout}\": cannot parse {quoted} as \"2006\"")
}

scalar!(
    Time,
    Time,
    |target, value, cx| match value {
        Value::String(s) => match Time::parse(s) {
            Some(time) => *target = time,
            None => cx.refuse(bad_time(s, "2006-01-02T15:04:05Z07:00")),
        },
        other => cx.refuse(format!(
            "json: cannot unmarshal {} into Go value of type string",
            crate::wire::kind_name(other)
        )),
    },
    |t| Value::String(t.to_string()),
    |_| false
);

scalar!(
    MicroTime,
    MicroTime,
    |target, value, cx| match value {
        Value::String(s) => match MicroTime::parse(s) {
            Some(time) => *target = time,
            None => cx.refuse(bad_time(s, "2006-01-02T15:04:05.000000Z07:00")),
        },
        other => cx.refuse(format!(
            "json: cannot unmarshal {} into Go value of type string",
            crate::wire::kind_name(other)
        )),
    },
    |t| Value::String(t.to_string()),
    |_| false
);
