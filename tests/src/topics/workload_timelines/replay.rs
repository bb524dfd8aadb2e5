//! From a recording's manifests, nodes and actions to a simulated run.

use super::driver::{act, actions};
use super::implied::{Relists, implied};
use super::nodes::{has_rows, neighbours, nodes};
use super::restarts::{Restarts, Roles};
use super::scripts::{common_image, unscripted, with_scripts};
use super::written;
use crate::topics::pod_timelines::script::images;
use lifepod_api::{Object, SimTime};
use lifepod_engine::jitter::{Draw, Drawn, JitterMode};
use lifepod_engine::trace::{Decision, What};
use lifepod_engine::{ClientConnection, Cluster, Command, Config, KubeletConfig, Latency};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::Arc;

/// The recordings' manifests were posted to a running cluster: the run begins a little before.
pub(super) const LEAD: SimTime = SimTime::from_secs(20);

/// `system-node-critical` is there in every cluster.
const PRIORITY_CLASSES: [(&str, i32, &str); 5] = [
    ("oracle-low", 100, "PreemptLowerPriority"),
    ("oracle-mid", 500, "PreemptLowerPriority"),
    ("oracle-high", 1000, "PreemptLowerPriority"),
    ("oracle-never", 1000, "Never"),
    ("system-node-critical", 2_000_001_000, "PreemptLowerPriority"),
];

/// How busy the recording's machine was.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// Relists kept the rhythm that the recording implies, and what they found was taken up now sooner, now later. Else
    /// they took their time, now more, now less.
    pub(super) steady: bool,
    /// The API server had so much to do that statuses waited to be written.
    pub(super) crowded: bool,
}

/// A recording's scenario as it runs: it can be stopped at any time, copied, and go on under other chances.
#[derive(Clone)]
pub(super) struct Run<'a> {
    v: &'a Value,
    cluster: Cluster,
    /// What is still to be done, and when.
    actions: VecDeque<(f64, &'a Value)>,
    namespace: &'a str,
    /// The nodes whose rows are compared.
    nodes: Vec<String>,
    /// When the recording stopped.
    end: f64,
    restarts: Arc<Restarts>,
    /// Which of the recorded pods a simulated one plays.
    roles: Roles,
    /// When pods are looked at of which the recording shows nothing.
    hidden: Vec<(f64, f64)>,
}

