//! What workload controllers promise, whatever is done to them: random actions on random workloads, and the whole trace
//! is looked through.
//!
//! `PROMISE_TRIES` says on how many clusters each promise is tried; a failure names its seed, and `PROMISE_FIRST` with that
//! number begins there.

use lifepod_api::{DaemonSet, Job, Object, ObjectKey, Pod, PodCondition, SimTime, StatefulSet};
use lifepod_engine::trace::Call;
use lifepod_engine::{Op, Trace, What};
use lifepod_scenario::{Options, prepare};
use lifepod_tests::dice::{Dice, seeds};
use lifepod_tests::story::Story;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// How many random clusters continuous integration tries each promise on.
const TRIES: u64 = 25;

/// What a controller goes by is so old at most: its watch, and its turn.
const KNOWN_LATE: SimTime = SimTime::from_millis(20);

/// Runs a manifest with these actions on three nodes.
fn run(manifest: &str, actions: &str, seed: u64) -> Story {
    let text = format!(
        "{manifest}\n---\napiVersion: lifepod.dev/v1alpha1\nkind: Scenario\nspec:\n  horizon: 5m\n  seed: {seed}\n  \
         cluster: {{nodes: [{{name: a}}, {{name: b}}, {{name: c}}]}}\n  actions:\n{actions}"
    );
    let prepared = prepare(&text, &Options::default());
    let found = || prepared.diagnostics.iter().map(|d| d.message.clone()).collect::<Vec<_>>().join("\n");
    let Some(scenario) = prepared.scenario else { panic!("{text}\n{}", found()) };
    let trace = Story(scenario.run());
    pods_stay_where_they_are_or_wait_for_a_reason(&trace, seed);
    trace
}

/// A pod's node never changes; and a pod without one that has waited for long was told why.
fn pods_stay_where_they_are_or_wait_for_a_reason(trace: &Trace, seed: u64) {
    let mut nodes: BTreeMap<&str, &str> = BTreeMap::new();
    let mut waiting: BTreeMap<&str, (SimTime, &Pod)> = BTreeMap::new();
    for entry in trace.entries() {
        let What::Object(revision) = &entry.what else { continue };
        let Object::Pod(pod) = &*revision.object else { continue };
        let (uid, node) = (pod.metadata.uid.as_str(), pod.spec.node_name.as_str());
        if node.is_empty() && revision.op != Op::Deleted {
            let since = waiting.get(uid).map_or(entry.at, |(since, _)| *since);
            waiting.insert(uid, (since, pod));
        } else {
            waiting.remove(uid);
        }
        if !node.is_empty() {
            let was = *nodes.entry(uid).or_insert(node);
            assert_eq!(was, node, "seed {seed}: {} moved at {}", pod.metadata.name, entry.at);
        }
    }
    let end = trace.entries().last().map_or(SimTime::ZERO, |entry| entry.at);
    for (since, pod) in waiting.into_values() {
        let told =
            |c: &PodCondition| c.type_ == "PodScheduled" && c.status == "False" && !c.message.is_empty();
        let told = pod.status.conditions.iter().any(told);
        let young = end.since(since) < SimTime::from_secs(1);
        assert!(told || young, "seed {seed}: {} waits for no reason", pod.metadata.name);
    }
}

/// Some actions at random times within three minutes.
fn actions(dice: &mut Dice, mut one: impl FnMut(&mut Dice) -> String) -> String {
    let mut text = String::new();
    for _ in 0..3 + dice.below(10) {
        let (at, action) = (dice.below(180_000), one(dice));
        let _ = writeln!(text, "  - {{at: {}.{:03}s, kubectl: \"{action}\"}}", at / 1000, at % 1000);
    }
    text
}

/// The revisions of all objects of one type, in order.
fn revisions(trace: &Trace) -> impl Iterator<Item = (Op, &Object)> {
    trace.entries().iter().filter_map(|entry| match &entry.what {
        What::Object(revision) => Some((revision.op, &*revision.object)),
        _ => None,
    })
}

