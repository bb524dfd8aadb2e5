//! The Scenario document, from its words to a run.

use lifepod_api::SimTime;
use lifepod_engine::{ClientConnection, Command, ContainerFault, Fault, NodeFault, Scenario};
use lifepod_manifest::Severity;
use lifepod_scenario::{Options, Prepared, prepare};
use lifepod_workload::behavior::{Act, OnTerm};

const POD: &str = "\
apiVersion: v1
kind: Pod
metadata:
  name: web-0
spec:
  containers:
  - name: app
    image: example.com/app:2
    ports: [{containerPort: 8080}]
";

fn read(spec: &str) -> Prepared {
    let text = format!("{POD}---\napiVersion: lifepod.dev/v1alpha1\nkind: Scenario\nspec:\n{spec}");
    prepare(&text, &Options::default())
}

fn scenario(spec: &str) -> Scenario {
    let prepared = read(spec);
    prepared.scenario.unwrap_or_else(|| panic!("{:#?}", prepared.diagnostics))
}

/// The errors and warnings of a Scenario, as `line:column what is there: message (hint)`. Its spec begins in line 14.
fn complaints(spec: &str) -> Vec<String> {
    let text = format!("{POD}---\napiVersion: lifepod.dev/v1alpha1\nkind: Scenario\nspec:\n{spec}");
    let found = prepare(&text, &Options::default()).diagnostics;
    let own = found.iter().filter(|d| d.document == 1);
    own.map(|d| {
        let hint = if d.hint.is_empty() { String::new() } else { format!(" ({})", d.hint) };
        format!("{}:{} {}: {}{hint}", d.line, d.column, &text[d.range.clone()], d.message)
    })
    .collect()
}

