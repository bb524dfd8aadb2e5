//! Which lanes are shown, and where: a tree whose branches open and close, a filter, and pins.

use crate::model::{About, Form, Lane, Timeline};
use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// What a person chose to see.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Shown {
    /// The lanes that were opened or closed by hand, by key.
    pub toggled: BTreeSet<String>,
    /// The lanes that stand at the top, by key.
    pub pins: BTreeSet<String>,
    /// Words that every shown lane has to do with.
    pub filter: String,
}

impl Shown {
    /// Opens a lane, or closes it.
    pub fn toggle(&mut self, key: &str) {
        flip(&mut self.toggled, key);
    }

    /// Pins a lane, or lets it go.
    pub fn pin(&mut self, key: &str) {
        flip(&mut self.pins, key);
    }
}

fn flip(set: &mut BTreeSet<String>, key: &str) {
    if !set.remove(key) {
        set.insert(key.into());
    }
}

/// A lane in its place, in pixels from the top of the first.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// Its index in the timeline.
    pub lane: usize,
    /// Its upper end.
    pub y: f64,
    /// How it looks: a closed crowd takes more room than its lane alone.
    pub form: Form,
    /// Whether lanes below it are shown; none when it has none.
    pub open: Option<bool>,
    /// Whether it was pinned to the top.
    pub pinned: bool,
}

/// The shown lanes, from top to bottom.
pub fn rows(timeline: &Timeline, shown: &Shown) -> Vec<Place> {
    let lanes = &timeline.lanes;
    let wanted = filtered(lanes, &shown.filter);
    let mut order: Vec<(usize, bool)> = Vec::with_capacity(lanes.len());
    let mut rest = Vec::with_capacity(lanes.len());
    let mut i = 0;
    while i < lanes.len() {
        // A pinned lane goes up with everything below it.
        if shown.pins.contains(lanes[i].key.as_str()) {
            let end = branch_end(lanes, i);
            order.extend((i..end).map(|j| (j, true)));
            i = end;
        } else {
            rest.push((i, false));
            i += 1;
        }
    }
    order.extend(rest);

    let mut rows = Vec::new();
    let mut y = 0.0;
    // Lanes deeper than this belong to a closed one.
    let mut hidden_below = u8::MAX;
    for (i, pinned) in order {
        let lane = &lanes[i];
        if lane.depth > hidden_below || !wanted[i] {
            continue;
        }
        hidden_below = u8::MAX;
        let parent = lanes.get(i + 1).is_some_and(|next| next.depth > lane.depth);
        let open = parent.then(|| is_open(lane, shown));
        if open == Some(false) {
            hidden_below = lane.depth;
        }
        let crowd = open == Some(false) && !lane.crowd.is_empty();
        let form = if crowd { Form::Main } else { lane.form };
        rows.push(Place { lane: i, y, form, open, pinned });
        y += form.height();
    }
    rows
}

/// The height of all rows together, in pixels.
pub fn height(rows: &[Place]) -> f64 {
    rows.last().map_or(0.0, |row| row.y + row.form.height())
}

/// What a lane is about: its own object, or that of the nearest one above.
pub fn about(lanes: &[Lane], i: usize) -> Option<&About> {
    about_at(lanes, i).map(|at| &lanes[at].about)
}

/// The lane that says what this one is about: itself, or the nearest one above.
pub(crate) fn about_at(lanes: &[Lane], i: usize) -> Option<usize> {
    let mut depth = u8::MAX;
    for (at, lane) in lanes[..=i].iter().enumerate().rev() {
        if lane.depth < depth {
            depth = lane.depth;
            if !lane.about.kind.is_empty() {
                return Some(at);
            }
            if depth == 0 {
                break;
            }
        }
    }
    None
}

/// The end of the branch that begins at `i`.
pub fn branch_end(lanes: &[Lane], i: usize) -> usize {
    let below = lanes[i + 1..].iter().take_while(|lane| lane.depth > lanes[i].depth);
    i + 1 + below.count()
}

fn is_open(lane: &Lane, shown: &Shown) -> bool {
    // What is searched for is not hidden by what is closed at first, opened by hand before or not.
    let searched = lane.closed && !shown.filter.is_empty();
    searched || lane.closed == shown.toggled.contains(lane.key.as_str())
}