fn stateful_set(dice: &mut Dice) -> String {
    format!(
        "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {{name: web}}\nspec:\n  serviceName: web\n  replicas: \
         {}\n  podManagementPolicy: {}\n  minReadySeconds: {}\n  selector: {{matchLabels: {{app: web}}}}\n  \
         template:\n    metadata: {{labels: {{app: web}}}}\n    spec:\n      terminationGracePeriodSeconds: {}\n      \
         containers:\n      - name: web\n        image: busybox\n        command: ['sh', '-c', '{}']\n",
        dice.below(5),
        dice.of(&["OrderedReady", "Parallel"]),
        dice.below(4),
        1 + dice.below(20),
        dice.of(&["sleep 1000", "trap \\\"\\\" TERM; sleep 1000", "sleep 20; exit 1", "sleep 9"])
            .replace('\\', ""),
    )
}

fn on_stateful_set(dice: &mut Dice) -> String {
    match dice.below(4) {
        0 => format!("scale statefulset/web --replicas={}", dice.below(6)),
        1 => format!("set image statefulset/web web=busybox:1.3{}", dice.below(8)),
        2 => "rollout undo statefulset/web".to_string(),
        _ => format!("delete pod web-{}", dice.below(5)),
    }
}

#[test]
fn two_pods_of_a_stateful_set_with_one_name_never_run_together() {
    for seed in seeds(TRIES) {
        let mut dice = Dice(seed);
        let manifest = stateful_set(&mut dice);
        let trace = run(&manifest, &actions(&mut dice, on_stateful_set), seed);
        let mut running: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for entry in trace.entries() {
            let What::Call(call) = &entry.what else { continue };
            let of_name = running.entry(&call.pod.name).or_default();
            match &call.call {
                Call::StartContainer { error: None, .. } => {
                    of_name.insert(&call.pod.uid);
                    assert_eq!(of_name.len(), 1, "seed {seed}: two {} run at {}", call.pod.name, entry.at);
                }
                Call::Exited { .. } => {
                    of_name.remove(call.pod.uid.as_str());
                }
                _ => {}
            }
        }
    }
}

#[test]
fn an_ordered_stateful_set_makes_no_pod_before_those_below_it_are_ready() {
    for seed in seeds(TRIES) {
        let mut dice = Dice(seed);
        let manifest = stateful_set(&mut dice).replace("Parallel", "OrderedReady");
        let trace = run(&manifest, &actions(&mut dice, on_stateful_set), seed);
        // When each pod was seen ready last, as long as it is: now.
        let mut ready_until: BTreeMap<u32, SimTime> = BTreeMap::new();
        let mut ready: BTreeSet<u32> = BTreeSet::new();
        let mut made = 0;
        for entry in trace.entries() {
            let What::Object(revision) = &entry.what else { continue };
            let Object::Pod(pod) = &*revision.object else { continue };
            let ordinal: u32 = pod.metadata.name.trim_start_matches("web-").parse().expect("an ordinal");
            if revision.op == Op::Added {
                made += 1;
                let was_ready = |below: u32| {
                    let knew = ready_until.get(&below).map(|until| entry.at.since(*until) < KNOWN_LATE);
                    ready.contains(&below) || knew == Some(true)
                };
                assert!((0..ordinal).all(was_ready), "seed {seed}: {} came too early", pod.metadata.name);
            }
            let is_ready = pod.status.conditions.iter().any(|c| c.type_ == "Ready" && c.status == "True");
            if is_ready && revision.op != Op::Deleted {
                ready.insert(ordinal);
            } else if ready.remove(&ordinal) {
                ready_until.insert(ordinal, entry.at);
            }
        }
        let wanted = revisions(&trace)
            .filter_map(|(_, object)| <StatefulSet as lifepod_api::Resource>::of(object)?.spec.replicas)
            .max();
        assert!(made > 0 || wanted == Some(0), "seed {seed}: nothing happened");
    }
}

