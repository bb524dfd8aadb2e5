//! The Kubernetes object model as data.
//!
//! Types carry the wire names of the API (`serde`), and everything that can be said of an object without a
//! cluster lives here: quantities, durations, label selectors, defaults, validation, QoS, effective resources.
//! `no_std` + `alloc`: no clock, no randomness, no hash order.
#![no_std]

extern crate alloc;

pub mod time;

pub use time::{SimTime, Time};
