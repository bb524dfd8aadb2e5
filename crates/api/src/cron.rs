//! CronJob schedules, as `robfig/cron` reads them.

use crate::TimeZone;
use crate::time::{civil_from_days, days_from_civil};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// When a CronJob runs, in its time zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Schedule {
    /// The minutes that fit five fields.
    Fields(Fields),
    /// `@every 90s`: seconds from one run to the next.
    Every(u64),
}

/// Sets of minutes, hours, days and months, a bit each; bit 63 says that the field was given as `*` or `?`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fields {
    /// 0 to 59.
    pub minutes: u64,
    /// 0 to 23.
    pub hours: u64,
    /// 1 to 31.
    pub days: u64,
    /// 1 to 12.
    pub months: u64,
    /// 0 (Sunday) to 6.
    pub weekdays: u64,
}

const STAR: u64 = 1 << 63;

/// In seconds.
const MINUTE: i64 = 60;
const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;

/// The first instant of a local day, in seconds since 1970.
fn midnight(day: i64, zone: &TimeZone) -> i64 {
    let guess = day * DAY - zone.offset(day * DAY);
    let at = day * DAY - zone.offset(guess);
    // Where clocks are put forward at midnight, the day begins an hour late.
    if (at + zone.offset(at)).div_euclid(DAY) < day { at + HOUR } else { at }
}

struct Bounds {
    min: u64,
    max: u64,
    names: &'static [&'static str],
}

const MINUTES: Bounds = Bounds { min: 0, max: 59, names: &[] };
const HOURS: Bounds = Bounds { min: 0, max: 23, names: &[] };
const DAYS: Bounds = Bounds { min: 1, max: 31, names: &[] };
const MONTHS: Bounds = Bounds {
    min: 1,
    max: 12,
    names: &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
};
const WEEKDAYS: Bounds = Bounds { min: 0, max: 6, names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"] };

impl Schedule {
    /// When it runs next after `after`, in seconds since 1970; none when it does not within five years, as on the 31st
    /// of February (`robfig/cron/spec.go Next`).
    ///
    /// Where clocks are put forward, a run in the hour that is left out does not take place; where they are put back,
    /// one in the hour that comes twice takes place twice.
    pub fn next(&self, after: i64, zone: &TimeZone) -> Option<i64> {
        let fields = match self {
            Schedule::Fields(fields) => fields,
            Schedule::Every(seconds) => return Some(after + *seconds as i64),
        };
        let mut at =
            (after + 1).div_euclid(MINUTE) * MINUTE + if (after + 1) % MINUTE == 0 { 0 } else { MINUTE };
        let mut last_year = None;
        loop {
            let local = at + zone.offset(at);
            let days = local.div_euclid(DAY);
            let (year, month, day) = civil_from_days(days);
            if year > *last_year.get_or_insert(year + 5) {
                return None;
            }
            let (hour, minute) = (local.rem_euclid(DAY) / HOUR, local.rem_euclid(HOUR) / MINUTE);
            if fields.months & 1 << month == 0 {
                let (year, month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
                at = midnight(days_from_civil(year, month, 1), zone);
            } else if !fields.day_fits(day, (days + 4).rem_euclid(7) as u32) {
                at = midnight(days + 1, zone);
            } else if fields.hours & 1 << hour == 0 {
                at += HOUR - local.rem_euclid(HOUR);
            } else if fields.minutes & 1 << minute == 0 {
                at += MINUTE;
            } else {
                return Some(at);
            }
        }
    }

    /// Reads a schedule; a time zone before it (`TZ=UTC 0 0 * * *`) is passed over. The error is the library's.
    pub fn parse(text: &str) -> Result<Schedule, String> {
        let mut spec = text;
        if text.starts_with("TZ=") || text.starts_with("CRON_TZ=") {
            // Without anything behind it the library panics, and the API server says so.
            let (_, rest) = text
                .split_once(' ')
                .ok_or_else(|| "panic: runtime error: slice bounds out of range".to_string())?;
            spec = rest.trim();
        }
        if spec.is_empty() {
            return Err("empty spec string".to_string());
        }
        if let Some(descriptor) = spec.strip_prefix('@') {
            return parse_descriptor(spec, descriptor);
        }
        let fields: Vec<&str> = spec.split_whitespace().collect();
        let [minute, hour, day, month, weekday] = fields.as_slice() else {
            let list = fields.join(" ");
            return Err(format!("expected exactly 5 fields, found {}: [{list}]", fields.len()));
        };
        Ok(Schedule::Fields(Fields {
            minutes: field(minute, &MINUTES)?,
            hours: field(hour, &HOURS)?,
            days: field(day, &DAYS)?,
            months: field(month, &MONTHS)?,
            weekdays: field(weekday, &WEEKDAYS)?,
        }))
    }
}

fn parse_descriptor(spec: &str, descriptor: &str) -> Result<Schedule, String> {
    let once = |text: &str| Schedule::parse(text);
    match descriptor {
        "yearly" | "annually" => once("0 0 1 1 *"),
        "monthly" => once("0 0 1 * *"),
        "weekly" => once("0 0 * * 0"),
        "daily" | "midnight" => once("0 0 * * *"),
        "hourly" => once("0 * * * *"),
        _ => match spec.strip_prefix("@every ") {
            Some(text) => match crate::duration::parse(text) {
                // Shorter than a second is a second; fractions are cut off.
                Ok(nanos) => Ok(Schedule::Every((nanos / 1_000_000_000).max(1) as u64)),
                Err(error) => Err(format!("failed to parse duration {spec}: {error}")),
            },
            None => Err(format!("unrecognized descriptor: {spec}")),
        },
    }
}

/// A comma-separated list of ranges.
fn field(text: &str, bounds: &Bounds) -> Result<u64, String> {
    text.split(',').filter(|part| !part.is_empty()).try_fold(0, |bits, part| Ok(bits | range(part, bounds)?))
}

/// `*`, `n`, `n-m`, each with an optional `/step`.
fn range(text: &str, bounds: &Bounds) -> Result<u64, String> {
    let parts: Vec<&str> = text.split('/').collect();
    let limits: Vec<&str> = parts[0].split('-').collect();
    let (start, mut end, mut extra);
    if limits[0] == "*" || limits[0] == "?" {
        (start, end, extra) = (bounds.min, bounds.max, STAR);
    } else {
        start = number_or_name(limits[0], bounds)?;
        extra = 0;
        end = match limits.as_slice() {
            [_] => start,
            [_, end] => number_or_name(end, bounds)?,
            _ => return Err(format!("too many hyphens: {text}")),
        };
    }
    let step = match parts.as_slice() {
        [_] => 1,
        [_, step] => {
            let step = number(step)?;
            if limits.len() == 1 && extra == 0 {
                end = bounds.max;
            }
            if step > 1 {
                extra = 0;
            }
            step
        }
        _ => return Err(format!("too many slashes: {text}")),
    };
    if start < bounds.min {
        return Err(format!("beginning of range ({start}) below minimum ({}): {text}", bounds.min));
    }
    if end > bounds.max {
        return Err(format!("end of range ({end}) above maximum ({}): {text}", bounds.max));
    }
    if start > end {
        return Err(format!("beginning of range ({start}) beyond end of range ({end}): {text}"));
    }
    if step == 0 {
        return Err(format!("step of range should be a positive number: {text}"));
    }
    let step = usize::try_from(step).unwrap_or(usize::MAX);
    Ok((start..=end).step_by(step).fold(extra, |bits, n| bits | 1 << n))
}

fn number_or_name(text: &str, bounds: &Bounds) -> Result<u64, String> {
    match bounds.names.iter().position(|name| name.eq_ignore_ascii_case(text)) {
        Some(at) => Ok(bounds.min + at as u64),
        None => number(text),
    }
}

fn number(text: &str) -> Result<u64, String> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(format!(
            "failed to parse int from {text}: strconv.Atoi: parsing {text:?}: invalid syntax"
        ));
    }
    match text.parse::<i64>() {
        Err(_) => Err(format!(
            "failed to parse int from {text}: strconv.Atoi: parsing {text:?}: value out of range"
        )),
        Ok(n) if n < 0 => Err(format!("negative number ({n}) not allowed: {text}")),
        Ok(n) => Ok(n as u64),
    }
}