impl<'a> Run<'a> {
    /// The cluster as it was when the manifests had been posted.
    pub(super) fn new(v: &'a Value, seed: u64, pace: Pace) -> Result<Self, String> {
        let rows = v["timeline"].as_array().map_or(&[][..], Vec::as_slice);
        let end = rows.iter().filter_map(|e| e["t"].as_f64()).fold(1.0, f64::max);
        let end = v["durationSeconds"].as_f64().unwrap_or(end);
        let namespace = v["id"].as_str().unwrap_or("default");
        let nodes = nodes(v, rows);
        let names: Vec<String> = nodes.iter().map(|node| node.name.clone()).collect();
        let created =
            v["actions"].as_array().into_iter().flatten().filter_map(|a| a["node"]["name"].as_str());
        let names = names.into_iter().chain(created.map(str::to_string));
        let shown: Vec<String> = names.filter(|name| has_rows(rows, name)).collect();
        let relists = Relists::read(rows, &nodes);
        let mut draws = implied(rows, &nodes);
        let any = |index: usize| share(seed.wrapping_add((index as u64) << 32));
        if pace.steady {
            draws.extend(relists.draws(any));
        }
        let restarts = Restarts::read(rows);
        let ticks = nodes.iter().enumerate().map(|(index, node)| {
            restarts.sync_tick(rows, &node.name).unwrap_or_else(|| any(index + nodes.len()))
        });
        draws.insert(Draw::SyncTickPhase, ticks.collect());
        let others = neighbours(&nodes, rows, seed);
        let config = Config {
            seed,
            jitter: JitterMode::Given(draws),
            epoch_micros: epoch(rows),
            latency: latency(pace, relists.listing),
            nodes,
            images: [common_image(rows)].into_iter().chain(images(v)).collect(),
            behaviors: unscripted(v),
            // The components of the second set had no client rate limits, as its description says; that of the first set
            // says nothing of them.
            controller_client: ClientConnection::UNLIMITED,
            scheduler_client: ClientConnection::UNLIMITED,
            kubelet: KubeletConfig {
                serialize_image_pulls: false,
                correlate_events: true,
                ..Default::default()
            },
            ..Config::default()
        };
        let mut cluster = Cluster::new(with_scripts(config, v)?);
        // The namespace was there before; nothing else has to do with it.
        let home = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}});
        cluster.apply(Command::Create(Box::new(decode(&home, "")?))).map_err(|status| status.message)?;
        // So were the priority classes that the recordings' clusters had.
        for (name, value, policy) in PRIORITY_CLASSES {
            let class = json!({
                "apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": name},
                "value": value, "preemptionPolicy": policy,
            });
            cluster.apply(Command::Create(Box::new(decode(&class, "")?))).map_err(|status| status.message)?;
        }
        for pod in others {
            cluster.apply(Command::Create(Box::new(decode(&pod, "kube-system")?))).map_err(|s| s.message)?;
        }
        let mut at = LEAD;
        for manifest in v["manifests"].as_array().into_iter().flatten() {
            at = at.max(LEAD + SimTime::from_secs_f64(posted(rows, manifest)));
            cluster.run_until(at);
            cluster
                .apply(Command::Create(Box::new(decode(manifest, namespace)?)))
                .map_err(|status| status.message)?;
        }
        let restarts = Arc::new(restarts);
        Ok(Run {
            v,
            cluster,
            actions: actions(rows).into(),
            namespace,
            nodes: shown,
            end,
            restarts,
            roles: Roles::new(),
            hidden: Vec::new(),
        })
    }

    /// When the recording stopped, in seconds since the manifests were posted.
    pub(super) fn end(&self) -> f64 {
        self.end
    }

    /// What time it is, in seconds since the manifests were posted.
    pub(super) fn now(&self) -> f64 {
        self.cluster.now().as_secs_f64() - LEAD.as_secs_f64()
    }

    /// Chance decides otherwise from now on.
    pub(super) fn reseed(&mut self, seed: u64) {
        self.cluster.reseed(seed);
    }

    /// Runs on until `until`, and does what the recording's driver did up to then.
    pub(super) fn run_until(&mut self, until: f64) -> Result<(), String> {
        while let Some((at, action)) = self.actions.pop_front_if(|(at, _)| *at <= until) {
            self.advance(at);
            act(&mut self.cluster, self.v, action, self.namespace)?;
        }
        self.advance(until);
        Ok(())
    }

    /// Runs on until `until`; where a back-off may begin, it is stretched as the recording implies.
    fn advance(&mut self, until: f64) {
        let restarts = self.restarts.clone();
        loop {
            let windows = restarts.windows.iter().chain(&self.hidden);
            // Times are whole microseconds.
            let now = self.now() + 1e-3;
            let ahead = windows.copied().filter(|(begin, end)| end.min(until) > now && *begin < until);
            let Some((begin, end)) = ahead.min_by(|a, b| a.0.total_cmp(&b.0)) else { break };
            let end = end.min(until);
            self.to(begin);
            let before = self.cluster.clone();
            self.to(end);
            let drawn = self.requeues(&before);
            let mut hidden = Vec::new();
            let mut number = |(drawn, pod): &(Drawn, Option<String>)| {
                let wait = restarts.requeue(drawn, pod.as_deref()?, &mut self.roles)?;
                hidden.extend(wait.hidden);
                Some(wait.number)
            };
            let wanted: VecDeque<f64> =
                drawn.iter().map(|draw| number(draw).unwrap_or(draw.0.number)).collect();
            self.hidden.extend(hidden);
            if !drawn.iter().map(|(drawn, _)| &drawn.number).eq(&wanted) {
                self.cluster = before;
                self.cluster.give(Draw::Requeue, wanted);
                self.to(end);
                self.cluster.give(Draw::Requeue, VecDeque::new());
            }
        }
        self.to(until);
    }

    /// How far work was put off since `before`, and the pod where it was for a back-off.
    fn requeues(&self, before: &Cluster) -> Vec<(Drawn, Option<String>)> {
        let entries = &self.cluster.trace().entries()[before.trace().entries().len()..];
        let mut waits = entries
            .iter()
            .filter_map(|entry| match &entry.what {
                What::Decision(Decision::Requeue { pod, base, .. }) => Some((entry.at, *base, &pod.name)),
                _ => None,
            })
            .peekable();
        let drawn = &self.cluster.draws()[before.draws().len()..];
        let drawn = drawn.iter().filter(|drawn| drawn.what == Draw::Requeue);
        drawn
            .map(|drawn| {
                // A back-off is told of right after it was drawn.
                let its = waits.next_if(|(at, base, _)| (*at, *base) == (drawn.at, drawn.base));
                (*drawn, its.map(|(_, _, pod)| pod.to_string()))
            })
            .collect()
    }

    fn to(&mut self, time: f64) {
        if time > self.now() {
            self.cluster.run_until(LEAD + SimTime::from_secs_f64(time));
        }
    }

    /// What happened so far, in the recording's form.
    pub(super) fn rows(&self) -> Vec<Value> {
        let mut rows = written::timeline(self.cluster.trace(), LEAD, self.namespace, &self.nodes);
        rows.retain(|row| row["src"] == "node" || row["t"].as_f64().is_some_and(|t| t >= 0.0));
        rows
    }
}

