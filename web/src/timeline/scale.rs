//! Where an instant is on the page, and which instant a place is.

use crate::protocol::Piece;
use lifepod_api::SimTime;

/// A time axis of a certain width in pixels, straight on each of its pieces.
#[derive(Clone, Debug, PartialEq)]
pub struct TimeScale {
    pieces: Vec<Placed>,
    width: f64,
}

/// A piece of the axis with its place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Placed {
    /// Where it begins.
    pub from: SimTime,
    /// Where it ends.
    pub to: SimTime,
    /// Its left edge in pixels.
    pub left: f64,
    /// Its right edge in pixels.
    pub right: f64,
    /// Whether it folds away a quiet time.
    pub folded: bool,
}

impl Placed {
    /// Pixels for each second.
    pub fn px_per_second(&self) -> f64 {
        (self.right - self.left) / self.to.since(self.from).as_secs_f64().max(1e-6)
    }
}

impl TimeScale {
    /// Lays out the pieces from 0 to `width`.
    pub fn new(axis: &[Piece], width: f64) -> Self {
        let sum: f64 = axis.iter().map(|piece| f64::from(piece.weight)).sum();
        let mut left = 0.0;
        let pieces = axis.iter().map(|piece| {
            let right = left + f64::from(piece.weight) / sum.max(f64::MIN_POSITIVE) * width;
            let placed = Placed { from: piece.from, to: piece.to, left, right, folded: piece.folded };
            left = right;
            placed
        });
        TimeScale { pieces: pieces.collect(), width }
    }

    /// The pieces from left to right.
    pub fn pieces(&self) -> &[Placed] {
        &self.pieces
    }

    /// The whole width in pixels.
    pub fn width(&self) -> f64 {
        self.width
    }

    /// The pixel of an instant; those past the end are at the end.
    pub fn px_from_time(&self, at: SimTime) -> f64 {
        let index = self.pieces.partition_point(|piece| piece.to < at);
        self.pieces.get(index).map_or(self.width, |piece| {
            let length = piece.to.since(piece.from).0.max(1) as f64;
            piece.left + at.since(piece.from).0 as f64 / length * (piece.right - piece.left)
        })
    }

    /// The instant at a pixel; pixels outside are taken to the nearest end.
    pub fn time_from_px(&self, px: f64) -> SimTime {
        let index = self.pieces.partition_point(|piece| piece.right < px);
        let Some(piece) = self.pieces.get(index) else {
            return self.pieces.last().map_or(SimTime::ZERO, |piece| piece.to);
        };
        let part = ((px - piece.left) / (piece.right - piece.left).max(1e-9)).clamp(0.0, 1.0);
        piece.from + SimTime((part * piece.to.since(piece.from).0 as f64) as u64)
    }

    /// The instants to write on the axis, at least `apart` pixels from each other: round times, and the end of
    /// each fold, where the reader must find the time again.
    pub fn ticks(&self, apart: f64) -> Vec<SimTime> {
        let mut ticks: Vec<SimTime> = Vec::new();
        for piece in &self.pieces {
            let last_px = ticks.last().map_or(f64::NEG_INFINITY, |last| self.px_from_time(*last));
            let step = round_step(apart / piece.px_per_second());
            let begin = if piece.folded { piece.to.0 } else { piece.from.0.next_multiple_of(step) };
            let mut at = begin;
            while at <= piece.to.0 && at - begin <= 1_000 * step {
                let px = self.px_from_time(SimTime(at));
                if px - last_px >= apart
                    && ticks.last().is_none_or(|last| px - self.px_from_time(*last) >= apart * 0.9)
                {
                    ticks.push(SimTime(at));
                }
                at += step;
            }
        }
        ticks
    }
}

/// The smallest step that people count in and that is no shorter than `seconds`; in microseconds.
fn round_step(seconds: f64) -> u64 {
    const STEPS: [f64; 21] = [
        0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0,
        300.0, 600.0, 1_800.0, 3_600.0,
    ];
    let step = STEPS.into_iter().find(|step| *step >= seconds);
    let step = step.unwrap_or_else(|| (seconds / 3_600.0).ceil() * 3_600.0);
    ((step * 1e6) as u64).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scale() -> TimeScale {
        let piece = |from, to, weight, folded| Piece {
            from: SimTime::from_secs(from),
            to: SimTime::from_secs(to),
            weight,
            folded,
        };
        // Ten lively seconds on 400 px, ninety quiet ones on 100 px, ten lively ones on 400 px.
        TimeScale::new(
            &[piece(0, 10, 4.0, false), piece(10, 100, 1.0, true), piece(100, 110, 4.0, false)],
            900.0,
        )
    }

    #[test]
    fn places_and_instants_lead_to_each_other() {
        assert_eq!(scale().px_from_time(SimTime::from_secs(5)), 200.0);
        assert_eq!(scale().px_from_time(SimTime::from_secs(55)), 450.0);
        assert_eq!(scale().px_from_time(SimTime::MAX), 900.0);
        for px in [0.0, 123.0, 450.0, 899.0] {
            assert!((scale().px_from_time(scale().time_from_px(px)) - px).abs() < 1e-3);
        }
        assert_eq!(scale().time_from_px(-5.0), SimTime::ZERO);
        assert_eq!(scale().time_from_px(5_000.0), SimTime::from_secs(110));
    }

    #[test]
    fn ticks_are_round_and_apart() {
        let seconds: Vec<u64> = scale().ticks(60.0).iter().map(|at| at.as_secs()).collect();
        assert_eq!(seconds, [0, 2, 4, 6, 8, 10, 100, 102, 104, 106, 108, 110]);
    }

    #[test]
    fn an_empty_axis_is_no_trouble() {
        let empty = TimeScale::new(&[], 900.0);
        assert_eq!(empty.time_from_px(10.0), SimTime::ZERO);
        assert!(empty.ticks(60.0).is_empty());
    }
}
