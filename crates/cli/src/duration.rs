//! Times on the command line: `90s`, `10m`, `1h30m`, `1.5s`; a plain number is seconds.

use lifepod_api::SimTime;

/// Longer runs than this are surely a slip.
const LONGEST: SimTime = SimTime::from_secs(10 * 365 * 24 * 3_600);

/// Reads a time that is not negative, and not above ten years.
///
/// # Errors
/// What is wrong with it, for the person who typed it.
pub fn parse(text: &str) -> Result<SimTime, String> {
    let wrong = || format!("`{text}` is not a time such as 90s, 10m or 1h30m");
    let time = match text.parse::<u64>() {
        Ok(seconds) => SimTime::from_secs(seconds),
        Err(_) => {
            let nanos = lifepod_api::duration::parse(text).map_err(|_| wrong())?;
            SimTime(u64::try_from(nanos / 1_000).map_err(|_| wrong())?)
        }
    };
    if time > LONGEST { Err(format!("`{text}` is longer than ten years")) } else { Ok(time) }
}

#[cfg(test)]
mod tests {
    use super::parse;
    use lifepod_api::SimTime;

    #[test]
    fn times_are_read_as_people_write_them() {
        assert_eq!(parse("90"), Ok(SimTime::from_secs(90)));
        assert_eq!(parse("1h30m"), Ok(SimTime::from_secs(5_400)));
        assert_eq!(parse("1.5s"), Ok(SimTime::from_millis(1_500)));
        assert!(parse("-1s").is_err());
        assert!(parse("18446744073709551615").is_err());
        assert!(parse("soon").is_err());
    }
}
