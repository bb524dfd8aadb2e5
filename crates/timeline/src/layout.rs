//! Everything in its place: rows, bars and marks in pixels, for whoever draws them.

use crate::axis::{Axis, Scale};
use crate::model::{Crowd, Form, InstantLook, Lane, SpanLook, Timeline};
use crate::traffic::CLIENT;
use crate::words::{Lang, clock};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use lifepod_api::SimTime;
use serde::Serialize;

/// What the drawing shall be like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LayoutOptions {
    /// The whole width in pixels.
    pub width: f64,
    /// The width of the labels at the left; [`gutter_for`] is as much as they need.
    pub gutter: f64,
    /// The language of what is written on folds.
    pub lang: Lang,
}

impl Default for LayoutOptions {
    fn default() -> Self {
        Self { width: 1200.0, gutter: 190.0, lang: Lang::En }
    }
}

/// A drawing in pixels; the origin is at the top left.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Layout {
    /// The whole width.
    pub width: f64,
    /// The whole height.
    pub height: f64,
    /// Where the lanes begin; the axis stands above.
    pub top: f64,
    /// The times on the axis.
    pub ticks: Vec<TickMark>,
    /// The folds.
    pub folds: Vec<FoldMark>,
    /// The lanes.
    pub rows: Vec<Row>,
}

/// A time on the axis.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TickMark {
    /// Its place.
    pub x: f64,
    /// `0:31`
    pub label: String,
}

/// A quiet time that is folded away.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FoldMark {
    /// Its left end.
    pub x: f64,
    /// How wide it is drawn.
    pub width: f64,
    /// How long it really is: `≈ 5 min`.
    pub label: String,
}

/// A lane in its place.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// The lane's key.
    pub key: String,
    /// Its upper end.
    pub y: f64,
    /// Its height.
    pub height: f64,
    /// Its name in full, …
    pub name: String,
    /// … as much of it as is written at its left, …
    pub label: String,
    /// … and where that begins.
    pub label_x: f64,
    /// How the lane looks.
    pub form: Form,
    /// Its bars.
    pub bars: Vec<Bar>,
    /// Its marks.
    pub marks: Vec<Mark>,
    /// Its crowd.
    pub areas: Vec<Area>,
}

/// The part of a crowd that is of one look.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Area {
    /// What its colour says.
    pub look: SpanLook,
    /// Its outline, as the `d` of an SVG path: steps.
    pub outline: String,
    /// Said when it is pointed at.
    pub hint: String,
}

/// A span in its place.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bar {
    /// Its left end.
    pub x: f64,
    /// Its width; never less than can be seen.
    pub width: f64,
    /// Its upper end.
    pub y: f64,
    /// Its height.
    pub height: f64,
    /// What its colour says.
    pub look: SpanLook,
    /// What is written on it: as much as fits, which may be nothing, …
    pub text: String,
    /// … and where that begins.
    pub text_x: f64,
    /// Said when it is pointed at.
    pub hint: String,
    /// The number of the trace's entry.
    pub entry: u32,
}

/// An instant in its place.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Mark {
    /// Its middle.
    pub x: f64,
    /// Its middle.
    pub y: f64,
    /// What its form and colour say.
    pub look: InstantLook,
    /// Written beside it; empty where there is no room.
    pub text: String,
    /// The look of the bar on which that is written, if it is on one.
    pub over: Option<SpanLook>,
    /// Said when it is pointed at.
    pub hint: String,
    /// The number of the trace's entry.
    pub entry: u32,
}

/// The height of the axis above the lanes.
const AXIS_HEIGHT: f64 = 40.0;
/// Room at the right and below, in pixels.
pub const MARGIN: f64 = 16.0;
/// The narrowest gutter that labels need, …
const MIN_GUTTER: f64 = 130.0;
/// … what they get on the narrowest screen, …
const NARROW_GUTTER: f64 = 140.0;
/// … and the widest: longer labels are cut.
const MAX_GUTTER: f64 = 260.0;
/// On a drawing narrower than this, labels are indented less.
const NARROW: f64 = 480.0;
/// The narrowest bar, …
const MIN_BAR: f64 = 1.5;
/// … and the narrowest of an end, which is what people look for.
const MIN_END: f64 = 3.0;
/// Marks of one look that are closer than this are drawn as one.
const MIN_APART: f64 = 2.0;
/// Quiet marks keep further apart: they only say that it goes on.
const QUIET_APART: f64 = 10.0;
/// A mark's text begins so far from its middle, …
const MARK_TEXT: f64 = 10.0;
/// … and a bar's so far from its begin.
const TEXT_INSET: f64 = 6.0;
/// Labels end so far before the axis.
const LABEL_MARGIN: f64 = 6.0;
/// Times on the axis are at least so far apart.
const TICKS_APART: f64 = 64.0;