#[test]
fn the_whole_document_is_read() {
    let scenario = scenario(
        "
  horizon: 10m
  seed: 7
  epoch: 2026-03-01T08:00:00Z
  cluster:
    version: \"1.19\"
    jitter: false
    latencies: {runPodSandbox: 250ms, pullBytesPerSecond: 10M}
    kubelet: {serializeImagePulls: false, crashLoopBackOff: {maxContainerRestartPeriod: 10s}}
    controllerManager: {kubeAPIQPS: -1, kubeAPIBurst: 50}
    scheduler: {clientConnection: {burst: 7}}
    nodes:
    - {name: node-1, zone: a, allocatable: {cpu: \"4\", memory: 8Gi}}
    - {name: big, count: 2, taints: [{key: gpu, effect: NoSchedule}]}
  behaviors:
  - pods: web-*
    container: app
    run: [{listen: 8080, after: 5s}, {at: 60s, http: {path: /healthz, status: 500}}, {at: 90s, oom: true}]
    onTerm: {after: 3s, exit: 0}
  images:
  - {image: example.com/app:2, pull: {size: 120Mi, error: not found, times: 2}}
  actions:
  - {at: 30s, kubectl: delete pod web-0 --grace-period=5}
  - {at: 60s, node: {name: node-1, fails: partition, for: 6m}}
  - {at: 70s, container: {pod: web-0, name: app, fails: freeze, for: 20s}}
  - at: 2m
    apply: |
      apiVersion: v1
      kind: ConfigMap
      metadata: {name: late}
  traffic: [{service: web, rps: 20}]
",
    );
    let config = &scenario.config;
    assert_eq!((config.seed, config.version.minor, scenario.horizon.as_secs()), (7, 19, 600));
    assert_eq!(config.latency.run_pod_sandbox, SimTime::from_millis(250));
    assert_eq!(config.latency.pull_bytes_per_second, 10_000_000);
    assert!(!config.kubelet.serialize_image_pulls);
    assert_eq!(config.controller_client, ClientConnection { qps: -1, burst: 50 });
    assert_eq!(config.scheduler_client, ClientConnection { qps: 50, burst: 7 });
    let names: Vec<&str> = config.nodes.iter().map(|n| n.name.as_str()).collect();
    assert_eq!(names, ["node-1", "big-1", "big-2"]);
    assert_eq!((config.images[0].size_bytes, config.images[0].times), (Some(120 << 20), Some(2)));

    let rule = &config.behaviors[0];
    let steps = &rule.behavior.runs[0].steps;
    let times: Vec<u64> = steps.iter().map(|s| s.at.as_secs()).collect();
    assert_eq!((rule.pods.as_str(), times), ("web-*", vec![5, 60, 90]));
    assert!(matches!(steps[1].act, Act::Http(ref rule) if rule.answer.status == 500));
    assert!(matches!(rule.behavior.on_term, OnTerm::Exit { after, code: 0 } if after.as_secs() == 3));

    assert_eq!(scenario.commands.len(), 5);
    let faults: Vec<&Fault> = scenario
        .commands
        .iter()
        .filter_map(|(_, command)| match command {
            Command::Fault(fault) => Some(fault),
            _ => None,
        })
        .collect();
    assert!(matches!(faults[0], Fault::Node { what: NodeFault::Partition, lasts: Some(l), .. }
        if l.as_secs() == 360));
    assert!(matches!(faults[1], Fault::Container { what: ContainerFault::Freeze(Some(_)), .. }));
    assert_eq!((scenario.traffic[0].rps, scenario.traffic[0].path.as_str()), (20, "/"));
}

#[test]
fn decoding_is_as_strict_as_a_manifests() {
    assert_eq!(
        complaints("  behaviours: []\n  horizon: 600\n  seed: x\n"),
        [
            "14:3 behaviours: unknown field \"spec.behaviours\" (did you mean `behaviors`?)",
            "15:12 600: a duration needs a unit: write 600s, or 600m",
            "16:9 x: json: cannot unmarshal string into Go struct field ScenarioSpec.spec.seed of type int64 \
             (write a number without quotes or unit)",
        ]
    );
    assert_eq!(
        complaints("  actions:\n  - at: 1d\n    kubectl: delete pod web-0\n"),
        ["15:9 1d: time: unknown unit \"d\" in duration \"1d\""]
    );
}

#[test]
fn steps_that_make_no_sense_are_refused_where_they_stand() {
    let behavior = |steps: &str| complaints(&format!("  behaviors:\n  - pods: web-0\n    run:\n{steps}"));
    assert_eq!(
        behavior("    - at: 5s\n"),
        [
            "17:7 at: a step needs one of listen, close, http, grpc, hang, resume, print, memory, write, remove, exit, \
          signal, oom"
        ]
    );
    assert_eq!(
        behavior("    - {at: 5s, exit: 1, oom: true}\n"),
        ["17:30 true: a step may have only one of exit, oom (write two of them)"]
    );
    assert_eq!(
        behavior("    - {at: 5s, exit: 1}\n    - {at: 2s, print: late}\n"),
        ["18:12 2s: steps stand in the order of their times: this is before the step above"]
    );
    assert_eq!(behavior("    - listen: 70000\n"), ["17:15 70000: 70000 is not between 1 and 65535"]);
    assert_eq!(
        behavior("    - {listen: 80, protocol: http}\n"),
        ["17:30 http: \"http\" is none of HTTP, HTTPS, TCP, GRPC, GRPCWithoutHealth (did you mean `HTTP`?)"]
    );
    assert_eq!(behavior("    - {oom: true, message: x}\n"), ["17:28 x: message belongs to exit"]);
    assert_eq!(behavior("    - signal: BOOM\n"), ["17:15 BOOM: \"BOOM\" is no signal; SEGV is one"]);
}

#[test]
fn a_behaviour_of_nobody_is_warned_of() {
    let found = complaints("  behaviors:\n  - {pods: web-0, container: ap}\n");
    assert_eq!(found, ["15:30 ap: no pod here has a container \"ap\" (did you mean `app`?)"]);
}

#[test]
fn answers_by_time_fail_before_the_first() {
    let scenario = scenario(
        "
  behaviors:
  - pods: web-0
    exec: [{command: [cat, /ok], answers: [{at: 10s}, {at: 20s, exit: 1, output: gone, took: 2s}]}]
    http: [{path: /ready, answers: [{at: 5s}]}]
    memory: [{use: 10Mi}, {at: 60s, use: 100Mi}]
",
    );
    let behavior = &scenario.config.behaviors[0].behavior;
    let codes: Vec<(u64, i32)> =
        behavior.exec[0].answers.iter().map(|(at, answer)| (at.as_secs(), answer.exit_code)).collect();
    assert_eq!(codes, [(10, 0), (20, 1)]);
    let statuses: Vec<(u64, u16)> = behavior.runs[0]
        .steps
        .iter()
        .filter_map(|step| match &step.act {
            Act::Http(rule) => Some((step.at.as_secs(), rule.answer.status)),
            _ => None,
        })
        .collect();
    assert_eq!(statuses, [(0, 503), (5, 200)]);
    // Nothing is said of its life, so it serves what it declares.
    assert!(behavior.runs[0].steps.iter().any(|step| matches!(step.act, Act::ListenDeclared { .. })));
    assert!(behavior.runs[0].steps.iter().any(
        |step| matches!(step.act, Act::Memory { bytes, over } if bytes == 100 << 20 && over.as_secs() == 60)
    ));
}

#[test]
fn a_behaviour_travels_in_an_annotation() {
    let text = POD.replace(
        "  name: web-0\n",
        "  name: web-0\n  annotations:\n    lifepod.dev/app: |\n      run:\n      - {after: 2s, exit: 3}\n",
    );
    let run = prepare(&text, &Options::default()).scenario.expect("it runs").run();
    let exits = |entry: &lifepod_engine::Entry| format!("{:?}", entry.what).contains("exit_code: 3");
    assert!(run.trace.entries().iter().any(exits));
}

#[test]
fn what_is_wrong_in_an_annotation_is_shown_in_the_text() {
    let annotated = |annotation: &str| {
        let text = POD.replace("  name: web-0\n", &format!("  name: web-0\n  annotations:\n{annotation}"));
        let found = prepare(&text, &Options::default()).diagnostics;
        found
            .iter()
            .filter(|d| d.path.contains("annotations"))
            .map(|d| {
                let hint = if d.hint.is_empty() { String::new() } else { format!(" ({})", d.hint) };
                format!("{}:{} {}: {}{hint}", d.line, d.column, &text[d.range.clone()], d.message)
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(
        annotated(
            "    lifepod.dev/app: |\n      run:\n      - {after: 2s, exit: 3}\n      - {after: 2, oom: true}\n"
        ),
        ["9:17 2: a duration needs a unit: write 2s, or 2m"]
    );
    assert_eq!(
        annotated("    lifepod.dev/app: \"run: [{exti: 3}]\"\n"),
        ["6:30 exti: unknown field \"run[0].exti\" (did you mean `exit`?)"]
    );
    assert_eq!(
        annotated("    lifepod.dev/ap: \"run: []\"\n"),
        [
            "6:21 \"run: []\": this pod has no container \"ap\": nothing behaves so (did you mean `lifepod.dev/app`?)"
        ]
    );
}

#[test]
fn what_is_wrong_in_applied_manifests_is_shown_in_the_text() {
    let spec = "  actions:\n  - at: 2m\n    apply: |\n      apiVersion: v1\n      kind: Podd\n";
    assert_eq!(
        complaints(spec),
        ["18:13 Podd: no matches for kind \"Podd\" in version \"v1\" (did you mean `Pod`?)"]
    );
}

#[test]
fn actions_say_what_and_when() {
    assert_eq!(
        complaints("  actions:\n  - kubectl: delete pod web-0\n"),
        ["15:5 kubectl: required: when it happens, such as 30s"]
    );
    let found = complaints("  actions:\n  - {at: 1s, node: {name: node-1, fails: Partition}}\n");
    assert_eq!(found.len(), 1);
    assert!(found[0].ends_with("(did you mean `partition`?)"), "{found:?}");
    assert!(read("  traffic: [{service: web}]\n").diagnostics.iter().any(|d| d.severity == Severity::Error));
}

#[test]
fn what_is_wrong_is_said_in_chinese_too() {
    let spec = r#"  cluster:
    version: "9.9"
    nodes: [{count: 0}]
    kubelet: {evictionHard: {memory.available: 200%}, evictionSoft: {pid.available: 5%}}
  behaviors:
  - pods: web-0
    container: ap
    onTerm: {ignore: true, drain: true}
    run:
    - {at: 9s, listen: 80, protocol: HTPP}
    - {at: 5s, after: 1s, exit: 3, message: bye, stderr: true}
    - {memory: {}}
    - {print: a, oom: true}
  actions:
  - {kubectl: delete pod web-0}
  - {at: 5s}
  - {at: 5s, node: {fails: powerLos}}
  traffic:
  - {service: web, rps: 0}
  - {rps: 1, node: nowhere, from: 9s, until: 5s}
  outside:
  - {fails: refused, status: 200}
"#;
    let found = read(spec).diagnostics;
    assert!(found.len() >= 18, "{found:#?}");
    for said in &found {
        assert!(said.message_zh.chars().any(|c| c >= '\u{4e00}'), "only in English: {said:#?}");
    }
}
