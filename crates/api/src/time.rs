//! Two clocks: [`SimTime`], which the simulation runs on, and [`Time`], which API objects carry.

use core::fmt;
use core::ops::{Add, AddAssign, Sub};
use serde::{Deserialize, Serialize};

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