#[test]
fn a_job_counts_each_pod_once_and_runs_no_more_than_it_may() {
    for seed in seeds(TRIES) {
        let mut dice = Dice(seed);
        let manifest = format!(
            "apiVersion: batch/v1\nkind: Job\nmetadata: {{name: work}}\nspec:\n  completions: {}\n  parallelism: {}\n  \
             backoffLimit: {}\n  completionMode: {}\n  podReplacementPolicy: {}\n  template:\n    spec:\n      \
             restartPolicy: {}\n      terminationGracePeriodSeconds: 3\n      containers:\n      - name: work\n        \
             image: busybox\n        command: ['sh', '-c', 'sleep {}; exit {}']\n",
            1 + dice.below(6),
            dice.below(4),
            dice.below(7),
            dice.of(&["NonIndexed", "Indexed"]),
            dice.of(&["TerminatingOrFailed", "Failed"]),
            dice.of(&["Never", "OnFailure"]),
            dice.below(15),
            dice.of(&["0", "0", "$(($RANDOM % 2))", "1"]),
        );
        let trace = run(
            &manifest,
            &actions(&mut dice, |dice| match dice.below(3) {
                0 => format!(
                    "patch job work -p '{{\\\"spec\\\":{{\\\"suspend\\\":{}}}}}'",
                    dice.of(&["true", "false"])
                ),
                1 => {
                    format!("patch job work -p '{{\\\"spec\\\":{{\\\"parallelism\\\":{}}}}}'", dice.below(5))
                }
                _ => "delete pod -l job-name=work --wait=false".to_string(),
            }),
            seed,
        );
        let (mut made, mut before): (i32, Option<&Job>) = (0, None);
        let mut most = 0;
        for (op, object) in revisions(&trace) {
            made += i32::from(op == Op::Added && matches!(object, Object::Pod(_)));
            let Object::Job(job) = object else { continue };
            let status = &job.status;
            most = most.max(job.spec.parallelism.unwrap_or(1));
            let completions = job.spec.completions.unwrap_or(1);
            assert!(status.active <= most, "seed {seed}: {} of {most} are active", status.active);
            assert!(status.succeeded <= completions, "seed {seed}: {} succeeded", status.succeeded);
            assert!(status.succeeded + status.failed <= made, "seed {seed}: a pod was counted twice");
            if let Some(before) = before {
                let counts = |job: &Job| (job.status.succeeded, job.status.failed);
                let (was, is) = (counts(before), counts(job));
                assert!(is.0 >= was.0 && is.1 >= was.1, "seed {seed}: {was:?} became {is:?}");
                let ended = |job: &Job| {
                    job.status.conditions.iter().any(|c| c.type_ == "Complete" || c.type_ == "Failed")
                };
                assert!(!ended(before) || ended(job), "seed {seed}: the Job rose from the dead");
            }
            before = Some(job);
        }
        assert!(before.is_some(), "seed {seed}: there was no Job");
    }
}

#[test]
fn a_daemon_set_without_surge_has_one_living_pod_on_a_node() {
    for seed in seeds(TRIES) {
        let mut dice = Dice(seed);
        let manifest = format!(
            "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {{name: agent}}\nspec:\n  updateStrategy: \
             {{rollingUpdate: {{maxUnavailable: {}}}}}\n  selector: {{matchLabels: {{app: agent}}}}\n  template:\n    \
             metadata: {{labels: {{app: agent}}}}\n    spec:\n      terminationGracePeriodSeconds: 3\n      \
             containers:\n      - {{name: agent, image: busybox, command: ['sleep', '1000']}}\n",
            1 + dice.below(3),
        );
        let trace = run(
            &manifest,
            &actions(&mut dice, |dice| match dice.below(4) {
                0 => format!("set image daemonset/agent agent=busybox:1.3{}", dice.below(8)),
                1 => format!(
                    "taint node {} x=y:{} --overwrite",
                    dice.of(&["a", "b", "c"]),
                    dice.of(&["NoSchedule", "NoExecute"])
                ),
                2 => format!("cordon {}", dice.of(&["a", "b", "c"])),
                _ => "delete pod -l app=agent --wait=false".to_string(),
            }),
            seed,
        );
        let mut living: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        let mut seen = false;
        for (op, object) in revisions(&trace) {
            if let Object::DaemonSet(DaemonSet { status, .. }) = object {
                seen |= status.number_ready > 0;
                assert!(status.number_ready <= status.desired_number_scheduled, "seed {seed}");
            }
            let Object::Pod(pod) = object else { continue };
            let on_node = living.entry(&pod.spec.node_name).or_default();
            if op == Op::Deleted || pod.metadata.deletion_timestamp.is_some() {
                on_node.remove(pod.metadata.uid.as_str());
            } else if !pod.spec.node_name.is_empty() {
                on_node.insert(&pod.metadata.uid);
                assert_eq!(on_node.len(), 1, "seed {seed}: two pods on {}", pod.spec.node_name);
            }
        }
        assert!(seen, "seed {seed}: no pod ever was ready");
    }
}

