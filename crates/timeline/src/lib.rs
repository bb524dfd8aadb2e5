//! From a trace to what people look at: lanes and spans, a folded time axis, SVG, and the reasons why.
//!
//! Vocabulary: a **Lane** is a row; a **Span** lasts, an **Instant** happens at once; the **Horizon** is the end of
//! what is shown; a **Fold** is a piece of the axis that hides quiet time. [`lanes`] makes a [`Timeline`] of a
//! trace, [`Axis`] and [`Scale`] give times a place, [`layout`] places everything, [`svg`] draws it, and [`explain`]
//! tells the chain of causes of an entry. Nothing here knows a browser.
#![no_std]

extern crate alloc;

mod axis;
mod chronicle;
mod explain;
mod facts;
mod ghost;
mod lanes;
mod layout;
mod model;
mod recorded;
mod rows;
mod scene;
mod svg;
mod traffic;
mod view;
mod words;

pub use axis::{Axis, Piece, Scale, Tick};
pub use chronicle::{Line, chronicle};
pub use explain::{Change, Explanation, FieldRef, Step, Subject, Trial, explain};
pub use facts::{Facts, facts};
pub use ghost::Ghost;
pub use lanes::{Options, lanes};
pub use layout::{
    Area, Bar, FoldMark, Layout, LayoutOptions, MARGIN, Mark, Row, TickMark, gutter_for, heads, label_room,
    layout, place,
};
pub use model::{About, Crowd, Form, Instant, InstantLook, Lane, Span, SpanLook, Stop, Timeline};
pub use recorded::recorded;
pub use rows::{Place, Shown, about, branch_end, rows};
pub use scene::{Frame, Scene, SceneRow, scene};
pub use svg::svg;
pub use traffic::{Bucket, Counts, Group, Traffic, traffic, traffic_table};
pub use view::View;
pub use words::Lang;
