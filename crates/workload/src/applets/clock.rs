//! `sleep` and `date`.

use super::{Cx, State};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use lifepod_api::SimTime;

/// A duration as sleep and timeout take it: a number, perhaps with a fraction, and a unit.
pub(crate) fn duration(text: &str) -> Option<SimTime> {
    let (number, unit) = match text.char_indices().last()? {
        (i, 's') => (&text[..i], 1.0),
        (i, 'm') => (&text[..i], 60.0),
        (i, 'h') => (&text[..i], 3600.0),
        (i, 'd') => (&text[..i], 86_400.0),
        _ => (text, 1.0),
    };
    if number.eq_ignore_ascii_case("inf") || number.eq_ignore_ascii_case("infinity") {
        return Some(SimTime::MAX);
    }
    if !number.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    number.parse::<f64>().ok().map(|n| SimTime::from_secs_f64(n * unit))
}

pub(crate) fn sleep(cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    let args = if args.first().is_some_and(|a| a == "--") { &args[1..] } else { args };
    if args.is_empty() {
        return cx.usage();
    }
    let mut total = SimTime::ZERO;
    // `sleep infinity` has no end in sight that a u64 of microseconds could not reach.
    for arg in args {
        match duration(if arg == "infinity" { "inf" } else { arg }) {
            Some(d) if cx.name == "usleep" => total += SimTime(d.as_secs()),
            Some(d) => total += d,
            None => {
                let message = match (cx.gnu, arg.strip_prefix('-')) {
                    (true, Some(rest)) => {
                        format!("invalid option -- '{}'", rest.chars().next().unwrap_or(' '))
                    }
                    (true, None) => format!("invalid time interval '{arg}'"),
                    (false, _) => format!("invalid number '{arg}'"),
                };
                cx.complain(&message);
                return State::End(1);
            }
        }
    }
    if total == SimTime::MAX {
        return State::Sleep(SimTime::MAX);
    }
    State::Sleep(cx.sys.now() + total)
}

const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A calendar instant, UTC.
pub(crate) struct Civil {
    pub year: i64,
    pub month: u32,
    pub day: u32,
    pub hour: u32,
    pub minute: u32,
    pub second: u32,
    pub nanos: u32,
    weekday: usize,
    day_of_year: u32,
    epoch: i64,
}

/// The calendar form of microseconds since 1970.
pub(crate) fn civil(micros: i64) -> Civil {
    let epoch = micros.div_euclid(1_000_000);
    let days = epoch.div_euclid(86_400);
    let seconds = epoch.rem_euclid(86_400) as u32;
    // Days to date: Howard Hinnant's algorithm over 400-year eras that begin in March.
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = (doy - (153 * mp + 2) / 5 + 1) as u32;
    let month = if mp < 10 { mp + 3 } else { mp - 9 } as u32;
    let year = yoe + era * 400 + i64::from(month <= 2);
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    const BEFORE: [u32; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    Civil {
        year,
        month,
        day,
        hour: seconds / 3600,
        minute: seconds / 60 % 60,
        second: seconds % 60,
        nanos: micros.rem_euclid(1_000_000) as u32 * 1000,
        weekday: (days + 4).rem_euclid(7) as usize,
        day_of_year: BEFORE[month as usize - 1] + day + u32::from(leap && month > 2),
        epoch,
    }
}

/// `strftime` in the C locale, UTC.
pub(crate) fn format_time(format: &str, t: &Civil) -> String {
    let mut out = String::new();
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        let mut pad = true;
        let mut width = None;
        let mut kind = chars.next();
        loop {
            match kind {
                Some('-') => pad = false,
                Some('_' | 'E' | 'O' | '^') => {}
                Some(c) if c.is_ascii_digit() && width.is_none() => width = c.to_digit(10),
                _ => break,
            }
            kind = chars.next();
        }
        let two = |n: u32| if pad { format!("{n:02}") } else { n.to_string() };
        let hour12 = if t.hour.is_multiple_of(12) { 12 } else { t.hour % 12 };
        let month = MONTHS[t.month as usize - 1];
        let day = DAYS[t.weekday];
        let piece = match kind {
            Some('Y') => t.year.to_string(),
            Some('y') => two(t.year.rem_euclid(100) as u32),
            Some('C') => two((t.year / 100) as u32),
            Some('m') => two(t.month),
            Some('d') => two(t.day),
            Some('e') => format!("{:2}", t.day),
            Some('H') => two(t.hour),
            Some('I') => two(hour12),
            Some('k') => format!("{:2}", t.hour),
            Some('l') => format!("{hour12:2}"),
            Some('M') => two(t.minute),
            Some('S') => two(t.second),
            Some('N') => {
                let all = format!("{:09}", t.nanos);
                all[..(width.unwrap_or(9) as usize).clamp(1, 9)].to_string()
            }
            Some('s') => t.epoch.to_string(),
            Some('j') => format!("{:03}", t.day_of_year),
            Some('a') => day[..3].to_string(),
            Some('A') => day.to_string(),
            Some('b' | 'h') => month[..3].to_string(),
            Some('B') => month.to_string(),
            Some('u') => (if t.weekday == 0 { 7 } else { t.weekday }).to_string(),
            Some('w') => t.weekday.to_string(),
            Some('p') => (if t.hour < 12 { "AM" } else { "PM" }).to_string(),
            Some('P') => (if t.hour < 12 { "am" } else { "pm" }).to_string(),
            Some('Z') => "UTC".to_string(),
            Some('z') => "+0000".to_string(),
            Some('F') => format_time("%Y-%m-%d", t),
            Some('T') => format_time("%H:%M:%S", t),
            Some('R') => format_time("%H:%M", t),
            Some('D' | 'x') => format_time("%m/%d/%y", t),
            Some('X') => format_time("%H:%M:%S", t),
            Some('r') => format_time("%I:%M:%S %p", t),
            Some('c') => format_time("%a %b %e %H:%M:%S %Y", t),
            Some('n') => "\n".to_string(),
            Some('t') => "\t".to_string(),
            Some('%') => "%".to_string(),
            Some(other) => format!("%{other}"),
            None => "%".to_string(),
        };
        out.push_str(&piece);
    }
    out
}