/// A Deployment whose pods start and stay, so that what lacks lacks by the rollout alone, and its replicas, surge,
/// unavailability and `minReadySeconds` as numbers.
fn deployment(dice: &mut Dice) -> (String, [i32; 4]) {
    let (replicas, surge) = (1 + dice.below(6) as i32, dice.below(4) as i32);
    // Both may not be zero.
    let unavailable = dice.below(3) as i32 + i32::from(surge == 0);
    let min_ready_seconds = dice.below(6) as i32;
    let manifest = format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec:\n  replicas: {replicas}\n  \
         minReadySeconds: {min_ready_seconds}\n  strategy: {{rollingUpdate: {{maxSurge: {surge}, maxUnavailable: \
         {unavailable}}}}}\n  selector: {{matchLabels: {{app: web}}}}\n  template:\n    metadata: {{labels: {{app: web}}}}\n    spec:\n      \
         terminationGracePeriodSeconds: {}\n      containers:\n      - {{name: web, image: busybox, command: ['sleep', \
         '1000']}}\n",
        1 + dice.below(15),
    );
    (manifest, [replicas, surge, unavailable, min_ready_seconds])
}

/// How many are ready is promised without `minReadySeconds` only. With it, pods that are ready but not available yet are
/// unhealthy to the controller: a second rollout soon after removes as many as there are of them
/// (`cleanupUnhealthyReplicas`). These may be all that are ready. And the ReplicaSet may choose others in their place: to
/// it a ready pod on a node with more of its kind goes before one that is ready since later (`ActivePodsWithRanks`).
#[test]
fn a_rolling_update_stays_between_surge_and_availability() {
    for seed in seeds(TRIES) {
        let mut dice = Dice(seed);
        let (manifest, [replicas, surge, unavailable, min_ready_seconds]) = deployment(&mut dice);
        let trace = run(
            &manifest,
            &actions(&mut dice, |dice| match dice.below(3) {
                0 => format!("set image deployment/web web=busybox:1.3{}", dice.below(8)),
                1 => "rollout restart deployment/web".to_string(),
                _ => "rollout undo deployment/web".to_string(),
            }),
            seed,
        );
        let (mut sizes, mut living, mut ready) = (BTreeMap::new(), BTreeSet::new(), BTreeSet::new());
        let mut was_full = false;
        for (op, object) in revisions(&trace) {
            match object {
                Object::ReplicaSet(set) => {
                    let size = if op == Op::Deleted { 0 } else { set.spec.replicas.unwrap_or(1) };
                    sizes.insert(&set.metadata.uid, size);
                    let total: i32 = sizes.values().sum();
                    assert!(total <= replicas + surge, "seed {seed}: {total} replicas were wanted");
                }
                Object::Pod(pod) => {
                    let lives = op != Op::Deleted && pod.metadata.deletion_timestamp.is_none();
                    let holds = |set: &mut BTreeSet<_>, holds| {
                        if holds {
                            set.insert(&pod.metadata.uid)
                        } else {
                            set.remove(&pod.metadata.uid)
                        };
                    };
                    let conditions = &pod.status.conditions;
                    let is_ready = conditions.iter().any(|c| c.type_ == "Ready" && c.status == "True");
                    holds(&mut living, lives);
                    holds(&mut ready, lives && is_ready);
                }
                _ => continue,
            }
            let (living, ready) = (living.len() as i32, ready.len() as i32);
            assert!(living <= replicas + surge, "seed {seed}: there were {living} pods");
            was_full |= ready >= replicas;
            let least = if min_ready_seconds == 0 { (replicas - unavailable).max(0) } else { 0 };
            assert!(!was_full || ready >= least, "seed {seed}: only {ready} of {least} were ready");
        }
        assert!(was_full, "seed {seed}: the Deployment never was complete");
    }
}

