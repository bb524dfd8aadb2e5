//! Which lanes are shown, and where: a tree whose branches open and close, a filter, and pins.

use crate::state::Shown;
use lifepod_timeline::{About, Lane, Timeline};

/// A lane in its place, in pixels from the top of the first.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row {
    /// Its index in the timeline.
    pub lane: usize,
    /// Its upper end.
    pub y: f64,
    /// Whether lanes below it are shown; none when it has none.
    pub open: Option<bool>,
    /// Whether it was pinned to the top.
    pub pinned: bool,
}

/// The rows, from top to bottom.
pub fn rows(timeline: &Timeline, shown: &Shown) -> Vec<Row> {
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
        rows.push(Row { lane: i, y, open, pinned });
        y += lane.form.height();
    }
    rows
}

/// The height of all rows together.
pub fn height(rows: &[Row], timeline: &Timeline) -> f64 {
    rows.last().map_or(0.0, |row| row.y + timeline.lanes[row.lane].form.height())
}

/// What a lane is about: its own object, or that of the nearest one above.
pub fn about(lanes: &[Lane], i: usize) -> Option<&About> {
    let mut depth = u8::MAX;
    for lane in lanes[..=i].iter().rev() {
        if lane.depth < depth {
            depth = lane.depth;
            if !lane.about.kind.is_empty() {
                return Some(&lane.about);
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
    // What is searched for is not hidden again.
    let closed = lane.closed && shown.filter.is_empty();
    closed == shown.toggled.contains(lane.key.as_str())
}

/// For each lane, whether the filter lets it through: itself, something below it, or something that it is below.
fn filtered(lanes: &[Lane], filter: &str) -> Vec<bool> {
    let words: Vec<String> = filter.split_whitespace().map(str::to_lowercase).collect();
    if words.is_empty() {
        return vec![true; lanes.len()];
    }
    let has = |text: &str, word: &str| text.to_lowercase().contains(word);
    let mut wanted: Vec<bool> = lanes
        .iter()
        .map(|lane| {
            words.iter().all(|word| {
                has(&lane.label, word)
                    || has(&lane.about.name, word)
                    || lane.spans.iter().any(|span| has(&span.text, word))
            })
        })
        .collect();
    for i in 0..lanes.len() {
        if wanted[i] {
            let end = branch_end(lanes, i);
            wanted[i..end].fill(true);
            let mut depth = lanes[i].depth;
            for j in (0..i).rev() {
                if lanes[j].depth < depth {
                    depth = lanes[j].depth;
                    wanted[j] = true;
                }
                if depth == 0 {
                    break;
                }
            }
        }
    }
    wanted
}

#[cfg(test)]
mod tests {
    use super::*;
    use lifepod_timeline::Form;

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
    fn a_pinned_lane_goes_up_with_its_branch() {
        let timeline = timeline(&[("a", 0, false), ("b", 0, false), ("b1", 1, false), ("c", 0, false)]);
        let mut shown = Shown::default();
        shown.pin("b");
        assert_eq!(names(&timeline, &shown), ["b", "b1", "a", "c"]);
        assert_eq!(about(&timeline.lanes, 2).map(|about| about.kind.as_str()), Some("b"));
    }
}
