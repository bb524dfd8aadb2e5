//! Clients that a scenario sends to Services, as data.

use alloc::string::String;
use lifepod_api::SimTime;

/// Requests to one Service at a steady rate.
#[derive(Clone, Debug, PartialEq)]
pub struct Traffic {
    /// The client's name, which no other client has.
    pub name: String,
    /// The Service's namespace.
    pub namespace: String,
    /// The Service's name.
    pub service: String,
    /// The Service's port; none for its first.
    pub port: Option<u16>,
    /// The path asked for.
    pub path: String,
    /// The client only connects, and sends no HTTP request.
    pub tcp: bool,
    /// Requests a second, evenly spaced.
    pub rps: u32,
    /// After how long a client gives up.
    pub timeout: SimTime,
    /// From which time on an answer counts as slow.
    pub slow: SimTime,
    /// All requests go over one connection, as long as it lasts.
    pub keep_alive: bool,
    /// Where the client is.
    pub source: TrafficFrom,
    /// When the first request is sent.
    pub from: SimTime,
    /// When the last one may be sent; none for the run's end.
    pub until: Option<SimTime>,
}

/// Where a client is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrafficFrom {
    /// In the cluster, on a machine of its own that never fails and has a proxy like any node.
    Cluster,
    /// On this node.
    Node(String),
    /// Outside: it comes in by a node port, at each node in turn that can be reached.
    Outside,
}
