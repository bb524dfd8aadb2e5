//! Everything that determines a run, as one value.

use crate::cluster::{Cluster, Command, Outcome};
use crate::config::Config;
use crate::trace::Trace;
use crate::traffic::Traffic;
use alloc::vec::Vec;
use lifepod_api::SimTime;

/// A configuration, what is done to the cluster and when, and how long the run lasts.
#[derive(Clone, Debug, Default)]
pub struct Scenario {
    /// The cluster.
    pub config: Config,
    /// What is done, in order; equal times in this order.
    pub commands: Vec<(SimTime, Command)>,
    /// Who calls Services.
    pub traffic: Vec<Traffic>,
    /// When the run ends.
    pub horizon: SimTime,
}

/// What came of a scenario.
#[derive(Clone, Debug)]
pub struct Run {
    /// Everything that happened.
    pub trace: Trace,
    /// Whether the run reached its horizon.
    pub outcome: Outcome,
    /// When the run ended: the horizon, or earlier if the outcome says so.
    pub end: SimTime,
    /// The calendar instant of time zero, in microseconds since 1970 (UTC).
    pub epoch_micros: i64,
}

impl Scenario {
    /// Runs it.
    pub fn run(self) -> Run {
        let mut cluster = Cluster::new(self.config);
        for (at, command) in self.commands {
            cluster.schedule(at, command);
        }
        for traffic in self.traffic {
            cluster.add_traffic(traffic);
        }
        let outcome = cluster.run_until(self.horizon);
        cluster.finish();
        let end = match outcome {
            Outcome::Reached => self.horizon,
            Outcome::TooManyEntries(at) => at,
        };
        Run { epoch_micros: cluster.epoch_micros(), trace: cluster.into_trace(), outcome, end }
    }
}
