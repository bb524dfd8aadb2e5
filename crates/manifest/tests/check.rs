//! Validation, warnings and lints on the lines that they are about.

use lifepod_manifest::{CheckOptions, Lint, Severity, check};

/// Every finding as `LINE:COL severity: message «underlined»`.
fn findings(text: &str) -> Vec<String> {
    let parsed = check(text, &CheckOptions { silenced: vec![Lint::NoRequests], ..CheckOptions::default() });
    let show = |d: &lifepod_manifest::Diagnostic| {
        let severity = if d.severity == Severity::Error { "error" } else { "warning" };
        let lint = d.lint.map_or(String::new(), |l| format!(" [{}]", l.name()));
        format!("{}:{} {severity}: {}{lint} «{}»", d.line, d.column, d.message, &text[d.range.clone()])
    };
    parsed.diagnostics.iter().map(show).collect()
}

#[test]
fn several_errors_are_all_told_where_they_are() {
    let text = "apiVersion: v1
kind: Pod
metadata:
  name: Web_1
spec:
  restartPolicy: Sometimes
  containers:
  - name: app
    resources: {limits: {cpu: 1}, requests: {cpu: 2}}
    volumeMounts:
    - {name: data, mountPath: /data}
";
    assert_eq!(
        findings(text),
        [
            "4:9 error: metadata.name: Invalid value: \"Web_1\": a lowercase RFC 1123 subdomain must consist of lower \
             case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. \
             'example.com', regex used for validation is \
             '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*') «Web_1»",
            "4:9 warning: metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a \
             DNS label is recommended: [a lowercase RFC 1123 label must consist of lower case alphanumeric characters or \
             '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for \
             validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')] «Web_1»",
            "6:18 error: spec.restartPolicy: Unsupported value: \"Sometimes\": supported values: \"Always\", \
             \"OnFailure\", \"Never\" «Sometimes»",
            "8:5 error: spec.containers[0].image: Required value «name»",
            "9:35 error: spec.containers[0].resources.requests: Invalid value: \"2\": must be less than or equal to cpu \
             limit of 1 «requests»",
            "11:14 error: spec.containers[0].volumeMounts[0].name: Not found: \"data\" «data»",
        ]
    );
}

#[test]
fn lints_look_at_the_life_to_come() {
    let text = "apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  terminationGracePeriodSeconds: 10
  containers:
  - name: app
    image: nginx
    imagePullPolicy: IfNotPresent
    ports: [{containerPort: 80}]
    lifecycle: {preStop: {exec: {command: [sh, -c, 'sleep 15; nginx -s quit']}}}
    livenessProbe: {httpGet: {port: 8080}, periodSeconds: 5}
    readinessProbe: {httpGet: {port: 80}}
  - name: side
    image: nginx:1
    ports: [{containerPort: 80}]
";
    let options = CheckOptions { silenced: vec![Lint::NoRequests], ..CheckOptions::default() };
    let found = check(text, &options).diagnostics;
    let names: Vec<&str> = found.iter().filter_map(|d| d.lint).map(Lint::name).collect();
    assert_eq!(
        names,
        [
            "latest-not-pulled",
            "prestop-exceeds-grace",
            "liveness-before-ready",
            "probe-port-undeclared",
            "port-clash"
        ],
        "{found:#?}"
    );
}

#[test]
fn a_budget_that_never_allows_anything_is_mentioned() {
    let text = "apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: b}
spec: {maxUnavailable: 0, selector: {matchLabels: {app: web}}}
";
    assert_eq!(
        findings(text),
        [
            "4:24 warning: this budget never lets a pod be evicted: draining a node with one of its pods waits for ever \
          [budget-never-allows] «0»"
        ]
    );
}

#[test]
fn a_budget_that_asks_for_all_the_replicas_beside_it_is_mentioned() {
    let with = |replicas: u32| {
        let text = format!(
            "apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {{name: b}}
spec: {{minAvailable: 2, selector: {{matchLabels: {{app: web}}}}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web}}
spec:
  replicas: {replicas}
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec: {{resources: {{requests: {{cpu: 1}}}}, containers: [{{name: a, image: x:1}}]}}
"
        );
        findings(&text).into_iter().filter(|found| found.contains("budget-never-allows")).count()
    };
    assert_eq!((with(2), with(3)), (1, 0));
}

#[test]
fn an_object_that_comes_twice_is_mentioned() {
    let text = "apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n";
    assert_eq!(
        findings(text),
        ["7:18 warning: Namespace a is in this text before: this one replaces it «a»"]
    );
}

#[test]
fn pod_presets_belong_to_clusters_before_1_20() {
    let preset = "apiVersion: settings.k8s.io/v1alpha1\nkind: PodPreset\nmetadata: {name: a}\nspec: {}\n";
    assert_eq!(
        findings(preset),
        ["2:7 error: no matches for kind \"PodPreset\" in version \"settings.k8s.io/v1alpha1\" «PodPreset»"]
    );
    let scenario =
        "---\napiVersion: lifepod.dev/v1alpha1\nkind: Scenario\nspec: {cluster: {version: \"1.19\"}}\n";
    assert_eq!(findings(&(preset.to_string() + scenario)), [""; 0]);
}
