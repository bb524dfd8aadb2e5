//! Looking closer: the part of the timeline that fills the width.

use crate::axis::{Axis, Piece, Scale};
use lifepod_api::SimTime;
use serde::{Deserialize, Serialize};

/// The part of the axis that is shown, in parts of the whole: 0 is its begin, 1 its end.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct View {
    from: f64,
    to: f64,
}

/// The smallest part of the axis that can fill the width.
const SMALLEST: f64 = 1e-5;

impl Default for View {
    fn default() -> Self {
        View::ALL
    }
}

impl View {
    /// Everything.
    pub const ALL: View = View { from: 0.0, to: 1.0 };

    /// The view in which everything is larger by `factor`, and what is at `at` stays where it is.
    pub fn zoomed(self, factor: f64, at: f64) -> Self {
        let width = self.to - self.from;
        let scale = (width / factor).clamp(SMALLEST, 1.0) / width;
        View { from: at - (at - self.from) * scale, to: at + (self.to - at) * scale }.within()
    }

    /// The view moved by a part of its own width.
    pub fn panned(self, by: f64) -> Self {
        let by = by * (self.to - self.from);
        View { from: self.from + by, to: self.to + by }.within()
    }

    /// The view moved as little as it takes to show `at`.
    pub fn showing(self, at: f64) -> Self {
        let by = (at - self.to).max(0.0) - (self.from - at).max(0.0);
        View { from: self.from + by, to: self.to + by }.within()
    }

    /// The view with as much again of the axis on both sides, as far as there is any.
    pub(crate) fn widened(self) -> Self {
        let width = self.width();
        View { from: (self.from - width).max(0.0), to: (self.to + width).min(1.0) }
    }

    /// Whether all of `other` is in the view.
    pub(crate) fn contains(self, other: View) -> bool {
        self.from <= other.from && other.to <= self.to
    }

    /// How much of the axis is in the view.
    pub(crate) fn width(self) -> f64 {
        self.to - self.from
    }

    /// Pushed back between 0 and 1, its width kept where that is possible.
    fn within(self) -> Self {
        let width = (self.to - self.from).min(1.0);
        let from = self.from.clamp(0.0, 1.0 - width);
        View { from, to: from + width }
    }

    /// The place of an instant, in parts of the whole axis.
    pub fn place(axis: &Axis, at: SimTime) -> f64 {
        Scale::new(axis, 1.0).px_from_time(at)
    }

    /// The place that is `part` of the way from the left end of the view to the right.
    pub fn at(self, part: f64) -> f64 {
        self.from + part * (self.to - self.from)
    }

    /// What of the axis is in the view.
    pub fn crop(self, axis: &Axis) -> Axis {
        if self == View::ALL {
            return axis.clone();
        }
        let scale = Scale::new(axis, 1.0);
        let from = scale.time_from_px(self.from);
        // Never nothing.
        let to = scale.time_from_px(self.to).max(from + SimTime(1));
        let pieces = axis.pieces.iter().filter(|piece| piece.to > from && piece.from < to).map(|piece| {
            let (begin, end) = (piece.from.max(from), piece.to.min(to));
            let part = end.since(begin).as_secs_f64() / piece.length().as_secs_f64();
            Piece { from: begin, to: end, weight: piece.weight * part, ..*piece }
        });
        Axis { pieces: pieces.collect() }
    }

    /// The view that shows what lies between two instants, with a little room around it.
    pub fn between(axis: &Axis, from: SimTime, to: SimTime) -> Self {
        let (from, to) = (View::place(axis, from.min(to)), View::place(axis, from.max(to)));
        let room = ((to - from) * 0.08).max(SMALLEST);
        View { from: from - room, to: to + room }.within()
    }

    /// The view as two numbers, for links.
    pub fn ends(self) -> (f64, f64) {
        (self.from, self.to)
    }

    /// The view of two numbers from a link; everything, if they make no sense.
    pub fn of_ends(from: f64, to: f64) -> Self {
        if from >= 0.0 && to <= 1.0 && to - from >= SMALLEST { View { from, to } } else { View::ALL }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_under_the_pointer_stays_there() {
        let closer = View::ALL.zoomed(4.0, 0.6);
        assert_eq!((closer.from, closer.to), (0.6 - 0.6 / 4.0, 0.6 + 0.4 / 4.0));
        assert!((closer.at(0.6) - 0.6).abs() < 1e-9);
        assert_eq!(closer.zoomed(0.1, 0.6), View::ALL, "no further out than everything");
    }

    #[test]
    fn a_view_stays_on_the_axis() {
        let half = View { from: 0.25, to: 0.75 };
        assert_eq!(half.panned(5.0), View { from: 0.5, to: 1.0 });
        assert_eq!(half.showing(0.9), View { from: 0.4, to: 0.9 });
        assert_eq!(half.showing(0.3), half);
    }

    #[test]
    fn a_crop_holds_what_is_in_view() {
        let axis = Axis::even(SimTime::from_secs(100));
        let view = View { from: 0.2, to: 0.4 };
        let cropped = view.crop(&axis);
        assert_eq!(cropped.pieces.len(), 1);
        assert_eq!(
            (cropped.pieces[0].from, cropped.pieces[0].to),
            (SimTime::from_secs(20), SimTime::from_secs(40))
        );
    }
}