/// For each lane, whether the filter lets it through: itself, something below it, or something that it is below.
fn filtered(lanes: &[Lane], filter: &str) -> Vec<bool> {
    let words: Vec<String> = filter.split_whitespace().map(str::to_lowercase).collect();
    if words.is_empty() {
        return vec![true; lanes.len()];
    }
    let has = |text: &str, word: &str| text.to_lowercase().contains(word);
    let matches = |lane: &Lane| {
        words.iter().all(|word| {
            has(&lane.label, word)
                || has(&lane.about.name, word)
                || lane.spans.iter().any(|span| has(&span.text, word))
        })
    };
    let mut wanted = vec![false; lanes.len()];
    // The lanes that the present one is below.
    let mut above: Vec<usize> = Vec::new();
    // Everything up to here is below a match.
    let mut matched_to = 0;
    for (i, lane) in lanes.iter().enumerate() {
        while above.last().is_some_and(|j| lanes[*j].depth >= lane.depth) {
            above.pop();
        }
        if i >= matched_to && matches(lane) {
            matched_to = branch_end(lanes, i);
            above.iter().for_each(|j| wanted[*j] = true);
        }
        wanted[i] = i < matched_to;
        above.push(i);
    }
    wanted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Crowd;

    fn timeline(lanes: &[(&str, u8, bool)]) -> Timeline {
        let lane = |&(key, depth, closed): &(&str, u8, bool)| Lane {
            key: key.into(),
            label: key.into(),
            depth,
            closed,
            form: Form::Part,
            about: About { kind: if depth == 0 { key.into() } else { String::new() }, ..About::default() },
            spans: Vec::new(),
            instants: Vec::new(),
            crowd: Vec::new(),
        };
        Timeline { lanes: lanes.iter().map(lane).collect(), ..Timeline::default() }
    }

    fn names<'a>(timeline: &'a Timeline, shown: &Shown) -> Vec<&'a str> {
        rows(timeline, shown).iter().map(|row| timeline.lanes[row.lane].key.as_str()).collect()
    }

    #[test]
    fn closed_lanes_hide_what_is_below_until_they_are_opened() {
        let timeline =
            timeline(&[("web", 0, true), ("app", 1, false), ("probe", 2, false), ("node", 0, false)]);
        let mut shown = Shown::default();
        assert_eq!(names(&timeline, &shown), ["web", "node"]);
        shown.toggle("web");
        assert_eq!(names(&timeline, &shown), ["web", "app", "probe", "node"]);
        shown.toggle("app");
        assert_eq!(names(&timeline, &shown), ["web", "app", "node"]);
    }

    #[test]
    fn a_filter_keeps_what_is_above_and_below_a_match() {
        let timeline = timeline(&[
            ("web", 0, true),
            ("app", 1, false),
            ("probe", 2, false),
            ("log", 1, false),
            ("db", 0, false),
        ]);
        let shown = Shown { filter: "APP".into(), ..Shown::default() };
        assert_eq!(names(&timeline, &shown), ["web", "app", "probe"]);
    }

    #[test]
    fn what_was_opened_by_hand_stays_open_while_something_is_searched_for() {
        let timeline = timeline(&[("web", 0, true), ("app", 1, false)]);
        let mut shown = Shown { filter: "app".into(), ..Shown::default() };
        assert_eq!(names(&timeline, &shown), ["web", "app"]);
        shown.toggle("web");
        assert_eq!(names(&timeline, &shown), ["web", "app"]);
    }

    #[test]
    fn a_closed_crowd_takes_the_room_of_a_main_lane() {
        let mut timeline = timeline(&[("web", 0, true), ("pod", 1, false)]);
        timeline.lanes[0].crowd.push(Crowd::default());
        assert_eq!(rows(&timeline, &Shown::default())[0].form, Form::Main);
        assert_eq!(height(&rows(&timeline, &Shown::default())), Form::Main.height());
    }

    #[test]
    fn a_pinned_lane_goes_up_with_its_branch() {
        let timeline = timeline(&[("a", 0, false), ("b", 0, false), ("b1", 1, false), ("c", 0, false)]);
        let mut shown = Shown::default();
        shown.pin("b");
        assert_eq!(names(&timeline, &shown), ["b", "b1", "a", "c"]);
        assert_eq!(about(&timeline.lanes, 2).map(|about| about.kind.as_str()), Some("b"));
    }
}
