//! Times as `kubectl` shows them: ages, and calendar dates.

use alloc::format;
use alloc::string::String;
use lifepod_api::time::civil_from_days;
use lifepod_api::{MicroTime, SimTime, Time};
use serde_json::Value;

pub use lifepod_api::duration::human as human_duration;

/// A calendar instant: microseconds since 1970 (UTC).
pub type Micros = i64;

const SECOND: i64 = 1_000_000;

/// The calendar time of an instant of the simulation.
pub(crate) fn at(at: SimTime, epoch: Micros) -> Micros {
    epoch.saturating_add(i64::try_from(at.0).unwrap_or(i64::MAX))
}

/// The instant of a field; none when it is absent, empty, unreadable, or in the year 1, Go's zero time.
pub(crate) fn parse(v: &Value) -> Option<Micros> {
    let text = v.as_str()?;
    MicroTime::parse(text).map(|t| t.0).filter(|_| !text.starts_with("0001-"))
}

/// `Mon, 02 Jan 2006 15:04:05 +0000` (`time.RFC1123Z`); an absent time is Go's zero time.
pub(crate) fn rfc1123(at: Option<Micros>) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let Some(at) = at else { return "Mon, 01 Jan 0001 00:00:00 +0000".into() };
    let seconds = at.div_euclid(SECOND);
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = civil_from_days(days);
    format!(
        "{}, {day:02} {} {year:04} {:02}:{:02}:{:02} +0000",
        DAYS[days.rem_euclid(7) as usize],
        MONTHS[month as usize - 1],
        rest / 3600,
        rest / 60 % 60,
        rest % 60
    )
}

/// `2006-01-02T15:04:05Z`: the RFC 3339 form of an instant, its fraction cut off.
pub fn rfc3339(at: Micros) -> String {
    format!("{}", Time(at.div_euclid(SECOND)))
}

/// The age at `now` of the time in a field, or `<unknown>` (`translateTimestampSince`).
pub(crate) fn since(v: &Value, now: Micros) -> String {
    parse(v).map_or_else(|| "<unknown>".into(), |at| human_duration(now - at))
}
