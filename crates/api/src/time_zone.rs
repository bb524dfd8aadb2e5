//! Time zones by the names of the IANA database, as far as they go on from today.
//!
//! `time_zones.txt` has a line for each rule, with the names of the zones that follow it: the distance from UTC in
//! minutes; where clocks are changed, also the distance in summer, and when summer begins and ends. It was made from
//! the last line of each compiled file of tzdata 2026f (in the public domain). What a zone did in former years is not
//! in it: a scenario does not lie in the past.

use crate::time::{civil_from_days, days_from_civil};

const ZONES: &str = include_str!("time_zones.txt");

/// A zone's rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimeZone {
    /// Seconds east of UTC, outside summer.
    standard: i64,
    summer: Option<Summer>,
}

/// Daylight saving time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Summer {
    /// Seconds east of UTC.
    offset: i64,
    begin: YearDay,
    end: YearDay,
}

/// An instant of each year: so many seconds after the begin of, say, the last Sunday in March, by the clocks before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct YearDay {
    month: u32,
    /// 1 to 4, or 5 for the last.
    week: i64,
    /// 0 (Sunday) to 6.
    weekday: i64,
    seconds: i64,
}

impl TimeZone {
    /// The zone of that name, such as `Europe/Berlin`; an empty name or `UTC` is UTC.
    pub fn find(name: &str) -> Option<TimeZone> {
        if name.is_empty() {
            return Some(TimeZone::default());
        }
        let rules = ZONES.lines().filter_map(|line| line.split_once(' '));
        let (rule, _) = rules.into_iter().find(|(_, names)| names.split(' ').any(|n| n == name))?;
        let mut parts = rule.split(',');
        let mut minutes = || Some(parts.next()?.parse::<i64>().ok()? * 60);
        let standard = minutes()?;
        let summer = minutes().and_then(|offset| {
            Some(Summer {
                offset,
                begin: YearDay::parse(parts.next()?)?,
                end: YearDay::parse(parts.next()?)?,
            })
        });
        Some(TimeZone { standard, summer })
    }

    /// Seconds east of UTC at an instant in seconds since 1970.
    pub fn offset(&self, at: i64) -> i64 {
        let Some(summer) = self.summer else { return self.standard };
        let (year, _, _) = civil_from_days((at + self.standard).div_euclid(86_400));
        let begin = summer.begin.of(year) - self.standard;
        let end = summer.end.of(year) - summer.offset;
        // South of the equator it lasts over the turn of the year.
        let is_summer = if begin < end { begin <= at && at < end } else { at < end || begin <= at };
        if is_summer { summer.offset } else { self.standard }
    }
}

impl YearDay {
    /// `3.5.0/120`: the month, the week, the weekday, and minutes.
    fn parse(text: &str) -> Option<YearDay> {
        let (day, minutes) = text.split_once('/')?;
        let mut parts = day.split('.').map(|part| part.parse::<i64>().ok());
        Some(YearDay {
            month: u32::try_from(parts.next()??).ok()?,
            week: parts.next()??,
            weekday: parts.next()??,
            seconds: minutes.parse::<i64>().ok()? * 60,
        })
    }

    /// When it is in that year, by the clocks, in seconds since 1970.
    fn of(&self, year: i64) -> i64 {
        let first = days_from_civil(year, self.month, 1);
        // 1970 began with a Thursday.
        let mut day = first + (self.weekday - (first + 4)).rem_euclid(7) + (self.week - 1) * 7;
        if civil_from_days(day).1 != self.month {
            day -= 7;
        }
        day * 86_400 + self.seconds
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Time;

    fn hours(zone: &str, at: &str) -> f64 {
        let at = Time::parse(at).expect("a time").0;
        TimeZone::find(zone).expect("a zone").offset(at) as f64 / 3600.0
    }

    #[test]
    fn clocks_are_changed_in_spring_and_autumn() {
        assert_eq!(hours("Europe/Berlin", "2026-03-29T00:59:59Z"), 1.0);
        assert_eq!(hours("Europe/Berlin", "2026-03-29T01:00:00Z"), 2.0);
        assert_eq!(hours("Europe/Berlin", "2026-10-25T00:59:59Z"), 2.0);
        assert_eq!(hours("Europe/Berlin", "2026-10-25T01:00:00Z"), 1.0);
        assert_eq!(hours("America/New_York", "2026-03-08T06:59:59Z"), -5.0);
        assert_eq!(hours("America/New_York", "2026-03-08T07:00:00Z"), -4.0);
    }

    #[test]
    fn southern_summers_last_over_the_new_year() {
        assert_eq!(hours("Australia/Sydney", "2026-01-01T00:00:00Z"), 11.0);
        assert_eq!(hours("Australia/Sydney", "2026-07-01T00:00:00Z"), 10.0);
    }

    #[test]
    fn many_zones_keep_one_time_and_some_names_are_no_zones() {
        assert_eq!(hours("Asia/Kolkata", "2026-07-01T00:00:00Z"), 5.5);
        assert_eq!(hours("Etc/UTC", "2026-07-01T00:00:00Z"), 0.0);
        assert_eq!(hours("", "2026-07-01T00:00:00Z"), 0.0);
        assert_eq!(TimeZone::find("Europe/Atlantis"), None);
        assert_eq!(TimeZone::find("60"), None);
    }
}
