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

/// What came of a scenario, or has come of it so far.
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

/// A scenario that is run bit by bit, by somebody who has other things to do in between. However it is cut, what comes
/// of it is the same.
#[derive(Debug)]
pub struct Simulation {
    cluster: Cluster,
    horizon: SimTime,
}

/// A run as it was at an instant at which all was done, from where it may go on otherwise.
#[derive(Clone, Debug)]
pub struct Checkpoint {
    cluster: Cluster,
    /// How long its trace was.
    entries: usize,
}

impl Checkpoint {
    /// The instant: all that was due until then, and at it, has happened.
    pub fn at(&self) -> SimTime {
        self.cluster.now()
    }

    /// Goes on from here as `scenario` has it, after `trace`: that of the run that this is of, or of one that went on
    /// from here. None for another configuration. What the scenario does up to and including this instant, and its
    /// traffic, have to be those of that run; whoever calls sees to that.
    pub fn resume(&self, scenario: Scenario, trace: &Trace) -> Option<Simulation> {
        if !self.cluster.has(&scenario.config) || scenario.horizon < self.at() {
            return None;
        }
        let mut cluster = self.cluster.clone();
        cluster.put_trace(trace.first(self.entries));
        cluster.reschedule(scenario.commands.into_iter().filter(|(at, _)| *at > self.at()));
        Some(Simulation { cluster, horizon: scenario.horizon })
    }
}

impl Scenario {
    /// Makes the cluster; nothing has happened yet.
    pub fn start(self) -> Simulation {
        let mut cluster = Cluster::new(self.config);
        for (at, command) in self.commands {
            cluster.schedule(at, command);
        }
        for traffic in self.traffic {
            cluster.add_traffic(traffic);
        }
        Simulation { cluster, horizon: self.horizon }
    }

    /// Runs it to its end.
    pub fn run(self) -> Run {
        let mut simulation = self.start();
        loop {
            if let Some(outcome) = simulation.advance(usize::MAX) {
                return simulation.finish(outcome);
            }
        }
    }
}

impl Simulation {
    /// Lets at most so many things happen. How the run ended, if it has.
    pub fn advance(&mut self, steps: usize) -> Option<Outcome> {
        self.cluster.run_steps(self.horizon, steps)
    }

    /// Until when everything has happened.
    pub fn reached(&self) -> SimTime {
        self.cluster.now()
    }

    /// When the run will end, unless too much happens.
    pub fn horizon(&self) -> SimTime {
        self.horizon
    }

    /// What has happened so far.
    pub fn trace(&self) -> &Trace {
        self.cluster.trace()
    }

    /// The run as it is now, to be gone back to; none while something is still due at this instant.
    pub fn checkpoint(&mut self) -> Option<Checkpoint> {
        let amid = self.cluster.next_deadline().is_some_and(|next| next <= self.cluster.now());
        let entries = self.cluster.trace().entries().len();
        (!amid).then(|| Checkpoint { cluster: self.cluster.without_trace(), entries })
    }

    /// Ends it as it came out and takes out what came of it. What is left is of no more use, and may take a while to drop.
    pub fn finish(&mut self, outcome: Outcome) -> Run {
        self.cluster.finish();
        let end = match outcome {
            Outcome::Reached => self.horizon,
            Outcome::TooManyEntries(at) => at,
        };
        let epoch_micros = self.cluster.epoch_micros();
        Run { trace: self.cluster.take_trace(), outcome, end, epoch_micros }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lifepod_api::{Container, Object, ObjectMeta, Pod, PodSpec};

    #[test]
    fn however_a_run_is_cut_the_same_comes_of_it() {
        let container = Container {
            name: "app".into(),
            image: "busybox".into(),
            command: ["sh", "-c", "sleep 3; exit 1"].map(Into::into).to_vec(),
            ..Container::default()
        };
        let pod = Pod {
            metadata: ObjectMeta { name: "web".into(), ..ObjectMeta::default() },
            spec: PodSpec { containers: [container].to_vec().into(), ..PodSpec::default() }.into(),
            ..Pod::default()
        };
        let create = Command::Create(Object::Pod(pod).into());
        let scenario = Scenario {
            commands: [(SimTime::ZERO, create)].to_vec(),
            horizon: SimTime::from_secs(300),
            ..Scenario::default()
        };
        let whole = scenario.clone().run();
        for steps in [1, 7] {
            let mut simulation = scenario.clone().start();
            let outcome = loop {
                if let Some(outcome) = simulation.advance(steps) {
                    break outcome;
                }
                assert!(simulation.reached() <= simulation.horizon());
            };
            let cut = simulation.finish(outcome);
            assert_eq!((cut.outcome, cut.end), (whole.outcome, whole.end));
            assert!(cut.trace.entries() == whole.trace.entries(), "{steps} steps at a time");
        }
    }
}
