//! The Kubernetes object model as data.
//!
//! Types carry the wire names of the API, and everything that can be said of an object without a cluster lives
//! here: quantities, durations, label selectors, defaults, validation, QoS, effective resources.
//! `no_std` + `alloc`: no clock, no randomness, no hash order.
#![no_std]

extern crate alloc;

pub mod admission;
mod any;
pub mod cron;
pub mod defaults;
pub mod duration;
pub mod image;
pub mod intstr;
pub mod labels;
mod list;
mod map;
pub mod objects;
pub mod patch;
pub mod placement;
pub mod prepare;
pub mod quantity;
mod recorded;
pub mod resources;
pub mod scale;
pub mod schema;
mod shared;
pub mod status;
mod subresource;
pub mod time;
mod time_zone;
pub mod validation;
mod version;
pub mod wire;
pub mod yaml;

pub use any::{KINDS, Kind, Object, ObjectKey, Opaque, Resource};
pub use intstr::{Bytes, IntOrString};
pub use list::List;
pub use map::Map;
pub use objects::*;
pub use quantity::Quantity;
pub use shared::Shared;
pub use status::Refusal;
pub use subresource::Subresource;
pub use time::{MicroTime, SimTime, Time};
pub use time_zone::TimeZone;
pub use version::Version;
