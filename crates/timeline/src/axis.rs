//! The time axis, on which quiet times can be folded away.
//!
//! Three spaces: **time** (simulated), **weight** (time after folding, the unit of [`Piece::weight`]), and **px**.
//!
//! ```text
//! time   0        2s                      62s   64s              600s
//!        |━━━━━━━━|· · · · · · · · · · · · |━━━━━|· · · · · · · · ·|
//! px     |━━━━━━━━━━━━━━|≈ 1 min|━━━━━━━━━━━━━━|≈ 9 min|
//! ```

use crate::model::Timeline;
use alloc::vec;
use alloc::vec::Vec;
use lifepod_api::SimTime;
use serde::{Deserialize, Serialize};

/// A piece of the axis on which time runs evenly.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Piece {
    /// Its begin.
    pub from: SimTime,
    /// Its end.
    pub to: SimTime,
    /// Its part of the width, relative to the other pieces' weights.
    pub weight: f64,
    /// Does it fold a quiet time away?
    pub folded: bool,
}

impl Piece {
    /// How much time it holds.
    pub fn length(&self) -> SimTime {
        self.to.since(self.from)
    }
}

/// The axis: pieces without a gap from zero to the horizon.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Axis {
    /// The pieces, in order; there is at least one.
    pub pieces: Vec<Piece>,
}

/// No more than so many folds.
const MAX_FOLDS: usize = 24;
/// A gap is long when it takes more than one part in so many of the open time.
const MAX_SHARE: u64 = 6;
/// The shortest time that is ever called quiet.
const MIN_QUIET: SimTime = SimTime::from_secs(4);
/// Below this a run fits without folds.
const MIN_HORIZON: SimTime = SimTime::from_secs(10);
/// Gaps below one part in so many of the horizon stay open where they only make room for shorter ones.
const FINEST: u64 = 128;
/// More rounds of a loop than this are folded, even where nothing else asks for room.
const MAX_ROUNDS: usize = 60;

impl Axis {
    /// Time runs evenly from zero to the horizon.
    pub fn even(horizon: SimTime) -> Self {
        let to = horizon.max(SimTime(1));
        Self { pieces: vec![Piece { from: SimTime::ZERO, to, weight: to.as_secs_f64(), folded: false }] }
    }

    /// Times in which nothing new happens are folded. A fold is wider the longer it is, though far from in
    /// proportion: by a constant step for each doubling.
    pub fn folded(timeline: &Timeline) -> Self {
        Self::folded_until(timeline, timeline.horizon)
    }

    /// The same for a timeline that is known only so far: nothing new is known to happen from there to `horizon`.
    pub fn folded_until(timeline: &Timeline, horizon: SimTime) -> Self {
        Self::folding(timeline.landmarks(), horizon)
    }

    /// One axis for two runs: what is quiet in both is folded.
    pub fn folded_together(this: &Timeline, other: &Timeline) -> Self {
        let mut times = this.landmarks();
        times.extend(other.landmarks());
        times.sort_unstable();
        times.dedup();
        Self::folding(times, this.horizon.max(other.horizon))
    }

    /// `times` are the instants at which something new happens, in order.
    fn folding(mut times: Vec<SimTime>, horizon: SimTime) -> Self {
        times.insert(0, SimTime::ZERO);
        times.push(horizon);
        let busy = times.len() > 2 && horizon >= MIN_HORIZON;
        let folds = if busy { quiet_times(&times, horizon) } else { Vec::new() };
        let Some(shortest) = folds.iter().map(|(from, to)| to.since(*from)).min() else {
            return Self::even(horizon);
        };

        // A little of a quiet time stays open on both sides, so that marks do not touch the fold.
        let hidden: u64 = folds.iter().map(|(from, to)| to.since(*from).0).sum();
        let open = horizon.0.saturating_sub(hidden);
        let margin = SimTime((shortest.0 / 12).min(open / 12 + 50_000));
        let mut pieces = Vec::new();
        let mut open_from = SimTime::ZERO;
        for (begin, end) in folds {
            let from = if begin == SimTime::ZERO { begin } else { begin + margin };
            let to = if end == horizon { horizon } else { end - margin };
            push_even(&mut pieces, open_from, from);
            let weight = 1.0 + 0.3 * doublings(to.since(from), shortest);
            pieces.push(Piece { from, to, weight, folded: true });
            open_from = to;
        }
        push_even(&mut pieces, open_from, horizon);

        // The folds together take a third of the width, more when they are many.
        let open: f64 = pieces.iter().filter(|p| !p.folded).map(|p| p.weight).sum();
        let folds: f64 = pieces.iter().filter(|p| p.folded).map(|p| p.weight).sum();
        let share = (0.25 + 0.04 * pieces.iter().filter(|p| p.folded).count() as f64).min(0.55);
        let unit = if open > 0.0 { open * share / (1.0 - share) / folds } else { 1.0 };
        for p in pieces.iter_mut().filter(|p| p.folded) {
            p.weight *= unit;
        }
        Self { pieces }
    }

    /// The end of the axis.
    pub fn horizon(&self) -> SimTime {
        self.pieces.last().map_or(SimTime::ZERO, |p| p.to)
    }
}

