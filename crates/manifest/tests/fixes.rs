//! Quick fixes: the text before, the text after.

use lifepod_manifest::{CheckOptions, Fix, Severity, check, parse};

fn applied(text: &str, fix: &Fix) -> String {
    let mut out = text.to_string();
    for edit in fix.edits.iter().rev() {
        out.replace_range(edit.range.clone(), &edit.insert);
    }
    out
}

/// The text after the first fix of the first error, and the fix's title.
fn fixed(text: &str) -> (String, String) {
    let parsed = check(text, &CheckOptions::default());
    let error = parsed.diagnostics.iter().find(|d| d.severity == Severity::Error && !d.fixes.is_empty());
    let fix = &error.unwrap_or_else(|| panic!("no error has a fix: {:#?}", parsed.diagnostics)).fixes[0];
    (applied(text, fix), fix.title.en())
}

/// After the first fix nothing is wrong any more.
fn becomes(text: &str, title: &str, after: &str) {
    let (new, said) = fixed(text);
    assert_eq!((new.as_str(), said.as_str()), (after, title));
    let left = check(&new, &CheckOptions::default()).diagnostics;
    assert!(left.iter().all(|d| d.severity != Severity::Error), "{left:#?}");
}

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  containers:\n  - name: app\n    image: nginx:1\n";

fn pod(from: &str, to: &str) -> String {
    assert!(POD.contains(from));
    POD.replace(from, to)
}

#[test]
fn keys_are_case_sensitive() {
    becomes(&pod("kind:", "Kind:"), "Write `kind`", POD);
    becomes(&pod("apiVersion:", "ApiVersion:"), "Write `apiVersion`", POD);
    becomes(&pod("image:", "Image:"), "Write `image`", POD);
    becomes(&pod("containers:", "container:"), "Write `containers`", POD);
}

#[test]
fn what_a_kind_implies_is_added() {
    becomes(&pod("apiVersion: v1\n", ""), "Add `apiVersion: v1`", POD);
    becomes(&pod("kind: Pod\n", ""), "Add `kind: Pod`", &format!("kind: Pod\n{}", pod("kind: Pod\n", "")));
    let deployment = "kind: Deployment\nmetadata: {name: web}\nspec:\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers: [{name: a, image: a}]\n";
    becomes(deployment, "Add `apiVersion: apps/v1`", &format!("apiVersion: apps/v1\n{deployment}"));
    becomes(
        &format!("apiVersion: extensions/v1beta1\n{deployment}"),
        "Write `apps/v1`",
        &format!("apiVersion: apps/v1\n{deployment}"),
    );
    becomes(
        "{\"kind\": \"Namespace\", \"metadata\": {\"name\": \"a\"}}",
        "Add `apiVersion: v1`",
        "{\"apiVersion\":\"v1\", \"kind\": \"Namespace\", \"metadata\": {\"name\": \"a\"}}",
    );
    becomes(&pod("kind: Pod", "kind: Pood"), "Write `Pod`", POD);
}

#[test]
fn tabs_become_blanks() {
    becomes(&POD.replace("  ", "\t"), "Indent with blanks", POD);
}

#[test]
fn a_list_is_made_of_what_is_none() {
    let listed =
        "  containers:\n    - name: app\n      image: nginx:1\n      ports:\n      - containerPort: 80\n";
    let head = POD.split("  containers").next().unwrap();
    becomes(
        &format!(
            "{head}  containers:\n    name: app\n    image: nginx:1\n    ports:\n    - containerPort: 80\n"
        ),
        "Make it a list",
        &format!("{head}{listed}"),
    );
    becomes(
        &format!("{head}  containers:\n    app:\n      image: nginx:1\n    side:\n      image: nginx:2\n"),
        "Make it a list",
        &format!(
            "{head}  containers:\n    - name: app\n      image: nginx:1\n    - name: side\n      image: nginx:2\n"
        ),
    );
    becomes(
        &format!("{head}  containers: {{name: app, image: a}}\n"),
        "Make it a list",
        &format!("{head}  containers: [{{name: app, image: a}}]\n"),
    );
    becomes(
        &format!("{POD}    command: sleep 5\n"),
        "Make it a list",
        &format!("{POD}    command: [\"sleep 5\"]\n"),
    );
}

#[test]
fn quotes_come_and_go() {
    becomes(
        &format!("{POD}    env:\n    - name: DEBUG\n      value: yes\n"),
        "Put it in quotes",
        &format!("{POD}    env:\n    - name: DEBUG\n      value: \"yes\"\n"),
    );
    becomes(
        &format!("{POD}  terminationGracePeriodSeconds: \"5\"\n"),
        "Take the quotes away",
        &format!("{POD}  terminationGracePeriodSeconds: 5\n"),
    );
    becomes(
        &pod("  name: web\n", "  name: web\n  labels: {version: 1.0}\n"),
        "Put it in quotes",
        &pod("  name: web\n", "  name: web\n  labels: {version: \"1.0\"}\n"),
    );
}

