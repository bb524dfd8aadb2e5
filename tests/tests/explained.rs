//! Why endpoints come and go and requests are lost, told from the client to whoever deleted the pod.

use lifepod_api::SimTime;
use lifepod_engine::trace::{Decision, RequestEnd, Requests};
use lifepod_engine::{Entry, Op, Trace, What};
use lifepod_scenario::{Options, prepare};
use lifepod_timeline::{Explanation, InstantLook, Lang, SpanLook, Subject, explain, lanes};
use serde_json::json;

/// Three servers behind a Service, replaced one by one while requests come; these fields of the container besides.
fn rolling_update(container: &str) -> Trace {
    let text = format!(
        "
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web}}
spec:
  replicas: 3
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec:
      containers:
      - {{name: web, image: 'example.com/web:1', ports: [{{containerPort: 8080}}]{container}}}
---
apiVersion: v1
kind: Service
metadata: {{name: web}}
spec: {{selector: {{app: web}}, ports: [{{port: 80, targetPort: 8080}}]}}
---
apiVersion: lifepod.dev/v1alpha1
kind: Scenario
spec:
  horizon: 2m
  behaviors:
  - pods: 'web-*'
    run: [{{after: 2s, listen: 8080}}]
    onTerm: {{after: 20ms, exit: 0}}
  actions:
  - {{at: 60s, kubectl: 'set image deployment/web web=example.com/web:2'}}
  traffic:
  - {{service: web, rps: 50, from: 20s, until: 110s}}
"
    );
    run(&text)
}

/// Two pods of which none may go, on a node that is drained.
fn drain() -> Trace {
    run("
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: web, image: 'nginx:1.29'}]
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: careful}
spec: {minAvailable: 100%, selector: {matchLabels: {app: web}}}
---
apiVersion: lifepod.dev/v1alpha1
kind: Scenario
spec:
  horizon: 1m
  cluster: {nodes: [{name: a}, {name: b}]}
  actions:
  - {at: 30s, kubectl: 'drain a --ignore-daemonsets'}
")
}

fn run(text: &str) -> Trace {
    let prepared = prepare(text, &Options::default());
    let found = || prepared.diagnostics.iter().map(|d| d.message.clone()).collect::<Vec<_>>().join("\n");
    let Some(scenario) = prepared.scenario else { panic!("{text}\n{}", found()) };
    scenario.run().trace
}

fn lost(trace: &Trace) -> impl Iterator<Item = (&Entry, &Requests)> {
    trace.entries().iter().filter_map(|entry| match &entry.what {
        What::Requests(requests) if requests.end == RequestEnd::Reset => Some((entry, requests)),
        _ => None,
    })
}

fn told(trace: &Trace, entry: &Entry, lang: Lang) -> Explanation {
    explain(trace, entry.id, lang).expect("the trace has the entry")
}

fn texts(why: &Explanation) -> String {
    why.steps.iter().map(|step| format!("{} {}\n", step.at.as_secs_f64(), step.text)).collect()
}

/// The one change that can be tried, and with which value.
fn only_trial(why: &Explanation) -> (&str, &serde_json::Value) {
    let trials: Vec<_> = why.changes.iter().flat_map(|change| &change.trials).collect();
    let [trial] = trials[..] else { panic!("{:#?}", why.changes) };
    (trial.path.as_str(), &trial.value)
}

const PROBE: &str = ", readinessProbe: {tcpSocket: {port: 8080}, periodSeconds: 2}";

#[test]
fn a_lost_request_is_traced_over_the_proxies_and_the_slice_to_the_deletion() {
    let trace = rolling_update(PROBE);
    let (entry, requests) = lost(&trace).next().expect("an update without preStop loses requests");
    let pod = &requests.backend.as_ref().expect("it was sent to a pod").name;
    let why = told(&trace, entry, Lang::En);
    let all = texts(&why);
    let links = [
        "The node's proxy went by rules of ".to_string(),
        "the EndpointSlice had withdrawn the pod ".to_string(),
        "The proxies began to write that at ".to_string(),
        "web exited with code 0".to_string(),
        format!("The EndpointSlice of web changed: {pod} is terminating, still serving."),
        format!("replicaset-controller asked for {pod} to be deleted."),
    ];
    let mut rest = all.as_str();
    for link in &links {
        rest = rest.split_once(link.as_str()).unwrap_or_else(|| panic!("{link:?} is missing in\n{all}")).1;
    }
    assert_eq!(why.steps[0].source, "pkg/proxy/iptables/proxier.go syncProxyRules");
    let field = &why.steps[0].fields[0];
    assert_eq!((field.path.as_str(), field.is_default), ("spec.containers[0].lifecycle.preStop", true));
    assert_eq!(only_trial(&why), (field.path.as_str(), &json!({"sleep": {"seconds": 5}})));

    let zh = told(&trace, entry, Lang::Zh);
    assert_eq!(zh.steps.len(), why.steps.len());
    assert!(texts(&zh).contains("就已撤下这个 Pod"), "{}", texts(&zh));
}