/// Which times to fold: their begins and ends, in order. `times` are the instants at which something new happens.
///
/// The longest gaps are folded first: one that takes more than its share of the time that stays open, with those of
/// like length; or all within a factor of two, where together they take much of it and there is something shorter to
/// make room for. Where they are too many to fold one by one, they are rounds of a loop: the first and the last are
/// shown, and those between are one fold.
fn quiet_times(times: &[SimTime], horizon: SimTime) -> Vec<(SimTime, SimTime)> {
    let gap = |i: &usize| times[i + 1].since(times[*i]);
    let finest = |open: SimTime| MIN_QUIET.max(SimTime(open.0 / FINEST));
    let mut shortest = finest(horizon);
    let mut left: Vec<usize> = (0..times.len() - 1).filter(|i| gap(i) >= MIN_QUIET).collect();
    let by_length = |a: &usize, b: &usize| gap(b).cmp(&gap(a)).then(a.cmp(b));
    left.sort_by(by_length);
    let mut longer: Vec<usize> = Vec::new();
    let mut open = horizon;
    let mut folds: Vec<(SimTime, SimTime)> = Vec::new();
    while let Some(longest) = left.first().map(gap) {
        let down_to = |length: SimTime| left.iter().take_while(|i| gap(i) >= length).count();
        let total = |count: usize| left[..count].iter().map(|i| gap(i).0).sum::<u64>();
        let octave = down_to(SimTime(longest.0 / 2));
        let makes_room = left.len() > octave && longest > shortest;
        // So many of a kind are the rounds of a loop, however short each is beside all of it.
        let is_loop = |rest: &[usize]| {
            let rounds = rest.iter().take_while(|i| gap(i).0 >= gap(&rest[0]).0 / 2).map(|i| gap(i).0);
            let (count, sum) = rounds.fold((0, 0), |(count, sum), length| (count + 1, sum + length));
            count > MAX_ROUNDS && sum > open.0 / 2
        };
        let like = if longest.0 > open.0 / MAX_SHARE {
            down_to(longest - SimTime(longest.0 / 5))
        } else if is_loop(&left) || (makes_room && total(octave) > open.0 / 3) {
            octave
        } else if is_loop(&left[octave..]) {
            // The rounds first, among which there are few longer gaps.
            longer.extend(left.drain(..octave));
            continue;
        } else {
            break;
        };
        if folds.len() + like <= MAX_FOLDS {
            open = open.since(SimTime(total(like)));
            folds.extend(left.drain(..like).map(|i| (times[i], times[i + 1])));
            continue;
        }
        let mut rounds: Vec<usize> = left.drain(..like).collect();
        rounds.sort_unstable();
        // A loop that is all there is has nothing to make room for.
        let [_, second, .., last] = rounds[..] else { break };
        if left.is_empty() && rounds.len() <= MAX_ROUNDS {
            break;
        }
        let (from, to) = (times[second + 1], times[last]);
        let inside = |begin: SimTime| from <= begin && begin < to;
        let in_rounds: u64 = rounds.iter().filter(|i| inside(times[**i])).map(|i| gap(i).0).sum();
        // Scattered over something longer, they are no loop that the first rounds tell all about.
        if in_rounds < to.since(from).0 / 2 {
            break;
        }
        folds.retain(|(begin, _)| !inside(*begin));
        folds.push((from, to));
        // The first rounds and the last are looked at again: they may still be mostly quiet.
        left.extend(rounds.into_iter().chain(longer.drain(..)));
        left.retain(|i| !inside(times[*i]));
        left.sort_by(by_length);
        open = open.since(to.since(from));
        // What is left is a run by itself.
        shortest = finest(open);
    }
    folds.sort_unstable();
    folds
}

fn push_even(pieces: &mut Vec<Piece>, from: SimTime, to: SimTime) {
    if to > from {
        pieces.push(Piece { from, to, weight: to.since(from).as_secs_f64(), folded: false });
    }
}

/// How often `unit` doubles on the way to `length`, with a linear part between the powers.
fn doublings(length: SimTime, unit: SimTime) -> f64 {
    let mut ratio = length.as_secs_f64() / unit.as_secs_f64().max(1e-6);
    let mut n = 0.0;
    while ratio >= 2.0 {
        ratio /= 2.0;
        n += 1.0;
    }
    n + (ratio - 1.0).max(0.0)
}

/// An axis stretched over a width in pixels.
#[derive(Clone, Debug, PartialEq)]
pub struct Scale<'a> {
    axis: &'a Axis,
    px_per_weight: f64,
}

/// A labelled time on the axis.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tick {
    /// The time.
    pub at: SimTime,
    /// Its place.
    pub x: f64,
}

impl<'a> Scale<'a> {
    /// Stretches `axis` over `width` pixels.
    pub fn new(axis: &'a Axis, width: f64) -> Self {
        let total: f64 = axis.pieces.iter().map(|p| p.weight).sum();
        Self { axis, px_per_weight: if total > 0.0 { width / total } else { 0.0 } }
    }