#[test]
fn whatever_has_lost_all_its_owners_is_collected() {
    for seed in seeds(TRIES) {
        let mut dice = Dice(seed);
        let (manifest, _) = deployment(&mut dice);
        let trace = run(
            &manifest,
            &actions(&mut dice, |dice| {
                let what = dice.of(&["deployment web", "replicasets -l app=web", "pods -l app=web"]);
                let cascade = dice.of(&["background", "foreground", "orphan"]);
                match dice.below(3) {
                    0 => "rollout restart deployment/web".to_string(),
                    _ => format!("delete {what} --cascade={cascade} --wait=false"),
                }
            }),
            seed,
        );
        let mut living: BTreeMap<ObjectKey, &Object> = BTreeMap::new();
        for (op, object) in revisions(&trace) {
            match op {
                Op::Deleted => living.remove(&object.key()),
                _ => living.insert(object.key(), object),
            };
        }
        let uids: BTreeSet<&str> = living.values().map(|object| object.meta().uid.as_str()).collect();
        for (key, object) in &living {
            let owners = &object.meta().owner_references;
            let owned = owners.is_empty() || owners.iter().any(|owner| uids.contains(owner.uid.as_str()));
            assert!(owned, "seed {seed}: {key} has lost its owners and lives");
            let waits = object.meta().deletion_timestamp.is_some();
            assert!(!waits, "seed {seed}: {key} waits for ever to be deleted");
        }
    }
}

#[test]
fn no_drain_takes_a_pod_that_its_budget_counts_on() {
    for seed in seeds(TRIES) {
        let mut dice = Dice(seed);
        let (manifest, [replicas, ..]) = deployment(&mut dice);
        let least = dice.below(replicas as u64 + 1) as i32;
        let budget = format!(
            "---\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {{name: web}}\nspec: {{minAvailable: \
             {least}, selector: {{matchLabels: {{app: web}}}}}}"
        );
        let trace = run(
            &format!("{manifest}{budget}"),
            &actions(&mut dice, |dice| {
                let node = dice.of(&["a", "b", "c"]);
                match dice.below(3) {
                    0 => format!("uncordon {node}"),
                    _ => format!("drain {node} --timeout={}s", 5 + dice.below(60)),
                }
            }),
            seed,
        );
        let mut healthy: BTreeSet<&str> = BTreeSet::new();
        let mut evicted: BTreeSet<&str> = BTreeSet::new();
        for (op, object) in revisions(&trace) {
            let Object::Pod(pod) = object else { continue };
            let uid = pod.metadata.uid.as_str();
            let holds =
                |type_: &str| pod.status.conditions.iter().any(|c| c.type_ == type_ && c.status == "True");
            let lives = op != Op::Deleted && pod.metadata.deletion_timestamp.is_none();
            let was_healthy = healthy.remove(uid);
            let disrupted = holds("DisruptionTarget");
            if lives && holds("Ready") && !disrupted {
                healthy.insert(uid);
            }
            if disrupted && evicted.insert(uid) && was_healthy {
                let left = healthy.len() as i32;
                assert!(
                    left >= least,
                    "seed {seed}: {} was evicted, {left} of {least} left",
                    pod.metadata.name
                );
            }
        }
    }
}
