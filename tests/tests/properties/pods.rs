//! Random pods, what their processes do, and what is done to them.

use lifepod_api::{Object, ObjectKey, SimTime};
use lifepod_engine::{BehaviorRule, Command, Config, DeleteOptions, ImageRule, RuntimeFault};
use lifepod_workload::behavior::{Act, Behavior, OnTerm, Run, Step};
use serde_json::{Value, json};
use std::sync::Arc;

/// How long a case runs.
pub const HORIZON: SimTime = SimTime::from_secs(200);

/// The name of the pod of every case.
pub const POD: &str = "p";
const NODE: &str = "node-1";

/// One case.
#[derive(Debug)]
pub struct Case {
    /// The cluster, with the behaviours of the pod's processes.
    pub config: Config,
    /// What is done, in order.
    pub commands: Vec<(SimTime, Command)>,
    /// The pod as it is posted.
    pub manifest: Value,
    /// Something happens to the kubelet or to the runtime.
    pub has_faults: bool,
    /// The longest that a kubelet may be busy before it looks at a deletion: hooks, pulls and kills under way.
    pub busy: SimTime,
}

/// A sequence of random choices (SplitMix64).
struct Choices(u64);

impl Choices {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    fn of<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len() as u64) as usize]
    }

    /// Up to `seconds`, in hundredths.
    fn time(&mut self, seconds: u64) -> SimTime {
        SimTime::from_millis(self.below(seconds * 100) * 10)
    }
}

impl Case {
    /// The case of that number.
    pub fn random(seed: u64) -> Case {
        let mut choices = Choices(seed);
        let c = &mut choices;
        let names = ["a", "b", "c"];
        let inits = ["i", "j"];
        let apps = 1 + c.below(3) as usize;
        let init = c.of(&[0, 0, 1, 2]);
        let grace = c.of(&[0, 1, 5, 12]);
        let mut spec = json!({
            "restartPolicy": c.of(&["Always", "OnFailure", "Never"]),
            "terminationGracePeriodSeconds": grace,
            "containers": names[..apps].iter().map(|name| container(c, name, false)).collect::<Vec<_>>(),
            "initContainers": inits[..init].iter().map(|name| container(c, name, true)).collect::<Vec<_>>(),
        });
        if c.one_in(10) {
            spec["activeDeadlineSeconds"] = json!(3 + c.below(40));
        }
        let manifest = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": POD}, "spec": spec});
        let all: Vec<&str> = names[..apps].iter().chain(&inits[..init]).copied().collect();
        let behaviors = all.iter().map(|name| BehaviorRule {
            pods: POD.to_string(),
            container: (*name).to_string(),
            behavior: Arc::new(behavior(c, inits.contains(name))),
        });
        let config = Config {
            seed,
            behaviors: behaviors.collect(),
            images: vec![ImageRule {
                image: "flaky".to_string(),
                error: Some("not found".to_string()),
                times: Some(1),
                ..ImageRule::default()
            }],
            ..Config::default()
        };
        let mut commands = vec![(SimTime::ZERO, create(&manifest))];
        let mut has_faults = false;
        if c.one_in(3) {
            has_faults = true;
            for _ in 0..=c.below(2) {
                let at = c.time(60);
                commands.extend(fault(c, at, &all));
            }
        }
        if c.one_in(2) {
            let options = DeleteOptions {
                grace_period_seconds: c.of(&[None, None, Some(2), Some(20)]),
                ..DeleteOptions::default()
            };
            commands
                .push((c.time(90), Command::Delete { key: ObjectKey::new("Pod", "default", POD), options }));
        }
        // A hook of six seconds for each container, a kill under way with its own grace, and a pull.
        let busy = SimTime::from_secs(6 * all.len() as u64 + grace.max(2) * all.len() as u64 + 10);
        Case { config, commands, manifest, has_faults, busy }
    }
}

fn create(manifest: &Value) -> Command {
    let (object, errors) = Object::decode(manifest);
    assert!(errors.is_empty(), "{errors:?}");
    Command::Create(Box::new(object))
}

fn container(c: &mut Choices, name: &str, init: bool) -> Value {
    let sidecar = init && c.one_in(2);
    let image = if c.one_in(12) { "flaky" } else { "busybox" };
    let mut container = json!({"name": name, "image": image});
    if sidecar {
        container["restartPolicy"] = json!("Always");
    }
    if init && !sidecar {
        return container;
    }
    for probe in ["startupProbe", "readinessProbe", "livenessProbe"] {
        if c.one_in(4) {
            let words = match c.below(4) {
                0 => format!("okfrom={}", c.below(8)),
                1 => format!("okuntil={}", c.below(20)),
                2 => format!("took={}", c.below(3)),
                _ => "fail=0".to_string(),
            };
            container[probe] = json!({
                "exec": {"command": ["probe", words]},
                "periodSeconds": 1 + c.below(4),
                "failureThreshold": 1 + c.below(3),
            });
        }
    }
    for hook in ["postStart", "preStop"] {
        if c.one_in(8) {
            let words = format!("took={}", c.below(6));
            container["lifecycle"][hook] = json!({"exec": {"command": ["probe", words]}});
        }
    }
    container
}

fn behavior(c: &mut Choices, init: bool) -> Behavior {
    let runs = (0..=c.below(3)).map(|_| {
        let code = c.of(&[0, 0, 1, 3]);
        let at = c.time(if init { 4 } else { 25 });
        let ends = init || !c.one_in(3);
        let act = if c.one_in(12) { Act::Oom } else { Act::Exit { code, message: String::new() } };
        Run { start_error: None, steps: ends.then_some(Step { at, act }).into_iter().collect() }
    });
    let runs = runs.collect();
    let on_term = match c.below(4) {
        0 => OnTerm::Ignore,
        _ => OnTerm::Exit { after: c.time(6), code: c.of(&[0, 143]) },
    };
    Behavior { runs, on_term, probe_words: true, ..Behavior::default() }
}

fn fault(c: &mut Choices, at: SimTime, containers: &[&str]) -> Vec<(SimTime, Command)> {
    let container = c.of(containers).to_string();
    let of_runtime = |fault| {
        let (namespace, pod) = ("default".to_string(), POD.to_string());
        vec![(at, Command::RuntimeFault { namespace, pod, fault })]
    };
    match c.below(6) {
        0 => of_runtime(RuntimeFault::Exit { container, code: 9 }),
        1 => of_runtime(RuntimeFault::SandboxDies),
        2 => of_runtime(RuntimeFault::LoseContainer { container }),
        3 => of_runtime(RuntimeFault::LoseExited { container }),
        4 => of_runtime(RuntimeFault::SandboxNotReady),
        _ => {
            let back = at + SimTime::from_secs(1 + c.below(20));
            let node = NODE.to_string();
            vec![(at, Command::StopKubelet { node: node.clone() }), (back, Command::StartKubelet { node })]
        }
    }
}
