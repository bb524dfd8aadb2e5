//! What clients of a Service can rely on: every request ends in one way, and careful pods lose none in a rolling update.

use lifepod_engine::trace::RequestEnd;
use lifepod_engine::{Trace, What};
use lifepod_scenario::{Options, prepare};
use lifepod_tests::dice::{Dice, seeds};
use lifepod_tests::story::Story;
use std::fmt::Write as _;

/// How many random clusters each promise is tried on.
const TRIES: u64 = 6;

/// A Deployment of nginx with these fields of its container, its Service, and a scenario with these parts.
fn run(container: &str, parts: &str, replicas: u64, seed: u64) -> Story {
    let text = format!(
        "
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web}}
spec:
  replicas: {replicas}
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec:
      containers:
      - {{name: web, image: 'nginx:1.29', ports: [{{containerPort: 80, name: http}}]{container}}}
---
apiVersion: v1
kind: Service
metadata: {{name: web}}
spec: {{type: NodePort, selector: {{app: web}}, ports: [{{port: 80, targetPort: http}}]}}
---
apiVersion: lifepod.dev/v1alpha1
kind: Scenario
spec:
  horizon: 3m
  seed: {seed}
  cluster: {{nodes: [{{name: a}}, {{name: b}}, {{name: c}}]}}
{parts}"
    );
    let prepared = prepare(&text, &Options::default());
    let found = || prepared.diagnostics.iter().map(|d| d.message.clone()).collect::<Vec<_>>().join("\n");
    let Some(scenario) = prepared.scenario else { panic!("{text}\n{}", found()) };
    Story(scenario.run())
}

/// How many requests of a client ended so.
fn count(trace: &Trace, client: &str, end: RequestEnd) -> u64 {
    let requests = trace.entries().iter().filter_map(|entry| match &entry.what {
        What::Requests(requests) => Some(requests),
        _ => None,
    });
    requests.filter(|r| *r.client == *client && r.end == end).map(|r| u64::from(r.count)).sum()
}

#[test]
fn every_request_ends_in_one_way() {
    for seed in seeds(TRIES) {
        let dice = &mut Dice(seed);
        let mut parts = String::from("  actions:\n");
        for _ in 0..2 + dice.below(6) {
            let fault = format!("for: {}s}}", 1 + dice.below(40));
            let what = match dice.below(7) {
                0 => "kubectl: 'rollout restart deployment/web'".to_string(),
                1 => format!("kubectl: 'scale deployment/web --replicas={}'", dice.below(5)),
                2 => "kubectl: 'delete pod -l app=web'".to_string(),
                3 => format!("node: {{name: {}, fails: partition, {fault}", dice.of(&["a", "b", "c"])),
                4 => format!("node: {{name: {}, fails: powerLoss, {fault}", dice.of(&["a", "b", "c"])),
                5 => format!("network: {{fails: dns, {fault}"),
                _ => format!("network: {{fails: proxy, node: {}, {fault}", dice.of(&["a", "b", "c"])),
            };
            let _ = writeln!(parts, "  - {{at: {}s, {what}}}", 10 + dice.below(150));
        }
        let clients = ["outside: true", "node: a", "keepAlive: true", "timeout: 400ms"];
        parts.push_str("  traffic:\n");
        let mut sent = Vec::new();
        for (index, field) in clients.iter().enumerate() {
            let (rps, from, lasts) = (1 + dice.below(30), dice.below(60), 1 + dice.below(100));
            let until = from + lasts;
            let _ = writeln!(
                parts,
                "  - {{name: c{index}, service: web, rps: {rps}, from: {from}s, until: {until}s, {field}}}"
            );
            sent.push(rps * lasts);
        }
        let replicas = 1 + dice.below(4);
        let trace = run("", &parts, replicas, seed);
        for (index, sent) in sent.into_iter().enumerate() {
            let client = format!("c{index}");
            let ended: u64 = RequestEnd::ALL.iter().map(|end| count(&trace, &client, *end)).sum();
            assert_eq!(ended, sent, "seed {seed}, {client}\n{parts}");
        }
    }
}

/// A readiness probe and a preStop sleep that outlasts the proxies' lag.
const CAREFUL: &str = ", readinessProbe: {httpGet: {port: http}, periodSeconds: 1}, lifecycle: {preStop: {sleep: \
                       {seconds: 4}}}";

#[test]
fn careful_pods_lose_no_request_in_a_rolling_update() {
    for seed in seeds(TRIES) {
        let dice = &mut Dice(seed);
        let (at, rps) = (30 + dice.below(20), 5 + dice.below(30));
        let replicas = 1 + dice.below(5);
        let parts = format!(
            "  actions:\n  - {{at: {at}s, kubectl: 'rollout restart deployment/web'}}\n  traffic:\n  \
             - {{service: web, rps: {rps}, from: 20s}}\n  - {{name: lasting, service: web, rps: {rps}, from: 20s, \
             keepAlive: true}}\n  - {{name: far, service: web, rps: {rps}, from: 20s, outside: true}}\n"
        );
        let trace = run(CAREFUL, &parts, replicas, seed);
        for client in ["web", "lasting", "far"] {
            let lost: u64 =
                RequestEnd::ALL.iter().filter(|e| e.is_lost()).map(|end| count(&trace, client, *end)).sum();
            assert_eq!(lost, 0, "seed {seed}, {client}");
            assert!(count(&trace, client, RequestEnd::Served) > 100, "seed {seed}, {client} was served");
        }
    }
}

#[test]
fn careless_pods_lose_some() {
    let parts = "  behaviors:\n  - {pods: 'web-*', run: [{listen: 80}], onTerm: {after: 10ms, exit: 0}}\n  actions:\n  \
                 - {at: 40s, kubectl: 'rollout restart deployment/web'}\n  traffic:\n  - {service: web, rps: 50, from: 20s}\n";
    let tries = seeds(TRIES);
    let lost: u64 = tries
        .clone()
        .map(|seed| count(&run("", parts, 3, seed), "web", RequestEnd::Reset))
        .inspect(|lost| assert!(*lost > 0, "the proxies were never late"))
        .sum();
    let updates = tries.count() as u64;
    assert!(lost > updates * 10, "{lost} lost in {updates} updates of three pods each");
}
