//! Hosts that are not in the cluster: what the scenario says of them, and what is assumed of the others.

use crate::config::glob;
use crate::kernel::Kernel;
use crate::network::flow::Errand;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use lifepod_api::{Namespace, SimTime};
use lifepod_workload::{Ask, Reply};

/// What a host outside does that nothing is said of.
const ASSUMED: OutsideAnswer =
    OutsideAnswer::Http { status: 200, body: String::new(), took: SimTime::from_millis(30) };

/// A host outside the cluster.
#[derive(Clone, Debug, PartialEq)]
pub struct OutsideHost {
    /// Its name or address as processes write it; `*` matches any run of characters.
    pub host: String,
    /// What it does.
    pub answer: OutsideAnswer,
}

/// What a host outside the cluster does.
#[derive(Clone, Debug, PartialEq)]
pub enum OutsideAnswer {
    /// It takes connections, and answers requests.
    Http {
        /// With this status, …
        status: u16,
        /// … this body, …
        body: String,
        /// … and after this time.
        took: SimTime,
    },
    /// It refuses connections.
    Refused,
    /// It never answers.
    Silent,
    /// There is no such name.
    Unknown,
}

/// What comes back from outside.
pub(crate) enum Answer {
    After(SimTime, Reply),
    Never,
}

/// Top-level domains beside those of countries, which have two letters.
const DOMAINS: &[&str] =
    &["com", "net", "org", "io", "dev", "app", "edu", "gov", "int", "mil", "info", "biz", "cloud", "ai"];

impl Kernel {
    /// What the scenario says of a host outside.
    fn said_of(&self, host: &str) -> Option<&OutsideAnswer> {
        let host = host.strip_suffix('.').unwrap_or(host);
        self.config.outside.iter().find(|o| glob(&o.host, host)).map(|o| &o.answer)
    }

    /// The address of a name outside; none when there is no such name.
    pub(crate) fn outside_address(&self, name: &str) -> Option<String> {
        match self.said_of(name) {
            Some(OutsideAnswer::Unknown) => return None,
            Some(_) => {}
            None if !self.looks_public(name) => return None,
            None => {}
        }
        // One of the range that is kept for documentation, the same one each time.
        let sum = name.bytes().fold(0_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte)));
        Some(format!("203.0.113.{}", 1 + sum % 254))
    }

    /// Whether something had to be assumed of a host: nothing is said of it, and it is taken to be there.
    pub(crate) fn is_assumed(&self, host: &str) -> bool {
        self.said_of(host).is_none()
    }

    /// Whether a name may be one of the public DNS: its last label is a top-level domain and no namespace of the cluster.
    fn looks_public(&self, name: &str) -> bool {
        let Some((_, last)) = name.strip_suffix('.').unwrap_or(name).rsplit_once('.') else { return false };
        let country = last.len() == 2 && last.bytes().all(|b| b.is_ascii_alphabetic());
        (country || DOMAINS.contains(&last)) && self.store.find::<Namespace>("", last).is_none()
    }

    pub(super) fn outside_answer(&self, errand: &Errand) -> Answer {
        if self.network.addresses.is_cut(errand.place) {
            return Answer::Never;
        }
        match self.said_of(&errand.host).unwrap_or(&ASSUMED) {
            OutsideAnswer::Http { status, body, took } => {
                let reply = match errand.ask {
                    Ask::Http { .. } => {
                        Reply::Http { status: *status, headers: Vec::new(), body: body.clone() }
                    }
                    _ => Reply::Connected,
                };
                Answer::After(*took, reply)
            }
            OutsideAnswer::Refused => Answer::After(SimTime::from_millis(30), Reply::Refused),
            OutsideAnswer::Silent | OutsideAnswer::Unknown => Answer::Never,
        }
    }
}