    /// The width in pixels.
    pub(crate) fn width(&self) -> f64 {
        self.axis.pieces.iter().map(|p| p.weight).sum::<f64>() * self.px_per_weight
    }

    /// The begin of the axis.
    pub(crate) fn from(&self) -> SimTime {
        self.axis.pieces.first().map_or(SimTime::ZERO, |p| p.from)
    }

    /// The end of the axis.
    pub(crate) fn to(&self) -> SimTime {
        self.axis.horizon()
    }

    /// The pieces with their left and right ends.
    pub fn pieces(&self) -> impl Iterator<Item = (&'a Piece, f64, f64)> {
        let mut left = 0.0;
        let scale = self.px_per_weight;
        self.axis.pieces.iter().map(move |p| {
            let from = left;
            left += p.weight * scale;
            (p, from, left)
        })
    }

    /// The place of a time; times outside the axis are at its ends.
    pub fn px_from_time(&self, at: SimTime) -> f64 {
        let mut end = 0.0;
        for (p, left, right) in self.pieces() {
            if at < p.to {
                let part = at.since(p.from).as_secs_f64() / p.length().as_secs_f64();
                return left + (right - left) * part;
            }
            end = right;
        }
        end
    }

    /// The time of a place; places outside the axis are at its ends.
    pub fn time_from_px(&self, x: f64) -> SimTime {
        for (p, left, right) in self.pieces() {
            if x < right {
                let part = ((x - left) / (right - left)).max(0.0);
                return p.from + SimTime::from_secs_f64(p.length().as_secs_f64() * part);
            }
        }
        self.axis.horizon()
    }

    /// Round times, at least `apart` pixels from each other; none within a fold.
    pub fn ticks(&self, apart: f64) -> Vec<Tick> {
        let open: f64 = self.pieces().filter(|(p, ..)| !p.folded).map(|(_, l, r)| r - l).sum();
        let time: f64 = self.axis.pieces.iter().filter(|p| !p.folded).map(|p| p.length().as_secs_f64()).sum();
        if open <= 0.0 || time <= 0.0 {
            return Vec::new();
        }
        let step = round_step(time / open * apart);
        let mut ticks: Vec<Tick> = Vec::new();
        for (p, left, right) in self.pieces().filter(|(p, ..)| !p.folded) {
            let place = |at: SimTime| {
                left + (right - left) * at.since(p.from).as_secs_f64() / p.length().as_secs_f64()
            };
            let first = p.from.0.div_ceil(step.0) * step.0;
            let mut at = SimTime(first);
            let mut any = false;
            while at <= p.to {
                let x = place(at);
                if ticks.last().is_none_or(|t| x - t.x >= apart) {
                    ticks.push(Tick { at, x });
                    any = true;
                }
                at += step;
            }
            // A piece between folds that holds no round time is named by its first whole second or tenth.
            if !any {
                let round = |unit: u64| SimTime(p.from.0.div_ceil(unit) * unit);
                let at =
                    [SECOND, SECOND / 10].map(round).into_iter().find(|at| *at <= p.to).unwrap_or(p.from);
                let x = place(at);
                if ticks.last().is_none_or(|t| x - t.x >= apart) {
                    ticks.push(Tick { at, x });
                }
            }
        }
        ticks
    }
}

const SECOND: u64 = 1_000_000;

/// The smallest round step of at least `seconds`.
fn round_step(seconds: f64) -> SimTime {
    const STEPS: [u64; 23] = [
        1_000,
        2_000,
        5_000,
        10_000,
        20_000,
        50_000,
        100_000,
        200_000,
        500_000,
        SECOND,
        2 * SECOND,
        5 * SECOND,
        10 * SECOND,
        15 * SECOND,
        30 * SECOND,
        60 * SECOND,
        120 * SECOND,
        300 * SECOND,
        600 * SECOND,
        1800 * SECOND,
        3600 * SECOND,
        6 * 3600 * SECOND,
        24 * 3600 * SECOND,
    ];
    let day = SimTime(STEPS[STEPS.len() - 1]);
    let wanted = SimTime::from_secs_f64(seconds);
    let found = STEPS.iter().copied().map(SimTime).find(|s| *s >= wanted);
    found.unwrap_or_else(|| SimTime(wanted.0.div_ceil(day.0).saturating_mul(day.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_begin_of_a_loop_that_goes_on_for_a_day_is_no_sliver() {
        let mut seconds: Vec<u64> = Vec::from([1, 2, 12, 13, 33, 34, 74, 75, 155, 156, 316, 317]);
        while let Some(next) = seconds.last().map(|last| last + 301).filter(|next| *next < 86_000) {
            seconds.extend([next, next + 1]);
        }
        for horizon in [6 * 3_600, 86_400] {
            let horizon = SimTime::from_secs(horizon);
            let times = seconds.iter().map(|s| SimTime::from_secs(*s)).filter(|at| *at < horizon).collect();
            let axis = Axis::folding(times, horizon);
            let minute = Scale::new(&axis, 1_000.0).px_from_time(SimTime::from_secs(60));
            assert!(minute > 100.0, "{minute} of 1000 px, {} pieces", axis.pieces.len());
        }
    }
}
