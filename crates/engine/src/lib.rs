//! The simulated cluster: a pure function from a scenario to a [`Trace`].
#![no_std]

extern crate alloc;

pub mod trace;

pub use trace::{Entry, EntryId, Op, Trace, What};
