//! A run's lanes on the worker's side: made once, handed over as far as they are seen.

use lifepod_api::SimTime;
use lifepod_timeline::{
    About, Axis, Frame, Ghost, Lane, Lang, LayoutOptions, Place, Scene, Shown, Stop, Timeline, about,
    gutter_for, label_room, layout, rows, scene, svg,
};
use std::cell::RefCell;
use std::rc::Rc;

/// How wide pictures are, in pixels.
pub const PICTURE: f64 = 1_200.0;
/// How high a picture may get: no browser paints a larger one.
const PICTURE_HEIGHT: f64 = 12_000.0;
/// How many stops are known on either side of the cursor, …
const NEAR: usize = 60;
/// … and how many turning points.
const TURNS: usize = 12;

/// The lanes of a run, and what was found out about them.
pub struct Stage {
    pub timeline: Timeline,
    /// The axis with its quiet times folded.
    folded: Axis,
    /// The rows of what was last chosen to be seen.
    places: RefCell<(Shown, Rc<[Place]>)>,
    /// What it has to do with the run that it was last compared with, by that run's place in memory.
    across: RefCell<Option<(*const Timeline, Rc<Across>)>>,
}

/// A run beside another one.
struct Across {
    ghost: Ghost,
    /// One axis for both.
    folded: Axis,
}

impl Stage {
    /// Takes the lanes of a run.
    pub fn new(timeline: Timeline) -> Self {
        Self::on(Axis::folded(&timeline), timeline)
    }

    /// Takes the lanes of a run that is shown on an axis with these quiet times folded.
    pub fn on(folded: Axis, timeline: Timeline) -> Self {
        let shown = Shown::default();
        let places = rows(&timeline, &shown).into();
        Stage { folded, places: RefCell::new((shown, places)), across: RefCell::default(), timeline }
    }

    /// The axis with its quiet times folded.
    pub fn axis(&self) -> &Axis {
        &self.folded
    }

    /// What is seen of the run in a frame, compared with another run if there is one, and the whole axis that it is
    /// on: its own, or one for both runs.
    pub fn scene(&self, frame: &Frame, other: Option<&Stage>, both: bool) -> (Scene, Axis) {
        let across = other.map(|other| self.across(&other.timeline));
        let folded = across.as_ref().filter(|_| both).map_or(&self.folded, |across| &across.folded);
        let axis = frame.axis(folded);
        let other = across.as_ref().zip(other).map(|(across, other)| (&across.ghost, &other.timeline));
        (scene(&self.timeline, &self.places(&frame.shown), &axis, frame, other), axis)
    }

    fn places(&self, shown: &Shown) -> Rc<[Place]> {
        let mut kept = self.places.borrow_mut();
        if kept.0 != *shown {
            *kept = (shown.clone(), rows(&self.timeline, shown).into());
        }
        kept.1.clone()
    }

    fn across(&self, other: &Timeline) -> Rc<Across> {
        let mut kept = self.across.borrow_mut();
        match &*kept {
            Some((of, across)) if std::ptr::eq(*of, other) => across.clone(),
            _ => {
                let ghost = Ghost::of(&self.timeline, other);
                let across = Rc::new(Across { ghost, folded: Axis::folded_together(&self.timeline, other) });
                *kept = Some((other, across.clone()));
                across
            }
        }
    }

    /// The pod that the lane of this key is about, else the first.
    pub fn pod_of(&self, lane: Option<&str>) -> Option<&About> {
        let lanes = &self.timeline.lanes;
        let of_pod = |about: &&About| about.kind == "Pod";
        let chosen = lane.and_then(|key| about(lanes, lanes.iter().position(|lane| lane.key == key)?));
        chosen.filter(of_pod).or_else(|| lanes.iter().map(|lane| &lane.about).find(of_pod))
    }

    /// The lanes of a frame as SVG that stands alone, from the first on, and its height in pixels.
    pub fn picture(&self, frame: &Frame, lang: Lang) -> (String, f64) {
        let gutter = gutter_for(label_room(&self.timeline), PICTURE);
        let options = LayoutOptions { width: PICTURE, gutter, lang };
        let frame = Frame { top: 0.0, height: PICTURE_HEIGHT, width: PICTURE - gutter, ..frame.clone() };
        let (scene, axis) = self.scene(&frame, None, false);
        let lanes: Vec<Lane> = scene.rows.into_iter().map(|row| row.lane).collect();
        let seen = Timeline { horizon: self.timeline.horizon, lanes, traffic: Vec::new() };
        let layout = layout(&seen, &frame.view.crop(&axis), &options);
        (svg(&layout), layout.height)
    }
}

/// The stops around an instant, as far as keys get before the page hears of more.
pub fn near(stops: &[Stop], at: SimTime) -> Vec<Stop> {
    let here = stops.partition_point(|stop| stop.at < at);
    let (from, to) = (here.saturating_sub(NEAR), (here + NEAR).min(stops.len()));
    let mut before: Vec<Stop> =
        stops[..from].iter().rev().filter(|stop| stop.landmark).take(TURNS).copied().collect();
    before.reverse();
    let after = stops[to..].iter().filter(|stop| stop.landmark).take(TURNS);
    before.iter().chain(&stops[from..to]).chain(after).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::{NEAR, TURNS, near};
    use lifepod_api::SimTime;
    use lifepod_engine::EntryId;
    use lifepod_timeline::Stop;

    #[test]
    fn keys_reach_the_next_stops_and_the_next_turning_points() {
        let stop = |i: u32| Stop {
            at: SimTime::from_secs(i.into()),
            entry: EntryId(i),
            landmark: i.is_multiple_of(100),
        };
        let stops: Vec<Stop> = (0..10_000).map(stop).collect();
        let near = near(&stops, SimTime::from_secs(5_000));
        assert_eq!(near.len(), 2 * NEAR + 2 * TURNS);
        assert!(near.is_sorted_by_key(|stop| stop.at));
        assert_eq!(near.last().map(|stop| stop.at), Some(SimTime::from_secs(6_200)));
    }
}