impl Fields {
    /// Whether a day fits: by the month's day and the weekday both when one of them is free, else by either.
    pub fn day_fits(&self, day: u32, weekday: u32) -> bool {
        let by_day = self.days & 1 << day != 0;
        let by_weekday = self.weekdays & 1 << weekday != 0;
        if (self.days | self.weekdays) & STAR != 0 { by_day && by_weekday } else { by_day || by_weekday }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Time;

    fn runs(schedule: &str, zone: &str, after: &str, count: usize) -> Vec<String> {
        let schedule = Schedule::parse(schedule).expect("a schedule");
        let zone = TimeZone::find(zone).expect("a zone");
        let mut at = Time::parse(after).expect("a time").0;
        let mut runs = Vec::new();
        while runs.len() < count
            && let Some(next) = schedule.next(at, &zone)
        {
            runs.push(Time(next).to_string());
            at = next;
        }
        runs
    }

    #[test]
    fn fields_name_minutes() {
        let after = "2026-01-01T00:00:00Z";
        assert_eq!(runs("* * * * *", "", after, 2), ["2026-01-01T00:01:00Z", "2026-01-01T00:02:00Z"]);
        assert_eq!(runs("*/20 3 * * *", "", after, 2), ["2026-01-01T03:00:00Z", "2026-01-01T03:20:00Z"]);
        assert_eq!(runs("0 9 * * 1-5", "", "2026-01-02T10:00:00Z", 1), ["2026-01-05T09:00:00Z"]);
        assert_eq!(runs("@every 90s", "", after, 2), ["2026-01-01T00:01:30Z", "2026-01-01T00:03:00Z"]);
    }

    #[test]
    fn a_day_of_the_month_and_a_weekday_are_alternatives() {
        assert_eq!(
            runs("0 0 13 * 5", "", "2026-02-07T00:00:00Z", 3),
            ["2026-02-13T00:00:00Z", "2026-02-20T00:00:00Z", "2026-02-27T00:00:00Z"]
        );
    }

    #[test]
    fn a_day_that_never_comes_is_not_waited_for() {
        assert_eq!(runs("0 0 31 2 *", "", "2026-01-01T00:00:00Z", 1), [""; 0]);
        assert_eq!(runs("0 0 29 2 *", "", "2026-01-01T00:00:00Z", 1), ["2028-02-29T00:00:00Z"]);
    }

    #[test]
    fn hours_are_those_of_the_zone() {
        let new_year = "2026-01-01T00:00:00Z";
        assert_eq!(runs("0 3 * * *", "Asia/Kolkata", new_year, 1), ["2026-01-01T21:30:00Z"]);
        assert_eq!(runs("0 3 * * *", "Europe/Berlin", new_year, 1), ["2026-01-01T02:00:00Z"]);
    }

    #[test]
    fn an_hour_that_is_left_out_has_no_run_and_one_that_comes_twice_has_two() {
        assert_eq!(
            runs("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", 1),
            ["2026-03-30T00:30:00Z"],
            "half past two is not on the 29th"
        );
        assert_eq!(
            runs("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", 2),
            ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"]
        );
    }
}
