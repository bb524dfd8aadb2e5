//! What a process or a client finds when it calls somebody: each case a small cluster, looked at from outside.

use lifepod_api::Object;
use lifepod_engine::trace::{Call, RequestEnd};
use lifepod_engine::{Op, Trace, What};
use lifepod_scenario::{Options, prepare};
use std::collections::BTreeMap;

fn run(manifests: &str, spec: &str) -> Trace {
    let text = format!(
        "{manifests}\n---\napiVersion: lifepod.dev/v1alpha1\nkind: Scenario\nspec:\n  horizon: 1m\n  cluster: {{nodes: \
         [{{name: a, zone: east}}, {{name: b, zone: west}}]}}\n{spec}"
    );
    let prepared = prepare(&text, &Options::default());
    let found = || prepared.diagnostics.iter().map(|d| d.message.clone()).collect::<Vec<_>>().join("\n");
    let Some(scenario) = prepared.scenario else { panic!("{text}\n{}", found()) };
    scenario.run().trace
}

/// A server on a node, with the label `app: web`.
fn server(name: &str, node: &str) -> String {
    format!(
        "---\napiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, labels: {{app: web}}}}\nspec:\n  nodeName: {node}\n  \
         containers: [{{name: web, image: 'nginx:1.29', ports: [{{containerPort: 80}}]}}]\n"
    )
}

/// A Service in front of the servers, with these fields besides.
fn service(fields: &str) -> String {
    format!(
        "---\napiVersion: v1\nkind: Service\nmetadata: {{name: web}}\nspec: {{selector: {{app: web}}, ports: [{{port: 80, \
         nodePort: 0}}]{fields}}}\n"
    )
}

/// A pod that runs a script once.
fn script(node: &str, text: &str) -> String {
    let lines: String = text.lines().map(|line| format!("      {line}\n")).collect();
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: client}}\nspec:\n  nodeName: {node}\n  restartPolicy: Never\n  \
         containers:\n  - name: client\n    image: busybox\n    command:\n    - sh\n    - -c\n    - |\n{lines}"
    )
}

/// What a pod wrote.
fn output(trace: &Trace, pod: &str) -> Vec<String> {
    let lines = trace.entries().iter().filter_map(|entry| match &entry.what {
        What::Call(call) if call.pod.name == pod => match &call.call {
            Call::Output { line, .. } => Some(line.clone()),
            _ => None,
        },
        _ => None,
    });
    lines.collect()
}

/// How many requests went to each pod, and how they ended.
fn ends(trace: &Trace) -> BTreeMap<(String, RequestEnd), u32> {
    let mut ends = BTreeMap::new();
    for entry in trace.entries() {
        if let What::Requests(r) = &entry.what {
            let pod = r.backend.as_ref().map_or("nobody", |pod| &pod.name);
            *ends.entry((pod.to_string(), r.end)).or_insert(0) += r.count;
        }
    }
    ends
}

fn served_by(trace: &Trace) -> Vec<String> {
    ends(trace).into_keys().filter(|(_, end)| *end == RequestEnd::Served).map(|(pod, _)| pod).collect()
}

#[test]
fn a_node_port_is_open_on_every_node_and_others_refuse() {
    let text = "sleep 15\nwget -qO- http://192.168.0.11:30080/ | grep -c title\nnc -w 1 192.168.0.11 30081";
    let web = service(", type: NodePort").replace("nodePort: 0", "nodePort: 30080");
    let trace = run(&(script("b", text) + &server("web", "a") + &web), "");
    let lines = output(&trace, "client");
    assert_eq!(lines[0], "1", "{lines:?}");
    assert!(lines[1].contains("Connection refused"), "{lines:?}");
}

#[test]
fn affinity_keeps_a_client_with_its_pod() {
    let servers = || server("web-0", "a") + &server("web-1", "b");
    let traffic = "  traffic: [{service: web, rps: 20, from: 20s}]\n";
    let trace = run(&(servers() + &service("")), traffic);
    assert_eq!(served_by(&trace), ["web-0", "web-1"]);
    let trace = run(&(servers() + &service(", sessionAffinity: ClientIP")), traffic);
    assert_eq!(served_by(&trace).len(), 1);
}