#[test]
fn values_are_spelt_as_the_server_spells_them() {
    becomes(
        &format!("{POD}  restartPolicy: never\n"),
        "Write `Never`",
        &format!("{POD}  restartPolicy: Never\n"),
    );
    becomes(&pod("name: web", "name: My_Web"), "Write `my-web`", &pod("name: web", "name: my-web"));
}

#[test]
fn what_belongs_together_is_put_together() {
    let job = "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: j\nspec:\n  template:\n    spec:\n      containers:\n      - name: a\n        image: a\n";
    becomes(
        job,
        "Add `restartPolicy: OnFailure`",
        &job.replace("      containers", "      restartPolicy: OnFailure\n      containers"),
    );
    let always = format!("{job}      restartPolicy: Always\n");
    becomes(&always, "Write `OnFailure`", &always.replace("Always", "OnFailure"));
    let deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  template:\n    metadata:\n      labels:\n        app: web\n    spec:\n      containers:\n      - name: a\n        image: a\n";
    let (new, title) = fixed(deployment);
    assert_eq!(title, "Add `selector: matchLabels: app: web`");
    assert!(new.contains("spec:\n  selector:\n    matchLabels:\n      app: web\n  template:"), "{new}");
    let other = new.replacen("app: web", "tier: front", 1);
    let (new, title) = fixed(&other);
    assert_eq!(title, "Add `tier: front`");
    assert!(new.contains("      labels:\n        tier: front\n        app: web\n"), "{new}");

    let mount = format!("{POD}    volumeMounts:\n    - name: data\n      mountPath: /data\n");
    let (new, _) = fixed(&mount);
    assert!(new.contains("spec:\n  volumes:\n  - emptyDir: {}\n    name: data\n  containers:"), "{new}");
    let (new, _) = fixed(&format!("{mount}  volumes:\n  - name: other\n    emptyDir: {{}}\n"));
    assert!(new.contains("  volumes:\n  - emptyDir: {}\n    name: data\n  - name: other\n"), "{new}");
}

#[test]
fn a_field_at_the_wrong_depth_is_shown_its_place() {
    let hint = |text: &str| parse(text).diagnostics[0].hint.to_string();
    assert_eq!(hint(&format!("{POD}    nodeSelector: {{a: b}}\n")), "`nodeSelector` belongs in `spec`");
    assert_eq!(
        hint(&format!("{POD}  livenessProbe: {{}}\n")),
        "`livenessProbe` belongs in `spec.containers[]`"
    );
    assert_eq!(
        hint("apiVersion: apps/v1\nkind: Deployment\nspec:\n  nodeSelector: {}\n"),
        "`nodeSelector` belongs in `spec.template.spec`"
    );
}

/// The text with a field set.
fn set(text: &str, path: &str, value: serde_json::Value) -> String {
    let parsed = parse(text);
    let fix = parsed.documents[0].set(text, path, &value).unwrap_or_else(|| panic!("{path} cannot be set"));
    applied(text, &fix)
}

#[test]
fn a_field_is_set_where_it_stands_and_its_surroundings_stay() {
    let text =
        pod("image: nginx:1", "livenessProbe: {tcpSocket: {port: 80}, failureThreshold: 3} # patient?");
    assert_eq!(
        set(&text, "spec.containers[0].livenessProbe.failureThreshold", 6.into()),
        text.replace("failureThreshold: 3", "failureThreshold: 6")
    );
}

#[test]
fn a_field_that_is_missing_comes_behind_the_name() {
    let sleep = serde_json::json!({"sleep": {"seconds": 5}});
    assert_eq!(
        set(
            &pod("name: app", "name: app # the only one"),
            "spec.containers[0].lifecycle.preStop",
            sleep.clone()
        ),
        pod(
            "name: app",
            "name: app # the only one\n    lifecycle:\n      preStop:\n        sleep:\n          seconds: 5"
        )
    );
    let inline = "kind: Pod\nspec: {containers: [{name: app, image: nginx:1}]}\n";
    assert_eq!(
        set(inline, "spec.containers[0].lifecycle.preStop", sleep),
        "kind: Pod\nspec: {containers: [{\"lifecycle\":{\"preStop\":{\"sleep\":{\"seconds\":5}}}, name: app, image: nginx:1}]}\n"
    );
    assert_eq!(
        set(&pod("spec:", "# one container\nspec:"), "spec.terminationGracePeriodSeconds", 60.into()),
        pod("spec:\n", "# one container\nspec:\n  terminationGracePeriodSeconds: 60\n")
    );
}
