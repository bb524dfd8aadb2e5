//! What of a timeline is on a screen: rows × time × pixels.
//!
//! A run of ten thousand pods has a hundred thousand lanes, and a screen shows sixty. Whoever draws asks for a
//! [`Frame`] and gets a [`Scene`]: the lanes in it and, of lanes with more on them than can be told apart, what can.

use crate::axis::{Axis, Scale};
use crate::ghost::Ghost;
use crate::model::{About, Crowd, Instant, Lane, Span, SpanLook, Timeline};
use crate::rows::{Place, Shown, about_at, branch_end, height};
use crate::traffic::Traffic;
use crate::view::View;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::Cell;
use lifepod_api::SimTime;
use lifepod_engine::trace::RequestEnd;
use serde::{Deserialize, Serialize};

/// A lane with no more on it than this travels whole: it can then be moved and zoomed without asking again.
const WHOLE: usize = 160;
/// What ends within so many pixels of its like cannot be told from it.
const GRAIN: f64 = 0.5;
/// Requests are counted for so many pixels.
const COLUMN: f64 = 3.0;
/// How much finer a view may get before a thinned lane is asked for again.
const FINER: f64 = 1.3;

/// What is to be seen.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    /// Which lanes are open, pinned and searched for.
    pub shown: Shown,
    /// The upper end, in pixels from the top of the first lane, …
    pub top: f64,
    /// … and the height.
    pub height: f64,
    /// The part of the axis that fills the width.
    pub view: View,
    /// Are quiet times folded?
    pub folded: bool,
    /// The width of the axis in pixels.
    pub width: f64,
    /// The key of a lane whose place is asked for.
    pub lane: Option<String>,
}

/// What is seen.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Scene {
    /// The lanes from top to bottom.
    pub rows: Vec<SceneRow>,
    /// The height of all lanes together, those outside of the frame included.
    pub height: f64,
    /// Do the rows hold all of their time, and not only what is in view?
    pub whole: bool,
    /// The upper end of the lane that was asked for, if it is shown at all.
    pub lane_y: Option<f64>,
    /// When this run first differs from the other, if there is another and it does.
    pub since: Option<SimTime>,
}

/// A lane with its place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SceneRow {
    /// The lane as it is drawn: a closed pod says in one line what its STATUS lane would, a closed workload shows its
    /// crowd.
    pub lane: Lane,
    /// Its upper end.
    pub y: f64,
    /// Whether lanes below it are shown; none when it has none.
    pub open: Option<bool>,
    /// Whether it was pinned to the top.
    pub pinned: bool,
    /// What it is about, or the nearest one above it.
    pub about: About,
    /// The containers of the pod that it is about.
    pub containers: Vec<About>,
    /// What the other run has here since it differs, and since when.
    pub was: Option<(SimTime, Vec<Span>)>,
}

impl Frame {
    /// Does a scene of this frame, one that is `whole` or not, hold all that `needed` needs?
    pub fn covers(&self, whole: bool, all: f64, needed: &Frame) -> bool {
        let bottom = |frame: &Frame| (frame.top + frame.height).min(all);
        let same = self.shown == needed.shown && self.lane == needed.lane && self.folded == needed.folded;
        let rows = self.top.max(0.0) <= needed.top.max(0.0) && bottom(needed) <= bottom(self);
        let grain = |frame: &Frame| frame.view.width() / frame.width.max(1.0);
        let times = self.view.widened().contains(needed.view) && grain(self) <= grain(needed) * FINER;
        same && rows && (whole || times)
    }

    /// The axis of a run as this frame has it, before it is cropped to the view.
    pub fn axis(&self, folded: &Axis) -> Axis {
        if self.folded { folded.clone() } else { Axis::even(folded.horizon()) }
    }
}