#[test]
fn a_local_policy_drops_what_has_no_endpoint_on_the_node() {
    let traffic = "  traffic: [{service: web, rps: 5, from: 20s, until: 40s, timeout: 2s, node: b}]\n";
    let local = service(", internalTrafficPolicy: Local");
    let trace = run(&(server("web-0", "a") + &local), traffic);
    assert_eq!(ends(&trace), BTreeMap::from([(("nobody".to_string(), RequestEnd::TimedOut), 100)]));
    let trace = run(&(server("web-0", "b") + &local), traffic);
    assert_eq!(ends(&trace), BTreeMap::from([(("web-0".to_string(), RequestEnd::Served), 100)]));
}

#[test]
fn a_load_balancer_asks_for_nodes_that_have_endpoints() {
    let traffic = "  traffic: [{service: web, rps: 5, from: 20s, until: 40s, timeout: 2s, outside: true}]\n";
    let ends_of = |type_: &str| {
        let web = service(&format!(", type: {type_}, externalTrafficPolicy: Local"));
        ends(&run(&(server("web-0", "a") + &web), traffic))
    };
    assert_eq!(ends_of("LoadBalancer"), BTreeMap::from([(("web-0".to_string(), RequestEnd::Served), 100)]));
    let by_port = ends_of("NodePort");
    assert!(by_port[&("nobody".to_string(), RequestEnd::TimedOut)] > 20, "{by_port:?}");
}

#[test]
fn near_endpoints_are_preferred_when_the_service_says_so() {
    let servers = || server("web-0", "a") + &server("web-1", "b");
    let traffic = "  traffic: [{service: web, rps: 20, from: 20s, node: b}]\n";
    let trace = run(&(servers() + &service(", trafficDistribution: PreferClose")), traffic);
    assert_eq!(served_by(&trace), ["web-1"]);
}

#[test]
fn a_headless_name_leads_to_the_pods() {
    let text = "sleep 15\nnslookup web | grep -c Address\nwget -qO- http://web | grep -c title";
    let servers = server("web-0", "a") + &server("web-1", "b");
    let headless = service(", clusterIP: None");
    let trace = run(&(script("b", text) + &servers + &headless), "");
    assert_eq!(output(&trace, "client"), ["3", "1"], "the server's own address and two of pods");
}

#[test]
fn a_service_without_pods_refuses_and_an_unknown_name_does_not_resolve() {
    let text = "sleep 5\nwget -qO- http://web\nwget -qO- http://nothing";
    let trace = run(&(script("a", text) + &service("")), "");
    let lines = output(&trace, "client");
    assert!(lines[0].contains("Connection refused"), "{lines:?}");
    assert!(lines[1].contains("bad address 'nothing'"), "{lines:?}");
}

#[test]
fn a_probe_may_ask_another_host() {
    let pod = |host: &str| {
        format!(
            "---\napiVersion: v1\nkind: Pod\nmetadata: {{name: asks}}\nspec:\n  nodeName: b\n  containers:\n  - name: app\n    \
             image: busybox\n    command: [sleep, '1000']\n    readinessProbe: {{httpGet: {{host: '{host}', port: 80}}, \
             periodSeconds: 1}}\n"
        )
    };
    let becomes_ready = |host: &str| {
        let trace = run(&(server("web", "a") + &pod(host)), "");
        trace.entries().iter().any(|entry| match &entry.what {
            What::Object(r) => match &*r.object {
                Object::Pod(pod) => {
                    let ready = |c: &lifepod_api::PodCondition| c.type_ == "Ready" && c.status == "True";
                    pod.metadata.name == "asks" && pod.status.conditions.iter().any(ready)
                }
                _ => false,
            },
            _ => false,
        })
    };
    assert!(becomes_ready("10.244.0.3"), "the other pod's address");
    assert!(!becomes_ready("10.244.0.99"), "nobody's address");
    assert!(!becomes_ready("web.default.svc.cluster.local"), "the node does not ask the cluster's DNS");
}

