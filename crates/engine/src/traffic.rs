//! Clients that a scenario sends to Services, as data.

use alloc::string::String;
use lifepod_api::SimTime;

/// Requests to one Service at a steady rate.
#[derive(Clone, Debug, PartialEq)]
pub struct Traffic {
    /// The Service's namespace.
    pub namespace: String,
    /// The Service's name.
    pub service: String,
    /// The Service's port; none for its first.
    pub port: Option<u16>,
    /// The path asked for.
    pub path: String,
    /// Requests a second.
    pub rps: u32,
    /// After how long a client gives up.
    pub timeout: SimTime,
    /// When the first request is sent.
    pub from: SimTime,
    /// When the last one may be sent; none for the run's end.
    pub until: Option<SimTime>,
}