/// The scene of a frame. `places` are the rows of `timeline` for [`Frame::shown`], `axis` is [`Frame::axis`].
pub fn scene(
    timeline: &Timeline,
    places: &[Place],
    axis: &Axis,
    frame: &Frame,
    other: Option<(&Ghost, &Timeline)>,
) -> Scene {
    let lanes = &timeline.lanes;
    let view = frame.view.widened();
    let cropped = view.crop(axis);
    let scale = Scale::new(&cropped, frame.width * view.width() / frame.view.width());
    let thin = Thin { scale, whole: Cell::new(true) };
    let seen = &places[places.partition_point(|row| row.y + row.form.height() < frame.top)..];
    let seen = seen.iter().take_while(|row| row.y <= frame.top + frame.height);
    let mut rows = Vec::new();
    for row in seen {
        let lane = &lanes[row.lane];
        let closed = row.open == Some(false);
        let next = lanes.get(row.lane + 1);
        let summary = next.filter(|next| closed && next.key.ends_with("/status"));
        let crowd = closed && !lane.crowd.is_empty();
        let at = about_at(lanes, row.lane);
        let about = at.map(|at| lanes[at].about.clone()).unwrap_or_default();
        let branch = at.map_or(&[][..], |at| &lanes[at + 1..branch_end(lanes, at)]);
        let is_pod = about.kind == "Pod" && about.container.is_empty();
        let containers = branch.iter().filter(|below| is_pod && !below.about.container.is_empty());
        rows.push(SceneRow {
            y: row.y,
            open: row.open,
            pinned: row.pinned,
            containers: containers.map(|below| below.about.clone()).collect(),
            was: other.and_then(|(ghost, other)| {
                let (lane, since) = ghost.lane(other, &lane.key)?;
                let begin = lane.spans.partition_point(|span| span.to <= since);
                Some((since, thin.spans(&lane.spans[begin..])))
            }),
            about,
            lane: Lane {
                key: lane.key.clone(),
                label: lane.label.clone(),
                depth: lane.depth,
                closed: lane.closed,
                form: row.form,
                about: lane.about.clone(),
                spans: if crowd { Vec::new() } else { thin.spans(&summary.unwrap_or(lane).spans) },
                instants: Vec::new(),
                crowd: Vec::new(),
            },
        });
        let drawn = &mut rows.last_mut().expect("it was just pushed").lane;
        if let Some(traffic) = timeline.traffic.iter().find(|traffic| traffic.key == lane.key) {
            drawn.spans.clear();
            drawn.crowd = thin.rates(traffic);
        }
        drawn.instants = thin.instants(&lane.instants);
        if crowd {
            drawn.crowd = thin.crowd(&lane.crowd);
        }
    }
    let wanted = |key: &String| places.iter().find(|row| lanes[row.lane].key == *key);
    Scene {
        rows,
        height: height(places),
        whole: thin.whole.get(),
        lane_y: frame.lane.as_ref().and_then(wanted).map(|row| row.y),
        since: other.and_then(|(ghost, _)| ghost.since),
    }
}

/// The colour of requests that ended so.
const fn look_of(end: RequestEnd) -> SpanLook {
    match end {
        RequestEnd::Served => SpanLook::Running,
        RequestEnd::Slow => SpanLook::Waiting,
        RequestEnd::Failed => SpanLook::Failed,
        RequestEnd::Refused => SpanLook::BackOff,
        RequestEnd::Reset => SpanLook::Ending,
        RequestEnd::TimedOut | RequestEnd::Unanswered => SpanLook::Off,
    }
}

/// Leaves out what is out of sight, and what cannot be told apart.
struct Thin<'a> {
    scale: Scale<'a>,
    /// Whether nothing had to be left out so far.
    whole: Cell<bool>,
}

