//! Completion and hover in half-typed manifests; `|` marks the cursor.

use lifepod_manifest::{complete, hover};

fn labels(marked: &str) -> Vec<String> {
    let offset = marked.find('|').expect("a cursor");
    complete(&marked.replacen('|', "", 1), offset).into_iter().map(|c| c.label).collect()
}

fn starts_with(marked: &str, expected: &[&str]) {
    let found = labels(marked);
    assert_eq!(
        found.iter().take(expected.len()).collect::<Vec<_>>(),
        expected.iter().collect::<Vec<_>>(),
        "{found:?}"
    );
}

#[test]
fn fields_are_offered_where_they_may_stand() {
    starts_with("|", &["apiVersion", "kind"]);
    starts_with("apiVersion: v1\nkind: |", &["Pod", "PodTemplate", "ReplicationController"]);
    starts_with("kind: Deployment\napiVersion: |", &["apps/v1"]);
    starts_with("apiVersion: v1\nkind: Pod\nspec:\n  restart|", &["restartPolicy"]);
    starts_with(
        "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: a\n    im|",
        &["image", "imagePullPolicy"],
    );
    starts_with("apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - im|", &["image", "imagePullPolicy"]);
    starts_with(
        "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n    - name: a\n      livenessProbe:\n        httpGet:\n          po|\n  restartPolicy: Always\n",
        &["port"],
    );
    starts_with(
        "apiVersion: apps/v1\nkind: Deployment\nspec:\n  template:\n    spec:\n      t|",
        &["terminationGracePeriodSeconds"],
    );
}

#[test]
fn what_is_there_is_not_offered_again() {
    let found = labels(
        "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: a\n    image: b\n    |\n    env: []\n  - name: c\n",
    );
    assert!(!found.iter().any(|l| ["name", "image", "env"].contains(&l.as_str())), "{found:?}");
    assert!(found.contains(&"command".to_string()));
}

#[test]
fn values_are_offered_too() {
    starts_with("apiVersion: v1\nkind: Pod\nspec:\n  restartPolicy: |", &["Always", "OnFailure", "Never"]);
    starts_with("apiVersion: v1\nkind: Pod\nspec:\n  hostNetwork: t|", &["true"]);
    starts_with(
        "apiVersion: v1\nkind: PersistentVolumeClaim\nspec:\n  accessModes:\n  - Read|",
        &["ReadWriteOnce", "ReadOnlyMany"],
    );
    starts_with("apiVersion: lifepod.dev/v1alpha1\nkind: Scenario\nspec:\n  ho|", &["horizon"]);
}

#[test]
fn the_second_document_is_its_own() {
    starts_with(
        "apiVersion: v1\nkind: Pod\n---\napiVersion: batch/v1\nkind: Job\nspec:\n  back|",
        &["backoffLimit"],
    );
}

#[test]
fn a_cursor_between_documents_is_answered() {
    let text = "kind: Pod\nspec:\n--- # next\nkind: Job\n";
    for offset in 0..=text.len() {
        complete(text, offset);
        hover(text, offset);
    }
}

#[test]
fn a_field_explains_itself() {
    let text = "apiVersion: v1\nkind: Pod\nspec:\n  terminationGracePeriodSeconds: 5\n  containers:\n  - name: a\n    imagePullPolicy: Always\n";
    let found = hover(text, text.find("Grace").unwrap()).unwrap();
    assert_eq!(
        (found.path.as_str(), found.detail.as_str()),
        ("spec.terminationGracePeriodSeconds", "integer")
    );
    assert_eq!(found.doc.unwrap().default, "30");
    let found = hover(text, text.find("PullPolicy").unwrap()).unwrap();
    assert_eq!(found.values, ["IfNotPresent", "Always", "Never"]);
    assert!(!found.doc.unwrap().zh.is_empty());
    assert_eq!(hover(text, 0).map(|h| h.path), None);
}

#[test]
fn every_line_of_help_names_a_field() {
    assert_eq!(lifepod_manifest::docs::stray(), Vec::<String>::new());
}

#[test]
fn what_is_inserted_leads_to_the_value() {
    let insert = |marked: &str, label: &str| {
        let offset = marked.find('|').expect("a cursor");
        let found = complete(&marked.replacen('|', "", 1), offset);
        found.into_iter().find(|c| c.label == label).expect("it is offered").insert
    };
    let pod = "apiVersion: v1\nkind: Pod\nspec:\n";
    assert_eq!(insert(&format!("{pod}  re|"), "restartPolicy"), "restartPolicy: ");
    assert_eq!(insert(&format!("{pod}  con|"), "containers"), "containers:\n  - ");
    let container = format!("{pod}  containers:\n  - name: a\n    |");
    assert_eq!(insert(&container, "livenessProbe"), "livenessProbe:\n      ");
    assert_eq!(insert(&format!("{pod}  containers:\n  - |"), "ports"), "ports:\n    - ");
}