/// When the recording's driver posted a manifest: one after the other, if within hundredths of a second.
fn posted(rows: &[Value], manifest: &Value) -> f64 {
    let src = manifest["kind"].as_str().unwrap_or("").to_lowercase();
    let of_it = |row: &&Value| {
        row["src"] == src.as_str() && row["type"] == "ADDED" && row["name"] == manifest["metadata"]["name"]
    };
    rows.iter().find(of_it).and_then(|row| row["t"].as_f64()).filter(|at| *at < 1.0).unwrap_or(0.0)
}

/// A number from 0 up to 1 that differs with the seed.
fn share(seed: u64) -> f64 {
    (seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 11) as f64 / (1u64 << 53) as f64
}

/// How many times longer than its mean something may take at most, in percent.
const SPREAD_PERCENT: u32 = 2000;

/// How long a pod's status waits at least where all is crowded: with [`SPREAD_PERCENT`] it is up to an eighth of a
/// second. Of two pods that become ready at once a controller then may see one alone.
const STATUS_WRITE: SimTime = SimTime::from_millis(6);

/// Many scenarios ran at once on few cores, with pods that did nothing: much was done at once, and now and then something
/// had to wait for its turn. A relist takes `listing` seconds on average where they are steady.
fn latency(pace: Pace, listing: f64) -> Latency {
    let (relist, pod_sync) = match pace.steady {
        false => (SimTime::from_millis(3), SimTime::ZERO),
        true => {
            let relist = SimTime::from_secs_f64(listing / (1.0 + f64::from(SPREAD_PERCENT) / 200.0));
            (relist, SimTime::from_millis(1))
        }
    };
    Latency {
        spread_percent: SPREAD_PERCENT,
        run_pod_sandbox: SimTime::from_millis(5),
        create_container: SimTime::from_millis(2),
        relist,
        pod_sync,
        status_write: if pace.crowded { STATUS_WRITE } else { SimTime::ZERO },
        ..Latency::instant()
    }
}

/// A manifest as an object; one without a namespace is in `namespace`.
pub(super) fn decode(manifest: &Value, namespace: &str) -> Result<Object, String> {
    let (mut object, errors) = Object::decode(manifest);
    if let Some(error) = errors.first() {
        return Err(format!("a manifest does not decode: {}", error.message));
    }
    let kind = lifepod_api::Kind::find(object.api_version(), object.kind());
    if object.meta().namespace.is_empty() && kind.is_none_or(|kind| kind.namespaced) {
        object.meta_mut().namespace = namespace.to_string();
    }
    Ok(object)
}

/// A calendar in which the recorded times of day, of which statuses show whole seconds and CronJobs minutes, are the
/// simulation's.
fn epoch(rows: &[Value]) -> i64 {
    let zero = zero_micros(rows).unwrap_or(1_767_225_600_000_000);
    zero - LEAD.0 as i64
}

fn zero_micros(rows: &[Value]) -> Option<i64> {
    let scheduled = rows.iter().find_map(|row| {
        let owner = row["owner"].as_str()?;
        if row["src"] != "job" || !owner.starts_with("CronJob/") {
            return None;
        }
        let minutes: i64 = row["name"].as_str()?.rsplit('-').next()?.parse().ok()?;
        let cron = rows.iter().find(|cron| {
            cron["src"] == "cronjob"
                && cron["status"]["active"].as_array().is_some_and(|jobs| jobs.contains(&row["name"]))
        })?;
        let at = cron["status"]["lastScheduleTime"].as_f64()?;
        Some(minutes * 60_000_000 - (at * 1e6) as i64)
    });
    let second = || {
        let time = rows.iter().filter(|row| row["src"] != "node").find_map(|row| {
            let condition =
                row["conditions"].as_object()?.values().find_map(|c| c["lastTransitionTime"].as_f64());
            condition.or_else(|| row["status"]["startTime"].as_f64())
        })?;
        Some(1_767_225_600_000_000 + ((-time).rem_euclid(1.0) * 1e6) as i64)
    };
    scheduled.or_else(second)
}