impl Thin<'_> {
    fn spans(&self, spans: &[Span]) -> Vec<Span> {
        if spans.len() <= WHOLE {
            return spans.to_vec();
        }
        self.whole.set(false);
        let mut drawn_to = [f64::MIN; SpanLook::ALL.len()];
        let seen = &spans[spans.partition_point(|span| span.to < self.scale.from())..];
        let seen = seen.iter().take_while(|span| span.from <= self.scale.to());
        let mut told = |span: &&Span| {
            let (end, last) = (self.scale.px_from_time(span.to), &mut drawn_to[span.look as usize]);
            let is_new = end > *last + GRAIN;
            if is_new {
                *last = end;
            }
            is_new
        };
        seen.filter(|span| told(span)).cloned().collect()
    }

    fn instants(&self, instants: &[Instant]) -> Vec<Instant> {
        if instants.len() <= WHOLE {
            return instants.to_vec();
        }
        self.whole.set(false);
        let mut drawn: Vec<Instant> = Vec::new();
        let mut places: Vec<f64> = Vec::new();
        let seen = &instants[instants.partition_point(|instant| instant.at < self.scale.from())..];
        for instant in seen.iter().take_while(|instant| instant.at <= self.scale.to()) {
            let x = self.scale.px_from_time(instant.at);
            let near = drawn.iter().zip(&places).rev().take(4).any(|(before, at)| {
                before.look == instant.look && before.text == instant.text && x - at < GRAIN
            });
            if !near {
                drawn.push(instant.clone());
                places.push(x);
            }
        }
        drawn
    }

    /// Requests a second, by how they ended.
    fn rates(&self, traffic: &Traffic) -> Vec<Crowd> {
        self.whole.set(false);
        let columns = (self.scale.width() / COLUMN) as u32;
        let mut edges: Vec<SimTime> =
            (0..=columns).map(|i| self.scale.time_from_px(f64::from(i) * COLUMN)).collect();
        edges.push(self.scale.to());
        edges.dedup();
        let mut rates: Vec<Crowd> = Vec::new();
        for (ends, bucket) in edges.windows(2).zip(traffic.buckets(&edges)) {
            let seconds = ends[1].since(ends[0]).as_secs_f64();
            let mut of = [0; SpanLook::ALL.len()];
            for end in RequestEnd::ALL {
                let rate = f64::from(bucket.counts.of(end)) / seconds;
                // Less than one a second is some.
                of[look_of(end) as usize] += rate as u32 + u32::from(rate > f64::from(rate as u32));
            }
            if rates.last().is_none_or(|last| last.of != of) {
                rates.push(Crowd { at: ends[0], of });
            }
        }
        rates
    }

    /// Of the counts within a pixel the last: it is what goes on.
    fn crowd(&self, crowd: &[Crowd]) -> Vec<Crowd> {
        if crowd.len() <= WHOLE {
            return crowd.to_vec();
        }
        self.whole.set(false);
        let mut drawn: Vec<Crowd> = Vec::new();
        let mut column = f64::MIN;
        let begin = crowd.partition_point(|c| c.at < self.scale.from()).saturating_sub(1);
        for counted in crowd[begin..].iter().take_while(|c| c.at <= self.scale.to()) {
            let x = self.scale.px_from_time(counted.at);
            if x < column + GRAIN {
                drawn.pop();
            } else {
                column = x;
            }
            drawn.push(*counted);
        }
        drawn
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Form, InstantLook};
    use crate::rows::rows;
    use crate::traffic::Group;
    use alloc::{format, vec};
    use lifepod_engine::EntryId;

    /// So many lanes of Form::Part, each with an instant at every second of `seconds`.
    fn timeline(lanes: usize, seconds: u64) -> Timeline {
        let lane = |i: usize| {
            let mut lane = Lane::new(format!("lane-{i}"), format!("lane {i}"), 0, Form::Part);
            let instant = |s| Instant {
                at: SimTime::from_secs(s),
                look: InstantLook::Pass,
                text: String::new(),
                hint: String::new(),
                quiet: false,
                entry: EntryId(s as u32),
            };
            lane.instants = (0..seconds).map(instant).collect();
            lane
        };
        let lanes = (0..lanes).map(lane).collect();
        Timeline { horizon: SimTime::from_secs(seconds), lanes, ..Timeline::default() }
    }

    fn frame(top: f64, height: f64, view: View) -> Frame {
        Frame { top, height, view, width: 1_000.0, ..Frame::default() }
    }

    fn seen(timeline: &Timeline, frame: &Frame) -> Scene {
        let axis = Axis::even(timeline.horizon);
        scene(timeline, &rows(timeline, &frame.shown), &axis, frame, None)
    }

    #[test]
    fn only_the_lanes_in_the_frame_are_in_the_scene() {
        let timeline = timeline(10_000, 3);
        let scene = seen(&timeline, &frame(28_000.0, 600.0, View::ALL));
        assert!(scene.rows.len() < 30, "{}", scene.rows.len());
        assert_eq!(scene.rows[1].y, 28_000.0);
        assert_eq!(scene.height, 280_000.0);
        assert!(scene.whole);
    }

    #[test]
    fn a_full_lane_is_thinned_to_what_can_be_told_apart() {
        let timeline = timeline(1, 100_000);
        let all = seen(&timeline, &frame(0.0, 600.0, View::ALL));
        assert!(!all.whole);
        assert!(all.rows[0].lane.instants.len() <= 2_000, "two for each pixel");
        let close = seen(&timeline, &frame(0.0, 600.0, View::of_ends(0.5, 0.501)));
        let times: Vec<u64> = close.rows[0].lane.instants.iter().map(|i| i.at.as_secs()).collect();
        assert_eq!(
            times,
            (49_900..=50_200).collect::<Vec<_>>(),
            "each second, with as much again on both sides"
        );
    }

    #[test]
    fn a_scene_is_asked_for_again_only_when_it_no_longer_holds_what_is_seen() {
        let had = frame(100.0, 900.0, View::of_ends(0.4, 0.6));
        let covers = |needed: &Frame, whole| had.covers(whole, 10_000.0, needed);
        assert!(covers(&frame(200.0, 300.0, View::of_ends(0.3, 0.5)), false));
        assert!(!covers(&frame(0.0, 300.0, View::of_ends(0.4, 0.6)), true), "rows above are missing");
        assert!(!covers(&frame(200.0, 300.0, View::of_ends(0.0, 0.2)), false), "times are missing");
        assert!(covers(&frame(200.0, 300.0, View::of_ends(0.0, 0.2)), true));
        assert!(!covers(&frame(200.0, 300.0, View::of_ends(0.45, 0.5)), false), "too coarse");
        let shown = Shown { filter: "web".into(), ..Shown::default() };
        assert!(!covers(&Frame { shown, ..had.clone() }, true));
    }

    #[test]
    fn requests_are_counted_by_how_they_ended() {
        let second = SimTime::from_secs;
        let group = |from, to, end, count| Group {
            from: second(from),
            to: second(to),
            end,
            count,
            slowest: SimTime::ZERO,
            backend: None,
            entry: EntryId(0),
        };
        let mut timeline = timeline(1, 100);
        timeline.lanes[0].key = "client/shop".into();
        timeline.traffic.push(Traffic {
            key: "client/shop".into(),
            client: "shop".into(),
            namespace: "default".into(),
            service: "web".into(),
            backends: Vec::new(),
            groups: vec![
                group(0, 50, RequestEnd::Served, 500),
                group(50, 60, RequestEnd::Refused, 100),
                group(60, 100, RequestEnd::Served, 400),
            ],
        });
        let scene = seen(&timeline, &frame(0.0, 600.0, View::ALL));
        let rates = &scene.rows[0].lane.crowd;
        let of = |at: u64, end| {
            let i = rates.partition_point(|rate| rate.at <= second(at));
            rates[i - 1].of[look_of(end) as usize]
        };
        assert!(
            (9..=11).contains(&of(20, RequestEnd::Served)),
            "ten a second: {}",
            of(20, RequestEnd::Served)
        );
        assert!((9..=11).contains(&of(55, RequestEnd::Refused)));
        assert_eq!((of(55, RequestEnd::Served), of(80, RequestEnd::Refused)), (0, 0));
    }

    #[test]
    fn a_closed_pod_says_its_status() {
        let mut timeline = timeline(1, 1);
        timeline.lanes[0].closed = true;
        let mut status = Lane::new("lane-0/status", "STATUS", 1, Form::Part);
        let (from, to) = (SimTime::ZERO, SimTime::from_secs(1));
        let (text, hint) = (String::from("Pending"), String::new());
        status.spans = vec![Span { from, to, look: SpanLook::Waiting, text, hint, entry: EntryId(7) }];
        timeline.lanes.push(status);
        let scene = seen(&timeline, &frame(0.0, 600.0, View::ALL));
        assert_eq!(scene.rows.len(), 1);
        assert_eq!(scene.rows[0].lane.spans[0].text, "Pending");
    }
}