/// Seconds since 1970 of a date as `date -d` takes it: `@n`, `YYYY-MM-DD`, with a time, or nothing else.
pub(crate) fn parse_date(text: &str) -> Option<i64> {
    if let Some(epoch) = text.strip_prefix('@') {
        return epoch.parse::<f64>().ok().map(|s| (s * 1e6) as i64);
    }
    let (date, time) = text.split_once([' ', 'T']).unwrap_or((text, "00:00:00"));
    let parts: Vec<i64> = date.split('-').map(|p| p.parse().ok()).collect::<Option<_>>()?;
    let [y, m, d] = parts[..] else { return None };
    let clock: Vec<i64> =
        time.trim_end_matches('Z').split(':').map(|p| p.parse().ok()).collect::<Option<_>>()?;
    let (h, min) = (clock.first().copied()?, clock.get(1).copied().unwrap_or(0));
    let s = clock.get(2).copied().unwrap_or(0);
    if !(1..=12).contains(&m) || !(1..=31).contains(&d) || !(-9999..=9999).contains(&y) {
        return None;
    }
    let (y2, m2) = if m <= 2 { (y - 1, m + 9) } else { (y, m - 3) };
    let era = y2.div_euclid(400);
    let yoe = y2.rem_euclid(400);
    let doe = yoe * 365 + yoe / 4 - yoe / 100 + (153 * m2 + 2) / 5 + d - 1;
    let days = era * 146_097 + doe - 719_468;
    Some((days * 86_400 + h * 3600 + min * 60 + s) * 1_000_000)
}

pub(crate) fn date(cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    let mut wall = cx.sys.kernel.wall();
    let mut format = "%a %b %e %H:%M:%S %Z %Y".to_string();
    if cx.gnu {
        format = "%a %b %e %I:%M:%S %p %Z %Y".to_string();
        // The C locale, which containers have, prints the 24-hour form.
        format = format.replace("%I:%M:%S %p", "%H:%M:%S");
    }
    let mut words = args.iter();
    while let Some(word) = words.next() {
        if let Some(f) = word.strip_prefix('+') {
            format = f.to_string();
            continue;
        }
        match word.as_str() {
            "-u" | "--utc" => {}
            "-R" => format = "%a, %d %b %Y %H:%M:%S %z".to_string(),
            "-d" | "--date" | "-r" => {
                let text = words.next().map_or("", |s| s.as_str());
                let found = if word == "-r" {
                    cx.sys.stat(text, true).ok().map(|s| s.node.mtime)
                } else {
                    parse_date(text)
                };
                match found {
                    Some(micros) => wall = micros,
                    None => {
                        cx.complain(&format!("invalid date '{text}'"));
                        return State::End(1);
                    }
                }
            }
            flag if flag.starts_with("-I") || flag.starts_with("--iso-8601") => {
                format = if flag.ends_with("seconds") || flag == "-Is" {
                    "%Y-%m-%dT%H:%M:%S+00:00"
                } else {
                    "%Y-%m-%d"
                }
                .to_string();
            }
            other => {
                cx.complain(&format!("invalid date '{other}'"));
                return State::End(1);
            }
        }
    }
    let text = format_time(&format, &civil(wall));
    cx.line(&text);
    State::End(0)
}