impl Form {
    /// The height of a lane of this form, in pixels.
    pub const fn height(self) -> f64 {
        self.heights().0
    }

    /// The height of the lane and of its bars.
    const fn heights(self) -> (f64, f64) {
        match self {
            Self::Main => (36.0, 24.0),
            Self::Part => (28.0, 16.0),
            Self::Thin => (17.0, 7.0),
            Self::Title => (26.0, 0.0),
        }
    }
}

/// Places everything.
pub fn layout(timeline: &Timeline, axis: &Axis, options: &LayoutOptions) -> Layout {
    let mut layout = heads(axis, options);
    let mut y = AXIS_HEIGHT;
    for lane in &timeline.lanes {
        let row = place(lane, y, axis, options);
        y += row.height;
        layout.rows.push(row);
    }
    layout.height = y + MARGIN;
    layout
}

/// Places the axis alone: whoever shows only some of the lanes adds their rows with [`place`].
pub fn heads(axis: &Axis, options: &LayoutOptions) -> Layout {
    let left = options.gutter;
    let scale = scale(axis, options);
    let fine = |at: SimTime| {
        let clock = clock(at, false);
        match at.0 % 1_000_000 {
            0 => clock,
            rest if rest % 100_000 == 0 => format!("{clock}.{}", rest / 100_000),
            rest => format!("{clock}.{:03}", rest / 1_000),
        }
    };
    let ticks =
        scale.ticks(TICKS_APART).iter().map(|t| TickMark { x: left + t.x, label: fine(t.at) }).collect();
    let folds = scale
        .pieces()
        .filter(|(p, ..)| p.folded)
        .map(|(p, l, r)| FoldMark {
            x: left + l,
            width: r - l,
            label: format!("≈ {}", options.lang.about(p.length())),
        })
        .collect();
    let height = AXIS_HEIGHT + MARGIN;
    Layout { width: options.width, height, top: AXIS_HEIGHT, ticks, folds, rows: Vec::new() }
}

fn scale<'a>(axis: &'a Axis, options: &LayoutOptions) -> Scale<'a> {
    Scale::new(axis, (options.width - options.gutter - MARGIN).max(1.0))
}

/// The width that the labels of a timeline need, in pixels.
pub fn label_room(timeline: &Timeline) -> f64 {
    let label_end = |lane: &Lane| label_x(lane, f64::MAX) + label_width(lane);
    timeline.lanes.iter().map(label_end).fold(MIN_GUTTER, f64::max) + 12.0
}

/// The width that is given to labels which need `room`: at most a third of `width`, but for narrow screens, all in
/// pixels.
pub fn gutter_for(room: f64, width: f64) -> f64 {
    room.min((width / 3.0).max(NARROW_GUTTER)).min(MAX_GUTTER)
}

/// Where a lane's label begins on a drawing of that width.
fn label_x(lane: &Lane, width: f64) -> f64 {
    let indent = if width < NARROW { 8.0 } else { 14.0 };
    18.0 + indent * f64::from(lane.depth)
}