#[test]
fn the_dns_can_fail_for_one_pod() {
    let text = "sleep 5\nnslookup kubernetes.default >/dev/null && echo found\nsleep 10\nnslookup kubernetes.default";
    let fault = "  actions: [{at: 12s, network: {fails: dns, pod: client, for: 40s}}]\n";
    let lines = output(&run(&script("a", text), fault), "client");
    assert_eq!(lines[0], "found");
    assert!(lines[1].contains("connection timed out"), "{lines:?}");
}

#[test]
fn hosts_outside_answer_as_the_scenario_says() {
    let text = "wget -qO- http://api.example.com/\nwget -qO- http://down.example.com/\nwget -qO- http://gone.example.com/";
    let outside = "  outside:\n  - {host: api.example.com, body: \"hello\\n\"}\n  - {host: down.example.com, status: 503}\n  - {host: \
                   gone.example.com, fails: unknown}\n";
    let trace = run(&script("a", text), outside);
    let lines = output(&trace, "client");
    assert_eq!(lines[0], "hello");
    assert!(lines[1].contains("503 Service Unavailable"), "{lines:?}");
    assert!(lines[2].contains("bad address"), "{lines:?}");
    assert!(trace.assumptions().is_empty(), "all three are said");
    let trace = run(&script("a", "wget -qO- http://example.org/ && echo ok"), "");
    assert_eq!(output(&trace, "client"), ["ok"]);
    assert_eq!(trace.assumptions()[0].subject, "example.org");
}

#[test]
fn a_process_that_drains_finishes_what_it_has_begun() {
    let reset = |on_term: &str| {
        let behavior = format!(
            "  behaviors:\n  - {{pods: web, run: [{{listen: 80}}, {{http: {{path: /, took: 3s}}}}], onTerm: {on_term}}}\n  \
             actions: [{{at: 30s, kubectl: 'delete pod web'}}]\n  traffic: [{{service: web, rps: 2, from: 20s, until: \
             29s}}]\n"
        );
        let trace = run(&(server("web", "a") + &service("")), &behavior);
        ends(&trace).get(&("web".to_string(), RequestEnd::Reset)).copied().unwrap_or(0)
    };
    assert_eq!(reset("{drain: true}"), 0);
    assert!(reset("{after: 100ms}") >= 3, "the requests of the last three seconds are cut off");
}

#[test]
fn endpoints_leave_at_once_and_slices_say_that_they_end() {
    let trace =
        run(&(server("web", "a") + &service("")), "  actions: [{at: 30s, kubectl: 'delete pod web'}]\n");
    let at_30 = trace.entries().iter().filter(|e| e.at.as_secs() == 30);
    let objects = at_30.filter_map(|entry| match &entry.what {
        What::Object(revision) if revision.op == Op::Modified => Some(&*revision.object),
        _ => None,
    });
    let (mut left, mut ending) = (false, false);
    for object in objects {
        match object {
            Object::Endpoints(endpoints) => left |= endpoints.subsets.is_empty(),
            Object::EndpointSlice(slice) => {
                ending |= slice.endpoints.iter().any(|e| e.conditions.terminating == Some(true));
            }
            _ => {}
        }
    }
    assert!(left && ending);
}

/// A server that ends closes its connections. A request that is on its way just then finds nobody, but its client has
/// the close by then and sends it once more, over a new connection.
#[test]
fn a_request_that_crosses_the_close_of_its_kept_connection_is_sent_again() {
    let careful = "image: 'nginx:1.29', lifecycle: {preStop: {sleep: {seconds: 4}}}";
    let server = |name, node| server(name, node).replace("image: 'nginx:1.29'", careful);
    // So many that one of them is always on its way. The second server becomes an endpoint when the connection is made.
    let parts = "  actions:\n  - {at: 29s, kubectl: 'label pod web-1 app=web --overwrite'}\n  - {at: 32s, kubectl: 'delete pod \
                 web-0'}\n  traffic: [{service: web, rps: 5000, from: 28s, until: 38s, keepAlive: true}]\n";
    let second = server("web-1", "b").replace("app: web", "app: other");
    let trace = run(&(server("web-0", "a") + &second + &service("")), parts);
    let served = ["web-0", "web-1"].map(|pod| (pod.to_string(), RequestEnd::Served));
    assert_eq!(ends(&trace).into_keys().collect::<Vec<_>>(), served);
}
