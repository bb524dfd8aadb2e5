//! Times of the simulation as people read them.

use lifepod_api::SimTime;

/// `1:04.2`, or `1:02:04.2` from an hour on: minutes, seconds, tenths.
pub fn exact(at: SimTime) -> String {
    let tenths = at.0 / 100_000;
    format!("{}.{}", whole(SimTime::from_secs(tenths / 10)), tenths % 10)
}

/// `1:04`, or `1:02:04` from an hour on; the fraction is cut off.
pub fn whole(at: SimTime) -> String {
    let seconds = at.as_secs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

#[cfg(test)]
mod tests {
    use super::{exact, whole};
    use lifepod_api::SimTime;

    #[test]
    fn times_read_as_on_a_stopwatch() {
        assert_eq!(exact(SimTime::from_millis(64_250)), "1:04.2");
        assert_eq!(exact(SimTime::from_secs(3_725)), "1:02:05.0");
        assert_eq!(whole(SimTime::from_millis(599_999)), "9:59");
    }
}