/// Places a lane with its upper end at `y`, in pixels; what is outside the axis is left out.
pub fn place(lane: &Lane, y: f64, axis: &Axis, options: &LayoutOptions) -> Row {
    let (left, scale) = (options.gutter, scale(axis, options));
    let label_x = label_x(lane, options.width);
    let (begin, end) = (scale.from(), scale.to());
    // Both are in order of time, so what is seen is one stretch of each.
    let spans = &lane.spans[lane.spans.partition_point(|s| s.to < begin)..];
    let spans = &spans[..spans.partition_point(|s| s.from <= end)];
    let instants = &lane.instants[lane.instants.partition_point(|i| i.at < begin)..];
    let instants = &instants[..instants.partition_point(|i| i.at <= end)];
    let (height, bar_height) = lane.form.heights();
    let middle = y + height / 2.0;
    let mut bars: Vec<Bar> = Vec::with_capacity(spans.len());
    for span in spans {
        let x = left + scale.px_from_time(span.from);
        let end = matches!(span.look, SpanLook::Failed | SpanLook::Done | SpanLook::Ending);
        let width = (left + scale.px_from_time(span.to) - x).max(if end { MIN_END } else { MIN_BAR });
        // What is too narrow to be told from its like before it adds nothing.
        let covers = |b: &Bar| b.look == span.look && x + width <= b.x + b.width + 0.5;
        let hidden = bars.iter().rev().take(4).any(covers);
        if !hidden {
            bars.push(Bar {
                x,
                width,
                y: middle - bar_height / 2.0,
                height: bar_height,
                look: span.look,
                text: if bar_height < 12.0 { String::new() } else { span.text.clone() },
                text_x: x + TEXT_INSET,
                hint: span.hint.clone(),
                entry: span.entry.0,
            });
        }
    }
    let mut marks: Vec<Mark> = Vec::with_capacity(instants.len());
    for (i, instant) in instants.iter().enumerate() {
        let x = left + scale.px_from_time(instant.at);
        let apart = if instant.quiet { QUIET_APART } else { MIN_APART };
        let near = |m: &Mark| m.look == instant.look && m.text == instant.text && x - m.x < apart;
        if marks.iter().rev().take(3).any(near) {
            continue;
        }
        let next = instants.get(i + 1).map_or(f64::MAX, |n| left + scale.px_from_time(n.at));
        // Words that begin on a bar end on it: half of them would be written in the wrong ink.
        let begin = x + MARK_TEXT;
        let bar = bars.iter().find(|b| b.x <= begin && begin <= b.x + b.width);
        let end = (next - MARK_TEXT).min(bar.map_or(options.width, |b| b.x + b.width));
        marks.push(Mark {
            x,
            y: middle,
            look: instant.look,
            text: if bar.is_none() {
                clipped(&instant.text, end - begin)
            } else {
                whole(&instant.text, end - begin)
            },
            over: bar.map(|b| b.look),
            hint: instant.hint.clone(),
            entry: instant.entry.0,
        });
    }
    for bar in &mut bars {
        // A bar's text makes way for the marks on it.
        for m in &marks {
            let (from, to) = (m.x - MARK_TEXT, m.x + MARK_TEXT + text_width(&m.text));
            if from < bar.text_x + text_width(&bar.text) && bar.text_x < to {
                bar.text_x = to + TEXT_INSET;
            }
        }
        bar.text = fitting(&bar.text, bar.x + bar.width - bar.text_x - TEXT_INSET / 2.0);
    }
    Row {
        key: lane.key.clone(),
        y,
        height,
        label: shortened(&lane.label, left - label_x - LABEL_MARGIN, label_width(lane)),
        name: lane.label.clone(),
        label_x,
        form: lane.form,
        bars,
        marks,
        areas: if lane.spans.is_empty() { crowd(lane, middle, &scale, options) } else { Vec::new() },
    }
}

/// The order in which the parts of a crowd stand on each other: what asks for attention is on top.
const STACK: [SpanLook; 8] = [
    SpanLook::Done,
    SpanLook::Ready,
    SpanLook::Running,
    SpanLook::Waiting,
    SpanLook::Off,
    SpanLook::Ending,
    SpanLook::BackOff,
    SpanLook::Failed,
];

/// The crowd of a lane whose middle is at `middle`: as high as the most that ever were.
fn crowd(lane: &Lane, middle: f64, scale: &Scale<'_>, options: &LayoutOptions) -> Vec<Area> {
    let sum = |crowd: &Crowd| crowd.of.iter().sum::<u32>();
    let most = lane.crowd.iter().map(sum).max().unwrap_or(0).max(1);
    let unit = lane.form.heights().1 / f64::from(most);
    let bottom = middle + lane.form.heights().1 / 2.0;
    let words = options.lang.words();
    // What is in view: the last count before it goes on into it.
    let from = lane.crowd.partition_point(|c| c.at <= scale.from()).saturating_sub(1);
    let to = lane.crowd.partition_point(|c| c.at < scale.to());
    let seen = lane.crowd.get(from..to).unwrap_or_default();
    let x = |at: SimTime| options.gutter + scale.px_from_time(at);
    let mut areas = Vec::new();
    for (i, look) in STACK.iter().enumerate() {
        let top = seen.iter().map(|c| c.of[*look as usize]).max().unwrap_or(0);
        if top == 0 {
            continue;
        }
        let height = |looks: &[SpanLook], c: &Crowd| {
            let count: u32 = looks.iter().map(|look| c.of[*look as usize]).sum();
            tenths(bottom - unit * f64::from(count))
        };
        // There along its upper edge, and back along its lower one.
        let mut outline = String::new();
        for (n, c) in seen.iter().enumerate() {
            let (x, y) = (tenths(x(c.at)), height(&STACK[..=i], c));
            let step = if n == 0 { format!("M{x} {y}") } else { format!("H{x}V{y}") };
            outline.push_str(&step);
        }
        outline.push_str(&format!("H{}", tenths(x(scale.to()))));
        for c in seen.iter().rev() {
            outline.push_str(&format!("V{}H{}", height(&STACK[..i], c), tenths(x(c.at))));
        }
        outline.push('Z');
        let hint = if lane.key.starts_with(CLIENT) {
            format!("{}: {} {top}/s", words.ends[*look as usize], words.at_most)
        } else {
            format!("{}: {} {top}", words.looks[*look as usize], words.at_most)
        };
        areas.push(Area { look: *look, outline, hint });
    }
    areas
}

