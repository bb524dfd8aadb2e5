//! What the trace says of the network: how the requests of a scenario's clients ended, and what the nodes' proxies know.

use crate::trace::PodRef;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use lifepod_api::SimTime;

/// Names a Service.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceRef {
    /// `metadata.namespace`.
    pub namespace: String,
    /// `metadata.name`.
    pub name: String,
}

/// How a request ended for the client that sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RequestEnd {
    /// It was answered.
    Served,
    /// It was answered, but later than the client calls quick ([`Traffic::slow`](crate::Traffic)).
    Slow,
    /// It was answered with a status of 500 or more.
    Failed,
    /// Nobody stood behind the Service: the node's proxy rejected the connection, or the name did not resolve.
    Refused,
    /// The pod was gone, its process had stopped listening or did not listen yet, or it ended before it had answered.
    Reset,
    /// No answer came within the client's timeout.
    TimedOut,
    /// The run ended first.
    Unanswered,
}

impl RequestEnd {
    /// All of them, best first.
    pub const ALL: [RequestEnd; 7] = [
        RequestEnd::Served,
        RequestEnd::Slow,
        RequestEnd::Failed,
        RequestEnd::Refused,
        RequestEnd::Reset,
        RequestEnd::TimedOut,
        RequestEnd::Unanswered,
    ];

    /// Whether the client got no good answer.
    pub fn is_lost(self) -> bool {
        matches!(self, RequestEnd::Failed | RequestEnd::Refused | RequestEnd::Reset | RequestEnd::TimedOut)
    }

    /// The end in one word, as it stands in JSON: `served`, `slow`, `failed`, `refused`, `reset`, `timedOut`,
    /// `unanswered`.
    pub fn word(self) -> &'static str {
        match self {
            RequestEnd::Served => "served",
            RequestEnd::Slow => "slow",
            RequestEnd::Failed => "failed",
            RequestEnd::Refused => "refused",
            RequestEnd::Reset => "reset",
            RequestEnd::TimedOut => "timedOut",
            RequestEnd::Unanswered => "unanswered",
        }
    }
}

/// Requests of one client that ended alike at one backend.
///
/// Those that ended well are counted up to the whole second. Each that was lost has an entry of its own, as long as
/// there are not too many of a kind in a row; the rest are counted as well. An entry's time is when the last of its
/// requests ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Requests {
    /// The client's name.
    pub client: Arc<str>,
    /// The Service that it calls.
    pub service: Arc<ServiceRef>,
    /// The pod that the connection was sent to; none when it was sent to none.
    pub backend: Option<PodRef>,
    /// How they ended.
    pub end: RequestEnd,
    /// How many.
    pub count: u32,
    /// When the first of them was sent.
    pub since: SimTime,
    /// How long the slowest took.
    pub slowest: SimTime,
    /// What the client was told: `connection refused`, `HTTP 503`; empty when it was served.
    pub said: String,
}

/// From now on the nodes send a Service's connections to other endpoints than before: their proxies have written their
/// rules (`pkg/proxy/iptables/proxier.go syncProxyRules`). Each node follows within the time that its own sync takes.
#[derive(Clone, Debug, PartialEq)]
pub struct Proxied {
    /// The Service.
    pub service: ServiceRef,
    /// Who takes connections now: pods by name, addresses where no pod is named.
    pub endpoints: Vec<String>,
    /// None of them is ready: those that end and still serve stand in (`pkg/proxy/topology.go CategorizeEndpoints`).
    pub terminating: bool,
}