#[test]
fn what_is_advised_helps() {
    let advised = format!("{PROBE}, lifecycle: {{preStop: {{sleep: {{seconds: 5}}}}}}");
    assert_eq!(lost(&rolling_update(&advised)).count(), 0);
}

#[test]
fn a_server_that_nobody_asks_counts_as_ready_before_it_listens() {
    let trace = rolling_update("");
    let (entry, _) = lost(&trace).next().expect("the new pods are asked before they listen");
    let why = told(&trace, entry, Lang::En);
    assert!(why.steps[0].text.contains("without a readiness probe a pod is ready"), "{}", texts(&why));
    let probe = json!({"tcpSocket": {"port": 8080}, "periodSeconds": 2});
    assert_eq!(only_trial(&why), ("spec.containers[0].readinessProbe", &probe));
}

#[test]
fn a_request_that_was_taken_and_cut_off_is_no_matter_of_the_proxies() {
    let trace = run("
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec:
  containers:
  - name: web
    image: example.com/web:1
    ports: [{containerPort: 8080}]
    readinessProbe: {tcpSocket: {port: 8080}}
    lifecycle: {preStop: {sleep: {seconds: 3}}}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: lifepod.dev/v1alpha1
kind: Scenario
spec:
  horizon: 1m
  behaviors:
  - {pods: web, run: [{listen: 8080}, {http: {path: /report, took: 8s}}], onTerm: {exit: 0}}
  actions:
  - {at: 30s, kubectl: 'delete pod web'}
  traffic:
  - {service: web, path: /report, rps: 1, from: 20s, until: 29s, timeout: 20s}
");
    let (entry, _) = lost(&trace).next().expect("a report takes longer than the sleep");
    let why = told(&trace, entry, Lang::En);
    let text = &why.steps[0].text;
    assert!(text.contains("it was taken, and the process ended before it had answered"), "{text}");
    assert!(
        why.changes[0].text.starts_with("A process that answers what it has taken"),
        "{:#?}",
        why.changes
    );
    assert_eq!(only_trial(&why), ("spec.containers[0].lifecycle.preStop.sleep.seconds", &json!(6)));
    assert!(texts(&told(&trace, entry, Lang::Zh)).contains("请求已被接下"));
}

#[test]
fn an_endpoint_tells_what_it_became_and_why() {
    let trace = rolling_update(PROBE);
    let slices = || {
        let of_slice =
            |entry: &&Entry| matches!(&entry.what, What::Object(r) if r.object.kind() == "EndpointSlice");
        trace.entries().iter().filter(of_slice).map(|entry| told(&trace, entry, Lang::En))
    };
    let ready = slices().find(|why| why.title.ends_with(" became ready")).expect("an endpoint becomes ready");
    assert!(
        texts(&ready).contains("The readiness probe `connect :8080` of web succeeded"),
        "{}",
        texts(&ready)
    );
    assert_eq!(ready.steps[0].source, "staging/src/k8s.io/endpointslice/utils.go podToEndpoint");
    let ending =
        slices().find(|why| why.title.ends_with(" is terminating, still serving")).expect("one is deleted");
    assert!(texts(&ending).contains(" to be deleted"), "{}", texts(&ending));
    assert_eq!(only_trial(&ending).0, "spec.containers[0].lifecycle.preStop");
    assert!(slices().any(|why| why.title.ends_with(" was removed")));
}

#[test]
fn a_refused_eviction_names_the_budget_and_what_would_let_it_through() {
    let trace = drain();
    let refused =
        |entry: &&Entry| matches!(&entry.what, What::Decision(Decision::Evict { refused: Some(_), .. }));
    let all: Vec<&Entry> = trace.entries().iter().filter(refused).collect();
    assert!(all.len() > 3, "a drain asks every five seconds");
    let why = told(&trace, all[0], Lang::En);
    let text = &why.steps[0].text;
    assert!(
        text.contains("The disruption budget careful needs 2 healthy pods and has 2 currently"),
        "{text}"
    );
    let field = &why.steps[0].fields[0];
    assert_eq!((field.path.as_str(), field.value.as_str()), ("spec.minAvailable", "100%"));
    let budget = Subject::Object { kind: "PodDisruptionBudget".into(), name: "careful".into() };
    assert_eq!(field.of, budget);
    assert_eq!(why.changes[0].trials[0].of, budget);
    assert_eq!(only_trial(&why), ("spec.minAvailable", &json!(1)));

    let lanes =
        lanes(&trace, &lifepod_timeline::Options { horizon: SimTime::from_secs(60), lang: Lang::En }).lanes;
    let lane = lanes.iter().find(|lane| lane.key == "budget/default/careful").expect("the budget has a lane");
    let last = lane.spans.last().expect("it has counted");
    assert_eq!((last.text.as_str(), last.look), ("0 evictions allowed · 2/2", SpanLook::Waiting));
    let asked =
        lanes.iter().find(|lane| lane.key == "budget/default/careful/evictions").expect("it was asked");
    assert_eq!(asked.instants.len(), all.len());
    assert!(asked.instants.iter().all(|mark| mark.look == InstantLook::Fail));
    assert!(asked.instants.iter().skip(1).all(|mark| mark.quiet), "being told the same is no news");
}

#[test]
fn a_pod_that_its_kubelet_evicts_tells_which_limit_it_outgrew() {
    let trace = run("
apiVersion: v1
kind: Pod
metadata: {name: scribbler}
spec:
  containers:
  - name: app
    image: busybox
    command: [sh, -c, 'dd if=/dev/zero of=/tmp/big bs=1M count=20; sleep 3600']
    resources: {limits: {ephemeral-storage: 10Mi}}
");
    let killed = trace.entries().iter().find(|entry| {
        matches!(&entry.what, What::Call(call) if matches!(call.call, lifepod_engine::trace::Call::Exited { .. }))
    });
    let why = told(&trace, killed.expect("it does not outlive its pod"), Lang::En);
    let step = why.steps.iter().find(|step| step.text.contains("The kubelet evicted scribbler"));
    let step = step.unwrap_or_else(|| panic!("{}", texts(&why)));
    // The limits of all containers together come before a container's own.
    assert!(
        step.text.contains("Pod ephemeral local storage usage exceeds the total limit of containers 10Mi.")
    );
    let field = &step.fields[0];
    let path = "spec.containers[0].resources.limits.ephemeral-storage";
    assert_eq!((field.path.as_str(), field.value.as_str()), (path, "10Mi"));
    // The kubelet's own second of grace has nothing to do with the pod's.
    let paths = why.steps.iter().flat_map(|step| &step.fields).map(|field| &field.path);
    assert!(paths.into_iter().all(|path| !path.contains("terminationGracePeriodSeconds")));
    assert!(why.changes.iter().any(|change| change.text.contains("A larger limit")));
}

#[test]
fn a_pod_that_is_made_late_tells_that_its_controller_waited_for_a_token() {
    let trace = run("
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: web}
spec:
  replicas: 20
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: web, image: 'nginx:1.29'}]
---
apiVersion: lifepod.dev/v1alpha1
kind: Scenario
spec:
  horizon: 1m
  cluster: {controllerManager: {kubeAPIQPS: 2, kubeAPIBurst: 10}}
");
    let made = |entry: &&Entry| matches!(&entry.what, What::Object(r) if r.object.kind() == "Pod" && r.op == Op::Added);
    let made: Vec<&Entry> = trace.entries().iter().filter(made).collect();
    let why = |entry: &Entry| texts(&told(&trace, entry, Lang::En));
    let wait = "may make 2 of them a second, and 10 at once after a pause";
    assert!(!why(made[0]).contains(wait), "{}", why(made[0]));
    assert!(why(made[19]).contains(wait), "{}", why(made[19]));
    assert!(made[19].at.since(made[0].at) > SimTime::from_secs(5), "twenty Events and pods, two a second");
}
