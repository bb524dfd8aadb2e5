//! From text to findings.

use lifepod_manifest::{CheckOptions, check, parse};

fn main() {
    divan::main();
}

/// A Deployment of 100 lines.
fn deployment() -> String {
    let mut text = String::from(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n  labels:\n    app: web\nspec:\n  replicas: 3\n  \
         selector:\n    matchLabels:\n      app: web\n  template:\n    metadata:\n      labels:\n        app: web\n    \
         spec:\n      containers:\n",
    );
    for i in 0..4 {
        text += &format!(
            "      - name: c{i}\n        image: registry.example.com/team/app{i}:1.{i}\n        ports:\n        - \
             containerPort: 80{i}0\n          name: http{i}\n        env:\n        - name: A\n          value: \"1\"\n      \
               - name: B\n          valueFrom:\n            fieldRef:\n              fieldPath: metadata.name\n        \
             resources:\n          requests: {{cpu: 100m, memory: 128Mi}}\n          limits: {{cpu: 500m, memory: \
             256Mi}}\n        readinessProbe:\n          httpGet:\n            path: /healthz\n            port: \
             http{i}\n          periodSeconds: 5\n"
        );
    }
    text
}

#[divan::bench]
fn hundred_lines_checked(bencher: divan::Bencher) {
    let text = deployment();
    bencher.bench(|| check(&text, &CheckOptions::default()));
}

#[divan::bench]
fn hundred_lines_parsed(bencher: divan::Bencher) {
    let text = deployment();
    bencher.bench(|| parse(&text));
}

#[divan::bench]
fn five_thousand_lines_checked(bencher: divan::Bencher) {
    let text: String = (0..51)
        .map(|i| format!("---\n{}", deployment().replace("name: web", &format!("name: web{i}"))))
        .collect();
    bencher.bench(|| check(&text, &CheckOptions::default()));
}