/// A number of pixels to the tenth.
fn tenths(px: f64) -> f64 {
    let tenths = (px * 10.0 + if px < 0.0 { -0.5 } else { 0.5 }) as i64;
    tenths as f64 / 10.0
}

/// As much of a text as fits: of its parts, which ` · ` divides, as many as fit from the first on; the next one
/// cut short where enough of it can be shown to be of use. Where not even the first part fits, what follows its first
/// word may: `20 s` of `back-off 20 s`.
fn fitting(text: &str, width: f64) -> String {
    const OF_USE: usize = 7;
    if text_width(text) <= width {
        return text.into();
    }
    let mut end = 0;
    for (at, _) in text.match_indices(" · ") {
        if text_width(&text[..at]) > width {
            break;
        }
        end = at;
    }
    if end == 0 {
        let part = text.split(" · ").next().unwrap_or("");
        let tail = part.split_once(' ').map_or("", |(_, tail)| tail);
        // A figure or a name speaks for itself; of `no ready endpoint` the end says the opposite.
        let speaks = tail.starts_with(|c: char| c.is_ascii_digit()) || !tail.contains(' ');
        return if speaks && text_width(tail) <= width { tail.into() } else { String::new() };
    }
    let rest = &text[end..];
    let dots = text_width("…");
    let mut used = text_width(&text[..end]) + dots;
    let mut cut = 0;
    for (i, c) in rest.char_indices() {
        used += char_width(c);
        if used > width {
            break;
        }
        cut = i + c.len_utf8();
    }
    let shown = rest[..cut].trim_end();
    if shown.chars().count() >= " · ".chars().count() + OF_USE {
        format!("{}{shown}…", &text[..end])
    } else {
        text[..end].into()
    }
}

/// A text if it fits.
fn whole(text: &str, width: f64) -> String {
    if text_width(text) < width { text.into() } else { String::new() }
}

/// As much of a text as fits, if that is enough to be of use.
fn clipped(text: &str, width: f64) -> String {
    const OF_USE: usize = 10;
    if text_width(text) < width {
        return text.into();
    }
    let mut used = char_width('…');
    let fits = |c: &char| {
        used += char_width(*c);
        used < width
    };
    let mut cut: String = text.chars().take_while(fits).collect();
    if cut.chars().count() < OF_USE {
        return String::new();
    }
    cut.push('…');
    cut
}

/// About how wide a lane's label is written.
fn label_width(lane: &Lane) -> f64 {
    let size = match lane.form {
        Form::Main => 1.16,
        Form::Part | Form::Title => 1.05,
        Form::Thin => 1.0,
    };
    text_width(&lane.label) * size
}

/// A label that is `needs` wide, cut in its middle where that is more than `width`: names that a controller made differ
/// at their end.
fn shortened(label: &str, width: f64, needs: f64) -> String {
    let count = label.chars().count();
    // The ellipsis takes a place, too; fewer than four characters tell nothing.
    let keep = ((width / needs.max(1.0) * count as f64) as usize).saturating_sub(1).max(4);
    if needs <= width || keep + 1 >= count {
        return label.into();
    }
    let (head, tail) = (keep.div_ceil(2), keep / 2);
    let mut short: String = label.chars().take(head).collect();
    short.push('…');
    short.extend(label.chars().skip(count - tail));
    short
}

/// About how wide a text is at 11 px.
fn text_width(text: &str) -> f64 {
    text.chars().map(char_width).sum()
}

/// As wide as in the widest of the page's fonts; East Asian letters are wider.
fn char_width(c: char) -> f64 {
    match c {
        'i' | 'j' | 'l' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' | ' ' => 3.6,
        'f' | 't' | 'r' | '(' | ')' | '[' | ']' | '-' | '/' | '·' => 4.5,
        'm' | 'w' | 'M' | 'W' | '%' | '@' | '…' => 10.0,
        'A'..='Z' => 7.6,
        _ if c < '\u{2e80}' => 6.8,
        _ => 11.5,
    }
}
