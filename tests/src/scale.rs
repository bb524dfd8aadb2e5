//! Large clusters: what a run of thousands of pods costs.

use lifepod_api::SimTime;
use lifepod_engine::{Scenario, Simulation};
use lifepod_scenario::{Options, prepare};
use std::fmt::Write as _;

/// Over how many Deployments the pods are spread.
const DEPLOYMENTS: usize = 10;
/// How many pods a node has on average.
const PODS_A_NODE: usize = 10;

/// When the pods of either story, ten thousand at most, are what they will be. What is computed up to here is for the
/// pods' making and replacing; what is computed later, for their probes and syncs, grows with the time that they live.
pub const SETTLED: SimTime = SimTime::from_secs(200);

/// What happens to the pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Story {
    /// They are made, get ready and are probed for the rest of the time.
    Live,
    /// They are made, and replaced by others after two minutes.
    Rollout,
}

/// A cluster with so many pods in ten Deployments, and a node for every ten of them. Its controllers and its scheduler may
/// speak to the API server as fast as they like: with the defaults of 20 and 50 calls a second most of ten thousand pods
/// would be replaced before they were ever made, and nothing could be compared with the life of a thousand.
pub fn text(pods: usize, story: Story) -> String {
    let mut text = String::new();
    for index in 0..DEPLOYMENTS {
        let replicas = pods / DEPLOYMENTS + usize::from(index < pods % DEPLOYMENTS);
        let _ = writeln!(
            text,
            "apiVersion: apps/v1
kind: Deployment
metadata: {{name: web-{index}}}
spec:
  replicas: {replicas}
  selector: {{matchLabels: {{app: web-{index}}}}}
  template:
    metadata: {{labels: {{app: web-{index}}}}}
    spec:
      containers:
      - name: app
        image: example.com/app:1
        ports: [{{containerPort: 8080}}]
        resources: {{requests: {{cpu: 100m, memory: 64Mi}}}}
        readinessProbe: {{httpGet: {{port: 8080}}}}
---"
        );
    }
    let nodes = pods.div_ceil(PODS_A_NODE);
    let _ = writeln!(
        text,
        "apiVersion: lifepod.dev/v1alpha1
kind: Scenario
spec:
  cluster:
    controllerManager: {{kubeAPIQPS: -1}}
    scheduler: {{clientConnection: {{qps: -1}}}}
    nodes: [{{name: node, count: {nodes}}}]"
    );
    if story == Story::Rollout {
        text.push_str("  actions:\n");
        for index in 0..DEPLOYMENTS {
            let _ = writeln!(
                text,
                "  - {{at: 2m, kubectl: set image deployment/web-{index} app=example.com/app:2}}"
            );
        }
    }
    text
}

/// The scenario of [`text`], with a horizon and without a bound on its trace.
///
/// # Panics
/// When the text is wrong, which is a mistake in this file.
pub fn scenario(pods: usize, story: Story, horizon: SimTime) -> Scenario {
    let options = Options { horizon: Some(horizon), ..Options::default() };
    let mut scenario = prepare(&text(pods, story), &options).scenario.expect("the manifests are valid");
    scenario.config.max_entries = usize::MAX;
    scenario
}

/// Lets things happen up to that time, and a little more.
pub fn advance(simulation: &mut Simulation, to: SimTime) {
    while simulation.reached() < to && simulation.advance(100).is_none() {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use lifepod_engine::Outcome;

    #[test]
    fn a_rollout_of_a_hundred_pods_comes_to_its_end() {
        let run = scenario(100, Story::Rollout, SETTLED).run();
        assert_eq!(run.outcome, Outcome::Reached);
        let args = ["get", "deployments"];
        let shown = lifepod_kubectl::run_at(&run.trace, run.end, run.end, run.epoch_micros, &args).stdout;
        let rows: Vec<&str> = shown.lines().skip(1).collect();
        assert_eq!(rows.len(), DEPLOYMENTS);
        for row in rows {
            assert!(row.split_whitespace().skip(1).take(3).eq(["10/10", "10", "10"]), "{row}");
        }
    }
}
